"""A small reading of our own nftables text: what a packet would meet, line by line.

It knows only the words that the rule set uses and refuses every other, so a new word in the rule
set is a failing test here and not an unseen one.
"""

import itertools
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Packet:
    """The first packet of a flow, with the sides it comes from and goes to."""

    source: Address
    target: Address
    protocol: str
    port: int
    from_pod: bool
    to_pod: bool


class Kernel:
    """One loaded table."""

    def __init__(self, text: str) -> None:
        """Read maps and chains; anything left over is a mistake."""
        self.maps: dict[str, dict[Address, str]] = {}
        self.chains: dict[str, list[str]] = {}
        for kind, name, body in re.findall(
            r"^\t(map|chain) (\S+) \{\n(.*?)^\t\}\n", text, re.M | re.S
        ):
            lines = [line.strip() for line in body.splitlines()]
            if kind == "chain":
                self.chains[name] = lines
            else:
                self.maps[name] = _elements(lines)

    def passes(self, packet: Packet) -> bool:
        """Whether a forwarded or delivered packet gets through."""
        verdict = self._run("forward" if packet.to_pod or not _to_node(packet) else "input", packet)
        assert verdict in ("accept", "drop"), f"a base chain ended with {verdict!r}"
        return verdict == "accept"

    def _run(self, chain: str, packet: Packet) -> str:
        for line in self.chains[chain]:
            verdict = self._line(line, packet)
            match verdict.split():
                case []:
                    continue
                case ["jump", target]:
                    inner = self._run(target, packet)
                    if inner in ("accept", "drop"):
                        return inner
                case ["goto", target]:
                    inner = self._run(target, packet)
                    return inner if inner in ("accept", "drop") else "return"
                case _:
                    return verdict
        return "return"

    def _line(self, line: str, packet: Packet) -> str:
        """The verdict of a line that matches, else nothing."""
        words = re.findall(r'\{[^}]*\}|"[^"]*"|\S+', line)
        if words[0] == "type":
            return ""
        while words:
            match words:
                case ["ct", "state", "invalid" | "related", *_]:
                    return ""
                case ["ct", "direction", "reply", *_]:
                    return ""
                case ["fib", "saddr", ".", "iif", "oif", "missing", "counter", "drop"]:
                    return ""
                case ["ip6", "hoplimit", "255", "icmpv6", "type", *_]:
                    return ""
                case ["iifname" | "oifname" as side, _, *rest]:
                    if packet.from_pod if side == "iifname" else packet.to_pod:
                        return ""
                case ["ip" | "ip6" as family, way, "vmap", name]:
                    address = _address(packet, family, way)
                    return self.maps[name[1:]].get(address, "") if address else ""
                case ["ip" | "ip6" as family, way, "!=", among, *rest]:
                    address = _address(packet, family, way)
                    if address is None or _among(address, among):
                        return ""
                case ["ip" | "ip6" as family, way, among, *rest]:
                    address = _address(packet, family, way)
                    if address is None or not _among(address, among):
                        return ""
                case ["tcp" | "udp" | "sctp" as protocol, "dport", numbers, *rest]:
                    if packet.protocol != protocol or not _in_ranges(packet.port, numbers):
                        return ""
                case ["accept" | "drop" | "return" as verdict]:
                    return str(verdict)
                case ["jump", chain]:
                    return f"jump {chain}"
                case _:
                    raise AssertionError(f"this reader does not know: {line}")
            words = list(rest)
        raise AssertionError(f"a line without a verdict: {line}")


def _elements(lines: list[str]) -> dict[Address, str]:
    listed = re.search(r"elements = \{ (.*) \}", " ".join(lines))
    if not listed:
        return {}
    pairs = (one.split(" : ") for one in listed[1].split(", "))
    found = [(ip_address(address), verdict) for address, verdict in pairs]
    assert len(dict(found)) == len(found), "the kernel refuses an address that is there twice"
    return dict(found)


def _to_node(packet: Packet) -> bool:
    return packet.from_pod and not packet.to_pod


def _address(packet: Packet, family: str, way: str) -> Address | None:
    address = packet.source if way == "saddr" else packet.target
    return address if address.version == (4 if family == "ip" else 6) else None


def _among(address: Address, text: str) -> bool:
    networks = [ip_network(one.strip()) for one in text.strip("{} ").split(",")]
    for left, right in itertools.pairwise(networks):
        assert not left.overlaps(right), f"the kernel refuses overlapping elements: {text}"
    return any(address in network for network in networks if network.version == address.version)


def _in_ranges(port: int, text: str) -> bool:
    ranges = [tuple(map(int, one.strip().split("-"))) for one in text.strip("{} ").split(",")]
    ordered = [(one[0], one[-1]) for one in ranges]
    for (_, last), (first, _) in itertools.pairwise(ordered):
        assert last < first, f"the kernel refuses overlapping elements: {text}"
    return any(first <= port <= last for first, last in ordered)

"""[pure] From a world to one nftables table, which replaces the one before it in one transaction.

Every packet of a flow's own direction is judged again, so a tightened policy takes effect with the
next packet; replies pass while their flow is known. A pod that the world does not know is closed
in both directions. `leaves` judges by the packet's source, `enters` by its target; after address
translation, so services need nothing of their own. From the node to its pods everything is open,
as the documentation says; towards the node a pod is judged like towards any other target.

Shape of a pod's chain: each line allows (`return`), the last one drops.
"""

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import collapse_addresses

from tests.cluster.lab.addresses import UPLINK
from tests.cluster.lab.policy.judge import isolating, names_pod
from tests.cluster.lab.policy.world import (
    EGRESS,
    EMPTY,
    INGRESS,
    Address,
    Block,
    Network,
    Pod,
    Policy,
    Port,
    Rule,
    World,
)

TABLE = "inet tre_lab_policy"
CHAINS = {EGRESS: "leaves", INGRESS: "enters"}
FAMILIES = {4: ("ip", "ipv4_addr"), 6: ("ip6", "ipv6_addr")}
KNOWN = ("sctp", "tcp", "udp")
"""A rule with another protocol allows nothing."""

NEIGHBOURS = "{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }"
NOT_A_POD = f'{{ "lo", "{UPLINK}" }}'

_BASE = f"""\
	chain forward {{
		type filter hook forward priority filter; policy drop;
		ct state invalid drop
		ct direction reply ct state established accept
		ct state related accept
		jump leaves
		jump enters
		accept
	}}
	chain input {{
		type filter hook input priority filter; policy accept;
		iifname {NOT_A_POD} accept
		ip6 hoplimit 255 icmpv6 type {NEIGHBOURS} accept
		ct state invalid drop
		ct direction reply ct state established accept
		ct state related accept
		jump leaves
		accept
	}}
	chain leaves {{
		fib saddr . iif oif missing counter drop
		iifname {NOT_A_POD} return
		ip saddr vmap @leaves4
		ip6 saddr vmap @leaves6
		drop
	}}
	chain enters {{
		oifname {NOT_A_POD} return
		ip daddr vmap @enters4
		ip6 daddr vmap @enters6
		drop
	}}
"""


def render(world: World) -> str:
    """Answer the text for `nft -f`; the same world gives the same text."""
    chains = [
        (pod, direction, list(_lines(world, pod, direction)))
        for pod in world.pods
        for direction in CHAINS
        if isolating(world, pod, direction)
    ]
    judged = {chain_of(pod, direction) for pod, direction, _ in chains}
    parts = [f"table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n"]
    parts += [
        _map(world.pods, judged, direction, version) for direction in CHAINS for version in FAMILIES
    ]
    parts += [_chain(pod, direction, lines) for pod, direction, lines in chains]
    return "".join([*parts, _BASE, "}\n"])


def chain_of(pod: Pod, direction: str) -> str:
    """The name of a pod's chain; a pod's own name may be too long for one."""
    digest = hashlib.sha256(f"{pod.namespace}/{pod.name}".encode()).hexdigest()
    return f"{CHAINS[direction]}_{digest[:16]}"


def _map(pods: Iterable[Pod], judged: set[str], direction: str, version: int) -> str:
    elements = [
        f"{address} : {f'goto {chain}' if chain in judged else 'return'}"
        for pod in pods
        for chain in [chain_of(pod, direction)]
        for address in pod.addresses
        if address.version == version
    ]
    listed = f"\t\telements = {{ {', '.join(elements)} }}\n" if elements else ""
    kind = FAMILIES[version][1]
    return f"\tmap {CHAINS[direction]}{version} {{\n\t\ttype {kind} : verdict\n{listed}\t}}\n"


def _chain(pod: Pod, direction: str, lines: list[str]) -> str:
    body = "".join(f"\t\t{f'{line} return'.strip()}\n" for line in lines)
    head = f"\t# {pod.namespace}/{pod.name}\n\tchain {chain_of(pod, direction)} {{\n"
    return f"{head}{body}\t\tdrop\n\t}}\n"


def _lines(world: World, pod: Pod, direction: str) -> Iterator[str]:
    """Conditions under which a packet is allowed; a pod always reaches itself."""
    yield from (_match(direction, [address]) for address in pod.addresses)
    seen = set()
    for policy in isolating(world, pod, direction):
        for rule in policy.rules(direction):
            for line in _rule(world, policy, rule, pod, direction):
                if line not in seen:
                    seen.add(line)
                    yield line


def _rule(world: World, policy: Policy, rule: Rule, pod: Pod, direction: str) -> Iterator[str]:
    peers = _peers(world, policy, rule, direction)
    if not rule.ports:
        yield from _pairs(peers, [""])
    plain = [port for port in rule.ports if not isinstance(port.number, str)]
    named = [port for port in rule.ports if isinstance(port.number, str)]
    yield from _pairs(peers, _numbers(plain))
    for port in named:
        if direction == INGRESS:
            yield from _pairs(peers, _numbers(_looked_up(port, pod)))
        else:
            yield from _named_outward(world, policy, rule, port)


def _named_outward(world: World, policy: Policy, rule: Rule, port: Port) -> Iterator[str]:
    """Outward a name is looked up in each target, so each has lines of its own."""
    for target in world.pods:
        numbers = _numbers(_looked_up(port, target))
        meant = [one for one in target.addresses if _is_meant(world, policy, rule, target, one)]
        if meant:
            yield from _pairs(_addresses(EGRESS, meant), numbers)


def _is_meant(world: World, policy: Policy, rule: Rule, pod: Pod, address: Address) -> bool:
    return not rule.peers or any(
        peer.block.holds(address) if peer.block else names_pod(world, policy, peer, pod)
        for peer in rule.peers
    )


def _looked_up(port: Port, pod: Pod) -> list[Port]:
    return [
        Port(one.protocol, one.number)
        for one in pod.named
        if (one.name, one.protocol) == (port.number, port.protocol)
    ]


def _pairs(peers: list[str], ports: list[str]) -> Iterator[str]:
    """Every peer with every port; an empty condition means any, an empty list allows nothing."""
    for peer in peers:
        for port in ports:
            yield " ".join(filter(None, (peer, port)))


def _peers(world: World, policy: Policy, rule: Rule, direction: str) -> list[str]:
    """Conditions on the other end: one for any, one a block, one a family for all pods."""
    if not rule.peers:
        return [""]
    selected = [
        address
        for pod in world.pods
        if any(names_pod(world, policy, peer, pod) for peer in rule.peers if not peer.block)
        for address in pod.addresses
    ]
    blocks = [_block(direction, peer.block) for peer in rule.peers if peer.block]
    return [*_addresses(direction, selected), *blocks]


def _addresses(direction: str, addresses: list[Address]) -> list[str]:
    families = [[one for one in addresses if one.version == version] for version in FAMILIES]
    return [_match(direction, family) for family in families if family]


def _match(direction: str, addresses: list[Address]) -> str:
    word = _word(direction, addresses[0].version)
    listed = ", ".join(str(one) for one in sorted(set(addresses), key=int))
    return f"{word} {{ {listed} }}"


def _block(direction: str, block: Block) -> str:
    word = _word(direction, block.network.version)
    cut = _collapsed(one for one in block.exceptions if one.version == block.network.version)
    without = f" {word} != {{ {', '.join(map(str, cut))} }}" if cut else ""
    return f"{word} {block.network}{without}"


def _collapsed(networks: Iterable[Network]) -> list[Network]:
    """Intervals of a set must not overlap."""
    return list(collapse_addresses(networks))  # type: ignore[type-var]


def _word(direction: str, version: int) -> str:
    """The other end: outward the target, inward the source."""
    return f"{FAMILIES[version][0]} {'daddr' if direction == EGRESS else 'saddr'}"


def _numbers(ports: Iterable[Port]) -> list[str]:
    """Conditions on protocol and port, one a protocol, ranges joined."""
    by_protocol: dict[str, list[tuple[int, int]]] = {}
    for port in ports:
        first = port.number if isinstance(port.number, int) else 0
        last = port.end or first if isinstance(port.number, int) else 65535
        by_protocol.setdefault(port.protocol.lower(), []).append((first, last))
    joined = {protocol: list(_joined(ranges)) for protocol, ranges in sorted(by_protocol.items())}
    return [
        f"{protocol} dport {{ {', '.join(numbers)} }}"
        for protocol, numbers in joined.items()
        if protocol in KNOWN and numbers
    ]


def _joined(ranges: list[tuple[int, int]]) -> Iterator[str]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        elif first <= last:
            merged.append((first, last))
    return (f"{first}-{last}" if first != last else str(first) for first, last in merged)


CLOSED = render(EMPTY)
"""What holds before anything is known: no pod reaches anything and nobody reaches a pod."""

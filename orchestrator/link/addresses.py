"""[pure] Addresses of pods as the control plane names them: literals with one fixed port.

Nothing here looks a name up, and an address that can stand for a machine's own services is never
one of a pod: loopback, link-local, metadata, multicast, and the nodes that the administrator named.
Source: egress 3.1 (a target is this project's pod on the notebook port, whoever says otherwise).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from orchestrator.errors import Invalid

SERVER = 8888
"""Where a notebook server listens in its pod."""

HUB_DOOR, PACKAGES_DOOR, AIRLOCK_DOOR = 8081, 8082, 8083
"""Where the doors listen: three ports of one service."""

DOORS_HEALTH = 8084
"""Where the doors say how they are; no notebook may reach it."""

PROJECT_HUB = 8081
"""Where a project's hub listens in the system namespace."""

METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"))
)
"""Where clouds answer with a machine's credentials; not all of them are link-local."""


class Target(NamedTuple):
    """One address to be opened, and nothing else."""

    host: str
    port: int


@dataclass(frozen=True)
class Reach:
    """Which addresses can be a pod's.

    Shape: `networks` are those of the cluster's pods, none of them means that any may be one;
    `nodes` are addresses of machines, which never are.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    nodes: frozenset[IPv4Address | IPv6Address] = frozenset()

    def pod(self, text: object) -> str | None:
        """Answer the address of a pod in its one spelling; None for whatever else it is."""
        address = _literal(text)
        if address is None or address in self.nodes or _of_a_machine(address):
            return None
        if self.networks and not any(
            address.version == network.version and address in network for network in self.networks
        ):
            return None
        return str(address)

    def target(self, text: object, port: int) -> Target | None:
        """Read `address:port` (`[address]:port` for IPv6) with exactly this port."""
        if not isinstance(text, str):
            return None
        host = text.removesuffix(f":{port}")
        bare = host.removeprefix("[").removesuffix("]")
        found = self.pod(bare)
        return Target(found, port) if found and spelled(Target(found, port)) == text else None

    def is_node(self, text: str) -> bool:
        """Say whether an address is one of the nodes that were named."""
        return _literal(text) in self.nodes


def reach(networks: str, nodes: str) -> Reach:
    """Read what the administrator says about pods' networks and nodes' addresses.

    Shape: both are lists with commas; spaces do not count. Errors: Invalid for what is none.
    """
    try:
        return Reach(
            tuple(ip_network(word) for word in _words(networks)),
            frozenset(ip_address(word) for word in _words(nodes)),
        )
    except ValueError as wrong:
        raise Invalid(
            f"{wrong}: write pods' networks as 10.0.0.0/8, nodes' addresses as 10.0.0.1, with "
            "commas between them.",
            code="bad_address",
        ) from wrong


def spelled(target: Target) -> str:
    """Spell a target as the control plane does."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"


def host_of(text: str) -> str:
    """Take the port off an address; what is left is read by whoever trusts it."""
    return text.rpartition(":")[0].removeprefix("[").removesuffix("]")


def _literal(text: object) -> IPv4Address | IPv6Address | None:
    """Accept an address in its one spelling: no zone, no leading zero, no number, no IPv4 in v6."""
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour):
        return None
    return address if str(address) == text else None


def _of_a_machine(address: IPv4Address | IPv6Address) -> bool:
    return (
        address in METADATA
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (isinstance(address, IPv4Address) and address.is_reserved)
    )


def _words(text: str) -> Iterable[str]:
    return (word.strip() for word in text.split(",") if word.strip())

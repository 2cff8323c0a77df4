"""[pure] What NetworkPolicy is about: namespaces, pods, policies, read from the API's objects.

A peer, port or selector that cannot be read matches nothing, so what is not understood stays
closed. Pods on the node's own network are the node, not pods: no policy speaks of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Labels = Mapping[str, str]
Object = Mapping[str, Any]

INGRESS, EGRESS = "Ingress", "Egress"
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Requirement:
    """One line of a selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Labels) -> bool:
        """An operator that nobody knows holds for nothing."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return self.key not in labels or labels[self.key] not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case _:
                return False


@dataclass(frozen=True)
class Selector:
    """All requirements must hold; without any it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Labels) -> bool:
        """Whether these labels are meant."""
        return all(one.holds(labels) for one in self.requirements)


@dataclass(frozen=True)
class Block:
    """A range of addresses without its exceptions."""

    network: Network
    exceptions: tuple[Network, ...] = ()

    def holds(self, address: Address) -> bool:
        """Whether the address is meant."""
        return _within(address, self.network) and not any(
            _within(address, one) for one in self.exceptions
        )


@dataclass(frozen=True)
class Peer:
    """One element of `from` or `to`: a block, or pods by one or both selectors."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    block: Block | None = None


@dataclass(frozen=True)
class Port:
    """One element of `ports`; `number` may be a name, or None for all of the protocol."""

    protocol: str
    number: int | str | None = None
    end: int | None = None


@dataclass(frozen=True)
class Rule:
    """Peers and ports; an empty tuple means any."""

    peers: tuple[Peer, ...]
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Policy:
    """One NetworkPolicy."""

    namespace: str
    name: str
    selector: Selector
    directions: frozenset[str]
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()

    def rules(self, direction: str) -> tuple[Rule, ...]:
        """The rules of one direction."""
        return self.ingress if direction == INGRESS else self.egress


@dataclass(frozen=True)
class Named:
    """One named port of a pod's containers."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True)
class Pod:
    """One pod with addresses of its own."""

    namespace: str
    name: str
    labels: Labels
    addresses: tuple[Address, ...]
    named: tuple[Named, ...] = ()


@dataclass(frozen=True)
class World:
    """Everything that decides about a packet."""

    namespaces: Mapping[str, Labels]
    pods: tuple[Pod, ...]
    policies: tuple[Policy, ...]


EMPTY = World({}, (), ())


def read(namespaces: Iterable[Object], pods: Iterable[Object], policies: Iterable[Object]) -> World:
    """Answer the world that the API's objects describe, in an order of its own."""
    known = {_meta(one)["name"]: _meta(one).get("labels") or {} for one in namespaces}
    mine = [_pod(one) for one in pods if _counts(one)]
    return World(
        known,
        tuple(sorted(mine, key=lambda pod: (pod.namespace, pod.name))),
        tuple(sorted(map(_policy, policies), key=lambda one: (one.namespace, one.name))),
    )


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _meta(one: Object) -> Any:
    return one["metadata"]


def _counts(pod: Object) -> bool:
    status = pod.get("status") or {}
    on_the_node = (pod.get("spec") or {}).get("hostNetwork", False)
    return bool(status.get("podIPs")) and not on_the_node and status.get("phase") not in ENDED


def _pod(one: Object) -> Pod:
    spec = one.get("spec") or {}
    containers = [*(spec.get("containers") or []), *_sidecars(spec)]
    ports = [port for container in containers for port in container.get("ports") or []]
    return Pod(
        _meta(one)["namespace"],
        _meta(one)["name"],
        _meta(one).get("labels") or {},
        tuple(ip_address(given["ip"]) for given in one["status"]["podIPs"]),
        tuple(
            Named(port["name"], port.get("protocol", "TCP"), port["containerPort"])
            for port in ports
            if port.get("name")
        ),
    )


def _sidecars(spec: Object) -> list[Any]:
    return [one for one in spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"]


def _policy(one: Object) -> Policy:
    spec = one.get("spec") or {}
    given = spec.get("policyTypes")
    directions = given or [INGRESS, *([EGRESS] if spec.get("egress") else [])]
    return Policy(
        _meta(one)["namespace"],
        _meta(one)["name"],
        _selector(spec.get("podSelector") or {}),
        frozenset(directions),
        tuple(_rule(rule, "from") for rule in spec.get("ingress") or []),
        tuple(_rule(rule, "to") for rule in spec.get("egress") or []),
    )


def _selector(given: Object) -> Selector:
    equal = [
        Requirement(key, "In", (value,)) for key, value in (given.get("matchLabels") or {}).items()
    ]
    more = [
        Requirement(one["key"], one["operator"], tuple(one.get("values") or ()))
        for one in given.get("matchExpressions") or []
    ]
    return Selector((*equal, *more))


def _rule(rule: Object, way: str) -> Rule:
    return Rule(
        tuple(_peer(peer) for peer in rule.get(way) or []),
        tuple(_port(port) for port in rule.get("ports") or []),
    )


def _peer(peer: Object) -> Peer:
    """A missing selector and an empty one differ: `{}` selects all."""
    pods, namespaces, block = (
        peer.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock")
    )
    return Peer(
        None if pods is None else _selector(pods),
        None if namespaces is None else _selector(namespaces),
        None if block is None else _block(block),
    )


def _block(block: Object) -> Block:
    exceptions = tuple(ip_network(one, strict=False) for one in block.get("except") or [])
    return Block(ip_network(block["cidr"], strict=False), exceptions)


def _port(port: Object) -> Port:
    return Port(port.get("protocol") or "TCP", port.get("port"), port.get("endPort"))

"""[pure] What NetworkPolicy says about one flow: the sentences of the documentation, in code.

It looks at one flow at a time and knows nothing of rule sets. The enforcer asks it which open
connections a change has ended; tests hold it and the rule set to one another.
"""

from dataclasses import dataclass

from tests.cluster.lab.policy.world import (
    EGRESS,
    INGRESS,
    Address,
    Peer,
    Pod,
    Policy,
    Port,
    Rule,
    World,
)


@dataclass(frozen=True)
class Flow:
    """Who begins to talk to whom; `port` is the target's, 0 where the protocol has none."""

    source: Address
    target: Address
    protocol: str
    port: int = 0


@dataclass(frozen=True)
class End:
    """One end of a flow: an address, and the pod that has it."""

    address: Address
    pod: Pod | None


def allowed(world: World, flow: Flow, *, source_is_pod: bool, target_is_pod: bool) -> bool:
    """Whether a flow may be.

    Shape: the two booleans say which ends are pods at all, by the side they are on; such an end
    that the world does not know is closed. An end that is not a pod (node, outside) has no policy.
    """
    source, target = _end(world, flow.source), _end(world, flow.target)
    if source_is_pod and target_is_pod and flow.source == flow.target and source.pod:
        return True  # a pod cannot block access to itself
    return (not source_is_pod or _side(world, flow, source, target, EGRESS)) and (
        not target_is_pod or _side(world, flow, target, source, INGRESS)
    )


def _end(world: World, address: Address) -> End:
    return End(address, next((pod for pod in world.pods if address in pod.addresses), None))


def _side(world: World, flow: Flow, mine: End, other: End, direction: str) -> bool:
    if mine.pod is None:
        return False
    policies = isolating(world, mine.pod, direction)
    if not policies:
        return True
    target = other if direction == EGRESS else mine
    return any(
        _peers_agree(world, policy, rule, other) and _ports_agree(rule, flow, target.pod)
        for policy in policies
        for rule in policy.rules(direction)
    )


def isolating(world: World, pod: Pod, direction: str) -> list[Policy]:
    """The policies that select a pod in one direction; with none it is not isolated there."""
    return [
        policy
        for policy in world.policies
        if policy.namespace == pod.namespace
        and direction in policy.directions
        and policy.selector.selects(pod.labels)
    ]


def _peers_agree(world: World, policy: Policy, rule: Rule, other: End) -> bool:
    return not rule.peers or any(_is_peer(world, policy, peer, other) for peer in rule.peers)


def _is_peer(world: World, policy: Policy, peer: Peer, other: End) -> bool:
    if peer.block is not None:
        return peer.block.holds(other.address)
    return other.pod is not None and names_pod(world, policy, peer, other.pod)


def names_pod(world: World, policy: Policy, peer: Peer, pod: Pod) -> bool:
    """Whether the selectors of a peer mean this pod."""
    if peer.namespaces is None:
        if peer.pods is None:
            return False
        right_namespace = pod.namespace == policy.namespace
    else:
        labels = world.namespaces.get(pod.namespace)
        right_namespace = labels is not None and peer.namespaces.selects(labels)
    return right_namespace and (peer.pods is None or peer.pods.selects(pod.labels))


def _ports_agree(rule: Rule, flow: Flow, target: Pod | None) -> bool:
    return not rule.ports or any(_is_port(port, flow, target) for port in rule.ports)


def _is_port(port: Port, flow: Flow, target: Pod | None) -> bool:
    if port.protocol.lower() != flow.protocol:
        return False
    match port.number:
        case None:
            return True
        case int(first):
            return first <= flow.port <= (port.end or first)
        case str(wanted):
            return target is not None and any(
                (one.name, one.protocol, one.number) == (wanted, port.protocol, flow.port)
                for one in target.named
            )

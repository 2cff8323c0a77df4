"""[pure] NetworkPolicies: nothing in, nothing out, and the few doors.

Policies only add up, so each allows one port of one kind of pod, and a peer is always a namespace
selector and a pod selector in one element: two elements would mean "or" (egress 5.2).
"""

from collections.abc import Mapping, Sequence

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Object

OPEN = {names.ROLE: "notebook", names.NET: "open"}
"""What the allowing policies select: quarantine takes `tre.net` away and leaves the deny."""

DOORS = "doors"
GATEWAY = "gateway"
HUB = "hub"
RECONCILER = "reconciler"
"""Values of `tre.component` in the system namespace."""


def project_policies(cluster: Cluster, project: str) -> list[Object]:
    """All policies of a project's namespace; they are made and read back before any pod."""
    space, ports = names.namespace(project), cluster.ports
    labels, _ = names.marks(names.PROJECT, project)
    gateway = _peer(cluster.system, {names.COMPONENT: GATEWAY})
    own_hub = _peer(cluster.system, {names.COMPONENT: HUB, **labels})
    doors = [_peer(cluster.system, {names.COMPONENT: DOORS})]
    return [
        default_deny(space, labels),
        _ingress(space, "allow-server", labels, OPEN, [gateway, own_hub], ports.server),
        _egress(space, "allow-hub", labels, doors, ports.hub),
        _egress(space, "allow-packages", labels, doors, ports.packages),
        _egress(space, "allow-airlock", labels, doors, ports.airlock),
    ]


def hub_policy(cluster: Cluster, project: str) -> Object:
    """What one project's hub may do in the system namespace: its door, its pods, the API server."""
    labels, _ = names.marks(names.PROJECT, project)
    mine = {names.COMPONENT: HUB, **labels}
    asking = [_peer(cluster.system, {names.COMPONENT: who}) for who in (DOORS, RECONCILER)]
    servers = _peer(names.namespace(project), {names.ROLE: "notebook"})
    out: list[Object] = [{"to": [servers], "ports": [_tcp(cluster.ports.server)]}]
    for address, port in cluster.api_servers:
        block = f"{address}/{128 if ':' in address else 32}"
        out.append({"to": [{"ipBlock": {"cidr": block}}], "ports": [_tcp(port)]})
    return _policy(
        cluster.system,
        names.hub(project),
        labels,
        mine,
        ingress=[{"from": asking, "ports": [_tcp(cluster.ports.project_hub)]}],
        egress=out,
    )


def check_policies(cluster: Cluster) -> list[Object]:
    """Policies of the namespace where openers and judges live: one port in, nothing out."""
    return _room(cluster, cluster.check, ("opener", "judge"))


def placing_policies(cluster: Cluster) -> list[Object]:
    """Policies of the namespace where snapshots are placed: one port in, nothing out."""
    return _room(cluster, cluster.placing, ("placer",))


def _room(cluster: Cluster, space: str, roles: Sequence[str]) -> list[Object]:
    """Close a namespace of our own work to everything but the reconciler, at one port."""
    reconciler = [_peer(cluster.system, {names.COMPONENT: RECONCILER})]
    port = cluster.ports.worker
    return [
        default_deny(space, {}),
        *(
            _ingress(space, f"allow-{role}", {}, {names.ROLE: role}, reconciler, port)
            for role in roles
        ),
    ]


def default_deny(space: str, labels: Mapping[str, str]) -> Object:
    """Select every pod in both directions and allow nothing."""
    return _policy(space, "default-deny", labels, {}, ingress=[], egress=[])


def to_canary(space: str, name: str, labels: Mapping[str, str], canary: str, port: int) -> Object:
    """Allow a proof's pods one port of its canary, and nothing else."""
    peer = _peer(canary, {names.ROLE: "notebook"})
    return _egress(space, name, labels, [peer], port)


def _ingress(
    space: str,
    name: str,
    labels: Mapping[str, str],
    pods: Mapping[str, str],
    peers: Sequence[Object],
    port: int,
) -> Object:
    rule: Object = {"from": list(peers), "ports": [_tcp(port)]}
    return _policy(space, name, labels, pods, ingress=[rule])


def _egress(
    space: str, name: str, labels: Mapping[str, str], peers: Sequence[Object], port: int
) -> Object:
    return _policy(space, name, labels, OPEN, egress=[{"to": list(peers), "ports": [_tcp(port)]}])


def _policy(
    space: str,
    name: str,
    labels: Mapping[str, str],
    pods: Mapping[str, str],
    *,
    ingress: list[Object] | None = None,
    egress: list[Object] | None = None,
) -> Object:
    """Write a policy; a direction with an empty list is closed, one that is absent not spoken of.

    The server drops empty lists, so the types say which directions are meant.
    """
    types = ["Ingress"] if ingress is not None else []
    types += ["Egress"] if egress is not None else []
    spec: Object = {
        "podSelector": {"matchLabels": dict(pods)} if pods else {},
        "policyTypes": types,
    }
    spec |= {"ingress": ingress} if ingress else {}
    spec |= {"egress": egress} if egress else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": space, "labels": dict(labels)},
        "spec": spec,
    }


def _peer(space: str, pods: Mapping[str, str]) -> Object:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
        "podSelector": {"matchLabels": dict(pods)},
    }


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}

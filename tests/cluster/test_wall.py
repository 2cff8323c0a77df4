"""The second wall on a real node: without any NetworkPolicy a project reaches its doors only.

Every attempt is made from two pods that differ in their namespace's name alone. From the one that
is no project's everything succeeds: that is the control of each attempt that the wall blocks.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.lab.archive import of_program
from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, namespace, probe_pod, until
from tests.cluster.wall import program
from tests.cluster.wall.daemon import installer

DOORS = (8081, 8082, 8083)
NO_DOOR = 9000
NOTEBOOK = 8888
NODE_PORT = 9100
SERVE = ("serve", f"{','.join(map(str, DOORS))},{NOTEBOOK},{NO_DOOR}", f"{DOORS[0]}")
LIST = f"{CNI_NETWORK}/10-tre-lab.conflist"


@dataclass(frozen=True)
class Places:
    """Where everybody is, in both families."""

    doors: tuple[str, ...]
    doors_pod: tuple[str, ...]
    gateway: tuple[str, ...]
    node: tuple[str, ...]
    inside: str
    outside: str


@dataclass(frozen=True)
class Node:
    """The lab's node, and the wall's program on it."""

    lab: Instance
    configuration: str

    def wall(self, *words: str, check: bool = True) -> str:
        """Run the installer's program with the node's real folders."""
        where = ("-programs", CNI_PLUGINS[0], "-lists", CNI_NETWORK, "-cgroups", "/sys/fs/cgroup")
        own = ("-configuration", self.configuration)
        command, *rest = words
        return self.lab.run(str(program.PROGRAM), command, *where, *own, *rest, check=check)

    def status(self) -> Object:
        """What a health check is told."""
        said: Object = json.loads(self.wall("status", check=False))
        return said


@pytest.fixture(scope="module")
def places(
    objects: Objects, cluster: Cluster, lab: Instance, make_lasting_namespace: NamespaceMaker
) -> Iterator[Places]:
    """Doors behind a service, a gateway, something on the node, a project and another."""
    system = make_lasting_namespace("system")
    on_node = make_lasting_namespace("node", level="privileged")
    outside = make_lasting_namespace("outside")
    inside = f"tre-w{uuid.uuid4().hex[:6]}"
    objects.apply(namespace(inside, {}))
    objects.apply(probe_pod(cluster, system, "doors", SERVE, labels={"app": "doors"}))
    objects.apply(probe_pod(cluster, system, "gateway", SERVE))
    words = ("serve", str(NODE_PORT), str(NODE_PORT))
    objects.apply(probe_pod(cluster, on_node, "node", words, hostNetwork=True))
    service = objects.apply(_service(system))
    doors, gateway = objects.wait_running(system, "doors", "gateway")
    objects.wait_running(on_node, "node")
    yield Places(
        tuple(service["spec"]["clusterIPs"]),
        _addresses(doors),
        _addresses(gateway),
        lab.addresses.node,
        inside,
        outside,
    )
    objects.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inside}})


@pytest.fixture
def node(lab: Instance, places: Places) -> Iterator[Node]:
    """The node with the wall installed; it is taken off again."""
    program.build()
    file = lab.state / "wall.json"
    file.write_text(
        json.dumps(
            {
                "doors": {"addresses": places.doors, "ports": DOORS},
                "notebook": {"sources": places.gateway},
            }
        )
    )
    found = Node(lab, str(file))
    found.wall("install", "-once")
    yield found
    found.wall("remove")


def _service(system: str) -> Object:
    ports = [{"name": f"p{port}", "port": port} for port in (*DOORS, NO_DOOR)]
    spec = {"selector": {"app": "doors"}, "ipFamilyPolicy": "RequireDualStack", "ports": ports}
    metadata = {"name": "doors", "namespace": system}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _addresses(pod: Object) -> tuple[str, ...]:
    return tuple(one["ip"] for one in pod["status"]["podIPs"])


def _attempts(places: Places) -> tuple[list[Object], list[Object]]:
    """What must stay open, and what only the wall closes: no policy is there."""
    opened = [_tcp(host, port) for host in places.doors for port in DOORS]
    closed = [
        *(_tcp(host, NO_DOOR) for host in places.doors),
        *(_tcp(host, port) for host in places.doors_pod for port in (*DOORS, NO_DOOR)),
        *(_tcp(host, NOTEBOOK) for host in places.gateway),
        *(_tcp(host, NODE_PORT) for host in places.node),
        *({"protocol": "udp", "host": host, "port": DOORS[0]} for host in places.doors_pod),
        *({"protocol": "udp", "host": host, "port": NODE_PORT} for host in places.node),
        *({"protocol": "icmp", "host": host, "port": 0} for host in places.doors_pod),
        *({"protocol": "icmp", "host": host, "port": 0} for host in places.node),
    ]
    return opened, closed


def _tcp(host: str, port: int) -> Object:
    return {"protocol": "tcp", "host": host, "port": port}


def _outcomes(objects: Objects, space: str, name: str, attempts: list[Object]) -> list[str]:
    return [str(one["outcome"]) for one in objects.try_from(space, name, attempts)]


def test_a_project_reaches_its_doors_and_nothing_else(
    objects: Objects, cluster: Cluster, places: Places, node: Node
) -> None:
    """No NetworkPolicy exists; the other namespace shows that every attempt can succeed."""
    policies = objects.kind("networking.k8s.io/v1", "NetworkPolicy")
    until(lambda: not policies.get().items, 120, "policies of tests before this one stay")
    assert node.status()["stands"], node.status()
    for space in (places.inside, places.outside):
        objects.apply(probe_pod(cluster, space, "alice", SERVE))
    (alice,) = objects.wait_running(places.inside, "alice")
    (other,) = objects.wait_running(places.outside, "alice")
    opened, closed = _attempts(places)
    control = _outcomes(objects, places.outside, "alice", opened + closed)
    assert control == ["open"] * len(opened + closed)
    assert _outcomes(objects, places.inside, "alice", opened) == ["open"] * len(opened)
    assert _outcomes(objects, places.inside, "alice", closed) == ["blocked"] * len(closed)
    inward = [_tcp(host, NOTEBOOK) for host in _addresses(alice)]
    beside = [_tcp(host, NO_DOOR) for host in _addresses(alice)]
    system = _space_of(objects, "gateway")
    assert _outcomes(objects, system, "gateway", inward) == ["open"] * 2
    assert _outcomes(objects, system, "gateway", beside) == ["blocked"] * 2
    assert _outcomes(objects, places.outside, "alice", inward) == ["blocked"] * 2
    same = [_tcp(host, port) for host in _addresses(other) for port in (NOTEBOOK, NO_DOOR)]
    assert _outcomes(objects, system, "gateway", same) == ["open"] * 4


def _space_of(objects: Objects, name: str) -> str:
    pods = objects.core.list_pod_for_all_namespaces(field_selector=f"metadata.name={name}").items
    found: str = pods[0].metadata.namespace
    return found


def test_without_the_wall_a_project_reaches_everything(
    objects: Objects, cluster: Cluster, places: Places, node: Node
) -> None:
    """The control of the wall itself: taken off the node, the next pod has none, and it is said."""
    node.wall("remove")
    assert not node.status()["stands"]
    objects.apply(probe_pod(cluster, places.inside, "bare", SERVE))
    objects.wait_running(places.inside, "bare")
    opened, closed = _attempts(places)
    everything = opened + closed
    assert _outcomes(objects, places.inside, "bare", everything) == ["open"] * len(everything)


def test_a_wall_that_cannot_stand_fails_the_pod_and_no_other(
    objects: Objects, cluster: Cluster, places: Places, node: Node
) -> None:
    """An entry that a careless hand emptied: a project's pod does not start, another's does."""
    listed = json.loads(node.lab.run("cat", LIST))
    listed["plugins"][-1]["doors"]["addresses"] = []
    node.lab.run("tee", LIST, text=json.dumps(listed))
    assert not node.status()["stands"]
    for space in (places.inside, places.outside):
        objects.apply(probe_pod(cluster, space, "late", SERVE))
    objects.wait_running(places.outside, "late")
    until(lambda: _refusals(objects, places.inside), 30, "the kubelet did not say why")
    assert objects.pod(places.inside, "late")["status"]["phase"] == "Pending"
    node.wall("install", "-once")
    objects.wait_running(places.inside, "late")


def _refusals(objects: Objects, space: str) -> list[str]:
    events = objects.core.list_namespaced_event(space).items
    said = [str(one.message) for one in events if one.reason == "FailedCreatePodSandBox"]
    return [one for one in said if "doors.addresses is missing or empty" in one]


def test_the_installer_as_a_pod(
    objects: Objects, cluster: Cluster, lab: Instance, node: Node, make_namespace: NamespaceMaker
) -> None:
    """As a DaemonSet: it comes, is ready, comes back, and its end leaves the wall where it is."""
    node.wall("remove")
    space = make_namespace("wall", level="privileged")
    archive = of_program(program.PROGRAM, "lab.local/wall:1", ("/tre-wall",))
    image = bring_in(lab, archive, "lab.local/wall")
    wanted = {"wall.json": Path(node.configuration).read_text()}
    objects.apply(_named("v1", "ConfigMap", space, data=wanted))
    daemons = _named("apps/v1", "DaemonSet", space, spec=installer(image, {"app": "wall"}))
    objects.apply(daemons)
    until(lambda: _ready(objects, space), 60, "the installer is not ready")
    assert node.status()["stands"], node.status()

    listed = json.loads(node.lab.run("cat", LIST))
    listed["plugins"] = listed["plugins"][:1]
    node.lab.run("tee", LIST, text=json.dumps(listed))
    until(lambda: node.status()["stands"], 20, "it did not come back")

    objects.delete(daemons)
    until(lambda: not objects.core.list_namespaced_pod(space).items, 60, "it does not end")
    assert node.status()["stands"], node.status()


def _ready(objects: Objects, space: str) -> bool:
    found = objects.kind("apps/v1", "DaemonSet").get(name="wall", namespace=space)
    return bool(found.status.numberReady)


def _named(api_version: str, kind: str, space: str, **rest: object) -> Object:
    metadata = {"name": "wall", "namespace": space}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}

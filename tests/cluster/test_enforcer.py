"""Enforcement in time: open connections, changed labels, new pods, and an enforcer that is away."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, probe_pod, until
from tests.cluster.policy_table import app, block, ns, peers, policy

SERVE = ("serve", "80", "80")
DENY = policy("", types=("Ingress", "Egress"))
CUT_S = 2.0
"""How soon the lab must have ended a connection; kindnet's engine sweeps every 30 s."""


@pytest.fixture
def lab(cluster: Cluster) -> Instance:
    """The lab, where parts can be stopped."""
    if cluster.instance is None:
        pytest.skip("stops a part of the cluster: only in the lab")
    return cluster.instance


def placed(one: Object, namespace: str, name: str = "") -> Object:
    """A policy of the table's words in a namespace of this test."""
    metadata = {"namespace": namespace, "name": name or one["metadata"]["name"]}
    return one | {"metadata": metadata}


def address(pod: Object, family: int = 4) -> str:
    """One of a pod's addresses."""
    both = sorted((one["ip"] for one in pod["status"]["podIPs"]), key=lambda one: ":" in one)
    return str(both[0 if family == 4 else 1])


def outcome(objects: Objects, source: tuple[str, str], host: str, protocol: str = "tcp") -> str:
    """What one attempt at port 80 comes to."""
    tried = {"protocol": protocol, "host": host, "port": 80}
    return str(objects.try_from(*source, [tried], 400)[0]["outcome"])


def pair(objects: Objects, cluster: Cluster, namespace: str) -> tuple[Object, Object]:
    """Two serving pods, `a` and `b`, that reach each other."""
    for name in ("a", "b"):
        objects.apply(probe_pod(cluster, namespace, name, SERVE, labels={"app": name}))
    a, b = objects.wait_running(namespace, "a", "b")
    until(
        lambda: outcome(objects, (namespace, "a"), address(b)) == "open", 20, "b is not open to a"
    )
    return a, b


@dataclass
class Held:
    """A connection that says a line every 50 ms."""

    echoes: list[int] = field(default_factory=list)
    ended: Object | None = None

    def read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "ended" in said:
                self.ended = said
            else:
                self.echoes.append(said["at"])

    @property
    def silent_s(self) -> float:
        """Seconds since the last answer."""
        return time.time() - self.echoes[-1] / 1000


@contextmanager
def held(objects: Objects, lab: Instance, namespace: str, host: str, *how: str) -> Iterator[Held]:
    """Hold a connection from pod `a` while the test goes on; the runtime runs the program."""
    pod = objects.pod(namespace, "a")
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    words = ("ctr", "-n", "k8s.io", "tasks", "exec", "--exec-id", f"hold-{time.time_ns()}")
    command = lab.command(
        *words, container, "/probe", *(how or ("hold",))[:1], host, "80", *how[1:]
    )
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    held = Held()
    reader = threading.Thread(target=held.read, args=(process,), daemon=True)
    reader.start()
    try:
        until(lambda: len(held.echoes) >= 5, 15, "the connection says nothing")
        yield held
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # entering a namespace made a child of it
        process.wait(10)
        reader.join(10)
        process.stdout.close()


@pytest.mark.parametrize("family", [4, 6])
def test_an_open_connection_ends_when_its_policy_is_tightened(
    family: int,
    objects: Objects,
    cluster: Cluster,
    lab: Instance,
    make_namespace: NamespaceMaker,
) -> None:
    """And one that the policies still allow goes on through the same change."""
    space = make_namespace("flow", world="flow")
    _, b = pair(objects, cluster, space)
    objects.apply(probe_pod(cluster, space, "c", SERVE, labels={"app": "c"}))
    c = objects.wait_running(space, "c")[0]
    until(lambda: outcome(objects, (space, "a"), address(c, family)) == "open", 20, "c is closed")
    with (
        held(objects, lab, space, address(b, family)) as to_b,
        held(objects, lab, space, address(c, family)) as to_c,
    ):
        objects.apply(placed(policy("", app("b"), types=("Ingress",)), space))
        until(lambda: to_b.silent_s > 1, CUT_S + 1, "the connection still answers")
        time.sleep(2)
        assert to_b.silent_s > 2.5
        assert to_c.silent_s < 1.5
        assert to_c.ended is None


def test_a_connection_does_not_come_back_with_its_ends_exchanged(
    objects: Objects, cluster: Cluster, lab: Instance, make_namespace: NamespaceMaker
) -> None:
    """The target talks by itself and may begin connections to the source; this one is not its own.

    The kernel would pick up a TCP packet in mid-stream as a flow of its own, and take the other
    side's packets for replies.
    """
    space = make_namespace("swap")
    a, b = pair(objects, cluster, space)
    with held(objects, lab, space, address(b), "hear", "tcp") as from_b:
        objects.apply(placed(policy("", app("b"), types=("Ingress",)), space))
        until(lambda: from_b.silent_s > 1, CUT_S + 3, "the connection still talks")
        assert outcome(objects, (space, "b"), address(a)) == "open"
        time.sleep(2)
        assert from_b.silent_s > 2.5


@pytest.mark.parametrize("family", [4, 6])
def test_a_target_that_never_waits_for_an_answer_is_silenced(
    family: int,
    objects: Objects,
    cluster: Cluster,
    lab: Instance,
    make_namespace: NamespaceMaker,
) -> None:
    """Datagrams towards the asking side are replies as long as the kernel knows their flow."""
    space = make_namespace("datagrams")
    _, b = pair(objects, cluster, space)
    with held(objects, lab, space, address(b, family), "hear", "udp") as from_b:
        objects.apply(placed(policy("", app("b"), types=("Ingress", "Egress")), space))
        until(lambda: from_b.silent_s > 1, CUT_S + 1, "the datagrams still come")
        time.sleep(2)
        assert from_b.silent_s > 2.5


def test_a_connection_lives_through_many_changes(
    objects: Objects, cluster: Cluster, lab: Instance, make_namespace: NamespaceMaker
) -> None:
    """Twenty tables replace one another under it; what is forbidden never slips through."""
    space, other = make_namespace("calm"), make_namespace("busy")
    _, b = pair(objects, cluster, space)
    objects.apply(
        placed(
            policy("", app("b"), types=("Ingress",), ingress=[peers({"podSelector": app("a")})]),
            space,
        )
    )
    objects.apply(probe_pod(cluster, space, "c", SERVE, labels={"app": "c"}))
    objects.wait_running(space, "c")
    until(lambda: outcome(objects, (space, "c"), address(b)) == "blocked", 10, "b is open to c")
    objects.apply(probe_pod(cluster, other, "busy", SERVE))
    objects.wait_running(other, "busy")
    with held(objects, lab, space, address(b)) as to_b:
        for number in range(20):
            changed = policy("", types=("Ingress",), ingress=[{"ports": [{"port": 1000 + number}]}])
            objects.apply(placed(changed, other))
            if number % 5 == 0:
                assert outcome(objects, (space, "c"), address(b)) == "blocked"
        gaps = [later - sooner for sooner, later in zip(to_b.echoes, to_b.echoes[1:], strict=False)]
        assert to_b.ended is None
        assert max(gaps) < 2000  # a lost packet is sent again after 200 ms, 400 ms, 800 ms
        assert to_b.silent_s < 1.5


def test_labels_open_and_close(
    objects: Objects, cluster: Cluster, make_namespace: NamespaceMaker
) -> None:
    """A pod's label and a namespace's label decide as soon as they change."""
    space, other = make_namespace("in"), make_namespace("out", world="stranger")
    _, b = pair(objects, cluster, space)
    objects.apply(probe_pod(cluster, other, "a", SERVE, labels={"app": "a"}))
    objects.wait_running(other, "a")
    friend = peers({"namespaceSelector": ns("friend"), "podSelector": app("a")})
    objects.apply(placed(policy("", app("b"), types=("Ingress",), ingress=[friend]), space))
    here = (other, "a")

    def becomes(wanted: str) -> None:
        until(lambda: outcome(objects, here, address(b)) == wanted, 20, f"not {wanted}")

    becomes("blocked")
    objects.core.patch_namespace(other, {"metadata": {"labels": {"world": "friend"}}})
    becomes("open")
    objects.core.patch_namespaced_pod("a", other, {"metadata": {"labels": {"app": "z"}}})
    becomes("blocked")
    objects.core.patch_namespaced_pod("a", other, {"metadata": {"labels": {"app": "a"}}})
    becomes("open")
    objects.core.patch_namespace(other, {"metadata": {"labels": {"world": "stranger"}}})
    becomes("blocked")


def test_the_first_packet_of_a_policed_pod_is_stopped(
    objects: Objects, cluster: Cluster, make_namespace: NamespaceMaker
) -> None:
    """Two hundred connections from its first moment on, none arrives; without a policy most do."""
    closed, free, target = (
        make_namespace("closed"),
        make_namespace("free"),
        make_namespace("target"),
    )
    objects.apply(probe_pod(cluster, target, "t", SERVE))
    host = address(objects.wait_running(target, "t")[0])
    objects.apply(placed(DENY, closed))
    for space in (closed, free):
        objects.apply(probe_pod(cluster, space, "burst", ("burst", host, "80", "200")))
    arrived = {space: _burst(objects, space) for space in (closed, free)}
    assert arrived[closed] == 0
    assert arrived[free] > 0, "the control reached nothing either"


def _burst(objects: Objects, space: str) -> int:
    """How many connections the pod says arrived."""
    objects.wait_running(space, "burst")
    text: str = until(
        lambda: objects.core.read_namespaced_pod_log("burst", space), 30, "the burst never ended"
    )
    return int(json.loads(text)["arrived"])


def test_without_the_enforcer_known_pods_keep_their_rules_and_new_ones_are_closed(
    objects: Objects, cluster: Cluster, lab: Instance, make_namespace: NamespaceMaker
) -> None:
    """Away is closed, never open; back, it catches up."""
    space = make_namespace("away")
    _, b = pair(objects, cluster, space)
    objects.apply(probe_pod(cluster, space, "c", SERVE, labels={"app": "c"}))
    objects.wait_running(space, "c")
    only_a = policy("", app("b"), types=("Ingress",), ingress=[peers({"podSelector": app("a")})])
    objects.apply(placed(only_a, space))
    until(lambda: outcome(objects, (space, "c"), address(b)) == "blocked", 20, "b is open to c")
    lab.hold("enforcer")
    try:
        objects.apply(probe_pod(cluster, space, "new", SERVE, labels={"app": "new"}))
        new = objects.wait_running(space, "new")[0]
        assert outcome(objects, (space, "a"), address(b)) == "open"
        assert outcome(objects, (space, "c"), address(b)) == "blocked"
        for protocol in ("tcp", "udp", "icmp"):
            assert outcome(objects, (space, "new"), address(b), protocol) == "blocked"
            assert outcome(objects, (space, "a"), address(new), protocol) == "blocked"
            assert outcome(objects, (space, "new"), new["status"]["hostIP"], "icmp") == "blocked"
    finally:
        lab.release("enforcer")
    until(lambda: outcome(objects, (space, "a"), address(new)) == "open", 20, "new stays closed")


def test_a_service_is_judged_by_the_pod_behind_it(
    objects: Objects, cluster: Cluster, make_namespace: NamespaceMaker
) -> None:
    """A policy sees translated addresses; a block around service addresses opens nothing."""
    space = make_namespace("service")
    _, b = pair(objects, cluster, space)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "b", "namespace": space},
        "spec": {"selector": {"app": "b"}, "ports": [{"port": 80}]},
    }
    virtual = objects.apply(service)["spec"]["clusterIP"]
    here = (space, "a")
    until(lambda: outcome(objects, here, virtual) == "open", 20, "the service is closed")
    around = policy(
        "", app("a"), types=("Egress",), egress=[peers(block(f"{virtual}/32"), way="to")]
    )
    objects.apply(placed(around, space))
    until(lambda: outcome(objects, here, virtual) == "blocked", 20, "the service is open")
    to_b = policy(
        "", app("a"), types=("Egress",), egress=[peers({"podSelector": app("b")}, way="to")]
    )
    objects.apply(placed(to_b, space))
    until(lambda: outcome(objects, here, virtual) == "open", 20, "the service is closed")
    assert outcome(objects, here, address(b)) == "open"


def test_one_pod_cannot_speak_with_the_address_of_another(
    objects: Objects, cluster: Cluster, lab: Instance, make_namespace: NamespaceMaker
) -> None:
    """The node drops what comes from the wrong side: its rule is there and counts."""
    space = make_namespace("spoof", level="privileged")
    a, b = pair(objects, cluster, space)
    objects.apply(
        placed(
            policy("", app("b"), types=("Ingress",), ingress=[peers({"podSelector": app("a")})]),
            space,
        )
    )
    liar = probe_pod(cluster, space, "liar", SERVE, labels={"app": "liar"})
    liar["spec"]["containers"][0]["securityContext"] = {
        "capabilities": {"add": ["NET_ADMIN"]},
        "runAsUser": 0,
    }
    objects.apply(liar)
    objects.wait_running(space, "liar")
    until(
        lambda: outcome(objects, (space, "liar"), address(b)) == "blocked", 20, "b is open to liar"
    )
    sandbox = _network_of(lab, objects.pod(space, "liar"))
    lab.run(
        "nsenter", f"--net={sandbox}", "ip", "address", "add", f"{address(a)}/32", "dev", "eth0"
    )
    forged = {"protocol": "udp", "host": address(b), "port": 80, "from": address(a)}
    before = _dropped(lab)
    assert objects.try_from(space, "liar", [forged], 400)[0]["outcome"] == "blocked"
    assert _dropped(lab) >= before + 2, (
        "the answer went to the real owner, and the question arrived"
    )


def _dropped(lab: Instance) -> int:
    """How many packets came from the wrong side since the table was loaded."""
    chain = lab.run("nft", "list", "chain", "inet", "tre_lab_policy", "leaves")
    found = re.search(r"oif missing counter packets (\d+)", chain)
    return int(found[1]) if found else -1


def _network_of(lab: Instance, pod: Object) -> str:
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    listed = lab.run("ctr", "-n", "k8s.io", "tasks", "list").splitlines()
    number = next(line.split()[1] for line in listed if line.startswith(container))
    return f"/proc/{number}/ns/net"

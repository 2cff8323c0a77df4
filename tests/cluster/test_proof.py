"""The proof on a real cluster: it holds as shipped, and each wall that is broken is found by name.

Both walls stand in the lab: the enforcer's policies and the plug-in as its DaemonSet installs it.
Then one thing at a time is taken away, with real pods, and what follows is looked at through the
reconciler's own turns.
"""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orchestrator.engines.kubernetes import names, pods
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of
from orchestrator.engines.kubernetes.scene import PROOF
from orchestrator.engines.port import Outcome, Probe, Spec, proved
from orchestrator.errors import TreError, Unavailable
from tests.cluster.breaking import an_allow_all, metadata, no_enforcer, nothing_enforced
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, until
from tests.cluster.proving import NODE, House, house
from tests.kubernetes_world import a_mount

ROWS = "E01 E02 E03 E04 E05 E06 E07 E08 E09 E11 E12 E13 E14 E16 E41 E43 E45 E49 E50 E53"


@pytest.fixture(scope="module")
def walls(objects: Objects, lab: Instance) -> Iterator[House]:
    """Everything installed, both walls standing."""
    with house(objects, lab) as found:
        yield found


@pytest.fixture(scope="module")
def spec(walls: House) -> Spec:
    """A project that is set up."""
    spec = walls.spec("one", "ada", "grace")
    walls.engine.ensure(spec)
    return spec


def opened(found: dict[str, Probe]) -> set[str]:
    """The ids of open ways; a proof with one proves nothing."""
    names_ = {name for name, probe in found.items() if probe.outcome is Outcome.OPEN}
    assert not (names_ and proved(list(found.values())))
    return names_


def of_wall(found: dict[str, Probe], wall: str) -> dict[str, Probe]:
    """The probes of one wall."""
    return {name: probe for name, probe in found.items() if name.endswith(f".{wall}")}


def outcomes(found: dict[str, Probe]) -> set[Outcome]:
    """How they ended."""
    return {probe.outcome for probe in found.values()}


def safe(found: dict[str, Probe]) -> bool:
    """Whether all of them held, or had a reason."""
    return proved(list(found.values()))


def left(walls: House) -> list[str]:
    """Namespaces of proofs that nobody has asked to end."""
    client = Client(walls.here.access())
    found = client.list(Scope("Namespace", labels=PROOF)).items
    client.close()
    return [str(m["name"]) for m in map(metadata_of, found) if "deletionTimestamp" not in m]


def test_as_shipped_every_wall_holds_and_nothing_is_left(walls: House, spec: Spec) -> None:
    begun = time.monotonic()
    found = walls.prove(spec.project)
    took = time.monotonic() - begun
    bad = {
        n: p.evidence for n, p in found.items() if p.outcome not in (Outcome.HELD, "unavailable")
    }
    assert not bad
    assert safe(found)
    assert set(ROWS.split()) <= {name.partition(".")[0] for name in found}
    assert {name.rpartition(".")[2] for name in found} == {"policies", "wall", "project"}
    held = [probe for probe in found.values() if probe.outcome is Outcome.HELD]
    assert len(held) > 100
    for probe in held:
        assert probe.control
        assert probe.evidence
    assert walls.node().proved
    assert walls.node().translates == "no"
    assert left(walls) == []
    space = names.namespace(spec.project)
    assert walls.objects.core.list_namespaced_pod(space).items == []
    sys.stdout.write(f"\nproof of cluster and project: {took:.1f} s, {len(found)} probes\n")
    begun = time.monotonic()
    again = walls.prove(spec.project)
    took = time.monotonic() - begun
    sys.stdout.write(f"project alone: {took:.1f} s\n")
    assert again.keys() == found.keys()
    assert "for all projects" in again["E01.tcp4.policies"].evidence
    assert "for all projects" not in again["E01.tcp4.project"].evidence


def test_data_waits_for_a_node_that_is_proved(walls: House, spec: Spec) -> None:
    walls.prove(None)
    walls.engine.walls.label(NODE, proved=False)
    with pytest.raises(Unavailable, match="proved on no node"):
        walls.engine.attach(spec.project, [a_mount()])
    assert walls.engine.observe(spec.project).mounts == ()
    walls.prove(None)
    walls.engine.attach(spec.project, [a_mount()])
    assert walls.engine.observe(spec.project).mounts == (a_mount().digest,)
    walls.engine.attach(spec.project, [])


def test_the_plug_in_taken_out_of_the_node(walls: House, spec: Spec) -> None:
    """The policies alone hold, and the proof of the other wall fails by name."""
    walls.prove(spec.project)
    assert walls.node().proved
    walls.wall_down()
    try:
        until(lambda: not walls.node().proved, 10, "the node is still called proved")
        found = walls.prove(spec.project)
        gone = opened(found)
        assert {"E01.tcp4.wall", "E02.udp4.wall", "E07.tcp6.wall"} <= gone
        assert "E03.icmp4.wall" not in gone, "who has user ids of their own may send no echo"
        assert {"E11.service.wall", "E14.in-tcp4.wall", "E01.canary-log.wall"} <= gone
        assert any(name.startswith("E08.first4.wall") for name in gone)
        assert any(name.startswith("E01.door-pod4") for name in gone), "noticed from inside"
        assert {name.rpartition(".")[2] for name in gone} == {"wall", "project"}
        assert safe(of_wall(found, "policies"))
        assert all("door-pod" in name for name in gone if name.endswith(".project"))
        with pytest.raises(Unavailable, match="did not hold"):
            walls.engine.attach(spec.project, [a_mount()])
        said = {c.subject: c for c in walls.engine.doctor()}
        assert said["walls"].status == "missing"
        assert said["second wall"].status == "broken"
        assert NODE in said["second wall"].say
    finally:
        walls.wall_up()
    assert not walls.node().proved, "a wall that comes back is believed by a proof only"
    assert safe(walls.prove(spec.project))
    assert walls.node().proved


def test_policies_that_nobody_enforces(walls: House, spec: Spec) -> None:
    """Every object is there as written; only an attempt can know. The second wall alone holds."""
    with metadata(walls), nothing_enforced(walls, ""):
        walls.engine.proofs.forget()
        found = walls.prove(spec.project)
    gone = opened(found)
    assert {"E12.metadata4.policies", "E12.metadata6.policies"} <= gone
    assert found["E12.metadata4.wall"].outcome is Outcome.HELD, "here the control can be had"
    assert {"E01.tcp4.policies", "E02.udp4.policies"} <= gone
    assert {"E07.tcp6.policies", "E11.service.policies", "E14.in-server4.policies"} <= gone
    assert {"E09.established.policies", "E08.first4.policies", "E05.dns.policies"} <= gone
    assert {f"E01.door-{port}.project" for port in (8081, 8082, 8083)} <= gone
    assert found["E16.stored.project"].outcome is Outcome.HELD
    assert safe(of_wall(found, "wall"))
    assert not walls.node().proved
    with pytest.raises(Unavailable, match="did not hold"):
        walls.engine.attach(spec.project, [a_mount()])
    assert safe(walls.prove(spec.project))


def test_an_enforcer_that_stopped(walls: House, spec: Spec) -> None:
    """It is not there any more for new pods: nothing is open, and nothing is proved."""
    with no_enforcer(walls, ""):
        found = walls.prove(spec.project)
    assert not safe(found)
    assert Outcome.INCONCLUSIVE in outcomes(found)
    with pytest.raises(Unavailable):
        walls.engine.attach(spec.project, [a_mount()])
    assert safe(walls.prove(spec.project))


def test_an_allow_all_added_by_hand(walls: House, spec: Spec) -> None:
    """Found as stored and by attempts through the doors, where the second wall does not hide it."""
    doors = {f"E01.door-{port}.project" for port in (8081, 8082, 8083)}
    with an_allow_all(walls, names.namespace(spec.project)):
        found = walls.prove(spec.project)
        assert opened(found) == {"E16.stored.project"} | doors
        assert "allow-all" in found["E16.stored.project"].evidence
        with pytest.raises(Unavailable, match="did not hold"):
            walls.engine.attach(spec.project, [a_mount()])
    walls.engine.ensure(spec)
    assert safe(walls.prove(spec.project)), "mended, and proved again"


def test_without_a_door_nothing_is_proved(walls: House, spec: Spec) -> None:
    """The positive control: closed ways mean nothing from a pod that reaches nothing at all."""
    system = walls.here.cluster.system
    doors = walls.objects.pod(system, "doors")
    walls.objects.core.delete_namespaced_pod("doors", system, grace_period_seconds=0)
    try:
        found = walls.prove(spec.project)
    finally:
        kept = {k: doors["metadata"][k] for k in ("name", "namespace", "labels")}
        again = {k: v for k, v in doors["spec"].items() if k not in ("nodeName", "tolerations")}
        walls.objects.apply({"apiVersion": "v1", "kind": "Pod", "metadata": kept, "spec": again})
        walls.objects.wait_running(system, "doors")
    assert opened(found) == set()
    assert Outcome.HELD not in outcomes({"x": found["E01.tcp4.project"]})
    assert "not reached" in found["E01.tcp4.project"].evidence
    assert not safe(found)
    assert safe(of_wall(found, "policies"))
    walls.prove(None)


def test_what_a_killed_run_left_goes_with_the_next(walls: House, spec: Spec) -> None:
    """kill -9 in the middle: namespaces and pods are there, and the next run clears them."""
    cluster, kubeconfig = walls.here.cluster, walls.here.kubeconfig
    words = [sys.executable, "-m", "tests.cluster.killed", str(kubeconfig), spec.project]
    words += [cluster.system, cluster.doors_address, cluster.images["workspace"]]
    process = subprocess.Popen(words)
    space = names.namespace(spec.project)

    def under_way() -> bool:
        assert process.poll() is None, "the run ended before it came so far"
        return len(walls.objects.core.list_namespaced_pod(space).items) >= 2

    try:
        until(under_way, 180, "the run did not come so far")  # the cluster's own part comes first
    finally:
        process.kill()
        process.wait()
    assert left(walls)
    assert safe(walls.prove(spec.project))
    assert left(walls) == []
    until(
        lambda: not walls.objects.core.list_namespaced_pod(space).items, 30, "pods of a proof stay"
    )


def a_notebook(walls: House, spec: Spec, doors: tuple[str, ...]) -> Key:
    """A notebook server's pod without data, made as the hub makes it."""
    pod: Any = pods.notebook(walls.here.cluster, spec, "ada", [], {}, doors)
    pod["spec"]["containers"][0]["command"] = ["/opt/workspace/bin/python", "-c", _SLEEP]
    hub = Client(walls.here.access(walls.here.hub(spec.project)))
    hub.create(pod)
    hub.close()
    return key(pod)


_SLEEP = textwrap.dedent("""
    import time
    time.sleep(600)
""")


def _phase(walls: House, where: Key) -> str:
    return str(walls.objects.pod(where.namespace, where.name)["status"]["phase"])


def _ended(walls: House, where: Key) -> Any:
    pod: Any = walls.objects.pod(where.namespace, where.name)
    listed = pod["status"].get("initContainerStatuses") or [{}]
    return listed[0].get("state", {}).get("terminated")


@contextmanager
def started(walls: House, spec: Spec) -> Iterator[Key]:
    """A notebook server's pod, taken away in the end."""
    doors = walls.engine.walls.doors_pods()
    assert doors
    small = walls.here.spec("start", "ada")
    walls.engine.ensure(small)
    walls.give_homes(small.project, "ada")
    where = a_notebook(walls, small, doors)
    try:
        yield where
    finally:
        walls.objects.core.delete_namespaced_pod(
            where.name, where.namespace, grace_period_seconds=1
        )
        until(lambda: not walls.engine.world.get(where), 30, "the pod does not end")


def test_a_notebook_server_starts_behind_both_walls(walls: House, spec: Spec) -> None:
    with started(walls, spec) as where:
        until(lambda: _ended(walls, where), 60, "it does not start")
        ended = _ended(walls, where)
        assert ended["exitCode"] == 0, ended
        until(lambda: _phase(walls, where) == "Running", 60, "the server does not follow")


def test_a_notebook_server_without_its_second_wall_does_not_start(walls: House, spec: Spec) -> None:
    """The policies hold, so only the pod itself can know, and it does, before its server runs."""
    walls.wall_down()
    try:
        with started(walls, spec) as where:
            until(lambda: _ended(walls, where), 60, "it does not start")
            ended = _ended(walls, where)
            assert ended["exitCode"] == 3, ended
            assert "E01.door-pod" in ended["message"]
            until(lambda: _phase(walls, where) == "Failed", 30, "the pod goes on")
            pod = walls.objects.pod(where.namespace, where.name)
            assert "running" not in pod["status"]["containerStatuses"][0]["state"]
    finally:
        walls.wall_up()
    walls.prove(None)


def test_a_notebook_server_behind_no_policies_does_not_start(walls: House, spec: Spec) -> None:
    """Without both walls every way of its plan is open to it."""
    walls.wall_down()
    try:
        with nothing_enforced(walls, ""), started(walls, spec) as where:
            until(lambda: _ended(walls, where), 60, "it does not start")
            ended = _ended(walls, where)
            assert ended["exitCode"] == 3, ended
            assert "E11.service" in ended["message"]
    finally:
        walls.wall_up()
    walls.prove(None)


def test_a_list_that_others_rewrite_is_noticed(walls: House) -> None:
    """The node loses its label with the wall's readiness, and the doctor says why."""
    walls.prove(None)
    assert walls.node().proved
    image = walls.installer["spec"]["template"]["spec"]["containers"][0]
    slow = {**image, "args": ["install", "-every", "30s"]}
    daemon = walls.installer
    template = daemon["spec"]["template"]
    lazy = {**template, "spec": {**template["spec"], "containers": [slow]}}
    walls.objects.apply({**daemon, "spec": {**daemon["spec"], "template": lazy}})
    until(lambda: walls.node().wall is not True, 60, "the installer did not end")
    until(lambda: walls.node().wall, 60, "the slow installer is not ready")
    walls.prove(None)
    time.sleep(16)
    walls.lab.run("cp", f"{_LIST}.before-tre-wall", _LIST)
    until(lambda: not walls.node().proved, 30, "nobody noticed")
    chain = until(lambda: _said(walls, "plug-in chain", "off"), 30, "the doctor says nothing")
    assert "rewrites it" in chain.say
    walls.objects.apply(daemon)
    until(lambda: _installer_is(walls, ["install"]), 60, "the installer is not as it was")
    until(lambda: walls.node().wall, 60, "the wall did not come back")
    walls.prove(None)
    assert walls.node().proved


_LIST = "/etc/cni/net.d/10-tre-lab.conflist"


def _said(walls: House, subject: str, status: str) -> Any:
    found = {c.subject: c for c in walls.engine.doctor()}[subject]
    return found if found.status == status else None


def _installer_is(walls: House, words: list[str]) -> bool:
    space = walls.here.cluster.system
    found = walls.objects.core.list_namespaced_pod(space, label_selector="tre.component=wall").items
    return bool(found) and all(pod.spec.containers[0].args == words for pod in found)


def test_a_proof_of_a_project_that_was_never_set_up(walls: House) -> None:
    with pytest.raises(TreError):
        walls.engine.prove("nobody")

"""The lab itself: two at once do not disturb one another, and one that is gone left nothing."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import Unavailable
from tests.cluster import machine, reports
from tests.cluster.cluster import PROBE, Cluster, probe_archive
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.lab import cgroups, instance
from tests.cluster.lab.addresses import Addresses
from tests.cluster.lab.build import build
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance
from tests.cluster.lab.policy.ruleset import render
from tests.cluster.objects import Objects, connection, namespace, probe_pod, until
from tests.cluster.policy_table import TABLE
from tests.cluster.test_enforcer import SERVE, address, held, pair
from tests.unit.lab.world import a_world


@pytest.fixture
def lab(cluster: Cluster) -> Instance:
    """The session's instance."""
    if cluster.instance is None:
        pytest.skip("about the lab itself")
    return cluster.instance


@pytest.fixture
def second_name() -> Iterator[str]:
    """A name that nobody else uses; whatever is left of it is taken away."""
    name = f"second-{os.getpid()}"
    yield name
    instance.down(name)


def test_two_at_once_and_nothing_is_left_of_one(
    objects: Objects,
    cluster: Cluster,
    lab: Instance,
    make_namespace: NamespaceMaker,
    second_name: str,
) -> None:
    """A second one comes, runs a pod and goes, while a connection in the first one never stops."""
    space = make_namespace("first")
    _, b = pair(objects, cluster, space)
    before = machine.look()
    with held(objects, lab, space, address(b)) as going:
        second = instance.up(second_name)
        number = second.addresses.number
        assert number != lab.addresses.number
        first_process = second._first_process()
        assert first_process is not None
        inside = machine.namespaces_of(first_process)
        assert not inside & machine.namespaces_of(os.getpid())
        assert not inside & machine.namespaces_of(lab._first_process() or 0)
        other = Cluster(
            "lab",
            second.kubeconfig,
            bring_in(second, probe_archive(), PROBE),
            "Never",
            True,
            second,
        )
        with connection(other) as client:
            others = Objects(other, client)
            others.apply(namespace("work", {}))
            pod = pair(others, other, "work")[1]
        assert address(pod).startswith("198.19.")
        assert not {one.metadata.name for one in objects.core.list_namespace().items} & {"work"}
        during = machine.look().new_since(before, {number})
        assert any(second.addresses.link in one for one in during)
        assert any(second.addresses.cgroup in one for one in during)
        assert len(machine.processes_in(inside)) > 8
        for part in ("kubelet", "kube-apiserver", "python"):
            there = second.run("sh", "-c", f"cat /proc/$(pgrep -n {part})/environ")
            assert "TMPDIR=/run/tre-lab/tmp" in there.split("\0")
        assert instance.down(second_name)
        assert machine.look().new_since(before, {number}) == set()
        assert before.new_since(machine.look(), {number}) == set()
        assert machine.processes_in(inside) == set()
        assert not second.state.exists()
        gaps = [
            later - sooner for sooner, later in zip(going.echoes, going.echoes[1:], strict=False)
        ]
        assert going.ended is None
        assert max(gaps) < 2000
        assert going.silent_s < 1


@pytest.mark.parametrize("left", ["link", "cgroup", "file"])
def test_what_is_left_would_be_noticed(left: str, lab: Instance) -> None:
    """The control of the comparison: each kind of thing, left on purpose."""
    before = machine.look()
    addresses = Addresses(99)
    name = f"trelab{addresses.number}"
    group = next(iter(cgroups.hierarchies())) / addresses.cgroup
    file = Path("/tmp") / f"tre-lab-{addresses.number}"
    try:
        match left:
            case "link":
                subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
            case "cgroup":
                group.mkdir()
            case _:
                file.touch()
        assert machine.look().new_since(before, {addresses.number})
        assert machine.look().new_since(before, {lab.addresses.number}) == set()
    finally:
        subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)
        if group.exists():
            group.rmdir()
        file.unlink(missing_ok=True)


def test_a_killed_instance_is_taken_away_too(lab: Instance, second_name: str) -> None:
    """Its first process dies by itself: `down` removes the rest."""
    before = machine.look()
    second = instance.up(second_name)
    number = second.addresses.number
    os.kill(second._first_process() or 0, 9)
    until(lambda: not second.status()["alive"], 10, "it is still alive")
    assert instance.down(second_name)
    assert not instance.down(second_name)
    assert machine.look().new_since(before, {number}) == set()


def test_a_part_that_ends_starts_again(lab: Instance) -> None:
    """The scheduler is killed; a new one takes its place."""
    old = lab.run("pgrep", "-x", "kube-scheduler").strip()
    lab.run("kill", "-9", old)
    until(
        lambda: lab.run("pgrep", "-x", "kube-scheduler", check=False).strip() not in ("", old),
        15,
        "no scheduler",
    )


def test_the_kernel_accepts_what_the_unit_tests_read(lab: Instance) -> None:
    """Every rule set of the truth table, and the one that is compared whole; not a wrong word."""
    texts = [render(a_world(*one.policies)) for one in TABLE]
    texts.append((Path(__file__).parents[1] / "unit" / "lab" / "ruleset.nft").read_text())
    for text in texts:
        lab.run("nft", "-c", "-f", "-", text=text)
    with pytest.raises(Unavailable, match="syntax error"):
        lab.run("nft", "-c", "-f", "-", text=f"{texts[0]}}}")


def test_the_same_image_has_the_same_digest(lab: Instance, cluster: Cluster) -> None:
    """Importing again changes nothing, and a pod names the image by its bytes."""
    archive = probe_archive()
    assert bring_in(lab, archive, PROBE) == cluster.probe
    assert archive == probe_archive()
    assert "@sha256:" in cluster.probe


def test_an_oci_folder_comes_in_too(lab: Instance, tmp_path: Path) -> None:
    """What buildah and docker write as a folder: exported from the lab itself, then imported."""
    archive = tmp_path / "oci.tar"
    with archive.open("wb") as file:
        export = lab.command("ctr", "-n", "k8s.io", "images", "export", "-", "lab.local/pause:1")
        subprocess.run(export, stdout=file, check=True)
    folder = tmp_path / "oci"
    folder.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    assert (folder / "index.json").exists()
    assert bring_in(lab, folder, "lab.local/folder").startswith("lab.local/folder@sha256:")


def test_a_second_build_takes_seconds(lab: Instance) -> None:
    """Everything is in the cache by now."""
    began = time.monotonic()
    said: list[str] = []
    assert all(folder.is_dir() for folder in build(said.append))
    assert time.monotonic() - began < 10
    assert said == []


def test_pod_security_and_admission_policies_are_enforced(
    objects: Objects, cluster: Cluster, make_namespace: NamespaceMaker
) -> None:
    """What later tests stand on: restricted refuses a privileged pod; the API knows the kind."""
    space = make_namespace("secure")
    bad = probe_pod(cluster, space, "bad", SERVE)
    bad["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    with pytest.raises(Exception, match="violates PodSecurity"):
        objects.apply(bad)
    objects.apply(probe_pod(cluster, space, "good", SERVE))
    assert objects.kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy")


def test_a_failing_test_shows_events_and_logs(
    objects: Objects,
    cluster: Cluster,
    make_namespace: NamespaceMaker,
    request: pytest.FixtureRequest,
) -> None:
    """What is put into its output: the pod's own words and what happened to it."""
    space = make_namespace("broken")
    objects.apply(probe_pod(cluster, space, "odd", ("strange-word",), restartPolicy="Never"))
    until(
        lambda: objects.pod(space, "odd")["status"]["phase"] == "Failed", 30, "the pod did not fail"
    )
    assert space in reports.namespaces(request.node)
    shown = dict(reports.sections(objects, [space]))
    assert "unknown word strange-word" in shown[f"log of {space}/odd (Failed)"]
    assert "Pod/odd" in shown[f"events of {space}"]

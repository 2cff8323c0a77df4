"""Openers and judges as pods: one request each, one port, no way out, and never a pass on a crash.

What verdicts come out of a check is the contract's business; here is what the pods promise.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.engines import checks
from orchestrator.engines.checks import Bounds
from orchestrator.engines.kubernetes import hubs
from orchestrator.engines.kubernetes.checks import WAITING, Pods
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.outputs.model import Job, JobFile, Verdict
from orchestrator.policy.load import load
from orchestrator.values import digest_of
from tests.cluster.installed import POLICIES
from tests.cluster.objects import Object, Objects, until
from tests.cluster.pod_world import PodWorld, pod_world

PLENTY = Bounds(seconds=120, output=8 << 20)
_TRY = """
import socket, sys
for word in sys.argv[1:]:
    host, port = word.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
        print("open")
    except OSError:
        print("closed")
"""


@pytest.fixture(scope="module")
def world(objects: Objects) -> Iterator[PodWorld]:
    """One installation for all tests of this file."""
    with pod_world(objects) as found:
        yield found


@pytest.fixture(scope="module")
def prison(world: PodWorld) -> Iterator[Pods]:
    """Pods as the reconciler makes them."""
    client = Client(world.here.access(world.here.cluster.account))
    found = Pods(client, world.here.cluster, world.reconciler.connect)
    yield found
    found.close()
    client.close()


def _job(folder: Path, *names: str) -> Job:
    policy = load(POLICIES).outputs
    files = []
    for name in names:
        content = f"The survival differs between the groups of {name}.\n".encode()
        (folder / name).write_bytes(content)
        files.append(JobFile(name, digest_of(content), len(content), folder / name))
    return Job("c-1", "export", tuple(files), policy.as_json(), policy.digest())


def _verdicts(prison: checks.Prison, folder: Path, bounds: Bounds, *names: str) -> set[Verdict]:
    report = checks.Worker(prison, folder / "work", bounds).check(_job(folder, *names))
    assert [file.path for file in report.files] == list(names)
    return {file.verdict for file in report.files}


def _pods(world: PodWorld) -> dict[str, Object]:
    found = world.engine.environments.client.list(Scope("Pod", world.here.cluster.check)).items
    return {
        pod["metadata"]["name"]: pod  # type: ignore[index]
        for pod in found
        if "deletionTimestamp" not in pod["metadata"]  # type: ignore[operator]
    }


def test_a_pod_serves_one_request_and_is_gone(
    world: PodWorld, prison: Pods, tmp_path: Path
) -> None:
    assert Verdict.COULD_NOT_CHECK not in _verdicts(prison, tmp_path, PLENTY, "a.txt", "b.txt")
    waiting = set(_pods(world))
    assert len(waiting) == sum(WAITING.values())
    assert Verdict.COULD_NOT_CHECK not in _verdicts(prison, tmp_path, PLENTY, "a.txt", "b.txt")
    used = waiting - set(_pods(world))
    assert len([name for name in used if name.startswith("opener-")]) == 2
    assert len([name for name in used if name.startswith("judge-")]) == 1
    assert len(_pods(world)) == sum(WAITING.values())


def test_a_worker_is_reached_by_the_reconciler_alone(world: PodWorld, prison: Pods) -> None:
    name = next(name for name in sorted(_pods(world)) if name.startswith("opener-"))
    until(lambda: _address(world, name), 60, "the worker does not run")
    target = f"{_address(world, name)}:8890"
    said = world.objects.execute(
        world.here.cluster.system, "relay-gateway", hubs.PYTHON, "-I", "-c", _TRY, target
    )
    assert said.split() == ["closed"]


def _address(world: PodWorld, name: str) -> str:
    status = _pods(world)[name]["status"]
    return str(status.get("podIP", "")) if status.get("phase") == "Running" else ""


def test_a_worker_reaches_nobody(world: PodWorld, prison: Pods) -> None:
    name = next(name for name in sorted(_pods(world)) if name.startswith("opener-"))
    until(lambda: _address(world, name), 60, "the worker does not run")
    api = world.here.cluster.api_servers[0]
    targets = [
        f"{world.gateway.address}:9000",
        f"{world.here.cluster.doors_address}:8081",
        f"{api[0]}:{api[1]}",
    ]
    control = world.objects.execute(
        world.here.cluster.system, "relay-gateway", hubs.PYTHON, "-I", "-c", _TRY, *targets
    )
    assert control.split() == ["open"] * 3
    assert _inside(world, name, *targets) == ["closed"] * 3


def _inside(world: PodWorld, name: str, *targets: str) -> list[str]:
    """Try from the network of a pod that nobody can get into: from its node."""
    lab = world.objects.cluster.instance
    assert lab is not None
    uid = str(_pods(world)[name]["metadata"]["uid"])
    found = lab.run("sh", "-c", f"grep -l {uid} /proc/[0-9]*/cgroup | head -1 | cut -d/ -f3")
    process = found.strip()
    said = lab.run("nsenter", f"--net=/proc/{process}/ns/net", "python3", "-c", _TRY, *targets)
    return said.split()


@pytest.mark.parametrize(
    "bounds",
    [Bounds(seconds=0.01, output=8 << 20), Bounds(seconds=120, output=16)],
    ids=["no time", "no room"],
)
def test_past_its_bounds_nothing_is_a_pass(bounds: Bounds, prison: Pods, tmp_path: Path) -> None:
    assert _verdicts(prison, tmp_path, bounds, "a.txt", "b.txt") == {Verdict.COULD_NOT_CHECK}


def test_workers_that_died_while_they_waited_are_not_asked(
    world: PodWorld, prison: Pods, tmp_path: Path
) -> None:
    for name in _pods(world):
        if name.startswith("opener-"):
            world.objects.core.delete_namespaced_pod(
                name, world.here.cluster.check, grace_period_seconds=1
            )
    assert Verdict.COULD_NOT_CHECK not in _verdicts(prison, tmp_path, PLENTY, "a.txt")


def test_an_opener_that_does_not_finish_spoils_its_own_file_only(
    world: PodWorld, prison: Pods, tmp_path: Path
) -> None:
    """Files that were opened together with it are opened again, each alone."""

    class Hurried:
        """Gives the openers of one file no time."""

        def run(self, role: str, given: checks.Given, out: Path, bounds: Bounds) -> bool:
            job = json.loads(given.texts["/job/job.json"])
            paths = [file["path"] for file in job["files"]]
            short = Bounds(seconds=0.01, output=bounds.output)
            spoil = role == checks.OPENER and "b.txt" in paths
            return prison.run(role, given, out, short if spoil else bounds)

    job = _job(tmp_path, "a.txt", "b.txt", "c.txt")
    report = checks.Worker(Hurried(), tmp_path / "work", PLENTY).check(job)
    unchecked = {f.path for f in report.files if f.verdict is Verdict.COULD_NOT_CHECK}
    assert unchecked == {"b.txt"}

"""Publication on a cluster: a Job brings a snapshot to the node, projects read it and nothing else.

Real Jobs from the image as shipped, fed through a relay in the reconciler's place, under all
admission policies and enforced NetworkPolicies.
"""

import io
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import names, pods, records, storage
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import HostFolder
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.kubernetes.placing import Places
from orchestrator.engines.port import Mount
from orchestrator.errors import NotFound, Tampered, Unavailable
from orchestrator.objectstore import placed
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Digest, canonical_json, digest_of
from tests.cluster import hands, pod_images
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.installed import Installed, installed
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, probe_pod, removed, until

PYTHON = "/opt/tre/bin/python"
_USER = 1000
_READS = """
import os, pathlib
place = pathlib.Path("/data/made-up/1")
print(sorted(p.name for p in place.iterdir()), (place / "a.csv").read_text())
for attempt in (lambda: (place / "b").write_text("x"), lambda: (place / "a.csv").chmod(0o666)):
    try:
        attempt()
    except OSError as problem:
        print(problem.errno)
"""


@dataclass
class World:
    """An engine that acts as the reconciler, its object store, and the node's folder."""

    here: Installed
    engine: KubernetesEngine
    client: Client
    store: PosixStore
    root: Path
    relay: hands.Relay
    objects: Objects

    def admitted(self, files: dict[str, bytes]) -> bytes:
        """Lay files into zone `snapshots` and answer their manifest."""
        listed = []
        for path, data in files.items():
            frozen = self.store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
            self.store.copy(Zone.INBOX, frozen.digest, Zone.SNAPSHOTS)
            listed.append({"path": path, "digest": frozen.digest, "size": frozen.size})
        return canonical_json({"files": listed})  # type: ignore[dict-item]

    def tree(self, digest: Digest) -> Path:
        """Where a snapshot's files are on the node."""
        return placed.folder(self.root, digest) / placed.TREE

    @property
    def places(self) -> Places:
        """What makes the Jobs."""
        assert isinstance(self.engine._places, Places)
        return self.engine._places

    def jobs(self) -> list[str]:
        """Jobs that are there and not on their way out."""
        found = self.client.list(Scope("Job", self.here.cluster.placing)).items
        return [key(job).name for job in found if "deletionTimestamp" not in job["metadata"]]  # type: ignore[operator]


@pytest.fixture(scope="module")
def world(objects: Objects, lab: Instance) -> Iterator[World]:
    """An installation of the one image that this is about."""
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="placed-", dir=lab.state))
        stack.callback(shutil.rmtree, root)
        store = Path(tempfile.mkdtemp(prefix="store-"))
        stack.callback(shutil.rmtree, store)
        os.chown(root, _USER, _USER)
        root.chmod(0o755)
        called = dict.fromkeys(("workspace", "hub", "worker"), "orchestrator")
        here = stack.enter_context(
            installed(
                objects,
                images=pod_images.brought_in(lab, called),
                snapshots=HostFolder(str(root)),
            )
        )
        relay = stack.enter_context(hands.relay(objects, here.cluster, "reconciler"))
        client = Client(here.access(here.cluster.account))
        engine = KubernetesEngine(client, here.cluster, connect=relay.connect)
        stack.callback(engine.close)
        engine.observe("nobody")
        here.call_proved(engine.environments)
        yield World(here, engine, client, PosixStore(store), root, relay, objects)


def _reads(world: World, project: str, mount: Mount) -> str:
    """What a pod with a project's volume finds in it, and whether it can write there."""
    spec = world.here.spec(project)
    pod = pods.probe(world.here.cluster, spec, 1, [PYTHON, "-c", _READS], mounts=[mount])
    where = key(world.client.create(pod))

    def ended() -> bool:
        status: Any = world.client.get(where)["status"]
        return bool(status["phase"] == "Succeeded")

    until(ended, 90, f"{project}: the pod that reads did not end")
    return str(world.objects.core.read_namespaced_pod_log(where.name, where.namespace))


def test_a_published_snapshot_is_read_by_two_projects_at_once(world: World) -> None:
    """Each by a volume of its own, none of them to write; what is placed is not placed again."""
    manifest = world.admitted({"a.csv": b"person,age\nP1,40\n", "deep/er.csv": b"x"})
    digest = digest_of(manifest)
    world.engine.place(world.store, manifest)
    assert world.jobs() == []
    assert (world.tree(digest) / "deep/er.csv").read_bytes() == b"x"
    assert {p.name for p in world.root.iterdir()} == {digest.removeprefix("sha256:")}

    sent = world.client.sent
    world.engine.place(world.store, manifest)
    assert world.client.sent == sent + 1

    mount = Mount("made-up", "1", digest, Path("/nowhere"), Path("/nowhere.json"))
    for project in ("one", "two"):
        spec = world.here.spec(project)
        world.engine.environments.ensure(spec)
        world.engine.environments.attach(spec.project, [mount])
    for project in ("one", "two"):
        said = _reads(world, project, mount)
        assert "['a.csv', 'deep'] person,age\nP1,40" in said, said
        assert said.strip().endswith("30\n30"), said  # EROFS, both ways
    volumes = [
        names.snapshot_volume(world.here.spec(project).project, storage.claim_of(mount))
        for project in ("one", "two")
    ]
    assert len(set(volumes)) == 2
    for project in ("one", "two"):
        removed(world.engine.environments, world.here.spec(project).project)
    assert (world.tree(digest) / "a.csv").read_bytes() == b"person,age\nP1,40\n"


def test_a_reconciler_that_dies_in_the_middle_leaves_nothing_named(world: World) -> None:
    """The line is cut after some bytes; the next turn places it whole."""
    manifest = world.admitted({"big.csv": os.urandom(8 << 20)})
    digest = digest_of(manifest)

    def cut(target: tuple[str, int], seconds: float) -> socket.socket:
        connection = world.relay.connect(target, seconds)
        connection.sendall(b'{"name": "MANIFEST.json", "size": 1000}\n{"files"')
        connection.shutdown(socket.SHUT_RDWR)
        return connection

    client = Client(world.here.access(world.here.cluster.account))
    dying = KubernetesEngine(client, world.here.cluster, connect=cut)
    with pytest.raises(Unavailable):
        dying.place(world.store, manifest)
    dying.close()
    assert not placed.folder(world.root, digest).exists()
    with pytest.raises(NotFound):
        world.client.get(records.where_placed(world.here.cluster, digest))
    until(lambda: world.jobs() == [], 60, "the Job that failed is still there")
    _placed_at_last(world, manifest)
    assert (world.tree(digest) / "big.csv").stat().st_size == 8 << 20


def test_a_job_that_a_dead_reconciler_left_is_used(world: World) -> None:
    """Killed after it made the Job and before it spoke to it."""
    manifest = world.admitted({"left.csv": b"left"})
    digest = digest_of(manifest)
    world.places._begun(digest)
    assert len(world.jobs()) == 1
    world.engine.place(world.store, manifest)
    assert (world.tree(digest) / "left.csv").read_bytes() == b"left"
    until(lambda: world.jobs() == [], 60, "the Job is still there")


def test_bytes_that_are_not_what_was_admitted_end_it(world: World) -> None:
    """The pod hashes for itself; nothing is named and nothing remembered."""
    manifest = world.admitted({"spoilt.csv": b"person,age\nP1,40\n" + b"#" * 50})
    digest = digest_of(manifest)
    stored = world.store.location(Zone.SNAPSHOTS, digest_of(b"person,age\nP1,40\n" + b"#" * 50))
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"40", b"41"))
    with pytest.raises(Tampered):
        world.engine.place(world.store, manifest)
    assert not placed.folder(world.root, digest).exists()
    with pytest.raises(NotFound):
        world.client.get(records.where_placed(world.here.cluster, digest))


def test_a_folder_of_one_node_is_refused_when_there_are_two(world: World) -> None:
    """With a sentence, before a byte moves; and `tre doctor` says the same."""
    manifest = world.admitted({"two.csv": b"two nodes"})
    said = {condition.subject: condition.status for condition in world.engine.doctor()}
    assert said["snapshots"] == "ok"
    node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "second"}}
    world.objects.apply(node)
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": "made up"}
    try:
        world.objects.core.patch_node_status("second", {"status": {"conditions": [ready]}})
        until(lambda: _ready(world) == 2, 30, "the second node is not seen")
        with pytest.raises(Unavailable, match="2 nodes take notebooks"):
            world.engine.place(world.store, manifest)
        said = {condition.subject: condition.status for condition in world.engine.doctor()}
        assert said["snapshots"] == "broken"
    finally:
        world.objects.delete(node)
    until(lambda: _ready(world) == 1, 30, "the second node is still seen")
    _placed_at_last(world, manifest)


def _ready(world: World) -> int:
    return sum(node.ready for node in world.engine.environments.walls.nodes())


def test_nobody_but_the_reconciler_reaches_the_job(
    world: World, make_namespace: NamespaceMaker
) -> None:
    """At its one port; the reconciler's place is the control."""
    digest = digest_of(b"nobody feeds this one")
    job = world.places._begun(digest)
    try:
        space = make_namespace("near")
        world.objects.apply(probe_pod(world.objects.cluster, space, "near", ["serve", "80", "80"]))
        world.objects.wait_running(space, "near")
        ip = until(lambda: _address(world, job), 60, "the Job's pod has no address")
        port = world.here.cluster.ports.worker
        tried: Object = {"protocol": "tcp", "host": ip, "port": port}
        (answer,) = world.objects.try_from(space, "near", [tried], deadline_ms=2000)
        assert answer["outcome"] == "blocked", answer
        until(lambda: _speaks(world, ip), 30, "the reconciler does not reach it either")
    finally:
        world.client.delete(job)


def _address(world: World, job: Key) -> str:
    (pod,) = world.places._pods(job) or [{}]
    status: Any = pod.get("status", {})
    return str(status.get("podIP") or "") if status.get("phase") == "Running" else ""


def _speaks(world: World, ip: str) -> bool:
    try:
        world.relay.connect((ip, world.here.cluster.ports.worker), 5).close()
    except OSError:
        return False
    return True


def _placed_at_last(world: World, manifest: bytes) -> None:
    """As a lane does: again after a while, when the last Job is gone."""

    def tried() -> bool:
        try:
            world.engine.place(world.store, manifest)
        except Unavailable:
            return False
        return True

    until(tried, 90, "it was never placed")


def test_an_installation_after_another_one_takes_its_folder_over(world: World) -> None:
    """The room of the first went with its claim, and its volume waits for that claim for ever."""
    first = world.admitted({"first.csv": b"of the first"})
    _placed_at_last(world, first)
    cluster = world.here.cluster
    volume, claim = storage.every_snapshot(cluster)
    before = world.client.get(key(volume))
    world.client.delete(key(claim))
    until(lambda: storage.is_released(world.client.get(key(volume))), 60, "it is bound still")

    second = world.admitted({"second.csv": b"of the second"})
    with pytest.raises(Unavailable, match="of an earlier installation"):
        world.engine.place(world.store, second)
    _placed_at_last(world, second)
    assert _uid(world.client.get(key(volume))) != _uid(before)
    for manifest, name in ((first, "first.csv"), (second, "second.csv")):
        assert (world.tree(digest_of(manifest)) / name).is_file()


def _uid(thing: Any) -> str:
    return str(thing["metadata"]["uid"])


def test_another_place_in_the_settings_is_another_placing(world: World) -> None:
    """What lies in the old folder is not taken for being in the new one."""
    manifest = world.admitted({"a.csv": b"moved"})
    world.engine.place(world.store, manifest)
    new = world.root / "new"
    new.mkdir()
    os.chown(new, _USER, _USER)
    other = replace(world.here.cluster, snapshots=HostFolder(str(new)))
    elsewhere = KubernetesEngine(
        Client(world.here.access(other.account)), other, connect=world.relay.connect
    )
    try:
        elsewhere.place(world.store, manifest)
    finally:
        elsewhere.close()
    assert (
        placed.folder(new, digest_of(manifest)) / placed.TREE / "a.csv"
    ).read_bytes() == b"moved"

"""The engine port: the same promises, kept in memory, by real sandboxes, and by pods of a cluster.

Here for the first two; `tests/cluster/test_engine_contract.py` runs these very tests on Kubernetes.
Each test works in a project of its own.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import (
    Engine,
    Mount,
    Observed,
    Remains,
    Server,
    ServerState,
    Size,
    Spec,
    proved,
)
from orchestrator.errors import Invalid, NotAllowed, NotFound, Tampered
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.model import Job, JobFile, Verdict
from orchestrator.outputs.readers.pictures import rewritten
from orchestrator.policy.load import load
from orchestrator.values import Digest, canonical_json, digest_of
from tests import local_world
from tests.unit.outputs.readers.test_ocr import flow, written
from tests.unit.outputs.readers.test_pictures import SECRET, several, with_a_tail, with_exif

POLICIES = Path(__file__).parents[2] / "policies"


@dataclass
class World:
    """An engine under test, how its doors are opened, how a snapshot gets to its storage.

    Units: `patience` is how many seconds a hub or a server may take to be ready.
    """

    engine: Engine
    open_door: Callable[[str, str], None] = lambda project, person: None
    publish: Callable[[Mount], None] = lambda mount: None
    patience: float = 60.0


@pytest.fixture(scope="module", params=["memory", "local"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield World(MemoryEngine(ready_after=2))
        return
    with a_local_world() as found:
        yield found


@contextmanager
def a_local_world() -> Iterator[World]:
    """Sandboxes of this machine, with a stand-in for the doors' process."""
    with ExitStack() as stack:
        engine, folder = stack.enter_context(local_world.world())

        def open_door(project: str, person: str) -> None:
            door = local_world.HubDoor(local_world.layout(folder), project, person)
            stack.callback(door.close)

        yield World(engine, open_door)


def _spec(project: str, *people: str, size: Size | None = None) -> Spec:
    size = size or Size(memory_mb=1024)
    return Spec(project, people, "workspace", size, digest_of(f"{people}{size}".encode()))


def _snapshot(folder: Path, version: str) -> Mount:
    tree = folder / version
    tree.mkdir(mode=0o755)
    (tree / "data.csv").write_text("person,value\n")
    manifest = folder / f"{version}.json"
    manifest.write_text("{}")
    return Mount("made-up", version, digest_of(version.encode()), tree, manifest)


def _hub_ready(world: World, project: str) -> None:
    local_world.wait_for(lambda: world.engine.observe(project).hub_ready, world.patience)


def _removed(world: World, project: str) -> None:
    """Remove as the reconciler does: ask until nothing is left."""
    local_world.wait_for(lambda: world.engine.remove(project) == Remains(), world.patience)


def _ready(world: World, project: str, person: str) -> Server:
    """Start as the reconciler does: ask until it is ready."""
    seen: list[Server] = []

    def asked() -> bool:
        world.engine.observe(project)
        seen.append(world.engine.start(project, person))
        assert seen[-1].state in (ServerState.STARTING, ServerState.READY), seen[-1].reason
        return seen[-1].state is ServerState.READY

    local_world.wait_for(asked, world.patience)
    return seen[-1]


def _states(seen: Observed) -> dict[str, ServerState]:
    return {person: server.state for person, server in seen.servers.items()}


def test_a_project_that_was_never_set_up(world: World, tmp_path: Path) -> None:
    engine = world.engine
    seen = engine.observe("unknown")
    assert (seen.present, seen.hub_ready, seen.spec_digest, seen.mounts) == (False, False, None, ())
    engine.attach("unknown", ())
    engine.stop("unknown", "ada")
    with pytest.raises(NotFound):
        engine.attach("unknown", [_snapshot(tmp_path, "1")])
    with pytest.raises(NotFound):
        engine.start("unknown", "ada")
    assert engine.remove("unknown") == Remains()
    assert not engine.observe("unknown").present


def test_what_was_asked_is_known_and_needs_no_mending(world: World) -> None:
    """Neither does what was never asked for, or was removed."""
    engine = world.engine
    spec = _spec("epsilon", "ada")
    assert not engine.asked("epsilon")
    assert engine.mend("epsilon") == ()
    engine.ensure(spec)
    assert engine.asked("epsilon")
    local_world.wait_for(lambda: "epsilon" not in engine.drifted(), world.patience)
    assert engine.mend("epsilon") == ()
    assert engine.observe("epsilon").spec_digest == spec.digest
    _removed(world, "epsilon")
    assert not engine.asked("epsilon")
    assert "epsilon" not in engine.drifted()
    assert engine.mend("epsilon") == ()
    assert not engine.observe("epsilon").present


def test_the_life_of_a_server(world: World, tmp_path: Path) -> None:
    engine = world.engine
    spec = _spec("alpha", "ada")
    assert engine.ensure(spec).present
    _hub_ready(world, "alpha")
    seen = engine.ensure(spec)
    assert (seen.spec_digest, seen.mounts, seen.servers) == (spec.digest, (), {})
    with pytest.raises(NotAllowed):
        engine.start("alpha", "grace")

    first, second = _snapshot(tmp_path, "1"), _snapshot(tmp_path, "2")
    world.publish(first)
    world.publish(second)
    engine.attach("alpha", [second, first])
    world.open_door("alpha", "ada")
    server = _ready(world, "alpha", "ada")
    assert server.address
    assert server.token
    assert server.base_url == "/user/ada/"
    assert server.token not in repr(server)
    again = engine.start("alpha", "ada")
    assert (again.state, again.token) == (ServerState.READY, server.token)

    engine.attach("alpha", [first, second])
    assert _states(engine.observe("alpha")) == {"ada": ServerState.READY}
    assert engine.observe("alpha").mounts == (first.digest, second.digest)
    engine.attach("alpha", ())
    assert _states(engine.observe("alpha")) == {}

    engine.stop("alpha", "ada")
    engine.stop("alpha", "ada")
    assert _ready(world, "alpha", "ada").token != server.token
    engine.stop("alpha", "ada")
    assert _states(engine.observe("alpha")) == {}


def test_a_snapshot_is_placed_whole_once_or_not_at_all(world: World, tmp_path: Path) -> None:
    """Asked again it is there; without a file, or by a list of none, nothing is."""
    store = PosixStore(tmp_path / "store")
    frozen = store.freeze(Zone.INBOX, io.BytesIO(b"person,value\n"), 1 << 20)
    store.copy(Zone.INBOX, frozen.digest, Zone.SNAPSHOTS)

    def manifest(digest: Digest) -> bytes:
        return canonical_json({"files": [{"path": "a.csv", "digest": digest, "size": 13}]})

    world.engine.place(store, manifest(frozen.digest))
    world.engine.place(store, manifest(frozen.digest))
    with pytest.raises(NotFound):
        world.engine.place(store, manifest(digest_of(b"not there")))
    with pytest.raises(Tampered):
        world.engine.place(store, b"no manifest")
    with pytest.raises(Invalid):
        world.engine.place(store, b'{"files":[]}')


def test_halt_and_resume(world: World) -> None:
    engine = world.engine
    engine.ensure(_spec("beta", "ada", "grace"))
    _hub_ready(world, "beta")
    for person in ("ada", "grace"):
        world.open_door("beta", person)
        _ready(world, "beta", person)

    engine.halt("beta", "ada")
    engine.halt("beta", "ada")
    seen = engine.observe("beta")
    assert _states(seen) == {"grace": ServerState.READY}
    assert seen.halted == {"ada"}
    with pytest.raises(NotAllowed):
        engine.start("beta", "ada")

    engine.halt("beta")
    seen = engine.observe("beta")
    assert _states(seen) == {}
    assert not seen.hub_ready
    assert engine.ensure(_spec("beta", "ada", "grace")).servers == {}
    with pytest.raises(NotAllowed):
        engine.start("beta", "grace")

    engine.resume("beta")
    with pytest.raises(NotAllowed):
        engine.start("beta", "ada")
    engine.resume("beta", "ada")
    assert engine.observe("beta").halted == frozenset()
    assert _states(engine.observe("beta")) == {}

    engine.ensure(_spec("beta", "grace"))
    _hub_ready(world, "beta")
    _ready(world, "beta", "grace")
    assert engine.ensure(_spec("beta", "ada")).servers == {}
    with pytest.raises(NotAllowed):
        engine.start("beta", "grace")


def test_a_halt_holds_before_the_project_is_set_up(world: World) -> None:
    engine = world.engine
    engine.halt("delta")
    assert not engine.ensure(_spec("delta", "ada")).hub_ready
    with pytest.raises(NotAllowed):
        engine.start("delta", "ada")
    _removed(world, "delta")
    assert engine.observe("delta").halted == {"*"}
    engine.resume("delta")


def test_sleep_wake_and_removal(world: World) -> None:
    engine = world.engine
    engine.ensure(_spec("gamma", "ada"))
    _hub_ready(world, "gamma")
    engine.sleep("gamma")
    assert not engine.observe("gamma").hub_ready
    with pytest.raises(NotAllowed):
        engine.start("gamma", "ada")
    engine.wake("gamma")
    _hub_ready(world, "gamma")
    _removed(world, "gamma")
    assert not engine.observe("gamma").present


def test_the_proof_holds_and_leaves_nothing_behind(world: World) -> None:
    engine = world.engine
    engine.ensure(_spec("alpha", "ada"))
    _hub_ready(world, "alpha")
    before = engine.observe("alpha")
    probes = engine.prove("alpha")
    assert proved(probes), [
        probe for probe in probes if probe.outcome not in ("held", "unavailable")
    ]
    assert len({probe.id for probe in probes}) == len(probes)
    assert engine.observe("alpha") == before
    with pytest.raises(NotFound):
        engine.prove("unknown")


def test_a_check_says_what_each_file_comes_to(world: World, tmp_path: Path) -> None:
    policy = load(POLICIES).outputs
    contents = {
        "bytes.bin": bytes(range(256)) * 8,
        "empty.csv": b"",
        "words.txt": b"The survival differs between the two groups.\n",
        "boxes.png": written(flow(23)),
    }
    files = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        files.append(JobFile(name, digest_of(content), len(content), tmp_path / name))
    other = JobFile("other.txt", digest_of(b"other bytes"), 45, tmp_path / "words.txt")
    job = Job("c-1", "export", (*files, other), policy.as_json(), policy.digest())
    report = world.engine.check(job)
    assert report.job == "c-1"
    assert [file.path for file in report.files] == [file.path for file in job.files]
    verdicts = {file.path: file.verdict for file in report.files}
    assert verdicts["bytes.bin"] is Verdict.COULD_NOT_CHECK
    assert verdicts["other.txt"] is Verdict.COULD_NOT_CHECK
    assert verdicts["words.txt"] is not Verdict.COULD_NOT_CHECK
    (boxes,) = [file for file in report.files if file.path == "boxes.png"]
    assert "perhaps wrongly: boxes.png!/words" in boxes.coverage.statement
    assert report == world.engine.check(job)


def test_pictures_are_written_again_or_not_at_all(world: World, tmp_path: Path) -> None:
    """In the job's order; what cannot be written leaves nothing, and the others their picture."""
    policy = load(POLICIES).outputs
    contents = {
        "exif.jpg": with_exif("JPEG"),
        "words.png": b"The survival differs between the two groups.\n",
        "pages.tif": several("TIFF"),
        "tail.png": with_a_tail("PNG"),
        "boxes.png": written(flow(23)),
    }
    files = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        files.append(JobFile(name, digest_of(content), len(content), tmp_path / name))
    job = Job("c-1", "rewrite", tuple(files), policy.as_json(), policy.digest())
    (tmp_path / "out").mkdir()
    found = world.engine.rewrite(job, tmp_path / "out")
    assert [one is not None for one in found] == [True, False, False, True, True]
    assert sorted(place.name for place in (tmp_path / "out").iterdir()) == ["0", "3", "4"]
    for one, kind in ((found[0], "JPEG"), (found[3], "PNG")):
        assert one is not None
        again = rewritten(contents["exif.jpg" if kind == "JPEG" else "tail.png"], kind, 1 << 20)
        assert one.content.read_bytes() == again
        assert SECRET not in again
        assert one.loose + one.others > 0
    assert found[4] is not None
    assert found[4].loose + found[4].others == 0, "words in its pixels stay in it"


def test_the_doctor_always_answers(world: World) -> None:
    assert all(condition.say for condition in world.engine.doctor())

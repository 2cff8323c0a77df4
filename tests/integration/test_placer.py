"""The process of a publication's Job, for real on loopback: fed as the reconciler feeds it."""

import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import placing, pods
from orchestrator.errors import NotFound, Tampered, TreError, Unavailable
from orchestrator.objectstore import placed
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs import frames
from orchestrator.values import Digest, canonical_json, digest_of
from tests.kubernetes_world import CLUSTER

FILES = {"a.csv": b"person,age\nP1,40\n" * 100_000, "b/c.csv": b"x"}
MANIFEST = canonical_json(
    {"files": [{"path": p, "digest": digest_of(d), "size": len(d)} for p, d in FILES.items()]}
)
DIGEST = digest_of(MANIFEST)
_PROGRAM = """
import sys
from pathlib import Path
from orchestrator.engines.kubernetes import placer, pods
placer.PLACES, placer.LAST_WORDS = sys.argv.pop(1), Path(sys.argv.pop(1))
placer.main()
"""


@pytest.fixture
def store(tmp_path: Path) -> PosixStore:
    """The object store, with everything of the snapshot in its zone."""
    store = PosixStore(tmp_path / "store")
    for data in FILES.values():
        frozen = store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
        store.copy(Zone.INBOX, frozen.digest, Zone.SNAPSHOTS)
    return store


class Running:
    """The program, its port, its storage, and its last words."""

    def __init__(self, folder: Path, digest: Digest = DIGEST) -> None:
        self.root, self.last = folder / "root", folder / "last-words"
        self.root.mkdir(exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = [str(self.root), str(self.last), digest, str(self.port)]
        self.process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *words])

    def connect(self) -> socket.socket:
        """Connect as soon as it listens."""
        until = time.monotonic() + 20
        while True:
            with suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self.port), timeout=5)
            assert time.monotonic() < until, "it never listened"
            time.sleep(0.05)

    def ended(self) -> TreError | None:
        """Wait for its end; answer what the reconciler would make of its last words."""
        if self.process.wait(30) == 0:
            return None
        said = {"terminated": {"message": self.last.read_text() if self.last.exists() else ""}}
        return placing.why([{"status": {"containerStatuses": [{"state": said}]}}])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """One program of one Job."""
    found = Running(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()


def test_a_snapshot_arrives_whole(running: Running, store: PosixStore, tmp_path: Path) -> None:
    """And the next Job for it, which nobody feeds, ends well by itself."""
    with running.connect() as connection:
        placing.send(connection, store, MANIFEST)
    assert running.ended() is None
    tree = placed.folder(running.root, DIGEST) / placed.TREE
    assert {path: (tree / path).read_bytes() for path in FILES} == FILES
    again = Running(tmp_path)
    assert again.ended() is None


def test_a_line_that_breaks_off_is_tried_again(running: Running) -> None:
    """Killed in the middle of a file: nothing has the name, and the reason is no disk's."""
    with running.connect() as connection, connection.makefile("wb") as outgoing:
        frames.write(outgoing, placed.MANIFEST, io.BytesIO(MANIFEST), len(MANIFEST))
        outgoing.write(b'{"name": "%s", "size": 1600000}\nperson' % digest_of(b"x").encode())
    why = running.ended()
    assert isinstance(why, Unavailable)
    assert not placed.folder(running.root, DIGEST).exists()


def test_a_store_with_other_bytes_ends_the_snapshot(running: Running, store: PosixStore) -> None:
    """The far end hashes for itself."""
    stored = store.location(Zone.SNAPSHOTS, digest_of(FILES["a.csv"]))
    stored.chmod(0o644)
    stored.write_bytes(FILES["a.csv"].replace(b"40", b"41"))
    with running.connect() as connection:
        placing.send(connection, store, MANIFEST)
    why = running.ended()
    assert isinstance(why, Tampered)
    assert why.code == "bytes_differ"
    assert not placed.folder(running.root, DIGEST).exists()


def test_a_store_without_a_file_says_so_and_nothing_is_named(
    running: Running, store: PosixStore
) -> None:
    store.delete(Zone.SNAPSHOTS, digest_of(FILES["b/c.csv"]))
    with running.connect() as connection, pytest.raises(NotFound):
        placing.send(connection, store, MANIFEST)
    assert isinstance(running.ended(), Unavailable)
    assert not placed.folder(running.root, DIGEST).exists()


def test_a_job_that_ends_without_a_word_is_made_again(running: Running) -> None:
    running.process.kill()
    why = running.ended()
    assert isinstance(why, Unavailable)
    assert "without a word" in why.message


def test_a_placed_snapshot_that_was_changed_is_not_called_placed(
    running: Running, store: PosixStore, tmp_path: Path
) -> None:
    with running.connect() as connection:
        placing.send(connection, store, MANIFEST)
    assert running.ended() is None
    file = placed.folder(running.root, DIGEST) / placed.TREE / "b" / "c.csv"
    file.chmod(0o644)
    file.write_bytes(b"y")
    why = Running(tmp_path).ended()
    assert isinstance(why, Unavailable)
    assert why.code == "storage_differs"


def test_where_it_writes_is_where_its_volume_is() -> None:
    """The program and the pod's builder name one folder."""
    (mount, *_) = _container()["volumeMounts"]
    assert mount == {"name": "snapshots", "mountPath": pods.PLACES}


def _container() -> Any:
    job: Any = pods.placer(CLUSTER, DIGEST, ["/place"])
    return job["spec"]["template"]["spec"]["containers"][0]

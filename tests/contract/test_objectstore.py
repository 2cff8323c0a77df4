"""One suite for every object store: memory, a POSIX folder, a real S3 server; full disks too."""

import io
import json
import os
import resource
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from minio.versioningconfig import VersioningConfig

from orchestrator.errors import Invalid, NotAllowed, NotFound, Tampered, Unavailable
from orchestrator.objectstore import s3, trees
from orchestrator.objectstore.memory import MemoryStore
from orchestrator.objectstore.port import Depot, ObjectStore
from orchestrator.objectstore.posix import INCOMING, PosixStore
from orchestrator.objectstore.s3 import FETCHED, PART, S3Store
from orchestrator.objectstore.s3 import INCOMING as INCOMING_KEYS
from orchestrator.objectstore.zones import MOVES, Zone
from orchestrator.values import Digest, digest_of
from tests.s3_world import STRANGER_KEY, STRANGER_SECRET, S3Server, a_small_server, away

MUCH = 1 << 30
DATA = b"patient,age\n1,70\n"
NAME = digest_of(DATA)


@dataclass(frozen=True)
class World:
    """A store and what a test may do behind its back."""

    store: ObjectStore
    spoil: Callable[[Zone, Digest], None]
    disk_fills: Callable[[], None]
    halves: Callable[[], list[str]]
    remains: Callable[[Zone], list[str]]


def _memory() -> World:
    store = MemoryStore()

    def spoil(zone: Zone, digest: Digest) -> None:
        store.zones[zone][digest] = b"something else"

    def fill() -> None:
        store.fail_next(Unavailable("The disk is full.", code="store_full"))

    return World(store, spoil, fill, list, lambda zone: list(store.zones[zone]))


def _posix(root: Path) -> Iterator[World]:
    store = PosixStore(root)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def spoil(zone: Zone, digest: Digest) -> None:
        path = store.location(zone, digest)
        path.chmod(0o644)
        path.write_bytes(b"something else")

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))

    def halves() -> list[str]:
        return [p.name for zone in Zone for p in (root / zone / INCOMING).iterdir()]

    def remains(zone: Zone) -> list[str]:
        return [str(p) for p in (root / zone).rglob("*") if p.is_file()]

    yield World(store, spoil, fill, halves, remains)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _s3(server: S3Server, state: Path, versioned: bool = False) -> World:
    bucket, client = server.bucket(), server.client()
    if versioned:
        client.set_bucket_versioning(bucket, VersioningConfig("Enabled"))
    store = S3Store.at(server.settings(state, bucket))

    def spoil(zone: Zone, digest: Digest) -> None:
        key = f"{zone}/{digest.removeprefix('sha256:')}"
        client.put_object(bucket, key, io.BytesIO(b"something else"), 14)

    def halves() -> list[str]:
        uploads = client._list_multipart_uploads(bucket).uploads
        aside = client.list_objects(bucket, prefix=INCOMING_KEYS, include_version=True)
        fetched = (store.root / FETCHED).glob("*")
        return [*(one.object_name for one in [*uploads, *aside]), *map(str, fetched)]

    def remains(zone: Zone) -> list[str]:
        listed = client.list_objects(bucket, f"{zone}/", recursive=True, include_version=True)
        return [f"{one.object_name} {one.version_id}" for one in listed]

    return World(store, spoil, lambda: server.fill(bucket), halves, remains)


@pytest.fixture(params=["memory", "posix", "s3", "s3-versioned"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each store in turn."""
    if request.param == "memory":
        yield _memory()
    elif request.param == "posix":
        yield from _posix(tmp_path / "store")
    else:
        server = request.getfixturevalue("s3_server")
        yield _s3(server, tmp_path / "state", versioned=request.param == "s3-versioned")


@pytest.fixture(scope="module")
def small_server() -> Iterator[S3Server]:
    """An S3 server whose disk is soon full."""
    with tempfile.TemporaryDirectory() as folder, a_small_server(Path(folder)) as server:
        yield server


@pytest.fixture(params=["memory", "posix", pytest.param("s3", marks=pytest.mark.sandbox)])
def small_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each store in turn, on a disk that a test can fill."""
    if request.param == "memory":
        yield _memory()
    elif request.param == "posix":
        yield from _posix(tmp_path / "store")
    else:
        server = request.getfixturevalue("small_server")
        world = _s3(server, tmp_path / "state")
        yield world
        server.empty(world.store._bucket)  # type: ignore[attr-defined]


@pytest.fixture(params=["posix", "s3"])
def depot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, Depot]]:
    """Each store that the hands can work with."""
    if request.param == "posix":
        for world in _posix(tmp_path / "store"):
            yield world, cast(Depot, world.store)
    else:
        world = _s3(request.getfixturevalue("s3_server"), tmp_path / "state")
        yield world, cast(Depot, world.store)


def _freeze(world: World, zone: Zone = Zone.INBOX, data: bytes = DATA) -> Digest:
    return world.store.freeze(zone, io.BytesIO(data), MUCH).digest


def _read(world: World, zone: Zone, digest: Digest) -> bytes:
    with world.store.open(zone, digest) as stream:
        return stream.read()


@pytest.mark.parametrize("data", [b"", b"x", DATA, os.urandom((1 << 20) + 17), bytes(3 << 20)])
@pytest.mark.parametrize("zone", [Zone.INBOX, Zone.QUARANTINE])
def test_frozen_bytes_lie_under_their_digest(world: World, zone: Zone, data: bytes) -> None:
    frozen = world.store.freeze(zone, io.BytesIO(data), MUCH)
    assert frozen.digest == digest_of(data)
    assert frozen.size == len(data) == world.store.stat(zone, frozen.digest)
    assert _read(world, zone, frozen.digest) == data
    assert world.store.verify(zone, frozen.digest) == len(data)
    assert list(world.store.digests(zone)) == [frozen.digest]
    assert world.halves() == []


def test_freezing_reads_from_where_the_stream_stands(world: World) -> None:
    stream = io.BytesIO(b"before" + DATA)
    stream.seek(6)
    assert world.store.freeze(Zone.INBOX, stream, MUCH).digest == NAME


def test_freezing_twice_is_one_file(world: World) -> None:
    assert _freeze(world) == _freeze(world)
    assert list(world.store.digests(Zone.INBOX)) == [NAME]


def test_freezing_again_heals_spoilt_bytes(world: World) -> None:
    _freeze(world)
    world.spoil(Zone.INBOX, NAME)
    _freeze(world)
    assert world.store.verify(Zone.INBOX, NAME) == len(DATA)


@pytest.mark.parametrize("zone", [Zone.SNAPSHOTS, Zone.RELEASE])
def test_nothing_is_frozen_where_only_checked_copies_lie(world: World, zone: Zone) -> None:
    with pytest.raises(Invalid):
        _freeze(world, zone)
    with pytest.raises(Invalid):
        world.store.freeze_tree(zone, [], MUCH)
    assert list(world.store.digests(zone)) == []


@pytest.mark.parametrize(("limit", "fits"), [(len(DATA), True), (len(DATA) - 1, False), (0, False)])
def test_the_limit_holds_and_nothing_stays(world: World, limit: int, fits: bool) -> None:
    if fits:
        assert world.store.freeze(Zone.INBOX, io.BytesIO(DATA), limit).size == limit
        return
    with pytest.raises(Invalid, match="bytes"):
        world.store.freeze(Zone.INBOX, io.BytesIO(DATA), limit)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert world.halves() == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(small_world: World) -> None:
    small_world.disk_fills()
    with pytest.raises(Unavailable, match="full"):
        _freeze(small_world)
    assert list(small_world.store.digests(Zone.INBOX)) == []
    assert small_world.halves() == []


def test_a_full_disk_while_copying_leaves_the_target_empty(small_world: World) -> None:
    _freeze(small_world, Zone.QUARANTINE)
    small_world.disk_fills()
    with pytest.raises(Unavailable):
        small_world.store.copy(Zone.QUARANTINE, NAME, Zone.RELEASE)
    assert list(small_world.store.digests(Zone.RELEASE)) == []
    assert small_world.halves() == []


class _Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError("the sender went away")
        return super().read(4)


def test_a_stream_that_breaks_leaves_nothing(world: World) -> None:
    with pytest.raises(ConnectionResetError):
        world.store.freeze(Zone.INBOX, _Broken(DATA), MUCH)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert world.halves() == []


@pytest.mark.parametrize(("source", "target"), sorted(MOVES))
def test_copies_along_the_moves(world: World, source: Zone, target: Zone) -> None:
    _freeze(world, source)
    for _ in range(2):
        world.store.copy(source, NAME, target)
    assert _read(world, target, NAME) == DATA
    assert world.halves() == []
    world.store.delete(source, NAME)
    assert world.store.verify(target, NAME) == len(DATA)


@pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a in Zone for b in Zone if (a, b) not in MOVES]
)
def test_every_other_pair_is_refused(world: World, source: Zone, target: Zone) -> None:
    for zone in (Zone.INBOX, Zone.QUARANTINE):
        _freeze(world, zone)
    for move in MOVES:
        world.store.copy(move[0], NAME, move[1])
    other = digest_of(b"other")
    for digest in (NAME, other):
        with pytest.raises(Invalid):
            world.store.copy(source, digest, target)


def test_a_key_can_enter_release_only_from_quarantine() -> None:
    assert [source for source, target in MOVES if target is Zone.RELEASE] == [Zone.QUARANTINE]


@pytest.mark.parametrize(("source", "target"), sorted(MOVES))
def test_spoilt_bytes_are_not_copied(world: World, source: Zone, target: Zone) -> None:
    _freeze(world, source)
    world.spoil(source, NAME)
    with pytest.raises(Tampered):
        world.store.copy(source, NAME, target)
    assert world.store.stat(target, NAME) is None
    assert world.halves() == []
    with pytest.raises(Tampered):
        world.store.verify(source, NAME)


def test_what_is_not_there_is_not_found(world: World) -> None:
    for act in (
        lambda: world.store.open(Zone.INBOX, NAME),
        lambda: world.store.verify(Zone.INBOX, NAME),
        lambda: world.store.copy(Zone.INBOX, NAME, Zone.SNAPSHOTS),
        lambda: world.store.copy(Zone.QUARANTINE, NAME, Zone.RELEASE),
    ):
        with pytest.raises(NotFound):
            act()
    assert world.store.stat(Zone.INBOX, NAME) is None
    world.store.delete(Zone.INBOX, NAME)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "sha256:../../x", "sha256:" + "A" * 64])
def test_no_name_from_outside_becomes_a_path(world: World, name: str) -> None:
    for act in (
        lambda: world.store.stat(Zone.INBOX, Digest(name)),
        lambda: world.store.open(Zone.INBOX, Digest(name)),
        lambda: world.store.delete(Zone.INBOX, Digest(name)),
        lambda: world.store.copy(Zone.INBOX, Digest(name), Zone.SNAPSHOTS),
    ):
        with pytest.raises(Invalid):
            act()


def test_deleted_bytes_are_gone(world: World) -> None:
    _freeze(world)
    for _ in range(2):
        world.store.delete(Zone.INBOX, NAME)
    assert list(world.store.digests(Zone.INBOX)) == []


def test_nothing_of_deleted_bytes_remains(world: World) -> None:
    """Not an older version either, where the store keeps versions; others stay."""
    other = _freeze(world, data=b"other")
    for _ in range(3):
        _freeze(world)
    world.store.delete(Zone.INBOX, NAME)
    assert not [name for name in world.remains(Zone.INBOX) if NAME[7:] in name]
    assert world.store.verify(Zone.INBOX, other) == 5


def test_many_files_keep_their_order(world: World, tmp_path: Path) -> None:
    contents = [os.urandom(size) for size in (10, 0, 1 << 21, 300, 10)]
    files = [tmp_path / f"{number}.bin" for number in range(len(contents))]
    for path, data in zip(files, contents, strict=True):
        path.write_bytes(data)
    frozen = world.store.freeze_tree(Zone.INBOX, files, MUCH)
    assert [one.digest for one in frozen] == [digest_of(data) for data in contents]
    assert [one.size for one in frozen] == [len(data) for data in contents]
    assert set(world.store.digests(Zone.INBOX)) == {digest_of(data) for data in contents}
    assert world.halves() == []


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("make", [_link, os.mkfifo, Path.mkdir, lambda path: None])
def test_only_regular_files_are_taken(
    world: World, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(DATA)
    make(bad)
    with pytest.raises(Invalid, match="regular file"):
        world.store.freeze_tree(Zone.INBOX, [good, bad], MUCH)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert world.halves() == []


def test_the_limit_of_many_files_is_their_sum(world: World, tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for path in files:
        path.write_bytes(DATA)
    with pytest.raises(Invalid):
        world.store.freeze_tree(Zone.INBOX, files, 2 * len(DATA) - 1)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert len(world.store.freeze_tree(Zone.INBOX, files, 2 * len(DATA))) == 2


def test_a_full_disk_keeps_none_of_many_files(small_world: World, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}" for number in range(5)]
    for path in files:
        path.write_bytes(DATA + path.name.encode())
    small_world.disk_fills()
    with pytest.raises(Unavailable):
        small_world.store.freeze_tree(Zone.INBOX, files, MUCH)
    assert list(small_world.store.digests(Zone.INBOX)) == []
    assert small_world.halves() == []


def test_many_at_once_do_not_disturb_one_another(world: World) -> None:
    contents = [bytes([number % 3]) * 50_000 for number in range(12)]
    threads = [
        threading.Thread(target=_freeze, args=(world, Zone.INBOX, data)) for data in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(world.store.digests(Zone.INBOX)) == {digest_of(data) for data in contents}
    assert all(world.store.verify(Zone.INBOX, digest_of(data)) for data in contents)


def test_bytes_as_a_file_for_as_long_as_they_are_needed(depot: tuple[World, Depot]) -> None:
    world, store = depot
    _freeze(world)
    with store.local(Zone.INBOX, NAME) as path:
        assert path.read_bytes() == DATA
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert world.halves() == []
    world.spoil(Zone.INBOX, NAME)
    for name, error in ((NAME, Tampered), (digest_of(b"other"), NotFound)):
        with pytest.raises(error), store.local(Zone.INBOX, name):
            pass
    assert world.halves() == []


def test_bytes_placed_in_a_folder(depot: tuple[World, Depot], tmp_path: Path) -> None:
    world, store = depot
    target = tmp_path / "placed"
    _freeze(world)
    store.copy(Zone.INBOX, NAME, Zone.SNAPSHOTS)
    store.place(Zone.SNAPSHOTS, NAME, target)
    assert target.read_bytes() == DATA
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    with pytest.raises(NotFound):
        store.place(Zone.SNAPSHOTS, digest_of(b"other"), tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_tree_is_built_from_any_store(depot: tuple[World, Depot]) -> None:
    world, store = depot
    _freeze(world)
    store.copy(Zone.INBOX, NAME, Zone.SNAPSHOTS)
    leaves = [trees.Leaf("a/b.csv", NAME, len(DATA)), trees.Leaf("c.csv", NAME, len(DATA))]
    built = trees.build(store, b"a manifest", leaves)
    assert [(built.tree / leaf.path).read_bytes() for leaf in leaves] == [DATA, DATA]
    assert stat.S_IMODE((built.tree / "a").stat().st_mode) == 0o555


def test_spoilt_bytes_are_never_fetched_into_a_tree(s3_server: S3Server, tmp_path: Path) -> None:
    """They come from another machine, so they are hashed on arrival, of the right size or not."""
    world = _s3(s3_server, tmp_path)
    store = cast(Depot, world.store)
    _freeze(world, data=b"fourteen bytes")
    name = digest_of(b"fourteen bytes")
    store.copy(Zone.INBOX, name, Zone.SNAPSHOTS)
    world.spoil(Zone.SNAPSHOTS, name)
    with pytest.raises(Tampered):
        trees.build(store, b"a manifest", [trees.Leaf("a.csv", name, 14)])
    assert not trees.location(store, digest_of(b"a manifest")).tree.exists()
    assert not list(trees.leftovers(store))


def test_only_what_nobody_waits_for_is_collected(depot: tuple[World, Depot]) -> None:
    """Whatever the store, younger than the moment named stays."""
    world, store = depot
    kept, stale = (_freeze(world, data=data) for data in (b"1", b"2"))
    assert store.collect(Zone.INBOX, {kept}, time.time() - 60) == 0
    assert store.collect(Zone.INBOX, {kept}, time.time() + 60) == 1
    assert list(store.digests(Zone.INBOX)) == [kept]
    assert store.stat(Zone.INBOX, stale) is None
    for zone in (Zone.SNAPSHOTS, Zone.RELEASE):
        with pytest.raises(Invalid):
            store.collect(zone, set(), time.time() + 60)


LARGE = os.urandom((2 * PART) + 4711)
"""Three parts of an upload to an S3 server."""


class _Ends(io.BytesIO):
    """A sender that goes away in the third part."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 2 * PART:
            raise ConnectionResetError("the sender went away")
        return super().read(size)


def test_a_large_stream_is_one_object_under_its_digest(depot: tuple[World, Depot]) -> None:
    world, store = depot
    frozen = store.freeze(Zone.QUARANTINE, io.BytesIO(LARGE), MUCH)
    assert (frozen.digest, frozen.size) == (digest_of(LARGE), len(LARGE))
    store.copy(Zone.QUARANTINE, frozen.digest, Zone.RELEASE)
    assert store.verify(Zone.RELEASE, frozen.digest) == len(LARGE)
    assert world.halves() == []


def test_a_large_stream_that_breaks_leaves_nothing(depot: tuple[World, Depot]) -> None:
    """Parts that were stored already are given up too."""
    world, store = depot
    with pytest.raises(ConnectionResetError):
        store.freeze(Zone.INBOX, _Ends(LARGE), MUCH)
    with pytest.raises(Invalid, match="bytes"):
        store.freeze(Zone.INBOX, io.BytesIO(LARGE), len(LARGE) - 1)
    assert list(store.digests(Zone.INBOX)) == []
    assert world.halves() == []


def test_large_spoilt_bytes_are_not_copied(s3_server: S3Server, tmp_path: Path) -> None:
    """The first parts were sent before the last byte was read: the upload is given up."""
    world = _s3(s3_server, tmp_path)
    frozen = world.store.freeze(Zone.QUARANTINE, io.BytesIO(LARGE), MUCH)
    path = s3_server.path(world.store._bucket) / "quarantine" / frozen.digest[7:]  # type: ignore[attr-defined]
    with path.open("r+b") as file:
        file.seek(len(LARGE) - 1)
        file.write(bytes([LARGE[-1] ^ 1]))
    with pytest.raises(Tampered):
        world.store.copy(Zone.QUARANTINE, frozen.digest, Zone.RELEASE)
    assert world.store.stat(Zone.RELEASE, frozen.digest) is None
    assert world.halves() == []


SENT_AND_KILLED = """
import io, os, sys
from pathlib import Path
from orchestrator.objectstore.s3 import PART, S3Store
from orchestrator.objectstore.zones import Zone
from orchestrator.settings import Settings

class Dies(io.BytesIO):
    def read(self, size=-1):
        if self.tell() > 2 * PART:
            os.kill(os.getpid(), 9)
        return super().read(size)

S3Store.at(Settings()).freeze(Zone.INBOX, Dies(bytes(3 * PART)), 1 << 30)
"""


def test_what_a_killed_sender_left_is_swept(s3_server: S3Server, tmp_path: Path) -> None:
    """Design property 10: an upload by parts outlives its process until somebody ends it."""
    world = _s3(s3_server, tmp_path)
    store = cast(Depot, world.store)
    environment = s3_server.settings(tmp_path, store._bucket).environment()  # type: ignore[attr-defined]
    command = [sys.executable, "-c", SENT_AND_KILLED]
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert len(world.halves()) == 1
    assert list(store.digests(Zone.INBOX)) == []
    assert store.sweep(time.time() - 60) == 0, "it could still be under way"
    assert store.sweep(time.time() + 60) == 1
    assert world.halves() == []


def _every_verb(store: Depot, tmp_path: Path) -> list[Callable[[], object]]:
    file = tmp_path / "file"
    file.write_bytes(DATA)
    return [
        lambda: store.freeze(Zone.INBOX, io.BytesIO(DATA), MUCH),
        lambda: store.freeze(Zone.INBOX, io.BytesIO(LARGE), MUCH),
        lambda: store.freeze_tree(Zone.INBOX, [file], MUCH),
        lambda: store.copy(Zone.INBOX, NAME, Zone.SNAPSHOTS),
        lambda: store.open(Zone.INBOX, NAME),
        lambda: store.stat(Zone.INBOX, NAME),
        lambda: store.verify(Zone.INBOX, NAME),
        lambda: store.delete(Zone.INBOX, NAME),
        lambda: list(store.digests(Zone.INBOX)),
        lambda: store.place(Zone.INBOX, NAME, tmp_path / "placed"),
        lambda: store.collect(Zone.INBOX, set(), time.time()),
        lambda: store.sweep(time.time()),
    ]


@pytest.mark.parametrize("code", ["store_refused", "store_away"])
def test_a_server_that_refuses_or_is_away_is_unavailable_and_secrets_stay(
    s3_server: S3Server, tmp_path: Path, code: str
) -> None:
    """A second key without rights; a port where nobody listens. Whole causes are looked at."""
    bucket = s3_server.bucket()
    server = s3_server if code == "store_refused" else away(s3_server)
    settings = server.settings(tmp_path, bucket, STRANGER_KEY)
    client = s3._client(settings, STRANGER_KEY, STRANGER_SECRET)
    for act in _every_verb(S3Store(client, bucket, tmp_path / "root"), tmp_path):
        with pytest.raises(Unavailable, match="nothing was lost") as caught:
            act()
        assert caught.value.code == code
        assert caught.value.__cause__ is not None
        told = "".join(traceback.format_exception(caught.value))
        assert STRANGER_SECRET not in told
        assert len(caught.value.message) < 300
    with pytest.raises(Unavailable):
        S3Store.at(settings)
    assert not (tmp_path / "placed").exists()
    assert not list(s3_server.client().list_objects(bucket, recursive=True))


def test_nothing_starts_without_a_bucket_that_is_closed(
    s3_server: S3Server, tmp_path: Path
) -> None:
    """An incident elsewhere: an empty list of keys meant that everybody may enter."""
    with pytest.raises(Unavailable, match="no bucket"):
        S3Store.at(s3_server.settings(tmp_path, "no-such-bucket"))
    with pytest.raises(Invalid, match="TRE_S3_BUCKET"):
        S3Store.at(s3_server.settings(tmp_path, ""))
    bucket = s3_server.bucket()
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket"}
    policy = {"Statement": [everybody | {"Resource": f"arn:aws:s3:::{bucket}"}]}
    s3_server.client().set_bucket_policy(bucket, json.dumps(policy))
    with pytest.raises(NotAllowed, match="without a key"):
        S3Store.at(s3_server.settings(tmp_path, bucket))


def test_an_answer_that_ends_early_is_noticed(s3_server: S3Server, tmp_path: Path) -> None:
    """Half a file never looks like a whole one."""
    world = _s3(s3_server, tmp_path)
    frozen = world.store.freeze(Zone.INBOX, io.BytesIO(LARGE), MUCH)
    with world.store.open(Zone.INBOX, frozen.digest) as stream:
        assert stream.read(10) == LARGE[:10]
        cut = stream.raw._response  # type: ignore[attr-defined]
        cut._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        with pytest.raises(Unavailable):
            stream.read()


def test_files_are_read_only_and_the_store_is_closed_to_others(tmp_path: Path) -> None:
    store = PosixStore(tmp_path / "store")
    for zone in (Zone.INBOX, Zone.QUARANTINE):
        store.freeze(zone, io.BytesIO(DATA), MUCH)
    for source, target in MOVES:
        store.copy(source, NAME, target)
    for zone in Zone:
        assert stat.S_IMODE(store.location(zone, NAME).stat().st_mode) == 0o444
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_a_released_file_shares_no_inode_with_quarantine(tmp_path: Path) -> None:
    store = PosixStore(tmp_path / "store")
    store.freeze(Zone.QUARANTINE, io.BytesIO(DATA), MUCH)
    store.copy(Zone.QUARANTINE, NAME, Zone.RELEASE)
    assert store.location(Zone.RELEASE, NAME).stat().st_nlink == 1


def test_a_snapshot_file_is_not_written_twice(tmp_path: Path) -> None:
    store = PosixStore(tmp_path / "store")
    store.freeze(Zone.INBOX, io.BytesIO(DATA), MUCH)
    store.copy(Zone.INBOX, NAME, Zone.SNAPSHOTS)
    assert store.location(Zone.SNAPSHOTS, NAME).stat().st_nlink == 2


def test_the_sweeper_takes_old_halves_only(tmp_path: Path) -> None:
    store = PosixStore(tmp_path / "store")
    old, new = (tmp_path / "store" / Zone.INBOX / INCOMING / name for name in ("old", "new"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert store.sweep(1000) == 1
    assert new.exists()
    assert not old.exists()


def test_only_old_files_that_nobody_waits_for_are_collected(tmp_path: Path) -> None:
    store = PosixStore(tmp_path / "store")
    kept, young, stale = (
        store.freeze(Zone.INBOX, io.BytesIO(data), MUCH).digest for data in (b"1", b"2", b"3")
    )
    for digest in (kept, stale):
        os.utime(store.location(Zone.INBOX, digest), (1, 1))
    assert store.collect(Zone.INBOX, {kept}, 1000) == 1
    assert set(store.digests(Zone.INBOX)) == {kept, young}
    os.utime(store.location(Zone.INBOX, young), (1, 1))
    store.freeze(Zone.INBOX, io.BytesIO(b"2"), MUCH)
    assert store.collect(Zone.INBOX, {kept}, 1000) == 0


@pytest.mark.parametrize("zone", [Zone.SNAPSHOTS, Zone.RELEASE])
def test_admitted_and_released_files_are_never_collected(tmp_path: Path, zone: Zone) -> None:
    with pytest.raises(Invalid):
        PosixStore(tmp_path / "store").collect(zone, set(), 1e12)


KILLED = """
import io, os, sys
from pathlib import Path
from orchestrator.objectstore import posix
from orchestrator.objectstore.zones import Zone

step = int(sys.argv[2])
for name in ("fsync", "rename", "replace"):
    real = getattr(os, name)
    def dies(*args, _real=real, **more):
        global step
        step -= 1
        if step == 0:
            os.kill(os.getpid(), 9)
        return _real(*args, **more)
    setattr(os, name, dies)
posix.PosixStore(Path(sys.argv[1])).freeze(Zone.INBOX, io.BytesIO(b"x" * 100000), 1 << 30)
"""


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_killed_at_any_step_leaves_whole_files_only(tmp_path: Path, step: int) -> None:
    """Design property 10: run again, same end."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "store"), str(step)]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -9
    store, data = PosixStore(tmp_path / "store"), b"x" * 100000
    for digest in store.digests(Zone.INBOX):
        assert store.verify(Zone.INBOX, digest) == len(data)
    assert store.freeze(Zone.INBOX, io.BytesIO(data), MUCH).digest == digest_of(data)
    store.sweep(float("inf"))
    assert list(store.digests(Zone.INBOX)) == [digest_of(data)]
    assert not list((store.root / Zone.INBOX / INCOMING).iterdir())


ON_A_SMALL_DISK = """
import io, subprocess, sys
from pathlib import Path
from orchestrator.errors import Unavailable
from orchestrator.objectstore.posix import PosixStore, INCOMING
from orchestrator.objectstore.zones import Zone

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
store = PosixStore(disk / "store")
kept = store.freeze(Zone.INBOX, io.BytesIO(b"kept"), 1 << 30)
for act in (
    lambda: store.freeze(Zone.INBOX, io.BytesIO(bytes(1 << 21)), 1 << 30),
    lambda: store.freeze_tree(Zone.INBOX, [Path(sys.argv[2])], 1 << 30),
):
    try:
        act()
    except Unavailable as error:
        assert error.code == "store_full", error.code
        print(error.message)
    else:
        sys.exit("a full disk was not noticed")
assert not list((disk / "store" / "inbox" / INCOMING).iterdir()), "halves stayed"
assert list(store.digests(Zone.INBOX)) == [kept.digest]
store.freeze(Zone.INBOX, io.BytesIO(bytes(1 << 19)), 1 << 30)
"""


@pytest.mark.sandbox
def test_a_really_full_disk(tmp_path: Path) -> None:
    """A disk of one megabyte, mounted in a namespace of its own."""
    disk, large = tmp_path / "disk", tmp_path / "large"
    disk.mkdir()
    large.write_bytes(bytes(1 << 21))
    inside = [sys.executable, "-c", ON_A_SMALL_DISK, str(disk), str(large)]
    command = ["unshare", "--user", "--map-root-user", "--mount", *inside]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("is full; nothing was stored and nothing was lost") == 2

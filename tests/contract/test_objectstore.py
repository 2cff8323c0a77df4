"""One suite for every object store: the fake in memory and the POSIX folder, on a full disk too."""

import io
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.errors import Invalid, NotFound, Tampered, Unavailable
from orchestrator.objectstore.memory import MemoryStore
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.posix import INCOMING, PosixStore
from orchestrator.objectstore.zones import MOVES, Zone
from orchestrator.values import Digest, digest_of

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


def _memory() -> World:
    store = MemoryStore()

    def spoil(zone: Zone, digest: Digest) -> None:
        store.zones[zone][digest] = b"something else"

    return World(store, spoil, lambda: store.fail_next(Unavailable("The disk is full.")), list)


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

    yield World(store, spoil, fill, halves)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["memory", "posix"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each store in turn."""
    if request.param == "memory":
        yield _memory()
    else:
        yield from _posix(tmp_path / "store")


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


def test_a_full_disk_is_a_sentence_and_leaves_nothing(world: World) -> None:
    world.disk_fills()
    with pytest.raises(Unavailable, match="disk"):
        _freeze(world)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert world.halves() == []


def test_a_full_disk_while_copying_leaves_the_target_empty(world: World) -> None:
    _freeze(world, Zone.QUARANTINE)
    world.disk_fills()
    with pytest.raises(Unavailable):
        world.store.copy(Zone.QUARANTINE, NAME, Zone.RELEASE)
    assert list(world.store.digests(Zone.RELEASE)) == []
    assert world.halves() == []


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


def test_a_full_disk_keeps_none_of_many_files(world: World, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}" for number in range(5)]
    for path in files:
        path.write_bytes(DATA + path.name.encode())
    world.disk_fills()
    with pytest.raises(Unavailable):
        world.store.freeze_tree(Zone.INBOX, files, MUCH)
    assert list(world.store.digests(Zone.INBOX)) == []
    assert world.halves() == []


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

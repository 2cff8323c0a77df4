"""The object store on a POSIX file system: one read-only file per digest, durable before it counts.

Bytes are hashed while they are written to `<zone>/.incoming/`, flushed, and only then renamed to
`<zone>/<aa>/<hex>`: a name in the store is a promise about bytes that are on the disk. It knows
nothing of snapshots or requests.
"""

import ctypes
import errno
import hashlib
import os
import secrets
import shutil
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from orchestrator.errors import Unavailable
from orchestrator.objectstore import refuse
from orchestrator.objectstore.port import Frozen
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Digest, parse_digest

BLOCK = 1 << 18  # fits the processor's cache, so that hashing reads nothing twice from memory
WINDOW = 16 << 20
INCOMING = ".incoming"
_WORKERS = max(2, min(4, os.cpu_count() or 1))
_BEGIN_WRITING = 2  # SYNC_FILE_RANGE_WRITE of the Linux manual: only a hint, its failure too
_OFFSET = ctypes.c_int64


class PosixStore:
    """A folder of zones. Several processes may use one at the same time."""

    def __init__(self, root: Path) -> None:
        """Use `root`, made with mode 0700 where it is missing."""
        self.root = root.absolute()
        with refusals():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for zone in Zone:
                (self.root / zone / INCOMING).mkdir(parents=True, exist_ok=True)

    def freeze(self, zone: Zone, stream: BinaryIO, limit: int) -> Frozen:
        """See the port."""
        refuse.unless_freezable(zone)
        with self._fresh(zone) as (path, handle):
            frozen = _pour(_from_stream(stream), handle, limit)
            with refusals():
                os.fsync(handle)
            self._settle(zone, [(path, frozen.digest)])
        return frozen

    def freeze_tree(self, zone: Zone, files: Sequence[Path], limit: int) -> list[Frozen]:
        """See the port.

        Two whole-file-system flushes replace two per file: one before any name is given, one after.
        """
        refuse.unless_freezable(zone)
        folder = self.root / zone / INCOMING
        named = [(source, folder / secrets.token_hex(16)) for source in files]
        try:
            frozen = _pour_all(named, limit)
            flush(self.root)
            self._settle(
                zone,
                [(path, one.digest) for (_, path), one in zip(named, frozen, strict=True)],
                durable_by_flush=True,
            )
        except BaseException:
            for _, path in named:
                path.unlink(missing_ok=True)
            raise
        return frozen

    def copy(self, source: Zone, digest: Digest, target: Zone) -> None:
        """See the port.

        An inbox file becomes a snapshot file by a link to the very inode that was hashed, so that
        gigabytes are not written twice. A released file is written anew: its zone must not share
        an inode with files that nobody has approved.
        """
        refuse.unless_a_move(source, target)
        if target is Zone.SNAPSHOTS and self._linked(source, digest, target):
            return
        with self.open(source, digest) as stream, self._fresh(target) as (path, handle):
            frozen = _pour(_from_file(stream.fileno(), bytearray(BLOCK)), handle, 1 << 62)
            if frozen.digest != digest:
                raise refuse.tampered(source, digest)
            with refusals():
                os.fsync(handle)
            self._settle(target, [(path, digest)])

    def open(self, zone: Zone, digest: Digest) -> AbstractContextManager[BinaryIO]:
        """See the port."""
        try:
            return self.location(zone, digest).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise refuse.missing(zone, digest) from error

    def stat(self, zone: Zone, digest: Digest) -> int | None:
        """See the port."""
        try:
            return self.location(zone, digest).stat().st_size
        except FileNotFoundError:
            return None

    def verify(self, zone: Zone, digest: Digest) -> int:
        """See the port."""
        with self.open(zone, digest) as stream:
            found, size = _hash(stream)
        if found != digest:
            raise refuse.tampered(zone, digest)
        return size

    def delete(self, zone: Zone, digest: Digest) -> None:
        """See the port."""
        path = self.location(zone, digest)
        with refusals():
            if path.exists():
                path.unlink(missing_ok=True)
                _flush_folder(path.parent)

    def digests(self, zone: Zone) -> Iterator[Digest]:
        """See the port."""
        for folder in (self.root / zone).iterdir():
            if folder.name != INCOMING:
                yield from (Digest(f"sha256:{file.name}") for file in folder.iterdir())

    def location(self, zone: Zone, digest: Digest) -> Path:
        """Where the bytes of a digest lie if they are there.

        Errors: Invalid for what is not a digest, so that no name from outside becomes a path.
        """
        name = parse_digest(digest).removeprefix("sha256:")
        return self.root / zone / name[:2] / name

    @contextmanager
    def local(self, zone: Zone, digest: Digest) -> Iterator[Path]:
        """See the port."""
        self.verify(zone, digest)
        yield self.location(zone, digest)

    def place(self, zone: Zone, digest: Digest, target: Path) -> None:
        """See the port.

        A link to the store's own inode, so that a tree of gigabytes costs nothing.
        """
        origin = self.location(zone, digest)
        try:
            os.link(origin, target)
        except FileNotFoundError as error:
            raise refuse.missing(zone, digest) from error
        except OSError:  # a file system limits links to one file: equal files beyond are copied
            with refusals():
                shutil.copyfile(origin, target)
                target.chmod(0o444)

    def sweep(self, before: float) -> int:
        """See the port."""
        stale = [
            path
            for zone in Zone
            for path in (self.root / zone / INCOMING).iterdir()
            if path.stat().st_mtime < before
        ]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def collect(self, zone: Zone, keep: Collection[Digest], before: float) -> int:
        """See the port."""
        refuse.unless_freezable(zone)
        removed = 0
        for digest in list(self.digests(zone)):
            if digest not in keep and self.location(zone, digest).stat().st_mtime < before:
                self.delete(zone, digest)
                removed += 1
        return removed

    @contextmanager
    def _fresh(self, zone: Zone) -> Iterator[tuple[Path, int]]:
        path = self.root / zone / INCOMING / secrets.token_hex(16)
        with refusals():
            handle = _create(path)
        try:
            yield path, handle
        finally:
            os.close(handle)
            path.unlink(missing_ok=True)

    def _settle(
        self, zone: Zone, files: Sequence[tuple[Path, Digest]], *, durable_by_flush: bool = False
    ) -> None:
        """Give flushed files their names, then make the names durable."""
        with refusals():
            touched: set[Path] = set()
            for folder, named in _by_folder(files).items():
                place = self.root / zone / folder
                if not place.exists():
                    place.mkdir(exist_ok=True)
                    touched.add(place.parent)
                touched.add(place)
                for path, name in named:  # over an older file too: the new bytes are right
                    os.replace(path, f"{place}/{name}")
            if durable_by_flush:
                flush(self.root)
            else:
                for place in touched:
                    _flush_folder(place)

    def _linked(self, source: Zone, digest: Digest, target: Zone) -> bool:
        """Link exactly the inode that was hashed; False where the file system cannot."""
        path = self.root / target / INCOMING / secrets.token_hex(16)
        origin = self.location(source, digest)
        try:
            os.link(origin, path)
        except FileNotFoundError as error:
            raise refuse.missing(source, digest) from error
        except OSError:
            return False
        try:
            with path.open("rb", buffering=0) as stream:
                found, _ = _hash(stream)
                if found != digest:
                    raise refuse.tampered(source, digest)
                with refusals():
                    os.fsync(stream.fileno())
            self._settle(target, [(path, digest)])
        finally:
            path.unlink(missing_ok=True)
        return True


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a disk's refusal into a sentence; wrap only calls on our own files with it.

    Errors: Unavailable.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "is full" if full else f"refused ({os.strerror(error.errno or 0)})"
        raise Unavailable(
            f"The disk of the object store {why}; nothing was stored and nothing was lost. "
            "Tell the administrator, then send the file again.",
            code="store_full" if full else "store_refused",
        ) from error


def flush(folder: Path) -> None:
    """Make everything durable that was written to this file system so far, with one call.

    Errors: Unavailable when a write that the kernel had already accepted failed.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with refusals():
            if _LIBC.syncfs(handle) != 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
    finally:
        os.close(handle)


_LIBC = ctypes.CDLL(None, use_errno=True)  # the standard library has sync() for all disks only


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)


def _by_folder(files: Sequence[tuple[Path, Digest]]) -> dict[str, list[tuple[Path, str]]]:
    found: dict[str, list[tuple[Path, str]]] = {}
    for path, digest in files:
        name = digest.removeprefix("sha256:")
        found.setdefault(name[:2], []).append((path, name))
    return found


def _pour(blocks: Iterator[bytes | memoryview], handle: int, limit: int) -> Frozen:
    """Write blocks to a new file, hashing on the way; one pass, then the mode is fixed."""
    hasher, size, begun = hashlib.sha256(), 0, 0
    for block in blocks:
        size += len(block)
        if size > limit:
            raise refuse.too_large(limit)
        _write(handle, block)
        hasher.update(block)
        if size - begun >= WINDOW:
            _begin_writing(handle, begun, size - begun)
            begun = size
    with refusals():
        os.fchmod(handle, 0o444)
    return Frozen(Digest("sha256:" + hasher.hexdigest()), size)


def _begin_writing(handle: int, start: int, count: int) -> None:
    """Tell the disk that it may begin while the next bytes are hashed."""
    _LIBC.sync_file_range(handle, _OFFSET(start), _OFFSET(count), _BEGIN_WRITING)


def _from_stream(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.read(BLOCK), b"")


def _from_file(handle: int, buffer: bytearray) -> Iterator[memoryview]:
    """Read a file into the same buffer again and again; each block is used up before the next."""
    view = memoryview(buffer)
    while count := os.readv(handle, [buffer]):
        yield view[:count]


def _write(handle: int, block: bytes | memoryview) -> None:
    with refusals():
        written = os.write(handle, block)
        while written < len(block):
            written += os.write(handle, memoryview(block)[written:])


def _pour_all(named: Sequence[tuple[Path, Path]], limit: int) -> list[Frozen]:
    """Write many files at once.

    One worker takes the smallest file that is left, the others the largest: small files cost the
    interpreter, large ones leave its lock while they are hashed and written.
    """
    sizes = [refuse.regular_size(source) for source, _ in named]
    if sum(sizes) > limit:
        raise refuse.too_large(limit)
    left = deque(sorted(range(len(named)), key=sizes.__getitem__))
    frozen: dict[int, Frozen] = {}

    def work(take: Callable[[], int]) -> None:
        buffer = bytearray(BLOCK)
        while True:
            try:
                at = take()
            except IndexError:
                return
            try:
                frozen[at] = _pour_file(*named[at], limit, buffer)
            except BaseException:
                left.clear()
                raise

    with ThreadPoolExecutor(_WORKERS) as pool:
        takes = [left.popleft, *[left.pop] * (_WORKERS - 1)]
        for future in [pool.submit(work, take) for take in takes]:
            future.result()
    if sum(one.size for one in frozen.values()) > limit:  # a file grew while it was read
        raise refuse.too_large(limit)
    return [frozen[at] for at in range(len(named))]


def _pour_file(source: Path, path: Path, limit: int, buffer: bytearray) -> Frozen:
    with refuse.regular(source) as origin:
        with refusals():
            handle = _create(path)
        try:
            return _pour(_from_file(origin, buffer), handle, limit)
        finally:
            os.close(handle)


def _hash(stream: BinaryIO) -> tuple[Digest, int]:
    hasher, size = hashlib.sha256(), 0
    for block in _from_file(stream.fileno(), bytearray(BLOCK)):
        hasher.update(block)
        size += len(block)
    return Digest("sha256:" + hasher.hexdigest()), size


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        with suppress(OSError):
            os.close(handle)

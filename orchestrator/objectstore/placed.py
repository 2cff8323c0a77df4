"""A snapshot's folder on the storage of a cluster's nodes: written, synced, read back, then named.

The far end of a publication. Bytes come from a caller who is not believed: paths, sizes and digests
are those of the manifest, whose own digest the caller cannot choose. A folder with a snapshot's
name is whole; what begins with a dot is not there.
"""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import Invalid, Tampered, Unavailable
from orchestrator.objectstore import trees
from orchestrator.objectstore.posix import BLOCK
from orchestrator.objectstore.trees import Leaf
from orchestrator.values import Digest, digest_of, parse_digest

TREE, MANIFEST = "tree", "MANIFEST.json"

Received = Iterator[tuple[str, Iterator[bytes]]]
"""What a caller sends: the manifest, then each file under its digest, in the manifest's order."""


def folder(root: Path, digest: Digest) -> Path:
    """Where a snapshot is, or would be, on this storage."""
    return root / parse_digest(digest).removeprefix("sha256:")


def receive(root: Path, digest: Digest, received: Received) -> None:
    """Write a snapshot, sync it, read every byte back, and only then give it its name.

    Shape: what a killed job left of it is removed first; a name that is there is never written to.
    Errors: Tampered when the bytes that came are not what the manifest says; Invalid when too few
    came; Unavailable when the storage refuses or does not give back what was written.
    """
    target = folder(root, digest)
    aside = root / f".placing-{target.name}"
    manifest = _manifest(digest, received)
    leaves = trees.leaves_of(manifest)
    trees.refuse_hostile(leaves)
    with _refusals():
        trees.clear(aside)
        (aside / TREE).mkdir(parents=True)
        for leaf in leaves:
            _write(aside / TREE / leaf.path, leaf, received)
        _keep(aside / MANIFEST, [manifest])
        _close_folders(aside)
        _read_back(aside, manifest, leaves)
        aside.rename(target)
        _sync(root)


def verify(root: Path, digest: Digest) -> None:
    """Read a placed snapshot whole. Errors: Unavailable when it is not what was placed."""
    place = folder(root, digest)
    with _refusals():
        manifest = (place / MANIFEST).read_bytes()
        if digest_of(manifest) != digest:
            raise _changed(MANIFEST)
        _read_back(place, manifest, trees.leaves_of(manifest))


def _manifest(digest: Digest, received: Received) -> bytes:
    name, blocks = next(received, ("", iter(())))
    data = b"".join(blocks)
    if name != MANIFEST or digest_of(data) != digest:
        raise Tampered(
            "The manifest that came is not the snapshot that was to be placed. Nothing was placed.",
            code="bytes_differ",
        )
    return data


def _write(target: Path, leaf: Leaf, received: Received) -> None:
    """Take the next file: it must be the one that the manifest lists next."""
    name, blocks = next(received, ("", iter(())))
    if name != leaf.digest:
        raise Invalid("Other files came than the manifest lists.", code="files_missing")
    target.parent.mkdir(parents=True, exist_ok=True)
    if _keep(target, blocks) != (leaf.digest, leaf.size):
        raise Tampered(
            "A file is not the one that was admitted: its digest differs. Nothing was placed. Tell "
            "the administrator now.",
            code="bytes_differ",
        )


def _keep(target: Path, blocks: Iterable[bytes]) -> tuple[str, int]:
    """Write a read-only file through to the storage; answer digest and size of what came."""
    hashed, size = hashlib.sha256(), 0
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    with os.fdopen(handle, "wb") as file:
        for block in blocks:
            hashed.update(block)
            size += file.write(block)
        file.flush()
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)  # what is read back is not memory
    return f"sha256:{hashed.hexdigest()}", size


def _close_folders(aside: Path) -> None:
    """Make folders read-only, the innermost first, and their entries durable."""
    for path, _, _ in os.walk(aside, topdown=False):
        Path(path).chmod(0o555)
        _sync(Path(path))


def _read_back(place: Path, manifest: bytes, leaves: Sequence[Leaf]) -> None:
    if (place / MANIFEST).read_bytes() != manifest:
        raise _changed(MANIFEST)
    for leaf in leaves:
        with (place / TREE / leaf.path).open("rb", buffering=0) as file:
            if f"sha256:{_hashed(file.fileno())}" != leaf.digest:
                raise _changed(leaf.path)


def _hashed(handle: int) -> str:
    hashed = hashlib.sha256()
    while block := os.read(handle, BLOCK):
        hashed.update(block)
    return hashed.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn the storage's refusal into a sentence. Errors: Unavailable."""
    try:
        yield
    except OSError as problem:
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "is full" if full else f"refused ({os.strerror(problem.errno or 0)})"
        raise Unavailable(
            f"The storage of the nodes {why}; nothing was placed and nothing was lost. It is tried "
            "again.",
            code="storage_full" if full else "storage_refused",
        ) from problem


def _changed(path: str) -> Unavailable:
    return Unavailable(
        f"The storage of the nodes does not give back what was written to {path}: it is broken or "
        "was changed. Nothing is mounted from it; tell the administrator.",
        code="storage_differs",
    )

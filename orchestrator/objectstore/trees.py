"""Immutable read-only trees of snapshots on this machine, named by digest, for mounting.

A tree is built once, at publication, and given to workspaces by read-only bind mounts: nothing
per workspace grows with the number of files. A store of this machine gives hard links, so the
inodes are its own and a tree must never be mounted writable; from a store elsewhere the files are
fetched and hashed. A tree that was lost is built again from zone `snapshots`.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Invalid, Tampered
from orchestrator.objectstore import refuse
from orchestrator.objectstore.paths import distinct, safe_path
from orchestrator.objectstore.port import Depot
from orchestrator.objectstore.posix import flush, refusals
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Digest, digest_of, parse_digest

_FOLDER = "trees"


@dataclass(frozen=True)
class Leaf:
    """One file of a tree; `size` in bytes."""

    path: str
    digest: Digest
    size: int


@dataclass(frozen=True)
class Tree:
    """Where a published tree and its manifest lie."""

    tree: Path
    manifest: Path


def location(store: Depot, digest: Digest) -> Tree:
    """Where the tree of this manifest digest is, or would be."""
    name = parse_digest(digest).removeprefix("sha256:")
    folder = store.root / _FOLDER
    return Tree(folder / name, folder / f"{name}.MANIFEST.json")


def leaves_of(manifest: bytes) -> list[Leaf]:
    """Read which files a manifest lists; whose manifest it is says its digest.

    Errors: Tampered for anything that lists no files.
    """
    try:
        files = json.loads(manifest)["files"]
        return [Leaf(str(f["path"]), parse_digest(f["digest"]), int(f["size"])) for f in files]
    except (ValueError, KeyError, TypeError, Invalid) as error:
        raise Tampered(
            "A manifest lists no files that can be placed. Nothing was handed on. Tell the "
            "administrator now.",
            code="manifest_differs",
        ) from error


def build(store: Depot, manifest: bytes, leaves: Sequence[Leaf]) -> Tree:
    """Make the tree of a manifest out of zone `snapshots`; a tree that is there stays as it is.

    Shape: `<root>/trees/<hex of the manifest's digest>/…`, folders 0555, files 0444, and the
    manifest beside it; seen whole or not at all.
    Errors: Invalid for a path that is no plain relative name; NotFound when a file is not in the
    zone; Tampered when one has another size; Unavailable when disk or store refuse.
    Nothing half made stays.
    Source: design section 9, performance row 16.
    """
    target = location(store, digest_of(manifest))
    refuse_hostile(leaves)
    if target.tree.is_dir():
        return target
    aside = store.root / _FOLDER / f".building-{secrets.token_hex(16)}"
    try:
        with refusals():
            aside.mkdir(parents=True)
        _fill(store, aside, leaves)
        with refusals():
            _write_manifest(target.manifest, manifest)
            flush(aside)
            _take_place(aside, target.tree)
            flush(target.tree)
    finally:
        clear(aside)
    return target


def remove(store: Depot, digest: Digest) -> None:
    """Remove a tree and its manifest, if there; the bytes in the zone stay.

    Precondition: no workspace has it mounted.
    """
    target = location(store, digest)
    aside = target.tree.with_name(f".removing-{secrets.token_hex(16)}")
    with refusals():
        if target.tree.is_dir():
            target.tree.rename(aside)
        target.manifest.unlink(missing_ok=True)
        clear(aside)


def leftovers(store: Depot) -> Iterator[Path]:
    """Trees that a killed process left half built or half removed; the sweeper removes them."""
    return (store.root / _FOLDER).glob(".*")


def sweep(store: Depot, before: float) -> int:
    """Remove leftovers older than `before`, in seconds since the epoch."""
    stale = [path for path in leftovers(store) if path.stat().st_mtime < before]
    for path in stale:
        clear(path)
    return len(stale)


def refuse_hostile(leaves: Iterable[Leaf]) -> None:
    """Refuse a path that is no plain relative name, and a tree without files. Errors: Invalid."""
    paths = [safe_path(leaf.path) for leaf in leaves]
    if not paths:
        raise Invalid("A tree without files is not published.", code="no_files")
    distinct(paths)


def _fill(store: Depot, aside: Path, leaves: Iterable[Leaf]) -> None:
    folders = {aside}
    for leaf in leaves:
        target = aside / leaf.path
        if target.parent not in folders:
            with refusals():
                target.parent.mkdir(parents=True, exist_ok=True)
            folders.update({target.parent, *target.parent.parents})
        _place(store, leaf, target)
    with refusals():
        for folder in folders:
            if folder.is_relative_to(aside):
                folder.chmod(0o555)


def _place(store: Depot, leaf: Leaf, target: Path) -> None:
    size = store.stat(Zone.SNAPSHOTS, leaf.digest)
    if size is None:
        raise refuse.missing(Zone.SNAPSHOTS, leaf.digest)
    if size != leaf.size:
        raise Tampered(
            f"A stored file has {size:,} bytes where its manifest says {leaf.size:,}. Nothing was "
            "published. Tell the administrator now: the disk is broken or was changed.",
            code="bytes_differ",
        )
    store.place(Zone.SNAPSHOTS, leaf.digest, target)


def _write_manifest(path: Path, manifest: bytes) -> None:
    aside = path.with_name(f".building-{secrets.token_hex(16)}")
    try:
        aside.write_bytes(manifest)
        aside.chmod(0o444)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _take_place(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError:
        if not target.is_dir():  # otherwise somebody built the same tree meanwhile
            raise


def clear(aside: Path) -> None:
    """Remove something half made, read-only folders included; nothing there is as wanted."""
    if aside.is_file():
        aside.unlink()
    if not aside.is_dir():
        return
    for folder, _, _ in os.walk(aside):
        Path(folder).chmod(0o755)
    shutil.rmtree(aside)

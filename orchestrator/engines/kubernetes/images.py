"""[pure] Snapshots as OCI images: one layer for each, and one image of all that a project may read.

A layer holds `<dataset>/<version>/…` and the manifest beside it, so that layers of several
snapshots lie in one image beside one another and it is mounted once, at `/data`. The same
snapshots give the same bytes, so an image's digest says which snapshots it holds.
Source: OCI image format 1.1 (layers, configuration, manifest); POSIX pax for the archive.
"""

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from orchestrator.errors import Tampered
from orchestrator.objectstore import trees
from orchestrator.objectstore.trees import Leaf
from orchestrator.values import Digest, canonical_json, digest_of, parse_digest

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"

Open = Callable[[Digest], AbstractContextManager[BinaryIO]]
"""Opens a file of a snapshot by its digest."""

_BLOCK = 1 << 20
_RECORD = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Blob:
    """Bytes by their digest; `size` in bytes."""

    digest: Digest
    size: int


@dataclass(frozen=True)
class Image:
    """One image: its configuration, and the manifest whose digest is its name."""

    config: bytes
    manifest: bytes

    @property
    def digest(self) -> Digest:
        """What pods name it by."""
        return digest_of(self.manifest)


def layer(manifest: bytes, opened: Open) -> Iterator[bytes]:
    """Spell a snapshot as an archive, hashing every file on its way.

    Shape: folders 0555, files 0444, of root, without times; in the manifest's order.
    No name begins with a dot, so none is an order to hide another layer's file (`.wh.`).
    Errors: Invalid for a path that is no plain relative name; NotFound when a file is not in the
    store; Tampered when one is not what the manifest says.
    """
    leaves = trees.leaves_of(manifest)
    trees.refuse_hostile(leaves)
    dataset, version = _named(manifest)
    place = PurePosixPath(dataset, version)
    for folder in _folders(place, leaves):
        yield _header(f"{folder}/", 0, 0o555, tarfile.DIRTYPE)
    for leaf in leaves:
        yield _header(str(place / leaf.path), leaf.size, 0o444, tarfile.REGTYPE)
        yield from _content(leaf, opened)
    yield _header(f"{place}.MANIFEST.json", len(manifest), 0o444, tarfile.REGTYPE)
    yield manifest + _padding(len(manifest))
    yield bytes(2 * _RECORD)


def measured(chunks: Iterator[bytes]) -> Blob:
    """Answer digest and size of a layer that is only read. Errors: as `layer`."""
    hashed, size = hashlib.sha256(), 0
    for chunk in chunks:
        hashed.update(chunk)
        size += len(chunk)
    return Blob(parse_digest(f"sha256:{hashed.hexdigest()}"), size)


def image(layers: Sequence[Blob]) -> Image:
    """Put layers into one image, in the order of their digests: none of them covers another.

    Shape: a layer is not packed, so its digest is that of what is unpacked too. Data has no
    architecture, but the format asks for one; a node does not look at that of a single image.
    """
    ordered = sorted(layers, key=lambda each: each.digest)
    config = canonical_json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [each.digest for each in ordered]},
        }
    )
    manifest = canonical_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {
                "mediaType": CONFIG_TYPE,
                "digest": digest_of(config),
                "size": len(config),
            },
            "layers": [
                {"mediaType": LAYER_TYPE, "digest": each.digest, "size": each.size}
                for each in ordered
            ],
        }
    )
    return Image(config, manifest)


def _named(manifest: bytes) -> tuple[str, str]:
    """Which version of which dataset it is. Errors: Tampered for a manifest that does not say."""
    said = json.loads(manifest)
    dataset, version = said.get("dataset"), said.get("version")
    if not isinstance(dataset, str) or not isinstance(version, str):
        raise Tampered(
            "A manifest does not say of which version of a dataset it is. Nothing was placed.",
            code="manifest_differs",
        )
    return dataset, version


def _folders(place: PurePosixPath, leaves: Sequence[Leaf]) -> list[PurePosixPath]:
    """Every folder of the layer, outer ones first."""
    found = {place, place.parent}
    for leaf in leaves:
        inner = PurePosixPath(leaf.path).parents
        found.update(place / folder for folder in inner)
    return sorted(found, key=lambda each: each.parts)


def _header(name: str, size: int, mode: int, kind: bytes) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.type = size, mode, kind
    return member.tobuf(tarfile.PAX_FORMAT)


def _content(leaf: Leaf, opened: Open) -> Iterator[bytes]:
    """A file's bytes and what fills its last record. Errors: Tampered when they are others."""
    hashed, size = hashlib.sha256(), 0
    with opened(leaf.digest) as content:
        while chunk := content.read(_BLOCK):
            hashed.update(chunk)
            size += len(chunk)
            if size > leaf.size:
                break
            yield chunk
    if size != leaf.size or f"sha256:{hashed.hexdigest()}" != leaf.digest:
        raise Tampered(
            f"The bytes of {leaf.path} are not what the manifest says. Nothing was placed. Tell "
            "the administrator now: the store is broken or was changed.",
            code="bytes_differ",
        )
    yield _padding(size)


def _padding(size: int) -> bytes:
    return bytes(-size % _RECORD)

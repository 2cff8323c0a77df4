"""The object store port: a few verbs over (zone, digest). Contract-tested for every backend."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from orchestrator.objectstore.zones import Zone
from orchestrator.values import Digest


@dataclass(frozen=True)
class Frozen:
    """Bytes that now lie in a zone under their own digest; `size` in bytes."""

    digest: Digest
    size: int


class ObjectStore(Protocol):
    """Bytes by digest. All verbs are idempotent and durable when they return."""

    def freeze(self, zone: Zone, stream: BinaryIO, limit: int) -> Frozen:
        """Copy a stream into `inbox` or `quarantine` under the SHA-256 of its bytes, in one pass.

        Shape: read once from the current position to the end, never rewound.
        Units: `limit` and `Frozen.size` in bytes.
        Errors: Invalid past `limit` or for another zone; Unavailable when the disk refuses.
        Nothing stays behind then.
        Source: design property 3.
        """

    def freeze_tree(self, zone: Zone, files: Sequence[Path], limit: int) -> list[Frozen]:
        """Freeze many local files with one flush for all of them; answers in their order.

        Shape: regular files only; a link is refused, because it may point anywhere.
        Units: `limit` in bytes over all files.
        Errors: as `freeze`, Invalid also for a file that cannot be read; all or none are kept.
        """

    def copy(self, source: Zone, digest: Digest, target: Zone) -> None:
        """Move a copy along `zones.MOVES`, re-hashed on the way.

        Errors: NotFound without the source; Tampered when its bytes are not its name; Invalid for
        a pair outside `MOVES`; Unavailable when the disk refuses. The target is untouched then.
        """

    def open(self, zone: Zone, digest: Digest) -> AbstractContextManager[BinaryIO]:
        """Read the bytes. Errors: NotFound. The caller re-hashes where it hands over."""

    def stat(self, zone: Zone, digest: Digest) -> int | None:
        """Size in bytes, or None when not there."""

    def verify(self, zone: Zone, digest: Digest) -> int:
        """Re-hash and return the size. Errors: NotFound; Tampered when the digest differs."""

    def delete(self, zone: Zone, digest: Digest) -> None:
        """Remove, if there."""

    def digests(self, zone: Zone) -> Iterator[Digest]:
        """All digests of a zone, in no order; for closure scans and verification."""


class Depot(ObjectStore, Protocol):
    """A store whose bytes can also be had as files of this machine, and tidied: for the hands.

    Shape: `root` is a folder of this machine that belongs to the store; trees are made below it.
    """

    root: Path

    def local(self, zone: Zone, digest: Digest) -> AbstractContextManager[Path]:
        """A file with these bytes for as long as the block lasts, re-hashed before it begins.

        Shape: read-only; it may be the store's own file, so nobody may change it.
        Errors: NotFound; Tampered when the bytes are not their name; Unavailable.
        """

    def place(self, zone: Zone, digest: Digest, target: Path) -> None:
        """Make `target` a read-only file with these bytes; it is not there before.

        Shape: a store of this machine links its own file, which was hashed when it was copied
        into its zone; bytes that have to be fetched are hashed on arrival.
        Errors: NotFound; Tampered; Unavailable when this disk or the store refuses. No half of a
        file stays.
        """

    def sweep(self, before: float) -> int:
        """Remove what a killed process left half written; returns how many.

        Units: `before` in seconds since the epoch: what is younger may still be written.
        """

    def collect(self, zone: Zone, keep: Collection[Digest], before: float) -> int:
        """Remove from `inbox` or `quarantine` what nobody waits for any more; returns how many.

        Shape: only files frozen before `before` (seconds since the epoch): one that was frozen a
        moment ago has no row yet. Freezing the same bytes again makes them new again.
        Errors: Invalid for another zone.
        """

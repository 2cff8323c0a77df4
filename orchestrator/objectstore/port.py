"""The object store port: a few verbs over (zone, digest). Contract-tested for every backend."""

from collections.abc import Iterator, Sequence
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

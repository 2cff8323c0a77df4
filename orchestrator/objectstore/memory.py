"""The object store as a world in memory, for tests; it can be told to fail at its next call."""

import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import BinaryIO

from orchestrator.errors import Invalid, NotFound, Tampered, TreError
from orchestrator.objectstore.port import Frozen
from orchestrator.objectstore.zones import MOVES, Zone
from orchestrator.values import Digest, digest_of, parse_digest


class MemoryStore:
    """Bytes in dictionaries, one per zone."""

    def __init__(self) -> None:
        """Begin empty."""
        self.zones: dict[Zone, dict[Digest, bytes]] = {zone: {} for zone in Zone}
        self.next_error: TreError | None = None

    def fail_next(self, error: TreError) -> None:
        """Raise this at the next call that touches bytes, once."""
        self.next_error = error

    def freeze(self, zone: Zone, stream: BinaryIO, limit: int) -> Frozen:
        """See the port."""
        self._perhaps_fail()
        _require_freezable(zone)
        data = b"".join(iter(lambda: stream.read(1 << 16), b""))
        if len(data) > limit:
            raise Invalid(f"This is larger than {limit:,} bytes.", code="too_large")
        self.zones[zone][digest_of(data)] = data
        return Frozen(digest_of(data), len(data))

    def freeze_tree(self, zone: Zone, files: Sequence[Path], limit: int) -> list[Frozen]:
        """See the port."""
        self._perhaps_fail()
        _require_freezable(zone)
        if any(file.is_symlink() or not file.is_file() for file in files):
            raise Invalid("One of these is not a regular file.", code="not_a_file")
        data = [file.read_bytes() for file in files]
        if sum(map(len, data)) > limit:
            raise Invalid(f"This is larger than {limit:,} bytes.", code="too_large")
        return [self.freeze(zone, io.BytesIO(one), limit) for one in data]

    def copy(self, source: Zone, digest: Digest, target: Zone) -> None:
        """See the port."""
        self._perhaps_fail()
        if (source, target) not in MOVES:
            raise Invalid(f"Nothing may be copied from {source} to {target}.", code="bad_move")
        self.verify(source, digest)
        self.zones[target][digest] = self.zones[source][digest]

    def open(self, zone: Zone, digest: Digest) -> AbstractContextManager[BinaryIO]:
        """See the port."""
        self._perhaps_fail()
        return closing(io.BytesIO(self._bytes(zone, digest)))

    def stat(self, zone: Zone, digest: Digest) -> int | None:
        """See the port."""
        data = self.zones[zone].get(parse_digest(digest))
        return None if data is None else len(data)

    def verify(self, zone: Zone, digest: Digest) -> int:
        """See the port."""
        self._perhaps_fail()
        data = self._bytes(zone, digest)
        if digest_of(data) != digest:
            raise Tampered(f"The bytes of {digest[:19]}… differ.", code="bytes_differ")
        return len(data)

    def delete(self, zone: Zone, digest: Digest) -> None:
        """See the port."""
        self._perhaps_fail()
        self.zones[zone].pop(parse_digest(digest), None)

    def digests(self, zone: Zone) -> Iterator[Digest]:
        """See the port."""
        return iter(list(self.zones[zone]))

    def _bytes(self, zone: Zone, digest: Digest) -> bytes:
        try:
            return self.zones[zone][parse_digest(digest)]
        except KeyError as error:
            raise NotFound(f"There is no {digest[:19]}… in {zone}.", code="no_bytes") from error

    def _perhaps_fail(self) -> None:
        error, self.next_error = self.next_error, None
        if error is not None:
            raise error


def _require_freezable(zone: Zone) -> None:
    if zone not in (Zone.INBOX, Zone.QUARANTINE):
        raise Invalid(f"Nothing is stored in {zone} from outside.", code="bad_zone")

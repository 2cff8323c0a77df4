"""Carrying stored bytes from one place into an object store, along the ways that bytes may go.

Nothing enters `snapshots` or `release` but by a checked copy, here neither: bytes are frozen where
everybody's are, copied as everybody's are, and taken away where they do not belong.
"""

from collections.abc import Iterable, Mapping
from typing import BinaryIO

from orchestrator.errors import Conflict, Tampered
from orchestrator.objectstore import refuse
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.zones import MOVES, Zone
from orchestrator.values import Digest

Wanted = Mapping[Zone, frozenset[Digest]]
"""What shall lie in each zone, and nothing else."""

ENTRY = {zone: zone for zone in refuse.FREEZABLE} | {target: source for source, target in MOVES}


def require_ours(store: ObjectStore, wanted: Wanted) -> None:
    """Refuse a store that holds anything but a part of what shall be there.

    Shape: what an interrupted run left is a part of it, so that it can go on.
    Errors: Conflict naming the zone.
    """
    for zone in Zone:
        ours = wanted[zone].union(*(wanted[z] for z, entry in ENTRY.items() if entry is zone))
        foreign = sum(1 for digest in store.digests(zone) if digest not in ours)
        if foreign:
            raise Conflict(
                f"The object store already holds {foreign:,} other files in {zone}. Choose an "
                "empty one, or empty it yourself: nothing was changed.",
                code="not_empty",
            )


def carry(store: ObjectStore, zone: Zone, digest: Digest, size: int, stream: BinaryIO) -> None:
    """Store one file; what is there already is left to the verification at the end.

    Errors: Tampered when the bytes are not their name; as `freeze` and `copy`.
    """
    if store.stat(zone, digest) == size:
        return
    entry = ENTRY[zone]
    frozen = store.freeze(entry, stream, size)
    if frozen.digest != digest:
        store.delete(entry, frozen.digest)
        raise refuse.tampered(zone, digest)
    if entry is not zone:
        store.copy(entry, digest, zone)


def settle(store: ObjectStore, wanted: Wanted) -> int:
    """Take away what was only passing, then hash everything; returns how many files are there.

    Errors: Tampered for bytes that are not their name, or that are missing.
    """
    for zone in refuse.FREEZABLE:
        for digest in set(store.digests(zone)) - wanted[zone]:
            store.delete(zone, digest)
    for zone in Zone:
        _require_all(zone, wanted[zone], store.digests(zone))
        for digest in sorted(wanted[zone]):
            store.verify(zone, digest)
    return sum(map(len, wanted.values()))


def _require_all(zone: Zone, wanted: frozenset[Digest], there: Iterable[Digest]) -> None:
    if missing := wanted - set(there):
        raise Tampered(
            f"{len(missing):,} files are missing in {zone}, {min(missing)[:19]}… first. Nothing "
            "is finished: run it again.",
            code="bytes_missing",
        )

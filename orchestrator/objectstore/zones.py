"""[pure] The zones bytes can lie in, and which way they may move between them."""

from enum import StrEnum


class Zone(StrEnum):
    """A place for bytes with one purpose."""

    INBOX = "inbox"  # a partner's upload, not yet verified
    SNAPSHOTS = "snapshots"  # admitted files, content-addressed, immutable
    QUARANTINE = "quarantine"  # frozen airlock files, under check and review
    RELEASE = "release"  # approved files; filled from quarantine only


MOVES: frozenset[tuple[Zone, Zone]] = frozenset(
    {(Zone.INBOX, Zone.SNAPSHOTS), (Zone.QUARANTINE, Zone.RELEASE)}
)
"""The copies that exist; every other pair is refused."""

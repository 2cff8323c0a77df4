"""What every store refuses, in the same words wherever the bytes lie."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import Invalid, NotFound, Tampered
from orchestrator.objectstore.paths import shown
from orchestrator.objectstore.zones import MOVES, Zone
from orchestrator.values import Digest

FREEZABLE = (Zone.INBOX, Zone.QUARANTINE)


def unless_freezable(zone: Zone) -> None:
    """Refuse a zone that is filled by a checked copy only.

    Errors: Invalid.
    """
    if zone not in FREEZABLE:
        raise Invalid(
            f"Nothing is stored in {zone} from outside; it is filled by a checked copy only.",
            code="bad_zone",
        )


def unless_a_move(source: Zone, target: Zone) -> None:
    """Refuse a copy that is not in `zones.MOVES`.

    Errors: Invalid.
    """
    if (source, target) not in MOVES:
        raise Invalid(f"Nothing may be copied from {source} to {target}.", code="bad_move")


def missing(zone: Zone, digest: Digest) -> NotFound:
    """No bytes under this name."""
    return NotFound(f"There is no file {digest[:19]}… in {zone}.", code="no_bytes")


def tampered(zone: Zone, digest: Digest) -> Tampered:
    """Bytes that are not their name."""
    return Tampered(
        f"The bytes stored in {zone} under {digest[:19]}… are not the bytes that were frozen. "
        "Nothing was handed on. Tell the administrator now: the disk is broken or was changed.",
        code="bytes_differ",
    )


def too_large(limit: int) -> Invalid:
    """More than is accepted; `limit` in bytes."""
    return Invalid(
        f"This is larger than the {limit:,} bytes that are accepted here; nothing was stored. "
        "Send less, or ask the administrator for a larger limit.",
        code="too_large",
    )


def unreadable(source: Path) -> Invalid:
    """Something that is no regular file."""
    return Invalid(
        f"{shown(source.name)} is not a regular file that can be read; nothing was stored. "
        "Links, devices and vanished files are refused.",
        code="not_a_file",
    )


def regular_size(source: Path) -> int:
    """The size of a regular file in bytes.

    Errors: Invalid for everything else; a link may point anywhere.
    """
    try:
        seen = source.lstat()
    except OSError as error:
        raise unreadable(source) from error
    if not stat.S_ISREG(seen.st_mode):
        raise unreadable(source)
    return seen.st_size


@contextmanager
def regular(source: Path) -> Iterator[int]:
    """A regular file, opened for reading; looked at again, because it may have changed.

    Errors: Invalid for everything else.
    """
    try:
        origin = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(source) from error
    try:
        if not stat.S_ISREG(os.fstat(origin).st_mode):
            raise unreadable(source)
        yield origin
    finally:
        os.close(origin)

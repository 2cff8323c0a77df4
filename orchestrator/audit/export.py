"""Writes the log for those who verify it elsewhere: one record a line, the bytes as hashed."""

from typing import BinaryIO

from sqlmodel import Session

from orchestrator.audit import log


def write_records(session: Session, file: BinaryIO, start: int = 0, end: int | None = None) -> int:
    """Write records start..end-1 as JSON Lines; returns how many.

    Shape: canonical JSON holds no raw newline, so one line is one record, byte for byte.
    """
    count = 0
    for entry in log.entries(session, start, end):
        file.write(entry.record + b"\n")
        count += 1
    return count


def write_leaves(session: Session, file: BinaryIO) -> int:
    """Write the leaf hashes in hexadecimal, one a line; returns how many.

    Shape: 32 bytes say nothing about a record, and whoever keeps them can later name the first
    changed entry exactly.
    """
    count = 0
    for entry in log.entries(session):
        file.write(entry.leaf_hash.hex().encode() + b"\n")
        count += 1
    return count

"""dBase: the table that old databases, maps (shapefiles) and statistics programs exchange.

Source: the layout of dBase III to 7 files as Clipper, FoxPro and R's `foreign` write them.
"""

import struct

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.cells import of_double
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_HEAD, _FIELD = 32, 32
_END = 0x0D
_LIVE, _DELETED = b" \0", b"*"
"""Marks of rows that stand and that do not; some programs leave the first empty."""
_WHOLE = {"I": "<i", "O": "<d", "B": "<d"}
"""Types whose values are numbers in bytes; those of all others are printed."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a dBase file; rows that are marked as deleted are a table beside it.

    Errors: Unreadable (TRUNCATED) where its sizes do not fit.
    """
    if len(data) < _HEAD + 1:
        raise Unreadable(Note.TRUNCATED, len(data))
    count, begin, width = struct.unpack_from("<IHH", data, 4)
    fields = _fields(data, begin)
    end = begin + count * width
    if width != 1 + sum(size for _, _, size in fields) or not _HEAD < begin <= end <= len(data):
        raise Unreadable(Note.TRUNCATED, begin)
    told = _HEAD + _FIELD * len(fields) + 1
    spans = [Span(0, told, "head"), Span(begin, end, "table")]
    if told < begin and not any(data[told:begin]):  # room that is kept empty; else it was not read
        spans.insert(1, Span(told, begin, "room"))
    if data[end:] == b"\x1a":
        spans.append(Span(end, len(data), "end"))
    names = [name for name, _, _ in fields]
    records = [data[at : at + width] for at in range(begin, end, width)]
    live, deleted = ([_row(fields, one) for one in records if one[0] in marks]
                     for marks in (_LIVE, _DELETED))  # fmt: skip
    if len(live) + len(deleted) != count:
        raise Unreadable(Note.UNKNOWN_PART, begin)
    opening.table(path, names, live, size=len(data), spans=spans, raw=data)
    unpack(opening, path, names, live)
    if deleted:
        notes = [Observation(Note.UNUSED, count=len(deleted))]
        opening.table(opening.free(f"{below(path)}deleted"), names, deleted, notes=notes)


def _fields(data: bytes, begin: int) -> list[tuple[str, str, int]]:
    """List names, types and widths of the columns."""
    found: list[tuple[str, str, int]] = []
    for at in range(_HEAD, begin - 1, _FIELD):
        if data[at] == _END:
            break
        if at + _FIELD > len(data):
            raise Unreadable(Note.TRUNCATED, at)
        name = data[at : at + 11].split(b"\0")[0].decode("latin-1").strip()
        found.append((name, chr(data[at + 11]), data[at + 16]))
    return found


def _row(fields: list[tuple[str, str, int]], record: bytes) -> list[str]:
    row, at = list[str](), 1
    for _, kind, size in fields:
        row.append(_cell(kind, record[at : at + size]))
        at += size
    return row


def _cell(kind: str, raw: bytes) -> str:
    form = _WHOLE.get(kind)
    if form is not None and struct.calcsize(form) == len(raw):
        return of_double(struct.unpack(form, raw)[0])
    text = raw.decode("cp1252", "replace").strip(" \0")
    return _tidied(text) if kind in "NF" else text


def _tidied(text: str) -> str:
    """Take noughts off the end of a number that is printed to the width of its column."""
    return text.rstrip("0").rstrip(".") if "." in text else text

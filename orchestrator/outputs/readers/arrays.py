"""[pure] Raw array bytes as text: the types that numpy names, any byte order, any shape."""

import re
import struct
from collections.abc import Sequence
from math import prod

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import cells
from orchestrator.outputs.readers.opening import Opening, Unreadable

_KIND = re.compile(r"([<>|=]?)([?biufcSUVMm])([0-9]{0,6})(?:\[[A-Za-z0-9]{1,6}\])?\Z")
_CODES = {
    "b1": "?", "?": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H",
    "u4": "I", "u8": "Q", "f2": "e", "f4": "f", "f8": "d", "M8": "q", "m8": "q",
}  # fmt: skip
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_NOT_A_TIME = -(2**63)


def width_of(kind: str) -> int:
    """Give how many bytes one item of a type takes. Errors: Unreadable for an unknown type."""
    _, letter, size = _parsed(kind)
    if letter == "?":
        return 1
    return (4 if letter == "U" else 1) * int(size or 1)


def decode(kind: str, data: bytes, count: int) -> list[str]:
    """Write items of a type (`<f8`, `|S5`, `<U3`, `<M8[ns]`) as text.

    Errors: Unreadable (TRUNCATED) where there are too few bytes, UNKNOWN_TYPE for other types.
    """
    order, letter, size = _parsed(kind)
    width = width_of(kind)
    if count * width > len(data):
        raise Unreadable(Note.TRUNCATED)
    if letter in "SUV":
        pieces = [data[at * width : (at + 1) * width] for at in range(count)]
        return [_text(letter, order, piece) for piece in pieces]
    code = _CODES.get(letter + size)
    if letter == "c":
        code = {"8": "ff", "16": "dd"}.get(size)
    if code is None:
        raise Unreadable(Note.UNKNOWN_TYPE)
    values = struct.unpack(f"{order}{code * count if len(code) > 1 else f'{count}{code}'}",
                           data[: count * width])  # fmt: skip
    if letter == "c":
        return [f"{a!r}+{b!r}j" for a, b in zip(values[::2], values[1::2], strict=True)]
    return [_spell(letter + size, kind, value) for value in values]


def table_of(
    shape: Sequence[int], values: Sequence[str], *, fortran: bool = False
) -> list[list[str]]:
    """Lay values out as rows: the last axis is the columns, all before it the rows.

    Errors: Unreadable (TRUNCATED) where they fill no such shape.
    """
    width = shape[-1] if len(shape) > 1 else 1
    if len(values) % max(width, 1) or (fortran and len(values) != prod(shape)):
        raise Unreadable(Note.TRUNCATED)
    if fortran and len(shape) > 1:
        height = prod(shape[:-1])
        return [[values[column * height + row] for column in range(width)] for row in range(height)]
    return [list(values[at : at + width]) for at in range(0, len(values), max(width, 1))]


def add(
    opening: Opening,
    path: str,
    kind: str,
    shape: Sequence[int],
    data: bytes,
    *,
    fortran: bool = False,
) -> list[list[str]]:
    """Decode an array and add it as a table; answer its rows. A longer one than the cap is noted.

    Errors: Unreadable as for `decode`.
    """
    count = prod(shape)
    kept = min(count, opening.caps.cells)
    notes = [] if kept == count else [Observation(Note.CAPPED, at=kept)]
    if notes and len(shape) > 1:
        kept -= kept % shape[-1]
    values = decode(kind, data, kept)
    rows = table_of(shape, values, fortran=fortran and not notes)
    if rows and len(rows[0]) > max(opening.caps.columns, 1) and len(rows) < len(rows[0]):
        rows = [list(row) for row in zip(*rows, strict=True)]
    if rows and rows[0]:
        names = [f"column {at}" for at in range(1, len(rows[0]) + 1)]
        opening.table(opening.free(path), names, rows, header=False, notes=notes)
    return rows


def _parsed(kind: str) -> tuple[str, str, str]:
    found = _KIND.match(kind)
    if not found:
        raise Unreadable(Note.UNKNOWN_TYPE)
    order = found[1].replace("|", "<").replace("=", "<") or "<"
    return order, found[2], found[3]


def _text(letter: str, order: str, piece: bytes) -> str:
    if letter == "U":
        return piece.decode("utf-32-le" if order == "<" else "utf-32-be", "replace").rstrip("\0")
    return cells.of_bytes(piece.rstrip(b"\0"))


def _spell(kind: str, full: str, value: bool | int | float) -> str:
    if kind == "M8" and isinstance(value, int):
        unit = full.partition("[")[2].rstrip("]")
        if value == _NOT_A_TIME:
            return ""
        return cells.of_days(value) if unit == "D" else cells.of_moment(
            value, _PER_SECOND.get(unit, 1_000_000_000))  # fmt: skip
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return cells.of_double(value) if kind == "f8" else cells.of_single(value)
    return str(value)

"""npy and npz: header as a literal, values as a table; objects are pickles, walked as such."""

import ast
from math import prod

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import arrays, zips
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_MAGIC = b"\x93NUMPY"


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read one array.

    Errors: Unreadable (TRUNCATED) for a header or a body of another size than it says.
    """
    wide = 2 if data[6:7] == b"\x01" else 4
    start = 8 + wide + int.from_bytes(data[8 : 8 + wide], "little")
    kind, shape, fortran = _header(data[8 + wide : start])
    spans = [Span(0, start, "header")]
    if kind == "|O":
        opening.container(path, data, [*spans, Span(start, len(data), "pickle")],
                          [Observation(Note.PICKLED)])  # fmt: skip
        opening.inner(f"{below(path)}objects", data[start:], kind="pickle")
        return
    if not isinstance(kind, str):
        _records(opening, path, data, start, kind, shape)
        return
    end = start + prod(shape) * arrays.width_of(kind)
    if end > len(data):
        raise Unreadable(Note.TRUNCATED, start)
    opening.container(path, data, [*spans, Span(start, end, "values")])
    arrays.add(opening, f"{below(path)}values", kind, shape, data[start:end], fortran=fortran)


def read_archive(opening: Opening, path: str, data: bytes) -> None:
    """Read an npz: a zip of arrays; arrays of one length also as the columns of one table."""
    archive = zips.walk(data)
    zips.add_archive(opening, path, data, archive)
    start = len(opening.parts)
    for member in archive.members:
        zips.add_member(opening, below(path) + zips.safe_name(member.name), data, member)
    add_joined(opening, path, start)


def add_joined(opening: Opening, path: str, start: int) -> None:
    """Put tables of as many rows, added since `start`, side by side: columns kept apart."""
    tables = [part.table for part in opening.parts[start:] if part.table and part.table.rows]
    for size in sorted({len(table.rows) for table in tables if len(table.rows) > 1}):
        alike = [table for table in tables if len(table.rows) == size]
        if len(alike) < 2:
            continue
        rows = [[cell for table in alike for cell in table.rows[at]] for at in range(size)]
        names = [f"column {at}" for at in range(1, len(rows[0]) + 1)]
        opening.table(opening.free(f"{below(path)}together/{size}"), names, rows, header=False)


def _header(text: bytes) -> tuple[str | list[tuple[str, str]], tuple[int, ...], bool]:
    try:
        value = ast.literal_eval(text.decode("latin-1").strip())
        kind, shape, fortran = value["descr"], value["shape"], value["fortran_order"]
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise Unreadable(Note.TRUNCATED) from error
    plain = isinstance(kind, str) or (
        isinstance(kind, list)
        and all(isinstance(f, tuple) and len(f) == 2 and isinstance(f[1], str) for f in kind)
    )
    sizes = isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)
    if set(value) != {"descr", "shape", "fortran_order"} or not (plain and sizes):
        raise Unreadable(Note.UNKNOWN_TYPE)
    return kind, shape, bool(fortran)


def _records(
    opening: Opening,
    path: str,
    data: bytes,
    start: int,
    kinds: list[tuple[str, str]],
    shape: tuple[int, ...],
) -> None:
    """Read an array of records: one column for each field."""
    widths = [arrays.width_of(kind) for _, kind in kinds]
    size, count = sum(widths), prod(shape)
    if start + size * count > len(data):
        raise Unreadable(Note.TRUNCATED, start)
    spans = [Span(0, start, "header"), Span(start, start + size * count, "values")]
    opening.container(path, data, spans)
    columns: list[list[str]] = []
    offset = start
    for (_, kind), width in zip(kinds, widths, strict=True):
        piece = b"".join(
            data[offset + at * size : offset + at * size + width] for at in range(count)
        )
        columns.append(arrays.decode(kind, piece, count))
        offset += width
    rows = [list(row) for row in zip(*columns, strict=True)]
    opening.table(opening.free(f"{below(path)}values"), [name for name, _ in kinds], rows)

"""CSV and TSV: one strict parse with one delimiter and one width, or could-not-check."""

import csv
import io
import itertools
import math
import re
from collections.abc import Sequence

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening, Unreadable

DELIMITERS = (",", ";", "\t", "|")
_HIDDEN = (" ", ":", "^", "~", "#", "&", "_", "/", "!", "$", "*", "@", "|", ";", ",", "\t")
_FORMULA = re.compile(r"[=@].|[+-](?:[a-zA-Z(](?!nf\b))")


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a delimited file as one table, and packed columns as tables of their own.

    Errors: Unreadable for a file without one dialect, with the first line that differs.
    """
    decoded = decode(data, "table")
    rows = parse(decoded.content)
    columns, body, header = split_header(rows)
    notes = [*decoded.notes, *_formulas(body)]
    opening.table(
        path, columns, body, header=header, notes=notes, size=len(data), spans=decoded.spans,
        raw=data,
    )  # fmt: skip
    unpack(opening, path, columns, body)


def parse(content: str, delimiters: Sequence[str] = DELIMITERS) -> list[list[str]]:
    """Parse text with the delimiter that gives the most columns at one width.

    Errors: Unreadable (RAGGED) with the 1-based line where the best try broke.
    """
    best: list[list[str]] = []
    broken = 0
    for delimiter in (*(mark for mark in delimiters if mark in content), "\x1f"):
        try:
            rows = _parse(content, delimiter)
        except Unreadable as stop:
            broken = max(broken, stop.at)
            continue
        if rows and len(rows[0]) > len(best[0] if best else ()):
            best = rows
    if broken and (not best or len(best[0]) == 1):
        raise Unreadable(Note.RAGGED, broken)
    return best


def split_header(rows: list[list[str]]) -> tuple[list[str], list[list[str]], bool]:
    """Tell a header from data: names that are distinct, present, and not numbers like the rest.

    Shape: (columns, body, header); columns are named by position where there is no header.
    """
    if not rows:
        return [], [], False
    first = rows[0]
    if _is_header(first, rows[1:]):
        return list(first), rows[1:], True
    return [f"column {index}" for index in range(1, len(first) + 1)], rows, False


def unpack(
    opening: Opening, path: str, columns: Sequence[str], body: Sequence[Sequence[str]]
) -> None:
    """Open columns that pack several values into each cell (`97|F|1997`) as tables.

    Source: outputs 4.2 (where row data hides).
    """
    inner = "/" if "!/" in path else "!/"
    for index, name in enumerate(columns):
        cells = [row[index] for row in body if row[index]]
        for mark in _HIDDEN:
            width = cells[0].count(mark) if cells else 0
            if width >= 2 and all(cell.count(mark) == width for cell in cells):
                split = [row[index].split(mark) if row[index] else [""] * (width + 1)
                         for row in body]  # fmt: skip
                names = name.split(mark) if name.count(mark) == width else None
                names = names or [f"column {step}" for step in range(1, width + 2)]
                opening.table(opening.free(f"{path}{inner}packed/{index + 1}"), names, split,
                              header=False)  # fmt: skip
                break


def is_number(text: str) -> bool:
    """Say whether a cell is written as a number."""
    stripped = text.strip().rstrip("%").lstrip("<>≤≥~ ")
    if not stripped or "_" in stripped:
        return False
    try:
        return math.isfinite(float(stripped)) and (stripped[-1].isdigit() or stripped[-1] == ".")
    except ValueError:
        return False


def _parse(content: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    blank = 0
    try:
        for row in reader:
            if not row:
                blank = blank or reader.line_num
                continue
            if blank or (rows and len(row) != len(rows[0])):
                raise Unreadable(Note.RAGGED, blank or reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise Unreadable(Note.RAGGED, max(reader.line_num, 1)) from error
    return rows


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    names = [name.strip() for name in first]
    if len(set(names)) != len(names) or any(not name for name in names[1:]):
        return False
    numeric = [is_number(name) for name in names]
    if not any(numeric):
        return True
    if numeric[0] or not body:
        return False
    years = [float(name) for name, number in zip(names, numeric, strict=True) if number]
    categories = all(a < b for a, b in itertools.pairwise(years))
    whole = all(year == int(year) for year in years)
    return len(years) > 1 and all(numeric[1:]) and categories and whole


def _formulas(body: Sequence[Sequence[str]]) -> list[Observation]:
    at = [
        number
        for number, row in enumerate(body, 1)
        if any(cell[:1] in "=@+-" and _FORMULA.match(cell) for cell in row)
    ]
    return [Observation(Note.FORMULA, at=at[0], count=len(at))] if at else []

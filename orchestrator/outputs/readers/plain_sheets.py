"""Sheets that are written as text: SYLK, DIF and SocialCalc, a cell or half a cell on each line.

Source: the Symbolic Link format as Multiplan wrote it; Data Interchange Format, VisiCalc's
technical notes; `SocialCalc.ParseSheetSave`.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.office import add_grid
from orchestrator.outputs.readers.opening import Opening, below

Cell = tuple[int, int, str]
"""Row, column, both from 1, and what the cell shows."""

_SEMICOLON = re.compile(r"(?<!;);(?!;)")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_NUMBERED = {"vt", "vtf", "vtc"}
"""Keys whose value has its type before it."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a sheet: all of it as text, and its cells as tables. Errors: as for text."""
    decoded = decode(data, "text")
    opening.text(path, decoded.content, notes=decoded.notes, size=len(data), spans=decoded.spans)
    lines = decoded.content.splitlines()
    grid: dict[int, dict[int, str]] = {}
    for row, column, shown in _cells_of(lines)(lines):
        grid.setdefault(row, {})[column] = shown
    add_grid(opening, f"{below(path)}sheet", grid)


def _cells_of(lines: Sequence[str]) -> Callable[[Sequence[str]], Iterator[Cell]]:
    first = lines[0].strip() if lines else ""
    if first.startswith("ID;"):
        return _sylk
    return _dif if first.upper() == "TABLE" else _socialcalc


def _sylk(lines: Sequence[str]) -> Iterator[Cell]:
    """Give the cells of SYLK; a place that a record leaves out is that of the record before."""
    row = column = 1
    for line in lines:
        kind, *fields = _SEMICOLON.split(line)
        for field in fields if kind in {"C", "F"} else ():
            letter, value = field[:1], field[1:].replace(";;", ";")
            if letter in {"X", "Y"} and value.isdecimal():
                row, column = (row, int(value)) if letter == "X" else (int(value), column)
        for field in fields if kind == "C" else ():
            if field[:1] == "K":
                yield row, column, _unquoted(field[1:].replace(";;", ";"))


def _dif(lines: Sequence[str]) -> Iterator[Cell]:
    """Give the cells of DIF: below a head of three lines each, two lines with type and text."""
    begins = [at + 3 for at in range(0, len(lines), 3) if lines[at].strip().upper() == "DATA"]
    body = lines[begins[0] :] if begins else []
    row = column = 0
    for head, text in zip(body[::2], body[1::2], strict=False):
        kind, _, number = head.strip().partition(",")
        if kind == "-1":
            row, column = row + 1, 0
        elif row and kind in {"0", "1"}:
            column += 1
            yield row, column, _unquoted(text.strip()) if kind == "1" else number.strip()


def _socialcalc(lines: Sequence[str]) -> Iterator[Cell]:
    """Give the cells of SocialCalc: place, then pairs of a key and a value."""
    for line in lines:
        kind, _, rest = line.partition(":")
        place, *pairs = rest.split(":")
        found = _PLACE.match(place)
        if kind != "cell" or found is None:
            continue
        for at, key in enumerate(pairs):
            value = pairs[at + 1 + (key in _NUMBERED) :][:1]
            if key in {"t", "v", *_NUMBERED} and value:
                yield int(found[2]), _column(found[1]), _unescaped(value[0])
                break


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _unquoted(value: str) -> str:
    return value[1:-1].replace('""', '"') if value[:1] == '"' == value[-1:] else value


def _unescaped(value: str) -> str:
    return value.replace("\\c", ":").replace("\\n", "\n").replace("\\b", "\\")

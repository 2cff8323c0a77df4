r"""[pure] Rows in layouts that programs have for looking at data: glimpses, tibbles, tuples.

Source: `glimpse` of dplyr and polars, `str` of R and `list.tree` of Hmisc print a line for each
column; tibbles of R print a line of types below the names; `fetchall` and echoes of databases print
tuples of Python.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from orchestrator.outputs.readers.instream import LITERAL, literals

_TYPE = re.compile(r"<([A-Za-z][\w.,\[\]() +-]{0,24})>")
_GLIMPSE = re.compile(r"\$ (?P<name>\S.{0,60}?)\s+<[^<>\s]{1,30}>\s(?P<values>.*)\Z")
_STRUCTURE = re.compile(
    r"\s?(?:\.\.)?\$ (?P<name>\S.{0,60}?)\s*: (?:int|num|chr|logi|Date\[1:\d+\], format:|"
    r"Factor w/ \d+ levels? [^:]{1,200}:) (?P<values>.*)\Z"
)
_TREE = re.compile(
    r"\.?\s*(?P<name>\S.{0,60}?) = (?:integer|double|numeric|character|logical) \d+="
    r" (?P<values>.*)\Z"
)
_CELL = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^\s,\"']+))\s*,?")
_CUT = ("…", "...", "..")
_FEW = 2
"""Fewer columns, or tuples, are no rows."""
_LEFT = frozenset({"chr", "fct", "ord", "date", "dttm", "lgl", "list", "factor", "str"})
"""Types that tibbles print from the left; all others end in one line."""
_NUMBERED = re.compile(r"\s{0,6}(?:\d+|\*)\s")
_WRAPPED = re.compile(r"(?:datetime\.)?(?:Decimal|date|datetime|Timestamp|UUID)\(([^()]{0,60})\)")
_TUPLES = re.compile(rf"\({LITERAL}(?:,{LITERAL}){{2,60}}+,?\)(?=\s*[,\])]|\s*\Z)", re.MULTILINE)
_LONGEST = 100_000
"""Units: characters of a line."""

Found = tuple[list[str], list[list[str]]]


def find_glances(content: str) -> Iterator[Found]:
    """List the tables in such layouts."""
    lines = [line[:_LONGEST] for line in content.splitlines()]
    for kind in (_GLIMPSE, _STRUCTURE, _TREE):
        yield from _columns([kind.match(line) for line in lines])
    for at, line in enumerate(lines):
        types = list(_TYPE.finditer(line))
        bare = _TYPE.sub("", line).strip(" *")
        if at and len(types) >= _FEW and not bare:
            yield from _tibble(lines[at - 1], types, lines[at + 1 :])


def _columns(matches: Sequence[re.Match[str] | None]) -> Iterator[Found]:
    """Turn lines that are columns into rows; a column that was cut short ends with blanks."""
    block: list[re.Match[str]] = []
    for match in [*matches, None]:
        if match is not None:
            block.append(match)
            continue
        if len(block) >= _FEW:
            columns = [_cells(one["values"]) for one in block]
            size = max(map(len, columns))
            padded = [column + [""] * (size - len(column)) for column in columns]
            yield (
                [one["name"].strip("`\"'") for one in block],
                [*map(list, zip(*padded, strict=True))],
            )
        block = []


def _cells(values: str) -> list[str]:
    """Split the values of a column; the last one is left out where it was cut."""
    found = ["".join(match.groups("")) for match in _CELL.finditer(values.strip())]
    whole = [cell for cell in found if cell not in _CUT]
    cut = bool(whole) and whole[-1].endswith("…")
    return whole[:-1] if cut else whole


def _tibble(heads: str, types: Sequence[re.Match[str]], below: Sequence[str]) -> Iterator[Found]:
    """Cut the rows below a line of types: by where texts begin, and where numbers end."""
    body = [*takewhile(_NUMBERED.match, below)]
    if not body:
        return
    cuts = [_cut(types, at, [heads, *body]) for at in range(1, len(types))]
    first = max(match.end() for line in body if (match := _NUMBERED.match(line)))
    edges = [first - 1, *cuts, max(map(len, [heads, *body]))]
    spans = [*pairwise(edges)]
    yield ([heads[a:b].strip() for a, b in spans],
           [[line[a:b].strip().strip('"') for a, b in spans] for line in body])  # fmt: skip


def _cut(types: Sequence[re.Match[str]], at: int, lines: Sequence[str]) -> int:
    """Say where a column begins."""
    if types[at][1] in _LEFT:
        return types[at].start()
    start = types[at - 1].start() if types[at - 1][1] in _LEFT else types[at - 1].end()
    blank = [place for place in range(start, types[at].end())
             if all(line[place : place + 1] in {"", " "} for line in lines)]  # fmt: skip
    inner = [
        place for place in blank if any(line[place : types[at].end()].strip() for line in lines)
    ]
    return max(inner, default=start)


def find_tuples(content: str) -> Iterator[Found]:
    """List the tuples of Python in a text, those of one width together.

    Shape: of three values and more; dates and decimals as they are spelled inside.
    """
    plain = _WRAPPED.sub(lambda match: match[1].replace(", ", "-"), content)
    found: dict[int, list[list[str]]] = {}
    for match in _TUPLES.finditer(plain):
        row = literals(match[0][1:-1].rstrip(","))
        found.setdefault(len(row), []).append(row)
    for width, rows in found.items():
        if len(rows) >= _FEW:
            yield [f"column {at}" for at in range(1, width + 1)], rows

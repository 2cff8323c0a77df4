"""Tables that are drawn all around, with signs of a typewriter."""

from collections.abc import Sequence
from itertools import dropwhile, pairwise

_RULE = frozenset("+-|= ")
"""What a line between two rows is drawn with."""
_FEWEST_BARS, _TITLE = 3, 2
"""Units: bars; a line with two is one cell."""


def box(lines: Sequence[str]) -> list[list[str]]:
    """Cut a table that is drawn all around where its bars stand: the names first, then the rows.

    Shape: nothing where there is no box. Rules are drawn with `+`, also partly; each line has a bar
    at both ends, and none where the fullest line has none. A wide cell names each column below it,
    one as wide as the table none: it is a title.
    Source: tables of PSPP and SPSS as text, `psql` with borders, grids of `tabulate`.
    """
    drawn = [*dropwhile(lambda text: text[0] not in "+|", map(str.strip, lines))]
    inside = [text for text in drawn if not set(text) <= _RULE]
    if len(inside) < 2 or len(drawn) == len(inside) or len({*map(len, drawn)}) > 1:
        return []
    bars = [[at for at, char in enumerate(text) if char == "|"] for text in inside]
    grid = max(bars, key=len)
    if len(grid) < _FEWEST_BARS or grid[0]:
        return []
    if any(own[0] != grid[0] or own[-1] != grid[-1] for own in bars if own) or not all(bars):
        return []
    if any(not set(own) <= set(grid) for own in bars):
        return []
    if not any("+" in text for text in drawn if set(text) <= _RULE):
        return []
    rows = [_cells(text, own, grid) for text, own in zip(inside, bars, strict=True)]
    above = bars.index(grid)
    wide = [_filled(row, own, grid) for row, own in zip(rows[:above], bars, strict=False)
            if len(own) > _TITLE]  # fmt: skip
    names = [" ".join(dict.fromkeys(filter(None, cells)))
             for cells in zip(*wide, rows[above], strict=True)]  # fmt: skip
    return [names, *rows[above + 1 :]]


def _cells(text: str, bars: Sequence[int], grid: Sequence[int]) -> list[str]:
    """Cut a line; a wide cell stands in the first of its columns."""
    ends = dict(pairwise(bars))
    return [text[at + 1 : ends[at]].strip() if at in ends else "" for at in grid[:-1]]


def _filled(row: Sequence[str], bars: Sequence[int], grid: Sequence[int]) -> list[str]:
    """Write a wide cell into each of its columns."""
    found: list[str] = []
    for cell, at in zip(row, grid, strict=False):
        found.append(cell if at in bars or not found else found[-1])
    return found

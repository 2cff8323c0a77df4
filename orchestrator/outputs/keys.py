"""[pure] What a column is by where it stands: row numbers, the keys of groups, marks of people.

An aggregate has one row for each combination of its keys, and programs write keys first, each row
of them once and in order (`GROUP BY`, `group_by`, `groupby`). A printed data frame numbers its
rows in the first column. A table with one row per person has no such keys; what happened to a
person is a one there, what did not a zero.
Source: decision 0023; the layouts that R, pandas, Stata and SQL write by themselves.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from orchestrator.outputs.canon import is_missing, number

_RUN = 3
"""Fewer numbers in a row are no enumeration: two counts are often neighbours."""
_GROUPS = 4
"""Fewer groups stand in order by chance: three every sixth time."""
_MANY = 20
"""So many groups without one count of two are rare, so many people are not."""


_OPEN = re.compile(r"(?:>=|≥|>) ?(\d{1,6})\Z|(\d{1,6}) ?(?:\+|or more|and more|and over)\Z")
"""The last class of many tables has no upper end."""


def enumerates(cells: Sequence[str], *, alone: bool = False) -> bool:
    """Say whether a column numbers its rows: 0, 1, 2, ... or 1, 2, 3, ...

    Shape: a column `alone` in its table only from 0, as programs count; what people list from 1
    might be counts.
    """
    values = [number(cell) for cell in cells]
    if len(cells) < _RUN:
        return alone and values == [0, 1]  # the classes of a model
    starts = (0,) if alone else (0, 1)
    return any(values == list(range(start, start + len(values))) for start in starts)


def codes(cells: Sequence[str]) -> bool:
    """Say whether a column holds the codes of a yes and a no: 0 and 1, or 1 and 2."""
    values = {number(cell) for cell in cells}
    return values in ({0.0, 1.0}, {1.0, 2.0})


def key_columns(columns: Sequence[Sequence[str]], usable: Sequence[bool]) -> list[int]:
    """List the positions of the keys among the columns left of the first measured one.

    Shape: the fewest first columns that name each row once and stand in order; none where there
    are no such columns, or too few rows to tell order from chance. What the columns before it make
    needless is no key.
    """
    places = [at for at, use in enumerate(usable) if use]
    rows = list(zip(*(columns[at] for at in places), strict=True))
    for width in range(1, len(places) + 1) if len(rows) > 1 else ():
        own = [row[:width] for row in rows]
        if len(set(own)) == len(own):
            told = len(own) >= _GROUPS or all(
                codes(columns[at]) or not any(map(_known, columns[at])) or is_open(columns[at])
                for at in places[:width]
            )
            return places[:width] if told and _in_order(own) else []
    return []


def only_flags(cells: Sequence[str]) -> bool:
    """Say whether a long column holds zeros and ones, both more than once, and nothing else."""
    values = [number(cell) for cell in cells if not is_missing(cell)]
    return (
        len(values) >= _MANY
        and set(values) == {0.0, 1.0}
        and min(values.count(0.0), values.count(1.0)) > 1
    )


def _in_order(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether rows stand as a grouping writes them: what ended does not come again.

    Shape: all keys but the last in runs; the last rises within each run, or is text.
    """
    runs: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        runs.setdefault(tuple(row[:-1]), []).append(row[-1])
    broken = 1 + sum(a[:-1] != b[:-1] for a, b in pairwise(rows))
    return broken == len(runs) and all(map(_rises, runs.values()))


def _rises(cells: Sequence[str]) -> bool:
    """Say whether cells rise, or are no numbers; the last may be open: `4`, `5+`."""
    values = [value for value in map(number, cells) if value is not None]
    if values and len(values) == len(cells) - 1 and (last := _OPEN.match(cells[-1].strip())):
        values.append(float(last[1] or last[2]))
    return len(values) in {0, len(cells)} and all(a < b for a, b in pairwise(values))


def is_open(cells: Sequence[str]) -> bool:
    """Say whether the last cell has no upper end, as a class of a number and no count does."""
    return _OPEN.match(cells[-1].strip()) is not None and all(map(_known, cells[:-1]))


def _known(cell: str) -> bool:
    return number(cell) is not None

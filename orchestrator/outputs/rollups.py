"""[pure] Levels of a variable in tables that also hold the totals over them: keys, and no counts.

`GROUP BY ROLLUP` and `CUBE`, and margins of cross tables in long form, write a blank, `NULL` or
`Total` where a row is about all levels of a variable. Such a column may be one of zeros and ones.
What tells it from a column of counts with a few of them left out is the sum: the rows of the levels
make the row that is about all of them.
Source: outputs section 3, "Finding count columns"; DuckDB, MariaDB, PostgreSQL, Spark.
"""

from collections import defaultdict
from collections.abc import Sequence

from orchestrator.outputs.canon import is_missing
from orchestrator.outputs.cells import whole
from orchestrator.outputs.naming import LABELS, Role, is_total

_KEYS = LABELS | {Role.UNKNOWN, Role.COUNT}
_LEAST = 2
"""So many totals must be right: one sum may be so by chance."""


def rolled_up(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell the columns of levels by the totals over them.

    Shape: a count column to the right; what names its rows are labels, and columns left of it that
    are unclear or seem to count.
    """
    told = list(found)
    counting = [at for at, role in enumerate(found) if role is Role.COUNT]
    for at, role in enumerate(found):
        if role not in {Role.UNKNOWN, Role.COUNT} or not any(map(_is_all, columns[at])):
            continue
        for last in (one for one in counting if one > at):
            keys = [key for key in range(last) if key != at and found[key] in _KEYS]
            if _are_summed(columns[at], [columns[key] for key in keys], columns[last]):
                told[at] = Role.AXIS
    return told


def _is_all(cell: str) -> bool:
    return is_missing(cell) or is_total(cell)


def _are_summed(
    levels: Sequence[str], others: Sequence[Sequence[str]], counted: Sequence[str]
) -> bool:
    """Say whether each row about all levels holds the sum of the rows of each of them."""
    totals: dict[tuple[str, ...], int | None] = {}
    parts: dict[tuple[str, ...], dict[str, int | None]] = defaultdict(dict)
    for at, level in enumerate(levels):
        key = tuple(column[at] for column in others)
        own = None if _is_all(level) else level
        if (own is None and key in totals) or own in parts[key]:
            return False  # a row that comes twice is no group
        if own is None:
            totals[key] = whole(counted[at])
        else:
            parts[key][own] = whole(counted[at])
    whole_ones = [key for key in totals if parts[key]]
    return len(whole_ones) >= _LEAST and all(
        totals[key] is not None and totals[key] == sum(n or 0 for n in parts[key].values())
        for key in whole_ones
    )

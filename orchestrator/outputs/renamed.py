"""[pure] Categories under other names: `methotrexate` for a code, told by the table's own numbers.

Analysts put words in place of codes. Where each word stands for one value of one column of the
source, and all numbers beside it are what that value gives, the rows of the table are known all the
same. Source: outputs section 3 (O02: recognised groups are counted again).
"""

from collections import Counter
from collections.abc import Sequence

from orchestrator.outputs.index import Column
from orchestrator.outputs.recount import Group, person_column

_BEYOND = 3
"""So many numbers beyond the first of each word are given back by no column by accident."""
_VALUES = 1000
_WORK = 20_000_000
"""Units: cells of the source."""


def renamed(
    groups: Sequence[Group], words: Sequence[str], published: Sequence[float]
) -> list[Group] | None:
    """Give the part of each group that its word names; None where no column tells.

    Shape: the groups are of one table of the source, one for each published number of rows.
    """
    if len(set(words)) < 2 or len(words) - len(set(words)) < _BEYOND:
        return None
    table = groups[0].table
    if sum(group.size for group in groups) * len(table.columns) > _WORK:
        return None
    for column in table.columns:
        if column is not person_column(table) and len(column.offsets) < _VALUES:
            meant = _meant(column, groups, words, published)
            if meant is not None:
                return [_part(group, column, meant[word])
                        for group, word in zip(groups, words, strict=True)]  # fmt: skip
    return None


def _meant(
    column: Column, groups: Sequence[Group], words: Sequence[str], published: Sequence[float]
) -> dict[str, int] | None:
    """Find the value that each word stands for, no value twice."""
    fitting: dict[str, set[int]] = {}
    for group, word, count in zip(groups, words, published, strict=True):
        seen = Counter(column.values[row] for row in group.members)
        own = {value for value, rows in seen.items() if value and rows == count}
        fitting[word] = fitting.get(word, own) & own
        if not fitting[word]:
            return None
    meant: dict[str, int] = {}
    for word in sorted(fitting, key=lambda one: len(fitting[one])):
        left = fitting[word] - set(meant.values())
        if not left:
            return None
        meant[word] = min(left)
    return meant


def _part(group: Group, column: Column, value: int) -> Group:
    rows = frozenset(row for row in group.members if column.values[row] == value)
    return Group(group.index, group.table, rows)

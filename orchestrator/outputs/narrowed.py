"""[pure] Which part of its groups a table is about, told by the table's own numbers.

A table of one product, drug or diagnosis seldom says so in its cells. Where one value of one
column of the source, taken as a condition, gives back every number of a table, the table is of
those rows. Source: outputs section 3 (O02, O05, O06: recognised groups are counted again).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from orchestrator.outputs.index import Column
from orchestrator.outputs.recount import Group, person_column

_GROUPS = 3
"""Fewer numbers are given back by some condition by accident."""
_VALUES = 1000
_WORK = 20_000_000
"""Units: cells of the source; larger groups are not narrowed, their counts and sums as given are
held to the rules all the same."""
_EXACT = 1e-6

Condition = tuple[int, int]
"""Position of a column, and one of its values; (-1, 0) for no condition."""


def narrowed(
    groups: Sequence[Group], published: Sequence[float], of: Column | None
) -> list[Group] | None:
    """Give the part of each group that a table is about; None where no single condition tells.

    Shape: the groups are of one table of the source, one for each published number: how many rows,
    or the sum of a column `of` them.
    """
    if len(groups) < _GROUPS or len(set(published)) < 2 or _cells(groups) > _WORK:
        return None
    known: set[Condition] | None = None
    for group, number in zip(groups, published, strict=True):
        sums = _sums(group, of)
        own = {
            at for at, total in sums.items() if abs(total - number) < max(_EXACT * number, _EXACT)
        }
        known = own if known is None else known & own
        if not known:
            return None
    return [_part(group, min(known)) for group in groups] if known else None


def _cells(groups: Sequence[Group]) -> int:
    return sum(group.size * len(group.table.columns) for group in groups)


def _sums(group: Group, of: Column | None) -> Mapping[Condition, float]:
    """Add up a group under every condition of one value of one column, and under none."""
    sums: dict[Condition, float] = defaultdict(float)
    columns = [
        (at, column.values)
        for at, column in enumerate(group.table.columns)
        if column is not of
        and column is not person_column(group.table)
        and len(column.offsets) < _VALUES
    ]
    for row in group.members:
        weight = 1.0 if of is None else _number(of, row)
        if math.isfinite(weight):
            sums[-1, 0] += weight
            for at, values in columns:
                sums[at, values[row]] += weight
    return sums


def _number(of: Column, row: int) -> float:
    return of.magnitudes[of.values[row]] if of.magnitudes is not None else math.nan


def _part(group: Group, condition: Condition) -> Group:
    at, value = condition
    if at < 0:
        return group
    values = group.table.columns[at].values
    return Group(group.index, group.table,
                 frozenset(row for row in group.members if values[row] == value))  # fmt: skip

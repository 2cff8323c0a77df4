"""[pure] Every number of a table that counts people or might, also inside `12 (3.4%)`.

Source: outputs section 3, "Finding count columns"; decision 0023.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import Mark, pieces, whole
from orchestrator.outputs.form import Table
from orchestrator.outputs.naming import MOST, STATISTICS, Role, counted, is_statistic, named, sets


@dataclass(frozen=True)
class Cell:
    """One number that counts people, or might: `row` from 1, `certain` where the role is COUNT.

    Shape: `whole` is True for a denominator, which counts people too.
    """

    row: int
    column: int
    value: int
    certain: bool
    whole: bool = False


_SHARE_BEHIND = re.compile(r"\(\s*%\s*\)\s*\Z")
_BAR = re.compile(r"\d%? \*+\Z")
"""A bar that is drawn with stars behind its number."""
_STEP = re.compile(r"(\d{1,3}) ?/ ?(\d{1,3})\Z")
_SELDOM = frozenset({Role.RATE, Role.COEFFICIENT, Role.STATISTIC, Role.PLANNED, Role.SUM})
"""Statistics that seldom stand among counts of people: `rate control`, `beta blocker` do."""


def counts(table: Table, found: Sequence[Role]) -> list[Cell]:
    """List every number of a table that counts people or might, also `12 (3.4%)` and `3/120`."""
    cells: list[Cell] = []
    speaks = statistic_column(table, found)
    cut = cut_points(table, found)
    for row, values in enumerate(table.rows, 1):
        says = _row_says(values, found, speaks)
        for column, text in enumerate(values):
            if column != speaks and not (column == 0 and row in cut):
                name = table.columns[column]
                own = _with_share(name, found[column])
                if says is Role.COUNT and own is Role.STATISTIC and number(name) is not None:
                    own = Role.UNKNOWN  # a point in time: its rows say what the numbers are
                cells += _cells(row, column, text, own, says, speaks is not None)
    return cells


def _with_share(name: str, role: Role) -> Role:
    """Tell counts behind which a share stands in brackets: `responders (%)`."""
    if role is not Role.TEXT:
        return role
    if sets(name):
        return Role.STATISTIC  # iterations, `6(0)`: of them, and of those within the last
    return Role.COUNT if _SHARE_BEHIND.search(name) and named(name) is Role.PERCENT else role


def cut_points(table: Table, found: Sequence[Role]) -> frozenset[int]:
    """List the rows, from 1, of thresholds between categories: `0/1`, `1/2`, `2/3`.

    Shape: in the first column, one after another, each from where the last one ended, two and more,
    and no other such pair there; all other columns hold statistics, some of them negative.
    Source: `OrderedModel` of statsmodels, `polr` and `clm` of R.
    """
    if not found or found[0] is not Role.TEXT or not set(found[1:]) <= STATISTICS:
        return frozenset()
    pairs = [(row, match) for row, values in enumerate(table.rows, 1)
             if (match := _STEP.match(values[0].strip()))]  # fmt: skip
    ends = [(int(match[1]), int(match[2])) for _, match in pairs]
    chain = all(high == low + 1 for low, high in ends) and all(
        a[1] == b[0] for a, b in pairwise(ends)
    )
    below = any((number(cell) or 0.0) < 0 for values in table.rows for cell in values[1:])
    return frozenset(row for row, _ in pairs if chain and below and len(pairs) > 1)


def statistic_column(table: Table, found: Sequence[Role]) -> int | None:
    """Find the column whose labels say what each row's numbers are: `mean`, `n`, `25%`.

    Shape: the first column with two such labels (`describe()`), or another text column in which
    most labels are such (a long table).
    """
    for column, role in enumerate(found):
        if role is not Role.TEXT or not table.rows:
            continue
        labels = [row[column] for row in table.rows]
        if any(map(_BAR.search, labels)):
            continue
        marked = [label for label in labels if is_statistic(label)]
        told = [label for label in labels if is_statistic(label) or counted(label)]
        if column == 0 and len(marked) >= 2:
            return column
        if column > 0 and marked and len(told) >= max(2, MOST * len(labels)):
            return column
    return None


def _row_says(values: Sequence[str], found: Sequence[Role], speaks: int | None) -> Role | None:
    if speaks is not None:
        return named(values[speaks])
    label = values[0] if found and found[0] is Role.TEXT else ""
    spread = takewhile(lambda cell: cell.strip() and number(cell) is None, values)
    if counted(label) and named(" ".join(spread)) is Role.STATISTIC:
        return Role.STATISTIC  # `Number | of | Groups: | 7`
    if "\n" in label:  # a name, and what it means
        label = label.partition("\n")[0].partition(":")[0]
    return named(label)


def _cells(
    row: int, column: int, text: str, role: Role, says: Role | None, labelled: bool
) -> list[Cell]:
    value = whole(text)
    if role is Role.INDEX and "/" in text:
        return []
    if value is None or (role is Role.TEXT and column == 0):
        return _packed(row, column, text, role if says not in STATISTICS else says)
    if labelled:
        counts_people = says is Role.COUNT and role not in {Role.INDEX, Role.CODE}
        return [Cell(row, column, value, certain=True)] if counts_people else []
    if role is Role.COUNT:
        if says in {None, Role.COUNT}:
            return [Cell(row, column, value, certain=True)]
        return [Cell(row, column, value, certain=False)] if says in _SELDOM else []
    if role not in {Role.UNKNOWN, Role.TEXT} or says not in {None, Role.COUNT}:
        return []
    return [Cell(row, column, value, certain=says is Role.COUNT)]


def _packed(row: int, column: int, text: str, role: Role) -> list[Cell]:
    found = []
    for piece in pieces(text):
        if piece.mark in {Mark.COUNT, Mark.WHOLE}:
            found.append(Cell(row, column, int(piece.value), True, piece.mark is Mark.WHOLE))
        elif piece.mark is Mark.MAYBE and role is not Role.COUNT and role not in STATISTICS:
            found.append(Cell(row, column, int(piece.value), certain=False))
        elif piece.mark is Mark.MAYBE and role is Role.COUNT:
            found.append(Cell(row, column, int(piece.value), certain=True))
    return found

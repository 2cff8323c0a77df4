"""[pure] Every number of a table that counts people or might, also inside `12 (3.4%)`.

Source: outputs section 3, "Finding count columns"; decision 0023.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.outputs.cells import Mark, pieces, whole
from orchestrator.outputs.form import Table
from orchestrator.outputs.naming import MOST, STATISTICS, Role, counted, is_statistic, named


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
_SELDOM = frozenset({Role.RATE, Role.COEFFICIENT, Role.STATISTIC, Role.PLANNED, Role.SUM})
"""Statistics that seldom stand among counts of people: `rate control`, `beta blocker` do."""


def counts(table: Table, found: Sequence[Role]) -> list[Cell]:
    """List every number of a table that counts people or might, also `12 (3.4%)` and `3/120`."""
    cells: list[Cell] = []
    speaks = statistic_column(table, found)
    for row, values in enumerate(table.rows, 1):
        says = _row_says(values, found, speaks)
        for column, text in enumerate(values):
            if column != speaks:
                own = _with_share(table.columns[column], found[column])
                cells += _cells(row, column, text, own, says, speaks is not None)
    return cells


def _with_share(name: str, role: Role) -> Role:
    """Tell counts behind which a share stands in brackets: `responders (%)`."""
    shared = role is Role.TEXT and _SHARE_BEHIND.search(name)
    return Role.COUNT if shared and named(name) is Role.PERCENT else role


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

"""[pure] Ends of a variable that no word calls so, for O08: the numbers, worked out again, do.

A column of each group's greatest value says `ferritin`, `range` prints two numbers and no name, the
shell of a database writes `{8.62,50.09,22978.18}`. The least and the greatest value of all, or of
each group, are looked for in the source.
Source: outputs section 3, O08 ("decisive: equals a source extreme held by fewer than k people").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from orchestrator.outputs.facts import people_table, row_coordinates
from orchestrator.outputs.index import Column
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.naming import LABELS, Role, is_total, words
from orchestrator.outputs.passages import numbers
from orchestrator.outputs.recount import PERSON, Group, Recount, has, holders
from orchestrator.outputs.rules.dominance import significant
from orchestrator.outputs.rules.rule import Seen, Subject, finding, spelled_rows

_GROUPS = 3
"""So many groups' ends in a column are no accident, if they have so many digits together."""
_DIGITS = 6
_IN_CELL = 12
"""Units: numbers of one cell; more are a list, which is compared otherwise."""
_ROWS = 200
"""Units: rows; a table of more is none of groups."""
_WORK = 10_000_000
"""Units: cells of the source."""

_LIST = re.compile(r"\s*(?:c|array|list)?[{\[(].*\d.*[,; ].*\d")
"""A cell that is a list: `{8.62,50.09}`."""
_SHOWN = 200
"""Units: characters of a cell that say whether it is a list."""
_LISTED = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\w|\.\d)")

_Line = list[tuple[int, Group, list[str]]]
"""Cells of one column or row, each with its row in the sheet, its group, and its numbers."""


class Ends:
    """Both ends of each variable of the sources that few people have."""

    def __init__(self, subject: Subject) -> None:
        self._least = subject.policy.holders.minimum
        self._pairs = [
            (index, table, column, *column.ends)
            for index in subject.indexes
            for table in index.tables
            for column in table.columns
            if column.numeric and column.role not in PERSON and column.ends
        ]

    def told(self, text: str) -> bool:
        """Say whether numbers that stand together hold both ends of one variable.

        Shape: with fewer than six digits in both they may be anything else.
        """
        values = {float(one): one for one in told_in(text)} if self._pairs else {}
        return any(
            significant(values[low]) + significant(values[high]) >= _DIGITS
            and all(0 < holders(index, table, column, values[end]) < self._least
                    for end in (low, high))
            for index, table, column, low, high in self._pairs
            if low < high and low in values and high in values
        )  # fmt: skip


def told_in(text: str) -> list[str]:
    """List the numbers of a text, those of a list without blanks (`{8.6,50.1}`) too."""
    return [*numbers(text), *_LISTED.findall(text)]


def ends_of_groups(subject: Subject, say: str) -> Iterator[Finding]:
    """Tell columns, and rows below names, of which each number is the end of its group.

    Shape: three groups of the source and more, named by the labels of rows or by the columns.
    """
    small = (seen for seen in subject.seen if len(seen.table.rows) <= _ROWS)
    for seen in small if subject.indexes else ():
        plain = ((line, None) for line in (*_columns(subject, seen), *_rows(subject, seen)))
        for line, said in (*plain, *_in_long(subject, seen)):
            column = _variable(line, subject.policy.holders.minimum, said)
            if column is not None:
                rows = sorted({row for row, *_ in line})
                yield finding(
                    "O08", Verdict.BLOCK, seen.part,
                    f"{column.name}: the least or the greatest value of each group at rows "
                    f"{spelled_rows(rows)}",
                    say, rows=rows,
                    threshold=f"at least {subject.policy.holders.minimum} people with the value",
                )  # fmt: skip


def _columns(subject: Subject, seen: Seen) -> Iterator[_Line]:
    table, found, labels, heads = people_table(seen.block, subject.known)
    lists = [at for at in labels if all(_LIST.match(row[at][:_SHOWN]) for row in table.rows)]
    labels = [at for at in labels if at not in lists]
    named = [row_coordinates(table, row, labels, heads.get(at, ""), None)
             for at, row in enumerate(table.rows)]  # fmt: skip
    recount = Recount.of(subject.indexes, named)
    groups = [recount.groups(own) if own else [] for own in named]
    for at, role in enumerate(found):
        if at in labels or role in LABELS - {Role.TEXT} or role in {Role.COUNT, Role.EXTREME}:
            continue
        yield from _lines(
            [(seen.row(row), own, told_in(cells[at]))
             for row, (cells, own) in enumerate(zip(table.rows, groups, strict=True), 1)]
        )  # fmt: skip


def _in_long(subject: Subject, seen: Seen) -> Iterator[tuple[_Line, set[str]]]:
    """Give each variable's columns of a long table, whose rows a label names, with its words."""
    table, _, labels, heads = people_table(seen.block, subject.known)
    numbers = [at for at in range(len(table.columns)) if at not in labels]
    known = {frozenset(words(column.name)) for index in subject.indexes
             for source in index.tables for column in source.columns if column.numeric}  # fmt: skip
    for label in labels if len(labels) > 1 else ():
        for name in dict.fromkeys(row[label] for row in table.rows):
            if not any(one <= set(words(name)) for one in known):
                continue
            own = [at for at, row in enumerate(table.rows) if row[label] == name]
            others = [at for at in labels if at != label
                      and len({table.rows[row][at] for row in own}) > 1]  # fmt: skip
            if len(own) < _GROUPS or not others:
                continue
            named = [row_coordinates(table, table.rows[at], others, heads.get(at, ""), None)
                     for at in own]  # fmt: skip
            recount = Recount.of(subject.indexes, named)
            groups = [recount.groups(one) for one in named]
            for column in numbers:
                cells = [(seen.row(at + 1), group, told_in(table.rows[at][column]))
                         for at, group in zip(own, groups, strict=True)]  # fmt: skip
                yield from ((line, set(words(name))) for line in _lines(cells))


def _rows(subject: Subject, seen: Seen) -> Iterator[_Line]:
    names = {at: name for at, name in enumerate(seen.table.columns) if name.strip()}
    named = {at: (("across", name),) for at, name in names.items() if not is_total(name)}
    recount = Recount.of(subject.indexes, named.values())
    groups = {at: recount.groups(own) for at, own in named.items()}
    for row, cells in enumerate(seen.table.rows, 1) if any(groups.values()) else ():
        yield from _lines([(seen.row(row), own, told_in(cells[at])) for at, own in groups.items()])


def _lines(cells: Sequence[tuple[int, Sequence[Group], list[str]]]) -> Iterator[_Line]:
    """Give the cells with a group for each table of the source, where all of them have some."""
    filled = [(row, own, told) for row, own, told in cells if own and 0 < len(told) <= _IN_CELL]
    if len(filled) < max(_GROUPS, len(cells) - 1):
        return
    for at, first in enumerate(filled[0][1]):
        line = [(row, own[at], told) for row, own, told in filled if len(own) > at]
        same = all(group.table is first.table and group.rows is not None for _, group, _ in line)
        if same and len(line) == len(filled) and len({group.rows for _, group, _ in line}) > 1:
            yield line


def _variable(line: _Line, least: int, said: set[str] | None) -> Column | None:
    """Find the variable of which each cell holds the least, or each the greatest, of its group.

    Shape: only of one that has a value of each cell the groups are looked through, and whose name
    is `said` where words name it.
    """
    first = line[0][1]
    fitting = [
        column
        for column in first.table.columns
        if column.numeric and column.role not in PERSON
        and (said is None or said >= set(words(column.name)))
        and all(any(has(first.index, column, text) for text in told) for *_, told in line)
    ]  # fmt: skip
    if sum(group.size for _, group, _ in line) * len(fitting) > _WORK:
        return None
    for column in fitting:
        for end in (min, max):
            found = [*takewhile(bool, (_end(group, column, end, told) for _, group, told in line))]
            if len(found) < len(line) or sum(map(significant, found)) < _DIGITS:
                continue
            few = [
                0 < len(group.holders(column, float(text))) < least
                for (_, group, _), text in zip(line, found, strict=True)
            ]
            if 2 * sum(few) > len(few):
                return column
    return None


def _end(
    group: Group, column: Column, end: Callable[[Sequence[float]], float], told: Sequence[str]
) -> str:
    """Give the end of a variable in a group as a cell prints it; nothing where it does not."""
    values = group.numbers(column)
    return next((text for text in told if values and float(text) == end(values)), "")

"""[pure] Sentences about groups of the source, for O02: their conditions are counted again.

Source: outputs section 3, O02, and O01 ("recount when groups are named by source categories").
"""

import re
from collections.abc import Iterator, Sequence

from orchestrator.outputs.conditions import Condition, Told, in_sentence
from orchestrator.outputs.form import Part
from orchestrator.outputs.index import Index, TableIndex
from orchestrator.outputs.labels import rows_where
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import words
from orchestrator.outputs.recount import person_column
from orchestrator.outputs.rules.rule import Subject, spelled_rows

_LONGEST = 2000
"""Units: characters of a line; longer ones are data, and no sentence."""
_DIGIT = re.compile(r"\d")
_WHOLE = re.compile(r"(?<![\w.,-])\d{1,7}(?![\w,]|\.\d)")
_BROKEN = re.compile(r"(?<![\w.,])\d+\.\d|\d ?%")
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", re.IGNORECASE)
"""Words that no program is made of."""

_Place = tuple[int, int]


def in_sentences(subject: Subject) -> Iterator[Finding]:
    """Tell the lines of texts that say a number of a group of fewer people than the minimum."""
    least = subject.policy.counts.minimum
    tables = [_Table(index, table) for index in subject.indexes for table in index.tables]
    for part in subject.told:
        lines = list(_lines(part, tables, least))
        if lines:
            yield Finding(
                "O02",
                Verdict.FLAG,
                Where(part.path, tuple(lines)),
                f"lines {spelled_rows(lines)} are about groups of fewer than {least} people",
                "The conditions of this sentence leave few people of the source. Merge groups, or "
                "leave it out.",
                measured=f"{len(lines)} lines",
                threshold=f"at least {least} people",
            )


def _lines(part: Part, tables: Sequence["_Table"], least: int) -> Iterator[int]:
    names = {name for table in tables for name in table.last_words}
    for at, line in enumerate((part.text or "").splitlines(), 1):
        if len(line) > _LONGEST or not _DIGIT.search(line):
            continue
        plain = line.casefold()
        if any(name in plain for name in names):
            told = list(in_sentence(line))
            if told and any(table.tells_of_few(line, told, least) for table in tables):
                yield at


class _Table:
    """One table of a source; each condition is looked up once."""

    def __init__(self, index: Index, table: TableIndex) -> None:
        self._index, self._table, self._who = index, table, person_column(table)
        self._names = {tuple(words(column.name)) for column in table.columns}
        self._rows: dict[Condition, frozenset[int] | None] = {}
        self.last_words = {name[-1] for name in self._names if name}

    def tells_of_few(self, line: str, told: Sequence[Told], least: int) -> bool:
        """Say whether a line names few people by conditions, with their number, or in prose."""
        rows: frozenset[int] | None = None
        places: list[_Place] = []
        for place, readings in told:
            own = next((found for one in readings if (found := self._of(one)) is not None), None)
            if own is not None:
                rows = own if rows is None else rows & own
                places.append(place)
        people = 0 if rows is None or self._who is None else self._people(rows, least)
        if rows is None or not 0 < people < least:
            return False
        rest = _without(line, places)
        if {people, len(rows)} & set(map(int, _WHOLE.findall(rest))):
            return True
        return _PROSE.search(rest) is not None and _BROKEN.search(rest) is not None

    def _of(self, told: Condition) -> frozenset[int] | None:
        """Give the rows of a condition on a column that it names."""
        if told not in self._rows:
            named = tuple(words(told.variable)) in self._names
            self._rows[told] = rows_where(self._index, self._table, told) if named else None
        return self._rows[told]

    def _people(self, rows: frozenset[int], most: int) -> int:
        """Count the people of some rows, as far as it matters."""
        found: set[int] = set()
        for row in rows:
            if self._who is not None and self._who.values[row]:
                found.add(self._who.values[row])
            if len(found) >= most:
                break
        return len(found)


def _without(line: str, places: Sequence[_Place]) -> str:
    for begin, end in reversed(places):
        line = f"{line[:begin]} | {line[end:]}"
    return line

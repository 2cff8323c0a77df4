"""[pure] Counting again on the source: which of its rows a category names, and whose they are.

A table's categories are looked up among the source's values under its key; bands of numbers
(`50-59`, `80+`) by its sealed numbers. Only whole sets of rows and counts come out, no value.
Source: outputs section 3 (O02, O05, O06, O08, O09, "Snapshot"), decision 0014.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from orchestrator.outputs.bands import band
from orchestrator.outputs.canon import FINE, hasher, number, spell
from orchestrator.outputs.conditions import Condition
from orchestrator.outputs.facts import Coordinates
from orchestrator.outputs.index import Column, Index, TableIndex
from orchestrator.outputs.labels import (
    FEW_VALUES,
    rows_of_category,
    rows_of_label,
    rows_where,
    spellings,
)
from orchestrator.outputs.naming import words

_DECIMALS = 6
_EXACT = 1e-9
PERSON = frozenset({"pseudonym", "direct_id"})
_LIMITS = {
    ">=": re.compile(
        r"(.+) (?:at least|from|min|minimum|or more)|(?:at least|min|minimum|from) (.+)"
    ),
    ">": re.compile(r"(.+) (?:over|above|more than)|(?:over|above|more than) (.+)"),
    "<=": re.compile(r"(.+) (?:at most|up to|max|maximum|to)|(?:at most|up to|max|maximum) (.+)"),
    "<": re.compile(r"(.+) (?:under|below|less than)|(?:under|below|less than) (.+)"),
}
_LABELS = 200
"""Units: labels of one column; of more each names a person or a sentence, and no group."""


@dataclass(frozen=True)
class Group:
    """Rows of one table of the source that a set of categories names; None: every row."""

    index: Index
    table: TableIndex
    rows: frozenset[int] | None

    @property
    def members(self) -> Iterable[int]:
        """The rows, by position."""
        return range(self.table.size) if self.rows is None else self.rows

    @property
    def size(self) -> int:
        """How many rows."""
        return self.table.size if self.rows is None else len(self.rows)

    def people(self) -> int | None:
        """How many different people the rows are about; None where no column says who."""
        whom = self.whom()
        return None if whom is None else len(whom)

    def whom(self) -> set[int] | None:
        """Give the different people the rows are about; None where no column says who."""
        column = person_column(self.table)
        return None if column is None else {column.values[row] for row in self.members} - {0}

    def is_few(self, least: int) -> bool:
        """Say whether the rows are about somebody, and about fewer people than `least`.

        Shape: each row is somebody of its own where no column says who.
        """
        column = person_column(self.table)
        if column is None:
            return 0 < self.size < least
        found: set[int] = set()
        for row in self.members:
            found |= {column.values[row]} - {0}
            if len(found) >= least:
                return False
        return bool(found)

    def shares(self, of: Column) -> list[float]:
        """Sum the absolute numbers of a column for each person, the largest first.

        Shape: each row is somebody of its own where no column says who. Source: ABS (absolute
        values where there are negative ones).
        """
        if of.magnitudes is None:
            return []
        who = person_column(self.table)
        sums: dict[int, float] = defaultdict(float)
        for row in self.members:
            value = of.magnitudes[of.values[row]]
            if math.isfinite(value):
                sums[row if who is None else who.values[row]] += abs(value)
        return sorted(sums.values(), reverse=True)

    def holders(self, of: Column, value: float) -> set[int]:
        """Give the people of these rows who have a value; each row is its own where nobody says."""
        if of.magnitudes is None:
            return set()
        who = person_column(self.table)
        return {
            row if who is None else who.values[row]
            for row in self.members
            if math.isclose(of.magnitudes[of.values[row]], value, rel_tol=1e-9)
        }

    def numbers(self, of: Column) -> list[float]:
        """List a column's numbers in these rows, missing ones left out."""
        if of.magnitudes is None:
            return []
        found = (of.magnitudes[of.values[row]] for row in self.members)
        return [value for value in found if math.isfinite(value)]


def categories(indexes: Sequence[Index]) -> Callable[[Sequence[str]], bool]:
    """Give the question whether names are all values of one column of a source."""
    features = [
        (index.key, column.features[0])
        for index in indexes
        for table in index.tables
        for column in table.columns
        if column.features and len(column.offsets) < FEW_VALUES
    ]

    def known(names: Sequence[str]) -> bool:
        hashed = {
            key: [[hasher(key)(spell(text, FINE)) for text in spellings(name)] for name in names]
            for key, _ in features
        }
        return any(
            all(any(feature.find(one) >= 0 for one in own) for own in hashed[key])
            for key, feature in features
        )

    return known


def person_column(table: TableIndex) -> Column | None:
    """Find the column that says whom a row is about."""
    return next((column for column in table.columns if column.role in PERSON), None)


def nobody_in_both(indexes: Sequence[Index], one: str, other: str) -> bool:
    """Say whether two names are groups of the source that have no person in common: two countries.

    Shape: categories of one column, in words; False as well where some table does not say who.
    """
    if not all(any(map(str.isalpha, name)) for name in (one, other)):
        return False
    recount = Recount(indexes, {"group": (one, other)})
    here, there = (recount.groups((("group", name),)) for name in (one, other))
    return 0 < len(here) == len(there) and all(
        a.table is b.table and (ours := a.whom()) and (theirs := b.whom()) and not ours & theirs
        for a, b in zip(here, there, strict=True)
    )


class Recount:
    """The groups of one exported table on the sources, each looked up once."""

    def __init__(self, indexes: Sequence[Index], variables: Mapping[str, Sequence[str]]) -> None:
        """Recognise each variable by its name and its categories: `variables` lists them."""
        self._columns = [
            (index, table, _columns(index, table, variables))
            for index in indexes
            for table in index.tables
        ]
        self._limits = {name: own for name in variables if (own := _limit(name)) is not None}
        self._labels = {name for name, values in variables.items() if len(values) <= _LABELS}
        self._rows: dict[tuple[int, str, str], frozenset[int] | None] = {}
        self._joined: dict[Coordinates, list[Group]] = {}

    @classmethod
    def of(cls, indexes: Sequence[Index], named: Iterable[Coordinates]) -> "Recount":
        """Recognise all variables of some coordinates, each by all categories it has there."""
        categories: dict[str, dict[str, None]] = {}
        for variable, category in chain.from_iterable(named):
            categories.setdefault(variable, {}).setdefault(category)
        return cls(indexes, {name: list(own) for name, own in categories.items()})

    def groups(self, coordinates: Coordinates) -> list[Group]:
        """Give the rows that these categories name, in each table that knows all of them."""
        found = []
        for at, (index, table, columns) in enumerate(self._columns):
            sets = [self._category(at, index, table, columns, *one) for one in coordinates]
            if all(own is not None for own in sets):
                known = [own for own in sets if own is not None]
                rows = frozenset.intersection(*known) if known else None
                found.append(Group(index, table, rows))
        return found

    def partly(self, coordinates: Coordinates) -> list[tuple[Group, Coordinates]]:
        """Give, in each table that knows some of these categories, their rows and the others."""
        found = []
        for at, (index, table, columns) in enumerate(self._columns):
            sets = {one: self._category(at, index, table, columns, *one) for one in coordinates}
            known = [own for own in sets.values() if own is not None]
            if known:
                rest = tuple(one for one, own in sets.items() if own is None)
                found.append((Group(index, table, frozenset.intersection(*known)), rest))
        return found

    def joined(self, coordinates: Coordinates) -> list[Group]:
        """Give the rows of the other tables that are about the people whom these categories name.

        Shape: a diagnosis stands in one table, the transfusions of these people in another.
        """
        if coordinates not in self._joined:
            own = self.groups(coordinates)
            known = {id(group.table) for group in own}
            self._joined[coordinates] = [
                part
                for group in own
                for table in group.index.tables
                if id(table) not in known and (part := _of_people(group, table)) is not None
            ]
        return self._joined[coordinates]

    def _category(
        self,
        at: int,
        index: Index,
        table: TableIndex,
        columns: Mapping[str, Column],
        variable: str,
        category: str,
    ) -> frozenset[int] | None:
        key = (at, variable, category)
        if key not in self._rows:
            column = columns.get(variable)
            limit = self._limits.get(variable)
            if limit is not None and number(category) is not None:
                self._rows[key] = rows_where(index, table, Condition(*limit, (category,)))
            elif column is not None:
                self._rows[key] = rows_of_category(index, column, category)
            else:
                several = variable in self._labels
                self._rows[key] = rows_of_label(index, table, category) if several else None
        return self._rows[key]


def _limit(name: str) -> tuple[str, str] | None:
    """Read a column that holds limits of another variable: `protein at least`, `max age`."""
    said = " ".join(words(name))
    for sign, told in _LIMITS.items():
        match = told.fullmatch(said)
        if match:
            return next(filter(None, match.groups())), sign
    return None


def _of_people(group: Group, table: TableIndex) -> Group | None:
    """Find the people of a group in another table; None where one of both says not who."""
    here, there = person_column(group.table), person_column(table)
    if here is None or there is None or not here.features or not there.features:
        return None
    ours, theirs = here.features[0], there.features[0]
    people = {here.values[row] for row in group.members} - {0}
    places = (theirs.find(ours.hashes[ours.group_of[value]]) for value in people)
    rows = frozenset(row for at in places if at >= 0 for row in there.rows_of(0, at))
    return Group(group.index, table, rows)


def variable_column(table: TableIndex, said: Iterable[str]) -> Column | None:
    """Find the numeric column that words name: `mean kappa` names `kappa`; the longest wins.

    Shape: of two as long the one that is said first, because a column's name stands before those of
    its rows: `cost.sum` of the diagnosis `factor XIII`.
    """
    order = list(dict.fromkeys(said))
    own = set(order)
    named = [
        column
        for column in table.columns
        if column.numeric and column.role not in PERSON and set(words(column.name)) <= own
        and words(column.name)
    ]  # fmt: skip
    return max(
        named,
        key=lambda column: (len(words(column.name)), -order.index(words(column.name)[0])),
        default=None,
    )


def holders(index: Index, table: TableIndex, column: Column, text: str) -> int:
    """Count the people who have exactly this value; 0 when nobody has."""
    feature = column.features[0]
    group = feature.find(hasher(index.key)(spell(text, FINE)))
    if group < 0:
        return 0
    rows = column.rows_of(0, group)
    who = person_column(table)
    return len(rows) if who is None else len({who.values[row] for row in rows})


def has(index: Index, column: Column, text: str) -> bool:
    """Say whether anybody has exactly this value."""
    return column.features[0].find(hasher(index.key)(spell(text, FINE))) >= 0


def grid(column: Column) -> float:
    """Give the step on which the values of a column stand: 1, or as many decimals as they have."""
    values = [value for value in column.magnitudes or () if math.isfinite(value)]
    for decimals in range(_DECIMALS):
        if all(abs(value - round(value, decimals)) < _EXACT for value in values):
            return float(10**-decimals)
    return float(10**-_DECIMALS)


def _columns(
    index: Index, table: TableIndex, variables: Mapping[str, Sequence[str]]
) -> dict[str, Column]:
    found = {}
    hashed = hasher(index.key)
    for variable, values in variables.items():
        hashes = [[hashed(spell(text, FINE)) for text in spellings(value)] for value in values]
        usable = [column for column in table.columns if column.features]
        fitting = [column for column in usable if _knows(column, values, hashes)]
        named = [column for column in usable if words(column.name) == words(variable)
                 and _known(column, hashes) >= len(values) / 2]  # fmt: skip
        named = [column for column in named if column in fitting] or named
        chosen = named or fitting
        if len(chosen) == 1:
            found[variable] = chosen[0]
    return found


def _known(column: Column, hashes: Sequence[Sequence[int]]) -> int:
    """Count the categories that a column has, in one of their spellings."""
    if len(column.offsets) >= FEW_VALUES:
        return 0
    return sum(any(column.features[0].find(one) >= 0 for one in own) for own in hashes)


def _knows(column: Column, values: Sequence[str], hashes: Sequence[Sequence[int]]) -> bool:
    if values and _known(column, hashes) == len(values):
        return True
    return column.magnitudes is not None and all(band(value) is not None for value in values)


def printed(text: str, value: float, decimals: int) -> bool:
    """Say whether a number is what a cell prints, within half of its last digit."""
    shown = number(text)
    return shown is not None and abs(shown - value) <= 0.5 * 10**-decimals + 1e-9

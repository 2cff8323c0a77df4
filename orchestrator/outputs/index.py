"""The index of a snapshot: keyed hashes, frequencies, row lists, sealed numbers; no plain value.

Built by the judge at admission, read by the judge at export, never by the opener. It confirms
guesses about rows, so it is as sensitive as the data and is destroyed with it. Column and table
names are kept in plain, values never: the numbers that sums and extremes are traced with are sealed
under the key that the hashes need.
`index_file` writes and reads it.
Source: outputs 5.1.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate, chain
from typing import Protocol, TypeAlias

from orchestrator.outputs.canon import (
    DIGITS,
    Transform,
    disguises,
    hasher,
    is_missing,
    number,
    spell,
    transforms,
)
from orchestrator.outputs.grids import Grid
from orchestrator.outputs.phrases import phrases
from orchestrator.values import Digest

Numbers: TypeAlias = "array[int]"
Magnitudes: TypeAlias = "array[float]"
_DATED = 0.9
_ISO = len("2011-10-18")
_REMEMBERED = 100_000  # hashes kept to spare hashing again; a longer column pays in time, not room
ID_ROLES = frozenset({"direct_id", "pseudonym"})
"""Roles of columns whose values are also indexed hashed and encoded."""
FREE_TEXT = "free_text"
"""The role of a column whose values are also indexed in pieces."""


class BadIndex(ValueError):
    """The bytes are no index, or the key is not the one it was built with."""


@dataclass(frozen=True)
class Feature:
    """One transform of one column: sorted hashes; group g owns the values of `members` there.

    Shape: `group_of[v]` is the group of value number v (v from 1; 0 is missing);
    `frequency[g]` counts rows.
    """

    transform: Transform
    hashes: Numbers
    group_of: Numbers
    frequency: Numbers

    @property
    def digits(self) -> int:
        """Significant digits at which this feature is looked up."""
        return DIGITS[self.transform]

    def find(self, hashed: int) -> int:
        """Give the group of a hash, -1 when no row has it."""
        at = bisect_left(self.hashes, hashed)
        return at if at < len(self.hashes) and self.hashes[at] == hashed else -1


@dataclass(frozen=True)
class Column:
    """One source column: the value number of each row, and the rows of each value number.

    Shape: rows of value v are `rows[offsets[v]:offsets[v + 1]]`; `specific` says that a value by
    itself points at a person (a pseudonym that is not just a small number); `magnitudes[v]` is the
    number that value v is (infinite for none), None in a column of texts; `days[v]` the day that it
    is, counted from the year 1, None but in a column of dates.
    """

    name: str
    role: str
    numeric: bool
    specific: bool
    values: Numbers
    offsets: Numbers
    rows: Numbers
    features: tuple[Feature, ...]
    magnitudes: "Magnitudes | None" = None
    days: "Magnitudes | None" = None
    _members: dict[int, dict[int, list[int]]] = field(default_factory=dict, compare=False)

    @cached_property
    def grid(self) -> Grid:
        """The column's numbers on a line; none for a column of texts."""
        groups = self.features[0].group_of if self.features else ()
        places = sorted(
            (value, at)
            for at, value in enumerate(self.magnitudes or ())
            if at < len(groups) and at and math.isfinite(value)
        )
        counts = (self.offsets[at + 1] - self.offsets[at] for _, at in places)
        values, own = [value for value, _ in places], [groups[at] for _, at in places]
        return Grid(values, own, list(accumulate(counts, initial=0)))

    @cached_property
    def ends(self) -> tuple[float, float] | None:
        """Its least and its greatest number; None where it has none."""
        values = [value for value in self.magnitudes or () if math.isfinite(value)]
        return (min(values), max(values)) if values else None

    def rows_of(self, feature: int, group: int) -> list[int]:
        """List the source rows in one group of one feature."""
        members = self._members.get(feature)
        if members is None:
            members = {}
            for value, own in enumerate(self.features[feature].group_of):
                if value:
                    members.setdefault(own, []).append(value)
            self._members[feature] = members
        found: list[int] = []
        for value in members.get(group, ()):
            found += self.rows[self.offsets[value] : self.offsets[value + 1]]
        return found


@dataclass(frozen=True)
class TableIndex:
    """One indexed table: `size` rows."""

    name: str
    size: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Index:
    """A snapshot's index together with the key that its hashes need.

    Shape: `label` names the snapshot for people (`flchain/v1`); `digest` is the snapshot's.
    """

    tables: tuple[TableIndex, ...]
    key: bytes = field(repr=False)
    label: str = ""
    digest: Digest | None = None


class SourceColumn(Protocol):
    """One column to index: distinct raw values, and for each row the position among them."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def role(self) -> str:
        """What it is to people, empty where nobody said."""

    @property
    def distinct(self) -> Sequence[str]:
        """Its values, each once, as they first appear."""

    @property
    def positions(self) -> Numbers:
        """For each row, which of the distinct values it has."""


@dataclass(frozen=True)
class PlainColumn:
    """A column in memory."""

    name: str
    distinct: Sequence[str]
    positions: Numbers
    role: str = ""


def build_table(name: str, columns: Sequence[SourceColumn], key: bytes) -> TableIndex:
    """Index one table in memory.

    Errors: ValueError for columns of different lengths or a key that is not 32 bytes.
    """
    made = tuple(build_column(column, key) for column in columns)
    sizes = {len(column.values) for column in made}
    if len(sizes) > 1:
        raise ValueError("columns differ in length")
    return TableIndex(name, sizes.pop() if sizes else 0, made)


def encode_cells(name: str, cells: Iterable[str], role: str = "") -> PlainColumn:
    """Turn plain cells into distinct values and positions."""
    seen: dict[str, int] = {}
    positions = array("I", (seen.setdefault(cell, len(seen)) for cell in cells))
    return PlainColumn(name, list(seen), positions, role)


def build_column(column: SourceColumn, key: bytes) -> Column:
    """Index one column; its transforms are made one after the other.

    Errors: ValueError for a key that is not 32 bytes.
    """
    if len(key) != 32:
        raise ValueError("the key is not 32 bytes")
    spellings, written, value_of = _spellings(column.distinct)
    values = array("I", (value_of[position] for position in column.positions))
    offsets, rows = _postings(values, len(spellings))
    counts = array("I", (offsets[v + 1] - offsets[v] for v in range(1, len(spellings) + 1)))
    parsed = [number(spelling) for spelling in spellings]
    numeric_rows = sum(c for v, c in zip(parsed, counts, strict=True) if v is not None)
    numeric = bool(counts) and numeric_rows > 0.9 * sum(counts)
    spelled: Iterator[tuple[Transform, Iterable[str]]] = iter([(Transform.IDENTITY, spellings)])
    if numeric:
        spelled = chain(spelled, transforms(parsed, counts))
    if column.role in ID_ROLES:
        spelled = chain(spelled, disguises(written))
    if column.role == FREE_TEXT:
        spelled = chain(spelled, phrases(written))
    hashed = hasher(key)
    return Column(
        column.name,
        column.role,
        numeric,
        is_specific(spellings),
        values,
        offsets,
        rows,
        _distinct(_feature(name, own, counts, hashed) for name, own in spelled),
        _magnitudes(parsed) if numeric else None,
        None if numeric else _days(spellings, counts),
    )


def _spellings(distinct: Sequence[str]) -> tuple[list[str], list[str], Numbers]:
    """Spell each value once.

    Shape: (spellings, the first raw value of each, for each raw value its number from 1, 0 where
    it is missing).
    """
    numbers: dict[str, int] = {}
    written: list[str] = []
    value_of = array("I", bytes(4 * len(distinct)))
    for position, raw in enumerate(distinct):
        if not is_missing(raw):
            own = numbers.setdefault(spell(raw), len(numbers))
            value_of[position] = own + 1
            if own == len(written):
                written.append(raw)
    return list(numbers), written, value_of


def _magnitudes(values: Sequence[float | None]) -> Magnitudes:
    return array("d", [math.inf, *(math.inf if value is None else value for value in values)])


def _days(spellings: Sequence[str], counts: Sequence[int]) -> "Magnitudes | None":
    """Give the day of each value of a column of dates, year first; None for any other column."""
    days = [_day(spelling) for spelling in spellings]
    dated = sum(c for day, c in zip(days, counts, strict=True) if day is not None)
    return _magnitudes(days) if dated > _DATED * max(sum(counts), 1) else None


def _day(spelling: str) -> float | None:
    try:
        return float(date.fromisoformat(spelling).toordinal()) if len(spelling) == _ISO else None
    except ValueError:
        return None


def is_specific(spellings: Sequence[str]) -> bool:
    """Say whether identifiers of this kind point at somebody wherever they stand.

    A dense run of small numbers does not: the count 17 in a table is no patient. Long values do
    where most have digits, as drawn letters and digits do, or where all are as long, as no words
    are.
    """
    numbers = [int(text) for text in spellings if text.isdecimal() and len(text) <= 15]
    if len(numbers) > 0.5 * max(len(spellings), 1):
        room = max(numbers) - min(numbers) + 1
        return max(numbers) >= 100_000 and len(numbers) <= room / 100
    long = [text for text in spellings if len(text) >= 6]
    mixed = sum(any(map(str.isdigit, text)) for text in long) > 0.5 * len(long)
    return len(long) > 0.9 * len(spellings) and (mixed or len(set(map(len, long))) == 1)


def _postings(values: Numbers, distinct: int) -> tuple[Numbers, Numbers]:
    offsets = array("I", bytes(4 * (distinct + 2)))
    for value in values:
        offsets[value + 1] += 1
    for value in range(1, distinct + 2):
        offsets[value] += offsets[value - 1]
    following = array("I", offsets)
    rows = array("I", bytes(4 * len(values)))
    for row, value in enumerate(values):
        rows[following[value]] = row
        following[value] += 1
    return offsets, rows


def _feature(
    transform: Transform,
    spelled: Iterable[str],
    counts: Sequence[int],
    hashed: Callable[[str], int],
) -> Feature:
    """Hash the spellings of a column's values; those of one hash are one group.

    Shape: what is spelled empty is in no group, written as one past the last.
    """
    known: dict[str, int] = {}
    own, missing = array("Q"), set[int]()
    for at, text in enumerate(spelled):
        found = known.get(text)
        if found is None:
            found = hashed(text)
            if len(known) < _REMEMBERED:
                known[text] = found
        own.append(found)
        if not text:
            missing.add(at)
    ordered = array("Q", sorted({found for at, found in enumerate(own) if at not in missing}))
    group_of = array("I", [0])
    frequency = array("I", bytes(4 * len(ordered)))
    for at, (found, count) in enumerate(zip(own, counts, strict=True)):
        group = len(ordered) if at in missing else bisect_left(ordered, found)
        group_of.append(group)
        if at not in missing:
            frequency[group] += count
    return Feature(transform, ordered, group_of, frequency)


def _distinct(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Drop a transform that changes nothing (a column of whole numbers rounded to integers)."""
    kept: list[Feature] = []
    for feature in features:
        same = any(feature.hashes == other.hashes and feature.digits == other.digits
                   and feature.group_of == other.group_of for other in kept)  # fmt: skip
        if not same:
            kept.append(feature)
    return tuple(kept)

"""What each label rests on, worked out again from the partner's files by other means.

The generator computes with pandas; here the same is counted from the bytes with the standard
library alone, so that a mistake of the generator does not become a label. It knows nothing of the
check engine.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.outputs.blind.registry import PERSON

MINIMUM = 10
"""The shipped smallest number of people, of holders, of events and of degrees of freedom."""
Row = Mapping[str, str]
Condition = tuple[str, str, str]
"""A column, one of `= != < >= in`, and a value; of `in` the values, between bars."""


def _age(row: Row) -> int:
    return int(row["diagnosed"][:4]) - int(row["birth_year"])


def _band(row: Row) -> str:
    age = _age(row)
    return next((name for top, name in ((40, "18-39"), (60, "40-59"), (75, "60-74"))
                 if age < top), "75+")  # fmt: skip


def _period(row: Row) -> str:
    year = int(row["diagnosed"][:4])
    return "2008-2012" if year < 2013 else "2013-2018" if year < 2019 else "2019-2024"


DERIVED: Mapping[str, Callable[[Row], str]] = {
    "age": lambda row: str(_age(row)),
    "age_band": _band,
    "period": _period,
    "year": lambda row: row["diagnosed"][:4],
    "outcome": lambda row: "dead" if row["dead"] == "1" else "alive",
}


def _value(row: Row, column: str) -> str:
    return DERIVED[column](row) if column in DERIVED else row[column]


def _holds(row: Row, condition: Condition) -> bool:
    column, sign, wanted = condition
    own = _value(row, column)
    match sign:
        case "=":
            return own == wanted
        case "!=":
            return own != wanted
        case "in":
            return own in wanted.split("|")
        case "<":
            return float(own) < float(wanted)
        case ">=":
            return float(own) >= float(wanted)
        case _:
            raise RuntimeError(sign)


class Sheets:
    """The partner's files, each row beside what is known of its person."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Read the files."""
        read = {
            name: list(csv.DictReader(io.StringIO(data.decode()))) for name, data in files.items()
        }
        people = {row[PERSON]: row for row in read["people"]}
        self.plain = read
        self._rows = {
            name: [{**people[row[PERSON]], **row} for row in rows] for name, rows in read.items()
        }

    def rows(self, table: str, where: Sequence[Condition] = ()) -> Iterator[Row]:
        """Give the rows of a table that meet every condition."""
        for row in self._rows[table]:
            if all(_holds(row, condition) for condition in where):
                yield row

    def people(self, table: str, where: Sequence[Condition]) -> set[str]:
        """Give those who have such a row."""
        return {row[PERSON] for row in self.rows(table, where)}


@dataclass(frozen=True)
class Counts:
    """Numbers of people by group, as printed; `base` is what they are rounded to.

    `parts` says that the last column divides the group before it, so that what is left counts.
    """

    table: str
    by: tuple[str, ...]
    cells: Mapping[tuple[str, ...], int]
    where: tuple[Condition, ...] = ()
    base: int = 1
    unit: str = "people"
    parts: bool = True

    def _found(self, sheets: Sheets, *, rows: bool) -> dict[tuple[str, ...], int]:
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for row in sheets.rows(self.table, self.where):
            groups[tuple(_value(row, column) for column in self.by)].append(row[PERSON])
        return {key: len(own if rows else set(own)) for key, own in groups.items()}

    def wrong(self, sheets: Sheets) -> list[str]:
        """Name printed numbers that the source does not give."""
        found = self._found(sheets, rows=self.unit == "rows")
        return [
            f"{key} is {found.get(key, 0)}, not {shown}"
            for key, shown in self.cells.items()
            if abs(found.get(key, 0) - shown) > (self.base / 2 if self.base > 1 else 0)
        ]

    def small(self, sheets: Sheets) -> list[str]:
        """Name groups of too few people, empty ones and what is left too small."""
        found = self._found(sheets, rows=False)
        few = [f"{key} has {found.get(key, 0)}" for key in self.cells
               if found.get(key, 0) < MINIMUM]  # fmt: skip
        return few + (self._left(found) if self.parts else [])

    def _left(self, found: Mapping[tuple[str, ...], int]) -> list[str]:
        whole: dict[tuple[str, ...], int] = defaultdict(int)
        for key, count in found.items():
            whole[key[:-1]] += count
        left = {key: whole[key[:-1]] - found.get(key, 0) for key in self.cells}
        return [f"{key} leaves {rest}" for key, rest in left.items() if 0 <= rest < MINIMUM]


@dataclass(frozen=True)
class Held:
    """Values shown as they are in the source: who else has them."""

    table: str
    column: str
    values: tuple[str, ...]
    where: tuple[Condition, ...] = ()

    def wrong(self, sheets: Sheets) -> list[str]:
        """Name values that nobody has, where the label says somebody."""
        return []

    def small(self, sheets: Sheets) -> list[str]:
        """Name values that are held by too few people."""
        who: dict[float, set[str]] = defaultdict(set)
        for row in sheets.rows(self.table, self.where):
            who[float(_value(row, self.column))].add(row[PERSON])
        return [f"{self.column} {value} is held by {len(who[float(value)])}"
                for value in self.values if len(who[float(value)]) < MINIMUM]  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Sums or means by group: how much of each one or two people make up."""

    table: str
    column: str
    by: tuple[str, ...]
    where: tuple[Condition, ...] = ()
    shown: Mapping[tuple[str, ...], float] = field(default_factory=dict)

    def _parts(self, sheets: Sheets) -> dict[tuple[str, ...], dict[str, float]]:
        sums: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in sheets.rows(self.table, self.where):
            key = tuple(_value(row, column) for column in self.by)
            sums[key][row[PERSON]] += float(_value(row, self.column))
        return sums

    def wrong(self, sheets: Sheets) -> list[str]:
        """Name printed sums that the source does not give."""
        found = self._parts(sheets)
        return [f"sum of {key} is {sum(found[key].values())}" for key, value in self.shown.items()
                if abs(sum(found[key].values()) - value) > 1e-6]  # fmt: skip

    def small(self, sheets: Sheets) -> list[str]:
        """Name groups of few people or under the thumb of one or two."""
        out = []
        for key, own in self._parts(sheets).items():
            first, second, *_ = [*sorted(own.values(), reverse=True), 0.0, 0.0]
            total = sum(own.values())
            if len(own) < MINIMUM or first > total / 2 or first + second > 0.9 * total:
                out.append(f"{key}: {len(own)} people, the first has {first} of {total}")
            elif total - first - second < 0.1 * first:
                out.append(f"{key}: p % does not hold")
        return out


@dataclass(frozen=True)
class Steps:
    """A survival table: who is at risk at each time, and deaths and the censored after it."""

    times: tuple[float, ...]
    lines: tuple[tuple[int, int, int], ...]
    where: tuple[Condition, ...] = ()

    def _found(self, sheets: Sheets) -> list[tuple[int, int, int]]:
        people = [(float(row["followup_months"]), row["dead"] == "1")
                  for row in sheets.rows("people", self.where)]  # fmt: skip
        ends = [*self.times[1:], float("inf")]
        return [
            (
                sum(time >= start for time, _dead in people),
                sum(start <= time < end and dead for time, dead in people),
                sum(start <= time < end and not dead for time, dead in people),
            )
            for start, end in zip(self.times, ends, strict=True)
        ]

    def wrong(self, sheets: Sheets) -> list[str]:
        """Name lines that the source does not give."""
        return [
            f"line {found}, not {shown}"
            for found, shown in zip(self._found(sheets), self.lines, strict=True)
            if found != shown
        ]

    def small(self, sheets: Sheets) -> list[str]:
        """Name steps with too few people."""
        return [f"{line}" for line in self._found(sheets) if min(line) < MINIMUM]


@dataclass(frozen=True)
class Freedom:
    """A model: people in it less parameters."""

    table: str
    parameters: int
    where: tuple[Condition, ...] = ()

    def wrong(self, sheets: Sheets) -> list[str]:
        """Say nothing: the figure is the label."""
        return []

    def small(self, sheets: Sheets) -> list[str]:
        """Name a model with too few degrees of freedom left."""
        left = len(sheets.people(self.table, self.where)) - self.parameters
        return [f"{left} degrees of freedom"] if left < MINIMUM else []


@dataclass(frozen=True)
class Apart:
    """Two populations that are both printed: who is in one and not in the other."""

    table: str
    one: tuple[Condition, ...]
    other: tuple[Condition, ...]

    def wrong(self, sheets: Sheets) -> list[str]:
        """Say nothing: the difference is the label."""
        return []

    def small(self, sheets: Sheets) -> list[str]:
        """Name a difference of a few people."""
        one, other = (sheets.people(self.table, where) for where in (self.one, self.other))
        parts = (len(one - other), len(other - one))
        return [f"they differ by {part}" for part in parts if 0 < part < MINIMUM]


@dataclass(frozen=True)
class Records:
    """Rows of the source as they are: columns and which rows of the table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _source(self, sheets: Sheets) -> set[tuple[str, ...]]:
        return {tuple(_plain(_value(row, column)) for column in self.columns)
                for row in sheets.rows(self.table)}  # fmt: skip

    def wrong(self, sheets: Sheets) -> list[str]:
        """Say nothing: what is right depends on the label."""
        return []

    def small(self, sheets: Sheets) -> list[str]:
        """Name rows that are somebody's."""
        source = self._source(sheets)
        return [f"{row} is a row" for row in self.rows if tuple(map(_plain, row)) in source]


def _plain(text: str) -> str:
    """Write a number the same however it was written."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


Claim = Counts | Held | Sums | Steps | Freedom | Apart | Records


Checked = tuple[list[str], list[str]]


def checked(claim: Claim, sheets: Sheets) -> Checked:
    """Give what is wrong of a claim, and what of it is small."""
    return claim.wrong(sheets), claim.small(sheets)


def faults(
    claims: Sequence[Claim], found: Sequence[Checked], *, leaky: bool, people: int
) -> list[str]:
    """Say why a label is not honest; nothing where it is.

    Shape: a safe file's claims are all right and none is small; a leaky one's are right and at
    least one is small, and its claimed rows are as many as its label says.
    """
    wrong = [text for own, _small in found for text in own]
    small = [text for _own, few in found for text in few]
    if not leaky:
        return wrong + small
    if claims and not small:
        wrong.append("nothing of it is small")
    pairs = zip(claims, found, strict=True)
    told = sum(len(few) for claim, (_own, few) in pairs if isinstance(claim, Records))
    if people and told and told != people:
        wrong.append(f"{told} rows, not {people}")
    return wrong

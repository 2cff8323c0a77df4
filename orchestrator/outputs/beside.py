"""[pure] Two tables of counts side by side: the same people in one row, what lies between them.

Rows are matched by the categories they name, as the comparison of O14 does it, so that a wide table
stands beside a long one. What a reader gets by subtraction is named, not only shown.
Source: outputs section 11, U3 (which earlier outputs report on similar attributes); 6.2 step 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.outputs.differencing import Difference, differences
from orchestrator.outputs.facts import Coordinates, Fact, FactTable


@dataclass(frozen=True)
class Pair:
    """One count in both tables, as it is printed; None where a table has no such count.

    Shape: `apart` is how many more this file counts, None where that is not known; `marked` says
    that the difference is one of those that show too few people.
    """

    here: str | None
    there: str | None
    apart: int | None
    marked: bool


@dataclass(frozen=True)
class Line:
    """One row: the categories it names, where it stands, and a pair for each measure."""

    categories: tuple[str, ...]
    row_here: int | None
    row_there: int | None
    pairs: tuple[Pair, ...]
    derived: bool = False

    @property
    def marked(self) -> bool:
        """Whether something in it shows too few people."""
        return any(pair.marked for pair in self.pairs)


@dataclass(frozen=True)
class Implied:
    """What subtracting one count from another tells.

    Shape: `people` is None of rounded counts, which differ by one base; `certain` where one
    population evidently contains the other.
    """

    measure: str
    categories: tuple[str, ...]
    people: int | None
    row_here: int
    row_there: int
    certain: bool
    derived: bool


@dataclass(frozen=True)
class Beside:
    """Two tables side by side.

    Shape: `lines` have one pair for each of `measures`; of `implied` what is printed comes first.
    """

    measures: tuple[str, ...]
    lines: tuple[Line, ...]
    implied: tuple[Implied, ...]

    @property
    def certain(self) -> bool:
        """Whether one population evidently contains the other."""
        return any(one.certain for one in self.implied)

    @property
    def common(self) -> int:
        """How many counts both tables have."""
        return sum(
            pair.here is not None and pair.there is not None
            for line in self.lines
            for pair in line.pairs
        )


def beside(here: FactTable, there: FactTable, least: int) -> Beside:
    """Put two tables side by side.

    Shape: rows in this file's order, then those that only the other table has; `least` is the
    smallest number of people that may be told apart.
    """
    found = differences(here, there, least)
    sums = [fact for one in found for fact in (one.here, one.there) if fact.derived]
    ours = _by_key([*here.facts, *(fact for fact in sums if _of(found, fact, here=True))])
    theirs = _by_key([*there.facts, *(fact for fact in sums if _of(found, fact, here=False))])
    marked = {id(one.here) for one in found} | {id(one.there) for one in found}
    measures = tuple(dict.fromkeys(measure for measure, _ in (*ours, *theirs)))
    rows = list(dict.fromkeys(named for _, named in (*ours, *theirs)))
    lines = tuple(_line(named, measures, ours, theirs, marked) for named in rows)
    printed_first = sorted(found, key=lambda one: one.here.derived or one.there.derived)
    return Beside(measures, lines, tuple(map(_implied, printed_first)))


_Facts = dict[tuple[str, Coordinates], Fact]


def _by_key(facts: Sequence[Fact]) -> _Facts:
    found: _Facts = {}
    for fact in facts:
        found.setdefault(fact.key, fact)
    return found


def _of(found: Sequence[Difference], fact: Fact, *, here: bool) -> bool:
    return any((one.here if here else one.there) is fact for one in found)


def _line(
    named: Coordinates,
    measures: Sequence[str],
    ours: _Facts,
    theirs: _Facts,
    marked: set[int],
) -> Line:
    mine = [ours.get((measure, named)) for measure in measures]
    others = [theirs.get((measure, named)) for measure in measures]
    present = [fact for fact in (*mine, *others) if fact is not None]
    return Line(
        _categories(present[0]),
        next((fact.row for fact in mine if fact is not None), None),
        next((fact.row for fact in others if fact is not None), None),
        tuple(_pair(one, other, marked) for one, other in zip(mine, others, strict=True)),
        all(fact.derived for fact in present),
    )


def _pair(here: Fact | None, there: Fact | None, marked: set[int]) -> Pair:
    known = here is not None and there is not None and not here.hidden and not there.hidden
    apart = round(here.low - there.low) if known and here and there else None
    hit = any(fact is not None and id(fact) in marked for fact in (here, there))
    return Pair(_printed(here), _printed(there), apart, hit)


def _printed(fact: Fact | None) -> str | None:
    if fact is None:
        return None
    if not fact.hidden:
        return f"{fact.low:g}" if abs(fact.low) < 1e6 else f"{fact.low:.0f}"
    return "hidden" if fact.high is None else f"hidden, {fact.low:g} to {fact.high:g}"


def _implied(one: Difference) -> Implied:
    return Implied(
        one.here.measure,
        _categories(one.here),
        one.people,
        one.here.row,
        one.there.row,
        one.certain,
        one.here.derived or one.there.derived,
    )


def _categories(fact: Fact) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" if name else value for name, value in fact.coordinates)

"""[pure] Can a hidden count be worked out from the counts around it, in one table or several?

Unknowns are the hidden counts, equations are totals with their parts, in every table that speaks of
the same people: two tables do when all counts that both show agree. A percentage beside a hidden
count of a known group is an equation too.
Source: outputs 6.1.
"""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.outputs.bounds import Problem, Solved, Sum, solve
from orchestrator.outputs.facts import Coordinates, Fact, FactTable
from orchestrator.outputs.totals import Family, families

Key = tuple[str, Coordinates]
_NEAR = 0.25
"""Ends further apart than this share of a total fit it by accident."""


@dataclass(frozen=True)
class Pinned:
    """A hidden count and between which whole numbers it lies, by what is published.

    Shape: `stated` is what its cell says itself.
    """

    table: FactTable
    fact: Fact
    low: int
    high: int | None
    stated: tuple[int, int | None]

    @property
    def exact(self) -> bool:
        """Whether only one number fits."""
        return self.high is not None and self.high <= self.low

    @property
    def width(self) -> int | None:
        """How many numbers fit besides one; None without an upper end."""
        return None if self.high is None else self.high - self.low


@dataclass(frozen=True)
class Audit:
    """What came of it. Shape: without pinned cells there is nothing that sums could tell."""

    pinned: tuple[Pinned, ...] = ()
    contradiction: bool = False
    exhausted: bool = False


def audit(
    tables: Sequence[FactTable],
    seconds: float,
    unknowns: int,
    *,
    known: Iterable[tuple[Fact, float, float]] = (),
) -> Audit:
    """Work out between which ends each hidden count of some tables lies.

    Shape: tables about the same people are taken together; where together they contradict one
    another, each is taken alone. `known` gives hidden facts further ends, as a percentage beside
    them does. A reader knows that a cell which says `<10` is at least 1, where that fits.
    Units: `seconds` in all; `unknowns` hidden counts at most, more is exhausted.
    """
    until = time.monotonic() + seconds
    ends = list(known)
    answers: list[Audit] = []
    for group in together(tables):
        answer = _audit(group, until, unknowns, ends)
        if answer.contradiction and len(group) > 1:
            answers += [_audit([table], until, unknowns, ends) for table in group]
        else:
            answers.append(answer)
    return Audit(
        tuple(one for answer in answers for one in answer.pinned),
        any(answer.contradiction for answer in answers),
        any(answer.exhausted for answer in answers),
    )


def together(tables: Sequence[FactTable]) -> list[list[FactTable]]:
    """Group tables that are about the same people: agreeing with one, contradicting none."""
    groups: list[list[FactTable]] = []
    for table in tables:
        home = next((group for group in groups if _fits(table, group)), None)
        if home is None:
            groups.append([table])
        else:
            home.append(table)
    return groups


def _fits(table: FactTable, group: Sequence[FactTable]) -> bool:
    said = [agree(table, one) for one in group]
    return any(said) and not any(answer is False for answer in said)


def _audit(
    tables: Sequence[FactTable],
    until: float,
    unknowns: int,
    known: Sequence[tuple[Fact, float, float]],
) -> Audit:
    hidden = _hidden(tables)
    if not hidden:
        return Audit()
    if len(hidden) > unknowns:
        return Audit(exhausted=True)
    places = {key: at for at, key in enumerate(hidden)}
    sums = [one for table in _each(tables) for one in _sums(table, places)]
    bound = {place for one in sums for place, _ in one.terms}
    told = {places[fact.key] for fact, _, _ in known if fact.key in places}
    wanted = sorted(bound | told)
    for least in (1.0, 0.0):
        ends = [_ends(facts, least) for facts in hidden.values()]
        for fact, low, high in known:
            place = places.get(fact.key)
            if place is not None:
                ends[place] = (max(ends[place][0], low), _least(ends[place][1], high))
        solved = solve(Problem(tuple(ends), tuple(sums)), wanted, until)
        if not solved.contradiction:
            break
    return Audit(_pinned(tables, hidden, wanted, solved), solved.contradiction, solved.exhausted)


def agree(one: FactTable, other: FactTable) -> bool | None:
    """Say whether two tables are about the same people, by the counts that both of them show.

    Shape: counts that one of them shows and the other's add up to where they show none in common;
    then whether a hidden part is what a total leaves of the others. None where nothing compares.
    """
    slack = (one.base + other.base) / 2 if max(one.base, other.base) > 1 else 0.0
    for mine, theirs in ((_shown(one), _shown(other)), (one.visible, other.visible)):
        shared = [abs(mine[key].low - theirs[key].low) <= slack for key in mine.keys() & theirs]
        if shared:
            return all(shared)
    return True if _leaves(one, other) or _leaves(other, one) else None


def _shown(table: FactTable) -> dict[Key, Fact]:
    return {fact.key: fact for fact in table.facts if not fact.hidden}


def _leaves(table: FactTable, other: FactTable) -> bool:
    """Say whether totals of another table leave for hidden counts what these say of themselves.

    Shape: all of them fit, and one leaves a hidden count two ends that are near each other.
    """
    elsewhere = _totals_elsewhere(table, _shown(other), set(_shown(table)))
    totals = [Fact(0, 0, fact.measure, rest, fact.low, fact.high) for rest, fact in elsewhere]
    found = [
        (total, parts)
        for total, parts in families(table, totals, exact=False)
        if any(part.hidden for part in parts) and not total.hidden
    ]
    fit = all(
        sum(part.low for part in parts) <= total.low <= sum(part.high or 0 for part in parts)
        for total, parts in found
    )
    return fit and any(
        sum((part.high or 0) - part.low for part in parts) <= _NEAR * total.low
        for total, parts in found
    )


def _hidden(tables: Sequence[FactTable]) -> dict[Key, list[tuple[int, Fact]]]:
    """Group hidden facts of one key; one that another table shows stays hidden in its place."""
    found: dict[Key, list[tuple[int, Fact]]] = {}
    for at, table in enumerate(tables):
        for fact in table.facts:
            if fact.hidden:
                found.setdefault(fact.key, []).append((at, fact))
    return found


def _each(tables: Sequence[FactTable]) -> list[list[tuple[Family, int]]]:
    """Give each table's families, with totals that only the other tables show."""
    shown = {fact.key: fact for table in tables for fact in table.facts if not fact.hidden}
    found = []
    for table in tables:
        own = {fact.key for fact in table.facts if not fact.hidden}
        more = [
            Fact(fact.row, fact.column, fact.measure, rest, fact.low, fact.high)
            for rest, fact in _totals_elsewhere(table, shown, own)
        ]
        found.append([(family, table.base) for family in families(table, more)])
    shared: list[tuple[Family, int]] = [
        ((fact, (shown[fact.key],)), 1)
        for table in tables
        for fact in table.facts
        if fact.hidden and fact.key in shown
    ]
    return [*found, shared]


def _totals_elsewhere(
    table: FactTable, shown: dict[Key, Fact], own: set[Key]
) -> list[tuple[Coordinates, Fact]]:
    """Totals of this table's parts that it does not print and another table does."""
    found: dict[Coordinates, tuple[Coordinates, Fact]] = {}
    for fact in table.facts:
        for variable in fact.variables:
            rest = tuple(one for one in fact.coordinates if one[0] != variable)
            total = Fact(0, 0, fact.measure, rest, 0.0, None)
            if total.key not in own and total.key in shown:
                found[rest] = (rest, shown[total.key])
    return list(found.values())


def _sums(own: Sequence[tuple[Family, int]], places: dict[Key, int]) -> list[Sum]:
    found = []
    for (total, parts), base in own:
        terms: dict[int, float] = {}
        rest = 0.0
        for fact, factor in [(total, -1.0), *((part, 1.0) for part in parts)]:
            if fact.hidden:
                place = places[fact.key]
                terms[place] = terms.get(place, 0.0) + factor
            else:
                rest += factor * fact.low
        slack = base * (len(parts) + 1 - len(terms)) / 2 if base > 1 else 0.0
        kept = tuple((place, factor) for place, factor in terms.items() if factor)
        if kept:
            found.append(Sum(kept, -rest - slack, -rest + slack))
    return found


def _ends(facts: Sequence[tuple[int, Fact]], least: float) -> tuple[float, float | None]:
    low = max(fact.low for _, fact in facts)
    highs = [fact.high for _, fact in facts if fact.high is not None]
    high = min(highs) if highs else None
    return (max(low, least) if high is not None and high >= 1 else low, high)


def _least(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


def _pinned(
    tables: Sequence[FactTable],
    hidden: dict[Key, list[tuple[int, Fact]]],
    wanted: Sequence[int],
    solved: Solved,
) -> tuple[Pinned, ...]:
    keys = list(hidden)
    found = []
    for place in wanted:
        if place not in solved.ends:
            continue
        low, high = solved.ends[place]
        whole = (math.ceil(low - 1e-6), None if high is None else math.floor(high + 1e-6))
        for at, fact in hidden[keys[place]]:
            stated = (int(fact.low), None if fact.high is None else int(fact.high))
            found.append(Pinned(tables[at], fact, *whole, stated))
    return tuple(found)

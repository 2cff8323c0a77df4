"""[pure] What the rows of a table say together, of which none says enough by itself.

Four coarse columns name nobody. That every one of four hundred rows of them is somebody's does,
where rows drawn anew from the same people would mostly be nobody's. How many would be is told by
the source itself: whoever is alone there with these values would be met by chance as seldom as a
second one like them is. Columns count that agree with one another, so a column whose values several
source columns have is taken for the one that goes with the others.
Source: Good 1953 (the chance of meeting what was not met before is the share of what was met once);
outputs 5.4, O21 (co-occurrence).
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.outputs.index import TableIndex
from orchestrator.outputs.searching import UNFOUND, Option, Search, Settings, Work, group_at

Guess = Sequence[Option]
"""One source column that an exported one may be; several options where a cell may be several of its
values."""
Known = Callable[[int, int], bool]
"""Says of a position and a row whether a cell stands there."""

MANY = 5
"""Fewer rows that agree are an accident."""
_TIMES = 10
"""Rows that are somebody's must be so many times those that would be by chance."""
_SURE = 6
"""Units: bits beyond the price of all comparisons, where a few rows are all somebody's."""
_TURNS = 5
_AGREES = 0.95
"""The share of rows in which a column agrees that belongs to the others."""
_ANCHORS = 3
_LOOKED = 150
_PEOPLE = 3000
"""Units: rows by which columns are chosen, and people who are looked at for them."""
_WIDE = 12
_SAMPLED = 400
"""Units: rows of the source by which the chance of a twin is told."""


def chosen(
    guesses: Mapping[int, Sequence[Guess]],
    known: Known,
    source: TableIndex,
    settings: Settings,
    compared: int,
    work: Work,
    named: Collection[int] = (),
) -> list[list[Option]]:
    """List the sets of guesses, one a column, that agree with one another in row after row.

    Shape: `guesses` by position, the likeliest first; a set has two columns at least. Those at the
    positions that are `named` by the source's own name need not prove what they are.
    """
    tried = sum(map(len, guesses.values()))
    price = settings.margin + math.log2(max(tried, 1)) + math.log2(max(compared, 1))
    rarest = sorted(guesses, key=lambda at: (at not in named, _commonness(guesses[at][0], source)))
    found: list[list[Option]] = []
    for anchor in rarest[:_ANCHORS]:
        if any(one.position == anchor for own in found for one in own):
            continue
        first = guesses[anchor][0]
        growing = _Growing(first, known, source, settings, work)
        left = {at: free for at, own in guesses.items()
                if at != anchor and (free := _others(own, first))}  # fmt: skip
        while left and len(growing.guesses) < _WIDE and work.left > 0:
            gain, at, best = max(
                ((growing.gain(guess), -at, guess) for at, own in left.items() for guess in own),
                key=lambda one: one[:2],
                default=(0.0, 0, ()),
            )
            if gain < (0.0 if -at in named else price):
                break
            growing.add(best)
            del left[-at]
            left = {at: free for at, own in left.items() if (free := _others(own, best))}
        if len(growing.guesses) > 1:
            found.append([option for guess in growing.guesses for option in guess])
    return found


def _others(guesses: Sequence[Guess], taken: Guess) -> list[Guess]:
    """Leave out the guesses of a source column that another exported column has taken."""
    return [guess for guess in guesses if guess[0].column != taken[0].column]


def _commonness(guess: Guess, source: TableIndex) -> float:
    """Bits of an average cell, as a number that is small where they are many."""
    own = [_frequency(option, row, source) for option in guess[:1]
           for row in range(len(option.groups)) if option.groups[row] >= 0]  # fmt: skip
    return math.fsum(map(math.log2, own)) / len(own) if own else math.inf


def _frequency(option: Option, row: int, source: TableIndex) -> int:
    feature = source.columns[option.column].features[option.feature]
    return feature.frequency[option.groups[row]]


class _Growing:
    """A set of columns that grows, and for some rows the people who agree in all of them."""

    def __init__(
        self, first: Guess, known: Known, source: TableIndex, settings: Settings, work: Work
    ) -> None:
        self.guesses = [first]
        self._known = known
        self._source = source
        self._work = work
        self._people: dict[int, list[int]] = {}
        sizes = {
            row: sum(_frequency(one, row, source) for one in first if one.groups[row] >= 0)
            for row in range(len(first[0].groups))
        }
        left = _PEOPLE
        for row in sorted((row for row, size in sizes.items() if size), key=lambda at: sizes[at]):
            left -= sizes[row]
            if left < 0 or len(self._people) >= _LOOKED:
                break
            self._people[row] = [
                person
                for one in first
                if one.groups[row] >= 0
                for person in source.columns[one.column].rows_of(one.feature, one.groups[row])
            ]
        if len(self._people) < min(MANY, len(sizes)):
            self._people = {}

    def gain(self, guess: Guess) -> float:
        """Bits by which a column agrees better than one that has nothing to do with the others."""
        total = 0.0
        for row, people in self._people.items():
            if not people or not self._known(guess[0].position, row):
                continue
            self._work.spend(len(people))
            have = sum(_frequency(one, row, self._source) for one in guess if one.groups[row] >= 0)
            share = min(have / self._source.size, 0.999)
            chance = min(max(-math.expm1(len(people) * math.log1p(-share)), 1e-9), 0.999)
            agrees = any(self._agrees(guess, row, person) for person in people)
            total += math.log2(_AGREES / chance if agrees else (1 - _AGREES) / (1 - chance))
        return total

    def add(self, guess: Guess) -> None:
        """Take a column in; whoever disagrees in it falls out."""
        self.guesses.append(guess)
        for row, people in self._people.items():
            if self._known(guess[0].position, row):
                self._people[row] = [one for one in people if self._agrees(guess, row, one)]

    def _agrees(self, guess: Guess, row: int, person: int) -> bool:
        column = self._source.columns[guess[0].column]
        value = column.values[person]
        return value != 0 and any(
            one.groups[row] >= 0 and column.features[one.feature].group_of[value] == one.groups[row]
            for one in guess
        )


@dataclass(frozen=True)
class _Tally:
    """By row of the table how many people agree with it in whole; rows too common are left out."""

    people: Mapping[int, int]

    @property
    def found(self) -> list[int]:
        """The rows that are somebody's."""
        return [row for row, count in self.people.items() if count]

    @property
    def alone(self) -> int:
        """How many of them can be one person only."""
        return sum(count == 1 for count in self.people.values())


def _surprise(found: int, nobody: int, chance: float) -> float:
    """Bits by which so many rows are somebody's where each is so by chance with this share.

    Source: Chernoff's bound of a binomial tail by the Kullback-Leibler divergence.
    """
    total = found + nobody
    share = found / total
    if share <= chance:
        return 0.0
    rest = nobody * math.log2((1 - share) / (1 - chance)) if nobody else 0.0
    return found * math.log2(share / max(chance, 1e-9)) + rest


class Together(Search):
    """Rows that are found in whole, where so many would not be by chance."""

    def __init__(
        self,
        source: TableIndex,
        options: Sequence[Option],
        known: Known,
        compared: int,
        settings: Settings,
        work: Work,
    ) -> None:
        super().__init__(source, options, 0.0, settings, work)
        self._known = known
        self._size = source.size
        self._spare = math.log(2) * (settings.margin + math.log2(max(compared, 1)))
        self._places: dict[int, list[int]] = {}
        for at, one in enumerate(options):
            self._places.setdefault(one.position, []).append(at)
        self._strangers = self._share_alone()

    def linked(self, groups: Sequence[Sequence[int]]) -> list[int]:
        """List the rows that are somebody's, none where they might be so by chance.

        Rows of nobody show how many rows may have been drawn anew: as many of these are nobody's as
        there are people without a twin. Where the table's own rows have more twins than people of
        the source have, that is what counts.
        """
        tally = self._tally(groups)
        found = tally.found
        alone = min(self._strangers, tally.alone / max(len(found), 1))
        if self.work.left <= 0 or len(found) < MANY or not alone:
            return []
        nobody = len(tally.people) - len(found)
        chance = (nobody + self._spare) * (1 - alone) / alone
        price = self._spare / math.log(2) + _SURE
        sure = _surprise(len(found), nobody, 1 - alone) >= price
        if not sure and len(found) < _TIMES * chance:
            return []
        return found if _surprise(len(found), nobody, self._of_others(groups)) >= price else []

    def _tally(self, groups: Sequence[Sequence[int]]) -> _Tally:
        rows = range(len(groups[0])) if groups else range(0)
        people = ((row, self._count(groups, row)) for row in rows)
        return _Tally({row: count for row, count in people if count is not None})

    def _of_others(self, groups: Sequence[Sequence[int]]) -> float:
        """The share of rows that are somebody's when each takes its columns from other rows.

        Shape: columns are turned against each other, so that no row stays together.
        """
        size, found, total = len(groups[0]), 0, 0
        for turn in range(1, min(_TURNS, size - 1) + 1):
            turned = list(groups)
            for step, places in enumerate(self._places.values()):
                by = step * turn % size
                for at in places:
                    turned[at] = [*groups[at][by:], *groups[at][:by]]
            tally = self._tally(turned)
            found, total = found + len(tally.found), total + len(tally.people)
        return (found + 0.5) / (total + 1)

    def _count(self, groups: Sequence[Sequence[int]], row: int) -> int | None:
        """Count who agrees with a row in all that it says; None where it says too little."""
        own = [
            [(at, groups[at][row]) for at in places if groups[at][row] >= 0]
            for position, places in self._places.items()
            if self._known(position, row)
        ]
        if len(own) < 2:
            return None
        return self._whole(own) if all(own) else 0

    def _whole(self, cells: Sequence[Sequence[tuple[int, int]]]) -> int | None:
        """Count who has all cells; None where even the rarest is too common to look."""
        sizes = [sum(self.features[at].frequency[group] for at, group in own) for own in cells]
        first = min(range(len(cells)), key=lambda at: sizes[at])
        if sizes[first] > self.settings.frequency_limit or not self.work.spend(sizes[first]):
            return None
        people = [one for at, group in cells[first] for one in self._rows_of(at, group)]
        for own in (*cells[:first], *cells[first + 1 :]):
            people = [one for one in people if any(self._has(one, *cell) for cell in own)]
        return len(people)

    def _has(self, person: int, at: int, group: int) -> bool:
        value = self.columns[at].values[person]
        return value != 0 and self.features[at].group_of[value] == group

    def _share_alone(self) -> float:
        """The share of the source's people who are alone with what the table says of them."""
        step = max(1, self._size // _SAMPLED)
        first = [places[0] for places in self._places.values()]
        counts = []
        for person in range(0, self._size, step):
            cells = [[(at, group_at(self.features[at], self.columns[at].values[person]))]
                     for at in first]  # fmt: skip
            if all(own[0][1] != UNFOUND for own in cells):
                counts.append(self._whole(cells))
        return counts.count(1) / len(counts) if counts else 0.0

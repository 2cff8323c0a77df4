"""[pure] Which rows, or which people, of a source agree with a row by more than chance.

Candidates share one of the row's rarest cells; each agreement is worth its surprisal in bits, each
disagreement costs. Source: outputs 5.2, steps 2 to 4.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from orchestrator.outputs.index import ID_ROLES, Column, Feature, TableIndex

UNFOUND = -1
_RAREST = 3
_OTHERS = 8
"""So many cells of other rows tell how many cells a person has by chance."""
_ALIKE = 2
"""Whoever has more than so many times the rows of a person says nothing about their values."""
_SHOWN = 200
"""Of each column so many cells stand for all that a table shows."""


@dataclass(frozen=True)
class Settings:
    """The numbers of the test. Units: share, rows, bits, rounds, comparisons."""

    containment: float
    frequency_limit: int
    disagreement: float
    margin: float
    null_rounds: int
    work: int


class Work:
    """How many comparisons may still be made; shared by all tables of one file."""

    def __init__(self, left: int) -> None:
        """Start with a number of comparisons."""
        self.left = left

    def spend(self, comparisons: int) -> bool:
        """Take comparisons off; say whether any are left."""
        self.left -= comparisons
        return self.left > 0


@dataclass(frozen=True)
class Option:
    """What one exported column may stand for, with the group of each of its cells."""

    position: int
    column: int
    feature: int
    groups: Sequence[int]
    cost: float = 0.0


Cell = tuple[float, int, int]
"""Bits, option, group."""


class Search:
    """Steps 2 to 4: candidates and scores of all rows of one table."""

    def __init__(
        self,
        source: TableIndex,
        options: Sequence[Option],
        threshold: float,
        settings: Settings,
        work: Work,
        *,
        rare: bool = False,
    ) -> None:
        self.rare = rare
        self.options = options
        self.threshold = threshold
        self.settings = settings
        self.work = work
        self.columns: list[Column] = [source.columns[one.column] for one in options]
        self.features = [
            column.features[one.feature] for column, one in zip(self.columns, options, strict=True)
        ]
        self.bits = math.log2(max(source.size, 1))
        self.groups = [one.groups for one in options]
        self._agreed: set[int] = set()
        asked = {(one.column, one.position) for one in options}
        self._choice = {
            column: math.log2(count) for column, count in Counter(at for at, _ in asked).items()
        }
        """Bits: so many exported columns may each be this one, and one of them has to agree."""
        self._weights: list[dict[int, float]] = [{} for _ in options]
        self._rows: dict[tuple[int, int], list[int]] = {}

    def linked(self, groups: Sequence[Sequence[int]]) -> list[int]:
        """List the positions of rows whose surprisal is above the threshold."""
        if not groups:
            return []
        return [
            position
            for position, row in enumerate(zip(*groups, strict=True))
            if self.work.left > 0 and self._is_linked(row)
        ]

    def told(self, rows: Sequence[int]) -> list[Option]:
        """List the options that had a say in these rows."""
        said = [at for at, one in enumerate(self.options)
                if any(one.groups[row] >= 0 for row in rows)]  # fmt: skip
        return [self.options[at] for at in said if at in self._agreed or not self._agreed]

    def drawn(self, random: Random, size: int) -> list[list[int]]:
        """Draw rows that nobody has: each column's values from the source, independently."""
        return [
            [group_at(feature, random.choice(column.values)) for _ in range(size)]
            for column, feature in zip(self.columns, self.features, strict=True)
        ]

    def _is_linked(self, row: Sequence[int]) -> bool:
        cells = self._cells(row)
        most = math.fsum(max(weight for weight, _, _ in own) for own in cells)
        if most <= self.threshold:
            return False
        candidates = self._candidates(cells, most)
        self.work.spend(len(candidates) * 2)
        return any(self._agrees(candidate, cells, most) for candidate in candidates)

    def _agrees(self, candidate: int, cells: Sequence[Sequence[Cell]], most: float) -> bool:
        """Step 3: walk the cells, rarest first, each source column once.

        What is missing on either side says nothing.
        """
        score, left, threshold = 0.0, most, self.threshold
        used: dict[int, int] = {}
        for own in cells:
            left -= own[0][0]
            known = False
            for weight, at, group in own:
                column = self.options[at].column
                value = self.columns[at].values[candidate]
                if value and column not in used:
                    if self.features[at].group_of[value] == group:
                        used[column] = at
                        score += weight
                        break
                    known = True
            else:
                score -= self.settings.disagreement if known else 0.0
            if score + left <= threshold:
                return False
        if score > threshold:
            self._agreed.update(used.values())
        return score > threshold

    def _cells(self, row: Sequence[int]) -> list[list[Cell]]:
        """Give the found cells of a row by exported column, rarest first.

        Shape: one list for each exported column, its options by falling bits.
        """
        found = [(self._weight(at, group), at, group) for at, group in enumerate(row) if group >= 0]
        found.sort(key=lambda cell: (-cell[0], cell[1]))
        kept: dict[int, list[Cell]] = {}
        for cell in found:
            if cell[0] > 0:
                kept.setdefault(self.options[cell[1]].position, []).append(cell)
        return list(kept.values())

    def _weight(self, at: int, group: int) -> float:
        weights = self._weights[at]
        if group not in weights:
            bits = self.bits - math.log2(self.features[at].frequency[group])
            weights[group] = bits - self.options[at].cost - self._choice[self.options[at].column]
        return weights[group]

    def _candidates(self, cells: Sequence[Sequence[Cell]], most: float) -> Sequence[int]:
        """Step 2: source rows that share one of the rarest cells.

        Whoever shares none of the first cells loses their bits and pays for disagreeing; once that
        cannot be made good any more, the rows joined so far are all that matter. Never more than
        three lists are joined, nor one that is longer than the policy allows.
        """
        joined: set[int] = set()
        lost = 0.0
        for number_seen, own in enumerate(cells[:_RAREST]):
            short = [cell for cell in own if self._length(cell) <= self.settings.frequency_limit]
            if number_seen and not short and not self.rare:
                break
            for _, at, group in short or ([] if self.rare else own):
                joined.update(self._rows_of(at, group))
            lost += own[0][0] + self.settings.disagreement
            if lost > most - self.threshold:
                break
        return sorted(joined)

    def _length(self, cell: Cell) -> int:
        return self.features[cell[1]].frequency[cell[2]]

    def _rows_of(self, at: int, group: int) -> list[int]:
        rows = self._rows.get((at, group))
        if rows is None:
            rows = self.columns[at].rows_of(self.options[at].feature, group)
            self._rows[at, group] = rows
        return rows


def _shown(options: Sequence[Option]) -> dict[int, list[tuple[int, int]]]:
    """List different cells of a table by source column, each as option and group; some of many."""
    found: dict[int, dict[tuple[int, int], int]] = {}
    for at, option in enumerate(options):
        own = found.setdefault(option.column, {})
        own |= {(option.feature, group): at for group in option.groups if group >= 0}
    listed = {column: [(own[key], key[1]) for key in sorted(own)] for column, own in found.items()}
    return {column: own[:: max(1, len(own) // _SHOWN)] for column, own in listed.items()}


def people_column(source: TableIndex) -> Column | None:
    """Give the column that says who a row is about, where people have several rows."""
    for column in source.columns:
        if column.role in ID_ROLES and len(column.offsets) - 2 < source.size:
            return column
    return None


class People(Search):
    """The same for people instead of rows: a cell agrees with whoever has it in any of their rows.

    So the visits of one person written side by side are found. Several exported columns may stand
    for one source column; the same value of it counts once. Whoever has many rows has most values
    in one of them: agreement is worth what it is worth for somebody with so many rows.
    """

    def __init__(
        self,
        source: TableIndex,
        options: Sequence[Option],
        threshold: float,
        settings: Settings,
        work: Work,
        people: Column,
    ) -> None:
        super().__init__(source, options, threshold, settings, work)
        self.people = people
        self.bits = math.log2(max(len(people.offsets) - 2, 1))
        self.rows = source.size
        self._sets: dict[tuple[int, int, int], frozenset[int]] = {}
        self._shown = _shown(options)

    def _is_linked(self, row: Sequence[int]) -> bool:
        cells = self._cells(row)
        most = math.fsum(own[0][0] for own in cells)
        if most <= self.threshold:
            return False
        candidates = self._candidates(cells, most)
        self.work.spend(len(candidates) * 2)
        return any(
            self._agrees(candidate, cells, most) and self._stands_out(candidate, cells)
            for candidate in candidates
        )

    def _stands_out(self, candidate: int, cells: Sequence[Sequence[Cell]]) -> bool:
        """Say whether a person agrees with a row better than with the table's other rows.

        Somebody with a row for every week has most days of a year, so most counts of a table are
        days of theirs: agreement is worth no more than the share of the other rows' cells that
        they have too. Without some other cells nothing can be told from them. One person's values
        lie near one another: of people with as many rows who has 97 has 96 more often than others
        do, and that is worth less.
        """
        own = {(self.options[at].feature, group) for ((_, at, group),) in cells}
        rows = self._size_of(candidate)
        columns = {self.options[at].column for ((_, at, _),) in cells}
        rates = {column: self._elsewhere(candidate, column, own) for column in columns}
        score = 0.0
        others: list[frozenset[int]] = []
        for ((weight, at, group),) in cells:
            having = self._having(at, group)
            if candidate not in having:
                score -= self.settings.disagreement
                continue
            most = min(weight, rates[self.options[at].column])
            score += _beside(having, others, min(most, self._surprise(at, group, rows)))
            alike = (one for one in having if one != candidate)
            others.append(frozenset(one for one in alike if self._size_of(one) <= _ALIKE * rows))
        return score > self.threshold

    def _size_of(self, person: int) -> int:
        """Units: rows."""
        return self.people.offsets[person + 1] - self.people.offsets[person]

    def _elsewhere(self, candidate: int, column: int, own: set[tuple[int, int]]) -> float:
        """Bits of having one more cell of a column, from the cells of the other rows."""
        others = [(at, group) for at, group in self._shown[column]
                  if (self.options[at].feature, group) not in own]  # fmt: skip
        if len(others) < _OTHERS:
            return math.inf
        has = sum(candidate in self._having(at, group) for at, group in others)
        return -math.log2((has + 1) / (len(others) + 2))

    def _cells(self, row: Sequence[int]) -> list[list[Cell]]:
        found = {
            (self.options[at].column, group): (self._weight(at, group), at, group)
            for at, group in enumerate(row)
            if group >= 0
        }
        return [
            [cell] for cell in sorted(found.values(), key=lambda c: (-c[0], c[1])) if cell[0] > 0
        ]

    def _weight(self, at: int, group: int) -> float:
        bits = self.bits - math.log2(max(len(self._having(at, group)), 1))
        return bits - self.options[at].cost

    def _length(self, cell: Cell) -> int:
        return len(self._having(cell[1], cell[2]))

    def _rows_of(self, at: int, group: int) -> list[int]:
        return sorted(self._having(at, group))

    def _agrees(self, candidate: int, cells: Sequence[Sequence[Cell]], most: float) -> bool:
        score, left = 0.0, most
        own = self._size_of(candidate)
        for ((weight, at, group),) in cells:
            left -= weight
            has = candidate in self._having(at, group)
            worth = min(weight, self._surprise(at, group, own)) if has else 0.0
            score += worth if has else -self.settings.disagreement
            if score + left <= self.threshold:
                return False
        return score > self.threshold

    def _surprise(self, at: int, group: int, rows: int) -> float:
        """Bits of having a cell in one of so many rows, drawn as all rows are.

        Source: the chance of at least one success in independent trials.
        """
        share = self.features[at].frequency[group] / self.rows
        return -math.log2(-math.expm1(rows * math.log1p(-share))) if share < 1 else 0.0

    def _having(self, at: int, group: int) -> frozenset[int]:
        """The people (value numbers of their column) who have a cell in any row."""
        key = (self.options[at].column, self.options[at].feature, group)
        own = self._sets.get(key)
        if own is None:
            values = self.people.values
            rows = self.columns[at].rows_of(self.options[at].feature, group)
            own = frozenset(values[row] for row in rows if values[row])
            self._sets[key] = own
        return own


def _beside(having: frozenset[int], others: Sequence[frozenset[int]], bits: float) -> float:
    """Bits of one more value, by how many of the other people who have an earlier one have it too.

    Shape: `bits` is what it is worth by itself, and counts as much as one of those people.
    """
    both = sum(len(own & having) for own in others)
    share = (both + 2.0**-bits) / (sum(map(len, others)) + 1)
    return min(bits, -math.log2(share))


def group_at(feature: Feature, value: int) -> int:
    group = feature.group_of[value] if value else UNFOUND
    return group if group < len(feature.hashes) else UNFOUND

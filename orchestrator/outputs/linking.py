"""[pure] Which rows of an exported table are rows of a snapshot? Surprisal scores and their null.

No order is used, and a column's name only where it makes a guess cheaper. Five passes, each with
its own null: rows whose columns are recognised as wholes; the same without a column that only
numbers the rows; the same with columns in another unit; needles, whose columns are mostly of other
things; and rows that hold a person's several rows side by side.
Source: outputs 5.2, whose steps are named below, and 5.4 (ratios and differences).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from orchestrator.outputs.canon import (
    COARSE,
    DISGUISES,
    FINE,
    Transform,
    hasher,
    is_missing,
    number,
    spell,
)
from orchestrator.outputs.index import ID_ROLES, Column, Feature, TableIndex
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.rescaled import rescaled
from orchestrator.outputs.roles import words

_UNFOUND = -1
_FEW = 20
"""Below, a shuffle puts true neighbours together again (one row is its own shuffle), so the null
is drawn from the source's own columns, each by itself."""
_PENALTY = {Transform.IDENTITY: 0.0, Transform.TENTH: 0.5}
"""What a transform costs in bits: unlikely ones must explain much better; 0.05 for the others."""
_RAREST = 3
_NEEDLE = 20
"""A needle has a value that so many times fewer people share than the policy's limit allows."""
_OTHERS = 8
"""So many cells of other rows tell how many cells a person has by chance."""
_OPTIONS = 3
"""How many source columns one exported column of needles may stand for."""


@dataclass(frozen=True)
class Settings:
    """The numbers of the test. Units: share, rows, bits, rounds, comparisons."""

    containment: float
    frequency_limit: int
    disagreement: float
    margin: float
    null_rounds: int
    work: int


@dataclass(frozen=True)
class Mapped:
    """One exported column recognised as a transform of one source column.

    Units: `cost` in bits, taken off each agreement: how many other guesses there were.
    """

    position: int
    column: int
    feature: int
    cost: float = 0.0


@dataclass(frozen=True)
class Linked:
    """What the test found. `rows` are positions (from 0); `exhausted`: the work ran out.

    Units: `null` in rows, mean of the rounds; `threshold` in bits.
    """

    rows: tuple[int, ...]
    null: float
    threshold: float
    mapped: tuple[Mapped, ...]
    exhausted: bool = False


class Work:
    """How many comparisons may still be made; shared by all tables of one file."""

    def __init__(self, left: int) -> None:
        """Start with a number of comparisons."""
        self.left = left

    def spend(self, comparisons: int) -> bool:
        """Take comparisons off; say whether any are left."""
        self.left -= comparisons
        return self.left > 0


def link(
    cells: Sequence[Sequence[str]],
    source: TableIndex,
    key: bytes,
    settings: Settings,
    compared: int,
    seed: bytes,
    work: Work,
    names: Sequence[str] = (),
    *,
    needles: bool = True,
) -> Linked:
    """Compare the rows of one exported table with one indexed table.

    Shape: `cells` are columns, each of the same length; `compared` is how many comparisons are
    made in all; `names` are the columns' names where they have some; `needles` asks for the second
    pass too; equal input and seed give equal output.
    """
    size = len(cells[0]) if cells else 0
    threshold = (
        math.log2(max(source.size, 2)) + math.log2(max(size, 2)) + settings.margin
        + math.log2(max(compared, 1))
    )  # fmt: skip
    columns = [_Values(column, hasher(key)) for column in cells]
    strict = _strict(columns, source, settings, work)
    passes = [_Search(source, strict, threshold, settings, work)] if strict else []
    named = [one for one in strict if not enumerates(cells[one.position])]
    if named and len(named) < len(strict):  # a frame's row numbers disagree with everybody
        passes.append(_Search(source, named, threshold, settings, work))
    other = _other_units(columns, strict, source, work)
    if other:
        better = {one.position for one in other}
        kept = [one for one in named if one.position not in better]
        passes.append(_Search(source, [*kept, *other], threshold, settings, work))
    whole = all(_is_whole(own, source, strict, at) for at, own in enumerate(columns))
    if needles and not whole:
        loose = _loose(columns, strict, source, names, work)
        if len(loose) > len(strict):
            few = replace(settings, frequency_limit=settings.frequency_limit // _NEEDLE)
            passes.append(_Search(source, loose, threshold, few, work, rare=True))
    people = _people(source)
    if people is not None and len({one.position for one in strict}) > 1:
        passes.append(_People(source, strict, threshold, settings, work, people))
    return _run(passes, threshold, settings, seed, work, [*strict], size)


def _run(
    passes: Sequence["_Search"],
    threshold: float,
    settings: Settings,
    seed: bytes,
    work: Work,
    mapped: list["_Option"],
    size: int,
) -> Linked:
    rows: set[int] = set()
    null = 0.0
    used = {(one.position, one.column): one for one in mapped}
    for number_seen, search in enumerate(passes):
        found = [row for row in search.linked(search.groups) if row not in rows]
        if not found:  # nothing to subtract a null from
            continue
        rows.update(found)
        used |= {(one.position, one.column): one for one in search.told(found)}
        random = Random(seed + bytes([number_seen]))  # noqa: S311 - repeatable, not secret
        null += _null(search, random, settings.null_rounds, size)
    listed = tuple(Mapped(one.position, one.column, one.feature, one.cost) for one in used.values())
    return Linked(tuple(sorted(rows)), null, threshold, listed, work.left <= 0)


def _null(search: "_Search", random: Random, rounds: int, size: int) -> float:
    """Step 5: how many rows are linked when each column is shuffled by itself."""
    groups = [list(column) for column in search.groups]
    total = 0
    for _ in range(rounds):
        if size < _FEW:
            groups = search.drawn(random, size)
        by_position: dict[int, list[int]] = {}
        for option, column in zip(search.options, groups, strict=True):
            order = by_position.get(option.position)
            if order is None:
                order = list(range(len(column)))
                random.shuffle(order)
                by_position[option.position] = order
            column[:] = [column[at] for at in order]
        total += len(search.linked(groups))
    return total / rounds


@dataclass(frozen=True)
class _Option:
    """What one exported column may stand for, with the group of each of its cells."""

    position: int
    column: int
    feature: int
    groups: Sequence[int]
    cost: float = 0.0


def _strict(
    columns: Sequence["_Values"], source: TableIndex, settings: Settings, work: Work
) -> list[_Option]:
    """Step 1: for each exported column the feature that explains its values best, if any does."""
    options: list[_Option] = []
    for position, values in enumerate(columns):
        best: tuple[float, int, int, dict[str, int]] | None = None
        for at, which, feature in _features(source):
            if not work.spend(len(values.counts)):
                return []
            found = values.look_up(feature, settings.containment)
            if found is None:
                continue
            score = _score(values, feature, found, source.size)
            if best is None or score > best[0]:
                best = (score, at, which, found)
        if best is not None:
            options.append(_Option(position, best[1], best[2], values.groups(best[3])))
    return options


def _other_units(
    columns: Sequence["_Values"], strict: Sequence[_Option], source: TableIndex, work: Work
) -> list[_Option]:
    """Find columns that are a source column times a factor, or less its mean; two or none.

    Shape: asked are columns that were not recognised as they are; a scaled one may be recognised
    by accident. Source: outputs 5.4 (matching of differences and ratios).
    """
    known = {one.position for one in strict if _is_plain(source, one)}
    found: list[_Option] = []
    for position, values in enumerate(columns):
        if position in known or not values.numeric:
            continue
        best: tuple[int, int, list[int]] | None = None
        for at, column in enumerate(source.columns):
            groups = rescaled(values.cells, column, work.spend)
            hits = sum(group >= 0 for group in groups or ())
            if groups and (best is None or hits > best[0]):
                best = (hits, at, groups)
        if best is not None:
            found.append(_Option(position, best[1], 0, best[2]))
    return found if len(found) > 1 else []


def _loose(
    columns: Sequence["_Values"],
    strict: Sequence[_Option],
    source: TableIndex,
    names: Sequence[str],
    work: Work,
) -> list[_Option]:
    """Step 1 for needles: whatever some cells of a column may stand for, at the price of a guess.

    A column of which most cells are no values of the source (means, with a few people below them)
    may stand for several source columns as they are. Each guess costs as many bits as there were
    guesses; it is free where the names agree.
    """
    options = [*strict]
    for position, values in enumerate(columns):
        told = set(words(names[position])) if position < len(names) else set()
        guesses = _guesses(values, source, work)
        for at, which, found in guesses[:_OPTIONS]:
            same = set(words(source.columns[at].name)) <= told
            cost = 0.0 if same else math.log2(len(guesses))
            options.append(_Option(position, at, which, values.groups(found), cost))
    return options


def _guesses(
    values: "_Values", source: TableIndex, work: Work
) -> list[tuple[int, int, dict[str, int]]]:
    """List the source columns in which some value of an exported column is, the best first."""
    scored = []
    for at, which, feature in _features(source):
        if feature.transform is not Transform.IDENTITY:
            continue
        if not work.spend(len(values.counts)):
            return []
        found = values.look_up(feature, 0.0)
        if found:
            scored.append((_score(values, feature, found, source.size), at, which, found))
    scored.sort(key=lambda one: (-one[0], one[1]))
    return [(at, which, found) for _, at, which, found in scored]


def _is_whole(
    values: "_Values", source: TableIndex, strict: Sequence[_Option], position: int
) -> bool:
    """Tell a column that was recognised as it is; a scaled one may be recognised by accident."""
    for one in strict:
        if one.position == position:
            return _is_plain(source, one)
    return not values.total


def _is_plain(source: TableIndex, one: _Option) -> bool:
    return source.columns[one.column].features[one.feature].digits == FINE


def _features(source: TableIndex) -> Iterable[tuple[int, int, Feature]]:
    for at, column in enumerate(source.columns):
        for which, feature in enumerate(column.features):
            yield at, which, feature


class _Values:
    """The distinct values of one exported column, hashed once for each precision."""

    def __init__(self, column: Sequence[str], hashed: Callable[[str], int]) -> None:
        self.cells = column
        self.counts = {
            cell: count for cell, count in Counter(column).items() if not is_missing(cell)
        }
        self.total = sum(self.counts.values())
        parsed = {cell: number(cell) for cell in self.counts}
        numbers = sum(count for cell, count in self.counts.items() if parsed[cell] is not None)
        self.numeric = numbers > 0.9 * self.total
        self.fine = {cell: hashed(spell(cell, FINE)) for cell in self.counts}
        self.coarse = (
            {cell: hashed(spell(cell, COARSE)) for cell in self.counts} if self.numeric else {}
        )

    def groups(self, found: Mapping[str, int]) -> list[int]:
        """Give the group of each cell, -1 where it has none."""
        return [found.get(cell, _UNFOUND) for cell in self.cells]

    def look_up(self, feature: Feature, containment: float) -> dict[str, int] | None:
        """Give the group of each value found; None as soon as too few can be found."""
        if not self.total or feature.transform in DISGUISES:
            return None
        if not self.numeric and feature.transform is not Transform.IDENTITY:
            return None
        hashes = self.fine if feature.digits == FINE else self.coarse
        if not hashes:
            return None
        spare = self.total * (1 - containment)
        found: dict[str, int] = {}
        for cell, own in hashes.items():
            group = feature.find(own)
            if group >= 0:
                found[cell] = group
            else:
                spare -= self.counts[cell]
                if spare < 0:
                    return None
        return found


def _score(values: _Values, feature: Feature, found: Mapping[str, int], size: int) -> float:
    absent = -(math.log2(size) + 3)
    total = 0.0
    for cell, count in values.counts.items():
        group = found.get(cell)
        own = absent if group is None else math.log2(feature.frequency[group] / size)
        total += count * own
    return total / values.total - _PENALTY.get(feature.transform, 0.05)


def _group(feature: Feature, value: int) -> int:
    group = feature.group_of[value] if value else _UNFOUND
    return group if group < len(feature.hashes) else _UNFOUND


_Cell = tuple[float, int, int]
"""Bits, option, group."""


class _Search:
    """Steps 2 to 4: candidates and scores of all rows of one table."""

    def __init__(
        self,
        source: TableIndex,
        options: Sequence[_Option],
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

    def told(self, rows: Sequence[int]) -> list[_Option]:
        """List the options that had a say in these rows."""
        return [one for one in self.options if any(one.groups[row] >= 0 for row in rows)]

    def drawn(self, random: Random, size: int) -> list[list[int]]:
        """Draw rows that nobody has: each column's values from the source, independently."""
        return [
            [_group(feature, random.choice(column.values)) for _ in range(size)]
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

    def _agrees(self, candidate: int, cells: Sequence[Sequence[_Cell]], most: float) -> bool:
        """Step 3: walk the cells, rarest first, each source column once.

        What is missing on either side says nothing.
        """
        score, left, threshold = 0.0, most, self.threshold
        used: set[int] = set()
        for own in cells:
            left -= own[0][0]
            known = False
            for weight, at, group in own:
                column = self.options[at].column
                value = self.columns[at].values[candidate]
                if value and column not in used:
                    if self.features[at].group_of[value] == group:
                        used.add(column)
                        score += weight
                        break
                    known = True
            else:
                score -= self.settings.disagreement if known else 0.0
            if score + left <= threshold:
                return False
        return score > threshold

    def _cells(self, row: Sequence[int]) -> list[list[_Cell]]:
        """Give the found cells of a row by exported column, rarest first.

        Shape: one list for each exported column, its options by falling bits.
        """
        found = [(self._weight(at, group), at, group) for at, group in enumerate(row) if group >= 0]
        found.sort(key=lambda cell: (-cell[0], cell[1]))
        kept: dict[int, list[_Cell]] = {}
        for cell in found:
            if cell[0] > 0:
                kept.setdefault(self.options[cell[1]].position, []).append(cell)
        return list(kept.values())

    def _weight(self, at: int, group: int) -> float:
        weights = self._weights[at]
        if group not in weights:
            bits = self.bits - math.log2(self.features[at].frequency[group])
            weights[group] = bits - self.options[at].cost
        return weights[group]

    def _candidates(self, cells: Sequence[Sequence[_Cell]], most: float) -> Sequence[int]:
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

    def _length(self, cell: _Cell) -> int:
        return self.features[cell[1]].frequency[cell[2]]

    def _rows_of(self, at: int, group: int) -> list[int]:
        rows = self._rows.get((at, group))
        if rows is None:
            rows = self.columns[at].rows_of(self.options[at].feature, group)
            self._rows[at, group] = rows
        return rows


def _people(source: TableIndex) -> Column | None:
    """Give the column that says who a row is about, where people have several rows."""
    for column in source.columns:
        if column.role in ID_ROLES and len(column.offsets) - 2 < source.size:
            return column
    return None


class _People(_Search):
    """The same for people instead of rows: a cell agrees with whoever has it in any of their rows.

    So the visits of one person written side by side are found. Several exported columns may stand
    for one source column; the same value of it counts once. Whoever has many rows has most values
    in one of them: agreement is worth what it is worth for somebody with so many rows.
    """

    def __init__(
        self,
        source: TableIndex,
        options: Sequence[_Option],
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
        self._all = {
            (option.column, at, group)
            for at, option in enumerate(options)
            for group in option.groups
            if group >= 0
        }

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

    def _stands_out(self, candidate: int, cells: Sequence[Sequence[_Cell]]) -> bool:
        """Say whether a person agrees with a row better than with the table's other rows.

        Somebody with a row for every week has most days of a year, so most counts of a table are
        days of theirs: agreement is worth no more than the share of the other rows' cells that
        they have too. Without some other cells nothing can be told from them.
        """
        own = {(self.options[at].column, at, group) for ((_, at, group),) in cells}
        rows = self.people.offsets[candidate + 1] - self.people.offsets[candidate]
        rates = {column: self._elsewhere(candidate, column, own) for column, _, _ in own}
        score = 0.0
        for ((weight, at, group),) in cells:
            has = candidate in self._having(at, group)
            most = min(weight, rates[self.options[at].column])
            worth = min(most, self._surprise(at, group, rows)) if has else 0.0
            score += worth if has else -self.settings.disagreement
        return score > self.threshold

    def _elsewhere(self, candidate: int, column: int, own: set[tuple[int, int, int]]) -> float:
        """Bits of having one more cell of a column, from the cells of the other rows."""
        others = {(at, group) for col, at, group in self._all - own if col == column}
        distinct = {group: at for at, group in others}
        if len(distinct) < _OTHERS:
            return math.inf
        has = sum(candidate in self._having(at, group) for group, at in distinct.items())
        return -math.log2((has + 1) / (len(distinct) + 2))

    def _cells(self, row: Sequence[int]) -> list[list[_Cell]]:
        found = {
            (self.options[at].column, group): (self._weight(at, group), at, group)
            for at, group in enumerate(row)
            if group >= 0
        }
        return [
            [cell] for cell in sorted(found.values(), key=lambda c: (-c[0], c[1])) if cell[0] > 0
        ]

    def _weight(self, at: int, group: int) -> float:
        return self.bits - math.log2(max(len(self._having(at, group)), 1))

    def _length(self, cell: _Cell) -> int:
        return len(self._having(cell[1], cell[2]))

    def _rows_of(self, at: int, group: int) -> list[int]:
        return sorted(self._having(at, group))

    def _agrees(self, candidate: int, cells: Sequence[Sequence[_Cell]], most: float) -> bool:
        score, left = 0.0, most
        own = self.people.offsets[candidate + 1] - self.people.offsets[candidate]
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

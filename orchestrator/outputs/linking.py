"""[pure] Which rows of an exported table are rows of a snapshot? Surprisal scores and their null.

No column name and no order is used. Source: outputs 5.2, whose steps are named below.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from orchestrator.outputs.canon import (
    COARSE,
    FINE,
    Transform,
    hasher,
    is_missing,
    number,
    spell,
)
from orchestrator.outputs.index import Column, Feature, TableIndex

_UNFOUND = -1
_FEW = 20
"""Below, a shuffle puts true neighbours together again (one row is its own shuffle), so the null
is drawn from the source's own columns, each by itself."""
_PENALTY = {Transform.IDENTITY: 0.0, Transform.TENTH: 0.5}
"""What a transform costs in bits: unlikely ones must explain much better; 0.05 for the others."""


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
    """One exported column recognised as a transform of one source column."""

    position: int
    column: int
    feature: int


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
) -> Linked:
    """Compare the rows of one exported table with one indexed table.

    Shape: `cells` are columns, each of the same length; `compared` is how many tables are compared
    in all; equal input and seed give equal output.
    """
    size = len(cells[0]) if cells else 0
    rows = max(source.size, 2)
    threshold = (
        math.log2(rows) + math.log2(max(size, 2)) + settings.margin + math.log2(max(compared, 1))
    )
    mapping, groups = map_columns(cells, source, key, settings, work)
    search = _Search(source, mapping, threshold, settings, work)
    found = search.linked(groups)
    random = Random(seed)  # noqa: S311 - the null must be repeatable, not secret from its owner
    null = 0
    for _ in range(settings.null_rounds):
        if size < _FEW:
            groups = search.drawn(random, size)
        for column in groups:
            random.shuffle(column)
        null += len(search.linked(groups))
    return Linked(
        tuple(found), null / settings.null_rounds, threshold, tuple(mapping), work.left <= 0
    )


def map_columns(
    cells: Sequence[Sequence[str]], source: TableIndex, key: bytes, settings: Settings, work: Work
) -> tuple[list[Mapped], list[list[int]]]:
    """Step 1: find for each exported column the feature that explains its values best.

    Shape: the mapping, and for each mapped column the group of each row (-1: none).
    """
    hashed = hasher(key)
    mapping: list[Mapped] = []
    groups: list[list[int]] = []
    for position, column in enumerate(cells):
        values = _Values(column, hashed)
        best: tuple[float, Mapped, dict[str, int]] | None = None
        for at, origin in enumerate(source.columns):
            for which, feature in enumerate(origin.features):
                if not work.spend(len(values.counts)):
                    return [], []
                found = values.look_up(feature, settings.containment)
                if found is None:
                    continue
                score = _score(values, feature, found, source.size)
                if best is None or score > best[0]:
                    best = (score, Mapped(position, at, which), found)
        if best is not None:
            mapping.append(best[1])
            groups.append([best[2].get(cell, _UNFOUND) for cell in column])
    return mapping, groups


class _Values:
    """The distinct values of one exported column, hashed once for each precision."""

    def __init__(self, column: Sequence[str], hashed: Callable[[str], int]) -> None:
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

    def look_up(self, feature: Feature, containment: float) -> dict[str, int] | None:
        """Give the group of each value found; None as soon as too few can be found."""
        if not self.total or (not self.numeric and feature.transform is not Transform.IDENTITY):
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


def _score(values: _Values, feature: Feature, found: dict[str, int], size: int) -> float:
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


class _Search:
    """Steps 2 to 4: candidates and scores of all rows of one table."""

    def __init__(
        self,
        source: TableIndex,
        mapping: Sequence[Mapped],
        threshold: float,
        settings: Settings,
        work: Work,
    ) -> None:
        self.mapping = mapping
        self.threshold = threshold
        self.settings = settings
        self.work = work
        self.columns: list[Column] = [source.columns[one.column] for one in mapping]
        self.features = [
            column.features[one.feature] for column, one in zip(self.columns, mapping, strict=True)
        ]
        self.bits = math.log2(max(source.size, 1))
        self._weights: list[dict[int, float]] = [{} for _ in mapping]
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

    def drawn(self, random: Random, size: int) -> list[list[int]]:
        """Draw rows that nobody has: each column's values from the source, independently."""
        return [
            [_group(feature, random.choice(column.values)) for _ in range(size)]
            for column, feature in zip(self.columns, self.features, strict=True)
        ]

    def _is_linked(self, row: Sequence[int]) -> bool:
        cells = self._cells(row)
        most = math.fsum(weight for weight, _, _ in cells)
        if most <= self.threshold:
            return False
        walk = [
            (weight, self.columns[at].values, self.features[at].group_of, group)
            for weight, at, group in cells
        ]
        candidates = self._candidates(cells)
        self.work.spend(len(candidates) * 2)
        threshold, disagreement = self.threshold, self.settings.disagreement
        for candidate in candidates:
            score, left = 0.0, most
            for weight, values, group_of, group in walk:
                value = values[candidate]
                if value:
                    score += weight if group_of[value] == group else -disagreement
                left -= weight
                if score + left <= threshold:
                    break
            if score > threshold:
                return True
        return False

    def _cells(self, row: Sequence[int]) -> list[tuple[float, int, int]]:
        """Give the found cells of a row, rarest first, each source column once."""
        cells = [(self._weight(at, group), at, group) for at, group in enumerate(row) if group >= 0]
        cells.sort(key=lambda cell: (-cell[0], cell[1]))
        seen: set[int] = set()
        kept: list[tuple[float, int, int]] = []
        for cell in cells:
            column = self.mapping[cell[1]].column
            if column not in seen:
                seen.add(column)
                kept.append(cell)
        return kept

    def _weight(self, at: int, group: int) -> float:
        weights = self._weights[at]
        if group not in weights:
            weights[group] = self.bits - math.log2(self.features[at].frequency[group])
        return weights[group]

    def _candidates(self, cells: Sequence[tuple[float, int, int]]) -> Sequence[int]:
        """Step 2: source rows that share one of the rarest cells."""
        joined: set[int] = set()
        for number_seen, (_, at, group) in enumerate(cells[:3]):
            if self.features[at].frequency[group] > self.settings.frequency_limit:
                if number_seen == 0:
                    return self._rows_of(at, group)
                break
            joined.update(self._rows_of(at, group))
        return sorted(joined)

    def _rows_of(self, at: int, group: int) -> list[int]:
        rows = self._rows.get((at, group))
        if rows is None:
            rows = self.columns[at].rows_of(self.mapping[at].feature, group)
            self._rows[at, group] = rows
        return rows

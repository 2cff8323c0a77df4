"""[pure] Is a column a source column on a line of its own: times any factor, plus any number?

Whoever scales by the mean and deviation, the range or the quartiles of the rows that are exported
leaves a scale that the source does not know. But numbers that stood in whole steps still stand in
steps, and no others do so to their last printed digit; the steps tell the factor. Where the line
begins is told by people: if a column begins here and another there, the same people have both in
row after row. Source: outputs 5.4 (scaled on a subset; matching of differences and ratios).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.outputs.canon import number
from orchestrator.outputs.grids import half
from orchestrator.outputs.index import Column, TableIndex
from orchestrator.outputs.searching import UNFOUND, Option, Work

_DISTINCT = 8
"""Fewer different numbers prove no steps."""
_MULTIPLES = 12
"""The smallest difference of a column may be so many steps."""
_APART = 4.0
"""So many times as wide as what a printed number may stand for a step must be to be seen."""
_PROOF = 20.0
"""Units: bits by which numbers fall on steps better than any numbers would."""
_NOISE = 1e-11
"""Units: share of a number that floating point leaves uncertain."""
_USUAL = 0.3
"""So many numbers may be printed with more digits than the others seem to have."""
_LONGEST = 50_000
"""Units: steps from the least to the greatest of a source column."""
_NEAR = 30.0
"""Units: bits; a beginning that is so much less likely than the best is none."""
_COLUMNS = 10
_MOST = 500
"""So many source columns, and beginnings in them, are tried."""
_COMMON = 60
"""A column of which more people have an average value points at nobody."""
_ROWS = 40
"""The rows with the rarest values tell where other columns begin."""
_BEGINS = 5
_AGREES = 0.6
"""The share of these rows that somebody must have in another column too."""


_Steps = Mapping[int, int]
"""By row, how many steps a number is above the smallest of its column, or below the largest."""


@dataclass(frozen=True)
class _Ladder:
    """A source column whose numbers stand on steps.

    Shape: `groups` gives, by step, the group of its number, and `counts` the rows that have it;
    `of` gives the step of each value number, -1 for what is no number.
    """

    groups: Mapping[int, int]
    counts: Mapping[int, int]
    of: Sequence[int]


@dataclass(frozen=True)
class _Fit:
    """A source column that an exported one may be, from below or from above.

    Shape: `begins` are the steps of the source where it may begin, with their likelihood in bits.
    """

    column: int
    steps: _Steps
    begins: Mapping[int, float]

    @property
    def score(self) -> float:
        """The likelihood of the best beginning."""
        return max(self.begins.values())


_Choice = tuple[_Fit, int]
"""What an exported column is, and where it begins."""


def placed(
    columns: Mapping[int, Sequence[str]],
    parts: Sequence[Sequence[int]],
    source: TableIndex,
    work: Work,
) -> tuple[list[Option], int]:
    """Find exported columns that together are columns of the source, each on a line of its own.

    Shape: `columns` are cells by position; `parts` are the rows that share a line; an option for
    each column found in each part, none or two at least, and in how many ways they could have been
    chosen.
    """
    found: list[Option] = []
    tried = 1
    for rows in parts:
        steps = {at: own for at, cells in columns.items()
                 if (own := _steps(cells, rows)) is not None}  # fmt: skip
        if len(steps) < 2:
            return [], 1
        ladders = {at: ladder for at, column in enumerate(source.columns)
                   if (ladder := _ladder(column)) is not None}  # fmt: skip
        asked = {at: _fits(own, ladders, source, work) for at, own in steps.items()}
        fits = {at: own for at, own in asked.items() if own}
        best = _chosen(fits, ladders, source, work)
        if not best:
            return [], 1
        tried *= math.prod(sum(len(fit.begins) for fit in fits[at]) for at in best)
        size = len(next(iter(columns.values())))
        found += [_option(at, size, choice, ladders) for at, choice in best.items()]
    return found, tried


def _chosen(
    fits: Mapping[int, Sequence[_Fit]],
    ladders: Mapping[int, _Ladder],
    source: TableIndex,
    work: Work,
) -> Mapping[int, _Choice]:
    """Choose what each column is so that most rows are somebody's; nothing where none is."""
    common = {at: _commonness(own[0], ladders) for at, own in fits.items()}
    anchor = min(common, key=lambda at: common[at], default=None)
    if anchor is None or len(fits) < 2 or common[anchor] > _COMMON:
        return {}
    votes, best = 0, dict[int, _Choice]()
    for first in _likeliest(fits[anchor]):
        people = _people(first, source, ladders)
        if not work.spend(2 * len(fits) * sum(map(len, people.values()))):
            return {}
        chosen, agree = {anchor: first}, 0
        for at in fits.keys() - {anchor}:
            count, choice = _agreeing(fits[at], people, first[0].column, source, ladders)
            if choice is not None and count >= _AGREES * len(people):
                chosen[at], agree = choice, agree + count
        if agree > votes:
            votes, best = agree, chosen
    return best


def _steps(cells: Sequence[str], rows: Sequence[int]) -> _Steps | None:
    """Tell the steps on which the numbers of some rows stand; None where it may be an accident.

    Shape: zeros at the end may not be printed, so what most numbers are printed with is tried
    before what all of them are.
    """
    read = {row: (value, half(cells[row])) for row in rows
            if (value := number(cells[row])) is not None}  # fmt: skip
    values = sorted({value for value, _ in read.values()})
    if len(values) < _DISTINCT:
        return None
    halves = sorted(own for _, own in read.values())
    noise = max(map(abs, values)) * _NOISE
    gaps = sorted({b - a for a, b in pairwise(values)})
    for slack in dict.fromkeys((halves[int(_USUAL * len(halves))] + noise, halves[-1] + noise)):
        for multiple in range(1, _MULTIPLES + 1):
            step = _step(gaps, values, multiple, 2 * slack)
            if step:
                return {row: round((own - values[0]) / step) for row, (own, _) in read.items()}
    return None


def _step(gaps: Sequence[float], values: Sequence[float], multiple: int, slack: float) -> float:
    """Narrow down how wide a step is if the smallest gap is so many; 0 where a number is on none.

    Units: `slack` of a difference.
    """
    smallest = next((gap for gap in gaps if gap > slack), 0.0)
    low, high = (smallest - slack) / multiple, (smallest + slack) / multiple
    if low <= _APART * slack:
        return 0.0
    for offset in (*gaps, *(value - values[0] for value in values)):
        least, most = math.ceil((offset - slack) / high), math.floor((offset + slack) / low)
        if least > most:
            return 0.0
        if least == most and least > 0:
            low, high = max(low, (offset - slack) / least), min(high, (offset + slack) / least)
    step = (low + high) / 2
    told = step - (values[-1] - values[0]) / step * (high - low) > 2 * slack
    bits = (len(values) - 2) * math.log2(step / (2 * slack)) - math.log2(_MULTIPLES)
    return step if told and bits >= _PROOF else 0.0


def _ladder(column: Column) -> _Ladder | None:
    """Read the steps of a source column; None where its numbers stand on none, or on few."""
    grid, numbers = column.grid, column.magnitudes
    if numbers is None or len(grid.values) < 2 * _DISTINCT:
        return None
    low = grid.values[0]
    step = min(b - a for a, b in pairwise(grid.values))
    exact = [(value - low) / step for value in grid.values]
    if exact[-1] > _LONGEST or any(abs(one - round(one)) > 0.01 for one in exact):
        return None
    of = [round((own - low) / step) if at and math.isfinite(own) else -1
          for at, own in enumerate(numbers)]  # fmt: skip
    places = [round(one) for one in exact]
    counts = (after - before for before, after in pairwise(grid.below))
    return _Ladder(dict(zip(places, grid.groups, strict=True)),
                   dict(zip(places, counts, strict=True)), of)  # fmt: skip


def _fits(
    steps: _Steps, ladders: Mapping[int, _Ladder], source: TableIndex, work: Work
) -> list[_Fit]:
    """List the columns that may be meant, the likeliest first: all numbers are the source's."""
    found: list[_Fit] = []
    top = max(steps.values())
    for at, ladder in ladders.items():
        bits = {step: math.log2(count / source.size) for step, count in ladder.counts.items()}
        for own in (steps, {row: top - step for row, step in steps.items()}):
            counts = Counter(own.values())
            order = sorted(counts, key=lambda step: -abs(2 * step - top))
            ends = range(max(bits) - top + 1)
            if not work.spend(3 * len(ends)):
                return []
            begins = {
                begin: sum(times * bits[begin + step] for step, times in counts.items())
                for begin in ends
                if all(begin + step in bits for step in order)
            }
            if begins:
                found.append(_Fit(at, own, begins))
    found.sort(key=lambda one: -one.score)
    return [one for one in found[:_COLUMNS] if one.score >= found[0].score - _NEAR]


def _likeliest(fits: Sequence[_Fit]) -> Sequence[_Choice]:
    """List where an exported column may begin, the likeliest first."""
    found = [(-score, at, begin) for at, fit in enumerate(fits)
             for begin, score in fit.begins.items()]  # fmt: skip
    found.sort()
    return [(fits[at], begin) for score, at, begin in found
            if score <= found[0][0] + _NEAR][:_MOST]  # fmt: skip


def _commonness(fit: _Fit, ladders: Mapping[int, _Ladder]) -> float:
    """Count the people who have an average cell."""
    begin = max(fit.begins, key=lambda at: fit.begins[at])
    counts = [ladders[fit.column].counts[begin + step] for step in fit.steps.values()]
    return sum(counts) / len(counts)


def _people(
    choice: _Choice, source: TableIndex, ladders: Mapping[int, _Ladder]
) -> dict[int, list[int]]:
    """List who may be meant by each of the rows with the rarest values."""
    fit, begin = choice
    ladder = ladders[fit.column]
    rows = sorted(fit.steps, key=lambda row: ladder.counts[begin + fit.steps[row]])[:_ROWS]
    groups = {row: ladder.groups[begin + fit.steps[row]] for row in rows}
    return {row: source.columns[fit.column].rows_of(0, group) for row, group in groups.items()}


def _agreeing(
    fits: Sequence[_Fit], people: Mapping[int, Sequence[int]], taken: int, source: TableIndex,
    ladders: Mapping[int, _Ladder],
) -> tuple[int, _Choice | None]:  # fmt: skip
    """Find where a column begins so that most rows are somebody's; and in how many it is so."""
    best: tuple[int, _Choice | None] = (0, None)
    for fit in fits:
        if fit.column == taken:
            continue
        values, of = source.columns[fit.column].values, ladders[fit.column].of
        votes: Counter[int] = Counter()
        for row, own in people.items():
            step = fit.steps.get(row)
            if step is not None:
                votes.update({of[value] - step for value in {values[one] for one in own}})
        for begin, count in votes.most_common(_BEGINS):
            if count > best[0] and begin in fit.begins:
                best = count, (fit, begin)
    return best


def _option(position: int, size: int, choice: _Choice, ladders: Mapping[int, _Ladder]) -> Option:
    """Give the group of each cell in the column's identity."""
    fit, begin = choice
    ladder = ladders[fit.column]
    groups = [UNFOUND] * size
    for row, step in fit.steps.items():
        groups[row] = ladder.groups[begin + step]
    return Option(position, fit.column, 0, groups)

"""[pure] Is a column a source column in another unit: every value times one factor, or less a mean?

The values of a source column stand on a grid (whole days, tenths of a gram) with gaps. A factor
that puts a dozen printed numbers onto such a grid, each to its last printed digit, is no accident;
how often one number falls onto the grid by accident is measured on all other factors.
Source: outputs 5.4 (matching of differences and ratios); decision 0023.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import decimals
from orchestrator.outputs.index import Column

_DISTINCT = 8
"""Fewer different values fit many a grid."""
_PROBES = 12
_DIGITS = 4
"""Fewer significant digits in most values are too coarse to tell a factor."""
_CHANCE = 0.01
_FOUND = 0.9

Spend = Callable[[int], bool]
"""Takes comparisons off what may still be made; says whether any are left."""


@dataclass(frozen=True)
class _Printed:
    """One exported number. Units: `half` of its last printed digit."""

    value: float
    half: float


@dataclass(frozen=True)
class _Grid:
    """The distinct numbers of a source column in order, and the group of each."""

    values: Sequence[float]
    groups: Sequence[int]

    def group(self, value: float, slack: float) -> int:
        """Give the group of the number nearest to a value, -1 where none is within the slack."""
        at = bisect_left(self.values, value)
        best = -1
        for here in (at - 1, at):
            if 0 <= here < len(self.values) and abs(self.values[here] - value) <= slack:
                slack = abs(self.values[here] - value)
                best = self.groups[here]
        return best


def rescaled(cells: Sequence[str], column: Column, spend: Spend) -> list[int] | None:
    """Give the group of each cell in the column's identity, -1 for none; None where it is no copy.

    Shape: a factor of one is no other unit; whoever asks has tried the column as it is.
    """
    grid = _grid(column)
    printed = {cell: _Printed(value, 0.5 * 10 ** -_places(cell)) for cell in set(cells)
               if not is_missing(cell) and (value := number(cell)) is not None}  # fmt: skip
    fine = [one for one in printed.values() if one.value and _fine(one)]
    if grid is None or len(fine) < max(_DISTINCT, len(printed) / 2):
        return None
    fine.sort(key=lambda one: -abs(one.value))
    factor = _factor(fine, grid, spend)
    shift = 0.0 if factor else _mean(column)
    if factor is None and not _fits(fine, shift, grid):
        return None
    own = factor or 1.0
    groups = {cell: grid.group(one.value / own + shift, _slack(one, own, fine[0], bool(factor)))
              for cell, one in printed.items()}  # fmt: skip
    found = [groups.get(cell, -1) for cell in cells]
    return found if sum(group >= 0 for group in found) >= _FOUND * len(printed) else None


def _factor(fine: Sequence[_Printed], grid: _Grid, spend: Spend) -> float | None:
    """Try each factor that makes the largest number one of the grid; the one that fits all.

    Shape: None where none fits, where several do, or where fitting proves nothing.
    """
    first, probes = fine[0], fine[1 :: max(1, (len(fine) - 1) // _PROBES)][:_PROBES]
    tried = passed = 0
    fitting: list[float] = []
    for value in grid.values:
        if not value or (value < 0) != (first.value < 0):
            continue
        factor = first.value / value
        tried += 1
        if not _hits(probes[0], factor, first, grid):
            continue
        passed += 1
        if all(_hits(probe, factor, first, grid) for probe in probes[1:]):
            fitting.append(factor)
    if not spend(tried + passed * len(probes)):
        return None
    chance = passed / max(tried, 1)
    proves = tried * chance ** len(probes) < _CHANCE
    return fitting[0] if len(fitting) == 1 and proves else None


def _hits(probe: _Printed, factor: float, first: _Printed, grid: _Grid) -> bool:
    return grid.group(probe.value / factor, _slack(probe, factor, first, True)) >= 0


def _fits(fine: Sequence[_Printed], shift: float, grid: _Grid) -> bool:
    """Say whether most numbers fall onto the grid, and do not after a third of a step more."""
    step = min((b - a for a, b in pairwise(grid.values)), default=0.0)
    on = sum(grid.group(one.value + shift, one.half) >= 0 for one in fine)
    off = sum(grid.group(one.value + shift + step / 3, one.half) >= 0 for one in fine)
    enough: float = _FOUND * len(fine)
    return bool(on >= enough and off < len(fine) / 2)


def _slack(one: _Printed, factor: float, first: _Printed, scaled: bool) -> float:
    """How far a value may lie from the grid: half its last digit, and that of the factor."""
    more = abs(one.value) * first.half / abs(first.value) if scaled else 0.0
    return 1.05 * (one.half + more) / abs(factor)


def _fine(one: _Printed) -> bool:
    return abs(one.value) / one.half >= 2.0 * 10.0 ** (_DIGITS - 1)


def _places(cell: str) -> int:
    """Count the printed digits behind the point, an exponent considered."""
    mantissa, _, exponent = cell.strip().lower().partition("e")
    return decimals(mantissa) - (int(exponent) if exponent.lstrip("+-").isdigit() else 0)


def _grid(column: Column) -> _Grid | None:
    if column.magnitudes is None or not column.features:
        return None
    groups = column.features[0].group_of
    pairs = sorted(
        (value, groups[at])
        for at, value in enumerate(column.magnitudes)
        if at and math.isfinite(value)
    )
    if len(pairs) < 2 * _DISTINCT:
        return None
    return _Grid([value for value, _ in pairs], [group for _, group in pairs])


def _mean(column: Column) -> float:
    total, count = 0.0, 0
    for at, value in enumerate(column.magnitudes or ()):
        if at and math.isfinite(value):
            rows = column.offsets[at + 1] - column.offsets[at]
            total, count = total + value * rows, count + rows
    return total / max(count, 1)

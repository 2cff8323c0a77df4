"""[pure] Is a column a source column in another unit: every value times one factor, or less a mean?

The values of a source column stand on a grid (whole days, tenths of a gram) with gaps. A factor
that puts a dozen printed numbers onto such a grid, each to its last printed digit, is no accident;
how often one number falls onto the grid by accident is measured on all other factors.
Source: outputs 5.4 (matching of differences and ratios); decision 0023.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.grids import Grid, half
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


def rescaled(cells: Sequence[str], column: Column, spend: Spend) -> list[int] | None:
    """Give the group of each cell in the column's identity, -1 for none; None where it is no copy.

    Shape: a factor of one is no other unit; whoever asks has tried the column as it is.
    """
    grid = column.grid
    printed = {cell: _Printed(value, half(cell)) for cell in set(cells)
               if not is_missing(cell) and (value := number(cell)) is not None}  # fmt: skip
    fine = [one for one in printed.values() if one.value and _fine(one)]
    if len(grid.values) < 2 * _DISTINCT or len(fine) < max(_DISTINCT, len(printed) / 2):
        return None
    fine.sort(key=lambda one: -abs(one.value))
    factor = _factor(fine, grid, spend)
    shift = 0.0 if factor else grid.scales[0][0]
    if factor is None and not _fits(fine, shift, grid):
        return None
    own = factor or 1.0
    groups = {cell: grid.group(one.value / own + shift, _slack(one, own, fine[0], bool(factor)))
              for cell, one in printed.items()}  # fmt: skip
    found = [groups.get(cell, -1) for cell in cells]
    return found if sum(group >= 0 for group in found) >= _FOUND * len(printed) else None


def _factor(fine: Sequence[_Printed], grid: Grid, spend: Spend) -> float | None:
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


def _hits(probe: _Printed, factor: float, first: _Printed, grid: Grid) -> bool:
    return grid.group(probe.value / factor, _slack(probe, factor, first, True)) >= 0


def _fits(fine: Sequence[_Printed], shift: float, grid: Grid) -> bool:
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

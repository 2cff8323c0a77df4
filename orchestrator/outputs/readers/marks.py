"""[pure] Un-plotting: positions of marks back to values, by the ticks of their axes.

Source: outputs 6.3. Position to value is fitted by least squares, linear or on log10; where ticks
do not fit, nothing is said about values and the marks are only counted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.delimited import is_number
from orchestrator.outputs.readers.opening import Opening

Point = tuple[float, float]
_RESIDUAL = 1e-3
_FINE = 2e-5
_DECIMALS = 6
_WRITTEN = 3
"""So many numbers in a figure may be counts that are written at its bars."""


@dataclass(frozen=True)
class Scale:
    """How a position on an axis becomes a value. Shape: value = slope * position + start."""

    slope: float
    start: float
    logarithmic: bool
    span: float

    def value(self, position: float) -> float:
        """Give the value at a position."""
        found = self.slope * position + self.start
        return float(10**found) if self.logarithmic else found


def fit(ticks: Sequence[tuple[float, float]]) -> Scale | None:
    """Fit position to value from two or more ticks; None where they lie on no scale."""
    if len({position for position, _ in ticks}) < 2:
        return None
    linear = _line(ticks, logarithmic=False)
    if linear or any(value <= 0 for _, value in ticks):
        return linear
    return _line([(at, math.log10(value)) for at, value in ticks], logarithmic=True)


def _line(ticks: Sequence[tuple[float, float]], *, logarithmic: bool) -> Scale | None:
    count = len(ticks)
    mean_at = sum(at for at, _ in ticks) / count
    mean = sum(value for _, value in ticks) / count
    spread = sum((at - mean_at) ** 2 for at, _ in ticks)
    slope = sum((at - mean_at) * (value - mean) for at, value in ticks) / spread
    start = mean - slope * mean_at
    span = max(value for _, value in ticks) - min(value for _, value in ticks)
    worst = max(abs(slope * at + start - value) for at, value in ticks)
    if not span or worst > _RESIDUAL * span:
        return None
    return Scale(slope, start, logarithmic, span)


def written(labels: Sequence[tuple[Point, str]], *, ticked: bool) -> list[str]:
    """List the whole numbers that are written into a figure: on bars, in the cells of a heat map.

    Shape: not those of an axis, which lie on a scale, or are the lowest or the leftmost of all,
    unless the ticks are known (`ticked`) and not among them; three and more, none of them broken.
    """
    told = [(place, said.replace(",", "")) for place, said in labels if is_number(said)]
    axis: set[int] = set()
    for along in (0, 1):
        rows: dict[int, list[int]] = {}
        for at, (place, _) in enumerate(told):
            rows.setdefault(round(place[1 - along]), []).append(at)
        outer = max(rows, default=0) if along == 0 else min(rows, default=0)
        for where, own in rows.items():
            ticks = [(told[at][0][along], float(told[at][1].strip("%<>≤≥~ "))) for at in own]
            scaled = len(own) >= _WRITTEN and fit(ticks) is not None
            if scaled or (not ticked and where == outer and len(own) > 1):
                axis |= set(own)
    rest = [said for at, (_, said) in enumerate(told) if at not in axis]
    return rest if len(rest) >= _WRITTEN and all(map(str.isdecimal, rest)) else []


def values(points: Sequence[float], scale: Scale) -> list[str]:
    """Turn positions into values with as few decimals as they can be written with."""
    found = [scale.value(point) for point in points]
    tolerance = _FINE * scale.span
    for decimals in range(_DECIMALS):
        if scale.logarithmic:
            break
        if all(abs(one - round(one, decimals)) <= tolerance for one in found):
            return [_spelled(round(one, decimals)) for one in found]
    return [f"{one:.6g}" for one in found]


def _spelled(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def add(
    opening: Opening,
    path: str,
    points: Sequence[Point],
    across: Scale | None,
    up: Scale | None,
) -> None:
    """Add a group of marks as a table; more than policy allows are noted as row by row."""
    note = [Observation(Note.MARKS, count=len(points))]
    notes = note if len(points) > opening.caps.marks else []
    first = values([x for x, _ in points], across) if across else [f"{x:g}" for x, _ in points]
    second = values([y for _, y in points], up) if up else [f"{y:g}" for _, y in points]
    rows = [list(pair) for pair in zip(first, second, strict=True)]
    opening.table(opening.free(path), ["x", "y"], rows, notes=notes)

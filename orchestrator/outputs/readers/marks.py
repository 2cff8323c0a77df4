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
_MOST = 0.9
"""The share of marks whose values tell how finely they are written; keys of a legend may differ."""
_SHARP = 0.5
"""Units of the drawing."""
_PRINTED = 4
"""Positions with fewer decimals are rounded, and so are the values they stand for."""
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


def beside(words: Sequence[tuple[float, float]], rules: Sequence[float]) -> Scale | None:
    """Fit an axis to the rules nearest to its numbers, or to where the numbers stand.

    Shape: `words` are positions of numbers with their values. A label stands a little off its tick,
    at a distance that depends on how wide or high it is written.
    """
    nearest = [(min(rules, key=lambda rule: abs(rule - at)), value)
               for at, value in words if rules]  # fmt: skip
    told = len({at for at, _ in nearest}) == len(words)
    return (fit(nearest) if told else None) or fit(words)


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
    """Turn positions into values: whole steps where they stand on steps, else all their digits.

    Shape: no more digits than rounded positions bear out.
    """
    whole = steps(points, scale)
    if whole is not None:
        return whole
    found = [scale.value(point) for point in points]
    error = 0.0 if scale.logarithmic else abs(scale.slope) * _rounded(points)
    if not error:
        return [f"{one:.6g}" for one in found]
    decimals = max(0, 1 + math.floor(-math.log10(4 * error)))
    return [_spelled(round(one, decimals)) for one in found]


def rows(points: Sequence[Point], across: Scale | None, up: Scale | None) -> list[list[str]]:
    """Turn points into rows of values; places as drawn along an axis that is not known."""
    sides = [[point[axis] for point in points] for axis in (0, 1)]
    told = [values(side, scale) if scale else [f"{at:g}" for at in side]
            for side, scale in zip(sides, (across, up), strict=True)]  # fmt: skip
    return [*map(list, zip(*told, strict=True))]


def steps(points: Sequence[float], scale: Scale) -> list[str] | None:
    """Give the values with as few decimals as most can be written with; None if with none.

    Shape: an axis may stand up to half a unit off its marks, where a program keeps its lines sharp.
    """
    tolerance = max(_FINE * scale.span, abs(scale.slope) * _rounded(points))
    found = [scale.value(point) for point in points]
    for decimals in range(0 if scale.logarithmic else _DECIMALS):
        step = 10.0**-decimals
        off = _off(found, step, tolerance) if 4 * tolerance <= step else None
        if off is not None and abs(off) <= _SHARP * abs(scale.slope) + tolerance:
            return [_spelled(round(one - off, decimals)) for one in found]
    return None


def _off(found: Sequence[float], step: float, tolerance: float) -> float | None:
    """Say how far most values stand beside whole steps, if all stand beside them alike."""
    rests = sorted(one - step * round(one / step) for one in found)
    for off in (0.0, rests[len(rests) // 2], rests[len(rests) // 4]):
        apart = (abs((rest - off + step / 2) % step - step / 2) for rest in rests)
        if sum(one <= tolerance for one in apart) >= _MOST * len(rests):
            return off
    return None


def _rounded(points: Sequence[float]) -> float:
    """Say how far a printed position may be from the real one; 0 where it has all its digits."""
    for decimals in range(1, _PRINTED):
        if all(abs(one - round(one, decimals)) < 1e-7 for one in points):
            return float(10.0**-decimals)
    return 0.0


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
    own = opening.free(path)
    opening.table(own, ["x", "y"], rows(points, across, up), notes=notes)
    sides = [[point[axis] for point in points] for axis in (0, 1)]
    unclear = any(scale and _rounded(side) and steps(side, scale) is None
                  for side, scale in zip(sides, (across, up), strict=True))  # fmt: skip
    if notes and unclear:  # the axis may be another panel's; places as drawn are on a line too
        drawn = rows(points, None, None)
        opening.table(f"{own}/drawn", ["x", "y"], drawn, notes=[Observation(Note.SENTENCE)])

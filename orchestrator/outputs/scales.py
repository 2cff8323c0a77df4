"""[pure] Is a column a source column on a scale that the source itself gives?

Such scales are its mean and its deviation, its range from 0 to 1, both of the whole column and of
each group that another column names, exported or left out, its unit times a power of ten, and its
logarithm to the usual bases, of one more too, where there are noughts. Under
the right one each printed number stands for values of the source; the scale under which all of them
are likeliest is the best guess.
Source: outputs 5.1 step 3 and 5.4 (scaled per group, rounded below 4 digits).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from orchestrator.outputs.canon import number
from orchestrator.outputs.grids import Grid, Scale, half, scales_of
from orchestrator.outputs.index import Column, TableIndex
from orchestrator.outputs.searching import UNFOUND, Option, Work

_DISTINCT = 8
"""Fewer different numbers are likely on many a scale."""
_PROBES = 12
_FOUND = 0.9
_NEAREST = 3
"""A printed number that may be more values of the source, on average, says too little."""
_GROUPS = 20
_COUNTED = 3_000_000
"""Units: numbers of the source that are counted for the scales of groups; beyond, none is asked."""
_POWERS = tuple((0.0, 10.0**power) for power in range(-6, 7) if power)
_ROUNDING = 1.02
_PLAIN: Scale = (0.0, 1.0)
_LOGS: tuple[tuple[float, Scale], ...] = (
    (math.e, _PLAIN), (2.0, _PLAIN), (10.0, _PLAIN), (math.e, (-1.0, 1.0)),
)  # fmt: skip
"""Bases, and what their powers are less than the value: `log1p` is the logarithm of one more."""
_HIGHEST = 690.0
"""Units: powers of e; the greatest that a number can be."""

_HIDDEN = 12
_MEMBERS = 20
"""So many groups at most, and of so many people at least, has a column that is looked for though
it was left out."""
_FINE = 0.001
_DEVIATIONS = 12.0
"""Units: half of the last digit, and the largest number, of a column that such groups may scale."""

_Cells = Mapping[int, tuple[float, float]]
"""By row, the number of a column and half of its last printed digit."""


@dataclass(frozen=True)
class _Candidate:
    """A source column, its scale in each group, and the group of each row; None: in any of them."""

    column: int
    scales: Mapping[int, Scale]
    groups: Sequence[int] | None = None
    base: float | None = None

    @property
    def price(self) -> float:
        """Bits that guessing the group of a row costs."""
        return 0.0 if self.groups else math.log2(len(self.scales))

    def windows(self, cells: _Cells, rows: Sequence[int], grid: Grid) -> list[Sequence[int]]:
        """Give for some rows where on the grid the values are that would be printed so."""
        found: list[Sequence[int]] = []
        for row in rows:
            value, slack = cells[row] if self.base is None else _power(self.base, *cells[row])
            if self.groups is None:
                scales = [*self.scales.values()]
            else:
                scales = [one for one in (self.scales.get(self.groups[row]),) if one]
            own = [grid.window(zero + value * one, _ROUNDING * slack * one) for zero, one in scales]
            found.append(own[0] if len(own) == 1 else [*chain.from_iterable(own)])
        return found


@dataclass(frozen=True)
class _Fit:
    """How likely a column is under a candidate. Units: `score` in bits a cell."""

    score: float
    column: int
    windows: Mapping[int, Sequence[int]]


def scaled(
    columns: Mapping[int, Sequence[str]], known: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find the source columns that exported columns are on another scale; asked of two or more.

    Shape: `columns` are cells by position; `known` the options of columns that are recognised as
    they are, of which those that name few groups are asked for their scales. A column gets several
    options, all of one source column, where a printed number may be several of its values.
    """
    read = {at: cells for at, own in columns.items() if (cells := _numbers(own))}
    if len(read) < 2:
        return []
    candidates = [*_of_columns(source), *_of_groups(source, known)]
    fits = _fits(read, candidates, source, work)
    unknown = {at: own for at, own in read.items() if at not in fits and _is_standard(own)}
    if len(unknown) > 1:
        fits |= _fits(unknown, [*_of_hidden(source)], source, work)
    if work.left <= 0:
        return []
    return [
        option
        for position, best in fits.items()
        for option in _options(
            position, len(columns[position]), best, source.columns[best.column].grid
        )
    ]


def _fits(
    read: Mapping[int, _Cells], candidates: Sequence[_Candidate], source: TableIndex, work: Work
) -> dict[int, _Fit]:
    """Find for each column the candidate under which it is likeliest, where there is one."""
    found: dict[int, _Fit] = {}
    for position, cells in read.items():
        if not work.spend(len(candidates) * _PROBES):
            break
        fits = (_fit(cells, one, source.columns[one.column].grid) for one in candidates)
        best = max((fit for fit in fits if fit), key=lambda fit: fit.score, default=None)
        if best is not None:
            found[position] = best
    return found


def _numbers(cells: Sequence[str]) -> _Cells | None:
    """Read the numbers of a column; None where few of them differ."""
    values = ((row, number(cell), cell) for row, cell in enumerate(cells))
    found = {row: (value, half(cell)) for row, value, cell in values if value is not None}
    return found if len({value for value, _ in found.values()}) >= _DISTINCT else None


def _numeric(source: TableIndex) -> list[int]:
    return [at for at, own in enumerate(source.columns) if len(own.grid.values) > _DISTINCT]


def _of_columns(source: TableIndex) -> Iterator[_Candidate]:
    for at in _numeric(source):
        for scale in (*source.columns[at].grid.scales, *_POWERS):
            yield _Candidate(at, {UNFOUND: scale})
        for base, scale in _LOGS:
            yield _Candidate(at, {UNFOUND: scale}, base=base)


def _power(base: float, value: float, slack: float) -> tuple[float, float]:
    """Give the number whose logarithm was printed, and how far off it may be."""
    power = math.exp(min(value * math.log(base), _HIGHEST))
    return power, power * math.expm1(min(slack * math.log(base), _HIGHEST))


def _of_groups(source: TableIndex, known: Sequence[Option]) -> Iterator[_Candidate]:
    """List the scales of each column in the groups that recognised columns name."""
    numeric, left = _numeric(source), _COUNTED
    for option in known:
        groups = {*option.groups} - {UNFOUND}
        left -= source.size * len(numeric) if 1 <= len(groups) <= _GROUPS else 0
        if not 1 <= len(groups) <= _GROUPS or left < 0:
            continue
        named = source.columns[option.column]
        rows = {group: named.rows_of(option.feature, group) for group in groups}
        for at in numeric:
            own = {group: _scales_in(source.columns[at], those) for group, those in rows.items()}
            for scales in zip(*own.values(), strict=False):
                yield _Candidate(at, dict(zip(own, scales, strict=True)), option.groups)


def _is_standard(cells: _Cells) -> bool:
    """Tell what may be parts of a range or deviations, finely printed: few other columns are."""
    fine = sum(slack < _FINE for _, slack in cells.values())
    return 2 * fine > len(cells) and all(abs(value) < _DEVIATIONS for value, _ in cells.values())


def _of_hidden(source: TableIndex) -> Iterator[_Candidate]:
    """List the scales of each column in the groups of another that was left out of the table."""
    numeric, left = _numeric(source), 3 * _COUNTED
    for at, named in enumerate(source.columns):
        sizes = [after - before for before, after in pairwise(named.offsets)][1:]
        if not 1 < len(sizes) <= _HIDDEN or min(sizes) < _MEMBERS:
            continue
        left -= source.size * len(numeric)
        if left < 0:
            return
        for measured in numeric:
            if measured != at:
                yield from _mixed(measured, source.columns[measured], named)


def _mixed(at: int, column: Column, named: Column) -> Iterator[_Candidate]:
    """Give the scales of one column in the groups of another, those of one kind together."""
    numbers = column.magnitudes or ()
    groups: dict[int, dict[float, int]] = {}
    for (group, value), count in Counter(zip(named.values, column.values, strict=True)).items():
        if group and value and math.isfinite(numbers[value]):
            groups.setdefault(group, {})[numbers[value]] = count
    own = {group: scales_of(counts) for group, counts in groups.items()}
    for scales in zip(*own.values(), strict=False):
        yield _Candidate(at, dict(zip(own, scales, strict=True)))


def _scales_in(column: Column, rows: Sequence[int]) -> Sequence[Scale]:
    """Give the scales that a column has in some rows of the source."""
    numbers = column.magnitudes or ()
    counts = Counter(column.values[row] for row in rows)
    return scales_of({
        numbers[at]: count for at, count in counts.items() if at and math.isfinite(numbers[at])
    })  # fmt: skip


def _fit(cells: _Cells, candidate: _Candidate, grid: Grid) -> _Fit | None:
    """Say how likely a column is under a candidate; None where it is not."""
    rows = list(cells)
    if not _tells(candidate.windows(cells, rows[:: max(1, len(rows) // _PROBES)], grid)):
        return None
    windows = candidate.windows(cells, rows, grid)
    if not _tells(windows):
        return None
    size = grid.below[-1]
    shares = (grid.rows(window) / size if window else 1 / (8 * size) for window in windows)
    score = math.fsum(map(math.log2, shares)) / len(rows) - candidate.price
    return _Fit(score, candidate.column, dict(zip(rows, windows, strict=True)))


def _tells(windows: Sequence[Sequence[int]]) -> bool:
    """Say whether most numbers may be values of the source, and each only few of them."""
    hits = sum(map(bool, windows))
    return hits >= _FOUND * len(windows) - 1 and sum(map(len, windows)) <= _NEAREST * hits


def _options(position: int, size: int, fit: _Fit, grid: Grid) -> list[Option]:
    """Make an option of each value that numbers may be: each costs what guessing it costs."""
    found = [[UNFOUND] * size for _ in range(_NEAREST)]
    for row, window in fit.windows.items():
        first = max(0, (len(window) - _NEAREST) // 2)
        for turn, at in enumerate(window[first : first + _NEAREST]):
            found[turn][row] = grid.groups[at]
    hits = [len(window) for window in fit.windows.values() if window]
    cost = math.fsum(map(math.log2, hits)) / len(hits)
    return [Option(position, fit.column, 0, own, cost) for own in found if max(own) > UNFOUND]

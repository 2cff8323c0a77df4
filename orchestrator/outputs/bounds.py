"""[pure] How far do sums pin a hidden number down? Bounds by propagation, then by linear programs.

The only module that knows HiGHS, which is loaded when a program is solved for the first time: it
brings numpy, and most files hide no cell. Propagation alone is sound and settles most
tables in no time; a linear program, of each group of numbers that hang together, finds what several
sums say together.
Source: outputs 6.1 steps 2 to 5.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

_TOLERANCE = 1e-6
_ROUNDS = 50
_LARGEST = float("inf")


@dataclass(frozen=True)
class Sum:
    """`low <= sum of (factor x number) <= high`; numbers go by their place in `Problem.ends`."""

    terms: tuple[tuple[int, float], ...]
    low: float
    high: float


@dataclass(frozen=True)
class Problem:
    """Unknown numbers, each between two ends (None: no upper end), and the sums that bind them."""

    ends: tuple[tuple[float, float | None], ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Solved:
    """Between which ends each wanted number lies.

    Shape: `contradiction` says that no numbers fit the sums; `exhausted` that the time ran out,
    the ends are then wider than need be.
    """

    ends: Mapping[int, tuple[float, float | None]]
    contradiction: bool = False
    exhausted: bool = False


def solve(problem: Problem, wanted: Sequence[int], until: float) -> Solved:
    """Find the narrowest ends of the wanted numbers.

    Units: `until` as `time.monotonic()` tells time, in seconds.
    """
    ends = [(low, _LARGEST if high is None else high) for low, high in problem.ends]
    if not _propagate(ends, problem.sums):
        return Solved({}, contradiction=True)
    found = {place: ends[place] for place in wanted}
    for places, sums in _groups(problem.sums, len(ends)):
        own = [place for place in wanted if place in places and _open(ends[place])]
        if not own:
            continue
        program = _Program(sorted(places), sums, ends)
        for place in own:
            answer = program.ends_of(place, until)
            if answer is None:
                return Solved(_plain(found), program.contradiction, not program.contradiction)
            found[place] = answer
    return Solved(_plain(found))


def _plain(
    found: Mapping[int, tuple[float, float]],
) -> dict[int, tuple[float, float | None]]:
    return {
        place: (low, None if high >= _LARGEST else high) for place, (low, high) in found.items()
    }


def _open(ends: tuple[float, float]) -> bool:
    return ends[1] - ends[0] > _TOLERANCE


def _propagate(ends: list[tuple[float, float]], sums: Sequence[Sum]) -> bool:
    """Narrow each number by each sum it is in, until nothing moves; False for a contradiction."""
    for _ in range(_ROUNDS):
        moved = False
        for one in sums:
            for place, factor in one.terms:
                narrowed = _narrowed(ends, one, place, factor)
                if narrowed[0] > narrowed[1] + _TOLERANCE:
                    return False
                if narrowed != ends[place]:
                    moved = moved or _moves(narrowed, ends[place])
                    ends[place] = narrowed
        if not moved:
            break
    return True


def _moves(new: tuple[float, float], old: tuple[float, float]) -> bool:
    return new[0] > old[0] + _TOLERANCE or new[1] < old[1] - _TOLERANCE


def _narrowed(
    ends: Sequence[tuple[float, float]], one: Sum, place: int, factor: float
) -> tuple[float, float]:
    least = most = 0.0
    for other, weight in one.terms:
        if other != place:
            low, high = ends[other]
            least += weight * low if weight > 0 else weight * high
            most += weight * high if weight > 0 else weight * low
    sides = ((one.low - most) / factor, (one.high - least) / factor)
    low, high = min(sides), max(sides)
    own = ends[place]
    return max(own[0], low), min(own[1], high)


def _groups(sums: Sequence[Sum], size: int) -> Iterator[tuple[set[int], list[Sum]]]:
    """Numbers that hang together by sums, each group with its sums."""
    parent = list(range(size))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one in sums:
        first = root(one.terms[0][0])
        for place, _ in one.terms[1:]:
            parent[root(place)] = first
    grouped: dict[int, list[Sum]] = defaultdict(list)
    for one in sums:
        grouped[root(one.terms[0][0])].append(one)
    for own in grouped.values():
        yield {place for one in own for place, _ in one.terms}, own


@cache
def _highs() -> ModuleType:
    return import_module("highspy")


class _Program:
    """One linear program, asked again and again with another aim, which keeps it warm."""

    def __init__(
        self, places: Sequence[int], sums: Sequence[Sum], ends: Sequence[tuple[float, float]]
    ) -> None:
        self.at = {place: position for position, place in enumerate(places)}
        self.contradiction = False
        # `highspy.Highs` prints a banner as it is made, into whatever `tre check` answers
        self._model = _highs()._core._Highs()
        self._model.setOptionValue("output_flag", False)
        self._model.setOptionValue("threads", 1)
        for place in places:
            self._model.addVar(*ends[place])
        for one in sums:
            positions = [self.at[place] for place, _ in one.terms]
            factors = [factor for _, factor in one.terms]
            self._model.addRow(one.low, one.high, len(positions), positions, factors)

    def ends_of(self, place: int, until: float) -> tuple[float, float] | None:
        """Give the ends of one number; None when there are none, or no time is left."""
        at = self.at[place]
        self._model.changeColCost(at, 1.0)
        low = self._aim(1, until)
        high = None if low is None else self._aim(-1, until)
        self._model.changeColCost(at, 0.0)
        return None if low is None or high is None else (low, high)

    def _aim(self, sign: int, until: float) -> float | None:
        """Find the least (sign 1) or greatest (-1) value of the aim."""
        left = until - time.monotonic()
        if left <= 0:
            return None
        words, status = _highs().ObjSense, _highs().HighsModelStatus
        self._model.setOptionValue("time_limit", self._model.getRunTime() + left)  # it adds up
        self._model.changeObjectiveSense(words.kMinimize if sign > 0 else words.kMaximize)
        self._model.run()
        came_to = self._model.getModelStatus()
        if came_to == status.kOptimal:
            return float(self._model.getObjectiveValue())
        if came_to == status.kUnbounded:
            return -sign * _LARGEST
        self.contradiction = came_to in {status.kInfeasible, status.kUnboundedOrInfeasible}
        return None

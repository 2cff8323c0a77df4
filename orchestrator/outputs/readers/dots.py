"""Marks in a picture of pixels: how often one small solid mark of one colour stands there.

A scatter plot has one for each person, and from a picture too its values can be read back, if less
finely. Letters are no such marks: they are of many shapes, and mostly grey.
Source: outputs section 3, O18 (count of repeated marks), 6.3.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.pictures import drawn

_RUNS = 300_000
"""Units: pieces of lines; a drawing of a page has fewer."""
_APART = 80
"""Units: of 255; what is nearer to the page than this is its edge, or nothing."""
_RUN = re.compile(rb"\xff+")
_SMALLEST, _LARGEST = 3, 40
"""Units: pixels; the sides of a mark."""
_SOLID = 0.5
"""A disc of five pixels is drawn as 13 of 25."""
_HEAPED, _HEAP = 0.35, 6
"""A heap of marks has more of its bounds than a line has, and is not so many times as long."""
_ALONE = 15
"""So many marks have to stand by themselves before heaps are counted too."""
_GREY = 32
_LETTER = 5
"""Units: pixels; a grey mark is larger than most letters, and fuller than any."""
_FULL = 0.75


@dataclass
class _Spot:
    """Pixels that touch each other: their bounds, and how many they are."""

    left: int
    right: int
    top: int
    bottom: int
    area: int

    def add(self, other: "_Spot") -> None:
        """Take in another one."""
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.top, self.bottom = min(self.top, other.top), max(self.bottom, other.bottom)
        self.area += other.area

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top + 1


def dots(data: bytes, kind: str, least: int) -> list[Observation]:
    """Note how many marks of one size and colour a picture has, where it has more than `least`.

    Errors: Unreadable (BAD_IMAGE) for what cannot be decoded.
    """
    width, mask, colours = drawn(data, kind, _APART)
    most = _most_alike(width, mask, colours)
    return [Observation(Note.MARKS, count=most)] if most > least else []


def _most_alike(width: int, mask: bytes, colours: bytes) -> int:
    """Count the marks of the size and colour that come most often."""
    kinds: defaultdict[object, list[_Spot]] = defaultdict(list)
    for spot in _spots(mask, width):
        middle = (spot.top + spot.bottom) // 2 * width + (spot.left + spot.right - 1) // 2
        colour = colours[3 * middle : 3 * middle + 3]
        if _is_solid(spot, colour):
            kinds[tuple(part >> 5 for part in colour)].append(spot)
    return max(map(_of_one_size, kinds.values()), default=0)


def _of_one_size(spots: Sequence[_Spot]) -> int:
    """Count marks of the usual size, one pixel more or less, and those that run into each other.

    Shape: where some stand by themselves, a heap is as many as its pixels would make.
    """
    marks = [spot for spot in spots if _is_mark(spot)]
    if not marks:
        return 0
    (wide, high), _ = Counter(spot.size for spot in marks).most_common(1)[0]
    alike = [spot for spot in marks if abs(spot.size[0] - wide) <= 1 and
             abs(spot.size[1] - high) <= 1]  # fmt: skip
    if len(alike) < _ALONE:
        return len(alike)
    area = sum(spot.area for spot in alike) / len(alike)
    heaps = [spot for spot in spots if max(spot.size) > max(wide, high) + 1]
    return len(alike) + sum(round(spot.area / area) for spot in heaps)


def _is_solid(spot: _Spot, colour: bytes) -> bool:
    """Tell a mark, or a heap of them, from a line and from letters."""
    wide, high = spot.size
    if min(wide, high) < _SMALLEST or max(wide, high) > _HEAP * min(wide, high):
        return False
    grey = max(colour) - min(colour) < _GREY
    full = spot.area / (wide * high)
    return (full >= _FULL and wide > _LETTER) if grey else full >= _HEAPED


def _is_mark(spot: _Spot) -> bool:
    """Tell a single mark: as wide as high, small, and full."""
    wide, high = spot.size
    return (
        max(wide, high) <= _LARGEST and abs(wide - high) <= 1 and spot.area >= _SOLID * wide * high
    )


def _spots(mask: bytes, width: int) -> list[_Spot]:
    """Join what touches, line by line; none where it is too much: that is a photograph.

    Source: the union of runs in neighbouring lines (connected components by run lengths).
    """
    runs: list[_Spot] = []
    joined: list[int] = []
    above: list[int] = []
    for row in range(len(mask) // width):
        here: list[int] = []
        for run in _RUN.finditer(mask, row * width, (row + 1) * width):
            here.append(len(runs))
            joined.append(len(runs))
            left, right = run.start() - row * width, run.end() - row * width
            runs.append(_Spot(left, right, row, row, right - left))
        if len(runs) > _RUNS:
            return []
        _touch(runs, joined, above, here)
        above = here
    spots: dict[int, _Spot] = {}
    for at, run_spot in enumerate(runs):
        first = _first(joined, at)
        if first in spots:
            spots[first].add(run_spot)
        else:
            spots[first] = replace(run_spot)
    return list(spots.values())


def _touch(
    runs: Sequence[_Spot], joined: list[int], above: Sequence[int], here: Sequence[int]
) -> None:
    """Join the runs of a line with those of the line above that they touch; both from the left."""
    start = 0
    for own in here:
        while start < len(above) and runs[above[start]].right < runs[own].left:
            start += 1
        at = start
        while at < len(above) and runs[above[at]].left <= runs[own].right:
            a, b = _first(joined, above[at]), _first(joined, own)
            joined[max(a, b)] = min(a, b)
            at += 1


def _first(joined: list[int], at: int) -> int:
    """Give the run that stands for all that are joined with this one."""
    while joined[at] != at:
        joined[at] = joined[joined[at]]
        at = joined[at]
    return at

"""[pure] The numbers of a source column on a line, and which of them a printed number may be.

A printed number stands for every value that would be printed so: within half of its last digit.
Source: outputs 5.1 step 3, 5.4.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestrator.outputs.cells import decimals

_LARGEST = 300
"""Units: powers of ten; `0e999` is a number too."""
Scale = tuple[float, float]
"""The value of the source that is printed as zero, and how many of its units make one."""


@dataclass(frozen=True)
class Grid:
    """The distinct numbers of a column in order, the group of each, how many rows are below each.

    Shape: empty for a column of texts; `below` has one entry more, the number of all rows.
    """

    values: Sequence[float]
    groups: Sequence[int]
    below: Sequence[int]

    def group(self, value: float, slack: float) -> int:
        """Give the group of the number nearest to a value, -1 where none is within the slack."""
        window = self.window(value, slack)
        nearest = min(window, key=lambda at: abs(self.values[at] - value), default=-1)
        return -1 if nearest < 0 else self.groups[nearest]

    def window(self, value: float, slack: float) -> range:
        """Give the positions of all numbers within the slack of a value."""
        return range(bisect_left(self.values, value - slack),
                     bisect_right(self.values, value + slack))  # fmt: skip

    def rows(self, places: Iterable[int]) -> int:
        """Count the rows that have one of the numbers at some positions."""
        return sum(self.below[at + 1] - self.below[at] for at in places)

    @cached_property
    def scales(self) -> Sequence[Scale]:
        """The scales of the whole column, as `scales_of` gives them."""
        return scales_of({
            value: self.below[at + 1] - self.below[at] for at, value in enumerate(self.values)
        })  # fmt: skip


def scales_of(counts: Mapping[float, int]) -> Sequence[Scale]:
    """Give the scales that numbers have by themselves; none for a single one.

    Shape: from the mean, by the deviation of all and of a sample; from the least to the greatest.
    """
    if len(counts) < 2:
        return ()
    total = sum(counts.values())
    mean = math.fsum(value * n for value, n in counts.items()) / total
    squares = math.fsum((value - mean) ** 2 * n for value, n in counts.items())
    low, high = min(counts), max(counts)
    return (
        (mean, math.sqrt(squares / total)),
        (mean, math.sqrt(squares / (total - 1))),
        (low, high - low),
    )


def half(cell: str) -> float:
    """Give half of the last digit that a number is printed with, an exponent considered."""
    mantissa, _, exponent = cell.strip().lower().partition("e")
    power = int(exponent) if exponent.lstrip("+-").isdigit() else 0
    return 0.5 * 10.0 ** min(power - decimals(mantissa), _LARGEST)

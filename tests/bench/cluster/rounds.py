"""[pure but for the clock] Contestants in turn, their samples, and what is told of them.

One round is every contestant once, each time another one first; a first round warms up and is
thrown away. A ratio is taken within a round, because a machine with other work is slow for all.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Act = Callable[[int], Sequence[float]]
"""One contestant's part of one round, whose number it gets; answers its samples."""


@dataclass
class Row:
    """What one row of the table measured: samples by contestant and round, ours first.

    Shape: `unit` is of every sample; `compared` says whether the samples are of contestants.
    """

    name: str
    what: str
    unit: str
    target: str
    samples: dict[str, list[list[float]]] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    compared: bool = True

    def ratios(self, other: str, one: str = "") -> list[float]:
        """One's median (ours, where nobody is named) over another's, round by round."""
        ours = self.samples[one or next(iter(self.samples))]
        return [
            statistics.median(mine) / statistics.median(theirs)
            for mine, theirs in zip(ours, self.samples[other], strict=True)
        ]

    def tell_floor(self, floor: str, other: str) -> None:
        """Tell the floor beside a contestant: no target below that can be met."""
        middle = statistics.median(self.ratios(other, floor))
        self.facts[f"the floor beside {other}"] = f"{middle:.2f}×"

    def lines(self) -> list[str]:
        """The row as lines of a table in Markdown."""
        told = [f"| {self.name} | {self.what} | | | {self.target} |"]
        for number, (who, rounds) in enumerate(self.samples.items()):
            flat = [one for each in rounds for one in each]
            middle = f"{_short(statistics.median(flat))} {self.unit}, at most {_short(max(flat))}"
            beside = self._beside(who) if number and self.compared else ""
            told.append(f"| | {who} | {middle} | {beside} | |")
        told += [f"| | {name} | {said} | | |" for name, said in self.facts.items()]
        return told

    def _beside(self, who: str) -> str:
        found = self.ratios(who)
        middle = statistics.median(found)
        return f"ours is {middle:.2f}× ({min(found):.2f} to {max(found):.2f})"


def interleaved(contestants: Mapping[str, Act], rounds: int) -> dict[str, list[list[float]]]:
    """Let every contestant have its part in every round; the first round is thrown away."""
    names = list(contestants)
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            samples = list(contestants[name](number))
            if number:
                found[name].append(samples)
    return found


def milliseconds(act: Callable[[], object]) -> float:
    """How long something takes, by the wall."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of time over size on double logarithmic paper, by least squares."""
    x, y = [math.log(one) for one in sizes], [math.log(one) for one in times]
    middle_x, middle_y = statistics.fmean(x), statistics.fmean(y)
    above = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle_x) ** 2 for a in x)


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"

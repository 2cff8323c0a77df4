"""[pure] What the labels claim, proved again from the alliance's own files.

Only the standard library: the numbers were made with pandas and numpy, and are not believed here.
A claim that does not hold is answered with a sentence; none means that the label stands.
"""

import csv
import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

LEAST = 10
"""The shipped minimum of people behind a number (policies/outputs.yaml, `counts`)."""
SIGNS: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda cell, value: cell == value,
    "!=": lambda cell, value: cell != value,
    ">=": lambda cell, value: float(cell) >= float(value),
    "<": lambda cell, value: float(cell) < float(value),
    "in": lambda cell, value: cell in value.split("|"),
    "starts": lambda cell, value: cell.startswith(value),
}
Condition = tuple[str, str, str]
Where = tuple[Condition, ...]
Row = Mapping[str, str]
ALL: Where = ()


class Alliance:
    """The source as it was sent, read back from its files."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.tables = {
            name: list(csv.DictReader(io.StringIO(data.decode()))) for name, data in files.items()
        }
        self.pseudonyms = frozenset(row["participant"] for row in self.tables["people"])
        self._rows: dict[tuple[str, Where], list[dict[str, str]]] = {}
        self._holders: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Counter[object]] = {}

    def rows(self, table: str, where: Where) -> list[dict[str, str]]:
        """List the rows that meet all conditions."""
        if not where:
            return self.tables[table]
        if (table, where) not in self._rows:
            column, sign, value = where[-1]
            self._rows[table, where] = [
                row for row in self.rows(table, where[:-1]) if SIGNS[sign](row[column], value)
            ]
        return self._rows[table, where]

    def count(self, table: str, where: Where) -> int:
        """Count the distinct people of these rows."""
        return len({row["participant"] for row in self.rows(table, where)})

    def groups(self, table: str, by: Sequence[str], where: Where) -> Counter[tuple[str, ...]]:
        """Count distinct people in each group."""
        seen = {
            (*(row[name] for name in by), row["participant"]) for row in self.rows(table, where)
        }
        return Counter(one[:-1] for one in seen)

    def holders(
        self, table: str, columns: tuple[str, ...], how: tuple[str, ...]
    ) -> Counter[object]:
        """Count the rows of each combination of changed cells."""
        key = (table, columns, how)
        if key not in self._holders:
            cells = [
                [changed(row[name], own) for row in self.tables[table]]
                for name, own in zip(columns, how, strict=True)
            ]
            self._holders[key] = Counter(zip(*cells, strict=True))
        return self._holders[key]


class Claim(Protocol):
    """Something that can be asked whether it holds."""

    def faults(self, known: Alliance) -> list[str]:
        """Say what does not hold."""
        ...


def _days(cell: str) -> int:
    return (date.fromisoformat(cell) - date(2010, 1, 1)).days


def _salted(cell: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}{cell}".encode()).hexdigest()


_CHANGES: Mapping[str, Callable[[str, str], str]] = {
    "same": lambda cell, _: cell,
    "times": lambda cell, arg: f"{float(cell) * float(arg):.4f}",
    "log": lambda cell, arg: f"{math.log(float(cell)):.{arg}f}",
    "log2": lambda cell, arg: f"{math.log2(float(cell)):.{arg}f}",
    "root": lambda cell, arg: f"{math.sqrt(float(cell)):.{arg}f}",
    "round": lambda cell, _: str(round(float(cell))),
    "shift": lambda cell, arg: (
        f"{(float(cell) - float(arg.split()[0])) / float(arg.split()[1]):.4f}"
    ),
    "comma": lambda cell, _: cell.replace(".", ","),
    "days": lambda cell, _: str(_days(cell)),
    "european": lambda cell, _: ".".join(reversed(cell.split("-"))),
    "month": lambda cell, _: cell[:7],
    "year": lambda cell, _: cell[:4],
    "upper": lambda cell, _: cell.upper(),
    "bare": lambda cell, _: cell.replace("-", "")[2:],
    "md5": lambda cell, _: hashlib.md5(cell.encode(), usedforsecurity=False).hexdigest(),
    "sha256": lambda cell, salt: _salted(cell, salt),
    "short": lambda cell, salt: _salted(cell, salt)[:12],
    "map": lambda cell, arg: dict(one.split("=") for one in arg.split("|"))[cell],
}


def changed(cell: str, how: str) -> str:
    """Change one cell as its author says: `log 3`, `times 0.1`, `same`."""
    name, _, argument = how.partition(" ")
    return _CHANGES[name](cell, argument)


@dataclass(frozen=True)
class Rows:
    """These cells are those of these rows of the source, and single people are meant by them."""

    table: str
    columns: tuple[str, ...]
    at: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    how: tuple[str, ...] = ()
    noise: float = 0.0

    def faults(self, known: Alliance) -> list[str]:
        how = self.how or ("same",) * len(self.columns)
        rows = known.tables[self.table]
        wrong = sum(
            not self._meant(
                own, [changed(rows[at][c], h) for c, h in zip(self.columns, how, strict=True)]
            )
            for at, own in zip(self.at, self.cells, strict=True)
        )
        found = [f"{wrong} of {len(self.at)} rows of {self.table} are others"] if wrong else []
        return found if self.noise else found + self._common(known, how)

    def _meant(self, own: Sequence[str], real: Sequence[str]) -> bool:
        return all(
            a == b or bool(self.noise and _near(a, b, self.noise))
            for a, b in zip(own, real, strict=True)
        )

    def _common(self, known: Alliance, how: tuple[str, ...]) -> list[str]:
        """More than half of the rows must be held by fewer than the least number."""
        held = known.holders(self.table, self.columns, how)
        common = sum(held[own] >= LEAST for own in self.cells)
        return ["most rows are held by many people"] if 2 * common > len(self.cells) else []


def _near(own: str, real: str, noise: float) -> bool:
    """Within six times the noise, relative."""
    try:
        return abs(float(own) - float(real)) <= 6 * noise * abs(float(real)) + 0.06
    except ValueError:
        return False


@dataclass(frozen=True)
class Small:
    """So many people, and fewer than the least number."""

    table: str
    where: Where
    stated: int

    def faults(self, known: Alliance) -> list[str]:
        real = known.count(self.table, self.where)
        if real != self.stated or not 0 < real < LEAST:
            return [f"{self.stated} people stated where {self.where}, {real} counted"]
        return []


@dataclass(frozen=True)
class Count:
    """So many people, and enough of them; rounded to a base if one is named."""

    table: str
    where: Where
    stated: int
    base: int = 1

    def faults(self, known: Alliance) -> list[str]:
        real = known.count(self.table, self.where)
        if rounded(real, self.base) != self.stated or real < LEAST:
            return [f"{self.stated} people stated where {self.where}, {real} counted"]
        return []


def rounded(count: int, base: int) -> int:
    """Round half up to a base."""
    return (2 * count + base) // (2 * base) * base


@dataclass(frozen=True)
class Groups:
    """Every group of a cross table is stated, large enough, and so is the rest of each margin.

    Shape: `groups` maps a group's labels, which may join source values by `|`, to its count.
    """

    table: str
    by: tuple[str, ...]
    where: Where
    groups: Mapping[tuple[str, ...], int]
    base: int = 1
    zero: tuple[tuple[str, ...], ...] = ()

    def faults(self, known: Alliance) -> list[str]:
        real = known.groups(self.table, self.by, self.where)
        summed = {own: _sum(real, own) for own in {*self.groups, *self.zero}}
        found = [
            f"{own} is {summed[own]}, not {stated}"
            for own, stated in self.groups.items()
            if rounded(summed[own], self.base) != stated or summed[own] < LEAST
        ]
        found += [f"{own} is no zero" for own in self.zero if summed[own]]
        if sum(summed.values()) != sum(real.values()):
            found.append(f"groups by {self.by} leave people out")
        return found + _rests(summed)


def _sum(real: Counter[tuple[str, ...]], own: tuple[str, ...]) -> int:
    wanted = [frozenset(part.split("|")) for part in own]
    return sum(
        count
        for group, count in real.items()
        if all(cell in part for cell, part in zip(group, wanted, strict=True))
    )


def _rests(groups: Mapping[tuple[str, ...], int]) -> list[str]:
    """What is left of a margin without one cell must be large too: else somebody is told."""
    found = []
    for axis in range(len(next(iter(groups)))):
        margin: Counter[tuple[str, ...]] = Counter()
        for own, count in groups.items():
            margin[own[:axis] + own[axis + 1 :]] += count
        for own, count in groups.items():
            if margin[own[:axis] + own[axis + 1 :]] - count < LEAST:
                found.append(f"the rest beside {own} is small")
    return found


@dataclass(frozen=True)
class Rest:
    """A whole less its published parts is fewer than the least number of people."""

    table: str
    whole: Where
    parts: tuple[tuple[Where, int], ...]
    total: int
    left: int

    def faults(self, known: Alliance) -> list[str]:
        real = known.count(self.table, self.whole)
        found = [f"the whole is {real}, not {self.total}"] if real != self.total else []
        for where, stated in self.parts:
            own = known.count(self.table, where)
            if own != stated:
                found.append(f"a part is {own}, not {stated}")
            outside = {row["participant"] for row in known.rows(self.table, where)} - {
                row["participant"] for row in known.rows(self.table, self.whole)
            }
            found += ["a part is not within the whole"] if outside else []
        left = self.total - sum(stated for _, stated in self.parts)
        if left != self.left or not 0 < left < LEAST:
            found.append(f"{left} are left, not {self.left}")
        return found


@dataclass(frozen=True)
class Differs:
    """Of two released numbers one population contains the other, and a few people lie between."""

    table: str
    larger: Where
    smaller: Where
    numbers: tuple[int, int]

    def faults(self, known: Alliance) -> list[str]:
        great = {row["participant"] for row in known.rows(self.table, self.larger)}
        small = {row["participant"] for row in known.rows(self.table, self.smaller)}
        if (len(great), len(small)) != self.numbers or not small < great:
            return [f"{len(great)} and {len(small)} counted, {self.numbers} stated"]
        between = len(great) - len(small)
        return [] if 0 < between < LEAST else [f"{between} people lie between"]


@dataclass(frozen=True)
class Apart:
    """Two released populations are disjoint, equal, or differ by enough people both ways."""

    table: str
    first: Where
    second: Where

    def faults(self, known: Alliance) -> list[str]:
        one = {row["participant"] for row in known.rows(self.table, self.first)}
        two = {row["participant"] for row in known.rows(self.table, self.second)}
        if not one & two:
            return []
        few = [len(part) for part in (one - two, two - one) if 0 < len(part) < LEAST]
        return [f"{few} people lie between"] if few else []


def quantile(values: Sequence[float], share: float) -> float:
    """Interpolate as most programs do."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def statistic(values: Sequence[float], name: str) -> float:
    """One number of many: `min`, `max`, `mean`, `sd`, `sum`, or a percentile as `q50`."""
    middle = math.fsum(values) / len(values)
    own = {
        "min": lambda: min(values),
        "max": lambda: max(values),
        "sum": lambda: math.fsum(values),
        "mean": lambda: middle,
        "sd": lambda: math.sqrt(
            math.fsum((one - middle) ** 2 for one in values) / (len(values) - 1)
        ),
    }
    return own[name]() if name in own else quantile(values, float(name[1:]) / 100)


@dataclass(frozen=True)
class Value:
    """A statistic of some people as it is printed.

    Shape: `few` says that the printed value is that of fewer than the least number of people (an
    extreme, an exact percentile); else that many stand behind it, or none but a rounded one.
    """

    table: str
    column: str
    where: Where
    name: str
    printed: str
    few: bool
    base: str = ""

    def faults(self, known: Alliance) -> list[str]:
        values = [float(row[self.column]) for row in known.rows(self.table, self.where)]
        real = statistic(values, self.name)
        if self.base:
            step = float(self.base)
            real = math.floor(real / step + 0.5) * step
        digits = len(self.printed.partition(".")[2])
        if abs(real - float(self.printed)) > 0.51 * 10**-digits:
            return [f"{self.name} of {self.column} is {real}, not {self.printed}"]
        return self._holders(values)

    def _holders(self, values: Sequence[float]) -> list[str]:
        own = float(self.printed)
        held = sum(one == own for one in values)
        if self.few:
            return [] if 0 < held < LEAST else [f"{self.printed} is held by {held} people"]
        if len(values) < 2 * LEAST:
            return [f"{self.name} of {self.column} stands on {len(values)} people"]
        if self.name in {"mean", "sd"}:
            return _dominated(values)
        near = float(self.base or 0) / 2
        held = sum(abs(one - own) <= near for one in values)
        return [] if held >= LEAST else [f"{self.printed} is held by {held} people"]


def _dominated(values: Iterable[float]) -> list[str]:
    """(1, 50 %), (2, 90 %), and p % below 10."""
    ordered = sorted((abs(one) for one in values), reverse=True)
    total = math.fsum(ordered)
    if ordered[0] > total / 2 or sum(ordered[:2]) > 0.9 * total:
        return ["one or two people make up most of it"]
    rest = total - ordered[0] - ordered[1]
    return ["the rest tells the largest"] if rest < 0.1 * ordered[0] else []


@dataclass(frozen=True)
class Dominated:
    """A sum that one or two people make up."""

    table: str
    column: str
    where: Where
    printed: str

    def faults(self, known: Alliance) -> list[str]:
        values = [float(row[self.column]) for row in known.rows(self.table, self.where)]
        if abs(math.fsum(values) - float(self.printed)) > 0.06:
            return [f"the sum of {self.column} is {math.fsum(values)}"]
        return [] if _dominated(values) else ["nobody dominates the sum"]


@dataclass(frozen=True)
class Share:
    """A percentage; `few` says that its own people, or those left, are fewer than the least."""

    table: str
    where: Where
    of: Where
    printed: str
    few: bool

    def faults(self, known: Alliance) -> list[str]:
        part, whole = (
            known.count(self.table, self.where + self.of),
            known.count(self.table, self.of),
        )
        digits = len(self.printed.partition(".")[2])
        if f"{100 * part / whole:.{digits}f}" != self.printed:
            return [f"{part} of {whole} is not {self.printed} %"]
        told = min(part, whole - part) < LEAST
        return [] if told == self.few else [f"{part} of {whole} people"]


@dataclass(frozen=True)
class Freedom:
    """Residual degrees of freedom: people less parameters."""

    table: str
    where: Where
    parameters: int
    stated: int
    few: bool

    def faults(self, known: Alliance) -> list[str]:
        real = known.count(self.table, self.where) - self.parameters
        if real != self.stated:
            return [f"{real} degrees are left, not {self.stated}"]
        return [] if (0 <= real < LEAST) == self.few else [f"{real} degrees are left"]


@dataclass(frozen=True)
class Step:
    """One line of a survival table: at risk at its begin; events and losses until the next."""

    day: int
    risk: int
    events: int
    censored: int
    survival: str


@dataclass(frozen=True)
class Survival:
    """A Kaplan-Meier table, computed again; `few` says that a step shows fewer than the least."""

    where: Where
    time: str
    event: str
    steps: tuple[Step, ...]
    few: bool

    def faults(self, known: Alliance) -> list[str]:
        pairs = sorted(
            (int(row[self.time]), row[self.event] == "1")
            for row in known.rows("people", self.where)
        )
        found = []
        for step, after in zip(
            self.steps, (*(one.day for one in self.steps[1:]), 10**9), strict=True
        ):
            real = step_of(pairs, step.day, after, len(step.survival.partition(".")[2]))
            if real != step:
                found.append(f"{step} is really {real}")
        low = any(
            0 < one < LEAST
            for step in self.steps
            for one in (step.risk, step.events, step.censored)
        )
        return found or ([] if low == self.few else ["the steps are not as said"])


def step_of(pairs: Sequence[tuple[int, bool]], day: int, after: int, digits: int) -> Step:
    """Count one interval [day, after) and the share alive just before its begin."""
    within = [event for time, event in pairs if day <= time < after]
    survival = 1.0
    times = Counter(time for time, event in pairs if event and time < day)
    left = Counter(time for time, _ in pairs)
    at_risk = len(pairs)
    for time in sorted(left):
        if time >= day:
            break
        survival *= 1 - times[time] / at_risk
        at_risk -= left[time]
    return Step(day, at_risk, sum(within), len(within) - sum(within), f"{survival:.{digits}f}")


@dataclass(frozen=True)
class Moments:
    """Mean times of events in the file are those of the source: single people's days."""

    where: Where
    time: str
    event: str
    days: tuple[int, ...]

    def faults(self, known: Alliance) -> list[str]:
        real = Counter(
            int(row[self.time])
            for row in known.rows("people", self.where)
            if row[self.event] == "1"
        )
        others = [day for day in self.days if not 0 < real[day] < LEAST]
        return [f"{len(others)} days are no single events"] if others else []


@dataclass(frozen=True)
class Hidden:
    """A table with hidden counts that stay hidden, proved by trying every solution.

    Shape: `cells` has None where hidden: either no total is printed (`rows` and `columns` are None
    then), or four are hidden, in two rows and two columns, which leaves one free number.
    """

    table: str
    by: tuple[str, str]
    where: Where
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int, ...] | None
    columns: tuple[int, ...] | None
    width: int = 3

    def faults(self, known: Alliance) -> list[str]:
        real = known.groups(self.table, self.by, self.where)
        counts = [[_sum(real, (r, c)) for c in self.labels[1]] for r in self.labels[0]]
        wrong = any(
            own is not None and (own != n or n < LEAST)
            for line, row in zip(self.cells, counts, strict=True)
            for own, n in zip(line, row, strict=True)
        )
        found = ["a printed count is wrong or small"] if wrong else []
        if self.rows is None or self.columns is None:
            return found
        if list(self.rows) != [sum(row) for row in counts]:
            found.append("the totals of rows are others")
        if list(self.columns) != [sum(row) for row in zip(*counts, strict=True)]:
            found.append("the totals of columns are others")
        return found + self._told(self.rows, self.columns)

    def _told(self, rows: Sequence[int], columns: Sequence[int]) -> list[str]:
        spots = [
            (r, c) for r, line in enumerate(self.cells) for c, own in enumerate(line) if own is None
        ]
        lines, heads = sorted({r for r, _ in spots}), sorted({c for _, c in spots})
        if (len(spots), len(lines), len(heads)) != (4, 2, 2):
            return ["the hidden counts are not four in a square"]
        across = [rows[r] - sum(own or 0 for own in self.cells[r]) for r in lines]
        down = [columns[c] - sum(line[c] or 0 for line in self.cells) for c in heads]
        solutions = [
            (x, across[0] - x, down[0] - x, across[1] - down[0] + x) for x in range(across[0] + 1)
        ]
        fitting = [one for one in solutions if min(one) >= 0]
        spans = [(min(own), max(own)) for own in zip(*fitting, strict=True)]
        narrow = [span for span in spans if span[1] - span[0] < self.width or span[1] < LEAST]
        return [f"hidden counts lie in {narrow}"] if narrow or not spans else []


@dataclass(frozen=True)
class Nobody:
    """Made-up rows: none is a row of the source, whichever way the columns are meant."""

    table: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def faults(self, known: Alliance) -> list[str]:
        real = known.holders(self.table, self.columns, ("same",) * len(self.columns))
        found = sum(own in real for own in self.cells)
        return [f"{found} made-up rows are real"] if found else []


@dataclass(frozen=True)
class Words:
    """Words that somebody typed about one person."""

    row: int
    words: str

    def faults(self, known: Alliance) -> list[str]:
        text = known.tables["events"][self.row]["narrative"]
        if self.words not in text or len(self.words.split()) < 5:
            return ["these words are not those of the row"]
        held = sum(self.words in row["narrative"] for row in known.tables["events"])
        return [] if held < LEAST else [f"{held} people have these words"]


@dataclass(frozen=True)
class Numbers:
    """A column of identifiers; so many pass the check digits of their kind."""

    kind: str
    values: tuple[str, ...]
    valid: bool

    def faults(self, known: Alliance) -> list[str]:
        passed = sum(CHECKS[self.kind](one) for one in self.values) / len(self.values)
        right = passed >= 0.9 if self.valid else passed <= 0.3
        return [] if right else [f"{passed:.0%} pass the check digits of {self.kind}"]


def _weighted(value: str, weights: Sequence[int]) -> int:
    return sum(int(one) * weight for one, weight in zip(value, weights, strict=False))


def _bsn(value: str) -> bool:
    return len(value) == 9 and _weighted(value, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _nhs(value: str) -> bool:
    check = 11 - _weighted(value, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(value) == 10 and check % 11 == int(value[9]) and check != 10


def _fodselsnummer(value: str) -> bool:
    one = -_weighted(value, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    two = -_weighted(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(value) == 11 and (one, two) == (int(value[9]), int(value[10]))


def _dni(value: str) -> bool:
    return value[:8].isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(value[:8]) % 23] == value[8:]


def _pesel(value: str) -> bool:
    return len(value) == 11 and -_weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == int(
        value[10]
    )


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "bsn": _bsn,
    "nhs": _nhs,
    "fodselsnummer": _fodselsnummer,
    "dni": _dni,
    "pesel": _pesel,
    "mail": lambda value: bool(re.fullmatch(r"[a-z.]+@[a-z.-]+\.[a-z]{2,4}", value)),
}


@dataclass(frozen=True)
class Alleles:
    """Allele counts of one marker: both alleles are carried by enough people."""

    marker: str
    counts: tuple[int, int, int]

    def faults(self, known: Alliance) -> list[str]:
        doses = Counter(row[self.marker] for row in known.tables["germline"])
        real = tuple(doses[dose] for dose in "012")
        if real != self.counts:
            return [f"{self.marker} is {real}"]
        return [] if min(real) >= LEAST else [f"{self.marker} has a genotype of {min(real)} people"]


@dataclass(frozen=True)
class Line:
    """A straight line fitted by least squares to many people: intercept and slope as printed."""

    where: Where
    x: str
    y: str
    printed: tuple[str, str]

    def faults(self, known: Alliance) -> list[str]:
        rows = known.rows("people", self.where)
        xs, ys = [float(row[self.x]) for row in rows], [float(row[self.y]) for row in rows]
        mx, my = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
        slope = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / math.fsum(
            (x - mx) ** 2 for x in xs
        )
        for real, own in zip((my - slope * mx, slope), self.printed, strict=True):
            digits = len(own.partition(".")[2])
            if abs(real - float(own)) > 0.51 * 10**-digits:
                return [f"the line of {self.y} over {self.x} has {real}, not {own}"]
        return [] if len(rows) - 2 >= LEAST else ["few people carry the line"]


@dataclass(frozen=True)
class Odds:
    """The odds ratio of a two by two table of people, as printed."""

    where: Where
    row: Condition
    column: Condition
    printed: str

    def faults(self, known: Alliance) -> list[str]:
        cells = Counter(
            tuple(SIGNS[sign](row[name], value) for name, sign, value in (self.row, self.column))
            for row in known.rows("people", self.where)
        )
        a, b = cells[True, True], cells[True, False]
        c, d = cells[False, True], cells[False, False]
        if min(a, b, c, d) < LEAST:
            return [f"the table under the odds ratio has {min(a, b, c, d)}"]
        digits = len(self.printed.partition(".")[2])
        real = a * d / (b * c)
        return [] if abs(real - float(self.printed)) <= 0.51 * 10**-digits else [f"it is {real}"]


@dataclass(frozen=True)
class Outside:
    """Nothing in it was computed from the source; `why` says what it is instead."""

    why: str

    def faults(self, known: Alliance) -> list[str]:
        return [] if self.why else ["nobody says what it is"]

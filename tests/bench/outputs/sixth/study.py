"""[pure] What analysts compute from the clinics, each number with the claim that bears it out."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.bench.outputs.fifth.proof import Design, Fitted
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.clinics import LEVELS, Tables
from tests.bench.outputs.sixth.proof import Correlated, Lines, Rate
from tests.bench.outputs.third.facts import (
    ALL,
    LEAST,
    Claim,
    Count,
    Groups,
    Rows,
    Small,
    Step,
    Survival,
    Value,
    Where,
    changed,
    step_of,
)

BANDS = {"few": (1, LEAST - 1), "ten": (LEAST, LEAST), "many": (14, 10**6)}
"""The smallest cell of a table: below the threshold, exactly at it, well above."""
_WHOLES = ("clinic", "region", "indication", "drug", "referral", "cancer", "start_year", "control")
_GROUPS = tuple(name for name in LEVELS if name not in {"clinic", "start_year"})
_ARMS = ("sex", "control", "antiplatelet", "prior_bleed", "school", "smoking", "cancer")


def said(where: Where) -> str:
    """Say who is meant, as a title does."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, _, value in where) or "everybody"


def title(column: str) -> str:
    """The name of a column as people write it."""
    return {"aps": "Antiphospholipid tests", "ppi": "Acid blocker", "bmi_class": "BMI (kg/m2)"}.get(
        column, column.replace("_", " ").capitalize()
    )


@dataclass(frozen=True)
class Cross:
    """People by two columns."""

    row: str
    column: str
    where: Where
    sides: tuple[str, ...]
    heads: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def title(self) -> str:
        """What the table is about."""
        return f"{title(self.row)} by {title(self.column).lower()}"

    @property
    def total(self) -> int:
        """All people of the table."""
        return sum(map(sum, self.counts))

    @property
    def down(self) -> list[int]:
        """The total of each column."""
        return [sum(own) for own in zip(*self.counts, strict=True)]

    @property
    def lines(self) -> list[tuple[str, list[int]]]:
        """Each side with its counts."""
        return [(side, list(own)) for side, own in zip(self.sides, self.counts, strict=True)]

    def cells(self) -> Iterator[tuple[str, str, int]]:
        """Each cell with its labels."""
        for side, own in self.lines:
            for head, count in zip(self.heads, own, strict=True):
                yield side, head, count

    def at(self, side: str, head: str) -> Where:
        """The people of one cell."""
        return (*self.where, (self.row, "=", side), (self.column, "=", head))

    def claims(self) -> tuple[Claim, ...]:
        """Few people in each small cell, or enough in all."""
        few = [
            Small("people", self.at(side, head), count)
            for side, head, count in self.cells()
            if count < LEAST
        ]
        groups: dict[tuple[str, ...], int] = {(s, h): count for s, h, count in self.cells()}
        return tuple(few) or (Groups("people", (self.row, self.column), self.where, groups),)

    def grid(self, corner: str = "", total: str = "") -> Grid:
        """A table, with totals where they have a name."""
        lines = [(side, *map(str, own)) for side, own in self.lines]
        heads = (corner or self.row, *self.heads)
        if not total:
            return Grid(heads, tuple(lines))
        lines = [(*line, str(sum(map(int, line[1:])))) for line in lines]
        last = (total, *map(str, self.down), str(self.total))
        return Grid((*heads, total), (*lines, last))

    def long(self) -> Grid:
        """A line for each cell."""
        cells = tuple((side, head, str(count)) for side, head, count in self.cells())
        return Grid((self.row, self.column, "n"), cells)


@dataclass(frozen=True)
class Tally:
    """People by one column."""

    column: str
    where: Where
    counts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All people of the tally."""
        return sum(count for _, count in self.counts)

    def at(self, level: str) -> Where:
        """The people of one level."""
        return (*self.where, (self.column, "=", level))

    def claims(self) -> tuple[Claim, ...]:
        """Few people at each small level, or enough at all."""
        few = [Small("people", self.at(own), count) for own, count in self.counts if count < LEAST]
        groups: dict[tuple[str, ...], int] = {(own,): count for own, count in self.counts}
        return tuple(few) or (Groups("people", (self.column,), self.where, groups),)

    def grid(self) -> Grid:
        """Levels, people and percent."""
        return Grid(
            (self.column, "n", "percent"),
            tuple((own, str(n), f"{100 * n / self.total:.1f}") for own, n in self.counts),
        )


@dataclass(frozen=True)
class Baseline:
    """Characteristics of two groups and more: counts of some columns, means of others."""

    blocks: tuple[Cross, ...]
    means: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    proofs: tuple[Claim, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The groups."""
        return self.blocks[0].heads

    @property
    def sizes(self) -> list[int]:
        """People of each group."""
        return self.blocks[0].down

    def claims(self, means: bool) -> tuple[Claim, ...]:
        """Those of the counts, and where all are large those of means that are printed."""
        every = tuple(one for own in self.blocks for one in own.claims())
        few = tuple(one for one in every if isinstance(one, Small))
        return few or (*every, *(self.proofs if means else ()))


class Study:
    """Counts, models and rows of the clinics; `twin` is another draw of them."""

    def __init__(self, tables: Tables, twin: Tables, seed: int) -> None:
        self.twin = twin
        self.random = np.random.default_rng([seed, 6])
        self._held = {
            table: {name: own[name].to_numpy(dtype=str) for name in own.columns}
            for table, own in tables.items()
        }
        self._held["people"] = self._held["patients"]
        self._codes = {
            name: np.searchsorted(np.sort(LEVELS[name]), self._held["people"][name])
            for name in LEVELS
        }
        self._read: dict[tuple[str, str], Any] = {}
        self._used: set[tuple[str, str, Where]] = set()

    def text(self, column: str, table: str = "people") -> Any:
        """The cells of a column."""
        return self._held[table][column]

    def mask(self, where: Where, table: str = "people") -> Any:
        """Which rows meet all conditions."""
        held = np.ones(len(self.text("patient", table)), dtype=bool)
        for column, sign, value in where:
            if sign == "=":
                held &= self.text(column, table) == value
            else:
                own = self._floats(column, table)
                held &= own >= float(value) if sign == ">=" else own < float(value)
        return held

    def numbers(self, column: str, where: Where = ALL, table: str = "people") -> Any:
        """Numbers of a column."""
        return self._floats(column, table)[self.mask(where, table)]

    def _floats(self, column: str, table: str) -> Any:
        if (table, column) not in self._read:
            self._read[table, column] = self.text(column, table).astype(float)
        return self._read[table, column]

    def count(self, where: Where, table: str = "people") -> int:
        """Distinct people who meet all conditions."""
        return len(set(self.text("patient", table)[self.mask(where, table)]))

    def counted(self, where: Where) -> Count:
        """A count of enough people."""
        return Count("people", where, self.count(where))

    def few(self, where: Where) -> Small:
        """A count of few people."""
        return Small("people", where, self.count(where))

    def whole(self) -> Where:
        """Some part of the people, as an analysis is about."""
        names = self.random.choice(_WHOLES, int(self.random.integers(0, 3)), replace=False)
        return tuple((str(name), "=", str(self.random.choice(LEVELS[name]))) for name in names)

    def group(self, least: int, most: int) -> Where:
        """Search for so many people who share two or three things."""
        while True:
            size = int(self.random.integers(2, 4))
            names = [str(one) for one in self.random.choice(list(LEVELS), size, replace=False)]
            where = tuple((name, "=", str(self.random.choice(LEVELS[name]))) for name in names)
            if least <= int(self.mask(where).sum()) <= most:
                return where

    def crossed(self, where: Where, row: str, column: str) -> Cross:
        """People by two columns, levels without anybody left out."""
        held = self.mask(where)
        names = [np.sort(LEVELS[name]) for name in (row, column)]
        table = np.zeros([len(one) for one in names], dtype=int)
        np.add.at(table, (self._codes[row][held], self._codes[column][held]), 1)
        sides = [one for one in LEVELS[row] if table[names[0] == one].any()]
        heads = [one for one in LEVELS[column] if table[:, names[1] == one].any()]
        places = [[int(np.flatnonzero(own == one)[0]) for one in keep]
                  for own, keep in zip(names, (sides, heads), strict=True)]  # fmt: skip
        counts = table[np.ix_(*places)] if sides and heads else table[:0]
        return Cross(row, column, where, tuple(sides), tuple(heads),
                     tuple(tuple(map(int, line)) for line in counts))  # fmt: skip

    def cross(self, band: str, heads: int = 4, sides: int = 6, few: int = 2) -> Cross:
        """Search for a table whose smallest cell lies in a band, at most `few` cells below it."""
        low, high = BANDS[band]
        while True:
            row, column = (str(one) for one in self.random.choice(_GROUPS, 2, replace=False))
            own = self.crossed(self.whole(), row, column)
            every = [count for _, _, count in own.cells()]
            key = (row, column, own.where)
            if (
                2 <= len(own.heads) <= heads
                and 2 <= len(own.sides) <= sides
                and low <= min(every) <= high
                and sum(count < LEAST for count in every) <= few
                and key not in self._used
                and not {name for name, _, _ in own.where} & {row, column}
            ):
                self._used.add(key)
                return own

    def tally(self, band: str, least: int = 3, most: int = 8) -> Tally:
        """Search for people by one column whose smallest level lies in a band."""
        low, high = BANDS[band]
        while True:
            column, where = str(self.random.choice(_GROUPS)), self.whole()
            cells = self.text(column)[self.mask(where)]
            counts = tuple((one, int((cells == one).sum())) for one in LEVELS[column])
            counts = tuple(own for own in counts if own[1])
            every = [count for _, count in counts]
            if (
                least <= len(every) <= most
                and low <= min(every) <= high
                and sum(count < LEAST for count in every) <= 1
                and column not in {name for name, _, _ in where}
                and (column, "", where) not in self._used
            ):
                self._used.add((column, "", where))
                return Tally(column, where, counts)

    def baseline(self, band: str, blocks: int = 4) -> Baseline:
        """Search for characteristics by a group whose smallest cell lies in a band."""
        low, high = BANDS[band]
        while True:
            where, arm = self.whole(), str(self.random.choice(_ARMS))
            rows = [str(one) for one in self.random.choice(_GROUPS, blocks, replace=False)]
            if {arm, *rows} & {name for name, _, _ in where} or arm in rows:
                continue
            own = tuple(self.crossed(where, row, arm) for row in rows)
            every = [count for one in own for _, _, count in one.cells()] or [0]
            whole = all(len(one.sides) > 1 < len(one.heads) <= 4 for one in own)
            if whole and low <= min(every) <= high and sum(one < LEAST for one in every) <= 2:
                return self._described(own)

    def _described(self, blocks: tuple[Cross, ...]) -> Baseline:
        first, means, proofs = blocks[0], [], []
        for column, digits in (("age", 1), ("hb", 0), ("egfr", 1)):
            pairs = []
            for head in first.heads:
                where = (*first.where, (first.column, "=", head))
                own = [self.value(column, where, name, digits) for name in ("mean", "sd")]
                proofs += own
                pairs.append((own[0].printed, own[1].printed))
            means.append((column, tuple(pairs)))
        return Baseline(blocks, tuple(means), tuple(proofs))

    def value(
        self, column: str, where: Where, name: str, digits: int, few: bool = False, base: str = ""
    ) -> Value:
        """A statistic as it is printed."""
        values = self.numbers(column, where)
        share = {"min": 0.0, "max": 1.0}.get(name) if name[0] != "q" else int(name[1:]) / 100
        real = {
            "mean": lambda: math.fsum(values) / len(values),
            "sum": lambda: math.fsum(values),
            "sd": lambda: float(np.std(values, ddof=1)),
        }.get(name, lambda: float(np.quantile(values, share or 0.0)))()
        if base:
            real = math.floor(real / float(base) + 0.5) * float(base)
        return Value("people", column, where, name, f"{real:.{digits}f}", few, base)

    def lines(self, table: str, where: Where) -> Lines:
        """A count of rows of a long table."""
        return Lines(table, where, int(self.mask(where, table).sum()))

    def rate(self, where: Where, event: str) -> Rate:
        """Events per 100 person-years."""
        events = int(self.numbers(event, where).sum())
        years = math.fsum(self.numbers(f"{event}_days", where)) / 365.25
        return Rate(where, event, events, f"{years:.1f}", f"{100 * events / years:.2f}")

    def correlated(self, where: Where, x: str, y: str) -> Correlated:
        """Pearson's coefficient with three decimals."""
        own = np.corrcoef(self.numbers(x, where), self.numbers(y, where))[0, 1]
        return Correlated(where, x, y, f"{own:.3f}")

    def survival(self, where: Where, event: str, days: Sequence[int], digits: int = 3) -> Survival:
        """A survival table at these days, with whether few people stand at a step."""
        pairs = sorted(
            (int(day), bool(one))
            for day, one in zip(
                self.numbers(f"{event}_days", where), self.numbers(event, where), strict=True
            )
        )
        ends = (*days[1:], 10**9)
        steps = tuple(step_of(pairs, day, end, digits) for day, end in zip(days, ends, strict=True))
        return Survival(where, f"{event}_days", event, steps, _low(steps))

    def fit(self, kind: str, where: Where, outcome: str, design: Design) -> "Fit":
        """Fit a linear, logistic or Poisson model by Newton's steps."""
        held = self.mask(where)
        parts = [np.ones(int(held.sum())), *(self._part(name, held) for name in design)]
        x, y = np.column_stack(parts), self._floats(outcome, "people")[held]
        beta = np.zeros(x.shape[1])
        beta[0] = {"linear": 0.0, "logistic": 0.0, "poisson": math.log(max(y.mean(), 1e-9))}[kind]
        for _ in range(30):
            mean, spread = _moments(kind, x @ beta)
            inverse = np.linalg.inv(x.T @ (x * spread[:, None]))
            beta = beta + inverse @ (x.T @ (y - mean))
        squares = float(((y - _moments(kind, x @ beta)[0]) ** 2).sum())
        scale = squares / (len(y) - len(beta)) if kind == "linear" else 1.0
        errors = np.sqrt(np.diag(inverse) * scale)
        return Fit(kind, where, outcome, design, tuple(beta), tuple(errors), len(y))

    def _part(self, name: str, held: Any) -> Any:
        column, flag, value = name.partition("=")
        if flag:
            return (self.text(column)[held] == value).astype(float)
        return self._floats(column, "people")[held]

    def rows(
        self, table: str, columns: Sequence[str], size: int, how: Sequence[str] = (),
        where: Where = ALL, head: bool = False,
    ) -> tuple[Grid, Rows]:  # fmt: skip
        """Rows of single people as their analyst changed them, drawn at random or the first."""
        places = np.flatnonzero(self.mask(where, table))
        at = places[:size] if head else np.sort(self.random.choice(places, size, replace=False))
        return self.these(table, columns, [int(one) for one in at], how)

    def these(
        self, table: str, columns: Sequence[str], at: Sequence[int], how: Sequence[str] = ()
    ) -> tuple[Grid, Rows]:
        """These rows, changed in this way."""
        ways = tuple(how) or ("same",) * len(columns)
        cells = tuple(
            tuple(
                changed(str(self.text(c, table)[n]), own)
                for c, own in zip(columns, ways, strict=True)
            )
            for n in at
        )
        named = {"patients": "people", "calls": "events"}.get(table, table)
        claim = Rows(named, _claimed(columns), tuple(at), cells, ways)
        return Grid(tuple(columns), cells), claim


def _claimed(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple({"patient": "participant", "typed": "narrative"}.get(one, one) for one in columns)


def _low(steps: Sequence[Step]) -> bool:
    return any(0 < one < LEAST for step in steps for one in (step.risk, step.events, step.censored))


def _moments(kind: str, eta: Any) -> tuple[Any, Any]:
    if kind == "linear":
        return eta, np.ones_like(eta)
    mean = np.exp(eta) if kind == "poisson" else 1 / (1 + np.exp(-eta))
    return mean, mean if kind == "poisson" else mean * (1 - mean)


@dataclass(frozen=True)
class Fit:
    """A fitted model, constant first."""

    kind: str
    where: Where
    outcome: str
    design: Design
    estimates: tuple[float, ...]
    errors: tuple[float, ...]
    people: int

    @property
    def left(self) -> int:
        """Residual degrees of freedom."""
        return self.people - len(self.estimates)

    @property
    def terms(self) -> list[str]:
        """Names of the terms, constant first."""
        return ["(Intercept)", *self.design]

    def p(self, at: int) -> float:
        """Two-sided, from the normal distribution."""
        return math.erfc(abs(self.estimates[at] / self.errors[at]) / math.sqrt(2))

    def table(self, digits: int = 4) -> Grid:
        """Term, estimate, error, statistic and p."""
        rows = tuple(
            (term, f"{b:.{digits}f}", f"{e:.{digits}f}", f"{b / e:.2f}", spoken(self.p(n)))
            for n, (term, b, e) in enumerate(
                zip(self.terms, self.estimates, self.errors, strict=True)
            )
        )
        return Grid(("term", "estimate", "std.error", "statistic", "p"), rows)

    def claim(self, digits: int = 4) -> Fitted:
        """Estimates and errors as the table prints them."""
        printed = [
            tuple(f"{one:.{digits}f}" for one in own) for own in (self.estimates, self.errors)
        ]
        return Fitted(self.kind, self.where, self.outcome, self.design, *printed)

    def ratio_table(self) -> Grid:
        """Ratio with limits, and p; without the constant."""
        return Grid(
            ("term", "ratio", "low", "high", "p"),
            tuple(
                (term, *(f"{math.exp(b + z * e):.2f}" for z in (0, -1.96, 1.96)), spoken(self.p(n)))
                for n, (term, b, e) in enumerate(
                    zip(self.terms, self.estimates, self.errors, strict=True)
                )
                if n
            ),
        )

    def ratios(self) -> Fitted:
        """The ratios of the table, borne out by estimates of six digits."""
        logs = tuple(f"{one:.6f}" for one in self.estimates)
        ratios = tuple(f"{math.exp(one):.2f}" for one in self.estimates[1:])
        return Fitted(self.kind, self.where, self.outcome, self.design, logs, (), ratios)


def spoken(p: float) -> str:
    """A p-value as papers print it."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"

"""[pure] What analysts count: cross tables found by their smallest cell, numbers, fits, survival.

Counting is done with numpy here; the claims that are given along are counted again elsewhere.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.fifth.proof import Bins, Design, Fitted
from tests.bench.outputs.fifth.screening import REGIONS, Tables
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import (
    LEAST,
    Claim,
    Condition,
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

LEVELS = {
    "sex": ("F", "M"),
    "arm": ("A", "B", "C"),
    "settlement": ("town", "village", "farm"),
    "education": ("1", "2", "3", "4"),
    "smoking": ("never", "former", "current"),
    "isotype": ("IgG", "IgA", "IgM", "light chain", "two"),
    "risk": ("low", "low-intermediate", "high-intermediate", "high"),
    "progression": ("smouldering", "myeloma", "waldenstrom", "amyloidosis", "lymphoma"),
    "region": REGIONS,
}  # fmt: skip
FLAGS = (
    "kin", "farm_work", "diabetes", "hypertension", "neuropathy", "osteoporosis", "stroke",
    "cancer_before", "dead", "progressed",
)  # fmt: skip
_WORDS = {
    "education": {"1": "Primary", "2": "Secondary", "3": "Vocational", "4": "University"},
    "sex": {"F": "Women", "M": "Men"},
    "kin": {"0": "No kin affected", "1": "Kin affected"},
    "arm": {"A": "Arm A", "B": "Arm B", "C": "Arm C"},
    "progression": {"amyloidosis": "AL amyloidosis", "waldenstrom": "Waldenström"},
}
_TITLES = {
    "isotype": "Isotype", "risk": "Risk group", "progression": "Progressed to", "kin": "Family",
    "farm_work": "Farm work", "cancer_before": "Cancer before", "dead": "Died", "sex": "Sex",
    "hb": "Haemoglobin, g/L", "bmi": "BMI", "age": "Age, years", "m_protein": "M protein, g/L",
    "cost_eur": "Cost, EUR",
    "b2m": "Beta-2 microglobulin, mg/L", "creatinine": "Creatinine, umol/L",
    "vitamin_d": "Vitamin D, nmol/L", "igg": "IgG, g/L", "ldh": "LDH, U/L", "crp": "CRP, mg/L",
    "kappa": "Kappa, mg/L", "albumin": "Albumin, g/L", "calcium": "Calcium, mmol/L",
}  # fmt: skip
FOUND: Condition = ("isotype", "!=", "none")
_FILTERS: tuple[Where, ...] = (
    (), (FOUND,), (("age", ">=", "70"),), (("age", "<", "50"),), (("sex", "=", "F"),),
    (("sex", "=", "M"), FOUND), (("age", ">=", "65"), FOUND), (("kin", "=", "1"),),
    (("farm_work", "=", "1"), FOUND), (("smoking", "=", "current"), FOUND),
    (("diabetes", "=", "1"), FOUND), (("hypertension", "=", "1"), FOUND),
    (("risk", "=", "high-intermediate"),), (("risk", "=", "low-intermediate"),),
    (("isotype", "=", "IgM"),), (("isotype", "=", "IgA"),), (("progressed", "=", "1"),),
    (("dead", "=", "1"),), (("settlement", "=", "farm"),), (("education", "=", "4"), FOUND),
    *(((("region", "=", one),)) for one in LEVELS["region"]),
    *((("region", "=", one), FOUND) for one in LEVELS["region"][:6]),
    *((("arm", "=", one), FOUND) for one in "ABC"),
)  # fmt: skip


def word(column: str, level: str) -> str:
    """Name a level as a reader would."""
    if column in FLAGS and column not in _WORDS:
        return "Yes" if level == "1" else "No"
    return _WORDS.get(column, {}).get(level, level.capitalize() if level.islower() else level)


def title(column: str) -> str:
    """Name a column as a reader would."""
    return _TITLES.get(column, column.replace("_", " ").capitalize())


def levels(column: str) -> tuple[str, ...]:
    """The levels of a column in their order."""
    return LEVELS.get(column, ("0", "1"))


def said(where: Where) -> str:
    """Say who is meant."""
    parts = [f"{title(column)} {sign} {value}" for column, sign, value in where]
    told = [
        "M protein found" if own == FOUND else part for own, part in zip(where, parts, strict=True)
    ]
    return "; ".join(told) or "all screened"


_MEANS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda eta: eta,
    "logistic": lambda eta: 1 / (1 + np.exp(-eta)),
    "poisson": np.exp,
}


@dataclass(frozen=True)
class Cross:
    """People by two columns; `n` has a line for each level of the first."""

    where: Where
    by: tuple[str, str]
    n: tuple[tuple[int, ...], ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """Levels of the first column."""
        return levels(self.by[0])

    @property
    def columns(self) -> tuple[str, ...]:
        """Levels of the second."""
        return levels(self.by[1])

    @property
    def heads(self) -> list[str]:
        """Names of the second's levels."""
        return [word(self.by[1], one) for one in self.columns]

    @property
    def sides(self) -> list[str]:
        """Names of the first's levels."""
        return [word(self.by[0], one) for one in self.rows]

    @property
    def least(self) -> int:
        """The smallest cell."""
        return min(min(row) for row in self.n)

    @property
    def total(self) -> int:
        """All people in it."""
        return sum(map(sum, self.n))

    @property
    def down(self) -> list[int]:
        """Totals of the second column's levels."""
        return [sum(one) for one in zip(*self.n, strict=True)]

    @property
    def name(self) -> str:
        """What it shows."""
        return f"{title(self.by[0])} by {title(self.by[1]).lower()}, {said(self.where)}"

    def cells(self) -> Iterator[tuple[str, str, int]]:
        """Each cell with its levels."""
        for side, row in zip(self.rows, self.n, strict=True):
            for head, own in zip(self.columns, row, strict=True):
                yield side, head, own

    def at(self, side: str, head: str) -> Where:
        """The people of one cell."""
        return (*self.where, (self.by[0], "=", side), (self.by[1], "=", head))

    def claims(self) -> tuple[Claim, ...]:
        """All groups are large; or else which of them are small."""
        if self.least >= LEAST:
            return (
                Groups("people", self.by, self.within, {(a, b): n for a, b, n in self.cells()}),
            )
        return tuple(Small("people", self.at(a, b), n) for a, b, n in self.cells() if 0 < n < LEAST)

    @property
    def within(self) -> Where:
        """The people who have one of the levels."""
        held = tuple((one, "in", "|".join(levels(one))) for one in self.by)
        return (*self.where, *held)


class Study:
    """Counts of one drawing, found in an order that its seed shuffles; no table is found twice."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.random = Random(f"study {tables.seed}")
        self.people = tables["screened"]
        self._used: set[tuple[Where, tuple[str, ...]]] = set()
        self._numbers: dict[str, Any] = {}
        self._codes = {one: self._coded(one) for one in (*LEVELS, *FLAGS)}
        self._masks = {where: self.mask(where) for where in _FILTERS}

    def _coded(self, column: str) -> Any:
        places = {own: n for n, own in enumerate(levels(column))}
        return self.people[column].map(lambda cell: places.get(cell, -1)).to_numpy()

    def number(self, column: str, table: str = "screened") -> Any:
        """A column as numbers; what is blank is no number."""
        key = f"{table}.{column}"
        if key not in self._numbers:
            self._numbers[key] = pd.to_numeric(self.tables[table][column]).to_numpy(float)
        return self._numbers[key]

    def mask(self, where: Where, table: str = "screened") -> Any:
        """Which rows meet all conditions."""
        own = self.tables[table]
        held = np.ones(len(own), bool)
        for column, sign, value in where:
            if sign in {">=", "<"}:
                numbers = self.number(column, table)
                held &= numbers >= float(value) if sign == ">=" else numbers < float(value)
            elif sign == "in":
                held &= own[column].isin(value.split("|")).to_numpy()
            else:
                held &= (own[column].to_numpy() == value) == (sign == "=")
        return held

    def count(self, where: Where) -> int:
        """How many people meet all conditions."""
        return int(self.mask(where).sum())

    def values(self, column: str, where: Where) -> Any:
        """The numbers of these people, blanks left out."""
        own = self.number(column)[self.mask(where)]
        return own[~np.isnan(own)]

    def crossed(self, where: Where, row: str, column: str) -> Cross:
        """Count people by two columns."""
        a, b = self._codes[row], self._codes[column]
        held = (
            (self._masks[where] if where in self._masks else self.mask(where)) & (a >= 0) & (b >= 0)
        )
        width = len(levels(column))
        flat = np.bincount(a[held] * width + b[held], minlength=width * len(levels(row)))
        lines = flat.reshape(-1, width).tolist()
        return Cross(where, (row, column), tuple(tuple(one) for one in lines))

    def cross(self, low: int, high: int, few: int = 3, sides: int = 10, heads: int = 5) -> Cross:
        """Find a table whose smallest cell is from low to high; at most so `few` are below ten.

        Errors: LookupError where the drawing has none.
        """
        names = [*LEVELS, *FLAGS]
        tries = [(w, a, b) for w in _FILTERS for a in names for b in names]
        self.random.shuffle(tries)
        for where, row, column in tries:
            used = (where, tuple(sorted((row, column))))
            held = {one for one, _, _ in where}
            if row == column or {row, column} & held or used in self._used:
                continue
            if len(levels(row)) > sides or not 2 <= len(levels(column)) <= heads:
                continue
            if {row, column} in ({"progressed", "progression"}, {"progressed", "risk"}):
                continue
            own = self.crossed(where, row, column)
            small = sum(n < LEAST for _, _, n in own.cells())
            if low <= own.least <= high and (low >= LEAST or small <= few):
                self._used.add(used)
                return own
        raise LookupError(f"no table with a smallest cell of {low} to {high}")

    def fit(self, kind: str, where: Where, outcome: str, design: Design) -> "Fit":
        """Fit a model by repeated weighted least squares."""
        held = self.mask(where)
        y = self.number(outcome)[held]
        x = np.column_stack([np.ones(len(y)), *(self._part(name, held) for name in design)])
        at = np.zeros(x.shape[1])
        if kind != "linear":
            at[0] = (
                math.log(y.mean() / (1 - y.mean())) if kind == "logistic" else math.log(y.mean())
            )
        for _ in range(1 if kind == "linear" else 12):
            eta = x @ at
            mean = _MEANS[kind](eta)
            weight = {"linear": np.ones_like(mean), "logistic": mean * (1 - mean), "poisson": mean}[
                kind
            ]
            told = x.T @ (x * weight[:, None])
            at = at + np.linalg.solve(told, x.T @ (y - mean))
        off = y - x @ at
        scale = float(off @ off) / (len(y) - len(at)) if kind == "linear" else 1.0
        errors = np.sqrt(np.diag(np.linalg.inv(told)) * scale)
        return Fit(
            kind, where, outcome, design, len(y), at.tolist(), errors.tolist(), math.sqrt(scale)
        )

    def _part(self, name: str, held: Any) -> Any:
        column, flag, value = name.partition("=")
        if flag:
            return (self.people[column].to_numpy()[held] == value).astype(float)
        return self.number(column)[held]

    def survival(
        self, where: Where, event: str, days: Sequence[int], digits: int = 3
    ) -> tuple[Step, ...]:
        """A life table at these days."""
        held = self.mask(where)
        pairs = sorted(
            zip(
                self.number("followed_days")[held].astype(int).tolist(),
                (self.people[event].to_numpy()[held] == "1").tolist(),
                strict=True,
            )
        )
        ends = (*days[1:], 10**9)
        return tuple(
            step_of(pairs, day, after, digits) for day, after in zip(days, ends, strict=True)
        )

    def survived(self, where: Where, event: str, days: Sequence[int], few: bool) -> Survival:
        """The claim about a life table."""
        return Survival(where, "followed_days", event, self.survival(where, event, days), few)

    def bins(self, column: str, where: Where, edges: Sequence[float]) -> Bins:
        """Cut a number into bands; the last is open."""
        values = self.values(column, where)
        stated, _ = np.histogram(values, bins=[*edges, np.inf])
        return Bins("people", column, where, tuple(edges), tuple(int(one) for one in stated))

    def value(
        self, column: str, where: Where, name: str, digits: int, few: bool = False, base: str = ""
    ) -> Value:
        """One statistic of these people, printed."""
        values = self.values(column, where)
        how: dict[str, Any] = {
            "min": np.min, "max": np.max, "mean": np.mean, "sum": np.sum,
            "sd": lambda own: np.std(own, ddof=1),
        }  # fmt: skip
        real = float(
            how[name](values) if name in how else np.quantile(values, float(name[1:]) / 100)
        )
        if base:
            real = math.floor(real / float(base) + 0.5) * float(base)
        return Value("people", column, where, name, f"{real:.{digits}f}", few, base)

    def counted(self, where: Where) -> Count:
        """The claim that enough people are meant."""
        return Count("people", where, self.count(where))


@dataclass(frozen=True)
class Fit:
    """A fitted model: estimates with the constant first."""

    kind: str
    where: Where
    outcome: str
    design: Design
    n: int
    estimates: Sequence[float]
    errors: Sequence[float]
    scale: float

    def claim(self, digits: int = 4) -> Fitted:
        """Estimates and errors printed with so many decimals."""
        return Fitted(
            self.kind, self.where, self.outcome, self.design,
            tuple(f"{one:.{digits}f}" for one in self.estimates),
            tuple(f"{one:.{digits}f}" for one in self.errors),
        )  # fmt: skip

    def ratios(self, digits: int = 2) -> Fitted:
        """Only exponents printed, without the constant."""
        logs = tuple(f"{one:.7f}" for one in self.estimates)
        shown = tuple(f"{math.exp(one):.{digits}f}" for one in self.estimates[1:])
        return Fitted(self.kind, self.where, self.outcome, self.design, logs, (), shown)

    @property
    def terms(self) -> list[str]:
        """Names of the terms, the constant's first."""
        return ["(Intercept)", *(_term(name) for name in self.design)]

    def p(self, at: int) -> float:
        """Probability of an estimate as far away, if it were none; normal."""
        return math.erfc(abs(self.estimates[at] / self.errors[at]) / math.sqrt(2))

    def limits(self, at: int) -> tuple[float, float]:
        """Limits of 95 %."""
        half = 1.96 * self.errors[at]
        return self.estimates[at] - half, self.estimates[at] + half


def _term(name: str) -> str:
    column, flag, value = name.partition("=")
    return f"{title(column)}: {word(column, value)}" if flag else title(column)


class Picks:
    """Rows of the source, picked by chance, with the claim that they are those."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.random = Random(f"picks {tables.seed}")

    def places(self, table: str, size: int, where: Any = None) -> list[int]:
        """Numbers of rows, in no order; `where` is a mask."""
        every = range(len(self.tables[table])) if where is None else np.flatnonzero(where).tolist()
        return self.random.sample(every, size)

    def rows(
        self,
        table: str,
        columns: Sequence[str],
        size: int,
        where: Any = None,
        how: Sequence[str] = (),
    ) -> tuple[Grid, Rows]:
        """Rows as a grid under the source's names, and the claim; `how` as in the claims."""
        return self.at(table, columns, self.places(table, size, where), how)

    def at(
        self, table: str, columns: Sequence[str], places: Sequence[int], how: Sequence[str] = ()
    ) -> tuple[Grid, Rows]:
        """The same for these rows."""
        own = self.tables[table][list(columns)].iloc[list(places)]
        ways = tuple(how) or ("same",) * len(columns)
        cells = tuple(
            tuple(changed(cell, way) for cell, way in zip(row, ways, strict=True))
            for row in own.itertuples(index=False)
        )
        name = {"screened": "people", "contacts": "events"}.get(table, table)
        inside = tuple({"screenee": "participant", "note": "narrative"}.get(c, c) for c in columns)
        return Grid(tuple(columns), cells), Rows(name, inside, tuple(places), cells, tuple(how))

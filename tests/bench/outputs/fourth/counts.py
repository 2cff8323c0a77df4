"""[pure] Counts of children as analysts make them, found by how small their smallest cell is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.fourth.registry import CENTRES, Drawn, listed
from tests.bench.outputs.third.facts import ALL, Condition, Groups, Step, Where

_PAIRS = [
    (a, b) for a, b in listed("""risk sex, risk arm, cns steroid, cns sex, arm sex, arm dead,
    risk relapse, mediastinum sex, risk dead, subtype sex, dx_year sex, protocol risk, cns arm,
    protocol steroid""")
]  # fmt: skip
_WORDS = {
    "cns": {"1": "CNS1", "2": "CNS2", "3": "CNS3"},
    "dead": {"0": "alive", "1": "died"},
    "relapse": {"0": "no relapse", "1": "relapse"},
    "mediastinum": {"0": "no mass", "1": "mediastinal mass"},
    "sex": {"F": "girls", "M": "boys"},
    "steroid": {"dexamethasone": "Dexa", "prednisone": "Pred"},
    "arm": {"A": "arm A", "B": "arm B", "C": "arm C"},
}


def worded(variable: str, code: str) -> str:
    """Give the word that a reader gets for a code."""
    return _WORDS.get(variable, {}).get(code, code)


def told(where: Where) -> str:
    """Say in words which children are meant."""
    return ", ".join(f"{name} {sign} {value}" for name, sign, value in where) or "all children"


@dataclass(frozen=True)
class Counted:
    """A cross table of children with the population it is about."""

    where: Where
    by: tuple[str, str]
    frame: Any

    @property
    def smallest(self) -> int:
        """The smallest cell."""
        return int(self.frame.to_numpy().min())

    def claim(self, base: int = 1) -> Groups:
        """What the registry must bear out."""
        own: dict[tuple[str, ...], int] = {(str(r), str(c)): _near(n, base) for (r, c), n in
                                           self.frame.stack().items()}  # fmt: skip
        return Groups("children", self.by, self.where, own, base)

    def cell(self, row: int, column: int) -> tuple[Where, int]:
        """Name one cell by its conditions, with its count."""
        r, c = self.frame.index[row], self.frame.columns[column]
        where = (*self.where, (self.by[0], "=", str(r)), (self.by[1], "=", str(c)))
        return where, int(self.frame.loc[r, c])

    def wide(
        self,
        base: int = 1,
        hidden: Mapping[tuple[int, int], str] | None = None,
        totals: bool = True,
    ) -> Any:
        """Lay it out with totals; totals are those of rounded cells where cells are rounded."""
        counts = self.frame.map(lambda one: _near(one, base))
        own = counts.astype(object)
        for (r, c), mark in (hidden or {}).items():
            own.iloc[r, c] = mark
        if totals:
            own["Total"] = counts.sum(axis=1)
            own.loc["Total"] = [*counts.sum(axis=0), int(counts.to_numpy().sum())]
        named = own.rename(columns=lambda one: worded(self.by[1], str(one)))
        named.insert(0, self.by[0], [worded(self.by[0], str(one)) for one in own.index])
        return named.reset_index(drop=True).astype(str)

    def long(self) -> Any:
        """Lay it out with a line for each cell."""
        return pd.DataFrame(
            [(worded(self.by[0], str(r)), worded(self.by[1], str(c)), int(n))
             for (r, c), n in self.frame.stack().items()], columns=[*self.by, "n"]
        )  # fmt: skip

    def shares(self) -> Any:
        """Lay it out as the first table of a paper: counts with the share of the column."""
        own = self.frame.map(str)
        for c in self.frame.columns:
            whole = self.frame[c].sum()
            own[c] = [f"{one} ({100 * one / whole:.1f}%)" for one in self.frame[c]]
        named = own.rename(
            columns=lambda one: f"{worded(self.by[1], str(one))} (N={self.frame[one].sum()})"
        )
        named.insert(0, self.by[0], [worded(self.by[0], str(one)) for one in own.index])
        return named.reset_index(drop=True)


def _near(count: int, base: int) -> int:
    return int(math.floor(count / base + 0.5) * base)


class Counts:
    """Finds tables; none is given twice."""

    def __init__(self, drawn: Drawn, seed: int) -> None:
        self.text, self.numbers = drawn.tables["children"], drawn.numbers["children"]
        self.drawn, self.rng = drawn, np.random.default_rng(seed)
        pool = [(where, by) for where in _populations() for by in _PAIRS
                if not {by[0], by[1]} & {name for name, _, _ in where}]  # fmt: skip
        self._pool = [pool[at] for at in self.rng.permutation(len(pool))]
        self._known: dict[tuple[Where, tuple[str, str]], Counted] = {}
        self._given: set[tuple[Where, tuple[str, str]]] = set()
        self._named: set[Where] = set()
        self._coded: dict[str, tuple[list[str], Any]] = {}

    def mask(self, where: Where) -> Any:
        """Which children meet the conditions."""
        own = pd.Series(True, index=self.text.index)
        for name, sign, value in where:
            if sign in {">=", "<"}:
                column = self.numbers[name]
                own &= column >= float(value) if sign == ">=" else column < float(value)
            else:
                own &= (self.text[name] == value) == (sign == "=")
        return own

    def size(self, where: Where) -> int:
        """Count the children that meet the conditions."""
        return int(self.mask(where).sum())

    def table(self, low: int, high: int, alone: bool = False, square: bool = False) -> Counted:
        """Find an unused table whose smallest cell is so large; `alone`: one cell is below ten."""
        for key in self._pool:
            own = self._counted(*key)
            cells = own.frame.to_numpy()
            if key in self._given or not low <= own.smallest <= high or cells.shape[0] < 2:
                continue
            if cells.shape[1] < 2 or (alone and int((cells < 10).sum()) != 1):
                continue
            if square and cells.shape[0] < 3:
                continue
            self._given.add(key)
            return own
        raise ValueError(f"no table has a smallest cell from {low} to {high}")

    def crossed(self, where: Where, by: tuple[str, str]) -> Counted:
        """Count one table."""
        (rows, own), (columns, beside) = (self._codes(name) for name in by)
        mask = self.mask(where).to_numpy()
        flat = np.bincount((own * len(columns) + beside)[mask], minlength=len(rows) * len(columns))
        frame = pd.DataFrame(flat.reshape(len(rows), -1), index=rows, columns=columns)
        return Counted(where, by, frame.loc[frame.any(axis=1), frame.any(axis=0)])

    def _codes(self, name: str) -> tuple[list[str], Any]:
        if name not in self._coded:
            codes, names = pd.factorize(self.text[name], sort=True)
            self._coded[name] = [str(one) for one in names], codes
        return self._coded[name]

    def _counted(self, where: Where, by: tuple[str, str]) -> Counted:
        if (where, by) not in self._known:
            self._known[where, by] = self.crossed(where, by)
        return self._known[where, by]

    def groups(self, names: Sequence[str], low: int, high: int) -> Iterator[Where]:
        """List groups of so many children, by the values of some columns; none twice."""
        sizes = self.text.groupby(list(names)).size()
        fitting = sizes[(sizes >= low) & (sizes <= high)]
        for at in self.rng.permutation(len(fitting)):
            key = fitting.index[int(at)]
            where = tuple((name, "=", str(one)) for name, one in zip(names, key, strict=True))
            if where not in self._named:
                self._named.add(where)
                yield where

    def curve(self, where: Where, days: Sequence[int]) -> tuple[Step, ...]:
        """Estimate survival at these days, with numpy alone."""
        own = self.numbers[self.mask(where)]
        times, died = own["followup_day"].to_numpy(), own["dead"].to_numpy() == 1
        steps = []
        for day, after in zip(days, (*days[1:], 10**9), strict=True):
            within = (times >= day) & (times < after)
            alive = 1.0
            for one in np.unique(times[died & (times < day)]):
                alive *= 1 - (died & (times == one)).sum() / (times >= one).sum()
            events = int((within & died).sum())
            steps.append(Step(day, int((times >= day).sum()), events, int(within.sum()) - events,
                              f"{alive:.3f}"))  # fmt: skip
        return tuple(steps)


def _populations() -> list[Where]:
    countries = [
        "DK",
        "DE",
        "CZ",
        "HU",
        "PL",
        "CH",
        "AT",
        "FI",
        "LT",
        "FR",
        "SE",
        "SI",
        "IT",
        "PT",
        "LV",
        "EE",
        "NL",
        "HR",
    ]
    spans = [(a, b) for a in range(2004, 2022) for b in (a + 2, a + 4, a + 7) if b <= 2024]
    own: list[Where] = [(("country", "=", one),) for one in countries]
    own += [(("centre", "=", one),) for one in CENTRES]
    own += [(("dx_year", ">=", str(a)), ("dx_year", "<", str(b))) for a, b in spans]
    periods = ("L-04", "L-11", "L-17")
    own += [(("country", "=", one), ("protocol", "=", p)) for one in countries for p in periods]
    own += [(("subtype", "=", one),) for one in ("T", "AML", "pro-B", "APL", "MPAL", "JMML")]
    return [*own, ALL]


def regression(counts: Counts, where: Where, y: str, xs: Sequence[str]) -> tuple[Any, int]:
    """Fit by least squares: estimate, error, t and p of each term, and the children behind it."""
    own = counts.numbers[counts.mask(where)]
    design = np.column_stack([np.ones(len(own)), *(own[x].to_numpy(float) for x in xs)])
    inner = np.linalg.inv(design.T @ design)
    beta = inner @ design.T @ own[y].to_numpy(float)
    rest = own[y].to_numpy(float) - design @ beta
    error = np.sqrt(np.diag(inner) * (rest @ rest) / (len(own) - design.shape[1]))
    return _estimates(("(Intercept)", *xs), beta, error), len(own)


def logistic(counts: Counts, where: Where, y: str, xs: Sequence[str]) -> tuple[Any, int]:
    """Fit log odds by Newton's steps; as `regression`."""
    own = counts.numbers[counts.mask(where)]
    design = np.column_stack([np.ones(len(own)), *(_standard(own[x].to_numpy(float)) for x in xs)])
    beta = np.zeros(design.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-design @ beta))
        inner = np.linalg.inv(design.T @ (design * (p * (1 - p))[:, None]))
        beta = beta + inner @ design.T @ (own[y].to_numpy(float) - p)
    return _estimates(("(Intercept)", *xs), beta, np.sqrt(np.diag(inner))), len(own)


def _standard(values: Any) -> Any:
    return (values - values.mean()) / values.std()


def _estimates(names: Sequence[str], beta: Any, error: Any) -> Any:
    t = beta / error
    p = [math.erfc(abs(one) / math.sqrt(2)) for one in t]
    return pd.DataFrame({"term": names, "estimate": beta, "std_error": error, "t": t, "p": p,
                         "low": beta - 1.96 * error, "high": beta + 1.96 * error})  # fmt: skip


def short(frame: Any, digits: int = 4) -> Any:
    """Give estimates so many significant digits, as text."""
    return frame.map(lambda one: f"{one:.{digits}g}" if isinstance(one, float) else str(one))


def only(name: str, value: object) -> Condition:
    """A condition that a column has a value."""
    return name, "=", str(value)

"""What an analyst computes from the registry: tables, curves and models, each with its claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.blind.facts import Claim, Condition, Counts, Freedom, Held, Steps, Sums
from tests.bench.outputs.blind.registry import PERSON, Frame, Registry

BANDS = ("18-39", "40-59", "60-74", "75+")
COMMON = ("MDS-LB", "MDS-IB1", "MDS-IB2", "AML", "CMML", "Myeloma", "CLL")
_COMPARE = {
    "=": lambda own, wanted: own.astype(str) == wanted,
    "!=": lambda own, wanted: own.astype(str) != wanted,
    "in": lambda own, wanted: own.astype(str).isin(wanted.split("|")),
    "<": lambda own, wanted: own.astype(float) < float(wanted),
    ">=": lambda own, wanted: own.astype(float) >= float(wanted),
}


@dataclass(frozen=True)
class Shown:
    """A result as the analyst has it, with what must be true of it."""

    title: str
    frame: Frame
    claims: tuple[Claim, ...] = ()


def enriched(registry: Registry) -> dict[str, Frame]:
    """Add what analysts derive, and beside every row what is known of its person."""
    people = registry.people.copy()
    people["year"] = people["diagnosed"].str[:4].astype(int)
    people["age"] = people["year"] - people["birth_year"]
    people["age_band"] = pd.cut(
        people["age"], [0, 40, 60, 75, 200], right=False, labels=list(BANDS)
    ).astype(str)
    people["period"] = pd.cut(
        people["year"], [2007, 2012, 2018, 2024], labels=["2008-2012", "2013-2018", "2019-2024"]
    ).astype(str)
    people["outcome"] = np.where(people["dead"] == 1, "dead", "alive")
    out = {"people": people}
    for name in ("transfusions", "karyotypes", "visits"):
        out[name] = registry.tables()[name].merge(people, on=PERSON)
    return out


class Analyst:
    """Somebody with the registry and pandas."""

    def __init__(self, registry: Registry) -> None:
        """Derive the usual columns."""
        self.registry = registry
        self.frames = enriched(registry)

    def some(self, table: str, where: Sequence[Condition] = ()) -> Frame:
        """Select rows."""
        frame = self.frames[table]
        for column, sign, wanted in where:
            frame = frame[_COMPARE[sign](frame[column], wanted)]
        return frame

    def counted(
        self, table: str, by: tuple[str, ...], where: tuple[Condition, ...] = (),
        *, unit: str = "people", base: int = 1,
    ) -> tuple[Any, Counts]:  # fmt: skip
        """Count people, or rows, by group."""
        grouped = self.some(table, where).groupby(list(by))[PERSON]
        series = grouped.size() if unit == "rows" else grouped.nunique()
        if base > 1:
            series = (series / base).round().astype(int) * base
        keys = [key if isinstance(key, tuple) else (key,) for key in series.index]
        cells = {tuple(map(str, key)): int(count) for key, count in zip(keys, series, strict=True)}
        return series, Counts(table, by, cells, where, base, unit)

    def cross(
        self, table: str, row: str, column: str, where: tuple[Condition, ...] = (),
        *, base: int = 1, total: bool = False, unit: str = "people",
    ) -> Shown:  # fmt: skip
        """Cross two columns; totals are sums of what is printed."""
        series, claim = self.counted(table, (row, column), where, base=base, unit=unit)
        frame = series.unstack(fill_value=0)
        missing = {(str(r), str(c)): 0 for r in frame.index for c in frame.columns} | dict(
            claim.cells
        )
        claim = Counts(table, (row, column), missing, where, base, unit)
        frame.columns = [str(name) for name in frame.columns]
        frame = frame.reset_index()
        if total:
            frame["Total"] = frame.iloc[:, 1:].sum(axis=1)
            frame.loc[len(frame)] = ["Total", *frame.iloc[:, 1:].sum()]
        rounded = f", rounded to {base}" if base > 1 else ""
        return Shown(f"Patients by {row} and {column}{rounded}", frame, (claim,))

    def rates(
        self, table: str, by: str, event: Condition, where: tuple[Condition, ...] = (),
        name: str = "deaths",
    ) -> Shown:  # fmt: skip
        """Count people and those with an event by group, and the percentage."""
        whole, first = self.counted(table, (by,), where)
        parts, second = self.counted(table, (by, event[0]), where)
        own = parts.xs(int(event[2]) if event[2].isdigit() else event[2], level=1)
        own = own.reindex(whole.index, fill_value=0)
        frame = pd.DataFrame({by: whole.index, "n": whole.to_numpy(), name: own.to_numpy()})
        frame["percent"] = (100 * frame[name] / frame["n"]).round(1)
        return Shown(f"{name.capitalize()} by {by}", frame, (first, second))

    def means(
        self, table: str, value: str, by: str, where: tuple[Condition, ...] = (), digits: int = 1
    ) -> Shown:
        """Give people, mean and standard deviation by group."""
        people, claim = self.counted(table, (by,), where)
        grouped = self.some(table, where).groupby(by)[value]
        frame = pd.DataFrame({
            by: people.index, "n": people.to_numpy(),
            f"mean {value}": grouped.mean().round(digits).to_numpy(),
            "SD": grouped.std().round(digits).to_numpy(),
        })  # fmt: skip
        return Shown(f"{value} by {by}", frame, (claim, Sums(table, value, (by,), where)))

    def quantiles(
        self, value: str, by: str, where: tuple[Condition, ...] = (), *, base: float = 0
    ) -> Shown:
        """Give quartiles by group, exact or to the nearest `base`."""
        people, claim = self.counted("people", (by,), where)
        frame = self.some("people", where)
        cuts = frame.groupby(by)[value].quantile([0.25, 0.5, 0.75], interpolation="lower")
        wide = cuts.unstack()
        if base:
            wide = (wide / base).round() * base
        out = pd.DataFrame({by: people.index, "n": people.to_numpy()})
        out["median"], out["Q1"], out["Q3"] = (wide[cut].to_numpy() for cut in (0.5, 0.25, 0.75))
        held = tuple(
            Held("people", value, tuple(f"{cut:g}" for cut in wide.loc[group]),
                 (*where, (by, "=", str(group))))
            for group in people.index
        )  # fmt: skip
        return Shown(f"{value}, quartiles by {by}", out, (claim, *(() if base else held)))

    def survival(self, times: Sequence[float], where: tuple[Condition, ...] = ()) -> Shown:
        """Give the survival table at chosen times."""
        people = self.some("people", where)
        time, dead = people["followup_months"].to_numpy(), people["dead"].to_numpy() == 1
        ends = [*times[1:], np.inf]
        lines = []
        for start, end in zip(times, ends, strict=True):
            inside = (time >= start) & (time < end)
            lines.append((int((time >= start).sum()), int((inside & dead).sum()),
                          int((inside & ~dead).sum())))  # fmt: skip
        frame = pd.DataFrame(lines, columns=["at risk", "deaths", "censored"])
        frame.insert(0, "month", list(times))
        left = [1.0]
        for risk, deaths, censored in lines[:-1]:
            left.append(left[-1] * (1 - deaths / (risk - censored / 2)))
        frame["survival"] = np.round(left, 2)
        return Shown("Overall survival", frame, (Steps(tuple(times), tuple(lines), where),))

    def kaplan_meier(self, where: tuple[Condition, ...]) -> Frame:
        """Give a step for every death, as the libraries print it."""
        people = self.some("people", where)
        rows, left = [], 1.0
        for moment in sorted(people.loc[people["dead"] == 1, "followup_months"].unique()):
            risk = int((people["followup_months"] >= moment).sum())
            deaths = int(((people["followup_months"] == moment) & (people["dead"] == 1)).sum())
            left *= 1 - deaths / risk
            rows.append((moment, risk, deaths, round(left, 4)))
        return pd.DataFrame(rows, columns=["time", "n.risk", "n.event", "survival"])

    def table_one(self, split: str, where: tuple[Condition, ...] = ()) -> Shown:
        """Give the first table of a paper: characteristics by one column, n (%)."""
        whole, claim = self.counted("people", (split,), where)
        claims: list[Claim] = [claim]
        rows: list[list[str]] = [["N", "", *(f"{n}" for n in whole)]]
        for column in ("sex", "age_band", "risk"):
            if column == split:
                continue
            series, own = self.counted("people", (split, column), where)
            claims.append(own)
            wide = series.unstack(level=0, fill_value=0)
            rows += [
                [column.replace("_", " "), str(level),
                 *(f"{n} ({100 * n / total:.1f}%)"
                   for n, total in zip(wide.loc[level], whole, strict=True))]
                for level in wide.index
            ]  # fmt: skip
        header = ["Characteristic", "Level", *(f"{split} {name}" for name in whole.index)]
        return Shown(f"Table 1. Baseline by {split}", pd.DataFrame(rows, columns=header),
                     tuple(claims))  # fmt: skip

    def linear(
        self, outcome: str, terms: Mapping[str, Any], where: tuple[Condition, ...] = ()
    ) -> "Fit":
        """Fit least squares."""
        frame = self.some("people", where)
        matrix = _design(frame, terms)
        own = frame[outcome].to_numpy(float)
        inverse = np.linalg.pinv(matrix.T @ matrix)
        beta = inverse @ matrix.T @ own
        rest = own - matrix @ beta
        freedom = len(own) - matrix.shape[1]
        error = np.sqrt(np.diag(inverse) * (rest @ rest) / max(freedom, 1))
        explained = 1 - (rest @ rest) / ((own - own.mean()) @ (own - own.mean()))
        return Fit(
            "OLS", outcome, ("Intercept", *terms), beta, error, len(own), float(explained),
            (Freedom("people", matrix.shape[1], where),),
        )  # fmt: skip

    def logistic(self, terms: Mapping[str, Any], where: tuple[Condition, ...] = ()) -> "Fit":
        """Fit a logistic regression of death by Newton's method."""
        frame = self.some("people", where)
        matrix, own = _design(frame, terms), frame["dead"].to_numpy(float)
        beta = np.zeros(matrix.shape[1])
        for _ in range(25):
            chance = 1 / (1 + np.exp(-matrix @ beta))
            inverse = np.linalg.pinv((matrix.T * (chance * (1 - chance))) @ matrix)
            beta = beta + inverse @ matrix.T @ (own - chance)
        return Fit(
            "Logit", "dead", ("Intercept", *terms), beta, np.sqrt(np.diag(inverse)), len(own),
            0.07, (Freedom("people", matrix.shape[1], where),),
        )  # fmt: skip


def _design(frame: Frame, terms: Mapping[str, Any]) -> Any:
    columns = [np.ones(len(frame))]
    for column, level in terms.values():
        own = frame[column]
        columns.append((own == level).to_numpy(float) if level is not None else own.to_numpy(float))
    return np.column_stack(columns)


TERMS: Mapping[str, tuple[str, str | None]] = {
    "age": ("age", None), "sex[T.M]": ("sex", "M"), "ecog": ("ecog", None),
    "risk[T.high]": ("risk", "high"), "risk[T.very high]": ("risk", "very high"),
}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """A fitted model as libraries report it."""

    kind: str
    outcome: str
    names: tuple[str, ...]
    beta: Any
    error: Any
    people: int
    explained: float
    claims: tuple[Claim, ...]

    def frame(self, *, ratio: str = "") -> Frame:
        """Give the table of coefficients, or of odds ratios, with four digits at most."""
        low, high = self.beta - 1.96 * self.error, self.beta + 1.96 * self.error
        shape = np.exp if ratio else np.asarray
        return pd.DataFrame({
            "term": self.names,
            ratio or "estimate": [four(value) for value in shape(self.beta)],
            "lower 95% CI": [four(value) for value in shape(low)],
            "upper 95% CI": [four(value) for value in shape(high)],
            "p-value": [_p(value) for value in np.abs(self.beta / self.error)],
        })  # fmt: skip

    def python(self) -> str:
        """Print it as statsmodels prints its summary."""
        title = {"OLS": "OLS Regression Results", "Logit": "Logit Regression Results"}[self.kind]
        left = {
            "Dep. Variable:": self.outcome, "Model:": self.kind,
            "No. Observations:": self.people, "Df Residuals:": self.people - len(self.names),
            "Df Model:": len(self.names) - 1, "Covariance Type:": "nonrobust",
        }  # fmt: skip
        lines = [title.center(78), "=" * 78]
        lines += [f"{name:<18}{value!s:>20}" for name, value in left.items()]
        lines += [f"{'R-squared:':<18}{self.explained:>20.3f}", "=" * 78]
        lines.append(" " * 22 + "coef    std err          z      P>|z|      [0.025      0.975]")
        lines.append("-" * 78)
        for name, beta, error in zip(self.names, self.beta, self.error, strict=True):
            low, high = beta - 1.96 * error, beta + 1.96 * error
            lines.append(f"{name:<18}{beta:>8.4f}{error:>11.3f}{beta / error:>11.3f}"
                         f"{0.0:>11.3f}{low:>12.3f}{high:>12.3f}")  # fmt: skip
        return "\n".join([*lines, "=" * 78, ""])

    def r(self) -> str:
        """Print it as R prints the summary of a model."""
        call = "lm" if self.kind == "OLS" else "glm"
        lines = ["", "Call:", f"{call}(formula = {self.outcome} ~ {' + '.join(self.names[1:])})",
                 "", "Coefficients:",
                 f"{'':<20}Estimate Std. Error t value Pr(>|t|)"]  # fmt: skip
        for name, beta, error in zip(self.names, self.beta, self.error, strict=True):
            lines.append(f"{name:<20}{four(beta):>8}{four(error):>11}{beta / error:>8.2f}"
                         f"{_p(abs(beta / error)):>9}")  # fmt: skip
        freedom = self.people - len(self.names)
        lines += ["---", "Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1", "",
                  f"Residual standard error: 1.02 on {freedom} degrees of freedom"]  # fmt: skip
        return "\n".join([*lines, ""])


def four(value: float) -> float:
    """Keep four significant digits."""
    return float(f"{value:.4g}")


def _p(z: float) -> str:
    return "<0.001" if z > 3.29 else f"{np.exp(-0.717 * z - 0.416 * z * z):.3f}"

"""The analyst: makes tables of the alliance with pandas, and says what stands behind each number.

A safe table is looked for until its groups are large; a leaky one until some group is small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third import facts
from tests.bench.outputs.third.alliance import Tables
from tests.bench.outputs.third.facts import ALL, Claim, Groups, Where

Made = tuple[Grid, tuple[Claim, ...]]
NUMERIC = (
    "age",
    "height_cm",
    "weight_kg",
    "ecog",
    "bulk_cm",
    "ldh_uln",
    "ki67",
    "haemoglobin_g_l",
    "b2m_mg_l",
    "albumin_g_l",
    "tmtv_ml",
    "cycles",
    "rdi",
    "pfs_days",
    "pfs_event",
    "os_days",
    "os_event",
)
LYMPHOMAS = ("DLBCL", "FL", "HL", "MCL", "MZL", "PTCL|PMBL|BL")
EARLY = ("I|II", "III|IV")
_SHORT = {"PTCL|PMBL|BL": "other"}


def named(label: str) -> str:
    """Spell a joined category as papers do."""
    return _SHORT.get(label, label.replace("|", "-"))


@dataclass(frozen=True)
class Cross:
    """Counts by two columns, with the labels of both and where they were counted."""

    table: str
    by: tuple[str, str]
    where: Where
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    def low(self) -> int:
        """The smallest count or rest of a margin."""
        table = [[self.counts[r, c] for c in self.columns] for r in self.rows]
        lines = [*table, *([line[at] for line in table] for at in range(len(self.columns)))]
        return min(min(*line, *(sum(line) - one for one in line)) for line in lines)

    def claim(self, base: int = 1) -> Groups:
        """All groups, large."""
        return Groups(
            self.table,
            self.by,
            self.where,
            {own: facts.rounded(n, base) for own, n in self.counts.items()},
            base,
        )

    def small(self) -> list[facts.Small]:
        """Claim each small group."""
        return [
            facts.Small(self.table, self.at(own), n)
            for own, n in self.counts.items()
            if 0 < n < facts.LEAST
        ]

    def at(self, own: tuple[str, str]) -> Where:
        """The conditions of one group."""
        parts = tuple((name, "in", label) for name, label in zip(self.by, own, strict=True))
        return (*self.where, *parts)

    def grid(self, total: bool = True, base: int = 1) -> Grid:
        """Lay it out as a cross table."""
        heads = (self.by[0], *map(named, self.columns), *(("Total",) if total else ()))
        lines = []
        for r in self.rows:
            own = [facts.rounded(self.counts[r, c], base) for c in self.columns]
            lines.append((named(r), *map(str, own), *((str(sum(own)),) if total else ())))
        if total:
            sums = [sum(int(line[at]) for line in lines) for at in range(1, len(heads))]
            lines.append(("Total", *map(str, sums)))
        return Grid(heads, tuple(lines))

    def long(self, unit: str = "n") -> Grid:
        """Lay it out one count a line."""
        lines = tuple(
            (named(r), named(c), str(self.counts[r, c])) for r in self.rows for c in self.columns
        )
        return Grid((*self.by, unit), lines)


class Analyst:
    """Holds the source as data frames."""

    def __init__(self, drawn: Tables, seed: int) -> None:
        self.drawn = drawn
        self._met: dict[tuple[str, Where], Any] = {}
        self.draw = Random(f"analyst {seed}")
        self.people = pd.DataFrame(drawn["people"])
        for name in NUMERIC:
            self.people[name] = pd.to_numeric(self.people[name])
        self.events = pd.DataFrame(drawn["events"])
        self.labs = pd.DataFrame(drawn["labs"])
        self.labs["value"] = pd.to_numeric(self.labs["value"])
        self.germline = pd.DataFrame(drawn["germline"])

    def meet(self, where: Where, table: str = "people") -> Any:
        """Keep the rows that meet all conditions."""
        if not where:
            return getattr(self, table)
        if (table, where) not in self._met:
            frame = self.meet(where[:-1], table)
            self._met[table, where] = frame[self._mask(frame, where[-1])]
        return self._met[table, where]

    def _mask(self, frame: Any, condition: facts.Condition) -> Any:
        column, sign, value = condition
        own = frame[column]
        if sign in {">=", "<"}:
            numbers = pd.to_numeric(own)
            return numbers >= float(value) if sign == ">=" else numbers < float(value)
        if sign == "starts":
            return own.str.startswith(value)
        if own.dtype.kind == "i":
            inside = own.isin([int(one) for one in value.split("|")])
        else:
            inside = own.isin(value.split("|"))
        return ~inside if sign == "!=" else inside

    def cross(
        self,
        by: tuple[str, str],
        where: Where = ALL,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        table: str = "people",
    ) -> Cross:
        """Count distinct people by two columns; categories joined by `|`."""
        frame = self.meet(where, table).drop_duplicates(["participant", *by])
        rows = rows or sorted(frame[by[0]].astype(str).unique())
        columns = columns or sorted(frame[by[1]].astype(str).unique())
        one, two = (frame[name].astype(str) for name in by)
        counts = {
            (r, c): int((one.isin(r.split("|")) & two.isin(c.split("|"))).sum())
            for r in rows
            for c in columns
        }
        return Cross(table, by, where, tuple(rows), tuple(columns), counts)

    def wheres(self, columns: Sequence[str]) -> list[Where]:
        """List conditions on one or two columns, in a drawn order."""
        found: list[Where] = []
        for at, name in enumerate(columns):
            own = sorted(self.people[name].astype(str).unique())
            found += [((name, "=", value),) for value in own]
            for other in columns[at + 1 :]:
                rest = sorted(self.people[other].astype(str).unique())
                found += [((name, "=", a), (other, "=", b)) for a in own for b in rest]
        self.draw.shuffle(found)
        return found

    def crossed(
        self,
        by: tuple[str, str],
        low: tuple[int, int],
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        within: Sequence[str] = ("country", "trial"),
    ) -> Cross:
        """Look for a cross table whose smallest count or rest lies in a range."""
        for where in self.wheres([name for name in within if name not in by]):
            own = self.cross(by, where, rows, columns)
            if (
                own.rows
                and own.columns
                and low[0] <= own.low() <= low[1]
                and min(own.counts.values()) == own.low()
            ):
                return own
        raise ValueError(f"no table by {by} has its smallest count in {low}")

    def number(
        self, column: str, where: Where, name: str, digits: int, few: bool = False, base: str = ""
    ) -> tuple[str, facts.Value]:
        """Compute one statistic as printed, with its claim."""
        own = self.meet(where)[column]
        value = {
            "min": own.min,
            "max": own.max,
            "mean": own.mean,
            "sd": own.std,
            "sum": own.sum,
        }.get(name, lambda: own.quantile(float(name[1:]) / 100))()
        if base:
            value = np.floor(value / float(base) + 0.5) * float(base)
        text = f"{value:.{digits}f}"
        return text, facts.Value("people", column, where, name, text, few, base)

    # The safe tables that are written in every format.

    def stages(self, where: Where = ALL) -> Made:
        own = self.cross(("stage", "arm"), where)
        return own.grid(), (own.claim(),)

    def responses(self, where: Where = ALL) -> Made:
        own = self.cross(("trial", "response"), where)
        return own.long("patients"), (own.claim(),)

    def subtypes(self, where: Where = ALL) -> Made:
        own = self.cross(("subtype", "sex"), where, LYMPHOMAS)
        return own.grid(), (own.claim(),)

    def years(self, where: Where = ALL) -> Made:
        """People enrolled by year."""
        frame = self.meet(where)
        counts = frame["enrolled"].str[:4].value_counts().sort_index()
        lines = tuple((str(year), str(n)) for year, n in counts.items())
        claims = tuple(
            facts.Count("people", (*where, ("enrolled", "starts", year)), int(n))
            for year, n in lines
        )
        return Grid(("year", "enrolled"), lines), claims

    def means(self, where: Where = ALL) -> Made:
        """Mean and spread of measures by stage."""
        lines: list[tuple[str, ...]] = []
        claims: list[Claim] = []
        for stage in ("I", "II", "III", "IV"):
            own = (*where, ("stage", "=", stage))
            n = len(self.meet(own))
            claims.append(facts.Count("people", own, n))
            cells = [stage, str(n)]
            for column, digits in (("age", 1), ("haemoglobin_g_l", 1), ("albumin_g_l", 1)):
                for name in ("mean", "sd"):
                    text, claim = self.number(column, own, name, digits)
                    cells.append(text)
                    claims.append(claim)
            lines.append(tuple(cells))
        heads = (
            "stage",
            "n",
            "mean age",
            "sd age",
            "mean haemoglobin",
            "sd haemoglobin",
            "mean albumin",
            "sd albumin",
        )
        return Grid(heads, tuple(lines)), tuple(claims)

    def deaths(self, where: Where = ALL) -> Made:
        """Deaths, person-years and rates by trial."""
        lines: list[tuple[str, ...]] = []
        claims: list[Claim] = []
        for trial, frame in self.meet(where).groupby("trial"):
            own = (*where, ("trial", "=", str(trial)))
            died, years = int(frame["os_event"].sum()), frame["os_days"].sum() / 365.25
            claims += [
                facts.Count("people", own, len(frame)),
                facts.Count("people", (*own, ("os_event", "=", "1")), died),
                facts.Count("people", (*own, ("os_event", "=", "0")), len(frame) - died),
            ]
            lines.append(
                (
                    str(trial),
                    str(len(frame)),
                    str(died),
                    f"{years:.0f}",
                    f"{1000 * died / years:.1f}",
                )
            )
        heads = ("trial", "n", "deaths", "person-years", "rate per 1000")
        return Grid(heads, tuple(lines)), tuple(claims)

    def shares(self, where: Where = ALL) -> Made:
        """A Table 1 with numerators, denominators and percentages."""
        lines: list[tuple[str, ...]] = []
        claims: list[Claim] = []
        for label, own in (
            ("Women", ("sex", "=", "F")),
            ("Age 65 or more", ("age", ">=", "65")),
            ("B symptoms", ("b_symptoms", "=", "yes")),
            ("Stage IV", ("stage", "=", "IV")),
            ("Complete response", ("response", "=", "CR")),
        ):
            cells = [label]
            for arm in ("control", "experimental"):
                whole = (*where, ("arm", "=", arm))
                n, of = len(self.meet((*whole, own))), len(self.meet(whole))
                cells += [str(n), str(of), f"{100 * n / of:.1f}"]
                claims += [
                    facts.Count("people", (*whole, own), n),
                    facts.Count("people", whole, of),
                    facts.Share("people", (own,), whole, cells[-1], few=False),
                ]
            lines.append(tuple(cells))
        heads = (
            "characteristic",
            "n control",
            "total control",
            "% control",
            "n experimental",
            "total experimental",
            "% experimental",
        )
        return Grid(heads, tuple(lines)), tuple(claims)

    def medians(self, where: Where = ALL) -> Made:
        """Median and quartiles of age, which many people have."""
        lines: list[tuple[str, ...]] = []
        claims: list[Claim] = []
        for subtype in ("DLBCL", "FL", "HL", "MCL"):
            own = (*where, ("subtype", "=", subtype))
            n = len(self.meet(own))
            cells = [subtype, str(n)]
            own_claims: list[Claim] = [facts.Count("people", own, n)]
            for name in ("q50", "q25", "q75"):
                text, claim = self.number("age", own, name, 0, base="1")
                cells.append(text)
                own_claims.append(claim)
            held = self.meet(own)["age"].value_counts()
            if all(held.get(int(text), 0) >= facts.LEAST for text in cells[2:]):
                lines.append(tuple(cells))
                claims += own_claims
        heads = ("subtype", "n", "median age", "q1 age", "q3 age")
        return Grid(heads, tuple(lines)), tuple(claims)

    def toxicity(self, where: Where = ALL) -> Made:
        """People with an event, by term and grade."""
        terms = (
            "neutropenia",
            "neuropathy",
            "infusion reaction",
            "rash",
            "mucositis",
            "febrile neutropenia|pneumonia",
            "thrombosis|hepatitis|tumour lysis|cardiac failure",
        )
        own = self.cross(("term", "grade"), where, terms, ("1|2", "3|4|5"), "events")
        return own.grid(), (own.claim(),)

    def safe(self) -> list[Made]:
        """List safe tables, each kind over all people and over some."""
        some: tuple[Where, ...] = (
            ALL,
            (("sex", "=", "F"),),
            (("arm", "=", "control"),),
            (("age", "<", "70"),),
        )
        made = [
            self.stages(),
            self.subtypes(),
            self.years(),
            self.toxicity(),
            self.means(),
            self.deaths(),
            self.shares(),
            self.medians(),
            self.responses(self._not("FJORD")),
        ]
        for where in some[1:]:
            made += [self.means(where), self.deaths(where), self.medians(where), self.years(where)]
            if where[0][0] != "arm":
                made.append(self.stages(where))
        made += [self.shares((("trial", "=", trial),)) for trial in ("ALPINE", "BRENTA", "CEDAR")]
        return made

    def _not(self, trial: str) -> Where:
        return (("trial", "!=", trial),)

"""[pure] The clinics' own words for the claims of earlier corpora, and claims that were missing.

New are rates by person-time, correlations, lines of a long table of enough people, and medians
within groups.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.third import facts


class Clinics(fifth.Screening):
    """The clinics read back from their files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"patients": "people", "calls": "events"}
    person: ClassVar[bytes] = b"patient"
    typed: ClassVar[bytes] = b"typed"


@dataclass(frozen=True)
class Rate:
    """Events of enough people per 100 person-years, as printed; `years` with one decimal."""

    where: facts.Where
    event: str
    events: int
    years: str
    printed: str

    def faults(self, known: facts.Alliance) -> list[str]:
        rows = known.rows("people", self.where)
        events = sum(row[self.event] == "1" for row in rows)
        years = math.fsum(float(row[f"{self.event}_days"]) for row in rows) / 365.25
        digits = len(self.printed.partition(".")[2])
        own = events, f"{years:.1f}", f"{100 * events / years:.{digits}f}"
        if own != (self.events, self.years, self.printed):
            return [f"{own} are the events, years and rate"]
        return [] if min(events, len(rows) - events) >= facts.LEAST else [f"{events} events"]


@dataclass(frozen=True)
class Correlated:
    """Pearson's coefficient of two columns over many people, as printed."""

    where: facts.Where
    x: str
    y: str
    printed: str

    def faults(self, known: facts.Alliance) -> list[str]:
        rows = known.rows("people", self.where)
        xs, ys = ([float(row[name]) for row in rows] for name in (self.x, self.y))
        mx, my = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
        both = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
        real = both / math.sqrt(
            math.fsum((x - mx) ** 2 for x in xs) * math.fsum((y - my) ** 2 for y in ys)
        )
        digits = len(self.printed.partition(".")[2])
        if abs(real - float(self.printed)) > 0.51 * 10**-digits:
            return [f"{self.x} and {self.y} have {real}, not {self.printed}"]
        return [] if len(rows) >= 2 * facts.LEAST else [f"{len(rows)} people"]


@dataclass(frozen=True)
class Lines:
    """So many rows of a long table, of enough people."""

    table: str
    where: facts.Where
    stated: int

    def faults(self, known: facts.Alliance) -> list[str]:
        real = len(known.rows(self.table, self.where))
        if real != self.stated:
            return [f"{self.stated} rows stated where {self.where}, {real} counted"]
        people = known.count(self.table, self.where)
        return [] if people >= facts.LEAST else [f"{people} people are behind {real} rows"]


class Desk(fifth.Desk):
    """The files of the corpus, each laid down with the claims behind its label."""

    reader: ClassVar[type[fifth.Screening]] = Clinics
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"TH[0-9A-Z]{8}")

    def printed(self, claim: object) -> list[str]:
        match claim:
            case Rate():
                return [str(claim.events), claim.years, claim.printed]
            case Correlated():
                return [claim.printed.lstrip("-")]
            case Lines():
                return [str(claim.stated)]
            case _:
                return super().printed(claim)

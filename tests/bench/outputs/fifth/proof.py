"""[pure] Where files are laid, and what proves a label that earlier corpora had no proof for.

Claims and counting are those of the third and the fourth corpus; the screening's own words are put
in their place while its files are read back. New are estimates: one step of the fit from the
printed numbers must not move them, and their errors must be those of the information there.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tests.bench.outputs.fifth.opened import missing, stands, text_of
from tests.bench.outputs.fourth import proof as fourth
from tests.bench.outputs.grid import Case
from tests.bench.outputs.third import desk, facts
from tests.bench.outputs.third.opened import LowBits

PSEUDONYM = re.compile(r"sk[a-z2-9]{8}")


class Screening(facts.Alliance):
    """The screening read back from its files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"screened": "people", "contacts": "events"}
    person: ClassVar[bytes] = b"screenee"
    typed: ClassVar[bytes] = b"note"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(
            {self.named.get(name, name): self._renamed(own) for name, own in files.items()}
        )
        for name, own in self.named.items():
            if own in self.tables:
                self.tables[name] = self.tables[own]
        self.tables.setdefault("germline", self.tables["people"])

    def _renamed(self, data: bytes) -> bytes:
        head, _, rest = data.partition(b"\n")
        head = re.sub(rb"^%s\b" % self.person, b"participant", head)
        return re.sub(rb"\b%s$" % self.typed, b"narrative", head) + b"\n" + rest


@dataclass(frozen=True)
class Weighted:
    """A weighted count of enough people, beside which the plain count stands."""

    where: facts.Where
    weight: str
    printed: str
    plain: int

    def faults(self, known: facts.Alliance) -> list[str]:
        rows = known.rows("people", self.where)
        digits = len(self.printed.partition(".")[2])
        real = math.fsum(float(row[self.weight]) for row in rows)
        if len(rows) != self.plain or abs(real - float(self.printed)) > 0.51 * 10**-digits:
            return [f"{real} of {len(rows)}, not {self.printed} of {self.plain}"]
        return [] if len(rows) >= facts.LEAST else [f"{len(rows)} people"]


Design = tuple[str, ...]
"""Columns of a model: `age` as a number, `smoking=current` as a flag; the constant comes first."""
_MEANS: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (lambda eta: eta, lambda mean: 1.0),
    "logistic": (lambda eta: 1 / (1 + math.exp(-eta)), lambda mean: mean * (1 - mean)),
    "poisson": (math.exp, lambda mean: mean),
}


@dataclass(frozen=True)
class Fitted:
    """A model of many people: estimates (constant first) and errors as they are printed.

    Shape: `kind` is linear, logistic or poisson; `errors` may be empty. Where `ratios` are named,
    they are printed instead: the exponents of all estimates but the constant.
    """

    kind: str
    where: facts.Where
    outcome: str
    design: Design
    printed: tuple[str, ...]
    errors: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()

    def faults(self, known: facts.Alliance) -> list[str]:
        rows = known.rows("people", self.where)
        if len(rows) - len(self.printed) < facts.LEAST:
            return ["few people carry the model"]
        xs = [(1.0, *(_cell(row, name) for name in self.design)) for row in rows]
        ys = [float(row[self.outcome]) for row in rows]
        step, errors = _newton(self.kind, xs, ys, [float(one) for one in self.printed])
        other = [
            own
            for own, log in zip(self.ratios, self.printed[1:], strict=bool(self.ratios))
            if abs(math.exp(float(log)) - float(own)) > 0.6 * _unit(own)
        ]
        if other:
            return [f"{other} are no exponents of the estimates"]
        moved = [n for n, own in enumerate(self.printed) if abs(step[n]) > 1.1 * _unit(own)]
        wide = [
            n
            for n, own in enumerate(self.errors)
            if abs(errors[n] - float(own)) > errors[n] / 100 + _unit(own)
        ]
        return [f"estimates {moved} move, errors {wide} are others"] if moved or wide else []


def _unit(printed: str) -> float:
    """One of the last digit that is printed."""
    return float(10.0 ** -len(printed.partition(".")[2]))


def _cell(row: facts.Row, name: str) -> float:
    column, flag, value = name.partition("=")
    return float(row[column] == value) if flag else float(row[column])


def _newton(
    kind: str, xs: Sequence[Sequence[float]], ys: Sequence[float], at: Sequence[float]
) -> tuple[list[float], list[float]]:
    """One step of the fit from here, and the errors here."""
    mean_of, spread_of = _MEANS[kind]
    size = len(at)
    score = [0.0] * size
    told = [[0.0] * size for _ in at]
    squares = 0.0
    for x, y in zip(xs, ys, strict=True):
        mean = mean_of(sum(a * b for a, b in zip(x, at, strict=True)))
        spread, off = spread_of(mean), y - mean
        squares += off * off
        for i in range(size):
            score[i] += x[i] * off
            for j in range(size):
                told[i][j] += x[i] * x[j] * spread
    inverse = _inverted(told)
    scale = squares / (len(ys) - size) if kind == "linear" else 1.0
    step = [math.fsum(inverse[i][j] * score[j] for j in range(size)) for i in range(size)]
    return step, [math.sqrt(inverse[i][i] * scale) for i in range(size)]


def _inverted(square: Sequence[Sequence[float]]) -> list[list[float]]:
    size = len(square)
    lines = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(square)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(lines[row][at]))
        lines[at], lines[best] = lines[best], lines[at]
        lines[at] = [one / lines[at][at] for one in lines[at]]
        for row in range(size):
            if row != at:
                by = lines[row][at]
                lines[row] = [a - by * b for a, b in zip(lines[row], lines[at], strict=True)]
    return [row[size:] for row in lines]


@dataclass(frozen=True)
class Bins:
    """A number cut into bands [edge, next), each with enough people or nobody."""

    table: str
    column: str
    where: facts.Where
    edges: tuple[float, ...]
    stated: tuple[int, ...]

    def faults(self, known: facts.Alliance) -> list[str]:
        people: list[set[str]] = [set() for _ in self.stated]
        for row in known.rows(self.table, self.where):
            value = float(row[self.column])
            at = sum(value >= edge for edge in self.edges) - 1
            if not 0 <= at < len(people):
                return [f"{value} lies in no band"]
            people[at].add(row["participant"])
        real = tuple(len(one) for one in people)
        if real != self.stated:
            return [f"the bands hold {real}, not {self.stated}"]
        return [f"bands of {real}"] if any(0 < one < facts.LEAST for one in real) else []


@dataclass(frozen=True)
class Ranks:
    """Ranks of people by one column, best first, cell for cell of these rows."""

    column: str
    at: tuple[int, ...]
    ranks: tuple[int, ...]

    def faults(self, known: facts.Alliance) -> list[str]:
        values = [float(row[self.column]) for row in known.tables["people"]]
        place = {own: n for n, own in enumerate(sorted(set(values)), 1)}
        wrong = sum(place[values[at]] != own for at, own in zip(self.at, self.ranks, strict=True))
        return [f"{wrong} ranks are others"] if wrong else []


class Desk(desk.Desk):
    """The files of the corpus, each laid down with the claims behind its label."""

    reader: ClassVar[type[Screening]] = Screening
    pseudonym: ClassVar[re.Pattern[str]] = PSEUDONYM

    def faults(self, files: Mapping[str, bytes]) -> list[str]:
        """Name the labels that the source does not bear out."""
        known = self.reader(files)
        found = []
        for case in self.cases:
            claims = self.claims[case.path]
            wrong = [one for claim in claims for one in fourth.asked(claim, known, case)]
            wrong += self._stands(case, known)
            found += [f"{case.family} {case.path}: {one}" for one in wrong]
        twice = [name for name, n in Counter(case.path for case in self.cases).items() if n > 1]
        return found + [f"two files are called {name}" for name in twice]

    def _stands(self, case: Case, known: facts.Alliance) -> list[str]:
        """What is claimed is written in the file, and a safe file names and quotes nobody."""
        claims = self.claims[case.path]
        if not claims:
            return ["no claim stands behind it"]
        text = text_of(case.data)
        found = [] if case.leaky else self._clean(text, known)
        if any(map(self.leaks, claims)) != case.leaky:
            found.append(
                "the claims are about a leak, and the label is not, or the other way round"
            )
        if case.path in self.unwritten:
            return found
        every = text + "".join(text_of(data) for _, data in case.released)
        gone = [one for claim in claims for one in self.printed(claim) if not stands(every, one)]
        for claim in claims:
            match claim:
                case facts.Rows():
                    cells = {cell for row in claim.cells for cell in row if cell}
                    gone += missing(case.data, sorted(cells))
                case facts.Words():
                    gone += [claim.words] if claim.words not in text else []
                case _:
                    continue
        return [*found, f"{len(gone)} claimed cells are not there: {gone[:3]}"] if gone else found

    def leaks(self, claim: object) -> bool:
        """Whether a claim says that something of a patient is there, or that nobody can see."""
        told = getattr(claim, "few", False) or (isinstance(claim, facts.Numbers) and claim.valid)
        return bool(told) or isinstance(claim, _LEAKS)

    def printed(self, claim: object) -> list[str]:
        """List the numbers that a claim says are in the file."""
        return printed(claim)

    def _clean(self, text: str, known: facts.Alliance) -> list[str]:
        named = known.pseudonyms.intersection(self.pseudonym.findall(text))
        quoted = any(row["narrative"][:40] in text for row in known.tables["events"])
        return ["a pseudonym is in it"] * bool(named) + ["a note is in it"] * quoted


_LEAKS = (
    facts.Rows, facts.Small, facts.Rest, facts.Differs, facts.Moments, facts.Words,
    facts.Dominated, fourth.FewBehind, fourth.Extent, fourth.Unopened, LowBits,
)  # fmt: skip


def printed(claim: object) -> list[str]:
    """List the numbers that a claim says are in the file."""
    match claim:
        case Weighted():
            return [claim.printed, str(claim.plain)]
        case Bins():
            return [str(one) for one in claim.stated if one]
        case Fitted():
            return [one.lstrip("-") for one in (claim.ratios or (*claim.printed, *claim.errors))]
        case facts.Numbers():
            return list(claim.values)
        case facts.Moments():
            return [str(one) for one in claim.days]
        case Ranks():
            return [str(one) for one in claim.ranks]
        case facts.Value() | facts.Odds():
            return [claim.printed.lstrip("-")]
        case _:
            return fourth.printed(claim)

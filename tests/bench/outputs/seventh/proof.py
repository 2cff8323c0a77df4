"""[pure] Labels as they are written down beside the files, and their proof from the source.

A labels file (`labels-*.yaml`) is a list; each entry tells of one file below `files/`:

    - path: r/severity-by-centre.txt
      family: L11                    # of outputs section 10
      rules: [O01]                   # leaky files only: the rules that may name this leak
      leak: Three people of centre H have von Willebrand disease type 2.
      seen: [O20]                    # beside those of the file's kind (`_SEEN`), rarely needed
      written: false                 # only where a reader cannot find the numbers in the bytes
      claims:
        - Small: {where: "centre = H; diagnosis = von Willebrand 2", stated: 3}
        - Rows: {table: labs, columns: [patient, day, value], at: "0-5,17"}

A claim is named as its class and given its fields: those of the third to the sixth corpus, and
below. Conditions are `column sign value`, joined by `;`, with the signs of `facts.SIGNS`. `table`
is `people` where it is left out; others are `labs` and `markers`. Rows are counted from 0 in the
order of the source; their cells are taken from there, so that the proof is that the file holds
them. Cells of rows with `noise`, and of made-up rows (`Nobody`) that name none, are read from the
file, a csv. `groups` of `Groups` are lists that end in the count. What is printed is quoted text.
`released` names files that left earlier, which lie there too; `apart` is a file that is scored
apart, `held` one whose right answer is that it could not be checked.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.fifth.opened import text_of
from tests.bench.outputs.fourth import proof as fourth
from tests.bench.outputs.grid import Case
from tests.bench.outputs.sixth import proof as sixth
from tests.bench.outputs.third import facts

FILES = Path(__file__).parent / "files"
_SEEN: Mapping[str, str] = {
    **dict.fromkeys(("png", "jpg", "svg", "pdf", "eps"), "O17"),
    **dict.fromkeys(("R", "Rmd", "Rout", "py", "ipynb", "log", "sql", "sps", "inp", "js"), "O27"),
    **dict.fromkeys(("rds", "RData", "rda", "npz", "pkl", "joblib"), "O25"),
}
"""Rules that send a file of this kind to people whatever is in it, by ending."""


@dataclass(frozen=True)
class Written:
    """These lines or words stand in the file as they are: what a reader should look at."""

    words: tuple[str, ...]

    def faults(self, known: facts.Alliance) -> list[str]:
        del known
        return [] if self.words else ["nothing is quoted"]


@dataclass(frozen=True)
class Extremes:
    """Values of a column that fewer than the least number of these people have, as printed."""

    column: str
    values: tuple[str, ...]
    where: facts.Where = ()
    table: str = "people"

    def faults(self, known: facts.Alliance) -> list[str]:
        cells = [float(row[self.column] or "nan") for row in known.rows(self.table, self.where)]
        held = {own: cells.count(float(own)) for own in self.values}
        return [f"{own} is held by {n}" for own, n in held.items() if not 0 < n < facts.LEAST]


@dataclass(frozen=True)
class Pseudonyms:
    """Pseudonyms of these rows of the patients stand in the file."""

    at: tuple[int, ...]
    names: tuple[str, ...]

    def faults(self, known: facts.Alliance) -> list[str]:
        return [] if set(self.names) <= known.pseudonyms else ["they are nobody's"]


CLAIMS = {
    one.__name__: one
    for one in (
        facts.Rows, facts.Small, facts.Count, facts.Groups, facts.Rest, facts.Differs, facts.Apart,
        facts.Value, facts.Dominated, facts.Share, facts.Freedom, facts.Moments, facts.Words,
        facts.Hidden, facts.Nobody, facts.Alleles, facts.Line, facts.Outside, fourth.FewBehind,
        fourth.Extent, fifth.Fitted, fifth.Bins, sixth.Rate, sixth.Correlated,
        sixth.Lines, Written, Extremes, Pseudonyms,
    )
}  # fmt: skip


class Centres(fifth.Screening):
    """The centres read back from their files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"patients": "people"}
    person: ClassVar[bytes] = b"patient"
    typed: ClassVar[bytes] = b"remark"
    doses: ClassVar[str] = "markers"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(files)
        self.tables["germline"] = self.tables[self.doses]
        self.tables["events"] = self.tables["people"]


def where(text: str) -> facts.Where:
    """Read conditions: `sex = F; age < 20`; the value may be empty."""
    parts = [one.strip().split(" ", 2) for one in text.split(";") if one.strip()]
    return tuple((one[0], one[1], one[2] if len(one) > 2 else "") for one in parts)


def numbers(text: str | Sequence[int]) -> tuple[int, ...]:
    """Read row numbers: `0-19,25`, or a list of them."""
    if not isinstance(text, str):
        return tuple(text)
    ends = [one.partition("-") for one in text.split(",")]
    return tuple(n for a, _, b in ends for n in range(int(a), int(b or a) + 1))


class Desk(sixth.Desk):
    """The files as they came from the programs, each with the claims behind its label."""

    folder: ClassVar[Path] = FILES
    reader: ClassVar[type[fifth.Screening]] = Centres
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"HC[2-9A-Z]{7}")

    def take(self, files: Mapping[str, bytes], labels: Sequence[Mapping[str, Any]]) -> None:
        """Lay the files of these labels.

        Errors: KeyError for an unknown claim, TypeError for wrong fields.
        """
        known = self.reader(files)
        for own in labels:
            self._take(own, known)

    def _take(self, own: Mapping[str, Any], known: facts.Alliance) -> None:
        path, ending = own["path"], own["path"].rpartition(".")[2]
        data = (self.folder / path).read_bytes()
        claims = [
            _claim(kind, given, known, data) for one in own["claims"] for kind, given in one.items()
        ]
        seen = {*_SEEN.get(ending, "").split(), *own.get("seen", ())}
        seen |= {"O35"} if b"<script" in data else set()
        seen |= {"O30"} if own["family"].startswith("S") else set()
        self.lay(
            own["family"], ending, data, *claims, rules=" ".join(own.get("rules", ())),
            seen=" ".join(sorted(seen)), name=path, written=own.get("written", True),
            apart=own.get("apart", False), held=own.get("held", False),
            released=tuple(
                (name, (self.folder / name).read_bytes()) for name in own.get("released", ())
            ),
        )  # fmt: skip

    def _stands(self, case: Case, known: facts.Alliance) -> list[str]:
        found = super()._stands(case, known)
        if case.path in self.unwritten:
            return found
        text = " ".join(text_of(case.data).split())
        quoted = [own for own in self.claims[case.path] if isinstance(own, Written)]
        words = [one for own in quoted for one in own.words]
        gone = [one for one in words if " ".join(one.split()) not in text]
        return [*found, f"not written there: {gone[:2]}"] if gone else found

    def leaks(self, claim: object) -> bool:
        return isinstance(claim, Extremes | Pseudonyms) or super().leaks(claim)

    def printed(self, claim: object) -> list[str]:
        match claim:
            case Extremes():
                return [one.lstrip("-") for one in claim.values]
            case Pseudonyms():
                return list(claim.names)
            case _:
                return super().printed(claim)

    def _clean(self, text: str, known: facts.Alliance) -> list[str]:
        named = known.pseudonyms.intersection(self.pseudonym.findall(text))
        typed = (row["narrative"] for row in known.tables["events"])
        quoted = any(one[:40] in text for one in typed if one)
        return ["a pseudonym is in it"] * bool(named) + ["a remark is in it"] * quoted


def _claim(name: str, given: Mapping[str, Any], known: facts.Alliance, data: bytes) -> Any:
    """Build a claim from its fields as they are written in a labels file."""
    own = {field: _field(field, value) for field, value in given.items()}
    kind = CLAIMS[name]
    wanted = {field.name: field.default for field in fields(kind)}
    if wanted.get("table") is MISSING:
        own.setdefault("table", "people")
    if wanted.get("where") is MISSING:
        own.setdefault("where", ())
    if name == "Rows":
        own["cells"] = _cells(own, known)
    if own.get("noise") or (name == "Nobody" and "cells" not in own):
        read = csv.DictReader(io.StringIO(data.decode()))
        own["cells"] = tuple(tuple(row[column] for column in own["columns"]) for row in read)
    if name == "Pseudonyms":
        own["names"] = tuple(known.tables["people"][at]["participant"] for at in own["at"])
    return kind(**own)


_WHERES = frozenset({"where", "of", "has", "whole", "larger", "smaller", "first", "second"})
_CLAIMED: Mapping[str, str] = {
    "patient": "participant",
    "person": "participant",
    "remark": "narrative",
}
"""Columns of the source that claims call otherwise."""


def _field(name: str, value: Any) -> Any:
    if name in _WHERES:
        return where(value)
    if name == "at":
        return numbers(value)
    if name == "columns" and value:
        return tuple(_CLAIMED.get(one, one) for one in value)
    if name == "groups":
        return {tuple(map(str, one[:-1])): one[-1] for one in value}
    if name == "parts":
        return tuple((where(one), stated) for one, stated in value)
    if name == "printed" and not isinstance(value, str | list):
        raise TypeError(f"what is printed is quoted: {value}")
    return _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _cells(own: Mapping[str, Any], known: facts.Alliance) -> tuple[tuple[str, ...], ...]:
    """Cells of the source, changed as the claim says."""
    how = own.get("how") or ("same",) * len(own["columns"])
    rows = known.tables[own["table"]]
    return tuple(
        tuple(facts.changed(rows[at][c], one) for c, one in zip(own["columns"], how, strict=True))
        for at in own["at"]
    )


def labels(path: Path) -> list[dict[str, Any]]:
    """Read a labels file."""
    return list(yaml.safe_load(path.read_text("utf-8")) or [])

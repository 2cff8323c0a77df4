"""[pure] Where files are laid, and what proves a label that the third corpus had no proof for.

The claims and the counting are those of the third corpus; the registry's own words are put in
place of the alliance's while its files are read back.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bench.outputs.grid import Case
from tests.bench.outputs.third import desk, facts
from tests.bench.outputs.third.opened import Broken, LowBits, missing, text_of

_PSEUDONYM = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}")
_REMARK = re.compile(r"\(w\d+\)")
_TABLES = {"children": "people", "remarks": "events"}
READABLE = desk.READABLE | {"Rhistory", "eml"}


class Registry(facts.Alliance):
    """The registry read back from its files, under the words that the claims use."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__({_TABLES.get(name, name): _renamed(own) for name, own in files.items()})
        self.tables["children"] = self.tables["germline"] = self.tables["people"]
        self.tables["remarks"] = self.tables["events"]


def _renamed(data: bytes) -> bytes:
    head, _, rest = data.partition(b"\n")
    head = re.sub(rb"\bremark$", b"narrative", re.sub(rb"^child\b", b"participant", head))
    return head + b"\n" + rest


@dataclass(frozen=True)
class FewBehind:
    """So many rows, which are enough, of so many people, who are not."""

    table: str
    where: facts.Where
    lines: int
    people: int

    def faults(self, known: facts.Alliance) -> list[str]:
        real = len(known.rows(self.table, self.where)), known.count(self.table, self.where)
        if real != (self.lines, self.people):
            return [f"{real} rows and people, not {self.lines} and {self.people}"]
        return [] if 0 < self.people < facts.LEAST <= self.lines else ["not few behind many"]


@dataclass(frozen=True)
class Extent:
    """A whole group shares something, or nobody of it does; `of` is the group."""

    table: str
    of: facts.Where
    has: facts.Where
    stated: int

    def faults(self, known: facts.Alliance) -> list[str]:
        whole = known.count(self.table, self.of)
        part = known.count(self.table, self.of + self.has)
        if part != self.stated or part not in {0, whole} or not whole:
            return [f"{part} of {whole} have {self.has}"]
        return []


@dataclass(frozen=True)
class Unopened:
    """A file that cannot be checked to its end: `bomb`, `locked`, `cut` or `unknown`."""

    how: str
    data: bytes = field(repr=False)

    def faults(self, known: facts.Alliance) -> list[str]:
        del known
        right = {"bomb": _swells, "locked": _locked, "cut": _cut, "unknown": _unknown}
        return [] if right[self.how](self.data) else [f"it is not {self.how}"]


def _swells(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return sum(one.file_size for one in box.infolist()) > 200 * len(data)


def _locked(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return all(one.flag_bits & 1 for one in box.infolist())


def _cut(data: bytes) -> bool:
    """The directory of a zip, the foot of parquet or the end of a PNG is gone."""
    ends = {b"PK": b"PK\x05\x06", b"PA": b"PAR1", b"\x89P": b"IEND\xaeB`\x82", b"%P": b"%%EOF"}
    return ends[data[:2]] not in data[4:]


def _unknown(data: bytes) -> bool:
    return not re.match(rb"PK|PAR1|\x89PNG|%PDF|\x1f\x8b|\{|<", data) and b"\0" in data[:64]


class Desk(desk.Desk):
    """The files of the corpus, each laid down with the claims behind its label."""

    def faults(self, files: Mapping[str, bytes]) -> list[str]:
        """Name the labels that the source does not bear out."""
        known = Registry(files)
        found = []
        for case in self.cases:
            wrong = [one for claim in self.claims[case.path] for one in asked(claim, known, case)]
            wrong += self._stands(case, known)
            found += [f"{case.family} {case.path}: {one}" for one in wrong]
        names = {case.path for case in self.cases}
        return found + (["two files have one name"] if len(names) < len(self.cases) else [])

    def _stands(self, case: Case, known: facts.Alliance) -> list[str]:
        """What is claimed is written in the file, and a safe file names and quotes nobody."""
        claims = self.claims[case.path]
        if not claims:
            return ["no claim stands behind it"]
        text = text_of(case.data)
        found = [] if case.leaky else _clean(text, known)
        if case.path in self.unwritten or case.format not in READABLE:
            return found
        gone = sum(missing(case.data, one.cells) for one in claims if isinstance(one, facts.Rows))
        gone += sum(one.words not in text for one in claims if isinstance(one, facts.Words))
        every = text + "".join(text_of(data) for _, data in case.released)
        gone += sum(one not in every for claim in claims for one in printed(claim))
        return [*found, f"{gone} claimed cells are not in the file"] if gone else found


def asked(claim: desk.Kept, known: facts.Alliance, case: Case) -> list[str]:
    if isinstance(claim, Broken | LowBits):
        return claim.wrong(case.data)
    return claim.faults(known)


def printed(claim: object) -> list[str]:
    match claim:
        case facts.Small() | facts.Count() | facts.Freedom() | Extent():
            return [str(claim.stated)]
        case facts.Groups():
            return [str(one) for one in claim.groups.values()]
        case facts.Value() | facts.Share() | facts.Dominated() | facts.Odds():
            return [claim.printed]
        case facts.Differs():
            return [str(one) for one in claim.numbers]
        case facts.Rest():
            return [str(claim.total), *(str(own) for _, own in claim.parts)]
        case FewBehind():
            return [str(claim.lines)]
        case facts.Survival():
            return [cell for one in claim.steps for cell in (str(one.risk), one.survival)]
        case _:
            return []


def _clean(text: str, known: facts.Alliance) -> list[str]:
    named = known.pseudonyms.intersection(_PSEUDONYM.findall(text))
    found = ["a pseudonym is in it"] if named else []
    remarks = known.tables["events"] if _REMARK.search(text) else []
    quoted = any(one["narrative"][:40] in text for one in remarks)
    return found + (["a remark is in it"] if quoted else [])

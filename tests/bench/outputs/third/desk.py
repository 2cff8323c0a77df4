"""[pure] Where the files are laid with their labels, and where the labels are proved."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bench.outputs.grid import Case
from tests.bench.outputs.third import facts
from tests.bench.outputs.third.opened import Broken, LowBits, missing, text_of

READABLE = frozenset(
    [
        "csv",
        "tsv",
        "txt",
        "log",
        "lst",
        "md",
        "tex",
        "html",
        "json",
        "ndjson",
        "xml",
        "yaml",
        "py",
        "r",
        "sql",
        "do",
        "sas",
        "docx",
        "odt",
        "ods",
        "ipynb",
        "zip",
        "tar.gz",
        "csv.gz",
        "csv.bz2",
        "csv.xz",
        "vcf",
        "ped",
        "svg",
    ]
)
"""Formats in whose bytes the standard library finds each cell as it was written."""
_ROOM = "; room "
"""In every narrative: without it no narrative is looked for."""
Kept = facts.Claim | Broken | LowBits


@dataclass
class Desk:
    """The files of the corpus; each is laid down with the claims behind its label."""

    source: str
    cases: list[Case] = field(default_factory=list)
    claims: dict[str, tuple[Kept, ...]] = field(default_factory=dict)
    unwritten: set[str] = field(default_factory=set)

    def lay(
        self,
        family: str,
        kind: str,
        data: bytes,
        *claims: Kept,
        rules: str = "",
        seen: str = "",
        name: str = "",
        held: bool = False,
        apart: bool = False,
        released: tuple[tuple[str, bytes], ...] = (),
        written: bool = True,
    ) -> None:
        """Lay a file down.

        Shape: `rules` and `seen` are words; a rule that sends every file of the kind to people
        detects nothing (decision 17), so it is taken from the rules. `written` says that the
        cells of the claims are in the bytes as they stand, where the format can be read so.
        """
        path = name or f"{len(self.cases) + 1:04d}.{kind}"
        people = sum(len(one.at) for one in claims if isinstance(one, facts.Rows))
        self.cases.append(
            Case(
                path,
                data,
                family,
                kind,
                self.source,
                frozenset(rules.split()) - frozenset(seen.split()),
                people,
                held,
                apart,
                frozenset(seen.split()),
                released,
            )
        )
        self.claims[path] = claims
        if not written:
            self.unwritten.add(path)

    def faults(self, files: Mapping[str, bytes]) -> list[str]:
        """Name the labels that the source does not bear out."""
        known = facts.Alliance(files)
        found = []
        for case in self.cases:
            wrong = [one for claim in self.claims[case.path] for one in _asked(claim, known, case)]
            wrong += self._bytes(case, known)
            found += [f"{case.family} {case.path}: {one}" for one in wrong]
        if len({case.path for case in self.cases}) < len(self.cases):
            found.append("two files have one name")
        return found

    def _bytes(self, case: Case, known: facts.Alliance) -> list[str]:
        claims = self.claims[case.path]
        if not claims:
            return ["no claim stands behind it"]
        if not case.leaky:
            return _clean(case.data, known)
        if case.path in self.unwritten or case.format not in READABLE:
            return []
        gone = sum(missing(case.data, one.cells) for one in claims if isinstance(one, facts.Rows))
        text = text_of(case.data)
        gone += sum(one.words not in text for one in claims if isinstance(one, facts.Words))
        return [f"{gone} cells are not in the file"] if gone else []


def _asked(claim: Kept, known: facts.Alliance, case: Case) -> list[str]:
    if isinstance(claim, Broken | LowBits):
        return claim.wrong(case.data)
    return claim.faults(known)


def _clean(data: bytes, known: facts.Alliance) -> list[str]:
    """A safe file names nobody and repeats nothing that was typed."""
    text = text_of(data)
    found = ["a pseudonym is in it"] if any(one in text for one in _words(text, known)) else []
    typed = _ROOM in text and any(row["narrative"][:60] in text for row in known.tables["events"])
    return found + (["a narrative is in it"] if typed else [])


def _words(text: str, known: facts.Alliance) -> set[str]:
    return {text[at : at + 12] for at in _places(text)} & known.pseudonyms


def _places(text: str) -> list[int]:
    found, at = [], text.find("LY-")
    while at >= 0:
        found.append(at)
        at = text.find("LY-", at + 1)
    return found

"""[pure] O23: free text copied from the source, and dates that are people's dates.

Source: outputs section 3, O22 and O23; 8.2 (dates are days since an index date).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from orchestrator.outputs.canon import hasher, is_missing, spell
from orchestrator.outputs.form import Part
from orchestrator.outputs.index import FREE_TEXT, Column, Index
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, label_of, words
from orchestrator.outputs.quoted import Quoted
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Subject,
    finding,
    rows_word,
    spelled_rows,
)
from orchestrator.policy.outputs import OutputsPolicy

_WORDS = 4
_LETTERS = 20
"""A text is a remark about somebody from this many words and letters on; a label is shorter."""
_SUFFIXES = 8
_EVERYBODY = 1 << 40
_QUOTES = 2
_EDGE = " \t\"'`*_>#|,;()[]{}\\-•–"
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4})", re.ASCII)
BIRTH_WORDS = frozenset(
    ["birth", "born", "dob", "birthdate", "birthday", "dateofbirth", "geburtsdatum", "geburtstag",
     "naissance", "nacimiento", "nascita", "nascimento", "geboortedatum", "fodselsdato",
     "urodzenia"]
)  # fmt: skip
"""Words that name a column of birth dates, in the alliance's languages."""
_SHIFTS = (401, 1733, -911, 2857)
"""Days by which dates are moved to see how many would be found by chance."""
_DATES = 10
_MORE = 0.25
"""How much larger the share of true dates must be than that of moved ones."""
_SAY_TEXT = (
    "These are remarks about people, copied from the source. Free text cannot leave: say in your "
    "own words what you found, or count it."
)
_SAY_DATE = (
    "Full dates of people point at them. Write years, or days since the diagnosis, and no list of "
    "single people."
)


@dataclass(frozen=True)
class _Known:
    """One column of one source, asked for whole values that few people share."""

    index: Index
    column: Column
    hashed: Callable[[str], int]
    most: int

    def has(self, text: str) -> bool:
        feature = self.column.features[0]
        group = feature.find(self.hashed(spell(text)))
        return group >= 0 and feature.frequency[group] <= self.most


def _texts(subject: Subject) -> Outcome:
    known = _columns(subject, FREE_TEXT, subject.policy.counts.minimum - 1)
    if not known:
        return Outcome(
            verdict=Verdict.NOT_APPLICABLE, reason="The source declares no column of free text."
        )
    found: list[Finding] = []
    for one in known:
        quoted = Quoted(one.column, one.hashed, subject.policy.counts.minimum)
        found += [item for part in subject.parts for item in _in_part(part, one, quoted)]
    for one in [] if found else _columns(subject, FREE_TEXT, _EVERYBODY):
        found += [item for part in _uncounted(subject) for item in _phrases(part, one)]
    return Outcome(tuple(found))


def _uncounted(subject: Subject) -> list[Part]:
    """List the parts that are no tables of counts: a remark beside its count is a category."""
    counted = {seen.part.path for seen in subject.seen if Role.COUNT in seen.roles}
    return [part for part in subject.parts if part.path not in counted]


def _columns(subject: Subject, role: str, most: int) -> list[_Known]:
    return [
        _Known(index, column, hasher(index.key), most)
        for index in subject.indexes
        for table in index.tables
        for column in table.columns
        if column.role == role and column.features
    ]


def _repeated(part: Part, known: _Known) -> dict[int, str]:
    """Give the rows or lines, from 1, that repeat a remark, each with it."""
    lines: list[list[str]] = []
    if part.table is not None:
        lines = [[cell for cell in cells if is_remark(cell)] for cells in part.table.rows]
    elif part.text:
        lines = [sorted(remarks(content)) for content in part.text.splitlines()]
    found = {line: next(filter(known.has, own), "") for line, own in enumerate(lines, 1)}
    return {line: text for line, text in found.items() if text}


def _quoting(part: Part, quoted: Quoted) -> list[int]:
    """List the rows or lines, from 1, that quote some words of a remark one after the other."""
    if part.table is None:
        return quoted.lines((part.text or "").splitlines())
    return [row for row, cells in enumerate(part.table.rows, 1)
            if any(quoted.lines([cell]) for cell in cells if is_remark(cell))]  # fmt: skip


def _phrases(part: Part, known: _Known) -> Iterable[Finding]:
    """Several remarks that many share are a list of quotes; one may be anybody's words."""
    found = _repeated(part, known)
    if len(set(found.values())) < _QUOTES:
        return
    evidence = (
        f"{len(set(found.values()))} different remarks of {known.column.name} of "
        f"{known.index.label or 'the source'}, at {spelled_rows(found)}"
    )
    yield Finding("O23", Verdict.FLAG, Where(part.path, tuple(found)), evidence, _SAY_TEXT)


def _in_part(part: Part, known: _Known, quoted: Quoted) -> Iterable[Finding]:
    lines = sorted({*_repeated(part, known), *_quoting(part, quoted)})
    if lines:
        where = Where(part.path, tuple(lines))
        what = "rows" if part.table is not None else "lines"
        evidence = (
            f"{what} {spelled_rows(lines)} repeat {known.column.name} of "
            f"{known.index.label or 'the source'}"
        )
        yield Finding("O23", Verdict.BLOCK, where, evidence, _SAY_TEXT, f"{len(lines)} {what}", "0")


def remarks(line: str) -> set[str]:
    """List what of a line might be a whole remark: the line, and its ends after leading words."""
    pieces = line.strip(_EDGE).split()
    ends = {" ".join(pieces[at:]) for at in range(min(_SUFFIXES, len(pieces)))}
    ends |= {match.strip() for match in re.findall(r"\"([^\"]{20,})\"", line)}
    return {text for end in ends for text in (end, end.strip(_EDGE)) if is_remark(text)}


def is_remark(text: str) -> bool:
    """Tell a remark from a label, by its length."""
    return len(text) >= _LETTERS and len(text.split()) >= _WORDS


def _dates(subject: Subject) -> Outcome:
    known = _columns(subject, "date", _EVERYBODY)
    found: list[Finding] = []
    for part, table in subject.tables:
        for at, name in enumerate(table.columns):
            cells = [row[at] for row in table.rows if not is_missing(row[at])]
            dates = [own for own in map(_date, cells) if own is not None]
            if len(set(dates)) < _DATES or len(dates) < 0.9 * len(cells):
                continue
            born = bool(BIRTH_WORDS & set(words(name)))
            matched = next((one for one in known if _is_copy(one, dates)), None)
            if born or matched is not None:
                found.append(_date_finding(part, at, len(dates), matched))
    return Outcome(tuple(found))


def _date(text: str) -> date | None:
    match = _DATE.match(text.strip())
    if match is None:
        return None
    year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _is_copy(known: _Known, dates: Sequence[date]) -> bool:
    """See whether these dates are in the source, and the same dates moved by some days are not."""
    own = _share(known, dates)
    if own < 0.9:
        return False
    moved = [
        [one + timedelta(days=shift) for one in dates if 1900 < one.year < 2100]
        for shift in _SHIFTS
    ]
    return own - sum(_share(known, one) for one in moved) / len(moved) > _MORE


def _share(known: _Known, dates: Sequence[date]) -> float:
    return sum(known.has(one.isoformat()) for one in dates) / max(len(dates), 1)


def _date_finding(part: Part, column: int, count: int, known: _Known | None) -> Finding:
    table = part.table
    label = label_of(table, column) if table is not None else ""
    of = "birth dates, by the name of the column"
    if known is not None:
        of = f"{known.column.name} of {known.index.label or 'the source'}"
    evidence = f"{label}: {rows_word(count)} with {of}"
    return finding("O23-dates", Verdict.FLAG if known is None else Verdict.BLOCK, part, evidence,
                   _SAY_DATE, column=column, measured=f"{count} dates", threshold="0")  # fmt: skip


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {"shared_by_fewer_than": str(policy.counts.minimum), "words": str(_WORDS)}


TEXTS = Rule(
    id="O23",
    version=3,
    title="Free text of the source",
    text="No remark that stands in the source about fewer people than the minimum may leave, nor a "
    "dozen of its words in a row; several that more people share are looked at.",
    source="outputs section 3, O23",
    needs=frozenset({Need.FORM, Need.SOURCE}),
    check=_texts,
    parameters=_parameters,
)

DATES = Rule(
    id="O23-dates",
    version=1,
    title="Dates of people",
    text="A list of full dates that are dates of people of the source cannot leave.",
    source="outputs section 3, O22 and O23; 8.2: dates are days since an index date",
    needs=frozenset({Need.TABLE}),
    check=_dates,
    parameters=lambda _policy: {"dates": str(_DATES)},
)

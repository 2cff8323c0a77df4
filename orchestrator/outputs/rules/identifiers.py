"""[pure] O22: identifiers of the source dataset, national numbers, birth dates, e-mail addresses.

Identifiers of the source are also recognised hashed without a key, in base64 and as hexadecimals; a
column of them also where they are cut short.
Source: outputs 4.4 and section 3, O22: shares of valid values are judged against chance.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.outputs.canon import (
    DISGUISES,
    Transform,
    hasher,
    is_missing,
    shortened,
    spell,
    undisguised,
)
from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.index import ID_ROLES, Column, Index
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import label_of, words
from orchestrator.outputs.national import national_numbers
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Subject,
    finding,
    rows_word,
    spelled_rows,
)
from orchestrator.policy.outputs import Identifiers, OutputsPolicy

_TOKEN = re.compile(r"[\w][\w.+/=-]*[\w=]", re.ASCII)
_PIECE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", re.ASCII)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_MAKER = re.compile(r"@author\b|\bcopyright\b|\(c\) ?\d{4}", re.IGNORECASE)
"""Shortly before an address: whoever wrote a program says where to be reached."""
_NEAR = 80
"""Units: characters."""
_LONG = re.compile(r"(?<![\w.,+/=-])(?=(?:[\w-]*\d){7})[\w-]{8,16}(?![\w/=-]|[.,]\d)", re.ASCII)
_BOOK = re.compile(r"\bIS[BS]N(?:-1[03])?[: ]{0,2}\Z")
"""Right before a number: a book's, whose last digit is made as that of British hospitals' is."""
_NEARLY_ALL = 80
"""Units: %; of the long numbers of a text, which are no column, so many must be valid."""
_ENCODED = 12
"""From this length on a word without any digit or all in capitals might still be an identifier."""
_MOSTLY = 0.9
_PIECES = 8
_SEVERAL = 3
"""Fewer shortened identifiers are found by accident."""
_SHORTEST = 8
"""Shorter texts are no hash, and in base64 or hexadecimals no identifier worth the name."""
_SAY = (
    "These are identifiers of people in the source. They cannot leave, in no column, text or name: "
    "drop them."
)


@dataclass(frozen=True)
class _Known:
    """One identifying column of one source."""

    index: Index
    column: Column
    hashed: Callable[[str], int]

    def has(self, text: str) -> bool:
        """Say whether this is an identifier, as it is or in a disguise.

        An identifier that is just a small number counts in its own column only; its hash is no
        small number and counts everywhere.
        """
        return self.is_disguise(text) or (self.column.specific and self.is_plain(text))

    def is_plain(self, text: str) -> bool:
        own = self.hashed(spell(text))
        return any(
            feature.find(own) >= 0
            for feature in self.column.features
            if feature.transform is Transform.IDENTITY
        )

    def is_disguise(self, text: str) -> bool:
        if len(text) < _SHORTEST:
            return False
        own = self.hashed(undisguised(text))
        return any(
            feature.find(own) >= 0
            for feature in self.column.features
            if feature.transform in DISGUISES
        )

    def is_shortened(self, text: str) -> bool:
        """Say whether this might be an identifier cut short; a column of them is.

        Source: a hash without a key, cut to the length of a name; pseudonyms without their marks.
        """
        ways = {name: self.hashed(own) for name, own in shortened(text)}
        if Transform.JOINED in ways:  # where identifiers have no marks, joined they are themselves
            ways[Transform.IDENTITY] = ways[Transform.JOINED]
        return any(
            feature.transform in ways and feature.find(ways[feature.transform]) >= 0
            for feature in self.column.features
        )


def _of_source(subject: Subject) -> Outcome:
    known = [
        _Known(index, column, hasher(index.key))
        for index in subject.indexes
        for table in index.tables
        for column in table.columns
        if column.role in ID_ROLES and column.features
    ]
    if not known:
        return Outcome(
            verdict=Verdict.NOT_APPLICABLE,
            reason="The source declares no identifying column.",
        )
    found = [item for one in known for item in _in_tables(subject, one)]
    found += [item for one in known for item in _in_texts(subject, one)]
    found += [item for one in known for item in _in_names(subject, one)]
    return Outcome(tuple(found))


def _in_tables(subject: Subject, known: _Known) -> Iterable[Finding]:
    for part, table in subject.tables:
        for column, name in enumerate(table.columns):
            cells = [row[column] for row in table.rows]
            present = {cell for cell in cells if not is_missing(cell)}
            hits = {cell for cell in present if known.has(cell)}
            if not known.column.specific:
                plain = {cell for cell in present if known.is_plain(cell)}
                hits |= plain if _same_column(known, name, cells, plain) else set()
            hits |= _cut_short(known, present - hits)
            if not hits:
                continue
            rows = [row for row, cell in enumerate(cells, 1) if cell in hits]
            evidence = (
                f"{label_of(table, column)}: {rows_word(len(rows))} with values of "
                f"{known.column.name} of {known.index.label or 'the source'}, "
                f"at {spelled_rows(rows)}"
            )
            yield finding(
                "O22", Verdict.BLOCK, part, evidence, _SAY, rows=rows, column=column,
                measured=f"{len(hits)} identifiers", threshold="0",
            )  # fmt: skip


def _cut_short(known: _Known, present: set[str]) -> set[str]:
    """Recognise a column of shortened identifiers: several of them, and most of its values."""
    hits = {cell for cell in present if known.is_shortened(cell)}
    few = len(hits) < _SEVERAL or len(hits) < _MOSTLY * len(present)
    return set() if few or not any(map(_is_mixed, hits)) else hits


def _is_mixed(text: str) -> bool:
    """Tell letters and digits, or so many digits that a count of people has fewer."""
    return any(map(str.isalpha, text)) or len(text) >= _SHORTEST


def _same_column(known: _Known, name: str, cells: Sequence[str], hits: set[str]) -> bool:
    """Recognise an id column of small numbers: by its name, and nearly all values known."""
    present = [cell for cell in cells if not is_missing(cell)]
    matched = sum(cell in hits for cell in present)
    same = words(name) == words(known.column.name)
    return same and matched > 0 and matched >= _MOSTLY * len(present)


def _in_texts(subject: Subject, known: _Known) -> Iterable[Finding]:
    for part in subject.parts:
        if not part.text:
            continue
        lines = [
            line
            for line, content in enumerate(part.text.splitlines(), 1)
            if any(known.has(token) for token in tokens(content))
        ]
        if lines:
            evidence = (
                f"text has values of {known.column.name} of {known.index.label or 'the source'}, "
                f"lines {spelled_rows(lines)}"
            )
            where = Where(part.path, tuple(lines))
            yield Finding("O22", Verdict.BLOCK, where, evidence, _SAY, f"{len(lines)} lines", "0")


def _in_names(subject: Subject, known: _Known) -> Iterable[Finding]:
    names = [(subject.file.path, "the file's name")]
    for part in subject.parts[1:]:
        names.append((part.path.removeprefix(subject.file.path), "a name inside the file"))
    for _, table in subject.tables:
        names += [(name, "a column name") for name in table.columns if table.header]
    hits = dict.fromkeys(kind for name, kind in names if any(map(known.has, tokens(name))))
    for kind in hits:
        evidence = f"{kind} holds a value of {known.column.name}"
        where = Where(subject.file.path)
        yield Finding("O22", Verdict.BLOCK, where, evidence, _SAY, "1 name", "0")


def tokens(content: str) -> set[str]:
    """List the words of a text that might be identifiers: whole runs, and runs of their pieces."""
    found = {match[0] for match in _TOKEN.finditer(content)}
    for match in _PIECE.finditer(content):
        pieces = match[0].split("-")[:_PIECES]
        found |= {
            "-".join(pieces[start:end])
            for start in range(len(pieces))
            for end in range(start + 1, len(pieces) + 1)
        }
    return {
        token
        for token in found
        if len(token) >= 5
        and (any(map(str.isdigit, token)) or token.isupper() or len(token) >= _ENCODED)
    }


def _national(subject: Subject) -> Outcome:
    policy = subject.policy.identifiers
    found: list[Finding] = []
    for part, table in subject.tables:
        for column in range(len(table.columns)):
            found += _national_column(part, table, column, policy)
    for part in subject.told:
        found += [*_emails(part), *_national_words(part, policy)]
    return Outcome(tuple(found))


def _national_words(part: Part, policy: Identifiers) -> Iterator[Finding]:
    """Judge the long numbers of a text like a column, those of one length together."""
    alike: dict[int, list[str]] = {}
    text = part.text or ""
    for match in _LONG.finditer(text):
        if _BOOK.search(text, max(0, match.start() - _NEAR), match.start()):
            continue
        alike.setdefault(len(match[0]), []).append(match[0])
    for own in alike.values():
        share = national_numbers(own, policy.distinct, _NEARLY_ALL, policy.times_chance)
        if share is not None:
            yield Finding(
                "O22-national", Verdict.BLOCK, Where(part.path),
                f"{share.valid} of {share.distinct} long numbers of one length have the check "
                f"digits of {share.title}",
                f"These numbers look like {share.title}. Leave them out.",
                f"{share.valid} of {share.distinct}",
                f"{_NEARLY_ALL} % and {policy.times_chance} times chance",
            )  # fmt: skip


def _national_column(part: Part, table: Table, column: int, policy: Identifiers) -> list[Finding]:
    cells = [row[column] for row in table.rows if not is_missing(row[column])]
    if column and all(_BOOK.search(f" {row[column - 1]}") for row in table.rows):
        return []
    share = national_numbers(cells, policy.distinct, policy.valid_percent, policy.times_chance)
    if share is None:
        return []
    evidence = (
        f"{label_of(table, column)}: {share.valid} of {share.distinct} distinct values have the "
        f"check digits of {share.title}"
    )
    say = f"This column looks like {share.title}. Drop it."
    return [
        finding("O22-national", Verdict.BLOCK, part, evidence, say, column=column,
                measured=f"{share.valid} of {share.distinct}",
                threshold=f"{policy.valid_percent} % and {policy.times_chance} times chance")
    ]  # fmt: skip


def _emails(part: Part) -> list[Finding]:
    content = part.text if part.text is not None else ""
    lines = [line for line, text in enumerate(content.splitlines(), 1) if _addressed(text)]
    if part.table is not None:
        rows = [row for row, cells in enumerate(part.table.rows, 1) if any(map(_addressed, cells))]
        lines += rows
    if not lines:
        return []
    evidence = f"e-mail addresses at {spelled_rows(lines)}"
    say = "There are e-mail addresses here. Leave them out unless they are public contacts."
    return [Finding("O22-national", Verdict.FLAG, Where(part.path, tuple(lines)), evidence, say)]


def _addressed(text: str) -> bool:
    """Say whether a text holds an address: a version is none (`leaflet@1.9.3`), nor is TeX's
    `\\Gin@base.bb}`; the maker of a program is no patient.
    """
    return any(
        any(label[:1].isalpha() for label in match[0].partition("@")[2].split(".")[1:])
        and not _MAKER.search(text, max(0, match.start() - _NEAR), match.start())
        and not (
            text.endswith("\\", 0, match.start()) and text.startswith(("}", "\\"), match.end())
        )
        for match in _EMAIL.finditer(text)
    )


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {name: str(value) for name, value in policy.identifiers.model_dump().items()}


OF_SOURCE = Rule(
    id="O22",
    version=4,
    title="Identifiers of the source",
    text="No identifier of the source may leave, in tables, texts or names, nor hashed, encoded "
    "or cut short.",
    source="outputs section 3, O22",
    needs=frozenset({Need.FORM, Need.SOURCE}),
    check=_of_source,
)

NATIONAL = Rule(
    id="O22-national",
    version=6,
    title="National numbers and e-mail addresses",
    text="A column or a list of valid national numbers cannot leave; e-mail addresses are looked "
    "at.",
    source="outputs 4.4",
    needs=frozenset({Need.FORM}),
    check=_national,
    parameters=_parameters,
)

"""[pure] O08: extremes that are single people's values.

Source: outputs section 3, O08 (ADRF, OpenSAFELY, ABS).
"""

import re
from collections.abc import Iterator, Sequence

from orchestrator.outputs.canon import number
from orchestrator.outputs.figures import Figure, figures
from orchestrator.outputs.form import Part
from orchestrator.outputs.index import Column, Index, TableIndex
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, may_set, sets, words
from orchestrator.outputs.passages import NUMBER, numbers, passages, sentences
from orchestrator.outputs.people import listed
from orchestrator.outputs.recount import PERSON, grid, holders, variable_column
from orchestrator.outputs.rules.dominance import Traced, traced
from orchestrator.outputs.rules.ends_by_value import Ends, ends_of_groups
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    spelled_rows,
)

_EXTREME = re.compile(
    r"\b(?:range[sd]?|ranging|min|minimum|max|maximum|whiskers?|fences?|outliers?|extremes?|"
    r"(?:old|young|high|low|larg|small|long|short|dear|cheap|heavi|light|tall|great|fast|slow|"
    r"sick|thinn|fatt)est|(?:most|least) (?:expensive|costly|severe|extreme)|"
    r"top (?:\d{1,2}|two|three|four|five|ten)|"
    r"up to|as (?:high|low|much|many|long|short|little) as|peak(?:ed)?|alone)\b",
    re.IGNORECASE,
)
_RESIDUALS = (
    frozenset({"Min", "1Q", "Median", "3Q", "Max"}),
    frozenset({"Min", "Q1", "Med", "Q3", "Max"}),
)
_OF_MODEL = re.compile(r"(?i)residuals: *\n +Min +(?:1Q +Median +3Q|Q1 +Med +Q3) +Max *\n")
"""What is left of people's values behind a model, as `summary` of R prints it: no value of any."""
_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}", re.IGNORECASE)
_OF_AGE = frozenset({"oldest", "youngest"})
_FINE, _SOME, _MANY = 3, 4, 5
"""Units: significant digits."""
_LONGEST = 20_000
"""Units: characters of a line; a longer one is data, which is compared otherwise."""
_COARSER = 5
"""Ends that stand on a grid so much coarser than their variable's are rounded ones."""
_FROM, _PEOPLE, _SELDOM = 10, 100, 0.05
"""Units: a value, people, a share of them."""
_SPAN = re.compile(rf"({NUMBER.pattern})\s*(?:-|–|to|and)\s*({NUMBER.pattern})")
SAY = (
    "This is the value of very few people. Leave it out, or give a rounded or top-coded one, or "
    "the mean of the 45th and 55th percentile for a median."
)


_REFERENCE = re.compile(
    r"\b(?:reference|normal) (?:ranges?|values?|limits?|intervals?)\b|\breferenzbereich",
    re.IGNORECASE,
)
"""What is usual in a laboratory, and nobody's."""
_OF_CONTROLS = listed("type step description orientation readout disabled layout pattern title") | {
    "bar style", "multiple of"
}  # fmt: skip
"""What stands beside `minimum` where it limits what may be typed: JSON Schema, widgets."""


def _extremes(subject: Subject) -> Outcome:
    found = held_by_few(subject, Role.EXTREME, "O08")
    known = {(one.figure.row, one.figure.column, one.seen.part.path)
             for one in traced(subject, frozenset({Role.EXTREME}))}  # fmt: skip
    own_residuals = any(_OF_MODEL.search(part.text or "") for part in subject.told)
    for seen in subject.seen:
        own = [
            figure
            for figure in figures(seen.block, subject.known)
            if figure.role is Role.EXTREME
            and (figure.row, figure.column, seen.part.path) not in known
            and not _is_setting(seen, figure)
            and not (own_residuals and {*seen.table.columns} in _RESIDUALS)
        ]
        found += _named(seen, own)
    found += [] if found else ends_of_groups(subject, SAY)
    ended, both = _Ends(subject), Ends(subject)
    found += [] if found else _spanned(subject, both)
    for part in subject.told:
        told = {*_told(ended, part), *_both(both, part)} if part.table is None else set()
        lines = sorted(told)
        found += [_in_words(subject, part, lines)] if lines else []
    return Outcome(tuple(found))


def _is_setting(seen: Seen, figure: Figure) -> bool:
    """Tell `minimum = 10` among other settings of a program, as `seed = 411`."""
    labels = [row[0] for row in seen.table.rows]
    own = labels[seen.block.at.index(figure.row)]
    if may_set(own) and any(map(sets, labels)):
        return True
    names = {" ".join(words(name)) for name in seen.table.columns}
    return len(seen.table.rows) == 1 and bool(names & _OF_CONTROLS)


def _both(ended: Ends, part: Part) -> Iterator[int]:
    """List the lines that print both ends of a variable, whatever they say."""
    lines = enumerate((part.text or "").splitlines(), 1)
    return (at for at, line in lines if len(line) <= _LONGEST and ended.told(line))


def _spanned(subject: Subject, ended: Ends) -> Iterator[Finding]:
    """Tell rows of tables that hold both ends of a variable."""
    for seen in subject.seen:
        rows = [seen.row(at) for at, row in enumerate(seen.table.rows, 1)
                if ended.told(" ".join(row))]  # fmt: skip
        if rows:
            evidence = f"the least and the greatest value of a variable at {spelled_rows(rows)}"
            yield finding("O08", Verdict.FLAG, seen.part, evidence, SAY, rows=rows)


class _Ends:
    """The least and the greatest numbers of the source's variables that few people have."""

    def __init__(self, subject: Subject) -> None:
        self._least = subject.policy.holders.minimum
        self._tables = [(index, table) for index in subject.indexes for table in index.tables]

    def told(self, sentence: str) -> bool:
        """Say whether a sentence names a variable and tells such an end of it."""
        found = numbers(sentence)
        said = words(sentence) if found else []
        said += ["age"] if _OF_AGE & set(said) else []
        named = [(index, table, column) for index, table in self._tables
                 if (column := variable_column(table, said)) is not None]  # fmt: skip
        return any(
            number(text) in (column.ends or ())
            and 0 < holders(index, table, column, text) < self._least
            for index, table, column in named
            for text in found
        )

    def held(self, sentence: str) -> bool:
        """Say whether a sentence tells any value of few people: an end of a group is one.

        Shape: of a variable that is named, or of one of whose name, its unit perhaps, a word is
        said and four digits; five digits need no name.
        """
        said = set(words(sentence))
        said |= {"age"} if _OF_AGE & said else set()
        return any(
            0 < holders(index, table, column, text) < self._least
            for text in set(numbers(sentence))
            for index, table in self._tables
            for column in table.columns
            if column.numeric and column.role not in PERSON and names(column, said, text)
        )

    def some(self, sentence: str) -> bool:
        """Say whether a sentence tells the ends of some group, or in prose a value of few people.

        Shape: weaker than `told`, which asks for an end of all people.
        """
        return self.spanned(sentence) or (bool(_PROSE.search(sentence)) and self.held(sentence))

    def spanned(self, sentence: str) -> bool:
        """Say whether a sentence tells from where to where the values of some group go.

        Shape: two numbers, both values of one variable that is named, and not both rounded; where
        only a word of it is said, its unit perhaps, one is broken too. Few people have one of them.
        """
        spans = [[text.replace(",", "") for text in match.groups()]
                 for match in _SPAN.finditer(sentence)]  # fmt: skip
        said = set(words(sentence)) if spans else set()
        said |= {"age"} if _OF_AGE & said else set()
        return any(
            self._are_ends(index, table, column, span)
            for index, table in self._tables
            for column in table.columns
            if column.numeric and said & set(words(column.name))
            for span in spans
            if said.issuperset(words(column.name)) or "." in "".join(span)
        )

    def _are_ends(
        self, index: Index, table: TableIndex, column: Column, span: Sequence[str]
    ) -> bool:
        counts = [holders(index, table, column, text) for text in span]
        if not 0 < min(counts) < self._least:
            return False
        step = grid(column)
        return any(round(float(text) / step) % _COARSER for text in span)


def names(column: Column, said: set[str], text: str) -> bool:
    """Say whether words, and the digits of a number, tell of which column the number is.

    Shape: none where the number looks rounded: one or two digits on a coarser grid.
    """
    own, digits = set(words(column.name)), len(text.replace(".", "").strip("0"))
    if digits < _FINE and not round(float(text) / grid(column)) % _COARSER:
        return False
    return bool(own) and (own <= said or (digits >= _SOME and bool(own & said)) or digits >= _MANY)


def _told(ended: _Ends, part: Part) -> Iterator[int]:
    """List the lines that tell, in words, an end of a variable that few people have.

    Shape: a sentence with a word for an extreme, the name of a variable, and just its least or
    greatest number, or both ends of a group's, or one that few people have.
    """
    for line, content in passages(part.text or ""):
        if _EXTREME.search(content):
            own = list(filter(_EXTREME.search, sentences(content)))
            if any(ended.told(one) or (not _REFERENCE.search(one) and ended.some(one))
                   for one in own):  # fmt: skip
                yield line


def _in_words(subject: Subject, part: Part, lines: Sequence[int]) -> Finding:
    least = subject.policy.holders.minimum
    evidence = (
        f"a smallest or largest value of the source that fewer than {least} people have, at lines "
        f"{spelled_rows(lines)}"
    )
    return Finding("O08", Verdict.FLAG, Where(part.path, tuple(lines)), evidence, SAY,
                   threshold=f"at least {least} people with the value")  # fmt: skip


def held_by_few(subject: Subject, role: Role, rule: str) -> list[Finding]:
    """List figures that are values of fewer people of the source than the policy's minimum."""
    least = subject.policy.holders.minimum
    found = []
    cells: dict[tuple[str, int, int], Traced] = {}
    for one in traced(subject, frozenset({role})):
        count = holders(one.group.index, one.group.table, one.column, one.figure.text)
        if 0 < count < least:
            cells.setdefault((one.seen.part.path, one.figure.row, one.figure.column), one)
    for one in cells.values():
        if _is_rounded(one):
            continue  # a limit of a protocol, a top-coded end
        evidence = (
            f"{one.column.name}: a value at row {one.figure.row} that fewer than {least} people of "
            "the source have"
        )
        found.append(
            finding(rule, Verdict.BLOCK, one.seen.part, evidence, SAY, rows=[one.figure.row],
                    column=one.figure.column, threshold=f"at least {least} people with the value")
        )  # fmt: skip
    return found


def _is_rounded(one: Traced) -> bool:
    """Say whether a figure of no known group is rounded by itself, and no end of all people's.

    Shape: a multiple of five where next to nobody's value is one: `WBC max 25` of a protocol.
    """
    value = float(one.figure.text)
    if not one.guessed or value < _FROM or value % _COARSER:
        return False
    values = [own for own in one.group.numbers(one.column) if own >= _FROM]
    if len(values) < _PEOPLE or value in {min(values), max(values)}:
        return False
    return sum(own % _COARSER == 0 for own in values) <= _SELDOM * len(values)


def _named(seen: Seen, own: Sequence[Figure]) -> list[Finding]:
    """Extremes that could not be traced are looked at, because their name says what they are."""
    if not own:
        return []
    rows = sorted({figure.row for figure in own})
    say = (
        "A smallest or largest value is mostly one person's. Leave it out, or give a rounded or "
        "top-coded one and say so in the context."
    )
    evidence = f"{len(own)} extremes by their name; not traced to a variable of the source"
    column = own[0].column if len({figure.column for figure in own}) == 1 else None
    return [finding("O08", Verdict.FLAG, seen.part, evidence, say, rows=rows, column=column)]


EXTREMES = Rule(
    id="O08",
    version=10,
    title="Smallest and largest values",
    text="A minimum or maximum that few people have must not leave.",
    source="outputs section 3, O08: ADRF, OpenSAFELY and ABS suppress or top-code",
    needs=frozenset({Need.FORM}),
    check=_extremes,
    parameters=lambda policy: {"holders": str(policy.holders.minimum)},
)

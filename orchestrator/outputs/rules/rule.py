"""[pure] What a rule is, what it is given, and the one way in which it is applied.

A rule that does not apply says why; a rule that could not run is could-not-check; neither is ever
a pass. Source: outputs section 2.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from orchestrator.outputs import in_words
from orchestrator.outputs.blocks import Block, blocks
from orchestrator.outputs.count_cells import Cell, counts
from orchestrator.outputs.facts import FactTable, tables
from orchestrator.outputs.form import FileForm, Kind, Part, Table
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import (
    Coverage,
    Finding,
    JobFile,
    RuleResult,
    Verdict,
    Where,
    worst,
)
from orchestrator.outputs.naming import Role, label_of
from orchestrator.outputs.recount import Recount, categories
from orchestrator.outputs.roles import Known, roles
from orchestrator.policy.outputs import OutputsPolicy

_IN_PIXELS = "A machine read this in the pixels of a picture and may have misread it: look at it."


class Need(StrEnum):
    """What a rule cannot do without."""

    FORM = "form"
    TABLE = "table"
    SOURCE = "source"
    CONTEXT = "context"


@dataclass(frozen=True)
class Seen:
    """One table of a part, with what its columns are and which of its numbers count people."""

    part: Part
    block: Block
    table: Table
    roles: tuple[Role, ...]
    counts: tuple[Cell, ...]

    def row(self, cell_row: int) -> int:
        """Say which row of the sheet a row of this table is. Both from 1."""
        return self.block.at[cell_row - 1]


@dataclass(frozen=True)
class Subject:
    """One file as a rule sees it.

    Shape: `form` is None where the opener gave none; `indexes` are the snapshots to compare with;
    `sources_unread` says why a snapshot that should be compared could not be; `others` are the
    counts of the other files of the same request, in tables and in sentences.
    """

    file: JobFile
    form: FileForm | None
    coverage: Coverage
    policy: OutputsPolicy
    indexes: tuple[Index, ...] = ()
    sources_unread: str | None = None
    context_due: bool = True
    others: tuple[FactTable, ...] = ()

    @cached_property
    def known(self) -> Known:
        """The question whether names are all values of one column of a source."""
        return categories(self.indexes)

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """All tables of all parts, read once for all rules; sentences are none."""
        return tuple(
            _seen(part, block, self.known)
            for part, table in self.tables
            if not part.only_compared
            for block in blocks(table)
        )

    @cached_property
    def facts(self) -> tuple[FactTable, ...]:
        """The counts of all tables as facts; what was read in pixels is too unsure to be one."""
        told = (part for part in self.told if not part.is_read_in_pixels)
        return tuple(one for part in told for one in tables(part, self.known))

    @cached_property
    def sentences(self) -> tuple[FactTable, ...]:
        """What the sentences of all parts count, which only other releases are compared with."""
        return tuple(in_words.sentences(self.parts))

    @cached_property
    def in_pixels(self) -> frozenset[str]:
        """The paths of all parts that were read in the pixels of a picture."""
        return frozenset(part.path for part in self.parts if part.is_read_in_pixels)

    def recount(self, facts: Iterable[FactTable]) -> Recount:
        """Recognise the variables of some tables on the sources."""
        named = (fact.coordinates for table in facts for fact in table.facts)
        return Recount.of(self.indexes, named)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All virtual files of the file."""
        return self.form.parts if self.form else ()

    @property
    def told(self) -> list[Part]:
        """All virtual files of which more is said than where they are like the source."""
        return [part for part in self.parts if not part.only_compared]

    @property
    def tables(self) -> list[tuple[Part, Table]]:
        """All parts that are tables, with their tables."""
        return [(part, part.table) for part in self.parts if part.table is not None]

    @property
    def opened(self) -> bool:
        """Whether the file itself was opened at all."""
        return bool(self.parts) and self.parts[0].kind is not Kind.UNKNOWN


def _seen(part: Part, block: Block, known: Known) -> Seen:
    table = block.as_table()
    found = roles(table, known)
    return Seen(part, block, table, tuple(found), tuple(counts(table, found)))


Check = Callable[[Subject], "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a rule's function gives back: findings, or why it could not or need not look.

    Shape: `verdict` None means: the worst of the findings, pass without any.
    """

    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Rule:
    """One rule as data: its id in outputs section 3, its text and source for people, its check."""

    id: str
    version: int
    title: str
    text: str
    source: str
    needs: frozenset[Need]
    check: Check
    parameters: Callable[[OutputsPolicy], dict[str, str]] = lambda _policy: {}


def apply(rule: Rule, subject: Subject) -> RuleResult:
    """Run one rule on one file. Never raises: a rule that fails is could-not-check.

    Source: design property 5.
    """
    parameters = rule.parameters(subject.policy)
    missing = _missing(rule, subject)
    if missing is not None:
        verdict, reason = missing
        return RuleResult(rule.id, rule.version, verdict, (), reason, parameters)
    try:
        outcome = rule.check(subject)
    except (Exception, RecursionError, MemoryError) as error:
        reason = f"The rule did not finish ({type(error).__name__}); tell the operators."
        return RuleResult(rule.id, rule.version, Verdict.COULD_NOT_CHECK, (), reason, parameters)
    findings = tuple(_doubted(finding, subject) for finding in outcome.findings)
    verdict = outcome.verdict or (
        worst([finding.severity for finding in findings]) if findings else Verdict.PASS
    )
    return RuleResult(rule.id, rule.version, verdict, findings, outcome.reason, parameters)


def _doubted(finding: Finding, subject: Subject) -> Finding:
    """Let people look at what was read in the pixels of a picture: it blocks nothing by itself."""
    if finding.where.path not in subject.in_pixels or finding.severity is not Verdict.BLOCK:
        return finding
    say = f"{finding.say} {_IN_PIXELS}"
    return replace(finding, severity=Verdict.FLAG, say=say)


def _missing(rule: Rule, subject: Subject) -> tuple[Verdict, str] | None:
    if Need.CONTEXT in rule.needs and not subject.context_due:
        return Verdict.NOT_APPLICABLE, "No request stands behind this check."
    if rule.needs & {Need.FORM, Need.TABLE} and not subject.opened:
        return Verdict.COULD_NOT_CHECK, "The file could not be opened, so nothing in it was seen."
    if Need.SOURCE in rule.needs and subject.sources_unread:
        return Verdict.COULD_NOT_CHECK, subject.sources_unread
    if Need.SOURCE in rule.needs and not subject.indexes:
        return Verdict.NOT_APPLICABLE, "No source dataset was named to compare with."
    if Need.TABLE in rule.needs and not subject.tables:
        return Verdict.NOT_APPLICABLE, "There is no table in this file."
    return None


def finding(
    rule: str,
    severity: Verdict,
    part: Part,
    evidence: str,
    say: str,
    *,
    rows: Sequence[int] = (),
    column: int | None = None,
    measured: str | None = None,
    threshold: str | None = None,
) -> Finding:
    """Put a finding together at rows and a column of a part."""
    label = None if column is None or part.table is None else label_of(part.table, column)
    where = Where(part.path, tuple(rows), label)
    return Finding(rule, severity, where, evidence, say, measured, threshold)


def spelled_rows(rows: Iterable[int], limit: int = 8) -> str:
    """Write row numbers as ranges for a sentence: `1-500`, `3, 7`, `1, 4, ... (120 rows)`."""
    numbers = sorted(set(rows))
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    texts = [f"{low}" if low == high else f"{low}-{high}" for low, high in ranges]
    if len(texts) > limit:
        return ", ".join(texts[:limit]) + f", ... ({len(numbers)} rows)"
    return ", ".join(texts)


def rows_word(count: int) -> str:
    """Write a number of rows."""
    return "1 row" if count == 1 else f"{count} rows"

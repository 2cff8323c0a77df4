"""[pure] A file's counts against earlier tables: what they tell together, for O14 and O15.

The same for the ledger of a deployment and for a folder of released files named to `tre check`.
Source: outputs 6.2 steps 2 to 4 and 6, rules O14 and O15.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.outputs import in_words
from orchestrator.outputs.audit import Pinned, agree, audit
from orchestrator.outputs.differencing import Difference, differences
from orchestrator.outputs.facts import FactTable
from orchestrator.outputs.form import FileForm
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Finding, RuleResult, Verdict, Where
from orchestrator.outputs.recount import categories
from orchestrator.outputs.rules.releases import DIFFERENCING, REPEAT, compared, not_compared
from orchestrator.outputs.rules.rule import spelled_rows
from orchestrator.policy.outputs import OutputsPolicy

_SAY_DIFFERENCE = (
    "Whoever has both tables can subtract them and sees fewer people than the minimum. Round both "
    "to one base, merge groups, or send the file back."
)
_SAY_REPEAT = (
    "The same table was released on another version of the data; the small differences are the "
    "people who came or went between them. Ask for rounded counts."
)
_SAY_SOLVED = (
    "With earlier tables, sums give a hidden count away. Hide more cells here, or round the totals."
)


@dataclass(frozen=True)
class Earlier:
    """A table that left earlier, or waits to: its name for checkers, and whose data it is of."""

    table: FactTable
    name: str
    released: bool = True
    same_snapshot: bool = True

    @property
    def told(self) -> str:
        """Name it in a sentence."""
        part = "" if not self.table.number else f", table {self.table.number + 1}"
        return f"{self.name}{part}" + ("" if self.released else " (not released yet)")


def earlier(forms: Sequence[FileForm], indexes: Sequence[Index]) -> list[Earlier]:
    """Read the tables of files that left earlier, for whoever has no ledger."""
    known = categories(indexes)
    return [
        Earlier(table, form.path) for form in forms for table in in_words.counts(form.parts, known)
    ]


def compare(
    counts: Sequence[FactTable],
    others: Sequence[Earlier],
    policy: OutputsPolicy,
    *,
    unfinished: str | None = None,
) -> tuple[RuleResult, RuleResult]:
    """Give the results of O14 and O15 for one file.

    Shape: both tables are named with the rows that differ; the counts themselves are not told. A
    file without counts has nothing to be compared, which is no pass.
    """
    if not counts and unfinished is None:
        return not_compared(DIFFERENCING, policy), not_compared(REPEAT, policy)
    least = policy.counts.minimum
    differing: list[Finding] = []
    repeated: list[Finding] = []
    for table in counts:
        for one in others:
            found = differences(table, one.table, least)
            if found and one.same_snapshot:
                differing.append(_difference(table, one, found, least))
            elif found:
                repeated.append(_repeat(table, one, found, least))
    solved, left = _solved(counts, others, policy)
    return (
        compared(DIFFERENCING, [*differing, *solved], policy, unfinished=unfinished or left),
        compared(REPEAT, repeated, policy, unfinished=unfinished),
    )


def _difference(
    table: FactTable, earlier: Earlier, found: Sequence[Difference], least: int
) -> Finding:
    certain = any(one.certain for one in found)
    return Finding(
        DIFFERENCING.id,
        Verdict.BLOCK if certain else Verdict.FLAG,
        _where(table, found),
        f"{_rows(found)}, compared with {earlier.told}, at {_rows_there(found)}: "
        f"{_people(found)}"
        + ("" if certain else "; whether one population contains the other is not known"),
        _SAY_DIFFERENCE,
        measured=f"{len(found)} counts",
        threshold=f"at least {least} people apart",
    )


def _repeat(table: FactTable, earlier: Earlier, found: Sequence[Difference], least: int) -> Finding:
    return Finding(
        REPEAT.id,
        Verdict.FLAG,
        _where(table, found),
        f"{_rows(found)}, compared with {earlier.told}, at {_rows_there(found)}: {_people(found)}",
        _SAY_REPEAT,
        measured=f"{len(found)} counts",
        threshold=f"at least {least} people apart",
    )


def _solved(
    counts: Sequence[FactTable], earlier: Sequence[Earlier], policy: OutputsPolicy
) -> tuple[list[Finding], str | None]:
    """Hidden counts, here or there, that only all tables together give away."""
    others = [one.table for one in earlier if any(agree(one.table, own) for own in counts)]
    hides = any(fact.hidden for table in (*counts, *others) for fact in table.facts)
    if not others or not hides:
        return [], None
    limits, seconds = policy.suppression, policy.ledger.seconds
    together = audit([*counts, *others], seconds, limits.unknowns)
    before = {
        _place(one)
        for part in (counts, others)
        for one in audit(part, seconds, limits.unknowns).pinned
        if _narrow(one, policy)
    }
    new = [one for one in together.pinned if _narrow(one, policy) and _place(one) not in before]
    names = {id(one.table): one.told for one in earlier}
    left = "Working out hidden counts with earlier tables took longer than allowed."
    told = [one.told for one in earlier if one.table in others]
    return [_pinned(one, counts, names, told) for one in new], left if together.exhausted else None


def _narrow(one: Pinned, policy: OutputsPolicy) -> bool:
    return one.exact or (one.width is not None and one.width < policy.suppression.width)


def _place(one: Pinned) -> tuple[int, int, int]:
    return id(one.table), one.fact.row, one.fact.column


def _pinned(
    one: Pinned, counts: Sequence[FactTable], names: dict[int, str], told: Sequence[str]
) -> Finding:
    here = any(one.table is own for own in counts)
    row = f"row {one.fact.row}, column {one.fact.column + 1}"
    whose = f"at {row}" if here else f"of {names[id(one.table)]}, {row},"
    ends = f"exactly {one.low}" if one.exact else f"between {one.low} and {one.high}"
    listed = ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
    return Finding(
        DIFFERENCING.id,
        Verdict.BLOCK if one.exact else Verdict.FLAG,
        Where(counts[0].path, (one.fact.row,) if here else ()),
        f"the hidden count {whose} is {ends}, by this file with {listed}",
        _SAY_SOLVED,
        measured=f"{one.low} to {one.high}",
    )


def _where(table: FactTable, found: Sequence[Difference]) -> Where:
    return Where(table.path, tuple(sorted({one.here.row for one in found})))


def _rows(found: Sequence[Difference]) -> str:
    return f"counts at {spelled_rows(one.here.row for one in found)}"


def _rows_there(found: Sequence[Difference]) -> str:
    return spelled_rows(one.there.row for one in found)


def _people(found: Sequence[Difference]) -> str:
    """Say by how many people; a difference of rounded counts is one base."""
    known = sorted({one.people for one in found if one.people is not None})
    if not known:
        return "rounded counts differ by one base"
    return f"{known[0]} to {known[-1]} people apart" if len(known) > 1 else f"{known[0]} apart"

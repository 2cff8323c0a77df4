"""[pure] O13: hidden counts that the numbers beside them give away, within one request.

Source: outputs section 6.1, O13: OpenSAFELY, ADRF, ABS.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from orchestrator.outputs.audit import Pinned, agree, audit
from orchestrator.outputs.brackets import group_of, pair, sizes
from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import decimals, hidden
from orchestrator.outputs.differencing import Difference, differences
from orchestrator.outputs.facts import Fact, FactTable
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role
from orchestrator.outputs.recount import nobody_in_both
from orchestrator.outputs.rules.flows import hidden_steps
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, spelled_rows
from orchestrator.policy.outputs import OutputsPolicy

_SHOWN = 2
_SAY = (
    "The numbers around this hidden count give it away. Hide a second one in its row and its "
    "column, or take the totals from rounded counts."
)


def _check(subject: Subject) -> Outcome:
    own, flows = list(subject.facts), tuple(hidden_steps(subject))
    differing = tuple(_differing(subject, [*own, *subject.sentences]))
    if not own:
        told = (*flows, *differing)
        return Outcome(told, reason=None if told else "There are no counts in this file.")
    others = [table for table in subject.others if any(agree(table, one) for one in own)]
    limits = subject.policy.suppression
    known = [ends for seen in subject.seen
             for ends in (*_by_share(seen, own), *_by_own_share(seen, own),
                          *_by_size(seen, own))]  # fmt: skip
    answer = audit([*own, *others], limits.seconds, limits.unknowns, known=known)
    found = [*flows, *_findings(own, answer.pinned, subject.policy)]
    found += differing
    if answer.exhausted:
        return Outcome(tuple(found), Verdict.COULD_NOT_CHECK,
                       "Working out what the hidden counts may be took longer than allowed.",
                       )  # fmt: skip
    if answer.contradiction:
        return Outcome(tuple(found), Verdict.COULD_NOT_CHECK,
                       "The totals do not fit the counts, so what they tell of the hidden ones "
                       "could not be worked out.")  # fmt: skip
    return Outcome(tuple(found))


def _findings(
    own: Sequence[FactTable], pinned: Sequence[Pinned], policy: OutputsPolicy
) -> list[Finding]:
    return [
        _finding(one, severity, policy)
        for one in pinned
        if one.table in own and (severity := _severity(one, policy)) is not None
    ]


def _severity(one: Pinned, policy: OutputsPolicy) -> Verdict | None:
    if one.exact:
        return Verdict.BLOCK
    if one.width is not None and one.width < policy.suppression.width:
        return Verdict.FLAG
    says_small = one.stated[1] is not None and one.stated[1] < policy.counts.minimum
    proved = one.high is not None and one.high < policy.counts.minimum
    return Verdict.FLAG if proved and not says_small else None


def _finding(one: Pinned, severity: Verdict, policy: OutputsPolicy) -> Finding:
    ends = f"exactly {one.low}" if one.exact else f"between {one.low} and {one.high}"
    return Finding(
        "O13",
        severity,
        Where(one.table.path, (one.fact.row,)),
        f"the hidden count at row {one.fact.row}, column {one.fact.column + 1} is {ends}",
        _SAY,
        measured=f"{one.low} to {one.high}",
        threshold=f"at least {policy.suppression.width} numbers apart",
    )


def _differing(subject: Subject, own: Sequence[FactTable]) -> Iterator[Finding]:
    """Two tables of one request that differ by few people show those few.

    Shape: none where sheets or files are named by groups of which nobody is in both, `FR` and `LV`.
    """
    least = subject.policy.counts.minimum
    for at, table in enumerate(own):
        for other in (*own[at + 1 :], *subject.others):
            found = differences(table, other, least)
            if found and not nobody_in_both(subject.indexes, *_apart(table, other)):
                yield _difference(table, other, found, least)


def _apart(table: FactTable, other: FactTable) -> tuple[str, str]:
    """Give the names by which two tables differ: of sheets, or where their paths part."""
    steps = [one.path.replace("!/", "/").split("/") for one in (table, other)]
    differing = next(((a, b) for a, b in zip(*steps, strict=False) if a != b), None)
    if differing and differing != (steps[0][-1], steps[1][-1]):
        return differing
    return _stem(table), _stem(other)


def _stem(table: FactTable) -> str:
    """Give the name of a table's sheet, or of its file without the ending."""
    return table.path.rpartition("/")[2].partition(".")[0]


def _difference(
    table: FactTable, other: FactTable, found: Sequence[Difference], least: int
) -> Finding:
    rows = [one.here.row for one in found]
    certain = any(one.certain for one in found)
    return Finding(
        "O13",
        Verdict.BLOCK if certain else Verdict.FLAG,
        Where(table.path, tuple(sorted(set(rows)))),
        f"counts at {spelled_rows(rows)} differ by fewer than {least} people from those of "
        f"{other.label}, at {spelled_rows(one.there.row for one in found)}",
        "Whoever has both tables sees the few people between them. Give one of the two, or round "
        "both.",
        measured=f"{len(found)} counts",
        threshold=f"at least {least} people apart",
    )


def _by_share(seen: Seen, own: Sequence[FactTable]) -> Iterator[tuple[Fact, float, float]]:
    """A hidden count beside its percentage of a known total is not hidden."""
    shares = [at for at, role in enumerate(seen.roles) if role is Role.PERCENT]
    counts = [at for at, role in enumerate(seen.roles) if role is Role.COUNT]
    for share in shares:
        for count in counts:
            total = _total(seen, count, share)
            if total is not None:
                yield from _rows_by_share(seen, own, count, share, total)


def _by_own_share(seen: Seen, own: Sequence[FactTable]) -> Iterator[tuple[Fact, float, float]]:
    """A hidden count with its share in the same cell, `<10 (4.1%)`, of a known group."""
    facts = _hidden_facts(seen, own)
    for column, name in enumerate(seen.table.columns):
        cells = [row[column] for row in seen.table.rows]
        pairs = [one for at, cell in enumerate(cells) if (one := pair(at, cell))]
        hiding = [one for one in pairs if one.count is None]
        found = group_of(pairs, sizes(name, cells)) if hiding else None
        for one in hiding if found is not None else ():
            fact = facts.get((seen.row(one.at + 1), seen.block.columns[column]))
            if fact is not None and found is not None:
                yield fact, *one.hidden_count(found[0])


def _by_size(seen: Seen, own: Sequence[FactTable]) -> Iterator[tuple[Fact, float, float]]:
    """A hidden count beside its percentage and the size of its group: `260 | <10 | 1.92`.

    Shape: in two rows and more that show it, the count is this share of the size.
    """
    shares = [at for at, role in enumerate(seen.roles) if role is Role.PERCENT]
    counts = [at for at, role in enumerate(seen.roles) if role is Role.COUNT]
    facts = _hidden_facts(seen, own) if shares and len(counts) > 1 else {}
    for share, count, size in product(shares, counts, counts) if facts else ():
        rows = [(number(row[size]), number(row[count]), number(row[share]), decimals(row[share]))
                for row in seen.table.rows]  # fmt: skip
        told = [one for one in rows if None not in one[:3]]
        fits = all(
            abs((part or 0) - (whole or 0) * (percent or 0) / 100)
            <= 0.5 + (whole or 0) * 0.5 * 10**-places / 100
            for whole, part, percent, places in told
        )
        if size == count or len(told) < _SHOWN or not fits:
            continue
        for row, (whole, part, percent, places) in enumerate(rows, 1):
            fact = facts.get((seen.row(row), seen.block.columns[count]))
            if fact is not None and part is None and whole and percent is not None:
                half = 0.5 * 10**-places
                yield fact, max(whole * (percent - half) / 100, 0), whole * (percent + half) / 100


def _hidden_facts(seen: Seen, own: Sequence[FactTable]) -> dict[tuple[int, int], Fact]:
    return {
        (fact.row, fact.column): fact
        for table in own
        if table.path == seen.part.path
        for fact in table.facts
        if fact.hidden
    }


def _total(seen: Seen, count: int, share: int) -> float | None:
    """Find the one total of which the visible shares are shares; None where none fits them all."""
    ends: tuple[float, float] | None = None
    pairs = 0
    for row in seen.table.rows:
        value, percent = number(row[count]), number(row[share])
        if value is None or percent is None or percent <= 0 or is_missing(row[count]):
            continue
        half = 0.5 * 10 ** -decimals(row[share])
        own = (100 * value / (percent + half), 100 * value / max(percent - half, 1e-9))
        ends = own if ends is None else (max(ends[0], own[0]), min(ends[1], own[1]))
        pairs += 1
    if ends is None or ends[0] > ends[1] or not pairs:
        return None
    return (ends[0] + ends[1]) / 2 if ends[1] - ends[0] <= max(0.02 * ends[1], 2) else None


def _rows_by_share(
    seen: Seen, own: Sequence[FactTable], count: int, share: int, total: float
) -> Iterator[tuple[Fact, float, float]]:
    facts = _hidden_facts(seen, own)
    for row, values in enumerate(seen.table.rows, 1):
        percent = number(values[share])
        fact = facts.get((seen.row(row), seen.block.columns[count]))
        if fact is not None and percent is not None and hidden(values[share]) is None:
            half = 0.5 * 10 ** -decimals(values[share])
            yield fact, max(total * (percent - half) / 100, 0), total * (percent + half) / 100


RULE = Rule(
    id="O13",
    version=5,
    title="Suppression",
    text="A hidden count must not be solvable from what stands around it in the request.",
    source="outputs section 6.1, O13: OpenSAFELY, ADRF, ABS",
    needs=frozenset({Need.FORM}),
    check=_check,
    parameters=lambda policy: {
        name: str(value) for name, value in policy.suppression.model_dump().items()
    },
)

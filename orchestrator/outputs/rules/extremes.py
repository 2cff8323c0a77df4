"""[pure] O08: extremes that are single people's values.

Source: outputs section 3, O08 (ADRF, OpenSAFELY, ABS).
"""

from collections.abc import Sequence

from orchestrator.outputs.figures import Figure, figures
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.recount import holders
from orchestrator.outputs.roles import Role
from orchestrator.outputs.rules.dominance import Traced, traced
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, finding

SAY = (
    "This is the value of very few people. Leave it out, or give a rounded or top-coded one, or "
    "the mean of the 45th and 55th percentile for a median."
)


def _extremes(subject: Subject) -> Outcome:
    found = held_by_few(subject, Role.EXTREME, "O08")
    known = {(one.figure.row, one.figure.column, one.seen.part.path)
             for one in traced(subject, frozenset({Role.EXTREME}))}  # fmt: skip
    for seen in subject.seen:
        own = [
            figure
            for figure in figures(seen.block, subject.known)
            if figure.role is Role.EXTREME
            and (figure.row, figure.column, seen.part.path) not in known
        ]
        found += _named(seen, own)
    return Outcome(tuple(found))


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
        evidence = (
            f"{one.column.name}: a value at row {one.figure.row} that fewer than {least} people of "
            "the source have"
        )
        found.append(
            finding(rule, Verdict.BLOCK, one.seen.part, evidence, SAY, rows=[one.figure.row],
                    column=one.figure.column, threshold=f"at least {least} people with the value")
        )  # fmt: skip
    return found


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
    version=2,
    title="Smallest and largest values",
    text="A minimum or maximum that few people have must not leave.",
    source="outputs section 3, O08: ADRF, OpenSAFELY and ABS suppress or top-code",
    needs=frozenset({Need.TABLE}),
    check=_extremes,
    parameters=lambda policy: {"holders": str(policy.holders.minimum)},
)

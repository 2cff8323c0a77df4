"""[pure] O02: counts of rows that stand for fewer people, counted again on the source.

Source: outputs section 3, O02: Bundesbank's sdcLog counts distinct ids.
"""

from orchestrator.outputs.facts import Fact, FactTable
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.recount import Group
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject, spelled_rows

_WORK = 20_000_000


def _check(subject: Subject) -> Outcome:
    facts = [table for table in subject.facts if table.facts]
    if not facts:
        return Outcome(reason="No count stands under categories of the source in this file.")
    recount = subject.recount(facts)
    least, found, work = subject.policy.counts.minimum, list[Finding](), 0
    seen = False
    for table in facts:
        rows: list[int] = []
        for fact in table.facts:
            groups = recount.groups(fact.coordinates) if fact.coordinates else []
            seen = seen or bool(groups)
            work += sum(group.size for group in groups)
            if work > _WORK:
                return Outcome(tuple(found), Verdict.COULD_NOT_CHECK,
                               "Counting again took longer than allowed. Split the file, please.",
                               )  # fmt: skip
            rows += [fact.row for group in groups if _too_few(group, fact, least)]
        if rows:
            found.append(_finding(table, rows, least))
    reason = None if seen else "No grouping of the source was recognised in this file."
    return Outcome(tuple(found), reason=reason)


def _too_few(group: Group, fact: Fact, least: int) -> bool:
    """A group of fewer people than the minimum, whose published count hides it.

    Shape: whatever part of the group the count is about has no more people than the group; a count
    of more than its rows is about something else.
    """
    people, count = group.people(), fact.value or 0
    return people is not None and 0 < people < least <= count <= group.size


def _finding(table: FactTable, rows: list[int], least: int) -> Finding:
    return Finding(
        "O02",
        Verdict.BLOCK,
        Where(table.path, tuple(sorted(set(rows)))),
        f"counts of rows at {spelled_rows(rows)} stand for fewer than {least} people",
        "Several rows of the source are about one person here. Count people, not rows, and merge "
        f"groups of fewer than {least}.",
        measured=f"{len(set(rows))} rows",
        threshold=f"at least {least} people",
    )


RULE = Rule(
    id="O02",
    version=1,
    title="People, not rows",
    text="A count must rest on enough different people, however many rows each of them has.",
    source="outputs section 3, O02: Bundesbank's sdcLog counts distinct ids",
    needs=frozenset({Need.TABLE, Need.SOURCE}),
    check=_check,
    parameters=lambda policy: {"minimum": str(policy.counts.minimum)},
)

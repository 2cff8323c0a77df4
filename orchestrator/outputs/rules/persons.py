"""[pure] O02: counts of rows that stand for fewer people, counted again on the source.

Source: outputs section 3, O02: Bundesbank's sdcLog counts distinct ids.
"""

from collections.abc import Sequence

from orchestrator.outputs.cells import whole
from orchestrator.outputs.facts import Fact, people_table, row_coordinates
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.narrowed import narrowed
from orchestrator.outputs.recount import Group, Recount
from orchestrator.outputs.roles import Role
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, spelled_rows

_WORK = 20_000_000


def _check(subject: Subject) -> Outcome:
    facts = [table for table in subject.facts if table.facts]
    unclear = _unclear(subject)
    if not facts:
        return Outcome(unclear, reason=None if unclear else
                       "No count stands under categories of the source in this file.")  # fmt: skip
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
                return Outcome((*found, *unclear), Verdict.COULD_NOT_CHECK,
                               "Counting again took longer than allowed. Split the file, please.",
                               )  # fmt: skip
            rows += [fact.row for group in groups if _too_few(group, fact, least)]
        if rows:
            found.append(_finding(table.path, rows, least))
    reason = None if seen else "No grouping of the source was recognised in this file."
    return Outcome((*found, *unclear), reason=reason)


def _unclear(subject: Subject) -> tuple[Finding, ...]:
    """Numbers of which nobody says what they count: rows of the source, of too few people?

    Shape: a column of whole numbers at least as large as the minimum, beside categories of the
    source; smaller ones O01 has flagged. They flag: what is counted is told by the numbers only.
    """
    least, found = subject.policy.counts.minimum, list[Finding]()
    for seen in subject.seen:
        for column, role in enumerate(seen.roles):
            values = [whole(row[column]) for row in seen.table.rows]
            large = [float(value) for value in values if value is not None and value >= least]
            if role is Role.UNKNOWN and len(large) == len(values):
                rows = _few_behind(subject, seen, column, large)
                found += [_finding(seen.part.path, rows, least, Verdict.FLAG)] if rows else []
    return tuple(found)


def _few_behind(subject: Subject, seen: Seen, column: int, values: Sequence[float]) -> list[int]:
    """List the rows whose numbers are rows of the source about fewer people than the minimum."""
    table, _, labels, heads = people_table(seen.block, subject.known)
    if column in labels:
        return []
    named = [row_coordinates(table, row, labels, heads.get(at, ""), None)
             for at, row in enumerate(table.rows)]  # fmt: skip
    categories: dict[str, dict[str, None]] = {}
    for variable, category in (pair for own in named for pair in own):
        categories.setdefault(variable, {}).setdefault(category)
    recount = Recount(subject.indexes, {name: list(own) for name, own in categories.items()})
    by_table: dict[int, list[Group]] = {}
    for own in named:
        for group in [*recount.groups(own), *recount.joined(own)] if own else []:
            by_table.setdefault(id(group.table), []).append(group)
    for groups in by_table.values():
        if len(groups) == len(values):
            few = [at for at, (group, value) in enumerate(zip(groups, values, strict=True), 1)
                   if _is_of_few(group, value, subject.policy.counts.minimum)]  # fmt: skip
            if few:
                return [seen.row(at) for at in few]
            people = [part.people() for part in narrowed(groups, values, None) or []]
            few = [at for at, count in enumerate(people, 1)
                   if count is not None and 0 < count < subject.policy.counts.minimum]  # fmt: skip
            if few:
                return [seen.row(at) for at in few]
    return []


def _too_few(group: Group, fact: Fact, least: int) -> bool:
    """A group of fewer people than the minimum, whose published count hides it.

    Shape: whatever part of the group the count is about has no more people than the group; a count
    of more than its rows is about something else.
    """
    return _is_of_few(group, fact.value or 0, least)


def _is_of_few(group: Group, count: float, least: int) -> bool:
    people = group.people()
    return people is not None and 0 < people < least <= count <= group.size


def _finding(path: str, rows: list[int], least: int, severity: Verdict = Verdict.BLOCK) -> Finding:
    return Finding(
        "O02",
        severity,
        Where(path, tuple(sorted(set(rows)))),
        f"counts of rows at {spelled_rows(rows)} stand for fewer than {least} people",
        "Several rows of the source are about one person here. Count people, not rows, and merge "
        f"groups of fewer than {least}.",
        measured=f"{len(set(rows))} rows",
        threshold=f"at least {least} people",
    )


RULE = Rule(
    id="O02",
    version=3,
    title="People, not rows",
    text="A count must rest on enough different people, however many rows each of them has.",
    source="outputs section 3, O02: Bundesbank's sdcLog counts distinct ids",
    needs=frozenset({Need.TABLE, Need.SOURCE}),
    check=_check,
    parameters=lambda policy: {"minimum": str(policy.counts.minimum)},
)

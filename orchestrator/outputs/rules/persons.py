"""[pure] O02: counts of rows that stand for fewer people, counted again on the source.

Source: outputs section 3, O02: Bundesbank's sdcLog counts distinct ids.
"""

from collections.abc import Sequence

from orchestrator.outputs.cells import whole
from orchestrator.outputs.facts import Coordinates, Fact, people_table, row_coordinates
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role
from orchestrator.outputs.narrowed import narrowed
from orchestrator.outputs.recount import Group, Recount
from orchestrator.outputs.renamed import renamed
from orchestrator.outputs.rules.figures_of_few import figures_of_few
from orchestrator.outputs.rules.groups_in_text import in_sentences
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, spelled_rows
from orchestrator.outputs.rules.shape import may_be_people

_WORK = 20_000_000


def _check(subject: Subject) -> Outcome:
    facts = [table for table in subject.facts if table.facts]
    unclear = (*_told_by_numbers(subject), *figures_of_few(subject), *in_sentences(subject))
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


def _told_by_numbers(subject: Subject) -> tuple[Finding, ...]:
    """Numbers that are rows of the source about too few people, as only they themselves tell.

    Shape: a column of whole numbers at least as large as the minimum, beside categories of the
    source, which are no people themselves; smaller ones are O01's. They flag: what is counted
    nobody says.
    """
    least, found = subject.policy.counts.minimum, list[Finding]()
    for seen in subject.seen:
        people = Role.UNKNOWN in seen.roles and may_be_people(seen, subject.policy)
        for column, role in enumerate(seen.roles):
            if role is Role.COUNT or (role is Role.UNKNOWN and not people):
                rows = _few_behind(subject, seen, column, certain=role is Role.COUNT)
                found += [_finding(seen.part.path, rows, least, Verdict.FLAG)] if rows else []
    return tuple(found)


def _few_behind(subject: Subject, seen: Seen, column: int, *, certain: bool) -> list[int]:
    """List the rows whose numbers are rows of the source about fewer people than the minimum.

    Shape: `certain` counts of groups that the source knows `_check` has looked at.
    """
    least = subject.policy.counts.minimum
    table, _, labels, heads = people_table(seen.block, subject.known)
    numbers = {at: whole(row[column]) for at, row in enumerate(table.rows)}
    large = {at: float(value) for at, value in numbers.items() if value and value >= least}
    if column in labels or not large or (len(large) < len(numbers) and not certain):
        return []
    named = {at: row_coordinates(table, table.rows[at], labels, heads.get(at, ""), None)
             for at in large}  # fmt: skip
    recount = Recount.of(subject.indexes, named.values())
    values = list(large.values())
    told = [] if certain else _of_known(recount, list(named.values()), values, least)
    few = told or _of_renamed(recount, list(named.values()), values, least)
    rows = list(large)
    return [seen.row(rows[at] + 1) for at in few]


def _of_known(
    recount: Recount, named: Sequence[Coordinates], values: Sequence[float], least: int
) -> list[int]:
    """List the places of groups of few people, or of which a part of few people has the number."""
    by_table: dict[int, list[Group]] = {}
    for own in named:
        for group in [*recount.groups(own), *recount.joined(own)] if own else []:
            by_table.setdefault(id(group.table), []).append(group)
    for groups in by_table.values():
        if len(groups) == len(values):
            pairs = zip(groups, values, strict=True)
            few = [at for at, (group, value) in enumerate(pairs)
                   if _is_of_few(group, value, least)]  # fmt: skip
            few = few or _few(narrowed(groups, values, None) or [], least)
            if few:
                return few
    return []


def _of_renamed(
    recount: Recount, named: Sequence[Coordinates], values: Sequence[float], least: int
) -> list[int]:
    """List the places of groups of few people, one variable of which goes by other names."""
    by_table: dict[int, list[tuple[Group, Coordinates]]] = {}
    for own in named:
        for group, rest in recount.partly(own):
            by_table.setdefault(id(group.table), []).append((group, rest))
    for parts in by_table.values():
        others = {variable for _, rest in parts for variable, _ in rest}
        if len(parts) == len(values) and len(others) == 1 and all(rest for _, rest in parts):
            groups, words = [group for group, _ in parts], [rest[0][1] for _, rest in parts]
            few = _few(renamed(groups, words, values) or [], least)
            if few:
                return few
    return []


def _few(groups: Sequence[Group], least: int) -> list[int]:
    people = [group.people() for group in groups]
    return [at for at, count in enumerate(people) if count is not None and 0 < count < least]


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
    version=6,
    title="People, not rows",
    text="A count must rest on enough different people, however many rows each of them has.",
    source="outputs section 3, O02: Bundesbank's sdcLog counts distinct ids",
    needs=frozenset({Need.FORM, Need.SOURCE}),
    check=_check,
    parameters=lambda policy: {"minimum": str(policy.counts.minimum)},
)

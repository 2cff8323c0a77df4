"""[pure] O05, O06: sums and means that one or two people make up, worked out on the source.

Source: outputs section 3, O05 (ABS, ACRO's default, sdcLog) and O06 (ACRO's default, Eurostat).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from orchestrator.outputs.figures import Figure, figures
from orchestrator.outputs.index import Column
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.naming import Role
from orchestrator.outputs.narrowed import narrowed
from orchestrator.outputs.recount import Group, Recount, printed, variable_column
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, finding
from orchestrator.policy.outputs import OutputsPolicy

_WORKED_OUT = frozenset({Role.MEAN, Role.SUM})
TELLING_DIGITS = 4
"""So many digits worked out again are no accident among the columns of a table."""
_WORK = 20_000_000
"""Units: cells of the source; of larger groups no number is worked out again without a name."""


@dataclass(frozen=True)
class Traced:
    """A figure with the group and the variable of the source that it was worked out of.

    Shape: `guessed` where its categories were not recognised, so that the group is everybody.
    """

    seen: Seen
    figure: Figure
    group: Group
    column: Column
    guessed: bool = False


def traced(subject: Subject, wanted: frozenset[Role]) -> list[Traced]:
    """Trace figures to the source: each with every group and variable that its words name."""
    listed = [
        (seen, figure)
        for seen in subject.seen
        for figure in figures(seen.block, subject.known)
        if figure.role in wanted
    ]
    recount = Recount(subject.indexes, variables([figure for _, figure in listed]))
    found: list[Traced] = []
    unnamed: dict[tuple[int, int], list[tuple[Seen, Figure, list[Group]]]] = {}
    for seen, figure in listed:
        own = recount.groups(figure.coordinates)
        own += recount.joined(figure.coordinates) if figure.coordinates else []
        named = [
            Traced(seen, figure, group, column, guessed=not own)
            for group in own or recount.groups(())
            if (column := variable_column(group.table, figure.variable)) is not None
        ]
        found += named
        if own and not named and figure.role in _WORKED_OUT:
            unnamed.setdefault((id(seen), figure.column), []).append((seen, figure, own))
    return found + [one for ones in unnamed.values() for one in _told_by_value(ones)]


def _told_by_value(ones: Sequence[tuple[Seen, Figure, list[Group]]]) -> list[Traced]:
    """Find the variable of a column that no name tells: its numbers, worked out again, do.

    Shape: all numbers of the column are the sums, or means, of one variable; with fewer than four
    digits in all they might be those of another one by accident.
    """
    if sum(significant(figure.text) for _, figure, _ in ones) < TELLING_DIGITS:
        return []
    if sum(group.size * len(group.table.columns) for *_, own in ones for group in own) > _WORK:
        return []
    groups = ones[0][2]
    for at, group in enumerate(groups):
        for column in group.table.columns:
            told = [
                Traced(seen, figure, own[at], column)
                for seen, figure, own in ones
                if at < len(own) and own[at].table is group.table
            ]
            if column.numeric and len(told) == len(ones) and all(map(_is_this, told)):
                return told
    return []


def significant(text: str) -> int:
    """Count the digits of a number as printed, without zeros in front."""
    return len("".join(filter(str.isdigit, text)).lstrip("0"))


def dominated(shares: Sequence[float], policy: OutputsPolicy) -> tuple[bool, bool]:
    """Say whether one or two people make up too much of a sum, and whether p % fails.

    Shape: `shares` are each person's part, the largest first; a sum of nothing is nobody's.
    Source: (1, 50 %) ABS, (2, 90 %) ACRO's default; p %: (sum - first - second) / first.
    """
    total = fsum(shares)
    if total <= 0:
        return False, False
    limits = policy.dominance
    one, two = shares[0], fsum(shares[:2])
    share = 100 * one > limits.one_percent * total or 100 * two > limits.two_percent * total
    return share, 100 * (total - two) < limits.p_percent * one


def _check(subject: Subject, which: int) -> tuple[list[Finding], bool]:
    found: list[Finding] = []
    everywhere = traced(subject, frozenset({Role.MEAN, Role.SUM}))
    for one in everywhere:
        shares = one.group.shares(one.column)
        if shares and dominated(shares, subject.policy)[which]:
            certain = _is_this(one)
            if certain or not one.guessed:
                found.append(_finding(one, which, subject.policy, certain))
    for one in [] if found else _narrowed(everywhere):
        if dominated(one.group.shares(one.column), subject.policy)[which]:
            found.append(_finding(one, which, subject.policy, certain=True))
    return found, bool(everywhere)


def _narrowed(everywhere: Sequence[Traced]) -> list[Traced]:
    """Trace the sums of a table that are of a part of each group to that part."""
    tables: dict[tuple[int, int, int], list[Traced]] = {}
    for one in everywhere:
        if one.figure.role is Role.SUM and not one.guessed and one.group.rows is not None:
            key = (id(one.seen), one.figure.column, id(one.column))
            tables.setdefault(key, []).append(one)
    found = []
    for own in tables.values():
        groups = [one.group for one in own]
        parts = narrowed(groups, [one.figure.value for one in own], own[0].column) or []
        found += [replace(one, group=part) for one, part in zip(own, parts, strict=False)]
    return found


def _is_this(one: Traced) -> bool:
    """Say whether the published number is that of the whole group: then nothing is in doubt."""
    numbers = one.group.numbers(one.column)
    if not numbers:
        return False
    worked_out = fsum(numbers) if one.figure.role is Role.SUM else fsum(numbers) / len(numbers)
    return printed(one.figure.text, worked_out, one.figure.decimals)


def _finding(one: Traced, which: int, policy: OutputsPolicy, certain: bool) -> Finding:
    limits = policy.dominance
    threshold = (
        f"one person at most {limits.one_percent} %, two at most {limits.two_percent} %"
        if which == 0
        else f"what others add is at least {limits.p_percent} % of the largest"
    )
    return finding(
        "O05" if which == 0 else "O06",
        Verdict.BLOCK if certain else Verdict.FLAG,
        one.seen.part,
        f"{one.column.name}: {one.figure.role} at row {one.figure.row}, "
        f"{one.group.size} rows of the source"
        + ("" if certain else "; the number itself is of a part of them, or another one"),
        "One or two people make up most of this number, so it tells their value. Merge the group, "
        "show a median of many, or leave it out.",
        rows=[one.figure.row],
        column=one.figure.column,
        threshold=threshold,
    )


def variables(listed: Sequence[Figure]) -> dict[str, list[str]]:
    """List the categories that figures name, by variable."""
    found: dict[str, dict[str, None]] = {}
    for figure in listed:
        for variable, category in figure.coordinates:
            found.setdefault(variable, {}).setdefault(category)
    return {name: list(values) for name, values in found.items()}


def _outcome(subject: Subject, which: int) -> Outcome:
    found, any_traced = _check(subject, which)
    reason = None if any_traced else "No sum or mean of the source was recognised in this file."
    return Outcome(tuple(found), reason=reason)


DOMINANCE = Rule(
    id="O05",
    version=3,
    title="Dominance",
    text="No sum or mean may be mostly one person's, or two people's.",
    source="outputs section 3, O05: (1, 50 %) ABS, (2, 90 %) ACRO's default",
    needs=frozenset({Need.TABLE, Need.SOURCE}),
    check=lambda subject: _outcome(subject, 0),
    parameters=lambda policy: {
        name: str(getattr(policy.dominance, name)) for name in ("one_percent", "two_percent")
    },
)

P_PERCENT = Rule(
    id="O06",
    version=3,
    title="p %",
    text="From a sum nobody may work out the largest person's part to within p %.",
    source="outputs section 3, O06: ACRO's default 10 %; Eurostat",
    needs=frozenset({Need.TABLE, Need.SOURCE}),
    check=lambda subject: _outcome(subject, 1),
    parameters=lambda policy: {"p_percent": str(policy.dominance.p_percent)},
)

"""[pure] Means, shares and the like of groups that are too few people in the source, for O02.

Source: outputs section 3, O02, and O01 ("recount when groups are named by source categories").
"""

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.outputs.canon import number
from orchestrator.outputs.count_cells import statistic_column
from orchestrator.outputs.facts import Coordinates, people_table, row_coordinates
from orchestrator.outputs.figures import figures
from orchestrator.outputs.form import Table
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, is_total, named
from orchestrator.outputs.recount import Group, Recount
from orchestrator.outputs.roles import UNNAMED, Known
from orchestrator.outputs.rules.rule import Seen, Subject, spelled_rows

_SHARES = frozenset({Role.PERCENT, Role.RATE})


def figures_of_few(subject: Subject) -> Iterator[Finding]:
    """Tell the rows with figures of a group of fewer people than the minimum.

    Shape: no count needs to stand beside them; of a group that several tables know, each must have
    few. They flag, because categories may be called like those of the source and be others.
    """
    least = subject.policy.counts.minimum
    for seen in subject.seen:
        told: dict[Coordinates, set[int]] = {}
        for row, group in _told(seen, subject.known):
            told.setdefault(group, set()).add(row)
        recount = Recount.of(subject.indexes, told)
        few = [own for group, own in told.items() if _is_few(recount.groups(group), least)]
        rows = sorted(set().union(*few))
        if rows:
            yield Finding(
                "O02",
                Verdict.FLAG,
                Where(seen.part.path, tuple(rows)),
                f"figures at {spelled_rows(rows)} are of groups of fewer than {least} people",
                "The source has so few people in these groups, and a mean or a share of them tells "
                "nearly what each of them has. Merge groups, or leave them out.",
                measured=f"{len(rows)} rows",
                threshold=f"at least {least} people",
            )


def _told(seen: Seen, known: Known) -> Iterator[tuple[int, Coordinates]]:
    """List the groups of a table's figures, each with its row of the sheet.

    Shape: a row names one, a column may name another; a figure is of both together. Numbers that
    are not said to be figures are some where each row of the table is a group of its own.
    """
    table, found, labels, heads = people_table(seen.block, known)
    speaks, across = statistic_column(table, found), _across(table, labels, known)
    worked_out = {(one.row, one.column) for one in figures(seen.block, known)}
    rows_are_groups = _are_groups(table, labels)
    for at, row in enumerate(table.rows):
        place = seen.row(at + 1)
        own = row_coordinates(table, row, labels, heads.get(at, ""), speaks)
        if any(UNNAMED.match(name) and number(category) is not None for name, category in own):
            own = ()  # a number of no known variable may be any
        are_shares = any("%" in row[label] or named(row[label]) in _SHARES for label in labels)
        for column, text in enumerate(row):
            if column in labels or number(text) is None:
                shown = False
            elif found[column] is Role.STATISTIC:
                shown = are_shares or rows_are_groups or column in across
            else:
                shown = are_shares or found[column] in _SHARES
            if shown or (place, seen.block.columns[column]) in worked_out:
                other = across.get(column, ())
                yield from ((place, group) for group in (own, other, (*own, *other)) if group)


def _are_groups(table: Table, labels: Sequence[int]) -> bool:
    """Say whether one column names the rows, each of them once: those of people come again."""
    named_by = [row[at] for row in table.rows for at in labels]
    return len(labels) == 1 and len(set(named_by)) == len(named_by) > 1


def _across(table: Table, labels: Sequence[int], known: Known) -> Mapping[int, Coordinates]:
    """Give the group of each column, where the names of all are values of one source column."""
    names = {
        at: name.strip()
        for at, name in enumerate(table.columns)
        if at not in labels and named(name) is None and not is_total(name)
    }
    if len(names) < 2 or not known(list(names.values())):
        return {}
    return {at: (("across", name),) for at, name in names.items()}


def _is_few(groups: Sequence[Group], least: int) -> bool:
    return bool(groups) and all(group.is_few(least) for group in groups)

"""[pure] Shares whose people can be worked out, for O10: a share of a known group is a count.

The group is known where its size stands beside the share, and where the source knows it.
Source: outputs section 3, O10 (ADRF, ABS, OpenSAFELY; "recount").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, fsum

from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import decimals, whole
from orchestrator.outputs.facts import people_table, row_coordinates
from orchestrator.outputs.index import Column
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.naming import Role, is_total, words
from orchestrator.outputs.people import ANYBODY, listed
from orchestrator.outputs.recount import Group, Recount, variable_column
from orchestrator.outputs.rules.rule import Seen, Subject, spelled_rows
from orchestrator.outputs.rules.small_counts import at_column, is_whole

_BARE = ANYBODY | listed("percent pct percentage prop proportion share perc prc of the in n all "
                         "row col column total group cohort cumulative cum valid")  # fmt: skip
"""Names without another word are shares of everybody in the table: the counts of their rows."""
_WORKED_OUT = listed("mean means average avg median quantile sd std se min max iqr change "
                     "difference diff delta ci lower upper")  # fmt: skip
_SLACK = 0.6


@dataclass(frozen=True)
class Share:
    """One share: `row` of the table from 1, and how many decimals of its percent are printed."""

    row: int
    percent: float
    decimals: int

    def of(self, people: int) -> int | None:
        """Give how many of so many people it is; None where no whole number prints so."""
        half = 0.5 * 10**-self.decimals + 1e-9
        least = max(ceil(people * (self.percent - half) / 100), 0)
        most = min(floor(people * (self.percent + half) / 100), people)
        return least if least == most else None


def shares(seen: Seen, column: int) -> list[Share]:
    """List the shares of a column but those of totals, as percent."""
    cells = [row[column] for row in seen.table.rows]
    values = [number(cell) for cell in cells]
    largest = max((value for value in values if value is not None), default=0.0)
    called = "%" in seen.table.columns[column]
    unit = largest <= 1 and not called and not any(cell.strip().endswith("%") for cell in cells)
    return [
        Share(row, value * (100 if unit else 1),
              max(decimals(cells[row - 1]) - (2 if unit else 0), 0))
        for row, value in enumerate(values, 1)
        if value is not None and not any(map(is_total, seen.table.rows[row - 1]))
    ]  # fmt: skip


def add_up(own: Sequence[Share]) -> bool:
    """Say whether shares are parts of one whole."""
    finest = max((share.decimals for share in own), default=0)
    total = fsum(share.percent for share in own)
    return len(own) > 1 and abs(total - 100) <= _SLACK * len(own) * 10**-finest


def small_shares(subject: Subject) -> Iterator[Finding]:
    """Tell shares that are fewer people than the minimum, or leave so few, or are of so few."""
    least = subject.policy.counts.minimum
    for seen in subject.seen:
        for column, role in enumerate(seen.roles):
            if role is not Role.PERCENT or set(words(seen.table.columns[column])) & _WORKED_OUT:
                continue
            own = shares(seen, column)
            rows = _beside_size(seen, column, own, least) or _on_source(
                subject, seen, column, own, least
            )
            if rows:
                told = [seen.row(row) for row in rows]
                yield at_column(
                    "O10", Verdict.FLAG, seen, column,
                    f"shares at {spelled_rows(told)} are fewer than {least} people, or leave them",
                    "Whoever knows the group works out how many people this share is. Merge "
                    "groups, or leave the row out.",
                    told, threshold=f"at least {least} people in each part",
                )  # fmt: skip


def _is_of_row(seen: Seen, column: int, own: Sequence[Share]) -> bool:
    """Say whether shares are of the group of their row: `relapse %`, not `% of all`."""
    return bool(set(words(seen.table.columns[column])) - _BARE) and not add_up(own)


def _small(share: Share, people: int, least: int) -> bool:
    part = share.of(people)
    return part is not None and (0 < part < least or 0 < people - part < least)


def _beside_size(seen: Seen, column: int, own: Sequence[Share], least: int) -> list[int]:
    """List the rows whose share is that of the one size that stands beside it."""
    sizes = [at for at, role in enumerate(seen.roles)
             if role is Role.COUNT and is_whole(seen.table.columns[at])]  # fmt: skip
    if len(sizes) != 1 or not _is_of_row(seen, column, own):
        return []
    people = {share.row: whole(seen.table.rows[share.row - 1][sizes[0]]) for share in own}
    return [share.row for share in own if _small(share, people[share.row] or 0, least)]


def _on_source(
    subject: Subject, seen: Seen, column: int, own: Sequence[Share], least: int
) -> list[int]:
    """List the rows whose group has few people on the source, or whose share is few of them."""
    if not subject.indexes or any(cell.certain for cell in seen.counts):
        return []  # the counts are there; they are O01's and O02's
    said = words(seen.table.columns[column])
    groups = _groups(subject, seen)
    of_row = not add_up(own) and (bool(set(said) - _BARE) or not _is_of_all(own, groups))
    found = []
    for share in own:
        for group in groups.get(share.row, ()):
            people = group.people()
            variable = variable_column(group.table, said)
            if people is None or (variable is not None and not _is_mark(variable)):
                continue  # a measurement in percent
            if 0 < people < least or (of_row and _small(share, people, least)):
                found.append(share.row)
    return sorted(set(found))


def _is_of_all(own: Sequence[Share], groups: Mapping[int, list[Group]]) -> bool:
    """Say whether shares that no name tells are those of each row's group among all people."""
    told = [
        abs(share.percent - 100 * people / max(group.table.size, 1)) <= 10.0**-share.decimals
        for share in own
        for group in groups.get(share.row, ())
        if (people := group.people()) is not None
    ]
    return 2 * sum(told) > len(told)


def _is_mark(column: Column) -> bool:
    """Say whether a numeric column says yes or no."""
    return set(list(column.magnitudes or ())[1:]) <= {0.0, 1.0}


def _groups(subject: Subject, seen: Seen) -> Mapping[int, list[Group]]:
    """Find the group of the source that each row names."""
    table, _, labels, heads = people_table(seen.block, subject.known)
    named = {at: row_coordinates(table, row, labels, heads.get(at - 1, ""), None)
             for at, row in enumerate(table.rows, 1)}  # fmt: skip
    recount = Recount.of(subject.indexes, named.values())
    return {at: recount.groups(own) for at, own in named.items() if own}

"""[pure] O01, O03, O04: counts of people that are too small, zero, or everybody.

Source: outputs section 3, O01 (ACRO's default, ABS, ADRF), O03 (ACRO's default) and O04
(OpenSAFELY's documentation).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from math import fsum

from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import Mark, pieces
from orchestrator.outputs.count_cells import Cell, cut_points
from orchestrator.outputs.facts import FactTable
from orchestrator.outputs.form import Table
from orchestrator.outputs.keys import only_flags
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import PERCENT, Role, is_total, is_unknown, words
from orchestrator.outputs.people import ANYBODY, OUTCOMES, listed
from orchestrator.outputs.rules.counts_in_text import everybody, in_text, nobody
from orchestrator.outputs.rules.flows import small_steps
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    spelled_rows,
)
from orchestrator.outputs.rules.shape import may_be_people, varied
from orchestrator.outputs.rules.survival import TIME
from orchestrator.outputs.totals import families
from orchestrator.policy.outputs import OutputsPolicy

_PARTS = OUTCOMES | listed("events event deaths death died dead cases with yes numerator positive "
                           "affected progressed relapsed")  # fmt: skip
_WHOLES = ANYBODY | listed("n total totals all denominator N count number nobs")
_AT_RISK = frozenset({"at", "n", "no", "nr", "number"})
_ADDED_UP = ("cum", "running")
_ROUNDED = 0.5
"""Units: per cent; what shares may miss of a whole when each is rounded."""
_CENSORED = listed("censor censored censoring")
_LEFT_OUT = listed("missing excluded")
_KEPT = listed("valid included")
_ERRORS = listed("se std error err stderr standard of the")
_OF_ERROR = listed("se error err stderr")
_COEFFICIENTS = listed("coef coefficient coefficients")
_OF_CASES = listed("n cases values listwise in the analysis percent from number of total selected")
"""How a program says which cases it could use: that none is missing tells nothing of anybody."""


@dataclass(frozen=True)
class _Rest:
    """A whole and a part of it in one row, as positions of the table, and what is left."""

    row: int
    column: int
    left: int


def _small(subject: Subject) -> Outcome:
    least = subject.policy.counts.minimum
    found: list[Finding] = []
    for seen in subject.seen:
        cells = [cell for cell in seen.counts if 0 < cell.value < least]
        people = _of_people(seen, subject) if cells else ()
        cells = [cell for cell in cells if cell.column not in people]
        for column in sorted({cell.column for cell in cells}):
            own = [cell for cell in cells if cell.column == column]
            found += _small_cells(seen, column, own, least)
        found += _small_rests(seen, least)
    found += _left_of_totals(subject.facts, least)
    found += [item for part in subject.told for item in in_text(part, subject.known, least)]
    found += small_steps(subject)
    return Outcome(tuple(found))


def _of_people(seen: Seen, subject: Subject) -> frozenset[int]:
    """List the unclear columns of a table of which O20 says that its rows may be people.

    Shape: that they may be is all that such a column says; it is said once. All of them where
    nothing counts, else those of ones and zeros; none elsewhere.
    """
    unclear = [at for at, role in enumerate(seen.roles) if role is Role.UNKNOWN]
    policy, indexes = subject.policy, subject.indexes
    if unclear and may_be_people(seen, policy, indexes):
        return frozenset(unclear)
    flags = [at for at in unclear if only_flags([row[at] for row in seen.table.rows])]
    return frozenset(flags if flags and varied(seen.table, policy, indexes) else ())


def _small_cells(seen: Seen, column: int, cells: Sequence[Cell], least: int) -> list[Finding]:
    found: list[Finding] = []
    for certain in (True, False):
        rows = [seen.row(cell.row) for cell in cells if cell.certain is certain]
        if not rows:
            continue
        evidence = f"{len(rows)} of {len(seen.table.rows)} rows, at {spelled_rows(rows)}"
        say = (
            f"Fewer than {least} people stand behind these counts. Merge groups, or suppress the "
            "cells and a second one, so that the total does not give them away."
            if certain
            else f"These whole numbers are below {least}, and it is not clear what they count. "
            "If they count people, merge or suppress them; if not, name the column plainly."
        )
        found.append(
            at_column("O01", Verdict.BLOCK if certain else Verdict.FLAG, seen, column, evidence,
                      say, rows, measured=f"{len(rows)} cells",
                      threshold=f"at least {least} people")
        )  # fmt: skip
    return found


def at_column(
    rule: str,
    severity: Verdict,
    seen: Seen,
    column: int,
    evidence: str,
    say: str,
    rows: Sequence[int],
    *,
    measured: str | None = None,
    threshold: str | None = None,
) -> Finding:
    """Put a finding together at rows (of the sheet) and a column (of the table)."""
    made = finding(rule, severity, seen.part, evidence, say, rows=rows,
                   column=seen.block.columns[column], measured=measured,
                   threshold=threshold)  # fmt: skip
    named = f"{made.where.column}: {evidence}" if made.where.column else evidence
    return Finding(rule, severity, made.where, named, say, measured, threshold)


def _small_rests(seen: Seen, least: int) -> list[Finding]:
    rests = [rest for rest in _rests(seen) if 0 < rest.left < least]
    found = []
    for column in sorted({rest.column for rest in rests}):
        rows = [seen.row(rest.row) for rest in rests if rest.column == column]
        say = (
            f"Fewer than {least} people are left when these are taken from their group: the rest "
            "can be subtracted. Merge groups, or leave the row out."
        )
        evidence = f"the rest of the group is small at {spelled_rows(rows)}"
        found.append(
            at_column("O01", Verdict.BLOCK, seen, column, evidence, say, rows,
                      measured=f"{len(rows)} complements", threshold=f"at least {least} people")
        )  # fmt: skip
    return found


def _left_of_totals(tables: Sequence[FactTable], least: int) -> Iterator[Finding]:
    """Tell totals of which the counts beside them leave few people: `all 120`, `women 115`.

    Shape: visible counts as they came; a total below its parts is none of theirs.
    """
    for table in tables:
        rows = [
            total.row
            for total, parts in families(table, exact=False, fewest=1)
            if table.base == 1
            and not any(fact.hidden for fact in (total, *parts))
            and 0 < total.low - fsum(part.low for part in parts) < least
        ]
        if rows:
            yield Finding(
                "O01",
                Verdict.FLAG,
                Where(table.path, tuple(sorted(set(rows)))),
                f"what the other counts leave of a total is small at {spelled_rows(rows)}",
                f"Fewer than {least} people of this total are in no group beside it, so whoever "
                "subtracts finds them. Say 'unknown' with a larger group, or leave the total out.",
                measured=f"{len(rows)} totals",
                threshold=f"at least {least} people",
            )


def _rests(seen: Seen) -> Iterator[_Rest]:
    """Pairs of a part and its whole: `deaths` beside `people`, `3/120`, `12 (34%)`.

    Shape: none in a table of numbers at risk, whose steps are O16's.
    """
    if _at_risk(seen):
        return
    by_row: dict[int, list[Cell]] = {}
    for cell in seen.counts:
        if cell.certain:
            by_row.setdefault(cell.row, []).append(cell)
    for row, cells in by_row.items():
        yield from _packed_rests(seen, row, cells)
        wholes = [c for c in cells if is_whole(seen.table.columns[c.column])]
        parts = [c for c in cells if _is_part(seen.table.columns[c.column]) and not c.whole]
        if len(wholes) == 1:
            for part in parts:
                if part.value <= wholes[0].value and part.column != wholes[0].column:
                    yield _Rest(row, part.column, wholes[0].value - part.value)


def _packed_rests(seen: Seen, row: int, cells: Sequence[Cell]) -> Iterator[_Rest]:
    for column in sorted({cell.column for cell in cells}):
        own = [cell for cell in cells if cell.column == column]
        whole = next((cell for cell in own if cell.whole), None)
        part = next((cell for cell in own if not cell.whole), None)
        if whole and part:
            yield _Rest(row, column, whole.value - part.value)
        elif part:
            yield from _share_rest(row, column, seen.table.rows[row - 1][column])


def _share_rest(row: int, column: int, text: str) -> Iterator[_Rest]:
    """`12 (96.0%)`: the rest is between two ends; it is small where the upper end is."""
    found = pieces(text)
    share = next((piece for piece in found if piece.mark is Mark.SHARE), None)
    part = next((piece for piece in found if piece.mark is Mark.COUNT), None)
    if share is None or part is None or not 50 <= share.value < 100:
        return
    least_share = max(share.value - 0.5 * 10**-share.decimals, 0.01)
    most_left = part.value * (100 - least_share) / least_share
    left = round(part.value * (100 - share.value) / share.value)
    if most_left < left + 1:
        yield _Rest(row, column, left)


def _at_risk(seen: Seen) -> bool:
    """Say whether a table tells numbers at risk; `risk` alone is a group of people."""
    named = (set(words(name)) for name in seen.table.columns)
    return any("atrisk" in own or ("risk" in own and own & _AT_RISK) for own in named)


def _is_part(name: str) -> bool:
    return bool(_PARTS & set(words(name)))


def is_whole(name: str) -> bool:
    """Say whether a column's name says that it counts everybody of a group."""
    own = set(words(name))
    return bool(own) and own <= _WHOLES | {"of", "the", "in", "group"}


def _zeros(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for seen in subject.seen:
        cells = [
            cell
            for cell in seen.counts
            if cell.certain and not cell.value and not _tells_nothing(seen, cell)
        ]
        for column in sorted({cell.column for cell in cells}):
            rows = [seen.row(cell.row) for cell in cells if cell.column == column]
            say = (
                "A zero says that nobody of this group has the property. Keep it only where that "
                "could not be otherwise; else merge the group."
            )
            evidence = f"zero at {spelled_rows(rows)}"
            found.append(at_column("O03", Verdict.FLAG, seen, column, evidence, say, rows))
    found += [item for part in subject.told for item in nobody(part)]
    return Outcome(tuple(found))


def _tells_nothing(seen: Seen, cell: Cell) -> bool:
    """Tell zeros of a survival table that say nothing of anybody: at its beginning, of who left.

    Shape: nothing has happened yet in the first row; that nobody was censored is of the study, and
    that nobody's value is unknown as well.
    """
    if _tells_use(seen.table, cell.row, cell.column):
        return True
    if _is_nobody_missing(seen.table, cell.row, cell.column) or _is_first_time(seen, cell.column):
        return True
    if is_unknown(seen.table.rows[cell.row - 1][0]) or is_unknown(seen.table.columns[cell.column]):
        return True
    censored = bool(_CENSORED & set(words(seen.table.columns[cell.column])))
    return _at_risk(seen) and (cell.row == 1 or censored or _is_at_begin(seen.table, cell.row))


def _is_first_time(seen: Seen, column: int) -> bool:
    """Say whether a column is of time 0, before others that are later: nothing has happened yet.

    Shape: the name above the labels says that they are times; `ECOG 0` is a group.
    """
    if not TIME & set(words(seen.table.columns[0])):
        return False
    times = [number(name) for name in seen.table.columns[1:]]
    told = [time for time in times if time is not None]
    rises = len(told) == len(times) > 2 and told == sorted(set(told))
    return rises and number(seen.table.columns[column]) == 0


def _is_at_begin(table: Table, row: int) -> bool:
    """Say whether a row is of time 0: each group's curve begins there."""
    times = [at for at, name in enumerate(table.columns) if TIME & set(words(name))]
    return any(number(table.rows[row - 1][at]) == 0 for at in times)


def _tells_use(table: Table, row: int, column: int) -> bool:
    """Say whether a cell tells how many cases a program left out, or kept beside none left out.

    Shape: by its row's label or by its column's name, in which nothing else is said.
    Source: the summaries of cases of SPSS, PSPP and SAS.
    """
    labels = [set(words(values[0])) for values in table.rows]
    names = [set(words(name)) for name in table.columns]
    return any(
        own <= _LEFT_OUT | _KEPT | _OF_CASES
        and bool(own & _LEFT_OUT or (own & _KEPT and any(one & _LEFT_OUT for one in beside)))
        for own, beside in ((labels[row - 1], labels), (names[column] - {"cases"}, names))
    )


def _everybody(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for seen in subject.seen:
        for column, role in enumerate(seen.roles):
            rows = _extremes(seen.table, column) if role is Role.PERCENT else _packed(seen, column)
            if role is Role.PERCENT and rows and may_be_people(seen, subject.policy):
                rows = []  # measurements of people (blasts in percent), no shares of them
            found += _shares(seen, column, [seen.row(row) for row in rows])
        found += _whole_groups(seen)
        found += _same_values(seen)
    found += [item for part in subject.told for item in everybody(part)]
    return Outcome(tuple(found))


def _shares(seen: Seen, column: int, rows: Sequence[int]) -> list[Finding]:
    if not rows:
        return []
    say = (
        "A share of 0 or 100 % says something about every member of the group. Merge groups, or "
        "leave the row out."
    )
    evidence = f"0 or 100 % at {spelled_rows(rows)}"
    return [at_column("O04", Verdict.FLAG, seen, column, evidence, say, rows)]


def _packed(seen: Seen, column: int) -> list[int]:
    """`12 (100%)` and `0/120` say the same; a row of totals is everybody by design."""
    rows = []
    cut = cut_points(seen.table, seen.roles) if column == 0 else ()
    for row, values in enumerate(seen.table.rows, 1):
        found = pieces(values[column])
        if len(found) < 2 or is_total(values[0]) or seen.roles[column] is Role.INDEX:
            continue
        if row in cut or (is_unknown(values[0]) and not found[0].value):
            continue
        shares = [piece.value for piece in found if piece.mark is Mark.SHARE]
        part = next((piece.value for piece in found if piece.mark is Mark.COUNT), None)
        whole = next((piece.value for piece in found if piece.mark is Mark.WHOLE), None)
        if any(share in (0.0, 100.0) for share in shares) or (whole and part in (0.0, whole)):
            rows.append(row)
    return rows


def _extremes(table: Table, column: int) -> list[int]:
    """List rows with a share of nothing or everything; 1 is everything where none is larger.

    Shape: a row of totals is 100 % by design, and so is what the other shares of a row add up to,
    the last of shares that are added up from row to row, and where a curve begins.
    """
    cells = [row[column] for row in table.rows]
    values = [number(cell) for cell in cells]
    if _adds_up(table.columns[column], values):
        values[max(at for at, value in enumerate(values) if value is not None)] = None
    largest = max((value for value in values if value is not None), default=0.0)
    percent = largest > 1 or any(cell.strip().endswith("%") for cell in cells)
    whole = 100.0 if percent else 1.0
    return [
        row
        for row, value in enumerate(values, 1)
        if not _tells_use(table, row, column)
        and not _is_nobody_missing(table, row, column)
        and ((value == 0.0 and not is_unknown(table.rows[row - 1][0])) or (
            value == whole
            and not any(map(is_total, table.rows[row - 1]))
            and not _is_beginning(table, column, row)
            and not _is_of_all(table, column, row)
            and not _below_total(table, row)
            and not _is_sum_of_shares(table.rows[row - 1], column, whole)
        ))
    ]  # fmt: skip


def _adds_up(name: str, values: Sequence[float | None]) -> bool:
    """Say whether a column's shares are of this and all rows above: `cumulative %`."""
    shown = [value for value in values if value is not None]
    called = any(word.startswith(_ADDED_UP) for word in words(name))
    return called and bool(shown) and all(a < b for a, b in pairwise(shown))


def _is_nobody_missing(table: Table, row: int, column: int) -> bool:
    """Say whether a share is of missing values, of which a column of its own says there are none.

    Shape: its name says of nothing else that it is a share of it.
    """
    if not set(words(table.columns[column])) <= PERCENT:
        return False
    own = [at for at, name in enumerate(table.columns) if is_unknown(name)]
    return any(number(table.rows[row - 1][at]) == 0 for at in own)


def _is_of_all(table: Table, column: int, row: int) -> bool:
    """Say whether a row is the whole that all other rows are shares of: `all, 5,000, 100 %`."""
    shares = [number(cells[column]) for cells in table.rows]
    for at in range(len(table.columns)) if len(shares) > 2 else ():
        counts = [number(cells[at]) for cells in table.rows]
        whole = counts[row - 1]
        if (
            at != column
            and whole
            and whole >= 2
            and None not in (*counts, *shares)
            and all(
                abs(100 * (count or 0) / whole - (share or 0)) <= 1
                for count, share in zip(counts, shares, strict=True)
            )
        ):
            return True
    return False


def _is_beginning(table: Table, column: int, row: int) -> bool:
    """Say whether a share is where a curve begins: at time 0, and less at each later time."""
    times = [number(cells[0]) for cells in table.rows]
    values = [number(cells[column]) for cells in table.rows]
    told = [(at or 0.0, value or 0.0) for at, value in zip(times, values, strict=True)]
    falls = all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(told))
    return row == 1 and times[0] == 0 and column > 0 and len(told) > 2 and falls


def _below_total(table: Table, row: int) -> bool:
    """Say whether shares stand in the lines of a total: below its count, `Column %`."""
    for values in reversed(table.rows[:row]):
        cells = [cell for cell in values if cell.strip()]
        said = takewhile(lambda cell: not any(map(str.isdigit, cell)), cells[1:])
        label = " ".join([*cells[:1], *said])
        if label and "%" not in label:
            return is_total(" ".join(word for word in words(label) if word != "count"))
    return False


def _is_sum_of_shares(cells: Sequence[str], column: int, whole: float) -> bool:
    """Say whether the other cells of a row are shares that make the whole."""
    others = [cell.strip() for at, cell in enumerate(cells) if at != column]
    shares = [number(cell) for cell in others if cell.endswith("%")]
    return len(shares) > 1 and abs(fsum(share or 0.0 for share in shares) - whole) < _ROUNDED


def _whole_groups(seen: Seen) -> list[Finding]:
    """Everybody of a group in one category: a count that is its whole, with others beside it."""
    rests = [rest for rest in _rests(seen) if rest.left == 0]
    found = []
    for column in sorted({rest.column for rest in rests}):
        rows = [seen.row(rest.row) for rest in rests if rest.column == column]
        say = (
            "Everybody of these groups has the property, so it is known of each of them. Merge "
            "groups, or leave the row out."
        )
        evidence = f"the whole group at {spelled_rows(rows)}"
        found.append(at_column("O04", Verdict.FLAG, seen, column, evidence, say, rows))
    return found


def _same_values(seen: Seen) -> list[Finding]:
    """One-valued groups: a spread of nothing says that all members have the mean."""
    found = []
    of_model = Role.COEFFICIENT in seen.roles
    for column, role in enumerate(seen.roles):
        own = set(words(seen.table.columns[column]))
        if role is not Role.SPREAD or "var" in own or _of_coefficient(own, of_model=of_model):
            continue
        rows = [
            seen.row(row)
            for row, values in enumerate(seen.table.rows, 1)
            if number(values[column]) == 0.0 and not _is_whole_curve(seen.table, values)
        ]
        if rows:
            say = (
                "A spread of zero says that every member of the group has the same value. Leave "
                "the mean of these groups out, or merge them."
            )
            evidence = f"no spread at {spelled_rows(rows)}"
            found.append(at_column("O04", Verdict.FLAG, seen, column, evidence, say, rows))
    return found


def _is_whole_curve(table: Table, values: Sequence[str]) -> bool:
    """Say whether a row of a curve tells that nothing has happened yet: survival 1, error 0."""
    return any(
        number(cell) == 1.0
        for name, cell in zip(table.columns, values, strict=True)
        if {"survival", "surv"} & set(words(name))
    )


def _of_coefficient(own: set[str], *, of_model: bool) -> bool:
    """Say whether a spread is that of a coefficient, of which nobody has a value: `se(coef)`.

    Shape: or `se` alone, where a column beside it holds coefficients.
    """
    if not own & _ERRORS or not own <= _ERRORS | _COEFFICIENTS:
        return False
    return bool(own & _COEFFICIENTS) or (of_model and bool(own & _OF_ERROR))


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {"minimum": str(policy.counts.minimum)}


SMALL = Rule(
    id="O01",
    version=15,
    title="Small counts",
    text="A count of people below the minimum must not leave, nor what is left of its group.",
    source="outputs section 3, O01: ACRO's default, ABS and ADRF use 10",
    needs=frozenset({Need.FORM}),
    check=_small,
    parameters=_parameters,
)

ZERO = Rule(
    id="O03",
    version=8,
    title="Zero cells",
    text="A zero among counts of people may disclose; checkers look at it.",
    source="outputs section 3, O03: ACRO's default calls zeros disclosive",
    needs=frozenset({Need.FORM}),
    check=_zeros,
)

EVERYBODY = Rule(
    id="O04",
    version=12,
    title="Groups of which nobody or everybody has a property",
    text="A share of 0 or 100 %, or one value for all, tells something about every member.",
    source="outputs section 3, O04: OpenSAFELY's documentation",
    needs=frozenset({Need.FORM}),
    check=_everybody,
)

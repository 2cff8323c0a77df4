"""[pure] O16: survival curves as steps, whose single events are single people's.

Source: outputs section 3, O16: ACRO's survival_safe_threshold; OpenSAFELY (printed steps).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

from orchestrator.outputs.canon import number
from orchestrator.outputs.form import Part
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, words
from orchestrator.outputs.recount import PERSON, Group, holders, variable_column
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    spelled_rows,
)

_SURVIVAL = frozenset({"survival", "surv", "km", "kaplan", "cumhaz", "cuminc", "estimate"})
_RISK = frozenset({"risk", "atrisk"})
_EVENT = frozenset({"event", "events", "deaths", "died", "death"})
_HAZARD = frozenset({"hazard", "hazards", "cumhaz", "chaz"})
TIME = frozenset({"time", "times", "timeline", "day", "days", "month", "months", "year", "years",
                  "week", "weeks", "futime", "t"})  # fmt: skip
_RIGHT = frozenset({"tpr", "sensitivity", "sens", "recall"})
_WRONG = frozenset({"fpr", "specificity", "spec"})
_MOSTLY = 0.8
_FEWEST_STEPS = 3
_MANY_STEPS = 10
_STARTS = 0.9
"""Where a curve begins that falls from 1, or a little below."""
_DRAWN = "/stairs/"
_EVEN, _MONTHS = 0.1, 250
"""Units: distances of the grid; finer ones are of weeks and days."""
_COARSER = 5
"""Times that stand on a grid so much coarser than their variable's are rounded ones."""


@dataclass(frozen=True)
class _Curve:
    """The columns of a survival table, by position; None for one that is not there."""

    seen: Seen
    time: int
    survival: int | None
    risk: int | None
    events: int | None


def _check(subject: Subject) -> Outcome:
    curves = [curve for seen in subject.seen if (curve := _curve(seen)) is not None]
    known = {id(curve.seen) for curve in curves}
    steps = [curve for seen in subject.seen
             if id(seen) not in known and (curve := _by_value(seen)) is not None]  # fmt: skip
    stairs = [seen for seen in subject.seen if _is_staircase(seen)]
    drawn = [part for part in subject.parts if _DRAWN in part.path and part.table is not None]
    if not (curves or steps or stairs or drawn):
        return Outcome(reason="There is no table of survival steps in this file.")
    found: list[Finding] = []
    for curve in curves:
        found += _steps(curve, subject.policy.survival.minimum)
        found += _times(curve, subject)
    for curve in steps:
        found += _own_times(curve, subject)
    found += map(_of_stairs, stairs)
    found += (one for part in drawn for one in _drawn_steps(part, subject))
    return Outcome(tuple(found))


def _is_staircase(seen: Seen) -> bool:
    """Tell a curve of rightly and wrongly called people that steps at each of them.

    Shape: ten rows and more; in most of them either of the two grows, and not the other.
    Source: `roc_curve` of scikit-learn, `coords` of R's pROC.
    """
    names = [set(words(name)) for name in seen.table.columns]
    right = next((at for at, own in enumerate(names) if own & _RIGHT), None)
    wrong = next((at for at, own in enumerate(names) if own & _WRONG), None)
    if right is None or wrong is None or right == wrong or len(seen.table.rows) < _MANY_STEPS:
        return False
    pairs = [*zip(_column(seen, right), _column(seen, wrong), strict=True)]
    moved = [(a[0] != b[0], a[1] != b[1]) for a, b in pairwise(pairs)]
    return sum(one != other for one, other in moved) >= _MOSTLY * len(moved)


def _of_stairs(seen: Seen) -> Finding:
    return finding(
        "O16", Verdict.FLAG, seen.part,
        f"a curve that steps at single people, {len(seen.table.rows)} steps",
        "Each step stands at the value of one person. Give the area, or few thresholds with ten "
        "people and more between them.",
        rows=[seen.row(row) for row in range(1, len(seen.table.rows) + 1)],
    )  # fmt: skip


def _drawn_steps(part: Part, subject: Subject) -> Iterator[Finding]:
    """Tell a drawn curve that steps at values which nobody rounded, or too often."""
    rows = part.table.rows if part.table is not None else ()
    places = [value for x, _ in rows if (value := number(x)) is not None]
    if _are_too_many(len(rows), subject) or not _are_rounded(places):
        yield Finding(
            "O16", Verdict.FLAG, Where(part.path),
            f"a drawn curve with {len(rows)} steps, each at the value of few people",
            "Somebody's event, or value, is at each step. Draw the curve at rounded times, or few "
            "thresholds, with ten people and more between two of them.",
            threshold=f"at least {subject.policy.survival.minimum}",
        )  # fmt: skip


def _are_too_many(steps: int, subject: Subject) -> bool:
    """Say whether the source has not people enough for so many steps of enough people each."""
    everybody = [Group(index, table, None) for index in subject.indexes for table in index.tables]
    people = max((group.people() or group.size for group in everybody), default=0)
    return 0 < people < steps * subject.policy.survival.minimum


def _are_rounded(places: Sequence[float]) -> bool:
    """Say whether places stand on a grid as coarse as months: all distances are whole steps."""
    gaps = [abs(b - a) for a, b in pairwise(places) if a != b]
    least = min(gaps, default=0.0)
    even = all(abs(gap / least - round(gap / least)) <= _EVEN for gap in gaps)
    return not gaps or (even and sum(gaps) / least <= _MONTHS)


def _curve(seen: Seen) -> _Curve | None:
    """Tell a survival table: a time, and a survival that only falls or people at risk that do."""
    names = [set(words(name)) for name in seen.table.columns]
    time = next((at for at, own in enumerate(names) if own & TIME and not own & _EVENT), None)
    if time is None or len(seen.table.rows) < _FEWEST_STEPS:
        return None
    risk = next((at for at, own in enumerate(names)
                 if own & _RISK and seen.roles[at] is Role.COUNT), None)  # fmt: skip
    events = next((at for at, own in enumerate(names)
                   if own & _EVENT and seen.roles[at] is Role.COUNT), None)  # fmt: skip
    survival = next((at for at, own in enumerate(names)
                     if own & _SURVIVAL and _falls(_column(seen, at), 1.0)), None)  # fmt: skip
    if survival is None and (risk is None or not _falls(_column(seen, risk), float("inf"))):
        return None
    return _Curve(seen, time, survival, risk, events)


def _by_value(seen: Seen) -> _Curve | None:
    """Tell steps that no name tells: numbers that rise, and beside them a share that falls from 1.

    Shape: ten rows and more; a hazard that is added up rises, from nothing where no name tells it.
    Source: `survival_function_`, `cumulative_hazard_` of lifelines, `basehaz` of R.
    """
    names = [set(words(name)) for name in seen.table.columns]
    if len(seen.table.rows) < _MANY_STEPS:
        return None
    columns = [_column(seen, at) for at in range(len(names))]
    rising = [
        at
        for at, values in enumerate(columns)
        if _rises(values) and not enumerates([row[at] for row in seen.table.rows])
    ]
    for at, values in enumerate(columns):
        time = next((one for one in rising if one != at), None)
        hazard = _grows(values) and (names[at] & _HAZARD or _is_added_up(values))
        survives = (values[0] or 0.0) > _STARTS and _falls(values, 1.0)
        if time is not None and (hazard or survives):
            return _Curve(seen, time, at, None, None)
    return None


def _grows(values: Sequence[float | None]) -> bool:
    shown = [value for value in values if value is not None]
    return len(shown) == len(values) and 0 <= shown[0] < shown[-1] and shown == sorted(shown)


def _is_added_up(values: Sequence[float | None]) -> bool:
    return values[0] == 0 and any(value is not None and value % 1 for value in values)


def _rises(values: Sequence[float | None]) -> bool:
    shown = [value for value in values if value is not None]
    return len(shown) == len(values) and all(one < other for one, other in pairwise(shown))


def _falls(values: Sequence[float | None], most: float) -> bool:
    shown = [value for value in values if value is not None]
    largest = max(shown, default=0.0)
    bound = 100.0 if most == 1.0 and largest > 1 else most
    return (
        len(shown) >= _FEWEST_STEPS
        and all(0 <= value <= bound for value in shown)
        and all(one >= other for one, other in pairwise(shown))
        and shown[0] > shown[-1]
    )


def _column(seen: Seen, at: int) -> list[float | None]:
    return [number(row[at]) for row in seen.table.rows]


def _steps(curve: _Curve, least: int) -> Iterator[Finding]:
    """Fewer than the minimum at risk or with the event at a step, or steps without their counts."""
    for at, what in ((curve.risk, "people at risk"), (curve.events, "events")):
        if at is not None:
            values = _column(curve.seen, at)
            rows = [row for row, value in enumerate(values, 1) if value and 0 < value < least]
            if rows:
                yield _finding(curve, Verdict.BLOCK, rows, f"fewer than {least} {what}", at, least)
    if curve.risk is None and curve.events is None:
        rows = list(range(1, len(curve.seen.table.rows) + 1))
        yield _finding(curve, Verdict.FLAG, rows, "steps without people at risk and events",
                       curve.survival, least)  # fmt: skip
    elif curve.events is None and curve.survival is not None and curve.risk is not None:
        rows = _implied(_column(curve.seen, curve.survival), _column(curve.seen, curve.risk), least)
        if rows:
            yield _finding(curve, Verdict.FLAG, rows,
                           f"the fall of the curve tells fewer than {least} events",
                           curve.survival, least)  # fmt: skip


def _implied(survival: Sequence[float | None], risk: Sequence[float | None], least: int
             ) -> list[int]:  # fmt: skip
    """Steps whose fall, of so many people at risk, is that of few events."""
    rows = []
    for row in range(1, len(survival)):
        before, after, people = survival[row - 1], survival[row], risk[row]
        if before and after is not None and people and before > after:
            events = people * (1 - after / before)
            if 0.5 < events < least - 0.5:
                rows.append(row + 1)
    return rows


def _times(curve: _Curve, subject: Subject) -> Iterator[Finding]:
    """Times of steps that are few people's own times in the source."""
    least = subject.policy.survival.minimum
    for index in subject.indexes:
        for table in index.tables:
            said = words(curve.seen.table.columns[curve.time])
            column = variable_column(table, [*said, "futime", "time"])
            if column is None:
                continue
            rows = [
                row
                for row, values in enumerate(curve.seen.table.rows, 1)
                if 0 < holders(index, table, column, values[curve.time]) < least
            ]
            if 2 * len(rows) > len(curve.seen.table.rows):
                yield _finding(curve, Verdict.FLAG, rows,
                               f"times that fewer than {least} people of the source have",
                               curve.time, least)  # fmt: skip


def _own_times(curve: _Curve, subject: Subject) -> Iterator[Finding]:
    """Times of steps, of a curve without a name, that are few people's own of any variable.

    Shape: most of them; times on a coarser grid were rounded. Or steps that are too many.
    """
    least = subject.policy.survival.minimum
    times = [row[curve.time] for row in curve.seen.table.rows]
    values = [number(text) or 0.0 for text in times]
    if curve.survival is not None:
        levels = _column(curve.seen, curve.survival)
        steps = sum(one != other for one, other in pairwise(levels))
        if _are_too_many(steps, subject):
            yield _finding(curve, Verdict.FLAG, range(1, len(times) + 1),
                           f"{steps} steps, of fewer than {least} people each on average",
                           curve.survival, least)  # fmt: skip
            return
    for index in subject.indexes:
        for table in index.tables:
            for column in table.columns if _are_steps(values) else ():
                if not column.numeric or column.role in PERSON:
                    continue
                rows = [
                    row
                    for row, text in enumerate(times, 1)
                    if 0 < holders(index, table, column, text) < least
                ]
                if 2 * len(rows) > len(times):
                    yield _finding(curve, Verdict.FLAG, rows,
                                   f"times that fewer than {least} people of the source have",
                                   curve.time, least)  # fmt: skip
                    return


def _are_steps(values: Sequence[float]) -> bool:
    """Say whether times are no rounded ones: they stand on no grid of their own."""
    scale = 1 if all(value == int(value) for value in values) else 100
    return gcd(*(round(value * scale) for value in values)) < _COARSER


def _finding(
    curve: _Curve, severity: Verdict, rows: Sequence[int], what: str, at: int | None, least: int
) -> Finding:
    own = [curve.seen.row(row) for row in rows]
    say = (
        f"Show the curve at rounded times with at least {least} events between them and {least} "
        "people at risk, and give those counts beside it."
    )
    column = None if at is None else curve.seen.block.columns[at]
    return finding("O16", severity, curve.seen.part, f"{what}, at {spelled_rows(own)}", say,
                   rows=own, column=column, threshold=f"at least {least}")  # fmt: skip


RULE = Rule(
    id="O16",
    version=5,
    title="Survival steps",
    text="Each step of a survival curve rests on enough events and people at risk.",
    source="outputs section 3, O16: ACRO's survival_safe_threshold; OpenSAFELY (printed steps)",
    needs=frozenset({Need.TABLE}),
    check=_check,
    parameters=lambda policy: {"minimum": str(policy.survival.minimum)},
)

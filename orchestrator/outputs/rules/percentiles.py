"""[pure] O09: exact percentiles that are single people's values.

A percentile of a group is the value of whoever stands in that place. Which variable a table is
about its names tell, or, where they do not, the percentiles themselves: they are worked out again.
Source: outputs section 3, O09 (ADRF, ABS).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, gcd, isfinite, prod

from orchestrator.outputs.figures import Figure, figures
from orchestrator.outputs.index import Column, Index, TableIndex
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, words
from orchestrator.outputs.passages import numbers, passages, sentences
from orchestrator.outputs.recount import PERSON, Group, Recount, grid, holders
from orchestrator.outputs.rules.dominance import (
    TELLING_DIGITS,
    Traced,
    significant,
    traced,
    variables,
)
from orchestrator.outputs.rules.extremes import SAY, held_by_few, names
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    spelled_rows,
)

_LEVELS = {"median": 0.5, "p50": 0.5, "q2": 0.5, "q1": 0.25, "p25": 0.25, "lq": 0.25,
           "q3": 0.75, "p75": 0.75, "uq": 0.75, "p10": 0.1, "p90": 0.9, "p5": 0.05,
           "p95": 0.95}  # fmt: skip
_PERCENTILE = re.compile(r"p0?([1-9]\d?)\Z")
_TELLING = 3
"""So many numbers worked out again are no accident; fewer on one grid are one."""
_MOSTLY = 0.6
"""The share of figures whose groups the source knows: others are of what was put together."""
_ACCIDENT, _AROUND = 1e-6, 0.1
"""Below this chance figures are values of the source; and the share of a number that is near it."""
_COARSER = 5
_MIDDLE = re.compile(r"\b(?:median|quartiles?|iqr|interquartile|percentiles?)\b", re.IGNORECASE)
_OF_GROUP = re.compile(
    r"\b(?:the|of|all|among|in) (\d[\d,]*) (?:who|whose|with|without|\w+s\b|women|men|people|"
    r"children)"
    r"|\bn ?= ?(\d[\d,]*)", re.IGNORECASE
)  # fmt: skip


def _percentiles(subject: Subject) -> Outcome:
    named = traced(subject, frozenset({Role.PERCENTILE}))
    found = held_by_few(subject, Role.PERCENTILE, "O09")
    grouped = [one for one in named if not one.guessed and one.group.rows is not None]
    told = grouped or _told_by_value(subject)
    found = [*(found or _of_groups(subject, told)), *_in_sentences(subject)]
    if not found and not named and not told:
        return Outcome(reason="No percentile of a variable of the source was recognised.")
    return Outcome(tuple(found))


def _in_sentences(subject: Subject) -> Iterator[Finding]:
    """Tell lines with a percentile that is the value of few people of the group that they name.

    Shape: a group of so many has as large a share of those with the value as of all people.
    """
    least = subject.policy.holders.minimum
    tables = [(index, table) for index in subject.indexes for table in index.tables]
    for part in subject.told:
        lines = sorted({
            line
            for line, passage in (passages(part.text) if part.text else ())
            for sentence in sentences(passage)
            if _MIDDLE.search(sentence)
            and any(_is_of_few(sentence, *own, least) for own in tables)
        })  # fmt: skip
        if lines:
            yield Finding(
                "O09", Verdict.FLAG, Where(part.path, tuple(lines)),
                f"values that fewer than {least} people of their group have, at lines "
                f"{spelled_rows(lines)}",
                SAY, threshold=f"at least {least} people with the value",
            )  # fmt: skip


def _is_of_few(sentence: str, index: Index, table: TableIndex, least: int) -> bool:
    said = set(words(sentence))
    sizes = [int((match[1] or match[2]).replace(",", "")) for match in _OF_GROUP.finditer(sentence)]
    share = min([*(size / max(table.size, 1) for size in sizes), 1.0])
    return any(
        0 < holders(index, table, column, text) * share < least
        for text in set(numbers(sentence)) - set(map(str, sizes))
        for column in table.columns
        if column.numeric and column.role not in PERSON and names(column, said, text)
    )


def _of_groups(subject: Subject, traces: Iterable[Traced]) -> list[Finding]:
    """Percentiles that few people of their group have, where they were not rounded.

    Shape: rounded are three or more figures of one variable and table that all stand on a coarser
    grid than the variable; fewer, or finer ones, are as they came.
    """
    own: dict[tuple[str, int], list[Traced]] = {}
    for one in traces:
        own.setdefault((one.seen.part.path, id(one.column)), []).append(one)
    least = subject.policy.holders.minimum
    found = []
    for ones in own.values():
        few = [one for one in ones if 0 < _holders(one) < least]
        if few and not _rounded([one.figure.value for one in ones], grid(few[0].column)):
            rows = sorted({one.figure.row for one in few})
            evidence = (
                f"{few[0].column.name}: values that fewer than {least} people of their group have, "
                f"at rows {spelled_rows(rows)}"
            )
            found.append(
                finding("O09", Verdict.FLAG, few[0].seen.part, evidence, SAY, rows=rows,
                        threshold=f"at least {least} people with the value")
            )  # fmt: skip
    return found


def _holders(one: Traced) -> int:
    return len(one.group.holders(one.column, one.figure.value))


def _rounded(values: Sequence[float], step: float) -> bool:
    """Say whether figures stand on a grid at least five times as coarse as their variable's."""
    steps = {round(value / step) for value in values}
    return len(steps) >= _TELLING and gcd(*steps) >= _COARSER


def _told_by_value(subject: Subject) -> list[Traced]:
    """Find the variable of each table whose percentiles are those of the groups it names."""
    found: list[Traced] = []
    for seen in subject.seen:
        listed = [
            (figure, level)
            for figure in figures(seen.block, subject.known)
            if figure.role is Role.PERCENTILE and (level := _level(figure)) is not None
        ]
        digits = sum(significant(figure.text) for figure, _ in listed)
        if len(listed) >= _TELLING or digits >= TELLING_DIGITS:
            found += _worked_out(subject, seen, listed)
    return found


def _worked_out(
    subject: Subject, seen: Seen, listed: Sequence[tuple[Figure, float]]
) -> list[Traced]:
    recount = Recount(subject.indexes, variables([figure for figure, _ in listed]))
    groups: dict[int, list[tuple[Figure, float, Group]]] = {}
    for figure, level in listed:
        for group in recount.groups(figure.coordinates):
            if group.rows is not None or not figure.coordinates:
                groups.setdefault(id(group.table), []).append((figure, level, group))
    for own in groups.values():
        told = len(own) >= max(_TELLING, _MOSTLY * len(listed))
        for column in own[0][2].table.columns if told or len(own) == len(listed) else ():
            if column.numeric and all(_is_there(*one, column) for one in own):
                return [Traced(seen, figure, group, column) for figure, _, group in own]
    return _met(subject, seen, [figure for figure, _ in listed])


def _met(subject: Subject, seen: Seen, listed: Sequence[Figure]) -> list[Traced]:
    """Find the variable of which all figures are values, where few would be by chance.

    Shape: of groups that the source does not know; chance is how thick values stand around each.
    """
    for group in Recount(subject.indexes, {}).groups(()):
        for column in group.table.columns:
            if not column.numeric or column.magnitudes is None or column.role in PERSON:
                continue
            values, step = sorted(filter(isfinite, column.magnitudes)), grid(column)
            chances = [_chance(figure.value, values, step) for figure in listed]
            met = [figure for figure in listed if _is_value(figure.value, values)]
            if len(listed) >= _TELLING and len(met) == len(listed) and prod(chances) < _ACCIDENT:
                return [Traced(seen, figure, group, column) for figure in listed]
    return []


def _is_value(value: float, values: Sequence[float]) -> bool:
    at = bisect_left(values, value - 1e-9)
    return at < len(values) and abs(values[at] - value) < 1e-9


def _chance(value: float, values: Sequence[float], step: float) -> float:
    """The share of the grid around a number on which values of the source stand."""
    near = max(abs(value) * _AROUND, 10 * step)
    within = bisect_right(values, value + near) - bisect_left(values, value - near)
    return min(within / (2 * near / step), 1.0)


def _is_there(figure: Figure, level: float, group: Group, column: Column) -> bool:
    """Say whether a number stands at its level in a group, by any way of working it out."""
    values = sorted(group.numbers(column))
    if not values:
        return False
    place, half = level * (len(values) - 1), 0.5 * 10**-figure.decimals + 1e-9
    low, high = values[floor(place)], values[ceil(place)]
    return bool(low - half <= figure.value <= high + half)


def _level(figure: Figure) -> float | None:
    own = list(figure.variable)
    if own[:1] == ["0"] and len(own) > 1 and own[1].isdecimal():
        return float(f"0.{own[1]}")  # a column called `0.05`
    told = (_LEVELS.get(word) or _of_name(word) for word in own)
    return next(filter(None, told), None)


def _of_name(word: str) -> float | None:
    match = _PERCENTILE.match(word)
    return int(match[1]) / 100 if match else None


PERCENTILES = Rule(
    id="O09",
    version=6,
    title="Exact percentiles",
    text="A percentile must not be the value of few people, of all or of its group.",
    source="outputs section 3, O09: ADRF (fuzzy medians), ABS (minimum contributors)",
    needs=frozenset({Need.FORM, Need.SOURCE}),
    check=_percentiles,
    parameters=lambda policy: {"holders": str(policy.holders.minimum)},
)

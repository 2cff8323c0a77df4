"""[pure] The worked-out numbers of a table: which statistic, of which variable, of which group.

`mean kappa`, a `describe()` with one statistic a row, a list of figures and a long table come to
the same: a role, the words that name the variable, and the categories that name the group.
Source: outputs section 3 (O05, O06, O08, O09).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.outputs.blocks import Block
from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import decimals, pieces
from orchestrator.outputs.conditions import without_conditions
from orchestrator.outputs.count_cells import statistic_column
from orchestrator.outputs.facts import Coordinates, people_table, row_coordinates
from orchestrator.outputs.form import Table
from orchestrator.outputs.naming import Role, named, numbered_people, words
from orchestrator.outputs.roles import Known

_RANGE = re.compile(r"([+-]?\d[\d,.]*) ?(?:-|–|—|to|,|;) ?([+-]?\d[\d,.]*)\Z")
_NUMBER = r"(\d+(?:\.\d+)?)"
_MIDDLE = re.compile(rf"{_NUMBER} ?[(\[]{_NUMBER} ?(?:,|;|-|–|to) ?{_NUMBER}[)\]]")
_IN_CELL = re.compile(r"\b[Pp](\d{1,2}) ?[:=]? ?(\d+(?:\.\d+)?)\b")
"""`P1 29.6; P99 1576.7`."""
_OF_MEANS = frozenset(
    {"mean", "means", "average", "ci", "confidence", "hr", "or", "rr", "ratio", "95"}
)
"""Beside these a number in brackets is no quartile."""
_TOLD = frozenset({Role.MEAN, Role.SUM, Role.SPREAD, Role.EXTREME, Role.PERCENTILE})


@dataclass(frozen=True)
class Figure:
    """One worked-out number.

    Shape: `row` from 1, `column` from 0, as in the sheet; `text` is the number as printed;
    `variable` are the words that may name what it was worked out of.
    """

    row: int
    column: int
    role: Role
    variable: tuple[str, ...]
    coordinates: Coordinates
    text: str
    value: float
    decimals: int


def figures(block: Block, known: Known) -> list[Figure]:
    """List the means, sums, spreads, extremes and percentiles of a table."""
    table, found, labels, heads = people_table(block, known)
    labels = [at for at in labels if not _are_middles(table, at)]
    speaks = statistic_column(table, found)
    people = numbered_people(table.columns)
    listed: list[Figure] = []
    for position, row in enumerate(table.rows):
        told = [row[at] for at in labels] if labels else [row[0]] if row else []
        group = row_coordinates(table, row, labels, heads.get(position, ""), speaks)
        for at, text in enumerate(row):
            if at in labels or table.columns[at] in people:
                continue
            name = (table.columns[at], heads.get(position, ""), *map(without_conditions, told))
            said = tuple(word for part in name for word in words(part))
            listed += [
                Figure(block.at[position], block.columns[at], Role.PERCENTILE,
                       (f"p{match[1]}", *said), group, match[2], float(match[2]),
                       decimals(match[2]))
                for match in _IN_CELL.finditer(text)
            ]  # fmt: skip
            role = _role(table, row, at, speaks, labels, found[at])
            if role is None and _is_middle(text, f"{table.columns[at]} {told}"):
                role = Role.PERCENTILE
            if role not in _TOLD:
                continue
            listed += [
                Figure(block.at[position], block.columns[at], own, said, group, shown,
                       value, decimals(shown))
                for own, shown, value in _numbers(text, role, f"{table.columns[at]} {told}")
            ]  # fmt: skip
    return listed


def _role(
    table: Table,
    row: Sequence[str],
    at: int,
    speaks: int | None,
    labels: Sequence[int],
    own: Role,
) -> Role | None:
    """Say what a number is: by the row where rows speak, else by its column, else by its row."""
    if speaks is not None:
        return named(row[speaks])
    if _is_sum(table.columns[at]):
        return Role.SUM
    column = named(table.columns[at]) or (own if own in _TOLD else None)
    if column in _TOLD or column is Role.COUNT:
        return column
    return next((said for said in (named(row[label]) for label in labels) if said), column)


def _are_middles(table: Table, at: int) -> bool:
    cells = [row[at] for row in table.rows]
    told = (_IN_CELL.search(cell) or _is_middle(cell, table.columns[at]) for cell in cells)
    return 2 * sum(map(bool, told)) > len(cells)


def _is_middle(text: str, name: str) -> bool:
    """Tell a median and its quartiles, `325 (184, 654)`, where nobody says otherwise."""
    shown = _MIDDLE.fullmatch(" ".join(text.split()))
    return shown is not None and _is_between(*shown.groups()) and not _OF_MEANS & set(words(name))


def _is_between(middle: str, low: str, high: str) -> bool:
    """Say whether a number stands between the two behind it, as a median between its quartiles."""
    ends = [float(one.lstrip("-").replace(",", "")) for one in (low, middle, high)]
    return ends[0] < ends[1] < ends[2]


def _is_sum(name: str) -> bool:
    """`total_units` is a sum of units, if the source has such a column; `total` alone is not."""
    own = set(words(name))
    return "total" in own and bool(own - {"total", "of", "the", "n"})


def _numbers(text: str, role: Role, name: str) -> list[tuple[Role, str, float]]:
    """Take the numbers of one cell: one, `64 (52-71)`, or the two ends of a range."""
    plain = " ".join(text.split())
    value = number(plain)
    if value is not None:
        return [(role, plain, value)]
    shown = re.findall(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?(?![\w.])", plain.replace("–", " - "))
    shown = [one.lstrip("+") for one in shown]
    if _RANGE.match(plain):
        ends = [one.lstrip("-") if at else one for at, one in enumerate(shown)]
        return [(role, one, float(one.replace(",", ""))) for one in ends[:2]]
    if not pieces(plain):
        return []
    spread = {"range": Role.EXTREME, "min": Role.EXTREME, "iqr": Role.PERCENTILE}
    rest = next((own for word, own in spread.items() if word in words(name)), Role.SPREAD)
    told = words(name)
    around = len(shown) == 3 and _is_between(*shown) and not _OF_MEANS & set(told)
    if around and rest is Role.SPREAD:
        rest = Role.PERCENTILE
    first = Role.PERCENTILE if "median" in told or rest is Role.PERCENTILE else Role.MEAN
    return [
        (first if at == 0 else rest, one.lstrip("-") if at == 2 else one,
         abs(float(one.replace(",", ""))) if at == 2 else float(one.replace(",", "")))
        for at, one in enumerate(shown[:3])
    ]  # fmt: skip

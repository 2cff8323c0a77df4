"""[pure] Which rows of a source a label names: a category, a band, several of them, conditions.

Source: outputs section 3 (O01, O02, O05, O06, O08, O09, "Snapshot").
"""

import math
import re
from collections.abc import Sequence

from orchestrator.outputs.bands import Limits, band
from orchestrator.outputs.canon import FINE, hasher, spell
from orchestrator.outputs.conditions import Condition, condition, parts_of
from orchestrator.outputs.facts import GENERIC
from orchestrator.outputs.index import Column, Index, TableIndex
from orchestrator.outputs.naming import words
from orchestrator.outputs.people import SAME

FEW_VALUES = 1000
"""Units: values of a column; of more each is no category."""
_ALIKE = (
    ("f", "w", *(word for word, sex in SAME.items() if sex == "female")),
    ("m", "männlich", *(word for word, sex in SAME.items() if sex == "male")),
    ("1", "true", "yes", "y", "ja", "oui", "sí", "si"),
    ("0", "false", "no", "n", "nein", "nee", "non"),
)
_OR = re.compile(r"\s*[|/]\s*|\s+or\s+")


def spellings(category: str) -> list[str]:
    """List a category and the other words and codes for the same: `male`, `m`; `true`, `1`."""
    own = category.strip().casefold()
    same = next((alike for alike in _ALIKE if own in alike), ())
    return [category, *(text for text in same if text != own)]


def rows_of_category(index: Index, column: Column, category: str) -> frozenset[int] | None:
    """Give the rows with a category of a column, or within a band of its numbers."""
    hashed = hasher(index.key)
    for text in spellings(category):
        group = column.features[0].find(hashed(spell(text, FINE)))
        if group >= 0:
            return frozenset(column.rows_of(0, group))
    limits = band(category)
    if limits is None or column.magnitudes is None:
        return None
    inside = {
        value
        for value in range(1, len(column.magnitudes))
        if _within(column.magnitudes[value], limits)
    }
    return frozenset(row for row, value in enumerate(column.values) if value in inside)


def rows_of_label(index: Index, table: TableIndex, label: str) -> frozenset[int] | None:
    """Give the rows that a label of several parts names: `DLBCL, F`, `FL|HL, age >= 60`.

    Shape: each part has to be a condition on a column of the table, or a category of just one
    column that says something alone; None of a label that is one category, or holds anything else.
    """
    parts = parts_of(label)
    told = [condition(part) for part in parts]
    if len(parts) < 2 and not any(told) and not any(len(_OR.split(part)) > 1 for part in parts):
        return None
    found = [
        _of_any(index, table, _OR.split(part)) if own is None else rows_where(index, table, own)
        for part, own in zip(parts, told, strict=True)
    ]
    known = [rows for rows in found if rows is not None]
    return frozenset.intersection(*known) if known and len(known) == len(found) else None


def rows_where(index: Index, table: TableIndex, told: Condition) -> frozenset[int] | None:
    """Give the rows that meet a condition; None where the table has no such column or value.

    Shape: a column goes by its name; by the values alone where just one column has all of them.
    """
    said = words(told.variable)
    column = next((own for own in table.columns if own.features and words(own.name) == said), None)
    if column is None:
        return _of_any(index, table, told.values) if told.sign == "=" else None
    if told.sign not in {"=", "!="}:
        return rows_of_category(index, column, told.sign + told.values[0])
    found = [rows_of_category(index, column, value) for value in told.values]
    known = [rows for rows in found if rows is not None]
    if len(known) < len(found):
        return None
    rows = frozenset[int]().union(*known)
    return rows if told.sign == "=" else frozenset(range(table.size)) - rows


def _of_any(index: Index, table: TableIndex, names: Sequence[str]) -> frozenset[int] | None:
    """Give the rows that have one of some categories, where just one column has them all."""
    if any(name in GENERIC or not any(map(str.isalpha, name)) for name in names):
        return None
    hashes = [hasher(index.key)(spell(name, FINE)) for name in names]
    columns = [
        column for column in table.columns
        if column.features and not column.numeric and len(column.offsets) < FEW_VALUES
        and all(column.features[0].find(one) >= 0 for one in hashes)
    ]  # fmt: skip
    if len(columns) != 1:
        return None
    (column,) = columns
    return frozenset(
        row for one in hashes for row in column.rows_of(0, column.features[0].find(one))
    )


def _within(value: float, limits: Limits) -> bool:
    low, low_in, high, high_in = limits
    if not math.isfinite(value):
        return False
    return (value > low or (low_in and value == low)) and (
        value < high or (high_in and value == high)
    )

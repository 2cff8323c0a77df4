"""The rows of an upload that the opener streamed, read back into columns.

Nothing of their shape is believed: an exploited parser may have written them.
"""

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.outputs.form import BadForm, Table
from orchestrator.outputs.index import Numbers, SourceColumn, TableIndex, build_table


@dataclass(frozen=True)
class Loaded:
    """One table in memory: its columns as distinct values and positions."""

    path: str
    name: str
    size: int
    columns: tuple[SourceColumn, ...]


def load_rows(path: Path, table: Table, name: str, source: str) -> Loaded:
    """Read streamed rows back into columns, believing nothing of their shape.

    Errors: BadForm for a row that is not a list of as many texts as the table has columns.
    """
    seen = [dict[str, int]() for _ in table.columns]
    positions: list[Numbers] = [array("I") for _ in table.columns]
    width, total = len(table.columns), 0
    for row in _rows(path):
        if not isinstance(row, list) or len(row) != width:
            raise BadForm("a row that is not as wide as its table")
        total += 1
        for cell, known, own in zip(row, seen, positions, strict=True):
            if not isinstance(cell, str):
                raise BadForm("a cell that is no text")
            own.append(known.setdefault(cell, len(known)))
    if total != table.total_rows:
        raise BadForm("another number of rows than announced")
    columns = tuple(
        SourceColumn(column, list(known), own)
        for column, known, own in zip(table.columns, seen, positions, strict=True)
    )
    return Loaded(source, name, total, columns)


def index_table(loaded: Loaded, roles: Mapping[str, str], key: bytes) -> TableIndex:
    """Index one table, with the role of each column from the dictionary."""
    columns = [
        SourceColumn(column.name, column.distinct, column.positions, roles.get(column.name, ""))
        for column in loaded.columns
    ]
    return build_table(loaded.name, columns, key)


def _rows(path: Path) -> Iterator[object]:
    decode = json.JSONDecoder().decode
    with path.open("r", encoding="ascii") as stream:
        for line in stream:
            try:
                yield decode(line)
            except (ValueError, RecursionError) as error:
                raise BadForm("a row that is not JSON") from error

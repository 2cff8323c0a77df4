"""The rows of an upload that the opener streamed, read back into columns that lie on disk.

Nothing of their shape is believed: an exploited parser may have written them. Memory holds a batch
of rows while they are taken apart, then one column at a time.
"""

import json
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.outputs.form import BadForm, Table
from orchestrator.outputs.index import (
    Column,
    Numbers,
    SourceColumn,
    TableIndex,
    build_column,
    build_table,
    encode_cells,
)

_BATCH = 8192  # rows
_END = "\0"  # ends a cell; no cell that the opener reads has one


@dataclass(frozen=True)
class Loaded:
    """One table: its columns as distinct values and positions."""

    path: str
    name: str
    size: int
    columns: tuple[SourceColumn, ...]


class _Store:
    """A file without a name, closed with the last column that lies there."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - until nobody needs it
        weakref.finalize(self, self._file.close)

    def put(self, data: bytes) -> tuple[int, int]:
        """Write at the end and say where."""
        start = self._file.seek(0, 2)
        self._file.write(data)
        return start, len(data)

    def at(self, place: tuple[int, int]) -> bytes:
        """Read what lies at a place."""
        self._file.seek(place[0])
        return self._file.read(place[1])


@dataclass(frozen=True)
class StoredColumn:
    """A column in a file without a name; each look at it reads it again.

    Shape: `texts` and `numbers` are where its distinct values and its positions lie there.
    """

    name: str
    store: "_Store" = field(repr=False)
    texts: tuple[int, int]
    numbers: tuple[int, int]
    role: str = ""

    @property
    def distinct(self) -> list[str]:
        """Its values, each once."""
        return _texts(self.store.at(self.texts))

    @property
    def positions(self) -> Numbers:
        """For each row, which of the distinct values it has."""
        found = array("I")
        found.frombytes(self.store.at(self.numbers))
        return found


def load_rows(path: Path, table: Table, name: str, source: str, store: Path) -> Loaded:
    """Read streamed rows back into columns, believing nothing of their shape.

    Effect: a file without a name in the folder `store`, gone with the last column.
    Errors: BadForm for a row that is not a list of as many texts as the table has columns.
    """
    held = _Store(store)
    places: list[list[tuple[int, int]]] = [[] for _ in table.columns]
    total = 0
    for batch in _batches(_rows(path), len(table.columns)):
        total += len(batch)
        for own, cells in zip(places, zip(*batch, strict=True), strict=True):
            own.append(held.put(_spelled(cells)))
    if total != table.total_rows:
        raise BadForm("another number of rows than announced")
    columns = tuple(
        _stored(column, held, own) for column, own in zip(table.columns, places, strict=True)
    )
    return Loaded(source, name, total, columns)


def index_table(loaded: Loaded, roles: Mapping[str, str], key: bytes) -> TableIndex:
    """Index one table in memory, with the role of each column from the dictionary."""
    return build_table(loaded.name, list(_with_roles(loaded, roles)), key)


def indexed(loaded: Loaded, roles: Mapping[str, str], key: bytes) -> Iterator[Column]:
    """Index one table column by column."""
    return (build_column(column, key) for column in _with_roles(loaded, roles))


def _with_roles(loaded: Loaded, roles: Mapping[str, str]) -> Iterator[SourceColumn]:
    return (_Roled(column, roles.get(column.name, "")) for column in loaded.columns)


@dataclass(frozen=True)
class _Roled:
    """A column as it is, with another role."""

    column: SourceColumn
    role: str

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def distinct(self) -> Sequence[str]:
        return self.column.distinct

    @property
    def positions(self) -> Numbers:
        return self.column.positions


def _batches(rows: Iterator[object], width: int) -> Iterator[list[list[str]]]:
    """Check rows and give them some at a time. Errors: BadForm."""
    batch: list[list[str]] = []
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            raise BadForm("a row that is not as wide as its table")
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _spelled(cells: Sequence[str]) -> bytes:
    """Spell cells one after another. Errors: BadForm for one that is no text, or holds an end."""
    try:
        text = _END.join(cells) + _END
    except TypeError as error:
        raise BadForm("a cell that is no text") from error
    if text.count(_END) != len(cells):
        raise BadForm("a cell with an end of its own")
    return text.encode("utf-8", "surrogatepass")


def _stored(name: str, store: _Store, places: Iterable[tuple[int, int]]) -> StoredColumn:
    """Find the distinct values of a column and put them and the positions down."""
    cells = (cell for place in places for cell in _texts(store.at(place)))
    column = encode_cells(name, cells)
    texts = store.put(_spelled(column.distinct)) if column.distinct else (0, 0)
    return StoredColumn(name, store, texts, store.put(column.positions.tobytes()))


def _texts(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogatepass").split(_END)[:-1]


def _rows(path: Path) -> Iterator[object]:
    decode = json.JSONDecoder().decode
    with path.open("r", encoding="ascii") as stream:
        for line in stream:
            try:
                yield decode(line)
            except (ValueError, RecursionError) as error:
                raise BadForm("a row that is not JSON") from error

"""An index as a file: written column by column under a key, read back and checked.

Shape on disk: magic, length of the JSON header, header, then arrays of little-endian integers.
"""

import json
import shutil
import sys
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from orchestrator.outputs.canon import Transform
from orchestrator.outputs.index import (
    BadIndex,
    Column,
    Feature,
    Index,
    Magnitudes,
    Numbers,
    TableIndex,
)
from orchestrator.outputs.model import INDEX_FORMAT
from orchestrator.outputs.sealing import opened, sealed
from orchestrator.values import Digest

_MAGIC = b"TREINDEX1\n"


class IndexWriter:
    """Writes an index column by column; memory holds one column at a time.

    Shape: the arrays go to a file without a name beside `path`, and behind the header in the end.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        """Begin. Errors: ValueError for a key that is not 32 bytes; OSError."""
        if len(key) != 32:
            raise ValueError("the key is not 32 bytes")
        self._path = path
        self._key = key
        self._tables: list[Mapping[str, object]] = []
        self._body = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - until finish
        weakref.finalize(self, self._body.close)

    def add(self, name: str, columns: Iterable[Column]) -> int:
        """Write one table and answer its rows. Errors: ValueError for columns of other lengths."""
        headers, sizes = [], set[int]()
        for place, column in enumerate(columns):
            sizes.add(len(column.values))
            headers.append(self._add(column, _place(name, place)))
        if len(sizes) > 1:
            raise ValueError("columns differ in length")
        size = sizes.pop() if sizes else 0
        self._tables.append({"name": name, "size": size, "columns": headers})
        return size

    def finish(self) -> int:
        """Write the whole index to its place and answer its size in bytes."""
        header = {"format": INDEX_FORMAT, "check": _check(self._key), "tables": self._tables}
        head = json.dumps(header, ensure_ascii=True).encode()
        with self._body, self._path.open("wb") as out:
            out.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            self._body.seek(0)
            shutil.copyfileobj(self._body, out, 1 << 20)
            return out.tell()

    def _add(self, column: Column, place: str) -> Mapping[str, object]:
        features = []
        self._write(column.values, column.offsets, column.rows)
        for feature in column.features:
            self._write(feature.hashes, feature.group_of, feature.frequency)
            features.append({"transform": feature.transform.value, "groups": len(feature.hashes)})
        seal = b""
        numbers = column.magnitudes if column.magnitudes is not None else column.days
        if numbers is not None:
            seal = sealed(_floats(numbers), self._key, place)
            self._body.write(seal)
        return {
            "sealed": len(seal),
            "name": column.name,
            "role": column.role,
            "numeric": column.numeric,
            "specific": column.specific,
            "distinct": len(column.offsets) - 2,
            "features": features,
        }

    def _write(self, *blobs: Numbers) -> None:
        for blob in blobs:
            _little(blob).tofile(self._body)


def write_index(tables: Sequence[TableIndex], key: bytes, path: Path) -> int:
    """Write tables that are in memory and return the size in bytes; the key stays outside."""
    writer = IndexWriter(path, key)
    for table in tables:
        writer.add(table.name, table.columns)
    return writer.finish()


def read_index(path: Path, key: bytes, label: str = "", digest: Digest | None = None) -> Index:
    """Read an index back.

    Errors: BadIndex for other bytes or another key; OSError when it cannot be read.
    """
    data = memoryview(path.read_bytes())
    start = len(_MAGIC) + 8
    if bytes(data[: len(_MAGIC)]) != _MAGIC:
        raise BadIndex("not an index")
    end = start + int.from_bytes(data[len(_MAGIC) : start], "little")
    try:
        header = json.loads(bytes(data[start:end]))
        if header["format"] != INDEX_FORMAT or header["check"] != _check(key):
            raise BadIndex("another format or another key")
        reader = _Blobs(data[end:], key)
        tables = tuple(_table(table, reader) for table in header["tables"])
    except BadIndex:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise BadIndex("a broken index") from error
    return Index(tables, key, label, digest)


class _Blobs:
    """Take arrays one after the other from the body of an index."""

    def __init__(self, data: memoryview, key: bytes) -> None:
        self.data = data
        self.key = key
        self.position = 0

    def open(self, size: int, place: str) -> Magnitudes:
        """Take sealed numbers. Errors: ValueError when they were sealed for another place."""
        end = self.position + size
        data = opened(bytes(self.data[self.position : end]), self.key, place)
        self.position = end
        return _little_floats(data)

    def take(self, code: str, length: int) -> Numbers:
        blob: Numbers = array(code)
        end = self.position + length * blob.itemsize
        if end > len(self.data):
            raise BadIndex("a short index")
        blob.frombytes(self.data[self.position : end])
        self.position = end
        return _little(blob)


def _table(header: dict[str, object], blobs: _Blobs) -> TableIndex:
    columns, size = header["columns"], header["size"]
    if not isinstance(columns, list) or not isinstance(size, int):
        raise BadIndex("a broken index")
    name = str(header["name"])
    read = tuple(
        _read_column(column, size, blobs, _place(name, number_of))
        for number_of, column in enumerate(columns)
    )
    return TableIndex(name, size, read)


def _read_column(header: dict[str, object], size: int, blobs: _Blobs, place: str) -> Column:
    distinct, features, seal = header["distinct"], header["features"], header["sealed"]
    if not isinstance(distinct, int) or not isinstance(features, list) or not isinstance(seal, int):
        raise BadIndex("a broken index")
    values = blobs.take("I", size)
    offsets = blobs.take("I", distinct + 2)
    rows = blobs.take("I", size)
    numeric = bool(header["numeric"])
    kept = tuple(_read_feature(feature, distinct, blobs) for feature in features)
    numbers = blobs.open(seal, place) if seal else None
    return Column(
        str(header["name"]),
        str(header["role"]),
        numeric,
        bool(header["specific"]),
        values,
        offsets,
        rows,
        kept,
        numbers if numeric else None,
        None if numeric else numbers,
    )


def _read_feature(header: dict[str, object], distinct: int, blobs: _Blobs) -> Feature:
    groups = header["groups"]
    if not isinstance(groups, int):
        raise BadIndex("a broken index")
    return Feature(
        Transform(str(header["transform"])),
        blobs.take("Q", groups),
        blobs.take("I", distinct + 1),
        blobs.take("I", groups),
    )


def _place(table: str, column: int) -> str:
    return f"{table}/{column}"


def _floats(values: Magnitudes) -> bytes:
    own = array("d", values)
    if sys.byteorder == "big":  # pragma: no cover - no such machine in the tests
        own.byteswap()
    return own.tobytes()


def _little_floats(data: bytes) -> Magnitudes:
    own = array("d")
    own.frombytes(data)
    if sys.byteorder == "big":  # pragma: no cover - no such machine in the tests
        own.byteswap()
    return own


def _check(key: bytes) -> str:
    return blake2b(b"index check", digest_size=16, key=key).hexdigest()


def _little(blob: Numbers) -> Numbers:
    if sys.byteorder == "big":  # pragma: no cover - no such machine in the tests
        blob = array(blob.typecode, blob)
        blob.byteswap()
    return blob

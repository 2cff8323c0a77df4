"""The index of a snapshot: keyed hashes, frequencies, row lists, sealed numbers; no plain value.

Built by the judge at admission, read by the judge at export, never by the opener. It confirms
guesses about rows, so it is as sensitive as the data and is destroyed with it. Column and table
names are kept in plain, values never: the numbers that sums and extremes are traced with are sealed
under the key that the hashes need.
Shape on disk: magic, length of the JSON header, header, then arrays of little-endian integers.
Source: outputs 5.1.
"""

import json
import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

from orchestrator.outputs.canon import (
    DIGITS,
    Transform,
    hasher,
    is_missing,
    number,
    spell,
    spell_number,
    transforms,
)
from orchestrator.outputs.sealing import opened, sealed
from orchestrator.values import Digest

Numbers: TypeAlias = "array[int]"
Magnitudes: TypeAlias = "array[float]"

_MAGIC = b"TREINDEX1\n"
_FORMAT = 2
_KNOWN = frozenset({1, 2})  # 1 held no magnitudes
FILE_NAME = "index.bin"


class BadIndex(ValueError):
    """The bytes are no index, or the key is not the one it was built with."""


@dataclass(frozen=True)
class Feature:
    """One transform of one column: sorted hashes; group g owns the values of `members` there.

    Shape: `group_of[v]` is the group of value number v (v from 1; 0 is missing);
    `frequency[g]` counts rows.
    """

    transform: Transform
    hashes: Numbers
    group_of: Numbers
    frequency: Numbers

    @property
    def digits(self) -> int:
        """Significant digits at which this feature is looked up."""
        return DIGITS[self.transform]

    def find(self, hashed: int) -> int:
        """Give the group of a hash, -1 when no row has it."""
        at = bisect_left(self.hashes, hashed)
        return at if at < len(self.hashes) and self.hashes[at] == hashed else -1


@dataclass(frozen=True)
class Column:
    """One source column: the value number of each row, and the rows of each value number.

    Shape: rows of value v are `rows[offsets[v]:offsets[v + 1]]`; `specific` says that a value by
    itself points at a person (a pseudonym that is not just a small number); `magnitudes[v]` is the
    number that value v is (infinite for none), None in a column of texts.
    """

    name: str
    role: str
    numeric: bool
    specific: bool
    values: Numbers
    offsets: Numbers
    rows: Numbers
    features: tuple[Feature, ...]
    magnitudes: "Magnitudes | None" = None
    _members: dict[int, dict[int, list[int]]] = field(default_factory=dict, compare=False)

    def rows_of(self, feature: int, group: int) -> list[int]:
        """List the source rows in one group of one feature."""
        members = self._members.get(feature)
        if members is None:
            members = {}
            for value, own in enumerate(self.features[feature].group_of):
                if value:
                    members.setdefault(own, []).append(value)
            self._members[feature] = members
        found: list[int] = []
        for value in members.get(group, ()):
            found += self.rows[self.offsets[value] : self.offsets[value + 1]]
        return found


@dataclass(frozen=True)
class TableIndex:
    """One indexed table: `size` rows."""

    name: str
    size: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Index:
    """A snapshot's index together with the key that its hashes need.

    Shape: `label` names the snapshot for people (`flchain/v1`); `digest` is the snapshot's.
    """

    tables: tuple[TableIndex, ...]
    key: bytes = field(repr=False)
    label: str = ""
    digest: Digest | None = None


@dataclass(frozen=True)
class SourceColumn:
    """One column to index: distinct raw values, and for each row the position among them."""

    name: str
    distinct: Sequence[str]
    positions: Numbers
    role: str = ""


def build_table(name: str, columns: Sequence[SourceColumn], key: bytes) -> TableIndex:
    """Index one table.

    Errors: ValueError for columns of different lengths or a key that is not 32 bytes.
    """
    sizes = {len(column.positions) for column in columns}
    if len(sizes) > 1 or len(key) != 32:
        raise ValueError("columns differ in length, or the key is not 32 bytes")
    size = sizes.pop() if sizes else 0
    return TableIndex(name, size, tuple(_column(column, key) for column in columns))


def encode_cells(name: str, cells: Sequence[str], role: str = "") -> SourceColumn:
    """Turn plain cells into distinct values and positions."""
    seen: dict[str, int] = {}
    positions = array("I", (seen.setdefault(cell, len(seen)) for cell in cells))
    return SourceColumn(name, list(seen), positions, role)


def write_index(tables: Sequence[TableIndex], key: bytes, path: Path) -> int:
    """Write an index and return its size in bytes; the key stays outside of it."""
    blobs: list[Numbers | bytes] = []
    header = {
        "format": _FORMAT,
        "check": _check(key),
        "tables": [_table_header(table, blobs, key) for table in tables],
    }
    head = json.dumps(header, ensure_ascii=True).encode()
    with path.open("wb") as out:
        out.write(_MAGIC + len(head).to_bytes(8, "little") + head)
        for blob in blobs:
            out.write(blob if isinstance(blob, bytes) else _little(blob).tobytes())
        return out.tell()


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
        if header["format"] not in _KNOWN or header["check"] != _check(key):
            raise BadIndex("another format or another key")
        reader = _Blobs(data[end:], key)
        tables = tuple(_table(table, reader) for table in header["tables"])
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


def _column(column: SourceColumn, key: bytes) -> Column:
    numbers = [None if is_missing(raw) else number(raw) for raw in column.distinct]
    spellings: dict[str, int] = {}
    value_of = array("I", bytes(4 * len(column.distinct)))
    for position, raw in enumerate(column.distinct):
        if not is_missing(raw):
            parsed = numbers[position]
            spelling = spell(raw) if parsed is None else spell_number(parsed, 12)
            value_of[position] = spellings.setdefault(spelling, len(spellings)) + 1
    values = array("I", (value_of[position] for position in column.positions))
    offsets, rows = _postings(values, len(spellings))
    counts = [offsets[v + 1] - offsets[v] for v in range(1, len(spellings) + 1)]
    parsed_values = [number(spelling) for spelling in spellings]
    numeric_rows = sum(c for v, c in zip(parsed_values, counts, strict=True) if v is not None)
    numeric = bool(counts) and numeric_rows > 0.9 * sum(counts)
    spelled = {Transform.IDENTITY: list(spellings)}
    if numeric:
        spelled |= transforms(parsed_values, counts)
    hashed = hasher(key)
    features = tuple(
        _feature(name, own, counts, {text: hashed(text) for text in set(own) if text})
        for name, own in spelled.items()
    )
    return Column(
        column.name,
        column.role,
        numeric,
        is_specific(list(spellings)),
        values,
        offsets,
        rows,
        _distinct(features),
        _magnitudes(parsed_values) if numeric else None,
    )


def _magnitudes(values: Sequence[float | None]) -> Magnitudes:
    return array("d", [math.inf, *(math.inf if value is None else value for value in values)])


def is_specific(spellings: Sequence[str]) -> bool:
    """Say whether identifiers of this kind point at somebody wherever they stand.

    A dense run of small numbers does not: the count 17 in a table is no patient. Long or mixed
    values do.
    """
    numbers = [int(text) for text in spellings if text.isdecimal() and len(text) <= 15]
    if len(numbers) > 0.5 * max(len(spellings), 1):
        room = max(numbers) - min(numbers) + 1
        return max(numbers) >= 100_000 and len(numbers) <= room / 100
    long = [text for text in spellings if len(text) >= 6 and any(c.isdigit() for c in text)]
    return len(long) > 0.9 * max(len(spellings), 1)


def _postings(values: Numbers, distinct: int) -> tuple[Numbers, Numbers]:
    counts = [0] * (distinct + 2)
    for value in values:
        counts[value + 1] += 1
    offsets = array("I", bytes(4 * (distinct + 2)))
    for value in range(1, distinct + 2):
        offsets[value] = offsets[value - 1] + counts[value]
    following = list(offsets)
    rows = array("I", bytes(4 * len(values)))
    for row, value in enumerate(values):
        rows[following[value]] = row
        following[value] += 1
    return offsets, rows


def _feature(
    transform: Transform, spelled: Sequence[str], counts: Sequence[int], hashes: Mapping[str, int]
) -> Feature:
    ordered = sorted(hashes.values())
    place = {own: group for group, own in enumerate(ordered)}
    group_by_text = {text: place[own] for text, own in hashes.items()}
    group_of = array("I", bytes(4))
    group_of.extend(group_by_text.get(text, len(ordered)) for text in spelled)
    frequency = array("I", bytes(4 * len(ordered)))
    for text, count in zip(spelled, counts, strict=True):
        if text:
            frequency[group_by_text[text]] += count
    return Feature(transform, array("Q", ordered), group_of, frequency)


def _distinct(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Drop a transform that changes nothing (a column of whole numbers rounded to integers)."""
    kept: list[Feature] = []
    for feature in features:
        same = any(feature.hashes == other.hashes and feature.digits == other.digits
                   and feature.group_of == other.group_of for other in kept)  # fmt: skip
        if not same:
            kept.append(feature)
    return tuple(kept)


def _table_header(
    table: TableIndex, blobs: "list[Numbers | bytes]", key: bytes
) -> Mapping[str, object]:
    columns = []
    for number_of, column in enumerate(table.columns):
        blobs += [column.values, column.offsets, column.rows]
        features = []
        for feature in column.features:
            blobs += [feature.hashes, feature.group_of, feature.frequency]
            features.append({"transform": feature.transform.value, "groups": len(feature.hashes)})
        seal = b""
        if column.magnitudes is not None:
            seal = sealed(_floats(column.magnitudes), key, _place(table.name, number_of))
            blobs.append(seal)
        columns.append(
            {
                "sealed": len(seal),
                "name": column.name,
                "role": column.role,
                "numeric": column.numeric,
                "specific": column.specific,
                "distinct": len(column.offsets) - 2,
                "features": features,
            }
        )
    return {"name": table.name, "size": table.size, "columns": columns}


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
    distinct, features, seal = header["distinct"], header["features"], header.get("sealed", 0)
    if not isinstance(distinct, int) or not isinstance(features, list) or not isinstance(seal, int):
        raise BadIndex("a broken index")
    values = blobs.take("I", size)
    offsets = blobs.take("I", distinct + 2)
    rows = blobs.take("I", size)
    return Column(
        str(header["name"]),
        str(header["role"]),
        bool(header["numeric"]),
        bool(header["specific"]),
        values,
        offsets,
        rows,
        tuple(_read_feature(feature, distinct, blobs) for feature in features),
        blobs.open(seal, place) if seal else None,
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

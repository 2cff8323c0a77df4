"""Avro: rows packed by a schema that stands before them, in blocks that may be squeezed.

Source: the Apache Avro specification 1.11: object container files, binary encoding, logical types.
"""

import zlib
from collections.abc import Callable, Iterator

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers import packed_values, structured
from orchestrator.outputs.readers.cells import of_days, of_decimal, of_double, of_moment, of_single
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.packing import (
    RAW,
    inflate,
    unpack_bzip2,
    unpack_snappy,
    unpack_xz,
    unpack_zstd,
)
from orchestrator.outputs.readers.structured import Value

_MAGIC = b"Obj\x01"
_SYNC = 16
_CHECKSUM = 4
_PER_SECOND = {"millis": 1000, "micros": 10**6, "nanos": 10**9}

_META: Value = {"type": "map", "values": "bytes"}
_NAMED = frozenset({"record", "error", "enum", "fixed"})

Unpack = Callable[[Opening, bytes], bytes]


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a container file.

    Errors: Unreadable where a block does not end where it says, or bytes do not fit the schema.
    """
    head = _Packed(data, opening.caps.cells, {})
    head.take(len(_MAGIC))
    told = head.value(_META)
    schema = structured.load(_said(told, "avro.schema"))
    unpack = _unpacker(_said(told, "avro.codec"))
    sync, names = head.take(_SYNC), _names(schema)
    spans, rows, loose = [Span(0, head.at, "head")], list[Value](), head.loose
    while not head.ended():
        begin, count, size = head.at, head.long(), head.long()
        block = _Packed(unpack(opening, head.take(size)), opening.caps.cells - len(rows), names)
        rows += (block.value(schema) for _ in range(count))
        loose += block.loose
        if count < 0 or not block.ended() or head.take(_SYNC) != sync:
            raise Unreadable(Note.TRUNCATED, begin)
        spans.append(Span(begin, head.at, "block"))
    opening.text(path, structured.spell([told, *rows]), size=len(data), spans=spans)
    structured.walk(opening, path, rows, opening.caps.depth * 10)
    packed_values.add_loose(opening, path, loose)


def _said(value: Value, key: str) -> str:
    """Take a text out of an object; an empty one where there is none."""
    said = value.get(key) if isinstance(value, dict) else None
    return said if isinstance(said, str) else ""


def _unpacker(codec: str) -> Unpack:
    ways: dict[str, Unpack] = {
        "": lambda _, packed: packed,
        "null": lambda _, packed: packed,
        "deflate": _deflated,
        "bzip2": lambda opening, packed: _whole(packed, *unpack_bzip2(opening, packed)),
        "xz": lambda opening, packed: _whole(packed, *unpack_xz(opening, packed)),
        "zstandard": unpack_zstd,
        "snappy": _snapped,
    }
    if codec not in ways:
        raise Unreadable(Note.UNKNOWN_TYPE)
    return ways[codec]


def _whole(packed: bytes, content: bytes, taken: int, behind: bytes = b"") -> bytes:
    """Answer what was unpacked. Errors: Unreadable where other bytes stand behind its end."""
    if packed[taken:] not in {b"", behind}:
        raise Unreadable(Note.TRUNCATED)
    return content


def _deflated(opening: Opening, packed: bytes) -> bytes:
    """Inflate a block; fastavro leaves three bytes of a checksum behind it."""
    content, taken = inflate(opening, packed, RAW)
    return _whole(packed, content, taken, zlib.adler32(content).to_bytes(4)[:3])


def _snapped(opening: Opening, packed: bytes) -> bytes:
    content = unpack_snappy(opening, packed[:-_CHECKSUM])
    return _whole(packed, content, len(packed) - _CHECKSUM, zlib.crc32(content).to_bytes(4))


def _names(schema: Value) -> dict[str, Value]:
    """Find the types that have a name, by it with and without its space.

    Errors: Unreadable (UNKNOWN_TYPE) where one name is given to two.
    """
    found: dict[str, Value] = {}
    pending = [schema]
    while pending:
        here = pending.pop()
        if isinstance(here, list):
            pending += here
        elif isinstance(here, dict):
            pending += here.values()
            name, space = _said(here, "name"), _said(here, "namespace")
            if _said(here, "type") in _NAMED and name:
                for one in {name, name.rpartition(".")[2], f"{space}.{name}"}:
                    if found.setdefault(one, here) != here:
                        raise Unreadable(Note.UNKNOWN_TYPE)
    return found


class _Packed(packed_values.Packed):
    def __init__(self, data: bytes, items: int, names: dict[str, Value]) -> None:
        super().__init__(data, items)
        self._names = names

    def long(self) -> int:
        """Read a whole number of either sign, seven bits a byte."""
        value = shift = 0
        while shift < 70:
            byte = self.whole(1)
            value |= (byte & 127) << shift
            if byte < 128:
                return (value >> 1) ^ -(value & 1)
            shift += 7
        raise Unreadable(Note.TRUNCATED, self.at)

    def value(self, kind: Value, depth: int = 0) -> Value:
        """Read one value of a type of the schema."""
        self.enter(depth)
        if isinstance(kind, list):
            return self.value(self._chosen(kind), depth + 1)
        own: dict[str, Value] = kind if isinstance(kind, dict) else {"type": kind}
        name = own.get("type")
        match name:
            case "record" | "error":
                fields = own.get("fields")
                listed = fields if isinstance(fields, list) else []
                return self.object((_said(one, "name"), self.value(one, depth + 1))
                                   for one in listed)  # fmt: skip
            case "array":
                return [self.value(own.get("items"), depth + 1) for _ in self._turns()]
            case "map":
                inner = own.get("values")
                return self.object((self.text(self.long()), self.value(inner, depth + 1))
                                   for _ in self._turns())  # fmt: skip
            case "enum":
                return self._chosen(own.get("symbols"))
            case str() if name in self._names:
                return self.value(self._names[name], depth + 1)
            case str():
                return self._plain(name, own)
            case _:
                return self.value(name, depth + 1)

    def _chosen(self, among: Value) -> Value:
        at = self.long()
        if not isinstance(among, list) or not 0 <= at < len(among):
            raise Unreadable(Note.TRUNCATED, self.at)
        return among[at]

    def _turns(self) -> Iterator[None]:
        """Come up once for each item of a list, which is kept in blocks and ends with an empty."""
        while count := self.long():
            if count < 0:  # its size in bytes is told too
                self.long()
            for _ in range(abs(count)):
                yield

    def _plain(self, name: str, own: dict[str, Value]) -> Value:
        logical = _said(own, "logicalType")
        match name:
            case "null":
                return None
            case "boolean":
                return self.whole(1) != 0
            case "int" | "long":
                return _dated(self.long(), logical)
            case "float":
                return of_single(self.number("<f"))
            case "double":
                return of_double(self.number("<d"))
            case "string":
                return self.text(self.long())
            case "bytes" | "fixed":
                size = _said(own, "size")
                raw = self.take(self.long() if name == "bytes" else int(size or 0))
                if logical == "decimal":
                    return of_decimal(
                        int.from_bytes(raw, signed=True), int(_said(own, "scale") or 0)
                    )
                return self.kept(raw)
            case _:
                raise Unreadable(Note.UNKNOWN_TYPE, self.at)


def _dated(value: int, logical: str) -> str:
    """Spell a number that counts days, or parts of a second, from 1970 on."""
    if logical == "date":
        return of_days(value)
    per_second = _PER_SECOND.get(logical.rpartition("-")[2])
    return of_moment(value, per_second) if per_second and "timestamp" in logical else str(value)

"""Values in MessagePack, CBOR and Avro, written from the formats' own descriptions."""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

SYNC = b"0123456789abcdef"


def records(cells: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The rows of a table, numbers as numbers."""
    rows = zip(*cells.values(), strict=True)
    return [dict(zip(cells, map(_bare, row), strict=True)) for row in rows]


def _bare(cell: str) -> Any:
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell


def cbor(value: Any) -> bytes:
    """A value in CBOR, lengths in the fewest bytes."""
    match value:
        case int():
            return _sized(0, value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return _sized(3, len(value.encode())) + value.encode()
        case bytes():
            return _sized(2, len(value)) + value
        case list():
            return _sized(4, len(value)) + b"".join(map(cbor, value))
        case _:
            pairs = (cbor(key) + cbor(item) for key, item in value.items())
            return _sized(5, len(value)) + b"".join(pairs)


def _sized(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    power = next(power for power in range(4) if size < 1 << (8 << power))
    return bytes([major << 5 | 24 + power]) + size.to_bytes(1 << power)


def messagepack(value: Any) -> bytes:
    """A value in MessagePack, lengths in four bytes as any writer may."""
    match value:
        case int():
            return b"\xd3" + struct.pack(">q", value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
        case bytes():
            return b"\xc6" + struct.pack(">I", len(value)) + value
        case list():
            return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(messagepack, value))
        case _:
            pairs = (messagepack(key) + messagepack(item) for key, item in value.items())
            return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pairs)


def avro(cells: Mapping[str, Sequence[str]]) -> bytes:
    """A container of two squeezed blocks, every value the text that it is, or nothing."""
    fields = [{"name": name, "type": ["null", "string"]} for name in cells]
    rows = [*zip(*cells.values(), strict=True)]
    told = [b"".join(long(1) + _text(cell.encode()) for cell in row) for row in rows]
    blocks = [(len(part), b"".join(part)) for part in (told[:1], told[1:])]
    return container({"type": "record", "name": "Person", "fields": fields}, blocks)


def container(schema: Any, blocks: Sequence[tuple[int, bytes]], codec: str = "deflate") -> bytes:
    """An object container file: how many values each block has, and their bytes."""
    told = {b"avro.codec": codec.encode(), b"avro.schema": json.dumps(schema).encode()}
    out = (
        b"Obj\x01" + long(len(told)) + b"".join(_text(one) for pair in told.items() for one in pair)
    )
    out += b"\0" + SYNC
    for count, block in blocks:
        packed = zlib.compress(block, wbits=-15) if codec == "deflate" else block
        out += long(count) + _text(packed) + SYNC
    return out


def _text(raw: bytes) -> bytes:
    return long(len(raw)) + raw


def long(value: int) -> bytes:
    """A whole number as Avro packs it: signs turned, seven bits a byte."""
    left, out = value << 1 if value >= 0 else (-value << 1) - 1, b""
    while left > 127:
        out += bytes([left & 127 | 128])
        left >>= 7
    return out + bytes([left])

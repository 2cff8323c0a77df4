"""ONNX: every field of the message, tensors and lists of numbers as tables.

The message is walked without its schema's program: fields that this reader knows as messages are
opened, all others are numbers or texts; bytes that are neither are an unknown part.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import arrays, cells
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_KINDS = {1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "|b1",
          10: "<f2", 11: "<f8", 12: "<u4", 13: "<u8"}  # fmt: skip
_INSIDE = {
    "model": {7: "graph", 8: "plain", 14: "plain", 25: "function"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 14: "plain",
              15: "sparse"},
    "node": {5: "attribute", 9: "plain"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse"},
    "function": {7: "node", 9: "plain", 11: "attribute", 12: "value"},
    "sparse": {1: "tensor", 2: "tensor"},
    "value": {2: "type"},
    "type": {1: "shaped", 4: "shaped", 5: "shaped", 8: "shaped", 9: "shaped"},
    "shaped": {2: "shape", 1: "plain"},
    "shape": {1: "plain"},
}  # fmt: skip
_DEPTH = 40


@dataclass
class _Found:
    words: list[str] = field(default_factory=list)
    tensors: list[dict[int, list[int | bytes]]] = field(default_factory=list)
    numbers: list[list[str]] = field(default_factory=list)
    loose: list[bytes] = field(default_factory=list)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a model. Errors: Unreadable (TRUNCATED) for what is no such message."""
    found = _Found()
    first = dict(_fields(data))
    if 7 not in first or 1 not in first:
        raise Unreadable(Note.TYPE_DISAGREES)
    _walk(data, "model", found, 0)
    opening.container(path, data, [Span(0, len(data), "message")], [Observation(Note.MODEL)])
    if found.words:
        opening.text(opening.free(f"{below(path)}texts"), "\n".join(dict.fromkeys(found.words)))
    for number, tensor in enumerate(found.tensors, 1):
        _tensor(opening, f"{below(path)}tensors/{number}", tensor)
    for number, values in enumerate(found.numbers, 1):
        rows = [[value] for value in values]
        opening.table(opening.free(f"{below(path)}numbers/{number}"), ["value"], rows)
    for piece in found.loose:
        opening.unknown(opening.free(f"{below(path)}bytes"), piece, Note.UNKNOWN_PART)


def _walk(data: bytes, kind: str, found: _Found, depth: int) -> None:
    if depth > _DEPTH:
        raise Unreadable(Note.TOO_DEEP)
    if kind == "tensor":
        tensor: dict[int, list[int | bytes]] = {}
        for number, value in _fields(data):
            tensor.setdefault(number, []).append(value)
        found.tensors.append(tensor)
        return
    singles: list[str] = []
    for number, value in _fields(data):
        inner = _INSIDE.get(kind, {}).get(number)
        if isinstance(value, int):
            if kind == "attribute" and number in {2, 7}:
                singles.append(_float(value))
            elif kind == "attribute" and number in {3, 8}:
                singles.append(str(_signed(value)))
        elif inner:
            _walk(value, inner, found, depth + 1)
        elif kind == "attribute" and number in {7, 8}:
            found.numbers.append(_packed(value, number == 7))
        else:
            _text(value, found)
    if len(singles) > 1:
        found.numbers.append(singles)


def _text(value: bytes, found: _Found) -> None:
    try:
        found.words.append(value.decode("utf-8"))
    except UnicodeDecodeError:
        found.loose.append(value)


def _tensor(opening: Opening, path: str, tensor: dict[int, list[int | bytes]]) -> None:
    shape = tuple(_dims(tensor.get(1, [])))
    kind = _KINDS.get(next((one for one in tensor.get(2, []) if isinstance(one, int)), 0))
    raw = b"".join(one for one in tensor.get(9, []) if isinstance(one, bytes))
    texts = [cells.of_bytes(one) for one in tensor.get(6, []) if isinstance(one, bytes)]
    if set(tensor) & {13, 14} or not set(tensor) <= {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}:
        raise Unreadable(Note.UNKNOWN_PART)
    if raw:
        if kind is None or len(raw) != prod(shape) * arrays.width_of(kind):
            raise Unreadable(Note.TRUNCATED)
        arrays.add(opening, path, kind, shape, raw)
        return
    values = texts or [text for key in (4, 5, 7, 10, 11) for text in _listed(tensor, key)]
    rows = arrays.table_of(shape or (len(values),), values)
    if rows and rows[0]:
        names = [f"column {at}" for at in range(1, len(rows[0]) + 1)]
        opening.table(opening.free(path), names, rows, header=False)


def _dims(values: list[int | bytes]) -> Iterator[int]:
    for value in values:
        yield from [value] if isinstance(value, int) else _varints(value)


def _listed(tensor: dict[int, list[int | bytes]], key: int) -> Iterator[str]:
    for value in tensor.get(key, []):
        if isinstance(value, int):
            yield _float(value) if key == 4 else str(_signed(value))
        elif key == 4:
            yield from _packed(value, True)
        elif key == 10:
            yield from arrays.decode("<f8", value, len(value) // 8)
        else:
            yield from (str(_signed(one)) for one in _varints(value))


def _packed(value: bytes, floats: bool) -> list[str]:
    if floats:
        return arrays.decode("<f4", value, len(value) // 4)
    return [str(_signed(one)) for one in _varints(value)]


def _float(value: int) -> str:
    return cells.of_single(struct.unpack("<f", (value & 0xFFFFFFFF).to_bytes(4, "little"))[0])


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _varints(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Go through the fields of a message; numbers of any wire type as whole numbers."""
    at = 0
    while at < len(data):
        head, at = _varint(data, at)
        match head & 7:
            case 0:
                value, at = _varint(data, at)
                yield head >> 3, value
            case 1 | 5:
                size = 8 if head & 7 == 1 else 4
                if at + size > len(data):
                    raise Unreadable(Note.TRUNCATED, at)
                yield head >> 3, int.from_bytes(data[at : at + size], "little")
                at += size
            case 2:
                size, at = _varint(data, at)
                if at + size > len(data):
                    raise Unreadable(Note.TRUNCATED, at)
                yield head >> 3, data[at : at + size]
                at += size
            case _:
                raise Unreadable(Note.TRUNCATED, at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value & (2**64 - 1), at
        shift += 7
    raise Unreadable(Note.TRUNCATED, at)

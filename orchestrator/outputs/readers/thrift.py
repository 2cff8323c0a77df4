"""[pure] Thrift's compact protocol without a schema: structures as field number to value."""

import struct

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import Unreadable

Value = bool | int | float | bytes | list["Value"] | dict[int, "Value"]

_DEPTH = 30
_ITEMS = 1_000_000


class Compact:
    """Reads values one after another. Errors: Unreadable (TRUNCATED) for anything else."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        """Begin at a position."""
        self.data = data
        self.at = at
        self._left = _ITEMS

    def struct(self, depth: int = 0) -> dict[int, Value]:
        """Read a structure to its stop byte."""
        if depth > _DEPTH:
            raise Unreadable(Note.TOO_DEEP, self.at)
        found: dict[int, Value] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return found
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            found[number] = self._value(head & 15, depth, inline=True)

    def varint(self) -> int:
        """Read an unsigned number."""
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise Unreadable(Note.TRUNCATED, self.at)

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise Unreadable(Note.TRUNCATED, self.at)
        self.at += 1
        return self.data[self.at - 1]

    def _zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def _value(self, kind: int, depth: int, *, inline: bool) -> Value:
        self._left -= 1
        if self._left < 0:
            raise Unreadable(Note.CAPPED, self.at)
        match kind:
            case 1 | 2:
                return kind == 1 if inline else self._byte() == 1
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                return float(struct.unpack("<d", self._bytes(8))[0])
            case 8:
                return self._bytes(self.varint())
            case 9 | 10:
                return self._list(depth)
            case 12:
                return self.struct(depth + 1)
            case _:
                raise Unreadable(Note.TRUNCATED, self.at)

    def _bytes(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise Unreadable(Note.TRUNCATED, self.at)
        self.at += count
        return self.data[self.at - count : self.at]

    def _list(self, depth: int) -> list[Value]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self.varint()
        if count > len(self.data):
            raise Unreadable(Note.TRUNCATED, self.at)
        return [self._value(head & 15, depth + 1, inline=False) for _ in range(count)]


def number(value: Value | None, otherwise: int = 0) -> int:
    """Take a value as a whole number."""
    return value if isinstance(value, int) else otherwise


def raw(value: Value | None) -> bytes:
    """Take a value as bytes."""
    return value if isinstance(value, bytes) else b""


def listed(value: Value | None) -> list[Value]:
    """Take a value as a list."""
    return value if isinstance(value, list) else []


def fields(value: Value | None) -> dict[int, Value]:
    """Take a value as a structure."""
    return value if isinstance(value, dict) else {}

"""R's three ways of writing numbers and texts: big-endian bytes, those of the machine, plain text.

What is walked (`r_objects`) is the same in each. In text every number, byte and text has a line of
its own; nothing else may stand there. Source: R Internals, serialization formats.
"""

import re
import struct
from typing import Protocol

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import Unreadable

MISSING = -(2**31)
"""How R keeps a whole number that is missing."""
_SHORTEST = 2
"""A number or text in plain text takes two bytes at least."""
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"t": b"\t", b"v": b"\v", b"b": b"\b", b"r": b"\r", b"f": b"\f", b"a": b"\a"}
_WORDS = {b"NA": "nan", b"NaN": "nan", b"Inf": "inf", b"-Inf": "-inf"}


class Numbers(Protocol):
    """Reads numbers and texts one after another.

    Errors: Unreadable (TRUNCATED) where they end, or are none.
    """

    at: int

    def integer(self) -> int:
        """Read one whole number."""

    def integers(self, count: int) -> list[int]:
        """Read whole numbers, missing ones as `MISSING`."""

    def reals(self, count: int) -> list[float]:
        """Read broken numbers, missing ones as no number."""

    def text(self, size: int) -> bytes:
        """Read a text of so many bytes."""

    def raw(self, count: int) -> bytes:
        """Read plain bytes."""

    def holds(self, count: int, width: int) -> bool:
        """Say whether so many more values, each of so many bytes at least, can follow."""


class Packed:
    """Numbers as bytes, in the order of the network (`>`) or of most machines (`<`)."""

    def __init__(self, data: bytes, at: int, order: str) -> None:
        """Start at a byte."""
        self.at = at
        self._data = data
        self._order = order

    def integer(self) -> int:
        """Read four bytes."""
        return self.integers(1)[0]

    def integers(self, count: int) -> list[int]:
        """Read four bytes each."""
        return list(struct.unpack(f"{self._order}{count}i", self.raw(4 * count)))

    def reals(self, count: int) -> list[float]:
        """Read eight bytes each."""
        return list(struct.unpack(f"{self._order}{count}d", self.raw(8 * count)))

    def text(self, size: int) -> bytes:
        """Read the bytes of a text."""
        return self.raw(size)

    def raw(self, count: int) -> bytes:
        """Read bytes. Errors: Unreadable (TRUNCATED) past the end."""
        if count < 0 or self.at + count > len(self._data):
            raise Unreadable(Note.TRUNCATED, self.at)
        self.at += count
        return self._data[self.at - count : self.at]

    def holds(self, count: int, width: int) -> bool:
        """Compare with the bytes that are left."""
        return 0 <= count * width <= len(self._data) - self.at


class Lines:
    """Numbers and texts as lines of plain text, as `saveRDS(ascii = TRUE)` writes them."""

    def __init__(self, data: bytes, at: int) -> None:
        """Start at a byte, which begins a line."""
        self.at = at
        self._data = data

    def integer(self) -> int:
        """Read one line as a whole number."""
        return self.integers(1)[0]

    def integers(self, count: int) -> list[int]:
        """Read a line each."""
        return [MISSING if line == b"NA" else self._whole(line) for line in self._lines(count)]

    def reals(self, count: int) -> list[float]:
        """Read a line each, decimal or hexadecimal."""
        return [self._broken(line) for line in self._lines(count)]

    def text(self, size: int) -> bytes:
        """Read a line of as many bytes, its escapes undone."""
        found = _ESCAPED.sub(_unescaped, self._line())
        if len(found) != size:
            raise Unreadable(Note.TRUNCATED, self.at)
        return found

    def raw(self, count: int) -> bytes:
        """Read a line of two hexadecimal digits for each byte."""
        try:
            return bytes(int(line, 16) for line in self._lines(count))
        except ValueError as error:
            raise Unreadable(Note.TRUNCATED, self.at) from error

    def holds(self, count: int, width: int) -> bool:
        """Compare with the bytes that are left; a line may be shorter than a packed number."""
        return 0 <= count * min(width, _SHORTEST) <= len(self._data) - self.at

    def _lines(self, count: int) -> list[bytes]:
        return [self._line() for _ in range(count)]

    def _line(self) -> bytes:
        end = self._data.find(b"\n", self.at)
        if end < 0:
            raise Unreadable(Note.TRUNCATED, self.at)
        found = self._data[self.at : end]
        self.at = end + 1
        return found

    def _whole(self, line: bytes) -> int:
        if not re.fullmatch(rb"-?\d{1,19}", line):
            raise Unreadable(Note.TRUNCATED, self.at)
        return int(line)

    def _broken(self, line: bytes) -> float:
        plain = _WORDS.get(line, line.decode("latin-1"))
        try:
            return float.fromhex(plain) if "0x" in plain else float(plain)
        except (ValueError, OverflowError) as error:
            raise Unreadable(Note.TRUNCATED, self.at) from error


def _unescaped(match: re.Match[bytes]) -> bytes:
    sign = match[1]
    if len(sign) == 3:
        return bytes([int(sign, 8) & 255])
    return _SIGNS.get(sign, sign)


def numbers(content: bytes, at: int) -> Numbers | None:
    """Give the reader for what the two bytes at a place announce; None for anything else."""
    ways = {b"X\n": ">", b"B\n": "<"}
    mark = content[at : at + 2]
    if mark == b"A\n":
        return Lines(content, at + 2)
    return Packed(content, at + 2, ways[mark]) if mark in ways else None

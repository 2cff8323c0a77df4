"""MAT-files of version 5: numbers, texts, cells and structures, squeezed or not, each by its name.

Source: MathWorks, MAT-File Format (version 5); files of version 7.3 are HDF5.
"""

import struct
from dataclasses import dataclass, field
from math import prod

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers import arrays
from orchestrator.outputs.readers.numpy_arrays import add_joined
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.packing import inflate

_HEAD = 128
_SMALL = 4
_MATRIX, _SQUEEZED = 14, 15
_KINDS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}  # fmt: skip
_TEXTS = {1: "utf-8", 2: "utf-8", 3: "utf-16", 4: "utf-16", 16: "utf-8", 17: "utf-16",
          18: "utf-32"}  # fmt: skip
_CELL, _STRUCTURE, _OBJECT, _CHARACTERS, _SPARSE = 1, 2, 3, 4, 5
_NUMBERS = range(6, 16)


@dataclass
class _Walk:
    opening: Opening
    order: str
    path: str
    words: list[str] = field(default_factory=list)

    def elements(self, data: bytes) -> list[tuple[int, bytes]]:
        """Split bytes into elements of a type and a body. Errors: Unreadable (TRUNCATED)."""
        found, at = list[tuple[int, bytes]](), 0
        while at < len(data):
            if at + 8 > len(data):
                raise Unreadable(Note.TRUNCATED, at)
            kind, size = struct.unpack_from(f"{self.order}2I", data, at)
            start, room = at + 8, -size % 8
            if kind >> 16:
                kind, size = kind & 0xFFFF, kind >> 16
                start, room = at + 4, _SMALL - size
            if kind == _SQUEEZED:
                room = 0
            if size > len(data) - start or room < 0:
                raise Unreadable(Note.TRUNCATED, at)
            found.append((kind, data[start : start + size]))
            at = start + size + room
        return found

    def matrix(self, data: bytes, name: str, depth: int) -> str | None:
        """Add one array, and what lies in its cells and fields; give the text of a text."""
        if depth <= 0:
            raise Unreadable(Note.TOO_DEEP)
        if not data:
            return None
        parts = self.elements(data)
        if len(parts) < 3:
            raise Unreadable(Note.TRUNCATED)
        what = struct.unpack_from(f"{self.order}I", parts[0][1])[0] & 0xFF
        shape = struct.unpack(f"{self.order}{len(parts[1][1]) // 4}i", parts[1][1])
        own = parts[2][1].decode("latin-1")
        self.words.append(own)
        name = f"{name}/{own}" if own else name
        if what in _NUMBERS:
            self._numbers(parts[3:], shape, name)
        elif what == _CHARACTERS:
            return self._characters(parts[3:], shape, name)
        elif what in {_CELL, _STRUCTURE, _OBJECT}:
            self._inner(parts[4:] if what == _OBJECT else parts[3:], what, name, depth)
        elif what == _SPARSE:
            for kind, body in parts[3:]:
                self._array(kind, body, (len(body),), name)
        else:
            raise Unreadable(Note.UNKNOWN_TYPE)
        return None

    def _characters(self, parts: list[tuple[int, bytes]], shape: tuple[int, ...], name: str) -> str:
        """Read letters that lie column by column: several rows of them are a column of texts."""
        text = "".join(_text(kind, body, self.order) for kind, body in parts)
        rows = shape[0] if shape else 0
        if not 1 < rows <= len(text):
            self.words.append(text)
            return text
        self.opening.table(self.opening.free(name), ["value"],
                           [[text[row::rows].strip()] for row in range(rows)])  # fmt: skip
        return text

    def _numbers(self, parts: list[tuple[int, bytes]], shape: tuple[int, ...], name: str) -> None:
        for kind, body in parts:
            self._array(kind, body, shape, name)

    def _array(self, kind: int, body: bytes, shape: tuple[int, ...], name: str) -> None:
        if kind not in _KINDS:
            raise Unreadable(Note.UNKNOWN_TYPE)
        spelled = f"{self.order}{_KINDS[kind]}"
        count = len(body) // arrays.width_of(spelled)
        if 1 in shape or prod(shape) != count:
            shape = (count,)
        arrays.add(self.opening, name, spelled, shape, body, fortran=True)

    def _inner(self, parts: list[tuple[int, bytes]], what: int, name: str, depth: int) -> None:
        names: list[str] = []
        if what != _CELL:
            (_, size), (_, packed) = parts[:2]
            width = struct.unpack_from(f"{self.order}i", size)[0]
            if width < 1:
                raise Unreadable(Note.TRUNCATED)
            names = [packed[at : at + width].split(b"\0")[0].decode("latin-1")
                     for at in range(0, len(packed), width)]  # fmt: skip
            self.words += names
            parts = parts[2:]
        texts: list[list[str]] = []
        for turn, (kind, body) in enumerate(parts):
            if kind != _MATRIX:
                raise Unreadable(Note.UNKNOWN_PART)
            own = f"{name}/{turn % len(names) if names else turn}"
            text = self.matrix(body, own, depth - 1)
            texts += [] if text is None else [[text]]
        if len(texts) > 1:
            self.opening.table(self.opening.free(name), ["value"], texts)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a MAT-file. Errors: Unreadable where sizes do not agree or a type is unknown."""
    if len(data) < _HEAD or data[126:128] not in {b"IM", b"MI"}:
        raise Unreadable(Note.TRUNCATED)
    order = "<" if data[126:128] == b"IM" else ">"
    opening.container(path, data, [Span(0, len(data), "elements")])
    walk = _Walk(opening, order, f"{below(path)}arrays")
    walk.words.append(data[:116].decode("latin-1").strip("\0 "))
    start = len(opening.parts)
    for kind, body in walk.elements(data[_HEAD:]):
        if kind == _SQUEEZED:
            plain, taken = inflate(opening, body)
            inner = walk.elements(plain)
            if taken != len(body) or len(inner) != 1:
                raise Unreadable(Note.UNKNOWN_PART)
            kind, body = inner[0]
        if kind != _MATRIX:
            raise Unreadable(Note.UNKNOWN_PART)
        walk.matrix(body, walk.path, opening.caps.depth)
    add_joined(opening, path, start)
    opening.text(opening.free(f"{below(path)}texts"), "\n".join(filter(None, walk.words)))


def _text(kind: int, body: bytes, order: str) -> str:
    coding = _TEXTS.get(kind)
    if coding is None:
        raise Unreadable(Note.UNKNOWN_TYPE)
    wide = "" if coding == "utf-8" else "-le" if order == "<" else "-be"
    return body.decode(coding + wide, "replace")

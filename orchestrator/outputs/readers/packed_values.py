"""[pure] Values packed one after another, as MessagePack, CBOR and Avro keep them: what they share.

They become values as of JSON, with numbers as text, and are looked at as those are. No count is
believed: an item costs one of as many as a form may have cells, so a few bytes cannot fill memory.
"""

import struct
from collections.abc import Iterable

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers import structured
from orchestrator.outputs.readers.cells import of_bytes
from orchestrator.outputs.readers.formats import by_content
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.structured import Value

_DEPTH = 30
_NAME = 16
"""Units: bytes; as many are a number or a name of something, more may hold a file."""


class Packed:
    """Reads pieces one after another. Errors: Unreadable, TRUNCATED past the end."""

    def __init__(self, data: bytes, items: int) -> None:
        """Begin at the first byte; `items` says how many values there may be in all."""
        self.data = data
        self.at = 0
        self.loose: list[bytes] = []
        self._items = items

    def enter(self, depth: int) -> None:
        """Count one value. Errors: Unreadable (TOO_DEEP, CAPPED)."""
        self._items -= 1
        if depth > _DEPTH:
            raise Unreadable(Note.TOO_DEEP, self.at)
        if self._items < 0:
            raise Unreadable(Note.CAPPED, self.at)

    def ended(self) -> bool:
        """Say whether every byte was read."""
        return self.at >= len(self.data)

    def take(self, size: int) -> bytes:
        """Read so many bytes."""
        if not 0 <= size <= len(self.data) - self.at:
            raise Unreadable(Note.TRUNCATED, self.at)
        self.at += size
        return self.data[self.at - size : self.at]

    def whole(self, size: int, *, signed: bool = False) -> int:
        """Read a whole number, its greatest byte first."""
        return int.from_bytes(self.take(size), "big", signed=signed)

    def number(self, form: str) -> float:
        """Read a number with a point, in the spelling of `struct`."""
        return float(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def text(self, size: int) -> str:
        """Read a text. Errors: Unreadable (ENCODING)."""
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(Note.ENCODING, self.at) from error

    def kept(self, raw: bytes) -> str:
        """Spell bytes as text or digits; what may hold a file is kept, to be read as one."""
        spelled = of_bytes(raw)
        if len(raw) > _NAME and (spelled == raw.hex() or "\0" in spelled):
            self.loose.append(raw)
        return spelled

    def object(self, pairs: Iterable[tuple[Value, Value]]) -> Value:
        """Build an object. Errors: Unreadable (DUPLICATE_KEYS): one value would not be seen."""
        found: dict[str, Value] = {}
        for key, value in pairs:
            name = key if isinstance(key, str) else structured.spell(key)
            if name in found:
                raise Unreadable(Note.DUPLICATE_KEYS, self.at)
            found[name] = value
        return found


def add(opening: Opening, path: str, data: bytes, values: list[Value], loose: list[bytes]) -> None:
    """Add values that were read to the last byte: as text, as tables, and the files in them.

    Errors: Unreadable (UNKNOWN_PART) for several values that are no lists and no objects: any
    bytes are a row of small numbers, and what they spell would not be seen.
    """
    if len(values) > 1 and not all(isinstance(one, dict | list) for one in values):
        raise Unreadable(Note.UNKNOWN_PART)
    value = values[0] if len(values) == 1 else values
    spans = [Span(0, len(data), "values")]
    opening.text(path, structured.spell(value), size=len(data), spans=spans)
    structured.walk(opening, path, value, opening.caps.depth * 10)
    add_loose(opening, path, loose)


def add_loose(opening: Opening, path: str, loose: Iterable[bytes]) -> None:
    """Open bytes that are no text as what they prove to be; what proves nothing stays unread."""
    for number, raw in enumerate(loose, 1):
        opening.inner(f"{below(path)}bytes/{number}", raw, kind=by_content(raw))

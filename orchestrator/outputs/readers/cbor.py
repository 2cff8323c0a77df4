"""CBOR: values like those of JSON, one or several, behind bytes that say type and length.

Source: RFC 8949; RFC 8742 (several values), RFC 8746 (typed arrays), RFC 8943 (dates).
"""

from collections.abc import Iterator

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import arrays, packed_values
from orchestrator.outputs.readers.cells import of_days, of_double, of_moment, of_single
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.structured import Value

_BYTES, _TEXT, _LIST, _MAP, _TAG = 2, 3, 4, 5, 6
_OPEN, _BREAK = 31, 0xFF
_SIMPLE: dict[int, Value] = {20: False, 21: True, 22: None, 23: None}
_SILENT = frozenset({0, 32, 33, 34, 35, 36, 37, 258, 1004, 55799})
"""Tags that say of a value only what can be seen: a date, an address, a set, that it is CBOR."""
_BACKWARDS = frozenset({25, 29, 256})
"""Tags of values that stand elsewhere and are not repeated."""
_ARRAYS = range(64, 88)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a file of values. Errors: Unreadable where bytes are none of the specification."""
    packed = _Packed(data, opening.caps.cells)
    values = list[Value]()
    while not packed.ended():
        values.append(packed.value())
    packed_values.add(opening, path, data, values, packed.loose)


class _Packed(packed_values.Packed):
    def value(self, depth: int = 0) -> Value:
        self.enter(depth)
        major, own = divmod(self.whole(1), 32)
        match major:
            case 0:
                return str(self._size(own))
            case 1:
                return str(-1 - self._size(own))
            case 2:
                return self.kept(self._string(_BYTES, own))
            case 3:
                return self._decoded(self._string(_TEXT, own))
            case 4:
                return [self.value(depth + 1) for _ in self._turns(own)]
            case 5:
                return self.object((self.value(depth + 1), self.value(depth + 1))
                                   for _ in self._turns(own))  # fmt: skip
            case 6:
                return self._tagged(self._size(own), depth)
            case _:
                return self._simple(own)

    def _size(self, own: int) -> int:
        """Read the number behind a type: in its own byte, or in the next 1, 2, 4 or 8."""
        if own > 27:
            raise Unreadable(Note.UNKNOWN_PART, self.at)
        return own if own < 24 else self.whole(1 << own - 24)

    def _turns(self, own: int) -> Iterator[None]:
        """Come up once for each item, of a known number or up to a break."""
        if own != _OPEN:
            for _ in range(self._size(own)):
                yield
            return
        while self.data[self.at : self.at + 1] != bytes([_BREAK]):
            yield
        self.at += 1

    def _string(self, major: int, own: int) -> bytes:
        if own != _OPEN:
            return self.take(self._size(own))
        pieces = list[bytes]()
        for _ in self._turns(own):
            inner, size = divmod(self.whole(1), 32)
            if inner != major or size == _OPEN:
                raise Unreadable(Note.UNKNOWN_PART, self.at)
            pieces.append(self.take(self._size(size)))
        return b"".join(pieces)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(Note.ENCODING, self.at) from error

    def _simple(self, own: int) -> Value:
        if own == 27:
            return of_double(self.number(">d"))
        if own in {25, 26}:
            return of_single(self.number(">e" if own == 25 else ">f"))
        if own not in _SIMPLE:
            raise Unreadable(Note.UNKNOWN_PART, self.at)
        return _SIMPLE[own]

    def _tagged(self, tag: int, depth: int) -> Value:
        if tag in _BACKWARDS:
            raise Unreadable(Note.UNKNOWN_TYPE, self.at)
        if tag in {2, 3} or tag in _ARRAYS:
            self.enter(depth + 1)
            major, own = divmod(self.whole(1), 32)
            if major != _BYTES:
                raise Unreadable(Note.UNKNOWN_PART, self.at)
            raw = self._string(_BYTES, own)
            return _array(tag, raw) if tag in _ARRAYS else self._long(tag, raw)
        value = self.value(depth + 1)
        if isinstance(value, str) and tag in {1, 100}:
            return _time(tag, value)
        return value if tag in _SILENT else {f"tag {tag}": value}

    def _long(self, tag: int, raw: bytes) -> Value:
        """Spell a whole number of any length; a very long one is bytes of something."""
        if len(raw) > 64:
            return {f"tag {tag}": self.kept(raw)}
        whole = int.from_bytes(raw)
        return str(whole if tag == 2 else -1 - whole)


def _array(tag: int, raw: bytes) -> Value:
    """Spell an array of numbers; bits of the tag tell their type (RFC 8746, section 2.1)."""
    floating, signed, little = tag & 16, tag & 8, tag & 4
    width = (2 if floating else 1) << (tag & 3)
    kind = f"{'<' if little else '>'}{'f' if floating else 'i' if signed else 'u'}{width}"
    if len(raw) % width:
        raise Unreadable(Note.TRUNCATED)
    return [*arrays.decode(kind, raw, len(raw) // width)]


def _time(tag: int, value: str) -> Value:
    """Spell days, or seconds, from 1970 on."""
    try:
        return of_days(int(value)) if tag == 100 else of_moment(round(float(value) * 10**6), 10**6)
    except (ValueError, OverflowError):
        return {f"tag {tag}": value}

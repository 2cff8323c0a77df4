"""MessagePack: values like those of JSON, one or several, behind bytes that say type and length.

Source: the MessagePack specification (2013, with the timestamp of 2017).
"""

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import packed_values
from orchestrator.outputs.readers.cells import of_double, of_moment, of_single
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.structured import Value

_TIMESTAMP = 255
_NANO = 1_000_000_000


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
        head = self.whole(1)
        if head < 0x80 or head >= 0xE0:
            return str(head if head < 0x80 else head - 0x100)
        if head < 0x90:
            return self._map(head & 15, depth)
        if head < 0xA0:
            return self._list(head & 15, depth)
        return self.text(head & 31) if head < 0xC0 else self._marked(head, depth)

    def _marked(self, head: int, depth: int) -> Value:
        match head:
            case 0xC0:
                return None
            case 0xC2 | 0xC3:
                return head == 0xC3
            case 0xC4 | 0xC5 | 0xC6:
                return self.kept(self.take(self.whole(1 << head - 0xC4)))
            case 0xC7 | 0xC8 | 0xC9:
                return self._extension(self.whole(1 << head - 0xC7))
            case 0xCA:
                return of_single(self.number(">f"))
            case 0xCB:
                return of_double(self.number(">d"))
            case 0xCC | 0xCD | 0xCE | 0xCF:
                return str(self.whole(1 << head - 0xCC))
            case 0xD0 | 0xD1 | 0xD2 | 0xD3:
                return str(self.whole(1 << head - 0xD0, signed=True))
            case 0xD4 | 0xD5 | 0xD6 | 0xD7 | 0xD8:
                return self._extension(1 << head - 0xD4)
            case 0xD9 | 0xDA | 0xDB:
                return self.text(self.whole(1 << head - 0xD9))
            case 0xDC | 0xDD:
                return self._list(self.whole(2 << head - 0xDC), depth)
            case 0xDE | 0xDF:
                return self._map(self.whole(2 << head - 0xDE), depth)
            case _:
                raise Unreadable(Note.UNKNOWN_PART, self.at)

    def _list(self, count: int, depth: int) -> Value:
        return [self.value(depth + 1) for _ in range(count)]

    def _map(self, count: int, depth: int) -> Value:
        return self.object((self.value(depth + 1), self.value(depth + 1)) for _ in range(count))

    def _extension(self, size: int) -> Value:
        """Read a time; any other type is an application's own, and its bytes are kept."""
        kind, raw = self.whole(1), self.take(size)
        if kind == _TIMESTAMP and size in {4, 8, 12}:
            both = int.from_bytes(raw)
            nano, seconds = (both >> 34, both & (1 << 34) - 1) if size == 8 else (0, both)
            if size == 12:
                nano, seconds = int.from_bytes(raw[:4]), int.from_bytes(raw[4:], signed=True)
            return of_moment(seconds * _NANO + nano, _NANO)
        return {f"extension {kind}": self.kept(raw)}

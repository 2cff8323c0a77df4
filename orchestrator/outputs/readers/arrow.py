"""Arrow files and feather: data, metadata, dictionary values that no row uses, byte by byte.

The messages are flatbuffers, read here by position. A type or a buffer that this reader does not
know is could-not-check. Source: the Arrow columnar format's own description.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import arrays, cells, packing
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_MAGIC = b"ARROW1"
_MARK = b"\xff\xff\xff\xff"
_BLOCK = 24
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_NULL, _INT, _FLOAT, _BINARY, _UTF8, _BOOL, _DECIMAL, _DATE, _TIME, _STAMP = range(1, 11)
_LIST, _FIXED, _DURATION, _LARGE_BINARY, _LARGE_UTF8, _LARGE_LIST = 12, 15, 18, 19, 20, 21
_VIEW_BINARY, _VIEW_UTF8 = 23, 24
_PER_SECOND = (1, 1000, 1_000_000, 1_000_000_000)


class Table:
    """A flatbuffer's table: fields found by their number."""

    def __init__(self, data: bytes, at: int) -> None:
        """Begin at a position. Errors: struct.error outside of the data."""
        self.data = data
        self.at = at
        self._slots = at - struct.unpack_from("<i", data, at)[0]
        if self._slots < 0:
            raise Unreadable(Note.TRUNCATED, at)
        self._size = struct.unpack_from("<H", data, self._slots)[0]

    def place(self, number: int) -> int:
        """Give where a field lies, 0 where it is absent."""
        slot = 4 + 2 * number
        if slot >= self._size:
            return 0
        offset = struct.unpack_from("<H", self.data, self._slots + slot)[0]
        return self.at + offset if offset else 0

    def number(self, field_number: int, form: str, otherwise: int = 0) -> int:
        """Give a plain number."""
        at = self.place(field_number)
        return int(struct.unpack_from(f"<{form}", self.data, at)[0]) if at else otherwise

    def table(self, number: int) -> "Table | None":
        """Give a table that a field leads to."""
        at = self.place(number)
        return Table(self.data, self._to(at)) if at else None

    def text(self, number: int) -> str:
        """Give a text."""
        at = self.place(number)
        if not at:
            return ""
        start = self._to(at)
        size = struct.unpack_from("<I", self.data, start)[0]
        return cells.of_bytes(self.data[start + 4 : start + 4 + size])

    def vector(self, number: int) -> tuple[int, int]:
        """Give where a vector's items begin and how many there are."""
        at = self.place(number)
        if not at:
            return 0, 0
        start = self._to(at)
        count = int(struct.unpack_from("<I", self.data, start)[0])
        if count > len(self.data):
            raise Unreadable(Note.TRUNCATED, start)
        return start + 4, count

    def tables(self, number: int) -> list["Table"]:
        """Give the tables of a vector."""
        start, count = self.vector(number)
        return [Table(self.data, self._to(start + 4 * at)) for at in range(count)]

    def _to(self, at: int) -> int:
        return at + int(struct.unpack_from("<I", self.data, at)[0])


@dataclass
class _Field:
    name: str
    kind: int
    facts: Table | None
    dictionary: int | None
    index: str
    children: list["_Field"]


@dataclass
class _Walk:
    opening: Opening
    data: bytes
    fields: list[_Field] = field(default_factory=list)
    columns: list[list[str]] = field(default_factory=list)
    dictionaries: dict[int, list[str]] = field(default_factory=dict)
    used: dict[int, set[int]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read an arrow file: data as the file's own table, metadata and unused values beside it.

    Errors: Unreadable with the reason for what is cut or of an unknown type.
    """
    walk = _Walk(opening, data)
    try:
        _messages(walk)
    except struct.error as error:
        raise Unreadable(Note.TRUNCATED) from error
    names = [one.name for one in walk.fields]
    rows = cells.rows_of(walk.columns)
    opening.table(path, names, rows, size=len(data), spans=walk.spans, raw=data)
    unpack(opening, path, names, rows)
    for text in walk.words:
        told = cells.without_range(text, len(rows)).encode(errors="replace")
        opening.inner(f"{below(path)}metadata", told, kind="text")
    for key, values in walk.dictionaries.items():
        left = [text for at, text in enumerate(values) if at not in walk.used.get(key, set())]
        if left:
            notes = [Observation(Note.UNUSED, count=len(left))]
            own = opening.free(f"{below(path)}unused")
            opening.table(own, ["value"], [[text] for text in left], notes=notes)


def _messages(walk: _Walk) -> None:
    """Read all messages of a file, or of a stream, which has no frame around them."""
    data = walk.data
    if data.startswith(_MARK):
        at, end = 0, len(data)
    elif len(data) < 20 or data[-6:] != _MAGIC:
        raise Unreadable(Note.TRUNCATED, len(data))
    else:
        end = len(data) - 10 - int.from_bytes(data[-10:-6], "little")
        walk.spans += [Span(0, 8, "magic"), Span(end, len(data), "footer")]
        if data[6:8].strip(b"\0") or end < 8:
            raise Unreadable(Note.UNKNOWN_PART, 6)
        footer = _root(data[end:-10])
        _metadata(walk, footer, 4)
        at = 8 if data.startswith(_MARK, 8) else _bare_schema(walk, footer, end)
    while at < end:
        at = _message(walk, at, end)


def _root(flat: bytes) -> Table:
    return Table(flat, int.from_bytes(flat[:4], "little"))


def _bare_schema(walk: _Walk, footer: Table, end: int) -> int:
    """Read a schema whose message has no mark and no length, as polars writes it.

    Shape: answers where it ends, at the first block that the footer names.
    """
    blocks = [footer.vector(number) for number in (2, 3)]
    starts = [int(struct.unpack_from("<q", footer.data, at + _BLOCK * turn)[0])
              for at, count in blocks for turn in range(count)]  # fmt: skip
    first = min([*starts, end])
    content = _root(walk.data[8:first]).table(2)
    if content is None:
        raise Unreadable(Note.TRUNCATED, 8)
    _schema(walk, content)
    walk.spans.append(Span(8, first, "schema"))
    return first


def _schema(walk: _Walk, content: Table) -> None:
    walk.fields = [_field(walk, one) for one in content.tables(1)]
    walk.columns = [[] for _ in walk.fields]
    _metadata(walk, content, 2)


def _message(walk: _Walk, at: int, footer: int) -> int:
    """Read one message with its body; zeros end the stream."""
    mark, size = struct.unpack_from("<Ii", walk.data, at)
    if mark != 0xFFFFFFFF or size < 0 or at + 8 + size > footer:
        raise Unreadable(Note.TRUNCATED, at)
    if size == 0:
        walk.spans.append(Span(at, at + 8, "end of stream"))
        return at + 8
    head = walk.data[at + 8 : at + 8 + size]
    message = _root(head)
    start = at + 8 + size
    end: int = start + message.number(3, "q")
    if not start <= end <= footer:
        raise Unreadable(Note.TRUNCATED, at)
    walk.spans.append(Span(at, start, "message"))
    body = walk.data[start:end]
    content = message.table(2)
    kind = message.number(1, "B")
    if content is None:
        raise Unreadable(Note.TRUNCATED, at)
    _metadata(walk, message, 4)
    if kind == _SCHEMA:
        _schema(walk, content)
    elif kind == _DICTIONARY:
        _dictionary(walk, content, body, start)
    elif kind == _RECORDS:
        batch = _Batch(walk, content, body, start)
        for column, one in zip(walk.columns, walk.fields, strict=True):
            column += batch.column(one)
        batch.finish()
    else:
        raise Unreadable(Note.UNKNOWN_PART, at)
    return end


def _metadata(walk: _Walk, table: Table, number: int) -> None:
    walk.words += [text for pair in table.tables(number) for text in (pair.text(0), pair.text(1))]


def _field(walk: _Walk, table: Table) -> _Field:
    encoding = table.table(4)
    index = "<i4"
    if encoding is not None and (facts := encoding.table(1)) is not None:
        letter = "i" if facts.number(1, "?", 0) else "u"
        index = f"<{letter}{facts.number(0, 'i') // 8}"
    _metadata(walk, table, 6)
    return _Field(
        table.text(0),
        table.number(2, "B"),
        table.table(3),
        None if encoding is None else encoding.number(0, "q"),
        index,
        [_field(walk, child) for child in table.tables(5)],
    )


def _dictionary(walk: _Walk, content: Table, body: bytes, start: int) -> None:
    key = content.number(0, "q")
    records = content.table(1)
    owner = _find(walk.fields, key)
    if owner is None or records is None:
        raise Unreadable(Note.TRUNCATED, start)
    batch = _Batch(walk, records, body, start)
    plain = _Field(owner.name, owner.kind, owner.facts, None, owner.index, owner.children)
    values = batch.column(plain)
    batch.finish()
    known = walk.dictionaries.setdefault(key, [])
    if content.number(2, "?", 0):
        known += values
    else:
        known[:] = values


def _find(fields: Sequence[_Field], key: int) -> _Field | None:
    for one in fields:
        found = one if one.dictionary == key else _find(one.children, key)
        if found:
            return found
    return None


class _Batch:
    """Columns of one batch: nodes and buffers are used up in the order of the schema."""

    def __init__(self, walk: _Walk, content: Table, body: bytes, start: int) -> None:
        self._walk = walk
        self._body = body
        self._start = start
        at, count = content.vector(1)
        self._nodes = [struct.unpack_from("<2q", content.data, at + 16 * n) for n in range(count)]
        at, count = content.vector(2)
        self._buffers = [struct.unpack_from("<2q", content.data, at + 16 * n) for n in range(count)]
        packed = content.table(3)
        self._codec = None if packed is None else packed.number(0, "b")
        at, count = content.vector(4)
        self._extra = [int(n) for n in struct.unpack_from(f"<{count}q", content.data, at)]
        self._ends: list[tuple[int, int]] = []

    def column(self, one: _Field) -> list[str]:
        """Read one column, nested ones as one text a row."""
        if not self._nodes:
            raise Unreadable(Note.TRUNCATED, self._start)
        count, _ = self._nodes.pop(0)
        if not 0 <= count <= 8 * len(self._walk.data) + 8:
            raise Unreadable(Note.TRUNCATED, self._start)
        if one.dictionary is not None:
            valid = self._valid(count)
            places = [int(text) for text in arrays.decode(one.index, self._buffer(), count)]
            return self._looked_up(one.dictionary, places, valid)
        if one.kind == _NULL:
            return [""] * count
        valid = self._valid(count)
        values = self._values(one, count)
        return [text if ok else "" for text, ok in zip(values, valid, strict=True)]

    def finish(self) -> None:
        """Own the buffers; filling between them must be zero. Errors: Unreadable."""
        if self._buffers or self._nodes:
            raise Unreadable(Note.UNKNOWN_PART, self._start)
        position = 0
        for start, end in sorted(self._ends):
            gap = self._body[position:start]
            if start >= position and not gap.strip(b"\0"):
                self._own(position, end)
            else:
                self._own(start, end)
            position = max(position, end)
        if not self._body[position:].strip(b"\0"):
            self._own(position, len(self._body))

    def _own(self, start: int, end: int) -> None:
        self._walk.spans.append(Span(self._start + start, self._start + end, "buffer"))

    def _buffer(self) -> bytes:
        if not self._buffers:
            raise Unreadable(Note.TRUNCATED, self._start)
        start, size = self._buffers.pop(0)
        if not 0 <= start <= start + size <= len(self._body):
            raise Unreadable(Note.TRUNCATED, self._start)
        self._ends.append((start, start + size))
        raw = self._body[start : start + size]
        if self._codec is None or not raw:
            return raw
        length = int.from_bytes(raw[:8], "little", signed=True)
        if length == -1:
            return raw[8:]
        opening = self._walk.opening
        unpacked = (
            packing.unpack_zstd(opening, raw[8:])
            if self._codec == 1
            else packing.unpack_lz4_frame(opening, raw[8:])
        )
        if len(unpacked) != length:
            raise Unreadable(Note.TRUNCATED, self._start)
        return unpacked

    def _valid(self, count: int) -> list[bool]:
        bits = self._buffer()
        if not bits:
            return [True] * count
        return [bool(bits[at >> 3] >> (at & 7) & 1) for at in range(count)]

    def _looked_up(self, key: int, places: list[int], valid: list[bool]) -> list[str]:
        known = self._walk.dictionaries.get(key, [])
        used = self._walk.used.setdefault(key, set())
        found: list[str] = []
        for place, ok in zip(places, valid, strict=True):
            if not ok:
                found.append("")
                continue
            used.add(place)
            found.append(known[place])
        return found

    def _values(self, one: _Field, count: int) -> list[str]:
        facts = one.facts
        match one.kind:
            case 2 if facts:
                letter = "i" if facts.number(1, "?", 0) else "u"
                return arrays.decode(f"<{letter}{facts.number(0, 'i') // 8}", self._buffer(), count)
            case 3 if facts:
                return arrays.decode(f"<f{(2, 4, 8)[facts.number(0, 'h')]}", self._buffer(), count)
            case 4 | 5 | 19 | 20:
                wide = one.kind in {_LARGE_BINARY, _LARGE_UTF8}
                ends = self._offsets(count, wide=wide)
                body = self._buffer()
                return [cells.of_bytes(body[a:b]) for a, b in pairwise(ends)]
            case 6:
                bits = self._buffer()
                return ["true" if bits[n >> 3] >> (n & 7) & 1 else "false" for n in range(count)]
            case 7 | 8 | 9 | 10 | 18:
                return self._scaled(one, count)
            case 12 | 21:
                ends = self._offsets(count, wide=one.kind == _LARGE_LIST)
                inner = self.column(one.children[0])
                return ["|".join(inner[a:b]) for a, b in pairwise(ends)]
            case 13:
                parts = [self.column(child) for child in one.children]
                return ["|".join(cell) for cell in zip(*parts, strict=True)]
            case 23 | 24:
                return self._views(count)
            case _:
                raise Unreadable(Note.UNKNOWN_TYPE, self._start)

    def _scaled(self, one: _Field, count: int) -> list[str]:
        """Write decimals, dates, times and durations."""
        facts = one.facts
        if facts is None:
            raise Unreadable(Note.TRUNCATED, self._start)
        body = self._buffer()
        if one.kind == _DECIMAL:
            width, scale = facts.number(2, "i", 128) // 8, facts.number(1, "i")
            return [
                cells.of_decimal(int.from_bytes(body[n * width : (n + 1) * width], "little",
                                                signed=True), scale)
                for n in range(count)
            ]  # fmt: skip
        if one.kind == _DATE and facts.number(0, "h", 1) == 0:
            return _each(body, "<i4", count, cells.of_days)
        if one.kind == _DATE:
            return _each(body, "<i8", count, lambda value: cells.of_moment(value, 1000))
        if one.kind == _TIME:
            return arrays.decode(f"<i{facts.number(1, 'i', 32) // 8}", body, count)
        if one.kind == _DURATION:
            return arrays.decode("<i8", body, count)
        per = _PER_SECOND[facts.number(0, "h")]
        return _each(body, "<i8", count, lambda value: cells.of_moment(value, per))

    def _offsets(self, count: int, *, wide: bool) -> list[int]:
        body = self._buffer()
        if not count and not body:
            return [0]
        return [int(text) for text in arrays.decode("<i8" if wide else "<i4", body, count + 1)]

    def _views(self, count: int) -> list[str]:
        """Read texts of which short ones stand in the view itself, long ones in shared buffers."""
        views = self._buffer()
        if not self._extra:
            raise Unreadable(Note.TRUNCATED, self._start)
        shared = [self._buffer() for _ in range(self._extra.pop(0))]
        found: list[str] = []
        for at in range(count):
            size = int.from_bytes(views[16 * at : 16 * at + 4], "little")
            if size <= 12:
                found.append(cells.of_bytes(views[16 * at + 4 : 16 * at + 4 + size]))
                continue
            where, start = struct.unpack_from("<2i", views, 16 * at + 8)
            found.append(cells.of_bytes(shared[where][start : start + size]))
        return found


def _each(body: bytes, kind: str, count: int, spell: Callable[[int], str]) -> list[str]:
    return [spell(int(text)) for text in arrays.decode(kind, body, count)]

"""Parquet: data, metadata, statistics, filters and unused dictionary values, byte by byte.

Pages are decoded here, so that every byte has an owner: a page nobody points at is a gap. What is
packed in a way this reader does not know is could-not-check. Source: outputs 4.2 (parquet).
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import bloom, cells, packing
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, ReadCaps, Unreadable, below
from orchestrator.outputs.readers.thrift import Compact, Value, fields, listed, number, raw

_MAGIC = b"PAR1"
_BOOLEAN, _INT32, _INT64, _INT96, _FLOAT, _DOUBLE, _BYTES, _FIXED = range(8)
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)
_PLAIN, _PLAIN_DICTIONARY, _RLE, _DELTA, _DELTA_LENGTH, _DELTA_BYTES, _RLE_DICTIONARY, _SPLIT = (
    0, 2, 3, 5, 6, 7, 8, 9,
)  # fmt: skip
_WIDTH = {_INT32: 4, _INT64: 8, _INT96: 12, _FLOAT: 4, _DOUBLE: 8}
_CODE = {_INT32: "i", _INT64: "q", _FLOAT: "f", _DOUBLE: "d"}
_JULIAN = 2440588

Item = int | float | bytes | bool
_Spell = Callable[[Item], str]


@dataclass(frozen=True)
class Leaf:
    """A column of values: its dotted name, physical type, and how deep it may be nested."""

    name: str
    kind: int
    size: int
    defined: int
    repeated: int
    spell: _Spell

    @property
    def said(self) -> str:
        """Its name as it may be said: short, without what moves a cursor."""
        return "".join(char if char.isprintable() else "?" for char in self.name[:60])


@dataclass
class Column:
    """What was read of one leaf over all row groups."""

    leaf: Leaf
    values: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


@dataclass
class _Walk:
    """The file as it is walked: owned bytes and what was said beside the data."""

    opening: Opening
    data: bytes
    spans: list[Span] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)

    def own(self, start: int, end: int, owner: str) -> bytes:
        """Take bytes that lie in the file. Errors: Unreadable (TRUNCATED)."""
        if not 0 <= start <= end <= len(self.data):
            raise Unreadable(Note.TRUNCATED, max(start, 0))
        self.spans.append(Span(start, end, owner))
        return self.data[start:end]


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a parquet file: the data as the file's own table, everything else beside it.

    Errors: Unreadable with the reason, for what is locked, cut, or packed in an unknown way.
    """
    walk = _Walk(opening, data)
    columns = _columns(walk)
    names = [column.leaf.name for column in columns]
    rows = cells.rows_of([column.values for column in columns])
    opening.table(path, names, rows, size=len(data), spans=walk.spans, raw=data)
    unpack(opening, path, names, rows)
    if walk.words:
        opening.text(opening.free(f"{below(path)}statistics"), "\n".join(walk.words))
    for text in walk.metadata:
        told = cells.without_range(text, len(rows)).encode(errors="replace")
        opening.inner(f"{below(path)}metadata", told, kind="text")
    for column in columns:
        if column.unused:
            notes = [Observation(Note.UNUSED, count=len(column.unused))]
            own = opening.free(f"{below(path)}unused")
            opening.table(own, [column.leaf.name], [[text] for text in column.unused], notes=notes)


def read_columns(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Give names and columns of a source's parquet file as text, without the caps of a release.

    Errors: Unreadable as for `read`.
    """
    most = 1 << 40
    caps = ReadCaps(most, most, most, most, most, most, most, 1, 1, most, most, most, most)
    columns = _columns(_Walk(Opening(caps), data))
    return [column.leaf.name for column in columns], [column.values for column in columns]


def _columns(walk: _Walk) -> list[Column]:
    data = walk.data
    if len(data) < 12 or data[-4:] != _MAGIC:
        raise Unreadable(Note.ENCRYPTED if data[-4:] == b"PARE" else Note.TRUNCATED, len(data))
    size = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - size
    walk.own(0, 4, "magic")
    reader = Compact(walk.own(start, len(data), "footer"))
    footer = reader.struct()
    if reader.at != size:
        raise Unreadable(Note.UNKNOWN_PART, start + reader.at)
    leaves = list(_leaves(listed(footer.get(2))))
    columns = [Column(leaf) for leaf in leaves]
    _metadata(walk, footer)
    for group in listed(footer.get(4)):
        chunks = listed(fields(group).get(1))
        if len(chunks) != len(columns):
            raise Unreadable(Note.TRUNCATED, start)
        for column, chunk in zip(columns, chunks, strict=True):
            _chunk(walk, column, fields(chunk))
    return columns


def _metadata(walk: _Walk, footer: dict[int, Value]) -> None:
    walk.words.append(cells.of_bytes(raw(footer.get(6))))
    for pair in listed(footer.get(5)):
        key, value = fields(pair).get(1), fields(pair).get(2)
        walk.metadata += [cells.of_bytes(raw(key)), cells.of_bytes(raw(value))]


def _leaves(schema: Sequence[Value]) -> Iterator[Leaf]:
    """Walk the schema, a tree written down in order, and give its leaves."""
    stack: list[tuple[str, int, int, int]] = []
    for item in schema:
        element = fields(item)
        while stack and stack[-1][3] == 0:
            stack.pop()
        prefix, defined, repeated = "", 0, 0
        if stack:
            prefix, defined, repeated, left = stack[-1]
            stack[-1] = (prefix, defined, repeated, left - 1)
        name = cells.of_bytes(raw(element.get(4)))
        full = f"{prefix}.{name}" if prefix else name
        kind = number(element.get(3)) if len(stack) else 0
        defined += kind in {1, 2}
        repeated += kind == 2
        children = number(element.get(5))
        if children:
            stack.append((full if len(stack) else "", defined, repeated, children))
        elif 1 in element:
            physical = number(element.get(1))
            size = number(element.get(2))
            yield Leaf(full, physical, size, defined, repeated, _spelling(physical, element))


def _spelling(kind: int, element: dict[int, Value]) -> _Spell:
    """Choose how values of a leaf are written: by its logical type, old or new."""
    logical, old = fields(element.get(10)), number(element.get(6), -1)
    scale = number(element.get(7))
    if 5 in logical or old == 5:
        scale = number(fields(logical.get(5)).get(1), scale)
        return lambda value: cells.of_decimal(_whole(value), scale)
    if 6 in logical or old == 6:
        return lambda value: cells.of_days(_whole(value))
    if 8 in logical or old in {9, 10}:
        unit = fields(fields(logical.get(8)).get(2))
        per = 1000 if 1 in unit or old == 9 else 1_000_000 if 2 in unit or old == 10 else 10**9
        return lambda value: cells.of_moment(_whole(value), per)
    if kind == _INT96:
        return _nanoseconds
    if old in {11, 12, 13, 14} or (10 in logical and not fields(logical.get(10)).get(2, True)):
        mask = (1 << (32 if kind == _INT32 else 64)) - 1
        return lambda value: str(_whole(value) & mask)
    return _single if kind == _FLOAT else _any


def _any(value: Item) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case bytes():
            return cells.of_bytes(value)
        case float():
            return cells.of_double(value)
        case _:
            return str(value)


def _single(value: Item) -> str:
    return cells.of_single(value) if isinstance(value, float) else _any(value)


def _whole(value: Item) -> int:
    return int.from_bytes(value, "big", signed=True) if isinstance(value, bytes) else int(value)


def _nanoseconds(value: Item) -> str:
    body = value if isinstance(value, bytes) else b"\0" * 12
    nanos, day = struct.unpack("<qi", body)
    return cells.of_moment((day - _JULIAN) * 86_400 * 10**9 + nanos, 10**9)


def _chunk(walk: _Walk, column: Column, chunk: dict[int, Value]) -> None:
    """Read one column of one row group: dictionary, pages, indexes, statistics."""
    facts = fields(chunk.get(3))
    if not facts:
        raise Unreadable(Note.ENCRYPTED)
    _statistics(walk, column.leaf, fields(facts.get(12)))
    for at_key, size_key, owner in ((4, 5, "offset index"), (6, 7, "column index")):
        _index(walk, column.leaf, number(chunk.get(at_key)), number(chunk.get(size_key)), owner)
    leaf, plain = _collecting(column.leaf)
    start = number(facts.get(9))
    if number(facts.get(11)):
        start = min(start, number(facts.get(11)))
    end = start + number(facts.get(7))
    codec, wanted = number(facts.get(4)), number(facts.get(5))
    dictionary: list[str] = []
    used: set[int] = set()
    seen = 0
    at = start
    while at < end:
        reader = Compact(walk.data, at)
        head = reader.struct()
        body_end = reader.at + number(head.get(3))
        body = walk.own(at, body_end, f"column {column.leaf.said}")[reader.at - at :]
        kind = number(head.get(1))
        _statistics(walk, column.leaf, _page_statistics(head))
        if kind == _DICTIONARY:
            content = _unpacked(walk.opening, body, codec, number(head.get(2)))
            count = number(fields(head.get(7)).get(1))
            dictionary = [leaf.spell(item) for item in _plain(leaf, content, count)[0]]
        elif kind in {_DATA, _DATA_2}:
            values, count = _page(walk.opening, leaf, head, body, codec, dictionary, used)
            column.values += values
            seen += count
        else:
            raise Unreadable(Note.UNKNOWN_PART, at)
        at = body_end
    if at != end or seen != wanted:
        raise Unreadable(Note.TRUNCATED, at)
    column.unused += [text for place, text in enumerate(dictionary) if place not in used]
    if number(facts.get(14)):
        _filter(walk, leaf, facts, plain)


def _collecting(leaf: Leaf) -> tuple[Leaf, set[Item]]:
    """Answer the same leaf, and the values it spells from now on."""
    plain: set[Item] = set()

    def spell(value: Item) -> str:
        plain.add(value)
        return leaf.spell(value)

    return replace(leaf, spell=spell), plain


def _filter(walk: _Walk, leaf: Leaf, facts: dict[int, Value], plain: set[Item]) -> None:
    """Own a filter of hashed values that is exactly the one of the values in this chunk.

    Errors: Unreadable (UNKNOWN_PART) for any other, which may tell of values that are not shown.
    """
    start = number(facts.get(14))
    reader = Compact(walk.data, start)
    head = reader.struct()
    end = reader.at + number(head.get(1))
    content = walk.own(start, end, f"filter {leaf.said}")[reader.at - start :]
    ways = [fields(head.get(key)) for key in (2, 3, 4)]
    known = all(1 in way for way in ways) and leaf.kind != _BOOLEAN
    if not known or not content or len(content) % bloom.BLOCK:
        raise Unreadable(Note.UNKNOWN_PART, start)
    if bloom.built([_packed(leaf, value) for value in plain], len(content)) != content:
        raise Unreadable(Note.UNKNOWN_PART, start)


def _packed(leaf: Leaf, value: Item) -> bytes:
    """Write a value as it stands in the file, without its length."""
    return value if isinstance(value, bytes) else struct.pack(f"<{_CODE[leaf.kind]}", value)


def _page_statistics(head: dict[int, Value]) -> dict[int, Value]:
    return fields(fields(head.get(5)).get(5)) or fields(fields(head.get(8)).get(8))


def _statistics(walk: _Walk, leaf: Leaf, found: dict[int, Value]) -> None:
    """Write down the smallest and largest value that a statistic keeps."""
    texts = [_extreme(leaf, raw(found.get(key))) for key in (1, 2, 5, 6) if raw(found.get(key))]
    if texts:
        walk.words.append(f"{leaf.name} statistics: {' '.join(dict.fromkeys(texts))}")


def _extreme(leaf: Leaf, value: bytes) -> str:
    if leaf.kind in {_BYTES, _FIXED}:
        return leaf.spell(value)
    items, _ = _plain(leaf, value, 1)
    return leaf.spell(items[0]) if items else value.hex()


def _index(walk: _Walk, leaf: Leaf, start: int, size: int, owner: str) -> None:
    """Own an index behind the data, and write down the extremes of pages that it keeps."""
    if not size:
        return
    reader = Compact(walk.own(start, start + size, owner))
    found = reader.struct()
    if reader.at != size:
        raise Unreadable(Note.UNKNOWN_PART, start + reader.at)
    if owner == "column index":
        values = [raw(item) for key in (2, 3) for item in listed(found.get(key))]
        texts = dict.fromkeys(_extreme(leaf, value) for value in values if value)
        walk.words.append(f"{leaf.name} pages: {' '.join(texts)}")


def _unpacked(opening: Opening, body: bytes, codec: int, size: int) -> bytes:
    match codec:
        case 0:
            content = body
        case 1:
            content = packing.unpack_snappy(opening, body)
        case 2:
            content, taken = packing.inflate(opening, body, packing.GZIP)
            if taken != len(body):
                raise Unreadable(Note.UNKNOWN_PART)
        case 6:
            content = packing.unpack_zstd(opening, body)
        case 7:
            content = packing.unpack_lz4_block(opening, body, size)
        case _:
            raise Unreadable(Note.UNKNOWN_TYPE)
    if len(content) != size:
        raise Unreadable(Note.TRUNCATED)
    return content


def _page(
    opening: Opening,
    leaf: Leaf,
    head: dict[int, Value],
    body: bytes,
    codec: int,
    dictionary: Sequence[str],
    used: set[int],
) -> tuple[list[str], int]:
    """Decode one page: levels first, then values, joined into one cell a row."""
    if number(head.get(1)) == _DATA:
        facts = fields(head.get(5))
        content = _unpacked(opening, body, codec, number(head.get(2)))
        count, encoding = number(facts.get(1)), number(facts.get(2))
        repeats, at = _levels(content, 0, leaf.repeated, count)
        defined, at = _levels(content, at, leaf.defined, count)
        content = content[at:]
    else:
        facts = fields(head.get(8))
        count, encoding = number(facts.get(1)), number(facts.get(4))
        split = number(facts.get(6)), number(facts.get(6)) + number(facts.get(5))
        repeats = _hybrid(body[: split[0]], leaf.repeated.bit_length(), count)[0]
        defined = _hybrid(body[split[0] : split[1]], leaf.defined.bit_length(), count)[0]
        packed = body[split[1] :]
        size = number(head.get(2)) - split[1]
        content = _unpacked(opening, packed, codec if facts.get(7, True) else 0, size)
    present = sum(level == leaf.defined for level in defined) if leaf.defined else count
    values = _values(leaf, content, encoding, present, dictionary, used)
    return _assembled(leaf, values, defined, repeats, count), count


def _levels(content: bytes, at: int, most: int, count: int) -> tuple[list[int], int]:
    if not most:
        return [], at
    size = int.from_bytes(content[at : at + 4], "little")
    return _hybrid(content[at + 4 : at + 4 + size], most.bit_length(), count)[0], at + 4 + size


def _assembled(
    leaf: Leaf, values: Sequence[str], defined: Sequence[int], repeats: Sequence[int], count: int
) -> list[str]:
    """Put values at their rows; several values of one row stand in one cell."""
    flat = iter(values)
    if leaf.defined:
        flat = iter([next(flat) if level == leaf.defined else "" for level in defined])
    if not leaf.repeated:
        return list(flat)
    rows: list[list[str]] = []
    for text, level in zip(flat, repeats, strict=True):
        if level == 0:
            rows.append([text])
        elif rows:
            rows[-1].append(text)
    assert count >= len(rows), "no more rows than levels"
    return ["|".join(row) for row in rows]


def _values(
    leaf: Leaf,
    content: bytes,
    encoding: int,
    count: int,
    dictionary: Sequence[str],
    used: set[int],
) -> list[str]:
    if encoding in {_PLAIN_DICTIONARY, _RLE_DICTIONARY}:
        if not count:
            return []
        places, _ = _hybrid(content[1:], content[0], count)
        used.update(places)
        return [dictionary[place] for place in places]
    items = _decoded(leaf, content, encoding, count)
    return [leaf.spell(item) for item in items]


def _decoded(leaf: Leaf, content: bytes, encoding: int, count: int) -> list[Item]:
    match encoding:
        case 0:
            items, taken = _plain(leaf, content, count)
            if taken != len(content):
                raise Unreadable(Note.UNKNOWN_PART)
        case 3:
            bits, _ = _hybrid(content[4:], 1, count)
            items = [bool(bit) for bit in bits]
        case 5:
            items = list(_delta(content, 0)[0])
        case 6:
            sizes, at = _delta(content, 0)
            items = list(_cut(content, at, sizes))
        case 7:
            items = list(_delta_bytes(content))
        case 9:
            width = _WIDTH.get(leaf.kind, leaf.size)
            rows = [content[at * count : (at + 1) * count] for at in range(width)]
            joined = b"".join(bytes(group) for group in zip(*rows, strict=True))
            items, _ = _plain(leaf, joined, count)
        case _:
            raise Unreadable(Note.UNKNOWN_TYPE)
    if len(items) != count:
        raise Unreadable(Note.TRUNCATED)
    return items


def _plain(leaf: Leaf, content: bytes, count: int) -> tuple[list[Item], int]:
    if leaf.kind == _BOOLEAN:
        bits = [bool(content[at >> 3] >> (at & 7) & 1) for at in range(count)]
        return list(bits), (count + 7) // 8
    if leaf.kind in _CODE:
        size = count * _WIDTH[leaf.kind]
        if size > len(content):
            raise Unreadable(Note.TRUNCATED)
        return list(struct.unpack(f"<{count}{_CODE[leaf.kind]}", content[:size])), size
    if leaf.kind in {_INT96, _FIXED}:
        width = 12 if leaf.kind == _INT96 else leaf.size
        return [content[at * width : (at + 1) * width] for at in range(count)], count * width
    items: list[Item] = []
    at = 0
    for _ in range(count):
        size = int.from_bytes(content[at : at + 4], "little")
        if at + 4 + size > len(content):
            raise Unreadable(Note.TRUNCATED)
        items.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return items, at


def _hybrid(content: bytes, width: int, count: int) -> tuple[list[int], int]:
    """Decode runs and bit-packed groups until there are enough numbers."""
    if not width:
        return [0] * count, 0
    reader = Compact(content)
    found: list[int] = []
    step = (width + 7) // 8
    while len(found) < count:
        head = reader.varint()
        if head & 1:
            size = (head >> 1) * width
            packed = int.from_bytes(content[reader.at : reader.at + size], "little")
            mask = (1 << width) - 1
            many = min((head >> 1) * 8, count - len(found))
            found += _bits(packed, width, mask, many)
        else:
            size = step
            value = int.from_bytes(content[reader.at : reader.at + step], "little")
            found += [value] * min(head >> 1, count - len(found))
        reader.at += size
        if reader.at > len(content) or head < 2:
            raise Unreadable(Note.TRUNCATED)
    return found, reader.at


def _bits(packed: int, width: int, mask: int, count: int) -> list[int]:
    """Cut a long number into pieces, in blocks: shifting a very long number is slow."""
    found: list[int] = []
    block = 64
    whole = (1 << (width * block)) - 1
    data = packed.to_bytes((packed.bit_length() + 7) // 8 or 1, "little")
    size = width * block // 8
    for start in range(0, -(-count // block)):
        piece = int.from_bytes(data[start * size : (start + 1) * size], "little") & whole
        found += [(piece >> (width * at)) & mask for at in range(min(block, count - len(found)))]
    return found


def _delta(content: bytes, at: int) -> tuple[list[int], int]:
    """Decode numbers kept as differences; answer them and where they end."""
    reader = Compact(content, at)
    size, minis, total = reader.varint(), reader.varint(), reader.varint()
    first = _signed(reader)
    if not minis or size % minis or total > 8 * len(content) * 128:
        raise Unreadable(Note.TRUNCATED)
    found = [first] if total else []
    while len(found) < total:
        least = _signed(reader)
        widths = content[reader.at : reader.at + minis]
        reader.at += minis
        for width in widths:
            if len(found) >= total:
                break
            many = size // minis
            packed = int.from_bytes(content[reader.at : reader.at + width * many // 8], "little")
            reader.at += width * many // 8
            for value in _bits(packed, width, (1 << width) - 1, min(many, total - len(found))):
                found.append(_wrapped(found[-1] + least + value))
        if reader.at > len(content):
            raise Unreadable(Note.TRUNCATED)
    return found, reader.at


def _signed(reader: Compact) -> int:
    value = reader.varint()
    return (value >> 1) ^ -(value & 1)


def _wrapped(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _cut(content: bytes, at: int, sizes: Sequence[int]) -> Iterator[bytes]:
    for size in sizes:
        if size < 0 or at + size > len(content):
            raise Unreadable(Note.TRUNCATED)
        yield content[at : at + size]
        at += size


def _delta_bytes(content: bytes) -> Iterator[bytes]:
    prefixes, at = _delta(content, 0)
    sizes, at = _delta(content, at)
    last = b""
    for prefix, rest in zip(prefixes, _cut(content, at, sizes), strict=True):
        last = last[:prefix] + rest
        yield last

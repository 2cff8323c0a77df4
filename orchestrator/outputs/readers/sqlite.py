"""SQLite: every page by its kind; rows as tables, free pages and unallocated bytes as leftovers.

Nothing is opened by the database's own program, so no trigger, view or extension runs. What a
deleted row left behind is shown as text. Source: the format's own description of its pages.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import cells
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_LEAF_INDEX, _INNER_INDEX, _LEAF_TABLE, _INNER_TABLE = 10, 2, 13, 5
_HEADER = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,39}\Z")
_RUN = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{4,}")

Value = None | int | float | str | bytes


@dataclass
class _Database:
    data: bytes
    size: int
    usable: int
    encoding: str
    seen: set[int] = field(default_factory=set)
    left: list[bytes] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.data) // self.size

    def page(self, number: int) -> bytes:
        """Give a page that nobody has read yet. Errors: Unreadable (TRUNCATED)."""
        if not 1 <= number <= self.count or number in self.seen:
            raise Unreadable(Note.TRUNCATED, number)
        self.seen.add(number)
        return self.data[(number - 1) * self.size : number * self.size]


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a database file.

    Errors: Unreadable (TRUNCATED) for a page that is none of the known kinds or is used twice.
    """
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512 or len(data) % size or data[20] > 32:
        raise Unreadable(Note.TRUNCATED)
    encoding = {2: "utf-16-le", 3: "utf-16-be"}.get(int.from_bytes(data[56:60], "big"), "utf-8")
    base = _Database(data, size, size - data[20], encoding)
    schema = list(_rows(base, 1))
    found = [_table(base, row) for _, row in schema if len(row) >= 5]
    free = list(_free(base))
    if data[52:56] != b"\0\0\0\0":
        _pointer_maps(base)
    notes = _leftover_notes(base, free)
    opening.container(path, data, list(_owned(base)), notes)
    words = "\n".join(str(cell) for _, row in schema for cell in row if isinstance(cell, str))
    if words:
        opening.text(opening.free(f"{below(path)}schema"), words)
    shown = [one for one in found if one]
    known = {cell for one in shown if one[1] for line in one[2] for cell in line}
    for name, columns, rows in shown:
        if not columns:
            if all(set(line[:-1]) <= known for line in rows):
                continue  # an index of what the tables show
            columns = [f"column {at}" for at in range(1, max(map(len, rows), default=0) + 1)]
        own = opening.free(f"{below(path)}{name}")
        opening.table(own, columns, rows)
        unpack(opening, own, columns, rows)
    _leftovers(opening, path, [*base.left, *free])


def _leftover_notes(base: _Database, free: list[bytes]) -> list[Observation]:
    left = sum(1 for piece in (*base.left, *free) if piece.strip(b"\0"))
    return [Observation(Note.UNUSED, count=left)] if left else []


def _leftovers(opening: Opening, path: str, pieces: list[bytes]) -> None:
    """Show what deleted rows left: runs of text, and the bytes as an unknown part."""
    left = b"\n".join(piece for piece in pieces if piece.strip(b"\0"))
    if not left:
        return
    runs = b"\n".join(_RUN.findall(left)).decode("utf-8", "replace")
    notes = [Observation(Note.UNUSED)]
    opening.text(opening.free(f"{below(path)}leftovers/text"), runs, notes=notes)
    opening.unknown(opening.free(f"{below(path)}leftovers/bytes"), left, Note.UNKNOWN_PART)


def _owned(base: _Database) -> Iterator[Span]:
    """Own runs of pages that were read; a page that nothing leads to is a gap."""
    start = 0
    for number in range(1, base.count + 2):
        if number not in base.seen:
            if number - 1 > start:
                yield Span(start * base.size, (number - 1) * base.size, "pages")
            start = number


def _table(base: _Database, row: list[Value]) -> tuple[str, list[str], list[list[str]]] | None:
    """Read one table or index that the schema names."""
    kind, name, _, root, sql = row[:5]
    if not isinstance(root, int) or not root:
        return None
    if kind == "index" or (isinstance(sql, str) and re.search(r"without\s+rowid", sql, re.I)):
        rows = [[_spell(cell) for cell in record] for record in _index_rows(base, root)]
        if kind == "index" and str(name).startswith("sqlite_autoindex"):
            return None
    else:
        pairs = list(_rows(base, root))
        key = _key_column(str(sql))
        rows = [
            [str(number) if at == key and cell is None else _spell(cell)
             for at, cell in enumerate(record)]
            for number, record in pairs
        ]  # fmt: skip
    columns = _column_names(str(sql)) if kind == "table" else []
    width = max([len(columns), *map(len, rows)], default=0)
    if kind == "table":
        columns += [f"column {at}" for at in range(len(columns) + 1, width + 1)]
    label = str(name) if _PLAIN.match(str(name)) else f"#{root}"
    return label, columns, [line + [""] * (width - len(line)) for line in rows]


def _column_names(sql: str) -> list[str]:
    """Take the names of the columns out of the statement that made a table."""
    return [
        re.split(r"\s", piece.strip(), maxsplit=1)[0].strip("\"'`[]") if piece.strip()[:1] not in
        "\"'`[" else re.split(r"[\"'`\]]", piece.strip()[1:], maxsplit=1)[0]
        for piece in _definitions(sql)
        if not re.match(r"\s*(?:constraint|primary|unique|check|foreign)\b", piece, re.I)
    ]  # fmt: skip


def _key_column(sql: str) -> int:
    for at, piece in enumerate(_definitions(sql)):
        if re.search(r"\binteger\s+(?:not\s+null\s+)?primary\s+key", piece, re.I):
            return at
    return -1


def _definitions(sql: str) -> list[str]:
    body = sql[sql.find("(") + 1 : sql.rfind(")")]
    pieces, depth, quote, current = [], 0, "", ""
    for char in body:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`[":
            quote = "]" if char == "[" else char
        elif char == "," and not depth:
            pieces.append(current)
            current = ""
            continue
        depth += (char == "(") - (char == ")") if not quote else 0
        current += char
    return [piece for piece in [*pieces, current] if piece.strip()]


def _spell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bytes():
            return cells.of_bytes(value)
        case float():
            return cells.of_double(value)
        case _:
            return str(value)


def _rows(base: _Database, root: int) -> Iterator[tuple[int, list[Value]]]:
    """Walk the tree of a table: row number and record of each row."""
    waiting = [root]
    while waiting:
        number = waiting.pop()
        page = base.page(number)
        kind, starts, right = _cells_of(base, page, number)
        if kind == _INNER_TABLE:
            waiting += [right, *(struct.unpack_from(">I", page, at)[0] for at in reversed(starts))]
            _rest(base, page, number, [(at, _after(page, at + 4)) for at in starts])
            continue
        if kind != _LEAF_TABLE:
            raise Unreadable(Note.TRUNCATED, number)
        taken: list[tuple[int, int]] = []
        for at in starts:
            size, here = _varint(page, at)
            key, here = _varint(page, here)
            payload, end = _payload(base, page, here, size, leaf=True)
            taken.append((at, end))
            yield key, _record(payload, base.encoding)
        _rest(base, page, number, taken)


def _index_rows(base: _Database, root: int) -> Iterator[list[Value]]:
    waiting = [root]
    while waiting:
        number = waiting.pop()
        page = base.page(number)
        kind, starts, right = _cells_of(base, page, number)
        if kind not in {_INNER_INDEX, _LEAF_INDEX}:
            raise Unreadable(Note.TRUNCATED, number)
        taken: list[tuple[int, int]] = []
        if kind == _INNER_INDEX:
            waiting.append(right)
        for at in starts:
            here = at
            if kind == _INNER_INDEX:
                waiting.append(struct.unpack_from(">I", page, at)[0])
                here += 4
            size, here = _varint(page, here)
            payload, end = _payload(base, page, here, size, leaf=False)
            taken.append((at, end))
            yield _record(payload, base.encoding)
        _rest(base, page, number, taken)


def _cells_of(base: _Database, page: bytes, number: int) -> tuple[int, list[int], int]:
    """Read a page's head: its kind, where its cells start, and its rightmost child."""
    at = _HEADER if number == 1 else 0
    kind, _, count = struct.unpack_from(">BHH", page, at)
    inner = kind in {_INNER_INDEX, _INNER_TABLE}
    right = struct.unpack_from(">I", page, at + 8)[0] if inner else 0
    start = at + (12 if inner else 8)
    if start + 2 * count > base.usable:
        raise Unreadable(Note.TRUNCATED, number)
    return kind, list(struct.unpack_from(f">{count}H", page, start)), right


def _rest(base: _Database, page: bytes, number: int, taken: list[tuple[int, int]]) -> None:
    """Keep what lies on a page beside its head and its cells."""
    at = _HEADER if number == 1 else 0
    kind = page[at]
    head = at + (12 if kind in {_INNER_INDEX, _INNER_TABLE} else 8) + 2 * len(taken)
    position = head
    for start, end in sorted(taken):
        if start > position:
            base.left.append(page[position:start])
        position = max(position, end)
    base.left.append(page[position : base.usable])
    base.left.append(page[base.usable :])


def _payload(base: _Database, page: bytes, at: int, size: int, *, leaf: bool) -> tuple[bytes, int]:
    """Give a cell's payload, overflow pages included, and where the cell ends on its page."""
    usable = base.usable
    most = usable - 35 if leaf else (usable - 12) * 64 // 255 - 23
    if size <= most:
        return page[at : at + size], at + size
    least = (usable - 12) * 32 // 255 - 23
    here = least + (size - least) % (usable - 4)
    here = here if here <= most else least
    pieces = [page[at : at + here]]
    following = struct.unpack_from(">I", page, at + here)[0]
    left = size - here
    while left > 0:
        more = base.page(following)
        following = int.from_bytes(more[:4], "big")
        pieces.append(more[4 : 4 + min(left, usable - 4)])
        base.left.append(more[4 + min(left, usable - 4) :])
        left -= usable - 4
    return b"".join(pieces), at + here + 4


def _record(payload: bytes, encoding: str) -> list[Value]:
    size, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < size:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    row: list[Value] = []
    for kind in kinds:
        width = _width(kind)
        if at + width > len(payload):
            raise Unreadable(Note.TRUNCATED)
        row.append(_cell(kind, payload[at : at + width], encoding))
        at += width
    return row


def _width(kind: int) -> int:
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if kind < 12 else (kind - 12) // 2


def _cell(kind: int, data: bytes, encoding: str) -> Value:
    match kind:
        case 0 | 10 | 11:
            return None
        case 7:
            return float(struct.unpack(">d", data)[0])
        case 8 | 9:
            return kind - 8
        case _ if kind < 7:
            return int.from_bytes(data, "big", signed=True)
        case _ if kind % 2:
            return data.decode(encoding, "replace")
        case _:
            return data


def _free(base: _Database) -> Iterator[bytes]:
    """Walk the list of free pages and give what still lies on them."""
    trunk = int.from_bytes(base.data[32:36], "big")
    while trunk:
        page = base.page(trunk)
        following, count = struct.unpack_from(">2I", page, 0)
        if 8 + 4 * count > base.size:
            raise Unreadable(Note.TRUNCATED, trunk)
        yield page[8 + 4 * count :]
        for leaf in struct.unpack_from(f">{count}I", page, 8):
            yield base.page(leaf)
        trunk = following


def _pointer_maps(base: _Database) -> None:
    """Own the maps that a self-shrinking database keeps at fixed places."""
    step = base.usable // 5 + 1
    for number in range(2, base.count + 1, step):
        if number not in base.seen:
            page = base.page(number)
            base.left.append(page[5 * (step - 1) :])


def _after(page: bytes, at: int) -> int:
    return _varint(page, at)[1]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(9):
        if at + step >= len(data):
            raise Unreadable(Note.TRUNCATED)
        byte = data[at + step]
        if step == 8:
            value = (value << 8) | byte
            return value - (1 << 64) if value >> 63 else value, at + 9
        value = (value << 7) | (byte & 127)
        if byte < 128:
            return value, at + step + 1
    raise Unreadable(Note.TRUNCATED)

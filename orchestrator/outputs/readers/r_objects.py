"""R's rds and RData, walked and never loaded: frames, lists, attributes and environments.

Nothing is evaluated. Whatever R would keep (the frame inside a model, the data inside a plot, the
environment of a function) is walked like the rest. Source: R Internals, serialization formats.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import cells
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.r_numbers import MISSING, Numbers, numbers
from orchestrator.outputs.readers.squeezed import unsqueeze

_SINGLE = {254: "NULL", 253: "global", 252: "unbound", 251: "missing", 250: "base namespace",
           242: "empty", 241: "base"}  # fmt: skip
_PAIRS, _CLOSURE, _ENVIRONMENT, _PROMISE, _CALL, _DOTS = 2, 3, 4, 5, 6, 17
_CHAR, _INTEGER, _REAL, _STRING = 9, 13, 14, 16
_LIST, _EXPRESSION, _CODE, _POINTER = 19, 20, 21, 22
_ALTREP, _ATTR_PAIRS, _ATTR_CALL, _CODE_REF, _CODE_DEF = 238, 239, 240, 243, 244
_REFERENCE = 255
_MOST_EXTENTS = 4
"""Units: dimensions; a longer list of that name is none of a table's."""


@dataclass(eq=False)
class Item:
    """One R value: its type, its plain values as text, its parts, and its attributes."""

    kind: int
    values: list[str] = field(default_factory=list)
    parts: list["Item"] = field(default_factory=list)
    attributes: dict[str, "Item"] = field(default_factory=dict)
    tag: str = ""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a file of R objects, squeezed or not, in bytes or in plain text.

    Errors: Unreadable UNKNOWN_TYPE for older ways of writing, TRUNCATED for a cut one.
    """
    content, spans = unsqueeze(opening, data)
    saved = content[:3] in {b"RDX", b"RDA", b"RDB"} and content[3:5] in {b"2\n", b"3\n"}
    found = numbers(content, 5 if saved else 0)
    if found is None:
        raise Unreadable(Note.UNKNOWN_TYPE)
    walker = _Walker(found, len(content))
    root = walker.run()
    if found.at != len(content):
        raise Unreadable(Note.UNKNOWN_PART, found.at)
    opening.container(path, data, spans)
    if walker.words:
        opening.text(opening.free(f"{below(path)}texts"), "\n".join(walker.words))
    shown: set[int] = set()
    for number, one in enumerate(_everything(root), 1):
        if id(one) not in shown:
            shown |= {id(part) for part in _add(opening, f"{below(path)}objects/{number}", one)}


def _everything(root: Item) -> Iterator[Item]:
    """Go through all values, each once, outermost first."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [*reversed(item.attributes.values()), *reversed(item.parts)]


def _add(opening: Opening, path: str, item: Item) -> list[Item]:
    """Add a value as a table where it is one: a list of columns, a matrix, a plain vector.

    Shape: the parts that such a list has shown, which need not be shown again.
    """
    if item.kind in {_LIST, _EXPRESSION, _PAIRS, _ENVIRONMENT}:
        columns = [part for part in item.parts if part.values and not _is_matrix(part)]
        shown: list[Item] = []
        for size in sorted({len(part.values) for part in columns}):
            alike = [part for part in columns if len(part.values) == size]
            if size > 1 or len(alike) > 1:
                _columns(opening, path, item, alike)
                shown += alike
        return shown
    if _is_matrix(item):
        shape = item.attributes["dim"]
        height = int(shape.values[0] or 0)
        labels = [_labelled(item)[at::height] for at in range(height)] if height else []
        names = _names(item.attributes.get("dimnames"), len(labels[0]) if labels else 0)
        opening.table(opening.free(path), names, labels)
    elif len(item.values) > 1 and item.kind != _CHAR and not _numbers_rows(item):
        opening.table(opening.free(path), ["value"], [[text] for text in _labelled(item)])
    return []


def _is_matrix(item: Item) -> bool:
    shape = item.attributes.get("dim")
    return shape is not None and len(shape.values) == 2 and bool(item.values)


def _columns(opening: Opening, path: str, item: Item, alike: list[Item]) -> None:
    known = item.attributes.get("names")
    names = [
        part.tag or (known.values[at] if known and at < len(known.values) else "")
        for at, part in enumerate(item.parts)
        if part in alike
    ]
    columns = [_labelled(part) for part in alike]
    row_names = item.attributes.get("row.names")
    if row_names and row_names.kind == _STRING and len(row_names.values) == len(columns[0]):
        names, columns = ["", *names], [row_names.values, *columns]
    own = opening.free(path)
    rows = cells.rows_of(columns)
    opening.table(own, names, rows)
    unpack(opening, own, names, rows)


def _numbers_rows(item: Item) -> bool:
    """Tell the row names that a frame has where nobody named its rows, and a matrix's extents."""
    numbers = map(str, range(1, len(item.values) + 1))
    extents = item.tag == "dim" and len(item.values) <= _MOST_EXTENTS
    return extents or (item.tag == "row.names" and item.values == [*numbers])


def _names(item: Item | None, width: int) -> list[str]:
    inner = item.parts[1].values if item and len(item.parts) > 1 else []
    return inner if len(inner) == width else [f"column {at}" for at in range(1, width + 1)]


def _labelled(item: Item) -> list[str]:
    """Write values as R shows them: factors by their levels, dates and times as such."""
    levels = item.attributes.get("levels")
    classes = item.attributes["class"].values if "class" in item.attributes else []
    if levels and "factor" in classes:
        return [
            levels.values[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(levels.values)
            else text for text in item.values
        ]  # fmt: skip
    if "Date" in classes:
        return [cells.of_days(int(float(text))) if text else "" for text in item.values]
    if "POSIXct" in classes:
        return [
            cells.of_moment(int(float(text) * 1000), 1000) if text else "" for text in item.values
        ]
    return item.values


class _Walker:
    """Reads the binary format of versions 2 and 3."""

    def __init__(self, numbers: Numbers, size: int) -> None:
        self.numbers = numbers
        self.size = size
        self._seen: dict[str, None] = {}
        self._references: list[Item] = []

    @property
    def words(self) -> list[str]:
        """All texts and names that were met."""
        return list(self._seen)

    def run(self) -> Item:
        version = self._integer()
        self.numbers.integers(2)
        if version == 3:
            self.numbers.text(self._integer())
        elif version != 2:
            raise Unreadable(Note.UNKNOWN_TYPE, self.numbers.at)
        return self._item()

    def _integer(self) -> int:
        return self.numbers.integer()

    def _length(self, width: int) -> int:
        count = self._integer()
        if count == -1:
            count = (self._integer() << 32) + self._integer()
        if count < 0 or not self.numbers.holds(count, width):
            raise Unreadable(Note.TRUNCATED, self.numbers.at)
        return count

    def _text(self, count: int) -> str:
        return "" if count == -1 else self.numbers.text(count).decode("utf-8", "replace")

    def _item(self, flags: int | None = None) -> Item:
        """Read one value, whose flags may be known already."""
        flags = self._integer() if flags is None else flags
        kind = flags & 255
        if kind in _SINGLE:
            return Item(kind)
        if kind in {_PAIRS, _CLOSURE, _PROMISE, _CALL, _DOTS, _ATTR_PAIRS, _ATTR_CALL}:
            return self._pairs(flags)
        if kind == _REFERENCE:
            place = (flags >> 8 or self._integer()) - 1
            if not 0 <= place < len(self._references):
                raise Unreadable(Note.TRUNCATED, self.numbers.at)
            return self._references[place]
        item = Item(kind)
        self._fill(item, kind)
        if flags & 512 and kind not in {_CHAR, _ENVIRONMENT, _ALTREP}:
            item.attributes = self._attributes(self._item())
        elif flags & 512 and kind == _CHAR:
            self._item()
        return item

    def _fill(self, item: Item, kind: int) -> None:
        match kind:
            case 1:
                item.values = self._item().values
                self._references.append(item)
            case 4:
                self._references.append(item)
                self._integer()
                enclosure, frame, table, attributes = (self._item() for _ in range(4))
                inner = [part for bucket in table.parts for part in (bucket.parts or [bucket])]
                item.parts = [*frame.parts, *inner, enclosure]
                item.attributes = self._attributes(attributes)
            case 249 | 248 | 247:
                self._integer()
                item.values = [self._item().values[0] for _ in range(self._integer())]
                self._references.append(item)
            case 7 | 8:
                self._say(self.numbers.text(self._integer()).decode("latin-1"))
            case 9:
                count = self._integer()
                text = self._text(count)
                item.values = [text]
                self._say(text)
            case 22 | 23:
                self._references.append(item)
                item.parts = [self._item(), self._item()] if kind == _POINTER else []
            case 21:
                item.parts = self._code()
            case 238:
                self._compact(item)
            case 19 | 20:
                item.parts = [self._item() for _ in range(self._length(4))]
            case 25:
                pass
            case _:
                self._vector(item, kind)

    def _vector(self, item: Item, kind: int) -> None:
        match kind:
            case 10 | 13:
                found = self.numbers.integers(self._length(4))
                item.values = ["" if one == MISSING else str(one) for one in found]
            case 14 | 15:
                count = self._length(8 if kind == _REAL else 16) * (1 if kind == _REAL else 2)
                item.values = [cells.of_double(one) for one in self.numbers.reals(count)]
            case 16:
                count = self._length(4)
                parts = [self._item() for _ in range(count)]
                item.values = [part.values[0] if part.values else "" for part in parts]
            case 24:
                item.values = [str(one) for one in self.numbers.raw(self._length(1))]
            case _:
                raise Unreadable(Note.UNKNOWN_TYPE, self.numbers.at)

    def _pairs(self, flags: int) -> Item:
        """Read a chain of pairs without recursion along it."""
        head = Item(_PAIRS)
        while True:
            kind = flags & 255
            marked = kind in {_ATTR_PAIRS, _ATTR_CALL}
            if flags & 512 or marked:
                head.attributes.update(self._attributes(self._item()))
            tag = self._item() if flags & 1024 or (marked and kind == _ATTR_PAIRS) else None
            value = self._item()
            if tag is not None and tag.values:
                value = self._tagged(value, tag.values[0])
            head.parts.append(value)
            flags = self._integer()
            if flags & 255 not in {_PAIRS, _CLOSURE, _PROMISE, _CALL, _DOTS}:
                break
        last = self._item(flags)
        if last.kind != 254:
            head.parts.append(last)
        return head

    def _tagged(self, value: Item, tag: str) -> Item:
        """Name a value of a chain; a shared one keeps its other names by a copy."""
        if value.tag:
            return Item(value.kind, value.values, value.parts, value.attributes, tag)
        value.tag = tag
        return value

    def _attributes(self, pairs: Item) -> dict[str, Item]:
        return {part.tag or f"#{at}": part for at, part in enumerate(pairs.parts)}

    def _compact(self, item: Item) -> None:
        """Write out the ways in which R keeps sequences and wrapped vectors short."""
        info, state, attributes = self._item(), self._item(), self._item()
        item.attributes = self._attributes(attributes)
        name = info.parts[0].values[0] if info.parts and info.parts[0].values else ""
        if name in {"compact_intseq", "compact_realseq"} and len(state.values) == 3:
            count, first, step = (float(text) for text in state.values)
            if not 0 <= count <= self.size * 100:
                raise Unreadable(Note.BOMB, self.numbers.at)
            item.values = [cells.of_double(first + at * step) for at in range(int(count))]
        elif name == "deferred_string" and state.parts:
            item.values = _labelled(state.parts[0])
        elif name.startswith("wrap_") and state.parts:
            inner = state.parts[0]
            item.values, item.parts = inner.values, inner.parts
            item.attributes = {**inner.attributes, **item.attributes}
        else:
            raise Unreadable(Note.UNKNOWN_TYPE, self.numbers.at)
        item.kind = _INTEGER if name == "compact_intseq" else _STRING if "str" in name else _REAL

    def _code(self) -> list[Item]:
        """Walk compiled code: its constants may be data."""
        self._integer()
        return self._code_body()

    def _code_body(self) -> list[Item]:
        parts = [self._item()]
        for _ in range(self._length(4)):
            kind = self._integer()
            if kind == _CODE:
                parts += self._code_body()
            elif kind in {_PAIRS, _CALL, _ATTR_PAIRS, _ATTR_CALL, _CODE_REF, _CODE_DEF}:
                self._code_call(kind, parts)
            else:
                parts.append(self._item())
        return parts

    def _code_call(self, kind: int, parts: list[Item]) -> None:
        if kind == _CODE_REF:
            self._integer()
            return
        if kind == _CODE_DEF:
            self._integer()
            kind = self._integer()
        if kind not in {_PAIRS, _CALL, _ATTR_PAIRS, _ATTR_CALL}:
            parts.append(self._item())
            return
        if kind in {_ATTR_PAIRS, _ATTR_CALL}:
            parts.append(self._item())
        parts.append(self._item())
        for _ in range(2):
            self._code_call(self._integer(), parts)

    def _say(self, text: str) -> None:
        if text:
            self._seen[text] = None

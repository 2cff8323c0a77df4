"""SPSS's sav and zsav: data, value labels, variable labels, documents, attributes.

Source: the format as described by the PSPP project's developer documentation.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import cells, packing
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.walking import Walk

_LOWEST = -1.7976931348623157e308
_DATES = frozenset({20, 22, 23, 24, 28, 29, 30, 38, 39})
_TIMES = frozenset({22, 41})
_EPOCH = datetime(1582, 10, 14)  # noqa: DTZ001 - the format's own epoch has no zone
_LONG_NAMES, _VERY_LONG, _ENCODING = 13, 14, 20


@dataclass
class _Variable:
    name: str
    width: int
    kind: int
    slots: int
    at: int
    labels: dict[str, str] = field(default_factory=dict)


@dataclass
class _Walk(Walk):
    order: str = "<"
    coding: str = "utf-8"

    def integer(self, owner: str) -> int:
        """Take one whole number."""
        return int(struct.unpack(f"{self.order}i", self.take(4, owner))[0])

    def say(self, raw: bytes) -> str:
        """Decode a text and keep it as said."""
        text = raw.rstrip(b"\0 ").decode(self.coding, "replace")
        if text:
            self.words.append(text)
        return text


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a data file. Errors: Unreadable (TRUNCATED) where a record is not what it must be."""
    walk = _Walk(data)
    squeezed, bias = _header(walk)
    variables = _records(walk)
    slots = sum(one.slots for one in variables)
    if squeezed == 2:
        content = _zlib_blocks(opening, walk)
        items, taken = _codes(content, bias, walk.order)
        if taken != len(content):
            raise Unreadable(Note.UNKNOWN_PART, walk.at)
    elif squeezed == 1:
        items, taken = _codes(data[walk.at :], bias, walk.order)
        walk.take(taken, "data")
    else:
        body = walk.take((len(data) - walk.at) // 8 * 8, "data")
        items = [body[at : at + 8] for at in range(0, len(body), 8)]
    if not slots or len(items) % slots:
        raise Unreadable(Note.TRUNCATED, walk.at)
    columns = list(_columns(walk, variables, items, slots))
    names = [name for name, _ in columns]
    rows = cells.rows_of([column for _, column in columns])
    opening.table(path, names, rows, size=len(data), spans=walk.spans, raw=data)
    unpack(opening, path, names, rows)
    if walk.words:
        opening.text(opening.free(f"{below(path)}labels"), "\n".join(dict.fromkeys(walk.words)))


def _header(walk: _Walk) -> tuple[int, float]:
    head = walk.take(176, "header")
    walk.order = "<" if struct.unpack("<i", head[64:68])[0] in {2, 3} else ">"
    _, _, squeezed, _, _ = struct.unpack(f"{walk.order}5i", head[64:84])
    bias = struct.unpack(f"{walk.order}d", head[84:92])[0]
    for start, end in ((4, 64), (92, 109), (109, 173)):
        walk.say(head[start:end])
    return squeezed, bias


def _records(walk: _Walk) -> list[_Variable]:
    """Read the dictionary: one record after another up to its end mark."""
    variables: list[_Variable] = []
    by_slot: dict[int, _Variable] = {}
    slot = 0
    long: dict[str, str] = {}
    wide: dict[str, int] = {}
    sets: list[tuple[dict[bytes, str], list[int]]] = []
    while True:
        match walk.integer("record"):
            case 2:
                slot += 1
                one = _variable(walk, slot)
                if one is not None:
                    variables.append(one)
                    by_slot[slot] = one
                elif variables:
                    variables[-1].slots += 1
            case 3:
                sets.append(_labels(walk))
            case 6:
                for _ in range(walk.integer("documents")):
                    walk.say(walk.take(80, "documents"))
            case 7:
                _extension(walk, long, wide)
            case 999:
                walk.take(4, "end of dictionary")
                break
            case _:
                raise Unreadable(Note.TRUNCATED, walk.at)
    _name(walk, variables, by_slot, long, wide, sets)
    return variables


def _variable(walk: _Walk, slot: int) -> _Variable | None:
    width, label, missing, print_as, _ = struct.unpack(f"{walk.order}5i", walk.take(20, "variable"))
    name = walk.take(8, "variable").rstrip(b" ").decode("latin-1")
    if label:
        size = walk.integer("label")
        walk.say(walk.take(-(-size // 4) * 4, "label"))
    for _ in range(abs(missing)):
        walk.say(walk.take(8, "missing")) if width else walk.take(8, "missing")
    if width == -1:
        return None
    return _Variable(name, width, (print_as >> 16) & 255, 1, slot)


def _labels(walk: _Walk) -> tuple[dict[bytes, str], list[int]]:
    found: dict[bytes, str] = {}
    for _ in range(walk.integer("labels")):
        value = walk.take(8, "labels")
        size = walk.take(1, "labels")[0]
        text = walk.take((size + 8) // 8 * 8 - 1, "labels")
        found[value] = walk.say(text[:size])
        if text[size:].strip(b"\0 "):
            walk.say(text[size:])
    if walk.integer("labels") != 4:
        raise Unreadable(Note.TRUNCATED, walk.at)
    return found, [walk.integer("labels") for _ in range(walk.integer("labels"))]


def _extension(walk: _Walk, long: dict[str, str], wide: dict[str, int]) -> None:
    kind, size, count = (walk.integer("extension") for _ in range(3))
    if size * count < 0:
        raise Unreadable(Note.TRUNCATED, walk.at)
    body = walk.take(size * count, "extension")
    if kind == _ENCODING:
        walk.coding = _known(body.decode("ascii", "replace"))
    elif kind == _LONG_NAMES:
        for pair in body.decode(walk.coding, "replace").split("\t"):
            short, _, name = pair.partition("=")
            long[short] = name
    elif kind == _VERY_LONG:
        for pair in re.split(r"\0?\t", body.decode(walk.coding, "replace")):
            short, _, digits = pair.partition("=")
            if digits.strip("\0").isdecimal():
                wide[short] = int(digits.strip("\0"))
    elif kind not in {3, 4, 11, 16}:  # plain numbers: machine, extremes, how it is displayed
        walk.say(body)


def _known(name: str) -> str:
    try:
        return "utf-8" if not name else name if "".encode(name) == b"" else "utf-8"
    except LookupError as error:
        raise Unreadable(Note.ENCODING) from error


def _name(
    walk: _Walk,
    variables: list[_Variable],
    by_slot: dict[int, _Variable],
    long: dict[str, str],
    wide: dict[str, int],
    sets: list[tuple[dict[bytes, str], list[int]]],
) -> None:
    """Give variables their long names, join pieces of very long texts, attach labels."""
    for labels, places in sets:
        for one in (by_slot[place] for place in places if place in by_slot):
            one.labels = {_cell(walk, one, [value]): text for value, text in labels.items()}
    at = 0
    while at < len(variables):
        one = variables[at]
        pieces = -(-wide[one.name] // 252) if one.name in wide else 1
        for more in variables[at + 1 : at + pieces]:
            one.slots += more.slots
        one.width = wide.get(one.name, one.width)
        del variables[at + 1 : at + pieces]
        one.name = long.get(one.name, one.name)
        at += 1


def _columns(
    walk: _Walk, variables: list[_Variable], items: list[bytes], slots: int
) -> Iterator[tuple[str, list[str]]]:
    start = 0
    for one in variables:
        column = [
            _cell(walk, one, items[row + start : row + start + one.slots])
            for row in range(0, len(items), slots)
        ]
        yield one.name, [one.labels.get(text, text) for text in column]
        start += one.slots


def _cell(walk: _Walk, one: _Variable, pieces: list[bytes]) -> str:
    if one.width > 0:
        return b"".join(pieces).rstrip(b"\0 ").decode(walk.coding, "replace")
    value = float(struct.unpack(f"{walk.order}d", pieces[0])[0])
    if value == _LOWEST:
        return ""
    if one.kind in _DATES | _TIMES:
        try:
            when = _EPOCH + timedelta(seconds=value)
        except OverflowError:
            return cells.of_double(value)
        midnight = not (when.hour or when.minute or when.second)
        return when.date().isoformat() if midnight else str(when)
    return cells.of_double(value)


def _codes(data: bytes, bias: float, order: str) -> tuple[list[bytes], int]:
    """Undo the squeezing by codes: each byte of a group of eight stands for one slot."""
    items: list[bytes] = []
    at = 0
    lowest = struct.pack(f"{order}d", _LOWEST)
    while at + 8 <= len(data):
        codes = data[at : at + 8]
        at += 8
        for code in codes:
            if code == 252:
                return items, at
            if code == 253:
                if at + 8 > len(data):
                    raise Unreadable(Note.TRUNCATED, at)
                items.append(data[at : at + 8])
                at += 8
            elif code == 254:
                items.append(b" " * 8)
            elif code == 255:
                items.append(lowest)
            elif code:
                items.append(struct.pack(f"{order}d", code - bias))
    return items, at


def _zlib_blocks(opening: Opening, walk: _Walk) -> bytes:
    """Unpack the blocks of a zsav and own its header and trailer."""
    here = walk.at
    start, trailer, size = struct.unpack(f"{walk.order}3q", walk.take(24, "data header"))
    if start != here or not here < trailer <= len(walk.data):
        raise Unreadable(Note.TRUNCATED, here)
    content = b""
    while walk.at < trailer:
        piece, taken = packing.inflate(opening, walk.data[walk.at : trailer])
        walk.take(taken, "data")
        content += piece
    walk.take(size, "data trailer")
    return content

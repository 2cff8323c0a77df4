"""Stata's dta of versions 113 to 119: data, value labels, variable labels, notes, long strings.

Source: Stata's own description of the formats, help dta.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import cells
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.walking import Walk

_NUMERIC = {65530: ("b", 100), 65529: ("h", 32740), 65528: ("i", 2147483620), 65527: ("f", 1.7e38),
            65526: ("d", 8.988e307)}  # fmt: skip
_OLD_KINDS = {251: 65530, 252: 65529, 253: 65528, 254: 65527, 255: 65526}
_LONG = 32768
_EPOCH = datetime(1960, 1, 1)  # noqa: DTZ001 - the format's own epoch has no zone


@dataclass
class _Walk(Walk):
    order: str = "<"
    coding: str = "utf-8"

    def number(self, form: str, owner: str) -> int:
        """Take one whole number."""
        return int(struct.unpack(self.order + form, self.take(struct.calcsize(form), owner))[0])

    def expect(self, tag: str) -> None:
        """Take a tag that must stand here. Errors: Unreadable (TRUNCATED)."""
        if self.take(len(tag), "tag") != tag.encode():
            raise Unreadable(Note.TRUNCATED, self.at)

    def text(self, raw: bytes) -> str:
        """Decode a field up to its end; what lies behind the end is said too."""
        head, _, rest = raw.partition(b"\0")
        if rest.strip(b"\0"):
            self.words.append(rest.strip(b"\0").decode(self.coding, "replace"))
        return head.decode(self.coding, "replace")


@dataclass
class _Head:
    kinds: list[int]
    names: list[str]
    formats: list[str]
    labels: list[str]
    rows: int


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a data file. Errors: Unreadable (TRUNCATED) where a part is not what it must be."""
    walk = _Walk(data)
    if data.startswith(b"<"):
        head, columns, sets = _tagged(walk)
    else:
        head, columns, sets = _plain(walk)
    shown = [
        _shown(column, fmt, sets.get(label, {}))
        for column, fmt, label in zip(columns, head.formats, head.labels, strict=True)
    ]
    rows = cells.rows_of(shown)
    opening.table(path, head.names, rows, size=len(data), spans=walk.spans, raw=data)
    unpack(opening, path, head.names, rows)
    words = [*walk.words, *(text for labels in sets.values() for text in labels.values())]
    if words:
        opening.text(opening.free(f"{below(path)}labels"), "\n".join(dict.fromkeys(words)))


def _tagged(walk: _Walk) -> tuple[_Head, list[list[str]], dict[str, dict[str, str]]]:
    """Read versions 117 to 119, whose parts stand between tags."""
    walk.expect("<stata_dta><header><release>")
    release = walk.take(3, "release")
    if release not in {b"117", b"118", b"119"}:
        raise Unreadable(Note.UNKNOWN_TYPE)
    new = release != b"117"
    walk.coding = "utf-8" if new else "cp1252"
    walk.expect("</release><byteorder>")
    walk.order = ">" if walk.take(3, "byte order") == b"MSF" else "<"
    walk.expect("</byteorder><K>")
    width = walk.number("I" if release == b"119" else "H", "columns")
    walk.expect("</K><N>")
    rows = walk.number("Q" if new else "I", "rows")
    walk.expect("</N><label>")
    size = walk.number("H" if new else "B", "label")
    walk.words.append(walk.text(walk.take(size, "label")))
    walk.expect("</label><timestamp>")
    walk.words.append(walk.text(walk.take(walk.number("B", "time"), "time")))
    walk.expect("</timestamp></header><map>")
    walk.take(14 * 8, "map")
    walk.expect("</map><variable_types>")
    kinds = list(struct.unpack(f"{walk.order}{width}H", walk.take(2 * width, "types")))
    walk.expect("</variable_types><varnames>")
    names = _texts(walk, width, 129 if new else 33)
    walk.expect("</varnames><sortlist>")
    walk.take((width + 1) * (4 if release == b"119" else 2), "sort order")
    walk.expect("</sortlist><formats>")
    formats = _texts(walk, width, 57 if new else 49)
    walk.expect("</formats><value_label_names>")
    labels = _texts(walk, width, 129 if new else 33)
    walk.expect("</value_label_names><variable_labels>")
    walk.words += _texts(walk, width, 321 if new else 81)
    walk.expect("</variable_labels><characteristics>")
    while walk.data.startswith(b"<ch>", walk.at):
        walk.expect("<ch>")
        raw = walk.take(walk.number("I", "note"), "note")
        walk.words += [one for one in raw.decode(walk.coding, "replace").split("\0") if one]
        walk.expect("</ch>")
    walk.expect("</characteristics><data>")
    columns = _data(walk, kinds, rows)
    walk.expect("</data><strls>")
    _long_strings(walk, columns, kinds, release)
    walk.expect("</strls><value_labels>")
    sets = dict(_label_sets(walk, 129 if new else 33, tagged=True))
    walk.expect("</value_labels></stata_dta>")
    return _Head(kinds, names, formats, labels, rows), columns, sets


def _plain(walk: _Walk) -> tuple[_Head, list[list[str]], dict[str, dict[str, str]]]:
    """Read versions 113 to 115, whose parts follow one another."""
    release, order = walk.take(4, "header")[:2]
    walk.order, walk.coding = ">" if order == 1 else "<", "cp1252"
    width, rows = walk.number("H", "columns"), walk.number("I", "rows")
    walk.words += [walk.text(walk.take(81, "label")), walk.text(walk.take(18, "time"))]
    kinds = [_OLD_KINDS.get(one, one) for one in walk.take(width, "types")]
    names = _texts(walk, width, 33)
    walk.take(2 * (width + 1), "sort order")
    formats = _texts(walk, width, 12 if release == 113 else 49)
    labels = _texts(walk, width, 33)
    walk.words += _texts(walk, width, 81)
    while True:
        kind, size = walk.number("B", "note"), walk.number("I", "note")
        if not kind and not size:
            break
        raw = walk.take(size, "note")
        walk.words += [one for one in raw.decode(walk.coding, "replace").split("\0") if one]
    columns = _data(walk, kinds, rows)
    sets = dict(_label_sets(walk, 33, tagged=False))
    return _Head(kinds, names, formats, labels, rows), columns, sets


def _texts(walk: _Walk, count: int, size: int) -> list[str]:
    return [walk.text(walk.take(size, "names")) for _ in range(count)]


def _data(walk: _Walk, kinds: list[int], rows: int) -> list[list[str]]:
    widths = [_width(kind) for kind in kinds]
    step = sum(widths)
    raw = walk.take(step * rows, "data")
    columns: list[list[str]] = []
    offset = 0
    for kind, width in zip(kinds, widths, strict=True):
        pieces = [raw[at * step + offset : at * step + offset + width] for at in range(rows)]
        columns.append([_cell(walk, kind, piece) for piece in pieces])
        offset += width
    return columns


def _width(kind: int) -> int:
    if kind in _NUMERIC:
        return struct.calcsize(_NUMERIC[kind][0])
    if kind != _LONG and not 1 <= kind <= 2045:
        raise Unreadable(Note.TRUNCATED)
    return 8 if kind == _LONG else kind


def _cell(walk: _Walk, kind: int, piece: bytes) -> str:
    if kind == _LONG:
        return piece.hex()
    if kind not in _NUMERIC:
        return walk.text(piece)
    form, most = _NUMERIC[kind]
    value = struct.unpack(walk.order + form, piece)[0]
    if value > most:
        return ""
    if form == "f":
        return cells.of_single(value)
    return cells.of_double(value) if form == "d" else str(value)


def _long_strings(walk: _Walk, columns: list[list[str]], kinds: list[int], release: bytes) -> None:
    """Read strings kept apart and put them where their references stand."""
    known: dict[bytes, str] = {}
    while walk.data.startswith(b"GSO", walk.at):
        walk.expect("GSO")
        variable = walk.number("I", "long string")
        observation = walk.number("Q" if release != b"117" else "I", "long string")
        binary = walk.number("B", "long string") == 129
        raw = walk.take(walk.number("I", "long string"), "long string")
        text = cells.of_bytes(raw) if binary else walk.text(raw)
        walk.words.append(text)
        known[_reference(walk.order, variable, observation, release)] = text
    for column, kind in zip(columns, kinds, strict=True):
        if kind == _LONG:
            column[:] = [known.get(bytes.fromhex(cell), "") for cell in column]


def _reference(order: str, variable: int, observation: int, release: bytes) -> bytes:
    if release == b"117":
        return struct.pack(f"{order}2I", variable, observation)
    wide = 3 if release == b"119" else 2
    side = "little" if order == "<" else "big"
    first = variable.to_bytes(wide, "little" if side == "little" else "big")
    return first + observation.to_bytes(8 - wide, "little" if side == "little" else "big")


def _label_sets(walk: _Walk, size: int, *, tagged: bool) -> Iterator[tuple[str, dict[str, str]]]:
    while walk.at < len(walk.data) and (not tagged or walk.data.startswith(b"<lbl>", walk.at)):
        if tagged:
            walk.expect("<lbl>")
        length = walk.number("I", "labels")
        name = walk.text(walk.take(size, "labels"))
        walk.take(3, "labels")
        body = walk.take(length, "labels")
        if tagged:
            walk.expect("</lbl>")
        count, total = struct.unpack_from(f"{walk.order}2I", body)
        if 8 + 8 * count + total != length:
            raise Unreadable(Note.TRUNCATED, walk.at)
        places = struct.unpack_from(f"{walk.order}{count}I", body, 8)
        values = struct.unpack_from(f"{walk.order}{count}i", body, 8 + 4 * count)
        texts = body[8 + 8 * count :]
        walk.words += [one.decode(walk.coding, "replace") for one in texts.split(b"\0") if one]
        yield (
            name,
            {
                str(value): texts[place:].partition(b"\0")[0].decode(walk.coding, "replace")
                for place, value in zip(places, values, strict=True)
            },
        )


def _shown(column: list[str], fmt: str, labels: dict[str, str]) -> list[str]:
    """Write a column as people see it: labels for codes, dates for counts of days."""
    if re.match(r"%-?t?d", fmt):
        return [_day(text) for text in column]
    if re.match(r"%-?t[cC]", fmt):
        return [_moment(text) for text in column]
    return [labels.get(text, text) for text in column] if labels else column


def _day(text: str) -> str:
    try:
        return (_EPOCH + timedelta(days=float(text))).date().isoformat()
    except (ValueError, OverflowError):
        return text


def _moment(text: str) -> str:
    try:
        when = _EPOCH + timedelta(milliseconds=float(text))
    except (ValueError, OverflowError):
        return text
    return when.date().isoformat() if not (when.hour or when.minute or when.second) else str(when)

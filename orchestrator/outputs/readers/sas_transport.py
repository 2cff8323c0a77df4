"""SAS transport files of versions 5 and 8: every member's data, labels, formats and header texts.

Source: SAS's own descriptions of both formats (TS-140 and its successor for long names).
"""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import cells
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.walking import Walk

_LINE = 80
_HEAD = re.compile(rb"HEADER RECORD\*{7}(.{8})HEADER RECORD!{7}([0-9 ]{30})  ", re.S)
_MEMBER = b"HEADER RECORD*******MEMB"
_BLANK = b" \0"
_MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NUMERIC = 1


class _Walk(Walk):
    def head(self, *names: bytes) -> tuple[bytes, bytes]:
        """Take a header line of one of these names; give its name and the numbers on it."""
        found = _HEAD.fullmatch(self.take(_LINE, "header"))
        if found is None or found[1].rstrip() not in names:
            raise Unreadable(Note.TRUNCATED, self.at)
        return found[1].rstrip(), found[2]

    def said(self, count: int, owner: str) -> None:
        """Take a line of texts, all of which are said."""
        self.words += re.split(r"\s{2,}", text_of(self.take(count, owner)))

    def pad(self, start: int) -> None:
        """Take what fills the last line. Errors: Unreadable (UNKNOWN_PART) unless it is blank."""
        filler = self.take(-(self.at - start) % _LINE, "filler")
        if filler.strip(_BLANK):
            raise Unreadable(Note.UNKNOWN_PART, self.at)


@dataclass
class _Variable:
    name: str
    label: str
    form: str
    kind: int
    at: int
    size: int


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a transport file. Errors: Unreadable where a record is not what it must be.

    Shape: a file with one member is that table; with several, each is a table of its own.
    """
    if len(data) % _LINE:
        raise Unreadable(Note.TRUNCATED, len(data))
    walk = _Walk(data)
    walk.head(b"LIBRARY", b"LIBV8")
    walk.said(_LINE, "header")
    walk.said(_LINE, "header")
    members = list(_members(walk))
    if len(members) == 1:
        name, columns, rows = members[0]
        opening.table(path, columns, rows, size=len(data), spans=walk.spans, raw=data)
        unpack(opening, path, columns, rows)
    else:
        opening.container(path, data, walk.spans)
        for name, columns, rows in members:
            own = opening.free(f"{below(path)}{name}")
            opening.table(own, columns, rows)
            unpack(opening, own, columns, rows)
    words = "\n".join(dict.fromkeys(word for word in walk.words if word))
    if words:
        opening.text(opening.free(f"{below(path)}labels"), words)


def _members(walk: _Walk) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    while walk.at < len(walk.data):
        _, numbers = walk.head(b"MEMBER", b"MEMBV8")
        size = _whole(numbers[-6:])
        walk.head(b"DSCRPTR", b"DSCPTV8")
        start = walk.at
        walk.said(_LINE, "header")
        walk.said(_LINE, "header")
        name = text_of(walk.data[start + 8 : start + 40]).split("  ")[0].split(" ")[0]
        _, numbers = walk.head(b"NAMESTR", b"NAMSTV8")
        variables = _variables(walk, _whole(numbers[:10]), size)
        if walk.data.startswith(b"HEADER RECORD*******LABELV", walk.at):
            _long_labels(walk)
        kind, numbers = walk.head(b"OBS", b"OBSV8")
        told = (_whole(numbers[:15]) or None) if kind == b"OBSV8" else None  # haven: 0
        yield name, [one.name for one in variables], list(_rows(walk, variables, told))


def _whole(digits: bytes) -> int:
    text = digits.strip()
    if not text.isdigit():
        raise Unreadable(Note.TRUNCATED)
    return int(text)


def _variables(walk: _Walk, count: int, size: int) -> list[_Variable]:
    """Read the descriptions of columns. Errors: Unreadable (UNKNOWN_PART) for bytes between."""
    if size not in {136, 140}:
        raise Unreadable(Note.TRUNCATED, walk.at)
    start, found = walk.at, []
    for _ in range(count):
        record = walk.take(size, "names")
        kind, _, width = struct.unpack_from(">3h", record)
        texts = [text_of(record[a:b]) for a, b in ((8, 16), (16, 56), (56, 64), (72, 80))]
        long_name = text_of(record[88:120])
        rest = text_of(record[120:])
        walk.words += [*texts[1:], long_name, rest if rest.isprintable() else ""]
        place = int(struct.unpack_from(">i", record, 84)[0])
        found.append(_Variable(long_name or texts[0], texts[1], texts[2], kind, place, width))
    walk.pad(start)
    place = 0
    for one in sorted(found, key=lambda one: one.at):
        if one.at != place or one.size < 1:
            raise Unreadable(Note.UNKNOWN_PART, walk.at)
        place += one.size
    return found


def _long_labels(walk: _Walk) -> None:
    """Read labels of more than 40 characters, in the newest form with formats behind them."""
    kind, numbers = walk.head(b"LABELV8", b"LABELV9")
    start, sizes = walk.at, 3 if kind == b"LABELV8" else 5
    for _ in range(_whole(numbers)):
        lengths = struct.unpack(f">{sizes}h", walk.take(2 * sizes, "labels"))[1:]
        walk.words += [text_of(walk.take(length, "labels")) for length in lengths]
    walk.pad(start)


def _rows(walk: _Walk, variables: list[_Variable], told: int | None) -> Iterator[list[str]]:
    """Read the rows of a member: up to the next one, or to the end of the file.

    Shape: where a row is shorter than a line and nobody `told` how many there are, blank rows in
    the last line are its filler. Some programs (haven of R) leave a nought there.
    """
    width = sum(one.size for one in variables)
    start, end = walk.at, _end(walk)
    many = told if told is not None else _many(walk.data[start:end], width)
    walk.take(many * width, "data")
    filler = walk.take(end - walk.at, "filler")
    if filler.strip(_BLANK) or len(filler) >= _LINE:
        raise Unreadable(Note.UNKNOWN_PART, walk.at)
    for at in range(start, start + many * width, width or 1):
        row = walk.data[at : at + width]
        yield [_cell(one, row[one.at : one.at + one.size]) for one in variables]


def _many(data: bytes, width: int) -> int:
    many = len(data) // width if width else 0
    least = max(0, len(data) - _LINE + 1)
    while many and many * width > least and not data[(many - 1) * width : many * width].strip(b" "):
        many -= 1
    return many


def _end(walk: _Walk) -> int:
    at = walk.at
    while (at := walk.data.find(_MEMBER, at)) >= 0:
        if at % _LINE == 0 and _HEAD.match(walk.data, at):
            return at
        at += 1
    return len(walk.data)


def _cell(variable: _Variable, piece: bytes) -> str:
    if variable.kind != _NUMERIC:
        return text_of(piece)
    value = _of_ibm(piece)
    return "" if value is None else cells.of_sas(value, variable.form)


def _of_ibm(piece: bytes) -> float | None:
    """Read a number of base 16, cut to its first bytes; None where it is missing."""
    if not 2 <= len(piece) <= 8:
        raise Unreadable(Note.TRUNCATED)
    if piece[0] in _MISSING and not piece[1:].strip(b"\0"):
        return None
    whole = int.from_bytes(piece[1:].ljust(7, b"\0"), "big")
    value = math.ldexp(whole, 4 * ((piece[0] & 0x7F) - 64) - 56)
    return -value if piece[0] & 0x80 else value


def text_of(raw: bytes) -> str:
    """Decode a field of SAS without its filler: UTF-8, else the code page of Windows."""
    trimmed = raw.rstrip(_BLANK)
    try:
        return trimmed.decode("utf-8")
    except UnicodeDecodeError:
        return trimmed.decode("cp1252", "replace")

"""SAS's own data files (sas7bdat): rows on every page, also squeezed ones, and texts beside them.

Nothing is skipped on a page: a pointer table, the parts it points at, rows, and what is left must
be zero, else it is shown as leftovers of rows that were deleted.
Source: the public descriptions of the format by M. Shotwell and by the ReadStat project.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import cells, sas_squeezed
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.sas_transport import text_of

_ROW_SIZE, _COLUMN_SIZE, _COUNTS = 0xF7F7F7F7, 0xF6F6F6F6, 0xFFFFFC00
_TEXTS, _NAMES, _KINDS = 0xFFFFFFFD, 0xFFFFFFFF, 0xFFFFFFFC
_FORMATS, _ORDER = 0xFFFFFBFE, 0xFFFFFFFE
_META = frozenset({0x0000, 0x4000, 0x0400, 0x0200})
_MIX, _DATA, _DELETED = 0x0200, 0x0100, 0x0080
_SKIPPED, _SQUEEZED = 1, 4
_NUMERIC = 1
_USED = 352  # bytes of the header before its long filler, at most
_RUN = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{4,}")


@dataclass
class _File:
    """The file as it is walked: how wide its numbers are, and what was read of it."""

    data: bytes
    order: str
    wide: bool
    header: int
    page: int
    pages: int
    spans: list[Span] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    left: list[bytes] = field(default_factory=list)
    row: int = 0
    rows: int = 0
    mixed: int = 0
    texts: list[bytes] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    kinds: list[tuple[int, int, int]] = field(default_factory=list)
    forms: list[bytes] = field(default_factory=list)
    found: list[bytes] = field(default_factory=list)

    @property
    def word(self) -> int:
        """Bytes of a whole number."""
        return 8 if self.wide else 4

    def number(self, data: bytes, at: int, size: int = 0) -> int:
        """Read a whole number, a word unless a size is given. Errors: Unreadable (TRUNCATED)."""
        size = size or self.word
        piece = data[at : at + size]
        if at < 0 or len(piece) != size:
            raise Unreadable(Note.TRUNCATED, at)
        return int.from_bytes(piece, "little" if self.order == "<" else "big")

    def text(self, part: bytes, at: int) -> bytes:
        """Follow a reference (which text, where, how long). Errors: Unreadable (TRUNCATED)."""
        which, start, size = (self.number(part, at + step, 2) for step in (0, 2, 4))
        if not size:
            return b""
        if which >= len(self.texts) or start + size > len(self.texts[which]):
            raise Unreadable(Note.TRUNCATED, at)
        return self.texts[which][start : start + size]


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a data file. Errors: Unreadable where a page or part is not what it must be."""
    file = _header(data)
    for number in range(file.pages):
        _page(opening, file, number)
    if len(file.kinds) != len(file.names) or len(file.found) < file.rows:
        raise Unreadable(Note.TRUNCATED, len(data))
    columns = [text_of(name) for name in file.names]
    rows = [_row(file, row) for row in file.found]
    notes = []
    if file.left or len(file.found) > file.rows:
        notes.append(Observation(Note.UNUSED, count=len(file.left) or len(file.found) - file.rows))
    opening.table(path, columns, rows, size=len(data), spans=file.spans, raw=data, notes=notes)
    unpack(opening, path, columns, rows)
    words = [text_of(run) for piece in file.words for run in _RUN.findall(piece)]
    said = "\n".join(dict.fromkeys(one for word in words for one in re.split(r"\s{2,}", word)))
    if said:
        opening.text(opening.free(f"{below(path)}labels"), said)
    _leftovers(opening, path, file.left)


def _leftovers(opening: Opening, path: str, pieces: Sequence[bytes]) -> None:
    """Show what nothing points at any more: runs of text, and the bytes as an unknown part."""
    if pieces:
        left = b"\n".join(pieces)
        runs = b"\n".join(_RUN.findall(left)).decode("utf-8", "replace")
        notes = [Observation(Note.UNUSED)]
        opening.text(opening.free(f"{below(path)}leftovers/text"), runs, notes=notes)
        opening.unknown(opening.free(f"{below(path)}leftovers/bytes"), left, Note.UNKNOWN_PART)


def _header(data: bytes) -> _File:
    """Read the first part of the file, whose filler must be empty."""
    if len(data) < 288:
        raise Unreadable(Note.TRUNCATED, len(data))
    wide, shift = data[32] == 0x33, 4 if data[35] == 0x33 else 0
    file = _File(data, "<" if data[37] == 1 else ">", wide, 0, 0, 0)
    file.header = file.number(data, 196 + shift, 4)
    file.page = file.number(data, 200 + shift, 4)
    file.pages = file.number(data, 204 + shift)
    whole = file.header + file.page * file.pages
    if file.header < 288 or file.page < 256 or whole != len(data):
        raise Unreadable(Note.TRUNCATED, min(len(data), whole))
    used = min(file.header, _USED)
    if data[used : file.header].strip(b"\0"):
        raise Unreadable(Note.UNKNOWN_PART, used)
    file.spans.append(Span(0, file.header, "header"))
    file.words.append(data[84:used])
    return file


def _page(opening: Opening, file: _File, number: int) -> None:
    """Read one page: pointers, what they point at, rows; what is left must be empty."""
    start = file.header + number * file.page
    page = file.data[start : start + file.page]
    head = 32 if file.wide else 16
    kind, blocks, pointers = (file.number(page, head + step, 2) for step in (0, 2, 4))
    plain = kind & ~_DELETED
    if plain not in _META and plain != _DATA:
        raise Unreadable(Note.UNKNOWN_PART, start)
    owned = [(0, head + 8)]
    at = head + 8
    if plain != _DATA:
        step = 3 * file.word
        owned.append((at, at + pointers * step))
        for place in range(at, at + pointers * step, step):
            owned += _pointed(opening, file, page, place)
        at += pointers * step
    if plain in {_DATA, _MIX}:
        owned += _plain_rows(file, page, at, blocks if plain == _DATA else None)
    file.left += [page[a:b] for a, b in _between(owned, len(page)) if page[a:b].strip(b"\0")]
    file.spans.append(Span(start, start + file.page, "page"))


def _between(owned: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Give the ranges that nothing owns. Errors: Unreadable (TRUNCATED) outside the page."""
    at = 0
    for start, end in sorted(owned):
        if not 0 <= start <= end <= size:
            raise Unreadable(Note.TRUNCATED, start)
        if start > at:
            yield at, start
        at = max(at, end)
    if at < size:
        yield at, size


def _plain_rows(file: _File, page: bytes, at: int, blocks: int | None) -> Iterator[tuple[int, int]]:
    """Read rows that stand one after another; on a mixed page they begin at eight bytes."""
    if blocks is None:
        at += -at % 8
        blocks = min(file.rows, file.mixed)
    if blocks and (not file.row or at + blocks * file.row > len(page)):
        raise Unreadable(Note.TRUNCATED, at)
    file.found += [page[place : place + file.row] for place in
                   range(at, at + blocks * file.row, file.row or 1)]  # fmt: skip
    yield at, at + blocks * file.row


def _pointed(opening: Opening, file: _File, page: bytes, place: int) -> list[tuple[int, int]]:
    """Read the part that one pointer names: a row, or something about columns."""
    at, size = file.number(page, place), file.number(page, place + file.word)
    squeezed, kind = page[place + 2 * file.word], page[place + 2 * file.word + 1]
    if not size or squeezed == _SKIPPED:
        return []
    if at + size > len(page) or size < file.word:
        raise Unreadable(Note.TRUNCATED, place)
    part = page[at : at + size]
    if squeezed == _SQUEEZED:
        opening.spend(file.row)
        file.found.append(sas_squeezed.unpacked(part, file.row, _way(file)))
    elif kind == 1 and size == file.row and not _is_known(file, part):
        file.found.append(part)
    else:
        _part(file, part, place)
    return [(at, at + size)]


def _way(file: _File) -> bytes:
    """Name the way rows are squeezed, which the first text says."""
    return b"".join(re.findall(rb"SASYZCR[L2]", file.texts[0])[:1]) if file.texts else b""


def _signature(file: _File, part: bytes) -> int:
    """Read what a part is: four bytes, in eight where numbers are wide."""
    first = file.number(part, 0, 4)
    if file.order == ">" and file.wide and first in {0, 0xFFFFFFFF}:
        return file.number(part, 4, 4)
    return first


def _is_known(file: _File, part: bytes) -> bool:
    return _signature(file, part) in {_ROW_SIZE, _COLUMN_SIZE, _COUNTS, _TEXTS, _NAMES, _KINDS,
                                      _FORMATS, _ORDER}  # fmt: skip


def _part(file: _File, part: bytes, place: int) -> None:
    """Take what a part says about rows and columns. Errors: Unreadable for one of no known kind."""
    word = file.word
    match _signature(file, part):
        case 0xF7F7F7F7:
            file.row, file.rows = file.number(part, 5 * word), file.number(part, 6 * word)
            file.mixed = file.number(part, 15 * word)
        case 0xFFFFFFFD:
            file.texts.append(part[word:])
        case 0xFFFFFFFF:
            many = (len(part) - 2 * word - 12) // 8
            file.names += [file.text(part, word + 8 + 8 * at) for at in range(many)]
        case 0xFFFFFFFC:
            many = (len(part) - 2 * word - 12) // (word + 8)
            file.kinds += [_kind(file, part, word + 8 + at * (word + 8)) for at in range(many)]
        case 0xFFFFFBFE:
            file.forms.append(file.text(part, 22 + 3 * word))
            file.words.append(file.text(part, 28 + 3 * word))
        case 0xF6F6F6F6 | 0xFFFFFC00 | 0xFFFFFFFE:
            pass
        case _:
            raise Unreadable(Note.UNKNOWN_PART, place)
    file.words.append(part[word:])


def _kind(file: _File, part: bytes, at: int) -> tuple[int, int, int]:
    """Read where a column lies in a row, how long it is, and whether it is a number."""
    start, size = file.number(part, at), file.number(part, at + file.word, 4)
    if start + size > file.row:
        raise Unreadable(Note.TRUNCATED, at)
    return start, size, part[at + file.word + 6]


def _row(file: _File, row: bytes) -> list[str]:
    forms = file.forms if len(file.forms) == len(file.kinds) else [b""] * len(file.kinds)
    return [
        _cell(file, row[start : start + size], kind, form)
        for (start, size, kind), form in zip(file.kinds, forms, strict=True)
    ]


def _cell(file: _File, piece: bytes, kind: int, form: bytes) -> str:
    """Write one cell; a number may have been cut to its first bytes."""
    if kind != _NUMERIC:
        return text_of(piece)
    if not 3 <= len(piece) <= 8:
        raise Unreadable(Note.TRUNCATED)
    whole = piece.rjust(8, b"\0") if file.order == "<" else piece.ljust(8, b"\0")
    value = float(struct.unpack(f"{file.order}d", whole)[0])
    return cells.of_sas(value, text_of(form))

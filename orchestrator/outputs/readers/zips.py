"""Zip archives by a walker of our own: both sets of headers, every byte between them.

The central directory says what there is; each local header must say the same. Comments and extra
fields are texts or unknown parts. Members are unpacked within the caps and opened by name.
Source: outputs 4.3.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import packing
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_text

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_FULL = 0xFFFFFFFF
_ZIP64 = 0x0001
_PLAIN_FIELDS = {0x5455: 13, 0x7875: 15, 0x5855: 12, 0x000A: 32, _ZIP64: 28}
"""Extra fields that hold times and owners, with the most bytes each may have."""
_PADDING = {0xA220: (4, b"\0"), 0x4246: (0, b"Z"), 0xD935: (2, b"\0")}
"""Extra fields that only fill: bytes of their own head, and what the rest must be made of."""
_LINK = 0xA
_LATER = 0x8
"""Sizes may stand behind a member; some writers say so in the directory alone."""
_STORED, _DEFLATED, _BZIP2, _ZSTD = 0, 8, 12, 93


@dataclass(frozen=True)
class Member:
    """One member as the central directory tells it. Units: `start` and sizes in bytes."""

    name: str
    method: int
    check: int
    packed: int
    size: int
    start: int
    locked: bool
    note: Note | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is only a name of a folder."""
        return self.name.endswith("/") and self.size == 0


@dataclass
class Archive:
    """What the walker found: members, owned bytes, what was odd, texts, and extra bytes."""

    members: list[Member] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    notes: list[Observation] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    extras: list[bytes] = field(default_factory=list)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Open a zip archive and every member of it.

    Errors: Unreadable (TRUNCATED) without a directory; TYPE_DISAGREES for an Office file.
    """
    archive = walk(data)
    names = {member.name for member in archive.members}
    if names & {"[Content_Types].xml", "META-INF/manifest.xml"}:
        raise Unreadable(Note.TYPE_DISAGREES)
    add_archive(opening, path, data, archive)
    for member in archive.members:
        if not member.is_folder:
            add_member(opening, below(path) + safe_name(member.name), data, member)


def add_archive(opening: Opening, path: str, data: bytes, archive: Archive) -> None:
    """Add the archive itself as a container, with its comments and odd extra fields."""
    opening.container(path, data, archive.spans, archive.notes)
    if archive.words:
        add_text(opening, f"{below(path)}comments", "\n".join(archive.words))
    for extra in archive.extras:
        opening.unknown(opening.free(f"{below(path)}extra"), extra, Note.UNKNOWN_PART)


def add_member(opening: Opening, path: str, data: bytes, member: Member) -> None:
    """Unpack one member and open it; what cannot be unpacked is an unknown part."""
    try:
        content = unpack(opening, data, member)
    except Unreadable as stop:
        packed = data[member.start : member.start + member.packed]
        opening.unknown(opening.free(path), packed, stop.note, stop.at)
        return
    opening.inner(path, content)


def unpack(opening: Opening, data: bytes, member: Member) -> bytes:
    """Give the bytes of one member.

    Errors: Unreadable with the reason: locked, a bomb, another size or check sum than announced.
    """
    packed = data[member.start : member.start + member.packed]
    if member.locked:
        raise Unreadable(Note.ENCRYPTED, member.start)
    if member.note is not None:
        raise Unreadable(member.note, member.start)
    if member.size > opening.room(member.packed):
        raise Unreadable(Note.BOMB, member.start)
    content, taken = _unpacked(opening, packed, member.method)
    if (taken, len(content)) != (member.packed, member.size):
        raise Unreadable(Note.HEADERS_DIFFER, member.start)
    if zlib.crc32(content) != member.check:
        raise Unreadable(Note.TRUNCATED, member.start)
    return content


def walk(data: bytes) -> Archive:
    """Read both sets of headers. Errors: Unreadable where there is no whole directory."""
    archive = Archive()
    count, start, size = _directory(data, archive)
    at = start
    for _ in range(count):
        at = _entry(data, at, archive)
    if at != start + size:
        archive.notes.append(Observation(Note.HEADERS_DIFFER, at=at))
    archive.spans.append(Span(start, min(at, len(data)), "directory"))
    archive.notes += _odd_names(archive.members)
    return archive


def safe_name(name: str) -> str:
    """Give a member's name without steps that lead out of the archive."""
    steps = [step for step in name.replace("\\", "/").split("/") if step not in {"", ".", ".."}]
    return "/".join(steps) or "unnamed"


def is_trick(name: str) -> bool:
    """Whether a name leads somewhere else than into the archive."""
    steps = name.replace("\\", "/").split("/")
    control = any(ord(char) < 32 for char in name)
    return control or ".." in steps or steps[0] == "" or ":" in steps[0] or "\\" in name


def _unpacked(opening: Opening, packed: bytes, method: int) -> tuple[bytes, int]:
    match method:
        case 0:
            opening.spend(len(packed))
            return packed, len(packed)
        case 8:
            return packing.inflate(opening, packed, packing.RAW)
        case 12:
            return packing.unpack_bzip2(opening, packed)
        case 93:
            return packing.unpack_zstd(opening, packed), len(packed)
        case _:
            raise Unreadable(Note.UNKNOWN_TYPE)


def _directory(data: bytes, archive: Archive) -> tuple[int, int, int]:
    at = data.rfind(b"PK\x05\x06")
    while at >= 0:
        if at + _END.size <= len(data):
            *_, count, size, start, length = _END.unpack_from(data, at)
            if at + _END.size + length <= len(data):
                break
        at = data.rfind(b"PK\x05\x06", 0, at)
    if at < 0:
        raise Unreadable(Note.TRUNCATED)
    archive.spans.append(Span(at, at + _END.size + length, "end of directory"))
    if length:
        archive.words.append(_decoded(data[at + _END.size : at + _END.size + length]))
    if _FULL in {size, start} or count == 0xFFFF:
        count, size, start = _large(data, at, archive)
    if start + size > at:
        raise Unreadable(Note.TRUNCATED, at)
    return count, start, size


def _large(data: bytes, end: int, archive: Archive) -> tuple[int, int, int]:
    locator = end - 20
    if locator < 0 or data[locator : locator + 4] != b"PK\x06\x07":
        raise Unreadable(Note.TRUNCATED, end)
    at = int.from_bytes(data[locator + 8 : locator + 16], "little")
    if data[at : at + 4] != b"PK\x06\x06" or at + 56 != locator:
        raise Unreadable(Note.TRUNCATED, locator)
    archive.spans.append(Span(at, end, "end of large directory"))
    count, size, start = struct.unpack_from("<3Q", data, at + 32)
    return count, size, start


def _entry(data: bytes, at: int, archive: Archive) -> int:
    """Read one entry of the directory and the local header it points at."""
    if at + _CENTRAL.size > len(data) or data[at : at + 4] != b"PK\x01\x02":
        raise Unreadable(Note.TRUNCATED, at)
    (_, _, _, flags, method, _, _, check, packed, size, names, extras, comments, _, _, outer,
     start) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    here = at + _CENTRAL.size
    raw = data[here : here + names]
    extra = data[here + names : here + names + extras]
    large = _wide(extra, (size, packed, start))
    size, packed, start = large
    _note_extra(extra, archive)
    end = here + names + extras + comments
    if comments:
        archive.words.append(_decoded(data[end - comments : end]))
    member = _member(data, archive, raw, flags, method, check, packed, size, start)
    if outer >> 28 == _LINK:
        archive.notes.append(Observation(Note.PATH_TRICK, at=start))
    archive.members.append(member)
    return int(end)


def _member(
    data: bytes,
    archive: Archive,
    raw: bytes,
    flags: int,
    method: int,
    check: int,
    packed: int,
    size: int,
    start: int,
) -> Member:
    name = raw.decode("utf-8", "replace") if flags & 0x800 or raw.isascii() else raw.decode("cp437")
    locked = bool(flags & 0x2001) or method == 99
    if start + _LOCAL.size > len(data) or data[start : start + 4] != b"PK\x03\x04":
        archive.notes.append(Observation(Note.HEADERS_DIFFER, at=start))
        return Member(name, method, check, 0, size, start, locked, Note.HEADERS_DIFFER)
    _, _, lflags, lmethod, _, _, lcheck, lpacked, lsize, names, extras = _LOCAL.unpack_from(
        data, start
    )
    body = start + _LOCAL.size + names + extras
    extra = data[body - extras : body]
    lsize, lpacked, _ = _wide(extra, (lsize, lpacked, 0))
    _note_extra(extra, archive)
    own = data[start + _LOCAL.size : start + _LOCAL.size + names]
    later = bool(lflags & _LATER) and (lcheck, lpacked, lsize) == (0, 0, 0)
    same = (own, lflags & ~_LATER, lmethod) == (raw, flags & ~_LATER, method)
    if not same or (not later and (lcheck, lpacked, lsize) != (check, packed, size)):
        archive.notes.append(Observation(Note.HEADERS_DIFFER, at=start))
    end = min(body + packed, len(data))
    archive.spans.append(Span(start, end, f"member {len(archive.members) + 1}"))
    if lflags & _LATER:
        archive.spans += _descriptor(data, end, (check, packed, size))
    broken = Note.TRUNCATED if body + packed > len(data) else None
    return Member(name, method, check, packed, size, body, locked, broken)


def _descriptor(data: bytes, at: int, wanted: tuple[int, int, int]) -> Iterator[Span]:
    """Own the record behind a member whose sizes were not known before."""
    for mark in (b"PK\x07\x08", b""):
        for form in ("<3I", "<I2Q"):
            size = len(mark) + struct.calcsize(form)
            piece = data[at : at + size]
            whole = len(piece) == size and piece.startswith(mark)
            if whole and struct.unpack(form, piece[len(mark) :]) == wanted:
                yield Span(at, at + size, "sizes behind a member")
                return


def _wide(extra: bytes, small: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace sizes that do not fit by those of the wide field."""
    wide = dict(_fields(extra)).get(_ZIP64, b"")
    found: list[int] = []
    for value in small:
        if value == _FULL and len(wide) >= 8:
            value, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        found.append(value)
    return found[0], found[1], found[2]


def _note_extra(extra: bytes, archive: Archive) -> None:
    rest = len(extra)
    for kind, body in _fields(extra):
        rest -= 4 + len(body)
        head, fill = _PADDING.get(kind, (0, b""))
        padding = bool(fill) and not body[head:].strip(fill)
        if not padding and len(body) > _PLAIN_FIELDS.get(kind, -1):
            archive.extras.append(body)
    if rest:
        archive.extras.append(extra[-rest:])


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            return
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _odd_names(members: list[Member]) -> list[Observation]:
    seen = Counter(safe_name(member.name).casefold() for member in members)
    again = [member for member in members if seen[safe_name(member.name).casefold()] > 1]
    tricks = [member for member in members if is_trick(member.name)]
    full = [member for member in members if member.name.endswith("/") and member.size]
    return [
        Observation(note, at=found[0].start, count=len(found))
        for note, found in ((Note.DUPLICATE_NAME, again), (Note.PATH_TRICK, tricks),
                            (Note.HEADERS_DIFFER, full))
        if found
    ]  # fmt: skip


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp437")

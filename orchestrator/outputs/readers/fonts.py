"""[pure] Fonts inside documents: what their bytes are for, and the texts that they hold.

A document carries the letters that it is set in. A font that is as its format says shows nothing
but these letters; what belongs to no table of it might be anything.
Source: outputs 4.1 (account for every byte), 4.2 (PDF); the OpenType specification; Adobe Type 1
Font Format.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from itertools import pairwise

_TABLES = frozenset(
    [b"OS/2", b"cmap", b"cvt ", b"fpgm", b"gasp", b"glyf", b"head", b"hhea", b"hmtx", b"loca",
     b"maxp", b"name", b"post", b"prep", b"vhea", b"vmtx", b"GDEF", b"GPOS", b"GSUB",
     b"MATH", b"FFTM"]
)  # fmt: skip
_MOST: Mapping[bytes, int] = {
    b"head": 54, b"hhea": 36, b"vhea": 36, b"maxp": 32, b"OS/2": 100, b"gasp": 40,
    b"cmap": 65_536, b"post": 65_536, b"prep": 20_000, b"fpgm": 20_000, b"cvt ": 20_000,
    b"FFTM": 28, b"GDEF": 2000, b"GPOS": 2000, b"GSUB": 2000, b"MATH": 2000,
}  # fmt: skip
"""Units: bytes; tables that do not grow with the letters, or little."""
_PAD = 3
_TWO_LETTERS = 0x2000
_LARGEST = 8 << 20
"""Units: bytes; no document embeds a larger font."""
_EEXEC, _LEAD = 55665, 4
_CLEAR = re.compile(rb"currentfile eexec\s")
_ZEROS = re.compile(rb"[0\s]*cleartomark\s*\Z")
_GLYPH = re.compile(rb"(\d{1,4}) (?:RD|-\||\-\|) ")
_BETWEEN = re.compile(rb"\s*(?:NP|ND|\||\|-)?\s*(?:dup \d{1,5}|/[\w.]{1,60})?\s*\Z")
_STRING = re.compile(rb"[A-Za-z0-9][A-Za-z0-9 ,;:.|\t-]{14,}[A-Za-z0-9]")
"""Words or numbers in a row that no outline has by chance."""


def texts(data: bytes) -> list[str] | None:
    """Give the texts of a font, None where bytes of it belong to nothing that a font has.

    Shape: TrueType, and Type 1, whose outlines are not walked: words that stand in a row in them
    are among the texts. Others, CFF too, are not known.
    """
    if len(data) > _LARGEST:
        return None
    try:
        named = _tables(data) if data[:4] in {b"\0\1\0\0", b"true"} else _type_1(data)
    except (struct.error, IndexError):
        return None
    if named is None:
        return None
    plain = (found.decode("ascii") for found in _STRING.findall(data))
    return [*dict.fromkeys((*named, *plain))]


def is_map(data: bytes) -> bool:
    """Tell whether bytes say which outline each letter has, and nothing else.

    Shape: no outline is another letter's too, and none has a number as large as two letters of a
    text, or as what is squeezed, come to.
    """
    own = [one for (one,) in struct.iter_unpack(">H", data[: len(data) // 2 * 2]) if one]
    few = len(set(own)) == len(own) and max(own, default=0) < _TWO_LETTERS
    return len(data) % 2 == 0 and few


def is_set(data: bytes) -> bool:
    """Tell whether bytes say that all letters are there, a bit each."""
    return not data[:-1].strip(b"\xff")


def _tables(data: bytes) -> list[str] | None:
    """Read a font of tables: each known, none overlapping, nothing between but zeros."""
    (count,) = struct.unpack_from(">H", data, 4)
    found: dict[bytes, bytes] = {}
    spans = [(0, 12 + 16 * count)]
    for at in range(12, 12 + 16 * count, 16):
        tag, _, start, size = struct.unpack_from(">4sLLL", data, at)
        if tag not in _TABLES or tag in found or size > _MOST.get(tag, len(data)):
            return None
        found[tag] = data[start : start + size]
        spans.append((start, start + size))
    spans.sort()
    gaps = [data[a:b] for (_, a), (b, _) in pairwise([*spans, (len(data), len(data))])]
    overlap = any(a > b for (_, a), (b, _) in pairwise(spans))
    if overlap or spans[-1][1] > len(data) or any(len(gap) > _PAD or any(gap) for gap in gaps):
        return None
    if not _outlined(found):
        return None
    return [*_names(found.get(b"name", b""))]


def _names(table: bytes) -> Iterator[str]:
    """List what a font says of itself: its name, its maker, its licence."""
    if len(table) < 6:
        return
    _, count, at = struct.unpack_from(">HHH", table)
    for record in range(6, 6 + 12 * count, 12):
        platform, _, _, _, size, start = struct.unpack_from(">6H", table, record)
        said = table[at + start : at + start + size]
        yield said.decode("latin-1" if platform == 1 else "utf-16-be", "replace")


def _outlined(found: Mapping[bytes, bytes]) -> bool:
    """Tell whether all outlines are whole, and nothing stands between or behind them."""
    places, long = found.get(b"loca", b""), found.get(b"head", b"")[50:52] == b"\0\1"
    size = len(places) // (4 if long else 2)
    starts = [one * (1 if long else 2) for one in
              struct.unpack_from(f">{size}{'L' if long else 'H'}", places)]  # fmt: skip
    glyphs = found.get(b"glyf", b"")
    widths = int.from_bytes(found.get(b"hhea", b"")[34:36])  # the last one is that of all others
    if len(found.get(b"hmtx", b"")) != 2 * (widths + len(starts) - 1):
        return False
    if not starts or starts[0] or len(glyphs) - starts[-1] not in range(_PAD + 1):
        return False
    return all(a <= b and _is_glyph(glyphs[a:b]) for a, b in pairwise(starts))


def _is_glyph(data: bytes) -> bool:
    """Tell whether an outline ends where it should."""
    if not data:
        return True
    (contours,) = struct.unpack_from(">h", data)
    end = _simple(data, contours) if contours >= 0 else _composed(data)
    rest = data[end:]
    return end <= len(data) and len(rest) <= _PAD and not any(rest)


def _simple(data: bytes, contours: int) -> int:
    """Say where an outline of contours ends."""
    at = 10 + 2 * contours
    points = struct.unpack_from(">H", data, at - 2)[0] + 1 if contours else 0
    if not contours:
        return 10
    at += 2 + int.from_bytes(data[at : at + 2])
    size = 0
    while points > 0:
        flag, at = data[at], at + 1
        times = 1
        if flag & 8:
            times, at = 1 + data[at], at + 1
        points -= times
        for short, same in ((2, 16), (4, 32)):
            size += times * (1 if flag & short else 0 if flag & same else 2)
    return at + size


def _composed(data: bytes) -> int:
    """Say where an outline of other outlines ends."""
    at, more, instructions = 10, True, False
    while more:
        (flags,) = struct.unpack_from(">H", data, at)
        at += 8 if flags & 1 else 6
        at += 2 if flags & 8 else 4 if flags & 64 else 8 if flags & 128 else 0
        more, instructions = bool(flags & 32), instructions or bool(flags & 256)
    return at + 2 + int.from_bytes(data[at : at + 2]) if instructions else at


def _type_1(data: bytes) -> list[str] | None:
    """Read a font of two parts: one is a program in clear text, one is encrypted by a known key."""
    begins = _CLEAR.search(data)
    if not data.startswith(b"%!") or not begins:
        return None
    zeros = _ZEROS.search(data, begins.end())
    inner = _decrypted(data[begins.end() : zeros.start() if zeros else len(data)])
    said, at = [], 0
    while found := _GLYPH.search(inner, at):
        said.append(inner[at : found.start()])
        at = found.end() + int(found[1])
    said.append(inner[at:])
    if len(said) == 1 or at > len(inner) or not all(map(bytes.isascii, said)):
        return None
    program = (one.decode("ascii") for one in said if not _BETWEEN.match(one))
    return [data[: begins.end()].decode("latin-1"), *program]


def _decrypted(data: bytes) -> bytes:
    key, plain = _EEXEC, bytearray()
    for one in data:
        plain.append(one ^ (key >> 8))
        key = ((one + key) * 52845 + 22719) & 0xFFFF
    return bytes(plain[_LEAD:])

"""One squeezed stream: gzip, bzip2, xz. What is inside is opened by its own name and reader."""

import struct
import zlib
from collections.abc import Callable

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers import packing
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_SHORT = {"tgz": "tar", "tbz2": "tar", "txz": "tar", "svgz": "svg"}
_EXTRA, _NAME, _COMMENT, _CHECK = 4, 8, 16, 2


def read_gzip(opening: Opening, path: str, data: bytes) -> None:
    """Open a gzip file: its members joined; names, comments and extra fields as text.

    Errors: Unreadable for a bomb and for a file that ends too early.
    """
    content, spans, words = gunzip(opening, data)
    opening.container(path, data, spans)
    if words:
        opening.text(opening.free(f"{below(path)}header"), "\n".join(words))
    opening.inner(below(path) + inside(path), content)


def gunzip(opening: Opening, data: bytes) -> tuple[bytes, list[Span], list[str]]:
    """Unpack all members of a gzip file; answer content, owned bytes, and texts of the headers."""
    spans: list[Span] = []
    words: list[str] = []
    content = b""
    at = 0
    while data.startswith(b"\x1f\x8b", at):
        start = _header(data, at, words)
        piece, taken = packing.inflate(opening, data[start:], packing.RAW)
        end = start + taken + 8
        check, size = struct.unpack("<II", data[end - 8 : end].ljust(8, b"\0"))
        if end > len(data) or (zlib.crc32(piece), len(piece) & 0xFFFFFFFF) != (check, size):
            raise Unreadable(Note.TRUNCATED, at)
        spans.append(Span(at, end, "gzip member"))
        content += piece
        at = end
    return content, spans, words


def read_bzip2(opening: Opening, path: str, data: bytes) -> None:
    """Open a bzip2 file. Errors: as for gzip."""
    _streams(opening, path, data, b"BZh", packing.unpack_bzip2)


def read_xz(opening: Opening, path: str, data: bytes) -> None:
    """Open an xz file. Errors: as for gzip."""
    _streams(opening, path, data, b"\xfd7zXZ", packing.unpack_xz)


def unsqueeze(opening: Opening, data: bytes) -> tuple[bytes, list[Span]]:
    """Unpack bytes by what they are, plain ones as they are: for formats that come both ways."""
    if data.startswith(b"\x1f\x8b"):
        content, spans, words = gunzip(opening, data)
        if words:
            raise Unreadable(Note.UNKNOWN_PART)
        return content, spans
    for magic, unpack in (
        (b"BZh", packing.unpack_bzip2),
        (b"\xfd7zXZ", packing.unpack_xz),
        (b"\x78", packing.inflate),
    ):
        if data.startswith(magic):
            content, taken = unpack(opening, data)
            return content, [Span(0, taken, "squeezed stream")]
    return data, [Span(0, len(data), "content")]


def _streams(
    opening: Opening,
    path: str,
    data: bytes,
    magic: bytes,
    unpack: Callable[[Opening, bytes], tuple[bytes, int]],
) -> None:
    content, at = b"", 0
    spans: list[Span] = []
    while data.startswith(magic, at):
        piece, taken = unpack(opening, data[at:])
        spans.append(Span(at, at + taken, "stream"))
        content += piece
        at += taken
    opening.container(path, data, spans)
    opening.inner(below(path) + inside(path), content)


def inside(path: str) -> str:
    """Name what a squeezed file holds: its own name without the last extension."""
    name = path.rsplit("/", 1)[-1]
    stem, _, extension = name.rpartition(".")
    more = _SHORT.get(extension.lower())
    return f"{stem or name}.{more}" if more else stem or name


def _header(data: bytes, at: int, words: list[str]) -> int:
    flags = data[at + 3 : at + 4]
    if len(data) < at + 18 or data[at + 2] != 8 or flags[0] & 0xE0:
        raise Unreadable(Note.TRUNCATED, at)
    position = at + 10
    if flags[0] & _EXTRA:
        size = int.from_bytes(data[position : position + 2], "little")
        words.append(data[position + 2 : position + 2 + size].decode("latin-1"))
        position += 2 + size
    for flag in (_NAME, _COMMENT):
        if flags[0] & flag:
            end = data.find(b"\0", position)
            if end < 0:
                raise Unreadable(Note.TRUNCATED, position)
            words.append(data[position:end].decode("latin-1"))
            position = end + 1
    return position + (2 if flags[0] & _CHECK else 0)

"""Packed bytes to plain ones, never more than the caps allow: the only place that unpacks.

Every way stops at `Opening.room`, so a bomb costs no more than its limit, and says how many packed
bytes it took, so that nothing can hide behind the packed end.
"""

import bz2
import lzma
import zlib
from typing import Protocol

import zstandard

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import Opening, Unreadable

RAW, ZLIB, GZIP = -15, 15, 31
"""Ways in which deflated bytes may be wrapped."""

_XZ_MEMORY = 128 << 20


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def inflate(opening: Opening, packed: bytes, wrapping: int = ZLIB) -> tuple[bytes, int]:
    """Inflate one deflated stream; answer it and how many packed bytes it took.

    Errors: Unreadable BOMB past the room, TRUNCATED where the stream is broken or ends early.
    """
    machine = zlib.decompressobj(wrapping)
    room = opening.room(len(packed))
    try:
        content = machine.decompress(packed, room + 1)
    except zlib.error as error:
        raise Unreadable(Note.TRUNCATED) from error
    return _finished(opening, machine, packed, content, room)


def unpack_bzip2(opening: Opening, packed: bytes) -> tuple[bytes, int]:
    """Unpack one bzip2 stream, as `inflate` does."""
    machine = bz2.BZ2Decompressor()
    room = opening.room(len(packed))
    try:
        content = machine.decompress(packed, room + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(Note.TRUNCATED) from error
    return _finished(opening, machine, packed, content, room)


def unpack_xz(opening: Opening, packed: bytes) -> tuple[bytes, int]:
    """Unpack one xz stream, as `inflate` does; its dictionary is bounded too."""
    machine = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    room = opening.room(len(packed))
    try:
        content = machine.decompress(packed, room + 1)
    except lzma.LZMAError as error:
        raise Unreadable(Note.TRUNCATED) from error
    return _finished(opening, machine, packed, content, room)


def unpack_zstd(opening: Opening, packed: bytes) -> bytes:
    """Unpack one whole zstandard frame. Errors: as `inflate`; also for bytes behind the frame."""
    room = opening.room(len(packed))
    machine = zstandard.ZstdDecompressor(max_window_size=_XZ_MEMORY).decompressobj()
    content = bytearray()
    try:
        for at in range(0, len(packed), 4096):
            content += machine.decompress(packed[at : at + 4096])
            if len(content) > room:
                raise Unreadable(Note.BOMB)
    except zstandard.ZstdError as error:
        raise Unreadable(Note.TRUNCATED) from error
    if not machine.eof or machine.unused_data:
        raise Unreadable(Note.TRUNCATED)
    opening.spend(len(content))
    return bytes(content)


def unpack_snappy(opening: Opening, packed: bytes) -> bytes:
    """Unpack one raw snappy block. Errors: as `inflate`."""
    size, at = _varint(packed, 0)
    if size > opening.room(len(packed)):
        raise Unreadable(Note.BOMB)
    out = bytearray()
    while at < len(packed):
        tag = packed[at]
        at += 1
        if tag & 3 == 0:
            at = _literal(packed, at, tag >> 2, out)
        else:
            width = (0, 1, 2, 4)[tag & 3]
            field = int.from_bytes(packed[at : at + width], "little")
            at += width
            if tag & 3 == 1:
                _copy(out, ((tag >> 5) << 8) | field, ((tag >> 2) & 7) + 4, size)
            else:
                _copy(out, field, (tag >> 2) + 1, size)
    if len(out) != size:
        raise Unreadable(Note.TRUNCATED)
    opening.spend(size)
    return bytes(out)


def unpack_lz4_block(opening: Opening, packed: bytes, size: int | None = None) -> bytes:
    """Unpack one raw lz4 block, of `size` bytes where that is known. Errors: as `inflate`."""
    room = opening.room(len(packed))
    if size is not None and size > room:
        raise Unreadable(Note.BOMB)
    out = bytearray()
    lz4_into(out, packed, room if size is None else size)
    if size is not None and len(out) != size:
        raise Unreadable(Note.TRUNCATED)
    opening.spend(len(out))
    return bytes(out)


def unpack_lz4_frame(opening: Opening, packed: bytes) -> bytes:
    """Unpack one lz4 frame, its blocks linked or not. Errors: as `inflate`."""
    if len(packed) < 7 or not packed.startswith(b"\x04\x22\x4d\x18"):
        raise Unreadable(Note.TRUNCATED)
    flags = packed[4]
    at = 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    out, room = bytearray(), opening.room(len(packed))
    while True:
        size = int.from_bytes(packed[at : at + 4], "little")
        at += 4
        if not size:
            break
        stored, size = bool(size >> 31), size & 0x7FFFFFFF
        if at + size > len(packed):
            raise Unreadable(Note.TRUNCATED)
        block = packed[at : at + size]
        if stored:
            out += block
        else:
            lz4_into(out, block, room)
        if len(out) > room:
            raise Unreadable(Note.BOMB)
        at += size + (4 if flags & 16 else 0)
    if at + (4 if flags & 4 else 0) != len(packed):
        raise Unreadable(Note.TRUNCATED)
    opening.spend(len(out))
    return bytes(out)


def lz4_into(out: bytearray, block: bytes, room: int) -> None:
    """Append what a block stands for; copies may reach back into what is there already."""
    at, end = 0, len(block)
    while at < end:
        token = block[at]
        at += 1
        count, at = _length(block, at, token >> 4)
        if at + count > end:
            raise Unreadable(Note.TRUNCATED)
        out += block[at : at + count]
        at += count
        if at >= end:
            break
        back = int.from_bytes(block[at : at + 2], "little")
        count, at = _length(block, at + 2, token & 15)
        _copy(out, back, count + 4, room)


def _length(block: bytes, at: int, count: int) -> tuple[int, int]:
    if count != 15:
        return count, at
    while True:
        if at >= len(block):
            raise Unreadable(Note.TRUNCATED)
        count += block[at]
        at += 1
        if block[at - 1] != 255:
            return count, at


def _literal(packed: bytes, at: int, field: int, out: bytearray) -> int:
    if field >= 60:
        width = field - 59
        field = int.from_bytes(packed[at : at + width], "little")
        at += width
    if at + field + 1 > len(packed):
        raise Unreadable(Note.TRUNCATED)
    out += packed[at : at + field + 1]
    return at + field + 1


def _copy(out: bytearray, back: int, count: int, limit: int) -> None:
    start = len(out) - back
    if back == 0 or start < 0:
        raise Unreadable(Note.TRUNCATED)
    if len(out) + count > limit:
        raise Unreadable(Note.BOMB)
    if back >= count:
        out += out[start : start + count]
    else:
        piece = bytes(out[start:])
        out += (piece * (count // back + 1))[:count]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7
    raise Unreadable(Note.TRUNCATED, at)


def _finished(
    opening: Opening, machine: _Unpacker, packed: bytes, content: bytes, room: int
) -> tuple[bytes, int]:
    if len(content) > room:
        raise Unreadable(Note.BOMB)
    if not machine.eof:
        raise Unreadable(Note.TRUNCATED)
    opening.spend(len(content))
    return content, len(packed) - len(machine.unused_data)

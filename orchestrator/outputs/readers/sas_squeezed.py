"""[pure] Rows of SAS data files that were squeezed: by runs, or by runs and repeats.

A row has one length, known beforehand: more is refused while it is made, less at its end.
Source: the ReadStat project's description of both ways.
"""

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import Unreadable

_COPIED = {0x8: 1, 0x9: 17, 0xA: 33, 0xB: 49, 0x2: 96}
_LONG_COPIED = {0x0: 64, 0x1: 64 + 4096}
_LONG_FILLED = {0x5: b"@", 0x6: b" ", 0x7: b"\0"}
_FILLED = {0xD: b"@", 0xE: b" ", 0xF: b"\0"}


def unpacked(packed: bytes, size: int, way: bytes) -> bytes:
    """Unpack one row. Errors: Unreadable TRUNCATED, UNKNOWN_TYPE for another way."""
    if len(packed) == size:
        return packed
    try:
        match way:
            case b"SASYZCRL":
                row = _by_runs(packed, size)
            case b"SASYZCR2":
                row = _by_repeats(packed, size)
            case _:
                raise Unreadable(Note.UNKNOWN_TYPE)
    except IndexError as error:
        raise Unreadable(Note.TRUNCATED) from error
    if len(row) != size:
        raise Unreadable(Note.TRUNCATED)
    return row


def _by_runs(packed: bytes, size: int) -> bytes:
    row, at = bytearray(), 0
    while at < len(packed) and len(row) <= size:
        command, rest = packed[at] >> 4, packed[at] & 15
        at += 1
        if command in _COPIED:
            count = rest + _COPIED[command]
            row += _taken(packed, at, count)
            at += count
        elif command in _LONG_COPIED:
            count = packed[at] + 256 * rest + _LONG_COPIED[command]
            row += _taken(packed, at + 1, count)
            at += 1 + count
        elif command in _LONG_FILLED:
            row += _LONG_FILLED[command] * (packed[at] + 256 * rest + 17)
            at += 1
        elif command in _FILLED:
            row += _FILLED[command] * (rest + 2)
        elif command == 0x4:
            row += bytes([packed[at + 1]]) * (packed[at] + 256 * rest + 18)
            at += 2
        elif command == 0xC:
            row += bytes([packed[at]]) * (rest + 3)
            at += 1
        else:
            raise Unreadable(Note.UNKNOWN_TYPE)
    return bytes(row)


def _by_repeats(packed: bytes, size: int) -> bytes:
    row, at, bits, mask = bytearray(), 0, 0, 0
    while at < len(packed) and len(row) <= size:
        mask >>= 1
        if not mask:
            bits, mask = packed[at] * 256 + packed[at + 1], 0x8000
            at += 2
            if at >= len(packed):
                break
        if not bits & mask:
            row.append(packed[at])
            at += 1
            continue
        command, rest = packed[at] >> 4, packed[at] & 15
        match command:
            case 0:
                row += bytes([packed[at + 1]]) * (rest + 3)
                at += 2
            case 1:
                row += bytes([packed[at + 2]]) * (rest + 16 * packed[at + 1] + 19)
                at += 3
            case 2:
                row += _again(row, rest + 3 + 16 * packed[at + 1], packed[at + 2] + 16)
                at += 3
            case _:
                row += _again(row, rest + 3 + 16 * packed[at + 1], command)
                at += 2
    return bytes(row)


def _taken(packed: bytes, at: int, count: int) -> bytes:
    if at + count > len(packed):
        raise Unreadable(Note.TRUNCATED, at)
    return packed[at : at + count]


def _again(row: bytearray, back: int, count: int) -> bytes:
    """Repeat what stands so far back; it lies whole before the end."""
    start = len(row) - back
    if start < 0 or count > back:
        raise Unreadable(Note.TRUNCATED)
    return bytes(row[start : start + count])

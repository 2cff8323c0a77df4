"""[pure] Filters of hashed values in parquet: made again from the column's values, bit by bit.

A filter answers whether a value may be in the column. One that answers yes to more than the values
that are there tells of values that are not shown, so it must be exactly the filter of these values.
Source: parquet's own description of split block filters; XXH64 as published by Y. Collet.
"""

import struct
from collections.abc import Iterable

_SALT = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947,
         0x5C6BFB31)  # fmt: skip
BLOCK = 32
"""Bytes of one block."""

_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)  # fmt: skip
_MASK = (1 << 64) - 1


def built(values: Iterable[bytes], size: int) -> bytes:
    """Build the filter of these values. Errors: ValueError for a size that is not whole blocks."""
    if size <= 0 or size % BLOCK:
        raise ValueError("a filter is made of whole blocks")
    words = [0] * (size // 4)
    for value in values:
        hashed = xxh64(value)
        block = ((hashed >> 32) * (size // BLOCK)) >> 32
        for at, salt in enumerate(_SALT):
            words[8 * block + at] |= 1 << (((hashed * salt) & 0xFFFFFFFF) >> 27)
    return struct.pack(f"<{len(words)}I", *words)


def xxh64(data: bytes) -> int:
    """Hash bytes with XXH64 and seed 0."""
    size, at = len(data), 0
    if size >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        while at + 32 <= size:
            lanes = [
                _round(lane, piece)
                for lane, piece in zip(lanes, struct.unpack_from("<4Q", data, at), strict=True)
            ]
            at += 32
        mixed = sum(_turned(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            mixed = ((mixed ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        mixed = _P5
    return _ended(mixed + size, data[at:])


def _ended(mixed: int, rest: bytes) -> int:
    """Mix in the last bytes, eight, four and one at a time, and spread what there is."""
    at = 0
    while at + 8 <= len(rest):
        mixed ^= _round(0, int.from_bytes(rest[at : at + 8], "little"))
        mixed = (_turned(mixed, 27) * _P1 + _P4) & _MASK
        at += 8
    if at + 4 <= len(rest):
        mixed ^= (int.from_bytes(rest[at : at + 4], "little") * _P1) & _MASK
        mixed = (_turned(mixed, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in rest[at:]:
        mixed ^= (byte * _P5) & _MASK
        mixed = (_turned(mixed, 11) * _P1) & _MASK
    mixed &= _MASK
    mixed = ((mixed ^ (mixed >> 33)) * _P2) & _MASK
    mixed = ((mixed ^ (mixed >> 29)) * _P3) & _MASK
    return mixed ^ (mixed >> 32)


def _round(lane: int, piece: int) -> int:
    return (_turned((lane + piece * _P2) & _MASK, 31) * _P1) & _MASK


def _turned(value: int, by: int) -> int:
    value &= _MASK
    return ((value << by) | (value >> (64 - by))) & _MASK

"""SAS data files as small as they can be: nobody but SAS writes them from Python.

Written from the public descriptions of the format, without a look at our reader; a test has two
readers that are not ours (pyreadstat, pandas) agree that these are such files.
"""

import math
import re
import struct
from collections.abc import Mapping, Sequence

_PAGE = 8192
_HEADER = 1024
_MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_END = 24


def sas_data(cells: Mapping[str, Sequence[str]], *, squeezed: bool = False) -> bytes:
    """A file of 32 bits, little endian; rows plain on data pages, or as runs on meta pages."""
    columns = [_Column(name, values) for name, values in cells.items()]
    size = sum(column.width for column in columns)
    count = len(next(iter(cells.values())))
    rows = [b"".join(column.cell(at) for column in columns) for at in range(count)]
    parts = _parts(columns, size, count, squeezed=squeezed)
    if squeezed:
        pages = _meta_pages([*parts, *map(_squeezed, rows)], 0x4000)
    else:
        step = (_PAGE - _END) // size
        groups = [rows[at : at + step] for at in range(0, count, step)]
        pages = [*_meta_pages(parts, 0), *(_data_page(group) for group in groups)]
    return _header(len(pages)) + b"".join(pages)


class _Column:
    """One column: numbers as doubles, texts of one width."""

    def __init__(self, name: str, values: Sequence[str]) -> None:
        self.name = name
        self.values = values
        self.numeric = all(_is_number(value) for value in values if value)
        self.width = 8 if self.numeric else max(1, *(len(value.encode()) for value in values))

    def cell(self, at: int) -> bytes:
        value = self.values[at]
        if self.numeric:
            return struct.pack("<d", float(value) if value else math.nan)
        return value.encode().ljust(self.width)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _header(pages: int) -> bytes:
    head = bytearray(_HEADER)
    head[: len(_MAGIC)] = _MAGIC
    head[32], head[35], head[37], head[39], head[70] = 0x22, 0x22, 1, ord("1"), 20
    head[84:92], head[92:156], head[156:164] = b"SAS FILE", b"T".ljust(64), b"DATA    "
    struct.pack_into("<3I", head, 196, _HEADER, _PAGE, pages)
    head[216:224], head[224:240] = b"9.0401M6", b"Linux".ljust(16, b"\0")
    return bytes(head)


def _parts(
    columns: Sequence[_Column], size: int, count: int, *, squeezed: bool
) -> list[tuple[bytes, int, int]]:
    """What a file says about its rows and columns, as (bytes, squeezed, kind)."""
    names = [column.name.replace(".", "_").encode() for column in columns]
    text, places = bytearray(b"\0" * 12 + b"SASYZCRL".ljust(16)), []
    if not squeezed:
        text[12:20] = b"        "
    for name in names:
        places.append((0, len(text) + 4, len(name)))
        text += name + b"\0" * (-len(name) % 4)
    text += bytes(12)
    text[0:2] = struct.pack("<H", len(text) - 8)
    row = bytearray(480)
    struct.pack_into("<I", row, 0, 0xF7F7F7F7)
    struct.pack_into("<2I", row, 20, size, count)
    struct.pack_into("<2I", row, 36, len(columns), 0)
    struct.pack_into("<I", row, 52, _PAGE)
    struct.pack_into("<I", row, 60, 0)
    if squeezed:
        struct.pack_into("<H", row, 378, 8)
    kinds, at = b"", 0
    for column in columns:
        kinds += struct.pack("<2IHBB", at, column.width, 4, 1 if column.numeric else 2, 0)
        at += column.width
    formats = [struct.pack("<I", 0xFFFFFBFE) + bytes(48) for _ in columns]
    return [
        (bytes(row), 0, 0),
        (struct.pack("<3I", 0xF6F6F6F6, len(columns), 0), 0, 0),
        (struct.pack("<I", 0xFFFFFFFD) + bytes(text), 0, 1),
        (_listed(0xFFFFFFFF, b"".join(struct.pack("<4H", *(_moved(one)), 0) for one in places)),
         0, 1),
        (_listed(0xFFFFFFFC, kinds), 0, 1),
        *((one, 0, 1) for one in formats),
    ]  # fmt: skip


def _moved(place: tuple[int, int, int]) -> tuple[int, int, int]:
    """References count from behind the signature."""
    return place[0], place[1] - 4, place[2]


def _listed(signature: int, body: bytes) -> bytes:
    return struct.pack("<IHHI", signature, len(body) + 8, 0, 0) + body + bytes(8)


def _meta_pages(parts: Sequence[tuple[bytes, int, int]], kind: int) -> list[bytes]:
    """Lay parts from the end of each page towards its pointers."""
    pages, page, count, low = [], bytearray(_PAGE), 0, _PAGE
    for content, squeezed, kind_of_part in parts:
        if low - len(content) < _END + 12 * (count + 1):
            pages.append(_closed(page, kind, count))
            page, count, low = bytearray(_PAGE), 0, _PAGE
        low -= len(content)
        page[low : low + len(content)] = content
        struct.pack_into("<IIBB", page, _END + 12 * count, low, len(content), squeezed,
                         kind_of_part)  # fmt: skip
        count += 1
    return [*pages, _closed(page, kind, count)]


def _closed(page: bytearray, kind: int, count: int) -> bytes:
    struct.pack_into("<3H", page, 16, kind, count, count)
    return bytes(page)


def _data_page(rows: Sequence[bytes]) -> bytes:
    page = bytearray(_PAGE)
    struct.pack_into("<3H", page, 16, 0x0100, len(rows), 0)
    page[_END : _END + sum(map(len, rows))] = b"".join(rows)
    return bytes(page)


def _squeezed(row: bytes) -> tuple[bytes, int, int]:
    """A row as a part; one that would not become shorter stays plain."""
    runs = _runs(row)
    return (runs, 4, 1) if len(runs) < len(row) else (row, 0, 1)


def _runs(row: bytes) -> bytes:
    """Squeeze a row: runs of blanks and zeros by name, the rest copied."""
    out, copied = bytearray(), bytearray()
    for found in re.finditer(rb" {2,17}|\0{2,17}|.", row, re.S):
        run = found[0]
        if len(copied) == 16 or (len(run) > 1 and copied):
            out += bytes([0x80 | (len(copied) - 1)]) + copied
            copied.clear()
        if len(run) > 1:
            out.append((0xE0 if run[0] == 32 else 0xF0) | (len(run) - 2))
        else:
            copied += run
    return bytes(out) + (bytes([0x80 | (len(copied) - 1)]) + copied if copied else b"")

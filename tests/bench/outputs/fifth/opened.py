"""What can be read in a file, by readers that did not write it.

Text, and what boxes, streams and encodings hide of it, with the standard library; tables of
columns with pyarrow, pandas and pyreadstat. Nothing is unpickled: strings stand in a pickle as
they are, and numbers of an array are looked for as the bytes of doubles.
"""

import base64
import binascii
import bz2
import gzip
import html
import io
import lzma
import re
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow.feather
import pyreadstat

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{60,}\r?\n)*[A-Za-z0-9+/]{60,}={0,2}")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_WORD = re.compile(r"[\s,;|\"'<>&=()\[\]{}:\\~]+")
_TAG = re.compile(r"<[^<>]{0,400}>")
_ZIP, _TAR = b"PK\x03\x04", b"ustar"


def text_of(data: bytes) -> str:
    """Join all that can be read as text, in boxes, streams and tables of columns too."""
    return "\n".join([*_texts(data, 4), *_frames(data)])


def _texts(data: bytes, depth: int) -> Iterator[str]:
    inner = list(_opened(data)) if depth else []
    for one in inner:
        yield from _texts(one, depth - 1)
    plain = _decoded(data)
    yield html.unescape(plain)
    if "\u200c" in plain:
        bits = "".join(str(int(one == "\u200c")) for one in plain if one in "\u200b\u200c")
        yield bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).decode("latin-1")
    yield _TAG.sub("", html.unescape(plain.replace("\\n", "\n").replace('\\"', '"')))


def _opened(data: bytes) -> Iterator[bytes]:
    """Members, streams and base64 of these bytes; a broken box has none."""
    try:
        yield from _members(data)
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError, zlib.error, tarfile.TarError):
        return
    if data.startswith(b"%PDF"):
        yield from filter(None, (_inflated(one) for one in _STREAM.findall(data)))
    for found in _BASE64.findall(data[:4_000_000]):
        try:
            whole = found.replace(b"\n", b"")
            yield base64.b64decode(whole + b"=" * (-len(whole) % 4))
        except binascii.Error:
            continue


def _members(data: bytes) -> Iterator[bytes]:
    if data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            yield box.comment
            for one in box.infolist():
                if one.file_size < 30_000_000:
                    yield box.read(one)
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data.startswith(b"BZh"):
        yield bz2.decompress(data)
    elif data.startswith(b"\xfd7zXZ"):
        yield lzma.decompress(data)
    elif data.startswith(b"\x89PNG"):
        yield data.partition(b"IEND\xaeB`\x82")[2]
        at = data.find(b"zTXt")
        yield _inflated(data[data.find(b"\0\0", at) + 2 :]) if at > 0 else b""
    elif data[257:262] == _TAR:
        with tarfile.open(fileobj=io.BytesIO(data)) as box:
            members = (box.extractfile(one) for one in box.getmembers())
            yield from (one.read() for one in members if one is not None)
    elif data[:1] == b"x" and data[1:2] in b"\x01\x5e\x9c\xda":
        yield _inflated(data)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


@lru_cache(maxsize=4)
def _words(data: bytes) -> tuple[frozenset[str], str]:
    text = text_of(data)
    words = set(_WORD.split(text))
    words |= {
        one
        for line in text.splitlines()
        if ";" in line
        for one in line.replace(",", ".").split(";")
    }
    return frozenset(words | {_same(one) for one in words}), text


def _frames(data: bytes) -> Iterator[str]:
    """Cells of a table of columns."""
    if data.startswith(b"PAR1"):
        yield _cells(pd.read_parquet(io.BytesIO(data)))
    elif data.startswith(b"ARROW1"):
        yield _cells(pyarrow.feather.read_feather(io.BytesIO(data)))
    elif data.startswith(b"<stata_dta>"):
        yield _cells(pd.read_stata(io.BytesIO(data), convert_categoricals=False))
    elif data.startswith(b"SQLite format 3"):
        with sqlite3.connect(":memory:") as base:
            base.deserialize(data)
            for (name,) in base.execute("SELECT name FROM sqlite_master").fetchall():
                for row in base.execute(f"SELECT * FROM {name}"):
                    yield "\n".join(map(str, row))
        base.close()
    elif data.startswith(b"$FL2") or data.startswith(b"HEADER RECORD"):
        read = pyreadstat.read_sav if data.startswith(b"$FL2") else pyreadstat.read_xport
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "table"
            path.write_bytes(data)
            yield _cells(read(str(path))[0])


def _cells(frame: pd.DataFrame) -> str:
    return "\n".join(str(one) for name in frame.columns for one in frame[name])


def _same(word: str) -> str:
    """Write a number one way: 12.0, 12.00 and 12 are the same cell."""
    try:
        return f"{float(word):.9g}"
    except ValueError:
        return word


def missing(data: bytes, cells: Iterable[str]) -> list[str]:
    """Name the cells that are not written in the file, as text or as numbers of an array."""
    words, text = _words(data)
    raw: list[bytes] = []
    gone = []
    for cell in cells:
        if cell in words or _same(cell) in words or (" " in cell and cell in text):
            continue
        raw = raw or [data, *_opened(data)]
        if not any(form in one for form in _doubles(cell) for one in raw):
            gone.append(cell)
    return gone


def _doubles(cell: str) -> list[bytes]:
    try:
        value = float(cell)
    except ValueError:
        return [cell.encode(), cell.encode("utf-16-le")]
    whole = [struct.pack(form, int(value)) for form in (">i", "<q")] if value.is_integer() else []
    return [struct.pack(form, value) for form in ("<d", ">d", "<f")] + whole


def stands(text: str, number: str) -> bool:
    """Whether a number is written, alone or with a mark between its thousands."""
    whole, dot, rest = number.partition(".")
    if not whole.isdigit():
        return number in text
    forms = {number, number.replace(".", ","), *([str(float(number))] if dot else [])}
    if whole.isdigit() and len(whole) > 3:
        parts = [
            f"{int(whole):,}".replace(",", mark)
            for mark in (",", " ", "\u202f", "\u2009", ".", "'")
        ]
        forms |= {f"{own}{dot}{rest}" for own in parts}
    return any(re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", text) for one in forms)

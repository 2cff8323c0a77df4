"""[pure] What lies in a file's bytes, for the proof of its label; the standard library only."""

import bz2
import gzip
import html
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ZIP, _GZIP, _BZIP, _XZ = b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ"
_DEPTH = 4


def parts(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give the file and whatever is packed in it, as far as it opens."""
    yield data
    if depth == _DEPTH:
        return
    for inner in _inside(data):
        yield from parts(inner, depth + 1)


def _inside(data: bytes) -> list[bytes]:
    try:
        if data.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                return [packed.read(one) for one in packed.infolist()]
        if data.startswith(_GZIP):
            return [gzip.decompress(data)]
        if data.startswith(_BZIP):
            return [bz2.decompress(data)]
        if data.startswith(_XZ):
            return [lzma.decompress(data)]
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as packed_tar:
                found = [packed_tar.extractfile(one) for one in packed_tar.getmembers()]
                return [one.read() for one in found if one is not None]
        if data.startswith(b"%PDF"):
            return _streams(data)
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, zlib.error):
        return []
    return []


def _streams(data: bytes) -> list[bytes]:
    found = []
    for piece in data.split(b"stream\r\n" if b"stream\r\n" in data else b"stream\n")[1:]:
        try:
            found.append(zlib.decompressobj().decompress(piece))
        except zlib.error:
            continue
    return found


def text_of(data: bytes) -> str:
    """Join all that can be read as text, escapes of html and xml undone."""
    texts = []
    for part in parts(data):
        wide = part[:2] in {b"\xff\xfe", b"\xfe\xff"}
        texts.append(part.decode("utf-16" if wide else "utf-8", "replace"))
    return html.unescape("\n".join(texts))


@dataclass(frozen=True)
class Broken:
    """A file that cannot be checked to its end, and how."""

    how: str

    def wrong(self, data: bytes) -> list[str]:
        """Say whether it is not as said."""
        return [] if _BROKEN[self.how](data) else [f"the file is not {self.how}"]


def _encrypted(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return any(one.flag_bits & 1 for one in packed.infolist())


def _truncated(data: bytes) -> bool:
    if data.startswith(_ZIP):
        return not zipfile.is_zipfile(io.BytesIO(data))
    if data.startswith(_GZIP):
        try:
            gzip.decompress(data)
        except EOFError:
            return True
        return False
    return data.startswith(b"PAR1") and not data.endswith(b"PAR1")


def _bomb(data: bytes) -> bool:
    if data.startswith(_GZIP):
        with gzip.open(io.BytesIO(data)) as stream:
            return sum(len(block) for block in iter(lambda: stream.read(1 << 20), b"")) > 100 * len(
                data
            )
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return sum(one.file_size for one in packed.infolist()) > 100 * len(data)


def _deep(data: bytes) -> bool:
    layers = 0
    while data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = packed.read(packed.infolist()[0])
        layers += 1
    return layers > 5


def _unknown(data: bytes) -> bool:
    known = (_ZIP, _GZIP, _BZIP, _XZ, b"%PDF", b"\x89PNG", b"PAR1", b"{", b"<")
    return not data.startswith(known) and any(byte < 9 for byte in data[:64])


_BROKEN = {
    "encrypted": _encrypted,
    "truncated": _truncated,
    "a bomb": _bomb,
    "too deep": _deep,
    "of no known kind": _unknown,
}


@dataclass(frozen=True)
class LowBits:
    """A text in the lowest bit of each sample of a PNG."""

    text: str

    def wrong(self, data: bytes) -> list[str]:
        """Say whether it is not there."""
        bits = [byte & 1 for byte in samples(data)[: 8 * len(self.text.encode())]]
        own = bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))
        return [] if own == self.text.encode() else ["the lowest bits do not hold the text"]


def samples(data: bytes) -> bytes:
    """Undo the filters of an eight-bit PNG without interlacing."""
    at, packed, width, depth = 8, b"", 0, 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"IHDR":
            width = int.from_bytes(data[at + 8 : at + 12])
            depth = {0: 1, 2: 3, 6: 4}[data[at + 17]]
        if kind == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        if kind == b"IEND":
            break
        at += size + 12
    raw, stride = zlib.decompress(packed), width * depth
    above, found = bytes(stride), bytearray()
    for start in range(0, len(raw), stride + 1):
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, depth)
        found += above
    return bytes(found)


def _unfiltered(kind: int, line: bytes, above: bytes, depth: int) -> bytes:
    own = bytearray(line)
    for at in range(len(own)):
        left = own[at - depth] if at >= depth else 0
        corner = above[at - depth] if at >= depth else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        own[at] = (own[at] + guess) & 255
    return bytes(own)


def _paeth(left: int, up: int, corner: int) -> int:
    middle = left + up - corner
    return min((left, up, corner), key=lambda one: abs(middle - one))


def missing(data: bytes, cells: Sequence[Sequence[str]]) -> int:
    """Count the cells that are not written in the file."""
    text = text_of(data)
    return sum(not _written(cell, text) for row in cells for cell in row)


def _written(cell: str, text: str) -> bool:
    """As it stands, or as a number without its last zeros."""
    return cell in text or ("." in cell and cell.rstrip("0").rstrip(".") in text)

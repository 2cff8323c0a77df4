"""PNG: every chunk owned or a gap, text chunks as virtual text, pixels written again without rest.

Source: outputs 4.2 (PNG) and 6.4 (release what we rendered).
"""

import struct
import zlib
from dataclasses import dataclass

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import ocr
from orchestrator.outputs.readers.dots import dots
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.pictures import fit, low_bits, reencode
from orchestrator.outputs.readers.prose import add_text

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PLAIN = {
    b"IHDR": 13, b"PLTE": 768, b"IDAT": 2**31, b"IEND": 0, b"tRNS": 256, b"gAMA": 4,
    b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"bKGD": 6, b"sBIT": 4, b"tIME": 7, b"hIST": 512,
}  # fmt: skip
"""Chunks that hold nothing but the picture, with the most bytes each may have."""

_TEXT = (b"tEXt", b"zTXt", b"iTXt")


@dataclass(frozen=True)
class Chunk:
    """One chunk: its kind, its data, and its byte range in the file."""

    kind: bytes
    data: bytes
    start: int
    end: int


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a picture; whatever follows or hides between its chunks stays a gap.

    Errors: Unreadable (BAD_IMAGE) for anything that is not a whole, well-formed PNG.
    """
    chunks = split(data)
    spans = [Span(0, len(_SIGNATURE), "signature")]
    known = _understood(chunks)
    spans += [Span(chunk.start, chunk.end, _owner(chunk)) for chunk in known]
    _check_pixels(chunks, opening.caps.pixels)
    owned = {chunk.start for chunk in known}
    notes = [
        Observation(Note.BAD_IMAGE, at=chunk.start) for chunk in chunks if chunk.start not in owned
    ][:100]
    notes += low_bits(data, "PNG") + dots(data, "PNG", opening.caps.marks)
    notes += [] if "!/" in path else fit(data, "PNG")
    image = reencode(data, "PNG", opening.caps.pixels)[0]
    words, unread = ocr.seen(opening, data, "PNG")
    opening.image(path, data, image, spans, [*notes, *unread])
    ocr.add_words(opening, path, words)
    inner = "/" if "!/" in path else "!/"
    for number, chunk in enumerate((one for one in chunks if one.kind in _TEXT), 1):
        content = _text(chunk, opening.caps.text_chars)
        add_text(opening, f"{path}{inner}text/{number}", content)


def split(data: bytes) -> list[Chunk]:
    """Cut a PNG into its chunks up to and with IEND, check sums verified.

    Errors: Unreadable (BAD_IMAGE) at the byte where it stops being a PNG.
    """
    if not data.startswith(_SIGNATURE):
        raise Unreadable(Note.BAD_IMAGE)
    chunks: list[Chunk] = []
    position = len(_SIGNATURE)
    while not chunks or chunks[-1].kind != b"IEND":
        if position + 12 > len(data):
            raise Unreadable(Note.BAD_IMAGE, position)
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        body = data[position + 8 : end - 4]
        if end > len(data) or zlib.crc32(kind + body) != int.from_bytes(data[end - 4 : end], "big"):
            raise Unreadable(Note.BAD_IMAGE, position)
        chunks.append(Chunk(kind, body, position, end))
        position = end
    if chunks[0].kind != b"IHDR" or len(chunks[0].data) != 13:
        raise Unreadable(Note.BAD_IMAGE, len(_SIGNATURE))
    return chunks


def _understood(chunks: list[Chunk]) -> list[Chunk]:
    """Keep text, pixels, and the first chunk of each plain kind that is not longer than needed."""
    known: list[Chunk] = []
    seen: set[bytes] = set()
    for chunk in chunks:
        again = chunk.kind in seen and chunk.kind != b"IDAT"
        if chunk.kind in _TEXT or (not again and len(chunk.data) <= _PLAIN.get(chunk.kind, -1)):
            known.append(chunk)
        seen.add(chunk.kind)
    return known


def _owner(chunk: Chunk) -> str:
    return f"chunk {chunk.kind.decode('ascii', 'replace')}"


def _check_pixels(chunks: list[Chunk], limit: int) -> None:
    """Inflate the pixels: exactly as many bytes as the picture needs, and nothing behind them."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0].data)
    if colour not in _CHANNELS or not 0 < width * height <= limit:
        raise Unreadable(Note.TOO_BIG if width * height > limit else Note.BAD_IMAGE)
    bits = depth * _CHANNELS[colour]
    expected = _raw_size(width, height, bits, bool(interlaced))
    inflate = zlib.decompressobj()
    packed = b"".join(chunk.data for chunk in chunks if chunk.kind == b"IDAT")
    try:
        raw = inflate.decompress(packed, expected + 1)
    except zlib.error as error:
        raise Unreadable(Note.BAD_IMAGE) from error
    if len(raw) != expected or not inflate.eof or inflate.unused_data:
        at = next((chunk.start for chunk in chunks if chunk.kind == b"IDAT"), 0)
        raise Unreadable(Note.BAD_IMAGE, at)


def _raw_size(width: int, height: int, bits: int, interlaced: bool) -> int:
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))  # fmt: skip
    size = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size


def _text(chunk: Chunk, limit: int) -> str:
    keyword, _, rest = chunk.data.partition(b"\x00")
    if chunk.kind == b"zTXt":
        rest = _inflate(rest[1:], limit, chunk.start)
    elif chunk.kind == b"iTXt":
        packed, rest = rest[:1] == b"\x01", rest[2:]
        language, _, rest = rest.partition(b"\x00")
        translated, _, rest = rest.partition(b"\x00")
        rest = _inflate(rest, limit, chunk.start) if packed else rest
        rest = b"\n".join((language, translated, rest))
        return f"{keyword.decode('latin-1')}: {rest.decode('utf-8', 'replace')}"
    return f"{keyword.decode('latin-1')}: {rest.decode('latin-1')}"


def _inflate(packed: bytes, limit: int, at: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(packed, limit)
    except zlib.error as error:
        raise Unreadable(Note.BAD_IMAGE, at) from error
    if not inflate.eof or inflate.unused_data:
        raise Unreadable(Note.BAD_IMAGE, at)
    return content

"""PNG: the picture and nothing else, or a gap."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.png import split
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import png


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk with its check sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def inserted(extra: bytes, picture: bytes | None = None) -> bytes:
    """A picture with a chunk before its pixels."""
    data = picture or png()
    at = data.index(b"IDAT") - 4
    return data[:at] + extra + data[at:]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1", "P", "LA", "I;16"])
def test_a_clean_picture_is_wholly_owned(caps: ReadCaps, mode: str) -> None:
    """In every colour mode; the re-encoded picture has the same size in pixels."""
    out = io.BytesIO()
    Image.new(mode, (7, 5)).save(out, "PNG")
    form = open_bytes("p.png", out.getvalue(), caps)
    image = form.parts[0].image
    assert image is not None
    assert (image.width, image.height) == (7, 5)
    assert cover(form).gaps == ()


def test_an_interlaced_picture_is_owned(caps: ReadCaps) -> None:
    """Seven passes, each with its own rows."""
    width, height = 5, 3
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))  # fmt: skip
    raw = b""
    for left, top, across, down in passes:
        columns = len(range(left, width, across))
        if columns:
            raw += b"".join(b"\x00" + bytes(columns) for _ in range(top, height, down))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    form = open_bytes("p.png", data, caps)
    assert form.parts[0].kind is Kind.IMAGE
    assert cover(form).gaps == ()


def test_an_archive_behind_the_picture_is_a_gap(caps: ReadCaps) -> None:
    """To a type detector such a file is a PNG."""
    clean = png()
    form = open_bytes("p.png", clean + b"PK\x03\x04secret rows", caps)
    (gap,) = cover(form).gaps
    assert (gap.start, gap.end) == (len(clean), form.size)
    assert "trailing" in gap.reason


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"eXIf", b"MM\x00*rows"),
        chunk(b"zzZz", b"rows"),
        chunk(b"iCCP", b"rows"),
        chunk(b"pHYs", bytes(9)) + chunk(b"pHYs", b"123456789"),
        chunk(b"gAMA", b"more than a gamma"),
        chunk(b"acTL", bytes(8)),
    ],
)
def test_chunks_that_are_more_than_a_picture_are_gaps(caps: ReadCaps, extra: bytes) -> None:
    """Unknown, repeated, or longer than they need to be."""
    form = open_bytes("p.png", inserted(extra), caps)
    assert cover(form).gaps
    assert Note.BAD_IMAGE in {seen.note for seen in form.parts[0].notes}


def test_text_chunks_become_text(caps: ReadCaps) -> None:
    """Plain, packed and international."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "plotter")
    info.add_text("Comment", "patient P007 " * 9, zip=True)
    info.add_itxt("Title", "Überleben")
    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "PNG", pnginfo=info)
    form = open_bytes("p.png", out.getvalue(), caps)
    texts = [part.text or "" for part in form.parts[1:]]
    assert "plotter" in texts[0]
    assert "P007" in texts[1]
    assert "Überleben" in texts[2]
    assert cover(form).gaps == ()


def _idat(raw: bytes, behind: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw) + behind)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def test_pixels_are_exactly_the_picture(caps: ReadCaps) -> None:
    """Bytes behind the last pixel, or behind their stream, are no picture."""
    assert open_bytes("p.png", _idat(bytes(6)), caps).parts[0].kind is Kind.IMAGE
    for bad in (_idat(bytes(7)), _idat(bytes(5)), _idat(bytes(6), b"rows"), _idat(b"")):
        form = open_bytes("p.png", bad, caps)
        assert form.parts[0].notes[0].note is Note.BAD_IMAGE


def test_damage_and_bombs_are_not_read(caps: ReadCaps) -> None:
    """A wrong check sum, a cut, a claim of a billion pixels."""
    data = bytearray(png())
    data[40] ^= 1
    assert open_bytes("p.png", bytes(data), caps).parts[0].notes[0].note is Note.BAD_IMAGE
    assert open_bytes("p.png", png()[:-5], caps).parts[0].notes[0].note is Note.BAD_IMAGE
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    )
    assert open_bytes("p.png", bomb, caps).parts[0].notes[0].note is Note.TOO_BIG


def test_what_is_released_has_no_metadata(caps: ReadCaps) -> None:
    """Two files with the same pixels re-encode to the same bytes, whatever hung on them."""
    plain = open_bytes("p.png", png(), caps).parts[0].image
    dressed = open_bytes("p.png", inserted(chunk(b"tEXt", b"a\x00b")), caps).parts[0].image
    assert plain == dressed
    assert plain is not None
    assert len(split(png())) == 3

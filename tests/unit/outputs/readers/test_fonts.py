"""Fonts in documents: what is a font and nothing else hides nothing; anything beside it is told."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from orchestrator.outputs.readers import fonts
from tests.outputs_world import Check, verdicts

ROW = b"P00017X,1941-03-02,79.8,168.2"


@pytest.fixture(scope="module")
def letters() -> bytes:
    """A whole TrueType font as it is shared."""
    return Path(font_manager.findfont("DejaVu Sans")).read_bytes()


def _drawn(letters: int) -> bytes:
    out, figure = io.BytesIO(), Figure()
    figure.text(0.1, 0.5, "People of each centre, 2019 to 2024")
    with mpl.rc_context({"pdf.fonttype": letters}):
        figure.savefig(out, format="pdf")
    return out.getvalue()


def _kept(data: bytes) -> bytes:
    """The font with the tables that a document keeps, as programs cut it."""
    (count,) = struct.unpack_from(">H", data, 4)
    listed = [struct.unpack_from(">4sLLL", data, 12 + 16 * at) for at in range(count)]
    bodies = {
        tag: data[start : start + size]
        for tag, _, start, size in listed
        if tag in {b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name"}
    }
    return _made(bodies)


def _made(bodies: dict[bytes, bytes]) -> bytes:
    head, body = b"\0\1\0\0" + struct.pack(">4H", len(bodies), 0, 0, 0), b""
    for tag, own in bodies.items():
        head += struct.pack(">4sLLL", tag, 0, 12 + 16 * len(bodies) + len(body), len(own))
        body += own + bytes(-len(own) % 4)
    return head + body


def _bodies(data: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    listed = [struct.unpack_from(">4sLLL", data, 12 + 16 * at) for at in range(count)]
    return {tag: data[start : start + size] for tag, _, start, size in listed}


def _with(data: bytes, tag: bytes, change: Callable[[bytes], bytes]) -> bytes:
    bodies = _bodies(data)
    return _made({**bodies, tag: change(bodies.get(tag, b""))})


def test_a_document_with_its_letters_hides_nothing(check: Check) -> None:
    report = check("figure.pdf", _drawn(42))
    assert b"/FontFile2" in _drawn(42)
    assert verdicts(report)["O28"] == "pass"


def test_what_a_font_says_of_itself_is_read(letters: bytes) -> None:
    said = fonts.texts(_kept(letters))
    assert said is not None
    assert "DejaVu Sans" in said


@pytest.mark.parametrize("change", [
    lambda data: _with(data, b"note", lambda _: ROW),
    lambda data: _with(data, b"glyf", lambda own: own + ROW),
    lambda data: _with(data, b"head", lambda own: own + ROW),
    lambda data: data + ROW,
    lambda data: data[: len(data) // 2],
    lambda data: ROW + data,
    lambda data: _with(data, b"loca", lambda own: own[:-8] + own[-4:]),
    lambda data: _with(data, b"hmtx", lambda own: own + ROW),
    lambda data: _with(data, b"prep", lambda _: ROW * 1000),
    lambda data: _with(data, b"CFF ", lambda _: ROW),
    lambda _: b"\x01\x00\x04\x01" + ROW,
], ids=["unknown", "behind outlines", "head", "behind", "cut", "before", "outline",
        "widths", "program", "compact", "compact alone"])  # fmt: skip
def test_what_is_no_part_of_a_font_is_told(
    letters: bytes, change: Callable[[bytes], bytes]
) -> None:
    whole = _kept(letters)
    assert fonts.texts(whole) is not None
    assert fonts.texts(change(whole)) is None


def test_words_between_the_outlines_are_among_the_texts(letters: bytes) -> None:
    found = fonts.texts(_with(_kept(letters), b"fpgm", lambda _: b"\xb0" + ROW.replace(b"-", b".")))
    assert found is not None
    assert any("1941.03.02" in one for one in found)


def _encrypted(plain: bytes) -> bytes:
    key, found = 55665, bytearray()
    for one in b"\xd9\xd6\x6f\x63" + plain:
        found.append(one ^ (key >> 8))
        key = ((found[-1] + key) * 52845 + 22719) & 0xFFFF
    return bytes(found)


def _type_1(inner: bytes) -> bytes:
    return b"%!PS-AdobeFont-1.0: Test\ncurrentfile eexec\n" + _encrypted(inner) + b"\n" + (
        b"0" * 64 + b"\n") * 8 + b"cleartomark\n"  # fmt: skip


def test_a_font_of_type_1_is_a_program_and_outlines() -> None:
    program = b"dup /Private 8 dict dup begin\n/A 3 RD \xff\xfe\xfd ND\n/B 2 RD \xff\xfe ND\nend"
    found = fonts.texts(_type_1(program))
    assert found is not None
    assert any("Private" in one for one in found)
    told = fonts.texts(_type_1(program + b"\n% " + ROW))
    assert told is not None
    assert any(ROW.decode() in one for one in told)
    assert fonts.texts(_type_1(program + b"\xff\xfe\xfd")) is None
    assert fonts.texts(_type_1(ROW)) is None


def test_a_map_of_letters_is_no_text() -> None:
    """Neither a row nor what is squeezed passes for one."""
    assert fonts.is_map(struct.pack(">5H", 0, 3, 0, 7, 4))
    assert not fonts.is_map(struct.pack(">5H", 41, 41, 79, 168, 2))
    assert not fonts.is_map(ROW)
    assert not fonts.is_map(zlib.compress(ROW * 4)[:40])
    assert fonts.is_set(b"\xff\xff\xff\xf0")
    assert not fonts.is_set(ROW)


def _document(font: bytes) -> bytes:
    objects = (
        b"1 0 obj\n<< /Type /FontDescriptor /FontFile2 2 0 R >>\nendobj\n",
        b"2 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(font), font),
        b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n",
    )
    return b"%PDF-1.5\n" + b"".join(objects)


def test_a_row_behind_a_font_is_hidden_in_the_document(letters: bytes, check: Check) -> None:
    whole = _kept(letters)
    assert verdicts(check("letters.pdf", _document(whole)))["O28"] == "pass"
    assert verdicts(check("letters.pdf", _document(whole + ROW)))["O28"] == "flag"

"""Pictures written again for release: their pixels, and nothing else that came with them."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps, Unreadable
from orchestrator.outputs.readers.pictures import rewritten
from orchestrator.outputs.readers.registry import open_bytes

PIXELS = 1 << 20
SECRET = b"P00123;1950-04-02"
NAMES = {"PNG": "p.png", "JPEG": "p.jpg", "TIFF": "p.tif"}


def saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def drawn(mode: str = "RGB", size: tuple[int, int] = (31, 17)) -> Image.Image:
    """A few colours in a pattern that no two sides share."""
    picture = Image.new("RGB", size, (200, 220, 240))
    for x in range(size[0]):
        for y in range(min(x, size[1])):
            picture.putpixel((x, y), (x * 5 % 256, y * 9 % 256, 77))
    return picture.convert(mode)


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    """What a picture shows."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.mode, picture.size, picture.tobytes()


def with_exif(kind: str) -> bytes:
    """What EXIF says of the picture."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return saved(drawn(), kind, exif=exif)


def with_texts(kind: str) -> bytes:
    """Texts, a profile and a resolution, in whatever the format has for them."""
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_text("Squeezed", SECRET.decode(), zip=True)
        texts.add_itxt("Title", SECRET.decode())
        return saved(drawn(), kind, pnginfo=texts, icc_profile=SECRET, dpi=(301, 302))
    if kind == "JPEG":
        return saved(drawn(), kind, comment=SECRET, icc_profile=SECRET, dpi=(301, 302))
    return saved(drawn(), kind, tiffinfo={270: SECRET.decode(), 33432: SECRET.decode()})


def with_a_tail(kind: str) -> bytes:
    """An archive behind the end."""
    return saved(drawn(), kind) + b"PK\x03\x04" + SECRET * 10


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("made", [with_exif, with_texts, with_a_tail])
def test_nothing_but_the_picture_is_left(
    made: Callable[[str], bytes], kind: str, caps: ReadCaps
) -> None:
    """The old file holds more than a picture, the new one holds the picture to its last byte."""
    before = made(kind)
    assert SECRET in before
    after = rewritten(before, kind, PIXELS)
    assert SECRET not in after
    form = open_bytes(NAMES[kind], after, caps)
    assert cover(form).gaps == ()
    assert [part.kind for part in form.parts if part.text] == []
    assert not any(part.notes for part in form.parts)
    assert form.parts[0].kind is Kind.IMAGE
    if kind != "JPEG":
        assert pixels(after) == pixels(saved(drawn(), kind))


@given(
    kind=st.sampled_from(["PNG", "TIFF"]),
    width=st.integers(1, 12),
    height=st.integers(1, 12),
    data=st.data(),
)
def test_pixels_stay_and_so_do_bytes(
    kind: str, width: int, height: int, data: st.DataObject
) -> None:
    """Any picture without loss: the same pixels, the same bytes each time, and at once final."""
    samples = data.draw(st.binary(min_size=3 * width * height, max_size=3 * width * height))
    tail = data.draw(st.binary(max_size=40))
    before = saved(Image.frombytes("RGB", (width, height), samples), kind) + tail
    after = rewritten(before, kind, PIXELS)
    assert pixels(after)[1:] == ((width, height), samples)
    assert after == rewritten(before, kind, PIXELS) == rewritten(after, kind, PIXELS)


def test_the_same_picture_is_the_same_whatever_hung_on_it() -> None:
    """Metadata leave no trace, also not in how the pixels are packed."""
    for kind in NAMES:
        plain = rewritten(saved(drawn(), kind), kind, PIXELS)
        assert rewritten(with_a_tail(kind), kind, PIXELS) == plain
        if kind != "TIFF":  # whose files differ in how their samples were packed
            assert rewritten(with_texts(kind), kind, PIXELS) == plain


def test_a_transparent_place_hides_nothing() -> None:
    """Colours under no opacity are on the file and on no page: white leaves."""
    picture = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    picture.putpixel((3, 3), (0, 0, 255, 255))
    mode, size, samples = pixels(rewritten(saved(picture, "PNG"), "PNG", PIXELS))
    expected = Image.new("RGB", (8, 8), "white")
    expected.putpixel((3, 3), (0, 0, 255))
    assert (mode, size, samples) == ("RGB", (8, 8), expected.tobytes())


def test_a_palette_hides_nothing() -> None:
    """Colours that no pixel has."""
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette(b"\0\0\0\xff\xff\xff" + (SECRET * 50)[:750])
    data = saved(picture, "PNG")
    assert SECRET in data
    assert SECRET not in rewritten(data, "PNG", PIXELS)
    assert pixels(rewritten(data, "PNG", PIXELS))[0] == "RGB"


def test_a_picture_is_turned_as_it_was_meant() -> None:
    """The tag that turns it does not leave, so the pixels are turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = rewritten(saved(drawn(), "PNG", exif=exif), "PNG", PIXELS)
    assert pixels(turned) == pixels(saved(drawn().transpose(Image.Transpose.ROTATE_270), "PNG"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_grey_stays_grey(mode: str) -> None:
    """One sample a pixel, eight bits each."""
    picture = drawn("L") if mode == "I;16" else drawn(mode)
    if mode == "I;16":
        wide = b"".join(bytes([7, value]) for value in picture.tobytes())
        picture = Image.frombytes("I;16", picture.size, wide)
    found = pixels(rewritten(saved(picture, "PNG"), "PNG", PIXELS))
    assert found == ("L", picture.size, drawn("1" if mode == "1" else "L").convert("L").tobytes())


def several(kind: str) -> bytes:
    """Two frames."""
    return saved(drawn(), kind, save_all=True, append_images=[drawn("L").convert("RGB")])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("PNG", several("PNG")),
        ("TIFF", several("TIFF")),
        ("TIFF", saved(drawn("F"), "TIFF")),
        ("TIFF", saved(drawn("I"), "TIFF")),
    ],
    ids=["animated png", "pages", "fractions", "large samples"],
)
def test_what_is_not_one_picture_is_not_written_again(
    kind: str, data: bytes, caps: ReadCaps
) -> None:
    """And the file says so wherever it is checked, with or without a server."""
    with pytest.raises(Unreadable) as stop:
        rewritten(data, kind, PIXELS)
    assert stop.value.note is Note.NOT_ONE_PICTURE
    form = open_bytes(NAMES[kind], data, caps)
    notes = {seen.note for part in form.parts for seen in part.notes}
    assert notes & {Note.NOT_ONE_PICTURE, Note.BAD_IMAGE}


@pytest.mark.parametrize("kind", NAMES)
def test_half_a_picture_and_too_large_a_one_are_refused(kind: str) -> None:
    """Truncated, of another format, or of more pixels than are allowed."""
    data = saved(drawn(), kind)
    with pytest.raises(Unreadable) as stop:
        rewritten(data[: len(data) // 2], kind, PIXELS)
    assert stop.value.note is Note.BAD_IMAGE
    with pytest.raises(Unreadable):
        rewritten(b"GIF89a" + data, kind, PIXELS)
    with pytest.raises(Unreadable) as stop:
        rewritten(data, kind, 31 * 17 - 1)
    assert stop.value.note is Note.TOO_BIG

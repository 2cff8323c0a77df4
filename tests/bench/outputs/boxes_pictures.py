"""Pictures, vector figures and PDF: places where numbers of people hide behind a drawing."""

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from random import Random

from PIL import Image, ImageDraw, PngImagePlugin

from tests.bench.outputs.boxes_office import zipped
from tests.bench.outputs.boxes_text import csv, delimited, fixed
from tests.bench.outputs.grid import Box, Grid

Place = Callable[[float], float]
"""Where a value stands on the page."""


def drawing(seed: int, size: int = 240) -> Image.Image:
    """A bar chart without any hidden thing."""
    random = Random(seed)
    picture = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(picture)
    for bar in range(6):
        left = 20 + bar * 35
        pen.rectangle((left, random.randrange(40, 200), left + 24, 220), fill="steelblue")
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png_text(grid: Grid) -> bytes:
    """Rows in a text chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", delimited(grid))
    return saved(drawing(1), "PNG", pnginfo=info)


def png_trailing(grid: Grid) -> bytes:
    """An archive behind the picture."""
    return saved(drawing(2), "PNG") + zipped({"t.csv": csv(grid)})


def png_low_bits(grid: Grid) -> bytes:
    """Rows in the lowest bits of the pixels."""
    picture = drawing(3)
    data = zlib.compress(csv(grid))
    bits = [byte >> at & 1 for byte in data for at in range(8)]
    pixels = bytearray(picture.tobytes())
    for at, bit in enumerate(bits[: len(pixels)]):
        pixels[at] = pixels[at] & 254 | bit
    return saved(Image.frombytes("RGB", picture.size, bytes(pixels)), "PNG")


def jpeg_trailing(grid: Grid) -> bytes:
    """Rows behind a JPEG's end."""
    return saved(drawing(4), "JPEG") + csv(grid)


def jpeg_comment(grid: Grid) -> bytes:
    """Rows in a JPEG's comment."""
    return saved(drawing(5), "JPEG", comment=csv(grid))


def tiff_description(grid: Grid) -> bytes:
    """Rows in a TIFF's description."""
    return saved(drawing(6), "TIFF", description=delimited(grid))


def bmp(grid: Grid) -> bytes:
    """A bitmap whose pixels are the rows."""
    data = csv(grid)
    side = 64
    return saved(Image.frombytes("L", (side, side), data.ljust(side * side)[: side * side]), "BMP")


def scatter(xs: Sequence[float], ys: Sequence[float]) -> bytes:
    """A scatter in SVG, drawn as matplotlib draws one."""
    across, up = _axis(xs, 57.6, 414.7), _axis(ys, 307.6, 41.5)
    marks = "\n".join(
        f'<use xlink:href="#m1" x="{across(x):.6f}" y="{up(y):.6f}" style="fill: #1f77b4"/>'
        for x, y in zip(xs, ys, strict=True)
    )
    body = (
        '<g id="PathCollection_1"><defs><path id="m1" d="M 0 3 C 0.8 3 1.5 2.6 2.1 2.1 z"/></defs>'
        f'<g clip-path="url(#p1)">\n{marks}\n</g></g>\n' + _ticks("x", xs, across, 307.6)
        + _ticks("y", ys, up, 57.6)
    )  # fmt: skip
    return _svg(body)


def bars(heights: Sequence[float], labels: Sequence[str]) -> bytes:
    """A histogram in SVG from a table that may leave."""
    up = _axis([0, *heights], 307.6, 41.5)
    drawn = "\n".join(
        f'<g id="patch_{at + 3}"><path d="M {60 + at * 40} 307.6 L {90 + at * 40} 307.6 '
        f'L {90 + at * 40} {up(height):.6f} L {60 + at * 40} {up(height):.6f} z" '
        'clip-path="url(#p1)" style="fill: #1f77b4"/></g>'
        for at, height in enumerate(heights)
    )
    words = "\n".join(
        f'<g id="xtick_{at + 1}"><text x="{75 + at * 40}" y="322">{label}</text></g>'
        for at, label in enumerate(labels)
    )
    return _svg(drawn + words + _ticks("y", [0, *heights], up, 57.6))


def _axis(values: Sequence[float], start: float, end: float) -> Place:
    low, high = min(values), max(values)
    pad = (high - low or 1) * 0.05
    low, high = low - pad, high + pad
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _ticks(name: str, values: Sequence[float], place: Place, across: float) -> str:
    step = max(1.0, float(f"{(max(values) - min(values) or 1) / 5:.0e}"))
    first = int(min(values) // step + 1)
    found = []
    for at in range(6):
        value = (first + at) * step
        if value > max(values):
            break
        x, y = (place(value), across) if name == "x" else (across, place(value))
        found.append(
            f'<g id="{name}tick_{at + 1}"><g><use xlink:href="#t" x="{x:.6f}" y="{y:.6f}"/></g>'
            f"<g><!-- {value:g} --><text>{value:g}</text></g></g>"
        )
    return f'<g id="matplotlib.axis_{1 if name == "x" else 2}">' + "\n".join(found) + "</g>"


def _svg(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
        '<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="460.8pt" height="345.6pt" '
        'viewBox="0 0 460.8 345.6" xmlns="http://www.w3.org/2000/svg" version="1.1">\n'
        f'<g id="figure_1"><g id="axes_1">{body}</g></g>\n</svg>\n'
    ).encode()


def svg_metadata(grid: Grid) -> bytes:
    """Rows in a figure's description."""
    return _svg(f"<desc>{delimited(grid)}</desc>" + '<rect width="10" height="10"/>')


def pdf_text(grid: Grid) -> bytes:
    """A table printed on a page."""
    lines = fixed(grid).splitlines()
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    return _pdf(f"BT /F1 6 Tf 8 TL 20 780 Td\n{shown}ET".encode(), [])


def pdf_attachment(grid: Grid) -> bytes:
    """A file attached to an otherwise empty page."""
    data = zlib.compress(csv(grid))
    file = b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (
        len(data), data,
    )  # fmt: skip
    named = b"<< /Type /Filespec /F (t.csv) /EF << /F 6 0 R >> >>"
    return _pdf(b"BT /F1 12 Tf 20 780 Td (Results) Tj ET", [file, named],
                b"/Names << /EmbeddedFiles << /Names [(t.csv) 7 0 R] >> >>")  # fmt: skip


def pdf_old_revision(grid: Grid) -> bytes:
    """A table that a later revision covered up."""
    first = pdf_text(grid)
    shown = b"BT /F1 12 Tf 20 780 Td (Results) Tj ET"
    start = len(first)
    update = b"5 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (len(shown), shown)
    table = start + len(update)
    before = int(first.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    return first + update + (
        b"xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n"
        b"%%%%EOF\n" % (start, before, table)
    )  # fmt: skip


def pdf_scatter(xs: Sequence[float], ys: Sequence[float]) -> bytes:
    """A scatter in PDF: one small square a person."""
    across, up = _axis(xs, 60, 540), _axis(ys, 60, 740)
    marks = "\n".join(f"{across(x):.4f} {up(y):.4f} 2 2 re f" for x, y in zip(xs, ys, strict=True))
    return _pdf(marks.encode(), [])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf(content: bytes, more: Sequence[bytes], catalog: bytes = b"") -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
            b"/Resources << /Font << /F1 4 0 R >> >> >>"
        ),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        *more,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, table,
    )  # fmt: skip


FIGURE_BOXES: Mapping[str, tuple[str, Box]] = {
    "svg-description": ("svg", svg_metadata),
    "pdf-text": ("pdf", pdf_text),
    "pdf-attachment": ("pdf", pdf_attachment),
    "pdf-old-revision": ("pdf", pdf_old_revision),
}
"""Places in figures and PDF: family L8."""

CHANNEL_BOXES: Mapping[str, tuple[str, Box]] = {
    "png-text-chunk": ("png", png_text),
    "png-trailing-zip": ("png", png_trailing),
    "png-low-bits": ("png", png_low_bits),
    "jpeg-trailing": ("jpg", jpeg_trailing),
    "jpeg-comment": ("jpg", jpeg_comment),
    "tiff-description": ("tiff", tiff_description),
    "bmp-pixels": ("bmp", bmp),
}
"""Hidden channels of pictures: family L14. Their twins are clean pictures."""

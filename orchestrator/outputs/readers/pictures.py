"""Pixels written again without anything else: what is shown, and what policy may release."""

import io
import math
import warnings
from collections import Counter

from PIL import Image as Pillow
from PIL import ImageChops, ImageOps, ImageSequence, ImageStat

from orchestrator.outputs.form import IMAGE_BYTES, Image, Note, Observation
from orchestrator.outputs.readers.opening import Unreadable, digest

KINDS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF"}
"""Pillow's word for each format of pictures that is written again for release."""

_GREY = frozenset({"1", "L", "LA", "I;16", "I;16B", "I;16L"})
_COLOUR = frozenset({"P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV"})
_SAVED: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}
"""How each format is written: always the same way, so that the same library writes the same."""

_FRAMES = 50
_STRIPS = 16
_FEWEST = 100
"""So many odd pixels in one strip are no accident of a drawing's edges."""


def reencode(data: bytes, kind: str, pixels: int) -> list[Image]:
    """Decode every frame of a picture of one kind and write it as a plain PNG.

    Errors: Unreadable TOO_BIG past `pixels`, BAD_IMAGE for what cannot be decoded whole.
    """
    found: list[Image] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked here
            with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
                for frame in ImageSequence.Iterator(picture):
                    if len(found) >= _FRAMES or frame.width * frame.height > pixels:
                        raise Unreadable(Note.TOO_BIG)
                    frame.load()
                    found.append(plain(frame))
    except Unreadable:
        raise
    except Exception as error:  # pillow raises many kinds for what it cannot read
        raise Unreadable(Note.BAD_IMAGE) from error
    if not found:
        raise Unreadable(Note.BAD_IMAGE)
    return found


def plain(picture: Pillow.Image) -> Image:
    """Write pixels again without anything else."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    copy = Pillow.new(mode, picture.size)
    copy.paste(picture.convert(mode))
    out = io.BytesIO()
    copy.save(out, format="PNG")
    content = out.getvalue()
    shown = content if len(content) <= IMAGE_BYTES else None
    return Image(picture.width, picture.height, digest(content), len(content), shown)


def rewritten(data: bytes, kind: str, pixels: int) -> bytes:
    """Write the pixels of a picture again in its own format, and nothing else of it: for release.

    Shape: grey or colours of eight bits on white, turned the way it is meant to be seen. Comments,
    EXIF, profiles, palettes, what a transparent place hides and bytes behind the end stay behind.
    The same bytes give the same picture as long as Pillow and its libraries are the same.
    Errors: Unreadable NOT_ONE_PICTURE for several frames and for samples that eight bits do not
    hold, TOO_BIG past `pixels`, BAD_IMAGE for what cannot be decoded whole.
    Source: outputs 6.4 (release what we rendered); design property 3.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked here
            with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
                if picture.width * picture.height > pixels:
                    raise Unreadable(Note.TOO_BIG)
                if not _is_one(picture):
                    raise Unreadable(Note.NOT_ONE_PICTURE)
                picture.load()
                return _saved(_on_white(ImageOps.exif_transpose(picture)), kind)
    except Unreadable:
        raise
    except Exception as error:  # pillow raises many kinds for what it cannot read
        raise Unreadable(Note.BAD_IMAGE) from error


def fit(data: bytes, kind: str) -> list[Observation]:
    """Note where a picture could not be written again for release; its pixels are not decoded."""
    try:
        with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
            return [] if _is_one(picture) else [Observation(Note.NOT_ONE_PICTURE)]
    except Exception:  # whoever decodes it says why
        return []


def _is_one(picture: Pillow.Image) -> bool:
    return getattr(picture, "n_frames", 1) == 1 and picture.mode in _GREY | _COLOUR


def _on_white(picture: Pillow.Image) -> Pillow.Image:
    """Give what people see of a picture on a white page, in grey or in colours."""
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    mode = "L" if picture.mode in _GREY else "RGB"
    page = Pillow.new(mode, picture.size, "white")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        page.paste(seen.convert(mode), mask=seen.getchannel("A"))
    else:
        page.paste(picture.convert(mode))
    return page


def _saved(page: Pillow.Image, kind: str) -> bytes:
    out = io.BytesIO()
    page.save(out, format=kind, **_SAVED[kind])
    return out.getvalue()


def from_samples(mode: str, width: int, height: int, samples: bytes) -> Image:
    """Write bare samples (`L`, `RGB`, `1`) as a plain PNG. Errors: Unreadable (BAD_IMAGE)."""
    try:
        return plain(Pillow.frombytes(mode, (width, height), samples))
    except (ValueError, OSError) as error:
        raise Unreadable(Note.BAD_IMAGE) from error


def low_bits(data: bytes, kind: str) -> list[Observation]:
    """Measure how often a pixel differs from two equal neighbours in its lowest bit alone.

    A drawing is flat where nothing is drawn, and a gradient goes one way; bits written into the
    lowest plane go back and forth. Noted is the worst strip of the first frame, in per mille of its
    flat places; photographs have such noise too, so that this is a hint for people.
    Source: outputs 6.4 (a payload in the low bits of a plot survives fewer colours).
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
            bands = picture.convert("RGB").split()
    except Exception as error:  # pillow raises many kinds for what it cannot read
        raise Unreadable(Note.BAD_IMAGE) from error
    height = max(1, -(-bands[0].height // _STRIPS))
    strips = [
        band.crop((0, top, band.width, min(top + height, band.height)))
        for band in bands
        for top in range(0, band.height, height)
    ]
    worst = max((_spikes(strip) for strip in strips), default=0)
    return [Observation(Note.LOW_BITS, count=worst)] if worst else []


def _spikes(strip: Pillow.Image) -> int:
    """Give the per mille of flat places with an odd pixel in the middle; 0 for very few."""
    width, height = strip.size
    if width < 3:
        return 0
    left, middle, right = (strip.crop((at, 0, width - 2 + at, height)) for at in range(3))
    high = [part.point(_HIGH) for part in (left, middle)]
    flat = _both(_zero(ImageChops.difference(*high)), _zero(ImageChops.difference(left, right)))
    odd = _both(flat, ImageChops.invert(_zero(ImageChops.difference(left, middle))))
    places, spikes = flat.histogram()[255], odd.histogram()[255]
    return 1000 * spikes // places if spikes >= _FEWEST else 0


_HIGH = [value & 254 for value in range(256)]
_NOTHING = [255, *[0] * 255]


def _zero(picture: Pillow.Image) -> Pillow.Image:
    return picture.point(_NOTHING)


def _both(one: Pillow.Image, other: Pillow.Image) -> Pillow.Image:
    return ImageChops.darker(one, other)


_PIXELS = 4_000_000
_SAMPLE = 64


def drawn(data: bytes, kind: str, apart: int) -> tuple[int, bytes, bytes]:
    """Say of each pixel whether it is of another colour than most of the page: 255, else 0.

    Shape: the width, a byte a pixel, and three bytes of colour a pixel.
    Errors: Unreadable (BAD_IMAGE) for what cannot be decoded.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
            page = _page(picture)
    except Exception as error:  # pillow raises many kinds for what it cannot read
        raise Unreadable(Note.BAD_IMAGE) from error
    small = page.resize((_SAMPLE, _SAMPLE), Pillow.Resampling.NEAREST)
    pixels = Counter(small.getpixel((at % _SAMPLE, at // _SAMPLE)) for at in range(_SAMPLE**2))
    paper = Pillow.new("RGB", page.size, pixels.most_common(1)[0][0])
    bands = ImageChops.difference(page, paper).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    mask = most.point([0] * apart + [255] * (256 - apart))
    return page.width, mask.tobytes(), page.tobytes()


def _page(picture: Pillow.Image) -> Pillow.Image:
    """Give what people see on white, a large picture smaller: its marks are larger as well."""
    step = math.isqrt(max(picture.width * picture.height // _PIXELS, 1))
    if not picture.has_transparency_data:
        page = picture.convert("RGB")
        return page.reduce(step) if step > 1 else page
    seen = picture.convert("RGBA")
    seen = seen.reduce(step) if step > 1 else seen
    page = Pillow.new("RGB", seen.size, "white")
    page.paste(seen.convert("RGB"), mask=seen.getchannel("A"))
    return page


def to_read(data: bytes, kind: str, pixels: int, times: int) -> Pillow.Image:
    """Give what people see of a picture in grey, so many times as large as `pixels` allow.

    Errors: Unreadable (BAD_IMAGE) for what cannot be decoded.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=(kind,)) as picture:
            grey = _page(picture).convert("L")
    except Exception as error:  # pillow raises many kinds for what it cannot read
        raise Unreadable(Note.BAD_IMAGE) from error
    fits = [n for n in range(1, times + 1) if grey.width * grey.height * n * n <= pixels]
    larger = max(fits, default=1)
    size = (grey.width * larger, grey.height * larger)
    return grey.resize(size, Pillow.Resampling.LANCZOS) if larger > 1 else grey


def changes(page: Pillow.Image) -> float:
    """Give the share of pixels that are light beside a dark one in their line, or the reverse."""
    middle = ImageStat.Stat(page).mean[0]
    plain = page.point([255 * (value > middle) for value in range(256)])
    left, right = (plain.crop((at, 0, page.width - 1 + at, page.height)) for at in range(2))
    return float(ImageChops.difference(left, right).histogram()[255] / (page.width * page.height))

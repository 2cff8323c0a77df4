"""Pixels written again without anything else: what is shown, and what policy may release."""

import io
import warnings

from PIL import Image as Pillow
from PIL import ImageChops, ImageSequence

from orchestrator.outputs.form import IMAGE_BYTES, Image, Note, Observation
from orchestrator.outputs.readers.opening import Unreadable, digest

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

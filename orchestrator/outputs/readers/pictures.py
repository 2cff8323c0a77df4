"""Pixels written again without anything else: what is shown, and what policy may release."""

import io
import warnings

from PIL import Image as Pillow
from PIL import ImageSequence

from orchestrator.outputs.form import IMAGE_BYTES, Image, Note
from orchestrator.outputs.readers.opening import Unreadable, digest

_FRAMES = 50


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

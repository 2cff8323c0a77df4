"""TIFF and EXIF: every directory, every tag, every strip; what nothing points at is a gap.

Source: TIFF 6.0; the same directories stand in the EXIF segment of a JPEG.
"""

import struct
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import cells, ocr
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.pictures import fit, low_bits, reencode
from orchestrator.outputs.readers.prose import add_tables

_FORMS = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii",
          11: "f", 12: "d", 13: "I"}  # fmt: skip
_OFFSETS, _SIZES = {273: 279, 324: 325}, {279, 325}
_THUMBNAIL, _THUMBNAIL_SIZE = 513, 514
_INNER = frozenset({330, 34665, 34853, 40965})
_RASTER = frozenset({256, 257, 258, 259, 262, 277, 278, 284, 317, 338, 339})
"""How the samples lie: of what a picture needs to be decoded nothing is said."""

_DIRECTORIES = 200
_FEW = 2


@dataclass
class Directories:
    """What the tags of a file say, the bytes that they own, thumbnails, and bytes of no text.

    Shape: `few` are tags of one number or two (a resolution), which are no rows of anything.
    """

    spans: list[Span] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    few: list[str] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
    loose: list[bytes] = field(default_factory=list)
    pictures: int = 0


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a picture of one or more pages.

    Errors: Unreadable (BAD_IMAGE) for anything that is not a whole, well-formed TIFF.
    """
    found = walk(data)
    images = reencode(data, "TIFF", opening.caps.pixels)
    notes = low_bits(data, "TIFF") + ([] if "!/" in path else fit(data, "TIFF"))
    words, unread = ocr.seen(opening, data, "TIFF")
    opening.image(path, data, images[0], found.spans, [*notes, *unread])
    ocr.add_words(opening, path, words)
    for number, image in enumerate(images[1:], 2):
        if image.content is not None:
            opening.inner(f"{below(path)}pages/{number}", image.content, kind="png")
        else:
            opening.unknown(opening.free(f"{below(path)}pages/{number}"), b"", Note.TOO_BIG)
    add_facts(opening, path, found)


def add_facts(opening: Opening, path: str, found: Directories) -> None:
    """Add what tags say as text, thumbnails as pictures, other bytes as unknown parts."""
    if found.words or found.few:
        own = opening.free(f"{below(path)}tags")
        opening.text(own, "\n".join([*found.words, *found.few]))
        add_tables(opening, own, "\n".join(found.words))
    for thumbnail in found.thumbnails:
        own = opening.inner(f"{below(path)}thumbnail", thumbnail, kind="jpeg")
        opening.text(opening.free(f"{own}/note"), "a thumbnail", notes=[Observation(Note.HIDDEN)])
    for piece in found.loose:
        opening.unknown(opening.free(f"{below(path)}bytes"), piece, Note.UNKNOWN_PART)


def walk(data: bytes) -> Directories:
    """Follow all directories. Errors: Unreadable (BAD_IMAGE) where one does not lie in the file."""
    found = Directories()
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8 or struct.unpack_from(f"{order}H", data, 2)[0] != 42:
        raise Unreadable(Note.BAD_IMAGE)
    found.spans.append(Span(0, 8, "header"))
    waiting = [struct.unpack_from(f"{order}I", data, 4)[0]]
    seen: set[int] = set()
    try:
        while waiting:
            at = waiting.pop()
            if at in seen or len(seen) > _DIRECTORIES:
                raise Unreadable(Note.BAD_IMAGE, at)
            seen.add(at)
            if at >= 16 and data[at - 8 : at] == data[:4] + b"\x08\0\0\0":
                found.spans.append(Span(at - 8, at, "header of an appended page"))
            waiting += _directory(data, order, at, found)
    except struct.error as error:
        raise Unreadable(Note.BAD_IMAGE) from error
    found.spans += _fillings(data, found.spans)
    return found


def _fillings(data: bytes, spans: list[Span]) -> list[Span]:
    """Own the one zero byte that brings what follows samples of an odd size to an even place."""
    starts = {span.start for span in spans}
    return [
        Span(span.end, span.end + 1, "filling")
        for span in spans
        if span.owner == "samples"
        and span.end % 2
        and data[span.end : span.end + 1] == b"\0"
        and span.end not in starts
        and span.end + 1 in starts
    ]


def _directory(data: bytes, order: str, at: int, found: Directories) -> list[int]:
    """Read one directory; answer where the next ones lie."""
    (count,) = struct.unpack_from(f"{order}H", data, at)
    end = at + 2 + 12 * count
    (following,) = struct.unpack_from(f"{order}I", data, end)
    found.spans.append(Span(at, end + 4, "directory"))
    more = [following] if following else []
    tags: dict[int, list[int]] = {}
    for number in range(count):
        tag, kind, many = struct.unpack_from(f"{order}HHI", data, at + 2 + 12 * number)
        values = _values(data, order, at + 10 + 12 * number, tag, kind, many, found)
        tags[tag] = values
        if tag in _INNER:
            more += values
    for offsets, sizes in _OFFSETS.items():
        for start, size in zip(tags.get(offsets, []), tags.get(sizes, []), strict=False):
            _own(data, start, size, found)
    if _THUMBNAIL in tags and tags.get(_THUMBNAIL_SIZE):
        start, size = tags[_THUMBNAIL][0], tags[_THUMBNAIL_SIZE][0]
        _own(data, start, size, found)
        found.thumbnails.append(data[start : start + size])
    return more


def _own(data: bytes, start: int, size: int, found: Directories) -> None:
    if start + size > len(data):
        raise Unreadable(Note.BAD_IMAGE, start)
    found.spans.append(Span(start, start + size, "samples"))
    found.pictures += 1


def _values(
    data: bytes, order: str, slot: int, tag: int, kind: int, many: int, found: Directories
) -> list[int]:
    """Read the values of a tag, beside it or where it points; say them where they are no places."""
    form = _FORMS.get(kind)
    if form is None:
        raise Unreadable(Note.BAD_IMAGE, slot)
    size = many * struct.calcsize(f"={form}")
    at = slot
    if size > 4:
        (at,) = struct.unpack_from(f"{order}I", data, slot)
        if at + size > len(data):
            raise Unreadable(Note.BAD_IMAGE, slot)
        found.spans.append(Span(at, at + size, f"tag {tag}"))
        if size % 2 and data[at + size : at + size + 1] == b"\0":
            found.spans.append(Span(at + size, at + size + 1, "filling"))
    raw = data[at : at + size]
    if form == "s":
        _say(tag, kind, raw, found)
        return []
    many_of = form * many if len(form) > 1 else f"{many}{form}"
    numbers = list(struct.unpack(order + many_of, raw))
    if tag not in {*_OFFSETS, *_SIZES, *_INNER, _THUMBNAIL} and (tag not in _RASTER or many > 4):
        told = found.words if len(numbers) > _FEW else found.few
        told.append(f"{tag}: {' '.join(map(str, numbers))}")
    return [int(one) for one in numbers]


def _say(tag: int, kind: int, raw: bytes, found: Directories) -> None:
    text = raw.removeprefix(b"ASCII\0\0\0").strip(b"\0")
    if kind == 2 or (len(raw) <= 8 and text.isascii()) or (text.isascii() and text.isalnum()):
        found.words.append(f"{tag}: {text.decode('utf-8', 'replace')}")
    else:
        try:
            found.words.append(f"{tag}: {cells.of_bytes(text) if text else ''}")
            text.decode("utf-8")
        except UnicodeDecodeError:
            found.loose.append(raw)

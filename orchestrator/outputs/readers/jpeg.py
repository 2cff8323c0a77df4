"""JPEG: every segment owned or a gap, EXIF, XMP and comments as text, pixels written again.

Source: outputs 4.2 (PNG, JPEG, TIFF) and 6.4 (release what we rendered).
"""

import struct

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import ocr, tiff
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.pictures import fit, reencode
from orchestrator.outputs.readers.prose import add_text

_PLAIN = {*range(0xC0, 0xD0), 0xDB, 0xDD} - {0xC8}
_COMMENT, _JFIF, _EXIF, _ADOBE, _SCAN, _END = 0xFE, 0xE0, 0xE1, 0xEE, 0xDA, 0xD9


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a picture; whatever follows its end or hides between its segments stays a gap.

    Errors: Unreadable (BAD_IMAGE) for anything that is not a whole, well-formed JPEG.
    """
    if not data.startswith(b"\xff\xd8"):
        raise Unreadable(Note.BAD_IMAGE)
    spans = [Span(0, 2, "start")]
    words: list[str] = []
    facts: list[tiff.Directories] = []
    loose: list[bytes] = []
    at = 2
    while True:
        marker = _marker(data, at)
        if marker == _END:
            spans.append(Span(at, at + 2, "end"))
            break
        size = struct.unpack_from(">H", data, at + 2)[0] if at + 4 <= len(data) else 0
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise Unreadable(Note.BAD_IMAGE, at)
        body = data[at + 4 : end]
        _segment(marker, body, words, facts, loose)
        if marker == _SCAN:
            end = _scan_end(data, end)
        spans.append(Span(at, end, f"segment {marker:x}"))
        at = end
    image = reencode(data, "JPEG", opening.caps.pixels)[0]
    shown, unread = ocr.seen(opening, data, "JPEG")
    opening.image(path, data, image, spans, [*([] if "!/" in path else fit(data, "JPEG")), *unread])
    ocr.add_words(opening, path, shown)
    if words:
        add_text(opening, f"{below(path)}text", "\n".join(words), [Observation(Note.HIDDEN)])
    for one in facts:
        tiff.add_facts(opening, path, one)
    for piece in loose:
        opening.unknown(opening.free(f"{below(path)}segment"), piece, Note.UNKNOWN_PART)


def _marker(data: bytes, at: int) -> int:
    if at + 2 > len(data) or data[at] != 0xFF or data[at + 1] in {0, 0xFF}:
        raise Unreadable(Note.BAD_IMAGE, at)
    return data[at + 1]


def _segment(
    marker: int, body: bytes, words: list[str], facts: list[tiff.Directories], loose: list[bytes]
) -> None:
    """Read one segment, or keep its bytes as not understood."""
    if marker in _PLAIN or marker == _SCAN:
        return
    if marker == _COMMENT:
        words.append(body.decode("utf-8", "replace"))
    elif marker == _JFIF and body.startswith(b"JFIF\0") and len(body) == 14:
        return
    elif marker == _EXIF and body.startswith(b"Exif\0\0"):
        found = tiff.walk(body[6:])
        if _owned(found.spans) < len(body) - 6:
            loose.append(body)
        facts.append(found)
    elif marker == _EXIF and body.startswith(b"http://ns.adobe.com/"):
        words.append(body.decode("utf-8", "replace").replace("\0", " "))
    elif marker == _ADOBE and body.startswith(b"Adobe") and len(body) == 12:
        return
    else:
        loose.append(body)


def _owned(spans: list[Span]) -> int:
    """Count bytes that some span owns."""
    total = position = 0
    for span in sorted(spans, key=lambda one: one.start):
        total += max(0, span.end - max(span.start, position))
        position = max(position, span.end)
    return total


def _scan_end(data: bytes, at: int) -> int:
    """Find where packed samples end: at a marker that is no restart and no stuffed byte."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise Unreadable(Note.BAD_IMAGE, len(data))
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2

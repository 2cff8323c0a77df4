"""Bytes to text, strictly: UTF-8, UTF-16 with its mark, else Windows-1252, and never a NUL."""

import codecs
import re
from dataclasses import dataclass

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.opening import Unreadable, odd_characters

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FAR = re.compile("[\u2e80-\uffff]")
_HEAD, _LEAST = 4096, 16
_MOSTLY = 0.9
"""Units: bytes, and the share of one side's that are NUL."""


@dataclass(frozen=True)
class Decoded:
    """Text, the byte ranges it came from, and what was noticed on the way."""

    content: str
    spans: tuple[Span, ...]
    notes: tuple[Observation, ...]


def decode(data: bytes, owner: str) -> Decoded:
    """Decode a whole file or say why not.

    Errors: Unreadable for NUL bytes and for bytes that are no text in these encodings.
    """
    mark, encoding = _mark(data)
    content, notes = _decode(data[len(mark) :], encoding, explicit=encoding != "utf-8")
    at = content.find("\x00")
    if not mark and encoding != "utf-8" and (far := _FAR.search(content)):
        at = far.start()  # other bytes behind a beginning in UTF-16 would read as these
    if at >= 0:
        raise Unreadable(Note.NUL, at)
    spans = [Span(0, len(mark), "byte order mark")] if mark else []
    spans.append(Span(len(mark), len(data), owner))
    return Decoded(content, tuple(spans), (*notes, *odd_characters(content)))


def encoding_of(data: bytes) -> str:
    """Name the encoding that the first bytes of a text say or show; UTF-8 where they do not."""
    mark, encoding = _mark(data)
    return {"utf-8": "utf-8-sig"}.get(encoding, "utf-16") if mark else encoding


def _mark(data: bytes) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", _unmarked(data)


def _unmarked(data: bytes) -> str:
    """Tell UTF-16 without its mark: letters of Europe have a NUL on one side of nearly each."""
    head = data[: _HEAD & -2]
    if len(data) % 2 or len(head) < _LEAST:
        return "utf-8"
    sides = [head[at::2].count(0) / (len(head) / 2) for at in range(2)]
    if min(sides) > 0.0 or max(sides) < _MOSTLY:
        return "utf-8"
    return "utf-16-le" if sides[1] else "utf-16-be"


def _decode(data: bytes, encoding: str, *, explicit: bool) -> tuple[str, list[Observation]]:
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if explicit:
            raise Unreadable(Note.ENCODING, error.start) from error
        first = error.start
    try:
        return data.decode("cp1252"), [Observation(Note.NOT_UTF8, at=first)]
    except UnicodeDecodeError as error:
        raise Unreadable(Note.ENCODING, error.start) from error

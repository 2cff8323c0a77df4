"""What texts carry inside: data links, arrays in base64, JSON inside scripts.

Source: outputs 4.2 (HTML): data blobs of plotly, bokeh, vega, data tables and R reports.
"""

import json
import re
from collections.abc import Iterator

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import structured
from orchestrator.outputs.readers.formats import by_content
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.records import find_records
from orchestrator.outputs.readers.typed_arrays import unbase64

_KINDS = {
    "image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/tiff": "tiff",
    "image/svg+xml": "svg", "application/json": "json", "text/csv": "csv", "text/html": "html",
    "text/plain": "text", "application/pdf": "pdf", "application/zip": "zip", "text/css": "text",
    "text/javascript": "text", "application/javascript": "text",
}  # fmt: skip
_READERS = {"r": "rds", "feather-1": "arrow", "zlib": "pickle"}
_BASE64 = re.compile(r"[A-Za-z0-9+/]{160,}={0,2}")
_SHORTEST = 8
_PROGRAM = 500_000
"""Units: characters; a longer script is a library, whose own settings are no records."""
_OPENS = re.compile(r"\[(?=\s*+[\"\[{\dtfnNI\]-])|\{(?=\s*+[\"}])")
"""Where a value may begin: code goes on otherwise."""
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_WINDOW, _LONGEST_WORD = 4096, 400
_AGAIN = 60
"""So many times the text may be read in windows that grew."""
_LITERAL = re.compile(r"`([^`]*\n[^`]*)`")
_QUOTED = re.compile(rb"%([0-9A-Fa-f]{2})")


def add_link(opening: Opening, path: str, link: str) -> None:
    """Open what a `data:` link holds by its media type; other types are unknown parts."""
    head, _, body = link.partition(",")
    media = head.removeprefix("data:").split(";")[0].strip().lower() or "text/plain"
    if head.endswith(";base64"):
        data = unbase64(body)
        if data is None:
            opening.unknown(opening.free(path), link.encode(errors="replace"), Note.NOT_BASE64)
            return
    else:
        raw = body.encode(errors="replace")
        data = _QUOTED.sub(lambda found: bytes([int(found[1], 16)]), raw)
    add_media(opening, path, media, data)


def add_media(opening: Opening, path: str, media: str, data: bytes) -> None:
    """Open bytes of a media type."""
    kind = _KINDS.get(media)
    if kind is None:
        opening.unknown(opening.free(path), data, Note.UNKNOWN_TYPE)
    else:
        opening.inner(path, data, kind=kind)


def add_script(opening: Opening, path: str, script: str) -> None:
    """Add every JSON value written in a script, arrays in base64 as numbers, other blobs opened."""
    for number, value in enumerate(values_in(script), 1):
        own = f"{path}/{number}"
        plain = _both_ways(value)
        structured.walk(opening, own, plain, opening.caps.depth * 10)
    if len(script) <= _PROGRAM:
        for number, (columns, rows) in enumerate(find_records(script), 1):
            own = opening.free(f"{path}/records/{number}")
            opening.table(own, columns, rows, notes=[Observation(Note.SENTENCE)])
    for number, found in enumerate(_LITERAL.findall(script), 1):
        add_tables(opening, f"{path}/literals/{number}", found)
    add_blobs(opening, path, script)


def values_in(script: str) -> Iterator[structured.Value]:
    """Find outermost JSON arrays and objects in a text.

    Errors: Unreadable CAPPED where looking for their ends takes too long, TOO_DEEP.
    """
    at, left = 0, _AGAIN * (len(script) + _WINDOW)
    while found := _OPENS.search(script, at):
        value, read, at = _decoded(script, found.start())
        left -= read
        if left < 0:
            raise Unreadable(Note.CAPPED, found.start())
        if value is not None and len(str(value)) > _SHORTEST:
            yield value


def _decoded(script: str, start: int) -> tuple[structured.Value, int, int]:
    """Decode the value that begins here, if one does.

    Shape: the value, how much was read once more, and where to go on. Python's decoder counts the
    lines up to each error, so it sees a window of the text, which grows while a value fills it.
    """
    size, read = _WINDOW, 0
    while True:
        window = script[start : start + size]
        whole = start + size >= len(script)
        try:
            value, end = _DECODER.raw_decode(window)
            return value, read, start + end
        except json.JSONDecodeError as error:
            cut = error.msg.startswith("Unterminated") or error.pos >= len(window) - _LONGEST_WORD
            if whole or not cut:
                return None, read, start + 1
            size, read = size * 16, read + size * 16
        except RecursionError:
            raise Unreadable(Note.TOO_DEEP, start) from None
        except ValueError:
            return None, read, start + 1


def _both_ways(value: structured.Value) -> structured.Value:
    """Give a matrix of few long lines also across: scripts often keep tables by column."""
    if isinstance(value, dict):
        return {key: _both_ways(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    listed: list[structured.Value] = [_both_ways(item) for item in value]
    lines = [line for line in listed if isinstance(line, list)]
    sizes = {len(line) for line in lines}
    if len(lines) != len(listed) or len(sizes) != 1 or not 1 < len(lines) < sizes.pop():
        return listed
    across: list[structured.Value] = [list(row) for row in zip(*lines, strict=True)]
    return {"lines": listed, "columns": across}


def add_blobs(opening: Opening, path: str, text: str) -> None:
    """Open long runs of base64 whose bytes are a file of a known kind; others stay as text."""
    for found in _BASE64.finditer(text):
        data = unbase64(found[0])
        kind = by_content(data) if data is not None else None
        if data is not None and kind is not None:
            opening.inner(f"{below(path)}blob", data, kind=_READERS.get(kind, kind))

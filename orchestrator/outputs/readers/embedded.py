"""What texts carry inside: data links, arrays in base64, JSON inside scripts.

Source: outputs 4.2 (HTML): data blobs of plotly, bokeh, vega, data tables and R reports.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import arrays, structured
from orchestrator.outputs.readers.formats import by_content
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.records import find_records

_KINDS = {
    "image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/tiff": "tiff",
    "image/svg+xml": "svg", "application/json": "json", "text/csv": "csv", "text/html": "html",
    "text/plain": "text", "application/pdf": "pdf", "application/zip": "zip", "text/css": "text",
    "text/javascript": "text", "application/javascript": "text",
}  # fmt: skip
_ARRAYS = {
    "f8": "<f8", "f4": "<f4", "i1": "<i1", "i2": "<i2", "i4": "<i4", "u1": "<u1", "u2": "<u2",
    "u4": "<u4", "float64": "<f8", "float32": "<f4", "int8": "<i1", "int16": "<i2",
    "int32": "<i4", "uint8": "<u1", "uint16": "<u2", "uint32": "<u4", "u1c": "<u1",
}  # fmt: skip
_READERS = {"r": "rds", "feather-1": "arrow", "zlib": "pickle"}
_BASE64 = re.compile(r"[A-Za-z0-9+/]{160,}={0,2}")
_SHORTEST = 8
_PROGRAM = 500_000
"""Units: characters; a longer script is a library, whose own settings are no records."""
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


def unbase64(text: str) -> bytes | None:
    """Decode strict base64, white space aside; None for anything else."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def add_script(opening: Opening, path: str, script: str) -> None:
    """Add every JSON value written in a script, arrays in base64 as numbers, other blobs opened."""
    for number, value in enumerate(values_in(script), 1):
        own = f"{path}/{number}"
        plain = with_arrays(value)
        structured.walk(opening, own, plain, opening.caps.depth * 10)
    if len(script) <= _PROGRAM:
        for number, (columns, rows) in enumerate(find_records(script), 1):
            own = opening.free(f"{path}/records/{number}")
            opening.table(own, columns, rows, notes=[Observation(Note.SENTENCE)])
    for number, found in enumerate(_LITERAL.findall(script), 1):
        add_tables(opening, f"{path}/literals/{number}", found)
    add_blobs(opening, path, script)


def values_in(script: str) -> Iterator[structured.Value]:
    """Find outermost JSON arrays and objects in a text."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
    at = 0
    while True:
        found = re.compile(r"[\[{]").search(script, at)
        if not found:
            return
        try:
            value, at = decoder.raw_decode(script, found.start())
        except (ValueError, RecursionError):
            at = found.start() + 1
            continue
        if len(str(value)) > _SHORTEST:
            yield value


def with_arrays(value: structured.Value) -> structured.Value:
    """Replace numbers packed in base64, as plotly and bokeh write them, by the numbers."""
    if isinstance(value, list):
        listed: list[structured.Value] = [with_arrays(item) for item in value]
        return _both_ways(listed)
    if not isinstance(value, dict):
        return value
    packed = _packed(value)
    if packed is not None:
        return packed
    entries = value.get("entries")
    if value.get("type") == "map" and isinstance(entries, list):
        pairs = [pair for pair in entries if isinstance(pair, list) and len(pair) == 2]
        return {str(pair[0]): with_arrays(pair[1]) for pair in pairs}
    return {key: with_arrays(item) for key, item in value.items()}


def _both_ways(listed: list[structured.Value]) -> structured.Value:
    """Give a matrix of few long lines also across: scripts often keep tables by column."""
    lines = [line for line in listed if isinstance(line, list)]
    sizes = {len(line) for line in lines}
    if len(lines) != len(listed) or len(sizes) != 1 or not 1 < len(lines) < sizes.pop():
        return listed
    across: list[structured.Value] = [list(row) for row in zip(*lines, strict=True)]
    return {"lines": listed, "columns": across}


def _packed(value: dict[str, structured.Value]) -> structured.Value:
    kind, body = value.get("dtype"), value.get("bdata")
    inner = value.get("array")
    if isinstance(inner, dict) and inner.get("type") == "bytes":
        body = inner.get("data")
    body = value.get("__ndarray__", body)
    data = unbase64(body) if isinstance(body, str) else None
    spelled = _ARRAYS.get(kind) if isinstance(kind, str) else None
    if data is None or spelled is None:
        return None
    try:
        return list(arrays.decode(spelled, data, len(data) // arrays.width_of(spelled)))
    except Unreadable:
        return None


def add_blobs(opening: Opening, path: str, text: str) -> None:
    """Open long runs of base64 whose bytes are a file of a known kind; others stay as text."""
    for found in _BASE64.finditer(text):
        data = unbase64(found[0])
        kind = by_content(data) if data is not None else None
        if data is not None and kind is not None:
            opening.inner(f"{below(path)}blob", data, kind=_READERS.get(kind, kind))

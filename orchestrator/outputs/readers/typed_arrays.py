"""Numbers packed in base64 inside JSON: plotly, bokeh and others keep the columns of a plot so.

Source: `bdata` of plotly 6, `ndarray` of bokeh 2 and 3 (its bytes squeezed by gzip), `__ndarray__`
of encoders of numpy arrays.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from orchestrator.outputs.readers import arrays
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.packing import GZIP, inflate

if TYPE_CHECKING:
    from orchestrator.outputs.readers.structured import Value

_LONG = re.compile(r"(u?int|float|complex)([0-9]+)\Z")
_LETTERS = {"int": "i", "uint": "u", "float": "f", "complex": "c"}
_GZIP = b"\x1f\x8b"
_ORDERS = "<>|="


def opened(opening: Opening, value: "Value") -> "Value":
    """Replace what is packed below a value by its numbers, and a list of pairs by a map.

    Shape: what lies directly below it, and in a list of records what these have.

    Errors: Unreadable (BOMB) where squeezed numbers open into more than caps allow.
    """
    if isinstance(value, list):
        return [_fields(opening, _plain(opening, item)) for item in value]
    return _fields(opening, value)


def _fields(opening: Opening, value: "Value") -> "Value":
    if not isinstance(value, dict):
        return value
    entries = value.get("entries")
    if value.get("type") == "map" and isinstance(entries, list):
        pairs = [pair for pair in entries if isinstance(pair, list) and len(pair) == 2]
        return {str(name): _plain(opening, item) for name, item in pairs}
    return {key: _plain(opening, item) for key, item in value.items()}


def _plain(opening: Opening, value: "Value") -> "Value":
    packed = _numbers(opening, value) if isinstance(value, dict) else None
    return value if packed is None else packed


def _numbers(opening: Opening, value: Mapping[str, "Value"]) -> "Value":
    kind, body, inner = value.get("dtype"), value.get("bdata"), value.get("array")
    if isinstance(inner, dict) and inner.get("type") == "bytes":
        body = inner.get("data")
    body = value.get("__ndarray__", body)
    data = unbase64(body) if isinstance(body, str) else None
    if data is None or not isinstance(kind, str):
        return None
    if data.startswith(_GZIP):
        data, _ = inflate(opening, data, GZIP)
    spelled = _spelled(kind, big=value.get("order") == "big")
    try:
        values = arrays.decode(spelled, data, len(data) // arrays.width_of(spelled))
        shape = _shape(value.get("shape"))
        rows = len(shape) > 1 and prod(shape) == len(values)
        return [[*row] for row in arrays.table_of(shape, values)] if rows else [*values]
    except Unreadable:
        return None


def _spelled(kind: str, *, big: bool) -> str:
    """Spell a type as numpy does: `float64` is `f8`; `u1c` is plotly's clamped byte."""
    if kind[:1] in _ORDERS:
        return kind
    long = _LONG.match(kind)
    short = f"{_LETTERS[long[1]]}{int(long[2]) // 8}" if long else kind.replace("u1c", "u1")
    return f"{'>' if big else '<'}{'?' if short == 'bool' else short}"


def _shape(said: "Value") -> list[int]:
    """Read a shape, a list or the text of one."""
    sizes = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    plain = [str(size).strip() for size in sizes]
    return [int(size) for size in plain] if all(map(str.isdecimal, plain)) else []


def unbase64(text: str) -> bytes | None:
    """Decode strict base64, white space aside; None for anything else."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None

"""safetensors: a header in JSON and raw arrays behind it; no byte without an array."""

import json

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import arrays, structured
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "<i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "|b1",
}  # fmt: skip


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a file of arrays. Errors: Unreadable (TRUNCATED) where sizes do not agree."""
    size = int.from_bytes(data[:8], "little")
    if 8 + size > len(data):
        raise Unreadable(Note.TRUNCATED)
    try:
        text = data[8 : 8 + size].decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(Note.ENCODING, 8 + error.start) from error
    header = structured.load(text)
    if not isinstance(header, dict):
        raise Unreadable(Note.NOT_JSON)
    spans = [Span(0, 8 + size, "header")]
    pieces: list[tuple[str, str, tuple[int, ...], bytes]] = []
    for name, facts in header.items():
        if name == "__metadata__":
            continue
        kind, shape, start, end = _facts(facts)
        start, end = 8 + size + start, 8 + size + end
        if not start <= end <= len(data):
            raise Unreadable(Note.TRUNCATED, start)
        spans.append(Span(start, end, f"array {len(pieces) + 1}"))
        pieces.append((name, kind, shape, data[start:end]))
    opening.container(path, data, spans, [Observation(Note.MODEL)])
    opening.text(opening.free(f"{below(path)}header"), structured.spell(header))
    for name, kind, shape, piece in pieces:
        own = f"{below(path)}arrays/{name[:60]}"
        if kind in _KINDS:
            arrays.add(opening, own, _KINDS[kind], shape, piece)
            if len(shape) == 2 and min(shape) > 1:
                # its writer for numpy takes memory as it lies, and pandas keeps columns together
                arrays.add(opening, f"{own}/by-columns", _KINDS[kind], shape, piece, fortran=True)
        else:
            opening.unknown(opening.free(own), piece, Note.UNKNOWN_TYPE)


def _facts(facts: structured.Value) -> tuple[str, tuple[int, ...], int, int]:
    try:
        value = json.loads(json.dumps(facts))
        start, end = (int(one) for one in value["data_offsets"])
        return str(value["dtype"]), tuple(int(one) for one in value["shape"]), start, end
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(Note.TRUNCATED) from error

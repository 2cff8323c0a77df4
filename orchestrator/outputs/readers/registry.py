"""Which reader reads which format, and the one place where a reader's failure is caught."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestrator.outputs.form import FileForm, Kind, Note, Observation, Part
from orchestrator.outputs.readers import (
    arrow,
    documents,
    duck,
    jpeg,
    markup,
    notebook,
    numpy_arrays,
    onnx,
    opendocument,
    parquet,
    pdf,
    pickled,
    png,
    prose,
    r_objects,
    safetensors,
    sas,
    sas_transport,
    sheets,
    spss,
    sqlite,
    squeezed,
    stata,
    structured,
    svg,
    tars,
    tiff,
    torch,
    xml,
    zips,
)
from orchestrator.outputs.readers.formats import decide
from orchestrator.outputs.readers.opening import Opening, ReadCaps, Unreadable, digest

Reader = Callable[[Opening, str, bytes], None]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "csv": prose.read_delimited,
        "tsv": prose.read_delimited,
        "text": prose.read,
        "log": prose.read,
        "markdown": prose.read,
        "latex": prose.read_latex,
        "code": prose.read,
        "yaml": prose.read,
        "json": structured.read,
        "ndjson": structured.read_lines,
        "xml": xml.read,
        "html": markup.read,
        "ipynb": notebook.read,
        "svg": svg.read,
        "png": png.read,
        "jpeg": jpeg.read,
        "tiff": tiff.read,
        "pdf": pdf.read,
        "zip": zips.read,
        "tar": tars.read,
        "gzip": squeezed.read_gzip,
        "bzip2": squeezed.read_bzip2,
        "xz": squeezed.read_xz,
        "xlsx": sheets.read,
        "docx": documents.read_document,
        "pptx": documents.read_slides,
        "opendocument": opendocument.read,
        "parquet": parquet.read,
        "arrow": arrow.read,
        "sqlite": sqlite.read,
        "npy": numpy_arrays.read,
        "npz": numpy_arrays.read_archive,
        "pickle": pickled.read,
        "torch": torch.read,
        "safetensors": safetensors.read,
        "onnx": onnx.read,
        "rds": r_objects.read,
        "stata": stata.read,
        "spss": spss.read,
        "sas": sas.read,
        "sas-transport": sas_transport.read,
    }
)
"""Readers that are ours alone and may run anywhere."""

IN_PRISON: Mapping[str, Reader] = MappingProxyType({**READERS, "duckdb": duck.read})
"""Those of the opener's sandbox, also by programs that are not ours."""


def open_bytes(
    path: str, data: bytes, caps: ReadCaps, readers: Mapping[str, Reader] = READERS
) -> FileForm:
    """Open one submitted file. Never raises: what fails becomes a note on an unknown part.

    Source: design property 5. A reader that broke leaves nothing of its half-read parts behind.
    """
    kind, note = decide(path, data)
    if len(data) > caps.file_bytes:
        kind, note = kind, Note.TOO_BIG
    if note is None and kind not in readers:
        note = Note.UNKNOWN_TYPE
    if note is not None:
        return _closed(path, data, kind, note)
    opening = Opening(caps, door(readers))
    try:
        readers[kind](opening, path, data)
    except Unreadable as stop:
        return _closed(path, data, kind, stop.note, stop.at)
    except (Exception, RecursionError, MemoryError):
        return _closed(path, data, kind, Note.PARSER_FAILED)
    if not opening.parts or opening.parts[0].path != path:
        return _closed(path, data, kind, Note.PARSER_FAILED)
    return FileForm(path, digest(data), len(data), kind, tuple(opening.parts))


def door(readers: Mapping[str, Reader]) -> Callable[[Opening, str, bytes, str | None], Note | None]:
    """Build the way to the readers for bytes inside a file."""

    def opened(opening: Opening, path: str, data: bytes, kind: str | None) -> Note | None:
        found, note = (kind, None) if kind else decide(path, data)
        if note is None and found not in readers:
            note = Note.UNKNOWN_TYPE
        if note is None:
            readers[found](opening, path, data)
        return note

    return opened


def _closed(path: str, data: bytes, kind: str, note: Note, at: int = 0) -> FileForm:
    own = digest(data)
    part = Part(path, Kind.UNKNOWN, own, len(data), (), (Observation(note, at),))
    return FileForm(path, own, len(data), kind, (part,))

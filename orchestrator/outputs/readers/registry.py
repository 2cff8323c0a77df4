"""Which reader reads which format, and the one place where a reader's failure is caught."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from orchestrator.outputs.coverage import part_gaps
from orchestrator.outputs.form import FileForm, Kind, Note, Observation, Part, Span
from orchestrator.outputs.readers import (
    arrow,
    avro,
    cbor,
    dbase,
    diagrams,
    documents,
    duck,
    gnumeric,
    jpeg,
    latex,
    mail,
    markup,
    matlab,
    messagepack,
    nested,
    notebook,
    numpy_arrays,
    onnx,
    opendocument,
    parquet,
    pdf,
    pickled,
    plain_sheets,
    png,
    prism,
    prose,
    r_objects,
    rich_text,
    safetensors,
    sas,
    sas_transport,
    sheets,
    smcl,
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
from orchestrator.outputs.readers.formats import ARCHIVE, READABLE, by_content, decide, is_text
from orchestrator.outputs.readers.opening import Opening, ReadCaps, Unreadable, below, digest

_GAPS = 20
_TOLD = frozenset(READABLE) - {"png", "jpeg", "tiff"}
"""What is read under another type's name; a picture would only be shown, and is not."""
_LOOSE = 16
"""Fewer bytes that belong to nothing hold no row."""

Reader = Callable[[Opening, str, bytes], None]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "csv": prose.read_delimited,
        "tsv": prose.read_delimited,
        "text": prose.read,
        "log": prose.read,
        "smcl": smcl.read,
        "markdown": prose.read,
        "latex": latex.read,
        "code": prose.read,
        "yaml": nested.read,
        "json": structured.read,
        "ndjson": structured.read_lines,
        "xml": xml.read,
        "pmml": xml.read_model,
        "prism": prism.read,
        "diagram": diagrams.read,
        "html": markup.read,
        "rtf": rich_text.read,
        "mail": mail.read,
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
        "flat-opendocument": opendocument.read_flat,
        "gnumeric": gnumeric.read,
        "plain-sheet": plain_sheets.read,
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
        "dbase": dbase.read,
        "matlab": matlab.read,
        "avro": avro.read,
        "messagepack": messagepack.read,
        "cbor": cbor.read,
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
    plain = note is Note.UNKNOWN_TYPE and by_content(data) is None and is_text(data)
    plain = plain or (kind, note) == ("text", Note.TYPE_DISAGREES)
    if len(data) > caps.file_bytes:
        kind, note = kind, Note.TOO_BIG
    if note is None and kind not in readers:
        note = Note.UNKNOWN_TYPE
    plain = plain and note is not Note.TOO_BIG and "text" in readers
    told = note is Note.TYPE_DISAGREES and kind in _TOLD & readers.keys()
    if note is not None and not plain and not told:
        return _closed(path, data, kind, note)
    opening = Opening(caps, door(readers))
    try:
        before = told and by_content(data) is None
        reader = readers["text"] if plain else _behind(kind) if before else readers[kind]
        reader(opening, path, data)
    except Unreadable as stop:
        return _closed(path, data, kind, note or stop.note, stop.at)
    except (Exception, RecursionError, MemoryError):
        return _closed(path, data, kind, note or Note.PARSER_FAILED)
    if not opening.parts or opening.parts[0].path != path:
        return _closed(path, data, kind, note or Note.PARSER_FAILED)
    if note is not None:  # read as what it is, so that what is wrong can be named; still held
        opening.parts[0] = replace(
            opening.parts[0], notes=(*opening.parts[0].notes, Observation(note))
        )
    _unowned(opening, path, data)
    return FileForm(path, digest(data), len(data), kind, tuple(opening.parts))


def _behind(kind: str) -> Reader:
    """Build the reader of an archive that something stands before."""

    def read(opening: Opening, path: str, data: bytes) -> None:
        at = data.find(ARCHIVE)
        opening.container(path, data, [Span(at, len(data), "archive")])
        opening.inner(f"{below(path)}archive", data[at:], kind=kind)

    return read


def _unowned(opening: Opening, path: str, data: bytes) -> None:
    """Read bytes that belong to nothing as what they are, so that what they hold can be named.

    Shape: they stay a gap and the file is held; bytes that are no text and prove no type stay
    unread.
    """
    for number, gap in enumerate(part_gaps(opening.parts[0])[:_GAPS], 1):
        loose = data[gap.start : gap.end]
        kind = by_content(loose) or ("text" if is_text(loose) else None)
        if kind in READERS and len(loose) >= _LOOSE:
            opening.inner(f"{below(path)}unowned/{number}", loose, kind=kind)


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

"""Which reader reads which format, and the one place where a reader's failure is caught."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestrator.outputs.form import FileForm, Kind, Note, Observation, Part
from orchestrator.outputs.readers import delimited, notebook, png, prose, structured
from orchestrator.outputs.readers.formats import decide
from orchestrator.outputs.readers.opening import Opening, ReadCaps, Unreadable, digest

Reader = Callable[[Opening, str, bytes], None]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "csv": delimited.read,
        "tsv": delimited.read,
        "text": prose.read,
        "markdown": prose.read,
        "json": structured.read,
        "png": png.read,
        "ipynb": notebook.read,
    }
)


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
    opening = Opening(caps)
    try:
        readers[kind](opening, path, data)
    except Unreadable as stop:
        return _closed(path, data, kind, stop.note, stop.at)
    except (Exception, RecursionError, MemoryError):
        return _closed(path, data, kind, Note.PARSER_FAILED)
    if not opening.parts or opening.parts[0].path != path:
        return _closed(path, data, kind, Note.PARSER_FAILED)
    return FileForm(path, digest(data), len(data), kind, tuple(opening.parts))


def _closed(path: str, data: bytes, kind: str, note: Note, at: int = 0) -> FileForm:
    own = digest(data)
    part = Part(path, Kind.UNKNOWN, own, len(data), (), (Observation(note, at),))
    return FileForm(path, own, len(data), kind, (part,))

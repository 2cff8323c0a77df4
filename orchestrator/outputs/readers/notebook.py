"""Jupyter notebooks: every source, output, attachment and metadata entry is a virtual file.

Outputs are kept and read, never stripped: what leaves is what was checked. Whatever key this
reader does not know is read as JSON, so nothing in the document is passed over.
Source: outputs 4.2 (ipynb).
"""

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.markup import add, add_encoded
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.structured import Value, add_value, load, spell, walk

_TEXTUAL = ("text/plain", "text/markdown", "text/latex", "text/x-", "text/csv")


def read(opening: Opening, path: str, data: bytes) -> None:
    """Walk a notebook of format 4.

    Errors: Unreadable for text that is not JSON and for JSON that is not such a notebook.
    """
    decoded = decode(data, "notebook")
    value = load(decoded.content)
    cells = value.get("cells") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(cells, list) or value.get("nbformat") != "4":
        raise Unreadable(Note.TYPE_DISAGREES)
    opening.container(path, data, decoded.spans, decoded.notes)
    for number, cell in enumerate(cells):
        _cell(opening, f"{path}!/cells/{number}", cell)
    rest = {key: item for key, item in value.items() if key not in {"cells", "nbformat"}}
    for key, item in rest.items():
        _other(opening, f"{path}!/{key}", item)


def _cell(opening: Opening, path: str, cell: Value) -> None:
    if not isinstance(cell, dict):
        _other(opening, path, cell)
        return
    for key, item in cell.items():
        if key == "outputs" and isinstance(item, list):
            for number, output in enumerate(item):
                _output(opening, f"{path}/outputs/{number}", output)
        elif key == "attachments" and isinstance(item, dict):
            for at, bundle in enumerate(item.values()):
                _bundle(opening, f"{path}/attachments/{at}", bundle)
            _other(opening, f"{path}/attachment_names", list(item))
        elif key == "source":
            _text(opening, f"{path}/source", item)
        elif key not in {"cell_type", "execution_count"} or not isinstance(item, str | None):
            _other(opening, f"{path}/{key}", item)


def _output(opening: Opening, path: str, output: Value) -> None:
    if not isinstance(output, dict):
        _other(opening, path, output)
        return
    for key, item in output.items():
        if key == "data":
            _bundle(opening, path, item)
        elif key in {"text", "traceback"}:
            _text(opening, f"{path}/{key}", item)
        elif key not in {"output_type", "execution_count"} or not isinstance(item, str | None):
            _other(opening, f"{path}/{key}", item)


def _bundle(opening: Opening, path: str, bundle: Value) -> None:
    if not isinstance(bundle, dict):
        _other(opening, path, bundle)
        return
    for kind, item in bundle.items():
        _media(opening, f"{path}/{kind.replace('/', '_')}", kind, item)


def _media(opening: Opening, path: str, kind: str, item: Value) -> None:
    content = _joined(item)
    own = opening.free(path)
    if kind == "text/html" and content is not None:
        add(opening, own, content)
    elif kind.startswith(_TEXTUAL) and content is not None:
        _text(opening, own, item)
    elif kind in {"image/svg+xml", "application/javascript"} and content is not None:
        inner = "svg" if kind.startswith("image") else "text"
        notes = [] if inner == "svg" else [Observation(Note.SCRIPT)]
        opening.inner(own, content.encode(errors="replace"), kind=inner, notes=notes)
    elif kind.startswith("image/") or kind == "application/pdf":
        add_encoded(opening, own, kind, content or "")
    elif kind.endswith("json") and not isinstance(item, str):
        _other(opening, own, item)
    elif not (kind.endswith("json") and content is not None and add_value(opening, own, content)):
        opening.unknown(own, spell(item).encode(errors="replace"), Note.UNKNOWN_TYPE)


def _text(opening: Opening, path: str, item: Value) -> None:
    content = _joined(item)
    if content is None:
        _other(opening, path, item)
        return
    own = opening.free(path)
    opening.text(own, content)
    add_tables(opening, own, content)


def _other(opening: Opening, path: str, item: Value) -> None:
    if item in (None, "", {}, []):
        return
    opening.text(opening.free(path), spell(item))
    if isinstance(item, list | dict):
        walk(opening, path, item, opening.caps.depth * 10)


def _joined(item: Value) -> str | None:
    if isinstance(item, str):
        return item
    if isinstance(item, list) and all(isinstance(line, str) for line in item):
        return "".join(str(line) for line in item)
    return None

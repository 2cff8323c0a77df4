"""docx and pptx: text and tables also where hidden or deleted, notes, charts, embedded files.

Source: outputs 4.2 (docx, pptx).
"""

from types import MappingProxyType

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import xml
from orchestrator.outputs.readers.delimited import split_header, unpack
from orchestrator.outputs.readers.office import BREAKS, Package, add_rest, add_xml, open_package
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.zips import safe_name

_LINES = MappingProxyType({"p": "\n", "br": "\n", "cr": "\n", "tab": " "})
_GONE = ("del", "delText", "moveFrom", "ins", "vanish", "webHidden")


def read_document(opening: Opening, path: str, data: bytes) -> None:
    """Read a text document. Errors: Unreadable (TYPE_DISAGREES) for a zip that is none."""
    package = open_package(opening, path, data, "word/document.xml")
    for name, content in package.take_all("word/"):
        _part(opening, package, name, content)
    add_rest(opening, package)


def read_slides(opening: Opening, path: str, data: bytes) -> None:
    """Read slides and their notes. Errors: as for a document."""
    package = open_package(opening, path, data, "ppt/presentation.xml")
    for folder in ("ppt/slides/", "ppt/notesSlides/", "ppt/comments/"):
        for name, content in package.take_all(folder):
            _part(opening, package, name, content)
    add_rest(opening, package)


def _part(opening: Opening, package: Package, name: str, content: bytes) -> None:
    """Add one part: all it says, its paragraphs in order, and its tables."""
    document = _quiet(content)
    notes: list[Observation] = []
    if document is not None:
        gone = sum(1 for _ in document.every(*_GONE))
        said = "comments" in name and any(True for _ in document.every("comment", "cm"))
        hidden = document.get("show") in {"0", "false"} or said
        if gone or hidden:
            notes.append(Observation(Note.HIDDEN, count=gone or 1))
    shown = add_xml(opening, package, name, content, *notes, tables=False)
    if shown is None:
        return
    own = f"{below(package.path)}{safe_name(name)}"
    every = [*shown.root.every("p")] or [shown.root]  # what a program wrote may have none
    paragraphs = "\n".join(node.text(BREAKS).strip("\t") for node in every)
    if paragraphs.strip():
        inner = opening.free(f"{own}/paragraphs")
        opening.text(inner, paragraphs)
        add_tables(opening, inner, paragraphs)
    for number, table in enumerate(shown.root.every("tbl"), 1):
        add_table(opening, f"{own}/tables/{number}", table, "tr", ("tc",))


def add_table(
    opening: Opening, path: str, table: xml.Node, row: str, cells: tuple[str, ...]
) -> None:
    """Add a table of rows and cells; short rows are filled to the right."""
    rows = [[_cell(cell) for cell in line.children(*cells)] for line in table.children(row)]
    width = max(map(len, rows), default=0)
    filled = [line + [""] * (width - len(line)) for line in rows if line]
    if not filled:
        return
    columns, body, header = split_header(filled)
    own = opening.free(path)
    opening.table(own, columns, body, header=header)
    unpack(opening, own, columns, body)


def _cell(cell: xml.Node) -> str:
    """Give a cell's text; each of its paragraphs and broken lines is a line."""
    lines = (" ".join(line.split()) for line in cell.text(_LINES).split("\n"))
    return "\n".join(filter(None, lines))


def _quiet(content: bytes) -> xml.Node | None:
    try:
        return xml.parse(content).root
    except Unreadable:
        return None

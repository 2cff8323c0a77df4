"""ods, odt, odp: tables with hidden lines, text with tracked changes and notes, all other parts.

Source: outputs 4.2 (ods, odt); OpenDocument 1.3, part 3, section 3.1.2 (one flat XML file).
"""

import base64
import binascii
import re

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import xml
from orchestrator.outputs.readers.formats import by_content
from orchestrator.outputs.readers.office import (
    BREAKS,
    add_grid,
    add_rest,
    add_xml,
    open_package,
)
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables

_CONTENT = "content.xml"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_ .-]{0,30}[0-9]{0,2}\Z")
_REPEATS = 100_000
_GONE = ("tracked-changes", "annotation", "hidden-text", "hidden-paragraph")


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read an OpenDocument file.

    Errors: Unreadable TYPE_DISAGREES for a zip that is none, ENCRYPTED for a locked one.
    """
    package = open_package(opening, path, data, _CONTENT)
    manifest = package.members.get("META-INF/manifest.xml", b"")
    if b"encryption-data" in manifest:
        raise Unreadable(Note.ENCRYPTED)
    for name in [one for one in package.members if one.rpartition("/")[2] == _CONTENT]:
        content = package.take(name)
        document = add_xml(opening, package, name, content or b"", tables=False)
        if document is not None:
            _tables(opening, path, document.root)
            _texts(opening, f"{below(path)}{name}/paragraphs", document.root)
    add_rest(opening, package)


def read_flat(opening: Opening, path: str, data: bytes) -> None:
    """Read a document that is one XML file: fods, fodt, fodp.

    Errors: Unreadable as for XML, NOT_XML where what is embedded is not as it must be written.
    """
    document = xml.parse(data)
    embedded = [_embedded(node) for node in document.root.every("binary-data")]
    macros = sum(1 for _ in document.root.every("module", "source-code", "event-listener"))
    macros += sum(bool(node.text().strip()) for node in document.root.every("script"))
    notes = [Observation(Note.MACRO, count=macros)] if macros else []
    xml.add(opening, path, data, document, notes, tables=False)
    _tables(opening, path, document.root)
    _texts(opening, f"{below(path)}paragraphs", document.root)
    for number, own in enumerate(embedded, 1):
        opening.inner(f"{below(path)}embedded/{number}", own, kind=by_content(own) or "text")


def _embedded(node: xml.Node) -> bytes:
    """Take the bytes out of an element: they are read as what they are, and not as words."""
    written = "".join(node.text().split())
    node.content = []
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error as error:
        raise Unreadable(Note.NOT_XML) from error


def _texts(opening: Opening, path: str, root: xml.Node) -> None:
    gone = sum(1 for _ in root.every(*_GONE))
    notes = [Observation(Note.HIDDEN, count=gone)] if gone else []
    words = "\n".join(node.text(BREAKS).strip("\t") for node in root.every("p", "h"))
    if words.strip():
        own = opening.free(path)
        opening.text(own, words, notes=notes)
        add_tables(opening, own, words)


def _tables(opening: Opening, path: str, root: xml.Node) -> None:
    hidden_styles = _hidden_styles(root)
    for number, table in enumerate(root.every("table"), 1):
        grid, hidden = _grid(table)
        hidden += table.get("display") == "false" or table.get("style-name") in hidden_styles
        notes = (Observation(Note.HIDDEN, count=hidden),) if hidden else ()
        name = table.get("name")
        label = name if _PLAIN.match(name) else f"#{number}"
        add_grid(opening, f"{below(path)}sheets/{label}", grid, notes)


def _hidden_styles(root: xml.Node) -> set[str]:
    return {
        style.get("name")
        for style in root.every("style")
        for node in style.children("table-properties")
        if node.get("display") == "false"
    }


def _grid(table: xml.Node) -> tuple[dict[int, dict[int, str]], int]:
    """Give the cells by row and column, repeats written out where they hold something."""
    grid: dict[int, dict[int, str]] = {}
    hidden = sum(
        node.get("visibility") in {"collapse", "filter"}
        for node in table.every("table-row", "table-column")
    )
    at = 0
    for row in table.every("table-row"):
        cells = _cells(row)
        times = min(int(row.get("number-rows-repeated", "1")), _REPEATS)
        if any(cells.values()):
            for step in range(times):
                grid[at + step + 1] = cells
        at += times
    return grid, hidden


def _cells(row: xml.Node) -> dict[int, str]:
    cells: dict[int, str] = {}
    at = 0
    for cell in row.children("table-cell", "covered-table-cell"):
        value = _value(cell)
        times = min(int(cell.get("number-columns-repeated", "1")), _REPEATS)
        if value:
            for step in range(times):
                cells[at + step + 1] = value
        at += times
    return cells


def _value(cell: xml.Node) -> str:
    match cell.get("value-type"):
        case "float" | "percentage" | "currency":
            return cell.get("value")
        case "date":
            return cell.get("date-value").removesuffix("T00:00:00")
        case "boolean":
            return cell.get("boolean-value")
        case _:
            return " ".join("\n".join(node.text() for node in cell.children("p")).split())

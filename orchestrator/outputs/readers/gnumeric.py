"""Gnumeric's workbooks: squeezed XML, each sheet's cells by row and column.

Source: `xml-sax-write.c` of Gnumeric 1.12; a cell with a formula keeps the formula alone.
"""

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import squeezed, xml
from orchestrator.outputs.readers.office import add_grid
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_LAYOUT = frozenset({"Cols", "Rows", "Styles", "PrintInformation", "Selections", "SheetLayout"})
"""How a sheet looks; what it says is in the text of the file, and counts nobody."""
_SEEN = frozenset({"", "GNM_SHEET_VISIBILITY_VISIBLE"})


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a workbook. Errors: Unreadable as for gzip and XML."""
    content, spans = squeezed.unsqueeze(opening, data)
    opening.container(path, data, spans)
    document = xml.parse(content)
    xml.add(opening, opening.free(f"{below(path)}workbook.xml"), content, document, tables=False)
    for number, sheet in enumerate(document.root.every("Sheet"), 1):
        hidden = sum(one.get("Hidden") == "1" for one in sheet.every("RowInfo", "ColInfo"))
        hidden += sheet.get("Visibility") not in _SEEN
        notes = (Observation(Note.HIDDEN, count=hidden),) if hidden else ()
        add_grid(opening, f"{below(path)}sheets/#{number}", _grid(sheet), notes)
        rest = [one for one in sheet.children() if one.name not in {*_LAYOUT, "Cells"}]
        xml.add_records(opening, path, xml.Node("Sheet", {}, [*rest]))


def _grid(sheet: xml.Node) -> dict[int, dict[int, str]]:
    """Give the cells by row and column.

    Errors: Unreadable where two share a place, or one has none.
    """
    grid: dict[int, dict[int, str]] = {}
    for cells in sheet.children("Cells"):
        for cell in cells.children("Cell"):
            row, column = cell.get("Row"), cell.get("Col")
            if not (row.isdecimal() and column.isdecimal()):
                raise Unreadable(Note.UNKNOWN_PART)
            line = grid.setdefault(int(row) + 1, {})
            if line.setdefault(int(column) + 1, cell.text()) != cell.text():
                raise Unreadable(Note.DUPLICATE_KEYS)
    return grid

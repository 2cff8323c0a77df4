"""GraphPad Prism's files: each table with the names of its rows and columns, the rest as XML.

A value that is excluded from the figure is a cell as well.
Source: the schema of `.pzfx` that GraphPad publishes with Prism 5.
"""

from itertools import zip_longest

from orchestrator.outputs.readers import xml
from orchestrator.outputs.readers.opening import Opening, below

_TABLES = ("Table", "HugeTable")
_COLUMNS = ("RowTitlesColumn", "XColumn", "XAdvancedColumn", "YColumn")


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a file of Prism. Errors: Unreadable as for XML."""
    document = xml.parse(data)
    xml.add(opening, path, data, document, tables=False)
    for number, table in enumerate(document.root.every(*_TABLES), 1):
        columns = [column for own in table.children(*_COLUMNS) for column in _columns(own)]
        rows = [list(row) for row in zip_longest(*(cells for _, cells in columns), fillvalue="")]
        if rows:
            own = opening.free(f"{below(path)}tables/{number}")
            opening.table(own, [name for name, _ in columns], rows)
    rest = [child for child in document.root.children() if child.name not in _TABLES]
    xml.add_records(opening, path, xml.Node(document.root.name, {}, [*rest]))


def _columns(node: xml.Node) -> list[tuple[str, list[str]]]:
    """List a column's subcolumns (replicates, or a mean with its spread and n) with its title."""
    title = " ".join("".join(own.text() for own in node.children("Title")).split())
    inner = node.children("Subcolumn")
    return [
        (f"{title} {number}" if len(inner) > 1 else title,
         [cell.text().strip() for cell in own.children("d")])
        for number, own in enumerate(inner, 1)
    ]  # fmt: skip

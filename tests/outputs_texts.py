"""Writers of tables in texts whose ending says little: sheets in one file, wikis, typesetters."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

Cells = Mapping[str, Sequence[str]]


def rows_of(cells: Cells) -> list[tuple[str, ...]]:
    """The names and the rows."""
    return [tuple(cells), *zip(*cells.values(), strict=True)]


def flat_sheet(cells: Cells) -> bytes:
    """A sheet as LibreOffice saves it in one XML file."""
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell office:value-type='string'><text:p>{cell}</text:p>"
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows_of(cells)
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    return (
        f'<?xml version="1.0"?><office:document xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="S">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document>"
    ).encode()


def symbolic_link(cells: Cells) -> bytes:
    """SYLK: a place that stays the same is left out."""
    told = [
        f"C;{f'Y{y};' if x == 1 else ''}X{x};K{cell if _is_plain(cell) else _quoted(cell)}"
        for y, row in enumerate(rows_of(cells), 1)
        for x, cell in enumerate(row, 1)
    ]
    return "\n".join(["ID;PTEST", "P;PGeneral", *told, "E", ""]).encode()


def data_interchange(cells: Cells) -> bytes:
    """DIF: two lines a cell."""
    rows = rows_of(cells)
    head = ["TABLE", "0,1", '"S"', "VECTORS", f"0,{len(rows)}", '""', "DATA", "0,0", '""']
    body = chain.from_iterable(
        ["-1,0", "BOT", *chain.from_iterable(map(_interchanged, row))] for row in rows
    )
    return "\n".join([*head, *body, "-1,0", "EOD", ""]).encode()


def _interchanged(cell: str) -> tuple[str, str]:
    return (f"0,{cell}", "V") if _is_plain(cell) else ("1,0", _quoted(cell))


def social_sheet(cells: Cells) -> bytes:
    """SocialCalc: a line a cell."""
    told = [
        f"cell:{chr(64 + x)}{y}:{'v' if _is_plain(cell) else 't'}:" + cell.replace(":", "\\c")
        for y, row in enumerate(rows_of(cells), 1)
        for x, cell in enumerate(row, 1)
    ]
    return "\n".join(["socialcalc:version:1.5", *told, ""]).encode()


def wiki(cells: Cells) -> bytes:
    """MediaWiki, each cell on a line of its own and some of them set."""
    names, *rows = rows_of(cells)
    head = "\n".join(f'!align="right"| {name}' for name in names)
    body = "\n|-\n".join("\n".join(f"| {cell}" for cell in row) for row in rows)
    return f'{{| class="wikitable"\n|+ All\n|-\n{head}\n|-\n{body}\n|}}\n'.encode()


def troff(cells: Cells) -> bytes:
    """`tbl`: cells in blocks, and the signs of a font."""
    lines = ["@".join(f"T{{\n\\fI{cell}\\fP\nT}}" for cell in row) for row in rows_of(cells)]
    form = "l " * (len(cells) - 1) + "l."
    return ("\n".join([".PP", ".TS", "tab(@);", form, *lines, ".TE", ""])).encode()


def docbook(cells: Cells) -> bytes:
    """DocBook: entries without names."""
    lines = "".join(
        "<row>" + "".join(f'<entry align="left">{cell}</entry>' for cell in row) + "</row>"
        for row in rows_of(cells)
    )
    return (
        f'<?xml version="1.0"?><article><table><tgroup cols="{len(cells)}"><tbody>{lines}'
        "</tbody></tgroup></table></article>"
    ).encode()


def _is_plain(cell: str) -> bool:
    return cell.replace(".", "", 1).removeprefix("-").isdecimal()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


TEXTS: Mapping[str, Callable[[Cells], bytes]] = {
    "fods": flat_sheet,
    "slk": symbolic_link,
    "dif": data_interchange,
    "eth": social_sheet,
    "mediawiki": wiki,
    "ms": troff,
    "docbook": docbook,
}

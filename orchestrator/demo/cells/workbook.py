"""Typed into the notebook in the story: a small writer of workbooks, since no library is there."""

import zipfile
from html import escape
from typing import Any

OPEN = "http://schemas.openxmlformats.org"
MAIN, REL = f"{OPEN}/spreadsheetml/2006/main", f"{OPEN}/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def spelled(value: Any) -> str:
    """One cell; texts stand in the sheet itself."""
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def sheet(table: Any) -> str:
    """One sheet, its names on top."""
    rows = [list(table.columns), *table.astype(object).values.tolist()]
    lines = "".join(f"<row>{''.join(map(spelled, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def links(kinds_and_targets: list[tuple[str, str]]) -> str:
    """What a part leads to."""
    found = "".join(
        f'<Relationship Id="rId{at}" Type="{REL}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(kinds_and_targets, 1)
    )
    return f'<Relationships xmlns="{OPEN}/package/2006/relationships">{found}</Relationships>'


def workbook(path: Any, shown: dict[str, Any], hidden: dict[str, Any] | None = None) -> None:
    """Write a workbook of sheets by name; those in `hidden` are not shown when it is opened."""
    sheets = {**shown, **(hidden or {})}
    named, parts = (
        "",
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>',
    )
    for at, name in enumerate(sheets, 1):
        state = "visible" if name in shown else "hidden"
        named += f'<sheet name="{name}" sheetId="{at}" state="{state}" r:id="rId{at}"/>'
        part = f"/xl/worksheets/sheet{at}.xml"
        parts += f'<Override PartName="{part}" ContentType="{TYPE}.worksheet+xml"/>'
    kinds = "application/vnd.openxmlformats-package.relationships+xml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{OPEN}/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{kinds}"/>{parts}</Types>',
        )
        book.writestr("_rels/.rels", links([("officeDocument", "xl/workbook.xml")]))
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{named}</sheets></workbook>',
        )
        targets = [("worksheet", f"worksheets/sheet{at + 1}.xml") for at in range(len(sheets))]
        book.writestr("xl/_rels/workbook.xml.rels", links(targets))
        for at, table in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/sheet{at}.xml", sheet(table))

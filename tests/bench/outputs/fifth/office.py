"""[pure] Office files as bare parts: workbooks, documents, slides, sheets of OpenDocument."""

from collections.abc import Mapping, Sequence
from html import escape

from tests.bench.outputs.fifth.writers import typed, zipped
from tests.bench.outputs.grid import Grid

_OFFICE = "http://schemas.openxmlformats.org"


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


_HIDDEN = ' hidden="1"'


_TYPES = {
    "xl/workbook.xml": "spreadsheetml.sheet.main",
    "word/document.xml": "wordprocessingml.document.main",
    "ppt/presentation.xml": "presentationml.presentation.main",
    "xl/worksheets/": "spreadsheetml.worksheet",
    "xl/comments": "spreadsheetml.comments",
    "xl/pivotCache/pivotCacheDefinition": "spreadsheetml.pivotCacheDefinition",
    "xl/pivotCache/pivotCacheRecords": "spreadsheetml.pivotCacheRecords",
    "xl/externalLinks/": "spreadsheetml.externalLink",
    "ppt/slides/slide": "presentationml.slide",
    "ppt/notesSlides/": "presentationml.notesSlide",
    "word/comments": "wordprocessingml.comments",
    "/charts/chart": "drawingml.chart",
    "/drawings/drawing": "drawing",
}


def _column(n: int) -> str:
    return (chr(64 + n // 26) if n >= 26 else "") + chr(65 + n % 26)


def _xlsx_cell(at: str, cell: str) -> str:
    value = typed(cell)
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{at}"><v>{cell}</v></c>'


def sheet(rows: Sequence[Sequence[str]], hidden: Sequence[int] = (), more: str = "") -> str:
    """One sheet; `hidden` rows count from 0, `more` follows the cells."""
    lines = "".join(
        f'<row r="{n + 1}"{_HIDDEN if n in hidden else ""}>'
        + "".join(_xlsx_cell(f"{_column(c)}{n + 1}", cell) for c, cell in enumerate(row))
        + "</row>"
        for n, row in enumerate(rows)
    )
    head = (
        f'<worksheet xmlns="{_OFFICE}/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships">'
    )
    return f"{_XML}{head}<sheetData>{lines}</sheetData>{more}</worksheet>"


def _content_types(names: Sequence[str]) -> str:
    own = ""
    for name in names:
        for part, kind in _TYPES.items():
            if part in name and "/_rels/" not in name and name.endswith(".xml"):
                own += (
                    f'<Override PartName="/{name}" ContentType='
                    f'"application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
                )
                break
    return (
        f'{_XML}<Types xmlns="{_OFFICE}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" '
        'ContentType="image/png"/><Default Extension="xlsx" ContentType="application/'
        f'vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>{own}</Types>'
    )


def relations(targets: Sequence[tuple[str, str]], outside: bool = False) -> str:
    """Relations of a part: kind and target, `rId1` on."""
    mode = ' TargetMode="External"' if outside else ""
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}"{mode}/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return (
        f'{_XML}<Relationships xmlns="{_OFFICE}/package/2006/relationships">{lines}</Relationships>'
    )


def package(main: str, parts: Mapping[str, bytes | str]) -> bytes:
    """An office file of these parts."""
    every: dict[str, bytes | str] = {"[Content_Types].xml": _content_types(list(parts))}
    every["_rels/.rels"] = relations([("officeDocument", main)])
    return zipped({**every, **parts})


def workbook(
    sheets: Mapping[str, str], state: Mapping[str, str] | None = None,
    parts: Mapping[str, bytes | str] | None = None, names: str = "",
) -> bytes:  # fmt: skip
    """A workbook; `state` hides sheets, `parts` come beside, `names` are defined names."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"'
        + (f' state="{(state or {})[name]}"' if name in (state or {}) else "")
        + "/>"
        for n, name in enumerate(sheets, 1)
    )
    main = (
        f'{_XML}<workbook xmlns="{_OFFICE}/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"><sheets>{listed}</sheets>'
        f"{names}</workbook>"
    )
    every: dict[str, bytes | str] = {"xl/workbook.xml": main}
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    every["xl/_rels/workbook.xml.rels"] = relations(targets)
    for n, own in enumerate(sheets.values(), 1):
        every[f"xl/worksheets/sheet{n}.xml"] = own
    return package("xl/workbook.xml", {**every, **(parts or {})})


def xlsx(grid: Grid, title: str = "") -> bytes:
    """A workbook of one sheet, a title above where one is given."""
    rows: list[Sequence[str]] = [[title], []] if title else []
    return workbook({"Sheet1": sheet([*rows, grid.columns, *grid.rows])})


def ods(grid: Grid) -> bytes:
    """A sheet of OpenDocument."""
    rows = "".join(
        "<table:table-row>" + "".join(_ods_cell(cell) for cell in row) + "</table:table-row>"
        for row in (grid.columns, *grid.rows)
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'{_XML}<office:document-content xmlns:office="{space}office:1.0" '
        f'xmlns:table="{space}table:1.0" xmlns:text="{space}text:1.0" office:version="1.2">'
        '<office:body><office:spreadsheet><table:table table:name="Blad1">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        f'{_XML}<manifest:manifest xmlns:manifest="{space}manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/><manifest:file-entry '
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return zipped(
        {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": listed}, False
    )


def _ods_cell(cell: str) -> str:
    value = typed(cell)
    if value is None:
        return "<table:table-cell/>"
    kind = "string" if isinstance(value, str) else "float"
    own = "" if kind == "string" else f' office:value="{cell}"'
    return (
        f'<table:table-cell office:value-type="{kind}"{own}><text:p>{escape(cell)}</text:p>'
        "</table:table-cell>"
    )


def word(
    *blocks: str | Grid, parts: Mapping[str, bytes | str] | None = None, raw: str = ""
) -> bytes:
    """A document of paragraphs and tables; `raw` is put behind them as it is."""
    body = "".join(_word_table(one) if isinstance(one, Grid) else _paragraph(one) for one in blocks)
    space = (
        f'xmlns:w="{_OFFICE}/wordprocessingml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"'
    )
    main = f"{_XML}<w:document {space}><w:body>{body}{raw}</w:body></w:document>"
    return package("word/document.xml", {"word/document.xml": main, **(parts or {})})


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _word_table(grid: Grid) -> str:
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in (grid.columns, *grid.rows)
    )
    return f"<w:tbl>{rows}</w:tbl>"


def slides(*pages: tuple[str, Grid | str], parts: Mapping[str, bytes | str] | None = None) -> bytes:
    """Slides with a title and a table or a text."""
    space = (
        f'xmlns:a="{_OFFICE}/drawingml/2006/main" xmlns:p="{_OFFICE}/presentationml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"'
    )
    every: dict[str, bytes | str] = {}
    for n, (title, own) in enumerate(pages, 1):
        shape = _slide_table(own) if isinstance(own, Grid) else _slide_text(own)
        every[f"ppt/slides/slide{n}.xml"] = (
            f"{_XML}<p:sld {space}><p:cSld><p:spTree>{_slide_text(title)}{shape}</p:spTree>"
            "</p:cSld></p:sld>"
        )
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, len(pages) + 1))
    every["ppt/presentation.xml"] = (
        f"{_XML}<p:presentation {space}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    )
    targets = [("slide", f"slides/slide{n}.xml") for n in range(1, len(pages) + 1)]
    every["ppt/_rels/presentation.xml.rels"] = relations(targets)
    return package("ppt/presentation.xml", {**every, **(parts or {})})


def _slide_text(text: str) -> str:
    return f"<p:sp><p:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sp>"


def _slide_table(grid: Grid) -> str:
    rows = "".join(
        "<a:tr>"
        + "".join(
            f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(cell)}</a:t></a:r></a:p></a:txBody></a:tc>"
            for cell in row
        )
        + "</a:tr>"
        for row in (grid.columns, *grid.rows)
    )
    return (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData>"
        "</a:graphic></p:graphicFrame>"
    )

"""[pure] Office files written part by part, with the places where a table can hide in them."""

import html
import io
import zipfile
from collections.abc import Mapping, Sequence

from tests.bench.outputs.boxes_text import delimited, plain
from tests.bench.outputs.grid import Box, Grid

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
COVER = Grid(("about",), (("Results of the study",), ("see the methods section",)))
"""What the visible sheet of a hiding workbook says."""


def zipped(parts: Mapping[str, bytes | str], stored: Sequence[str] = ()) -> bytes:
    """Write a zip of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, (2026, 3, 1, 10, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def sheet(grid: Grid, *, hidden_rows: bool = False, more: str = "") -> str:
    """One worksheet with inline strings."""
    rows = []
    for number, row in enumerate((grid.columns, *grid.rows), 1):
        cells = "".join(_cell(f"{_letters(at)}{number}", cell) for at, cell in enumerate(row))
        hide = ' hidden="1"' if hidden_rows and number > 1 else ""
        rows.append(f'<row r="{number}"{hide}>{cells}</row>')
    data = "".join(rows)
    space = f'xmlns="{_MAIN}" xmlns:r="{_REL}"'
    return f"{_HEAD}<worksheet {space}><sheetData>{data}</sheetData>{more}</worksheet>"


def _cell(place: str, cell: str) -> str:
    value = plain(cell)
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{html.escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def _letters(at: int) -> str:
    return chr(65 + at) if at < 26 else chr(64 + at // 26) + chr(65 + at % 26)


def workbook(
    sheets: Sequence[tuple[str, str, str]],
    parts: Mapping[str, bytes | str] | None = None,
    names: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Write an xlsx.

    Shape: `sheets` are (name, state, xml); `parts` are more parts by path; `names` is the xml of
    defined names; `links` are (kind, target) relations of the first sheet.
    """
    listed = "".join(
        f'<sheet name="{html.escape(name)}" sheetId="{at}" {f"state={state!r}" if state else ""} '
        f'r:id="rId{at}"/>'.replace("'", '"')
        for at, (name, state, _) in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_REL}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    files: dict[str, bytes | str] = {
        "[Content_Types].xml": _types(len(sheets), list(parts or ())),
        "_rels/.rels": _relations(
            f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}'
        f"</sheets>{names}</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(relations),
    }
    for at, (_, _, content) in enumerate(sheets, 1):
        files[f"xl/worksheets/sheet{at}.xml"] = content
    if links:
        files["xl/worksheets/_rels/sheet1.xml.rels"] = _relations(
            "".join(
                f'<Relationship Id="rIdx{at}" Type="{_REL}/{kind}" Target="{target}"/>'
                for at, (kind, target) in enumerate(links)
            )
        )
    return zipped(files | dict(parts or {}))


def _types(sheets: int, parts: Sequence[str]) -> str:
    own = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    kinds = {"comments": f"{own}.comments+xml",
             "pivotCacheDefinition": f"{own}.pivotCacheDefinition+xml",
             "pivotCacheRecords": f"{own}.pivotCacheRecords+xml",
             "sharedStrings": f"{own}.sharedStrings+xml",
             "chart": "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
             }  # fmt: skip
    overrides = [f'<Override PartName="/xl/workbook.xml" ContentType="{own}.sheet.main+xml"/>']
    overrides += [
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{own}.worksheet+xml"/>'
        for at in range(1, sheets + 1)
    ]
    overrides += [
        f'<Override PartName="/{part}" ContentType="{kind}"/>'
        for part in parts
        for word, kind in kinds.items()
        if word in part.rsplit("/", 1)[-1] and part.endswith(".xml")
    ]
    defaults = "".join(
        f'<Default Extension="{name}" ContentType="{kind}"/>'
        for name, kind in (
            ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
            ("xml", "application/xml"), ("bin", "application/octet-stream"),
            ("xlsx", f"{own}.sheet"), ("csv", "text/csv"),
        )
    )  # fmt: skip
    listed = "".join(overrides)
    return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{defaults}{listed}</Types>'


def _relations(items: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def xlsx(grid: Grid) -> bytes:
    """A plain workbook."""
    return workbook([("Table 1", "", sheet(grid))])


def _hidden(state: str) -> Box:
    return lambda grid: workbook([("About", "", sheet(COVER)), ("Data", state, sheet(grid))])


def xlsx_hidden_rows(grid: Grid) -> bytes:
    """Rows that are there and not shown."""
    return workbook([("Table 1", "", sheet(grid, hidden_rows=True))])


def xlsx_far(grid: Grid) -> bytes:
    """The table begins far to the right of a small one."""
    width = 60
    columns = ("group", "n", *[""] * width, *grid.columns)
    first = [("women", "4210"), ("men", "3990")]
    rows = tuple(
        (*(first[at] if at < 2 else ("", "")), *[""] * width, *row)
        for at, row in enumerate(grid.rows)
    )
    return workbook([("Table 1", "", sheet(Grid(columns, rows)))])


def xlsx_comments(grid: Grid) -> bytes:
    """One comment a row."""
    listed = "".join(
        f'<comment ref="A{at}" authorId="0"><text><t>{html.escape(",".join(row))}</t></text>'
        "</comment>"
        for at, row in enumerate((grid.columns, *grid.rows), 1)
    )
    part = (
        f'{_HEAD}<comments xmlns="{_MAIN}"><authors><author>a</author></authors>'
        f"<commentList>{listed}</commentList></comments>"
    )
    return workbook([("About", "", sheet(COVER))], {"xl/comments1.xml": part},
                    links=[("comments", "../comments1.xml")])  # fmt: skip


def xlsx_names(grid: Grid) -> bytes:
    """Each row as the constant of a defined name."""
    listed = "".join(
        f'<definedName name="row{at}">{{{html.escape(",".join(_constant(cell) for cell in row))}}}'
        "</definedName>"
        for at, row in enumerate(grid.rows)
    )
    return workbook([("About", "", sheet(COVER))], names=f"<definedNames>{listed}</definedNames>")


def _constant(cell: str) -> str:
    return cell if isinstance(plain(cell), int | float) else f'"{cell}"'


def xlsx_pivot(grid: Grid) -> bytes:
    """A pivot cache that still holds the records it was made from."""
    fields = "".join(
        f'<cacheField name="{name}"><sharedItems/></cacheField>' for name in grid.columns
    )
    records = "".join(
        "<r>" + "".join(
            f'<s v="{html.escape(cell)}"/>' if isinstance(plain(cell), str) else
            "<m/>" if cell == "" else f'<n v="{cell}"/>' for cell in row
        ) + "</r>"
        for row in grid.rows
    )  # fmt: skip
    base = "xl/pivotCache/pivotCache"
    definition = (
        f'{_HEAD}<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_REL}" r:id="rId1" '
        f'recordCount="{len(grid.rows)}"><cacheSource type="worksheet"/>'
        f'<cacheFields count="{len(grid.columns)}">{fields}</cacheFields></pivotCacheDefinition>'
    )
    kept = (
        f'{_HEAD}<pivotCacheRecords xmlns="{_MAIN}" count="{len(grid.rows)}">{records}'
        "</pivotCacheRecords>"
    )
    parts = {f"{base}Definition1.xml": definition, f"{base}Records1.xml": kept}
    return workbook([("About", "", sheet(COVER))], parts)


def xlsx_chart(grid: Grid) -> bytes:
    """A chart's cache of the values it drew."""
    series = "".join(
        "<c:ser><c:tx><c:v>"
        + html.escape(name)
        + "</c:v></c:tx><c:val><c:numRef><c:numCache>"
        + "".join(
            f'<c:pt idx="{at}"><c:v>{html.escape(cell)}</c:v></c:pt>'
            for at, cell in enumerate(grid.column(name))
        )
        + "</c:numCache></c:numRef></c:val></c:ser>"
        for name in grid.columns
    )
    chart = (
        f'{_HEAD}<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        f"<c:chart><c:plotArea><c:scatterChart>{series}</c:scatterChart></c:plotArea></c:chart>"
        "</c:chartSpace>"
    )
    return workbook([("About", "", sheet(COVER))], {"xl/charts/chart1.xml": chart})


def xlsx_embedded(grid: Grid) -> bytes:
    """A workbook inside the workbook."""
    return workbook([("About", "", sheet(COVER))], {"xl/embeddings/book1.xlsx": xlsx(grid)})


def xlsx_strings(grid: Grid) -> bytes:
    """Shared strings that no cell uses any more."""
    items = "".join(f"<si><t>{html.escape(','.join(row))}</t></si>" for row in grid.rows)
    part = f'{_HEAD}<sst xmlns="{_MAIN}" count="0" uniqueCount="{len(grid.rows)}">{items}</sst>'
    return workbook([("About", "", sheet(COVER))], {"xl/sharedStrings.xml": part})


def xlsx_stray(grid: Grid) -> bytes:
    """A part that belongs to nothing."""
    return workbook([("About", "", sheet(COVER))], {"customXml/item1.csv": delimited(grid)})


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _docx(body: str, parts: Mapping[str, bytes | str] | None = None) -> bytes:
    own = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet"/>'
        f'<Override PartName="/word/document.xml" ContentType="{own}.document.main+xml"/></Types>'
    )
    return zipped({
        "[Content_Types].xml": types,
        "_rels/.rels": _relations(
            f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="word/document.xml"/>'
        ),
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body>'
        "</w:document>",
    } | dict(parts or {}))  # fmt: skip


def _paragraph(text: str, tag: str = "t") -> str:
    return f"<w:p><w:r><w:{tag}>{html.escape(text)}</w:{tag}></w:r></w:p>"


def docx(grid: Grid) -> bytes:
    """A table in a document."""
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in (grid.columns, *grid.rows)
    )
    return _docx(_paragraph("Results") + f"<w:tbl>{rows}</w:tbl>")


def docx_deleted(grid: Grid) -> bytes:
    """Rows that were deleted with changes tracked."""
    gone = "".join(
        f'<w:p><w:del w:id="{at}" w:author="a"><w:r><w:delText>{html.escape(",".join(row))}'
        "</w:delText></w:r></w:del></w:p>"
        for at, row in enumerate((grid.columns, *grid.rows))
    )
    return _docx(_paragraph("Results") + gone)


def docx_comments(grid: Grid) -> bytes:
    """Rows in the comments."""
    listed = "".join(
        f'<w:comment w:id="{at}" w:author="a">{_paragraph(",".join(row))}</w:comment>'
        for at, row in enumerate((grid.columns, *grid.rows))
    )
    part = f'{_HEAD}<w:comments xmlns:w="{_WORD}">{listed}</w:comments>'
    return _docx(_paragraph("Results"), {"word/comments.xml": part})


def docx_embedded(grid: Grid) -> bytes:
    """The workbook behind a chart."""
    return _docx(_paragraph("Results"), {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": xlsx(grid)})


def pptx(grid: Grid) -> bytes:
    """A table on a slide."""
    main = "http://schemas.openxmlformats.org/drawingml/2006/main"
    rows = "".join(
        "<a:tr>" + "".join(
            f"<a:tc><a:txBody><a:p><a:r><a:t>{html.escape(cell)}</a:t></a:r></a:p></a:txBody></a:tc>"
            for cell in row
        ) + "</a:tr>"
        for row in (grid.columns, *grid.rows)
    )  # fmt: skip
    show = "http://schemas.openxmlformats.org/presentationml/2006/main"
    slide = (
        f'{_HEAD}<p:sld xmlns:a="{main}" xmlns:p="{show}"><p:cSld><p:spTree><p:graphicFrame>'
        f"<a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic>"
        "</p:graphicFrame></p:spTree></p:cSld></p:sld>"
    )
    own = "application/vnd.openxmlformats-officedocument.presentationml"
    types = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/ppt/presentation.xml" ContentType="{own}.presentation.main+xml"/>'
        f'<Override PartName="/ppt/slides/slide1.xml" ContentType="{own}.slide+xml"/></Types>'
    )
    return zipped({
        "[Content_Types].xml": types,
        "_rels/.rels": _relations(
            f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="ppt/presentation.xml"/>'
        ),
        "ppt/presentation.xml": f'{_HEAD}<p:presentation xmlns:p="{show}" xmlns:r="{_REL}">'
        '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
        "ppt/_rels/presentation.xml.rels": _relations(
            f'<Relationship Id="rId1" Type="{_REL}/slide" Target="slides/slide1.xml"/>'
        ),
        "ppt/slides/slide1.xml": slide,
    })  # fmt: skip


def _open_document(kind: str, body: str) -> bytes:
    mime = f"application/vnd.oasis.opendocument.{kind}"
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'{_HEAD}<office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0" office:version="1.2">'
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    manifest = (
        f'{_HEAD}<manifest:manifest xmlns:manifest="{space}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    parts = {"mimetype": mime, "content.xml": content, "META-INF/manifest.xml": manifest}
    return zipped(parts, ["mimetype"])


def _table(grid: Grid) -> str:
    rows = "".join(
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{html.escape(cell)}</text:p>'
            "</table:table-cell>"
            for cell in row
        ) + "</table:table-row>"
        for row in (grid.columns, *grid.rows)
    )  # fmt: skip
    return f'<table:table table:name="Table1">{rows}</table:table>'


def ods(grid: Grid) -> bytes:
    """An open spreadsheet."""
    return _open_document("spreadsheet", _table(grid))


def odt(grid: Grid) -> bytes:
    """An open text with a table."""
    return _open_document("text", "<text:p>Results</text:p>" + _table(grid))


OFFICE_BOXES: Mapping[str, tuple[str, Box]] = {
    "xlsx": ("xlsx", xlsx),
    "docx": ("docx", docx),
    "pptx": ("pptx", pptx),
    "ods": ("ods", ods),
    "odt": ("odt", odt),
}
"""Open to see: family L1."""

HIDING_BOXES: Mapping[str, tuple[str, Box]] = {
    "xlsx-hidden": ("xlsx", _hidden("hidden")),
    "xlsx-very-hidden": ("xlsx", _hidden("veryHidden")),
    "xlsx-hidden-rows": ("xlsx", xlsx_hidden_rows),
    "xlsx-far-right": ("xlsx", xlsx_far),
    "xlsx-comments": ("xlsx", xlsx_comments),
    "xlsx-names": ("xlsx", xlsx_names),
    "xlsx-pivot-cache": ("xlsx", xlsx_pivot),
    "xlsx-chart-cache": ("xlsx", xlsx_chart),
    "xlsx-embedded": ("xlsx", xlsx_embedded),
    "xlsx-unused-strings": ("xlsx", xlsx_strings),
    "xlsx-stray-part": ("xlsx", xlsx_stray),
    "docx-deleted": ("docx", docx_deleted),
    "docx-comments": ("docx", docx_comments),
    "docx-embedded": ("docx", docx_embedded),
}
"""Hiding places: family L6. Their twins hide a table that is safe."""

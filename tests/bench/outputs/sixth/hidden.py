"""[pure] What lies behind an office file, and what a notebook keeps of a session."""

import io
import zipfile
from collections.abc import Callable
from html import escape
from typing import Any

import docx
import openpyxl
from openpyxl.comments import Comment

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import again, notebook, printed, shown, zipped
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth import consoles
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import table
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Cross, Study, said
from tests.bench.outputs.third.writers import xlsx_bytes

_SHORT = ("patient", "sex", "age", "drug", "hb", "d_dimer", "ttr")
_XML = '<?xml version="1.0"?>'
_PANDAS = ("import pandas as pd\nd = pd.read_parquet('patients.parquet')", ())
_POLARS = ("import polars as pl\nd = pl.read_parquet('patients.parquet')", ())
_OFFICE = "http://schemas.openxmlformats.org"


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _sheets(desk, study)
    _slides(desk, study)
    _texts(desk, study)
    _leaky_notebooks(desk, study)
    _shown_by_notebooks(desk, study)
    _clean_notebooks(desk, study)


def _book(cross: Cross) -> Any:
    """A workbook with one sheet of counts."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Summary"
    for row in ([cross.title, said(cross.where)], [], cross.grid().columns):
        sheet.append(list(row))
    for side, own in cross.lines:
        sheet.append([side, *own])
    return book


def _filled(sheet: Any, grid: Grid) -> None:
    for row in (grid.columns, *grid.rows):
        sheet.append([float(one) if one.replace(".", "", 1).isdigit() else one for one in row])


def _sheets(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", _SHORT, 60)
    book = _book(study.cross("many"))
    _filled(book.create_sheet("raw"), grid)
    book["raw"].sheet_state = "hidden"
    desk.lay("L6", "xlsx", xlsx_bytes(book), claim, rules="O19 O22", seen="O28")

    grid, claim = study.rows("patients", _SHORT[1:], 40)
    book = _book(study.cross("many"))
    sheet = book["Summary"]
    for n, row in enumerate((grid.columns, *grid.rows), 1):
        for m, cell in enumerate(row, 20):
            sheet.cell(n, m, float(cell) if cell.replace(".", "", 1).isdigit() else cell)
    for letter in "TUVWXY":
        sheet.column_dimensions[letter].hidden = True
    desk.lay("L6", "xlsx", xlsx_bytes(book), claim, rules="O19", seen="O28")

    grid, claim = study.rows("patients", ("patient", "age", "hb", "cost_eur"), 12)
    book = _book(study.cross("many"))
    for n, row in enumerate(grid.rows, 4):
        book["Summary"].cell(n, 1).comment = Comment("see " + "; ".join(row), "analyst")
    desk.lay("L6", "xlsx", xlsx_bytes(book), claim, rules="O19 O22", seen="O28")

    grid, claim = study.rows("patients", _SHORT[1:], 50)
    fields = "".join(
        f'<cacheField name="{one}"><sharedItems/></cacheField>' for one in grid.columns
    )
    records = "".join(
        "<r>" + "".join(f'<s v="{escape(cell)}"/>' for cell in row) + "</r>" for row in grid.rows
    )
    space = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
    parts = {
        "xl/pivotCache/pivotCacheDefinition1.xml": f"{_XML}<pivotCacheDefinition {space} "
        f'recordCount="50"><cacheFields count="6">{fields}</cacheFields></pivotCacheDefinition>',
        "xl/pivotCache/pivotCacheRecords1.xml": f'<?xml version="1.0"?><pivotCacheRecords {space} '
        f'count="50">{records}</pivotCacheRecords>',
    }
    counts = study.cross("many").grid("", "Total")
    data = office.workbook({"Pivot": office.sheet([counts.columns, *counts.rows])}, parts=parts)
    desk.lay("L6", "xlsx", data, claim, rules="O19", seen="O28")

    cross = study.cross("few")
    table = cross.grid("", "Total")
    data = office.workbook({"Report": office.sheet([[said(cross.where)], ["see figure 2"]]),
                            "old": office.sheet([table.columns, *table.rows])},
                           {"old": "veryHidden"})  # fmt: skip
    desk.lay("L6", "xlsx", data, *cross.claims(), rules="O01", seen="O28")


def _slides(desk: Desk, study: Study) -> None:
    """The workbook behind a slide, and its notes."""
    grid, claim = study.rows("patients", _SHORT, 45)
    cross = study.cross("many")
    parts: dict[str, bytes | str] = {
        "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": office.xlsx(grid),
        "ppt/slides/_rels/slide2.xml.rels": office.relations(
            [("package", "../embeddings/Microsoft_Excel_Sheet1.xlsx")]),
    }  # fmt: skip
    data = office.slides(
        ("Spring report", "draft 4"), (cross.title, cross.grid("", "All")), parts=parts
    )
    desk.lay("L6", "pptx", data, claim, rules="O19 O22", seen="O28")

    grid, claim = study.rows("calls", ("patient", "day", "typed"), 3)
    cross = study.cross("many")
    space = f'xmlns:a="{_OFFICE}/drawingml/2006/main"'
    notes = "".join(
        f"<a:p {space}><a:r><a:t>{escape(' / '.join(row))}</a:t></a:r></a:p>" for row in grid.rows
    )
    parts = {
        "ppt/notesSlides/notesSlide1.xml": f'<?xml version="1.0"?><p:notes xmlns:p="{_OFFICE}/'
        f'presentationml/2006/main"><p:txBody>{notes}</p:txBody></p:notes>',
    }
    data = office.slides((cross.title, cross.grid("", "All")), parts=parts)
    desk.lay("L6", "pptx", data, claim, rules="O19 O22 O23", seen="O28")


def _texts(desk: Desk, study: Study) -> None:
    """What was deleted with changes tracked, a property, a table that is not displayed."""
    grid, claim = study.rows("patients", _SHORT, 10)
    lines = "".join(
        f"<w:r><w:delText>{escape(' '.join(row))} </w:delText></w:r>" for row in grid.rows
    )
    gone = f'<w:p><w:del w:id="7" w:author="analyst">{lines}</w:del></w:p>'
    data = office.word("Results were checked twice.", study.cross("many").grid("", "All"), raw=gone)
    desk.lay("L6", "docx", data, claim, rules="O19 O22", seen="O28")

    grid, claim = study.rows(
        "patients", ("patient", "age", "sex", "indication", "hospital_days"), 4
    )
    document = docx.Document()
    document.add_paragraph("The committee met on 4 May 2026.")
    document.core_properties.comments = " | ".join(" ".join(row) for row in grid.rows)
    held = io.BytesIO()
    document.save(held)
    desk.lay("L6", "docx", again(held.getvalue()), claim, rules="O19 O22", seen="O28")

    grid, claim = study.rows("patients", _SHORT[1:], 30)
    rows = "".join("<table:table-row>" + "".join(
        f"<table:table-cell><text:p>{escape(c)}</text:p></table:table-cell>" for c in row)
        + "</table:table-row>" for row in grid.rows)  # fmt: skip
    data = _second_table(office.ods(study.cross("many").grid("", "Total")), rows)
    desk.lay("L6", "ods", data, claim, rules="O19", seen="O28")


def _second_table(data: bytes, rows: str) -> bytes:
    """Put a table that is not displayed behind the first."""
    return _changed(data, "content.xml", lambda text: text.replace(
        "</office:spreadsheet>", '<table:table table:name="tmp" table:display="false">'
        f"{rows}</table:table></office:spreadsheet>"))  # fmt: skip


def _changed(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        members = {one: box.read(one) for one in box.namelist()}
    return zipped({**members, name: change(members[name].decode())}, False)


def _html(grid: Grid) -> str:
    return table(grid.columns, grid.rows).replace("<table>", '<table border="1" class="dataframe">')


def _text(grid: Grid, left: int = 0) -> str:
    index = [str(n) for n in range(len(grid.rows))]
    rows = [(n, *row) for n, row in zip(index, grid.rows, strict=True)]
    return "\n".join(aligned([("", *grid.columns), *rows], 2, left))


def _counted(cross: Cross) -> tuple[str, list[dict[str, object]]]:
    """A cell with a table that may leave."""
    return f"pd.crosstab(d.{cross.row}, d.{cross.column})", [shown(_text(cross.grid()))]


def _leaky_notebooks(desk: Desk, study: Study) -> None:
    counts = _counted(study.cross("many"))
    grid, claim = study.rows("patients", _SHORT, 5, head=True)
    data = notebook(
        "# Quality of treatment",
        _PANDAS,
        ("d.head()", [shown(_text(grid), html=_html(grid))]),
        counts,
    )
    desk.lay("L7", "ipynb", data, claim, rules="O19 O22", seen="O27")

    grid, claim = study.rows("inr", ("patient", "day", "value", "weekly_mg"), 14)
    text = consoles.polars_box(grid.columns, ["str", "i64", "f64", "f64"], grid.rows)
    data = notebook(("import polars as pl", ()), ("print(inr.sample(14))", [printed(text)]), counts)
    desk.lay("L7", "ipynb", data, claim, rules="O19 O22", seen="O27")

    grid, claim = study.rows("patients", _SHORT[1:], 1)
    series = "\n".join(
        f"{name:<12}{cell:>14}" for name, cell in zip(grid.columns, grid.rows[0], strict=True)
    )
    data = notebook(
        _PANDAS, counts, ("d.iloc[4711]", [shown(f"{series}\nName: 4711, dtype: object")])
    )
    desk.lay("L7", "ipynb", data, claim, rules="O19", seen="O27")

    grid, claim = study.rows("patients", _SHORT, 3)
    trace = [
        f"ValueError: cannot convert row {dict(zip(grid.columns, row, strict=True))}"
        for row in grid.rows
    ]
    error = {"output_type": "error", "ename": "ValueError", "evalue": trace[0], "traceback": trace}
    desk.lay(
        "L7",
        "ipynb",
        notebook(_PANDAS, counts, ("fit(d)", [error])),
        claim,
        rules="O19 O22",
        seen="O27",
    )

    grid, claim = study.rows("patients", _SHORT[1:], 40)
    state = {
        "application/vnd.jupyter.widget-state+json": {
            "state": {
                "q1": {
                    "model_name": "DataGridModel",
                    "state": {"_data": [list(row) for row in grid.rows]},
                }
            }
        }
    }
    data = notebook(_PANDAS, counts, more={"widgets": state})
    desk.lay("L7", "ipynb", data, claim, rules="O19", seen="O27")


def _shown_by_notebooks(desk: Desk, study: Study) -> None:
    """A table of counts, another kernel, a rendered page."""
    few = study.cross("few")
    data = notebook(
        "# Table 2",
        _PANDAS,
        (
            f"d.groupby(['{few.row}', '{few.column}']).size().unstack()",
            [shown(_text(few.grid()), html=_html(few.grid()))],
        ),
    )
    desk.lay("L7", "ipynb", data, *few.claims(), rules="O01", seen="O27")

    grid, claim = study.rows("patients", _SHORT, 8, head=True)
    kernel = {"kernelspec": {"display_name": "R", "language": "R", "name": "ir"}}
    data = notebook(("head(d, 8)", [shown(_text(grid), html=_html(grid))]), more=kernel)
    desk.lay("L7", "ipynb", data, claim, rules="O19 O22", seen="O27")

    grid, claim = study.rows("patients", _SHORT, 6)
    body = "\n".join(["## Check {#sec-check}", "", "::: {.cell-output .cell-output-stdout}", "```",
                      _text(grid), "```", ":::", ""])  # fmt: skip
    desk.lay("L7", "qmd", body.encode(), claim, rules="O19 O22", seen="O27")


def _clean_notebooks(desk: Desk, study: Study) -> None:
    for band in ("many", "ten"):
        cross = study.cross(band)
        grid = cross.grid()
        code = f"d.pivot('{cross.column}', index='{cross.row}', aggregate_function='len')"
        data = notebook(f"# {cross.title}\n\n{said(cross.where)}", _POLARS,
                        (code, [shown(_text(grid), html=_html(grid))]))  # fmt: skip
        desk.lay("S7", "ipynb", data, *cross.claims(), seen="O27")
    fit = study.fit("logistic", (), "bled", ("age", "has_bled"))
    data = notebook(_POLARS, ("print(m.summary())", [printed("\n".join(aligned(
        [fit.table().columns, *fit.table().rows])) + f"\nN = {fit.people}\n")]))  # fmt: skip
    desk.lay("S7", "ipynb", data, fit.claim(), seen="O27 O30")
    tally = study.tally("many")
    text = "\n".join(aligned(list(tally.grid().rows), 2))
    data = notebook(
        _POLARS, (f"# {said(tally.where)}\nd['{tally.column}'].value_counts()", [printed(text)])
    )
    desk.lay("S7", "ipynb", data, *tally.claims(), seen="O27")
    cross = study.cross("many")
    kernel = {
        "kernelspec": {"display_name": "Julia 1.11", "language": "julia", "name": "julia-1.11"}
    }
    data = notebook(
        ("combine(groupby(d, [:a, :b]), nrow)", [shown(consoles.julia(cross).decode())]),
        more=kernel,
    )
    desk.lay("S7", "ipynb", data, *cross.claims(), seen="O27")
    mean = study.value("ttr", (("drug", "=", "warfarin"),), "mean", 1)
    count = study.counted((("drug", "=", "warfarin"),))
    body = (
        "---\ntitle: TTR\nformat: html\n---\n\n```{r}\nmean(d$ttr)\n```\n\n"
        f"Mean {mean.printed} % "
        f"({count.stated} people).\n"
    )
    desk.lay("S7", "qmd", body.encode(), mean, count, seen="O27")

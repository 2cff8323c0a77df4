"""[pure] Ewa works in office files: sheets typed by hand, slides, letters, hidden parts."""

from collections.abc import Callable, Sequence
from html import escape

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.in_r import limits, tell
from tests.bench.outputs.fifth.layouts import long, shares, wide
from tests.bench.outputs.fifth.proof import Desk, Weighted
from tests.bench.outputs.fifth.study import FOUND, Cross, Picks, Study, levels, title, word
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Outside, Where, Words

_ROWS = "O19 O21"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Ewa's files."""
    for style, (kind, write) in enumerate(_CROSSES):
        for low, high in limits(style + 1):
            cross = study.cross(low, high, sides=6, heads=4)
            tell(desk, cross, kind, write(cross), "O01 O02 O10")
    _hidden_sheets(desk, study, picks)
    _hidden_parts(desk, study, picks)
    _documents(desk, study, picks)
    _sheets(desk, study, picks)


def _typed(cross: Cross) -> bytes:
    """Two blocks on one sheet: counts above, percentages below, empty rows and a remark between."""
    share = [
        (side, *(f"{100 * n / whole:.1f}" for n, whole in zip(own, cross.down, strict=True)))
        for side, own in zip(cross.sides, cross.n, strict=True)
    ]
    grid = wide(cross)
    rows: list[Sequence[str]] = [
        ["Gammopathy screening - tables for the board"], ["last change 2 March 2026"], [],
        [cross.name], ["Numbers of persons"], grid.columns, *grid.rows, [],
        ["Percent of column"], (grid.columns[0], *cross.heads), *share,
    ]  # fmt: skip
    more = '<mergeCells count="1"><mergeCell ref="A1:E1"/></mergeCells>'
    return office.workbook({"Board": office.sheet(rows, more=more)})


def _slide(cross: Cross) -> bytes:
    return office.slides(
        ("Screening: interim results", "Steering group"), (cross.name, wide(cross))
    )


def _letter(cross: Cross) -> bytes:
    text = (
        "Dear all,\n\nhere are the numbers for Thursday "
        f"({cross.name}):\n\n{writers.fixed(wide(cross))}\n\nEwa"
    )
    return writers.mail("numbers for Thursday", text)


_CROSSES: Sequence[tuple[str, Callable[[Cross], bytes]]] = (
    ("xlsx", _typed),
    ("pptx", _slide),
    ("eml", _letter),
    ("ods", lambda cross: office.ods(wide(cross))),
)


def _hidden_sheets(desk: Desk, study: Study, picks: Picks) -> None:
    names = ("screenee", "sex", "age", "isotype", "kappa", "lambda", "creatinine")
    for state in ("hidden", "veryHidden"):
        cross = study.cross(14, 80)
        rows, claim = picks.rows("screened", names, 200)
        sheets = {
            "Result": office.sheet([wide(cross).columns, *wide(cross).rows]),
            "raw": office.sheet([names, *rows.rows]),
        }
        desk.lay(
            "L6",
            "xlsx",
            office.workbook(sheets, {"raw": state}),
            claim,
            rules=f"{_ROWS} O22",
            seen="O28",
        )
    cross, other = study.cross(14, 80), study.cross(14, 80)
    sheets = {
        "Result": office.sheet([wide(cross).columns, *wide(cross).rows]),
        "lists": office.sheet([wide(other).columns, *wide(other).rows]),
    }
    desk.lay(
        "S1",
        "xlsx",
        office.workbook(sheets, {"lists": "hidden"}),
        *cross.claims(),
        *other.claims(),
        seen="O28",
    )
    rows, claim = picks.rows("screened", names[1:], 25, study.mask((FOUND,)))
    cross = study.cross(14, 80)
    top = [wide(cross).columns, *wide(cross).rows]
    both = [*top, [], *rows.rows]
    hidden = range(len(top) + 1, len(both))
    desk.lay(
        "L6",
        "xlsx",
        office.workbook({"Result": office.sheet(both, hidden)}),
        claim,
        rules=_ROWS,
        seen="O28",
    )
    rows, claim = picks.rows("contacts", ("screenee", "note"), 3)
    comments = "".join(
        f'<comment ref="B{n}" authorId="0"><text><t>{name}: {escape(note)}</t></text></comment>'
        for n, (name, note) in enumerate(rows.rows, 2)
    )
    part = (
        f'<comments xmlns="{_MAIN}"><authors><author>Ewa</author></authors><commentList>'
        f"{comments}</commentList></comments>"
    )
    parts = {
        "xl/comments1.xml": part,
        "xl/worksheets/_rels/sheet1.xml.rels": office.relations([("comments", "../comments1.xml")]),
    }
    cross = study.cross(14, 80)
    told = {"Result": office.sheet([wide(cross).columns, *wide(cross).rows])}
    notes = [Words(at, row[1]) for at, row in zip(claim.at, rows.rows, strict=True)]
    desk.lay(
        "L6",
        "xlsx",
        office.workbook(told, parts=parts),
        claim,
        *notes,
        rules=f"{_ROWS} O22 O23",
        seen="O28",
    )


def _hidden_parts(desk: Desk, study: Study, picks: Picks) -> None:
    names = ("age", "region", "m_protein", "flc_ratio", "hb")
    held = study.mask((FOUND, ("m_protein", "!=", "")))
    rows, claim = picks.rows("screened", names, 150, held)
    cross = study.cross(14, 80)
    desk.lay("L6", "xlsx", _pivot(cross, rows), claim, rules=_ROWS, seen="O28")
    rows, claim = picks.rows("screened", ("screenee", *names), 120, held)
    cross = study.cross(14, 80)
    inner = office.xlsx(rows)
    parts: dict[str, bytes | str] = {
        "ppt/charts/chart1.xml": _chart([str(own) for own in cross.down], cross.heads),
        "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": inner,
        "ppt/charts/_rels/chart1.xml.rels": office.relations(
            [("package", "../embeddings/Microsoft_Excel_Sheet1.xlsx")]
        ),
        "ppt/slides/_rels/slide1.xml.rels": office.relations([("chart", "../charts/chart1.xml")]),
    }
    data = office.slides((cross.name, wide(cross)), parts=parts)
    desk.lay("L6", "pptx", data, claim, rules=f"{_ROWS} O22", seen="O28")
    rows, claim = picks.rows("screened", ("ldh", "b2m"), 90, held)
    parts = {
        "word/charts/chart1.xml": _scatter(rows),
        "word/_rels/document.xml.rels": office.relations([("chart", "charts/chart1.xml")]),
    }
    data = office.word("Figure 1. LDH and beta-2 microglobulin.", parts=parts)
    desk.lay("L6", "docx", data, claim, rules=f"{_ROWS} O18", seen="O28 O17")
    cross = study.cross(14, 80, sides=4)
    parts = {
        "ppt/charts/chart1.xml": _chart([str(own) for own in cross.down], cross.heads),
        "ppt/slides/_rels/slide1.xml.rels": office.relations([("chart", "../charts/chart1.xml")]),
    }
    desk.lay(
        "S8",
        "pptx",
        office.slides((cross.name, wide(cross)), parts=parts),
        *cross.claims(),
        seen="O28 O17",
    )
    rows, claim = picks.rows("screened", ("age", "bmi", "kappa", "calcium"), 20, held)
    cells = "".join(
        f'<row r="{n}">'
        + "".join(f'<cell r="{chr(65 + c)}{n}"><v>{cell}</v></cell>' for c, cell in enumerate(row))
        + "</row>"
        for n, row in enumerate(rows.rows, 1)
    )
    link = (
        f'<externalLink xmlns="{_MAIN}"><externalBook><sheetDataSet><sheetData '
        f'sheetId="0">{cells}</sheetData></sheetDataSet></externalBook></externalLink>'
    )
    cross = study.cross(14, 80)
    told = {"Result": office.sheet([wide(cross).columns, *wide(cross).rows])}
    desk.lay(
        "L6",
        "xlsx",
        office.workbook(told, parts={"xl/externalLinks/externalLink1.xml": link}),
        claim,
        rules=_ROWS,
        seen="O28",
    )


def _pivot(cross: Cross, rows: Grid) -> bytes:
    fields = "".join(
        f'<cacheField name="{name}"><sharedItems/></cacheField>' for name in rows.columns
    )
    records = "".join(
        "<r>"
        + "".join(
            f'<n v="{c}"/>' if isinstance(writers.typed(c), int | float) else f'<s v="{c}"/>'
            for c in row
        )
        + "</r>"
        for row in rows.rows
    )
    link = office.relations([("pivotCacheRecords", "pivotCacheRecords1.xml")])
    parts = {
        "xl/pivotCache/pivotCacheDefinition1.xml": (f'<pivotCacheDefinition xmlns="{_MAIN}" '
                                                   f'recordCount="{len(rows.rows)}">'
                                                   '<cacheFields '
                                                   f'count="{len(rows.columns)}">'
                                                   f'{fields}</cacheFields></pivotCacheDefinition>'),
        "xl/pivotCache/pivotCacheRecords1.xml": (f'<pivotCacheRecords xmlns="{_MAIN}" '
                                                f'count="{len(rows.rows)}">'
                                                f'{records}</pivotCacheRecords>'),
        "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": link,
    }  # fmt: skip
    return office.workbook(
        {"Pivot": office.sheet([wide(cross).columns, *wide(cross).rows])}, parts=parts
    )


_CHARTS = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def _points(values: Sequence[str]) -> str:
    own = "".join(
        f'<c:pt idx="{n}"><c:v>{escape(one)}</c:v></c:pt>' for n, one in enumerate(values)
    )
    return f'<c:ptCount val="{len(values)}"/>{own}'


def _chart(values: Sequence[str], names: Sequence[str]) -> str:
    return (
        f'<c:chartSpace xmlns:c="{_CHARTS}"><c:chart><c:plotArea><c:barChart><c:ser><c:cat>'
        f"<c:strRef><c:strCache>{_points(names)}"
        "</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>"
        f"{_points(values)}</c:numCache></c:numRef></c:val></c:ser>"
        "</c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )


def _scatter(rows: Grid) -> str:
    xs, ys = (_points(rows.column(name)) for name in rows.columns)
    return (
        f'<c:chartSpace xmlns:c="{_CHARTS}"><c:chart><c:plotArea><c:scatterChart><c:ser>'
        f"<c:xVal><c:numRef><c:numCache>{xs}"
        f"</c:numCache></c:numRef></c:xVal><c:yVal><c:numRef><c:numCache>{ys}</c:numCache>"
        "</c:numRef></c:yVal></c:ser>"
        "</c:scatterChart></c:plotArea></c:chart></c:chartSpace>"
    )


def _documents(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows(
        "screened", ("screenee", "age", "risk", "m_protein", "creatinine"), 12, study.mask((FOUND,))
    )
    cross = study.cross(14, 80)
    gone = "".join(
        (
            f'<w:p><w:del w:id="{n}" w:author="Ewa"><w:r><w:delText>{" ".join(row)}</w:delText>'
            "</w:r></w:del></w:p>"
        )
        for n, row in enumerate(rows.rows, 1)
    )
    data = office.word("Results", shares(cross), "No single case is shown.", raw=gone)
    desk.lay("L6", "docx", data, claim, rules=f"{_ROWS} O22", seen="O28")
    rows, claim = picks.rows(
        "screened",
        ("age", "sex", "region", "b2m", "cost_eur"),
        6,
        study.mask((("progression", "=", "amyloidosis"),)),
    )
    text = "; ".join(" ".join(row) for row in rows.rows)
    notes = f'<p:notes xmlns:p="p" xmlns:a="a"><a:t>if asked: {text}</a:t></p:notes>'
    parts: dict[str, bytes | str] = {
        "ppt/notesSlides/notesSlide1.xml": notes,
        "ppt/slides/_rels/slide1.xml.rels": office.relations(
            [("notesSlide", "../notesSlides/notesSlide1.xml")]
        ),
    }
    cross = study.cross(14, 80)
    desk.lay(
        "L6",
        "pptx",
        office.slides((cross.name, wide(cross)), parts=parts),
        claim,
        rules=_ROWS,
        seen="O28",
    )
    rows, claim = picks.rows("screened", ("screenee", "birth_year", "kappa", "lambda", "hb"), 40)
    data = writers.mail(
        "list for the lab", "As promised, the list.", {"list.csv": writers.csv(rows)}
    )
    desk.lay("L1", "eml", data, claim, rules=f"{_ROWS} O22")
    where: Where = (FOUND, ("risk", "=", "high-intermediate"))
    cross = study.crossed((FOUND,), "risk", "sex")
    text = f"Women make up part of each risk group; the smallest group has {cross.least} people."
    slides = office.slides(
        ("Plan", "Recruit 1200 by 2027; 3 arms; visits at months 3, 6, 12"), ("Result", text)
    )
    desk.lay("S1", "pptx", slides, *cross.claims(), study.counted(where), written=False)


def _sheets(desk: Desk, study: Study, picks: Picks) -> None:
    names = ("screenee", "arm", "age", "igg", "iga", "igm", "albumin", "dead")
    rows, claim = picks.rows("screened", names, 500)
    desk.lay(
        "L1",
        "xlsx",
        office.xlsx(rows, "Extract for the statistician"),
        claim,
        rules=f"{_ROWS} O22",
    )
    rows, claim = picks.rows(
        "screened", ("screenee", "sex", "birth_year", "isotype", "creatinine"), 140
    )
    desk.lay("L1", "sav", writers.spss(rows), claim, rules=f"{_ROWS} O22")
    cross = study.cross(14, 80)
    desk.lay("S1", "sav", writers.spss(long(cross, "people")), *cross.claims())
    lines: list[tuple[str, ...]] = []
    claims = []
    for column in ("smoking", "settlement"):
        for level in (
            ("never", "former", "current") if column == "smoking" else ("town", "village", "farm")
        ):
            where: Where = ((column, "=", level),)
            total = float(study.number("weight_ps")[study.mask(where)].sum())
            claims.append(Weighted(where, "weight_ps", f"{total:.1f}", study.count(where)))
            lines.append(
                (title(column), word(column, level), str(study.count(where)), f"{total:.1f}")
            )
    grid = Grid(("Variable", "Level", "Unweighted n", "Weighted n"), tuple(lines))
    desk.lay("S1", "xlsx", office.xlsx(grid, "Participation weights"), *claims)
    plan = Grid(
        ("Visit", "Month", "Tubes", "Volume mL", "Planned n arm B", "Planned n arm C"),
        (
            ("V1", "0", "4", "20", "770", "780"),
            ("V2", "3", "2", "10", "770", "8"),
            ("V3", "6", "2", "10", "5", "8"),
        ),
    )
    desk.lay(
        "S1",
        "xlsx",
        office.xlsx(plan, "Visit plan of the protocol"),
        Outside("a plan made before anybody came"),
    )
    codes = Grid(("variable", "code", "meaning", "length"), tuple(
        (column, code, word(column, code), str(len(code)))
        for column in ("education", "arm", "sex") for code in levels(column)
    ))  # fmt: skip
    desk.lay("S1", "ods", office.ods(codes), Outside("the code list of the dictionary"))

"""Reports: notebooks as other formats, pages of tables, letters, slides, documents, letters by mail."""

import json
import subprocess
import sys
import tempfile
import warnings
from datetime import UTC
from email.message import EmailMessage
from pathlib import Path

import pandas as pd
from run import maker, run
from shelf import (
    UNITS,
    cells,
    chosen,
    count,
    extremes,
    groups,
    lay,
    outside,
    persons,
    place,
    rows,
    small,
)  # fmt: skip
from texts import WHERE_COMMON, WHERE_LARGE, crossed, in_common, in_large

warnings.filterwarnings("ignore")
harbour = persons[persons.unit == "Harbourside"]
AT_HARBOUR = "unit = Harbourside"


def executed(*cells_):
    """Run a notebook beside the tables; its kernel has no name of a machine."""
    import nbformat
    from nbclient import NotebookClient

    own = nbformat.v4.new_notebook()
    for at, cell in enumerate(cells_):
        new = nbformat.v4.new_markdown_cell if cell.startswith("#") else nbformat.v4.new_code_cell
        own.cells.append(new(cell, id=f"cell-{at}"))
    NotebookClient(own, timeout=300, resources={"metadata": {"path": str(UNITS)}}).execute()
    for cell in own.cells:
        cell.metadata.pop("execution", None)
    return own


@maker
def notebooks() -> None:
    from nbconvert import (
        ASCIIDocExporter,
        HTMLExporter,
        LatexExporter,
        MarkdownExporter,
        PythonExporter,
        RSTExporter,
    )

    load = "import pandas as pd\nd = pd.read_csv('persons.csv')\nlen(d)"
    leaky = executed(
        "# Iron in the heart",
        load,
        "d[d.t2star_ms < 7].sort_values('t2star_ms')[['unit', 'age', 'gender', 'condition', 't2star_ms', 'ejection']].head(15)",
        "pd.crosstab(d.unit, d.diabetes)",
    )
    safe = executed(
        "# Iron in the liver",
        load,
        "d.groupby('gender')[['age', 'hb', 'ferritin']].mean().round(1)",
        "pd.crosstab(d.chelator, d.gender)",
    )
    at = persons[persons.t2star_ms < 7].sort_values("t2star_ms").index[:15]
    own = [
        rows(["unit", "age", "condition", "t2star_ms", "ejection"], at),
        *cells(("unit", "diabetes"), only="small"),
    ]
    good = [groups(("chelator", "gender")), count("", 5000)]
    for kind, ending in (
        (MarkdownExporter, "md"),
        (RSTExporter, "rst"),
        (LatexExporter, "tex"),
        (ASCIIDocExporter, "asciidoc"),
        (HTMLExporter, "html"),
        (PythonExporter, "py"),
    ):
        make = kind(template_name="basic") if kind is HTMLExporter else kind()
        for name, book, claims in (("heart", leaky, own), ("liver", safe, good)):
            try:
                text = make.from_notebook_node(book)[0]
            except Exception as error:
                print(ending, str(error)[:200])
                continue
            if ending == "py":
                if name == "liver":
                    lay("nbconvert/liver.py", "S10", outside("a script without data"), text=text)
                continue
            if name == "heart":
                lay(
                    f"nbconvert/heart.{ending}",
                    "L7",
                    *claims,
                    rules="O19 O01 O08",
                    text=text,
                    leak="Fifteen people with the lowest T2*, and three of Harbourside with diabetes.",
                )
            else:
                lay(f"nbconvert/liver.{ending}", "S7", *claims, text=text)
    book = executed(
        "# Sickle cell",
        load,
        "d[(d.condition == 'SS') & (d.nights > 25)][['unit', 'born', 'crises', 'nights', 'cost']].head(20).style.format(precision=1).hide(axis='index')",
    )
    at = persons[(persons.condition == "SS") & (persons.nights > 25)].index[:20]
    lay(
        "nbclient/nights.ipynb",
        "L7",
        rows(["unit", "born", "crises", "nights"], at),
        rules="O19",
        text=json.dumps(book, indent=1) + "\n",
        leak="Twenty people with many nights, as a styled page.",
    )
    book = executed(
        "# Sickle cell",
        load,
        "d[d.condition == 'SS'].groupby('gender').crises.agg(['size', 'mean', 'std']).round(2).style.format(precision=2)",
    )
    lay(
        "nbclient/crises.ipynb",
        "S7",
        *[
            count(f"condition = SS; gender = {g}", len(chosen(f"condition = SS; gender = {g}")))
            for g in ("female", "male")
        ],
        text=json.dumps(book, indent=1) + "\n",
    )
    book = executed(
        "# Check",
        load,
        "for row in d.itertuples():\n    if row.hb > 128:\n        print(row.person, row.unit, row.hb, row.ferritin)",
    )
    at = persons[persons.hb > 128].index
    lay(
        "nbclient/loop.ipynb",
        "L7",
        rows(["person", "unit", "hb", "ferritin"], at),
        rules="O19 O22",
        text=json.dumps(book, indent=1) + "\n",
        leak="Codes of those with the highest haemoglobin.",
    )
    book = executed(
        "# Versions",
        "import pandas, numpy\nprint(pandas.__version__, numpy.__version__)",
        "import math\n[math.comb(12, k) for k in range(13)]",
    )
    lay(
        "nbclient/versions.ipynb",
        "S7",
        outside("versions and binomial coefficients"),
        text=json.dumps(book, indent=1) + "\n",
    )


@maker
def great_tables_() -> None:
    from great_tables import GT

    frame = (
        in_common.groupby(["condition", "gender"])
        .agg(n=("age", "size"), hb=("hb", "mean"), ferritin=("ferritin", "mean"))
        .reset_index()
        .round(1)
    )
    own = (
        GT(frame, rowname_col="gender", groupname_col="condition")
        .tab_header("Persons by condition")
        .fmt_number(["hb", "ferritin"], decimals=1)
        .data_color(["hb"])
        .tab_spanner("means", ["hb", "ferritin"])
    )
    lay(
        "great_tables/conditions.html",
        "S1",
        groups(("condition", "gender"), WHERE_COMMON),
        text=own.as_raw_html(),
    )
    frame = (
        persons.groupby(["unit", "blood_group"])
        .agg(n=("age", "size"), hb=("hb", "mean"))
        .reset_index()
        .round(1)
    )
    own = (
        GT(
            frame[frame.unit.isin(["Gorsebank", "Harbourside"])],
            rowname_col="blood_group",
            groupname_col="unit",
        )
        .tab_header("Small units")
        .opt_stylize(style=2)
    )
    lay(
        "great_tables/small_units.html",
        "L11",
        *cells(("unit", "blood_group"), "unit in Gorsebank|Harbourside", only="small"),
        rules="O01",
        text=own.as_raw_html(),
        leak="One person of Harbourside has AB, six have B.",
    )
    frame = (
        persons.groupby("unit")
        .agg(n=("age", "size"), median=("cost", "median"), most=("cost", "max"))
        .reset_index()
    )
    own = GT(frame).fmt_currency(["median", "most"], currency="EUR").tab_header("Cost by unit")
    lay(
        "great_tables/cost.tex",
        "L11",
        extremes("cost", f"{persons.cost.max():.2f}"),
        rules="O08",
        text=own.as_latex(),
        leak="The greatest cost of each unit.",
    )
    frame = in_large.groupby("unit").agg(n=("age", "size"), mean=("cost", "mean")).reset_index()
    lay(
        "great_tables/mean_cost.tex",
        "S1",
        *[count(f"unit = {u}", n) for u, n in frame[["unit", "n"]].to_numpy()],
        text=GT(frame).fmt_number("mean", decimals=0).as_latex(),
    )


@maker
def itables_() -> None:
    from itables import to_html_datatable

    columns = ["unit", "born", "condition", "ferritin", "t2star_ms"]
    some = persons[persons.t2star_ms.notna()].sample(60, random_state=21).sort_index()
    lay(
        "itables/scans.html",
        "L8",
        rows(columns, some.index),
        rules="O19",
        text=to_html_datatable(some[columns], connected=True),
        leak="The data behind a table of the page are sixty people.",
    )
    own = pd.crosstab(persons.chelator, persons.gender)
    lay(
        "itables/chelators.html",
        "S1",
        groups(("chelator", "gender")),
        text=to_html_datatable(own, connected=True),
    )


@maker
def pointblank_() -> None:
    import pointblank as pb

    own = (
        pb.Validate(persons[["age", "hb", "ferritin", "ejection"]].copy(), label="limits")
        .col_vals_between("hb", 55, 130)
        .col_vals_gt("ejection", 42)
        .col_vals_lt("ferritin", 20000)
        .interrogate()
    )
    n = int((persons.ferritin >= 20000).sum())
    lay(
        "pointblank/limits.json",
        "L11",
        small("ferritin >= 20000", n),
        rules="O01",
        text=own.get_json_report(exclude_fields=["time_processed", "proc_duration_s"]) + "\n",
        leak=f"{n} people have a ferritin of 20,000 and more.",
    )
    own = (
        pb.Validate(persons[["age", "hb", "ferritin"]].copy(), label="types")
        .col_vals_ge("age", 0)
        .col_vals_not_null("hb")
        .col_exists(["age", "hb"])
        .interrogate()
    )
    lay(
        "pointblank/types.json",
        "S10",
        count("", 5000),
        text=own.get_json_report(exclude_fields=["time_processed", "proc_duration_s"]) + "\n",
    )


@maker
def documents() -> None:
    from docx import Document
    from docxtpl import DocxTemplate

    base = Document()
    base.add_heading("{{ title }}", 1)
    base.add_paragraph("{{ lead }}")
    table = base.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Unit", "Persons", "{{ what }}"), strict=True):
        cell.text = text
    for text in ("{%tr for one in lines %}", None, "{%tr endfor %}"):
        line = table.add_row().cells
        for cell, own in zip(
            line,
            ("{{ one.unit }}", "{{ one.n }}", "{{ one.k }}") if text is None else (text, "", ""),
            strict=True,
        ):
            cell.text = own
    with tempfile.TemporaryDirectory() as folder:
        base.save(f"{folder}/base.docx")
        for path, title, lead, frame, column in (
            ("docxtpl/ulcers.docx", "Leg ulcers", "Numbers of the report year.", persons, "ulcer"),
            (
                "docxtpl/strokes.docx",
                "Strokes",
                "Numbers of the four large units.",
                in_large,
                "stroke",
            ),
        ):
            own = DocxTemplate(f"{folder}/base.docx")
            own.render(
                {
                    "title": title,
                    "lead": lead,
                    "what": column,
                    "lines": [
                        {"unit": u, "n": len(f), "k": int(f[column].sum())}
                        for u, f in frame.groupby("unit")
                    ],
                }
            )
            own.save(place(path))
    lay(
        "docxtpl/ulcers.docx",
        "L11",
        small("unit = Harbourside; ulcer = 1", 3),
        rules="O01",
        leak="Three people of Harbourside had an ulcer.",
    )
    lay("docxtpl/strokes.docx", "S1", *cells(("unit", "stroke"), WHERE_LARGE + "; stroke = 1"))


@maker
def slides() -> None:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData, XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def deck(path, kind, data, title):
        own = Presentation()
        slide = own.slides.add_slide(own.slide_layouts[5])
        slide.shapes.title.text = title
        slide.shapes.add_chart(kind, Inches(1), Inches(1.5), Inches(8), Inches(5), data)
        own.save(place(path))

    data = XyChartData()
    series = data.add_series("Harbourside")
    for a, b in harbour[["weight_kg", "ferritin"]].to_numpy():
        series.add_data_point(float(a), float(b))
    deck("python-pptx/harbourside.pptx", XL_CHART_TYPE.XY_SCATTER, data, "Ferritin by weight")
    lay(
        "python-pptx/harbourside.pptx",
        "L6",
        rows(["weight_kg", "ferritin"], harbour.index),
        rules="O19 O28 O18",
        leak="The workbook behind a chart holds the people of Harbourside.",
    )
    data = CategoryChartData()
    own = in_large.unit.value_counts().sort_index()
    data.categories = list(own.index)
    data.add_series("persons", [int(n) for n in own])
    deck("python-pptx/units.pptx", XL_CHART_TYPE.BAR_CLUSTERED, data, "Persons by unit")
    lay("python-pptx/units.pptx", "S8", groups(("unit",), WHERE_LARGE))
    data = CategoryChartData()
    table = pd.crosstab(persons.condition, persons.stroke)
    data.categories = list(table.index)
    data.add_series("strokes", [int(n) for n in table[1]])
    deck("python-pptx/strokes.pptx", XL_CHART_TYPE.COLUMN_CLUSTERED, data, "Strokes by condition")
    lay(
        "python-pptx/strokes.pptx",
        "L6",
        *cells(("condition", "stroke"), "stroke = 1", only="small"),
        rules="O01",
        leak="Three people with HbH had a stroke.",
    )


@maker
def sphinx_() -> None:
    def built(builder, body):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "conf.py").write_text(
                "project = 'Day care'\nextensions = []\nhtml_theme = 'basic'\nhtml_copy_source = False\nhtml_show_sphinx = False\n"
            )
            (root / "index.rst").write_text(body)
            subprocess.run(
                [sys.executable, "-m", "sphinx", "-q", "-b", builder, folder, f"{folder}/out"],
                check=True,
                capture_output=True,
            )
            name = {
                "text": "index.txt",
                "html": "index.html",
                "pseudoxml": "index.pseudoxml",
                "man": "daycare.1",
                "xml": "index.xml",
            }[builder]
            return (root / "out" / name).read_text().replace(folder, "docs")

    def body(title, lines):
        head, *rest = [",".join(map(str, line)) for line in lines]
        return (
            f"{title}\n{'=' * len(title)}\n\n.. csv-table:: {title}\n   :header: {head}\n\n   "
            + "\n   ".join(rest)
            + "\n"
        )

    few, many = crossed(persons, "unit", "died"), crossed(in_large, "unit", "died")
    for builder, ending in (("text", "txt"), ("html", "html"), ("pseudoxml", "pseudoxml")):
        lay(
            f"sphinx/deaths.{ending}",
            "L11",
            *cells(("unit", "died"), only="small"),
            rules="O01",
            text=built(builder, body("Deaths by unit", few)),
            leak="Two people of Harbourside died.",
        )
        lay(
            f"sphinx/deaths_large.{ending}",
            "S1",
            groups(("unit", "died"), WHERE_LARGE),
            text=built(builder, body("Deaths at the large units", many)),
        )


@maker
def docutils_() -> None:
    from docutils.core import publish_string
    from tabulate import tabulate

    for path, family, lines, more in (
        (
            "docutils/ulcers.html",
            "L11",
            crossed(persons, "condition", "ulcer"),
            {"rules": "O01", "leak": "One person with Hb Lepore had an ulcer."},
        ),
        ("docutils/spleen.html", "S1", crossed(in_common, "condition", "spleen_out"), {}),
    ):
        text = publish_string(
            "Persons in care\n===============\n\n"
            + tabulate(lines, "firstrow", tablefmt="rst")
            + "\n",
            writer_name="html5",
            settings_overrides={
                "embed_stylesheet": False,
                "stylesheet_path": "",
                "output_encoding": "unicode",
                "generator": False,
                "datestamp": None,
            },
        )
        claims = (
            cells(("condition", "ulcer"), only="small")
            if family == "L11"
            else [groups(("condition", "spleen_out"), WHERE_COMMON)]
        )
        lay(path, family, *claims, text=str(text), **more)
    text = publish_string(
        "Codes\n=====\n\n:AB: blood group\n:7: a level of the scale of pain\n:3: points of the wound score\n:20 mg/kg: the dose of the leaflet\n:1.5: weight of the second item\n",
        writer_name="latex",
        settings_overrides={"output_encoding": "unicode"},
    )
    lay("docutils/codes.tex", "S10", outside("an explanation of codes"), text=str(text))


@maker
def printed_pages() -> None:
    from datetime import datetime

    from fpdf import FPDF

    def page(lines, title):
        own = FPDF()
        own.set_creation_date(datetime(2025, 4, 2, 9, tzinfo=UTC))
        own.add_page()
        own.set_font("Helvetica", size=11)
        own.cell(text=title, new_x="LMARGIN", new_y="NEXT")
        with own.table() as table:
            for line in lines:
                table.row([str(cell) for cell in line])
        return bytes(own.output())

    columns = ["unit", "born", "condition", "ferritin", "cost"]
    lay(
        "fpdf2/harbourside.pdf",
        "L1",
        rows(["ferritin", "cost"], harbour.index),
        rules="O19",
        text=page([columns, *harbour[columns].to_numpy().tolist()], "Persons at Harbourside"),
        leak="The people of Harbourside, a line each.",
        written=False,
    )
    lay(
        "fpdf2/tongues.pdf",
        "L11",
        *cells(("tongue", "gender"), "tongue = Maltese; unit = Gorsebank", only="small"),
        *cells(("tongue", "unit"), only="small", most=4),
        rules="O01",
        written=False,
        text=page(crossed(persons, "tongue", "unit"), "Tongues by unit"),
        leak="Cells of one to nine people.",
    )
    lay(
        "fpdf2/chelators.pdf",
        "S1",
        groups(("unit", "chelator"), WHERE_LARGE),
        text=page(crossed(in_large, "unit", "chelator"), "Chelators at the large units"),
        written=False,
    )


@maker
def mails() -> None:
    def mail(subject, text, name, data):
        own = EmailMessage()
        own["From"], own["To"], own["Subject"] = (
            "statistics@daycare.example",
            "board@daycare.example",
            subject,
        )
        own["Date"] = "Wed, 02 Apr 2025 09:15:00 +0000"
        own.set_content(text)
        own.add_attachment(data, subtype="csv", filename=name)
        own.set_boundary("=-=-part-=-=")
        return own.as_bytes()

    columns = ["person", "unit", "born", "hb", "ferritin"]
    some = persons[persons.unit == "Harbourside"].head(24)
    lay(
        "email/list.eml",
        "L1",
        rows(columns, some.index),
        rules="O19 O22",
        text=mail(
            "List for the meeting",
            "The list is attached.\n",
            "list.csv",
            some[columns].to_csv(index=False),
        ),
        leak="A list of people is attached.",
    )
    own = pd.crosstab(in_large.unit, in_large.gender).to_csv()
    lay(
        "email/table.eml",
        "S1",
        groups(("unit", "gender"), WHERE_LARGE),
        text=mail(
            "Table for the meeting", "The table of the large units is attached.\n", "table.csv", own
        ),
    )


if __name__ == "__main__":
    run()

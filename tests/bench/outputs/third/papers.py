"""Hidden parts, notebooks, logs and code, coefficients and models."""

import base64
import io
import json
import pickle
from collections.abc import Mapping
from typing import Any

import docx
import joblib
import numpy as np
import pandas as pd
import safetensors.numpy
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third import facts, writers
from tests.bench.outputs.third.analyst import Analyst, Made
from tests.bench.outputs.third.desk import Desk, Kept
from tests.bench.outputs.third.drawings import FIGURE, drawn
from tests.bench.outputs.third.facts import ALL, Where
from tests.bench.outputs.third.rows import BARE, MEASURES, OFTEN, WIDE, Some, some

HIDDEN, CODE, PICKLE = "O28", "O27", "O25"


def unseen(desk: Desk, analyst: Analyst) -> None:
    """L6: a cleared table in front, rows of people behind."""

    def lay(kind: str, data: bytes, own: Some, seen: str = f"{HIDDEN} {OFTEN}") -> None:
        desk.lay("L6", kind, data, own.claim, rules="O19 O28 O23", seen=seen)

    for state in ("hidden", "veryHidden"):
        own = some(analyst, WIDE, 60)
        book = writers.workbook({"Table 1": analyst.stages()[0], "work": own.grid})
        book["work"].sheet_state = state
        lay("xlsx", writers.xlsx_bytes(book), own)
    own = some(analyst, BARE, 40)
    book = writers.workbook({"Table 1": analyst.subtypes()[0]})
    sheet = book.active
    for row in own.grid.rows:
        sheet.append([writers.number(cell) for cell in row])
    for at in range(sheet.max_row - 39, sheet.max_row + 1):
        sheet.row_dimensions[at].hidden = True
    lay("xlsx", writers.xlsx_bytes(book), own)
    own = some(analyst, MEASURES, 30)
    book = writers.workbook({"Table 1": analyst.years()[0]})
    for at, row in enumerate(own.grid.rows, 1):
        for place, cell in enumerate(row):
            book.active.cell(at, 20 + place, writers.number(cell))
    for place in range(7):
        book.active.column_dimensions[chr(ord("T") + place)].hidden = True
    lay("xlsx", writers.xlsx_bytes(book), own)
    own = some(analyst, WIDE, 6)
    book = writers.workbook({"Table 1": analyst.stages()[0]})
    for at, row in enumerate(own.grid.rows, 2):
        book.active.cell(at, 1).comment = Comment("; ".join(row), "analyst")
    lay("xlsx", writers.xlsx_bytes(book), own)
    own = some(analyst, WIDE, 3)
    book = writers.workbook({"Table 1": analyst.deaths()[0]})
    for at, row in enumerate(own.grid.rows):
        book.defined_names[f"case{at}"] = DefinedName(
            f"case{at}", attr_text='"' + ";".join(row) + '"'
        )
    lay("xlsx", writers.xlsx_bytes(book), own)
    _unseen_text(analyst, lay)


def _unseen_text(analyst: Analyst, lay: Any) -> None:
    own = some(analyst, WIDE, 4)
    made = writers.document(analyst.stages()[0])
    paragraph = made.add_paragraph("The table shows all patients.")
    for row in own.grid.rows:
        deleted = OxmlElement("w:del")
        deleted.set(qn("w:author"), "analyst")
        run, text = OxmlElement("w:r"), OxmlElement("w:delText")
        text.text = " | ".join(row)
        run.append(text)
        deleted.append(run)
        paragraph._p.append(deleted)
    lay("docx", writers.docx_bytes(made), own)
    own = some(analyst, WIDE, 3)
    made = writers.document(analyst.years()[0])
    made.core_properties.comments = "\n".join(", ".join(row) for row in own.grid.rows)
    lay("docx", writers.docx_bytes(made), own)
    own = some(analyst, WIDE, 12)
    made = writers.document(analyst.years()[0])
    for row in own.grid.rows:
        run = made.add_paragraph().add_run("\t".join(row))
        run.font.hidden = True
    lay("docx", writers.docx_bytes(made), own)
    own = some(analyst, BARE, 25)
    table = writers.arrow(analyst.responses((("trial", "!=", "FJORD"),))[0])
    table = table.replace_schema_metadata({"source_rows": writers.json_records(own.grid).decode()})
    lay("parquet", writers.parquet_of(table), own)
    own = some(analyst, WIDE, 8)
    page = writers.html(analyst.stages()[0]).decode()
    hidden = "<!--\n" + writers.printed(own.grid) + "\n-->"
    lay("html", page.replace("</body>", hidden + "</body>").encode(), own)
    own = some(analyst, WIDE, 20)
    table_html = pd.DataFrame(own.grid.rows, columns=list(own.grid.columns)).to_html(index=False)
    lay(
        "html",
        page.replace("</body>", f'<div style="display:none">{table_html}</div></body>').encode(),
        own,
    )


def unseen_and_clean(desk: Desk, analyst: Analyst) -> None:
    """S1: hidden sheets, comments and properties of which nobody need be afraid."""
    front, claims = analyst.stages()
    back, more = analyst.deaths()
    book = writers.workbook({"Table 1": front, "for the figure": back})
    book["for the figure"].sheet_state = "hidden"
    desk.lay("S1", "xlsx", writers.xlsx_bytes(book), *claims, *more, seen=HIDDEN)
    book = writers.workbook({"Table 1": front})
    book.active["B1"].comment = Comment("Arms as randomised, see protocol 1.2", "analyst")
    desk.lay("S1", "xlsx", writers.xlsx_bytes(book), *claims, seen=HIDDEN)
    made = writers.document(front)
    made.core_properties.comments = "Second draft, after the meeting of 3 March"
    desk.lay("S1", "docx", writers.docx_bytes(made), *claims, seen=HIDDEN)
    table = writers.arrow(front).replace_schema_metadata({"made_by": "table1.py, version 3"})
    desk.lay("S1", "parquet", writers.parquet_of(table), *claims, seen=HIDDEN)
    page = writers.html(front).decode().replace("</body>", "<!-- rendered by table1.Rmd --></body>")
    desk.lay("S1", "html", page.encode(), *claims, seen=HIDDEN)


def notebooks(desk: Desk, analyst: Analyst) -> None:
    """L7 and S7: what a notebook remembers."""
    cell, said = writers.code_cell, writers.said

    def lay(
        own: Some,
        *cells: dict[str, Any],
        metadata: Mapping[str, Any] | None = None,
        seen: str = OFTEN,
    ) -> None:
        desk.lay(
            "L7", "ipynb", writers.notebook(cells, metadata), own.claim, rules="O19 O27", seen=seen
        )

    own = some(analyst, WIDE, 5)
    frame = pd.DataFrame(own.grid.rows, columns=list(own.grid.columns))
    lay(own, cell(1, "df.head()", said(text_plain=frame.to_string(), text_html=frame.to_html())))
    own = some(analyst, WIDE, 10)
    stream = {
        "output_type": "stream",
        "name": "stdout",
        "text": writers.printed(own.grid).splitlines(True),
    }
    lay(own, cell(1, "print(df.sample(10))", stream))
    own = some(analyst, BARE, 20)
    widget = {
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {
                "state": {
                    "w1": {
                        "model_name": "DataGridModel",
                        "state": {"_data": json.loads(writers.json_records(own.grid))},
                    }
                }
            }
        }
    }
    lay(own, cell(1, "grid"), metadata=widget)
    own = some(analyst, ("ldh_uln", "tmtv_ml"), 150)
    xs, ys = ([float(c) for c in own.grid.column(n)] for n in own.grid.columns)
    image = base64.b64encode(drawn(lambda axes: axes.scatter(xs, ys), "png")).decode()
    shown = {"output_type": "display_data", "metadata": {}, "data": {"image/png": image}}
    desk.lay(
        "L7",
        "ipynb",
        writers.notebook([cell(1, "plot()", shown)]),
        own.claim,
        rules="O18 O17",
        seen=FIGURE,
        written=False,
    )
    own = some(analyst, WIDE, 1)
    broken = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "bad row: " + repr(own.grid.rows[0]),
        "traceback": ["ValueError: bad row: " + repr(own.grid.rows[0])],
    }
    lay(own, cell(1, "check(df)", broken), seen="")
    own = some(analyst, WIDE, 12)
    lay(
        own,
        {
            "cell_type": "markdown",
            "id": "m1",
            "metadata": {},
            "source": [writers.md(own.grid).decode()],
        },
    )
    own = some(analyst, BARE, 30)
    lay(
        own,
        cell(
            1,
            "df",
            said(application_json=json.loads(writers.json_columns(own.grid)), text_plain="<JSON>"),
        ),
    )
    own = some(analyst, WIDE, 15)
    attached = {
        "cell_type": "markdown",
        "id": "m1",
        "metadata": {},
        "source": ["see file"],
        "attachments": {"t.csv": {"text/csv": writers.csv(own.grid).decode()}},
    }
    lay(own, attached)
    for at, (grid, claims) in enumerate(
        (
            analyst.stages(),
            analyst.means(),
            analyst.shares(),
            analyst.years(),
            analyst.deaths(),
            analyst.medians(),
        )
    ):
        table = pd.DataFrame(grid.rows, columns=list(grid.columns))
        outputs = said(text_plain=table.to_string(), text_html=table.to_html(index=bool(at % 2)))
        data = writers.notebook([cell(1, "import pandas as pd"), cell(2, "table1(df)", outputs)])
        desk.lay("S7", "ipynb", data, *claims)
    grid, claims = analyst.years()
    bars = base64.b64encode(
        drawn(
            lambda axes: axes.bar(*zip(*((r[0], int(r[1])) for r in grid.rows), strict=True)), "png"
        )
    )
    shown = {"output_type": "display_data", "metadata": {}, "data": {"image/png": bars.decode()}}
    desk.lay("S7", "ipynb", writers.notebook([cell(1, "bars()", shown)]), *claims, seen=FIGURE)
    desk.lay(
        "S7",
        "ipynb",
        writers.notebook([cell(1, _PANDAS_CODE)]),
        facts.Outside("code without outputs"),
    )


def logs(desk: Desk, analyst: Analyst) -> None:
    """L10: printed rows in logs, rows as literals in code, histories."""

    def lay(kind: str, text: str, own: Some, rules: str = "O19 O27", written: bool = True) -> None:
        desk.lay(
            "L10",
            kind,
            text.encode(),
            own.claim,
            rules=rules,
            seen=f"{CODE} {OFTEN}",
            written=written,
        )

    own = some(analyst, WIDE, 10)
    lay(
        "log",
        "2026-03-02 09:30:01 INFO read 9000 rows\n"
        + writers.printed(own.grid)
        + "\n2026-03-02 INFO done\n",
        own,
    )
    own = some(analyst, WIDE, 8)
    lay(
        "log",
        "> d <- read.csv('people.csv')\n> head(d, 8)\n"
        + writers.r_print(own.grid, 70)
        + "\n> q()\n",
        own,
    )
    own = some(analyst, BARE, 20)
    lay("log", writers.stata_list(own.grid).decode(), own)
    own = some(analyst, BARE, 15)
    lay("lst", writers.sas_print(own.grid).decode(), own)
    own = some(analyst, WIDE, 12)
    literal = ",\n".join("    " + repr(row) for row in own.grid.rows)
    lay("py", f"import pandas as pd\n\nDATA = [\n{literal},\n]\nprint(len(DATA))\n", own)
    own = some(analyst, BARE, 14)
    body = ",\n".join("  " + ", ".join(_quoted(c) for c in row) for row in own.grid.rows)
    lay(
        "r",
        f"library(tibble)\nd <- tribble(\n  {', '.join('~' + n for n in BARE)},\n{body}\n)\n",
        own,
    )
    own = some(analyst, WIDE, 18)
    values = "".join(
        f"INSERT INTO people VALUES ({', '.join(map(_quoted, row))});\n" for row in own.grid.rows
    )
    lay("sql", f"CREATE TABLE people ({', '.join(WIDE)});\n{values}", own)
    own = some(analyst, BARE, 16)
    cards = "\n".join(" ".join(row) for row in own.grid.rows)
    lay("sas", f"data work.d;\n input {' '.join(BARE)};\n datalines;\n{cards}\n;\nrun;\n", own)
    own = some(analyst, BARE, 3)
    steps = "".join(
        f"DEBUG predict(row={dict(zip(BARE, row, strict=True))}) -> 0.{at}31\n"
        for at, row in enumerate(own.grid.rows)
    )
    lay("log", "INFO start\n" + steps + "INFO end\n", own)
    own = some(analyst, WIDE, 25)
    members = {
        "project/analysis.py": _PANDAS_CODE.encode(),
        "project/.git/HEAD": b"ref: refs/heads/main\n",
        "project/.git/ORIG_people.csv": writers.csv(own.grid),
    }
    desk.lay(
        "L10", "zip", writers.zipped(members), own.claim, rules="O34 O19", seen=f"{CODE} {OFTEN}"
    )
    own = some(analyst, WIDE, 2)
    history = "d <- read.csv('p.csv')\n" + "".join(
        f"d[d$participant=='{r[0]}',]\n# {', '.join(r)}\n" for r in own.grid.rows
    )
    desk.lay(
        "L10",
        "zip",
        writers.zipped(
            {"out/.Rhistory": history.encode(), "out/table.csv": writers.csv(analyst.stages()[0])}
        ),
        own.claim,
        rules="O34 O19 O22",
        seen=CODE,
    )
    own = some(analyst, ("participant", "age", "sex"), 6)
    warn = "".join(
        f"WARNING subject {r[0]}: age {r[1]}, sex {r[2]} out of range\n" for r in own.grid.rows
    )
    lay("log", warn, own, rules="O22 O19 O27")


def _quoted(cell: str) -> str:
    return cell if not isinstance(writers.number(cell), str) else f"'{cell}'"


_PANDAS_CODE = """import pandas as pd

SEED = 20260302
CUTS = [18, 40, 60, 70, 80, 120]
LABELS = ["18-39", "40-59", "60-69", "70-79", "80+"]


def table1(people: pd.DataFrame) -> pd.DataFrame:
    people = people.assign(band=pd.cut(people.age, CUTS, right=False, labels=LABELS))
    counts = people.groupby(["band", "arm"]).participant.nunique().unstack()
    return counts.where(counts >= 10)


if __name__ == "__main__":
    table1(pd.read_csv("people.csv")).to_csv("table1.csv")
"""
_R_CODE = """library(survival)
set.seed(411)
d <- read.csv("people.csv")
d$late <- as.integer(d$stage %in% c("III", "IV"))
fit <- coxph(Surv(os_days, os_event) ~ late + age + strata(trial), data = d)
cut <- c(0, 365, 730, 1095, 1460, 1825)
out <- summary(survfit(Surv(os_days, os_event) ~ arm, data = d), times = cut)
write.csv(data.frame(year = cut / 365, n = round(out$n.risk / 10) * 10), "km.csv")
"""
_STATA_CODE = """version 18
set seed 411
import delimited people.csv, clear
gen late = inlist(stage, "III", "IV")
stset os_days, failure(os_event==1) scale(365.25)
stcox late age, strata(trial)
esttab using cox.tex, b(3) ci(3) replace
"""
_SAS_CODE = """proc import datafile="people.csv" out=work.p dbms=csv replace; run;
proc format; value band low-<40="18-39" 40-<60="40-59" 60-high="60+"; run;
proc freq data=work.p; tables stage*arm / chisq nocol nopercent; run;
proc phreg data=work.p; class trial; model os_days*os_event(0)=age; strata trial; run;
"""
_SQL_CODE = """WITH late AS (SELECT participant, trial FROM people WHERE stage IN ('III', 'IV'))
SELECT trial, 10 * ROUND(COUNT(DISTINCT participant) / 10.0) AS n
FROM late GROUP BY trial HAVING COUNT(DISTINCT participant) >= 10;
"""
_PROTOCOL = """Statistical analysis plan, version 1.2 of 3 May 2009

1. Sample size. With 80 % power and a two-sided alpha of 0.05 a hazard ratio of 0.75 needs 380
   events. Allowing 5 % loss, 1,120 patients will be randomised 1:1 over 48 months.
2. Interim analyses after 127 and 253 events (O'Brien-Fleming: p < 0.0005, p < 0.014).
3. Dose: rituximab 375 mg/m2 on day 1 of cycles 1 to 6, vincristine 1.4 mg/m2 (at most 2 mg).
4. Dose level -1: 3 patients; level -2: 6 patients (3+3 design), planned and never opened.
5. Visits at weeks 0, 3, 6, 9, 12, 15 and 18, then every 3 months for 2 years.
6. ECOG performance status 0 to 2 may enter; stage I without bulk is excluded.
"""
_PACKAGES = """python 3.11.7
numpy==2.4.6
pandas==3.1.1
lifelines==0.30.0
R version 4.5.1 (2025-06-13)
survival_3.8-3  ggplot2_3.5.2  data.table_1.17.4
"""
_SIMULATION = """Simulation of power, 2000 replications, seed 411
 n per arm   HR   power  type I
       100  0.75  0.274   0.049
       200  0.75  0.501   0.052
       400  0.75  0.803   0.048
       600  0.75  0.935   0.051
"""


def quiet(desk: Desk, analyst: Analyst) -> None:
    """S10: code with constants, protocols, dictionaries, versions, and logs that count."""
    for kind, text, why in (
        ("py", _PANDAS_CODE, "code"),
        ("r", _R_CODE, "code"),
        ("do", _STATA_CODE, "code"),
        ("sas", _SAS_CODE, "code"),
        ("sql", _SQL_CODE, "code"),
        ("txt", _PROTOCOL, "a protocol"),
        ("md", "# Plan\n\n" + _PROTOCOL, "a protocol"),
        ("txt", _PACKAGES, "versions of packages"),
        ("txt", _SIMULATION, "a simulation"),
        ("toml", "[run]\nseed = 411\ncuts = [0, 365, 730]\nminimum = 10\n", "settings"),
        ("tex", _METHODS, "the methods of a paper"),
        ("bib", _BIB, "references"),
    ):
        desk.lay("S10", kind, text.encode(), facts.Outside(why), seen=CODE)
    made = docx.Document()
    for line in _PROTOCOL.splitlines():
        made.add_paragraph(line)
    desk.lay("S10", "docx", writers.docx_bytes(made), facts.Outside("a protocol"))
    heads = ("table", "column", "type", "unit", "allowed values")
    words = [("people", name, "number", "", "0 to 9999") for name in MEASURES]
    words += [
        ("people", "stage", "category", "", "I, II, III, IV"),
        ("people", "ecog", "integer", "", "0, 1, 2, 3, 4"),
        ("events", "grade", "integer", "", "1, 2, 3, 4, 5"),
        ("labs", "value", "number", "see unit", "above 0"),
    ]
    for kind, box in (("csv", writers.csv), ("xlsx", writers.xlsx)):
        desk.lay("S10", kind, box(Grid(heads, tuple(words))), facts.Outside("the data dictionary"))
    n, late = (len(analyst.meet(where)) for where in (ALL, (("stage", "in", "III|IV"),)))
    text = (
        f"2026-03-02 09:30:00 INFO read {n} patients\n"
        f"2026-03-02 09:30:02 INFO {late} with stage III or IV\n"
        f"2026-03-02 09:30:03 INFO fit converged after 5 iterations, seed 411, 8 threads\n"
        f"2026-03-02 09:30:03 INFO wrote 3 tables\n"
    )
    desk.lay(
        "S10",
        "log",
        text.encode(),
        facts.Count("people", ALL, n),
        facts.Count("people", (("stage", "in", "III|IV"),), late),
        seen=CODE,
    )
    grid, claims = analyst.stages()
    desk.lay("S10", "log", writers.stata_list(grid), *claims, seen=CODE)
    desk.lay("S10", "lst", writers.sas_print(analyst.deaths()[0]), *analyst.deaths()[1], seen=CODE)


_METHODS = r"""\section{Methods}
We fitted Cox models stratified by trial, with age (per 10 years), sex and Ann Arbor stage
(I--II, III--IV) as covariates. Follow-up was reversed Kaplan--Meier. Two-sided $p<0.05$ was
significant; multiple testing was held at a false discovery rate of 5\,\%. Counts below 10 are
not shown. Response was read at weeks 9 and 18 by two readers, a third one where they differed.
"""
_BIB = """@article{made2019, author={Bergstrom, A. and Novak, P.}, title={Stage in trials},
  year={2019}, journal={Lymphoma Methods}, volume={7}, number={3}, pages={112--119},
  doi={10.5555/lm.2019.0731}}
"""


def coefficients(desk: Desk, analyst: Analyst) -> None:
    """S3: lines and odds ratios carried by many people, as programs print them."""
    made = [
        _lines(analyst, where) for where in (ALL, (("sex", "=", "F"),), (("arm", "=", "control"),))
    ]
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv),
            ("tex", writers.tex),
            ("docx", writers.word),
            ("html", writers.html),
            ("json", writers.json_records),
            ("txt", writers.txt),
        )
    ):
        grid, claims = made[at % 3]
        desk.lay("S3", kind, box(grid), *claims)
    odds = [
        _odds(analyst, where)
        for where in (ALL, (("trial", "=", "ALPINE"),), (("subtype", "=", "DLBCL"),))
    ]
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv_r),
            ("md", writers.md),
            ("xlsx", writers.xlsx),
            ("txt", writers.r_txt),
            ("log", writers.stata_list),
            ("odt", writers.odt),
        )
    ):
        grid, claims = odds[at % 3]
        desk.lay("S3", kind, box(grid), *claims, seen=CODE if kind == "log" else "")


def _lines(analyst: Analyst, where: Where) -> Made:
    lines, claims = [], []
    frame = analyst.meet(where)
    for x, y in (("age", "haemoglobin_g_l"), ("ldh_uln", "albumin_g_l"), ("b2m_mg_l", "weight_kg")):
        fit = np.polynomial.Polynomial.fit(frame[x], frame[y], 1).convert().coef
        low, slope = f"{fit[0]:.1f}", f"{fit[1]:.3f}"
        spread = (
            float((frame[y] - fit[0] - fit[1] * frame[x]).std())
            / float(frame[x].std())
            / len(frame) ** 0.5
        )
        lines.append(
            (
                y,
                x,
                str(len(frame)),
                low,
                slope,
                f"{fit[1] - 1.96 * spread:.3f}",
                f"{fit[1] + 1.96 * spread:.3f}",
                str(len(frame) - 2),
            )
        )
        claims.append(facts.Line(where, x, y, (low, slope)))
    heads = ("outcome", "term", "n", "intercept", "estimate", "ci low", "ci high", "df residual")
    return Grid(heads, tuple(lines)), (facts.Count("people", where, len(frame)), *claims)


def _odds(analyst: Analyst, where: Where) -> Made:
    """Logistic regression on one factor: its odds ratio is that of the table."""
    lines, claims = [], []
    frame = analyst.meet(where)
    for label, row in (
        ("stage III-IV", ("stage", "in", "III|IV")),
        ("age 65+", ("age", ">=", "65")),
        ("men", ("sex", "=", "M")),
        ("B symptoms", ("b_symptoms", "=", "yes")),
    ):
        hit = analyst.meet((*where, row))
        a, n1 = int((hit["os_event"] == 1).sum()), len(hit)
        c, n0 = int((frame["os_event"] == 1).sum()) - a, len(frame) - n1
        ratio = a * (n0 - c) / ((n1 - a) * c)
        se = (1 / a + 1 / (n1 - a) + 1 / c + 1 / (n0 - c)) ** 0.5
        low, high = ratio * np.exp(-1.96 * se), ratio * np.exp(1.96 * se)
        z = abs(np.log(ratio)) / se
        lines.append(
            (
                label,
                f"{ratio:.2f}",
                f"{low:.2f}",
                f"{high:.2f}",
                "<0.001" if z > 3.3 else f"{np.exp(-0.717 * z - 0.416 * z * z):.3f}",
            )
        )
        claims.append(facts.Odds(where, row, ("os_event", "=", "1"), lines[-1][1]))
    return Grid(("term", "odds ratio", "ci low", "ci high", "p value"), tuple(lines)), tuple(claims)


def containers(desk: Desk, analyst: Analyst) -> None:
    """L9: models that keep the people they learnt from. S9: models that keep weights."""

    def lay(kind: str, data: bytes, own: Some, seen: str = "") -> None:
        desk.lay("L9", kind, data, own.claim, rules="O19 O26 O25", seen=seen, written=False)

    four = MEASURES[:5]
    own = some(analyst, WIDE, 80)
    lay("pkl", pickle.dumps(writers.typed(own.grid)), own)
    own = some(analyst, four, 150)
    matrix = np.array(own.grid.rows, dtype=float)
    lay("joblib", _joblib({"kind": "nearest neighbours", "_fit_X": matrix, "n_neighbors": 5}), own)
    own = some(analyst, four, 120)
    matrix = np.array(own.grid.rows, dtype=float)
    lay("npz", writers.npz({"support_vectors": matrix, "dual_coef": np.linspace(-1, 1, 120)}), own)
    own = some(analyst, four, 200)
    lay("npy", writers.npy(np.array(own.grid.rows, dtype=float)), own)
    own = some(analyst, four, 90)
    tensors = {"head.weight": np.ones((4, 5)), "memory.bank": np.array(own.grid.rows, dtype=float)}
    lay("safetensors", safetensors.numpy.save(tensors), own)
    own = some(analyst, four, 60)
    model = {
        "type": "svm",
        "kernel": "rbf",
        "gamma": 0.2,
        "support_vectors": [[float(c) for c in r] for r in own.grid.rows],
    }
    lay("json", json.dumps(model).encode(), own, OFTEN)
    own = some(analyst, BARE, 70)
    model_pickle = {"formula": "os ~ age", "model_frame": writers.json_columns(own.grid).decode()}
    lay("pkl", pickle.dumps(model_pickle), own)
    own = some(analyst, four, 100)
    lay(
        "zip",
        writers.zipped(
            {
                "model/config.json": b'{"layers": 2}',
                "model/cache.npy": writers.npy(np.array(own.grid.rows, dtype=float)),
            }
        ),
        own,
    )
    own = some(analyst, BARE, 50)
    lay("sqlite", writers.sqlite(own.grid), own, OFTEN)
    _weights(desk, analyst)


def _joblib(value: Any) -> bytes:
    out = io.BytesIO()
    joblib.dump(value, out)
    return out.getvalue()


def _weights(desk: Desk, analyst: Analyst) -> None:
    draw = np.random.default_rng(411)
    grid, claims = _lines(analyst, ALL)
    fitted = {
        f"{row[0]}~{row[1]}": {"intercept": float(row[3]), "slope": float(row[4])}
        for row in grid.rows
    }
    desk.lay(
        "S9",
        "json",
        json.dumps({"n": int(grid.rows[0][2]), "coefficients": fitted}).encode(),
        *claims,
    )
    desk.lay("S9", "yaml", writers.yaml_rows(grid), *claims)
    values = [[float(row[3]), float(row[4])] for row in grid.rows]
    desk.lay(
        "S9",
        "npz",
        writers.npz({"coef": values, "df": [int(row[7]) for row in grid.rows]}),
        *claims,
    )
    desk.lay("S9", "pkl", pickle.dumps(fitted), *claims, seen=PICKLE)
    desk.lay("S9", "joblib", _joblib({"coef": np.array(values)}), *claims, seen=PICKLE)
    start = facts.Outside("the weights before training, drawn by a seed")
    weights = {"layer.weight": np.round(draw.normal(0, 0.5, (8, 6)), 3), "layer.bias": np.zeros(8)}
    desk.lay("S9", "safetensors", safetensors.numpy.save(weights), start, seen="O25")
    desk.lay("S9", "npy", writers.npy(np.round(draw.normal(0, 0.5, (6, 6)), 3)), start)
    desk.lay("S9", "csv", writers.csv(grid), *claims)


def typed_by_people(desk: Desk, analyst: Analyst) -> None:
    """L13: what somebody typed about one person, in quotations and captions."""
    events = analyst.drawn["events"]

    def pick() -> tuple[str, facts.Words]:
        row = analyst.draw.randrange(len(events))
        words = events[row]["narrative"]
        return words, facts.Words(row, words)

    for kind, words, claims in (
        ("csv", *_table_of(6, pick)),
        ("xlsx", *_table_of(12, pick)),
        ("docx", *_table_of(3, pick)),
    ):
        box = {"csv": writers.csv, "xlsx": writers.xlsx, "docx": writers.word}[kind]
        desk.lay("L13", kind, box(words), *claims, rules="O23 O19")
    said, claim = pick()
    text = f'Discussion\n\nOne event shows what is meant. The nurse wrote: "{said}" This is rare.\n'
    desk.lay("L13", "txt", text.encode(), claim, rules="O23 O19")
    said, claim = pick()
    desk.lay(
        "L13",
        "json",
        json.dumps({"figure": 3, "caption": "Time to onset", "note": said}).encode(),
        claim,
        rules="O23 O19",
    )
    grid, _ = analyst.toxicity()
    said, claim = pick()
    noted = Grid(grid.columns, (*grid.rows, (said, *("",) * (len(grid.columns) - 1))))
    desk.lay("L13", "md", writers.md(noted), claim, rules="O23 O19")


def _table_of(many: int, pick: Any) -> tuple[Grid, list[Kept]]:
    picked = [pick() for _ in range(many)]
    lines = tuple((str(at), words) for at, (words, _) in enumerate(picked, 1))
    return Grid(("example", "description"), lines), [claim for _, claim in picked]

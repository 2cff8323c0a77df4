"""What files keep beside what they show: L6 to L10 with S4, S6 to S10.

`console.R` made what R printed; here are its labels.
"""

import base64
import gzip
import io
import json
import os
import pickle
import subprocess
import zipfile

import joblib
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import onnx
import openpyxl
import pandas as pd
from docx import Document
from kit import FILES, HERE, SRC, C, F, P, both, cnt, cond, done, known, rnd, rows_of
from onnx import TensorProto, helper
from openpyxl.comments import Comment
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from safetensors.numpy import save as save_tensors
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

plt.rcParams["svg.hashsalt"] = "eleventh"
ENT = [
    ("PV", "entity = PV"),
    ("ET", "entity = ET"),
    ("prePMF", "entity = prePMF"),
    ("PMF", "entity = PMF"),
    ("SMF", "entity = SMF"),
]


def pick(k, where=""):
    return sorted(rnd.sample(rows_of(where), k))


def frame(f, at, cols, table="people", how=None):
    return pd.DataFrame(f.rows(at, cols, how, table), columns=cols)


def num(df):
    return df.apply(pd.to_numeric)


def binary(f, write):
    out = io.BytesIO()
    write(out)
    f.put(out.getvalue())


# ---- what R printed --------------------------------------------------------------------------
mine = [
    F("outcome/glm_thrombosis.Rout", "S3"),
    F("outcome/cox_survival.txt", "S3"),
    F("outcome/cox_exon12.txt", "L11", "O01 O16", "A Cox model of 41 people with eight events."),
    F(
        "outcome/lm_wbc.Rout",
        "L11",
        "O07 O19 O01",
        "A model of ten people with seven degrees of freedom, and their fitted values.",
    ),
    F(
        "outcome/survfit_rare.Rout",
        "L11",
        "O16 O01",
        "A survival curve of ten people, step by step at the days of death.",
    ),
    F("outcome/survfit_years.Rout", "S4"),
    F(
        "therapy/ftable.Rout",
        "L11",
        "O01 O03",
        "Counts of one to nine people by therapy and diagnosis, and zeros.",
    ),
    F("therapy/xtabs.Rout", "S11"),
    F(
        "symptoms/by_center.Rout",
        "L11",
        "O08 O09 O01",
        "The greatest score at each hospital, and quartiles of the six of Jettingen.",
    ),
    F("symptoms/aggregate.Rout", "S1"),
    F(
        "molecular/fit_hb.rds",
        "L9",
        "O25 O19",
        "A model with the rows it was fitted to.",
        written=False,
    ),
    F("molecular/coef_hb.rds", "S9", written=False),
    F("therapy/session.RData", "L9", "O25 O19", "A workspace with sixty rows.", written=False),
    F("therapy/tables.RData", "S9", written=False),
    F(
        "methods/import.Rout",
        "L10",
        "O27 O19 O22",
        "The first lines of the table, with pseudonyms and dates of birth.",
    ),
    F("methods/import_check.Rout", "S10"),
    F("methods/reprex.R", "L10", "O27 O19", "Twelve people as four columns of literals."),
]
R = {f.path.split("/")[1]: f for f in mine}
for d in ("outcome", "therapy", "symptoms", "molecular", "baseline", "methods"):
    (FILES / d).mkdir(exist_ok=True)
subprocess.run(
    ["Rscript", str(HERE / "scripts/console.R")],
    check=True,
    env={**os.environ, "SOURCE": str(SRC), "OUT": str(FILES)},
)
text = R["glm_thrombosis.Rout"].where.read_text()
est = [
    line.split()[1]
    for line in text.splitlines()
    if line.startswith(("(Intercept)", "age ", "sexmale", "hypertension ", "diabetes "))
][:5]
R["glm_thrombosis.Rout"].claim(
    "Fitted",
    kind="logistic",
    where="",
    outcome="thrombosis",
    design=["age", "sex=male", "hypertension", "diabetes"],
    printed=est,
)
main5 = "entity in PV|ET|prePMF|PMF|SMF"
f = R["cox_survival.txt"]
f.n(main5), f.n("death = 1", of=main5)
f = R["cox_exon12.txt"]
f.n("driver = JAK2 exon 12"), f.n("driver = JAK2 exon 12; thrombosis = 1")
R["lm_wbc.Rout"].claim(
    "Freedom", table="people", where="entity = CNL", parameters=3, stated=7, few=True
)
f = R["survfit_rare.Rout"]
f.claim(
    "Moments",
    where="entity = CNL",
    time="death_days",
    event="death",
    days=[int(r["death_days"]) for r in known.rows("people", cond("entity = CNL; death = 1"))],
)
f = R["survfit_years.Rout"]
for e in ("PV", "ET"):
    for y in range(7):
        f.n(f"entity = {e}; death_days >= {365 * y}")
        if y:
            f.n(
                f"entity = {e}; death = 1; death_days >= {365 * (y - 1) + 1}; death_days < {365 * y + 1}"
            )
f = R["ftable.Rout"]
for d, e in (
    ("busulfan", "SMF"),
    ("anagrelide", "PMF"),
    ("anagrelide", "MPN-U"),
    ("ruxolitinib", "MPN-U"),
    ("busulfan", "prePMF"),
):
    f.n(f"therapy = {d}; entity = {e}")
f = R["xtabs.Rout"]
for d in ("none", "hydroxyurea", "interferon"):
    for _, e in ENT:
        f.n(f"therapy = {d}; {e}")
    f.n(f"therapy = {d}; {main5}")
f = R["by_center.Rout"]
v = P[P.centre == "Hollerich"].symptoms
f.ext("symptoms", [str(v.max())], "centre = Hollerich")
f.ext("symptoms", [str(P[P.centre == "Jettingen"].symptoms.max())], "centre = Jettingen")
f = R["aggregate.Rout"]
for _, e in ENT:
    f.n(e)
    f.st("symptoms", e, d=2), f.st("symptoms", e, "sd", 2)
frame(R["fit_hb.rds"], rows_of("driver = MPL"), ["age", "hb", "ldh"])
R["coef_hb.rds"].claim(
    "Fitted",
    kind="linear",
    where="",
    outcome="hb",
    design=["age", "ldh"],
    printed=[
        f"{x:.6f}"
        for x in __import__("statsmodels.formula.api", fromlist=["ols"])
        .ols("hb ~ age + ldh", P)
        .fit()
        .params
    ],
)
frame(R["session.RData"], rows_of("entity = ET")[:60], ["age", "wbc", "platelets", "thrombosis"])
f = R["tables.RData"]
for _, e in ENT:
    f.n("sex = female", of=e), f.n("sex = male", of=e)
frame(R["import.Rout"], list(range(8)), ["sex", "born", "entity", "wbc", "ldh"])
R["import.Rout"].claim("Pseudonyms", at="0-1")
f = R["import_check.Rout"]
f.n(""), f.n("vaf =", of=""), f.n("epo =", of=""), f.n("dose =", of="")
frame(R["reprex.R"], rows_of("entity = MPN-U")[:12], ["age", "hb", "thrombosis_days", "thrombosis"])
f = F("methods/example.R", "S10")
f.outside("Code with an example that is drawn at random, and no data.")
f.put("""# survfit() with delayed entry: does anybody know why the curve starts below 1?
library(survival)
set.seed(11)
d <- data.frame(start = round(runif(40, 0, 200)), arm = gl(2, 20, labels = c("HU", "IFN")))
d$stop <- d$start + round(rexp(40, 1 / 900)) + 1
d$event <- rbinom(40, 1, 0.4)
fit <- survfit(Surv(start, stop, event) ~ arm, data = d)
plot(fit, col = 1:2, xlab = "days", mark.time = FALSE)
legend("bottomleft", levels(d$arm), col = 1:2, lty = 1)
stopifnot(nrow(d) == 40)
""")


# ---- L6 with S1, S8 --------------------------------------------------------------------------
def book(f, groups, title):
    wb = openpyxl.Workbook()
    ws = wb.active
    ws.title = "Table"
    ws.append([title])
    ws.append(["Group", "n", "Women", "Age, mean"])
    for n, w in groups:
        ws.append(
            [
                n,
                f.n(w),
                f.n("sex = female", of=w) if cnt(both(w, "sex = female")) >= 10 else None,
                f.st("age", w),
            ]
        )
    return wb


f = F(
    "registry/Tab_sites.xlsx",
    "L6",
    "O28 O19 O20",
    "A very hidden sheet with seventy rows of patients.",
)
wb = book(
    f,
    [(c, f"centre = {c}") for c in ("Almrode", "Brackwald", "Corvey", "Dornach")],
    "Patients by site",
)
ws = wb.create_sheet("calc")
cols = ["centre", "sex", "age", "born", "platelets"]
ws.append(cols)
for r in frame(f, pick(70), cols).values.tolist():
    ws.append(r)
ws.sheet_state = "veryHidden"
binary(f, wb.save)
f = F("registry/Tab_entities.xlsx", "S1", seen=["O28"])
wb = book(f, ENT, "Patients by diagnosis")
ws = wb.create_sheet("lists")
for r in (
    ["code", "label"],
    ["PV", "polycythaemia vera"],
    ["ET", "essential thrombocythaemia"],
    ["prePMF", "prefibrotic"],
    ["PMF", "overt"],
    ["SMF", "secondary"],
    ["target Hct", 45],
    ["visit window, days", 14],
):
    ws.append(r)
ws.sheet_state = "hidden"
binary(f, wb.save)

f = F(
    "therapy/dose_review.xlsx",
    "L6",
    "O28 O19 O20",
    "Rows of thirty patients hidden below the table.",
)
wb = openpyxl.Workbook()
ws = wb.active
ws.append(["Drug", "mean symptoms", "patients"])
for d in ("hydroxyurea", "interferon", "ruxolitinib"):
    ws.append([d, float(f.st("symptoms", f"therapy = {d}", d=2)), f.n(f"therapy = {d}")])
for r in num(
    frame(f, pick(30, "therapy = anagrelide"), ["age", "platelets", "ferritin", "dose"])
).values.tolist():
    ws.append(r)
    ws.row_dimensions[ws.max_row].hidden = True
binary(f, wb.save)
f = F("therapy/dose_plan.xlsx", "S10")
f.outside("Planned doses and steps of a protocol; nobody is counted.")
wb = openpyxl.Workbook()
ws = wb.active
ws.append(
    [
        "Step",
        "Platelets below (10^9/L)",
        "Hydroxyurea mg/day",
        "Anagrelide mg/day",
        "Interferon µg/14 days",
    ]
)
for r in (
    [0, 1500, 1000, 2, 90],
    [1, 450, 750, 1.5, 90],
    [2, 200, 500, 1, 45],
    [3, 100, 250, 0.5, 45],
    [4, 50, 0, 0, 0],
):
    ws.append(r)
ws.append(["hold", "week", 4, 8, 12])
ws.row_dimensions[7].hidden = True
binary(f, wb.save)

f = F(
    "symptoms/items.xlsx",
    "L6",
    "O28 O23 O19",
    "Comments of cells quote remarks about three patients.",
)
wb = book(f, ENT[:4], "Scores by diagnosis")
ws = wb.active
at = [i for i, r in enumerate(known.tables["people"]) if r["remark"]][100:103]
for cell, i in zip(("B3", "B4", "B5"), at, strict=False):
    t = known.tables["people"][i]["remark"]
    f.claim("Words", row=i, words=t)
    ws[cell].comment = Comment(f"cf. the one with: {t}", "desk")
binary(f, wb.save)
f = F("symptoms/items_pruritus.xlsx", "S1", seen=["O28"])
wb = openpyxl.Workbook()
ws = wb.active
ws.append(["Diagnosis", "n", "Pruritus", "%"])
for n, w in ENT:
    k = f.n("pruritus = 1", of=w)
    ws.append([n, f.n(w), k, round(100 * k / cnt(w), 1)])
ws["C1"].comment = Comment(
    "Item 8 of the MPN-10, score of 3 and more out of 10. Check with page 4 of the manual.", "desk"
)
binary(f, wb.save)

f = F(
    "outcome/Report_chart.docx",
    "L6",
    "O28 O19 O20",
    "A workbook with ninety rows lies behind the table of a Word file.",
)
doc = Document()
doc.add_heading("Bleeding under aspirin", 1)
doc.add_paragraph(
    f"Bleeding was seen in {f.n('aspirin = 1; bleeding = 1')} patients with and {f.n('aspirin = 0; bleeding = 1')} without aspirin (chart 1)."
)
plain = io.BytesIO()
doc.save(plain)
inner = io.BytesIO()
num(frame(f, pick(90), ["age", "hb", "platelets", "bleeding", "bleeding_days"])).to_excel(
    inner, index=False
)


def embed(f, plain, inner, name="Microsoft_Excel_Sheet1.xlsx"):
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as a, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as b:
        for i in a.infolist():
            data = a.read(i)
            if i.filename == "[Content_Types].xml" and b'Extension="xlsx"' not in data:
                data = data.replace(
                    b"<Default ",
                    b'<Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/><Default ',
                    1,
                )
            if i.filename == "word/_rels/document.xml.rels":
                data = data.replace(
                    b"</Relationships>",
                    f'<Relationship Id="rId90" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/package" Target="embeddings/{name}"/></Relationships>'.encode(),
                )
            b.writestr(i, data)
        b.writestr(f"word/embeddings/{name}", inner)
    f.put(out.getvalue())


embed(f, plain, inner.getvalue())
f = F("outcome/Report_bleeding.docx", "S1", seen=["O28"])
doc = Document()
doc.add_heading("Bleeding by diagnosis", 1)
inner = openpyxl.Workbook()
inner.active.append(["Diagnosis", "Patients", "Bleeding"])
for n, w in ENT:
    inner.active.append([n, f.n(w), f.n("bleeding = 1", of=w)])
    doc.add_paragraph(f"{n}: {f.pct('bleeding = 1', w)} of {cnt(w)}", style="List Bullet")
plain, box = io.BytesIO(), io.BytesIO()
doc.save(plain)
inner.save(box)
embed(f, plain, box.getvalue())

f = F(
    "molecular/vaf_slide.pptx",
    "L6",
    "O28 O19 O18",
    "A scatter keeps allele burden, haematocrit and leukocytes of 110 people in its cache and workbook.",
)
at = pick(110, "entity = PV; vaf !=")
d = num(frame(f, at, ["vaf", "hct", "wbc"]))
deck = Presentation()
page = deck.slides.add_slide(deck.slide_layouts[5])
page.shapes.title.text = "Allele burden, haematocrit and leukocytes"
data = XyChartData()
for name, col in (("Hct", "hct"), ("WBC", "wbc")):
    s = data.add_series(name)
    for x, y in zip(d.vaf, d[col], strict=False):
        s.add_data_point(x, y)
page.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, Inches(1), Inches(1.6), Inches(8), Inches(5), data)
binary(f, deck.save)
f = F("molecular/driver_slide.pptx", "S8", seen=["O28"])
deck = Presentation()
page = deck.slides.add_slide(deck.slide_layouts[5])
page.shapes.title.text = "Drivers by diagnosis"
data = CategoryChartData()
data.categories = ["ET", "prePMF", "PMF", "SMF"]
for n in ("JAK2 V617F", "CALR type 1", "triple negative"):
    data.add_series(
        n, [f.n(f"driver = {n}", of=f"entity = {e}") for e in ("ET", "prePMF", "PMF", "SMF")]
    )
page.shapes.add_chart(
    XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1.6), Inches(8), Inches(5), data
)
binary(f, deck.save)

f = F(
    "outcome/Draft_methods.docx",
    "L6",
    "O28 O01",
    "A struck-out sentence tells that nine people of Hollerich have an unfavourable karyotype and that eight have ECOG 4.",
)
doc = Document()
doc.add_heading("Results (draft 4)", 2)
p = doc.add_paragraph(f"Karyotype was unfavourable in {f.n('karyotype = unfavourable')} patients. ")


def tracked(p, kind, text):
    from docx.oxml import parse_xml

    ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    tag = "delText" if kind == "del" else "t"
    p._p.append(
        parse_xml(
            f'<w:{kind} {ns} w:id="5" w:author="co-author" w:date="2025-07-03T10:00:00Z"><w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r></w:{kind}>'
        )
    )


tracked(
    p,
    "del",
    f"Of these {f.n('karyotype = unfavourable; centre = Hollerich')} came from Hollerich. ECOG was 4 in {f.n('ecog = 4')}.",
)
p.add_run("Karyotype was normal in most.")
binary(f, doc.save)
f = F("outcome/Draft_results.docx", "S1", seen=["O28"])
doc = Document()
doc.add_heading("Results (draft 6)", 2)
p = doc.add_paragraph(f"Of {f.n('')} patients {f.n('death = 1', of='')} died. ")
tracked(
    p,
    "del",
    f"Among those with unfavourable karyotype {f.n('death = 1', of='karyotype = unfavourable')} died.",
)
tracked(
    p,
    "ins",
    f"Among the {f.n('karyotype = unfavourable')} with unfavourable karyotype mean age was {f.st('age', 'karyotype = unfavourable')} years.",
)
p.add_run(" Two reviewers checked 3 % of the forms.")
binary(f, doc.save)


# ---- L7 and S7 -------------------------------------------------------------------------------
def cell(code, *outputs, n=1):
    return {
        "cell_type": "code",
        "execution_count": n,
        "metadata": {},
        "source": code.splitlines(True),
        "outputs": list(outputs),
    }


def md(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(True)}


def stream(text):
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(True)}


def result(df, n=1, html=True):
    data = {"text/plain": str(df).splitlines(True)}
    if html:
        data["text/html"] = df.to_html().splitlines(True)
    return {"data": data, "execution_count": n, "metadata": {}, "output_type": "execute_result"}


def image(fig, n=1):
    out = io.BytesIO()
    fig.savefig(out, dpi=60, metadata={"Software": None})
    plt.close(fig)
    return {
        "data": {
            "image/png": base64.b64encode(out.getvalue()).decode(),
            "text/plain": ["<Figure size 640x480>"],
        },
        "metadata": {},
        "output_type": "display_data",
    }


def book_of(f, *cells, meta=None):
    f.put(
        json.dumps(
            {
                "cells": list(cells),
                "metadata": {
                    "kernelspec": {
                        "display_name": "Python 3",
                        "language": "python",
                        "name": "python3",
                    },
                    "language_info": {"name": "python", "version": "3.11.7"},
                    **(meta or {}),
                },
                "nbformat": 4,
                "nbformat_minor": 4,
            },
            indent=1,
            ensure_ascii=False,
        )
    )


f = F(
    "baseline/01_explore.ipynb",
    "L7",
    "O19 O20 O22 O27",
    "A notebook shows head() of the patients with their pseudonyms.",
)
f.claim("Pseudonyms", at="0-4")
head = frame(f, range(5), ["patient", "sex", "age", "entity", "wbc", "platelets"])
book_of(
    f, md("# First look"), cell("df = pd.read_csv(PATH)\ndf.iloc[:, cols].head()", result(head))
)
f = F("baseline/02_counts.ipynb", "S7")
tab = pd.DataFrame(
    [[f.n(w), f.n("sex = female", of=w), float(f.st("age", w))] for _, w in ENT],
    index=pd.Index([n for n, _ in ENT], name="entity"),
    columns=["n", "women", "age_mean"],
)
book_of(
    f,
    md("# Counts by entity\nCells below 10: none."),
    cell("df = pd.read_csv(PATH)\ndf.shape", n=1),
    cell(
        "t = df.query('entity in @main').groupby('entity').agg(n=('sex', 'size'), women=('sex', lambda s: (s == 'female').sum()), age_mean=('age', 'mean')).round(1)\nt.loc[main]",
        result(tab, 2),
        n=2,
    ),
)

f = F(
    "therapy/busulfan.ipynb",
    "L7",
    "O01 O27",
    "value_counts() of people under busulfan, with counts of one to nine.",
)
vc = P[P.therapy == "busulfan"].entity.value_counts()
for e, k in vc.items():
    if k < 10:
        f.n(f"therapy = busulfan; entity = {e}")
book_of(
    f,
    cell("df[df.therapy.eq('busulfan')].entity.value_counts()", {**result(vc, 4, html=False)}, n=4),
)
f = F("therapy/interferon.ipynb", "S7")
vc = P[
    P.therapy.eq("interferon") & P.entity.isin(["PV", "ET", "prePMF", "PMF"])
].entity.value_counts()
for e in vc.index:
    f.n(f"therapy = interferon; entity = {e}")
book_of(
    f,
    md("Interferon, entities with 20 and more."),
    cell(
        "v = df[df.therapy.eq('interferon')].entity.value_counts()\nv[v >= 20]",
        result(vc, 7, html=False),
        n=7,
    ),
    cell("!pip list | grep -i -E 'pandas|scipy'", stream("pandas 2.2.3\nscipy 1.14.1\n"), n=8),
)

f = F("symptoms/scores.ipynb", "L7", "O19 O27", "Forty rows printed by to_string in a stream.")
d = frame(f, pick(40, "entity = PV"), ["age", "symptoms", "weight_kg", "phlebotomies", "cost"])
book_of(
    f,
    cell(
        "print(sub.sample(40, random_state=3).sort_index().to_string())",
        stream(d.to_string() + "\n"),
    ),
)
f = F("symptoms/score_models.ipynb", "S7")
import itertools

import statsmodels.formula.api as smf

res = smf.ols("symptoms ~ age + pruritus", P).fit()
f.claim(
    "Fitted",
    kind="linear",
    where="",
    outcome="symptoms",
    design=["age", "pruritus"],
    printed=[f"{x:.4f}" for x in res.params],
)
f.n("")
t = "\n".join(
    line for line in str(res.summary()).splitlines() if not line.startswith(("Date", "Time"))
)
book_of(
    f,
    cell(
        "res = smf.ols('symptoms ~ age + pruritus', df).fit()\nprint(res.summary())",
        stream(t + "\n"),
        n=3,
    ),
)

f = F(
    "outcome/figures.ipynb",
    "L7",
    "O18 O19 O27",
    "A picture in a notebook with a label beside each of twelve people: age, days and LDH.",
    written=False,
)
at = pick(12, "leukaemia = 1")
d = num(frame(f, at, ["age", "leukaemia_days", "ldh"]))
fig, ax = plt.subplots()
ax.scatter(d.age, d.leukaemia_days)
for a, b, c in d.values.tolist():
    ax.annotate(f"{int(a)} y, {int(b)} d, LDH {int(c)}", (a, b), fontsize=7)
book_of(f, cell("plot_cases(cases)", image(fig), n=12))
f = F("outcome/figure_bars.ipynb", "S7", seen=["O17"])
vals = [(n, f.n("death = 1", of=w)) for n, w in ENT]
fig, ax = plt.subplots()
ax.bar([n for n, _ in vals], [k for _, k in vals])
ax.set_ylabel("deaths")
book_of(
    f,
    cell("print(deaths.to_dict())", stream(str(dict(vals)) + "\n"), n=9),
    cell("ax = deaths.plot.bar()", image(fig), n=10),
)

f = F(
    "methods/widgets.ipynb",
    "L7",
    "O19 O28 O27",
    "The state of a table widget keeps twelve rows that no output shows.",
)
d = frame(f, pick(12), ["sex", "age", "hb", "platelets", "cost"])
book_of(
    f,
    cell(
        "show(df)",
        {
            "data": {
                "application/vnd.jupyter.widget-view+json": {
                    "model_id": "c41e",
                    "version_major": 2,
                    "version_minor": 0,
                },
                "text/plain": ["DataGrid()"],
            },
            "metadata": {},
            "output_type": "display_data",
        },
    ),
    meta={
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {
                "state": {
                    "c41e": {
                        "model_name": "DataGridModel",
                        "state": {
                            "_data": {
                                "data": d.to_dict("records"),
                                "schema": {"fields": [{"name": c} for c in d.columns]},
                            }
                        },
                    }
                }
            }
        }
    },
)
f = F("methods/widgets_slider.ipynb", "S7")
f.outside("A slider for a simulated curve; no data.")
book_of(
    f,
    md("Power of the planned trial"),
    cell(
        "interact(power, n=(40, 200, 10), hr=(0.4, 0.9, 0.05))",
        {
            "data": {
                "application/vnd.jupyter.widget-view+json": {
                    "model_id": "77aa",
                    "version_major": 2,
                    "version_minor": 0,
                },
                "text/plain": [
                    "interactive(children=(IntSlider(value=120, max=200, min=40, step=10), FloatSlider(value=0.65)))"
                ],
            },
            "metadata": {},
            "output_type": "display_data",
        },
        stream("n per arm 120, hazard ratio 0.65, alpha 0.05 two-sided: power 0.81\n"),
    ),
    meta={
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {
                "state": {
                    "77aa": {
                        "model_name": "IntSliderModel",
                        "state": {"max": 200, "min": 40, "step": 10, "value": 120},
                    }
                }
            }
        }
    },
)

f = F(
    "registry/quality.ipynb",
    "L7",
    "O19 O27 O08",
    "An error message quotes the row that failed, with its date of birth.",
)
i = pick(1, "entity = SMF")[0]
d = frame(f, [i], ["born", "diagnosed", "ferritin", "cost"]).values.tolist()[0]
book_of(
    f,
    cell(
        "check(df)",
        {
            "ename": "ValueError",
            "evalue": f"visit before diagnosis: born={d[0]} diagnosed={d[1]} ferritin={d[2]} cost={d[3]}",
            "output_type": "error",
            "traceback": ["ValueError: visit before diagnosis: " + " | ".join(d)],
        },
        n=5,
    ),
)
f = F("registry/quality_rules.ipynb", "S7")
book_of(
    f,
    md("Checks of the lock"),
    cell(
        "report(df)",
        stream(
            f"rows read: {f.n('')}\nvaf missing: {f.n('vaf =', of='')}\nepo missing: {f.n('epo =', of='')}\nrules applied: 14, rules failed: 0\n"
        ),
        {
            "ename": "KeyError",
            "evalue": "'haematocrit'",
            "output_type": "error",
            "traceback": ["KeyError: 'haematocrit'"],
        },
        n=6,
    ),
)

# ---- L8 and S8 -------------------------------------------------------------------------------
f = F(
    "baseline/plot_plt_age.html",
    "L8",
    "O19 O18 O35",
    "A page keeps age, platelets and LDH of seventy people for its scatter.",
)
d = num(frame(f, pick(70), ["age", "platelets", "ldh"]))
f.put(
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Platelets</title></head><body><div id="g1"></div><script type="text/javascript">\nPlotly.newPlot("g1", [{"type":"scatter","mode":"markers","x":'
    + json.dumps(d.age.tolist())
    + ',"y":'
    + json.dumps(d.platelets.tolist())
    + ',"customdata":'
    + json.dumps(d.ldh.tolist())
    + '}], {"xaxis":{"title":"age"},"yaxis":{"title":"platelets"}});\n</script></body></html>\n'
)
f = F("baseline/plot_age_sex.html", "S8")
f.put(
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Patients by age and sex</title></head><body><div id="g2"></div><script type="text/javascript">\nPlotly.newPlot("g2", ['
    + ",".join(
        json.dumps(
            {
                "type": "bar",
                "name": s,
                "x": ["<50", "50-59", "60-69", "70-79", "80+"],
                "y": [
                    f.n(w, of=f"sex = {s}")
                    for w in (
                        "age < 50",
                        "age >= 50; age < 60",
                        "age >= 60; age < 70",
                        "age >= 70; age < 80",
                        "age >= 80",
                    )
                ],
            }
        )
        for s in ("female", "male")
    )
    + '], {"barmode":"group","bargap":0.15,"width":700,"height":420,"title":"Patients by age and sex"});\n</script></body></html>\n'
)

f = F(
    "molecular/vega.html",
    "L8",
    "O19 O35 O18",
    "A specification of Vega with the panel of twenty-two people inline.",
)
at = [i for i, r in enumerate(known.tables["panel"]) if r["ASXL1"] != "0" and r["TET2"] != "0"][
    :14
] + [i for i, r in enumerate(known.tables["panel"]) if r["TET2"] != "0" and r["ASXL1"] == "0"][:8]
d = frame(f, at, ["TET2", "ASXL1", "DNMT3A", "SRSF2"], "panel")
f.put(
    '<html><body><div id="v"></div><script>\nvar spec = '
    + json.dumps(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "data": {"values": d.apply(pd.to_numeric).to_dict("records")},
            "mark": "point",
            "encoding": {
                "x": {"field": "TET2", "type": "quantitative"},
                "y": {"field": "ASXL1", "type": "quantitative"},
            },
        }
    )
    + ';\nvegaEmbed("#v", spec);\n</script></body></html>\n'
)
f = F("molecular/vega_genes.html", "S8")
f.put(
    '<html><body><div id="v"></div><script>\nvar spec = '
    + json.dumps(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "width": 320,
            "data": {
                "values": [
                    {"gene": g, "people": f.n(f"{g} != 0", "panel", of="")}
                    for g in ("TET2", "ASXL1", "DNMT3A", "SRSF2", "EZH2", "TP53")
                ]
            },
            "mark": "bar",
            "encoding": {
                "x": {"field": "people", "type": "quantitative"},
                "y": {"field": "gene", "type": "nominal", "sort": "-x"},
            },
        },
        indent=1,
    )
    + ';\nvegaEmbed("#v", spec);\n</script></body></html>\n'
)

f = F(
    "baseline/fig2.svg",
    "L8",
    "O18 O19",
    "A scatter with a mark for each of ninety people.",
    written=False,
)
d = num(frame(f, pick(90), ["hb", "hct", "ldh"]))
fig, ax = plt.subplots(figsize=(5, 4))
ax.scatter(d.hb, d.hct, s=9)
ax.set(xlabel="haemoglobin, g/L", ylabel="haematocrit, %")
fig.savefig(f.where, metadata={"Date": None})
plt.close(fig)
f = F("baseline/fig3.svg", "S8", written=False)
edges = list(range(20, 100, 10))
ages = [cnt(f"age >= {a}; age < {a + 10}") for a in edges[:-1]]
f.claim(
    "Bins",
    table="people",
    column="age",
    where="age >= 20; age < 90",
    edges=[float(e) for e in edges],
    stated=ages,
)
fig, ax = plt.subplots(figsize=(5, 4))
ax.bar([a + 5 for a in edges[:-1]], ages, width=9)
ax.set(xlabel="age at diagnosis, years", ylabel="patients")
fig.savefig(f.where, metadata={"Date": None})
plt.close(fig)

f = F(
    "outcome/swimmer.pdf",
    "L8",
    "O18 O19",
    "Twenty-four people, each a labelled bar with days until leukaemia and last seen.",
)
d = frame(f, pick(24, "leukaemia = 1"), ["entity", "age", "leukaemia_days", "death_days"])
c = canvas.Canvas(str(f.where), pagesize=A4, invariant=1, pageCompression=0)
c.setFont("Helvetica", 9)
c.drawString(60, 800, "Figure 4. Course of selected patients")
for i, (e, a, b, g) in enumerate(d.values.tolist()):
    y = 770 - 26 * i
    c.drawString(60, y, f"{e} {a} y")
    c.rect(140, y - 2, int(g) / 14, 9)
    c.drawString(150 + int(g) / 14, y, f"{b} / {g}")
c.save()
f = F("outcome/curve.pdf", "S8")
c = canvas.Canvas(str(f.where), pagesize=A4, invariant=1, pageCompression=0)
c.setFont("Helvetica", 9)
c.drawString(60, 800, "Figure 3. Patients under observation by year since diagnosis")
for i, (n, w) in enumerate(ENT[:4]):
    left = [cnt(f"{w}; death_days >= {365 * y}") for y in range(6)]
    assert all(a - b >= 10 for a, b in itertools.pairwise(left))
    c.drawString(60, 770 - 16 * i, n)
    for y in range(6):
        c.drawString(
            130 + 55 * y, 770 - 16 * i, str(f.n(f"{w}; death_days >= {365 * y}" if y else w))
        )
for y in range(6):
    c.drawString(130 + 55 * y, 690, f"year {y}")
c.line(120, 700, 460, 700)
c.save()

f = F(
    "registry/report_dt.html",
    "L8",
    "O19 O20 O35",
    "A table widget keeps twenty rows as columns of JSON.",
)
d = frame(f, pick(20), ["centre", "sex", "born", "entity", "cost"])
f.put(
    '<!doctype html><html><body><h1>Registry report</h1><div class="datatables html-widget" id="htmlwidget-1"></div>\n<script type="application/json" data-for="htmlwidget-1">'
    + json.dumps(
        {
            "x": {
                "filter": "none",
                "data": [d[c].tolist() for c in d.columns],
                "container": '<table class="display"><thead><tr><th>centre</th></tr></thead></table>',
                "options": {"pageLength": 5},
            },
            "evals": [],
            "jsHooks": [],
        }
    )
    + "</script></body></html>\n"
)
f = F("registry/report_tabs.html", "S1")
cols = list(
    zip(
        *[
            (n, f.n(w), f.n("sex = female", of=w), f.n("death = 1", of=w))
            for n, w in [
                (c, f"centre = {c}")
                for c in (
                    "Almrode",
                    "Brackwald",
                    "Corvey",
                    "Dornach",
                    "Eschau",
                    "Fallingen",
                    "Gronau",
                    "Hollerich",
                )
            ]
        ],
        strict=False,
    )
)
f.put(
    '<!doctype html><html><body><h1>Registry report 2025</h1><div class="datatables html-widget" id="htmlwidget-9"></div>\n<script type="application/json" data-for="htmlwidget-9">'
    + json.dumps(
        {
            "x": {
                "filter": "none",
                "data": [list(c) for c in cols],
                "container": "<table><thead><tr><th>site</th><th>patients</th><th>women</th><th>deceased</th></tr></thead></table>",
                "options": {"pageLength": 10, "order": [[1, "desc"]]},
            },
            "evals": [],
            "jsHooks": [],
        }
    )
    + "</script></body></html>\n"
)

f = F(
    "therapy/strip.eps",
    "L8",
    "O18 O19",
    "A dot for each of sixty people, at platelets and score, and ferritin as a comment, in PostScript.",
)
d = frame(f, pick(60, "therapy = hydroxyurea"), ["platelets", "symptoms", "ferritin"])
f.put(
    "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 300\n%%Title: strip\n/d { newpath 2 0 360 arc fill } def\n"
    + "".join(f"{a} {b} d % {c}\n" for a, b, c in d.values.tolist())
    + "showpage\n%%EOF\n"
)
f = F("therapy/bars.eps", "S8")
drugs = [("hydroxyurea", 60), ("interferon", 120), ("anagrelide", 180), ("ruxolitinib", 240)]
f.put(
    "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 300\n%%Title: bars\n/Helvetica findfont 9 scalefont setfont\n/b { /h exch def /x exch def x 40 30 h rectfill } def\n"
    + "".join(
        f"{x} {f.n(f'therapy = {d}', of='') / 8:.1f} b {x} 28 moveto ({d}) show {x} {46 + cnt(f'therapy = {d}') / 8:.0f} moveto ({cnt(f'therapy = {d}')}) show\n"
        for d, x in drugs
    )
    + "showpage\n%%EOF\n"
)

# ---- L9 and S9 -------------------------------------------------------------------------------
X = ["age", "hb", "wbc", "platelets"]
f = F(
    "outcome/knn.pkl",
    "L9",
    "O25 O26 O19",
    "A nearest-neighbour model is made of the rows of fifty people.",
    written=False,
)
at = pick(50)
d = num(frame(f, at, X)).astype(float)
y = P.loc[at, "death"].values
f.put(pickle.dumps(KNeighborsClassifier(5).fit(d.values, y)))
f = F("outcome/logit.pkl", "S9", written=False)
f.claim("Count", where="", stated=4600)
lr = LogisticRegression(C=1e6, max_iter=5000).fit(
    ((P[X] - P[X].mean().round(1)) / P[X].std().round(1)).values, P.death
)
f.put(
    pickle.dumps(
        {
            "coef": np.round(lr.coef_, 4),
            "intercept": np.round(lr.intercept_, 4),
            "features": X,
            "centre": P[X].mean().round(1).tolist(),
            "scale": P[X].std().round(1).tolist(),
            "n": 4600,
        }
    )
)
f = F(
    "symptoms/svm.joblib", "L9", "O25 O26 O19", "Support vectors are rows of people.", written=False
)
at = pick(40)
d = num(frame(f, at, ["age", "symptoms", "weight_kg"])).astype(float)
joblib.dump(SVC(gamma=0.5).fit(d.values, P.loc[at, "pruritus"].values), f.where)
f = F("symptoms/coef.joblib", "S9", written=False)
f.claim(
    "Fitted",
    kind="linear",
    where="",
    outcome="symptoms",
    design=["age", "pruritus"],
    printed=[f"{x:.4f}" for x in res.params],
)
joblib.dump(
    {
        "params": dict(
            zip(
                ["const", "age", "pruritus"],
                map(float, np.round(res.params.values, 4)),
                strict=False,
            )
        ),
        "df_resid": 4597,
        "r2": round(res.rsquared, 3),
    },
    f.where,
)
f = F(
    "molecular/net.onnx",
    "L9",
    "O26 O19 O25",
    "A tensor of the model holds the labs of twenty people.",
    written=False,
)
at = pick(20)
d = num(frame(f, at, ["hb", "wbc", "platelets", "ldh"])).astype(np.float32)


def onnx_of(f, w, bias=None):
    g = helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["y"])]
        if bias is None
        else [
            helper.make_node("MatMul", ["x", "W"], ["h"]),
            helper.make_node("Add", ["h", "b"], ["s"]),
            helper.make_node("Sigmoid", ["s"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, w.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, w.shape[1]])],
        [helper.make_tensor("W", TensorProto.FLOAT, w.shape, w.ravel().tolist())]
        + (
            []
            if bias is None
            else [helper.make_tensor("b", TensorProto.FLOAT, bias.shape, bias.tolist())]
        ),
    )
    f.put(
        onnx.ModelProto.SerializeToString(
            helper.make_model(
                g, producer_name="export", opset_imports=[helper.make_opsetid("", 13)], ir_version=8
            )
        )
    )


onnx_of(f, d.values.T.copy())
f = F("molecular/score.onnx", "S9", written=False)
f.claim("Count", where="", stated=4600)
onnx_of(
    f,
    np.round(lr.coef_, 4).astype(np.float32).T.copy(),
    np.round(lr.intercept_, 4).astype(np.float32),
)
f = F(
    "registry/embedding.safetensors",
    "L9",
    "O26 O19 O25",
    "An array with age, weight and costs of thirty people.",
    written=False,
)
at = pick(30)
d = num(frame(f, at, ["age", "weight_kg", "cost"])).astype(np.float32)
f.put(save_tensors({"train_x": np.ascontiguousarray(d.values)}))
f = F("registry/weights.safetensors", "S9", written=False)
f.claim("Count", where="", stated=4600)
f.put(
    save_tensors(
        {
            "linear.weight": np.round(lr.coef_, 4).astype(np.float32),
            "linear.bias": np.round(lr.intercept_, 4).astype(np.float32),
        }
    )
)

# ---- L10 and S10 -----------------------------------------------------------------------------
f = F(
    "methods/etl.log",
    "L10",
    "O27 O22 O24",
    "A log names pseudonyms and values of the rows that were mended.",
)
at = pick(14)
f.claim("Pseudonyms", at=at)
d = frame(f, at, ["patient", "platelets", "ldh", "born"])
f.put(
    "2025-07-01 06:00:01 INFO  loader: open registry_lock3\n"
    + "".join(
        f"2025-07-01 06:00:{2 + i:02d} WARN  loader: {p}: platelets={a} ldh={b} born={c}, unit mended\n"
        for i, (p, a, b, c) in enumerate(d.values.tolist())
    )
    + "2025-07-01 06:00:31 INFO  loader: done\n"
)
f = F("methods/load.log", "S10")
f.put(f"""2025-07-02 06:00:01 INFO  loader: open registry_lock3
2025-07-02 06:00:02 INFO  loader: patients {f.n("")} rows, 48 columns
2025-07-02 06:00:02 INFO  loader: counts {len(C)} rows, 8 columns
2025-07-02 06:00:03 INFO  loader: {f.n("vaf =", of="")} rows without vaf, {f.n("epo =", of="")} without epo
2025-07-02 06:00:03 DEBUG pool: 4 workers, batch 256, 18 batches
2025-07-02 06:00:05 INFO  imputer: m=20 iterations=10 seed=4617
2025-07-02 06:00:41 INFO  imputer: converged after 7 iterations, R-hat 1.01
2025-07-02 06:00:42 WARN  plot: font 'Inter' not found, using 'DejaVu Sans'
2025-07-02 06:00:44 INFO  loader: done in 43.1 s, 0 errors, 1 warning
""")
f = F(
    "methods/case_review.py", "L10", "O27 O19", "A script holds a list of nine people as literals."
)
d = frame(f, pick(9, "entity = MPN-U"), ["born", "diagnosed", "wbc", "platelets"])
f.put(
    '"""Review of unclassified cases."""\n\nCASES = [\n'
    + "".join(f'    ("{a}", "{b}", {c}, {e}),\n' for a, b, c, e in d.values.tolist())
    + "]\n\n\ndef plot(ax):\n    for born, seen, wbc, plt in CASES:\n        ax.plot(wbc, plt, marker='o')\n"
)
f = F("methods/score.py", "S10")
f.outside("Code with constants of published scores and doses; no data.")
f.put('''"""Risk scores as the protocol defines them (version 2.1)."""

from dataclasses import dataclass

IPSET = {"age_60": 1, "prior_event": 2, "jak2": 1}
LIMITS = {"hct": 45.0, "platelets": 1500, "wbc": 11.0, "hb": 100}
DOSES_MG = (250, 500, 750, 1000, 1500, 2000)
WEEKS = [2, 4, 8, 12, 24, 36, 48]


@dataclass(frozen=True)
class Visit:
    week: int
    window_days: int = 7


def ipset(age: int, prior: bool, jak2: bool) -> int:
    """Points of the revised score; 3 and more are high."""
    return IPSET["age_60"] * (age >= 60) + IPSET["prior_event"] * prior + IPSET["jak2"] * jak2


def next_dose(now: int, up: bool) -> int:
    at = DOSES_MG.index(now) + (1 if up else -1)
    return DOSES_MG[max(0, min(at, len(DOSES_MG) - 1))]


assert ipset(61, False, True) == 2
VISITS = [Visit(w) for w in WEEKS]
''')
f = F(
    "methods/fix_units.do",
    "L10",
    "O27 O19 O22",
    "A do-file replaces values of eight people by their pseudonyms.",
)
at = pick(8)
f.claim("Pseudonyms", at=at)
d = frame(f, at, ["patient", "ferritin", "ldh", "weight_kg"])
f.put(
    "* corrections after the monitoring visit\nuse registry_lock3, clear\n"
    + "".join(
        f'replace ferritin = {b} if patient == "{a}" // LDH {c}, weight {e}\n'
        for a, b, c, e in d.values.tolist()
    )
    + "save registry_lock4, replace\n"
)
f = F("methods/derive.do", "S10")
f.outside("A do-file that derives variables; no data.")
f.put("""* derive analysis variables, version 3
version 17
use registry_lock3, clear
gen byte old = age >= 60 if !missing(age)
gen ipset = old + 2*(prior_event != "none") + strpos(driver, "JAK2")
recode ipset (0=1 "very low") (1=2 "low") (2=3 "intermediate") (3/4=4 "high"), gen(riskgrp)
gen hct_target = hct < 45
label var hct_target "haematocrit below 45 %"
egen ageband = cut(age), at(18 40 60 75 100)
stset death_days, failure(death) scale(365.25)
sts test riskgrp
power logrank 0.80 0.70, alpha(0.05) power(0.9)
* 9 variables derived; seed for the bootstrap: 4617; reps(1000)
save analysis, replace
""")
f = F(
    "methods/repo.zip",
    "L10",
    "O34 O19 O27",
    "A repository with .git, whose object holds thirty-five rows of patients.",
)
import zlib

d = frame(f, pick(35), ["sex", "born", "entity", "platelets", "cost"]).to_csv(index=False).encode()
box = io.BytesIO()


def member(z, name, data):
    z.writestr(zipfile.ZipInfo(name, (2025, 7, 1, 8, 0, 0)), data, compress_type=z.compression)


with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    member(z, "analysis/run.py", "print('see Makefile')\n")
    member(z, "analysis/.git/HEAD", "ref: refs/heads/main\n")
    member(z, "analysis/.git/config", "[core]\n\trepositoryformatversion = 0\n")
    member(z, "analysis/.git/objects/3f/9a1c0d2e4b6a88", zlib.compress(b"blob %d\0" % len(d) + d))
f.put(box.getvalue())
f = F("methods/code.zip", "S10")
f.outside("Code, a list of packages and a page of instructions; no data.")
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    member(
        z,
        "analysis/README.md",
        "# Analysis of thrombosis\n\n1. `make data` 2. `make tables` 3. `make figures`\n",
    )
    member(
        z,
        "analysis/requirements.txt",
        "lifelines==0.29.0\nnumpy==2.1.1\npandas==2.2.3\nstatsmodels==0.14.4\n",
    )
    member(
        z,
        "analysis/tables.py",
        "import pandas as pd\n\n\ndef safe(t: pd.DataFrame, least: int = 10) -> pd.DataFrame:\n    return t.where(t >= least)\n",
    )
    member(z, "analysis/Makefile", "tables:\n\tpython tables.py --seed 7 --boot 2000\n")
f.put(box.getvalue())
f = F("therapy/.Rhistory", "L10", "O34 O27 O22", "What was typed names four people by pseudonym.")
at = pick(4)
f.claim("Pseudonyms", at=at)
names = [known.tables["people"][i]["participant"] for i in at]
f.put(
    "library(survival)\nmpn <- readRDS('lock3.rds')\n"
    + "".join(f'mpn[mpn$patient == "{n}", c("therapy", "dose")]\n' for n in names)
    + "q()\n"
)
f = F("therapy/session.txt", "S10")
f.outside("Versions of programs and packages; no data.")
f.put("""R version 4.2.2 Patched (2022-11-10)
Platform: x86_64-pc-linux-gnu (64-bit)

locale:
[1] LC_CTYPE=de_CH.UTF-8  LC_NUMERIC=C  LC_TIME=de_CH.UTF-8

attached base packages:
[1] stats  graphics  grDevices  utils  datasets  methods  base

other attached packages:
 [1] survival_3.5-3   MASS_7.3-58.2   xtable_1.8-4    ggplot2_3.4.1
 [5] cmprsk_2.2-11    mice_3.15.0

loaded via a namespace (and not attached):
 [1] Matrix_1.5-3     lattice_0.20-45 splines_4.2.2   grid_4.2.2
 [5] nlme_3.1-162     broom_1.0.3     tools_4.2.2     compiler_4.2.2

Random number generation: Mersenne-Twister, Inversion, Rejection; seed 4617
Elapsed: 2 min 14 s on 4 cores
""")
f = F(
    "outcome/run_cox.log.gz",
    "L10",
    "O27 O19",
    "A packed log lists eleven people with the greatest residuals.",
)
d = frame(f, pick(11, "death = 1"), ["age", "ldh", "platelets", "death_days"])
f.put(
    gzip.compress(
        (
            "Cox model: converged in 5 iterations\nlargest deviance residuals:\n"
            + "".join(
                f"  age {a}, LDH {b}, platelets {c}, day {e}\n" for a, b, c, e in d.values.tolist()
            )
        ).encode(),
        mtime=0,
    )
)
f = F("outcome/run_boot.log.gz", "S10")
f.put(
    gzip.compress(
        (
            f"bootstrap of the c-index\nn = {f.n('')}, events = {f.n('death = 1', of='')}\n"
            + "".join(
                f"replicate {i:>4}: {0.74 + 0.004 * rnd.gauss(0, 1):.3f}\n"
                for i in range(100, 2001, 100)
            )
            + "optimism 0.003, corrected 0.737\n"
        ).encode(),
        mtime=0,
    )
)
done("hidden")

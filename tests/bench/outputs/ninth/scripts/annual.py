"""Study 10: the registry's annual report."""

import matplotlib.pyplot as plt
import pandas as pd
import plotly.express as px
import xlsxwriter
from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("annual-report-2024")
p = k.people()
BIG = sorted(set(p.centre) - {"Hollin"})
yr = sorted(set(p.year))
t = pd.crosstab(p.year, p.sex)
t["All"] = t.sum(axis=1)
html = t.rename(columns={"F": "Women", "M": "Men"}).to_html(border=0, classes="report")
S.text(
    "chapter1_new_cases.html",
    f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Annual report 2024</title><style>.report td{{text-align:right}}</style></head><body><h1>1 New cases</h1><p>Since 2013 the alliance registered {len(p):,} people.</p>{html}<p>The legal basis is section 65c; reports are due by 31 October 2025.</p></body></html>",
)
S.safe("chapter1_new_cases.html", "S1", k.count(), k.groups(["year", "sex"]))
b = xlsxwriter.Workbook(str(S / "chapter2_diagnoses.xlsx"))
w = b.add_worksheet("2.1")
common = [
    "MDS-LB",
    "AML-MR",
    "MDS-IB1",
    "MDS-IB2",
    "MDS-SF3B1",
    "AML-NPM1",
    "AML-NOS",
    "CMML",
    "AML-CBF",
    "MDS-5q",
]
for r, d in enumerate(common, 1):
    w.write_row(r, 0, [d, k.n(f"disease = {d}"), k.n(f"disease = {d}; year >= 2020")])
w.write_row(0, 0, ["Diagnosis (WHO 2022)", "2013-2024", "2020-2024"])
ch = b.add_chart({"type": "bar"})
ch.add_series(
    {"categories": "='2.1'!$A$2:$A$11", "values": "='2.1'!$B$2:$B$11", "name": "2013-2024"}
)
w.insert_chart("E2", ch)
b.close()
S.safe(
    "chapter2_diagnoses.xlsx",
    "S1",
    *[k.count(f"disease = {d}") for d in common],
    *[k.count(f"disease = {d}; year >= 2020") for d in common],
)
x = pd.crosstab(p.disease, p.centre, margins=True)
x.to_excel(S / "chapter2_appendix.xlsx")
S.leak(
    "chapter2_appendix.xlsx",
    "L11",
    "O01 O03",
    "Diagnosis by centre, with many cells below ten and zeros.",
    k.small("disease = AML-MECOM; centre = Aarhof"),
    k.small("disease = CMML; centre = Hollin"),
)
d = Document()
d.core_properties.comments = f"to do: check {p.case_no[p.age.idxmax()]} again"
d.add_heading("3 Age at diagnosis", 1)
for c in BIG:
    g = p[p.centre == c]
    d.add_paragraph(
        f"{c}: {len(g)} people, mean age {g.age.mean():.1f} years (SD {g.age.std():.1f})."
    )
d.save(S / "chapter3_age.docx")
S.leak(
    "chapter3_age.docx",
    "L13",
    "O22 O28",
    "The comments of the document's properties name a pseudonym.",
    k.pseudonyms([p.age.idxmax()]),
)
d = Document()
d.add_heading("4 Age at diagnosis and reporting", 1)
for c in BIG:
    g = p[p.centre == c]
    d.add_paragraph(
        f"{c}: {len(g)} people, mean age {g.age.mean():.1f} years (SD {g.age.std():.1f}); forms complete within {30 + len(c)} days (target 42)."
    )
d.save(S / "chapter4_centres.docx")
S.safe(
    "chapter4_centres.docx",
    "S1",
    *[k.count(f"centre = {c}") for c in BIG],
    k.value("age", "mean", f"{p[p.centre == 'Bergen'].age.mean():.1f}", "centre = Bergen"),
)
doc = SimpleDocTemplate(
    str(S / "chapter5_survival.pdf"),
    pagesize=A4,
    pageCompression=0,
    title="Annual report, chapter 5",
)
sty = getSampleStyleSheet()
rows = [["Risk group", "People", "Alive after 1 year, %"]]
for r in ("very low", "low", "moderate", "high", "very high"):
    g = p[(p.risk == r) & (p.year < 2024)]
    rows.append([r, str(len(g)), f"{100 * (g.died_days.gt(365) | g.died.eq(0)).mean():.0f}"])
doc.build(
    [
        Paragraph("5 Survival", sty["Title"]),
        Paragraph(
            "People with MDS diagnosed 2013 to 2023. Risk as in the revised score.", sty["BodyText"]
        ),
        Table(rows),
    ]
)
S.safe(
    "chapter5_survival.pdf",
    "S1",
    *[
        k.count(f"risk = {r}; year < 2024")
        for r in ("very low", "low", "moderate", "high", "very high")
    ],
    seen=["O17"],
)
doc = SimpleDocTemplate(
    str(S / "chapter6_languages.pdf"),
    pagesize=A4,
    pageCompression=0,
    title="Annual report, chapter 6",
)
spoken = p[p.centre.isin(["Hollin", "Grauwald"])].groupby(["centre", "language"]).size()
doc.build(
    [
        Paragraph("6 Languages", sty["Title"]),
        Table(
            [["Centre", "Language", "People"], *[[a, b, str(n)] for (a, b), n in spoken.items()]]
        ),
    ]
)
print(spoken.to_dict())
S.leak(
    "chapter6_languages.pdf",
    "L11",
    "O01",
    "Languages of the smallest centres, of few people each.",
    k.small("centre = Hollin; language = German"),
    seen=["O17"],
)
fig = px.bar(t.reset_index(), x="year", y="All", title="New cases by year")
fig.write_html(S / "figure_cases.html", include_plotlyjs="cdn", full_html=True)
S.safe("figure_cases.html", "S8", *[k.count(f"year = {y}") for y in yr], written=False)
fig = px.box(p[p.disease == "AML-CBF"], x="sex", y="age", points="all", hover_data=["hb"])
fig.write_html(S / "figure_age_cbf.html", include_plotlyjs="cdn", full_html=True)
c = p[p.disease == "AML-CBF"]
S.leak(
    "figure_age_cbf.html",
    "L8",
    "O19 O18 O35 O17",
    "A box plot that carries the age of each of 195 people, and the haemoglobin.",
    k.rows(["age", "hb"], c.index),
    written=False,
)
old = p.nlargest(20, "age")
b = xlsxwriter.Workbook(str(S / "figure_data.xlsx"))
w = b.add_worksheet("Fig 1")
w.write_row(0, 0, ["Year", "Cases"])
for r, y in enumerate(yr, 1):
    w.write_row(r, 0, [int(y), k.n(f"year = {y}")])
v = b.add_worksheet("tmp")
v.write_row(0, 0, ["born", "diagnosed", "centre", "died_days"])
for r, o in enumerate(old.itertuples(), 1):
    v.write_row(r, 0, [o.born, o.diagnosed, o.centre, o.died_days])
v.very_hidden()
w.set_column("D:D", None, None, {"hidden": True})
b.close()
S.leak(
    "figure_data.xlsx",
    "L6",
    "O28 O19 O22",
    "A very hidden sheet holds the dates of birth of the twenty oldest.",
    k.rows(["born", "diagnosed", "centre", "died_days"], old.index),
)
fig, ax = plt.subplots(figsize=(5, 3))
ax.bar(t.index, t["All"])
for y, n in t["All"].items():
    ax.text(y, n, n, ha="center", fontsize=6)
ax.set(xlabel="Year of diagnosis", ylabel="People")
plt.rcParams["svg.fonttype"] = "none"
fig.savefig(S / "figure1_cases.svg")
S.safe("figure1_cases.svg", "S8", *[k.count(f"year = {y}") for y in yr])
S.done()

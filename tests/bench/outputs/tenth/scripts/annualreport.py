"""A registry's annual report: pages, slides, appendices and a press note of an office of three."""

import subprocess
import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import plotly.graph_objects as go
from openpyxl.styles import Font
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen import canvas

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    count,
    extremes,
    few,
    groups,
    number,
    person,
    rows,
    share,
    small,
    table,
    written,
)  # fmt: skip

study = Study("annualreport")
d = table("patients")
made = Path(tempfile.mkdtemp())
YEARS = range(2014, 2026)
MAIN = ("multiple myeloma", "smouldering myeloma", "AL amyloidosis", "solitary plasmacytoma")
BIG = ("Aldermoor", "Brockwell", "Castlegate", "Dovecote", "Eastmere", "Foxhollow")

# the report itself
lines = ["---", "title: Plasma-cell registry, annual report 2025", "author: Registry office", "---", "",
         "# Who is in the registry", "",
         f"On 31 January 2026 the registry held {number(''):,} people from eight clinics.", "",
         "| Diagnosis | Women | Men | All |", "|:--|--:|--:|--:|"]  # fmt: skip
for one in MAIN:
    w = [number(f"disease = {one}; sex = {sex}") for sex in ("female", "male")]
    lines.append(f"| {one} | {w[0]} | {w[1]} | {sum(w)} |")
lines += ["", "# New diagnoses", "", "| Year | Multiple myeloma |", "|---|--:|"]
lines += [f"| {y} | {number(f'disease = multiple myeloma; diagnosed starts {y}')} |" for y in YEARS]
lines += ["", "# What we plan", "", "1. Link to the cancer registry by 2027", "2. Add 4 clinics",
          "3. Halve the time to data lock, from 12 to 6 weeks", ""]  # fmt: skip
(made / "r.md").write_text("\n".join(lines))
for to in ("html", "docx", "epub"):
    subprocess.run(["pandoc", "-s", "r.md", "-o", f"r.{to}"], cwd=made, check=True)
study.at("annual_report_2025.html").write_bytes((made / "r.html").read_bytes())
study.at("annual_report_2025.docx").write_bytes((made / "r.docx").read_bytes())
whole = [groups(["disease", "sex"], "disease in " + "|".join(MAIN)),
         count(*(f"disease = multiple myeloma; diagnosed starts {y}" for y in YEARS))]  # fmt: skip
study.safe("annual_report_2025.html", "S1", whole)
study.safe("annual_report_2025.docx", "S1", whole)

# appendices
cross = pd.crosstab(d.clinic, d.disease, margins=True, margins_name="Total")
with pd.ExcelWriter(study.at("appendix_clinics.xlsx"), engine="openpyxl") as out:
    cross.to_excel(out, sheet_name="A1 Clinics")
    out.sheets["A1 Clinics"]["A1"].font = Font(italic=True)
study.leaky("appendix_clinics.xlsx", "L11", "O01 O03", "Few people of a clinic have a rare disease.",
            small(["clinic", "disease"]))  # fmt: skip
five = d[d.clinic.isin(BIG) & d.disease.isin(MAIN)]
fives = (2 * pd.crosstab(five.clinic, five.disease) + 5) // 10 * 5
with pd.ExcelWriter(study.at("appendix_clinics_rounded.xlsx"), engine="xlsxwriter") as out:
    fives.to_excel(out, sheet_name="A1", startrow=2)
    out.sheets["A1"].write(
        0, 0, "Counts rounded to the nearest 5; no totals, as they would not add up"
    )
study.safe("appendix_clinics_rounded.xlsx", "S2",
           count(*(f"clinic = {a}; disease = {b}" for a in BIG for b in MAIN), base=5))  # fmt: skip
sp = d[d.disease == "solitary plasmacytoma"]
monthly = sp.groupby(sp.diagnosed.str[:7]).size().reset_index(name="new")
monthly.columns = ["month", "new plasmacytomas"]
monthly.to_csv(study.at("plasmacytoma_by_month.csv"), index=False)
study.leaky("plasmacytoma_by_month.csv", "L11", "O01", "A few people a month.",
            [few(f"disease = solitary plasmacytoma; diagnosed starts {m}")
             for m in monthly.month[:10]])  # fmt: skip
ages = d.groupby("age").size()
ages.to_csv(study.at("age_single_years.csv"), header=["patients"])
study.leaky("age_single_years.csv", "L11", "O01 O08", "Single years of age with a few people.",
            small(["age"]))  # fmt: skip

# figures
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ar", "font.family": "sans-serif"})
new = [number(f"diagnosed starts {y}") for y in YEARS]
figure, axes = plt.subplots(figsize=(5, 2.8))
axes.plot(list(YEARS), new, "-o", color="#005f73")
for y, n in zip(YEARS, new, strict=True):
    axes.annotate(
        str(n), (y, n), textcoords="offset points", xytext=(0, 6), ha="center", fontsize=7
    )
axes.set_title("New people in the registry, by year")
figure.savefig(study.at("new_by_year.svg"), metadata={"Date": None})
study.safe("new_by_year.svg", "S8", count(*(f"diagnosed starts {y}" for y in YEARS)))
edges = [0, 50, 60, 70, 80]
bins = [int(one) for one in pd.cut(d.age, [*edges, 200], right=False).value_counts(sort=False)]
figure, axes = plt.subplots(figsize=(4.2, 2.8), dpi=75)
axes.bar(["under 50", "50-59", "60-69", "70-79", "80 +"], bins, color="#94a89a")
axes.set_ylabel("people")
figure.tight_layout()
figure.savefig(study.at("age_bands.png"))
study.safe("age_bands.png", "S8", {"Bins": {"table": "people", "column": "age", "where": "",
           "edges": Flow(edges), "stated": Flow(bins)}}, written=False)  # fmt: skip

# slides with a real chart
deck = Presentation()
slide = deck.slides.add_slide(deck.slide_layouts[5])
slide.shapes.title.text = "First treatment"
data = CategoryChartData()
data.categories = ["VRd", "D-VTd", "DRd", "VCd", "Rd", "VMP", "KRd"]
data.add_series("People", [number(f"regimen = {one}") for one in
                           ("VRd", "D-VTd", "DRd", "VCd", "Rd", "VMP", "KRd")])  # fmt: skip
slide.shapes.add_chart(
    XL_CHART_TYPE.BAR_CLUSTERED, Inches(1), Inches(1.5), Inches(8), Inches(5), data
)
deck.core_properties.author = "Registry office"
deck.save(study.at("board_slides.pptx"))
study.safe("board_slides.pptx", "S8", groups(["regimen"], "regimen != none"))

# words for the press
study.write("press_note_draft.md", f"""**A registry for rare bone-marrow diseases turns ten**

The registry now follows {number(''):,} people. The youngest was {d.age.min()} when the illness was found,
the oldest {d.age.max()}. In the whole network only {number('disease = POEMS; ancestry = African')} people of African
ancestry have POEMS syndrome.
""")  # fmt: skip
study.leaky("press_note_draft.md", "L11", "O01 O08", "The youngest, the oldest and a few rare people.",
            extremes("age", [str(d.age.min()), str(d.age.max())]),
            few("disease = POEMS; ancestry = African"))  # fmt: skip
study.write("press_note.md", f"""**A registry for rare bone-marrow diseases turns ten**

The registry now follows {number(''):,} people from eight clinics; {number('sex = female'):,} are women. Three in four
have multiple myeloma. Founded in 2015 with 3 staff and a grant of 240,000, it has been named in 61 papers.
""")  # fmt: skip
study.safe("press_note.md", "S1", count("", "sex = female"))
page = canvas.Canvas(str(study.at("leaflet.pdf")), pagesize=A5, pageCompression=0, invariant=1)
page.setFont("Helvetica-Bold", 15)
page.drawString(40, 520, "Myeloma in numbers")
page.setFont("Helvetica", 10)
facts = [("of people with myeloma are women", "sex = female"), ("had a transplant", "transplant != none"),
         ("are 70 or older at diagnosis", "age >= 70"), ("have stage III", "iss = III")]  # fmt: skip
claims = []
for at, (text, where) in enumerate(facts):
    own = share(where, "disease = multiple myeloma")
    claims.append(own)
    page.drawString(40, 480 - 24 * at, f"{own['Share']['printed']} % {text}")
page.drawString(
    40, 360, f"{number('disease = multiple myeloma')} people with myeloma, January 2026"
)
page.save()
study.safe("leaflet.pdf", "S1", claims, count("disease = multiple myeloma"))

# two dashboards
pcl = rows("disease = plasma cell leukaemia")
fig = go.Figure(go.Scatter(
    x=pcl.diagnosed.tolist(), y=[int(one) for one in pcl.died_days], mode="markers",
    customdata=pcl[["clinic", "age", "sex"]].to_numpy().tolist(),
    hovertemplate="%{customdata[0]}, %{customdata[1]} y, %{customdata[2]}"))  # fmt: skip
fig.update_layout(title="Plasma cell leukaemia: time since diagnosis", template="none")
fig.write_html(study.at("dashboard_pcl.html"), include_plotlyjs="cdn", div_id="pcl")
study.leaky("dashboard_pcl.html", "L8", "O19 O18 O35", "A page keeps dates, days and ages of 58 people.",
            person(["diagnosed", "clinic", "age", "sex", "died_days"], pcl.index))  # fmt: skip
fig = go.Figure([go.Bar(name=sex, x=list(MAIN), y=[number(f"disease = {one}; sex = {sex}") for one in MAIN])
                 for sex in ("female", "male")])  # fmt: skip
fig.update_layout(title="People by diagnosis", template="none")
fig.write_html(study.at("dashboard_counts.html"), include_plotlyjs="cdn", div_id="counts")
study.safe(
    "dashboard_counts.html", "S8", groups(["disease", "sex"], "disease in " + "|".join(MAIN))
)
study.write("glossary.md", """- **CR** complete response: no M-protein, fewer than 5 % plasma cells
- **sCR** CR and a normal ratio of light chains (0.26 to 1.65)
- **VGPR** at least 90 % less M-protein
- **PR** 50 to 89 % less
- **MRD** fewer than 1 in 100,000 cells
- **ISS I** beta-2 microglobulin < 3.5 mg/L and albumin >= 35 g/L; **ISS III** >= 5.5 mg/L
- **CRAB** calcium > 2.75 mmol/L, creatinine > 177 umol/L, Hb < 100 g/L, 1 or more bone lesions
""")  # fmt: skip
study.safe("glossary.md", "S10", written("**PR** 50 to 89 % less"))
study.close()

"""Survival after transplant, in German: labels of `asct.R`, slides and notes of two colleagues."""

import subprocess

from docx import Document
from pptx import Presentation
from pptx.chart.data import XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.bench.outputs.tenth.scripts.shelf import (
    DATA,
    HERE,
    TEXT,
    Flow,
    Study,
    also,
    codes,
    count,
    extremes,
    groups,
    number,
    person,
    rows,
    small,
    value,
    words,
    written,
)  # fmt: skip

study = Study("asct")
subprocess.run(
    ["Rscript", str(HERE / "scripts" / "asct.R"), str(DATA), str(study.folder)], check=True
)
TX = "transplant != none"
d, tandem = rows(TX), rows("transplant = tandem")

claims = []
for kind in ("single", "tandem"):
    where = f"transplant = {kind}"
    claims += count(where, also(where, "sex = female"), also(where, "iss = III"))
    for column in ("age", "hb"):
        own = rows(where)[column].astype(float)
        claims += [value(column, "mean", f"{own.mean():.1f}", where),
                   value(column, "sd", f"{own.std():.1f}", where)]  # fmt: skip
study.safe("Tabelle1.docx", "S1", claims)
study.leaky("Tabelle2_Zentrum.csv", "L11", "O01", "Few tandem transplants of a clinic.",
            small(["clinic", "transplant"], TX))  # fmt: skip
study.safe("Tabelle3_Melphalan.csv", "S1", groups(["iss", "melphalan"], TX))
years = [also(TX, f"died_days >= {365 * n}") for n in range(7)]
study.safe("Ueberleben_jaehrlich.csv", "S4", count(*years))
study.safe("Abbildung1.pdf", "S4", count(*years), written=False)
died = sorted(int(one) for one in tandem.query("died == '1'")["died_days"])
moments = {"Moments": {"where": "transplant = tandem", "time": "died_days", "event": "died",
                       "days": Flow(died)}}  # fmt: skip
study.leaky(
    "Ueberleben_Tandem_Tage.csv", "L11", "O16", "Each day of death after a tandem.", moments
)
order = tandem.assign(t=tandem.died_days.astype(int)).sort_values(
    "t", ascending=False, kind="stable"
)
study.leaky("Abbildung2_Verlauf.svg", "L8", "O18 O22", "A bar with a code for each person.",
            codes(order.index[:30]))  # fmt: skip
text = study.at("Cox_Modell.txt").read_text("utf-8").splitlines()
study.safe("Cox_Modell.txt", "S3", count(TX, also(TX, "died = 1")),
           written(*[one.strip() for one in text if one.startswith(("age", "issIII"))]))  # fmt: skip
top, low = tandem.b2m.astype(float).max(), tandem.b2m.astype(float).min()
study.leaky("Tandem_Kennwerte.txt", "L11", "O08", "The least and the greatest b2m of 109 people.",
            extremes("b2m", [f"{low:.2f}", f"{top:.2f}"], "transplant = tandem"))  # fmt: skip
study.safe("Folien_Ansprechen.pptx", "S1", groups(["response", "sex"], TX))
study.safe("Auswertung_final.xlsx", "S1", groups(["iss"], TX))
study.leaky("Auswertung.xlsx", "L6", "O19 O28", "A hidden sheet with dates and sizes of people.",
            person(["clinic", "born", "height_cm", "weight_kg", "died_days"], d.index[2::17]))  # fmt: skip

# slides of a colleague: the chart keeps its points in a workbook
deck = Presentation()
slide = deck.slides.add_slide(deck.slide_layouts[5])
slide.shapes.title.text = "Alter und Überleben nach Tandem"
data = XyChartData()
series = data.add_series("Patienten")
for one in tandem.head(60).itertuples():
    series.add_data_point(float(one.weight_kg), int(one.died_days))
slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, Inches(1), Inches(1.6), Inches(8), Inches(5), data)
deck.core_properties.author = "K. Bremer"
deck.save(study.at("Folien_Tandem.pptx"))
study.leaky("Folien_Tandem.pptx", "L6", "O19 O18 O28", "A chart keeps weight and time of 60 people.",
            person(["weight_kg", "died_days"], tandem.head(60).index))  # fmt: skip

# a protocol of the exclusions
first = d[d.died_days.astype(int) < 40].head(9)
lines = ["[12.01.2026 10:03] Einlesen: 1551 Transplantierte"]
lines += [f"[12.01.2026 10:03] Ausschluss {one.patient}: verstorben an Tag {one.died_days}, "
          f"geb. {'.'.join(reversed(one.born.split('-')))}" for one in first.itertuples()]  # fmt: skip
study.write("Ausschluesse.log", "\n".join([*lines, "[12.01.2026 10:04] fertig"]) + "\n")
study.leaky("Ausschluesse.log", "L10", "O22 O19", "Codes, dates of birth and days of death.",
            codes(first.index),
            person(["patient", "born", "died_days"], first.index, how=["same", "european", "same"]))  # fmt: skip
full = number(TX)

doc = Document()
doc.add_heading("Anmerkungen aus den Zentren (Auswahl)", 2)
told = [at for at in tandem.index if TEXT["people"]["remark"][at]][:4]
for at in told:
    doc.add_paragraph(f"„{TEXT['people']['remark'][at]}“", style="List Bullet")
doc.save(study.at("Anmerkungen.docx"))
study.leaky("Anmerkungen.docx", "L13", "O23 O19", "Remarks about single persons.",
            *(words(at) for at in told))  # fmt: skip

study.write("Codebuch.csv", """Variable;Typ;Kodierung;Einheit
transplant;kategorial;none = keine, single = einfach, tandem = zweifach;
melphalan;ganzzahlig;140 = reduziert, 200 = voll;mg/m2
iss;kategorial;1 = I, 2 = II, 3 = III;
b2m;stetig;zwei Nachkommastellen;mg/L
died;binär;0 = nein, 1 = ja;
died_days;ganzzahlig;Tage seit Diagnose;d
ecog;ordinal;0 bis 4;
""")  # fmt: skip
study.safe("Codebuch.csv", "S10", written("melphalan;ganzzahlig;140 = reduziert, 200 = voll;mg/m2"))
study.write("Literatur.bib", """@article{lancaster2019,
  author = {Lancaster, P. and Oyelaran, T.}, title = {Tandem or single? Twelve years on},
  journal = {Made-up J Haematol}, year = {2019}, volume = {33}, number = {4}, pages = {212--219}}
@article{bremer2023,
  author = {Bremer, K. and Vogt, H.}, title = {Melphalan 140 im Alter},
  journal = {Erfundene Onkol}, year = {2023}, volume = {8}, pages = {5--9}}
""")  # fmt: skip
study.safe("Literatur.bib", "S10", written("pages = {212--219}"))
study.close()

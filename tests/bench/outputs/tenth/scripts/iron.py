"""Iron overload: a fellow's spreadsheets, one of them sent to a statistician and back."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
from docx import Document
from openpyxl import Workbook
from openpyxl.chart import Reference, ScatterChart, Series

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    count,
    extremes,
    person,
    rows,
    table,
    value,
    written,
)  # fmt: skip

study = Study("iron")
d = table("patients")

edges = [0, 100, 300, 1000]
bins = [int(n) for n in pd.cut(d.ferritin, [*edges, 10**6], right=False).value_counts(sort=False)]
study.write("ferritin_bands.csv", "Ferritin (ug/L),Patients\n" + "".join(
    f"{a},{b}\n" for a, b in zip(("<100", "100-299", "300-999", ">=1000"), bins, strict=True)))  # fmt: skip
study.safe("ferritin_bands.csv", "S1", {"Bins": {"table": "people", "column": "ferritin", "where": "",
           "edges": Flow(edges), "stated": Flow(bins)}})  # fmt: skip
by = d.groupby("clinic").ferritin.quantile([0.25, 0.5, 0.75]).unstack().round(2)
by.columns = ["Q1", "Median", "Q3"]
by.to_excel(study.at("ferritin_quartiles.xlsx"))
own = rows("clinic = Holmfirth")["ferritin"].astype(float)
told = [str(int(v)) for v in by.loc["Holmfirth"] if (own == v).sum()]
big = [str(int(v)) for v in by.loc["Greywater"] if float(v).is_integer()]
grey = rows("clinic = Greywater")["ferritin"].astype(float)
study.leaky("ferritin_quartiles.xlsx", "L11", "O09", "Exact quartiles of small clinics are single people's.",
            *([extremes("ferritin", told, "clinic = Holmfirth")] if told else []),
            extremes("ferritin", [v for v in big if 0 < (grey == float(v)).sum() < 10], "clinic = Greywater"))  # fmt: skip

# a chart on a sheet, its points on another that only code can show
part = d.iloc[17::71][["weight_kg", "ferritin", "nights"]]
book = Workbook()
front, back = book.active, book.create_sheet("pts")
front.title = "Ferritin"
for line in part.itertuples(index=False):
    back.append([float(line.weight_kg), int(line.ferritin), int(line.nights)])
chart = ScatterChart()
chart.style, chart.title = 13, "Ferritin against weight"
chart.series.append(Series(Reference(back, min_col=2, min_row=1, max_row=len(part)),
                           Reference(back, min_col=1, min_row=1, max_row=len(part))))  # fmt: skip
front.add_chart(chart, "B2")
back.sheet_state = "veryHidden"
book.save(study.at("ferritin_chart.xlsx"))
study.leaky("ferritin_chart.xlsx", "L6", "O19 O28 O18", "Points of 70 people on a hidden sheet.",
            person(["weight_kg", "ferritin", "nights"], part.index))  # fmt: skip
some = d.iloc[60:125]
study.write("log2_ferritin.txt", "log2(ferritin)  ln(LDH)  kg rounded\n" + "".join(
    f"{np.log2(r.ferritin):.3f}  {np.log(r.ldh):.3f}  {r.weight_kg}\n" for r in some.itertuples()))  # fmt: skip
study.leaky("log2_ferritin.txt", "L3", "O19", "Logged values of 65 people.",
            person(["ferritin", "ldh", "weight_kg"], some.index, how=["log2 3", "log 3", "same"]))  # fmt: skip
wide = d.iloc[900:932][["age", "ferritin", "hb", "albumin", "height_cm"]].T
wide.columns = [f"c{n}" for n in range(1, 33)]
wide.to_csv(study.at("cases_wide.csv"), sep=";")
study.leaky("cases_wide.csv", "L2", "O19", "Thirty-two people in columns.",
            person(["age", "ferritin", "hb", "albumin", "height_cm"], range(900, 932)))  # fmt: skip
rng = np.random.default_rng(77)
cols = ["ferritin", "ldh", "weight_kg", "height_cm", "died_days"]
noisy = d.iloc[1500:1590][cols] * rng.normal(1, 0.02, (90, 5)).clip(0.93, 1.07)
noisy.round(1).to_csv(study.at("ferritin_jittered.csv"), index=False)
study.leaky("ferritin_jittered.csv", "L5", "O19", "Ninety people under noise of two per cent.",
            person(cols, range(1500, 1590), noise=0.02), apart=True)  # fmt: skip
study.write("chelation_dosing.md", """| drug | start | step | most | stop if |
|---|--:|--:|--:|---|
| deferasirox FCT | 14 mg/kg | 3.5 mg/kg | 28 mg/kg | creatinine up 33 % twice |
| deferiprone | 75 mg/kg | 5 mg/kg | 99 mg/kg | neutrophils < 1.5 x 10^9/L |
| desferrioxamine | 40 mg/kg, 5 nights | 5 mg/kg | 60 mg/kg | hearing loss |

Start at ferritin > 1000 ug/L twice, 3 months apart, or after 20 units of red cells.
""")  # fmt: skip
study.safe("chelation_dosing.md", "S10", written("| deferiprone | 75 mg/kg | 5 mg/kg | 99 mg/kg |"))
mm = d[d.disease == "multiple myeloma"]
x = sm.add_constant(
    pd.DataFrame({"age": mm.age, "ldh": mm.ldh, "male": (mm.sex == "male").astype(int)})
)
fit = sm.OLS(mm.hb, x).fit()
study.write("hb_model.html", f"<html><body>{fit.summary().tables[0].as_html()}"
            f"{fit.summary().tables[1].as_html()}</body></html>")  # fmt: skip
study.safe("hb_model.html", "S3", count("disease = multiple myeloma"), {"Fitted": {
    "kind": "linear", "where": "disease = multiple myeloma", "outcome": "hb",
    "design": Flow(["age", "ldh", "sex=male"]), "printed": Flow([f"{v:.4f}" for v in fit.params])}})  # fmt: skip
study.write("cutoffs.json", json.dumps({"ferritin_ug_l": {"low": 30, "raised": 300, "overload": 1000},
            "transferrin_saturation_percent": {"low": 16, "raised": 45}, "liver_iron_mg_g": [3, 7, 15],
            "t2star_ms": {"normal": 20, "severe": 10}, "source": "local guideline 8.2 (2024)"}))  # fmt: skip
study.safe("cutoffs.json", "S10", written('"raised": 300, "overload": 1000'))
figure, axes = plt.subplots(figsize=(4, 3), dpi=80)
axes.scatter(rows("clinic = Holmfirth")["weight_kg"].astype(float), own, color="firebrick")
axes.set_xlabel("kg")
axes.set_ylabel("ferritin")
axes.set_title("Holmfirth, all patients")
figure.savefig(study.at("holmfirth_scatter.png"))
study.leaky("holmfirth_scatter.png", "L8", "O17 O18", "A mark for each of 32 people.",
            person(["weight_kg", "ferritin"], rows("clinic = Holmfirth").index), written=False)  # fmt: skip
doc = Document()
grid = doc.add_table(rows=1, cols=4)
for cell, text in zip(grid.rows[0].cells, ("ISS", "n", "Ferritin, mean", "SD"), strict=True):
    cell.text = text
claims = []
for iss in ("I", "II", "III"):
    where = f"iss = {iss}"
    v = rows(where)["ferritin"].astype(float)
    cells = [iss, str(len(v)), f"{v.mean():.0f}", f"{v.std():.0f}"]
    for cell, text in zip(grid.add_row().cells, cells, strict=True):
        cell.text = text
    claims += [
        *count(where),
        value("ferritin", "mean", cells[2], where),
        value("ferritin", "sd", cells[3], where),
    ]
doc.save(study.at("table_ferritin.docx"))
study.safe("table_ferritin.docx", "S1", claims)
study.close()

"""Study 14: supplementary files of a paper on luspatercept and epoetin in lower-risk MDS."""

import subprocess
import zipfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from docx import Document
from docx.shared import Pt
from tableone import TableOne

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("supplement-lower-risk")
p = k.people()
POP = "disease in MDS-LB|MDS-SF3B1; first_line in epoetin|luspatercept"
d = p[
    p.disease.isin(["MDS-LB", "MDS-SF3B1"]) & p.first_line.isin(["epoetin", "luspatercept"])
].copy()
d["anaemia"] = np.where(d.hb < 8, "severe", "moderate")


def office(name, to, filters=None):
    subprocess.run(
        [
            "soffice",
            "--headless",
            "--convert-to",
            filters or to,
            "--outdir",
            str(S.folder),
            str(S / name),
        ],
        check=True,
        capture_output=True,
    )


t1 = TableOne(
    d,
    columns=["age", "sex", "anaemia", "trial", "hb"],
    categorical=["sex", "anaemia", "trial"],
    groupby="first_line",
    pval=True,
    decimals=1,
)
t1.to_excel(str(S / "Table_S1.xlsx"))
S.safe(
    "Table_S1.xlsx",
    "S1",
    k.count(POP),
    *[
        k.count(f"{POP}; first_line = {a}; sex = {s}")
        for a in ("epoetin", "luspatercept")
        for s in "FM"
    ],
    k.count(POP + "; first_line = luspatercept; trial = 1"),
)
S.text("Table_S1.html", t1.to_html())
S.safe("Table_S1.html", "S1", k.count(POP), k.count(POP + "; first_line = luspatercept; hb < 8"))
t2 = TableOne(
    d,
    columns=["karyotype", "language", "ecog"],
    categorical=["karyotype", "language", "ecog"],
    groupby="first_line",
)
t2.to_csv(str(S / "Table_S2.csv"))
print(
    pd.crosstab(d.language, d.first_line),
    pd.crosstab(d.ecog, d.first_line),
    pd.crosstab(d.karyotype, d.first_line),
)
S.leak(
    "Table_S2.csv",
    "L11",
    "O01",
    "Rare languages and karyotypes by treatment.",
    k.small(f"{POP}; first_line = luspatercept; language = Polish"),
)
x = pd.crosstab(d.language, d.first_line).drop(index="Basque")
z = x.astype(object)
z[z.lt(10)] = "<10"
z["Total"] = x.sum(axis=1)
z.to_excel(S / "Table_S3_masked.xlsx")
hid = [(r, c) for r in x.index for c in x.columns if x.loc[r, c] < 10]
one = next((r, c) for r, c in hid if (x.loc[r] < 10).sum() == 1 and x.loc[r, c] > 0)
other = next(c for c in x.columns if c != one[1])
S.leak(
    "Table_S3_masked.xlsx",
    "L12",
    "O13",
    "A masked count is the total less the other treatment.",
    k.rest(f"{POP}; language = {one[0]}", [f"{POP}; language = {one[0]}; first_line = {other}"]),
)
y = x[(x >= 10).all(axis=1)]
y.to_excel(S / "Table_S3_frequent.xlsx")
S.safe(
    "Table_S3_frequent.xlsx",
    "S1",
    *[k.count(f"{POP}; language = {r}; first_line = {c}") for r in y.index for c in y.columns],
)

# the workbook that journals ask for: one sheet for each table
with pd.ExcelWriter(S / "Supplementary_Data_1.xlsx", engine="xlsxwriter") as b:
    pd.DataFrame(
        {"Sheet": ["S5", "S6"], "Content": ["Response by treatment", "Dose schedule"]}
    ).to_excel(b, sheet_name="Contents", index=False)
    r = pd.crosstab(d.response, d.first_line)
    r.to_excel(b, sheet_name="S5")
    pd.DataFrame(
        {
            "Drug": ["Luspatercept", "Luspatercept", "Luspatercept", "Epoetin alfa"],
            "Step": [1, 2, 3, 1],
            "Dose": ["1.0 mg/kg", "1.33 mg/kg", "1.75 mg/kg", "40 000 IU weekly"],
            "Weeks": [3, 3, 3, 1],
        }
    ).to_excel(b, sheet_name="S6", index=False)
S.safe(
    "Supplementary_Data_1.xlsx",
    "S1",
    *[k.count(f"{POP}; response = {a}; first_line = {c}") for a in r.index for c in r.columns],
)
src = d.sort_values("hb")[["hb", "units_year", "weight_kg", "ldh", "first_line"]].iloc[:75]
with pd.ExcelWriter(S / "Source_Data_Fig2.xlsx", engine="openpyxl") as b:
    src.rename(
        columns={
            "hb": "Haemoglobin (g/dL)",
            "units_year": "RBC units",
            "weight_kg": "Weight (kg)",
            "ldh": "LDH (U/L)",
            "first_line": "Arm",
        }
    ).to_excel(b, sheet_name="Fig 2a", index=False)
    d.groupby("first_line").hb.agg(["size", "mean", "std"]).round(2).to_excel(
        b, sheet_name="Fig 2b"
    )
S.leak(
    "Source_Data_Fig2.xlsx",
    "L2",
    "O19 O20",
    "Source data of a figure: 75 rows, sorted by haemoglobin.",
    k.rows(["hb", "units_year", "weight_kg", "ldh", "first_line"], src.index),
)
office("Source_Data_Fig2.xlsx", "ods")
(S / "Source_Data_Fig2.ods").rename(S / "Source_Data_Fig2_copy.ods")
S.leak(
    "Source_Data_Fig2_copy.ods",
    "L2",
    "O19 O20",
    "The same as OpenDocument, as an editor asked for.",
    k.rows(["hb", "units_year", "weight_kg", "ldh", "first_line"], src.index),
)
doc = Document()
doc.styles["Normal"].font.size = Pt(10)
doc.add_heading("Supplementary appendix", 1)
doc.add_heading("Methods S1. Definition of variables", 2)
doc.add_paragraph(
    "Transfusion burden was taken as units in the first year. Anaemia was severe below 8.0 g/dL. Models were adjusted for age (per 10 years), sex and LDH (reference range 135 to 225 U/L). Restricted cubic splines had 4 knots. Missing values (3.1 %) were imputed 20 times."
)
doc.add_heading("Table S7. Sensitivity analyses", 2)
t = doc.add_table(1, 4, style="Light List")
for cell, own in zip(t.rows[0].cells, ["Analysis", "HR", "95% CI", "P"], strict=True):
    cell.text = own
for row in (
    ("Main", "0.81", "0.66-0.99", "0.04"),
    ("Landmark at 3 months", "0.84", "0.68-1.05", "0.12"),
    ("Propensity score, 1:1", "0.79", "0.61-1.03", "0.08"),
    ("Without centres 6 to 8", "0.83", "0.67-1.04", "0.10"),
):
    for cell, own in zip(t.add_row().cells, row, strict=True):
        cell.text = own
doc.add_paragraph(
    "References: 1. N Engl J Med 2020;382:140-51. 2. Lancet 2023;402:373-85. 3. Blood 2012;120:2454-65. 4. Leukemia 2022;36:1703-19."
)
doc.save(S / "Supplementary_appendix.docx")
S.safe(
    "Supplementary_appendix.docx", "S3", k.nothing("definitions, ratios of models and references")
)
office("Supplementary_appendix.docx", "pdf")
(S / "Supplementary_appendix.pdf").rename(S / "Supplementary_appendix_final.pdf")
S.safe("Supplementary_appendix_final.pdf", "S3", k.nothing("the same as a page"), written=False)
case = d[(d.hb > 12) & (d.remark != "") & (d.first_line == "luspatercept")].index[0]
q = p.loc[case]
doc = Document()
doc.add_heading("Case vignette", 2)
doc.add_paragraph(
    f"A {'woman' if q.sex == 'F' else 'man'} aged {q.age} years was diagnosed with {q.disease} on {q.diagnosed}. Haemoglobin was {q.hb} g/dL, platelets {q.plt}, LDH {q.ldh}, ferritin {q.ferritin}. {q.remark[0].upper() + q.remark[1:]}."
)
doc.save(S / "Case_vignette.docx")
S.leak(
    "Case_vignette.docx",
    "L1",
    "O19 O23",
    "One person's course, with the day of diagnosis and the remark.",
    k.rows(["age", "diagnosed", "hb", "plt", "ldh", "ferritin"], [case]),
)
office("Case_vignette.docx", "pdf")
(S / "Case_vignette.pdf").rename(S / "Case_vignette_proof.pdf")
S.leak(
    "Case_vignette_proof.pdf",
    "L1",
    "O19 O23",
    "The same as a page.",
    k.rows(["age", "diagnosed", "hb", "plt", "ldh", "ferritin"], [case]),
    written=False,
)
fig, ax = plt.subplots(figsize=(4, 3))
for a, g in d.groupby("first_line"):
    ax.hist(g.hb, bins=[3, 7, 8, 9, 10, 11, 16], histtype="step", label=a)
    assert np.histogram(g.hb, [3, 7, 8, 9, 10, 11, 16])[0].min() >= 10
ax.legend()
ax.set_xlabel("Haemoglobin (g/dL)")
fig.savefig(S / "Figure_S2.pdf", metadata={"CreationDate": None})
S.safe("Figure_S2.pdf", "S8", k.count(POP), written=False)
with zipfile.ZipFile(S / "Supplementary_files.zip", "w", zipfile.ZIP_DEFLATED) as box:
    for own in ("Table_S1.xlsx", "Supplementary_Data_1.xlsx", "Supplementary_appendix.docx"):
        box.write(S / own, own)
    box.writestr(
        "README.txt",
        "Supplementary files 1 to 3. Licence: CC BY 4.0. No individual-level data are included; requests go to the registry's office.\n",
    )
S.safe("Supplementary_files.zip", "S1", k.count(POP))
S.text(
    "reporting_checklist.md",
    "# STROBE checklist\n\n| Item | No | Page |\n|---|---|---|\n"
    + "".join(
        f"| {a} | {i} | {b} |\n"
        for i, (a, b) in enumerate(
            [
                ("Title", 1),
                ("Background", 3),
                ("Objectives", 3),
                ("Study design", 4),
                ("Setting", 4),
                ("Participants", 5),
                ("Variables", 5),
                ("Data sources", 6),
                ("Bias", 6),
                ("Study size", 6),
            ],
            1,
        )
    ),
)
S.safe("reporting_checklist.md", "S10", k.nothing("a checklist"))
S.done()

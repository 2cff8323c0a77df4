"""Study 1: time to next treatment after intensive or azacitidine-based first line."""

import logging

import joblib
import matplotlib.pyplot as plt
import pandas as pd
from docx import Document
from lifelines import CoxPHFitter, KaplanMeierFitter

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts.kit import (
    Study,
    count,
    days,
    extremes,
    groups,
    nothing,
    people,
    rows,
    share,
    small,
    value,
    written,
)

S = Study("ttnt")
POP = "first_line in 7+3|azacitidine|azacitidine-venetoclax"
every = people()
d = every[every.first_line.isin(["7+3", "azacitidine", "azacitidine-venetoclax"])]
arms = ["7+3", "azacitidine", "azacitidine-venetoclax"]


def npct(k, total):
    return f"{k} ({100 * k / total:.1f}%)"


def baseline(careless):
    doc = Document()
    doc.core_properties.author = "Myeloid outcomes group"
    doc.add_heading("Table 1. Patient characteristics at start of first line", 2)
    lines = [("Characteristic", *arms)]
    by = {arm: d[d.first_line == arm] for arm in arms}
    lines.append(("Patients, n", *(str(len(g)) for g in by.values())))
    lines.append(
        ("Age, mean (SD)", *(f"{g.age.mean():.1f} ({g.age.std():.1f})" for g in by.values()))
    )
    if careless:
        lines.append(
            (
                "Age, median [range]",
                *(f"{g.age.median():.0f} [{g.age.min()}-{g.age.max()}]" for g in by.values()),
            )
        )
    lines.append(("Female, n (%)", *(npct((g.sex == "F").sum(), len(g)) for g in by.values())))
    bands = (
        [("0", [0]), ("1", [1]), ("2", [2]), ("3", [3]), ("4", [4])]
        if careless
        else [("0-1", [0, 1]), (">=2", [2, 3, 4])]
    )
    for name, own in bands:
        lines.append((f"ECOG {name}", *(npct(g.ecog.isin(own).sum(), len(g)) for g in by.values())))
    lines.append(
        (
            "Haemoglobin g/dL, mean (SD)",
            *(f"{g.hb.mean():.2f} ({g.hb.std():.2f})" for g in by.values()),
        )
    )
    lines.append(("Enrolled in a trial", *(npct(g.trial.sum(), len(g)) for g in by.values())))
    table = doc.add_table(rows=0, cols=4, style="Light Grid Accent 1")
    for line in lines:
        for cell, own in zip(table.add_row().cells, line, strict=True):
            cell.text = own
    doc.add_paragraph(
        "Percentages are of the patients of each column. Reference range of "
        "haemoglobin: 12.0-15.5 g/dL (women), 13.5-17.5 g/dL (men)."
    )
    doc.save(S / ("table1_full.docx" if careless else "table1.docx"))


baseline(False)
S.safe(
    "table1.docx",
    "S1",
    groups(["first_line"], POP),
    count("first_line = 7+3; sex = F"),
    share("sex = F", "first_line = 7+3"),
    count("first_line = azacitidine; trial = 1"),
    count("first_line = 7+3; ecog < 2"),
    value("age", "mean", f"{d[d.first_line == '7+3'].age.mean():.1f}", "first_line = 7+3"),
)
baseline(True)
old = d[d.first_line == "7+3"]
S.leak(
    "table1_full.docx",
    "L11",
    "O01 O08",
    "The range of ages, and nine or fewer people with ECOG 4 in an arm.",
    small("first_line = 7+3; ecog = 4"),
    extremes("age", [old.age.max()], "first_line = 7+3"),
)

design = pd.get_dummies(
    d[["nextline_days", "nextline", "age", "ecog", "hb", "first_line", "sex"]],
    columns=["first_line", "sex"],
    drop_first=True,
    dtype=int,
)
cph = CoxPHFitter().fit(design, "nextline_days", "nextline")
out = cph.summary[["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%", "p"]]
out.columns = ["HR", "lower", "upper", "p"]
out.round(3).to_csv(S / "cox_ttnt.csv")
S.safe(
    "cox_ttnt.csv",
    "S3",
    written("covariate,HR,lower,upper,p"),
    nothing("ratios of a model of 3,273"),
)
with (S / "cox_model.txt").open("w") as file:
    file.write("Cox proportional hazards model, time to next treatment (days)\n\n")
    file.write(cph.summary[["coef", "exp(coef)", "se(coef)", "z", "p"]].round(4).to_string())
    file.write(
        f"\n\nobservations {len(d)}, events {d.nextline.sum()}\nconcordance {cph.concordance_index_:.3f}\n"
    )
S.safe("cox_model.txt", "S3", count(POP), count(POP + "; nextline = 1"))

km = KaplanMeierFitter().fit(d.nextline_days, d.nextline)
grid = [0, 183, 365, 548, 730, 1096]
yearly = pd.DataFrame(
    {
        "months": [0, 6, 12, 18, 24, 36],
        "at risk": [int((d.nextline_days >= t).sum()) // 10 * 10 for t in grid],
        "free of next treatment (%)": [round(100 * float(km.predict(t))) for t in grid],
    }
)
yearly.to_csv(S / "km_half_yearly.csv", index=False)
S.safe(
    "km_half_yearly.csv",
    "S4",
    written("months,at risk"),
    nothing("six points of a curve of 3,273 people, at risk cut to tens"),
)
fig, ax = plt.subplots(figsize=(4.5, 3.2))
ax.plot(yearly.months, yearly["free of next treatment (%)"], marker="o")
ax.set(xlabel="Months from start", ylabel="Free of next treatment (%)", ylim=(0, 100))
fig.tight_layout()
fig.savefig(S / "figure2_ttnt.png", dpi=110)
S.safe("figure2_ttnt.png", "S8", count(POP), written=False)

few = d[(d.first_line == "7+3") & (d.disease == "AML-CBF")]
cbf = KaplanMeierFitter(label="CBF AML, 7+3").fit(few.nextline_days, few.nextline)
cbf.event_table.join(cbf.survival_function_).to_csv(S / "km_cbf_source_data.csv")
S.leak(
    "km_cbf_source_data.csv",
    "L11",
    "O16 O01",
    "Each step of the curve is the day of one person.",
    days(
        "first_line = 7+3; disease = AML-CBF",
        "nextline_days",
        "nextline",
        few[few.nextline == 1].nextline_days,
    ),
)
ax = cbf.plot_survival_function(show_censors=True, ci_show=False)
ax.set_xlabel("days")
ax.figure.savefig(S / "figure_s3_cbf.svg")
S.leak(
    "figure_s3_cbf.svg",
    "L8",
    "O18 O16",
    "A vector curve with a tick at the day of each of 61 people.",
    days(
        "first_line = 7+3; disease = AML-CBF",
        "nextline_days",
        "nextline",
        few[few.nextline == 1].nextline_days,
    ),
    written=False,
)
joblib.dump(cbf, S / "km_cbf.joblib")
S.leak(
    "km_cbf.joblib",
    "L9",
    "O25 O26",
    "The fitted curve keeps durations of 61 people.",
    rows(["nextline_days"], few.index),
    written=False,
)

books.run(
    S / "ttnt_analysis.ipynb",
    [
        "# Time to next treatment",
        "import pandas as pd\ndf = pd.read_csv('data/patients.csv')",
        "df = df[df.first_line.isin(['7+3', 'azacitidine', 'azacitidine-venetoclax'])]\ndf[['age', 'sex', 'disease', 'hb', 'plt', 'nextline_days', 'nextline']].head(8)",
        "df.groupby('first_line').nextline.agg(['size', 'sum'])",
    ],
)
S.leak(
    "ttnt_analysis.ipynb",
    "L7",
    "O19 O27",
    "The notebook prints eight rows.",
    rows(["age", "sex", "disease", "hb", "plt", "nextline_days", "nextline"], d.index[:8]),
)
books.run(
    S / "ttnt_clean.ipynb",
    [
        "# Events by arm",
        "import pandas as pd\ndf = pd.read_csv('data/patients.csv')\nlen(df)",
        "arms = ['7+3', 'azacitidine', 'azacitidine-venetoclax']\nsub = df[df.first_line.isin(arms)]\npd.crosstab(sub.first_line, sub.nextline)",
        "sub.groupby('first_line').agg(n=('age', 'size'), mean_age=('age', 'mean'), sd_age=('age', 'std')).round(1)",
    ],
)
S.safe("ttnt_clean.ipynb", "S7", groups(["first_line", "nextline"], POP), count())

log = logging.getLogger("ttnt")
handler = logging.FileHandler(S / "run_ttnt.log", mode="w")
handler.setFormatter(logging.Formatter("%(levelname)-7s %(name)s: %(message)s"))
log.addHandler(handler)
log.setLevel("INFO")
log.info("registry extract: %d patients", len(every))
log.info("after restriction to three regimens: %d", len(d))
log.info("next treatment observed in %d (%.1f%%)", d.nextline.sum(), 100 * d.nextline.mean())
log.info("Newton-Raphson converged after 4 iterations, tol 1e-07")
log.warning("proportional hazards: p=0.08 for ecog, kept")
handler.flush()
S.safe("run_ttnt.log", "S10", count(), count(POP), share("nextline = 1", POP))
with pd.ExcelWriter(S / "landmark_analysis.xlsx", engine="openpyxl") as book:
    land = (
        d[d.nextline_days >= 180]
        .groupby("first_line")
        .agg(n=("age", "size"), events=("nextline", "sum"))
    )
    land.to_excel(book, sheet_name="landmark 6m")
    odd = d[(d.nextline_days < 7) & (d.nextline == 1)]
    odd.drop(columns=["remark", "case_no", "born"]).to_excel(book, sheet_name="check", index=False)
    book.sheets["check"].sheet_state = "hidden"
S.leak(
    "landmark_analysis.xlsx",
    "L6",
    "O28 O19",
    "A hidden sheet holds the rows of those treated again within a week.",
    rows(["age", "sex", "disease", "hb", "plt", "ferritin", "nextline_days"], odd.index),
)
S.text(
    "README_ttnt.md",
    f"""# Time to next treatment (TTNT)

Approved project. Version 3 of the analysis plan, 12 March 2025.

| step | patients |
|---|---|
| registry, diagnosed 2013-2024 | {len(every)} |
| intensive or azacitidine-based first line | {len(d)} |
| with a next treatment | {d.nextline.sum()} |

Software: Python 3.11, pandas 2.2, lifelines 0.28. Seed 20250312. Confidence level 95 %.
Sensitivity analyses: 1) landmark at 6 months, 2) Fine-Gray, 3) centres left out in turn.
""",
)
S.safe("README_ttnt.md", "S1", count(), count(POP), count(POP + "; nextline = 1"))
S.done()

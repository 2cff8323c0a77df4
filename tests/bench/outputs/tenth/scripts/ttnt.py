"""Time to next treatment: labels of what `ttnt.R` writes, and the Word table of a colleague."""

import subprocess

import pandas as pd
from docx import Document
from docx.shared import Pt

from tests.bench.outputs.tenth.scripts.shelf import (
    DATA,
    HERE,
    TEXT,
    Flow,
    Study,
    also,
    count,
    extremes,
    groups,
    number,
    person,
    rows,
    share,
    small,
    value,
    written,
)  # fmt: skip

study = Study("ttnt")
subprocess.run(
    ["Rscript", str(HERE / "scripts" / "ttnt.R"), str(DATA), str(study.folder)], check=True
)
MM = "disease = multiple myeloma"

study.leaky("table2_regimen_by_ancestry.csv", "L11", "O01", "Small cells by ancestry.",
            small(["ancestry", "regimen"], MM))  # fmt: skip
steps = pd.read_csv(study.at("km_iss3_steps.csv"))
days = [int(one) for one in steps.loc[steps["n.event"] > 0, "time"]][:60]
study.leaky("km_iss3_steps.csv", "L11", "O16", "Each day at which somebody needed treatment.",
            {"Moments": {"where": also(MM, "iss = III"), "time": "progressed_days",
                         "event": "progressed", "days": Flow(days)}})  # fmt: skip
yearly = [
    also(MM, f"iss = {iss}", f"progressed_days >= {365 * year}")
    for iss in ("I", "II", "III") for year in range(5)
]  # fmt: skip
for iss in ("I", "II", "III"):
    for year in range(4):
        within = also(MM, f"iss = {iss}", f"progressed_days >= {365 * year}",
                      f"progressed_days < {365 * year + 365}")  # fmt: skip
        if min(number(also(within, f"progressed = {own}")) for own in "01") < 10:
            raise ValueError(within)
study.safe("km_by_year.csv", "S4", count(*yearly))
study.safe("figure1_yearly.png", "S4", count(*yearly), written=False)


def quoted(name: str, *starts: str) -> str:
    """Lines of a file that begin so."""
    lines = study.at(name).read_text("utf-8").splitlines()
    return [one.strip() for one in lines if one.strip().startswith(starts)]


study.safe("cox_summary.txt", "S3", count(MM, also(MM, "progressed = 1")),
           written(*quoted("cox_summary.txt", "issII", "del17p")))  # fmt: skip
study.safe("cox_hr.csv", "S3", written(*quoted("cox_hr.csv", '"issII"', '"t414"')))
study.safe("ph_test.txt", "S3", written(*quoted("ph_test.txt", "iss", "GLOBAL")))
grey = rows(also(MM, "clinic = Greywater"))
study.leaky("cox_greywater.rds", "L9", "O25 O26 O19", "A model that keeps the rows it was fitted to.",
            person(["progressed_days", "age", "b2m"], grey.index[:60]))  # fmt: skip
mm = rows(MM)
study.leaky("martingale_residuals.csv", "L2", "O19", "A residual and five values of each person.",
            person(["age", "iss", "ldh", "marrow", "progressed_days"],
                   mm.index[::41]))  # fmt: skip
tops = [f"{mm['cost'].astype(float).max():.2f}", f"{mm['cost'].astype(float).min():.2f}"]
study.leaky("explore.Rout", "L11", "O08 O09", "The least and the greatest values of a summary.",
            extremes("cost", tops, MM), extremes("b2m", ["16.92"], MM))  # fmt: skip
study.leaky("km_greywater_ticks.pdf", "L8", "O18 O16", "A step and a tick for each person.",
            {"Moments": {"where": also(MM, "clinic = Greywater"), "time": "progressed_days",
                         "event": "progressed", "days": Flow(sorted(
                             int(one) for one in grey.query("progressed == '1'")["progressed_days"]
                         )[:20])}}, written=False)  # fmt: skip
study.safe("report.html", "S1", count(MM), groups(["iss", "sex"], MM))
longest = mm.assign(t=mm["progressed_days"].astype(int)).sort_values("t", ascending=False)
study.leaky("report_draft.html", "L8", "O19", "Ten people with the longest times, dates beside them.",
            person(["clinic", "sex", "age", "diagnosed", "regimen", "progressed_days"],
                   longest.index[:10]))  # fmt: skip
study.safe("sessionInfo.txt", "S10", written("attached base packages:"))

# Table 1 as a co-author typed it into Word
doc = Document()
doc.styles["Normal"].font.name, doc.styles["Normal"].font.size = "Cambria", Pt(10)
doc.add_paragraph("Table 1. Characteristics at diagnosis, by transplant in first line.")
own = TEXT["people"]
halves = {"ASCT": "transplant != none", "No ASCT": "transplant = none"}
grid = doc.add_table(rows=1, cols=3)
grid.style = "Table Grid"
claims = []
for cell, head in zip(grid.rows[0].cells, ("", *halves), strict=True):
    cell.text = head
body = [("n", None, None)]
body += [(f"ISS {one}, n (%)", "iss", one) for one in ("I", "II", "III")]
body += [("Female, n (%)", "sex", "female"), ("del(17p), n (%)", "del17p", "1")]
body += [("Age, mean (SD)", "age", "mean"), ("Hb g/L, mean (SD)", "hb", "mean")]
body += [("Creatinine umol/L, mean (SD)", "creatinine", "mean")]
for label, column, want in body:
    line = grid.add_row().cells
    line[0].text = label
    for cell, half in zip(line[1:], halves.values(), strict=True):
        where = also(MM, half)
        if column is None:
            cell.text = f"{number(where):,}"
            claims += count(where)
        elif want == "mean":
            values = rows(where)[column].astype(float)
            printed = [f"{values.mean():.1f}", f"{values.std():.1f}"]
            cell.text = f"{printed[0]} ({printed[1]})"
            claims += [value(column, name, one, where) for name, one in
                       zip(("mean", "sd"), printed, strict=True)]  # fmt: skip
        else:
            part = f"{column} = {want}"
            own = share(part, where)
            cell.text = f"{number(also(where, part))} ({own['Share']['printed']})"
            claims += [*count(also(where, part)), own]
doc.add_paragraph("ASCT, autologous stem-cell transplant; ISS, International Staging System.")
doc.core_properties.author = "Peigi Halloran"
doc.save(study.at("table1.docx"))
study.safe("table1.docx", "S1", claims)
study.write("ttnt_analysis.R", '''## TTNT, primary analysis. Data are read inside the workspace only.
library(survival)
d <- read.csv("patients.csv")
d <- subset(d, disease == "multiple myeloma")
d$iss <- relevel(factor(d$iss), ref = "I")
cuts <- c(0, 365, 730, 1095, 1460, 1825, 2190)   # years, so that no step is one person
age_bands <- c(18, 50, 60, 70, 80, 110)
f <- Surv(progressed_days, progressed) ~ iss + del17p + t414 + I(age / 10)
m <- coxph(f, data = d)
stopifnot(m$nevent >= 10 * length(coef(m)))
print(summary(m)$conf.int, digits = 3)
''')  # fmt: skip
study.safe("ttnt_analysis.R", "S10", written("cuts <- c(0, 365, 730, 1095, 1460, 1825, 2190)"))
study.close()

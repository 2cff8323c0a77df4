"""A journal's supplement, a poster and a protocol: what leaves around a paper."""

import io
import subprocess
import tempfile
import zipfile
import zlib
from hashlib import sha1
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from docx import Document
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches, Pt

from tests.bench.outputs.tenth.scripts.shelf import (
    TEXT,
    Flow,
    Study,
    codes,
    count,
    few,
    groups,
    number,
    person,
    rows,
    share,
    small,
    table,
    words,
    written,
)  # fmt: skip

d, t = table("patients"), TEXT["people"]
MM = "disease = multiple myeloma"
made = Path(tempfile.mkdtemp())


def pack(study: Study, name: str, members: dict[str, str | bytes]) -> None:
    """Zip members under a set hour."""
    with zipfile.ZipFile(study.at(name), "w", zipfile.ZIP_DEFLATED) as box:
        for path, data in members.items():
            box.writestr(zipfile.ZipInfo(path, (2026, 2, 10, 9, 30, 0)), data, zipfile.ZIP_DEFLATED)


# --- the supplement of a paper
study = Study("supplement")
s1 = pd.crosstab(d.iss, d.smoking).to_csv()
s2 = pd.crosstab(d.sex, d.transplant).to_csv()
readme = (
    "Supplement to 'Smoking and stage in myeloma'. S1: stage by smoking. S2: sex by transplant.\n"
)
pack(study, "Supplement.zip", {"README.txt": readme, "tables/S1.csv": s1, "tables/S2.csv": s2})
study.safe("Supplement.zip", "S1", groups(["iss", "smoking"]), groups(["sex", "transplant"]))
part = d.iloc[3300:3345][["clinic", "age", "smoking", "iss", "ldh", "height_cm", "died_days"]]
history = "d <- read.csv('patients.csv')\nview(d[d$clinic=='Holmfirth',])\nwrite.csv(d[3301:3345,c(2,5)],'x.csv')\n"
pack(study, "Supplement_v1.zip", {"README.txt": readme, "tables/S1.csv": s1, ".Rhistory": history,
                                  "tables/.~S1_rows.csv": part.to_csv(index=False)})  # fmt: skip
study.leaky("Supplement_v1.zip", "L1", "O19 O34", "A left-over member has 45 people, beside a history.",
            person(["clinic", "age", "smoking", "iss", "ldh", "height_cm", "died_days"], part.index))  # fmt: skip
blob = part.head(30).to_csv(index=False).encode()
blob = b"blob %d\0" % len(blob) + blob
name = sha1(blob, usedforsecurity=False).hexdigest()
pack(study, "code_repository.zip", {"analysis.py": "print('see README')\n", "README.md": "# Code\n",
     ".git/HEAD": "ref: refs/heads/main\n", f".git/objects/{name[:2]}/{name[2:]}": zlib.compress(blob)})  # fmt: skip
study.leaky("code_repository.zip", "L10", "O34 O19", "A version store keeps a table of thirty people.",
            person(["clinic", "age", "ldh", "height_cm", "died_days"], part.index[:30]))  # fmt: skip
with pd.ExcelWriter(study.at("Tables_S1-S3.xlsx")) as out:
    pd.crosstab(d.isotype, d.iss).to_excel(out, sheet_name="S1 isotype")
    pd.crosstab(d.iss, d.sex).to_excel(out, sheet_name="S2 sex")
study.leaky("Tables_S1-S3.xlsx", "L11", "O01", "Seven people with IgD are in stage III.",
            small(["isotype", "iss"]))  # fmt: skip
keep = d.assign(isotype=d.isotype.replace({"IgD": "other", "non-secretory": "other"}))
with pd.ExcelWriter(study.at("Tables_S1-S3_final.xlsx")) as out:
    pd.crosstab(keep.isotype, keep.iss).to_excel(out, sheet_name="S1 isotype")
    pd.crosstab(d.iss, d.sex).to_excel(out, sheet_name="S2 sex")
merged = keep.groupby(["isotype", "iss"]).size()
study.safe(
    "Tables_S1-S3_final.xlsx",
    "S1",
    groups(["isotype", "iss"], joined=[
        Flow(["IgD|non-secretory" if a == "other" else a, b, int(n)]) for (a, b), n in merged.items()
    ]),
    groups(["iss", "sex"]),
)  # fmt: skip

# hidden cells: a square that stays hidden, and one that a column tells
clinics = ["Aldermoor", "Brockwell", "Castlegate", "Dovecote", "Eastmere", "Foxhollow", "Greywater"]
kinds = ["multiple myeloma", "smouldering myeloma", "AL amyloidosis", "solitary plasmacytoma"]
cell = [[number(f"clinic = {c}; disease = {k}") for k in kinds] for c in clinics]
gone = {(r, k) for r in (5, 6) for k in (2, 3)}
shown = [[None if (r, k) in gone else n for k, n in enumerate(line)] for r, line in enumerate(cell)]
totals, heads = [sum(line) for line in cell], [sum(line) for line in zip(*cell, strict=True)]
lines = ["Clinic\t" + "\t".join(kinds) + "\tTotal"]
lines += ["\t".join([c, *("[c]" if n is None else str(n) for n in line), str(s)])
          for c, line, s in zip(clinics, shown, totals, strict=True)]  # fmt: skip
lines += ["\t".join(["Total", *map(str, heads), str(sum(heads))]), "[c] = confidential"]
study.write("Table_S4.tsv", "\n".join(lines) + "\n")
where = f"clinic in {'|'.join(clinics)}; disease in {'|'.join(kinds)}"
study.safe("Table_S4.tsv", "S2", {"Hidden": {
    "by": Flow(["clinic", "disease"]), "where": where,
    "labels": Flow([Flow(clinics), Flow(kinds)]),
    "cells": Flow(Flow(line) for line in shown), "rows": Flow(totals), "columns": Flow(heads)}})  # fmt: skip
lone = [
    [None if (r, k) == (6, 2) else n for k, n in enumerate(line)] for r, line in enumerate(cell)
]
doc = Document()
grid = doc.add_table(rows=1, cols=6)
for box, text in zip(grid.rows[0].cells, ("Clinic", *kinds, "Total"), strict=True):
    box.text = text
for c, line, s in zip([*clinics, "Total"], [*lone, heads], [*totals, sum(heads)], strict=True):
    for box, text in zip(
        grid.add_row().cells,
        [c, *("*" if n is None else str(n) for n in line), str(s)],
        strict=True,
    ):
        box.text = text
doc.add_paragraph("* fewer than 10, not shown")
doc.save(study.at("Table_S5.docx"))
at = "clinic = Greywater; disease in " + "|".join(kinds)
study.leaky("Table_S5.docx", "L12", "O13 O01", "The only hidden cell is the total less its neighbours.",
            few("clinic = Greywater; disease = solitary plasmacytoma"),
            {"Rest": {"whole": at, "total": totals[6], "left": cell[6][2], "parts": [
                Flow([f"clinic = Greywater; disease = {kinds[k]}", cell[6][k]]) for k in (0, 1, 3) if cell[6][k] >= 1]}})  # fmt: skip
pct = [
    (c, share("disease = POEMS", f"clinic = {c}", told=True))
    for c in ("Aldermoor", "Brockwell", "Dovecote")
]
study.write("Table_S6.html", "<table><tr><th>Clinic<th>n<th>POEMS, %</tr>" + "".join(
    f"<tr><td>{c}<td>{number(f'clinic = {c}')}<td>{s['Share']['printed']}</tr>" for c, s in pct) + "</table>\n")  # fmt: skip
study.leaky("Table_S6.html", "L11", "O10 O01", "Percentages that are a few people of a known group.",
            [s for _, s in pct])  # fmt: skip
one, two = (
    "disease = multiple myeloma; sex = male",
    "disease = multiple myeloma; sex = male; age >= 41",
)
study.write("Table_1_main.csv", f"group,n\nmen with myeloma,{number(one)}\n")
study.write("Table_S7.csv", f"group,n\nmen with myeloma older than 40,{number(two)}\n")
study.leaky("Table_S7.csv", "L12", "O14", "The main table less this one is a few young men.",
            {"Differs": {"larger": one, "smaller": two, "numbers": Flow([number(one), number(two)])}},
            released=["Table_1_main.csv"])  # fmt: skip
study.write("response_letter.txt", f"""Reviewer 1, point 3. We now give the odds ratio with its interval: 1.08 (0.93 to 1.25), p = 0.31.
Reviewer 1, point 4. The model has 9 parameters and {number(MM)} patients; residual df is {number(MM) - 9}.
Reviewer 2, point 1. Table 2 now gives 2 decimals; page 7, line 12.
""")  # fmt: skip
study.safe("response_letter.txt", "S3", count(MM),
           {"Freedom": {"where": MM, "parameters": 9, "stated": number(MM) - 9, "few": False}})  # fmt: skip
study.close()

# --- a poster
study = Study("poster")
deck = Presentation()
deck.slide_width, deck.slide_height = Inches(16), Inches(9)
slide = deck.slides.add_slide(deck.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(0.5), Inches(0.3), Inches(15), Inches(1)).text_frame
box.text = "Second transplant: who gets one?  P-217"
box.paragraphs[0].font.size = Pt(36)
grid = slide.shapes.add_table(4, 3, Inches(0.5), Inches(2), Inches(7), Inches(3)).table
body = [["ISS", "single", "tandem"]]
body += [
    [i, *(str(number(f"iss = {i}; transplant = {k}")) for k in ("single", "tandem"))]
    for i in ("I", "II", "III")
]
for r, line in enumerate(body):
    for c, text in enumerate(line):
        grid.cell(r, c).text = text
deck.core_properties.author = "T. Oyelaran"
deck.save(study.at("poster_P-217.pptx"))
study.safe("poster_P-217.pptx", "S1", groups(["iss", "transplant"], "transplant != none"))
told = next(n for n in rows("transplant = tandem").index if t.remark[n])
slide.notes_slide.notes_text_frame.text = (
    f"If asked: {t.patient[told]} at {t.clinic[told]} - {t.remark[told]}"
)
deck.save(study.at("poster_P-217_notes.pptx"))
study.leaky("poster_P-217_notes.pptx", "L6", "O22 O23 O28", "The speaker's notes tell of one person.",
            codes([told]), words(told))  # fmt: skip
study.write("abstract_submission.txt", f"""Background. Tandem transplant is rarely given. Methods. We followed {number('transplant = tandem')} people.
Results. {number('transplant = tandem; response = PD')} progressed at once. Median age was 61 years.
Conclusion. Numbers are small.
""")  # fmt: skip
study.leaky("abstract_submission.txt", "L11", "O01", "A few people progressed at once.",
            few("transplant = tandem; response = PD"))  # fmt: skip
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "poster", "font.size": 9})
figure, axes = plt.subplots(figsize=(5, 2.4))
for y, (_, hr, low, high) in enumerate((("ISS III vs I", 2.41, 2.09, 2.78), ("del(17p)", 1.72, 1.51, 1.96),
                                            ("tandem vs single", 0.94, 0.71, 1.24), ("age, per 10 y", 1.36, 1.29, 1.43))):  # fmt: skip
    axes.plot([low, high], [y, y], color="k")
    axes.plot(hr, y, "s", color="k")
    axes.text(3, y, f"{hr:.2f} ({low:.2f}-{high:.2f})", va="center")
axes.set_yticks(range(4), ["ISS III vs I", "del(17p)", "tandem vs single", "age, per 10 y"])
axes.set_xscale("log")
axes.axvline(1, ls=":")
figure.savefig(study.at("forest.svg"), metadata={"Date": None})
study.safe("forest.svg", "S3", written("0.94 (0.71-1.24)"))
fall = rows("transplant = tandem")["paraprotein"].astype(float).sort_values(ascending=False)
figure, axes = plt.subplots(figsize=(5, 2.4))
axes.bar(range(len(fall)), fall, color="slateblue")
axes.set_ylabel("paraprotein g/L")
figure.savefig(study.at("waterfall.pdf"), metadata={"CreationDate": None})
study.leaky("waterfall.pdf", "L8", "O18 O17", "One bar for each of 109 people.",
            {"Extremes": {"column": "paraprotein", "where": "transplant = tandem",
                          "values": Flow([f"{v:.1f}" for v in fall.iloc[:6]])}}, written=False)  # fmt: skip
study.write("handout.html", "<html><head><meta charset='utf-8'><title>P-217</title></head><body><h1>Who gets a second transplant?</h1>"
            f"<p>{number('transplant = tandem')} of {number('transplant != none')} people had two. Hall 4, board 217, 13:15 to 14:00.</p>"
            "<ul><li>HR 0.94 (0.71-1.24), p = 0.66</li><li>Melphalan 140 or 200 mg/m²</li></ul></body></html>\n")  # fmt: skip
study.safe("handout.html", "S3", count("transplant = tandem", "transplant != none"))
study.close()

# --- a protocol, and what the safety desk sent along
study = Study("protocol")
(made / "p.md").write_text("""---
title: PALISADE-R, protocol 1.0
---

# Sample size

With a hazard ratio of 0.62, power 85 %, two-sided alpha 5 % and 30 months of recruitment, 158 events
in 184 patients are needed (92 in each arm). An interim look is planned after 79 events (O'Brien-Fleming, z = 2.96).

# Visits

| visit | day | window | blood (mL) |
|---|--:|--:|--:|
| screening | -21 | 0 | 32 |
| C1D1 | 1 | 0 | 18 |
| C1D8 | 8 | 1 | 6 |
| C2D1 | 29 | 3 | 18 |

# Dose levels

| level | drug mg | dexamethasone mg | planned n |
|---|--:|--:|--:|
| -1 | 60 | 20 | 3 |
| 1 | 80 | 20 | 3 |
| 2 | 100 | 40 | 6 |
""")
subprocess.run(["pandoc", "-s", "p.md", "-o", "p.docx"], cwd=made, check=True)
study.at("protocol_v1.docx").write_bytes((made / "p.docx").read_bytes())
study.safe("protocol_v1.docx", "S10", written("92 in each arm", "C1D8"))
(made / "s.R").write_text("""d <- expand.grid(hr = c(0.55, 0.62, 0.7), power = c(0.8, 0.85, 0.9))
d$events <- ceiling(4 * (qnorm(0.975) + qnorm(d$power))^2 / log(d$hr)^2)
d$n <- ceiling(d$events / 0.86 / 2) * 2
print(d, row.names = FALSE)
power.t.test(delta = 8, sd = 20, power = 0.9)
""")
study.write("sample_size.R", (made / "s.R").read_text())
study.safe("sample_size.R", "S10", written("power.t.test(delta = 8, sd = 20, power = 0.9)"))
found = subprocess.run(
    ["Rscript", "s.R"], cwd=made, check=True, capture_output=True, text=True
).stdout
study.write("sample_size.txt", found)
study.safe("sample_size.txt", "S3", written("Two-sample t test power calculation"))
rng = np.random.default_rng(3)
study.write("randomisation_list.csv", "number,stratum,block,arm\n" + "".join(
    f"{n:03d},ISS {('I', 'II', 'III')[n // 16 % 3]},{n // 4 + 1},{rng.choice(['A', 'B'])}\n" for n in range(96)))  # fmt: skip
study.safe("randomisation_list.csv", "S6", written("number,stratum,block,arm"), seen=Flow(["O20"]))
crf = Workbook()
sheet = crf.active
sheet.title = "C1D1"
for line in (["Field", "Format", "Limits", "Value"], ["Haemoglobin", "999 g/L", "40-200", None],
             ["Calcium", "9.99 mmol/L", "1.60-4.00", None], ["ECOG", "9", "0-4", None],
             ["Neuropathy grade", "9", "0-4", None], ["Date", "dd/mm/yyyy", "", None]):  # fmt: skip
    sheet.append(line)
crf.save(study.at("crf_blank.xlsx"))
study.safe("crf_blank.xlsx", "S10", written("Neuropathy grade", "1.60-4.00"))
bad = rows("neuropathy = 4; regimen != none").head(14)
bad[["patient", "born", "sex", "regimen", "bortezomib_mg", "neuropathy"]].assign(
    born=["/".join(reversed(one.split("-"))) for one in bad.born]).to_csv(study.at("dsmb_listing.csv"), index=False)  # fmt: skip
study.leaky(
    "dsmb_listing.csv",
    "L13",
    "O22 O19",
    "A listing with codes and dates of birth.",
    codes(bad.index),
)
told = [n for n in bad.index if t.remark[n]][:4]
study.write("sae_narratives.txt", "\n\n".join(
    f"SAE {k} - grade 4 neuropathy under {t.regimen[n]}.\nInvestigator: {t.remark[n]}." for k, n in enumerate(told, 1)) + "\n")  # fmt: skip
study.leaky(
    "sae_narratives.txt",
    "L13",
    "O23 O19",
    "Narratives of single events in words.",
    *(words(n) for n in told),
)
buffer = io.StringIO()
ages = d[d.regimen == "KRd"].groupby("clinic").age.agg(["count", "min", "max"])
buffer.write("Age range under KRd, for the investigator's brochure\n" + ages.to_string() + "\n")
study.write("brochure_table.txt", buffer.getvalue())
study.leaky("brochure_table.txt", "L11", "O08 O01", "Least and greatest ages, and clinics of a few people.",
            [few(f"regimen = KRd; clinic = {c}") for c in ages.index if ages.loc[c, "count"] < 10])  # fmt: skip
study.close()

"""Neuropathy by dose, in Dutch, with PSPP and a spreadsheet; a hospital pharmacist wrote it."""

import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill

from tests.bench.outputs.tenth.scripts.shelf import (
    Study,
    also,
    count,
    extremes,
    few,
    groups,
    number,
    person,
    rows,
    small,
    table,
    value,
    written,
)  # fmt: skip

study = Study("neuropathy")
d = table("patients").query("regimen != 'none'").copy()
ON = "regimen != none"
BTZ = "regimen in VRd|D-VTd|VCd|VMP"
made = Path(tempfile.mkdtemp())
d.assign(regimen=d.regimen.str.replace("-", "")).drop(columns="remark").to_csv(
    made / "np.csv", index=False
)
names = ["patient", "clinic", "sex", "born", "ancestry", "work", "smoking", "disease", "isotype",
         "diagnosed", "iss", "regimen", "transplant", "response", "mrd"]  # fmt: skip
columns = [one for one in d.columns if one != "remark"]
read = "GET DATA /TYPE=TXT /FILE='np.csv' /ARRANGEMENT=DELIMITED /DELIMITERS=',' /FIRSTCASE=2\n"
read += (
    " /VARIABLES="
    + " ".join(f"{one} {'A30' if one in names else 'F8.2'}" for one in columns)
    + ".\n"
)


def pspp(commands: str, name: str, more: tuple[str, ...] = ()) -> None:
    """Run a syntax file where the tables lie, under a name that says nothing."""
    (made / "run.sps").write_text(read + commands)
    subprocess.run(["pspp", "run.sps", "-o", "out.tmp", *more], cwd=made, check=False,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    study.at(name).write_bytes((made / "out.tmp").read_bytes())


txt, page, comma = (("-O", f"format={one}") for one in ("txt", "html", "csv"))
study.write("neuropathie.sps", """* Polyneuropathie naar behandeling, versie 2 (R. Dijkstra, ziekenhuisapotheek).
GET FILE='neuropathie.sav'.
RECODE neuropathy (0 1=0) (2 thru 4=1) INTO pnp2.
VARIABLE LABELS pnp2 'Graad 2 of hoger'.
VALUE LABELS pnp2 0 'nee' 1 'ja'.
SELECT IF regimen NE 'none'.
CROSSTABS /TABLES=regimen BY pnp2 /CELLS=COUNT ROW /STATISTICS=CHISQ.
LOGISTIC REGRESSION pnp2 WITH bortezomib_mg age /PRINT=CI(95).
* cellen kleiner dan 10 niet tonen in het verslag.
""")  # fmt: skip
study.safe("neuropathie.sps", "S10", written("RECODE neuropathy (0 1=0) (2 thru 4=1) INTO pnp2."))
pspp("CROSSTABS /TABLES=regimen BY neuropathy /FORMAT=AVALUE /CELLS=COUNT.\n",
     "kruistabel_graad.txt", txt)  # fmt: skip
study.leaky("kruistabel_graad.txt", "L11", "O01", "Few people of a treatment have grade 4.",
            small(["regimen", "neuropathy"], also(ON, "regimen != D-VTd")))  # fmt: skip
pspp("RECODE neuropathy (0 1=0) (2 thru 4=1) INTO pnp2.\n"
     "CROSSTABS /TABLES=regimen BY pnp2 /CELLS=COUNT ROW.\n", "kruistabel_graad2.txt", txt)  # fmt: skip
two = []
for one in ("VRd", "D-VTd", "DRd", "VCd", "Rd", "VMP", "KRd"):
    two += count(f"regimen = {one}; neuropathy < 2", f"regimen = {one}; neuropathy >= 2")
study.safe("kruistabel_graad2.txt", "S1", two)
pspp("FREQUENCIES /VARIABLES=neuropathy ecog.\n", "frequenties.txt", txt)
study.safe("frequenties.txt", "S1", groups(["neuropathy"], ON), groups(["ecog"], ON))
pspp("DESCRIPTIVES /VARIABLES=bortezomib_mg b2m ldh cost.\n", "beschrijvend.html", page)
every = rows(ON)
top = [f"{every['b2m'].astype(float).max():.2f}", f"{every['ldh'].astype(float).max():.0f}"]
study.leaky("beschrijvend.html", "L11", "O08", "The greatest values of all treated people.",
            extremes("b2m", top[:1], ON), extremes("ldh", top[1:], ON))  # fmt: skip
pspp("COMPUTE bijna = neuropathy >= 2.\nSELECT IF bortezomib_mg > 0.\n"
     "LOGISTIC REGRESSION bijna WITH bortezomib_mg age.\n", "regressie.txt", txt)  # fmt: skip
study.safe("regressie.txt", "S3", count(BTZ), written("Variables in the Equation"))
pspp(
    "MEANS TABLES=bortezomib_mg BY neuropathy /CELLS=MEAN STDDEV COUNT.\n", "gemiddelden.csv", comma
)
means = []
for grade in "01234":
    where = also(ON, f"neuropathy = {grade}")
    own = rows(where)["bortezomib_mg"].astype(float)
    means += [value("bortezomib_mg", "mean", f"{own.mean():.2f}", where), *count(where)]
study.safe("gemiddelden.csv", "S1", means)

# the data of one clinic, saved for a colleague
(made / "run.sps").write_text(
    read
    + "SELECT IF clinic = 'Greywater'.\nSAVE OUTFILE='g.sav' /KEEP=sex age height_cm weight_kg "
    "bortezomib_mg neuropathy died_days.\nEXECUTE.\n"
)
subprocess.run(["pspp", "run.sps"], cwd=made, check=False, stdout=subprocess.DEVNULL)
study.at("neuropathie_greywater.sav").write_bytes((made / "g.sav").read_bytes())
grey = rows(also(ON, "clinic = Greywater"))
study.leaky("neuropathie_greywater.sav", "L1", "O19", "The people of a clinic, row by row.",
            person(["age", "height_cm", "weight_kg", "bortezomib_mg", "died_days"],
                   grey.index), written=False)  # fmt: skip

# spreadsheets
book = Workbook()
sheet = book.active
sheet.title = "Tabel 3"
sheet["A1"] = "Tabel 3. Polyneuropathie (CTCAE v5) naar schema, aantallen en %"
sheet["A1"].font = Font(bold=True)
sheet.append([])
sheet.append(["Schema", "n", "graad 0-1", "graad 2-4", "% graad 2-4"])
claims = []
for one in ("VRd", "D-VTd", "VCd", "VMP"):
    where = f"regimen = {one}"
    low, high = number(also(where, "neuropathy < 2")), number(also(where, "neuropathy >= 2"))
    at = sheet.max_row + 1
    sheet.append([one, f"=C{at}+D{at}", low, high, round(100 * high / (low + high), 1)])
    claims += count(also(where, "neuropathy < 2"), also(where, "neuropathy >= 2"))
book.save(study.at("tabel3.xlsx"))
study.safe("tabel3.xlsx", "S1", claims)
sheet = book.create_sheet("per centrum")
head = ["Centrum", "n", "graad 4", "geboortejaar", "dosis"]
sheet.append(head[:3])
for one in sorted(d.clinic.unique()):
    sheet.append([one, number(also(ON, f"clinic = {one}")),
                  number(also(ON, f"clinic = {one}", "neuropathy = 4"))])  # fmt: skip
sheet.column_dimensions["C"].hidden = True
for cell in sheet[1]:
    cell.fill = PatternFill("solid", fgColor="DDEBF7")
book.save(study.at("tabel3_per_centrum.xlsx"))
tiny = [one for one in sorted(d.clinic.unique())
        if 0 < number(also(ON, f"clinic = {one}", "neuropathy = 4")) < 10]  # fmt: skip
study.leaky("tabel3_per_centrum.xlsx", "L6", "O01 O28", "A hidden column has counts of few people.",
            [few(also(ON, f"clinic = {one}", "neuropathy = 4")) for one in tiny])  # fmt: skip

# figures
plt.rcParams.update({"font.family": "DejaVu Serif", "font.size": 8})
figure, axes = plt.subplots(figsize=(4.4, 3), dpi=80)
parts = {one: [number(f"regimen = {one}; neuropathy >= 2"), number(f"regimen = {one}")]
         for one in ("VRd", "D-VTd", "VCd", "VMP", "DRd", "Rd")}  # fmt: skip
axes.bar(list(parts), [100 * a / b for a, b in parts.values()], color="#6b8fb3")
for at, (a, b) in enumerate(parts.values()):
    axes.text(at, 100 * a / b + 0.4, f"{a}/{b}", ha="center")
axes.set_ylabel("graad 2-4 (%)")
figure.tight_layout()
figure.savefig(study.at("figuur1.png"))
study.safe("figuur1.png", "S8", [count(f"regimen = {one}; neuropathy >= 2", f"regimen = {one}")[0]
                                 for one in parts], written=False)  # fmt: skip
figure, axes = plt.subplots(figsize=(4.4, 3), dpi=80)
sets = [d.loc[d.neuropathy == g, "b2m"] for g in range(5)]
axes.boxplot(sets, tick_labels=range(5), flierprops={"marker": "o", "markersize": 3})
axes.set_ylabel("beta-2-microglobuline (mg/L)")
axes.set_xlabel("graad")
figure.savefig(study.at("figuur2_boxplot.png"))
study.leaky("figuur2_boxplot.png", "L8", "O08 O17", "Each mark beyond the whiskers is one person.",
            extremes("b2m", [f"{d.b2m.max():.2f}"], ON), written=False)  # fmt: skip

# the report, written as markdown and made into Word
body = f"""---
title: Polyneuropathie bij bortezomib
author: R. Dijkstra
lang: nl
---

## Resultaat

Van {number(BTZ)} patiënten met bortezomib kregen er {number(also(BTZ, "neuropathy >= 2"))} een
polyneuropathie van graad 2 of hoger. De gemiddelde cumulatieve dosis was
{rows(BTZ)["bortezomib_mg"].astype(float).mean():.1f} mg.

| Schema | n | graad 2-4 |
|--------|--:|----------:|
""".replace(" mg.", " mg.")
for one, (a, b) in parts.items():
    body += f"| {one} | {b} | {a} |\n"
(made / "v.md").write_text(body)
subprocess.run(["pandoc", "v.md", "-o", "v.docx"], cwd=made, check=True)
study.at("verslag.docx").write_bytes((made / "v.docx").read_bytes())
study.safe("verslag.docx", "S1", count(BTZ, also(BTZ, "neuropathy >= 2")),
           [one for n in parts for one in count(f"regimen = {n}", f"regimen = {n}; neuropathy >= 2")])  # fmt: skip
study.write("verslag_concept.md", body.split("| Schema")[0] + f"""
Bij KRd zagen wij zelden hinder: slechts {number('regimen = KRd; neuropathy = 4')} patiënten hadden
graad 4, beiden met eerdere bortezomib elders; {number('regimen = Rd; neuropathy = 3')} patiënten
met Rd hadden graad 3.
""")  # fmt: skip
study.leaky("verslag_concept.md", "L11", "O01", "Two and five people are told in words.",
            few("regimen = KRd; neuropathy = 4"), few("regimen = Rd; neuropathy = 3"))  # fmt: skip
load_workbook(study.at("tabel3.xlsx")).close()
study.close()

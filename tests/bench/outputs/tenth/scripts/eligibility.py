"""Eligibility for a trial in relapse: how many would pass, and who counted them in the end."""

import base64
import io
import logging

import matplotlib.pyplot as plt
import pandas as pd
from docx import Document
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    also,
    codes,
    count,
    few,
    groups,
    notebook,
    number,
    person,
    rows,
    small,
    table,
    written,
)  # fmt: skip

study = Study("eligibility")
people = table("patients")
steps = [
    ("In the network", ""),
    ("Multiple myeloma", "disease = multiple myeloma"),
    ("Age 18 to 75", "age < 76"),
    ("ECOG 0 to 2", "ecog < 3"),
    ("Creatinine below 177 umol/L", "creatinine < 177"),
    ("Progressed at least once", "progressed = 1"),
    ("Alive at data cut", "died = 0"),
]
chain = [also(*(one for _, one in steps[: n + 1])) for n in range(len(steps))]
ends = [number(one) for one in chain]
final = chain[-1]

# 1 the funnel, as a workbook that somebody took trouble over
book = Workbook()
sheet = book.active
sheet.title = "Funnel"
sheet.append(["Step", "Criterion", "Patients remaining", "Excluded at this step", "% of start"])
for n, ((name, _), left) in enumerate(zip(steps, ends, strict=True)):
    lost = ends[n - 1] - left if n else 0
    sheet.append([n, name, left, lost if n else None, round(100 * left / ends[0], 1)])
for cell in sheet[1]:
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True)
for at, wide in enumerate((6, 32, 12, 14, 10), 1):
    sheet.column_dimensions[get_column_letter(at)].width = wide
notes = book.create_sheet("Notes")
notes.append(["Data cut", "31 January 2026"])
notes.append(["Order of criteria", "as in protocol section 5.1; counts depend on the order"])
notes.append(["Small numbers", "no step excludes fewer than 10 patients"])
book.properties.creator = "M. Okafor"
book.save(study.at("eligibility_funnel.xlsx"))
study.safe("eligibility_funnel.xlsx", "S1", count(*chain))

# 2 the same per clinic, with the smallest clinic left in
site = people.query(
    "disease == 'multiple myeloma' and age < 76 and ecog < 3 and creatinine < 177"
    " and progressed == 1 and died == 0"
)
bysite = site.groupby("clinic").size().reset_index(name="Eligible")
bysite["Approached in pilot"] = (bysite["Eligible"] * 0.5).round(-1).astype(int)
del bysite["Approached in pilot"]
bysite.to_excel(study.at("eligible_by_site.xlsx"), index=False, sheet_name="by site")
study.leaky("eligible_by_site.xlsx", "L11", "O01",
            "The smallest clinic has fewer than ten eligible patients.",
            small(["clinic"], final))  # fmt: skip


# 3 two flow charts
def chart(name: str, boxes: list[tuple[str, str]], aside: list[str]) -> None:
    plt.rcParams["svg.fonttype"] = "none"
    figure, axes = plt.subplots(figsize=(6.2, 1.15 * len(boxes)))
    axes.set_axis_off()
    axes.set_xlim(0, 10)
    axes.set_ylim(-len(boxes), 0.6)
    for n, (head, body) in enumerate(boxes):
        axes.text(3, -n, f"{head}\n{body}", ha="center", va="center", fontsize=8,
                  bbox={"boxstyle": "round", "fc": "#eef3f8", "ec": "#35507a"})  # fmt: skip
        if n:
            axes.annotate("", (3, -n + 0.3), (3, -n + 0.7), arrowprops={"arrowstyle": "->"})
            axes.text(7.6, -n + 0.5, aside[n - 1], ha="center", va="center", fontsize=7)
    figure.savefig(study.at(name), metadata={"Date": None} if name.endswith("svg") else None)
    plt.close(figure)


def boxes_of(wheres: list[str], names: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    left = [number(one) for one in wheres]
    lost = [f"Excluded: n = {a - b}" for a, b in zip(left, left[1:], strict=False)]
    return [(a, f"n = {b}") for a, b in zip(names, left, strict=True)], lost


chart("consort_flow.svg", *boxes_of(chain, [name for name, _ in steps]))
study.safe("consort_flow.svg", "S8", count(*chain))
very = [
    "disease = multiple myeloma",
    "disease = multiple myeloma; fractures < 4",
    "disease = multiple myeloma; fractures < 4; ecog < 4",
]
chart("consort_flow_draft.svg", *boxes_of(very, ["Myeloma", "Fewer than 4 fractures", "ECOG 0-3"]))
study.leaky("consort_flow_draft.svg", "L11", "O01 O14",
            "An exclusion box of a flow chart shows fewer than ten people.",
            few("disease = multiple myeloma; fractures >= 4"))  # fmt: skip

# 4 words only
study.write("criteria.md", """# PALISADE-R: eligibility criteria (v0.7, 12 Jan 2026)

## Inclusion
1. Age 18 to 75 years at consent
2. Measurable disease: serum M-protein >= 5 g/L, or urine M-protein >= 200 mg/24 h
3. 1 to 3 prior lines, at least 2 cycles each; last dose >= 14 days before day 1
4. ECOG 0, 1 or 2
5. Hb >= 75 g/L, platelets >= 50 x 10^9/L, ANC >= 1.0 x 10^9/L (no G-CSF within 7 days)
6. eGFR >= 30 mL/min/1.73 m2, ALT <= 3 x ULN, corrected calcium < 3.0 mmol/L

## Exclusion
1. Plasma cell leukaemia, POEMS, AL amyloidosis with Mayo stage 3b
2. Neuropathy grade >= 3, or grade 2 with pain, within 14 days
3. LVEF < 40 %, NYHA III or IV, infarct within 6 months
4. Live vaccine within 30 days; strong CYP3A4 inhibitor within 5 half-lives

Washout table

| drug | days | half-lives |
|---|---|---|
| daratumumab | 90 | 4 |
| pomalidomide | 2 | 5 |
| carfilzomib | 1 | 8 |
| belantamab | 21 | 2 |
""")  # fmt: skip
study.safe("criteria.md", "S10", written("ANC >= 1.0 x 10^9/L", "| carfilzomib | 1 | 8 |"))

# 5 the screening log, one line for each patient
picked = site.sample(46, random_state=8).sort_index()
log = pd.DataFrame({
    "screen_no": range(1, 47), "pat": picked["patient"], "age_y": picked["age"],
    "crea": picked["creatinine"], "Hb": picked["hb"], "ECOG PS": picked["ecog"],
    "outcome": ["eligible"] * 46,
})  # fmt: skip
log.to_csv(study.at("screening_log.csv"), index=False)
study.leaky("screening_log.csv", "L13", "O22 O19",
            "A screening log with the code and the values of 46 patients.",
            codes(picked.index),
            person(["age", "creatinine", "hb", "ecog"], picked.index))  # fmt: skip

# 6 code
study.write("count_eligible.py", '''import argparse

import pandas as pd

AGE_MAX = 75
CREA_MAX = 177       # umol/L, about 2 mg/dL
ECOG_MAX = 2
MIN_CELL = 10


def funnel(df: pd.DataFrame) -> pd.DataFrame:
    steps = {
        "all": df.index == df.index,
        "mm": df.disease.eq("multiple myeloma"),
        "age": df.age.le(AGE_MAX),
        "ecog": df.ecog.le(ECOG_MAX),
        "crea": df.creatinine.lt(CREA_MAX),
        "relapsed": df.progressed.eq(1),
        "alive": df.died.eq(0),
    }
    keep, out = pd.Series(True, index=df.index), []
    for name, flag in steps.items():
        keep &= flag
        out.append((name, int(keep.sum())))
    res = pd.DataFrame(out, columns=["step", "n"])
    lost = -res.n.diff().fillna(0)
    assert not lost.between(1, MIN_CELL - 1).any(), "step with fewer than 10 excluded"
    return res


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="data/patients.csv")
    ap.add_argument("--out", default="out/funnel.csv")
    a = ap.parse_args()
    funnel(pd.read_csv(a.data)).to_csv(a.out, index=False)
''')  # fmt: skip
study.safe("count_eligible.py", "S10", written("CREA_MAX = 177", "MIN_CELL = 10"))


# 7 two logs of the run
def logged(name: str, lines: list[str]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("2026-02-03 09:14:07 %(levelname)s %(message)s"))
    logger = logging.Logger("funnel")
    logger.addHandler(handler)
    for line in lines:
        logger.info(line)
    study.write(name, stream.getvalue())


logged("funnel_2026-02-03.log", [
    "read patients.csv: 5000 rows, 48 columns",
    *(f"after '{name}': {left} remain" for (name, _), left in zip(steps, ends, strict=True)),
    "wrote out/funnel.csv (7 rows)", "done in 0.41 s",
])  # fmt: skip
study.safe("funnel_2026-02-03.log", "S10", count(*chain))
odd = people[(people.creatinine > 330) & (people.age < 76)].head(7)
logged("funnel_debug.log", [
    "read patients.csv: 5000 rows, 48 columns",
    *(f"check creatinine unit: {one.patient} {one.clinic} age {one.age} crea {one.creatinine}"
      for one in odd.itertuples()),
    "unit looks right, going on",
])  # fmt: skip
study.leaky("funnel_debug.log", "L10", "O22 O27 O19", "Seven patients with extreme creatinine.",
            codes(odd.index),
            person(["clinic", "age", "creatinine"], odd.index))  # fmt: skip

# 8 a mail
hard = also(final, "del17p = 1; ancestry = East Asian")
pcl = "disease = plasma cell leukaemia; died = 0; age < 60"
study.write("reply_to_sponsor.txt", f"""Dear Annelies,

thank you for waiting. With the criteria of version 0.7 we would have {ends[-1]} patients across the
network. You also asked about the amendment for plasma cell leukaemia. That will not help you
much: we follow only {number(pcl)} such people under 60 who are alive, so please plan without them.

Kind regards
Moses
""")  # fmt: skip
study.leaky("reply_to_sponsor.txt", "L11", "O01", "Few living people have the leukaemia.",
            few(pcl), count(final))  # fmt: skip

# 9 suppressed: undone by the total, and done well
tab = site.groupby("clinic").size()
shown = pd.DataFrame({"clinic": [*tab.index, "Total"], "eligible": [*tab.tolist(), tab.sum()]})
shown["eligible"] = [("<10" if v < 10 else str(v)) for v in shown["eligible"]]
shown.to_csv(study.at("eligible_by_site_suppressed.csv"), index=False, sep=";")
big = [one for one in tab.index if tab[one] >= 10]
tiny = [one for one in tab.index if tab[one] < 10]
study.leaky("eligible_by_site_suppressed.csv", "L12", "O13",
            "The hidden count is the total less the others.",
            {"Rest": {"whole": final, "total": int(tab.sum()), "left": int(tab[tiny].sum()),
                      "parts": [Flow([also(final, f"clinic = {one}"), int(tab[one])])
                                for one in big]}})  # fmt: skip
merged = "|".join(tiny + ["Greywater"])
kept = [one for one in big if one != "Greywater"]
lines = ["site;eligible"] + [f"{one};{tab[one]}" for one in kept]
lines += [f"Greywater and Holmfirth;{tab[tiny].sum() + tab['Greywater']}", f"all;{tab.sum()}"]
study.write("eligible_by_site_merged.csv", "\n".join(lines) + "\n")
study.safe("eligible_by_site_merged.csv", "S2",
           groups(["clinic"], final, joined=[
               *(Flow([one, int(tab[one])]) for one in kept),
               Flow(["Greywater|Holmfirth", int(tab[tiny].sum() + tab["Greywater"])])]))  # fmt: skip

# 10 a memo for the steering group: rounded to 5
doc = Document()
doc.add_heading("PALISADE-R: how many patients could we offer?", 1)
doc.add_paragraph("Counts are rounded to the nearest 5. Percentages use the rounded counts.")
grid = doc.add_table(rows=1, cols=3)
grid.style = "Light Grid Accent 1"
for cell, head in zip(grid.rows[0].cells, ("Criterion", "Patients (rounded)", "%"), strict=True):
    cell.text = head
fives = [(2 * n + 5) // 10 * 5 for n in ends]
for (name, _), n in zip(steps, fives, strict=True):
    line = grid.add_row().cells
    line[0].text, line[1].text, line[2].text = name, f"{n:,}", f"{100 * n / fives[0]:.0f}"
doc.core_properties.author = "Moses Okafor"
doc.save(study.at("steering_memo.docx"))
study.safe("steering_memo.docx", "S2", count(*chain, base=5))

# 11 a notebook, run as it stood
notebook(study, "explore.ipynb", [
    "# # Who is eligible?",
    "import pandas as pd\ndf = pd.read_csv('patients.csv')\ndf.shape",
    "mm = df[(df.disease=='multiple myeloma') & (df.age<=75) & (df.ecog<=2)]\n"
    "mm[['clinic','sex','age','hb','creatinine','b2m','paraprotein','marrow']].head(8)",
    "mm.groupby('iss').size()",
])  # fmt: skip
head = people[(people.disease == "multiple myeloma") & (people.age <= 75) & (people.ecog <= 2)]
study.leaky("explore.ipynb", "L7", "O19", "A printed head of eight patients.",
            person(["clinic", "sex", "age", "hb", "creatinine", "b2m"],
                   head.head(8).index))  # fmt: skip
notebook(study, "explore_clean.ipynb", [
    "# # Who is eligible? (for release)",
    "import pandas as pd\ndf = pd.read_csv('patients.csv')",
    "mm = df[(df.disease=='multiple myeloma') & (df.age<=75) & (df.ecog<=2)]\nlen(mm)",
    "pd.crosstab(mm.iss, mm.sex)",
])  # fmt: skip
fit = "disease = multiple myeloma; age < 76; ecog < 3"
study.safe("explore_clean.ipynb", "S7", groups(["iss", "sex"], fit), count(fit))

# 12 the calculation behind the number planned

# 13 a slide's picture pasted into a page, with the labels of single persons on it
figure, axes = plt.subplots(figsize=(5, 3.2), dpi=70)
old = rows(also(final, "clinic = Greywater"))
axes.barh(old["patient"], old["died_days"].astype(int) / 30.4, color="#a24")
axes.set_xlabel("months since diagnosis")
axes.tick_params(labelsize=6)
figure.tight_layout()
stream = io.BytesIO()
figure.savefig(stream, format="png", metadata={"Software": None})
plt.close(figure)
code = base64.b64encode(stream.getvalue()).decode()
study.write("greywater_swimmer.html", f"""<!doctype html><html><head><meta charset="utf-8">
<title>Follow-up at Greywater</title></head><body><h2>Eligible at Greywater</h2>
<p>One bar per patient, months since diagnosis.</p>
<img alt="swimmer plot" src="data:image/png;base64,{code}"></body></html>
""")  # fmt: skip
study.leaky("greywater_swimmer.html", "L8", "O17 O18 O22",
            "One bar for each person of a clinic, with the code beside it.",
            codes(old.index), written=False)  # fmt: skip
study.close()

"""Study 16: a protocol with a sample-size calculation, and what goes with it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl import Workbook
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import proportion_effectsize

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("protocol-decitabine")
p = k.people()
d = Document()
d.core_properties.title = "Protocol DEC-3, version 1.2"
d.add_heading("Protocol DEC-3", 0)
d.add_heading("5 Sample size", 1)
need = NormalIndPower().solve_power(proportion_effectsize(0.45, 0.33), alpha=0.05, power=0.8)
d.add_paragraph(
    f"To find a difference of 12 percentage points in response (33 % against 45 %) with a power of 80 % and two-sided alpha of 5 %, {int(np.ceil(need))} patients are needed in each arm. With 8 % drop-out we plan {int(np.ceil(need / 0.92))} each. Interim analysis after 120 patients, O'Brien-Fleming bound z = 2.797."
)
d.add_heading("6 Visits", 1)
t = d.add_table(1, 5, style="Table Grid")
for c, o in zip(t.rows[0].cells, ["Visit", "V1", "V2", "V3", "V4"], strict=True):
    c.text = o
for row in (
    ["Day", "-14 to 0", "1", "8", "29"],
    ["Blood count", "x", "x", "x", "x"],
    ["Bone marrow", "x", "", "", "x"],
    ["Decitabine 20 mg/m2", "", "x", "", "x"],
    ["Blood drawn, ml", "30", "9", "9", "30"],
):
    for c, o in zip(t.add_row().cells, row, strict=True):
        c.text = o
d.save(S / "protocol_v1.2.docx")
S.safe("protocol_v1.2.docx", "S10", k.nothing("planned numbers of a protocol"))
d = Document()
d.add_heading("Amendment 2: reasons", 1)
who = p[(p.remark != "") & (p.centre == "Fontane")].index[7]
para = d.add_paragraph(
    "The upper limit of age is lifted to 85 years because half of the patients seen are older than 72."
)
run = OxmlElement("w:del")
run.set(qn("w:id"), "7")
run.set(qn("w:author"), "study office")
run.set(qn("w:date"), "2025-03-04T09:00:00Z")
r = OxmlElement("w:r")
x = OxmlElement("w:delText")
x.text = f" As in {p.case_no[who]}, {p.age[who]} years, ferritin {p.ferritin[who]}: {p.remark[who]}"
r.append(x)
run.append(r)
para._p.append(run)
d.save(S / "amendment2_tracked.docx")
S.leak(
    "amendment2_tracked.docx",
    "L6",
    "O28 O22 O23",
    "A tracked deletion still tells of one person.",
    k.pseudonyms([who]),
    k.words([who]),
)
g = pd.DataFrame(
    [
        {
            "power": pw,
            "delta": dl,
            "n per arm": int(np.ceil(TTestIndPower().solve_power(dl, alpha=0.05, power=pw))),
        }
        for pw in (0.8, 0.85, 0.9)
        for dl in (0.3, 0.4, 0.5, 1.5, 2.0)
    ]
)
g.to_csv(S / "sample_size_grid.csv", index=False)
S.safe("sample_size_grid.csv", "S10", k.nothing("planned numbers, of no data"))
books.run(
    S / "sample_size.ipynb",
    [
        "# Sample size by simulation",
        "import numpy as np\nfrom scipy import stats\nrng = np.random.default_rng(11)\ndef once(n, d):\n    return stats.ttest_ind(rng.normal(size=n), rng.normal(d, size=n)).pvalue < .05",
        "{n: np.mean([once(n, .4) for _ in range(500)]) for n in (8, 50, 100, 150)}",
    ],
)
S.safe("sample_size.ipynb", "S7", k.nothing("a simulation"))
fig, ax = plt.subplots(figsize=(4.5, 3))
ns = np.arange(20, 320, 10)
for dl in (0.3, 0.4, 0.5):
    ax.plot(ns, TTestIndPower().power(dl, ns, 0.05), label=f"d = {dl}")
ax.axhline(0.8, ls=":")
ax.legend()
ax.set(xlabel="n per arm", ylabel="power")
fig.savefig(S / "power_curves.png", dpi=80)
S.safe("power_curves.png", "S8", k.nothing("curves of a formula"), written=False)
rng = np.random.default_rng(3)
blocks = [b for _ in range(20) for b in rng.permutation(["A", "A", "B", "B"])]
pd.DataFrame(
    {"sequence": range(1, 81), "stratum": np.repeat(["<75", ">=75"], 40), "arm": blocks}
).to_csv(S / "randomisation_list_test.csv", index=False)
S.safe(
    "randomisation_list_test.csv",
    "S5",
    k.nothing("a test list from random blocks, of nobody"),
    seen=["O20"],
)
sel = p[(p.first_line == "supportive") & p.disease.eq("MDS-IB2") & (p.age < 70)]
wb = Workbook()
ws = wb.active
ws.title = "Assumptions"
for row in (
    ["Parameter", "Value", "Source"],
    ["Response, control", 0.33, "literature"],
    ["Response, decitabine", 0.45, "assumed"],
    ["Median survival, months", 14.0, "literature"],
    ["Accrual per month", 9, "planned"],
    ["Follow-up, months", 24, "planned"],
):
    ws.append(row)
wb.save(S / "assumptions.xlsx")
S.safe("assumptions.xlsx", "S10", k.nothing("assumed numbers"))
w2 = wb.create_sheet("from registry")
w2.append(["age", "hb", "plt", "ldh", "days"])
for o in sel.itertuples():
    w2.append([o.age, o.hb, o.plt, o.ldh, o.died_days])
w2.append([f"=AVERAGE(A2:A{len(sel) + 1})", f"=AVERAGE(B2:B{len(sel) + 1})"])
for i in range(2, len(sel) + 2):
    w2.row_dimensions[i].hidden = True
wb.save(S / "assumptions_worked.xlsx")
S.leak(
    "assumptions_worked.xlsx",
    "L6",
    "O28 O19",
    "The rows behind the mean are hidden, not gone.",
    k.rows(["age", "hb", "plt", "ldh", "died_days"], sel.index),
)
S.text(
    "sample_size.R",
    "library(gsDesign)\nlibrary(pwr)\n# two proportions, two-sided\npwr.2p.test(h = ES.h(0.45, 0.33), sig.level = 0.05, power = 0.80)\ngsDesign(k = 2, test.type = 2, alpha = 0.025, beta = 0.2, sfu = 'OF')\n# result: n = 259 per arm before drop-out\n",
)
S.safe("sample_size.R", "S10", k.nothing("code without data"))
s5 = sel.iloc[:8]
lit = ", ".join(f"({r.age}, {r.hb}, {r.died_days}, {r.died})" for r in s5.itertuples())
S.text(
    "simulate_survival.py",
    f'''"""Simulate survival from an exponential fitted to pilot patients."""

import numpy as np

# age, hb, days, died
PILOT = [{lit}]
days = sum(row[2] for row in PILOT)
deaths = sum(row[3] for row in PILOT)
rate = deaths / days
print(np.random.default_rng(1).exponential(1 / rate, 10).round())
''',
)
S.leak(
    "simulate_survival.py",
    "L10",
    "O27 O19",
    "Code holds eight people as literals.",
    k.rows(["age", "hb", "died_days"], s5.index),
)
S.text(
    "crf_codebook.html",
    "<h1>Case report form: codes</h1><table><tr><th>Field</th><th>Type</th><th>Codes</th></tr><tr><td>ECOG</td><td>list</td><td>0 fully active, 1 restricted, 2 ambulatory, 3 limited, 4 disabled</td></tr><tr><td>Response</td><td>list</td><td>1 CR, 2 PR, 3 stable, 4 progress, 9 not done</td></tr><tr><td>Birth year</td><td>yyyy</td><td>1925 to 2007</td></tr><tr><td>Platelets</td><td>10^9/L</td><td>0 to 2000; normal 150 to 400</td></tr></table>",
)
S.safe("crf_codebook.html", "S10", k.nothing("codes of a form"))
pil = p[p.centre.eq("Hollin") & p.first_line.str.startswith("azacit")]
resp = pil.response.value_counts()
d = Document()
d.add_heading("Pilot data at one site", 1)
d.add_paragraph(
    f"At our site {len(pil)} people had azacitidine: "
    + ", ".join(f"{n} {r}" for r, n in resp.items())
    + f". Response rate {100 * pil.response.isin(['CR', 'PR']).mean():.1f} %."
)
d.save(S / "pilot_paragraph.docx")
few = next(r for r, n in resp.items() if n < 10)
S.leak(
    "pilot_paragraph.docx",
    "L11",
    "O01 O10",
    "Responses of few people at the smallest site.",
    k.small(f"centre = Hollin; first_line starts azacit; response = {few}"),
)
S.done()

"""Study 4: how many patients would have been eligible for published trials."""

import json

import matplotlib.pyplot as plt
import pandas as pd
from docx import Document

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("trial_eligibility")
p = k.people()
STEPS = [
    ("Diagnosis of AML", "disease starts AML"),
    ("Age 60 years or older", "disease starts AML; age >= 60"),
    ("ECOG 0-2", "disease starts AML; age >= 60; ecog < 3"),
    ("Creatinine below 120 umol/L", "disease starts AML; age >= 60; ecog < 3; creatinine < 120"),
    (
        "Adverse risk (ELN)",
        "disease starts AML; age >= 60; ecog < 3; creatinine < 120; risk = adverse",
    ),
]
table = pd.DataFrame({"criterion": [a for a, _ in STEPS], "remaining": [k.n(w) for _, w in STEPS]})
table["excluded"] = (-table.remaining.diff()).fillna(0).astype(int)
assert table.excluded[1:].min() >= 10
table.to_csv(S / "funnel_aml_trial.csv", index=False)
S.safe("funnel_aml_trial.csv", "S1", *[k.count(w) for _, w in STEPS])
mer = ["```mermaid", "flowchart TD"]
for i, row in table.iterrows():
    mer.append(f'  N{i}["{row.criterion}<br/>n = {row.remaining}"]')
    if i:
        mer.append(f"  N{i - 1} --> N{i}")
S.text("flowchart.md", "# Figure 1: flow of patients\n\n" + "\n".join(mer) + "\n```\n")
S.safe("flowchart.md", "S1", *[k.count(w) for _, w in STEPS])
more = [*STEPS, ("inv(3) by cytogenetics", STEPS[-1][1] + "; karyotype = inv(3)")]
fig, ax = plt.subplots(figsize=(5, 6))
for i, (name, w) in enumerate(more):
    ax.text(
        0.5,
        1 - i / 6,
        f"{name}\n(n = {k.n(w)})",
        ha="center",
        va="center",
        bbox={"boxstyle": "round", "fc": "#eef"},
    )
    if i:
        ax.annotate(
            "",
            (0.5, 1 - i / 6 + 0.05),
            (0.5, 1 - (i - 1) / 6 - 0.05),
            arrowprops={"arrowstyle": "->"},
        )
ax.axis("off")
plt.rcParams["svg.fonttype"] = "none"
fig.savefig(S / "consort_inv3.svg")
fig.savefig(S / "consort_inv3.png", dpi=90)
for name in ("consort_inv3.svg", "consort_inv3.png"):
    S.leak(
        name,
        "L11",
        "O01 O17",
        "The last box of the flow chart holds fewer than ten people.",
        k.small(more[-1][1]),
        **({} if name.endswith("svg") else {"written": False}),
    )
cons = Document()
cons.add_heading("Eligibility: numbers for the steering committee", 1)
for name, w in STEPS:
    cons.add_paragraph(f"{name}: {k.n(w)} patients", style="List Bullet")
almost = "disease starts AML; age >= 60; ecog < 3; creatinine < 121"
cons.add_paragraph(
    f"With the limit at 121 umol/L instead of 120 the number would be {k.n(almost)}."
)
cons.save(S / "note_steering.docx")
print("diff", k.n(almost) - k.n(STEPS[3][1]))
S.leak(
    "note_steering.docx",
    "L12",
    "O14 O01 O13",
    "Two counts in one note differ by a few people.",
    k.differs(almost, STEPS[3][1]),
)
crit = {
    "trial": "example-301",
    "inclusion": [{"age": ">= 60"}, {"ecog": "0-2"}, {"creatinine_umol_l": "< 120"}],
    "exclusion": ["CNS involvement", "QTc > 480 ms", "prior HMA"],
    "planned": {"arms": 2, "ratio": "2:1", "n": 286, "events": 182, "sites": 34},
}
S.text("criteria.json", json.dumps(crit, indent=1))
S.safe("criteria.json", "S10", k.nothing("criteria and planned numbers of a protocol"))
S.text(
    "criteria_table.html",
    """<table class="booktabs"><caption>Criteria of four published trials</caption>
<tr><th>Trial</th><th>Phase</th><th>Age</th><th>ECOG max</th><th>Creatinine clearance</th><th>WBC max (10^9/L)</th><th>Planned n</th></tr>
<tr><td>A</td><td>3</td><td>&ge; 75 or unfit</td><td>2 (3 if &lt; 75)</td><td>&ge; 30 mL/min</td><td>25</td><td>400</td></tr>
<tr><td>B</td><td>3</td><td>&ge; 18</td><td>2</td><td>&ge; 30 mL/min</td><td>30</td><td>500</td></tr>
<tr><td>C</td><td>2</td><td>&ge; 60</td><td>2</td><td>&ge; 50 mL/min</td><td>20</td><td>84</td></tr>
<tr><td>D</td><td>1b</td><td>&ge; 65</td><td>3</td><td>&ge; 60 mL/min</td><td>15</td><td>6 per dose level</td></tr>
</table>
""",
)
S.safe("criteria_table.html", "S10", k.nothing("criteria of trials and planned numbers"))
x = pd.crosstab(
    p.centre,
    [
        (p.disease.str.startswith("AML") & (p.age >= 60) & (p.ecog < 3) & (p.creatinine < 120)).map(
            {True: "eligible", False: "not eligible"}
        )
    ],
)
x.to_excel(S / "eligible_by_centre.xlsx")
S.leak(
    "eligible_by_centre.xlsx",
    "L11",
    "O01",
    "The smallest centre has fewer than ten eligible patients.",
    k.small(STEPS[3][1] + "; centre = Hollin"),
)
y = x.copy()
y.loc["Grauwald + Hollin"] = y.loc["Grauwald"] + y.loc["Hollin"]
y = y.drop(index=["Grauwald", "Hollin"])
y["total"] = y.sum(axis=1)
y.to_excel(S / "eligible_by_centre_pooled.xlsx")
S.safe(
    "eligible_by_centre_pooled.xlsx",
    "S1",
    *[
        k.count(f"{STEPS[3][1]}; centre in {c}")
        for c in ("Aarhof", "Bergen", "Castell", "Delmar", "Eastholm", "Fontane", "Grauwald|Hollin")
    ],
)
z = x.astype(object).copy()
z.loc["Hollin", "eligible"] = "<10"
z["total"] = x.sum(axis=1)
z.loc["All"] = [x.eligible.sum(), x["not eligible"].sum(), len(p)]
z.to_csv(S / "eligible_by_centre_masked.csv")
S.leak(
    "eligible_by_centre_masked.csv",
    "L12",
    "O13",
    "The masked count follows from the total of its row, and from that of its column.",
    k.rest(STEPS[3][1], [f"{STEPS[3][1]}; centre = {c}" for c in x.index[:-1]]),
)
r = y.drop(columns="total").apply(lambda c: 5 * ((2 * c + 5) // 10))
r["total"] = r.sum(axis=1)
S.text(
    "eligible_rounded.tex",
    r.to_latex(caption="Eligible patients, rounded to 5; totals are sums of rounded cells"),
)
S.safe(
    "eligible_rounded.tex",
    "S2",
    *[
        k.count(f"{STEPS[3][1]}; centre in {c}", base=5)
        for c in ("Aarhof", "Bergen", "Castell", "Grauwald|Hollin")
    ],
)
e = p[
    p.disease.str.startswith("AML")
    & (p.age >= 60)
    & (p.ecog < 3)
    & (p.creatinine < 120)
    & (p.risk == "adverse")
    & p.centre.isin(["Grauwald", "Hollin"])
]
e[["case_no", "centre", "age", "ecog", "creatinine"]].to_csv(S / "screening_list.csv", index=False)
S.leak(
    "screening_list.csv",
    "L13",
    "O22 O19",
    "A screening list with pseudonyms.",
    k.rows(["participant", "centre", "age", "creatinine"], e.index),
    k.pseudonyms(e.index),
)
S.text(
    "sql_counts.sql",
    """-- counts for the funnel; run on the project view only
SELECT centre, count(DISTINCT case_no) AS n
FROM patients
WHERE disease LIKE 'AML%' AND age >= 60 AND ecog <= 2 AND creatinine < 120
GROUP BY centre
HAVING count(DISTINCT case_no) >= 10
ORDER BY 1;
""",
)
S.safe("sql_counts.sql", "S10", k.nothing("code without data"))
who = e.index[3]
S.text(
    "sql_debug.sql",
    f"""-- why is this one not in the funnel?
SELECT * FROM patients WHERE case_no = '{p.case_no[who]}';
-- born {p.born[who]}, diagnosed {p.diagnosed[who]}, creatinine {p.creatinine[who]}
UPDATE scratch SET keep = 1 WHERE case_no IN ('{p.case_no[e.index[0]]}', '{p.case_no[e.index[1]]}');
""",
)
S.leak(
    "sql_debug.sql",
    "L10",
    "O22 O27",
    "Code quotes three pseudonyms and a date of birth.",
    k.pseudonyms([who, e.index[0], e.index[1]]),
    k.rows(["participant", "born", "diagnosed", "creatinine"], [who]),
)
S.done()

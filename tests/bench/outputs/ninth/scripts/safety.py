"""Study 6: adverse events by dose of azacitidine."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("aza-safety")
c = k.cycles()
p = k.people().set_index("case_no")
c["band"] = pd.cut(
    c.dose_mg, [0, 100, 120, 140, 400], labels=["<100", "100-119", "120-139", "140+"], right=False
)


def who(frame):
    return frame.case_no.nunique()


# Table of patients with an event of each kind, any grade and grade 3 or more
common = ["neutropenia", "thrombocytopenia", "anaemia", "infection", "nausea", "diarrhoea", "rash"]
rows = [
    (e.capitalize(), who(c[c.event == e]), who(c[(c.event == e) & (c.grade >= 3)])) for e in common
]
t = pd.DataFrame(rows, columns=["Event", "Any grade", "Grade >=3"])
t["Any grade, %"] = (100 * t["Any grade"] / who(c)).round(1)
t["Grade >=3, %"] = (100 * t["Grade >=3"] / who(c)).round(1)
t.to_excel(S / "AE_overview.xlsx", index=False, sheet_name="Patients with event")
S.safe(
    "AE_overview.xlsx",
    "S1",
    *[k.count(f"event = {e}", "cycles") for e in common],
    *[k.count(f"event = {e}; grade >= 3", "cycles") for e in common],
)
full = c[c.event != "none"].pivot_table(
    index="event", columns="grade", values="case_no", aggfunc="nunique", fill_value=0
)
full.to_html(S / "AE_by_grade.html", border=0)
S.leak(
    "AE_by_grade.html",
    "L11",
    "O01 O03",
    "Fatal events of few patients, and a rare event.",
    k.small("event = infection; grade = 5", "cycles"),
    k.small("event = tumour lysis; grade = 3", "cycles"),
)
sup = full.astype(object).drop(columns=5)
sup = sup.drop(index="tumour lysis")
S.text(
    "AE_grades_1_to_4.md",
    "Patients with at least one event of the grade (a patient may count in several columns)\n\n"
    + sup.to_markdown()
    + "\n",
)
S.safe(
    "AE_grades_1_to_4.md",
    "S1",
    *[k.count(f"event = {e}; grade = {g}", "cycles") for e in common for g in range(1, 5)],
)
dose = (
    c.groupby("band", observed=True)
    .agg(
        cycles=("grade", "size"),
        patients=("case_no", "nunique"),
        mean_dose=("dose_mg", "mean"),
        sd_dose=("dose_mg", "std"),
    )
    .round(1)
)
dose["grade 3-5 cycles"] = c[c.grade >= 3].groupby("band", observed=True).size()
dose["%"] = (100 * dose["grade 3-5 cycles"] / dose.cycles).round(1)
dose.to_csv(S / "events_by_dose_band.tsv", sep="\t")
S.safe(
    "events_by_dose_band.tsv",
    "S1",
    k.count("dose_mg < 100", "cycles"),
    k.count("dose_mg >= 140", "cycles"),
)
dl = pd.DataFrame(
    {
        "Dose level": ["-2", "-1", "0"],
        "mg/m2": [37.5, 56.25, 75.0],
        "days": ["1-5", "1-7", "1-7"],
        "ANC to start (10^9/L)": [0.5, 0.75, 1.0],
    }
)
dl.to_latex(S / "dose_levels.tex", index=False, float_format="%.2f")
S.safe("dose_levels.tex", "S10", k.nothing("dose levels of a protocol"))

fatal = c[c.grade == 5]
nar = fatal[fatal.event.isin(["infection", "nausea", "rash"])].merge(
    p.reset_index(), on="case_no", suffixes=("", "_p")
)
doc = SimpleDocTemplate(
    str(S / "narratives_fatal.pdf"), pagesize=A4, title="Fatal events", pageCompression=1
)
st = getSampleStyleSheet()
flow = [Paragraph("Narratives of fatal events", st["Title"])]
for r in nar.itertuples():
    flow.append(
        Paragraph(
            f"Patient {r.case_no}, {r.age} years, {r.disease}: {r.event} grade 5 in cycle {r.cycle}, given {r.given_on}, dose {r.dose_mg} mg. {r.remark}",
            st["BodyText"],
        )
    )
doc.build(flow)
at = [p.index.get_loc(x) for x in nar.case_no]
S.leak(
    "narratives_fatal.pdf",
    "L10",
    "O22 O23 O19",
    "Narratives of fatal events with pseudonym, age, dates and quoted remarks.",
    k.pseudonyms(at),
    written=False,
)
doc = SimpleDocTemplate(str(S / "grading_reference.pdf"), pagesize=A4, title="CTCAE extract")
doc.build(
    [
        Paragraph("Grading of events (extract of the public scale)", st["Title"]),
        Table(
            [
                ["Event", "1", "2", "3", "4", "5"],
                ["Neutrophils 10^9/L", "<LLN-1.5", "1.0-1.5", "0.5-1.0", "<0.5", "-"],
                ["Platelets 10^9/L", "<LLN-75", "50-75", "25-50", "<25", "-"],
                ["Diarrhoea, stools/day", "<4", "4-6", ">=7", "urgent", "death"],
            ]
        ),
    ]
)
S.safe("grading_reference.pdf", "S10", k.nothing("a public scale"), written=False)
wide = (
    c.pivot_table(index="case_no", columns="cycle", values="neut", aggfunc="first")
    .dropna()
    .head(60)
)
wide.to_csv(S / "neutrophils_wide.csv", index=False)
cells = [i for n in wide.index for i in c.index[c.case_no == n]]
S.leak(
    "neutrophils_wide.csv",
    "L2",
    "O19 O20",
    "One line for each of 60 patients: neutrophils of six cycles.",
    k.rows(["participant", "cycle", "neut"], cells, "cycles"),
    written=False,
)
fig = plt.figure(figsize=(6, 4))
sns.lineplot(
    data=c[c.case_no.isin(wide.index[:40])],
    x="cycle",
    y="neut",
    units="case_no",
    estimator=None,
    lw=0.6,
)
fig.savefig(S / "spaghetti_neutrophils.png", dpi=80)
S.leak(
    "spaghetti_neutrophils.png",
    "L8",
    "O17 O18",
    "A line for each of 40 patients.",
    k.rows(["neut", "hb", "dose_mg", "given_on"], cells[:200], "cycles"),
    written=False,
)
m = c.groupby("cycle").neut.agg(["size", "mean", "std"]).round(2)
fig, ax = plt.subplots(figsize=(5, 3))
ax.errorbar(m.index, m["mean"], yerr=1.96 * m["std"] / m["size"] ** 0.5, capsize=3)
ax.set(xlabel="Cycle", ylabel="Neutrophils, mean and 95% CI (10^9/L)")
fig.savefig(S / "neutrophils_mean.png", dpi=80)
m.to_csv(S / "neutrophils_mean.csv")
ns = [
    {"Lines": {"table": "cycles", "where": f"cycle = {i}", "stated": int(m["size"][i])}}
    for i in m.index
]
S.safe("neutrophils_mean.png", "S8", *ns, written=False)
S.safe("neutrophils_mean.csv", "S1", *ns)
books.run(
    None,
    [
        "# Safety report",
        "import pandas as pd\nc = pd.read_csv('data/cycles.csv')\nprint(len(c), 'cycles of', c.case_no.nunique(), 'patients')",
        "c[c.grade == 5].sort_values('given_on')",
        "c.groupby('event').case_no.nunique()",
    ],
    S / "safety_report.html",
)
S.leak(
    "safety_report.html",
    "L7",
    "O19 O22 O27",
    "The converted notebook shows the lines of fatal events with pseudonyms.",
    k.rows(["participant", "given_on", "dose_mg", "hb", "neut"], fatal.index, "cycles"),
)
books.run(
    None,
    [
        "# Exposure",
        "import pandas as pd\nc = pd.read_csv('data/cycles.csv')\nc.groupby('cycle').dose_mg.agg(['size', 'mean', 'std']).round(1)",
    ],
    S / "exposure_report.html",
)
S.safe("exposure_report.html", "S7", *ns)
with (S / "safety_run.log").open("w") as f:
    print("10:02:11 INFO read cycles.csv: 11408 lines, 2493 patients", file=f)
    for i in fatal.index[:12]:
        r = c.loc[i]
        print(
            f"10:02:12 WARNING grade 5 without end date: {r.case_no} cycle {r.cycle} {r.given_on} hb={r.hb}",
            file=f,
        )
    print("10:02:13 INFO done in 2.1 s", file=f)
at = [p.index.get_loc(x) for x in c.case_no[fatal.index[:12]]]
S.leak(
    "safety_run.log",
    "L10",
    "O22 O27 O19",
    "Warnings of a log quote pseudonyms and days.",
    k.pseudonyms(at),
    k.rows(["participant", "cycle", "given_on", "hb"], fatal.index[:12], "cycles"),
)
S.done()

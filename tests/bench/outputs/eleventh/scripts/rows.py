"""Rows of patients in many formats, renamed, changed, few among others, noised: L1 to L5.

Their twins are S1, S2, S3, S6 and S5. `fresh.txt` beside the source are people of another seed.
"""

import gzip
import io
import json
import math
import sqlite3
import tarfile
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import statsmodels.formula.api as smf
import xlsxwriter
import yaml
from docx import Document
from kit import SRC, TABLES, F, P, S, both, cnt, cond, done, facts, known, rnd
from openpyxl.styles import PatternFill

gen = np.random.default_rng(4617)
ENT = [
    ("PV", "entity = PV"),
    ("ET", "entity = ET"),
    ("prePMF", "entity = prePMF"),
    ("PMF", "entity = PMF"),
    ("SMF", "entity = SMF"),
    ("MPN-U/CNL", "entity in MPN-U|CNL"),
]
SEX = [("female", "sex = female"), ("male", "sex = male")]
DRUG = [
    ("none", "therapy = none"),
    ("hydroxyurea", "therapy = hydroxyurea"),
    ("interferon", "therapy = interferon"),
    ("anagrelide", "therapy = anagrelide"),
    ("ruxolitinib", "therapy = ruxolitinib"),
    ("busulfan", "therapy = busulfan"),
]
RISK = [(x, f"risk = {x}") for x in ("very low", "low", "intermediate", "high")]
SMOKE = [(x, f"smoking = {x}") for x in ("never", "former", "current")]
KARYO = [(x, f"karyotype = {x}") for x in ("normal", "favourable", "unfavourable", "not done")]
DRIVER = [
    (x, f"driver = {x}")
    for x in ("JAK2 V617F", "CALR type 1", "CALR type 2", "MPL", "triple negative")
]
AGE = [
    ("18-39", "age < 40"),
    ("40-59", "age >= 40; age < 60"),
    ("60-79", "age >= 60; age < 80"),
    ("80+", "age >= 80"),
]
PRIOR = [
    ("none", "prior_event = none"),
    ("arterial", "prior_event = arterial"),
    ("venous", "prior_event = venous"),
    ("both", "prior_event = both"),
]
SCHOOL = [(x, f"education = {x}") for x in ("basic", "vocational", "secondary", "university")]
SITE = [
    (c, f"centre = {c}")
    for c in (
        "Almrode",
        "Brackwald",
        "Corvey",
        "Dornach",
        "Eschau",
        "Fallingen",
        "Gronau",
        "Hollerich",
    )
]
LANG = [(x, f"language = {x}") for x in ("German", "French", "Dutch", "Italian", "Polish")] + [
    ("Danish or other", "language in Danish|Romansh")
]
GENES = [*DRIVER[:4], ("other or none", "driver in JAK2 exon 12|triple negative")]


def binary(f, table):
    out = io.BytesIO()
    table(out)
    f.put(out.getvalue())


def whole(f, printed):
    """A workbook writes 367.0 as 367."""
    if printed.endswith(".0") and next(iter(f.claims[-1].values())).get("printed") == printed:
        next(iter(f.claims[-1].values()))["printed"] = printed[:-2]
    return printed


def agg(f, groups, metrics, names=None):
    """Rows of a table of groups: n, a share as two numbers, means."""
    out = []
    for label, w in groups:
        row = [label]
        for m in metrics:
            if m == "n":
                row.append(f.n(w))
            elif m.startswith("n:"):
                row.append(f.n(m[2:], of=w))
            elif m.startswith("p:"):
                k = cnt(both(w, m[2:]))
                assert 10 <= k <= cnt(w) - 10, (f.path, w, m)
                row.append(float(whole(f, f.share(m[2:], w))))
            else:
                kind, col = m.split(":")
                row.append(float(whole(f, f.st(col, w, kind, 1))))
        out.append(row)
    return pd.DataFrame(
        out,
        columns=["group", *(names or [m.replace(":", "_").replace(" = ", "_") for m in metrics])],
    )


def pick(k, where=""):
    pool = [
        i
        for i, r in enumerate(known.tables["people"])
        if not where or r in known.rows("people", cond(where))
    ]
    return sorted(rnd.sample(pool, k))


def frame(f, at, cols, table="people", how=None):
    return pd.DataFrame(f.rows(at, cols, how, table), columns=cols)


def numeric(df):
    return df.apply(
        lambda c: (
            pd.to_numeric(c, errors="coerce")
            if pd.to_numeric(c.replace("", np.nan), errors="coerce").notna().sum()
            == (c != "").sum()
            and (c != "").any()
            else c
        )
    )


R1 = "O19 O20 O21"

# ---- L1 and S1 -------------------------------------------------------------------------------
f = F("baseline/export_0107.csv", "L1", R1, "Eighty rows of patients as they are in the source.")
frame(
    f,
    pick(80),
    [
        "sex",
        "born",
        "age",
        "diagnosed",
        "entity",
        "driver",
        "vaf",
        "hb",
        "hct",
        "wbc",
        "platelets",
        "ldh",
        "therapy",
        "death",
        "death_days",
    ],
).to_csv(f.where, index=False)
f = F("baseline/export_0108.csv", "S1")
parts = []
for name, groups in (
    ("entity", ENT),
    ("sex", SEX),
    ("age group", AGE),
    ("smoking", SMOKE),
    ("education", SCHOOL),
    ("risk", RISK),
    ("site", SITE),
    ("language", LANG),
    ("karyotype", KARYO),
    ("prior event", PRIOR),
    ("driver", GENES),
    ("therapy", DRUG),
):
    part = agg(
        f, groups, ["n", "p:death = 1", "mean:hb", "sd:hb", "mean:wbc", "sd:wbc", "mean:ldh"]
    )
    part.insert(0, "variable", name)
    parts.append(part)
pd.concat(parts).to_csv(f.where, index=False)

f = F("therapy/Auswertung_HU.xlsx", "L1", R1, "Sixty rows of patients under hydroxyurea.")
with pd.ExcelWriter(f.where, engine="openpyxl") as w:
    numeric(
        frame(
            f,
            pick(60, "therapy = hydroxyurea"),
            [
                "centre",
                "sex",
                "age",
                "entity",
                "hb",
                "platelets",
                "spleen_cm",
                "dose",
                "symptoms",
                "cost",
            ],
        )
    ).to_excel(w, sheet_name="Daten", index=False)
f = F("therapy/Auswertung_IFN.xlsx", "S1")
with pd.ExcelWriter(f.where, engine="openpyxl") as w:
    for name, groups in (("Diagnose", ENT[:4]), ("Alter", AGE), ("Standort", SITE)):
        agg(
            f,
            [(n, both(g, "therapy in interferon|hydroxyurea")) for n, g in groups],
            ["n", "p:sex = female", "mean:platelets", "sd:platelets", "mean:symptoms"],
            ["n", "Frauen_%", "Thrombozyten_MW", "Thrombozyten_SD", "Symptome_MW"],
        ).to_excel(w, sheet_name=name, index=False, startrow=2)
        w.sheets[name]["A1"] = f"Interferon oder Hydroxyurea, nach {name}"

f = F("outcome/cohort.parquet", "L1", R1, "A hundred and twenty rows of patients in parquet.")
numeric(
    frame(
        f,
        pick(120),
        [
            "sex",
            "age",
            "entity",
            "prior_event",
            "wbc",
            "thrombosis",
            "thrombosis_days",
            "death",
            "death_days",
        ],
    )
).to_parquet(f.where, index=False)
f = F("outcome/cells.parquet", "S1", written=False)
cube = []
for a, wa in ENT[:4]:
    for b, wb in SEX:
        for c, wc in (("below 60", "age < 60"), ("60 and over", "age >= 60")):
            w = both(wa, wb, wc)
            cube.append(
                (
                    a,
                    b,
                    c,
                    f.n(w),
                    f.n("death = 1", of=w)
                    if 10 <= cnt(both(w, "death = 1")) <= cnt(w) - 10
                    else None,
                    float(f.st("death_days", w, d=0)),
                )
            )
pd.DataFrame(
    cube, columns=["entity", "sex", "age_band", "n", "deaths", "mean_follow_up_days"]
).to_parquet(f.where, index=False)

f = F(
    "symptoms/forms.jsonl", "L1", R1 + " O22", "Twenty-four rows with the pseudonyms of patients."
)
at = pick(24)
f.claim("Pseudonyms", at=at)
f.put(
    "\n".join(
        json.dumps(r)
        for r in frame(
            f, at, ["patient", "language", "symptoms", "pruritus", "ecog", "weight_kg"]
        ).to_dict("records")
    )
    + "\n"
)
f = F("symptoms/summary.jsonl", "S1")
f.put(
    "\n".join(
        json.dumps(
            {"stratum": r[0], "n": r[1], "pruritus": r[2], "score_mean": r[3], "score_sd": r[4]}
        )
        for r in agg(
            f, [*LANG, *SCHOOL, *SEX], ["n", "n:pruritus = 1", "mean:symptoms", "sd:symptoms"]
        ).values.tolist()
    )
    + "\n"
)

f = F("baseline/mpn_analysis.sav", "L1", R1, "Twenty-five rows of patients in SPSS's own format.")
pyreadstat.write_sav(
    numeric(
        frame(
            f, pick(25), ["sex", "age", "entity", "hb", "hct", "wbc", "ldh", "ferritin", "smoking"]
        )
    ),
    str(f.where),
    column_labels=None,
)
f = F("baseline/mpn_means.sav", "S1", written=False)
pyreadstat.write_sav(
    agg(
        f,
        [(n, w) for n, w in ENT],
        ["n", "mean:hb", "sd:hb", "mean:wbc", "sd:wbc"],
        ["n", "hb_mean", "hb_sd", "wbc_mean", "wbc_sd"],
    ),
    str(f.where),
    file_label="means by entity",
)

f = F("outcome/stset.dta", "L1", R1, "Ninety rows of patients as Stata keeps them after stset.")
d = numeric(
    frame(
        f,
        pick(90, "entity = PMF"),
        ["age", "karyotype", "hb", "blasts", "leukaemia", "leukaemia_days", "death", "death_days"],
    )
)
d.to_stata(f.where, write_index=False, version=118)
f = F("outcome/collapsed.dta", "S1", written=False)
agg(
    f,
    [(f"{a} {n}", both(f"entity = {a}", w)) for a in ("PV", "ET", "PMF") for n, w in SEX],
    ["n", "n:death = 1", "mean:age", "sd:age"],
    ["n", "deaths", "age_mean", "age_sd"],
).to_stata(
    f.where,
    write_index=False,
    version=118,
    data_label="collapse (count) n (sum) deaths, by(entity sex)",
)

f = F("registry/local.sqlite", "L1", R1, "A table of fifty patients in a database.")
with sqlite3.connect(f.where) as db:
    frame(
        f, pick(50), ["centre", "sex", "born", "entity", "driver", "platelets", "therapy"]
    ).to_sql("incl", db, index=False)
db.close()
f = F("registry/annual.sqlite", "S1")
with sqlite3.connect(f.where) as db:
    agg(
        f,
        [(str(y), f"diagnosed starts {y}") for y in range(2012, 2025)],
        ["n", "n:sex = female", "mean:age"],
        ["n", "women", "age_mean"],
    ).to_sql("by_year", db, index=False)
    agg(f, SITE, ["n", "n:aspirin = 1"], ["n", "aspirin"]).to_sql("by_site", db, index=False)
db.close()

f = F(
    "outcome/Cases_leukaemia.docx",
    "L1",
    R1 + " O01",
    "Fourteen patients line by line with ages, drivers and days until leukaemia.",
)
doc = Document()
doc.add_heading("Appendix C. Cases of transformation", 1)
doc.add_paragraph("Selected cases after review by the event committee.")
d = frame(
    f,
    pick(14, "leukaemia = 1"),
    ["sex", "age", "entity", "driver", "karyotype", "blasts", "leukaemia_days"],
)
t = doc.add_table(rows=1, cols=8)
for c, x in zip(
    t.rows[0].cells,
    ("No.", "Sex", "Age", "Entity", "Driver", "Karyotype", "Blasts %", "Days"),
    strict=False,
):
    c.text = x
for i, r in enumerate(d.values.tolist(), 1):
    for c, x in zip(t.add_row().cells, (str(i), *r), strict=False):
        c.text = x
binary(f, doc.save)
f = F("outcome/Appendix_transformation.docx", "S1")
doc = Document()
doc.add_heading("Appendix D. Transformation by diagnosis", 1)
doc.add_paragraph("Entities with fewer than ten transformations are not listed.")
t = doc.add_table(rows=1, cols=4)
for c, x in zip(
    t.rows[0].cells, ("Diagnosis", "Patients", "Leukaemia, n (%)", "Age, mean (SD)"), strict=False
):
    c.text = x
for n, w in (
    ("Polycythaemia vera", "entity = PV"),
    ("Essential thrombocythaemia", "entity = ET"),
    ("Primary myelofibrosis", "entity = PMF"),
    ("Secondary myelofibrosis", "entity = SMF"),
):
    for c, x in zip(
        t.add_row().cells, (n, str(f.n(w)), f.pct("leukaemia = 1", w), f.ms("age", w)), strict=False
    ):
        c.text = x
doc.add_paragraph(
    "Committee: 3 members, 2 votes needed. Definition: blasts of 20 % and more on 2 occasions, 14 days apart."
)
binary(f, doc.save)

f = F("registry/message.xml", "L1", R1 + " O22", "Twenty-five patients with pseudonyms in XML.")
at = pick(25)
f.claim("Pseudonyms", at=at)
f.put(
    '<?xml version="1.0" encoding="UTF-8"?>\n<registry version="3">\n'
    + "\n".join(
        f'  <subject id="{p}"><born>{b}</born><entity>{e}</entity><hb unit="g/L">{h}</hb></subject>'
        for p, b, e, h in frame(f, at, ["patient", "born", "entity", "hb"]).values.tolist()
    )
    + "\n</registry>\n"
)
f = F("registry/measure.xml", "S1")
f.put(
    '<?xml version="1.0" encoding="UTF-8"?>\n<measureReport status="complete" type="summary" period="2011/2025">\n'
    + "\n".join(
        f'  <group code="{n}"><population count="{k}"/><numerator count="{a}"/><measureScore value="{p}" unit="%"/></group>'
        for n, k, a, p in agg(
            f, SITE, ["n", "n:karyotype != not done", "p:karyotype != not done"]
        ).values.tolist()
    )
    + "\n</measureReport>\n"
)

f = F("molecular/longtable.tex", "L1", R1, "Forty-five rows of the gene panel in a long table.")
d = frame(
    f,
    [
        i
        for i, r in enumerate(known.tables["panel"])
        if sum(r[g] != "0" for g in ("TET2", "ASXL1", "DNMT3A")) >= 2
    ][:45],
    ["TET2", "ASXL1", "DNMT3A", "SRSF2", "EZH2"],
    "panel",
)
f.put(
    r"\begin{longtable}{rrrrr}"
    "\n"
    r"TET2 & ASXL1 & DNMT3A & SRSF2 & EZH2\\ \hline \endhead"
    "\n" + "\n".join(" & ".join(r) + r"\\" for r in d.values.tolist()) + "\n\\end{longtable}\n"
)
f = F("molecular/drivers_long.tex", "S1")
f.put(
    r"\begin{longtable}{@{}lrrrrr@{}}"
    "\n"
    r"\caption{Driver mutations: people, age and counts}\\"
    "\nDriver & $n$ & Women & Deaths & Age & Platelets\\\\ \\midrule \\endhead\n"
    + "\n".join(
        " & ".join(str(x) for x in r) + r"\\"
        for r in agg(
            f,
            [
                *DRIVER,
                ("V617F, under 60", "driver = JAK2 V617F; age < 60"),
                ("V617F, 60 and over", "driver = JAK2 V617F; age >= 60"),
            ],
            ["n", "n:sex = female", "n:death = 1", "mean:age", "mean:platelets"],
        ).values.tolist()
    )
    + "\n\\end{longtable}\n"
)

f = F("feasibility/cohort.yaml", "L1", R1, "Fourteen patients as a list in YAML.")
f.put(
    yaml.safe_dump(
        {
            "cohort": "ET, interferon",
            "members": [
                {"age": int(a), "sex": s, "driver": dr, "platelets": int(p), "wbc": float(w)}
                for a, s, dr, p, w in frame(
                    f,
                    pick(14, "entity = ET; therapy = interferon"),
                    ["age", "sex", "driver", "platelets", "wbc"],
                ).values.tolist()
            ],
        },
        sort_keys=False,
    )
)
f = F("feasibility/counts.yaml", "S1")
f.put(
    yaml.safe_dump(
        {
            "question": "ET, eligible for the interferon trial",
            "planned": {"arms": 2, "per_arm": 85, "sites": 7},
            "found": {
                n: {
                    "patients": f.n(both(w, "entity = ET")),
                    "women": f.n("sex = female", of=both(w, "entity = ET")),
                }
                for n, w in [*AGE[:3], *RISK]
            },
        },
        sort_keys=False,
    )
)

f = F("symptoms/part.feather", "L1", R1, "Eighty rows of blood counts in a feather file.")
at = list(range(2000, 2080))
numeric(frame(f, at, ["taken", "hb", "wbc", "platelets", "ldh", "machine"], "counts")).to_feather(
    f.where
)
f = F("symptoms/strata.feather", "S1", written=False)
agg(
    f,
    [(f"{a}/{b}", both(wa, wb)) for a, wa in ENT[:4] for b, wb in SEX],
    ["n", "mean:symptoms", "sd:symptoms", "p:pruritus = 1"],
    ["n", "score", "score_sd", "pruritus_pct"],
).to_feather(f.where)

f = F("therapy/proc_print.lst", "L1", R1 + " O27", "Twenty-two observations printed by PROC PRINT.")
d = frame(
    f,
    pick(22, "therapy = busulfan"),
    ["age", "sex", "entity", "wbc", "platelets", "dose", "visits"],
)
f.put(
    f"{'The SAS System':^70}\n\n Obs   age   sex      entity      wbc   platelets   dose   visits\n\n"
    + "\n".join(
        f"{i:>4}{r[0]:>6}   {r[1]:<8} {r[2]:<8}{r[3]:>7}{r[4]:>12}{r[5]:>7}{r[6]:>9}"
        for i, r in enumerate(d.values.tolist(), 1)
    )
    + "\n"
)
f = F("therapy/proc_means.lst", "S1")
lines = [
    f"{'The SAS System':^78}",
    f"{'The MEANS Procedure':^78}",
    "",
    "therapy          N Obs    Variable          N            Mean         Std Dev",
    "-" * 78,
]
for n, w in DRUG[:5]:
    for j, col in enumerate(("wbc", "platelets", "visits")):
        lines.append(
            f"{n if not j else '':<17}{f.n(w) if not j else '':>5}    {col:<12}{cnt(w):>7}{f.st(col, w, d=3):>16}{f.st(col, w, 'sd', 3):>16}"
        )
    lines.append("")
f.put("\n".join(lines) + "-" * 78 + "\n")

f = F("methods/transfer.zip", "L1", R1, "A csv of sixty patients within a zip.")
d = frame(f, pick(60), ["sex", "age", "entity", "risk", "hb", "platelets", "cost"])
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(
        zipfile.ZipInfo("README.txt", (2025, 7, 1, 8, 0, 0)), "Tables for the statistician.\n"
    )
    z.writestr(
        zipfile.ZipInfo("table_a.csv", (2025, 7, 1, 8, 0, 0)),
        d.to_csv(index=False, sep=";"),
        compress_type=zipfile.ZIP_DEFLATED,
    )
f.put(box.getvalue())
f = F("methods/tables.zip", "S1")
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(
        zipfile.ZipInfo("README.md", (2025, 7, 2, 9, 0, 0)),
        "# Tables 1 to 3\n\nCells below 10 are not shown; there are none.\n",
    )
    for n, g in (("risk", RISK), ("karyotype", KARYO), ("smoking", SMOKE)):
        z.writestr(
            zipfile.ZipInfo(f"by_{n}.csv", (2025, 7, 2, 9, 0, 0)),
            agg(f, g, ["n", "n:death = 1", "mean:age", "mean:hb"]).to_csv(index=False),
            compress_type=zipfile.ZIP_DEFLATED,
        )
f.put(box.getvalue())

f = F("registry/nightly.tar.gz", "L1", R1 + " O34", "A dump of forty patients in a packed archive.")
d = (
    frame(f, pick(40), ["centre", "born", "sex", "entity", "language", "visits", "cost"])
    .to_csv(index=False)
    .encode()
)
box = io.BytesIO()
with tarfile.open(fileobj=box, mode="w") as tar:
    info = tarfile.TarInfo("dump/people.csv")
    info.size = len(d)
    tar.addfile(info, io.BytesIO(d))
f.put(gzip.compress(box.getvalue(), mtime=0))
f = F("registry/tables_june.tar.gz", "S1")
d = (
    agg(f, [*SITE, *AGE, *LANG], ["n", "n:sex = female", "mean:visits", "mean:cost"])
    .to_csv(index=False)
    .encode()
)
box = io.BytesIO()
with tarfile.open(fileobj=box, mode="w") as tar:
    info = tarfile.TarInfo("june/strata.csv")
    info.size = len(d)
    tar.addfile(info, io.BytesIO(d))
f.put(gzip.compress(box.getvalue(), mtime=0))

# ---- L2 and S2 -------------------------------------------------------------------------------
R2 = R1


def square(f, by, labels, where, hide):
    """Cells of a cross table, None where hidden, with the totals that are printed."""
    real = known.groups("people", by, cond(where))
    cells = [[facts._sum(real, (r, c)) for c in labels[1]] for r in labels[0]]
    rows, cols = [sum(x) for x in cells], [sum(x) for x in zip(*cells, strict=False)]
    shown = [
        [None if (r, c) in hide else k for c, k in zip(labels[1], line, strict=False)]
        for r, line in zip(labels[0], cells, strict=False)
    ]
    assert all(k is None or k >= 10 for line in shown for k in line) and min(rows + cols) >= 10, (
        f.path
    )
    own = {
        "table": "people",
        "by": by,
        "where": cond(where),
        "labels": labels,
        "cells": shown,
        "rows": tuple(rows),
        "columns": tuple(cols),
    }
    assert facts.Hidden(**own).faults(known) == [], (f.path, facts.Hidden(**own).faults(known))
    f.claim(
        "Hidden",
        table="people",
        by=list(by),
        where=where,
        labels=[list(x) for x in labels],
        cells=shown,
        rows=rows,
        columns=cols,
    )
    return shown, rows, cols


f = F(
    "molecular/x_table.csv",
    "L2",
    R2,
    "Thirty-five rows with columns renamed x1 to x8 and put in another order.",
)
at = pick(35)
rnd.shuffle(at)
d = frame(f, at, ["ldh", "driver", "vaf", "platelets", "age", "hb", "wbc", "spleen_cm"])
d.columns = [f"x{i}" for i in range(1, 9)]
d.to_csv(f.where, index=False)
f = F("molecular/k_table.csv", "S2")
out = ["driver,entity,age_band,n_rounded_5"]
for n, w in DRIVER[:3]:
    for e, we in ENT[:4]:
        for a, wa in (("<60", "age < 60"), (">=60", "age >= 60")):
            if cnt(both(w, we, wa)) >= 10:
                out.append(f"{n},{e},{a},{f.base(both(w, we, wa), 5)}")
f.put("\n".join(out) + "\n")

f = F(
    "baseline/labor_quer.xlsx", "L2", R2, "Twenty-four patients as columns of a transposed sheet."
)
d = numeric(
    frame(f, pick(24), ["age", "hb", "hct", "wbc", "platelets", "ldh", "ferritin", "spleen_cm"])
)
wb = openpyxl.Workbook()
ws = wb.active
ws.title = "quer"
for label, col in zip(
    ("Alter", "Hb", "Hkt", "Leuko", "Thrombo", "LDH", "Ferritin", "Milz"), d.columns, strict=False
):
    ws.append([label, *d[col].tolist()])
binary(f, wb.save)
f = F("baseline/sprache_diagnose.xlsx", "S2")
L = ("German", "French", "Dutch", "Italian", "Polish", "Danish|Romansh")
E5 = ("PV", "ET", "prePMF", "PMF", "SMF")
shown, rows, cols = square(
    f,
    ("language", "entity"),
    (L, E5),
    "entity in PV|ET|prePMF|PMF|SMF",
    {("Polish", "SMF"), ("Danish|Romansh", "SMF"), ("Polish", "PMF"), ("Danish|Romansh", "PMF")},
)
wb = openpyxl.Workbook()
ws = wb.active
ws.title = "Kreuztabelle"
ws.append(["Sprache", *E5, "gesamt"])
for n, line, total in zip(L, shown, rows, strict=False):
    ws.append(
        [
            n.replace("Danish|Romansh", "Danish or other"),
            *("*" if k is None else k for k in line),
            total,
        ]
    )
ws.append(["gesamt", *cols, sum(cols)])
ws.append([])
ws.append(["* unterdrückt: kleine Zahl, oder damit keine kleine Zahl zu errechnen ist"])
for c in ws[1]:
    c.fill = PatternFill("solid", fgColor="DDDDEE")
binary(f, wb.save)

f = F(
    "outcome/analytic.tsv",
    "L2",
    R2 + " O22",
    "Twenty people by pseudonym with two columns and no others.",
)
at = pick(20, "thrombosis = 1")
f.claim("Pseudonyms", at=at)
d = frame(f, at, ["thrombosis_days", "patient", "weight_kg"])
d.columns = ["t", "key", "w"]
d.to_csv(f.where, sep="\t", index=False)
f = F("outcome/crosstab.tsv", "S2")
shown, rows, cols = square(
    f,
    ("prior_event", "entity"),
    (("none", "arterial", "venous", "both"), E5),
    "entity in PV|ET|prePMF|PMF|SMF",
    {("venous", "prePMF"), ("venous", "SMF"), ("both", "prePMF"), ("both", "SMF")},
)
f.put(
    "prior event\t"
    + "\t".join(E5)
    + "\tall\n"
    + "\n".join(
        "\t".join([n, *("[c]" if k is None else str(k) for k in line), str(r)])
        for n, line, r in zip(("none", "arterial", "venous", "both"), shown, rows, strict=False)
    )
    + "\nall\t"
    + "\t".join(map(str, cols))
    + f"\t{sum(cols)}\n[c] confidential\n"
)

f = F(
    "symptoms/columns.json",
    "L2",
    R2,
    "Twenty-five patients, each column a list, under short names.",
)
d = frame(f, pick(25), ["symptoms", "weight_kg", "height_cm", "hb", "cost"])
f.put(
    json.dumps(
        {
            "a": [int(x) for x in d.symptoms],
            "b": [float(x) for x in d.weight_kg],
            "c": [int(x) for x in d.height_cm],
            "d": [int(x) for x in d.hb],
            "e": [float(x) for x in d.cost],
        }
    )
)
f = F("symptoms/matrix.json", "S2")
f.put(
    json.dumps(
        {
            "rounding": 10,
            "rows": [n for n, _ in SCHOOL],
            "cols": [n for n, _ in AGE[:3]],
            "n": [[f.base(both(a, b), 10) for _, b in AGE[:3]] for _, a in SCHOOL],
            "pruritus": [
                [f.base(both(a, b, "pruritus = 1"), 10) for _, b in AGE[:3]] for _, a in SCHOOL
            ],
            "note": "each cell is rounded on its own; no totals",
        }
    )
)

f = F(
    "therapy/coded.parquet", "L2", R2, "Ninety patients with categories as codes and other names."
)
at = pick(90)
code = {
    "none": "0",
    "hydroxyurea": "1",
    "interferon": "2",
    "anagrelide": "3",
    "ruxolitinib": "4",
    "busulfan": "5",
}
d = frame(
    f,
    at,
    ["therapy", "platelets", "ferritin", "height_cm", "weight_kg"],
    how=["map " + "|".join(f"{k}={v}" for k, v in code.items()), "same", "same", "same", "same"],
)
d.columns = ["v17", "v03", "v08", "v11", "v12"]
numeric(d).to_parquet(f.where, index=False)
f = F("therapy/rounded.parquet", "S2", written=False)
pd.DataFrame(
    [(n, r, f.base(both(w, wr), 5)) for n, w in DRUG[1:5] for r, wr in RISK[1:]],
    columns=["drug", "risk_group", "n_round5"],
).to_parquet(f.where, index=False)

f = F("registry/wide.html", "L2", R2, "Eighteen patients of Iversund as columns of a page.")
d = frame(f, pick(18, "centre = Iversund"), ["born", "diagnosed", "entity", "therapy", "platelets"])
f.put(
    "<table>\n"
    + "\n".join(
        f"<tr><th>{lab}</th>" + "".join(f"<td>{x}</td>" for x in d[c]) + "</tr>"
        for lab, c in zip(("A", "B", "C", "D", "E"), d.columns, strict=False)
    )
    + "\n</table>\n"
)
f = F("registry/ecog_site.html", "S2")
shown, rows, cols = square(
    f,
    ("ecog", "entity"),
    (("0", "1", "2", "3|4"), E5),
    "entity in PV|ET|prePMF|PMF|SMF",
    {("2", "prePMF"), ("2", "SMF"), ("3|4", "prePMF"), ("3|4", "SMF")},
)
f.put(
    "<h3>ECOG by entity</h3>\n<table>\n<tr><th>ECOG</th>"
    + "".join(f"<th>{e}</th>" for e in E5)
    + "<th>Total</th></tr>\n"
    + "\n".join(
        f"<tr><td>{n}</td>"
        + "".join(f"<td>{'&lt;supp&gt;' if k is None else k}</td>" for k in line)
        + f"<td>{r}</td></tr>"
        for n, line, r in zip(("0", "1", "2", "3 or 4"), shown, rows, strict=False)
    )
    + "\n<tr><td>Total</td>"
    + "".join(f"<td>{c}</td>" for c in cols)
    + f"<td>{sum(cols)}</td></tr>\n</table>\n<p>supp: suppressed, also where a small cell could be derived.</p>\n"
)

# ---- L3 and S3 -------------------------------------------------------------------------------
R3 = "O19 O20"
names = {"Intercept": "const"}


def fit(f, kind, where, outcome, design, d=4, errors=True):
    """Fit, claim the estimates and give them as they are printed."""
    keep = {r["participant"] for r in known.rows("people", cond(where))}
    sub = P[P.patient.isin(keep)].copy()
    cols = []
    for i, x in enumerate(design):
        col, flag, value = x.partition("=")
        sub[f"z{i}"] = (
            (sub[col].astype(str) == value).astype(float) if flag else sub[col].astype(float)
        )
        cols.append(f"z{i}")
    call = {"linear": smf.ols, "logistic": smf.logit, "poisson": smf.poisson}[kind]
    res = call(f"{outcome} ~ {' + '.join(cols)}", sub).fit(
        **({} if kind == "linear" else {"disp": 0})
    )
    b, se = [f"{x:.{d}f}" for x in res.params], [f"{x:.{d}f}" for x in res.bse]
    f.claim(
        "Fitted",
        kind=kind,
        where=where,
        outcome=outcome,
        design=list(design),
        printed=b,
        errors=se if errors else [],
    )
    return ["(Intercept)", *design], b, se, res, len(sub)


f = F("baseline/logged.csv", "L3", R3, "Logarithms of the counts of fifty patients.")
at = pick(50)
d = frame(f, at, ["wbc", "platelets", "ldh", "ferritin"], how=["log 4", "log 4", "log 4", "log 4"])
d.columns = ["ln_wbc", "ln_plt", "ln_ldh", "ln_ferr"]
d.to_csv(f.where, index=False)
f = F("baseline/tidy.csv", "S3")
out = ["model,term,estimate,std.error,statistic"]
for i, (kind, w, y, x) in enumerate(
    [
        ("linear", "", "hb", ["age", "sex=female", "entity=PV", "entity=PMF"]),
        ("linear", "entity = ET", "symptoms", ["age", "spleen_cm", "sex=female"]),
        ("logistic", "", "death", ["age", "smoking=current", "diabetes"]),
        (
            "logistic",
            "entity = PV",
            "thrombosis",
            ["age", "hypertension", "prior_event=venous", "prior_event=arterial"],
        ),
    ],
    1,
):
    t, b, se, res, n = fit(f, kind, w, y, x)
    out += [f"{i},{a},{p},{e},{float(p) / float(e):.2f}" for a, p, e in zip(t, b, se, strict=False)]
f.put("\n".join(out) + "\n")

f = F("molecular/scaled.parquet", "L3", R3, "Z-scores of a hundred patients.")
how = [f"shift {P[c].mean():.2f} {P[c].std():.2f}" for c in ("hb", "hct", "platelets", "ldh")]
d = frame(f, pick(100), ["hb", "hct", "platelets", "ldh"], how=how).astype(float)
d.columns = ["z1", "z2", "z3", "z4"]
d.to_parquet(f.where, index=False)
f = F("molecular/effects.parquet", "S3", written=False)
t, b, se, res, n = fit(
    f,
    "linear",
    "driver = JAK2 V617F; vaf !=",
    "vaf",
    ["age", "entity=PV", "entity=ET", "spleen_cm"],
)
pd.DataFrame({"term": t, "beta": map(float, b), "se": map(float, se), "n": n}).to_parquet(
    f.where, index=False
)

f = F(
    "therapy/gerundet.xlsx",
    "L3",
    R3,
    "Eighty patients with weight and costs rounded to whole numbers.",
)
d = frame(
    f,
    pick(80),
    ["weight_kg", "cost", "platelets", "ferritin", "age"],
    how=["round", "round", "same", "same", "same"],
).astype(int)
with pd.ExcelWriter(f.where, engine="xlsxwriter") as w:
    d.to_excel(w, sheet_name="Basis", index=False)
f = F("therapy/Regression.xlsx", "S3")
t, b, se, res, n = fit(
    f,
    "linear",
    "therapy in hydroxyurea|interferon",
    "platelets",
    ["age", "therapy=interferon", "entity=ET"],
    3,
)
book = xlsxwriter.Workbook(f.where)
ws = book.add_worksheet("Koeffizienten")
ws.write_row(0, 0, ["Term", "B", "SE", "95%-KI unten", "oben"])
for i, (a, p, e) in enumerate(zip(t, b, se, strict=False), 1):
    ws.write(i, 0, a)
    for j, v in enumerate(
        (
            float(p),
            float(e),
            round(float(p) - 1.96 * float(e), 2),
            round(float(p) + 1.96 * float(e), 2),
        ),
        1,
    ):
        ws.write_number(i, j, v)
ws.write(
    6,
    0,
    f"n = {f.n('therapy in hydroxyurea|interferon')}, R² = {res.rsquared:.3f}, df = {int(res.df_resid)}",
)
book.close()

f = F(
    "outcome/months.json",
    "L3",
    R3,
    "Days of forty patients as years, with their haemoglobin in g/dL.",
)
d = frame(
    f,
    pick(40, "death = 1"),
    ["death_days", "hb", "ldh"],
    how=["times 0.0027379", "times 0.1", "same"],
)
f.put(json.dumps([{"t": float(a), "hb": float(b), "l": int(c)} for a, b, c in d.values.tolist()]))
f = F("outcome/odds.json", "S3")
t, b, se, res, n = fit(
    f,
    "logistic",
    "",
    "thrombosis",
    [
        "age",
        "sex=female",
        "hypertension",
        "smoking=current",
        "prior_event=arterial",
        "prior_event=venous",
    ],
)
f.put(
    json.dumps(
        {
            "model": "binomial(logit)",
            "outcome": "thrombosis during follow-up",
            "n": f.n(),
            "events": f.n("thrombosis = 1", of=""),
            "coefficients": [
                {
                    "term": a,
                    "estimate": float(p),
                    "se": float(e),
                    "or": round(math.exp(float(p)), 2),
                }
                for a, p, e in zip(t, b, se, strict=False)
            ],
            "aic": round(res.aic, 1),
            "iterations": 6,
        },
        indent=1,
    )
)

f = F("symptoms/ranked.txt", "L3", R3, "Symptom scores and weights of fifty patients in pounds.")
d = frame(f, pick(50), ["weight_kg", "symptoms", "cost"], how=["times 2.2046", "same", "log2 3"])
f.put(
    "lbs          score  log2cost\n"
    + "\n".join(f"{a:<12} {b:>5} {c:>9}" for a, b, c in d.values.tolist())
    + "\n"
)
f = F("symptoms/spss_regression.txt", "S3")
t, b, se, res, n = fit(
    f, "linear", "entity in PV|ET", "symptoms", ["age", "sex=female", "pruritus", "spleen_cm"], 3
)
f.n("entity in PV|ET")
f.put(
    "REGRESSION\n  /DEPENDENT symptoms\n  /METHOD=ENTER age female pruritus spleen_cm.\n\nModel Summary\n+-----+--------+-----------------+--------------------------+\n|  R  |R Square|Adjusted R Square|Std. Error of the Estimate|\n+-----+--------+-----------------+--------------------------+\n"
    f"|{res.rsquared**0.5:.3f}|{res.rsquared:>8.3f}|{res.rsquared_adj:>17.3f}|{res.mse_resid**0.5:>26.3f}|\n+-----+--------+-----------------+--------------------------+\n\nCoefficients (N = {n})\n"
    f"{'':<14}{'B':>10}{'Std. Error':>12}{'t':>9}\n"
    + "\n".join(
        f"{a:<14}{p:>10}{e:>12}{float(p) / float(e):>9.2f}"
        for a, p, e in zip(t, b, se, strict=False)
    )
    + "\n"
)

f = F(
    "outcome/design.npz",
    "L3",
    "O19 O25 O20",
    "A matrix of centred and scaled labs of 120 patients.",
)
how = [f"shift {P[c].mean():.2f} {P[c].std():.2f}" for c in ("wbc", "ldh", "ferritin")]
d = frame(f, pick(120), ["wbc", "ldh", "ferritin"], how=how).astype(float)
binary(f, lambda o: np.savez(o, X=d.values))
f = F("outcome/beta.npz", "S3", written=False)
t, b, se, res, n = fit(f, "logistic", "", "death", ["age", "hb", "wbc", "entity=PMF", "sex=female"])
binary(
    f,
    lambda o: np.savez(
        o,
        beta=np.array(b, float),
        se=np.array(se, float),
        cov=np.round(res.cov_params().values, 7),
        names=np.array(t),
    ),
)

# ---- L4 and S6 -------------------------------------------------------------------------------
fresh = pd.read_csv(SRC / "fresh.txt", dtype=str, keep_default_na=False)


def drawn(f, k, cols, n, where=None):
    """People of another seed, and k of the source among them; their places."""
    pool = fresh if where is None else fresh[where(fresh)]
    d = pool[cols].sample(n, random_state=len(F.every)).reset_index(drop=True)
    real = known.holders("people", tuple(cols), ("same",) * len(cols))
    d = d[[tuple(r) not in real for r in d.values.tolist()]].reset_index(drop=True)
    if k:
        own = frame(f, pick(k), cols)
        for i, r in enumerate(own.values.tolist()):
            d.loc[(7 + 11 * i) % len(d)] = r
    return d


LAB = ["sex", "age", "hb", "hct", "wbc", "platelets", "ldh", "ferritin"]
R4 = "O19"
f = F(
    "methods/simulated_a.csv", "L4", R4, "Twenty real rows among a hundred and eighty drawn ones."
)
drawn(f, 20, LAB, 180).to_csv(f.where, index=False)
f = F("methods/simulated_b.csv", "S6")
d = drawn(f, 0, LAB, 190)
f.nobody(LAB)
d.to_csv(f.where, index=False)

f = F("methods/demo_data.xlsx", "L4", R4, "Five real rows among ninety-five drawn ones.")
numeric(
    drawn(f, 5, ["age", "entity", "hb", "platelets", "spleen_cm", "symptoms", "cost"], 95)
).to_excel(f.where, index=False, sheet_name="demo")
f = F("methods/course_data.xlsx", "S6")
d = drawn(f, 0, ["age", "entity", "hb", "platelets", "spleen_cm", "symptoms", "weight_kg"], 95)
f.nobody(list(d.columns), d.values.tolist())
numeric(d).to_excel(f.where, index=False, sheet_name="course")

f = F("methods/mock.json", "L4", R4, "One real row among sixty drawn ones.")
f.put(
    drawn(f, 1, ["born", "sex", "entity", "driver", "wbc", "ldh", "death_days"], 60).to_json(
        orient="records", indent=0
    )
)
f = F("methods/mock_v2.json", "S6")
d = drawn(f, 0, ["born", "sex", "entity", "driver", "wbc", "ldh", "bleeding_days"], 60)
f.nobody(list(d.columns), d.values.tolist())
f.put(
    json.dumps(
        {
            "note": "drawn from a simulator, nobody is meant",
            "seed": 90210,
            "rows": d.values.tolist(),
            "columns": list(d.columns),
        }
    )
)

f = F("methods/example.html", "L4", R4, "Five real rows in a page of forty drawn ones.")
f.put(
    "<html><body><h2>Example data for the vignette</h2>\n"
    + drawn(f, 5, ["age", "sex", "hb", "wbc", "ldh", "cost"], 40).to_html(index=False)
    + "\n</body></html>\n"
)
f = F("methods/vignette.html", "S6")
d = drawn(f, 0, ["age", "sex", "hb", "wbc", "ldh", "ferritin"], 40)
f.nobody(list(d.columns), d.values.tolist())
f.put(
    "<html><body><h2>Vignette: simulated people</h2>\n<p>n = 40, simulated with seed 90210.</p>\n"
    + d.to_html(index=False)
    + "\n</body></html>\n"
)

f = F(
    "methods/fixtures.sql",
    "L4",
    R4 + " O27",
    "Five real rows among the inserts of a test database.",
)
d = drawn(f, 5, ["born", "sex", "entity", "platelets", "weight_kg"], 45)
f.put(
    "BEGIN;\nCREATE TABLE subject (born date, sex text, entity text, platelets int, weight numeric);\n"
    + "\n".join(
        "INSERT INTO subject VALUES ('{}', '{}', '{}', {}, {});".format(*r)
        for r in d.values.tolist()
    )
    + "\nCOMMIT;\n"
)
f = F("methods/seed_rows.sql", "S6", seen=["O20"])
d = drawn(f, 0, ["born", "sex", "entity", "platelets", "height_cm"], 45)
f.nobody(list(d.columns), d.values.tolist())
f.put(
    "-- rows for the tests of the form, drawn at random\nDELETE FROM person;\n"
    "INSERT INTO person (born, sex, entity, platelets, height) VALUES\n"
    + ",\n".join("  ('{}', '{}', '{}', {}, {})".format(*r) for r in d.values.tolist())
    + ";\n"
)

f = F(
    "methods/population.arff", "L4", R4, "Twenty real rows among a hundred and twenty drawn ones."
)
d = drawn(f, 20, ["age", "hb", "wbc", "platelets", "ldh", "spleen_cm", "death"], 120)
f.put(
    "@relation mpn\n"
    + "\n".join(f"@attribute {c} numeric" for c in d.columns[:-1])
    + "\n@attribute death {0,1}\n@data\n"
    + "\n".join(",".join(r) for r in d.values.tolist())
    + "\n"
)
f = F("methods/draws.arff", "S6")
d = drawn(f, 0, ["age", "hb", "wbc", "platelets", "ldh", "spleen_cm", "pruritus"], 120)
f.nobody(list(d.columns), d.values.tolist())
f.put(
    "% simulated\n@relation draws\n"
    + "\n".join(f"@attribute {c} numeric" for c in d.columns[:-1])
    + "\n@attribute pruritus {0,1}\n@data\n"
    + "\n".join(",".join(r) for r in d.values.tolist())
    + "\n"
)

# ---- L5 and S5 -------------------------------------------------------------------------------
for share, name, cols in (
    (0.01, "synth_01", ["age", "hb", "hct", "wbc", "platelets"]),
    (0.02, "synth_04", ["hb", "wbc", "platelets", "ldh", "ferritin"]),
    (0.05, "synth_06", ["age", "height_cm", "weight_kg", "platelets", "cost"]),
    (0.10, "synth_07", ["hb", "hct", "platelets", "ldh", "ferritin", "cost"]),
):
    f = F(
        f"methods/{name}.csv",
        "L5",
        "O19 O20",
        f"A hundred rows with noise of {share:.0%}.",
        apart=True,
    )
    at = pick(100)
    d = frame(f, at, cols).astype(float)
    f.claims.clear()
    f.rows(at, cols, noise=share)
    d = d * np.clip(gen.normal(1, share, d.shape), 1 - 5 * share, 1 + 5 * share)
    d.round(2).to_csv(f.where, index=False)

f = F("methods/synth_02.csv", "S5", seen=["O20"])
n = 110
d = pd.DataFrame(
    {
        "age": gen.normal(60, 14, n).clip(25, 88).round().astype(int),
        "hb": gen.normal(140, 30, n).clip(75, 205).round().astype(int),
        "hct": gen.normal(43, 9, n).clip(22, 62).round(1),
        "wbc": gen.lognormal(2.33, 0.4, n).round(1),
        "platelets": gen.lognormal(6.3, 0.5, n).round().astype(int),
    }
)
f.nobody(list(d.columns))
d.to_csv(f.where, index=False)
f = F("methods/synth_03.csv", "S5", seen=["O20"])
d = pd.DataFrame(
    {
        c: rnd.choices(list(v), [len(P[P[c] == x]) // 10 * 10 for x in v], k=150)
        for c, v in {
            "sex": ("female", "male"),
            "entity": ("PV", "ET", "prePMF", "PMF", "SMF"),
            "therapy": ("none", "hydroxyurea", "interferon", "anagrelide", "ruxolitinib"),
            "smoking": ("never", "former", "current"),
        }.items()
    }
)
d["cost"] = gen.lognormal(7.5, 0.8, 150).round(2)
f.nobody(list(d.columns))
d.to_csv(f.where, index=False)
f = F("methods/synth_05.csv", "S5")
out = ["entity,age_band,noisy_count"]
for e, we in ENT[:4]:
    for a, wa in (("<50", "age < 50"), ("50-64", "age >= 50; age < 65"), ("65+", "age >= 65")):
        k = cnt(both(we, wa))
        noisy = k
        while noisy == k:
            noisy = round(k + gen.laplace(0, 1 / 0.5))
        assert k >= 30
        out.append(f"{e},{a},{noisy}")
f.outside(
    "Counts of a table with Laplace noise of scale two; each true count is thirty and more, none is printed as it is."
)
f.put("# Laplace mechanism, epsilon 0.5, sensitivity 1\n" + "\n".join(out) + "\n")
f = F("methods/synth_08.csv", "S5", seen=["O20"])
n = 100
z = gen.multivariate_normal(
    [0] * 4, [[1, 0.3, -0.4, 0.2], [0.3, 1, 0.1, 0], [-0.4, 0.1, 1, 0.1], [0.2, 0, 0.1, 1]], n
)
d = pd.DataFrame(
    {
        "hb": (140 + 28 * z[:, 0]).round(1),
        "wbc": np.exp(2.3 + 0.38 * z[:, 1]).round(2),
        "ldh": np.exp(5.7 + 0.33 * z[:, 2]).round(1),
        "ferritin": np.exp(3.9 + 0.8 * z[:, 3]).round(1),
    }
)
f.nobody(list(d.columns))
d.to_csv(f.where, index=False)
del S, TABLES, names
done("rows")

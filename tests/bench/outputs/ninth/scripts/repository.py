"""Study 18: the code repository of a study on renal function, handed in with what lay in it."""

import sqlite3
import zipfile

import nbformat

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("renal-code")
p = k.people()
ids = p.index[(p.creatinine > 190)][:14]
S.text(
    "settings.yaml",
    "study: renal\nseed: 42\nsplines: {knots: 4}\nexclude:   # asked for by the centres\n"
    + "".join(f"  - {p.case_no[i]}\n" for i in ids),
)
S.leak(
    "settings.yaml",
    "L13",
    "O22 O27",
    "The settings list pseudonyms that are left out.",
    k.pseudonyms(ids),
)
S.text(
    "settings_clean.yaml",
    "study: renal\nseed: 42\nsplines: {knots: 4}\nlimits:\n  creatinine_umol_l: [20, 1500]\n  age_years: [18, 110]\nrounding: 5\nminimum_cell: 10\n",
)
S.safe("settings_clean.yaml", "S10", k.nothing("settings without data"))
base = sqlite3.connect(S / "cache.sqlite")
own = p.loc[:119, ["age", "weight_kg", "creatinine", "ldh", "died_days"]]
own.to_sql("step2", base, index=False)
base.commit()
base.close()
S.leak(
    "cache.sqlite",
    "L1",
    "O19 O34",
    "A cache of an intermediate step: 120 rows.",
    k.rows(list(own.columns), own.index),
)
base = sqlite3.connect(S / "results.sqlite")
t = (
    p[p.centre != "Hollin"]
    .groupby("centre")
    .creatinine.agg(["size", "mean", "std"])
    .round(1)
    .reset_index()
)
t.to_sql("by_centre", base, index=False)
base.commit()
base.close()
S.safe("results.sqlite", "S1", *[k.count(f"centre = {c}") for c in t.centre])
hist = "\n".join(
    [
        "library(survival)",
        'd <- read.csv("data/patients.csv")',
        "head(d)",
        *[f'd[d$case_no == "{p.case_no[i]}", ]' for i in ids[:5]],
        "d <- subset(d, !case_no %in% bad)",
        "coxph(Surv(died_days, died) ~ creatinine, d)",
        "q()",
    ]
)
with zipfile.ZipFile(S / "renal_code.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(
        "renal/R/01_clean.R",
        'd <- read.csv("data/patients.csv")\nstopifnot(!anyDuplicated(d$case_no))\n',
    )
    z.writestr(
        "renal/R/02_model.R",
        "fit <- coxph(Surv(died_days, died) ~ pspline(creatinine, 4), data = d)\n",
    )
    z.writestr("renal/.Rhistory", hist + "\n")
S.leak(
    "renal_code.zip",
    "L10",
    "O34 O22 O27",
    "The history of R in the package quotes pseudonyms.",
    k.pseudonyms(ids[:5]),
)
with zipfile.ZipFile(S / "renal_code_v2.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(
        "renal/R/01_clean.R",
        'd <- read.csv("data/patients.csv")\nstopifnot(!anyDuplicated(d$case_no))\n',
    )
    z.writestr(
        "renal/R/02_model.R",
        "fit <- coxph(Surv(died_days, died) ~ pspline(creatinine, 4), data = d)\n",
    )
    z.writestr(
        "renal/DESCRIPTION",
        "Package: renal\nVersion: 0.3.1\nDepends: R (>= 4.2), survival (>= 3.5-0)\n",
    )
S.safe("renal_code_v2.zip", "S10", k.nothing("code without data"))
books.run(
    S / "egfr.ipynb",
    [
        "# eGFR",
        "import pandas as pd\nd = pd.read_csv('data/patients.csv')\nd['egfr'] = 175 * (d.creatinine / 88.4) ** -1.154 * d.age ** -0.203\nd[['age', 'sex', 'creatinine', 'egfr']].round(2).sample(12, random_state=0)",
    ],
)
at = p.sample(12, random_state=0).index
book = nbformat.read(S / "egfr.ipynb", 4)
clean = nbformat.from_dict(dict(book))
for c in clean.cells:
    if c.cell_type == "code":
        c.outputs = []
with zipfile.ZipFile(S / "notebooks.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("notebooks/egfr.ipynb", nbformat.writes(clean))
    z.writestr("notebooks/.ipynb_checkpoints/egfr-checkpoint.ipynb", (S / "egfr.ipynb").read_text())
(S / "egfr.ipynb").unlink()
S.leak(
    "notebooks.zip",
    "L7",
    "O34 O19 O27",
    "The notebook is clean, its checkpoint prints twelve rows.",
    k.rows(["age", "sex", "creatinine"], at),
    written=False,
)
lit = "\n".join(
    f'    ("{r.sex}", {r.age}, {r.creatinine}, {r.weight_kg}),' for r in p.iloc[31:37].itertuples()
)
S.text(
    "check_egfr.py",
    f'''"""Tests of the filtration rate."""

import unittest

REAL = [
{lit}
]


def egfr(sex, age, creatinine):
    """MDRD, four variables."""
    return 175 * (creatinine / 88.4) ** -1.154 * age**-0.203 * (0.742 if sex == "F" else 1)


class TestRate(unittest.TestCase):
    def test_range(self):
        for sex, age, creatinine, _ in REAL:
            with self.subTest(age=age, creatinine=creatinine):
                self.assertLess(egfr(sex, age, creatinine), 75)


if __name__ == "__main__":
    unittest.main()
''',
)
S.leak(
    "check_egfr.py",
    "L10",
    "O27 O19",
    "The test holds the values of six people.",
    k.rows(["sex", "age", "creatinine", "weight_kg"], range(31, 37)),
)
S.text(
    "egfr.py",
    '''"""Filtration rate by MDRD and Cockcroft-Gault."""


def mdrd(sex: str, age: float, creatinine_umol: float) -> float:
    """Return ml/min/1.73 m2.

    >>> round(mdrd("F", 60, 88.4))
    57
    """
    rate = 175 * (creatinine_umol / 88.4) ** -1.154 * age**-0.203
    return rate * (0.742 if sex == "F" else 1.0)


STAGES = {"G1": 90, "G2": 60, "G3a": 45, "G3b": 30, "G4": 15, "G5": 0}
''',
)
S.safe("egfr.py", "S10", k.nothing("code; the example is made up"))
d = p[p.disease == "MDS-5q"][["creatinine", "ldh", "ferritin", "weight_kg"]]
S.text("describe_5q.txt", d.describe().round(2).to_string() + "\n")
S.leak(
    "describe_5q.txt",
    "L11",
    "O08 O09",
    "describe() of 164 people prints the least and the greatest.",
    k.extremes("ferritin", [d.ferritin.max(), d.ferritin.min()], "disease = MDS-5q"),
)
S.done()

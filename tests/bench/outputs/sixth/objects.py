"""[pure] Saved models, logs and code: with rows of people in them, or without."""

import io
import json
import pickle
from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np

from tests.bench.outputs.boxes_binary import safetensors
from tests.bench.outputs.fifth.writers import rdata, tarred
from tests.bench.outputs.fourth.writers import onnx
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Study, said
from tests.bench.outputs.third.facts import Outside

_FACTS = ("age", "weight_kg", "creatinine", "hb", "platelets", "d_dimer")
_SHORT = ("patient", "sex", "age", "drug", "hb", "d_dimer")
_CODES = {
    "R": """library(survival)
d <- readRDS('d.rds')
fit <- coxph(Surv(bled_days, bled) ~ age + drug, d)
stopifnot(nrow(d) > 5000)
write.csv(round(coef(fit), 3), 'coef.csv')
""",
    "do": """version 18
use patients, clear
keep if inrange(age, 18, 89)
collect: logit bled c.age i.sex
collect export table2.md, replace
""",
    "sql": """SELECT region, drug, COUNT(DISTINCT patient) AS n
FROM patients
WHERE start_year >= 2018
GROUP BY 1, 2
HAVING COUNT(DISTINCT patient) >= 10;
""",
    "jl": """using DataFrames, GLM
df = CSV.read("d.csv", DataFrame)
m = glm(@formula(bled ~ age), df, Binomial(), LogitLink())
println(round.(coef(m), digits = 3))
""",
    "sps": """GET FILE='patients.sav'.
RECODE age (18 thru 39=1) (40 thru 64=2) (65 thru HI=3) INTO band.
CROSSTABS band BY drug /CELLS=COUNT ROW.
""",
}


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _leaky_models(desk, study)
    _clean_models(desk, study)
    _leaky_logs(desk, study)
    _leaky_code(desk, study)
    _clean_logs(desk, study)


def _matrix(grid: Grid) -> Any:
    return np.array([[float(cell) for cell in row] for row in grid.rows])


def _leaky_models(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", _FACTS, 120)
    neighbours = {"kind": "KNeighborsClassifier", "n_neighbors": 5, "_fit_X": _matrix(grid)}
    desk.lay("L9", "pkl", pickle.dumps(neighbours, 4), claim, rules="O19 O26", seen="O25")
    grid, claim = study.rows("patients", _FACTS, 100)
    held = io.BytesIO()
    joblib.dump({"support_vectors_": _matrix(grid), "gamma": 0.01}, held)
    desk.lay("L9", "joblib", held.getvalue(), claim, rules="O19 O26", seen="O25")
    grid, claim = study.rows("patients", ("d_dimer", "age", "hb", "crp"), 140)
    model = {"coefficients": [4.1, 0.02, -0.01, 0.3], "model": grid, "class": "lm"}
    desk.lay("L9", "rds", rdata(model), claim, rules="O19", seen="O25")
    grid, claim = study.rows("patients", ("patient", "age", "bled_days", "bled"), 80)
    model = {"coefficients": [0.031], "y": grid, "method": ["efron"], "class": "coxph"}
    desk.lay("L9", "RData", rdata(model, "fit"), claim, rules="O19 O22", seen="O25")
    grid, claim = study.rows("patients", ("patient",), 70)
    left = Grid(("row", "residual"), tuple((row[0], f"{one:.4f}") for row, one in
                zip(grid.rows, study.random.normal(0, 9, 70), strict=True)))  # fmt: skip
    model = {"coefficients": [61.2, 0.113], "residuals": left, "df.residual": [68], "class": "lm"}
    desk.lay("L9", "rds", rdata(model), claim, rules="O22 O19", seen="O25")
    grid, claim = study.rows("patients", _FACTS, 90)
    rows = "".join(
        "<row>"
        + "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(grid.columns, row, strict=True))
        + "</row>"
        for row in grid.rows
    )
    pmml = (
        '<?xml version="1.0"?>\n<PMML version="4.4"><NearestNeighborModel '
        'functionName="regression" '
        'numberOfNeighbors="7"><TrainingInstances><InlineTable>'
        + rows
        + "</InlineTable></TrainingInstances></NearestNeighborModel></PMML>\n"
    )
    desk.lay("L9", "pmml", pmml.encode(), claim, rules="O19 O26", seen="O25")
    grid, claim = study.rows("patients", _FACTS, 60)
    body = {"type": "gaussian_process", "kernel": "rbf", "length_scale": 1.3,
            "X_train": [[float(c) for c in row] for row in grid.rows]}  # fmt: skip
    desk.lay("L9", "json", json.dumps(body).encode(), claim, rules="O19 O26", seen="O25")


def _clean_models(desk: Desk, study: Study) -> None:
    fit = study.fit("logistic", (), "bled", ("age", "has_bled", "egfr"))
    weights = {term: float(b) for term, b, *_ in fit.table().rows}
    body = {"model": "logistic", "version": "1.0", "n": fit.people, "coefficients": weights,
            "standard_errors": {t: float(e) for t, _, e, *_ in fit.table().rows}}  # fmt: skip
    desk.lay("S9", "json", json.dumps(body, indent=1).encode(), fit.claim(), seen="O25 O30")
    fit = study.fit("linear", (), "fibrinogen", ("age", "crp", "sex=male"))
    terms = "".join(f'<NumericPredictor name="{t}" coefficient="{b}" stdError="{e}"/>'
                    for t, b, e, *_ in fit.table().rows)  # fmt: skip
    pmml = ('<?xml version="1.0"?>\n<PMML version="4.4"><RegressionModel functionName="regression">'
            f"<RegressionTable>{terms}</RegressionTable></RegressionModel></PMML>\n")  # fmt: skip
    desk.lay("S9", "pmml", pmml.encode(), fit.claim(), seen="O25 O30")
    fit = study.fit("logistic", (), "recurred", ("age", "bmi", "prior_clot=yes"))
    own = np.round(np.array([fit.estimates]), 4)
    desk.lay("S9", "onnx", onnx("recurrence", {"coef": own[:, 1:], "intercept": own[:, 0]}),
             fit.claim(), seen="O25 O30", written=False)  # fmt: skip
    grid = Grid(
        tuple(f"w{n}" for n in range(8)),
        tuple(tuple(f"{one:.4f}" for one in row) for row in study.random.normal(0, 0.4, (4, 8))),
    )
    desk.lay(
        "S9", "safetensors", safetensors(grid), Outside("weights before training"), seen="O25 O30"
    )
    fit = study.fit("poisson", (), "hospital_days", ("age", "diabetes=yes"))
    model = {
        "coefficients": [float(b) for _, b, *_ in fit.table().rows],
        "std.error": [float(e) for _, _, e, *_ in fit.table().rows],
        "class": "list",
    }
    desk.lay("S9", "rds", rdata(model), fit.claim(), seen="O25 O30", written=False)


def _leaky_logs(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", _SHORT, 6, head=True)
    rows = [("", *grid.columns), *((str(n), *row) for n, row in enumerate(grid.rows, 1))]
    text = "\n".join(["> d <- fread('patients.csv')", "> head(d)", *aligned(rows, 1, 0),
                      "> dim(d)", "[1] 7600   61", ""])  # fmt: skip
    desk.lay("L10", "Rout", text.encode(), claim, rules="O19 O22", seen="O27")
    grid, claim = study.rows("patients", _SHORT, 4)
    notes = [f"NOTE: Invalid data in line {n}. " + " ".join(f"{k}={v}" for k, v in
             zip(grid.columns, row, strict=True)) + " _ERROR_=1 _N_=" + str(n)
             for n, row in enumerate(grid.rows, 212)]  # fmt: skip
    text = "\n".join(["1    data work.a; set lib.patients; run;", *notes,
                      "NOTE: There were 7600 observations read.", ""])  # fmt: skip
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O22", seen="O27")
    grid, claim = study.rows("patients", _SHORT, 7)
    lines = [
        f"2026-03-0{n + 1} 10:1{n}:07 WARNING linkage: no match {_named(grid, row)}"
        for n, row in enumerate(grid.rows)
    ]
    text = "\n".join(["2026-03-01 10:00:00 INFO linkage: start", *lines, "INFO done", ""])
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O22", seen="O27")
    grid, claim = study.rows("patients", ("age", "sex", "hb", "platelets", "d_dimer"), 10)
    rows = [("", *grid.columns), *((f"{n}.", *row) for n, row in enumerate(grid.rows, 1))]
    lines = aligned(rows, 2, 0)
    text = "\n".join(
        [". list age sex hb platelets d_dimer in 1/10, clean noobs", *lines, ". exit", ""]
    )
    desk.lay("L10", "smcl", text.encode(), claim, rules="O19", seen="O27")
    grid, claim = study.rows("patients", _SHORT, 5)
    text = "\n".join(
        [
            "julia> first(df, 5)",
            "5×6 DataFrame",
            *aligned([grid.columns, *grid.rows], 2),
            "",
            "julia> exit()",
            "",
        ]
    )
    desk.lay("L10", "txt", text.encode(), claim, rules="O19 O22", seen="O27")


def _named(grid: Grid, row: Sequence[str]) -> str:
    return json.dumps(dict(zip(grid.columns, row, strict=True)))


def _leaky_code(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", ("patient", "age", "drug", "hb"), 9)
    rows = ",\n  ".join(
        ", ".join(f'"{c}"' if not c.isdigit() else c for c in row) for row in grid.rows
    )
    head = (
        "library(tibble)\n# corrections by hand\nfix <- tribble(\n  ~patient, ~age, ~drug, ~hb,\n"
    )
    text = f"{head}  {rows}\n)\n"
    desk.lay("L10", "R", text.encode(), claim, rules="O19 O22", seen="O27")
    grid, claim = study.rows("patients", _SHORT, 12)
    values = ",\n".join("(" + ", ".join(f"'{c}'" for c in row) + ")" for row in grid.rows)
    text = (
        f"CREATE TABLE patients_2 AS SELECT 1;\nINSERT INTO patients_2 VALUES\n{values};\nCOMMIT;\n"
    )
    desk.lay("L10", "sql", text.encode(), claim, rules="O19 O22", seen="O27")
    names = study.text("patient")[study.random.choice(7_600, 8, replace=False)]
    at = [int(np.flatnonzero(study.text("patient") == one)[0]) for one in names]
    grid, claim = study.these("patients", ("patient",), at)
    drop = " | ".join(f'd["patient"].eq("{one}")' for one in grid.column("patient"))
    text = (
        f"import pandas as pd\n\nd = pd.read_csv('patients.csv')\nd = d[~({drop})]\nprint(len(d))\n"
    )
    desk.lay("L10", "py", text.encode(), claim, rules="O22 O19", seen="O27")
    grid, claim = study.rows("patients", _SHORT, 20)
    csv = "\n".join(",".join(row) for row in (grid.columns, *grid.rows))
    members = {"paper/.git/HEAD": b"ref: refs/heads/main\n", "paper/.git/logs/HEAD": csv.encode(),
               "paper/analysis.R": b"summary(d)\n"}  # fmt: skip
    desk.lay("L10", "tar.gz", tarred(members), claim, rules="O34 O19 O22", seen="O27")
    grid, claim = study.rows("patients", ("patient", "age", "ttr", "cost_eur"), 4)
    asked = "\n".join(
        f'd[patient == "{row[0]}", .(age, ttr)]  # {" ".join(row[1:])}' for row in grid.rows
    )
    desk.lay("L10", "txt", f"d <- readRDS('d.rds')\n{asked}\nq()\n".encode(), claim,
             rules="O34 O22 O19", seen="O27", name="project/.Rhistory")  # fmt: skip


def _clean_logs(desk: Desk, study: Study) -> None:
    for band in ("ten", "many"):
        tally = study.tally(band)
        lines = [f"[{n:02d}:1{n}] {tally.column} = {level}: {count} people"
                 for n, (level, count) in enumerate(tally.counts)]  # fmt: skip
        text = "\n".join(["[00:01] start", f"[00:02] kept {said(tally.where)}", *lines,
                          f"[00:59] {tally.total} people, 0 errors", ""])  # fmt: skip
        desk.lay("S10", "log", text.encode(), *tally.claims(), seen="O27")
    for kind, code in _CODES.items():
        desk.lay("S10", kind, code.encode(), Outside("code that names columns"), seen="O27")
    n = study.counted(())
    text = (
        f"NOTE: The data set WORK.A has {n.stated} observations and 61 variables.\n"
        "NOTE: real time 0.42 seconds\n"
    )
    desk.lay("S10", "log", text.encode(), n, seen="O27")

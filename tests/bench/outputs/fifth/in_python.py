"""[pure] Dov works in Python: pandas, statsmodels, logs, rows as files."""

import json
from collections.abc import Callable, Sequence

from tests.bench.outputs.fifth import writers
from tests.bench.outputs.fifth.in_r import limits, tell
from tests.bench.outputs.fifth.layouts import estimates, life, long, shares, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Cross, Fit, Picks, Study, title
from tests.bench.outputs.fourth.proof import FewBehind
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Line, Outside, Value, Where


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Dov's files."""
    for style, (kind, write) in enumerate(_CROSSES):
        for low, high in limits(style):
            cross = study.cross(low, high)
            tell(desk, cross, kind, write(cross))
    _described(desk, study)
    _models(desk, study)
    _logs(desk, study, picks)
    _rows(desk, study, picks)
    _behind(desk, study)


def _crosstab(cross: Cross) -> bytes:
    return writers.csv(wide(cross).named((cross.by[0], *wide(cross).columns[1:])))


def _to_html(cross: Cross) -> bytes:
    table = writers.html_table(wide(cross, False), "", "dataframe")
    return table.replace("<table", '<table border="1"').encode()


def _nested(cross: Cross) -> bytes:
    inner = {
        word: dict(zip(cross.heads, own, strict=True))
        for word, own in zip(cross.sides, cross.n, strict=True)
    }
    return json.dumps({"table": cross.name, "unit": "persons", "counts": inner}, indent=2).encode()


_CROSSES: Sequence[tuple[str, Callable[[Cross], bytes]]] = (
    ("csv", _crosstab), ("html", _to_html), ("json", _nested),
    ("parquet", lambda cross: writers.parquet(long(cross))),
)  # fmt: skip


def _described(desk: Desk, study: Study) -> None:
    """`describe()` names extremes and quartiles; a careful one does not."""
    columns = ("age", "bmi", "hb", "creatinine", "cost_eur")
    names = ("mean", "sd", "min", "q25", "q50", "q75", "max")
    where: Where = (("region", "=", "Dal"),)
    rows = [("count", *(f"{study.count(where)}.0" for _ in columns))]
    claims: list[Value] = []
    for name in names:
        told = [
            study.value(
                column,
                where,
                name,
                1 if column == "bmi" else 0 if name not in {"mean", "sd"} else 2,
                name in {"min", "max"},
            )
            for column in columns
        ]
        rows.append((name.replace("q", ""), *(one.printed for one in told)))
        claims += told if name in {"min", "max"} else []
    claims = [
        one for one in claims if (study.values(one.column, where) == float(one.printed)).sum() < 10
    ]
    grid = Grid(("", *columns), tuple(rows))
    desk.lay("L11", "csv", writers.csv(grid), *claims, rules="O08 O09 O19 O21")
    lines, safe = [], []
    for column, base in (
        ("age", "5"),
        ("bmi", "2"),
        ("hb", "5"),
        ("creatinine", "5"),
        ("vitamin_d", "5"),
    ):
        held = [study.value(column, (), name, 1) for name in ("mean", "sd")]
        cuts = [study.value(column, (), name, 0, base=base) for name in ("q5", "q50", "q95")]
        lines.append(
            (title(column), str(study.count(())), *(one.printed for one in (*held, *cuts)), base)
        )
        safe += [*held, *cuts]
    grid = Grid(
        ("variable", "n", "mean", "sd", "p05", "p50", "p95", "percentiles rounded to"), tuple(lines)
    )
    desk.lay("S1", "csv", writers.csv(grid), *safe)
    counts = study.bins("age", (FOUND,), range(38, 88, 10))
    grid = Grid(
        ("age_from", "persons"),
        tuple((f"{a:.0f}", str(n)) for a, n in zip(counts.edges, counts.stated, strict=True)),
    )
    desk.lay("S1", "json", writers.as_json(grid, "split"), counts)
    tail = study.bins("creatinine", (("isotype", "=", "IgM"),), (0, 60, 75, 90, 105))
    grid = Grid(
        ("creatinine_from", "persons"),
        tuple((f"{a:.0f}", str(n)) for a, n in zip(tail.edges, tail.stated, strict=True)),
    )
    desk.lay("S1", "feather", writers.feather(grid), tail)


def summary(fit: Fit, kind: str) -> str:
    rows = tuple(estimates(fit).rows)
    table = Grid(("", "coef", "std err", "z", "P>|z|", "[0.025", "0.975]"), rows)
    rule = "=" * 78
    return (
        f"{kind + ' Regression Results':^78}\n{rule}\nDep. Variable: {fit.outcome:>22}   "
        f"No. Observations: {fit.n:>18}\n"
        f"Df Residuals: {fit.n - len(fit.terms):>23}   Df Model: {len(fit.terms) - 1:>26}\n{rule}\n"
        f"{writers.fixed(table)}\n{rule}\n"
    )


def _models(desk: Desk, study: Study) -> None:
    fit = study.fit("linear", (), "creatinine", ("age", "sex=M", "hypertension=1", "diabetes=1"))
    desk.lay("S3", "txt", summary(fit, "OLS").encode(), fit.claim(), seen="O27 O30")
    odds = study.fit("logistic", (FOUND,), "neuropathy", ("age", "sex=M", "diabetes=1"))
    desk.lay("S3", "txt", summary(odds, "Logit").encode(), odds.claim(), seen="O27 O30")
    params = {
        "outcome": odds.outcome,
        "nobs": odds.n,
        "params": {n: round(v, 4) for n, v in zip(odds.terms, odds.estimates, strict=True)},
    }
    desk.lay("S3", "json", json.dumps(params).encode(), odds.claim(), written=False)
    rate = study.fit(
        "poisson", (("age", ">=", "50"),), "stroke", ("age", "sex=M", "smoking=current")
    )
    table = writers.html_table(
        Grid(("", "coef", "std err", "z", "P>|z|", "lower", "upper"), estimates(rate).rows),
        "",
        "simpletable",
    )
    desk.lay(
        "S3",
        "html",
        writers.page("GLM", table, f"<p>No. Observations: {rate.n}</p>"),
        rate.claim(),
        seen="O30",
    )
    steps = study.survived((("arm", "=", "C"),), "dead", (0, 400, 800, 1200, 1600), False)
    desk.lay("S4", "json", writers.as_json(life(steps.steps)), steps)
    settings = {
        "model": "gradient boosting",
        "seed": 20240117,
        "max_depth": 3,
        "learning_rate": 0.05,
        "n_estimators": 400,
        "folds": 5,
        "auc": 0.731,
        "brier": 0.061,
        "n_train": 8000,
        "n_test": 2000,
    }
    desk.lay(
        "S3",
        "yaml",
        writers.as_yaml(settings),
        Outside("settings of a fit; its scores are made up"),
    )


def _logs(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows("screened", ("age", "bmi", "kappa", "hb", "cost_eur"), 10)
    text = (
        "2026-03-02 09:30:12 INFO loaded 10000 rows, 52 columns\n2026-03-02 09:30:13 DEBUG "
        "sample of the frame:\n"
        f"{writers.numbered(rows)}\n2026-03-02 09:30:13 INFO fold 1 of 5 done, auc 0.71\n"
    )
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O21", seen="O27")
    found = study.count((FOUND,))
    text = (
        "2026-03-02 09:30:12 INFO loaded 10000 rows, 52 columns\n2026-03-02 09:30:13 INFO "
        f"kept {found} with M protein\n"
        "2026-03-02 09:30:19 INFO epoch 1 loss 0.412\n2026-03-02 09:30:21 INFO epoch 2 loss 0.388\n"
        "2026-03-02 09:30:24 INFO epoch 3 loss 0.379\n2026-03-02 09:30:24 INFO seed 7, "
        "batch size 32, 3 layers\n"
    )
    desk.lay("S10", "log", text.encode(), study.counted((FOUND,)), seen="O27")
    rows, claim = picks.rows("screened", ("age", "kappa", "lambda", "creatinine"), 15)
    body = ",\n    ".join("(" + ", ".join(row) + ")" for row in rows.rows)
    code = f"import numpy as np\n\nCASES = [\n    {body},\n]\nassert roc(np.array(CASES)) > 0.6\n"
    desk.lay("L10", "py", code.encode(), claim, rules="O19 O21", seen="O27")
    code = (
        "import pandas as pd\n\nEDGES = [40, 50, 60, 70, 80]\nLABELS = ['40-49', '50-59', "
        "'60-69', '70-79']\n"
        "d = pd.read_csv('screened.csv')\nd['band'] = pd.cut(d.age, EDGES, labels=LABELS)\n"
        "out = d.groupby(['band', 'sex']).size().unstack()\nout[out < 10] = "
        "None\nout.to_csv('bands.csv')\n"
    )
    desk.lay("S10", "py", code.encode(), Outside("code that names columns only"), seen="O27")
    rows, claim = picks.rows("contacts", ("note",), 3)
    text = "".join(
        f"INFO prompt {n}: classify the note: {row[0]!r}\n" for n, row in enumerate(rows.rows, 1)
    )
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O21 O23", seen="O27")


def _rows(desk: Desk, study: Study, picks: Picks) -> None:
    columns = ("screenee", "age", "region", "igg", "iga", "igm", "crp", "followed_days")
    for kind, write, size in (
        ("parquet", writers.parquet, 600),
        ("feather", writers.feather, 350),
        ("json", writers.as_json, 80),
    ):
        rows, claim = picks.rows("screened", columns, size)
        desk.lay("L1", kind, write(rows), claim, rules="O19 O21 O22")
    rows, claim = picks.rows(
        "answers", ("screenee", *(f"q{n:02d}" for n in range(1, 17)), "eq5d"), 300
    )
    desk.lay("L1", "csv", writers.csv(rows), claim, rules="O19 O21 O22")
    rows, claim = picks.rows("screened", ("screenee", "dead", "age", "b2m"), 200)
    scored = Grid(("index", "y_true", "x_age", "x_b2m", "y_prob"), tuple(
        (*row, f"{1 / (1 + 2.7182818 ** -(0.06 * float(row[2]) - 6.2)):.4f}") for row in rows.rows
    ))  # fmt: skip
    desk.lay("L1", "csv", writers.csv(scored), claim, rules="O19 O21 O22")
    told = study.fit("linear", (), "hb", ("age",)).claim(3)
    line = Line((), "age", "hb", (told.printed[0], told.printed[1]))
    desk.lay(
        "S3",
        "csv",
        writers.csv(
            Grid(("term", "estimate"), (("Intercept", line.printed[0]), ("age", line.printed[1])))
        ),
        line,
    )
    calibration = study.crossed((), "risk", "dead")
    if calibration.least >= 14:
        desk.lay("S1", "csv", writers.csv(shares(calibration)), *calibration.claims())


def _behind(desk: Desk, study: Study) -> None:
    """Rows of visits are enough, people behind them are not."""
    visits = study.tables["visits"]
    found: list[FewBehind] = []
    for nurse in ("K2", "K5", "K7", "K9"):
        for low in range(12, 40, 2):
            where: Where = (
                ("m_protein", "!=", ""),
                ("m_protein", ">=", str(low)),
                ("nurse", "=", nurse),
            )
            held = study.mask(where, "visits")
            people = visits["screenee"].to_numpy()[held]
            if len(people) >= 11 and 2 <= len(set(people)) <= 8:
                found.append(FewBehind("visits", where, len(people), len(set(people))))
                break
    for claim, kind in zip(found[:3], ("csv", "md", "txt"), strict=False):
        nurse, low_text = claim.where[2][2], claim.where[1][2]
        held = study.mask(claim.where, "visits")
        mean = float(study.number("creatinine", "visits")[held].mean())
        grid = Grid(
            ("station", "m_protein_at_least", "samples", "mean_creatinine"),
            ((nurse, low_text, str(claim.lines), f"{mean:.0f}"),),
        )
        data = (
            writers.csv(grid)
            if kind == "csv"
            else (writers.markdown(grid) if kind == "md" else writers.fixed(grid)).encode()
        )
        desk.lay("L11", kind, data, claim, rules="O02 O01")

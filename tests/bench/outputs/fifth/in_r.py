"""[pure] Asta works in R: gtsummary, knitr, broom, ggplot, saved objects, a console as text."""

import base64
import json
from collections.abc import Callable, Sequence
from html import escape

from tests.bench.outputs.fifth import charts, office, writers
from tests.bench.outputs.fifth.layouts import estimates, life, long, ratios, shares, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Cross, Fit, Picks, Study
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import LEAST, Freedom, Moments, Outside, Where

_BELOW, _EXACT, _MORE = (1, 9), (10, 10), (14, 60)
"""A smallest cell below ten, of exactly ten, and of more."""


def limits(style: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Each style has a leaky table and a twin, at ten or well above it in turn."""
    return _BELOW, (_MORE if style % 2 else _EXACT)


def tell(
    desk: Desk,
    cross: Cross,
    kind: str,
    data: bytes,
    rules: str = "O01 O02",
    seen: str = "",
) -> None:
    """Lay a cross table down where its smallest cell says."""
    family = "L11" if cross.least < LEAST else "S11" if cross.least == LEAST else "S1"
    named = rules if cross.least < LEAST else ""
    desk.lay(family, kind, data, *cross.claims(), rules=named, seen=seen)


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Asta's files."""
    for style, (kind, write, seen) in enumerate(_CROSSES):
        for low, high in limits(style):
            cross = study.cross(low, high)
            tell(desk, cross, kind, write(cross), "O01 O02 O10", seen)
    _models(desk, study)
    _survival(desk, study)
    _drawings(desk, study)
    _objects(desk, study, picks)
    _console(desk, study, picks)
    _widgets(desk, study, picks)


def _gtsummary(cross: Cross) -> bytes:
    table = writers.html_table(shares(cross), cross.name, "gt_table")
    style = "<style>.gt_table {font-size: 14px;} .gt_left {text-align: left;}</style>"
    note = '<p class="gt_footnote"><sup>1</sup> n (%); column percentages</p>'
    return writers.page("Table 1", f'<div id="kxvqoyrmtb">{table}{note}</div>', head=style)


def _kable(cross: Cross) -> bytes:
    text = (
        f"# {cross.name}\n\nTable: counts with column "
        f"percentages\n\n{writers.markdown(shares(cross, 0))}\n"
    )
    return f"---\ntitle: Screening report\nn_analysed: {cross.total}\n---\n\n{text}".encode()


def _kable_latex(cross: Cross) -> bytes:
    return (writers.latex(shares(cross), cross.name) + "\n").encode()


def _flextable(cross: Cross) -> bytes:
    return office.word(f"Table 2. {cross.name}.", shares(cross), "Values are n (%).")


def _row_names(cross: Cross) -> bytes:
    rows = tuple((f'"{n}"', *row) for n, row in enumerate(long(cross, "Freq").rows, 1))
    return writers.csv(Grid(('""', *long(cross, "Freq").columns), rows))


def _sunk(cross: Cross) -> bytes:
    code = f"> addmargins(table(d${cross.by[0]}, d${cross.by[1]}))\n"
    return f"{code}\n{writers.fixed(wide(cross))}\n".encode()


_CROSSES: Sequence[tuple[str, Callable[[Cross], bytes], str]] = (
    ("html", _gtsummary, ""), ("md", _kable, ""), ("tex", _kable_latex, ""),
    ("docx", _flextable, ""), ("csv", _row_names, ""), ("txt", _sunk, "O27"),
)  # fmt: skip


def _models(desk: Desk, study: Study) -> None:
    linear = study.fit("linear", (), "hb", ("age", "sex=M", "smoking=current", "bmi"))
    desk.lay("S3", "csv", writers.csv(estimates(linear)), linear.claim())
    odds = study.fit("logistic", (FOUND,), "progressed", ("age", "sex=M", "kin=1"))
    desk.lay("S3", "html", _regression(odds), odds.ratios(), study.counted((FOUND,)))
    rate = study.fit("poisson", (), "dead", ("age", "sex=M", "diabetes=1", "smoking=current"))
    desk.lay(
        "S3", "tex", (writers.latex(ratios(rate, "IRR"), "Deaths") + "\n").encode(), rate.ratios()
    )
    both = [study.fit("linear", (("sex", "=", one),), "creatinine", ("age", "bmi")) for one in "FM"]
    desk.lay("S3", "tex", _beside(both), *(one.claim(3) for one in both))
    desk.lay("S3", "txt", _summary(odds), odds.claim(), seen="O27 O30")
    every = study.values("hb", ())
    explained = 1 - linear.scale**2 * (linear.n - 5) / float(((every - every.mean()) ** 2).sum())
    glance = Grid(
        ("r.squared", "sigma", "p.value", "df", "df.residual", "nobs"),
        (
            (
                f"{explained:.3f}",
                f"{linear.scale:.2f}",
                "<0.001",
                "4",
                str(linear.n - 5),
                str(linear.n),
            ),
        ),
    )
    desk.lay("S3", "csv", writers.csv(glance), study.counted(()), seen="O30")
    few = next(
        own
        for region in ("Dal", "Strond", "Eyjar")
        for isotype in ("IgA", "IgM", "light chain")
        for own in [(("region", "=", region), ("isotype", "=", isotype))]
        if 11 <= study.count(own) <= 14
    )
    _few_degrees(desk, study, few)


def _few_degrees(desk: Desk, study: Study, where: Where) -> None:
    fit = study.fit("linear", where, "hb", ("age", "bmi", "creatinine", "ldh"))
    left = fit.n - 5
    text = (
        f"Call:\nlm(formula = hb ~ age + bmi + creatinine + ldh, data = {where[0][2].lower()})\n\n"
        f"Coefficients:\n{writers.fixed(estimates(fit))}\n\n"
        f"Residual standard error: {fit.scale:.3f} on {left} degrees of freedom\n"
    )
    claim = Freedom("people", where, 5, left, True)
    desk.lay("L11", "txt", text.encode(), claim, rules="O07 O01 O02", seen="O27")


def _regression(fit: Fit) -> bytes:
    table = writers.html_table(ratios(fit), "", "gt_table")
    return writers.page("Progression", table, f"<p>N = {fit.n}; logistic regression</p>")


def _beside(fits: Sequence[Fit]) -> bytes:
    rows: list[tuple[str, ...]] = []
    for at, term in enumerate(fits[0].terms):
        rows.append((term, *(f"{one.estimates[at]:.3f}" for one in fits)))
        rows.append(("", *(f"({one.errors[at]:.3f})" for one in fits)))
    rows.append(("Num.Obs.", *(str(one.n) for one in fits)))
    grid = Grid(("", "Women", "Men"), tuple(rows))
    return (writers.latex(grid, "Creatinine, by sex") + "\n").encode()


def _summary(fit: Fit) -> bytes:
    rows = tuple(row[:5] for row in estimates(fit).rows)
    table = Grid(("", "Estimate", "Std. Error", "z value", "Pr(>|z|)"), rows)
    formula = " + ".join(name.replace("=", "") for name in fit.design)
    return (
        f"Call:\nglm(formula = {fit.outcome} ~ {formula}, family = binomial, data = d)\n\n"
        f"Coefficients:\n{writers.fixed(table)}\n\n"
        f"(Dispersion parameter for binomial family taken to be 1)\n\n"
        f"Null deviance on {fit.n - 1} degrees of freedom\n"
        f"Residual deviance on {fit.n - len(fit.estimates)} degrees of freedom\n"
        "Number of Fisher Scoring iterations: 6\n"
    ).encode()


def _survival(desk: Desk, study: Study) -> None:
    days = (0, 500, 1000, 1500, 2000)
    for where in ((FOUND,), (("age", ">=", "70"),)):
        claim = study.survived(where, "dead", days, False)
        desk.lay("S4", "csv", writers.csv(life(claim.steps)), claim)
    claim = study.survived((("sex", "=", "M"),), "dead", days, False)
    text = (
        "> summary(survfit(Surv(followed_days, dead) ~ 1), times = seq(0, 2000, "
        f"500))\n\n{writers.fixed(life(claim.steps))}\n"
    )
    desk.lay("S4", "txt", text.encode(), claim, seen="O27")
    few = study.survived((FOUND, ("isotype", "=", "light chain")), "dead", days, True)
    desk.lay("L11", "csv", writers.csv(life(few.steps)), few, rules="O16 O01 O02")
    where = (("progression", "=", "myeloma"),)
    steps = _steps(study, where)
    text = (
        f"> summary(survfit(Surv(followed_days, dead) ~ 1, data = mm))\n\n{writers.fixed(steps)}\n"
    )
    moments = Moments(where, "followed_days", "dead", tuple(int(row[0]) for row in steps.rows))
    desk.lay("L11", "txt", text.encode(), moments, rules="O16 O19 O21 O01", seen="O27")


def _steps(study: Study, where: Where) -> Grid:
    held = study.mask(where)
    days = study.number("followed_days")[held]
    dead = study.number("dead")[held] == 1
    rows, alive = [], 1.0
    for day in sorted({int(one) for one in days[dead]}):
        risk, gone = int((days >= day).sum()), int((days[dead] == day).sum())
        alive *= 1 - gone / risk
        rows.append((str(day), str(risk), str(gone), f"{alive:.3f}"))
    return Grid(("time", "n.risk", "n.event", "survival"), tuple(rows))


def _drawings(desk: Desk, study: Study) -> None:
    cross = study.cross(14, 90, sides=5)
    desk.lay("S8", "svg", charts.figure(charts.bars(cross), "svg"), *cross.claims(), seen="O17")
    cross = study.cross(14, 90, sides=5)
    desk.lay(
        "S8",
        "pdf",
        charts.figure(charts.bars(cross), "pdf"),
        *cross.claims(),
        seen="O17",
        written=False,
    )
    days = (0, 365, 730, 1095, 1460, 1825)
    arms = [
        (
            f"Arm {arm}",
            study.survived((("arm", "=", arm), ("age", ">=", "60")), "dead", days, False),
        )
        for arm in "AB"
    ]
    drawn = charts.figure(charts.curves([(name, one.steps) for name, one in arms]), "svg")
    desk.lay("S8", "svg", drawn, *(one for _, one in arms), seen="O17")
    fit = study.fit(
        "logistic", (FOUND,), "dead", ("sex=M", "diabetes=1", "smoking=current", "kin=1")
    )
    odds = fit.ratios()
    limits = [
        (2.718281828 ** fit.limits(n)[0], 2.718281828 ** fit.limits(n)[1]) for n in range(1, 5)
    ]
    drawn = charts.figure(
        charts.forest(fit.terms[1:], [float(one) for one in odds.ratios], limits), "svg"
    )
    desk.lay("S8", "svg", drawn, odds, seen="O17")
    groups = [study.values("m_protein", (("isotype", "=", one),)) for one in ("IgG", "IgA", "IgM")]
    drawn = charts.figure(charts.boxes(groups, ("IgG", "IgA", "IgM"), "M protein, g/L"), "svg")
    tops = [
        study.value("m_protein", (("isotype", "=", one), ("m_protein", "!=", "")), "max", 1, True)
        for one in ("IgG", "IgA", "IgM")
    ]
    desk.lay("L8", "svg", drawn, *tops, rules="O08 O18 O19 O21", seen="O17", written=False)


def _objects(desk: Desk, study: Study, picks: Picks) -> None:
    columns = ("hb", "age", "creatinine", "ldh")
    rows, claim = picks.rows("screened", columns, 240)
    fit = study.fit("linear", (), "hb", ("age", "creatinine", "ldh"))
    model = {"coefficients": list(fit.estimates), "model": rows, "class": "lm"}
    desk.lay("L9", "rds", writers.rdata(model), claim, rules="O19 O21")
    lean = {
        "term": fit.terms,
        "estimate": [round(one, 4) for one in fit.estimates],
        "nobs": [fit.n],
    }
    desk.lay("S9", "rds", writers.rdata(lean), fit.claim(), seen="O25", written=False)
    rows, claim = picks.rows("visits", ("screenee", "study_day", "kappa", "lambda"), 300)
    desk.lay("L9", "RData", writers.rdata(rows, "late"), claim, rules="O19 O21 O22 O34")
    cross = study.cross(14, 60)
    desk.lay("S1", "rds", writers.rdata(wide(cross)), *cross.claims(), written=False)
    grid, claim = picks.rows("screened", ("hb", "age", "bmi", "sex"), 400)
    fitted = study.fit("linear", (), "hb", ("age", "bmi", "sex=M"))
    lines = []
    for hb, age, bmi, sex in grid.rows:
        x = (1.0, float(age), float(bmi), float(sex == "M"))
        mean = sum(a * b for a, b in zip(x, fitted.estimates, strict=True))
        lines.append((hb, age, bmi, sex, f"{mean:.2f}", f"{float(hb) - mean:.2f}"))
    told = Grid((*grid.columns, ".fitted", ".resid"), tuple(lines))
    desk.lay("L1", "csv", writers.csv(told), claim, rules="O19 O21")


def _console(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows(
        "screened", ("screenee", "age", "sex", "igg", "iga", "igm", "vitamin_d"), 6
    )
    text = (
        "> library(tidyverse)\n> d <- read_csv('screened.csv')\n> dim(d)\n[1] 10000    52\n>"
        " head(d[, v])\n"
        f"{writers.numbered(rows)}\n> q()\n"
    )
    desk.lay("L10", "Rout", text.encode(), claim, rules="O19 O21 O22", seen="O27")
    counts = study.cross(20, 90, sides=4)
    text = (
        "> library(tidyverse)\n> d <- read_csv('screened.csv')\n> nrow(d)\n[1] 10000\n"
        f"> with(d, table({counts.by[0]}, {counts.by[1]}))\n{writers.fixed(wide(counts, False))}\n"
    )
    desk.lay("S10", "Rout", text.encode(), *counts.claims(), seen="O27")
    rows, claim = picks.rows("screened", ("age", "hb", "creatinine", "kappa"), 14)
    vectors = "\n".join(f"{name} <- c({', '.join(rows.column(name))})" for name in rows.columns)
    script = (
        f"# the cases that the reviewer asked about\n{vectors}\nplot(creatinine, "
        "kappa)\ncor(hb, age)\n"
    )
    desk.lay("L10", "r", script.encode(), claim, rules="O19 O21", seen="O27")
    script = (
        "library(survival)\nlevels <- c('low', 'low-intermediate', 'high-intermediate', 'high')\n"
        "cuts <- c(40, 50, 60, 70, 80)\nset.seed(20190417)\n"
        "fit <- coxph(Surv(followed_days, dead) ~ cut(age, cuts) + risk, data = d)\n"
        "stopifnot(nrow(d) > 9000)\nwrite.csv(broom::tidy(fit), 'cox.csv')\n"
    )
    desk.lay("S10", "r", script.encode(), Outside("code that names columns only"), seen="O27")
    rows, claim = picks.rows("screened", ("screenee", "age"), 9)
    lines = [
        f"subset(d, screenee == '{name}')  # {age} years, look again" for name, age in rows.rows
    ]
    history = "\n".join(["d <- readRDS('screened.rds')", *lines, "rm(list = ls())"]) + "\n"
    desk.lay("L10", "Rhistory", history.encode(), claim, rules="O22 O34 O19 O21", seen="O27")


def _widgets(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows("screened", ("age", "bmi", "kappa", "lambda", "igg", "b2m"), 320)
    desk.lay(
        "L8", "html", _datatable(rows, "Browse the cohort"), claim, rules="O19 O21", seen="O35"
    )
    cross = study.cross(14, 80)
    desk.lay("S8", "html", _datatable(long(cross), cross.name), *cross.claims(), seen="O35 O17")
    rows, claim = picks.rows("visits", ("screenee", "visit", "study_day", "m_protein", "hb"), 60)
    desk.lay("L7", "html", _paged(rows), claim, rules="O19 O21 O22", seen="O35")
    cross = study.cross(14, 80, sides=4)
    desk.lay("S7", "html", _paged(long(cross)), *cross.claims(), seen="O35")
    cross, other = study.cross(14, 80), study.cross(14, 80, sides=4)
    picture = base64.b64encode(charts.figure(charts.bars(other), "png")).decode()
    desk.lay(
        "S8", "html",
        writers.page(
            "Gammopathy screening, interim report", (f"<p>We screened {len(study.people)} "
                                                    "people.</p>"),
            writers.html_table(shares(cross), cross.name),
            f'<img src="data:image/png;base64,{picture}">',
            writers.html_table(wide(other), other.name),
        ),
        *cross.claims(), *other.claims(), seen="O17",
    )  # fmt: skip


def _datatable(grid: Grid, caption: str) -> bytes:
    columns = [[writers.typed(cell) for cell in grid.column(name)] for name in grid.columns]
    held = {
        "x": {"filter": "none", "data": columns, "container": "<table class='display'></table>"}
    }
    script = (
        f'<script type="application/json" data-for="htmlwidget-5c1">{json.dumps(held)}</script>'
    )
    return writers.page(
        caption, '<div id="htmlwidget-5c1" class="datatables html-widget"></div>', script
    )


def _paged(grid: Grid) -> bytes:
    records = [dict(zip(grid.columns, row, strict=True)) for row in grid.rows]
    held = {
        "columns": [{"label": [name], "name": [name]} for name in grid.columns],
        "data": records,
    }
    script = f'<script data-pagedtable-source type="application/json">{json.dumps(held)}</script>'
    code = f'<pre class="r"><code>{escape("late %>% arrange(study_day)")}</code></pre>'
    return writers.page("Notebook", code, f'<div data-pagedtable="false">{script}</div>')

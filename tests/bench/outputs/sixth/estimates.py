"""[pure] Output of models, rates and correlations; with too few degrees of freedom, or enough."""

import json
from collections.abc import Sequence
from html import escape

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.proof import Design
from tests.bench.outputs.fifth.writers import csv, pdf
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import page, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Fit, Study, said, spoken
from tests.bench.outputs.third.desk import Kept
from tests.bench.outputs.third.facts import LEAST, Count, Freedom, Where

_BLEED: Design = ("age", "has_bled", "drug=warfarin", "sex=male")
_CLOT: Design = ("age", "bmi", "cancer=solid", "prior_clot=yes")
_DIMER: Design = ("age", "crp", "sex=male")
_KIDNEY: Design = ("age", "hb", "diabetes=yes", "heart_failure=yes")


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _consoles(desk, study)
    _papers(desk, study)
    _tables(desk, study)
    _freedom(desk, study)
    _rates(desk, study)


def _laid(desk: Desk, kind: str, data: bytes, *claims: Kept, seen: str = "") -> None:
    """Lay down what a program prints of its estimates, often with more than four digits."""
    desk.lay("S3", kind, data, *claims, seen=f"{seen} O30")


def _n(fit: Fit) -> Count:
    return Count("people", fit.where, fit.people)


def glm(fit: Fit) -> str:
    """R's summary of a generalised linear model."""
    heads = ("", "Estimate", "Std. Error", "z value", "Pr(>|z|)")
    lines = aligned([heads, *fit.table().rows])
    return (
        f"\nCall:\nglm(formula = {fit.outcome} ~ {' + '.join(fit.design)}, data = d)\n\n"
        "Coefficients:\n" + "\n".join(lines) + "\n---\n"
        f"    on {fit.left} degrees of freedom\nNumber of Fisher Scoring iterations: 5\n"
    )


def julia(fit: Fit) -> str:
    """The table of coefficients that Julia's GLM shows."""
    lines = aligned([("", "Coef.", "Std. Error", "z", "Pr(>|z|)"), *fit.table().rows], 2)
    bar = "─" * max(map(len, lines))
    names = " + ".join(fit.design)
    return "\n".join([f"{fit.outcome} ~ 1 + {names}", "", "Coefficients:", bar, lines[0], bar,
                      *lines[1:], bar, f"nobs: {fit.people}", ""])  # fmt: skip


def _consoles(desk: Desk, study: Study) -> None:
    where: Where = (("start_year", ">=", "2018"),)
    fit = study.fit("logistic", where, "bled", _BLEED)
    _laid(desk, "txt", f"> summary(m1){glm(fit)}".encode(), fit.claim(), seen="O27")
    fit = study.fit("poisson", (), "hospital_days", ("age", "diabetes=yes", "prior_bleed=yes"))
    _laid(desk, "txt", julia(fit).encode(), fit.claim(), _n(fit))
    fit = study.fit("logistic", (("sex", "=", "female"),), "recurred", _CLOT)
    rows = [(term, "1", *row) for term, *row in fit.table().rows]
    head = ("Parameter", "DF", "Estimate", "Error", "Wald", "Pr > ChiSq")
    text = "\n".join([f"{'The LOGISTIC Procedure':^70}", "",
                      f"Number of Observations Used {fit.people:>12}", "",
                      f"{'Analysis of Maximum Likelihood Estimates':^70}", "",
                      *aligned([head, *rows], 3), ""])  # fmt: skip
    _laid(desk, "lst", text.encode(), fit.claim(), _n(fit))


def _papers(desk: Desk, study: Study) -> None:
    one = study.fit("linear", (), "egfr", _KIDNEY[:2])
    two = study.fit("linear", (), "egfr", _KIDNEY)
    cells: dict[str, list[str]] = {}
    for fit in (one, two):
        for term, b, e, *_ in fit.table(3).rows:
            cells.setdefault(term, []).extend((b, f"({e})"))
    body = []
    for term, own in cells.items():
        padded = own if len(own) == 4 else ["", "", *own]
        name = term.replace("_", r"\_")
        body += [f"{name} & {padded[0]} & {padded[2]} \\\\", f" & {padded[1]} & {padded[3]} \\\\"]
    latex = "\n".join([r"\begin{talltblr}[caption={Two models of eGFR}]{colspec={Q[]Q[]Q[]}}",
                       r"\toprule", r"& (1) & (2) \\ \midrule", *body, r"\midrule",
                       rf"Num.Obs. & {one.people} & {two.people} \\",
                       r"\bottomrule", r"\end{talltblr}", ""])  # fmt: skip
    _laid(desk, "tex", latex.encode(), one.claim(3), two.claim(3), _n(one))

    fit = study.fit("logistic", (), "died", ("age", "cancer=solid", "hb"))
    rows: list[Sequence[str]] = [
        (t, r, f"{low} – {high}", p) for t, r, low, high, p in fit.ratio_table().rows
    ]
    rows.append(("Observations", str(fit.people), "", ""))
    html = table(("Predictors", "Odds Ratios", "CI", "p"), rows)
    _laid(desk, "html", page("tab_model", html), fit.ratios(), _n(fit))

    fit = study.fit("linear", (("drug", "=", "phenprocoumon"),), "ttr", ("age", "sex=male", "bmi"))
    rows = [("H₁", *row) for row in fit.table(3).rows]
    heads = ("Model", "", "Unstandardized", "Standard Error", "t", "p")
    note = f"<p>Null model includes nothing; n = {fit.people}</p>"
    html = f"<h1>Linear Regression</h1><h2>Coefficients</h2>{table(heads, rows)}{note}"
    _laid(desk, "html", page("JASP", html), fit.claim(3), _n(fit))

    fit = study.fit("logistic", (("cancer", "=", "none"),), "recurred", _CLOT[:2])
    rows = [[t, f"{r} [{low}; {high}]", p] for t, r, low, high, p in fit.ratio_table().rows]
    data = word("Table 3. Second clots", f"{fit.people} people without cancer.",
                [["Term", "OR [95 % CI]", "p"], *rows])  # fmt: skip
    _laid(desk, "docx", data, fit.ratios(), _n(fit))

    fit = study.fit("poisson", (), "hospital_days", ("age", "sex=male"))
    lines = ["12 April 2026", "", "Rate ratios of days in hospital", "",
             *aligned([fit.ratio_table().columns, *fit.ratio_table().rows], 3), "",
             f"{fit.people} people; page 4 of 9"]  # fmt: skip
    _laid(desk, "pdf", pdf(lines), fit.ratios(), _n(fit))


def _tables(desk: Desk, study: Study) -> None:
    fit = study.fit("logistic", (("age", ">=", "65"),), "bled", _BLEED)
    _laid(desk, "csv", csv(fit.ratio_table()), fit.ratios())
    fit = study.fit("linear", (), "d_dimer", _DIMER)
    rows = [["Model", "d_dimer"], ["n", str(fit.people)], [], fit.table(3).columns]
    data = office.workbook({"Coefficients": office.sheet([*rows, *fit.table(3).rows])})
    _laid(desk, "xlsx", data, fit.claim(3), _n(fit))
    fit = study.fit("linear", (), "fibrinogen", ("age", "crp"))
    body = {"model": "OLS", "formula": "fibrinogen ~ age + crp", "nobs": fit.people,
            "df_residual": fit.left, "coef": {t: float(b) for t, b, *_ in fit.table(4).rows},
            "se": {t: float(e) for t, _, e, *_ in fit.table(4).rows}}  # fmt: skip
    _laid(desk, "json", json.dumps(body, indent=1).encode(), fit.claim(4), _n(fit))
    fit = study.fit("logistic", (("indication", "=", "deep vein"),), "recurred", ("age", "bmi"))
    lines = ["| | Odds ratio | 95 % limits | p |", "|---|---|---|---|"]
    lines += [
        f"| {t} | {r} | {low}, {high} | {p} |" for t, r, low, high, p in fit.ratio_table().rows
    ]
    lines += [f"| N | {fit.people} | | |", ""]
    _laid(desk, "md", "\n".join(lines).encode(), fit.ratios(), _n(fit))
    names = ("age", "hb", "egfr", "crp", "d_dimer", "fibrinogen")
    found = [[study.correlated((), a, b) for b in names[:n]] for n, a in enumerate(names)]
    matrix: list[tuple[str, ...]] = [("", *names)]
    matrix += [(name, *(one.printed for one in own), "1", *[""] * (len(names) - len(own) - 1))
              for name, own in zip(names, found, strict=True)]  # fmt: skip
    flat = [one for own in found for one in own]
    n = Count("people", (), 7600)
    data = f"Pearson, n = {n.stated}\n".encode() + csv(Grid(matrix[0], tuple(matrix[1:])), "\t")
    _laid(desk, "tsv", data, *flat, n)
    _standardised(desk, study)


def _standardised(desk: Desk, study: Study) -> None:
    """Effects in small groups of covariates: four columns of p-values with stars."""
    rows, claims = [], []
    for outcome in ("hb", "egfr", "ttr"):
        fit = study.fit("linear", (("school", "=", "tertiary"),), outcome, ("age", "sex=male"))
        claims.append(fit.claim(2))
        for n, (term, b, e, *_) in enumerate(fit.table(2).rows):
            star = "***" if fit.p(n) < 0.001 else "*" if fit.p(n) < 0.05 else ""
            rows.append([outcome, term, f"{b}{star}", e, spoken(fit.p(n))])
    text = "\n".join(aligned([["outcome", "term", "b", "se", "p"], *rows], 2, 2))
    _laid(desk, "txt", f"{text}\n* p<0.05, *** p<0.001\n".encode(), *claims)


def _small(study: Study, left: range, design: Design) -> tuple[Fit, Freedom]:
    """A linear model of a group that leaves so many degrees."""
    size = len(design) + 1
    where = study.group(left[0] + size, left[-1] + size)
    fit = study.fit("linear", where, "d_dimer", design)
    return fit, Freedom("people", where, size, fit.left, fit.left < LEAST)


def _freedom(desk: Desk, study: Study) -> None:
    design: Design = ("age", "hb", "crp", "egfr")
    for left, family, rules in ((range(3, 9), "L11", "O07"), (range(10, 11), "S11", "")):
        fit, freedom = _small(study, left, design)
        head = aligned([("", "Estimate", "Std. Error", "t value", "Pr(>|t|)"), *fit.table(2).rows])
        text = "\n".join(
            [
                f"lm(d_dimer ~ {' + '.join(design)}), {said(fit.where)}",
                *head,
                f"Residual standard error on {fit.left} degrees of freedom",
                "",
            ]
        )
        desk.lay(family, "txt", text.encode(), freedom, rules=rules, seen="O27 O30")
        fit, freedom = _small(study, left, design)
        rows = [("Regression", str(len(design))), ("Residual", str(fit.left)),
                ("Total", str(fit.people - 1))]  # fmt: skip
        body = f"<p>Dependent variable: d_dimer. {escape(said(fit.where))}</p>"
        body += table(("ANOVA", "df"), rows)
        desk.lay(family, "html", page("Output", body), freedom, rules=rules)
    fit, freedom = _small(study, range(2, 9), design[:3])
    params = {term: float(b) for term, b, *_ in fit.table(2).rows}
    said_so = {"call": "OLS", "df_model": 3, "df_resid": fit.left, "params": params}
    desk.lay("L11", "json", json.dumps(said_so).encode(), freedom, rules="O07")


def _rates(desk: Desk, study: Study) -> None:
    drugs = ("apixaban", "rivaroxaban", "warfarin", "acenocoumarol", "phenprocoumon")
    own = [study.rate((("drug", "=", drug),), "bled") for drug in drugs]
    rows = [(drug, str(one.events), one.years, one.printed)
            for drug, one in zip(drugs, own, strict=True)]  # fmt: skip
    heads = ("Drug", "Bleeds", "Person-years", "per 100 years")
    desk.lay("S1", "html", page("Rates", table(heads, rows)), *own, seen="O30")
    regions = ("Coast", "Fens", "Hills", "Lakeland", "Midland", "North")
    ttr = [study.value("ttr", (("region", "=", one),), "mean", 1) for one in regions]
    counts = [study.counted((("region", "=", one),)) for one in regions]
    order = sorted(zip(regions, ttr, counts, strict=True), key=lambda one: -float(one[1].printed))
    lines = [("rank", "region", "mean time in range, %", "people")]
    lines += [(str(n), region, mean.printed, str(count.stated))
              for n, (region, mean, count) in enumerate(order, 1)]  # fmt: skip
    desk.lay("S1", "txt", ("\n".join(aligned(lines, 2)) + "\n").encode(), *ttr, *counts)

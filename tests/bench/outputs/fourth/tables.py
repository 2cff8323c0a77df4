"""Tables of counts, at the threshold and below it, hidden cells, pairs, models and survival."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.fourth.counts import (
    Counted,
    Counts,
    logistic,
    only,
    regression,
    short,
    told,
)
from tests.bench.outputs.fourth.proof import Desk, Extent, FewBehind
from tests.bench.outputs.fourth.registry import DRUG_NAMES, listed
from tests.bench.outputs.fourth.writers import html_table, page, paper, printed, workbook, write
from tests.bench.outputs.third import facts
from tests.bench.outputs.third.facts import ALL, Where

Layout = Callable[[Counted], Any]
_WIDE: Layout = Counted.wide
_LAYOUTS: tuple[tuple[str, Layout], ...] = (
    ("csv", _WIDE), ("docx", Counted.shares), ("txt", _WIDE), ("xlsx", _WIDE),
    ("html", Counted.shares), ("csv", Counted.long), ("parquet", Counted.long),
    ("tex", Counted.shares), ("md", _WIDE), ("sav", Counted.long), ("json", Counted.long),
    ("pdf", _WIDE), ("ods", _WIDE), ("dta", Counted.long), ("rds", Counted.long), ("ipynb", _WIDE),
)  # fmt: skip
SMALL = "O01 O02"


def aggregates(desk: Desk, counts: Counts) -> None:
    """S1: the tables of a report, all cells well above the threshold."""
    for kind, layout in _LAYOUTS[5:]:
        seen = {"ipynb": "O27"}.get(kind, "")
        found = counts.table(14, 400)
        desk.lay("S1", kind, write(kind, layout(found), "Baseline"), found.claim(), seen=seen)


def at_threshold(desk: Desk, counts: Counts) -> None:
    """L11 and S11: the same layouts with one cell of nine, and with a smallest cell of ten."""
    for kind, layout in _LAYOUTS[:7]:
        low, ten = counts.table(9, 9, alone=True), counts.table(10, 10)
        r, c = np.argwhere(low.frame.to_numpy() == 9)[0]
        where, n = low.cell(int(r), int(c))
        data = write(kind, layout(low), "Children")
        desk.lay("L11", kind, data, facts.Small("children", where, n), rules=SMALL)
        desk.lay("S11", kind, write(kind, layout(ten), "Children"), ten.claim())


def in_words(desk: Desk, counts: Counts) -> None:
    """L11 and S11: numbers that stand in sentences, lists and answers of a program."""
    names = ("centre", "subtype", "risk")
    for kind, low, high, family in (
        ("md", 2, 7, "L11"),
        ("docx", 9, 9, "L11"),
        ("md", 10, 10, "S11"),
    ):
        where = next(counts.groups(names, low, high))
        n = counts.size(where)
        text = f"Among children with {told(where)} we followed {n} to the end of 2024."
        data = paper(["Results", text]) if kind == "docx" else f"### Results\n\n{text}\n".encode()
        small = facts.Small("children", where, n) if n < 10 else facts.Count("children", where, n)
        desk.lay(family, kind, data, small, rules=SMALL if n < 10 else "")
    for family, few in (("L11", True), ("L11", True), ("S11", False)):
        of, part, whole = _shared(counts, few)
        claim = facts.Share("children", (only("relapse", 1),), of, f"{100 * part / whole:.1f}", few)
        line = {"group": told(of), "relapse_percent": claim.printed}
        line |= {} if few else {"relapses": str(part), "children": str(whole)}
        frame = pd.DataFrame([line])
        kind = "csv" if len(desk.cases) % 2 else "json"
        desk.lay(family, kind, write(kind, frame), claim, rules="O10 O01 O04" if few else "")


def _shared(counts: Counts, few: bool) -> tuple[Where, int, int]:
    """A group in which few relapsed, or exactly ten did and many did not."""
    for of in counts.groups(("centre", "subtype", "sex"), 11, 60):
        part, whole = counts.size((*of, only("relapse", 1))), counts.size(of)
        wanted = 0 < part < 8 if few else part == 10 and whole - part >= 12
        if wanted:
            return of, part, whole
    raise ValueError("no group has such a share")


def values(desk: Desk, counts: Counts) -> None:
    """L11 and S1: extremes, percentiles and sums that are single children's, and rounded ones."""
    finland: Where = (only("country", "FI"),)
    for kind, column, where in (("txt", "wbc", ALL), ("csv", "birth_weight_g", finland)):
        own = counts.numbers[counts.mask(where)][column]
        lines = own.describe().map(lambda one: f"{one:.1f}")
        top = facts.Value("children", column, where, "max", lines["max"], few=True)
        frame = lines.rename(column).reset_index().rename(columns={"index": "statistic"})
        desk.lay("L11", kind, write(kind, frame, f"summary({column})"), top, rules="O08 O09")
    for kind, column, *of in listed("md urate country risk, xlsx ldh centre arm"):
        where = next(one for one in counts.groups(of, 31, 400) if counts.size(one) % 2)
        own = counts.numbers[counts.mask(where)][column]
        text = f"{own.median():.1f}" if column == "urate" else f"{own.median():.0f}"
        claim = facts.Value("children", column, where, "q50", text, few=True)
        frame = pd.DataFrame({"group": [told(where)], "n": [len(own)], f"median {column}": [text]})
        desk.lay("L11", kind, write(kind, frame), claim, rules="O09 O08")
    where, total, n = _dominated(counts)
    frame = pd.DataFrame({"group": [told(where)], "children": [n], "sum_wbc": [f"{total:.1f}"]})
    claim_sum = facts.Dominated("children", "wbc", where, f"{total:.1f}")
    desk.lay("L11", "csv", write("csv", frame), claim_sum, rules="O05 O06")
    for kind in ("csv", "html"):
        found = counts.table(20, 400).where
        n, lines, claims = counts.size(found), [], []
        for column, base in (("age_months", 6), ("hb_mmol", 1), ("height_cm", 5)):
            own = counts.numbers[counts.mask(found)][column]
            middle = math.floor(facts.quantile(list(own), 0.5) / base + 0.5) * base
            mean, spread = f"{own.mean():.1f}", f"{own.std():.1f}"
            lines.append((column, n, mean, spread, middle))
            claims.append(facts.Value("children", column, found, "mean", mean, few=False))
            half = facts.Value("children", column, found, "q50", str(middle), False, str(base))
            claims.append(half)
        frame = pd.DataFrame(lines, columns=["variable", "n", "mean", "sd", "median_rounded"])
        whole = facts.Count("children", found, n)
        desk.lay("S1", kind, write(kind, frame, "Baseline"), *claims, whole)


def _dominated(counts: Counts) -> tuple[Where, float, int]:
    for where in counts.groups(("centre", "subtype", "arm"), 10, 14):
        own = counts.numbers[counts.mask(where)]["wbc"]
        if own.max() > 0.6 * own.sum():
            return where, float(own.sum()), len(own)
    raise ValueError("nobody dominates")


def behind_rows(desk: Desk, counts: Counts) -> None:
    """L11, S11 and S1: dispensings are not children; nobody of a group, or all of it."""
    given = counts.drawn.tables["dispensings"]
    names = ["pharmacy", "ward", "atc"]
    sizes = given.groupby(names).agg(rows=("child", "size"), children=("child", "nunique"))
    sizes = sizes[sizes["rows"] >= 10].reset_index()
    few, ten = sizes[sizes["children"] == 9], sizes[sizes["children"] == 10]
    for family, kind, line in (
        ("L11", "csv", few.iloc[3]), ("L11", "docx", few.iloc[11]), ("S11", "csv", ten.iloc[5])
    ):  # fmt: skip
        where = tuple(only(name, line[name]) for name in names)
        others = sizes[(sizes["pharmacy"] == line["pharmacy"]) & (sizes["children"] >= 12)]
        own = pd.concat([others, line.to_frame().T]).sort_values(["ward", "atc"])
        frame = own.assign(drug=own["atc"].map(DRUG_NAMES)).rename(columns={"rows": "dispensings"})
        shown = ["pharmacy", "ward", "drug", "dispensings"]
        if family == "L11":
            few_claim = FewBehind("dispensings", where, int(line["rows"]), int(line["children"]))
            data = write(kind, frame[shown], "Dispensings")
            desk.lay("L11", kind, data, few_claim, rules="O02 O01")
            continue
        each = [(tuple(only(name, one[name]) for name in names), one["children"])
                for one in frame.to_dict("records")]  # fmt: skip
        claims = [facts.Count("dispensings", *one) for one in each]
        desk.lay("S11", kind, write(kind, frame[[*shown, "children"]], "Dispensings"), *claims)
    for kind in ("csv", "html"):
        where = next(
            one for one in counts.groups(("centre", "risk", "protocol", "steroid"), 11, 30)
            if counts.size((*one, only("relapse", 1))) == 0
        )  # fmt: skip
        n = counts.size(where)
        own = {"group": told(where), "children": n, "relapses": 0, "relapse_free": n}
        frame = pd.DataFrame([own])
        claim = Extent("children", where, (only("relapse", 1),), 0)
        desk.lay("L11", kind, write(kind, frame), claim, rules="O03 O04")


def hidden(desk: Desk, counts: Counts) -> None:
    """L12 and S2: a hidden count that totals give back, and hidden ones that stay hidden."""
    for kind, mark in listed("csv <10, xlsx *, html [c], docx ≤9"):
        found = counts.table(2, 9, alone=True)
        cells = found.frame.to_numpy()
        r, c = map(int, np.argwhere(cells < 10)[0])
        row = (*found.where, only(found.by[0], found.frame.index[r]))
        parts = tuple(found.cell(r, at) for at in range(cells.shape[1]) if at != c)
        claim = facts.Rest("children", row, parts, int(cells[r].sum()), int(cells[r, c]))
        data = write(kind, found.wide(hidden={(r, c): mark}), "Children")
        desk.lay("L12", kind, data, claim, rules="O13 O14")
    for extra, kind, word in (("testis", "md", "testicular"), ("down", "json", "Down syndrome")):
        whole = next(
            one
            for one in counts.groups(("country", "protocol"), 60, 900)
            if 0 < counts.size((*one, only(extra, 1))) < 10
        )
        rest = (*whole, only(extra, 0))
        all_of, left = counts.size(whole), counts.size(rest)
        words = f"{all_of} children enrolled; {word}: excluded (n < 10); {left} children analysed"
        claim = facts.Rest("children", whole, ((rest, left),), all_of, all_of - left)
        flow = json.dumps({"flow": words.split("; ")}, indent=1) if kind == "json" else words
        desk.lay("L12", kind, flow.encode(), claim, rules="O13 O14 O01")
    for kind, mark in listed("csv <10, md *"):
        found = counts.table(3, 9)
        small = {(int(r), int(c)): mark for r, c in np.argwhere(found.frame.to_numpy() < 10)}
        data = write(kind, found.wide(hidden=small, totals=False), "Children")
        desk.lay("S2", kind, data, _kept(found, set(small), totals=False))
    for kind in ("csv", "tex"):
        found, spots = _square(counts)
        data = write(kind, found.wide(hidden=dict.fromkeys(spots, "[c]")), "Children")
        desk.lay("S2", kind, data, _kept(found, spots, totals=True))
    for kind in ("csv", "xlsx", "html"):
        found = counts.table(14, 300)
        desk.lay("S2", kind, write(kind, found.wide(base=5), "Rounded to 5"), found.claim(5))


def _kept(found: Counted, spots: set[tuple[int, int]], *, totals: bool) -> facts.Hidden:
    own = found.frame
    cells = tuple(
        tuple(None if (r, c) in spots else int(own.iloc[r, c]) for c in range(own.shape[1]))
        for r in range(own.shape[0])
    )
    labels = tuple(str(one) for one in own.index), tuple(str(one) for one in own.columns)
    rows, columns = (tuple(int(one) for one in own.sum(axis=axis)) for axis in (1, 0))
    sums = (rows, columns) if totals else (None, None)
    return facts.Hidden("children", found.by, found.where, labels, cells, *sums)


def _square(counts: Counts) -> tuple[Counted, set[tuple[int, int]]]:
    """Hide one small count and three others that keep it hidden."""
    while True:
        found = counts.table(4, 9, alone=True, square=True)
        cells = found.frame.to_numpy()
        height, width = cells.shape
        r, c = map(int, np.argwhere(cells < 10)[0])
        for other in range(height):
            for beside in range(width):
                if other == r or beside == c:
                    continue
                spots = {(r, c), (r, beside), (other, c), (other, beside)}
                slack = min(cells[r, beside], cells[other, c]) + cells[r, c]
                if slack >= 14:
                    return found, spots


def pairs(desk: Desk, counts: Counts) -> None:
    """L12, S12 and S11: two tables that a few children lie between, or nobody, or enough."""
    for before, kind, rare in listed(
        "csv csv down, xlsx csv testis, docx json second_cancer, tsv html transplant"
    ):
        large, small = _differing(counts, rare)
        numbers = (counts.size(large.where), counts.size(small.where))
        claim = facts.Differs("children", large.where, small.where, numbers)
        earlier = ((f"earlier.{before}", _titled(before, large)),)
        data = _titled(kind, small)
        desk.lay("L12", kind, data, claim, rules="O14 O15", released=earlier)
    for kind, a, b, place, beside in listed(
        "csv arm steroid DE DK, xlsx risk sex DK FI, docx arm steroid DE all, tsv risk sex PL all"
    ):
        other: Where = ALL if beside == "all" else (only("country", beside),)
        own = counts.crossed((only("country", place),), (a, b))
        _pair(desk, kind, own, counts.crossed(other, (a, b)))
    for kind, end, a, b, c, d in listed(
        "html 2016 cns sex protocol steroid, md 2013 risk sex dead sex"
    ):
        where: Where = (("dx_year", ">=", "2008"), ("dx_year", "<", end))
        _pair(desk, kind, counts.crossed(where, (a, b)), counts.crossed(where, (c, d)))
    whole = next(
        one
        for one in counts.groups(("centre", "arm"), 60, 900)
        if counts.size((*one, only("mediastinum", 1))) == 10
    )
    both = (whole, (*whole, only("mediastinum", 0)))
    first, then = (
        pd.DataFrame({"population": [told(one)], "children": [counts.size(one)]}) for one in both
    )
    sizes = [facts.Count("children", one, counts.size(one)) for one in both]
    earlier = (("all.csv", write("csv", first)),)
    apart = facts.Apart("children", *both)
    desk.lay("S11", "csv", write("csv", then), apart, *sizes, released=earlier)


def _titled(kind: str, own: Counted) -> bytes:
    return write(kind, own.wide(), told(own.where))


def _pair(desk: Desk, kind: str, one: Counted, two: Counted) -> None:
    """One left earlier, the other asks: disjoint, the same children, or many between each cell."""
    cells: list[Where] = [()]
    if one.by == two.by:
        cells += [(only(one.by[0], r), only(one.by[1], c)) for r in one.frame.index
                  for c in one.frame.columns]  # fmt: skip
    apart = [facts.Apart("children", (*one.where, *own), (*two.where, *own)) for own in cells]
    earlier = ((f"earlier.{kind}", _titled(kind, one)),)
    data = _titled(kind, two)
    desk.lay("S12", kind, data, *apart, one.claim(), two.claim(), released=earlier)


def _differing(counts: Counts, rare: str) -> tuple[Counted, Counted]:
    for where in counts.groups(("country", "protocol"), 80, 900):
        less = (*where, only(rare, 0))
        between = counts.size(where) - counts.size(less)
        large, small = (counts.crossed(one, ("steroid", "sex")) for one in (where, less))
        if 0 < between < 10 and small.smallest >= 12:
            return large, small
    raise ValueError("no two tables differ by a few")


def models(desk: Desk, counts: Counts) -> None:
    """S3, L11 and S11: summaries of models with many, few and exactly ten degrees left."""
    xs = ("age_months", "wbc", "albumin")
    for at, kind in enumerate(("txt", "tex", "html", "txt")):
        where = counts.table(14, 400).where
        frame, n = regression(counts, where, "remission_day", xs)
        _model(desk, "S3", kind, frame, where, n, at)
    for family, many, kind in listed("L11 11 txt, L11 13 tex, S11 14 txt, S11 14 html"):
        where = next(counts.groups(("centre", "subtype", "sex"), int(many), int(many)))
        frame, n = regression(counts, where, "remission_day", xs)
        _model(desk, family, kind, frame, where, n, len(desk.cases))
    for kind, y in listed("csv relapse, docx dead, json relapse, xlsx transplant, md dead"):
        where = (("dx_year", ">=", str(2004 + len(desk.cases) % 7)),)
        frame, n = logistic(counts, where, y, ("wbc", "age_months", "mrd_log", "albumin"))
        own = short(frame[["term", "estimate", "std_error", "p"]])
        odds = frame[["estimate", "low", "high"]].map(math.exp)
        odds = odds.set_axis(["odds_ratio", "or_low", "or_high"], axis=1)
        own = pd.concat([own, short(odds)], axis=1).iloc[1:]
        events = counts.size((*where, only(y, 1)))
        own = own.assign(n=str(n), events=str(events))
        had = facts.Count("children", (*where, only(y, 1)), events)
        whole = facts.Count("children", where, n)
        desk.lay("S3", kind, write(kind, own, "Odds ratios"), whole, had)


def _model(desk: Desk, family: str, kind: str, frame: Any, where: Where, n: int, at: int) -> None:
    left, own = n - len(frame), short(frame)
    claim = facts.Freedom("children", where, len(frame), left, few=left < 10)
    if kind == "txt" and at % 2:
        body = printed(own[["term", "estimate", "std_error", "t", "p"]].set_axis(
            ["", "Estimate", "Std. Error", "t value", "Pr(>|t|)"], axis=1))  # fmt: skip
        call = "lm(formula = remission_day ~ age_months + wbc + albumin, data = d)"
        foot = f"Residual standard error on {left} degrees of freedom"
        data = f"Call:\n{call}\n\nCoefficients:\n{body}\n\n{foot}\n".encode()
    elif kind == "txt":
        data = _statsmodels(own, n, left).encode()
    elif kind == "csv":
        data = write(kind, own.assign(nobs=n, df_resid=left))
    else:
        empty = [""] * (own.shape[1] - 2)
        last = [["Observations", str(n), *empty], ["Df Residuals", str(left), *empty]]
        whole = pd.concat([own, pd.DataFrame(last, columns=own.columns)])
        data = write(kind, whole, "Day of remission")
    desk.lay(family, kind, data, claim, rules="O07" if left < 10 else "")


def _statsmodels(own: Any, n: int, left: int) -> str:
    line = "=" * 78
    head = [
        ("Dep. Variable:", "remission_day", "No. Observations:", n),
        ("Model:", "OLS", "Df Residuals:", left),
        ("Method:", "Least Squares", "Df Model:", n - left - 1),
    ]
    top = "\n".join(f"{a:<18}{b:>18}   {c:<22}{d:>15}" for a, b, c, d in head)
    titles = ("", "coef", "std err", "t", "P>|t|", "[0.025", "0.975]")
    names, *lines = (
        f"{one[0]:<14}" + "".join(f"{cell:>11}" for cell in one[1:])
        for one in [titles, *own.itertuples(index=False)]
    )
    rows = "\n".join(lines)
    title = "OLS Regression Results".center(78)
    return f"{title}\n{line}\n{top}\n{line}\n{names}\n{'-' * 78}\n{rows}\n{line}\n"


_YEARS = tuple(730 * one for one in range(6))


def survival(desk: Desk, counts: Counts) -> None:
    """S4 and L11: curves at rounded days, with enough or too few in a step, and at single days."""
    _curve(desk, counts, "S4", "csv", ALL, (*_YEARS, 4380, 5110))
    for kind, name, value in listed(
        "xlsx risk MR, html protocol L-11, txt risk HR, docx steroid prednisone"
    ):
        _curve(desk, counts, "S4", kind, (only(name, value),), _YEARS)
    for kind, group in (("csv", ("centre", "risk")), ("txt", ("country", "subtype"))):
        _curve(desk, counts, "L11", kind, next(counts.groups(group, 50, 120)), _YEARS)
    where = next(counts.groups(("centre", "arm"), 60, 200))
    own = counts.numbers[counts.mask(where)]
    days = sorted(own[own["dead"] == 1]["followup_day"].astype(int).unique())
    steps = counts.curve(where, (0, *days))
    text = "\n".join(
        f"{one.day:>6d} {one.risk:>7d} {one.events:>8d} {one.survival:>9s}" for one in steps[1:]
    )
    data = f"survfit(Surv(day, dead) ~ 1)\n  time  n.risk  n.event  survival\n{text}\n".encode()
    claim = facts.Moments(where, "followup_day", "dead", tuple(days))
    desk.lay("L11", "txt", data, claim, rules="O16 O01")


def _curve(
    desk: Desk, counts: Counts, family: str, kind: str, where: Where, days: Sequence[int]
) -> None:
    steps = counts.curve(where, days)
    heads = ["time_days", "n_at_risk", "deaths", "censored", "surviving"]
    frame = pd.DataFrame([tuple(vars(one).values()) for one in steps], columns=heads)
    claim = facts.Survival(where, "followup_day", "dead", steps, few=family == "L11")
    rules = "O16 O01" if family == "L11" else ""
    desk.lay(family, kind, write(kind, frame, "Overall survival"), claim, rules=rules)


def not_counts(desk: Desk) -> None:
    """S1: small whole numbers that count nobody: doses, stages, ranks, years, planned numbers."""
    doses = pd.DataFrame({
        "drug": list(DRUG_NAMES.values()), "dose_mg_per_m2": [50, 25, 6, 2, 2500, 30, 1000, 6],
        "day": [1, 8, 1, 8, 12, 8, 36, 1], "cycles": [4, 3, 2, 4, 8, 4, 3, 6],
    })  # fmt: skip
    planned = pd.DataFrame(
        {"arm": ["A", "B", "C"], "planned n": [8, 6, 4], "stratum": ["pilot"] * 3}
    )
    stages = pd.DataFrame(
        {"stage": [1, 2, 3], "csf_cells_per_ul": ["<5", "5-10", ">10"], "punctures": [2, 3, 4]}
    )
    years = pd.DataFrame({"protocol": ["L-04", "L-11", "L-17"], "opened": [2004, 2011, 2017],
                          "closed": [2010, 2016, 2023], "amendments": [3, 5, 2]})  # fmt: skip
    gains = [0.412, 0.221, 0.18, 0.122, 0.065]
    predictors = ["mrd", "wbc", "age", "fusion", "albumin"]
    ranks = pd.DataFrame({"variable": predictors, "rank": [1, 2, 3, 4, 5], "gain": gains})
    for kind, frame, why in (
        ("csv", doses, "the schedule of the protocol"), ("docx", planned, "the plan of the trial"),
        ("html", stages, "the definition of stages"), ("tex", years, "the dates of the protocols"),
        ("xlsx", ranks, "ranks as a model prints them, computed from nobody"),
    ):  # fmt: skip
        desk.lay("S1", kind, write(kind, frame, "Protocol"), facts.Outside(why))
    body = "<h2>Doses</h2>" + html_table(doses) + "<h2>Stages</h2>" + html_table(stages)
    protocol = page("Treatment protocol L-17", body)
    desk.lay("S1", "html", protocol, facts.Outside("the protocol's text"))
    book = workbook({"doses": doses, "years": years, "ranks": ranks})
    desk.lay("S1", "xlsx", book, facts.Outside("the protocol's tables"))

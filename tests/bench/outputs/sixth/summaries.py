"""[pure] Extremes, percentiles, sums, shares and survival, of few people or of enough."""

import json
from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.proof import Bins
from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.fourth.proof import Extent, FewBehind
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import page, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Study, Tally, said, title
from tests.bench.outputs.third.facts import (
    LEAST,
    Claim,
    Dominated,
    Moments,
    Share,
    Survival,
    Value,
    Where,
)

_LABS = ("hb", "platelets", "creatinine", "egfr", "d_dimer", "ttr")
_FIVE = ("min", "q25", "q50", "mean", "q75", "max")


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _extremes(desk, study)
    _rounded(desk, study)
    _survival(desk, study)
    _shares(desk, study)
    _wholes(desk, study)
    _sums(desk, study)
    _visits(desk, study)


def _five(study: Study, where: Where, columns: Sequence[str]) -> dict[str, list[Value]]:
    digits = {"egfr": 1, "ttr": 1, "weight_kg": 1}
    return {
        one: [
            study.value(one, where, name, digits.get(one, 0), name in {"min", "max"})
            for name in _FIVE
        ]
        for one in columns
    }


def _few(values: dict[str, list[Value]], study: Study) -> list[Value]:
    """Those minima and maxima that only few people have."""
    own = [one for line in values.values() for one in line if one.few]
    return [one for one in own if _held(study, one) < LEAST]


def _held(study: Study, value: Value) -> int:
    return int((study.numbers(value.column, value.where) == float(value.printed)).sum())


def _extremes(desk: Desk, study: Study) -> None:
    where = study.group(60, 300)
    five = _five(study, where, _LABS)
    names = ("Min.   ", "1st Qu.", "Median ", "Mean   ", "3rd Qu.", "Max.   ")
    rows = [[f"{one:>15}" for one in five]]
    rows += [
        [f" {name}:{own[n].printed}  " for own in five.values()] for n, name in enumerate(names)
    ]
    text = f"> summary(d[{said(where)!r}, ])\n" + "\n".join(aligned(rows, 1, 9)) + "\n"
    desk.lay("L11", "txt", text.encode(), *_few(five, study), rules="O08", seen="O27")

    where = study.group(80, 400)
    five = _five(study, where, _LABS[:4])
    rows = [[name, *(one.printed for n, one in enumerate(own) if n in {0, 3, 5})]
            for name, own in five.items()]  # fmt: skip
    body = f"<h2>Descriptive Statistics</h2><p>{escape(said(where))}</p>"
    body += table(["", "Minimum", "Mean", "Maximum"], rows)
    desk.lay("L11", "html", page("Output", body), *_few(five, study), rules="O08")

    boxes = {}
    claims: list[Value] = []
    for drug in ("apixaban", "warfarin", "dalteparin"):
        own = _five(study, (("drug", "=", drug),), ("cost_eur",))
        claims += _few(own, study)
        boxes[drug] = [float(one.printed) for n, one in enumerate(own["cost_eur"]) if n != 3]
    option = {"series": [{"type": "boxplot", "name": "cost_eur", "data": list(boxes.values())}],
              "xAxis": {"data": list(boxes)}, "version": "5.4.3"}  # fmt: skip
    desk.lay("L11", "json", json.dumps(option, indent=1).encode(), *claims, rules="O08 O09")

    _medians(desk, study)


def _medians(desk: Desk, study: Study) -> None:
    where: Where = ()
    found: list[Value] = []
    while len(found) < 2:
        where = study.group(21, 60)
        if study.count(where) % 2:
            own = [study.value(name, where, "q50", 0, few=True) for name in ("cost_eur", "d_dimer")]
            found = [one for one in own if 0 < _held(study, one) < LEAST]
    n = study.count(where)
    text = (
        f"We saw {n} people ({said(where)}). The median cost of a year was EUR "
        f"{found[0].printed}, the median D-dimer {found[1].printed} ng/ml."
    )
    desk.lay("L11", "docx", word("Results", text), *found, rules="O09")
    where = study.group(70, 130)
    five = _five(study, where, ("platelets", "factor8", "weight_kg"))
    grid = Grid(
        ("variable", "p0", "p25", "p50", "mean", "p75", "p100"),
        tuple((name, *(one.printed for one in own)) for name, own in five.items()),
    )
    desk.lay("L11", "csv", csv(grid), *_few(five, study), rules="O08")


def _rounded(desk: Desk, study: Study) -> None:
    """Middles and ends rounded until ten people and more have the value."""
    where = (("drug", "=", "warfarin"),)
    claims = [study.value(name, where, how, 0, base="5") for name in ("hb", "ttr", "satisfaction")
              for how in ("q25", "q50", "q75")]  # fmt: skip
    counted = study.counted(where)
    rows = [[name.column, name.name, name.printed] for name in claims]
    text = "\n".join(aligned([["variable", "percentile", "rounded to 5"], *rows], 2))
    desk.lay("S11", "txt", f"warfarin, n = {counted.stated}\n{text}\n".encode(), counted, *claims)

    mean = [study.value(name, where, how, 1) for name in _LABS[:5] for how in ("mean", "sd")]
    pairs = list(zip(mean[::2], mean[1::2], strict=True))
    lines = [[a.column, str(counted.stated), a.printed, b.printed] for a, b in pairs]
    shown = f"<h2>Descriptives, warfarin</h2>{table(['measure', 'n', 'mean', 'SD'], lines)}"
    desk.lay("S1", "html", page("Output", shown), counted, *mean)

    edges = (18.0, 40.0, 50.0, 60.0, 70.0, 80.0)
    ages = np.digitize(study.numbers("age", where), edges)
    bands = tuple(int((ages == n).sum()) for n in range(1, len(edges) + 1))
    bins = [{"from": a, "n": n} for a, n in zip(edges, bands, strict=True)]
    body = {"variable": "age", "unit": "years", "drug": "warfarin", "bins": bins}
    claim = Bins("people", "age", where, edges, bands)
    desk.lay("S1", "json", json.dumps(body, indent=1).encode(), claim)


def _steps(survival: Survival) -> Grid:
    return Grid(
        ("day", "n.risk", "n.event", "n.censor", "survival"),
        tuple(
            (str(one.day), str(one.risk), str(one.events), str(one.censored), one.survival)
            for one in survival.steps
        ),
    )


def _curve_txt(grid: Grid, where: Where) -> bytes:
    lines = aligned([grid.columns, *grid.rows], 2, 0)
    return "\n".join([said(where), f"{'':>16}Kaplan-Meier", *lines, ""]).encode()


def _curve_page(grid: Grid, where: Where) -> bytes:
    body = f"<p>{escape(said(where))}</p>{table(grid.columns, grid.rows)}"
    return page("PROC LIFETEST", body)


def _curve_sheet(grid: Grid, where: Where) -> bytes:
    return office.workbook({"KM": office.sheet([[said(where)], grid.columns, *grid.rows])})


_CURVES: Sequence[tuple[str, Callable[[Grid, Where], bytes]]] = (
    ("txt", _curve_txt),
    ("html", _curve_page),
    ("csv", lambda grid, where: f"# {said(where)}\n".encode() + csv(grid)),
    ("xlsx", _curve_sheet),
)


def _survival(desk: Desk, study: Study) -> None:
    days = (0, 365, 730, 1095, 1460)
    for few in (True, False):
        family, rules = ("L11", "O16") if few else ("S4", "")
        for event, (kind, write) in zip(("bled", "recurred", "died", "bled"), _CURVES, strict=True):
            where, own = _curve(study, event, days, few)
            desk.lay(family, kind, write(_steps(own), where), own, rules=rules)
    where = study.group(100, 200)
    while not 4 <= int(study.numbers("bled", where).sum()) <= 9:
        where = study.group(100, 200)
    _each_event(desk, study, where)


def _curve(study: Study, event: str, days: Sequence[int], few: bool) -> tuple[Where, Survival]:
    while True:
        where = study.group(60, 250) if few else study.group(900, 4000)
        own = study.survival(where, event, days[: 5 if few else 4])
        zero = any(one.events == 0 or one.censored == 0 for one in own.steps)
        if own.few is few and not zero:
            return where, own


def _each_event(desk: Desk, study: Study, where: Where) -> None:
    """A curve printed at each event, as a program prints it if nobody asks for times."""
    days = sorted(
        {
            int(day)
            for day, one in zip(
                study.numbers("bled_days", where), study.numbers("bled", where), strict=True
            )
            if one
        }
    )
    own = study.survival(where, "bled", (0, *days))
    rows = [(str(one.day), str(one.risk), str(one.events), one.survival) for one in own.steps[1:]]
    text = "\n".join(aligned([("time", "n.risk", "n.event", "survival"), *rows], 2, 0))
    moments = Moments(where, "bled_days", "bled", tuple(days))
    desk.lay(
        "L11",
        "txt",
        f"Call: survfit(formula = Surv(bled_days, bled) ~ 1, data = d)\n\n{text}\n".encode(),
        moments,
        rules="O16",
        seen="O27",
    )


def _shares(desk: Desk, study: Study) -> None:
    """Percentages that stand alone, of few people; and beside their counts, of ten and more."""
    lone, whole = study.tally("few"), study.tally("ten")
    shares = _percents(lone)
    rows = [[level, one.printed] for level, one in shares]
    few = [one for _, one in shares if one.few]
    data = _share_sheet(lone, [[lone.column, "percent"], *rows])
    desk.lay("L11", "xlsx", data, *few, rules="O10 O01")

    shares = _percents(whole)
    rows = [[level, one.printed, str(n), str(whole.total)]
            for (level, one), (_, n) in zip(shares, whole.counts, strict=True)]  # fmt: skip
    data = _share_sheet(whole, [[whole.column, "percent", "n", "of"], *rows])
    desk.lay("S11", "xlsx", data, *(one for _, one in shares), *whole.claims())

    where: Where = (("indication", "=", "lung embolism"),)
    of, said_so = study.count(where), []
    claims: list[Claim] = []
    for part in (("prior_bleed", "=", "yes"), ("bled", "=", "1"), ("died", "=", "1")):
        own = study.counted((*where, part))
        share = Share("people", (part,), where, f"{100 * own.stated / of:.0f}", few=False)
        claims += [own, share]
        said_so.append(f"{title(part[0])}: {own.stated}/{of} = {share.printed} %")
    desk.lay("S1", "md", f"**Lung embolism.** {'; '.join(said_so)}\n".encode(), *claims)


def _percents(tally: Tally) -> list[tuple[str, Share]]:
    return [
        (level, Share("people", (tally.at(level)[-1],), tally.where,
                      f"{100 * n / tally.total:.1f}", min(n, tally.total - n) < LEAST))
        for level, n in tally.counts
    ]  # fmt: skip


def _share_sheet(tally: Tally, rows: Sequence[Sequence[str]]) -> bytes:
    name = f"{title(tally.column)}, {said(tally.where)} (people)"
    return office.workbook({"Shares": office.sheet([[name], [], *rows])})


def _wholes(desk: Desk, study: Study) -> None:
    """Whole groups that share something, and empty cells."""
    where = study.group(12, 60)
    while study.count((*where, ("recurred", "=", "1"))):
        where = study.group(12, 60)
    n = study.count(where)
    text = f"None of the {n} people ({said(where)}) had a second clot: all {n} (100 %) stayed free."
    clear = Extent("people", where, (("recurred", "=", "0"),), n)
    desk.lay("L11", "eml", f"Subject: numbers\n\n{text}\n".encode(), clear, rules="O04")

    where = study.group(12, 80)
    while study.count((*where, ("died", "=", "1"))):
        where = study.group(12, 80)
    n = study.count(where)
    grid = Grid(("outcome", "n", "%"), (("died", "0", "0.0"), ("alive", str(n), "100.0")))
    desk.lay("L11", "rst", "\n".join(["Outcome", "=======", said(where), "",
             *aligned([grid.columns, *grid.rows], 2), ""]).encode(),
             Extent("people", where, (("died", "=", "0"),), n), rules="O04 O03")  # fmt: skip

    while True:
        cross = study.crossed(study.whole(), "renal_stage", "heart_failure")
        empty = [(side, head) for side, head, n in cross.cells() if not n]
        least = min((n for _, _, n in cross.cells() if n), default=0)
        if 1 <= len(empty) <= 3 and least >= LEAST:
            break
    claims = [
        Extent("people", (*cross.where, ("renal_stage", "=", s)), (("heart_failure", "=", h),), 0)
        for s, h in empty
    ]
    data = f"{said(cross.where)}\n".encode() + csv(cross.grid("renal_stage"), "\t")
    desk.lay("L11", "tsv", data, *claims, rules="O03")

    kept = study.group(40, 120)
    dead = (*kept, ("died", "=", "1"))
    while not 1 <= study.count(dead) < LEAST:
        kept = study.group(40, 120)
        dead = (*kept, ("died", "=", "1"))
    small = study.few(dead)
    note = f"b Of the {study.count(kept)} people ({said(kept)}), {small.stated} died early."
    desk.lay("L11", "docx", word("Table 2. Quality of treatment", note), small, rules="O01")


def _sums(desk: Desk, study: Study) -> None:
    while True:
        where = study.group(10, 16)
        own = Dominated(
            "people", "cost_eur", where, study.value("cost_eur", where, "sum", 0).printed
        )
        costs = sorted(study.numbers("cost_eur", where))
        if costs[-1] > sum(costs) / 2:
            break
    other = study.group(30, 90)
    total = study.value("cost_eur", other, "mean", 0)
    lines = [("group", "people", "cost EUR"),
             (said(where), str(study.count(where)), own.printed)]  # fmt: skip
    desk.lay("L11", "csv", csv(Grid(lines[0], tuple(lines[1:]))), own, rules="O05 O06")
    fine = f"{said(other)}: mean cost EUR {total.printed} of {study.count(other)} people\n"
    desk.lay("S11", "txt", fine.encode(), total, study.counted(other))


def _visits(desk: Desk, study: Study) -> None:
    """Many rows of few people, and rows of people who are just enough."""
    for dose in range(60, 200):
        where: Where = (("weekly_mg", ">=", str(dose)), ("place", "=", "home"))
        lines, people = int(study.mask(where, "inr").sum()), study.count(where, "inr")
        if people < LEAST <= lines:
            break
    text = f"INR controls at home of people with {dose} mg a week and more: {lines}\n"
    desk.lay("L11", "txt", text.encode(), FewBehind("inr", where, lines, people), rules="O02")
    counts = [
        study.lines("inr", (("place", "=", place), ("next_days", "=", days)))
        for place in ("home", "pharmacy", "laboratory")
        for days in ("7", "14", "28")
    ]
    rows = tuple((one.where[0][2], f"{one.where[1][2]} days", str(one.stated)) for one in counts)
    desk.lay("S1", "csv", csv(Grid(("place", "next control in", "n controls"), rows)), *counts)

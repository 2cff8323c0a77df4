"""Tables of counts below, at and above the threshold; hidden counts; pairs of releases."""

import json
from collections.abc import Sequence

import numpy as np

from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third import facts, layouts, writers
from tests.bench.outputs.third.analyst import EARLY, Analyst, Cross, named
from tests.bench.outputs.third.desk import Desk, Kept
from tests.bench.outputs.third.facts import ALL, Where

_SHAPES: Sequence[tuple[tuple[str, str], Sequence[str], Sequence[str]]] = (
    (("stage", "arm"), ("I", "II", "III", "IV"), ()),
    (("response", "arm"), ("CR", "PR", "SD|PD"), ()),
    (("sex", "stage"), (), EARLY),
    (("subtype", "sex"), ("DLBCL", "FL", "HL", "MCL|MZL|PTCL|PMBL|BL"), ()),
    (("ecog", "response"), ("0", "1", "2|3|4"), ("CR", "PR|SD|PD")),
)
_WITHIN = ("country", "trial", "subtype", "marrow")


def at_threshold(desk: Desk, analyst: Analyst) -> None:
    """L11 and S11: the same tables in the same layouts, with small groups and without."""
    for at, (kind, layout) in enumerate(layouts.LAYOUTS.values()):
        by, rows, columns = _SHAPES[at % len(_SHAPES)]
        low = (9, 9) if at % 3 == 0 else (1, 8)
        seen = "O27" if kind in layouts.CODED else ""
        few = analyst.crossed(by, low, rows, columns, _WITHIN)
        desk.lay("L11", kind, layout(few), *few.small(), rules="O01 O03 O04 O10", seen=seen)
        many = analyst.crossed(by, (10, 10) if at % 3 == 0 else (11, 25), rows, columns, _WITHIN)
        desk.lay("S11", kind, layout(many), many.claim(), seen=seen)


def told_otherwise(desk: Desk, analyst: Analyst) -> None:
    """L11: zeros, shares without counts, extremes, percentiles, sums, rows instead of people."""
    _zeros(desk, analyst)
    _shares(desk, analyst)
    _extremes(desk, analyst)
    _sums(desk, analyst)
    _rests(desk, analyst)


def _zeros(desk: Desk, analyst: Analyst) -> None:
    found = 0
    for where in analyst.wheres(("country", "subtype")):
        frame = analyst.meet(where)
        for name, value in (("hiv", "yes"), ("response", "PD"), ("ecog", "4"), ("marrow", "yes")):
            hit = int((frame[name].astype(str) == value).sum())
            if len(where) == 2 and 25 < len(frame) < 200 and not hit and found < 3:
                grid = Grid(
                    ("group", "N", f"n {name} {value}", "%"),
                    ((" ".join(v for _, _, v in where), str(len(frame)), "0", "0.0"),),
                )
                claim = facts.Share("people", ((name, "=", value),), where, "0.0", few=True)
                kind, box = (("csv", writers.csv), ("md", writers.md), ("docx", writers.word))[
                    found
                ]
                desk.lay("L11", kind, box(grid), claim, rules="O03 O04 O01")
                found += 1
                break


def _shares(desk: Desk, analyst: Analyst) -> None:
    """Percentages whose denominators only their decimals tell."""
    boxes = (
        ("csv", writers.csv),
        ("txt", writers.r_txt),
        ("tex", writers.tex),
        ("json", writers.json_records),
    )
    for at, (kind, box) in enumerate(boxes):
        where: Where = (
            (("country", "=", "IS"),)
            if at % 2
            else (("country", "=", "SI"), ("trial", "=", "FJORD"))
        )
        lines, claims = [], []
        for subtype in ("DLBCL", "FL", "HL", "MCL", "MZL"):
            own = (*where, ("subtype", "=", subtype))
            whole, part = len(analyst.meet(own)), len(analyst.meet((*own, ("response", "=", "CR"))))
            if 0 < part < whole and min(part, whole - part) < facts.LEAST:
                lines.append((subtype, f"{100 * part / whole:.1f}"))
                claims.append(
                    facts.Share("people", (("response", "=", "CR"),), own, lines[-1][1], few=True)
                )
        desk.lay(
            "L11",
            kind,
            box(Grid(("subtype", "complete response %"), tuple(lines))),
            *claims,
            rules="O10 O01 O04",
        )


def _extremes(desk: Desk, analyst: Analyst) -> None:
    """`describe()`, ranges, exact medians and deciles."""
    columns = ("age", "tmtv_ml", "ldh_uln", "os_days")
    names = {"min": "min", "25%": "q25", "50%": "q50", "75%": "q75", "max": "max"}
    for kind, box, trial in (
        ("csv", writers.csv, "ELBE"),
        ("txt", writers.txt, "FJORD"),
        ("html", writers.html, "DOURO"),
    ):
        where: Where = (("trial", "=", trial),)
        lines = [("count", *[str(len(analyst.meet(where)))] * len(columns))]
        claims: list[Kept] = []
        for label, name in names.items():
            cells = []
            for column in columns:
                digits = 0 if column in {"age", "os_days"} else (1 if column == "tmtv_ml" else 2)
                text, claim = analyst.number(column, where, name, digits, few=True)
                cells.append(text)
                claims += (
                    [claim]
                    if name in {"min", "max"} and column != "age" and _few(analyst, claim)
                    else []
                )
            lines.append((label, *cells))
        desk.lay(
            "L11", kind, box(Grid(("", *columns), tuple(lines))), *claims, rules="O08 O09", seen=""
        )
    for kind, box, name in (
        ("csv", writers.csv, "q50"),
        ("docx", writers.word, "q50"),
        ("md", writers.md, "max"),
    ):
        where, text, claim = _exact(analyst, "tmtv_ml", name)
        label = {"q50": "median", "max": "largest"}[name]
        n = str(len(analyst.meet(where)))
        grid = Grid(("group", "n", f"{label} metabolic volume ml"), ((_told(where), n, text),))
        desk.lay("L11", kind, box(grid), claim, rules="O08 O09")
    where = (("subtype", "=", "MCL"), ("sex", "=", "F"))
    low, one = analyst.number("bulk_cm", where, "min", 1, few=True)
    high, two = analyst.number("bulk_cm", where, "max", 1, few=True)
    text = f"Among women with mantle cell lymphoma the largest mass measured {low} to {high} cm.\n"
    desk.lay(
        "L11", "txt", text.encode(), *(c for c in (one, two) if _few(analyst, c)), rules="O08 O09"
    )


def _few(analyst: Analyst, claim: facts.Value) -> bool:
    own = analyst.meet(claim.where)[claim.column]
    return 0 < int((own == float(claim.printed)).sum()) < facts.LEAST


def _exact(analyst: Analyst, column: str, name: str) -> tuple[Where, str, facts.Value]:
    """Look for a group whose percentile is the value of one person."""
    for where in analyst.wheres(("subtype", "trial", "country")):
        if len(analyst.meet(where)) > 30 and len(analyst.meet(where)) % 2:
            text, claim = analyst.number(column, where, name, 1, few=True)
            if _few(analyst, claim):
                return where, text, claim
    raise ValueError(f"no group shows an exact {name} of {column}")


def _told(where: Where) -> str:
    return ", ".join(value for _, _, value in where)


def _sums(desk: Desk, analyst: Analyst) -> None:
    """Totals that one person makes up."""
    found = 0
    for where in analyst.wheres(("country", "subtype", "trial", "centre")):
        own = analyst.meet(where)["tmtv_ml"]
        if len(own) < facts.LEAST or own.max() <= 0.5 * own.sum() or found == 3:
            continue
        grid = Grid(
            ("group", "n", "total metabolic volume ml"),
            ((_told(where), str(len(own)), f"{own.sum():.1f}"),),
        )
        claim = facts.Dominated("people", "tmtv_ml", where, f"{own.sum():.1f}")
        kind, box = (("csv", writers.csv), ("xlsx", writers.xlsx), ("html", writers.html))[found]
        desk.lay(
            "L11", kind, box(grid), facts.Count("people", where, len(own)), claim, rules="O05 O06"
        )
        found += 1


def _rests(desk: Desk, analyst: Analyst) -> None:
    """Rests and repeated measures: enough lines, too few people."""
    for kind, box, country in (
        ("csv", writers.csv, "IS"),
        ("txt", writers.txt, "SI"),
        ("json", writers.json_records, "AT"),
    ):
        where: Where = (
            ("country", "=", country),
            ("subtype", "in", "PTCL|PMBL|BL"),
            ("response", "=", "PD"),
        )
        n = len(analyst.meet(where))
        if not 0 < n < facts.LEAST:
            where = where[:2]
            n = len(analyst.meet(where))
        if 0 < n < facts.LEAST:
            grid = Grid(("group", "measurements"), ((_told(where), str(4 * n)),))
            desk.lay("L11", kind, box(grid), facts.Small("people", where, n), rules="O02 O01")
    for kind, box, trial in (("csv", writers.csv, "FJORD"), ("md", writers.md, "ELBE")):
        where = (("trial", "=", trial), ("country", "=", "IS" if trial == "ELBE" else "FI"))
        whole = len(analyst.meet(where))
        left = len(analyst.meet((*where, ("os_event", "=", "0"))))
        if whole - left >= facts.LEAST > left > 0 or whole >= facts.LEAST:
            few = min((("0", left), ("1", whole - left)), key=lambda one: one[1])
            claim = facts.Small("people", (*where, ("os_event", "=", few[0])), few[1])
            grid = Grid(("trial", "N", "deaths"), ((trial, str(whole), str(whole - left)),))
            if 0 < few[1] < facts.LEAST:
                desk.lay("L11", kind, box(grid), claim, rules="O01 O04")


def models(desk: Desk, analyst: Analyst) -> None:
    """L11: regressions that few people carry."""
    found = 0
    for where in analyst.wheres(("country", "subtype", "trial")):
        n = len(analyst.meet(where))
        if found < 4 and 12 <= n <= 15:
            xs = ("age", "ldh_uln", "albumin_g_l", "bulk_cm")
            frame = analyst.meet(where)
            fit = np.linalg.lstsq(
                np.column_stack([np.ones(n), frame[list(xs)].to_numpy(float)]),
                frame["haemoglobin_g_l"].to_numpy(float),
                rcond=None,
            )[0]
            claim = facts.Freedom("people", where, 5, n - 5, few=True)
            kind, write = (
                ("txt", _statsmodels),
                ("log", _stata_regress),
                ("json", _json_model),
                ("txt", _r_lm),
            )[found]
            desk.lay(
                "L11",
                kind,
                write(("const", *xs), fit, n),
                claim,
                rules="O07",
                seen="O27" if kind == "log" else "",
            )
            found += 1


def _statsmodels(names: Sequence[str], fit: Sequence[float], n: int) -> bytes:
    lines = [
        "                            OLS Regression Results",
        "=" * 78,
        f"Dep. Variable:        haemoglobin_g_l   R-squared:              {0.412:>10}",
        f"Model:                            OLS   No. Observations:       {n:>10}",
        f"Df Model:             {len(names) - 1:>15}   Df Residuals:       {n - len(names):>14}",
        "=" * 78,
        f"{'':20}{'coef':>10}",
        "-" * 78,
        *(f"{name:20}{value:10.4g}" for name, value in zip(names, fit, strict=True)),
        "=" * 78,
    ]
    return ("\n".join(lines) + "\n").encode()


def _stata_regress(names: Sequence[str], fit: Sequence[float], n: int) -> bytes:
    lines = [
        f". regress haemoglobin {' '.join(names[1:])}",
        "",
        "      Source |       SS           df       MS      Number of obs   =" + f"{n:>10}",
        "-------------+----------------------------------   F(4, " + f"{n - len(names)})",
        f"       Model |     2140.1         {len(names) - 1}    535.0",
        f"    Residual |     1873.4         {n - len(names)}    {1873.4 / (n - len(names)):.1f}",
        "",
        *(f"{name:>12} | {value:10.4g}" for name, value in zip(names, fit, strict=True)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _json_model(names: Sequence[str], fit: Sequence[float], n: int) -> bytes:
    coefficients = {name: float(f"{value:.4g}") for name, value in zip(names, fit, strict=True)}
    return json.dumps(
        {"model": "ols", "nobs": n, "df_resid": n - len(names), "coef": coefficients}
    ).encode()


def _r_lm(names: Sequence[str], fit: Sequence[float], n: int) -> bytes:
    lines = [
        "Call:",
        "lm(formula = hb ~ age + ldh + albumin + bulk, data = d)",
        "",
        "Coefficients:",
        *(f"{name:15}{value:10.4g}" for name, value in zip(names, fit, strict=True)),
        "",
        f"Residual standard error: 11.2 on {n - len(names)} degrees of freedom",
        "",
    ]
    return "\n".join(lines).encode()


def hidden(desk: Desk, analyst: Analyst) -> None:
    """L12: hidden counts that a total gives back. S2: those that stay hidden; rounded tables."""
    marks = ("<10", "*", "[c]", "-", "suppressed", "≤9")
    boxes = (
        ("csv", writers.csv),
        ("md", writers.md),
        ("xlsx", writers.xlsx),
        ("txt", writers.r_txt),
        ("docx", writers.word),
        ("html", writers.html),
    )
    for at, ((kind, box), mark) in enumerate(zip(boxes, marks, strict=True)):
        by, rows, columns = _SHAPES[at % len(_SHAPES)]
        own = _one_small(analyst, by, rows, columns)
        desk.lay("L12", kind, box(_masked(own, mark, _primary(own))), _solved(own), rules="O13 O01")
    for kind, box, mark in (
        ("csv", writers.csv, "[c]"),
        ("tex", writers.tex, "--"),
        ("tsv", writers.tsv, "x"),
        ("ods", writers.ods, "*"),
    ):
        own = _squared(analyst)
        spots = _square(own)
        desk.lay("S2", kind, box(_masked(own, mark, spots)), _veiled(own, spots, totals=True))
    for kind, box, mark in (("csv", writers.csv, "<10"), ("html", writers.html, "*")):
        own = _one_small(analyst, ("stage", "arm"), ("I", "II", "III", "IV"), ())
        grid = _masked(own, mark, _primary(own))
        bare = Grid(grid.columns[:-1], tuple(row[:-1] for row in grid.rows[:-1]))
        desk.lay("S2", kind, box(bare), _veiled(own, _primary(own), totals=False))
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv),
            ("json", writers.json_records),
            ("sav", writers.sav),
            ("tex", writers.tex),
            ("xlsx", writers.xlsx_writer),
            ("md", writers.md),
        )
    ):
        by, rows, columns = _SHAPES[at % len(_SHAPES)]
        base = 10 if at % 2 else 5
        own = analyst.crossed(by, (18, 400), rows, columns, _WITHIN)
        desk.lay("S2", kind, box(own.grid(base=base)), own.claim(base))


def _veiled(own: Cross, spots: set[tuple[str, str]], *, totals: bool) -> facts.Hidden:
    cells = tuple(
        tuple(None if (r, c) in spots else own.counts[r, c] for c in own.columns) for r in own.rows
    )
    across = tuple(sum(own.counts[r, c] for c in own.columns) for r in own.rows)
    down = tuple(sum(own.counts[r, c] for r in own.rows) for c in own.columns)
    return facts.Hidden(
        own.table,
        own.by,
        own.where,
        (own.rows, own.columns),
        cells,
        across if totals else None,
        down if totals else None,
    )


def _primary(own: Cross) -> set[tuple[str, str]]:
    return {at for at, n in own.counts.items() if n < facts.LEAST}


def _one_small(
    analyst: Analyst, by: tuple[str, str], rows: Sequence[str], columns: Sequence[str]
) -> Cross:
    """Look for a table with exactly one small count, and that no zero."""
    for where in analyst.wheres([name for name in _WITHIN if name not in by]):
        own = analyst.cross(by, where, rows, columns)
        if len(_primary(own)) == 1 and min(own.counts.values()) > 0:
            return own
    raise ValueError(f"no table by {by} has one small count")


def _squared(analyst: Analyst) -> Cross:
    """Look for a larger table with one small count and rests that hide it well."""
    for where in analyst.wheres(("country", "subtype", "marrow")):
        own = analyst.cross(
            ("stage", "trial"),
            where,
            ("I", "II", "III", "IV"),
            ("ALPINE", "BRENTA", "CEDAR", "DOURO|ELBE|FJORD"),
        )
        if len(_primary(own)) == 1 and min(own.counts.values()) > 2:
            return own
    raise ValueError("no table has one small count")


def _square(own: Cross) -> set[tuple[str, str]]:
    """Hide with the small count one of its row, one of its column, and the corner between."""
    ((r, c),) = _primary(own)
    row = max((one for one in own.rows if one != r), key=lambda one: own.counts[one, c])
    column = max((one for one in own.columns if one != c), key=lambda one: own.counts[r, one])
    return {(r, c), (row, c), (r, column), (row, column)}


def _masked(own: Cross, mark: str, spots: set[tuple[str, str]]) -> Grid:
    grid = own.grid()
    lines = [
        (
            line[0],
            *(
                mark if (r, c) in spots else cell
                for c, cell in zip(own.columns, line[1:-1], strict=True)
            ),
            line[-1],
        )
        for r, line in zip(own.rows, grid.rows[:-1], strict=True)
    ]
    return Grid(grid.columns, (*lines, grid.rows[-1]))


def _solved(own: Cross) -> facts.Rest:
    """The row's total less the row's other counts."""
    ((r, c),) = _primary(own)
    parts = tuple((own.at((r, one)), own.counts[r, one]) for one in own.columns if one != c)
    total = sum(own.counts[r, one] for one in own.columns)
    whole = (*own.where, (own.by[0], "in", r))
    return facts.Rest(own.table, whole, parts, total, own.counts[r, c])


def pairs(desk: Desk, analyst: Analyst) -> None:
    """L12 and S12: two tables that only together show a few people, or do not."""
    small, large = _exclusions(analyst, (1, 9)), _exclusions(analyst, (60, 2000))
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv),
            ("xlsx", writers.xlsx),
            ("json", writers.json_records),
            ("html", writers.html),
            ("csv", writers.csv_r),
            ("md", writers.md),
            ("tsv", writers.tsv),
            ("docx", writers.word),
        )
    ):
        larger, smaller = small[at]
        one, two = (
            analyst.cross(("sex", "stage"), larger, (), EARLY),
            analyst.cross(("sex", "stage"), smaller, (), EARLY),
        )
        claims = _between(one, two)
        desk.lay(
            "L12",
            kind,
            box(two.grid()),
            one.claim(),
            two.claim(),
            *claims,
            rules="O14",
            released=((f"earlier.{kind}", box(one.grid())),),
        )
    for at, (larger, smaller) in enumerate(small[8:11]):
        one, two = (
            analyst.cross(("sex", "stage"), larger, (), EARLY),
            analyst.cross(("sex", "stage"), smaller, (), EARLY),
        )
        members = {"all.csv": writers.csv(one.grid()), "without.csv": writers.csv(two.grid())}
        data = (
            writers.zipped(members)
            if at
            else writers.xlsx_bytes(writers.workbook({"all": one.grid(), "without": two.grid()}))
        )
        desk.lay(
            "L12",
            "zip" if at else "xlsx",
            data,
            one.claim(),
            two.claim(),
            *_between(one, two),
            rules="O14 O13",
        )
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv),
            ("xlsx", writers.xlsx),
            ("json", writers.json_records),
            ("html", writers.html),
            ("md", writers.md),
        )
    ):
        larger, smaller = large[at]
        one, two = (
            analyst.cross(("sex", "stage"), larger, (), EARLY),
            analyst.cross(("sex", "stage"), smaller, (), EARLY),
        )
        apart = [facts.Apart("people", one.at(own), two.at(own)) for own in one.counts]
        desk.lay(
            "S12",
            kind,
            box(two.grid()),
            one.claim(),
            two.claim(),
            *apart,
            released=((f"earlier.{kind}", box(one.grid())),),
        )
    for kind, box, first, second in (
        ("csv", writers.csv, "ALPINE", "BRENTA"),
        ("docx", writers.word, "CEDAR", "DOURO"),
        ("csv", writers.csv, "ALPINE", "ALPINE"),
        ("tex", writers.tex, "BRENTA", "CEDAR"),
    ):
        one, two = (
            analyst.cross(("stage", "arm"), (("trial", "=", name),)) for name in (first, second)
        )
        apart = [facts.Apart("people", one.at(own), two.at(own)) for own in one.counts]
        desk.lay(
            "S12",
            kind,
            box(two.grid()),
            one.claim(),
            two.claim(),
            *apart,
            released=((f"earlier.{kind}", box(one.grid())),),
        )


def _between(one: Cross, two: Cross) -> list[facts.Differs]:
    return [
        facts.Differs("people", one.at(own), two.at(own), (one.counts[own], two.counts[own]))
        for own in one.counts
        if 0 < one.counts[own] - two.counts[own] < facts.LEAST
    ]


def _exclusions(analyst: Analyst, between: tuple[int, int]) -> list[tuple[Where, Where]]:
    """Look for populations and the same without a group, whose tables are safe by themselves."""
    found = []
    without: Sequence[facts.Condition] = (
        ("hiv", "!=", "yes"),
        ("subtype", "!=", "BL"),
        ("ecog", "!=", "4"),
        ("subtype", "!=", "PTCL"),
        ("response", "!=", "PD"),
        ("ecog", "!=", "3"),
    )
    for where in [ALL, *analyst.wheres(("country", "trial"))]:
        for condition in without:
            smaller = (*where, condition)
            one = analyst.cross(("sex", "stage"), where, ("F", "M"), EARLY)
            if one.low() < 2 * facts.LEAST:
                break
            two = analyst.cross(("sex", "stage"), smaller, ("F", "M"), EARLY)
            gaps = [one.counts[own] - two.counts[own] for own in one.counts]
            few = any(0 < gap < facts.LEAST for gap in gaps)
            fits = few if between[0] < facts.LEAST else not few
            if two.low() >= facts.LEAST and between[0] <= sum(gaps) <= between[1] and fits:
                found.append((where, smaller))
        if len(found) >= 12:
            break
    return found


def survival(desk: Desk, analyst: Analyst) -> None:
    """L11: each event a step. S4: long steps with people at risk and events."""
    for at, (kind, box) in enumerate(
        (
            ("csv", writers.csv),
            ("txt", writers.r_txt),
            ("html", writers.html),
            ("xlsx", writers.xlsx),
        )
    ):
        where: Where = (
            ("trial", "=", "FJORD"),
            ("arm", "=", "control" if at % 2 else "experimental"),
        )
        time, event = ("os_days", "os_event") if at < 2 else ("pfs_days", "pfs_event")
        frame = analyst.meet(where)
        days = sorted(int(day) for day in frame[time][frame[event] == 1])[:60]
        steps = _steps(analyst, where, time, event, sorted(set(days)), 4)
        lines = tuple((str(s.day), str(s.risk), str(s.events), s.survival) for s in steps)
        grid = Grid(("time", "n.risk", "n.event", "survival"), lines)
        desk.lay(
            "L11",
            kind,
            box(grid),
            facts.Survival(where, time, event, steps, few=True),
            facts.Moments(where, time, event, tuple(days)),
            rules="O16 O01",
        )
    groups: Sequence[tuple[str, str, Where]] = (
        ("os_days", "os_event", (("trial", "=", "ALPINE"),)),
        ("pfs_days", "pfs_event", (("trial", "=", "ALPINE"),)),
        ("os_days", "os_event", (("subtype", "=", "DLBCL"),)),
        ("pfs_days", "pfs_event", (("subtype", "=", "FL"),)),
        ("os_days", "os_event", (("stage", "=", "IV"),)),
        ("pfs_days", "pfs_event", (("stage", "=", "I"),)),
        ("os_days", "os_event", ALL),
        ("os_days", "os_event", (("sex", "=", "F"),)),
    )
    boxes = (
        ("csv", writers.csv),
        ("txt", writers.r_txt),
        ("tex", writers.tex),
        ("docx", writers.word),
        ("xlsx", writers.xlsx),
        ("html", writers.html),
        ("md", writers.md),
        ("json", writers.json_records),
    )
    for (kind, box), (time, event, where) in zip(boxes, groups, strict=True):
        edges = [0, 365, 730, 1095, 1460, 1825, 2190]
        while any(
            0 < n < facts.LEAST
            for s in _steps(analyst, where, time, event, edges, 3)
            for n in (s.risk, s.events, s.censored)
        ):
            edges = edges[:-1]
        steps = _steps(analyst, where, time, event, edges, 3)
        yearly = tuple(
            (str(round(s.day / 365)), str(s.risk), str(s.events), str(s.censored), s.survival)
            for s in steps
        )
        grid = Grid(("year", "at risk", "events", "censored", "survival"), yearly)
        desk.lay("S4", kind, box(grid), facts.Survival(where, time, event, steps, few=False))


def _steps(
    analyst: Analyst, where: Where, time: str, event: str, edges: Sequence[int], digits: int
) -> tuple[facts.Step, ...]:
    """Kaplan-Meier with numpy."""
    frame = analyst.meet(where)
    times, events = frame[time].to_numpy(), frame[event].to_numpy() == 1
    found = []
    for day, after in zip(edges, [*edges[1:], 10**9], strict=True):
        survival = 1.0
        for moment in np.unique(times[events & (times < day)]):
            survival *= 1 - (events & (times == moment)).sum() / (times >= moment).sum()
        inside = (times >= day) & (times < after)
        hits = int((inside & events).sum())
        found.append(
            facts.Step(
                day,
                int((times >= day).sum()),
                hits,
                int(inside.sum()) - hits,
                f"{survival:.{digits}f}",
            )
        )
    return tuple(found)


def not_counts(desk: Desk, analyst: Analyst) -> None:
    """S11: small whole numbers that count nobody."""
    ranks = analyst.meet(ALL)["subtype"].value_counts()
    table = Grid(
        ("rank", "subtype", "patients"),
        tuple((str(at), named(s), str(n)) for at, (s, n) in enumerate(ranks.items(), 1)),
    )
    counted = [facts.Count("people", (("subtype", "=", str(s)),), int(n)) for s, n in ranks.items()]
    desk.lay("S11", "csv", writers.csv(table), *counted)
    doses = Grid(
        ("drug", "dose mg/m2", "day of cycle", "cycles"),
        (
            ("rituximab", "375", "1", "6"),
            ("doxorubicin", "50", "1", "6"),
            ("vincristine", "1.4", "1", "6"),
            ("cyclophosphamide", "750", "1", "6"),
            ("prednisolone", "40", "5", "6"),
        ),
    )
    plan = Grid(
        ("trial", "planned n", "planned centres", "interim looks", "power %"),
        (
            ("ALPINE", "2600", "6", "2", "90"),
            ("ELBE", "990", "6", "1", "80"),
            ("pilot", "8", "2", "1", "80"),
        ),
    )
    grades = Grid(
        ("grade", "meaning", "dose reduction %"),
        (
            ("1", "mild", "0"),
            ("2", "moderate", "0"),
            ("3", "severe", "25"),
            ("4", "life-threatening", "50"),
        ),
    )
    stages = Grid(
        ("stage", "nodal areas from", "nodal areas to"),
        (("I", "1", "1"), ("II", "2", "4"), ("III", "2", "9")),
    )
    visits = Grid(
        ("visit", "study day", "window days"),
        (("baseline", "1", "3"), ("mid-treatment", "43", "5"), ("end", "127", "7")),
    )
    outside: Kept = facts.Outside("written before the first patient: the protocol's own numbers")
    for kind, box, grid in (
        ("csv", writers.csv, doses),
        ("docx", writers.word, plan),
        ("md", writers.md, grades),
        ("tex", writers.tex, stages),
        ("xlsx", writers.xlsx, visits),
        ("html", writers.html, doses),
        ("csv", writers.csv_semicolon, plan),
        ("txt", writers.r_txt, visits),
    ):
        desk.lay("S11", kind, box(grid), outside)
    lines = list[tuple[str, ...]]()
    claims = list[Kept]()
    for response in ("CR", "PR"):
        where: Where = (("response", "=", response),)
        n = len(analyst.meet(where))
        text, claim = analyst.number("cycles", where, "q50", 0, base="1")
        lines.append((response, str(n), text))
        claims += [facts.Count("people", where, n), claim]
    desk.lay(
        "S11", "csv", writers.csv(Grid(("response", "n", "median cycles"), tuple(lines))), *claims
    )
    series = analyst.meet(ALL)["enrolled"].str[:7].value_counts().sort_index()
    months = [(m, n) for m, n in series.items() if n >= facts.LEAST][:120]
    grid = Grid(("month", "patients enrolled"), tuple((str(m), str(n)) for m, n in months))
    counted = [facts.Count("people", (("enrolled", "starts", str(m)),), int(n)) for m, n in months]
    desk.lay("S11", "csv", writers.csv(grid), *counted, seen="O20")

"""[pure] Bram works in Stata: logs with tabulations and details, esttab, putexcel, .dta."""

import math
from collections.abc import Callable, Sequence

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.in_r import limits, tell
from tests.bench.outputs.fifth.layouts import life, long, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Cross, Fit, Picks, Study, title
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Count, Outside, Value, Where

_HEAD = """      name:  <unnamed>
       log:  results.log
  log type:  text
 opened on:   2 Mar 2026, 09:30:12

"""


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Bram's files."""
    for style, (kind, write, seen) in enumerate(_CROSSES):
        for low, high in limits(style):
            cross = study.cross(low, high, sides=5, heads=4)
            tell(desk, cross, kind, write(cross), seen=seen)
    _models(desk, study)
    _details(desk, study)
    _logs(desk, study, picks)
    _sets(desk, study, picks)


def tabulated(cross: Cross) -> str:
    """A two-way tabulation as it is printed."""
    wide_side = max(len(one) for one in (*cross.sides, title(cross.by[0]), "Total"))
    rule = "-" * (wide_side + 1) + "+" + "-" * (11 * len(cross.columns)) + "+----------"

    def line(name: str, own: Sequence[object]) -> str:
        cells = "".join(f"{one!s:>11}" for one in own[:-1])
        return f"{name:>{wide_side}} |{cells} |{own[-1]!s:>10}"

    lines = [
        f"{'':>{wide_side}} |{title(cross.by[1]):>{11 * len(cross.columns)}}",
        line(title(cross.by[0]), [*(one[:10] for one in cross.heads), "Total"]),
        rule,
        *(line(side, [*own, sum(own)]) for side, own in zip(cross.sides, cross.n, strict=True)),
        rule,
        line("Total", [*cross.down, cross.total]),
    ]
    return "\n".join(lines)


def _condition(where: Where) -> str:
    signs = {"=": "==", "!=": "!=", ">=": ">=", "<": "<", "in": "in"}
    parts = [f"{column}{signs[sign]}{value}" for column, sign, value in where]
    return " if " + " & ".join(parts) if parts else ""


def _logged(cross: Cross) -> bytes:
    command = f". tabulate {cross.by[0]} {cross.by[1]}{_condition(cross.where)}"
    return f"{_HEAD}{command}\n\n{tabulated(cross)}\n\n. log close\n".encode()


def _tabout(cross: Cross) -> bytes:
    rows: list[tuple[str, ...]] = [(f"{title(cross.by[0])}", *("No." for _ in cross.heads), "No.")]
    return writers.csv(Grid(("", *cross.heads, "Total"), (*rows, *wide(cross).rows)), "\t")


def _putexcel(cross: Cross) -> bytes:
    grid = wide(cross)
    rows = [["Table 3", cross.name], [""], ["", *grid.columns], *(["", *row] for row in grid.rows)]
    note = ["", "Counts of persons. Source: screening data set, version 4."]
    return office.workbook({"Table 3": office.sheet([*rows, [""], note])})


def _rich(cross: Cross) -> bytes:
    return writers.rtf(f"Table 4. {cross.name}".encode("ascii", "ignore").decode(), wide(cross))


_CROSSES: Sequence[tuple[str, Callable[[Cross], bytes], str]] = (
    ("log", _logged, "O27"), ("tsv", _tabout, ""), ("xlsx", _putexcel, ""), ("rtf", _rich, ""),
)  # fmt: skip


def _regressed(fit: Fit, command: str, ratio: str = "") -> str:
    lines = [f". {command}", "", f"{'':40}Number of obs = {fit.n:>9}", "-" * 72]
    lines.append(
        f"{fit.outcome:>14} | {ratio or 'Coefficient':>11}  Std. err.     z    P>|z|     "
        "[95% conf. interval]"
    )
    lines.append("-" * 15 + "+" + "-" * 56)
    order = [*range(1, len(fit.terms)), 0]
    for at in order:
        low, high = fit.limits(at)
        own, error = fit.estimates[at], fit.errors[at]
        z = own / error
        if ratio:
            own, low, high, error = (
                math.exp(own),
                math.exp(low),
                math.exp(high),
                error * math.exp(own),
            )
        name = "_cons" if at == 0 else fit.design[at - 1].replace("=", "_")[:14]
        lines.append(
            f"{name:>14} | {own:>11.4f} {error:>10.4f} {z:>7.2f} {fit.p(at):>7.3f} "
            f"{low:>11.4f} {high:>10.4f}"
        )
    return "\n".join([*lines, "-" * 72]) + "\n"


def _models(desk: Desk, study: Study) -> None:
    linear = study.fit(
        "linear", (("sex", "=", "F"),), "vitamin_d", ("age", "bmi", "smoking=current")
    )
    text = _HEAD + _regressed(linear, "regress vitamin_d age bmi smoker if sex==1, vce(ols)")
    desk.lay("S3", "log", text.encode(), linear.claim(), seen="O27 O30")
    odds = study.fit("logistic", (), "dead", ("age", "sex=M", "stroke=1", "cancer_before=1"))
    text = _HEAD + _regressed(odds, "logit dead age male stroke cancer, or", "Odds ratio")
    desk.lay("S10", "log", text.encode(), odds.ratios(4), seen="O27 O30")
    pair = [
        study.fit("logistic", (("sex", "=", one),), "hypertension", ("age", "bmi", "diabetes=1"))
        for one in "FM"
    ]
    rows: list[tuple[str, ...]] = []
    for at in (1, 2, 3, 0):
        stars = ["***" if one.p(at) < 0.001 else "*" if one.p(at) < 0.05 else "" for one in pair]
        rows.append(
            (
                pair[0].terms[at],
                *(f"{one.estimates[at]:.4f}{star}" for one, star in zip(pair, stars, strict=True)),
            )
        )
        rows.append(("", *(f"({one.errors[at]:.4f})" for one in pair)))
    rows.append(("N", *(str(one.n) for one in pair)))
    grid = Grid(("", "(1) Women", "(2) Men"), tuple(rows))
    desk.lay("S3", "csv", writers.csv(grid), *(one.claim() for one in pair))


def _details(desk: Desk, study: Study) -> None:
    """`summarize, detail` names the four smallest and the four largest values."""
    for column, where in (("ldh", (FOUND,)), ("b2m", (("region", "=", "Fjord"), FOUND))):
        values = sorted(study.values(column, where).tolist())
        digits = 1 if column == "b2m" else 0
        told = _detail(column, values, digits)
        text = f"{_HEAD}. summarize {column}{_condition(where)}, detail\n\n{told}\n"
        claims = [
            study.value(column, where, "max", digits, True),
            study.value(column, where, "min", digits, True),
        ]
        desk.lay("L11", "log", text.encode(), *claims, rules="O08 O09 O19 O21", seen="O27")
    rows: list[tuple[str, ...]] = []
    safe: list[Value | Count] = []
    for arm in "ABC":
        own: Where = (("arm", "=", arm),)
        stats = [
            study.value("hb", own, name, 1 if name in {"mean", "sd"} else 0)
            for name in ("mean", "sd", "q25", "q50", "q75")
        ]
        rows.append((f"Arm {arm}", str(study.count(own)), *(one.printed for one in stats)))
        safe += [study.counted(own), *stats]
    grid = Grid(("arm", "N", "mean", "sd", "p25", "p50", "p75"), tuple(rows))
    text = (
        f"{_HEAD}. tabstat hb, by(arm) statistics(n mean sd p25 p50 p75)\n\n{writers.fixed(grid)}\n"
    )
    desk.lay("S10", "log", text.encode(), *safe, seen="O27")
    desk.lay("S1", "tsv", writers.csv(grid, "\t"), *safe)
    steps = study.survived((("sex", "=", "F"),), "dead", (0, 600, 1200, 1800), False)
    text = f"{_HEAD}. sts list, at(0 600 1200 1800)\n\n{writers.fixed(life(steps.steps))}\n"
    desk.lay("S4", "log", text.encode(), steps, seen="O27")


def _detail(column: str, values: Sequence[float], digits: int) -> str:
    n = len(values)
    middle = math.fsum(values) / n
    spread = math.sqrt(math.fsum((one - middle) ** 2 for one in values) / (n - 1))
    shares = (1, 5, 10, 25, 50, 75, 90, 95, 99)
    cut = [values[min(n - 1, int(n * share / 100))] for share in shares]
    sides: list[str] = (
        [f"{one:.{digits}f}" for one in values[:4]]
        + [""]
        + [f"{one:.{digits}f}" for one in values[-4:]]
    )
    more = {
        2: f"Obs {n:>16}",
        3: f"Sum of wgt. {n:>8}",
        4: f"Mean {middle:>15.4g}",
        5: f"Std. dev. {spread:>10.4g}",
    }
    lines = [f"{title(column):^60}", "-" * 61, "      Percentiles      Smallest"]
    for at, (share, own) in enumerate(zip(shares, cut, strict=True)):
        if at == 4:
            lines.append("                        Largest")
        lines.append(f"{share:>2}%{own:>12g}{sides[at]:>15}       {more.get(at, '')}")
    return "\n".join(lines)


def _logs(desk: Desk, study: Study, picks: Picks) -> None:
    mask = study.mask((("progression", "=", "amyloidosis"),))
    rows, claim = picks.rows(
        "screened", ("screenee", "age", "sex", "kappa", "lambda", "b2m"), 8, mask
    )
    told = writers.fixed(
        Grid(("", *rows.columns), tuple((f"{n}.", *row) for n, row in enumerate(rows.rows, 1)))
    )
    text = (
        f'{_HEAD}. list screenee age sex kappa lambda b2m if progression=="amyloidosis" '
        f"in 1/8\n\n{told}\n"
    )
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O21 O22", seen="O27")
    rows, claim = picks.rows("screened", ("age", "hb", "calcium", "creatinine", "igg"), 12)
    lines = "\n".join("  " + " ".join(row) for row in rows.rows)
    text = (
        "* check of the new formula\nclear\ninput "
        f"{' '.join(rows.columns)}\n{lines}\nend\nregress creatinine age\n"
    )
    desk.lay("L10", "do", text.encode(), claim, rules="O19 O21", seen="O27")
    text = (
        'version 18\nuse screened, clear\nkeep if isotype != "none"\ngen agegrp = '
        "irecode(age, 50, 60, 70, 80)\n"
        "stset followed_days, failure(dead)\nstcox i.agegrp i.risk, vce(robust)\n"
        "forvalues k = 1/16 {\n  label values q`k' five\n}\ntable agegrp risk, nformat(%9.0f)\n"
    )
    desk.lay("S10", "do", text.encode(), Outside("code that names columns only"), seen="O27")
    ones, claim = picks.rows("screened", ("cost_eur", "weight_kg", "igm"), 6)
    shown = "\n\n".join(
        f"{name}\n           type:  numeric (double)\n       examples:  "
        + "\n                  ".join(ones.column(name))
        for name in ones.columns
    )
    text = (
        f"{_HEAD}. list in 101/106, clean noobs\n\n{writers.fixed(ones)}\n\n. codebook "
        f"cost_eur weight_kg igm\n\n{shown}\n"
    )
    desk.lay("L10", "log", text.encode(), claim, rules="O19 O21", seen="O27")


def _sets(desk: Desk, study: Study, picks: Picks) -> None:
    columns = (
        "screenee",
        "arm",
        "region",
        "age",
        "m_protein",
        "flc_ratio",
        "creatinine",
        "followed_days",
        "dead",
    )
    rows, claim = picks.rows("screened", columns, 400, study.mask((FOUND, ("m_protein", "!=", ""))))
    desk.lay("L1", "dta", writers.stata(rows, "screening"), claim, rules="O19 O21 O22")
    lines: list[tuple[str, ...]] = []
    claims: list[Value | Count] = []
    for region in ("Hafn", "Sudur", "Vestur", "Fjord", "Austur", "Nordur"):
        for sex in "FM":
            where: Where = (("region", "=", region), ("sex", "=", sex))
            told = [
                study.value(column, where, "mean", 2)
                for column in ("hb", "creatinine", "vitamin_d")
            ]
            lines.append((region, sex, str(study.count(where)), *(one.printed for one in told)))
            claims += [study.counted(where), *told]
    grid = Grid(
        ("region", "sex", "n", "mean_hb", "mean_creatinine", "mean_vitamin_d"), tuple(lines)
    )
    desk.lay("S1", "dta", writers.stata(grid, "collapsed"), *claims)
    cross = study.cross(14, 60)
    desk.lay("S1", "dta", writers.stata(long(cross, "people")), *cross.claims())

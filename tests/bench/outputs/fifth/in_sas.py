"""[pure] Carme works in SAS: listings of FREQ, MEANS, UNIVARIATE, PRINT; logs; transport files."""

from collections.abc import Callable, Sequence

from tests.bench.outputs.fifth import writers
from tests.bench.outputs.fifth.in_r import limits, tell
from tests.bench.outputs.fifth.layouts import estimates, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Cross, Picks, Study, said, title
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Count, Dominated, Outside, Value, Where

_TOP = f"{'The SAS System':^78}{'1':>4}\n{'Monday, March 2, 2026 09:30:00':>82}\n\n"


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Carme's files."""
    for style, (kind, write, seen) in enumerate(_CROSSES):
        for low, high in limits(style):
            cross = study.cross(low, high, sides=5, heads=4)
            tell(desk, cross, kind, write(cross), "O01 O02 O10", seen)
    _means(desk, study)
    _rows(desk, study, picks)
    _logs(desk, study, picks)
    _models(desk, study)


def _freq(cross: Cross) -> bytes:
    lines = [f"{'The FREQ Procedure':^78}", "", f"Table of {cross.by[0]} by {cross.by[1]}", ""]
    lines += [f"WHERE: {said(cross.where)}", "", "Frequency|", "Percent  |", "Row Pct  |"]
    lines.append("Col Pct  |" + "".join(f"{one[:9]:<9}|" for one in cross.heads) + "  Total")
    rule = "---------+" + "---------+" * len(cross.heads)
    lines.append(rule)
    for side, own in zip(cross.sides, cross.n, strict=True):
        whole = sum(own)
        lines.append(f"{side[:9]:<9}|" + "".join(f"{n:>8} |" for n in own) + f"{whole:>7}")
        lines.append(
            "         |"
            + "".join(f"{100 * n / cross.total:>8.2f} |" for n in own)
            + f"{100 * whole / cross.total:>7.2f}"
        )
        lines.append("         |" + "".join(f"{100 * n / whole:>8.2f} |" for n in own))
        lines.append(
            "         |"
            + "".join(f"{100 * n / d:>8.2f} |" for n, d in zip(own, cross.down, strict=True))
        )
        lines.append(rule)
    lines.append("Total    " + "".join(f"{n:>9} " for n in cross.down) + f"{cross.total:>7}")
    lines.append(
        "         "
        + "".join(f"{100 * n / cross.total:>9.2f} " for n in cross.down)
        + f"{100:>7.2f}"
    )
    return (_TOP + "\n".join(lines) + "\n").encode()


def _ods(cross: Cross) -> bytes:
    style = "<style>.systemtitle {font-family: Arial;}</style>"
    table = writers.html_table(
        wide(cross), f"Table of {title(cross.by[0])} by {title(cross.by[1])}", "table proctitle"
    )
    where = f'<p class="byline">{said(cross.where).replace("<", "&lt;")}</p>'
    return writers.page("SAS Output", f'<div class="branch">{where}{table}</div>', head=style)


def _tabulate(cross: Cross) -> bytes:
    lines = [f"{'':20}|" + "".join(f"{one[:11]:^12}|" for one in cross.heads)]
    lines.append(f"{'':20}|" + "".join(f"{'N':>11} |" for _ in cross.heads))
    for side, own in zip(cross.sides, cross.n, strict=True):
        lines.append(f"{side:<20}|" + "".join(f"{n:>11} |" for n in own))
    return (f"{_TOP}{cross.name}\n\n" + "\n".join(lines) + "\n").encode()


_CROSSES: Sequence[tuple[str, Callable[[Cross], bytes], str]] = (
    ("lst", _freq, "O27"), ("html", _ods, ""), ("lst", _tabulate, "O27"),
)  # fmt: skip


def _means(desk: Desk, study: Study) -> None:
    columns = ("hb", "calcium", "creatinine", "b2m", "igg")
    for where, extremes in (((FOUND,), True), ((("sex", "=", "F"),), False)):
        rows, claims = [], []
        for column in columns:
            own = [study.value(column, where, name, 2) for name in ("mean", "sd")]
            digits = {"hb": 0, "creatinine": 0, "b2m": 1}.get(column, 2)
            tops = (
                [study.value(column, where, name, digits, True) for name in ("min", "max")]
                if extremes
                else []
            )
            claims += tops if extremes else own
            cells = (one.printed for one in (*own, *tops))
            rows.append((title(column), str(study.count(where)), *cells))
        if extremes:
            claims = [
                one
                for one in claims
                if (study.values(one.column, where) == float(one.printed)).sum() < 10
            ]
        head = ("Variable", "N", "Mean", "Std Dev", *(("Minimum", "Maximum") if extremes else ()))
        text = f"{_TOP}{'The MEANS Procedure':^78}\n\n{writers.fixed(Grid(head, tuple(rows)))}\n"
        if extremes:
            desk.lay("L11", "lst", text.encode(), *claims, rules="O08 O19 O21", seen="O27")
        else:
            desk.lay("S1", "lst", text.encode(), study.counted(where), *claims, seen="O27")
    _dominated(desk, study)


def _dominated(desk: Desk, study: Study) -> None:
    """Sums of cost; in some group of enough people one makes up most of it."""
    found: list[tuple[Where, float, int]] = []
    plain: list[tuple[str, int, Value]] = []
    for isotype in ("IgG", "IgA", "IgM", "light chain", "two"):
        for region in ("Hafn", "Sudur", "Vestur", "Fjord", "Austur", "Nordur", "Holm"):
            where: Where = (("isotype", "=", isotype), ("region", "=", region))
            values = sorted(study.values("cost_eur", where))
            if len(values) >= 12 and values[-1] > 0.55 * sum(values):
                found.append((where, sum(values), len(values)))
    for where, total, n in found[:2]:
        head = ("Isotype", "Region", "N", "Sum of cost, EUR")
        grid = Grid(head, ((where[0][2], where[1][2], str(n), f"{total:.0f}"),))
        text = f"{_TOP}{'The MEANS Procedure':^78}\n\n{writers.fixed(grid)}\n"
        claim = Dominated("people", "cost_eur", where, f"{total:.0f}")
        desk.lay(
            "L11",
            "lst",
            text.encode(),
            claim,
            Count("people", where, n),
            rules="O05 O06",
            seen="O27",
        )
    for settlement in ("town", "village"):
        where = (("settlement", "=", settlement), ("cost_eur", "<", "9000"))
        plain.append((settlement, study.count(where), study.value("cost_eur", where, "mean", 0)))
    grid = Grid(
        ("settlement", "n", "mean_cost_eur_below_9000"),
        tuple((a, str(n), v.printed) for a, n, v in plain),
    )
    counts = [Count("people", v.where, n) for _, n, v in plain]
    desk.lay("S1", "csv", writers.csv(grid), *(v for _, _, v in plain), *counts)


def _rows(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows(
        "marrow", ("screenee", "sampled_on", "plasma_percent", "fish", "karyotype"), 45
    )
    told = Grid(("Obs", *rows.columns), tuple((str(n), *row) for n, row in enumerate(rows.rows, 1)))
    desk.lay(
        "L1",
        "lst",
        f"{_TOP}{writers.fixed(told)}\n".encode(),
        claim,
        rules="O19 O21 O22",
        seen="O27",
    )
    rows, claim = picks.rows(
        "screened", ("screenee", "sex", "birth_year", "bmi", "hb", "ldh", "crp"), 350
    )
    desk.lay(
        "L1",
        "xpt",
        writers.xport(rows.named(("ID", "SEX", "BIRTHYR", "BMI", "HB", "LDH", "CRP"))),
        claim,
        rules="O19 O21 O22",
    )
    cross = study.cross(14, 70)
    rows = Grid(("GROUP", "LEVEL", "PEOPLE"), tuple((a, b, str(n)) for a, b, n in cross.cells()))
    desk.lay("S1", "xpt", writers.xport(rows), *cross.claims())
    where: Where = (("isotype", "=", "IgA"),)
    held = study.mask(where)
    values = sorted(((value, at) for at, value in enumerate(study.number("iga")) if held[at]))
    lines = [
        f"{low:>10.2f}{at:>9}{high:>14.2f}{top:>9}"
        for (low, at), (high, top) in zip(values[:5], values[-5:], strict=True)
    ]
    text = (
        f"{_TOP}{'The UNIVARIATE Procedure':^78}\n"
        f"{'Variable:  iga':^78}\n\n{'Extreme Observations':^42}\n"
        f"{'Lowest':^19}{'Highest':^25}\n{'Value':>10}{'Obs':>9}{'Value':>14}{'Obs':>9}\n"
        + "\n".join(lines)
        + "\n"
    )
    claims = [study.value("iga", where, name, 2, True) for name in ("min", "max")]
    desk.lay("L11", "lst", text.encode(), *claims, rules="O08 O19 O21", seen="O27")


def _logs(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows(
        "screened",
        ("screenee", "age", "m_protein", "kappa", "lambda", "risk"),
        7,
        study.mask((FOUND, ("m_protein", "!=", ""))),
    )
    put = "\n".join(
        " ".join(f"{name}={cell}" for name, cell in zip(rows.columns, row, strict=True))
        + " _ERROR_=0"
        for row in rows.rows
    )
    log = "12   data late;  set gammo.screened;  if lambda > 60 then put _all_;  run;\n\n"
    tail = "\nNOTE: The data set WORK.LATE has 2321 observations and 52 variables.\n"
    desk.lay("L10", "log", f"{log}{put}{tail}".encode(), claim, rules="O19 O21 O22", seen="O27")
    found = study.count((FOUND,))
    women = study.count((FOUND, ("sex", "=", "F")))
    text = (
        "1    libname gammo '.';\n2    data mgus; set gammo.screened; where isotype ne "
        "'none'; run;\n\n"
        f"NOTE: There were {found} observations read from the data set GAMMO.SCREENED.\n"
        f"NOTE: The data set WORK.MGUS has {found} observations and 52 variables.\n"
        f"NOTE: DATA statement used (Total process time):\n      real time           0.03 seconds\n"
        f"3    proc sql; select count(*) from mgus where sex='F'; quit;\n      {women}\n"
    )
    desk.lay(
        "S10",
        "log",
        text.encode(),
        study.counted((FOUND,)),
        study.counted((FOUND, ("sex", "=", "F"))),
        seen="O27",
    )
    code = (
        "proc format; value agef low-49='under 50' 50-59='50-59' 60-69='60-69' "
        "70-high='70+';\nrun;\n"
        "%macro tab(v);\n proc freq data=mgus; tables &v*sex / nocol nopercent; format age "
        "agef.; run;\n%mend;\n"
        "%tab(age) %tab(smoking) %tab(risk)\n"
    )
    desk.lay("S10", "sas", code.encode(), Outside("code that names columns only"), seen="O27")


def _models(desk: Desk, study: Study) -> None:
    fit = study.fit("logistic", (), "osteoporosis", ("age", "sex=M", "bmi", "kin=1"))
    rows = tuple((row[0], "1", *row[1:5]) for row in estimates(fit).rows)
    head = ("Parameter", "DF", "Estimate", "Error", "z", "Pr > |z|")
    text = (
        f"{_TOP}{'The LOGISTIC Procedure':^78}\n\nNumber of Observations Read {fit.n}\n"
        f"Number of Observations Used {fit.n}\n\n{writers.fixed(Grid(head, rows))}\n"
    )
    desk.lay("S3", "lst", text.encode(), fit.claim(), seen="O27 O30")
    fit = study.fit("poisson", (FOUND,), "dead", ("age", "sex=M", "hypertension=1"))
    table = writers.html_table(
        Grid(head, tuple((r[0], "1", *r[1:5]) for r in estimates(fit).rows)),
        "Analysis Of Parameter Estimates",
    )
    desk.lay(
        "S3",
        "html",
        writers.page("The GENMOD Procedure", table, f"<p>Observations used: {fit.n}</p>"),
        fit.claim(),
        seen="O30",
    )
    fit = study.fit("linear", (("region", "=", "Hafn"),), "igg", ("age", "sex=M", "vitamin_d"))
    desk.lay("S3", "xml", writers.xml(_named(estimates(fit)), "ParameterEstimate"), fit.claim())


def _named(grid: Grid) -> Grid:
    return grid.named([one.replace(".", "_") for one in grid.columns])

"""[pure] Rows that do not look like rows, changed numbers, needles, noise; and rows of nobody."""

import gzip
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from statistics import fmean, pstdev

import numpy as np

from tests.bench.outputs.fifth import office, screening, writers
from tests.bench.outputs.fifth.proof import Desk, Ranks
from tests.bench.outputs.fifth.study import FOUND, Picks, Study
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Nobody, Rows, Words

_ROWS = "O19 O21"
_MEASURES = ("age", "bmi", "kappa", "igg", "hb", "creatinine", "ldh")
_WORN = ("Alter", "BMI", "Kappa", "IgG", "Hb", "Kreatinin", "LDH")


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All files of this kind."""
    _renamed(desk, study, picks)
    _told(desk, study, picks)
    _scaled(desk, study, picks)
    _needles(desk, study, picks)
    _noised(desk, picks)
    _nobody(desk, study)


def _renamed(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows("screened", _MEASURES, 260)
    desk.lay("L2", "csv", writers.european(rows.named(_WORN)), claim, rules=_ROWS)
    rows, claim = picks.rows("screened", ("vitamin_d", "sex", "albumin", "crp", "b2m"), 300)
    mixed = rows.named(("v7", "v1", "v4", "v3", "v9"))
    desk.lay("L2", "tsv", writers.csv(mixed, "\t"), claim, rules=_ROWS)
    rows, claim = picks.rows(
        "screened", ("bmi", "kappa", "igm", "ldh", "cost_eur"), 30, study.mask((FOUND,))
    )
    across = Grid(
        ("marker", *(f"case {n}" for n in range(1, 31))),
        tuple((name, *rows.column(name)) for name in rows.columns),
    )
    desk.lay("L2", "xlsx", office.xlsx(across, "Profiles"), claim, rules=_ROWS)
    rows, claim = picks.rows("screened", ("age", "iga", "vitamin_d", "cost_eur"), 40)
    melted = tuple(
        (str(n), name, cell)
        for n, row in enumerate(rows.rows, 1)
        for name, cell in zip(rows.columns, row, strict=True)
    )
    desk.lay(
        "L2", "csv", writers.csv(Grid(("unit", "variable", "value"), melted)), claim, rules=_ROWS
    )
    rows, claim = picks.rows(
        "marrow",
        ("sampled_on", "plasma_percent", "karyotype", "fish"),
        60,
        how=("european", "same", "same", "same"),
    )
    desk.lay(
        "L2",
        "csv",
        writers.csv(rows.named(("Datum", "Plasmazellen", "Karyotyp", "FISH")), ";"),
        claim,
        rules=f"{_ROWS} O22",
    )
    rows, claim = picks.rows(
        "screened",
        ("screenee", "age", "kappa", "hb"),
        80,
        how=("short pepper", "same", "same", "same"),
    )
    desk.lay(
        "L2",
        "parquet",
        writers.parquet(rows.named(("key", "a", "k", "h"))),
        claim,
        rules=f"{_ROWS} O22",
    )
    rows, claim = picks.rows(
        "screened",
        ("birth_year", "region", "isotype", "risk", "weight_kg"),
        24,
        study.mask((FOUND,)),
    )
    desk.lay(
        "L2",
        "yaml",
        writers.as_yaml(
            {
                "figure_3": {
                    "panels": [
                        dict(zip(rows.columns, map(writers.typed, row), strict=True))
                        for row in rows.rows
                    ]
                }
            }
        ),
        claim,
        rules=_ROWS,
    )
    values = np.sort(study.number("cost_eur"))[::-1][:40]
    places = [
        int(np.flatnonzero(study.number("cost_eur") == one)[0])
        for one in dict.fromkeys(values.tolist())
    ][:30]
    rows, claim = picks.at("screened", ("cost_eur", "age"), places)
    ranked = Grid(
        ("rank", "cost", "age"), tuple((str(n), *row) for n, row in enumerate(rows.rows, 1))
    )
    desk.lay(
        "L2",
        "html",
        writers.page("Most costly", writers.html_table(ranked)),
        claim,
        rules=f"{_ROWS} O08",
    )


def _told(desk: Desk, study: Study, picks: Picks) -> None:
    held = study.mask((FOUND, ("m_protein", "!=", "")))
    rows, claim = picks.rows(
        "screened", ("age", "isotype", "m_protein", "kappa", "lambda", "hb"), 4, held
    )
    text = "\n\n".join(
        f"Case {n}. A participant of {age} years with {isotype} had an M protein of {spike} "
        f"g/L, kappa {kappa} and "
        f"lambda {lam} mg/L; the haemoglobin was {hb} g/L."
        for n, (age, isotype, spike, kappa, lam, hb) in enumerate(rows.rows, 1)
    )
    desk.lay(
        "L2",
        "docx",
        office.word("Illustrative cases", *text.split("\n\n")),
        claim,
        rules=f"{_ROWS} O23",
    )
    rows, claim = picks.rows(
        "screened", ("birth_year", "region", "m_protein", "creatinine", "b2m"), 3, held
    )
    text = "\n".join(
        (
            f"\\item born {year}, living in {region}: M protein \\SI{{{spike}}}{{g/L}}, "
            f"creatinine {creatinine}, beta-2 {b2m}"
        )
        for year, region, spike, creatinine, b2m in rows.rows
    )
    desk.lay(
        "L2",
        "tex",
        f"\\section{{Outliers}}\n\\begin{{itemize}}\n{text}\n\\end{{itemize}}\n".encode(),
        claim,
        rules=f"{_ROWS} O23",
    )
    rows, claim = picks.rows("contacts", ("note",), 4)
    quotes = [Words(at, row[0]) for at, row in zip(claim.at, rows.rows, strict=True)]
    text = "Participants' worries, in the nurses' words:\n\n" + "\n".join(
        f'> "{row[0]}"' for row in rows.rows
    )
    desk.lay("L2", "md", text.encode(), *quotes, rules="O23 O19 O21")
    rows, claim = picks.rows("screened", ("screenee", "age", "igg", "iga", "igm"), 70)
    lines = [" ".join(f"{cell:>12}" for cell in row) for row in (rows.columns, *rows.rows)]
    desk.lay(
        "L1",
        "pdf",
        writers.pdf(["Listing 16.2.1  Immunoglobulins by subject", "", *lines]),
        claim,
        rules=f"{_ROWS} O22",
    )
    rows, claim = picks.rows("screened", ("screenee", "sex", "age", "hb", "calcium"), 55)
    desk.lay("L1", "tex", writers.latex(rows, "", long=True).encode(), claim, rules=f"{_ROWS} O22")
    rows, claim = picks.rows("diagnoses", ("screenee", "icd10", "coded_on", "setting"), 500)
    desk.lay("L1", "csv.gz", gzip.compress(writers.csv(rows), mtime=0), claim, rules=f"{_ROWS} O22")


def _scaled(desk: Desk, study: Study, picks: Picks) -> None:
    ways = {}
    for name in ("age", "bmi", "kappa", "igg", "ldh"):
        own = study.number(name).tolist()
        ways[name] = f"shift {fmean(own)!r} {pstdev(own)!r}"
    rows, claim = picks.rows("screened", tuple(ways), 300, how=tuple(ways.values()))
    desk.lay(
        "L3",
        "csv",
        writers.csv(rows.named([f"z_{one}" for one in rows.columns])),
        claim,
        rules=_ROWS,
    )
    ends = {
        name: (float(study.number(name).min()), float(study.number(name).max()))
        for name in ("hb", "creatinine", "igm", "vitamin_d")
    }
    scaled = tuple(f"shift {low!r} {high - low!r}" for low, high in ends.values())
    rows, claim = picks.rows("screened", tuple(ends), 250, how=scaled)
    desk.lay("L3", "parquet", writers.parquet(rows), claim, rules=_ROWS)
    rows, claim = picks.rows("screened", ("kappa", "lambda", "ldh", "b2m"), 220, how=("log 4",) * 4)
    desk.lay(
        "L3", "dta", writers.stata(rows.named(("lnk", "lnl", "lnldh", "lnb2m"))), claim, rules=_ROWS
    )
    rows, claim = picks.rows(
        "screened",
        ("hb", "calcium", "creatinine", "height_cm", "weight_kg"),
        180,
        how=("times 0.1", "times 4.008", "times 0.01131", "times 0.3937", "times 2.2046"),
    )
    desk.lay(
        "L3",
        "xlsx",
        office.xlsx(rows.named(("Hb g/dL", "Ca mg/dL", "Crea mg/dL", "in", "lb")), "US units"),
        claim,
        rules=_ROWS,
    )
    rows, claim = picks.rows(
        "screened",
        ("age", "bmi", "kappa", "lambda", "igg", "ldh", "region"),
        240,
        how=("same", *("round",) * 5, "same"),
    )
    desk.lay("L3", "csv", writers.csv(rows), claim, rules=_ROWS)
    means = {arm: study.values("creatinine", (("arm", "=", arm),)) for arm in "AB"}
    own, spread = float(means["A"].mean()), float(means["A"].std())
    rows, claim = picks.rows(
        "screened",
        ("creatinine", "kappa", "cost_eur"),
        160,
        study.mask((("arm", "=", "A"),)),
        (f"shift {own!r} {spread!r}", "root 3", "log 3"),
    )
    desk.lay(
        "L3",
        "csv",
        writers.csv(rows.named(("crea_z", "kappa_root", "log_cost"))),
        claim,
        rules=_ROWS,
    )
    values = study.number("kappa")
    places = picks.places("screened", 150)
    order = {one: n for n, one in enumerate(np.unique(values).tolist(), 1)}
    ranks = tuple(order[float(values[at])] for at in places)
    rows, claim = picks.at("screened", ("igg", "age"), places)
    told = Grid(
        ("kappa_rank", "igg", "age"),
        tuple((str(rank), *row) for rank, row in zip(ranks, rows.rows, strict=True)),
    )
    desk.lay(
        "L3",
        "tsv",
        writers.csv(told, "\t"),
        claim,
        Ranks("kappa", tuple(places), ranks),
        rules=_ROWS,
    )


def _fresh(study: Study, names: Sequence[str], size: int, salt: int = 1) -> Grid:
    """Rows of other people of the same population; none of them is in the source."""
    other = screening.others(study.tables.seed + 7919 * salt, max(2000, 2 * size))
    real = set(study.people[list(names)].itertuples(index=False, name=None))
    rows = [row for row in other[list(names)].itertuples(index=False, name=None) if row not in real]
    return Grid(tuple(names), tuple(rows[:size]))


def _mixed(study: Study, names: Sequence[str], size: int) -> Grid:
    """Rows whose columns are shuffled one by one: margins stay, no row does."""
    dice = Random(f"mixed {study.tables.seed} {names}")
    columns = [dice.sample(list(study.people[name]), size + 40) for name in names]
    real = set(study.people[list(names)].itertuples(index=False, name=None))
    rows = [row for row in zip(*columns, strict=True) if row not in real]
    return Grid(tuple(names), tuple(rows[:size]))


def _needles(desk: Desk, study: Study, picks: Picks) -> None:
    names = ("age", "sex", "bmi", "kappa", "lambda", "igg", "hb", "creatinine")
    for kind, size, many in (
        ("csv", 400, 20),
        ("parquet", 300, 5),
        ("xlsx", 200, 5),
        ("csv", 150, 1),
        ("json", 250, 20),
        ("dta", 500, 20),
    ):
        made = (
            _mixed(study, names, size) if size in {400, 300} else _fresh(study, names, size, size)
        )
        rows, claim = picks.rows("screened", names, many)
        every = list(made.rows)
        for row in rows.rows:
            every.insert(picks.random.randrange(len(every)), row)
        grid = Grid(names, tuple(every))
        data = office.xlsx(grid) if kind == "xlsx" else writers.PLAIN[kind](grid)
        desk.lay("L4", kind, data, claim, rules=_ROWS)


def _noised(desk: Desk, picks: Picks) -> None:
    names = ("kappa", "lambda", "igg", "creatinine", "ldh")
    for noise, kind in ((0.01, "csv"), (0.02, "parquet"), (0.05, "csv"), (0.1, "dta")):
        rows, claim = picks.rows("screened", names, 200)
        changed = tuple(
            tuple(f"{float(cell) * picks.random.gauss(1, noise):.2f}" for cell in row)
            for row in rows.rows
        )
        own = Rows(claim.table, claim.columns, claim.at, changed, (), noise)
        grid = Grid(names, changed)
        data = writers.PLAIN[kind](grid)
        desk.lay("L5", kind, data, own, rules=_ROWS, apart=True)


def _nobody(desk: Desk, study: Study) -> None:
    """Made-up rows; the last kind is drawn from rounded two-way margins."""
    names = ("age", "sex", "bmi", "kappa", "igg", "hb", "creatinine")
    for kind, write, salt in (
        ("csv", writers.csv, 11),
        ("parquet", writers.parquet, 12),
        ("xlsx", office.xlsx, 13),
        ("rds", writers.rdata, 14),
    ):
        made = _fresh(study, names, 200, salt)
        desk.lay("S6", kind, write(made), Nobody("people", names, made.rows), seen="O20")
    coarse = ("sex", "region", "smoking", "isotype", "education", "settlement", "bmi", "igg")
    for kind in ("csv", "json", "dta"):
        made = _margins(study, coarse, 220, kind)
        desk.lay(
            "S5", kind, writers.PLAIN[kind](made), Nobody("people", coarse, made.rows), seen="O20"
        )
    made = _mixed(study, names, 180)
    labelled = Grid((*names, "origin"), tuple((*row, "synthetic") for row in made.rows))
    desk.lay("S5", "csv", writers.csv(labelled), Nobody("people", names, made.rows), seen="O20")


def _margins(study: Study, names: Sequence[str], size: int, salt: str) -> Grid:
    """Each level follows from the one before it by a margin rounded to ten; numbers from bands."""
    dice = Random(f"margins {study.tables.seed} {salt}")
    real = set(study.people[list(names)].itertuples(index=False, name=None))
    pairs: list[dict[str, dict[str, int]]] = []
    for one, two in pairwise(names[:6]):
        table: dict[str, dict[str, int]] = {}
        for (a, b), n in study.people.groupby([one, two]).size().items():
            table.setdefault(a, {})[b] = max(round(n / 10) * 10, 0)
        pairs.append(table)
    rows: list[tuple[str, ...]] = []
    while len(rows) < size:
        row = [dice.choice(("F", "M"))]
        for table in pairs:
            levels = table[row[-1]]
            row.append(dice.choices(list(levels), [n + 0.001 for n in levels.values()])[0])
        row += [f"{dice.uniform(19, 38):.1f}", f"{dice.uniform(6, 16):.2f}"]
        if tuple(row) not in real:
            rows.append(tuple(row))
    return Grid(tuple(names), tuple(rows))

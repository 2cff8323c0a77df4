"""[pure] Rows of single people: as they are, renamed, scaled, among made-up ones, with noise.

Beside them what looks alike and is nobody's: rows of another draw of the same clinics, and rows
from rounded margins.
"""

import json
from collections.abc import Callable, Sequence

import numpy as np
import yaml

from tests.bench.outputs.boxes_binary import sqlite
from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import (
    csv,
    european,
    frame,
    mail,
    parquet,
    pdf,
    rdata,
    spss,
    stata,
    zipped,
)
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth import clinics
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import page, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Study
from tests.bench.outputs.third.facts import Nobody, Rows

WIDE = ("patient", "sex", "age", "region", "indication", "drug", "hb", "egfr", "ttr", "bled_days")
FACTS = ("age", "height_cm", "weight_kg", "creatinine", "hb", "platelets", "d_dimer", "egfr")
COURSE = ("patient", "visit", "day", "value", "weekly_mg", "next_days", "place")
_ASKED = (
    b"# asked for by the second author for figure two; to be deleted after the revision is sent\n"
)


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _plain(desk, study)
    _odd(desk, study)
    _renamed(desk, study)
    _joined(desk, study)
    _scaled(desk, study)
    _mixed(desk, study)
    _noised(desk, study)
    _made_up(desk, study)


def _plain(desk: Desk, study: Study) -> None:
    """An extract, in whatever the analyst's program saves."""
    ways: Sequence[tuple[str, Callable[[Grid], bytes], str, Sequence[str], int]] = (
        ("csv", csv, "patients", WIDE, 120),
        ("tsv", lambda grid: csv(grid, "\t"), "inr", COURSE, 300),
        ("csv", european, "patients", WIDE[1:], 60),
        ("parquet", parquet, "patients", WIDE, 400),
        ("dta", stata, "patients", WIDE[1:], 80),
        ("sav", spss, "patients", WIDE, 90),
        ("rds", rdata, "patients", WIDE, 110),
        ("sqlite", sqlite, "patients", WIDE, 150),
        ("xlsx", office.xlsx, "bleeds", ("patient", "day", "site", "grade", "hb_drop"), 40),
    )
    for kind, write, name, columns, size in ways:
        grid, claim = study.rows(name, columns, size)
        desk.lay("L1", kind, write(grid), claim, rules="O19 O22")


def _odd(desk: Desk, study: Study) -> None:
    """Extracts in a text, a letter, a list of mappings, an archive."""
    grid, claim = study.rows("patients", WIDE[:8], 12)
    body = f"<h3>To be checked</h3>{table(grid.columns, grid.rows)}"
    desk.lay("L1", "html", page("Outliers", body), claim, rules="O19 O22")
    grid, claim = study.rows("patients", WIDE, 15)
    records = [dict(zip(grid.columns, row, strict=True)) for row in grid.rows]
    text = yaml.safe_dump({"examples": records}, sort_keys=False)
    desk.lay("L1", "yaml", text.encode(), claim, rules="O19 O22")
    grid, claim = study.rows("patients", WIDE, 50)
    data = zipped({"readme.txt": "for the second author\n", "data/extract.csv": csv(grid)})
    desk.lay("L1", "zip", data, claim, rules="O19 O22")
    grid, claim = study.rows("patients", WIDE[1:], 25)
    letter = mail("extract", "as promised on the phone", {"extract.csv": csv(grid) + _ASKED})
    desk.lay("L1", "eml", letter, claim, rules="O19")
    grid, claim = study.rows("patients", ("patient", "age", "sex", "cost_eur", "hospital_days"), 40)
    desk.lay("L1", "pdf", pdf(["Appendix 3", "", *aligned([grid.columns, *grid.rows], 2)]), claim,
             rules="O19 O22")  # fmt: skip
    grid, claim = study.rows("calls", ("day", "typed"), 8)
    quotes = [f"Day {day}: “{typed}”" for day, typed in grid.rows]
    desk.lay("L1", "docx", word("Quotations for the discussion", *quotes), claim, rules="O19 O23")


def _renamed(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", FACTS, 150)
    data = csv(grid.named([f"v{n}" for n in range(1, 9)]).pick(["v5", "v2", "v8", "v1", "v3"]))
    picked = [FACTS[n] for n in (4, 1, 7, 0, 2)]
    cells = grid.pick(picked).rows
    claim = Rows("people", tuple(picked), claim.at, cells)
    desk.lay("L2", "csv", data, claim, rules="O19")
    grid, claim = study.rows("patients", WIDE[1:], 30)
    turned = Grid(("field", *(f"p{n:03d}" for n in range(1, 31))),
                  tuple((name, *grid.column(name)) for name in grid.columns))  # fmt: skip
    desk.lay("L2", "xlsx", office.xlsx(turned), claim, rules="O19")
    grid, claim = study.rows("patients", ("birth_year", *FACTS[1:6]), 100)
    held = {name: [float(one) for one in grid.column(name)] for name in grid.columns}
    desk.lay("L2", "json", json.dumps({"columns": held, "n": 100}).encode(), claim, rules="O19")
    grid, claim = study.rows("patients", ("patient", "age", "drug", "bled_days"), 80,
                             ("short clinics", "same", "upper", "same"))  # fmt: skip
    desk.lay("L2", "tsv", csv(grid.named(("key", "a", "trt", "t")), "\t"), claim, rules="O19")
    grid, claim = study.rows("patients", ("start_date", "icd10", "atc", "dose_mg", "ttr"), 60,
                             ("european", "same", "same", "same", "comma"))  # fmt: skip
    desk.lay(
        "L2",
        "csv",
        csv(grid.named(("Beginn", "Diagnose", "ATC", "Dosis", "TTR")), ";"),
        claim,
        rules="O19",
    )


def _joined(desk: Desk, study: Study) -> None:
    """Cells glued to one text, a course in one line, two records in one row."""
    grid, claim = study.rows(
        "patients", ("age", "sex", "hb", "platelets", "d_dimer", "factor8"), 90
    )
    glued = Grid(("label",), tuple(("|".join(row),) for row in grid.rows))
    desk.lay("L2", "csv", csv(glued), claim, rules="O19")
    people = study.text("patient", "inr")
    some = [str(one) for one in study.random.choice(np.unique(people), 25, replace=False)]
    at = [int(n) for n in np.flatnonzero(np.isin(people, some))]
    grid, claim = study.these("inr", ("day", "value", "weekly_mg"), at)
    lines: dict[str, list[str]] = {}
    for n, row in zip(at, grid.rows, strict=True):
        lines.setdefault(str(people[n]), []).extend(row)
    text = "\n".join(f"course {n} {' '.join(own)}" for n, own in enumerate(lines.values(), 1))
    desk.lay("L2", "txt", (text + "\n").encode(), claim, rules="O19")
    grid, claim = study.rows("scans", ("month", "vein", "diameter_mm", "open_percent", "score"), 60)
    pairs = [{"left": dict(zip(grid.columns, a, strict=True)),
              "right": dict(zip(grid.columns, b, strict=True))}
             for a, b in zip(grid.rows[::2], grid.rows[1::2], strict=True)]  # fmt: skip
    desk.lay(
        "L2", "ndjson", ("\n".join(map(json.dumps, pairs)) + "\n").encode(), claim, rules="O19"
    )


def _scaled(desk: Desk, study: Study) -> None:
    twice = ("log2 5", "log2 5")
    four = ("height_cm", "platelets", "d_dimer", "cost_eur")

    def z(column: str) -> str:
        values = study.numbers(column)
        return f"shift {values.mean():.6f} {values.std():.6f}"

    ways: Sequence[tuple[str, Callable[[Grid], bytes], Sequence[str], Sequence[str]]] = (
        ("csv", csv, four, [z(name) for name in four]),
        ("parquet", parquet, ("creatinine", *four[1:]), ["log 4"] * 4),
        ("tsv", lambda grid: csv(grid, "\t"), ("weight_kg", "egfr", *four), ["round"] * 6),
        ("csv", csv, ("age", "platelets", "d_dimer", "cost_eur"), ["same", *twice, "root 4"]),
        ("rds", rdata, ("height_cm", "weight_kg", "creatinine", "hb"),
         ["times 0.01", "times 2.2046", "times 0.0113", "times 0.1"]),
        ("xlsx", office.xlsx, ("start_date", "age", "bled_days", "died_days"),
         ["days", "same", "same", "same"]),
        ("csv", csv, ("start_date", "drug", "hb", "crp", "cost_eur"),
         ["month", "same", "same", "round", "log 3"]),
    )  # fmt: skip
    for kind, write, columns, how in ways:
        grid, claim = study.rows("patients", columns, 90, how)
        named = grid.named([f"{name}_s" for name in columns])
        desk.lay("L3", kind, write(named), claim, rules="O19")
    women = (("sex", "=", "female"),)
    columns = ("hb", "platelets", "factor8", "d_dimer")
    own = [study.numbers(name, women) for name in columns]
    how = [f"shift {one.mean():.6f} {one.std(ddof=1):.6f}" for one in own]
    grid, claim = study.rows("patients", columns, 70, how, women)
    desk.lay(
        "L3",
        "json",
        json.dumps(
            {"z_within_sex": [[float(c) for c in row] for row in grid.rows]}, indent=0
        ).encode(),
        claim,
        rules="O19",
    )


def _others(study: Study, columns: Sequence[str], size: int) -> Grid:
    """Rows of another draw of the clinics, none of them a row of this one."""
    drawn = study.twin["patients"]
    held = set(zip(*(study.text(name) for name in columns), strict=True))
    start = int(study.random.integers(0, len(drawn) // 2))
    rows = [tuple(row) for row in drawn[list(columns)].to_numpy()[start:] if tuple(row) not in held]
    return Grid(tuple(columns), tuple(rows[:size]))


def _mixed(desk: Desk, study: Study) -> None:
    """One, three, eight or twenty people among many who do not exist."""
    columns = ("sex", "age", "indication", "drug", "weight_kg", "hb", "platelets", "d_dimer")
    ways: Sequence[tuple[str, Callable[[Grid], bytes], int, int]] = (
        ("csv", csv, 1, 200), ("csv", csv, 3, 150), ("parquet", parquet, 5, 400),
        ("xlsx", office.xlsx, 8, 120), ("tsv", lambda grid: csv(grid, "\t"), 20, 480),
        ("dta", stata, 12, 300),
    )  # fmt: skip
    for kind, write, few, many in ways:
        real, claim = study.rows("patients", columns, few)
        body = [*real.rows, *_others(study, columns, many).rows]
        order = study.random.permutation(len(body))
        mixed = Grid(columns, tuple(body[n] for n in order))
        desk.lay("L4", kind, write(mixed), claim, rules="O19", seen="O20 O01")


def _noised(desk: Desk, study: Study) -> None:
    for noise, size in ((0.01, 100), (0.02, 200), (0.05, 150)):
        grid, claim = study.rows("patients", FACTS, size)
        shaken = tuple(
            tuple(
                f"{float(cell) * (1 + noise * study.random.standard_normal()):.1f}" for cell in row
            )
            for row in grid.rows
        )
        own = Rows("people", FACTS, claim.at, shaken, (), noise)
        desk.lay("L5", "csv", csv(Grid(FACTS, shaken)), own, rules="O19 O20", apart=True)


def _made_up(desk: Desk, study: Study) -> None:
    """Nobody's rows: from margins, and drawn anew."""
    columns = ("sex", "age_group", "region", "indication", "drug", "school", "blood_group", "ppi")
    for kind, write, size in (
        ("csv", csv, 200),
        ("parquet", parquet, 500),
        ("xlsx", office.xlsx, 80),
    ):
        grid = _from_margins(study, columns, size)
        desk.lay("S5", kind, write(grid), Nobody("people", grid.columns, grid.rows), seen="O20 O01")
    columns = ("sex", "age", "indication", "drug", "weight_kg", "hb", "platelets", "d_dimer")
    anew: Sequence[tuple[str, Callable[[Grid], bytes]]] = (
        ("csv", csv), ("parquet", parquet), ("rds", rdata), ("json", _records),
    )  # fmt: skip
    for kind, box in anew:
        grid = _others(study, columns, 180)
        desk.lay("S6", kind, box(grid), Nobody("people", columns, grid.rows), seen="O20 O01")


def _records(grid: Grid) -> bytes:
    return str(frame(grid).to_json(orient="records", indent=1)).encode()


def _from_margins(study: Study, columns: Sequence[str], size: int) -> Grid:
    """Each column drawn from counts rounded to 50, two numbers from their rounded mean and sd."""
    drawn: list[Sequence[str]] = []
    for column in columns:
        levels = clinics.LEVELS[column]
        counts = [round(int((study.text(column) == one).sum()) / 50) * 50 for one in levels]
        own = study.random.choice(levels, size, p=np.array(counts) / sum(counts))
        drawn.append([str(one) for one in own])
    for column in ("height_cm", "platelets"):
        values = study.numbers(column)
        middle, spread = round(values.mean(), -1), round(values.std(), -1)
        drawn.append([f"{one:.0f}" for one in study.random.normal(middle, spread, size)])
    rows = tuple(zip(*drawn, strict=True))
    return Grid((*columns, "height_cm", "platelets"), rows)

"""Families L1 to L10 and S1 to S10: rows of people in any container and disguise, and twins."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from tests.bench.outputs import boxes_pictures as pictures
from tests.bench.outputs.boxes_binary import BINARY_BOXES, MODEL_BOXES, parquet
from tests.bench.outputs.boxes_office import HIDING_BOXES, OFFICE_BOXES, xlsx
from tests.bench.outputs.boxes_text import (
    CODE_BOXES,
    NOTEBOOK_BOXES,
    REPORT_BOXES,
    TEXT_BOXES,
    csv,
    json_records,
    markdown,
)
from tests.bench.outputs.grid import Box, Grid
from tests.bench.outputs.population import FACTS, fresh
from tests.bench.outputs.shelf import Shelf
from tests.bench.outputs.summaries import by_group, crossed, described, digits, known, survival

Tables = Mapping[str, Grid]
_ROWS = ("O19",)
_FAMILIES: tuple[
    tuple[int, Mapping[str, tuple[str, Box]], tuple[str, ...], tuple[str, ...]], ...
] = (
    (1, TEXT_BOXES, (), ()),
    (1, OFFICE_BOXES, (), ()),
    (1, BINARY_BOXES, (), ()),
    (6, HIDING_BOXES, ("O28",), ("O28",)),
    (7, NOTEBOOK_BOXES, ("O28",), ("O28",)),
    (8, REPORT_BOXES, ("O28",), ("O28", "O35")),
    (8, pictures.FIGURE_BOXES, ("O28",), ("O28", "O17", "O18")),
    (9, MODEL_BOXES, ("O25", "O26"), ("O25",)),
    (10, CODE_BOXES, ("O27",), ("O27",)),
)
"""Family, its containers, rules that may name the leak beside O19, and rules that send a file of
this kind to people whatever is in it."""


def containers(shelf: Shelf, tables: Tables) -> None:
    """The same thirty rows, or a table that may leave, in every container."""
    people = tables["patients"]
    safe = by_group(people, ["diagnosis", "sex", "risk"], ["age_dx", "hb", "ldh"], "dead")
    for family, boxes, also, seen in _FAMILIES:
        for kind, (ending, box) in boxes.items():
            rows = shelf.random.sample(range(len(people.rows)), 30)
            leak = people.take(rows).pick(FACTS)
            shelf.add(f"L{family}", kind, ending, box(leak), *_ROWS, *also, people=30)
            size = shelf.random.randrange(28, len(safe.rows) + 1)
            twin = safe.take(sorted(shelf.random.sample(range(len(safe.rows)), size)))
            shelf.add(f"S{family}", kind, ending, box(twin), seen_by=seen)


def figures(shelf: Shelf, tables: Tables) -> None:
    """Scatters with one mark a person; bars from a table that may leave."""
    people = tables["patients"].take(shelf.random.sample(range(len(tables["patients"].rows)), 200))
    days, blood = known(people, "os_days"), known(people, "ldh")
    for kind, draw in (("svg-scatter", pictures.scatter), ("pdf-scatter", pictures.pdf_scatter)):
        shelf.add("L8", kind, kind[:3], draw(days, blood), "O18", "O19", people=200)
    counted = crossed(tables["patients"], "diagnosis", "risk")
    totals = [float(cell) for cell in counted.column("total")[:-1]]
    shelf.add("S8", "svg-bars", "svg", pictures.bars(totals, counted.column("diagnosis")[:-1]),
              seen_by=("O17",))  # fmt: skip
    steps = survival(tables["patients"], "os_days", "dead", 180)
    text = described(tables["patients"], ["hb", "ldh"])
    shelf.add("S8", "pdf-text", "pdf", pictures.pdf_text(steps), seen_by=("O17", "O18"))
    shelf.add("S8", "pdf-text", "pdf", pictures.pdf_text(text), seen_by=("O17", "O18"))


def disguises(shelf: Shelf, tables: Tables) -> None:
    """L2: the same people under other names, orders and shapes. S2: tables shaped like that."""
    people = tables["patients"]
    for box_number, (ending, box) in enumerate(
        (("csv", csv), ("json", json_records), ("xlsx", xlsx))
    ):
        for kind, change in _SHAPES.items():
            rows = shelf.random.sample(range(len(people.rows)), 40)
            leak = change(people.take(rows).pick(FACTS), tables, people.take(rows).column("pid"))
            shelf.add("L2", kind, ending, box(leak), *_ROWS, people=40)
        for kind, table in _safe_shapes(people, box_number).items():
            shelf.add("S2", kind, ending, box(table))


Change = Callable[[Grid, Tables, Sequence[str]], Grid]


def _renamed(rows: Grid, _tables: Tables, _pids: Sequence[str]) -> Grid:
    names = list(rows.columns[::-1])
    return rows.pick(names).named([f"v{at}" for at in range(len(names))])


def transposed(rows: Grid) -> Grid:
    """Turn rows into columns."""
    body = tuple((name, *rows.column(name)) for name in rows.columns)
    return Grid(("", *(str(at) for at in range(1, len(rows.rows) + 1))), body)


def melted(rows: Grid) -> Grid:
    """One line a cell."""
    body = tuple(
        (str(at), name, cell)
        for at, row in enumerate(rows.rows, 1)
        for name, cell in zip(rows.columns, row, strict=True)
    )
    return Grid(("row", "variable", "value"), body)


def _joined(rows: Grid, tables: Tables, pids: Sequence[str]) -> Grid:
    first = {row[0]: row[1:] for row in reversed(tables["lines"].rows)}
    kept = rows.pick(["age_dx", "hb", "wbc", "ldh", "os_days"])
    body = tuple((*row, *first[pid]) for row, pid in zip(kept.rows, pids, strict=True))
    return Grid((*kept.columns, *tables["lines"].columns[1:]), body)


def _visits(rows: Grid, tables: Tables, pids: Sequence[str]) -> Grid:
    own = set(pids)
    body = tuple(row[1:] for row in tables["visits"].rows if row[0] in own)
    return Grid(tables["visits"].columns[1:], body)


def _wide_visits(rows: Grid, tables: Tables, pids: Sequence[str]) -> Grid:
    body = []
    for pid in pids:
        seen = [row for row in tables["visits"].rows if row[0] == pid]
        cells = [cell for row in [*seen, *[("",) * 6] * 3][:3] for cell in (row[1], row[2], row[4])]
        body.append(tuple(cells))
    return Grid(
        tuple(f"{name}_{at}" for at in (1, 2, 3) for name in ("day", "hb", "plt")), tuple(body)
    )


def _genes(rows: Grid, tables: Tables, pids: Sequence[str]) -> Grid:
    own = set(pids)
    body = tuple(row[1:] for row in tables["genes"].rows if row[0] in own)
    return Grid(tables["genes"].columns[1:], body)


def _packed(rows: Grid, _tables: Tables, _pids: Sequence[str]) -> Grid:
    body = tuple((str(at), ";".join(row)) for at, row in enumerate(rows.rows, 1))
    return Grid(("number", "record"), body)


def _recoded(rows: Grid, _tables: Tables, _pids: Sequence[str]) -> Grid:
    changed = rows
    for name in ("sex", "diagnosis", "hospital", "risk"):
        kinds = sorted(set(rows.column(name)))
        changed = changed.change(name, lambda cell, kinds=kinds: str(kinds.index(cell)))  # type: ignore[misc]
    return changed


_SHAPES: Mapping[str, Change] = {
    "renamed-reordered": _renamed,
    "four-columns": lambda rows, *_: rows.pick(["hb", "wbc", "ldh", "os_days"]),
    "transposed": lambda rows, *_: transposed(rows),
    "melted": lambda rows, *_: melted(rows),
    "two-tables-joined": _joined,
    "visits": _visits,
    "visits-wide": _wide_visits,
    "genes": _genes,
    "packed-cells": _packed,
    "recoded": _recoded,
}


def _safe_shapes(people: Grid, turn: int) -> Mapping[str, Grid]:
    base = (5, 10, 6)[turn]
    per_hospital = by_group(people, ["hospital"], ["age_dx", "hb"])
    per_year = by_group(people, ["dx_year"], ["age_dx"], "dead")
    return {
        "crossed": crossed(people, "diagnosis", "risk"),
        "crossed-rounded": crossed(people, "diagnosis", "sex", base),
        "crossed-years": crossed(people, "dx_year", "sex", 10),
        "per-hospital": per_hospital,
        "per-year": per_year,
        "transposed": transposed(per_year.pick(["dx_year", "n", "deaths"])),
        "melted": melted(per_hospital.pick(["hospital", "n", "mean_age_dx"])),
        "described": described(people, ["age_dx", "hb", "wbc", "plt", "ldh", "creatinine"]),
        "shares": _shares(people),
        "packed-cells": _count_percent(people),
    }


def _shares(people: Grid) -> Grid:
    table = by_group(people, ["diagnosis"], [], "dead")
    return table.pick(["diagnosis", "deaths", "n", "percent_dead"])


def _count_percent(people: Grid) -> Grid:
    table = by_group(people, ["ecog", "sex"], [], "dead")
    body = tuple((row[0], row[1], row[2], f"{row[3]} ({row[4]}%)") for row in table.rows)
    return Grid(("ecog", "sex", "n", "deaths (%)"), body)


Number = Callable[[float], float]


def scales(shelf: Shelf, tables: Tables) -> None:
    """L3: numbers scaled, logged, rounded. S3: numbers that are no counts and no people."""
    people = tables["patients"]
    names = ["age_dx", "hb", "wbc", "plt", "ldh", "creatinine", "os_days"]
    for kind, make in _SCALES.items():
        for ending, box in (("csv", csv), ("parquet", parquet)):
            rows = shelf.random.sample(range(len(people.rows)), 60)
            leak = people.take(rows).pick(names)
            for name in names:
                every = known(people, name)
                change = make(every, known(leak, name))
                leak = leak.change(name, lambda cell, change=change: f"{change(float(cell)):.6g}")  # type: ignore[misc]
            shelf.add("L3", kind, ending, box(leak), *_ROWS, people=60)
    grouped = _per_group(people.take(shelf.random.sample(range(len(people.rows)), 60)), people)
    shelf.add("L3", "z-per-group", "csv", csv(grouped), *_ROWS, people=60)
    rounded = people.take(shelf.random.sample(range(len(people.rows)), 60)).pick(
        ["age_dx", "sex", "dx_year", "diagnosis", *names[1:]])  # fmt: skip
    for name in names[1:]:
        rounded = rounded.change(name, lambda cell: f"{float(cell):.0f}")
    shelf.add("L3", "whole-numbers", "csv", csv(rounded), *_ROWS, people=60)
    for kind, table in hard_safe(shelf, people).items():
        for ending, box in (("csv", csv), ("md", markdown)):
            shelf.add("S3", kind, ending, box(table))


def _z(every: Sequence[float], own: Sequence[float]) -> Number:
    mean = fmean(every)
    spread = _spread(every, mean)
    return lambda value: (value - mean) / spread


def _z_sample(every: Sequence[float], own: Sequence[float]) -> Number:
    mean = fmean(every)
    spread = _spread(every, mean, missing=1)
    return lambda value: (value - mean) / spread


def _z_own(every: Sequence[float], own: Sequence[float]) -> Number:
    return _z(own, own)


def _min_max(every: Sequence[float], own: Sequence[float]) -> Number:
    low, high = min(every), max(every)
    return lambda value: (value - low) / (high - low)


def _minus(mean: float) -> Number:
    return lambda value: value - mean


def _rounded(change: Number) -> Number:
    return lambda value: round(change(value), 2)


def _spread(values: Sequence[float], mean: float, missing: int = 0) -> float:
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / (len(values) - missing))


_SCALES: Mapping[str, Callable[[Sequence[float], Sequence[float]], Number]] = {
    "z": _z,
    "z-sample-deviation": _z_sample,
    "z-of-subset": _z_own,
    "min-max": _min_max,
    "log": lambda *_: math.log,
    "log1p": lambda *_: math.log1p,
    "log2": lambda *_: math.log2,
    "log10": lambda *_: math.log10,
    "square-root": lambda *_: math.sqrt,
    "other-unit": lambda *_: lambda value: value * 88.42,
    "centred": lambda every, _own: _minus(fmean(every)),
    "z-two-decimals": lambda every, own: _rounded(_z(every, own)),
}


def _per_group(leak: Grid, people: Grid) -> Grid:
    names = ["hb", "wbc", "plt", "ldh", "creatinine"]
    at = people.columns.index("diagnosis")
    body = []
    for row in leak.rows:
        members = Grid(people.columns, tuple(own for own in people.rows if own[at] == row[at]))
        cells = [
            f"{_z(known(members, name), ())(float(row[people.columns.index(name)])):.6g}"
            for name in names
        ]
        body.append((row[at], *cells))
    return Grid(("diagnosis", *names), tuple(body))


def hard_safe(shelf: Shelf, people: Grid) -> Mapping[str, Grid]:
    """Tables full of small or odd numbers, none of which is a person."""
    random = shelf.random
    terms = ["age (10 years)", "male sex", "ECOG 2-4", "haemoglobin", "LDH (log)", "TP53", "FLT3"]

    def estimate(low: float, high: float) -> tuple[str, ...]:
        beta, error = random.uniform(low, high), random.uniform(0.04, 0.3)
        return (f"{beta:.3f}", f"{math.exp(beta):.2f}", f"{error:.3f}",
                f"{math.exp(beta - 1.96 * error):.2f}", f"{math.exp(beta + 1.96 * error):.2f}",
                f"{random.random() ** 4:.3f}")  # fmt: skip

    cox = tuple((term, *estimate(-0.6, 0.9)) for term in terms)
    ranks = tuple((str(at), name, str(random.randrange(400, 3000)))
                  for at, name in enumerate(("AML", "MDS", "CML", "CLL", "MM"), 1))  # fmt: skip
    doses = tuple((drug, str(mg), str(days), str(cycles)) for drug, mg, days, cycles in (
        ("azacitidine", 75, 7, 6), ("venetoclax", 400, 28, 6), ("imatinib", 400, 28, 12),
        ("daunorubicin", 60, 3, 2), ("cytarabine", 200, 7, 2), ("lenalidomide", 25, 21, 8),
        ("dexamethasone", 40, 4, 8), ("bortezomib", 1, 4, 8)))  # fmt: skip
    planned = tuple(
        (arm, str(n), power, str(years))
        for arm, n, power, years in (
            ("low risk", 120, "0.80", 3),
            ("standard risk", 250, "0.90", 5),
            ("high risk", 80, "0.80", 4),
        )
    )
    names = ["age", "hb", "wbc", "plt", "ldh"]
    matrix = tuple(
        (name, *("1" if a == b else f"{random.uniform(-0.6, 0.6):.2f}" for b in range(len(names))))
        for a, name in enumerate(names)
    )
    stages = tuple((str(stage), str(random.randrange(400, 4000)), f"{random.uniform(9, 12):.1f}")
                   for stage in (1, 2, 3, 4))  # fmt: skip
    fit = (("log likelihood", f"{-random.uniform(900, 4000):.1f}"), ("df", "7"),
           ("AIC", f"{random.uniform(2000, 9000):.1f}"), ("concordance", "0.71"),
           ("observations", str(random.randrange(4000, 9000))))  # fmt: skip
    hazard = tuple(
        (
            term,
            "-".join(
                (
                    f"{random.uniform(0.4, 3):.2f} ({random.uniform(0.2, 0.4):.2f}",
                    f"{random.uniform(3, 6):.2f})",
                )
            ),
            f"{random.random():.3f}",
        )
        for term in terms
    )
    cuts = tuple(
        (name, str(low), str(high))
        for name, low, high in (
            ("haemoglobin", 8, 10),
            ("platelets", 50, 100),
            ("blasts", 5, 10),
            ("neutrophils", 0, 1),
        )
    )
    years = tuple((str(year), str(random.randrange(500, 900))) for year in range(2001, 2026))
    codes = tuple(
        (code, text, str(random.randrange(200, 4000)))
        for code, text in (
            ("9861", "AML"),
            ("9989", "MDS"),
            ("9875", "CML"),
            ("9732", "MM"),
            ("9960", "MPN"),
        )
    )
    visits = tuple(
        (str(day), str(random.randrange(2000, 6000) - 40 * day), f"{random.uniform(9, 11):.1f}")
        for day in (1, 2, 3, 5, 8, 15, 22, 29)
    )
    settings = (("learning rate", "0.1"), ("trees", "300"), ("depth", "4"), ("folds", "5"),
                ("seed", "7"), ("leaf size", "9"))  # fmt: skip
    return {
        "cox": Grid(("term", "coef", "hazard_ratio", "se", "ci_low", "ci_high", "p"), cox),
        "hazard-ratios": Grid(("term", "HR (95% CI)", "p"), hazard),
        "model-fit": Grid(("measure", "value"), fit),
        "ranks": Grid(("rank", "diagnosis", "patients"), ranks),
        "doses": Grid(("drug", "dose_mg", "days", "cycles"), doses),
        "planned": Grid(("arm", "planned_n", "power", "follow_up_years"), planned),
        "correlations": Grid(("", *names), matrix),
        "stages": Grid(("iss_stage", "n", "mean_hb"), stages),
        "cut-offs": Grid(("marker", "lower", "upper"), cuts),
        "years": Grid(("year", "new_cases"), years),
        "codes": Grid(("icd_o_3", "diagnosis", "n"), codes),
        "visit-days": Grid(("visit_day", "n", "mean_hb"), visits),
        "settings": Grid(("setting", "value"), settings),
    }


_MEASURED = ("sex", "diagnosis", "hb", "wbc", "blasts", "creatinine", "b2m", "risk")
_ROW_SHAPED = ("O20", "O01")
"""Tables shaped like one row per person go to people (O20), and so do small whole numbers of which
nobody can say what they count (O01): that is what the shipped rules say of nobody's rows too."""


def needles(shelf: Shelf, tables: Tables, seed: int) -> None:
    """L4 and L5: few true rows among others, noise, single columns. S4 to S6: nobody's rows."""
    people = tables["patients"]
    pick = shelf.random.sample
    for count in (1, 5, 20):
        drawn = fresh(seed + count, 200).pick(FACTS)
        own = people.take(pick(range(len(people.rows)), count)).pick(FACTS)
        for kind, others in (
            ("drawn", drawn.rows),
            ("shuffled", _shuffled(shelf, people, 200).rows),
        ):
            body = list(others)
            for place, row in zip(pick(range(200), count), own.rows, strict=True):
                body[place] = row
            shelf.add("L4", f"{count}-among-{kind}", "csv", csv(Grid(FACTS, tuple(body))), *_ROWS,
                      people=count, seen_by=_ROW_SHAPED)  # fmt: skip
        for ending, box in (("csv", csv), ("xlsx", xlsx)):
            mixed = _with_examples(people, own)
            shelf.add("L4", f"{count}-in-aggregate", ending, box(mixed), *_ROWS, people=count)
    for percent in (1, 2, 5, 10):
        own = people.take(pick(range(len(people.rows)), 60)).pick(
            ["hb", "wbc", "plt", "ldh", "creatinine"])  # fmt: skip
        for name in own.columns:
            own = own.change(name, lambda cell, p=percent: (  # type: ignore[misc]
                f"{float(cell) * (1 + shelf.random.gauss(0, p / 100)):.4g}"))  # fmt: skip
        shelf.add(
            "L5", f"noise-{percent}", "csv", csv(own), *_ROWS, "O20", "O21", people=60, apart=True
        )
    for name in ("wbc", "ldh", "os_days", "note"):
        own = people.take(pick(range(len(people.rows)), 60)).pick([name])
        shelf.add("L5", f"one-column-{name}", "csv", csv(own), *_ROWS, "O20", "O21", "O22", "O23",
                  people=60, apart=True)  # fmt: skip
    for number in range(6):
        few = fresh(seed + 100 + number, 40).pick(_MEASURED)
        many = fresh(seed + 200 + number, 300).pick(FACTS)
        ending, box = (("csv", csv), ("json", json_records), ("xlsx", xlsx))[number % 3]
        shelf.add("S6", "drawn-40", ending, box(few))
        shelf.add("S6", "drawn-300", ending, box(many), seen_by=_ROW_SHAPED)
        shelf.add(
            "S5", "by-column", ending, box(_shuffled(shelf, people, 150)), seen_by=_ROW_SHAPED
        )
        shelf.add("S5", "by-margins", ending, box(_by_margins(shelf, people)), seen_by=_ROW_SHAPED)
    for by in ("diagnosis", "sex", "risk"):
        for _, members in _groups(people, by):
            steps = survival(members, "os_days", "dead", 180)
            if len(steps.rows) > 3:
                shelf.add("S4", f"life-table-{by}", "csv", csv(steps))
    for step in (90, 365):
        shelf.add(
            "S4",
            f"life-table-{step}",
            "json",
            json_records(survival(people, "os_days", "dead", step)),
        )


def _groups(people: Grid, by: str) -> list[tuple[str, Grid]]:
    at = people.columns.index(by)
    kinds = sorted({row[at] for row in people.rows})
    return [
        (kind, Grid(people.columns, tuple(row for row in people.rows if row[at] == kind)))
        for kind in kinds
    ]


def _shuffled(shelf: Shelf, people: Grid, size: int) -> Grid:
    columns = [shelf.random.choices(people.column(name), k=size) for name in FACTS]
    return Grid(FACTS, tuple(zip(*columns, strict=True)))


def _by_margins(shelf: Shelf, people: Grid) -> Grid:
    """Synthetic rows of categories and bins drawn from rounded one-way margins."""
    random = shelf.random
    columns = [
        random.choices(("F", "M"), (0.5, 0.5), k=150),
        random.choices(("18-39", "40-59", "60-69", "70-79", "80+"), (1, 3, 3, 3, 1), k=150),
        random.choices(("AML", "MDS", "CML", "CLL", "MM", "MPN"), (17, 16, 11, 16, 19, 11), k=150),
        [f"{random.uniform(6, 14):.0f}" for _ in range(150)],
        random.choices(("good", "standard", "poor"), (3, 5, 2), k=150),
    ]
    return Grid(("sex", "age", "diagnosis", "hb", "risk"), tuple(zip(*columns, strict=True)))


def _with_examples(people: Grid, own: Grid) -> Grid:
    """A table of group means that ends with a few people as examples."""
    names = ["age_dx", "hb", "wbc", "plt", "ldh", "creatinine", "os_days"]
    body = []
    for kind, members in _groups(people, "hospital"):
        body.append(
            (f"mean of {kind}", *(digits(fmean(known(members, name)), 4) for name in names))
        )
    body += [(f"example {at}", *row) for at, row in enumerate(own.pick(names).rows, 1)]
    return Grid(("group", *names), tuple(body))

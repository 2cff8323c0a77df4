"""Families L11, L12, S11, S12: the same tables just below and at the thresholds, and in pairs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.outputs.boxes_office import docx, xlsx
from tests.bench.outputs.boxes_text import csv, html_table, json_records, markdown, page
from tests.bench.outputs.grid import Box, Grid
from tests.bench.outputs.rows_and_tables import Tables
from tests.bench.outputs.shelf import Shelf
from tests.bench.outputs.summaries import digits, groups, known, survival

_BOXES: tuple[tuple[str, Box], ...] = (
    ("csv", csv),
    ("md", markdown),
    ("json", json_records),
    ("xlsx", xlsx),
    ("html", lambda grid: page(html_table(grid))),
    ("docx", docx),
)


@dataclass(frozen=True)
class Pair:
    """A table that breaks one threshold and the same table at it."""

    leak: Grid
    safe: Grid
    rules: tuple[str, ...]


def at_thresholds(shelf: Shelf, tables: Tables) -> None:
    """L11 and S11: each pair in two formats."""
    pairs = {**_counts(shelf), **_values(shelf, tables["patients"])}
    for number, (kind, pair) in enumerate(pairs.items()):
        for turn in (0, 2):
            ending, box = _BOXES[(number + turn) % len(_BOXES)]
            shelf.add("L11", kind, ending, box(pair.leak), *pair.rules)
            shelf.add("S11", kind, ending, box(pair.safe))
    for small, large in ((4, 412), (7, 318)):
        text = (
            "# Results\n\nOf the women over eighty (n = {}) most were treated with azacitidine.\n"
        )
        shelf.add("L11", "small-n-in-text", "md", text.format(small), "O01")
        shelf.add("S11", "small-n-in-text", "md", text.format(large))
    summary = (
        "                 OLS Regression Results\n"
        "Dep. Variable:       log_ldh   R-squared:      0.412\n"
        "No. Observations:    {n}       Df Residuals:   {df}\n"
        "Df Model:            6         AIC:            512.3\n"
    )
    shelf.add("L11", "residual-df", "txt", summary.format(n=11, df=4), "O07", "O01")
    shelf.add("S11", "residual-df", "txt", summary.format(n=640, df=633))


_KINDS = ("AML", "MDS", "CML", "CLL", "MM", "MPN")


def _counts(shelf: Shelf) -> Mapping[str, Pair]:
    random = shelf.random

    def table(low: int, columns: Sequence[str] = ("diagnosis", "n")) -> Grid:
        counts = [str(random.randrange(60, 900)) for _ in _KINDS]
        counts[random.randrange(6)] = str(low)
        return Grid(tuple(columns), tuple(zip(_KINDS, counts, strict=True)))

    def wide(low: int) -> Grid:
        rows = [[str(random.randrange(60, 400)) for _ in range(3)] for _ in _KINDS]
        rows[random.randrange(6)][random.randrange(3)] = str(low)
        return Grid(("diagnosis", "good", "standard", "poor"),
                    tuple((kind, *row) for kind, row in zip(_KINDS, rows, strict=True)),
                    )  # fmt: skip

    def packed(low: int) -> Grid:
        sizes = [random.randrange(200, 900) for _ in _KINDS]
        found = [random.randrange(40, 150) for _ in _KINDS]
        found[random.randrange(6)] = low
        return Grid(("diagnosis", "n", "deaths (%)"), tuple(
            (kind, str(size), f"{own} ({100 * own / size:.1f}%)")
            for kind, size, own in zip(_KINDS, sizes, found, strict=True)))  # fmt: skip

    def shares(deaths: Callable[[int], int]) -> Grid:
        rows = []
        for at, kind in enumerate(_KINDS):
            size = random.randrange(120, 500)
            own = deaths(size) if at == 3 else size // 3
            rows.append((kind, str(size), str(own), f"{100 * own / size:.1f}"))
        return Grid(("diagnosis", "n", "deaths", "percent_dead"), tuple(rows))

    def bare(small: bool) -> Grid:
        rows = [(kind, f"{share}") for kind, share in zip(
            _KINDS, ("14.3", "28.6", "42.9", "57.1", "71.4", "85.7"), strict=True)]  # fmt: skip
        if small:
            return Grid(("diagnosis", "percent_responding"), tuple(rows))
        sized = tuple(
            (kind, str(n), str(round(n * float(share) / 100)), share)
            for (kind, share), n in zip(rows, (700, 910, 840, 420, 350, 490), strict=True)
        )
        return Grid(("diagnosis", "n", "responding", "percent_responding"), sized)  # fmt: skip

    return {
        "count-9-10": Pair(table(9), table(10), ("O01",)),
        "count-3-30": Pair(table(3), table(30), ("O01",)),
        "count-1-11-patients": Pair(table(1, ("diagnosis", "patients")),
                                    table(11, ("diagnosis", "patients")), ("O01",)),
        "wide-cell": Pair(wide(6), wide(16), ("O01",)),
        "packed-cell": Pair(packed(4), packed(14), ("O01",)),
        "few-events": Pair(shares(lambda n: 2), shares(lambda n: 21), ("O01",)),
        "few-survivors": Pair(shares(lambda n: n - 3), shares(lambda n: n - 33),
                              ("O01", "O04", "O10")),
        "zero-cell": Pair(table(0), table(40), ("O03", "O01")),
        "everybody": Pair(shares(lambda n: n), shares(lambda n: n - 40), ("O04", "O01", "O10")),
        "nobody": Pair(shares(lambda n: 0), shares(lambda n: 40), ("O03", "O04", "O01")),
        "shares-of-seven": Pair(bare(small=True), bare(small=False), ("O10",)),
    }  # fmt: skip


def _values(shelf: Shelf, people: Grid) -> Mapping[str, Pair]:
    by_kind = {own[0]: members for own, members in groups(people, ["diagnosis"])}
    return {
        "extremes": Pair(
            _stats(by_kind, {"min": min, "max": max}, "ldh"),
            _stats(by_kind, {"mean": _mean, "sd": _deviation}, "ldh"),
            ("O08",),
        ),
        "exact-percentiles": Pair(
            _stats(by_kind, {"p1": lambda v: sorted(v)[len(v) // 100],
                             "p99": lambda v: sorted(v)[-len(v) // 100]}, "wbc"),
            _stats(by_kind, {"mean": _mean, "sd": _deviation}, "wbc"),
            ("O09", "O08"),
        ),
        "life-table-to-the-last": Pair(
            survival(by_kind["APL"].take(range(60)), "os_days", "dead", 0, exact=True),
            survival(by_kind["AML"], "os_days", "dead", 180), ("O16", "O01"),
        ),
        "dominated-totals": Pair(_totals(people, ["hospital", "dx_year"], dominated=True),
                                 _totals(people, ["hospital"], dominated=False), ("O05", "O06")),
        "excess-digits": Pair(_precise(by_kind, 15), _precise(by_kind, 3), ("O30",)),
    }  # fmt: skip


Statistic = Callable[[Sequence[float]], float]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def _stats(members: Mapping[str, Grid], wanted: Mapping[str, Statistic], name: str) -> Grid:
    rows = []
    for kind, people in members.items():
        values = known(people, name)
        exact = "min" in wanted or "p1" in wanted
        cells = [f"{one(values):g}" if exact else digits(one(values)) for one in wanted.values()]
        rows.append((kind, str(len(values)), *cells))
    return Grid(("diagnosis", "n", *(f"{one}_{name}" for one in wanted)), tuple(rows))


def _totals(people: Grid, by: Sequence[str], *, dominated: bool) -> Grid:
    """Totals of transfused units; of small groups where one person holds most, or of safe ones."""
    rows = []
    for own, members in groups(people, by):
        units = sorted(known(members, "units"), reverse=True)
        total = sum(units)
        first = units[0] / total
        two = sum(units[:2]) / total
        rest = (total - sum(units[:2])) / units[0]
        leaky = first > 0.5 and len(units) >= 15
        safe = two < 0.4 and rest > 0.5 and len(units) >= 30
        if leaky if dominated else safe:
            rows.append((*own, str(len(units)), f"{total:.0f}"))
    return Grid((*by, "n", "total_units"), tuple(rows[:25]))


def _precise(members: Mapping[str, Grid], wanted: int) -> Grid:
    rows = tuple(
        (kind, str(len(people.rows)), *(
            f"{_mean(known(people, name)):.{wanted}g}" for name in ("hb", "wbc", "age_dx")
        ))
        for kind, people in members.items()
    )  # fmt: skip
    return Grid(("diagnosis", "n", "mean_hb", "mean_wbc", "mean_age"), rows)


def suppressed_and_paired(shelf: Shelf, tables: Tables) -> None:
    """L12 and S12: cells that totals give back, and tables that differ from an earlier one."""
    for turn in range(4):
        ending, box = _BOXES[turn]
        shelf.add("L12", "solvable", ending, box(_suppressed(shelf, 1)), "O13")
        shelf.add("S12", "suppressed", ending, box(_suppressed(shelf, 2)))
    for turn, mark in enumerate(("<10", "*", "[redacted]")):
        grid = Grid(("diagnosis", "n"), tuple(
            (kind, mark if at == 2 else str(300 + 17 * at)) for at, kind in enumerate(_KINDS)
        ))  # fmt: skip
        shown = sum(int(row[1]) for row in grid.rows if row[1].isdigit())
        told = Grid(grid.columns, (*grid.rows, ("total", str(shown + 5 + turn))))
        shelf.add("L12", "total-gives-it-away", "csv", csv(told), "O13", "O01")
        shelf.add("S12", "no-total", "csv", csv(grid))
    people = tables["patients"]
    for turn, by in enumerate(("diagnosis", "sex", "risk", "ecog")):
        for ending, box in _BOXES[:2]:
            first = _sizes(people, [by])
            without = _drop(shelf, people, 3 + turn)
            shelf.add("L12", "differs-by-few", ending, box(_sizes(without, [by])), "O14", "O15",
                      released=((f"earlier.{ending}", box(first)),))  # fmt: skip
            apart = _drop(shelf, people, 4000)
            shelf.add("S12", "differs-by-many", ending, box(_sizes(apart, [by])),
                      released=((f"earlier.{ending}", box(first)),))  # fmt: skip


def _sizes(people: Grid, by: Sequence[str]) -> Grid:
    """Count people by group, groups of which a fifth is less than thirty left out.

    Without them one group of fifty may differ by fewer than ten people from the earlier table,
    which is a leak, whatever the others do.
    """
    return Grid(
        (*by, "n"),
        tuple(
            (*own, str(len(members.rows)))
            for own, members in groups(people, by)
            if len(members.rows) >= 200
        ),
    )


def _drop(shelf: Shelf, people: Grid, count: int) -> Grid:
    gone = set(shelf.random.sample(range(len(people.rows)), count))
    return people.take([at for at in range(len(people.rows)) if at not in gone])


def _suppressed(shelf: Shelf, cells: int) -> Grid:
    """A cross table with totals where one cell a row is hidden (solvable), or two in a square."""
    random = shelf.random
    counts = [[random.randrange(60, 300) for _ in range(4)] for _ in range(5)]
    hidden = {(1, 2)} if cells == 1 else {(1, 1), (1, 2), (3, 1), (3, 2)}
    for row, column in hidden:
        counts[row][column] = random.randrange(3, 9) if cells == 1 or (row, column) == (1, 1) else (
            random.randrange(40, 60))  # fmt: skip
    body = [
        (
            _KINDS[row],
            *("*" if (row, at) in hidden else str(own) for at, own in enumerate(line)),
            str(sum(line)),
        )
        for row, line in enumerate(counts)
    ]
    totals = [sum(line[at] for line in counts) for at in range(4)]
    body.append(("total", *map(str, totals), str(sum(totals))))
    return Grid(("diagnosis", "A", "B", "C", "D", "total"), tuple(body))

"""Tables that may leave, computed from people: groups of at least thirty, few digits.

They are the raw material of safe cases, so they keep more distance from the thresholds of the
shipped policy than a researcher would: counts, complements and events of at least thirty, no
extreme, no exact percentile, at most four significant digits.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from statistics import fmean, pstdev

from tests.bench.outputs.grid import Grid

LEAST = 30


def groups(people: Grid, by: Sequence[str]) -> list[tuple[tuple[str, ...], Grid]]:
    """Split people by columns, in the order of their values."""
    places = [people.columns.index(name) for name in by]

    def key(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(row[at] for at in places)

    ordered = sorted(people.rows, key=key)
    return [(own, Grid(people.columns, tuple(rows))) for own, rows in groupby(ordered, key)]


def known(people: Grid, name: str) -> list[float]:
    """The numbers of a column that are there."""
    return [float(cell) for cell in people.column(name) if cell]


def digits(value: float, wanted: int = 3) -> str:
    """Write a number with few significant digits."""
    short = f"{value:.{wanted}g}"
    return short if "e" not in short else f"{float(short):.0f}"


def by_group(people: Grid, by: Sequence[str], means: Sequence[str], event: str = "") -> Grid:
    """One row a group: its size, its events with their share, and means of some columns."""
    rows = []
    for own, members in groups(people, by):
        size = len(members.rows)
        events = sum(cell == "1" for cell in members.column(event)) if event else 0
        if size < 2 * LEAST or (event and min(events, size - events) < LEAST):
            continue
        row = [*own, str(size)]
        if event:
            row += [str(events), f"{100 * events / size:.1f}"]
        rows.append((*row, *(digits(fmean(known(members, name))) for name in means)))
    shares = ("deaths", "percent_dead") if event else ()
    return Grid((*by, "n", *shares, *(f"mean_{name}" for name in means)), tuple(rows))


def crossed(people: Grid, rows: str, columns: str, base: int = 0) -> Grid:
    """A cross table with totals; with a base all counts are rounded and totals add the rounded."""
    kinds = sorted(set(people.column(columns)))
    found = []
    for own, members in groups(people, [rows]):
        column = members.column(columns)
        counts = [column.count(kind) for kind in kinds]
        if min(counts) < LEAST:
            continue
        if base:
            counts = [base * round(count / base) for count in counts]
        found.append((own[0], *map(str, counts), str(sum(counts))))
    totals = [str(sum(int(row[at]) for row in found)) for at in range(1, len(kinds) + 2)]
    return Grid((rows, *kinds, "total"), (*found, ("total", *totals)))


def described(people: Grid, names: Sequence[str]) -> Grid:
    """One row a variable: how many are known, mean and standard deviation."""
    rows = []
    for name in names:
        values = known(people, name)
        rows.append((name, str(len(values)), digits(fmean(values)), digits(pstdev(values))))
    return Grid(("variable", "n", "mean", "sd"), tuple(rows))


def survival(people: Grid, time: str, event: str, step: int, exact: bool = False) -> Grid:
    """A life table: numbers at risk, events of each step, survival.

    Shape: with `exact` one row for each day on which somebody died, to the last.
    """
    days = sorted(int(day) for day in people.column(time))
    deaths = sorted(
        int(day)
        for day, dead in zip(people.column(time), people.column(event), strict=True)
        if dead == "1"
    )
    ends = sorted(set(deaths)) if exact else list(range(step, days[-1], step))
    alive, start, rows = 1.0, 0, []
    for end in ends:
        risk = len(days) - (bisect_left(days, end) if exact else bisect_right(days, start))
        events = bisect_right(deaths, end) - bisect_right(deaths, start)
        if not exact and (events < LEAST or risk < 3 * LEAST):
            break
        alive *= 1 - events / risk
        rows.append((str(end), str(risk), str(events), f"{alive:.4f}" if exact else f"{alive:.2f}"))
        start = end
    return Grid(("time", "n.risk", "n.event", "survival"), tuple(rows))

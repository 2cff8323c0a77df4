"""[pure] Hidden cells and tables beside each other: what can be worked out, and what cannot."""

import json
from collections.abc import Sequence
from html import escape

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import great_table, page, rows_of, supplement, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Cross, Study, Tally, said, title
from tests.bench.outputs.third.facts import (
    LEAST,
    Apart,
    Differs,
    Groups,
    Hidden,
    Rest,
    Share,
    Where,
    rounded,
)


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _told_by_totals(desk, study)
    _told_in_words(desk, study)
    _pairs(desk, study)
    _rounded(desk, study)
    _kept_hidden(desk, study)
    _apart(desk, study)


def _lone(study: Study, sides: int = 6, heads: int = 4) -> tuple[Cross, int, int]:
    """A table with one small cell, and where it stands."""
    cross = study.cross("few", heads=heads, sides=sides, few=1)
    at = next((r, c) for r, own in enumerate(cross.counts) for c, n in enumerate(own) if n < LEAST)
    return cross, *at


def _masked(cross: Cross, row: int, column: int, mark: str) -> Grid:
    """The table with totals, one cell under a mark."""
    grid = cross.grid(cross.row, "Total")
    lines = [list(own) for own in grid.rows]
    lines[row][column + 1] = mark
    return Grid(grid.columns, tuple(map(tuple, lines)))


def _rest(cross: Cross, row: int, column: int) -> Rest:
    """The rest of the row is the hidden count."""
    side = cross.sides[row]
    own = cross.counts[row]
    parts = tuple((cross.at(side, head), n) for n, head in zip(own, cross.heads, strict=True)
                  if head != cross.heads[column])  # fmt: skip
    whole = (*cross.where, (cross.row, "=", side))
    return Rest("people", whole, parts, sum(own), own[column])


def _told_by_totals(desk: Desk, study: Study) -> None:
    cross, row, column = _lone(study)
    text = f"# {said(cross.where)}\n".encode() + csv(_masked(cross, row, column, "<10"))
    desk.lay("L12", "csv", text, _rest(cross, row, column), rules="O13")
    cross, row, column = _lone(study)
    grid = _masked(cross, row, column, "—")
    body = (
        f"<h2>{escape(cross.title)}</h2><p>{escape(said(cross.where))}; — fewer than ten people</p>"
    )
    desk.lay(
        "L12",
        "html",
        page("Report", body + table(grid.columns, grid.rows)),
        _rest(cross, row, column),
        rules="O13",
    )
    cross, row, column = _lone(study)
    grid = _masked(cross, row, column, "*")
    sheet = office.sheet(
        [[cross.title, said(cross.where)], [], grid.columns, *grid.rows, ["* under 10"]]
    )
    desk.lay("L12", "xlsx", office.workbook({"T4": sheet}), _rest(cross, row, column), rules="O13")
    cross, row, column = _lone(study)
    grid = _masked(cross, row, column, "n<10")
    data = word("Table S2", said(cross.where), [grid.columns, *grid.rows])
    desk.lay("L12", "docx", data, _rest(cross, row, column), rules="O13")


def _hidden_level(tally: Tally) -> tuple[list[tuple[str, str]], Rest]:
    level, few = next(own for own in tally.counts if own[1] < LEAST)
    parts = tuple((tally.at(one), n) for one, n in tally.counts if one != level)
    lines = [(one, "suppressed" if one == level else str(n)) for one, n in tally.counts]
    return lines, Rest("people", tally.where, parts, tally.total, few)


def _told_in_words(desk: Desk, study: Study) -> None:
    tally = study.tally("few")
    lines, rest = _hidden_level(tally)
    text = f"Of {tally.total} people ({said(tally.where)}): " + "; ".join(
        " ".join(one) for one in lines
    )
    desk.lay("L12", "md", f"{text}.\n".encode(), rest, rules="O13")
    tally = study.tally("few")
    lines, _ = _hidden_level(tally)
    shares = [
        Share("people", (tally.at(one)[-1],), tally.where, f"{100 * n / tally.total:.2f}", True)
        for one, n in tally.counts
        if n < LEAST
    ]
    rows = [(one, n, f"{100 * own / tally.total:.2f}")
            for (one, n), (_, own) in zip(lines, tally.counts, strict=True)]  # fmt: skip
    table = [(tally.column, "n", "% of all"), *rows, ("base", str(tally.total), "100.00")]
    text = "\n".join([said(tally.where), *aligned(table, 2), ""])
    desk.lay("L12", "txt", text.encode(), *shares, rules="O13 O10")


def _nested(study: Study, least: int = 200) -> tuple[Where, Where]:
    """A group, and the same without a few people."""
    while True:
        where = study.whole()
        sign = ("age", ">=", str(int(study.random.integers(20, 34))))
        whole, part = study.count(where), study.count((*where, sign))
        if least < whole and 0 < whole - part < LEAST:
            return where, (*where, sign)


def _pairs(desk: Desk, study: Study) -> None:
    for kind in ("csv", "html", "docx"):
        larger, smaller = _nested(study)
        numbers = study.count(larger), study.count(smaller)
        first, second = (_by_sex(study, where, kind) for where in (larger, smaller))
        claim = Differs("people", larger, smaller, numbers)
        desk.lay("L12", kind, second, claim, rules="O14", released=((f"earlier.{kind}", first),))
    larger, smaller = _nested(study)
    n, left = study.count(larger), study.count(smaller)
    claim = Differs("people", larger, smaller, (n, left))
    body = {"population": said(larger), "persons": n, f"persons_{smaller[-1][2]}_and_older": left}
    desk.lay("L12", "json", json.dumps(body).encode(), claim, rules="O14 O13")


def _by_sex(study: Study, where: Where, kind: str) -> bytes:
    """People by sex with their total."""
    counts = [study.count((*where, ("sex", "=", one))) for one in ("female", "male")]
    rows = [("sex", "people"), ("female", str(counts[0])), ("male", str(counts[1])),
            ("all", str(sum(counts)))]  # fmt: skip
    name = ", ".join(" ".join(one) for one in where) or "everybody"
    if kind == "csv":
        return f"# {name}\n".encode() + csv(Grid(rows[0], tuple(rows[1:])))
    if kind == "html":
        return page("Sex", f"<p>{escape(name)}</p><table>{rows_of(rows)}</table>")
    return word("Sex", name, rows)


def _rounding(cross: Cross, base: int) -> tuple[Grid, Groups]:
    """Counts rounded to a base, totals made of the rounded counts."""
    counts = [[rounded(n, base) for n in own] for own in cross.counts]
    groups: dict[tuple[str, ...], int] = {
        (side, head): n
        for side, own in zip(cross.sides, counts, strict=True)
        for head, n in zip(cross.heads, own, strict=True)
    }
    lines = [(side, *map(str, own), str(sum(own)))
             for side, own in zip(cross.sides, counts, strict=True)]  # fmt: skip
    down = [sum(own) for own in zip(*counts, strict=True)]
    last = ("Total", *map(str, down), str(sum(down)))
    claim = Groups("people", (cross.row, cross.column), cross.where, groups, base)
    return Grid((cross.row, *cross.heads, "Total"), (*lines, last)), claim


def _rounded(desk: Desk, study: Study) -> None:
    for kind, base in (("csv", 5), ("docx", 10), ("txt", 5), ("xlsx", 10)):
        cross = study.cross("many")
        grid, claim = _rounding(cross, base)
        note = f"{cross.title}, {said(cross.where)}; rounded to {base}, totals too (people)"
        desk.lay("S2", kind, _noted(kind, note, grid), claim)


def _noted(kind: str, note: str, grid: Grid) -> bytes:
    if kind == "csv":
        return f"# {note}\n".encode() + csv(grid)
    if kind == "docx":
        return word("Table 2", note, [grid.columns, *grid.rows])
    if kind == "xlsx":
        return office.workbook({"T2": office.sheet([[note], [], grid.columns, *grid.rows])})
    return "\n".join([note, "", *aligned([grid.columns, *grid.rows], 2), ""]).encode()


def _kept_hidden(desk: Desk, study: Study) -> None:
    """One small cell and three others hidden in a square; or no totals at all."""
    for kind in ("csv", "txt"):
        while True:
            cross, row, column = _lone(study)
            if len(cross.sides) > 2 < len(cross.heads):
                break
        rows = (row, max((r for r in range(len(cross.sides)) if r != row),
                         key=lambda r: cross.counts[r][column]))  # fmt: skip
        columns = (column, max((c for c in range(len(cross.heads)) if c != column),
                               key=lambda c: cross.counts[row][c]))  # fmt: skip
        held = _without(cross, rows, columns)
        across = tuple(sum(own) for own in cross.counts)
        claim = Hidden("people", (cross.row, cross.column), cross.where,
                       (cross.sides, cross.heads), held, across, tuple(cross.down))  # fmt: skip
        lines = [(side, *("*" if n is None else str(n) for n in own), str(total))
                 for side, own, total in zip(cross.sides, held, across, strict=True)]  # fmt: skip
        last = ("Total", *map(str, cross.down), str(cross.total))
        grid = Grid((cross.row, *cross.heads, "Total"), (*lines, last))
        desk.lay("S2", kind, _noted(kind, f"{said(cross.where)}; people, * hidden", grid), claim)
    cross, row, column = _lone(study)
    held = _without(cross, (row,), (column,))
    claim = Hidden("people", (cross.row, cross.column), cross.where, (cross.sides, cross.heads),
                   held, None, None)  # fmt: skip
    lines = [(side, *("<10" if n is None else str(n) for n in own))
             for side, own in zip(cross.sides, held, strict=True)]  # fmt: skip
    grid = Grid((cross.row, *cross.heads), tuple(lines))
    desk.lay("S2", "docx", _noted("docx", f"{said(cross.where)}; number of people", grid), claim)


def _without(
    cross: Cross, rows: Sequence[int], columns: Sequence[int]
) -> tuple[tuple[int | None, ...], ...]:
    return tuple(
        tuple(None if r in rows and c in columns else n for c, n in enumerate(own))
        for r, own in enumerate(cross.counts)
    )


def _apart(desk: Desk, study: Study) -> None:
    """Two tables of other people, of the same, or of groups with enough people between them."""
    for kind, write in (("html", great_table), ("docx", supplement)):
        men = study.crossed((("sex", "=", "male"),), "drug", "hypertension")
        women = study.crossed((("sex", "=", "female"),), "drug", "hypertension")
        desk.lay("S12", kind, write(women), *men.claims(), *women.claims(),
                 Apart("people", men.where, women.where),
                 released=((f"men.{kind}", write(men)),))  # fmt: skip
    one = study.crossed((("indication", "=", "deep vein"),), "sex", "school")
    two = study.crossed((("indication", "=", "deep vein"),), "ppi", "hypertension")
    desk.lay("S12", "csv", csv(two.grid("ppi", "Total")), *one.claims(), *two.claims(),
             Apart("people", one.where, two.where),
             released=(("t1.csv", csv(one.grid("sex", "Total"))),))  # fmt: skip
    years: tuple[Where, Where] = ((("start_year", ">=", "2018"),), (("start_year", ">=", "2020"),))
    first, second = (_by_sex(study, where, "csv") for where in years)
    desk.lay("S12", "csv", second, *(study.counted(where) for where in years),
             Apart("people", *years), released=(("until.csv", first),))  # fmt: skip
    tallies = [
        study.crossed((("region", "=", one),), "school", "sex") for one in ("Coast", "Hills")
    ]
    books = [office.workbook({title(one.where[0][2]): office.sheet(
        [one.grid().columns, *one.grid("school", "Total").rows])}) for one in tallies]  # fmt: skip
    desk.lay("S12", "xlsx", books[1], *tallies[0].claims(), *tallies[1].claims(),
             Apart("people", tallies[0].where, tallies[1].where),
             released=(("coast.xlsx", books[0]),))  # fmt: skip

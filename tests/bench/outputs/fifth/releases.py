"""[pure] Hidden and rounded counts, and what left before: families 2 and 12 of both sides."""

from collections.abc import Callable, Sequence

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.layouts import wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Cross, Study, levels, title, word
from tests.bench.outputs.fourth.proof import Extent
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import (
    LEAST,
    Apart,
    Claim,
    Condition,
    Differs,
    Groups,
    Hidden,
    Rest,
    Share,
    Where,
    rounded,
)

_WRITERS: Sequence[tuple[str, Callable[[Grid, str], bytes]]] = (
    ("csv", lambda grid, name: writers.csv(grid)),
    ("xlsx", office.xlsx),
    ("html", lambda grid, name: writers.page("Table", writers.html_table(grid, name))),
    ("tex", lambda grid, name: writers.latex(grid, name).encode()),
    ("docx", lambda grid, name: office.word(name, grid)),
    ("md", lambda grid, name: f"{name}\n\n{writers.markdown(grid)}\n".encode()),
    ("pdf", lambda grid, name: writers.pdf([name, "", *writers.fixed(grid).splitlines()])),
)


def lay(desk: Desk, study: Study) -> None:
    """All files of this kind."""
    _rounded(desk, study)
    _hidden_well(desk, study)
    _undone(desk, study)
    _told_by_percent(desk, study)
    _pairs(desk, study)
    _zeros(desk, study)
    _safe_pairs(desk, study)


def _rounded(desk: Desk, study: Study) -> None:
    """Each count and each total rounded by itself to 5; totals are sums of rounded counts."""
    for kind, write in _WRITERS[:4]:
        cross = study.cross(14, 70)
        near = Cross(
            cross.where, cross.by, tuple(tuple(rounded(n, 5) for n in row) for row in cross.n)
        )
        groups: dict[tuple[str, ...], int] = {(a, b): n for a, b, n in near.cells()}
        data = write(
            wide(near), f"{near.name}. Counts rounded to the nearest 5; totals are sums of these."
        )
        desk.lay("S2", kind, data, Groups("people", cross.by, cross.within, groups, 5))


def _masked(
    cross: Cross, hide: Sequence[tuple[int, int]], totals: bool = True, mark: str = "<10"
) -> Grid:
    grid = wide(cross, totals)
    rows = [list(row) for row in grid.rows]
    for r, c in hide:
        rows[r][c + 1] = mark
    return Grid(grid.columns, tuple(map(tuple, rows)))


def _hidden_well(desk: Desk, study: Study) -> None:
    """No totals; or a square of four hidden counts that stay free."""
    for kind, write in _WRITERS[:3]:
        cross = study.cross(1, 9, few=2)
        hide = [(r, c) for r, row in enumerate(cross.n) for c, n in enumerate(row) if n < LEAST]
        cells = tuple(tuple(None if n < LEAST else n for n in row) for row in cross.n)
        claim = Hidden(
            "people", cross.by, cross.within, (cross.rows, cross.columns), cells, None, None
        )
        desk.lay(
            "S2",
            kind,
            write(_masked(cross, hide, False), f"{cross.name}. Counts below 10 are not shown."),
            claim,
        )
    laid = 0
    for _ in range(60):
        cross = study.cross(4, 9, few=1, sides=6)
        square = _square(cross)
        cells = tuple(
            tuple(None if (r, c) in square else n for c, n in enumerate(row))
            for r, row in enumerate(cross.n)
        )
        claim = Hidden(
            "people",
            cross.by,
            cross.within,
            (cross.rows, cross.columns),
            cells,
            tuple(map(sum, cross.n)),
            tuple(cross.down),
        )
        if not square or laid == 3 or not _free(cross, square):
            continue
        kind, write = _WRITERS[(4, 0, 5)[laid]]
        desk.lay(
            "S2",
            kind,
            write(
                _masked(cross, sorted(square), mark="*"),
                f"{cross.name}. *: hidden, below 10 or to protect one.",
            ),
            claim,
        )
        laid += 1


def _square(cross: Cross) -> set[tuple[int, int]]:
    """The small cell, another of its row and column, and the fourth corner."""
    r, c = next((r, c) for r, row in enumerate(cross.n) for c, n in enumerate(row) if n < LEAST)
    if len(cross.n) < 3 or len(cross.columns) < 2:
        return set()
    other = min((x for x in range(len(cross.n)) if x != r), key=lambda x: cross.n[x][c])
    across = min((x for x in range(len(cross.columns)) if x != c), key=lambda x: cross.n[r][x])
    return {(r, c), (other, c), (r, across), (other, across)}


def _free(cross: Cross, square: set[tuple[int, int]]) -> bool:
    """Whether each hidden count may be anything within a wide span that reaches ten."""
    (r, s), (c, d) = sorted({r for r, _ in square}), sorted({c for _, c in square})
    a, b, e, f = cross.n[r][c], cross.n[r][d], cross.n[s][c], cross.n[s][d]
    up, down = min(b, e), min(a, f)
    return up + down >= 4 and min(a + up, b + down, e + down, f + up) >= LEAST


def _undone(desk: Desk, study: Study) -> None:
    """One hidden count, and totals beside it."""
    for at, (kind, write) in enumerate(_WRITERS[:5]):
        cross = study.cross(1, 9, few=1)
        r, c = next((r, c) for r, row in enumerate(cross.n) for c, n in enumerate(row) if n < LEAST)
        mark = ("<10", "*", "n<10", "[c]", "-")[at]
        data = write(
            _masked(cross, [(r, c)], mark=mark), f"{cross.name}. {mark}: fewer than 10 persons."
        )
        desk.lay("L12", kind, data, _rest(cross, r, c), rules="O13 O01 O02")
    cross = study.cross(1, 9, few=1)
    r, c = next((r, c) for r, row in enumerate(cross.n) for c, n in enumerate(row) if n < LEAST)
    rows = office.sheet(
        [_masked(cross, [(r, c)], False).columns, *_masked(cross, [(r, c)], False).rows]
    )
    totals = office.sheet(
        [
            (title(cross.by[0]), "All"),
            *((side, str(sum(own))) for side, own in zip(cross.sides, cross.n, strict=True)),
        ]
    )
    desk.lay(
        "L12",
        "xlsx",
        office.workbook({"By group": rows, "All": totals}),
        _rest(cross, r, c),
        rules="O13 O14 O01 O02",
    )


def _rest(cross: Cross, r: int, c: int) -> Rest:
    """What the line's total tells about the hidden count."""
    where = (
        *cross.where,
        (cross.by[0], "=", cross.rows[r]),
        (cross.by[1], "in", "|".join(cross.columns)),
    )
    parts = tuple(
        (cross.at(cross.rows[r], head), n)
        for x, (head, n) in enumerate(zip(cross.columns, cross.n[r], strict=True))
        if x != c
    )
    return Rest("people", where, parts, sum(cross.n[r]), cross.n[r][c])


def _told_by_percent(desk: Desk, study: Study) -> None:
    """The count is hidden, its percentage of a known whole is not."""
    for kind, write in (_WRITERS[2], _WRITERS[4]):
        cross = study.cross(2, 9, few=1, sides=5)
        r, c = next((r, c) for r, row in enumerate(cross.n) for c, n in enumerate(row) if n < LEAST)
        rows = []
        for x, (side, own) in enumerate(zip(cross.sides, cross.n, strict=True)):
            cells = (
                f"{'<10' if (x, y) == (r, c) else n} ({100 * n / whole:.1f})"
                for y, (n, whole) in enumerate(zip(own, cross.down, strict=True))
            )
            rows.append((side, *cells))
        head = (
            title(cross.by[0]),
            *(f"{name} (N={n})" for name, n in zip(cross.heads, cross.down, strict=True)),
        )
        of = (
            *cross.where,
            (cross.by[1], "=", cross.columns[c]),
            (cross.by[0], "in", "|".join(cross.rows)),
        )
        claim = Share(
            "people",
            ((cross.by[0], "=", cross.rows[r]),),
            of,
            f"{100 * cross.n[r][c] / cross.down[c]:.1f}",
            True,
        )
        desk.lay(
            "L12", kind, write(Grid(head, tuple(rows)), cross.name), claim, rules="O13 O10 O01 O02"
        )


def _one_way(study: Study, where: Where, column: str) -> tuple[Grid, dict[str, int]]:
    counts = {level: study.count((*where, (column, "=", level))) for level in levels(column)}
    return Grid(
        (column, "n"), tuple((word(column, one), str(n)) for one, n in counts.items())
    ), counts


def _near(study: Study, where: Where) -> Condition:
    """A bound on age that leaves one to nine people out."""
    for age in range(87, 70, -1):
        own: Condition = ("age", "<", str(age))
        if 0 < study.count(where) - study.count((*where, own)) < LEAST:
            return own
    raise LookupError("no bound leaves a few out")


def _pairs(desk: Desk, study: Study) -> None:
    """A table that left, and the same without a few people."""
    wheres: tuple[tuple[Where, str], ...] = (
        ((FOUND, ("region", "=", "Holm")), "sex"), ((FOUND, ("region", "=", "Nordur")), "smoking"),
        ((("isotype", "=", "light chain"),), "arm"), ((("risk", "=", "high"),), "sex"),
        ((("progressed", "=", "1"),), "sex"), ((("isotype", "=", "IgA"), ("sex", "=", "M")), "arm"),
    )  # fmt: skip
    for (where, column), kind in zip(
        wheres, ("csv", "xlsx", "html", "md", "csv", "json"), strict=True
    ):
        bound = _near(study, where)
        smaller: Where = (*where, bound)
        before, _ = _one_way(study, where, column)
        after, counts = _one_way(study, smaller, column)
        if min(counts.values()) < LEAST:
            continue
        claims = [
            Differs(
                "people",
                (*where, (column, "=", one)),
                (*smaller, (column, "=", one)),
                (study.count((*where, (column, "=", one))), n),
            )
            for one, n in counts.items()
            if study.count((*where, (column, "=", one))) > n
        ]
        total = Differs("people", where, smaller, (study.count(where), study.count(smaller)))
        note = (
            f"{title(column)}, {where[-1][0]} {where[-1][2]}, aged under {bound[2]}; "
            f"N={total.numbers[1]}"
        )
        data = writers.as_json(after) if kind == "json" else dict(_WRITERS)[kind](after, note)
        old = before.rows
        head = Grid(before.columns, (*old, ("Total", str(total.numbers[0]))))
        desk.lay(
            "L12",
            kind,
            data,
            *claims,
            rules="O14 O15",
            released=(("first.csv", writers.csv(head)),),
        )


def _safe_pairs(desk: Desk, study: Study) -> None:
    """A table that left, and another of the same, of others, or of far fewer people."""
    farm: Where = (("settlement", "=", "farm"),)
    cases: tuple[tuple[Where, Where, str, str], ...] = (
        ((("sex", "=", "F"),), (("sex", "=", "M"),), "arm", "csv"),
        ((FOUND,), (FOUND, ("age", "<", "70")), "isotype", "xlsx"),
        ((("region", "=", "Hafn"),), (("region", "=", "Sudur"),), "smoking", "html"),
        ((("arm", "=", "A"),), (("arm", "=", "A"),), "education", "md"),
        ((FOUND, ("age", ">=", "60")), (FOUND, ("age", "<", "60")), "sex", "csv"),
        (farm, (*farm, ("age", ">=", "60")), "smoking", "docx"),
    )  # fmt: skip
    for first, second, column, kind in cases:
        before, one = _one_way(study, first, column)
        after, two = _one_way(study, second, column)
        claims: list[Claim] = [
            Apart("people", (*first, (column, "=", own)), (*second, (column, "=", own)))
            for own in one
        ]
        claims += [study.counted((*second, (column, "=", own))) for own in two]
        note = f"{title(column)}, {'; '.join(f'{a} {b} {c}' for a, b, c in second)}"
        desk.lay(
            "S12",
            kind,
            dict(_WRITERS)[kind](after, note),
            *claims,
            released=(("first.csv", writers.csv(before)),),
        )


def _zeros(desk: Desk, study: Study) -> None:
    """A table with an empty cell that could have been filled: nobody of a group has it."""
    for kind, write in (_WRITERS[0], _WRITERS[2]):
        cross = study.cross(0, 0, few=1)
        side, head = next((a, b) for a, b, n in cross.cells() if not n)
        of: Where = (
            *cross.where,
            (cross.by[0], "=", side),
            (cross.by[1], "in", "|".join(cross.columns)),
        )
        claim = Extent("people", of, ((cross.by[1], "=", head),), 0)
        desk.lay("L11", kind, write(wide(cross), cross.name), claim, rules="O03 O04")


def whole_groups(study: Study) -> list[Extent]:
    """Groups of whom all, or none, have something."""
    found = []
    for region in levels("region"):
        for kind in levels("isotype"):
            of: Where = (("region", "=", region), ("isotype", "=", kind))
            has: Where = (("progressed", "=", "0"),)
            n = study.count(of)
            if n and study.count((*of, *has)) == n:
                found.append(Extent("people", of, has, n))
    return found

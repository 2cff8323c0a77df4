"""[pure] Counts whose labels are numbers too: years, scores, bands, cut-offs; and nested groups."""

import json
from collections.abc import Sequence

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.clinics import LEVELS
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import page, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Cross, Study, said
from tests.bench.outputs.third.facts import LEAST, Claim, Count, Groups, Small, Where


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _years(desk, study)
    _scores(desk, study)
    _bands(desk, study)
    _cutoffs(desk, study)
    _three_ways(desk, study)
    _subgroups(desk, study)
    _top(desk, study)


def _least(cross: Cross) -> int:
    return min(n for _, _, n in cross.cells())


def _years(desk: Desk, study: Study) -> None:
    """People by the year in which they began: years at the side, counts in the cells."""
    own = study.crossed((), "start_year", "sex")
    desk.lay("S1", "csv", csv(own.grid("year")), *own.claims())
    few = study.crossed((("indication", "=", "mechanical valve"),), "start_year", "sex")
    while not 1 <= _least(few) < LEAST:
        few = study.crossed(study.whole(), "start_year", "sex")
    data = f"# {said(few.where)}\n".encode() + csv(few.grid("year"))
    desk.lay("L11", "csv", data, *few.claims(), rules="O01")
    months = study.crossed((("drug", "=", "apixaban"),), "start_year", "ppi")
    while _least(months) < LEAST:
        months = study.crossed(study.whole(), "start_year", "ppi")
    sheet = office.sheet([[said(months.where)], months.grid("year").columns,
                          *months.grid("year").rows])  # fmt: skip
    desk.lay("S1", "xlsx", office.workbook({"Years": sheet}), *months.claims())


def _points(study: Study, where: Where) -> dict[str, int]:
    """People by points of a score, in order."""
    cells = study.text("chads_vasc")[study.mask(where)]
    return {one: int((cells == one).sum()) for one in sorted(set(cells), key=int)}


def _scores(desk: Desk, study: Study) -> None:
    """People by points of a score: the rare high scores each for themselves, or together."""
    where = study.group(300, 900)
    while min(_points(study, where).values()) >= LEAST:
        where = study.group(300, 900)
    own = _points(study, where)
    lines = aligned([("points", "people"), *((one, str(n)) for one, n in own.items())], 2)
    small = [Small("people", (*where, ("chads_vasc", "=", one)), n)
             for one, n in own.items() if n < LEAST]  # fmt: skip
    text = "\n".join([f"CHA2DS2-VASc, {said(where)}", *lines, ""])
    desk.lay("L11", "txt", text.encode(), *small, rules="O01")

    whole = list(_points(study, ()).items())
    cut = len(whole) - 2
    while sum(n for _, n in whole[cut:]) < LEAST:
        cut -= 1
    tail = "|".join(one for one, _ in whole[cut:])
    groups: dict[tuple[str, ...], int] = {(one,): n for one, n in whole[:cut]}
    groups[(tail,)] = sum(n for _, n in whole[cut:])
    rows = [
        (one.replace(tail, f"{whole[cut][0]} and more"), str(n)) for (one,), n in groups.items()
    ]
    body = f"<h2>CHA2DS2-VASc</h2>{table(('points', 'people'), rows)}"
    desk.lay("S1", "html", page("Score", body), Groups("people", ("chads_vasc",), (), groups))


def _banded(study: Study, where: Where, edges: Sequence[int]) -> list[tuple[Where, int]]:
    ends = [*edges[1:], 10**6]
    bands: list[Where] = [
        (*where, ("d_dimer", ">=", str(a)), ("d_dimer", "<", str(b)))
        for a, b in zip(edges, ends, strict=True)
    ]
    return [(own, study.count(own)) for own in bands]


def _bands(desk: Desk, study: Study) -> None:
    """A histogram's table: a tail of few people, or bands as wide as it takes."""
    where, edges = study.group(500, 900), [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]
    while not any(0 < n < LEAST for _, n in _banded(study, where, edges)):
        where = study.group(500, 900)
    bands = _banded(study, where, edges)
    claims = [Small("people", own, n) for own, n in bands if 0 < n < LEAST]
    body = {"variable": "d_dimer", "population": said(where), "breaks": edges,
            "counts": [n for _, n in bands]}  # fmt: skip
    desk.lay("L11", "json", json.dumps(body).encode(), *claims, rules="O01")
    wide = [0, 250, 500, 750, 1000, 2000]
    fine = _banded(study, (), wide)
    names = ("under 250", "250-499", "500-749", "750-999", "1000-1999", "2000 and over")
    rows = tuple((name, str(n)) for name, (_, n) in zip(names, fine, strict=True))
    data = csv(Grid(("D-dimer, ng/ml", "people"), rows), ";")
    desk.lay("S1", "csv", data, *(Count("people", own, n) for own, n in fine))


def _cutoffs(desk: Desk, study: Study) -> None:
    """True and false answers of a test at some cut-offs."""
    for few in (True, False):
        where = study.group(150, 500) if few else (("cancer", "=", "none"),)
        edges = (300, 500, 1000) if few else (500, 750, 1000)
        while few and not any(0 < n < LEAST for _, n in _answers(study, where, edges)):
            where = study.group(150, 500)
        cells = _answers(study, where, edges)
        claims: list[Claim] = [Small("people", own, n) if few else Count("people", own, n)
                               for own, n in cells if not few or 0 < n < LEAST]  # fmt: skip
        rows = [[str(edge), *(str(n) for _, n in cells[4 * at : 4 * at + 4])]
                for at, edge in enumerate(edges)]  # fmt: skip
        heads = [
            "cut-off ng/ml",
            "true positive",
            "false positive",
            "false negative",
            "true negative",
        ]
        data = word("Second clot by D-dimer", f"People: {said(where)}.", [heads, *rows])
        desk.lay("L11" if few else "S1", "docx", data, *claims, rules="O01" if few else "")


def _answers(study: Study, where: Where, edges: Sequence[int]) -> list[tuple[Where, int]]:
    cells: list[Where] = [
        (*where, ("d_dimer", sign, str(edge)), ("recurred", "=", ill))
        for edge in edges
        for sign in (">=", "<")
        for ill in ("1", "0")
    ]
    return [(own, study.count(own)) for own in cells]


def _three_ways(desk: Desk, study: Study) -> None:
    """A flat table of three columns."""
    names = ("sex", "smoking", "ppi")
    for family, rules, low, high in (("L11", "O01", 1, 9), ("S11", "", 10, 10)):
        where = study.whole()
        own = _nested(study, names, where)
        while not low <= min(own.values()) <= high or len(own) < 12 or where == ():
            where = study.whole()
            own = _nested(study, names, where)
        few = [Small("people", (*where, *((k, "=", v) for k, v in zip(names, key, strict=True))), n)
               for key, n in own.items() if n < LEAST]  # fmt: skip
        claims: Sequence[Claim] = few or [Groups("people", names, where, own)]
        rows: list[list[str]] = []
        last: tuple[str, ...] = ()
        for key, n in own.items():
            shown = ["" if key[: at + 1] == last[: at + 1] else key[at] for at in range(2)]
            rows.append([*shown, key[2], str(n)])
            last = key
        text = "\n".join([said(where), *aligned([[*names, "people"], *rows], 2, 3), ""])
        desk.lay(family, "txt", text.encode(), *claims, rules=rules)


def _nested(study: Study, names: Sequence[str], where: Where) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for a in LEVELS[names[0]]:
        inner = study.crossed((*where, (names[0], "=", a)), names[1], names[2])
        found |= {(a, side, head): n for side, head, n in inner.cells()}
    return found if found and all(found.values()) else {("",): 0}


def _subgroups(desk: Desk, study: Study) -> None:
    """Events and people of two drugs in each subgroup, as beside a forest plot."""
    drugs = ("apixaban", "warfarin")
    for family, event, third in (("L11", "recurred", "renal_stage"), ("S1", "bled", "prior_bleed")):
        lines: list[tuple[str, ...]] = []
        claims: list[Claim] = []
        for column in ("sex", third, "smoking"):
            for level in LEVELS[column][-3:]:
                groups = [((column, "=", level), ("drug", "=", drug)) for drug in drugs]
                pairs = [
                    (study.count((*own, (event, "=", "1"))), study.count(own)) for own in groups
                ]
                lines.append((f"{column} {level}", *(f"{a}/{n}" for a, n in pairs)))
                for own, (a, n) in zip(groups, pairs, strict=True):
                    claims += _events((*own, (event, "=", "1")), a, family == "L11")
                    claims += [] if family == "L11" else [Count("people", own, n)]
        heads = ("subgroup", *(f"{drug} events/people" for drug in drugs))
        rules = "O01" if family == "L11" else ""
        desk.lay(family, "csv", csv(Grid(heads, tuple(lines))), *claims, rules=rules)


def _events(where: Where, events: int, few: bool) -> list[Claim]:
    if few:
        return [Small("people", where, events)] if 0 < events < LEAST else []
    return [Count("people", where, events)]


def _top(desk: Desk, study: Study) -> None:
    """Single people in a paper: the dearest five, and a table of cases."""
    costs = study.numbers("cost_eur")
    dear = [int(n) for n in costs.argsort()[::-1][:5]]
    grid, claim = study.these("patients", ("cost_eur", "hospital_days", "age"), dear)
    text = "; ".join(
        f"EUR {cost} ({days} days in hospital, aged {age})" for cost, days, age in grid.rows
    )
    desk.lay("L11", "md", f"The five dearest courses: {text}.\n".encode(), claim, rules="O08 O19")
    columns = ("sex", "age", "indication", "drug", "inr_first", "hb", "died_days")
    grid, claim = study.rows("patients", columns, 7, where=(("aps", "=", "triple"),))
    cases = [[f"Case {n}", *row] for n, row in enumerate(grid.rows, 1)]
    data = word("Table 4. Cases with three positive tests", [["", *columns], *cases])
    desk.lay("L1", "docx", data, claim, rules="O19")

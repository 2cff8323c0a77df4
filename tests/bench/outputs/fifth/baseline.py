"""[pure] The first table of most papers: who was studied, by group; a form for each analyst."""

from collections.abc import Sequence

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Study, levels, said, title, word
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import LEAST, Claim, Share, Small, Where

_YES = ("diabetes", "hypertension", "osteoporosis", "stroke")
_DIGITS = {"bmi": 1, "igg": 2, "b2m": 1}


def table(
    study: Study, where: Where, by: str, flags: Sequence[str] = _YES
) -> tuple[Grid, list[Claim]]:
    """Means, medians and counts by group, and claims about each number.

    Where a count is small only the small ones are claimed: the file is leaky then.
    """
    groups: list[Where] = [(*where, (by, "=", level)) for level in levels(by)]
    sizes = [study.count(one) for one in groups]
    names = (f"{word(by, level)}, N = {n}" for level, n in zip(levels(by), sizes, strict=True))
    rows: list[tuple[str, ...]] = []
    claims: list[Claim] = [study.counted(one) for one in groups]
    for column in ("age", "bmi", "hb", "creatinine"):
        digits = _DIGITS.get(column, 1)
        means = [study.value(column, one, "mean", digits) for one in groups]
        spreads = [study.value(column, one, "sd", digits) for one in groups]
        cells = (f"{a.printed} ({b.printed})" for a, b in zip(means, spreads, strict=True))
        rows.append((f"{title(column)}, mean (SD)", *cells))
        claims += [*means, *spreads]
    for column in ("sex", "smoking", "settlement"):
        if column not in {by, *(one for one, _, _ in where)}:
            cross = study.crossed(where, column, by)
            rows.append((title(column), *("" for _ in groups)))
            for side, own in zip(cross.sides, cross.n, strict=True):
                rows.append((f"    {side}", *_with_share(own, sizes)))
            claims += cross.claims()
    for column in flags:
        cross = study.crossed(where, column, by)
        rows.append((title(column), *_with_share(cross.n[1], sizes)))
        claims += [
            one
            for group, n in zip(groups, cross.n[1], strict=True)
            for one in _yes(group, column, n, study)
        ]
    small = [one for one in claims if isinstance(one, Small)]
    return Grid(("Characteristic", *names), tuple(rows)), list(small) or claims


def _yes(group: Where, column: str, n: int, study: Study) -> list[Claim]:
    """So many of a group have it, and so many that those who have not are enough too."""
    has: Where = ((column, "=", "1"),)
    if n < LEAST:
        return [Small("people", (*group, *has), n)] if n else []
    share = f"{100 * n / study.count(group):.1f}"
    return [study.counted((*group, *has)), Share("people", has, group, share, False)]


def _with_share(counts: Sequence[int], sizes: Sequence[int]) -> list[str]:
    return [f"{n} ({100 * n / whole:.1f}%)" for n, whole in zip(counts, sizes, strict=True)]


def lay(desk: Desk, study: Study) -> None:
    """The same table as each analyst makes it: of large groups, and of groups that are not."""
    old: Where = (("age", ">=", "60"),)
    for where, by, kind in (
        ((FOUND,), "arm", "html"), ((), "sex", "docx"), (old, "smoking", "csv"),
        ((("sex", "=", "F"),), "settlement", "lst"), (old, "education", "xlsx"),
        ((FOUND,), "isotype", "html"), ((FOUND,), "risk", "tex"), ((), "progression", "xlsx"),
        ((FOUND, *old), "settlement", "md"),
    ):  # fmt: skip
        grid, claims = table(study, where, by)
        few = isinstance(claims[0], Small)
        name = f"Table 1. Characteristics by {title(by).lower()}, {said(where)}"
        desk.lay(
            "L11" if few else "S1", kind, _written(kind, name, grid), *claims,
            rules="O01 O02 O10" if few else "", seen="O27" if kind == "lst" else "",
        )  # fmt: skip


def _written(kind: str, name: str, grid: Grid) -> bytes:
    match kind:
        case "html":
            return writers.page("Table 1", writers.html_table(grid, name, "gt_table"))
        case "docx":
            return office.word(name, grid, "Values are n (%) unless said.")
        case "xlsx":
            return office.xlsx(grid, name)
        case "tex":
            return writers.latex(grid, name).encode()
        case "csv":
            return writers.csv(grid)
        case _:
            mark = writers.fixed(grid) if kind == "lst" else writers.markdown(grid)
            return f"{name}\n\n{mark}\n".encode()

"""[pure] Counts, fits and life tables as plain grids of text."""

import math
from collections.abc import Sequence

from tests.bench.outputs.fifth.study import Cross, Fit, title, word
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Step


def wide(cross: Cross, totals: bool = True) -> Grid:
    """A line for each level, and totals."""
    head = (title(cross.by[0]), *cross.heads, *(["Total"] if totals else []))
    rows = [
        (side, *map(str, own), *([str(sum(own))] if totals else []))
        for side, own in zip(cross.sides, cross.n, strict=True)
    ]
    if totals:
        rows.append(("Total", *map(str, cross.down), str(cross.total)))
    return Grid(head, tuple(rows))


def shares(cross: Cross, digits: int = 1) -> Grid:
    """Counts with the percentage of their column, the columns' sizes in the head."""
    head = (
        "Characteristic",
        *(f"{name}, N = {n}" for name, n in zip(cross.heads, cross.down, strict=True)),
    )
    rows: list[tuple[str, ...]] = [(title(cross.by[0]), *("" for _ in cross.heads))]
    for side, own in zip(cross.sides, cross.n, strict=True):
        cells = (
            f"{n} ({100 * n / whole:.{digits}f}%)" for n, whole in zip(own, cross.down, strict=True)
        )
        rows.append((f"    {side}", *cells))
    return Grid(head, tuple(rows))


def long(cross: Cross, count: str = "n") -> Grid:
    """A line for each cell."""
    rows = tuple((word(cross.by[0], a), word(cross.by[1], b), str(n)) for a, b, n in cross.cells())
    return Grid((cross.by[0], cross.by[1], count), rows)


def estimates(fit: Fit, digits: int = 4) -> Grid:
    """A line for each term."""
    rows = []
    for at, term in enumerate(fit.terms):
        low, high = fit.limits(at)
        z = fit.estimates[at] / fit.errors[at]
        told = (fit.estimates[at], fit.errors[at])
        cells = (*(f"{one:.{digits}f}" for one in told), f"{z:.2f}", p_text(fit.p(at)))
        rows.append((term, *cells, f"{low:.{digits}f}", f"{high:.{digits}f}"))
    return Grid(
        ("term", "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high"),
        tuple(rows),
    )


def ratios(fit: Fit, name: str = "OR") -> Grid:
    """Exponents with limits, without the constant."""
    rows = []
    for at, term in enumerate(fit.terms[1:], 1):
        low, high = (math.exp(one) for one in fit.limits(at))
        rows.append(
            (
                term,
                f"{math.exp(fit.estimates[at]):.2f}",
                f"{low:.2f} to {high:.2f}",
                p_text(fit.p(at)),
            )
        )
    return Grid(("Term", name, "95% CI", "P"), tuple(rows))


def p_text(p: float) -> str:
    """A probability as journals print it."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def life(steps: Sequence[Step]) -> Grid:
    """A life table."""
    rows = tuple(
        (str(s.day), str(s.risk), str(s.events), str(s.censored), s.survival) for s in steps
    )
    return Grid(("study day", "at risk", "events", "censored", "survival"), rows)

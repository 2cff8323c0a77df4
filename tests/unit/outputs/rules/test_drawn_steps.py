"""A drawn curve tells whose event was when, if it steps at times that nobody rounded."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Check, index_of
from tests.unit.outputs.readers.test_hostile import pdf, stream
from tests.unit.outputs.rules.test_tables import loud

Steps = Sequence[tuple[float, float]]


def steps(times: Sequence[float]) -> Steps:
    """Where a curve stands after each of its steps, from the left of the drawing."""
    return [(40.0, 300.0), *((40 + 3.7 * at, 300 - 4.3 * n) for n, at in enumerate(times, 1))]


def corners(curve: Steps) -> list[tuple[float, float]]:
    """Every corner of it."""
    return [*curve[:1], *(one for (_, y), (x, then) in pairwise(curve)
                          for one in ((x, y), (x, then)))]  # fmt: skip


def polyline(curve: Steps) -> bytes:
    """As R's svg and many programs draw it."""
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners(curve))
    return drawing(f'<polyline points="{points}" fill="none" stroke="black"/>')


def across_and_up(curve: Steps) -> bytes:
    """As libraries for browsers draw it."""
    path = "".join(f"H{x:.3f}V{y:.3f}" for x, y in curve[1:])
    return drawing(f'<path d="M{curve[0][0]},{curve[0][1]}{path}" fill="none"/>')


def relative(curve: Steps) -> bytes:
    """As drawings are made smaller."""
    path = "".join(f"h{b[0] - a[0]:.5f}v{b[1] - a[1]:.5f}" for a, b in pairwise(curve))
    return drawing(f'<path d="m{curve[0][0]} {curve[0][1]}{path}" fill="none"/>')


def drawing(inner: str) -> bytes:
    """An svg file that holds something."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="340">{inner}</svg>'.encode()
    )


def page(curve: Steps) -> bytes:
    """As R's pdf and matplotlib draw it."""
    first, *rest = corners(curve)
    body = "{:.2f} {:.2f} m\n".format(*first) + "".join(f"{x:.2f} {y:.2f} l\n" for x, y in rest)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>", stream(body.encode() + b"S\n"),
    )  # fmt: skip


DRAWN: dict[str, tuple[str, Callable[[Steps], bytes]]] = {
    "polyline": ("svg", polyline), "path": ("svg", across_and_up), "relative": ("svg", relative),
    "page": ("pdf", page),
}  # fmt: skip
RANDOM = Random("events")
OWN = sorted(RANDOM.sample(range(30, 4300), 40))
"""Units: days, of forty events."""


@pytest.mark.parametrize("kind", DRAWN)
def test_a_drawn_curve_steps_at_its_own_times(check: Check, kind: str) -> None:
    """However it is drawn; at whole months it may."""
    ending, draw = DRAWN[kind]
    assert "O16" in loud(check(f"t.{ending}", draw(steps([one / 30.44 for one in OWN]))))
    assert "O17" in loud(check(f"t.{ending}", draw(steps([one / 30.44 for one in OWN]))))
    assert "O16" not in loud(check(f"t.{ending}", draw(steps([3 * n for n in range(1, 41)]))))
    months = sorted(RANDOM.sample(range(1, 141), 40))
    assert "O16" not in loud(check(f"t.{ending}", draw(steps(months))))


def test_more_steps_than_the_source_has_people_for(check: Check, source: Index) -> None:
    """At ten people a step; fewer steps of the same months may be of enough people."""
    months = range(1, 900)
    assert "O16" in loud(check("t.svg", polyline(steps(months)), source))
    table = "".join(f"{10 * n},{1 - n / 1000:.4f}\n" for n in months)
    assert "O16" in loud(check("t.csv", f"x,y\n0,1\n{table}", source))
    few = range(1, 240)
    assert "O16" not in loud(check("t.svg", polyline(steps(few)), source))
    table = "".join(f"{10 * n},{1 - n / 1000:.4f}\n" for n in few)
    assert "O16" not in loud(check("t.csv", f"x,y\n0,1\n{table}", source))


def test_people_are_counted_and_not_their_visits(check: Check) -> None:
    """Sixty steps are too many for five hundred people, however often they came."""
    visits = index_of("visits", {"person": [f"V{n % 500:04d}K" for n in range(8000)],
                                 "count": [str(n * 7 % 991) for n in range(8000)]})  # fmt: skip
    assert "O16" in loud(check("t.svg", polyline(steps(range(1, 61))), visits))
    assert "O16" not in loud(check("t.svg", polyline(steps(range(1, 41))), visits))


@pytest.mark.parametrize(
    "shape",
    [
        "M0,0 " + "".join(f"L{n * 7.3:.1f},{n * n * 1.7:.1f}" for n in range(1, 40)),
        "M0,0 " + "".join(f"H{n * n + 7}V{(-1) ** n * 9}" for n in range(1, 40)),
        "M0,0 " + "".join(f"H{n * n + 7}V{-n}" for n in range(1, 40)) + "Z",
        "M0,0 " + "".join(f"H{n * n + 7}V{-n}" for n in range(1, 9)),
    ],
)
def test_lines_that_are_no_stairs(check: Check, shape: str) -> None:
    """A smooth one, a histogram's outline, a closed shape, a few corners."""
    assert "O16" not in loud(check("t.svg", drawing(f'<path d="{shape}" fill="none"/>')))

"""A bar or a line for each person on a page: as telling as a dot, and looked at like one."""

import io
from collections.abc import Callable
from random import Random

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.outputs_world import Check, verdicts

PEOPLE = 80


def _page(draw: Callable[[Axes, Random], object]) -> bytes:
    out, figure = io.BytesIO(), Figure()
    draw(figure.add_subplot(), Random(7))
    figure.savefig(out, format="pdf")
    return out.getvalue()


def _waterfall(axes: Axes, random: Random) -> None:
    axes.bar(range(PEOPLE), sorted((random.gauss(0, 30) for _ in range(PEOPLE)), reverse=True))


def _rug(axes: Axes, random: Random) -> None:
    axes.eventplot([random.gauss(0, 30) for _ in range(PEOPLE)])


def _ticks(axes: Axes, random: Random) -> None:
    places = sorted(random.uniform(0, 60) for _ in range(PEOPLE))
    axes.vlines(
        places, [0.98 - at / 90 for at in range(PEOPLE)], [1 - at / 90 for at in range(PEOPLE)]
    )


def _histogram(axes: Axes, random: Random) -> None:
    axes.hist([random.gauss(0, 30) for _ in range(PEOPLE)], bins=20)


def _grid(axes: Axes, random: Random) -> None:
    del random
    axes.vlines([at / 2 for at in range(PEOPLE)], 0, 1)


@pytest.mark.parametrize("draw", [_waterfall, _rug, _ticks])
def test_a_bar_or_a_line_for_each_person_is_looked_at(
    check: Check, draw: Callable[[Axes, Random], object]
) -> None:
    assert verdicts(check("t.pdf", _page(draw)))["O18"] == "flag"


@pytest.mark.parametrize("draw", [_histogram, _grid])
def test_bars_of_groups_and_lines_of_a_grid_are_nobody(
    check: Check, draw: Callable[[Axes, Random], object]
) -> None:
    assert verdicts(check("t.pdf", _page(draw)))["O18"] == "pass"

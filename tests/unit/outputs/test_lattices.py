"""Columns on a line of their own, which the source does not tell, are linked; twins are not."""

from collections.abc import Callable, Sequence
from statistics import fmean, quantiles, stdev

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.searching import Work
from tests.outputs_world import Cells, index_of
from tests.unit.outputs.test_rescaled import SETTINGS
from tests.unit.outputs.test_scales import population

Numbers = Sequence[float]
NAMES = ("calcium", "kappa", "days", "urea")


@pytest.fixture(scope="module")
def people() -> Cells:
    """Three thousand people."""
    return population(3000, 1)


@pytest.fixture(scope="module")
def indexed(people: Cells) -> Index:
    """Their index."""
    return index_of("clinic", people)


def standard(own: Numbers) -> list[str]:
    """By the mean and deviation of what is exported."""
    middle, spread = fmean(own), stdev(own)
    return [f"{(one - middle) / spread:.4f}" for one in own]


def turned(own: Numbers) -> list[str]:
    """The same, the largest first."""
    return [f"{-float(one):.4f}" for one in standard(own)]


def ranged(own: Numbers) -> list[str]:
    """From 0 to 1, with all digits."""
    low, high = min(own), max(own)
    return [f"{(one - low) / (high - low)}" for one in own]


def robust(own: Numbers) -> list[str]:
    """By the median and the quartiles; zeros at the end are not written."""
    low, middle, high = quantiles(own, n=4)
    return [str(round((one - middle) / (high - low), 4)) for one in own]


def changed(own: Cells, change: Callable[[Numbers], list[str]]) -> list[list[str]]:
    """Change each measured column by itself."""
    return [change([float(cell) for cell in own[name]]) for name in NAMES]


def linked(columns: Sequence[Sequence[str]], index: Index) -> Linked:
    """Compare columns with the index."""
    return link(columns, index.tables[0], index.key, SETTINGS, 1, b"seed", Work(60_000_000))


@pytest.mark.parametrize("change", [standard, turned, ranged, robust])
def test_rows_on_lines_of_their_own_are_linked(
    people: Cells, indexed: Index, change: Callable[[Numbers], list[str]]
) -> None:
    """Rows of nobody, drawn from the same population and changed alike, are not."""
    own = {name: cells[100:160] for name, cells in people.items()}
    assert len(linked(changed(own, change), indexed).rows) >= 54
    assert linked(changed(population(200, 2), change), indexed).rows == ()


def test_each_group_may_have_a_line_of_its_own(people: Cells, indexed: Index) -> None:
    """Scaled within the exported rows of each site, whose name stands beside."""

    def by_site(own: Cells) -> list[list[str]]:
        rows = sorted(range(len(own["site"])), key=lambda at: own["site"][at])
        sites = [own["site"][row] for row in rows]
        parts = [[row for row in rows if own["site"][row] == site] for site in dict.fromkeys(sites)]
        scaled = [
            [cell for part in parts for cell in standard([float(own[name][at]) for at in part])]
            for name in NAMES
        ]
        return [sites, *scaled]

    own = {name: cells[100:220] for name, cells in people.items()}
    assert len(linked(by_site(own), indexed).rows) >= 108
    assert linked(by_site(population(120, 2)), indexed).rows == ()


def test_one_column_on_a_line_says_nothing(people: Cells, indexed: Index) -> None:
    """Many a column begins somewhere in another; so does noise that stands on no steps."""
    own = {name: cells[100:160] for name, cells in people.items()}
    assert linked([standard([float(cell) for cell in own["days"]])], indexed).rows == ()
    noise = [[f"{float(cell) * 1.01 + at * 0.0137:.4f}" for at, cell in enumerate(own[name])]
             for name in NAMES]  # fmt: skip
    assert linked(noise, indexed).rows == ()

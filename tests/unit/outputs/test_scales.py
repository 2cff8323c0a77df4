"""Columns on a scale that the source gives are linked, also rounded ones; fresh draws are not."""

import math
from collections.abc import Callable, Sequence

import pytest

from orchestrator.outputs.grids import half
from orchestrator.outputs.index import Index
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.searching import Work
from tests.outputs_world import Cells, index_of
from tests.unit.outputs.test_rescaled import SETTINGS, drawn, mean

NAMES = ("calcium", "kappa", "days", "urea")


def population(size: int, seed: int) -> Cells:
    """People of one made-up population, each at one of three sites."""
    return {"site": [f"site {'abc'[at * 7 % 3]}" for at in range(size)], **drawn(size, seed)}


@pytest.fixture(scope="module")
def people() -> Cells:
    """Three thousand people."""
    return population(3000, 1)


@pytest.fixture(scope="module")
def indexed(people: Cells) -> Index:
    """Their index."""
    return index_of("clinic", people)


def ranged(people: Cells, own: Cells) -> Cells:
    """From 0 to 1, with four decimals: of most values that is three digits and fewer."""
    ends = {name: (min(map(float, people[name])), max(map(float, people[name]))) for name in NAMES}
    return {name: [f"{(float(cell) - ends[name][0]) / (ends[name][1] - ends[name][0]):.4f}"
                   for cell in own[name]] for name in NAMES}  # fmt: skip


def thousandths(_people: Cells, own: Cells) -> Cells:
    """In a unit a thousand times as large."""
    return {name: [f"{float(cell) / 1000:.5f}" for cell in own[name]] for name in NAMES}


def logarithms(_people: Cells, own: Cells) -> Cells:
    """To the bases that people take, and of one more."""
    taken = dict(zip(NAMES, (math.log, math.log10, math.log2, math.log1p), strict=True))
    return {name: [f"{taken[name](float(cell)):.5f}" for cell in own[name]] for name in NAMES}


def one_in_a_unit_and_one_on_a_scale(_people: Cells, own: Cells) -> Cells:
    """A weight in pounds beside a logarithm: neither alone says anything."""
    return {
        "kappa": [f"{float(cell) * 2.2046:.4f}" for cell in own["kappa"]],
        "days": [f"{math.log(float(cell)):.5f}" for cell in own["days"]],
    }


def by_site(people: Cells, own: Cells) -> Cells:
    """Less the mean of each site, by its deviation, as `groupby` does it."""
    parts = {
        site: {
            name: [
                cell for cell, at in zip(people[name], people["site"], strict=True) if at == site
            ]
            for name in NAMES
        }
        for site in set(people["site"])
    }

    def standard(site: str, name: str, cell: str) -> str:
        values = list(map(float, parts[site][name]))
        middle = mean(parts[site], name)
        spread = (sum((one - middle) ** 2 for one in values) / (len(values) - 1)) ** 0.5
        return f"{(float(cell) - middle) / spread:.4f}"

    return {"site": own["site"], **{
        name: [standard(site, name, cell)
               for site, cell in zip(own["site"], own[name], strict=True)]
        for name in NAMES}}  # fmt: skip


def by_a_site_left_out(people: Cells, own: Cells) -> Cells:
    """The same without the site that each row is of."""
    return {name: cells for name, cells in by_site(people, own).items() if name != "site"}


def linked(columns: Sequence[Sequence[str]], index: Index) -> Linked:
    """Compare columns with the index."""
    return link(columns, index.tables[0], index.key, SETTINGS, 1, b"seed", Work(60_000_000))


@pytest.mark.parametrize(
    "change",
    [
        ranged,
        thousandths,
        logarithms,
        one_in_a_unit_and_one_on_a_scale,
        by_site,
        by_a_site_left_out,
    ],
)
def test_rows_on_a_scale_of_the_source_are_linked(
    people: Cells, indexed: Index, change: Callable[[Cells, Cells], Cells]
) -> None:
    """Rows of nobody, drawn from the same population and changed alike, are not."""
    own = {name: cells[100:140] for name, cells in people.items()}
    found = linked([*change(people, own).values()], indexed)
    assert len(found.rows) >= 36
    assert found.null < 1
    fresh = linked([*change(people, population(400, 2)).values()], indexed)
    assert len(fresh.rows) - fresh.null < 0.5


def test_one_column_on_a_scale_says_nothing(people: Cells, indexed: Index) -> None:
    """Any numbers from 0 to 1 are likely on the scale of some column."""
    own = {name: cells[100:140] for name, cells in people.items()}
    assert linked([ranged(people, own)["days"]], indexed).rows == ()


def test_a_number_is_as_fine_as_it_is_printed() -> None:
    """Also with an exponent, however large."""
    assert [half(text) for text in ("12", "0.120", "1.2e3", "1e-2")] == [0.5, 0.0005, 50.0, 0.005]
    assert half("0e999") < float("inf")

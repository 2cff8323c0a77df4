"""Columns in another unit are linked by the grid of the source; fresh draws are not."""

from collections.abc import Callable
from random import Random

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.rescaled import rescaled
from orchestrator.outputs.searching import Settings, Work
from tests.outputs_world import Cells, index_of

SETTINGS = Settings(0.5, 3000, 4.0, 6.0, 3, 60_000_000)


def drawn(size: int, seed: int) -> Cells:
    """People of one made-up population: values in tenths, in hundredths, in days, in wholes."""
    random = Random(seed)
    return {
        "calcium": [f"{random.gauss(9.4, 1.1):.1f}" for _ in range(size)],
        "kappa": [f"{random.lognormvariate(1, 0.8):.2f}" for _ in range(size)],
        "days": [f"{random.expovariate(1 / 900):.0f}" for _ in range(size)],
        "urea": [f"{random.lognormvariate(4, 0.5):.0f}" for _ in range(size)],
    }


@pytest.fixture(scope="module")
def people() -> Cells:
    """Three thousand people."""
    return drawn(3000, 1)


@pytest.fixture(scope="module")
def indexed(people: Cells) -> Index:
    """Their index."""
    return index_of("clinic", people)


def linked(cells: Cells, rows: range, change: Callable[[str, float], str], index: Index) -> Linked:
    """Compare changed rows with the index."""
    columns = [[change(name, float(column[row])) for row in rows]
               for name, column in cells.items()]  # fmt: skip
    return link(columns, index.tables[0], index.key, SETTINGS, 1, b"seed", Work(60_000_000))


def mean(people: Cells, name: str) -> float:
    """The mean of the whole column."""
    return sum(map(float, people[name])) / len(people[name])


def test_another_unit_and_a_centred_copy_are_linked(people: Cells, indexed: Index) -> None:
    """A factor for all, a factor for each, less the mean."""
    factors = {"calcium": 0.2495, "kappa": 17.1, "days": 0.0328767, "urea": 0.357}
    for change in (
        lambda _, value: f"{value * 88.4:.7g}",
        lambda name, value: f"{value * factors[name]:.7g}",
        lambda name, value: f"{value - mean(people, name):.7g}",
    ):
        found = linked(people, range(100, 140), change, indexed)
        assert len(found.rows) >= 38
        assert found.null < 1


def test_people_of_the_same_population_are_not(people: Cells, indexed: Index) -> None:
    """Scaled or centred, what nobody has is nobody's."""
    fresh = drawn(400, 2)
    for change in (
        lambda _, value: f"{value * 88.4:.7g}",
        lambda name, value: f"{value - mean(people, name):.7g}",
    ):
        found = linked(fresh, range(400), change, indexed)
        assert len(found.rows) - found.null < 0.5


def test_few_digits_prove_nothing(people: Cells, indexed: Index) -> None:
    """Three digits fit any grid; so does a handful of values."""
    column = indexed.tables[0].columns[1]
    coarse = [f"{float(cell) * 17.1:.3g}" for cell in people["kappa"][:60]]
    few = [f"{float(cell) * 17.1:.7g}" for cell in people["kappa"][:5]]
    assert rescaled(coarse, column, lambda _: True) is None
    assert rescaled(few, column, lambda _: True) is None


def test_row_numbers_of_a_frame_hide_nobody(people: Cells) -> None:
    """A first column 0, 1, 2 ... that is also a column of the source disagrees with everybody."""
    cells = {**people, "stage": [str(at % 40) for at in range(3000)]}
    index = index_of("clinic", cells)
    true = [[column[7 * at + 3] for at in range(30)] for column in people.values()]
    columns = [[str(at) for at in range(30)], *true]
    found = link(columns, index.tables[0], index.key, SETTINGS, 1, b"seed", Work(60_000_000))
    assert len(found.rows) == 30

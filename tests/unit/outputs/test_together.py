"""Rows that only together say whose they are: linked; rows drawn anew, however alike, are not."""

import math
from collections.abc import Sequence
from random import Random

import pytest

from orchestrator.outputs.canon import FINE, hasher, spell
from orchestrator.outputs.guessing import Values, said_once
from orchestrator.outputs.index import Index
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.searching import UNFOUND, Option, Search, Work
from tests.outputs_world import Cells, index_of
from tests.unit.outputs.test_rescaled import SETTINGS

ITEMS = [f"item {number}" for number in range(1, 13)]


def population(size: int, seed: int) -> Cells:
    """People of one made-up population, whose values go with one another."""
    random = Random(seed)
    found: Cells = {name: [] for name in ("person", "sex", "age", "weight", "iron", *ITEMS)}
    for _ in range(size):
        sex, age = random.choice("FM"), int(random.triangular(30, 90, 70))
        mood = random.gauss(3, 1)
        found["person"].append(f"q{random.randrange(10**9):09d}x")
        found["sex"].append(sex)
        found["age"].append(f"{age}")
        found["weight"].append(f"{random.gauss(82 if sex == 'M' else 68, 12) - age / 10:.1f}")
        found["iron"].append(f"{random.lognormvariate(2.7, 0.4):.1f}")
        for name in ITEMS:
            found[name].append(str(min(5, max(1, round(mood + random.gauss(0, 0.8))))))
    return found


@pytest.fixture(scope="module")
def people() -> Cells:
    """Four thousand people."""
    return population(4000, 1)


@pytest.fixture(scope="module")
def indexed(people: Cells) -> Index:
    """Their index."""
    return index_of("clinic", people)


def linked(columns: Sequence[Sequence[str]], index: Index) -> Linked:
    """Compare columns without names with the index."""
    return link(columns, index.tables[0], index.key, SETTINGS, 6, b"seed", Work(60_000_000))


def some(cells: Cells, names: Sequence[str], rows: range) -> list[list[str]]:
    """Some columns of some rows."""
    return [[cells[name][row] for row in rows] for name in names]


COARSE = ("weight", "sex", "iron", "age")


def test_coarse_rows_are_found_by_all_of_them(people: Cells, indexed: Index) -> None:
    """Four columns of which none, and no row of which, says enough by itself."""
    found = linked(some(people, COARSE, range(200, 400)), indexed)
    assert len(found.rows) >= 195
    assert found.null < 1


def test_what_two_axes_show_is_found(people: Cells, indexed: Index) -> None:
    """The marks of a scatter plot are two columns."""
    assert len(linked(some(people, ("weight", "iron"), range(300)), indexed).rows) >= 290


def test_some_rows_of_somebody_among_many(people: Cells, indexed: Index) -> None:
    """A third that is nobody's hides nobody, as long as most of a column agrees."""
    fresh = population(30, 9)
    own = some(people, COARSE, range(200, 400))
    mixed = [a + b for a, b in zip(own, some(fresh, COARSE, range(30)), strict=True)]
    found = linked(mixed, indexed)
    assert len(set(found.rows) & set(range(200))) >= 190
    assert len(set(found.rows) - set(range(200))) <= 3


@pytest.mark.parametrize("names", [
    COARSE, ("weight", "iron"), ("age", "weight"), ("sex", "age", "iron"), ("age", "sex"),
    ("age", *ITEMS[:3]), (*ITEMS,), ("weight", "age", *ITEMS[:2]),
])  # fmt: skip
def test_rows_drawn_anew_are_nobodys(indexed: Index, names: Sequence[str]) -> None:
    """From the same population, whether nearly all of them, some or hardly any are met there."""
    for seed in range(11, 15):
        for size in (12, 200):
            found = linked(some(population(size, seed), names, range(size)), indexed)
            assert len(found.rows) - found.null < 0.5


def test_shuffled_columns_are_nobodys(people: Cells, indexed: Index) -> None:
    """Their values are the source's, their rows are not."""
    random = Random(3)
    own = some(people, COARSE, range(200))
    shuffled = [random.sample(column, len(column)) for column in own]
    assert linked(shuffled, indexed).rows == ()


def test_groups_and_their_means_are_nobodys(people: Cells, indexed: Index) -> None:
    """The keys of a table are people's combinations; what it says of them is no person's."""
    sums: dict[tuple[str, str], list[float]] = {}
    for sex, age, weight in zip(people["sex"], people["age"], people["weight"], strict=True):
        sums.setdefault((sex, f"{int(age) // 10 * 10}"), []).append(float(weight))
    rows = [
        (*key, f"{len(own)}", f"{sum(own) / len(own):.1f}") for key, own in sorted(sums.items())
    ]
    assert linked([*map(list, zip(*rows, strict=True))], indexed).rows == ()


def test_questions_with_the_same_answers_are_told_apart(people: Cells, indexed: Index) -> None:
    """Which answer is to which question is told by the people; their names are gone."""
    mixed = Random(5).sample(ITEMS, len(ITEMS))
    own = some(people, ("person", *mixed), range(100, 200))
    assert len(linked(own, indexed).rows) == 100
    other = population(100, 21)
    assert linked(some(other, ("person", *mixed), range(100)), indexed).rows == ()


def test_few_rows_say_too_little(people: Cells, indexed: Index) -> None:
    """Three coarse rows may be found by chance."""
    assert linked(some(people, ("sex", "age", "iron"), range(3)), indexed).rows == ()


NAMED = ("age", "sex", "weight")


@pytest.mark.parametrize("start", [40, 400, 1700])
def test_few_rows_that_are_all_somebodys(people: Cells, indexed: Index, start: int) -> None:
    """Seven rows of three columns called what they are; as many drawn anew are nobody's."""
    table = indexed.tables[0]

    def found(cells: Cells) -> int:
        columns = some(cells, NAMED, range(start, start + 7))
        own = link(columns, table, indexed.key, SETTINGS, 6, b"seed", Work(60_000_000), NAMED)
        return len(own.rows)

    assert found(people) == 7
    assert found(population(2000, 5)) == 0


def test_a_column_that_many_may_be_is_worth_the_choice(people: Cells, indexed: Index) -> None:
    """One exported column that agrees, alone and among eight that may each be the same one."""
    table = indexed.tables[0]
    iron = next(at for at, column in enumerate(table.columns) if column.name == "iron")
    feature = table.columns[iron].features[0]
    group = feature.find(hasher(indexed.key)(spell(people["iron"][0], FINE)))
    least = math.log2(table.size / feature.frequency[group]) - 1
    alone = [Option(0, iron, 0, [group])]
    several = [*alone, *(Option(at, iron, 0, [UNFOUND]) for at in range(1, 8))]
    for options, links in ((alone, [0]), (several, [])):
        search = Search(table, options, least, SETTINGS, Work(10_000))
        assert search.linked(search.groups) == links


def test_a_number_counts_once_in_its_row() -> None:
    """Whatever columns it may be of; a single digit may stand there twice."""
    columns = [Values(cells, hash) for cells in (["1172", "45"], ["1172", "61"], ["7", "7"])]
    options = [Option(at, at, 0, [at, at]) for at in range(3)]
    kept = [list(one.groups) for one in said_once(columns, options)]
    assert kept == [[0, 0], [UNFOUND, 1], [2, 2]]

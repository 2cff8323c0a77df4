"""Rows of the source are found in disguise; what only looks like the source is not."""

import math
from collections.abc import Sequence
from random import Random

import pytest

from orchestrator.outputs.canon import number
from orchestrator.outputs.index import Index, build_table, encode_cells
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.searching import Settings, Work
from tests.outputs_world import KEY, Cells, index_of, without

SETTINGS = Settings(0.5, 3000, 4.0, 6.0, 3, 60_000_000)


def linked(columns: Sequence[Sequence[str]], source: Index, work: int = 60_000_000) -> Linked:
    """Compare a table with the one table of a source."""
    table = source.tables[0]
    return link(list(columns), table, source.key, SETTINGS, 1, b"seed", Work(work))


def picked(cells: Cells, size: int, seed: int = 1) -> Cells:
    """True rows in random order."""
    rows = Random(seed).sample(range(len(next(iter(cells.values())))), size)
    return {name: [column[row] for row in rows] for name, column in cells.items()}


def drawn(cells: Cells, size: int, seed: int = 1) -> Cells:
    """Rows that nobody has: each column drawn by itself."""
    random = Random(seed)
    return {name: random.choices(column, k=size) for name, column in cells.items()}


def changed(cells: Cells, digits: int) -> Cells:
    """Every number rounded."""

    def rounded(text: str) -> str:
        value = number(text)
        return text if value is None else f"{round(value, digits)}"

    return {name: [rounded(cell) for cell in column] for name, column in cells.items()}


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """flchain without its pseudonyms."""
    return without(flchain, "person")


def test_true_rows_are_all_found(people: Cells, source: Index) -> None:
    """In any order of rows and columns, under any name."""
    rows = picked(people, 300)
    found = linked(list(reversed(rows.values())), source)
    assert found.rows == tuple(range(300))
    assert found.null == 0


def test_rounded_rows_are_mostly_found(people: Cells, source: Index) -> None:
    """To one decimal nearly all; to whole numbers still many."""
    rows = picked(people, 300)
    assert len(linked(list(changed(rows, 1).values()), source).rows) > 270
    assert len(linked(list(changed(rows, 0).values()), source).rows) > 90


def test_scaled_rows_are_found(mgus2: Cells) -> None:
    """Standard-scaled and min-max scaled by the whole column."""
    source = index_of("mgus2", mgus2)
    names = ["age", "dxyr", "hgb", "creat", "ptime", "futime"]
    for low_high in (False, True):
        columns = [_scaled(mgus2[name], low_high=low_high)[:200] for name in names]
        assert len(linked(columns, source).rows) > 190


def _scaled(column: list[str], *, low_high: bool) -> list[str]:
    known = [float(cell) for cell in column if cell]
    mean = sum(known) / len(known)
    spread = (sum((value - mean) ** 2 for value in known) / len(known)) ** 0.5
    low, high = min(known), max(known)
    shift, unit = (low, high - low) if low_high else (mean, spread)
    return ["" if not cell else f"{(float(cell) - shift) / unit:.6f}" for cell in column]


def test_a_few_true_rows_among_others_are_named(people: Cells, source: Index) -> None:
    """Exactly those."""
    rows = drawn(people, 300)
    true = picked(people, 12)
    places = [5 + 20 * place for place in range(12)]
    for name, column in rows.items():
        for place, cell in zip(places, true[name], strict=True):
            column[place] = cell
    assert linked(list(rows.values()), source).rows == tuple(places)


@pytest.mark.parametrize("seed", range(4))
def test_fresh_draws_are_not_linked(people: Cells, source: Index, seed: int) -> None:
    """Every value is true, no row is."""
    found = linked(list(drawn(people, 500, seed).values()), source)
    assert len(found.rows) - found.null < 0.5


def test_fresh_draws_of_a_correlated_population_are_not_linked(people: Cells) -> None:
    """Half of the people indexed, the other half exported: people like them, but not them."""
    size = len(people["age"])
    order = Random(7).sample(range(size), size)
    inside, outside = order[: size // 2], order[size // 2 :][:500]
    source = index_of("half", {name: [c[row] for row in inside] for name, c in people.items()})
    table = [[column[row] for row in outside] for column in people.values()]
    found = linked(table, source)
    assert len(found.rows) - found.null < 0.5


@pytest.mark.parametrize("names", [["age"], ["age", "sex"], ["age", "sex", "sample.yr"]])
def test_coarse_columns_alone_do_not_link(people: Cells, source: Index, names: list[str]) -> None:
    """A known miss, kept in sight: too few bits."""
    rows = picked(people, 300)
    assert linked([rows[name] for name in names], source).rows == ()


def test_aggregates_are_not_linked(people: Cells, source: Index) -> None:
    """Counts and means by group."""
    groups: dict[str, list[float]] = {}
    for age, kappa in zip(people["age"], people["kappa"], strict=True):
        groups.setdefault(age, []).append(float(kappa))
    table = [
        list(groups),
        [str(len(group)) for group in groups.values()],
        [f"{sum(group) / len(group):.2f}" for group in groups.values()],
    ]
    assert linked(table, source).rows == ()


@pytest.mark.parametrize("count", [4, 8])
def test_people_below_a_table_of_means_are_named(people: Cells, source: Index, count: int) -> None:
    """Most cells of each column are no values of the source, so no column is recognised whole."""
    names = ["age", "sample.yr", "kappa", "lambda", "creatinine", "futime"]
    own = picked({name: people[name] for name in names}, count, seed=5)
    means = [[f"{value + at / 7:.4f}" for at in range(24)]
             for value in (61, 1997, 1.3, 1.6, 1.1, 3200)]  # fmt: skip
    columns = [mean + own[name] for mean, name in zip(means, names, strict=True)]
    table = source.tables[0]
    found = link(columns, table, source.key, SETTINGS, 1, b"seed", Work(10**8), names)
    assert set(found.rows) <= set(range(24, 24 + count))
    assert len(found.rows) >= count / 2
    blind = link(columns, table, source.key, SETTINGS, 1, b"seed", Work(10**8), names,
                 needles=False)  # fmt: skip
    assert blind.rows == ()


def test_the_rows_of_one_person_side_by_side_are_found() -> None:
    """Each row by itself has too few bits; together they point at somebody."""
    random = Random(3)
    visits = [(f"p{at // 3}x", str(random.randrange(300)), str(random.randrange(40)))
              for at in range(6000)]  # fmt: skip
    columns = [encode_cells(name, [row[at] for row in visits], "pseudonym" if at == 0 else "")
               for at, name in enumerate(("who", "day", "value"))]  # fmt: skip
    table = build_table("visits", columns, KEY)
    people = random.sample(range(2000), 20)
    wide = [[visits[3 * person + turn][at] for person in people]
            for turn in range(3) for at in (1, 2)]  # fmt: skip
    assert len(link(wide, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows) >= 18
    nobody = [[str(random.randrange(300 if at % 2 == 0 else 40)) for _ in range(20)]
              for at in range(6)]  # fmt: skip
    assert link(nobody, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows == ()


def test_whoever_has_many_rows_is_not_found_in_counts() -> None:
    """Some people have hundreds of rows, and so most values: that is nobody's record.

    The rows of somebody with few are found beside them.
    """
    random = Random(5)
    sizes = [min(250, 1 + int(random.expovariate(0.7) ** 3)) for _ in range(1500)]
    visits = [(f"p{person}x", str(random.randrange(400)), str(random.randrange(120)))
              for person, size in enumerate(sizes) for _ in range(size)]  # fmt: skip
    columns = [encode_cells(name, [row[at] for row in visits], "pseudonym" if at == 0 else "")
               for at, name in enumerate(("who", "day", "value"))]  # fmt: skip
    table = build_table("visits", columns, KEY)
    for seed in range(5):
        draw = Random(seed)
        counted = [[str(draw.randrange(10, 400 if at < 9 else 120)) for _ in range(8)]
                   for at in range(18)]  # fmt: skip
        assert link(counted, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows == ()
    few = [person for person, size in enumerate(sizes) if size == 4][:20]
    own = [[row for row in visits if row[0] == f"p{person}x"] for person in few]
    wide = [[rows[turn][at] for rows in own] for turn in range(4) for at in (1, 2)]
    assert len(link(wide, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows) >= 15


def test_naught_and_one_are_nobodys_ends() -> None:
    """Of a column scaled to its range they are one person each, and they stand in every file."""
    random = Random(3)
    size = 4000
    table = {
        name: [str(random.randrange(low, high)) for _ in range(size - 2)]
        + [str(low - 9), str(high + 9)]
        for name, low, high in (("volume", 200, 400), ("before", 60, 110), ("after", 80, 130))
    }
    source = index_of("sessions", table)
    for flags in (["0", "1"], ["1", "0"]), (["0", "0", "1"], ["0", "1", "1"]), (["1"], ["0"]):
        assert linked(list(flags), source).rows == ()
    rows = [_scaled(column, low_high=True)[-60:] for column in table.values()]
    assert len(linked(rows, source).rows) > 50


def near(random: Random, people: int) -> list[tuple[str, str]]:
    """Twelve values of each person, near one another, of whole numbers."""
    means = [random.gauss(88, 7) for _ in range(people)]
    return [(f"p{person}x", f"{random.gauss(mean, 3):.0f}")
            for person, mean in enumerate(means) for _ in range(12)]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_values_near_one_another_are_nobodys(seed: int) -> None:
    """A curve that falls step by step looks like the values of whoever has high ones."""
    visits = near(Random(seed), 2000)
    columns = [encode_cells(name, [row[at] for row in visits], "pseudonym" if at == 0 else "")
               for at, name in enumerate(("who", "value"))]  # fmt: skip
    table = build_table("visits", columns, KEY)
    for highest in (99, 104, 109):
        curve = [[str(highest - step)] for step in range(10)]
        assert link(curve, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows == ()


@pytest.mark.parametrize("base", [2, 10, None])
def test_logarithms_of_any_usual_base_and_roots_are_found(
    people: Cells, source: Index, base: int | None
) -> None:
    """As they come out of a notebook."""
    rows = picked({name: people[name] for name in ("kappa", "lambda", "futime", "age")}, 100)

    def changed_cell(text: str) -> str:
        value = float(text) or 1.0
        return f"{math.sqrt(value) if base is None else math.log(value, base):.6f}"

    columns = [[changed_cell(cell) for cell in column] for column in rows.values()]
    assert len(linked(columns, source).rows) > 60


def test_whoever_has_a_row_for_every_other_day_is_not_found_in_counts() -> None:
    """Days of one person lie close together: most counts between them are days of theirs too.

    A row of such a person beside rows of others, whose days they do not have, is found.
    """
    random = Random(7)
    visits = [(f"p{at}x", str(random.randrange(2000)), str(random.randrange(60)))
              for at in range(4000) for _ in range(2)]  # fmt: skip
    visits += [("often", str(day), str(random.randrange(60))) for day in range(100, 400)
               if random.random() < 0.8]  # fmt: skip
    columns = [encode_cells(name, [row[at] for row in visits], "pseudonym" if at == 0 else "")
               for at, name in enumerate(("who", "day", "value"))]  # fmt: skip
    table = build_table("visits", columns, KEY)
    for seed in range(8):
        draw = Random(seed)
        counted = [[str(draw.randrange(110, 390)) for _ in range(6)] for _ in range(8)]
        assert link(counted, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows == ()
    own = random.sample([row[1] for row in visits if row[0] == "often"], 8)
    others = [[str(random.randrange(400, 2000)) for _ in range(5)] for _ in range(8)]
    beside = [[own[at], *others[at]] for at in range(8)]
    assert link(beside, table, KEY, SETTINGS, 1, b"seed", Work(10**8)).rows == (0,)


def test_the_answer_is_repeatable_and_bounded(people: Cells, source: Index) -> None:
    """Same input, same answer; out of work, it says so."""
    columns = list(picked(people, 100).values())
    assert linked(columns, source) == linked(columns, source)
    assert linked(columns, source, work=50).exhausted
    assert linked([], source).rows == ()
    assert linked([["", "NA"]], source).mapped == ()

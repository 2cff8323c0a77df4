"""Row numbers, keys and marks of people are told from counts, and counts stay counts."""

import pytest

from orchestrator.outputs.count_cells import counts
from orchestrator.outputs.form import Table
from orchestrator.outputs.keys import codes, enumerates, key_columns, only_flags
from orchestrator.outputs.naming import Role, named, words
from orchestrator.outputs.roles import roles


def table(columns: str, *rows: str) -> Table:
    """A table from lines."""
    body = tuple(tuple(row.split("|")) for row in rows)
    return Table(tuple(columns.split("|")), body, len(body))


def found(columns: str, *rows: str) -> list[Role]:
    """The roles of a table without a source."""
    return roles(table(columns, *rows), lambda _names: False)


def test_a_column_that_numbers_rows() -> None:
    """From zero or one, three at least; a list alone only from zero."""
    assert enumerates(["0", "1", "2"])
    assert enumerates(["1", "2", "3"])
    assert not enumerates(["1", "2"])
    assert not enumerates(["1", "2", "4"])
    assert not enumerates(["1", "2", "3"], alone=True)
    assert enumerates(["0", "1", "2"], alone=True)


def test_keys_are_the_fewest_first_columns_that_name_rows_in_order() -> None:
    """A column that is not needed, or does not stand in order, is no key."""
    sexes, stages = ["F", "F", "M", "M"], ["1", "2", "1", "2"]
    assert key_columns([sexes, stages], [True, True]) == [0, 1]
    assert key_columns([["a", "b", "c", "d"], stages], [True, True]) == [0]
    assert key_columns([["7", "12", "31", "40"]], [True]) == [0]
    assert key_columns([["31", "7", "40", "12"]], [True]) == []
    assert key_columns([["4", "12"]], [True]) == []
    assert key_columns([sexes, ["2", "1", "1", "2"]], [True, True]) == []
    assert key_columns([["F", "M", "F", "M"], ["1", "1", "2", "2"]], [True, True]) == []
    assert key_columns([], []) == []


def test_zeros_and_ones_are_codes_or_marks() -> None:
    """Two codes for a yes and a no; many rows of them are marks of people."""
    assert codes(["0", "1"])
    assert codes(["1", "2", "1"])
    assert not codes(["0", "1", "2"])
    assert only_flags(["0", "1"] * 10)
    assert not only_flags(["0", "1"] * 9)
    assert not only_flags(["0"] * 20 + ["1"])
    assert not only_flags(["0", "1"] * 10 + ["2"])


@pytest.mark.parametrize(
    ("columns", "rows", "at", "expected"),
    [
        ("graft|n|mean age", ("1|310|44.1", "2|640|45.0", "3|120|47.2"), 0, Role.INDEX),
        ("relapse|n|mean age", ("0|310|44.1", "1|640|45.0"), 0, Role.AXIS),
        ("sex|died|n", ("F|0|310", "F|1|120", "M|0|300", "M|1|140"), 1, Role.AXIS),
        ("points|patients", ("2|310", "4|120", "5|90", "7|60"), 0, Role.STATISTIC),
        ("donor|n", ("4|310", "11|120", "15|90", "20|60"), 0, Role.AXIS),
        ("site|died|n", ("A|0|310", "B|1|120"), 1, Role.COUNT),
        ("sex|x|n", ("F|4|310", "M|12|120"), 1, Role.UNKNOWN),
        ("x|percent", ("4|10%", "36|90%"), 0, Role.UNKNOWN),
        ("x|percent", ("36|90%", "4|10%", "7|1%", "9|2%"), 0, Role.UNKNOWN),
    ],
)
def test_a_column_is_told_by_its_place(
    columns: str, rows: tuple[str, ...], at: int, expected: Role
) -> None:
    """Keys name groups; what the keys before it make needless, or stands in no order, may count."""
    assert found(columns, *rows)[at] is expected


def test_marks_of_people_are_unclear_not_counts() -> None:
    """Without any other count they are looked at; beside people at risk they are events."""
    people = [f"{40 + at * 7 % 30}|{at % 2}" for at in range(30)]
    assert found("age|death events", *people)[1] is Role.UNKNOWN
    cells = counts(table("age|died", *people), found("age|died", *people))
    assert {cell.certain for cell in cells} == {False}
    steps = [f"{at * 30}|{400 - at}|{at % 2}" for at in range(30)]
    assert found("time|n.risk|n.event", *steps)[2] is Role.COUNT


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n_neighbors", Role.STATISTIC), ("number of trees", Role.STATISTIC),
        ("n sites", Role.STATISTIC), ("max_depth", Role.STATISTIC), ("threshold", Role.STATISTIC),
        ("n events", Role.COUNT), ("number of patients", Role.COUNT), ("above threshold", None),
        ("n trees removed", Role.COUNT), ("sites", None),
    ],
)  # fmt: skip
def test_things_are_counted_too(name: str, expected: Role | None) -> None:
    """What a model or a design is made of is nobody; one word more and it may be people."""
    assert named(name) is expected


def test_words_without_accents() -> None:
    """A name is cut alike with and without its accents."""
    assert words("Âge à l'année") == ["age", "a", "l", "year"]

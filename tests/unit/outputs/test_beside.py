"""Two tables side by side: matched by what they count, and the difference that shows few people."""

from orchestrator.outputs.beside import Beside, Pair, beside
from orchestrator.outputs.facts import FactTable, tables
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes

LEAST = 10


def facts(text: str, caps: ReadCaps) -> FactTable:
    """The counts of a csv."""
    (part,) = open_bytes("t.csv", text.encode(), caps).parts
    (found,) = tables(part, lambda _names: False)
    return found


def both(one: str, other: str, caps: ReadCaps) -> Beside:
    """Two csv texts side by side."""
    return beside(facts(one, caps), facts(other, caps), LEAST)


def test_the_same_groups_stand_in_one_row(caps: ReadCaps) -> None:
    """Whatever the order of rows; both rows are named, and what lies between them."""
    found = both(
        "sex,people,deaths\nF,4350,1204\nM,3524,965\n",
        "sex,people,deaths\nM,3524,965\nF,4347,1202\n",
        caps,
    )
    assert found.measures == ("people", "deaths")
    assert [(line.categories, line.row_here, line.row_there) for line in found.lines[:2]] == [
        (("sex: f",), 1, 2),
        (("sex: m",), 2, 1),
    ]
    women, men = found.lines[:2]
    assert women.pairs == (Pair("4350", "4347", 3, marked=True), Pair("1204", "1202", 2, True))
    assert men.pairs == (Pair("3524", "3524", 0, marked=False), Pair("965", "965", 0, False))
    assert (women.marked, men.marked) == (True, False)


def test_what_subtraction_shows_is_named(caps: ReadCaps) -> None:
    """How many of which group, in which rows, and whether one population contains the other."""
    found = both(
        "sex,people,deaths\nF,4350,1204\nM,3524,965\n",
        "sex,people,deaths\nF,4347,1202\nM,3524,965\n",
        caps,
    )
    told = {(one.measure, one.categories, one.people, one.row_here) for one in found.implied}
    assert ("people", ("sex: f",), 3, 1) in told
    assert ("deaths", ("sex: f",), 2, 1) in told
    assert found.certain
    assert found.common >= 4


def test_a_count_that_only_one_table_has_stands_alone(caps: ReadCaps) -> None:
    """And a hidden one is shown as hidden, with no difference."""
    found = both("site,people\nA,<10\nB,3000\nD,120\n", "site,people\nB,3000\nC,4800\n", caps)
    by_name = {line.categories[0]: line.pairs[0] for line in found.lines}
    assert by_name["site: d"] == Pair("120", None, None, marked=False)
    assert by_name["site: c"] == Pair(None, "4800", None, marked=False)
    assert str(by_name["site: a"].here).startswith("hidden")
    assert by_name["site: a"].apart is None
    assert found.implied == ()


def test_a_sum_that_no_table_prints_has_a_row_where_it_tells(caps: ReadCaps) -> None:
    """Sex here, stage there: only the totals meet, and they are 4 apart."""
    found = both("sex,people\nF,4350\nM,3524\n", "stage,people\nI,4200\nII,3670\n", caps)
    (total,) = [line for line in found.lines if line.marked]
    assert total.derived
    assert total.categories == ()
    assert total.pairs == (Pair("7874", "7870", 4, marked=True),)
    assert [(one.people, one.certain, one.derived) for one in found.implied] == [(4, False, True)]

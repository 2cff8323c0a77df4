"""Long, wide and packed tables come to the same facts; sums are those a reader would make."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.outputs.blocks import blocks
from orchestrator.outputs.cells import Hidden, Mark, hidden, pieces
from orchestrator.outputs.differencing import differences
from orchestrator.outputs.facts import FactTable, derived, rounding_base, tables
from orchestrator.outputs.form import Kind, Part, Table
from orchestrator.outputs.ledger import read, spelled, table_from_json, table_to_json
from orchestrator.values import digest_of


def part(*lines: str, path: str = "t.csv") -> Part:
    """A table from lines with `|` between cells."""
    rows = [tuple(line.split("|")) for line in lines]
    table = Table(rows[0], tuple(rows[1:]), len(rows) - 1)
    return Part(path, Kind.TABLE, digest_of(b""), table=table)


def nothing_known(_names: object) -> bool:
    """No source."""
    return False


def facts_of(*lines: str) -> FactTable:
    """The facts of a single table."""
    (found,) = tables(part(*lines), nothing_known)
    return found


def by_key(table: FactTable) -> dict[object, float | None]:
    """Counts by what they count."""
    return {fact.key: fact.value for fact in table.facts}


LONG = ("sex|stage|n", "F|I|40", "F|II|30", "M|I|50", "M|II|37")
WIDE = ("sex|I|II|Total", "F|40|30|70", "M|50|37|87", "Total|90|67|157")
PACKED = ("sex|I|II", "F|40 (57%)|30 (43%)", "M|50 (57%)|37 (43%)")


def test_three_ways_to_write_a_table_are_the_same_facts() -> None:
    """Each finest count of the long table is in the wide and the packed one, under the same key."""
    long = by_key(facts_of(*LONG))
    for other in (WIDE, PACKED):
        told = by_key(facts_of(*other))
        assert {key: told.get(key) for key in long} == long


def test_printed_totals_are_the_sums_of_the_long_table() -> None:
    """What a reader adds up is what the wide table prints."""
    sums = {fact.key: fact.value for fact in derived(facts_of(*LONG))}
    wide = by_key(facts_of(*WIDE))
    assert sums == {key: value for key, value in wide.items() if key not in by_key(
        facts_of(*LONG))}  # fmt: skip
    assert derived(facts_of(*WIDE)) == []


def test_measures_are_no_categories() -> None:
    """`deaths` is counted, `F` is a group."""
    keys = set(by_key(facts_of("sex|people|deaths", "F|40|20", "M|50|30")))
    assert keys == {(m, (("", s),)) for m in ("people", "deaths") for s in ("f", "m")}


def test_several_tables_in_one_sheet() -> None:
    """Cut at blank rows and columns, names and positions kept."""
    sheet = part("Table 1||||", "sex|n||stage|n", "F|40||I|50", "M|60||II|70", "||||",
                 "arm|n|||", "A|30|||", "B|31|||")  # fmt: skip
    assert sheet.table is not None
    cut = blocks(sheet.table)
    assert [(one.names, one.at) for one in cut] == [
        (("sex", "n"), (2, 3)), (("stage", "n"), (2, 3)), (("arm", "n"), (6, 7)),
    ]  # fmt: skip
    found = tables(sheet, nothing_known)
    assert [fact.row for table in found for fact in table.facts] == [2, 3, 2, 3, 6, 7]
    assert [fact.column for fact in found[1].facts] == [4, 4]


def test_a_leukaemia_is_no_total() -> None:
    """`ALL` is a diagnosis where it is smaller than another row."""
    told = by_key(facts_of("diagnosis|n", "ALL|1156", "AML|3418", "APL|799"))
    assert ("people", (("", "all"),)) in told
    assert ("people", ()) in by_key(facts_of("sex|n", "F|10", "M|20", "All|30"))


def test_rounding_is_seen_in_enough_counts() -> None:
    """Six multiples of five are rounded; three are chance."""
    assert rounding_base([20, 30, 45, 50, 25, 15]) == 5
    assert rounding_base([20, 30, 45]) == 1
    assert rounding_base([20, 31, 45, 50, 25, 15]) == 1


def test_cells_are_taken_apart() -> None:
    """Counts, shares, wholes, statistics; and what is hidden."""
    assert [(p.mark, p.value) for p in pieces("3/120 (2.5%)")] == [
        (Mark.COUNT, 3), (Mark.WHOLE, 120), (Mark.SHARE, 2.5),
    ]  # fmt: skip
    assert [p.mark for p in pieces("64.3 (12.1)")] == [Mark.STATISTIC] * 2
    assert [p.value for p in pieces("1 234")] == [1234]
    assert hidden("<10") == Hidden(0, 9)
    assert hidden("1-9") == Hidden(1, 9)
    assert hidden("[redacted]") == Hidden()
    assert hidden("12") is None
    assert pieces("abc") == ()


def test_facts_survive_the_ledger() -> None:
    """Spelled and read back they are the same; anything else is refused."""
    table = facts_of("site|n", "A|<10", "B|20", "Total|24")
    assert table_from_json(table_to_json(table)) == table
    assert read(spelled([], [], 10)) == {}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["F", "M", "X", "Y", "Z"]), st.integers(10, 5000), min_size=2, max_size=5
    ),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_a_few_people_less_are_always_seen(
    groups: dict[str, int], few: int, random: Random
) -> None:
    """The same table without 1 to 9 people of one group, rows in any order."""
    chosen = random.choice(sorted(groups))
    less = {**groups, chosen: groups[chosen] + few}
    order = sorted(groups)
    random.shuffle(order)
    here = facts_of("group|n", *(f"{name}|{groups[name]}" for name in order))
    there = facts_of("group|n", *(f"{name}|{less[name]}" for name in sorted(less)))
    found = differences(here, there, 10)
    if max(here.base, there.base) == 1:
        assert few in {one.people for one in found}
        assert {one.people for one in differences(there, here, 10)} == {one.people for one in found}
    assert differences(here, here, 10) == []


def test_groups_that_cannot_contain_one_another_say_nothing() -> None:
    """More of the one and fewer of the other: two populations."""
    women = facts_of("stage|n", "I|120", "II|75", "III|40")
    men = facts_of("stage|n", "I|117", "II|79", "III|41")
    assert differences(women, men, 10) == []

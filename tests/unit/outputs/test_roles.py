"""What a column is: counts are recognised, and other numbers are not taken for counts."""

from collections.abc import Sequence

import pytest

from orchestrator.outputs.cells import whole
from orchestrator.outputs.count_cells import counts
from orchestrator.outputs.form import Table
from orchestrator.outputs.naming import Role, label_of, words
from orchestrator.outputs.roles import roles


def table(columns: str, *rows: str) -> Table:
    """A table from lines."""
    body = tuple(tuple(row.split("|")) for row in rows)
    return Table(tuple(columns.split("|")), body, len(body))


def no_source(names: object) -> bool:
    """No source is known."""
    return False


def role(name: str, *cells: str) -> Role:
    """The role of one column beside a label column."""
    rows = tuple((f"g{number}", cell) for number, cell in enumerate(cells))
    return roles(Table(("group", name), rows, len(rows)), no_source)[1]


@pytest.mark.parametrize(
    "name",
    ["n", "N", "count", "n_events", "patients", "n.risk", "nEvents", "number of deaths", "total",
     "people", "freq", "at risk", "deaths"],
)  # fmt: skip
def test_counts_by_name(name: str) -> None:
    """As people call them."""
    assert role(name, "12", "5") is Role.COUNT


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("percent", ("3", "97"), Role.PERCENT),
        ("n (%)", ("3%", "97%"), Role.PERCENT),
        ("mean age", ("64", "65"), Role.MEAN),
        ("OR", ("1.2", "0.8"), Role.COEFFICIENT),
        ("hr", ("2", "3"), Role.COEFFICIENT),
        ("p", ("0.03", "0.5"), Role.P_VALUE),
        ("Pr(>|z|)", ("1", "0"), Role.P_VALUE),
        ("planned n", ("5", "8"), Role.PLANNED),
        ("dose mg", ("5", "8"), Role.DOSE),
        ("95% CI lower", ("1", "2"), Role.COEFFICIENT),
        ("events per year", ("3", "4"), Role.RATE),
        ("max age", ("3", "9"), Role.EXTREME),
        ("median days", ("3", "9"), Role.PERCENTILE),
        ("whishi", ("300", "900"), Role.EXTREME),
        ("fliers", ("300", "900"), Role.EXTREME),
        ("tubes", ("3", "2"), Role.DOSE),
        ("interim looks", ("1", "2"), Role.STATISTIC),
        ("minimum cell", ("10", "5"), Role.STATISTIC),
        ("stop", ("7", "9"), Role.INDEX),
        ("residual df", ("3", "9"), Role.DEGREES),
        ("icd10 code", ("3", "9"), Role.CODE),
        ("value", ("-3", "4"), Role.STATISTIC),
        ("year", ("1997", "1998"), Role.YEAR),
        ("follow-up year", ("1", "2"), Role.YEAR),
        ("rank", ("1", "2"), Role.INDEX),
        ("", ("0", "1"), Role.INDEX),
        ("age", ("3", "4"), Role.AXIS),
        ("stage", ("1", "2"), Role.AXIS),
        ("x", ("a", "b"), Role.TEXT),
        ("x", ("", ""), Role.TEXT),
    ],
)
def test_other_numbers_are_no_counts(name: str, cells: tuple[str, ...], expected: Role) -> None:
    """Odds ratios, years, stages, shares: none of them is a small cell."""
    assert role(name, *cells) is expected


@pytest.mark.parametrize(
    "name",
    ["F", "low", "high", "c", "yes", "no", "x", "group 1", "score", "recruited", "withdrawn"],
)
def test_an_unclear_name_stays_unclear(name: str) -> None:
    """Categories as column names, in a cross table, are never quietly safe."""
    assert role(name, "4", "4") is Role.UNKNOWN


def test_a_total_tells_counts() -> None:
    """A last row or a last column that sums up."""
    down = table("sex|a|b", "F|4|20", "M|6|30", "All|10|50")
    assert roles(down, no_source)[1:] == [Role.COUNT, Role.COUNT]
    across = table("sex|a|b|c", "F|4|20|24", "M|6|30|36")
    assert roles(across, no_source)[1:] == [Role.COUNT] * 3
    assert roles(table("sex|a|b", "F|4|20", "M|6|30"), no_source)[1] is Role.UNKNOWN


def test_categories_of_the_source_as_names_tell_counts() -> None:
    """A cross table whose columns are values of one source column."""
    cross = table("chapter|F|M", "Blood|4|20", "Digestive|6|30")
    known = roles(cross, lambda names: set(names) == {"F", "M"})
    assert known[1:] == [Role.COUNT, Role.COUNT]


def test_adjoining_bands_as_names_tell_counts() -> None:
    """Beside categories of the source; amounts by band, or bands with a gap, stay unclear."""

    def known(names: Sequence[str]) -> bool:
        return set(names) <= {"F", "M"}

    cross = table("sex|18-39|40-59|60+", "F|4|120|230", "M|60|130|280")
    assert roles(cross, known)[1:] == [Role.COUNT] * 3
    doses = table("drug|<60|60-79|80+", "x|5|10|20", "y|2|4|8")
    assert Role.COUNT not in roles(doses, known)
    gap = table("sex|18-39|50-59|60+", "F|4|120|230", "M|60|130|280")
    assert Role.COUNT not in roles(gap, known)


def test_progress_is_no_share_of_a_group() -> None:
    """Steps one after another of one whole, behind the same word; others are people."""
    steps = table("x|y|z|loss", "epoch|1/3|loss|0.69", "epoch|2/3|loss|0.51", "epoch|3/3|loss|0.4")
    assert counts(steps, roles(steps, no_source)) == []
    for people in (("A|1/3", "B|2/3", "C|3/3"), ("a|3/9", "a|2/9", "a|1/9"),
                   ("a|1/7", "a|2/8", "a|3/9")):  # fmt: skip
        own = table("arm|responders", *people)
        assert counts(own, roles(own, no_source))


def test_a_key_column_left_of_counts_is_an_axis() -> None:
    """Also where it repeats."""
    found = roles(table("sex|stage|n", "F|1|20", "F|2|30", "M|1|40"), no_source)
    assert found == [Role.TEXT, Role.AXIS, Role.COUNT]


def test_row_labels_speak_where_names_do_not() -> None:
    """A list of figures, and a table of statistics with its counts in one row."""
    figures = table("figure|value", "n|4", "mean age|5", "something|6")
    found = {(cell.value, cell.certain) for cell in counts(figures, roles(figures, no_source))}
    assert found == {(4, True), (6, False)}
    described = table("|age|hgb", "count|8|9", "mean|4|5", "std|1|2", "25%|3|3", "max|7|7")
    cells = counts(described, roles(described, no_source))
    assert [(cell.row, cell.value, cell.certain) for cell in cells] == [(1, 8, True), (1, 9, True)]


def test_counts_packed_into_text() -> None:
    """`12 (3.4%)` and `3/120`; `64 (12)` may be a mean."""
    packed = table("x|y", "a|4 (3.4%)", "b|3/120", "c|64 (12)", "d|64.3 (12.1)", "e|words")
    cells = counts(packed, roles(packed, no_source))
    assert [(cell.value, cell.certain) for cell in cells] == [
        (4, True), (3, True), (120, True), (64, False),
    ]  # fmt: skip


def test_suppressed_cells_do_not_hide_the_rest() -> None:
    """A column of `<10` with one number left is still a column of counts."""
    hidden = table("sex|n", "F|<10", "M|<10", "X|4")
    assert [cell.value for cell in counts(hidden, roles(hidden, no_source))] == [4]


def test_words_and_labels() -> None:
    """Names are cut as people read them; a number is no name."""
    assert words("nRisk_2.events") == ["n", "risk", "2", "events"]
    assert label_of(table("97|b", "1|2"), 0) == "column 1"
    assert label_of(table("a|b", "1|2"), 1) == "b"
    assert (whole("1,234"), whole("3.5"), whole("-1"), whole("NA")) == (1234, None, None, None)

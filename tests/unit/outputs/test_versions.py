"""What changed between two versions of a file, value by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.form import FileForm
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.outputs.versions import CHANGES, Change, difference


def a_form(caps: ReadCaps, text: str, path: str = "a.csv") -> FileForm:
    """A file as the opener reads it."""
    return open_bytes(path, text.encode(), caps)


BEFORE = "sex,people\nF,4120\nM,3980\n"


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (BEFORE, []),
        ("sex,people\nM,3980\nF,4120\n", []),  # the same rows in another order
        ("people,sex\n4120,F\n3980,M\n", None),
        ("sex,people\nF,4121\nM,3980\n", [("F", "people", "4120", "4121")]),
        (
            "sex,people\nF,4120\n",
            [("M", "sex", "M", None), ("M", "people", "3980", None)],
        ),
        (
            "sex,people,died\nF,4120,120\nM,3980,90\n",
            [("F", "died", None, "120"), ("M", "died", None, "90")],
        ),
        ("sex,n\nF,4120\nM,3980\n", None),
    ],
)
def test_rows_are_paired_by_their_first_cell(
    caps: ReadCaps, after: str, changes: list[tuple[str, str, str | None, str | None]] | None
) -> None:
    found = difference(a_form(caps, BEFORE), a_form(caps, after))
    assert not found.more
    if changes is None:
        assert found.changes
    else:
        assert [(c.row, c.column, c.before, c.after) for c in found.changes] == changes


def test_rows_without_a_name_are_paired_by_place(caps: ReadCaps) -> None:
    before, after = "a,b\n1,x\n1,y\n", "a,b\n1,x\n1,z\n"
    found = difference(a_form(caps, before), a_form(caps, after))
    assert found.changes == (Change("a.csv", "2", "b", "y", "z"),)


def test_lines_of_text_and_parts_that_come_and_go(caps: ReadCaps) -> None:
    text = difference(a_form(caps, "one\ntwo\n", "a.txt"), a_form(caps, "one\nthree\n", "a.txt"))
    assert text.changes == (Change("a.txt", "2", "", "two", "three"),)
    note = '{"a": [{"x": "1", "y": "2"}]}'
    other = '{"b": [{"x": "1", "y": "2"}]}'
    found = difference(a_form(caps, note, "a.json"), a_form(caps, other, "a.json"))
    assert found.changes


def test_a_long_list_says_that_there_is_more(caps: ReadCaps) -> None:
    rows = "\n".join(f"g{n},1" for n in range(CHANGES + 5))
    many = "\n".join(f"g{n},2" for n in range(CHANGES + 5))
    found = difference(a_form(caps, f"g,n\n{rows}\n"), a_form(caps, f"g,n\n{many}\n"))
    assert (len(found.changes), found.more) == (CHANGES, True)


cells = st.text("abc12", min_size=1, max_size=3)
tables = st.lists(st.tuples(cells, cells), min_size=1, max_size=6)


@given(tables, tables)
def test_nothing_is_said_only_of_equal_tables(
    caps: ReadCaps, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    """And turned around each change is the same change backwards."""
    one = a_form(caps, "k,v\n" + "".join(f"{k},{v}\n" for k, v in before))
    two = a_form(caps, "k,v\n" + "".join(f"{k},{v}\n" for k, v in after))
    there, back = difference(one, two).changes, difference(two, one).changes
    assert {(c.row, c.column, c.before, c.after) for c in there} == {
        (c.row, c.column, c.after, c.before) for c in back
    }
    if not there:
        assert sorted(before) == sorted(after)

"""A table is compared in every shape it can have, and rows are found in each of them."""

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.shapes import views
from tests.outputs_world import Cells, Check, without


def shape(check: Check, data: str, source: Index) -> str:
    """The evidence of row linkage on a file."""
    report = check("t.csv", data, source)
    return " ".join(one.evidence for one in report.findings if one.rule == "O19")


def test_a_table_is_seen_as_it_stands_first() -> None:
    """And in no other shape where it has none."""
    (only,) = views(["a", "b"], [["1", "2"], ["3", "4"]])
    assert (only.shape, list(only.rows)) == ("", [(0,), (1,)])


def test_people_in_columns_are_found(check: Check, flchain: Cells, source: Index) -> None:
    """The columns are named, not the rows."""
    people = without(flchain, "person")
    lines = [",".join([name, *column[:30]]) for name, column in people.items()]
    report = check("t.csv", "\n".join(["x," + ",".join(map(str, range(30))), *lines]), source)
    (found,) = [one for one in report.findings if one.rule == "O19"]
    assert "seen transposed" in found.evidence
    assert "columns 2-31" in found.evidence


@pytest.mark.parametrize("sorted_by", ["row", "variable"])
def test_people_cut_into_lines_are_found(
    check: Check, flchain: Cells, source: Index, sorted_by: str
) -> None:
    """One line a value, with a number for each person or only in order."""
    names = ["age", "sample.yr", "kappa", "lambda", "futime", "creatinine"]
    lines = [(row, name, flchain[name][row]) for row in range(40) for name in names]
    if sorted_by == "variable":
        lines.sort(key=lambda line: names.index(line[1]))
    data = "variable,value\n" + "".join(f"{name},{value}\n" for _, name, value in lines)
    assert "seen one line a value" in shape(check, data, source)


def test_an_aggregate_in_lines_is_nobody(check: Check, source: Index) -> None:
    """The same shape with counts."""
    names = ["women", "men", "deaths"]
    lines = [f"{1990 + row},{name},{400 + 13 * row}" for row in range(20) for name in names]
    report = check("t.csv", "year,what,n\n" + "\n".join(lines) + "\n", source)
    assert not [one for one in report.findings if one.rule == "O19"]


def test_lines_of_one_person_stand_together() -> None:
    """Several lines of a person become one row, in the order of the file."""
    rows = [[f"p{at // 2}", str(at), str(10 * at)] for at in range(20)]
    wide = [view for view in views(["who", "day", "hb"], rows) if "several" in view.shape]
    assert [list(column) for column in wide[0].cells][:2] == [
        [str(at) for at in range(0, 20, 2)],
        [str(10 * at) for at in range(0, 20, 2)],
    ]
    assert wide[0].rows[3] == (6, 7)

"""Records spelled out in texts are tables; settings, calls and prose are not."""

import time

import pytest

from orchestrator.outputs.readers.records import find_records

ROWS = [["61", "F", "3.2"], ["58", "M", ""], ["70", "F", "4.1"]]


LOG = """10:00 row age=61 sex=F ratio=3.2
10:01 row age=58 sex=M ratio=
10:02 row age=70 sex=F ratio=4.1"""
MAPPINGS = """
- age: 61
  sex: F
  ratio: 3.2
- age: 58
  sex: M
  ratio: ''
- age: 70
  sex: F
  ratio: 4.1"""
LITERAL = (
    "rows = [{'age': 61, 'sex': 'F', 'ratio': 3.2}, {'age': 58, 'sex': 'M', 'ratio': ''}, "
    "{'age': 70, 'sex': 'F', 'ratio': 4.1}]"
)


@pytest.mark.parametrize("text", [LOG, MAPPINGS, LITERAL])
def test_mappings_of_any_language(text: str) -> None:
    """A log, YAML, a Python literal."""
    assert find_records(text) == [(["age", "sex", "ratio"], ROWS)]


def test_tuples_and_vectors() -> None:
    """Lists in brackets, and named vectors of one length."""
    listed = "x = [(1, 'a', 2.5), (3, 'b', 4.5), (5, 'c, d', 6.5), (7, 'e', 8.5)]"
    assert find_records(listed)[0][1] == [["1", "a", "2.5"], ["3", "b", "4.5"],
                                          ["5", "c, d", "6.5"], ["7", "e", "8.5"]]  # fmt: skip
    vectors = 'd <- data.frame(age = c(61, 58, 70, 66, 49),\n  sex = c("F", "M", "F", "F", NA))'
    assert find_records(vectors) == [
        (["age", "sex"], [["61", "F"], ["58", "M"], ["70", "F"], ["66", "F"], ["49", "NA"]])
    ]


@pytest.mark.parametrize(
    "text",
    [
        "seed: 7\ntrees: 300\ndepth: 4\n",
        "fit(x, y, 3)\nfit(x, y, 4)\nfit(x, y, 5)\nfit(x, y, 6)\n",
        "grid = {'depth': [3, 5, 7], 'rate': [0.1, 0.2, 0.3]}",
        "rgb(31, 119, 180) rgb(255, 127, 14) rgb(44, 160, 44) rgb(214, 39, 40)",
        "Note: read this. Then: go on. See: below.",
    ],
)
def test_settings_calls_and_prose_are_no_tables(text: str) -> None:
    """One record is a setting; a call has arguments."""
    assert find_records(text) == []


@pytest.mark.parametrize(
    "text",
    ["a=" * 50_000, 'a="' + '\\"' * 50_000, "(" * 100_000, "a=(" * 30_000, "a." * 50_000,
     "a= " + "b" * 100_000 + "=", "{'a':" * 30_000],
)  # fmt: skip
def test_hostile_texts_take_linear_time(text: str) -> None:
    """No pattern goes back over what it read."""
    begin = time.process_time()
    find_records(text)
    assert time.process_time() - begin < 5

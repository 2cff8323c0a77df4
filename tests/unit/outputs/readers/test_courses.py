"""Visits one behind the other are one table; lines of words and tables are not."""

import pytest

from orchestrator.outputs.readers.courses import find_courses

RAGGED = """course 1 19 3.5 15.3 46 2.1 17.6 58 2.8 16.1
course 2 26 4.0 19.6 45 2.6 20.2 70 2.9 20.2 86 2.2 23.3
course 3 22 2.2 19.0 47 1.2 19.2 70 2.2 20.9
course 4 15 3.0 22.5 35 1.2 21.9 67 0.9 22.4 79 2.0 23.5"""
MARKED = """1; 19:3.5:15.3; 46:2.1:17.6; 58:2.8:16.1
2; 26:4.0:19.6; 45:2.6:20.2; 70:2.9:20.2; 86:2.2:23.3
3; 22:2.2:19.0; 47:1.2:19.2; 70:2.2:20.9
4; 15:3.0:22.5; 35:1.2:21.9; 67:0.9:22.4; 79:2.0:23.5"""
TUPLES = MARKED.replace(":", ", ").replace("; ", ") (").replace(")", ":", 1)


@pytest.mark.parametrize("text", [RAGGED, MARKED, TUPLES])
def test_visits_of_all_lines_are_one_table(text: str) -> None:
    """Whatever parts them, and whatever stands before the first."""
    (rows,) = find_courses([(1, text.splitlines())])
    assert len(rows) == 14
    assert rows[0] == ["19", "3.5", "15.3"]
    assert rows[-1] == ["79", "2.0", "23.5"]


@pytest.mark.parametrize(
    "text",
    [
        "1 19 3.5 15.3\n2 26 4.0 19.6\n3 22 2.2 19.0\n4 15 3.0 22.5",
        "the mean of 3 sites was 4\nand of 4 it was 5 or 6\nin 2021 there were 7\nnot 8 or 9",
        "1 2\n3 4 5\n6 7 8 9\n1 2 3 4 5",
    ],
)
def test_tables_and_sentences_are_no_visits(text: str) -> None:
    """Lines of one length are a table; lines that differ by one value are lists."""
    assert list(find_courses([(1, text.splitlines())])) == []

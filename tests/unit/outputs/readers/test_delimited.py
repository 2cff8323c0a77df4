"""CSV and TSV: one dialect, one width, or not read."""

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.delimited import is_number, parse, split_header
from orchestrator.outputs.readers.opening import ReadCaps, Unreadable
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import tables


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a;b\n1;x\n2;y\n",
        b"a\tb\n1\tx\n2\ty\n\n",
        b"a|b\n1|x\n2|y",
        b'"a","b"\n"1","x"\n"2","y"\n',
        b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
        "a,b\n1,x\n2,y\n".encode("utf-16"),
    ],
)
def test_every_dialect_gives_the_same_table(caps: ReadCaps, data: bytes) -> None:
    """And every byte of it is owned."""
    form = open_bytes("t.csv", data, caps)
    assert tables(form)["t.csv"] == (("a", "b"), (("1", "x"), ("2", "y")))
    assert cover(form).gaps == ()
    assert cover(form).accounted == len(data)


def test_a_windows_file_is_read_and_noted(caps: ReadCaps) -> None:
    """Its umlauts arrive, and the encoding is said."""
    form = open_bytes("t.csv", "name,n\nMünchen,12\n".encode("cp1252"), caps)
    assert tables(form)["t.csv"][1] == (("München", "12"),)
    assert form.parts[0].notes[0].note is Note.NOT_UTF8


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a,b\n1,2\n1,2,3\n", 3),
        (b"# note, with comma and more\na,b,c\n1,2,3,4\n", 2),
        (b"a,b,c\n1,2,3\nnote, with comma\n", 3),
        (b'a,b\n"1"x,2\n', 2),
        (b"a,b\n1,2\n\n1,2\n", 3),
        (b'a,b\n"open,2\n', 2),
    ],
)
def test_a_ragged_file_is_not_read(caps: ReadCaps, data: bytes, line: int) -> None:
    """Columns after a gap or a second table could hide there; the line is named."""
    seen = open_bytes("t.csv", data, caps).parts[0].notes[0]
    assert seen.note is Note.RAGGED
    assert seen.at == line


def test_remarks_below_a_table_are_read_apart(caps: ReadCaps) -> None:
    form = open_bytes("t.csv", b"a,b,c\n1,2,3\n# 3752 people and 1882 deaths\n", caps)
    assert tables(form)["t.csv"][1] == (("1", "2", "3"),)
    assert any("1882 deaths" in (part.text or "") for part in form.parts)
    assert not form.parts[0].notes


def test_a_title_and_notes_are_read_apart(caps: ReadCaps) -> None:
    """Around a table of one width; what else has another width stays ragged."""
    data = b"Women, 2024\n\na\tb\n1\tx\n2\ty\nSource: registry\n"
    form = open_bytes("t.tsv", data, caps)
    assert tables(form)["t.tsv"] == (("a", "b"), (("1", "x"), ("2", "y")))
    assert any("Source: registry" in (part.text or "") for part in form.parts)
    assert cover(form).gaps == ()
    for ragged in (b"a\tb\n1\tx\n2\ty\n3\tz\tw\n", b"a\tb\n1\tx\n\n9\tz\n"):
        assert open_bytes("t.tsv", ragged, caps).parts[0].notes[0].note is Note.RAGGED


def test_remarks_above_a_table_are_read_apart(caps: ReadCaps) -> None:
    """As programs write them; what they say is seen, a table in them too."""
    data = b"# made by us\n# 61;F;3.2\n# 58;M;4.1\n# 47;F;2.7\ngroup,n\nold,120\nyoung,80\n"
    form = open_bytes("t.csv", data, caps)
    assert tables(form)["t.csv"] == (("group", "n"), (("old", "120"), ("young", "80")))
    assert form.parts[0].notes == ()
    assert "# 61;F;3.2" in (next(p for p in form.parts if p.path == "t.csv!/remarks").text or "")
    assert any("58" in cell for name, (_, rows) in tables(form).items() if "remarks" in name
               for row in rows for cell in row)  # fmt: skip
    assert cover(form).gaps == ()


def test_clocks_are_not_cut_into_numbers(caps: ReadCaps) -> None:
    """A time of the day is one value; three numbers between colons that are none are three."""
    clocks = b"at,event\n09:31:01,read\n09:31:04,fitted\n09:31:09,done\n"
    assert list(tables(open_bytes("t.csv", clocks, caps))) == ["t.csv"]
    packed = b"at,event\n61:77:01,read\n58:31:04,fitted\n47:99:09,done\n"
    assert "t.csv!/packed/1" in tables(open_bytes("t.csv", packed, caps))


def test_bytes_that_are_no_text_are_not_read(caps: ReadCaps) -> None:
    """NUL bytes, and codes that no encoding has."""
    assert open_bytes("t.csv", b"a,b\n1,\x002\n", caps).parts[0].notes[0].note is Note.NUL
    assert open_bytes("t.csv", b"a\n\x81\x8d\n", caps).parts[0].notes[0].note is Note.ENCODING
    broken = b"\xff\xfea\x00\x00\xd8"
    assert open_bytes("t.csv", broken, caps).parts[0].notes[0].note is Note.ENCODING


def test_packed_columns_are_opened(caps: ReadCaps) -> None:
    """`97|F|1997` in one cell is three cells of somebody."""
    form = open_bytes("t.csv", b"k,v\n1,97^F^1997\n2,88^M^1998\n", caps)
    assert tables(form)["t.csv!/packed/2"][1] == (("97", "F", "1997"), ("88", "M", "1998"))
    form = open_bytes("t.csv", b"a~b~c\n1~2~3\n4~5~6\n", caps)
    assert tables(form)["t.csv!/packed/1"] == (("a", "b", "c"), (("1", "2", "3"), ("4", "5", "6")))


def test_caps_are_noted_never_silent(policy_caps: ReadCaps) -> None:
    """More rows, columns, cells or characters than allowed."""
    many = open_bytes("t.csv", b"a,b\n" + b"1,2\n" * 11, policy_caps).parts[0]
    assert many.table is not None
    assert (len(many.table.rows), many.table.total_rows) == (10, 11)
    assert many.notes[0].note is Note.TOO_MANY_ROWS
    wide = open_bytes("t.csv", b",".join([b"a"] * 6) + b"\n", policy_caps).parts[0]
    assert wide.notes[0].note is Note.CAPPED
    long = open_bytes("t.csv", b"a,b\n1," + b"x" * 21 + b"\n", policy_caps).parts[0]
    assert long.notes[0].note is Note.CAPPED


@pytest.fixture
def policy_caps() -> ReadCaps:
    """Very small caps."""
    return ReadCaps(100_000, 10, 5, 45, 20, 1000, 10, 3, 100, 100, 10_000, 10_000, 50)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["age", "<0.001", "<0.01"], ["sex", "0.3", "0.2"]], False),
        ([["age", "5%", "10%"], ["sex", "7%", "9%"]], False),
        ([["sex", "n"], ["F", "12"]], True),
        ([["F", "12"], ["M", "13"]], False),
        ([["", "n"], ["0", "12"]], True),
        ([["a", "a"], ["1", "2"]], False),
        ([["flc", "1980", "1990"], ["x", "1", "2"]], True),
        ([["97", "1980"], ["88", "1990"]], False),
        ([["F", "1990", "1980"], ["M", "1", "2"]], False),
    ],
)
def test_a_header_is_told_from_data(rows: list[list[str]], header: bool) -> None:
    """A first row of data must not vanish into the names."""
    columns, body, found = split_header(rows)
    assert found is header
    assert len(body) == len(rows) - header
    assert len(columns) == len(rows[0])


def test_numbers_as_people_write_them() -> None:
    """And what only looks like one."""
    assert all(map(is_number, ["1", "-1.5", "1e5", "12%", "<10", "5."]))
    assert not any(map(is_number, ["", "x", "1_000", "nan", "inf", "1,2", "-"]))


def test_nothing_is_no_table() -> None:
    """An empty text has no rows, and a broken one says where."""
    assert parse("") == []
    assert split_header([]) == ([], [], False)
    with pytest.raises(Unreadable):
        parse("a,b\n1\n")


def test_cells_with_shares_are_no_lists(caps: ReadCaps) -> None:
    """Visits in the cells of a line are one table, for the comparison alone."""
    visits = open_bytes("t.csv", b"day,inr\n19|46,3.5|2.1\n26|45|70,4.0|2.6|2.9\n", caps)
    (lists,) = [part for part in visits.parts if part.path.endswith("/lists")]
    assert lists.is_sentence
    assert lists.table is not None
    assert len(lists.table.rows) == 5
    shares = open_bytes("t.csv", b"arm,other\n41 (5.3),38 (4.9)\n12,10\n", caps)
    assert not [part for part in shares.parts if part.path.endswith("/lists")]

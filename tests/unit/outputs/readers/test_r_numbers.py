"""R's objects in its three ways of writing numbers: the same values, and nothing beside them."""

import gzip

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps, Unreadable
from orchestrator.outputs.readers.r_numbers import MISSING, Lines, Packed, numbers
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import tables

TEXT = (
    b"A\n3\n262657\n197888\n5\nUTF-8\n787\n3\n"
    b"14\n3\n61.5\nNA\n0x1.4p+1\n"
    b"13\n3\n4\nNA\n12\n"
    b"16\n3\n262153\n4\nf\\303\\251\\\\\n262153\n0\n\n262153\n3\na\\040b\n"
    b"1026\n1\n262153\n5\nnames\n16\n3\n262153\n2\nkg\n262153\n1\nn\n262153\n4\nword\n"
    b"1026\n1\n262153\n5\nclass\n16\n1\n262153\n10\ndata.frame\n"
    b"1026\n1\n262153\n9\nrow.names\n13\n2\nNA\n-3\n254\n"
)
"""What `saveRDS(data.frame(...), ascii = TRUE)` writes."""
ROWS = (("61.5", "4", "fé\\"), ("", "", ""), ("2.5", "12", "a b"))


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT, mtime=0)])
def test_plain_text_is_read_like_bytes(caps: ReadCaps, data: bytes) -> None:
    """Missing values, hexadecimal numbers, escapes, empty texts; squeezed too; every byte owned."""
    form = open_bytes("frame.rds", data, caps)
    assert (("kg", "n", "word"), ROWS) in tables(form).values()
    assert cover(form).gaps == ()


def test_a_saved_session_in_plain_text_is_read(caps: ReadCaps) -> None:
    """`save(ascii = TRUE)` writes its own mark before."""
    form = open_bytes("frame.rda", b"RDA3\n" + TEXT, caps)
    assert (("kg", "n", "word"), ROWS) in tables(form).values()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"61.5\n", b" 61.5 61;F\n"),
        (b"254\n", b"254\n61,F,1941\n"),
        (b"13\n3\n4\n", b"13\n3\nfour\n"),
        (b"262153\n3\na", b"262153\n30\na"),
        (b"254\n", b""),
        (b"787\n3\n", b"787\n300000000\n"),
    ],
)
def test_what_stands_beside_values_is_not_passed_over(
    caps: ReadCaps, old: bytes, new: bytes
) -> None:
    """Something more on a line or behind the end, lengths that are not true: not read."""
    assert old in TEXT
    (part,) = open_bytes("frame.rds", TEXT.replace(old, new, 1), caps).parts
    assert part.kind is Kind.UNKNOWN
    assert part.notes[0].note in {Note.TRUNCATED, Note.UNKNOWN_PART, Note.UNKNOWN_TYPE}


def test_lines_that_begin_alike_are_still_a_table(caps: ReadCaps) -> None:
    """A csv with a column A and a 3 below it is a csv."""
    assert tables(open_bytes("t.csv", b"A\n3\n2\n", caps))["t.csv"] == (("A",), (("3",), ("2",)))


def test_each_way_gives_the_same_numbers() -> None:
    """Network order, machine order, lines."""
    for way in (Packed(b"\0\0\0\x07\x80\0\0\0", 0, ">"), Packed(b"\x07\0\0\0\0\0\0\x80", 0, "<"),
                Lines(b"7\nNA\n", 0)):  # fmt: skip
        assert way.integers(2) == [7, MISSING]
    assert Lines(b"0a\nff\n", 0).raw(2) == b"\x0a\xff"
    assert numbers(b"Q\n", 0) is None
    with pytest.raises(Unreadable):
        Lines(b"zz\n", 0).raw(1)

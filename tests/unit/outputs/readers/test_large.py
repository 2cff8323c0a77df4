"""A csv that is not held in memory: blocked for its rows, and never passed over."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, Note
from orchestrator.outputs.readers import large
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.values import digest_of

HEAD = b"person_id,day,value\n"
ROW = b"1000001,2020-01-31,-1.5e3\n"


def opened(folder: Path, data: bytes, caps: ReadCaps, name: str = "a.csv") -> FileForm:
    """Read bytes as the reader of large files does."""
    place = folder / name
    place.write_bytes(data)
    form = large.read(name, place, replace(caps, rows=20))
    assert form.digest == digest_of(data)
    assert form.size == len(data)
    return form


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("count", [100, 120_000])
def test_rows_are_counted_and_the_first_are_kept(
    tmp_path: Path, caps: ReadCaps, count: int, end: bytes
) -> None:
    """Over several blocks too, with either line end, and without one at the end."""
    data = (HEAD + ROW * count).replace(b"\n", end)[: -len(end)]
    if end == b"\r\n":
        data += end
    form = opened(tmp_path, data, caps)
    table = form.parts[0].table
    assert table is not None
    assert (table.columns, table.total_rows, len(table.rows)) == (
        ("person_id", "day", "value"), count, 20,
    )  # fmt: skip
    assert table.rows[0] == ("1000001", "2020-01-31", "-1.5e3")
    assert Note.TOO_MANY_ROWS in {seen.note for seen in form.parts[0].notes}
    assert cover(form).accounted == form.size


@pytest.mark.parametrize(
    ("piece", "note"),
    [
        (b"1,2\n", Note.RAGGED),
        (b"1,2,3,4\n", Note.RAGGED),
        (b"\n", Note.RAGGED),
        (b"1,2,3\r4\n", Note.RAGGED),
        (b"1,2,a\x00b\n", Note.NUL),
        (b'1,2,"a,b"\n', Note.TOO_BIG),
        (b"1,2,\xff\n", Note.ENCODING),
        (b"1,2," + b"x" * (18 << 20) + b"\n", Note.TOO_BIG),
    ],
)
def test_what_is_not_proved_could_not_be_checked(
    tmp_path: Path, caps: ReadCaps, piece: bytes, note: Note
) -> None:
    """One such line among many, deep in the file."""
    form = opened(tmp_path, HEAD + ROW * 60_000 + piece + ROW * 60_000, caps)
    assert [seen.note for seen in form.parts[0].notes] == [note]
    assert cover(form).gaps


def test_few_long_rows_and_other_formats_could_not_be_checked(
    tmp_path: Path, caps: ReadCaps
) -> None:
    """The first rows would not show what the others hold."""
    for name, data in (
        ("a.csv", HEAD + ROW * 5),
        ("a.txt", b"words\n" * 100),
        ("b.csv", b"1\n" * 99),
    ):
        form = opened(tmp_path, data, caps, name)
        assert [seen.note for seen in form.parts[0].notes] == [Note.TOO_BIG]


@pytest.mark.parametrize(
    "word", ["anna.berg@clinic.example", "/home/anna/x", "AKIAABCDEFGHIJKLMNOP"]
)
def test_a_line_with_a_mark_is_kept_wherever_it_stands(
    tmp_path: Path, caps: ReadCaps, word: str
) -> None:
    """So that the rules about addresses, paths and secrets see it."""
    line = f"1,2,{word}\n".encode()
    form = opened(tmp_path, HEAD + ROW * 60_000 + line + ROW * 60_000, caps)
    texts = [part.text for part in form.parts if part.text]
    assert texts == [line.decode().strip()]

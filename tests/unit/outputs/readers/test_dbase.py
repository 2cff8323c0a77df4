"""dBase: what no column and no row tells is not taken for read."""

import struct

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes


def _table(room: bytes) -> bytes:
    """One column and one row, with room between columns and rows, as FoxPro keeps it."""
    column = b"n".ljust(11, b"\0") + b"N" + bytes(4) + bytes([3]) + bytes(15)
    begin = 32 + len(column) + 1 + len(room)
    head = bytes([3, 124, 1, 1]) + struct.pack("<IHH", 1, begin, 4) + bytes(20)
    return head + column + b"\r" + room + b" 412" + b"\x1a"


@pytest.mark.parametrize(("room", "whole"), [(b"", True), (bytes(40), True), (b"P1,40" * 8, False)])
def test_room_behind_the_columns_is_read_only_where_it_is_empty(
    caps: ReadCaps, room: bytes, whole: bool
) -> None:
    data = _table(room)
    form = open_bytes("t.dbf", data, caps)
    seen = cover(form)
    assert (seen.accounted == len(data)) is whole, seen


@pytest.mark.parametrize(("mark", "deleted"), [(b" ", 0), (b"\0", 0), (b"*", 1)])
def test_a_row_stands_where_nothing_marks_it(mark: bytes, deleted: int, caps: ReadCaps) -> None:
    """SheetJS leaves the mark empty."""
    data = _table(b"").replace(b" 412", mark + b"412")
    form = open_bytes("t.dbf", data, caps)
    assert not cover(form).gaps
    assert [len(part.table.rows) for part in form.parts if part.table] == [1 - deleted, 1][
        : 1 + deleted
    ]

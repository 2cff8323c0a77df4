"""Gnumeric: hidden sheets are noted, and a cell that two readers would see apart is not read."""

import gzip

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes

CELL = '<gnm:Cell Row="0" Col="0">{}</gnm:Cell>'


def _opened(cells: str, caps: ReadCaps, sheet: str = "<gnm:Sheet>") -> set[Note]:
    book = f"{sheet}<gnm:Cells>{cells}</gnm:Cells></gnm:Sheet>"
    told = f'<gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd">{book}</gnm:Workbook>'
    form = open_bytes("t.gnumeric", gzip.compress(told.encode()), caps)
    return {one.note for part in form.parts for one in part.notes}


def test_sheets_that_are_not_shown_are_noted(caps: ReadCaps) -> None:
    two = CELL.format("age") + CELL.format("61").replace('Row="0"', 'Row="1"')
    assert _opened(two, caps) == set()
    hidden = '<gnm:Sheet Visibility="GNM_SHEET_VISIBILITY_HIDDEN">'
    assert _opened(two, caps, hidden) == {Note.HIDDEN}
    row = '<gnm:Sheet><gnm:Rows><gnm:RowInfo No="1" Hidden="1"/></gnm:Rows>'
    assert _opened(two, caps, row) == {Note.HIDDEN}


def test_a_place_has_one_value(caps: ReadCaps) -> None:
    assert _opened(CELL.format("61") + CELL.format("62"), caps) == {Note.DUPLICATE_KEYS}
    assert _opened("<gnm:Cell>61</gnm:Cell>", caps) == {Note.UNKNOWN_PART}

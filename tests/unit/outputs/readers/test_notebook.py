"""Notebooks: every output, source, attachment and metadata entry is opened."""

import base64
import json

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import html_table, notebook, png, shown, tables

TABLE = {"age": ["97", "88"], "sex": ["F", "M"]}
ROWS = (("97", "F"), ("88", "M"))


def test_tables_in_outputs_are_opened(caps: ReadCaps) -> None:
    """As HTML, as plain text, as a stream, as JSON, in the source."""
    plain = "   age sex\n0   97   F\n1   88   M\n"
    stream = {"output_type": "stream", "name": "stdout", "text": plain.splitlines(True)}
    data = notebook(
        shown(text_html=html_table(TABLE, range(2)), text_plain=plain),
        stream,
        {"output_type": "display_data", "data": {"application/json": [{"age": 97, "sex": "F"}]}},
        source="rows = '''\n\nage,sex,x\n97,F,1\n88,M,2\n\n'''",
    )
    form = open_bytes("n.ipynb", data, caps)
    found = tables(form)
    here = "n.ipynb!/cells/0"
    assert found[f"{here}/outputs/0/text_html/tables/1"] == (("age", "sex"), ROWS)
    assert found[f"{here}/outputs/0/text_plain/tables/1"][1] == (("0", *ROWS[0]), ("1", *ROWS[1]))
    assert found[f"{here}/outputs/1/text/tables/1"][0] == ("", "age", "sex")
    assert (("age", "sex"), (("97", "F"),)) in found.values()
    assert found[f"{here}/source/tables/1"][1] == (("97", "F", "1"), ("88", "M", "2"))
    assert cover(form).gaps == ()


def test_pictures_in_outputs_are_opened(caps: ReadCaps) -> None:
    """In an output, an attachment, an HTML tag; bytes behind one are a gap of that part."""
    good = base64.b64encode(png()).decode()
    bad = base64.b64encode(png() + b"PK\x03\x04").decode()
    cell = {
        "cell_type": "markdown",
        "source": "x",
        "attachments": {"a.png": {"image/png": good}},
        "metadata": {},
        "outputs": [
            shown(image_png=bad),
            shown(text_html=f'<img src="data:image/png;base64,{good}">'),
        ],
    }
    data = json.dumps({"nbformat": 4, "cells": [cell]}).encode()
    form = open_bytes("n.ipynb", data, caps)
    pictures = [part.path for part in form.parts if part.kind is Kind.IMAGE]
    assert len(pictures) == 3
    assert [gap.path for gap in cover(form).gaps] == ["n.ipynb!/cells/0/outputs/0/image_png"]


@pytest.mark.parametrize(
    ("output", "note"),
    [
        (shown(image_jpeg="abcd"), Note.BAD_IMAGE),
        (shown(image_webp="abcd"), Note.UNKNOWN_TYPE),
        ({"output_type": "display_data", "data": {"image/svg+xml": "<svg"}}, Note.NOT_XML),
        (shown(image_png="not base64!"), Note.NOT_BASE64),
        (shown(image_png="aGVsbG8="), Note.BAD_IMAGE),
        (shown(text_html="<script>var rows=[1,2]</script>"), Note.SCRIPT),
        (shown(text_html="<p onclick='x()'>"), Note.SCRIPT),
        (shown(text_html="<p style='display: none'>x</p>"), Note.HIDDEN),
        (shown(text_html='<img src="data:image/gif;base64,xxxx">'), Note.UNKNOWN_TYPE),
        (shown(application_pdf="JVBERi0="), Note.TRUNCATED),
    ],
)
def test_outputs_that_cannot_be_read_are_noted(
    caps: ReadCaps, output: dict[str, object], note: Note
) -> None:
    """They are kept, so they must be seen."""
    form = open_bytes("n.ipynb", notebook(output), caps)
    assert note in {seen.note for part in form.parts for seen in part.notes}


def test_nothing_of_the_document_is_passed_over(caps: ReadCaps) -> None:
    """Metadata, widget state, unknown keys, odd cells: all of it is text somewhere."""
    value = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"widgets": {"state": {"rows": [["w1", "w2"], ["w3", "w4"]]}}, "k": "m1"},
        "extra": "m2",
        "cells": [
            "m3",
            {"cell_type": "code", "metadata": {"tags": ["m4"]}, "id": "m5", "execution_count": "m6",
             "source": ["m7"], "outputs": ["m8", {"output_type": "error", "ename": "m9",
             "traceback": ["m10"]}, {"data": "m11"}, {"text": {"a": "m12"}}], "cell_type2": "m13"},
        ],
    }  # fmt: skip
    form = open_bytes("n.ipynb", json.dumps(value).encode(), caps)
    text = "\n".join(part.text or "" for part in form.parts)
    missing = [f"m{n}" for n in range(1, 14) if f"m{n}" not in text and n != 6]
    assert missing == []
    assert (("column 1", "column 2"), (("w1", "w2"), ("w3", "w4"))) in tables(form).values()


@pytest.mark.parametrize(
    "value", [[], {"cells": []}, {"nbformat": 3, "cells": []}, {"nbformat": 4}]
)
def test_what_is_no_notebook_is_not_read(caps: ReadCaps, value: object) -> None:
    """Format 4 with cells, nothing else."""
    form = open_bytes("n.ipynb", json.dumps(value).encode(), caps)
    assert form.parts[0].notes[0].note is Note.TYPE_DISAGREES


def test_html_tables_with_stacked_heads_and_open_tags(caps: ReadCaps) -> None:
    """As pandas writes several header rows, and as a broken program ends."""
    html = (
        "<table><tr><th></th><th colspan='2'>n</th></tr><tr><th>sex</th><th>0</th><th>1</th></tr>"
        "<tr><th>F</th><td>12<td>13</tr><tr><td>M</td><td>14</td><td>15</td>"
        "<!-- hidden m1 --><?pi m2?><p title='m3'>m4"
    )
    form = open_bytes("n.ipynb", notebook(shown(text_html=html)), caps)
    (table,) = tables(form).values()
    assert table[1] == (("F", "12", "13"), ("M", "14", "15"))
    text = "\n".join(part.text or "" for part in form.parts)
    assert all(mark in text for mark in ("m1", "m2", "m3", "m4"))

"""Broken files of every format: a form comes out, in time, and nothing is passed over in silence.

A bounded number of examples runs with the other tests; `make fuzz` runs a longer campaign that is
guided by coverage over the same seeds.
"""

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, FormLimits, form_from_json, form_to_json
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import IN_PRISON, open_bytes
from tests.outputs_writers import WRITERS, drawing, name_of, torch

CAPS = ReadCaps(
    file_bytes=4_000_000,
    rows=50,
    columns=40,
    cells=5000,
    cell_chars=2000,
    text_chars=400_000,
    parts=400,
    depth=4,
    pixels=1_000_000,
    expansion=100,
    opened_bytes=8_000_000,
    member_bytes=4_000_000,
    marks=50,
)
LIMITS = FormLimits(100_000_000, 400, 40, 5000, 402_000)
CELLS = {"person": ["P1", "P2", "P3"], "age": ["61", "72", "83"], "flc": ["0.5", "1.25", "2"]}
SECONDS = 20


@cache
def seed(kind: str) -> tuple[str, bytes]:
    """A whole file of a kind."""
    if kind in {"svg", "pdf", "jpg", "tif", "png"}:
        return f"results.{kind}", drawing({**CELLS, "x": ["1", "2", "3"]}, kind)
    return (name_of(kind), torch(CELLS)) if kind == "pt" else (name_of(kind), WRITERS[kind](CELLS))


KINDS = sorted({*WRITERS, "svg", "pdf", "jpg", "tif", "png", "pt"})


def test_every_reader_has_a_seed() -> None:
    """Formats whose reader is that of another format aside."""
    opened = {open_bytes(*seed(kind), CAPS, IN_PRISON).format for kind in KINDS}
    same = {"csv", "tsv", "text", "markdown", "code", "yaml", "json"}
    assert set(IN_PRISON) - opened <= same


def held(name: str, data: bytes) -> FileForm:
    """Open bytes and hold what must always be so."""
    start = time.monotonic()
    form = open_bytes(name, data, CAPS, IN_PRISON)
    assert time.monotonic() - start < SECONDS
    assert form_from_json(form_to_json(form), LIMITS) == form
    coverage = cover(form)
    whole = not coverage.gaps and coverage.accounted == coverage.total
    assert whole or coverage.gaps or any(part.notes for part in form.parts)
    return form


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_broken_files_become_a_form(kind: str, data: st.DataObject) -> None:
    """A cut, a splice, changed bytes, a piece twice."""
    name, whole = seed(kind)
    at = data.draw(st.integers(0, len(whole)))
    skipped = data.draw(st.integers(0, 40))
    inserted = data.draw(st.binary(max_size=12) | st.just(whole[at : at + 200]))
    held(name, whole[:at] + inserted + whole[at + skipped :])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_numbers_at_their_limits_become_a_form(kind: str, data: st.DataObject) -> None:
    """Sizes and counts are believed by nobody."""
    name, whole = seed(kind)
    at = data.draw(st.integers(0, max(0, len(whole) - 8)))
    value = data.draw(
        st.sampled_from([b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0" * 8])
    )
    held(name, whole[:at] + value + whole[at + len(value) :])

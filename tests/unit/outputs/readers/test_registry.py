"""Whatever the bytes: a form comes out, nothing is raised, and no byte is silently passed over."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, FormLimits, Kind, Note, form_from_json, form_to_json
from orchestrator.outputs.readers import registry
from orchestrator.outputs.readers.formats import _PACKED, _SIGNATURES, BY_NAME, READABLE, decide
from orchestrator.outputs.readers.opening import Opening, ReadCaps
from orchestrator.outputs.readers.registry import READERS, open_bytes
from tests.outputs_world import html_table, notebook, png, shown

CAPS = ReadCaps(
    file_bytes=100_000,
    rows=50,
    columns=20,
    cells=500,
    cell_chars=200,
    text_chars=20_000,
    parts=40,
    depth=3,
    pixels=10_000,
    expansion=100,
    opened_bytes=4_000_000,
    member_bytes=2_000_000,
    marks=50,
)
LIMITS = FormLimits(10_000_000, 40, 20, 500, 20_200)
NAMES = ["a.csv", "a.tsv", "a.txt", "a.md", "a.json", "a.png", "a.ipynb", "a.xlsx", "a", "a.csv.gz"]
TABLE = {"a": ["1", "2"], "b": ["x", "y"]}
SEEDS = [
    b"a,b\n1,x\n2,y\n",
    "a;b\n1;ä\n".encode("cp1252"),
    "\ufeffa\tb\n1\t2\n".encode(),
    "a,b\n1,2\n".encode("utf-16"),
    b'[{"a": 1, "b": [1, 2]}, {"a": 2}]',
    b'{"a": {"0": 1}, "b": {"0": 2}}',
    b"# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nn = 12\n",
    b"   a  b\n0  1  x\n1  2  y\n",
    png(),
    notebook(shown(text_html=html_table(TABLE, range(2)), text_plain="a b\n1 2\n")),
    b"PK\x03\x04rest",
    b"\x89PNG\r\n\x1a\n",
    b"",
]


def _accounted(form: FileForm) -> bool:
    """Either all bytes are owned, or the file or one of its parts is marked as unread."""
    coverage = cover(form)
    whole = not coverage.gaps and coverage.accounted == coverage.total
    return whole or any(part.notes or part.size for part in form.parts)


@given(st.sampled_from(NAMES), st.binary(max_size=400))
def test_random_bytes_become_a_form(name: str, data: bytes) -> None:
    """Every extension with every content."""
    form = open_bytes(name, data, CAPS)
    assert _accounted(form)
    assert form_from_json(form_to_json(form), LIMITS) == form


@given(st.sampled_from(NAMES), st.sampled_from(SEEDS), st.data())
def test_broken_files_become_a_form(name: str, seed: bytes, data: st.DataObject) -> None:
    """Real files with a cut, a splice, or a changed byte."""
    cut = data.draw(st.integers(0, len(seed)))
    inserted = data.draw(st.binary(max_size=6))
    skipped = data.draw(st.integers(0, 6))
    form = open_bytes(name, seed[:cut] + inserted + seed[cut + skipped :], CAPS)
    assert _accounted(form)
    assert form_from_json(form_to_json(form), LIMITS) == form


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=25,
))  # fmt: skip
def test_any_json_becomes_a_form(value: object) -> None:
    """As a file, as a cell's output, as metadata."""
    for name, document in (
        ("a.json", value),
        ("a.ipynb", {"nbformat": 4, "cells": value}),
        ("b.ipynb", {"nbformat": 4, "cells": [value, {"outputs": [value], "source": value}]}),
        ("c.ipynb", {"nbformat": 4, "cells": [{"outputs": [{"data": value}]}], "metadata": value}),
    ):
        form = open_bytes(name, json.dumps(document).encode(), CAPS)
        assert form_from_json(form_to_json(form), LIMITS) == form


def test_every_readable_format_has_a_reader_and_no_other_has() -> None:
    """The table that the documents are made from says what is so."""
    assert set(READABLE) == set(registry.IN_PRISON)
    assert set(registry.IN_PRISON) - set(READERS) == {"duckdb"}


PROOFS = {one: magic.rjust(len(magic) + at, b"\0") for at, magic, one in reversed(_SIGNATURES)} | {
    "safetensors": b"\x02" + b"\0" * 7 + b'{"',
    "dbase": b"\x03\x5f\x07\x1a\0\0\0\0\x21\0\x01\0" + b"\0" * 20 + b"\r",
}


@pytest.mark.parametrize("kind", sorted(registry.IN_PRISON))
def test_without_its_reader_a_file_is_not_read(kind: str) -> None:
    """Property 5: removing a reader never makes anything pass unseen."""
    known = BY_NAME[kind]
    plain = b"\xf6" if kind in _PACKED else b"a"
    data = next((PROOFS[one] for one in known.proof if one in PROOFS), plain)
    assert decide(f"a.{known.extensions[0]}", data) == (kind, None)
    left = {one: reader for one, reader in registry.IN_PRISON.items() if one != kind}
    form = open_bytes(f"a.{known.extensions[0]}", data, CAPS, left)
    assert form.parts[0].kind is Kind.UNKNOWN
    assert form.parts[0].notes


@pytest.mark.parametrize("failure", [ValueError, RecursionError, MemoryError, KeyError])
def test_a_reader_that_breaks_leaves_nothing_half_read(failure: type[Exception]) -> None:
    """Half-read parts could look like a whole file."""

    def broken(opening: Opening, path: str, data: bytes) -> None:
        opening.text(path, "half", size=len(data))
        raise failure

    form = open_bytes("a.csv", b"a,b\n", CAPS, {"csv": broken})
    assert [part.kind for part in form.parts] == [Kind.UNKNOWN]
    assert form.parts[0].notes[0].note is Note.PARSER_FAILED
    assert open_bytes("a.csv", b"a,b\n", CAPS, {"csv": lambda *_: None}).parts[0].notes


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("a.xlsx", b"PK\x03\x04", Note.TRUNCATED),
        ("a.parquet", b"PAR1", Note.TRUNCATED),
        ("a.pkl", b"\x80\x04\x95", Note.TRUNCATED),
        ("a.duckdb", b"\0" * 8 + b"DUCK", Note.UNKNOWN_TYPE),
        ("a.sas7bdat", b"\0" * 8, Note.TYPE_DISAGREES),
        ("a.bed", b"\x6c\x1b\x01", Note.GENOTYPE),
        ("a.csv", b"\x6c\x1b\x01", Note.GENOTYPE),
        ("a.fastq", b"@read", Note.GENOTYPE),
        ("a.unheard", b"a,b\n1,2\n\0", Note.UNKNOWN_TYPE),
        ("noextension", b"a,b\n1,2\n\0", Note.UNKNOWN_TYPE),
        ("a.csv", b"PK\x03\x04", Note.TYPE_DISAGREES),
        ("a.csv", png(), Note.TYPE_DISAGREES),
        ("a.png", b"a,b\n1,2\n", Note.TYPE_DISAGREES),
        ("a.csv", b'{"a": 1, "b": 2}\n{"a": 1, "b": 2}\n', Note.TYPE_DISAGREES),
        ("a.tsv", b"<html>", Note.TYPE_DISAGREES),
        ("a.json", notebook(), Note.TYPE_DISAGREES),
        ("a.csv", b"a,b\n" + b"1,2\n" * 30_000, Note.TOO_BIG),
        ("a.txt", b"##fileformat=VCFv4.2\n", Note.GENOTYPE),
    ],
)
def test_what_is_not_readable_says_why(name: str, data: bytes, note: Note) -> None:
    """Each with its own reason."""
    form = open_bytes(name, data, CAPS)
    assert form.parts[0].kind is Kind.UNKNOWN
    assert [seen.note for seen in form.parts[0].notes] == [note]


def test_the_table_of_readers_cannot_be_changed() -> None:
    """No import may slip in another reader."""
    with pytest.raises(TypeError):
        registry.READERS["xlsx"] = lambda *_: None  # type: ignore[index]

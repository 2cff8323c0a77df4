"""What a hostile writer would try in each format: noted, a gap, or not read; never passed over."""

import gzip
import io
import json
import pickle
import pickletools
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from PIL import Image

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import IN_PRISON, open_bytes
from tests.outputs_world import tables
from tests.outputs_writers import (
    WRITERS,
    buffered,
    database,
    document,
    drawing,
    duck,
    field,
    name_of,
    parquet,
    with_file,
    workbook,
)

CELLS = {"person": ["P000001X", "P007919X", "P015838X"], "age": ["61", "72", "83"]}
LEAK = "P007919X"
WHOLE = ["parquet", "feather", "dta", "sav", "npy", "safetensors", "onnx", "rds", "sqlite", "xlsx",
         "docx", "ods", "tar", "zip", "csv.xz", "joblib-squeezed", "xpt", "xpt-8", "sas7bdat",
         "sas7bdat-runs", "parquet-duckdb", "duckdb"]  # fmt: skip


def notes(form: FileForm) -> set[Note]:
    """Everything that was noticed anywhere."""
    return {seen.note for part in form.parts for seen in part.notes}


def words(form: FileForm) -> str:
    """Every text and cell of a form."""
    found = [part.text or "" for part in form.parts]
    for table in [part.table for part in form.parts if part.table]:
        found += [*table.columns, *(cell for row in table.rows for cell in row)]
    return "\n".join(found)


def unseen(form: FileForm) -> bool:
    """Whether something could not be checked."""
    told = {Note.TRUNCATED, Note.UNACCOUNTED, Note.UNKNOWN_PART, Note.PARSER_FAILED,
            Note.UNKNOWN_TYPE, Note.NOT_XML, Note.TYPE_DISAGREES, Note.HEADERS_DIFFER, Note.RAGGED,
            Note.BOMB}  # fmt: skip
    return bool(cover(form).gaps or notes(form) & told)


@pytest.mark.parametrize("kind", WHOLE)
def test_bytes_behind_the_end_are_seen(caps: ReadCaps, kind: str) -> None:
    """Whatever the format thinks its end is."""
    data = WRITERS[kind](CELLS)
    assert unseen(open_bytes(name_of(kind), data + b"secret rows of people", caps, IN_PRISON))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_cut_file_is_not_read_as_a_whole_one(caps: ReadCaps, kind: str) -> None:
    """In the middle, and just before the end."""
    data = WRITERS[kind](CELLS)
    for cut in (len(data) // 2, len(data) - 7):
        if kind == "tar" and not data[cut:].strip(b"\0"):
            continue
        assert unseen(open_bytes(name_of(kind), data[:cut], caps, IN_PRISON))


@pytest.mark.parametrize("kind", [*WHOLE, "html", "tex", "ndjson", "xml"])
def test_under_another_name_it_is_not_read(caps: ReadCaps, kind: str) -> None:
    """A picture is none because its name says so."""
    form = open_bytes("results.png", WRITERS[kind](CELLS), caps)
    assert notes(form) & {Note.TYPE_DISAGREES, Note.BAD_IMAGE}


def repacked(data: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """An Office file with other parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("xl/unheard.bin", b"P007919X", Note.UNKNOWN_PART),
        ("elsewhere/a.xml", b"<a>P007919X</a>", Note.UNKNOWN_PART),
        ("xl/printerSettings/p1.bin", b"\x01\x02", Note.UNKNOWN_PART),
        ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0", Note.MACRO),
        ("xl/media/a.emf", b"\x01\0\0\0", Note.UNKNOWN_TYPE),
        ("xl/custom.xml", b"<a>P007919X", Note.NOT_XML),
        ("customXml/x.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Note.ACTIVE),
    ],
)
def test_an_unknown_part_of_a_workbook_is_noted(
    caps: ReadCaps, name: str, content: bytes, note: Note
) -> None:
    """Whether its bytes say something or not."""
    data = repacked(workbook(CELLS), lambda parts: parts.update({name: content}))
    form = open_bytes("a.xlsx", data, caps)
    assert note in notes(form)
    assert cover(form).gaps


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/comments7.xml", "<comments><c><t>P007919X</t></c></comments>"),
        ("docProps/custom.xml", "<Properties><p><v>P007919X</v></p></Properties>"),
        ("xl/externalLinks/externalLink1.xml", "<e><r><c v='P007919X'/></r></e>"),
        ("xl/queryTables/q.xml", "<q x='P007919X'/>"),
        ("customXml/item9.xml", "<rows><r a='P007919X'/><r a='P2'/></rows>"),
        ("xl/worksheets/sheet99.xml", f"<w><row><c t='str'><v>{LEAK}</v></c></row></w>"),
        ("xl/worksheets/sheet98.xml", "<!--P007919X--><worksheet/>"),
    ],
)  # fmt: skip
def test_every_part_that_can_hold_a_text_is_read(caps: ReadCaps, name: str, content: str) -> None:
    """Also where nothing leads to it."""
    data = repacked(
        workbook({"age": ["61", "72"]}), lambda one: one.update({name: content.encode()})
    )
    form = open_bytes("a.xlsx", data, caps)
    assert LEAK in words(form)


def test_what_a_workbook_keeps_of_deleted_cells_is_found(caps: ReadCaps) -> None:
    """Texts that no cell uses, a pivot's records, hidden lines, a file inside."""

    def change(parts: dict[str, bytes]) -> None:
        name = "xl/sharedStrings.xml"
        parts[name] = parts[name].replace(b"</sst>", b"<si><t>P007919X</t></si></sst>")
        parts["xl/pivotCache/pivotCacheDefinition1.xml"] = (
            b"<pivotCacheDefinition><cacheFields><cacheField name='id'><sharedItems><s v='P1'/>"
            b"<s v='P015838X'/></sharedItems></cacheField><cacheField name='age'/></cacheFields>"
            b"</pivotCacheDefinition>"
        )
        parts["xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels"] = (
            b"<Relationships><Relationship Id='r' Target='pivotCacheRecords1.xml'/></Relationships>"
        )
        parts["xl/pivotCache/pivotCacheRecords1.xml"] = (
            b"<pivotCacheRecords><r><x v='1'/><n v='77'/></r><r><x v='0'/><n v='78'/></r>"
            b"</pivotCacheRecords>"
        )
        parts["xl/embeddings/inner.xlsx"] = workbook(CELLS)

    form = open_bytes("a.xlsx", repacked(workbook({"a": ["x", "y"]}), change), caps)
    assert {Note.UNUSED, Note.HIDDEN} <= notes(form)
    found = tables(form)
    assert found["a.xlsx!/unused_texts"][1] == ((LEAK,),)
    assert found["a.xlsx!/xl/pivotCache/pivotCacheRecords1.xml"] == (
        ("id", "age"), (("P015838X", "77"), ("P1", "78")),
    )  # fmt: skip
    assert found["a.xlsx!/xl/embeddings/inner.xlsx/sheets/Sheet1"][1][1] == (LEAK, "72")
    assert cover(form).gaps == ()


def test_only_flags_of_a_pivots_fields_are_left_out(caps: ReadCaps) -> None:
    """How many kinds a field has counts nobody; its ends, and whatever else stands there, stay."""
    told = (
        f"<pivotCacheDefinition><sharedItems count='4' containsNumber='1' minValue='3' n='{LEAK}'/>"
        f"<sharedItems count='{LEAK}' contains='12345'/></pivotCacheDefinition>"
    )
    name = "xl/pivotCache/pivotCacheDefinition1.xml"
    data = repacked(workbook({"a": ["x", "y"]}), lambda parts: parts.update({name: told.encode()}))
    said = next(part.text for part in open_bytes("a.xlsx", data, caps).parts if name in part.path)
    assert said == f"minValue=3\nn={LEAK}\ncount={LEAK}\ncontains=12345"


def test_an_empty_part_is_read(caps: ReadCaps) -> None:
    """As LibreOffice leaves some: it holds nothing, so nothing of it is a gap."""
    name = "xl/worksheets/none.xml"
    data = repacked(workbook({"a": ["x", "y"]}), lambda parts: parts.update({name: b""}))
    assert cover(open_bytes("a.xlsx", data, caps)).gaps == ()


def test_hidden_lines_and_far_columns_of_a_sheet_are_read(caps: ReadCaps) -> None:
    """At the last column there is, in rows that are not shown."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"], sheet["XFD1"], sheet["XFD2"] = "n", 12, "id", LEAK
    sheet.row_dimensions[2].hidden = True
    form = open_bytes("a.xlsx", buffered(book.save), caps)
    assert tables(form)["a.xlsx!/sheets/Sheet"] == (("n", "id"), (("12", LEAK),))
    assert Note.HIDDEN in notes(form)


def test_deleted_and_hidden_text_of_a_document_is_read(caps: ReadCaps) -> None:
    """Tracked changes and hidden letters."""

    def change(parts: dict[str, bytes]) -> None:
        gone = b"<w:p><w:del><w:r><w:delText>P007919X</w:delText></w:r></w:del></w:p>"
        body = parts["word/document.xml"]
        parts["word/document.xml"] = body.replace(b"<w:sectPr", gone + b"<w:sectPr", 1)

    form = open_bytes("a.docx", repacked(document({"a": ["1", "2"]}), change), caps)
    assert LEAK in words(form)
    assert Note.HIDDEN in notes(form)


def test_a_locked_office_file_says_so(caps: ReadCaps) -> None:
    """An OpenDocument manifest with keys."""
    data = repacked(WRITERS["ods"](CELLS), lambda parts: parts.update(
        {"META-INF/manifest.xml": b"<m><encryption-data/></m>"}))  # fmt: skip
    assert notes(open_bytes("a.ods", data, caps)) == {Note.ENCRYPTED}


def test_what_a_database_keeps_of_deleted_rows_is_found(caps: ReadCaps, tmp_path: Path) -> None:
    """On free pages, and in the space of a page that nothing uses."""
    path = tmp_path / "t.sqlite"
    path.write_bytes(database({"person": [f"P{n:06d}X" for n in range(2000)]}))
    connection = sqlite3.connect(path)
    connection.execute("pragma secure_delete=off")
    connection.execute("delete from results where rowid > 20")
    connection.commit()
    connection.close()
    form = open_bytes("t.sqlite", path.read_bytes(), caps)
    assert len(tables(form)["t.sqlite!/results"][1]) == 20
    assert {Note.UNUSED, Note.UNKNOWN_PART} <= notes(form)
    assert "P001500X" in words(form)


def test_a_page_that_nothing_leads_to_is_a_gap(caps: ReadCaps) -> None:
    """Appended to a database of otherwise whole pages."""
    data = database(CELLS)
    size = int.from_bytes(data[16:18], "big")
    assert cover(open_bytes("t.sqlite", data, caps)).gaps == ()
    gaps = cover(open_bytes("t.sqlite", data + b"rows".ljust(size, b"\0"), caps)).gaps
    assert [gap.end - gap.start for gap in gaps] == [size]


def test_metadata_statistics_and_unused_values_of_a_column_store_are_read(caps: ReadCaps) -> None:
    """Three virtual files: data, what is said beside it, what no row uses."""
    frame = pd.DataFrame({"sex": pd.Categorical(["F", "M"], categories=["F", "M", LEAK])})
    data = buffered(frame.to_parquet)
    form = open_bytes("a.parquet", data, caps)
    assert tables(form)["a.parquet!/unused"][1] == ((LEAK,),)
    assert Note.UNUSED in notes(form)
    form = open_bytes("a.parquet", parquet(CELLS), caps)
    statistics = [part.text for part in form.parts if part.path.endswith("statistics")]
    assert "P000001X" in str(statistics)
    form = open_bytes("a.feather", buffered(frame.to_feather), caps)
    assert tables(form)["a.feather!/unused"][1] == ((LEAK,),)


def test_a_gap_between_the_pages_of_a_column_store_is_seen(caps: ReadCaps) -> None:
    """Bytes that no footer speaks of."""
    data = parquet(CELLS)
    size = int.from_bytes(data[-8:-4], "little")
    at = len(data) - 8 - size
    form = open_bytes("a.parquet", data[:at] + b"secret" + data[at:], caps)
    assert [gap.end - gap.start for gap in cover(form).gaps] == [6]


class Exploit:
    """Would run when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Name what would be called."""
        return print, ("loaded",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_walked_and_never_loaded(
    caps: ReadCaps, capsys: pytest.CaptureFixture[str], protocol: int
) -> None:
    """The names that it would call are read, nothing is called."""
    data = pickle.dumps([Exploit(), [["P007919X", 61], ["P2", 72]]], protocol)
    form = open_bytes("a.pkl", data, caps)
    assert capsys.readouterr().out == ""
    assert notes(form) == {Note.PICKLED}
    assert "print" in words(form)
    assert LEAK in words(form)
    assert pickletools.dis is not None


def test_objects_inside_arrays_are_pickles(caps: ReadCaps) -> None:
    """In an npy, in an npz."""
    array = np.array([LEAK, None], dtype=object)
    for name, data in (
        ("a.npy", buffered(lambda out: np.save(out, array))),
        ("a.npz", buffered(lambda out: np.savez(out, a=array))),
    ):
        form = open_bytes(name, data, caps)
        assert Note.PICKLED in notes(form)
        assert LEAK in words(form)


def test_a_model_that_keeps_its_data_elsewhere_is_not_read(caps: ReadCaps) -> None:
    """An ONNX tensor that points to another file."""
    tensor = field(1, 1) + field(2, 1) + field(13, field(1, b"location") + field(2, b"x.bin"))
    data = field(1, 8) + field(7, field(1, field(4, b"Identity")) + field(5, tensor))
    assert notes(open_bytes("a.onnx", data, caps)) == {Note.UNKNOWN_PART}


def test_numbers_that_do_not_fill_their_shape_are_a_broken_file(caps: ReadCaps) -> None:
    """Three numbers in rows of two, as another writer's bytes could say."""
    for numbers, told in ((b"\x01\x02\x03", {Note.TRUNCATED}), (b"\x01\x02\x03\x04", {Note.MODEL})):
        tensor = field(1, 2) + field(1, 2) + field(2, 7) + field(7, numbers)
        form = open_bytes("a.onnx", field(1, 8) + field(7, field(5, tensor)), caps)
        assert notes(form) == told


def test_what_r_keeps_in_attributes_and_environments_is_read(caps: ReadCaps) -> None:
    """The environment of a function holds whatever was there when it was made."""

    def chars(value: bytes) -> bytes:
        return struct.pack(">ii", 9, len(value)) + value

    frame = struct.pack(">i", 2 | 1 << 10) + struct.pack(">i", 1) + chars(b"kept")
    frame += struct.pack(">ii", 16, 2) + chars(b"P007919X") + chars(b"P2") + struct.pack(">i", 254)
    environment = struct.pack(">ii", 4, 0) + struct.pack(">i", 242) + frame
    environment += struct.pack(">ii", 254, 254)
    body = b"X\n" + struct.pack(">3i", 2, 0x30501, 0x20300) + environment
    form = open_bytes("a.rds", gzip.compress(body), caps)
    assert LEAK in words(form)
    assert (("kept",), ((LEAK,), ("P2",))) in tables(form).values()
    assert cover(form).gaps == ()


def jpeg(**settings: object) -> bytes:
    """A small picture."""
    return buffered(lambda out: Image.new("RGB", (8, 8), "navy").save(out, "JPEG", **settings))


def test_what_a_photograph_carries_is_read(caps: ReadCaps) -> None:
    """EXIF, comments, unknown segments, bytes behind the end."""
    facts = Image.Exif()
    facts[0x010E] = LEAK
    form = open_bytes("a.jpg", jpeg(exif=facts, comment=b"P015838X"), caps)
    assert LEAK in words(form)
    assert "P015838X" in words(form)
    assert cover(form).gaps == ()
    clean = jpeg()
    assert notes(open_bytes("a.jpg", clean, caps)) == set()
    odd = clean[:2] + b"\xff\xed\0\x0asecret!!" + clean[2:]
    assert Note.UNKNOWN_PART in notes(open_bytes("a.jpg", odd, caps))
    (gap,) = cover(open_bytes("a.jpg", clean + b"PK\x03\x04rows", caps)).gaps
    assert gap.start == len(clean)
    image = open_bytes("a.jpg", clean, caps).parts[0].image
    assert image is not None
    assert (image.width, image.content is not None) == (8, True)


def test_what_a_scan_carries_is_read(caps: ReadCaps) -> None:
    """Pages, tags, and bytes that no directory speaks of."""
    pages = [Image.new("L", (4, 4), shade) for shade in (10, 200)]
    data = buffered(lambda out: pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:],
                                              description=LEAK))  # fmt: skip
    form = open_bytes("a.tif", data, caps)
    assert LEAK in words(form)
    assert sum(part.kind is Kind.IMAGE for part in form.parts) == 2
    assert cover(form).gaps == ()
    assert cover(open_bytes("a.tif", data + b"secret", caps)).gaps


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_scatter_gives_back_its_values(caps: ReadCaps, kind: str) -> None:
    """To the last decimal that they have."""
    cells = {
        "age": [str(40 + n % 37) for n in range(60)],
        "flc": [f"{n / 8:.3f}" for n in range(60)],
    }
    form = open_bytes(f"a.{kind}", drawing(cells, kind), caps)
    (marks,) = [part for part in form.parts if Note.MARKS in {seen.note for seen in part.notes}]
    assert marks.table is not None
    got = {(float(x), float(y)) for x, y in marks.table.rows}
    assert got == {(float(x), float(y)) for x, y in zip(*cells.values(), strict=True)}
    assert cover(form).gaps == ()


@pytest.mark.parametrize(
    ("inner", "note"),
    [
        ("<script>steal()</script>", Note.SCRIPT),
        ("<g onload='steal()'/>", Note.SCRIPT),
        ("<a href='javascript:x'/>", Note.SCRIPT),
        ("<image href='data:image/webp;base64,AAAA'/>", Note.UNKNOWN_TYPE),
    ],
)
def test_what_a_drawing_would_run_or_carry_is_noted(caps: ReadCaps, inner: str, note: Note) -> None:
    """Its texts and comments are read."""
    data = f"<svg xmlns='http://www.w3.org/2000/svg'><!-- P007919X -->{inner}</svg>".encode()
    form = open_bytes("a.svg", data, caps)
    assert note in notes(form)
    assert LEAK in words(form)


def pdf(*objects: bytes, trailer: bytes = b"<</Size 9>>") -> bytes:
    """A document of these objects, numbered from 1."""
    body = b"%PDF-1.7\n"
    for number, content in enumerate(objects, 1):
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    return body + b"trailer\n" + trailer + b"\nstartxref\n0\n%%EOF\n"


def stream(body: bytes, facts: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(body), facts, body)


def test_everything_in_a_document_is_read(caps: ReadCaps) -> None:
    """Attachments, earlier revisions, texts that no page shows, actions."""
    data = pdf(
        b"<</Type/Page/Contents 2 0 R>>",
        stream(b"BT /F 1 Tf 10 700 Td (Results) Tj ET"),
        b"<</Type/Filespec/UF(rows.csv)/EF<</F 4 0 R>>>>",
        stream(b"person,age\nP007919X,61\nP2,72\n", b"/Type/EmbeddedFile"),
        b"<</S/JavaScript/JS(steal\\(\\))>>",
        stream(b"BT (P015838X) Tj ET"),
    )
    form = open_bytes("a.pdf", data, caps)
    assert tables(form)["a.pdf!/attachments/rows.csv"][1][0] == (LEAK, "61")
    assert {Note.SCRIPT, Note.HIDDEN} <= notes(form)
    assert "P015838X" in words(form)
    assert "Results" in words(form)
    assert cover(form).gaps == ()
    again = data + b"2 0 obj\n" + stream(b"BT (Nothing) Tj ET") + b"\nendobj\n"
    assert Note.OLD_REVISION in notes(open_bytes("a.pdf", again, caps))
    assert "Results" in words(open_bytes("a.pdf", again, caps))


def test_what_hides_between_the_objects_of_a_document_is_a_gap(caps: ReadCaps) -> None:
    """And a locked one is not read."""
    data = pdf(b"<</Type/Catalog>>", b"<</Type/Pages>>")
    hidden = data.replace(b"2 0 obj", b"secret rows 2 0 obj", 1)
    assert cover(open_bytes("a.pdf", data, caps)).gaps == ()
    assert cover(open_bytes("a.pdf", hidden, caps)).gaps
    locked = pdf(b"<</Type/Catalog>>", trailer=b"<</Encrypt 2 0 R>>")
    assert notes(open_bytes("a.pdf", locked, caps)) == {Note.ENCRYPTED}


def test_hidden_and_embedded_content_of_a_page_is_read(caps: ReadCaps) -> None:
    """Frames, hidden blocks, comments, pictures, drawings, packed numbers."""
    packed = {"type": "bytes", "data": "AAAAAAAA8D8AAAAAAAAAQA=="}
    numbers = {"type": "ndarray", "array": packed, "dtype": "float64"}
    value = {"x": numbers, "id": ["P007919X", "P2"]}
    page = (
        "<html><!-- m1 --><p style='display:none'>m2</p><iframe srcdoc='&lt;p&gt;m3'></iframe>"
        f"<script>go({json.dumps(value)})</script><svg><text>m4</text></svg>"
        "<img src='data:text/csv,id%2Cage%0AP9%2C61%0AP8%2C62%0A'></html>"
    )
    form = open_bytes("a.html", page.encode(), caps)
    assert all(mark in words(form) for mark in ("m1", "m2", "m3", "m4", "P9"))
    assert (("x", "id"), (("1", LEAK), ("2", "P2"))) in tables(form).values()
    assert {Note.HIDDEN, Note.SCRIPT} <= notes(form)
    assert cover(form).gaps == ()


def test_a_filter_that_knows_more_values_than_the_column_is_not_passed_over(caps: ReadCaps) -> None:
    """One bit more in a filter says that another value was there."""
    cells = {"person": ["P1", "P2"] * 40, "age": ["61", "72"] * 40}
    data = WRITERS["parquet-duckdb"](cells)
    whole = open_bytes("a.parquet", data, caps)
    owners = [span for span in whole.parts[0].spans if span.owner.startswith("filter")]
    assert len(owners) == 2
    assert not unseen(whole)
    at = owners[0].end - 1
    assert unseen(
        open_bytes("a.parquet", data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :], caps)
    )


def test_what_a_deleted_row_left_on_a_page_of_sas_is_shown(caps: ReadCaps) -> None:
    """Bytes that nothing points at are leftovers, wherever they lie."""
    data = bytearray(WRITERS["sas7bdat"](CELLS))
    data[-40 : -40 + len(LEAK)] = LEAK.encode()
    form = open_bytes("a.sas7bdat", bytes(data), caps)
    assert LEAK in words(form)
    assert {Note.UNUSED, Note.UNKNOWN_PART} <= notes(form)


def test_the_header_and_the_filler_of_sas_files_hide_nothing(caps: ReadCaps) -> None:
    """What should be blank and is not was not read."""
    data = bytearray(WRITERS["sas7bdat"](CELLS))
    data[900:908] = LEAK.encode()
    assert unseen(open_bytes("a.sas7bdat", bytes(data), caps))
    data = bytearray(WRITERS["xpt-8"](CELLS))
    data[-8:] = LEAK.encode()
    assert unseen(open_bytes("a.xpt", bytes(data), caps))
    data = bytearray(WRITERS["xpt"](CELLS))
    data[-8:] = LEAK.encode()  # nothing says how many rows there are, so this is one
    form = open_bytes("a.xpt", bytes(data), caps)
    assert unseen(form) or LEAK in words(form)


@pytest.mark.parametrize("kind", ["sas7bdat", "sas7bdat-runs"])
def test_two_readers_that_are_not_ours_see_the_same_rows(tmp_path: Path, kind: str) -> None:
    """The files that the tests write are such files."""
    place = tmp_path / "a.sas7bdat"
    place.write_bytes(WRITERS[kind](CELLS))
    first, _ = pyreadstat.read_sas7bdat(str(place))
    second = pd.read_sas(place, encoding="utf-8")
    for found in (first, second):
        assert list(found["person"]) == CELLS["person"]
        assert [str(int(age)) for age in found["age"]] == CELLS["age"]


def test_a_duckdb_file_is_read_in_the_prison_only_and_never_called_whole(caps: ReadCaps) -> None:
    """Its tables are seen, its bytes are not accounted for; outside it is not opened at all."""
    data = duck(CELLS)
    form = open_bytes("a.duckdb", data, caps, IN_PRISON)
    assert LEAK in words(form)
    assert Note.UNACCOUNTED in notes(form)
    coverage = cover(form)
    assert coverage.accounted == 0
    assert coverage.gaps
    assert notes(open_bytes("a.duckdb", data, caps)) == {Note.UNKNOWN_TYPE}


def test_a_duckdb_file_reaches_no_other_file(caps: ReadCaps, tmp_path: Path) -> None:
    """A view or a default that reads the machine is text, and nothing more."""
    place = tmp_path / "a.duckdb"
    (tmp_path / "secret.csv").write_text(f"a\n{LEAK}\n")
    with duckdb.connect(str(place)) as base:
        base.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path}/secret.csv')")
        base.execute("CREATE MACRO m() AS TABLE SELECT * FROM v")
        base.execute("CREATE TABLE t AS SELECT 1 AS one")
    form = open_bytes("a.duckdb", place.read_bytes(), caps, IN_PRISON)
    assert [part.path for part in form.parts if part.table] == ["a.duckdb!/t"]
    assert LEAK not in words(form)
    assert "secret.csv" in words(form)


def test_rows_deleted_from_a_duckdb_file_are_said_to_be_possible(caps: ReadCaps) -> None:
    """What free blocks still hold as text is shown."""
    rows = {"person": [f"P{number:06d}X" for number in range(3000)]}

    def write(path: str) -> None:
        with duckdb.connect(path) as base:
            base.register("t", pd.DataFrame(rows))
            base.execute("CREATE TABLE kept AS SELECT 'nobody' AS person")
            base.execute("CREATE TABLE gone AS SELECT * FROM t")
            base.execute("CHECKPOINT")
            base.execute("DROP TABLE gone")
            base.execute("CHECKPOINT")

    form = open_bytes("a.duckdb", with_file(write, "duckdb"), caps, IN_PRISON)
    assert [part.path for part in form.parts if part.table] == ["a.duckdb!/kept"]
    assert Note.UNACCOUNTED in notes(form)


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("[" * 200_000, Note.TOO_DEEP),
        ('{"a":' * 100_000, Note.TOO_DEEP),
        ("[ " * 200_000 + '"' + "x" * 200_000, Note.TOO_DEEP),
        (("[" + "1," * 3000) * 300, Note.CAPPED),
    ],
    ids=["brackets", "objects", "an open text", "open lists"],
)
def test_values_without_an_end_are_given_up(caps: ReadCaps, script: str, note: Note) -> None:
    """Whoever nests lists in a script to keep the opener busy is not read, which is said."""
    form = open_bytes("t.html", f"<html><script>{script}</script></html>".encode(), caps)
    assert note in notes(form)


def test_a_long_value_in_a_script_is_read_to_its_end(caps: ReadCaps) -> None:
    rows = json.dumps([{"person": f"P{at:06d}X", "note": "x" * 30} for at in range(2000)])
    page = f"<html><script>draw([0, other], {rows});</script></html>"
    form = open_bytes("t.html", page.encode(), caps)
    assert any(len(rows) == 2000 for _, rows in tables(form).values())

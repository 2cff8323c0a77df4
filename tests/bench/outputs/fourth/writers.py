"""How an analyst's frame becomes the bytes of a format; the same frame gives the same bytes."""

import base64
import gzip
import io
import json
import pickle
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import docx
import matplotlib as mpl
import numpy as np
import pyreadstat
import xlsxwriter
from matplotlib.figure import Figure

from tests.bench.outputs.fourth.registry import numeric

_THEN = datetime(2025, 10, 3, 9, 30)  # noqa: DTZ001 - the formats keep no zone
_STAMP = (2025, 10, 3, 9, 30, 0)


def write(kind: str, frame: Any, title: str = "Table 1") -> bytes:
    """Write a frame in one format, as `csv` or `xlsx`."""
    return bytes(WRITERS[kind](frame, title))


def _lines(frame: Any) -> list[list[str]]:
    return [[str(one) for one in frame.columns]] + [
        [str(one) for one in row] for row in frame.itertuples(index=False)
    ]


def typed(frame: Any) -> Any:
    """Give numbers back to a frame of text."""
    return frame.apply(numeric)


def _as_written(frame: Any) -> Any:
    """Make numbers of text where none loses a digit on the way."""
    own = typed(frame)
    return own if own.astype(str).equals(frame.astype(str)) else frame


def printed(frame: Any) -> str:
    """Print as R prints a data frame: right-aligned, with numbered lines."""
    own = frame.copy()
    own.index = range(1, len(own) + 1)
    return str(own.to_string())


def _markdown(frame: Any, title: str) -> bytes:
    head, *rest = _lines(frame)
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rest] + [""]).encode()


def _latex(frame: Any, title: str) -> bytes:
    head, *rest = ([cell.replace("_", r"\_") for cell in row] for row in _lines(frame))
    body = "".join(" & ".join(row) + " \\\\\n" for row in rest)
    top = (
        f"\\begin{{table}}\n\\caption{{{title}}}\n\\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}\n"
    )
    rules = f"\\toprule\n{' & '.join(head)} \\\\\n\\midrule\n{body}\\bottomrule\n"
    return f"{top}{rules}\\end{{tabular}}\n\\end{{table}}\n".encode()


def page(title: str, body: str) -> bytes:
    """Write a page as a knitted report."""
    style = "body{font-family:Georgia;max-width:52em} td{text-align:right;padding:2px 8px}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style>'
    whole = f"<body><h1>{escape(title)}</h1>\n{body}\n</body>"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>{whole}</html>\n'.encode()


def html_table(frame: Any) -> str:
    """Write what a notebook shows of a frame."""
    return str(frame.to_html(index=False, border=0))


def workbook(
    sheets: Mapping[str, Any],
    unseen: Mapping[str, str] | None = None,
    after: Callable[[Any, Mapping[str, Any]], None] | None = None,
) -> bytes:
    """Write a workbook; `unseen` hides sheets (`hide` or `very_hidden`), `after` adds to it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": _THEN, "author": "analyst"})
    made = {}
    for name, frame in sheets.items():
        sheet = made[name] = book.add_worksheet(name)
        own = typed(frame)
        for r, row in enumerate([list(own.columns), *own.itertuples(index=False)]):
            for c, cell in enumerate(row):
                blank = isinstance(cell, float) and cell != cell
                sheet.write(r, c, "" if blank else getattr(cell, "item", lambda own=cell: own)())
        if unseen and name in unseen:
            getattr(sheet, unseen[name])()
    if after is not None:
        after(book, made)
    book.close()
    return out.getvalue()


def steady(data: bytes, changes: Mapping[str, Callable[[bytes], bytes]] | None = None) -> bytes:
    """Pack a zip again with one date, members changed or added on the way."""
    out, changes = io.BytesIO(), dict(changes or {})
    with zipfile.ZipFile(io.BytesIO(data)) as box, zipfile.ZipFile(out, "w") as own:
        for item in box.infolist():
            own.writestr(_member(item.filename), changes.pop(item.filename, bytes)(box.read(item)))
        for name, make in changes.items():
            own.writestr(_member(name), make(b""))
    return out.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Pack files into a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, data in members.items():
            box.writestr(_member(name), data)
    return out.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    """Pack files into a compressed tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as box:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_759_480_200
            box.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def paper(
    paragraphs: Sequence[str], frames: Sequence[Any] = (), then: Callable[[Any], None] | None = None
) -> bytes:
    """Write a Word document: paragraphs, then tables; `then` adds to it."""
    own = docx.Document()
    for one in paragraphs:
        own.add_paragraph(one)
    for frame in frames:
        lines = _lines(frame)
        table = own.add_table(rows=len(lines), cols=len(lines[0]))
        for row, cells in zip(table.rows, lines, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    if then is not None:
        then(own)
    out = io.BytesIO()
    own.save(out)
    return steady(out.getvalue())


def _saved(save: Callable[[Path], object], suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"own{suffix}"
        save(path)
        return path.read_bytes()


def _spss(frame: Any, _: str) -> bytes:
    data = _saved(lambda path: pyreadstat.write_sav(_plain(frame), path), ".sav")
    return data[:92] + b"03 Oct 2509:30:00" + data[109:]


def _plain(frame: Any) -> Any:
    """Numbers as floats, text as objects, names that old programs take."""
    own = typed(frame).rename(columns=lambda name: "".join(c if c.isalnum() else "_" for c in name))
    own = own.rename(columns=lambda name: name if name[:1].isalpha() else f"v{name}")
    return own.apply(lambda one: one.astype(float if one.dtype.kind in "iuf" else object))


def _buffered(save: Callable[[Any], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def _stata(frame: Any, _: str) -> bytes:
    own = _plain(frame)
    return _buffered(
        lambda out: own.to_stata(out, write_index=False, time_stamp=_THEN, version=118)
    )


def arrays(frame: Any) -> dict[str, Any]:
    """Make one array of each column of numbers."""
    own = typed(frame)
    return {name: own[name].to_numpy(float) for name in own if own[name].dtype.kind in "iuf"}


def pdf(lines: Sequence[str]) -> bytes:
    """Write lines of a typewriter into a PDF of one page or more."""
    sheets = [lines[at : at + 58] for at in range(0, len(lines), 58)]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(sheets)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>",
               f"<</Type/Pages/Kids[{kids}]/Count {len(sheets)}>>".encode(),
               b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"]  # fmt: skip
    for at, sheet in enumerate(sheets):
        shown = "".join(f"({_pdf_text(one)}) Tj T*\n" for one in sheet)
        stream = zlib.compress(f"BT /F1 8 Tf 40 780 Td 12 TL\n{shown}ET".encode("latin-1"))
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 "
                       b"R>>>>/Contents %d 0 R>>" % (5 + 2 * at))  # fmt: skip
        objects.append(b"<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
                       % (len(stream), stream))  # fmt: skip
    out, places = b"%PDF-1.4\n", []
    for number, own in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, own)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def rds(values: Mapping[str, Any], kind: str = "data.frame") -> bytes:
    """Serialise a named list for R: a frame, or a model that keeps one."""
    head = b"X\n" + struct.pack(">3i", 2, 0x00040201, 0x00020300)
    return gzip.compress(head + _r_list(values, kind), mtime=0)


def _r_text(values: Sequence[str]) -> bytes:
    cells = [str(one).encode() for one in values]
    own = b"".join(struct.pack(">2i", 0x00040009, len(one)) + one for one in cells)
    return struct.pack(">2i", 16, len(cells)) + own


def _r_list(values: Mapping[str, Any], kind: str) -> bytes:
    body = b"".join(_r_value(one) for one in values.values())
    rows = max((len(one) for one in values.values() if not isinstance(one, Mapping)), default=0)
    marks = [("names", _r_text(list(values))), ("class", _r_text([kind]))]
    if kind == "data.frame":
        marks.append(("row.names", struct.pack(">4i", 13, 2, -(2**31), -rows)))
    tags = b"".join(
        struct.pack(">4i", 0x402, 1, 0x00040009, len(name)) + name.encode() + value
        for name, value in marks
    )
    return struct.pack(">2i", 0x313, len(values)) + body + tags + struct.pack(">i", 254)


def _r_value(value: Any) -> bytes:
    if isinstance(value, Mapping):
        return _r_list(value, "data.frame")
    own = np.asarray(value)
    if own.dtype.kind in "iuf":
        return struct.pack(">2i", 14, len(own)) + own.astype(">f8").tobytes()
    return _r_text(list(value))


def columns(frame: Any) -> dict[str, Any]:
    """Make a named list of a frame, for R."""
    own = typed(frame)
    return {name: own[name].to_numpy() for name in own}


def onnx(name: str, weights: Mapping[str, Any], op: str = "Gemm") -> bytes:
    """Write a graph of one node with its arrays."""
    tensors = [
        b"".join(_varint(1, size) for size in own.shape) + _varint(2, 1) + _field(8, key.encode())
        + _field(9, own.astype("<f4").tobytes())
        for key, own in weights.items()
    ]  # fmt: skip
    node = b"".join(_field(1, one.encode()) for one in ("x", *weights))
    node += _field(2, b"y") + _field(3, b"n0") + _field(4, op.encode())
    wide = _field(2, _field(1, _varint(1, 1)) + _field(1, _varint(1, 4)))
    ends = [_field(1, own) + _field(2, _field(1, _varint(1, 1) + wide)) for own in (b"x", b"y")]
    graph = _field(1, node) + _field(2, name.encode()) + b"".join(_field(5, one) for one in tensors)
    graph += _field(11, ends[0]) + _field(12, ends[1])
    return _varint(1, 8) + _field(2, b"skl2onnx") + _field(7, graph) + _field(8, _varint(2, 17))


def _number(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _field(field: int, data: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(data)) + data


def notebook(*cells: tuple[str, Sequence[Mapping[str, Any]]], **metadata: Any) -> bytes:
    """Write a notebook of code cells with their outputs."""
    own = [
        {"cell_type": "code", "id": f"c{at:04d}", "execution_count": at, "metadata": {},
         "source": source.splitlines(keepends=True), "outputs": list(outputs)}
        for at, (source, outputs) in enumerate(cells, 1)
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    own_form = {"cells": own, "metadata": kernel | metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(own_form, indent=1).encode()


def stream(text: str) -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a cell answered, by kind of content."""
    kinds = {key: one if isinstance(one, dict) else str(one).splitlines(keepends=True)
             for key, one in data.items()}  # fmt: skip
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


def frame_shown(frame: Any) -> dict[str, Any]:
    """What a cell that ends in a frame answers."""
    return shown({"text/html": frame.to_html(border=1), "text/plain": frame.to_string()})


def picture_shown(png: bytes) -> dict[str, Any]:
    """What a cell that drew answers."""
    return shown({"image/png": base64.b64encode(png).decode()})


def figure(kind: str, draw: Callable[[Any], object], size: tuple[float, float] = (6, 4)) -> bytes:
    """Draw with matplotlib into svg, pdf or png, without a date."""
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with mpl.rc_context({"svg.hashsalt": "registry", "svg.fonttype": "none"}):
        own = Figure(figsize=size)
        draw(own.subplots())
        return _buffered(lambda out: own.savefig(out, format=kind, metadata=metadata, dpi=90))


def chunk(kind: bytes, data: bytes) -> bytes:
    """Write one chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


WRITERS: Mapping[str, Callable[[Any, str], bytes]] = {
    "csv": lambda frame, _: frame.to_csv(index=False).encode(),
    "tsv": lambda frame, _: frame.to_csv(index=False, sep="\t").encode(),
    "txt": lambda frame, title: f"# {title}\n{printed(frame)}\n".encode(),
    "md": _markdown,
    "tex": _latex,
    "html": lambda frame, title: page(title, html_table(frame)),
    "json": lambda frame, _: _as_written(frame).to_json(orient="records", indent=1).encode(),
    "xlsx": lambda frame, title: workbook({title[:31]: frame}),
    "ods": lambda frame, title: steady(_buffered(
        lambda out: typed(frame).to_excel(out, engine="odf", sheet_name=title[:31], index=False))),
    "docx": lambda frame, title: paper([title], [frame]),
    "parquet": lambda frame, _: _buffered(lambda out: typed(frame).to_parquet(out, index=False)),
    "dta": _stata,
    "sav": _spss,
    "rds": lambda frame, _: rds(columns(frame)),
    "pickle": lambda frame, _: pickle.dumps(typed(frame), protocol=4),
    "npz": lambda frame, _: _buffered(lambda out: np.savez(out, **arrays(frame))),
    "pdf": lambda frame, title: pdf([title, "", *printed(frame).splitlines()]),
    "ipynb": lambda frame, title: notebook((f"# {title}\nframe", [frame_shown(frame)])),
    "csv.gz": lambda frame, _: gzip.compress(frame.to_csv(index=False).encode(), mtime=0),
    "tar.gz": lambda frame, _: tarred({"out/t1.tsv": frame.to_csv(index=False, sep="\t").encode()}),
}  # fmt: skip

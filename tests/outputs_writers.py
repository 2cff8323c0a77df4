"""One table in every format that is read, written by programs that are not ours.

Where no such program is at hand (R, ONNX, torch) the few bytes are written here, from the formats'
own descriptions and without a look at the readers.
"""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import docx
import duckdb
import joblib
import matplotlib as mpl
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pyreadstat
import xlsxwriter
from matplotlib import pyplot
from safetensors.numpy import save

from tests.outputs_packed import avro, cbor, messagepack, records
from tests.outputs_sas import sas_data
from tests.outputs_texts import TEXTS
from tests.outputs_world import csv_of, html_table, notebook, shown

mpl.use("Agg")

Cells = Mapping[str, Sequence[str]]
Writer = Callable[[Cells], bytes]


def frame(cells: Cells) -> pd.DataFrame:
    """The table with numbers as numbers, as an analyst has it."""
    return pd.DataFrame({name: _typed(values) for name, values in cells.items()})


def _typed(values: Sequence[str]) -> Any:
    try:
        return pd.to_numeric(pd.Series([value or None for value in values]))
    except (ValueError, TypeError):
        return pd.Series(list(values), dtype=object)


def numbers(cells: Cells) -> Any:
    """Only the numeric columns, as a matrix; missing is not a number."""
    found = frame(cells)
    kept = [name for name in found.columns if found[name].dtype != object]
    return found[kept].to_numpy(dtype=float)


def text(cells: Cells) -> str:
    """The table as csv."""
    return csv_of(cells, range(len(next(iter(cells.values())))))


def with_file(write: Callable[[str], object], suffix: str) -> bytes:
    """What a program writes that wants a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{suffix}"
        write(str(path))
        return path.read_bytes()


def buffered(write: Callable[[io.BytesIO], object]) -> bytes:
    """What a program writes into a buffer."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def tarred(name: str, content: bytes, mode: Any = "w") -> bytes:
    """A tar with one member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def hidden_sheet(cells: Cells, how: str = "veryHidden") -> bytes:
    """A workbook that shows a small summary and hides the table."""
    book = openpyxl.Workbook()
    summary = book.active
    assert summary is not None
    for line in (["sex", "people"], ["F", 4350], ["M", 3524]):
        summary.append(line)
    sheet = book.create_sheet("Source")
    data = frame(cells)
    sheet.append(list(data.columns))
    for row in data.itertuples(index=False):
        sheet.append([None if value != value else value for value in row])
    sheet.sheet_state = how
    return buffered(book.save)


def chart_cache(cells: Cells) -> bytes:
    """A workbook whose chart keeps the values of columns that no sheet has any more."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Summary")
    chart = book.add_chart({"type": "scatter"})
    data = frame(cells)
    numeric = [name for name in data.columns if data[name].dtype != object]
    for number, name in enumerate(numeric[1:], 66):
        chart.add_series({
            "categories": "=Gone!$A$1:$A$9", "values": f"=Gone!${chr(number)}$1:${chr(number)}$60",
            "categories_data": [_plain(value) for value in data[numeric[0]]],
            "values_data": [_plain(value) for value in data[name]],
        })  # fmt: skip
    sheet.insert_chart("D1", chart)
    book.close()
    return out.getvalue()


def _plain(value: Any) -> Any:
    return "" if value != value else float(value)


def document(cells: Cells) -> bytes:
    """A text document with the table."""
    made = docx.Document()
    made.add_paragraph("Results of the study")
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    table = made.add_table(len(rows), len(cells))
    for line, row in zip(table.rows, rows, strict=True):
        for cell, value in zip(line.cells, row, strict=True):
            cell.text = value
    return buffered(made.save)


def slides(cells: Cells) -> bytes:
    """A slide that is hidden and has the table; the few parts that a reader needs."""
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    body = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:p><a:t>{cell}</a:t></a:p></a:tc>" for cell in row) + "</a:tr>"
        for row in rows
    )
    slide = f'<p:sld xmlns:p="p" xmlns:a="a" show="0"><a:tbl>{body}</a:tbl></p:sld>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("ppt/presentation.xml", '<p:presentation xmlns:p="p"/>')
        archive.writestr("ppt/slides/slide1.xml", slide)
    return out.getvalue()


def database(cells: Cells) -> bytes:
    """An SQLite file with the table and an index."""

    def write(path: str) -> None:
        connection = sqlite3.connect(path)
        data = frame(cells)
        data.to_sql("results", connection, index=False)
        connection.execute(f'create index by_first on results("{data.columns[0]}")')
        connection.commit()
        connection.close()

    return with_file(write, "sqlite")


def drawing(cells: Cells, kind: str) -> bytes:
    """A scatter of the first two numeric columns."""
    data = numbers(cells)
    figure, axes = pyplot.subplots()
    axes.scatter(data[:, 0], data[:, 1])
    out = io.BytesIO()
    figure.savefig(out, format=kind)
    pyplot.close(figure)
    return out.getvalue()


def plotly(cells: Cells) -> bytes:
    """A page as plotly writes it: one list or one packed array for each column."""
    data = frame(cells)
    traces: dict[str, Any] = {}
    for name in data.columns:
        if data[name].dtype == object:
            traces[name] = list(data[name])
        else:
            packed = base64.b64encode(data[name].to_numpy(dtype="<f8").tobytes()).decode()
            traces[name] = {"dtype": "f8", "bdata": packed}
    script = f'Plotly.newPlot("a", [{json.dumps(traces)}], {{"showlegend": false}});'
    return f"<html><body><div id='a'></div><script>{script}</script></body></html>".encode()


def widget(cells: Cells) -> bytes:
    """A page as R's widgets write it: columns as lists inside a JSON script."""
    value = {"x": {"data": [list(column) for column in cells.values()]}}
    script = f'<script type="application/json">{json.dumps(value)}</script>'
    return f"<html><body>{script}</body></html>".encode()


def r_frame(cells: Cells) -> bytes:
    """A data frame as R writes it: version 3, big endian, squeezed by gzip."""

    def chars(value: str) -> bytes:
        raw = value.encode()
        return struct.pack(">ii", 9 | 1 << 18, len(raw)) + raw

    def strings(values: Sequence[str]) -> bytes:
        return struct.pack(">ii", 16, len(values)) + b"".join(map(chars, values))

    def symbol(name: str) -> bytes:
        return struct.pack(">i", 1) + chars(name)

    body = struct.pack(">ii", 19 | 1 << 8 | 1 << 9, len(cells))
    for column in frame(cells).items():
        values = column[1]
        if values.dtype == object:
            body += strings([str(value) for value in values])
        else:
            body += struct.pack(">ii", 14, len(values))
            body += b"".join(struct.pack(">d", float(value)) for value in values)
    count = len(next(iter(cells.values())))
    pairs = [("names", strings(list(cells))), ("class", strings(["data.frame"])),
             ("row.names", struct.pack(">4i", 13, 2, -(2**31), -count))]  # fmt: skip
    for name, value in pairs:
        body += struct.pack(">i", 2 | 1 << 10) + symbol(name) + value
    body += struct.pack(">i", 254)
    head = b"X\n" + struct.pack(">3i", 3, 0x00040301, 0x00030500) + struct.pack(">i", 5) + b"UTF-8"
    return gzip.compress(head + body, mtime=0)


def field(number: int, value: bytes | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def onnx(cells: Cells) -> bytes:
    """A model whose initialiser is a matrix of rows."""
    data = numbers(cells)
    tensor = field(1, data.shape[0]) + field(1, data.shape[1]) + field(2, 11)
    tensor += field(8, b"training") + field(9, data.astype("<f8").tobytes())
    graph = field(1, field(1, b"training") + field(2, b"y") + field(4, b"Identity"))
    graph += field(2, b"g") + field(5, tensor)
    return field(1, 8) + field(2, b"skl2onnx") + field(7, graph) + field(8, field(2, 17))


class FloatStorage:
    """Stands for the class that a torch pickle names."""


class _Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        """Name the one storage as torch does."""
        return ("storage", FloatStorage, "0", "cpu", 4) if value == "weights" else None


def torch(cells: Cells) -> bytes:
    """A zip with a pickle and one raw storage of a column."""
    body = io.BytesIO()
    _Pickler(body, protocol=2).dump({"w": "weights"})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("m/data.pkl", body.getvalue())
        archive.writestr("m/data/0", numbers(cells)[:, 0].astype("<f4").tobytes())
        archive.writestr("m/version", "3\n")
    return out.getvalue()


def workbook(cells: Cells) -> bytes:
    """A plain workbook."""
    return buffered(lambda out: frame(cells).to_excel(out, index=False))


def parquet(cells: Cells, **settings: Any) -> bytes:
    """A parquet file with these settings of its writer."""
    table = pa.Table.from_pandas(frame(cells), preserve_index=False)
    return buffered(lambda out: pq.write_table(table, out, **settings))


def stata(cells: Cells, version: int = 118) -> bytes:
    """A data file of Stata."""
    data = frame(cells).rename(columns=lambda name: name.replace(".", "_"))
    return buffered(lambda out: data.to_stata(out, version=version, write_index=False))


def transport(cells: Cells, version: Literal[5, 8]) -> bytes:
    """A transport file of SAS."""
    longest = 8 if version == 5 else 32
    data = frame(cells).rename(columns=lambda name: _flat(name)[:longest])
    return with_file(
        lambda path: pyreadstat.write_xport(
            data, path, table_name="T", file_format_version=version
        ),
        "xpt",
    )


def filtered(cells: Cells) -> bytes:
    """A parquet file as duckdb writes it by default: columns with a filter of hashed values."""
    with duckdb.connect() as base:
        base.register("t", frame(cells))
        return with_file(
            lambda path: base.execute(f"COPY t TO '{path}' (FORMAT parquet)"), "parquet"
        )


def duck(cells: Cells) -> bytes:
    """A duckdb file with the table."""

    def write(path: str) -> None:
        with duckdb.connect(path) as base:
            base.register("t", frame(cells))
            base.execute("CREATE TABLE results AS SELECT * FROM t")

    return with_file(write, "duckdb")


def _frame_files() -> dict[str, Writer]:
    return {
        "parquet-duckdb": filtered,
        "duckdb": duck,
        "xpt": lambda cells: transport(cells, 5),
        "xpt-8": lambda cells: transport(cells, 8),
        "sas7bdat": sas_data,
        "sas7bdat-runs": lambda cells: sas_data(cells, squeezed=True),
        "xlsx": workbook,
        "xlsx-hidden": hidden_sheet,
        "xlsx-chart": chart_cache,
        "ods": lambda cells: buffered(
            lambda out: frame(cells).to_excel(out, index=False, engine="odf")
        ),
        "docx": document,
        "pptx": slides,
        "parquet": parquet,
        "parquet-zstd": lambda cells: parquet(cells, compression="zstd"),
        "parquet-gzip": lambda cells: parquet(cells, compression="gzip", data_page_version="2.0"),
        "parquet-lz4": lambda cells: parquet(cells, compression="lz4", use_dictionary=False),
        "feather": lambda cells: buffered(lambda out: feather.write_feather(frame(cells), out)),
        "feather-zstd": lambda cells: buffered(
            lambda out: feather.write_feather(frame(cells), out, compression="zstd")
        ),
        "arrow": lambda cells: buffered(
            lambda out: feather.write_feather(frame(cells), out, compression="uncompressed")
        ),
        "sqlite": database,
        "dta": stata,
        "dta-114": lambda cells: stata(cells, 114),
        "dta-117": lambda cells: stata(cells, 117),
        "sav": lambda cells: with_file(
            lambda path: pyreadstat.write_sav(frame(cells).rename(columns=_flat), path), "sav"
        ),
        "zsav": lambda cells: with_file(
            lambda path: pyreadstat.write_sav(
                frame(cells).rename(columns=_flat), path, compress=True
            ),
            "zsav",
        ),
        "rds": r_frame,
    }


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _array_files() -> dict[str, Writer]:
    return {
        "npy": lambda cells: buffered(lambda out: np.save(out, numbers(cells))),
        "npz": lambda cells: buffered(
            lambda out: np.savez_compressed(
                out, **{f"c{n}": column for n, column in enumerate(numbers(cells).T)}
            )
        ),
        "safetensors": lambda cells: save({"w": np.ascontiguousarray(numbers(cells))}),
        "onnx": onnx,
        "pkl": lambda cells: pickle.dumps(frame(cells)),
        "pkl-rows": lambda cells: pickle.dumps(frame(cells).to_dict("records"), protocol=2),
        "joblib": lambda cells: with_file(
            lambda path: joblib.dump({"X": numbers(cells)}, path), "joblib"
        ),
        "joblib-named": lambda cells: with_file(
            lambda path: joblib.dump(
                {"names": np.array([*cells, "x"], dtype=object), "X": numbers(cells)}, path
            ),
            "joblib",
        ),
        "joblib-squeezed": lambda cells: with_file(
            lambda path: joblib.dump({"X": numbers(cells)}, path, compress=3), "joblib"
        ),
    }


def _text_files() -> dict[str, Writer]:
    return {
        "html": lambda cells: html_table(cells, range(len(next(iter(cells.values()))))).encode(),
        "html-plotly": plotly,
        "html-widget": widget,
        "html-pre": lambda cells: f"<pre>{frame(cells).to_string()}</pre>".encode(),
        "tex": lambda cells: _latex(cells).encode(),
        "ndjson": lambda cells: frame(cells).to_json(orient="records", lines=True).encode(),
        "xml": lambda cells: _xml(cells).encode(),
        "ipynb": lambda cells: notebook(shown(text_plain=frame(cells).to_string())),
        "ipynb-svg": lambda cells: notebook(
            shown(**{"image_svg+xml": drawing(cells, "svg").decode()})
        ),
        "log": lambda cells: f"10:01 reading\n\n{frame(cells).to_string()}\n\ndone\n".encode(),
        "pzfx": _prism,
        "pmml": _pmml,
        "gv": lambda cells: f"digraph g {{ a -> b; }}\n\n{frame(cells).to_string()}\n".encode(),
        "smcl": lambda cells: _smcl(frame(cells).to_string()).encode(),
        "rtf": lambda cells: _rtf(cells).encode(),
        "eml": lambda cells: _mail(text(cells)),
        **TEXTS,
        "eml-said": lambda cells: _mail(f"Hello,\n\n{text(cells)}\nBye\n", attached=False),
    }


def _rtf(cells: Cells) -> str:
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    lines = [r"\trowd\cellx900 " + "".join(rf"{cell}\cell " for cell in row) + r"\row"
             for row in rows]  # fmt: skip
    body = "\n".join(lines)
    return f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Times;}}}}\nTable 1\\par\n{body}\n\\pard End\\par}}"


def _prism(cells: Cells) -> bytes:
    columns = "".join(
        f"<YColumn><Title>{name}</Title><Subcolumn>"
        f"{''.join(f'<d>{value}</d>' for value in values)}</Subcolumn></YColumn>"
        for name, values in cells.items()
    )
    return f"<GraphPadPrismFile><Table ID='Table0'>{columns}</Table></GraphPadPrismFile>".encode()


def _pmml(cells: Cells) -> bytes:
    """The training rows of a model of nearest neighbours."""
    rows = [
        "".join(f"<{name}>{value}</{name}>" for name, value in zip(cells, row, strict=True))
        for row in zip(*cells.values(), strict=True)
    ]
    table = "".join(f"<row>{row}</row>" for row in rows)
    return f"<PMML version='4.4'><InlineTable>{table}</InlineTable></PMML>".encode()


def _smcl(printed: str) -> str:
    lines = [f"{{res}}{line.replace('  ', '{space 2}')}{{txt}}" for line in printed.splitlines()]
    return "{smcl}\n{com}. list\n{hline 40}\n\n" + "\n".join(lines) + "\n"


def _mail(table: str, *, attached: bool = True) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "analyst", "group", "numbers"
    message.set_content("The table is attached." if attached else table)
    if attached:
        message.add_attachment(table.encode(), "text", "csv", filename="t.csv")
    return bytes(message)


def _latex(cells: Cells) -> str:
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    body = "\n".join(" & ".join(row) + r" \\" for row in rows)
    return f"\\begin{{tabular}}{{{'l' * len(cells)}}}\n{body}\n\\end{{tabular}}\n"


def _xml(cells: Cells) -> str:
    rows = zip(*cells.values(), strict=True)
    lines = ["".join(f"<v{n}>{value}</v{n}>" for n, value in enumerate(row)) for row in rows]
    return "<rows>" + "".join(f"<row>{line}</row>" for line in lines) + "</rows>"


def dbase(cells: Cells) -> bytes:
    """A dBase III table as R's `foreign` writes it."""
    wide, rows = 20, [*zip(*cells.values(), strict=True)]
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name.encode()[:10], b"C", wide, 0) for name in cells
    )
    begin = 32 + len(fields) + 1
    head = struct.pack("<4BIHH20x", 3, 95, 7, 26, len(rows), begin, 1 + wide * len(cells))
    body = "".join(" " + "".join(cell.ljust(wide)[:wide] for cell in row) for row in rows)
    return head + fields + b"\r" + body.encode() + b"\x1a"


def matlab(cells: Cells) -> bytes:
    """A MAT-file of an array for each column, every second one squeezed; texts are cells."""
    told = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x100) + b"IM"
    for turn, (name, own) in enumerate(cells.items()):
        try:
            body = _element(9, struct.pack(f"<{len(own)}d", *map(float, own)))
            array = _matrix(6, (len(own), 1), name, body)
        except ValueError:
            texts = [_matrix(4, (1, len(one)), "", _element(17, one.encode("utf-16-le")))
                     for one in own]  # fmt: skip
            array = _matrix(1, (len(own), 1), name, b"".join(texts))
        packed = zlib.compress(array)
        told += struct.pack("<2I", 15, len(packed)) + packed if turn % 2 else array
    return told


def _matrix(kind: int, shape: tuple[int, int], name: str, body: bytes) -> bytes:
    head = [_element(6, struct.pack("<2I", kind, 0)), _element(5, struct.pack("<2i", *shape)),
            _element(1, name.encode())]  # fmt: skip
    return _element(14, b"".join([*head, body]))


def _element(kind: int, body: bytes) -> bytes:
    return struct.pack("<2I", kind, len(body)) + body + bytes(-len(body) % 8)


def _gnumeric(cells: Cells) -> bytes:
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    told = "".join(
        f'<gnm:Cell Row="{row}" Col="{column}">{cell}</gnm:Cell>'
        for row, line in enumerate(rows) for column, cell in enumerate(line)
    )  # fmt: skip
    sheet = f"<gnm:Sheet><gnm:Name>S</gnm:Name><gnm:Cells>{told}</gnm:Cells></gnm:Sheet>"
    space = "http://www.gnumeric.org/v10.dtd"
    return gzip.compress(f'<gnm:Workbook xmlns:gnm="{space}">{sheet}</gnm:Workbook>'.encode())


def _packed_files() -> dict[str, Writer]:
    return {
        "gnumeric": _gnumeric,
        "avro": avro,
        "msgpack": lambda cells: messagepack(records(cells)),
        "cbor": lambda cells: cbor(records(cells)),
        "dbf": dbase,
        "mat": matlab,
        "zip": lambda cells: zipped("a/t.csv", text(cells).encode()),
        "zip-stored": lambda cells: zipped("t.csv", text(cells).encode(), zipfile.ZIP_STORED),
        "zip-bzip2": lambda cells: zipped("t.csv", text(cells).encode(), zipfile.ZIP_BZIP2),
        "zip-xlsx": lambda cells: zipped("b/t.xlsx", hidden_sheet(cells)),
        "tar": lambda cells: tarred("t.csv", text(cells).encode()),
        "tgz": lambda cells: tarred("t.parquet", parquet(cells), "w:gz"),
        "csv.gz": lambda cells: gzip.compress(text(cells).encode()),
        "csv.bz2": lambda cells: bz2.compress(text(cells).encode()),
        "csv.xz": lambda cells: lzma.compress(text(cells).encode()),
        "eml": lambda cells: mail(text(cells)).encode(),
        "zip-zip": lambda cells: zipped("in.zip", zipped("t.csv", text(cells).encode())),
    }


def mail(table: str) -> str:
    """A message with a table in base64 behind its text."""
    packed = base64.encodebytes(table.encode()).decode()
    return (
        "From: a\nTo: b\nSubject: for the meeting\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="=="\n\nThis is a message of several parts.\n'
        "--==\nContent-Type: text/plain; charset=utf-8\n\nHere it is.\n--==\n"
        'Content-Type: application/octet-stream; name="t.csv"\n'
        f"Content-Transfer-Encoding: base64\n\n{packed}--==--\n"
    )


WRITERS: dict[str, Writer] = {
    **_frame_files(), **_array_files(), **_text_files(), **_packed_files(),
}  # fmt: skip
"""Every way, by extension; what follows a dash tells ways of one extension apart."""

BLOCKED = frozenset({"pkl", "pkl-rows", "joblib", "joblib-named", "joblib-squeezed"})
"""Ways that cannot leave whatever they hold."""

HELD = frozenset({"duckdb"})
"""Ways of which the tables are read and not every byte: held whatever they hold."""


def name_of(kind: str) -> str:
    """The name a file of this kind has."""
    return f"results.{kind.partition('-')[0]}"

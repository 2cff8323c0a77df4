"""Tables and pages as bytes, the same each time. Office files are written as bare parts."""

import base64
import gzip
import io
import json
import re
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import yaml

from tests.bench.outputs.grid import Box, Grid


def csv(grid: Grid, mark: str = ",", end: str = "\n") -> bytes:
    """Separated values; a cell that has the mark is quoted."""
    lines = [mark.join(_quoted(cell, mark) for cell in row) for row in (grid.columns, *grid.rows)]
    return (end.join(lines) + end).encode()


def _quoted(cell: str, mark: str) -> str:
    return f'"{cell}"' if mark in cell else cell


def european(grid: Grid) -> bytes:
    """As a spreadsheet of another language saves it: semicolons, decimal commas."""
    rows = tuple(tuple(_comma(cell) for cell in row) for row in grid.rows)
    return "\ufeff".encode() + csv(Grid(grid.columns, rows), ";", "\r\n")


def _comma(cell: str) -> str:
    return cell.replace(".", ",") if re.fullmatch(r"-?\d+\.\d+", cell) else cell


def fixed(grid: Grid, gap: int = 2) -> str:
    """Columns of one width each, numbers to the right."""
    wide = [max(len(one) for one in (name, *grid.column(name))) + gap for name in grid.columns]
    return "\n".join(
        "".join(
            cell.rjust(w) if n else cell.ljust(w)
            for n, (cell, w) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in (grid.columns, *grid.rows)
    )


def numbered(grid: Grid) -> str:
    """As a data frame is printed: an index at the left."""
    rows = tuple((str(n), *row) for n, row in enumerate(grid.rows))
    return fixed(Grid(("", *grid.columns), rows))


def markdown(grid: Grid) -> str:
    """A pipe table."""
    lines = [grid.columns, tuple("---" for _ in grid.columns), *grid.rows]
    return "\n".join("| " + " | ".join(one) + " |" for one in lines)


def latex(grid: Grid, caption: str, long: bool = False) -> str:
    """A table with rules of booktabs, or a long one."""
    marks = str.maketrans({"%": r"\%", "_": r"\_", "&": r"\&", "<": "$<$", "±": r"$\pm$"})
    lines = [
        " & ".join(cell.translate(marks) for cell in row) + r" \\"
        for row in (grid.columns, *grid.rows)
    ]
    kind = "longtable" if long else "tabular"
    body = "\n".join([r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"])
    inner = f"\\begin{{{kind}}}{{l{'r' * (len(grid.columns) - 1)}}}\n{body}\n\\end{{{kind}}}"
    if long:
        return inner
    return f"\\begin{{table}}[ht]\\centering\n\\caption{{{caption}}}\n{inner}\n\\end{{table}}"


def html_table(grid: Grid, caption: str = "", style: str = "table table-condensed") -> str:
    """A table of a page."""
    head = "".join(f"<th>{escape(one)}</th>" for one in grid.columns)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in grid.rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<table class="{style}">{title}<thead><tr>{head}</tr></thead><tbody>'
        f"\n{body}\n</tbody></table>"
    )


def page(title: str, *parts: str, head: str = "") -> bytes:
    """A page of its own."""
    inner = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f"</head>\n<body>\n<h1>{escape(title)}</h1>\n{inner}\n</body></html>\n"
    ).encode()


def as_json(grid: Grid, how: str = "records") -> bytes:
    """Records, split, or a record a line."""
    records = [dict(zip(grid.columns, map(typed, row), strict=True)) for row in grid.rows]
    if how == "lines":
        return "".join(json.dumps(one) + "\n" for one in records).encode()
    if how == "split":
        split = {"columns": grid.columns, "data": [[typed(c) for c in row] for row in grid.rows]}
        return json.dumps(split).encode()
    return json.dumps(records, indent=1).encode()


def typed(cell: str) -> str | int | float | None:
    """A cell as the program that read it holds it."""
    if cell == "":
        return None
    if re.fullmatch(r"-?(0|[1-9]\d*)", cell):
        return int(cell)
    return float(cell) if re.fullmatch(r"-?\d+\.\d+", cell) else cell


def as_yaml(content: object) -> bytes:
    """A document of settings or results."""
    return yaml.safe_dump(content, sort_keys=False).encode()


def xml(grid: Grid, record: str) -> bytes:
    """An element for each row."""
    rows = "\n".join(
        f"  <{record}>"
        + "".join(
            f"<{name}>{escape(cell)}</{name}>" for name, cell in zip(grid.columns, row, strict=True)
        )
        + f"</{record}>"
        for row in grid.rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<export>\n{rows}\n</export>\n'.encode()


def frame(grid: Grid) -> pd.DataFrame:
    """A data frame whose columns are numbers where all cells are."""
    columns = {}
    for name in grid.columns:
        cells = [typed(one) for one in grid.column(name)]
        text = any(isinstance(one, str) for one in cells)
        columns[name] = ["" if c is None else str(c) for c in cells] if text else [
            np.nan if c is None else c for c in cells
        ]  # fmt: skip
    return pd.DataFrame(columns)


def parquet(grid: Grid, **options: Any) -> bytes:
    """Columns in a file of parquet."""
    held = io.BytesIO()
    frame(grid).to_parquet(held, index=False, **options)
    return held.getvalue()


def feather(grid: Grid) -> bytes:
    """Columns in a file of arrow."""
    held = io.BytesIO()
    frame(grid).to_feather(held, compression="uncompressed")
    return held.getvalue()


def stata(grid: Grid, label: str = "") -> bytes:
    """A data set of Stata, version 118."""
    held = io.BytesIO()
    when = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001 (Stata knows no zones)
    frame(grid).to_stata(held, write_index=False, version=118, time_stamp=when, data_label=label)
    return held.getvalue()


def spss(grid: Grid, labels: dict[str, dict[int | float, str]] | None = None) -> bytes:
    """A data set of SPSS, its time of writing taken out."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.sav"
        pyreadstat.write_sav(frame(grid), str(path), variable_value_labels=labels or {})
        data = path.read_bytes()
    return data[:92] + b"02 Mar 2609:30:00" + data[109:]


def xport(grid: Grid) -> bytes:
    """A transport file of SAS, its times of writing taken out."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.xpt"
        pyreadstat.write_xport(frame(grid), str(path), table_name="GAMMO", file_format_version=5)
        data = path.read_bytes()
    return re.sub(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d", b"02MAR26:09:30:00", data)


def zipped(members: Mapping[str, bytes | str], squeeze: bool = True) -> bytes:
    """A zip whose members were all written at one time."""
    held = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
    with zipfile.ZipFile(held, "w", how) as box:
        for name, data in members.items():
            box.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 9, 30, 0)), data, how)
    return held.getvalue()


def again(data: bytes) -> bytes:
    """Write a zip again, without the times that a library put in."""
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return zipped({one.filename: box.read(one) for one in box.infolist()})


def tarred(members: Mapping[str, bytes]) -> bytes:
    """A tar, squeezed."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as box:
        for name, data in members.items():
            one = tarfile.TarInfo(name)
            one.size, one.mtime = len(data), 1_772_000_000
            box.addfile(one, io.BytesIO(data))
    return gzip.compress(held.getvalue(), mtime=0)


def rtf(title: str, grid: Grid) -> bytes:
    """A document of rich text with one table."""
    rows = "\n".join(
        r"\trowd"
        + "".join(f"\\cellx{1600 * n}" for n in range(1, len(row) + 1))
        + "".join(f" {cell}\\cell" for cell in row)
        + r"\row"
        for row in (grid.columns, *grid.rows)
    )
    fonts = r"{\fonttbl{\f0 Times New Roman;}}"
    text = f"{{\\rtf1\\ansi\\deff0 {fonts}\n\\b {title}\\b0\\par\n{rows}\n}}"
    return text.encode("ascii", "replace")


def pdf(lines: Sequence[str], draw: str = "") -> bytes:
    """Pages of lines in one face; `draw` are marks on the first page, on a coordinate grid."""
    pages = [lines[at : at + 60] for at in range(0, len(lines), 60)] or [[]]
    bodies: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    bodies.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    bodies.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>")
    for n, own in enumerate(pages):
        text = "".join(f"({_pdf_text(line)}) Tj T*\n" for line in own)
        content = f"{draw if not n else ''}\nBT /F1 8 Tf 40 800 Td 12 TL\n{text}ET".encode(
            "latin-1", "replace"
        )
        packed = zlib.compress(content)
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        bodies.append(head + packed + b"\nendstream")
    out, places = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{at:010d} 00000 n \n" for at in places).encode()
    out += (
        f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(out)


def _pdf_text(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def notebook(
    *cells: tuple[str, Sequence[Mapping[str, object]]] | str,
    more: Mapping[str, object] | None = None,
) -> bytes:
    """A notebook; a text is prose, a pair is code and its outputs."""
    listed: list[dict[str, object]] = []
    for n, cell in enumerate(cells, 1):
        if isinstance(cell, str):
            listed.append(
                {"cell_type": "markdown", "metadata": {}, "source": cell.splitlines(True)}
            )
        else:
            listed.append({
                "cell_type": "code", "execution_count": n, "metadata": {},
                "outputs": list(cell[1]), "source": cell[0].splitlines(True),
            })  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": listed,
        "metadata": {"kernelspec": kernel, **(more or {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1).encode()


def printed(text: str) -> dict[str, object]:
    """What a cell wrote to its screen."""
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(True)}


def shown(plain: str, **kinds: object) -> dict[str, object]:
    """What a cell displayed; `html` and `png` (bytes) beside the plain text."""
    data: dict[str, object] = {"text/plain": plain.splitlines(True)}
    if "html" in kinds:
        data["text/html"] = str(kinds["html"]).splitlines(True)
    png = kinds.get("png")
    if isinstance(png, bytes):
        data["image/png"] = base64.b64encode(png).decode()
    return {"data": data, "execution_count": 1, "metadata": {}, "output_type": "execute_result"}


def mail(subject: str, text: str, attached: Mapping[str, bytes] | None = None) -> bytes:
    """A letter, kept as a file."""
    head = f"From: analyst\nTo: steering group\nSubject: {subject}\nMIME-Version: 1.0\n"
    if not attached:
        return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
    parts = f"--cut\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    for name, data in attached.items():
        body = base64.encodebytes(data).decode()
        parts += (
            f'--cut\nContent-Type: application/octet-stream; name="{name}"\n'
            f"Content-Transfer-Encoding: base64\n\n{body}"
        )
    return f"{head}Content-Type: multipart/mixed; boundary=cut\n\n{parts}--cut--\n".encode()


def rdata(value: object, name: str = "") -> bytes:
    """A value as R saves it: readRDS, or load where a name is given. Squeezed."""
    body = b"X\n" + struct.pack(">iii", 2, 0x40301, 0x20300)
    if name:
        body = b"RDX2\n" + body + struct.pack(">i", 0x402) + _r_symbol(name)
        return gzip.compress(body + _r_value(value) + struct.pack(">i", 254), mtime=0)
    return gzip.compress(body + _r_value(value), mtime=0)


def _r_symbol(name: str) -> bytes:
    return struct.pack(">i", 1) + _r_char(name)


def _r_char(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">ii", 0x40009 if text.isascii() else 0x8009, len(data)) + data


def _r_value(value: object) -> bytes:
    if isinstance(value, Grid):
        held = {name: _r_column(value.column(name)) for name in value.columns}
        names: dict[str, object] = {
            "names": list(held),
            "class": ["data.frame"],
            "row.names": list(range(1, len(value.rows) + 1)),
        }
        return _r_vector(19, [_r_value(one) for one in held.values()], names)
    if isinstance(value, Mapping):
        kind = value.get("class")
        inner = {name: own for name, own in value.items() if name != "class"}
        told: dict[str, object] = {"names": list(inner)}
        if kind:
            told["class"] = [str(kind)]
        return _r_vector(19, [_r_value(one) for one in inner.values()], told)
    assert isinstance(value, list)
    if all(isinstance(one, int) for one in value):
        return _r_vector(13, [struct.pack(">i", one) for one in value])
    if all(isinstance(one, int | float) for one in value):
        return _r_vector(14, [struct.pack(">d", one) for one in value])
    return _r_vector(16, [_r_char(str(one)) for one in value])


def _r_column(cells: Sequence[str]) -> list[object]:
    values = [typed(one) for one in cells]
    if any(isinstance(one, str) for one in values):
        return list(cells)
    if all(isinstance(one, int) for one in values):
        return list(values)
    return [float("nan") if one is None else float(one) for one in values]


def _r_vector(
    kind: int, items: Sequence[bytes], names: Mapping[str, object] | None = None
) -> bytes:
    flags = kind | (0x200 if names else 0) | (0x100 if names and "class" in names else 0)
    data = struct.pack(">ii", flags, len(items)) + b"".join(items)
    if not names:
        return data
    for name, own in names.items():
        data += struct.pack(">i", 0x402) + _r_symbol(name) + _r_value(own)
    return data + struct.pack(">i", 254)


PLAIN: Mapping[str, Box] = {
    "csv": csv,
    "tsv": lambda grid: csv(grid, "\t"),
    "json": as_json,
    "parquet": parquet,
    "dta": stata,
}
"""Formats that hold a table and nothing else."""

"""Writes a plain table as the analyst's programs write it: pandas, R, Stata, SAS, Office, Arrow.

What a library stamps with the hour it ran is set to one hour, so that a seed gives the same bytes.
"""

import bz2
import gzip
import io
import json
import lzma
import re
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import numpy as np
import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pyreadstat
import yaml

from tests.bench.outputs.grid import Box, Grid

HOUR = (2026, 3, 2, 9, 30, 0)
_STAMP = datetime(*HOUR, tzinfo=UTC)


def number(cell: str) -> int | float | str:
    """Read a cell as a number where it is one."""
    try:
        return int(cell)
    except ValueError:
        try:
            return float(cell)
        except ValueError:
            return cell


def typed(grid: Grid) -> Any:
    """Make a data frame; columns of numbers become numbers."""
    columns = {name: [number(cell) for cell in grid.column(name)] for name in grid.columns}
    plain = {
        name: [str(one) for one in grid.column(name)]
        if any(isinstance(one, str) for one in values)
        else values
        for name, values in columns.items()
    }
    return pd.DataFrame(plain)


def csv(grid: Grid) -> bytes:
    return str(pd.DataFrame(grid.rows, columns=list(grid.columns)).to_csv(index=False)).encode()


def csv_r(grid: Grid) -> bytes:
    """As `write.csv` does: quoted texts, row names without a head."""
    heads = ",".join(f'"{name}"' for name in ("", *grid.columns))
    lines = [heads]
    for at, row in enumerate(grid.rows, 1):
        cells = [c if not isinstance(number(c), str) else f'"{c}"' for c in row]
        lines.append(",".join((f'"{at}"', *cells)))
    return ("\n".join(lines) + "\n").encode()


def csv_semicolon(grid: Grid) -> bytes:
    """As Excel in most of the alliance's countries: semicolons, BOM, CRLF."""
    lines = [";".join(row) for row in (grid.columns, *grid.rows)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def tsv(grid: Grid) -> bytes:
    return "".join("\t".join(row) + "\n" for row in (grid.columns, *grid.rows)).encode()


def printed(grid: Grid) -> str:
    """As pandas prints a frame, all columns."""
    frame = pd.DataFrame(grid.rows, columns=list(grid.columns))
    return str(frame.to_string())


def txt(grid: Grid) -> bytes:
    return (printed(grid) + "\n").encode()


def r_print(grid: Grid, width: int = 80) -> str:
    """As R prints a data frame: wrapped at the width of the console."""
    labels = [str(at) for at in range(1, len(grid.rows) + 1)]
    side = max(map(len, labels))
    blocks, used = [[0]], 0
    spans = [max(len(cell) for cell in (name, *grid.column(name))) for name in grid.columns]
    used = side + 1 + spans[0]
    for at, span in enumerate(spans[1:], 1):
        if used + span + 1 > width:
            blocks.append([])
            used = side
        blocks[-1].append(at)
        used += span + 1
    lines = []
    for block in blocks:
        for label, row in zip(("", *labels), (grid.columns, *grid.rows), strict=True):
            lines.append(
                label.ljust(side) + "".join(" " + row[at].rjust(spans[at]) for at in block)
            )
    return "\n".join(lines)


def r_txt(grid: Grid) -> bytes:
    return (f"> print(res)\n{r_print(grid)}\n> \n").encode()


def stata_list(grid: Grid) -> bytes:
    """A Stata log with `list`."""
    spans = [max(len(cell) for cell in (name, *grid.column(name))) for name in grid.columns]
    rule = "+" + "-" * (sum(spans) + 3 * len(spans) - 1) + "+"
    lines = ["-" * 78, "      name:  <unnamed>", "  log type:  text", "", ". list, clean noobs", ""]
    lines += ["     " + rule, "     | " + " | ".join(map(str.rjust, grid.columns, spans)) + " |"]
    lines += ["     |" + rule[1:-1] + "|"]
    for at, row in enumerate(grid.rows, 1):
        lines.append(f"{at:3d}. | " + " | ".join(map(str.rjust, row, spans)) + " |")
    return "\n".join([*lines, "     " + rule, "", ". log close", ""]).encode()


def sas_print(grid: Grid) -> bytes:
    """A SAS listing of PROC PRINT."""
    spans = [max(len(cell) for cell in (name, *grid.column(name))) for name in grid.columns]
    lines = ["                         The SAS System        09:30 Monday, March 2, 2026   1", ""]
    lines += ["Obs    " + "    ".join(map(str.rjust, grid.columns, spans)), ""]
    for at, row in enumerate(grid.rows, 1):
        lines.append(f"{at:3d}    " + "    ".join(map(str.rjust, row, spans)))
    lines += [
        "",
        f"NOTE: There were {len(grid.rows)} observations read from the data set WORK.OUT.",
        "",
    ]
    return "\n".join(lines).encode()


def md(grid: Grid) -> bytes:
    lines = ["| " + " | ".join(row) + " |" for row in (grid.columns, *grid.rows)]
    lines.insert(1, "|" + " --- |" * len(grid.columns))
    return ("\n".join(lines) + "\n").encode()


def tex(grid: Grid) -> bytes:
    """As booktabs tables are written by pandas and xtable."""
    safe = [
        [cell.replace("%", r"\%").replace("_", r"\_") for cell in row]
        for row in (grid.columns, *grid.rows)
    ]
    body = [" & ".join(row) + r" \\" for row in safe]
    head = [r"\begin{table}[ht]", r"\centering", rf"\begin{{tabular}}{{{'l' * len(grid.columns)}}}"]
    lines = [*head, r"\toprule", body[0], r"\midrule", *body[1:], r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}", r"\end{table}", ""]).encode()


def html(grid: Grid) -> bytes:
    table = pd.DataFrame(grid.rows, columns=list(grid.columns)).to_html(index=False, border=0)
    head = "<!DOCTYPE html>\n<html><head><title>Results</title></head><body>"
    return f"{head}\n{table}\n</body></html>\n".encode()


def json_records(grid: Grid) -> bytes:
    rows = [dict(zip(grid.columns, map(number, row), strict=True)) for row in grid.rows]
    return json.dumps(rows, indent=1).encode()


def json_columns(grid: Grid) -> bytes:
    return json.dumps(
        {name: [number(c) for c in grid.column(name)] for name in grid.columns}
    ).encode()


def ndjson(grid: Grid) -> bytes:
    rows = [dict(zip(grid.columns, map(number, row), strict=True)) for row in grid.rows]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def xml(grid: Grid) -> bytes:
    text = typed(grid).astype(str)
    own = Grid(tuple(_tag(name) for name in grid.columns), tuple(map(tuple, text.values.tolist())))
    rows = "".join(
        "<row>"
        + "".join(f"<{n}>{_escaped(c)}</{n}>" for n, c in zip(own.columns, row, strict=True))
        + "</row>\n"
        for row in grid.rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<data>\n{rows}</data>\n'.encode()


def _tag(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _escaped(cell: str) -> str:
    return cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def yaml_rows(grid: Grid) -> bytes:
    rows = [dict(zip(grid.columns, map(number, row), strict=True)) for row in grid.rows]
    return yaml.safe_dump(rows, sort_keys=False).encode()


def again(data: bytes) -> bytes:
    """Pack a zip again with one hour in it and in its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            text = old.read(one)
            if one.filename in {"docProps/core.xml", "meta.xml"}:
                text = re.sub(
                    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", b"2026-03-02T09:30:00", text
                )
            info = zipfile.ZipInfo(one.filename, HOUR)
            info.compress_type, info.external_attr = one.compress_type, one.external_attr
            new.writestr(info, text)
    return out.getvalue()


def xlsx_bytes(book: Any) -> bytes:
    """Save a workbook of openpyxl."""
    out = io.BytesIO()
    book.save(out)
    return again(out.getvalue())


def workbook(sheets: Mapping[str, Grid]) -> Any:
    """Make a workbook of openpyxl, numbers as numbers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, grid in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(grid.columns))
        for row in grid.rows:
            sheet.append([number(cell) for cell in row])
    return book


def xlsx(grid: Grid) -> bytes:
    return xlsx_bytes(workbook({"Sheet1": grid}))


def xlsx_writer(grid: Grid) -> bytes:
    """As pandas with xlsxwriter, which keeps texts as shared strings."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="xlsxwriter") as writer:
        typed(grid).to_excel(writer, sheet_name="results", index=False)
    return again(out.getvalue())


def docx_bytes(document: Any) -> bytes:
    """Save a document of python-docx."""
    out = io.BytesIO()
    document.save(out)
    return again(out.getvalue())


def document(grid: Grid, heading: str = "Results") -> Any:
    """Make a document with one table."""
    made = docx.Document()
    made.add_heading(heading, level=1)
    table = made.add_table(rows=1, cols=len(grid.columns))
    for cell, name in zip(table.rows[0].cells, grid.columns, strict=True):
        cell.text = name
    for row in grid.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return made


def word(grid: Grid) -> bytes:
    return docx_bytes(document(grid))


def _odf_table(grid: Grid) -> Any:
    table = odf.table.Table(name="results")
    for row in (grid.columns, *grid.rows):
        line = odf.table.TableRow()
        for cell in row:
            own = odf.table.TableCell()
            own.addElement(odf.text.P(text=cell))
            line.addElement(own)
        table.addElement(line)
    return table


def _odf_saved(make: Callable[[], Any]) -> bytes:
    """Save the second of two: the library declares only the namespaces that it has met so far."""
    make().write(io.BytesIO())
    out = io.BytesIO()
    make().write(out)
    return again(out.getvalue())


def _sheet(grid: Grid) -> Any:
    made = odf.opendocument.OpenDocumentSpreadsheet()
    made.spreadsheet.addElement(_odf_table(grid))
    return made


def ods(grid: Grid) -> bytes:
    return _odf_saved(lambda: _sheet(grid))


def _text(grid: Grid) -> Any:
    made = odf.opendocument.OpenDocumentText()
    made.text.addElement(odf.text.P(text="Results"))
    made.text.addElement(_odf_table(grid))
    return made


def odt(grid: Grid) -> bytes:
    return _odf_saved(lambda: _text(grid))


def arrow(grid: Grid) -> pa.Table:
    """Make an Arrow table."""
    return pa.Table.from_pandas(typed(grid), preserve_index=False)


def parquet(grid: Grid) -> bytes:
    return parquet_of(arrow(grid))


def parquet_of(table: Any) -> bytes:
    """Write an Arrow table as parquet."""
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return out.getvalue()


def feather(grid: Grid) -> bytes:
    out = io.BytesIO()
    pyarrow.feather.write_feather(arrow(grid), out, compression="uncompressed")
    return out.getvalue()


def _by_file(write: Callable[[str], object], suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{suffix}"
        write(str(path))
        return path.read_bytes()


def _names(grid: Grid) -> Grid:
    return grid.named([re.sub(r"\W+", "_", name).strip("_")[:30] for name in grid.columns])


def dta(grid: Grid) -> bytes:
    frame = typed(_names(grid))
    out = io.BytesIO()
    frame.to_stata(out, write_index=False, version=118, time_stamp=_STAMP.replace(tzinfo=None))
    return out.getvalue()


def sav(grid: Grid) -> bytes:
    data = _by_file(lambda path: pyreadstat.write_sav(typed(_names(grid)), path), ".sav")
    return data[:92] + b"02 Mar 2609:30:00" + data[109:]


def sqlite(grid: Grid) -> bytes:
    def write(path: str) -> None:
        with sqlite3.connect(path) as base:
            typed(grid).to_sql("results", base, index=False)
        base.close()

    return _by_file(write, ".sqlite")


def zipped(members: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    """Pack members into a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, HOUR)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(info, data)
        packed.comment = comment
    return out.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    """Pack members into a tar.gz."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), int(_STAMP.timestamp())
            packed.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def notebook(
    cells: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None = None
) -> bytes:
    """Write a notebook of these cells."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    made = {
        "cells": list(cells),
        "metadata": {**kernel, **(metadata or {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(made, indent=1).encode()


def code_cell(at: int, source: str, *outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Make one code cell with its outputs."""
    return {
        "cell_type": "code",
        "id": f"c{at:02d}",
        "execution_count": at,
        "metadata": {},
        "source": source.splitlines(keepends=True),
        "outputs": list(outputs),
    }


def said(**data: Any) -> dict[str, Any]:
    """Make one output of a cell; keywords are media types with `_` for `/` and `__` for `.`."""
    own = {name.replace("__", "+").replace("_", "/", 1): value for name, value in data.items()}
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": own}


def ipynb(grid: Grid) -> bytes:
    frame = pd.DataFrame(grid.rows, columns=list(grid.columns))
    return notebook(
        [
            {"cell_type": "markdown", "id": "m01", "metadata": {}, "source": ["# Results\n"]},
            code_cell(
                1, "out", said(text_plain=printed(grid), text_html=frame.to_html(index=False))
            ),
        ]
    )


TABLES: Mapping[str, tuple[str, Box]] = {
    "csv": ("csv", csv),
    "csv R": ("csv", csv_r),
    "csv semicolon": ("csv", csv_semicolon),
    "tsv": ("tsv", tsv),
    "txt": ("txt", txt),
    "R": ("txt", r_txt),
    "stata": ("log", stata_list),
    "sas": ("lst", sas_print),
    "md": ("md", md),
    "tex": ("tex", tex),
    "html": ("html", html),
    "json": ("json", json_records),
    "json columns": ("json", json_columns),
    "ndjson": ("ndjson", ndjson),
    "xml": ("xml", xml),
    "yaml": ("yaml", yaml_rows),
    "xlsx": ("xlsx", xlsx),
    "xlsx writer": ("xlsx", xlsx_writer),
    "docx": ("docx", word),
    "ods": ("ods", ods),
    "odt": ("odt", odt),
    "parquet": ("parquet", parquet),
    "feather": ("feather", feather),
    "dta": ("dta", dta),
    "sav": ("sav", sav),
    "sqlite": ("sqlite", sqlite),
    "ipynb": ("ipynb", ipynb),
    "zip": ("zip", lambda grid: zipped({"out/table.csv": csv(grid)})),
    "tar": (
        "tar.gz",
        lambda grid: tarred({"out/table.csv": csv(grid), "out/README": b"see table\n"}),
    ),
    "gz": ("csv.gz", lambda grid: gzip.compress(csv(grid), mtime=0)),
    "bz2": ("csv.bz2", lambda grid: bz2.compress(csv(grid))),
    "xz": ("csv.xz", lambda grid: lzma.compress(csv(grid))),
}
"""Programs that write a table: the format of the file, and who writes it."""


def npy(values: Any) -> bytes:
    """Write an array as numpy does."""
    out = io.BytesIO()
    np.save(out, np.array(values))
    return out.getvalue()


def npz(arrays: Mapping[str, Any]) -> bytes:
    """Write arrays as `numpy.savez` does, with one hour in it."""
    return zipped({f"{name}.npy": npy(values) for name, values in arrays.items()})

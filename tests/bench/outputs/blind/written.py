"""A frame in the formats that people hand in, each by the library they would use."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import docx
import joblib
import matplotlib as mpl
import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
from matplotlib import pyplot as plt
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
from odf.table import Table, TableCell, TableRow
from odf.text import H, P
from safetensors.numpy import save as save_tensors

from tests.bench.outputs.blind.registry import Frame, as_csv

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "registry"
_STEADY = (2024, 5, 2, 9, 30, 0)
"""Archives carry times; one for all keeps their bytes the same."""


def text(frame: Frame) -> str:
    """Print a frame as pandas does."""
    return str(frame.to_string())


def r_print(frame: Frame) -> str:
    """Print a frame as R does: row numbers from 1, text to the right."""
    own = frame.copy()
    own.index = range(1, len(own) + 1)
    return str(own.to_string())


def markdown(frame: Frame) -> str:
    """Write a pipe table."""
    lines = [list(map(str, frame.columns)), ["---"] * frame.shape[1]]
    lines += [list(map(str, row)) for row in frame.to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def latex(frame: Frame, title: str = "") -> str:
    """Write a table with booktabs."""
    head = " & ".join(str(name).replace("_", r"\_").replace("%", r"\%") for name in frame.columns)
    body = [" & ".join(str(value).replace("%", r"\%") for value in row) + r" \\"
            for row in frame.to_numpy()]  # fmt: skip
    return "\n".join([
        r"\begin{table}[ht]", r"\centering", rf"\caption{{{title.replace('_', ' ')}}}",
        rf"\begin{{tabular}}{{l{'r' * (frame.shape[1] - 1)}}}", r"\toprule", head + r" \\",
        r"\midrule", *body, r"\bottomrule", r"\end{tabular}", r"\end{table}", "",
    ])  # fmt: skip


def html(frame: Frame, title: str = "") -> str:
    """Write a page with the table as pandas writes it."""
    own = str(frame.to_html(index=False, border=0))
    return (f"<!DOCTYPE html>\n<html><head><meta charset='utf-8'><title>{title}</title></head>\n"
            f"<body><h1>{title}</h1>\n{own}\n</body></html>\n")  # fmt: skip


def steady(data: bytes) -> bytes:
    """Write an archive again with one time for all members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            info = zipfile.ZipInfo(member.filename, _STEADY)
            info.compress_type = member.compress_type
            info.external_attr = member.external_attr
            new.writestr(info, old.read(member))
    return out.getvalue()


def zipped(files: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    """Pack files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _STEADY)
            info.compress_type = zipfile.ZIP_DEFLATED
            box.writestr(info, data)
        box.comment = comment
    return out.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as box:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            box.addfile(info, io.BytesIO(data))
    return out.getvalue()


def book(sheets: Mapping[str, Frame], change: Callable[[Any], None] = lambda _book: None) -> bytes:
    """Write a workbook by openpyxl; `change` may hide, comment or colour before it is saved."""
    own = openpyxl.Workbook()
    own.remove(own.active)
    for name, frame in sheets.items():
        sheet = own.create_sheet(name)
        sheet.append(list(map(str, frame.columns)))
        for row in frame.astype(object).to_numpy():
            sheet.append([value.item() if hasattr(value, "item") else value for value in row])
    change(own)
    out = io.BytesIO()
    own.save(out)
    return steady(out.getvalue())


def book_by_xlsxwriter(frame: Frame) -> bytes:
    """Write a workbook by pandas' other engine."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="xlsxwriter") as writer:
        frame.to_excel(writer, sheet_name="Results", index=False)
    return steady(out.getvalue())


def report(
    parts: Sequence[str | Frame], change: Callable[[Any], None] = lambda _doc: None
) -> bytes:
    """Write a document by python-docx: paragraphs and tables in turn."""
    own = docx.Document()
    for part in parts:
        if isinstance(part, str):
            own.add_paragraph(part)
            continue
        table = own.add_table(rows=1, cols=part.shape[1])
        for cell, name in zip(table.rows[0].cells, part.columns, strict=True):
            cell.text = str(name)
        for row in part.to_numpy():
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = str(value)
    change(own)
    out = io.BytesIO()
    own.save(out)
    return steady(out.getvalue())


def _odf_table(frame: Frame, name: str) -> Any:
    table = Table(name=name)
    for values in [list(frame.columns), *frame.to_numpy().tolist()]:
        row = TableRow()
        for value in values:
            kind = {"valuetype": "string"}
            if isinstance(value, int | float):
                kind = {"valuetype": "float", "value": str(value)}
            cell = TableCell(**kind)
            cell.addElement(P(text=str(value)))
            row.addElement(cell)
        table.addElement(row)
    return table


def ods(sheets: Mapping[str, Frame]) -> bytes:
    """Write a spreadsheet by odfpy."""
    own = OpenDocumentSpreadsheet()
    for name, frame in sheets.items():
        own.spreadsheet.addElement(_odf_table(frame, name))
    out = io.BytesIO()
    own.save(out)
    return steady(out.getvalue())


def odt(frame: Frame, title: str = "") -> bytes:
    """Write a text document by odfpy."""
    own = OpenDocumentText()
    own.text.addElement(H(outlinelevel=1, text=title))
    own.text.addElement(_odf_table(frame, "Table1"))
    out = io.BytesIO()
    own.save(out)
    return steady(out.getvalue())


def notebook(cells: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> bytes:
    """Write a notebook: sources, each with its outputs."""
    own = [{"cell_type": "code", "execution_count": number, "id": f"cell-{number}", "metadata": {},
            "source": source, "outputs": list(outputs)}
           for number, (source, outputs) in enumerate(cells, 1)]  # fmt: skip
    meta = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": "3.11.7"}}  # fmt: skip
    whole = {"cells": own, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1).encode()


def result(frame: Frame, *, as_html: bool = True) -> dict[str, Any]:
    """Give the output of a cell whose last line is a frame."""
    data = {"text/plain": text(frame)}
    if as_html:
        data["text/html"] = str(frame.to_html())
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}


def stream(words: str) -> dict[str, Any]:
    """Give the output of a cell that prints."""
    return {"output_type": "stream", "name": "stdout", "text": words.splitlines(keepends=True)}


def figure(draw: Callable[[Any], None], kind: str, size: tuple[float, float] = (6, 4)) -> bytes:
    """Draw with matplotlib and save without dates."""
    own, axes = plt.subplots(figsize=size, dpi=100)
    draw(axes)
    out = io.BytesIO()
    stamp = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    options: dict[str, Any] = {} if kind in {"jpg", "tiff"} else {"metadata": stamp}
    own.savefig(out, format=kind, **options)
    plt.close(own)
    return out.getvalue()


def sheet_of_paper(frame: Frame, title: str = "") -> bytes:
    """Print a table on a page of PDF."""

    def draw(axes: Any) -> None:
        axes.axis("off")
        axes.set_title(title)
        axes.table(cellText=frame.astype(str).to_numpy(), colLabels=list(frame.columns),
                   loc="center", fontsize=8)  # fmt: skip

    return figure(draw, "pdf", (11, 1 + 0.25 * len(frame)))


def database(frames: Mapping[str, Frame]) -> bytes:
    """Write tables into SQLite by pandas."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "results.db"
        link = sqlite3.connect(path)
        for table, frame in frames.items():
            frame.to_sql(table, link, index=False)
        link.commit()
        link.close()
        return path.read_bytes()


def _by_pyreadstat(writer: Callable[..., None], **options: Any) -> Callable[[Frame], bytes]:
    def write(frame: Frame) -> bytes:
        own = frame.copy()
        own.columns = [f"v{n}_{''.join(filter(str.isalnum, name))}"[:28].rstrip("_")
                       for n, name in enumerate(map(str, own.columns))]  # fmt: skip
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "data"
            writer(own, str(path), **options)
            return path.read_bytes()

    return write


def parquet(frame: Frame) -> bytes:
    """Write parquet by pyarrow."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def feather(frame: Frame) -> bytes:
    """Write feather by pyarrow."""
    out = io.BytesIO()
    frame.reset_index(drop=True).to_feather(out)
    return out.getvalue()


def array(values: Any) -> bytes:
    """Write one array by numpy."""
    out = io.BytesIO()
    np.save(out, values, allow_pickle=False)
    return out.getvalue()


def arrays(values: Mapping[str, Any]) -> bytes:
    """Write arrays by numpy into one file."""
    out = io.BytesIO()
    np.savez(out, **dict(values))
    return steady(out.getvalue())


def numbers(frame: Frame) -> Any:
    """Keep the columns that are numbers."""
    return frame.select_dtypes("number").to_numpy(float)


def dumped(thing: object) -> bytes:
    """Write an object by joblib, compressed as most do."""
    out = io.BytesIO()
    joblib.dump(thing, out, compress=3)
    return out.getvalue()


def tensors(frame: Frame) -> bytes:
    """Write numbers by safetensors."""
    return bytes(save_tensors({"x": numbers(frame)}, metadata={"format": "np"}))


def r_object(frame: Frame, klass: str = "data.frame") -> bytes:
    """Write a data frame as `saveRDS(ascii = TRUE)` does."""

    def chars(words: Sequence[str]) -> list[str]:
        out = ["16", str(len(words))]
        for word in words:
            raw = word.encode()
            shown = "".join(chr(b) if 32 < b < 127 and b != 92 else f"\\{b:03o}" for b in raw)
            out += ["262153", str(len(raw)), shown]
        return out

    lines = ["A", "3", "262657", "197888", "5", "UTF-8", "787", str(frame.shape[1])]
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "iuf":
            lines += ["14", str(len(column)), *(f"{float(value):.15g}" for value in column)]
        else:
            lines += chars([str(value) for value in column])
    lines += ["1026", "1", "262153", "5", "names", *chars([str(name) for name in frame.columns])]
    lines += ["1026", "1", "262153", "5", "class", *chars([klass])]
    lines += ["1026", "1", "262153", "9", "row.names", "13", "2", "NA", str(-len(frame)), "254"]
    return ("\n".join(lines) + "\n").encode()


def str_utf16(frame: Frame) -> bytes:
    """Write as the spreadsheet program's Unicode text."""
    return str(frame.to_csv(index=False, sep="\t")).encode("utf-16")


def _german(frame: Frame) -> bytes:
    return str(frame.to_csv(index=False, sep=";", decimal=",")).encode("cp1252")


def _sectioned(frame: Frame) -> bytes:
    head = "# Registry analysis, R 4.3.2, write.table\n# columns as in the protocol\n"
    return (head + str(frame.to_csv(index=False, sep="\t"))).encode()


Writer = Callable[[Frame], bytes]
WRITERS: Mapping[str, tuple[str, Writer]] = {
    "csv": ("csv", as_csv),
    "csv-quoted": ("csv", lambda frame: str(frame.to_csv(quoting=1)).encode()),
    "csv-german": ("csv", _german),
    "csv-utf16": ("csv", lambda frame: str(frame.to_csv(index=False)).encode("utf-16")),
    "csv-bom": ("csv", lambda frame: str(frame.to_csv(index=False)).encode("utf-8-sig")),
    "tsv": ("tsv", lambda frame: str(frame.to_csv(index=False, sep="\t")).encode()),
    "tsv-remarks": ("tsv", _sectioned),
    "text": ("txt", lambda frame: (text(frame) + "\n").encode()),
    "r-print": ("Rout.txt", lambda frame: (r_print(frame) + "\n").encode()),
    "markdown": ("md", lambda frame: markdown(frame).encode()),
    "latex": ("tex", lambda frame: latex(frame).encode()),
    "html": ("html", lambda frame: html(frame).encode()),
    "xml": ("xml", lambda frame: str(frame.rename(columns=_xml_name).to_xml(index=False)).encode()),
    "json": ("json", lambda frame: str(frame.to_json(orient="records", indent=1)).encode()),
    "json-columns": ("json", lambda frame: str(frame.to_json(orient="columns")).encode()),
    "json-split": ("json", lambda frame: str(frame.to_json(orient="split")).encode()),
    "json-table": ("json", lambda frame: str(frame.to_json(orient="table", index=False)).encode()),
    "ndjson": ("jsonl", lambda frame: str(frame.to_json(orient="records", lines=True)).encode()),
    "yaml": ("yaml", lambda frame: _yaml(frame).encode()),
    "xlsx": ("xlsx", lambda frame: book({"Results": frame})),
    "xlsx-xlsxwriter": ("xlsx", book_by_xlsxwriter),
    "ods": ("ods", lambda frame: ods({"Results": frame})),
    "odt": ("odt", odt),
    "docx": ("docx", lambda frame: report(["Results of the registry analysis.", frame])),
    "pdf": ("pdf", sheet_of_paper),
    "parquet": ("parquet", parquet),
    "feather": ("feather", feather),
    "sqlite": ("db", lambda frame: database({"results": frame})),
    "stata": ("dta", _by_pyreadstat(pyreadstat.write_dta)),
    "spss": ("sav", _by_pyreadstat(pyreadstat.write_sav)),
    "zsav": ("zsav", _by_pyreadstat(pyreadstat.write_sav, compress=True)),
    "rds": ("rds", r_object),
    "rds-gzip": ("rds", lambda frame: gzip.compress(r_object(frame), mtime=0)),
    "ipynb": ("ipynb", lambda frame: notebook([("results", [result(frame)])])),
    "zip": ("zip", lambda frame: zipped({"results/table.csv": as_csv(frame)})),
    "zip-xlsx": ("zip", lambda frame: zipped({"table.xlsx": book({"Results": frame})})),
    "tar.gz": (
        "tar.gz", lambda frame: gzip.compress(tarred({"table.csv": as_csv(frame)}), mtime=0)
    ),
    "gzip": ("csv.gz", lambda frame: gzip.compress(as_csv(frame), mtime=0)),
    "bzip2": ("csv.bz2", lambda frame: bz2.compress(as_csv(frame))),
    "xz": ("csv.xz", lambda frame: lzma.compress(as_csv(frame))),
}  # fmt: skip
"""Every format that can hold words and numbers, and its ending."""
ARRAYS: Mapping[str, tuple[str, Writer]] = {
    "npy": ("npy", lambda frame: array(numbers(frame))),
    "npz": ("npz", lambda frame: arrays({"x": numbers(frame), "index": np.arange(len(frame))})),
    "safetensors": ("safetensors", tensors),
    "json-matrix": ("json", lambda frame: json.dumps({"x": numbers(frame).tolist()}).encode()),
}
"""Those that hold numbers only."""
SEALED: Mapping[str, tuple[str, Writer]] = {
    "pickle": ("pkl", pickle.dumps),
    "joblib": ("joblib", dumped),
    "pickle-dict": ("pkl", lambda frame: pickle.dumps({"df": frame.to_dict("list")})),
}
"""Those that can run code when they are read."""


def _xml_name(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in str(name)).strip("_")


def _yaml(frame: Frame) -> str:
    lines = ["results:"]
    for row in frame.astype(object).to_dict("records"):
        first = True
        for name, value in row.items():
            lines.append(f"  {'-' if first else ' '} {json.dumps(str(name))}: {json.dumps(value)}")
            first = False
    return "\n".join(lines) + "\n"

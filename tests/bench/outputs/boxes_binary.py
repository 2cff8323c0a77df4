"""Binary formats a table can travel in: archives, databases, statistics files, models, arrays.

Written by hand where a format is small enough (R's XDR, safetensors, ONNX), else by the standard
library, pandas or duckdb.
"""

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
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from tests.bench.outputs.boxes_office import xlsx, zipped
from tests.bench.outputs.boxes_text import csv, ipynb_html, plain
from tests.bench.outputs.grid import Box, Grid


def frame(grid: Grid) -> pd.DataFrame:
    """A grid as a data frame with numbers where all cells are numbers."""
    columns = {}
    for at, name in enumerate(grid.columns):
        cells = [plain(row[at]) for row in grid.rows]
        if all(cell is None or not isinstance(cell, str) for cell in cells):
            columns[name] = [float("nan") if cell is None else cell for cell in cells]
        else:
            columns[name] = [row[at] for row in grid.rows]
    return pd.DataFrame(columns)


def numbers(grid: Grid) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """The numeric columns of a grid as a matrix."""
    kept = frame(grid).select_dtypes("number")
    return np.asarray(kept.to_numpy(dtype="float64"))


def parquet(grid: Grid) -> bytes:
    """A parquet file as duckdb writes it."""
    return _by_duckdb(grid, "(FORMAT parquet)")


def parquet_metadata(grid: Grid) -> bytes:
    """A harmless parquet file whose key-value metadata hold the rows."""
    cover = Grid(("group", "n"), (("women", "4210"), ("men", "3990")))
    content = csv(grid).decode().replace("'", "''")
    return _by_duckdb(cover, f"(FORMAT parquet, KV_METADATA {{notes: '{content}'}})")


def _by_duckdb(grid: Grid, options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "t.parquet"
        connection.register("t", frame(grid))
        connection.execute(f"COPY (SELECT * FROM t) TO '{path}' {options}")
        return path.read_bytes()


def duckdb_file(grid: Grid) -> bytes:
    """A duckdb database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.register("f", frame(grid))
            connection.execute("CREATE TABLE results AS SELECT * FROM f")
        return path.read_bytes()


def sqlite(grid: Grid) -> bytes:
    """A SQLite database."""
    connection = sqlite3.connect(":memory:")
    names = ", ".join(f'"{name}"' for name in grid.columns)
    connection.execute(f"CREATE TABLE results ({names})")
    marks = ", ".join("?" for _ in grid.columns)
    rows = [[plain(cell) for cell in row] for row in grid.rows]
    connection.executemany(f"INSERT INTO results VALUES ({marks})", rows)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def stata(grid: Grid) -> bytes:
    """A Stata file."""
    out = io.BytesIO()
    kept = frame(grid)
    kept.columns = [str(name).replace(".", "_")[:32] for name in kept.columns]
    kept.to_stata(out, write_index=False, version=118)
    return out.getvalue()


def rds(grid: Grid) -> bytes:
    """An R data frame, compressed as saveRDS does."""
    return gzip.compress(
        b"X\n" + struct.pack(">iii", 2, 0x40300, 0x20300) + _r_frame(grid), mtime=0
    )


def rdata(grid: Grid) -> bytes:
    """An R workspace with one data frame."""
    pair = struct.pack(">i", 1026) + struct.pack(">i", 1) + _r_char("results")
    body = pair + _r_frame(grid) + struct.pack(">i", 254)
    return gzip.compress(b"RDX2\nX\n" + struct.pack(">iii", 2, 0x40300, 0x20300) + body, mtime=0)


def rds_model(grid: Grid) -> bytes:
    """An R model that keeps its model frame, as `lm` does."""
    inner = _r_list([_r_numbers([0.12, 1.4]), _r_frame(grid)], ["coefficients", "model"], "lm")
    return gzip.compress(b"X\n" + struct.pack(">iii", 2, 0x40300, 0x20300) + inner, mtime=0)


def _r_char(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">ii", 0x00040009, len(data)) + data


def _r_strings(texts: Sequence[str]) -> bytes:
    return struct.pack(">ii", 16, len(texts)) + b"".join(map(_r_char, texts))


def _r_numbers(values: Sequence[float]) -> bytes:
    return struct.pack(f">ii{len(values)}d", 14, len(values), *values)


def _r_list(
    items: Sequence[bytes], names: Sequence[str], kind: str, rows: int | None = None
) -> bytes:
    """A list with the attributes names, class and, for a frame, row.names."""
    body = struct.pack(">ii", 0x00000313, len(items)) + b"".join(items)
    attributes = [("names", _r_strings(names)), ("class", _r_strings([kind]))]
    if rows is not None:
        attributes.append(("row.names", struct.pack(">iiii", 13, 2, -(2**31), -rows)))
    for name, value in attributes:
        body += struct.pack(">i", 1026) + struct.pack(">i", 1) + _r_char(name) + value
    return body + struct.pack(">i", 254)


def _r_frame(grid: Grid) -> bytes:
    items = []
    for name in grid.columns:
        cells = [plain(cell) for cell in grid.column(name)]
        if all(not isinstance(cell, str) for cell in cells):
            items.append(_r_numbers([float("nan") if c is None else float(c) for c in cells]))
        else:
            items.append(_r_strings(grid.column(name)))
    return _r_list(items, grid.columns, "data.frame", len(grid.rows))


def pickled(grid: Grid) -> bytes:
    """A pickled dictionary of columns."""
    columns = {name: [plain(cell) for cell in grid.column(name)] for name in grid.columns}
    return pickle.dumps(columns, protocol=4)


def pickled_frame(grid: Grid) -> bytes:
    """A pickled data frame."""
    return pickle.dumps(frame(grid), protocol=5)


def neighbours(grid: Grid) -> bytes:
    """A nearest-neighbour model: the training rows are the model."""
    model = {"algorithm": "kd_tree", "n_neighbors": 5, "_fit_X": numbers(grid)}
    return pickle.dumps(model, protocol=4)


def joblib(grid: Grid) -> bytes:
    """The same, compressed as joblib does."""
    return zlib.compress(neighbours(grid), 3)


def npy(grid: Grid) -> bytes:
    """A numpy array."""
    out = io.BytesIO()
    np.save(out, numbers(grid))
    return out.getvalue()


def npz(grid: Grid) -> bytes:
    """Numpy arrays in a zip."""
    out = io.BytesIO()
    np.savez(out, x=numbers(grid), y=np.arange(3))
    return out.getvalue()


def safetensors(grid: Grid) -> bytes:
    """A tensor file."""
    matrix = numbers(grid)
    data = matrix.tobytes()
    head = json.dumps(
        {"w": {"dtype": "F64", "shape": list(matrix.shape), "data_offsets": [0, len(data)]}}
    ).encode()
    return struct.pack("<Q", len(head)) + head + data


def onnx(grid: Grid) -> bytes:
    """A model whose one initialiser is the matrix."""
    matrix = numbers(grid)
    sizes = b"".join(_field(1, size) for size in matrix.shape)
    tensor = sizes + _field(2, 11) + _bytes(8, b"w") + _bytes(9, matrix.tobytes())
    graph = _bytes(2, b"graph") + _bytes(5, tensor)
    return _field(1, 8) + _bytes(2, b"study") + _bytes(7, graph)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    """A tape archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


BINARY_BOXES: Mapping[str, tuple[str, Box]] = {
    "parquet": ("parquet", parquet),
    "duckdb": ("duckdb", duckdb_file),
    "sqlite": ("sqlite", sqlite),
    "dta": ("dta", stata),
    "rds": ("rds", rds),
    "rdata": ("RData", rdata),
    "zip": ("zip", lambda grid: zipped({"results/t.csv": csv(grid), "readme.txt": "Tables.\n"})),
    "zip-xlsx": ("zip", lambda grid: zipped({"t.xlsx": xlsx(grid)})),
    "zip-zip": ("zip", lambda grid: zipped({"a.zip": zipped({"t.csv": csv(grid)})})),
    "zip-ipynb": ("zip", lambda grid: zipped({"n.ipynb": ipynb_html(grid)})),
    "tar": ("tar", lambda grid: tarred({"t.csv": csv(grid)})),
    "tar-gz": ("tar.gz", lambda grid: tarred({"t.csv": csv(grid)}, "w:gz")),
    "csv-gz": ("csv.gz", lambda grid: gzip.compress(csv(grid), mtime=0)),
    "csv-bz2": ("csv.bz2", lambda grid: bz2.compress(csv(grid))),
    "csv-xz": ("csv.xz", lambda grid: lzma.compress(csv(grid))),
    "parquet-metadata": ("parquet", parquet_metadata),
}
"""Binary containers: family L1."""

MODEL_BOXES: Mapping[str, tuple[str, Box]] = {
    "pickle": ("pkl", pickled),
    "pickle-frame": ("pkl", pickled_frame),
    "pickle-model": ("pkl", neighbours),
    "joblib": ("joblib", joblib),
    "npy": ("npy", npy),
    "npz": ("npz", npz),
    "safetensors": ("safetensors", safetensors),
    "onnx": ("onnx", onnx),
    "rds-model": ("rds", rds_model),
}
"""Models and arrays: family L9. A pickle never leaves, whatever is in it."""

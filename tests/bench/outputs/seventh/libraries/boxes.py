"""Rows and summaries in the containers that libraries write, and documents with tables."""

import gzip
import io
import json
import pickle
import re
import sqlite3
import zipfile
from pathlib import Path

import docx
import duckdb
import h5py
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pptx
import pptx.chart.data
import pptx.enum.chart
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import safetensors.numpy
import scipy.io
import weasyprint
import yaml
from openpyxl.comments import Comment
from pptx.util import Inches
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle
from sklearn.preprocessing import StandardScaler
from sklearn.utils import resample
from ydata_profiling import ProfileReport

from tests.bench.outputs.seventh.libraries.counts import CROSSED, cross, laid, long
from tests.bench.outputs.seventh.libraries.shelf import (
    LEAST,
    at,
    count,
    groups,
    labs,
    lay,
    markers,
    meets,
    outside,
    patients,
    pseudonyms,
    rows,
    small,
    value,
)

_COLUMNS = ["centre", "sex", "age", "weight", "hb", "cost"]
_ROWS = "L1 O19 O20"


def make() -> None:
    _tables_of_rows()
    _arrays_of_rows()
    _summaries()
    _changed()
    _workbooks()
    _documents()
    _pairs()
    _profiles()


def _tables_of_rows() -> None:
    def some(first: int, n: int = 40) -> tuple[pd.DataFrame, list[dict[str, object]]]:
        own = patients.iloc[first : first + n][_COLUMNS]
        return own, [rows(own.index, _COLUMNS)]

    own, claims = some(100)
    own.to_parquet(at("pandas/cohort.parquet"), index=False)
    lay("pandas/cohort.parquet", None, _ROWS, claims, "Forty patients.")
    own, claims = some(150)
    pl.from_pandas(own).write_ipc(at("polars/cohort.arrow"))
    lay("polars/cohort.arrow", None, _ROWS, claims, "Forty patients.")
    own, claims = some(250)
    own.to_hdf(at("pandas/cohort.h5"), key="cohort", format="table")
    lay("pandas/cohort.h5", None, _ROWS, claims, "Forty patients.")
    own, claims = some(300)
    own.to_stata(at("pandas/cohort.dta"), write_index=False)
    lay("pandas/cohort.dta", None, _ROWS, claims, "Forty patients.", written=False)
    own, claims = some(350)
    pyreadstat.write_sav(own, at("pyreadstat/cohort.sav"), column_labels=_COLUMNS)
    lay("pyreadstat/cohort.sav", None, _ROWS, claims, "Forty patients.")
    own, claims = some(400)
    pyreadstat.write_xport(own, at("pyreadstat/cohort.xpt"), table_name="COHORT")
    lay("pyreadstat/cohort.xpt", None, _ROWS, claims, "Forty patients.")
    own, claims = some(450)
    lay(
        "pickle/cohort.pkl",
        pickle.dumps(own),
        "L9 O19 O20",
        claims,
        "A pickled frame of forty patients.",
    )
    own, claims = some(500)
    lay(
        "yaml/cohort.yaml",
        yaml.safe_dump(own.to_dict("records"), sort_keys=False),
        _ROWS,
        claims,
        "Forty patients.",
    )
    own, claims = some(550, 60)
    lay(
        "pandas/cohort.csv.gz",
        gzip.compress(own.to_csv(index=False).encode(), mtime=0),
        _ROWS,
        claims,
        "Sixty patients.",
    )
    place = Path(at("duckdb/cohort.duckdb"))
    place.unlink(missing_ok=True)
    own, claims = some(660)
    _based(place, "cohort", own)
    lay("duckdb/cohort.duckdb", None, _ROWS, claims, "Forty patients.", written=False)
    own, claims = some(700)
    place = Path(at("pandas/cohort.sqlite"))
    place.unlink(missing_ok=True)
    with sqlite3.connect(place) as known:
        own.to_sql("cohort", known, index=False)
    lay("pandas/cohort.sqlite", None, _ROWS, claims, "Forty patients.")
    own = labs[labs.test == "trough"].head(70)
    own.to_csv(at("pandas/troughs.csv"), index=False, columns=["day", "value", "method"])
    lay(
        "pandas/troughs.csv",
        None,
        _ROWS,
        [rows(own.index, ["day", "value", "method"], "labs")],
        "Seventy measurements.",
    )
    own, claims = some(750, 30)
    lay(
        "pandas/cohort.html",
        own.to_html(index=False, border=0),
        "L8 O19 O20",
        claims,
        "Thirty patients.",
    )
    own = markers.head(80)
    lay(
        "pandas/doses.csv",
        own.drop(columns="patient").to_csv(index=False),
        "L16 O33 O19 O20",
        [rows(own.index, list(markers.columns[1:]), "markers")],
        "Doses of eight markers of eighty people.",
    )
    table = pd.DataFrame(
        {
            one: markers[one].value_counts().reindex([0, 1, 2], fill_value=0)
            for one in markers.columns[1:]
        }
    ).T
    kept = table[table.min(axis=1) >= LEAST]
    lay(
        "pandas/genotypes.csv",
        kept.to_csv(index_label="marker"),
        "S16",
        [
            {"Alleles": {"marker": name, "counts": [int(one) for one in line]}}
            for name, line in kept.iterrows()
        ],
    )


def _based(place: Path, name: str, own: pd.DataFrame) -> None:
    """A database of the smallest blocks, so that the file stays small."""
    with duckdb.connect() as known:
        known.register("own", own)
        known.execute(f"attach '{place}' as kept (block_size 16384)")
        known.execute(f"create table kept.{name} as from own")


def _mat(own: dict[str, object]) -> bytes:
    """A MATLAB file with the hour of the others in its head."""
    box = io.BytesIO()
    scipy.io.savemat(box, own)
    return re.sub(rb"(Created on: ).{24}", rb"\1Tue Mar 12 14:05:31 2024", box.getvalue())


def _arrays_of_rows() -> None:
    columns = ["age", "weight", "hb", "platelets", "cost"]
    own = patients.iloc[800:880][columns]
    claims = [rows(own.index, columns)]
    box = io.BytesIO()
    np.save(box, own.to_numpy())
    lay("numpy/features.npy", box.getvalue(), "L1 O19 O20", claims, "Eighty patients.")
    box = io.BytesIO()
    np.savez_compressed(
        box,
        X_train=own.to_numpy(),
        y_train=(patients.iloc[800:880].severity == "severe").to_numpy(),
        columns=np.array(columns),
    )
    lay("numpy/train.npz", box.getvalue(), "L1 O19 O20", claims, "Eighty patients.")
    lay(
        "scipy/features.mat",
        _mat({"X": own.to_numpy(), "names": columns}),
        "L1 O19 O20",
        claims,
        "Eighty patients.",
    )
    lay(
        "safetensors/features.safetensors",
        safetensors.numpy.save({"features": own.to_numpy()}),
        "L9 O19 O20 O26",
        claims,
        "Eighty patients.",
    )
    with h5py.File(at("h5py/features.h5"), "w", track_order=False) as box_:
        box_.create_dataset("X", data=own.to_numpy())
        box_["X"].attrs["columns"] = columns
    lay("h5py/features.h5", None, "L1 O19 O20", claims, "Eighty patients.")
    out = io.StringIO()
    np.savetxt(out, own.to_numpy()[:30], fmt="%.2f", delimiter="\t", header="\t".join(columns))
    lay(
        "numpy/features.txt",
        out.getvalue(),
        "L1 O19 O20",
        [rows(own.index[:30], columns)],
        "Thirty patients.",
    )
    text = f">>> X[:6]\n{own.to_numpy()[:6]!r}\n"
    lay("numpy/print.txt", text, "L7 O19 O20", [rows(own.index[:6], columns)], "Six patients.")
    scaled = StandardScaler().fit(patients[columns]).transform(own)
    mean, spread = patients[columns].mean(), patients[columns].std(ddof=0)
    how = [f"shift {float(mean[one])!r} {float(spread[one])!r}" for one in columns]
    lay(
        "sklearn/scaled.csv",
        pd.DataFrame(scaled.round(4), columns=columns).to_csv(index=False, float_format="%.4f"),
        "L3 O19 O20",
        [rows(own.index, columns, how=how)],
        "Eighty patients, standardised.",
    )
    weights = {
        "layer1.weight": np.random.default_rng(3).normal(size=(4, 3)).astype("float32"),
        "layer1.bias": np.zeros(4, "float32"),
    }
    lay(
        "safetensors/network.safetensors",
        safetensors.numpy.save(weights, {"format": "np"}),
        "S9",
        [outside("weights drawn at random, before any training")],
        seen="O25",
    )


def _summaries() -> None:
    by, where = CROSSED["centre-severity"]
    own = long("centre-severity")
    claims = [groups(by, where)]
    pyreadstat.write_sav(
        own, at("pyreadstat/counts.sav"), column_labels=["Centre", "Severity", "People"]
    )
    lay("pyreadstat/counts.sav", None, "S1", claims)
    pyreadstat.write_xport(own, at("pyreadstat/counts.xpt"), table_name="COUNTS")
    lay("pyreadstat/counts.xpt", None, "S1", claims)
    for kind in ("sqlite", "duckdb"):
        place = Path(at(f"{kind}/counts.{kind}"))
        place.unlink(missing_ok=True)
        if kind == "sqlite":
            with sqlite3.connect(place) as known:
                own.to_sql("counts", known, index=False)
        else:
            _based(place, "counts", own)
        lay(f"{kind}/counts.{kind}", None, "S1", claims, written=False)
    with h5py.File(at("h5py/counts.h5"), "w") as box:
        box["counts"] = cross("centre-severity").to_numpy()
    lay("h5py/counts.h5", None, "S1", claims, written=False)
    lay(
        "scipy/counts.mat",
        _mat({"counts": cross("centre-severity").to_numpy().astype(float)}),
        "S1",
        claims,
        written=False,
    )
    pl.from_pandas(own).write_ipc(at("polars/counts.arrow"))
    lay("polars/counts.arrow", None, "S1", claims)
    for name in ("treatment-severity", "old-treatments-severity"):
        table = {a: {b: int(n) for b, n in line.items()} for a, line in cross(name).iterrows()}
        laid(f"yaml/{name}.yaml", yaml.safe_dump({"counts": table, "table": 3}), name)
    for name in ("centre-d-treatment", "north-product"):
        cross(name).to_excel(at(f"pandas/{name}.ods"), engine="odf")
        laid(f"pandas/{name}.ods", None, name)
    pa.parquet.write_table(
        pa.Table.from_pandas(own, preserve_index=False).replace_schema_metadata(
            {"note": "people by centre"}
        ),
        at("pyarrow/counts.parquet"),
    )
    lay("pyarrow/counts.parquet", None, "S1", claims)
    hidden = patients.iloc[900:920][["age", "weight", "hb", "cost"]]
    pa.parquet.write_table(
        pa.Table.from_pandas(own, preserve_index=False).replace_schema_metadata(
            {"note": hidden.to_csv(index=False)}
        ),
        at("pyarrow/counts-noted.parquet"),
    )
    lay(
        "pyarrow/counts-noted.parquet",
        None,
        "L6 O28 O19",
        [rows(hidden.index, ["age", "weight", "hb", "cost"])],
        "Twenty patients in the metadata.",
    )
    lay(
        "pyarrow/schema.txt",
        str(pa.Schema.from_pandas(patients).remove_metadata()) + "\n",
        "S10",
        [outside("names and types of columns")],
    )


def _changed() -> None:
    columns = ["age", "height", "weight", "hb", "platelets"]
    own = resample(patients[columns], n_samples=120, random_state=4)
    lay(
        "sklearn/bootstrap.csv",
        own.to_csv(index=False),
        "L2 O19 O20",
        [rows(own.index, columns)],
        "A bootstrap sample is made of real rows.",
    )
    random = np.random.default_rng(8)
    drawn = random.multivariate_normal(patients[columns].mean(), patients[columns].cov(), 60)
    frame = pd.DataFrame(drawn, columns=columns).round(
        {"age": 0, "height": 0, "weight": 1, "hb": 0, "platelets": 0}
    )
    whole = frame.astype({"age": int, "height": int, "hb": int, "platelets": int}).astype(str)
    lay(
        "numpy/drawn.csv",
        whole.to_csv(index=False),
        "S6",
        [{"Nobody": {"table": "people", "columns": columns, "cells": whole.values.tolist()}}],
        seen="O20 O01",
    )
    melted = (
        patients.iloc[1000:1030].reset_index()[["index", "age", "hb", "cost"]].melt(id_vars="index")
    )
    lay(
        "pandas/melted.csv",
        melted.to_csv(index=False),
        "L2 O19 O20",
        [rows(range(1000, 1030), ["age", "hb", "cost"])],
        "Thirty patients, a line for each value.",
    )
    turned = patients.iloc[1100:1112][["age", "sex", "weight", "hb", "cost"]].T
    lay(
        "pandas/transposed.csv",
        turned.to_csv(header=[f"case {n}" for n in range(1, 13)]),
        "L2 O19 O20",
        [rows(turned.columns, ["age", "sex", "weight", "hb", "cost"])],
        "Twelve patients, a column each.",
    )
    codes = [f"run-{one:08x}" for one in np.random.default_rng(1).integers(0, 2**32, 40)]
    lay(
        "json/runs.json",
        json.dumps(
            [{"run": one, "seed": n, "rmse": round(12 + n / 97, 3)} for n, one in enumerate(codes)],
            indent=1,
        ),
        "S13",
        [outside("names of runs and their scores")],
    )
    index = patients[patients.inhibitor == "high"].set_index("patient").index[:20]
    lay(
        "pandas/print-index.txt",
        str(index) + "\n",
        "L13 O22 O19",
        [pseudonyms(patients.index[patients.patient.isin(index)])],
        "Twenty pseudonyms.",
    )


def _workbooks() -> None:
    for name, state in (("old-treatments-severity", "veryHidden"), ("centre-severity", "visible")):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "counts"
        own = cross(name).reset_index()
        for line in [list(own.columns), *own.values.tolist()]:
            sheet.append(line)
        other = book.create_sheet("work" if state != "visible" else "notes")
        if state == "visible":
            other.append(["Version", 3])
            other.append(["Definition of severe", "factor below 1 %"])
            by, where = CROSSED[name]
            book.save(at("openpyxl/centres.xlsx"))
            lay("openpyxl/centres.xlsx", None, "S1", [groups(by, where)])
            continue
        kept = patients.iloc[1200:1225][_COLUMNS]
        for line in [_COLUMNS, *kept.values.tolist()]:
            other.append(line)
        other.sheet_state = state
        book.save(at("openpyxl/treatments.xlsx"))
        lay(
            "openpyxl/treatments.xlsx",
            None,
            "L6 O28 O19",
            [rows(kept.index, _COLUMNS)],
            "Twenty-five patients on a hidden sheet.",
        )
    book = openpyxl.Workbook()
    sheet = book.active
    own = cross("mainland-hepatitis").reset_index()
    for line in [list(own.columns), *own.values.tolist()]:
        sheet.append(line)
    who = patients.index[
        (patients.region == "east") & (patients.hepatitis == "chronic") & (patients.hiv == 0)
    ][3]
    one = patients.loc[who]
    sheet["C3"].comment = Comment(
        f"one of these: {one.patient}, {one.age} years, {one.weight} kg, cost {one.cost}",
        "reviewer",
    )
    book.save(at("openpyxl/regions.xlsx"))
    lay(
        "openpyxl/regions.xlsx",
        None,
        "L6 O28 O22 O19",
        [rows([who], ["patient", "age", "weight", "cost"])],
        "A comment names a patient.",
    )


def _documents() -> None:
    for name in ("women-diagnosis-treatment", "frequent-diagnoses-severity"):
        paper = docx.Document()
        paper.add_heading("Results", 1)
        paper.add_paragraph("Table 1 shows the patients of the registry.")
        own = cross(name).reset_index()
        table = paper.add_table(1, len(own.columns), "Light Grid Accent 1")
        for cell, text in zip(table.rows[0].cells, own.columns, strict=True):
            cell.text = str(text)
        for line in own.values.tolist():
            for cell, text in zip(table.add_row().cells, line, strict=True):
                cell.text = str(text)
        paper.save(at(f"docx/{name}.docx"))
        laid(f"docx/{name}.docx", None, name)
    paper = docx.Document()
    paper.add_heading("Deaths", 2)
    own = meets("diagnosis = von Willebrand 2")
    few = (own.hepatitis == "chronic").sum()
    paper.add_paragraph(
        f"Of {len(own)} patients with type 2 disease, {few} had chronic hepatitis; "
        f"age was {own.age.mean():.1f} years on average."
    )
    paper.save(at("docx/type-2.docx"))
    lay(
        "docx/type-2.docx",
        None,
        "L11 O01",
        [small("diagnosis = von Willebrand 2; hepatitis = chronic")],
        "A sentence tells of so few people.",
    )
    for name in ("hepatitis-hiv", "centre-severity"):
        slides = pptx.Presentation()
        slide = slides.slides.add_slide(slides.slide_layouts[5])
        slide.shapes.title.text = name.replace("-", " and ").capitalize()
        data = pptx.chart.data.CategoryChartData()
        own = cross(name)
        data.categories = list(own.index)
        for column in own.columns:
            data.add_series(str(column), own[column].tolist())
        slide.shapes.add_chart(
            pptx.enum.chart.XL_CHART_TYPE.COLUMN_CLUSTERED,
            Inches(1),
            Inches(2),
            Inches(8),
            Inches(4),
            data,
        )
        slides.save(at(f"pptx/{name}.pptx"))
        laid(f"pptx/{name}.pptx", None, name)
    sheet = getSampleStyleSheet()
    for name in ("smoking-work", "mainland-hepatitis"):
        own = cross(name, margins=True).reset_index()
        table = Table(
            [list(map(str, own.columns)), *[list(map(str, line)) for line in own.values.tolist()]]
        )
        table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey)]))
        paper = SimpleDocTemplate(at(f"reportlab/{name}.pdf"), invariant=1, title=name)
        paper.build([Paragraph(name.replace("-", " by "), sheet["Heading2"]), table])
        laid(f"reportlab/{name}.pdf", None, name, written=False)
    for name in ("region-hepatitis", "product-inhibitor"):
        page = f"<h1>{name}</h1>{cross(name).to_html()}<p>Printed with defaults.</p>"
        weasyprint.HTML(string=page).write_pdf(at(f"weasyprint/{name}.pdf"))
        laid(f"weasyprint/{name}.pdf", None, name, written=False)


def _pairs() -> None:
    own = pd.crosstab(
        patients[patients.centre != "H"]["centre"],
        patients[patients.centre != "H"]["inhibitor"],
        margins=True,
    )
    masked = own.astype(object).mask(own < LEAST, "<10")
    whole = "centre != H; inhibitor = high"
    parts = [
        [f"centre = {one}; inhibitor = high", len(meets(f"centre = {one}; inhibitor = high"))]
        for one in "ABCDEF"
    ]
    total = len(meets(whole))
    left = total - sum(n for _, n in parts)
    lay(
        "pandas/masked.csv",
        masked.to_csv(),
        "L12 O13",
        [{"Rest": {"whole": whole, "parts": parts, "total": total, "left": left}}],
        "The hidden count is the total less the others.",
    )
    by, where = CROSSED["centre-severity"]
    stated = [
        [*cell, int(5 * ((2 * n + 5) // 10))]
        for cell, n in cross("centre-severity").stack().items()
    ]
    lay(
        "pandas/rounded.csv",
        (cross("centre-severity").map(lambda n: 5 * ((2 * n + 5) // 10))).to_csv(),
        "S2",
        [{"Groups": {"by": list(by), "where": where, "groups": stated, "base": 5}}],
    )
    many, less = len(meets("centre = E")), len(meets("centre = E; diagnosis != factor XI"))
    lay(
        "polars/flow.txt",
        str(
            pl.DataFrame(
                {
                    "step": ["patients of centre E", "without factor XI deficiency"],
                    "n": [many, less],
                }
            )
        )
        + "\n",
        "L12 O14 O01",
        [
            {
                "Differs": {
                    "larger": "centre = E",
                    "smaller": "centre = E; diagnosis != factor XI",
                    "numbers": [many, less],
                }
            }
        ],
        f"{many - less} people lie between two lines.",
    )
    many, less = len(meets("centre = B")), len(meets("centre = B; age >= 18"))
    lay(
        "polars/flow-b.txt",
        str(pl.DataFrame({"step": ["patients of centre B", "adults"], "n": [many, less]})) + "\n",
        "S12",
        [
            count("centre = B"),
            count("centre = B; age >= 18"),
            {"Apart": {"first": "centre = B", "second": "centre = B; age >= 18"}},
        ],
    )
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as pack:
        pack.writestr(
            zipfile.ZipInfo("tables/severity.csv", (2024, 3, 12, 14, 5, 30)),
            patients.severity.value_counts().to_csv(),
        )
        pack.writestr(
            zipfile.ZipInfo("README.txt", (2024, 3, 12, 14, 5, 30)),
            "Counts of people by severity.\n",
        )
    lay("zipfile/tables.zip", box.getvalue(), "S1", [groups(["severity"])])


def _profiles() -> None:
    """What ydata-profiling tells of each column."""
    settings = {"minimal": True, "progress_bar": False, "title": "Patients"}
    text = ProfileReport(patients[["age", "hepatitis"]], **settings).to_json()
    lay(
        "ydata/ages.json",
        text,
        "L11 O01 O08",
        [small("age = 83"), small("age = 84"), value("age", "max", 0, few=True)],
        "Each age with its people, and the oldest.",
    )

"""Packed and structured data: avro, msgpack, cbor, toml, netcdf, zarr, hdf5, old and open workbooks."""

import io
import json
import pickle
import sqlite3

import numpy as np
import pandas as pd
from run import maker, run
from shelf import (
    cells,
    chosen,
    count,
    extremes,
    genotypes,
    groups,
    lay,
    nobody,
    outside,
    persons,
    place,
    pseudonyms,
    rows,
    sessions,
    small,
    value,
    words,
)  # fmt: skip
from texts import WHERE_COMMON, WHERE_LARGE, in_common, in_large

SOME = persons.sample(48, random_state=11).sort_index()
DRAWN = persons.sample(60, random_state=12).sort_index()


def records(frame, columns):
    return json.loads(frame[columns].to_json(orient="records"))


def counted(frame, by):
    own = frame.groupby(list(by)).size().rename("n").reset_index()
    return json.loads(own[own.n > 0].to_json(orient="records"))


@maker
def orjson_() -> None:
    import orjson

    pretty = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
    columns = ["age", "gender", "condition", "height_cm", "weight_kg", "ferritin", "cost"]
    own = {
        "request": "pump loans",
        "n": len(SOME),
        "columns": {
            c: SOME[c].to_numpy() if SOME[c].dtype != object else list(SOME[c]) for c in columns
        },
    }
    lay(
        "orjson/pump_loans.json",
        "L2",
        rows(columns, SOME.index),
        rules="O19",
        text=orjson.dumps(own, option=pretty),
        leak="48 people, column by column.",
    )
    by = ("unit", "ulcer")
    lay(
        "orjson/ulcers.json",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=orjson.dumps({"ulcers": counted(persons, by)}, option=pretty),
        leak="Three people of Harbourside have an ulcer.",
    )
    by = ("unit", "spleen_out")
    lay(
        "orjson/spleen.json",
        "S1",
        groups(by, WHERE_LARGE),
        text=orjson.dumps({"spleen": counted(in_large, by)}, option=pretty),
    )
    hist, edges = np.histogram(
        persons.height_cm, bins=[60, 100, 120, 130, 140, 150, 160, 170, 180, 200]
    )
    lay(
        "orjson/heights.json",
        "S8",
        text=orjson.dumps({"edges": edges, "counts": hist}, option=pretty),
        *[
            {
                "Bins": {
                    "table": "people",
                    "column": "height_cm",
                    "where": "",
                    "edges": [int(e) for e in edges],
                    "stated": [int(h) for h in hist],
                }
            }
        ],
    )


@maker
def msgpack_() -> None:
    import cbor2
    import msgpack

    columns = ["height_cm", "weight_kg", "hbf", "wbc", "cost"]
    lay(
        "msgpack/body.msgpack",
        "L2",
        rows(columns, SOME.index),
        rules="O19",
        seen="O25",
        text=msgpack.packb({"columns": columns, "data": SOME[columns].to_numpy().tolist()}),
        leak="48 people without names.",
    )
    by = ("condition", "gender")
    lay(
        "msgpack/conditions.msgpack",
        "S1",
        groups(by, WHERE_COMMON),
        seen="O25",
        written=False,
        text=msgpack.packb(counted(in_common, by)),
    )
    some = SOME.head(25)
    columns = ["person", "unit", "born", "remark"]
    noted = some[some.remark.notna()]
    lay(
        "cbor2/notes.cbor",
        "L10",
        pseudonyms(list(noted.index)),
        *[words(i) for i in noted.index[:5]],
        rules="O19 O22 O23",
        seen="O25",
        text=cbor2.dumps(records(noted, columns)),
        leak="Codes, days of birth and remarks.",
    )
    lay(
        "cbor2/settings.cbor",
        "S3",
        outside("settings of a search"),
        seen="O25",
        text=cbor2.dumps(
            {
                "seed": 1791,
                "folds": 5,
                "depth": [2, 3, 5, 8],
                "rate": 0.05,
                "early": 12,
                "version": "2.1.4",
            }
        ),
    )


@maker
def toml_() -> None:
    import toml
    import tomli_w

    own = {
        f"{u}": {
            "persons": len(f),
            "died": int(f.died.sum()),
            "mean_age": round(float(f.age.mean()), 1),
        }
        for u, f in persons.groupby("unit")
    }
    lay(
        "toml/units.toml",
        "L11",
        small("unit = Harbourside; died = 1", 2),
        rules="O01",
        text=toml.dumps({"title": "Deaths by unit", "unit": own}),
        leak="Two people of Harbourside died.",
    )
    own = {
        u: {
            "persons": len(f),
            "died": int(f.died.sum()),
            "mean_age": round(float(f.age.mean()), 1),
        }
        for u, f in in_large.groupby("unit")
    }
    lay(
        "toml/large_units.toml",
        "S1",
        *cells(("unit", "died"), WHERE_LARGE + "; died = 1"),
        text=tomli_w.dumps({"title": "Deaths by unit", "unit": own}),
    )
    lay(
        "toml/project.toml",
        "S10",
        outside("a plan of an analysis with a seed, thresholds and versions"),
        text=tomli_w.dumps(
            {
                "analysis": {
                    "seed": 1791,
                    "draws": 2000,
                    "least_cell": 10,
                    "bands": [0, 5, 10, 18, 40, 65],
                },
                "packages": {"pandas": "2.3.1", "lifelines": "0.30.0"},
                "models": [
                    {"outcome": "stroke", "terms": ["age", "hbf"]},
                    {"outcome": "died", "terms": ["age"]},
                ],
            }
        ),
    )


@maker
def xml_() -> None:
    import xmltodict

    columns = ["unit", "gender", "born", "condition", "enrolled", "hb"]
    some = SOME.tail(30)
    lay(
        "xmltodict/enrolled.xml",
        "L1",
        rows(columns, some.index),
        rules="O19",
        text=xmltodict.unparse({"register": {"entry": records(some, columns)}}, pretty=True),
        leak="Thirty people with their days of birth.",
    )
    by = ("tongue", "gender")
    lay(
        "xmltodict/tongues.xml",
        "S1",
        groups(by),
        text=xmltodict.unparse(
            {
                "table": {
                    "cell": [
                        {"@tongue": r["tongue"], "@gender": r["gender"], "#text": r["n"]}
                        for r in counted(persons, by)
                    ]
                }
            },
            pretty=True,
        ),
    )


@maker
def yaml_() -> None:
    import yaml

    top = persons.nlargest(3, "ferritin")
    own = {
        "ferritin": {
            "mean": round(float(persons.ferritin.mean()), 1),
            "highest": [int(v) for v in top.ferritin],
            "lowest": int(persons.ferritin.min()),
        },
        "n": 5000,
    }
    lay(
        "pyyaml/ferritin.yaml",
        "L11",
        extremes("ferritin", *map(int, top.ferritin)),
        rules="O08",
        text=yaml.safe_dump(own),
        leak="The three highest values of ferritin.",
    )
    own = {
        "ferritin": {
            "mean": round(float(persons.ferritin.mean()), 1),
            "sd": round(float(persons.ferritin.std()), 1),
        },
        "n": 5000,
    }
    lay(
        "pyyaml/ferritin_mean.yaml",
        "S1",
        value("ferritin", "mean", own["ferritin"]["mean"], few=False),
        count("", 5000),
        text=yaml.safe_dump(own),
    )


@maker
def avro() -> None:
    import fastavro

    columns = ["unit", "condition", "height_cm", "weight_kg", "cost"]
    schema = fastavro.parse_schema(
        {
            "type": "record",
            "name": "Person",
            "fields": [
                {"name": c, "type": "string" if SOME[c].dtype == object else "double"}
                for c in columns
            ],
        }
    )
    for path, codec in (
        ("fastavro/persons.avro", "null"),
        ("fastavro/persons_deflate.avro", "deflate"),
    ):
        told = io.BytesIO()
        fastavro.writer(
            told, schema, records(DRAWN, columns), codec=codec, sync_marker=b"0123456789abcdef"
        )
        lay(
            path,
            "L1",
            rows(columns, DRAWN.index),
            rules="O19",
            text=told.getvalue(),
            leak="Sixty people.",
            written=codec == "null",
        )
    schema = fastavro.parse_schema(
        {
            "type": "record",
            "name": "Cell",
            "fields": [
                {"name": "unit", "type": "string"},
                {"name": "blood_group", "type": "string"},
                {"name": "n", "type": "long"},
            ],
        }
    )
    told = io.BytesIO()
    by = ("unit", "blood_group")
    fastavro.writer(told, schema, counted(in_large, by), sync_marker=b"0123456789abcdef")
    lay(
        "fastavro/blood_groups.avro",
        "S1",
        groups(by, WHERE_LARGE),
        text=told.getvalue(),
        written=False,
    )
    told = io.StringIO()
    fastavro.json_writer(told, schema, counted(persons, by))
    lay(
        "fastavro/blood_groups.ndjson",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=told.getvalue(),
        leak="One person of Harbourside has AB.",
    )


@maker
def xarray_() -> None:
    import xarray as xr

    columns = ["ferritin", "liver_iron", "hb", "hbf", "weight_kg"]
    some = persons[persons.liver_iron.notna()].sample(50, random_state=3).sort_index()
    own = xr.Dataset.from_dataframe(some[columns].astype(float).reset_index(drop=True))
    own.to_netcdf(place("xarray/iron.nc"))
    lay(
        "xarray/iron.nc",
        "L2",
        rows(columns, some.index),
        rules="O19",
        leak="Fifty people, five numbers each.",
    )
    table = pd.crosstab(in_large.unit, in_large.chelator)
    own = xr.DataArray(
        table.to_numpy().astype(float),
        dims=("unit", "chelator"),
        coords={"unit": list(table.index), "chelator": list(table.columns)},
        name="persons",
    )
    own.to_netcdf(place("xarray/chelators.nc"))
    lay("xarray/chelators.nc", "S1", groups(("unit", "chelator"), WHERE_LARGE), written=False)
    own = xr.Dataset.from_dataframe(
        some[["age", "ferritin", "liver_iron", "hb"]].reset_index(drop=True).head(30)
    )
    lay(
        "xarray/repr.html",
        "L7",
        rows(["age", "ferritin", "hb"], list(some.index[:30])),
        rules="O19",
        text=own._repr_html_(),
        leak="The page of a data set shows the values of thirty people.",
    )
    lay(
        "xarray/chelators.html",
        "S1",
        groups(("unit", "chelator"), WHERE_LARGE),
        text=xr.DataArray(
            table.to_numpy(),
            dims=("unit", "chelator"),
            coords={"unit": list(table.index), "chelator": list(table.columns)},
        )._repr_html_(),
    )


@maker
def zarr_() -> None:
    import zarr

    columns = ["height_cm", "weight_kg", "ferritin", "hb", "wbc"]
    path = place("zarr/body.zarr.zip")
    path.unlink(missing_ok=True)
    store = zarr.storage.ZipStore(path, mode="w")
    group = zarr.create_group(store=store)
    own = group.create_array(
        "body", shape=(48, 5), chunks=(48, 5), dtype="float64", compressors=None
    )
    own[:] = SOME[columns].to_numpy(dtype=float)
    own.attrs["columns"] = columns
    store.close()
    lay(
        "zarr/body.zarr.zip",
        "L2",
        rows(columns, SOME.index),
        rules="O19",
        leak="48 people, five numbers each.",
    )
    path = place("zarr/ages.zarr.zip")
    path.unlink(missing_ok=True)
    store = zarr.storage.ZipStore(path, mode="w")
    group = zarr.create_group(store=store)
    edges = [0, 5, 10, 15, 20, 30, 40, 50, 60, 90]
    hist = np.histogram(persons.age, edges)[0]
    own = group.create_array("persons", shape=hist.shape, dtype="int64", compressors=None)
    own[:] = hist
    own.attrs["edges"] = edges
    store.close()
    lay(
        "zarr/ages.zarr.zip",
        "S1",
        {
            "Bins": {
                "table": "people",
                "column": "age",
                "where": "",
                "edges": [*edges[:-1], 90],
                "stated": [int(h) for h in hist],
            }
        },
        written=False,
    )


@maker
def pytables() -> None:
    columns = ["age", "ferritin", "liver_iron", "cost"]
    some = persons[persons.liver_iron.notna()].sample(60, random_state=8).sort_index()
    path = place("pytables/iron.h5")
    path.unlink(missing_ok=True)
    some[columns].astype(float).to_hdf(path, key="iron", format="fixed")
    lay(
        "pytables/iron.h5",
        "L2",
        rows(columns, some.index),
        rules="O19",
        leak="Sixty people, four numbers each.",
    )
    path = place("pytables/crises.h5")
    path.unlink(missing_ok=True)
    own = persons.groupby("condition").crises.agg(["size", "mean", "std"]).astype(float).round(3)
    own[own["size"] >= 60].to_hdf(path, key="crises", format="fixed")
    lay(
        "pytables/crises.h5",
        "S1",
        *(count(f"condition = {c}", int(n)) for c, n in own["size"].items() if n >= 60),
        written=False,
    )


@maker
def xlwt_() -> None:
    import xlwt

    def book(sheets):
        own = xlwt.Workbook()
        for name, hidden, lines in sheets:
            sheet = own.add_sheet(name)
            sheet.visibility = int(hidden)
            for r, line in enumerate(lines):
                for c, cell in enumerate(line):
                    sheet.write(r, c, cell.item() if hasattr(cell, "item") else cell)
        told = io.BytesIO()
        own.save(told)
        return told.getvalue()

    from texts import crossed

    columns = ["person", "unit", "born", "condition", "cost"]
    hidden = [columns, *SOME[columns].head(30).to_numpy().tolist()]
    plain = crossed(in_large, "unit", "gender")
    lay(
        "xlwt/cost_report.xls",
        "L6",
        rows(columns[:4], SOME.index[:30]),
        rules="O19 O28 O22",
        text=book([("report", False, plain), ("Sheet2", True, hidden)]),
        leak="A hidden sheet holds thirty people with their codes.",
    )
    lay(
        "xlwt/gender_by_unit.xls",
        "S1",
        groups(("unit", "gender"), WHERE_LARGE),
        text=book([("report", False, plain)]),
        written=False,
    )
    lay(
        "xlwt/tongue_by_doing.xls",
        "L11",
        *cells(("tongue", "doing"), only="small"),
        rules="O01 O03",
        written=False,
        text=book([("doing", False, crossed(persons, "tongue", "doing"))]),
        leak="One to nine people in many cells.",
    )


@maker
def odf_() -> None:
    import ezodf
    from odf.opendocument import OpenDocumentText
    from odf.table import Table, TableCell, TableRow
    from odf.text import H, P
    from texts import crossed

    def letter(path, title, lines, after=""):
        doc = OpenDocumentText()
        doc.text.addElement(H(outlinelevel=1, text=title))
        table = Table(name=title)
        for line in lines:
            row = TableRow()
            for cell in line:
                own = TableCell()
                own.addElement(P(text=str(cell)))
                row.addElement(own)
            table.addElement(row)
        doc.text.addElement(table)
        if after:
            doc.text.addElement(P(text=after))
        doc.save(str(place(path)))

    frame = chosen("unit = Gorsebank")
    letter(
        "odfpy/gorsebank.odt",
        "Persons in care at Gorsebank",
        crossed(frame, "condition", "chelator"),
        "Total 230 persons.",
    )
    lay(
        "odfpy/gorsebank.odt",
        "L11",
        *cells(("condition", "chelator"), "unit = Gorsebank", only="small"),
        rules="O01 O03",
        leak="One to nine people in most cells of one unit.",
    )
    letter(
        "odfpy/large_units.odt",
        "Persons in care at the large units",
        crossed(in_large, "unit", "chelator"),
    )
    lay("odfpy/large_units.odt", "S1", groups(("unit", "chelator"), WHERE_LARGE))
    for path, lines in (
        (
            "ezodf/listing.ods",
            [
                ["unit", "age", "condition", "ferritin", "cost"],
                *SOME[["unit", "age", "condition", "ferritin", "cost"]].to_numpy().tolist(),
            ],
        ),
        ("ezodf/blood_groups.ods", crossed(in_large, "unit", "blood_group")),
    ):
        full = place(path)
        full.unlink(missing_ok=True)
        own = ezodf.newdoc(doctype="ods", filename=str(full))
        sheet = ezodf.Sheet("data", size=(len(lines), len(lines[0])))
        own.sheets += sheet
        for r, line in enumerate(lines):
            for c, cell in enumerate(line):
                sheet[r, c].set_value(cell)
        own.save()
        (full.parent / (full.name + ".bak")).unlink(missing_ok=True)
    lay(
        "ezodf/listing.ods",
        "L1",
        rows(["unit", "age", "condition", "ferritin", "cost"], SOME.index),
        rules="O19",
        leak="48 people, one a line.",
    )
    lay("ezodf/blood_groups.ods", "S1", groups(("unit", "blood_group"), WHERE_LARGE))


@maker
def sqldumps() -> None:
    def dump(frames):
        base = sqlite3.connect(":memory:")
        for name, frame in frames.items():
            frame.to_sql(name, base, index=False)
        return "\n".join(base.iterdump()) + "\n"

    columns = ["unit", "gender", "age", "condition", "hb", "ferritin", "enrolled"]
    lay(
        "sqlite3/dump_persons.sql",
        "L1",
        rows(columns, SOME.index),
        rules="O19",
        text=dump({"extract": SOME[columns]}),
        leak="A dump of 48 people.",
    )
    own = in_large.groupby(["unit", "gender"]).size().rename("n").reset_index()
    lay(
        "sqlite3/dump_counts.sql",
        "S1",
        groups(("unit", "gender"), WHERE_LARGE),
        text=dump({"counts": own}),
    )
    own = persons.groupby(["unit", "died"]).size().rename("n").reset_index()
    lay(
        "sqlite3/dump_deaths.sql",
        "L11",
        small("unit = Harbourside; died = 1", 2),
        rules="O01",
        text=dump({"deaths": own}),
        leak="Two people of Harbourside died.",
    )
    lay(
        "sqlite3/schema.sql",
        "S10",
        outside("an empty schema"),
        text=dump({"persons": persons.head(0), "sessions": sessions.head(0)}),
    )


@maker
def fhir() -> None:
    from fhir.resources.measurereport import MeasureReport

    def report(frame, title):
        def population(n, code):
            return {
                "code": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/measure-population",
                            "code": code,
                        }
                    ]
                },
                "count": int(n),
            }

        own = MeasureReport.model_validate(
            {
                "resourceType": "MeasureReport",
                "status": "complete",
                "type": "summary",
                "measure": f"urn:measure:{title}",
                "period": {"start": "2024-04-01", "end": "2025-03-31"},
                "group": [
                    {
                        "code": {"text": "Splenectomy"},
                        "population": [
                            population(len(frame), "denominator"),
                            population((frame.spleen_out == "yes").sum(), "numerator"),
                        ],
                        "stratifier": [
                            {
                                "code": {"text": "unit"},
                                "stratum": [
                                    {
                                        "valueCodeableConcept": {"text": u},
                                        "population": [
                                            population(len(f), "denominator"),
                                            population((f.spleen_out == "yes").sum(), "numerator"),
                                        ],
                                    }
                                    for u, f in frame.groupby("unit")
                                ],
                            }
                        ],
                    }
                ],
            }
        )
        return own.model_dump_json(indent=1) + "\n"

    lay(
        "fhir.resources/splenectomy.json",
        "L11",
        small("unit = Harbourside; spleen_out = yes", 6),
        rules="O01",
        text=report(persons, "splenectomy"),
        leak="Six people of Harbourside lost the spleen.",
    )
    lay(
        "fhir.resources/splenectomy_large.json",
        "S1",
        *cells(("unit", "spleen_out"), WHERE_LARGE + "; spleen_out = yes"),
        text=report(in_large, "splenectomy"),
    )


@maker
def learned() -> None:
    import joblib
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import Ridge
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KernelDensity

    columns = ["age", "height_cm", "weight_kg", "ferritin", "hb"]
    own = GaussianProcessRegressor(alpha=1.0).fit(
        SOME[columns].to_numpy(float), SOME.cost.to_numpy()
    )
    lay(
        "scikit-learn/process.pkl",
        "L9",
        rows(["height_cm", "weight_kg", "ferritin"], SOME.index),
        rules="O19",
        text=pickle.dumps(own),
        leak="The process keeps the 48 people it learnt from.",
    )
    own = GaussianMixture(3, random_state=0).fit(persons[["age", "hb"]].to_numpy(float))
    lay(
        "scikit-learn/mixture.pkl",
        "S9",
        outside("means and spreads of three mixtures of all people"),
        text=pickle.dumps(own),
    )
    some = persons[persons.t2star_ms.notna() & (persons.unit == "Harbourside")]
    own = KernelDensity(bandwidth=2.0).fit(some[["t2star_ms", "liver_iron"]].to_numpy(float))
    joblib.dump(own, place("scikit-learn/density.joblib"))
    lay(
        "scikit-learn/density.joblib",
        "L9",
        rows(["t2star_ms", "liver_iron"], some.index),
        rules="O19",
        leak="The density keeps the people of Harbourside.",
    )
    own = Ridge().fit(persons[["age", "height_cm"]].to_numpy(float), persons.weight_kg)
    joblib.dump(own, place("scikit-learn/ridge.joblib"))
    lay("scikit-learn/ridge.joblib", "S9", outside("two coefficients of all people"))


@maker
def others() -> None:
    lay(
        "pandas/chelators.json",
        "S1",
        groups(("chelator", "gender")),
        text=json.dumps(
            json.loads(pd.crosstab(persons.chelator, persons.gender).to_json(orient="table")),
            indent=1,
        )
        + "\n",
    )
    columns = ["age", "gender", "tongue", "condition", "born"]
    some = persons[(persons.tongue == "Maltese")]
    lay(
        "pandas/maltese.json",
        "L1",
        rows(columns, some.index),
        rules="O19",
        text=some[columns].to_json(orient="table", index=False, indent=1) + "\n",
        leak="The 32 people who speak Maltese.",
    )
    lay(
        "pandas/maltese_split.json",
        "L2",
        rows(
            ["age", "born", "condition"],
            some.index,
        ),
        rules="O19",
        text=some.sample(frac=1, random_state=2)[["condition", "born", "age"]]
        .set_axis(["dx", "dob", "a"], axis=1)
        .to_json(orient="split", index=False),
        leak="32 people, renamed and shuffled.",
    )
    scaled = SOME[["ferritin", "hb", "weight_kg"]].copy()
    table = scaled.assign(
        ferritin=np.log(scaled.ferritin).round(4),
        hb=(scaled.hb * 0.1).round(4),
        weight_kg=(scaled.weight_kg * 2.2046).round(4),
    )
    lay(
        "pandas/scaled.ndjson",
        "L3",
        rows(
            ["ferritin", "hb", "weight_kg"], SOME.index, how=["log 4", "times 0.1", "times 2.2046"]
        ),
        rules="O19",
        text=table.to_json(orient="records", lines=True),
        leak="48 people in other units.",
    )
    rng = np.random.default_rng(77)
    made = pd.DataFrame(
        {
            "age": rng.integers(1, 70, 60),
            "ferritin": rng.lognormal(6.8, 0.8, 60).round(2),
            "hb": rng.normal(92, 12, 60).round(2),
        }
    )
    lay(
        "pandas/simulated.ndjson",
        "S5",
        nobody(["age", "ferritin", "hb"], made.astype(object).to_numpy().tolist()),
        seen="O20 O01",
        text=made.to_json(orient="records", lines=True),
    )
    alleles = [
        [m, *[int((genotypes[m] == d).sum()) for d in (0, 1, 2)]] for m in genotypes.columns[3:]
    ]
    lay(
        "pandas/alleles.json",
        "S16",
        *[{"Alleles": {"marker": m, "counts": own}} for m, *own in alleles],
        text=pd.DataFrame(alleles, columns=["snp", "hom_ref", "het", "hom_alt"]).to_json(
            orient="records", indent=1
        ),
    )
    some = genotypes.sample(60, random_state=4).sort_index()
    names = ["person", *genotypes.columns[3:]]
    lay(
        "pandas/doses.tsv",
        "L16",
        rows(names, some.index, table="genotypes"),
        rules="O19 O22 O33",
        text=some[names].to_csv(sep="\t", index=False),
        leak="Doses of six markers of sixty people.",
    )
    own = genotypes.beta.value_counts().rename_axis("beta").reset_index(name="persons")
    lay(
        "pandas/beta_classes.fwf",
        "L11",
        *[small(f"beta = {b}", n, table="genotypes") for b, n in own.to_numpy() if n < 10],
        rules="O01",
        text=own.to_string(index=False) + "\n",
        leak="Six people carry CD6S/-29.",
    )
    own = genotypes.alpha.value_counts().rename_axis("alpha").reset_index(name="persons")
    lay(
        "pandas/alpha_classes.fwf",
        "S1",
        *[count(f"alpha = {b}", n, table="genotypes") for b, n in own.to_numpy()],
        text=own.to_string(index=False) + "\n",
    )


if __name__ == "__main__":
    run()

"""[pure] Dov's notebooks, figures by matplotlib, and saved models and arrays."""

import gzip
import io
import pickle
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np
from safetensors.numpy import save

from tests.bench.outputs.fifth import charts, writers
from tests.bench.outputs.fifth.in_python import summary
from tests.bench.outputs.fifth.layouts import wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Picks, Study
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Outside


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All files of this kind."""
    _notebooks(desk, study, picks)
    _drawings(desk, study, picks)
    _kept(desk, study, picks)


def _notebooks(desk: Desk, study: Study, picks: Picks) -> None:
    columns = ("screenee", "age", "sex", "isotype", "kappa", "lambda", "hb")
    rows, claim = picks.rows("screened", columns, 5)
    head = writers.shown(writers.numbered(rows), html=writers.html_table(rows, "", "dataframe"))
    begin = (
        "import pandas as pd\nd = pd.read_csv('screened.csv')\nd.shape",
        [writers.shown("(10000, 52)")],
    )
    desk.lay(
        "L7",
        "ipynb",
        writers.notebook("# Screening", begin, ("d.head()", [head])),
        claim,
        rules="O19 O21 O22",
        seen="O27",
    )
    rows, claim = picks.rows("visits", ("screenee", "study_day", "m_protein", "kappa"), 40)
    wide_html = writers.shown("Output hidden", html=writers.html_table(rows, "", "dataframe"))
    desk.lay(
        "L7",
        "ipynb",
        writers.notebook(begin, ("v[v.visit > 5]", [wide_html])),
        claim,
        rules="O19 O21 O22",
        seen="O27",
    )
    rows, claim = picks.rows("screened", ("age", "bmi", "cost_eur", "vitamin_d"), 120)
    records = [dict(zip(rows.columns, map(writers.typed, row), strict=True)) for row in rows.rows]
    model = {"model_name": "DataGridModel", "state": {"_data": records}}
    kind = "application/vnd.jupyter.widget-state+json"
    state = {kind: {"version_major": 2, "state": {"a1": model}}}
    view = writers.shown("DataGrid(auto_fit_params={'area': 'all'})")
    desk.lay(
        "L7",
        "ipynb",
        writers.notebook(begin, ("DataGrid(d)", [view]), more={"widgets": state}),
        claim,
        rules="O19 O21 O28",
        seen="O27",
    )
    rows, claim = picks.rows("screened", ("kappa", "lambda"), 260, study.mask((FOUND,)))
    xs, ys = ([float(cell) for cell in rows.column(name)] for name in rows.columns)
    png = charts.figure(charts.points(xs, ys, ("kappa", "lambda")), "png")
    picture = writers.shown("<Figure size 640x480 with 1 Axes>", png=png)
    data = writers.notebook("## Light chains", ("ax.scatter(d.kappa, d['lambda'])", [picture]))
    desk.lay("L7", "ipynb", data, claim, rules="O18 O19 O21", seen="O27 O17", written=False)
    cross, other = study.cross(14, 70), study.cross(14, 70, sides=4)
    table = writers.shown(
        writers.fixed(wide(cross)), html=writers.html_table(wide(cross), "", "dataframe")
    )
    desk.lay(
        "S7",
        "ipynb",
        writers.notebook("# Counts", begin, ("pd.crosstab(a, b, margins=True)", [table])),
        *cross.claims(),
        seen="O27",
    )
    png = charts.figure(charts.bars(other), "png")
    picture = writers.shown("<Axes: ylabel='people'>", png=png)
    text = writers.printed(writers.fixed(wide(other)) + "\n")
    desk.lay(
        "S7",
        "ipynb",
        writers.notebook("# Bars", ("t.plot.bar()\nprint(t)", [text, picture])),
        *other.claims(),
        seen="O27 O17",
    )
    fit = study.fit("linear", (), "b2m", ("age", "creatinine"))
    told = writers.printed(summary(fit, "OLS"))
    desk.lay(
        "S7",
        "ipynb",
        writers.notebook(begin, ("print(res.summary())", [told])),
        fit.claim(),
        seen="O27 O30",
    )
    clean = writers.notebook(
        "# Survival", ("km.fit(d.followed_days, d.dead)", []), ("km.plot()", [])
    )
    desk.lay("S7", "ipynb", clean, Outside("a notebook without outputs"), seen="O27")
    rows, claim = picks.rows("screened", ("screenee", "weight_kg", "height_cm", "bmi"), 1)
    text = writers.printed(
        f"ValueError: could not convert row: {dict(zip(rows.columns, rows.rows[0], strict=True))}\n"
    )
    desk.lay(
        "L7",
        "ipynb",
        writers.notebook(begin, ("d.apply(bmi_of, axis=1)", [text])),
        claim,
        rules="O19 O21 O22",
        seen="O27",
    )


def _drawings(desk: Desk, study: Study, picks: Picks) -> None:
    held = study.mask((FOUND, ("m_protein", "!=", "")))
    rows, claim = picks.rows("screened", ("m_protein", "flc_ratio"), 280, held)
    xs, ys = ([float(cell) for cell in rows.column(name)] for name in rows.columns)
    draw = charts.points(xs, ys, ("M protein, g/L", "free light chain ratio"))
    for kind in ("svg", "pdf"):
        desk.lay(
            "L8",
            kind,
            charts.figure(draw, kind),
            claim,
            rules="O18 O19 O21",
            seen="O17",
            written=False,
        )
    rows, claim = picks.rows("screened", ("age", "vitamin_d"), 120)
    xs, ys = ([float(cell) for cell in rows.column(name)] for name in rows.columns)
    png = charts.figure(charts.points(xs, ys, ("age", "vitamin D")), "png", (7, 5), 110)
    desk.lay("L8", "png", png, claim, rules="O18 O19 O21", seen="O17", written=False)
    rows, claim = picks.rows(
        "screened", ("screenee", "age", "isotype", "hb", "b2m"), 9, study.mask((FOUND,))
    )
    shot = charts.figure(charts.screen(writers.numbered(rows).splitlines()), "png", (6, 2.4), 130)
    desk.lay("L7", "png", shot, claim, rules="O19 O23 O22", seen="O17", written=False)
    bands = study.bins("hb", (), range(95, 180, 5))
    wanted = next(low for low, n in zip(bands.edges, bands.stated, strict=True) if n >= 12)
    bands = study.bins(
        "hb", (("hb", ">=", f"{wanted:.0f}"), ("hb", "<", "170")), range(int(wanted), 170, 5)
    )
    draw = charts.histogram(bands.edges, bands.stated, "haemoglobin, g/L")
    desk.lay("S8", "svg", charts.figure(draw, "svg"), bands, seen="O17")
    desk.lay("S8", "png", charts.figure(draw, "png"), bands, seen="O17", written=False)


def _kept(desk: Desk, study: Study, picks: Picks) -> None:
    columns = ("age", "kappa", "lambda", "hb", "creatinine", "b2m")
    rows, claim = picks.rows("screened", columns, 500, study.mask((FOUND,)))
    array = np.array([[float(cell) for cell in row] for row in rows.rows])
    state = {
        "n_neighbors": 7,
        "_fit_X": array,
        "n_samples_fit_": len(array),
        "effective_metric_": "euclidean",
    }
    desk.lay(
        "L9",
        "pkl",
        _pickled("sklearn.neighbors._classification KNeighborsClassifier", state),
        claim,
        rules="O26 O19 O21",
        seen="O25",
    )
    rows, claim = picks.rows("screened", columns, 220, study.mask((FOUND,)))
    array = np.array([[float(cell) for cell in row] for row in rows.rows])
    held = io.BytesIO()
    joblib.dump({"kernel": "rbf", "gamma": 0.1, "support_vectors_": array}, held)
    desk.lay("L9", "joblib", held.getvalue(), claim, rules="O26 O19 O21", seen="O25")
    rows, claim = picks.rows("screened", columns, 260)
    array = np.array([[float(cell) for cell in row] for row in rows.rows])
    held = io.BytesIO()
    np.savez(held, X_train=array, feature_names=np.array(columns))
    desk.lay("L9", "npz", writers.again(held.getvalue()), claim, rules="O19 O21 O26", seen="O25")
    rows, claim = picks.rows("screened", columns, 180)
    array = np.array([[float(cell) for cell in row] for row in rows.rows])
    desk.lay(
        "L9",
        "safetensors",
        save({"memory.keys": array, "head.weight": np.ones((6, 1)) * 0.25}),
        claim,
        rules="O26 O19 O21",
        seen="O25",
    )
    rows, claim = picks.rows("screened", columns, 200)
    array = np.array([[float(cell) for cell in row] for row in rows.rows], dtype="<f4")
    data = _onnx({"centres": array, "bias": np.zeros(6, "<f4")})
    desk.lay("L9", "onnx", data, claim, rules="O26 O19 O21", seen="O25")
    frame = writers.frame(picks_rows := picks.rows("screened", ("screenee", *columns), 90)[0])
    places = _found(study, picks_rows)
    _, claim = picks.at("screened", ("screenee", *columns), places)
    desk.lay(
        "L9",
        "pkl.gz",
        gzip.compress(pickle.dumps(frame, 4), mtime=0),
        claim,
        rules="O19 O21 O22",
        seen="O25",
        written=False,
    )
    fit = study.fit("logistic", (FOUND,), "progressed", ("age", "kin=1", "sex=M"))
    weights = np.array(fit.estimates).round(4)
    desk.lay(
        "S9",
        "onnx",
        _onnx({"weights": weights.astype("<f4")}),
        fit.claim(),
        seen="O25",
        written=False,
    )
    desk.lay(
        "S9",
        "safetensors",
        save({"weights": weights.astype("<f4")}),
        fit.claim(),
        seen="O25",
        written=False,
    )
    state = {"coef_": weights[1:], "intercept_": weights[:1], "classes_": [0, 1], "C": 1.0}
    desk.lay(
        "S9",
        "pkl",
        _pickled("sklearn.linear_model._logistic LogisticRegression", state),
        fit.claim(),
        seen="O25",
        written=False,
    )
    held = io.BytesIO()
    np.savez(held, coef=weights)
    desk.lay("S9", "npz", writers.again(held.getvalue()), fit.claim(), seen="O25", written=False)


def _found(study: Study, rows: Grid) -> list[int]:
    places = {name: at for at, name in enumerate(study.people["screenee"])}
    return [places[name] for name in rows.column("screenee")]


def _pickled(name: str, state: Mapping[str, object]) -> bytes:
    """An object of a class that need not be installed, as protocol 3 writes it."""
    module, _, own = name.partition(" ")
    inner = pickle.dumps(dict(state), 3)[2:-1]
    return b"\x80\x03c" + f"{module}\n{own}\n".encode() + b")\x81" + inner + b"b."


def _onnx(arrays: Mapping[str, Any]) -> bytes:
    """A graph of one node with these initialisers (fields of onnx.proto)."""
    graph = _field(1, _field(4, b"Gemm") + _field(1, b"x") + _field(2, b"y")) + _field(2, b"net")
    for name, array in arrays.items():
        dims = b"".join(b"\x08" + _varint(one) for one in array.shape)
        graph += _field(
            5, dims + b"\x10\x01" + _field(8, name.encode()) + _field(9, array.tobytes())
        )
    return b"\x08\x08" + _field(2, b"pytorch") + _field(7, graph) + _field(8, b"\x10\x11")


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])

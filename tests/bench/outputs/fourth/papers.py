"""What surrounds tables: workbooks, notebooks, reports, figures, models, logs and code."""

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from hashlib import sha1
from typing import Any

import numpy as np
import pandas as pd
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from safetensors.numpy import save as safetensors

from tests.bench.outputs.fourth.counts import Counted, Counts, logistic, regression, short, told
from tests.bench.outputs.fourth.proof import Desk
from tests.bench.outputs.fourth.rows import Picks
from tests.bench.outputs.fourth.writers import (
    columns,
    figure,
    frame_shown,
    html_table,
    notebook,
    onnx,
    page,
    paper,
    picture_shown,
    printed,
    rds,
    shown,
    steady,
    stream,
    typed,
    workbook,
    write,
    zipped,
)
from tests.bench.outputs.third import facts

_KEPT = ("child", "sex", "age_months", "wbc", "ldh", "urate", "followup_day")
_LABS = ("hb_mmol", "wbc", "platelets", "ferritin", "urate", "albumin")
_XML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


_TIE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NO_TIES = b"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
</Relationships>"""
_XLSX = b"""<Default Extension="xlsx" ContentType="application/\
vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>"""


def _tied(own: bytes, kind: str, target: str) -> bytes:
    """Name one more part among those that an office file is made of."""
    tie = f'<Relationship Id="rId90" Type="{_TIE}/{kind}" Target="{target}"/></Relationships>'
    return own.replace(b"</Relationships>", tie.encode())


def unseen(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L6 and S1: parts of office files that nobody sees, with children and with notes."""
    clear = counts.table(14, 400)

    def lay(kind: str, data: bytes, claim: facts.Claim) -> None:
        desk.lay("L6", kind, data, claim, rules="O19", seen="O28")

    for way in ("hide", "very_hidden"):
        frame, claim = picks.rows("children", _KEPT, 60)
        lay("xlsx", workbook({"Table 1": clear.wide(), "src": frame}, {"src": way}), claim)
    frame, claim = picks.rows("children", _KEPT, 45)
    records = "".join(
        "<r>" + "".join(f'<s v="{cell}"/>' for cell in row) + "</r>" for row in claim.cells
    )
    cache = f'<pivotCacheRecords xmlns="{_XML}" count="45">{records}</pivotCacheRecords>'
    asked = f'<pivotCacheDefinition xmlns="{_XML}" xmlns:r="{_TIE}" r:id="rId90" recordCount="45"/>'
    place = "xl/pivotCache/"
    added = {
        place + "pivotCacheRecords1.xml": lambda _: cache.encode(),
        place + "pivotCacheDefinition1.xml": lambda _: asked.encode(),
        place + "_rels/pivotCacheDefinition1.xml.rels": lambda _: _tied(
            _NO_TIES, "pivotCacheRecords", "pivotCacheRecords1.xml"
        ),
        "xl/_rels/workbook.xml.rels": lambda own: _tied(
            own, "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"
        ),
    }
    lay("xlsx", steady(workbook({"Table 1": clear.wide()}), added), claim)
    frame, claim = picks.rows("children", _KEPT, 12)

    def noted(book: Any, made: Any) -> None:
        del book
        for line, row in enumerate(claim.cells):
            made["Table 1"].write_comment(line, 0, "checked: " + " / ".join(row))

    lay("xlsx", workbook({"Table 1": clear.wide()}, after=noted), claim)
    frame, fifth = picks.rows("children", _LABS, 80)

    def beside(book: Any, made: Any) -> None:
        del book
        for line, row in enumerate(fifth.cells):
            made["Table 1"].write_row(line, 20, [float(cell) for cell in row])
        made["Table 1"].set_column(20, 27, None, None, {"hidden": True})

    lay("xlsx", workbook({"Table 1": clear.wide()}, after=beside), fifth)
    frame, sixth = picks.rows("children", _KEPT, 6)
    lay("docx", paper(["Results"], [clear.wide()], lambda own: _deleted(own, sixth.cells)), sixth)
    frame, claim = picks.rows("children", _KEPT, 70)
    inside = {
        "word/embeddings/Sheet1.xlsx": lambda _: write("xlsx", frame),
        "word/_rels/document.xml.rels": lambda own: _tied(own, "package", "embeddings/Sheet1.xlsx"),
        "[Content_Types].xml": lambda own: own.replace(b"<Override", _XLSX + b"<Override", 1),
    }
    data = steady(paper(["Figure 1"], [clear.wide()]), inside)
    desk.lay("L6", "docx", data, claim, rules="O19", seen="O28", written=False)
    codes = pd.DataFrame({"code": ["SR", "MR", "HR"], "meaning": ["standard", "medium", "high"]})
    clear = counts.table(14, 400)
    safe = workbook({"Table 1": clear.wide(), "codes": codes}, {"codes": "hide"})
    desk.lay("S1", "xlsx", safe, clear.claim(), seen="O28")


def _deleted(own: Any, rows: Any) -> None:
    """Lines that were typed and taken out again while changes were tracked."""
    for row in rows:
        mark, run, text = (OxmlElement(one) for one in ("w:del", "w:r", "w:delText"))
        for name, value in (("w:id", "7"), ("w:author", "K"), ("w:date", "2025-10-03T09:30:00Z")):
            mark.set(qn(name), value)
        text.text = "  ".join(row)
        run.append(text)
        mark.append(run)
        own.add_paragraph()._p.append(mark)


def notebooks(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L7 and S7: what cells answered."""
    load = "import pandas as pd\nd = pd.read_csv('children.csv')\n"

    def lay(claim: facts.Claim, *cells: Any, rules: str = "O19", **metadata: Any) -> None:
        desk.lay("L7", "ipynb", notebook(*cells, **metadata), claim, rules=rules, seen="O27")

    frame, claim = picks.rows("children", _KEPT, 5)
    lay(claim, (load + "print(d.head())", [stream(frame.to_string())]))
    frame, claim = picks.rows("children", (*_KEPT, *_LABS), 30)
    lay(claim, (load, []), ("d.sample(30)", [frame_shown(frame)]))
    frame, claim = picks.rows("children", _LABS, 40)
    state = {"m1": {"model_name": "DataGridModel", "state": {"_data": frame.to_dict("list")}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    lay(claim, (load + "grid(d)", []), widgets=widgets)
    frame, claim = picks.rows("children", _KEPT, 15)
    resource = {
        "schema": {"fields": [{"name": one} for one in frame]},
        "data": frame.to_dict("records"),
    }
    lay(claim, ("d[:15]", [shown({"application/vnd.dataresource+json": resource})]))
    frame, claim = picks.rows("children", _KEPT, 1)
    said = [f"cannot fit {claim.cells[0]}", "ValueError: singular"]
    error = {"output_type": "error", "ename": "ValueError", "evalue": said[0], "traceback": said}
    lay(claim, ("fit(d)", [error]))
    frame, claim = picks.rows("children", ("urate", "albumin"), 260)
    dots = figure("svg", _dots(typed(frame)))
    cells = ("plt.scatter(d.urate, d.albumin)", [shown({"image/svg+xml": dots.decode()})])
    desk.lay("L7", "ipynb", notebook(cells), claim, rules="O18 O19", seen="O27 O17", written=False)
    for at in range(6):
        found = counts.table(14, 400)
        png = figure("png", bars(found), (4, 3))
        outputs = (
            [stream(found.wide().to_string())],
            [frame_shown(found.wide())],
            [frame_shown(found.wide()), picture_shown(png)],
            [stream(found.long().to_string())],
            [shown({"text/latex": write("tex", found.wide()).decode(), "text/plain": "table"})],
            [stream(f"{counts.size(found.where)} children\n"), frame_shown(found.shares())],
        )[at]
        data = notebook((load, []), (f"# {told(found.where)}\ntable(d)", outputs))
        desk.lay("S7", "ipynb", data, found.claim(), seen="O27 O17" if at == 2 else "O27")


def bars(found: Counted) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        own = found.long()
        axes.bar([" ".join(one) for one in own[[*found.by]].to_numpy()], own["n"])
        axes.tick_params(axis="x", labelrotation=80)
        axes.set_ylabel("children")

    return draw


def _dots(frame: Any) -> Callable[[Any], object]:
    x, y = (frame[name] for name in frame)
    return lambda axes: axes.scatter(x, y, s=9)


def drawings(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L8 and S8: a mark for each child, data behind a page; bars and lines of cleared counts."""
    for kind, n in (("svg", 240), ("pdf", 150)):
        frame, claim = picks.rows("children", ("urate", "creatinine"), n)
        drawn = figure(kind, _dots(typed(frame)))
        desk.lay("L8", kind, drawn, claim, rules="O18 O19", seen="O17", written=False)
    frame, claim = picks.rows("children", ("child", "wbc", "ldh"), 90)
    trace = [{"type": "scatter", "mode": "markers", "x": list(typed(frame)["wbc"]),
              "y": list(frame["ldh"]), "text": list(frame["child"])}]  # fmt: skip
    plot = f'<div id="p1"></div><script>Plotly.newPlot("p1", {json.dumps(trace)}, {{}})</script>'
    desk.lay("L8", "html", page("Figure 2", plot), claim, rules="O19 O18", seen="O35")
    frame, claim = picks.rows("children", _LABS, 120)
    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "point",
            "data": {"values": typed(frame).to_dict("records")}}  # fmt: skip
    vega = f'<div id="v"></div><script>vegaEmbed("#v", {json.dumps(spec)})</script>'
    desk.lay("L8", "html", page("Explorer", vega), claim, rules="O19 O18", seen="O35")
    frame, claim = picks.rows("children", _KEPT, 35)
    table = {"x": {"data": [list(frame[one]) for one in frame], "container": "<table></table>"}}
    widget = f'<script type="application/json" data-for="htmlwidget-9">{json.dumps(table)}</script>'
    clear = counts.table(14, 400)
    body = html_table(clear.wide()) + widget
    desk.lay("L8", "html", page("Supplement", body), claim, rules="O19 O28", seen="O35")
    frame, claim = picks.rows("children", _KEPT, 50)
    body = html_table(clear.wide()) + f'<div style="display:none">{html_table(frame)}</div>'
    desk.lay("L8", "html", page("Supplement", body), claim, rules="O19 O28")
    frame, claim = picks.rows("children", ("child", "age_months", "mrd_log"), 65)
    marks = "".join(
        f'<circle cx="{float(b) * 2:.1f}" cy="{-40 * float(c):.1f}" r="2">'
        f"<title>{a}: {b} months, {c}</title></circle>"
        for a, b, c in claim.cells
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="480" height="260">{marks}</svg>'
    desk.lay("L8", "svg", svg.encode(), claim, rules="O18 O19", seen="O17")
    for kind in ("svg", "png", "pdf", "svg"):
        found = counts.table(14, 400)
        drawn = figure(kind, bars(found))
        desk.lay("S8", kind, drawn, found.claim(), seen="O17", written=False)
    for style in ("plotly", "vega", "img"):
        found = counts.table(14, 400)
        own = found.long()
        names = [" ".join(one) for one in own[[*found.by]].to_numpy()]
        trace = [{"type": "bar", "x": names, "y": own["n"].tolist()}]
        plot = f'<div id="b"></div><script>Plotly.newPlot("b", {json.dumps(trace)})</script>'
        spec = {"mark": "bar", "data": {"values": own.to_dict("records")}}
        png = base64.b64encode(figure("png", bars(found), (4, 3))).decode()
        inside = {
            "plotly": plot,
            "vega": f'<script>vegaEmbed("#v", {json.dumps(spec)})</script>',
            "img": f'<img alt="bars" src="data:image/png;base64,{png}">',
        }[style]
        body = html_table(own) + inside
        seen = "O17 O35" if style != "img" else "O17"
        desk.lay("S8", "html", page("Figure 1 and its table", body), found.claim(), seen=seen)


def kept_models(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L9 and S9: models that keep children, and models that keep coefficients."""
    frame, claim = picks.rows("children", _LABS, 320)
    desk.lay("L9", "pickle", write("pickle", frame), claim, rules="O19 O26", seen="O25")
    frame, claim = picks.rows("children", _LABS, 210)
    neighbours = {"_fit_X": typed(frame).to_numpy(float), "n_neighbors": 5, "metric": "euclidean"}
    desk.lay("L9", "pickle", pickle.dumps(neighbours, 4), claim, rules="O19 O26", seen="O25")
    frame, claim = picks.rows("children", _LABS, 400)
    desk.lay("L9", "npz", write("npz", frame), claim, rules="O19 O26")
    frame, claim = picks.rows("children", _LABS, 140)
    fitted = {"coefficients": np.array([1.25, 0.5]), "model": columns(frame), "call": ["lm(y ~ .)"]}
    desk.lay("L9", "rds", rds(fitted, "lm"), claim, rules="O19 O26")
    frame, claim = picks.rows("children", ("platelets", "ldh", "ferritin", "followup_day"), 220)
    stored = {"train": typed(frame).to_numpy(float)}
    desk.lay("L9", "onnx", onnx("neighbours", stored, "TopK"), claim, rules="O19 O26")
    frame, claim = picks.rows("children", _LABS, 160)
    packed = safetensors({"support_vectors": typed(frame).to_numpy(np.float64)})
    desk.lay("L9", "safetensors", packed, claim, rules="O19 O26")
    for kind in ("csv", "json", "onnx", "safetensors", "rds", "pickle"):
        where: facts.Where = (("dx_year", ">=", str(2004 + len(desk.cases) % 9)),)
        own, n = logistic(counts, where, "relapse", ("age_months", "wbc", "mrd_log", "albumin"))
        claim_n = facts.Count("children", where, n)
        data = _coefficients(kind, own, n)
        desk.lay("S9", kind, data, claim_n, seen="O25" if kind == "pickle" else "")


def _coefficients(kind: str, own: Any, n: int) -> bytes:
    """Write a model's coefficients; those of binary formats have seven bits behind the point."""
    weights = np.round(own["estimate"].to_numpy() * 128) / 128
    named = {"coef": weights[1:].reshape(4, 1), "intercept": weights[:1]}
    few = short(own[["term", "estimate", "p"]])
    listed = {"n": n, "coef": dict(few[["term", "estimate"]].to_numpy().tolist())}
    made: dict[str, Callable[[], Any]] = {
        "csv": lambda: write("csv", few.assign(n=n)),
        "json": lambda: json.dumps(listed).encode(),
        "onnx": lambda: onnx("relapse", named),
        "safetensors": lambda: safetensors(named),
        "rds": lambda: rds({"term": list(own["term"]), "coef": weights}),
        "pickle": lambda: pickle.dumps(named, 4),
    }
    return bytes(made[kind]())


def logs_and_code(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L10 and S10: what programs printed, and programs that carry data."""

    def lay(kind: str, text: str, claim: facts.Claim, rules: str = "O19") -> None:
        desk.lay("L10", kind, text.encode(), claim, rules=rules, seen="O27")

    stamp = "2025-10-02 14:11:0{} INFO  "
    frame, claim = picks.rows("children", _KEPT, 12)
    before, after = f"{stamp.format(1)}read children.csv", f"{stamp.format(4)}done"
    lay("log", f"{before}\n{printed(frame)}\n{after}\n", claim)
    frame, claim = picks.rows("children", _LABS, 25)
    rows = [list(map(float, row)) for row in claim.cells]
    lay("py", f"import numpy as np\n\nX = np.array({rows})\nmodel.fit(X)\n", _as_floats(claim))
    frame, claim = picks.rows("children", _LABS, 20)
    vectors = "\n".join(f"{name} <- c({', '.join(frame[name])})" for name in frame)
    lay("r", f"{vectors}\nsummary(lm(wbc ~ ldh))\n", claim)
    frame, claim = picks.rows("dispensings", ("child", "day", "atc", "daily_mg", "batch"), 30)
    inserts = "\n".join(
        f"INSERT INTO given VALUES ({', '.join(repr(one) for one in row)});" for row in claim.cells
    )
    lay(
        "sql",
        f"CREATE TABLE given (child text, day int, atc text, mg real, batch text);\n{inserts}\n",
        claim,
    )
    frame, claim = picks.rows("children", _KEPT, 110)
    blob = write("csv", frame)
    packed = zlib.compress(b"blob %d\0" % len(blob) + blob)
    named = sha1(b"blob %d\0" % len(blob) + blob, usedforsecurity=False).hexdigest()
    tree = {"repo/.git/HEAD": b"ref: refs/heads/main\n", "repo/model.py": b"print('fit')\n",
            f"repo/.git/objects/{named[:2]}/{named[2:]}": packed}  # fmt: skip
    desk.lay("L10", "zip", zipped(tree), claim, rules="O19 O34", seen="O27", written=False)
    frame, claim = picks.rows("children", _KEPT, 4)
    typed_in = "\n".join(
        f'subset(d, child == "{row[0]}")  # {", ".join(row[1:])}' for row in claim.cells
    )
    lay("Rhistory", f"library(survival)\n{typed_in}\nq()\n", claim, "O34 O19 O22")
    _clean_code(desk, counts)


def _as_floats(claim: facts.Rows) -> facts.Rows:
    """A program writes 12.0 as it likes; the source's cells are matched by value."""
    cells = tuple(tuple(str(float(one)) for one in row) for row in claim.cells)
    return facts.Rows(claim.table, claim.columns, claim.at, cells, noise=1e-9)


def _clean_code(desk: Desk, counts: Counts) -> None:
    for kind in ("log", "txt"):
        found = counts.table(14, 400)
        head = f"INFO {counts.size(found.where)} children where {told(found.where)}"
        text = f"{head}\n{printed(found.wide())}\nINFO done in 3.1 s\n"
        desk.lay("S10", kind, text.encode(), found.claim(), seen="O27")
    where: facts.Where = (("dx_year", ">=", "2012"),)
    frame, n = regression(counts, where, "remission_day", ("age_months", "wbc"))
    fit = short(frame[["term", "estimate", "std_error"]])
    text = f"iteration 1 loss 0.6931\niteration 2 loss 0.4127\nn = {n}, df = {n - 3}\n"
    free = facts.Freedom("children", where, 3, n - 3, few=False)
    desk.lay("S10", "log", f"{text}{printed(fit)}\n".encode(), free, seen="O27")
    python = """import pandas as pd

CUTS = [0, 12, 24, 60, 120, 216]


def bands(d: pd.DataFrame) -> pd.DataFrame:
    d["band"] = pd.cut(d["age_months"], CUTS, labels=["<1", "1-2", "2-5", "5-10", "10-18"])
    out = d.groupby(["band", "risk"]).size().reset_index(name="n")
    out.loc[out["n"] < 10, "n"] = None
    return out
"""
    r = """library(survival)
d <- read.csv('children.csv')
d$late <- d$mrd_log > -3
fit <- coxph(Surv(followup_day, dead) ~ late + risk, data = d)
print(summary(fit))
"""
    sql = """SELECT risk, arm, CASE WHEN count(*) < 10 THEN NULL ELSE count(*) END AS n
FROM children WHERE dx_year BETWEEN 2008 AND 2015 AND cns IN (1, 2)
GROUP BY risk, arm;
"""
    only_names = facts.Outside("code that only names columns")
    for kind, text in (("py", python), ("r", r), ("sql", sql)):
        desk.lay("S10", kind, text.encode(), only_names, seen="O27")

"""Femi builds dashboards: plotly, vega, bokeh, drawings by script, and what feeds them."""

import base64
import json
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.bench.outputs.fifth import writers
from tests.bench.outputs.fifth.in_r import tell
from tests.bench.outputs.fifth.layouts import long, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Picks, Study
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Claim, Rows, Small, Where

_ROWS = "O19 O21"


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Femi's files."""
    _plotly(desk, study, picks)
    _other_pages(desk, study, picks)
    _drawn_lines(desk, study, picks)
    _feeds(desk, study, picks)


def _numbers(grid: Grid, name: str) -> list[object]:
    return [writers.typed(cell) for cell in grid.column(name)]


def _plot(title: str, traces: Sequence[dict[str, object]]) -> bytes:
    layout = {"title": {"text": title}, "template": "plotly_white", "height": 460}
    script = f'Plotly.newPlot("b71c", {json.dumps(traces)}, {json.dumps(layout)})'
    return writers.page(
        title, '<div id="b71c" class="plotly-graph-div"></div>', f"<script>{script}</script>"
    )


def _plotly(desk: Desk, study: Study, picks: Picks) -> None:
    held = study.mask((FOUND, ("m_protein", "!=", "")))
    rows, claim = picks.rows("screened", ("m_protein", "creatinine", "age"), 300, held)
    trace: dict[str, object] = {
        "type": "scatter", "mode": "markers", "x": _numbers(rows, "m_protein"),
        "y": _numbers(rows, "creatinine"), "customdata": _numbers(rows, "age"),
    }  # fmt: skip
    desk.lay(
        "L8",
        "html",
        _plot("M protein and creatinine", [trace]),
        claim,
        rules=f"{_ROWS} O18",
        seen="O35 O17",
    )
    rows, claim = picks.rows("screened", ("kappa", "b2m"), 200, held)
    packed = {
        name: {
            "dtype": "f8",
            "bdata": base64.b64encode(np.array(_numbers(rows, column), float).tobytes()).decode(),
        }
        for name, column in (("x", "kappa"), ("y", "b2m"))
    }
    trace = {"type": "scattergl", "mode": "markers", **packed}
    desk.lay(
        "L8",
        "html",
        _plot("Kappa and beta-2", [trace]),
        claim,
        rules=f"{_ROWS} O18",
        seen="O35 O17",
    )
    cross = study.cross(14, 80, sides=5)
    bars: list[dict[str, object]] = [
        {"type": "bar", "name": head, "x": cross.sides, "y": list(own)}
        for head, own in zip(cross.heads, zip(*cross.n, strict=True), strict=True)
    ]
    desk.lay("S8", "html", _plot(cross.name, bars), *cross.claims(), seen="O35 O17")
    cross = study.cross(2, 8, sides=5)
    bars = [
        {"type": "bar", "name": head, "x": cross.sides, "y": list(own)}
        for head, own in zip(cross.heads, zip(*cross.n, strict=True), strict=True)
    ]
    tell(desk, cross, "html", _plot(cross.name, bars), seen="O35 O17")
    bands = study.bins("bmi", (("bmi", ">=", "20"), ("bmi", "<", "40")), range(20, 40, 2))
    trace = {"type": "bar", "x": [f"{a:g}-{a + 2:g}" for a in bands.edges], "y": list(bands.stated)}
    desk.lay("S8", "html", _plot("Body mass index", [trace]), bands, seen="O35 O17")


def _other_pages(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows("screened", ("age", "igg", "vitamin_d", "region"), 240)
    records = json.loads(writers.as_json(rows))
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": "point",
        "data": {"values": records},
        "encoding": {"x": {"field": "age"}, "y": {"field": "igg"}, "color": {"field": "region"}},
    }
    script = f"<script>vegaEmbed('#vis', {json.dumps(spec)});</script>"
    desk.lay(
        "L8",
        "html",
        writers.page("IgG", '<div id="vis"></div>', script),
        claim,
        rules=f"{_ROWS} O18",
        seen="O35 O17",
    )
    cross = study.cross(14, 80)
    spec = {
        **spec,
        "mark": "bar",
        "data": {"values": json.loads(writers.as_json(long(cross)))},
        "encoding": {
            "x": {"field": cross.by[0]},
            "y": {"field": "n"},
            "color": {"field": cross.by[1]},
        },
    }
    script = f"<script>vegaEmbed('#vis', {json.dumps(spec)});</script>"
    desk.lay(
        "S8",
        "html",
        writers.page(cross.name, '<div id="vis"></div>', script),
        *cross.claims(),
        seen="O35 O17",
    )
    rows, claim = picks.rows("visits", ("study_day", "kappa", "lambda", "creatinine"), 200)
    source = {
        "type": "object",
        "name": "ColumnDataSource",
        "id": "p1002",
        "attributes": {
            "data": {
                "type": "map",
                "entries": [[name, _numbers(rows, name)] for name in rows.columns],
            }
        },
    }
    held = {"c3a9": {"version": "3.4.1", "title": "Bokeh", "roots": [source]}}
    script = f'<script type="application/json" id="e1f0">{json.dumps(held)}</script>'
    desk.lay("L8", "html", writers.page("Follow-up", script), claim, rules=_ROWS, seen="O35 O17")
    rows, claim = picks.rows(
        "screened", ("screenee", "age", "isotype", "m_protein", "risk"), 35, study.mask((FOUND,))
    )
    cross = study.cross(14, 80)
    hidden = f'<div style="display:none" id="drill">{writers.html_table(rows)}</div>'
    data = writers.page("Programme dashboard", writers.html_table(wide(cross), cross.name), hidden)
    desk.lay("L8", "html", data, claim, *cross.claims(), rules=f"{_ROWS} O22 O28")
    cross, other = study.cross(14, 80), study.cross(14, 80, sides=4)
    cards = "".join(
        f'<div class="card"><h3>{head}</h3><p>{n} persons</p></div>'
        for head, n in zip(other.heads, other.down, strict=True)
    )
    data = writers.page(
        "Programme dashboard",
        cards,
        writers.html_table(wide(cross), cross.name),
        writers.html_table(wide(other), other.name),
    )
    desk.lay("S1", "html", data, *cross.claims(), *other.claims())


def _drawn_lines(desk: Desk, study: Study, picks: Picks) -> None:
    """A line for each person, a bar for each person: drawn by hand into svg."""
    visits = study.tables["visits"]
    busy = [name for name, n in visits["screenee"].value_counts().items() if n >= 6][:40]
    places = [
        at
        for at, name in enumerate(visits["screenee"])
        if name in set(busy) and visits["m_protein"][at]
    ]
    rows, claim = picks.at("visits", ("screenee", "study_day", "m_protein"), places)
    lines: dict[str, list[str]] = {}
    for name, day, spike in rows.rows:
        lines.setdefault(name, []).append(f"{40 + int(day) / 4:.2f},{400 - 6 * float(spike):.2f}")
    drawn = "\n".join(
        f'<polyline fill="none" stroke="#39c" points="{" ".join(own)}"/>' for own in lines.values()
    )
    data = _svg(
        drawn,
        [(40 + day / 4, 412.0, str(day)) for day in (0, 400, 800, 1200)]
        + [(10, 400 - 6.0 * own, str(own)) for own in (0, 20, 40)],
    )
    unnamed = Rows(claim.table, claim.columns[1:], claim.at, tuple(row[1:] for row in claim.cells))
    desk.lay("L8", "svg", data, unnamed, rules=f"O18 {_ROWS}", seen="O17", written=False)
    held = study.mask((("progression", "=", "myeloma"),))
    rows, claim = picks.rows("screened", ("followed_days", "age"), 45, held)
    bars = "\n".join(
        (
            f'<rect x="40" y="{20 + 9 * n}" width="{int(days) / 4:.2f}" height="6"/><text x="4" '
            f'y="{26 + 9 * n}">{age} y</text>'
        )
        for n, (days, age) in enumerate(sorted(rows.rows, key=lambda row: -int(row[0])))
    )
    ticks = [(40 + day / 4, 440.0, str(day)) for day in (0, 500, 1000, 1500, 2000)]
    desk.lay("L8", "svg", _svg(bars, ticks), claim, rules=f"O18 {_ROWS}", seen="O17", written=False)
    cross = study.cross(16, 90, sides=4, heads=4)
    boxes = "\n".join(
        f'<rect x="{60 + 90 * c}" y="{40 + 50 * r}" width="86" height="46" fill="#9cf"/>'
        f'<text x="{80 + 90 * c}" y="{66 + 50 * r}">{n}</text>'
        for r, own in enumerate(cross.n) for c, n in enumerate(own)
    )  # fmt: skip
    names = [(4.0, 66.0 + 50 * r, side) for r, side in enumerate(cross.sides)]
    names += [(70.0 + 90 * c, 30.0, head) for c, head in enumerate(cross.heads)]
    desk.lay("S8", "svg", _svg(boxes, names), *cross.claims(), seen="O17")
    _flow(desk, study)


def _svg(drawn: str, texts: Sequence[tuple[float, float, str]]) -> bytes:
    own = "\n".join(
        f'<text x="{x:g}" y="{y:g}" font-size="9">{text}</text>' for x, y, text in texts
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="460">'
        f"\n{drawn}\n{own}\n</svg>\n"
    ).encode()


def _flow(desk: Desk, study: Study) -> None:
    """Who was screened, found, followed: boxes with counts."""
    found: Where = (FOUND,)
    steps: list[tuple[str, Where]] = [("Screened", ()), ("M protein found", found)]
    steps += [(f"Allocated to arm {arm}", (*found, ("arm", "=", arm))) for arm in "ABC"]
    steps.append(("Progressed", (*found, ("progressed", "=", "1"))))
    texts = [
        (40.0, 30.0 + 40 * n, f"{name} (n = {study.count(where)})")
        for n, (name, where) in enumerate(steps)
    ]
    desk.lay(
        "S8", "svg", _svg("", texts), *(study.counted(where) for _, where in steps), seen="O17"
    )
    few: Where = (*found, ("progression", "=", "lymphoma"), ("sex", "=", "F"))
    texts.append((40.0, 300.0, f"Lymphoma in women (n = {study.count(few)})"))
    desk.lay(
        "L11",
        "svg",
        _svg("", texts),
        Small("people", few, study.count(few)),
        rules="O01 O02",
        seen="O17",
    )


def _feeds(desk: Desk, study: Study, picks: Picks) -> None:
    rows, claim = picks.rows(
        "screened", ("screenee", "region", "age", "isotype", "ldh", "cost_eur"), 200
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "app.sqlite"
        with sqlite3.connect(path) as base:
            base.execute(f"CREATE TABLE p ({', '.join(rows.columns)})")
            base.executemany("INSERT INTO p VALUES (?,?,?,?,?,?)", rows.rows)
        base.close()
        desk.lay("L1", "sqlite", path.read_bytes(), claim, rules=f"{_ROWS} O22")
    claims: list[Claim] = []
    held: list[dict[str, object]] = []
    for region in ("Hafn", "Sudur", "Vestur", "Fjord"):
        where: Where = (("region", "=", region), FOUND)
        own = study.value("hb", where, "mean", 1)
        held.append(
            {
                "region": region,
                "persons": study.count(where),
                "mean_hb": float(own.printed),
                "year": 2021,
            }
        )
        claims += [study.counted(where), own]
    desk.lay(
        "S1",
        "json",
        json.dumps({"generated": "2026-03-02", "version": 3, "tiles": held}).encode(),
        *claims,
    )
    desk.lay(
        "S1", "yaml", writers.as_yaml({"tiles": held, "schema": 2, "refresh_days": 7}), *claims
    )

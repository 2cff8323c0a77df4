"""[pure] Pages with data behind a figure, and figures: of single people, or of counts."""

import base64
import json
from collections.abc import Sequence
from html import escape
from typing import Any

from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.fourth.writers import figure
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.markups import page, table
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Cross, Study, said, title
from tests.bench.outputs.third.facts import Rows

_SHORT = ("patient", "age", "sex", "hb", "d_dimer", "ttr")


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _leaky_pages(desk, study)
    _leaky_figures(desk, study)
    _clean_figures(desk, study)


def _script(name: str, content: object, kind: str = "application/json") -> str:
    return f'<script type="{kind}" data-for="{name}">{json.dumps(content)}</script>'


def _numbers(grid: Grid, name: str) -> list[float]:
    return [float(one) for one in grid.column(name)]


def _leaky_pages(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", _SHORT, 60)
    widget = {"x": {"filter": "none", "data": [grid.column(one) for one in grid.columns],
                    "container": "<table class='display'>"}, "evals": []}  # fmt: skip
    body = f'<div id="htmlwidget-1" class="datatables"></div>{_script("htmlwidget-1", widget)}'
    desk.lay("L8", "html", page("Patients", body), claim, rules="O19 O22", seen="O35 O17")

    grid, claim = study.rows("patients", ("patient", "age", "egfr", "d_dimer"), 90)
    hover = [
        f"{name}<br>{age} y"
        for name, age in zip(grid.column("patient"), grid.column("age"), strict=True)
    ]
    trace = {"type": "scattergl", "mode": "markers", "x": _numbers(grid, "egfr"),
             "y": _numbers(grid, "d_dimer"), "text": hover}  # fmt: skip
    body = f'<div id="p1"></div><script>Plotly.newPlot("p1", {json.dumps([trace])});</script>'
    desk.lay("L8", "html", page("Kidney and D-dimer", body), claim, rules="O19 O22", seen="O35 O17")

    grid, claim = study.rows("inr", ("patient", "day", "value"), 150)
    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "line",
            "data": {"values": [dict(zip(grid.columns, row, strict=True)) for row in grid.rows]},
            "encoding": {"x": {"field": "day"}, "y": {"field": "value"}}}  # fmt: skip
    desk.lay("L8", "json", json.dumps(spec, indent=1).encode(), claim, rules="O19 O22")

    grid, claim = study.rows("patients", _SHORT, 40)
    hidden = f'<div style="display:none" id="src">{base64.b64encode(csv(grid)).decode()}</div>'
    cross = study.cross("many")
    counts = table(cross.grid().columns, cross.grid().rows)
    desk.lay("L8", "html", page("Report", f"<h1>{escape(cross.title)}</h1>{counts}{hidden}"), claim,
             rules="O19 O22")  # fmt: skip

    few = study.tally("few")
    option = {
        "xAxis": {"data": [one for one, _ in few.counts]},
        "series": [{"type": "bar", "name": "n", "data": [n for _, n in few.counts]}],
    }
    body = f"<h2>{escape(title(few.column))}, {escape(said(few.where))}, number of people</h2>"
    body += f"<div id='c'></div><script>echarts.init(c).setOption({json.dumps(option)})</script>"
    desk.lay("L8", "html", page("Dashboard", body), *few.claims(), rules="O01", seen="O35 O17")


def _points(study: Study, x: str, y: str, size: int, where: Any = ()) -> tuple[Grid, Rows]:
    return study.rows("patients", (x, y), size, where=where)


def _leaky_figures(desk: Desk, study: Study) -> None:
    grid, claim = _points(study, "d_dimer", "cost_eur", 300)

    def scatter(axes: Any) -> None:
        axes.scatter(_numbers(grid, "d_dimer"), _numbers(grid, "cost_eur"), s=8)
        axes.set_xlabel("D-dimer, ng/ml")
        axes.set_ylabel("cost, EUR")

    for kind in ("svg", "pdf"):
        desk.lay(
            "L8", kind, figure(kind, scatter), claim, rules="O18 O19", seen="O17", written=False
        )

    rows, named = study.rows("patients", ("patient", "platelets"), 25)

    def labelled(axes: Any) -> None:
        axes.barh(range(25), _numbers(rows, "platelets"))
        axes.set_yticks(range(25), rows.column("patient"), fontsize=6)
        for n, value in enumerate(rows.column("platelets")):
            axes.text(float(value), n, value, fontsize=6)

    desk.lay("L8", "svg", figure("svg", labelled), named, rules="O19 O22 O18", seen="O17")
    few = study.cross("few", heads=2, sides=5)
    desk.lay("L8", "svg", _stacked(few), *few.claims(), rules="O01", seen="O17")


def _stacked(cross: Cross, kind: str = "svg") -> bytes:
    """Bars side by side with the count above each, and the rest of the table in the title."""

    def draw(axes: Any) -> None:
        for n, head in enumerate(cross.heads):
            heights = [own[n] for _, own in cross.lines]
            places = [at + 0.4 * n for at in range(len(heights))]
            for bar, count in zip(axes.bar(places, heights, 0.4, label=head), heights, strict=True):
                axes.text(bar.get_x() + 0.1, count, str(count))
        axes.set_xticks(range(len(cross.sides)), cross.sides)
        axes.set_ylabel("number of people")
        axes.set_title(f"{cross.title}\n{said(cross.where)}", fontsize=8)
        axes.legend()

    return figure(kind, draw)


def _clean_figures(desk: Desk, study: Study) -> None:
    for kind, band in (("svg", "ten"), ("pdf", "many"), ("png", "many")):
        cross = study.cross(band, heads=2, sides=5)
        desk.lay(
            "S8", kind, _stacked(cross, kind), *cross.claims(), seen="O17", written=kind == "svg"
        )
    tally = study.tally("many")
    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "bar",
            "title": f"{title(tally.column)}, {said(tally.where)}",
            "data": {"values": [{"level": one, "people": n} for one, n in tally.counts]},
            "encoding": {"x": {"field": "level"}, "y": {"field": "people"}}}  # fmt: skip
    desk.lay("S8", "json", json.dumps(spec, indent=1).encode(), *tally.claims())
    own = study.survival((("drug", "=", "warfarin"),), "bled", (0, 365, 730, 1095))

    def curve(axes: Any) -> None:
        axes.step([one.day for one in own.steps], [float(one.survival) for one in own.steps])
        for one in own.steps:
            axes.text(one.day, 0.5, f"{one.risk}", fontsize=7)
            axes.text(one.day, float(one.survival), one.survival, fontsize=7)
        axes.set_title("Warfarin: free of bleeding, people at risk below", fontsize=8)
        axes.set_ylim(0.4, 1.02)

    desk.lay("S8", "svg", figure("svg", curve), own, seen="O17")
    fit = study.fit("logistic", (), "bled", ("age", "has_bled", "drug=warfarin", "sex=male"))
    desk.lay("S8", "svg", _forest(fit.ratio_table().rows), fit.ratios(), seen="O17")
    base = study.tally("ten")
    grid = base.grid()
    option = {"series": [{"type": "bar", "data": [n for _, n in base.counts]}]}
    body = f"<h2>{escape(title(base.column))}, {escape(said(base.where))}, people</h2>"
    body += table(grid.columns, grid.rows)
    body += f"<div id='c'></div><script>echarts.init(c).setOption({json.dumps(option)})</script>"
    desk.lay("S8", "html", page("Dashboard", body), *base.claims(), seen="O35 O17")


def _forest(rows: Sequence[Sequence[str]]) -> bytes:
    """Ratios with their limits, the numbers at the right."""

    def draw(axes: Any) -> None:
        for n, (term, ratio, low, high, _) in enumerate(rows):
            axes.plot([float(low), float(high)], [n, n], color="black")
            axes.plot([float(ratio)], [n], "s", color="black")
            axes.text(2.6, n, f"{ratio} ({low}-{high})", fontsize=7)
            axes.text(0.2, n, term, fontsize=7)
        axes.set_xlim(0.2, 4)

    return figure("svg", draw)

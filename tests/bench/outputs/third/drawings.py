"""Figures: one mark a person, and curves and bars of cleared tables; matplotlib and web plots."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from tests.bench.outputs.third import facts, writers
from tests.bench.outputs.third.analyst import Analyst
from tests.bench.outputs.third.desk import Desk, Kept
from tests.bench.outputs.third.facts import ALL, Where
from tests.bench.outputs.third.rows import Some, some

FIGURE = "O17"
"""A figure is looked at by people whatever it shows."""
_BARE: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}


def drawn(paint: Callable[[Any], object], kind: str) -> bytes:
    """Paint on one pair of axes and save."""
    figure = Figure(figsize=(5, 4))
    paint(figure.subplots())
    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "alliance"}):
        figure.savefig(out, format=kind, metadata=_BARE[kind], dpi=90)
    return out.getvalue()


def _dots(xs: Sequence[float], ys: Sequence[float]) -> Callable[[Any], object]:
    return lambda axes: axes.scatter(xs, ys, s=9)


def _bars(labels: Sequence[str], bars: Sequence[float]) -> Callable[[Any], object]:
    return lambda axes: axes.bar(labels, bars)


def _spread(means: Sequence[float], spreads: Sequence[float]) -> Callable[[Any], object]:
    return lambda axes: axes.errorbar(range(len(means)), means, spreads, fmt="o")


def _boxed(boxes: Sequence[dict[str, Any]]) -> Callable[[Any], object]:
    return lambda axes: axes.bxp(boxes, showfliers=False)


def _floats(own: Some, name: str) -> list[float]:
    return [float(cell) for cell in own.grid.column(name)]


def people(desk: Desk, analyst: Analyst) -> None:
    """L8: a mark for each person."""

    def lay(kind: str, data: bytes, *claims: Kept, rules: str = "O18 O19") -> None:
        seen = "" if kind in {"html", "json"} else FIGURE
        desk.lay("L8", kind, data, *claims, rules=rules, seen=seen, written=False)

    for kind, x, y, many in (
        ("svg", "ldh_uln", "tmtv_ml", 250),
        ("pdf", "b2m_mg_l", "albumin_g_l", 180),
        ("png", "weight_kg", "rdi", 120),
        ("svg", "age", "tmtv_ml", 70),
    ):
        own = some(analyst, (x, y), many)
        lay(
            kind,
            drawn(_dots(_floats(own, x), _floats(own, y)), kind),
            own.claim,
        )
    own = some(analyst, ("tmtv_ml", "ldh_uln"), 90)
    lay(
        "svg",
        drawn(
            lambda axes: (
                axes.plot(_floats(own, "tmtv_ml"), _floats(own, "ldh_uln"), "o"),
                axes.set_xscale("log"),
            ),
            "svg",
        ),
        own.claim,
    )
    swim = some(analyst, ("pfs_days", "os_days"), 60)
    for kind in ("svg", "pdf"):
        lay(
            kind,
            drawn(
                lambda axes: (
                    axes.barh(range(60), _floats(swim, "os_days")),
                    axes.plot(_floats(swim, "pfs_days"), range(60), "k^"),
                ),
                kind,
            ),
            swim.claim,
        )
    _curve(desk, analyst)
    web = some(analyst, ("age", "tmtv_ml", "ldh_uln", "stage"), 80)
    plain = {
        name: [writers.number(cell) for cell in web.grid.column(name)] for name in web.grid.columns
    }
    plotly = {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": plain["age"],
                "y": plain["tmtv_ml"],
                "text": plain["stage"],
                "customdata": plain["ldh_uln"],
            }
        ],
        "layout": {"title": "TMTV"},
    }
    script = '<script>Plotly.newPlot("p", {data}, {layout});</script>'
    page = f'<html><body><div id="p"></div>{script}</body></html>\n'
    text = page.replace("{data}", json.dumps(plotly["data"])).replace(
        "{layout}", json.dumps(plotly["layout"])
    )
    lay("html", text.encode(), web.claim, rules="O19 O18")
    vega = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": "point",
        "data": {
            "values": [
                dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)
            ]
        },
    }
    lay("json", json.dumps(vega).encode(), web.claim, rules="O19")
    lay(
        "html",
        page.replace(
            script, f'<script type="application/json">{json.dumps(vega)}</script>'
        ).encode(),
        web.claim,
        rules="O19 O18",
    )


def _curve(desk: Desk, analyst: Analyst) -> None:
    """A Kaplan-Meier curve with a tick at each censored person and a step at each death."""
    where: Where = (("trial", "=", "FJORD"),)
    frame = analyst.meet(where).sort_values("os_days")
    times, events = frame["os_days"].to_numpy(), frame["os_event"].to_numpy() == 1
    alive = np.cumprod(1 - events / np.arange(len(times), 0, -1))
    days = tuple(int(day) for day in times[events])
    for kind in ("svg", "pdf"):
        data = drawn(
            lambda axes: (
                axes.step(times, alive, where="post"),
                axes.plot(times[~events], alive[~events], "|"),
            ),
            kind,
        )
        desk.lay(
            "L8",
            kind,
            data,
            facts.Moments(where, "os_days", "os_event", days),
            rules="O16 O18 O19",
            seen=FIGURE,
        )


def cleared(desk: Desk, analyst: Analyst) -> None:
    """S8: bars, lines, boxes without outliers, forests and curves from cleared tables."""
    kinds = ("svg", "pdf", "png")
    for at, kind in enumerate(kinds * 2):
        grid, claims = (analyst.years, analyst.deaths)[at % 2]()
        labels, bars = [row[0] for row in grid.rows], [float(row[1]) for row in grid.rows]
        desk.lay(
            "S8",
            kind,
            drawn(_bars(labels, bars), kind),
            *claims,
            seen=FIGURE,
        )
    for kind in kinds:
        grid, claims = analyst.means()
        means = [float(c) for c in grid.column("mean age")]
        spreads = [float(c) for c in grid.column("sd age")]
        desk.lay(
            "S8",
            kind,
            drawn(_spread(means, spreads), kind),
            *claims,
            seen=FIGURE,
        )
    for kind in kinds:
        desk.lay("S8", kind, *_yearly_curve(analyst, kind), seen=FIGURE)
    for kind in kinds[:2]:
        boxes, own_claims = _boxes(analyst)
        desk.lay(
            "S8",
            kind,
            drawn(_boxed(boxes), kind),
            *own_claims,
            seen=FIGURE,
        )
    for kind in kinds:
        desk.lay("S8", kind, *_roc(analyst, kind), seen=FIGURE)
    theory = facts.Outside("a curve of a formula")
    years = np.linspace(0, 10, 200)
    desk.lay(
        "S8",
        "svg",
        drawn(lambda axes: axes.plot(years, np.exp(-0.13 * years)), "svg"),
        theory,
        seen=FIGURE,
    )


def _yearly_curve(analyst: Analyst, kind: str) -> tuple[Any, ...]:
    """Survival at whole years, joined by lines."""
    edges = (0, 365, 730, 1095, 1460, 1825)
    pairs = sorted(zip(analyst.people["os_days"], analyst.people["os_event"] == 1, strict=True))
    steps = tuple(
        facts.step_of(pairs, day, after, 3)
        for day, after in zip(edges, (*edges[1:], 10**9), strict=True)
    )
    alive = [float(step.survival) for step in steps]
    data = drawn(lambda axes: axes.plot(range(6), alive, drawstyle="steps-post"), kind)
    return data, facts.Survival(ALL, "os_days", "os_event", steps, few=False)


def _boxes(analyst: Analyst) -> tuple[list[dict[str, Any]], list[Kept]]:
    """Boxes of age, whiskers at the 5th and 95th percentile in steps of five years."""
    boxes = list[dict[str, Any]]()
    claims = list[Kept]()
    for trial in ("ALPINE", "BRENTA", "CEDAR"):
        where: Where = (("trial", "=", trial),)
        own = {}
        for name, key in (
            ("q5", "whislo"),
            ("q25", "q1"),
            ("q50", "med"),
            ("q75", "q3"),
            ("q95", "whishi"),
        ):
            text, claim = analyst.number("age", where, name, 0, base="5")
            own[key] = float(text)
            claims.append(claim)
        boxes.append({**own, "label": trial, "fliers": []})
    return boxes, claims


def _roc(analyst: Analyst, kind: str) -> tuple[Any, ...]:
    """Operating points of LDH for death at five cuts, from large counts."""
    points, claims = [(0.0, 0.0)], list[Kept]()
    for cut in ("2.0", "1.6", "1.3", "1.0", "0.8"):
        rates = []
        for died in ("0", "1"):
            where: Where = (("os_event", "=", died),)
            n, of = len(analyst.meet((*where, ("ldh_uln", ">=", cut)))), len(analyst.meet(where))
            claims.append(facts.Count("people", (*where, ("ldh_uln", ">=", cut)), n))
            rates.append(n / of)
        points.append((rates[0], rates[1]))
    xs, ys = zip(*points, (1.0, 1.0), strict=True)
    return drawn(
        lambda axes: (axes.plot(xs, ys, "-o"), axes.plot([0, 1], [0, 1], ":")), kind
    ), *claims

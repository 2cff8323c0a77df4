"""Figures and graphs: pygal, lets-plot, Vega-Lite through vl-convert, matplotlib, networkx, folium."""

import io
import json
import warnings

import matplotlib

matplotlib.use("Agg")
import altair as alt
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from run import maker, run
from shelf import (
    cells,
    chosen,
    count,
    extremes,
    groups,
    lay,
    outside,
    persons,
    pseudonyms,
    rows,
    share,
    small,
    value,
)  # fmt: skip
from texts import WHERE_COMMON, WHERE_LARGE, in_common, in_large

warnings.filterwarnings("ignore")
matplotlib.rcParams |= {"svg.hashsalt": "units", "svg.fonttype": "none"}
harbour = persons[persons.unit == "Harbourside"]
AT_HARBOUR = "unit = Harbourside"


def svg(figure, ending="svg"):
    told = io.BytesIO()
    figure.savefig(told, format=ending, metadata={"Date": None})
    plt.close(figure)
    return told.getvalue()


@maker
def pygal_() -> None:
    import pygal

    options = {"js": [], "width": 640, "height": 400, "no_prefix": True}
    own = pygal.Bar(title="Ulcers by unit", print_values=True, **options)
    for u, f in persons.groupby("unit"):
        own.add(u, int(f.ulcer.sum()))
    lay(
        "pygal/ulcers.svg",
        "L11",
        small("unit = Harbourside; ulcer = 1", 3),
        rules="O01",
        text=own.render(),
        leak="Three people of Harbourside had an ulcer.",
    )
    own = pygal.HorizontalBar(title="Persons by condition", print_values=True, **options)
    for u, f in in_common.groupby("condition"):
        own.add(u, len(f))
    lay("pygal/conditions.svg", "S8", groups(("condition",), WHERE_COMMON), text=own.render())
    own = pygal.XY(title="Ferritin by weight", stroke=False, **options)
    own.add(
        "Harbourside",
        [
            {"value": (float(a), float(b)), "label": str(c)}
            for a, b, c in harbour[["weight_kg", "ferritin", "born"]].to_numpy()
        ],
    )
    lay(
        "pygal/harbourside.svg",
        "L8",
        rows(["born"], harbour.index),
        rules="O18 O19",
        text=own.render(),
        leak="Each person of Harbourside is a point with a day of birth.",
    )
    own = pygal.Line(
        title="Haemoglobin by age", x_labels=["0-9", "10-19", "20-29", "30-39", "40-49"], **options
    )
    means = [
        round(float(chosen(f"age >= {a}; age < {a + 10}").hb.mean()), 1) for a in range(0, 50, 10)
    ]
    own.add("mean", means)
    lay(
        "pygal/hb_by_age.svg",
        "S8",
        *[
            value("hb", "mean", means[k], few=False, where=f"age >= {10 * k}; age < {10 * k + 10}")
            for k in (1, 2)
        ],
        text=own.render(),
    )
    own = pygal.Box(title="Cost", box_mode="extremes", **options)
    own.add("Harbourside", [float(c) for c in harbour.cost])
    lay(
        "pygal/cost_box.svg",
        "L11",
        extremes("cost", f"{harbour.cost.max():.10g}", where=AT_HARBOUR),
        rules="O08",
        text=own.render(),
        leak="The ends of the box are two people's costs.",
    )


@maker
def lets_plot_() -> None:
    from lets_plot import aes, geom_bar, geom_point, geom_text, ggplot, ggsize, ggtitle

    def drawn(own):
        told = io.BytesIO()
        own.to_svg(told)
        return told.getvalue()

    own = (
        ggplot(harbour, aes("age", "ferritin"))
        + geom_point()
        + ggtitle("Harbourside")
        + ggsize(500, 320)
    )
    lay(
        "lets-plot/harbourside.svg",
        "L8",
        rows(["ferritin"], harbour.index),
        rules="O18 O19",
        text=drawn(own),
        written=False,
        leak="Each person of Harbourside is a point.",
    )
    own = in_large.groupby("unit").size().rename("persons").reset_index()
    made = (
        ggplot(own, aes("unit", "persons"))
        + geom_bar(stat="identity")
        + geom_text(aes(label="persons"), nudge_y=30)
        + ggsize(500, 320)
    )
    lay("lets-plot/units.svg", "S8", groups(("unit",), WHERE_LARGE), text=drawn(made))
    columns = ["age", "weight_kg", "ferritin"]
    told = io.BytesIO()
    some = chosen("condition = Hb Lepore")
    made = (
        ggplot(some[columns], aes("age", "weight_kg", color="ferritin"))
        + geom_point()
        + ggsize(500, 320)
    )
    made.to_html(told)
    lay(
        "lets-plot/lepore.html",
        "L8",
        rows(columns, some.index),
        rules="O19",
        text=told.getvalue(),
        leak="The page holds the people with Hb Lepore that it draws.",
    )
    told = io.BytesIO()
    own = persons.groupby(["chelator", "gender"]).size().rename("persons").reset_index()
    (
        ggplot(own, aes("chelator", "persons", fill="gender"))
        + geom_bar(stat="identity", position="dodge")
        + ggsize(500, 320)
    ).to_html(told)
    lay("lets-plot/chelators.html", "S8", groups(("chelator", "gender")), text=told.getvalue())


@maker
def vl_convert() -> None:
    import vl_convert as vl

    def spec(frame, mark, **encoding):
        return json.loads(getattr(alt.Chart(frame), f"mark_{mark}")().encode(**encoding).to_json())

    own = spec(harbour[["age", "hb"]], "point", x="age:Q", y="hb:Q")
    lay(
        "vl-convert/harbourside.svg",
        "L8",
        rows(["age", "hb"], harbour.index),
        rules="O18 O19",
        text=vl.vegalite_to_svg(own),
        leak="Each person of Harbourside is a point with a title.",
    )
    table = in_large.groupby(["unit", "gender"]).size().rename("n").reset_index()
    own = spec(table, "bar", x="unit:N", y="n:Q", color="gender:N")
    lay(
        "vl-convert/units.svg",
        "S8",
        groups(("unit", "gender"), WHERE_LARGE),
        text=vl.vegalite_to_svg(own),
    )
    lay(
        "vl-convert/units.html",
        "S8",
        groups(("unit", "gender"), WHERE_LARGE),
        text=vl.vegalite_to_html(own),
    )
    table = persons.groupby(["condition", "ulcer"]).size().rename("n").reset_index()
    own = spec(table[table.ulcer == 1], "bar", x="condition:N", y="n:Q")
    lay(
        "vl-convert/ulcers.html",
        "L11",
        *cells(("condition", "ulcer"), "ulcer = 1", only="small"),
        rules="O01",
        text=vl.vegalite_to_html(own),
        leak="One person with Hb Lepore had an ulcer.",
    )
    lay(
        "vl-convert/ulcers.vg.json",
        "L11",
        *cells(("condition", "ulcer"), "ulcer = 1", only="small"),
        rules="O01",
        text=json.dumps(vl.vegalite_to_vega(own), indent=1),
        leak="One person with Hb Lepore had an ulcer.",
    )
    some = persons.sample(80, random_state=31).sort_index()
    own = spec(some[["ferritin", "hb", "unit"]], "tick", x="ferritin:Q", y="unit:N")
    lay(
        "vl-convert/ticks.vg.json",
        "L8",
        rows(["ferritin", "hb", "unit"], some.index),
        rules="O19 O18",
        text=json.dumps(vl.vegalite_to_vega(own), indent=1),
        leak="The data of eighty people behind a strip of ticks.",
    )


@maker
def matplotlib_others() -> None:
    from scipy import stats
    from scipy.cluster.hierarchy import dendrogram, linkage
    from statsmodels.graphics.mosaicplot import mosaic

    figure, axes = plt.subplots(figsize=(6, 4))
    dead = chosen("condition = S beta plus; died = 1").died_days
    axes.eventplot([sorted(dead)], linelengths=0.6)
    axes.set_xlabel("days to death, S beta plus")
    lay(
        "matplotlib/deaths.svg",
        "L8",
        {
            "Moments": {
                "where": "condition = S beta plus",
                "time": "died_days",
                "event": "died",
                "days": [int(d) for d in sorted(dead)],
            }
        },
        rules="O18 O16 O01",
        text=svg(figure),
        written=False,
        leak="A line for each of thirteen deaths.",
    )
    figure, axes = plt.subplots(figsize=(6, 4))
    table = pd.crosstab(in_large.unit, in_large.gender)
    axes.stackplot(range(4), table["female"], table["male"], labels=["female", "male"])
    for at, n in enumerate(table["female"]):
        axes.text(at, n / 2, str(n))
    for at, (n, m) in enumerate(zip(table["female"], table["male"], strict=True)):
        axes.text(at, n + m / 2, str(m))
    axes.set_xticks(range(4), table.index)
    lay("matplotlib/stack.svg", "S8", groups(("unit", "gender"), WHERE_LARGE), text=svg(figure))
    figure, axes = plt.subplots(figsize=(5, 5))
    counts = harbour.condition.value_counts()
    axes.pie(counts, labels=counts.index, autopct="%.1f%%")
    lay(
        "matplotlib/pie_harbourside.svg",
        "L11",
        *[
            share(f"condition = {c}", AT_HARBOUR, f"{100 * n / len(harbour):.1f}", few=True)
            for c, n in counts.items()
            if n < 10
        ],
        rules="O10 O01",
        text=svg(figure),
        leak="Shares of 39 people; 5.1 % are two.",
    )
    figure, axes = plt.subplots(figsize=(5, 5))
    counts = persons.blood_group.value_counts()
    axes.pie(counts, labels=[f"{c} (n={n})" for c, n in counts.items()], autopct="%.0f%%")
    lay("matplotlib/pie_blood_groups.svg", "S8", groups(("blood_group",)), text=svg(figure))
    figure, axes = plt.subplots(figsize=(6, 4))
    some = chosen("unit = Harbourside")
    dendrogram(
        linkage(some[["age", "hb", "ferritin"]].apply(stats.zscore), "ward"),
        labels=list(some.person),
        ax=axes,
        orientation="right",
    )
    lay(
        "matplotlib/dendrogram.svg",
        "L13",
        pseudonyms(list(some.index)),
        rules="O22",
        text=svg(figure),
        leak="The leaves of a tree are named by the codes of people.",
    )
    figure, axes = plt.subplots(figsize=(6, 4))
    means = in_large.groupby("unit")[["age", "hb", "ferritin"]].mean()
    dendrogram(linkage(means.apply(stats.zscore), "average"), labels=list(means.index), ax=axes)
    lay("matplotlib/dendrogram_units.svg", "S8", outside("a tree of four units"), text=svg(figure))
    figure, axes = plt.subplots(figsize=(6, 4))
    stats.probplot(women_hb := chosen("unit = Harbourside; gender = female").hb, plot=axes)
    lay(
        "matplotlib/probplot.svgz",
        "L8",
        extremes(
            "hb",
            int(women_hb.min()),
            int(women_hb.max()),
            where="unit = Harbourside; gender = female",
        ),
        rules="O18 O08",
        text=svg(figure, "svgz"),
        written=False,
        leak="Each of 15 women is a point.",
    )
    figure, axes = plt.subplots(figsize=(6, 4))
    x = np.linspace(0, 60, 80)
    axes.plot(x, 1 / (1 + np.exp(-(x - 30) / 8)))
    axes.set_title("A logistic curve")
    lay("matplotlib/curve.svgz", "S8", outside("a curve of a formula"), text=svg(figure, "svgz"))
    figure, axes = plt.subplots(figsize=(7, 5))
    mosaic(
        chosen("unit = Gorsebank"),
        ["gender", "chelator"],
        ax=axes,
        labelizer=lambda key: str(
            len(chosen(f"unit = Gorsebank; gender = {key[0]}; chelator = {key[1]}"))
        ),
    )
    lay(
        "statsmodels/mosaic.svg",
        "L11",
        *cells(("gender", "chelator"), "unit = Gorsebank", only="small"),
        rules="O01",
        text=svg(figure),
        leak="Cells of a few people of Gorsebank.",
    )
    figure, axes = plt.subplots(figsize=(7, 5))
    mosaic(
        in_large,
        ["unit", "gender"],
        ax=axes,
        labelizer=lambda key: str(len(chosen(f"unit = {key[0]}; gender = {key[1]}"))),
    )
    lay(
        "statsmodels/mosaic_large.svg",
        "S8",
        groups(("unit", "gender"), WHERE_LARGE),
        text=svg(figure),
    )


@maker
def survival_figures() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.plotting import add_at_risk_counts

    def drawn(frame, ticks):
        figure, axes = plt.subplots(figsize=(6, 5))
        own = KaplanMeierFitter().fit(frame.died_days / 365.25, frame.died, label="alive")
        own.plot_survival_function(ax=axes)
        axes.set_xlim(0, ticks[-1])
        add_at_risk_counts(own, ax=axes, xticks=ticks)
        figure.tight_layout()
        return svg(figure)

    frame = chosen("unit = Harbourside")
    lay(
        "lifelines/harbourside.svg",
        "L8",
        small("unit = Harbourside; died = 1", 2),
        rules="O16 O01",
        text=drawn(frame, [0, 2, 4, 6, 8, 10]),
        leak="Steps and counts at risk of 39 people, two of whom died.",
    )


@maker
def graphs() -> None:
    def flow(frame):
        own = nx.DiGraph()
        for (a, b), f in frame.groupby(["condition", "chelator"]):
            own.add_edge(a, b, weight=len(f))
        return own

    few, many = flow(persons), nx.DiGraph()
    for (a, b), f in in_large.groupby(["unit", "chelator"]):
        many.add_edge(a, b, weight=len(f))
    claims, good = (
        cells(("condition", "chelator"), only="small"),
        groups(("unit", "chelator"), WHERE_LARGE),
    )
    lay(
        "networkx/flow.graphml",
        "L11",
        *claims,
        rules="O01",
        text="\n".join(nx.generate_graphml(few)) + "\n",
        leak="One to nine people on several edges.",
    )
    lay(
        "networkx/large_units.graphml", "S1", good, text="\n".join(nx.generate_graphml(many)) + "\n"
    )
    lay(
        "networkx/flow.gml",
        "L11",
        *claims,
        rules="O01",
        text="\n".join(nx.generate_gml(few)) + "\n",
        leak="One to nine people on several edges.",
    )
    lay("networkx/large_units.gml", "S1", good, text="\n".join(nx.generate_gml(many)) + "\n")
    lay(
        "networkx/large_units.json",
        "S1",
        good,
        text=json.dumps(nx.node_link_data(many), indent=1) + "\n",
    )
    some = persons.loc[900:929]
    own = nx.Graph()
    for one in some.itertuples():
        own.add_edge(one.person, one.unit, born=one.born)
        own.nodes[one.person]["hb"] = int(one.hb)
    lay(
        "networkx/persons.json",
        "L1",
        rows(["person", "born", "unit", "hb"], some.index),
        rules="O19 O22",
        text=json.dumps(nx.node_link_data(own), indent=1) + "\n",
        leak="Thirty people are the nodes of a graph.",
    )


@maker
def flow_charts() -> None:
    import graphviz

    def chart(steps):
        own = graphviz.Digraph("flow", node_attr={"shape": "box"})
        for at, (text, out) in enumerate(steps):
            own.node(f"a{at}", text)
            if at:
                own.edge(f"a{at - 1}", f"a{at}")
            if out:
                own.node(f"x{at}", out)
                own.edge(f"a{at}", f"x{at}", label="left out")
        return own.source

    whole, scanned = len(persons), int(persons.t2star_ms.notna().sum())
    frame = persons[persons.t2star_ms.notna()]
    n = int((frame.ejection < 44).sum())
    lay(
        "graphviz/scanned.gv",
        "L11",
        small("t2star_ms != ; ejection < 44", n),
        rules="O01",
        text=chart(
            [
                (f"In care (n = {whole})", f"Never scanned (n = {whole - scanned})"),
                (f"Scanned (n = {scanned})", f"Weak heart (n = {n})"),
                (f"Analysed (n = {scanned - n})", ""),
            ]
        ),
        leak=f"{n} people were left out for a weak heart.",
    )
    child = int((persons.age < 18).sum())
    lay(
        "graphviz/adults.gv",
        "S1",
        count("", whole),
        count("age < 18", child),
        count("age >= 18", whole - child),
        text=chart(
            [
                (f"In care (n = {whole})", f"Younger than 18 (n = {child})"),
                (f"Adults (n = {whole - child})", ""),
            ]
        ),
    )


@maker
def maps() -> None:
    import folium

    spots = {
        u: (53.1 + 0.07 * at, -1.2 + 0.11 * at)
        for at, u in enumerate(sorted(persons.unit.unique()))
    }

    def drawn(frame, column):
        own = folium.Map(location=(53.3, -0.9), zoom_start=9, tiles=None, prefer_canvas=True)
        for u, f in frame.groupby("unit"):
            folium.CircleMarker(
                spots[u], radius=8, tooltip=f"{u}: {int(f[column].sum())} of {len(f)}"
            ).add_to(own)
        return own.get_root().render()

    lay(
        "folium/diabetes.html",
        "L11",
        small("unit = Harbourside; diabetes = 1", 3),
        rules="O01",
        text=drawn(persons, "diabetes"),
        leak="Three people of Harbourside have diabetes.",
    )
    lay(
        "folium/strokes.html",
        "S8",
        *cells(("unit", "stroke"), WHERE_LARGE + "; stroke = 1"),
        text=drawn(in_large, "stroke"),
    )


@maker
def learned_figures() -> None:
    from models import tree_claims
    from sklearn.tree import DecisionTreeRegressor, plot_tree

    own = DecisionTreeRegressor(max_depth=2, random_state=0).fit(
        harbour[["age", "bags_year"]], harbour.ferritin
    )
    figure, axes = plt.subplots(figsize=(8, 5))
    plot_tree(own, feature_names=["age", "bags_year"], ax=axes, impurity=False, precision=1)
    lay(
        "scikit-learn/tree_harbourside.svg",
        "L11",
        *tree_claims(own, harbour, harbour[["age", "bags_year"]], outcome=None),
        rules="O01",
        text=svg(figure),
        leak="Leaves of one to nine people.",
    )
    own = DecisionTreeRegressor(max_depth=2, min_samples_leaf=300, random_state=0).fit(
        persons[["age", "bags_year"]], persons.ferritin
    )
    figure, axes = plt.subplots(figsize=(8, 5))
    plot_tree(own, feature_names=["age", "bags_year"], ax=axes, impurity=False, precision=0)
    lay("scikit-learn/tree_all.svg", "S8", count("", 5000), text=svg(figure))


if __name__ == "__main__":
    run()

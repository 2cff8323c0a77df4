"""Figures of matplotlib, seaborn, plotly, altair, bokeh and plotnine."""

import io
import re

import altair
import bokeh.embed
import bokeh.models
import bokeh.plotting
import bokeh.resources
import lifelines
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import plotnine
import seaborn as sns
import statsmodels.formula.api as smf
import vl_convert

from tests.bench.outputs.seventh.libraries.counts import cross, laid
from tests.bench.outputs.seventh.libraries.shelf import (
    LEAST,
    count,
    extremes,
    groups,
    lay,
    meets,
    patients,
    rows,
    small,
)


def make() -> None:
    mpl.use("svg")
    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "1", "figure.figsize": (5, 3.6)}
    _people()
    _bars()
    _curves()
    _smooth()
    _plotly()
    _altair()
    _bokeh()


def _saved(kind: str, **given: object) -> bytes:
    box = io.BytesIO()
    plt.savefig(box, format=kind, bbox_inches="tight", **given)
    plt.close("all")
    return box.getvalue()


def _people() -> None:
    own = meets("diagnosis = factor VII")
    plt.scatter(own["age"], own["hb"], s=14)
    plt.xlabel("Age (years)")
    plt.ylabel("Haemoglobin (g/L)")
    lay(
        "matplotlib/age-haemoglobin.svg",
        _saved("svg"),
        "L8 O18 O19 O20",
        [rows(own.index, ["age", "hb"])],
        "Each point is a patient.",
        written=False,
    )
    own = meets("diagnosis = factor XI")
    mpl.rcParams["svg.fonttype"] = "path"
    sns.stripplot(
        own, x="severity", y="platelets", order=["mild", "moderate", "severe"], jitter=False
    )
    lay(
        "seaborn/platelets-strip.svg",
        _saved("svg"),
        "L8 O18 O19 O20",
        [rows(own.index, ["severity", "platelets"])],
        "Each point is a patient.",
        written=False,
    )
    mpl.rcParams["svg.fonttype"] = "none"
    own = meets("centre = G")
    plt.plot(own["weight"], own["height"], "o", ms=3)
    plt.xlabel("weight")
    plt.ylabel("height")
    lay(
        "matplotlib/weight-height.pdf",
        _saved("pdf"),
        "L8 O18 O19 O20",
        [rows(own.index, ["weight", "height"])],
        "Each point is a patient.",
        written=False,
    )
    own = meets("centre = H")
    plt.scatter(own["age"], own["creatinine"], marker="x")
    drawn = re.sub(rb"(CreationDate: ).*", rb"\1Tue Mar 12 14:05:31 2024", _saved("eps"))
    lay(
        "matplotlib/age-creatinine.eps",
        drawn,
        "L8 O18 O19 O20",
        [rows(own.index, ["age", "creatinine"])],
        "Each cross is a patient.",
        written=False,
    )
    own = patients[patients.hepatitis == "chronic"]
    box = plt.boxplot(
        [own["ferritin"].dropna(), own["cost"] / 100], tick_labels=["ferritin", "cost / 100"]
    )
    out = box["fliers"][0].get_ydata()
    lay(
        "matplotlib/ferritin-box.svg",
        _saved("svg"),
        "L8 O08 O18 O19",
        [extremes("ferritin", sorted({float(one) for one in out}), "hepatitis = chronic")],
        "Points beyond the whiskers are patients.",
        written=False,
    )
    own = patients.dropna(subset="joint_score").head(60)
    figure = (
        plotnine.ggplot(own, plotnine.aes("age", "joint_score", colour="severity"))
        + plotnine.geom_point()
    )
    box_ = io.BytesIO()
    figure.save(box_, format="svg", verbose=False, width=5, height=3.6)
    lay(
        "plotnine/age-joints.svg",
        box_.getvalue(),
        "L8 O18 O19 O20",
        [rows(own.index, ["age", "joint_score", "severity"])],
        "Each point is a patient.",
        written=False,
    )
    plt.bar(["a", "b"], [120, 240])
    own = patients.head(12)[["age", "sex", "hb", "cost"]]
    lay(
        "matplotlib/bars-with-comment.png",
        _saved("png", metadata={"Comment": own.to_csv(index=False)}),
        "L14 O28 O19 O31",
        [rows(own.index, ["age", "sex", "hb", "cost"])],
        "Twelve patients in a text chunk.",
    )


def _bars() -> None:
    for where, path in (("centre = G", "matplotlib/bleeds-g.svg"), ("", "matplotlib/bleeds.svg")):
        own = meets(where)["bleeds"]
        edges = [0, 1, 2, 3, 5, 8, 13] if not where else list(range(13))
        stated, _, bars = plt.hist(own, bins=edges, edgecolor="white")
        plt.bar_label(bars)
        plt.xlabel("Bleeds in a year")
        if where:
            few = [small(f"{where}; bleeds = {n}") for n in range(11) if 0 < stated[n] < LEAST]
            lay(path, _saved("svg"), "L11 O01", few, "Bars of fewer than ten people.")
        else:
            bins = {
                "Bins": {
                    "column": "bleeds",
                    "edges": edges[:-1],
                    "stated": [int(one) for one in stated],
                }
            }
            lay(path, _saved("svg"), "S8", [bins])
    for name in ("hepatitis-hiv", "centre-severity"):
        sns.heatmap(cross(name), annot=True, fmt="d", cbar=False, cmap="Blues")
        laid(f"seaborn/{name}.svg", _saved("svg"), name)
    for name in ("treatment-severity", "product-inhibitor"):
        axes = cross(name).plot.bar(stacked=True)
        for bars in axes.containers:
            axes.bar_label(bars, label_type="center")
        laid(
            f"matplotlib/{name}.pdf",
            _saved("pdf", metadata={"CreationDate": None}),
            name,
            written=False,
        )
    ax = sns.countplot(meets("centre != H"), x="centre", hue="severity")
    lay(
        "seaborn/centres.png",
        _saved("png"),
        "S8",
        [groups(["centre", "severity"], "centre != H")],
        written=False,
    )
    del ax


def _curves() -> None:
    where = "diagnosis = von Willebrand 2"
    few = meets(where)
    days = [int(one) for one in few[few.surgery == 1]["surgery_days"]]
    km = lifelines.KaplanMeierFitter().fit(few["surgery_days"], few["surgery"], label="type 2")
    ax = km.plot_survival_function(show_censors=True)
    lifelines.plotting.add_at_risk_counts(km, ax=ax)
    lay(
        "lifelines/curve-type-2.svg",
        _saved("svg"),
        "L8 O16 O18 O01",
        [{"Moments": {"where": where, "time": "surgery_days", "event": "surgery", "days": days}}],
        "A step at each operation, a mark at each patient who left.",
        written=False,
    )
    years = patients["surgery_days"] / 365.25
    for level in ("mild", "severe"):
        mine = patients.severity == level
        km.fit(years[mine], patients[mine]["surgery"], timeline=np.arange(0, 9, 2), label=level)
        plt.step(km.timeline, km.survival_function_[level].round(2), where="post", label=level)
    plt.legend()
    lay(
        "lifelines/curve-each-second-year.svg",
        _saved("svg"),
        "S4",
        [count(f"surgery = 1; severity = {one}") for one in ("mild", "severe")],
        written=False,
    )


def _smooth() -> None:
    fit = smf.ols("hb ~ age", patients).fit()
    ages = pd.DataFrame({"age": np.arange(10, 76, 5)})
    band = fit.get_prediction(ages).summary_frame()
    plt.plot(ages["age"], band["mean"])
    plt.fill_between(ages["age"], band["mean_ci_lower"], band["mean_ci_upper"], alpha=0.3)
    plt.title(f"hb = {fit.params.iloc[0]:.2f} + {fit.params.iloc[1]:.3f} age")
    lay(
        "matplotlib/line.svg",
        _saved("svg"),
        "S8",
        [
            {
                "Line": {
                    "x": "age",
                    "y": "hb",
                    "printed": [f"{fit.params.iloc[0]:.2f}", f"{fit.params.iloc[1]:.3f}"],
                }
            }
        ],
    )
    box = plt.hexbin(patients["age"], patients["hb"], gridsize=9, mincnt=10, cmap="viridis")
    plt.colorbar(box, label="people")
    lay("matplotlib/hexagons.svg", _saved("svg"), "S8", [count()], written=False)
    logit = smf.logit("surgery ~ C(severity) + C(sex) + age", patients).fit(disp=0)
    odds, ends = np.exp(logit.params[1:]), np.exp(logit.conf_int()[1:])
    plt.errorbar(odds, range(len(odds)), xerr=[odds - ends[0], ends[1] - odds], fmt="s")
    plt.yticks(range(len(odds)), [f"{name}: {one:.2f}" for name, one in odds.items()])
    plt.axvline(1, ls=":")
    lay(
        "matplotlib/forest.svg",
        _saved("svg"),
        "S8",
        [count("surgery = 1; sex = F"), count("surgery = 1; severity = moderate")],
        written=False,
    )


def _plotly() -> None:
    own = patients.dropna(subset="ferritin").iloc[:120]
    figure = px.scatter(own, x="age", y="ferritin", color="severity", hover_data=["centre", "hb"])
    lay(
        "plotly/age-ferritin.json",
        figure.to_json(),
        "L8 O18 O19 O20",
        [rows(own.index, ["age", "ferritin", "hb"])],
        "Each point is a patient, in arrays of base64.",
        written=False,
    )
    lay(
        "plotly/age-ferritin.html",
        figure.to_html(include_plotlyjs="cdn", div_id="f"),
        "L8 O18 O19 O20",
        [rows(own.index, ["age", "ferritin", "hb"])],
        "Each point is a patient.",
        written=False,
    )
    own = patients.iloc[200:260]
    figure = px.box(own, x="severity", y="cost", points="all", hover_name="patient")
    lay(
        "plotly/cost-box.html",
        figure.to_html(include_plotlyjs="cdn", div_id="f"),
        "L8 O18 O19 O20 O22",
        [{"Pseudonyms": {"at": "200-259"}}],
        "The box is drawn from the costs and pseudonyms of sixty patients.",
    )
    for name in ("region-hepatitis", "frequent-diagnoses-severity"):
        figure = px.imshow(cross(name), text_auto=True)
        laid(f"plotly/{name}.json", figure.to_json(pretty=True), name, written=False)
    own = cross("product-inhibitor").reset_index()
    figure = go.Figure(
        [
            go.Bar(name=one, x=own["product"].tolist(), y=own[one].tolist())
            for one in ("none", "low", "high")
        ]
    )
    laid(
        "plotly/product-inhibitor.html",
        figure.to_html(include_plotlyjs="cdn", div_id="f"),
        "product-inhibitor",
        seen="O17",
    )
    edges = np.arange(0, 80, 10)
    stated = np.histogram(patients["age"].clip(upper=79), bins=[*edges, 80])[0]
    figure = go.Figure(
        go.Bar(x=edges.tolist(), y=stated.tolist()), {"xaxis": {"title": {"text": "age from"}}}
    )
    lay(
        "plotly/ages.json",
        figure.to_json(),
        "S8",
        [{"Bins": {"column": "age", "edges": edges.tolist(), "stated": stated.tolist()}}],
    )


def _altair() -> None:
    own = patients.iloc[300:420][["age", "severity", "weight", "hb"]]
    chart = (
        altair.Chart(own)
        .mark_bar()
        .encode(x=altair.X("age:Q").bin(maxbins=6), y="count()", color="severity:N")
    )
    lay(
        "altair/ages.vl.json",
        chart.to_json(),
        "L8 O19 O20",
        [rows(own.index, ["age", "severity", "weight", "hb"])],
        "A histogram with the rows that it counts.",
    )
    for name in ("centre-d-treatment", "smoking-known-work"):
        table = cross(name).stack().rename("n").reset_index()
        row, column = table.columns[:2]
        chart = (
            altair.Chart(table[table.n > 0])
            .mark_rect()
            .encode(x=f"{column}:N", y=f"{row}:N", color="n:Q")
        )
        laid(f"altair/{name}.vl.json", chart.to_json(), name)
        if name == "smoking-known-work":
            shown = altair.layer(
                chart, chart.mark_text().encode(text="n:Q", color=altair.value("black"))
            )
            laid(f"altair/{name}.svg", vl_convert.vegalite_to_svg(shown.to_dict()), name)
    own = patients.iloc[500:580][["platelets", "creatinine", "age"]]
    chart = (
        altair.Chart(own)
        .mark_circle()
        .encode(x="platelets:Q", y="creatinine:Q", tooltip=["age", "platelets", "creatinine"])
    )
    lay(
        "altair/platelets.svg",
        vl_convert.vegalite_to_svg(chart.to_dict()),
        "L8 O18 O19 O20",
        [rows(own.index, ["platelets", "creatinine"])],
        "Each circle is a patient, with both numbers in its description.",
    )


def _bokeh() -> None:
    own = patients.iloc[700:790][["weight", "height", "age"]]
    source = bokeh.models.ColumnDataSource(own)
    figure = bokeh.plotting.figure(width=400, height=300)
    figure.scatter("weight", "height", source=source)
    page = bokeh.embed.file_html(figure, bokeh.resources.CDN, "weights")
    lay(
        "bokeh/weights.html",
        page,
        "L8 O18 O19 O20",
        [rows(own.index, ["weight", "height", "age"])],
        "Each point is a patient.",
        written=False,
    )
    table = patients["severity"].value_counts()
    figure = bokeh.plotting.figure(x_range=list(table.index), height=250)
    figure.vbar(x=list(table.index), top=table.tolist(), width=0.8)
    page = bokeh.embed.file_html(figure, bokeh.resources.CDN, "severity")
    lay("bokeh/severity.html", page, "S8", [groups(["severity"])], seen="O17")

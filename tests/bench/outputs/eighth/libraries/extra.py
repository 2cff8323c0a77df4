"""Suppressed tables, pairs, needles, scaled rows, codes, remarks and what is hidden in documents."""

import io

import numpy as np
import pandas as pd
import yaml
from run import maker, run
from shelf import (
    chosen,
    count,
    groups,
    lay,
    nobody,
    outside,
    persons,
    place,
    pseudonyms,
    rows,
    sessions,
    share,
    small,
    value,
    words,
)  # fmt: skip
from texts import LARGE, WHERE_LARGE, crossed, in_large

harbour = persons[persons.unit == "Harbourside"]


def suppressed(column, *, totals):
    """Lay out counts by unit with those below ten hidden, and with totals or not."""
    table = pd.crosstab(persons.unit, persons[column])
    own = table.astype(object).where(table >= 10, "<10")
    if totals:
        own["all"] = table.sum(axis=1)
    return table, own.reset_index()


def solved(column, value_, hidden):
    few = int((harbour[column].astype(str) == hidden).sum())
    kept = f"unit = Harbourside; {column} = {value_}"
    return {
        "Rest": {
            "whole": "unit = Harbourside",
            "parts": [[kept, len(harbour) - few]],
            "total": len(harbour),
            "left": few,
        }
    }


def hidden(column):
    table, _ = suppressed(column, totals=False)
    body = [[int(n) if n >= 10 else None for n in line] for line in table.to_numpy()]
    return {"Hidden": {"table": "people", "by": ["unit", column], "where": "", "labels": [list(table.index), [str(c) for c in table.columns]],
                       "cells": body, "rows": None, "columns": None}}  # fmt: skip


@maker
def suppression() -> None:
    from great_tables import GT
    from prettytable import PrettyTable
    from tabulate import tabulate

    _, own = suppressed("stroke", totals=True)
    lay(
        "tabulate/stroke_suppressed.rst",
        "L12",
        solved("stroke", "0", "1"),
        rules="O13",
        text=tabulate(own, headers="keys", tablefmt="rst", showindex=False) + "\n",
        leak="39 less 34 are the five strokes that are hidden.",
    )
    _, own = suppressed("stroke", totals=False)
    lay(
        "tabulate/stroke_hidden.rst",
        "S2",
        hidden("stroke"),
        text=tabulate(own, headers="keys", tablefmt="rst", showindex=False) + "\n",
    )
    _, own = suppressed("died", totals=True)
    own.columns = ["unit", "alive", "died", "all"]
    lay(
        "great_tables/died_suppressed.html",
        "L12",
        solved("died", "0", "1"),
        rules="O13",
        text=GT(own).tab_header("Deaths by unit").as_raw_html(),
        leak="39 less 37 are the two deaths that are hidden.",
    )
    _, own = suppressed("died", totals=False)
    own.columns = ["unit", "alive", "died"]
    lay(
        "great_tables/died_hidden.html",
        "S2",
        hidden("died"),
        text=GT(own).tab_header("Deaths by unit").as_raw_html(),
    )
    _, own = suppressed("ulcer", totals=True)
    table = PrettyTable([str(c) for c in own.columns])
    table.add_rows(own.to_numpy().tolist())
    lay(
        "prettytable/ulcer_suppressed.csv",
        "L12",
        solved("ulcer", "0", "1"),
        rules="O13",
        text=table.get_csv_string(),
        leak="39 less 36 are the three ulcers that are hidden.",
    )
    first, second = (
        persons.unit.value_counts().sort_index(),
        persons[persons.died == 0].unit.value_counts().sort_index(),
    )
    place("pairs/all.md").write_text(first.to_markdown() + "\n")
    lay(
        "pairs/alive.md",
        "L12",
        {
            "Differs": {
                "larger": "unit = Harbourside",
                "smaller": "unit = Harbourside; died = 0",
                "numbers": [39, 37],
            }
        },
        rules="O14",
        text=second.to_markdown() + "\n",
        released=["pairs/all.md"],
        leak="Two people lie between all and those alive.",
    )
    first, second = (
        in_large.unit.value_counts().sort_index(),
        in_large[in_large.age >= 18].unit.value_counts().sort_index(),
    )
    place("pairs/large.md").write_text(first.to_markdown() + "\n")
    lay(
        "pairs/large_adults.md",
        "S12",
        *[{"Apart": {"first": f"unit = {u}", "second": f"unit = {u}; age >= 18"}} for u in LARGE],
        *[count(f"unit = {u}; age >= 18", n) for u, n in second.items()],
        text=second.to_markdown() + "\n",
        released=["pairs/large.md"],
    )


@maker
def needles() -> None:
    import polars as pl

    columns = ["age", "height_cm", "weight_kg", "ferritin", "hb", "hbf"]
    at = sorted(np.random.default_rng(8).choice(5000, 12, replace=False).tolist())
    rng = np.random.default_rng(9)
    made = pd.DataFrame({c: rng.permutation(persons[c].to_numpy())[:140] for c in columns})
    both = pd.concat([made, persons.loc[at, columns]]).sample(frac=1, random_state=1)
    lay(
        "polars/augmented.csv",
        "L4",
        rows(columns, at),
        rules="O19",
        text=pl.from_pandas(both.reset_index(drop=True)).write_csv(),
        seen="O20 O01",
        leak="Twelve people among rows that were drawn by column.",
    )
    lay(
        "polars/drawn.csv",
        "S6",
        nobody(columns, made.astype(object).to_numpy().tolist()),
        seen="O20 O01",
        text=pl.from_pandas(made).write_csv(),
    )


@maker
def scaled() -> None:
    from sklearn.preprocessing import StandardScaler

    columns = ["height_cm", "weight_kg", "hb"]
    some = persons.sample(70, random_state=14).sort_index()
    own = StandardScaler().fit(persons[columns])
    table = pd.DataFrame(own.transform(some[columns]), columns=columns)
    how = [
        f"shift {m!r} {s!r}"
        for m, s in zip(map(float, own.mean_), map(float, own.scale_), strict=True)
    ]
    lay(
        "scikit-learn/standardised.csv",
        "L3",
        rows(columns, some.index, how=how),
        rules="O19",
        text=table.to_csv(index=False, float_format="%.4f"),
        leak="Seventy people, standardised.",
    )
    lay(
        "scikit-learn/scaler.csv",
        "S3",
        value("hb", "mean", f"{own.mean_[2]:.4f}", few=False),
        text=pd.DataFrame(
            {"column": columns, "mean": own.mean_.round(4), "scale": own.scale_.round(4)}
        ).to_csv(index=False),
    )
    told = io.BytesIO()
    some = persons.sample(60, random_state=15).sort_index()
    np.savez(told, x=some[["height_cm", "weight_kg", "cost"]].to_numpy(float))
    lay(
        "numpy/x_train.npz",
        "L2",
        rows(["height_cm", "weight_kg", "cost"], some.index),
        rules="O19",
        text=told.getvalue(),
        leak="Sixty people as an array.",
    )
    told = io.BytesIO()
    np.savez(
        told, grid=np.linspace(0, 60, 61), hazard=0.002 * np.exp(0.03 * np.linspace(0, 60, 61))
    )
    lay(
        "numpy/grid.npz",
        "S9",
        outside("a hazard of a formula on a grid of ages"),
        text=told.getvalue(),
    )
    lay(
        "pandas/rounded.txt",
        "L3",
        rows(
            ["age", "weight_kg", "height_cm", "ferritin"],
            some.index,
            how=["same", "round", "round", "log2 3"],
        ),
        rules="O19",
        text=some.assign(
            weight_kg=[round(float(v)) for v in some.weight_kg],
            height_cm=[round(float(v)) for v in some.height_cm],
            ferritin=np.log2(some.ferritin).map("{:.3f}".format),
        )[["age", "weight_kg", "height_cm", "ferritin"]].to_string(index=False)
        + "\n",
        leak="Sixty people, rounded and logged.",
    )


@maker
def codes() -> None:
    import tomli_w

    out = [int(i) for i in persons[persons.hb > 126].index[:12]]
    names = [str(persons.person[i]) for i in out]
    lay(
        "toml/exclusions.toml",
        "L13",
        pseudonyms(out),
        rules="O22",
        text=tomli_w.dumps({"analysis": {"least_cell": 10, "exclude": names}}),
        leak="Codes of twelve people in the settings of an analysis.",
    )
    letters = "BCDFGHJKLMNPQRSTVWXZ"
    rng = np.random.default_rng(17)
    known = set(persons.person)
    made = [
        f"{''.join(rng.choice(list(letters), 2))}{rng.integers(10**5):05d}{rng.choice(list(letters))}"
        for _ in range(12)
    ]
    assert not known & set(made)
    lay(
        "toml/kits.toml",
        "S13",
        nobody(["person"], [[m] for m in made]),
        text=tomli_w.dumps({"kits": {"maker": "Alder", "lots": made}}),
    )
    told = yaml.safe_dump(
        {"review": [{"code": names[k], "reason": "haemoglobin above 126"} for k in range(8)]}
    )
    lay(
        "pyyaml/review.yaml",
        "L13",
        pseudonyms(out[:8]),
        rules="O22",
        text=told,
        leak="Codes of eight people to be looked at.",
    )


@maker
def remarks() -> None:
    from docx import Document
    from pptx import Presentation
    from sklearn.feature_extraction.text import CountVectorizer
    from tabulate import tabulate

    noted = [int(i) for i in persons[persons.remark.notna()].index[:200:25]]
    lay(
        "tabulate/quotes.md",
        "L10",
        *[words(i) for i in noted],
        rules="O23",
        text="## What people told\n\n"
        + tabulate(
            [[persons.unit[i], persons.remark[i]] for i in noted],
            ["unit", "remark"],
            tablefmt="pipe",
        )
        + "\n",
        leak="Eight remarks as they were typed.",
    )
    own = CountVectorizer(
        min_df=120,
        ngram_range=(1, 2),
        stop_words=["the", "was", "with", "for", "of", "on", "in", "to", "is", "who"],
    )
    table = own.fit_transform(persons.remark.dropna())
    counts = pd.DataFrame(
        {
            "term": own.get_feature_names_out(),
            "remarks": np.asarray((table > 0).sum(axis=0)).ravel(),
        }
    )
    lay(
        "scikit-learn/terms.csv",
        "S1",
        outside("words and pairs of words that 120 remarks and more share"),
        text=counts.to_csv(index=False),
    )
    doc = Document()
    doc.add_heading("Persons in care", 1)
    text = doc.add_paragraph("The large units care for 3,816 persons.")
    doc.add_comment(text.runs, text=str(persons.remark[noted[0]]), author="reviewer", initials="r")
    doc.save(place("python-docx/comment.docx"))
    lay(
        "python-docx/comment.docx",
        "L6",
        words(noted[0]),
        rules="O28 O23",
        leak="A comment quotes a remark.",
    )
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Strokes"
    some = [int(i) for i in persons[(persons.stroke == 1) & (persons.unit == "Harbourside")].index]
    slide.notes_slide.notes_text_frame.text = "Ask about " + ", ".join(
        str(persons.person[i]) for i in some
    )
    deck.save(place("python-pptx/notes.pptx"))
    lay(
        "python-pptx/notes.pptx",
        "L13",
        pseudonyms(some),
        rules="O22 O28",
        leak="Notes of a slide name the codes of five people.",
    )
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Strokes"
    table = slide.shapes.add_table(5, 3, 914400, 1600000, 7000000, 2000000).table
    for r, line in enumerate(crossed(in_large, "unit", "stroke")):
        for c, cell in enumerate(line):
            table.cell(r, c).text = str(cell)
    deck.save(place("python-pptx/strokes_large.pptx"))
    lay("python-pptx/strokes_large.pptx", "S1", groups(("unit", "stroke"), WHERE_LARGE))


@maker
def means() -> None:
    few = chosen("unit = Harbourside; condition = S beta zero")
    own = persons.groupby(["unit", "condition"]).cost.sum().unstack().round(2)
    lay(
        "pandas/cost_sums.html",
        "L11",
        {
            "Dominated": {
                "column": "cost",
                "where": "unit = Harbourside; condition = S beta zero",
                "printed": f"{few.cost.sum():.2f}",
            }
        },
        rules="O05 O01 O02",
        text=own.to_html(na_rep="", border=0),
        leak="The cost of two people is one sum.",
    )
    own = (
        in_large.groupby(["unit", "gender"])
        .agg(persons=("cost", "size"), mean_cost=("cost", "mean"))
        .round(1)
    )
    lay(
        "pandas/cost_means.html",
        "S1",
        groups(("unit", "gender"), WHERE_LARGE),
        text=own.to_html(border=0),
    )
    own = sessions.groupby(["product", "reaction"]).size().unstack(fill_value=0)
    lay(
        "pandas/reactions.md",
        "L11",
        small("product = washed; reaction = breathless", 1, table="sessions"),
        rules="O01",
        text=own.to_markdown() + "\n",
        leak="One session with washed blood made one person breathless.",
    )
    own = (
        sessions.groupby("product")
        .agg(
            sessions=("person", "size"),
            persons=("person", "nunique"),
            mean_ml=("volume_ml", "mean"),
        )
        .round(1)
    )
    lay(
        "pandas/products.md",
        "S1",
        *[
            {"Lines": {"table": "sessions", "where": f"product = {k}", "stated": int(n)}}
            for k, n in own.sessions.items()
        ],
        text=own.to_markdown() + "\n",
    )
    share_of = persons.groupby("condition").diabetes.mean().mul(100).round(1)
    lay(
        "pandas/diabetes_percent.fwf",
        "L11",
        share(
            "diabetes = 1", "condition = S beta plus", f"{share_of['S beta plus']:.1f}", few=True
        ),
        rules="O10 O01",
        text=share_of.to_string() + "\n",
        leak="1.2 % of those with S beta plus are one person.",
    )
    visits = sessions.groupby("reaction").person.agg(["size"])
    lay(
        "pandas/reactions_total.fwf",
        "S1",
        *[
            {"Lines": {"table": "sessions", "where": f"reaction = {k}", "stated": int(n)}}
            for k, n in visits["size"].items()
        ],
        text=visits.to_string() + "\n",
    )


if __name__ == "__main__":
    run()

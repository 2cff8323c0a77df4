"""Typed into the notebook in the story: a survival table in groups large enough to show."""

import pathlib

import pandas as pd

source = sorted(pathlib.Path("/data/flchain").glob("*/flchain.csv"))[-1]
people = pd.read_csv(source)
people["age group"] = pd.cut(
    people["age"], [0, 60, 70, 80, 120], labels=["50-59", "60-69", "70-79", "80+"], right=False
)
people["light chains"] = pd.cut(people["flc.grp"], [0, 5, 8, 10], labels=["low", "middle", "high"])
table = (
    people.groupby(["age group", "light chains"], observed=True)
    .agg(people=("person", "count"), deaths=("death", "sum"))
    .reset_index()
)
table["dead within 14 years, percent"] = (
    (100 * table["deaths"] / table["people"]).round(0).astype(int)
)
outbox = pathlib.Path.home() / "outbox" / "survival"
outbox.mkdir(parents=True, exist_ok=True)
keep = table[(table["deaths"] >= 10) & (table["people"] - table["deaths"] >= 10)]
keep.to_csv(outbox / "survival.csv", index=False)
print(len(people), "people,", len(table), "groups,", len(keep), "of them large enough to show")
print(keep.to_string(index=False))

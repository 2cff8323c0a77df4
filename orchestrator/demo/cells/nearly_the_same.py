"""Typed into the notebook in the story: the released table again, without a few people."""

import pathlib

import pandas as pd

source = sorted(pathlib.Path("/data/flchain").glob("*/flchain.csv"))[-1]
people = pd.read_csv(source)
people["age group"] = pd.cut(
    people["age"], [0, 60, 70, 80, 120], labels=["50-59", "60-69", "70-79", "80+"], right=False
)
people["light chains"] = pd.cut(people["flc.grp"], [0, 5, 8, 10], labels=["low", "middle", "high"])
kept = people[people["kappa"] < 10]
table = (
    kept.groupby(["age group", "light chains"], observed=True)
    .agg(people=("person", "count"), deaths=("death", "sum"))
    .reset_index()
)
outbox = pathlib.Path.home() / "outbox" / "survival-again"
outbox.mkdir(parents=True, exist_ok=True)
large = table[(table["deaths"] >= 10) & (table["people"] - table["deaths"] >= 10)]
large.to_csv(outbox / "without-outliers.csv", index=False)
print(len(people) - len(kept), "people left out; every count of the table is still 10 or more")

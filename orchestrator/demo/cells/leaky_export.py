"""Typed into the notebook in the story: rows of people leave by mistake, in two disguises."""

import pathlib

import pandas as pd

from __main__ import workbook

source = sorted(pathlib.Path("/data/flchain").glob("*/flchain.csv"))[-1]
people = pd.read_csv(source)
outbox = pathlib.Path.home() / "outbox" / "leaky"
outbox.mkdir(parents=True, exist_ok=True)

measured = people[["age", "kappa", "lambda", "creatinine", "futime"]]
scaled = ((measured - measured.mean()) / measured.std(ddof=0)).dropna()
scaled.columns = ["x1", "x2", "x3", "x4", "x5"]
scaled.sample(40, random_state=7).to_csv(outbox / "model-input.csv", index=False)

by_sex = people.groupby("sex").agg(people=("person", "count"), deaths=("death", "sum"))
used = people.drop(columns=["person", "chapter"]).dropna().sample(40, random_state=8)
workbook(outbox / "results.xlsx", {"Results": by_sex.reset_index()}, hidden={"Source": used})
print("wrote 40 rows, renamed and scaled, and a workbook with 40 rows on a hidden sheet")

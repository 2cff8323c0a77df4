"""Typed into the notebook in the story: the same export, mended as the findings say."""

import pathlib

import pandas as pd

from __main__ import workbook

source = sorted(pathlib.Path("/data/flchain").glob("*/flchain.csv"))[-1]
people = pd.read_csv(source)
outbox = pathlib.Path.home() / "outbox" / "leaky"
(outbox / "model-input.csv").unlink()
by_sex = people.groupby("sex").agg(people=("person", "count"), deaths=("death", "sum"))
workbook(outbox / "results.xlsx", {"Results": by_sex.reset_index()})
print("took the rows out; the workbook has its one sheet of results")

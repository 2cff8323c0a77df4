"""Typed into the notebook in the story: an export with rows of people, by mistake."""

import pathlib

import pandas as pd

source = sorted(pathlib.Path("/data/flchain").glob("*/flchain.csv"))[-1]
people = pd.read_csv(source)
outbox = pathlib.Path.home() / "outbox" / "leaky"
outbox.mkdir(parents=True, exist_ok=True)
picked = (
    people.sample(40, random_state=7)
    .drop(columns=["person"])
    .rename(columns={"kappa": "k", "lambda": "l"})
)
picked.to_csv(outbox / "model-input.csv", index=False)
print("wrote", len(picked), "rows without their pseudonyms")

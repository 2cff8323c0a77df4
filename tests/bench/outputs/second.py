"""A second corpus in another manner: a transplant registry, coded values, written with pandas.

It shares nothing with the first but the label's shape: other tables, names, codes and units, other
disguises, and files as pandas, the json module and zipfile write them. The two must score alike.
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import pandas as pd

from tests.bench.outputs.corpora import Corpus, Source
from tests.bench.outputs.grid import Case

Frame: TypeAlias = pd.DataFrame
_SIZE = 12_000


def transplants(seed: int) -> Corpus:
    """Make registry and files."""
    dice = np.random.default_rng(seed)
    recipients, grafts, controls = _registry(dice, _SIZE)
    source = Source(
        {"recipients": _csv(recipients), "grafts": _csv(grafts), "controls": _csv(controls)},
        {
            "tables": {
                "recipients": _columns(recipients, "CASENO", ["DOB"]),
                "grafts": _columns(grafts, "CASENO", []),
                "controls": _columns(controls, "CASENO", []),
            }
        },
    )
    cases: list[Case] = []
    for number, (family, kind, ending, data, rules, people, seen) in enumerate(
        _files(dice, recipients, grafts, controls)
    ):
        cases.append(
            Case(f"F{number:04d}.{ending}", data, family, kind, "transplants", frozenset(rules),
                 people, seen_by=frozenset(seen))
        )  # fmt: skip
    return Corpus("transplant registry", {"transplants": source}, cases)


def _registry(dice: np.random.Generator, size: int) -> tuple[Frame, Frame, Frame]:
    frailty = dice.normal(size=size)
    age = np.clip(dice.normal(48, 14, size).round(), 3, 79).astype(int)
    year = dice.integers(2004, 2025, size)
    codes = dice.choice(9_000_000, size, replace=False) + 1_000_000
    cmv = np.exp(dice.normal(5.2 + 0.3 * frailty, 1.4)).round(0).astype(int)
    ferritin = np.exp(dice.normal(6.6 + 0.4 * frailty, 0.9)).round(1)
    recipients = Frame(
        {
            "CASENO": [f"{code}/{code % 97:02d}" for code in codes],
            "GENDER": dice.integers(1, 3, size),
            "DOB": [dt.date(int(y - a), int(m), int(d)).isoformat() for y, a, m, d in zip(
                year, age, dice.integers(1, 13, size), dice.integers(1, 29, size), strict=True)],
            "AGE_TX": age,
            "YEAR_TX": year,
            "DISEASE": dice.choice(["C92.0", "C91.0", "D46.9", "C83.3", "C90.0", "D61.9"], size,
                                   p=[0.32, 0.18, 0.18, 0.12, 0.12, 0.08]),
            "DONOR": dice.choice([1, 2, 3], size, p=[0.35, 0.5, 0.15]),
            "HCTCI": np.clip(dice.poisson(1.6 + 0.4 * np.maximum(frailty, 0)), 0, 9),
            "FERRITIN": ferritin,
            "ALBUMIN": np.clip(dice.normal(38 - 2 * frailty, 4.5), 15, 55).round(1),
            "CD34": np.exp(dice.normal(1.7, 0.5, size)).round(2),
            "CMV_COPIES": cmv,
            "DAYS_ANC500": np.clip(dice.normal(17 + frailty, 4).round(), 7, 60).astype(int),
            "FU_DAYS": dice.exponential(1500 * np.exp(-0.4 * frailty)).round(0).astype(int) + 1,
            "DIED": (dice.random(size) < 0.42).astype(int),
        }
    )  # fmt: skip
    grafts = Frame(
        {
            "CASENO": recipients.CASENO,
            "NUCLEATED": np.exp(dice.normal(1.2, 0.6, size)).round(3),
            "VOLUME_ML": dice.integers(90, 1800, size),
            "COLD_H": dice.exponential(9, size).round(1),
        }
    )
    who = np.repeat(recipients.CASENO.to_numpy(), 2)
    controls = Frame(
        {
            "CASENO": who,
            "WEEK": dice.integers(1, 120, who.size),
            "CYCLO_NG": dice.normal(210, 60, who.size).round(1),
            "CREA_UMOL": np.exp(dice.normal(4.5, 0.35, who.size)).round(1),
        }
    )
    return recipients, grafts, controls


def _columns(frame: Frame, key: str, dates: list[str]) -> dict[str, object]:
    def role(name: str) -> str:
        return "pseudonym" if name == key else "date" if name in dates else "measure"

    return {
        "person": key,
        "columns": {name: {"type": "text", "role": role(name)} for name in frame.columns},
    }


def _csv(frame: Frame) -> bytes:
    text: str = frame.to_csv(index=False)
    return text.encode()


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def _notebook(frame: Frame) -> bytes:
    bundle = {"text/html": frame.to_html(), "text/plain": frame.to_string()}
    cell = {"cell_type": "code", "execution_count": 3, "id": "a1", "metadata": {},
            "source": "df.head()", "outputs": [{"output_type": "execute_result", "metadata": {},
                                               "execution_count": 3, "data": bundle}]}  # fmt: skip
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    ).encode()


_WAYS: dict[str, tuple[str, Callable[[Frame], bytes]]] = {
    "csv": ("csv", _csv),
    "csv-index": ("csv", lambda frame: frame.to_csv().encode()),
    "tsv": ("tsv", lambda frame: frame.to_csv(index=False, sep="\t").encode()),
    "semicolon": ("csv", lambda f: f.to_csv(index=False, sep=";", decimal=",").encode("utf-8-sig")),
    "json-split": ("json", lambda frame: frame.to_json(orient="split").encode()),
    "json-columns": ("json", lambda frame: frame.to_json(orient="columns").encode()),
    "json-lines": ("jsonl", lambda frame: frame.to_json(orient="records", lines=True).encode()),
    "printed": ("txt", lambda frame: frame.to_string().encode()),
    "html": ("html", lambda f: f"<html><body>{f.to_html()}</body></html>".encode()),
    "notebook": ("ipynb", _notebook),
    "xml": ("xml", lambda frame: frame.to_xml(parser="etree").encode()),
    "zip": ("zip", lambda frame: _zip(table__csv=_csv(frame))),
    "nested": ("zip", lambda frame: _zip(inner__zip=_zip(table__csv=_csv(frame)))),
}

_File = tuple[str, str, str, bytes, tuple[str, ...], int, tuple[str, ...]]


def _files(
    dice: np.random.Generator, recipients: Frame, grafts: Frame, controls: Frame
) -> Iterator[_File]:
    facts = recipients.drop(columns=["CASENO", "DOB"])
    for kind, (ending, write) in _WAYS.items():
        family = {"notebook": "7", "html": "1", "printed": "10"}.get(kind, "1")
        yield f"L{family}", kind, ending, write(_some(dice, facts, 25)), ("O19",), 25, ()
        yield f"S{family}", kind, ending, write(_rates(recipients, "DISEASE")), (), 0, ()
        yield f"S{family}", kind, ending, write(_levels(recipients, "YEAR_TX")), (), 0, ()
    yield from _hidden(dice, recipients, grafts, controls)
    yield from _harmless(dice, recipients)
    yield from _edges(dice, recipients)
    yield from _people(dice, recipients)


def _some(dice: np.random.Generator, frame: Frame, size: int) -> Frame:
    return frame.iloc[dice.choice(len(frame), size, replace=False)].reset_index(drop=True)


def _rates(frame: Frame, by: str) -> Frame:
    """Deaths of each group; every group of this registry has hundreds on both sides."""
    table = frame.groupby(by).agg(patients=("DIED", "size"), deaths=("DIED", "sum")).reset_index()
    table["death_rate"] = (table.deaths / table.patients).round(3)
    return table


def _levels(frame: Frame, by: str) -> Frame:
    table = frame.groupby(by).agg(
        n=("AGE_TX", "size"), mean_age=("AGE_TX", "mean"), mean_albumin=("ALBUMIN", "mean")
    )
    return table.round({"mean_age": 1, "mean_albumin": 1}).reset_index()  # fmt: skip


def _hidden(
    dice: np.random.Generator, recipients: Frame, grafts: Frame, controls: Frame
) -> Iterator[_File]:
    lab = ["FERRITIN", "ALBUMIN", "CD34", "CMV_COPIES", "FU_DAYS"]
    whole = recipients[lab]
    merged = recipients.merge(grafts, on="CASENO")
    wide = controls.assign(turn=controls.groupby("CASENO").cumcount()).pivot(
        index="CASENO", columns="turn", values=["WEEK", "CYCLO_NG", "CREA_UMOL"])  # fmt: skip
    wide.columns = [f"{name}_{turn}" for name, turn in wide.columns]
    changes: dict[str, Callable[[], Frame]] = {
        "relabelled": lambda: _some(dice, recipients[lab[::-1]], 35).set_axis([*"pqrst"], axis=1),
        "two-tables": lambda: _some(dice, merged[["AGE_TX", "CD34", "NUCLEATED", "VOLUME_ML",
                                                  "COLD_H"]], 35),
        "turned": lambda: _some(dice, whole, 12).T.reset_index(),
        "long": lambda: _some(dice, whole, 20).reset_index().melt(id_vars="index"),
        "controls": lambda: _some(dice, controls.drop(columns="CASENO"), 50),
        "controls-wide": lambda: _some(dice, wide, 30),
        "standardised": lambda: _some(dice, (whole - whole.mean()) / whole.std(ddof=0), 45),
        "squeezed": lambda: _some(dice, (whole - whole.min()) / (whole.max() - whole.min()), 45),
        "logarithm": lambda: np.log(_some(dice, whole, 45)),
        "one-digit": lambda: _some(dice, recipients[["AGE_TX", "YEAR_TX", "GENDER", *lab]].round(0),
                                   45),
        "other-unit": lambda: _some(dice, whole, 45) * 0.0555,
    }  # fmt: skip
    for kind, make in changes.items():
        family = "L3" if kind in {"standardised", "squeezed", "logarithm", "one-digit",
                                  "other-unit"} else "L2"  # fmt: skip
        frame = make()
        for ending, write in (("csv", _csv), ("json", _WAYS["json-split"][1])):
            yield family, kind, ending, write(frame), ("O19",), len(frame), ()
    facts = recipients.drop(columns=["CASENO", "DOB"])
    for count in (1, 4, 15):
        mixed = Frame({name: dice.permutation(facts[name].to_numpy())[:120] for name in facts})
        mixed.iloc[:count] = _some(dice, facts, count).to_numpy()
        mixed = mixed.sample(frac=1, random_state=int(dice.integers(10**6)))
        yield "L4", f"{count}-in-120", "csv", _csv(mixed), ("O19",), count, ("O20", "O01")
        table = facts.groupby("DISEASE")[lab].mean().round(3).reset_index(names="row")
        extra = _some(dice, recipients[lab], count)
        extra.insert(0, "row", [f"case {at}" for at in range(count)])
        mixed = pd.concat([table, extra.astype(str)])
        yield "L4", f"{count}-below-means", "csv", _csv(mixed), ("O19",), count, ()


def _harmless(dice: np.random.Generator, recipients: Frame) -> Iterator[_File]:
    kinds = ["C92.0", "C91.0", "D46.9", "C83.3"]
    beta = dice.normal(0, 0.4, 6).round(3)
    tables: dict[str, Frame] = {
        "regression": Frame({"term": ["intercept", "age", "ferritin", "HCT-CI 3", "haplo", "MUD"],
                             "beta": beta, "std_error": dice.uniform(0.05, 0.2, 6).round(3),
                             "p_value": dice.uniform(0, 1, 6).round(3)}),
        "competing-risks": Frame({"cause": ["relapse", "infection", "GVHD"], "day": [100, 365, 730],
                                  "cumulative_incidence": [0.11, 0.18, 0.24]}),
        "conditioning": Frame({"drug": ["busulfan", "fludarabine", "melphalan", "ATG"],
                               "dose_mg_m2": [130, 40, 140, 10], "days": [4, 4, 1, 3]}),
        "calendar": Frame({"year": range(2004, 2025), "transplants": dice.integers(300, 900, 21)}),
        "cross": pd.crosstab(recipients.DISEASE, "D" + recipients.DONOR.astype(str)).reset_index(),
        "planning": Frame({"stratum": kinds, "target_n": [150, 120, 80, 60], "alpha": [0.05] * 4}),
        "means": _levels(recipients, "DISEASE"),
        "grades": Frame({"grade": [0, 1, 2, 3, 4], "n": dice.integers(200, 4000, 5)}),
        "ranking": Frame({"rank": [1, 2, 3, 4], "centre": ["A", "B", "C", "D"],
                          "transplants": sorted(dice.integers(200, 900, 4), reverse=True)}),
        "model-quality": Frame({"metric": ["AUC", "Brier", "C-index", "folds"],
                                "value": [0.71, 0.19, 0.68, 5]}),
    }  # fmt: skip
    tables["rounded"] = tables["cross"].assign(**{
        name: (tables["cross"][name] / 10).round().astype(int) * 10
        for name in tables["cross"].columns[1:]})  # fmt: skip
    ways = [("csv", _csv), ("json", _WAYS["json-columns"][1]), ("txt", _WAYS["printed"][1]),
            ("ipynb", _notebook)]  # fmt: skip
    for number, (kind, frame) in enumerate(tables.items()):
        for turn in range(2):
            ending, write = ways[(number + turn) % len(ways)]
            yield "S3", kind, ending, write(frame), (), 0, ()
    outside, _, _ = _registry(dice, 900)
    fresh = outside.drop(columns=["CASENO", "DOB"])
    lab = ["FERRITIN", "ALBUMIN", "CD34", "CMV_COPIES", "FU_DAYS"]
    for number in range(4):
        part = fresh.iloc[200 * number : 200 * number + 200]
        yield "S6", "others", "csv", _csv(part), (), 0, ("O20", "O01")
        scaled = ((part[lab] - part[lab].mean()) / part[lab].std()).round(3)  # O30: no more digits
        yield "S6", "others-scaled", "csv", _csv(scaled), (), 0, ("O20", "O01")


def _edges(dice: np.random.Generator, recipients: Frame) -> Iterator[_File]:
    """The same table a hair below and at ten, percentages that give counts away, extremes."""
    kinds = sorted(recipients.DISEASE.unique())
    for number in (1, 5, 9):
        for good, family in ((number, "L11"), (number + 12, "S11")):
            counts = dice.integers(90, 600, len(kinds))
            counts[int(dice.integers(len(kinds)))] = good
            frame = Frame({"disease": kinds, "cases": counts})
            yield family, "cases", "csv", _csv(frame), ("O01",), 0, ()
            yield family, "cases", "json", _WAYS["json-split"][1](frame), ("O01",), 0, ()
    groups = recipients.groupby("DISEASE").FERRITIN
    extreme = groups.agg(["size", "min", "max"]).reset_index()
    calm = groups.agg(["size", "mean", "std"]).round(0).reset_index()
    yield "L11", "minimum-maximum", "csv", _csv(extreme), ("O08",), 0, ()
    yield "S11", "minimum-maximum", "csv", _csv(calm), (), 0, ()
    for gone, family in ((1, "L12"), (2, "S12")):
        square = pd.crosstab(recipients.DISEASE, recipients.DONOR, margins=True).astype(str)
        for row in range(gone):
            for column in range(gone):
                square.iloc[row, column] = "*"
        rule = ("O13",) if family == "L12" else ()
        yield family, "hidden-cells", "csv", square.to_csv().encode(), rule, 0, ()


def _people(dice: np.random.Generator, recipients: Frame) -> Iterator[_File]:
    """Case numbers and birth dates, and numbers of nobody."""
    own = _some(dice, recipients[["CASENO"]], 25)
    yield "L13", "case-numbers", "csv", _csv(own), ("O22",), 25, ()
    yield (
        "L13",
        "case-in-json",
        "json",
        json.dumps({"worst": own.CASENO[0]}).encode(),
        ("O22",),
        1,
        (),
    )
    born = _some(dice, recipients[["DOB"]], 30).rename(columns={"DOB": "value"})
    yield "L13", "births", "csv", _csv(born), ("O22", "O23-dates"), 30, ()
    other = Frame({"lot": dice.integers(10**6, 10**7, 25)})
    yield "S13", "lots", "csv", _csv(other), (), 0, ()
    text = f"Lot {dice.integers(10**6, 10**7)}/11 was used, see the protocol of the laboratory.\n"
    yield "S13", "lot-in-text", "txt", text.encode(), (), 0, ()
    days = pd.date_range("2019-01-01", periods=30, freq="MS").strftime("%Y-%m-%d")
    months = Frame({"month": days, "transplants": dice.integers(40, 90, 30)})
    yield "S13", "months", "csv", _csv(months), (), 0, ()

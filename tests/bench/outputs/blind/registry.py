"""A made-up transfusion registry: four tables of different length about the same 12,000 people.

Nothing here is a person. One hidden severity drives risk, blood counts, treatment and survival, so
that columns hang together as in a hospital; some centres, diagnoses and karyotypes are rare.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Frame = Any
"""A pandas frame; the library brings no types."""

PEOPLE = 12_000
PERSON = "pid"
_DIAGNOSES = {
    "MDS-LB": 0.20, "MDS-IB1": 0.09, "MDS-IB2": 0.07, "CMML": 0.06, "AML": 0.16, "PMF": 0.06,
    "Aplastic anaemia": 0.05, "Thalassaemia": 0.06, "Myeloma": 0.13, "CLL": 0.08,
    "ITP": 0.04, "HLH": 0, "BPDCN": 0,
}  # fmt: skip
_SEVERITY = {"AML": 1.3, "MDS-IB2": 0.9, "MDS-IB1": 0.4, "BPDCN": 1.5, "HLH": 1.4, "PMF": 0.3}
RISKS = ("very low", "low", "intermediate", "high", "very high")
_LINES = ("supportive", "ESA", "lenalidomide", "azacitidine", "intensive", "transplant")
REGIONS = ("North", "North-East", "East", "South-East", "South", "South-West", "West", "Centre")
PRODUCTS = ("RBC", "PLT", "FFP")
_REACTIONS = ("none", "febrile", "allergic", "TACO", "TRALI")
_KARYOTYPES = {
    "normal": 0.52, "del(5q)": 0.11, "+8": 0.09, "-7": 0.06, "del(20q)": 0.06, "complex": 0.11,
    "t(8;21)": 0.03, "inv(3)": 0.0015, "-Y": 0.0185,
}  # fmt: skip
_REMARKS = (
    "shivering after the second unit, stopped and given paracetamol",
    "wife called at night, patient had itching arms since the afternoon",
    "left arm swollen around the line, seen by the on-call doctor",
    "asked to come on Thursdays only because of his work at the mill",
)


@dataclass(frozen=True)
class Registry:
    """The four tables, numbers as numbers."""

    people: Frame
    transfusions: Frame
    karyotypes: Frame
    visits: Frame

    def tables(self) -> Mapping[str, Frame]:
        """Give the tables by their names."""
        return vars(self)

    def files(self) -> dict[str, bytes]:
        """Write each table as the partner sends it."""
        return {name: as_csv(frame) for name, frame in self.tables().items()}


def as_csv(frame: Frame) -> bytes:
    """Write a frame as comma separated values in UTF-8."""
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def drawn(seed: int, count: int = PEOPLE) -> Registry:
    """Draw a registry; another seed is another set of people of the same population."""
    rng = np.random.default_rng(seed)
    people, severity = _people(rng, count)
    pids = people[PERSON].to_numpy()
    return Registry(
        people,
        _transfusions(rng, people, severity),
        _karyotypes(rng, pids),
        _visits(rng, pids, severity),
    )


def _people(rng: np.random.Generator, count: int) -> tuple[Frame, Any]:
    shares = np.array(list(_DIAGNOSES.values()))
    diagnosis = rng.choice(list(_DIAGNOSES), count, p=shares / shares.sum())
    _exactly(rng, diagnosis, {"HLH": 13, "BPDCN": 6})
    severity = rng.normal(0, 1, count) + np.array([_SEVERITY.get(name, 0) for name in diagnosis])
    young = np.isin(diagnosis, ["Thalassaemia", "Aplastic anaemia", "ITP"])
    age = np.clip(np.where(young, rng.normal(38, 15, count), rng.normal(69, 11, count)), 18, 97)
    days = rng.integers(0, 17 * 365, count)
    diagnosed = np.datetime64("2008-01-01") + days.astype("timedelta64[D]")
    months = np.clip(rng.exponential(70 * np.exp(-0.55 * severity)), 0.1, 180)
    censored = rng.uniform(4, 150, count)
    risk = np.digitize(severity, [-0.9, -0.1, 0.8, 1.7])
    sizes = 1 / np.arange(1, 24) ** 1.1
    centre = rng.choice([f"C{n:02d}" for n in range(1, 24)], count, p=sizes / sizes.sum())
    _exactly(rng, centre, {"C24": 7, "C25": 2, "C26": 8})
    line = np.clip(np.round(severity + rng.normal(2, 1, count)), 0, 5).astype(int)
    frame = pd.DataFrame({
        PERSON: [f"RX{number:010X}" for number in rng.choice(16**8, count, replace=False) * 251],
        "birth_year": (days // 365 + 2008 - age).astype(int),
        "sex": rng.choice(["F", "M"], count, p=[0.46, 0.54]),
        "region": rng.choice(REGIONS, count),
        "centre": centre,
        "diagnosis": diagnosis,
        "diagnosed": diagnosed.astype(str),
        "risk": np.array(RISKS)[risk],
        "ecog": np.clip(np.round(rng.normal(0.9 + 0.3 * severity, 0.8)), 0, 4).astype(int),
        "weight_kg": np.round(np.clip(rng.normal(74, 14, count), 38, 150), 1),
        "height_cm": np.round(rng.normal(169, 9, count)).astype(int),
        "first_line": np.array(_LINES)[line],
        "followup_months": np.round(np.minimum(months, censored), 1),
        "dead": (months <= censored).astype(int),
    })  # fmt: skip
    return frame, severity


def _exactly(rng: np.random.Generator, values: Any, rare: Mapping[str, int]) -> None:
    """Give so many people a rare value, whatever the seed: labels rest on them."""
    places = iter(rng.permutation(len(values)))
    for name, times in rare.items():
        values[[next(places) for _ in range(times)]] = name


def _each(rng: np.random.Generator, pids: Any, mean: Any) -> tuple[Any, Any]:
    """Repeat people as often as each has rows: who, and the place of who."""
    times = rng.poisson(mean, len(pids))
    where = np.repeat(np.arange(len(pids)), times)
    return pids[where], where


def _transfusions(rng: np.random.Generator, people: Frame, severity: Any) -> Frame:
    pids, where = _each(rng, people[PERSON].to_numpy(), np.clip(2.4 + 1.4 * severity, 0.2, 9))
    count = len(pids)
    product = rng.choice(PRODUCTS, count, p=[0.72, 0.25, 0.03])
    reaction = rng.choice(_REACTIONS, count, p=[0.962, 0.022, 0.0135, 0.0015, 0.001])
    frame = pd.DataFrame({
        PERSON: pids,
        "day": rng.integers(0, 1500, count),
        "product": product,
        "units": np.where(product == "RBC", rng.choice([1, 2, 3], count, p=[0.3, 0.6, 0.1]), 1),
        "hb_before": np.round(np.clip(rng.normal(7.9 - 0.1 * severity[where], 0.8), 3.5, 12), 1),
        "reaction": reaction,
        "remark": np.where(reaction == "none", "", rng.choice(_REMARKS, count)),
    })  # fmt: skip
    exchanged = people.sample(6, random_state=7)[PERSON].to_numpy()
    plasma = pd.DataFrame({PERSON: np.repeat(exchanged, 60), "product": "FFP", "units": 16})
    plasma["day"] = np.tile(np.arange(60), 6)
    plasma["hb_before"], plasma["reaction"], plasma["remark"] = 9.5, "none", ""
    both = pd.concat([frame, plasma[list(frame)]])
    return both.sort_values([PERSON, "day", "product"], kind="stable").reset_index(drop=True)


def _karyotypes(rng: np.random.Generator, pids: Any) -> Frame:
    pids, _where = _each(rng, pids, 1.1)
    count = len(pids)
    shares = np.array(list(_KARYOTYPES.values()))
    kind = rng.choice(list(_KARYOTYPES), count, p=shares / shares.sum())
    return pd.DataFrame({
        PERSON: pids,
        "day": rng.integers(-20, 900, count),
        "abnormality": kind,
        "clone_percent": np.where(kind == "normal", 0, rng.integers(4, 100, count)),
        "metaphases": rng.choice([10, 15, 20, 25], count, p=[0.06, 0.14, 0.7, 0.1]),
    })  # fmt: skip


def _visits(rng: np.random.Generator, pids: Any, severity: Any) -> Frame:
    pids, where = _each(rng, pids, 5)
    count, depth = len(pids), severity[where]
    return pd.DataFrame({
        PERSON: pids,
        "day": rng.integers(0, 1800, count),
        "hb": np.round(np.clip(rng.normal(10.4 - 0.5 * depth, 1.6), 4, 18), 1),
        "neutrophils": np.round(np.exp(rng.normal(0.7 - 0.3 * depth, 0.7)), 2),
        "platelets": np.exp(rng.normal(4.9 - 0.2 * depth, 0.7)).astype(int),
        "ferritin": np.exp(rng.normal(6.2 + 0.2 * depth, 0.9)).astype(int),
        "ldh": np.exp(rng.normal(5.5 + 0.1 * depth, 0.35)).astype(int),
        "blasts_percent": np.clip(rng.normal(3 + 4 * depth, 4), 0, 95).astype(int),
    })  # fmt: skip


def dictionary() -> dict[str, object]:
    """Describe the tables as a steward would."""
    roles = {
        "people": "pid text pseudonym|birth_year integer quasi_id|sex category quasi_id|"
        "region category quasi_id|centre category quasi_id|diagnosis category sensitive|"
        "diagnosed date date|risk category sensitive|ecog integer sensitive|"
        "weight_kg number sensitive|height_cm integer quasi_id|first_line category sensitive|"
        "followup_months number sensitive|dead integer sensitive",
        "transfusions": "pid text pseudonym|day integer measure|product category measure|"
        "units integer measure|hb_before number sensitive|reaction category sensitive|"
        "remark text free_text",
        "karyotypes": "pid text pseudonym|day integer measure|abnormality category sensitive|"
        "clone_percent number sensitive|metaphases integer measure",
        "visits": "pid text pseudonym|day integer measure|hb number sensitive|"
        "neutrophils number sensitive|platelets integer sensitive|ferritin integer sensitive|"
        "ldh integer sensitive|blasts_percent integer sensitive",
    }
    return {
        "tables": {
            table: {"person": PERSON, "columns": dict(map(_column, text.split("|")))}
            for table, text in roles.items()
        }
    }


def _column(text: str) -> tuple[str, dict[str, str]]:
    name, kind, role = text.split()
    return name, {"type": kind, "role": role, "description": f"{name.replace('_', ' ')} as sent"}

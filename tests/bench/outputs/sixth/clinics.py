"""[pure] A network of thrombosis clinics, made up: 7,600 people on anticoagulants.

Tables: `patients` (a row a person, 61 columns), `germline` (24 markers of those who agreed), `inr`
(each control of those on antagonists of vitamin K), `scans` (veins under ultrasound), `bleeds` and
`calls` (what a nurse typed after a telephone call). All cells are text, as they are sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.corpora import Source

PEOPLE = 7_600
MARKERS = (
    "f5_leiden", "f2_g20210a", "vkorc1_1639", "cyp2c9_2", "cyp2c9_3", "cyp4f2_v433m",
    *(f"rs{number}" for number in (
        2066865, 8176719, 1613662, 4524, 6025371, 867186, 1799810, 2289252, 710446, 2036914,
        3136516, 4602861, 5985, 7654093, 1039084, 4444878, 9797861, 2288904)),
)  # fmt: skip
CLINICS = tuple(f"TK{number}" for number in (3, 4, 7, 11, 12, 15, 18, 21, 22, 26, 30))
LEVELS: Mapping[str, tuple[str, ...]] = {
    "sex": ("female", "male"),
    "age_group": ("18-39", "40-54", "55-64", "65-74", "75-84", "85+"),
    "region": ("Coast", "Fens", "Hills", "Islands", "Lakeland", "Midland", "North"),
    "clinic": CLINICS,
    "smoking": ("never", "former", "current"),
    "indication": (
        "atrial fibrillation", "deep vein", "lung embolism", "mechanical valve", "cerebral sinus",
        "splanchnic vein", "arm vein", "other",
    ),
    "drug": (
        "acenocoumarol", "apixaban", "dabigatran", "edoxaban", "dalteparin", "phenprocoumon",
        "rivaroxaban", "warfarin",
    ),
    "referral": ("family doctor", "emergency", "cardiology", "surgery", "oncology"),
    "aps": ("none", "single", "double", "triple"),
    "cancer": ("none", "solid", "haematological", "in remission"),
    "work": ("employed", "retired", "at home", "seeking", "sick leave"),
    "bmi_class": ("under 20", "20-24.9", "25-29.9", "30-34.9", "35 and over"),
    "renal_stage": ("G1", "G2", "G3a", "G3b", "G4"),
    "control": ("laboratory", "pharmacy", "at home", "none"),
    "school": ("primary", "secondary", "tertiary"),
    "start_year": tuple(str(year) for year in range(2014, 2025)),
    "blood_group": ("O", "A", "B", "AB"),
    "antiplatelet": ("no", "yes"),
    "ppi": ("no", "yes"),
    "hypertension": ("no", "yes"),
    "diabetes": ("no", "yes"),
    "heart_failure": ("no", "yes"),
    "prior_stroke": ("no", "yes"),
    "prior_bleed": ("no", "yes"),
    "prior_clot": ("no", "yes"),
    "compression": ("none", "class 2", "class 3"),
}  # fmt: skip
"""Levels of each column that groups people, in the order in which they are printed."""
_SHARES: Mapping[str, Sequence[float]] = {
    "region": (20, 12, 15, 4, 17, 22, 10),
    "clinic": (14, 12, 11, 11, 10, 9, 9, 8, 7, 6, 3),
    "smoking": (52, 31, 17),
    "indication": (44, 21, 15, 8, 3, 3, 2, 4),
    "referral": (38, 27, 18, 11, 6),
    "aps": (91, 5, 2.4, 1.6),
    "cancer": (82, 9, 4, 5),
    "school": (24, 49, 27),
    "blood_group": (38, 44, 13, 5),
    "compression": (71, 24, 5),
}
_ATC = {
    "acenocoumarol": "B01AA07", "apixaban": "B01AF02", "dabigatran": "B01AE07",
    "edoxaban": "B01AF03", "dalteparin": "B01AB04", "phenprocoumon": "B01AA04",
    "rivaroxaban": "B01AF01", "warfarin": "B01AA03",
}  # fmt: skip
_ICD = dict(
    zip(
        LEVELS["indication"],
        ("I48.2", "I80.2", "I26.9", "Z95.2", "I67.6", "I81", "I82.8", "D68.6"),
        strict=True,
    )
)
_DOSE = {
    "apixaban": (2.5, 5),
    "dabigatran": (110, 150),
    "edoxaban": (30, 60),
    "dalteparin": (5000, 7500),
    "rivaroxaban": (15, 20),
    "warfarin": (3, 5),
    "acenocoumarol": (2, 3),
    "phenprocoumon": (1.5, 3),
}
_ANTAGONISTS = ("acenocoumarol", "phenprocoumon", "warfarin")
Frame = Any
Tables = Mapping[str, Frame]
"""Frames whose cells are the text of the csv files."""


def draw(seed: int, people: int = PEOPLE) -> Tables:
    """Draw the network of this seed."""
    random = np.random.default_rng(seed)
    persons = _persons(random, people)
    text = _text(persons)
    return {
        "patients": text,
        "germline": _germline(random, text),
        "inr": _inr(random, persons, text),
        "scans": _scans(random, persons, text),
        "bleeds": _bleeds(random, persons, text),
        "calls": _calls(random, persons, text),
    }


def source(tables: Tables) -> Source:
    """The network's files and their dictionary."""
    return Source(
        {
            name: own.to_csv(index=False, lineterminator="\n").encode()
            for name, own in tables.items()
        },
        {"tables": {name: _described(own) for name, own in tables.items()}},
    )


def _described(table: Frame) -> Mapping[str, object]:
    return {"person": "patient", "columns": {name: _column(name, table[name]) for name in table}}


def _column(name: str, cells: Frame) -> Mapping[str, str]:
    roles = {"patient": ("text", "pseudonym"), "typed": ("text", "free_text"),
             "start_date": ("date", "date")}  # fmt: skip
    kind, role = roles.get(name, (_kind(cells), "measure"))
    if name in LEVELS or name in {"age", "birth_year"}:
        role = "quasi_id"
    return {"type": kind, "role": role, "description": name.replace("_", " ")}


def _kind(cells: Frame) -> str:
    held = cells[cells != ""]
    if held.str.fullmatch(r"-?\d+").all():
        return "integer"
    return "number" if held.str.fullmatch(r"-?\d+\.\d+").all() else "category"


def _names(random: np.random.Generator, people: int) -> Sequence[str]:
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    drawn = random.integers(0, 32, (people, 8))
    return ["TH" + "".join(letters[at] for at in row) for row in drawn]


def _persons(random: np.random.Generator, n: int) -> dict[str, Any]:
    """Columns of numbers and words, by name, in the order of the file."""
    own: dict[str, Any] = {"patient": _names(random, n)}
    for name, shares in _SHARES.items():
        own[name] = random.choice(LEVELS[name], n, p=np.array(shares) / sum(shares))
    own["sex"] = random.choice(LEVELS["sex"], n, p=(0.47, 0.53))
    valve = np.isin(own["indication"], ("atrial fibrillation", "mechanical valve"))
    own["age"] = np.clip(random.normal(np.where(valve, 72, 58), 13), 18, 99).astype(int)
    own["age_group"] = _cut(own["age"], (40, 55, 65, 75, 85), "age_group")
    own["start_year"] = 2014 + (10.99 * random.beta(1.6, 1.2, n)).astype(int)
    own["birth_year"] = own["start_year"] - own["age"]
    own["start_date"] = [
        f"{year}-{month:02d}-{day:02d}"
        for year, month, day in zip(
            own["start_year"], random.integers(1, 13, n), random.integers(1, 29, n), strict=True
        )
    ]
    own["work"] = _work(random, own["age"])
    _body(random, own, n)
    _illness(random, own, n)
    _treatment(random, own, n)
    _course(random, own, n)
    return own


def _cut(values: Any, edges: Sequence[float], column: str) -> Any:
    return np.array(LEVELS[column])[np.digitize(values, edges)]


def _work(random: np.random.Generator, age: Any) -> Any:
    young = random.choice(LEVELS["work"], len(age), p=(0.66, 0.03, 0.12, 0.09, 0.10))
    old = random.choice(LEVELS["work"], len(age), p=(0.04, 0.90, 0.05, 0.003, 0.007))
    return np.where(age < 65, young, old)


def _body(random: np.random.Generator, own: dict[str, Any], n: int) -> None:
    male = own["sex"] == "male"
    own["height_cm"] = np.round(random.normal(np.where(male, 177, 164), 7))
    own["weight_kg"] = np.round(
        np.clip(random.normal(np.where(male, 86, 73), 15) - 0.15 * (own["age"] - 65), 38, 190), 1
    )
    own["bmi"] = np.round(own["weight_kg"] / (own["height_cm"] / 100) ** 2, 1)
    own["bmi_class"] = _cut(own["bmi"], (20, 25, 30, 35), "bmi_class")
    own["creatinine"] = np.round(
        np.exp(random.normal(4.3, 0.34, n)) * np.where(male, 1.14, 0.95) + 0.3 * (own["age"] - 60)
    )
    own["egfr"] = np.round(
        np.clip(150 * (own["creatinine"] / 60) ** -0.85 * 0.9935 ** own["age"], 15, 130), 1
    )
    own["renal_stage"] = np.array(LEVELS["renal_stage"])[::-1][
        np.digitize(own["egfr"], (30, 45, 60, 90))
    ]
    own["hb"] = np.round(random.normal(np.where(male, 144, 132), 14) - 0.12 * (own["age"] - 60))
    own["platelets"] = np.round(np.exp(random.normal(5.48, 0.27, n)))
    own["albumin"] = np.round(random.normal(40, 4, n), 1)
    own["alt"] = np.round(np.exp(random.normal(3.2, 0.45, n)))
    own["crp"] = np.round(np.exp(random.normal(1.4, 1.1, n)), 1)
    own["d_dimer"] = np.round(np.exp(random.normal(6.4, 0.8, n) + 0.012 * (own["age"] - 60)))
    own["fibrinogen"] = np.round(random.normal(3.6, 0.8, n).clip(0.9), 2)
    own["factor8"] = np.round(random.normal(142, 38, n).clip(30))
    own["protein_c"] = np.round(random.normal(104, 19, n).clip(25))
    own["antithrombin"] = np.round(random.normal(99, 11, n).clip(35))


def _illness(random: np.random.Generator, own: dict[str, Any], n: int) -> None:
    older = (own["age"] - 65) / 12
    for name, start in (
        ("hypertension", 0.2), ("diabetes", -1.5), ("heart_failure", -1.8), ("prior_stroke", -2.1),
        ("prior_bleed", -2.2), ("antiplatelet", -1.6), ("ppi", -0.4),
    ):  # fmt: skip
        own[name] = _flags(random, start + 0.4 * older)
    own["prior_clot"] = _flags(random, np.where(own["aps"] == "none", -1.9, 0.6))
    yes = {name: own[name] == "yes" for name in LEVELS if LEVELS[name] == ("no", "yes")}
    own["chads_vasc"] = (
        (own["age"] >= 65).astype(int) + (own["age"] >= 75) + (own["sex"] == "female")
        + yes["hypertension"] + yes["diabetes"] + yes["heart_failure"] + 2 * yes["prior_stroke"]
    )  # fmt: skip
    own["has_bled"] = (
        (own["age"] > 65).astype(int) + yes["prior_bleed"] + yes["prior_stroke"]
        + yes["antiplatelet"] + (own["egfr"] < 35) + random.integers(0, 2, n)
    )  # fmt: skip


def _flags(random: np.random.Generator, logit: Any) -> Any:
    return np.where(random.random(len(logit)) < 1 / (1 + np.exp(-logit)), "yes", "no")


def _treatment(random: np.random.Generator, own: dict[str, Any], n: int) -> None:
    usual = random.choice(LEVELS["drug"], n, p=(0.12, 0.27, 0.05, 0.07, 0.03, 0.09, 0.17, 0.20))
    valve = (own["indication"] == "mechanical valve") | (own["aps"] == "triple")
    cancer = np.isin(own["cancer"], ("solid", "haematological")) & (random.random(n) < 0.4)
    own["drug"] = np.where(
        valve, random.choice(_ANTAGONISTS, n), np.where(cancer, "dalteparin", usual)
    )
    low = (own["egfr"] < 50) | (own["age"] > 80) | (random.random(n) < 0.1)
    own["dose_mg"] = [
        _DOSE[drug][0 if less else 1] for drug, less in zip(own["drug"], low, strict=True)
    ]
    own["atc"] = [_ATC[drug] for drug in own["drug"]]
    own["icd10"] = [_ICD[one] for one in own["indication"]]
    slow = np.isin(own["drug"], _ANTAGONISTS)
    own["control"] = np.where(
        slow, random.choice(LEVELS["control"][:3], n, p=(0.6, 0.15, 0.25)), "none"
    )
    own["ttr"] = np.round(np.clip(100 * random.beta(5, 2.6, n), 4, 100), 1)
    own["inr_first"] = np.round(np.where(slow, random.normal(2.4, 0.6, n), 1.1).clip(0.9), 1)


def _course(random: np.random.Generator, own: dict[str, Any], n: int) -> None:
    years = np.clip(random.gamma(2.2, 1.5, n), 0.05, 2025.4 - own["start_year"])
    risk = {
        "bled": -3.5 + 0.33 * own["has_bled"] + 0.25 * (own["drug"] == "warfarin"),
        "recurred": -3.9 + 0.9 * (own["aps"] != "none") + 0.5 * (own["cancer"] == "solid"),
        "died": -4.3 + 0.07 * (own["age"] - 65) + 0.9 * (own["cancer"] == "solid"),
    }
    for name, logit in risk.items():
        time = random.exponential(1 / np.exp(logit))
        own[name] = (time < years).astype(int)
        own[f"{name}_days"] = np.maximum(1, np.round(365.25 * np.minimum(time, years)))
    own["hospital_days"] = random.negative_binomial(0.5, 0.08, n)
    own["cost_eur"] = np.round(np.exp(random.normal(6.9, 1.0, n)) + 610 * own["hospital_days"])
    own["satisfaction"] = np.round(np.clip(random.normal(71, 15, n), 5, 100))


_DECIMALS = {
    "weight_kg": 1, "bmi": 1, "egfr": 1, "albumin": 1, "crp": 1, "fibrinogen": 2, "ttr": 1,
    "inr_first": 1, "dose_mg": 1,
}  # fmt: skip


def _text(columns: Mapping[str, Any]) -> Frame:
    return pd.DataFrame(
        {name: _written(own, _DECIMALS.get(name, 0)) for name, own in columns.items()}
    )


def _written(values: Any, digits: int) -> list[str]:
    whole = np.asarray(values)
    if whole.dtype.kind in "US":
        return [str(one) for one in whole]
    return [f"{one:.{digits}f}" for one in whole.astype(float)]


def _germline(random: np.random.Generator, people: Frame) -> Frame:
    some = np.sort(random.choice(len(people), 2_400, replace=False))
    common = random.uniform(0.12, 0.48, len(MARKERS))
    common[:2] = (0.09, 0.08)
    doses = random.binomial(2, common, (len(some), len(MARKERS)))
    table = pd.DataFrame(doses.astype(str), columns=list(MARKERS))
    table.insert(0, "patient", people["patient"].to_numpy()[some])
    return table


def _long(people: Frame, at: Any, **columns: Any) -> Frame:
    rows = {"patient": people["patient"].to_numpy()[at]}
    return pd.DataFrame(
        rows
        | {
            name: _written(own, 0) if np.asarray(own).dtype.kind in "iuU" else _written(own, 1)
            for name, own in columns.items()
        }
    )


def _repeated(
    random: np.random.Generator, whose: Any, mean: float, least: int = 1
) -> tuple[Any, Any]:
    """For each row the place of its person, and its number within the person."""
    times = least + random.poisson(mean, len(whose))
    at = np.repeat(whose, times)
    first = np.repeat(np.cumsum(times) - times, times)
    return at, np.arange(len(at)) - first + 1


def _inr(random: np.random.Generator, own: Mapping[str, Any], people: Frame) -> Frame:
    slow = np.flatnonzero(np.isin(own["drug"], _ANTAGONISTS))
    at, visit = _repeated(random, slow, 9, 3)
    level = random.normal(2.5, 0.25, len(own["age"]))[at]
    weekly = np.exp(random.normal(3.3, 0.45, len(own["age"])))[at]
    return _long(
        people, at, visit=visit, day=21 * visit + random.integers(-8, 9, len(at)),
        value=np.clip(level + random.normal(0, 0.55, len(at)), 0.9, 9.5),
        weekly_mg=weekly * random.uniform(0.9, 1.1, len(at)),
        next_days=random.choice((7, 14, 21, 28, 42), len(at)),
        place=random.choice(("laboratory", "home", "pharmacy"), len(at), p=(0.6, 0.25, 0.15)),
    )  # fmt: skip


def _scans(random: np.random.Generator, own: Mapping[str, Any], people: Frame) -> Frame:
    veins = np.flatnonzero(np.isin(own["indication"], ("deep vein", "arm vein", "splanchnic vein")))
    at, visit = _repeated(random, veins, 1.4)
    months = np.array((0, 3, 6, 12, 18, 24, 30, 36, 42, 48))[np.minimum(visit - 1, 9)]
    return _long(
        people, at, month=months,
        vein=random.choice(("popliteal", "femoral", "iliac", "calf", "axillary", "portal"), len(at),
                           p=(0.34, 0.27, 0.14, 0.15, 0.06, 0.04)),
        diameter_mm=np.clip(random.normal(8.5 - 0.9 * visit, 2.2), 0.4, 19.5),
        open_percent=np.clip(random.integers(10, 70, len(at)) + 8 * visit, 0, 100),
        score=random.integers(0, 15, len(at)),
    )  # fmt: skip


def _bleeds(random: np.random.Generator, own: Mapping[str, Any], people: Frame) -> Frame:
    whose = np.flatnonzero(random.random(len(own["age"])) < 0.05 + 0.06 * own["has_bled"])
    at, _ = _repeated(random, whose, 0.5)
    return _long(
        people, at, day=random.integers(1, 1500, len(at)),
        site=random.choice(("nose", "gut", "urine", "skin", "muscle", "brain", "eye", "joint"),
                           len(at), p=(0.26, 0.22, 0.16, 0.15, 0.08, 0.05, 0.05, 0.03)),
        grade=random.choice(("minor", "relevant", "major"), len(at), p=(0.55, 0.3, 0.15)),
        hb_drop=random.gamma(2, 8, len(at)),
        units=random.choice((0, 1, 2, 3, 4), len(at), p=(0.7, 0.1, 0.12, 0.04, 0.04)),
    )  # fmt: skip


_WHO = ("the daughter", "the husband", "a neighbour", "the pharmacist", "the patient", "a sister")
_WHAT = (
    "asks whether the {0} may be taken with {1} before the journey to {2}",
    "tells of a {3} after {1} and wants to halve the {0}",
    "found two boxes of {0} and is unsure which one, {1} was given in {2}",
    "cannot come before {2} is over, {3} since sunday, keeps the {0}",
)
_WITH = ("garlic oil", "ibuprofen", "a root canal", "grapefruit", "antibiotics", "turmeric")
_WHERE = ("Norrland", "the coast", "her mother's", "Graz", "the hut", "Vilnius", "the harvest")
_SIGN = ("blue toe", "nosebleed", "swollen calf", "black stool", "bruise on the hip", "red eye")


def _calls(random: np.random.Generator, own: Mapping[str, Any], people: Frame) -> Frame:
    at = np.sort(random.choice(len(people), 1_300, replace=False))

    def one(words: Sequence[str]) -> str:
        return words[int(random.integers(len(words)))]

    typed = [
        f"{one(_WHO)} {one(_WHAT).format(own['drug'][n], one(_WITH), one(_WHERE), one(_SIGN))}, "
        f"INR {random.integers(11, 62) / 10}, back on the {random.integers(1, 29)}th at "
        f"{random.integers(8, 18)}.{random.integers(0, 6)}0"
        for n in at
    ]
    return _long(people, at, day=random.integers(1, 900, len(at)), typed=np.array(typed))

"""[pure] The source: a national screening for monoclonal gammopathies, drawn from a seed.

Six tables about 10,000 people: who was screened (wide), their visits, marrow samples, coded
diagnoses and answers to a questionnaire, and what a nurse typed after a call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.corpora import Source

PEOPLE = 10_000
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
REGIONS = ("Hafn", "Sudur", "Vestur", "Fjord", "Austur", "Nordur", "Holm", "Eyjar", "Strond", "Dal")
_REGION_SHARES = (0.34, 0.16, 0.12, 0.09, 0.08, 0.08, 0.05, 0.04, 0.025, 0.015)
MARKERS = ("rs1879", "rs4487", "rs1052", "rs6746", "rs2285", "rs7577", "rs3480", "rs6793")
_FREQUENCIES = (0.31, 0.24, 0.44, 0.18, 0.37, 0.41, 0.29, 0.12)
_CODES = (
    "I10", "E11.9", "E78.0", "M81.0", "G62.9", "N18.3", "D47.2", "C90.0", "I48.9", "J44.9",
    "M54.5", "F32.9", "K21.0", "E03.9", "D50.9", "D64.9", "H26.9", "M17.9", "C88.0", "E85.3",
    "D68.0", "D80.1", "C61", "C50.9", "L40.0", "M35.3", "D89.1", "D69.3",
)  # fmt: skip
_FISH = (
    "none",
    "hyperdiploid",
    "t(11;14)",
    "t(4;14)",
    "gain(1q)",
    "del(13q)",
    "del(17p)",
    "t(14;16)",
)
_WHO = (
    "her daughter", "the husband", "he himself", "her neighbour", "the ward sister", "his brother",
    "the parish nurse", "she", "the foreman of the fish plant", "a cousin who farms next door",
)  # fmt: skip
_SAYS = (
    "rang about numb feet since the lambing", "asks why the letter spoke of a protein",
    "wants the next visit after the herring season", "says the back hurts when lifting the boat",
    "tells of three falls on the stairs", "would rather not have the marrow taken again",
    "has lost six kilos since the funeral", "bleeds from the gums on the new tablets",
    "is afraid of what the sister died of", "has moved in with the eldest son",
    "drank nothing before the sample this time", "is going abroad for a new hip",
)  # fmt: skip
_THEN = (
    "promised to call back on a Tuesday", "told to see the district doctor", "new appointment sent",
    "blood count brought forward", "wrote to the eye clinic", "no further action was wanted",
    "sent the leaflet in large print", "put through to the haematologist", ("asked for the "
                                                                           "old films"),
)  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """All tables as text, a column each as it was sent; `seed` drew them."""

    seed: int
    frames: Mapping[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]


def draw(seed: int, people: int = PEOPLE) -> Tables:
    """Draw the screening; the same seed gives the same tables."""
    rng = np.random.default_rng([seed, 5])
    screened = _screened(rng, people)
    found = screened[screened["isotype"] != "none"]
    return Tables(
        seed,
        {
            "screened": screened,
            "visits": _visits(rng, found),
            "marrow": _marrow(rng, found),
            "diagnoses": _diagnoses(rng, screened),
            "answers": _answers(rng, screened),
            "contacts": _contacts(rng, found),
        },
    )


def others(seed: int, people: int) -> pd.DataFrame:
    """Draw more people of the same population, who are in no source."""
    return _screened(np.random.default_rng([seed, 5]), people)


def _pick(rng: Any, values: Sequence[str], shares: Sequence[float], size: int) -> Any:
    return rng.choice(np.array(values), size=size, p=np.array(shares) / sum(shares))


def _fixed(values: Any, digits: int) -> list[str]:
    return [f"{one:.{digits}f}" for one in values]


def _flags(rng: Any, chance: Any, size: int) -> list[str]:
    return [str(int(one)) for one in rng.random(size) < chance]


def _names(rng: Any, size: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < size:
        names["sk" + "".join(_LETTERS[at] for at in rng.integers(0, len(_LETTERS), 8))] = None
    return list(names)


def _day(first: date, days: int) -> str:
    return (first + timedelta(days=int(days))).isoformat()


def _screened(rng: Any, n: int) -> pd.DataFrame:
    born = rng.integers(1932, 1981, n)
    woman = rng.random(n) < 0.53
    age = 2019 - born
    risk_of = 0.12 + 0.004 * (age - 40) + 0.03 * ~woman
    isotype = np.where(
        rng.random(n) < risk_of,
        _pick(rng, ("IgG", "IgA", "IgM", "light chain", "two"), (58, 16, 15, 8, 3), n),
        "none",
    )
    has = isotype != "none"
    spike = np.where(has & (isotype != "light chain"), rng.gamma(1.6, 5.2, n) + 0.4, np.nan)
    kappa = rng.lognormal(2.7, 0.35, n) * np.where(has, rng.lognormal(0.25, 0.7, n), 1)
    lam = rng.lognormal(2.6, 0.33, n)
    height = np.where(woman, rng.normal(166, 6.5, n), rng.normal(179, 7, n)).round()
    bmi = np.clip(rng.normal(27, 4.6, n), 16.4, 55)
    creatinine = rng.lognormal(4.3, 0.22, n) * np.where(woman, 0.9, 1.1)
    hb = np.where(woman, rng.normal(134, 10, n), rng.normal(147, 11, n)) - 4.0 * has
    old_age = np.clip((age - 40) / 60, 0.02, 0.7)
    risk = np.where(
        has,
        _pick(rng, ("low", "low-intermediate", "high-intermediate", "high"), (50, 33, 14, 3), n),
        "none",
    )
    progress = rng.random(n) < np.select(
        [risk == "low", risk == "low-intermediate", risk == "high-intermediate", risk == "high"],
        [0.03, 0.09, 0.2, 0.4], 0.0,
    )  # fmt: skip
    kind = np.where(
        progress,
        _pick(
            rng,
            ("smouldering", "myeloma", "waldenstrom", "amyloidosis", "lymphoma"),
            (48, 30, 11, 6, 5),
            n,
        ),
        "none",
    )
    followed = rng.integers(400, 2300, n)
    cost = np.round(
        rng.lognormal(6.4, 1.0, n) + np.where(rng.random(n) < 0.004, rng.pareto(0.9, n) * 60_000, 0)
    )
    columns: dict[str, Any] = {
        "screenee": _names(rng, n),
        "sex": np.where(woman, "F", "M"),
        "birth_year": born.astype(str),
        "age": age.astype(str),
        "region": _pick(rng, REGIONS, _REGION_SHARES, n),
        "settlement": _pick(rng, ("town", "village", "farm"), (62, 27, 11), n),
        "education": _pick(rng, ("1", "2", "3", "4"), (24, 38, 27, 11), n),
        "smoking": _pick(rng, ("never", "former", "current"), (47, 39, 14), n),
        "farm_work": _flags(rng, 0.14, n),
        "kin": _flags(rng, 0.06, n),
        "height_cm": _fixed(height, 0),
        "weight_kg": _fixed(bmi * (height / 100) ** 2, 1),
        "bmi": _fixed(bmi, 1),
        "screened_on": [_day(date(2016, 9, 1), one) for one in rng.integers(0, 1500, n)],
        "arm": _pick(rng, ("A", "B", "C"), (33, 33, 34), n),
        "isotype": isotype,
        "m_protein": ["" if np.isnan(one) else f"{one:.1f}" for one in spike],
        "kappa": _fixed(kappa, 2),
        "lambda": _fixed(lam, 2),
        "flc_ratio": _fixed(kappa / lam, 3),
        "igg": _fixed(rng.normal(10.8, 2.4, n).clip(2.1), 2),
        "iga": _fixed(rng.lognormal(0.75, 0.45, n), 2),
        "igm": _fixed(rng.lognormal(-0.05, 0.5, n), 2),
        "hb": _fixed(hb, 0),
        "calcium": _fixed(rng.normal(2.36, 0.09, n), 2),
        "creatinine": _fixed(creatinine, 0),
        "albumin": _fixed(rng.normal(41, 3.1, n), 0),
        "b2m": _fixed(rng.lognormal(0.72, 0.3, n), 1),
        "ldh": _fixed(rng.lognormal(5.2, 0.22, n), 0),
        "crp": _fixed(rng.lognormal(0.6, 1.0, n), 1),
        "vitamin_d": _fixed(rng.normal(56, 19, n).clip(9), 0),
        "diabetes": _flags(rng, 0.25 * old_age, n),
        "hypertension": _flags(rng, 0.2 + 0.5 * old_age, n),
        "neuropathy": _flags(rng, 0.03 + 0.05 * has, n),
        "osteoporosis": _flags(rng, 0.1 * (1 + woman) * old_age, n),
        "stroke": _flags(rng, 0.09 * old_age, n),
        "cancer_before": _flags(rng, 0.14 * old_age, n),
        "risk": risk,
        "progression": kind,
        "progressed": [str(int(one)) for one in progress],
        "followed_days": followed.astype(str),
        "dead": _flags(rng, 0.03 + 0.25 * old_age**2, n),
        "cost_eur": _fixed(cost, 0),
        "weight_ps": _fixed(rng.lognormal(0.0, 0.32, n), 3),
    }  # fmt: skip
    for name, share in zip(MARKERS, _FREQUENCIES, strict=True):
        columns[name] = rng.binomial(2, share, n).astype(str)
    return pd.DataFrame(columns, dtype=str)


def _visits(rng: Any, found: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, spike, hb, arm in found[["screenee", "m_protein", "hb", "arm"]].itertuples(
        index=False
    ):
        level, day = float(spike or 0), 0
        for number in range(1, int(rng.integers(1, 4 if arm == "A" else 8))):
            day += int(rng.integers(80, 260))
            level *= float(rng.normal(1.02, 0.08))
            kappa, lam = rng.lognormal(2.9, 0.6), rng.lognormal(2.6, 0.33)
            rows.append((
                name, str(number), str(day), f"{level:.1f}" if spike else "", f"{kappa:.2f}",
                f"{lam:.2f}", f"{float(hb) + rng.normal(0, 4):.0f}",
                f"{rng.lognormal(4.3, 0.2):.0f}", str(rng.choice(("K2", "K5", "K7", "K9"))),
            ))  # fmt: skip
    names = [
        "screenee", "visit", "study_day", "m_protein", "kappa", "lambda", "hb", "creatinine",
        "nurse",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names, dtype=str)


def _marrow(rng: Any, found: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, risk, sex in found[["screenee", "risk", "sex"]].itertuples(index=False):
        if rng.random() > (0.2 if risk == "low" else 0.6):
            continue
        cells = min(float(rng.gamma(1.7, 4.3)), 88.0)
        fish = str(_pick(rng, _FISH, (40, 22, 12, 7, 9, 6, 3, 1), 1)[0])
        lost, gained = rng.integers(1, 23), rng.integers(1, 23)
        usual = "46,XX" if sex == "F" else "46,XY"
        rows.append((
            name, _day(date(2017, 1, 9), int(rng.integers(0, 1900))), f"{cells:.1f}", fish,
            usual if rng.random() < 0.6 else f"{usual},-{lost},+{gained}[{rng.integers(3, 20)}]",
            str(rng.choice(("L1", "L2", "L3"))),
        ))  # fmt: skip
    names = ["screenee", "sampled_on", "plasma_percent", "fish", "karyotype", "lab"]
    return pd.DataFrame(rows, columns=names, dtype=str)


def _diagnoses(rng: Any, screened: pd.DataFrame) -> pd.DataFrame:
    rows = []
    shares = np.array([1 / (2 + at) for at in range(len(_CODES))])
    for name in screened["screenee"]:
        for code in rng.choice(_CODES, int(rng.poisson(1.8)), p=shares / shares.sum()):
            when = _day(date(2008, 1, 1), int(rng.integers(0, 5000)))
            rows.append((name, str(code), when, str(rng.choice(("ward", "clinic", "practice")))))
    return pd.DataFrame(rows, columns=["screenee", "icd10", "coded_on", "setting"], dtype=str)


def _answers(rng: Any, screened: pd.DataFrame) -> pd.DataFrame:
    told = screened[rng.random(len(screened)) < 0.66]
    size = len(told)
    mood = rng.normal(0, 1, size)
    columns: dict[str, Any] = {
        "screenee": told["screenee"].to_numpy(),
        "answered_on": [_day(date(2018, 2, 1), one) for one in rng.integers(0, 1100, size)],
    }
    for number in range(1, 17):
        level = 2.6 + 0.7 * mood + rng.normal(0, 1, size)
        columns[f"q{number:02d}"] = np.clip(level.round(), 1, 5).astype(int).astype(str)
    for name in ("hads_a", "hads_d"):
        level = 5 + 3 * mood + rng.normal(0, 2, size)
        columns[name] = np.clip(level.round(), 0, 21).astype(int).astype(str)
    columns["eq5d"] = _fixed(np.clip(0.86 - 0.09 * mood + rng.normal(0, 0.08, size), -0.2, 1), 3)
    return pd.DataFrame(columns, dtype=str)


def _contacts(rng: Any, found: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in found["screenee"]:
        if rng.random() < 0.55:
            who, says, then = (str(rng.choice(one)) for one in (_WHO, _SAYS, _THEN))
            note = f"{who} {says}; {then}, file {int(rng.integers(100, 9999))}"
            when = _day(date(2017, 3, 1), int(rng.integers(0, 1700)))
            rows.append((name, when, str(rng.choice(("letter", "symptom", "visit"))), note))
    return pd.DataFrame(rows, columns=["screenee", "called_on", "reason", "note"], dtype=str)


def source(tables: Tables) -> Source:
    """What the programme sent: a CSV for each table, and the dictionary."""
    return Source(
        {name: table.to_csv(index=False).encode() for name, table in tables.frames.items()},
        {"tables": {name: _described(table) for name, table in tables.frames.items()}},
    )


_ROLES = {
    "screenee": "pseudonym",
    "note": "free_text",
    "karyotype": "sensitive",
    "fish": "sensitive",
}
_QUASI = {"sex", "birth_year", "age", "region", "settlement", "education", "height_cm"}


def _described(table: pd.DataFrame) -> dict[str, object]:
    columns = {name: _column(name, list(table[name])) for name in table.columns}
    return {"person": "screenee", "columns": columns}


def _column(name: str, values: Sequence[str]) -> dict[str, str]:
    role = "date" if name.endswith("_on") else "quasi_id" if name in _QUASI else "measure"
    return {
        "type": _type(name, values),
        "role": _ROLES.get(name, role),
        "description": name.replace("_", " "),
    }


def _type(name: str, values: Sequence[str]) -> str:
    if name.endswith("_on"):
        return "date"
    told = [one for one in values if one]
    if all(one.lstrip("-").isdigit() for one in told):
        return "integer"
    if all(one.lstrip("-").replace(".", "", 1).isdigit() for one in told):
        return "number"
    return "category" if len(set(told)) <= 30 else "text"

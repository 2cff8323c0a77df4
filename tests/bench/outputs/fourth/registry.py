"""[pure] A made-up registry of children with leukaemia, as a partner would send it.

Four tables of one shape each: a wide baseline, marrow measurements, dispensings of a pharmacy and
remarks that somebody typed. Nobody in it exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.corpora import Source

PEOPLE = 8_000
MARKERS = ("rs1142345", "rs4149056", "rs116855232", "rs2413739", "rs4818789", "rs7089424")
_FREQUENCY = (0.14, 0.16, 0.12, 0.31, 0.22, 0.38)
_LETTERS = "BCDFGHJKMNPQRSTVWXZ23456789"
_PLACES = """AAR DK, BER DE, BRN CZ, CPH DK, DEB HU, ESS DE, GDA PL, GEN CH, GRA AT, HEL FI, KAU LT,
LIL FR, LIN SE, LJU SI, LUB PL, MNZ DE, OUL FI, PAD IT, POR PT, PRG CZ, RIG LV, SZG AT, TAR EE,
TRN IT, UTR NL, ZAG HR"""
_COUNTRY = dict(one.split() for one in _PLACES.split(","))
CENTRES = tuple(_COUNTRY)
_KINDS = """common B|0.5|50|11|ETV6-RUNX1 hyperdiploid BCR-ABL1 none none
pre-B|0.14|62|18|TCF3-PBX1 hyperdiploid none none
pro-B|0.05|20|85|KMT2A none
T|0.12|108|70|TAL1 TLX3 none none
AML|0.12|90|22|RUNX1-RUNX1T1 CBFB-MYH11 KMT2A none
APL|0.025|118|4|PML-RARA
JMML|0.015|22|33|none PTPN11
MPAL|0.03|96|40|KMT2A BCR-ABL1 none"""
"""Each subtype: how often, its age in months, its white cells, its fusions."""
_SUBTYPES = {one[0]: one[1:] for one in (line.split("|") for line in _KINDS.splitlines())}
_DRUGS = {
    "L01BB02": (50, 25), "L01BA01": (25, 20), "H02AB02": (40, 4), "L01CA02": (15, 1),
    "L01XX02": (500, 5000), "L01DB01": (25, 10), "L01AA01": (10, 500), "J02AC01": (6, 100),
}  # fmt: skip
_DRUG_WORDS = """mercaptopurine methotrexate dexamethasone vincristine asparaginase doxorubicin
cyclophosphamide fluconazole"""
DRUG_NAMES = dict(zip(_DRUGS, _DRUG_WORDS.split(), strict=True))
_WHO = ("mother", "father", "grandmother", "elder sister", "foster parent", "uncle", "night nurse")
_WHAT = """asks whether the hamster may come along/fears the needle since the broken port
will not swallow tablets, only crushed in plum jam/reports two falls on the stairs
missed three doses while the ferry was cancelled/noticed a rash behind both knees
wants school lessons by video before the exams/keeps a diary of fevers in green ink
found blood on the pillow twice this week/says the feeding tube was pulled at night"""
_THEN = """port flushed, culture sent/dose halved until the count recovers/seen by the dentist
family car broke down near the river/play therapist will call/moved beside the window
cousin starts chemotherapy elsewhere/vaccination of the siblings postponed"""


def listed(text: str) -> list[tuple[str, ...]]:
    """Read a list of short words: `csv wbc, xlsx ldh`."""
    return [tuple(one.split()) for one in text.split(",")]


@dataclass(frozen=True)
class Drawn:
    """The four tables as text, cell by cell, and the baseline as numbers where it has them."""

    tables: Mapping[str, Any]
    numbers: Mapping[str, Any]

    def cells(
        self, table: str, columns: Sequence[str], at: Sequence[int]
    ) -> tuple[tuple[str, ...], ...]:
        """Give the cells of some rows as they were sent."""
        own = self.tables[table].iloc[list(at)][list(columns)]
        return tuple(tuple(row) for row in own.itertuples(index=False))


def draw(seed: int, people: int = PEOPLE) -> Drawn:
    """Draw a registry; another seed is another registry of the same population."""
    rng = np.random.default_rng(seed)
    base = _children(rng, people)
    tables = {
        "children": base,
        "marrow": _marrow(rng, base),
        "dispensings": _dispensings(rng, base),
        "remarks": _remarks(rng, base),
    }
    numbers = {name: own.apply(numeric) for name, own in tables.items()}
    text = {name: own.apply(_texts).astype(str) for name, own in tables.items()}
    return Drawn(text, numbers)


def source(drawn: Drawn) -> Source:
    """Write it as it was sent, with its dictionary."""
    files = {name: own.to_csv(index=False).encode() for name, own in drawn.tables.items()}
    return Source(files, {"tables": {name: _described(drawn, name) for name in drawn.tables}})


def _described(drawn: Drawn, name: str) -> dict[str, object]:
    columns = {
        column: {"type": kind, "role": role, "description": f"{column} of {name}"}
        for column, kind, role in (
            (own, *_role(own, drawn.numbers[name][own])) for own in drawn.tables[name].columns
        )
    }
    return {"person": "child", "columns": columns}


def _role(column: str, values: Any) -> tuple[str, str]:
    if column == "child":
        return "text", "pseudonym"
    if column == "remark":
        return "text", "free_text"
    if values.dtype.kind not in "iuf":
        return "category", "quasi_id"
    whole = bool((values.dropna() % 1 == 0).all())
    return ("integer" if whole else "number"), "measure"


def numeric(values: Any) -> Any:
    """Make numbers of a column that has them; the rest, and codes with a zero in front, stay."""
    if values.dtype.kind not in "iufb" and values.astype(str).str.match(r"0\d").any():
        return values
    try:
        return pd.to_numeric(values)
    except (ValueError, TypeError):
        return values


def _texts(values: Any) -> Any:
    """Write numbers as the partner's program did: what is rounded keeps its last zero."""
    if values.dtype.kind != "f":
        return values.astype(str)
    digits = 0 if (values.dropna() % 1 == 0).all() else 2 if values.abs().max() < 8 else 1
    return values.map(lambda one: "" if pd.isna(one) else f"{one:.{digits}f}")


def _names(rng: Any, people: int) -> list[str]:
    drawn = rng.choice(list(_LETTERS), (people + 200, 8))
    names = list(dict.fromkeys(f"{''.join(one[:4])}-{''.join(one[4:])}" for one in drawn))
    return names[:people]


def _children(rng: Any, n: int) -> Any:
    subtype = rng.choice(list(_SUBTYPES), n, p=[float(one[0]) for one in _SUBTYPES.values()])
    middle, cells = (np.array([float(_SUBTYPES[one][at]) for one in subtype]) for at in (1, 2))
    weights = np.linspace(3, 1, len(CENTRES))
    centre = rng.choice(CENTRES, n, p=weights / weights.sum())
    age = np.clip(rng.gamma(2.6, middle / 2.6), 1, 215).round()
    year = rng.integers(2004, 2024, n)
    height = np.clip(52 + 30 * np.log1p(age / 14) + age * 0.28 + rng.normal(0, 5, n), 48, 196)
    weight = np.clip(height**2 / 10_000 * rng.normal(16.4, 1.7, n), 2.9, 118)
    wbc = np.round(np.exp(rng.normal(np.log(cells), 1.15)), 1) + 0.1
    cns = rng.choice([1, 2, 3], n, p=[0.79, 0.15, 0.06])
    mrd = np.round(np.clip(rng.normal(-3.6, 1.2, n) + 0.25 * (subtype == "T"), -5.5, -0.3), 2)
    risk = np.where((mrd > -2) | (cns == 3), "HR", np.where((wbc > 50) | (mrd > -3), "MR", "SR"))
    danger = np.where(risk == "HR", 2.6, np.where(risk == "MR", 1.4, 0.7))
    clock = rng.exponential(9_000 / danger)
    left = np.datetime64("2025-06-30") - (np.datetime64("2004-01-01") + 365 * (year - 2004))
    limit = np.maximum(left.astype(int) - rng.integers(30, 700, n), 200)
    relapse = clock < limit
    after = clock + rng.exponential(1_500, n)
    dead = relapse & (after < limit)
    graft = (risk == "HR") & (rng.random(n) < 0.45)
    frame = {
        "child": _names(rng, n), "sex": rng.choice(["F", "M"], n, p=[0.44, 0.56]),
        "birth_year": (year - age // 12).astype(int),
        "gestation_weeks": np.clip(rng.normal(39.2, 1.8, n), 24, 43).round(),
        "birth_weight_g": (np.clip(rng.normal(3_420, 560, n), 520, 5_300) // 10 * 10).astype(int),
        "mother_age": np.clip(rng.normal(30, 5.4, n), 15, 49).round(),
        "father_age": np.clip(rng.normal(33, 6.3, n), 16, 68).round(),
        "siblings": rng.poisson(1.2, n), "country": [_COUNTRY[one] for one in centre],
        "centre": centre, "area": rng.integers(101, 420, n), "dx_year": year,
        "dx_week": rng.integers(1, 53, n), "age_months": age, "subtype": subtype,
        "fusion": [rng.choice(_SUBTYPES[one][3].split()) for one in subtype],
        "down": (rng.random(n) < 0.035).astype(int), "cns": cns,
        "csf_cells": np.where(cns == 1, rng.integers(0, 5, n), rng.integers(5, 220, n)),
        "mediastinum": ((rng.random(n) < 0.05) | ((subtype == "T") & (rng.random(n) < 0.5))) * 1,
        "testis": (rng.random(n) < 0.02).astype(int),
        "liver_cm": np.round(rng.gamma(2.1, 1.6, n), 1),
        "spleen_cm": np.round(rng.gamma(1.9, 2.1, n), 1), "weight_kg": np.round(weight, 1),
        "height_cm": np.round(height, 1),
        "hb_mmol": np.round(np.clip(rng.normal(5, 1.4, n), 1.2, 9.6), 1), "wbc": np.round(wbc, 1),
        "platelets": np.exp(rng.normal(4, 0.9, n)).round() + 1,
        "blasts_blood": np.round(100 * rng.beta(1.3, 1.6, n), 1),
        "blasts_marrow": np.round(100 * rng.beta(9, 1.6, n), 1),
        "ldh": np.exp(rng.normal(6.3, 0.7, n)).round(),
        "ferritin": np.exp(rng.normal(5.8, 0.9, n)).round(),
        "urate": np.round(np.exp(rng.normal(5.7, 0.4, n)), 1),
        "creatinine": np.round(18 + age * 0.17 + rng.gamma(2, 4, n), 1),
        "albumin": np.round(rng.normal(38.5, 4.6, n), 1),
        "crp": np.round(np.exp(rng.normal(2.6, 1.3, n)), 1),
        "protocol": np.where(year < 2011, "L-04", np.where(year < 2017, "L-11", "L-17")),
        "arm": rng.choice(["A", "B", "C"], n, p=[0.45, 0.4, 0.15]),
        "steroid": rng.choice(["dexamethasone", "prednisone"], n), "risk": risk, "mrd_log": mrd,
        "remission_day": np.clip(rng.normal(33, 6, n), 22, 96).round(),
        "transplant": graft.astype(int),
        "transplant_day": np.where(graft, rng.integers(90, 400, n), np.nan),
        "relapse": relapse.astype(int),
        "relapse_day": np.where(relapse, clock.round() + 40, np.nan),
        "relapse_site": np.where(relapse, rng.choice(["marrow", "marrow", "cns", "testis"], n), ""),
        "second_cancer": (rng.random(n) < 0.012).astype(int), "dead": dead.astype(int),
        "followup_day": np.where(dead, after.round(), limit).astype(int) + 60,
    }  # fmt: skip
    doses = {m: rng.binomial(2, f, n) for m, f in zip(MARKERS, _FREQUENCY, strict=True)}
    return pd.DataFrame(frame | doses)


def _marrow(rng: Any, base: Any) -> Any:
    own = base.loc[base.index.repeat(rng.integers(2, 7, len(base)))].reset_index(drop=True)
    order = own.groupby("child").cumcount().to_numpy()
    planned = np.array([0, 15, 29, 78, 180, 365])[order]
    n = len(own)
    return pd.DataFrame(
        {
            "child": own["child"],
            "day": np.maximum(planned + rng.integers(-3, 9, n), 0),
            "timepoint": np.array(["dx", "d15", "d29", "w11", "m6", "y1"])[order],
            "cellularity": rng.choice(["hypo", "normal", "hyper"], n, p=[0.4, 0.4, 0.2]),
            "blasts_pct": np.where(order == 0, own["blasts_marrow"],
                                   np.round(rng.gamma(0.9, 3.1, n) / (1 + order), 1)),
            "mrd_log": np.round(own["mrd_log"] - 0.3 * order + rng.normal(0, 0.5, n), 2),
            "method": rng.choice(["flow", "PCR", "NGS"], n, p=[0.6, 0.33, 0.07]),
            "nucleated": np.round(np.exp(rng.normal(3.2, 0.8, n)), 1),
            "laboratory": rng.choice(["K1", "K2", "K3", "K4"], n, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )  # fmt: skip


def _dispensings(rng: Any, base: Any) -> Any:
    own = base.loc[base.index.repeat(rng.poisson(4.4, len(base)))].reset_index(drop=True)
    n = len(own)
    drug = rng.choice(list(_DRUGS), n, p=[0.26, 0.22, 0.17, 0.1, 0.05, 0.06, 0.06, 0.08])
    per_m2, strength = (np.array([_DRUGS[one][at] for one in drug]) for at in (0, 1))
    letter, number = rng.choice(list("QVX"), n), rng.integers(1, 99_999, n)
    surface = np.sqrt(own["weight_kg"] * own["height_cm"] / 3_600).to_numpy()
    return pd.DataFrame(
        {
            "child": own["child"],
            "day": rng.integers(1, 900, n),
            "atc": drug,
            "strength_mg": strength,
            "packs": 1 + rng.poisson(0.7, n),
            "daily_mg": np.round(per_m2 * surface * rng.normal(1, 0.16, n), 1),
            "batch": [f"{a}{b:05d}" for a, b in zip(letter, number, strict=True)],
            "ward": rng.choice(["day clinic", "ward 3", "home care", "pharmacy desk"], n),
            "pharmacy": own["centre"] + [f"-{one}" for one in rng.integers(1, 4, n)],
        }
    )  # fmt: skip


def _remarks(rng: Any, base: Any) -> Any:
    own = base.sample(3_600, random_state=int(rng.integers(1, 10**6)), replace=True)
    week = rng.integers(1, 130, len(own))
    what, then = (text.replace("\n", "/").split("/") for text in (_WHAT, _THEN))
    said = [
        f"{rng.choice(_WHO)} {rng.choice(what)}; {rng.choice(then)}, {rng.choice(_WHO)} "
        f"{rng.choice(what)} (w{one})"
        for one in week
    ]
    written = rng.choice(["nurse", "physician", "social worker", "teacher"], len(own))
    return pd.DataFrame(
        {"child": own["child"].to_numpy(), "week": week, "written_by": written, "remark": said}
    )

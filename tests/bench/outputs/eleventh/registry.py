"""[pure] A made-up registry of myeloproliferative neoplasms.

Nobody in it exists: codes are drawn, shares are invented, and numbers follow no study. Drawn with
the standard library alone.

Run: python -m tests.bench.outputs.eleventh.registry FOLDER
Writes the tables and the dictionary there, as the scripts of this corpus read them.
"""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from tests.bench.outputs.corpora import Source

SEED = 4_617
PEOPLE = 4_600
PANELS = 1_500
_TODAY = date(2025, 6, 30)
GENES = ("TET2", "ASXL1", "DNMT3A", "SRSF2", "EZH2", "TP53", "IDH2", "SF3B1")
SNPS = ("rs12343867", "rs2736100", "rs9847953", "rs2201862", "rs4858647", "rs7705526")
_MINOR = (0.36, 0.48, 0.27, 0.41, 0.22, 0.33)
_SHARES: Mapping[str, Mapping[str, float]] = {
    "centre": {"Almrode": 21, "Brackwald": 18, "Corvey": 15, "Dornach": 13, "Eschau": 11,
               "Fallingen": 9, "Gronau": 7, "Hollerich": 4, "Iversund": 1.8, "Jettingen": 0.15},
    "entity": {"PV": 34, "ET": 37, "prePMF": 9, "PMF": 12, "SMF": 5, "MPN-U": 2.7, "CNL": 0.15},
    "smoking": {"never": 52, "former": 29, "current": 19},
    "language": {"German": 58, "French": 14, "Italian": 8, "Dutch": 9, "Polish": 6, "Danish": 4,
                 "Romansh": 0.12},
    "ecog": {"0": 57, "1": 31, "2": 9, "3": 2.6, "4": 0.12},
    "karyotype": {"normal": 71, "favourable": 13, "unfavourable": 6, "not done": 10},
    "education": {"basic": 22, "vocational": 44, "secondary": 16, "university": 18},
}  # fmt: skip
_DRIVERS: Mapping[str, Mapping[str, float]] = {
    "PV": {"JAK2 V617F": 96.3, "JAK2 exon 12": 2.6, "triple negative": 1.1},
    "ET": {"JAK2 V617F": 57, "CALR type 1": 14, "CALR type 2": 12, "MPL": 4, "triple negative": 13},
    "other": {"JAK2 V617F": 60, "CALR type 1": 20, "CALR type 2": 5, "MPL": 6,
              "triple negative": 9},
}  # fmt: skip
_MIDDLE: Mapping[str, tuple[float, float, float, float]] = {
    "PV": (178, 11.2, 470, 3.0), "ET": (139, 8.9, 790, 1.6), "prePMF": (132, 10.4, 640, 2.4),
    "PMF": (108, 11.9, 300, 7.8), "SMF": (104, 13.0, 280, 8.9), "MPN-U": (122, 11.5, 420, 3.9),
    "CNL": (116, 38.0, 240, 5.5),
}  # fmt: skip
"""Haemoglobin, leukocytes, platelets, and centimetres of spleen below the ribs."""
_NOTES = (
    "{who} phoned since {what} got worse, {done} {when}",
    "{done} {when} because of {what}; {who} was told",
    "missed the visit, {who} explains it with {what}; {done}",
    "{who} doubts {what} and wants to speak {when}, {done}",
    "{when} came with {who}; {what} as before, {done}",
)
_WHO = ("her daughter in law", "the pharmacist", "his brother from abroad", "the parish nurse",
        "the landlady", "a colleague of the bakery", "the widow next door", "the dentist",
        "her godchild", "the skipper of the ferry", "the choir leader")  # fmt: skip
_WHAT = ("itching after the bath", "the burning toes", "the heavy spleen", "night sweats",
         "the leg ulcer", "the blurred eye", "the sore mouth", "the missed tablets",
         "the nose bleeds", "the tired legs", "the pulled tooth")  # fmt: skip
_DONE = ("phlebotomy put forward", "capsules halved", "smear repeated", "aspirin paused",
         "letter dictated anew", "iron not given", "ultrasound ordered", "dose kept",
         "marrow put off", "sample sent to the second laboratory")  # fmt: skip
_WHEN = ("after the harvest", "before the pilgrimage", "once the stairs are repaired",
         "in the week of carnival", "when the grandson marries", "after the move to the lake",
         "as soon as the bus runs again", "at the end of lambing", "before the glazier comes",
         "on the day of the fire drill")  # fmt: skip
Table = list[dict[str, str]]


@cache
def tables(seed: int = SEED) -> Mapping[str, Table]:
    """Draw the tables; each row is a dictionary of text, columns in the order of the file."""
    random = Random(f"neoplasms {seed}")
    patients = [_patient(random, code) for code in _codes(random)]
    return {
        "patients": patients,
        "counts": [row for one in patients for row in _counts(random, one)],
        "panel": [_panel(random, one) for one in random.sample(patients, PANELS)],
    }


def source() -> Source:
    """The tables as csv and their dictionary."""
    own = tables()
    return Source(
        {name: written(rows) for name, rows in own.items()},
        {"tables": {name: _described(rows) for name, rows in own.items()}},
    )


def written(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write rows as csv."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _codes(random: Random) -> list[str]:
    letters = "ACDEFGHJKLMNPQRTUVWXY"
    found: dict[str, None] = {}
    while len(found) < PEOPLE:
        last = "".join(random.choice(letters) for _ in range(3))
        found[f"mp{random.randrange(10**4):04d}{last}"] = None
    return list(found)


def _pick(random: Random, shares: Mapping[str, float]) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def _patient(random: Random, code: str) -> dict[str, str]:
    woman = random.random() < 0.51
    entity = _pick(random, _SHARES["entity"])
    middle = 66 if entity in {"PMF", "SMF", "CNL"} else 61 if entity == "PV" else 58
    days = int(365.25 * min(93.0, max(18.1, random.gauss(middle, 14))))
    since = int(60 + 5100 * random.random() ** 0.85)
    diagnosed = _TODAY - timedelta(since)
    own = {"patient": code, "centre": _pick(random, _SHARES["centre"])}
    own |= {"sex": "female" if woman else "male"}
    own |= {"born": (diagnosed - timedelta(days)).isoformat(), "age": str(int(days / 365.25))}
    own |= {"diagnosed": diagnosed.isoformat(), "entity": entity}
    own["driver"] = _pick(random, _DRIVERS.get(entity, _DRIVERS["other"]))
    mutated = own["driver"] != "triple negative"
    middle_vaf = {"PV": 42.0, "ET": 24.0}.get(entity, 38.0)
    vaf = min(97.0, max(1.2, random.gauss(middle_vaf, 16)))
    own["vaf"] = f"{vaf:.1f}" if mutated and random.random() < 0.86 else ""
    own["karyotype"] = _pick(random, _SHARES["karyotype"])
    own |= _blood(random, entity, woman=woman)
    own |= _person(random, own, woman=woman)
    own |= _care(random, own)
    own |= _course(random, own, since)
    own["remark"] = _remark(random)
    return own


def _blood(random: Random, entity: str, *, woman: bool) -> dict[str, str]:
    hb, wbc, plt, spleen = _MIDDLE[entity]
    red = random.gauss(hb - 7 * woman, 14 if entity == "PV" else 17)
    felt = max(0.0, random.gauss(spleen, 3.4))
    return {
        "hb": f"{max(51.0, red):.0f}",
        "hct": f"{min(68.0, max(16.0, red * 0.302 + random.gauss(0, 1.3))):.1f}",
        "wbc": f"{wbc * random.lognormvariate(0, 0.36):.1f}",
        "platelets": f"{max(9.0, plt * random.lognormvariate(0, 0.4)):.0f}",
        "ldh": f"{random.lognormvariate(5.6 + spleen / 28, 0.32):.0f}",
        "ferritin": f"{random.lognormvariate(3.9, 0.9):.0f}",
        "epo": f"{random.lognormvariate(1.1 if entity == 'PV' else 2.2, 0.6):.1f}"
        if random.random() < 0.6
        else "",
        "spleen_cm": str(round(felt)),
        "blasts": str(min(19, int(random.expovariate(1 / 1.9)))) if spleen > 3.5 else "0",
    }


def _person(random: Random, own: Mapping[str, str], *, woman: bool) -> dict[str, str]:
    age = int(own["age"])
    height = random.gauss(164 if woman else 177, 6.6)
    weight = (height / 100) ** 2 * random.lognormvariate(3.24, 0.15)
    return {
        "height_cm": f"{height:.0f}",
        "weight_kg": f"{weight:.1f}",
        "smoking": _pick(random, _SHARES["smoking"]),
        "hypertension": str(int(random.random() < 0.12 + age / 170)),
        "diabetes": str(int(random.random() < 0.02 + age / 900)),
        "ecog": _pick(random, _SHARES["ecog"]),
        "language": _pick(random, _SHARES["language"]),
        "education": _pick(random, _SHARES["education"]),
        "prior_event": random.choices(
            ("none", "arterial", "venous", "both"), (79, 12, 8, 1 + age / 90)
        )[0],
    }


def _care(random: Random, own: Mapping[str, str]) -> dict[str, str]:
    entity, age = own["entity"], int(own["age"])
    old = age >= 60 or own["prior_event"] != "none"
    fibrosis = entity in {"PMF", "SMF"}
    shares = (17, 20, 4, 0.3, 55, 4) if fibrosis else (12, 62, 15, 8, 5, 1) if old else (
        52, 12, 24, 9, 2, 0.1)  # fmt: skip
    kinds = ("none", "hydroxyurea", "interferon", "anagrelide", "ruxolitinib", "busulfan")
    given = random.choices(kinds, shares)[0]
    doses = {"hydroxyurea": (500, 1000, 1500), "interferon": (45, 90, 135),
             "anagrelide": (1, 2, 3), "ruxolitinib": (10, 20, 30, 40),
             "busulfan": (2, 4)}  # fmt: skip
    risk = int(age >= 60) + 2 * int(own["prior_event"] != "none") + int("JAK2" in own["driver"])
    score = random.gauss(19 + 1.4 * int(own["spleen_cm"]) + 4 * int(own["ecog"]), 11)
    return {
        "therapy": given,
        "dose": str(random.choice(doses[given])) if given != "none" else "",
        "aspirin": str(int(random.random() < (0.88 if entity in {"PV", "ET"} else 0.4))),
        "phlebotomies": str(min(16, int(random.gammavariate(2.1, 2.0))) if entity == "PV" else 0),
        "risk": ("very low", "low", "intermediate", "high")[min(3, risk)],
        "symptoms": str(max(0, min(94, round(score)))),
        "pruritus": str(int(random.random() < (0.42 if entity == "PV" else 0.16))),
        "visits": str(1 + min(29, int(random.gammavariate(2.4, 1.8)))),
        "cost": f"{(900 + 38 * max(0, score)) * random.lognormvariate(0, 0.8):.2f}",
    }


def _course(random: Random, own: Mapping[str, str], since: int) -> dict[str, str]:
    age, entity = int(own["age"]), own["entity"]
    fibrosis = entity in {"PMF", "SMF", "CNL"}
    dead = random.expovariate(1.5e-6 * 1.085 ** (age - 40) * (5.0 if fibrosis else 1.0) * 6)
    last = max(31, int(since * (1 - 0.15 * random.random() ** 3)))
    died, days = int(dead < last), max(3, int(min(dead, last)))
    clot = random.expovariate(5.2e-5 * (1.9 if own["prior_event"] != "none" else 1.0)
                              * (1.6 if age >= 60 else 1.0))  # fmt: skip
    bleed = random.expovariate(3.4e-5 * (2.0 if fibrosis else 1.0))
    turned = random.expovariate(1e-12 if fibrosis else 2.9e-5 if entity == "PV" else 1.7e-5)
    blast = random.expovariate(7.5e-5 if fibrosis else 6e-6)
    own_days = {"thrombosis": clot, "bleeding": bleed, "fibrosis": turned, "leukaemia": blast}
    facts: dict[str, str] = {}
    for name, at in own_days.items():
        facts |= {name: str(int(at < days)), f"{name}_days": str(max(1, int(min(at, days))))}
    return {**facts, "death": str(died), "death_days": str(days)}


def _remark(random: Random) -> str:
    if random.random() < 0.4:
        return ""
    words = {"who": _WHO, "what": _WHAT, "done": _DONE, "when": _WHEN}
    drawn = {name: random.choice(every) for name, every in words.items()}
    return random.choice(_NOTES).format(**drawn)


def _counts(random: Random, patient: Mapping[str, str]) -> Table:
    """Blood counts of the follow-up, for two of three."""
    if random.random() < 0.34:
        return []
    rows, day = [], 0
    begin = date.fromisoformat(patient["diagnosed"])
    treated = patient["therapy"] != "none"
    red = int(patient["hb"]) * (0.93 if treated else 1)
    for _ in range(random.randrange(2, 8)):
        day += random.randrange(40, 200)
        if day > int(patient["death_days"]):
            break
        fall = 0.62 + 0.38 * random.random() if treated else 1.0
        rows.append({
            "patient": patient["patient"],
            "taken": (begin + timedelta(day)).isoformat(),
            "hb": f"{max(48.0, random.gauss(red, 8)):.0f}",
            "wbc": f"{float(patient['wbc']) * fall * random.lognormvariate(0, 0.15):.1f}",
            "platelets": f"{int(patient['platelets']) * fall * random.lognormvariate(0, 0.2):.0f}",
            "ldh": f"{int(patient['ldh']) * random.lognormvariate(0, 0.12):.0f}",
            "machine": random.choices(("XN-9000", "DxH-900", "Alinity"), (61, 29, 10))[0],
            "grade": random.choices(("0", "1", "2", "3", "4"), (70, 18, 8, 3.7, 0.05))[0],
        })  # fmt: skip
    return rows


def _panel(random: Random, patient: Mapping[str, str]) -> dict[str, str]:
    shares = (0.14, 0.12, 0.06, 0.035, 0.025, 0.02, 0.015, 0.002)
    more = 2.2 if patient["entity"] in {"PMF", "SMF"} else 1.0
    vafs = [
        f"{min(92.0, max(2.0, random.gauss(27, 14))):.1f}"
        if random.random() < share * more
        else "0"
        for share in shares
    ]
    doses = [str(sum(random.random() < share for _ in "ab")) for share in _MINOR]
    return {"patient": patient["patient"], **dict(zip(GENES, vafs, strict=True)),
            **dict(zip(SNPS, doses, strict=True))}  # fmt: skip


_ROLES = {"patient": ("text", "pseudonym"), "remark": ("text", "free_text"),
          "born": ("date", "quasi_id"), "diagnosed": ("date", "date"),
          "taken": ("date", "date")}  # fmt: skip
_QUASI = {"centre", "sex", "age", "entity", "language", "education"}


def _described(rows: Sequence[Mapping[str, str]]) -> Mapping[str, object]:
    return {"person": "patient", "columns": {name: _column(name, rows) for name in rows[0]}}


def _column(name: str, rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    cells = [row[name] for row in rows if row[name]]
    kind, role = _ROLES.get(name, (_kind(cells), "quasi_id" if name in _QUASI else "measure"))
    return {"type": kind, "role": role, "description": name.replace("_", " ")}


def _kind(cells: Sequence[str]) -> str:
    if all(cell.isdigit() for cell in cells):
        return "integer"
    return "number" if all(cell.replace(".", "").isdigit() for cell in cells) else "category"


if __name__ == "__main__":
    source().write(Path(sys.argv[1]))

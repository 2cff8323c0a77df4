"""[pure] A made-up registry of myelodysplastic syndromes and acute myeloid leukaemia.

Nobody in it exists: codes are drawn, shares are invented, and numbers follow no study. Drawn with
the standard library alone.

Run: python -m tests.bench.outputs.ninth.registry FOLDER
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

SEED = 90_417
PEOPLE = 6_000
SEQUENCED = 2_400
_CLOSED = date(2025, 6, 30)
GENES = ("TP53", "SF3B1", "ASXL1", "TET2", "DNMT3A", "NPM1", "FLT3", "RUNX1", "SRSF2", "ETNK1")
_MUTATED = (0.12, 0.17, 0.19, 0.23, 0.16, 0.12, 0.13, 0.11, 0.12, 0.003)
SNPS = ("rs1801133", "rs4880", "rs1695")
_MINOR = (0.34, 0.47, 0.33)
_SHARES: Mapping[str, Mapping[str, float]] = {
    "centre": {"Aarhof": 23, "Bergen": 19, "Castell": 17, "Delmar": 14, "Eastholm": 11,
               "Fontane": 9, "Grauwald": 6, "Hollin": 0.9},
    "disease": {"MDS-LB": 24, "MDS-IB1": 15, "MDS-IB2": 11, "MDS-5q": 3.2, "MDS-SF3B1": 10,
                "CMML": 6, "AML-MR": 14, "AML-NPM1": 8, "AML-CBF": 3, "AML-NOS": 5.5,
                "AML-MECOM": 0.3},
    "karyotype": {"normal": 52, "del(5q)": 8, "trisomy 8": 8, "-7/del(7q)": 7, "complex": 13,
                  "-Y": 4, "del(20q)": 4.5, "inv(3)": 0.25, "other": 3.25},
    "smoking": {"never": 46, "former": 35, "current": 15, "unknown": 4},
    "living": {"alone": 27, "with partner": 55, "with family": 14, "care home": 4},
    "language": {"English": 60, "German": 14, "Spanish": 9, "French": 8, "Dutch": 6, "Polish": 2.85,
                 "Basque": 0.15},
}  # fmt: skip
_TERMS = ("none", "neutropenia", "thrombocytopenia", "anaemia", "infection", "nausea", "rash",
          "diarrhoea", "tumour lysis")  # fmt: skip
_NOTES = (
    "{when} {who} phoned because of {what}, {done}",
    "{who} asks for {what} to be seen again; {done} {when}",
    "clinic moved {when}: {who} had {what}; {done}",
    "{done} as {who} wished, {what} to be looked at {when}",
)
_WHO = ("the eldest son", "her sister in law", "the parish nurse", "his former colleague",
        "the granddaughter", "the man from the lodge", "the landlady", "his brother at sea",
        "the district midwife", "her bridge partner", "the choirmaster")  # fmt: skip
_WHAT = ("the bruise on the shin", "the fever at night", "the PICC line", "the new cough",
         "the pill box", "the mouth sores", "the transport slip", "the sick note",
         "the loose crown", "the garden accident", "the flight to Porto")  # fmt: skip
_DONE = ("platelets ordered", "cycle held a week", "letter to the family doctor", "bloods repeated",
         "dose kept", "bed found on the ward", "antibiotic changed", "scan cancelled",
         "consent form sent again")  # fmt: skip
_WHEN = ("after the harvest", "before the wedding", "on the Monday of the strike",
         "when the roads were clear", "in the week of the regatta", "once the lift worked",
         "after the second storm", "before the house move", "at the end of Ramadan")  # fmt: skip
Table = list[dict[str, str]]


@cache
def tables(seed: int = SEED) -> Mapping[str, Table]:
    """Draw the tables; each row is a dictionary of text, columns in the order of the file."""
    random = Random(f"myeloid alliance {seed}")
    people = [_person(random, code) for code in _codes(random)]
    return {
        "patients": people,
        "cycles": [row for one in people for row in _cycles(random, one)],
        "panel": [_panel(random, one) for one in random.sample(people, SEQUENCED)],
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
    found: dict[str, None] = {}
    while len(found) < PEOPLE:
        ends = random.choice("bcdfghkmnprtvwxz"), random.choice("bcdfghkmnprtvwxz")
        middle = f"{random.randrange(1000):03d}-{random.randrange(1000):03d}"
        found[f"{ends[0]}{middle}{ends[1]}"] = None
    return list(found)


def _pick(random: Random, name: str) -> str:
    shares = _SHARES[name]
    return random.choices(list(shares), list(shares.values()))[0]


def _person(random: Random, code: str) -> dict[str, str]:
    disease, woman = _pick(random, "disease"), random.random() < 0.43
    acute = disease.startswith("AML")
    diagnosed = _CLOSED - timedelta(200 + int(4100 * random.random()))
    age_days = int(365.25 * (20 + 76 * random.betavariate(3.6, 1.7)))
    own = {"case_no": code, "centre": _pick(random, "centre"), "sex": "F" if woman else "M"}
    own |= {"born": (diagnosed - timedelta(age_days)).isoformat(), "age": str(age_days * 4 // 1461)}
    own |= {"diagnosed": diagnosed.isoformat(), "year": str(diagnosed.year), "disease": disease}
    own["karyotype"] = "del(5q)" if disease == "MDS-5q" else _pick(random, "karyotype")
    own["risk"] = _risk(random, own["karyotype"], acute=acute)
    own |= {"smoking": _pick(random, "smoking"), "living": _pick(random, "living")}
    own["language"] = _pick(random, "language")
    own["ecog"] = str(random.choices(range(5), (34, 40, 18, 7, 1))[0])
    own["hctci"] = str(min(9, _poisson(random, 1.7)))
    own |= _body(random, woman=woman)
    own |= _blood(random, acute=acute)
    own |= _care(random, int(own["age"]), disease)
    own |= _course(random, own)
    own["remark"] = _remark(random)
    return own


def _risk(random: Random, karyotype: str, *, acute: bool) -> str:
    bad = karyotype in {"complex", "-7/del(7q)", "inv(3)"}
    weights: tuple[float, ...]
    if acute:
        weights = (2, 18, 80) if bad else (33, 44, 23)
        return random.choices(("favourable", "intermediate", "adverse"), weights)[0]
    weights = (1, 6, 17, 32, 44) if bad else (20, 38, 22, 13, 7)
    names = ("very low", "low", "moderate", "high", "very high")
    return random.choices(names, weights)[0]


def _body(random: Random, *, woman: bool) -> dict[str, str]:
    height = random.gauss(163 if woman else 176, 7)
    weight = (height / 100) ** 2 * random.lognormvariate(3.25, 0.16)
    return {"height_cm": f"{height:.0f}", "weight_kg": f"{weight:.1f}"}


def _blood(random: Random, *, acute: bool) -> dict[str, str]:
    blasts = min(96.0, 20 + random.gammavariate(1.8, 17)) if acute else 20 * random.random() ** 2
    return {
        "hb": f"{max(3.8, random.gauss(8.6 if acute else 9.5, 1.6)):.1f}",
        "neut": f"{random.lognormvariate(0.1 if acute else 0.6, 0.9):.2f}",
        "plt": f"{random.lognormvariate(3.9 if acute else 4.6, 0.75):.0f}",
        "wbc": f"{random.lognormvariate(2.3 if acute else 1.3, 0.8):.1f}",
        "blasts": f"{blasts:.1f}",
        "ferritin": f"{random.lognormvariate(6.1, 0.9):.0f}",
        "ldh": f"{random.lognormvariate(5.6, 0.4):.0f}",
        "creatinine": f"{random.lognormvariate(4.4, 0.3):.0f}",
    }


def _care(random: Random, age: int, disease: str) -> dict[str, str]:
    weights: tuple[float, ...]
    if disease.startswith("AML"):
        names = (
            "7+3",
            "azacitidine-venetoclax",
            "azacitidine",
            "low-dose cytarabine",
            "supportive",
        )
        weights = (75, 15, 5, 1, 4) if age < 65 else (14, 44, 16, 8, 18)
    elif disease in {"MDS-5q", "MDS-SF3B1", "MDS-LB"}:
        names = ("epoetin", "luspatercept", "lenalidomide", "azacitidine", "supportive")
        weights = (41, 14, 12 if disease == "MDS-5q" else 0.4, 14, 31)
    else:
        names = ("azacitidine", "azacitidine-venetoclax", "7+3", "epoetin", "supportive")
        weights = (56, 9, 8, 7, 20)
    first = random.choices(names, weights)[0]
    able = age < 74 and first in {"7+3", "azacitidine", "azacitidine-venetoclax"}
    grafted = able and random.random() < 0.36
    donor = random.choices(("sibling", "unrelated", "haplo", "cord"), (28, 56, 15, 1))[0]
    units = _poisson(random, random.gammavariate(1.1, 14))
    return {
        "first_line": first,
        "transplant": str(int(grafted)),
        "donor": donor if grafted else "none",
        "units_year": str(min(units, 120)),
        "chelation": str(int(units > 18 and random.random() < 0.38)),
        "trial": str(int(random.random() < 0.13)),
    }


def _course(random: Random, own: Mapping[str, str]) -> dict[str, str]:
    worse = {"very low": 0.25, "low": 0.4, "moderate": 0.8, "high": 1.4, "very high": 2.4,
             "favourable": 0.7, "intermediate": 1.3, "adverse": 2.4}[own["risk"]]  # fmt: skip
    hazard = 0.0006 * worse * 1.03 ** (int(own["age"]) - 66)
    hazard *= 0.6 if own["transplant"] == "1" else 1.0
    seen = (_CLOSED - date.fromisoformat(own["diagnosed"])).days - random.randrange(150)
    dead_at, next_at = random.expovariate(hazard), random.expovariate(0.0011 * worse**0.6)
    died, days = int(dead_at <= seen), max(1, int(min(dead_at, seen)))
    treated = own["first_line"] != "supportive"
    again = int(treated and next_at < days)
    nights = _poisson(random, random.gammavariate(1.2, 9 * worse**0.5))
    cost = (900 + 610 * nights + 240 * int(own["units_year"])) * random.lognormvariate(0, 0.6)
    score = random.gauss(63 - 9 * int(own["ecog"]), 13)
    return {
        "response": random.choices(("CR", "PR", "stable", "progress"), (29, 17, 38, 16))[0]
        if treated else "none",
        "nights": str(min(150, nights)),
        "cost": f"{cost:.2f}",
        "qol": f"{max(4.0, min(100.0, score)):.0f}",
        "nextline": str(again),
        "nextline_days": str(max(1, int(next_at)) if again else days),
        "died": str(died),
        "died_days": str(days),
    }  # fmt: skip


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + random.expovariate(1.0)
    return count


def _remark(random: Random) -> str:
    if random.random() < 0.4:
        return ""
    words = {"who": _WHO, "what": _WHAT, "done": _DONE, "when": _WHEN}
    drawn = {name: random.choice(every) for name, every in words.items()}
    return random.choice(_NOTES).format(**drawn)


def _cycles(random: Random, person: Mapping[str, str]) -> Table:
    """The first cycles of those who have azacitidine, alone or with venetoclax."""
    if not person["first_line"].startswith("azacitidine"):
        return []
    day = date.fromisoformat(person["diagnosed"]) + timedelta(random.randrange(7, 60))
    area = (float(person["height_cm"]) * float(person["weight_kg"]) / 3600) ** 0.5
    rows = []
    for cycle in range(1, min(6, 1 + _poisson(random, 4)) + 1):
        term = random.choices(_TERMS, (36, 22, 15, 8, 9, 5, 2, 2.6, 0.15))[0]
        grade = 0 if term == "none" else random.choices(range(1, 6), (26, 33, 28, 12, 0.6))[0]
        facts = {"cycle": str(cycle), "given_on": day.isoformat()}
        facts |= {"dose_mg": f"{75 * area * random.choice((1, 1, 1, 0.8, 0.6)):.0f}"}
        facts |= {"hb": f"{max(4.0, float(person['hb']) + random.gauss(0.2, 0.9)):.1f}"}
        facts |= {"neut": f"{random.lognormvariate(0.2, 0.9):.2f}"}
        facts |= {"event": term, "grade": str(grade)}
        rows.append({"case_no": person["case_no"], **facts})
        day += timedelta(28 + max(0, round(random.gauss(3, 5))))
    return rows


def _panel(random: Random, person: Mapping[str, str]) -> dict[str, str]:
    shares = dict(zip(GENES, _MUTATED, strict=True))
    shares["SF3B1"] = 0.85 if person["disease"] == "MDS-SF3B1" else 0.05
    shares["NPM1"] = 0.97 if person["disease"] == "AML-NPM1" else 0.02
    shares["TP53"] = 0.55 if person["karyotype"] == "complex" else 0.05
    found = {gene: int(random.random() < share) for gene, share in shares.items()}
    top = 100 * random.betavariate(4, 6) if any(found.values()) else 0.0
    doses = [str(sum(random.random() < share for _ in "ab")) for share in _MINOR]
    return {
        "case_no": person["case_no"],
        **{gene: str(own) for gene, own in found.items()},
        "genes": str(sum(found.values())),
        "vaf": f"{top:.1f}",
        **dict(zip(SNPS, doses, strict=True)),
    }


_ROLES = {"case_no": ("text", "pseudonym"), "remark": ("text", "free_text"),
          "born": ("date", "quasi_id"), "diagnosed": ("date", "date"),
          "given_on": ("date", "date")}  # fmt: skip
_QUASI = {"centre", "sex", "age", "year", "disease", "language", "living"}


def _described(rows: Sequence[Mapping[str, str]]) -> Mapping[str, object]:
    return {"person": "case_no", "columns": {name: _column(name, rows) for name in rows[0]}}


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

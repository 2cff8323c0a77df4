"""[pure] Made-up day-care units for thalassaemia and sickle-cell disease.

Nobody in them exists: codes are drawn, shares are invented, and numbers follow no study. Drawn with
the standard library alone.

Run: python -m tests.bench.outputs.eighth.units FOLDER
Writes the tables and the dictionary there, as the programs of this corpus read them.
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

SEED = 1_791
PEOPLE = 5_000
TYPED = 1_800
_TODAY = date(2025, 3, 31)
SNPS = ("rs7482144", "rs766432", "rs9399137", "rs1427407", "rs10128556", "rs28384513")
_MINOR = (0.18, 0.24, 0.21, 0.13, 0.33, 0.29)
_SHARES: Mapping[str, Mapping[str, float]] = {
    "unit": {"Ashgrove": 24, "Birchfield": 20, "Cedarholm": 17, "Dunmere": 14, "Elmstead": 11,
             "Fernhill": 8, "Gorsebank": 5, "Harbourside": 1},
    "condition": {"beta major": 27, "beta intermedia": 12, "HbE beta": 8, "HbH": 5, "SS": 31,
                  "SC": 11, "S beta zero": 3.5, "S beta plus": 2, "Hb Lepore": 0.5},
    "tongue": {"English": 51, "Arabic": 11, "Greek": 6, "Italian": 5, "Urdu": 10, "Yoruba": 9,
               "French": 5, "Thai": 2.5, "Maltese": 0.5},
    "doing": {"pupil": 24, "student": 9, "employed": 39, "at home": 16, "pensioned": 8,
              "not told": 4},
    "blood_group": {"O": 44, "A": 36, "B": 14, "AB": 6},
    "reaction": {"none": 961, "fever": 19, "hives": 13, "breathless": 4, "haemolysis": 3},
    "product": {"leucodepleted": 78, "washed": 7, "irradiated": 5, "exchange": 10},
    "alpha": {"aa/aa": 66, "aa/-a": 24, "-a/-a": 6, "aa/--": 3, "aaa/aa": 1},
}  # fmt: skip
_BETA = {"beta major": ("CD39/CD39", "IVS1-110/CD39", "IVS1-110/IVS1-110", "IVS1-5/CD41-42"),
         "beta intermedia": ("IVS1-6/CD39", "-101/CD39", "IVS1-6/IVS1-6"),
         "HbE beta": ("CD26/CD41-42", "CD26/IVS1-5"), "HbH": ("N/N",), "SS": ("CD6S/CD6S",),
         "SC": ("CD6S/CD6C",), "S beta zero": ("CD6S/CD39", "CD6S/IVS1-110"),
         "S beta plus": ("CD6S/IVS1-6", "CD6S/-29"), "Hb Lepore": ("Lepore/CD39",)}  # fmt: skip
_NOTES = (
    "{who} rang about {what}; {done}, next talk {when}",
    "{when} {who} will bring {what}, {done} until then",
    "could not come, {who} was away with {what}; {done}",
    "{done} at the wish of {who}, who found {what} {when}",
    "talk with {who} on {what} put off, {done} {when}",
)
_WHO = ("her aunt", "the grandfather", "his twin", "the imam", "a flatmate", "the headmistress",
        "the foster mother", "the driver of the taxi", "the youth worker",
        "his employer at the quay", "the neighbour with the keys")  # fmt: skip
_WHAT = ("the infusion pump", "the spleen scan", "the hearing test", "the swollen hand",
         "the new tablets", "the cross-match card", "the holiday abroad", "the leg dressing",
         "the dark urine", "the school forms", "the eye appointment")  # fmt: skip
_DONE = ("tablets doubled", "pump lent out", "blood kept back", "bed moved to the window",
         "letter written again", "session shortened", "line flushed twice", "dose left as it is",
         "sample sent once more")  # fmt: skip
_WHEN = ("after the feast", "before the ferry leaves", "when the exams are over",
         "in the week of the fair", "once the roof is mended", "on the day of the choir",
         "after the trial shift", "before the baby comes", "when the snow is gone",
         "in the second half of term")  # fmt: skip
Table = list[dict[str, str]]


@cache
def tables(seed: int = SEED) -> Mapping[str, Table]:
    """Draw the tables; each row is a dictionary of text, columns in the order of the file."""
    random = Random(f"day care {seed}")
    persons = [_person(random, code) for code in _codes(random)]
    return {
        "persons": persons,
        "sessions": [row for one in persons for row in _sessions(random, one)],
        "genotypes": [_genotype(random, one) for one in random.sample(persons, TYPED)],
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
    letters = "BCDFGHJKLMNPQRSTVWXZ"
    found: dict[str, None] = {}
    while len(found) < PEOPLE:
        first = "".join(random.choice(letters) for _ in range(2))
        found[f"{first}{random.randrange(10**5):05d}{random.choice(letters)}"] = None
    return list(found)


def _pick(random: Random, name: str) -> str:
    shares = _SHARES[name]
    return random.choices(list(shares), list(shares.values()))[0]


def _person(random: Random, code: str) -> dict[str, str]:
    condition, woman = _pick(random, "condition"), random.random() < 0.52
    sickle = condition.startswith("S")
    days = int(365.25 * min(84.0, 1 + 74 * random.betavariate(1.6, 2.6)))
    age = days // 365
    own = {"person": code, "unit": _pick(random, "unit"), "gender": "female" if woman else "male"}
    own |= {"born": (_TODAY - timedelta(days)).isoformat(), "age": str(age)}
    own |= {"condition": condition, "tongue": _pick(random, "tongue")}
    own["doing"] = "pupil" if 5 <= age < 16 else "at home" if age < 5 else _pick(random, "doing")
    own["enrolled"] = (_TODAY - timedelta(int(days * random.random() ** 0.7))).isoformat()
    own["blood_group"] = _pick(random, "blood_group")
    own |= _body(random, age, woman=woman)
    own |= _care(random, age, condition)
    own |= _iron(random, int(own["bags_year"]), age)
    own |= _blood(random, condition, woman=woman)
    own |= _course(random, own, sickle=sickle)
    own["remark"] = _remark(random)
    return own


def _body(random: Random, age: int, *, woman: bool) -> dict[str, str]:
    grown = min(1.0, 0.44 + 0.56 * min(age, 17) / 17)
    height = grown * random.gauss(159 if woman else 170, 7)
    weight = (height / 100) ** 2 * random.lognormvariate(3.06, 0.14) * (0.76 + 0.24 * grown)
    return {"height_cm": f"{height:.1f}", "weight_kg": f"{weight:.1f}"}


def _care(random: Random, age: int, condition: str) -> dict[str, str]:
    dependent = {"beta major": 0.97, "HbE beta": 0.5, "Hb Lepore": 0.6, "SS": 0.34,
                 "S beta zero": 0.3}.get(condition, 0.13)  # fmt: skip
    bags = max(1, round(random.gauss(24, 8))) if random.random() < dependent else 0
    shares = (58, 14, 9, 11, 8) if bags else (7, 2, 1, 0, 90)
    chelators = ("deferasirox", "deferiprone", "desferrioxamine", "combined", "none")
    urea = condition.startswith("S") and age > 1 and random.random() < 0.55
    removed = age > 4 and random.random() < (0.27 if condition.startswith("beta") else 0.07)
    return {
        "bags_year": str(bags),
        "chelator": random.choices(chelators, shares)[0],
        "hydroxyurea_mg": str(250 * random.randrange(2, 8) if urea else 0),
        "spleen_out": "yes" if removed else "no",
    }


def _iron(random: Random, bags: int, age: int) -> dict[str, str]:
    load = random.lognormvariate(1.1 + bags / 34, 0.75) * (0.6 + min(age, 25) / 40)
    heart = random.gauss(36, 6) - 0.55 * load * random.random()
    scanned = age > 7 and random.random() < 0.8
    return {
        "ferritin": f"{max(12.0, 210 * load * random.lognormvariate(0, 0.4)):.0f}",
        "liver_iron": f"{load:.1f}" if scanned else "",
        "t2star_ms": f"{max(3.1, heart):.1f}" if scanned else "",
        "ejection": f"{min(78.0, max(21.0, random.gauss(62, 6))):.0f}",
    }


def _blood(random: Random, condition: str, *, woman: bool) -> dict[str, str]:
    middle = 92 if condition.startswith("beta") else 87 if condition == "SS" else 104
    return {
        "hb": f"{random.gauss(middle - 4 * woman, 10):.0f}",
        "hbf": f"{min(98.0, random.lognormvariate(1.9, 0.9)):.1f}",
        "wbc": f"{random.lognormvariate(2.2, 0.3):.1f}",
        "bilirubin": f"{random.lognormvariate(3.3, 0.5):.0f}",
        "alt": f"{random.lognormvariate(3.35, 0.45):.0f}",
    }


def _course(random: Random, own: Mapping[str, str], *, sickle: bool) -> dict[str, str]:
    age, bags = int(own["age"]), int(own["bags_year"])
    crises = min(15, _poisson(random, random.gammavariate(1.1, 1.9 if sickle else 0.05)))
    first = 5.5 if sickle else 25.0
    stroke_at = int(random.expovariate(1 / (365 * 14 * first))) + 1
    seen = min(4383, 150 + int(4200 * random.random() ** 0.8))
    dead_at = int(random.expovariate(9e-7 * (12 + age))) + 1
    died, days = int(dead_at <= seen), min(dead_at, seen)
    cost = (310 + 395 * bags + 720 * crises) * random.lognormvariate(0, 0.7)
    return {
        "crises": str(crises),
        "nights": str(min(90, _poisson(random, 3.2 * crises) + (random.random() < 0.06))),
        "pain": str(max(0, min(10, round(random.gauss(1.4 + crises / 2, 2.0))))),
        "ulcer": str(int(age > 14 and random.random() < (0.07 if sickle else 0.02))),
        "diabetes": str(int(age > 15 and random.random() < 0.004 * bags)),
        "antibodies": str(min(5, _poisson(random, 0.012 * bags))),
        "cost": f"{cost:.2f}",
        "stroke": str(int(stroke_at < days)),
        "stroke_days": str(min(stroke_at, days)),
        "died": str(died),
        "died_days": str(days),
    }


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + random.expovariate(1.0)
    return count


def _remark(random: Random) -> str:
    if random.random() < 0.35:
        return ""
    words = {"who": _WHO, "what": _WHAT, "done": _DONE, "when": _WHEN}
    drawn = {name: random.choice(every) for name, every in words.items()}
    return random.choice(_NOTES).format(**drawn)


def _sessions(random: Random, person: Mapping[str, str]) -> Table:
    """What was given in the last quarter to those who are transfused."""
    bags, rows = int(person["bags_year"]), []
    often = min(12, round(bags / 3)) if bags else 0
    for day in sorted(random.sample(range(90), often)):
        before = random.gauss(int(person["hb"]), 5)
        volume = 10 * round(random.gauss(29, 4)) * (2 if float(person["weight_kg"]) > 35 else 1)
        after = before + volume / (0.55 * float(person["weight_kg"])) + random.gauss(0, 2)
        facts = {"given_on": (_TODAY - timedelta(90 - day)).isoformat(), "volume_ml": str(volume)}
        facts |= {"hb_before": f"{before:.0f}", "hb_after": f"{min(150.0, after):.0f}"}
        facts |= {"minutes": str(5 * round(random.gauss(38, 7)))}
        facts |= {"product": _pick(random, "product"), "reaction": _pick(random, "reaction")}
        rows.append({"person": person["person"], **facts})
    return rows


def _genotype(random: Random, person: Mapping[str, str]) -> dict[str, str]:
    doses = [str(sum(random.random() < share for _ in "ab")) for share in _MINOR]
    changes = {"alpha": _pick(random, "alpha"), "beta": random.choice(_BETA[person["condition"]])}
    return {"person": person["person"], **changes, **dict(zip(SNPS, doses, strict=True))}


_ROLES = {"person": ("text", "pseudonym"), "remark": ("text", "free_text"),
          "born": ("date", "quasi_id"), "enrolled": ("date", "date"),
          "given_on": ("date", "date")}  # fmt: skip
_QUASI = {"unit", "gender", "age", "condition", "tongue", "doing", "blood_group"}


def _described(rows: Sequence[Mapping[str, str]]) -> Mapping[str, object]:
    return {"person": "person", "columns": {name: _column(name, rows) for name in rows[0]}}


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

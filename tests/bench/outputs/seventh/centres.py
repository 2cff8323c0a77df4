"""[pure] A made-up network of haemophilia centres, drawn with the standard library alone.

Nobody in it exists: names are drawn, shares are invented, and numbers follow no study.

Run: python -m tests.bench.outputs.seventh.centres FOLDER
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

SEED = 718_093
PEOPLE = 4_000
GENOTYPED = 1_500
MARKERS = (
    "rs1800291",
    "rs1800292",
    "rs6048",
    "rs176508",
    "rs8176719",
    "rs1063857",
    "rs867186",
    "rs9574",
)
_SHARES: Mapping[str, Mapping[str, float]] = {
    "centre": {"A": 26, "B": 21, "C": 17, "D": 13, "E": 10, "F": 8, "G": 4, "H": 1},
    "region": {"north": 30, "east": 25, "south": 25, "west": 19, "island": 1},
    "diagnosis": {"haemophilia A": 61, "haemophilia B": 17, "von Willebrand 1": 12,
                  "von Willebrand 2": 5.5, "von Willebrand 3": 1, "factor VII": 2, "factor XI": 1,
                  "factor XIII": 0.5},
    "smoking": {"never": 60, "former": 24, "current": 16},
    "work": {"school": 18, "full time": 41, "part time": 14, "retired": 15, "none": 11,
             "unknown": 1},
    "hepatitis": {"negative": 72, "cleared": 21, "chronic": 7},
}  # fmt: skip
_PRODUCTS = ("octacog", "turoctocog", "efmoroctocog", "nonacog", "emicizumab", "vonicog", "none")
_TREATMENTS = ("on demand", "prophylaxis", "gene therapy", "immune tolerance")
_TESTS = {"trough": ("%", 6.0), "factor": ("%", 18.0), "hb": ("g/L", 138.0),
          "inhibitor": ("BU", 2.0), "ferritin": ("ug/L", 90.0)}  # fmt: skip
_REMARKS = (
    "{who} asks whether {thing} can be {done} before {event}",
    "{who} reports that {thing} was {done} after {event}",
    "seen with {who}; {thing} to be {done} until {event}",
    "{who} would rather have {thing} {done} than wait for {event}",
)
_WHO = ("the mother", "the father", "a brother", "the school nurse", "his wife", "the dentist",
        "the coach", "her sister", "the lodger", "a colleague from the mill",
        "the ferryman")  # fmt: skip
_THING = ("the port", "a second dose", "the left knee brace", "the tranexamic acid", "the diary",
          "the ankle scan", "a spare kit", "the night dose", "the travel letter",
          "the right elbow")  # fmt: skip
_DONE = ("moved", "repeated", "taken home", "stopped", "looked at again", "sent by post",
         "kept cold", "written anew", "halved")  # fmt: skip
_EVENT = ("the rowing season", "the wedding in May", "the exam", "the fall from the ladder",
          "the trip to the lakes", "the tooth is out", "the harvest", "the move to the coast",
          "the choir tour", "the new job at the bakery", "the dog show")  # fmt: skip
Table = list[dict[str, str]]


@cache
def tables(seed: int = SEED) -> Mapping[str, Table]:
    """Draw the tables; each row is a dictionary of text, columns in the order of the file."""
    random = Random(f"haemophilia {seed}")
    patients = [_patient(random, name) for name in _names(random)]
    return {
        "patients": patients,
        "labs": [row for one in patients for row in _labs(random, one)],
        "markers": [_genotype(random, one) for one in random.sample(patients, GENOTYPED)],
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


def _names(random: Random) -> list[str]:
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    found: dict[str, None] = {}
    while len(found) < PEOPLE:
        found["HC" + "".join(random.choice(letters) for _ in range(7))] = None
    return list(found)


def _pick(random: Random, name: str) -> str:
    shares = _SHARES[name]
    return random.choices(list(shares), list(shares.values()))[0]


def _patient(random: Random, name: str) -> dict[str, str]:
    own = {"patient": name, "centre": _pick(random, "centre"), "region": _pick(random, "region")}
    diagnosis = _pick(random, "diagnosis")
    haemophilia = diagnosis.startswith("haemophilia")
    woman = random.random() < (0.03 if haemophilia else 0.57)
    age = min(91, int(4 + 82 * random.betavariate(1.5, 2.1)))
    severity = _severity(random, woman=woman, haemophilia=haemophilia)
    own |= {"sex": "F" if woman else "M", "birth_year": str(2024 - age), "age": str(age)}
    own |= {"diagnosis": diagnosis, "severity": severity}
    own |= _therapy(random, severity, diagnosis)
    own["diagnosed"] = _day(random, 2024 - age)
    own["smoking"] = "never" if age < 15 else _pick(random, "smoking")
    own["work"] = "school" if age < 17 else _pick(random, "work")
    own["hepatitis"] = "negative" if age < 36 else _pick(random, "hepatitis")
    own["hiv"] = str(int(age > 40 and random.random() < 0.045))
    own |= _body(random, age, woman=woman)
    own |= _blood(random, severity, woman=woman)
    own |= _course(random, own)
    own["remark"] = _remark(random)
    return own


def _severity(random: Random, *, woman: bool, haemophilia: bool) -> str:
    levels = ("mild", "moderate", "severe")
    shares = (85, 12, 3) if woman and haemophilia else (38, 18, 44) if haemophilia else (70, 20, 10)
    return random.choices(levels, shares)[0]


def _therapy(random: Random, severity: str, diagnosis: str) -> dict[str, str]:
    severe = severity == "severe"
    inhibitor = random.choices(("none", "low", "high"), (80, 12, 8) if severe else (98, 1.5, 0.5))
    shares = (6, 84, 8, 2) if severe else (74, 25, 1, 0)
    treatment = random.choices(_TREATMENTS, shares)
    product = _PRODUCTS[3] if diagnosis == "haemophilia B" else random.choice(_PRODUCTS[:3])
    if diagnosis == "haemophilia A" and random.random() < 0.25:
        product = "emicizumab"
    if not diagnosis.startswith("haemophilia"):
        product = "vonicog" if diagnosis.startswith("von") else "none"
    return {"inhibitor": inhibitor[0], "treatment": treatment[0], "product": product}


def _day(random: Random, first: int) -> str:
    begin = date(max(first, 1958), 1, 1)
    days = (date(2023, 12, 28) - begin).days
    return (begin + timedelta(int(days * random.random() ** 1.6))).isoformat()


def _body(random: Random, age: int, *, woman: bool) -> dict[str, str]:
    grown = min(1.0, 0.55 + 0.45 * min(age, 18) / 18)
    height = grown * random.gauss(165 if woman else 178, 7)
    weight = (height / 100) ** 2 * random.lognormvariate(3.2, 0.15) * (0.75 + 0.25 * grown)
    return {"height": f"{height:.0f}", "weight": f"{weight:.1f}"}


def _blood(random: Random, severity: str, *, woman: bool) -> dict[str, str]:
    low, high = {"mild": (6, 40), "moderate": (1, 5), "severe": (0.0, 0.9)}[severity]
    factor = low + (high - low) * random.random() ** 1.5
    return {
        "factor": f"{factor:.1f}",
        "hb": f"{random.gauss(128 if woman else 143, 12):.0f}",
        "ferritin": "" if random.random() < 0.08 else f"{random.lognormvariate(4.3, 0.8):.1f}",
        "platelets": f"{random.gauss(246, 55):.0f}",
        "creatinine": f"{random.lognormvariate(4.33, 0.22):.0f}",
    }


def _course(random: Random, own: Mapping[str, str]) -> dict[str, str]:
    severe, age = own["severity"] == "severe", int(own["age"])
    treated = own["treatment"] != "on demand"
    rate = (5.0 if severe else 1.4) * (0.5 if treated else 1.2) * random.gammavariate(1.4, 0.7)
    bleeds = min(12, _poisson(random, rate))
    score = min(60, _poisson(random, age / (9 if severe else 30) * random.gammavariate(1.2, 0.9)))
    dose = max(20, 10 * round(random.gauss(9 if severe else 6, 2))) if treated else 0
    dead, surgery = 0.00000026 * age**1.6, 0.00006 if severe else 0.000015
    followed = min(5478, int(random.expovariate(dead)) + 1, 200 + int(5300 * random.random()))
    death = int(followed < 5000 and random.random() < min(0.9, dead * followed * 1.3))
    first = int(random.expovariate(surgery)) + 1
    return {
        "bleeds": str(bleeds),
        "joint_score": "" if random.random() < 0.05 else str(score),
        "pain": str(max(0, min(10, round(random.gauss(1.2 + score / 3, 1.9))))),
        "dose": str(dose),
        "cost": f"{(40 + dose * float(own['weight']) * 1.1) * random.lognormvariate(0, 0.5):.2f}",
        "dead": str(death),
        "followed": str(followed),
        "surgery": str(int(first < followed)),
        "surgery_days": str(min(first, followed)),
    }


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + random.expovariate(1.0)
    return count


def _remark(random: Random) -> str:
    if random.random() < 0.3:
        return ""
    words = {"who": _WHO, "thing": _THING, "done": _DONE, "event": _EVENT}
    drawn = {name: random.choice(every) for name, every in words.items()}
    return random.choice(_REMARKS).format(**drawn)


def _labs(random: Random, patient: Mapping[str, str]) -> Table:
    last, rows = int(patient["followed"]), []
    for day in sorted(random.randrange(last) for _ in range(random.randrange(11))):
        test = random.choices(
            list(_TESTS), (34, 26, 25, 2 + 6 * (patient["inhibitor"] != "none"), 9)
        )[0]
        unit, middle = _TESTS[test]
        spread = 0.09 if test == "hb" else 0.5
        value = f"{middle * random.lognormvariate(0, spread):.1f}"
        method = random.choice(("one-stage", "chromogenic", "other"))
        facts = {"day": str(day), "test": test, "value": value, "unit": unit, "method": method}
        rows.append({"patient": patient["patient"], **facts})
    return rows


def _genotype(random: Random, patient: Mapping[str, str]) -> dict[str, str]:
    shares = (0.31, 0.16, 0.28, 0.07, 0.42, 0.35, 0.11, 0.45)
    doses = [sum(random.random() < share for _ in "ab") for share in shares]
    return {"patient": patient["patient"], **dict(zip(MARKERS, map(str, doses), strict=True))}


_ROLES = {"patient": ("text", "pseudonym"), "remark": ("text", "free_text"),
          "diagnosed": ("date", "date")}  # fmt: skip
_QUASI = {"centre", "region", "sex", "birth_year", "age", "diagnosis", "work"}


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

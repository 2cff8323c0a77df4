"""A made-up haematology registry of 20,000 people: four tables whose columns hang together.

Nobody in it exists. A hidden severity moves blood values, risk and survival together, age moves
fitness and dose, and the visits of a person move around their first values.
Shape: everything is text, as in a csv; missing is empty. Equal seeds give equal registries.
"""

from math import exp, log
from random import Random

from tests.bench.outputs.grid import Grid

PEOPLE = 20_000
DIAGNOSES = {
    "AML": 0.17, "MDS": 0.16, "CML": 0.11, "CLL": 0.16, "MM": 0.19, "MPN": 0.11, "ALL": 0.06,
    "APL": 0.04,
}  # fmt: skip
GENES = ("TP53", "FLT3", "NPM1", "DNMT3A", "TET2", "ASXL1", "SF3B1", "RUNX1", "JAK2", "CALR")
REGIMENS = ("7+3", "AZA", "VEN-AZA", "VRD", "IBR", "IMA", "HU", "FLAG-IDA", "ATRA-ATO")
HOSPITALS = tuple(f"H{number:02d}" for number in range(1, 25))
_NOTES = (
    "{days} days after the {regimen} start fever of {fever} and a rash at the left forearm",
    "walks {days} metres, lives with a sister, transfused {units} units in the village clinic",
    "bone marrow dry tap, repeated on day {days}, {units} samples sent to the reference centre",
    "lost {units} kg since the {regimen} cycle, appetite back on day {days}, no fever",
    "platelets given before the dental visit, {units} units, bleeding stopped on day {days}",
)


def registry(seed: int, people: int = PEOPLE) -> dict[str, Grid]:
    """Make the four tables: `patients`, `genes`, `visits` (several rows a person), `lines`."""
    random = Random(seed)
    patients: list[tuple[str, ...]] = []
    genes: list[tuple[str, ...]] = []
    visits: list[tuple[str, ...]] = []
    lines: list[tuple[str, ...]] = []
    codes = random.sample(range(36**6), people)
    for number in range(people):
        severity, own = random.gauss(0, 1), _code(codes[number])
        row = person(random, own, severity)
        patients.append(row)
        blood = [float(row[8]), float(row[9]), float(row[10])]
        for gene in random.sample(GENES, max(0, min(3, int(random.gauss(1 + severity, 1))))):
            fraction = f"{min(0.99, random.betavariate(2, 3)):.4f}"
            genes.append((own, gene, fraction, str(random.randrange(60, 2400))))
        day = 0
        for _ in range(random.randrange(1, 4)):
            day += random.randrange(9, 120)
            moved = [value * exp(random.gauss(0, 0.12)) for value in blood]
            neutrophils = f"{moved[1] * random.uniform(0.2, 0.8):.2f}"
            visits.append(
                (own, str(day), f"{moved[0]:.1f}", f"{moved[1]:.2f}", f"{moved[2]:.0f}",
                 neutrophils)
            )  # fmt: skip
        start = random.randrange(0, 40)
        for line in range(1, 2 + (random.random() < 0.3 + 0.1 * severity)):
            lines.append(_line(random, own, line, start, float(row[4])))
            start += random.randrange(60, 900)
    return {
        "patients": Grid(PATIENT_COLUMNS, tuple(patients)),
        "genes": Grid(("pid", "gene", "vaf", "depth"), tuple(genes)),
        "visits": Grid(("pid", "day", "hb", "wbc", "plt", "anc"), tuple(visits)),
        "lines": Grid(("pid", "line", "regimen", "dose_mg", "start_day", "response"), tuple(lines)),
    }


PATIENT_COLUMNS = (
    "pid", "hospital", "sex", "birth_date", "age_dx", "dx_year", "diagnosis", "ecog", "hb", "wbc",
    "plt", "blasts", "ldh", "creatinine", "b2m", "units", "risk", "os_days", "dead", "note",
)  # fmt: skip
FACTS = tuple(name for name in PATIENT_COLUMNS if name not in {"pid", "birth_date", "note"})
"""The columns of `patients` that are no identifier and no text."""


def person(random: Random, own: str, severity: float) -> tuple[str, ...]:
    """Draw one person of this population, in the columns of `patients`."""
    diagnosis = random.choices(list(DIAGNOSES), list(DIAGNOSES.values()))[0]
    young = diagnosis in {"ALL", "APL"}
    age = min(96, max(18, int(random.gauss(44 if young else 67, 14 if young else 11))))
    year = random.randrange(2001, 2026)
    birth = f"{year - age:04d}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    fitness = min(4, max(0, round(random.gauss(0.6 + age / 90 + severity / 3, 0.7))))
    blasts = random.betavariate(2, 2) * 90 if diagnosis in {"AML", "ALL", "APL"} else (
        random.betavariate(1, 6) * 30)  # fmt: skip
    risk = "good" if severity < -0.6 else "poor" if severity > 0.7 else "standard"
    survival = random.expovariate(1 / (2600 * exp(-0.7 * severity - (age - 60) / 60)))
    follow = random.uniform(30, 365 * (2027 - year))
    note = random.choice(_NOTES).format(
        days=random.randrange(2, 400), regimen=random.choice(REGIMENS),
        fever=f"{random.uniform(37.6, 40.4):.1f}", units=random.randrange(2, 30),
    )  # fmt: skip
    return (
        own,
        random.choice(HOSPITALS),
        random.choice("FM"),
        birth,
        str(age),
        str(year),
        diagnosis,
        str(fitness),
        f"{max(3.0, random.gauss(10.4 - 0.9 * severity, 1.9)):.1f}",
        f"{exp(random.gauss(log(7) + 0.35 * severity, 0.9)):.2f}",
        f"{max(2.0, exp(random.gauss(log(120) - 0.4 * severity, 0.7))):.0f}",
        f"{blasts:.1f}",
        f"{exp(random.gauss(log(290) + 0.25 * severity, 0.5)):.0f}",
        f"{exp(random.gauss(log(0.95) + age / 400, 0.35)):.2f}",
        "" if random.random() < 0.25 else f"{exp(random.gauss(1.1 + 0.2 * severity, 0.5)):.2f}",
        f"{min(400, random.paretovariate(1.15)):.0f}",
        risk,
        str(int(min(survival, follow)) + 1),
        str(int(survival <= follow)),
        note if random.random() < 0.4 else "",
    )


def fresh(seed: int, size: int) -> Grid:
    """Draw people of the same population who are in no registry."""
    random = Random(f"fresh {seed}")
    rows = tuple(person(random, "", random.gauss(0, 1)) for _ in range(size))
    return Grid(PATIENT_COLUMNS, rows)


def dictionary() -> dict[str, object]:
    """What the registry declares of its columns, in the form of a dictionary.yaml."""
    roles = {"pid": "pseudonym", "birth_date": "date", "note": "free_text", "sex": "quasi_id",
             "age_dx": "quasi_id", "hospital": "quasi_id"}  # fmt: skip
    tables = {
        "patients": PATIENT_COLUMNS,
        "genes": ("pid", "gene", "vaf", "depth"),
        "visits": ("pid", "day", "hb", "wbc", "plt", "anc"),
        "lines": ("pid", "line", "regimen", "dose_mg", "start_day", "response"),
    }
    return {
        "tables": {
            name: {
                "person": "pid",
                "columns": {
                    column: {"type": "text", "role": roles.get(column, "measure")}
                    for column in columns
                },
            }
            for name, columns in tables.items()
        }
    }


def _code(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(6):
        number, at = divmod(number, 36)
        text += digits[at]
    return f"HX-{text}{sum(map(ord, text)) % 10}"


def _line(random: Random, own: str, line: int, start: int, age: float) -> tuple[str, ...]:
    dose = random.choice((100, 150, 200, 400, 560, 600)) * (0.5 if age > 75 else 1)
    response = random.choice(("CR", "PR", "SD", "PD"))
    return (own, str(line), random.choice(REGIMENS), f"{dose:.0f}", str(start), response)

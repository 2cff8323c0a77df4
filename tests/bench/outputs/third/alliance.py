"""[pure] The made-up source: an alliance of six lymphoma trials, in four tables of its own shape.

One wide table of people, a long one of laboratory values, one of adverse events with what
somebody typed, and one of germline markers. Nobody in it exists.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import exp
from random import Random

from tests.bench.outputs.corpora import Source

PEOPLE = 9000
Row = dict[str, str]
Tables = dict[str, list[Row]]

COUNTRIES = {"NO": 14, "SE": 18, "DK": 12, "FI": 9, "PL": 22, "CZ": 11, "AT": 8, "SI": 4, "IS": 1.2}
TRIALS = {"ALPINE": 30, "BRENTA": 24, "CEDAR": 18, "DOURO": 14, "ELBE": 11, "FJORD": 3}
SUBTYPES = {"DLBCL": 42, "FL": 24, "HL": 14, "MCL": 9, "MZL": 6, "PTCL": 3, "PMBL": 1.6, "BL": 0.4}
STAGES = {"I": 16, "II": 24, "III": 27, "IV": 33}
CAUSES = {"lymphoma": 60, "infection": 14, "toxicity": 8, "second cancer": 7, "other": 11}
ANALYTES = {
    "LDH": ("U/L", 240, 90),
    "CRP": ("mg/L", 18, 14),
    "creatinine": ("umol/L", 78, 18),
    "lymphocytes": ("10^9/L", 1.6, 0.6),
}
TERMS = {
    "neutropenia": 30,
    "febrile neutropenia": 9,
    "mucositis": 8,
    "neuropathy": 14,
    "pneumonia": 6,
    "thrombosis": 5,
    "infusion reaction": 12,
    "rash": 9,
    "hepatitis": 2,
    "tumour lysis": 1.2,
    "cardiac failure": 0.8,
}
MARKERS = tuple(
    f"rs{number}"
    for number in (
        396991,
        1801274,
        2476601,
        4149056,
        1045642,
        1695,
        1800896,
        361525,
        20417,
        2032582,
        1801133,
        4880,
        9923231,
        1050828,
        3918290,
        67376798,
    )
)
FREQUENCIES = (
    0.32,
    0.46,
    0.11,
    0.16,
    0.48,
    0.33,
    0.47,
    0.06,
    0.18,
    0.44,
    0.34,
    0.49,
    0.38,
    0.04,
    0.02,
    0.03,
)
_OPENING = (
    "Seen at the day unit",
    "Telephoned the trial nurse",
    "Brought in by ambulance",
    "Came to clinic unplanned",
    "Noted on the ward round",
    "Reported by the family doctor",
)
_STORY = (
    "after gardening without gloves",
    "while visiting a sister in Tromso",
    "two days after a long flight",
    "having skipped the morning tablets",
    "following a fall from a ladder",
    "after choir practice in a cold church",
    "when the neighbour found the door open",
    "on return from a fishing trip",
    "the night before a grandson's wedding",
    "during harvest at the family farm",
)
_COURSE = (
    "settled with fluids and rest",
    "needed a night of observation",
    "switched to the oral suspension",
    "cleared once the line was removed",
    "improved after the dose was halved",
    "left against advice and returned next day",
    "was reviewed by the kidney team",
    "recovered without sequelae by the next visit",
)
_ASIDE = (
    "asks not to be called at work",
    "worries about the dog at home",
    "plays the church organ",
    "prefers morning visits",
    "drives a school bus",
    "keeps bees",
    "is learning to sail",
    "wants the letter sent to a daughter",
    "retired from the railway last spring",
)


def _one(draw: Random, weights: Mapping[str, float]) -> str:
    return draw.choices(list(weights), list(weights.values()))[0]


def _pseudonym(draw: Random) -> str:
    letter = draw.choice("ABCDEFGHKMPRSTX")
    return f"LY-{draw.randrange(1000, 9999)}-{draw.randrange(100, 999)}{letter}"


def _pseudonyms(draw: Random, many: int) -> list[str]:
    known: dict[str, None] = {}
    while len(known) < many:
        known[_pseudonym(draw)] = None
    return list(known)


def _person(draw: Random, pseudonym: str) -> Row:
    subtype = _one(draw, SUBTYPES)
    age = round(min(93, max(18, draw.gauss(45 if subtype in {"HL", "PMBL", "BL"} else 64, 13))))
    sex = draw.choices("FM", (44, 56))[0]
    stage = _one(draw, STAGES)
    worse = ["I", "II", "III", "IV"].index(stage)
    height = draw.gauss(165 if sex == "F" else 178, 7)
    ldh = exp(draw.gauss(0.05 + 0.12 * worse, 0.35))
    country = _one(draw, COUNTRIES)
    return {
        "participant": pseudonym,
        "centre": f"{country}{draw.choices(range(1, 7), (9, 7, 5, 3, 2, 1))[0]:02d}",
        "country": country,
        "trial": _one(draw, TRIALS),
        "arm": draw.choice(("control", "experimental")),
        "enrolled": (date(2010, 1, 4) + timedelta(days=draw.randrange(5000))).isoformat(),
        "age": str(age),
        "sex": sex,
        "height_cm": str(round(height)),
        "weight_kg": f"{max(41, draw.gauss(24.6, 3.9) * (height / 100) ** 2):.1f}",
        "subtype": subtype,
        "stage": stage,
        "ecog": draw.choices("01234", (48, 34, 13, 4, 1))[0],
        "b_symptoms": "yes" if draw.random() < 0.18 + 0.08 * worse else "no",
        "bulk_cm": f"{exp(draw.gauss(1.5, 0.5)):.1f}",
        "ldh_uln": f"{ldh:.2f}",
        "ki67": str(min(99, max(2, round(draw.gauss(55, 22))))),
        "haemoglobin_g_l": str(round(draw.gauss(127 - 4 * worse, 16))),
        "b2m_mg_l": f"{exp(draw.gauss(0.9 + 0.1 * worse, 0.35)):.2f}",
        "albumin_g_l": f"{draw.gauss(39 - worse, 4.5):.1f}",
        "marrow": "yes" if worse == 3 and draw.random() < 0.5 else "no",
        "hiv": "yes" if draw.random() < 0.004 else "no",
        "tmtv_ml": f"{exp(draw.gauss(4.7 + 0.35 * worse, 0.9)):.1f}",
        "cycles": draw.choices("12345678", (2, 2, 3, 6, 6, 60, 4, 17))[0],
        "rdi": f"{min(112, draw.gauss(91, 9)):.1f}",
        **_course(draw, worse, ldh, age),
    }


def _course(draw: Random, worse: int, ldh: float, age: int) -> Row:
    """Response and survival, worse with stage, LDH and age."""
    risk = exp(0.28 * worse + 0.35 * (ldh - 1) + 0.022 * (age - 60))
    followed = draw.uniform(400, 4400)
    relapse, death = draw.expovariate(risk / 3900), draw.expovariate(risk / 5200)
    first = min(relapse, death, followed)
    died = death <= followed
    response = draw.choices(("CR", "PR", "SD", "PD"), (70 - 6 * worse, 17, 5, 6 + 2 * worse))[0]
    return {
        "response": response,
        "pfs_days": str(round(first) + 1),
        "pfs_event": "1" if first < followed else "0",
        "os_days": str(round(min(death, followed)) + 1),
        "os_event": "1" if died else "0",
        "cause": _one(draw, CAUSES) if died else "",
    }


def _labs(draw: Random, people: Sequence[Row]) -> list[Row]:
    """Four values a person, at one or two visits, long."""
    rows = []
    for one in people:
        for analyte, (unit, middle, spread) in ANALYTES.items():
            value = max(middle / 8, draw.gauss(middle, spread))
            rows.append(
                {
                    "participant": one["participant"],
                    "study_day": str(draw.choice((1, 1, 22, 43)) + draw.randrange(-2, 3)),
                    "analyte": analyte,
                    "value": f"{value:.2f}" if middle < 10 else f"{value:.1f}",
                    "unit": unit,
                }
            )
    return rows


def _events(draw: Random, people: Sequence[Row]) -> list[Row]:
    rows = []
    for one in draw.sample(list(people), len(people) * 6 // 10):
        grade = draw.choices("12345", (30, 30, 28, 10, 2))[0]
        room, hour = draw.randrange(101, 640), draw.randrange(24 * 60)
        said = (
            f"{draw.choice(_OPENING)} at {hour // 60:02d}:{hour % 60:02d} {draw.choice(_STORY)}; "
            f"room {room}, {draw.choice(_COURSE)}, {draw.choice(_ASIDE)}."
        )
        rows.append(
            {
                "participant": one["participant"],
                "onset_day": str(draw.randrange(1, 190)),
                "term": _one(draw, TERMS),
                "grade": grade,
                "serious": "yes" if grade in "45" or draw.random() < 0.1 else "no",
                "narrative": said,
            }
        )
    return rows


def _germline(draw: Random, people: Sequence[Row]) -> list[Row]:
    rows = []
    for one in draw.sample(list(people), len(people) * 3 // 10):
        dose = {
            marker: str((draw.random() < share) + (draw.random() < share))
            for marker, share in zip(MARKERS, FREQUENCIES, strict=True)
        }
        rows.append({"participant": one["participant"], **dose})
    return rows


def tables(seed: int, people: int = PEOPLE) -> Tables:
    """Draw the four tables."""
    draw = Random(f"alliance {seed}")
    wide = [_person(draw, one) for one in _pseudonyms(draw, people)]
    return {
        "people": wide,
        "labs": _labs(draw, wide),
        "events": _events(draw, wide),
        "germline": _germline(draw, wide),
    }


def as_csv(rows: Sequence[Row]) -> bytes:
    """Write one table as the alliance sends it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


_INTEGERS = frozenset(
    {
        "age",
        "height_cm",
        "ki67",
        "haemoglobin_g_l",
        "cycles",
        "ecog",
        "pfs_days",
        "pfs_event",
        "os_days",
        "os_event",
        "study_day",
        "onset_day",
        "grade",
    }
)
_NUMBERS = frozenset(
    {"weight_kg", "bulk_cm", "ldh_uln", "b2m_mg_l", "albumin_g_l", "tmtv_ml", "rdi", "value"}
)
_QUASI = frozenset({"centre", "country", "age", "sex", "height_cm", "trial"})


def _kind(name: str) -> str:
    if name in _INTEGERS or name in MARKERS:
        return "integer"
    if name in _NUMBERS:
        return "number"
    return {"participant": "text", "narrative": "text", "enrolled": "date"}.get(name, "category")


def _role(name: str) -> str:
    own = {"participant": "pseudonym", "narrative": "free_text", "enrolled": "date"}
    return own.get(name, "quasi_id" if name in _QUASI else "sensitive")


def dictionary(drawn: Tables) -> Mapping[str, object]:
    """Describe every column."""

    def described(name: str) -> Mapping[str, str]:
        return {"type": _kind(name), "role": _role(name), "description": name.replace("_", " ")}

    return {
        "tables": {
            table: {
                "person": "participant",
                "columns": {name: described(name) for name in rows[0]},
            }
            for table, rows in drawn.items()
        }
    }


def source(drawn: Tables) -> Source:
    """What the alliance sends."""
    return Source({name: as_csv(rows) for name, rows in drawn.items()}, dictionary(drawn))

"""[pure] A made-up network of clinics for multiple myeloma and other plasma-cell disorders.

Nobody in it exists: codes are drawn, shares are invented, and numbers follow no study. Drawn with
the standard library alone.

Run: python -m tests.bench.outputs.tenth.network FOLDER
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

SEED = 60_427
PEOPLE = 5_000
SEQUENCED = 1_700
SNPS = ("rs4487645", "rs1052501", "rs6599192", "rs877529", "rs2285803", "rs4273077")
GENES = ("KRAS", "NRAS", "BRAF", "TP53", "DIS3", "TENT5C", "TRAF3", "ATM", "CYLD", "XBP1")
_MINOR = (0.29, 0.18, 0.16, 0.44, 0.28, 0.12)
_MUTATED = (0.22, 0.19, 0.07, 0.08, 0.09, 0.08, 0.04, 0.03, 0.025, 0.003)
_TODAY = date(2026, 1, 31)
_SHARES: Mapping[str, Mapping[str, float]] = {
    "clinic": {"Aldermoor": 23, "Brockwell": 19, "Castlegate": 17, "Dovecote": 15, "Eastmere": 12,
               "Foxhollow": 9, "Greywater": 4.3, "Holmfirth": 0.7},
    "disease": {"multiple myeloma": 75, "smouldering myeloma": 12, "AL amyloidosis": 7,
                "solitary plasmacytoma": 4, "plasma cell leukaemia": 1.4, "POEMS": 0.6},
    "isotype": {"IgG kappa": 36, "IgG lambda": 19, "IgA kappa": 13, "IgA lambda": 8.5,
                "light chain kappa": 12, "light chain lambda": 9, "IgD": 0.9,
                "non-secretory": 1.6},
    "ancestry": {"European": 71, "African": 11, "South Asian": 9, "East Asian": 5, "mixed": 3.4,
                 "Pacific": 0.6},
    "work": {"employed": 34, "retired": 47, "sick leave": 11, "at home": 7, "farmer": 1},
    "smoking": {"never": 55, "former": 31, "current": 14},
    "mrd": {"negative": 27, "positive": 31, "not done": 42},
    "stopped": {"planned end": 41, "progression": 34, "toxicity": 16, "own wish": 6, "death": 3},
    "ended": {"sCR": 11, "CR": 16, "VGPR": 29, "PR": 25, "MR": 6, "SD": 9, "PD": 4},
}  # fmt: skip
_FIRST = {"VRd": 33, "D-VTd": 19, "DRd": 16, "VCd": 13, "Rd": 9, "VMP": 6, "KRd": 4}
_LATER = {"DRd": 20, "KRd": 16, "PVd": 14, "IsaPd": 12, "Kd": 12, "DKd": 10, "SVd": 6,
          "teclistamab": 5, "cilta-cel": 3, "venetoclax": 2}  # fmt: skip
_NOTES = (
    "{who} asked on the telephone why {what} {done}",
    "{what} {done}; {who} will write {when}",
    "not seen {when}, as {who} fell ill; {what} {done}",
    "{who} brought {what} along, which {done} {when}",
    "{when} {who} found that {what} {done}",
)
_WHO = ("the eldest daughter", "his sister-in-law", "the parish nurse", "her late husband's son",
        "the carpenter next door", "the organist", "the night porter", "a cousin from the islands",
        "the widow downstairs", "the beekeeper", "the former mayor")  # fmt: skip
_WHAT = ("the box of lenalidomide", "the corset", "the second stem-cell bag", "the jaw film",
         "the bus ticket for dialysis", "the consent for the biopsy", "the zoledronate card",
         "the numb left foot", "the vaccination book", "the wig voucher", "the hip plate",
         )  # fmt: skip
_DONE = ("went missing", "was put off again", "had been doubled", "was left at the till",
         "had to be signed twice", "was sent to the wrong ward", "was swapped by mistake",
         "came back unopened", "had been thawed")  # fmt: skip
_WHEN = ("after the regatta", "before lambing", "on market day", "once the lift is mended",
         "in the week of the funeral", "when the lodgers are gone", "after the flood",
         "before the golden wedding", "at the end of the hop harvest")  # fmt: skip
Table = list[dict[str, str]]


@cache
def tables(seed: int = SEED) -> Mapping[str, Table]:
    """Draw the tables; each row is a dictionary of text, columns in the order of the file."""
    random = Random(f"plasma cells {seed}")
    patients = [_patient(random, code) for code in _codes(random)]
    return {
        "patients": patients,
        "lines": [row for one in patients for row in _lines(random, one)],
        "panel": [_panel(random, one) for one in random.sample(patients, SEQUENCED)],
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
        letters = "".join(random.choice("bcdfghjkmnpqrstvwxz") for _ in range(3))
        found[f"{letters}-{random.randrange(10**5):05d}"] = None
    return list(found)


def _pick(random: Random, shares: Mapping[str, float]) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def _patient(random: Random, code: str) -> dict[str, str]:
    disease, woman = _pick(random, _SHARES["disease"]), random.random() < 0.44
    days = int(365.25 * (31 + 62 * random.betavariate(4.2, 2.9)))
    diagnosed = _TODAY - timedelta(120 + int(4700 * random.random() ** 0.9))
    born = diagnosed - timedelta(days)
    treated = disease != "smouldering myeloma"
    own = {"patient": code, "clinic": _pick(random, _SHARES["clinic"])}
    own |= {"sex": "female" if woman else "male", "born": born.isoformat()}
    own |= {"age": str(days * 100 // 36525), "ancestry": _pick(random, _SHARES["ancestry"])}
    own |= {"work": _pick(random, _SHARES["work"]), "smoking": _pick(random, _SHARES["smoking"])}
    own |= {"disease": disease, "isotype": _pick(random, _SHARES["isotype"])}
    own["diagnosed"] = diagnosed.isoformat()
    own |= _body(random, woman=woman)
    own |= _blood(random, disease, woman=woman)
    own |= _genes(random)
    own |= _therapy(random, own, treated=treated)
    own |= _burden(random, own)
    own |= _course(random, own, (_TODAY - diagnosed).days)
    own["remark"] = _remark(random)
    return own


def _body(random: Random, *, woman: bool) -> dict[str, str]:
    height = random.gauss(162 if woman else 175, 7)
    weight = (height / 100) ** 2 * random.lognormvariate(3.26, 0.16)
    ecog = random.choices("01234", (31, 41, 19, 8, 1))[0]
    return {"height_cm": f"{height:.1f}", "weight_kg": f"{weight:.1f}", "ecog": ecog}


def _blood(random: Random, disease: str, *, woman: bool) -> dict[str, str]:
    early = disease in {"smouldering myeloma", "solitary plasmacytoma"}
    creatinine = random.lognormvariate(4.35 if early else 4.55, 0.24 if early else 0.45)
    b2m = random.lognormvariate(0.75 if early else 1.25, 0.45) * (creatinine / 95) ** 0.4
    albumin = min(52.0, random.gauss(41 if early else 36.5, 5))
    iss = "III" if b2m >= 5.5 else "I" if b2m < 3.5 and albumin >= 35 else "II"
    return {
        "hb": f"{random.gauss(131 if early else 108, 17) - 6 * woman:.0f}",
        "calcium": f"{random.lognormvariate(0.86, 0.07):.2f}",
        "creatinine": f"{creatinine:.0f}",
        "albumin": f"{albumin:.1f}",
        "b2m": f"{b2m:.2f}",
        "ldh": f"{random.lognormvariate(5.25, 0.3):.0f}",
        "ferritin": f"{random.lognormvariate(5.3, 0.9):.0f}",
        "paraprotein": f"{random.lognormvariate(2.6 if early else 3.2, 0.6):.1f}",
        "marrow": str(max(10, min(100, round(random.gauss(18 if early else 45, 18))))),
        "iss": iss,
    }


def _genes(random: Random) -> dict[str, str]:
    shares = {"del17p": 0.1, "t414": 0.12, "t1416": 0.035, "t1114": 0.18, "gain1q": 0.35}
    return {name: str(int(random.random() < share)) for name, share in shares.items()}


def _therapy(random: Random, own: Mapping[str, str], *, treated: bool) -> dict[str, str]:
    young = int(own["age"]) < 71 and int(own["ecog"]) < 3
    fit = treated and young and random.random() < 0.66
    regimen = _pick(random, _FIRST) if treated else "none"
    return {
        "regimen": regimen,
        "transplant": ("tandem" if random.random() < 0.07 else "single") if fit else "none",
        "melphalan": str(random.choices((140, 200), (17, 83))[0] if fit else 0),
        "response": _pick(random, _SHARES["ended"]) if treated else "none",
        "mrd": _pick(random, _SHARES["mrd"]) if treated else "not done",
    }


def _burden(random: Random, own: Mapping[str, str]) -> dict[str, str]:
    vincristine = own["regimen"] in {"VRd", "D-VTd", "VCd", "VMP"}
    grades = (52, 26, 14, 7, 1) if vincristine else (79, 14, 5.5, 1.4, 0.1)
    bortezomib = round(random.gauss(27, 8), 1) if vincristine else 0.0
    infections = min(9, _poisson(random, random.gammavariate(1.2, 0.9)))
    nights = _poisson(random, random.gammavariate(0.8, 9 + 4 * infections))
    cost = 2300 + 610 * nights + 48000 * (own["regimen"] not in {"none", "VMP", "VCd"})
    return {
        "bortezomib_mg": f"{max(1.3, bortezomib) if vincristine else 0.0:.1f}",
        "neuropathy": random.choices("01234", grades)[0],
        "infections": str(infections),
        "fractures": str(min(6, _poisson(random, 0.5))),
        "nights": str(min(140, nights)),
        "global_health": f"{max(0, min(12, round(random.gauss(7.4, 2.3)))) * 100 / 12:.1f}",
        "fatigue": f"{max(0, min(9, round(random.gauss(3.6, 2.2)))) * 100 / 9:.1f}",
        "pain": f"{max(0, min(6, round(random.gauss(2.1, 1.6)))) * 100 / 6:.1f}",
        "cost": f"{cost * random.lognormvariate(0, 0.6):.2f}",
    }


def _course(random: Random, own: Mapping[str, str], seen: int) -> dict[str, str]:
    risk = {"I": 0.6, "II": 1.0, "III": 1.7}[own["iss"]] * (1 + 0.8 * int(own["del17p"]))
    risk *= 0.7 if own["transplant"] != "none" else 1.15
    risk *= 0.35 if own["regimen"] == "none" else 1.0
    relapse = int(random.expovariate(risk / 1600)) + 1
    death = int(random.expovariate(risk * 1.05 ** (int(own["age"]) - 66) / 3400)) + 1
    gone = min(seen, death)
    return {
        "progressed": str(int(relapse < gone)),
        "progressed_days": str(min(relapse, gone)),
        "died": str(int(death <= seen)),
        "died_days": str(gone),
    }


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


def _lines(random: Random, patient: Mapping[str, str]) -> Table:
    """Lines of therapy, the first at the diagnosis."""
    if patient["regimen"] == "none":
        return []
    rows, day, last, line = [], random.randrange(3, 40), int(patient["died_days"]), 1
    while day < last and line < 8:
        cycles = 1 + min(23, _poisson(random, 7.5))
        regimen = patient["regimen"] if line == 1 else _pick(random, _LATER)
        facts = {"line": str(line), "regimen": regimen, "day": str(day), "cycles": str(cycles)}
        facts |= {"best": _pick(random, _SHARES["ended"])}
        facts |= {"stopped": _pick(random, _SHARES["stopped"])}
        facts |= {"grade3": str(min(6, _poisson(random, 0.7)))}
        rows.append({"patient": patient["patient"], **facts})
        day += 28 * cycles + int(random.expovariate(1 / (900 / line)))
        line += 1
    return rows


def _panel(random: Random, patient: Mapping[str, str]) -> dict[str, str]:
    doses = [str(sum(random.random() < share for _ in "ab")) for share in _MINOR]
    changed = [str(int(random.random() < share)) for share in _MUTATED]
    own = {"patient": patient["patient"], "depth": f"{random.gauss(512, 90):.0f}"}
    return own | dict(zip(SNPS, doses, strict=True)) | dict(zip(GENES, changed, strict=True))


_ROLES = {"patient": ("text", "pseudonym"), "remark": ("text", "free_text"),
          "born": ("date", "quasi_id"), "diagnosed": ("date", "date")}  # fmt: skip
_QUASI = {"clinic", "sex", "age", "ancestry", "work", "disease", "isotype"}


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

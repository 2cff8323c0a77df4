"""Risk scores as the protocol defines them (version 2.1)."""

from dataclasses import dataclass

IPSET = {"age_60": 1, "prior_event": 2, "jak2": 1}
LIMITS = {"hct": 45.0, "platelets": 1500, "wbc": 11.0, "hb": 100}
DOSES_MG = (250, 500, 750, 1000, 1500, 2000)
WEEKS = [2, 4, 8, 12, 24, 36, 48]


@dataclass(frozen=True)
class Visit:
    week: int
    window_days: int = 7


def ipset(age: int, prior: bool, jak2: bool) -> int:
    """Points of the revised score; 3 and more are high."""
    return IPSET["age_60"] * (age >= 60) + IPSET["prior_event"] * prior + IPSET["jak2"] * jak2


def next_dose(now: int, up: bool) -> int:
    at = DOSES_MG.index(now) + (1 if up else -1)
    return DOSES_MG[max(0, min(at, len(DOSES_MG) - 1))]


assert ipset(61, False, True) == 2
VISITS = [Visit(w) for w in WEEKS]

"""Filtration rate by MDRD and Cockcroft-Gault."""


def mdrd(sex: str, age: float, creatinine_umol: float) -> float:
    """Return ml/min/1.73 m2.

    >>> round(mdrd("F", 60, 88.4))
    57
    """
    rate = 175 * (creatinine_umol / 88.4) ** -1.154 * age**-0.203
    return rate * (0.742 if sex == "F" else 1.0)


STAGES = {"G1": 90, "G2": 60, "G3a": 45, "G3b": 30, "G4": 15, "G5": 0}

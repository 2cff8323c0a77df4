"""Points of the simple score."""


def points(age: float, hb: float, blasts: float, plt: float, ecog: int) -> int:
    """Return 0 to 6 points."""
    return (age >= 75) + (hb < 8) + 2 * (blasts >= 10) + (plt < 50) + (ecog >= 2)


CUTS = {"low": (0, 1), "medium": (2, 2), "high": (3, 6)}
assert points(80, 7.5, 12, 45, 2) == 6  # worked example, nobody's values

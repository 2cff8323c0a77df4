"""[pure] Bands of numbers as people write them: `50-59`, `[50, 60)`, `<40`, `80+`.

Source: outputs section 3 (O01, O02, O14): categories of a number that a table counts by.
"""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

_BAND = re.compile(
    r"(?P<open>[\[(])?\s*(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|to|,|;)\s*(?P<high>\d+(?:\.\d+)?)"
    r"\s*(?P<close>[\])])?(?: ?(?:years?|y))?\Z"
)
_BELOW = re.compile(r"(?P<sign><=|≤|<|under|below)\s*(?P<high>\d+(?:\.\d+)?)(?: ?(?:years?|y))?\Z")
_ABOVE = re.compile(
    r"(?:(?P<sign>>=|≥|>|over)\s*(?P<low>\d+(?:\.\d+)?)"
    r"|(?P<from>\d+(?:\.\d+)?)\s*(?:\+|and (?:over|older)))\Z"
)

Limits = tuple[float, bool, float, bool]
"""Lower end, whether it belongs to the band, upper end, whether it does."""


def band(category: str) -> Limits | None:
    """Read a band of numbers; None for any other category.

    Shape: `50-59` holds 59 and, of whole numbers, nothing else up to 60; `[50, 60)` says it.
    """
    text = category.strip().casefold()
    if match := _BAND.match(text):
        low, high = float(match["low"]), float(match["high"])
        closed = match["close"] != ")"
        if match["open"] is None and high == int(high):
            return (low, True, high + 1, False) if low < high else None
        return (low, match["open"] != "(", high, closed) if low < high else None
    if match := _BELOW.match(text):
        return (-math.inf, True, float(match["high"]), match["sign"] in {"<=", "≤"})
    if match := _ABOVE.match(text):
        if match["from"]:
            return (float(match["from"]), True, math.inf, True)
        return (float(match["low"]), match["sign"] in {">=", "≥"}, math.inf, True)
    return None


def adjoining(names: Sequence[str]) -> bool:
    """Say whether names are bands of one number, two or more, each beginning where one ends."""
    found = [band(name) for name in names]
    if len(found) < 2 or None in found:
        return False
    ordered = sorted(one for one in found if one is not None)
    return all(one[2] == other[0] for one, other in pairwise(ordered))

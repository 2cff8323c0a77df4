"""[pure] Names by which programs count lines, columns, calls and groups: nobody is counted there.

No word here names people by itself: `rows`, `cases` and `groups` alone may, and are not told.
Source: outputs section 3, "Finding count columns"; reports of coverage, DataComPy, cProfile, nlme,
psych, lifelines, SPSS and its kin; marks of Leaflet and Vega.
"""

import re

from orchestrator.outputs.people import ANYBODY, OUTCOMES, SEXES, listed

_FIELDS = listed("columns variables fields")
_NUMBER_OF_FIELDS = re.compile(
    r"\s*(?:(?:total )?(?:number|no\.?|count) of |n[_. ]|num[_. ])(?:\w+ )?"
    r"(?:columns|variables|fields)\b",
    re.IGNORECASE,
)
_LINES = listed("line lines statements branches")
_OF_LINES = _LINES | listed(
    "covered missing executed excluded partial start end num number total n of"
)
_TELLING = listed("covered missing executed excluded start statements")
"""Words without which `lines` may be those of a therapy."""
_GROUPS = (
    {"number", "groups"}, {"no", "groups"}, {"num", "groups"}, {"n", "groups"}, {"ngroups"}
)  # fmt: skip
"""How many groups a model has: that is no number of people in any of them."""
_SIGNAL = re.compile(r"\s*(?:S/N|SNR|signal(?: to |/|-to-)noise)\s*\Z", re.IGNORECASE)
_ENCODED = re.compile(r"\s*(?:original|internal) value\s*\Z", re.IGNORECASE)
"""How SPSS codes an outcome before it fits a model."""
_FITS = re.compile(
    r"\s*(?:failed|converged|singular|successful) (?:fits?|runs?|models?)\b", re.IGNORECASE
)
"""How often a simulation came to its end."""
_LOOKS = listed("opacity radius zindex strokewidth fontsize linewidth fillopacity")
"""How a mark of a drawing or a map is drawn."""
_LEVEL = re.compile(r"(?<![\d.])(?:0?\.)?(?:50|68|80|89|90|95|97\.5|98|99(?:\.[59])?) ?%")
"""A level of confidence that intervals have."""
_BOUNDS = listed("lower upper bound bounds lcl ucl lcb ucb lci uci interval conf confidence limit "
                 "limits")  # fmt: skip


def counts_nobody(name: str, own: set[str]) -> bool:
    """Say whether a name, which holds these words, counts what is nobody.

    Shape: `missing_lines`, `Number of columns in common`, `Number of Groups`, `S/N`.
    """
    if own & (ANYBODY | OUTCOMES | SEXES):
        return False
    if own and own <= _FIELDS:
        return True
    if own & _LINES and own & _TELLING and own <= _OF_LINES:
        return True
    groups = own - {"of", "the"} in _GROUPS
    told = (_SIGNAL, _NUMBER_OF_FIELDS, _ENCODED, _FITS)
    return groups or (bool(own) and own <= _LOOKS) or any(one.match(name) for one in told)


def without_level(name: str, own: set[str]) -> str:
    """Take the level of confidence out of the name of a bound: `coef lower 95%` is no share.

    Shape: what else the name says of shares stays: `% died, upper 95%` is one.
    """
    return _LEVEL.sub("", name) if own & _BOUNDS and not own & ANYBODY else name

"""[pure] Does a column hold national numbers? Its share of valid values, compared with chance.

Check digits are weak: random numbers pass some of them in one case of ten. So columns are judged,
never single cells. Source: outputs 4.4.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.ch import ssn
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.it import codicefiscale
from stdnum.lt import asmens
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.se import personnummer


@dataclass(frozen=True)
class Scheme:
    """One kind of number: its name for people, its check, and how often random values pass it.

    Shape: `shape` is what a value must look like before the check is asked (spaces, dots and
    hyphens taken out).
    """

    title: str
    valid: Callable[[str], bool]
    shape: re.Pattern[str]
    chance: float


def _scheme(title: str, valid: Callable[[str], bool], shape: str, chance: float) -> Scheme:
    return Scheme(title, valid, re.compile(shape + r"\Z", re.ASCII), chance)


def _is_kvnr(text: str) -> bool:
    """Check the last digit of a German health insurance number.

    Source: § 290 SGB V and its annex: the letter as two digits, weights 1 and 2, sums of digits.
    """
    plain = _SEPARATORS.sub("", text)
    digits = f"{ord(plain[0]) - 64:02d}{plain[1:9]}"
    weighed = (int(digit) * (1 + at % 2) for at, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in weighed) % 10 == int(plain[9])


def _is_pesel(text: str) -> bool:
    """Check the last digit of a Polish number; whether its birthday is one is no matter.

    Source: ustawa o ewidencji ludności, art. 15; whoever makes up numbers seldom makes up days.
    """
    plain = _SEPARATORS.sub("", text)
    return pesel.calc_check_digit(plain[:-1]) == plain[-1]


SCHEMES = (
    _scheme("Austrian social insurance numbers", vnr.is_valid, r"\d{10}", 0.1),
    _scheme("Belgian national numbers", nn.is_valid, r"\d{11}", 0.01),
    _scheme("Bulgarian personal numbers", egn.is_valid, r"\d{10}", 0.03),
    _scheme("Swiss insurance numbers", ssn.is_valid, r"756\d{10}", 0.1),
    _scheme("Czech birth numbers", rc.is_valid, r"\d{9,10}", 0.15),
    _scheme("German tax numbers", idnr.is_valid, r"\d{11}", 0.05),
    _scheme("German health insurance numbers", _is_kvnr, r"[A-Z]\d{9}", 0.1),
    _scheme("Danish personal numbers", cpr.is_valid, r"\d{10}", 0.04),
    _scheme("Estonian personal numbers", ik.is_valid, r"\d{11}", 0.02),
    _scheme("Spanish identity numbers", dni.is_valid, r"\d{8}[A-Za-z]", 0.043),
    _scheme("Finnish personal codes", hetu.is_valid, r"\d{6}[-+A-Ya-y]?\d{3}\w", 0.02),
    _scheme("French social security numbers", nir.is_valid, r"\d{13,15}", 0.02),
    _scheme("British NHS numbers", nhs.is_valid, r"\d{10}", 0.091),
    _scheme("Croatian personal numbers", oib.is_valid, r"\d{11}", 0.1),
    _scheme("Irish personal public service numbers", pps.is_valid, r"\d{7}[A-Za-z]{1,2}", 0.043),
    _scheme("Italian tax codes", codicefiscale.is_valid, r"[A-Za-z0-9]{16}", 0.01),
    _scheme("Lithuanian personal numbers", asmens.is_valid, r"\d{11}", 0.02),
    _scheme("Dutch citizen service numbers", bsn.is_valid, r"\d{9}", 0.091),
    _scheme("Norwegian birth numbers", fodselsnummer.is_valid, r"\d{11}", 0.01),
    _scheme("Polish PESEL numbers", _is_pesel, r"\d{11}", 0.1),
    _scheme("Portuguese citizen card numbers", cc.is_valid, r"[A-Za-z0-9]{12}", 0.03),
    _scheme("Romanian personal codes", cnp.is_valid, r"\d{13}", 0.02),
    _scheme("Swedish personal numbers", personnummer.is_valid, r"\d{10}|\d{12}", 0.03),
)
"""The schemes of the alliance's countries; chances are measured or bounded on random digits."""

_SEPARATORS = re.compile(r"[\s.\-/]")
_SAMPLE = 5000


@dataclass(frozen=True)
class Share:
    """How many of the distinct values of a column pass one scheme's check."""

    title: str
    valid: int
    distinct: int


def national_numbers(
    values: Iterable[str], least: int, percent: int, times_chance: int
) -> Share | None:
    """Name the scheme that a column's values follow far more often than by chance, if any.

    Units: `least` distinct values; `percent` of them; `times_chance` times the scheme's chance.
    """
    distinct = list(dict.fromkeys(values))[:_SAMPLE]
    best: Share | None = None
    for scheme in SCHEMES:
        shaped = [value for value in distinct if _has_shape(scheme, value)]
        needed = max(percent / 100, min(times_chance * scheme.chance, 0.9)) * len(distinct)
        if len(distinct) < least or len(shaped) < needed:
            continue
        valid = sum(1 for value in shaped if scheme.valid(value))
        if valid >= needed and (best is None or valid > best.valid):
            best = Share(scheme.title, valid, len(distinct))
    return best


def _has_shape(scheme: Scheme, value: str) -> bool:
    return bool(scheme.shape.match(value) or scheme.shape.match(_SEPARATORS.sub("", value)))

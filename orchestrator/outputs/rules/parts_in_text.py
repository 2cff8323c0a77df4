"""[pure] Parts of people in sentences, for O01: a number beside its share, a part of its whole.

Parts are people unless what they are parts of are things (`3 of 12 sites`), pages, or a score.
Source: outputs section 3, O01 (ACRO's default, ABS, ADRF) and O10.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor

from orchestrator.outputs.brackets import Pair, group_of, pairs_in
from orchestrator.outputs.people import FATES, NOUN, NOUNS
from orchestrator.outputs.wording import (
    ALONE,
    FEW,
    OF_THINGS,
    PERCENT,
    PLACES,
    PLANNED,
    THE,
    is_rank,
    parts,
    pattern,
)

_WITH_SHARE = pattern(
    rf"{ALONE}(?P<part>\d{{1,7}}) *[(\[] ?\d{{1,3}}(?:[.,]\d+)?{PERCENT} ?[)\]]"
    rf"|{ALONE}\d{{1,3}}(?:\.\d+)?{PERCENT} ?[(\[](?:n ?= ?)?(?P<n>\d{{1,7}})[)\]]"
    rf"|[(\[](?P<inner>\d{{1,7}})[,;] ?\d{{1,3}}(?:\.\d+)?{PERCENT}[)\]]"
)
"""`4 (5.1%)`, `5.1 % (4)`, `(4; 5.1 %)`: a number beside its share."""
_PART = pattern(
    rf"{ALONE}{FEW}(?: \([^()]{{1,20}}\))? (?:out )?of {THE}(?P<whole>\d[\d,]*)(?!\d|[.,]\d)"
    r"(?: (?P<noun>[a-z]+)(?: (?P<next>[a-z]+))?)?"
)
"""`two of the 23 patients`, `seen in 4 of 78`: a part, in front of its whole."""
_MOST_OF = pattern(
    rf"\b(?:of|among) {THE}(?P<whole>\d[\d ,]*) (?:\w+ ){{0,2}}?(?:{NOUNS}|cases)\b[^.;]{{0,80}}?, "
    r"(?P<part>\d[\d,]*)(?![\w%/-]|[.,]\d| ?%)(?: (?P<noun>[a-z]+))?"
)
"""`of the 4572 patients, 4564 were followed`: eight were not."""
_MOST_THEN = pattern(
    rf"{ALONE}(?P<whole>\d[\d,]*) (?:\w+ ){{0,3}}?(?:{NOUNS}|cases)\b[^.;]{{0,120}}\. "
    r"(?:in|among|of) (?P<part>\d[\d,]*)(?=,| [a-z])(?: (?P<noun>[a-z]+))?"
)
"""`208 patients were included. In 205 the level was above 20.`"""
_FRACTION = pattern(
    rf"{ALONE}(?<!= )(?!0\d/(?:19|20)\d\d(?!\d)(?! (?:{NOUNS}|{NOUN})\b))"
    r"(?P<part>\d{1,5})/(?P<whole>\d{2,6})(?![\w/%]|[.,]\d)"
)
"""`4/65 had`; what a program sets (`k = 1/16`) is a range, `05/2025` a month."""
_WHOLE = pattern(
    rf"{ALONE}(?P<people>\d[\d,]*) (?:\w+ ){{0,2}}?(?:{NOUNS})\b|\bn ?= ?(?P<n>\d[\d,]*)"
)
_SHARE = pattern(
    rf"{ALONE}(?P<share>\d{{1,3}}(?:\.\d+)?){PERCENT}"
    r"(?! ?-?(?:ci\b|confidence|credible|limits?|intervals?|level|significance|power|margin|"
    r"trimmed|quantile|percentile|prediction|more|less|higher|lower|increase|decrease|reduction))"
)
_PEOPLE = pattern(rf"\b(?:{NOUNS}|{NOUN}|{FATES})\b")
_SAID = pattern(rf"\b(?:had|has|have|was|were|rates?)\b|\b(?:0|100){PERCENT}")
_WORDY = re.compile(r"[A-Za-z]{3,}.*?[A-Za-z]{3,}")


def small_parts(line: str, least: int) -> bool:
    """Say whether a line tells, with a share or a whole, of fewer people than the minimum."""
    return _shares_few(line, least) or any(
        _parts_few(line, match, least)
        for told in (_WITH_SHARE, _PART, _FRACTION, _MOST_OF, _MOST_THEN)
        for match in told.finditer(line)
    )


def small_pairs(text: str, least: int) -> Iterator[int]:
    """List the lines of few people in what is printed like a table: `12 (7.6)   4 (2.6)`.

    Shape: in a paragraph the n-th pairs of its lines are a column.
    """
    column: dict[int, list[Pair]] = {}
    for at, line in enumerate([*text.splitlines(), ""], 1):
        for one in pairs_in(line):
            column.setdefault(one.at, []).append(replace(one, at=at))
        if not line.strip():
            for own in column.values():
                _, parts = group_of(own) or (None, [])
                yield from (one.at for one in parts if 0 < (one.count or 0) < least)
            column = {}


def _parts_few(line: str, match: re.Match[str], least: int) -> bool:
    """Say whether a number beside its share or its whole is few people.

    Shape: what is left of the whole, and parts of fewer than the minimum, only where the line
    names people.
    """
    before, after = line[: match.start()], line[match.end() :]
    own = match.groupdict()
    noun = own.get("noun") or next(iter(re.findall(r"\A\W{0,2}([A-Za-z]+)", after)), "")
    things = {noun.casefold(), (own.get("next") or "").casefold()} & OF_THINGS
    if things or is_rank(before, PLACES) or PLANNED.search(after):
        return False
    part, *rest = parts(match)
    if not own.get("whole"):
        return 0 < part < least
    if not _WORDY.search(line):
        return False
    whole = part + rest[0]
    if part > whole:
        return False
    if whole >= least and 0 < part < least:
        return True
    return _PEOPLE.search(line) is not None and (0 < part < least or 0 < whole - part < least)


def are_people(line: str, match: re.Match[str]) -> bool:
    """Say whether a part and its whole are of people: neither things, places nor a plan.

    Shape: `40/40` alone is how far a program is, too; words around it have to be of people.
    """
    before, after = line[: match.start()], line[match.end() :]
    noun = (match["noun"] or "").casefold()
    if noun in OF_THINGS or is_rank(before, PLACES) or PLANNED.search(after):
        return False
    if "/" in match[0] and not (_PEOPLE.search(line) or _SAID.search(line)):
        return False
    return int(match.groupdict().get("part") or 2) > 1 and _WORDY.search(line) is not None


def _shares_few(line: str, least: int) -> bool:
    """Say whether a percentage in a line is fewer of the people it names than the minimum.

    Shape: where no whole number of the people prints so, it is a share of something else.
    """
    wholes = {int((match["people"] or match["n"]).replace(",", "") or 0)
              for match in _WHOLE.finditer(line)}  # fmt: skip
    return any(
        _is_few(match["share"], people, least)
        for match in (_SHARE.finditer(line) if wholes else ())
        for people in wholes
    )


def _is_few(share: str, people: int, least: int) -> bool:
    half = 0.5 * 10.0 ** -len(share.partition(".")[2]) + 1e-9
    low = max(ceil(people * (float(share) - half) / 100), 0)
    high = min(floor(people * (float(share) + half) / 100), people)
    if not 0 < float(share) < 100 or low > high:
        return False
    return (low > 0 and high < least) or (high < people and people - low < least)

"""[pure] Words around a number of a sentence: what counts people, what ranks, what is only planned.

Source: outputs section 3, "Finding count columns".
"""

import re
from collections.abc import Iterator

from orchestrator.outputs.naming import THINGS
from orchestrator.outputs.people import FATES, listed

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {word: at for at, word in enumerate(WORDS, 1)}
FEW = rf"(?:(?P<part>\d{{1,7}})|(?P<word>{'|'.join(WORDS)}))"
THE = r"(?:the |all |these |those |our )?"
PERCENT = r" ?(?:%|\\%|per ?cent\b)"
ALONE = r"(?<![\w.,/-])"


def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern that takes capitals like small letters."""
    return re.compile(text, re.IGNORECASE)


PLANNED = pattern(
    r"\A[^.!?]*(?:[,;(] ?(?:as )?planned(?= (?:and|but|only|never)\b|[,;.)]|\s*\Z)"
    r"|\bto be (?:enrolled|recruited|randomi[sz]ed|included)\b)"
)
"""`6 patients (3+3 design), planned and never opened`: people of a design are nobody."""
_AROUND = 80
"""Units: letters around a number that say what it is about."""
_NEEDED = pattern(
    r"\b(?:pilot|study|trial|design|protocol|phase|main study|calculation|we)"
    r" (?:(?:I{1,3}|[1-4]) )?(?:needs?|requires?|plans?(?: for| to (?:enrol|enroll|recruit))?|"
    r"will (?:enrol|enroll|recruit|need)) (?:about |at least |up to )?\Z"
)
_WHO = pattern(
    rf"\A,? ?(?:\w+ )?(?:who|whose|whom|with|without|of|from|that|had|have|has|were|was|{FATES})\b"
)
RANKS = listed("stage grade phase type class level ecog iss ipss line cycle day week month year "
                "quartile quintile decile tertile cluster category risk score")  # fmt: skip
PLACES = RANKS | listed(
    "page step epoch fold batch chapter part version figure fig table row question item model "
    "iteration round session section slide sheet file chunk block test run job task attempt chain "
    "boot bootstrap resample resampling replicate draw permutation imputation repeat split "
    "scale rating rated pain scored visual acuity loop pass worker node rank layer dated"
)
"""Words before a part of something else than people: `page 3 of 40`, `rated 7/10`."""


def parts(match: re.Match[str]) -> Iterator[int]:
    """Give how many have what is told, and how many of the people named with them have not."""
    own = match.groupdict()
    digits = "".join(filter(str.isdigit, own.get("whole") or ""))
    whole = int(digits) if digits else None
    told = next(filter(None, (own.get(name) for name in ("part", "n", "inner", "total"))), None)
    part = int(told) if told else _VALUES[own["word"].casefold()] if own.get("word") else 0
    yield part
    if whole is not None:
        yield whole - part


OF_THINGS = THINGS | listed(
    "sites site markers regions areas labs laboratories laboratory files tables figures pages "
    "weeks days months years hours minutes points percent per cells rows values measurements "
    "items tests words replications simulations runs samples fields records parts steps arms "
    "trials degrees units plates wells batches drugs codes terms scores scale answers reasons "
    "tasks jobs checks wards municipalities counties hospitals schools clinics practices stations"
)
_TOLD = pattern(
    rf"(?<![\w.,/<>=≤≥-])(?:(?P<part>\d{{1,7}})|(?P<word>{'|'.join(WORDS[1:])}))"
    r"(?![\w%/-]|[.,]\d| ?%| per\b)(?:\s+(?P<noun>[^\W\d_]+))?"
)
_DOES = pattern(
    r"(?:\A|[,(]|\b(?:and|en|und|et|y|e|or|only|just|had|have|has|was|were|got|took|\w+ed))\s*\Z"
)
"""What stands before a number of people; others are of a day, a reviewer, a version."""


def counts_of(clause: str) -> list[int]:
    """List the numbers of people in what a sentence says of them: `13 received ... and two ...`."""
    return [
        next(parts(one))
        for one in _TOLD.finditer(clause)
        if (one["noun"] or "").casefold() not in OF_THINGS and _DOES.search(clause[: one.start()])
    ]


def is_needed(line: str, match: re.Match[str]) -> bool:
    """Say whether people are those whom a plan asks for: `the pilot needs 9 persons`.

    Shape: by the words in front of them; none of whom something is said behind (`who died`).
    """
    before = line[max(match.start() - _AROUND, 0) : match.start()]
    after = line[match.end() : match.end() + _AROUND]
    return _NEEDED.search(before) is not None and _WHO.match(after) is None


def is_rank(before: str, ranks: frozenset[str]) -> bool:
    """Say whether a number is a stage, a grade or the like, by the word in front of it."""
    preceding = re.search(r"(\w+)(?: of)?(?:[ -:(\[]{1,2}| {1,6})\Z", before)
    return preceding is not None and preceding[1].casefold() in ranks

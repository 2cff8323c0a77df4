"""[pure] Counts of people in sentences, for O01: few of them, a small part of some, a small rest.

Source: outputs section 3, O01 (ACRO's default, ABS, ADRF).
"""

import re
from collections.abc import Iterator

from orchestrator.outputs.form import Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.people import NOUNS
from orchestrator.outputs.roles import THINGS, listed
from orchestrator.outputs.rules.rule import spelled_rows

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {word: at for at, word in enumerate(_WORDS, 1)}
_FEW = rf"(?:(?P<part>\d{{1,7}})|(?P<word>{'|'.join(_WORDS)}))"
_THE = r"(?:the |all |these |our )?"
_HAD = (
    r"(?:had|have|has|was|were|died|received|developed|experienced|relapsed|progressed|responded|"
    r"underwent|required|reported|survived|did)\b"
)
_FOUND = (
    r"\b(?:followed|observed|found|saw|identified|enrolled|included|recruited|excluded|lost|"
    r"analy[sz]ed|counted|registered)"
)
_GOES_ON = (
    r"(?=[.,;)]|\s*\Z| (?:to(?! \d)|until|for|with|without|who|at|in|from|after|because|as|and|"
    r"whose)\b)"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_BARE = _pattern(
    r"\bn\s*=\s*(?P<n>\d{1,7})\b(?![.,]\d)"
    rf"|(?<![\d.,])(?P<part>\d{{1,7}})\s(?:{NOUNS}|patient|person|subject|participant|child|"
    r"deaths?|events?|cases?)\b"
)
_OF_PEOPLE = _pattern(
    rf"\bof {_THE}(?P<whole>\d[\d ,]*) (?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,80}}?(?<![\w.,-])"
    rf"{_FEW} (?:\([^)]{{1,20}}\) )?{_HAD}"
)
"""`of 400 patients, only six had ...`: whoever had it is a part of the people named before."""
_AMONG = _pattern(
    rf"\b(?:of|among|in) {_THE}(?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,200}}?"
    rf"{_FOUND} (?:only |just )?{_FEW}{_GOES_ON}"
)
"""`among children with ..., we followed 6 to the end`."""
_OF_SOME = _pattern(
    rf"\b(?:of|among|in) {_THE}(?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,200}}?, (?:only |just )?"
    rf"{_FEW} {_HAD}"
)
"""`among children with ..., 6 were followed`."""
_SPELLED = _pattern(
    rf"(?<![\w.,/-])(?:(?P<part>\d{{1,7}}) \([^()]{{1,20}}\)|(?P<word>{'|'.join(_WORDS[1:])})"
    r"(?: \([^()]{1,20}\))?) (?:(?:male|female|elderly|older|younger|such|other|further) )?"
    rf"(?!people|persons|individuals)(?:{NOUNS}|deaths)\b(?! (?:per|each|and more|or more))"
)
"""`three patients`, `3 (2 %) women`; one alone is mostly an article, people may be the staff."""
_PART = _pattern(
    rf"(?<![\w.,/-]){_FEW} (?:out )?of {_THE}(?P<whole>\d[\d,]*) (?:\w+ )?(?:{NOUNS})\b"
)
"""`two of the 23 patients`: a part of people, in front of them."""
_SHARE = _pattern(
    rf"(?<![\w.,/-])(?P<share>\d{{1,3}}(?:\.\d+)?) ?% of {_THE}(?P<whole>\d[\d,]*) (?:\w+ )?"
    rf"(?:{NOUNS})\b"
)
"""`46.2 % of the 13 children`."""
_CALL = re.compile(
    r"\.(?:head|tail|sample|nlargest|nsmallest|take|limit)\([^()]*\Z|\bdef \w+\([^()]*\Z"
)
_RATE = _pattern(r"(?:\s*/\s*|\s+per\s+)\w|[- ](?:years?|months?|days?)\b")
_PLANNED = _pattern(
    r"\A[^.!?]*(?:[,;(] ?(?:as )?planned(?= (?:and|but|only|never)\b|[,;.)]|\s*\Z)"
    r"|\bto be (?:enrolled|recruited|randomi[sz]ed|included)\b)"
)
"""`6 patients (3+3 design), planned and never opened`: people of a design are nobody."""
_RANKS = listed("stage grade phase type class level ecog iss ipss line cycle day week month year "
                "quartile quintile decile tertile cluster category risk score")  # fmt: skip


def in_text(part: Part, least: int) -> Iterator[Finding]:
    """Tell the lines of a text that count fewer people than the minimum."""
    lines = [
        line
        for line, content in enumerate((part.text or "").splitlines(), 1)
        if _tells_few(content, least)
    ]
    if lines:
        yield Finding(
            "O01",
            Verdict.FLAG,
            Where(part.path, tuple(lines)),
            f"small n in the text, lines {spelled_rows(lines)}",
            f"The text names groups of fewer than {least} people. Leave the numbers out, or say "
            f"'fewer than {least}'.",
            threshold=f"at least {least} people",
        )


def _tells_few(line: str, least: int) -> bool:
    """Say whether a line counts fewer people than the minimum, or parts people into so few."""
    if any(
        0 < int(match["n"] or match["part"]) < least and not _is_no_group(line, match)
        for match in _BARE.finditer(line)
    ):
        return True
    return any(
        any(0 < few < least for few in _parts(match))
        and not _is_rank(line[: match.start()])
        and not _PLANNED.search(line[match.end() :])
        for told in (_OF_PEOPLE, _AMONG, _OF_SOME, _PART, _SPELLED, _SHARE)
        for match in told.finditer(line)
    )


def _parts(match: re.Match[str]) -> Iterator[int]:
    """Give how many have what is told, and how many of the people named with them have not."""
    own = match.groupdict()
    digits = "".join(filter(str.isdigit, own.get("whole") or ""))
    whole = int(digits) if digits else None
    if "share" in own:
        part = round(float(own["share"]) * (whole or 0) / 100)
    else:
        part = int(own["part"]) if own["part"] else _VALUES[own["word"].casefold()]
    yield part
    if whole is not None:
        yield whole - part


def _is_rank(before: str) -> bool:
    """Say whether a number is a stage, a grade or the like, by the word in front of it."""
    preceding = re.search(r"(\w+)[ -]\Z", before)
    return preceding is not None and preceding[1].casefold() in _RANKS


def _is_no_group(line: str, match: re.Match[str]) -> bool:
    """Tell numbers that count nobody by the words beside them.

    Shape: `stage 3 patients` is a stage, `2 events per patient` and `5 per 1000` are rates, `1
    patient-year` is time, `n = 5 imputations` are things, `df.head(n=5)` is a call; those of a plan
    are not there yet. The people in `Fig.2(n=5)` stay people.
    """
    before, after = line[: match.start()], line[match.end() :]
    if _PLANNED.search(after):
        return True
    if match["n"]:
        following = re.match(r"\s+(\w+)", after)
        return bool(_CALL.search(before)) or (
            following is not None and following[1].casefold() in THINGS
        )
    return _is_rank(before) or bool(_RATE.match(after))

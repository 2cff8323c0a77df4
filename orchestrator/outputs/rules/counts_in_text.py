"""[pure] Counts of people in sentences, for O01, O03 and O04: few, few that are left, all, nobody.

A number in prose is people where the words around it say so: a noun, what only people do, a share
in brackets behind it, a larger number that it is a part of. Parts are people unless what they are
parts of are things (`3 of 12 sites`), pages, or a score.
Source: outputs section 3, O01 (ACRO's default, ABS, ADRF), O03 and O04 (OpenSAFELY).
"""

import re
from collections.abc import Callable, Iterator

from orchestrator.outputs.form import Part
from orchestrator.outputs.languages import in_english
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import THINGS
from orchestrator.outputs.passages import passages
from orchestrator.outputs.people import FATES, NOUN, NOUNS
from orchestrator.outputs.roles import Known
from orchestrator.outputs.rules.lists_in_text import small_labels, small_tallies
from orchestrator.outputs.rules.parts_in_text import are_people, small_pairs, small_parts
from orchestrator.outputs.rules.rule import spelled_rows
from orchestrator.outputs.rules.trees_in_text import small_leaves, small_stems
from orchestrator.outputs.wording import (
    ALONE,
    FEW,
    PERCENT,
    PLANNED,
    RANKS,
    THE,
    WORDS,
    counts_of,
    is_needed,
    is_rank,
    parts,
    pattern,
)

_HAD = (
    r"(?:had|have|has|was|were|did|received|required|reported|"
    rf"{FATES})\b"
)
_FOUND = (
    r"\b(?:followed|observed|found|saw|identified|enrolled|included|recruited|excluded|lost|"
    r"analy[sz]ed|counted|registered)"
)
_GOES_ON = (
    r"(?=[.,;)]|\s*\Z| (?:to(?! \d)|until|for|with|without|who|at|in|from|after|because|as|and|"
    r"whose)\b)"
)


_BARE = pattern(
    r"(?:\b|(?<=\\n)|(?<=\\l))n\s*=\s*(?P<n>\d{1,7})\b(?![.,]\d)"
    rf"|(?<![\d.,])(?P<part>\d{{1,7}})\s(?:(?:such|other|further|more|living)\s)?(?:{NOUNS}|{NOUN}|"
    r"deaths?|events?|cases?)\b"
)
_OF_PEOPLE = pattern(
    rf"\bof {THE}(?P<whole>\d[\d ,]*) (?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,80}}?(?<![\w.,-])"
    rf"{FEW} (?:\([^)]{{1,20}}\) )?{_HAD}"
)
"""`of 400 patients, only six had ...`: whoever had it is a part of the people named before."""
_AMONG = pattern(
    rf"\b(?:of|among|in) {THE}(?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,200}}?"
    rf"{_FOUND} (?:only |just )?{FEW}{_GOES_ON}"
)
"""`among children with ..., we followed 6 to the end`."""
_OF_WHOM = pattern(
    rf"\bof {THE}(?P<whole>\d[\d ,]*) (?:\w+ ){{0,2}}?(?:{NOUNS}|cases)\b[^.;]{{0,80}}?"
    rf"\b(?:{FATES}|received|treated) (?:only |just )?{FEW}{_GOES_ON}"
)
"""`of 22 patients died 3`, as other languages put it."""
_OF_SOME = pattern(
    rf"\b(?:of|among|in) {THE}(?:\w+ )?(?:{NOUNS}|cases)\b[^.;]{{0,200}}?, (?:only |just )?"
    rf"{FEW} {_HAD}"
)
"""`among children with ..., 6 were followed`."""
_SPELLED = pattern(
    rf"{ALONE}(?:(?P<part>\d{{1,7}}) \([^()]{{1,20}}\)|(?P<word>{'|'.join(WORDS[1:])})"
    r"(?: \([^()]{1,20}\))?) (?:(?:male|female|elderly|older|younger|such|other|further) )?"
    rf"(?!people|persons|individuals)(?:{NOUNS}|deaths)\b(?! (?:per|each|and more|or more))"
)
"""`three patients`, `3 (2 %) women`; one alone is mostly an article, people may be the staff."""
_FATE = pattern(
    rf"{ALONE}{FEW} (?:\([^()]{{1,20}}\) )?(?:of (?:them|these|those|whom) |others? |more )?"
    rf"(?:had |have |has |were |was )?(?:{FATES}|lost to follow)\b"
)
"""`four relapsed`, `2 of whom died`: only people do."""
_LOST = pattern(rf"\b(?:lost|recruited|enrolled|randomi[sz]ed) (?:only |just )?{FEW}{_GOES_ON}")
"""`we lost 4 to follow-up`."""
_SOME_ARE = pattern(
    rf"\bthere (?:were|was|are|is) (?:only |just )?{FEW} (?:with|who|among|(?:{NOUNS}|{NOUN})\b)"
    rf"|{ALONE}(?P<total>\d{{1,7}}) in total\b"
)
"""`there were 4 with ...`, `(4 in total)`."""
_HAPPENED = pattern(
    r"\b(?:occurred|happened|seen|observed|found|present|diagnosed|detected|noted) in "
    rf"(?:only |just )?{FEW}(?=\s*[.,;()]|\s*\Z| (?:{NOUNS}|{NOUN})\b)"
)
"""`occurred in four`."""
_NUMBER_OF = pattern(
    rf"\b(?:number|count) of (?:\w+ ){{0,3}}?(?:{NOUNS}|deaths|events|cases)\b[^.;:\d]{{0,40}}?"
    rf"(?:was|is|were|are|=|:) (?:only )?{FEW}(?=\s*[.,;)]|\s*\Z| (?:in|among|of|for|with)\b)"
)
"""`the number of deaths was 4`."""
_FATED = pattern(rf"\b(?:{FATES}):? ?{FEW}(?=\s*[.,;)]|\s*\Z)")
"""`died: 1`."""
_SOME_OF_THEM = pattern(
    rf"{ALONE}{FEW} (?:\([^()]{{1,20}}\) )?of (?:them|these|those|whom)\b(?! [a-z]*(?:s|data)\b)"
)
"""`only 4 of them went to ...`."""
_OF_THEM = pattern(r"\b(?:of|among) (?:them|these|those|whom)\b(?P<told>[^.;:]{0,200})")
"""`of them 13 received ... and 8 ...`."""
_SINGLE = pattern(
    r"(?<!than )(?<!least )(?<!each )(?<!every )(?<!any )(?<!which )(?<!per )(?<!for )"
    rf"\b(?:one|a single|the only|1) (?:{NOUN}) (?:alone|who|had|has|was|is|cost|weighed|"
    rf"received|{FATES})\b"
)
"""`one participant alone cost ...`: somebody."""
_ALL = pattern(
    rf"\b(?:all|each|every one) (?:of )?(?:the |our |these |those )?(?:\d[\d,]*|{'|'.join(WORDS)}|"
    rf"\w+teen|twelve|eleven|ten|twenty) (?:\w+ )?(?:{NOUNS})\b[^.;]{{0,80}}?"
    rf"(?:[(\[ ]100{PERCENT}|\b(?:remained|had|have|were alive|are alive|were free|{FATES})\b)"
    rf"|\b100{PERCENT} of {THE}(?:\d[\d,]* )?(?:\w+ )?(?:{NOUNS})\b"
    rf"|\b(?:all|each|every one) (?:of {THE})?\d[\d,]*(?: \(100(?:\.0+)?{PERCENT}\)"
    rf"| (?:stayed|remained|responded|had|have|was alive|were (?:alive|free|cured)|{FATES})\b)"
    rf"|\ball of (?:them|these|those|whom) \(n ?= ?\d[\d,]*\)|\bin all \d[\d,]*,"
)
"""`all 23 participants remained free of ...`, `all 23 (100 %) did`."""
_SAME = pattern(
    rf"{ALONE}(?P<part>\d{{1,7}})(?:/| (?:out )?of {THE})(?P=part)(?![\w/]|[.,]\d)"
    r"(?:\s+(?P<noun>[a-z]+))?"
    rf"(?=[^.;]{{0,60}}?(?:\b100{PERCENT}|\b(?:had|have|stayed|remained|responded|alive|free|cured|"
    rf"{FATES})\b)|\))"
)
"""`23 of 23 (100 %)`, `23/23 had`."""
_NONE = pattern(
    rf"\b(?:none|no one|nobody) (?:of|among) (?:the |our |these |those )?(?:\d[\d,]* )?(?:\w+ )?"
    rf"(?:{NOUNS})\b"
    rf"|{ALONE}0(?: \(0(?:\.0+)?{PERCENT}\))? ?(?:/|of|out of) ?{THE}\d[\d,]*"
    rf" (?:\w+ )?(?:{NOUNS})\b"
    rf"|\b(?:nobody|no one|none|not one|no (?:\w+ )?(?:{NOUN}|{NOUNS}))\b"
    rf"[^.;]{{0,60}}?\((?:n ?= ?|0 ?(?:/|of) ?)\d[\d,]*\)"
    rf"|\bnot (?:one|a single \w+) of {THE}\d[\d,]*(?: (?:\w+ )?(?:{NOUNS})\b|(?= (?:{FATES})\b))"
    rf"|\bno (?:\w+ )?(?:deaths?|events?|cases?) (?:\w+ )?(?:among|in|of) {THE}\d[\d,]*"
    rf" (?:\w+ )?(?:{NOUNS})\b"
)
"""`none of the 23 women`, `nobody of stage III (n = 23)`, `no deaths among the 23 women`."""
_NOT_ONE = pattern(
    rf"{ALONE}0(?:/| (?:out )?of {THE})(?P<whole>\d{{2,7}})(?![\w/]|[.,]\d)"
    r"(?:\s+(?P<noun>[a-z]+))?"
)
"""`0 of 23`, `0/23 had`."""
_CALL = re.compile(
    r"\.(?:head|tail|sample|nlargest|nsmallest|take|limit)\([^()]*\Z|\bdef \w+\([^()]*\Z"
)
_PEOPLE = pattern(rf"\b(?:{NOUNS}|{NOUN}|cases)\b")
_RATE = pattern(
    r"(?:\s*/\s*|\s+per\s+)\w|[- ](?:years?|months?|days?)\b"
    r"|\s+an? (?:year|month|week|day)\b"
    r"(?! (?:after|before|later|of|into|from|since|ago|post|prior))"
)


def in_text(part: Part, known: Known, least: int) -> Iterator[Finding]:
    """Tell the lines of a text that count fewer people than the minimum."""
    text = part.text or ""
    lines = sorted({
        *_lines(part, lambda line: _tells_few(line, least)),
        *small_pairs(text, least),
        *small_tallies(text, known, least),
        *small_leaves(text, least),
        *small_stems(text, least),
    })  # fmt: skip
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


def nobody(part: Part) -> Iterator[Finding]:
    """Tell the lines of a text that say of a group that nobody of it has something."""
    say = (
        "This says that nobody of a group has the property. Keep it only where that could not be "
        "otherwise; else merge the group."
    )
    return _told(part, "O03", _NONE, _NOT_ONE, "nobody of a group", say)


def everybody(part: Part) -> Iterator[Finding]:
    """Tell the lines of a text that say of a group that all of it have something."""
    say = (
        "Everybody of this group has the property, so it is known of each of them. Merge groups, "
        "or leave it out."
    )
    return _told(part, "O04", _ALL, _SAME, "the whole group", say)


def _told(
    part: Part,
    rule: str,
    told: re.Pattern[str],
    counted: re.Pattern[str],
    evidence: str,
    say: str,
) -> Iterator[Finding]:
    """Tell the lines with some words, or with a part and its whole that are people."""
    lines = _lines(
        part,
        lambda line: (
            told.search(line) is not None
            or any(are_people(line, match) for match in counted.finditer(line))
        ),
    )
    if lines:
        where = Where(part.path, tuple(lines))
        yield Finding(rule, Verdict.FLAG, where, f"{evidence}, lines {spelled_rows(lines)}", say)


def _lines(part: Part, tells: Callable[[str], bool]) -> list[int]:
    told = ((line, passage, in_english(passage)) for line, passage in passages(part.text or ""))
    return sorted({
        line for line, own, english in told if tells(own) or (english != own and tells(english))
    })  # fmt: skip


def _tells_few(line: str, least: int) -> bool:
    """Say whether a line counts fewer people than the minimum, or parts people into so few."""
    if any(
        0 < int(match["n"] or match["part"]) < least and not _is_no_group(line, match)
        for match in _BARE.finditer(line)
    ):
        return True
    if _SINGLE.search(line) or small_labels(line, least) or small_parts(line, least):
        return True
    if _PEOPLE.search(line) and _is_of_them(line, least):
        return True
    return any(
        any(0 < few < least for few in parts(match))
        and not is_rank(line[: match.start()], RANKS)
        and not PLANNED.search(line[match.end() :])
        and not is_needed(line, match)
        for told in (_FATED, _OF_WHOM, _OF_PEOPLE, _AMONG, _OF_SOME, _SPELLED, _FATE, _LOST,
                     _SOME_ARE, _HAPPENED, _NUMBER_OF)
        for match in told.finditer(line)
    )  # fmt: skip


def _is_of_them(line: str, least: int) -> bool:
    """Say whether a sentence tells of few of the people that were named before: `4 of them`."""
    some = any(0 < few < least for one in _SOME_OF_THEM.finditer(line) for few in parts(one))
    told = (few for clause in _OF_THEM.finditer(line) for few in counts_of(clause["told"]))
    return some or any(0 < few < least for few in told)


def _is_no_group(line: str, match: re.Match[str]) -> bool:
    """Tell numbers that count nobody by the words beside them.

    Shape: `stage 3 patients` is a stage, `2 events per patient` and `5 per 1000` are rates, `1
    patient-year` is time, `n = 5 imputations` are things, `df.head(n=5)` is a call; those of a plan
    are not there yet. The people in `Fig.2(n=5)` stay people.
    """
    before, after = line[: match.start()], line[match.end() :]
    if PLANNED.search(after) or is_needed(line, match):
        return True
    if match["n"]:
        following = re.match(r"\s+(\w+)", after)
        return bool(_CALL.search(before)) or (
            following is not None and following[1].casefold() in THINGS
        )
    return is_rank(before, RANKS) or bool(_RATE.match(after))

"""[pure] Counts of people in sentences, for O01, O03 and O04: few, few that are left, all, nobody.

A number in prose is people where the words around it say so: a noun, what only people do, a share
in brackets behind it, a larger number that it is a part of. Parts are people unless what they are
parts of are things (`3 of 12 sites`), pages, or a score.
Source: outputs section 3, O01 (ACRO's default, ABS, ADRF), O03 and O04 (OpenSAFELY).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, floor

from orchestrator.outputs.brackets import Pair, group_of, pairs_in
from orchestrator.outputs.form import Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.passages import passages
from orchestrator.outputs.people import ANYBODY, FATES, NOUN, NOUNS, OUTCOMES, SEXES
from orchestrator.outputs.roles import THINGS, Role, listed, named, words
from orchestrator.outputs.rules.rule import spelled_rows

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {word: at for at, word in enumerate(_WORDS, 1)}
_FEW = rf"(?:(?P<part>\d{{1,7}})|(?P<word>{'|'.join(_WORDS)}))"
_THE = r"(?:the |all |these |those |our )?"
_PERCENT = r" ?(?:%|\\%|per ?cent\b)"
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
_ALONE = r"(?<![\w.,/-])"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_BARE = _pattern(
    r"\bn\s*=\s*(?P<n>\d{1,7})\b(?![.,]\d)"
    rf"|(?<![\d.,])(?P<part>\d{{1,7}})\s(?:{NOUNS}|{NOUN}|"
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
    rf"{_ALONE}(?:(?P<part>\d{{1,7}}) \([^()]{{1,20}}\)|(?P<word>{'|'.join(_WORDS[1:])})"
    r"(?: \([^()]{1,20}\))?) (?:(?:male|female|elderly|older|younger|such|other|further) )?"
    rf"(?!people|persons|individuals)(?:{NOUNS}|deaths)\b(?! (?:per|each|and more|or more))"
)
"""`three patients`, `3 (2 %) women`; one alone is mostly an article, people may be the staff."""
_FATE = _pattern(
    rf"{_ALONE}{_FEW} (?:\([^()]{{1,20}}\) )?(?:of (?:them|these|those|whom) |others? |more )?"
    rf"(?:had |have |has |were |was )?(?:{FATES}|lost to follow)\b"
)
"""`four relapsed`, `2 of whom died`: only people do."""
_LOST = _pattern(
    rf"\b(?:lost|recruited|enrolled|randomi[sz]ed) (?:only |just )?{_FEW}{_GOES_ON}"
)
"""`we lost 4 to follow-up`."""
_WITH_SHARE = _pattern(
    rf"{_ALONE}(?P<part>\d{{1,7}}) *[(\[] ?\d{{1,3}}(?:[.,]\d+)?{_PERCENT} ?[)\]]"
    rf"|{_ALONE}\d{{1,3}}(?:\.\d+)?{_PERCENT} ?[(\[](?:n ?= ?)?(?P<n>\d{{1,7}})[)\]]"
    rf"|[(\[](?P<inner>\d{{1,7}})[,;] ?\d{{1,3}}(?:\.\d+)?{_PERCENT}[)\]]"
)
"""`4 (5.1%)`, `5.1 % (4)`, `(4; 5.1 %)`: a number beside its share."""
_SOME_ARE = _pattern(
    rf"\bthere (?:were|was|are|is) (?:only |just )?{_FEW} (?:with|who|among|(?:{NOUNS}|{NOUN})\b)"
    rf"|{_ALONE}(?P<total>\d{{1,7}}) in total\b"
)
"""`there were 4 with ...`, `(4 in total)`."""
_HAPPENED = _pattern(
    r"\b(?:occurred|happened|seen|observed|found|present|diagnosed|detected|noted) in "
    rf"(?:only |just )?{_FEW}(?=\s*[.,;()]|\s*\Z| (?:{NOUNS}|{NOUN})\b)"
)
"""`occurred in four`."""
_NUMBER_OF = _pattern(
    rf"\b(?:number|count) of (?:\w+ ){{0,3}}?(?:{NOUNS}|deaths|events|cases)\b[^.;:\d]{{0,40}}?"
    rf"(?:was|is|were|are|=|:) (?:only )?{_FEW}(?=\s*[.,;)]|\s*\Z| (?:in|among|of|for|with)\b)"
)
"""`the number of deaths was 4`."""
_LABEL = _pattern(r"\W*(?P<label>[a-z][^:=\d|]{2,60}):\s*(?P<part>\d{1,7})\W*\Z")
"""A line that is a label with its number: `deaths: 4`."""
_PART = _pattern(
    rf"{_ALONE}{_FEW}(?: \([^()]{{1,20}}\))? (?:out )?of {_THE}(?P<whole>\d[\d,]*)(?!\d|[.,]\d)"
    r"(?: (?P<noun>[a-z]+)(?: (?P<next>[a-z]+))?)?"
)
"""`two of the 23 patients`, `seen in 4 of 78`: a part, in front of its whole."""
_FRACTION = _pattern(rf"{_ALONE}(?<!= )(?P<part>\d{{1,5}})/(?P<whole>\d{{2,6}})(?![\w/%]|[.,]\d)")
"""`4/65 had`; what a program sets (`k = 1/16`) is a range."""
_SINGLE = _pattern(
    r"(?<!than )(?<!least )(?<!each )(?<!every )(?<!any )(?<!which )(?<!per )(?<!for )"
    rf"\b(?:one|a single|the only|1) (?:{NOUN}) (?:alone|who|had|has|was|is|cost|weighed|"
    rf"received|{FATES})\b"
)
"""`one participant alone cost ...`: somebody."""
_WHOLE = _pattern(
    rf"{_ALONE}(?P<people>\d[\d,]*) (?:\w+ ){{0,2}}?(?:{NOUNS})\b|\bn ?= ?(?P<n>\d[\d,]*)"
)
_SHARE = _pattern(
    rf"{_ALONE}(?P<share>\d{{1,3}}(?:\.\d+)?){_PERCENT}"
    r"(?! ?-?(?:ci\b|confidence|credible|limits?|intervals?|level|significance|power|margin|trimmed|"
    r"quantile|percentile|prediction|more|less|higher|lower|increase|decrease|reduction))"
)
_ALL = _pattern(
    rf"\b(?:all|each|every one) (?:of )?(?:the |our |these |those )?(?:\d[\d,]*|{'|'.join(_WORDS)}|"
    rf"\w+teen|twelve|eleven|ten|twenty) (?:\w+ )?(?:{NOUNS})\b[^.;]{{0,80}}?"
    rf"(?:[(\[ ]100{_PERCENT}|\b(?:remained|had|have|were alive|are alive|were free|{FATES})\b)"
    rf"|\b100{_PERCENT} of {_THE}(?:\d[\d,]* )?(?:\w+ )?(?:{NOUNS})\b"
)
"""`all 23 participants remained free of ...`."""
_NONE = _pattern(
    rf"\b(?:none|no one|nobody) (?:of|among) (?:the |our |these |those )?(?:\d[\d,]* )?(?:\w+ )?"
    rf"(?:{NOUNS})\b"
    rf"|{_ALONE}0(?: \(0(?:\.0+)?{_PERCENT}\))? ?(?:/|of|out of) ?{_THE}\d[\d,]*"
    rf" (?:\w+ )?(?:{NOUNS})\b"
)
"""`none of the 23 women`."""
_LABELLED = (
    r"[\"']?(?P<label>[A-Za-z][^\s,;:=(){}\[\]\"']{0,30}(?: (?!and\b)[A-Za-z][^\s,;:=(){}\[\]\"']{0,24}){0,4})"
    r"[\"']?\s?[:= ]\s?(?P<number>\d{1,7})(?!\d|[%/-]|[.,]\d)(?: ?\([^()]{1,16}\))?"
)
_ITEM = re.compile(_LABELLED)
_LIST = re.compile(
    rf"{_LABELLED}(?:(?:\s?[,;]\s?(?:and )?|\s+and\s+)".replace("?P<label>", "").replace("?P<number>", "")
    + re.sub(r"\?P<\w+>", "", _LABELLED)
    + r"){2,}"
)
"""Three labels and more, each with its number."""
_CALLED = re.compile(r"(\w+)\(\[?\{?[^()]*\Z")
_TALLIES = listed("counter c dict table tibble frame list ordereddict series")
_NOT_LISTED = listed(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec table figure fig section chapter page appendix rule "
    "line step box panel note version"
)
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
_PLACES = _RANKS | listed(
    "page step epoch fold batch chapter part version figure fig table row question item model "
    "iteration round session section slide sheet file chunk block test run job task attempt chain "
    "scale rating rated pain scored visual acuity loop pass worker node rank layer dated"
)
"""Words before a part of something else than people: `page 3 of 40`, `rated 7/10`."""
_OF_THINGS = THINGS | listed(
    "sites site markers regions areas labs laboratories files tables figures pages weeks days months "
    "years hours minutes points percent per cells rows values measurements items tests words "
    "replications simulations runs samples fields records parts steps arms trials degrees units "
    "plates wells batches drugs codes terms scores scale answers reasons tasks jobs checks wards "
    "municipalities counties hospitals schools clinics practices laboratory stations"
)
_COUNTED = ANYBODY | SEXES | OUTCOMES | listed("deaths died dead cases controls")
_PEOPLE = _pattern(rf"\b(?:{NOUNS}|{NOUN}|{FATES})\b")
_WORDY = re.compile(r"[A-Za-z]{3,}.*?[A-Za-z]{3,}")


def in_text(part: Part, least: int) -> Iterator[Finding]:
    """Tell the lines of a text that count fewer people than the minimum."""
    lines = _lines(part, lambda line: _tells_few(line, least))
    lines = sorted({*lines, *_small_pairs(part.text or "", least)})
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
    lines = _lines(part, lambda line: _NONE.search(line) is not None)
    if lines:
        yield Finding(
            "O03", Verdict.FLAG, Where(part.path, tuple(lines)),
            f"nobody of a group, lines {spelled_rows(lines)}",
            "This says that nobody of a group has the property. Keep it only where that could not "
            "be otherwise; else merge the group.",
        )  # fmt: skip


def everybody(part: Part) -> Iterator[Finding]:
    """Tell the lines of a text that say of a group that all of it have something."""
    lines = _lines(part, lambda line: _ALL.search(line) is not None)
    if lines:
        yield Finding(
            "O04", Verdict.FLAG, Where(part.path, tuple(lines)),
            f"the whole group, lines {spelled_rows(lines)}",
            "Everybody of this group has the property, so it is known of each of them. Merge "
            "groups, or leave it out.",
        )  # fmt: skip


def _lines(part: Part, tells: Callable[[str], bool]) -> list[int]:
    return sorted({line for line, passage in passages(part.text or "") if tells(passage)})


def _tells_few(line: str, least: int) -> bool:
    """Say whether a line counts fewer people than the minimum, or parts people into so few."""
    if any(
        0 < int(match["n"] or match["part"]) < least and not _is_no_group(line, match)
        for match in _BARE.finditer(line)
    ):
        return True
    if _SINGLE.search(line) or any(
        tells(line, least) for tells in (_is_labelled, _shares_few, _lists_few)
    ):
        return True
    return any(
        any(0 < few < least for few in _parts(match))
        and not _is_rank(line[: match.start()], _RANKS)
        and not _PLANNED.search(line[match.end() :])
        for told in (_OF_PEOPLE, _AMONG, _OF_SOME, _SPELLED, _FATE, _LOST, _SOME_ARE, _HAPPENED,
                     _NUMBER_OF)
        for match in told.finditer(line)
    ) or any(
        _parts_few(line, match, least)
        for told in (_WITH_SHARE, _PART, _FRACTION)
        for match in told.finditer(line)
    )  # fmt: skip


def _parts(match: re.Match[str]) -> Iterator[int]:
    """Give how many have what is told, and how many of the people named with them have not."""
    own = match.groupdict()
    digits = "".join(filter(str.isdigit, own.get("whole") or ""))
    whole = int(digits) if digits else None
    told = next(filter(None, (own.get(name) for name in ("part", "n", "inner", "total"))), None)
    part = int(told) if told else _VALUES[own["word"].casefold()] if own.get("word") else 0
    yield part
    if whole is not None:
        yield whole - part


def _parts_few(line: str, match: re.Match[str], least: int) -> bool:
    """Say whether a number beside its share or its whole is few people.

    Shape: what is left of the whole, and parts of fewer than the minimum, only where the line
    names people.
    """
    before, after = line[: match.start()], line[match.end() :]
    own = match.groupdict()
    noun = own.get("noun") or next(iter(re.findall(r"\A\W{0,2}([A-Za-z]+)", after)), "")
    things = {noun.casefold(), (own.get("next") or "").casefold()} & _OF_THINGS
    if things or _is_rank(before, _PLACES) or _PLANNED.search(after):
        return False
    part, *rest = _parts(match)
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


def _small_pairs(text: str, least: int) -> Iterator[int]:
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


def _is_labelled(line: str, least: int) -> bool:
    """Say whether a line is a number behind the name of people: `deaths: 4`, `women with ...: 4`."""
    match = _LABEL.fullmatch(line)
    if match is None or not 0 < int(match["part"]) < least:
        return False
    counts = named(match["label"]) in {None, Role.COUNT}
    return counts and bool(_COUNTED & set(words(match["label"])))


def _lists_few(line: str, least: int) -> bool:
    """Say whether a list of labels with their numbers holds a small one beside larger ones.

    Shape: `I 41, II 33, III 4`, a mapping, a named vector; arguments of any other call are settings,
    and so are labels that name one, a statistic, a day or a place in a paper.
    """
    for match in _LIST.finditer(line):
        call = _CALLED.search(line[: match.start()])
        if call and call[1].casefold() not in _TALLIES:
            continue
        told = [(item["label"], int(item["number"])) for item in _ITEM.finditer(match[0])]
        counted = [
            number
            for label, number in told
            if named(label) in {None, Role.COUNT}
            and not _NOT_LISTED & set(words(label)[:1])
            and not _PLACES & set(words(label)[-1:])
        ]
        if any(0 < number < least for number in counted) and max(counted) >= least:
            return True
    return False


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
    half = 0.5 * 10 ** -len(share.partition(".")[2]) + 1e-9
    low = max(ceil(people * (float(share) - half) / 100), 0)
    high = min(floor(people * (float(share) + half) / 100), people)
    if not 0 < float(share) < 100 or low > high:
        return False
    return (0 < low and high < least) or (high < people and people - low < least)


def _is_rank(before: str, ranks: frozenset[str]) -> bool:
    """Say whether a number is a stage, a grade or the like, by the word in front of it."""
    preceding = re.search(r"(\w+)(?: of)?[ -:(\[]{1,2}\Z", before)
    return preceding is not None and preceding[1].casefold() in ranks


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
    return _is_rank(before, _RANKS) or bool(_RATE.match(after))

"""[pure] Counts by the words that say what they count: `PV, age 60 and over: 809 patients`.

Sentences, and tables of a handful of numbers, are compared by their words: where two counts have
the same ones, or one says all that the other says and a condition more, or has another number in
one place, the people between them are few. What a sentence counts is kept like a table's counts,
its words in place of categories.
Source: outputs section 3, O14 (OpenSAFELY's worked example, ADRF), and 6.2.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.outputs import passages
from orchestrator.outputs.canon import number
from orchestrator.outputs.facts import PEOPLE, TOLD, Fact, FactTable, tables
from orchestrator.outputs.form import Part
from orchestrator.outputs.people import ANYBODY, FATES, NOUN, NOUNS, listed
from orchestrator.outputs.roles import Known
from orchestrator.outputs.wording import ALONE, PLANNED, RANKS, is_needed, is_rank, pattern

_FEW = 12
"""A table with more counts is compared by its categories alone."""
_MORE = 8
"""Words that a condition takes at most."""
_NUMBER = r"\d{1,3}(?:[ ,.]\d{3})+|\d{1,7}"
_COUNTED = pattern(
    rf"{ALONE}(?P<n>{_NUMBER}) (?:\w+ ){{0,2}}?"
    rf"(?:{NOUNS}|{NOUN}|cases)\b"
    r"|\bn ?= ?(?P<size>\d{1,3}(?:[ ,]\d{3})+|\d{1,7})\b(?![.,]\d)"
)
_LISTED = pattern(
    rf"\A(?=.*?\b(?:{NOUNS}|{NOUN}|cases|these|those|whom|n)\b)[^\d:=]*(?:\d[^:=]*)?[:=|\t] ?"
    r"(?P<n>\d{1,3}(?:[ ,]\d{3})+|\d{1,7})(?: ?\([^()]*\))?[ .;!?|]*\Z"
)
"""`Patients with a form: 4595`: a label that says that people are counted, and nothing behind."""
_PART = pattern(
    rf"(?:[,;:]|\b(?:and|but|while)) (?:only |just )?(?P<n>{_NUMBER})(?: ?\([^()]*\))?"
    rf" (?P<said>(?:\w+ed|{FATES}|had|have|were|got|went|took|came)\b[^,;:()\d]*)"
)
"""`of 4183 patients, 3248 reached CR and 935 did not`: what some of the people did."""
_WORD = re.compile(r"[^\W_]+(?:[.,'-][^\W_]+)*")
_ENDS = re.compile(r"[,:()\d]")
"""Behind a count a new clause begins there."""
_BOUNDS = listed(
    "over above below under less more least most older younger up than plus ab mindestens unter "
    "plus moins ans desde hasta menos oltre sotto boven onder"
)
"""Beside them a number is an end, and another number another end of the same people."""
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_SHARED = 2
"""Words that say something, of which so many are the same; of two equal ones one is enough."""
_ABOUT = pattern(r"(?:\b(?:about|around|approximately|roughly|circa|ca\.?|etwa|environ)|[~≈]) ?\Z")
_SAY_NOTHING = ANYBODY | listed(
    "a an the of in on at to and with was were is are had have has there this these those who whom "
    "all n no number total people included enrolled observations analysed analyzed cases obs we "
    "der die das den dem und mit von im in les des avec dans la le los las el con de y en"
)


def counts(parts: Sequence[Part], known: Known) -> list[FactTable]:
    """List all counts of a file that can be compared: those of its tables, and of its sentences.

    Shape: what was read in pixels is too unsure to be one, and what is only compared is no text.
    """
    own = [part for part in parts if not (part.is_read_in_pixels or part.only_compared)]
    return [*(one for part in own for one in tables(part, known)), *sentences(parts)]


def words_of(table: FactTable) -> list[tuple[Fact, tuple[str, ...]]]:
    """List the counts of a table that are compared by words, with these; none of a large table."""
    if table.facts and table.facts[0].measure == TOLD:
        found = [(fact, _words(fact.coordinates[0][1])) for fact in table.facts]
    elif len(table.facts) <= _FEW and table.base == 1:
        found = [(fact, _of_cell(fact)) for fact in table.facts if not fact.hidden]
    else:
        return []
    return [(fact, words) for fact, words in found if _telling(words)]


def edges(words: Sequence[str]) -> tuple[str, str]:
    """Give the first and the last word that say something; a condition more leaves one of them."""
    telling = [word for word in words if word in _telling(words)]
    return telling[0], telling[-1]


def near(here: FactTable, there: FactTable, least: int) -> Iterator[tuple[Fact, Fact]]:
    """List pairs of counts that the same words tell, or some more, and that lie close together."""
    in_tables = not (is_told(here) or is_told(there))
    if in_tables and here.visible.keys() & there.visible:
        return  # compared by their categories
    theirs = sorted(words_of(there), key=_value)
    for fact, words in words_of(here):
        first = bisect_right(theirs, fact.low - least, key=_value)
        for other, others in theirs[first : bisect_left(theirs, fact.low + least, key=_value)]:
            if fact.low != other.low and _alike(words, others):
                yield fact, other


def _value(one: tuple[Fact, tuple[str, ...]]) -> float:
    return one[0].low


def is_told(table: FactTable) -> bool:
    """Say whether these are the counts of sentences, which no table shows."""
    return any(fact.measure == TOLD for fact in table.facts)


def sentences(parts: Sequence[Part]) -> list[FactTable]:
    """Read what the sentences of each part count; what several parts say is the last one's.

    Shape: the paragraphs of a document come behind the file that holds them; none of what was read
    in pixels or is only compared.
    """
    own = [part for part in parts if not (part.is_read_in_pixels or part.only_compared)]
    found = []
    seen: set[tuple[str, float]] = set()
    for part in reversed(own):
        facts = []
        for line, sentence in _lines(part.text or ""):
            for words, count in _told(sentence):
                told = " ".join(words)
                if (told, count) not in seen:
                    seen.add((told, count))
                    facts.append(Fact(line, 0, TOLD, (("words", told),), count, count))
        if facts:
            found.append(FactTable(part.path, 0, tuple(facts)))
    return found[::-1]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    long = ((at, one) for at, one in enumerate(text.splitlines(), 1) if passages.is_long(one))
    for line, passage in (*passages.passages(text), *long):
        for sentence in passages.sentences(passage):
            if not passages.is_long(sentence):
                yield line, sentence.strip()


def _told(sentence: str) -> Iterator[tuple[tuple[str, ...], float]]:
    """Read what a sentence counts first: the words before it, and behind it until a new clause.

    Shape: then what it says of some of these people, with the words of all of them.
    """
    match = _COUNTED.search(sentence) or _LISTED.search(sentence)
    if match is None:
        return
    at = "n" if match.groupdict()["n"] else "size"
    before, after = sentence[: match.start(at)], sentence[match.end(at) :]
    if (PLANNED.search(after) or is_needed(sentence, match) or _ABOUT.search(before)
            or (is_rank(before, RANKS) and ":" not in before[-2:])):  # fmt: skip
        return
    end = _ENDS.search(after)
    people = f"{before} {after[: end.start()] if end else after}"
    some = ((f"{people} {one['said']}", one["n"]) for one in _PART.finditer(after))
    for told, count in ((people, match[at]), *some):
        words, value = _words(told), number(re.sub(r"[ ,.]", "", count))
        if value and _telling(words):
            yield words, value


def _of_cell(fact: Fact) -> tuple[str, ...]:
    measure = "" if fact.measure == PEOPLE else fact.measure
    return _words(" ".join((*(category for _, category in fact.coordinates), measure)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _telling(words: Iterable[str]) -> list[str]:
    return [word for word in words if word not in _SAY_NOTHING and not word.isdigit()]


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Say whether two descriptions are one, or one with a condition more or another bound."""
    ours, theirs = Counter(one), Counter(other)
    more, less = [*(ours - theirs).elements()], [*(theirs - ours).elements()]
    shared = [*(ours & theirs).elements()]
    if len(_telling(shared)) < (_SHARED if more or less else 1):
        return False
    if not more or not less:
        return len(more) + len(less) <= _MORE
    return len(more) == len(less) == 1 and not _BOUNDS.isdisjoint(shared) and all(
        word.isdigit() and not _YEAR.match(word) for word in (*more, *less)
    )  # fmt: skip

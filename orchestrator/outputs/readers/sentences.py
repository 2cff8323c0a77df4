"""[pure] Sentences that hold as many values as a record: `born 1941, 79.8 kg, 168 cm, ...`.

A case told in words is a row of the source as much as one in a table. Each paragraph, or each of
its sentences where it is long, is cut into its words; those with several numbers are compared with
the source like a row (O19). So are lists of numbers without words. What is still long is compared
in pieces that overlap by half. They are no tables: what else is said of tables is not said of them.
Source: outputs section 3, O23 (tokens through section 5).
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.outputs.readers.delimited import is_number

_NUMBERS = 4
"""A sentence with fewer numbers and dates cannot point at one of thousands."""
_BARE = 8
"""Units: numbers; more of them without as many words are a list, of values or of cells."""
_LONGEST = 60
"""Units: words; a longer paragraph is cut into its sentences, a longer sentence into pieces."""
_LIST = 24
"""Units: words; a longer list of numbers is cut into pieces: one person has fewer values."""
MOST = 200
"""So many are compared of one text; whoever reads more has to say that the rest was not."""
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u00c0-\u00de])")
_EDGE = " .,;:!?()[]{}\"'`*_<>=\u201e\u201c\u201d"
_COMMA = re.compile(r"[+-]?\d{1,9},\d{1,6}\Z")
"""A number with a decimal comma."""
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}\Z|\d{1,2}[./]\d{1,2}[./]\d{4}\Z")
_BOUND = re.compile(r"(?<![-=>])[<>\u2264\u2265]=? ?-?\d[\d.,]*")
"""Nobody's value: a threshold of a score; what an arrow names (`hb -> 9`) is somebody's."""
_SETS = re.compile(r"(?<=[^\W\d])=(?=[\w+-])")
"""Between a name and its value: `birth_year=1958`."""
_OF_AGE = re.compile(r"(\d{1,3})-year-old\Z", re.IGNORECASE)


Paragraphs = Iterable[tuple[int, Sequence[str]]]
"""The line, from 1, where each begins, and its lines; list items and lines of a log that stand in
one are looked at together."""


FROM = "/from/"
"""Stands in the name of a further piece, before its first word: it is no other person."""


def find_sentences(paragraphs: Paragraphs) -> Iterator[tuple[str, list[str]]]:
    """List what may be a person told in words, by the line where its paragraph begins."""
    return _found(paragraphs, _LONGEST, listed=False)


def find_lists(paragraphs: Paragraphs) -> Iterator[tuple[str, list[str]]]:
    """List what may be a person's numbers one after the other: more of them than words."""
    return _found(paragraphs, _LIST, listed=True)


def _found(paragraphs: Paragraphs, size: int, *, listed: bool) -> Iterator[tuple[str, list[str]]]:
    for line, lines in paragraphs:
        for words in _sentences(" ".join(lines)):
            for start in _starts(len(words), size) if _is_list(words) is listed else ():
                piece = words[start : start + size]
                if len(_numbers(piece)) >= _NUMBERS:
                    yield f"{line}{FROM}{start + 1}" if start else f"{line}", piece


def _sentences(paragraph: str) -> list[list[str]]:
    whole = _words(paragraph)
    return [whole] if len(whole) <= _LONGEST else [*map(_words, _END.split(paragraph))]


def _starts(words: int, size: int) -> range:
    """Say where to cut what is long into pieces; half of each is in the next one too."""
    return range(0, max(words - size // 2, 1), size // 2)


def _is_list(words: Sequence[str]) -> bool:
    numbers = _numbers(words)
    return len(numbers) > max(_BARE, len(set(words)) - len(numbers))


def _numbers(words: Sequence[str]) -> set[str]:
    return {word for word in words if is_number(word) or _DATE.match(word) or _COMMA.match(word)}


def _words(text: str) -> list[str]:
    found = []
    for word in _SETS.sub(" ", _BOUND.sub(" ", text)).split():
        plain = word.strip(_EDGE)
        match = _OF_AGE.match(plain)
        found.append(match[1] if match else plain)
    return [word for word in found if word]

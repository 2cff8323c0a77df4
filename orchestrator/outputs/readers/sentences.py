"""[pure] Sentences that hold as many values as a record: `born 1941, 79.8 kg, 168 cm, ...`.

A case told in words is a row of the source as much as one in a table. Each paragraph, or each of
its sentences where it is long, is cut into its words; those with several numbers are compared with
the source like a row (O19). They are no tables: what else is said of tables is not said of them.
Source: outputs section 3, O23 (tokens through section 5).
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.outputs.readers.delimited import is_number

_NUMBERS = 4
"""A sentence with fewer numbers and dates cannot point at one of thousands."""
_BARE = 8
"""Units: numbers; more of them without as many words are cells of a table, read line by line."""
_LONGEST = 60
"""Units: words; a longer paragraph is cut into its sentences."""
MOST = 200
"""So many are compared of one text; whoever reads more has to say that the rest was not."""
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u00c0-\u00de])")
_EDGE = " .,;:!?()[]{}\"'`*_<>=\u201e\u201c\u201d"
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}\Z|\d{1,2}[./]\d{1,2}[./]\d{4}\Z")
_OF_AGE = re.compile(r"(\d{1,3})-year-old\Z", re.IGNORECASE)


def find_sentences(
    paragraphs: Iterable[tuple[int, Sequence[str]]],
) -> Iterator[tuple[int, list[str]]]:
    """List what may be a person told in words, with the line where its paragraph begins.

    Shape: paragraphs are the line, from 1, where each begins, and its lines; list items and lines
    of a log that stand in one are looked at together.
    """
    for line, lines in paragraphs:
        for words in _told(" ".join(lines)):
            yield line, words


def _told(paragraph: str) -> Iterator[list[str]]:
    whole = _words(paragraph)
    for words in [whole] if len(whole) <= _LONGEST else map(_words, _END.split(paragraph)):
        numbers = {word for word in words if is_number(word) or _DATE.match(word)}
        most = max(_BARE, len(set(words)) - len(numbers))
        if _NUMBERS <= len(numbers) <= most and len(words) <= _LONGEST:
            yield words


def _words(text: str) -> list[str]:
    found = []
    for word in text.split():
        plain = word.strip(_EDGE)
        match = _OF_AGE.match(plain)
        found.append(match[1] if match else plain)
    return [word for word in found if word]

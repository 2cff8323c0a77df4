"""[pure] What a reader takes in at once: each line of a text, and lines that a sentence runs over.

Manuscripts and pages of a pdf break their sentences where the line is full.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_FULL = 45
"""Units: characters; a shorter line ends where its author wanted."""
_LONGEST = 2000
"""Units: characters; longer lines are data, and no sentence."""
_SENTENCE = re.compile(r"(?<=[.;!?])\s+")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\w|[.,]\d)")


def sentences(passage: str) -> list[str]:
    """Cut a passage where a sentence ends."""
    return _SENTENCE.split(passage)


def numbers(sentence: str) -> list[str]:
    """List the numbers of a sentence as they stand, without the commas between thousands."""
    return [text.replace(",", "") for text in NUMBER.findall(sentence)]


def is_long(line: str) -> bool:
    """Say whether a line is longer than a sentence or a paragraph of some."""
    return len(line) > _LONGEST


def passages(text: str) -> Iterator[tuple[int, str]]:
    """List lines by their number, from 1, and after each that is cut it together with the next."""
    lines = text.splitlines()
    for at, (line, below) in enumerate(pairwise([*lines, ""]), 1):
        if is_long(line):
            continue
        yield at, line
        if _is_cut(line) and below.strip() and not is_long(below):
            yield at, f"{line.rstrip()} {below.lstrip()}"


def _is_cut(line: str) -> bool:
    plain = line.rstrip()
    return len(plain) >= _FULL and plain[-1] not in ".:;!?|" and "  " not in plain.strip()

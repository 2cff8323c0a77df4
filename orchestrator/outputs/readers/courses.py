"""[pure] Courses: a line a person, with as many visits as there were, one behind the other.

`7 19 3.5 15.3 46 2.1 17.6` has two visits of three values. Lines of differing length are no table;
what they have in common is that all lengths differ by whole visits. The visits of all lines are one
table, without what stands before the first of each. They have no names.
Source: outputs section 10, L2 (wide for long).
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from orchestrator.outputs.readers.delimited import is_number

_BETWEEN = re.compile(r"[\s,;|()\[\]{}]+|(?<=\d):|:(?=\s)")
_LINES = 4
_VALUES = range(2, 7)
"""Units: values of a visit."""
_VISITS = 3
"""Units: visits a line, on average; fewer are as likely the cells of a table."""
_HEADS = 6
"""Units: words that stand before the first visit."""


def find_courses(paragraphs: Iterable[tuple[int, Sequence[str]]]) -> Iterator[list[list[str]]]:
    """Find the visits of all lines of a paragraph, where its lines differ in whole visits."""
    for _, lines in paragraphs:
        cut = [[word for word in _BETWEEN.split(line) if word] for line in lines]
        sizes = sorted({len(words) for words in cut})
        if len(cut) < _LINES or len(sizes) < 2:
            continue
        apart = math.gcd(*(b - a for a, b in pairwise(sizes)))
        first = max(map(_head, cut))
        for width in (apart, *(one for one in _VALUES if apart % one == 0)):
            head = first + (sizes[0] - first) % width
            visits = sum(len(words) - head for words in cut) / width
            told = width == apart or _is_even(cut, head, width)
            if width in _VALUES and head <= _HEADS and visits >= _VISITS * len(cut) and told:
                yield [words[at : at + width] for words in cut
                       for at in range(head, len(words), width)]  # fmt: skip
                break


def _head(words: Sequence[str]) -> int:
    """Count the words up to the last that is no number."""
    return max((at for at, word in enumerate(words, 1) if not is_number(word)), default=0)


def _is_even(cut: Sequence[Sequence[str]], head: int, width: int) -> bool:
    """Tell whether each value of a visit is printed with as many decimals in all visits."""
    return all(
        len({len(word.partition(".")[2]) for words in cut for word in words[head + at :: width]})
        == 1
        for at in range(width)
    )

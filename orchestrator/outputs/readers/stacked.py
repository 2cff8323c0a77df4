"""[pure] Tables whose cells are several lines: a count, below it a mean, below that a sum.

Each group has its label beside its first line, and a blank line or a rule behind its last. All
first lines are a table, all second ones another.
Source: `stat.table` of R's Epi.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from orchestrator.outputs.readers.delimited import is_number

_RULE = re.compile(r"[\s+|=_-]*\Z")
_CELL = re.compile(r"[^\s|]+(?: [^\s|\d][^\s|]*)*")
_LEAST = 2
"""Units: lines of a group, and groups."""

Found = tuple[list[str], list[list[str]]]


def find_stacked(content: str) -> Iterator[Found]:
    """List the tables of such groups, one for each line of theirs."""
    groups = [
        [line.expandtabs().rstrip() for line in own]
        for ruled, own in groupby(content.splitlines(), lambda text: bool(_RULE.match(text)))
        if not ruled
    ]
    for shape, run in groupby(zip([[], *groups], groups, strict=False), lambda two: _shape(two[1])):
        pairs = list(run)
        if shape is None or len(pairs) < _LEAST:
            continue
        lines, width = shape
        above = pairs[0][0][-1] if pairs[0][0] else ""
        names = above.split() if len(above.split()) in {width - 1, width} else _CELL.findall(above)
        names = ["", *names][-width:] if len(names) >= width - 1 else [""] * width
        for at in range(lines):
            yield names, [[_label(own), *_numbers(own[at])] for _, own in pairs]


def _shape(lines: Sequence[str]) -> tuple[int, int] | None:
    """Give how many lines and columns a group has; None for what is none."""
    counts = {len(_numbers(line)) for line in lines}
    label = _label(lines) if lines else ""
    if len(lines) < _LEAST or len(counts) != 1 or counts == {0} or not label:
        return None
    if any("|" in line for line in lines):
        return None  # bars part its cells, which other readers know
    if any(line.split() != _numbers(line) for line in lines[1:]):
        return None
    return len(lines), counts.pop() + 1


def _label(lines: Sequence[str]) -> str:
    return " ".join(lines[0].split()[: len(lines[0].split()) - len(_numbers(lines[0]))])


def _numbers(line: str) -> list[str]:
    """List the numbers that end a line."""
    found: list[str] = []
    for word in reversed(line.split()):
        if not is_number(word):
            break
        found.insert(0, word)
    return found

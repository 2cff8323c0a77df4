"""[pure] Tables whose cells are several lines, or of which each cell is a line.

Each group has its label beside its first line, and a blank line or a rule behind its last. All
first lines are a table, all second ones another.
Where a document is saved as text, each cell of its tables is a line of its own.
Source: `stat.table` of R's Epi; Writer's export as text.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from orchestrator.outputs.readers.delimited import is_number

_RULE = re.compile(r"[\s+|=_-]*\Z")
_CELL = re.compile(r"[^\s|]+(?: [^\s|\d][^\s|]*)*")
_LEAST = 2
"""Units: lines of a group, and groups."""

_CELLS = re.compile(r"(TNN{1,10})\1{2,}")
"""Labels, T, with as many numbers, N, below each of them."""

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


def find_cells(content: str) -> Iterator[Found]:
    """List tables of which each cell is a line: names first, then labels and their numbers.

    Shape: names are words, or the levels 0 and 1, ... of a variable; else there are none.
    """
    lines = content.splitlines()
    kinds = "".join("N" if is_number(line) else "T" if line.strip() else " " for line in lines)
    for match in _CELLS.finditer(kinds):
        width = len(match[1])
        rows = [[*lines[at : at + width]] for at in range(match.start(), match.end(), width)]
        if rows[0][1:] == [str(level) for level in range(width - 1)]:
            yield rows[0], rows[1:]
        elif kinds.endswith("T" * width, 0, match.start()):
            yield [*lines[match.start() - width : match.start()]], rows
        else:
            yield [""] * width, rows


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

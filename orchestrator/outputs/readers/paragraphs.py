"""[pure] Blocks of lines of a text: between blank ones, and parted from what somebody typed."""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from orchestrator.outputs.readers.aligned import named_vector
from orchestrator.outputs.readers.delimited import is_number

_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.|>|\+|\.|\$|julia>|(?:In|Out) ?\[\d+\]:)(?: |\Z)")
"""What stands before a line that somebody typed: into R, Python, Stata, Julia, a shell."""
_ROW_NAME = re.compile(r"(?:\d+|\.+)\s")
_SPLIT = re.compile(r"-{8,}\s*\Z")
_LED = re.compile(r"\S{1,40}: \S+(?: \S+)*\Z")
"""What stands between groups that R's `by` prints: a line, and of which group the next one is."""
_GAP, _LEAST = re.compile(r"\s{2,}"), 3
_LISTED = re.compile(r" *(?:Obs|OBS) {2,}\S")
"""The names of a listing as SAS prints it, with a blank line below them."""


def find_paragraphs(content: str, least: int = 2) -> list[tuple[int, list[str]]]:
    """List the blocks of lines between blank ones, with the line where each begins."""
    found: list[tuple[int, list[str]]] = []
    current: list[str] = []
    lines = content.splitlines()
    for number, text in enumerate([*lines, ""], 1):
        if text.strip() and not (
            _SPLIT.match(text) and _LED.match("".join(lines[number : number + 1]))
        ):
            current.append(text)
        elif (
            len(current) == 1
            and number <= len(lines)
            and (
                _LISTED.match(current[0]) or _names(current[0], "".join(lines[number : number + 1]))
            )
        ):
            continue
        elif current:
            found += _unprompted(number - len(current), current)
            current = []
    return [(line, block) for line, block in found if len(block) >= least]


def _names(line: str, below: str) -> bool:
    """Say whether a line names the columns of a listing that begins behind a blank line.

    Shape: three words and more, none a number, as many cells as the first row has.
    """
    names, cells = (_GAP.split(text.strip()) for text in (line, below))
    return (
        len(names) == len(cells) >= _LEAST
        and not any(map(is_number, names))
        and any(map(is_number, cells))
    )


def _unprompted(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part what somebody typed from what the program answered; each stays a block of its own.

    Shape: where every line has such a mark it is a quotation, and stays whole.
    """
    typed = [bool(_PROMPT.match(text)) for text in lines]
    if all(typed):
        yield line, lines
        return
    for _, group in groupby(range(len(lines)), lambda at: typed[at]):
        own = list(group)
        for start, block in _framed(line + own[0], [lines[at] for at in own]):
            yield from _folded(start, block)


def _framed(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part a frame with numbered rows from what was printed around it: a title, lines of a log.

    Shape: names behind a blank, and below them rows whose numbers (or dots for rows that are left
    out) stand where lines begin.
    """
    if named_vector(lines):
        yield line, lines
        return
    done = 0
    for at, pair in enumerate(pairwise(lines)):
        if at < done or not begins_frame(*pair):
            continue
        end = at + 1
        while end < len(lines) and _ROW_NAME.match(lines[end]):
            end += 1
        if done < at:
            yield line + done, lines[done:at]
        yield line + at, lines[at:end]
        done = end
    if done < len(lines):
        yield line + done, lines[done:]


def begins_frame(names: str, row: str) -> bool:
    """Say whether a line names the columns of a frame whose numbered rows begin below it."""
    plain = names[0].isspace() and not any(map(is_number, names.split()))
    return plain and _ROW_NAME.match(row) is not None


def _folded(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part a wide frame as R folds it: names again, and below them the same row names as before."""
    starts = [0]
    for at in range(2, len(lines) - 1):
        words = lines[at].split()
        below, first = lines[at + 1].split(), lines[starts[0] + 1].split()
        names = lines[at][0].isspace() and not any(map(is_number, words))
        if names and not lines[at + 1][0].isspace() and below[0] == first[0]:
            starts.append(at)
    for start, end in pairwise([*starts, len(lines)]):
        yield line + start, lines[start:end]

"""[pure] Who is left, step by step: `148 enrolled; relapsed: excluded (n < 10); 143 analysed`.

A chart of a study's flow, a list, a sentence or a table of two columns tells how many people were
there, how many were taken away, and how many are left. What was hidden on the way is subtracted.
Source: outputs section 6.1 (a suppressed cell must not be solvable), CONSORT's flow diagram.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise

from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import hidden, whole
from orchestrator.outputs.languages import in_english
from orchestrator.outputs.naming import words
from orchestrator.outputs.people import ANYBODY, NOUNS, listed
from orchestrator.outputs.wording import counts_of

_LEFT = listed(
    "enrolled registered screened assessed eligible included recruited randomised randomized "
    "allocated treated started completed followed analysed analyzed evaluable evaluated remaining "
    "remained retained approached consented consent referred"
)
_OF_TRIALS = listed("enrolled recruited consented consent randomised randomized eligible")
"""What nobody but people is."""
_GONE = listed(
    "excluded exclusion exclusions ineligible withdrew withdrawn lost declined refused dropped "
    "removed missing discontinued unevaluable"
)
_NOT = listed("not without never no non")
_TAKEN_OFF = listed("without excluding except excl minus")
"""Begins the name of who is left of the row above: `without factor XI`."""
_APART = re.compile(r"[;\n|→⟶↓]|\.(?=\s|\Z)|-+>|=>|,(?=\s)|\band\b", re.IGNORECASE)
"""Between the steps of a flow."""
_BEHIND = re.compile(
    r"(?:\bn ?)?(?:<=|≤|<|\bfewer than|\bless than|\bat most) ?\d{1,3}\b", re.IGNORECASE
)
_N = re.compile(r"\bn ?[=:] ?(\d[\d,]*)", re.IGNORECASE)
_PEOPLE = re.compile(rf"(?<![\w.,/-])(\d[\d,]*) (?:\w+ )?(?:{NOUNS}|cases)\b", re.IGNORECASE)
_ALONE = re.compile(
    r"(?<![\w.,/-])(?<!\bin )(?<!since )(?<!until )(?<!from )(?<!before )(?<!after )"
    r"(\d[\d,]*)(?![\w%/-]|\.\d| ?%)",
    re.IGNORECASE,
)
_BOX = re.compile(r"\(?[nN] ?= ?(\d[\d,]*)\)?")
_BOXES, _NODES = 3, 500
_NODE = re.compile(r"(?P<name>\b\w{1,40})\s?(?P<label>(?:\[[^\]\n]{1,300}\]|\([^)\n]{1,300}\)))")
_LABEL = re.compile(r"\s?(?:\[[^\]\n]{1,300}\]|\([^)\n]{1,300}\))")
_ARROW = re.compile(r"\b(\w{1,40})\s?(?:-{1,3}>|={1,3}>)(?:\|[^|\n]{0,80}\|)?\s?(?=(\w{1,40}))")
_OF_PEOPLE = re.compile(
    r"\bof (?:the |all |these |those |our )?(\d[\d,]*) (?:\w+ ){0,2}?" rf"(?:{NOUNS}|cases)\b",
    re.IGNORECASE,
)
_COVERED = re.compile(
    rf"{_BEHIND.pattern}|\bnot shown\b|\bsuppressed\b|\bmasked\b|\bwithheld\b", re.IGNORECASE
)
_NEAR = 30
"""Units: lines; steps further apart are of two flows."""


@dataclass(frozen=True)
class Step:
    """One step of a flow.

    Shape: `row` is a line of a text or a row of a table, from 1; `stage` the word that says what
    people were, `gone` whether they were taken away; `count` is None where it is hidden or not
    told; `people` says that people are named, or `n`.
    """

    row: int
    stage: str
    gone: bool
    count: int | None
    people: bool


@dataclass(frozen=True)
class Between:
    """How many people two steps leave between them.

    Shape: `hidden` counts the steps that took them away and do not say how many.
    """

    row: int
    count: int
    hidden: int


def in_text(text: str) -> list[Step]:
    """Read the steps of a flow from a text; parts of it that tell none are left out."""
    return [
        step
        for row, line in enumerate(text.splitlines(), 1)
        for part in _APART.split(line)
        if (step := _step(row, part)) is not None
    ]


def in_boxes(text: str) -> Iterator[Between]:
    """Subtract boxes of a drawn flow, each a name and `n = 757` below it, from the one before.

    Shape: three boxes and more and hardly anything else, none larger than the one before it; two
    that make up a third are its parts, and nobody is between them.
    """
    lines = [(row, line.strip()) for row, line in enumerate(text.splitlines(), 1) if line.strip()]
    told = [(row, int(match[1].replace(",", ""))) for row, line in lines
            if (match := _BOX.fullmatch(line))]  # fmt: skip
    counts = [count for _, count in told]
    if len(told) < _BOXES or len(lines) > 3 * len(told) or counts != sorted(counts, reverse=True):
        return
    for (_, before), (row, after) in pairwise(told):
        if before + after not in counts:
            yield Between(row, before - after, 0)


def in_graph(text: str) -> Iterator[Between]:
    """Subtract each node of a drawn graph from the one that an arrow leads from.

    Shape: nodes say `n = 757`. Source: flowcharts of mermaid, graphs of graphviz.
    """
    rows = {name: (row, count) for name, row, count in islice(_nodes(text), _NODES)}
    for match in _ARROW.finditer(_LABEL.sub("", text)) if len(rows) > 1 else ():
        if match[1] in rows and match[2] in rows:
            row, after = rows[match[2]]
            yield Between(row, rows[match[1]][1] - after, 0)


def _nodes(text: str) -> Iterator[tuple[str, int, int]]:
    for row, line in enumerate(text.splitlines(), 1):
        for match in _NODE.finditer(line) if "n" in line else ():
            told = _N.search(match["label"])
            if told:
                yield match["name"], row, int(told[1].replace(",", ""))


def hidden_rests(text: str) -> Iterator[Between]:
    """Tell what the parts of people leave where another part is hidden in the words behind them.

    Shape: `of 54 patients, 25 were PR and 22 NR. CR was recorded in fewer than 10 (not shown).`
    """
    for row, line in enumerate(text.splitlines(), 1):
        said = in_english(line)
        for match in _OF_PEOPLE.finditer(said):
            sentence, _, behind = said[match.end() :].partition(". ")
            parts = counts_of(sentence)
            rest = int(match[1].replace(",", "")) - sum(parts)
            if parts and rest > 0 and _COVERED.search(behind or sentence):
                yield Between(row, rest, 1)


def in_cells(cells: Iterable[tuple[int, str, str]]) -> list[Step]:
    """Read the steps of a flow from cells, each with its row and the label beside or above it."""
    found: list[Step] = []
    above: tuple[int, int | None] | None = None
    for row, label, text in cells:
        stage, count = _stage(label), whole(text)
        if set(words(label)[:1]) & _TAKEN_OFF and count is not None:
            stage = " ".join(words(label)), False
            if above is not None and (not found or found[-1].row < above[0]):
                found.append(Step(above[0], "before", False, above[1], people=True))
        if stage is not None and (count is not None or hidden(text) is not None):
            found.append(Step(row, *stage, count, people=True))
        above = row, count
    return found


def between(steps: Sequence[Step]) -> Iterator[Between]:
    """Subtract each step of people who are left from the one before, and list who is said gone.

    Shape: several steps of one stage are groups (arms), taken one by one where both stages have as
    many, else together.
    """
    left = [step for step in steps if not step.gone and step.count is not None]
    runs = [list(run) for _, run in groupby(left, key=lambda step: step.stage)]
    for before, after in pairwise(runs):
        if len(before) == len(after):
            yield from _between(steps, [[one] for one in before], [[one] for one in after])
        elif 1 in {len(before), len(after)}:
            yield from _between(steps, [before], [after])


def _between(
    steps: Sequence[Step], before: Sequence[list[Step]], after: Sequence[list[Step]]
) -> Iterator[Between]:
    first, last = steps.index(before[-1][-1]), steps.index(after[0][0])
    gone = [step for step in steps[first:last] if step.gone] if len(before) == 1 else []
    named = any(step.people for run in (*before, *after) for step in run)
    for ours, theirs in zip(before, after, strict=True):
        if named and theirs[0].row - ours[-1].row <= _NEAR:
            behind = [step for step in gone if step.count is None]
            shown = sum(step.count or 0 for step in gone)
            row = behind[0].row if behind else theirs[0].row
            yield Between(row, _sum(ours) - _sum(theirs) - shown, len(behind))
            yield from (Between(step.row, step.count, 0) for step in gone if step.count)


def _sum(steps: Sequence[Step]) -> int:
    return sum(step.count or 0 for step in steps)


def _step(row: int, part: str) -> Step | None:
    stage = _stage(part)
    if stage is None:
        return None
    named = _N.findall(part) or _PEOPLE.findall(part)
    told = named or _ALONE.findall(_BEHIND.sub("", part))
    if len(told) == 1:
        value = number(told[0])
        return (
            None
            if value is None
            else Step(row, *stage, int(value), _are_people(stage[0], part, named))
        )
    return Step(row, *stage, None, people=False) if stage[1] and not told else None


def _are_people(stage: str, part: str, named: Sequence[str]) -> bool:
    return bool(named) or stage in _OF_TRIALS or not ANYBODY.isdisjoint(words(part))


def _stage(label: str) -> tuple[str, bool] | None:
    """Say what people of a step were, and whether they are gone; None where nothing says it."""
    own = words(label)
    gone = next((word for word in own if word in _GONE), None)
    stage = next((word for word in own if word in _LEFT), None)
    if gone is None and stage is not None and _NOT & set(own):
        gone = stage  # `not eligible`
    if gone is not None:
        return gone, True
    return None if stage is None else (stage, False)

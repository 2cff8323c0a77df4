"""[pure] O07: models with so few residual degrees of freedom that they redraw their data.

Source: outputs section 3, O07: at least 10, ACRO's default and ABS.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from orchestrator.outputs.canon import number
from orchestrator.outputs.form import Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import words
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    spelled_rows,
)

_FREE = r"(?:degrees of freedom|d\.? ?f\.?)"
_NUMBER = r"(?<![\w.,-])(\d+)(?:\.0)?(?![\w]|[.,]\d)"
_TEXT = (
    re.compile(r"\bdf[ _.]*resid(?:uals?)?\"?\s*[:=]?\s*(\d+)(?:\.0)?\b", re.I),
    re.compile(r"\bresid(?:ual)?s?[ _.]*df\"?\s*[:=]?\s*(\d+)(?:\.0)?\b", re.I),
    re.compile(
        rf"\bresid(?:ual)?s? {_FREE}\"?(?: (?:is|are|was|were|of))?\s*[:=]?\s*{_NUMBER}", re.I
    ),
    re.compile(rf"\b{_NUMBER} resid(?:ual)?s? {_FREE}\b", re.I),
    re.compile(r"\bresidual (?:standard error|deviance)\b[^\n]{0,60}?\bon\s+(\d+)\s+degrees", re.I),
    re.compile(r"\bF ?\(\s*\d+,\s*(\d+)(?:\.0)?\)"),
    re.compile(r"\bdegrees of freedom\b[^\n]{0,60}?\b(\d+) residual\b", re.I),
    re.compile(r"\bt ?= ?-?[\d.]+,? +(?:with )?df ?= ?(\d+)(?:\.\d+)?\b", re.I),
    re.compile(r"\bt ?\((\d+)(?:\.\d+)?\) ?[=<>]", re.I),
    re.compile(r"\bdiff = 0\b[^\n]{0,60}?\bdegrees of freedom ?= *(\d+)(?:\.\d+)?\b"),
    re.compile(r"\bTtestResult\([^\n]{0,120}?\bdf=(?:np\.\w+\()?(\d+)(?:\.\d+)?\b"),
    re.compile(r"(?<!/)\b(?:FIT_)?NDF\)?\s*[:=]\s*(\d+)(?![\d.])", re.I),
    re.compile(r"\bF-statistic\b[^\n]{0,60}?\bon\s+\d+\s+and\s+(\d+)\s+DF", re.I),
)
_N = re.compile(r"\b(?:no\.? observations|n(?:umber)? of obs(?:ervations)?|nobs)\"?\s*[:=]\s*(\d+)",
                re.I)  # fmt: skip
_MODEL = re.compile(r"\bdf[ _.]*model\"?\s*[:=]?\s*(\d+)", re.I)
_NAMES = re.compile(r"\bcoef(?:ficient)?\.? .{0,20}\bstd\.? err", re.I)
_COEFFICIENT = re.compile(
    r"\s*\S.{0,60}?[\s|]-?[\d.]++(?:e[-+]\d+)?\s++[\d.]++(?:e[-+]\d+)?\s++-?[\d.]++\s", re.I
)
_DRAWN = re.compile(r"[-=+|]*")
_SHORTEST = 8
"""Units: characters; no pattern fits a shorter cell."""
_RESIDUAL = frozenset({"resid", "residual", "residuals"})
_LEFT = frozenset({"within", "error"})
"""What a table of variances calls the row of the residuals. Source: SAS, Minitab, pingouin."""
_DF = frozenset({"df", "dof"})
_OF_T = frozenset({"t", "tval", "tvalue", "tstat"})
"""Names of a t statistic, whose degrees of freedom are those that are left."""
_SAID_OF_T = frozenset({"value", "stat", "statistic", "ratio"})


def _check(subject: Subject) -> Outcome:
    least = subject.policy.degrees.minimum
    found: list[Finding] = []
    for part in subject.told:
        if part.text is not None:
            found += _in_text(part, part.text, least)
    for seen in subject.seen:
        found += _in_table(seen, least)
        found += _in_cells(seen, least)
    return Outcome(tuple(found))


def _in_text(part: Part, text: str, least: int) -> list[Finding]:
    lines = [line for line, content in enumerate(text.splitlines(), 1) if _few(content, least)]
    if not lines and _left(text, least):
        lines = [1]
    if not lines:
        return []
    return [
        Finding("O07", Verdict.BLOCK, Where(part.path, tuple(lines)),
                f"few residual degrees of freedom, lines {', '.join(map(str, lines))}",
                _say(least), threshold=f"at least {least}")
    ]  # fmt: skip


def _in_cells(seen: Seen, least: int) -> list[Finding]:
    """Lines of a model's summary that lie in the cells of a table."""
    rows = [
        seen.row(row)
        for row, values in enumerate(seen.table.rows, 1)
        if any(_few(cell, least) for cell in values if len(cell) > _SHORTEST)
    ]
    if not rows:
        return []
    evidence = f"few residual degrees of freedom, told at {spelled_rows(rows)}"
    return [finding("O07", Verdict.BLOCK, seen.part, evidence, _say(least), rows=rows,
                    threshold=f"at least {least}")]  # fmt: skip


def _few(text: str, least: int) -> bool:
    return any(int(match[1]) < least for one in _TEXT for match in one.finditer(text))


def _left(text: str, least: int) -> bool:
    """People less parameters, where both are told and the difference is not."""
    starts = [match.start() for match in _N.finditer(text)]
    starts = starts if len(starts) > 1 else [0]
    return any(_model_left(text[a:b], least) for a, b in pairwise([*starts, len(text)]))


def _model_left(text: str, least: int) -> bool:
    """Say so of one model; of several each goes on until the next one tells its people."""
    people, model = _N.search(text), _MODEL.search(text)
    fitted = int(model[1]) + 1 if model else _coefficients(text)
    return people is not None and fitted > 0 and 0 <= int(people[1]) - fitted < least


def _coefficients(text: str) -> int:
    """Count the lines below the names of a table of coefficients, each a name and its numbers.

    Source: summaries of statsmodels and of Stata.
    """
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if _NAMES.search(line)), len(lines))
    told = 0
    for line in lines[at + 1 :]:
        if _COEFFICIENT.match(line):
            told += 1
        elif told and not _DRAWN.fullmatch(line.strip()):
            break
    return told


def _in_table(seen: Seen, least: int) -> Iterator[Finding]:
    for column, row in _cells(seen):
        value = number(seen.table.rows[row - 1][column])
        if value is not None and 0 <= value < least:
            yield finding(
                "O07", Verdict.BLOCK, seen.part,
                f"few residual degrees of freedom at row {seen.row(row)}", _say(least),
                rows=[seen.row(row)], column=seen.block.columns[column], measured=f"{value:g}",
                threshold=f"at least {least}",
            )  # fmt: skip


def _cells(seen: Seen) -> Iterator[tuple[int, int]]:
    """Cells that are residual degrees of freedom, by their column's or their row's name."""
    of_t = any(map(_is_t, seen.table.columns))
    for column, name in enumerate(seen.table.columns):
        for row, values in enumerate(seen.table.rows, 1):
            own = of_t and len(words(name)) in {1, 2} and words(name)[0] in _DF
            left = set(words(values[0])) <= _LEFT and words(values[0]) and words(name) == ["df"]
            said = [*words(name), *words(_label(values, column))]
            if column and (own or left or _is_residual(said)):
                yield column, row


def _label(values: Sequence[str], column: int) -> str:
    """Give the words nearest to the left of a cell: a row may hold several labels and values.

    Shape: `Df Residuals: | 4993 | Prob (F): | 0.002`; other numbers between are of the same label.
    """
    at = column
    while at > 0 and (number(values[at - 1]) is not None or not values[at - 1].strip()):
        at -= 1
    end = at
    while at > 0 and values[at - 1].strip() and number(values[at - 1]) is None:
        at -= 1
    return " ".join(values[at:end])


def _is_t(name: str) -> bool:
    """Say whether a column holds t statistics: `t`, `t value`, `T`."""
    own = words(name)
    return bool(own) and own[0] in _OF_T and set(own[1:]) <= _SAID_OF_T


def _is_residual(said: Sequence[str]) -> bool:
    return bool(_RESIDUAL & set(said)) and bool(_DF & set(said))


def _say(least: int) -> str:
    return (
        f"A model with fewer than {least} residual degrees of freedom gives its data back. Fit "
        "fewer parameters, or more people."
    )


RULE = Rule(
    id="O07",
    version=8,
    title="Degrees of freedom",
    text="A model must leave enough residual degrees of freedom.",
    source="outputs section 3, O07: at least 10, ACRO's default and ABS",
    needs=frozenset({Need.FORM}),
    check=_check,
    parameters=lambda policy: {"minimum": str(policy.degrees.minimum)},
)

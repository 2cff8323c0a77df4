"""[pure] O01, O03, O04: counts of people that are too small, zero, or everybody."""

import re
from collections.abc import Callable, Sequence

from orchestrator.outputs.canon import FINE, hasher, number, spell
from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.roles import Cell, Role, counts, label_of, roles
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Subject,
    finding,
    spelled_rows,
)
from orchestrator.policy.outputs import OutputsPolicy

_IN_TEXT = re.compile(
    r"\bn\s*=\s*(\d{1,7})\b(?![.,]\d)"
    r"|(?<![\d.,])(\d{1,7})\s+(?:patients?|people|persons?|subjects?|participants?|women|men|deaths?"
    r"|events?|cases?)\b",
    re.IGNORECASE,
)


def categories(indexes: Sequence[Index]) -> Callable[[Sequence[str]], bool]:
    """Give the question whether names are all values of one column of a source."""
    features = [
        (index.key, column.features[0])
        for index in indexes
        for table in index.tables
        for column in table.columns
        if column.features and len(column.offsets) < 1000
    ]

    def known(names: Sequence[str]) -> bool:
        hashed = {key: [hasher(key)(spell(name, FINE)) for name in names] for key, _ in features}
        return any(all(feature.find(own) >= 0 for own in hashed[key]) for key, feature in features)

    return known


def _small(subject: Subject) -> Outcome:
    least = subject.policy.counts.minimum
    known = categories(subject.indexes)
    found: list[Finding] = []
    for part, table in subject.tables:
        cells = [cell for cell in counts(table, roles(table, known)) if 0 < cell.value < least]
        for column in sorted({cell.column for cell in cells}):
            own = [cell for cell in cells if cell.column == column]
            found += _small_cells(part, table, column, own, least)
    found += [item for part in subject.parts if part.text for item in _in_text(part, least)]
    return Outcome(tuple(found))


def _small_cells(
    part: Part, table: Table, column: int, cells: Sequence[Cell], least: int
) -> list[Finding]:
    found: list[Finding] = []
    for certain in (True, False):
        rows = [cell.row for cell in cells if cell.certain is certain]
        if not rows:
            continue
        name = label_of(table, column)
        evidence = f"{name}: {len(rows)} of {len(table.rows)} rows, at {spelled_rows(rows)}"
        say = (
            f"Fewer than {least} people stand behind these counts. Merge groups, or suppress the "
            "cells and a second one, so that the total does not give them away."
            if certain
            else f"These whole numbers are below {least}, and it is not clear what they count. "
            "If they count people, merge or suppress them; if not, name the column plainly."
        )
        found.append(
            finding("O01", Verdict.BLOCK if certain else Verdict.FLAG, part, evidence, say,
                    rows=rows, column=column, measured=f"{len(rows)} cells",
                    threshold=f"at least {least} people")
        )  # fmt: skip
    return found


def _in_text(part: Part, least: int) -> list[Finding]:
    lines = [
        line
        for line, content in enumerate((part.text or "").splitlines(), 1)
        if any(0 < int(match[1] or match[2]) < least for match in _IN_TEXT.finditer(content))
    ]
    if not lines:
        return []
    return [
        Finding(
            "O01",
            Verdict.FLAG,
            Where(part.path, tuple(lines)),
            f"small n in the text, lines {spelled_rows(lines)}",
            f"The text names groups of fewer than {least} people. Leave the numbers out, or say "
            f"'fewer than {least}'.",
            threshold=f"at least {least} people",
        )
    ]


def _zeros(subject: Subject) -> Outcome:
    known = categories(subject.indexes)
    found: list[Finding] = []
    for part, table in subject.tables:
        cells = [
            cell for cell in counts(table, roles(table, known)) if cell.certain and not cell.value
        ]
        for column in sorted({cell.column for cell in cells}):
            rows = [cell.row for cell in cells if cell.column == column]
            evidence = f"{label_of(table, column)}: zero at {spelled_rows(rows)}"
            say = (
                "A zero says that nobody of this group has the property. Keep it only where that "
                "could not be otherwise; else merge the group."
            )
            found.append(
                finding("O03", Verdict.FLAG, part, evidence, say, rows=rows, column=column)
            )
    return Outcome(tuple(found))


def _everybody(subject: Subject) -> Outcome:
    known = categories(subject.indexes)
    found: list[Finding] = []
    for part, table in subject.tables:
        for column, role in enumerate(roles(table, known)):
            rows = _extremes(table, column) if role is Role.PERCENT else []
            if rows:
                evidence = f"{label_of(table, column)}: 0 or 100 % at {spelled_rows(rows)}"
                say = (
                    "A share of 0 or 100 % says something about every member of the group. Merge "
                    "groups, or leave the row out."
                )
                found.append(
                    finding("O04", Verdict.FLAG, part, evidence, say, rows=rows, column=column)
                )
    return Outcome(tuple(found))


def _extremes(table: Table, column: int) -> list[int]:
    """List rows with a share of nothing or everything; 1 is everything where none is larger."""
    cells = [row[column] for row in table.rows]
    values = [number(cell) for cell in cells]
    largest = max((value for value in values if value is not None), default=0.0)
    percent = largest > 1 or any(cell.strip().endswith("%") for cell in cells)
    whole = 100.0 if percent else 1.0
    return [row for row, value in enumerate(values, 1) if value in (0.0, whole)]


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {"minimum": str(policy.counts.minimum)}


SMALL = Rule(
    id="O01",
    version=1,
    title="Small counts",
    text="A count of people below the minimum must not leave.",
    source="outputs section 3, O01: ACRO's default, ABS and ADRF use 10",
    needs=frozenset({Need.FORM}),
    check=_small,
    parameters=_parameters,
)

ZERO = Rule(
    id="O03",
    version=1,
    title="Zero cells",
    text="A zero among counts of people may disclose; checkers look at it.",
    source="outputs section 3, O03: ACRO's default calls zeros disclosive",
    needs=frozenset({Need.TABLE}),
    check=_zeros,
)

EVERYBODY = Rule(
    id="O04",
    version=1,
    title="Shares of nobody or everybody",
    text="A share of 0 or 100 % tells something about every member of a group.",
    source="outputs section 3, O04: OpenSAFELY's documentation",
    needs=frozenset({Need.TABLE}),
    check=_everybody,
)

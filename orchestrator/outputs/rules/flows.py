"""[pure] Flows of a study, for O01 and O13: how many people its steps leave between them.

Source: outputs sections 3 (O01, O13) and 6.1.
"""

from collections.abc import Iterator
from itertools import repeat

from orchestrator.outputs.flow import (
    Between,
    Step,
    between,
    hidden_rests,
    in_boxes,
    in_cells,
    in_graph,
    in_text,
)
from orchestrator.outputs.form import Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role
from orchestrator.outputs.rules.rule import Seen, Subject, spelled_rows


def hidden_steps(subject: Subject) -> Iterator[Finding]:
    """Tell steps that hide how many people they took away, although the others give it back."""
    least, width = subject.policy.counts.minimum, subject.policy.suppression.width
    for part, told in _flows(subject):
        rows = [
            one.row
            for one in told
            if one.hidden and 0 < one.count < least
            and (one.hidden == 1 or one.count - one.hidden < width)
        ]  # fmt: skip
        if rows:
            yield _finding(
                "O13", part, rows, least,
                f"what was taken away at {spelled_rows(rows)} is what the steps around it leave",
                "Whoever subtracts the people who are left from those before finds how many are "
                "between. Hide one of the two as well, or round them.",
            )  # fmt: skip


def small_steps(subject: Subject) -> Iterator[Finding]:
    """Tell steps with fewer people between them than the minimum, of whom nothing else is said."""
    least = subject.policy.counts.minimum
    for part, told in _flows(subject):
        rows = [one.row for one in told if not one.hidden and 0 < one.count < least]
        if rows:
            yield _finding(
                "O01", part, rows, least,
                f"few people are between the steps at {spelled_rows(rows)} and those before",
                f"Fewer than {least} people were taken away here: subtracting finds them. Leave a "
                "step out, or round them.",
            )  # fmt: skip


def _flows(subject: Subject) -> Iterator[tuple[Part, list[Between]]]:
    for part in subject.told:
        if part.text:
            left = between(in_text(part.text))
            yield (
                part,
                [*left, *in_boxes(part.text), *in_graph(part.text), *hidden_rests(part.text)],
            )
    for seen in subject.seen:
        for steps in _in_table(seen):
            yield seen.part, list(between(steps))


def _in_table(seen: Seen) -> Iterator[list[Step]]:
    """Read each column of counts with the labels in front of it, and each row below its names."""
    rows = [(seen.row(at), row) for at, row in enumerate(seen.table.rows, 1)]
    labels = [at for at, role in enumerate(seen.roles) if role is Role.TEXT]
    for column, role in enumerate(seen.roles):
        before = [at for at in labels if at < column]
        if role is Role.COUNT and before:
            yield in_cells((at, row[before[0]], row[column]) for at, row in rows)
    for at, row in rows if seen.table.header else ():
        yield in_cells(zip(repeat(at), seen.table.columns, row, strict=False))


def _finding(
    rule: str, part: Part, rows: list[int], least: int, evidence: str, say: str
) -> Finding:
    return Finding(
        rule,
        Verdict.FLAG,
        Where(part.path, tuple(sorted(set(rows)))),
        evidence,
        say,
        measured=f"{len(rows)} steps",
        threshold=f"at least {least} people",
    )

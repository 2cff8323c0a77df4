"""The questions whose answers the blind files are, for a tool that judges questions and not files.

A table, a sum, a survival curve or a model is asked as its analyst would ask it; rows, pictures,
archives and identifiers are the answer to no question, so nothing is asked for them. It knows
nothing of the tool.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.bench.outputs.blind.analysis import Analyst
from tests.bench.outputs.blind.desk import Desk
from tests.bench.outputs.blind.facts import (
    Apart,
    Claim,
    Condition,
    Counts,
    Freedom,
    Held,
    Steps,
    Sums,
)
from tests.bench.outputs.blind.registry import as_csv
from tests.bench.outputs.corpora import Question


def questions(desk: Desk) -> dict[str, list[Question]]:
    """Give the questions behind each file; none for a file that answers none."""
    return {
        path: own
        for path, claims in desk.claims.items()
        if (own := [one for claim in claims for one in _asked(claim, alone=len(claims) == 1)])
    }


def tables(analyst: Analyst, folder: Path) -> None:
    """Write the tables as the analyst has them, with what was derived."""
    for name, frame in analyst.frames.items():
        (folder / f"{name}.csv").write_bytes(as_csv(frame))


def _asked(claim: Claim, *, alone: bool) -> Sequence[Question]:
    match claim:
        case Counts():
            hidden = not claim.parts
            return [_question("crosstab", claim.table, claim.where, by=claim.by, hidden=hidden)]
        case Sums():
            return [_question("sum", claim.table, claim.where, by=claim.by, column=claim.column)]
        case Steps():
            return [_question("survival", "people", claim.where, times=claim.times, hidden=True)]
        case Held() if alone and claim.column == "followup_months":
            return [_question("survival", "people", claim.where, times=())]
        case Freedom():
            return [_question("regression", claim.table, claim.where)]
        case Apart() if alone:
            return [_question("crosstab", claim.table, claim.other, by=("region", "sex"))]
        case _:
            return []


def _question(kind: str, table: str, where: Sequence[Condition], **more: object) -> Question:
    return {"kind": kind, "table": table, "where": [list(one) for one in where], **more}

"""Reads for checkers: a file's tables beside the tables of other requests that come near to them.

Who may vote on a file sees what left before it, whichever project it left: that is what the vote is
about, and it left. A table that still waits in another request is shown to those alone who could
open that request too; to others its place and the difference are named, as the finding names them.
The author sees nothing of this.
Source: outputs 6.2 (findings about other projects' releases speak to checkers only); decision 0025.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from orchestrator.airlock import ledger, people, rounds, thresholds
from orchestrator.airlock.ledger import Related
from orchestrator.airlock.models import File, Request
from orchestrator.airlock.rendered import LINES
from orchestrator.airlock.views import FileView
from orchestrator.errors import NotAllowed, NotFound
from orchestrator.outputs.beside import Beside, Line, beside
from orchestrator.outputs.facts import FactTable
from orchestrator.outputs.rules.releases import LEDGER_RULES
from orchestrator.policy.model import Policies
from orchestrator.values import Actor


@dataclass(frozen=True)
class Compared:
    """One table of another request beside the table of this file that it comes nearest to.

    Shape: `shown` says whether its counts may be shown to this viewer, and without it `beside` has
    no lines; `own` and `other` name the tables for people.
    """

    id: str
    own: str
    other: str
    request_id: str
    released_at: datetime | None
    same_snapshot: bool
    shown: bool
    beside: Beside

    @property
    def pending(self) -> bool:
        """Whether it waits in another request."""
        return self.released_at is None


@dataclass(frozen=True)
class Lines:
    """A page of a comparison's lines.

    Shape: `before` and `after` are the first lines of the neighbouring pages, counted from 1 among
    the lines that are listed, None at the ends; `total` and `marked` count all of them.
    """

    lines: tuple[Line, ...]
    total: int
    marked: int
    before: int | None
    after: int | None


def compared(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    file_id: str,
    *,
    policies: Policies,
) -> list[Compared]:
    """Put a file's tables beside those that come near to them, the most telling first.

    Errors: NotFound for a request or file that is not theirs to see; NotAllowed for its author, and
    with every reason for others who may not vote on it.
    """
    row = people.visible(session, actor, request_id)
    if actor.person == row.author_id:
        raise NotAllowed(
            "Other releases are for checkers: an author learns that there is a conflict, and what "
            "would help.",
            code="checkers_only",
        )
    people.demand(rounds.may_look(session, actor, now, row))
    file = session.get(File, file_id)
    if file is None or file.request_id != row.id or file.removed_at is not None:
        raise NotFound("There is no such file in this request. Open its page again.")
    counts = ledger.stored(session, file.id)
    if counts is None:
        return []
    policy = thresholds.of_request(session, row, policies)
    found = [
        _compared(session, actor, now, one, counts.tables, policy.counts.minimum)
        for one in ledger.related(session, file, counts, policy)
    ]
    return sorted(found, key=_order)


def chosen(found: Sequence[Compared], file: FileView, table: str, finding: int) -> Compared | None:
    """Pick the table that is named, the one a finding speaks of, or the most telling one."""
    by_name = next((one for one in found if one.id == table), None)
    listed = file.report.findings if file.report else ()
    if by_name is None and 0 <= finding < len(listed):
        said = listed[finding]
        told = [one for one in found if said.rule in LEDGER_RULES and one.other in said.evidence]
        by_name = max(told, key=lambda one: len(one.other), default=None)
    return by_name or next(iter(found), None)


def window(shown: Compared | None, row: int, *, only: bool) -> Lines:
    """Cut a page of lines out of a comparison; `only` lists the marked ones."""
    lines = shown.beside.lines if shown else ()
    marked = tuple(line for line in lines if line.marked)
    listed = marked if only else lines
    start = max(min(row - 1, len(listed) - 1), 0) // LINES * LINES
    return Lines(
        lines=listed[start : start + LINES],
        total=len(lines),
        marked=len(marked),
        before=max(start - LINES, 0) + 1 if start else None,
        after=start + LINES + 1 if start + LINES < len(listed) else None,
    )


def _compared(
    session: Session,
    actor: Actor,
    now: datetime,
    one: Related,
    tables: tuple[FactTable, ...],
    least: int,
) -> Compared:
    pairs = [(table, beside(table, one.earlier.table, least)) for table in tables]
    own, nearest = max(pairs, key=lambda pair: (len(pair[1].implied), pair[1].common))
    shown = one.released_at is not None or _could_open(session, actor, now, one.request_id)
    return Compared(
        one.table_id,
        own.label,
        one.earlier.told,
        one.request_id,
        one.released_at,
        one.earlier.same_snapshot,
        shown,
        nearest if shown else replace(nearest, lines=()),
    )


def _could_open(session: Session, actor: Actor, now: datetime, request_id: str) -> bool:
    row = session.get_one(Request, request_id)
    if actor.person == row.author_id or not people.knows(session, actor, row):
        return False
    return bool(rounds.may_look(session, actor, now, row))


def _order(one: Compared) -> tuple[bool, int, bool, str]:
    return not one.beside.certain, -len(one.beside.implied), one.pending, one.other

"""How much a person and a project take out over time: counted from releases and what waits.

Counted once, when a submitted request is checked; the last check before release repeats what was
said then, because a request is not sent back for what others took out meanwhile.
Source: outputs section 3, O32.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from orchestrator.airlock import reports
from orchestrator.airlock.models import Check, CheckKind, File, Release, ReportRow, Request
from orchestrator.airlock.states import PENDING
from orchestrator.outputs.model import FileReport, RuleResult, worst
from orchestrator.outputs.rules import volume
from orchestrator.outputs.rules.volume import Amount, Taken
from orchestrator.policy.outputs import OutputsPolicy

Told = Callable[[File], RuleResult | None]


def taken(session: Session, row: Request, policy: OutputsPolicy, now: datetime) -> Taken:
    """Count what author and project took out in the policy's days and have waiting.

    Shape: a released file counts once, however often it was handed out, also where it was recalled
    or expired since: people may have seen it. This request counts once.
    """
    since = now - timedelta(days=policy.volume.days)
    own = Amount(row.files, row.size)
    return Taken(
        person=own + _others(session, row, col(Request.author_id) == row.author_id, since),
        project=own + _others(session, row, col(Request.project_id) == row.project_id, since),
    )


def teller(
    session: Session, row: Request, check: Check, policy: OutputsPolicy, now: datetime
) -> Told:
    """Answer what says of each file of a check how much left; None where nothing is to be said."""
    match CheckKind(check.kind):
        case CheckKind.SUBMISSION:
            found = taken(session, row, policy, now)
            return lambda file: volume.judge(file.path, found, policy)
        case CheckKind.RELEASE:
            return lambda file: _said(session, file)
        case _:
            return lambda _file: None


def judged(report: FileReport, said: RuleResult | None) -> FileReport:
    """Put what was counted in place of what the judge could not say; it betters no verdict."""
    if said is None:
        return report
    kept = (one for one in report.results if one.rule != said.rule)
    verdict = worst([report.verdict, said.verdict])
    return replace(report, results=(*kept, said), verdict=verdict)


def _said(session: Session, file: File) -> RuleResult | None:
    """Read what was said of a file at submission."""
    row = session.get(ReportRow, file.report_digest) if file.report_digest else None
    results = reports.read_file(row.body).results if row else ()
    return next((one for one in results if one.rule == volume.RULE.id), None)


def _others(session: Session, row: Request, whose: ColumnElement[bool], since: datetime) -> Amount:
    """Count released files since then, and whole requests that wait, without this request."""
    left = session.exec(
        select(func.count(), func.coalesce(func.sum(File.size), 0))
        .select_from(Release)
        .join(File, col(File.id) == Release.file_id)
        .join(Request, col(Request.id) == Release.request_id)
        .where(whose, Request.id != row.id, col(Release.released_at) > since)
    ).one()
    waits = session.exec(
        select(func.coalesce(func.sum(Request.files), 0), func.coalesce(func.sum(Request.size), 0))
        .select_from(Request)
        .where(whose, Request.id != row.id, col(Request.state).in_(PENDING))
    ).one()
    return Amount(int(left[0]), int(left[1])) + Amount(int(waits[0]), int(waits[1]))

"""Writes of reviewers: vote per file, comment, disagree, look; and what follows each vote.

Votes belong to (digest, round, policy) and are counted by `governance.seats`; here they only get
their subject. Deciding is the system's: it moves a request when the votes are complete.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from orchestrator.airlock import people, reports, rules
from orchestrator.airlock.checking import ask_check
from orchestrator.airlock.models import (
    WAITING,
    Addressee,
    CheckKind,
    Comment,
    Disagreement,
    File,
    ReportRow,
    Request,
)
from orchestrator.airlock.rounds import (
    SEAT,
    Review,
    may_look,
    may_review,
    outcomes,
    present_files,
    review_of,
)
from orchestrator.airlock.rules import FileOutcome
from orchestrator.airlock.states import UNDER_REVIEW, RequestState
from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid, NotFound
from orchestrator.governance import queries as governance
from orchestrator.governance.models import Vote
from orchestrator.governance.seats import (
    Approved,
    Outcome,
    Pending,
    Rejected,
    Returned,
    VoteValue,
    decide,
    settle,
)
from orchestrator.governance.service import cast
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.values import SYSTEM, Actor, JsonValue


def vote(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    file_id: str,
    value: str,
    reason: str,
    digest: str,
    *,
    seat: str = SEAT,
) -> Vote:
    """Store one person's vote on one file, and settle what it completes.

    Shape: `digest` is the file's subject as the page showed it: bytes, name and context. Sent
    twice it is stored once. The cost does not depend on the number of files.
    Errors: NotFound where there is nothing to see; NotAllowed with every reason against this
    person; Conflict when the file or the state changed since the page was opened, or another vote
    stands; Invalid for a missing reason, and for an approval of what the check blocked.
    Source: design property 4; governance section 2.
    """
    row = people.visible(session, actor, request_id)
    people.person_of(actor)
    file = _file_of(session, row, file_id)
    review = review_of(session, row)
    untimely = _untimely(row, file, value, reason, digest)
    if untimely is not None:
        people.demand(may_review(session, actor, now, review, seat))  # else `cast` asks it
        raise untimely
    stored = cast(
        session,
        actor,
        now,
        policy=review.policy,
        subject=review.about(file),
        seat=seat,
        value=value,
        reason=reason,
        report_digest=file.report_digest,
        project=row.project_id,
    )
    _tally(session, review, file, now)
    _settle(session, row, now)
    return stored


def comment(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    addressee: str,
    body: str,
    *,
    file_id: str | None = None,
) -> Comment:
    """Write to the author or to the reviewers; who may read it when is decided by `queries`.

    Errors: NotFound; NotAllowed for others than the author and eligible reviewers; Invalid.
    """
    row = people.visible(session, actor, request_id)
    people.demand(may_look(session, actor, now, row))
    if file_id is not None:
        _file_of(session, row, file_id)
    try:
        whom = Addressee(addressee)
    except ValueError as error:
        raise Invalid(f"A comment is for one of {', '.join(Addressee)}.") from error
    written = Comment(
        id=f"cm-{uuid.uuid4().hex}",
        request_id=row.id,
        file_id=file_id,
        round=row.round,
        person_id=people.person_of(actor),
        addressee=whom,
        body=rules.parse_text(body, "a comment", rules.REASON_CHARACTERS),
        at=now,
    )
    session.add(written)
    append(
        session,
        action="airlock.comment",
        actor=actor,
        now=now,
        object_type="airlock request",
        object_id=row.id,
        project=row.project_id,
        detail={"file": file_id, "to": whom.value, "round": row.round},
        text=written.body,
    )
    return written


def disagree(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    file_id: str,
    report_digest: str,
    number: int,
    reason: str,
) -> Disagreement:
    """Record that a reviewer thinks a finding is none, with the reason; no verdict changes.

    Shape: `number` is the finding's place, from 0, in the report that was on the screen. Said
    twice it is stored once, with its first reason.
    Errors: NotFound; NotAllowed for others than those who may vote on the request; Conflict when
    the file was checked again since; Invalid without a reason, or for a finding that is not there.
    Source: outputs section 11: precision per rule is how often checkers upheld it.
    """
    row = people.visible(session, actor, request_id)
    file = _file_of(session, row, file_id)
    people.demand(may_review(session, actor, now, review_of(session, row)))
    if file.report_digest != report_digest:
        raise Conflict(
            "This file was checked again since you opened the page. Look at the new findings.",
            code="changed",
        )
    person, said = people.person_of(actor), (file_id, report_digest, number)
    rule = _rule_of(session, report_digest, number)
    text = rules.parse_text(reason, "why it is none", rules.REASON_CHARACTERS)
    if known := _disagreed(session, person, said):
        return known
    written = Disagreement(
        id=f"dg-{uuid.uuid4().hex}",
        file_id=file_id,
        report_digest=report_digest,
        number=number,
        rule=rule,
        person_id=person,
        reason=text,
        at=now,
    )
    session.add(written)
    append(
        session,
        action="airlock.disagreement",
        actor=actor,
        now=now,
        object_type="airlock file",
        object_id=file_id,
        object_digest=report_digest,
        project=row.project_id,
        detail={"request": row.id, "round": row.round, "rule": rule, "finding": number},
        text=text,
    )
    return written


def record_view(session: Session, actor: Actor, now: datetime, file_id: str) -> File:
    """Log that somebody looked at a file's content, before it is shown from `quarantine`.

    Errors: NotFound for a file one may not see; NotAllowed with every reason.
    """
    return _record_look(session, actor, now, file_id, "airlock.file_viewed", {})


def record_comparison(
    session: Session, actor: Actor, now: datetime, file_id: str, table_id: str | None
) -> None:
    """Log that a checker saw a file's counts beside those of another request's table.

    Shape: `table_id` names the ledger's table, None where nothing came near.
    Errors: as `record_view`.
    """
    _record_look(session, actor, now, file_id, "airlock.compared", {"table": table_id})


def _record_look(
    session: Session,
    actor: Actor,
    now: datetime,
    file_id: str,
    action: str,
    detail: dict[str, JsonValue],
) -> File:
    file = session.get(File, file_id)
    row = people.visible(session, actor, file.request_id if file else "")
    assert file is not None, "a request without id is not visible"
    people.demand(may_look(session, actor, now, row))
    append(
        session,
        action=action,
        actor=actor,
        now=now,
        object_type="airlock file",
        object_id=file.id,
        object_digest=file.digest,
        project=row.project_id,
        detail={"request": row.id, "round": row.round, **detail},
    )
    return file


def lapse_due(session: Session, now: datetime) -> Sequence[Request]:
    """Send back what was not decided in time, so that no request hangs; time never approves.

    Shape: the votes of such a round stay secret, they were never all heard.
    Source: governance section 2 (clocks), P7.
    """
    lapsed = []
    for row in session.exec(select(Request).where(WAITING)).all():
        days = review_of(session, row).policy.rules.lapse_days
        if row.submitted_at is not None and now >= row.submitted_at + timedelta(days=days):
            for file in present_files(session, row.id):
                file.heard, file.outcome = False, None
            text = f"It was not decided within {days} days. Open the next round to ask again."
            _advance(session, row, "return", now, "lapsed", text)
            lapsed.append(row)
    return lapsed


def _rule_of(session: Session, report_digest: str, number: int) -> str:
    body = session.exec(select(ReportRow.body).where(ReportRow.digest == report_digest)).one()
    findings = reports.read_file(body).findings
    if not 0 <= number < len(findings):
        raise Invalid("There is no such finding. Open the file's page again.", code="no_finding")
    return findings[number].rule


def _disagreed(session: Session, person: str, said: tuple[str, str, int]) -> Disagreement | None:
    file_id, report_digest, number = said
    return session.exec(
        select(Disagreement).where(
            Disagreement.file_id == file_id,
            Disagreement.report_digest == report_digest,
            Disagreement.number == number,
            Disagreement.person_id == person,
        )
    ).one_or_none()


def _file_of(session: Session, row: Request, file_id: str) -> File:
    file = session.get(File, file_id)
    if file is None or file.request_id != row.id or file.removed_at is not None:
        raise NotFound("There is no such file in this request. Open its page again.")
    return file


def _untimely(
    row: Request, file: File, value: str, reason: str, digest: str
) -> Conflict | Invalid | None:
    """Say what keeps anybody from casting this vote now; a person's own conflicts come first."""
    if row.state not in UNDER_REVIEW:
        return Conflict(
            f"This request is {row.state.replace('_', ' ')}, so votes are closed. Open its page "
            "again, it has moved on.",
            code="review_closed",
        )
    if digest != file.subject:
        return Conflict(
            "The file or what its author says about it is not what your page showed. Nothing was "
            "stored; open the page again and look at it anew.",
            code="changed",
        )
    answer = rules.may_approve(file.worst, reason)
    if value == VoteValue.APPROVE and not answer:
        why = answer.reasons[0]
        return Invalid(why.text, code=why.code, reasons=[(why.code, why.text)])
    return None


def _tally(session: Session, review: Review, file: File, now: datetime) -> None:
    subject = review.about(file)
    _mark(file, decide(review.policy, subject, governance.ballots(session, subject), now))
    session.flush()


def _mark(file: File, outcome: Outcome) -> None:
    """Keep beside the file what its votes come to; votes stay the truth and are counted again."""
    match outcome:
        case Pending():
            file.heard, file.outcome = not outcome.missing, None
        case Approved():
            file.heard, file.outcome = True, FileOutcome.APPROVED
        case Returned():
            file.heard, file.outcome = True, FileOutcome.RETURNED
        case Rejected():
            file.heard, file.outcome = True, FileOutcome.REJECTED


def _settle(session: Session, row: Request, now: datetime) -> None:
    """Move on when the last vote is in; where the blind votes agree, straight to the decision."""
    if row.state == RequestState.IN_REVIEW:
        if _any_file(session, row, col(File.heard).is_(False)):
            return
        _advance(session, row, "consolidate", now)
    if not _any_file(session, row, col(File.outcome).is_(None)):
        _conclude(session, row, now)


def _any_file(session: Session, row: Request, condition: ColumnElement[bool]) -> bool:
    """Look for one file, by index: the cost does not grow with the number of files."""
    present = select(File.id).where(File.request_id == row.id, col(File.removed_at).is_(None))
    return session.exec(present.where(condition).limit(1)).first() is not None


def _conclude(session: Session, row: Request, now: datetime) -> None:
    """Decide from all votes, counted once more; people who became members meanwhile drop out."""
    files = present_files(session, row.id)
    counted = outcomes(session, review_of(session, row), files, now)
    for file in files:
        _mark(file, counted[file.id])
    session.flush()
    match settle(counted):
        case Pending():
            return
        case Approved():
            _decide(session, row, "approve", now)
            approved = [file for file in files if file.outcome == FileOutcome.APPROVED]
            ask_check(session, row, CheckKind.RELEASE, approved, SYSTEM, now)
        case Returned():
            text = f"{_paths(files, FileOutcome.RETURNED)} came back. The reasons stand beside it."
            _decide(session, row, "return", now, "sent_back", text)
        case Rejected():
            text = f"{_paths(files, FileOutcome.REJECTED)} may not leave; the reasons say why."
            _decide(session, row, "reject", now, "refused", text)


def _decide(
    session: Session,
    row: Request,
    event: str,
    now: datetime,
    code: str | None = None,
    text: str | None = None,
) -> None:
    row.decided_at = now
    _advance(session, row, event, now, code, text)


def _advance(
    session: Session,
    row: Request,
    event: str,
    now: datetime,
    code: str | None = None,
    text: str | None = None,
) -> None:
    advance(
        session,
        row,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        digest=row.subject,
        reason_code=code,
        reason=text,
        policy_digest=row.policy_digest,
        detail={"round": row.round},
    )


def _paths(files: Sequence[File], outcome: FileOutcome) -> str:
    found = [file.path for file in files if file.outcome == outcome]
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")

"""Writes that open, submit, withdraw and reopen a request, all its author's. Nothing of votes."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from orchestrator.airlock import people, rules, thresholds
from orchestrator.airlock.checking import ask_check
from orchestrator.airlock.models import CheckKind, File, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import AUTHORS_TURN, CLOSED
from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid
from orchestrator.governance.access import Verb
from orchestrator.governance.service import pin
from orchestrator.lifecycle.advance import advance
from orchestrator.policy.model import Policies
from orchestrator.values import Actor, Decision, Reason, parse_slug


def open_draft(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    name: str,
    title: str,
    *,
    policies: Policies,
) -> Request:
    """Open an empty draft under a name that is free in its project.

    Errors: NotFound for a foreign project; NotAllowed with every reason; Conflict when an open
    request has the name; Invalid for a name or title that cannot be one.
    """
    project = people.demand_access(session, actor, now, project_id, Verb.SUBMIT, policies)
    row = Request(
        id=f"r-{uuid.uuid4().hex}",
        project_id=project_id,
        slug=project.slug,
        author_id=people.person_of(actor),
        author_organisation=actor.organisation,
        name=parse_slug(name),
        title=rules.parse_text(title, "a title", rules.TITLE_CHARACTERS),
        changed_at=now,
        opened_at=now,
    )
    taken = select(Request.id).where(
        Request.project_id == project_id,
        Request.name == row.name,
        col(Request.state).not_in(CLOSED),
    )
    if session.exec(taken).first() is not None:
        raise Conflict(
            f"An airlock request named {row.name} is open in this project already. Go on with "
            "that one, or choose another name.",
            code="name_taken",
        )
    session.add(row)
    session.flush()
    append(
        session,
        action="airlock.draft",
        actor=actor,
        now=now,
        object_type="airlock request",
        object_id=row.id,
        project=project_id,
    )
    return row


def draft_named(
    session: Session, actor: Actor, now: datetime, project_id: str, name: str, *, policies: Policies
) -> Request:
    """Find the actor's own draft of this name, reopened or opened anew where it must be.

    Shape: what `~/outbox/<name>/` means to the airlock door.
    Errors: as `open_draft`; Conflict when it is with the reviewers.
    """
    row = session.exec(
        select(Request).where(
            Request.project_id == project_id,
            Request.name == name,
            Request.author_id == people.person_of(actor),
            col(Request.state).not_in(CLOSED),
        )
    ).first()
    if row is None:
        return open_draft(session, actor, now, project_id, name, name, policies=policies)
    if row.state in AUTHORS_TURN:
        reopen(session, actor, now, row.id, policies=policies)
    return people.own_draft(session, actor, now, row.id, policies=policies)


def submit(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> Request:
    """Hand the draft over: from now on nothing of it changes, and the full check runs.

    Shape: fixes the subject and the review policy of this round; wants the check whose result
    alone counts.
    Errors: as `own_draft`; Invalid naming every file and field that is missing.
    """
    row = people.own_draft(session, actor, now, request_id, policies=policies)
    files = present_files(session, request_id)
    _demand_complete(files)
    _forget_results(session, request_id)
    pinned = pin(session, policies.seats["airlock-release"], now)
    row.subject = rules.request_subject([file.subject for file in files], row.round)
    row.policy_digest = pinned
    row.outputs_policy_digest = thresholds.of_request(session, row, policies).digest()
    row.submitted_at = now
    row.verdict, row.rank = None, 0
    advance(
        session,
        row,
        "submit",
        standing=people.standing(session, actor, row),
        actor=actor,
        now=now,
        digest=row.subject,
        policy_digest=row.policy_digest,
        detail={"round": row.round, "files": [file.digest for file in files]},
    )
    ask_check(session, row, CheckKind.SUBMISSION, files, actor, now)
    return row


def withdraw(session: Session, actor: Actor, now: datetime, request_id: str) -> Request:
    """Take a request back for good; an author may do so even without access to the project.

    Errors: NotFound when it is somebody else's; Conflict once it was decided.
    """
    row = people.own(session, actor, request_id)
    advance(
        session,
        row,
        "withdraw",
        standing=people.standing(session, actor, row),
        actor=actor,
        now=now,
        digest=row.subject,
        reason_code="withdrawn",
        reason="The author took it back.",
    )
    return row


def reopen(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> Request:
    """Open the next round of a blocked or returned request as a draft; no vote is carried over.

    Errors: NotFound when it is somebody else's; Conflict in another state; NotAllowed without
    access.
    """
    row = people.own(session, actor, request_id)
    people.demand_access(session, actor, now, row.project_id, Verb.SUBMIT, policies)
    advance(
        session,
        row,
        "reopen",
        standing=people.standing(session, actor, row),
        actor=actor,
        now=now,
        digest=row.subject,
        detail={"round": row.round + 1},
    )
    row.round += 1
    row.subject = row.policy_digest = row.outputs_policy_digest = None
    row.submitted_at = row.decided_at = None
    session.flush()
    return row


def complete(files: Sequence[File]) -> Decision:
    """Say whether a draft has all that its reviewers need: for the button and for the refusal."""
    if not files:
        return Decision((Reason("no_files", "There is nothing to submit yet. Add a file first."),))
    missing = [(file.path, rules.missing_context(file.context)) for file in files]
    return Decision(
        tuple(
            Reason("context_missing", f"{path} lacks: {', '.join(words)}.")
            for path, words in missing
            if words
        )
    )


def _demand_complete(files: Sequence[File]) -> None:
    decision = complete(files)
    if not decision:
        told = " ".join(reason.text for reason in decision.reasons[:5])
        raise Invalid(
            f"{told} Say for every file what it shows, about which population, and which "
            "disclosure control was used.",
            code=decision.reasons[0].code,
            reasons=[(reason.code, reason.text) for reason in decision.reasons],
        )


def _forget_results(session: Session, request_id: str) -> None:
    """Results of pre-checks and of earlier rounds end with the draft."""
    session.flush()
    session.execute(
        update(File)
        .where(col(File.request_id) == request_id, col(File.removed_at).is_(None))
        .values(verdict=None, report_digest=None, checked_at=None, outcome=None, heard=False)
        .execution_options(synchronize_session="fetch")
    )

"""Writes: a vote in a seat, a halt, a resume, and the policy a review is bound to."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound
from orchestrator.governance import queries
from orchestrator.governance.halts import INSTALLATION, Scope, may_halt, may_resume
from orchestrator.governance.models import Halt, HaltHeard, PinnedPolicy, Vote
from orchestrator.governance.seats import (
    NEEDS_REASON,
    Phase,
    Subject,
    VoteValue,
    blind,
    counting,
    eligible,
    heard,
    open_chairs,
)
from orchestrator.policy.model import ReviewPolicy
from orchestrator.values import SYSTEM, Actor, Decision, Digest, JsonValue, canonical_json

REASON_CHARACTERS = 4000
CONDITIONS = 20


def pin(session: Session, policy: ReviewPolicy, now: datetime) -> Digest:
    """Record a policy's content, so that what is submitted under it is decided under it.

    Shape: returns the digest to write beside the submission; pinning twice is one row.
    """
    if session.get(PinnedPolicy, policy.digest) is None:
        body = canonical_json(policy.as_json()).decode()
        session.add(
            PinnedPolicy(digest=policy.digest, name=policy.policy, body=body, pinned_at=now)
        )
        session.flush()
    return policy.digest


def cast(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    policy: ReviewPolicy,
    subject: Subject,
    seat: str,
    value: str,
    reason: str = "",
    conditions: Sequence[str] = (),
    report_digest: str | None = None,
    project: str | None = None,
) -> Vote:
    """Store one person's vote in one seat about exactly this subject, part, digest and round.

    Shape: sent twice it is stored once; the log gets a commitment to the value, which it does not
    show. `report_digest` names the check report that was on the screen.
    Errors: NotAllowed with every reason against this person; Invalid for an unknown value or seat
    or a missing reason; Conflict for another vote than the one that stands, or a closed seat.
    """
    said = _value(policy, value)
    words = _words(said, reason, conditions)
    facts = queries.reviewer(session, actor, subject, now)
    _demand(eligible(policy, seat, subject, facts), "You cannot vote here.")
    standing = queries.own_vote(session, subject, facts.person, seat)
    if standing is not None:
        return _same(standing, said, words)
    _demand_open(session, policy, subject, seat, facts.person)
    vote = Vote(
        id=f"v-{uuid.uuid4().hex}",
        subject_type=subject.type,
        subject_id=subject.id,
        part=subject.part,
        subject_digest=subject.digest,
        round=subject.round,
        seat=seat,
        person_id=facts.person,
        actor_id=actor.id,
        organisation=facts.organisation,
        value=said.value,
        reason=words[0],
        conditions=words[1],
        policy_digest=policy.digest,
        report_digest=report_digest,
        phase=subject.phase.value,
        cast_at=now,
    )
    session.add(vote)
    session.flush()
    _record(session, actor, now, vote, project, replaces=seat in facts.fills)
    return vote


def halt(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    scope: str,
    target: str,
    reason: str,
    controller: str | None = None,
    project: str | None = None,
) -> Halt:
    """End all access of a person, a project, a dataset or the installation until resumed.

    Shape: `target` is the row id, a dataset's slug, or `*`; `controller` is the dataset's; what is
    halted already stays halted as it was. Gateway and doors must have been told before.
    Errors: NotAllowed for who may not; Invalid without a reason.
    Source: governance section 5.
    """
    kind = _scope(scope, target)
    _demand(
        may_halt(actor.roles, actor.organisation, kind, controller), "This is not yours to halt."
    )
    text = _required(reason, "Say in a sentence why; the people concerned will read it.")
    found = queries.halt_of(session, kind, target)
    if found is not None:
        return _halt(session, found.id)
    row = Halt(
        id=f"h-{uuid.uuid4().hex}",
        scope=kind.value,
        target=target,
        by=actor.person or actor.id,
        reason=text,
        at=now,
    )
    session.add(row)
    session.flush()
    _record_halt(session, actor, now, row, "operator.halt", text, project)
    return row


def hear_halt(
    session: Session,
    now: datetime,
    halt_id: str,
    role: str,
    closed: int,
    ago: timedelta = timedelta(),
) -> None:
    """Write what gateway or doors closed at a halt; the log has the first answer of each role.

    Shape: a role that comes back hears of standing halts again and closes nothing more; a halt
    that is unknown or over is nobody's. `ago` is how long the answer was on its way: what counts
    is when they closed, and that is never before the halt.
    """
    halted = session.get(Halt, halt_id)
    if halted is None or halted.resumed_at is not None:
        return
    row = session.get(HaltHeard, (halt_id, role))
    if row is not None:
        row.closed += closed
        return
    at = max(halted.at, now - ago)
    session.add(HaltHeard(halt_id=halt_id, role=role, at=at, closed=closed))
    append(
        session,
        action="operator.halt_heard",
        actor=SYSTEM,
        now=now,
        object_type="halt",
        object_id=halt_id,
        detail={"role": role, "closed": closed},
    )


def resume(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    scope: str,
    target: str,
    reason: str,
    project: str | None = None,
) -> Halt:
    """Lift a halt; needs an administrator other than the one who halted.

    Errors: NotFound when this is not halted; NotAllowed with every reason; Invalid without a
    reason.
    """
    found = queries.halt_of(session, _scope(scope, target), target)
    if found is None:
        raise NotFound("This is not halted; there is nothing to resume.", code="not_halted")
    row = _halt(session, found.id)
    by = actor.person or actor.id
    _demand(may_resume(actor.roles, by, row.by), "You cannot resume this.")
    text = _required(reason, "Say in a sentence what was found, so that others can follow it.")
    row.resumed_at, row.resumed_by, row.resume_reason = now, by, text
    session.add(row)
    session.flush()
    _record_halt(session, actor, now, row, "operator.resume", text, project)
    return row


def _value(policy: ReviewPolicy, value: str) -> VoteValue:
    try:
        said = VoteValue(value)
    except ValueError as error:
        known = ", ".join(VoteValue)
        raise Invalid(f"A vote is one of {known}.", code="bad_vote") from error
    if said is VoteValue.ESCALATE and policy.rules.escalate_adds is None:
        raise Invalid("This review has nobody to escalate to; return it instead.", code="bad_vote")
    return said


def _words(said: VoteValue, reason: str, conditions: Sequence[str]) -> tuple[str, str]:
    text = reason.strip()
    if said in NEEDS_REASON and not text:
        raise Invalid(
            f"To {said} you must say why: the author reads it and can mend it.",
            code="reason_missing",
        )
    kept = [condition.strip() for condition in conditions if condition.strip()]
    if kept and said is not VoteValue.APPROVE:
        raise Invalid("Conditions go with an approval only.", code="bad_vote")
    if len(kept) > CONDITIONS or any(len(c) > REASON_CHARACTERS for c in (text, *kept)):
        raise Invalid(
            f"Please be shorter: at most {CONDITIONS} conditions and {REASON_CHARACTERS} "
            "characters each.",
            code="too_long",
        )
    spelled: list[JsonValue] = list(kept)
    return text, canonical_json(spelled).decode()


def _demand(decision: Decision, sentence: str) -> None:
    if not decision:
        raise NotAllowed(
            " ".join([sentence, *(reason.text for reason in decision.reasons)]),
            code=decision.reasons[0].code,
            reasons=[(reason.code, reason.text) for reason in decision.reasons],
        )


def _same(standing: Vote, said: VoteValue, words: tuple[str, str]) -> Vote:
    if (standing.value, standing.reason, standing.conditions) == (said.value, *words):
        return standing
    raise Conflict(
        "You have voted here already, and the first vote stands. Where votes disagree, you can "
        "replace yours while they are consolidated.",
        code="voted_already",
    )


def _demand_open(
    session: Session, policy: ReviewPolicy, subject: Subject, seat: str, person: str
) -> None:
    """In the blind phase each open seat takes votes; afterwards only its voters and empty ones."""
    if subject.phase is Phase.DECIDED:
        raise Conflict("This review is decided; votes are closed.", code="review_closed")
    counted = counting(policy, subject, queries.ballots(session, subject))
    chairs = [chair for chair in open_chairs(policy, subject, counted) if chair.seat == seat]
    if not chairs:
        raise Conflict(
            "This seat opens only when a reviewer escalates; nobody has.", code="seat_closed"
        )
    known = any(vote.person == person for vote in counted)
    if blind(subject.phase) or known:
        return
    if all(heard(policy, chair, counted) for chair in chairs):
        raise Conflict(
            "The blind votes of this seat are in; a vote that can see them would not be blind.",
            code="seat_closed",
        )


def _record(
    session: Session, actor: Actor, now: datetime, vote: Vote, project: str | None, replaces: bool
) -> None:
    """Log that somebody voted; the leaf holds a salted commitment to what, never the value."""
    consolidating = vote.phase == Phase.CONSOLIDATING.value
    append(
        session,
        action="governance.vote_replaced" if replaces and consolidating else "governance.vote_cast",
        actor=actor,
        now=now,
        object_type=vote.subject_type,
        object_id=vote.subject_id,
        object_digest=vote.subject_digest,
        project=project,
        policy_digest=vote.policy_digest,
        detail={
            "vote": vote.id,
            "seat": vote.seat,
            "round": vote.round,
            "phase": vote.phase,
            "part": vote.part,
            "report": vote.report_digest,
        },
        text=canonical_json(
            {"value": vote.value, "reason": vote.reason, "conditions": vote.conditions}
        ).decode(),
    )


def _scope(scope: str, target: str) -> Scope:
    try:
        kind = Scope(scope)
    except ValueError as error:
        raise Invalid(f"A halt stops one of {', '.join(Scope)}.", code="bad_scope") from error
    if (kind is Scope.INSTALLATION) != (target == INSTALLATION) or not target:
        raise Invalid("Name what is to be halted; only the installation is *.", code="bad_scope")
    return kind


def _required(text: str, sentence: str) -> str:
    words = text.strip()
    if not words or len(words) > REASON_CHARACTERS:
        raise Invalid(sentence, code="reason_missing")
    return words


def _halt(session: Session, halt_id: str) -> Halt:
    row = session.get(Halt, halt_id)
    if row is None:
        raise NotFound("There is no such halt.")
    return row


def _record_halt(
    session: Session,
    actor: Actor,
    now: datetime,
    row: Halt,
    action: str,
    text: str,
    project: str | None,
) -> None:
    append(
        session,
        action=action,
        actor=actor,
        now=now,
        object_type="halt",
        object_id=row.id,
        project=project,
        detail={"scope": row.scope, "target": row.target},
        text=text,
    )

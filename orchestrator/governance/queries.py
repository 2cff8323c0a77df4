"""Reads: votes as far as the phase lets somebody see them, facts about reviewers, halts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.errors import NotFound, Tampered
from orchestrator.governance.halts import INSTALLATION, Scope, Stop
from orchestrator.governance.models import Halt, HaltHeard, PinnedPolicy, Vote
from orchestrator.governance.seats import (
    Ballot,
    Chair,
    Phase,
    Reviewer,
    Subject,
    VoteValue,
    counting,
    heard,
    open_chairs,
    shows_vote,
)
from orchestrator.identity.queries import certificates_of, person, roles_of
from orchestrator.policy.model import ReviewPolicy
from orchestrator.values import Actor, Digest


@dataclass(frozen=True)
class SeenVote:
    """A vote as one viewer may see it; `person` is None where the name stays hidden."""

    part: str
    seat: str
    phase: str
    round: int
    value: str
    reason: str
    conditions: tuple[str, ...]
    own: bool
    person: str | None
    cast_at: datetime


@dataclass(frozen=True)
class Hearing:
    """One seat and whether it is heard: all that anybody learns of a blind review."""

    chair: Chair
    heard: bool


def ballots(session: Session, subject: Subject) -> list[Ballot]:
    """Load the votes on a subject in its round, of every phase; only of its part if it names one.

    So that a vote on one file costs the same whatever the number of files in its request.
    """
    rows = _votes(session, subject.type, subject.id, subject.round, subject.part or None)
    return [_ballot(vote) for vote in rows]


def hearings(session: Session, policy: ReviewPolicy, subject: Subject) -> tuple[Hearing, ...]:
    """List the seats of a subject (or part) and which of them are heard."""
    counted = counting(policy, subject, ballots(session, subject))
    chairs = open_chairs(policy, subject, counted)
    return tuple(Hearing(chair, heard(policy, chair, counted)) for chair in chairs)


def votes_seen(session: Session, subject: Subject, viewer: Actor) -> list[SeenVote]:
    """List the votes of a round that this viewer may see in this phase, oldest first.

    Shape: `subject.phase` decides; in the blind phase only own votes are in the list, so that
    neither value nor number of the others' can be learned.
    Source: governance P11.
    """
    rows = _votes(session, subject.type, subject.id, subject.round)
    reviewer = any(row.person_id == viewer.person for row in rows)
    return [
        _seen(row, viewer, reviewer)
        for row in rows
        if shows_vote(subject.phase, own=row.person_id == viewer.person, reviewer=reviewer)
    ]


def voted(session: Session, subject: Subject, person_id: str) -> frozenset[str]:
    """Name the seats of this round of a subject in which a person has voted, on any part."""
    seats = select(Vote.seat).where(
        Vote.subject_type == subject.type,
        Vote.subject_id == subject.id,
        Vote.round == subject.round,
        Vote.person_id == person_id,
    )
    return frozenset(session.exec(seats.distinct()))


def own_vote(session: Session, subject: Subject, person_id: str, seat: str) -> Vote | None:
    """Find a person's vote on exactly this digest, part, round and phase."""
    return session.exec(
        select(Vote).where(
            Vote.subject_type == subject.type,
            Vote.subject_id == subject.id,
            Vote.part == subject.part,
            Vote.subject_digest == subject.digest,
            Vote.round == subject.round,
            Vote.seat == seat,
            Vote.person_id == person_id,
            Vote.phase == subject.phase.value,
        )
    ).one_or_none()


def reviewer(session: Session, actor: Actor, subject: Subject, now: datetime) -> Reviewer:
    """Load the facts that decide whether somebody may vote on a subject; roles as stored now.

    Errors: NotFound when the actor is not a person.
    """
    if actor.person is None:
        raise NotFound("Only people vote, and you are not signed in as one.")
    someone = person(session, actor.person)
    valid = certificates_of(session, someone.id)
    halted = halt_of(session, Scope.PERSON, someone.id) is not None
    return Reviewer(
        person=someone.id,
        organisation=someone.organisation or "",
        roles=roles_of(session, someone.id),
        suspended=someone.suspended_at is not None or halted,
        certificates=frozenset(kind for kind, until in valid.items() if now < until),
        fills=voted(session, subject, someone.id),
    )


def pinned(session: Session, digest: str) -> ReviewPolicy:
    """Load the review policy under which something was submitted.

    Errors: NotFound for a digest never pinned; Tampered when the content is not what it names.
    """
    row = session.get(PinnedPolicy, digest)
    if row is None:
        raise NotFound("The policy of this review was never recorded.")
    policy = ReviewPolicy.model_validate(json.loads(row.body))
    if policy.digest != digest:
        raise Tampered("A recorded policy is not what its digest names. Call the administrator.")
    return policy


def halts_in_force(session: Session, scope: Scope | None = None) -> list[Stop]:
    """List what is halted now, oldest first."""
    query = select(Halt).where(col(Halt.resumed_at).is_(None)).order_by(col(Halt.at))
    if scope is not None:
        query = query.where(Halt.scope == scope.value)
    return [_stop(row) for row in session.exec(query)]


def halt_of(session: Session, scope: Scope, target: str) -> Stop | None:
    """Find the halt in force on exactly this."""
    row = session.exec(
        select(Halt).where(
            Halt.scope == scope.value, Halt.target == target, col(Halt.resumed_at).is_(None)
        )
    ).one_or_none()
    return None if row is None else _stop(row)


def project_stop(session: Session, project_id: str) -> Stop | None:
    """Find what halts a project: a halt of the project itself or of the installation."""
    own = halt_of(session, Scope.PROJECT, project_id)
    return own or halt_of(session, Scope.INSTALLATION, INSTALLATION)


def stopped_projects(session: Session, project_ids: Iterable[str]) -> frozenset[str]:
    """Say which of these projects are halted now, by themselves or with the installation."""
    if halt_of(session, Scope.INSTALLATION, INSTALLATION) is not None:
        return frozenset(project_ids)
    stopped = {stop.target for stop in halts_in_force(session, Scope.PROJECT)}
    return frozenset(project_ids) & stopped


def heard_of(session: Session, halt_id: str) -> dict[str, HaltHeard]:
    """Which roles have closed what a halt stops, with what they saw."""
    rows = session.exec(select(HaltHeard).where(HaltHeard.halt_id == halt_id))
    return {row.role: row for row in rows}


def halted_datasets(session: Session, slugs: Iterable[str]) -> frozenset[str]:
    """Say which of these datasets are halted now."""
    stopped = {stop.target for stop in halts_in_force(session, Scope.DATASET)}
    return frozenset(slugs) & stopped


def _votes(
    session: Session, subject_type: str, subject_id: str, round_: int, part: str | None = None
) -> list[Vote]:
    query = select(Vote).where(
        Vote.subject_type == subject_type, Vote.subject_id == subject_id, Vote.round == round_
    )
    if part is not None:
        query = query.where(Vote.part == part)
    return list(session.exec(query.order_by(col(Vote.cast_at), col(Vote.id))))


def _ballot(vote: Vote) -> Ballot:
    return Ballot(
        person=vote.person_id,
        organisation=vote.organisation,
        seat=vote.seat,
        value=VoteValue(vote.value),
        digest=Digest(vote.subject_digest),
        round=vote.round,
        policy=Digest(vote.policy_digest),
        cast_at=vote.cast_at,
        part=vote.part,
        phase=Phase(vote.phase),
        reason=vote.reason,
        conditions=tuple(json.loads(vote.conditions)),
    )


def _seen(vote: Vote, viewer: Actor, reviewer: bool) -> SeenVote:
    own = vote.person_id == viewer.person
    return SeenVote(
        part=vote.part,
        seat=vote.seat,
        phase=vote.phase,
        round=vote.round,
        value=vote.value,
        reason=vote.reason,
        conditions=tuple(json.loads(vote.conditions)),
        own=own,
        person=vote.person_id if own or reviewer else None,
        cast_at=vote.cast_at,
    )


def _stop(row: Halt) -> Stop:
    return Stop(row.id, Scope(row.scope), row.target, row.reason, row.at)

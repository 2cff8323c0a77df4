"""One round of review: its policy, its people, its votes counted anew. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.airlock import people
from orchestrator.airlock.models import Check, CheckKind, File, Request
from orchestrator.airlock.states import RequestState
from orchestrator.errors import Conflict
from orchestrator.governance import queries as governance
from orchestrator.governance.seats import Ballot, Outcome, Phase, Subject, decide
from orchestrator.policy.model import ReviewPolicy
from orchestrator.values import Actor, Decision, Digest

SEAT = "checker"
"""The seat a vote goes to unless it names another one, as `escalation`."""


@dataclass(frozen=True)
class Review:
    """One round of review: the policy it is bound to, and who its people are."""

    row: Request
    policy: ReviewPolicy
    members: frozenset[str]

    @property
    def subject(self) -> Subject:
        """Name what is under review as a whole: all files of this round."""
        return Subject(
            type="airlock_request",
            id=self.row.id,
            digest=Digest(str(self.row.subject)),
            round=self.row.round,
            author=self.row.author_id,
            organisation=self.row.author_organisation or "",
            members=self.members,
            phase=phase_of(self.row),
        )

    def about(self, file: File) -> Subject:
        """Name what a vote on this file is about, now: its bytes, name and context."""
        return replace(self.subject, digest=file.subject, part=file.id)


def phase_of(row: Request) -> Phase:
    """Say in which phase the votes of a request's round are.

    Shape: what ended without a decision of its reviewers (withdrawn, lapsed) stays blind for ever:
    nobody may end a review in order to see its votes.
    """
    if row.state == RequestState.CONSOLIDATING:
        return Phase.CONSOLIDATING
    return Phase.IN_REVIEW if row.decided_at is None else Phase.DECIDED


def review_of(session: Session, row: Request, *, known_at: datetime | None = None) -> Review:
    """Load the policy and people of the round under way or just decided.

    Shape: with `known_at` only people who were members then, to count a past decision again.
    Errors: Conflict for a request that was not submitted in this round.
    """
    if row.policy_digest is None:
        raise Conflict("This request was not submitted yet, so nobody reviews it.", code="no_round")
    members = people.members(session, row.project_id, known_at=known_at)
    return Review(row, governance.pinned(session, row.policy_digest), members)


def present_files(session: Session, request_id: str) -> list[File]:
    """List the files that are in a request now, by path."""
    return list(
        session.exec(
            select(File)
            .where(File.request_id == request_id, col(File.removed_at).is_(None))
            .order_by(File.path)
        )
    )


def last_check(session: Session, row: Request) -> Check | None:
    """Find the newest finished check before release of a request's round; None while none ran."""
    return session.exec(
        select(Check)
        .where(
            Check.request_id == row.id,
            Check.kind == CheckKind.RELEASE,
            Check.round == row.round,
            col(Check.done_at).is_not(None),
        )
        .order_by(col(Check.done_at).desc())
    ).first()


def outcomes(
    session: Session, review: Review, files: Sequence[File], now: datetime
) -> Mapping[str, Outcome]:
    """Count the votes on each file anew: file id → outcome."""
    by_part: dict[str, list[Ballot]] = {}
    for ballot in governance.ballots(session, review.subject):
        by_part.setdefault(ballot.part, []).append(ballot)
    return {
        file.id: decide(review.policy, review.about(file), by_part.get(file.id, []), now)
        for file in files
    }


def may_review(
    session: Session, actor: Actor, now: datetime, review: Review, seat: str = SEAT
) -> Decision:
    """Say whether this person may fill a seat in this round, with every reason against it."""
    return people.may_vote(session, actor, now, review.policy, seat, review.subject)


def may_look(session: Session, actor: Actor, now: datetime, row: Request) -> Decision:
    """Say whether somebody may see the content of files and write about them.

    Shape: the author, and while a round is there whoever may fill a seat in it.
    """
    if actor.person is not None and actor.person == row.author_id:
        return Decision()
    return may_review(session, actor, now, review_of(session, row))

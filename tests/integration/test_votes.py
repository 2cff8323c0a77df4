"""Votes on files, through the phases: blind, consolidated, closed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import Conflict, NotAllowed, NotFound, Tampered
from orchestrator.governance import queries, service
from orchestrator.governance.models import PinnedPolicy, Vote
from orchestrator.governance.seats import (
    Approved,
    Chair,
    Outcome,
    Pending,
    Phase,
    Subject,
    decide,
)
from orchestrator.policy.model import ESCALATION
from orchestrator.values import SYSTEM, Actor, Digest
from tests.factories import DAY, NOW, a_person, policies

RELEASE = policies().seats["airlock-release"]


@dataclass(frozen=True)
class Review:
    """One file under review and the people around it."""

    session: Session
    subject: Subject
    author: Actor
    ann: Actor
    ben: Actor
    eve: Actor

    def say(
        self, who: Actor, value: str, seat: str = "checker", phase: Phase = Phase.IN_REVIEW
    ) -> Vote:
        """Vote on the file in a phase."""
        return service.cast(
            self.session,
            who,
            NOW,
            policy=RELEASE,
            subject=replace(self.subject, phase=phase),
            seat=seat,
            value=value,
            reason=f"I say {value}.",
        )

    def outcome(self, phase: Phase = Phase.IN_REVIEW) -> Outcome:
        """What the votes come to."""
        subject = replace(self.subject, phase=phase)
        return decide(RELEASE, subject, queries.ballots(self.session, subject), NOW)

    def seen(self, viewer: Actor, phase: Phase) -> list[str]:
        """The values that somebody sees in a phase."""
        found = queries.votes_seen(self.session, replace(self.subject, phase=phase), viewer)
        return [vote.value for vote in found]


@pytest.fixture
def review(engine: Engine) -> Iterator[Review]:
    """A file of `institute-x` and three checkers of other organisations."""
    with write(engine) as session:
        author = a_person(session, ["researcher"], "institute-x")
        ann, ben, eve = (a_person(session, ["checker"], f"clinic-{name}") for name in "abc")
        subject = Subject(
            type="airlock_request",
            id="r-1",
            digest=Digest("sha256:" + "1" * 64),
            round=1,
            author=str(author.person),
            organisation="institute-x",
            members=frozenset({str(author.person)}),
            part="f-1",
        )
        yield Review(session, subject, author, ann, ben, eve)


def test_two_blind_votes_that_agree_decide(review: Review) -> None:
    review.say(review.ann, "approve")
    assert review.outcome() == Pending((Chair("checker"),))
    review.say(review.ben, "approve")
    assert isinstance(review.outcome(), Approved)


def test_votes_that_disagree_are_replaced_once_and_both_stay(review: Review) -> None:
    review.say(review.ann, "approve")
    review.say(review.ben, "return")
    assert review.outcome() == Pending((), disagree=True)
    for person in (review.ann, review.ben):
        review.say(person, "approve", phase=Phase.CONSOLIDATING)
    assert isinstance(review.outcome(Phase.CONSOLIDATING), Approved)
    actions = [json.loads(entry.record)["action"] for entry in log.entries(review.session)]
    assert actions[-4:] == ["governance.vote_cast"] * 2 + ["governance.vote_replaced"] * 2
    subject = replace(review.subject, phase=Phase.DECIDED)
    assert len(queries.ballots(review.session, subject)) == 4


def test_who_comes_late_does_not_vote_where_the_blind_votes_are_in(review: Review) -> None:
    review.say(review.ann, "approve")
    review.say(review.ben, "reject")
    with pytest.raises(Conflict, match="would not be blind"):
        review.say(review.eve, "approve", phase=Phase.CONSOLIDATING)


def test_a_seat_that_was_given_up_while_consolidating_takes_somebody_new(review: Review) -> None:
    review.say(review.ann, "approve")
    review.say(review.ben, "reject")
    review.say(review.ben, "abstain", phase=Phase.CONSOLIDATING)
    review.say(review.ann, "approve", phase=Phase.CONSOLIDATING)
    assert review.outcome(Phase.CONSOLIDATING) == Pending((Chair("checker"),))
    review.say(review.eve, "approve", phase=Phase.CONSOLIDATING)
    assert isinstance(review.outcome(Phase.CONSOLIDATING), Approved)


def test_the_escalation_seat_opens_when_somebody_escalates(review: Review) -> None:
    with pytest.raises(Conflict, match="opens only when"):
        review.say(review.ann, "approve", ESCALATION)
    review.say(review.ben, "escalate")
    review.say(review.ann, "approve", ESCALATION)
    with pytest.raises(NotAllowed) as refused:
        review.say(review.ann, "approve")
    assert refused.value.code == "other_seat"


def test_a_decided_review_takes_no_votes(review: Review) -> None:
    with pytest.raises(Conflict, match="decided"):
        review.say(review.ann, "approve", phase=Phase.DECIDED)


def test_who_sees_which_votes_when(review: Review) -> None:
    review.say(review.ann, "approve")
    review.say(review.ben, "reject")
    both = ["approve", "reject"]
    assert review.seen(review.ann, Phase.IN_REVIEW) == ["approve"]
    assert review.seen(review.eve, Phase.IN_REVIEW) == []
    assert sorted(review.seen(review.ann, Phase.CONSOLIDATING)) == both
    assert review.seen(review.author, Phase.CONSOLIDATING) == []
    assert review.seen(review.eve, Phase.CONSOLIDATING) == []
    assert sorted(review.seen(review.author, Phase.DECIDED)) == both


def test_a_vote_belongs_to_its_file(review: Review) -> None:
    review.say(review.ann, "approve")
    review.say(review.ben, "approve")
    other = replace(review.subject, part="f-2")
    changed = replace(review.subject, digest=Digest("sha256:" + "2" * 64))
    for subject in (other, changed):
        votes = queries.ballots(review.session, subject)
        assert decide(RELEASE, subject, votes, NOW) == Pending((Chair("checker"),))


def test_a_checker_without_certificate_or_with_an_expired_one_cannot_vote(review: Review) -> None:
    uncertified = a_person(review.session, ["checker"], "clinic-d", certified=False)
    with pytest.raises(NotAllowed) as refused:
        review.say(uncertified, "approve")
    assert refused.value.code == "certificate_missing"
    late = NOW + 400 * DAY
    facts = queries.reviewer(review.session, review.ann, review.subject, late)
    assert facts.certificates == frozenset()


def test_only_people_vote(review: Review) -> None:
    with pytest.raises(NotFound, match="Only people vote"):
        review.say(SYSTEM, "approve")


def test_a_recorded_policy_that_was_changed_is_noticed(review: Review) -> None:
    digest = service.pin(review.session, RELEASE, NOW)
    assert service.pin(review.session, RELEASE, NOW) == digest
    assert queries.pinned(review.session, digest) == RELEASE
    row = review.session.get(PinnedPolicy, digest)
    assert row is not None
    row.body = row.body.replace('"approvals":2', '"approvals":2,"refusal":"block"', 1).replace(
        '"lapse_days":30', '"lapse_days":3000'
    )
    with pytest.raises(Tampered):
        queries.pinned(review.session, digest)
    with pytest.raises(NotFound):
        queries.pinned(review.session, "sha256:" + "0" * 64)

"""The seat engine: the properties P1 to P18 that concern it, and named examples of its rules."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.errors import Invalid
from orchestrator.governance.seats import (
    CAUTION,
    Approved,
    Ballot,
    Chair,
    Outcome,
    Pending,
    Phase,
    Rejected,
    Returned,
    Reviewer,
    Subject,
    VoteValue,
    blind,
    counting,
    decide,
    eligible,
    heard,
    open_chairs,
    settle,
    shows_vote,
)
from orchestrator.policy.model import ESCALATION, ReviewPolicy, Rules, Seat
from orchestrator.values import Digest, Reason
from tests.factories import policies

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
THIS, OTHER, UNSEEN = (Digest("sha256:" + digit * 64) for digit in "123")
ORGANISATIONS = ("home", "clinic-a", "clinic-b", "university")
PEOPLE = {f"u{n}": ORGANISATIONS[n % 4] for n in range(16)}
SEATS = ("one", "two", "three")
CONFLICTS = ("author", "member", "same_organisation")
PER = "controller_of_requested_dataset"

PROJECT = policies().seats["project-approval"]
ADMISSION = policies().seats["dataset-admission"]
RELEASE = policies().seats["airlock-release"]

quick = settings(max_examples=60, deadline=None)  # two cores, many tests

seats = st.builds(
    lambda voices, fewer, conflicts, per, refusal: {
        "role": "checker",
        "voices": voices,
        "approvals": max(0, voices - fewer),
        "conflicts": frozenset({"author", *conflicts}),
        "per": PER if per else None,
        "refusal": refusal if per else "block",
    },
    st.integers(1, 3),
    st.integers(0, 3),
    st.sets(st.sampled_from(CONFLICTS)),
    st.booleans(),
    st.sampled_from(["exclude_slice", "block"]),
)


@st.composite
def any_policy(draw: st.DrawFn) -> ReviewPolicy:
    """A policy that loading would accept, shipped or made up."""
    shipped = draw(st.sampled_from([None, None, None, PROJECT, ADMISSION, RELEASE]))
    if shipped is not None:
        return shipped
    names = draw(st.lists(st.sampled_from(SEATS), min_size=1, unique=True))
    extra = draw(st.none() | seats)
    rules: dict[str, Any] = {
        "one_voice_per_organisation": draw(st.booleans()),
        "approve_share": draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(2, 3)])),
        "objection": draw(st.sampled_from(["blocks", "counts"])),
        "escalate_adds": extra and {**extra, "per": None, "refusal": "block"},
        "lapse_days": 30,
    }
    phases: Any = draw(st.sampled_from([("in_review",), ("in_review", "consolidating")]))
    try:
        return ReviewPolicy(
            policy="made-up",
            version=1,
            applies_to="project",
            seats={name: Seat(**draw(seats)) for name in names},
            rules=Rules(**rules),
            phases=phases,
        )
    except ValidationError:
        assume(False)
        raise


@st.composite
def any_subject(draw: st.DrawFn, policy: ReviewPolicy) -> Subject:
    """Something under review, of an author of the organisation `home`."""
    controllers = draw(st.frozensets(st.sampled_from(ORGANISATIONS[:3]), min_size=1))
    consolidating = "consolidating" in policy.phases and draw(st.booleans())
    return Subject(
        type=policy.applies_to,
        id="x-1",
        digest=THIS,
        round=2,
        author="u0",
        organisation="home",
        members=frozenset({"u0", "u1"}),
        controllers=controllers,
        needed=draw(st.frozensets(st.sampled_from(sorted(controllers)))),
        part="f-1" if policy.part else "",
        phase=Phase.CONSOLIDATING if consolidating else Phase.IN_REVIEW,
        since=NOW,
    )


def ballot(
    policy: ReviewPolicy,
    subject: Subject,
    person: str,
    seat: str,
    value: str,
    minute: int = 0,
    phase: Phase = Phase.IN_REVIEW,
) -> Ballot:
    """A vote on exactly this subject under this policy."""
    return Ballot(
        person=person,
        organisation=PEOPLE[person],
        seat=seat,
        value=VoteValue(value),
        digest=subject.digest,
        round=subject.round,
        policy=policy.digest,
        cast_at=NOW + timedelta(minutes=minute),
        part=subject.part,
        phase=phase,
        reason=f"{person} says {value}",
        conditions=("cite us",) if value == "approve" else (),
    )


@st.composite
def any_ballot(draw: st.DrawFn, policy: ReviewPolicy, subject: Subject) -> Ballot:
    """A vote by anybody, mostly yes, now and then about something else."""
    phases = [Phase.IN_REVIEW, subject.phase]
    vote = ballot(
        policy,
        subject,
        draw(st.sampled_from(sorted(PEOPLE))),
        draw(st.sampled_from(sorted(policy.all_seats))),
        draw(st.sampled_from([*["approve"] * 6, *VoteValue])),
        draw(st.integers(0, 9)),
        draw(st.sampled_from(phases)),
    )
    stale = draw(st.integers(0, 30))
    changes: dict[int, dict[str, object]] = {
        0: {"digest": OTHER},
        1: {"round": 1},
        2: {"part": "f-2"},
        3: {"policy": OTHER},
    }
    return replace(vote, **changes.get(stale, {}))  # type: ignore[arg-type]


@st.composite
def reviews(draw: st.DrawFn) -> tuple[ReviewPolicy, Subject, list[Ballot]]:
    """A policy, a subject, and what people said: at random, or all yes with a few changes."""
    policy = draw(any_policy())
    subject = draw(any_subject(policy))
    votes = draw(st.lists(any_ballot(policy, subject), max_size=8))
    if draw(st.booleans()):
        agreed = everybody_agrees(policy, subject)
        changed = draw(st.sampled_from(["approve", "approve", "return", "reject"]))
        which = draw(st.integers(0, max(0, len(agreed) - 1)))
        votes += [
            replace(vote, value=VoteValue(changed)) if place == which else vote
            for place, vote in enumerate(agreed)
        ]
    return policy, subject, votes


@st.composite
def approvals(draw: st.DrawFn) -> tuple[ReviewPolicy, Subject, list[Ballot]]:
    """A review that came out approved, with a few more votes than it needed."""
    policy = draw(any_policy())
    subject = draw(any_subject(policy))
    votes = everybody_agrees(policy, subject)
    more = draw(st.lists(any_ballot(policy, subject), max_size=2))
    approved = [v for v in (votes, [*votes, *more]) if _is_approved(policy, subject, v)]
    assume(approved)
    return policy, subject, approved[-1]


def _is_approved(policy: ReviewPolicy, subject: Subject, votes: list[Ballot]) -> bool:
    return isinstance(outcome_of(policy, subject, votes), Approved)


def everybody_agrees(policy: ReviewPolicy, subject: Subject) -> list[Ballot]:
    """A yes for each seat by people who may fill it, as far as there are such people."""
    votes: list[Ballot] = []
    busy: set[str] = set()
    for chair in open_chairs(policy, subject, []):
        free = [p for p in PEOPLE if p not in busy and may(policy, subject, p, chair)]
        for person in free[: policy.all_seats[chair.seat].voices]:
            busy.add(person)
            votes.append(ballot(policy, subject, person, chair.seat, "approve", 20))
    return votes


def may(policy: ReviewPolicy, subject: Subject, person: str, chair: Chair) -> bool:
    """Say whether somebody of the right role could fill a chair: `eligible` and its slice."""
    facts = Reviewer(
        person, PEOPLE[person], frozenset({policy.all_seats[chair.seat].role}),
        certificates=frozenset({"output_checker_certificate"}),
    )  # fmt: skip
    fits = chair.organisation in ("", PEOPLE[person])
    return fits and bool(eligible(policy, chair.seat, subject, facts))


def outcome_of(policy: ReviewPolicy, subject: Subject, votes: Iterable[Ballot]) -> Outcome:
    return decide(policy, subject, votes, NOW + timedelta(hours=1))


def at_most(votes: Iterable[Ballot], policy: ReviewPolicy, subject: Subject, chair: Chair) -> int:
    """Count, naively, the people who could be a voice in a chair."""
    exact = (subject.digest, subject.round, subject.part, policy.digest)
    return len(
        {
            v.person
            for v in votes
            if (v.digest, v.round, v.part, v.policy) == exact
            and v.seat == chair.seat
            and v.value in CAUTION
            and may(policy, subject, v.person, chair)
        }
    )


@quick
@given(reviews())
def test_p1_approved_needs_every_seat_heard_and_supported_for_exactly_this_digest(
    review: tuple[ReviewPolicy, Subject, list[Ballot]],
) -> None:
    policy, subject, votes = review
    outcome = outcome_of(policy, subject, votes)
    if not isinstance(outcome, Approved):
        return
    for chair in open_chairs(policy, subject, counting(policy, subject, votes)):
        seat = policy.all_seats[chair.seat]
        assert at_most(votes, policy, subject, chair) >= seat.voices
        if chair.organisation in {"", *outcome.granted}:
            yes = [v for v in votes if v.value is VoteValue.APPROVE]
            assert at_most(yes, policy, subject, chair) >= seat.approvals


@quick
@given(approvals(), st.data())
def test_p4_taking_votes_away_below_what_a_seat_needs_is_not_approved(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], data: st.DataObject
) -> None:
    policy, subject, votes = review
    chairs = open_chairs(policy, subject, counting(policy, subject, votes))
    chair = data.draw(st.sampled_from(chairs))
    keep = policy.all_seats[chair.seat].voices - 1
    voices = [v for v in votes if v.seat == chair.seat and v.value in CAUTION]
    voters = sorted({v.person for v in voices if may(policy, subject, v.person, chair)})
    left = [v for v in votes if v not in voices or v.person not in voters[keep:]]
    assert not isinstance(outcome_of(policy, subject, left), Approved)


@quick
@given(reviews(), st.data())
def test_p2_a_vote_with_a_conflict_never_changes_the_result(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], data: st.DataObject
) -> None:
    policy, subject, votes = review
    vote = data.draw(any_ballot(policy, subject))
    chair = Chair(vote.seat, vote.organisation if policy.all_seats[vote.seat].per else "")
    assume(not may(policy, subject, vote.person, chair))
    assert outcome_of(policy, subject, [*votes, vote]) == outcome_of(policy, subject, votes)


@quick
@given(approvals(), st.data())
def test_p3_one_more_yes_never_spoils_an_approval(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], data: st.DataObject
) -> None:
    policy, subject, votes = review
    chair = data.draw(
        st.sampled_from(open_chairs(policy, subject, counting(policy, subject, votes)))
    )
    new = [
        p for p in PEOPLE if p not in {v.person for v in votes} and may(policy, subject, p, chair)
    ]
    assume(new)
    yes = ballot(policy, subject, data.draw(st.sampled_from(new)), chair.seat, "approve", 30,
                 subject.phase)  # fmt: skip
    assert isinstance(outcome_of(policy, subject, [*votes, yes]), Approved)


@quick
@given(reviews())
def test_p5_one_person_fills_one_seat(
    review: tuple[ReviewPolicy, Subject, list[Ballot]],
) -> None:
    policy, subject, votes = review
    counted = counting(policy, subject, votes)
    assert len({vote.person for vote in counted}) == len(counted)
    assert set(counted) <= set(votes)


@quick
@given(reviews(), st.randoms())
def test_p6_the_order_of_votes_does_not_matter(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], random: object
) -> None:
    policy, subject, votes = review
    shuffled = list(votes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert outcome_of(policy, subject, shuffled) == outcome_of(policy, subject, votes)


@quick
@given(reviews(), st.integers(0, 400))
def test_p7_time_alone_never_approves(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], days: int
) -> None:
    policy, subject, votes = review
    assume(not isinstance(decide(policy, subject, votes, NOW), Approved))
    later = decide(policy, subject, votes, NOW + timedelta(days=days))
    assert not isinstance(later, Approved)


@quick
@given(reviews(), st.data())
def test_p14_to_escalate_only_adds_requirements(
    review: tuple[ReviewPolicy, Subject, list[Ballot]], data: st.DataObject
) -> None:
    policy, subject, votes = review
    assume(not isinstance(outcome_of(policy, subject, votes), Approved))
    new = sorted(set(PEOPLE) - {v.person for v in votes})
    assume(new)
    seat = data.draw(st.sampled_from(sorted(policy.all_seats)))
    vote = ballot(policy, subject, data.draw(st.sampled_from(new)), seat, "escalate", 30)
    assert not isinstance(outcome_of(policy, subject, [*votes, vote]), Approved)


@quick
@given(reviews())
def test_p8_votes_on_another_digest_round_part_or_policy_are_as_good_as_none(
    review: tuple[ReviewPolicy, Subject, list[Ballot]],
) -> None:
    policy, subject, votes = review
    newer = policy.model_copy(update={"version": policy.version + 1})
    assert newer.digest != policy.digest
    assert counting(newer, subject, [v for v in votes if v.policy == policy.digest]) == []
    for change in ({"digest": UNSEEN}, {"round": 3}, {"part": "f-9"}):
        moved = replace(subject, **change)
        assert counting(policy, moved, votes) == []
        assert not isinstance(outcome_of(policy, moved, votes), Approved)


@quick
@given(reviews())
def test_p13_a_partners_refusal_grants_nothing_of_theirs(
    review: tuple[ReviewPolicy, Subject, list[Ballot]],
) -> None:
    policy, subject, votes = review
    outcome = outcome_of(policy, subject, votes)
    if isinstance(outcome, Approved):
        assert outcome.granted <= subject.controllers
        for vote in counting(policy, subject, votes):
            if policy.all_seats[vote.seat].per and vote.value is VoteValue.REJECT:
                assert vote.organisation not in outcome.granted


@pytest.mark.parametrize("policy", [PROJECT, ADMISSION, RELEASE], ids=lambda p: p.policy)
def test_p9_return_resubmit_approve_is_reachable_with_the_same_reviewers(
    policy: ReviewPolicy,
) -> None:
    first = a_subject(policy)
    yes = everybody_agrees(policy, first)
    back = [replace(vote, value=VoteValue.RETURN) for vote in yes]
    assert isinstance(outcome_of(policy, first, back), Returned)
    second = replace(first, round=first.round + 1, digest=OTHER)
    again = [replace(vote, round=second.round, digest=OTHER) for vote in yes]
    assert isinstance(outcome_of(policy, second, [*back, *again]), Approved)


def a_subject(policy: ReviewPolicy, **changes: object) -> Subject:
    """A subject of `home` that asks clinic-a and clinic-b, or comes from clinic-a."""
    snapshot = policy is ADMISSION
    plain = Subject(
        type=policy.applies_to,
        id="x-1",
        digest=THIS,
        round=1,
        author="u9" if snapshot else "u0",
        organisation="clinic-a" if snapshot else "home",
        members=frozenset({"u0", "u1"}),
        controllers=frozenset({"clinic-a"} if snapshot else {"clinic-a", "clinic-b"}),
        part="f-1" if policy.part else "",
        since=NOW,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def project_votes(**values: str) -> list[Ballot]:
    """Votes of u5 for clinic-a, u2 for clinic-b, u3 on methods and u7 for the public."""
    seat = {"u5": "data_partner", "u2": "data_partner", "u3": "methods", "u6": "public"}
    said = {**dict.fromkeys(seat, "approve"), **values}
    subject = a_subject(PROJECT)
    return [ballot(PROJECT, subject, p, seat[p], v) for p, v in said.items() if v]


def test_a_project_needs_each_partner_methods_and_the_public() -> None:
    subject = a_subject(PROJECT)
    assert outcome_of(PROJECT, subject, []) == Pending(
        (
            Chair("data_partner", "clinic-a"),
            Chair("data_partner", "clinic-b"),
            Chair("methods"),
            Chair("public"),
        )
    )
    for person in ("u5", "u2", "u3", "u6"):
        assert isinstance(outcome_of(PROJECT, subject, project_votes(**{person: ""})), Pending)
    assert outcome_of(PROJECT, subject, project_votes()) == Approved(
        frozenset({"clinic-a", "clinic-b"}), ("cite us",)
    )


def test_a_partners_reject_takes_away_only_its_slice() -> None:
    outcome = outcome_of(PROJECT, a_subject(PROJECT), project_votes(u2="reject"))
    assert isinstance(outcome, Approved)
    assert outcome.granted == {"clinic-a"}
    assert outcome.excluded == (Reason("data_partner:reject", "u2 says reject"),)


def test_a_broken_minimum_or_nothing_left_goes_back_to_the_author() -> None:
    needed = a_subject(PROJECT, needed=frozenset({"clinic-b"}))
    for subject, votes in (
        (needed, project_votes(u2="reject")),
        (a_subject(PROJECT), project_votes(u2="reject", u5="reject")),
    ):
        outcome = outcome_of(PROJECT, subject, votes)
        assert isinstance(outcome, Returned)
        assert outcome.reasons[-1].code == "minimum_broken"


def test_return_and_reject_of_a_fixed_seat() -> None:
    subject = a_subject(PROJECT)
    back = outcome_of(PROJECT, subject, project_votes(u3="return"))
    assert back == Returned((Reason("methods:return", "u3 says return"),))
    no = outcome_of(PROJECT, subject, project_votes(u6="reject"))
    assert no == Rejected((Reason("public:reject", "u6 says reject"),))
    both = outcome_of(PROJECT, subject, project_votes(u6="reject", u3="return"))
    assert isinstance(both, Returned)


def test_the_most_cautious_voice_of_an_organisation_counts() -> None:
    votes = project_votes()
    colleague = ballot(PROJECT, a_subject(PROJECT), "u9", "data_partner", "reject", 5)
    outcome = outcome_of(PROJECT, a_subject(PROJECT), [*votes, colleague])
    assert isinstance(outcome, Approved)
    assert outcome.granted == {"clinic-b"}


def test_a_share_too_small_is_not_outvoted_by_its_own_seat() -> None:
    policy = PROJECT.model_copy(
        update={
            "rules": PROJECT.rules.model_copy(
                update={"approve_share": Fraction(1), "objection": "counts"}
            ),
            "seats": {**PROJECT.seats, "methods": PROJECT.seats["methods"]},
        }
    )
    policy = ReviewPolicy.model_validate(policy.as_json())
    subject = a_subject(policy)
    votes = [replace(v, policy=policy.digest) for v in project_votes()]
    assert isinstance(outcome_of(policy, subject, votes), Approved)
    doubt = ballot(policy, subject, "u2", "methods", "return", -1)
    assert not isinstance(outcome_of(policy, subject, [*votes, doubt]), Approved)


def test_block_is_a_veto_whatever_else_is_said() -> None:
    subject = a_subject(ADMISSION)
    votes = [
        ballot(ADMISSION, subject, "u5", "asset_owner", "return"),
        ballot(ADMISSION, subject, "u1", "asset_owner", "reject"),
    ]
    assert isinstance(outcome_of(ADMISSION, subject, votes), Rejected)


def test_abstain_is_not_a_voice() -> None:
    votes = project_votes(u3="abstain")
    assert outcome_of(PROJECT, a_subject(PROJECT), votes) == Pending((Chair("methods"),))


def test_silence_lapses_and_never_means_yes() -> None:
    subject, votes = a_subject(PROJECT), project_votes(u6="")
    last = NOW + timedelta(days=60)
    assert isinstance(decide(PROJECT, subject, votes, last - timedelta(seconds=1)), Pending)
    outcome = decide(PROJECT, subject, votes, last)
    assert isinstance(outcome, Returned)
    assert [reason.code for reason in outcome.reasons] == ["lapsed"]


def checked(*said: tuple[str, str, Phase], phase: Phase = Phase.IN_REVIEW) -> Outcome:
    """What checkers' votes on one file come to."""
    subject = a_subject(RELEASE, phase=phase)
    votes = [ballot(RELEASE, subject, p, "checker", v, n, ph) for n, (p, v, ph) in enumerate(said)]
    return outcome_of(RELEASE, subject, votes)


BLIND, OPEN = Phase.IN_REVIEW, Phase.CONSOLIDATING


def test_two_blind_yes_release_and_one_does_not() -> None:
    assert isinstance(checked(("u2", "approve", BLIND)), Pending)
    two = checked(("u2", "approve", BLIND), ("u3", "approve", BLIND))
    assert isinstance(two, Approved)


@pytest.mark.parametrize("person", ["u0", "u1", "u4"])  # author, member, author's organisation
def test_author_member_and_colleague_do_not_count(person: str) -> None:
    assert isinstance(checked(("u2", "approve", BLIND), (person, "approve", BLIND)), Pending)


def test_blind_votes_that_disagree_are_consolidated_by_everybody_voting_again() -> None:
    first = (("u2", "approve", BLIND), ("u3", "reject", BLIND))
    assert checked(*first) == Pending((), disagree=True)
    assert checked(*first, phase=OPEN) == Pending((), disagree=True)
    one = (*first, ("u3", "approve", OPEN))
    assert checked(*one, phase=OPEN) == Pending((), disagree=True)
    assert isinstance(checked(*one, ("u2", "approve", OPEN), phase=OPEN), Approved)
    assert isinstance(checked(*one, ("u2", "return", OPEN), phase=OPEN), Returned)
    assert isinstance(checked(*one[:2], ("u2", "approve", OPEN), ("u3", "reject", OPEN),
                              phase=OPEN), Rejected)  # fmt: skip


def test_a_file_on_which_blind_votes_agreed_needs_no_second_vote() -> None:
    agreed = (("u2", "approve", BLIND), ("u3", "approve", BLIND))
    assert isinstance(checked(*agreed, phase=OPEN), Approved)
    changed = checked(*agreed, ("u3", "reject", OPEN), phase=OPEN)
    assert changed == Pending((), disagree=True)


def test_a_third_yes_never_outvotes_an_open_objection() -> None:
    said = (("u2", "approve", OPEN), ("u3", "reject", OPEN), ("u5", "approve", OPEN))
    assert isinstance(checked(*said, phase=OPEN), Rejected)


def test_escalation_opens_a_seat_that_another_person_fills() -> None:
    subject = a_subject(RELEASE)
    votes = [
        ballot(RELEASE, subject, "u2", "checker", "approve", 0),
        ballot(RELEASE, subject, "u3", "checker", "approve", 1),
        ballot(RELEASE, subject, "u5", "checker", "escalate", 2),
    ]
    assert outcome_of(RELEASE, subject, votes) == Pending((Chair(ESCALATION),))
    same = ballot(RELEASE, subject, "u2", ESCALATION, "approve", 3)
    assert isinstance(outcome_of(RELEASE, subject, [*votes, same]), Pending)
    third = ballot(RELEASE, subject, "u6", ESCALATION, "approve", 3)
    assert isinstance(outcome_of(RELEASE, subject, [*votes, third]), Approved)


def a_counting_policy(approvals: int, share: Fraction) -> ReviewPolicy:
    """One seat of two voices, in which an objection is counted and does not block."""
    seat = Seat(role="checker", voices=2, approvals=approvals, conflicts=frozenset({"author"}))
    return ReviewPolicy(
        policy="made-up",
        version=1,
        applies_to="project",
        seats={"one": seat},
        rules=Rules(
            approve_share=share,
            objection="counts",
            escalate_adds=seat.model_copy(update={"voices": 1, "approvals": 1}),
            lapse_days=30,
        ),
        phases=("in_review",),
    )


@pytest.mark.parametrize(
    ("approvals", "share", "approved"),
    [
        (1, Fraction(0), True),
        (1, Fraction(1, 2), True),
        (1, Fraction(2, 3), False),
        (2, Fraction(0), False),
    ],
)
def test_one_yes_of_two_is_enough_only_where_the_policy_says_so(
    approvals: int, share: Fraction, approved: bool
) -> None:
    policy = a_counting_policy(approvals, share)
    subject = a_subject(policy)
    votes = [
        ballot(policy, subject, "u2", "one", "approve"),
        ballot(policy, subject, "u3", "one", "return"),
    ]
    assert _is_approved(policy, subject, votes) is approved


def test_two_people_of_one_organisation_are_one_voice_where_the_policy_says_so() -> None:
    counting_each = a_counting_policy(1, Fraction(0))
    rules = counting_each.rules.model_copy(update={"one_voice_per_organisation": True})
    for policy, pending in (
        (counting_each, False),
        (counting_each.model_copy(update={"rules": rules}), True),
    ):
        subject = a_subject(policy)
        votes = [ballot(policy, subject, person, "one", "approve") for person in ("u2", "u6")]
        assert isinstance(outcome_of(policy, subject, votes), Pending) is pending
        votes.append(ballot(policy, subject, "u3", "one", "approve"))
        assert _is_approved(policy, subject, votes)


def test_a_yes_in_the_escalation_seat_does_not_mend_a_share_that_was_missed() -> None:
    policy = a_counting_policy(1, Fraction(2, 3))
    subject = a_subject(policy)
    votes = [
        ballot(policy, subject, "u2", "one", "approve"),
        ballot(policy, subject, "u3", "one", "return"),
        ballot(policy, subject, "u5", "one", "escalate"),
        ballot(policy, subject, "u6", ESCALATION, "approve"),
    ]
    assert isinstance(outcome_of(policy, subject, votes), Returned)


def test_a_request_is_the_sum_of_its_files() -> None:
    yes, no = Approved(conditions=("round",)), Rejected((Reason("checker:reject", "rows"),))
    back = Returned((Reason("checker:return", "label it"),))
    wait = Pending((Chair("checker"),))
    assert settle({"a": yes, "b": wait, "c": back}) == wait
    assert settle({"a": yes, "b": Pending((), True)}) == Pending((), True)
    assert settle({"a": wait, "b": Pending((), True)}) == wait
    assert settle({"a": yes, "b": back, "c": no}) == Returned(
        (Reason("checker:return", "b: label it"),)
    )
    assert settle({"a": yes, "c": no}) == Approved(
        frozenset({"a"}), ("round",), (Reason("checker:reject", "c: rows"),)
    )
    assert settle({"c": no}) == Rejected((Reason("checker:reject", "c: rows"),))
    with pytest.raises(RuntimeError, match="without files"):
        settle({})


REVIEWER = Reviewer(
    "u2", "clinic-b", frozenset({"checker"}), certificates=frozenset({"output_checker_certificate"})
)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"person": "u0"}, ["author", "member"]),
        ({"person": "u1"}, ["member"]),
        ({"organisation": "home"}, ["same_organisation"]),
        ({"roles": frozenset({"researcher"})}, ["role_missing"]),
        ({"roles": frozenset({"checker", "administrator"})}, ["operator"]),
        ({"suspended": True}, ["person_suspended"]),
        ({"certificates": frozenset()}, ["certificate_missing"]),
        ({"fills": frozenset({"checker"})}, []),
        ({"fills": frozenset({ESCALATION})}, ["other_seat"]),
        (
            {
                "person": "u0",
                "organisation": "home",
                "roles": frozenset({"administrator"}),
                "suspended": True,
                "certificates": frozenset(),
                "fills": frozenset({ESCALATION}),
            },
            [
                "author",
                "certificate_missing",
                "member",
                "operator",
                "other_seat",
                "person_suspended",
                "role_missing",
                "same_organisation",
            ],
        ),
    ],
)
def test_eligible_says_every_reason_sorted(changes: dict[str, object], codes: list[str]) -> None:
    decision = eligible(
        RELEASE,
        "checker",
        a_subject(RELEASE),
        replace(REVIEWER, **changes),  # type: ignore[arg-type]
    )
    assert [reason.code for reason in decision.reasons] == codes
    assert bool(decision) is not bool(codes)
    assert all(reason.text.endswith(".") for reason in decision.reasons)


def test_a_partner_speaks_for_the_own_data_only() -> None:
    owner = Reviewer("u3", "university", frozenset({"asset_owner"}))
    decision = eligible(PROJECT, "data_partner", a_subject(PROJECT), owner)
    assert [reason.code for reason in decision.reasons] == ["not_controller"]
    own = replace(owner, person="u5", organisation="clinic-a")
    assert eligible(PROJECT, "data_partner", a_subject(PROJECT, organisation="clinic-a"), own)


def test_an_unknown_seat_is_named() -> None:
    with pytest.raises(Invalid, match="its seats are checker, escalation"):
        eligible(RELEASE, "throne", a_subject(RELEASE), REVIEWER)


def test_who_sees_a_vote_in_which_phase() -> None:
    seen = {
        (phase, own, reviewer): shows_vote(phase, own=own, reviewer=reviewer)
        for phase in Phase
        for own in (False, True)
        for reviewer in (False, True)
    }
    hidden = {key for key, shown in seen.items() if not shown}
    assert len(seen) == 12
    assert hidden == {
        (Phase.IN_REVIEW, False, False),
        (Phase.IN_REVIEW, False, True),
        (Phase.CONSOLIDATING, False, False),
    }
    assert [phase for phase in Phase if blind(phase)] == [Phase.IN_REVIEW]


def test_the_made_up_worlds_reach_every_outcome() -> None:
    """Properties about approvals are worth something only if approvals happen."""
    seen: set[type[Outcome]] = set()

    @settings(max_examples=150, database=None, derandomize=True)
    @given(reviews())
    def look(review: tuple[ReviewPolicy, Subject, list[Ballot]]) -> None:
        seen.add(type(outcome_of(*review)))

    look()
    assert seen == {Pending, Approved, Returned, Rejected}


def test_nobody_is_heard_before_anybody_spoke() -> None:
    for policy in (PROJECT, ADMISSION, RELEASE):
        subject = a_subject(policy)
        assert not any(heard(policy, c, []) for c in open_chairs(policy, subject, []))

"""[pure] The one seat engine: from a policy, a subject and its votes to an outcome.

Projects, snapshots and airlock files all ask here, and so does each of web, API, CLI and
reconciler. The engine has no clock and no database; time alone never leads to approval.
Source: governance section 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from orchestrator.errors import Invalid
from orchestrator.policy.model import ESCALATION, ReviewPolicy, Seat
from orchestrator.values import Decision, Digest, Reason


class VoteValue(StrEnum):
    """What a reviewer can say. Return and reject need a reason."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    ABSTAIN = "abstain"
    ESCALATE = "escalate"


class Phase(StrEnum):
    """Where a round of review stands; in the first nobody sees another's vote."""

    IN_REVIEW = "in_review"
    CONSOLIDATING = "consolidating"
    DECIDED = "decided"


CAUTION = (VoteValue.APPROVE, VoteValue.RETURN, VoteValue.REJECT)
"""The values that are voices, the most cautious last."""

NEEDS_REASON = frozenset({VoteValue.RETURN, VoteValue.REJECT})


@dataclass(frozen=True)
class Subject:
    """What is under review, in one round.

    Shape: `type` is project, snapshot or airlock_request; `digest` names exactly what is decided
    (the file's where the policy decides per file, then `part` names the file); `organisation` is
    the author's; `controllers` are the partners whose data it asks for, `needed` those without
    whose data it makes no sense; `since` is when this round began.
    """

    type: str
    id: str
    digest: Digest
    round: int
    author: str
    organisation: str
    members: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    part: str = ""
    phase: Phase = Phase.IN_REVIEW
    since: datetime | None = None


@dataclass(frozen=True)
class Ballot:
    """One vote as it was cast; what it was cast about is part of it."""

    person: str
    organisation: str
    seat: str
    value: VoteValue
    digest: Digest
    round: int
    policy: Digest
    cast_at: datetime
    part: str = ""
    phase: Phase = Phase.IN_REVIEW
    reason: str = ""
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reviewer:
    """The facts about a person who may want to vote, as of now.

    Shape: `certificates` holds kinds that are in date; `fills` the seats of this round of this
    subject in which the person has voted already.
    """

    person: str
    organisation: str
    roles: frozenset[str]
    suspended: bool = False
    certificates: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()


@dataclass(frozen=True, order=True)
class Chair:
    """One seat as it must be filled here: a `per` seat has one for each organisation."""

    seat: str
    organisation: str = ""


@dataclass(frozen=True)
class Pending:
    """Not decided: these are not heard, or the blind votes disagree and must be consolidated.

    Shape: `missing` says who is not heard and nothing about what the others said; `disagree` is
    True only when all are heard.
    """

    missing: tuple[Chair, ...] = ()
    disagree: bool = False


@dataclass(frozen=True)
class Approved:
    """Agreed. Shape: `granted` are controllers (project) or parts (request); `excluded` too."""

    granted: frozenset[str] = frozenset()
    conditions: tuple[str, ...] = ()
    excluded: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Returned:
    """The turn goes to the author; the next submission is the next round."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Rejected:
    """Refused; for a project this is the state `declined`."""

    reasons: tuple[Reason, ...]


Outcome = Pending | Approved | Returned | Rejected


def decide(
    policy: ReviewPolicy, subject: Subject, votes: Iterable[Ballot], now: datetime
) -> Outcome:
    """Sum the votes on a subject, or on one part of it.

    Shape: only votes for exactly this digest, round, part and policy count, and only those of
    people without conflict; any order of `votes` gives the same outcome.
    """
    assert policy.applies_to == subject.type, "this policy is about other subjects"
    cast = list(votes)
    counted = counting(policy, subject, cast)
    chairs = open_chairs(policy, subject, counted)
    missing = tuple(chair for chair in chairs if not heard(policy, chair, counted))
    if missing or _to_consolidate(policy, counted, _valid(policy, subject, cast)):
        return _lapsed(policy, subject, now) or Pending(missing, disagree=not missing)
    return _sum(policy, subject, chairs, counted)


def settle(parts: Mapping[str, Outcome]) -> Outcome:
    """Sum the outcomes of all parts of a request.

    Shape: any part pending keeps it pending; any part sent back returns it; else at least one
    approved part approves it and only approved parts are granted; none rejects it.
    Errors: RuntimeError for a request without parts (an empty set agrees to nothing).
    """
    if not parts:
        raise RuntimeError("a request without files cannot be decided")
    waiting = [outcome for outcome in parts.values() if isinstance(outcome, Pending)]
    if waiting:
        missing = sorted({chair for outcome in waiting for chair in outcome.missing})
        return Pending(tuple(missing), disagree=not missing)
    back = _reasons_of(parts, Returned)
    if back:
        return Returned(back)
    granted = {part: o for part, o in parts.items() if isinstance(o, Approved)}
    refused = _reasons_of(parts, Rejected)
    if not granted:
        return Rejected(refused)
    conditions = sorted({text for o in granted.values() for text in o.conditions})
    return Approved(frozenset(granted), tuple(conditions), refused)


def eligible(policy: ReviewPolicy, seat: str, subject: Subject, reviewer: Reviewer) -> Decision:
    """Say whether this person may fill this seat on this subject, with every reason against it.

    Shape: the one answer for the button, its tooltip and the refusal.
    Errors: Invalid for a seat that the policy does not have.
    """
    place = policy.all_seats.get(seat)
    if place is None:
        known = ", ".join(policy.all_seats)
        raise Invalid(f"There is no seat {seat!r} in this review; its seats are {known}.")
    against = {
        **_standing_against(place, subject, reviewer.person, reviewer.organisation),
        **_person_against(place, reviewer),
        **_other_seat(seat, reviewer),
    }
    return Decision(tuple(Reason(code, against[code]) for code in sorted(against)))


def counting(policy: ReviewPolicy, subject: Subject, votes: Iterable[Ballot]) -> list[Ballot]:
    """Choose the votes that count: right subject, no conflict, one seat and one vote a person.

    Shape: of one person the seat filled first stands, and in it the vote of the latest phase.
    """
    valid = _valid(policy, subject, votes)
    seat_of: dict[str, str] = {}
    for vote in valid:
        seat_of.setdefault(vote.person, vote.seat)
    latest: dict[str, Ballot] = {}
    for vote in valid:
        if vote.seat == seat_of[vote.person] and _replaces(vote, latest.get(vote.person)):
            latest[vote.person] = vote
    return sorted(latest.values(), key=lambda vote: vote.person)


def open_chairs(
    policy: ReviewPolicy, subject: Subject, votes: Iterable[Ballot]
) -> tuple[Chair, ...]:
    """List the seats that must be filled here; a counted vote *escalate* adds one more."""
    chairs: list[Chair] = []
    for name, seat in policy.seats.items():
        organisations = sorted(subject.controllers) if seat.per else [""]
        chairs += [Chair(name, organisation) for organisation in organisations]
    if policy.rules.escalate_adds and any(v.value is VoteValue.ESCALATE for v in votes):
        chairs.append(Chair(ESCALATION))
    return tuple(chairs)


def heard(policy: ReviewPolicy, chair: Chair, counted: Sequence[Ballot]) -> bool:
    """Say whether a seat has as many voices as it needs; abstain is not a voice."""
    return len(_voices(policy, chair, counted)) >= policy.all_seats[chair.seat].voices


def blind(phase: Phase) -> bool:
    """Say whether nobody but a voter may learn anything of a vote except that it was heard."""
    return phase is Phase.IN_REVIEW


def shows_vote(phase: Phase, *, own: bool, reviewer: bool) -> bool:
    """Say whether a vote's value and words may be shown to somebody.

    Shape: own votes always; the others' while consolidating to those who vote too; after the
    decision to everybody who may see the subject.
    Source: governance section 2, P11.
    """
    match phase:
        case Phase.IN_REVIEW:
            return own
        case Phase.CONSOLIDATING:
            return own or reviewer
        case Phase.DECIDED:
            return True


def _valid(policy: ReviewPolicy, subject: Subject, votes: Iterable[Ballot]) -> list[Ballot]:
    named = policy.digest
    about = (v for v in votes if v.policy == named and _is_about(policy, subject, v))
    return sorted(about, key=lambda vote: (vote.cast_at, vote.seat, _caution(vote)))


def _caution(vote: Ballot) -> int:
    return CAUTION.index(vote.value) if _voice(vote) else len(CAUTION)


def _is_about(policy: ReviewPolicy, subject: Subject, vote: Ballot) -> bool:
    seat = policy.all_seats.get(vote.seat)
    return (
        seat is not None
        and vote.digest == subject.digest
        and vote.round == subject.round
        and vote.part == subject.part
        and not _standing_against(seat, subject, vote.person, vote.organisation)
    )


def _replaces(vote: Ballot, earlier: Ballot | None) -> bool:
    return earlier is None or (not blind(vote.phase)) >= (not blind(earlier.phase))


def _standing_against(
    seat: Seat, subject: Subject, person: str, organisation: str
) -> dict[str, str]:
    found = {}
    if "author" in seat.conflicts and person == subject.author:
        found["author"] = "You are its author; somebody else must look at it."
    if "member" in seat.conflicts and person in subject.members:
        found["member"] = "You are a member of this project; people from outside must look at it."
    if "same_organisation" in seat.conflicts and organisation == subject.organisation:
        found["same_organisation"] = (
            "You belong to the organisation it comes from; somebody of another one must look at it."
        )
    if seat.per and organisation not in subject.controllers:
        found["not_controller"] = (
            "Your organisation is not asked here: this seat speaks for the partners whose data "
            "are concerned."
        )
    return found


def _person_against(seat: Seat, reviewer: Reviewer) -> dict[str, str]:
    found = {}
    if seat.role not in reviewer.roles:
        found["role_missing"] = (
            f"This seat needs the role {seat.role.replace('_', ' ')}. "
            "An administrator of the alliance can grant it."
        )
    if "administrator" in reviewer.roles:
        found["operator"] = "Administrators run the house and therefore do not vote in it."
    if reviewer.suspended:
        found["person_suspended"] = "Your account is suspended; ask an administrator why."
    absent = sorted(seat.needs - reviewer.certificates)
    if absent:
        names = " and ".join(name.replace("_", " ") for name in absent)
        found["certificate_missing"] = (
            f"This seat needs a valid certificate: {names}. An administrator records a new one."
        )
    return found


def _other_seat(seat: str, reviewer: Reviewer) -> dict[str, str]:
    others = sorted(reviewer.fills - {seat})
    if not others:
        return {}
    return {"other_seat": f"You fill the seat {others[0]} here already; one person fills one seat."}


def _voice(vote: Ballot) -> bool:
    return vote.value in CAUTION


def _voices(policy: ReviewPolicy, chair: Chair, counted: Sequence[Ballot]) -> list[VoteValue]:
    in_seat = [
        vote
        for vote in counted
        if _voice(vote)
        and vote.seat == chair.seat
        and chair.organisation in ("", vote.organisation)
    ]
    if not policy.rules.one_voice_per_organisation:
        return [vote.value for vote in in_seat]
    most_cautious: dict[str, VoteValue] = {}
    for vote in in_seat:
        said = most_cautious.get(vote.organisation, VoteValue.APPROVE)
        most_cautious[vote.organisation] = max(said, vote.value, key=CAUTION.index)
    return list(most_cautious.values())


def _to_consolidate(
    policy: ReviewPolicy, counted: Sequence[Ballot], valid: Sequence[Ballot]
) -> bool:
    """Blind votes that disagree wait until each voter has confirmed or replaced the own vote."""
    if Phase.CONSOLIDATING.value not in policy.phases:
        return False
    first = {vote.value for vote in valid if _voice(vote) and blind(vote.phase)}
    voices = [vote for vote in counted if _voice(vote)]
    if len(first) <= 1 and len({vote.value for vote in voices}) == 1:
        return False
    return any(blind(vote.phase) for vote in voices)


def _lapsed(policy: ReviewPolicy, subject: Subject, now: datetime) -> Outcome | None:
    if subject.since is None or now < subject.since + policy.rules.lapse:
        return None
    days = policy.rules.lapse_days
    text = f"Not every seat was heard within {days} days. Submit again to start a new round."
    return Returned((Reason("lapsed", text),))


@dataclass
class _Tally:
    """What the seats came to together."""

    supported: bool = True
    objection: bool = False
    back: bool = False
    veto: bool = False
    excluded: set[str] = field(default_factory=set)
    fixed: list[VoteValue] = field(default_factory=list)


def _sum(
    policy: ReviewPolicy, subject: Subject, chairs: Sequence[Chair], counted: Sequence[Ballot]
) -> Outcome:
    tally = _Tally()
    for chair in chairs:
        _add(tally, policy.all_seats[chair.seat], chair, _voices(policy, chair, counted))
    spoken = _spoken(counted)
    if tally.veto:
        return Rejected(spoken)
    if tally.supported and not _stopped(policy, tally):
        return _granted(subject, counted, tally, spoken)
    return Returned(spoken) if tally.back else Rejected(spoken)


def _add(tally: _Tally, seat: Seat, chair: Chair, voices: Sequence[VoteValue]) -> None:
    if seat.per and VoteValue.REJECT in voices:
        if seat.refusal == "exclude_slice":
            tally.excluded.add(chair.organisation)
        else:
            tally.veto = True
        return
    tally.supported &= voices.count(VoteValue.APPROVE) >= seat.approvals
    tally.back |= VoteValue.RETURN in voices
    tally.objection |= any(voice is not VoteValue.APPROVE for voice in voices)
    if seat.per is None and chair.seat != ESCALATION:  # an escalation only adds a requirement
        tally.fixed += voices


def _stopped(policy: ReviewPolicy, tally: _Tally) -> bool:
    if policy.rules.objection == "blocks" and tally.objection:
        return True
    approving = tally.fixed.count(VoteValue.APPROVE)
    return bool(tally.fixed) and (
        Fraction(approving, len(tally.fixed)) < policy.rules.approve_share
    )


def _granted(
    subject: Subject, counted: Sequence[Ballot], tally: _Tally, spoken: tuple[Reason, ...]
) -> Outcome:
    granted = subject.controllers - tally.excluded
    if (subject.needed & tally.excluded) or (tally.excluded and not granted):
        text = "Without the data that a partner refused, the project lacks what it declared needed."
        return Returned((*spoken, Reason("minimum_broken", text)))
    conditions = sorted({c for v in counted if v.value is VoteValue.APPROVE for c in v.conditions})
    refusals = tuple(reason for reason in spoken if reason.code.endswith(":reject"))
    return Approved(granted, tuple(conditions), refusals)


def _spoken(counted: Sequence[Ballot]) -> tuple[Reason, ...]:
    """What was said against it, for the author: seat and value as the code, never a name."""
    against = [vote for vote in counted if vote.value in NEEDS_REASON]
    return tuple(
        sorted(
            (Reason(f"{vote.seat}:{vote.value}", vote.reason) for vote in against),
            key=lambda reason: (reason.code, reason.text),
        )
    )


def _reasons_of(
    parts: Mapping[str, Outcome], kind: type[Returned] | type[Rejected]
) -> tuple[Reason, ...]:
    return tuple(
        Reason(reason.code, f"{part}: {reason.text}")
        for part, outcome in sorted(parts.items())
        if isinstance(outcome, kind)
        for reason in outcome.reasons
    )

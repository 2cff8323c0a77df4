"""What a person may do with a request now, with every reason against it: for buttons and refusals.

Each decision here is the one that the service itself asks before it acts, or reads the table that
it moves by; nothing is done here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from orchestrator.airlock import checking, drafting, people, releasing, rounds
from orchestrator.airlock.models import File, Request
from orchestrator.airlock.rounds import phase_of, present_files
from orchestrator.airlock.states import UNDER_REVIEW
from orchestrator.errors import Conflict, NotAllowed
from orchestrator.governance.access import Verb
from orchestrator.governance.queries import SeenVote
from orchestrator.governance.seats import Phase
from orchestrator.lifecycle.machine import Standing
from orchestrator.policy.model import Policies
from orchestrator.projects import queries as projects
from orchestrator.values import Actor, Decision, Reason


def of_request(
    session: Session, actor: Actor, now: datetime, row: Request, look: Decision, policies: Policies
) -> dict[str, Decision]:
    """Answer for everything that could be done with a request whether this person may do it.

    Shape: `look` is the decision about looking into it.
    """
    standing = people.standing(session, actor, row)
    hold = people.may_hold(session, actor, row)
    change = _move(row, "submit", standing)
    reopen = _move(row, "reopen", standing)
    if actor.person == row.author_id:
        access = _access(session, actor, now, row, Verb.SUBMIT, policies)
        change, reopen = joined(change, access), joined(reopen, access)
    budget = checking.precheck_budget(session, row, now, policies)
    return {
        "change": change,
        "submit": joined(change, _complete(session, row)),
        "check": joined(change, budget, _any_files(row)),
        "withdraw": _move(row, "withdraw", standing),
        "reopen": reopen,
        "vote": may_vote(session, actor, now, row),
        "comment": look,
        "recall": _move(row, "recall", standing),
        "hold": hold,
        "lift": joined(hold, Decision() if row.held_reason else _no("not_held", "Not held.")),
    }


def may_vote(session: Session, actor: Actor, now: datetime, row: Request) -> Decision:
    """Say whether this person may vote on a request's files now, with every reason against it."""
    if row.policy_digest is None:
        return _no("no_round", "This request was not submitted yet, so nobody reviews it.")
    person = rounds.may_review(session, actor, now, rounds.review_of(session, row))
    if row.state in UNDER_REVIEW:
        return person
    text = f"This request is {row.state.replace('_', ' ')}, so votes are closed."
    return joined(person, _no("review_closed", text))


def not_twice(votes: Sequence[SeenVote], row: Request) -> Decision:
    """Say whether none of a file's votes is the viewer's own in this phase."""
    phase = phase_of(row)
    if phase is Phase.DECIDED or not any(v.own and v.phase == phase.value for v in votes):
        return Decision()
    return _no("voted_already", "You have voted on this file; the vote stands in this phase.")


def was_released(file: File, counted: Mapping[str, int]) -> Decision:
    """Say whether a file is among those that were released, by their counted downloads."""
    if file.id in counted:
        return Decision()
    return _no("not_released", "This file was not released.")


def may_download(
    session: Session, actor: Actor, now: datetime, row: Request, policies: Policies
) -> Decision:
    """Say whether this person may have the released files now."""
    if actor.person != row.author_id:
        return _no("not_author", "Released files are handed to their author.")
    return joined(
        _access(session, actor, now, row, Verb.COLLECT, policies), releasing.handing_out(row, now)
    )


def _move(row: Request, event: str, standing: Standing) -> Decision:
    """Ask the table what `advance` would do, without doing it."""
    try:
        row.MACHINE.next(row.state, event, standing)
    except (Conflict, NotAllowed) as refusal:
        return _no(refusal.code, refusal.message)
    return Decision()


def _access(
    session: Session, actor: Actor, now: datetime, row: Request, verb: Verb, policies: Policies
) -> Decision:
    project = projects.get(session, row.project_id)
    return people.may(session, actor, now, project, verb, policies)


def _complete(session: Session, row: Request) -> Decision:
    return drafting.complete(present_files(session, row.id))


def _any_files(row: Request) -> Decision:
    return Decision() if row.files else _no("no_files", "There is no file yet. Add one first.")


def _no(code: str, text: str) -> Decision:
    return Decision((Reason(code, text),))


def joined(*decisions: Decision) -> Decision:
    """Allow what all allow; each reason against it once."""
    reasons = {reason.code: reason for one in decisions for reason in one.reasons}
    return Decision(tuple(reasons[code] for code in sorted(reasons)))

"""Who somebody is to an airlock request: what they may see, and every reason against what they ask.

The same decisions serve the button, its tooltip and the refusal. Writes nothing.
"""

from datetime import datetime

from sqlmodel import Session, select

from orchestrator.airlock.models import Request
from orchestrator.airlock.states import RequestState
from orchestrator.errors import Conflict, NotAllowed, NotFound
from orchestrator.governance import queries as governance
from orchestrator.governance.access import Verb, for_verb
from orchestrator.governance.seats import Subject, eligible
from orchestrator.identity.roles import SYSTEM_ROLE, Role, permitted
from orchestrator.lifecycle.machine import Standing
from orchestrator.policy.model import Policies, ReviewPolicy
from orchestrator.projects import queries as projects
from orchestrator.projects.models import Member, Project
from orchestrator.values import Actor, Decision, Reason
from orchestrator.workspaces.access import access

_NEVER_SUBMITTED = frozenset({RequestState.DRAFT, RequestState.CHECKING, RequestState.BLOCKED})


def person_of(actor: Actor) -> str:
    """Name the person who acts. Errors: NotAllowed for a process."""
    if actor.person is None:
        raise NotAllowed("Only people do this; sign in as one.", code="not_a_person")
    return actor.person


def demand(decision: Decision) -> None:
    """Refuse with every reason. Errors: NotAllowed."""
    if not decision:
        raise NotAllowed(
            " ".join(reason.text for reason in decision.reasons),
            code=decision.reasons[0].code,
            reasons=[(reason.code, reason.text) for reason in decision.reasons],
        )


def may(
    session: Session, actor: Actor, now: datetime, project: Project, verb: Verb, policies: Policies
) -> Decision:
    """Say whether a member may submit to or collect from a project now, with every reason."""
    found = access(session, person_of(actor), project, now, policies=policies)
    return for_verb(found, verb)


def demand_access(
    session: Session, actor: Actor, now: datetime, project_id: str, verb: Verb, policies: Policies
) -> Project:
    """Read a project in which the actor may do this now.

    Errors: NotFound for a foreign project; NotAllowed with every reason.
    Source: design property 9.
    """
    project = projects.seen(session, actor, project_id)
    demand(may(session, actor, now, project, verb, policies))
    return project


def members(
    session: Session, project_id: str, *, known_at: datetime | None = None
) -> frozenset[str]:
    """Name everybody who ever had a place in a project: who has been inside does not judge.

    Shape: with `known_at` only those who had one by then.
    """
    query = select(Member.person_id).where(Member.project_id == project_id)
    if known_at is not None:
        query = query.where(Member.invited_at <= known_at)
    return frozenset(session.exec(query))


def visible(session: Session, actor: Actor, request_id: str) -> Request:
    """Read a request that this actor may know of.

    Errors: NotFound when it does not exist or is not theirs to see: the same answer.
    """
    row = session.get(Request, request_id)
    if row is None or not knows(session, actor, row):
        raise NotFound(
            "There is no such airlock request, or it is not yours to see. Your own requests are "
            "on the start page.",
            code="request_unknown",
        )
    return row


def knows(session: Session, actor: Actor, row: Request) -> bool:
    """Say whether somebody may know that a request exists.

    Shape: its author always. Once it is with the reviewers also the members of its project,
    checkers, administrators, and owners of the data it may hold.
    """
    if actor.person is not None and actor.person == row.author_id:
        return True
    if row.submitted_at is None or row.state in _NEVER_SUBMITTED:
        return False
    return standing(session, actor, row) is not Standing.STRANGER


def own(session: Session, actor: Actor, request_id: str) -> Request:
    """Read a request of the actor's own.

    Errors: NotFound as `visible`; NotAllowed when it is somebody else's.
    """
    row = visible(session, actor, request_id)
    if actor.person != row.author_id:
        raise NotAllowed(
            "This is its author's to do, and you are not its author.", code="not_author"
        )
    return row


def own_draft(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> Request:
    """Read a request that this author may change now.

    Errors: NotFound when it is somebody else's; Conflict once it was submitted; NotAllowed with
    every reason when the author has no access to the project any more.
    """
    row = own(session, actor, request_id)
    if row.state != RequestState.DRAFT:
        raise Conflict(
            f"This request is {row.state.replace('_', ' ')}: its files cannot change now. "
            "What was submitted is what is reviewed; withdraw it or wait for the decision.",
            code="not_a_draft",
        )
    demand_access(session, actor, now, row.project_id, Verb.SUBMIT, policies)
    return row


def standing(session: Session, actor: Actor, row: Request) -> Standing:
    """Say what an actor is to a request; the nearest relation wins."""
    if actor.person is None:
        return Standing.SYSTEM if SYSTEM_ROLE in actor.roles else Standing.STRANGER
    if actor.person == row.author_id:
        return Standing.AUTHOR
    if Role.ADMINISTRATOR in actor.roles:
        return Standing.ADMINISTRATOR
    if Role.ASSET_OWNER in actor.roles and actor.organisation in _controllers(session, row):
        return Standing.OWNER
    place = session.get(Member, (row.project_id, actor.person))
    if place is not None and place.removed_at is None:
        return Standing.MEMBER
    return Standing.REVIEWER if Role.CHECKER in actor.roles else Standing.STRANGER


def may_vote(
    session: Session,
    actor: Actor,
    now: datetime,
    policy: ReviewPolicy,
    seat: str,
    subject: Subject,
) -> Decision:
    """Say whether this person may fill a seat on a file, with every reason against it.

    Source: design property 4.
    """
    role = permitted(actor, "airlock.request.vote")
    if actor.person is None:
        return role
    facts = governance.reviewer(session, actor, subject, now)
    return _both(eligible(policy, seat, subject, facts), role)


def may_hold(session: Session, actor: Actor, row: Request) -> Decision:
    """Many may stop: administrators and owners of the data hold what is not theirs to judge."""
    if standing(session, actor, row) in (Standing.ADMINISTRATOR, Standing.OWNER, Standing.SYSTEM):
        return Decision()
    text = "Only an administrator or an owner of the data holds a request or lets it go on."
    return Decision((Reason("wrong_standing", text),))


def _controllers(session: Session, row: Request) -> frozenset[str]:
    return frozenset(grant.controller for grant in projects.grants(session, row.project_id))


def _both(*decisions: Decision) -> Decision:
    reasons = {reason.code: reason for decision in decisions for reason in decision.reasons}
    return Decision(tuple(reasons[code] for code in sorted(reasons)))

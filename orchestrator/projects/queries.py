"""Reads: projects somebody may see, what waits for a reviewer, the facts for effective access."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from orchestrator.errors import NotFound
from orchestrator.governance.access import (
    Access,
    DatasetFacts,
    Membership,
    PersonFacts,
    ProjectFacts,
    WorkspaceFacts,
    effective_access,
)
from orchestrator.governance.halts import Scope
from orchestrator.governance.queries import (
    SeenVote,
    halt_of,
    halted_datasets,
    hearings,
    own_vote,
    pinned,
    project_stop,
    reviewer,
    votes_seen,
)
from orchestrator.governance.seats import Chair, Phase, Subject, eligible
from orchestrator.identity.models import Person
from orchestrator.identity.queries import certificates_of
from orchestrator.identity.roles import SYSTEM_ROLE, Role
from orchestrator.lifecycle.machine import Standing
from orchestrator.policy.model import Policies, ReviewPolicy
from orchestrator.projects.models import Grant, Member, Project
from orchestrator.projects.states import RUNNING, VERBS, ProjectState
from orchestrator.values import Actor, Decision, Digest, JsonValue, Reason

OVERSIGHT = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, SYSTEM_ROLE})
PANELS = frozenset({Role.LAY_PANEL, Role.METHODS_REVIEWER})
PARTNERS = frozenset({Role.ASSET_OWNER, Role.DATA_STEWARD})


@dataclass(frozen=True)
class SeatView:
    """One seat of a project's review, as one person sees it.

    Shape: `decision` is the one answer for button, tooltip and refusal; `voted` is about the
    person's own vote in this phase.
    """

    chair: Chair
    role: str
    heard: bool
    decision: Decision
    voted: bool


@dataclass(frozen=True)
class MemberView:
    """A member with their name, for people who may see the project."""

    person_id: str
    handle: str
    name: str
    organisation: str | None
    role: str
    accepted: bool
    removed: bool


@dataclass(frozen=True)
class ProjectDetail:
    """All that somebody may see of a project."""

    project: Project
    standing: Standing
    members: tuple[MemberView, ...]
    grants: tuple[Grant, ...]
    seats: tuple[SeatView, ...]
    votes: tuple[SeenVote, ...]


@dataclass(frozen=True)
class QueueItem:
    """One seat that waits for somebody of this role, and whether it is this person's to fill."""

    project: Project
    seat: SeatView


def by_slug(session: Session, slug: str) -> Project | None:
    """Find a project by its slug, whoever asks; for our own processes."""
    return session.exec(select(Project).where(Project.slug == slug)).one_or_none()


def by_ids(session: Session, project_ids: Iterable[str]) -> dict[str, Project]:
    """Read projects by id, whoever asks; an unknown id has no entry. For our own processes."""
    query = select(Project).where(col(Project.id).in_(list(project_ids)))
    return {row.id: row for row in session.exec(query)}


def get(session: Session, project_id: str) -> Project:
    """Read a project by its id, whoever asks; for our own processes.

    Errors: NotFound.
    """
    row = session.get(Project, project_id)
    if row is None:
        raise _unknown()
    return row


def seen(session: Session, actor: Actor, project_id: str) -> Project:
    """Read a project that this actor may see.

    Errors: NotFound when it does not exist or is not theirs to see: the same answer.
    """
    row = session.get(Project, project_id)
    if row is None or not may_see(session, actor, row):
        raise _unknown()
    return row


def visible(session: Session, actor: Actor) -> list[Project]:
    """List the projects this actor may see, by slug."""
    rows = session.exec(select(Project).order_by(Project.slug))
    return [row for row in rows if may_see(session, actor, row)]


def may_see(session: Session, actor: Actor, row: Project) -> bool:
    """Say whether somebody may know of a project.

    Shape: its people always; after submission also oversight, the panels that review, and the
    partners whose data it asks for. A draft is its people's own matter.
    """
    if _is_member(session, actor, row):
        return True
    if row.submitted_at is None:
        return SYSTEM_ROLE in actor.roles
    if actor.roles & (OVERSIGHT | PANELS):
        return True
    partner = bool(actor.roles & PARTNERS)
    return partner and any(g.controller == actor.organisation for g in grants(session, row.id))


def detail(session: Session, actor: Actor, slug: str, now: datetime) -> ProjectDetail:
    """Read everything somebody may see of a project.

    Errors: NotFound for an unknown and for a foreign project: the same answer.
    """
    row = by_slug(session, slug)
    if row is None or not may_see(session, actor, row):
        raise _unknown()
    reviewed = row.plan_digest is not None
    return ProjectDetail(
        project=row,
        standing=standing(session, actor, row),
        members=tuple(members(session, row.id)),
        grants=tuple(grants(session, row.id)),
        seats=tuple(seats(session, actor, row, now)),
        votes=tuple(votes_seen(session, subject_of(session, row), actor)) if reviewed else (),
    )


def standing(session: Session, actor: Actor, row: Project) -> Standing:
    """Say what an actor is to a project."""
    if actor.person is None:
        return Standing.SYSTEM if SYSTEM_ROLE in actor.roles else Standing.STRANGER
    if actor.person == row.lead_id:
        return Standing.LEAD
    if _is_member(session, actor, row):
        return Standing.MEMBER
    return Standing.ADMINISTRATOR if Role.ADMINISTRATOR in actor.roles else Standing.STRANGER


def members(session: Session, project_id: str) -> list[MemberView]:
    """List the people of a project, the lead first, removed ones too."""
    query = select(Member, Person).join(Person, col(Person.id) == Member.person_id)
    rows = session.exec(query.where(Member.project_id == project_id).order_by(Person.handle))
    found = [_member_view(member, someone) for member, someone in rows]
    return sorted(found, key=lambda view: view.role)


def active_members(session: Session, project_id: str) -> list[str]:
    """List the people who accepted and were not removed, by id; for servers and gateways."""
    return active_by_project(session, [project_id])[project_id]


def active_by_project(session: Session, project_ids: Iterable[str]) -> dict[str, list[str]]:
    """List the people of many projects who accepted and were not removed, by id."""
    found: dict[str, list[str]] = {project_id: [] for project_id in project_ids}
    query = select(Member.project_id, Member.person_id).where(
        col(Member.project_id).in_(list(found)),
        col(Member.accepted_at).is_not(None),
        col(Member.removed_at).is_(None),
    )
    for project_id, person_id in session.exec(query.order_by(Member.person_id)):
        found[project_id].append(person_id)
    return found


def grants(session: Session, project_id: str) -> list[Grant]:
    """List the datasets a project asks for, refused ones too, by slug."""
    query = select(Grant).where(Grant.project_id == project_id)
    return list(session.exec(query.order_by(Grant.dataset_slug)))


def granted(session: Session, project_id: str) -> list[Grant]:
    """List the datasets a project may use, by slug."""
    return [grant for grant in grants(session, project_id) if grant.excluded_at is None]


def using(session: Session, dataset_slug: str) -> list[Project]:
    """List the projects with a permit that grants a dataset, by slug; ended ones too."""
    query = select(Project).join(Grant, col(Grant.project_id) == Project.id)
    chosen = query.where(
        Grant.dataset_slug == dataset_slug,
        col(Grant.excluded_at).is_(None),
        col(Project.permit_digest).is_not(None),
    )
    return list(session.exec(chosen.order_by(Project.slug)))


def subject_of(session: Session, row: Project) -> Subject:
    """Say what is under review: the plan as it was fixed at submission.

    Shape: former members count as members: who has been inside does not judge.
    """
    assert row.plan is not None, "a draft is not under review"
    plan: dict[str, JsonValue] = json.loads(row.plan)
    people = session.exec(select(Member.person_id).where(Member.project_id == row.id))
    asked = _asked(plan)
    under_review = row.state == ProjectState.SUBMITTED
    return Subject(
        type="project",
        id=row.id,
        digest=Digest(str(row.plan_digest)),
        round=row.round,
        author=row.lead_id,
        organisation=row.organisation,
        members=frozenset(people),
        controllers=frozenset(controller for controller, _ in asked),
        needed=frozenset(controller for controller, needed in asked if needed),
        phase=Phase.IN_REVIEW if under_review else Phase.DECIDED,
        since=row.submitted_at,
    )


def seats(session: Session, actor: Actor, row: Project, now: datetime) -> list[SeatView]:
    """List the seats of a project's review as somebody sees them; none before submission."""
    if row.policy_digest is None:
        return []
    policy = pinned(session, row.policy_digest)
    subject = subject_of(session, row)
    return [
        SeatView(
            chair=hearing.chair,
            role=policy.all_seats[hearing.chair.seat].role,
            heard=hearing.heard,
            decision=_decision(session, actor, policy, hearing.chair, subject, now),
            voted=actor.person is not None
            and own_vote(session, subject, actor.person, hearing.chair.seat) is not None,
        )
        for hearing in hearings(session, policy, subject)
    ]


def review_queue(session: Session, actor: Actor, now: datetime) -> list[QueueItem]:
    """List the seats of projects under review that somebody of this actor's roles must fill.

    Shape: also those that this very person cannot fill, with every reason; oldest first.
    """
    query = select(Project).where(Project.state == ProjectState.SUBMITTED.value)
    return [
        QueueItem(row, seat)
        for row in session.exec(query.order_by(col(Project.submitted_at)))
        if may_see(session, actor, row)
        for seat in seats(session, actor, row, now)
        if seat.role in actor.roles and seat.chair.organisation in ("", actor.organisation)
    ]


def to_activate(session: Session, now: datetime) -> list[Project]:
    """List approved projects whose time has come."""
    query = select(Project).where(
        Project.state == ProjectState.APPROVED.value, col(Project.starts_at) <= now
    )
    return list(session.exec(query.order_by(Project.slug)))


def to_end(session: Session, now: datetime) -> list[Project]:
    """List running projects whose end has come."""
    running = [state.value for state in RUNNING]
    query = select(Project).where(col(Project.state).in_(running), col(Project.ends_at) <= now)
    return list(session.exec(query.order_by(Project.slug)))


def under_review(session: Session) -> list[Project]:
    """List submitted projects, by slug."""
    query = select(Project).where(Project.state == ProjectState.SUBMITTED.value)
    return list(session.exec(query.order_by(Project.slug)))


def to_lapse(session: Session, now: datetime) -> list[Project]:
    """List submitted projects whose review has taken longer than its policy allows."""
    return [
        row
        for row in under_review(session)
        if row.submitted_at is not None
        and now >= row.submitted_at + pinned(session, str(row.policy_digest)).rules.lapse
    ]


def to_finish(session: Session, now: datetime, closing: timedelta) -> list[Project]:
    """List closing projects whose time to submit and collect is over."""
    query = select(Project).where(
        Project.state == ProjectState.CLOSING.value, col(Project.closing_at) <= now - closing
    )
    return list(session.exec(query.order_by(Project.slug)))


def active(session: Session) -> list[Project]:
    """List the projects that have a workspace now, by slug."""
    query = select(Project).where(Project.state == ProjectState.ACTIVE.value)
    return list(session.exec(query.order_by(Project.slug)))


def register(session: Session) -> list[Project]:
    """List every project that was ever granted, the newest permit first; for the public register.

    Source: governance section 6.
    """
    query = select(Project).where(col(Project.permit_digest).is_not(None))
    return list(session.exec(query.order_by(col(Project.starts_at).desc(), Project.slug)))


def person_facts(session: Session, person_id: str, project_id: str) -> PersonFacts | None:
    """Load what effective access must know of a person; None for an unknown one."""
    someone = session.get(Person, person_id)
    if someone is None:
        return None
    place = session.get(Member, (project_id, person_id))
    stop = halt_of(session, Scope.PERSON, person_id)
    return PersonFacts(
        person=person_id,
        membership=None if place is None else _membership(place),
        certificates=certificates_of(session, person_id),
        suspended=someone.suspended_reason or (stop.reason if stop else None),
    )


def project_facts(
    session: Session,
    row: Project,
    *,
    policies: Policies,
    datasets: Mapping[str, DatasetFacts],
    workspace: WorkspaceFacts | None,
) -> ProjectFacts:
    """Load what effective access must know of a project.

    Shape: `datasets` are the facts of the granted ones by slug, from the noun above; one that is
    absent counts as a fact that could not be loaded. `workspace` likewise comes from above.
    """
    slugs = [grant.dataset_slug for grant in granted(session, row.id)]
    halted = halted_datasets(session, slugs)
    stop = project_stop(session, row.id)
    return ProjectFacts(
        project=row.id,
        verbs=VERBS[ProjectState(row.state)],
        starts_at=row.starts_at,
        ends_at=_last_instant(row, policies.access.closing),
        terms=policies.access.terms_version,
        training=policies.access.training,
        datasets=tuple(
            _with_halt(datasets[slug], slug in halted) for slug in slugs if slug in datasets
        ),
        workspace=workspace,
        proof_valid=policies.workspaces.proof_valid,
        halted=stop.reason if stop else None,
        missing=tuple(f"dataset {slug}" for slug in slugs if slug not in datasets),
    )


def access(
    session: Session,
    person_id: str,
    row: Project,
    now: datetime,
    *,
    policies: Policies,
    datasets: Mapping[str, DatasetFacts],
    workspace: WorkspaceFacts | None,
) -> Access:
    """Decide on a person's access to a project from what is stored now."""
    facts = project_facts(session, row, policies=policies, datasets=datasets, workspace=workspace)
    return effective_access(person_facts(session, person_id, row.id), facts, now)


def _decision(
    session: Session,
    actor: Actor,
    policy: ReviewPolicy,
    chair: Chair,
    subject: Subject,
    now: datetime,
) -> Decision:
    if actor.person is None:
        return Decision((Reason("not_a_person", "Only people who signed in vote."),))
    return eligible(policy, chair.seat, subject, reviewer(session, actor, subject, now))


def _asked(plan: Mapping[str, JsonValue]) -> list[tuple[str, bool]]:
    datasets = plan["datasets"]
    assert isinstance(datasets, list)
    entries = [entry for entry in datasets if isinstance(entry, dict)]
    return [(str(entry["controller"]), bool(entry["needed"])) for entry in entries]


def _last_instant(row: Project, closing: timedelta) -> datetime | None:
    return row.ends_at if row.closing_at is None else row.closing_at + closing


def _membership(place: Member) -> Membership:
    return Membership(place.accepted_at, place.removed_at, place.terms_version)


def _with_halt(facts: DatasetFacts, halted: bool) -> DatasetFacts:
    return DatasetFacts(facts.slug, facts.controller, facts.withdrawn, facts.halted or halted)


def _is_member(session: Session, actor: Actor, row: Project) -> bool:
    if actor.person is None:
        return False
    place = session.get(Member, (row.id, actor.person))
    return actor.person == row.lead_id or (place is not None and place.removed_at is None)


def _member_view(member: Member, someone: Person) -> MemberView:
    return MemberView(
        person_id=someone.id,
        handle=someone.handle,
        name=someone.name,
        organisation=someone.organisation,
        role=member.role,
        accepted=member.accepted_at is not None,
        removed=member.removed_at is not None,
    )


def _unknown() -> NotFound:
    return NotFound(
        "There is no such project, or it is not yours to see. Your own projects are on the "
        "start page.",
        code="project_unknown",
    )

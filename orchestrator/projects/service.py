"""Writes: draft, submit, vote, and what follows a permit until its end.

Deciding is the system's: after each vote the seat engine is asked, and only its outcome moves a
submitted project.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound
from orchestrator.governance import service as governance
from orchestrator.governance.access import DatasetFacts
from orchestrator.governance.queries import ballots, pinned
from orchestrator.governance.seats import (
    Approved,
    Outcome,
    Pending,
    Rejected,
    Returned,
    decide,
)
from orchestrator.identity.models import Person
from orchestrator.identity.roles import demand
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.policy.model import ReviewPolicy
from orchestrator.projects import queries, rules
from orchestrator.projects.models import Grant, Member, Project
from orchestrator.projects.rules import Application
from orchestrator.projects.states import EDITABLE, MemberRole, ProjectState
from orchestrator.values import SYSTEM, Actor, JsonValue, Reason

REASON_CHARACTERS = 2000


def draft(
    session: Session,
    actor: Actor,
    now: datetime,
    asked: Application,
    *,
    datasets: Mapping[str, DatasetFacts],
) -> Project:
    """Begin an application; it may be incomplete, its name and who and what it names must exist.

    Shape: the actor becomes the lead; `datasets` has the facts of the datasets asked for.
    Errors: NotAllowed without the role; Invalid for a bad name, unknown people or datasets;
    Conflict when the name is taken.
    """
    demand(actor, "projects.project.draft")
    lead = _lead(session, actor)
    slug = rules.parse_name(asked.slug)
    if queries.by_slug(session, slug) is not None:
        raise Conflict(f"A project named {slug} exists already; choose another name.", code="twin")
    row = Project(
        id=f"p-{uuid.uuid4().hex}",
        slug=slug,
        title=asked.title.strip(),
        purpose=asked.purpose.strip(),
        lay_summary=asked.lay_summary.strip(),
        lead_id=lead.id,
        organisation=lead.organisation or "",
        changed_at=now,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        prestart=asked.prestart,
    )
    session.add(row)
    session.flush()
    _write_parts(session, row, now, asked, datasets)
    _note(session, actor, now, row, "project.drafted")
    return row


def amend(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    asked: Application,
    *,
    datasets: Mapping[str, DatasetFacts],
) -> Project:
    """Change an application while it is the lead's turn.

    Errors: NotFound; NotAllowed for others than the lead; Conflict when it is under review or
    decided; Invalid as for `draft`, and for another name (it is in people's bookmarks).
    """
    row = queries.seen(session, actor, project_id)
    _demand_lead(session, actor, row)
    if ProjectState(row.state) not in EDITABLE:
        raise Conflict(
            f"This application is {row.state}; it can be changed as a draft or when it was "
            "returned to you.",
            code="wrong_state",
        )
    if asked.slug != row.slug:
        raise Invalid("A project keeps its name; draft a new one for another name.")
    row.title, row.purpose = asked.title.strip(), asked.purpose.strip()
    row.lay_summary, row.prestart = asked.lay_summary.strip(), asked.prestart
    row.starts_at, row.ends_at = asked.starts_at, asked.ends_at
    session.add(row)
    _write_parts(session, row, now, asked, datasets)
    _note(session, actor, now, row, "project.amended")
    return row


def submit(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    *,
    policy: ReviewPolicy,
    datasets: Mapping[str, DatasetFacts],
) -> Project:
    """Hand the application to its reviewers: text and plan are fixed by digest, the policy pinned.

    Errors: NotFound; NotAllowed for others than the lead; Conflict when it is not the lead's turn;
    Invalid with everything that is still wrong.
    """
    row = queries.seen(session, actor, project_id)
    asked = application(session, row)
    place = queries.standing(session, actor, row)
    row.MACHINE.next(row.state, "submit", place)
    wrong = (*rules.problems(asked, now), *rules.unusable(datasets, asked))
    if wrong:
        raise _invalid("The application is not complete yet.", wrong)
    _fix_controllers(session, row, datasets)
    pinned_as = governance.pin(session, policy, now)
    row.round += 1
    plan = _plan(session, row, asked, datasets)
    row.plan, row.plan_digest = rules.spelled(plan), rules.digest(plan)
    row.policy_digest, row.submitted_at = pinned_as, now
    session.add(row)
    advance(
        session,
        row,
        "submit",
        standing=place,
        actor=actor,
        now=now,
        digest=row.plan_digest,
        policy_digest=row.policy_digest,
        detail={"round": row.round},
    )
    return row


def vote(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    *,
    seat: str,
    value: str,
    digest: str,
    reason: str = "",
    conditions: Sequence[str] = (),
) -> Outcome:
    """Vote on the plan that one has read, and decide when every seat is heard.

    Shape: `digest` is the plan's on the reviewer's screen; returns the outcome after this vote.
    Errors: NotFound; Conflict when the plan changed or is decided; otherwise as `governance.cast`.
    """
    row = queries.seen(session, actor, project_id)
    if row.policy_digest is None:
        raise Conflict("This application was not submitted yet.", code="review_closed")
    policy, subject = pinned(session, row.policy_digest), queries.subject_of(session, row)
    if digest != subject.digest:
        raise Conflict(
            "The application changed since you opened it; read it again and vote anew.",
            code="digest_changed",
        )
    governance.cast(
        session,
        actor,
        now,
        policy=policy,
        subject=subject,
        seat=seat,
        value=value,
        reason=reason,
        conditions=conditions,
        project=row.id,
    )
    return _decide(session, row, policy, now)


def accept_membership(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    *,
    terms_version: str,
    current: str,
) -> None:
    """Accept one's place in a project and the terms as they are now.

    Errors: NotFound for who was not invited; Conflict when the terms changed meanwhile.
    """
    row = queries.seen(session, actor, project_id)
    place = _place(session, row, actor.person)
    if terms_version != current:
        raise Conflict(
            f"The terms are now version {current}; read them and accept again.",
            code="terms_outdated",
        )
    place.accepted_at, place.terms_version = now, terms_version
    session.add(place)
    _note(session, actor, now, row, "governance.terms_accepted", detail={"terms": terms_version})


def remove_member(
    session: Session, actor: Actor, now: datetime, project_id: str, person_id: str
) -> None:
    """End a person's place in a project; a permit in force is narrowed and named anew.

    Errors: NotFound; NotAllowed for others than lead, administrator or the person; Conflict for
    the lead.
    """
    row = queries.seen(session, actor, project_id)
    place = _place(session, row, person_id)
    allowed = queries.standing(session, actor, row) in (Standing.LEAD, Standing.ADMINISTRATOR)
    if not allowed and actor.person != person_id:
        raise NotAllowed("Only the lead or an administrator removes a member.", code="not_lead")
    if person_id == row.lead_id:
        raise Conflict("A project needs its lead; close the project instead.", code="lead")
    place.removed_at = now
    session.add(place)
    if row.permit is not None:
        _narrow(row, rules.without_member(json.loads(row.permit), person_id))
        session.add(row)
    _note(session, actor, now, row, "project.member_removed", detail={"member": person_id})


def drop_dataset(
    session: Session, actor: Actor, now: datetime, project_id: str, dataset_slug: str
) -> None:
    """Go on without a dataset; the permit is narrowed and named anew.

    Errors: NotFound; NotAllowed for others than the lead; Conflict when none would be left.
    """
    row = queries.seen(session, actor, project_id)
    _demand_lead(session, actor, row)
    left = {grant.dataset_slug: grant for grant in queries.granted(session, row.id)}
    if row.permit is None or dataset_slug not in left:
        raise NotFound(f"This permit does not grant {dataset_slug[:40]!r}.")
    if len(left) == 1:
        raise Conflict("It is the last dataset; close the project instead.", code="last_dataset")
    left[dataset_slug].excluded_at = now
    session.add(left[dataset_slug])
    _narrow(row, rules.without_dataset(json.loads(row.permit), dataset_slug))
    session.add(row)
    _note(session, actor, now, row, "project.dataset_dropped", detail={"dataset": dataset_slug})


def pin_snapshot(
    session: Session, now: datetime, project_id: str, dataset_slug: str, snapshot_id: str
) -> None:
    """Remember which version of a granted dataset a project works with; the system's doing.

    Errors: NotFound when the dataset is not granted.
    """
    row = queries.get(session, project_id)
    grant = session.get(Grant, (project_id, dataset_slug))
    if grant is None or grant.excluded_at is not None:
        raise NotFound(f"This permit does not grant {dataset_slug[:40]!r}.")
    if grant.snapshot_id == snapshot_id:
        return
    grant.snapshot_id = snapshot_id
    session.add(grant)
    detail: dict[str, JsonValue] = {"dataset": dataset_slug, "snapshot": snapshot_id}
    _note(session, SYSTEM, now, row, "project.snapshot_pinned", detail=detail)


def activate(session: Session, now: datetime, project_id: str) -> Project:
    """Begin an approved project; the workspace follows."""
    return _by_system(session, now, project_id, "activate", None, None)


def suspend(session: Session, actor: Actor, now: datetime, project_id: str, reason: str) -> Project:
    """Stop a project for a reason that can be cured.

    Errors: NotFound; NotAllowed for others than administrators; Conflict when it is not active;
    Invalid without a reason.
    """
    return _by_people(session, actor, now, project_id, "suspend", "suspended", reason)


def resume(session: Session, actor: Actor, now: datetime, project_id: str, reason: str) -> Project:
    """Let a suspended project go on; errors as for `suspend`."""
    return _by_people(session, actor, now, project_id, "resume", "resumed", reason)


def close(session: Session, actor: Actor, now: datetime, project_id: str, reason: str) -> Project:
    """End work; submit and collect remain for the days of the policy.

    Errors: NotFound; NotAllowed for others than lead and administrators; Conflict when there is
    nothing to close; Invalid without a reason.
    """
    row = queries.seen(session, actor, project_id)
    row.closing_at = now
    return _by_people(session, actor, now, project_id, "close", "closed_by_people", reason)


def finish(session: Session, now: datetime, project_id: str) -> Project:
    """Close a project whose environment is gone; the reconciler is the caller."""
    return _by_system(session, now, project_id, "finish", None, None)


def expire_due(session: Session, now: datetime) -> list[str]:
    """Do what the clock asks: end permits at their end, return reviews that lapsed.

    Shape: returns the ids of projects that moved. The clock never approves.
    """
    moved = []
    for row in queries.to_end(session, now):
        row.closing_at = now
        session.add(row)
        text = "The permit reached its end."
        _by_system(session, now, row.id, "close", "end_reached", text)
        moved.append(row.id)
    for row in queries.under_review(session):
        policy = pinned(session, str(row.policy_digest))
        if not isinstance(_decide(session, row, policy, now), Pending):
            moved.append(row.id)
    return moved


def application(session: Session, row: Project) -> Application:
    """Read a project's application back, as its form shows it."""
    asked = queries.grants(session, row.id)
    people = [m for m in queries.members(session, row.id) if not m.removed]
    return Application(
        slug=row.slug,
        title=row.title,
        purpose=row.purpose,
        lay_summary=row.lay_summary,
        datasets=tuple(grant.dataset_slug for grant in asked),
        needed=frozenset(grant.dataset_slug for grant in asked if grant.needed),
        members=tuple(m.handle for m in people if m.role == MemberRole.MEMBER),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        prestart=row.prestart,
    )


def _decide(session: Session, row: Project, policy: ReviewPolicy, now: datetime) -> Outcome:
    subject = queries.subject_of(session, row)
    outcome = decide(policy, subject, ballots(session, subject), now)
    match outcome:
        case Pending():
            pass
        case Approved():
            _grant(session, row, outcome, now)
        case Returned():
            _turn(session, row, "return", outcome.reasons, now)
        case Rejected():
            _turn(session, row, "decline", outcome.reasons, now)
    return outcome


def _grant(session: Session, row: Project, outcome: Approved, now: datetime) -> None:
    """Write the permit: what was refused by a partner leaves it, conditions join it."""
    for grant in queries.grants(session, row.id):
        grant.excluded_at = None if grant.controller in outcome.granted else now
        session.add(grant)
    session.flush()
    slugs = frozenset(grant.dataset_slug for grant in queries.granted(session, row.id))
    body = rules.permit(
        json.loads(str(row.plan)),
        granted=slugs,
        conditions=outcome.conditions,
        plan_digest=str(row.plan_digest),
        policy_digest=str(row.policy_digest),
        approved_at=now,
    )
    row.permit, row.permit_digest = rules.spelled(body), rules.digest(body)
    session.add(row)
    datasets: list[JsonValue] = [*sorted(slugs)]
    advance(
        session,
        row,
        "approve",
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        digest=row.permit_digest,
        policy_digest=row.policy_digest,
        detail={"plan": row.plan_digest, "datasets": datasets},
    )


def _turn(
    session: Session, row: Project, event: str, reasons: tuple[Reason, ...], now: datetime
) -> None:
    advance(
        session,
        row,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        reason_code=reasons[0].code,
        reason=" ".join(reason.text for reason in reasons),
        digest=row.plan_digest,
        policy_digest=row.policy_digest,
        detail={"round": row.round},
    )


def _by_system(
    session: Session, now: datetime, project_id: str, event: str, code: str | None, text: str | None
) -> Project:
    row = queries.get(session, project_id)
    advance(
        session,
        row,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        reason_code=code,
        reason=text,
        digest=row.permit_digest,
    )
    return row


def _by_people(
    session: Session,
    actor: Actor,
    now: datetime,
    project_id: str,
    event: str,
    code: str,
    reason: str,
) -> Project:
    row = queries.seen(session, actor, project_id)
    words = reason.strip()
    if not words or len(words) > REASON_CHARACTERS:
        raise Invalid("Say in a sentence why; its members will read it.", code="reason_missing")
    advance(
        session,
        row,
        event,
        standing=queries.standing(session, actor, row),
        actor=actor,
        now=now,
        reason_code=code,
        reason=words,
        digest=row.permit_digest,
    )
    return row


def _write_parts(
    session: Session,
    row: Project,
    now: datetime,
    asked: Application,
    datasets: Mapping[str, DatasetFacts],
) -> None:
    wrong = rules.unusable(datasets, asked)
    if wrong:
        raise _invalid("Some datasets cannot be asked for.", wrong)
    _write_grants(session, row, asked, datasets)
    _write_members(session, row, now, asked)
    session.flush()


def _write_grants(
    session: Session, row: Project, asked: Application, datasets: Mapping[str, DatasetFacts]
) -> None:
    session.exec(delete(Grant).where(col(Grant.project_id) == row.id))
    for slug in dict.fromkeys(asked.datasets):
        session.add(
            Grant(
                project_id=row.id,
                dataset_slug=slug,
                controller=datasets[slug].controller,
                needed=slug in asked.needed,
            )
        )


def _write_members(session: Session, row: Project, now: datetime, asked: Application) -> None:
    """Keep who stays, mark who leaves, invite who is new."""
    wanted = {row.lead_id: MemberRole.LEAD}
    for someone in _people(session, asked.members):
        wanted.setdefault(someone.id, MemberRole.MEMBER)
    there = {
        member.person_id: member
        for member in session.exec(select(Member).where(Member.project_id == row.id))
    }
    for person_id, member in there.items():
        member.removed_at = None if person_id in wanted else member.removed_at or now
        session.add(member)
    for person_id, role in wanted.items():
        if person_id not in there:
            session.add(
                Member(project_id=row.id, person_id=person_id, role=role.value, invited_at=now)
            )


def _people(session: Session, handles: Sequence[str]) -> list[Person]:
    found = {
        someone.handle: someone
        for someone in session.exec(select(Person).where(col(Person.handle).in_(handles)))
    }
    unknown = [handle for handle in handles if handle not in found]
    if unknown:
        names = ", ".join(handle[:40] for handle in unknown)
        raise Invalid(
            f"Nobody here is called {names}. An administrator registers people by their handle.",
            code="person_unknown",
        )
    return list(found.values())


def _fix_controllers(session: Session, row: Project, datasets: Mapping[str, DatasetFacts]) -> None:
    for grant in queries.grants(session, row.id):
        grant.controller = datasets[grant.dataset_slug].controller
        session.add(grant)
    session.flush()


def _plan(
    session: Session, row: Project, asked: Application, datasets: Mapping[str, DatasetFacts]
) -> dict[str, JsonValue]:
    people = [m for m in queries.members(session, row.id) if not m.removed]
    return rules.plan(
        {
            "project": row.slug,
            "title": row.title,
            "purpose": row.purpose,
            "lay_summary": row.lay_summary,
            "lead": row.lead_id,
            "starts_at": rules.instant(row.starts_at),
            "ends_at": rules.instant(row.ends_at),
        },
        round_=row.round,
        members={m.person_id: m.organisation or "" for m in people},
        datasets={slug: datasets[slug] for slug in asked.datasets},
        needed=asked.needed,
    )


def _narrow(row: Project, permit: dict[str, JsonValue]) -> None:
    row.permit, row.permit_digest = rules.spelled(permit), rules.digest(permit)


def _place(session: Session, row: Project, person_id: str | None) -> Member:
    place = session.get(Member, (row.id, person_id)) if person_id else None
    if place is None or place.removed_at is not None:
        raise NotFound("This person has no place in the project.", code="not_member")
    return place


def _lead(session: Session, actor: Actor) -> Person:
    someone = session.get(Person, actor.person) if actor.person else None
    if someone is None or someone.organisation is None:
        raise NotAllowed(
            "A project is led by a person of a registered organisation; ask an administrator to "
            "register yours.",
            code="organisation_missing",
        )
    return someone


def _demand_lead(session: Session, actor: Actor, row: Project) -> None:
    if queries.standing(session, actor, row) is not Standing.LEAD:
        raise NotAllowed("Only the project's lead can change this.", code="not_lead")


def _invalid(sentence: str, wrong: Sequence[Reason]) -> Invalid:
    return Invalid(
        " ".join([sentence, *(reason.text for reason in wrong)]),
        code=wrong[0].code,
        reasons=[(reason.code, reason.text) for reason in wrong],
    )


def _note(
    session: Session,
    actor: Actor,
    now: datetime,
    row: Project,
    action: str,
    detail: dict[str, JsonValue] | None = None,
) -> None:
    session.flush()
    append(
        session,
        action=action,
        actor=actor,
        now=now,
        object_type="project",
        object_id=row.id,
        object_digest=row.permit_digest or row.plan_digest,
        project=row.id,
        detail=detail,
    )

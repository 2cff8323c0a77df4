"""Factories walk: people, projects and reviews come about through the services, as in real life.

No factory assigns a state or inserts a row behind the services; otherwise tests would prove things
about worlds that cannot exist.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from sqlmodel import Session

from orchestrator.datasets import service as datasets_service
from orchestrator.datasets.models import Snapshot
from orchestrator.datasets.queries import manifest_of
from orchestrator.datasets.states import SnapshotState
from orchestrator.governance.access import DatasetFacts
from orchestrator.identity import queries as people
from orchestrator.identity import service as identity
from orchestrator.identity.models import Organisation
from orchestrator.identity.roles import CertificateKind, Role
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.model import Coverage, FileReport, Report, RuleResult, Verdict
from orchestrator.policy.load import load
from orchestrator.policy.model import Policies
from orchestrator.projects import service as projects
from orchestrator.projects.models import Project
from orchestrator.projects.rules import Application
from orchestrator.projects.states import ProjectState
from orchestrator.values import SYSTEM, Actor, digest_of

NOW = datetime(2026, 5, 4, 9, 12, 33, tzinfo=UTC)
DAY = timedelta(days=1)
POLICIES = Path(__file__).parent.parent / "policies"

PURPOSE = "To see whether free light chains are related to survival when age is accounted for."
LAY_SUMMARY = (
    "Some people have more of a certain protein in their blood than others. We want to know "
    "whether this goes along with a shorter life. We look at people of the same age and compare "
    "them. Nobody can be recognised in what we publish."
)

_numbers = count(1)


@cache
def policies() -> Policies:
    """The shipped policies, read once."""
    return load(POLICIES)


def an_organisation(session: Session, slug: str, now: datetime = NOW) -> str:
    """Register a partner organisation unless it is there."""
    if session.get(Organisation, slug) is None:
        identity.register_organisation(
            session, SYSTEM, now, slug=slug, name=f"{slug} (example)", partner=True
        )
    return slug


def a_person(
    session: Session,
    roles: Collection[str] = (),
    organisation: str = "institute-x",
    *,
    handle: str | None = None,
    now: datetime = NOW,
    certified: bool = True,
) -> Actor:
    """Register somebody with roles and the certificates that these roles need."""
    name = handle or f"person-{next(_numbers)}"
    row = identity.register_person(
        session,
        SYSTEM,
        now,
        handle=name,
        name=f"{name.title()} Example",
        email=f"{name}@example.org",
        organisation=an_organisation(session, organisation, now),
        roles=roles,
    )
    if certified:
        for kind in _kinds(roles):
            identity.add_certificate(
                session, SYSTEM, now, person_id=row.id, kind=kind, valid_until=now + 400 * DAY
            )
    return people.actor_of(session, row)


def _kinds(roles: Collection[str]) -> list[CertificateKind]:
    kinds = []
    if Role.RESEARCHER in roles:
        kinds.append(CertificateKind.RESEARCHER_TRAINING)
    if Role.CHECKER in roles:
        kinds.append(CertificateKind.OUTPUT_CHECKER)
    return kinds


def handle_of(session: Session, actor: Actor) -> str:
    """The handle of an actor."""
    assert actor.person is not None
    return people.person(session, actor.person).handle


def an_application(slug: str = "survival", **changes: object) -> Application:
    """An application that could be submitted as it is."""
    asked: dict[str, object] = {
        "slug": slug,
        "title": "Light chains and survival",
        "purpose": PURPOSE,
        "lay_summary": LAY_SUMMARY,
        "datasets": ("flchain",),
        "needed": frozenset({"flchain"}),
        "members": (),
        "starts_at": NOW - DAY,
        "ends_at": NOW + 365 * DAY,
        **changes,
    }
    return Application(**asked)  # type: ignore[arg-type]


@dataclass(frozen=True)
class ProjectWorld:
    """A project and the people around it.

    Shape: `owners` maps each controller to its asset owner; `checkers` are two people of other
    organisations than the lead's; `facts` are the datasets' facts as the noun above would give.
    """

    project: Project
    lead: Actor
    member: Actor
    methods: Actor
    lay: Actor
    administrator: Actor
    owners: dict[str, Actor]
    checkers: tuple[Actor, Actor]
    facts: dict[str, DatasetFacts]


def a_project(
    session: Session,
    at: ProjectState = ProjectState.ACTIVE,
    *,
    slug: str | None = None,
    datasets: Mapping[str, str] | None = None,
    needed: frozenset[str] | None = None,
    now: datetime = NOW,
) -> ProjectWorld:
    """Walk a project to a state: draft, submitted, approved or active.

    Shape: `datasets` maps dataset slugs to their controllers (clinic-a's `flchain` by default).
    """
    name = slug or f"project-{next(_numbers)}"
    facts = {d: DatasetFacts(d, c) for d, c in (datasets or {"flchain": "clinic-a"}).items()}
    wanted = frozenset(facts) if needed is None else needed
    world = _drafted(session, name, facts, wanted, now)
    for person in (world.lead, world.member):
        accept(session, world.project, person, now)
    if at is not ProjectState.DRAFT:
        submit(session, world, now)
    if at in (ProjectState.APPROVED, ProjectState.ACTIVE):
        approve(session, world, now)
    if at is ProjectState.ACTIVE:
        projects.activate(session, now, world.project.id)
    assert world.project.state == at
    return world


def an_active_project(session: Session, **how: object) -> ProjectWorld:
    """Walk a project until people can work in it."""
    return a_project(session, ProjectState.ACTIVE, **how)  # type: ignore[arg-type]


def accept(session: Session, project: Project, person: Actor, now: datetime = NOW) -> None:
    """Accept the current terms as one of a project's people."""
    terms = policies().access.terms_version
    projects.accept_membership(session, person, now, project.id, terms_version=terms, current=terms)


def submit(session: Session, world: ProjectWorld, now: datetime = NOW) -> None:
    """Submit a project as its lead, under the shipped policy."""
    projects.submit(
        session,
        world.lead,
        now,
        world.project.id,
        policy=policies().seats["project-approval"],
        datasets=world.facts,
    )


def approve(session: Session, world: ProjectWorld, now: datetime = NOW) -> None:
    """Fill every seat with a yes."""
    for owner in world.owners.values():
        say(session, world, owner, "data_partner", "approve", now=now)
    say(session, world, world.methods, "methods", "approve", now=now)
    say(session, world, world.lay, "public", "approve", now=now)


def say(
    session: Session,
    world: ProjectWorld,
    actor: Actor,
    seat: str,
    value: str,
    *,
    reason: str = "",
    now: datetime = NOW,
    **more: object,
) -> object:
    """Vote on a project as somebody who has just read it."""
    return projects.vote(
        session,
        actor,
        now,
        world.project.id,
        seat=seat,
        value=value,
        reason=reason,
        digest=str(world.project.plan_digest),
        **more,  # type: ignore[arg-type]
    )


def _drafted(
    session: Session,
    name: str,
    facts: dict[str, DatasetFacts],
    needed: frozenset[str],
    now: datetime,
) -> ProjectWorld:
    def person(role: Role, organisation: str) -> Actor:
        return a_person(session, [role], organisation, now=now)

    lead, member = person(Role.RESEARCHER, "institute-x"), person(Role.RESEARCHER, "institute-y")
    asked = an_application(
        name,
        datasets=tuple(facts),
        needed=needed,
        members=(handle_of(session, member),),
        starts_at=now - DAY,
        ends_at=now + 365 * DAY,
    )
    controllers = sorted({fact.controller for fact in facts.values()})
    return ProjectWorld(
        project=projects.draft(session, lead, now, asked, datasets=facts),
        lead=lead,
        member=member,
        methods=person(Role.METHODS_REVIEWER, "university-m"),
        lay=person(Role.LAY_PANEL, "patients-p"),
        administrator=person(Role.ADMINISTRATOR, "operator-o"),
        owners={c: person(Role.ASSET_OWNER, c) for c in controllers},
        checkers=(person(Role.CHECKER, "clinic-b"), person(Role.CHECKER, "university-m")),
        facts=facts,
    )


DICTIONARY = """\
tables:
  flchain:
    file: flchain.csv
    person: person
    columns:
      person: {type: text, role: pseudonym}
      age: {type: integer, role: quasi_id}
"""
ROWS = b"person,age\nP01,61\nP02,74\n"


@dataclass(frozen=True)
class SnapshotWorld:
    """A snapshot and the people of its partner: who announced it, and who decides about it."""

    snapshot: Snapshot
    steward: Actor
    owner: Actor


def a_snapshot(
    session: Session,
    at: SnapshotState = SnapshotState.PUBLISHED,
    *,
    dataset: str = "flchain",
    partner: str = "clinic-a",
    label: str = "2026-1",
    data: bytes = ROWS,
    steward: Actor | None = None,
    owner: Actor | None = None,
    now: datetime = NOW,
) -> SnapshotWorld:
    """Walk a snapshot along its main line to a state, up to published."""
    world = _announced(session, dataset, partner, label, steward, owner, now)
    steps = (
        (SnapshotState.RECEIVING, lambda: send(session, world, data=data, now=now)),
        (SnapshotState.VERIFYING, lambda: finish(session, world, now=now)),
        (SnapshotState.PROPOSED, lambda: verify(session, world, now=now)),
        (SnapshotState.PLACING, lambda: admit(session, world, now=now)),
        (
            SnapshotState.PUBLISHED,
            lambda: datasets_service.record_placed(session, now, world.snapshot.id),
        ),
    )
    for state, step in steps:
        if world.snapshot.state == at:
            break
        step()
        assert world.snapshot.state == state
    assert world.snapshot.state == at
    return world


def send(
    session: Session,
    world: SnapshotWorld,
    *,
    path: str = "flchain.csv",
    data: bytes = ROWS,
    actor: Actor | None = None,
    now: datetime = NOW,
) -> None:
    """Send one file as the steward; the bytes themselves are the object store's matter."""
    frozen = Frozen(digest_of(data), len(data))
    who = actor or world.steward
    datasets_service.receive(session, who, now, world.snapshot.id, path, frozen)


def finish(session: Session, world: SnapshotWorld, *, now: datetime = NOW) -> None:
    """Finish the upload as the steward."""
    datasets_service.finish_upload(session, world.steward, now, world.snapshot.id)


def a_report(snapshot: Snapshot, verdict: Verdict = Verdict.PASS) -> Report:
    """What the check worker would say about a snapshot's files, all of them alike."""
    files = tuple(
        FileReport(
            path=entry.path,
            digest=entry.digest,
            verdict=verdict,
            results=(RuleResult("A01", 1, verdict),),
            coverage=Coverage(entry.size, entry.size, (), "All bytes were read."),
        )
        for entry in manifest_of(snapshot).entries
    )
    return Report(
        job=snapshot.id,
        verdict=verdict,
        files=files,
        policy_digest=policies().digest("outputs"),
        facts={"tables": [{"rows": 2, "k": 1}]},
        engine="made up by a test",
    )


def verify(
    session: Session,
    world: SnapshotWorld,
    verdict: Verdict = Verdict.PASS,
    *,
    now: datetime = NOW,
) -> None:
    """Record a verification as the reconciler would."""
    datasets_service.record_verification(
        session,
        now,
        world.snapshot.id,
        a_report(world.snapshot, verdict),
        policies=policies(),
        index=f"{world.snapshot.id}.index",
    )


def admit(
    session: Session,
    world: SnapshotWorld,
    value: str = "approve",
    *,
    actor: Actor | None = None,
    reason: str = "",
    now: datetime = NOW,
) -> None:
    """Vote on a proposed snapshot, as its asset owner who has just read it."""
    datasets_service.vote(
        session,
        actor or world.owner,
        now,
        world.snapshot.id,
        seat="asset_owner",
        value=value,
        reason=reason,
        digest=str(world.snapshot.digest),
    )


def _announced(
    session: Session,
    dataset: str,
    partner: str,
    label: str,
    steward: Actor | None,
    owner: Actor | None,
    now: datetime,
) -> SnapshotWorld:
    sends = steward or a_person(session, [Role.DATA_STEWARD], partner, now=now)
    decides = owner or a_person(session, [Role.ASSET_OWNER], partner, now=now)
    snapshot = datasets_service.announce(
        session,
        sends,
        now,
        dataset=dataset,
        label=label,
        dictionary=DICTIONARY,
        title=f"{dataset} (example)",
        summary="Made-up rows for tests.",
    )
    return SnapshotWorld(snapshot, sends, decides)

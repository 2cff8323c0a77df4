"""Reads about datasets: what somebody may see, what is published, granted, mounted and used."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from orchestrator.datasets import manifest as manifests
from orchestrator.datasets import rules
from orchestrator.datasets.manifest import Manifest
from orchestrator.datasets.models import (
    Dataset,
    Mounting,
    Snapshot,
    SnapshotFile,
    SnapshotReport,
)
from orchestrator.datasets.states import IN_INBOX, MOUNTABLE, SYSTEMS_TURN, SnapshotState
from orchestrator.errors import NotFound
from orchestrator.governance.access import DatasetFacts
from orchestrator.governance.queries import Hearing, hearings, pinned, reviewer, voted
from orchestrator.governance.queries import halted_datasets as halted_now
from orchestrator.governance.seats import (
    Approved,
    Outcome,
    Pending,
    Phase,
    Rejected,
    Returned,
    Subject,
    eligible,
)
from orchestrator.lifecycle.machine import Standing
from orchestrator.outputs.codec import report_from_json
from orchestrator.outputs.model import Report
from orchestrator.projects.models import Grant, Project
from orchestrator.values import Actor, Decision, Digest, JsonValue, Reason, parse_digest


@dataclass(frozen=True)
class Listed:
    """One snapshot in a list."""

    snapshot: Snapshot
    dataset: Dataset


@dataclass(frozen=True)
class Use:
    """One project that was granted a snapshot, and when its workspace had it.

    Shape: `since` is None when it never was mounted; `until` is None while it still is.
    """

    project_id: str
    slug: str
    title: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Granted:
    """A snapshot that a project's workspace should have, at `/data/<dataset>/<label>`."""

    snapshot_id: str
    dataset: str
    label: str
    digest: Digest


@dataclass(frozen=True)
class Detail:
    """Everything a page shows about a snapshot, as far as this viewer may see it.

    Shape: `report` and `uses` are for the partner's people and those who run or audit the house;
    `seats` says which seats are heard while it is proposed; `may` maps each thing to do to the
    decision that a refusal would carry.
    """

    snapshot: Snapshot
    dataset: Dataset
    files: tuple[SnapshotFile, ...]
    report: Report | None
    facts: JsonValue
    uses: tuple[Use, ...]
    seats: tuple[Hearing, ...]
    may: dict[str, Decision]


def snapshot(session: Session, snapshot_id: str) -> Snapshot:
    """Read one snapshot, for the system.

    Errors: NotFound.
    """
    found = session.get(Snapshot, snapshot_id)
    if found is None:
        raise _unknown()
    return found


def by_digest(session: Session, digest: str) -> Snapshot:
    """Find the snapshot of this digest that a workspace may have, for the system.

    Errors: NotFound.
    """
    places = [state.value for state in MOUNTABLE]
    query = select(Snapshot).where(Snapshot.digest == digest, col(Snapshot.state).in_(places))
    found = session.exec(query).first()
    if found is None:
        raise _unknown()
    return found


def dataset_of(session: Session, row: Snapshot) -> Dataset:
    """Read the dataset of a snapshot."""
    found = session.get(Dataset, row.dataset_id)
    assert found is not None, "a foreign key holds this"
    return found


def dataset(session: Session, slug: str) -> Dataset:
    """Read one dataset by its name, for the system.

    Errors: NotFound.
    """
    found = session.exec(select(Dataset).where(Dataset.slug == slug)).one_or_none()
    if found is None:
        raise NotFound(f"There is no dataset {slug[:40]!r} here.", code="dataset_unknown")
    return found


def demand_visible(session: Session, actor: Actor, snapshot_id: str) -> tuple[Snapshot, Dataset]:
    """Read a snapshot that this actor may know of.

    Errors: NotFound, the same for what does not exist and what is not theirs to see.
    """
    row = session.get(Snapshot, snapshot_id)
    if row is None:
        raise _unknown()
    holder = dataset_of(session, row)
    if not _visible(actor, row, holder):
        raise _unknown()
    return row, holder


def demand_upload(session: Session, actor: Actor, snapshot_id: str) -> tuple[Snapshot, Dataset]:
    """Read a snapshot that this actor may send files to now; asked before a byte is taken in.

    Errors: NotFound; NotAllowed for who is no steward of the partner; Conflict once the upload was
    finished.
    """
    row, holder = demand_visible(session, actor, snapshot_id)
    who = rules.standing(actor, holder.partner, (Standing.STEWARD,))
    event = "finish" if row.state == SnapshotState.RECEIVING else "receive"
    row.MACHINE.next(row.state, event, who)
    return row, holder


def visible(session: Session, actor: Actor) -> list[Listed]:
    """List the snapshots this actor may know of, by dataset, newest first."""
    query = _listed().order_by(Dataset.slug, col(Snapshot.announced_at).desc(), Snapshot.id)
    return [
        Listed(row, holder) for row, holder in session.exec(query) if _visible(actor, row, holder)
    ]


def catalogue(session: Session) -> list[Listed]:
    """List what new projects may ask for: every published snapshot, by dataset, newest first."""
    query = _listed().where(Snapshot.state == SnapshotState.PUBLISHED.value)
    newest = query.order_by(Dataset.slug, col(Snapshot.published_at).desc(), Snapshot.id)
    return [Listed(row, holder) for row, holder in session.exec(newest)]


def published(session: Session, dataset_slug: str) -> Snapshot | None:
    """Find the newest published snapshot of a dataset, the one new grants get."""
    query = (
        select(Snapshot)
        .join(Dataset, col(Dataset.id) == Snapshot.dataset_id)
        .where(Dataset.slug == dataset_slug, Snapshot.state == SnapshotState.PUBLISHED.value)
        .order_by(col(Snapshot.published_at).desc(), Snapshot.id)
    )
    return session.exec(query).first()


def detail(session: Session, actor: Actor, snapshot_id: str, now: datetime) -> Detail:
    """Gather what a page shows about one snapshot.

    Errors: NotFound.
    """
    row, holder = demand_visible(session, actor, snapshot_id)
    inside = _inside(actor, holder)
    return Detail(
        snapshot=row,
        dataset=holder,
        files=tuple(files(session, snapshot_id)),
        report=report_of(session, row) if inside else None,
        facts=json.loads(row.facts) if row.facts else None,
        uses=tuple(used_by(session, snapshot_id)) if inside else (),
        seats=_hearings(session, row, holder),
        may=_may(session, actor, row, holder, now),
    )


def files(session: Session, snapshot_id: str) -> list[SnapshotFile]:
    """List the received files of a snapshot, by path."""
    query = select(SnapshotFile).where(SnapshotFile.snapshot_id == snapshot_id)
    return list(session.exec(query.order_by(SnapshotFile.path)))


def dictionary_of(row: Snapshot) -> JsonValue:
    """The data dictionary as it was announced."""
    value: JsonValue = json.loads(row.dictionary)
    return value


def manifest_of(row: Snapshot) -> Manifest:
    """The manifest of a snapshot whose files are fixed.

    Errors: Tampered when it is not what its digest names.
    """
    assert row.manifest is not None, "the files of this snapshot are not fixed yet"
    found = manifests.parse(row.manifest.encode())
    if found.digest() != row.digest:
        raise manifests.differs()
    return found


def report_of(session: Session, row: Snapshot) -> Report | None:
    """The report of the last verification."""
    if row.report_digest is None:
        return None
    stored = session.get(SnapshotReport, row.report_digest)
    return None if stored is None else report_from_json(json.loads(stored.body))


def needing_work(session: Session) -> list[Snapshot]:
    """List what the reconciler verifies or places next, oldest first."""
    turn = [state.value for state in SYSTEMS_TURN]
    query = select(Snapshot).where(col(Snapshot.state).in_(turn))
    return list(session.exec(query.order_by(col(Snapshot.changed_at), Snapshot.id)))


def indexed(session: Session) -> list[Snapshot]:
    """List every snapshot that was ever published: files are compared with the index of each."""
    query = select(Snapshot).where(col(Snapshot.published_at).is_not(None))
    return list(session.exec(query.order_by(Snapshot.id)))


def awaited(session: Session) -> frozenset[Digest]:
    """Name all bytes that must stay in zone `inbox`; what else lies there can go."""
    states = [state.value for state in IN_INBOX]
    query = (
        select(SnapshotFile.digest)
        .join(Snapshot, col(Snapshot.id) == SnapshotFile.snapshot_id)
        .where(col(Snapshot.state).in_(states))
        .distinct()
    )
    return frozenset(Digest(digest) for digest in session.exec(query))


def proposed(session: Session) -> list[Listed]:
    """List what waits for a decision, oldest first."""
    query = _listed().where(Snapshot.state == SnapshotState.PROPOSED.value)
    oldest = query.order_by(col(Snapshot.proposed_at), Snapshot.id)
    return [Listed(row, holder) for row, holder in session.exec(oldest)]


def granted_mounts(session: Session, project_id: str) -> list[Granted]:
    """List the snapshots a project's workspace should have, whatever the project's state."""
    return granted_by_project(session, [project_id])[project_id]


def granted_by_project(session: Session, project_ids: Iterable[str]) -> dict[str, list[Granted]]:
    """List the snapshots that the workspaces of many projects should have, by dataset.

    Shape: for each granted dataset that is not halted, the version its grant names, or else the
    newest published one; nothing that is withdrawn.
    """
    found: dict[str, list[Granted]] = {project_id: [] for project_id in project_ids}
    grants = session.exec(
        select(Grant)
        .where(col(Grant.project_id).in_(list(found)), col(Grant.excluded_at).is_(None))
        .order_by(Grant.dataset_slug)
    ).all()
    slugs = {grant.dataset_slug for grant in grants}
    stopped = halted_now(session, slugs)
    newest = {slug: published(session, slug) for slug in slugs - stopped}
    named = {grant.snapshot_id for grant in grants if grant.snapshot_id is not None}
    rows = session.exec(select(Snapshot).where(col(Snapshot.id).in_(list(named))))
    by_id = {row.id: row for row in rows}
    for grant in grants:
        if grant.dataset_slug in stopped:
            continue
        row = by_id.get(grant.snapshot_id) if grant.snapshot_id else newest[grant.dataset_slug]
        if row is not None and mountable(row):
            found[grant.project_id].append(
                Granted(row.id, grant.dataset_slug, row.label, parse_digest(row.digest or ""))
            )
    return found


def granted_or_had(session: Session, project_id: str) -> list[Granted]:
    """List every snapshot a project's workspace should have, or ever had: withdrawn ones too."""
    query = (
        select(Snapshot, Dataset.slug)
        .join(Dataset, col(Dataset.id) == Snapshot.dataset_id)
        .join(Mounting, col(Mounting.snapshot_id) == Snapshot.id)
        .where(Mounting.project_id == project_id)
        .order_by(Dataset.slug, Snapshot.id)
    )
    had = [
        Granted(row.id, slug, row.label, parse_digest(row.digest or ""))
        for row, slug in session.exec(query)
    ]
    return list(
        {one.snapshot_id: one for one in [*granted_mounts(session, project_id), *had]}.values()
    )


def mounted(session: Session, project_id: str) -> list[str]:
    """Name the snapshots that a project's workspace has, as recorded."""
    query = select(Mounting.snapshot_id).where(
        Mounting.project_id == project_id, col(Mounting.until).is_(None)
    )
    return sorted(session.exec(query))


def mountable(row: Snapshot) -> bool:
    """Say whether a workspace may have this snapshot at all."""
    return row.state in MOUNTABLE


def used_by(session: Session, snapshot_id: str) -> list[Use]:
    """List who was given a snapshot: every project that had it mounted, or whose grant names it.

    Shape: by time of the first mount; one entry for each time it was mounted.
    """
    row = snapshot(session, snapshot_id)
    holder = dataset_of(session, row)
    projects = {project.id: project for project in session.exec(_projects_of(row, holder))}
    had = session.exec(
        select(Mounting)
        .where(Mounting.snapshot_id == snapshot_id)
        .order_by(col(Mounting.since), Mounting.id)
    ).all()
    uses = [_use(session, one.project_id, projects, one.since, one.until) for one in had]
    never = sorted(projects.keys() - {one.project_id for one in had})
    return uses + [_use(session, project_id, projects, None, None) for project_id in never]


def facts(session: Session, slugs: Iterable[str]) -> dict[str, DatasetFacts]:
    """Tell projects what they need to know of datasets, by slug; unknown ones are left out.

    Shape: a dataset is known once a version of it was published, and withdrawn when every such
    version was.
    """
    wanted = sorted(set(slugs))
    query = (
        select(Dataset, Snapshot.state)
        .join(Snapshot, col(Snapshot.dataset_id) == Dataset.id)
        .where(col(Dataset.slug).in_(wanted), col(Snapshot.published_at).is_not(None))
    )
    states: dict[str, set[str]] = {}
    holders: dict[str, str] = {}
    for holder, state in session.exec(query):
        states.setdefault(holder.slug, set()).add(state)
        holders[holder.slug] = holder.partner
    stopped = halted_now(session, states)
    return {
        slug: DatasetFacts(
            slug=slug,
            controller=holders[slug],
            withdrawn=not states[slug] & MOUNTABLE,
            halted=slug in stopped,
        )
        for slug in states
    }


def subject(row: Snapshot, holder: Dataset) -> Subject:
    """What the seats decide about: exactly this manifest, in this round."""
    assert row.digest is not None, "a proposed snapshot has a digest"
    return Subject(
        type="snapshot",
        id=row.id,
        digest=Digest(row.digest),
        round=row.round,
        author=row.announced_by,
        organisation=holder.partner,
        controllers=frozenset({holder.partner}),
        phase=Phase.IN_REVIEW if row.state == SnapshotState.PROPOSED else Phase.DECIDED,
        since=row.proposed_at,
    )


def policy_of(row: Snapshot) -> str:
    """The digest of the policy under which a snapshot was proposed."""
    assert row.policy_digest is not None, "a proposed snapshot has a policy"
    return row.policy_digest


def reasons_of(outcome: Outcome) -> tuple[Reason, ...]:
    """What the reviewers said against it, for the steward."""
    match outcome:
        case Returned(reasons) | Rejected(reasons):
            return reasons
        case Approved() | Pending():
            return ()


def _listed() -> Select[Snapshot, Dataset]:
    return select(Snapshot, Dataset).join(Dataset, col(Dataset.id) == Snapshot.dataset_id)


def _projects_of(row: Snapshot, holder: Dataset) -> SelectOfScalar[Project]:
    return (
        select(Project)
        .join(Grant, col(Grant.project_id) == Project.id)
        .where(
            Grant.dataset_slug == holder.slug,
            Grant.snapshot_id == row.id,
            col(Grant.excluded_at).is_(None),
        )
    )


def _use(
    session: Session,
    project_id: str,
    known: dict[str, Project],
    since: datetime | None,
    until: datetime | None,
) -> Use:
    project = known.get(project_id) or session.get(Project, project_id)
    slug, title = (project.slug, project.title) if project else ("", "")
    return Use(project_id, slug, title, since, until)


def _visible(actor: Actor, row: Snapshot, holder: Dataset) -> bool:
    return rules.visible(
        actor, holder.partner, row.state, was_published=row.published_at is not None
    )


def _inside(actor: Actor, holder: Dataset) -> bool:
    """Whether somebody would see a snapshot of this partner even before it is published."""
    return rules.visible(actor, holder.partner, SnapshotState.ANNOUNCED, was_published=False)


def _hearings(session: Session, row: Snapshot, holder: Dataset) -> tuple[Hearing, ...]:
    if row.state != SnapshotState.PROPOSED:
        return ()
    return hearings(session, pinned(session, policy_of(row)), subject(row, holder))


def _may(
    session: Session, actor: Actor, row: Snapshot, holder: Dataset, now: datetime
) -> dict[str, Decision]:
    """What the actor may do now: the same answers that the services would give."""
    found: dict[str, Decision] = {}
    if row.state == SnapshotState.PROPOSED and actor.person is not None:
        policy, about = pinned(session, policy_of(row)), subject(row, holder)
        facts_of = reviewer(session, actor, about, now)
        for seat in policy.seats:
            found[f"vote:{seat}"] = eligible(policy, seat, about, facts_of)
        found["voted"] = _yes(bool(voted(session, about, actor.person)), "not_voted")
    who = rules.standing(actor, holder.partner, (Standing.OWNER, Standing.STEWARD))
    for event in ("withdraw", "retire"):
        moves = [m for m in row.MACHINE.table if m.source == row.state and m.event == event]
        found[event] = _yes(any(who in move.by for move in moves), "not_now")
    steward = rules.standing(actor, holder.partner, (Standing.STEWARD,))
    receiving = row.state in (SnapshotState.ANNOUNCED, SnapshotState.RECEIVING)
    found["upload"] = _yes(receiving and steward is Standing.STEWARD, "not_now")
    return found


def _yes(holds: bool, code: str) -> Decision:
    if holds:
        return Decision()
    return Decision((Reason(code, "This is not yours to do, or not now."),))


def _unknown() -> NotFound:
    return NotFound(
        "There is no such snapshot here. Look at the list of datasets.", code="snapshot_unknown"
    )

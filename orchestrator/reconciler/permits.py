"""What a permit asks of the engine: people, mounts, and whether it still holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from orchestrator.bootstrap.hands import Hands
from orchestrator.datasets import queries as datasets
from orchestrator.datasets import service as dataset_writes
from orchestrator.db import read
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.governance.access import Verb
from orchestrator.governance.queries import stopped_projects
from orchestrator.identity import queries as identity
from orchestrator.objectstore import trees
from orchestrator.projects import queries as projects
from orchestrator.projects import service as project_writes
from orchestrator.projects.states import ProjectState
from orchestrator.workspaces import desired
from orchestrator.workspaces.access import access
from orchestrator.workspaces.models import Workspace

ALIVE = frozenset({ProjectState.ACTIVE.value, ProjectState.SUSPENDED.value})


@dataclass(frozen=True)
class Wish:
    """What one project's environment should be now."""

    wanted: bool
    halted: bool
    spec: Spec
    mounts: tuple[Mount, ...]


def wish(session: Session, hands: Hands, row: Workspace, now: datetime) -> Wish:
    """Compute it from permit, members, published snapshots and policy."""
    return wishes(session, hands, [row])[row.id]


def wishes(session: Session, hands: Hands, rows: Sequence[Workspace]) -> dict[str, Wish]:
    """Compute those of many environments, by row; a few questions for all of them together."""
    ids = [row.project_id for row in rows]
    found = projects.by_ids(session, ids)
    members = projects.active_by_project(session, ids)
    handle = identity.handles(session, {one for people in members.values() for one in people})
    stopped = stopped_projects(session, ids)
    granted = datasets.granted_by_project(session, ids)
    policy = hands.policies.workspaces
    size = Size(**policy.size.model_dump())
    return {
        row.id: Wish(
            wanted=found[row.project_id].state in ALIVE,
            halted=row.project_id in stopped,
            spec=desired.spec(
                found[row.project_id].slug,
                [handle[someone] for someone in members[row.project_id]],
                policy.image,
                size,
            ),
            mounts=tuple(_mount(hands, one) for one in granted[row.project_id]),
        )
        for row in rows
    }


def _mount(hands: Hands, granted: datasets.Granted) -> Mount:
    place = trees.location(hands.store, granted.digest)
    return Mount(granted.dataset, granted.label, granted.digest, place.tree, place.manifest)


def place_missing(hands: Hands, project_id: str) -> None:
    """Place the granted snapshots that are not there: after a restore, or on another machine.

    Errors: as `Engine.place`.
    """
    with read(hands.db) as session:
        granted = [
            datasets.manifest_of(datasets.snapshot(session, each.snapshot_id))
            for each in datasets.granted_mounts(session, project_id)
        ]
    for manifest in granted:
        hands.engine.place(hands.store, manifest.spelled())


def people_at_work(
    session: Session, hands: Hands, project_id: str, now: datetime
) -> frozenset[str]:
    """The members who may work at this moment, by id; the rest lose their servers."""
    project = projects.get(session, project_id)
    return frozenset(
        someone
        for someone in projects.active_members(session, project_id)
        if Verb.WORK in access(session, someone, project, now, policies=hands.policies).verbs
    )


def record_mounts(
    session: Session, project_id: str, mounted: Sequence[Mount], now: datetime
) -> None:
    """Write down which snapshots a project has from now on; who used what is answered from it.

    Shape: the first version that was mounted is the one the project keeps: data do not change
    under an analysis because a partner publishes a newer version.
    """
    there = {mount.digest for mount in mounted}
    now_mounted = [g for g in datasets.granted_mounts(session, project_id) if g.digest in there]
    for granted in now_mounted:
        project_writes.pin_snapshot(session, now, project_id, granted.dataset, granted.snapshot_id)
    wanted = {granted.snapshot_id for granted in now_mounted}
    had = set(datasets.mounted(session, project_id))
    for snapshot in sorted(had - wanted):
        dataset_writes.record_unmounted(session, now, snapshot, project_id)
    for snapshot in sorted(wanted - had):
        dataset_writes.record_mounted(session, now, snapshot, project_id)

"""Turns about permits: begin what was approved, ask for environments, finish what has ended."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import read, write
from orchestrator.projects import queries, service
from orchestrator.projects.models import Project
from orchestrator.projects.states import ProjectState
from orchestrator.reconciler.lane import Work
from orchestrator.workspaces import queries as workspaces
from orchestrator.workspaces import service as workspace_writes
from orchestrator.workspaces.states import WorkspaceState


def due(hands: Hands, now: datetime) -> Sequence[str]:
    """Permits whose time has come, running ones without an environment, closing ones at an end."""
    with read(hands.db) as session:
        begin = [row.id for row in queries.to_activate(session, now)]
        bare = [
            row.id
            for row in queries.active(session)
            if workspaces.of_project(session, row.id) is None
        ]
        return [*begin, *bare, *(row.id for row in _over(session, hands, now))]


def turn(hands: Hands, row_id: str, now: datetime) -> bool:
    """Take one step with one permit."""
    with write(hands.db) as session:
        if row_id in {row.id for row in _over(session, hands, now)}:
            service.finish(session, now, row_id)
            return False
        project = queries.get(session, row_id)
        if row_id in {row.id for row in queries.to_activate(session, now)}:
            project = service.activate(session, now, row_id)
        if project.state == ProjectState.ACTIVE:
            workspace_writes.want(session, project.id, project.slug, now)
    return False


def _over(session: Session, hands: Hands, now: datetime) -> list[Project]:
    """Closing projects whose last days are over and whose environment is gone."""
    found = []
    for row in queries.to_finish(session, now, hands.policies.access.closing):
        place = workspaces.of_project(session, row.id)
        if place is None or place.state == WorkspaceState.RETIRED:
            found.append(row)
    return found


WORK = Work("project", due, turn)

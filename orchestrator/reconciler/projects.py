"""Turns about permits: begin what was approved, end what is over, ask for environments."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import read, write
from orchestrator.projects import queries, service
from orchestrator.reconciler.lane import Work
from orchestrator.workspaces import queries as workspaces
from orchestrator.workspaces import service as workspace_writes

CLOCK = "clock"
"""The item that stands for everything the clock asks of permits."""


def due(hands: Hands, now: datetime) -> Sequence[str]:
    """Approved projects whose time has come, active ones without an environment, and the clock."""
    with read(hands.db) as session:
        begin = [row.id for row in queries.to_activate(session, now)]
        bare = [
            row.id
            for row in queries.active(session)
            if workspaces.of_project(session, row.id) is None
        ]
        over = bool(queries.to_end(session, now) or queries.to_lapse(session, now))
    return [*begin, *bare, *([CLOCK] if over else [])]


def turn(hands: Hands, row_id: str, now: datetime) -> bool:
    """Take one step with one permit."""
    with write(hands.db) as session:
        if row_id == CLOCK:
            service.expire_due(session, now)
            return False
        project = queries.get(session, row_id)
        if row_id in {row.id for row in queries.to_activate(session, now)}:
            project = service.activate(session, now, row_id)
        workspace_writes.want(session, project.id, project.slug, now)
    return False


WORK = Work("project", due, turn)

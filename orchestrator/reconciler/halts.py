"""Turns about halts, in a lane of their own: nothing may make a halt wait."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import read, write
from orchestrator.governance.queries import stopped_projects
from orchestrator.reconciler.lane import Work
from orchestrator.values import SYSTEM
from orchestrator.workspaces import queries, service
from orchestrator.workspaces.models import Workspace
from orchestrator.workspaces.states import WorkspaceState

STILL = frozenset(
    {
        WorkspaceState.HALTED.value,
        WorkspaceState.RETIRING.value,
        WorkspaceState.RETIRED.value,
    }
)
_SAID = "This project was halted. Nothing was deleted; an administrator can resume it."


def due(hands: Hands, _now: datetime) -> Sequence[str]:
    """Environments of halted projects that are not halted yet."""
    with read(hands.db) as session:
        running = [row for row in queries.needing_work(session) if row.state not in STILL]
        stopped = stopped_projects(session, [row.project_id for row in running])
        return [row.id for row in running if row.project_id in stopped]


def turn(hands: Hands, row_id: str, now: datetime) -> bool:
    """End everything of one project: servers first, then write that it is done, with seconds."""
    with read(hands.db) as session:
        row = session.get_one(Workspace, row_id)
        running = queries.servers(session, row.project_id)
    hands.engine.halt(row.slug)
    with write(hands.db) as session:
        for server in running:
            service.record_server(session, server.key, service.Seen("stopped"), now)
            service.unwant_server(
                session, server.key, now, actor=SYSTEM, reason="halted", say=_SAID
            )
        service.move(
            session,
            session.get_one(Workspace, row_id),
            "halt",
            now,
            reason_code="project_halted",
            reason=_SAID,
        )
    return False


WORK = Work("halt", due, turn)

"""Turns about notebook servers: start what is wanted and allowed, stop the rest, report both."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import read, write
from orchestrator.engines.port import ServerState
from orchestrator.errors import NotAllowed, TreError
from orchestrator.reconciler import permits
from orchestrator.reconciler.lane import Work
from orchestrator.values import SYSTEM
from orchestrator.workspaces import queries, service
from orchestrator.workspaces.models import Server, Workspace
from orchestrator.workspaces.states import WorkspaceState

_STOPPED = service.Seen(ServerState.STOPPED.value)
_ENDED = {ServerState.FAILED: "server_failed", ServerState.STOPPED: "server_idle"}
_SAID = {
    "access_ended": "It was stopped because you may not work in this project at the moment; the "
    "project's page says why.",
}


def due(hands: Hands, _now: datetime) -> Sequence[str]:
    """All projects with servers that are wanted or seen."""
    with read(hands.db) as session:
        return sorted({row.project_id for row in queries.servers(session)})


def turn(hands: Hands, project_id: str, now: datetime) -> bool:
    """Bring every server of one project to what is wanted, and write down what is seen.

    Errors: the first one met, after every other server had its turn: one person's broken server
    must not keep another's running whose access ended.
    """
    with read(hands.db) as session:
        workspace = queries.of_project(session, project_id)
        rows = [
            row
            for row in queries.servers(session, project_id)
            if workspace is None or not _waits(workspace, row)
        ]
        allowed = permits.people_at_work(session, hands, project_id, now)
    if workspace is None:
        return False
    is_open = workspace.state == WorkspaceState.OPEN.value
    starting, errors = False, []
    for row in rows:
        try:
            may = is_open and row.person_id in allowed
            starting = _one(hands, workspace, row, may, now) or starting
        except TreError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return starting


def _waits(workspace: Workspace, row: Server) -> bool:
    """Say whether a wish waits for its workspace to wake up; nothing of it runs meanwhile."""
    return queries.rests(workspace) and row.observed == ServerState.STOPPED.value


def _one(hands: Hands, workspace: Workspace, row: Server, allowed: bool, now: datetime) -> bool:
    if row.wanted_at is not None and allowed:
        return _start(hands, workspace, row, now)
    if row.observed != ServerState.STOPPED.value or row.wanted_at is not None:
        hands.engine.stop(row.slug, row.handle)
        _record(hands, row, _STOPPED, now, unwanted=None if allowed else "access_ended")
    return False


def _start(hands: Hands, workspace: Workspace, row: Server, now: datetime) -> bool:
    try:
        seen = hands.engine.start(workspace.slug, row.handle)
    except NotAllowed as error:
        stopped = service.Seen(ServerState.STOPPED.value, reason=error.message)
        _record(hands, row, stopped, now, unwanted="not_allowed")
        return False
    plain = service.Seen(
        observed=seen.state.value,
        address=seen.address,
        base_url=seen.base_url,
        token=seen.token,
        reason=seen.reason,
        door=seen.door,
        hub=hands.engine.observe(workspace.slug).hub if seen.door else None,
    )
    _record(hands, row, plain, now, unwanted=_ENDED.get(seen.state))
    return seen.state is ServerState.STARTING


def _record(
    hands: Hands, row: Server, seen: service.Seen, now: datetime, unwanted: str | None = None
) -> None:
    before = (row.observed, row.address, row.token, row.door, row.hub, row.reason)
    why = seen.reason or (None if seen.address else row.reason)
    after = (seen.observed, seen.address, seen.token, seen.door, seen.hub, why)
    if before == after and not unwanted:
        return  # an unchanged world writes nothing
    with write(hands.db) as session:
        service.record_server(session, row.key, seen, now)
        if unwanted is not None:
            service.unwant_server(
                session, row.key, now, actor=SYSTEM, reason=unwanted, say=_SAID.get(unwanted, "")
            )


def answered(hands: Hands, seconds: float) -> bool:
    """Wait for the engine's hint beside the database's: whoever waits for a server waits less."""
    return hands.engine.answered(seconds)


WORK = Work("servers", due, turn, stirred=answered)

"""The console: workspaces and their proofs, servers, halts, people, the log and its checkpoint."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from orchestrator.audit import log
from orchestrator.audit.checkpoint import Checkpoint, PublicKey, open_note
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, may
from orchestrator.governance.queries import halts_in_force
from orchestrator.identity.queries import organisations, people, roles_of
from orchestrator.identity.roles import permitted
from orchestrator.projects import queries as projects
from orchestrator.web.projects import environment
from orchestrator.web.render import PAGE, address, page, sliced
from orchestrator.workspaces import queries as workspaces

router = APIRouter()
Overseer = Annotated[Caller, Depends(may("identity.person.read"))]
LogReader = Annotated[Caller, Depends(may("audit.log.read"))]

RECENT = 8


@router.get("/console")
def console(request: Request, session: ReadSession, control: Parts, who: Overseer) -> Response:
    """Show what runs, what is proved, what is halted, and how fresh the signed log is."""
    rows = projects.visible(session, who.actor)
    size = log.size(session)
    reads = permitted(who.actor, "audit.log.read")
    return page(
        request,
        "console.html",
        who,
        title="Console",
        environments=[(row, environment(session, row)) for row in rows],
        proof_valid=control.policies.workspaces.proof_valid,
        deployment=workspaces.last_proof(session, None),
        servers=workspaces.servers(session),
        halts=halts_in_force(session),
        targets=_targets(session),
        size=size,
        checkpoint=_checkpoint(control),
        reads=reads,
        entries=_entries(session, max(size - RECENT, 0), size) if reads else [],
        actors=_actors(session),
    )


@router.get("/console/people")
def everybody(request: Request, session: ReadSession, who: Overseer) -> Response:
    """List everybody with their roles."""
    found = sliced(request, people(session))
    return page(
        request,
        "people.html",
        who,
        title="People",
        crumbs=(("/console", "Console"),),
        rows=found,
        roles_of={someone.id: sorted(roles_of(session, someone.id)) for someone in found.items},
        organisations={one.slug: one.name for one in organisations(session)},
    )


@router.get("/console/log")
def entries(
    request: Request, session: ReadSession, control: Parts, who: LogReader, before: int = -1
) -> Response:
    """Show the log, the newest entries first."""
    size = log.size(session)
    end = size if not 0 <= before <= size else before
    start = max(end - PAGE, 0)
    return page(
        request,
        "log.html",
        who,
        title="Log",
        crumbs=(("/console", "Console"),),
        size=size,
        checkpoint=_checkpoint(control),
        entries=_entries(session, start, end),
        actors=_actors(session),
        older=address(request, before=start) if start else None,
        newer=address(request, before=min(end + PAGE, size)) if end < size else None,
    )


def _entries(session: Session, start: int, end: int) -> list[dict[str, Any]]:
    found = [json.loads(entry.record) for entry in log.entries(session, start, end)]
    return found[::-1]


def _actors(session: Session) -> dict[str, str]:
    """Names for the random ids that the log knows; the log itself never holds a name."""
    return {someone.actor_id: someone.name for someone in people(session)}


def _targets(session: Session) -> dict[str, str]:
    found = {row.id: row.slug for row in projects.register(session)}
    return found | {someone.id: someone.handle for someone in people(session)}


def _checkpoint(control: Control) -> Checkpoint | None:
    """Read the newest signed checkpoint; None before the first.

    Errors: Tampered when its signature is not the log's.
    """
    folder = control.settings.state_dir
    note, key = folder / "checkpoints" / "latest", folder / "keys" / "checkpoint.vkey"
    if not (note.exists() and key.exists()):
        return None
    return open_note(note.read_text("utf-8"), PublicKey.parse(key.read_text("utf-8")))

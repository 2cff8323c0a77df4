"""The airlock door's far end: what a notebook's `tre` asks for, with project and person filled in.

Who asks is known by the socket in front of the doors, never by what the notebook says. The rules
are those of every other interface: the same services, the same refusals.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlmodel import Session

from orchestrator.airlock import checking, drafting, files, queries
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.rules import missing_context
from orchestrator.api import shapes
from orchestrator.bootstrap.request import Parts, ReadSession, WriteSession, body, process
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.governance.access import Verb
from orchestrator.identity.queries import actor_of, person_by_handle
from orchestrator.identity.tokens import ProcessRole
from orchestrator.objectstore.zones import Zone
from orchestrator.projects.models import Project
from orchestrator.projects.queries import by_slug
from orchestrator.values import Actor
from orchestrator.workspaces.access import require_verb

router = APIRouter(prefix="/internal/intake/{project}/{person}", include_in_schema=False)
Doors = Annotated[ProcessRole, Depends(process(ProcessRole.DOORS))]


class Words(BaseModel):
    """What the author says about one file."""

    shows: str = ""
    population: str = ""
    control: str = ""


class Submission(BaseModel):
    """Context by path; what is missing keeps the request a draft.

    Shape: `present` lists every file of the outbox, and what is not in it leaves the draft; None
    leaves all of them in.
    """

    files: dict[str, Words] = {}
    present: list[str] | None = None


@router.get("/requests")
def requests(session: ReadSession, _role: Doors, project: str, person: str) -> list[dict[str, Any]]:
    """List the person's requests in this project."""
    actor, row = _who(session, project, person)
    return [
        shapes.request_row(one) for one in queries.mine(session, actor) if one.project_id == row.id
    ]


@router.get("/drafts/{name}")
def draft(
    session: ReadSession, control: Parts, _role: Doors, project: str, person: str, name: str
) -> dict[str, Any]:
    """Show the person's newest request of this name, its report included.

    Errors: NotFound when there is none.
    """
    actor, row = _who(session, project, person)
    found = queries.by_name(session, actor, row.id, name)
    return shapes.request_detail(
        queries.detail(session, actor, control.clock(), found.id, policies=control.policies)
    )


@router.put("/drafts/{name}/files/{path:path}")
def add(
    request: Request,
    control: Parts,
    _role: Doors,
    project: str,
    person: str,
    name: str,
    path: str,
) -> dict[str, Any]:
    """Freeze one file's bytes and put it into the draft of this name."""
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        actor, _row = _who(session, project, person)
        require_verb(session, actor, project, Verb.SUBMIT, now, policies=policies)
    limit = policies.outputs.caps.file_bytes
    frozen = control.store.freeze(Zone.QUARANTINE, body(request), limit)
    with write(control.db) as session:
        actor, row = _who(session, project, person)
        found = drafting.draft_named(session, actor, now, row.id, name, policies=policies)
        files.add_file(session, actor, now, found.id, path, frozen, policies=policies)
    return {"path": path, "digest": frozen.digest, "size": frozen.size}


@router.post("/drafts/{name}/check")
def check(
    session: WriteSession, control: Parts, _role: Doors, project: str, person: str, name: str
) -> dict[str, Any]:
    """Ask for a pre-check of the draft as it is now; budgeted and logged."""
    actor, row = _who(session, project, person)
    now, policies = control.clock(), control.policies
    found = drafting.draft_named(session, actor, now, row.id, name, policies=policies)
    wanted = checking.want_check(session, actor, now, found.id, policies=policies)
    return {"check": wanted.id, "request": found.id}


@router.post("/drafts/{name}/submit")
def submit(
    session: WriteSession,
    control: Parts,
    _role: Doors,
    project: str,
    person: str,
    name: str,
    submission: Submission,
) -> dict[str, Any]:
    """Submit the draft where its context is complete; else say what is missing and keep it."""
    actor, row = _who(session, project, person)
    now, policies = control.clock(), control.policies
    found = drafting.draft_named(session, actor, now, row.id, name, policies=policies)
    removed: list[str] = []
    if submission.present is not None:
        rest = submission.present
        removed = files.keep_only(session, actor, now, found.id, rest, policies=policies)
    missing = []
    for file in present_files(session, found.id):
        words = submission.files.get(file.path)
        if words is not None:
            said = (words.shows, words.population, words.control)
            files.set_context(session, actor, now, file.id, *said, policies=policies)
        missing += [f"{file.path}: {word}" for word in missing_context(file.context)]
    if not missing:
        found = drafting.submit(session, actor, now, found.id, policies=policies)
    return {"request": found.id, "state": found.state, "missing": missing, "removed": removed}


def _who(session: Session, project: str, person: str) -> tuple[Actor, Project]:
    row = by_slug(session, project)
    if row is None:
        raise NotFound("There is no such project.")
    return actor_of(session, person_by_handle(session, person)), row

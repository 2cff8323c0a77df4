"""Projects over JSON: apply, amend, review, look, close, halt."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from orchestrator.api import shapes
from orchestrator.api.shapes import Because, Vote
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, may
from orchestrator.datasets import queries as datasets
from orchestrator.governance import service as governance
from orchestrator.identity.queries import person_by_handle
from orchestrator.projects import queries, service
from orchestrator.projects.rules import Application
from orchestrator.workspaces import queries as workspaces
from orchestrator.workspaces import service as servers
from orchestrator.workspaces.access import access

router = APIRouter(prefix="/api/projects", tags=["projects"])
Reader = Annotated[Caller, Depends(may("projects.project.read"))]
Drafter = Annotated[Caller, Depends(may("projects.project.draft"))]
Submitter = Annotated[Caller, Depends(may("projects.project.submit"))]
Closer = Annotated[Caller, Depends(may("projects.project.close"))]
# Who may fill a seat is the seat engine's answer, with every reason and not the role's alone.
Voter = Annotated[Caller, Depends(may("projects.project.read", scope="projects.project.vote"))]
Halter = Annotated[Caller, Depends(may("workspaces.workspace.halt"))]
Resumer = Annotated[Caller, Depends(may("workspaces.workspace.resume"))]
Entrant = Annotated[Caller, Depends(may("workspaces.workspace.enter"))]
Looker = Annotated[Caller, Depends(may("workspaces.workspace.read"))]


class Applying(BaseModel):
    """An application as it is drafted."""

    slug: str
    title: str
    purpose: str = ""
    lay_summary: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    datasets: list[str] = []
    needed: list[str] = []
    members: list[str] = []
    prestart: bool = False


@router.get("")
def listed(session: ReadSession, who: Reader) -> list[dict[str, Any]]:
    """List the projects the caller may see."""
    return [shapes.project_row(row) for row in queries.visible(session, who.actor)]


@router.post("", status_code=201)
def draft(session: WriteSession, control: Parts, who: Drafter, body: Applying) -> dict[str, Any]:
    """Begin an application; the caller becomes its lead."""
    facts = datasets.facts(session, body.datasets)
    row = service.draft(session, who.actor, control.clock(), _asked(body), datasets=facts)
    return shapes.project_row(row)


@router.put("/{slug}")
def amend(
    session: WriteSession, control: Parts, who: Drafter, slug: str, body: Applying
) -> dict[str, Any]:
    """Save a changed application, whole: what is left out is taken out."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    facts = datasets.facts(session, body.datasets)
    row = service.amend(session, who.actor, now, row.id, _asked(body), datasets=facts)
    return shapes.project_row(row)


@router.get("/{slug}")
def shown(session: ReadSession, control: Parts, who: Reader, slug: str) -> dict[str, Any]:
    """Show one project: its review, and what the caller may do and why not."""
    now = control.clock()
    detail = queries.detail(session, who.actor, slug, now)
    mine = access(session, who.actor.person or "", detail.project, now, policies=control.policies)
    return shapes.project_detail(detail, mine)


@router.post("/{slug}/submit")
def submit(session: WriteSession, control: Parts, who: Submitter, slug: str) -> dict[str, Any]:
    """Hand an application to its reviewers."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    asked = [grant.dataset_slug for grant in queries.grants(session, row.id)]
    row = service.submit(
        session,
        who.actor,
        now,
        row.id,
        policy=control.policies.seats["project-approval"],
        datasets=datasets.facts(session, asked),
    )
    return shapes.project_row(row)


@router.post("/{slug}/votes")
def vote(
    session: WriteSession, control: Parts, who: Voter, slug: str, body: Vote
) -> dict[str, Any]:
    """Vote in one seat, on exactly the plan that was read."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    service.vote(
        session,
        who.actor,
        now,
        row.id,
        seat=body.seat,
        value=body.value,
        digest=body.digest,
        reason=body.reason,
    )
    return shapes.project_row(row)


@router.post("/{slug}/membership/accept", status_code=204)
def accept(session: WriteSession, control: Parts, who: Entrant, slug: str) -> None:
    """Accept one's place in a project, and its terms as they are now."""
    row = queries.detail(session, who.actor, slug, control.clock()).project
    terms = control.policies.access.terms_version
    service.accept_membership(
        session, who.actor, control.clock(), row.id, terms_version=terms, current=terms
    )


@router.delete("/{slug}/members/{handle}", status_code=204)
def remove(session: WriteSession, control: Parts, who: Reader, slug: str, handle: str) -> None:
    """End somebody's place in a project; their open connections end within two seconds."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    someone = person_by_handle(session, handle)
    service.remove_member(session, who.actor, now, row.id, someone.id)


@router.post("/{slug}/close")
def close(
    session: WriteSession, control: Parts, who: Closer, slug: str, body: Because
) -> dict[str, Any]:
    """End work in a project; submitting and collecting remain for the days of the policy."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    return shapes.project_row(service.close(session, who.actor, now, row.id, body.reason))


@router.get("/{slug}/workspace")
def workspace(session: ReadSession, control: Parts, who: Looker, slug: str) -> dict[str, Any]:
    """Show a project's environment: where it stands, its last proof, its servers."""
    row = queries.detail(session, who.actor, slug, control.clock()).project
    return workspaces.detail(session, row.id, row.slug)


@router.delete("/{slug}/server", status_code=204)
def stop(session: WriteSession, control: Parts, who: Entrant, slug: str) -> None:
    """End one's own notebook server; it starts again when the workspace is opened."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    servers.stop_server(session, who.actor, now, row.slug, who.handle)


@router.post("/{slug}/halt")
def halt(
    session: WriteSession, control: Parts, who: Halter, slug: str, body: Because
) -> dict[str, Any]:
    """End all access to a project now; the stream tells gateway and doors as it commits."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    stop = governance.halt(
        session, who.actor, now, scope="project", target=row.id, reason=body.reason, project=row.id
    )
    return {"halt": stop.id, "at": stop.at}


@router.post("/{slug}/resume", status_code=204)
def resume(session: WriteSession, control: Parts, who: Resumer, slug: str, body: Because) -> None:
    """Lift a halt; another administrator than the one who halted."""
    now = control.clock()
    row = queries.detail(session, who.actor, slug, now).project
    governance.resume(
        session, who.actor, now, scope="project", target=row.id, reason=body.reason, project=row.id
    )


def _asked(body: Applying) -> Application:
    return Application(
        slug=body.slug,
        title=body.title,
        purpose=body.purpose,
        lay_summary=body.lay_summary,
        datasets=tuple(body.datasets),
        needed=frozenset(body.needed),
        members=tuple(body.members),
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        prestart=body.prestart,
    )

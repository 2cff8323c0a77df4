"""Pages of projects: apply, review, membership, where the workspace stands, stop, halt."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, may, parts
from orchestrator.datasets import queries as datasets
from orchestrator.db import read
from orchestrator.errors import TreError
from orchestrator.governance import service as governance
from orchestrator.governance.halts import Scope, may_halt
from orchestrator.governance.queries import halt_of
from orchestrator.governance.seats import VoteValue
from orchestrator.identity.queries import person, person_by_handle
from orchestrator.identity.roles import permitted
from orchestrator.lifecycle.machine import Standing
from orchestrator.projects import queries, service
from orchestrator.projects.models import Project
from orchestrator.projects.queries import ProjectDetail
from orchestrator.projects.rules import Application
from orchestrator.values import Actor
from orchestrator.web.forms import Posted, Typed, posted, shows_again
from orchestrator.web.render import offered, page, sliced, to
from orchestrator.workspaces import queries as workspaces
from orchestrator.workspaces import service as servers
from orchestrator.workspaces.access import access
from orchestrator.workspaces.models import Proof, Server, Workspace
from orchestrator.workspaces.states import WorkspaceState

router = APIRouter()
Reader = Annotated[Caller, Depends(may("projects.project.read"))]
Drafter = Annotated[Caller, Depends(may("projects.project.draft"))]
Looker = Annotated[Caller, Depends(may("workspaces.workspace.read"))]
Drafted = Annotated[Posted, Depends(posted("projects.project.draft"))]
Submitted = Annotated[Posted, Depends(posted("projects.project.submit"))]
# Who may fill a seat is the seat engine's answer, with every reason and not the role's alone.
Voted = Annotated[Posted, Depends(posted("projects.project.read"))]
Entering = Annotated[Posted, Depends(posted("workspaces.workspace.enter"))]
Removing = Annotated[Posted, Depends(posted("projects.project.read"))]
Closing = Annotated[Posted, Depends(posted("projects.project.close"))]
Halting = Annotated[Posted, Depends(posted("workspaces.workspace.halt"))]
Resuming = Annotated[Posted, Depends(posted("workspaces.workspace.resume"))]

VOTES = (VoteValue.APPROVE, VoteValue.RETURN, VoteValue.REJECT)
STEPS = (
    (WorkspaceState.WANTED, "asked for"),
    (WorkspaceState.PROVISIONING, "being set up"),
    (WorkspaceState.PROVING, "isolation being proved"),
    (WorkspaceState.OPEN, "data attached, open"),
)
ON_ITS_WAY = frozenset(state for state, _ in STEPS[:-1])
MARKS = {"held": "held", "unavailable": "not possible here"}


@dataclass(frozen=True)
class Environment:
    """Where a project's workspace stands. Shape: `steps` are (word, mark) on the main line."""

    row: Workspace
    steps: tuple[tuple[str, str], ...]
    proof: Proof | None
    held: int
    probes: int
    servers: tuple[Server, ...]
    coming: bool


@router.get("/projects")
def listed(request: Request, session: ReadSession, who: Reader) -> Response:
    """List the projects that the caller may see."""
    rows = [
        (row, queries.standing(session, who.actor, row))
        for row in queries.visible(session, who.actor)
    ]
    found = sliced(request, rows)
    apply = permitted(who.actor, "projects.project.draft")
    return page(request, "projects.html", who, title="Projects", rows=found, apply=apply)


@router.get("/projects/new")
def new(request: Request, who: Drafter) -> Response:
    """Show the empty application."""
    return _form(request, who, None, {})


def _draft_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _form(request, who, request.path_params.get("slug"), typed, error=error, status=status)


@router.post("/projects")
@shows_again(_draft_again)
def draft(sent: Drafted, session: WriteSession, control: Parts) -> Response:
    """Begin an application; the caller becomes its lead."""
    asked = _asked(sent, sent["slug"])
    facts = datasets.facts(session, asked.datasets)
    row = service.draft(session, sent.who.actor, control.clock(), asked, datasets=facts)
    return to(f"/projects/{row.slug}?done=drafted")


@router.get("/projects/{slug}/edit")
def edit(
    request: Request, session: ReadSession, control: Parts, who: Drafter, slug: str
) -> Response:
    """Show an application as it was saved, to be changed."""
    row = queries.detail(session, who.actor, slug, control.clock()).project
    return _form(request, who, slug, _as_typed(service.application(session, row)))


@router.post("/projects/{slug}/edit")
@shows_again(_draft_again)
def amend(sent: Drafted, session: WriteSession, control: Parts, slug: str) -> Response:
    """Save a changed application."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    asked = _asked(sent, slug)
    facts = datasets.facts(session, asked.datasets)
    service.amend(session, sent.who.actor, now, row.id, asked, datasets=facts)
    return to(f"/projects/{slug}?done=saved")


@router.get("/projects/{slug}")
def shown(request: Request, who: Reader, slug: str) -> Response:
    """Show one project: its review, its people, and why one can or cannot work."""
    return _project(request, who, slug, {})


def _shown_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _project(request, who, request.path_params["slug"], typed, error=error, status=status)


@router.post("/projects/{slug}/submit")
@shows_again(_shown_again)
def submit(sent: Submitted, session: WriteSession, control: Parts, slug: str) -> Response:
    """Hand an application to its reviewers."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    asked = [grant.dataset_slug for grant in queries.grants(session, row.id)]
    service.submit(
        session,
        sent.who.actor,
        now,
        row.id,
        policy=control.policies.seats["project-approval"],
        datasets=datasets.facts(session, asked),
    )
    return to(f"/projects/{slug}?done=submitted")


@router.post("/projects/{slug}/votes")
@shows_again(_shown_again)
def vote(sent: Voted, session: WriteSession, control: Parts, slug: str) -> Response:
    """Vote in one seat, on exactly the plan that was read."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    service.vote(
        session,
        sent.who.actor,
        now,
        row.id,
        seat=sent["seat"],
        value=sent["value"],
        digest=sent["digest"],
        reason=sent["reason"],
    )
    return to(f"/projects/{slug}?done=voted")


@router.post("/projects/{slug}/membership")
@shows_again(_shown_again)
def accept(sent: Entering, session: WriteSession, control: Parts, slug: str) -> Response:
    """Accept one's place in a project, and its terms as they were shown."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    current = control.policies.access.terms_version
    service.accept_membership(
        session, sent.who.actor, now, row.id, terms_version=sent["terms"], current=current
    )
    return to(f"/projects/{slug}?done=accepted")


@router.post("/projects/{slug}/members/{handle}/remove")
@shows_again(_shown_again)
def remove(
    sent: Removing, session: WriteSession, control: Parts, slug: str, handle: str
) -> Response:
    """End somebody's place in a project."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    someone = person_by_handle(session, handle)
    service.remove_member(session, sent.who.actor, now, row.id, someone.id)
    own = someone.id == sent.who.actor.person
    return to("/projects?done=removed" if own else f"/projects/{slug}?done=removed")


@router.post("/projects/{slug}/server/stop")
@shows_again(_shown_again)
def stop(sent: Entering, session: WriteSession, control: Parts, slug: str) -> Response:
    """End one's own notebook server; it starts again when the workspace is opened."""
    now, who = control.clock(), sent.who
    row = queries.detail(session, who.actor, slug, now).project
    servers.stop_server(session, who.actor, now, row.slug, who.handle)
    return to(f"/projects/{slug}?done=stopped")


@router.post("/projects/{slug}/close")
@shows_again(_shown_again)
def close(sent: Closing, session: WriteSession, control: Parts, slug: str) -> Response:
    """End work in a project; submitting and collecting remain for the days of the policy."""
    now = control.clock()
    row = queries.detail(session, sent.who.actor, slug, now).project
    service.close(session, sent.who.actor, now, row.id, sent["reason"])
    return to(f"/projects/{slug}?done=closed")


@router.post("/projects/{slug}/halt")
@shows_again(_shown_again)
def halt(sent: Halting, session: WriteSession, control: Parts, slug: str) -> Response:
    """End all access to a project now; gateway and doors hear of it as it commits."""
    now, actor = control.clock(), sent.who.actor
    row = queries.detail(session, actor, slug, now).project
    governance.halt(
        session,
        actor,
        now,
        scope=Scope.PROJECT.value,
        target=row.id,
        reason=sent["reason"],
        project=row.id,
    )
    return to(f"/projects/{slug}?done=halted")


@router.post("/projects/{slug}/resume")
@shows_again(_shown_again)
def resume(sent: Resuming, session: WriteSession, control: Parts, slug: str) -> Response:
    """Lift a halt; another administrator than the one who halted."""
    now, actor = control.clock(), sent.who.actor
    row = queries.detail(session, actor, slug, now).project
    governance.resume(
        session,
        actor,
        now,
        scope=Scope.PROJECT.value,
        target=row.id,
        reason=sent["reason"],
        project=row.id,
    )
    return to(f"/projects/{slug}?done=resumed")


@router.get("/projects/{slug}/proof")
def proof(
    request: Request, session: ReadSession, control: Parts, who: Looker, slug: str
) -> Response:
    """Show the last isolation proof, each attempt with the control that makes it mean something."""
    row = queries.detail(session, who.actor, slug, control.clock()).project
    last = workspaces.last_proof(session, slug)
    probes = sorted(
        workspaces.probes(last) if last else [],
        key=lambda probe: (probe["outcome"] in MARKS, probe["outcome"] != "held", probe["id"]),
    )
    return page(
        request,
        "proof.html",
        who,
        title="Isolation proof",
        crumbs=(("/projects", "Projects"), (f"/projects/{slug}", row.title)),
        project=row,
        proof=last,
        probes=probes,
    )


def _form(
    request: Request,
    who: Caller,
    slug: str | None,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    with read(parts(request).db) as session:
        offers = {one.dataset.slug: one.dataset for one in datasets.catalogue(session)}
        title = "Change the application" if slug else "Apply for a project"
        return page(
            request,
            "application.html",
            who,
            title=title,
            status=status,
            crumbs=(("/projects", "Projects"),),
            error=error,
            typed=typed,
            slug=slug,
            action=f"/projects/{slug}/edit" if slug else "/projects",
            offers=list(offers.values()),
        )


def _asked(sent: Posted, slug: str) -> Application:
    return Application(
        slug=slug,
        title=sent["title"],
        purpose=sent["purpose"],
        lay_summary=sent["lay_summary"],
        datasets=tuple(sent.many("datasets")),
        needed=frozenset(sent.many("needed")),
        members=tuple(dict.fromkeys(re.findall(r"[^\s,;]+", sent["members"]))),
        starts_at=sent.day("starts", "the first day"),
        ends_at=sent.day("ends", "the last day", plus=1),
        prestart=bool(sent["prestart"]),
    )


def _as_typed(asked: Application) -> dict[str, list[str]]:
    first = "" if asked.starts_at is None else f"{asked.starts_at:%Y-%m-%d}"
    last = "" if asked.ends_at is None else f"{asked.ends_at - timedelta(seconds=1):%Y-%m-%d}"
    return {
        "slug": [asked.slug],
        "title": [asked.title],
        "purpose": [asked.purpose],
        "lay_summary": [asked.lay_summary],
        "datasets": list(asked.datasets),
        "needed": sorted(asked.needed),
        "members": ["\n".join(asked.members)],
        "starts": [first],
        "ends": [last],
        "prestart": ["yes"] if asked.prestart else [],
    }


def _project(
    request: Request,
    who: Caller,
    slug: str,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    control = parts(request)
    with read(control.db) as session:
        detail = queries.detail(session, who.actor, slug, control.clock())
        values = _values(session, control, who.actor, detail)
        coming = values["environment"] is not None and values["environment"].coming
        return page(
            request,
            "project.html",
            who,
            title=detail.project.title,
            status=status,
            crumbs=(("/projects", "Projects"),),
            error=error,
            typed=typed,
            refresh=3 if coming and not values["may_type"] and error is None else None,
            detail=detail,
            row=detail.project,
            **values,
        )


def _values(
    session: Session, control: Control, actor: Actor, detail: ProjectDetail
) -> dict[str, Any]:
    row, now = detail.project, control.clock()
    moves = offered(row.MACHINE, row.state, detail.standing)
    inside = detail.standing in (Standing.LEAD, Standing.MEMBER)
    own = next((m for m in detail.members if m.person_id == actor.person and not m.removed), None)
    halting = bool(may_halt(actor.roles, actor.organisation, Scope.PROJECT, None))
    return {
        "moves": moves,
        "own": own,
        "terms": control.policies.access.terms_version,
        "access": access(session, actor.person or "", row, now, policies=control.policies)
        if inside
        else None,
        "url": control.settings.project_url(row.slug),
        "names": {
            vote.person: person(session, vote.person).name for vote in detail.votes if vote.person
        },
        "vote_values": VOTES,
        "halting": halting,
        "halted": halt_of(session, Scope.PROJECT, row.id),
        "removing": detail.standing in (Standing.LEAD, Standing.ADMINISTRATOR),
        "environment": environment(session, row)
        if permitted(actor, "workspaces.workspace.read")
        else None,
        "proof_valid": control.policies.workspaces.proof_valid_minutes,
        "may_type": halting or "close" in moves or any(seat.decision for seat in detail.seats),
    }


def environment(session: Session, project: Project) -> Environment | None:
    """Gather where a project's workspace stands; None before one was wanted."""
    row = workspaces.of_project(session, project.id)
    if row is None:
        return None
    last = workspaces.last_proof(session, project.slug)
    probes = workspaces.probes(last) if last else []
    return Environment(
        row=row,
        steps=_steps(row),
        proof=last,
        held=sum(probe["outcome"] == "held" for probe in probes),
        probes=len(probes),
        servers=tuple(workspaces.servers(session, project.id)),
        coming=row.state in ON_ITS_WAY,
    )


def _steps(row: Workspace) -> tuple[tuple[str, str], ...]:
    order = [state.value for state, _ in STEPS]
    if row.state not in order:
        return ()
    here = order.index(row.state)
    last = len(order) - 1
    marks = ["done" if at < here or here == last else "now" for at in range(here + 1)]
    marks += ["to come"] * (last - here)
    return tuple((words, mark) for (_, words), mark in zip(STEPS, marks, strict=True))

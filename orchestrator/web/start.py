"""The start page: for visitors what this is, for people what waits for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from orchestrator.airlock import queries as airlock
from orchestrator.airlock.states import AUTHORS_TURN, RequestState
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, Visitor
from orchestrator.datasets import queries as datasets
from orchestrator.datasets.rules import standing as standing_to_data
from orchestrator.datasets.states import SnapshotState
from orchestrator.governance.access import Access
from orchestrator.governance.queries import halts_in_force
from orchestrator.identity.roles import Role
from orchestrator.lifecycle.machine import Standing
from orchestrator.projects import queries as projects
from orchestrator.projects.models import Project
from orchestrator.values import Actor
from orchestrator.web.render import page
from orchestrator.workspaces import queries as workspaces
from orchestrator.workspaces.access import access

router = APIRouter()

FIRST = 6
YOURS_TO_DO = AUTHORS_TURN | {RequestState.DRAFT, RequestState.RELEASED}
STEWARDS_TURN = frozenset({SnapshotState.ANNOUNCED, SnapshotState.RECEIVING})


@dataclass(frozen=True)
class Own:
    """A project of one's own, with what one can do in it or every reason why not."""

    project: Project
    standing: Standing
    access: Access


@router.get("/")
def start(request: Request, session: ReadSession, control: Parts, who: Visitor) -> Response:
    """For visitors what this is, for people what waits for them by role."""
    if who is None:
        return page(request, "start.html", None, title="Data to study, never to take away")
    waiting = _waiting(session, control, who, control.clock())
    return page(request, "home.html", who, title=f"Good day, {who.actor.name}", **waiting)


def _waiting(session: Session, control: Control, who: Caller, now: datetime) -> dict[str, Any]:
    actor = who.actor
    reviewing = bool(projects.PANELS & actor.roles or Role.ASSET_OWNER in actor.roles)
    return {
        "own": own_projects(session, control, actor, now),
        "project_url": control.settings.project_url,
        "mine": airlock.mine(session, actor, limit=FIRST),
        "turn": YOURS_TO_DO,
        "queue": airlock.queue(session, actor, now, limit=FIRST),
        "seats": [
            item
            for item in (projects.review_queue(session, actor, now) if reviewing else [])
            if item.seat.decision and not item.seat.voted
        ],
        "proposed": snapshots_to_decide(session, actor, now),
        "sending": _to_send(session, actor),
        "halts": halts_in_force(session) if Role.ADMINISTRATOR in actor.roles else [],
        "environments": workspaces.needing_work(session)
        if Role.ADMINISTRATOR in actor.roles
        else [],
    }


def own_projects(session: Session, control: Control, actor: Actor, now: datetime) -> list[Own]:
    """List the projects one leads or is a member of, with one's access to each."""
    if Role.RESEARCHER not in actor.roles:
        return []
    found = [
        (row, projects.standing(session, actor, row)) for row in projects.visible(session, actor)
    ]
    return [
        Own(
            row,
            standing,
            access(session, actor.person or "", row, now, policies=control.policies),
        )
        for row, standing in found
        if standing in (Standing.LEAD, Standing.MEMBER)
    ]


def snapshots_to_decide(session: Session, actor: Actor, now: datetime) -> list[datasets.Listed]:
    """List the proposed snapshots on which this person has a vote that is not cast yet."""
    if Role.ASSET_OWNER not in actor.roles:
        return []
    proposed = [
        one for one in datasets.proposed(session) if one.dataset.partner == actor.organisation
    ]
    return [one for one in proposed if _may_vote(session, actor, one, now)]


def _may_vote(session: Session, actor: Actor, one: datasets.Listed, now: datetime) -> bool:
    may = datasets.detail(session, actor, one.snapshot.id, now).may
    return not may["voted"] and any(
        bool(decision) for name, decision in may.items() if name.startswith("vote:")
    )


def _to_send(session: Session, actor: Actor) -> list[datasets.Listed]:
    if Role.DATA_STEWARD not in actor.roles:
        return []
    return [
        one
        for one in datasets.visible(session, actor)
        if one.snapshot.state in STEWARDS_TURN
        and standing_to_data(actor, one.dataset.partner, (Standing.STEWARD,)) is Standing.STEWARD
    ]

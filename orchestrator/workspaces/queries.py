"""Reads about workspaces, for pages, the gateway's decisions and the reconciler."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from orchestrator.errors import NotFound
from orchestrator.workspaces.models import Proof, Server, Usage, Workspace
from orchestrator.workspaces.states import WorkspaceState

_WAKING = frozenset({WorkspaceState.PROVISIONING.value, WorkspaceState.PROVING.value})


def of_project(session: Session, project_id: str) -> Workspace | None:
    """The environment of a project, if one was ever wanted."""
    return session.exec(select(Workspace).where(Workspace.project_id == project_id)).first()


def rests(row: Workspace) -> bool:
    """Say whether an environment sleeps, or is on its way from there to open."""
    if row.state == WorkspaceState.ASLEEP.value:
        return True
    return row.asleep_since is not None and row.state in _WAKING


def last_visits(session: Session, rows: Sequence[Workspace]) -> dict[str, datetime | None]:
    """When somebody or something last happened in many environments, by row.

    Shape: the latest of its own last move, the moment it got its data (a move is dated from before
    its proof), the last minute that gateway or doors counted, and what was last seen of a server;
    None while a server is there.
    """
    there = {server.project_id for server in servers(session)}
    slugs, ids = [row.slug for row in rows], [row.project_id for row in rows]
    counted = dict(
        session.exec(
            select(Usage.slug, func.max(Usage.minute))
            .where(col(Usage.slug).in_(slugs))
            .group_by(Usage.slug)
        ).all()
    )
    seen = dict(
        session.exec(
            select(Server.project_id, func.max(Server.observed_at))
            .where(col(Server.project_id).in_(ids))
            .group_by(Server.project_id)
        ).all()
    )
    return {
        row.id: None
        if row.project_id in there
        else _latest(
            row.changed_at, row.mounted_at, counted.get(row.slug), seen.get(row.project_id)
        )
        for row in rows
    }


def _latest(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def visited(session: Session) -> frozenset[str]:
    """Say in which projects somebody wants a server."""
    query = select(Server.project_id).where(col(Server.wanted_at).is_not(None)).distinct()
    return frozenset(session.exec(query))


def needing_work(session: Session) -> list[Workspace]:
    """All environments that are not at their end."""
    return list(
        session.exec(select(Workspace).where(Workspace.state != WorkspaceState.RETIRED.value))
    )


def servers(session: Session, project_id: str | None = None) -> list[Server]:
    """Notebook servers that are wanted or still observed, of one project or of all."""
    query = select(Server).where(
        col(Server.wanted_at).is_not(None) | (col(Server.observed) != "stopped")
    )
    if project_id is not None:
        query = query.where(Server.project_id == project_id)
    return list(session.exec(query))


def server(session: Session, key: str) -> Server | None:
    """One notebook server by its key."""
    return session.get(Server, key)


def last_proof(session: Session, slug: str | None) -> Proof | None:
    """The newest proof of a workspace, or of the deployment for None."""
    return session.exec(
        select(Proof).where(Proof.slug == slug).order_by(col(Proof.at).desc()).limit(1)
    ).first()


def probes(proof: Proof) -> list[dict[str, Any]]:
    """The attempts of a proof as they were stored."""
    found: list[dict[str, Any]] = json.loads(proof.probes)
    return found


def detail(session: Session, project_id: str, slug: str) -> dict[str, Any]:
    """An environment as people see it: state, last proof, servers without their tokens.

    Errors: NotFound before one was wanted.
    """
    row = of_project(session, project_id)
    if row is None:
        raise NotFound(
            "This project has no workspace yet; it gets one when its permit becomes active."
        )
    proof = last_proof(session, slug)
    return {
        "state": row.state,
        "reason": row.reason,
        "changed_at": row.changed_at,
        "proof": None
        if proof is None
        else {"at": proof.at, "safe": proof.safe, "probes": probes(proof)},
        "mounted_at": row.mounted_at,
        "servers": [
            {
                "person": server.handle,
                "observed": server.observed,
                "wanted": server.wanted_at is not None,
                "reason": server.reason,
            }
            for server in session.exec(select(Server).where(Server.project_id == project_id))
        ],
    }


def bytes_out(session: Session, slug: str, handle: str, since: datetime) -> int:
    """Bytes that reached one person's browser from one project since an instant."""
    rows = session.exec(
        select(Usage.bytes_out).where(
            Usage.slug == slug, Usage.handle == handle, Usage.minute >= since
        )
    )
    return sum(rows)

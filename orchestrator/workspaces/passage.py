"""Who may pass gateway and doors at this moment, and what changed since it was last told."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from orchestrator.errors import NotAllowed
from orchestrator.governance.access import Access, Verb, for_verb
from orchestrator.governance.halts import Scope
from orchestrator.governance.queries import halts_in_force
from orchestrator.identity.models import Person, WebSession
from orchestrator.identity.queries import project_session
from orchestrator.link.addresses import host_of
from orchestrator.policy.model import Policies
from orchestrator.projects import queries as projects
from orchestrator.projects.models import Project
from orchestrator.values import WORKSPACE_ASLEEP, Reason, server_key
from orchestrator.workspaces import queries
from orchestrator.workspaces.access import access
from orchestrator.workspaces.models import Server

SESSION_HOURS = 10
Pair = tuple[str, str]  # project slug, person handle
Halted = tuple[str, str | None, str | None]  # id of the halt, project slug, person handle


@dataclass(frozen=True)
class Told:
    """What one listener knows: who was refused, what is halted, which servers have which doors."""

    refused: frozenset[Pair]
    halted: frozenset[Halted]
    servers: frozenset[str]


class Passage:
    """Answers for gateway and doors from what is stored now; keeps nothing itself."""

    def __init__(self, policies: Policies, run: Path) -> None:
        """`run` is the folder of sockets, where each project's hub listens."""
        self._policies = policies
        self._run = run

    def until(self, now: datetime) -> str:
        """When a session at a project's host ends at the latest."""
        return (now + timedelta(hours=SESSION_HOURS)).isoformat()

    def answer(self, session: Session, slug: str, secret: str, now: datetime) -> dict[str, Any]:
        """Decide on one session at one project's host, with every reason."""
        person = project_session(session, secret, slug, now)
        project = projects.by_slug(session, slug)
        if person is None or project is None:
            return _no("not_signed_in", "Open the project from your start page.", signed_in=False)
        found = access(session, person.id, project, now, policies=self._policies)
        if Verb.WORK not in found.verbs:
            reasons = [{"code": r.code, "text": r.text} for r in _reasons(found)]
            return {"allow": False, "signed_in": True, "reasons": reasons}
        return {
            "allow": True,
            "person": person.handle,
            "until": found.until.isoformat() if found.until else self.until(now),
            "server": _server(queries.server(session, server_key(slug, person.handle)), person),
        }

    def visitor(
        self, session: Session, slug: str, secret: str, now: datetime
    ) -> tuple[Project, Person]:
        """The project and person of a session that may work, or could if they woke the workspace.

        Errors: NotAllowed with every reason.
        """
        answer = self.answer(session, slug, secret, now)
        if not answer["allow"] and [r["code"] for r in answer["reasons"]] != [WORKSPACE_ASLEEP]:
            reasons = [(r["code"], r["text"]) for r in answer["reasons"]]
            raise NotAllowed(reasons[0][1], code=reasons[0][0], reasons=reasons)
        person = project_session(session, secret, slug, now)
        project = projects.by_slug(session, slug)
        assert person is not None, "the answer knew the person"
        assert project is not None, "the answer knew the project"
        return project, person

    def servers(self, session: Session, now: datetime) -> list[dict[str, Any]]:
        """The wanted servers of people who may work, and what their doors must know of them."""
        return [
            {"key": row.key, "project": row.slug, "person": row.handle, **self._door(row)}
            for row in queries.servers(session)
            if row.wanted_at is not None and self._works(session, row, now)
        ]

    def nothing_told(self) -> Told:
        """What a listener knows that has just come."""
        return Told(frozenset(), frozenset(), frozenset())

    def news(
        self, session: Session, told: Told, now: datetime
    ) -> tuple[list[dict[str, Any]], Told]:
        """Compare what holds now with what was told; the lines to send, and what is told then."""
        current = Told(
            refused=frozenset(self._refused(session, now)),
            halted=frozenset(self._halted(session)),
            servers=frozenset(json.dumps(row) for row in self.servers(session, now)),
        )
        lines: list[dict[str, Any]] = [
            *(
                {"kind": "halt", "project": p, "person": h, "halt": row}
                for row, p, h in sorted(current.halted - told.halted, key=lambda halt: halt[0])
            ),
            *(
                {"kind": "revoke", "project": p, "person": h}
                for p, h in sorted(current.refused - told.refused)
            ),
            *([{"kind": "servers"}] if current.servers != told.servers else []),
        ]
        return lines, current

    def _refused(self, session: Session, now: datetime) -> set[Pair]:
        """Everybody with a living session at a project's host, or a server, who may not work."""
        living = select(WebSession.project, WebSession.person_id).where(
            col(WebSession.project).is_not(None), WebSession.expires_at > now
        )
        pairs = {(str(slug), person) for slug, person in session.exec(living)}
        pairs |= {(row.slug, row.person_id) for row in queries.servers(session)}
        refused = set()
        for slug, person_id in pairs:
            project = projects.by_slug(session, slug)
            person = session.get(Person, person_id)
            if person is None or project is None:
                continue
            found = access(session, person_id, project, now, policies=self._policies)
            if Verb.WORK not in found.verbs:
                refused.add((slug, person.handle))
        return refused

    def _halted(self, session: Session) -> set[Halted]:
        """Every halt of people, projects or all; one of data ends access, which is told as such."""
        found: set[Halted] = set()
        for stop in halts_in_force(session):
            match stop.scope:
                case Scope.INSTALLATION:
                    found.add((stop.id, None, None))
                case Scope.PROJECT:
                    found.add((stop.id, projects.get(session, stop.target).slug, None))
                case Scope.PERSON:
                    found.add((stop.id, None, session.get_one(Person, stop.target).handle))
                case Scope.DATASET:
                    pass
        return found

    def _door(self, row: Server) -> dict[str, Any]:
        """What makes a caller known: on a cluster its pod's address and a hash, else its socket."""
        if row.door is None or row.address is None:
            return {"hub_socket": str(self._run / "p" / row.slug / "hub.sock")}
        return {"address": host_of(row.address), "secret": row.door, "hub": row.hub}

    def _works(self, session: Session, row: Server, now: datetime) -> bool:
        project = projects.get(session, row.project_id)
        found = access(session, row.person_id, project, now, policies=self._policies)
        return Verb.WORK in found.verbs


def _server(row: Server | None, person: Person) -> dict[str, Any]:
    return {
        "state": row.observed if row else "stopped",
        "address": row.address if row else None,
        "token": row.token if row else None,
        "door": row.door if row else None,
        "base_url": f"/user/{person.handle}/",
        "reason": row.reason if row else None,
    }


def _reasons(found: Access) -> tuple[Reason, ...]:
    return for_verb(found, Verb.WORK).reasons


def _no(code: str, text: str, *, signed_in: bool) -> dict[str, Any]:
    reasons = [{"code": code, "text": text}]
    return {"allow": False, "signed_in": signed_in, "reasons": reasons}

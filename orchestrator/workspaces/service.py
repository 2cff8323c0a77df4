"""Writes about workspaces: wanted by a permit, moved by the reconciler, halted by many."""

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from orchestrator.audit.log import append
from orchestrator.errors import NotFound
from orchestrator.governance.access import Verb, rests
from orchestrator.identity.models import Person
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.policy.model import Policies
from orchestrator.projects import queries as projects
from orchestrator.values import SYSTEM, Actor, JsonValue, server_key
from orchestrator.workspaces.access import access
from orchestrator.workspaces.models import Proof, Server, Usage, Workspace
from orchestrator.workspaces.states import WorkspaceState


@dataclass(frozen=True)
class Seen:
    """What an engine saw of one notebook server, as plain values.

    The control plane imports this module and may not reach the engines, so no engine type is here.
    """

    observed: str
    address: str | None = None
    base_url: str | None = None
    token: str | None = field(default=None, repr=False)
    reason: str | None = None
    door: str | None = field(default=None, repr=False)
    hub: str | None = None


def want(session: Session, project_id: str, slug: str, now: datetime) -> Workspace:
    """Ask for the environment of an active project; asking twice is one environment."""
    found = session.exec(select(Workspace).where(Workspace.project_id == project_id)).first()
    if found is not None:
        return found
    row = Workspace(id=f"w-{uuid.uuid4().hex}", project_id=project_id, slug=slug, changed_at=now)
    session.add(row)
    append(
        session,
        action="workspace.wanted",
        actor=SYSTEM,
        now=now,
        object_type="workspace",
        object_id=row.id,
        project=project_id,
    )
    return row


def move(
    session: Session,
    workspace: Workspace,
    event: str,
    now: datetime,
    *,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Move a workspace along its table, as the reconciler, with the reason for people."""
    advance(
        session,
        workspace,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        reason_code=reason_code,
        reason=reason,
    )


def record_proof(
    session: Session,
    slug: str | None,
    probes: Sequence[Mapping[str, object]],
    *,
    safe: bool,
    policy_digest: str,
    now: datetime,
) -> Proof:
    """Store what every probe found; whether it is safe was decided by `engines.port.proved`.

    Shape: each probe has id, attempt, control, outcome, evidence and seconds.
    """
    proof = Proof(
        id=f"pf-{uuid.uuid4().hex}",
        slug=slug,
        at=now,
        safe=safe,
        policy_digest=policy_digest,
        probes=json.dumps(list(probes)),
    )
    session.add(proof)
    outcomes: dict[str, JsonValue] = dict(Counter(str(probe["outcome"]) for probe in probes))
    append(
        session,
        action="network.probe_result",
        actor=SYSTEM,
        now=now,
        object_type="proof",
        object_id=proof.id,
        outcome="success" if safe else "failure",
        project=slug,
        policy_digest=policy_digest,
        detail=outcomes,
    )
    return proof


def record_mended(session: Session, slug: str, wrong: Sequence[str], now: datetime) -> None:
    """Write down that an environment was altered behind our back and is as asked again.

    Shape: `wrong` has a kind and a name each. Only kinds are kept: a name may be a person's.
    """
    kinds: dict[str, JsonValue] = dict(Counter(each.split()[0] for each in wrong))
    append(
        session,
        action="workspace.mended",
        actor=SYSTEM,
        now=now,
        object_type="workspace",
        object_id=slug,
        project=slug,
        detail=kinds,
    )


def want_server(
    session: Session, project_id: str, slug: str, person_id: str, handle: str, now: datetime
) -> Server:
    """Remember that a person wants their notebook server; the reconciler starts it."""
    key = server_key(slug, handle)
    row = session.get(Server, key)
    if row is None:
        row = Server(key=key, project_id=project_id, slug=slug, person_id=person_id, handle=handle)
        session.add(row)
    if row.wanted_at is None:
        row.wanted_at = now
        row.reason = None
        append(
            session,
            action="workspace.server_wanted",
            actor=SYSTEM,
            now=now,
            object_type="server",
            object_id=key,
            project=project_id,
        )
    return row


def prestart(session: Session, person: Person, now: datetime, *, policies: Policies) -> list[str]:
    """Want a person's servers when they sign in, in the projects that ask for it.

    Shape: the slugs of those projects; the person must be allowed to work there at this moment.
    """
    begun = []
    for project in projects.active(session):
        if not project.prestart or person.id not in projects.active_members(session, project.id):
            continue
        found = access(session, person.id, project, now, policies=policies)
        if Verb.WORK in found.verbs or rests(found):
            want_server(session, project.id, project.slug, person.id, person.handle, now)
            begun.append(project.slug)
    return begun


def unwant_server(
    session: Session, key: str, now: datetime, *, actor: Actor, reason: str, say: str = ""
) -> None:
    """Withdraw the wish for a server.

    Shape: `reason` is a code for the log; `say` is the sentence people read, where what the engine
    said does not stand there already.
    Errors: NotFound for an unknown server.
    """
    row = session.get(Server, key)
    if row is None:
        raise NotFound("There is no such notebook server. Open the project's page again.")
    if row.wanted_at is None:
        return
    row.wanted_at = None
    row.reason = say or row.reason
    row.token = None
    append(
        session,
        action="workspace.server_unwanted",
        actor=actor,
        now=now,
        object_type="server",
        object_id=key,
        project=row.project_id,
        reason=reason,
    )


def stop_server(session: Session, actor: Actor, now: datetime, slug: str, handle: str) -> None:
    """End one's own notebook server: what its kernels hold is lost, files stay.

    Errors: NotFound where none runs, and for somebody else's.
    """
    row = session.get(Server, server_key(slug, handle))
    if row is None or row.wanted_at is None or row.person_id != actor.person:
        raise NotFound("You have no notebook server running here, so there is nothing to stop.")
    unwant_server(session, row.key, now, actor=actor, reason="person", say="Stopped by its owner.")


def record_server(session: Session, key: str, seen: Seen, now: datetime) -> None:
    """Write what the engine sees of one server; the reconciler is the only caller."""
    row = session.get(Server, key)
    if row is None:
        return
    if row.observed != seen.observed:
        append(
            session,
            action=f"workspace.server_{seen.observed}",
            actor=SYSTEM,
            now=now,
            object_type="server",
            object_id=key,
            project=row.project_id,
        )
        row.started_at = now
    row.observed = seen.observed
    row.address = seen.address
    row.base_url = seen.base_url
    row.token = seen.token
    row.reason = seen.reason or (None if seen.address else row.reason)
    row.door = seen.door
    row.hub = seen.hub
    row.observed_at = now


def count_usage(session: Session, rows: Sequence[Usage]) -> None:
    """Add the gateway's counts for whole minutes to what was counted before."""
    for row in rows:
        found = session.get(Usage, (row.slug, row.handle, row.minute, row.path_class))
        if found is None:
            session.add(row)
            session.flush()
            continue
        found.requests += row.requests
        found.bytes_in += row.bytes_in
        found.bytes_out += row.bytes_out
        found.refused += row.refused


def start_over(session: Session, now: datetime) -> None:
    """Have every environment that stood made anew and proved again: its engine may know nothing.

    Shape: after a restore; halted, retiring and retired ones stay what they are.
    """
    for row in session.exec(select(Workspace)).all():
        if row.state == WorkspaceState.UNPROVED.value:
            move(session, row, "prove", now)
        if row.state in _STANDING:
            move(
                session,
                row,
                "fail",
                now,
                reason_code="restored",
                reason="The installation was restored from a backup; this is made anew.",
            )
            row.retry_at = row.proved_at = None


_STANDING = frozenset(
    {WorkspaceState.PROVISIONING.value, WorkspaceState.PROVING.value, WorkspaceState.OPEN.value}
)

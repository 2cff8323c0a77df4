"""The door: the only code that assigns a state, with compare-and-set and one audit entry."""

from datetime import datetime
from typing import ClassVar, Protocol

from sqlalchemy import update
from sqlmodel import Session

from orchestrator.audit.log import append
from orchestrator.errors import Conflict
from orchestrator.lifecycle.machine import Machine, Standing, Transition
from orchestrator.values import Actor, JsonValue


class Stateful(Protocol):
    """A row with a state. `version` counts moves; `reason_code` and `reason` only explain."""

    MACHINE: ClassVar[Machine]
    id: str
    state: str
    version: int
    reason_code: str | None
    reason: str | None
    changed_at: datetime | None

    def audit_project(self) -> str | None:
        """Name the project this row belongs to, for its audit entries."""


def advance(
    session: Session,
    row: Stateful,
    event: str,
    *,
    standing: Standing,
    actor: Actor,
    now: datetime,
    reason_code: str | None = None,
    reason: str | None = None,
    digest: str | None = None,
    policy_digest: str | None = None,
    detail: dict[str, JsonValue] | None = None,
) -> Transition:
    """Move a row along its table, inside the caller's writing transaction.

    Shape: the row is read, decided, written under compare-and-set of (state, version) and audited
    as `<noun>.<event>`, all in one transaction; `digest` names what was acted on.
    Errors: NotAllowed and Conflict as `Machine.next`; Conflict when somebody moved it meanwhile.
    Nothing is written then.
    Source: design properties 1 and 11.
    """
    assert session.info.get("writing"), "states move in writing transactions only"
    move = row.MACHINE.next(row.state, event, standing)
    session.flush()
    table = type(row)
    hit = session.execute(
        update(table)
        .where(table.id == row.id, table.state == row.state, table.version == row.version)  # type: ignore[arg-type]
        .values(
            state=move.target,
            version=row.version + 1,
            reason_code=reason_code,
            reason=reason,
            changed_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    if hit.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(
            f"Somebody else changed this {row.MACHINE.noun} a moment ago; nothing of yours was "
            "stored. Look at it again and decide anew.",
            code="raced",
        )
    session.refresh(row)
    append(
        session,
        action=f"{row.MACHINE.noun.replace(' ', '_')}.{event}",
        actor=actor,
        now=now,
        object_type=row.MACHINE.noun,
        object_id=row.id,
        object_digest=digest,
        project=row.audit_project(),
        reason=reason_code,
        policy_digest=policy_digest,
        detail={"from": move.source, "to": move.target, **(detail or {})},
    )
    return move

"""Tables of a project's environment: where it stands, its proofs, its servers, its use."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from orchestrator.db import UtcTime
from orchestrator.lifecycle.machine import Machine
from orchestrator.workspaces.states import MACHINE, WorkspaceState

_STATES = ", ".join(f"'{state.value}'" for state in WorkspaceState)


class Workspace(SQLModel, table=True):
    """The environment of one project. One row a project; the reconciler alone moves it.

    `asleep_since` is when the engine had ended its hub, and stays until it is open again.
    """

    __tablename__ = "workspaces"
    __table_args__ = (CheckConstraint(f"state in ({_STATES})", name="workspace_state"),)
    MACHINE: ClassVar[Machine] = MACHINE

    id: str = Field(primary_key=True)
    project_id: str = Field(unique=True, index=True)
    slug: str = Field(unique=True)
    state: str = Field(default=WorkspaceState.WANTED.value, index=True)
    version: int = 0
    reason_code: str | None = None
    reason: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    spec_digest: str | None = None
    mounts_digest: str | None = None
    mounted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    proof_id: str | None = None
    proved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcTime)
    attempts: int = 0
    asleep_since: datetime | None = Field(default=None, sa_type=UtcTime)

    def audit_project(self) -> str | None:
        """Name the project in audit entries."""
        return self.project_id


class Proof(SQLModel, table=True):
    """One run of the isolation proof; `slug` is None for the deployment itself."""

    __tablename__ = "proofs"

    id: str = Field(primary_key=True)
    slug: str | None = Field(default=None, index=True)
    at: datetime = Field(sa_type=UtcTime)
    safe: bool
    policy_digest: str
    probes: str  # JSON list of port.Probe


class Server(SQLModel, table=True):
    """One person's notebook server: wanted by the person, observed by the reconciler.

    `token` reaches exactly this server; only the gateway is told it. `door` is the hash of the
    secret that a pod got at its start, `hub` where the doors find its hub; None on one machine.
    """

    __tablename__ = "servers"
    __table_args__ = (UniqueConstraint("project_id", "person_id"),)

    key: str = Field(primary_key=True)
    project_id: str = Field(index=True)
    slug: str
    person_id: str
    handle: str
    wanted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    observed: str = "stopped"
    address: str | None = None
    base_url: str | None = None
    token: str | None = Field(default=None, repr=False)
    reason: str | None = None
    observed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    door: str | None = Field(default=None, repr=False)
    hub: str | None = None


class Usage(SQLModel, table=True):
    """What crossed a door in one minute, counted for a person, a project and a class of paths."""

    __tablename__ = "usage"

    slug: str = Field(primary_key=True)
    handle: str = Field(primary_key=True)
    minute: datetime = Field(primary_key=True, sa_type=UtcTime)
    path_class: str = Field(primary_key=True)
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: int = 0

"""Tables of projects: the permit, its people, the datasets it asks for."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from orchestrator.db import UtcTime
from orchestrator.lifecycle.machine import Machine
from orchestrator.projects.states import MACHINE, MemberRole, ProjectState

_STATES = ", ".join(f"'{state.value}'" for state in ProjectState)
_ROLES = ", ".join(f"'{role.value}'" for role in MemberRole)


class Project(SQLModel, table=True):
    """One project, from its draft to its end.

    Shape: `plan` is the JSON of what is under review, fixed at submission and named by
    `plan_digest`; `permit` is the JSON of what was granted, named by `permit_digest`;
    `policy_digest` names the pinned review policy; `round` counts submissions.
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="project_state"),
        CheckConstraint("(permit is null) = (permit_digest is null)", name="project_permit"),
        CheckConstraint(
            "(plan is null) = (plan_digest is null) and (plan is null) = (policy_digest is null) "
            "and (plan is null) = (submitted_at is null)",
            name="project_plan",
        ),
    )
    MACHINE: ClassVar[Machine] = MACHINE

    id: str = Field(primary_key=True)
    slug: str = Field(unique=True)
    title: str
    purpose: str
    lay_summary: str
    lead_id: str = Field(index=True)
    organisation: str
    state: str = Field(default=ProjectState.DRAFT.value, index=True)
    version: int = 0
    reason_code: str | None = None
    reason: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    round: int = 0
    starts_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcTime)
    plan: str | None = None
    plan_digest: str | None = None
    policy_digest: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    permit: str | None = None
    permit_digest: str | None = None
    closing_at: datetime | None = Field(default=None, sa_type=UtcTime)
    prestart: bool = False

    def audit_project(self) -> str | None:
        """Name the project in audit entries."""
        return self.id


class Member(SQLModel, table=True):
    """A person's place in a project. Removed members stay as rows; they never vote on it."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint(f"role in ({_ROLES})", name="member_role"),
        CheckConstraint(
            "(accepted_at is null) = (terms_version is null)", name="member_acceptance_paired"
        ),
    )

    project_id: str = Field(primary_key=True, foreign_key="projects.id")
    person_id: str = Field(primary_key=True, index=True)
    role: str
    invited_at: datetime = Field(sa_type=UtcTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    terms_version: str | None = None
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Grant(SQLModel, table=True):
    """A dataset that a project asks for.

    Shape: `controller` is the partner that answers for it, as of submission; `excluded_at` is when
    the partner refused it or the lead gave it up; `snapshot_id` the version that is mounted.
    """

    __tablename__ = "grants"

    project_id: str = Field(primary_key=True, foreign_key="projects.id")
    dataset_slug: str = Field(primary_key=True, index=True)
    controller: str
    needed: bool = True
    excluded_at: datetime | None = Field(default=None, sa_type=UtcTime)
    snapshot_id: str | None = None

"""Tables of people, organisations, roles, sessions, hand-overs, tokens. No rule lives here.

Secrets are stored as SHA-256 only. `people` maps a person to the random `actor_id` of the log.
"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from orchestrator.db import UtcTime
from orchestrator.identity.roles import CertificateKind, Role
from orchestrator.identity.tokens import TokenKind

_ROLES = ", ".join(f"'{role.value}'" for role in Role)
_CERTIFICATES = ", ".join(f"'{kind.value}'" for kind in CertificateKind)
_KINDS = ", ".join(f"'{kind.value}'" for kind in TokenKind)


class Organisation(SQLModel, table=True):
    """An organisation people belong to; a `partner` is an equal member of the alliance."""

    __tablename__ = "organisations"

    slug: str = Field(primary_key=True)
    name: str
    partner: bool


class Person(SQLModel, table=True):
    """Somebody we know. (issuer, subject) is empty until their first sign-in.

    Shape: `handle` is the hub's user name; `email` is lower-case, and empty for a visitor whose
    provider did not vouch for it; `actor_id` is random and the only name the log knows.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="people_once_per_provider"),
        CheckConstraint("(issuer is null) = (subject is null)", name="people_subject_paired"),
        CheckConstraint(
            "(suspended_at is null) = (suspended_reason is null)", name="people_suspension_paired"
        ),
    )

    id: str = Field(primary_key=True)
    handle: str = Field(unique=True)
    name: str
    email: str | None = Field(default=None, unique=True)
    organisation: str | None = Field(default=None, foreign_key="organisations.slug", index=True)
    issuer: str | None = None
    subject: str | None = None
    actor_id: str = Field(unique=True)
    suspended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    suspended_reason: str | None = None
    created_at: datetime = Field(sa_type=UtcTime)


class RoleGrant(SQLModel, table=True):
    """One role, given to a person by somebody at a time; a revoked grant stays as history."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint(f"role in ({_ROLES})", name="role_grants_role"),
        CheckConstraint(
            "(revoked_at is null) = (revoked_by is null)", name="role_grants_revocation_paired"
        ),
        Index(
            "role_grants_once",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at is null"),
            postgresql_where=text("revoked_at is null"),
        ),
    )

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="people.id", index=True)
    role: str
    granted_by: str
    granted_at: datetime = Field(sa_type=UtcTime)
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Certificate(SQLModel, table=True):
    """A dated proof of training or accreditation; a renewal replaces the date."""

    __tablename__ = "certificates"
    __table_args__ = (CheckConstraint(f"kind in ({_CERTIFICATES})", name="certificates_kind"),)

    person_id: str = Field(primary_key=True, foreign_key="people.id")
    kind: str = Field(primary_key=True)
    valid_until: datetime = Field(sa_type=UtcTime)


class WebSession(SQLModel, table=True):
    """A browser that is signed in: at the control plane, or at one project's host.

    Shape: `project` is None for the control plane; `parent_id` is then the session a project
    host's one was handed over from, and a child never outlives its parent's `expires_at`.
    The form token is derived from the secret (`csrf.token_for`) and not stored.
    """

    __tablename__ = "web_sessions"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="web_sessions_expiry"),
        CheckConstraint("(project is null) = (parent_id is null)", name="web_sessions_parent"),
    )

    secret_hash: str = Field(primary_key=True, repr=False)
    id: str = Field(unique=True)
    person_id: str = Field(foreign_key="people.id", index=True)
    project: str | None = Field(default=None, index=True)
    parent_id: str | None = Field(default=None, index=True)
    acr: str
    auth_time: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)


class HandoverCode(SQLModel, table=True):
    """A code that turns one sign-in into a session at one project's host, once."""

    __tablename__ = "handover_codes"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="handover_codes_expiry"),)

    code_hash: str = Field(primary_key=True, repr=False)
    person_id: str = Field(foreign_key="people.id")
    session_id: str
    project: str
    state_hash: str = Field(repr=False)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)


class ServiceToken(SQLModel, table=True):
    """A token for programs. `owner` is a person's id, or the name of one of our processes."""

    __tablename__ = "service_tokens"
    __table_args__ = (
        CheckConstraint(f"kind in ({_KINDS})", name="service_tokens_kind"),
        CheckConstraint("expires_at > created_at", name="service_tokens_expiry"),
    )

    token_hash: str = Field(primary_key=True, repr=False)
    prefix: str = Field(unique=True)
    kind: str
    owner: str = Field(index=True)
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class StepUp(SQLModel, table=True):
    """A fresh, stronger sign-in bound to one action on one digest. Nothing writes it yet.

    Source: governance section 7; it is consumed in the transaction of its action.
    """

    __tablename__ = "step_ups"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="step_ups_expiry"),)

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="people.id", index=True)
    issuer: str
    subject: str
    action: str
    object_id: str
    digest: str
    policy_digest: str
    acr: str
    auth_time: datetime = Field(sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)

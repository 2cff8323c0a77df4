"""Tables of governance: votes, halts, and the policies that reviews under way are bound to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from orchestrator.db import UtcTime
from orchestrator.governance.halts import Scope
from orchestrator.governance.seats import Phase, VoteValue

_VALUES = ", ".join(f"'{value.value}'" for value in VoteValue)
_VOTING = ", ".join(f"'{phase.value}'" for phase in Phase if phase is not Phase.DECIDED)
_SCOPES = ", ".join(f"'{scope.value}'" for scope in Scope)
_NEED_REASON = "'return', 'reject'"


class Vote(SQLModel, table=True):
    """What one person said in one seat about exactly one digest, in one round and phase.

    Shape: `part` is empty for a subject without parts, never null, so that the constraint holds a
    double submission to one row; `conditions` is a JSON list of sentences; `report_digest` names
    the check report that was on the screen. Rows are never changed.
    """

    __tablename__ = "votes"
    __table_args__ = (
        UniqueConstraint(
            "subject_type",
            "subject_id",
            "part",
            "subject_digest",
            "round",
            "seat",
            "person_id",
            "phase",
            name="votes_once",
        ),
        Index("votes_of_person", "person_id", "subject_id", "round", "seat"),
        CheckConstraint(f"value in ({_VALUES})", name="votes_value"),
        CheckConstraint(f"phase in ({_VOTING})", name="votes_phase"),
        CheckConstraint(f"value not in ({_NEED_REASON}) or reason <> ''", name="votes_reason"),
    )

    id: str = Field(primary_key=True)
    subject_type: str
    subject_id: str = Field(index=True)
    part: str = ""
    subject_digest: str
    round: int
    seat: str
    person_id: str
    actor_id: str
    organisation: str
    value: str
    reason: str = ""
    conditions: str = "[]"
    policy_digest: str
    report_digest: str | None = None
    basis: str = "direct"
    phase: str = Phase.IN_REVIEW.value
    cast_at: datetime = Field(sa_type=UtcTime)


class Halt(SQLModel, table=True):
    """All access of a person, project, dataset or the installation, ended until resumed."""

    __tablename__ = "halts"
    __table_args__ = (
        CheckConstraint(f"scope in ({_SCOPES})", name="halts_scope"),
        CheckConstraint("(resumed_at is null) = (resumed_by is null)", name="halts_resume_paired"),
        Index(
            "halts_once",
            "scope",
            "target",
            unique=True,
            sqlite_where=text("resumed_at is null"),
            postgresql_where=text("resumed_at is null"),
        ),
    )

    id: str = Field(primary_key=True)
    scope: str
    target: str = Field(index=True)
    by: str
    reason: str
    at: datetime = Field(sa_type=UtcTime)
    resumed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    resumed_by: str | None = None
    resume_reason: str | None = None


class HaltHeard(SQLModel, table=True):
    """What gateway or doors did when they heard of a halt: when, and how many connections closed.

    With several pods of a role it is the first one that answered, and all that they closed.
    """

    __tablename__ = "halts_heard"
    __table_args__ = (CheckConstraint("closed >= 0", name="halt_heard_closed"),)

    halt_id: str = Field(primary_key=True, foreign_key="halts.id")
    role: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
    closed: int


class PinnedPolicy(SQLModel, table=True):
    """The content of a policy under which something was submitted.

    A review under way is decided by the policy it began with, also after the file changed.
    """

    __tablename__ = "pinned_policies"

    digest: str = Field(primary_key=True)
    name: str
    body: str
    pinned_at: datetime = Field(sa_type=UtcTime)

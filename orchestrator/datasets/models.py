"""Tables of datasets: the dataset, its snapshots and their files, reports, and who mounted them."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from orchestrator.datasets.states import (
    HAS_MANIFEST,
    MACHINE,
    MOUNTABLE,
    Sensitivity,
    SnapshotState,
)
from orchestrator.db import UtcTime
from orchestrator.lifecycle.machine import Machine


def _one_of(column: str, words: "frozenset[SnapshotState] | type[Sensitivity]") -> str:
    return f"{column} in ({', '.join(repr(str(word)) for word in sorted(words))})"


_FREE_AGAIN = frozenset({SnapshotState.REJECTED, SnapshotState.WITHDRAWN})
_LABEL_TAKEN = f"published_at is not null or not ({_one_of('state', _FREE_AGAIN)})"


class Dataset(SQLModel, table=True):
    """Something one partner holds, in versions. The partner alone decides about it."""

    __tablename__ = "datasets"
    __table_args__ = (
        CheckConstraint(_one_of("sensitivity", Sensitivity), name="dataset_sensitivity"),
    )

    id: str = Field(primary_key=True)
    slug: str = Field(unique=True)
    title: str
    summary: str
    partner: str = Field(foreign_key="organisations.slug", index=True)
    sensitivity: str
    created_by: str
    created_at: datetime = Field(sa_type=UtcTime)


class Snapshot(SQLModel, table=True):
    """One version of a dataset, from its announcement to its end.

    Shape: `dictionary` and `manifest` are canonical JSON; `digest` names the manifest and with it
    the snapshot. `announced_by` is the author in the review. `round` counts uploads that were sent
    back. `policy_digest` is the review policy it was proposed under. `index_name` is the linkage
    index, a path below the installation's folder of indexes. `report_digest` names the report of
    the last verification, `facts` is what it measured.
    Units: progress in bytes.
    """

    __tablename__ = "snapshots"
    __table_args__ = (
        CheckConstraint(_one_of("state", frozenset(SnapshotState)), name="snapshot_state"),
        CheckConstraint("(digest is null) = (manifest is null)", name="snapshot_manifest"),
        CheckConstraint(
            f"not ({_one_of('state', HAS_MANIFEST)}) or digest is not null",
            name="snapshot_named",
        ),
        CheckConstraint(
            f"not ({_one_of('state', MOUNTABLE)}) or published_at is not null",
            name="snapshot_published",
        ),
        CheckConstraint(
            "(withdrawn_at is null) = (withdrawn_reason is null) "
            "and (withdrawn_at is null) = (withdrawn_by is null)",
            name="snapshot_withdrawn",
        ),
        CheckConstraint(
            "round >= 1 and progress_done >= 0 and progress_total >= 0", name="snapshot_counts"
        ),
        CheckConstraint(
            "(proposed_at is null) = (policy_digest is null)", name="snapshot_proposed"
        ),
        Index(
            "snapshot_label",
            "dataset_id",
            "label",
            unique=True,
            sqlite_where=text(_LABEL_TAKEN),
            postgresql_where=text(_LABEL_TAKEN),
        ),
    )
    MACHINE: ClassVar[Machine] = MACHINE

    id: str = Field(primary_key=True)
    dataset_id: str = Field(foreign_key="datasets.id", index=True)
    label: str
    state: str = Field(default=SnapshotState.ANNOUNCED.value, index=True)
    version: int = 0
    reason_code: str | None = None
    reason: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    dictionary: str
    dictionary_digest: str
    announced_by: str = Field(index=True)
    announced_at: datetime = Field(sa_type=UtcTime)
    round: int = 1
    manifest: str | None = None
    digest: str | None = Field(default=None, index=True)
    progress_done: int = 0
    progress_total: int = 0
    report_digest: str | None = None
    facts: str | None = None
    index_name: str | None = None
    policy_digest: str | None = None
    proposed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
    withdrawn_by: str | None = None
    withdrawn_reason: str | None = None

    def audit_project(self) -> str | None:
        """Snapshots belong to partners, not to projects."""
        return None


class SnapshotFile(SQLModel, table=True):
    """One received file, lying in `inbox` and later in `snapshots` under its digest.

    Shape: `path_key` is the path as the least exact file system would see it.
    Units: `size` in bytes.
    """

    __tablename__ = "snapshot_files"
    __table_args__ = (
        UniqueConstraint("snapshot_id", "path_key", name="snapshot_file_once"),
        CheckConstraint("size >= 0", name="snapshot_file_size"),
    )

    snapshot_id: str = Field(primary_key=True, foreign_key="snapshots.id")
    path: str = Field(primary_key=True)
    path_key: str
    digest: str = Field(index=True)
    size: int
    received_at: datetime = Field(sa_type=UtcTime)


class SnapshotReport(SQLModel, table=True):
    """What the check worker said about an upload, by the digest of exactly these bytes."""

    __tablename__ = "snapshot_reports"

    digest: str = Field(primary_key=True)
    snapshot_id: str = Field(foreign_key="snapshots.id", index=True)
    round: int
    body: str
    made_at: datetime = Field(sa_type=UtcTime)


class Mounting(SQLModel, table=True):
    """A project's workspace had a snapshot from `since` to `until`; open while it still has."""

    __tablename__ = "mountings"
    __table_args__ = (
        Index(
            "mounting_once",
            "snapshot_id",
            "project_id",
            unique=True,
            sqlite_where=text("until is null"),
            postgresql_where=text("until is null"),
        ),
    )

    id: str = Field(primary_key=True)
    snapshot_id: str = Field(foreign_key="snapshots.id", index=True)
    project_id: str = Field(index=True)
    since: datetime = Field(sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)

"""Tables of the airlock: requests, files, checks, reports, releases, comments, the ledger."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from orchestrator.airlock.rules import FileOutcome, file_subject
from orchestrator.airlock.states import CLOSED, MACHINE, UNDER_REVIEW, CheckState, RequestState
from orchestrator.db import UtcTime
from orchestrator.lifecycle.machine import Machine
from orchestrator.outputs.model import Context, Verdict
from orchestrator.values import Digest


class CheckKind(StrEnum):
    """Why a check runs; only `submission` and `release` count for a decision."""

    PRECHECK = "precheck"
    SUBMISSION = "submission"
    RELEASE = "release"


class Addressee(StrEnum):
    """Who may read a comment."""

    AUTHOR = "author"
    REVIEWERS = "reviewers"


def _one_of(column: str, words: type[StrEnum] | frozenset[RequestState]) -> str:
    return f"{column} in ({', '.join(repr(str(word)) for word in sorted(words))})"


def _both(one: str, other: str) -> str:
    return f"({one} is null) = ({other} is null)"


_OPEN = text(f"not ({_one_of('state', CLOSED)})")
_PRESENT = text("removed_at is null")
WAITING = text(_one_of("state", UNDER_REVIEW))
TO_RELEASE = text(f"state = '{RequestState.APPROVED}'")
TO_EXPIRE = text(f"state = '{RequestState.RELEASED}'")
TO_CHECK = text("done_at is null")
"""Exactly the conditions of partial indexes: what needs work is found without reading the rest."""


class Request(SQLModel, table=True):
    """One airlock request: what somebody wants to take out, through all its rounds.

    Shape: `author_organisation` is fixed at opening; `files` and `size` (bytes) count present
    files; `subject` and both policy digests belong to the current round and are set by submission;
    `verdict` is the worst of its files and `rank` its place in the queue, riskiest first;
    `held_reason` is a fact beside the state: a held request is not released and not handed out.
    """

    __tablename__ = "airlock_requests"
    __table_args__ = (
        CheckConstraint(_one_of("state", RequestState), name="airlock_request_state"),
        CheckConstraint("direction = 'export'", name="airlock_request_direction"),
        CheckConstraint("round >= 1 and files >= 0 and size >= 0", name="airlock_request_counts"),
        CheckConstraint(
            f"{_both('subject', 'submitted_at')} and {_both('policy_digest', 'submitted_at')}"
            f" and {_both('outputs_policy_digest', 'submitted_at')}",
            name="airlock_request_submitted",
        ),
        CheckConstraint(_both("released_at", "expires_at"), name="airlock_request_released"),
        CheckConstraint(
            "state not in ('released', 'expired') or released_at is not null",
            name="airlock_request_released_at",
        ),
        CheckConstraint(
            "state not in ('approved', 'released', 'expired', 'rejected')"
            " or decided_at is not null",
            name="airlock_request_decided_at",
        ),
        Index(
            "airlock_request_open_name",
            "project_id",
            "name",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "airlock_request_queue",
            "rank",
            "submitted_at",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index(
            "airlock_request_to_release",
            "decided_at",
            "id",
            sqlite_where=TO_RELEASE,
            postgresql_where=TO_RELEASE,
        ),
        Index(
            "airlock_request_to_expire",
            "expires_at",
            sqlite_where=TO_EXPIRE,
            postgresql_where=TO_EXPIRE,
        ),
        Index("airlock_request_author", "author_id", "project_id"),
    )
    MACHINE: ClassVar[Machine] = MACHINE

    id: str = Field(primary_key=True)
    project_id: str = Field(index=True)
    slug: str
    author_id: str
    author_organisation: str | None = None
    name: str
    title: str
    direction: str = "export"
    state: str = Field(default=RequestState.DRAFT.value)
    version: int = 0
    reason_code: str | None = None
    reason: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    opened_at: datetime = Field(sa_type=UtcTime)
    round: int = 1
    files: int = 0
    size: int = 0
    subject: str | None = None
    policy_digest: str | None = None
    outputs_policy_digest: str | None = None
    verdict: str | None = None
    rank: int = 0
    submitted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    held_reason: str | None = None

    def audit_project(self) -> str | None:
        """Name the project in audit entries."""
        return self.project_id


class File(SQLModel, table=True):
    """One file of a request: bytes frozen in `quarantine`, and what its author says about them.

    Shape: a file that was replaced or removed stays as a row with `removed_at`; `path_key` is the
    folded path; `verdict`, `report_digest` and `checked_at` come from the newest check; `heard`
    and `outcome` from the votes of the current round; `outcome` is secret while it is blind.
    """

    __tablename__ = "airlock_files"
    __table_args__ = (
        CheckConstraint(
            f"{_both('verdict', 'report_digest')} and {_both('verdict', 'checked_at')}",
            name="airlock_file_checked",
        ),
        CheckConstraint("outcome is null or heard", name="airlock_file_heard"),
        CheckConstraint(
            f"outcome is null or {_one_of('outcome', FileOutcome)}", name="airlock_file_outcome"
        ),
        CheckConstraint(
            f"verdict is null or {_one_of('verdict', Verdict)}", name="airlock_file_verdict"
        ),
        CheckConstraint("size >= 0", name="airlock_file_size"),
        Index(
            "airlock_file_path",
            "request_id",
            "path_key",
            unique=True,
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
        Index("airlock_file_open", "request_id", "removed_at", "heard", "outcome"),
        Index("airlock_file_digest", "digest"),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="airlock_requests.id")
    path: str
    path_key: str
    digest: str
    size: int
    shows: str = ""
    population: str = ""
    control: str = ""
    added_at: datetime = Field(sa_type=UtcTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    verdict: str | None = None
    report_digest: str | None = Field(default=None, foreign_key="airlock_reports.digest")
    checked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    heard: bool = False
    outcome: str | None = None

    @property
    def context(self) -> Context:
        """What the author says about the file."""
        return Context(self.shows, self.population, self.control)

    @property
    def subject(self) -> Digest:
        """What a vote on this file is about: bytes, name and context in one digest."""
        return file_subject(self.path, self.digest, self.context)

    @property
    def worst(self) -> Verdict | None:
        """The verdict as a word of the check engine."""
        return Verdict(self.verdict) if self.verdict else None


class RewrittenFile(SQLModel, table=True):
    """What a picture was before it was written again; `airlock.rewriting` alone writes it.

    Shape: the file's own digest and size are those of the new bytes. `loose` counts bytes of the
    old ones that belonged to nothing, `others` texts, thumbnails and what else lay beside pixels.
    """

    __tablename__ = "airlock_rewritten_files"
    __table_args__ = (
        CheckConstraint(
            "original_size >= 0 and loose >= 0 and others >= 0", name="airlock_rewritten_counts"
        ),
    )

    file_id: str = Field(primary_key=True, foreign_key="airlock_files.id")
    original: str
    original_size: int
    loose: int
    others: int
    at: datetime = Field(sa_type=UtcTime)


class Check(SQLModel, table=True):
    """One run of the check worker over files of a request, wanted by a person or by a move."""

    __tablename__ = "airlock_checks"
    __table_args__ = (
        CheckConstraint(_one_of("kind", CheckKind), name="airlock_check_kind"),
        CheckConstraint(
            f"{_both('done_at', 'report_digest')} and {_both('done_at', 'verdict')}",
            name="airlock_check_done",
        ),
        Index(
            "airlock_check_work", "asked_at", "id", sqlite_where=TO_CHECK, postgresql_where=TO_CHECK
        ),
        Index("airlock_check_budget", "project_id", "asked_by", "kind", "asked_at"),
        Index("airlock_check_request", "request_id", "kind", "round"),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="airlock_requests.id")
    project_id: str
    round: int
    kind: str
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)
    verdict: str | None = None
    report_digest: str | None = Field(default=None, foreign_key="airlock_reports.digest")

    @property
    def state(self) -> CheckState:
        """Where it stands, read from its times: nobody may refuse a check its next step."""
        if self.done_at is not None:
            return CheckState.DONE
        return CheckState.WANTED if self.started_at is None else CheckState.RUNNING


class CheckFile(SQLModel, table=True):
    """One file that a check read, by digest: the count of tries is made of these."""

    __tablename__ = "airlock_check_files"
    __table_args__ = (Index("airlock_check_file_path", "request_id", "path_key"),)

    check_id: str = Field(primary_key=True, foreign_key="airlock_checks.id")
    file_id: str = Field(primary_key=True, foreign_key="airlock_files.id")
    request_id: str
    path_key: str
    digest: str


class ReportRow(SQLModel, table=True):
    """A report, a file's part of it, or the policy it was made under; never changed.

    Shape: canonical JSON under its own digest.
    """

    __tablename__ = "airlock_reports"

    digest: str = Field(primary_key=True)
    body: str


class Release(SQLModel, table=True):
    """One file that left: exactly these bytes, once."""

    __tablename__ = "airlock_releases"
    __table_args__ = (UniqueConstraint("request_id", "file_id", "digest"),)

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="airlock_requests.id")
    file_id: str = Field(foreign_key="airlock_files.id")
    digest: str
    released_at: datetime = Field(sa_type=UtcTime)


class ReleasePapers(SQLModel, table=True):
    """What lies in `release` beside a request's files: the record of their check, the manifest."""

    __tablename__ = "airlock_release_papers"

    request_id: str = Field(primary_key=True, foreign_key="airlock_requests.id")
    record: str
    manifest: str
    written_at: datetime = Field(sa_type=UtcTime)


class Download(SQLModel, table=True):
    """One hand-over of a released file to a person; `size` in bytes."""

    __tablename__ = "airlock_downloads"

    id: str = Field(primary_key=True)
    release_id: str = Field(foreign_key="airlock_releases.id", index=True)
    person_id: str
    at: datetime = Field(sa_type=UtcTime)
    size: int


class Comment(SQLModel, table=True):
    """What somebody wrote about a request or one of its files, for the author or the reviewers."""

    __tablename__ = "airlock_comments"
    __table_args__ = (
        CheckConstraint(_one_of("addressee", Addressee), name="airlock_comment_addressee"),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="airlock_requests.id", index=True)
    file_id: str | None = Field(default=None, foreign_key="airlock_files.id")
    round: int
    person_id: str
    addressee: str
    body: str
    at: datetime = Field(sa_type=UtcTime)


class Disagreement(SQLModel, table=True):
    """A checker's word that a finding is none: counted per rule, and changes no verdict.

    Shape: `number` is the finding's place, from 0, among the findings of the file's report
    `report_digest`, worst first; one person says it once.
    """

    __tablename__ = "airlock_disagreements"
    __table_args__ = (
        UniqueConstraint("file_id", "report_digest", "number", "person_id"),
        CheckConstraint("number >= 0", name="airlock_disagreement_number"),
    )

    id: str = Field(primary_key=True)
    file_id: str = Field(foreign_key="airlock_files.id")
    report_digest: str = Field(foreign_key="airlock_reports.digest")
    number: int
    rule: str = Field(index=True)
    person_id: str
    reason: str
    at: datetime = Field(sa_type=UtcTime)


class LedgerTable(SQLModel, table=True):
    """One table of counts that was submitted, and when it left.

    Shape: written by `airlock.ledger` alone. `body` is the table as canonical JSON; `place` orders
    the tables of a file; until `released_at` it is pending, and counts as long as its request is
    under way. What left stays, also when it was recalled or expired: people may have seen it.
    """

    __tablename__ = "ledger_tables"
    __table_args__ = (
        UniqueConstraint("file_id", "place", name="ledger_table_once"),
        CheckConstraint("base >= 1 and place >= 0", name="ledger_table_counts"),
        Index("ledger_table_request", "request_id"),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="airlock_requests.id")
    file_id: str = Field(foreign_key="airlock_files.id")
    project_id: str
    place: int
    base: int
    body: str
    proposed_at: datetime = Field(sa_type=UtcTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcTime)


class LedgerSource(SQLModel, table=True):
    """A dataset that a table may be about, in the snapshot the project had: its lineage."""

    __tablename__ = "ledger_sources"

    table_id: str = Field(primary_key=True, foreign_key="ledger_tables.id")
    dataset: str = Field(primary_key=True)
    snapshot: str = Field(primary_key=True)


class LedgerCell(SQLModel, table=True):
    """One count of a table, to be found by what it counts on which dataset.

    Shape: `lookup` names dataset, measure and categories by 63 bits; `value` is null where the
    table hides it; `derived` counts are sums that a reader would make.
    """

    __tablename__ = "ledger_cells"
    __table_args__ = (Index("ledger_cell_lookup", "lookup", "value"),)

    table_id: str = Field(primary_key=True, foreign_key="ledger_tables.id")
    dataset: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    lookup: int = Field(sa_type=BigInteger)
    value: float | None = None
    derived: bool = False

"""What somebody is shown of airlock requests, as values that pages and API read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.airlock.models import ReleasePapers
from orchestrator.governance.queries import SeenVote
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.values import Decision, Digest

Cursor = tuple[int, datetime, str]
"""Where a list of requests goes on: rank, submitted at, id."""


@dataclass(frozen=True)
class Summary:
    """One line of a list.

    Shape: `project` is the slug; `state` is as this viewer may know it; `size` in bytes;
    `cursor` continues a list.
    """

    id: str
    project_id: str
    project: str
    name: str
    title: str
    state: str
    round: int
    files: int
    size: int
    verdict: str | None
    submitted_at: datetime | None
    reason: str | None
    held: str | None
    cursor: Cursor | None


@dataclass(frozen=True)
class QueueItem:
    """A request that waits for a checker, and how many of its files this checker has judged."""

    request: Summary
    mine: int


@dataclass(frozen=True)
class Objection:
    """What was said against a file in a decided round, without a name."""

    path: str
    value: str
    reason: str


@dataclass(frozen=True)
class Before:
    """A picture before it was written again, and what of it is not in the new bytes.

    Units: `size` and `loose` in bytes; `others` counts texts, thumbnails and the like.
    """

    digest: str
    size: int
    loose: int
    others: int


@dataclass(frozen=True)
class FileView:
    """One file as one person may see it.

    Shape: `subject` goes back with a vote; `tries` counts the pre-checks that read this path and
    `versions` the different bytes among them; `outcome` is None while nobody may know it; `vote`
    and `download` are the one answer for button, tooltip and refusal; `disagreed` are the viewer's
    own reasons against findings, by their number in the report; `before` is what a picture was
    until it was written again for release.
    """

    id: str
    path: str
    digest: str
    size: int
    shows: str
    population: str
    control: str
    missing: tuple[str, ...]
    subject: str
    verdict: Verdict | None
    report: FileReport | None
    report_digest: str | None
    checked_at: datetime | None
    tries: int
    versions: int
    heard: bool
    outcome: str | None
    votes: tuple[SeenVote, ...]
    disagreed: Mapping[int, str]
    vote: Decision
    download: Decision
    downloads: int
    before: Before | None


@dataclass(frozen=True)
class VersionBefore:
    """A file as it was submitted before: its name, digest, size in bytes, and in which round."""

    path: str
    digest: Digest
    size: int
    round: int


@dataclass(frozen=True)
class CheckView:
    """One run of the check worker: progress, then what spoke and with what it compared."""

    id: str
    kind: str
    state: str
    asked_at: datetime
    started_at: datetime | None
    done_at: datetime | None
    verdict: str | None
    engine: str
    snapshots: tuple[Digest, ...]


@dataclass(frozen=True)
class CommentView:
    """One comment. Shape: `own` says that the viewer wrote it; other names stay hidden."""

    body: str
    addressee: str
    own: bool
    by_author: bool
    round: int
    file_id: str | None
    at: datetime


@dataclass(frozen=True)
class Detail:
    """All that somebody may see of a request.

    Shape: `actions` maps what could be done to its decision; without the right to look at content
    `files`, `comments` and `checks` are empty. `papers` are record and manifest of what was
    released, as digests.
    """

    request: Summary
    author: bool
    released_at: datetime | None
    expires_at: datetime | None
    papers: ReleasePapers | None
    files: tuple[FileView, ...]
    objections: tuple[Objection, ...]
    comments: tuple[CommentView, ...]
    checks: tuple[CheckView, ...]
    actions: Mapping[str, Decision]

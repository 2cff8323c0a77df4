"""Builds the check worker's job from a check; where bytes and indexes lie is told by the caller."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlmodel import Session, select

from orchestrator.airlock.models import Check, CheckFile, File
from orchestrator.errors import NotFound
from orchestrator.outputs.model import Job, JobFile, Source
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import Digest


def job(
    session: Session,
    check_id: str,
    *,
    location: Callable[[Digest], Path],
    sources: Sequence[Source],
    policy: OutputsPolicy,
    form_out: Path | None = None,
) -> Job:
    """Describe one run of the check worker.

    Shape: `location` says where bytes of a digest lie in quarantine; `sources` are all snapshots
    the project could mount; `form_out` keeps what the openers made, for people to look at. The
    job's id is the check's, and its report must repeat it.
    Errors: NotFound for an unknown check.
    """
    if session.get(Check, check_id) is None:
        raise NotFound("There is no such check.")
    rows = session.exec(
        select(File)
        .where(CheckFile.check_id == check_id, CheckFile.file_id == File.id)
        .order_by(File.path)
    )
    return Job(
        id=check_id,
        kind="export",
        files=tuple(_file(row, location) for row in rows),
        policy=policy.as_json(),
        policy_digest=policy.digest(),
        sources=tuple(sources),
        form_out=form_out,
    )


def rewriting(
    check_id: str,
    files: Sequence[File],
    *,
    location: Callable[[Digest], Path],
    policy: OutputsPolicy,
) -> Job:
    """Describe the writing again of some pictures of a check."""
    return Job(
        id=check_id,
        kind="rewrite",
        files=tuple(_file(row, location) for row in files),
        policy=policy.as_json(),
        policy_digest=policy.digest(),
    )


def digests(session: Session, check_id: str) -> list[Digest]:
    """Name the bytes that a check reads, each once."""
    found = session.exec(
        select(File.digest)
        .where(CheckFile.check_id == check_id, CheckFile.file_id == File.id)
        .distinct()
    )
    return sorted(Digest(digest) for digest in found)


def _file(row: File, location: Callable[[Digest], Path]) -> JobFile:
    digest = Digest(row.digest)
    return JobFile(row.path, digest, row.size, location(digest), row.context)

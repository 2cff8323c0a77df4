"""Writes of an author on the files of a draft: add, remove, describe.

Bytes are frozen in `quarantine` before `add_file` is called; here they are a digest and a size.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.airlock import people, rules
from orchestrator.airlock.models import File, Request, RewrittenFile
from orchestrator.airlock.rounds import present_files
from orchestrator.audit.log import append
from orchestrator.errors import Conflict, NotFound
from orchestrator.objectstore.paths import folded, safe_path, shown
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.model import Context
from orchestrator.policy.model import Policies
from orchestrator.values import Actor, JsonValue, parse_digest


def add_file(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    path: str,
    frozen: Frozen,
    *,
    policies: Policies,
) -> File:
    """Add frozen bytes to a draft under a path; the same path with other bytes replaces them.

    Shape: the same path and bytes again change nothing, also where they were a picture that was
    written again since. A replaced file is another file: it keeps
    the author's words, and no vote or verdict. The number of SQL statements does not depend on
    how many files there are.
    Errors: as `own_draft`; Invalid for a path that cannot be one; Conflict for a path that
    differs from another only by case or look, or when the request is full.
    Source: performance section 4.2.
    """
    row = people.own_draft(session, actor, now, request_id, policies=policies)
    digest = parse_digest(frozen.digest)
    path = safe_path(path)
    old = _present(session, request_id, path)
    if old is not None and digest in _digests(session, old):
        return old
    limits = policies.outputs.request
    _check_room(row, old, frozen.size, limits.files, limits.bytes)
    file = File(
        id=f"f-{uuid.uuid4().hex}",
        request_id=request_id,
        path=path,
        path_key=folded(path),
        digest=digest,
        size=frozen.size,
        added_at=now,
    )
    if old is not None:
        file.shows, file.population, file.control = old.shows, old.population, old.control
        _take_out(session, row, old, now)
    session.add(file)
    row.files += 1
    row.size += frozen.size
    _log(session, row, actor, now, "file_added", file, replaced=old.digest if old else None)
    return file


def remove_file(
    session: Session, actor: Actor, now: datetime, file_id: str, *, policies: Policies
) -> None:
    """Take a file out of a draft; the row stays as history.

    Errors: as `own_draft`; NotFound for a file that is not in it.
    """
    row, file = _own_file(session, actor, now, file_id, policies)
    _take_out(session, row, file, now)
    _log(session, row, actor, now, "file_removed", file)


def keep_only(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    paths: Iterable[str],
    *,
    policies: Policies,
) -> list[str]:
    """Take every file out of a draft that is not under one of these paths; answer theirs.

    Shape: what an outbox means: the request is the folder, as it is now.
    Errors: as `own_draft`; Invalid for a path that cannot be one.
    """
    row = people.own_draft(session, actor, now, request_id, policies=policies)
    kept = {folded(safe_path(path)) for path in paths}
    gone = [file for file in present_files(session, row.id) if file.path_key not in kept]
    for file in gone:
        _take_out(session, row, file, now)
        _log(session, row, actor, now, "file_removed", file)
    return [file.path for file in gone]


def set_context(
    session: Session,
    actor: Actor,
    now: datetime,
    file_id: str,
    shows: str,
    population: str,
    control: str,
    *,
    policies: Policies,
) -> File:
    """Write what a file shows, about whom, and which disclosure control was used.

    Shape: other words make another subject, so that no vote on the old ones counts.
    Errors: as `own_draft`; Invalid for a text that is too long.
    """
    row, file = _own_file(session, actor, now, file_id, policies)
    context = rules.parse_context(Context(shows, population, control))
    if context != file.context:
        file.shows, file.population, file.control = (
            context.shows,
            context.population,
            context.control,
        )
        _log(session, row, actor, now, "file_described", file, subject=file.subject)
    return file


def _own_file(
    session: Session, actor: Actor, now: datetime, file_id: str, policies: Policies
) -> tuple[Request, File]:
    file = session.get(File, file_id)
    if file is None or file.removed_at is not None:
        raise NotFound("There is no such file in a draft of yours. Look at the request again.")
    return people.own_draft(session, actor, now, file.request_id, policies=policies), file


def _present(session: Session, request_id: str, path: str) -> File | None:
    """Find the file under this very path, and refuse what would be the same or inside another."""
    key = folded(path)
    parts = key.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    # the range finds its few rows by index, 0 follows /; the prefix holds under every collation
    below = col(File.path_key).between(f"{key}/", f"{key}0") & col(File.path_key).startswith(
        f"{key}/", autoescape=True
    )
    near = session.exec(
        select(File)
        .where(File.request_id == request_id, col(File.removed_at).is_(None))
        .where(col(File.path_key).in_([key, *above]) | below)
        .limit(1)
    ).first()
    if near is not None and near.path != path:
        raise Conflict(
            f"{shown(path)} and {shown(near.path)}, which is in the request already, would be the "
            "same file or lie in one another on some computers. Rename one of them.",
            code="twin_path",
        )
    return near


def _digests(session: Session, file: File) -> set[str]:
    """Name the bytes that a file is, and those it was before it was written again."""
    before = session.get(RewrittenFile, file.id)
    return {file.digest, *([before.original] if before else [])}


def _check_room(row: Request, old: File | None, size: int, files: int, total: int) -> None:
    if row.files + (old is None) > files:
        raise Conflict(
            f"A request holds at most {files} files. Checkers judge few, final, described files: "
            "leave out what is not needed.",
            code="too_many_files",
        )
    if row.size - (old.size if old else 0) + size > total:
        raise Conflict(
            f"A request holds at most {total} bytes, and with this file it would have more. "
            "Leave something out.",
            code="too_many_bytes",
        )


def _take_out(session: Session, row: Request, file: File, now: datetime) -> None:
    file.removed_at = now
    row.files -= 1
    row.size -= file.size
    session.flush()  # before a successor takes the path, which is unique among present files


def _log(
    session: Session,
    row: Request,
    actor: Actor,
    now: datetime,
    event: str,
    file: File,
    **detail: JsonValue,
) -> None:
    session.flush()
    append(
        session,
        action=f"airlock.{event}",
        actor=actor,
        now=now,
        object_type="airlock file",
        object_id=file.id,
        object_digest=file.digest,
        project=row.project_id,
        detail={"request": row.id, "round": row.round, **detail},
    )

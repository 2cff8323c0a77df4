"""Turns about the airlock: run wanted checks, copy what was approved, end what is over."""

import io
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import Session

from orchestrator.airlock import checking, jobs, queries, records, releasing, rewriting, thresholds
from orchestrator.airlock.models import Check, Request
from orchestrator.airlock.rewriting import Again
from orchestrator.bootstrap.hands import Hands
from orchestrator.datasets import queries as datasets
from orchestrator.db import read, write
from orchestrator.errors import NotFound, Tampered
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.model import Report, Rewritten, Source, Verdict
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.reconciler.lane import Work
from orchestrator.reconciler.snapshots import index_key, index_path
from orchestrator.values import Digest


def checks_due(hands: Hands, _now: datetime) -> Sequence[str]:
    """Checks that are wanted, or whose worker died."""
    with read(hands.db) as session:
        return queries.checks_due(session)


def run_check(hands: Hands, check_id: str, now: datetime) -> bool:
    """Have one check's files opened and judged in sandboxes, and record the report.

    Shape: pictures are written again first, so that what is judged is what may leave.
    Source: design properties 3, 5 and 6.
    """
    with write(hands.db) as session:
        checking.start_check(session, now, check_id)
    try:
        _rewrite(hands, check_id)
        report = _check(hands, check_id)
    except (Tampered, NotFound):  # trying again would not bring the bytes back
        _record(hands, check_id, _nothing_read(hands, check_id))
        raise
    _record(hands, check_id, report)
    return False


def _record(hands: Hands, check_id: str, report: Report) -> None:
    with write(hands.db) as session:
        checking.record_check(session, hands.clock(), check_id, report, policies=hands.policies)


def _rewrite(hands: Hands, check_id: str) -> None:
    """Have the pictures of a check written again and freeze what came of it beside what was."""
    with read(hands.db) as session:
        files = rewriting.waiting(session, check_id)
        policy = _policy(session, hands, session.get_one(Check, check_id))
        session.expunge_all()
    if not files:
        return
    with ExitStack() as held:
        place = Path(held.enter_context(TemporaryDirectory(prefix="pictures-")))
        bytes_of = {
            digest: held.enter_context(hands.store.local(Zone.QUARANTINE, digest))
            for digest in {Digest(file.digest) for file in files}
        }
        job = jobs.rewriting(check_id, files, location=bytes_of.__getitem__, policy=policy)
        made = hands.engine.rewrite(job, place)
        found = {
            file.id: _frozen_again(hands, file.digest, one)
            for file, one in zip(files, made, strict=True)
            if one is not None and one.content.stat().st_size <= policy.caps.file_bytes
        }
    with write(hands.db) as session:
        rewriting.record(session, hands.clock(), check_id, found)


def _frozen_again(hands: Hands, original: str, made: Rewritten) -> Again:
    size = made.content.stat().st_size
    with made.content.open("rb") as stream:
        frozen = hands.store.freeze(Zone.QUARANTINE, stream, size)
    return Again(original, frozen, made.loose, made.others)


def _check(hands: Hands, check_id: str) -> Report:
    """Hold the files ready, re-hashed, for as long as the sandboxes read them."""
    with read(hands.db) as session:
        digests = jobs.digests(session, check_id)
    with ExitStack() as held:
        places = {
            digest: held.enter_context(hands.store.local(Zone.QUARANTINE, digest))
            for digest in digests
        }
        with read(hands.db) as session:
            check = session.get_one(Check, check_id)
            job = jobs.job(
                session,
                check_id,
                location=places.__getitem__,
                sources=sources(session, hands, check.project_id),
                policy=_policy(session, hands, check),
                form_out=hands.settings.state_dir / "forms",
            )
        return hands.engine.check(job)


def _nothing_read(hands: Hands, check_id: str) -> Report:
    """What is said of files whose bytes are not what was frozen: none of them could be checked."""
    with read(hands.db) as session:
        policy = _policy(session, hands, session.get_one(Check, check_id))
    return Report(check_id, Verdict.COULD_NOT_CHECK, (), policy.digest())


def _policy(session: Session, hands: Hands, check: Check) -> OutputsPolicy:
    request = session.get_one(Request, check.request_id)
    return thresholds.of_request(session, request, hands.policies)


def sources(session: Session, hands: Hands, project_id: str) -> tuple[Source, ...]:
    """The linkage indexes of every snapshot the project is granted or ever had.

    A withdrawn snapshot is compared with too: what was copied from it before may lie in any file.
    """
    found = []
    for granted in datasets.granted_or_had(session, project_id):
        row = datasets.snapshot(session, granted.snapshot_id)
        assert row.index_name is not None, "a published snapshot has its index"
        found.append(
            Source(
                dataset=granted.dataset,
                version=granted.label,
                digest=granted.digest,
                index=index_path(hands, row.index_name),
                key=index_key(hands, row.index_name),
            )
        )
    return tuple(found)


def releases_due(hands: Hands, _now: datetime) -> Sequence[str]:
    """Approved requests whose last check is done and which nobody holds."""
    with read(hands.db) as session:
        return queries.releases_due(session)


def release(hands: Hands, request_id: str, now: datetime) -> bool:
    """Copy exactly the approved bytes by re-hash, then write that they lie in `release`.

    Errors: Tampered or NotFound when the approved bytes are not there; the request is held then,
    until an administrator has looked.
    Source: design property 3.
    """
    try:
        _release(hands, request_id, now)
    except (Tampered, NotFound) as error:
        with write(hands.db) as session:
            releasing.stop(session, hands.clock(), request_id, error.code, error.message)
        raise
    return False


def _release(hands: Hands, request_id: str, now: datetime) -> None:
    with write(hands.db) as session:
        if releasing.turn_back(session, hands.clock(), request_id, policies=hands.policies):
            return
    with read(hands.db) as session:
        planned = releasing.plan_release(session, now, request_id)
        papers = records.papers(session, session.get_one(Request, request_id))
    for _file, digest in planned:
        hands.store.copy(Zone.QUARANTINE, digest, Zone.RELEASE)
    copied: dict[str, str] = {file: _rehashed(hands, digest) for file, digest in planned}
    stored = [_beside(hands, paper) for paper in (papers.record, papers.manifest)]
    with write(hands.db) as session:
        releasing.record_release(
            session, hands.clock(), request_id, copied, papers=stored, policies=hands.policies
        )


def _beside(hands: Hands, paper: bytes) -> Digest:
    """Put what is written about a release where its files lie, the way they came."""
    frozen = hands.store.freeze(Zone.QUARANTINE, io.BytesIO(paper), len(paper))
    hands.store.copy(Zone.QUARANTINE, frozen.digest, Zone.RELEASE)
    return _rehashed(hands, frozen.digest)


def _rehashed(hands: Hands, digest: Digest) -> Digest:
    hands.store.verify(Zone.RELEASE, digest)
    return digest


CHECKS = Work("check", checks_due, run_check)
RELEASES = Work("release", releases_due, release)

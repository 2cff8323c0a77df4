"""Writes after the decision: release, hand over, recall, hold, expire. Nothing releases alone.

The reconciler re-hashes and copies between `plan_release` and `record_release`; this module only
says what may move and writes down what did.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from orchestrator.airlock import ledger, people, records, rules, thresholds
from orchestrator.airlock.models import (
    TO_EXPIRE,
    CheckFile,
    Download,
    File,
    Release,
    ReleasePapers,
    Request,
)
from orchestrator.airlock.rounds import last_check, outcomes, present_files, review_of
from orchestrator.airlock.rules import FileOutcome
from orchestrator.airlock.states import RequestState
from orchestrator.audit.log import append
from orchestrator.errors import Conflict, NotFound, Tampered
from orchestrator.governance.access import Verb
from orchestrator.governance.seats import Approved
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.outputs.rules.releases import SPOKEN
from orchestrator.policy.model import Policies
from orchestrator.values import SYSTEM, Actor, Decision, Digest, JsonValue, Reason, parse_digest

_PAPERS = ("record", "manifest")


def plan_release(session: Session, now: datetime, request_id: str) -> list[tuple[str, Digest]]:
    """Say which files may be copied into `release`, as (file id, digest), counted anew from votes.

    Shape: writes nothing. Only approved files that the last check has read again.
    Errors: NotFound; Conflict when it is not approved, held, or not checked a last time; Tampered
    when the stored outcome is not what the votes come to.
    Source: design property 4.
    """
    row = _request(session, request_id)
    if row.state != RequestState.APPROVED:
        raise Conflict(
            f"This request is {row.state.replace('_', ' ')}, so nothing of it can be released.",
            code="wrong_state",
        )
    if row.held_reason is not None:
        raise Conflict(f"This request is held: {row.held_reason}", code="held")
    return _plan(session, now, row)


def record_release(
    session: Session,
    now: datetime,
    request_id: str,
    digests: Mapping[str, str],
    *,
    papers: Sequence[str],
    policies: Policies,
) -> Request:
    """Write down that exactly the planned bytes lie in `release` now, and their counts as released.

    Shape: `digests` maps file ids to what was re-hashed while copying; `papers` are record and
    manifest, re-hashed too. Doing it twice is once. What conflicts with a release of the last
    moment goes back instead, see `turn_back`.
    Errors: as `plan_release`; Tampered when files or digests are not the planned ones.
    Source: design property 3.
    """
    row = _request(session, request_id)
    done = {r.file_id: r.digest for r in releases(session, request_id)}
    if done:
        _demand_same(done, digests)
        return row
    planned = dict(plan_release(session, now, request_id))
    _demand_same(planned, digests)
    record, manifest = records.papers(session, row).digests
    _demand_same({"record": record, "manifest": manifest}, dict(zip(_PAPERS, papers, strict=False)))
    if turn_back(session, now, request_id, policies=policies):
        return row
    session.add_all(
        Release(
            id=f"rl-{uuid.uuid4().hex}",
            request_id=row.id,
            file_id=file_id,
            digest=digest,
            released_at=now,
        )
        for file_id, digest in planned.items()
    )
    session.add(ReleasePapers(request_id=row.id, record=record, manifest=manifest, written_at=now))
    session.flush()
    ledger.seal(session, row.id, planned, now)
    row.released_at = now
    row.expires_at = now + timedelta(days=policies.outputs.request.download_days)
    files: dict[str, JsonValue] = dict(planned)
    advance(
        session,
        row,
        "release",
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        digest=row.subject,
        policy_digest=row.policy_digest,
        detail={"round": row.round, "files": files, "record": record, "manifest": manifest},
    )
    return row


def turn_back(session: Session, now: datetime, request_id: str, *, policies: Policies) -> bool:
    """Send an approved request back that conflicts with what left since its last check.

    Shape: says whether it did. Whoever records a release asks this in the same transaction, so of
    two requests that only together show a few people one leaves.
    Errors: NotFound.
    Source: outputs 6.2 (two requests, each safe alone, may differ by one person).
    """
    row = _request(session, request_id)
    if row.state != RequestState.APPROVED:
        return False
    approved = [f for f in present_files(session, row.id) if f.outcome == FileOutcome.APPROVED]
    worse = ledger.worse(session, approved, thresholds.of_request(session, row, policies))
    if not worse:
        return False
    names = ", ".join(file.path for file in worse[:3])
    advance(
        session,
        row,
        "return",
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        digest=row.subject,
        reason_code="conflicts_with_release",
        reason=f"{names}: {SPOKEN}",
        policy_digest=row.policy_digest,
        detail={"round": row.round, "files": [file.id for file in worse]},
    )
    return True


def downloadable(
    session: Session, actor: Actor, now: datetime, file_id: str, *, policies: Policies
) -> Release:
    """Say which released bytes this person may be handed now.

    Errors: NotFound when it is not theirs; NotAllowed with every reason when access ended;
    Conflict when it is not released, held, recalled or expired.
    """
    file = session.get(File, file_id)
    row = people.own(session, actor, file.request_id if file else "")
    people.demand_access(session, actor, now, row.project_id, Verb.COLLECT, policies)
    people.demand(handing_out(row, now))
    found = session.exec(select(Release).where(Release.file_id == file_id)).first()
    if found is None:
        raise Conflict("This file was not among those that were approved.", code="not_released")
    return found


def record_download(
    session: Session,
    actor: Actor,
    now: datetime,
    file_id: str,
    digest: str,
    size: int,
    *,
    policies: Policies,
) -> Download:
    """Count and log a hand-over before its first byte goes out.

    Shape: `digest` and `size` (bytes) are those of the bytes in hand, re-hashed by the caller.
    Errors: as `downloadable`; Tampered when the bytes in hand are not the released ones.
    Source: design property 3.
    """
    release = downloadable(session, actor, now, file_id, policies=policies)
    file = session.get(File, file_id)
    assert file is not None, "downloadable found it"
    if (digest, size) != (release.digest, file.size):
        raise _not_the_stored()
    row = Download(
        id=f"dl-{uuid.uuid4().hex}",
        release_id=release.id,
        person_id=people.person_of(actor),
        at=now,
        size=size,
    )
    session.add(row)
    append(
        session,
        action="airlock.downloaded",
        actor=actor,
        now=now,
        object_type="airlock file",
        object_id=file_id,
        object_digest=digest,
        project=_request(session, release.request_id).project_id,
        detail={"request": release.request_id, "size": size},
    )
    return row


def recall(session: Session, actor: Actor, now: datetime, request_id: str, reason: str) -> Request:
    """End a release, or an approval whose bytes have not moved yet, for good.

    Errors: NotFound; NotAllowed unless an administrator or an asset owner of the data recalls;
    Conflict in another state; Invalid without a reason.
    """
    row = people.visible(session, actor, request_id)
    text = rules.parse_text(reason, "the reason of the recall", rules.REASON_CHARACTERS)
    advance(
        session,
        row,
        "recall",
        standing=people.standing(session, actor, row),
        actor=actor,
        now=now,
        digest=row.subject,
        reason_code="recalled",
        reason=text,
    )
    return row


def hold(session: Session, actor: Actor, now: datetime, request_id: str, reason: str) -> Request:
    """Keep a request from being released and handed out, without touching its state.

    Errors: NotFound; NotAllowed unless an administrator or asset owner holds; Invalid without a
    reason.
    """
    row = people.visible(session, actor, request_id)
    people.demand(people.may_hold(session, actor, row))
    row.held_reason = rules.parse_text(reason, "the reason", rules.REASON_CHARACTERS)
    _log_hold(session, row, actor, now, "held")
    return row


def stop(
    session: Session, now: datetime, request_id: str, reason_code: str, reason: str
) -> Request:
    """Hold a request whose bytes cannot be released, until somebody has looked; the system's doing.

    Shape: what is held already stays held as it was.
    Errors: NotFound.
    """
    row = _request(session, request_id)
    if row.held_reason is None:
        row.held_reason = reason[: rules.REASON_CHARACTERS]
        _log_hold(session, row, SYSTEM, now, "held", reason_code)
    return row


def lift(session: Session, actor: Actor, now: datetime, request_id: str) -> Request:
    """End a hold. Errors: as `hold`; Conflict when nothing is held."""
    row = people.visible(session, actor, request_id)
    people.demand(people.may_hold(session, actor, row))
    if row.held_reason is None:
        raise Conflict("This request is not held.", code="not_held")
    row.held_reason = None
    _log_hold(session, row, actor, now, "hold_lifted")
    return row


def expire_due(session: Session, now: datetime) -> Sequence[Request]:
    """End the download period of every release whose time has come."""
    due = session.exec(select(Request).where(TO_EXPIRE, col(Request.expires_at) <= now)).all()
    for row in due:
        advance(
            session,
            row,
            "expire",
            standing=Standing.SYSTEM,
            actor=SYSTEM,
            now=now,
            digest=row.subject,
            reason_code="expired",
            reason="The download period is over.",
        )
    return due


def papers_to_hand(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> ReleasePapers:
    """Say which record and manifest this person may be handed now, with the files they are of.

    Errors: NotFound when it is not theirs, or left before records were kept; NotAllowed with every
    reason when access ended or it is not released, held, recalled or expired.
    """
    row = people.own(session, actor, request_id)
    people.demand_access(session, actor, now, row.project_id, Verb.COLLECT, policies)
    people.demand(handing_out(row, now))
    found = session.get(ReleasePapers, row.id)
    if found is None:
        raise NotFound("This release left before records were kept.", code="no_record")
    return found


def record_papers_handed(
    session: Session,
    actor: Actor,
    now: datetime,
    request_id: str,
    digest: str,
    *,
    policies: Policies,
) -> None:
    """Log that somebody is handed record or manifest, before its first byte goes out.

    Shape: `digest` is that of the bytes in hand, re-hashed by the caller.
    Errors: as `papers_to_hand`; Tampered when the bytes in hand are neither.
    """  # fmt: skip
    found = papers_to_hand(session, actor, now, request_id, policies=policies)
    if digest not in (found.record, found.manifest):
        raise _not_the_stored()
    append(
        session,
        action="airlock.papers_downloaded",
        actor=actor,
        now=now,
        object_type="airlock request",
        object_id=request_id,
        object_digest=digest,
        project=_request(session, request_id).project_id,
    )


def releases(session: Session, request_id: str) -> list[Release]:
    """List what was released of a request."""
    return list(session.exec(select(Release).where(Release.request_id == request_id)))


def handing_out(row: Request, now: datetime) -> Decision:
    """Say whether a request's released files are handed out now."""
    reasons = []
    if row.state != RequestState.RELEASED:
        reasons.append(
            Reason(
                "not_released",
                f"This request is {row.state.replace('_', ' ')}; only released files are "
                "handed out.",
            )
        )
    elif row.expires_at is None or now >= row.expires_at:
        reasons.append(Reason("expired", "The download period of this release is over."))
    if row.held_reason is not None:
        reasons.append(Reason("held", f"This request is held: {row.held_reason}"))
    return Decision(tuple(reasons))


def _plan(session: Session, now: datetime, row: Request) -> list[tuple[str, Digest]]:
    checked = _checked_again(session, row)
    if checked is None:
        raise Conflict("The last check before release has not run yet.", code="not_checked")
    files = present_files(session, row.id)
    review = review_of(session, row, known_at=row.decided_at)
    stored = {f.id: f.digest for f in files if f.outcome == FileOutcome.APPROVED}
    counted = {
        file_id
        for file_id, outcome in outcomes(session, review, files, now).items()
        if isinstance(outcome, Approved)
    }
    if set(stored) != counted or stored != checked or not stored:
        raise Tampered(
            "What is stored as approved is not what the votes and the last check say. Nothing is "
            "released; the log shows which is right.",
            code="votes_differ",
        )
    return [(file_id, parse_digest(digest)) for file_id, digest in sorted(stored.items())]


def _checked_again(session: Session, row: Request) -> dict[str, str] | None:
    check = last_check(session, row)
    if check is None:
        return None
    covered = session.exec(select(CheckFile).where(CheckFile.check_id == check.id))
    return {one.file_id: one.digest for one in covered}


def _demand_same(planned: Mapping[str, str], found: Mapping[str, str]) -> None:
    if dict(planned) != dict(found):
        raise Tampered(
            "The bytes that were copied are not the reviewed ones. Nothing is released; compare "
            "the quarantine with the log.",
            code="digest_differs",
        )


def _not_the_stored() -> Tampered:
    return Tampered(
        "The stored bytes are not the ones that were reviewed, so they are not handed out. "
        "The administrator was told.",
        code="digest_differs",
    )


def _request(session: Session, request_id: str) -> Request:
    found = session.get(Request, request_id)
    if found is None:
        raise NotFound("There is no such airlock request.")
    return found


def _log_hold(
    session: Session,
    row: Request,
    actor: Actor,
    now: datetime,
    event: str,
    reason_code: str | None = None,
) -> None:
    append(
        session,
        action=f"airlock.{event}",
        actor=actor,
        now=now,
        object_type="airlock request",
        object_id=row.id,
        project=row.project_id,
        reason=reason_code,
        text=row.held_reason,
    )

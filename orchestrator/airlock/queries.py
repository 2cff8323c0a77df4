"""Reads: what each person may see of airlock requests, and what waits for whom.

While a review is blind nobody learns more of another's vote than heard or not heard. The author
sees outcomes, what was said against a file, and comments meant for the author; never who said it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import distinct, func, literal, tuple_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from orchestrator.airlock import actions, people, reports, rewriting, rounds
from orchestrator.airlock.models import (
    TO_CHECK,
    TO_RELEASE,
    WAITING,
    Addressee,
    Check,
    CheckFile,
    CheckKind,
    Comment,
    Disagreement,
    Download,
    File,
    Release,
    ReleasePapers,
    ReportRow,
    Request,
    RewrittenFile,
)
from orchestrator.airlock.rounds import SEAT, phase_of, present_files
from orchestrator.airlock.rules import FileOutcome, missing_context
from orchestrator.airlock.states import RequestState
from orchestrator.airlock.views import (
    Before,
    CheckView,
    CommentView,
    Cursor,
    Detail,
    FileView,
    Objection,
    QueueItem,
    Summary,
    VersionBefore,
)
from orchestrator.errors import NotFound
from orchestrator.governance import queries as governance
from orchestrator.governance.models import Vote
from orchestrator.governance.queries import SeenVote
from orchestrator.governance.seats import NEEDS_REASON, Phase, Reviewer, Subject, eligible
from orchestrator.identity.roles import Role
from orchestrator.outputs.model import FileReport
from orchestrator.policy.model import Policies, ReviewPolicy
from orchestrator.projects.models import Member
from orchestrator.values import Actor, Digest

PAGE = 50


def mine(session: Session, actor: Actor, limit: int = PAGE) -> list[Summary]:
    """List the actor's own requests, the newest first."""
    query = select(Request).where(Request.author_id == actor.person)
    rows = session.exec(query.order_by(col(Request.opened_at).desc(), Request.id).limit(limit))
    return [_summary(row, reviewer=False) for row in rows]


def queue(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> list[QueueItem]:
    """List what waits for this checker: riskiest first by verdict, then the oldest.

    Shape: only requests this person may vote on; `after` is the cursor of the last one seen.
    """
    if actor.person is None or Role.CHECKER not in actor.roles:
        return []
    found: list[Request] = []
    known: dict[str, ReviewPolicy] = {}
    facts: Reviewer | None = None
    while len(found) < limit:
        rows = session.exec(_waiting(actor.person, after).limit(limit)).all()
        for row in rows:
            facts = facts or _facts(session, actor, row, now)
            if eligible(_policy(session, row, known), SEAT, _subject(row), facts):
                found.append(row)
        if len(rows) < limit:
            break
        after = _summary(rows[-1], reviewer=True).cursor
    found = found[:limit]
    judged = _judged(session, actor.person, [row.id for row in found])
    return [
        QueueItem(_summary(row, reviewer=True), judged.get((row.id, row.round), 0)) for row in found
    ]


def _facts(session: Session, actor: Actor, row: Request, now: datetime) -> Reviewer:
    """Facts of a person that are the same for every request."""
    facts = governance.reviewer(session, actor, _subject(row), now)
    return replace(facts, fills=frozenset())


def by_name(session: Session, actor: Actor, project_id: str, name: str) -> Request:
    """Find the actor's newest request of a name in a project.

    Errors: NotFound.
    """
    query = select(Request).where(
        Request.project_id == project_id, Request.name == name, Request.author_id == actor.person
    )
    row = session.exec(query.order_by(col(Request.opened_at).desc(), Request.id).limit(1)).first()
    if row is None:
        raise NotFound(
            f"You have no airlock request named {name[:40]!r} in this project. Your own ones are "
            "on the project's page.",
            code="request_unknown",
        )
    return row


def detail(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> Detail:
    """Read all that somebody may see of a request.

    Errors: NotFound for an unknown and for a foreign request: the same answer.
    Source: governance P11.
    """
    row = people.visible(session, actor, request_id)
    author = actor.person == row.author_id
    look = rounds.may_look(session, actor, now, row)
    reviewer = bool(look) and not author
    files = _files(session, actor, now, row, policies) if look else ()
    return Detail(
        request=_summary(row, reviewer=reviewer),
        author=author,
        released_at=row.released_at,
        expires_at=row.expires_at,
        papers=session.get(ReleasePapers, row.id) if look else None,
        files=files,
        objections=_objections(session, row) if look else (),
        comments=_comments(session, actor, row, author=author) if look else (),
        checks=_checks(session, row) if look else (),
        actions=actions.of_request(session, actor, now, row, look, policies),
    )


def file_of(session: Session, detail: Detail, file_id: str) -> FileView:
    """Pick one file of a detail. Errors: NotFound."""
    for file in detail.files:
        if file.id == file_id:
            return file
    raise NotFound("There is no such file in this request. Open its page again.")


def version_before(session: Session, file_id: str) -> VersionBefore | None:
    """Find what stood under a file's name in the last round before this one; None if nothing did.

    Shape: drafts in between that no reviewer saw do not count.
    """
    file = session.get(File, file_id)
    row = session.get(Request, file.request_id) if file else None
    if file is None or row is None:
        return None
    found = session.exec(
        select(File, Check.round)
        .join(CheckFile, col(CheckFile.file_id) == File.id)
        .join(Check, col(Check.id) == CheckFile.check_id)
        .where(
            File.request_id == row.id,
            File.path_key == file.path_key,
            Check.kind == CheckKind.SUBMISSION,
            Check.round < row.round,
        )
        .order_by(col(Check.round).desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    before, round_ = found
    return VersionBefore(before.path, Digest(before.digest), before.size, round_)


def disagreements(session: Session) -> dict[str, tuple[int, int]]:
    """Count for each rule how often a finding was called none, and in how many files."""
    rows = session.exec(
        select(
            Disagreement.rule, func.count(), func.count(distinct(col(Disagreement.file_id)))
        ).group_by(Disagreement.rule)
    )
    return {rule: (count, files) for rule, count, files in rows}


def checks_due(session: Session, limit: int = PAGE) -> list[str]:
    """List the checks the worker has to run, the oldest first; running ones may have died."""
    query = select(Check.id).where(TO_CHECK)
    return list(session.exec(query.order_by(col(Check.asked_at), Check.id).limit(limit)))


def releases_due(session: Session, limit: int = PAGE) -> list[str]:
    """List approved requests whose last check is done and that nothing holds."""
    done = (
        select(Check.id)
        .where(
            Check.request_id == Request.id,
            Check.round == Request.round,
            Check.kind == CheckKind.RELEASE,
            col(Check.done_at).is_not(None),
        )
        .exists()
    )
    query = select(Request.id).where(TO_RELEASE, col(Request.held_reason).is_(None), done)
    return list(session.exec(query.order_by(col(Request.decided_at), Request.id).limit(limit)))


def _waiting(person: str, after: Cursor | None) -> SelectOfScalar[Request]:
    inside = (
        select(Member.person_id)
        .where(Member.project_id == Request.project_id, Member.person_id == person)
        .exists()
    )
    query = select(Request).where(WAITING, Request.author_id != person, ~inside)
    if after is not None:
        place = tuple_(col(Request.rank), col(Request.submitted_at), col(Request.id))
        query = query.where(place > tuple_(*(literal(part) for part in after)))
    return query.order_by(col(Request.rank), col(Request.submitted_at), col(Request.id))


def _judged(session: Session, person: str, ids: Sequence[str]) -> dict[tuple[str, int], int]:
    rows = session.exec(
        select(Vote.subject_id, Vote.round, func.count(distinct(col(Vote.part))))
        .where(
            Vote.person_id == person,
            Vote.subject_type == "airlock_request",
            col(Vote.subject_id).in_(ids),
        )
        .group_by(Vote.subject_id, col(Vote.round))
    )
    return {(request, round_): files for request, round_, files in rows}


def _summary(row: Request, *, reviewer: bool) -> Summary:
    hidden = row.state == RequestState.CONSOLIDATING and not reviewer
    return Summary(
        id=row.id,
        project_id=row.project_id,
        project=row.slug,
        name=row.name,
        title=row.title,
        state=RequestState.IN_REVIEW.value if hidden else row.state,
        round=row.round,
        files=row.files,
        size=row.size,
        verdict=row.verdict,
        submitted_at=row.submitted_at,
        reason=row.reason,
        held=row.held_reason,
        cursor=None if row.submitted_at is None else (row.rank, row.submitted_at, row.id),
    )


def _files(
    session: Session,
    actor: Actor,
    now: datetime,
    row: Request,
    policies: Policies,
) -> tuple[FileView, ...]:
    bodies = _reports(session, row)
    tries = _tries(session, row)
    votes = _votes(session, actor, row)
    disagreed = _disagreed(session, actor, row)
    counted = _downloads(session, row)
    vote = actions.may_vote(session, actor, now, row)
    download = actions.may_download(session, actor, now, row, policies)
    known = row.decided_at is not None or row.state == RequestState.DRAFT
    files = present_files(session, row.id)
    rewritten = rewriting.originals(session, files)
    return tuple(
        FileView(
            id=file.id,
            path=file.path,
            digest=file.digest,
            size=file.size,
            shows=file.shows,
            population=file.population,
            control=file.control,
            missing=missing_context(file.context),
            subject=file.subject,
            verdict=file.worst,
            report=_told(bodies.get(file.id), author=actor.person == row.author_id),
            report_digest=file.report_digest,
            checked_at=file.checked_at,
            tries=tries.get(file.path_key, (0, 0))[0],
            versions=tries.get(file.path_key, (0, 0))[1],
            heard=file.heard,
            outcome=file.outcome if known else None,
            votes=votes.get(file.id, ()),
            disagreed=disagreed.get((file.id, file.report_digest), {}),
            vote=actions.joined(vote, actions.not_twice(votes.get(file.id, ()), row)),
            download=actions.joined(download, actions.was_released(file, counted)),
            downloads=counted.get(file.id, 0),
            before=_before(rewritten.get(file.id)),
        )
        for file in files
    )


def _before(row: RewrittenFile | None) -> Before | None:
    return Before(row.original, row.original_size, row.loose, row.others) if row else None


def _told(report: FileReport | None, *, author: bool) -> FileReport | None:
    return reports.for_author(report) if report and author else report


def _reports(session: Session, row: Request) -> dict[str, FileReport]:
    rows = session.exec(
        select(File.id, ReportRow.body).where(
            File.request_id == row.id,
            col(File.removed_at).is_(None),
            File.report_digest == ReportRow.digest,
        )
    )
    return {file_id: reports.read_file(body) for file_id, body in rows}


def _tries(session: Session, row: Request) -> dict[str, tuple[int, int]]:
    rows = session.exec(
        select(CheckFile.path_key, func.count(), func.count(distinct(col(CheckFile.digest))))
        .where(
            CheckFile.request_id == row.id,
            CheckFile.check_id == Check.id,
            Check.kind == CheckKind.PRECHECK,
        )
        .group_by(CheckFile.path_key)
    )
    return {key: (tries, versions) for key, tries, versions in rows}


def _votes(session: Session, actor: Actor, row: Request) -> dict[str, tuple[SeenVote, ...]]:
    """The author learns from objections what was said; votes are for those who vote."""
    if row.policy_digest is None or actor.person == row.author_id:
        return {}
    found: dict[str, tuple[SeenVote, ...]] = {}
    for seen in governance.votes_seen(session, _subject(row), actor):
        found[seen.part] = (*found.get(seen.part, ()), seen)
    return found


def _disagreed(
    session: Session, actor: Actor, row: Request
) -> dict[tuple[str, str | None], dict[int, str]]:
    """The viewer's own only: another checker's would tell of a vote while the review is blind."""
    rows = session.exec(
        select(Disagreement)
        .join(File, col(File.id) == Disagreement.file_id)
        .where(File.request_id == row.id, Disagreement.person_id == actor.person)
    )
    found: dict[tuple[str, str | None], dict[int, str]] = {}
    for one in rows:
        found.setdefault((one.file_id, one.report_digest), {})[one.number] = one.reason
    return found


def _downloads(session: Session, row: Request) -> dict[str, int]:
    rows = session.exec(
        select(Release.file_id, func.count(col(Download.id)))
        .join(Download, col(Download.release_id) == Release.id, isouter=True)
        .where(Release.request_id == row.id)
        .group_by(Release.file_id)
    )
    return dict(rows.all())


def _objections(session: Session, row: Request) -> tuple[Objection, ...]:
    """What stands against files in the newest decided round; a replaced vote does not stand."""
    decided = row.round if phase_of(row) is Phase.DECIDED else row.round - 1
    rows = session.exec(
        select(Vote, File.path)
        .where(
            Vote.subject_type == "airlock_request",
            Vote.subject_id == row.id,
            Vote.round == decided,
            Vote.part == File.id,
            col(File.outcome).in_([FileOutcome.RETURNED, FileOutcome.REJECTED]),
        )
        .order_by(col(Vote.cast_at), col(Vote.id))
    ).all()
    blind_first = sorted(rows, key=lambda row: row[0].phase != Phase.IN_REVIEW)
    standing = {(vote.part, vote.person_id): (path, vote) for vote, path in blind_first}
    said = [
        Objection(path, vote.value, vote.reason)
        for path, vote in standing.values()
        if vote.value in NEEDS_REASON
    ]
    return tuple(sorted(said, key=lambda one: (one.path, one.value, one.reason)))


def _comments(
    session: Session, actor: Actor, row: Request, *, author: bool
) -> tuple[CommentView, ...]:
    rows = session.exec(
        select(Comment).where(Comment.request_id == row.id).order_by(col(Comment.at), Comment.id)
    ).all()
    phase = phase_of(row)
    open_now = phase is Phase.DECIDED or (
        phase is Phase.CONSOLIDATING and not author and _has_voted(session, actor, row)
    )
    return tuple(
        CommentView(
            body=one.body,
            addressee=one.addressee,
            own=one.person_id == actor.person,
            by_author=one.person_id == row.author_id,
            round=one.round,
            file_id=one.file_id,
            at=one.at,
        )
        for one in rows
        if _readable(one, actor, row, author=author, open_now=open_now or one.round < row.round)
    )


def _readable(one: Comment, actor: Actor, row: Request, *, author: bool, open_now: bool) -> bool:
    if one.person_id == actor.person:
        return True
    if author:
        return open_now and one.addressee == Addressee.AUTHOR
    return open_now or one.person_id == row.author_id


def _has_voted(session: Session, actor: Actor, row: Request) -> bool:
    return actor.person is not None and bool(governance.voted(session, _subject(row), actor.person))


def _checks(session: Session, row: Request) -> tuple[CheckView, ...]:
    rows = session.exec(
        select(Check, ReportRow.body)
        .join(ReportRow, col(ReportRow.digest) == Check.report_digest, isouter=True)
        .where(Check.request_id == row.id)
        .order_by(col(Check.asked_at), Check.id)
    )
    return tuple(_check_view(check, body) for check, body in rows)


def _check_view(check: Check, body: str | None) -> CheckView:
    engine, snapshots = reports.compared_with(body) if body else ("", ())
    return CheckView(
        id=check.id,
        kind=check.kind,
        state=check.state,
        asked_at=check.asked_at,
        started_at=check.started_at,
        done_at=check.done_at,
        verdict=check.verdict,
        engine=engine,
        snapshots=snapshots,
    )


def _subject(row: Request) -> Subject:
    """The round as its votes name it; members are told apart where it matters."""
    return Subject(
        type="airlock_request",
        id=row.id,
        digest=Digest(str(row.subject)),
        round=row.round,
        author=row.author_id,
        organisation=row.author_organisation or "",
        phase=phase_of(row),
    )


def _policy(session: Session, row: Request, known: dict[str, ReviewPolicy]) -> ReviewPolicy:
    digest = str(row.policy_digest)
    if digest not in known:
        known[digest] = governance.pinned(session, digest)
    return known[digest]

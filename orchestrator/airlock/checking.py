"""Writes around a check: ask for it, start it, record its report, move the request by it.

A report decides two things only: that a request may be reviewed, and that an approved one may not
leave after all. It never approves.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from orchestrator.airlock import ledger, people, reports, rewriting, rules, thresholds, volume
from orchestrator.airlock.models import Check, CheckFile, CheckKind, File, ReportRow, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import CheckState, RequestState
from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid, NotFound, Tampered
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.outputs import ledger as ledger_counts
from orchestrator.outputs.ledger import Counts
from orchestrator.outputs.model import FileReport, Report, Verdict, worst
from orchestrator.policy.model import Policies
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import SYSTEM, Actor, Decision, Digest, JsonValue, canonical_json

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Checked:
    """One file of a check with what the report says about it."""

    file: File
    report: FileReport
    verdict: Verdict
    report_digest: Digest


def want_check(
    session: Session, actor: Actor, now: datetime, request_id: str, *, policies: Policies
) -> Check:
    """Ask for a pre-check of a draft as it is now; it never counts for a decision.

    Shape: while one for exactly these files waits, that one is returned and nothing is used up.
    Errors: as `own_draft`; Invalid without files; NotAllowed when a budget is used up.
    Source: design section 6 (a pre-check must not become an oracle).
    """
    row = people.own_draft(session, actor, now, request_id, policies=policies)
    files = present_files(session, request_id)
    if not files:
        raise Invalid("There is no file to check yet. Add one first.", code="no_files")
    waiting = _waiting_precheck(session, request_id, files)
    if waiting is not None:
        return waiting
    people.demand(precheck_budget(session, row, now, policies))
    return ask_check(session, row, CheckKind.PRECHECK, files, actor, now)


def precheck_budget(session: Session, row: Request, now: datetime, policies: Policies) -> Decision:
    """Say whether another pre-check may run: for the button and for the refusal."""
    prechecks = select(func.count()).select_from(Check).where(Check.kind == CheckKind.PRECHECK)
    today = session.exec(
        prechecks.where(
            Check.project_id == row.project_id,
            Check.asked_by == row.author_id,
            col(Check.asked_at) > now - DAY,
        )
    ).one()
    draft = session.exec(prechecks.where(Check.request_id == row.id)).one()
    budget = policies.outputs.precheck
    return rules.within_budget(today, budget.per_person_and_day, draft, budget.per_draft)


def ask_check(
    session: Session,
    row: Request,
    kind: CheckKind,
    files: list[File],
    actor: Actor,
    now: datetime,
) -> Check:
    """Want a run of the check worker over these files, logged by digest."""
    check = Check(
        id=f"c-{uuid.uuid4().hex}",
        request_id=row.id,
        project_id=row.project_id,
        round=row.round,
        kind=kind,
        asked_by=actor.person or SYSTEM.id,
        asked_at=now,
    )
    session.add(check)
    session.flush()
    session.add_all(
        CheckFile(
            check_id=check.id,
            file_id=file.id,
            request_id=row.id,
            path_key=file.path_key,
            digest=file.digest,
        )
        for file in files
    )
    append(
        session,
        action=f"airlock.{kind}_wanted",
        actor=actor,
        now=now,
        object_type="airlock check",
        object_id=check.id,
        project=row.project_id,
        detail={"request": row.id, "round": row.round, "files": [f.digest for f in files]},
    )
    return check


def start_check(session: Session, now: datetime, check_id: str) -> Check:
    """Mark a check as running; a check whose worker died is started again.

    Errors: NotFound; Conflict when it is done.
    """
    check = _check(session, check_id)
    if check.state == CheckState.DONE:
        raise Conflict("This check is done already; its report stands.", code="check_done")
    check.started_at = now
    return check


def record_check(
    session: Session, now: datetime, check_id: str, report: Report, *, policies: Policies
) -> Check:
    """Store a report and let it move the request: into review, back to its author, or nowhere.

    Shape: recording the same check again changes nothing. A file the report does not name by path
    and digest could not be checked. A request that was withdrawn meanwhile is not moved.
    Errors: NotFound; Tampered when the report answers another check or another policy.
    Source: design properties 3 and 5.
    """
    check = _check(session, check_id)
    if check.state == CheckState.DONE:
        return check
    row = _request(session, check.request_id)
    policy = thresholds.of_request(session, row, policies)
    if report.job != check.id or report.policy_digest != policy.digest():
        raise Tampered(
            "The check worker answered another question than it was asked. The check stays open; "
            "look at the worker before it runs again.",
            code="foreign_report",
        )
    checked, stored = _store(session, check, report, policy, now)
    total = worst([one.verdict for one in checked])
    check.done_at, check.verdict, check.report_digest = now, total, stored
    session.flush()
    _log(session, row, check, report, checked, now)
    if check.kind != CheckKind.RELEASE:
        _show(checked, now)
    if check.round == row.round:
        _move(session, row, check, checked, total, policy, now)
    return check


def _waiting_precheck(session: Session, request_id: str, files: list[File]) -> Check | None:
    waiting = session.exec(
        select(Check).where(
            Check.request_id == request_id,
            Check.kind == CheckKind.PRECHECK,
            col(Check.started_at).is_(None),
        )
    ).all()
    for check in waiting:
        covered = session.exec(select(CheckFile.file_id).where(CheckFile.check_id == check.id))
        if set(covered) == {file.id for file in files}:
            return check
    return None


def _move(
    session: Session,
    row: Request,
    check: Check,
    checked: Sequence[Checked],
    total: Verdict,
    policy: OutputsPolicy,
    now: datetime,
) -> None:
    effect = policy.effect
    final = check.kind == CheckKind.RELEASE
    held = [
        one
        for one in checked
        if rules.holds(one.report if final else reports.without_ledger(one.report), effect)
    ]
    match CheckKind(check.kind), row.state:
        case CheckKind.SUBMISSION, RequestState.CHECKING:
            row.verdict, row.rank = total, -rules.risk(total)
            row.outputs_policy_digest = policy.digest()
            _advance(session, row, "block" if held else "review", held, check, now)
        case CheckKind.RELEASE, RequestState.APPROVED:
            worse = [one for one in checked if not _still_stands(one)]
            news = {one.file.id: one for one in [*held, *worse]}
            if news:
                _advance(session, row, "return", list(news.values()), check, now)
        case _:
            return


def _still_stands(one: Checked) -> bool:
    return one.file.worst is not None and rules.stands(one.file.worst, one.verdict)


def _advance(
    session: Session,
    row: Request,
    event: str,
    held: Sequence[Checked],
    check: Check,
    now: datetime,
) -> None:
    code, text = _why(held) if held else (None, None)
    advance(
        session,
        row,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        digest=row.subject,
        reason_code=code,
        reason=text,
        policy_digest=row.outputs_policy_digest,
        detail={"check": check.id, "report": check.report_digest, "round": row.round},
    )


def _why(held: Sequence[Checked]) -> tuple[str, str]:
    blocked = [one.file.path for one in held if one.verdict is Verdict.BLOCK]
    if blocked:
        return "check_blocked", (
            f"The check found what may not leave in {_names(blocked)}. Its report says where; "
            "change the file and submit again."
        )
    return "could_not_check", (
        f"The check could not read {_names([one.file.path for one in held])} well enough. Its "
        "report says why; give the file in a form that can be read and submit again."
    )


def _names(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more


def _store(
    session: Session, check: Check, report: Report, policy: OutputsPolicy, now: datetime
) -> tuple[list[Checked], Digest]:
    said = reports.by_file(report)
    counts = ledger_counts.read(report.facts)
    told = volume.teller(session, _request(session, check.request_id), check, policy, now)
    checked = []
    bodies: dict[str, str] = {}
    for file, digest in session.exec(
        select(File, CheckFile.digest)
        .where(CheckFile.check_id == check.id, CheckFile.file_id == File.id)
        .order_by(File.path)
    ):
        part = said.get((file.path, digest))
        if part is None or not part.results:  # nothing that is known besides makes it a pass
            part = reports.silent(file.path, digest, file.size)
        else:
            part = rewriting.judged(session, file, part)
            own = counts.get((file.path, digest))
            part = _with_ledger(session, check, file, part, own, policy, now)
            part = volume.judged(part, told(file))
        name, body = reports.spell_file(part)
        bodies[name] = body
        checked.append(Checked(file, part, rules.verdict_of(part), name))
    name, body = reports.spell_report(report, [one.report_digest for one in checked])
    bodies[name] = body
    bodies[policy.digest()] = canonical_json(policy.as_json()).decode()
    _keep(session, bodies)
    return checked, name


def _with_ledger(
    session: Session,
    check: Check,
    file: File,
    part: FileReport,
    counts: Counts | None,
    policy: OutputsPolicy,
    now: datetime,
) -> FileReport:
    """Compare with other releases, at submission and before release; never for a draft.

    Source: outputs 6.2 (a pre-check must not become an oracle); decision 0013.
    """
    if check.kind == CheckKind.PRECHECK:
        return part
    if check.kind == CheckKind.SUBMISSION and counts is not None:
        ledger.propose(session, file, check.project_id, counts, now)
    pending = check.kind == CheckKind.SUBMISSION
    return ledger.judged(session, file, part, counts, policy, pending=pending)


def _keep(session: Session, bodies: dict[str, str]) -> None:
    known = _known(session, bodies)
    session.add_all(ReportRow(digest=d, body=b) for d, b in bodies.items() if d not in known)
    session.flush()


def _known(session: Session, digests: Iterable[str]) -> set[str]:
    wanted, found = list(digests), set[str]()
    for start in range(0, len(wanted), 500):  # below every database's limit of parameters
        some = wanted[start : start + 500]
        found |= set(session.exec(select(ReportRow.digest).where(col(ReportRow.digest).in_(some))))
    return found


def _show(checked: Sequence[Checked], now: datetime) -> None:
    """Write the verdicts on files that are still in the request."""
    for one in checked:
        if one.file.removed_at is None:
            one.file.verdict = one.verdict
            one.file.report_digest = one.report_digest
            one.file.checked_at = now


def _log(
    session: Session,
    row: Request,
    check: Check,
    report: Report,
    checked: Sequence[Checked],
    now: datetime,
) -> None:
    verdicts: dict[str, JsonValue] = {
        one.file.id: {"digest": one.file.digest, "verdict": one.verdict.value} for one in checked
    }
    append(
        session,
        action="airlock.check_result",
        actor=SYSTEM,
        now=now,
        object_type="airlock check",
        object_id=check.id,
        object_digest=check.report_digest,
        project=row.project_id,
        policy_digest=report.policy_digest,
        detail={"request": row.id, "kind": check.kind, "files": verdicts},
    )


def _check(session: Session, check_id: str) -> Check:
    found = session.get(Check, check_id)
    if found is None:
        raise NotFound("There is no such check.")
    return found


def _request(session: Session, request_id: str) -> Request:
    found = session.get(Request, request_id)
    assert found is not None, "a check belongs to a request"
    return found

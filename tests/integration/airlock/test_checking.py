"""Checks: what a report does to a request, and what it can never do."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from orchestrator.airlock import checking, drafting, jobs, queries
from orchestrator.airlock.models import Check, CheckKind
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import CheckState, RequestState
from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import Conflict, NotFound, Tampered
from orchestrator.outputs.model import Report, Source, Verdict
from orchestrator.values import JsonValue, digest_of
from tests.airlock_world import (
    AirlockWorld,
    a_part,
    a_report,
    a_request,
    add,
    both,
    run_checks,
    say,
    submit,
)
from tests.factories import NOW, policies

S = RequestState


def wanted(session: Session, world: AirlockWorld) -> Check:
    """The one check of this request that waits."""
    return session.exec(
        select(Check).where(Check.request_id == world.request.id, col(Check.done_at).is_(None))
    ).one()


def record(session: Session, check: Check, report: Report) -> Check:
    """Record a report as the reconciler would."""
    return checking.record_check(session, NOW, check.id, report, policies=policies())


@pytest.mark.parametrize(
    ("verdict", "rule", "state", "code"),
    [
        (Verdict.PASS, "O01", S.IN_REVIEW, None),
        (Verdict.FLAG, "O01", S.IN_REVIEW, None),
        (Verdict.COULD_NOT_CHECK, "O01", S.IN_REVIEW, None),
        (Verdict.COULD_NOT_CHECK, "O29", S.BLOCKED, "could_not_check"),
        (Verdict.COULD_NOT_CHECK, "O19", S.BLOCKED, "could_not_check"),
        (Verdict.BLOCK, "O01", S.BLOCKED, "check_blocked"),
    ],
)
def test_what_a_verdict_does_to_a_submission(
    engine: Engine, verdict: Verdict, rule: str, state: RequestState, code: str | None
) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING, paths=("table.csv", "other.csv"))
        run_checks(session, {"table.csv": verdict}, rule=rule)
        assert (world.request.state, world.request.reason_code) == (state, code)
        assert world.request.verdict == verdict
        assert world.files["table.csv"].verdict == verdict
        assert world.files["other.csv"].verdict == Verdict.PASS


def test_a_file_the_report_does_not_name_was_not_checked(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING, paths=("table.csv", "other.csv"))
        check = wanted(session, world)
        report = a_report(session, check)
        record(session, check, replace(report, files=report.files[:1]))
        assert world.request.state == S.BLOCKED
        assert world.request.verdict == Verdict.COULD_NOT_CHECK


@pytest.mark.parametrize("case", ["other bytes", "other path", "twice", "no results"])
def test_a_report_about_something_else_is_no_report(engine: Engine, case: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING)
        check, file = wanted(session, world), world.files["table.csv"]
        part = a_part(file, Verdict.PASS)
        parts = {
            "other bytes": (replace(part, digest=digest_of(b"other")),),
            "other path": (replace(part, path="Table.csv"),),
            "twice": (part, replace(part, verdict=Verdict.FLAG)),
            "no results": (replace(part, results=()),),
        }[case]
        counts: JsonValue = [
            {"path": "table.csv", "digest": file.digest, "tables": [], "cut": True}
        ]
        report = replace(a_report(session, check), files=parts, facts={"counts": counts})
        record(session, check, report)
        assert world.request.state == S.BLOCKED, "what is known besides makes it no pass"
        assert file.verdict == Verdict.COULD_NOT_CHECK


def test_a_report_that_claims_more_than_its_results_say_is_not_believed(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING)
        check = wanted(session, world)
        part = replace(a_part(world.files["table.csv"], Verdict.BLOCK), verdict=Verdict.PASS)
        record(session, check, replace(a_report(session, check), files=(part,)))
        assert world.request.state == S.BLOCKED


def test_an_answer_to_another_question_is_an_alarm_and_changes_nothing(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING)
        check = wanted(session, world)
        report = a_report(session, check)
        for foreign in (
            replace(report, job="c-other"),
            replace(report, policy_digest=digest_of(b"other")),
        ):
            with pytest.raises(Tampered):
                record(session, check, foreign)
        assert (check.state, world.request.state) == (CheckState.WANTED, S.CHECKING)


def test_a_check_whose_worker_died_starts_again_and_is_recorded_once(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING)
        check = wanted(session, world)
        for _ in range(2):
            assert queries.checks_due(session) == [check.id]
            checking.start_check(session, NOW, check.id)
        record(session, check, a_report(session, check))
        size = log.size(session)
        record(session, check, a_report(session, check, {"table.csv": Verdict.BLOCK}))
        assert (world.request.state, log.size(session)) == (S.IN_REVIEW, size)
        assert queries.checks_due(session) == []
        with pytest.raises(Conflict):
            checking.start_check(session, NOW, check.id)
        with pytest.raises(NotFound):
            checking.start_check(session, NOW, "c-unknown")


def test_a_request_that_was_withdrawn_meanwhile_is_not_moved(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING)
        check = wanted(session, world)
        drafting.withdraw(session, world.author, NOW, world.request.id)
        record(session, check, a_report(session, check))
        assert (world.request.state, check.state) == (S.WITHDRAWN, CheckState.DONE)


def test_the_check_of_an_old_round_moves_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        late = checking.want_check(
            session, world.author, NOW, world.request.id, policies=policies()
        )
        submit(session, world)
        report = a_report(session, late, {"table.csv": Verdict.BLOCK})
        record(session, late, report)
        assert world.request.state == S.CHECKING
        submitted = wanted(session, world)
        assert submitted.kind == CheckKind.SUBMISSION


def test_a_submission_check_of_an_old_round_does_not_move_the_new_one(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        old = checking.ask_check(
            session, world.request, CheckKind.SUBMISSION, present_files(session, world.request.id),
            world.author, NOW,
        )  # fmt: skip
        both(session, world, "return")
        drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())
        submit(session, world)
        record(session, old, a_report(session, old))
        assert world.request.state == S.CHECKING


def test_blocked_leads_to_a_new_draft_in_the_next_round(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.BLOCKED)
        drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())
        assert (world.request.state, world.request.round) == (S.DRAFT, 2)
        add(session, world, "table.csv", "mended")
        submit(session, world)
        run_checks(session)
        assert world.request.state == S.IN_REVIEW


def test_the_last_check_runs_on_exactly_the_approved_files(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("good.csv", "bad.csv"))
        for checker in world.checkers:
            say(session, world, checker, "approve", "good.csv")
            say(session, world, checker, "reject", "bad.csv")
        check = wanted(session, world)
        assert check.kind == CheckKind.RELEASE
        report = a_report(session, check)
        assert [part.path for part in report.files] == ["good.csv"]


@pytest.mark.parametrize(
    ("reviewed", "again", "state"),
    [
        (Verdict.PASS, Verdict.PASS, S.APPROVED),
        (Verdict.FLAG, Verdict.FLAG, S.APPROVED),
        (Verdict.FLAG, Verdict.PASS, S.APPROVED),
        (Verdict.PASS, Verdict.FLAG, S.RETURNED),
        (Verdict.PASS, Verdict.BLOCK, S.RETURNED),
        (Verdict.PASS, Verdict.COULD_NOT_CHECK, S.RETURNED),
        (Verdict.FLAG, Verdict.COULD_NOT_CHECK, S.RETURNED),
    ],
)
def test_a_last_check_that_finds_more_sends_it_back(
    engine: Engine, reviewed: Verdict, again: Verdict, state: RequestState
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, verdicts={"table.csv": reviewed})
        for checker in world.checkers:
            say(session, world, checker, "approve", reason="Looked at it closely.")
        run_checks(session, {"table.csv": again})
        assert world.request.state == state
        assert world.files["table.csv"].verdict == reviewed


def test_the_job_says_what_to_read_and_what_to_compare_with(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.CHECKING, paths=("b.csv", "a.csv"))
        check = wanted(session, world)
        source = Source("flchain", "2026-1", digest_of(b"s"), Path("/i/flchain"))
        job = jobs.job(
            session,
            check.id,
            location=lambda digest: Path("/q") / digest,
            sources=[source],
            policy=policies().outputs,
        )
        assert (job.id, job.kind, job.context_due) == (check.id, "export", True)
        assert [f.path for f in job.files] == ["a.csv", "b.csv"]
        for file in job.files:
            row = world.files[file.path]
            assert (file.digest, file.size, file.context) == (row.digest, row.size, row.context)
            assert file.location == Path("/q") / file.digest
        assert job.sources == (source,)
        assert job.policy_digest == policies().digest("outputs")
        with pytest.raises(NotFound):
            jobs.job(
                session, "c-x", location=lambda d: Path(d), sources=[], policy=policies().outputs
            )

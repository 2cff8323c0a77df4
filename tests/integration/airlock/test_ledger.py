"""The ledger: what left is kept count by count, and what a new table adds to it is named."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert
from sqlmodel import Session, col, func, select

from orchestrator.airlock import checking, drafting, ledger, queries, releasing
from orchestrator.airlock.models import (
    Check,
    LedgerCell,
    LedgerSource,
    LedgerTable,
)
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.db import read, write
from orchestrator.errors import Invalid
from orchestrator.outputs.facts import signature
from orchestrator.outputs.judge import judge
from orchestrator.outputs.ledger import Counts
from orchestrator.outputs.model import Job, JobFile, RuleResult, Verdict
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.values import digest_of
from tests.airlock_world import (
    AirlockWorld,
    a_part,
    a_request,
    a_working_project,
    add,
    both,
    recorded,
    say,
    submit,
)
from tests.factories import NOW, ProjectWorld, policies

S = RequestState
ALL = "sex,people,deaths\nF,4350,1204\nM,3524,965\n"
FEWER = "sex,people,deaths\nF,4347,1202\nM,3524,965\n"
STAGES = "stage,people\nI,4200\nII,3670\n"
OTHER = "sex,people,deaths\nF,2100,400\nM,1900,380\n"
HIDDEN = "site,people\nA,<10\nB,3000\nC,4800\n"
PARTS = "site,people\nB,3000\nC,4800\nTotal,7804\n"


def judged(session: Session, contents: Mapping[str, str], now: datetime = NOW) -> list[Check]:
    """Run every wanted check with the real opener and judge, in this process."""
    wanted = session.exec(select(Check).where(col(Check.done_at).is_(None))).all()
    policy = policies().outputs
    for check in wanted:
        checking.start_check(session, now, check.id)
        rows = present_files(session, check.request_id)
        job = Job(
            check.id,
            "export",
            tuple(JobFile(f.path, f.subject, f.size, Path(f.path), f.context) for f in rows),
            policy.as_json(),
            policy.digest(),
        )
        job = replace(
            job,
            files=tuple(
                replace(file, digest=digest_of(contents[file.path].encode())) for file in job.files
            ),
        )
        caps = ReadCaps.of(policy.caps.model_dump())
        forms = [open_bytes(f.path, contents[f.path].encode(), caps) for f in job.files]
        report = judge(job, forms, (), policy)
        checking.record_check(session, now, check.id, report, policies=policies())
    return list(wanted)


def a_table(
    session: Session,
    project: ProjectWorld,
    name: str,
    content: str,
    at: RequestState = S.IN_REVIEW,
    now: datetime = NOW,
    path: str = "table.csv",
) -> AirlockWorld:
    """Walk a request with one table to review, approval or release."""
    world = a_request(session, S.DRAFT, paths=(), project=project, name=name, now=now)
    add(session, world, path, content, now)
    submit(session, world, now)
    judged(session, {path: content}, now)
    if at in (S.APPROVED, S.RELEASED):
        for checker in world.checkers:
            say(session, world, checker, "approve", path, reason="Looked at it.", now=now)
        assert world.request.state == S.APPROVED
    if at is S.RELEASED:
        released(session, world, content, now, path)
    return world


def released(
    session: Session,
    world: AirlockWorld,
    content: str,
    now: datetime = NOW,
    path: str = "table.csv",
) -> None:
    """Play the reconciler after the decision."""
    judged(session, {path: content}, now)
    plan = dict(releasing.plan_release(session, now, world.request.id))
    recorded(session, world, plan, now)


def said(session: Session, world: AirlockWorld, rule: str = "O14") -> RuleResult:
    """What a rule says to a checker about the table."""
    checker = world.checkers[0]
    detail = queries.detail(session, checker, NOW, world.request.id, policies=policies())
    report = detail.files[0].report
    assert report is not None
    return next(one for one in report.results if one.rule == rule)


@pytest.fixture
def two(engine: Engine) -> tuple[Engine, ProjectWorld, ProjectWorld]:
    """Two projects on one dataset."""
    with write(engine) as session:
        one = a_working_project(session)
        other = a_working_project(session, another=True)
    return engine, one, other


Two = tuple[Engine, ProjectWorld, ProjectWorld]


def test_what_left_is_kept_count_by_count(two: Two) -> None:
    """In the transaction of the release; with sums that a reader would make."""
    engine, one, _ = two
    with write(engine) as session:
        world = a_table(session, one, "first", ALL)
        assert [row.released_at for row in session.exec(select(LedgerTable))] == [None]
        for checker in world.checkers:
            say(session, world, checker, "approve", "table.csv")
        released(session, world, ALL)
    with read(engine) as session:
        row = session.exec(select(LedgerTable)).one()
        assert row.released_at == NOW
        values = {cell.value for cell in session.exec(select(LedgerCell))}
        assert values == {4350, 1204, 3524, 965, 7874, 2169}
        assert {s.dataset for s in session.exec(select(LedgerSource))} == {"flchain"}


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (ALL, FEWER, Verdict.BLOCK),
        (FEWER, ALL, Verdict.BLOCK),
        (ALL, STAGES, Verdict.FLAG),
        (ALL, OTHER, Verdict.PASS),
        (ALL, ALL, Verdict.PASS),
        (ALL, "sex,people,deaths\nF,4340,1194\nM,3514,955\n", Verdict.PASS),
        (ALL, "sex,people,deaths\nF,4352,1204\nM,3000,900\n", Verdict.PASS),
        (HIDDEN, PARTS, Verdict.BLOCK),
        ("drug,population,people\nruxolitinib,registry,594\n",
         "drug,population,people\nruxolitinib,registry without CNL,593\n", Verdict.FLAG),
        ("age,people\n50-59,3000\n60-69,2500\n", "age,people\n50-60,3004\n61-69,2496\n",
         Verdict.FLAG),
    ],
)  # fmt: skip
def test_a_table_of_another_project_is_compared(
    two: Two, first: str, second: str, verdict: Verdict
) -> None:
    """Each table alone is safe; together they show few people, or they do not."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", first, S.RELEASED)
        world = a_table(session, other, "second", second)
        told = said(session, world)
        assert told.verdict is verdict
        if verdict is not Verdict.PASS:
            assert "first/table.csv" in told.findings[0].evidence
            assert world.request.verdict == verdict
        assert world.request.state == S.IN_REVIEW


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("PV, age 60 and over: 809 patients.\n",
         "PV, age 60 and over, platelets below 1200: 804 patients.\n", Verdict.FLAG),
        ("PV, age 60 and over: 809 patients.\n",
         "PV, age 60 and over, platelets below 1200: 704 patients.\n", Verdict.PASS),
        ("ET, age 60 and over: 809 patients.\n",
         "PV, age 60 and under 90: 804 patients.\n", Verdict.PASS),
    ],
)  # fmt: skip
def test_a_sentence_of_another_project_is_compared(
    two: Two, first: str, second: str, verdict: Verdict
) -> None:
    """What a sentence counts is found in the ledger by its first or its last word."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", first, S.RELEASED, path="answer.txt")
        world = a_table(session, other, "second", second, path="answer.txt")
        told = said(session, world)
        assert told.verdict is verdict
        assert all("first/answer.txt" in finding.evidence for finding in told.findings)


def test_checkers_see_a_conflict_and_cannot_approve_it(two: Two) -> None:
    """The machine sends nothing back over their heads: they do, with what may be said."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        with pytest.raises(Invalid, match="may not leave"):
            say(session, world, world.checkers[0], "approve", "table.csv", reason="It is safe.")
        for checker in world.checkers:
            say(session, world, checker, "return", "table.csv", reason="Round to one base.")
        assert world.request.state == S.RETURNED


def test_what_waits_in_another_project_counts_too(two: Two) -> None:
    """Submitted and under way; not what was withdrawn, and never a draft."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL)
        world = a_table(session, other, "second", FEWER)
        assert world.request.verdict == Verdict.BLOCK
        assert "not released yet" in said(session, world).findings[0].evidence


def test_a_precheck_never_speaks_of_others(two: Two) -> None:
    """Not applicable, with the reason; nothing enters the ledger."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        draft = a_request(session, S.DRAFT, paths=(), project=other, name="second")
        add(session, draft, "table.csv", FEWER)
        checking.want_check(session, draft.author, NOW, draft.request.id, policies=policies())
        judged(session, {"table.csv": FEWER})
        detail = queries.detail(session, draft.author, NOW, draft.request.id, policies=policies())
        report = detail.files[0].report
        assert report is not None
        told = next(one for one in report.results if one.rule == "O14")
        assert told.verdict is Verdict.NOT_APPLICABLE
        assert told.reason == "Rules about other projects' releases run at submission."
        assert session.exec(select(func.count()).select_from(LedgerTable)).one() == 1


def test_the_author_learns_that_there_is_a_conflict_and_no_more(two: Two) -> None:
    """Neither the other table's name nor its rows or counts."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        detail = queries.detail(session, world.author, NOW, world.request.id, policies=policies())
        report = detail.files[0].report
        assert report is not None
        told = next(one for one in report.results if one.rule == "O14")
        assert told.verdict is Verdict.BLOCK
        assert "first" not in str(told.findings)
        assert told.findings[0].where.rows == ()
        assert told.findings[0].measured is None
        assert "conflicts with an earlier release" in told.findings[0].say


def test_of_two_approved_at_one_moment_one_leaves(two: Two) -> None:
    """Both were checked before either left; the second is compared with the first as it leaves."""
    engine, one, other = two
    with write(engine) as session:
        here = a_table(session, one, "first", ALL, S.APPROVED)
        judged(session, {"table.csv": ALL})
        there = _approved_unseen(session, other, FEWER)
        plans = [
            dict(releasing.plan_release(session, NOW, world.request.id)) for world in (here, there)
        ]
        for world, plan in zip((here, there), plans, strict=True):
            recorded(session, world, plan)
        assert here.request.state == S.RELEASED
        assert there.request.state == S.RETURNED
        assert there.request.reason_code == "conflicts_with_release"
        assert "first" not in str(there.request.reason)
        assert releasing.releases(session, there.request.id) == []
        left = session.exec(select(LedgerTable).where(col(LedgerTable.released_at).is_not(None)))
        assert [row.request_id for row in left] == [here.request.id]


def _approved_unseen(session: Session, project: ProjectWorld, content: str) -> AirlockWorld:
    """Approve a table as if the other request had not been there when it was submitted."""
    world = a_request(session, S.DRAFT, paths=(), project=project, name="second")
    add(session, world, "table.csv", content)
    submit(session, world)
    kept = ledger.judged
    ledger.judged = lambda *_given, **_named: _given[2]
    try:
        judged(session, {"table.csv": content})
        both(session, world)
        judged(session, {"table.csv": content})
    finally:
        ledger.judged = kept
    return world


def test_a_recalled_release_stays_in_the_ledger(two: Two) -> None:
    """People may have seen it."""
    engine, one, other = two
    with write(engine) as session:
        world = a_table(session, one, "first", ALL, S.RELEASED)
        releasing.recall(session, one.administrator, NOW, world.request.id, "A mistake.")
        assert a_table(session, other, "second", FEWER).request.verdict == Verdict.BLOCK


def test_a_withdrawn_request_is_forgotten(two: Two) -> None:
    """What never left and waits no more says nothing."""
    engine, one, other = two
    with write(engine) as session:
        world = a_request(session, S.DRAFT, paths=(), project=one, name="first")
        add(session, world, "table.csv", ALL)
        submit(session, world)
        judged(session, {"table.csv": ALL})
        drafting.withdraw(session, world.author, NOW, world.request.id)
        assert a_table(session, other, "second", FEWER).request.verdict == Verdict.PASS


def test_the_same_table_on_a_newer_snapshot_is_a_repeat(two: Two) -> None:
    """O15 speaks, and flags: who came or went is between the versions."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        for source in session.exec(select(LedgerSource)).all():
            session.delete(source)
        table = session.exec(select(LedgerTable)).one()
        session.flush()
        session.add(LedgerSource(table_id=table.id, dataset="flchain", snapshot="sha256:older"))
        session.flush()
        world = a_table(session, other, "second", FEWER)
        assert world.request.state == S.IN_REVIEW
        assert said(session, world, "O15").verdict is Verdict.FLAG
        assert said(session, world, "O14").verdict is Verdict.PASS


def test_a_file_of_too_many_counts_is_no_pass(two: Two) -> None:
    """More than are compared: could not check."""
    engine, one, _ = two
    with write(engine) as session:
        world = a_table(session, one, "first", ALL)
        file = next(iter(world.files.values()))
        counts = ledger.stored(session, file.id)
        assert counts is not None
        told = ledger.results(session, file, Counts(counts.tables, cut=True), policies().outputs,
                              pending=True)  # fmt: skip
        assert [one.verdict for one in told] == [Verdict.COULD_NOT_CHECK] * 2


CELLS = 50_000
SECONDS = 5.0


def test_many_released_counts_are_looked_up_by_index(two: Two) -> None:
    """The time for one table of page size, candidates and close comparison, is bounded."""
    engine, one, other = two
    with write(engine) as session:
        world = a_table(session, one, "first", ALL, S.RELEASED)
        fill(session, world, CELLS)
    content = page()
    with write(engine) as session:
        second = a_table(session, other, "second", content)
        file = next(iter(second.files.values()))
        counts = ledger.stored(session, file.id)
        assert counts is not None
        begun = time.monotonic()
        told = ledger.results(session, file, counts, policies().outputs, pending=True)
        took = time.monotonic() - begun
    print(f"{took:.2f} s")  # noqa: T201 - a figure for the record
    assert told[0].verdict is not Verdict.COULD_NOT_CHECK
    assert took < SECONDS


def page() -> str:
    """A table of page size: 60 centres with two counts each."""
    rows = [f"c{row:02},{1000 + 37 * row},{500 + 11 * row}" for row in range(60)]
    return "\n".join(["centre,people,deaths", *rows]) + "\n"


def fill(session: Session, world: AirlockWorld, size: int, each: int = 100) -> None:
    """Many released tables, of which some share what they count with the page."""
    file = next(iter(world.files.values()))
    body = session.exec(select(LedgerTable.body)).first()
    for first in range(0, size, each * 500):
        ids = [f"lt-{first}-{n}" for n in range(min(500, (size - first) // each))]
        session.execute(insert(LedgerTable), [
            {"id": one, "request_id": world.request.id, "file_id": file.id, "base": 1,
             "project_id": world.request.project_id, "place": first + at + 1, "body": body,
             "proposed_at": NOW, "released_at": NOW} for at, one in enumerate(ids)
        ])  # fmt: skip
        session.execute(insert(LedgerSource), [
            {"table_id": one, "dataset": "flchain", "snapshot": "sha256:older"} for one in ids
        ])  # fmt: skip
        session.execute(insert(LedgerCell), [
            {"table_id": one, "dataset": "flchain", "place": place, "derived": False,
             "lookup": _lookup(first + at, place), "value": float(20 * (at + place))}
            for at, one in enumerate(ids) for place in range(each)
        ])  # fmt: skip


def _lookup(at: int, place: int) -> int:
    coordinates = (("", f"c{place:02}"), ("", f"group {at % 997}"))
    return signature("flchain\x1dpeople", coordinates if at % 10 else coordinates[:1])


def test_a_report_without_its_counts_was_not_compared(engine: Engine) -> None:
    """What the judge did not count cannot be compared, so it is no pass."""
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        file = world.files["table.csv"]
        rules = (RuleResult("O01", 1, Verdict.PASS), RuleResult("O14", 1, Verdict.NOT_APPLICABLE))
        part = replace(a_part(file, Verdict.PASS), results=rules)
        found = ledger.judged(session, file, part, None, policies().outputs, pending=True)
        assert found.verdict is Verdict.COULD_NOT_CHECK
        counted = Counts(())
        compared = ledger.judged(session, file, part, counted, policies().outputs, pending=True)
        assert compared.verdict is Verdict.PASS
        assert [one.verdict for one in compared.results[1:]] == [Verdict.NOT_APPLICABLE] * 2

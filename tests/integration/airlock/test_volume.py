"""O32: what a person and a project take out over time, counted at submission, for checkers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from orchestrator.airlock import checking, drafting, releasing, thresholds, volume
from orchestrator.airlock.models import Check, CheckKind, Request
from orchestrator.airlock.queries import detail
from orchestrator.airlock.states import RequestState
from orchestrator.db import write
from orchestrator.outputs.model import RuleResult, Verdict
from orchestrator.outputs.rules.volume import LATER, RULE, SPOKEN, Amount, Taken, judge
from orchestrator.policy.model import Policies
from tests.airlock_world import AirlockWorld, a_part, a_report, a_request, a_working_project, say
from tests.factories import NOW, ProjectWorld, policies

S = RequestState
MONTH = timedelta(days=30)


def within(**limits: int) -> Policies:
    """The shipped policies with other numbers for O32."""
    shipped = policies()
    numbers = shipped.outputs.volume.model_copy(update=limits)
    return replace(shipped, outputs=shipped.outputs.model_copy(update={"volume": numbers}))


def judged(session: Session, world: AirlockWorld, told: Policies) -> RuleResult:
    """Run the newest wanted check of a request and say what O32 came to on its first file."""
    check = session.exec(
        select(Check).where(Check.request_id == world.request.id, col(Check.done_at).is_(None))
    ).one()
    report = a_report(session, check)
    digest = thresholds.of_request(session, world.request, told).digest()
    unsaid = RuleResult(RULE.id, 1, Verdict.NOT_APPLICABLE, reason=LATER)
    parts = tuple(replace(one, results=(*one.results, unsaid)) for one in report.files)
    whole = replace(report, policy_digest=digest, files=parts)
    checking.record_check(session, NOW, check.id, whole, policies=told)
    return found(session, world, world.checkers[0])


def found(session: Session, world: AirlockWorld, actor: object) -> RuleResult:
    """What O32 says of the first file to somebody."""
    told = detail(session, actor, NOW, world.request.id, policies=policies())  # type: ignore[arg-type]
    report = told.files[0].report
    assert report is not None
    return next(one for one in report.results if one.rule == "O32")


@pytest.fixture
def two(engine: Engine) -> Iterator[tuple[Session, ProjectWorld]]:
    """One file that left and one that waits, both of the lead of one project."""
    with write(engine) as session:
        project = a_working_project(session)
        a_request(session, S.RELEASED, project=project, name="left")
        a_request(session, S.IN_REVIEW, project=project, name="waits")
        yield session, project


Two = tuple[Session, ProjectWorld]


def test_what_left_and_what_waits_counts_with_what_is_submitted(two: Two) -> None:
    """Above the number it is a flag, at it none; the check of a request says it of each file."""
    session, project = two
    third = a_request(session, S.CHECKING, project=project, name="third")
    said = judged(session, third, within(person_files=2))
    assert said.verdict is Verdict.FLAG
    (one,) = said.findings
    assert (one.measured, one.threshold) == ("3 files", "2 files")
    assert "this person, in 30 days" in one.evidence
    fourth = a_request(session, S.CHECKING, project=project, name="fourth")
    assert judged(session, fourth, within(person_files=4)).verdict is Verdict.PASS
    assert session.get_one(Request, fourth.request.id).state == S.IN_REVIEW


def test_bytes_count_and_what_is_long_ago_does_not(two: Two) -> None:
    """Thirty days, to the microsecond; a file counts once, whatever its request came to."""
    session, project = two
    world = a_request(session, S.CHECKING, project=project, name="third")
    policy = policies().outputs
    size = world.request.size
    amount = volume.taken(session, world.request, policy, NOW)
    assert amount == Taken(Amount(3, 3 * size), Amount(3, 3 * size))
    released = session.exec(select(Request).where(Request.name == "left")).one()
    releasing.recall(session, project.administrator, NOW, released.id, "A mistake.")
    assert volume.taken(session, world.request, policy, NOW) == amount
    later = volume.taken(session, world.request, policy, NOW + MONTH - timedelta(microseconds=1))
    assert later == amount
    gone = volume.taken(session, world.request, policy, NOW + MONTH)
    assert gone.person == Amount(2, 2 * size)
    said = judge("a", amount, within(person_bytes=3 * size - 1).outputs)
    assert [one.measured for one in said.findings] == [f"{3 * size} bytes"]


def test_a_project_counts_all_its_people_and_no_other_project(engine: Engine) -> None:
    """The same person's releases elsewhere are the person's, not the project's."""
    with write(engine) as session:
        one, other = a_working_project(session), a_working_project(session, another=True)
        a_request(session, S.RELEASED, project=one, name="left")
        a_request(session, S.RELEASED, project=other, name="left-elsewhere")
        world = a_request(session, S.CHECKING, project=one, name="third")
        taken = volume.taken(session, world.request, policies().outputs, NOW)
        assert taken.project.files == 2
        assert taken.person.files == (3 if one.lead.person == other.lead.person else 2)
        elsewhere = session.exec(select(Request).where(Request.name == "left-elsewhere")).one()
        elsewhere.author_id = str(one.lead.person)
        session.flush()
        taken = volume.taken(session, world.request, policies().outputs, NOW)
        assert (taken.person.files, taken.project.files) == (3, 2)


def test_drafts_and_what_was_withdrawn_count_nothing(two: Two) -> None:
    """Nothing of them leaves."""
    session, project = two
    a_request(session, S.DRAFT, project=project, name="a-draft")
    a_request(session, S.WITHDRAWN, project=project, name="taken-back")
    a_request(session, S.REJECTED, project=project, name="refused")
    world = a_request(session, S.CHECKING, project=project, name="third")
    assert volume.taken(session, world.request, policies().outputs, NOW).person.files == 3


def test_its_author_learns_no_number(two: Two) -> None:
    """Other people's releases count too, so they hear that it is much, and nothing else."""
    session, project = two
    world = a_request(session, S.CHECKING, project=project, name="third")
    judged(session, world, within(project_files=2, person_files=1))
    told = found(session, world, world.author)
    assert [(one.say, one.measured, one.threshold) for one in told.findings] == [
        (SPOKEN, None, None)
    ]
    assert not any(char.isdigit() for char in told.findings[0].evidence)


def test_a_pre_check_says_nothing_of_it(two: Two) -> None:
    """It must not become a way to count what colleagues took out."""
    session, project = two
    world = a_request(session, S.DRAFT, project=project, name="third")
    checking.want_check(session, world.author, NOW, world.request.id, policies=policies())
    told = within(person_files=1, project_files=1)
    check = session.exec(
        select(Check).where(Check.request_id == world.request.id, Check.kind == CheckKind.PRECHECK)
    ).one()
    report = a_report(session, check)
    unsaid = RuleResult(RULE.id, 1, Verdict.NOT_APPLICABLE, reason=LATER)
    parts = tuple(replace(one, results=(*one.results, unsaid)) for one in report.files)
    digest = thresholds.of_request(session, world.request, told).digest()
    whole = replace(report, files=parts, policy_digest=digest)
    checking.record_check(session, NOW, check.id, whole, policies=told)
    assert found(session, world, world.author).reason == LATER


def test_what_others_take_out_later_sends_nothing_back(two: Two) -> None:
    """The last check before release says what checkers were told, not what came since."""
    session, project = two
    told = within(person_files=3)
    world = a_request(session, S.CHECKING, project=project, name="third")
    assert judged(session, world, told).verdict is Verdict.PASS
    a_request(session, S.RELEASED, project=project, name="meanwhile")
    for checker in world.checkers:
        say(session, world, checker)
    assert volume.taken(session, world.request, told.outputs, NOW).person.files == 4
    assert judged(session, world, told).verdict is Verdict.PASS
    assert session.get_one(Request, world.request.id).state == S.APPROVED


def test_a_draft_that_was_never_submitted_has_no_such_result(two: Two) -> None:
    """Reports of before the rule, at the last check: nothing is made up."""
    session, project = two
    world = a_request(session, S.IN_REVIEW, project=project, name="third")
    check = session.exec(select(Check).where(Check.request_id == world.request.id)).one()
    part = a_part(world.files["table.csv"], Verdict.PASS)
    assert volume.judged(part, None) == part
    check.kind = CheckKind.PRECHECK
    teller = volume.teller(session, world.request, check, policies().outputs, NOW)
    assert teller(world.files["table.csv"]) is None
    assert drafting.complete([world.files["table.csv"]])

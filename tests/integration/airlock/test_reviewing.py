"""Votes: blind, two, of people from outside, on exactly what they looked at."""

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from orchestrator.airlock import drafting, files, queries, releasing, reviewing
from orchestrator.airlock.models import Disagreement, File, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, Tampered, TreError
from orchestrator.governance.models import Vote
from orchestrator.identity.roles import CertificateKind, Role
from orchestrator.identity.service import add_certificate, suspend_person
from orchestrator.outputs.model import Verdict
from orchestrator.values import SYSTEM, Actor
from tests.airlock_world import (
    AirlockWorld,
    a_request,
    a_working_project,
    add,
    both,
    run_checks,
    say,
    submit,
)
from tests.factories import DAY, NOW, a_person, policies

S = RequestState


def votes(session: Session, world: AirlockWorld) -> list[Vote]:
    """All votes on a request."""
    return list(session.exec(select(Vote).where(Vote.subject_id == world.request.id)))


def a_checker(
    session: Session, organisation: str = "hospital-h", *, certified: bool = True
) -> Actor:
    """One more person who may check."""
    return a_person(session, [Role.CHECKER], organisation, certified=certified)


def test_the_first_vote_alone_releases_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        say(session, world, world.checkers[0])
        assert world.request.state == S.IN_REVIEW
        run_checks(session)
        with pytest.raises(Conflict):
            releasing.plan_release(session, NOW, world.request.id)
        say(session, world, world.checkers[1])
        assert world.request.state == S.APPROVED


Who = Callable[[Session, AirlockWorld], Actor]


def _suspended(session: Session, world: AirlockWorld) -> Actor:
    actor = a_checker(session)
    suspend_person(session, SYSTEM, NOW, person_id=str(actor.person), reason="A test.")
    return actor


def _expired(session: Session, world: AirlockWorld) -> Actor:
    actor = a_checker(session, certified=False)
    add_certificate(
        session,
        SYSTEM,
        NOW - 2 * DAY,
        person_id=str(actor.person),
        kind=CertificateKind.OUTPUT_CHECKER,
        valid_until=NOW - DAY,
    )
    return actor


CONFLICTS: list[tuple[str, Who, set[str]]] = [
    ("author", lambda s, w: w.author, {"author", "member", "same_organisation", "role_missing"}),
    ("member", lambda s, w: w.project.member, {"member", "role_missing", "certificate_missing"}),
    ("same organisation", lambda s, w: a_checker(s, "institute-x"), {"same_organisation"}),
    ("administrator", lambda s, w: w.project.administrator, {"operator", "role_missing"}),
    ("asset owner", lambda s, w: next(iter(w.project.owners.values())), {"role_missing"}),
    ("no certificate", lambda s, w: a_checker(s, certified=False), {"certificate_missing"}),
    ("expired certificate", _expired, {"certificate_missing"}),
    ("suspended", _suspended, {"person_suspended"}),
]


@pytest.mark.parametrize(
    ("who", "codes"), [c[1:] for c in CONFLICTS], ids=[c[0] for c in CONFLICTS]
)
def test_who_may_not_vote_is_told_every_reason(engine: Engine, who: Who, codes: set[str]) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        actor = who(session, world)
        with pytest.raises(NotAllowed) as refused:
            say(session, world, actor)
        assert codes <= {code for code, _ in refused.value.reasons}
        assert votes(session, world) == []
        detail = queries.detail(session, actor, NOW, world.request.id, policies=policies())
        assert {r.code for r in detail.actions["vote"].reasons} == {
            code for code, _ in refused.value.reasons
        }


def test_a_member_who_is_a_checker_elsewhere_is_still_a_member(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        member = world.project.member
        both_roles = Actor(**{**vars(member), "roles": member.roles | {Role.CHECKER}})
        with pytest.raises(NotAllowed) as refused:
            say(session, world, both_roles)
        assert "member" in {code for code, _ in refused.value.reasons}


@pytest.mark.parametrize("roles", [[], [Role.RESEARCHER], [Role.LAY_PANEL], [Role.DATA_STEWARD]])
def test_a_stranger_does_not_learn_that_there_is_a_request(
    engine: Engine, roles: list[Role]
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        stranger = a_person(session, roles, "elsewhere")
        with pytest.raises(NotFound) as foreign:
            say(session, world, stranger)
        with pytest.raises(NotFound) as unknown:
            reviewing.vote(session, stranger, NOW, "r-unknown", "f-x", "approve", "", "")
        assert foreign.value.message == unknown.value.message


def test_a_process_does_not_vote(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        with pytest.raises(NotAllowed):
            say(session, world, SYSTEM)


def test_a_second_vote_of_one_person_does_not_count(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        say(session, world, world.checkers[0])
        say(session, world, world.checkers[0])
        assert len(votes(session, world)) == 1
        with pytest.raises(Conflict, match="voted here already"):
            say(session, world, world.checkers[0], "reject")
        assert world.request.state == S.IN_REVIEW


@pytest.mark.parametrize("what", ["bytes", "context", "nonsense", ""])
def test_a_vote_is_about_what_was_on_the_page(engine: Engine, what: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        seen = {"bytes": world.files["table.csv"].digest, "context": "sha256:" + "0" * 64}
        with pytest.raises(Conflict, match="not what your page showed"):
            reviewing.vote(
                session,
                world.checkers[0],
                NOW,
                world.request.id,
                world.files["table.csv"].id,
                "approve",
                "",
                seen.get(what, what),
            )


def test_a_file_of_another_request_cannot_be_voted_on_here(engine: Engine) -> None:
    with write(engine) as session:
        one = a_request(session, S.IN_REVIEW)
        two = a_request(session, S.IN_REVIEW, project=one.project, name="other")
        file = two.files["table.csv"]
        with pytest.raises(NotFound):
            reviewing.vote(
                session, one.checkers[0], NOW, one.request.id, file.id, "approve", "", file.subject
            )


@pytest.mark.parametrize(
    "state", [s for s in S if s not in (S.DRAFT, S.IN_REVIEW, S.CONSOLIDATING)]
)
def test_votes_are_taken_only_while_it_is_reviewed(engine: Engine, state: RequestState) -> None:
    with write(engine) as session:
        world = a_request(session, state)
        before = len(votes(session, world))
        with pytest.raises((Conflict, NotFound)):
            say(session, world, a_checker(session))
        assert len(votes(session, world)) == before


@pytest.mark.parametrize("verdict", [Verdict.FLAG, Verdict.COULD_NOT_CHECK])
def test_what_the_check_asked_is_answered_by_both(engine: Engine, verdict: Verdict) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, verdicts={"table.csv": verdict})
        with pytest.raises(Invalid, match="say in the reason"):
            say(session, world, world.checkers[0])
        say(session, world, world.checkers[0], reason="The small count is a total of zeros.")
        with pytest.raises(Invalid, match="say in the reason"):
            say(session, world, world.checkers[1])


@pytest.mark.parametrize("value", ["return", "reject"])
def test_sending_back_needs_a_reason(engine: Engine, value: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        with pytest.raises(Invalid, match="must say why"):
            say(session, world, world.checkers[0], value, reason="  ")
        with pytest.raises(Invalid):
            say(session, world, world.checkers[0], "perhaps")


A, R, J = "approve", "return", "reject"


@pytest.mark.parametrize(("one", "two"), list(itertools.product((A, R, J), repeat=2)))
def test_mixed_outcomes_are_as_the_design_says(engine: Engine, one: str, two: str) -> None:
    """Any file sent back returns the request; else one approved approves; else rejected."""
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("one.csv", "two.csv"))
        both(session, world, one, "one.csv")
        both(session, world, two, "two.csv")
        expected = S.RETURNED if R in (one, two) else S.APPROVED if A in (one, two) else S.REJECTED
        assert world.request.state == expected
        if expected is S.APPROVED:
            run_checks(session)
            plan = releasing.plan_release(session, NOW, world.request.id)
            approved = [f"{n}.csv" for n, v in (("one", one), ("two", two)) if v == A]
            assert {f for f, _ in plan} == {world.files[path].id for path in approved}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(A, A, S.APPROVED), (A, R, S.RETURNED), (R, R, S.RETURNED), (A, J, S.REJECTED),
     (R, J, S.RETURNED)],
)  # fmt: skip
def test_votes_that_disagree_are_consolidated_by_their_voters(
    engine: Engine, first: str, second: str, expected: RequestState
) -> None:
    with write(engine) as session:
        world = a_request(session, S.CONSOLIDATING)
        say(session, world, world.checkers[0], first, reason="I think so.")
        assert world.request.state == S.CONSOLIDATING
        say(session, world, world.checkers[1], second, reason="I think so too.")
        assert world.request.state == expected
        assert len(votes(session, world)) == 4  # the blind ones stay in the log of votes


def test_agreeing_blind_votes_pass_consolidation_by_themselves(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        start = log.size(session)
        both(session, world)
        moves = [log.columns_of(e.record)["action"] for e in log.entries(session, start)]
        assert [m for m in moves if m and m.startswith("airlock_request")] == [
            "airlock_request.consolidate",
            "airlock_request.approve",
        ]


def test_one_file_in_dispute_keeps_all_in_consolidation(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("one.csv", "two.csv"))
        both(session, world, A, "one.csv")
        say(session, world, world.checkers[0], A, "two.csv")
        say(session, world, world.checkers[1], R, "two.csv")
        assert world.request.state == S.CONSOLIDATING
        for checker in world.checkers:
            say(session, world, checker, A, "two.csv", reason="Agreed.")
        assert world.request.state == S.APPROVED


def test_a_third_approval_does_not_outvote_an_objection(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("one.csv", "two.csv"))
        third = a_checker(session)
        say(session, world, world.checkers[0], A, "one.csv")
        say(session, world, world.checkers[1], J, "one.csv")
        say(session, world, third, A, "one.csv")
        both(session, world, A, "two.csv")
        for actor, value in ((world.checkers[0], A), (world.checkers[1], J), (third, A)):
            say(session, world, actor, value, "one.csv", reason="As before.")
        assert world.request.state == S.APPROVED
        assert world.files["one.csv"].outcome == "rejected"
        assert world.files["two.csv"].outcome == "approved"


def test_an_escalation_asks_for_one_person_more(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        second, third, fourth = world.checkers[1], a_checker(session), a_checker(session)
        with pytest.raises(Conflict, match="escalates"):
            say(session, world, third, seat="escalation")
        say(session, world, world.checkers[0], "escalate")
        say(session, world, second)
        say(session, world, third)
        assert world.request.state == S.IN_REVIEW
        with pytest.raises(NotAllowed, match="one person fills one seat"):
            say(session, world, second, seat="escalation")
        say(session, world, fourth, seat="escalation")
        assert world.request.state == S.APPROVED


def _next_round(session: Session, world: AirlockWorld) -> None:
    drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())


@pytest.mark.parametrize("change", ["bytes", "context", "nothing"])
def test_a_new_round_begins_without_votes_whatever_changed(engine: Engine, change: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "same.csv"))
        both(session, world, A, "same.csv")
        both(session, world, R, "table.csv")
        assert world.request.state == S.RETURNED
        _next_round(session, world)
        if change == "bytes":
            add(session, world, "table.csv", "mended")
        if change == "context":
            file = world.files["table.csv"]
            files.set_context(
                session, world.author, NOW, file.id, "Better", "words", "now", policies=policies()
            )
        submit(session, world)
        run_checks(session)
        assert not any(f.heard or f.outcome for f in present_files(session, world.request.id))
        say(session, world, world.checkers[0], A, "table.csv")
        say(session, world, world.checkers[0], A, "same.csv")
        assert world.request.state == S.IN_REVIEW
        say(session, world, world.checkers[1], A, "table.csv")
        say(session, world, world.checkers[1], A, "same.csv")
        assert world.request.state == S.APPROVED


def test_a_replaced_file_has_no_votes_even_with_the_old_bytes_again(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.RETURNED)
        _next_round(session, world)
        add(session, world, "table.csv", "other")
        add(session, world, "table.csv", "content of table.csv")
        submit(session, world)
        run_checks(session)
        assert not world.files["table.csv"].heard
        say(session, world, world.checkers[0])
        assert world.request.state == S.IN_REVIEW


def test_who_joins_the_project_meanwhile_has_no_vote(engine: Engine) -> None:
    """The vote of a person with a conflict never changes the result (P2)."""
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        say(session, world, world.checkers[0])
        session.execute(
            text(
                "insert into members (project_id, person_id, role, invited_at) "
                "values (:project, :person, 'member', :now)"
            ),
            {
                "project": world.request.project_id,
                "person": world.checkers[0].person,
                "now": "2026-05-04 09:12:33",
            },
        )
        say(session, world, world.checkers[1])
        assert world.request.state == S.IN_REVIEW
        say(session, world, a_checker(session))
        assert world.request.state == S.APPROVED


def test_a_review_lapses_to_its_author_and_its_votes_stay_secret(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        say(session, world, world.checkers[0], R, reason="Nobody may read this.")
        days = policies().seats["airlock-release"].rules.lapse_days
        assert reviewing.lapse_due(session, NOW + days * DAY - timedelta(seconds=1)) == []
        assert reviewing.lapse_due(session, NOW + days * DAY) == [world.request]
        assert (world.request.state, world.request.reason_code) == (S.RETURNED, "lapsed")
        for actor in (world.author, world.checkers[1]):
            detail = queries.detail(session, actor, NOW, world.request.id, policies=policies())
            assert "Nobody may read this." not in repr(detail)


def test_what_lapsed_stays_secret_in_the_next_draft_too(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "b.csv"))
        for checker in world.checkers:
            say(session, world, checker, R, "table.csv", reason="Nobody may read this.")
        reviewing.lapse_due(session, NOW + 40 * DAY)
        drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())
        detail = queries.detail(session, world.author, NOW, world.request.id, policies=policies())
        assert "Nobody may read this." not in repr(detail)
        assert [file.outcome for file in detail.files] == [None, None]


def test_two_votes_at_once_are_both_kept_and_exactly_one_moves_it(engine: Engine) -> None:
    """Without the writer's lock such votes strand a request: neither sees the other."""
    project = None
    for number in range(5):
        with write(engine) as session:
            project = project or a_working_project(session)
            world = a_request(session, S.IN_REVIEW, project=project, name=f"race-{number}")
        barrier = threading.Barrier(2)
        raised: list[BaseException] = []

        def cast(
            actor: Actor,
            world: AirlockWorld = world,
            barrier: threading.Barrier = barrier,
            raised: list[BaseException] = raised,
        ) -> None:
            try:
                barrier.wait(10)
                with write(engine) as session:
                    say(session, world, actor)
            except TreError as error:
                raised.append(error)

        threads = [threading.Thread(target=cast, args=(actor,)) for actor in world.checkers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        with write(engine) as session:
            assert raised == []
            assert len(votes(session, world)) == 2
            assert session.get_one(Request, world.request.id).state == S.APPROVED


def test_withdrawing_against_the_last_vote_one_wins_and_the_other_is_told(
    engine: Engine,
) -> None:
    project = None
    for number in range(5):
        with write(engine) as session:
            project = project or a_working_project(session)
            world = a_request(session, S.IN_REVIEW, project=project, name=f"race-{number}")
            say(session, world, world.checkers[0])
        barrier = threading.Barrier(2)
        raised: list[BaseException] = []

        def run(
            step: Callable[[Session], object],
            barrier: threading.Barrier = barrier,
            raised: list[BaseException] = raised,
        ) -> None:
            try:
                barrier.wait(10)
                with write(engine) as session:
                    step(session)
            except Conflict as error:
                raised.append(error)

        steps: list[Callable[[Session], object]] = [
            lambda s, w=world: say(s, w, w.checkers[1]),  # type: ignore[misc]
            lambda s, w=world: drafting.withdraw(s, w.author, NOW, w.request.id),  # type: ignore[misc]
        ]
        threads = [threading.Thread(target=run, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        with write(engine) as session:
            assert len(raised) == 1
            assert session.get_one(Request, world.request.id).state in (S.APPROVED, S.WITHDRAWN)


def test_a_flipped_outcome_in_the_database_releases_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("one.csv", "two.csv"))
        both(session, world, A, "one.csv")
        both(session, world, J, "two.csv")
        run_checks(session)
        session.get_one(File, world.files["two.csv"].id).outcome = "approved"
        session.flush()
        with pytest.raises(Tampered, match="not what the votes"):
            releasing.plan_release(session, NOW, world.request.id)


def test_a_disagreement_is_kept_and_changes_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, verdicts={"table.csv": Verdict.FLAG})
        file = world.files["table.csv"]
        said = (world.request.id, file.id, str(file.report_digest), 0)
        one = reviewing.disagree(session, world.checkers[0], NOW, *said, "A year, no count.")
        again = reviewing.disagree(session, world.checkers[0], NOW, *said, "Another word.")
        assert (one.id, one.rule, again.reason) == (again.id, "O01", "A year, no count.")
        reviewing.disagree(session, world.checkers[1], NOW, *said, "A year.")
        assert queries.disagreements(session) == {"O01": (2, 1)}
        assert (file.verdict, world.request.state) == (Verdict.FLAG, S.IN_REVIEW)
        for viewer, reasons in (
            (world.checkers[0], {0: "A year, no count."}),
            (world.author, {}),
        ):
            detail = queries.detail(session, viewer, NOW, world.request.id, policies=policies())
            assert queries.file_of(session, detail, file.id).disagreed == reasons


@pytest.mark.parametrize(
    ("changed", "refusal", "code"),
    [
        ({"who": "author"}, NotAllowed, "author"),
        ({"report": "sha256:" + "0" * 64}, Conflict, "changed"),
        ({"number": 7}, Invalid, "no_finding"),
        ({"number": -1}, Invalid, "no_finding"),
        ({"reason": " "}, Invalid, "empty_text"),
        ({"file": "f-unknown"}, NotFound, "notfound"),
    ],
)
def test_a_disagreement_is_a_reviewers_about_a_finding_that_is_there(
    engine: Engine, changed: dict[str, Any], refusal: type[TreError], code: str
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, verdicts={"table.csv": Verdict.FLAG})
        file = world.files["table.csv"]
        said: dict[str, Any] = {
            "file": file.id, "report": str(file.report_digest), "number": 0, "reason": "A year.",
        } | {name: value for name, value in changed.items() if name != "who"}  # fmt: skip
        actor = world.author if "who" in changed else world.checkers[0]
        with pytest.raises(refusal) as refused:
            reviewing.disagree(session, actor, NOW, world.request.id, *said.values())
        assert refused.value.code == code
        assert session.exec(select(Disagreement)).all() == []


def test_the_version_before_is_the_one_that_reviewers_saw(engine: Engine) -> None:
    """Drafts in between do not count, and a file that stayed is compared with itself."""
    with write(engine) as session:
        world = a_request(session, S.RETURNED, paths=("a.csv",))
        first = world.files["a.csv"]
        assert queries.version_before(session, first.id) is None
        drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())
        found = queries.version_before(session, first.id)
        assert found is not None
        assert (found.digest, found.round) == (first.digest, 1)
        add(session, world, "a.csv", content="in between")
        last = add(session, world, "a.csv", content="at last")
        found = queries.version_before(session, last.id)
        assert found is not None
        assert (found.path, found.digest, found.size, found.round) == (
            "a.csv", first.digest, first.size, 1,
        )  # fmt: skip

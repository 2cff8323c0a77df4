"""What each person sees, when; and that a button says what the refusal says."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from orchestrator.airlock import checking, drafting, queries, releasing, reviewing, views
from orchestrator.airlock.models import WAITING, Request
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, TreError
from orchestrator.identity.roles import Role
from orchestrator.outputs.model import Verdict
from orchestrator.values import Actor
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
from tests.factories import NOW, a_person, policies

S = RequestState
VALUES = ("approve", "return", "reject")


def see(session: Session, world: AirlockWorld, actor: Actor) -> views.Detail:
    """Open the request's page as somebody."""
    session.flush()
    return queries.detail(session, actor, NOW, world.request.id, policies=policies())


def page(session: Session, world: AirlockWorld, actor: Actor) -> str:
    """Everything the read side can tell somebody, as one text."""
    seen: list[object] = [see(session, world, actor)]
    seen += queries.mine(session, actor)
    seen += queries.queue(session, actor, NOW)
    return repr(seen)


def everybody(world: AirlockWorld, *more: Actor) -> list[Actor]:
    """All who know of the request."""
    owner = next(iter(world.project.owners.values()))
    admin = world.project.administrator
    return [world.author, world.project.member, *world.checkers, admin, owner, *more]


def test_blind_histories_that_differ_in_values_look_the_same(engine: Engine) -> None:
    """P11: everything read by anybody but the voter is equal, byte for byte.

    Each history is undone to the same point before the next, so that ids are equal too.
    """
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "other.csv"))
        third = a_person(session, [Role.CHECKER], "hospital-h")
        lookers = [a for a in everybody(world, third) if a is not world.checkers[0]]
        pages: dict[tuple[str, str], list[str]] = {}
        for first, second in itertools.product(VALUES, VALUES):
            undo = session.begin_nested()
            say(session, world, world.checkers[0], first, "table.csv", reason=f"{first} it")
            say(session, world, world.checkers[0], second, "other.csv", reason=f"{second} too")
            reviewing.comment(
                session, world.checkers[0], NOW, world.request.id, "reviewers", f"say {first}"
            )
            assert world.request.state == S.IN_REVIEW
            pages[first, second] = [page(session, world, looker) for looker in lookers]
            undo.rollback()
            session.expire_all()
        assert len(pages) == 9
        assert len({tuple(seen) for seen in pages.values()}) == 1


def test_a_file_heard_in_the_blind_phase_does_not_show_its_outcome(engine: Engine) -> None:
    """Both voted on one file: the other file keeps the review blind, and values stay secret."""
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "other.csv"))
        third = a_person(session, [Role.CHECKER], "hospital-h")
        lookers = [a for a in everybody(world, third) if a not in world.checkers]
        pages = set()
        for first, second in itertools.product(VALUES, VALUES):
            undo = session.begin_nested()
            say(session, world, world.checkers[0], first, "table.csv", reason="Because.")
            say(session, world, world.checkers[1], second, "table.csv", reason="Because.")
            assert [f.heard for f in see(session, world, third).files] == [False, True]
            pages.add(tuple(page(session, world, looker) for looker in lookers))
            undo.rollback()
            session.expire_all()
        assert len(pages) == 1


def test_the_first_voter_does_not_learn_the_second_value(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "other.csv"))
        say(session, world, world.checkers[0], "approve", "table.csv")
        pages = set()
        for value in VALUES:
            undo = session.begin_nested()
            say(session, world, world.checkers[1], value, "table.csv", reason="Because.")
            pages.add(page(session, world, world.checkers[0]))
            undo.rollback()
            session.expire_all()
        assert len(pages) == 1
        own = see(session, world, world.checkers[0]).files[1]
        assert [(v.value, v.own) for v in own.votes] == [("approve", True)]


def test_the_log_does_not_show_a_blind_value(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        start = log.size(session)
        say(session, world, world.checkers[0], "reject", reason="A word nobody else uses.")
        records = b"".join(entry.record for entry in log.entries(session, start))
        assert b"reject" not in records
        assert b"A word nobody" not in records
        assert b"vote_cast" in records


def test_the_author_sees_in_review_until_the_decision(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.CONSOLIDATING)
        for actor in (world.author, world.project.member):
            assert see(session, world, actor).request.state == S.IN_REVIEW
        assert queries.mine(session, world.author)[0].state == S.IN_REVIEW
        seen = see(session, world, world.checkers[0])
        assert seen.request.state == S.CONSOLIDATING
        assert sorted(v.value for v in seen.files[0].votes) == ["approve", "return"]
        third = a_person(session, [Role.CHECKER], "hospital-h")
        assert see(session, world, third).files[0].votes == ()


def test_the_author_learns_what_was_said_and_not_who_said_it(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "good.csv"))
        both(session, world, "approve", "good.csv")
        for checker in world.checkers:
            say(session, world, checker, "return", "table.csv", reason="Row 4 has a count of 3.")
        seen = see(session, world, world.author)
        told = views.Objection("table.csv", "return", "Row 4 has a count of 3.")
        assert set(seen.objections) == {told}
        assert {f.path: f.outcome for f in seen.files} == {
            "table.csv": "returned",
            "good.csv": "approved",
        }
        assert all(f.votes == () for f in seen.files)
        for checker in world.checkers:
            assert str(checker.person) not in repr(seen)
            assert checker.name not in repr(seen)
        drafting.reopen(session, world.author, NOW, world.request.id, policies=policies())
        assert set(see(session, world, world.author).objections) == {told}
        add(session, world, "table.csv", "mended")
        assert set(see(session, world, world.author).objections) == {told}


def test_withdrawing_does_not_open_the_votes(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        say(session, world, world.checkers[0], "reject", reason="Nobody may read this.")
        drafting.withdraw(session, world.author, NOW, world.request.id)
        for actor in (world.author, world.checkers[1], world.project.administrator):
            assert "Nobody may read this." not in page(session, world, actor)


def test_a_replaced_vote_does_not_stand_against_a_file(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.CONSOLIDATING)
        say(session, world, world.checkers[0], "return", reason="The total is missing.")
        say(session, world, world.checkers[1], "return", reason="Add the total.")
        assert [o.reason for o in see(session, world, world.author).objections] == [
            "Add the total.",
            "The total is missing.",
        ]


def test_outsiders_of_the_review_see_that_it_is_there_and_no_content(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        near = a_person(session, [Role.CHECKER], "institute-x")
        owner = next(iter(world.project.owners.values()))
        for actor in (world.project.member, world.project.administrator, owner, near):
            seen = see(session, world, actor)
            assert (seen.files, seen.comments, seen.checks) == ((), (), ())
            with pytest.raises(NotAllowed):
                reviewing.record_view(session, actor, NOW, world.files["table.csv"].id)


def test_looking_at_a_file_is_logged_before_it_is_shown(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        start = log.size(session)
        file = reviewing.record_view(session, world.checkers[0], NOW, world.files["table.csv"].id)
        assert file.digest == world.files["table.csv"].digest
        entry = next(iter(log.entries(session, start)))
        assert log.columns_of(entry.record)["action"] == "airlock.file_viewed"
        with pytest.raises(NotFound):
            reviewing.record_view(session, world.checkers[0], NOW, "f-unknown")


def test_comments_reach_whom_they_are_for_when_they_may(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        one, two = world.checkers

        def write_to(actor: Actor, whom: str, body: str) -> None:
            reviewing.comment(session, actor, NOW, world.request.id, whom, body)

        write_to(world.author, "reviewers", "from the author")
        write_to(one, "author", "for the author")
        write_to(one, "reviewers", "among us")

        def read(actor: Actor) -> set[str]:
            return {c.body for c in see(session, world, actor).comments}

        assert read(world.author) == {"from the author"}
        assert read(two) == {"from the author"}
        assert read(one) == {"from the author", "for the author", "among us"}
        both(session, world, "return")
        assert read(world.author) == {"from the author", "for the author"}
        assert read(two) == {"from the author", "for the author", "among us"}
        with pytest.raises(Invalid):
            write_to(one, "everybody", "x")
        with pytest.raises(Invalid):
            write_to(one, "author", " ")
        with pytest.raises(NotAllowed):
            write_to(world.project.member, "author", "x")


def test_a_checker_sees_findings_and_tries(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        for content in ("one", "two", "two again", "three"):
            add(session, world, "table.csv", content)
            checking.want_check(session, world.author, NOW, world.request.id, policies=policies())
            run_checks(session)
        submit(session, world)
        run_checks(session, {"table.csv": Verdict.FLAG})
        file = see(session, world, world.checkers[0]).files[0]
        assert (file.tries, file.versions, file.verdict) == (4, 4, Verdict.FLAG)
        assert file.report is not None
        assert [result.rule for result in file.report.results] == ["O01", "O32"]
        checks = see(session, world, world.checkers[0]).checks
        assert ("submission", "done", "test") in {(c.kind, c.state, c.engine) for c in checks}


def test_the_queue_is_riskiest_first_then_oldest(engine: Engine) -> None:
    with write(engine) as session:
        project = a_working_project(session)
        order = [
            ("old-pass", Verdict.PASS, 0),
            ("flag", Verdict.FLAG, 1),
            ("unread", Verdict.COULD_NOT_CHECK, 2),
            ("new-pass", Verdict.PASS, 3),
        ]
        for name, verdict, minutes in order:
            a_request(
                session,
                project=project,
                name=name,
                verdicts={"table.csv": verdict},
                now=NOW + timedelta(minutes=minutes),
            )
        checker = project.checkers[0]
        names = [item.request.name for item in queries.queue(session, checker, NOW)]
        assert names == ["unread", "flag", "old-pass", "new-pass"]
        paged: list[str] = []
        after = None
        while items := queries.queue(session, checker, NOW, after=after, limit=1):
            paged += [item.request.name for item in items]
            after = items[-1].request.cursor
        assert paged == names


def test_the_queue_holds_only_what_one_may_judge(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "b.csv"))
        a_request(session, S.DRAFT, project=world.project, name="draft")
        near = a_person(session, [Role.CHECKER], "institute-x")
        for actor in (world.author, world.project.member, near, world.project.administrator):
            assert queries.queue(session, actor, NOW) == []
        say(session, world, world.checkers[0])
        assert [i.mine for i in queries.queue(session, world.checkers[0], NOW)] == [1]
        assert [i.mine for i in queries.queue(session, world.checkers[1], NOW)] == [0]


def test_a_queue_page_is_read_by_index(engine: Engine) -> None:
    with write(engine) as session:
        query = (
            select(Request).where(WAITING).order_by(Request.rank, Request.submitted_at, Request.id)  # type: ignore[arg-type]
        )
        compiled = query.compile(engine, compile_kwargs={"literal_binds": True})
        if engine.dialect.name == "sqlite":
            explain = "explain query plan"
        else:  # so few rows are read and sorted faster in other ways, which are switched off here
            for way in ("seqscan", "bitmapscan", "sort"):
                session.execute(text(f"set local enable_{way} = off"))
            explain = "explain"
        plan = session.execute(text(f"{explain} {compiled}")).all()
        told = " ".join(str(row) for row in plan)
        assert "airlock_request_queue" in told
        assert "TEMP B-TREE" not in told
        assert "Sort" not in told


Step = Callable[[Session, AirlockWorld, Actor], object]

ACTIONS: dict[str, Step] = {
    "submit": lambda s, w, a: drafting.submit(s, a, NOW, w.request.id, policies=policies()),
    "withdraw": lambda s, w, a: drafting.withdraw(s, a, NOW, w.request.id),
    "reopen": lambda s, w, a: drafting.reopen(s, a, NOW, w.request.id, policies=policies()),
    "check": lambda s, w, a: checking.want_check(s, a, NOW, w.request.id, policies=policies()),
    "comment": lambda s, w, a: reviewing.comment(s, a, NOW, w.request.id, "reviewers", "x"),
    "vote": lambda s, w, a: say(s, w, a, reason="x"),
    "recall": lambda s, w, a: releasing.recall(s, a, NOW, w.request.id, "x"),
    "hold": lambda s, w, a: releasing.hold(s, a, NOW, w.request.id, "x"),
    "lift": lambda s, w, a: releasing.lift(s, a, NOW, w.request.id),
}


@pytest.mark.parametrize("state", list(S))
def test_a_button_says_what_the_refusal_says(engine: Engine, state: RequestState) -> None:
    """Every action by everybody in every state: allowed on the page means it works, and reverse."""
    with write(engine) as session:
        world = a_request(session, state)
        session.flush()
        for actor, (name, step) in itertools.product(everybody(world), ACTIONS.items()):
            try:
                shown = see(session, world, actor).actions[name]
            except NotFound:
                with pytest.raises(NotFound):
                    step(session, world, actor)
                continue
            undo = session.begin_nested()
            try:
                step(session, world, actor)
                worked = True
            except (NotAllowed, Conflict):
                worked = False
            undo.rollback()
            session.expire_all()
            assert bool(shown) == worked, f"{name} in {state} by {actor.name}: {shown}"


def test_a_vote_button_ends_with_the_own_vote(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("table.csv", "b.csv"))
        say(session, world, world.checkers[0])
        open_, done = see(session, world, world.checkers[0]).files
        assert bool(open_.vote)
        assert [r.code for r in done.vote.reasons] == ["voted_already"]


def test_own_requests_are_found_by_name_and_others_are_not(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        project, name = world.request.project_id, world.request.name
        assert queries.by_name(session, world.author, project, name).id == world.request.id
        for actor, asked in ((world.project.member, name), (world.author, "other")):
            with pytest.raises(NotFound):
                queries.by_name(session, actor, project, asked)
        with pytest.raises(NotFound):
            queries.file_of(session, see(session, world, world.author), "f-unknown")


def test_an_actor_whose_role_was_taken_has_no_vote(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        stale = replace(world.project.methods, roles=frozenset({Role.CHECKER}))
        with pytest.raises(TreError):
            say(session, world, stale)

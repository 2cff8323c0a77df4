"""Who sees which table of another request beside a file's own, and in which order."""

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from orchestrator.airlock import comparing, releasing, reviewing
from orchestrator.airlock.comparing import Compared
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import NotAllowed, NotFound
from orchestrator.identity.roles import Role
from orchestrator.values import Actor
from tests.airlock_world import AirlockWorld, a_working_project
from tests.factories import NOW, ProjectWorld, a_person, policies
from tests.integration.airlock.test_ledger import ALL, FEWER, OTHER, STAGES, a_table

S = RequestState


@pytest.fixture
def two(engine: Engine) -> tuple[Engine, ProjectWorld, ProjectWorld]:
    """Two projects on one dataset, each with checkers of its own."""
    with write(engine) as session:
        one = a_working_project(session)
        other = a_working_project(session, another=True)
    return engine, one, other


Two = tuple[Engine, ProjectWorld, ProjectWorld]


def compared(session: Session, actor: Actor, world: AirlockWorld) -> list[Compared]:
    """What somebody sees beside the table."""
    file = world.files["table.csv"].id
    return comparing.compared(session, actor, NOW, world.request.id, file, policies=policies())


def test_a_checker_sees_both_tables_whichever_project_sent_the_other(two: Two) -> None:
    """With the difference named, and that whoever has both knows it."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        (found,) = compared(session, world.checkers[0], world)
        assert found.other.endswith("/first/table.csv")
        assert (found.shown, found.pending, found.same_snapshot) == (True, False, True)
        assert found.beside.certain
        assert {one.people for one in found.beside.implied} == {2, 3}
        assert found.beside.lines[0].pairs[0].there == "4350"


def test_the_most_telling_table_comes_first(two: Two) -> None:
    """A certain difference before an unclear one; what is far away is not listed."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "stages", STAGES.replace("3670", "3672"), S.RELEASED)
        a_table(session, one, "far", OTHER, S.RELEASED)
        a_table(session, one, "near", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        found = compared(session, world.checkers[0], world)
        assert found[0].other.endswith("near/table.csv")
        assert not any("far" in one.other for one in found)


def test_nobody_else_sees_it(two: Two) -> None:
    """Not the author, not the members of either project, not who runs the house."""
    engine, one, other = two
    with write(engine) as session:
        first = a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        with pytest.raises(NotAllowed, match="for checkers"):
            compared(session, world.author, world)
        for somebody in (world.project.member, world.project.administrator):
            with pytest.raises(NotAllowed):
                compared(session, somebody, world)
        researcher = a_person(session, [Role.RESEARCHER], "institute-z")
        for somebody in (first.author, researcher):
            with pytest.raises(NotFound):
                compared(session, somebody, world)


def test_a_checker_inside_the_project_sees_nothing(two: Two) -> None:
    """Whoever has been inside does not judge, and so does not compare."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        organisation = world.request.author_organisation
        colleague = a_person(session, [Role.CHECKER], str(organisation))
        with pytest.raises(NotAllowed):
            compared(session, colleague, world)


def test_a_table_that_waits_is_shown_to_who_could_open_its_request(two: Two) -> None:
    """Others learn where it differs, which the finding says too, and none of its counts."""
    engine, one, other = two
    with write(engine) as session:
        first = a_table(session, one, "first", ALL)
        world = a_table(session, other, "second", FEWER)
        may = world.checkers[0]
        (found,) = compared(session, may, world)
        assert found.pending
        assert found.shown
        assert found.beside.lines
        session.execute(
            text(
                "insert into members (project_id, person_id, role, invited_at) "
                "values (:project, :person, 'member', :at)"
            ),
            {
                "project": first.request.project_id,
                "person": may.person,
                "at": "2026-05-04 09:12:33",
            },
        )
        (found,) = compared(session, may, world)
        assert not found.shown
        assert found.beside.lines == ()
        assert found.beside.implied


def test_what_was_recalled_is_still_shown(two: Two) -> None:
    """People may have seen it."""
    engine, one, other = two
    with write(engine) as session:
        first = a_table(session, one, "first", ALL, S.RELEASED)
        releasing.recall(session, one.administrator, NOW, first.request.id, "A mistake.")
        world = a_table(session, other, "second", FEWER)
        assert len(compared(session, world.checkers[0], world)) == 1


def test_a_file_of_another_request_is_not_found(two: Two) -> None:
    """The request decides who may see, so the file must be its own."""
    engine, one, other = two
    with write(engine) as session:
        first = a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        world.files["table.csv"] = first.files["table.csv"]
        with pytest.raises(NotFound):
            compared(session, world.checkers[0], world)


def test_a_look_is_logged(two: Two) -> None:
    """With the table that was shown; who may not look writes nothing."""
    engine, one, other = two
    with write(engine) as session:
        a_table(session, one, "first", ALL, S.RELEASED)
        world = a_table(session, other, "second", FEWER)
        checker, file = world.checkers[0], world.files["table.csv"].id
        (found,) = compared(session, checker, world)
        before = log.size(session)
        reviewing.record_comparison(session, checker, NOW, file, found.id)
        (entry,) = list(log.entries(session))[before:]
        assert log.columns_of(entry.record)["action"] == "airlock.compared"
        assert found.id.encode() in entry.record
        with pytest.raises(NotAllowed):
            reviewing.record_comparison(session, world.project.member, NOW, file, found.id)
        assert log.size(session) == before + 1

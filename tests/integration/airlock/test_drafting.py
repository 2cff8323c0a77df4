"""Drafts: opened, filled, described, pre-checked and submitted by their author and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from orchestrator.airlock import checking, drafting, files, queries
from orchestrator.airlock.models import Check, CheckKind, File, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.db import write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, TreError
from orchestrator.governance.service import halt
from orchestrator.identity.roles import Role
from orchestrator.outputs.model import Verdict
from orchestrator.policy.model import Policies
from orchestrator.values import Actor
from tests.airlock_world import (
    SAYS,
    a_request,
    a_working_project,
    add,
    both,
    frozen,
    run_checks,
    submit,
)
from tests.factories import DAY, NOW, a_person, policies

S = RequestState


def tight(**changes: int) -> Policies:
    """The shipped policies with smaller limits of a request."""
    outputs = policies().outputs
    limits = outputs.request.model_copy(update=changes)
    return replace(policies(), outputs=outputs.model_copy(update={"request": limits}))


@pytest.mark.parametrize("state", list(S))
def test_every_state_is_reached_by_the_right_people(engine: Engine, state: RequestState) -> None:
    with write(engine) as session:
        assert a_request(session, state).request.state == state


def test_a_name_is_taken_while_its_request_is_open(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        with pytest.raises(Conflict, match="open in this project already"):
            a_request(session, S.DRAFT, project=world.project)
        drafting.withdraw(session, world.author, NOW, world.request.id)
        assert a_request(session, S.DRAFT, project=world.project).request.id != world.request.id


@pytest.mark.parametrize("name", ["", "A", "-a", "a_b", "../etc", "ä", "x" * 31])
def test_a_name_that_cannot_be_one_is_refused(engine: Engine, name: str) -> None:
    with write(engine) as session:
        project = a_working_project(session)
        with pytest.raises(Invalid):
            drafting.open_draft(
                session, project.lead, NOW, project.project.id, name, "t", policies=policies()
            )


def test_a_stranger_learns_nothing_of_a_project(engine: Engine) -> None:
    with write(engine) as session:
        project = a_working_project(session)
        stranger = a_person(session, [Role.RESEARCHER])
        for project_id in (project.project.id, "p-unknown"):
            with pytest.raises(NotFound, match="no such project"):
                drafting.open_draft(
                    session, stranger, NOW, project_id, "table", "t", policies=policies()
                )


def test_access_is_asked_at_every_step_and_all_reasons_are_told(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        late = NOW + 500 * DAY
        halt(
            session,
            world.project.administrator,
            NOW,
            scope="project",
            target=world.project.project.id,
            reason="A test.",
        )
        steps: list[Callable[[], object]] = [
            lambda: add(session, world, "more.csv", "x", late),
            lambda: submit(session, world, late),
            lambda: checking.want_check(
                session, world.author, late, world.request.id, policies=policies()
            ),
        ]
        for step in steps:
            with pytest.raises(NotAllowed) as refused:
                step()
            assert {"outside_dates", "project_halted", "training_expired"} <= {
                code for code, _ in refused.value.reasons
            }


@pytest.mark.parametrize(
    "path",
    ["", "..", "../x", "/etc/passwd", "a/../b", "a//b", "a\\b", "a\x00", "a\nb", ".git/config",
     "-rf", "x\u202efdp.csv", "cafe\u0301", "a.", " a", "x" * 300, "\ud800"],
    ids=ascii,
)  # fmt: skip
def test_a_path_that_tries_to_escape_is_refused(engine: Engine, path: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        with pytest.raises(Invalid, match="Rename the file"):
            add(session, world, path, "x")
        assert world.request.files == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.csv", "A.csv"), ("straße", "STRASSE"), ("a", "a/b.csv"), ("a/b/c.csv", "A/B")],
)
def test_twins_and_a_file_that_is_a_folder_are_refused(
    engine: Engine, one: str, other: str
) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        add(session, world, one, "x")
        add(session, world, "b0", "near in the index, and no twin")
        with pytest.raises(Conflict, match="Rename one of them"):
            add(session, world, other, "y")


def test_the_same_bytes_again_change_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        before = log.size(session)
        again = add(session, world, "table.csv", "content of table.csv")
        assert again.id == present_files(session, world.request.id)[0].id
        assert (world.request.files, log.size(session)) == (1, before)


def test_other_bytes_are_another_file_that_keeps_only_the_words(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        old = world.files["table.csv"]
        checking.want_check(session, world.author, NOW, world.request.id, policies=policies())
        run_checks(session)
        assert old.verdict == Verdict.PASS
        new = files.add_file(
            session,
            world.author,
            NOW,
            world.request.id,
            "table.csv",
            frozen("other"),
            policies=policies(),
        )
        assert (new.id != old.id, new.verdict, new.subject != old.subject) == (True, None, True)
        assert (new.shows, new.population, new.control) == SAYS
        assert [f.id for f in present_files(session, world.request.id)] == [new.id]
        assert (world.request.files, world.request.size) == (1, len("other"))
        assert old.removed_at == NOW


def test_a_removed_file_is_gone_and_stays_as_history(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT, paths=("a.csv", "b.csv"))
        files.remove_file(session, world.author, NOW, world.files["a.csv"].id, policies=policies())
        assert [f.path for f in present_files(session, world.request.id)] == ["b.csv"]
        assert world.request.files == 1
        assert session.get_one(File, world.files["a.csv"].id).removed_at == NOW
        with pytest.raises(NotFound):
            files.remove_file(
                session, world.author, NOW, world.files["a.csv"].id, policies=policies()
            )


def test_a_request_can_be_full(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)

        def put(path: str, text: str, limits: Policies) -> None:
            files.add_file(
                session, world.author, NOW, world.request.id, path, frozen(text), policies=limits
            )

        with pytest.raises(Conflict, match="at most 1 files"):
            put("more.csv", "x", tight(files=1))
        with pytest.raises(Conflict, match="at most 25 bytes"):
            put("more.csv", "x" * 20, tight(bytes=25))
        put("table.csv", "x" * 25, tight(bytes=25, files=1))


def test_what_is_missing_is_named_before_submission(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT, paths=())
        with pytest.raises(Invalid, match="Add a file first"):
            submit(session, world)
        file = add(session, world, "a.csv", "x")
        files.set_context(session, world.author, NOW, file.id, "a", " ", "", policies=policies())
        with pytest.raises(Invalid, match=r"a\.csv lacks: population, control") as refused:
            submit(session, world)
        assert refused.value.code == "context_missing"
        assert world.request.state == S.DRAFT


def test_nothing_changes_after_submission(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        file = world.files["table.csv"]
        who, keep = world.author, policies()
        steps: list[Callable[[], object]] = [
            lambda: add(session, world, "table.csv", "other"),
            lambda: add(session, world, "more.csv", "x"),
            lambda: files.remove_file(session, who, NOW, file.id, policies=keep),
            lambda: files.set_context(session, who, NOW, file.id, "b", "b", "b", policies=keep),
            lambda: checking.want_check(session, who, NOW, world.request.id, policies=keep),
            lambda: submit(session, world),
            lambda: drafting.reopen(session, who, NOW, world.request.id, policies=keep),
        ]
        for step in steps:
            with pytest.raises(Conflict):
                step()


@pytest.mark.parametrize("who", ["member", "checker", "administrator", "owner"])
def test_nobody_else_touches_or_sees_a_draft(engine: Engine, who: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        file = world.files["table.csv"]
        other = {
            "member": world.project.member,
            "checker": world.checkers[0],
            "administrator": world.project.administrator,
            "owner": next(iter(world.project.owners.values())),
        }[who]
        for step in _authors_steps(session, other, world.request, file):
            with pytest.raises(NotFound, match="no such airlock request"):
                step()


def _authors_steps(
    session: Session, actor: Actor, request: Request, file: File
) -> list[Callable[[], object]]:
    keep = policies()
    return [
        lambda: queries.detail(session, actor, NOW, request.id, policies=keep),
        lambda: drafting.submit(session, actor, NOW, request.id, policies=keep),
        lambda: drafting.withdraw(session, actor, NOW, request.id),
        lambda: files.remove_file(session, actor, NOW, file.id, policies=keep),
        lambda: files.add_file(
            session, actor, NOW, request.id, "b.csv", frozen("x"), policies=keep
        ),
        lambda: checking.want_check(session, actor, NOW, request.id, policies=keep),
    ]


def test_once_in_review_others_know_of_it_and_still_may_not_act_for_its_author(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        for other in (world.project.member, world.checkers[0], world.project.administrator):
            with pytest.raises(NotAllowed, match="not its author"):
                drafting.withdraw(session, other, NOW, world.request.id)


def test_the_outbox_folder_is_the_same_request_until_it_is_closed(engine: Engine) -> None:
    with write(engine) as session:
        project = a_working_project(session)

        def named(actor: Actor) -> Request:
            return drafting.draft_named(
                session, actor, NOW, project.project.id, "survival-table", policies=policies()
            )

        first = named(project.lead)
        assert named(project.lead).id == first.id
        with pytest.raises(Conflict, match="open in this project already"):
            named(project.member)
        drafting.withdraw(session, project.lead, NOW, first.id)
        second = named(project.member)
        assert second.id != first.id
        assert second.author_id == project.member.person


def test_the_outbox_folder_opens_the_next_round_of_a_returned_request(
    engine: Engine,
) -> None:
    with write(engine) as session:
        world = a_request(session, S.RETURNED)
        again = drafting.draft_named(
            session,
            world.author,
            NOW,
            world.request.project_id,
            world.request.name,
            policies=policies(),
        )
        assert (again.id, again.state, again.round) == (world.request.id, S.DRAFT, 2)


def test_while_it_is_reviewed_the_outbox_folder_is_closed(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW)
        with pytest.raises(Conflict, match="its files cannot change now"):
            drafting.draft_named(
                session,
                world.author,
                NOW,
                world.request.project_id,
                world.request.name,
                policies=policies(),
            )


def test_prechecks_have_a_budget_by_draft_and_by_day(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        budget = policies().outputs.precheck

        def ask(at: timedelta = timedelta()) -> Check:
            check = checking.want_check(
                session, world.author, NOW + at, world.request.id, policies=policies()
            )
            run_checks(session)
            return check

        asked = {ask().id for _ in range(budget.per_draft)}
        assert len(asked) == budget.per_draft
        with pytest.raises(NotAllowed) as refused:
            ask()
        assert refused.value.code == "budget_of_draft"
        with pytest.raises(NotAllowed):
            ask(timedelta(hours=25))
        detail = queries.detail(session, world.author, NOW, world.request.id, policies=policies())
        assert not detail.actions["check"]
        assert [(f.tries, f.versions) for f in detail.files] == [(budget.per_draft, 1)]


def test_the_budget_of_a_day_is_of_a_person_in_a_project(engine: Engine) -> None:
    with write(engine) as session:
        project = a_working_project(session)
        budget = policies().outputs.precheck
        drafts = budget.per_person_and_day // budget.per_draft + 1

        worlds = [
            a_request(session, S.DRAFT, project=project, name=f"t{number}")
            for number in range(drafts)
        ]

        def ask(number: int) -> None:
            draft = worlds[number // budget.per_draft].request
            checking.want_check(session, project.lead, NOW, draft.id, policies=policies())
            run_checks(session)

        for number in range(budget.per_person_and_day):
            ask(number)
        with pytest.raises(NotAllowed) as refused:
            ask(budget.per_person_and_day)
        assert refused.value.code == "budget_of_day"
        total = session.exec(select(Check).where(Check.kind == CheckKind.PRECHECK)).all()
        assert len(total) == budget.per_person_and_day


def test_asking_twice_while_one_waits_uses_nothing_up(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)

        def ask() -> str:
            return checking.want_check(
                session, world.author, NOW, world.request.id, policies=policies()
            ).id

        first = ask()
        assert ask() == first
        add(session, world, "more.csv", "x")
        assert ask() != first


def test_a_precheck_moves_nothing_and_counts_for_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        checking.want_check(session, world.author, NOW, world.request.id, policies=policies())
        run_checks(session, {"table.csv": Verdict.BLOCK})
        assert (world.request.state, world.files["table.csv"].verdict) == (S.DRAFT, Verdict.BLOCK)
        submit(session, world)
        assert world.files["table.csv"].verdict is None
        run_checks(session)
        assert world.request.state == S.IN_REVIEW


def test_adding_and_voting_cost_the_same_in_small_and_large_requests(
    engine: Engine,
) -> None:
    """Counts fit exactly: the statements of one step, with 1 and with 100 files there."""
    counts = {}
    for number in (1, 100):
        with write(engine) as session:
            paths = tuple(f"t{i:03}.csv" for i in range(number))
            world = a_request(session, S.DRAFT, paths=paths, name=f"size-{number}")
            session.flush()
            adding = _statements(engine, lambda w=world: add(session, w, "last.csv", "x"))  # type: ignore[misc]
            submit(session, world)
            run_checks(session)
            voting = _statements(
                engine,
                lambda w=world: both(session, w, "approve", "last.csv"),  # type: ignore[misc]
            )
            counts[number] = (adding, voting)
    assert counts[1] == counts[100]
    assert counts[1][0] < 60


def _statements(engine: Engine, step: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "audit_nodes" not in statement:  # the tree's own cost is its own test's matter
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        step()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_every_step_of_an_author_is_in_the_log(engine: Engine) -> None:
    with write(engine) as session:
        start = log.size(session)
        world = a_request(session, S.DRAFT)
        checking.want_check(session, world.author, NOW, world.request.id, policies=policies())
        files.remove_file(
            session, world.author, NOW, world.files["table.csv"].id, policies=policies()
        )
        drafting.withdraw(session, world.author, NOW, world.request.id)
        actions = [log.columns_of(e.record)["action"] for e in log.entries(session, start)]
        mine = [action for action in actions if action and action.startswith("airlock")]
        assert mine == [
            "airlock.draft",
            "airlock.file_added",
            "airlock.file_described",
            "airlock.precheck_wanted",
            "airlock.file_removed",
            "airlock_request.withdraw",
        ]


def test_an_error_leaves_nothing_behind(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.DRAFT)
        size = log.size(session)

    def withdraw_and_submit() -> None:
        with write(engine) as session:
            drafting.withdraw(session, world.author, NOW, world.request.id)
            drafting.submit(session, world.author, NOW, world.request.id, policies=policies())

    with pytest.raises(TreError):
        withdraw_and_submit()
    with write(engine) as session:
        assert session.get_one(Request, world.request.id).state == S.DRAFT
        assert log.size(session) == size

"""Releases: only reviewed bytes, once, handed to their author while they may be."""

import io

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from orchestrator.airlock import queries, records, releasing
from orchestrator.airlock.models import Release, Request
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.db import read, write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, Tampered
from orchestrator.governance.service import halt
from orchestrator.objectstore.memory import MemoryStore
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Actor, digest_of, parse_digest
from tests.airlock_world import a_request, both, recorded, release, run_checks
from tests.factories import DAY, NOW, policies

S = RequestState


def test_the_whole_chain_is_one_digest(engine: Engine) -> None:
    """What was frozen is what was checked, voted on, released and downloaded."""
    store = MemoryStore()
    content = b"content of table.csv"
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        file = world.files["table.csv"]
        frozen = store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1000)
        assert frozen.digest == file.digest
        run_checks(session)
        for file_id, digest in releasing.plan_release(session, NOW, world.request.id):
            assert file_id == file.id
            store.copy(Zone.QUARANTINE, digest, Zone.RELEASE)
        recorded(session, world, {file.id: frozen.digest})
        found = releasing.downloadable(session, world.author, NOW, file.id, policies=policies())
        with store.open(Zone.RELEASE, parse_digest(found.digest)) as stream:
            in_hand = stream.read()
        assert in_hand == content
        releasing.record_download(
            session,
            world.author,
            NOW,
            file.id,
            digest_of(in_hand),
            len(in_hand),
            policies=policies(),
        )
        detail = queries.detail(session, world.author, NOW, world.request.id, policies=policies())
        assert [f.downloads for f in detail.files] == [1]


@pytest.mark.parametrize("state", [s for s in S if s is not S.APPROVED])
def test_nothing_is_planned_from_another_state(engine: Engine, state: RequestState) -> None:
    with write(engine) as session:
        world = a_request(session, state)
        with pytest.raises(Conflict):
            releasing.plan_release(session, NOW, world.request.id)


def test_nothing_is_planned_before_the_last_check(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        assert queries.releases_due(session) == []
        with pytest.raises(Conflict, match="has not run yet"):
            releasing.plan_release(session, NOW, world.request.id)
        run_checks(session)
        assert queries.releases_due(session) == [world.request.id]


@pytest.mark.parametrize("case", ["other", "none", "more", "unapproved"])
def test_other_bytes_than_the_reviewed_ones_are_an_alarm(engine: Engine, case: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("a.csv", "b.csv"))
        both(session, world, "approve", "a.csv")
        both(session, world, "reject", "b.csv")
        run_checks(session)
        a, b = world.files["a.csv"], world.files["b.csv"]
        cases: dict[str, dict[str, str]] = {
            "other": {a.id: digest_of(b"other")},
            "none": {},
            "more": {a.id: a.digest, b.id: b.digest},
            "unapproved": {b.id: b.digest},
        }
        with pytest.raises(Tampered):
            recorded(session, world, cases[case])
        assert world.request.state == S.APPROVED
        assert releasing.releases(session, world.request.id) == []


def test_recording_a_release_twice_is_once(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        run_checks(session)
        plan = dict(releasing.plan_release(session, NOW, world.request.id))
        for _ in range(2):
            recorded(session, world, plan)
        size = log.size(session)
        assert len(session.exec(select(Release)).all()) == 1
        with pytest.raises(Tampered):
            recorded(session, world, dict.fromkeys(plan, digest_of(b"")))
        assert log.size(session) == size


@pytest.mark.parametrize("which", [0, 1])
def test_a_release_without_its_papers_is_an_alarm(engine: Engine, which: int) -> None:
    """Record and manifest lie in `release` before the row says so; other bytes than they are not
    what belongs to this release."""
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        run_checks(session)
        plan = dict(releasing.plan_release(session, NOW, world.request.id))
        papers = list(records.papers(session, world.request).digests)
        papers[which] = digest_of(b"another release")
        with pytest.raises(Tampered):
            releasing.record_release(
                session, NOW, world.request.id, plan, papers=papers, policies=policies()
            )
        with pytest.raises(Tampered):
            releasing.record_release(
                session, NOW, world.request.id, plan, papers=papers[:1], policies=policies()
            )
        assert world.request.state == S.APPROVED


def test_who_may_not_collect_is_refused(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.RELEASED)
        file = world.files["table.csv"]
        for other in (world.project.member, world.checkers[0], world.project.administrator):
            with pytest.raises(NotAllowed):
                releasing.downloadable(session, other, NOW, file.id, policies=policies())
        with pytest.raises(NotFound):
            releasing.downloadable(session, world.author, NOW, "f-unknown", policies=policies())


def test_a_file_that_was_not_approved_is_not_handed_out(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.IN_REVIEW, paths=("a.csv", "b.csv"))
        both(session, world, "approve", "a.csv")
        both(session, world, "reject", "b.csv")
        release(session, world)
        with pytest.raises(Conflict, match="not among those"):
            releasing.downloadable(
                session, world.author, NOW, world.files["b.csv"].id, policies=policies()
            )


def test_bytes_in_hand_that_differ_are_not_handed_out(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.RELEASED)
        file = world.files["table.csv"]
        for digest, size in ((digest_of(b"x"), file.size), (file.digest, file.size + 1)):
            with pytest.raises(Tampered):
                releasing.record_download(
                    session, world.author, NOW, file.id, digest, size, policies=policies()
                )


@pytest.mark.parametrize("end", ["halt", "recall", "expire", "late", "hold", "closed"])
def test_after_an_end_no_download_succeeds(engine: Engine, end: str) -> None:
    with write(engine) as session:
        world = a_request(session, S.RELEASED)
        admin, request = world.project.administrator, world.request
        now = NOW
        assert request.expires_at is not None
        match end:
            case "halt":
                halt(
                    session,
                    admin,
                    NOW,
                    scope="project",
                    target=request.project_id,
                    reason="A test.",
                )
            case "recall":
                releasing.recall(session, admin, NOW, request.id, "A mistake.")
            case "expire":
                assert releasing.expire_due(session, request.expires_at) == [request]
            case "late":
                now = request.expires_at
            case "hold":
                releasing.hold(session, admin, NOW, request.id, "A moratorium.")
            case _:
                now = NOW + 500 * DAY
        with pytest.raises(NotAllowed):
            releasing.downloadable(
                session, world.author, now, world.files["table.csv"].id, policies=policies()
            )
        detail = queries.detail(session, world.author, now, request.id, policies=policies())
        assert not detail.files[0].download


def test_a_release_expires_exactly_when_its_period_is_over(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.RELEASED)
        days = policies().outputs.request.download_days
        assert world.request.expires_at == NOW + days * DAY
        assert releasing.expire_due(session, NOW + days * DAY - DAY) == []
        assert world.request.state == S.RELEASED


@pytest.mark.parametrize("state", [S.APPROVED, S.RELEASED])
def test_administrators_and_owners_of_the_data_recall(engine: Engine, state: RequestState) -> None:
    with write(engine) as session:
        owner = None
        for number, who in enumerate(("administrator", "owner")):
            world = a_request(session, state, name=f"table-{number}")
            owner = next(iter(world.project.owners.values()))
            actor = world.project.administrator if who == "administrator" else owner
            with pytest.raises(Invalid, match="reason of the recall"):
                releasing.recall(session, actor, NOW, world.request.id, " ")
            releasing.recall(session, actor, NOW, world.request.id, "A mistake.")
            assert world.request.state == S.RECALLED


def test_others_do_not_recall_or_hold(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.RELEASED)
        others: list[Actor] = [world.author, world.project.member, *world.checkers]
        for actor in others:
            with pytest.raises(NotAllowed):
                releasing.recall(session, actor, NOW, world.request.id, "A mistake.")
            with pytest.raises(NotAllowed):
                releasing.hold(session, actor, NOW, world.request.id, "A mistake.")


def test_a_held_request_waits_and_goes_on_when_the_hold_is_lifted(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        admin = world.project.administrator
        run_checks(session)
        releasing.hold(session, admin, NOW, world.request.id, "A moratorium.")
        assert queries.releases_due(session) == []
        with pytest.raises(Conflict, match="A moratorium"):
            releasing.plan_release(session, NOW, world.request.id)
        releasing.lift(session, admin, NOW, world.request.id)
        with pytest.raises(Conflict, match="not held"):
            releasing.lift(session, admin, NOW, world.request.id)
        assert queries.releases_due(session) == [world.request.id]


def test_planning_writes_nothing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_request(session, S.APPROVED)
        run_checks(session)
    with read(engine) as session:
        assert releasing.plan_release(session, NOW, world.request.id)
        assert session.get_one(Request, world.request.id).state == S.APPROVED

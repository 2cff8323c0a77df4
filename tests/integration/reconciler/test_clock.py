"""Time: what ends by the clock ends, a clock that goes back opens nothing and breaks nothing."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from orchestrator import db
from orchestrator.airlock import queries as airlock_queries
from orchestrator.airlock.states import RequestState
from orchestrator.audit import checkpoint
from orchestrator.datasets import queries as datasets
from orchestrator.datasets.states import SnapshotState
from orchestrator.governance.access import Verb
from orchestrator.identity import service as identity
from orchestrator.identity.queries import person, session_actor
from orchestrator.projects import queries as projects
from orchestrator.projects.states import ProjectState
from orchestrator.reconciler import clock, workspaces
from orchestrator.workspaces.access import access
from orchestrator.workspaces.states import WorkspaceState
from tests.airlock_world import a_request
from tests.factories import DAY, a_project, policies
from tests.reconciler_world import MINUTE, House

S = RequestState


def verbs(house: House) -> frozenset[Verb]:
    """What the lead may do now."""
    with db.read(house.hands.db) as session:
        row = projects.get(session, house.project.project.id)
        lead = str(house.project.lead.person)
        return access(session, lead, row, house.clock.now, policies=policies()).verbs


def airlock_request(house: House, at: RequestState, name: str) -> str:
    """A request of the house's project, walked to a state."""
    with db.write(house.hands.db) as session:
        row = a_request(session, at, project=house.project, name=name, now=house.clock.now)
        return row.request.id


def state_of(house: House, request_id: str) -> str:
    """Where a request stands."""
    with db.read(house.hands.db) as session:
        lead = house.project.lead
        now = house.clock.now
        found = airlock_queries.detail(session, lead, now, request_id, policies=policies())
    return found.request.state


def test_releases_expire_and_reviews_lapse(at_work: House) -> None:
    """Nobody has to press a button, and nothing happens a moment too early."""
    released = airlock_request(at_work, S.RELEASED, "released")
    waiting = airlock_request(at_work, S.IN_REVIEW, "waiting")
    at_work.clock.step(29 * DAY)
    at_work.turn(clock.WORK)
    assert state_of(at_work, waiting) == S.IN_REVIEW
    at_work.clock.step(1 * DAY)
    at_work.turn(clock.WORK)
    assert (state_of(at_work, waiting), state_of(at_work, released)) == (S.RETURNED, S.RELEASED)
    at_work.clock.step(60 * DAY)
    at_work.turn(clock.WORK)
    assert state_of(at_work, released) == S.EXPIRED


def test_an_admission_nobody_decides_goes_back(at_work: House) -> None:
    """The steward gets it back, the files stay."""
    snapshot_id = at_work.upload("2026-2")
    at_work.settle(passes=1)
    at_work.clock.step(60 * DAY)
    at_work.turn(clock.WORK)
    with db.read(at_work.hands.db) as session:
        row = datasets.snapshot(session, snapshot_id)
        assert row.state == SnapshotState.RECEIVING
        assert datasets.files(session, snapshot_id)


def test_an_application_nobody_decides_goes_back(at_work: House) -> None:
    """A review that lasted too long returns; it never approves."""
    with db.write(at_work.hands.db) as session:
        other = a_project(session, ProjectState.SUBMITTED, slug="slow", now=at_work.clock.now)
    at_work.clock.step(60 * DAY)
    at_work.turn(clock.WORK)
    with db.read(at_work.hands.db) as session:
        assert projects.get(session, other.project.id).state == ProjectState.RETURNED


def test_what_a_killed_process_left_half_written_goes_after_a_day(at_work: House) -> None:
    """Younger files may be somebody's upload under way."""
    root = at_work.hands.store.root
    left = root / "quarantine" / ".incoming" / "0123"
    left.write_bytes(b"half")
    (root / "trees" / ".building-0123").mkdir()
    begun = datetime.fromtimestamp(left.stat().st_mtime, tz=at_work.clock.now.tzinfo)
    clock.turn(at_work.hands, "leftovers", begun + timedelta(hours=23))
    assert left.exists()
    clock.turn(at_work.hands, "leftovers", begun + timedelta(hours=25))
    assert not left.exists()
    assert not (root / "trees" / ".building-0123").exists()


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), 400 * DAY])
def test_a_clock_that_goes_back_opens_nothing_and_heals(at_work: House, back: timedelta) -> None:
    """A proof from the future is no proof; the next turn proves anew, under today's clock."""
    at_work.clock.step()
    at_work.settle(passes=2)
    assert Verb.WORK in verbs(at_work)
    at_work.clock.step(-MINUTE - back)
    assert verbs(at_work) == frozenset()
    at_work.settle(passes=2)
    assert at_work.workspace().state == WorkspaceState.OPEN
    in_dates = back < 2 * DAY
    assert (Verb.WORK in verbs(at_work)) == in_dates, "before its begin a permit opens nothing"


def test_a_wait_from_the_future_does_not_last_for_ever(at_work: House) -> None:
    """A row that should wait two seconds does not wait for the day the clock was put back by."""
    hole = at_work.hands.engine.prove(None)[0]
    at_work.engine.broken = [type(hole)(**{**hole.__dict__, "outcome": "open"})]
    at_work.clock.step(10 * MINUTE)
    at_work.settle(passes=2)
    assert at_work.workspace().state == WorkspaceState.UNPROVED
    at_work.engine.broken = []
    at_work.clock.step(-DAY / 2)
    at_work.settle((workspaces.WORK,), 3)
    assert at_work.workspace().state == WorkspaceState.OPEN


def test_the_log_is_signed_forward_while_the_clock_goes_back(at_work: House) -> None:
    """A checkpoint from the future does not stop signing, and the log stays whole."""
    before = checkpoint.history(at_work.hands.checkpoints, at_work.hands.signer.public)[-1]
    at_work.clock.step(-DAY / 2)
    at_work.want(at_work.project.lead)
    at_work.settle(passes=2)
    after = checkpoint.history(at_work.hands.checkpoints, at_work.hands.signer.public)[-1]
    assert after.size > before.size
    assert after.time < before.time
    signer = at_work.hands.signer.public
    assert checkpoint.verify(at_work.hands.db, at_work.hands.checkpoints, signer).size == after.size


def test_a_session_of_the_future_ends_as_it_would_have(at_work: House) -> None:
    """Signed in, then the clock goes back: no error, and no session for ever."""
    now = at_work.clock.now

    def sign_in(session: Session) -> str:
        someone = person(session, str(at_work.project.lead.person))
        return identity.open_session(session, someone, now, acr="aal1", auth_time=now).secret

    with db.write(at_work.hands.db) as session:
        secret = sign_in(session)
    with db.read(at_work.hands.db) as session:
        assert session_actor(session, secret, now) is not None
        early = session_actor(session, secret, now - DAY)
        assert early is None or early.until <= now + DAY

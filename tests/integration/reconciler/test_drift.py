"""An environment altered behind our back: mended in a lane of its own, and written down."""

import threading
from datetime import datetime

from orchestrator import db
from orchestrator.audit import log
from orchestrator.bootstrap.hands import Hands
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import EVERYBODY, Observed, Spec
from orchestrator.errors import Unavailable
from orchestrator.reconciler import drift, halts, lane, workspaces
from orchestrator.reconciler.lane import Lane, Work
from orchestrator.workspaces.states import WorkspaceState
from tests.reconciler_world import House, restarted

SOON = 10.0
WRONG = ("NetworkPolicy default-deny", "NetworkPolicy allow-hub", "PersistentVolumeClaim home-ada")


def test_what_was_mended_is_in_the_log_without_names(at_work: House) -> None:
    at_work.engine.meddled[at_work.slug] = WRONG
    assert drift.WORK.due(at_work.hands, at_work.clock.now) == [at_work.slug]
    at_work.turn(drift.WORK)
    with db.read(at_work.hands.db) as session:
        last = [one.record for one in log.entries(session)][-1]
    assert b'"workspace.mended"' in last
    assert b'"NetworkPolicy":2,"PersistentVolumeClaim":1' in last
    assert b"ada" not in last
    assert drift.WORK.due(at_work.hands, at_work.clock.now) == []


def test_what_cannot_be_mended_now_stays_due(at_work: House) -> None:
    at_work.engine.meddled[at_work.slug] = WRONG
    at_work.engine.fail_next("mend", Unavailable("away", code="away"))
    assert at_work.turn(drift.WORK) == ["away"]
    assert drift.WORK.due(at_work.hands, at_work.clock.now) == [at_work.slug]


def test_its_hint_wakes_its_lane_without_the_database(house: House) -> None:
    """The safety net is an hour away, and nothing is written."""
    told, done, looked = threading.Event(), threading.Event(), threading.Semaphore(0)

    def due(_hands: Hands, _now: datetime) -> list[str]:
        looked.release()
        return ["a"] if told.is_set() else []

    def turn(_hands: Hands, _row: str, _now: datetime) -> bool:
        done.set()
        return False

    def stirred(_hands: Hands, seconds: float) -> bool:
        assert seconds == lane.LOOK_SECONDS
        return told.wait(seconds)

    one = Lane(house.hands, "test", (Work("drift", due, turn, stirred=stirred),), 1)
    thread = threading.Thread(target=one.run, args=(lambda: not done.is_set(),))
    thread.start()
    assert looked.acquire(timeout=SOON)
    told.set()
    assert done.wait(lane.SAFETY_SECONDS / 2), "only the safety net found it"
    thread.join(SOON)


class Forgetful(MemoryEngine):
    """An engine that was started again: it knows nothing until it is asked, and lost its data."""

    def __init__(self, before: MemoryEngine) -> None:
        super().__init__()
        self.projects, self.halts = before.projects, before.halts
        self.known: set[str] = set()

    def asked(self, project: str) -> bool:
        """Only what it was asked since."""
        return project in self.known

    def ensure(self, spec: Spec) -> Observed:
        """Now it knows."""
        self.known.add(spec.project)
        return super().ensure(spec)


def test_an_engine_that_begins_is_asked_once_for_every_open_workspace(at_work: House) -> None:
    mounts = at_work.world.mounts
    fresh = Forgetful(at_work.engine)
    house = restarted(at_work, engine=fresh)
    row = house.workspace().id
    assert workspaces.WORK.due(house.hands, house.clock.now) == [row]
    house.turn(workspaces.WORK)
    assert fresh.known == {house.slug}
    assert workspaces.WORK.due(house.hands, house.clock.now) == []
    assert at_work.world.mounts == mounts


def test_data_that_went_while_nobody_looked_come_back(at_work: House) -> None:
    """Somebody deleted the engine's own record too, so it does not know of any data."""
    mounts = at_work.world.mounts
    fresh = Forgetful(at_work.engine)
    at_work.engine.projects.clear()
    house = restarted(at_work, engine=fresh)
    house.turn(workspaces.WORK)
    assert fresh.projects[house.slug].mounts == mounts
    assert house.workspace().state == WorkspaceState.OPEN


def test_a_halt_whose_mark_went_while_nobody_looked_holds_again(at_work: House) -> None:
    at_work.halt()
    at_work.turn(halts.WORK)
    assert at_work.workspace().state == WorkspaceState.HALTED
    at_work.engine.halts.clear()
    at_work.turn(workspaces.WORK)
    assert at_work.engine.halts[at_work.slug] == frozenset({EVERYBODY})

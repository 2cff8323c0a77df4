"""A lane: nothing twice at once, broken rows wait alone, nothing that fails ends the lane."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from orchestrator import db
from orchestrator.audit import log
from orchestrator.bootstrap.hands import Hands
from orchestrator.errors import Conflict, Tampered, Unavailable
from orchestrator.reconciler import lane, loop
from orchestrator.reconciler.lane import Lane, Work
from orchestrator.values import SYSTEM
from tests.databases import guards_off, sql
from tests.factories import NOW
from tests.reconciler_world import House, restarted

SOON = 10.0
"""Seconds within which what must happen has long happened; nothing waits for them to pass."""


def until(seen: threading.Event) -> None:
    """Wait for something, and fail when it does not come."""
    assert seen.wait(SOON)


class Script:
    """Work whose turns are counted, and can be held or fail."""

    def __init__(self, *rows: str) -> None:
        """These rows are always due."""
        self.rows: Sequence[str] = rows
        self.turns: dict[str, int] = {}
        self.fails: dict[str, Exception] = {}
        self.hold = threading.Event()
        self.hold.set()
        self.lock = threading.Lock()

    def due(self, _hands: Hands, _now: datetime) -> Sequence[str]:
        """All rows."""
        return self.rows

    def turn(self, _hands: Hands, row: str, _now: datetime) -> bool:
        """Count, wait where it is held, then fail where it must."""
        with self.lock:
            self.turns[row] = self.turns.get(row, 0) + 1
        assert self.hold.wait(SOON)
        if row in self.fails:
            raise self.fails[row]
        return False

    @property
    def work(self) -> Work:
        """As a lane takes it."""
        return Work("script", self.due, self.turn)


def run(one: Lane) -> None:
    """Let everything in hand end."""
    deadline = time.monotonic() + SOON
    while not one.idle():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_row_is_never_in_hand_twice(house: House) -> None:
    """However often the lane looks while a turn is under way."""
    script = Script("a", "b")
    script.hold.clear()
    one = Lane(house.hands, "test", (script.work,), 4)
    assert one.look() == 2
    assert one.look() == 0
    script.hold.set()
    run(one)
    assert script.turns == {"a": 1, "b": 1}
    assert one.look() == 2


@pytest.mark.parametrize("error", [Unavailable("away"), Conflict("raced"), ZeroDivisionError()])
def test_a_broken_row_waits_alone(house: House, error: Exception) -> None:
    """Others go on at once; the broken one is tried again after a moment."""
    script = Script("bad", "good")
    script.fails["bad"] = error
    one = Lane(house.hands, "test", (script.work,), 1)
    one.look()
    run(one)
    assert one.look() == 1, "only the good row"
    run(one)
    assert script.turns == {"bad": 1, "good": 2}
    house.clock.step(timedelta(days=-1))
    deadline = time.monotonic() + SOON
    while script.turns["bad"] == 1 and time.monotonic() < deadline:
        one.look()
        run(one)
    assert script.turns["bad"] == 2, "a clock that went back does not make it wait for a day"


def test_a_failure_is_told_without_the_values_of_variables(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """A turn has keys and rows of people in hand; the log of the process is no place for them."""

    def turn(_hands: Hands, _row: str, _now: datetime) -> bool:
        key = "-".join(["a", "secret", "in", "hand"])
        raise ZeroDivisionError(len(key))

    one = Lane(house.hands, "test", (Work("script", Script("a").due, turn),), 1)
    one.look()
    run(one)
    told = capsys.readouterr()
    assert "ZeroDivisionError" in told.out + told.err
    assert "a-secret-in-hand" not in told.out + told.err


def test_the_wait_grows_and_ends_at_a_minute(house: House) -> None:
    """A thousand failures are no reason to try at every look, nor to break the arithmetic."""
    one = Lane(house.hands, "test", (Script().work,), 1)
    for _ in range(2000):
        one._postpone(("script", "bad"))
    waits = one._waiting["script", "bad"].until - time.monotonic()
    assert waits <= lane.LONGEST_WAIT_SECONDS


def test_one_kind_that_cannot_look_stops_no_other(house: House) -> None:
    """Also when what it meets is no error of ours."""
    script = Script("a")

    def breaks(_hands: Hands, _now: datetime) -> Sequence[str]:
        raise ZeroDivisionError

    blind = Work("blind", breaks, script.turn)
    one = Lane(house.hands, "test", (blind, script.work), 1)
    assert one.look() == 1
    run(one)
    assert script.turns == {"a": 1}


def test_a_lane_outlives_whatever_happens_while_it_looks(house: House) -> None:
    """Its connection is cut and its clock fails once; then it works again."""
    script = Script("a")
    done = threading.Event()
    broken = iter([True])

    def clock() -> datetime:
        if next(broken, False):
            raise OSError("the clock is away")
        return house.clock.now

    def turn(hands: Hands, row: str, now: datetime) -> bool:
        done.set()
        return script.turn(hands, row, now)

    house = restarted(house, clock=clock)
    one = Lane(house.hands, "test", (Work("script", script.due, turn),), 1)
    thread = threading.Thread(target=one.run, args=(lambda: not done.is_set(),))
    thread.start()
    until(done)
    thread.join(SOON)
    assert not thread.is_alive()


def test_bytes_that_are_not_the_recorded_ones_are_in_the_log_once(house: House) -> None:
    """Tampered is an alarm; trying again does not repeat it."""
    script = Script("row-1")
    script.fails["row-1"] = Tampered("The bytes differ.", code="bytes_differ")
    one = Lane(house.hands, "test", (script.work,), 1)
    for _ in range(2):
        one.look()
        run(one)
        one._waiting["script", "row-1"].until = 0
    assert script.turns == {"row-1": 2}
    with db.read(house.hands.db) as session:
        alarms = [e.record for e in log.entries(session) if b'"bytes_differ"' in e.record]
    assert len(alarms) == 1
    assert b'"row-1"' in alarms[0]


def test_the_safety_net_finds_work_without_any_signal(house: House) -> None:
    """A change that no signal told of is found all the same, within two seconds or so."""
    script = Script()
    done = threading.Event()

    def turn(hands: Hands, row: str, now: datetime) -> bool:
        done.set()
        return script.turn(hands, row, now)

    one = Lane(house.hands, "test", (Work("script", script.due, turn),), 1)
    thread = threading.Thread(target=one.run, args=(lambda: not done.is_set(),))
    thread.start()
    script.rows = ("late",)
    until(done)
    thread.join(SOON)


def test_a_change_wakes_a_lane_within_its_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database's own signal alone, on each database: the safety net is an hour away."""
    assert lane.LOOK_SECONDS <= 0.1
    monkeypatch.setattr(lane, "SAFETY_SECONDS", 3600.0)
    looked = threading.Semaphore(0)
    done = threading.Event()

    def due(hands: Hands, _now: datetime) -> Sequence[str]:
        with db.read(hands.db) as session:
            found = log.size(session) > before
        looked.release()
        return ("told",) if found else ()

    def turn(_hands: Hands, _row: str, _now: datetime) -> bool:
        done.set()
        return False

    with db.read(house.hands.db) as session:
        before = log.size(session)
    one = Lane(house.hands, "test", (Work("script", due, turn),), 1)
    thread = threading.Thread(target=one.run, args=(lambda: not done.is_set(),))
    thread.start()
    assert looked.acquire(timeout=SOON)
    with db.write(house.hands.db) as session:
        log.append(session, action="a.b", actor=SYSTEM, now=NOW, object_type="x", object_id="y")
    until(done)
    thread.join(SOON)


# A reader of the log that loses its connection cannot close its cursor: the driver remarks on it.
@pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning")
def test_a_reconciler_whose_lock_was_forgotten_ends(house: House) -> None:
    """A database that started again has forgotten the lock, and another may have it by now."""
    if house.hands.db.dialect.name == "sqlite":  # a lock on a file ends with its process only
        with loop.alone(house.hands) as lock:
            house.hands.db.dispose()
            assert lock.still()
        return
    url = house.hands.db.url.render_as_string(hide_password=False)

    first = threading.Lock()

    def forget() -> bool:
        if first.acquire(blocking=False):
            others = "pid <> pg_backend_pid() and datname = current_database()"
            sql(url, f"select pg_terminate_backend(pid) from pg_stat_activity where {others}")
        return True

    with pytest.raises(Unavailable, match="another may act"):
        loop.run(house.hands, forget)


def test_a_second_reconciler_on_the_same_database_is_refused(house: House) -> None:
    """One acts; the other says so and touches nothing; when the first ends, another may begin."""
    with loop.alone(house.hands):
        with pytest.raises(Conflict) as refused:
            loop.run(house.hands, lambda: False)
        assert refused.value.code == "second_instance"
        assert house.engine.projects == {}
    loop.run(house.hands, lambda: False)


def test_the_loop_brings_a_permit_to_an_open_workspace(house: House) -> None:
    """All lanes as they run in production, until the data are attached; then it ends cleanly."""
    deadline = time.monotonic() + SOON

    def keep_going() -> bool:
        world = house.engine.projects.get(house.slug)
        return not (world and world.mounts) and time.monotonic() < deadline

    loop.run(house.hands, keep_going)
    assert house.world.mounts
    assert list(house.hands.checkpoints.iterdir()), "it signs when it ends"


def test_the_loop_refuses_a_log_that_is_not_what_was_signed(house: House) -> None:
    """An older database than its checkpoint: nothing starts."""
    loop.run(house.hands, lambda: False)
    with house.hands.db.begin() as connection:
        guards_off(connection)
        connection.execute(
            text("delete from audit_entries where seq = (select max(seq) from audit_entries)")
        )
    with pytest.raises(Tampered):
        loop.run(house.hands, lambda: True)
    assert house.engine.projects == {}

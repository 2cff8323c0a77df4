"""Transactions: the writer's lock comes first, or updates are lost and votes stranded."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlmodel import Session

from orchestrator import db
from orchestrator.audit.models import AuditRefusal
from orchestrator.errors import Invalid, Unavailable

PROGRAM = Path(__file__).with_name("lost_updates.py")
TIMES = 300


def make_counter(engine: Engine) -> None:
    """One row that everybody counts up."""
    with engine.begin() as connection:
        connection.execute(text("create table counter (value integer)"))
        connection.execute(text("insert into counter values (0)"))


def counted(engine: Engine) -> int:
    """What the row says."""
    with db.read(engine) as session:
        return int(session.execute(text("select value from counter")).scalar_one())


def two_processes(engine: Engine, mode: str) -> int:
    """Let two processes count at once; returns how many updates they were told had happened."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(PROGRAM), url, mode, str(TIMES)]
    root = PROGRAM.parents[2]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env={"PYTHONPATH": "."})
               for _ in range(2)]  # fmt: skip
    return sum(int(process.communicate()[0]) for process in running)


def test_two_processes_lose_no_update(engine: Engine) -> None:
    """Every acknowledged update is there, and every one was acknowledged."""
    make_counter(engine)
    assert two_processes(engine, "ours") == 2 * TIMES
    assert counted(engine) == 2 * TIMES


def test_the_trap_is_real(sqlite_engine: Engine) -> None:
    """The same without our lock: updates are refused or, worse, acknowledged and lost."""
    # on SQLite only: there the driver's hidden transactions lose updates
    make_counter(sqlite_engine)
    acknowledged = two_processes(sqlite_engine, "hidden")
    assert counted(sqlite_engine) < 2 * TIMES
    assert counted(sqlite_engine) <= acknowledged


@contextmanager
def without_lock(engine: Engine) -> Iterator[Session]:
    """A transaction that begins to lock when it first writes."""
    with Session(engine) as session:
        yield session
        session.commit()


Transaction = Callable[[Engine], AbstractContextManager[Session]]


def vote_twice(engine: Engine, begin: Transaction, together: Callable[[], None]) -> list[str]:
    """Two people approve each of ten requests at the same time; returns the states after it."""
    with engine.begin() as connection:
        connection.execute(text("create table ballots (request int, who text)"))
        connection.execute(text("create table requests (id int, state text)"))
        for number in range(10):
            connection.execute(text(f"insert into requests values ({number}, 'in_review')"))

    def cast(number: int, who: str) -> None:
        with begin(engine) as session:
            session.execute(text("insert into ballots values (:n, :w)"), {"n": number, "w": who})
            together()
            votes = text("select count(*) from ballots where request = :n")
            if session.execute(votes, {"n": number}).scalar_one() >= 2:
                session.execute(
                    text("update requests set state = 'approved' where id = :n"), {"n": number}
                )
            together()

    for number in range(10):
        voters = [threading.Thread(target=cast, args=(number, who)) for who in ("ann", "ben")]
        for voter in voters:
            voter.start()
        for voter in voters:
            voter.join()
    with engine.connect() as connection:
        return list(connection.execute(text("select state from requests")).scalars())


def test_overlapping_votes_are_not_stranded(engine: Engine) -> None:
    """The second of two votes sees the first, whichever comes first."""
    assert vote_twice(engine, db.write, lambda: None) == ["approved"] * 10


def test_votes_are_stranded_without_the_lock(engine: Engine) -> None:
    """On PostgreSQL neither of two overlapping votes sees the other; SQLite refuses the second."""
    if engine.dialect.name == "sqlite":
        make_counter(engine)
        with without_lock(engine) as one, without_lock(engine) as two:
            for session in (one, two):  # both look before either writes
                session.connection().exec_driver_sql("BEGIN")
                session.execute(text("select value from counter")).scalar_one()
            one.execute(text("update counter set value = 1"))
            one.commit()
            with pytest.raises(OperationalError, match="locked"):
                two.execute(text("update counter set value = 2"))
        return
    barrier = threading.Barrier(2)
    stranded = vote_twice(engine, without_lock, lambda: _wait(barrier))
    assert stranded == ["in_review"] * 10


def _wait(barrier: threading.Barrier) -> None:
    barrier.wait(30)


def test_write_commits_on_return_and_rolls_back_on_raise(engine: Engine) -> None:
    """There is no third way out."""
    make_counter(engine)
    with db.write(engine) as session:
        session.execute(text("update counter set value = 1"))
    with pytest.raises(Invalid):
        _fail_after_writing(engine)
    assert counted(engine) == 1


def _fail_after_writing(engine: Engine) -> None:
    with db.write(engine) as session:
        session.execute(text("update counter set value = 2"))
        raise Invalid("The input is wrong.")


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    """What is committed meanwhile does not show up in the middle of a page."""
    make_counter(engine)
    with db.read(engine) as session:
        session.execute(text("select value from counter")).scalar_one()
        with db.write(engine) as writer:
            writer.execute(text("update counter set value = 7"))
        seen = session.execute(text("select value from counter")).scalar_one()
    assert seen == 0
    assert counted(engine) == 7


def test_a_reading_session_must_not_write(engine: Engine, now: datetime) -> None:
    """It holds no lock, so a row made or changed in it is a mistake."""

    def make_in_reading() -> None:
        with db.read(engine) as session:
            session.add(AuditRefusal(actor="a", rule="r", minute=now, seq=0))

    with pytest.raises(AssertionError, match="create rows"):
        make_in_reading()


def test_a_busy_database_is_unavailable(sqlite_engine: Engine) -> None:
    """Who cannot get the lock is told so, and nothing was changed."""
    # on SQLite only: on PostgreSQL a writer waits for the advisory lock without an end
    event.listen(sqlite_engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"))

    def second_writer() -> None:
        with db.write(sqlite_engine):
            pass

    with db.write(sqlite_engine), pytest.raises(Unavailable, match="nothing was changed"):
        second_writer()


def test_a_database_that_is_away_is_unavailable_to_readers_too() -> None:
    """Whoever looks is told to come back, as whoever writes is: no fault of ours."""
    nowhere = db.connect("postgresql+psycopg://tre@/tre?host=/nonexistent")
    with pytest.raises(Unavailable, match="Try again"), db.read(nowhere) as session:
        session.connection()
    nowhere.dispose()


def test_a_full_disk_is_unavailable_and_changes_nothing(sqlite_engine: Engine) -> None:
    """SQLite says so in the middle of a transaction; the caller gets a sentence."""
    # on SQLite only: its pragma fills a disk; PostgreSQL's driver raises the same class
    make_counter(sqlite_engine)

    def write_much() -> None:
        with db.write(sqlite_engine) as session:
            session.execute(text("update counter set value = 5"))
            session.connection().exec_driver_sql("PRAGMA max_page_count=1")
            session.execute(text("create table much (data blob)"))
            session.execute(text("insert into much values (zeroblob(10000000))"))

    with pytest.raises(Unavailable, match="nothing was changed"):
        write_much()
    assert counted(sqlite_engine) == 0


def test_times_are_aware_and_utc(engine: Engine, now: datetime) -> None:
    """What goes in with any zone comes out in UTC; a naive time does not go in."""
    there = now.astimezone(timezone(timedelta(hours=2)))
    with db.write(engine) as session:
        session.add(AuditRefusal(actor="a", rule="r", minute=there, seq=0))
    with db.read(engine) as session:
        row = session.get(AuditRefusal, ("a", "r", there))
        assert row is not None
        assert row.minute == now
        assert row.minute.utcoffset() == timedelta(0)

    def store_naive() -> None:
        with db.write(engine) as session:
            naive = datetime.now(UTC).replace(tzinfo=None)
            session.add(AuditRefusal(actor="b", rule="r", minute=naive, seq=0))
            session.flush()

    with pytest.raises(StatementError, match="naive"):
        store_naive()


def told(wake: db.Wake, seconds: float = 10) -> bool:
    """Whether it says so soon: a commit returns before the server has told the listeners of it."""
    end = time.monotonic() + seconds
    while not (said := wake.changed()) and time.monotonic() < end:
        time.sleep(0.005)
    return said


def test_wake_tells_of_others_and_not_of_looking(engine: Engine) -> None:
    """True once after each change; asking and reading change nothing."""
    make_counter(engine)
    with closing(db.Wake(engine)) as wake:
        assert not wake.changed()
        counted(engine)
        assert not wake.changed()
        with db.write(engine) as session:
            session.execute(text("update counter set value = 1"))
        assert told(wake)
        assert not wake.changed()


def test_wake_tells_no_sooner_than_others_can_see_it(engine: Engine) -> None:
    """The log of the database grows before a commit shows: who looked then would look in vain."""
    make_counter(engine)
    with closing(db.Wake(engine)) as wake:
        with db.write(engine) as session:
            session.execute(text("update counter set value = 1"))
            assert not wake.changed()
        assert told(wake)
        with db.write(engine):
            pass
        assert not wake.changed(), "a transaction that wrote nothing is no news"


def test_a_lock_of_the_deployment(engine: Engine) -> None:
    """Alone, or shared by many; free again with its holder."""
    with db.held(engine, "one") as mine:
        assert mine is not None
        assert mine.still()
        with db.held(engine, "one") as other, db.held(engine, "one", shared=True) as shared:
            assert (other, shared) == (None, None)
        with db.held(engine, "two") as different:
            assert different is not None
    with db.held(engine, "one", shared=True) as one, db.held(engine, "one", shared=True) as two:
        assert None not in (one, two)
        with db.held(engine, "one") as alone:
            assert alone is None
    with db.held(engine, "one") as again:
        assert again is not None


def test_the_settings_of_sqlite(sqlite_engine: Engine) -> None:
    """Commits survive a power cut, readers do not block, references hold."""
    with sqlite_engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]

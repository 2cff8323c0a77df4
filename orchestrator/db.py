"""The database: engine, transactions, the writer's lock, and nothing about what is stored.

Every transaction of ours takes the writer's lock with its first statement (`write`) or promises
not to write (`read`). Without the lock concurrent processes silently lost updates on SQLite and
stranded votes on PostgreSQL. Nothing waits on a network, hashes or touches files inside `write`.
"""

import fcntl
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, InvalidRequestError, OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from orchestrator.errors import Invalid, Unavailable

WRITER_LOCK = 0x747265  # the letters "tre": one lock for the whole deployment
CHANNEL = "tre"
STILL_SECONDS = 1.0

SERVING = "serving"  # shared by control planes
RECONCILER = "reconciler"
CLEANING = "cleaning"  # whoever takes stored bytes away, or wants that nobody does
"""The locks of a deployment that `held` is used for."""


class UtcTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite would otherwise hand back naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they are wrong by an hour twice a year."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def connect(url: str) -> Engine:
    """Open the database.

    Shape: `sqlite:///path` (one machine) or `postgresql+psycopg://…`.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connection)
    return engine


@contextmanager
def write(engine: Engine) -> Iterator[Session]:
    """One writing transaction: lock first, commit on return, roll back on raise.

    Errors: Unavailable when the lock or the disk is not to be had; Invalid for a value that no
    database column takes. Nothing was written then.
    """
    with Session(engine, expire_on_commit=False) as session, _values_refused():
        try:
            _take_lock(session.connection())
            session.info["writing"] = True
            yield session
            _tell(session)
            session.commit()
        except OperationalError as error:
            session.rollback()
            raise _away() from error
        except BaseException:
            session.rollback()
            raise


@contextmanager
def read(engine: Engine) -> Iterator[Session]:
    """One reading session: all of it is of one moment. A flush inside it is a mistake of ours.

    Errors: Unavailable when the database is away; Invalid for a value that no column takes.
    """
    with Session(engine, expire_on_commit=False, autoflush=False) as session, _values_refused():
        try:
            _one_moment(session, engine)
            yield session
            assert not session.new, "a reading session must not create rows"
            assert not session.dirty, "a reading session must not change rows"
        except OperationalError as error:
            raise _away() from error
        finally:
            session.expunge_all()  # the roll-back would make what was read unreadable
            session.rollback()


def _one_moment(session: Session, engine: Engine) -> None:
    """Have every statement see the same commits, or a page tells of a check and not of its file."""
    if engine.dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN")
    else:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def _values_refused() -> Iterator[None]:
    """PostgreSQL refuses a NUL in a text, SQLite an integer beyond 64 bits, both half a letter."""
    try:
        yield
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        raise Invalid(
            "Something in this cannot be stored: a character that is no text, or a number that is "
            "too large. Nothing was changed; correct it and send it again.",
            code="bad_value",
        ) from error


class Wake:
    """Tells cheaply whether another connection has committed. A hint, never a fact to rely on."""

    def __init__(self, engine: Engine) -> None:
        """Hold one connection of its own: SQLite counts changes as one connection sees them."""
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()  # given back to the pool it would go on to listen
        if self._connection.dialect.name != "sqlite":
            self._connection.exec_driver_sql(f"listen {CHANNEL}")
        self._seen = 0
        self.changed()

    def changed(self) -> bool:
        """True once after each change by somebody else; asks no server on PostgreSQL.

        Errors: whatever the driver raises when the connection is lost; look again then.
        """
        if self._connection.dialect.name != "sqlite":
            heard: Any = self._connection.connection.dbapi_connection
            return bool(list(heard.notifies(timeout=0)))
        counter = int(self._connection.exec_driver_sql("PRAGMA data_version").scalar_one())
        changed, self._seen = counter != self._seen, counter
        return changed

    def close(self) -> None:
        """End the connection."""
        with suppress(DBAPIError):  # it may be lost already
            self._connection.close()


class Held:
    """A lock that is held; whoever relies on it for long asks now and then whether it still is."""

    def __init__(self, connection: Connection | None = None) -> None:
        """A lock on a file has no connection that could be lost."""
        self._connection = connection
        self._asking = threading.Lock()
        self._good_until = 0.0

    def still(self) -> bool:
        """Whether it is held: a database that was started again has forgotten it.

        Shape: asks the database at most once a second; any thread may ask.
        """
        if self._connection is None:
            return True
        with self._asking:
            if time.monotonic() < self._good_until:
                return True
            try:
                self._connection.execute(text("select 1"))
            except (DBAPIError, InvalidRequestError):
                return False
            self._good_until = time.monotonic() + STILL_SECONDS
            return True


@contextmanager
def held(engine: Engine, name: str, *, shared: bool = False) -> Iterator[Held | None]:
    """Hold a lock of the deployment for as long as the block lasts; None when somebody else does.

    Shape: a lock has a name; many may share it, or one has it alone. It ends with its process.
    On SQLite it is a lock on a file beside the database, whose processes are all on one host.
    Errors: Unavailable when the database is away.
    """
    with (_held_file if engine.dialect.name == "sqlite" else _held_key)(
        engine, name, shared
    ) as got:
        yield got


@contextmanager
def _held_file(engine: Engine, name: str, shared: bool) -> Iterator[Held | None]:
    path = Path(f"{engine.url.database}.{name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield Held()


@contextmanager
def _held_key(engine: Engine, name: str, shared: bool) -> Iterator[Held | None]:
    """A session's advisory lock, on a connection that does nothing else and never goes back."""
    key = WRITER_LOCK << 32 | int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    verb = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        got = bool(connection.execute(text(f"select {verb}(:key)"), {"key": key}).scalar_one())
    except OperationalError as error:
        raise _away() from error
    try:
        yield Held(connection) if got else None
    finally:
        with suppress(DBAPIError, InvalidRequestError):  # lost already, and the lock with it
            # A server ends the locks of a closed connection a moment later: whoever comes next
            # would still find them.
            connection.execute(text("select pg_advisory_unlock_all()"))
        with suppress(DBAPIError):
            connection.close()


def _away() -> Unavailable:
    return Unavailable(
        "The database cannot take this now; nothing was changed. Try again in a moment, "
        "and if it stays so, tell the administrator.",
        code="database_unavailable",
    )


def _tell(session: Session) -> None:
    """Wake who listens, at commit, when this transaction wrote: one that only looked must not.

    NOTIFY makes commits wait for one another, which costs nothing here: writers hold one lock.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.flush()
        wrote = text(
            "select pg_notify(:channel, '') where pg_current_xact_id_if_assigned() is not null"
        )
        session.execute(wrote, {"channel": CHANNEL})


def _sqlite_connection(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver must not open transactions of its own
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _take_lock(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DBAPIError as error:
            raise Unavailable(
                "The database is busy with another writer; nothing was changed. Try again.",
                code="database_busy",
            ) from error
    else:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})

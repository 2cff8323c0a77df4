"""The database: engine, transactions, the writer's lock, and nothing about what is stored.

Every transaction of ours takes the writer's lock with its first statement (`write`) or promises
not to write (`read`). Without the lock concurrent processes silently lost updates on SQLite and
stranded votes on PostgreSQL. Nothing waits on a network, hashes or touches files inside `write`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from orchestrator.errors import Invalid, Unavailable

WRITER_LOCK = 0x747265  # the letters "tre": one lock for the whole deployment


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
            session.commit()
        except OperationalError as error:
            session.rollback()
            raise Unavailable(
                "The database cannot take this now; nothing was changed. Try again in a moment, "
                "and if it stays so, tell the administrator.",
                code="database_unavailable",
            ) from error
        except BaseException:
            session.rollback()
            raise


@contextmanager
def read(engine: Engine) -> Iterator[Session]:
    """One reading session; a flush inside it is a programmer's mistake.

    Errors: Invalid for a value that no database column takes.
    """
    with Session(engine, expire_on_commit=False, autoflush=False) as session, _values_refused():
        if engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN")
        try:
            yield session
            assert not session.new, "a reading session must not create rows"
            assert not session.dirty, "a reading session must not change rows"
        finally:
            session.expunge_all()  # the roll-back would make what was read unreadable
            session.rollback()


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
        self._seen = self._counter()

    def changed(self) -> bool:
        """True once after each change by somebody else."""
        counter = self._counter()
        changed, self._seen = counter != self._seen, counter
        return changed

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _counter(self) -> int:
        if self._connection.dialect.name == "sqlite":
            return int(self._connection.exec_driver_sql("PRAGMA data_version").scalar_one())
        # the end of the write-ahead log moves with writes only; counted commits include our looking
        written = text("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(self._connection.execute(written).scalar_one())


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

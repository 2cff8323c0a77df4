"""Brings a database up to the newest revision, and writes the next one from the tables.

Knows no table: who wants a new revision hands in the metadata of all nouns.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.pool import NullPool

WRITER_LOCK = 0x747265  # the lock of `db`, so that nobody writes while the schema changes


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the database to a revision, the newest by default, in one transaction; names it.

    Shape: makes the file and folder of an SQLite database; two callers at once are one after the
    other; a crash leaves the old schema.
    """
    with _connection(url) as connection:
        command.upgrade(_config(connection), revision)
        return newest() if revision == "head" else revision


def current(url: str) -> str | None:
    """Name the revision of the database, or None before the first."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Name the newest revision that this program knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is a revision since the first table"
    return head


def write_revision(url: str, message: str, metadata: MetaData) -> None:
    """Write the next revision: what the tables have and the database at `url` has not."""
    with _connection(url) as connection:
        config = _config(connection, metadata)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: Connection | None = None, metadata: MetaData | None = None) -> Config:
    config = Config(attributes={"connection": connection, "metadata": metadata})
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _no_hidden_transactions)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
        yield connection
        connection.commit()


def _no_hidden_transactions(raw: Any, _record: Any) -> None:
    raw.isolation_level = None
    raw.execute("PRAGMA busy_timeout=30000")

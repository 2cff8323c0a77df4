"""Copies of the migrated template, which is made once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from orchestrator import db

_copies = iter(range(1_000_000))


def copy_sqlite(template: Path, target: Path) -> str:
    """Copy a database the way SQLite wants it, pages still in its log included."""
    with sqlite3.connect(template) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return f"sqlite:///{target}"


@contextmanager
def a_postgres(server: str) -> Iterator[str]:
    """The address of a copy of the migrated PostgreSQL template, dropped afterwards."""
    name = f"copy_{next(_copies)}"
    sql(server, f"create database {name} template template_tre strategy file_copy")
    yield server.replace("/postgres?", f"/{name}?")
    sql(server, f"drop database {name} with (force)")


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """A database, whose connections end with the block."""
    engine = db.connect(url)
    yield engine
    engine.dispose()


def sql(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    with closing_engine(url) as engine:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            connection.execute(text(statement))

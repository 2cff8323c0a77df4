"""Copies of the migrated template, which is made once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url, text

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
def a_postgres(template: str) -> Iterator[str]:
    """The address of a copy of a PostgreSQL database, which nobody uses; dropped afterwards."""
    origin = make_url(template)
    server = _server(origin)
    name = f"copy_{next(_copies)}"
    sql(server, f"create database {name} template {origin.database} strategy file_copy")
    try:
        yield origin.set(database=name).render_as_string(hide_password=False)
    finally:
        sql(server, f"drop database {name} with (force)")


@contextmanager
def a_copy(template: str, folder: Path) -> Iterator[str]:
    """The address of a copy of a database of either kind; an SQLite file lies in `folder`."""
    if template.startswith("sqlite"):
        yield copy_sqlite(Path(template.removeprefix("sqlite:///")), folder / "tre.db")
        return
    with a_postgres(template) as url:
        yield url


def keep(url: str, folder: Path) -> str:
    """Keep what a database holds now, to be copied or put back; nobody may be using it.

    Shape: an SQLite file is kept with the folder it lies in, by whoever copies that.
    """
    if url.startswith("sqlite"):
        return f"sqlite:///{folder / 'tre.db'}"
    origin = make_url(url)
    kept = origin.set(database=f"kept_{next(_copies)}")
    sql(_server(origin), f"create database {kept.database} template {origin.database}")
    return kept.render_as_string(hide_password=False)


def put_back(kept: str, url: str) -> None:
    """Make a PostgreSQL database again what was kept; an SQLite file comes with its folder."""
    if url.startswith("sqlite"):
        return
    name, source = make_url(url).database, make_url(kept).database
    sql(_server(make_url(url)), f"drop database {name} with (force)")
    sql(_server(make_url(url)), f"create database {name} template {source} strategy file_copy")


def guards_off(connection: Connection) -> None:
    """Do what a superuser of the database can: take the guards of the log away."""
    if connection.dialect.name == "sqlite":
        found = "select 'drop trigger ' || name from sqlite_master where type = 'trigger'"
    else:
        found = (
            "select format('drop trigger %I on %s', tgname, tgrelid::regclass) from pg_trigger "
            "where not tgisinternal"
        )
    for (statement,) in connection.execute(text(found)).all():
        connection.execute(text(statement))


def _server(url: URL) -> str:
    return url.set(database="postgres").render_as_string(hide_password=False)


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """A database, whose connections end with the block."""
    engine = db.connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def sql(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    with closing_engine(url) as engine:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            connection.execute(text(statement))

"""Migrations: the migrated schema is that of the tables, and data survives the way there.

Run as a program it writes the next revision (see `orchestrator/migrations/README.md`).
"""

import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect, text

from orchestrator import db
from orchestrator.audit import log
from orchestrator.migrations import run
from orchestrator.values import SYSTEM
from tests.discover import tables

METADATA: MetaData = tables().metadata
GUARDS = 8


def checks(engine: Engine) -> dict[str, set[str]]:
    """CHECK constraints by table, as the database spells them."""
    seen = inspect(engine)
    return {
        table: {
            re.sub(r"\s+", " ", check["sqltext"]) for check in seen.get_check_constraints(table)
        }
        for table in METADATA.tables
    }


def made_from_tables(engine: Engine) -> Engine:
    """A database made from the tables alone, beside the migrated one."""
    if engine.dialect.name == "sqlite":
        other = db.connect(engine.url.render_as_string().replace("tre.db", "other.db"))
    else:
        name = f"{engine.url.database}_other"
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"create database {name} template template0"))
        other = db.connect(engine.url.set(database=name).render_as_string(hide_password=False))
    METADATA.create_all(other)
    return other


def test_the_migrated_schema_is_that_of_the_tables(engine: Engine) -> None:
    """Tables, columns, types, indexes, unique and foreign keys: no difference on either kind."""
    assert len(METADATA.tables) > 20
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_checks_are_those_of_the_tables(engine: Engine) -> None:
    """The comparison above is blind to CHECK constraints, so they are compared word for word."""
    other = made_from_tables(engine)
    assert checks(engine) == checks(other)
    assert sum(len(found) for found in checks(engine).values()) > 20
    other.dispose()


def test_the_newest_revision_is_known(engine: Engine) -> None:
    """Migrated means: at the newest; running again changes nothing."""
    url = engine.url.render_as_string(hide_password=False)
    assert run.current(url) == run.newest()
    assert run.upgrade(url) == run.newest()


def test_an_empty_file_is_at_no_revision(tmp_path: Path) -> None:
    """`tre doctor` tells a database that was never migrated."""
    url = f"sqlite:///{tmp_path / 'new' / 'tre.db'}"
    assert run.current(url) is None
    run.upgrade(url)
    assert run.current(url) == run.newest()


def test_two_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    """The second waits for the first and finds nothing to do."""
    url = f"sqlite:///{tmp_path / 'tre.db'}"
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run.upgrade, [url, url])) == [run.newest()] * 2


def test_each_revision_is_plain_and_has_one_parent() -> None:
    """A revision imports nothing of ours, or it would change with the tables of today."""
    folder = Path(run.__file__).parent
    script = ScriptDirectory(str(folder))
    names = [revision.revision for revision in script.walk_revisions()][::-1]
    assert names == [f"{number:04}" for number in range(1, len(names) + 1)]
    for file in (folder / "versions").glob("*.py"):
        assert "orchestrator" not in file.read_text(), file.name
        assert "sqlmodel" not in file.read_text(), file.name


def test_the_log_is_guarded(engine: Engine) -> None:
    """Altering a guarded table by copying it would drop its triggers without a word."""
    if engine.dialect.name == "sqlite":
        query = "select count(*) from sqlite_master where type = 'trigger'"
    else:
        query = "select count(*) from pg_trigger where not tgisinternal"
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == GUARDS


def test_rows_survive_the_upgrade_from_each_revision(tmp_path: Path, now: datetime) -> None:
    """A database with a log in it, stopped at each revision, goes on to the newest."""
    script = ScriptDirectory(str(Path(run.__file__).parent))
    for revision in [found.revision for found in script.walk_revisions()]:
        url = f"sqlite:///{tmp_path / f'{revision}.db'}"
        run.upgrade(url, revision)
        assert run.current(url) == revision
        engine = db.connect(url)
        with db.write(engine) as session:
            for _ in range(5):
                log.append(
                    session, action="a.b", actor=SYSTEM, now=now, object_type="x", object_id="y"
                )
        with db.read(engine) as session:
            root = log.root(session)
        run.upgrade(url)
        with db.read(engine) as session:
            assert log.size(session) == 5
            assert log.root(session) == root
        engine.dispose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        newest = f"sqlite:///{scratch}/tre.db"
        run.upgrade(newest)
        run.write_revision(newest, sys.argv[1], METADATA)

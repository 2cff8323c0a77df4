"""All rows of a database as lines of text, the same from SQLite and PostgreSQL, and back again.

The tables are read from the database itself, so that none is forgotten and rows of an older schema
can be read too. Knows nothing of what the rows mean.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    MetaData,
    String,
    Table,
    collate,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, StatementError
from sqlmodel import Session

from orchestrator.errors import Tampered
from orchestrator.values import Digest

BATCH = 500
_NOT_OURS = "alembic_version"  # says which schema this is; migrations write it


def tables(session: Session) -> list[Table]:
    """Every table of the database, each after those it refers to."""
    found = MetaData()
    found.reflect(session.connection())
    return [table for table in found.sorted_tables if table.name != _NOT_OURS]


def lines(session: Session, table: Table) -> Iterator[bytes]:
    """Each row as one line, in the order of the primary key.

    Shape: JSON with sorted names; bytes, times and JSON columns say what they are.
    """
    chosen = select(table).order_by(*_order(session, table))
    for row in session.execute(chosen, execution_options={"yield_per": BATCH}).mappings():
        spelled = {name: _spell(value) for name, value in row.items()}
        yield _json(spelled).encode() + b"\n"


def load(session: Session, table: Table, found: Iterable[bytes]) -> int:
    """Insert rows as `lines` spelled them; returns how many.

    Errors: Tampered for what is no row of this table; what the database raises when it is away.
    """
    count = 0
    rows = (_row(table, line) for line in found)
    while batch := list(itertools.islice(rows, BATCH)):
        try:
            session.connection().execute(insert(table), batch)
        except OperationalError:
            raise
        except StatementError as error:
            raise _no_row(table) from error
        count += len(batch)
    _go_on_counting(session, table)
    return count


def digests(session: Session) -> dict[str, tuple[int, Digest]]:
    """Name the content of every table: how many rows, and the digest of their lines."""
    found = {}
    for table in tables(session):
        hasher, count = hashlib.sha256(), 0
        for line in lines(session, table):
            hasher.update(line)
            count += 1
        found[table.name] = (count, Digest("sha256:" + hasher.hexdigest()))
    return found


def empty(session: Session) -> bool:
    """Whether no table holds a row; true before the first migration."""
    return not any(
        session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables(session)
    )


def migrated(session: Session) -> bool:
    """Whether there are tables at all."""
    return inspect(session.connection()).has_table(_NOT_OURS)


def _row(table: Table, line: bytes) -> dict[str, Any]:
    try:
        return {name: _value(value) for name, value in json.loads(line).items()}
    except (ValueError, AttributeError) as error:
        raise _no_row(table) from error


def _no_row(table: Table) -> Tampered:
    return Tampered(
        f"A line of {table.name} is no row of that table. Nothing was kept; use another copy.",
        code="backup_changed",
    )


def _order(session: Session, table: Table) -> list[ColumnElement[Any]]:
    """PostgreSQL sorts words by the country it was set up in; bytes are the same everywhere."""
    plain = session.get_bind().dialect.name == "sqlite"
    return [
        collate(column, "C") if isinstance(column.type, String) and not plain else column
        for column in table.primary_key
    ]


def _go_on_counting(session: Session, table: Table) -> None:
    """A column that counts by itself goes on after the largest number that came with a row."""
    if session.get_bind().dialect.name == "sqlite":
        return  # a rowid always goes on after the largest
    for column in table.columns:
        if not isinstance(column.type, Integer):
            continue
        names = {"table": f'"{table.name}"', "column": column.name}
        counter = session.execute(
            text("select pg_get_serial_sequence(:table, :column)"), names
        ).scalar_one()
        if counter is not None:
            last = session.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
            session.execute(
                text("select setval(cast(:counter as regclass), :next, false)"),
                {"counter": counter, "next": last + 1},
            )


def _spell(value: Any) -> Any:
    match value:
        case datetime():
            aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return {"time": aware.isoformat()}
        case bytes() | memoryview():
            return {"bytes": base64.b64encode(bytes(value)).decode()}
        case list() | dict():
            return {"json": value}
        case _:
            return value


def _value(spelled: Any) -> Any:
    match spelled:
        case {"time": str(instant)}:
            return datetime.fromisoformat(instant)
        case {"bytes": str(encoded)}:
            return base64.b64decode(encoded, validate=True)
        case {"json": value}:
            return value
        case _:
            return spelled


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

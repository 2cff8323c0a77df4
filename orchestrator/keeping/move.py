"""Moving an installation to another database or object store; the state folder stays where it is.

Nothing is taken away from the place that is left. Bytes go first, rows last and in one
transaction; then everything is read again at the new place and compared. Interrupted, it is run
again: what is there already and is right is not sent twice.
"""

import itertools
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from orchestrator.audit import checkpoint, log
from orchestrator.bootstrap.store import depot
from orchestrator.db import connect, read, write
from orchestrator.errors import Conflict, Invalid, Tampered
from orchestrator.keeping import bytes as stored
from orchestrator.keeping import rows
from orchestrator.keeping.folder import Tell, public_key
from orchestrator.keeping.standstill import standstill
from orchestrator.migrations import run
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.zones import Zone
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM, Digest, JsonValue

MOVED = "installation.moved"
STORE = ("store", "s3_endpoint", "s3_bucket", "s3_region", "s3_tls")


@dataclass(frozen=True)
class Moved:
    """What is at the new place, all of it read again there."""

    rows: int
    files: int
    entries: int


def move(source: Settings, target: Settings, now: datetime, tell: Tell) -> Moved:
    """Copy everything that lies elsewhere by the target's settings, then verify all of it.

    Errors: Invalid when nothing would move; Conflict while the installation works or the target
    holds something else; Tampered when bytes, rows or the log are not at the new place what they
    were. The old place is untouched but for one entry in its log.
    """
    if source.state_dir.absolute() != target.state_dir.absolute():
        raise Invalid("The state folder stays where it is: a backup and a restore move it.")
    if source.database == target.database and _store(source) == _store(target):
        raise Invalid("These settings name the database and the store that are in use already.")
    old, new = connect(source.database), connect(target.database)
    try:
        with standstill(old):
            if source.database == target.database:
                return _move(source, target, old, old, now, tell)
            with standstill(new):
                return _move(source, target, old, new, now, tell)
    finally:
        old.dispose()
        new.dispose()


def _move(
    source: Settings, target: Settings, old: Engine, new: Engine, now: datetime, tell: Tell
) -> Moved:
    _require_room(old, new)
    _note(old, _kinds(target), now)
    files = _move_files(source, target, tell)
    count = _move_rows(source, target, old, new)
    tell(f"{count:,} rows are the same at the new place")
    found = checkpoint.verify(new, target.state_dir / "checkpoints", public_key(target))
    tell(f"{found.size:,} entries of the log are what {found.checkpoints} checkpoints say")
    return Moved(count, files, found.size)


def _move_files(source: Settings, target: Settings, tell: Tell) -> int:
    here = depot(source)
    if _store(source) == _store(target):
        wanted = {zone: frozenset(here.digests(zone)) for zone in Zone}
        return stored.settle(here, wanted)
    there = depot(target)
    wanted = {zone: frozenset(here.digests(zone)) for zone in Zone}
    stored.require_ours(there, wanted)
    for zone in Zone:
        for digest in sorted(wanted[zone]):
            _carry(here, there, zone, digest)
        tell(f"{len(wanted[zone]):,} files of {zone} are at the new place")
    files = stored.settle(there, wanted)
    tell(f"{files:,} files were hashed again there")
    return files


def _carry(here: ObjectStore, there: ObjectStore, zone: Zone, digest: Digest) -> None:
    size = here.stat(zone, digest)
    assert size is not None, "nobody removes anything during a standstill"
    with here.open(zone, digest) as stream:
        stored.carry(there, zone, digest, size, stream)


def _require_room(old: Engine, new: Engine) -> None:
    """The target is empty, or holds these very rows already: then only the rest is done."""
    if new is old:
        return
    with read(new) as session:
        if rows.empty(session):
            return
        there = rows.digests(session)
    with read(old) as session:
        if rows.digests(session) != there:
            raise Conflict(
                "The new database already holds something else. Name an empty one: nothing was "
                "changed.",
                code="not_empty",
            )


def _move_rows(source: Settings, target: Settings, old: Engine, new: Engine) -> int:
    with read(old) as here:
        checkpoint.one_moment(here)
        expected = rows.digests(here)
        if new is not old:
            run.upgrade(target.database, str(run.current(source.database)))
            with write(new) as there:
                if rows.empty(there):
                    _load(here, there)
                if rows.digests(there) != expected:
                    raise Tampered("The rows at the new place differ from these; none was kept.")
    return sum(count for count, _ in expected.values())


def _load(here: Session, there: Session) -> None:
    known = {table.name: table for table in rows.tables(here)}
    for table in rows.tables(there):
        rows.load(there, table, rows.lines(here, known[table.name]))


def _note(engine: Engine, detail: dict[str, JsonValue], now: datetime) -> None:
    """Once, at the old place, so that both logs are the same; run again it stands there already."""
    with write(engine) as session:
        size = log.size(session)
        newest = next(itertools.islice(log.entries(session, max(0, size - 1)), 1), None)
        said = {} if newest is None else json.loads(newest.record)
        if (said.get("action"), said.get("detail")) == (MOVED, detail):
            return
        log.append(
            session,
            action=MOVED,
            actor=SYSTEM,
            now=now,
            object_type="installation",
            object_id="this",
            detail=detail,
        )


def _kinds(settings: Settings) -> dict[str, JsonValue]:
    return {"database": settings.database.partition(":")[0], "store": settings.store}


def _store(settings: Settings) -> tuple[object, ...]:
    return (
        tuple(getattr(settings, name) for name in STORE) if settings.store == "s3" else ("posix",)
    )

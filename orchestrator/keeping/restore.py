"""Restoring a backup into an installation that is empty, and saying so in its log.

Everything of the backup is hashed before the first byte is written. Rows come last and in one
transaction, in which they are compared with the backup and the log with its checkpoints: a run
that is interrupted leaves a database without a row and can be run again.
"""

import base64
import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from orchestrator.audit import checkpoint, log, tree
from orchestrator.audit.checkpoint import Checkpoint, Signer
from orchestrator.bootstrap.private import write_private
from orchestrator.bootstrap.store import depot
from orchestrator.db import connect, read, write
from orchestrator.errors import Conflict, Invalid, Tampered
from orchestrator.keeping import bytes as stored
from orchestrator.keeping import folder, rows
from orchestrator.keeping.folder import Backup, Tell
from orchestrator.keeping.standstill import standstill
from orchestrator.migrations import run
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.posix import flush, refusals
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM, Digest, JsonValue
from orchestrator.workspaces import service as workspaces


@dataclass(frozen=True)
class Wish:
    """What the person who restores says beyond the folder.

    Shape: `digest` is the manifest's as noted when it was made; `signing_key` the file the key was
    written to; `new_key` says that it is lost; `accept_cut` is the reason why entries that were
    signed may be missing.
    """

    digest: Digest | None = None
    signing_key: Path | None = None
    new_key: bool = False
    accept_cut: str = ""


@dataclass(frozen=True)
class Restored:
    """What came back: rows, stored files, and how many signed entries of the log are missing."""

    rows: int
    files: int
    missing: int


def restore(settings: Settings, source: Path, wish: Wish, now: datetime, tell: Tell) -> Restored:
    """Bring a backup back.

    Errors: Conflict while the installation works or is not empty; Tampered, naming the file, for a
    backup that was changed, and where a newer checkpoint is known and the cut was not accepted;
    Invalid without the signing key.
    Source: design section 7 (a restore records the cut).
    """
    found = folder.describe(source)
    if wish.digest is not None and wish.digest != found.digest:
        raise Tampered(f"This is another backup: its manifest has the digest {found.digest}.")
    folder.verify(found, tell)
    engine, store = connect(settings.database), depot(settings)
    try:
        with standstill(engine):
            return _restore(settings, found, wish, now, tell, engine, store)
    finally:
        engine.dispose()


def _restore(
    settings: Settings,
    found: Backup,
    wish: Wish,
    now: datetime,
    tell: Tell,
    engine: Engine,
    store: ObjectStore,
) -> Restored:
    wanted = folder.wanted(found)
    _require_no_rows(engine)
    stored.require_ours(store, wanted)
    signer = _signer(settings, found, wish)
    cut = _cut(settings, found, wish)
    for one in found.objects:
        with (found.folder / one.path).open("rb") as stream:
            stored.carry(store, one.zone, one.digest, one.size, stream)
    files = stored.settle(store, wanted)
    tell(f"{files:,} stored files are back, each re-hashed")
    _bring_beside(settings, found)
    rekeyed = signer.public != found.key
    _bring_checkpoints(settings, found, cut=cut is not None, rekeyed=rekeyed)
    tell("indexes, their keys, forms and checkpoints are back")
    _bring_rows(settings, engine, found, signer, cut, wish, now)
    count = sum(found.tables.values())
    tell(f"{count:,} rows are back; the log is what was signed")
    return Restored(count, files, max(0, cut.size - _size(found)) if cut else 0)


def _require_no_rows(engine: Engine) -> None:
    with read(engine) as session:
        if not rows.empty(session):
            raise Conflict(
                "The database already holds an installation. Restore into an empty one: nothing "
                "was changed.",
                code="not_empty",
            )


def _signer(settings: Settings, found: Backup, wish: Wish) -> Signer:
    """The key of the backup's log; another one only where that is said to be lost."""
    keys = settings.state_dir / "keys"
    place = keys / "checkpoint.key"
    if wish.signing_key is not None and not place.exists():
        write_private(place, wish.signing_key.read_bytes())
    if not place.exists() and not wish.new_key:
        raise Invalid(
            "The signing key is never in a backup. Name the file it was written to "
            "(--signing-key), or say that it is lost (--new-signing-key): then another history of "
            "checkpoints begins, and the log says so.",
            code="no_key",
        )
    signer = Signer.at(keys, settings.origin)
    if signer.public.vkey() != found.key.vkey() and not wish.new_key:
        raise Invalid(
            "The signing key here is not the one of the backup. Remove it from the folder of keys "
            "if it belongs to nothing, or say --new-signing-key.",
            code="other_key",
        )
    return signer


def _cut(settings: Settings, found: Backup, wish: Wish) -> Checkpoint | None:
    """The newest checkpoint known here that the backup's log does not reach, or contradicts.

    Errors: Tampered where there is one and the cut was not accepted.
    """
    beyond = [point for point in _known(settings, found) if not _contains(found, point)]
    if not beyond:
        return None
    newest = max(beyond, key=lambda point: (point.size, point.time))
    if not wish.accept_cut:
        raise Tampered(
            f"This backup is older than the last checkpoint that is known here: {newest.size:,} "
            f"entries were signed on {newest.time:%Y-%m-%d}, and it has {_size(found):,}. Use a "
            "newer backup; or accept that what came after it is lost (--accept-cut REASON), which "
            "the log will say.",
            code="older_than_checkpoint",
        )
    return newest


def _known(settings: Settings, found: Backup) -> Iterator[Checkpoint]:
    """The newest checkpoint here, and those of histories that ended here after the backup.

    A run that was interrupted has put a history aside already: it must not be forgotten.
    """
    here, mine = settings.state_dir / "checkpoints", found.folder / "checkpoints"
    if (newest := checkpoint.last(here, found.key)) is not None:
        yield newest
    ended_before = {path.read_bytes() for path in mine.glob("ended-*/history.jsonl")}
    for ended in here.glob("ended-*"):
        if (ended / "history.jsonl").read_bytes() not in ended_before:
            with suppress(Tampered):  # one that another key signed says nothing about this log
                if (newest := checkpoint.last(ended, found.key)) is not None:
                    yield newest


def _contains(found: Backup, point: Checkpoint) -> bool:
    """Whether the backup's log begins as this checkpoint says."""
    frontier = tree.Frontier()
    with (found.folder / "rows" / "audit_entries.jsonl").open("rb") as file:
        for line in itertools.islice(file, point.size):
            frontier.append(base64.b64decode(json.loads(line)["leaf_hash"]["bytes"]))
    return (frontier.size, frontier.root()) == (point.size, point.root)


def _bring_beside(settings: Settings, found: Backup) -> None:
    """Indexes, their keys and forms; one that is there already is the same or is replaced."""
    with refusals():
        for name in found.files:
            if name.startswith(tuple(f"{one}/" for one in folder.BESIDE)):
                target = settings.state_dir / name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(target, (found.folder / name).read_bytes())


def _bring_checkpoints(settings: Settings, found: Backup, *, cut: bool, rekeyed: bool) -> None:
    """The history that goes on from here; one that ends is kept beside it."""
    here, mine = settings.state_dir / "checkpoints", found.folder / "checkpoints"
    points = checkpoint.history(mine, found.key)
    with refusals():
        if cut and not set(checkpoint.history(here, found.key)) <= set(points):
            checkpoint.set_aside(here)
        current = checkpoint.last(here, found.key)
        here.mkdir(mode=0o755, parents=True, exist_ok=True)
        if points and (current is None or points[-1].size > current.size):
            for name in ("history.jsonl", "latest"):
                shutil.copyfile(mine / name, here / name)
        for ended in mine.glob("ended-*"):
            if not (here / ended.name).exists():
                shutil.copytree(ended, here / ended.name)
        if rekeyed:
            checkpoint.set_aside(here)
        flush(here)


def _bring_rows(
    settings: Settings,
    engine: Engine,
    found: Backup,
    signer: Signer,
    cut: Checkpoint | None,
    wish: Wish,
    now: datetime,
) -> None:
    """Load, compare with the backup, hold the log against its checkpoints, say what happened."""
    run.upgrade(settings.database, found.revision)
    points = checkpoint.history(found.folder / "checkpoints", found.key)
    with write(engine) as session:
        for table in rows.tables(session):
            with (found.folder / "rows" / f"{table.name}.jsonl").open("rb") as file:
                rows.load(session, table, file)
        _require_same(session, found)
        checkpoint.compare(session, points)
        _say(session, found, signer, cut, wish, now)
        if found.revision == run.newest():
            workspaces.start_over(session, now)
    if found.revision != run.newest():
        run.upgrade(settings.database)
        with write(engine) as session:
            workspaces.start_over(session, now)


def _require_same(session: Session, found: Backup) -> None:
    for name, (count, digest) in rows.digests(session).items():
        file = f"rows/{name}.jsonl"
        if (count, digest) != (found.tables.get(name), found.files.get(file, (0, ""))[1]):
            raise Tampered(f"The rows of {name} are not those of the backup. None was kept.")


def _say(
    session: Session,
    found: Backup,
    signer: Signer,
    cut: Checkpoint | None,
    wish: Wish,
    now: datetime,
) -> None:
    def record(action: str, detail: dict[str, JsonValue], text: str | None = None) -> None:
        log.append(
            session,
            action=action,
            actor=SYSTEM,
            now=now,
            object_type="backup",
            object_id=found.digest.removeprefix("sha256:")[:12],
            object_digest=found.digest,
            detail=detail,
            text=text,
        )

    if cut is not None:
        lost: dict[str, JsonValue] = {"kept": _size(found), "signed": cut.size}
        record("log.cut", lost | {"root": cut.root.hex()}, wish.accept_cut)
    if signer.public != found.key:
        record("log.key_replaced", {"old": found.key.vkey(), "new": signer.public.vkey()})
    record("installation.restored", {"made": found.made.isoformat()})


def _size(found: Backup) -> int:
    return found.tables.get("audit_entries", 0)

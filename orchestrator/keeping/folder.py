"""A backup: one folder with rows, bytes, checkpoints and indexes, and a manifest over all of it.

Made beside a running installation. What rows name is older than they are, so checkpoints are
copied first, then the rows as of one moment, then everything they name, while nobody cleans up.

The signing key is never in it: with it, whoever finds a backup could sign another history. It is
written to a file of its own when that is asked for. Keys of indexes are in it, because an index
without its key is worth nothing; so a backup is as sensitive as the data. Keys of sign-in are not:
new ones are made, and people sign in again.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from orchestrator.audit import checkpoint, log
from orchestrator.audit.checkpoint import PublicKey
from orchestrator.bootstrap.private import write_private
from orchestrator.bootstrap.store import depot
from orchestrator.db import connect, read, write
from orchestrator.errors import Conflict, Invalid, NotFound, Tampered
from orchestrator.keeping import rows
from orchestrator.keeping.standstill import nothing_removed
from orchestrator.migrations import run
from orchestrator.objectstore import refuse
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.posix import flush, refusals
from orchestrator.objectstore.zones import Zone
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM, Digest, canonical_json, digest_of, parse_digest

FORMAT = 1
MANIFEST = "manifest.json"
OBJECTS = "objects.jsonl"
BLOCK = 1 << 20
BESIDE = ("indexes", "forms", "keys/indexes")
"""Folders of the state folder that rows speak of."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stored:
    """One stored file of a backup; `size` in bytes."""

    zone: Zone
    digest: Digest
    size: int

    @property
    def path(self) -> str:
        """Where it lies in the folder."""
        name = self.digest.removeprefix("sha256:")
        return f"objects/{self.zone}/{name[:2]}/{name}"


@dataclass(frozen=True)
class Backup:
    """A backup as its manifest says it is.

    Shape: `files` are relative paths with size in bytes and digest; `tables` name → rows.
    """

    folder: Path
    digest: Digest
    revision: str
    key: PublicKey
    made: datetime
    tables: dict[str, int]
    files: dict[str, tuple[int, Digest]]
    objects: tuple[Stored, ...]


def make(
    settings: Settings, folder: Path, now: datetime, signing_key: Path | None, tell: Tell
) -> Backup:
    """Write a backup into an empty folder and note it in the log.

    Shape: `signing_key` is where the key goes, outside the folder.
    Errors: Conflict for a folder in use or while files are cleaned up; NotFound before the first
    checkpoint; Tampered, naming the file, when bytes are not their name or the log is not what was
    signed. An unfinished folder has no manifest and is no backup.
    """
    _require_empty(folder)
    if signing_key is not None and signing_key.absolute().is_relative_to(folder.absolute()):
        raise Invalid("The signing key must not lie in the backup: name a file elsewhere.")
    engine, store = connect(settings.database), depot(settings)
    try:
        with nothing_removed(engine), refusals():
            _write(settings, engine, store, folder, now, tell)
            flush(folder)
            found = describe(folder)
        if signing_key is not None:
            write_private(signing_key, (settings.state_dir / "keys/checkpoint.key").read_bytes())
        _note(engine, found, now)
    finally:
        engine.dispose()
    return found


def describe(folder: Path) -> Backup:
    """Read a manifest and the list of stored files, each held against its digest.

    Errors: NotFound without a manifest; Tampered when either is not what it was.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise NotFound(f"{folder} holds no finished backup: there is no {MANIFEST} in it.")
    try:
        said = json.loads(content := path.read_bytes())
        files = {name: (int(size), parse_digest(d)) for name, (size, d) in said["files"].items()}
        _require(folder, OBJECTS, *files[OBJECTS])
        listed = (folder / OBJECTS).read_text().splitlines()
        objects = tuple(_stored(json.loads(line)) for line in listed)
        if said["format"] != FORMAT:
            raise Invalid(f"This backup has format {said['format']}; use the version that made it.")
        return Backup(
            folder,
            digest_of(content),
            said["revision"],
            PublicKey.parse(said["key"]),
            datetime.fromisoformat(said["made"]),
            {name: int(count) for name, count in said["tables"].items()},
            files,
            objects,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _changed(MANIFEST) from error


def verify(found: Backup, tell: Tell) -> None:
    """Hash every file of a backup; nothing may be missing, other, or too much.

    Errors: Tampered naming the first file.
    """
    for name, (size, digest) in sorted(found.files.items()):
        _require(found.folder, name, size, digest)
    for one in found.objects:
        _require(found.folder, one.path, one.size, one.digest)
    known = {MANIFEST, *found.files, *(one.path for one in found.objects)}
    for path in found.folder.rglob("*"):
        name = str(path.relative_to(found.folder))
        if name not in known and not (path.is_dir() and not path.is_symlink()):
            raise Tampered(f"{name} does not belong to this backup. Nothing was restored.")
    tell(f"{len(known):,} files of the backup are what its manifest says")


def wanted(found: Backup) -> dict[Zone, frozenset[Digest]]:
    """What lies in each zone."""
    return {
        zone: frozenset(one.digest for one in found.objects if one.zone is zone) for zone in Zone
    }


def _write(
    settings: Settings, engine: Engine, store: ObjectStore, folder: Path, now: datetime, tell: Tell
) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = public_key(settings)
    _copy_checkpoints(settings.state_dir / "checkpoints", folder / "checkpoints")
    tables = _write_rows(engine, folder, checkpoint.history(folder / "checkpoints", key))
    tell(f"{sum(tables.values()):,} rows of {len(tables)} tables; the log is what was signed")
    for name in BESIDE:
        if (settings.state_dir / name).is_dir():
            shutil.copytree(settings.state_dir / name, folder / name)
    count = _write_objects(store, folder)
    tell(f"{count:,} stored files, each re-hashed")
    stored = folder / "objects"  # named one by one in a file of their own: there may be many
    listed = [p for p in folder.rglob("*") if p.is_file() and not p.is_relative_to(stored)]
    manifest = {
        "format": FORMAT,
        "made": now.isoformat(),
        "key": key.vkey(),
        "revision": str(run.current(settings.database)),
        "tables": dict(sorted(tables.items())),
        "files": {str(p.relative_to(folder)): list(_facts(p)) for p in sorted(listed)},
    }
    content = canonical_json(manifest)  # type: ignore[arg-type]
    write_private(folder / MANIFEST, content)


def _write_rows(
    engine: Engine, folder: Path, points: list[checkpoint.Checkpoint]
) -> dict[str, int]:
    """All tables as of one moment, in which the log is compared with its checkpoints too."""
    (folder / "rows").mkdir()
    counts = {}
    with read(engine) as session:
        checkpoint.one_moment(session)
        checkpoint.compare(session, points)
        for table in rows.tables(session):
            with (folder / "rows" / f"{table.name}.jsonl").open("wb") as file:
                counts[table.name] = 0
                for line in rows.lines(session, table):
                    file.write(line)
                    counts[table.name] += 1
    return counts


def _copy_checkpoints(source: Path, target: Path) -> None:
    """The shown one before the history that holds it: a reconciler may be signing meanwhile."""
    target.mkdir()
    for name in ("latest", "history.jsonl"):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    for ended in sorted(source.glob("ended-*")):
        shutil.copytree(ended, target / ended.name)


def _write_objects(store: ObjectStore, folder: Path) -> int:
    count = 0
    with (folder / OBJECTS).open("w") as listing:
        for zone in Zone:
            for digest in sorted(store.digests(zone)):
                one = _write_object(store, folder, zone, digest)
                listing.write(f'{{"zone":"{zone}","digest":"{digest}","size":{one.size}}}\n')
                count += 1
    return count


def _write_object(store: ObjectStore, folder: Path, zone: Zone, digest: Digest) -> Stored:
    hasher, size = hashlib.sha256(), 0
    path = folder / Stored(zone, digest, 0).path
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.open(zone, digest) as stream, path.open("xb") as file:
        while block := stream.read(BLOCK):
            hasher.update(block)
            size += len(block)
            file.write(block)
    if "sha256:" + hasher.hexdigest() != digest:
        path.unlink()
        raise refuse.tampered(zone, digest)
    return Stored(zone, digest, size)


def _note(engine: Engine, found: Backup, now: datetime) -> None:
    with write(engine) as session:
        log.append(
            session,
            action="installation.backed_up",
            actor=SYSTEM,
            now=now,
            object_type="backup",
            object_id=found.digest.removeprefix("sha256:")[:12],
            object_digest=found.digest,
            detail={"rows": sum(found.tables.values()), "files": len(found.objects)},
        )


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty. Name a new folder for the backup.")


def public_key(settings: Settings) -> PublicKey:
    """The key that an installation's checkpoints are verified with.

    Errors: NotFound before the first reconciler run.
    """
    path = settings.state_dir / "keys" / "checkpoint.vkey"
    if not path.exists():
        raise NotFound("There is no signing key yet: start the reconciler once (`tre reconcile`).")
    return PublicKey.parse(path.read_text())


def _facts(path: Path) -> tuple[int, str]:
    hasher = hashlib.sha256()
    for block in _blocks(path):
        hasher.update(block)
    return path.stat().st_size, "sha256:" + hasher.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(BLOCK), b"")


def _require(folder: Path, name: str, size: int, digest: Digest) -> None:
    """A name from a manifest leads nowhere but into the folder, by no link either."""
    path = folder / name
    inside = path.resolve() == folder.resolve() / name
    if not inside or not path.is_file() or _facts(path) != (size, digest):
        raise _changed(name)


def _stored(said: dict[str, object]) -> Stored:
    return Stored(
        Zone(str(said["zone"])), parse_digest(str(said["digest"])), int(str(said["size"]))
    )


def _changed(name: str) -> Tampered:
    return Tampered(
        f"{name} of this backup is not what was backed up: it is missing or was changed. Nothing "
        "was restored. Use another copy of the backup.",
        code="backup_changed",
    )

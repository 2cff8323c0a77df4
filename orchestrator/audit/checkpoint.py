"""Signed checkpoints of the log, kept outside the database, and the verification against them.

A checkpoint (C2SP tlog-checkpoint) names origin, size and root in a signed note (C2SP
signed-note, Ed25519). The reconciler alone signs, forward only. What came after the last
checkpoint kept elsewhere is not protected against someone who also holds the signing key.
"""

import base64
import binascii
import hashlib
import itertools
import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Engine, Row, select, text
from sqlmodel import Session

from orchestrator.audit import log, tree
from orchestrator.audit.models import ENTRIES, NODES, TEXTS
from orchestrator.db import read
from orchestrator.errors import Invalid, Tampered

EVERY_EVENTS = 256
EVERY = timedelta(seconds=60)
TAIL = 8192  # bytes; the newest checkpoint, witnesses included, is well below half of it

AT_ONCE = frozenset(
    {"approve", "decline", "reject", "admit", "publish", "release", "recall", "withdraw"}
    | {"suspend", "close", "finish", "retire", "halt", "resume", "unprove"}
)
"""Events that are signed at once: those that someone may later wish had been otherwise."""


@dataclass(frozen=True)
class Checkpoint:
    """What a log was at one moment: how long, and the root over all of it.

    Shape: the time stands in an extension line, so that it is signed too.
    """

    origin: str
    size: int
    root: bytes
    time: datetime

    def text(self) -> str:
        """Spell the body that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\ntime {self.time.isoformat()}\n"


@dataclass(frozen=True)
class PublicKey:
    """A key as pinned: name and bytes together, never the name alone."""

    name: str
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """Tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.raw).digest()[:4]

    def vkey(self) -> str:
        """Spell the key for those who pin it: name+id+key."""
        tail = base64.b64encode(b"\x01" + self.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{tail}"

    @staticmethod
    def parse(vkey: str) -> "PublicKey":
        """Read a pinned key.

        Errors: Invalid for anything that is not exactly one.
        """
        try:
            name, _key_id, tail = vkey.strip().split("+", 2)
            key = PublicKey(name, base64.b64decode(tail, validate=True)[1:])
            Ed25519PublicKey.from_public_bytes(key.raw)
        except ValueError as error:
            raise Invalid("This is not a public key of a log: name+id+key.") from error
        if key.vkey() != vkey.strip():
            raise Invalid("The id of this public key does not belong to it.")
        return key


@dataclass(frozen=True)
class Signer:
    """Holds the signing key; only the reconciler makes one."""

    public: PublicKey
    _private: Ed25519PrivateKey = field(repr=False)

    @staticmethod
    def at(folder: Path, name: str) -> "Signer":
        """Load the key from a folder, or make it there, readable by its owner alone.

        Errors: Invalid when others can read the key or it is not one.
        """
        file = folder / "checkpoint.key"
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not file.exists():
            _write_whole(file, Ed25519PrivateKey.generate().private_bytes_raw(), 0o600)
        if file.stat().st_mode & 0o077:
            raise Invalid(f"Others can read the signing key. Close it first: chmod 600 {file.name}")
        try:
            private = Ed25519PrivateKey.from_private_bytes(file.read_bytes())
        except ValueError as error:
            raise Invalid("The signing key is damaged. Restore it from your backup.") from error
        signer = Signer(PublicKey(name, private.public_key().public_bytes_raw()), private)
        (folder / "checkpoint.vkey").write_text(signer.public.vkey() + "\n")
        return signer

    def sign(self, checkpoint: Checkpoint) -> str:
        """Write the signed note of a checkpoint."""
        body = checkpoint.text()
        blob = self.public.key_id + self._private.sign(body.encode())
        return f"{body}\n— {self.public.name} {base64.b64encode(blob).decode()}\n"


@dataclass(frozen=True)
class Verified:
    """What a verification established.

    Units: `size`, `unprotected` in records; `unprotected` are newer than the last checkpoint.
    """

    size: int
    root: bytes
    checkpoints: int
    unprotected: int


def open_note(note: str, key: PublicKey) -> Checkpoint:
    """Read a checkpoint that a pinned key signed.

    Shape: signatures by unknown keys are ignored; a failing one by the known key rejects all.
    Errors: Tampered for a bad or missing signature or a malformed note.
    """
    body, _, signatures = note.rpartition("\n\n")
    good = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, blob = rest.partition(" ")
        raw = _exact_base64(blob)
        if dash != "—" or not name or raw is None or not note.endswith("\n"):
            raise Tampered("A checkpoint is not a signed note any more.")
        if (name, raw[:4]) != (key.name, key.key_id):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(raw[4:], (body + "\n").encode())
        except InvalidSignature as error:
            raise Tampered("The signature of a checkpoint is wrong.") from error
        good += 1
    if not good:
        raise Tampered("A checkpoint is not signed by this installation's key.")
    return _parse_body(body)


def history(folder: Path, key: PublicKey) -> list[Checkpoint]:
    """Read all checkpoints, oldest first, each with its signature checked.

    Errors: Tampered for a wrong one, or for two that contradict each other.
    """
    notes = _notes(folder)
    if (newest := _newest(folder)) is not None and newest not in notes:
        raise Tampered("The newest checkpoint is not in the history of checkpoints.")
    found = [open_note(note, key) for note in notes]
    for earlier, later in itertools.pairwise(found):
        same = (later.size, later.root) == (earlier.size, earlier.root)
        if later.size <= earlier.size and not same:
            raise Tampered(f"Checkpoints contradict each other at size {later.size}.")
    return found


def must_extend(engine: Engine, folder: Path, key: PublicKey) -> None:
    """Refuse to start on a database that is older than, or other than, its last checkpoint.

    Errors: Tampered.
    """
    last = _last(folder, key)
    if last is not None:
        with read(engine) as session:
            _extends(session, last)


def sign_if_due(engine: Engine, signer: Signer, folder: Path, now: datetime) -> Checkpoint | None:
    """Sign what was appended since the last checkpoint, if it is time.

    Shape: every 256 records or 60 s, at once for the events of `AT_ONCE`. The new records are
    hashed again on top of what was signed before, so nothing but an extension is ever signed.
    Errors: Tampered when the database does not extend its last checkpoint; nothing is signed.
    """
    log.settle_refusals(engine, now)
    last = _last(folder, signer.public)
    with read(engine) as session:
        one_moment(session)
        signed = 0 if last is None else last.size
        if last is not None:
            _extends(session, last)
        frontier = log.frontier(session, signed)
        fresh = [row.action for row in _checked(session, frontier, signed)]
        if frontier.root() != log.root(session, frontier.size):
            raise Tampered(f"Hashes above the entries from {signed} on were changed.")
    if not fresh or not _due(fresh, last, now):
        return None
    checkpoint = Checkpoint(signer.public.name, frontier.size, frontier.root(), now)
    _keep(folder, signer.sign(checkpoint))
    return checkpoint


def verify(engine: Engine, folder: Path, key: PublicKey) -> Verified:
    """Hash the whole log again and compare it with every stored hash and every checkpoint.

    Shape: also that searchable columns repeat their record and erasable texts match their
    commitment.
    Errors: Tampered, naming the first bad entry, or the interval between the last agreeing and
    the first disagreeing checkpoint where all stored hashes were made to fit.
    Source: design property 11.
    """
    checkpoints = history(folder, key)
    with read(engine) as session:
        one_moment(session)
        return compare(session, checkpoints)


def compare(session: Session, checkpoints: Sequence[Checkpoint]) -> Verified:
    """Do what `verify` does, on what one session sees."""
    waiting, agreed, frontier = list(checkpoints), 0, tree.Frontier()
    with (
        closing(_stored_nodes(session)) as nodes,
        closing(_checked(session, frontier, 0, nodes)) as rows,
    ):
        for _row in rows:
            while waiting and waiting[0].size == frontier.size:
                agreed = _agree(waiting.pop(0), frontier, agreed)
    if waiting:
        raise _too_short(frontier.size, waiting[0].size)
    _check_texts(session)
    unprotected = frontier.size - agreed
    return Verified(frontier.size, frontier.root(), len(checkpoints), unprotected)


def last(folder: Path, key: PublicKey) -> Checkpoint | None:
    """Read the newest checkpoint that is known, or None before the first.

    Errors: Tampered for one that this key did not sign.
    """
    return _last(folder, key)


def agrees(session: Session, checkpoint: Checkpoint) -> bool:
    """Whether the log is as long as this checkpoint says, or longer, and begins as it says."""
    if log.size(session) < checkpoint.size:
        return False
    return log.root(session, checkpoint.size) == checkpoint.root


def set_aside(folder: Path) -> Path | None:
    """Put the history of checkpoints away, where a log is cut and another history begins.

    Shape: it is kept beside the new one as `ended-<n>`; None when there was none.
    """
    if not (folder / "history.jsonl").exists():
        return None
    ended = folder / f"ended-{len(list(folder.glob('ended-*'))) + 1}"
    ended.mkdir()
    for name in ("latest", "history.jsonl"):  # the shown one goes first: it must not outlive it
        if (folder / name).exists():
            (folder / name).replace(ended / name)
    _sync_folder(folder)
    return ended


def _checked(
    session: Session,
    frontier: tree.Frontier,
    start: int,
    nodes: Iterator[tuple[tree.Node, bytes]] | None = None,
) -> Generator[Row[Any]]:
    """Yield each stored entry after growing the frontier by its bytes.

    Shape: a reader on PostgreSQL is a cursor there, so it is closed also when a fault is found.
    """
    chosen = select(ENTRIES).order_by(ENTRIES.c.seq)
    if start:  # from the first one, entries below it are looked at too: there must be none
        chosen = chosen.where(ENTRIES.c.seq >= start)
    with session.execute(chosen, execution_options={"yield_per": 1000}) as found:
        for row in found:
            if row.seq != frontier.size:
                raise Tampered(f"Entry {frontier.size} of the log is missing or not in its place.")
            if (fault := _fault(row)) is not None:
                raise Tampered(f"Entry {row.seq} of the log was changed: {fault}.")
            done = frontier.append(row.leaf_hash)
            if nodes is not None and any(next(nodes, None) != node for node in done):
                raise Tampered(f"A hash above entry {row.seq} of the log was changed.")
            yield row
    if nodes is not None and next(nodes, None) is not None:
        raise Tampered(f"There are hashes beyond entry {frontier.size - 1}: the end was cut off.")


def _fault(row: Row[Any]) -> str | None:
    if not isinstance(row.record, bytes):  # SQLite keeps text in any column
        return "it is not bytes"
    if tree.leaf_hash(row.record) != row.leaf_hash:
        return "its bytes do not have its hash"
    try:
        parsed = json.loads(row.record)
        columns = log.columns_of(row.record)
    except (ValueError, KeyError, TypeError):
        return "it is not a record"
    if parsed["seq"] != row.seq:
        return "it says that it is another"
    if any(getattr(row, name) != value for name, value in columns.items()):
        return "its searchable columns differ from it"
    return None


def _stored_nodes(session: Session) -> Generator[tuple[tree.Node, bytes]]:
    """Stored subtrees in the order in which appending completes them."""
    ends = (NODES.c.position + 1).op("<<")(NODES.c.level)
    chosen = select(NODES).order_by(ends, NODES.c.level)
    with session.execute(chosen, execution_options={"yield_per": 1000}) as found:
        for row in found:
            yield (row.level, row.position), row.hash


def _check_texts(session: Session) -> None:
    for row in session.execute(
        select(TEXTS, ENTRIES.c.record).outerjoin(ENTRIES, ENTRIES.c.seq == TEXTS.c.seq)
    ):
        said = None if row.record is None else (json.loads(row.record)["text"] or {}).get("commit")
        bare = not isinstance(row.salt, bytes) or not isinstance(row.text, str)
        if bare or said != log.commitment(row.salt, row.text):
            raise Tampered(f"The text beside entry {row.seq} of the log was changed.")


def _agree(checkpoint: Checkpoint, frontier: tree.Frontier, agreed: int) -> int:
    if checkpoint.root != frontier.root():
        raise Tampered(
            f"The log was rewritten between entries {agreed} and {checkpoint.size - 1}: "
            "its root differs from the signed checkpoint."
        )
    return checkpoint.size


def _extends(session: Session, checkpoint: Checkpoint) -> None:
    reached = log.size(session)
    if reached < checkpoint.size:
        raise _too_short(reached, checkpoint.size)
    if log.root(session, checkpoint.size) != checkpoint.root:
        raise Tampered(
            f"The first {checkpoint.size} entries of the log are not those that were signed. "
            "Stop, keep a copy of the database, and run: tre audit verify"
        )


def _too_short(reached: int, signed: int) -> Tampered:
    return Tampered(
        f"The log has {reached} entries, but {signed} were signed: the end was cut off or an "
        "older database was restored. Nothing starts until an administrator has looked."
    )


def _due(fresh: Sequence[str], last: Checkpoint | None, now: datetime) -> bool:
    if last is None or len(fresh) >= EVERY_EVENTS or not last.time <= now < last.time + EVERY:
        return True
    return any(action.rpartition(".")[2] in AT_ONCE for action in fresh)


def one_moment(session: Session) -> None:
    """Let a reading session see one moment of the database; its first statement."""
    if session.get_bind().dialect.name != "sqlite":  # there BEGIN gave us one already
        session.execute(text("set transaction isolation level repeatable read"))


def _last(folder: Path, key: PublicKey) -> Checkpoint | None:
    notes = _notes(folder, tail=True)
    last = open_note(notes[-1], key) if notes else None
    if (newest := _newest(folder)) is not None:
        shown = open_note(newest, key)
        if last is None or last.size < shown.size:
            raise Tampered("The history of checkpoints is shorter than the newest one.")
    return last


def _newest(folder: Path) -> str | None:
    file = folder / "latest"
    return file.read_text(errors="replace") if file.exists() else None


def _notes(folder: Path, tail: bool = False) -> list[str]:
    """Read the history, or only its end; a last line without newline was never finished."""
    file = folder / "history.jsonl"
    if not file.exists():
        return []
    with file.open("rb") as stream:
        if tail and (length := file.stat().st_size) > TAIL:
            stream.seek(length - TAIL)
            stream.readline()
        whole = [line for line in stream if line.endswith(b"\n")]
    return [_note(line) for line in (whole[-1:] if tail else whole)]


def _note(line: bytes) -> str:
    try:
        note = json.loads(line)["note"]
    except (ValueError, KeyError, TypeError):
        note = None
    if not isinstance(note, str) or line != _line(note):
        raise Tampered("The history of checkpoints was changed.")
    return note


def _line(note: str) -> bytes:
    return json.dumps({"note": note}).encode() + b"\n"


def _keep(folder: Path, note: str) -> None:
    """Append to the history, then show the newest as a file of its own; both are on disk then."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = folder / "history.jsonl"
    _drop_unfinished(file)
    with file.open("ab") as stream:
        stream.write(_line(note))
        stream.flush()
        os.fsync(stream.fileno())
    _write_whole(folder / "latest", note.encode(), 0o644)


def _drop_unfinished(file: Path) -> None:
    """Cut a line that a crash left unfinished, or the next one would be glued to it."""
    if not file.exists() or not (length := file.stat().st_size):
        return
    with file.open("r+b") as stream:
        stream.seek(max(0, length - TAIL))
        tail = stream.read()
        stream.truncate(length - len(tail) + tail.rfind(b"\n") + 1)


def _write_whole(file: Path, data: bytes, mode: int) -> None:
    """Make a file whole or not at all: a crash in between must not leave half of it."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parse_body(body: str) -> Checkpoint:
    try:
        origin, size, root, time = body.split("\n")
        point = Checkpoint(
            origin,
            int(size),
            base64.b64decode(root, validate=True),
            datetime.fromisoformat(time.removeprefix("time ")),
        )
    except ValueError as error:
        raise Tampered("A checkpoint does not name origin, size, root and time.") from error
    if point.text() != body + "\n" or len(point.root) != 32 or point.size < 1:
        raise Tampered("A checkpoint is spelled in another way than it is signed.")
    return point


def _exact_base64(encoded: str) -> bytes | None:
    """Accept one spelling only: stray last bits would be a second one."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if base64.b64encode(raw).decode() == encoded else None

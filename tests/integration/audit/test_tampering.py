"""The tamper campaign: each change of a small log is found, by us and by the stand-alone verifier.

On SQLite only: it stores any type in any column, so it lets an attacker change more, and the
verification reads both databases by the same statements; that it finds changes on PostgreSQL too
is shown with the checkpoints.

The database is changed as its superuser can, guards off; the checkpoints are elsewhere.
"""

import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text
from sqlmodel import Session

from orchestrator import db
from orchestrator.audit import checkpoint, export, log, tre_verify
from orchestrator.audit.checkpoint import Signer
from orchestrator.errors import Tampered
from orchestrator.values import SYSTEM

RECORDS = 6
TRIGGERS = "select name from sqlite_master where type = 'trigger'"
MINUTE = timedelta(minutes=1)


class World:
    """A log of six records with checkpoints at 2, 4 and 6, and what an auditor gets of it."""

    def __init__(self, engine: Engine, folder: Path, now: datetime) -> None:
        """Make it through the services."""
        self.engine = engine
        self.signer = Signer.at(folder / "keys", "tre.example")
        self.folder = folder / "checkpoints"
        for step in range(3):
            self._grow(now)
            checkpoint.sign_if_due(engine, self.signer, self.folder, now + step * MINUTE)
        self.points = checkpoint.history(self.folder, self.signer.public)
        stream, leaves = io.BytesIO(), io.BytesIO()
        with db.read(engine) as session:
            export.write_records(session, stream)
            export.write_leaves(session, leaves)
        self.export, self.leaves = stream.getvalue(), leaves.getvalue()

    def _grow(self, now: datetime) -> None:
        with db.write(self.engine) as session:
            for number in range(2):
                log.append(
                    session,
                    action="airlock_file.viewed",
                    actor=SYSTEM,
                    now=now,
                    object_type="airlock_file",
                    object_id=f"f-{number}",
                    project="p-1" if number else None,
                    text="words" if number else None,
                )

    def found(self, change: Callable[[Session], object]) -> str:
        """Change the database in a transaction of its own, compare, roll back; say what is found.

        Errors: pytest fails when nothing was found.
        """
        with Session(self.engine) as session:
            session.connection().exec_driver_sql("BEGIN")
            for (name,) in session.execute(text(TRIGGERS)).all():
                session.execute(text(f"drop trigger {name}"))
            change(session)
            with pytest.raises(Tampered) as caught:
                checkpoint.compare(session, self.points)
            session.rollback()
        return str(caught.value)


@pytest.fixture
def world(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> World:
    """One small log."""
    return World(sqlite_engine, tmp_path, now)


def flipped(data: bytes, bit: int) -> bytes:
    """Change one bit."""
    return bytes([*data[: bit // 8], data[bit // 8] ^ 1 << bit % 8, *data[bit // 8 + 1 :]])


def test_the_unchanged_log_verifies(world: World) -> None:
    """Otherwise finding changes would mean nothing."""
    found = checkpoint.verify(world.engine, world.folder, world.signer.public)
    assert (found.size, found.checkpoints, found.unprotected) == (RECORDS, 3, 0)


COLUMNS = [
    ("audit_entries", "seq", column, f"seq = {seq}")
    for column in ("record", "leaf_hash", "action", "actor", "project", "object_id")
    for seq in (0, 3, 5)
] + [
    ("audit_nodes", "level", "hash", "level = 1 and position = 1"),
    ("audit_nodes", "level", "hash", "level = 2"),
    ("audit_texts", "seq", "salt", "seq = 3"),
    ("audit_texts", "seq", "text", "seq = 3"),
]


@pytest.mark.parametrize(("table", "key", "column", "where"), COLUMNS)
def test_one_bit_of_each_byte_of_each_column(
    world: World, table: str, key: str, column: str, where: str
) -> None:
    """Every byte, one bit each: found, and entries by their number."""
    with db.read(world.engine) as session:
        (old,) = session.execute(text(f"select {column} from {table} where {where}")).one()
    if old is None:
        assert "Entry" in world.found(
            lambda s: s.execute(text(f"update {table} set {column} = 'p-9' where {where}"))
        )
        return
    data = old if isinstance(old, bytes) else old.encode()
    for place in range(len(data)):
        changed = flipped(data, place * 8 + place % 7)
        value = changed if isinstance(old, bytes) else changed.decode("latin-1")
        said = world.found(
            lambda s, v=value: s.execute(  # type: ignore[misc]
                text(f"update {table} set {column} = :v where {where}"), {"v": v}
            )
        )
        if table == "audit_entries":
            assert f"Entry {where.rpartition(' ')[2]} " in said


@pytest.mark.parametrize("seq", range(RECORDS))
def test_each_deleted_entry(world: World, seq: int) -> None:
    """In the middle by its number, at the end by the checkpoint."""
    said = world.found(lambda s: s.execute(text(f"delete from audit_entries where seq = {seq}")))
    assert f"Entry {seq} " in said or "5 entries, but 6 were signed" in said or "cut off" in said


@pytest.mark.parametrize("pair", list(combinations(range(RECORDS), 2)))
def test_each_swapped_pair(world: World, pair: tuple[int, int]) -> None:
    """Two records that changed places, with everything that belongs to them."""
    first, second = pair

    def swap(session: Session) -> None:
        for old, new in ((first, -1), (second, first), (-1, second)):
            session.execute(text(f"update audit_entries set seq = {new} where seq = {old}"))

    assert f"Entry {first} " in world.found(swap)


def test_an_inserted_entry_and_a_subtree_too_many(world: World) -> None:
    """More than was appended is found as well."""
    copy = "select {}, record, leaf_hash, action, actor, project, object_id from audit_entries"
    for seq in (-1, 6, 7):
        world.found(
            lambda s, n=seq: s.execute(  # type: ignore[misc]
                text(f"insert into audit_entries {copy.format(n)} where seq = 2")
            )
        )
    world.found(lambda s: s.execute(text("insert into audit_nodes values (3, 0, zeroblob(32))")))
    world.found(lambda s: s.execute(text("insert into audit_nodes values (1, 9, zeroblob(32))")))
    world.found(lambda s: s.execute(text("insert into audit_texts values (0, 'x', 'y')")))
    world.found(lambda s: s.execute(text("insert into audit_texts values (9, 'x', 'y')")))
    world.found(lambda s: s.execute(text("delete from audit_nodes where level = 2")))


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entries set record = cast(record as text)",
        "update audit_entries set record = 7 where seq = 1",
        "update audit_texts set salt = 'text'",
        "update audit_texts set text = cast(text as blob)",
        "update audit_nodes set hash = 'text'",
    ],
)
def test_a_value_of_another_type(world: World, change: str) -> None:
    """SQLite stores any type in any column; that is a finding and not a crash."""
    world.found(lambda s: s.execute(text(change)))


@pytest.mark.parametrize(("changed", "interval"), [(0, "0 and 1"), (3, "2 and 3"), (5, "4 and 5")])
def test_a_whole_log_rewritten_to_fit(world: World, changed: int, interval: str) -> None:
    """All stored hashes made anew: only the checkpoints tell, and only the interval."""

    def rewrite(session: Session) -> None:
        records = [entry.record for entry in log.entries(session)]
        records[changed] = records[changed].replace(b'"success"', b'"failure"')
        session.execute(text("delete from audit_entries"))
        session.execute(text("delete from audit_nodes"))
        for seq, record in enumerate(records):
            log._store(session, seq, record)

    assert f"rewritten between entries {interval}:" in world.found(rewrite)


@pytest.mark.parametrize("left", range(RECORDS))
def test_a_log_cut_off_cleanly(world: World, left: int) -> None:
    """A prefix is a valid log by itself; the checkpoint says that there was more."""

    def cut(session: Session) -> None:
        session.execute(text(f"delete from audit_entries where seq >= {left}"))
        session.execute(text(f"delete from audit_texts where seq >= {left}"))
        session.execute(text(f"delete from audit_nodes where ((position + 1) << level) > {left}"))

    assert f"{left} entries, but " in world.found(cut)


def test_each_bit_of_the_checkpoints_file(world: World) -> None:
    """One changed bit anywhere in history or newest is found (each byte, one bit)."""
    for name in ("history.jsonl", "latest"):
        file = world.folder / name
        data = file.read_bytes()
        for place in range(len(data)):
            file.write_bytes(flipped(data, place * 8 + place % 7))
            with pytest.raises(Tampered):
                checkpoint.history(world.folder, world.signer.public)
        file.write_bytes(data)
    assert len(checkpoint.history(world.folder, world.signer.public)) == 3


# the stand-alone verifier, on the export


def points_of(world: World) -> list[tre_verify.Checkpoint]:
    """What the auditor pinned."""
    keys = list(tre_verify.read_keys(world.signer.public.vkey()))
    notes = tre_verify.read_notes((world.folder / "history.jsonl").read_bytes())
    return [tre_verify.open_note(note, keys) for note in notes]


def stopped(points: list[tre_verify.Checkpoint], data: bytes) -> bool:
    """Whether the verifier calls these bytes tampered."""
    try:
        tre_verify.verify(io.BytesIO(data), [points])
    except tre_verify.Stop as stop:
        return stop.code == tre_verify.TAMPERED
    return False


def mutations(data: bytes) -> Iterator[bytes]:
    """Every single bit, byte and line: flipped, deleted, doubled, inserted, swapped, cut off."""
    yield from (flipped(data, bit) for bit in range(len(data) * 8))
    for place in range(len(data)):
        yield data[:place] + data[place + 1 :]
        yield data[:place] + b"0" + data[place:]
        yield data[:place]
    lines = data.splitlines(keepends=True)
    for place, line in enumerate(lines):
        yield b"".join([*lines[:place], *lines[place + 1 :]])
        yield b"".join([*lines[:place], line, *lines[place:]])
    for one, two in combinations(range(len(lines)), 2):
        swapped = list(lines)
        swapped[one], swapped[two] = lines[two], lines[one]
        yield b"".join(swapped)


def test_every_mutation_of_an_export_is_found(world: World) -> None:
    """All of them, by the verifier that holds only checkpoints and a key."""
    points, tried = points_of(world), 0
    assert not stopped(points, world.export)
    for mutated in mutations(world.export):
        assert stopped(points, mutated), mutated
        tried += 1
    assert tried == len(world.export) * 11 + RECORDS * 2 + RECORDS * (RECORDS - 1) // 2


@pytest.fixture
def files(world: World, tmp_path: Path) -> list[str]:
    """The command line of an auditor."""
    (tmp_path / "log.jsonl").write_bytes(world.export)
    (tmp_path / "leaves").write_bytes(world.leaves)
    pinned = str(tmp_path / "keys" / "checkpoint.vkey")
    history = str(world.folder / "history.jsonl")
    command = ["--export", str(tmp_path / "log.jsonl"), "--checkpoints", history]
    return [*command, str(world.folder / "latest"), "--key", pinned]


def test_an_export_makes_the_round_trip(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Written by us, verified by the other program: exit 0."""
    assert tre_verify.main(files) == 0
    assert "6 entries agree with 3 checkpoints" in capsys.readouterr().out


def test_a_flipped_byte_in_an_export(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 7; the interval by checkpoints alone, the entry itself with leaf hashes kept earlier."""
    data = (tmp_path / "log.jsonl").read_bytes()
    at = data.index(b'"seq":3') - 20
    (tmp_path / "log.jsonl").write_bytes(flipped(data, at * 8))
    assert tre_verify.main(files) == 7
    assert "Something between entries 2 and 3 was changed." in capsys.readouterr().out
    assert tre_verify.main([*files, "--leaves", str(tmp_path / "leaves"), "--json"]) == 7
    assert "Entry 3 is the first" in json.loads(capsys.readouterr().out)["message"]


def test_entries_cut_off_are_named(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many there are and how many were signed."""
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_bytes(b"".join(lines[:5]))
    assert tre_verify.main(files) == 7
    assert "There are 5 entries, but 6 were signed." in capsys.readouterr().out


def test_the_wrong_key_and_missing_files(files: list[str], tmp_path: Path) -> None:
    """A note that no pinned key signed is tampered; a file that is not there is unusable."""
    other = Signer.at(tmp_path / "other", "tre.example").public.vkey()
    assert tre_verify.main([*files[:-1], other]) == 7
    assert tre_verify.main([*files[:-1], "/nowhere"]) == 2
    assert tre_verify.main(["--export", "/nowhere", *files[2:]]) == 2


def test_too_few_witnesses(world: World, files: list[str], tmp_path: Path) -> None:
    """Exit 6 until enough cosigned; a failing cosignature of a pinned witness is exit 7."""
    latest = world.folder / "latest"
    note = latest.read_text()
    body = note.split("\n\n")[0] + "\n"
    private = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    raw = b"\x04" + private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(b"patients.example\n" + raw).digest()[:4]
    pinned = f"patients.example+{key_id.hex()}+{base64.b64encode(raw).decode()}"
    signature = private.sign(f"cosignature/v1\ntime 1777885953\n{body}".encode())
    blob = key_id + (1777885953).to_bytes(8) + signature
    assert tre_verify.main([*files, pinned, "--witnesses", "1"]) == 6
    latest.write_text(note + f"— patients.example {base64.b64encode(blob).decode()}\n")
    only_latest = [*files[:3], str(latest), "--key", files[-1], pinned]
    assert tre_verify.main([*only_latest, "--witnesses", "1"]) == 0
    assert tre_verify.main([*only_latest, "--witnesses", "2"]) == 6
    broken = blob[:-1] + bytes([blob[-1] ^ 1])
    latest.write_text(note + f"— patients.example {base64.b64encode(broken).decode()}\n")
    assert tre_verify.main(only_latest) == 7


def test_a_flipped_byte_in_a_copy_of_the_database_is_found(world: World, tmp_path: Path) -> None:
    """As the story of the demo ends: each byte of one record in the file itself."""
    with world.engine.connect() as connection:
        connection.exec_driver_sql("vacuum into ?", (str(tmp_path / "copy.db"),))
    data = (tmp_path / "copy.db").read_bytes()
    with db.read(world.engine) as session:
        record = list(log.entries(session))[4].record
    start = data.index(record)
    for place in range(start, start + len(record), 29):
        (tmp_path / "copy.db").write_bytes(flipped(data, place * 8))
        copy = db.connect(f"sqlite:///{tmp_path / 'copy.db'}")
        with pytest.raises(Tampered, match="Entry 4 "):
            checkpoint.verify(copy, world.folder, world.signer.public)
        copy.dispose()

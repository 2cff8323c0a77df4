"""Checkpoints: signed when due, forward only, and a database that does not extend them stops."""

import base64
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orchestrator import db
from orchestrator.audit import checkpoint, log
from orchestrator.audit.checkpoint import PublicKey, Signer, must_extend, sign_if_due, verify
from orchestrator.errors import Invalid, Tampered
from orchestrator.values import SYSTEM
from tests.databases import guards_off, keep

SECOND = timedelta(seconds=1)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """The reconciler's key."""
    return Signer.at(tmp_path / "keys", "tre.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where checkpoints are kept."""
    return tmp_path / "checkpoints"


def grow(engine: Engine, count: int, now: datetime, action: str = "airlock_file.viewed") -> None:
    """Append a number of records."""
    with db.write(engine) as session:
        for _ in range(count):
            log.append(
                session, action=action, actor=SYSTEM, now=now, object_type="x", object_id="y"
            )


def rewrite(engine: Engine, statement: str, value: bytes) -> None:
    """Switch the guards off, then change."""
    with engine.begin() as connection:
        guards_off(connection)
        connection.execute(text(statement), {"value": value})


def older(engine: Engine, folder: Path) -> Engine:
    """A copy of the database as it is now."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("vacuum into ?", (str(folder / "old.db"),))
        return db.connect(f"sqlite:///{folder / 'old.db'}")
    engine.dispose()
    return db.connect(keep(engine.url.render_as_string(hide_password=False), folder))


def test_signed_when_due_and_not_before(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The first at once, then after 60 s or 256 records, and never for nothing."""
    assert sign_if_due(engine, signer, folder, now) is None
    grow(engine, 1, now)
    first = sign_if_due(engine, signer, folder, now)
    assert first is not None
    assert (first.origin, first.size, first.time) == ("tre.example", 1, now)
    grow(engine, 1, now)
    assert sign_if_due(engine, signer, folder, now + 59 * SECOND) is None
    second = sign_if_due(engine, signer, folder, now + 60 * SECOND)
    assert second is not None
    assert second.size == 2
    assert sign_if_due(engine, signer, folder, now + 600 * SECOND) is None
    grow(engine, 255, now)
    assert sign_if_due(engine, signer, folder, now + 61 * SECOND) is None
    grow(engine, 1, now)
    third = sign_if_due(engine, signer, folder, now + 61 * SECOND)
    assert third is not None
    assert third.size == 258
    found = verify(engine, folder, signer.public)
    assert (found.size, found.checkpoints, found.unprotected) == (258, 3, 0)


@pytest.mark.parametrize("action", ["project.approve", "airlock_request.release", "operator.halt"])
def test_what_matters_is_signed_at_once(
    engine: Engine, signer: Signer, folder: Path, now: datetime, action: str
) -> None:
    """A decision does not wait for the minute."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    grow(engine, 1, now, action)
    grow(engine, 1, now)
    signed = sign_if_due(engine, signer, folder, now)
    assert signed is not None
    assert signed.size == 3


def test_a_clock_that_went_back_does_not_delay(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The size goes forward, whatever the clock does."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    grow(engine, 1, now)
    assert sign_if_due(engine, signer, folder, now - 3600 * SECOND) is not None
    verify(engine, folder, signer.public)


def test_counted_refusals_are_settled_before_signing(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The checkpoint of the next minute holds how often it was tried."""
    for _ in range(5):
        log.refuse(engine, actor=SYSTEM, rule="not_a_member", now=now)
    sign_if_due(engine, signer, folder, now)
    signed = sign_if_due(engine, signer, folder, now + 60 * SECOND)
    assert signed is not None
    assert signed.size == 2


def test_an_older_database_is_refused(
    engine: Engine, signer: Signer, folder: Path, now: datetime, tmp_path: Path
) -> None:
    """Restoring a backup cuts the log off: nothing starts and nothing is signed."""
    grow(engine, 5, now)
    old = older(engine, tmp_path)
    grow(engine, 5, now)
    sign_if_due(engine, signer, folder, now)
    must_extend(engine, folder, signer.public)
    for attempt in (
        lambda: must_extend(old, folder, signer.public),
        lambda: sign_if_due(old, signer, folder, now + 60 * SECOND),
        lambda: verify(old, folder, signer.public),
    ):
        with pytest.raises(Tampered, match="5 entries, but 10 were signed"):
            attempt()
    grow(old, 7, now)  # longer again, but with another history
    with pytest.raises(Tampered, match="not those that were signed"):
        must_extend(old, folder, signer.public)
    with pytest.raises(Tampered, match="not those that were signed"):
        sign_if_due(old, signer, folder, now + 60 * SECOND)
    assert len(checkpoint.history(folder, signer.public)) == 1
    old.dispose()


def test_changed_records_are_never_signed(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The signer hashes new records itself instead of believing stored hashes."""
    grow(engine, 3, now)
    sign_if_due(engine, signer, folder, now)
    grow(engine, 4, now)
    rewrite(engine, "update audit_entries set record = :value where seq = 5", b"{}")
    with pytest.raises(Tampered, match="Entry 5 "):
        sign_if_due(engine, signer, folder, now + 60 * SECOND)


def test_changed_subtrees_are_never_signed(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """Stored subtrees above good records must fit them."""
    grow(engine, 3, now)
    sign_if_due(engine, signer, folder, now)
    grow(engine, 5, now)
    rewrite(engine, "update audit_nodes set hash = :value where level = 3", bytes(32))
    with pytest.raises(Tampered, match="from 3 on"):
        sign_if_due(engine, signer, folder, now + 60 * SECOND)


def test_a_line_that_a_crash_left_unfinished_is_dropped(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """Half a checkpoint is none, and the next one is not glued to it."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    with (folder / "history.jsonl").open("ab") as stream:
        stream.write(b'{"note": "tre.ex')
    grow(engine, 1, now)
    must_extend(engine, folder, signer.public)
    sign_if_due(engine, signer, folder, now + 60 * SECOND)
    assert [point.size for point in checkpoint.history(folder, signer.public)] == [1, 2]
    assert (folder / "latest").read_text().startswith("tre.example\n2\n")


def test_a_crash_before_the_newest_is_shown_is_no_alarm(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The history is written first; showing the newest comes after."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    before = (folder / "latest").read_bytes()
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now + 60 * SECOND)
    (folder / "latest").write_bytes(before)
    must_extend(engine, folder, signer.public)
    assert verify(engine, folder, signer.public).checkpoints == 2


def test_a_history_that_lost_its_end_is_noticed(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The newest checkpoint lies beside it."""
    for minute in range(3):
        grow(engine, 1, now)
        sign_if_due(engine, signer, folder, now + minute * 60 * SECOND)
    file = folder / "history.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    for kept in (lines[:-1], []):
        file.write_bytes(b"".join(kept))
        with pytest.raises(Tampered):
            must_extend(engine, folder, signer.public)
        with pytest.raises(Tampered):
            verify(engine, folder, signer.public)


def test_checkpoints_of_another_key_are_no_checkpoints(
    engine: Engine, signer: Signer, folder: Path, now: datetime, tmp_path: Path
) -> None:
    """A key made anew after the old one was lost is noticed, not taken."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    other = Signer.at(tmp_path / "other", "tre.example")
    with pytest.raises(Tampered, match="not signed by"):
        sign_if_due(engine, other, folder, now + 60 * SECOND)
    with pytest.raises(Tampered, match="not signed by"):
        verify(engine, folder, other.public)


def test_unknown_signatures_are_ignored_and_a_failing_known_one_is_not(
    engine: Engine, signer: Signer, folder: Path, now: datetime, tmp_path: Path
) -> None:
    """A witness may add its line; a broken line of ours spoils the note."""
    grow(engine, 1, now)
    sign_if_due(engine, signer, folder, now)
    note = (folder / "latest").read_text()
    other = Signer.at(tmp_path / "other", "witness.example")
    point = checkpoint.open_note(note, signer.public)
    cosigned = note + other.sign(point).split("\n\n")[1]
    assert checkpoint.open_note(cosigned, signer.public) == point
    wrong = base64.b64encode(signer.public.key_id + bytes(64)).decode()
    with pytest.raises(Tampered, match="signature"):
        checkpoint.open_note(note + f"— tre.example {wrong}\n", signer.public)


def test_the_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """Made once with mode 0600; opened to others it is refused; the public half lies beside it."""
    made = Signer.at(tmp_path, "tre.example")
    file = tmp_path / "checkpoint.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert Signer.at(tmp_path, "tre.example").public == made.public
    assert PublicKey.parse((tmp_path / "checkpoint.vkey").read_text()) == made.public
    assert file.read_bytes().hex() not in repr(made)
    file.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        Signer.at(tmp_path, "tre.example")
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(Invalid, match="damaged"):
        Signer.at(tmp_path, "tre.example")


@pytest.mark.parametrize("spelled", ["", "a+b", "tre.example+00000000+AQ==", "x" * 50])
def test_a_public_key_that_is_none(spelled: str) -> None:
    """Says so."""
    with pytest.raises(Invalid):
        PublicKey.parse(spelled)


def test_a_key_id_belongs_to_its_key(signer: Signer) -> None:
    """A key is name and id together."""
    name, _, rest = signer.public.vkey().partition("+")
    with pytest.raises(Invalid, match="id of this public key"):
        PublicKey.parse(f"other.{name}+{rest}")


def test_what_is_newer_than_the_last_checkpoint_is_counted(
    engine: Engine, signer: Signer, folder: Path, now: datetime
) -> None:
    """The limit is stated, not hidden."""
    grow(engine, 4, now)
    sign_if_due(engine, signer, folder, now)
    grow(engine, 3, now)
    assert verify(engine, folder, signer.public).unprotected == 3
    shutil.rmtree(folder)
    assert verify(engine, folder, signer.public).unprotected == 7

"""Backup, restore, move: everything in between is destroyed, and everything is there again."""

import base64
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from orchestrator import db
from orchestrator.audit import checkpoint, export, log, tre_verify, tree
from orchestrator.audit.checkpoint import Signer
from orchestrator.bootstrap.store import depot
from orchestrator.cli import doctor, processes
from orchestrator.errors import Conflict, Invalid, NotFound, Tampered, Unavailable
from orchestrator.keeping import folder as backups
from orchestrator.keeping import rows, standstill
from orchestrator.keeping.move import move
from orchestrator.keeping.restore import Wish, restore
from orchestrator.migrations import run
from orchestrator.objectstore.zones import Zone
from orchestrator.reconciler import snapshots
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM, canonical_json
from orchestrator.workspaces.states import WorkspaceState
from tests.conftest import NOW
from tests.databases import a_copy, closing_engine
from tests.reconciler_world import a_house
from tests.s3_world import S3Server
from tests.web_world import World, a_control, a_world, copied

MINUTE = timedelta(minutes=1)
CHANGED_BY_A_RESTORE = {"workspaces"}
QUIET: list[str] = []


def heard(words: str) -> None:
    """Where the words of a long run go."""
    QUIET.append(words)


@dataclass
class Place:
    """Settings of one installation, and a way to look into it."""

    settings: Settings
    stack: ExitStack = field(repr=False)

    @property
    def engine(self) -> Engine:
        """A fresh connection; closed with the test."""
        return self.stack.enter_context(closing_engine(self.settings.database))

    def dump(self) -> dict[str, list[str]]:
        """Every table, sorted, one line a row."""
        with db.read(self.engine) as session:
            return {
                table.name: sorted(line.decode() for line in rows.lines(session, table))
                for table in rows.tables(session)
            }

    def stored(self) -> dict[Zone, set[str]]:
        """Every stored file, by zone."""
        store = depot(self.settings)
        return {zone: set(store.digests(zone)) for zone in Zone}

    def sign(self, minutes: int = 0) -> None:
        """The reconciler signs what was appended."""
        keys = self.settings.state_dir / "keys"
        signer = Signer.at(keys, self.settings.origin)
        folder = self.settings.state_dir / "checkpoints"
        checkpoint.sign_if_due(self.engine, signer, folder, NOW + minutes * MINUTE)

    def verified(self) -> int:
        """The log, held against its checkpoints; how long it is."""
        folder = self.settings.state_dir / "checkpoints"
        return checkpoint.verify(self.engine, folder, backups.public_key(self.settings)).size

    def grow(self, count: int = 1) -> None:
        """Something happens."""
        with db.write(self.engine) as session:
            for _ in range(count):
                log.append(
                    session, action="a.b", actor=SYSTEM, now=NOW, object_type="x", object_id="y"
                )

    def actions(self) -> list[str]:
        """What the log says happened."""
        with db.read(self.engine) as session:
            return [json.loads(entry.record)["action"] for entry in log.entries(session)]

    def destroy(self, keep: tuple[str, ...] = ()) -> None:
        """Everything: the state folder and the database."""
        for path in self.settings.state_dir.iterdir():
            if path.name not in keep:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _drop_everything(self.settings.database)


def _drop_everything(url: str) -> None:
    if url.startswith("sqlite"):
        for path in Path(url.removeprefix("sqlite:///")).parent.glob("*.db*"):
            path.unlink()
        return
    with closing_engine(url) as engine, engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))


@pytest.fixture(scope="module")
def full(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation with a bit of everything, on each database."""
    folder = tmp_path_factory.mktemp("full")
    with a_copy(blank, folder) as url:
        yield a_world(a_control(folder, url))


@pytest.fixture
def place(full: World, tmp_path: Path) -> Iterator[Place]:
    """A copy of it with indexes, forms and a signed log; its store is a folder."""
    with ExitStack() as stack:
        control = stack.enter_context(copied(full, tmp_path)).control
        url = control.db.url.render_as_string(hide_password=False)
        state = control.settings.state_dir
        for name in ("indexes/a.index", "keys/indexes/a.key", "forms/b.json", "keys/login"):
            (state / name).parent.mkdir(parents=True, exist_ok=True)
            (state / name).write_bytes(os.urandom(50))
        control.store.freeze(Zone.INBOX, io.BytesIO(b"received"), 1 << 20)
        control.store.freeze(Zone.INBOX, io.BytesIO(b"admitted"), 1 << 20)
        admitted = control.store.freeze(Zone.INBOX, io.BytesIO(b"in both"), 1 << 20).digest
        control.store.copy(Zone.INBOX, admitted, Zone.SNAPSHOTS)
        found = Place(Settings(mode="test", state_dir=state, database_url=url), stack)
        found.sign()
        yield found


@pytest.fixture
def saved(place: Place, tmp_path: Path) -> tuple[backups.Backup, Path]:
    """A backup of it, and the file the key was written to."""
    key = tmp_path / "elsewhere" / "checkpoint.key"
    return backups.make(place.settings, tmp_path / "backup", NOW, key, heard), key


def other_kind(url: str, request: pytest.FixtureRequest, stack: ExitStack, folder: Path) -> str:
    """An empty database of the kind that this one is not."""
    folder.mkdir(exist_ok=True)
    if url.startswith("sqlite"):
        found = stack.enter_context(a_copy(request.getfixturevalue("postgres"), folder))
        _drop_everything(found)
        return found
    return f"sqlite:///{folder / 'new.db'}"


def restored_at(place: Place, tmp_path: Path, url: str) -> Place:
    """An empty place beside it."""
    state = tmp_path / "new-state"
    state.mkdir()
    return Place(Settings(mode="test", state_dir=state, database_url=url), place.stack)


def _same_but_for_the_restore(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    assert before.keys() == after.keys()
    for name, lines in before.items():
        if name.startswith("audit_"):
            assert set(lines) <= set(after[name]), name
        elif name not in CHANGED_BY_A_RESTORE:
            assert lines == after[name], name


def test_everything_is_back_after_everything_was_destroyed(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """The same machine: rows, files, indexes with their keys; a login key is made anew."""
    made, key = saved
    before, files, size = place.dump(), place.stored(), place.verified()
    state = place.settings.state_dir
    beside = {name: (state / name).read_bytes() for name in ("indexes/a.index", "forms/b.json")}
    place.destroy()
    done = restore(place.settings, made.folder, Wish(made.digest, key), NOW, heard)
    assert (done.rows, done.missing) == (sum(made.tables.values()), 0)
    # the record of the backup itself was written after it
    before["audit_entries"] = [line for line in before["audit_entries"] if "backed_up" not in line]
    before["audit_nodes"] = []
    _same_but_for_the_restore(before, place.dump())
    assert place.stored() == files
    assert {name: (state / name).read_bytes() for name in beside} == beside
    assert not (state / "keys" / "login").exists()
    assert place.verified() > size
    assert "installation.restored" in place.actions()
    assert "log.cut" not in place.actions()
    place.sign(5)
    place.verified()


def test_a_restore_is_the_same_on_the_other_database(
    place: Place,
    saved: tuple[backups.Backup, Path],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """Rows know nothing of the database they came from."""
    made, key = saved
    url = other_kind(place.settings.database, request, place.stack, tmp_path / "other")
    there = restored_at(place, tmp_path, url)
    restore(there.settings, made.folder, Wish(signing_key=key), NOW, heard)
    before = place.dump()
    before["audit_entries"] = [line for line in before["audit_entries"] if "backed_up" not in line]
    before["audit_nodes"] = []
    _same_but_for_the_restore(before, there.dump())
    assert there.stored() == place.stored()
    states = {json.loads(line)["state"] for line in there.dump()["workspaces"]}
    assert WorkspaceState.OPEN not in states, "no engine knows it: it is made anew"


def _tre(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator types it, with the settings of this machine."""
    command = [sys.executable, "-m", "orchestrator.cli.main", *words]
    return subprocess.run(
        command, env=place.settings.environment(), capture_output=True, text=True, check=False
    )


def test_the_commands_as_an_operator_types_them(place: Place, tmp_path: Path) -> None:
    """The digest that is printed is asked for again; a changed file is named, with exit code 7."""
    folder, key, files = tmp_path / "backup", tmp_path / "safe.key", place.stored()
    made = _tre(place, "backup", str(folder), "--signing-key", str(key))
    assert made.returncode == 0, made.stderr
    (digest,) = re.findall(r"sha256:[0-9a-f]{64}", made.stdout.replace("\n", ""))
    place.destroy()
    words = ["restore", str(folder), "--signing-key", str(key), "--digest"]
    assert _tre(place, *words, digest[:-1] + ("0" if digest[-1] != "0" else "1")).returncode == 7
    _spoil(folder / "indexes" / "a.index")
    refused = _tre(place, *words, digest)
    assert refused.returncode == 7
    assert "indexes/a.index" in refused.stderr
    _spoil(folder / "indexes" / "a.index")
    done = _tre(place, *words, digest)
    assert done.returncode == 0, done.stderr
    assert place.stored() == files
    nowhere = tmp_path / "same.env"
    nowhere.write_text(f"TRE_DATABASE_URL={place.settings.database}\n")
    assert _tre(place, "move", str(nowhere)).returncode == 2


def test_the_doctor_knows_the_store_and_the_age_of_the_backup(
    place: Place, saved: tuple[backups.Backup, Path], s3_server: S3Server
) -> None:
    """Never, long ago, or not at all: each says so."""
    assert (doctor._store(place.settings).status, saved[0].made) == ("ok", NOW)
    old = doctor._backup(place.settings)
    assert (old.status, old.cure) == ("off", "tre backup FOLDER")
    assert "days old" in old.say
    away = s3_server.settings(place.settings.state_dir, "no-such-bucket")
    assert doctor._store(away).status == "broken"
    place.destroy()
    run.upgrade(place.settings.database)
    assert "never" in doctor._backup(place.settings).say


def test_what_is_in_a_backup_and_what_never_is(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """The signing key goes to its own file only; nothing else of the keys but those of indexes."""
    made, key = saved
    assert key.read_bytes() == (place.settings.state_dir / "keys/checkpoint.key").read_bytes()
    assert oct(key.stat().st_mode)[-3:] == "600"
    names = {str(p.relative_to(made.folder)) for p in made.folder.rglob("*") if p.is_file()}
    assert {name for name in names if name.startswith("keys")} == {"keys/indexes/a.key"}
    secret = key.read_bytes()
    assert not [p for p in made.folder.rglob("*") if p.is_file() and secret in p.read_bytes()]
    inside = made.folder.parent / "two"
    with pytest.raises(Invalid, match="must not lie in the backup"):
        backups.make(place.settings, inside, NOW, inside / "key", heard)
    assert place.actions()[-1] == "installation.backed_up"


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "pattern",
    [
        "rows/people.jsonl",
        "rows/audit_entries.jsonl",
        "objects/*/*/*",
        "objects.jsonl",
        "checkpoints/history.jsonl",
        "indexes/a.index",
        "keys/indexes/a.key",
    ],
)
def test_a_changed_backup_is_refused_with_the_file_named(
    place: Place, saved: tuple[backups.Backup, Path], pattern: str
) -> None:
    """One bit, or the whole file gone; nothing is restored."""
    made, key = saved
    place.destroy()
    path = sorted(made.folder.glob(pattern))[0]
    name = re.escape(str(path.relative_to(made.folder)))
    kept = path.read_bytes()
    for spoil in (_spoil, Path.unlink):
        spoil(path)
        with pytest.raises(Tampered, match=name):
            restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
        path.write_bytes(kept)
    assert not any(place.stored().values())
    with db.read(place.engine) as session:
        assert rows.empty(session)
    restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)


def test_a_manifest_that_fits_its_changed_files_is_still_another_backup(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """Whoever can write to the folder can make a manifest that fits: its digest is kept apart."""
    made, key = saved
    place.destroy()
    path = made.folder / "rows" / "people.jsonl"
    path.write_bytes(path.read_bytes().replace(b"hospital-h", b"hospital-x"))
    manifest = json.loads((made.folder / "manifest.json").read_bytes())
    manifest["files"]["rows/people.jsonl"] = list(backups._facts(path))
    (made.folder / "manifest.json").chmod(0o600)
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Tampered, match="another backup"):
        restore(place.settings, made.folder, Wish(made.digest, key), NOW, heard)


def _another_actor(line: bytes) -> bytes:
    """The entry says that somebody else did it, and its leaf hash was made to fit."""
    row = json.loads(line)
    record = json.loads(base64.b64decode(row["record"]["bytes"])) | {"actor": "u-nobody"}
    changed = canonical_json(record)
    row["record"]["bytes"] = base64.b64encode(changed).decode()
    row["leaf_hash"]["bytes"] = base64.b64encode(tree.leaf_hash(changed)).decode()
    return json.dumps(row).encode() + b"\n"


def _another_column(line: bytes) -> bytes:
    """What is no row of the table."""
    return line.replace(b'"action"', b'"bction"', 1)


@pytest.mark.parametrize("change", [_another_actor, _another_column])
def test_a_log_that_was_rewritten_in_the_backup_is_refused(
    place: Place, saved: tuple[backups.Backup, Path], change: Callable[[bytes], bytes]
) -> None:
    """Also when manifest and leaf hashes were made to fit: the checkpoints are signed."""
    made, key = saved
    place.destroy()
    path = made.folder / "rows" / "audit_entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-2] = change(lines[-2])
    path.write_bytes(b"".join(lines))
    manifest = json.loads((made.folder / "manifest.json").read_bytes())
    manifest["files"]["rows/audit_entries.jsonl"] = list(backups._facts(path))
    (made.folder / "manifest.json").chmod(0o600)
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Tampered):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    with db.read(place.engine) as session:
        assert rows.empty(session)


def test_something_that_does_not_belong_to_a_backup_is_refused(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """A file too much, a link out of the folder, a folder without a manifest."""
    made, key = saved
    place.destroy()
    (made.folder / "more").write_text("x")
    with pytest.raises(Tampered, match="more does not belong"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    (made.folder / "more").unlink()
    people = made.folder / "rows" / "people.jsonl"
    people.rename(made.folder.parent / "people.jsonl")
    people.symlink_to(made.folder.parent / "people.jsonl")
    with pytest.raises(Tampered, match=r"people\.jsonl"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    with pytest.raises(NotFound, match="no finished backup"):
        restore(place.settings, made.folder / "rows", Wish(signing_key=key), NOW, heard)


def test_only_an_empty_installation_is_restored_into(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """A database with a row, or a store with a file that the backup has not."""
    made, key = saved
    with pytest.raises(Conflict, match="already holds an installation"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    place.destroy()
    foreign = depot(place.settings).freeze(Zone.QUARANTINE, io.BytesIO(b"foreign"), 100)
    with pytest.raises(Conflict, match="1 other files in quarantine"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    assert depot(place.settings).stat(Zone.QUARANTINE, foreign.digest) == 7


def test_the_signing_key_is_asked_for(place: Place, saved: tuple[backups.Backup, Path]) -> None:
    """Without it nothing is restored; lost, another history begins and the log says so."""
    made, _key = saved
    place.destroy()
    with pytest.raises(Invalid, match="--signing-key"):
        restore(place.settings, made.folder, Wish(), NOW, heard)
    restore(place.settings, made.folder, Wish(new_key=True), NOW, heard)
    assert "log.key_replaced" in place.actions()
    assert (place.settings.state_dir / "checkpoints/ended-1/history.jsonl").exists()
    place.sign(5)
    place.verified()


def test_an_older_backup_is_noticed_and_the_cut_is_recorded(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """Against the newest checkpoint that is known here; the reason is kept, the old history too."""
    made, key = saved
    place.grow(3)
    place.sign(2)
    before = place.verified()
    place.destroy(keep=("checkpoints", "keys"))
    with pytest.raises(Tampered, match=f"{before:,} entries were signed"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    assert not any(place.stored().values())
    wish = Wish(signing_key=key, accept_cut="The disk of that day is lost.")
    done = restore(place.settings, made.folder, wish, NOW, heard)
    assert done.missing == before - made.tables["audit_entries"]
    with db.read(place.engine) as session:
        (seq,) = [n for n, action in enumerate(place.actions()) if action == "log.cut"]
        record = json.loads(next(log.entries(session, seq, seq + 1)).record)
        assert log.text_of(session, seq) == "The disk of that day is lost."
    assert record["detail"]["signed"] == before
    assert (place.settings.state_dir / "checkpoints/ended-1/history.jsonl").exists()
    keys, checkpoints = (place.settings.state_dir / name for name in ("keys", "checkpoints"))
    checkpoint.must_extend(place.engine, checkpoints, Signer.at(keys, "tre.example").public)
    place.sign(9)
    place.verified()


@pytest.fixture
def after_a_cut(place: Place, saved: tuple[backups.Backup, Path], tmp_path: Path) -> list[str]:
    """The command line of an auditor after a restore that lost entries, with all histories."""
    made, key = saved
    state = place.settings.state_dir / "checkpoints"
    for minute in (2, 4, 6):
        place.grow(3)
        place.sign(minute)
    with db.read(place.engine) as session, (tmp_path / "leaves").open("wb") as leaves:
        export.write_leaves(session, leaves)
    place.destroy(keep=("checkpoints", "keys"))
    wish = Wish(signing_key=key, accept_cut="The disk of that day is lost.")
    restore(place.settings, made.folder, wish, NOW, heard)
    place.sign(9)
    place.grow(20)
    place.sign(11)
    with db.read(place.engine) as session, (tmp_path / "log.jsonl").open("wb") as records:
        export.write_records(session, records)
    (pinned,) = (place.settings.state_dir / "keys").glob("*.vkey")
    histories = [state / "ended-1/history.jsonl", state / "history.jsonl"]
    return [
        *("--export", str(tmp_path / "log.jsonl"), "--key", str(pinned)),
        *("--checkpoints", *map(str, histories)),
    ]


def test_an_auditor_sees_a_recorded_cut_and_no_contradiction(
    after_a_cut: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Checkpoints and hashes from before the cut are explained by it; the loss is told."""
    assert tre_verify.main(after_a_cut) == 0
    assert "records a cut" in (said := capsys.readouterr().out)
    assert "3 checkpoints of the history that ended there" in said
    assert tre_verify.main([*after_a_cut, "--leaves", str(tmp_path / "leaves")]) == 0
    ended = Path(after_a_cut[5])
    last = tmp_path / "last"
    last.write_text(ended.read_text().splitlines(keepends=True)[-1])
    assert tre_verify.main([*after_a_cut[:5], str(last), after_a_cut[6]]) == 0


@pytest.mark.parametrize(
    "kind", ["entry", "cut", "kept", "root", "uncovered", "middle", "no history", "leaves"]
)
def test_a_cut_explains_nothing_but_itself(
    after_a_cut: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Only the history that ended with the root that it names; and only if it was signed."""
    records, ended = tmp_path / "log.jsonl", Path(after_a_cut[5])
    lines = records.read_bytes().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if b'"log.cut"' in line]
    kept = json.loads(lines[at])["detail"]["kept"]
    points = ended.read_text().splitlines(keepends=True)
    words = list(after_a_cut)
    match kind:
        case "entry":  # one that was written after the cut, where old checkpoints reach
            lines[at + 5] = lines[at + 5].replace(b"a.b", b"a.c")
        case "cut":
            lines[at] = lines[at].replace(b"log.cut", b"log.cup")
        case "kept":
            lines[at] = lines[at].replace(b'"kept":%d' % kept, b'"kept":%d' % (kept - 1))
        case "root":
            lines[at] = lines[at].replace(b'"root":"', b'"root":"00')
        case "uncovered":  # the log ends with a cut that nobody signed
            lines = lines[: at + 1]
            words.pop()
        case "middle":  # a checkpoint between, without the history that shows where it ended
            ended.write_text("".join(points[:-1]))
        case "no history":
            ended.write_text(points[0] + points[-2])
        case _:
            leaves = (tmp_path / "leaves").read_text().split()
            (tmp_path / "leaves").write_text("\n".join(leaves[:-1]))
            words += ["--leaves", str(tmp_path / "leaves")]
    records.write_bytes(b"".join(lines))
    assert tre_verify.main(words) == 7, capsys.readouterr().out


def test_a_cut_is_not_forgotten_by_an_interrupted_restore(
    place: Place, saved: tuple[backups.Backup, Path]
) -> None:
    """Ended after the old history was put aside: the second run still records the cut."""
    made, key = saved
    place.grow(3)
    place.sign(2)
    place.destroy(keep=("checkpoints", "keys"))
    wish = Wish(signing_key=key, accept_cut="Lost.")
    with pytest.raises(KeyboardInterrupt):
        restore(place.settings, made.folder, wish, NOW, ends_at(3))
    assert (place.settings.state_dir / "checkpoints/ended-1").exists()
    with pytest.raises(Tampered, match="accept-cut"):
        restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard)
    restore(place.settings, made.folder, wish, NOW, heard)
    assert "log.cut" in place.actions()


def ends_at(step: int) -> backups.Tell:
    """Somebody ends the run when this step was told."""
    steps = itertools.count(1)

    def tell(_words: str) -> None:
        if next(steps) == step:
            raise KeyboardInterrupt

    return tell


def test_who_works_is_named_and_nothing_is_touched(
    place: Place,
    saved: tuple[backups.Backup, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restore and a move wait for nobody; a control plane does not start meanwhile."""
    made, key = saved
    target = tmp_path / "to.env"
    target.write_text(f"TRE_DATABASE_URL=sqlite:///{tmp_path}/to.db\n")
    acts = (
        lambda: restore(place.settings, made.folder, Wish(signing_key=key), NOW, heard),
        lambda: move(place.settings, place.settings.moved(target), NOW, heard),
    )
    for act in acts:
        with standstill.serving(place.engine), pytest.raises(Conflict, match="tre serve still"):
            act()
        with db.held(place.engine, db.RECONCILER), pytest.raises(Conflict, match="tre reconcile"):
            act()
    monkeypatch.setenv("TRE_STATE_DIR", str(place.settings.state_dir))
    monkeypatch.setenv("TRE_DATABASE_URL", place.settings.database)
    with (
        standstill.standstill(place.engine),
        pytest.raises(Conflict, match="restored or moved"),
    ):
        processes.serve()
    with standstill.nothing_removed(place.engine), pytest.raises(Conflict, match="cleaned up"):
        backups.make(place.settings, tmp_path / "second", NOW, None, heard)


def test_nothing_is_cleaned_up_under_a_backup(place: Place, tmp_path: Path) -> None:
    """Rows of a moment name bytes that would be freed a moment later."""
    house = a_house(tmp_path / "house", place.engine, None)  # type: ignore[arg-type]
    frozen = house.hands.store.freeze(Zone.INBOX, io.BytesIO(b"nobody waits"), 100)
    later = NOW + timedelta(days=9999)
    with standstill.nothing_removed(place.engine):
        snapshots._collect(house.hands, later)
        assert house.hands.store.stat(Zone.INBOX, frozen.digest) == 12
    snapshots._collect(house.hands, later)
    assert house.hands.store.stat(Zone.INBOX, frozen.digest) is None


def test_spoilt_bytes_are_never_backed_up(place: Place, tmp_path: Path) -> None:
    """Nor a log that is not what was signed: a backup is made of what is right."""
    store = depot(place.settings)
    digest = sorted(store.digests(Zone.INBOX))[0]
    path = store.location(Zone.INBOX, digest)  # type: ignore[attr-defined]
    _spoil(path)
    with pytest.raises(Tampered, match=digest[:19]):
        backups.make(place.settings, tmp_path / "backup", NOW, None, heard)
    with pytest.raises(NotFound, match="no finished backup"):
        backups.describe(tmp_path / "backup")
    with pytest.raises(Conflict, match="not empty"):
        backups.make(place.settings, tmp_path / "backup", NOW, None, heard)


def target_file(folder: Path, url: str, server: S3Server, bucket: str) -> Path:
    """What an administrator writes: the other database, and a bucket."""
    settings = server.settings(folder, bucket)
    file = folder / "target.env"
    file.write_text(
        f"TRE_DATABASE_URL={url}\n# and the bytes\nTRE_STORE=s3\n"
        f"TRE_S3_ENDPOINT={settings.s3_endpoint}\nTRE_S3_BUCKET={bucket}\nTRE_S3_TLS=false\n"
        f"TRE_S3_ACCESS_KEY={settings.s3_access_key.get_secret_value()}\n"
        f"TRE_S3_SECRET_KEY={settings.s3_secret_key.get_secret_value()}\n"
    )
    return file


def test_moved_there_and_back_everything_is_the_same(
    place: Place, s3_server: S3Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """To the other database and from a folder to S3, and back: rows, files and log are equal."""
    url = other_kind(place.settings.database, request, place.stack, tmp_path / "other")
    files = place.stored()
    target = place.settings.moved(target_file(tmp_path, url, s3_server, s3_server.bucket()))
    done = move(place.settings, target, NOW, heard)
    there = Place(target, place.stack)
    assert done.files == sum(map(len, files.values()))
    assert there.dump() == place.dump()
    assert there.stored() == files
    assert place.actions()[-1] == "installation.moved"
    there.grow()
    there.sign(5)
    back = tmp_path / "back.env"
    origin = place.settings.database
    _drop_everything(origin)
    shutil.rmtree(place.settings.state_dir / "store")
    back.write_text(f"TRE_DATABASE_URL={origin}\nTRE_STORE=posix\n")
    move(target, target.moved(back), NOW, heard)
    assert place.dump() == there.dump()
    assert place.stored() == files
    assert place.verified() == there.verified()


def test_an_interrupted_move_is_run_again(
    place: Place,
    s3_server: S3Server,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """At every step that is told; a run that was over already says the same again."""
    url = other_kind(place.settings.database, request, place.stack, tmp_path / "other")
    target = place.settings.moved(target_file(tmp_path, url, s3_server, s3_server.bucket()))
    for step in range(1, 8):
        with pytest.raises(KeyboardInterrupt):
            move(place.settings, target, NOW, ends_at(step))
    for _ in range(2):
        move(place.settings, target, NOW, heard)
    there = Place(target, place.stack)
    assert there.dump() == place.dump()
    assert there.stored() == place.stored()
    assert place.actions().count("installation.moved") == 1


def test_a_move_goes_to_an_empty_place_only(
    place: Place, s3_server: S3Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Rows or files of something else; nothing to move; settings that are not about a place."""
    bucket = s3_server.bucket()
    url = other_kind(place.settings.database, request, place.stack, tmp_path / "other")
    target = place.settings.moved(target_file(tmp_path, url, s3_server, bucket))
    depot(target).freeze(Zone.INBOX, io.BytesIO(b"foreign"), 100)
    with pytest.raises(Conflict, match="1 other files in inbox"):
        move(place.settings, target, NOW, heard)
    run.upgrade(url)
    with closing(place.stack.enter_context(closing_engine(url)).connect()) as connection:
        connection.execute(
            text("insert into audit_texts (seq, salt, text) values (0, :salt, 'Another house')"),
            {"salt": b"x" * 16},
        )
        connection.commit()
    with pytest.raises(Conflict, match="already holds something else"):
        move(place.settings, target, NOW, heard)
    with pytest.raises(Invalid, match="in use already"):
        move(place.settings, place.settings, NOW, heard)
    file = tmp_path / "wrong.env"
    file.write_text("TRE_MODE=demo\n")
    with pytest.raises(Invalid, match="TRE_MODE"):
        place.settings.moved(file)


def test_a_column_that_counts_by_itself_goes_on(engine: Engine, tmp_path: Path) -> None:
    """An identity column of PostgreSQL knows nothing of rows that came with their numbers."""
    counts = (
        "integer primary key"
        if engine.dialect.name == "sqlite"
        else "integer generated by default as identity primary key"
    )
    with engine.begin() as connection:
        connection.execute(text(f"create table counted (number {counts}, word text)"))
    with db.write(engine) as session:
        (table,) = [one for one in rows.tables(session) if one.name == "counted"]
        rows.load(session, table, [b'{"number":41,"word":"a"}\n'])
    with db.write(engine) as session:
        session.execute(text("insert into counted (word) values ('b')"))
        numbers = session.execute(text("select number from counted order by number")).scalars()
        assert list(numbers) == [41, 42]


def test_a_store_that_goes_away_in_a_move_is_a_sentence(
    place: Place, s3_server: S3Server, tmp_path: Path
) -> None:
    """The old place is whole."""
    before = place.dump()
    file = target_file(tmp_path, place.settings.database, s3_server, "no-such-bucket")
    with pytest.raises(Unavailable, match="no bucket"):
        move(place.settings, place.settings.moved(file), NOW, heard)
    after = place.dump()
    assert set(before["audit_entries"]) <= set(after["audit_entries"])
    place.verified()

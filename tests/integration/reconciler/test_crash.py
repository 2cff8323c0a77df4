"""Crash after every k-th mutating call: provisioning and the airlock come to the same end.

A mutating call is a commit that wrote something, a verb of the engine that changes its world, or a
name given, linked or taken away on the disk. The process dies *before* call k, for every k: to die
after call k and before call k+1 leaves the very same world, since only memory lies between. Once
dead it changes nothing more, not in a `finally` either, as with kill -9. Then new hands, which
remember nothing, go on until two passes in a row change nothing.

Normalised: identifiers made up on the way, and hashes over them. Nothing else. A crash may make a
proof run twice, since a proof that nobody wrote down is no proof; both runs are then in the log.
"""

import copy
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, make_url
from sqlmodel import SQLModel, select

from orchestrator import db
from orchestrator.airlock import drafting, files, reviewing
from orchestrator.airlock.models import File, Release, Request
from orchestrator.airlock.states import RequestState
from orchestrator.audit import checkpoint, log
from orchestrator.datasets import service as dataset_writes
from orchestrator.datasets.models import Mounting
from orchestrator.engines.memory import MemoryEngine
from orchestrator.objectstore.zones import Zone
from orchestrator.projects import service as project_writes
from orchestrator.values import Digest
from orchestrator.workspaces.models import Proof, Workspace
from tests.databases import a_copy, closing_engine, put_back
from tests.factories import NOW, policies
from tests.reconciler_world import (
    TURNS,
    House,
    Saved,
    a_house,
    reopen,
    restarted,
    save,
)

VERBS = ("ensure", "attach", "start", "stop", "halt", "resume", "remove", "check")
NAMES = ("replace", "rename", "link", "unlink", "mkdir", "rmdir")
MAY_REPEAT = "network.probe_result"
SAYS = ("People by age", "All people of the snapshot", "Groups of forty")
TABLE = b"age,people\n40,40\n41,40\n42,40\n43,40\n44,40\n"


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Death:
    """Counts mutating calls, and dies before the chosen one; dead, it dies at every further one."""

    at: int | None = None
    calls: int = 0
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def call(self, what: str) -> None:
        """A mutating call is about to happen."""
        if not self.armed:
            return
        self.calls += 1
        self.seen.append(what)
        if self.at is not None and self.calls >= self.at:
            raise Crash(what)


class Mortal(MemoryEngine):
    """An engine whose verbs are mutating calls, and which holds the reconciler to its promises."""

    def bind(self, death: Death, database: Any) -> "Mortal":
        """Watch this death, and look into this database before data are attached."""
        self.death, self.database = death, database
        return self

    def _called(self, verb: str) -> None:
        if verb in VERBS:
            self.death.call(f"engine.{verb}")
        super()._called(verb)

    def attach(self, project: str, mounts: Any) -> None:
        """Property 7, at every moment: no data without a safe proof that is written down."""
        if mounts:
            with db.read(self.database) as session:
                row = session.exec(select(Workspace).where(Workspace.slug == project)).one()
                proof = session.get(Proof, row.proof_id)
                assert proof is not None
                assert proof.safe
                assert row.proved_at == proof.at
        super().attach(project, mounts)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Mortal":
        fresh = Mortal(ready_after=self.ready_after)
        for name in ("projects", "halts", "broken", "_starts"):
            value = getattr(self, name)
            setattr(fresh, name, copy.deepcopy(value, memo))
        return fresh


@contextmanager
def mortal(house: House, death: Death, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every mutating call of this house pass by this death."""
    assert isinstance(house.engine, Mortal)
    house.engine.bind(death, house.hands.db)

    def wrote(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().split()[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            connection.info["wrote"] = True

    def commit(connection: Any) -> None:
        if connection.info.pop("wrote", False):
            death.call("commit")

    def rollback(connection: Any) -> None:
        connection.info.pop("wrote", None)

    heard: dict[str, Callable[..., None]] = {
        "before_cursor_execute": wrote,
        "commit": commit,
        "rollback": rollback,
    }
    for name, listener in heard.items():
        event.listen(house.hands.db, name, listener)
    try:
        with patch.context() as patched:
            for name in NAMES:
                patched.setattr(os, name, _watched(getattr(os, name), name, death, house))
            yield
    finally:
        for name, listener in heard.items():
            event.remove(house.hands.db, name, listener)


def _watched(real: Callable[..., Any], name: str, death: Death, house: House) -> Callable[..., Any]:
    root = str(house.hands.settings.state_dir)

    def call(*where: Any, **how: Any) -> Any:
        inside = str(where[0]).startswith(root)
        if inside and os.path.lexists(where[0]) == (name != "mkdir"):
            death.call(f"os.{name}")
        return real(*where, **how)

    return call


@dataclass(frozen=True)
class Phase:
    """One stretch of the story: what people do, then what the reconciler makes of it."""

    name: str
    act: Callable[[House], None]


class People:
    """What people do between the turns."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.snapshot = self.request = ""

    def upload(self, house: House) -> None:
        """A steward sends a snapshot."""
        self.snapshot = house.upload()

    def admit(self, house: House) -> None:
        """Its owner says yes."""
        house.admit(self.snapshot)

    def permit(self, house: House) -> None:
        """A project is applied for and approved from every seat."""
        house.grant()

    def open(self, house: House) -> None:
        """The lead opens the notebook."""
        house.want(house.project.lead)

    def submit(self, house: House) -> None:
        """The lead submits a table and a file nobody can read."""
        lead, now = house.project.lead, house.clock.now
        frozen = [
            (name, house.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1 << 20))
            for name, content in (("ages.csv", TABLE), ("notes.txt", b"All people are counted.\n"))
        ]
        with db.write(house.hands.db) as session:
            row = drafting.open_draft(
                session, lead, now, house.project.project.id, "ages", "Ages", policies=policies()
            )
            for name, one in frozen:
                file = files.add_file(session, lead, now, row.id, name, one, policies=policies())
                files.set_context(session, lead, now, file.id, *SAYS, policies=policies())
            drafting.submit(session, lead, now, row.id, policies=policies())
            self.request = row.id

    def review(self, house: House) -> None:
        """Two checkers approve both files."""
        with db.read(house.hands.db) as session:
            rows = session.exec(select(File).where(File.request_id == self.request)).all()
        for checker in house.project.checkers:
            for file in rows:
                said = ("approve", "Read and understood.", file.subject)
                with db.write(house.hands.db) as session:
                    now = house.clock.now
                    reviewing.vote(session, checker, now, self.request, file.id, *said)

    def halt(self, house: House) -> None:
        """An administrator halts the project while the notebook runs."""
        house.halt()

    def resume(self, house: House) -> None:
        """Another one lifts the halt."""
        house.resume()

    def reopen(self, house: House) -> None:
        """The lead opens the notebook again."""
        house.want(house.project.lead)

    def withdraw(self, house: House) -> None:
        """The partner takes its data back."""
        owner = house.project.owners["clinic-a"]
        house.act(
            lambda session: dataset_writes.withdraw(
                session, owner, house.clock.now, self.snapshot, "Consent was withdrawn."
            )
        )

    def close(self, house: House) -> None:
        """The lead ends the project."""
        house.act(
            lambda session: project_writes.close(
                session, house.project.lead, house.clock.now, house.project.project.id, "Done."
            )
        )


PEOPLE = People()
STORY = (
    Phase("snapshot verified", PEOPLE.upload),
    Phase("snapshot published", PEOPLE.admit),
    Phase("workspace opened", PEOPLE.permit),
    Phase("notebook started", PEOPLE.open),
    Phase("request checked", PEOPLE.submit),
    Phase("request released", PEOPLE.review),
    Phase("project halted", PEOPLE.halt),
    Phase("project resumed", PEOPLE.resume),
    Phase("notebook started again", PEOPLE.reopen),
    Phase("snapshot withdrawn", PEOPLE.withdraw),
    Phase("project ended", PEOPLE.close),
)


@dataclass(frozen=True)
class Told:
    """One phase as it went without a fault."""

    before: Saved
    url: str
    calls: int
    seen: list[str]
    end: dict[str, Any]


def converge(house: House, death: Death) -> None:
    """Turns of every kind, until two passes in a row make no mutating call but looking."""
    quiet, before = 0, dump(house)
    for _ in range(40):
        death.armed = True
        house.settle(TURNS, 1)
        death.armed = False
        after = dump(house)
        quiet, before = quiet + 1 if after == before else 0, after
        if quiet == 2:
            return
    raise AssertionError("it never came to rest")


def dump(house: House) -> dict[str, Any]:
    """Everything outside memory: rows, the log, the store, the engine's world."""
    with db.read(house.hands.db) as session:
        rows = {
            table.name: sorted(
                (_plain(row) for row in session.execute(table.select()).mappings()), key=str
            )
            for table in SQLModel.metadata.sorted_tables
            if not table.name.startswith("audit_")
        }
        records = [json.loads(entry.record) for entry in log.entries(session)]
    root = house.hands.store.root
    return {
        "rows": rows,
        "log": [_entry(record) for record in records],
        "store": sorted(
            (str(path.relative_to(root)), path.stat().st_size)
            for path in root.rglob("*")
            if path.is_file() and "/." not in str(path)
        ),
        "engine": repr((house.engine.projects, house.engine.halts)),
    }


def _plain(row: Any) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def _entry(record: dict[str, Any]) -> str:
    kept = {k: v for k, v in record.items() if k not in ("seq", "id", "text")}
    return json.dumps(kept, sort_keys=True)


def normal(found: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The same with what was made up on the way renamed, and proofs that were run twice once."""

    def rename(text: str) -> str:
        return re.sub(
            r"(sha256:)?[0-9a-f]{32}(?:[0-9a-f]{32})?",
            lambda m: m[0] if m[0] in known else f"{m[1] or ''}NEW",
            text,
        )

    rows = {
        name: Counter(rename(json.dumps(row, sort_keys=True)) for row in table)
        for name, table in found["rows"].items()
    }
    rows["proofs"] = Counter(dict.fromkeys(rows["proofs"], 1))
    return {
        "rows": rows,
        "log": _without_repeats([rename(entry) for entry in found["log"]]),
        "store": found["store"],
        "engine": rename(found["engine"]),
    }


def _without_repeats(entries: list[str]) -> list[str]:
    kept: list[str] = []
    for entry in entries:
        if MAY_REPEAT in entry and kept and kept[-1] == entry:
            continue
        kept.append(entry)
    return kept


def identifiers(found: dict[str, Any]) -> frozenset[str]:
    """Every identifier and digest that was there before the phase, or comes from its bytes."""
    text = json.dumps(found, default=str)
    return frozenset(m[0] for m in re.finditer(r"(sha256:)?[0-9a-f]{32}(?:[0-9a-f]{32})?", text))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory where there is some: a killed process is no lost power, so nothing need be flushed.

    It is also what keeps a hundred restarts quick.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="crash-", dir=memory) as place:
        yield Path(place)


@pytest.fixture(scope="module")
def told(blank: str, folder: Path) -> Iterator[dict[str, Told]]:
    """The whole story without a fault, saved before every phase; the database of each kind."""
    kind = folder / make_url(blank).get_backend_name()
    state = kind / "state"
    state.mkdir(parents=True)
    found: dict[str, Told] = {}
    with a_copy(blank, state) as url, closing_engine(url) as database:
        house = a_house(state, database, Mortal(), NOW)
        with pytest.MonkeyPatch.context() as patch:
            for number, phase in enumerate(STORY):
                house.clock.step()
                phase.act(house)
                before = save(house, kind / f"before-{number}")
                house = reopen(before, state, database)
                death = Death()
                with mortal(house, death, patch):
                    converge(house, death)
                found[phase.name] = Told(before, url, death.calls, death.seen, dump(house))
        yield found


@pytest.mark.parametrize("phase", [phase.name for phase in STORY])
def test_killed_before_every_mutating_call_it_comes_to_the_same_end(
    told: dict[str, Told], phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, log, store and engine: equal to the run without a fault, for every k."""
    one = told[phase]
    state = one.before.folder.parent / "state"
    database = db.connect(one.url)
    known = identifiers(dump(_again(one, state, database)))
    expected = normal(one.end, known)
    for k in range(1, one.calls + 1):
        house = _again(one, state, database)
        death = Death(at=k)
        with mortal(house, death, monkeypatch), pytest.raises(Crash):
            converge(house, death)
        database.dispose()
        house = restarted(house)
        with mortal(house, Death(), monkeypatch):
            converge(house, Death())
        found = normal(dump(house), known)
        for part, value in expected.items():
            assert found[part] == value, f"killed before call {k}, {death.seen[-1]}: {part}"
        _promises(house)
    database.dispose()


def _again(one: Told, state: Path, database: Engine) -> House:
    """The house as it was before the phase."""
    database.dispose()
    put_back(one.before.database, one.url)
    return reopen(one.before, state, database)


def _promises(house: House) -> None:
    """What must hold at any end: a log that verifies, no double release, no double mount."""
    signer = house.hands.signer.public
    checkpoint.verify(house.hands.db, house.hands.checkpoints, signer)
    with db.read(house.hands.db) as session:
        approved = {
            row.id for row in session.exec(select(Request)) if row.state == RequestState.RELEASED
        }
        released = session.exec(select(Release)).all()
        mounted = [row for row in session.exec(select(Mounting)) if row.until is None]
    assert {row.request_id for row in released} <= approved
    assert len({row.file_id for row in released}) == len(released)
    assert len({(row.project_id, row.snapshot_id) for row in mounted}) == len(mounted)
    for row in released:
        house.hands.store.verify(Zone.RELEASE, Digest(row.digest))


def test_the_campaign_is_as_large_as_it_says(told: dict[str, Told]) -> None:
    """Every kind of mutating call is among the points; the story goes where it says."""
    seen = Counter(what for one in told.values() for what in one.seen)
    assert sum(one.calls for one in told.values()) >= 70, seen
    assert set(seen) >= {
        "commit",
        "engine.ensure",
        "engine.attach",
        "engine.start",
        "engine.stop",
        "engine.halt",
        "engine.resume",
        "engine.remove",
        "engine.check",
        "os.link",
        "os.replace",
        "os.rename",
    }, seen
    states = json.dumps([one.end["rows"]["workspaces"] for one in told.values()])
    for state in ("open", "halted", "retired"):
        assert f'"state": "{state}"' in states
    assert '"state": "released"' in json.dumps(told["request released"].end["rows"])

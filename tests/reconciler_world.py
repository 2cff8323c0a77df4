"""A reconciler with real databases and a real store around an engine in memory, one turn at a time.

The house is built by walking: real bytes are uploaded, verified and published by turns, the permit
is voted on by its reviewers. A house can be saved and opened again from its saved state, which is
how a crash is played: everything in memory is gone, everything outside it stays.
"""

import copy
import io
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from orchestrator import db
from orchestrator.audit.checkpoint import Signer
from orchestrator.bootstrap.hands import Hands
from orchestrator.datasets import queries as datasets
from orchestrator.datasets import service as dataset_writes
from orchestrator.engines.memory import MemoryEngine, World
from orchestrator.errors import TreError
from orchestrator.governance import service as governance
from orchestrator.identity import queries as identity
from orchestrator.identity.roles import Role
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.projects.states import ProjectState
from orchestrator.reconciler import (
    airlock,
    clock,
    drift,
    halts,
    log,
    projects,
    servers,
    snapshots,
    workspaces,
)
from orchestrator.reconciler.lane import Work
from orchestrator.settings import Settings
from orchestrator.values import Actor
from orchestrator.workspaces import queries
from orchestrator.workspaces import service as workspace_writes
from orchestrator.workspaces.models import Server, Workspace
from tests.databases import keep
from tests.factories import DICTIONARY, NOW, ProjectWorld, a_person, a_project, policies

ROWS = b"person,age\n" + b"".join(b"P%03d,%d\n" % (n, 40 + n % 5) for n in range(200))
TURNS = (
    halts.WORK,
    drift.WORK,
    projects.WORK,
    workspaces.WORK,
    servers.WORK,
    snapshots.WORK,
    airlock.CHECKS,
    airlock.RELEASES,
    clock.WORK,
    log.WORK,
)
"""Every kind of work, in one order."""

MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    """The time of a test; it moves when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def step(self, by: timedelta = MINUTE) -> datetime:
        """Let time go on, or back."""
        self.now += by
        return self.now


@dataclass
class House:
    """A reconciler's parts and the people around one project."""

    hands: Hands
    engine: MemoryEngine
    clock: Clock
    project: ProjectWorld = field(init=False, repr=False)

    @property
    def slug(self) -> str:
        """The project's name."""
        return self.project.project.slug

    @property
    def world(self) -> World:
        """What the engine has of the project."""
        return self.engine.projects[self.slug]

    def turn(self, work: Work) -> list[str]:
        """Every due row of one kind has its turn; returns the errors of ours that came up."""
        failed = []
        for row in work.due(self.hands, self.clock.now):
            try:
                work.turn(self.hands, row, self.clock.now)
            except TreError as error:
                failed.append(error.code)
        return failed

    def settle(self, works: Iterable[Work] = TURNS, passes: int = 12) -> None:
        """Every kind of work has its turns, until all has surely been done."""
        chosen = tuple(works)
        for _ in range(passes):
            for work in chosen:
                self.turn(work)

    def act(self, step: Callable[[Session], object]) -> None:
        """Somebody does something, in one transaction."""
        with db.write(self.hands.db) as session:
            step(session)

    def workspace(self) -> Workspace:
        """The project's environment as it is stored."""
        with db.read(self.hands.db) as session:
            row = queries.of_project(session, self.project.project.id)
        assert row is not None
        return row

    def server(self, person: Actor) -> Server:
        """Somebody's notebook server as it is stored."""
        with db.read(self.hands.db) as session:
            rows = {row.person_id: row for row in _all_servers(session)}
        return rows[str(person.person)]

    def handle(self, person: Actor) -> str:
        """Somebody's name at the hub."""
        with db.read(self.hands.db) as session:
            return identity.person(session, str(person.person)).handle

    def want(self, person: Actor) -> None:
        """Somebody opens their notebook."""
        row = self.project.project
        handle = self.handle(person)
        self.act(
            lambda session: workspace_writes.want_server(
                session, row.id, row.slug, str(person.person), handle, self.clock.now
            )
        )

    def halt(self) -> None:
        """The administrator halts the project."""
        row = self.project.project
        self.act(
            lambda session: governance.halt(
                session,
                self.project.administrator,
                self.clock.now,
                scope="project",
                target=row.id,
                reason="Something looks wrong.",
                project=row.id,
            )
        )

    def resume(self) -> None:
        """Another administrator lifts the halt."""
        row = self.project.project

        def lift(session: Session) -> None:
            other = a_person(session, [Role.ADMINISTRATOR], "operator-o", now=self.clock.now)
            governance.resume(
                session,
                other,
                self.clock.now,
                scope="project",
                target=row.id,
                reason="It was nothing.",
                project=row.id,
            )

        self.act(lift)

    def upload(self, label: str = "2026-1", data: bytes = ROWS) -> str:
        """A steward announces a version and sends its bytes; returns the snapshot's id."""
        frozen = self.hands.store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
        with db.write(self.hands.db) as session:
            now = self.clock.now
            steward = a_person(session, [Role.DATA_STEWARD], "clinic-a", now=now)
            row = dataset_writes.announce(
                session, steward, now, dataset="flchain", label=label, dictionary=DICTIONARY
            )
            dataset_writes.receive(session, steward, now, row.id, "flchain.csv", frozen)
            dataset_writes.finish_upload(session, steward, now, row.id, files=1)
        return row.id

    def admit(self, snapshot_id: str) -> None:
        """Its partner's asset owner says yes."""

        def vote(session: Session) -> None:
            owner = a_person(session, [Role.ASSET_OWNER], "clinic-a", now=self.clock.now)
            digest = str(datasets.snapshot(session, snapshot_id).digest)
            seat = {"seat": "asset_owner", "value": "approve", "digest": digest}
            dataset_writes.vote(session, owner, self.clock.now, snapshot_id, **seat)

        self.act(vote)

    def publish(self, label: str = "2026-1", data: bytes = ROWS) -> str:
        """Bring a snapshot from its steward to publication."""
        snapshot_id = self.upload(label, data)
        self.settle((snapshots.WORK,), 1)
        self.admit(snapshot_id)
        self.settle((snapshots.WORK,), 1)
        return snapshot_id

    def grant(self, slug: str = "survival") -> None:
        """A permit is applied for and approved from every seat; it begins with the next turn."""
        with db.write(self.hands.db) as session:
            self.project = a_project(session, ProjectState.APPROVED, slug=slug, now=self.clock.now)


def a_house(folder: Path, database: Engine, engine: MemoryEngine, at: datetime = NOW) -> House:
    """Wire a reconciler by hand around a state folder, a database and an engine."""
    settings = Settings(mode="test", state_dir=folder)
    time = Clock(at)
    hands = Hands(
        settings=settings,
        db=database,
        policies=policies(),
        store=PosixStore(folder / "store"),
        engine=engine,
        signer=Signer.at(folder / "keys", settings.origin),
        checkpoints=folder / "checkpoints",
        clock=time,
    )
    return House(hands, engine, time)


@dataclass(frozen=True)
class Saved:
    """All that is outside memory at one moment, and what the engine has."""

    folder: Path
    database: str
    engine: MemoryEngine
    at: datetime
    project: ProjectWorld | None


def save(house: House, folder: Path) -> Saved:
    """Copy a house's state; its database must not be written meanwhile."""
    house.hands.db.dispose()
    shutil.copytree(house.hands.settings.state_dir, folder, symlinks=True)
    engine = copy.deepcopy(house.engine)
    url = house.hands.db.url.render_as_string(hide_password=False)
    return Saved(folder, keep(url, folder), engine, house.clock.now, vars(house).get("project"))


def reopen(saved: Saved, folder: Path, database: Engine) -> House:
    """A house as it was saved, in the given folder, with nothing of what memory held.

    Shape: `database` holds what was saved; its connections are new.
    """
    database.dispose()
    _remove(folder)
    shutil.copytree(saved.folder, folder, symlinks=True)
    house = a_house(folder, database, copy.deepcopy(saved.engine), saved.at)
    if saved.project is not None:
        house.project = saved.project
    return house


def _remove(folder: Path) -> None:
    """Also published trees, whose folders nobody but root may write to as they are."""
    for place in (folder, *folder.rglob("*")):
        if place.is_dir() and not place.is_symlink():
            place.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def restarted(house: House, **parts: object) -> House:
    """The same state with new hands: a process that was killed and started again."""
    fresh = House(replace(house.hands, **parts), house.engine, house.clock)  # type: ignore[arg-type]
    if "project" in vars(house):
        fresh.project = house.project
    return fresh


def _all_servers(session: Session) -> list[Server]:
    return list(session.exec(select(Server)))

"""The engine port on one machine: ties records, homes, hubs, keepers and sandboxes together.

It holds no state that matters: everything is in files, in running keepers and in hubs, and is
found again after a restart.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from orchestrator.engines.local import homes, images, keepers, proof
from orchestrator.engines.local.api import EngineSocket, Hands
from orchestrator.engines.local.boxes import Places, limits, server_box
from orchestrator.engines.local.checks import CheckWorker
from orchestrator.engines.local.homes import Homes
from orchestrator.engines.local.hubs import Hubs
from orchestrator.engines.local.layout import Layout
from orchestrator.engines.local.records import EVERYBODY, Record, Records, with_mounts
from orchestrator.engines.port import (
    RESTED,
    Condition,
    Mount,
    Observed,
    Probe,
    Remains,
    Server,
    ServerState,
    Spec,
)
from orchestrator.errors import NotAllowed, NotFound, TreError, Unavailable
from orchestrator.objectstore import trees
from orchestrator.objectstore.port import Depot
from orchestrator.outputs.model import Job, Report, Rewritten
from orchestrator.sandbox import run, spawn
from orchestrator.sandbox.limits import bounded_memory, make_group, tidy
from orchestrator.sandbox.uids import Uids
from orchestrator.settings import Settings
from orchestrator.values import parse_slug

_MIB = 1 << 20
_KILLED = -9  # by us, or the kernel said why elsewhere


class LocalEngine:
    """See `engines.port.Engine`; one instance acts for one installation at a time."""

    def __init__(self, settings: Settings) -> None:
        """Keep where things lie; touches nothing and starts nothing."""
        self._settings = settings
        self._layout = Layout(
            settings.run, settings.state_dir.absolute() / "engine", settings.homes_dir.absolute()
        )
        self._uids = Uids(settings.state_dir)
        self._records = Records(self._layout.facts / "projects")
        self._homes = Homes(self._layout, settings.home_quota_mb, self._uids.own)
        self._hubs = Hubs(self._layout, self._uids)
        self._worker = CheckWorker(
            self._uids, self._layout.facts / "check", tag=self._layout.group()
        )
        self._sockets: dict[str, EngineSocket] = {}
        self._tokens: dict[tuple[str, str, int], str] = {}
        self._asked: set[tuple[str, str]] = set()
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._tidied = False

    def doctor(self) -> list[Condition]:
        """See the port."""
        trial = run.tried()
        sandbox = Condition("sandbox", "ok" if trial.works else "missing", trial.say, trial.cure)
        return [sandbox, *_limits_in_words(self._uids.own)] if trial.works else [sandbox]

    def ensure(self, spec: Spec) -> Observed:
        """See the port."""
        run.require()
        self._tidy_once()
        images.ensure_image(self._settings, spec.image)
        with self._lock(spec.project):
            before = self._records.read(spec.project)
            if before is None or before.spec != spec:
                kept = Record(spec) if before is None else replace(before, spec=spec)
                self._records.write(spec.project, kept)
                self._end_those_not_in(spec)
            if self._may_run(spec.project):
                self._open(spec.project)
        return self.observe(spec.project)

    def observe(self, project: str) -> Observed:
        """See the port."""
        record = self._records.read(project)
        halted = self._records.halted(project)
        if record is None:
            return Observed(project, False, False, None, (), {}, halted)
        hub_ready = self._hubs.ready(project)
        seen = (self._seen(project, person, hub_ready) for person in record.spec.people)
        return Observed(
            project=project,
            present=True,
            hub_ready=hub_ready,
            spec_digest=record.spec.digest,
            mounts=tuple(mount.digest for mount in record.mounts),
            servers={server.person: server for server in seen if server is not None},
            halted=halted,
            isolation=isolation(self._uids.own),
        )

    def act_while(self, held: Callable[[], bool]) -> None:
        """See the port: what this engine drives is on one host and ends with it."""

    def asked(self, project: str) -> bool:
        """See the port: the records here are this engine's own, and nobody else can write them."""
        return self._records.read(project) is not None

    def drifted(self) -> Sequence[str]:
        """See the port: nobody but this machine's administrator can alter anything here."""
        return ()

    def stirred(self, seconds: float) -> bool:
        """See the port."""
        time.sleep(seconds)
        return False

    def answered(self, seconds: float) -> bool:
        """See the port."""
        time.sleep(seconds)
        return False

    def mend(self, project: str) -> tuple[str, ...]:
        """See the port."""
        return ()

    def prove(self, project: str | None) -> list[Probe]:
        """See the port."""
        run.require()
        self._tidy_once()
        record = None if project is None else self._record(project)
        image = record.spec.image if record else images.DEFAULT
        place = images.ensure_image(self._settings, image)
        return proof.prove(self._layout, self._uids, place, self._settings, project)

    def place(self, depot: Depot, manifest: bytes) -> None:
        """See the port: a tree of this machine, mounted from where it is."""
        trees.build(depot, manifest, trees.leaves_of(manifest))

    def attach(self, project: str, mounts: Sequence[Mount]) -> None:
        """See the port."""
        if not mounts and self._records.read(project) is None:
            return
        with self._lock(project):
            record = self._record(project)
            after = with_mounts(record, mounts)
            if after != record:
                self._records.write(project, after)
            for person in self._running(project):
                facts = keepers.alive(self._layout.server(project, person))
                if facts is not None and facts["mounts"] != _names(after.mounts):
                    self._end(project, person)
                    self._asked.discard((project, person))

    def start(self, project: str, person: str) -> Server:
        """See the port."""
        with self._lock(project):
            self._allowed(project, person)
            self._open(project)
        seen = self._seen(project, person, self._hubs.ready(project))
        if seen is not None and seen.state is ServerState.READY:
            self._asked.discard((project, person))
            return seen
        if seen is not None and seen.state is ServerState.STOPPED:
            self.stop(project, person)  # so that the next wish finds nothing of it
            return seen
        hub = self._hubs.client(project)
        if (project, person) in self._asked:
            return self._awaited(project, person, hub.server_ready(person), seen)
        hub.ensure_user(person)
        hub.start_server(person)
        self._asked.add((project, person))
        return Server(person, ServerState.STARTING, base_url=_base_url(person))

    def stop(self, project: str, person: str) -> None:
        """See the port."""
        if self._records.read(project) is None:
            return
        self._end(project, parse_slug(person))
        self._asked.discard((project, person))
        if keepers.alive(self._layout.hub_keeper(project)) is not None:
            self._forget_at_hub(project, person)

    def sleep(self, project: str) -> None:
        """See the port."""
        with self._lock(project):
            self._records.write(project, replace(self._record(project), asleep=True))
            self._end_all(project)

    def wake(self, project: str) -> None:
        """See the port."""
        with self._lock(project):
            self._records.write(project, replace(self._record(project), asleep=False))
            if self._may_run(project):
                self._open(project)

    def check(self, job: Job) -> Report:
        """See the port."""
        run.require()
        self._tidy_once()
        return self._worker.check(job)

    def rewrite(self, job: Job, folder: Path) -> Sequence[Rewritten | None]:
        """See the port."""
        run.require()
        self._tidy_once()
        return self._worker.rewrite(job, folder)

    def halt(self, project: str, person: str | None = None) -> None:
        """See the port."""
        who = EVERYBODY if person is None else parse_slug(person)
        with self._guard:
            self._records.set_halted(project, self._records.halted(project) | {who})
        with self._lock(project):  # a start that was under way when the mark was set has ended
            if person is None:
                self._end_all(project)
                return
            self._end(project, person)
            self._asked.discard((project, person))
        if keepers.alive(self._layout.hub_keeper(project)) is not None:
            with suppress(TreError):  # its tokens open nothing: no process listens any more
                self._forget_at_hub(project, person)

    def resume(self, project: str, person: str | None = None) -> None:
        """See the port."""
        who = EVERYBODY if person is None else parse_slug(person)
        with self._guard:
            self._records.set_halted(project, self._records.halted(project) - {who})

    def remove(self, project: str) -> Remains:
        """See the port."""
        with self._lock(project):
            self._end_all(project)
            self._close(project)
            left = self._homes.remove(project)
            shutil.rmtree(self._layout.project(project), ignore_errors=True)
            if left:
                return Remains(kept=tuple(left))
            self._records.remove(project)
        return Remains()

    def close(self) -> None:
        """Stop listening for hubs; hubs and notebook servers go on."""
        for project in tuple(self._sockets):
            self._close(project)

    # What the hub may ask, through the engine socket

    def _start_server(self, project: str, person: str, environment: Mapping[str, str]) -> str:
        """Start a person's sandbox in place of one that runs, and answer its socket."""
        with self._lock(project):
            record = self._allowed(project, person)
            folder = self._layout.server(project, person)
            self._end(project, person)
            self._launch(record, person, environment, folder)
        return str(self._layout.server_socket(project, person))

    def _launch(
        self, record: Record, person: str, environment: Mapping[str, str], folder: Path
    ) -> None:
        project, size = record.spec.project, record.spec.size
        identity = self._uids.server(project, person)
        gid = self._uids.roles_gid()
        make_server_folder(folder, gid)
        home = self._homes.home(project, person, identity)
        places = Places(
            image=images.image_path(self._settings, record.spec.image),
            home=home,
            shared=self._homes.shared(project, identity),
            doors=folder / "doors",
        )
        box = server_box(project, person, places, record.mounts, size, environment)
        bounds = limits(size, self._settings.home_quota_mb * _MIB)
        group = make_group(self._layout.group(folder.name), bounds)
        keepers.start(
            folder,
            keepers.Order(
                launch=run.order(box, bounds, identity=identity, group=group, umask=0o002),
                doors=self._layout.door_targets(project, person),
                listen=True,
                facts={"project": project, "person": person, "mounts": _names(record.mounts)},
                uid=identity.uid if identity else None,
                roles_gid=gid,
                group=group,
                reserve=self._homes.reserve(home),
            ),
        )

    def _look(self, project: str, person: str) -> tuple[bool, int | None]:
        folder = self._layout.server(project, person)
        running = keepers.alive(folder) is not None
        return running, None if running else keepers.exit_status(folder)

    def _end(self, project: str, person: str) -> None:
        folder = self._layout.server(project, person)
        keepers.stop(folder)
        keepers.forget(folder)
        identity = self._uids.server(project, person)
        if identity is not None:
            spawn.sweep(identity.uid)  # whatever a killed keeper may have left
        for key in [key for key in self._tokens if key[:2] == (project, person)]:
            self._tokens.pop(key, None)

    # The parts of the verbs

    def _record(self, project: str) -> Record:
        record = self._records.read(project)
        if record is None:
            raise NotFound(f"There is no environment of {project}; it was never set up.")
        return record

    def _may_run(self, project: str) -> bool:
        return EVERYBODY not in self._records.halted(project) and not self._record(project).asleep

    def _allowed(self, project: str, person: str) -> Record:
        """Errors: NotFound, NotAllowed when halted, asleep, or not among the people."""
        record = self._record(project)
        if self._records.halted(project) & {EVERYBODY, person}:
            raise NotAllowed("This is halted: nothing starts until it is resumed.", code="halted")
        if person not in record.spec.people:
            raise NotAllowed(f"{person} may not work in {project}.", code="not_in_spec")
        if record.asleep:
            raise NotAllowed(f"{project} is asleep; wake it first.", code="asleep")
        return record

    def _open(self, project: str) -> None:
        """Listen for the hub and start it, unless both is so."""
        identity = self._hubs.make_folders(project)
        if project not in self._sockets:
            self._sockets[project] = EngineSocket(
                self._layout.engine_socket(project),
                Hands(
                    start=lambda person, given: self._start_server(project, person, given),
                    look=lambda person: self._look(project, person),
                    stop=lambda person: self._end(project, person),
                ),
                identity.uid if identity else None,
            )
        self._hubs.ensure(project)

    def _close(self, project: str) -> None:
        socket = self._sockets.pop(project, None)
        if socket is not None:
            socket.close()

    def _seen(self, project: str, person: str, hub_ready: bool) -> Server | None:
        """Look at one server; None when it neither runs nor failed."""
        folder = self._layout.server(project, person)
        facts = keepers.alive(folder)
        url = _base_url(person)
        if facts is None:
            return _ended(person, folder)
        token = self._token(project, person, int(facts["pid"]), hub_ready)
        if token is None:
            return Server(person, ServerState.STARTING, base_url=url)
        address = str(self._layout.server_socket(project, person))
        return Server(person, ServerState.READY, address, url, token)

    def _awaited(
        self, project: str, person: str, at_hub: bool | None, seen: Server | None
    ) -> Server:
        """Answer about a server that was asked for: the hub gave up on it, or it is on its way."""
        if at_hub is not None:
            return Server(person, ServerState.STARTING, base_url=_base_url(person))
        self._asked.discard((project, person))
        if seen is not None and seen.state is ServerState.FAILED:
            return seen
        reason = "The notebook server did not start; the project's hub has the details in its log."
        return Server(person, ServerState.FAILED, reason=reason)

    def _token(self, project: str, person: str, keeper: int, hub_ready: bool) -> str | None:
        """Answer the token of a ready server: made once for each start and each engine."""
        key = (project, person, keeper)
        if key not in self._tokens and hub_ready:
            hub = self._hubs.client(project)
            with suppress(Unavailable, NotFound):
                if hub.server_ready(person):
                    self._tokens[key] = hub.mint_token(person)
        return self._tokens.get(key)

    def _forget_at_hub(self, project: str, person: str) -> None:
        hub = self._hubs.client(project)
        with suppress(NotFound):
            hub.delete_server(person)
            hub.delete_user(person)

    def _running(self, project: str) -> list[str]:
        """Answer the people whose keeper lives, also those who left the spec."""
        folders = self._layout.servers(project)
        found = (keepers.alive(folder) for folder in folders.glob("*") if folder.is_dir())
        return sorted(str(facts["person"]) for facts in found if facts is not None)

    def _end_those_not_in(self, spec: Spec) -> None:
        for person in self._running(spec.project):
            if person not in spec.people:
                self._end(spec.project, person)
                self._asked.discard((spec.project, person))

    def _end_all(self, project: str) -> None:
        """End all servers, at the same time, and the hub."""
        record = self._records.read(project)
        people = {*self._running(project), *(record.spec.people if record else ())}
        ends = [partial(self._end, project, person) for person in people]
        in_parallel([*ends, partial(self._hubs.stop, project)])
        self._asked -= {(project, person) for person in people}

    def _tidy_once(self) -> None:
        """Before the first sandbox of this process: delete what a killed engine left."""
        with self._guard:
            if not self._tidied:
                tidy(self._layout.group())
                self._tidied = True

    def _lock(self, project: str) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(project, threading.RLock())


def isolation(own_uid: bool) -> str:
    """Say in words which wall stands between sandboxes."""
    if own_uid:
        return "bubblewrap without a network, each server under a host uid of its own"
    return "bubblewrap without a network, all servers under one host uid: not for real data"


def _limits_in_words(own_uid: bool) -> list[Condition]:
    """Say which limits and walls this process can set up, one condition each."""
    bounded, quota = bounded_memory(), own_uid and homes.own_file_systems()
    as_root = "start the reconciler as root"
    return [
        Condition(
            "identities", "ok" if own_uid else "off", isolation(own_uid), as_root * (not own_uid)
        ),
        Condition(
            "memory",
            "ok" if bounded else "off",
            "Each server has a control group that bounds its memory and processes."
            if bounded
            else "No control group may be made: memory is bounded for each process, not in sum.",
            "" if bounded else as_root,
        ),
        Condition(
            "homes",
            "ok" if quota else "off",
            "Each home is a file system of its own and cannot fill another disk."
            if quota
            else "Homes have no quota: a server is ended before the disk is full.",
            "" if quota else as_root,
        ),
    ]


def _ended(person: str, folder: Path) -> Server | None:
    status = keepers.exit_status(folder)
    if status is None or status == _KILLED:
        return None
    if status == 0:
        return Server(person, ServerState.STOPPED, reason=RESTED)
    reason = f"The notebook server ended by itself (status {status})."
    return Server(person, ServerState.FAILED, reason=reason)


def _base_url(person: str) -> str:
    return f"/user/{person}/"


def _names(mounts: Sequence[Mount]) -> str:
    """Spell a set of mounts, to compare what a server was started with."""
    return " ".join(f"{mount.dataset}/{mount.version}={mount.digest}" for mount in mounts)


def make_server_folder(folder: Path, roles_gid: int | None) -> None:
    """Make a keeper's folder: our own processes may pass to its socket, nobody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "doors").mkdir(mode=0o700, exist_ok=True)
    if roles_gid is not None:
        os.chown(folder, -1, roles_gid)
        folder.chmod(0o710)


def in_parallel(acts: Sequence[Callable[[], None]]) -> None:
    """Do several things at once. Errors: the first that one of them raised."""
    problems: list[TreError] = []

    def do(act: Callable[[], None]) -> None:
        try:
            act()
        except TreError as problem:
            problems.append(problem)

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]

"""An engine in memory: a small world with state that keeps every promise of the port.

Tests of the reconciler use it. It can be told to be slow (`ready_after`), to fail at the next call
of a verb (`fail_next`), to find a hole (`broken`) and to be altered behind our back (`meddled`);
tests read its state, not a list of calls.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.engines.port import (
    Condition,
    Mount,
    Observed,
    Outcome,
    Probe,
    Remains,
    Server,
    ServerState,
    Spec,
)
from orchestrator.errors import NotAllowed, NotFound, TreError
from orchestrator.objectstore import trees
from orchestrator.objectstore.port import Depot
from orchestrator.outputs import codec, judge, opener
from orchestrator.outputs.form import form_name
from orchestrator.outputs.model import Job, JobFile, Report, Rewritten
from orchestrator.values import server_key

EVERYBODY = "*"


@dataclass
class World:
    """One project in memory; `servers` maps people to the looks left until theirs is ready."""

    spec: Spec
    mounts: tuple[Mount, ...] = ()
    hub_waits: int = 0
    awake: bool = True
    servers: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    homes: set[str] = field(default_factory=set)


class MemoryEngine:
    """See `engines.port.Engine`."""

    def __init__(self, *, ready_after: int = 0) -> None:
        """Make an empty world in which hubs and servers are ready after so many looks."""
        self.projects: dict[str, World] = {}
        self.halts: dict[str, frozenset[str]] = {}
        self.ready_after = ready_after
        self.broken: list[Probe] = []
        self.meddled: dict[str, tuple[str, ...]] = {}
        self._failures: dict[str, TreError] = {}
        self._starts = 0

    def fail_next(self, verb: str, error: TreError) -> None:
        """Raise this at the next call of a verb, once, before it does anything."""
        self._failures[verb] = error

    def doctor(self) -> list[Condition]:
        """See the port."""
        return [Condition("sandbox", "off", "This engine lives in memory and isolates nothing.")]

    def ensure(self, spec: Spec) -> Observed:
        """See the port."""
        self._called("ensure")
        world = self.projects.get(spec.project)
        if world is None:
            self.projects[spec.project] = World(spec, hub_waits=self.ready_after)
        elif world.spec != spec:
            world.spec = spec
            for person in set(world.servers) - set(spec.people):
                self._end(world, person)
        return self._observed(spec.project)

    def observe(self, project: str) -> Observed:
        """See the port."""
        self._called("observe")
        world = self.projects.get(project)
        if world is not None and self._runs(project):
            world.hub_waits = max(0, world.hub_waits - 1)
            world.servers = {name: max(0, left - 1) for name, left in world.servers.items()}
        return self._observed(project)

    def act_while(self, held: Callable[[], bool]) -> None:
        """See the port: nobody else has this memory."""

    def asked(self, project: str) -> bool:
        """See the port."""
        return project in self.projects

    def drifted(self) -> Sequence[str]:
        """See the port: what a test put into `meddled`."""
        return sorted(self.meddled)

    def stirred(self, seconds: float) -> bool:
        """See the port."""
        time.sleep(seconds)
        return bool(self.meddled)

    def answered(self, seconds: float) -> bool:
        """See the port."""
        time.sleep(seconds)
        return False

    def mend(self, project: str) -> tuple[str, ...]:
        """See the port."""
        self._called("mend")
        return self.meddled.pop(project, ())

    def prove(self, project: str | None) -> list[Probe]:
        """See the port."""
        self._called("prove")
        if project is not None:
            self._world(project)
        held = Probe("E01.memory", "none", "none", Outcome.HELD, "a made-up probe", 0.0)
        return self.broken or [held]

    def place(self, depot: Depot, manifest: bytes) -> None:
        """See the port: its only node is this machine."""
        self._called("place")
        trees.build(depot, manifest, trees.leaves_of(manifest))

    def attach(self, project: str, mounts: Sequence[Mount]) -> None:
        """See the port."""
        self._called("attach")
        if not mounts and project not in self.projects:
            return
        world = self._world(project)
        after = tuple(sorted(mounts, key=lambda mount: (mount.dataset, mount.version)))
        if after != world.mounts:
            world.mounts = after
            self._end_all(world)

    def start(self, project: str, person: str) -> Server:
        """See the port."""
        self._called("start")
        world = self._world(project)
        if self.halts.get(project, frozenset()) & {EVERYBODY, person}:
            raise NotAllowed("This is halted: nothing starts until it is resumed.", code="halted")
        if person not in world.spec.people:
            raise NotAllowed(f"{person} may not work in {project}.", code="not_in_spec")
        if not world.awake:
            raise NotAllowed(f"{project} is asleep; wake it first.", code="asleep")
        if person not in world.servers:
            self._starts += 1
            world.servers[person] = self.ready_after
            world.tokens[person] = f"token-{self._starts}"
            world.homes.add(person)
        return _server(project, world, person)

    def stop(self, project: str, person: str) -> None:
        """See the port."""
        self._called("stop")
        if project in self.projects:
            self._end(self.projects[project], person)

    def sleep(self, project: str) -> None:
        """See the port."""
        self._called("sleep")
        world = self._world(project)
        world.awake = False
        self._end_all(world)

    def wake(self, project: str) -> None:
        """See the port."""
        self._called("wake")
        world = self._world(project)
        if not world.awake:
            world.awake, world.hub_waits = True, self.ready_after

    def check(self, job: Job) -> Report:
        """See the port: the same opener and judge, in this process."""
        self._called("check")
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            forms, index, out = (folder / name for name in ("in", "index", "out"))
            for place in (index, out):
                place.mkdir()
            for number, file in enumerate(job.files):
                _open(replace(job, files=(file,)), file.location, forms / str(number), folder)
                _keep_form(job, file, forms / str(number) / opener.FORMS)
            for number, source in enumerate(job.sources):
                (index / str(number)).symlink_to(source.index.absolute())
            keys = codec.keys_from_json(codec.keys_to_json(job))
            report = judge.judge_folders(job, keys, forms, index, out)
            if job.index_out is not None and (out / "index").exists():
                job.index_out.write_bytes((out / "index").read_bytes())
            return report

    def rewrite(self, job: Job, folder: Path) -> Sequence[Rewritten | None]:
        """See the port: the same opener, in this process."""
        self._called("rewrite")
        alone = [replace(job, files=(file,)) for file in job.files]
        return [_again(one, folder / str(number)) for number, one in enumerate(alone)]

    def halt(self, project: str, person: str | None = None) -> None:
        """See the port."""
        self._called("halt")
        self.halts[project] = self.halts.get(project, frozenset()) | {person or EVERYBODY}
        world = self.projects.get(project)
        if world is not None and person is None:
            self._end_all(world)
        elif world is not None and person is not None:
            self._end(world, person)

    def resume(self, project: str, person: str | None = None) -> None:
        """See the port."""
        self._called("resume")
        self.halts[project] = self.halts.get(project, frozenset()) - {person or EVERYBODY}

    def remove(self, project: str) -> Remains:
        """See the port."""
        self._called("remove")
        self.projects.pop(project, None)
        return Remains()

    def close(self) -> None:
        """Nothing to let go of."""

    def _called(self, verb: str) -> None:
        error = self._failures.pop(verb, None)
        if error is not None:
            raise error

    def _world(self, project: str) -> World:
        if project not in self.projects:
            raise NotFound(f"There is no environment of {project}; it was never set up.")
        return self.projects[project]

    def _runs(self, project: str) -> bool:
        return self.projects[project].awake and EVERYBODY not in self.halts.get(
            project, frozenset()
        )

    def _observed(self, project: str) -> Observed:
        world, halted = self.projects.get(project), self.halts.get(project, frozenset())
        if world is None:
            return Observed(project, False, False, None, (), {}, halted)
        return Observed(
            project=project,
            present=True,
            hub_ready=self._runs(project) and world.hub_waits == 0,
            spec_digest=world.spec.digest,
            mounts=tuple(mount.digest for mount in world.mounts),
            servers={person: _server(project, world, person) for person in world.servers},
            halted=halted,
            isolation="none: an engine in memory",
        )

    def _end(self, world: World, person: str) -> None:
        world.servers.pop(person, None)
        world.tokens.pop(person, None)

    def _end_all(self, world: World) -> None:
        for person in tuple(world.servers):
            self._end(world, person)


def _server(project: str, world: World, person: str) -> Server:
    url = f"/user/{person}/"
    if world.servers[person] > 0:
        return Server(person, ServerState.STARTING, base_url=url)
    address = f"memory/{server_key(project, person)}"
    return Server(person, ServerState.READY, address, url, world.tokens[person])


def _open(alone: Job, location: Path, out: Path, folder: Path) -> None:
    """Open one file as its own job; whatever the reader raises leaves no form."""
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder) as text:
        os.symlink(location.absolute(), Path(text) / "0")
        job = opener.read_job(codec.job_to_json(alone, for_opener=True))
        try:
            opener.open_job(job, Path(text), out)
        except (OSError, ValueError, MemoryError, RecursionError):
            (out / opener.FORMS).unlink(missing_ok=True)


def _again(alone: Job, place: Path) -> Rewritten | None:
    """Have one picture written again."""
    with tempfile.TemporaryDirectory(dir=place.parent) as text:
        out = Path(text)
        os.symlink(alone.files[0].location.absolute(), out / "0")
        opener.rewrite_picture(opener.read_job(codec.job_to_json(alone, for_opener=True)), out, out)
        if not (out / opener.PICTURE).exists():
            return None
        loose, others = json.loads((out / opener.BEHIND).read_bytes())
        (out / opener.PICTURE).replace(place)
        return Rewritten(place, loose, others)


def _keep_form(job: Job, file: JobFile, form: Path) -> None:
    if job.form_out is not None and form.exists():
        job.form_out.mkdir(parents=True, exist_ok=True)
        (job.form_out / form_name(file.path, file.digest)).write_bytes(form.read_bytes())

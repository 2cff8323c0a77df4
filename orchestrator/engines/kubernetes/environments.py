"""A project's objects on Kubernetes: they are made, watched, mended and removed.

Level-based: it looks at the watched world, compares, writes the differences, and can be killed
after any write and run again. What runs in an environment is `servers` and the engine's business.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from orchestrator.engines.kubernetes import (
    hubs,
    manifests,
    names,
    namespace,
    nodes,
    records,
    storage,
)
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Images, Object
from orchestrator.engines.kubernetes.differences import (
    Act,
    Key,
    Write,
    is_ending,
    key,
    mapping,
    metadata_of,
    strays,
    texts,
    writes,
)
from orchestrator.engines.kubernetes.drift import Asked
from orchestrator.engines.kubernetes.proof import RECONCILER, Proofs
from orchestrator.engines.kubernetes.walls import Walls
from orchestrator.engines.kubernetes.watching import Patience, World, hubs_of, volumes_of
from orchestrator.engines.port import Condition, Mount, Observed, Probe, Remains, Spec
from orchestrator.errors import Conflict, NotFound, TreError, Unavailable

WRITES_AT_ONCE = 8
"""Of one project; four projects are worked on at a time (performance row 20)."""

_LOOK_SECONDS = 30.0
_END_SECONDS = 60.0
_ROUNDS = 5
_LOOK_AGAIN_SECONDS = 0.2
_VOLUME = "PersistentVolume"
_Thing = TypeVar("_Thing")


class Environments:
    """Ensure, observe, attach and remove the environments of projects on one cluster.

    Shape: see `engines.port.Engine` for what each promises.
    """

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        *,
        patience: Patience | None = None,
        maker: str = RECONCILER,
    ) -> None:
        """Keep how the cluster is reached; asks it nothing yet. `world` is what is seen.

        Shape: `maker` says which of our processes this is; what it left it takes away itself.
        """
        self.client = client
        self.cluster = cluster
        self.world = World(client, scopes(cluster), patience or Patience())
        self.walls = Walls(client, cluster, patience or Patience())
        self.proofs = Proofs(client, cluster, self.world, self.walls, maker=maker)
        self.asked = Asked()
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._halts = threading.Lock()
        self._busy = False
        self._pool = ThreadPoolExecutor(4 * WRITES_AT_ONCE, thread_name_prefix="write")

    def start(self, seconds: float = _LOOK_SECONDS) -> None:
        """Begin to watch, and return when everything was read once. Errors: Unavailable."""
        self.world.start(seconds)
        self.walls.start(seconds)

    def close(self) -> None:
        """Stop watching; what runs on the cluster goes on."""
        self.walls.close()
        self.world.close()
        self._pool.shutdown(cancel_futures=True)
        self.client.close()

    def ensure(self, spec: Spec) -> Observed:
        """Make the environment as specified; an unchanged world costs no request.

        Errors: Conflict while an older environment of the name is still ending; Unavailable.
        """
        with self.lock(spec.project):
            self.world.believe()
            self._refuse_ending(spec.project)
            before = self.record(spec.project)
            after = records.Record(spec) if before is None else replace(before, spec=spec)
            self.asked.keep(after)
            if not self._in_order(after):
                self._make(after)
        return self.observe(spec.project)

    def drifted(self) -> list[str]:
        """Answer the projects that are not as they were last asked to be; asks the cluster nothing.

        Shape: looks at those only whose objects changed. One that is worked on is looked at later.
        """
        found, self._busy = [], False
        for record in self.asked.suspect(self.world.take_touched()):
            project = record.spec.project
            lock = self.lock(project)
            if not lock.acquire(blocking=False):
                self._busy = True
                continue
            try:
                if not self._in_order(record):
                    found.append(project)
            finally:
                lock.release()
        return found

    def stirred(self, seconds: float) -> bool:
        """Wait, at most so long, for a change; say whether it is time to ask what drifted."""
        return self.world.touched(seconds) or self._busy

    def mend(self, project: str) -> tuple[str, ...]:
        """Make a project again what it was last asked to be; answer what was not so, in words.

        Errors: Conflict while its namespace is ending; Unavailable.
        """
        with self.lock(project):
            record = self.asked.record(project)
            if record is None:
                return ()
            self.world.believe()
            self._refuse_ending(project)
            wrong = self._what_is_wrong(record)
            with self._halts:
                people = self.asked.halted(project)
                if people is not None:
                    self._reach([records.halt(self.cluster, project, people)])
            self._make(record)
            return wrong

    def observe(self, project: str) -> Observed:
        """Look at what is known, change nothing, ask nothing."""
        self.world.believe()
        space = self.world.get(Key("Namespace", "", names.namespace(project)))
        record, halted = self.record(project), self.halted(project)
        if space is None or record is None or is_ending(space):
            return Observed(project, False, False, None, (), {}, halted)
        hub = self.hub_address(project)
        whole = record == self.asked.record(project) and self._in_order(record)
        mounts = (
            mount
            for mount in record.mounts
            if self._is_by_image(record) and (whole or self._attached(record, mount))
        )
        return Observed(
            project=project,
            present=True,
            hub_ready=hub is not None,
            spec_digest=record.spec.digest if whole or self._as_specified(record.spec) else None,
            mounts=tuple(m.digest for m in mounts),
            servers={},
            halted=halted,
            isolation=nodes.in_words(self.walls.nodes(), second_wall=self.cluster.second_wall),
            hub=None if hub is None else at(*hub),
        )

    def attach(self, project: str, mounts: Sequence[Mount], image: str = "") -> None:
        """Set the whole set of attached snapshots; pods with another set are ended first.

        Shape: `image` is the one image of all of them, where image volumes carry them: the
        namespace names it, and admission lets its pods mount no other.
        Errors: NotFound for a project that was never set up; Unavailable when a wall is missing:
        nothing is attached then.
        """
        if not mounts and self.record(project) is None:
            return
        with self.lock(project):
            self.world.believe()
            record = self.known(project)
            if mounts:
                self._require_walls(record.spec)
            after = replace(record, mounts=records.sorted_mounts(mounts), image=image)
            self.keep(after)
            self._reach([namespace.project_namespace(self.cluster, record.spec, image)])
            self._end_pods_with_other_data(after)
            self._detach_others(project, after.mounts)
            self._reach_data(project, after.mounts)

    def prove(self, project: str | None) -> list[Probe]:
        """Prove the walls, each by itself and both around a project. See `proof.Proofs`.

        Errors: NotFound for a project that was never set up; Unavailable.
        """
        self.world.believe()
        if project is None:
            return self.proofs.prove(None)
        spec = self.known(project).spec
        return self.proofs.prove(spec, lambda: self._what_is_open(spec))

    def doctor(self) -> list[Condition]:
        """Say which walls stand on which nodes. Never raises."""
        try:
            return self.walls.doctor()
        except TreError as problem:
            return [Condition("cluster", "broken", problem.message)]

    def remove(self, project: str) -> Remains:
        """Ask for the end of everything of a project, as far as it can be asked for by now.

        Shape: what runs and what holds data first, then the namespace with its policies, so that
        nothing ever runs there without them, and a namespace that is empty ends at once. Waits for
        none of it, because many projects may end at a time; what has to go next is still there.
        """
        with self.lock(project):
            self.world.believe()
            self.asked.forget(project)
            space, system = names.namespace(project), self.cluster.system
            hub = names.hub(project)
            first = [Key("Deployment", system, hub), *self._of("Pod", space)]
            claims = [*self._of("PersistentVolumeClaim", space)]
            claims += [Key("PersistentVolumeClaim", system, hub), *self._volumes(project)]
            last = [Key("Namespace", "", space), Key("NetworkPolicy", system, hub)]
            last += [Key("ServiceAccount", system, hub), hubs.where_secret(self.cluster, project)]
            last.append(records.where(self.cluster, project))
            left = self._gone(first, 0) or sorted(self.world.group(hubs_of(project)))
            left = left or self._gone(claims, 0) or self._gone(last, 0)
        return Remains(ending=tuple(f"{each.kind} {each.name}" for each in left))

    # What the other parts of the engine ask of it

    def lock(self, project: str) -> threading.RLock:
        """Answer the lock under which one project is changed."""
        with self._guard:
            return self._locks.setdefault(project, threading.RLock())

    def record(self, project: str) -> records.Record | None:
        """Answer what a project was asked to be, None for an unknown one.

        Shape: by this process, whatever lies on the cluster; else what lies there.
        Errors: Tampered.
        """
        asked = self.asked.record(project)
        if asked is not None:
            return asked
        seen = self.world.get(records.where(self.cluster, project))
        if seen is None or is_ending(seen):
            return None
        return records.read(seen)

    def known(self, project: str) -> records.Record:
        """Answer what a project was asked to be. Errors: NotFound; Tampered."""
        record = self.record(project)
        if record is None:
            raise NotFound(f"There is no environment of {project}; it was never set up.")
        return record

    def keep(self, record: records.Record) -> None:
        """Write down what a project is asked to be, here and on the cluster."""
        self.asked.keep(record)
        self._reach([records.written(self.cluster, record)])

    def halted(self, project: str) -> frozenset[str]:
        """Answer who is halted; `*` is everybody. Errors: Tampered."""
        asked = self.asked.halted(project)
        if asked is not None:
            return asked
        return records.halted(self.world.get(records.where_halted(self.cluster, project)))

    def set_halted(self, project: str, who: str, *, held: bool) -> None:
        """Write down that somebody is halted, or is not any more; `*` is everybody."""
        with self._halts:
            people = self.halted(project) - {who}
            people |= {who} if held else set()
            self.asked.halt(project, people)
            self._reach([records.halt(self.cluster, project, people)])

    def may_run(self, project: str) -> bool:
        """Say whether a project's hub should run: neither asleep nor halted as a whole."""
        record = self.record(project)
        asleep = record is not None and record.asleep
        return not asleep and records.EVERYBODY not in self.halted(project)

    def token(self, project: str) -> str | None:
        """Answer the token that a project's hub knows us by."""
        return hubs.token_of(self.world.get(hubs.where_secret(self.cluster, project)))

    def hub_address(self, project: str) -> tuple[str, int] | None:
        """Answer where a project's hub is, None when it is not ready or about to be replaced."""
        token = self.token(project)
        if token is None:
            return None
        told = hubs.told(self.cluster, project, token)
        for pod in self.world.group(hubs_of(project)).values():
            ip = mapping(pod.get("status")).get("podIP")
            current = texts(metadata_of(pod).get("annotations")).get(hubs.TOLD) == told
            if current and isinstance(ip, str) and is_ready(pod) and not is_ending(pod):
                return ip, self.cluster.ports.project_hub
        return None

    def scale_hub(self, project: str) -> None:
        """Make a project's hub run or not, as it may; nothing where there is none to be."""
        record, token = self.record(project), self.token(project)
        if record is not None and token is not None:
            awake = self.may_run(project)
            self._reach([hubs.deployment(self.cluster, record.spec, token, awake=awake)])

    def end(self, pods: Iterable[Key], grace: int) -> None:
        """End pods and wait until their nodes say that nothing of them runs any more.

        Shape: a grace of nought would take the objects away before anything has ended, so it is
        one second at least, which is what a node grants anyway. Asks the server itself, because a
        pod that was made a moment ago may not be in the watched world.
        Errors: Unavailable with the pod that does not end.
        """
        until = time.monotonic() + _END_SECONDS
        left = list(pods)
        while left := [where for where in left if not self._ends(where, max(1, grace))]:
            if time.monotonic() > until:
                raise Unavailable(f"Pod {left[0].name} does not end; it is tried again.")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def pods_now(self, project: str) -> list[Key]:
        """Ask the server for every pod in a project's namespace."""
        page = self.client.list(Scope("Pod", names.namespace(project)))
        return [key(pod) for pod in page.items]

    def end_hub(self, project: str, grace: int) -> None:
        """End every pod of a project's hub, also those that its Deployment makes meanwhile.

        Errors: Unavailable when one does not end.
        """
        until = time.monotonic() + _END_SECONDS
        while mine := sorted(self.world.group(hubs_of(project))):
            self.end(mine, grace)
            self.world.wait(lambda: not self.world.group(hubs_of(project)), 1.0)
            if time.monotonic() > until:
                raise Unavailable(f"{mine[0].name} of {project} does not end; it is tried again.")

    def wanted(self, spec: Spec) -> list[Object]:
        """All objects of a project as they should be now; a hub without a token is none."""
        token, awake = self.token(spec.project) or "", self.may_run(spec.project)
        record = self.record(spec.project)
        image = "" if record is None else record.image
        return manifests.environment(self.cluster, spec, token, awake=awake, image=image)

    # The parts of the verbs

    def _make(self, record: records.Record) -> None:
        """Write its record, its objects in their stages, and the data that it has already."""
        spec = record.spec
        self.asked.keep(record)
        token = self.token(spec.project) or secrets.token_hex(32)
        awake = not record.asleep and records.EVERYBODY not in self.halted(spec.project)
        first, *later = manifests.stages(self.cluster, spec, token, awake=awake, image=record.image)
        for stage in ([records.written(self.cluster, record), *first], *later):
            self._reach(stage)
        self._clear(spec)
        if record.mounts:
            self._reach_data(spec.project, record.mounts)

    def _in_order(self, record: records.Record) -> bool:
        """Say whether all is as asked; compared again only when an object of it has changed."""
        changes = self.world.changes(names.name(record.spec.project))
        if self.asked.is_acquitted(record, changes):
            return True
        if self._what_is_wrong(record):
            return False
        self.asked.acquit(record, changes)
        return True

    def _what_is_wrong(self, record: records.Record) -> tuple[str, ...]:
        """Name what is missing, altered, or one too many, of all that was asked."""
        project, space = record.spec.project, names.namespace(record.spec.project)
        people = self.asked.halted(project)
        ours = self.wanted(record.spec)
        asked = [
            records.written(self.cluster, record),
            *([] if people is None else [records.halt(self.cluster, project, people)]),
            *ours,
            *manifests.data(self.cluster, project, record.mounts),
        ]
        wrong = [*writes(asked, self.world), *strays(ours, self.world.group(space), space)]
        ending = [key(each) for each in asked if is_ending(self.world.get(key(each)) or {})]
        found = [*(write.key for write in wrong), *ending]
        if self.token(project) is None:  # any hub is as wanted for whoever knows no token
            found.append(hubs.where_secret(self.cluster, project))
        return tuple(f"{where.kind} {where.name}" for where in found)

    def _refuse_ending(self, project: str) -> None:
        space = self.world.get(Key("Namespace", "", names.namespace(project)))
        if space is not None and is_ending(space):
            raise Conflict(f"The last environment of {project} is still ending.", code="ending")

    def _reach(self, wanted: Sequence[Object]) -> None:
        """Write until every wanted object is there as wanted.

        Errors: Unavailable when that takes more rounds than it should.
        """
        for attempt in range(_ROUNDS):
            todo = writes(wanted, self.world)
            if not todo:
                break
            try:
                self._do(todo)
            except (NotFound, Conflict):  # what it stands on is not known yet, or just changed
                time.sleep(0.05 * 2**attempt)
        self._reached(wanted)

    def _reached(self, wanted: Sequence[Object]) -> None:
        """Read back: an object that is ending, or that somebody keeps changing, is not there."""
        late = writes(wanted, self.world)
        ending = [key(each) for each in wanted if is_ending(self.world.get(key(each)) or {})]
        for where in [write.key for write in late] + ending:
            raise Unavailable(
                f"{where.kind} {where.name} is not yet as it should be; it is tried again.",
                code="not_reached",
            )

    def _do(self, todo: Sequence[Write]) -> None:
        """Do several writes at once. Errors: the first that one met, when all have ended."""
        self._each(self._write, todo)

    def _each(self, act: Callable[[_Thing], None], things: Sequence[_Thing]) -> None:
        """Act on several things at once. Errors: the first that one met, when all have ended."""
        problems: list[TreError] = []

        def one(thing: _Thing) -> None:
            try:
                act(thing)
            except TreError as problem:
                problems.append(problem)

        list(self._pool.map(one, things))
        if problems:
            raise problems[0]

    def _ends(self, where: Key, grace: int) -> bool:
        """Ask for a pod's end unless that was done, also for one that has taken its name since.

        Shape: True when there is none.
        """
        try:
            if not is_ending(self.client.get(where)):
                self.client.delete(where, grace=grace)
        except NotFound:
            return True
        return False

    def _write(self, write: Write) -> None:
        match write.act, write.wanted, write.seen:
            case Act.APPLY, wanted, seen if wanted is not None:
                self.world.put(self.client.apply(wanted, seen))
            case Act.REPLACE, wanted, seen if wanted is not None and seen is not None:
                self.world.put(self.client.replace(wanted, seen))
            case ((Act.RECREATE | Act.DELETE), _, seen):
                self.client.delete(write.key, seen)
                self.world.wait(lambda: self._is_other(write.key, seen), _LOOK_SECONDS)
            case _:
                raise RuntimeError(f"a write without its object: {write.act} {write.key}")

    def _is_other(self, where: Key, seen: Object | None) -> bool:
        """Say whether an object is gone, ending, or replaced by another one of its name."""
        now = self.world.get(where)
        if now is None or is_ending(now) or seen is None:
            return now is None or is_ending(now)
        return metadata_of(now).get("uid") != metadata_of(seen).get("uid")

    def _clear(self, spec: Spec) -> None:
        """Delete what a project's namespace holds beside our own: one allow opens everything."""
        wanted = self.wanted(spec)
        space = names.namespace(spec.project)
        todo = strays(wanted, self.world.group(space), space)
        if todo:
            self._do(todo)

    def _require_walls(self, spec: Spec) -> None:
        """Refuse to attach data where a wall is known to be open, or a policy is not as written."""
        self.walls.require(spec.project)
        wrong = self._what_is_open(spec)
        if wrong:
            raise Unavailable(
                f"Nothing is attached to {spec.project} while {wrong}.", code="open_wall"
            )

    def _what_is_open(self, spec: Spec) -> str:
        """Say which policy is missing, altered, or one too many; empty when all is as written."""
        wanted = self.wanted(spec)
        walls = [each for each in wanted if each["kind"] in ("Namespace", "NetworkPolicy")]
        space = names.namespace(spec.project)
        wrong = [
            *writes(walls, self.world),
            *strays(wanted, self.world.group(space), space),
        ]
        if not wrong:
            return ""
        return f"{wrong[0].key.kind} {wrong[0].key.name} is not as it should be"

    def _reach_data(self, project: str, mounts: Sequence[Mount]) -> None:
        wanted = manifests.data(self.cluster, project, mounts)
        self._reach([each for each in wanted if each["kind"] == "PersistentVolume"])
        self._reach(wanted)

    def _is_by_image(self, record: records.Record) -> bool:
        """Say whether data is attached in the way that the settings say now, image or claims."""
        return bool(record.image) == isinstance(self.cluster.snapshots, Images)

    def _as_specified(self, spec: Spec) -> bool:
        """Say whether a project has everything as it should be, and nothing beside it."""
        wanted = self.wanted(spec)
        space = names.namespace(spec.project)
        return not writes(wanted, self.world) and not strays(wanted, self.world.group(space), space)

    def _attached(self, record: records.Record, mount: Mount) -> bool:
        project = record.spec.project
        if record.image:
            space = namespace.project_namespace(self.cluster, record.spec, record.image)
            return not writes([space], self.world)
        pair = storage.snapshot(self.cluster, project, mount)
        there = [self.world.get(key(each)) for each in pair]
        return not writes(pair, self.world) and not any(is_ending(each or {}) for each in there)

    def _end_pods_with_other_data(self, record: records.Record) -> None:
        project = record.spec.project
        wanted = storage.attached(record.mounts, record.image)
        pods = [
            each
            for each, pod in self.world.group(names.namespace(project)).items()
            if _notebook(pod) and data_of(pod) != wanted
        ]
        left = self._gone(pods)
        if left:
            raise Unavailable(f"{left[0].name} of {project} is still ending.", code="ending")

    def _detach_others(self, project: str, mounts: Sequence[Mount]) -> None:
        wanted = {key(each) for each in manifests.data(self.cluster, project, mounts)}
        claims = [
            each
            for each, thing in self.world.group(names.namespace(project)).items()
            if _is_snapshot(thing) and each not in wanted
        ]
        volumes = [each for each in self._volumes(project) if each not in wanted]
        left = self._gone(claims) or self._gone(volumes)
        if left:
            raise Unavailable(f"{left[0].name} of {project} is still in use.", code="in_use")

    def _of(self, kind: str, space: str) -> list[Key]:
        return sorted(each for each in self.world.group(space) if each.kind == kind)

    def _volumes(self, project: str) -> list[Key]:
        labels, _ = names.marks(names.PROJECT, project)
        return sorted(k for k in self.world.group(volumes_of(labels)) if k.kind == _VOLUME)

    def _gone(self, keys: Iterable[Key], seconds: float = _END_SECONDS) -> list[Key]:
        """Delete objects and wait, at most so long, until they are gone; answer what is left."""
        chosen = list(keys)
        there = [(each, self.world.get(each)) for each in chosen]
        self._do([Write(Act.DELETE, k, None, it) for k, it in there if it and not is_ending(it)])
        self.world.wait(lambda: not any(map(self.world.get, chosen)), seconds)
        return [each for each in chosen if self.world.get(each)]


def scopes(cluster: Cluster) -> list[tuple[Scope, Callable[[Object], bool]]]:
    """Say what is watched: what isolates, in whole, so that a strange policy is seen; else ours.

    Source: a policy that somebody wrote by hand carries none of our labels.
    """

    def ours(thing: Object) -> bool:
        metadata = metadata_of(thing)
        space = str(metadata.get("namespace") or metadata.get("name"))
        marked = names.PROJECT in texts(metadata.get("labels"))
        return names.is_project_namespace(space) or (space == cluster.system and marked)

    def any_of_them(thing: Object) -> bool:
        return True

    whole = ("Namespace", "NetworkPolicy", "Role", "RoleBinding", "ResourceQuota")
    found: list[tuple[Scope, Callable[[Object], bool]]] = [
        (Scope(kind), ours) for kind in (*whole, "LimitRange", "ServiceAccount")
    ]
    for kind in ("PersistentVolumeClaim", "PersistentVolume", "Pod"):
        found.append((Scope(kind, labels=names.PROJECT), any_of_them))
    for kind in ("Deployment", "ConfigMap", "Secret"):
        found.append((Scope(kind, cluster.system, names.PROJECT), any_of_them))
    return found


def at(host: str, port: int) -> str:
    """Spell an address and a port as one word."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_ready(pod: Object) -> bool:
    """Say whether a pod is ready by its own conditions."""
    conditions = mapping(pod.get("status")).get("conditions")
    said = (mapping(each) for each in (conditions if isinstance(conditions, list) else ()))
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in said)


def _notebook(pod: Object) -> bool:
    labels = texts(metadata_of(pod).get("labels"))
    return pod["kind"] == "Pod" and labels.get(names.ROLE) == "notebook"


def _is_snapshot(claim: Object) -> bool:
    labels = texts(metadata_of(claim).get("labels"))
    return claim["kind"] == "PersistentVolumeClaim" and labels.get(names.ROLE) == "snapshot"


def data_of(pod: Object) -> set[str]:
    """Name what a pod mounts of data: claims of snapshots, or an image."""
    listed = mapping(pod.get("spec")).get("volumes")
    volumes = [mapping(each) for each in (listed if isinstance(listed, list) else ())]
    claims = (str(mapping(each.get("persistentVolumeClaim")).get("claimName")) for each in volumes)
    images = (str(mapping(each["image"]).get("reference")) for each in volumes if "image" in each)
    return {*(claim for claim in claims if claim.startswith("ds-")), *images}

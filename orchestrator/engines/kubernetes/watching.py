"""The world as the cluster tells it: one list and one watch a kind, kept in memory.

Looking at it costs no request. An answer to a write of ours is taken in at once, and an older event
that comes later changes nothing: time never runs backwards for one object. A watch that is cut,
silent or too old is opened again; a rare list is the safety net for what a watch may have lost. An
object is kept as text and read each time that it is asked for: parsed it takes many times the
room, and most are never asked for again.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.client import Client, Gone, Scope, Stream
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of, texts
from orchestrator.errors import TreError, Unavailable

Keeps = Callable[[Object], bool]


@dataclass(frozen=True)
class Patience:
    """Seconds: of one watch, of its silence (the server sends a bookmark a minute), between lists.

    Shape: `blind` is how long a kind may go unheard before what is known of it is not believed.
    """

    watch: float = 300.0
    silence: float = 90.0
    relist: float = 1800.0
    longest_pause: float = 30.0
    blind: float = 240.0


@dataclass(frozen=True, slots=True)
class Kept:
    """One object as text, and what is asked about it without reading it."""

    version: int
    uid: str
    group: str
    owner: str
    text: bytes

    def thing(self) -> Object:
        """Read it."""
        read: Object = json.loads(self.text)
        return read


class Watched:
    """The objects of one scope, as far as they matter to us."""

    def __init__(
        self,
        client: Client,
        scope: Scope,
        keeps: Keeps,
        changed: threading.Condition,
        touched: Counter[str],
    ) -> None:
        """Start empty and unsynchronised.

        Shape: `changed` is told of every change; `touched` counts under it whose object that was.
        """
        self.scope = scope
        self.problem: TreError | None = None
        self.lists = 0
        self._client = client
        self._keeps = keeps
        self._changed = changed
        self._touched = touched
        self._objects: dict[Key, Kept] = {}
        self._groups: dict[str, set[Key]] = {}
        self._gone: dict[str, None] = {}
        self._heard: float | None = None
        self._listed = 0.0
        self._stream: Stream | None = None

    def get(self, where: Key) -> Object | None:
        """Answer one object that is there now."""
        with self._changed:
            known = self._objects.get(where)
        return None if known is None else known.thing()

    def group(self, name: str) -> dict[Key, Object]:
        """Answer what is there of one group."""
        with self._changed:
            known = {where: self._objects[where] for where in self._groups.get(name, ())}
        return {where: one.thing() for where, one in known.items()}

    def heard_within(self, seconds: float) -> bool:
        """Say whether the cluster was heard of lately; never, before the first list."""
        return self._heard is not None and time.monotonic() - self._heard < seconds

    def put(self, thing: Object) -> None:
        """Take in an object unless it is known already, or known to be gone.

        Shape: asked before it is spelled and again after, because most come twice, as the answer to
        a write and by the watch, and spelling is what costs.
        """
        where = key(thing)
        with self._changed:
            if not self._is_news(where, thing):
                return
        fresh = _kept(thing)
        with self._changed:
            if not self._is_news(where, thing):
                return
            self._forget(where)
            if self._keeps(thing):
                self._objects[where] = fresh
                self._groups.setdefault(fresh.group, set()).add(where)
                self._touch(fresh)
            self._changed.notify_all()

    def drop(self, thing: Object) -> None:
        """Take in that an object is gone; another one of its name stays."""
        where, uid = key(thing), _uid(thing)
        with self._changed:
            self._bury(uid)
            known = self._objects.get(where)
            if known is not None and known.uid == uid:
                self._forget(where)
            self._changed.notify_all()

    def follow(self, patience: Patience, ending: threading.Event) -> None:
        """List and watch until told to end. Never raises: a problem is kept and tried again."""
        failures, version = 0, ""
        while not ending.is_set():
            try:
                version = version or self._list(patience)
                version = self._watch(version, patience)
                failures, self.problem = 0, None
            except Gone:
                version = ""
                failures += 1
            except TreError as problem:
                failures += 1
                self.problem = problem
            if self._due(patience):
                version = ""
            if failures:
                ending.wait(_pause(failures, patience))

    def end(self) -> None:
        """Cut the watch that is open, if any."""
        stream = self._stream
        if stream is not None:
            stream.end()

    def _list(self, patience: Patience) -> str:
        """Read everything and forget what is not there any more."""
        there, version = set[Key](), ""
        for page in self._client.pages(self.scope):
            there.update(map(key, page.items))
            for item in page.items:
                self.put(item)
            version = page.version
        with self._changed:
            for where, known in list(self._objects.items()):
                if where not in there and known.version <= int(version):
                    self._forget(where)
                    self._bury(known.uid)
            self._listed = time.monotonic() + random.uniform(0, patience.relist / 5)  # noqa: S311
            self._heard = time.monotonic()
            self.lists += 1
            self._changed.notify_all()
        self.problem = None
        return version

    def _watch(self, version: str, patience: Patience) -> str:
        """Follow events from a version; answer the last one seen.

        Errors: Gone; Unavailable, but only when nothing was heard: else the version is kept.
        """
        stream = self._client.watch(self.scope, version, patience.watch, patience.silence)
        self._stream, opened, events = stream, time.monotonic(), 0
        self._heard = opened
        try:
            for kind, thing in stream:
                self._heard, events = time.monotonic(), events + 1
                version = str(metadata_of(thing).get("resourceVersion") or version)
                match kind:
                    case "ADDED" | "MODIFIED":
                        self.put(thing)
                    case "DELETED":
                        self.drop(thing)
                    case _:
                        pass
                if self._due(patience):
                    break
        except Gone:
            raise
        except Unavailable:
            if not events:
                raise
        finally:
            self._stream = None
            stream.close()
        if not events and time.monotonic() - opened < _AT_ONCE:
            raise Unavailable("A watch was closed as soon as it was opened.", code="no_answer")
        return version

    def _is_news(self, where: Key, thing: Object) -> bool:
        known = self._objects.get(where)
        is_newer = known is None or known.version < _version(thing)
        return is_newer and _uid(thing) not in self._gone

    def _due(self, patience: Patience) -> bool:
        return time.monotonic() - self._listed > patience.relist

    def _touch(self, known: Kept) -> None:
        """Write down whose object changed; what runs in a project is no part of what it should be.

        Shape: also for what somebody added by hand, which carries no label of ours.
        """
        if self.scope.kind != "Pod":
            self._touched[known.owner] += 1

    def _forget(self, where: Key) -> None:
        known = self._objects.pop(where, None)
        if known is not None:
            self._touch(known)
            group = self._groups[known.group]
            group.remove(where)
            if not group:
                del self._groups[known.group]

    def _bury(self, uid: str) -> None:
        self._gone[uid] = None
        while len(self._gone) > _GRAVES:
            del self._gone[next(iter(self._gone))]


class World:
    """All kinds that we look at, together."""

    def __init__(
        self, client: Client, scopes: Sequence[tuple[Scope, Keeps]], patience: Patience
    ) -> None:
        """Start nothing yet."""
        self.changed = threading.Condition(threading.RLock())
        self._touched: Counter[str] = Counter()
        self._told: dict[str, int] = {}
        self._patience = patience
        self._ending = threading.Event()
        self.kinds = {
            scope.kind: Watched(client, scope, keeps, self.changed, self._touched)
            for scope, keeps in scopes
        }
        self._threads: list[threading.Thread] = []

    def start(self, seconds: float) -> None:
        """Begin to look, once, and wait until every kind was listed.

        Errors: the first problem that a kind has, or Unavailable, when that takes longer.
        """
        for watched in self.kinds.values() if not self._threads else ():
            thread = threading.Thread(
                target=watched.follow,
                args=(self._patience, self._ending),
                name=f"watch-{watched.scope.kind}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()
        if not self.wait(lambda: all(kind.lists for kind in self.kinds.values()), seconds):
            self.believe()
            raise Unavailable("The cluster was not read in time; try later.", code="no_answer")

    def believe(self) -> None:
        """Refuse to act on what is too old. Errors: Unavailable with the kind that is unheard."""
        for name, watched in self.kinds.items():
            if not watched.heard_within(self._patience.blind):
                raise watched.problem or Unavailable(
                    f"The cluster was not heard about {name} for too long; nothing is done"
                    " until it is.",
                    code="blind",
                )

    def get(self, where: Key) -> Object | None:
        """Answer one object that is known now, None where there is none."""
        return self.kinds[where.kind].get(where)

    def group(self, name: str) -> dict[Key, Object]:
        """Answer everything of one group: a namespace, or a project's volumes.

        Shape: the cost grows with that group, not with what else the cluster holds.
        """
        with self.changed:  # of one moment
            return {k: v for watched in self.kinds.values() for k, v in watched.group(name).items()}

    def put(self, thing: Object) -> None:
        """Take in the answer to a write of ours."""
        self.kinds[str(thing["kind"])].put(thing)

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so, looking at every change; say whether it is."""
        with self.changed:
            return self.changed.wait_for(done, seconds)

    def touched(self, seconds: float) -> bool:
        """Wait, at most so long, until any project's object changed; say whether one did."""
        return self.wait(lambda: self._touched != self._told, seconds)

    def take_touched(self) -> set[str]:
        """Answer whose objects changed since this was last asked, by name as in their labels."""
        with self.changed:
            fresh = {name for name, n in self._touched.items() if self._told.get(name) != n}
            self._told = dict(self._touched)
            return fresh

    def changes(self, name: str) -> int:
        """Count the changes of one project's objects since the start; by name as in its labels."""
        with self.changed:
            return self._touched[name]

    def close(self) -> None:
        """Stop looking."""
        self._ending.set()
        for watched in self.kinds.values():
            watched.end()
        for thread in self._threads:
            thread.join(5)


def group_of(thing: Object) -> str:
    """Name what an object is found with: its namespace, or for a volume or a hub whose it is."""
    metadata = metadata_of(thing)
    labels = texts(metadata.get("labels"))
    if thing["kind"] == "PersistentVolume":
        return volumes_of(labels)
    if thing["kind"] == "Pod" and labels.get(names.COMPONENT) == "hub":
        return f"hubs of {labels.get(names.PROJECT, '')}"
    return str(metadata.get("namespace") or "")


def owner_of(thing: Object) -> str:
    """Name the project that an object belongs to, by its namespace or its label; else empty."""
    metadata = metadata_of(thing)
    space = metadata["name"] if thing["kind"] == "Namespace" else metadata.get("namespace")
    if names.is_project_namespace(str(space)):
        return str(space).removeprefix("tre-")
    return texts(metadata.get("labels")).get(names.PROJECT, "")


def hubs_of(project: str) -> str:
    """Name the group of the pods of a project's hub; no namespace has such a name."""
    return f"hubs of {names.name(project)}"


def volumes_of(labels: Mapping[str, str]) -> str:
    """Name the group of a project's volumes; no namespace has such a name."""
    return f"volumes of {labels.get(names.PROJECT, '')}"


_GRAVES = 10_000
_AT_ONCE = 1.0


def _version(thing: Object) -> int:
    """Read a version; the server promises since 1.35 that they can be compared as numbers."""
    return int(str(metadata_of(thing).get("resourceVersion") or 0))


def _uid(thing: Object) -> str:
    return str(metadata_of(thing).get("uid"))


def _kept(thing: Object) -> Kept:
    """Keep an object as text; names that many share are kept once."""
    group, owner = sys.intern(group_of(thing)), sys.intern(owner_of(thing))
    text = json.dumps(thing, separators=(",", ":")).encode()
    return Kept(_version(thing), _uid(thing), group, owner, text)


def _pause(failures: int, patience: Patience) -> float:
    """Wait longer each time, with jitter: many watches that end together must not list together."""
    longest = min(0.2 * 2 ** min(failures, 10), patience.longest_pause)
    return random.uniform(longest / 2, longest)  # noqa: S311

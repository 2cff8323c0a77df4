"""Prove on this cluster that the walls hold: pods like real ones try, others show that they could.

A run makes its namespaces, starts a canary, the stations and a control for each node, reads their
last words from what is watched (nobody may enter a pod of ours or read its log), takes one policy
away while a connection is held, and removes everything. What a killed run left, the next one takes
away. Source: egress section 7; decision 12.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from orchestrator.engines.judging import Answer
from orchestrator.engines.kubernetes import attempts, names, nodes, scene, starting
from orchestrator.engines.kubernetes.attempts import Row, Seen, Station, Targets, Wall
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of
from orchestrator.engines.kubernetes.nodes import Node
from orchestrator.engines.kubernetes.scene import Run
from orchestrator.engines.kubernetes.walls import Walls
from orchestrator.engines.kubernetes.watching import World
from orchestrator.engines.port import Outcome, Probe, Spec, proved, why_unproved
from orchestrator.errors import Conflict, NotFound, TreError, Unavailable

RECONCILER, DOCTOR = "reconciler", "doctor"

GOOD_FOR = 240.0
"""Seconds for which the cluster's own part of a proof, when it held, serves several projects."""

_UP_SECONDS, _TRY_SECONDS, _END_SECONDS = 60.0, 60.0, 30.0
_NUMBERS = {RECONCILER: 1_000_000, DOCTOR: 2_000_000}


@dataclass
class Placed:
    """A station with its pod, and what became of it."""

    station: Station
    pod: Object
    seen: Seen = field(default_factory=lambda: Seen(None, None))


@dataclass(frozen=True)
class Stage:
    """What one run has to work with."""

    run: Run
    canary: tuple[str, ...]
    targets: Mapping[str, Targets]


class Proofs:
    """Runs proofs on one cluster; remembers the last one of the cluster itself while it is good."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        world: World,
        walls: Walls,
        *,
        maker: str = RECONCILER,
        good_for: float = GOOD_FOR,
    ) -> None:
        """Keep what is needed; asks nothing yet."""
        self._client = client
        self._cluster = cluster
        self._world = world
        self._walls = walls
        self._maker = maker
        self._good_for = good_for
        self._mine: set[str] = set()
        self._guard = threading.Lock()
        self._one = threading.Lock()
        self._last: tuple[float, tuple[str, ...], list[Probe]] | None = None
        self._number = 0

    def prove(self, spec: Spec | None, drift: Callable[[], str] = lambda: "") -> list[Probe]:
        """Prove the cluster (None), or a project with the cluster's part where that is not in date.

        Shape: `drift` says what of a project's walls is not as it was written, empty when all is.
        Effect: nodes get or lose their label; `Walls.require` refuses after a proof that fails.
        Errors: Unavailable when there is no node to try on, or the cluster does not answer.
        """
        if spec is None:
            with self._one:
                return self._prove_cluster(self._image())
        with self._one:
            found = self._in_date() or self._prove_cluster(spec.image)
        mine = [*self._prove_project(spec), _drift(drift())]
        self._remember(spec.project, mine)
        if not proved(mine):
            self.forget()
        return [*found, *mine]

    def forget(self) -> None:
        """Distrust the cluster's last proof: the next one tries everything."""
        self._last = None

    def sweep(self) -> list[str]:
        """Take away what runs that were killed left behind; answer the namespaces."""
        found = self._client.list(Scope("Namespace", labels=scene.PROOF)).items
        with self._guard:
            mine = sorted(self._mine)
        gone = [each for each in found if scene.left_over(each, self._maker, mine, time.time())]
        for each in gone:
            self._client.delete(key(each), each)
        return [str(metadata_of(each)["name"]) for each in gone]

    # The cluster's part

    def _in_date(self) -> list[Probe] | None:
        """Answer the cluster's last proof while it serves: held, young, and no node changed."""
        last = self._last
        if last is None:
            return None
        at, proved_nodes, probes = last
        now = tuple(node.name for node in self._usable() if node.proved)
        if time.monotonic() - at > self._good_for or now != proved_nodes:
            return None
        age = f"; tried {int(time.monotonic() - at)} s ago for all projects"
        return [replace(probe, evidence=probe.evidence + age) for probe in probes]

    def _prove_cluster(self, image: str) -> list[Probe]:
        self.forget()
        usable = self._usable()
        with self._stage(image, usable, self._walls_to_try()) as stage:
            placed = [
                Placed(station, self._pod(stage, station))
                for node in usable
                for station in self._stations(stage, node)
            ]
            translations = self._tried(stage, placed, usable)
        mark = len(usable) > 1
        by_node: dict[str, list[Probe]] = {node.name: [] for node in usable}
        for each in placed:
            name = each.station.node
            by_node[name] += attempts.judged(each.station, each.seen, name if mark else "")
        self._label(usable, by_node, translations)
        found = [probe for probes in by_node.values() for probe in probes]
        self._remember(None, found)
        if proved(found):
            ready = tuple(node.name for node in self._usable() if node.proved)
            self._last = (time.monotonic(), ready, found)
        return found

    def _walls_to_try(self) -> tuple[Wall, ...]:
        both = (Wall.POLICIES, Wall.SECOND)
        return both if self._cluster.second_wall else (Wall.POLICIES,)

    def _stations(self, stage: Stage, node: Node) -> Iterator[Station]:
        targets = stage.targets[node.name]
        for wall in self._walls_to_try():
            rows = attempts.outward(targets)
            way: Mapping[str, tuple[object, ...]]
            if wall is Wall.POLICIES:
                way = {
                    "the one port that a policy allows": ("reach", stage.canary[0], attempts.HELD)
                }
                rows = (*rows, *attempts.inside(self._cluster.user_namespaces))
            else:
                way = self._doors()
            yield Station(wall, node.name, rows, _at_once(rows), way)

    def _label(
        self,
        usable: Sequence[Node],
        found: Mapping[str, list[Probe]],
        translations: Mapping[str, str],
    ) -> None:
        """Write on every node whether its own stations held."""
        for node in usable:
            translates = translations.get(node.name) or node.translates
            self._walls.label(node.name, proved=proved(found[node.name]), translates=translates)

    # A project's part

    def _prove_project(self, spec: Spec) -> list[Probe]:
        node = self._usable()[0]
        with self._stage(spec.image, [node], ()) as stage:
            targets = stage.targets[node.name]
            rows = (*attempts.outward(targets), *attempts.inside(self._cluster.user_namespaces))
            if self._cluster.second_wall:
                rows = (*rows, *attempts.beside(targets))
            shut = attempts.closed(targets)
            stations = [
                Station(Wall.BOTH, node.name, rows, _at_once(rows), self._doors()),
                Station(Wall.BOTH, node.name, shut, _at_once(shut), {}),
            ]
            placed = [
                Placed(station, self._pod(stage, station, spec, net))
                for station, net in zip(stations, ("open", "closed"), strict=True)
            ]
            self._take_probes_away(spec.project)
            self._tried(stage, placed, [node])
            opened, closed = placed
            closed.seen = _with_the_others_doors(closed.seen, opened.seen, shut)
        found = attempts.judged(opened.station, opened.seen)
        return [*found, *_of_the_closed(closed)]

    def _take_probes_away(self, project: str) -> None:
        """Delete what a killed run left in the project itself; two makers never share a number."""
        space, lowest = names.namespace(project), _NUMBERS[self._maker]
        for each, pod in self._world.group(space).items():
            if scene.is_probe(pod) and lowest <= int(each.name[6:]) < lowest + 1_000_000:
                with suppress(TreError):
                    self._client.delete(each, pod, grace=1)

    # One run

    @contextmanager
    def _stage(self, image: str, usable: Sequence[Node], walls: Sequence[Wall]) -> Iterator[Stage]:
        """Make the namespaces and the canary of a run; take everything away in the end."""
        run = Run(secrets.token_hex(4), self._maker, image)
        with self._guard:
            self._mine.update(run.spaces())
        self.sweep()
        wanted = [run.canary]
        wanted += [run.policies] if Wall.POLICIES in walls else []
        wanted += [run.walled] if Wall.SECOND in walls else []
        made: list[Object] = []
        try:
            things = scene.spaces(self._cluster, run, time.time(), wanted)
            things += scene.policies(self._cluster, run) if Wall.POLICIES in walls else []
            self._make(things, made)
            canary = self._up(scene.canary(self._cluster, run, usable[0].name))
            yield Stage(run, canary, self._targets(canary, usable))
        finally:
            self._clear(wanted)
            with self._guard:
                self._mine.difference_update(run.spaces())

    def _make(self, things: Sequence[Object], made: list[Object]) -> None:
        """Apply objects in order; a namespace's accounts may be made by the cluster meanwhile."""
        for thing in things:
            made.append(self._client.apply(thing))

    def _clear(self, spaces: Sequence[str]) -> None:
        """Delete a run's pods and namespaces; what errors leave is for the next sweep."""
        for space in spaces:
            with suppress(TreError):
                for each, pod in self._world.group(space).items():
                    if each.kind == "Pod":
                        self._client.delete(each, pod, grace=1)
                self._client.delete(Key("Namespace", "", space))

    def _targets(self, canary: tuple[str, ...], usable: Sequence[Node]) -> dict[str, Targets]:
        ports = self._cluster.ports
        return {
            node.name: Targets(
                canary,
                node.addresses,
                self._cluster.api_servers,
                self._cluster.doors_address,
                (ports.hub, ports.packages, ports.airlock),
                self._walls.doors_pods(),
            )
            for node in usable
        }

    def _doors(self) -> dict[str, tuple[object, ...]]:
        ports = self._cluster.ports
        return {
            f"door {port}": ("reach", self._cluster.doors_address, port)
            for port in (ports.hub, ports.packages, ports.airlock)
        }

    def _pod(
        self, stage: Stage, station: Station, spec: Spec | None = None, net: str = "open"
    ) -> Object:
        hold = None
        if station.wall is Wall.POLICIES:
            hold = (stage.canary[0], attempts.HELD, station.hold)
        number = self._next()
        return scene.probe(self._cluster, stage.run, station, number, hold, spec, net)

    def _next(self) -> int:
        """Answer a number for a pod; those of one process never repeat."""
        with self._guard:
            self._number += 1
            return _NUMBERS[self._maker] + secrets.randbelow(9_000) * 100 + self._number % 100

    def _up(self, pod: Object) -> tuple[str, ...]:
        """Make a pod, wait until it runs, and answer its addresses. Errors: Unavailable."""
        where = scene.where(pod)
        self._world.put(self._client.create(pod))
        self._await(lambda: scene.runs(self._pod_now(where)), _UP_SECONDS)
        found = scene.addresses(self._pod_now(where))
        if not found or not scene.runs(self._pod_now(where)):
            raise Unavailable("The canary of the proof did not start.", code="no_canary")
        return found

    def _tried(
        self, stage: Stage, placed: Sequence[Placed], usable: Sequence[Node]
    ) -> dict[str, str]:
        """Start all stations, then a control for each node, then tighten; keep what was seen."""
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self._begin, placed))
            self._await(lambda: all(map(self._has_tried, placed)), _TRY_SECONDS)
            with ThreadPoolExecutor(8) as pool:
                told = list(pool.map(lambda node: self._controlled(stage, placed, node), usable))
            self._tighten(stage, placed)
        finally:
            self._end(placed)
        return {name: said for name, said in told if said}

    def _begin(self, placed: Placed) -> None:
        """Make a station's pod; what the cluster refuses leaves it without answers."""
        with suppress(NotFound, Conflict):
            self._world.put(self._client.create(placed.pod))

    def _has_tried(self, placed: Placed) -> bool:
        pod = self._pod_now(scene.where(placed.pod))
        return scene.ended(pod) or scene.runs(pod)

    def _controlled(self, stage: Stage, placed: Sequence[Placed], node: Node) -> tuple[str, str]:
        """Let a pod behind no wall do the same from one node, and keep what everybody saw."""
        here = [each for each in placed if each.station.node == node.name]
        token = secrets.token_hex(16)
        words: dict[str, Sequence[object]] = {}
        inward = {id(each): self._inward(each) for each in here}
        for each in here:
            words |= {row.id: row.words for row in each.station.rows if not row.inside}
        for number, each in enumerate(here):
            for row in inward[id(each)]:
                words[f"in{number}.{row.id}"] = row.words
        there = [row for host in stage.canary for row in attempts.inward(host, served=True)]
        words |= {f"there.{row.id}": row.words for row in there}
        tokens = [word for each in here for word in (each.station.token, each.station.hold)]
        words["translated"] = ("translated", *attempts.API)
        words["ask"] = ("ask", stage.canary[0], attempts.ASKED, [token, *tokens])
        said = self._asked(stage, node, token, words)
        for number, each in enumerate(here):
            each.seen = self._seen(each, number, said, inward[id(each)], 2 * number)
        found = (said or {}).get("translated")
        known = found is not None and found.evidence in ("as asked", _ANOTHER)
        return node.name, ("" if not known else nodes.YES if found and found.done else nodes.NO)

    def _asked(
        self, stage: Stage, node: Node, token: str, words: Mapping[str, Sequence[object]]
    ) -> dict[str, Answer] | None:
        plan = attempts.control_plan(token, words)
        pod = scene.control(self._cluster, stage.run, self._next(), node.name, plan)
        where = scene.where(pod)
        self._world.put(self._client.create(pod))
        self._await(lambda: scene.ended(self._pod_now(where)), _TRY_SECONDS)
        return attempts.unpacked(list(words), scene.message(self._pod_now(where), "main"))

    def _seen(
        self,
        placed: Placed,
        number: int,
        said: Mapping[str, Answer] | None,
        inward: tuple[Row, ...],
        first: int,
    ) -> Seen:
        pod = self._pod_now(scene.where(placed.pod))
        expected = list(attempts.plan(placed.station)["attempts"])
        answers = said or {}
        counts = _counts(answers.get("ask"))
        return Seen(
            answers=attempts.unpacked(expected, scene.message(pod, starting.NAME)),
            controls=said,
            inward_rows=inward,
            inward={
                row.id: answers[key] for row in inward if (key := f"in{number}.{row.id}") in answers
            },
            inward_controls={
                row.id: answers[key] for row in inward if (key := f"there.{row.id}") in answers
            },
            listens=scene.runs(pod),
            heard=(counts[first + 1], counts[0], counts[first + 2]) if counts else None,
        )

    def _inward(self, placed: Placed) -> tuple[Row, ...]:
        served = placed.station.wall is not Wall.SECOND
        pod = self._pod_now(scene.where(placed.pod))
        hosts = scene.addresses(pod)
        return tuple(row for host in hosts for row in attempts.inward(host, served=served))

    def _tighten(self, stage: Stage, placed: Sequence[Placed]) -> None:
        """Take the one allowing policy away while connections are held, and wait for their end."""
        holding = [each for each in placed if each.station.wall is Wall.POLICIES]
        if not holding:
            return
        allow = key(scene.allow(stage.run))
        self._client.delete(allow)

        def over() -> bool:
            return all(scene.ended(self._pod_now(scene.where(each.pod))) for each in holding)

        self._await(over, attempts.LONGEST_HOLD + _END_SECONDS)
        for each in holding:
            said = scene.message(self._pod_now(scene.where(each.pod)), "main")
            each.seen = replace(each.seen, held=_held(said))

    def _end(self, placed: Sequence[Placed]) -> None:
        """Delete the stations' pods and wait until they are gone: a project's quota counts them."""
        keys = [scene.where(each.pod) for each in placed]
        for each in keys:
            with suppress(TreError):
                self._client.delete(each, grace=1)
        self._await(lambda: not any(map(self._world.get, keys)), _END_SECONDS)

    def _pod_now(self, where: Key) -> Object:
        return self._world.get(where) or {}

    def _await(self, done: Callable[[], bool], seconds: float) -> None:
        """Wait for something, or for as long as it may take; what is seen then is what counts."""
        self._world.wait(done, seconds)

    def _usable(self) -> list[Node]:
        """Answer the nodes to try on, those that are proved first. Errors: Unavailable."""
        found = nodes.to_try(self._walls.nodes(), second_wall=self._cluster.second_wall)
        if not found:
            raise Unavailable("No node of the cluster takes pods, so nothing can be proved.")
        return found

    def _image(self) -> str:
        """Answer a workspace image, for a proof of no project."""
        others = {self._cluster.hub_image, self._cluster.worker_image}
        found = sorted(set(self._cluster.images) - others)
        if not found:
            raise Unavailable("There is no workspace image on the cluster's list to prove with.")
        return found[0]

    def _remember(self, project: str | None, found: Sequence[Probe]) -> None:
        if proved(found):
            self._walls.held(project)
            return
        self._walls.failed(project, why_unproved(found))


_ANOTHER = "the kernel sees another address"


def _at_once(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(row.id for row in rows if row.words[0] == "first")


def _counts(answer: Answer | None) -> list[int]:
    """Read what a canary told: one number for each token, in their order."""
    if answer is None or not answer.done:
        return []
    words = answer.evidence.split()
    return [int(word) for word in words] if all(map(str.isdecimal, words)) else []


def _held(message: str | None) -> Mapping[str, object] | None:
    try:
        found = json.loads(message or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _with_the_others_doors(closed: Seen, opened: Seen, rows: Sequence[Row]) -> Seen:
    """Give the closed pod its controls: the same doors, reached by its open neighbour."""
    answers = opened.answers or {}
    controls = {
        row.id: answers[name] for row in rows if (name := f"way.door {row.words[2]}") in answers
    }
    return replace(closed, controls=controls)


def _of_the_closed(placed: Placed) -> list[Probe]:
    """Judge the closed pod by its own rows only; what others try at it is its neighbour's row."""
    seen = replace(placed.seen, inward_rows=())
    found = attempts.judged(placed.station, seen)
    return [
        replace(probe, control="by a pod of the same project that policies open")
        for probe in found
        if probe.id.startswith("E01.door-")
    ]


def _drift(said: str) -> Probe:
    """Judge what is stored: a policy that is missing, altered or one too many opens a project."""
    return Probe(
        "E16.stored.project",
        "a policy of the project that is missing, altered or one too many",
        "the policies that were written are there",
        Outcome.OPEN if said else Outcome.HELD,
        said or "everything is as it was written",
        0.0,
    )

"""Notebook servers on a cluster: asked for at a project's hub, seen in the watched world.

It holds nothing that matters: what runs is found in pods, who may run in records, and a token that
was forgotten is made again. What a start that is under way came to is asked of the hub.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_urlsafe

from orchestrator.engines.kubernetes import doorways, names, pods, reasons, storage
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, is_ending, mapping, metadata_of, texts
from orchestrator.engines.kubernetes.environments import Environments, at, data_of
from orchestrator.engines.kubernetes.records import EVERYBODY, Record
from orchestrator.engines.port import RESTED, Server, ServerState
from orchestrator.errors import Conflict, NotAllowed, NotFound, TreError, Unavailable
from orchestrator.hub.client import AWAY, HubClient
from orchestrator.hub.spec import POD

Connect = Callable[[tuple[str, int], float], socket.socket]
"""Connect to an address within so many seconds. Errors: OSError."""

NOW, IN_PEACE = 1, 5
"""Seconds that a server has to end by itself: when it is halted, and when it is stopped."""

_AT_ONCE = 256
"""How many starts may wait for their hubs' answers; each costs a thread that sleeps."""

_AT_HUB = 8
"""How many starts a hub works on before their pods are there. It has one thread: of sixty at once
all would be ready with the last."""

_END_SECONDS = 40.0
_HUB_SECONDS = 1.0
_HUB_STARTS = "The project's hub is starting."
_HUB_SILENT = "The project's hub does not answer yet."
_PINNED = {"JUPYTERHUB_HOST": "", "JUPYTERHUB_PUBLIC_URL": "", "JUPYTERHUB_PUBLIC_HUB_URL": ""}
"""Words about addresses outside that a notebook server must not get from its hub."""


@dataclass
class _Asked:
    """A start that a hub was asked for, and what came with the request.

    Shape: without an `answer`, an engine before this one has asked, and nobody knows what it sent.
    `said` is why the pod waited when it was last seen.
    """

    said: str | None
    answer: Future[bool] | None = None
    door: str = ""
    token: str = ""

    def is_open(self) -> bool:
        """Say whether the hub has yet to answer."""
        return self.answer is not None and not self.answer.done()

    def problem(self) -> BaseException | None:
        """Answer why the hub did not take the request; None when it did, or has yet to answer."""
        return None if self.answer is None or self.is_open() else self.answer.exception()

    def made_ready(self) -> bool:
        """Say whether the hub has answered that the server is ready."""
        return (
            self.answer is not None
            and self.answer.done()
            and self.answer.exception() is None
            and self.answer.result()
        )


class Servers:
    """Start, see and end the notebook servers of all projects."""

    def __init__(self, environments: Environments, connect: Connect) -> None:
        """Keep where objects are and how a hub is reached; asks nothing yet."""
        self._environments = environments
        self._world = environments.world
        self._connect = connect
        self._tokens: dict[tuple[str, str, str], str] = {}
        self._asked: dict[tuple[str, str], _Asked] = {}
        self._asking = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hub")
        self._answers = threading.Event()

    def close(self) -> None:
        """Wait for no answer any more; what was asked for goes on."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    def seen(self, project: str, person: str) -> Server | None:
        """Look at one server; None when it neither runs nor failed."""
        pod = self._pod(project, person)
        if pod is None or is_ending(pod):
            return None
        url = _base_url(person)
        if reasons.rested(pod):
            return Server(person, ServerState.STOPPED, reason=RESTED)
        why = reasons.ended(pod)
        if why is not None:
            return Server(person, ServerState.FAILED, reason=why)
        address, door = self._address(pod), doorways.secret_of(pod)
        known = Server(
            person,
            ServerState.STARTING,
            address,
            url,
            reason=reasons.waiting(pod),
            door=None if door is None else doorways.hash_of(door),
        )
        token = self._token(project, person, pod) if address and _runs(pod) else None
        if token is None:
            return known
        return replace(known, state=ServerState.READY, token=token, reason=None)

    def start(self, record: Record, person: str) -> Server:
        """Ask for a server, or say how one that was asked for stands; returns at once.

        Shape: the hub is asked once for each start, because many people come at a time and it has
        one thread to make their pods. It answers when the server is ready.
        """
        project = record.spec.project
        seen = self.seen(project, person)
        if self._has_other_data(record, person):
            self.end(project, person, IN_PEACE)
            seen = None
        if seen is not None and seen.state is ServerState.READY:
            self._asked.pop((project, person), None)
            return seen
        if seen is not None and seen.state is ServerState.STOPPED:
            self.end(project, person, IN_PEACE)  # so that the next wish finds nothing of it
            return seen
        asked = self._asked.get((project, person))
        if asked is None:
            return self._ask(record, person, seen)
        if seen is not None and seen.state is ServerState.FAILED:
            self._asked.pop((project, person), None)
            return seen
        asked.said = (seen and seen.reason) or asked.said
        if asked.is_open() or self._comes(project, person):
            return seen or _starting(person)
        return self._go_on(record, person, asked, seen)

    def answered(self, seconds: float) -> bool:
        """Wait, at most so long, until a hub has answered a request for a server."""
        came = self._answers.wait(seconds)
        self._answers.clear()
        return came

    def end(self, project: str, person: str, grace: int) -> None:
        """End a server, whatever the hub is doing for it; nothing of it runs or starts after that.

        Shape: a start that is under way is over when the hub has answered and has seen its pod go.
        A hub that does not let go in time is started anew: that ends nothing else.
        Errors: Unavailable when a node does not end the pod.
        """
        asked = self._asked.get((project, person))
        self._forget(project, person)
        pod = [self._where(project, person)]
        until = time.monotonic() + _END_SECONDS
        self._environments.end(pod, grace)
        while (hub := self.hub(project)) is not None and not _let_go(hub, person, asked):
            if time.monotonic() > until:
                self._environments.end_hub(project, NOW)
            self._environments.end(pod, grace)
        if hub is None and self._environments.may_run(project):
            self._environments.end_hub(project, NOW)  # it may be in the middle of a start
        self._environments.end(pod, grace)

    def end_all(self, project: str, grace: int) -> None:
        """End a project's hub, if it must not run, and every pod; nothing starts after that."""
        self._environments.scale_hub(project)
        self._environments.end(self._environments.pods_now(project), grace)
        if not self._environments.may_run(project):
            self._environments.end_hub(project, NOW)
        self._environments.end(self._environments.pods_now(project), grace)
        for key in [key for key in self._asked if key[0] == project]:
            self._forget(*key)

    def forget_at_hub(self, project: str, person: str, *, comes_again: bool = False) -> None:
        """Take a person and all tokens away from a hub that runs.

        Shape: whoever `comes_again` is made anew at once, so that the next start need not.
        """
        hub = self.hub(project)
        if hub is not None:
            with suppress(NotFound):
                hub.delete_user(person)
            if comes_again:
                hub.ensure_user(person)

    def people_running(self, project: str) -> list[str]:
        """Answer whose notebook pods are there, also of people who left the specification."""
        space = names.namespace(project)
        found = []
        for where, pod in self._world.group(space).items():
            marks = (texts(metadata_of(pod).get(kind)) for kind in ("labels", "annotations"))
            person = names.text_of(names.PERSON, *marks) if where.kind == "Pod" else None
            if person is not None and where == self._where(project, person):
                found.append(person)
        return sorted(found)

    def people_asked(self, project: str) -> list[str]:
        """Answer for whom a start is under way, as far as this engine asked for it."""
        return sorted(person for asked, person in self._asked if asked == project)

    def hub(self, project: str) -> HubClient | None:
        """Answer the client of a project's hub, None while it is not ready."""
        address = self._environments.hub_address(project)
        token = self._environments.token(project)
        if address is None or token is None:
            return None
        return HubClient(partial(self._connect, address), token)

    # The parts of a start

    def _ask(self, record: Record, person: str, seen: Server | None) -> Server:
        """Ask the hub for a server; where a pod is there, see first whose it is."""
        if self.hub(record.spec.project) is None:
            return seen or _starting(person, _HUB_STARTS)
        if seen is None and self._is_crowded(record.spec.project):
            return _starting(person)  # its turn comes at one of the next looks
        return self._send(record, person) if seen is None else self._clear(record, person, seen)

    def _is_crowded(self, project: str) -> bool:
        asked = [(who, one) for (where, who), one in self._asked.items() if where == project]
        before = (who for who, one in asked if one.is_open() and self._pod(project, who) is None)
        return sum(1 for _ in before) >= _AT_HUB

    def _clear(self, record: Record, person: str, seen: Server | None) -> Server:
        """Ask after clearing away what the hub or the cluster still holds of an earlier start."""
        project, hub = record.spec.project, self.hub(record.spec.project)
        try:
            at_hub = None if hub is None else hub.server_ready(person)
        except Unavailable:
            return seen or _starting(person, _HUB_SILENT)
        if seen is not None and seen.state is ServerState.STARTING and at_hub is not None:
            self._asked[project, person] = _Asked(seen.reason)  # an engine before this one did
            return seen
        if seen is not None or at_hub is not None:
            self.end(project, person, IN_PEACE)
        return self._send(record, person)

    def _send(self, record: Record, person: str) -> Server:
        """Send the hub a pod and what shall open it; the answer comes when it is ready, or slow."""
        door, token = token_urlsafe(32), token_urlsafe(32)
        pod = pods.notebook(
            self._environments.cluster,
            record.spec,
            person,
            record.mounts,
            _PINNED,
            self._environments.walls.doors_pods(),
            door=door,
            image=record.image,
        )
        answer = self._asking.submit(self._started, record.spec.project, person, pod, token)
        self._asked[record.spec.project, person] = _Asked(None, answer, door, token)
        answer.add_done_callback(lambda _: self._answers.set())
        return _starting(person)

    def _started(self, project: str, person: str, pod: Object, token: str) -> bool:
        """Ask for a server, in a thread of its own; the first time a hub must be told of a person.

        Errors: as `HubClient.start_server`.
        """
        hub = self.hub(project)
        if hub is None:
            raise Unavailable(_HUB_STARTS, code=AWAY)
        try:
            return hub.start_server(person, {POD: pod}, token)
        except NotFound:
            hub.ensure_user(person)
            return hub.start_server(person, {POD: pod}, token)

    def _go_on(self, record: Record, person: str, asked: _Asked, seen: Server | None) -> Server:
        """Say what a start came to that the hub has answered: it gave up, or the server comes."""
        project, problem, hub = record.spec.project, asked.problem(), self.hub(record.spec.project)
        if hub is None:
            return seen or _starting(person, _HUB_STARTS)
        if isinstance(problem, Conflict):
            self._forget(project, person)
            return self._clear(record, person, seen)
        try:
            if hub.server_ready(person) is not None:
                return seen or _starting(person)
            unheard = seen is None and isinstance(problem, Unavailable) and problem.code == AWAY
            why = None if unheard else hub.failure(person)
        except Unavailable:
            return seen or _starting(person, _HUB_SILENT)
        self._forget(project, person)
        if unheard:
            return _starting(person, _HUB_SILENT)  # it is asked again next time
        return Server(person, ServerState.FAILED, reason=asked.said or reasons.refused(why))

    def _token(self, project: str, person: str, pod: Object) -> str | None:
        """Answer the token of a ready server: the one that came with its start, if we know it.

        Shape: the hub is not asked while it has yet to answer; for a pod that an engine before this
        one asked for, it makes a token.
        """
        named = (project, person, str(metadata_of(pod).get("uid")))
        asked = self._asked.get((project, person))
        if named in self._tokens or (asked is not None and asked.is_open()):
            return self._tokens.get(named)
        given = asked.token if asked and asked.door == doorways.secret_of(pod) else None
        hub = self.hub(project)
        if given is not None and asked is not None and asked.made_ready():
            self._tokens[named] = given
        elif hub is not None:
            with suppress(Unavailable, NotFound):
                if hub.server_ready(person):
                    self._tokens[named] = given or hub.mint_token(person)
        return self._tokens.get(named)

    def _forget(self, project: str, person: str) -> None:
        asked = self._asked.pop((project, person), None)
        if asked is not None and asked.answer is not None:
            asked.answer.cancel()
        for named in [named for named in self._tokens if named[:2] == (project, person)]:
            self._tokens.pop(named, None)

    def _has_other_data(self, record: Record, person: str) -> bool:
        """Say whether a pod mounts another set of snapshots than is attached now."""
        pod = self._pod(record.spec.project, person)
        wanted = storage.attached(record.mounts, record.image)
        return pod is not None and data_of(pod) != wanted

    def _comes(self, project: str, person: str) -> bool:
        """Say whether a pod is there that neither runs yet nor has failed."""
        pod = self._pod(project, person)
        return (
            pod is not None and not is_ending(pod) and _is_pending(pod) and not reasons.ended(pod)
        )

    def _pod(self, project: str, person: str) -> Object | None:
        return self._world.get(self._where(project, person))

    def _where(self, project: str, person: str) -> Key:
        return Key("Pod", names.namespace(project), names.notebook_pod(person))

    def _address(self, pod: Object) -> str | None:
        """Answer where a server is; a pod on its node's own address would be no pod of ours."""
        status = mapping(pod.get("status"))
        ip = status.get("podIP")
        if not isinstance(ip, str) or not ip or ip == status.get("hostIP"):
            return None
        return at(ip, self._environments.cluster.ports.server)


def allowed(environments: Environments, project: str, person: str) -> Record:
    """Answer a project's record when a person may have a server there now.

    Errors: NotFound; NotAllowed when halted, asleep, or not among the people.
    """
    record = environments.known(project)
    if environments.halted(project) & {EVERYBODY, person}:
        raise NotAllowed("This is halted: nothing starts until it is resumed.", code="halted")
    if person not in record.spec.people:
        raise NotAllowed(f"{person} may not work in {project}.", code="not_in_spec")
    if record.asleep:
        raise NotAllowed(f"{project} is asleep; wake it first.", code="asleep")
    return record


def _let_go(hub: HubClient, person: str, asked: _Asked | None) -> bool:
    """Say whether a hub has no server of a person, none under way, and no request for one."""
    is_open = asked is not None and asked.is_open()
    try:
        hub.delete_server(person, _HUB_SECONDS)
    except NotFound:
        return not is_open
    except TreError:
        return False
    return not is_open


def _runs(pod: Object) -> bool:
    return mapping(pod.get("status")).get("phase") == "Running"


def _is_pending(pod: Object) -> bool:
    return mapping(pod.get("status")).get("phase") == "Pending"


def _starting(person: str, reason: str | None = None) -> Server:
    return Server(person, ServerState.STARTING, base_url=_base_url(person), reason=reason)


def _base_url(person: str) -> str:
    return f"/user/{person}/"

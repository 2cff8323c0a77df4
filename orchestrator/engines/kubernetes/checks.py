"""The check worker's prisons on a cluster: a pod for each opener and judge, started beforehand.

A pod serves one request and is deleted after it. A few of each kind wait, so that a check does not
wait for them. Nobody but the reconciler reaches them, at one port, and they reach nobody.
"""

import io
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from orchestrator.engines.checks import JUDGE, OPENER, WORKERS, Bounds, Given
from orchestrator.engines.kubernetes import hubs, manifests, pods
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.engines.kubernetes.differences import Key, is_ending, key, mapping
from orchestrator.engines.port import Size
from orchestrator.errors import Invalid, NotFound, TreError, Unavailable
from orchestrator.outputs import frames

Connect = Callable[[tuple[str, int], float], socket.socket]

WAITING = {OPENER: WORKERS, JUDGE: 1}
"""How many pods of a kind wait for a request."""

_SIZE = Size(memory_mb=2048, cpus=1)
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_CONNECT_SECONDS = 5.0
_TRIES = 3


class Pods:
    """See `engines.checks.Prison`."""

    def __init__(self, client: Client, cluster: Cluster, connect: Connect) -> None:
        """Keep how pods are made and reached; nothing is made before the first request."""
        self._client = client
        self._cluster = cluster
        self._connect = connect
        self._guard = threading.Lock()
        self._ready: dict[str, list[Key]] = {}

    def run(self, role: str, given: Given, out: Path, bounds: Bounds) -> bool:
        """See `engines.checks.Prison`."""
        for _ in range(_TRIES):
            where = self._taken(role)
            try:
                connection = self._reached(where)
                if connection is not None:
                    with connection:
                        return _asked(connection, given, out, bounds)
            except (OSError, Invalid):
                return False  # it crashed, hung, said nonsense, or was killed: could not check
            finally:
                with suppress(TreError):
                    self._client.delete(where, grace=1)
        raise Unavailable("No check worker came up; the check is run again.", code="no_worker")

    def close(self) -> None:
        """Delete the pods that still wait."""
        with self._guard:
            left = [where for waiting in self._ready.values() for where in waiting]
            self._ready.clear()
        for where in left:
            with suppress(TreError):
                self._client.delete(where, grace=1)

    def _taken(self, role: str) -> Key:
        """Take a pod that waits, or make one; another one waits in its place afterwards."""
        with self._guard:
            if not self._ready:
                self._begin()
            waiting = self._ready.setdefault(role, [])
            chosen = waiting.pop(0) if waiting else self._made(role)
            while len(waiting) < WAITING[role]:
                waiting.append(self._made(role))
        return chosen

    def _begin(self) -> None:
        """Make the room, and clear away what an engine before this one left there.

        Errors: Unavailable when a wall of it cannot be written.
        """
        for thing in manifests.check_room(self._cluster):
            self._client.apply(thing)
        for pod in self._client.list(Scope("Pod", self._cluster.check)).items:
            self._client.delete(key(pod), grace=1)

    def _made(self, role: str) -> Key:
        number, port = uuid.uuid4().hex[:16], self._cluster.ports.worker
        command = [hubs.PYTHON, "-m", "orchestrator.outputs.worker", role, str(port)]
        return key(self._client.create(pods.worker(self._cluster, role, number, command, _SIZE)))

    def _reached(self, where: Key) -> socket.socket | None:
        """Connect as soon as the pod listens; None for one that was ended before it was asked.

        One on its way out still runs and still listens, and would take the file's check with it.
        """
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            try:
                pod = self._client.get(where)
            except NotFound:
                return None
            status = mapping(pod.get("status"))
            if is_ending(pod) or status.get("phase") in ("Failed", "Succeeded"):
                return None
            ip = status.get("podIP")
            if status.get("phase") == "Running" and isinstance(ip, str):
                with suppress(OSError):
                    return self._connect((ip, self._cluster.ports.worker), _CONNECT_SECONDS)
            time.sleep(_LOOK_SECONDS)
        return None


def _asked(connection: socket.socket, given: Given, out: Path, bounds: Bounds) -> bool:
    """Send a job and take its results. Errors: OSError, Invalid when they are not there in time."""
    connection.settimeout(bounds.seconds)
    killer = threading.Timer(bounds.seconds, _hang_up, [connection])
    killer.start()
    try:
        with connection.makefile("wb") as outgoing:
            _send(outgoing, given)
        with connection.makefile("rb") as incoming:
            return _taken_in(frames.read(incoming, bounds.output), out, bounds.files)
    finally:
        killer.cancel()


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _send(stream: BinaryIO, given: Given) -> None:
    for name, text in given.texts.items():
        content = text.encode()
        frames.write(stream, name, io.BytesIO(content), len(content))
    for name, place in given.places.items():
        for file in _within(place):
            inside = name if file == place else f"{name}/{file.relative_to(place)}"
            with file.open("rb") as opened:
                frames.write(stream, inside, opened, file.stat().st_size)
    frames.end(stream)


def _within(place: Path) -> Iterator[Path]:
    """Answer a plain file, or the plain files of a folder of ours."""
    if place.is_file():
        yield place
    else:
        yield from sorted(each for each in place.rglob("*") if each.is_file())


def _taken_in(found: Iterator[tuple[str, Iterator[bytes]]], out: Path, most: int) -> bool:
    """Lay results into the folder; a name that is more than a name, or one too many, is refused."""
    for count, (name, blocks) in enumerate(found):
        if "/" in name or name in ("", ".", "..") or count >= most:
            raise Invalid("A check worker sent a file that nobody asked for.", code="bad_frame")
        with (out / name).open("xb") as file:
            for block in blocks:
                file.write(block)
    return True

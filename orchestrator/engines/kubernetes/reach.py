"""What an operator does with a pod from outside: run a command in it, connect to a port of it.

For the story on a cluster. None of our processes may do either, and in the namespaces of projects
admission refuses both. The library that speaks here is the client's (`client.py`).
"""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import urllib3
from kubernetes import client as official
from kubernetes import stream
from kubernetes.client.exceptions import ApiException

from orchestrator.engines.kubernetes.client import Access, connect
from orchestrator.errors import Unavailable

PodOf = Callable[[], str]
"""Answers the name of the pod that stands behind a port now; it may be another one by the minute.

Errors: Unavailable when there is none.
"""
_BLOCK = 1 << 16
_LISTEN_SECONDS = 0.2
_ENDING_SECONDS = 5.0


class Reach:
    """Pods of one namespace; safe to use from many threads."""

    def __init__(self, access: Access, namespace: str) -> None:
        """Keep how the cluster is reached; connects to nothing."""
        self._access = access
        self._namespace = namespace

    def execute(
        self, pod: str, words: Sequence[str], seconds: float = 300, container: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in a pod to its end.

        Errors: Unavailable when the pod cannot be reached, or after `seconds`.
        """
        named = {"container": container} if container else {}
        options = {"command": list(words), "stdout": True, "stderr": True, **named}
        with self._core() as core, _refusals(pod):
            answer = stream.stream(
                core.connect_get_namespaced_pod_exec,
                pod,
                self._namespace,
                _preload_content=False,
                **options,
            )
            try:
                answer.run_forever(timeout=seconds)
                said, wrong = answer.read_stdout(), answer.read_stderr()
                ended = None if answer.is_open() else answer.returncode
            finally:
                with contextlib.suppress(OSError):
                    answer.sock.shutdown()  # its own close() leaves a socket that the server ended
        if ended is None:
            raise Unavailable(f"{words[0]} in pod {pod} did not end within {seconds:.0f} s.")
        return subprocess.CompletedProcess(list(words), ended, said, wrong)

    def log(self, pod: str, container: str, lines: int) -> str:
        """The last lines of a container's log. Errors: Unavailable when there is none."""
        with self._core() as core, _refusals(pod):
            said = core.read_namespaced_pod_log(
                pod, self._namespace, container=container, tail_lines=lines
            )
        return str(said)

    @contextmanager
    def forwarded(self, port: int, listen: int, pod_of: PodOf) -> Iterator[None]:
        """Bring what listens at a port of a pod to a port of this machine's loopback."""
        ending = threading.Event()
        with socket.create_server(("127.0.0.1", listen)) as server:
            server.settimeout(_LISTEN_SECONDS)
            thread = threading.Thread(target=self._serve, args=(server, port, pod_of, ending))
            thread.start()
            try:
                yield
            finally:
                ending.set()
                thread.join()

    def _serve(
        self, server: socket.socket, port: int, pod_of: PodOf, ending: threading.Event
    ) -> None:
        carried: list[threading.Thread] = []
        while not ending.is_set():
            try:
                near, _ = server.accept()
            except TimeoutError:
                continue
            work = threading.Thread(target=self._carry, args=(near, port, pod_of), daemon=True)
            work.start()
            carried = [each for each in carried if each.is_alive()] + [work]
        for work in carried:
            work.join(_ENDING_SECONDS)

    def _carry(self, near: socket.socket, port: int, pod_of: PodOf) -> None:
        """Carry one connection; whatever fails on the way is a connection that was cut."""
        with near, self._core() as core, contextlib.suppress(Unavailable):
            near.settimeout(None)
            pod = pod_of()
            with _refusals(pod):
                way = stream.portforward(
                    core.connect_get_namespaced_pod_portforward,
                    pod,
                    self._namespace,
                    ports=str(port),
                )
            far = way.socket(port)
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            try:
                _pump(near, far)
                back.join()
            finally:
                _hang_up(way)

    @contextmanager
    def _core(self) -> Iterator[Any]:
        """Open a connection of its own: the library bends the one that it is given."""
        opened = connect(self._access)
        try:
            yield official.CoreV1Api(opened)
        finally:
            opened.close()
            opened.rest_client.pool_manager.clear()


def _hang_up(way: Any) -> None:
    """End a forwarded connection, its socket too: the library leaves one that the server ended."""
    way.close()
    until = time.monotonic() + _ENDING_SECONDS
    while way.connected and time.monotonic() < until:
        time.sleep(_LISTEN_SECONDS / 4)
    way.websocket.shutdown()


def _pump(source: Any, target: Any) -> None:
    """Copy until either side ends, then end both, as a cable that is pulled."""
    with contextlib.suppress(OSError):
        while block := source.recv(_BLOCK):
            target.sendall(block)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def _refusals(pod: str) -> Iterator[None]:
    try:
        yield
    except (ApiException, OSError, urllib3.exceptions.HTTPError) as problem:
        said = getattr(problem, "reason", None) or problem
        raise Unavailable(f"Pod {pod} is out of reach: {said}.", code="pod_away") from problem

"""A proxy between the engine and the API server that counts requests and spoils chosen ones.

It speaks plain HTTP on loopback and asks the real server as the user it was made for. Faults are
given by a function from (number, method, path) to a fault; the first that answers one is used up.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes import config

PASSED = ("Content-Type", "Accept")


@dataclass(frozen=True)
class Fault:
    """What happens instead: an answer with a status, before or after the request took effect.

    Shape: `status` 0 cuts the connection; `applied` sends the request on first and hides its
    answer; `headers` go with the answer.
    """

    status: int = 0
    applied: bool = False
    headers: dict[str, str] = field(default_factory=dict)


Plan = Callable[[int, str, str], Fault | None]


def nothing(number: int, method: str, path: str) -> Fault | None:
    """Let everything pass."""
    return None


KILLED = {"before": Fault(), "after": Fault(applied=True)}
"""For a process that is killed at a change: nothing of it arrived, or it took effect unseen."""


class AtChange:
    """A plan: at the k-th request that changes something, something happens to the one who asks.

    Shape: `at` is when; with a fault, no later change of that one arrives either.
    """

    def __init__(self, k: int, act: Callable[[], None], fault: Fault | None = None) -> None:
        self.at: float | None = None
        self.count = 0
        self._k, self._act, self._fault = k, act, fault

    def __call__(self, number: int, method: str, path: str) -> Fault | None:
        """Called under the proxy's lock, so that nothing passes meanwhile."""
        if method == "GET":
            return None
        self.count += 1
        if self.count == self._k:
            self._act()
            self.at = time.monotonic()
            return self._fault
        return Fault() if self._fault is not None and self.count > self._k else None


class Proxy:
    """The proxy's state; tests set `plan`, `silent` and `cut`, and read `log`.

    Shape: `times` are of the monotonic clock, one for each entry of `log`.
    """

    def __init__(self, kubeconfig: Path, user: str) -> None:
        self.plan: Plan = nothing
        self.log: list[tuple[str, str]] = []
        self.times: list[float] = []
        self.silent = False
        self._watches: list[Any] = []
        self._lock = threading.Lock()
        api = config.new_client_from_config(str(kubeconfig))
        settings = api.configuration
        self._host = settings.host
        self._user = user
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        context.load_cert_chain(settings.cert_file, settings.key_file)
        self._pool = urllib3.PoolManager(ssl_context=context, retries=False, maxsize=64)
        api.close()

    def cut_watches(self) -> None:
        """End every open watch, in the middle of whatever it is saying."""
        with self._lock:
            watches, self._watches = self._watches, []
        for connection in watches:
            with suppress(OSError):
                connection.shutdown(2)

    def chosen(self, method: str, path: str) -> Fault | None:
        """Count a request and answer its fault, if the plan has one."""
        with self._lock:
            self.log.append((method, path))
            self.times.append(time.monotonic())
            return self.plan(len(self.log), method, path)

    def ask(self, method: str, path: str, headers: Any, body: bytes | None, seconds: float) -> Any:
        """Ask the real server."""
        given = {name: headers[name] for name in PASSED if name in headers}
        return self._pool.request(
            method,
            self._host + path,
            body=body,
            headers=given | {"Impersonate-User": self._user},
            preload_content=False,
            timeout=urllib3.Timeout(connect=5, read=seconds),
        )

    def watching(self, connection: Any) -> None:
        """Remember a watch, to be cut."""
        with self._lock:
            self._watches.append(connection)

    def close(self) -> None:
        """End everything."""
        self.cut_watches()
        self._pool.clear()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            fault = proxy.chosen(self.command, self.path)
            if fault is not None:
                if fault.applied:
                    proxy.ask(self.command, self.path, self.headers, body, 30).data  # noqa: B018
                self._spoil(fault)
                return
            if "watch=true" in self.path:
                self._watch()
                return
            answer = proxy.ask(self.command, self.path, self.headers, body, 30)
            self._answer(answer.status, answer.data, dict(answer.headers))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

        def _spoil(self, fault: Fault) -> None:
            if fault.status == 0:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(2)
                return
            status = {"kind": "Status", "code": fault.status, "message": "spoiled by the test"}
            self._answer(fault.status, json.dumps(status).encode(), fault.headers)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            with suppress(OSError):
                self.send_response(status)
                for name in ("Content-Type", "Retry-After"):
                    if name in headers:
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def _watch(self) -> None:
            answer = proxy.ask("GET", self.path, self.headers, None, 600)
            if answer.status != 200:
                self._answer(answer.status, answer.data, dict(answer.headers))
                return
            proxy.watching(self.connection)
            self.close_connection = True
            with suppress(OSError, urllib3.exceptions.HTTPError):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.flush()
                for chunk in answer.stream(1 << 16):
                    while proxy.silent:
                        time.sleep(0.05)
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
            answer.close()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    """A queue as long as what an engine opens at once: the kernel resets what does not fit in."""

    request_queue_size = 128
    daemon_threads = True


@contextmanager
def between(kubeconfig: Path, user: str, folder: Path) -> Iterator[tuple[Proxy, Path]]:
    """Run a proxy; answer it and a kubeconfig that leads through it."""
    proxy = Proxy(kubeconfig, user)
    server = _Server(("127.0.0.1", 0), _handler(proxy))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    file = folder / "through-the-proxy"
    address = f"http://127.0.0.1:{server.server_address[1]}"
    file.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "p", "cluster": {"server": address}}],
                "users": [{"name": "p", "user": {}}],
                "contexts": [{"name": "p", "context": {"cluster": "p", "user": "p"}}],
                "current-context": "p",
            }
        )
    )
    try:
        yield proxy, file
    finally:
        proxy.silent = False
        proxy.close()
        server.shutdown()
        server.server_close()
        thread.join(5)

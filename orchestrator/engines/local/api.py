"""The engine socket: where one project's hub, and nobody else, asks for that project's servers.

The hub can name a person and hand over environment values, never a mount, image or limit.
"""

import http.server
import json
import os
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Invalid, NotAllowed, NotFound, TreError, Unavailable
from orchestrator.values import parse_slug

_BODY_BYTES = 1 << 18
_SECONDS = 30


@dataclass(frozen=True)
class Hands:
    """What a hub may have done for a person of its own project."""

    start: Callable[[str, Mapping[str, str]], str]
    look: Callable[[str], tuple[bool, int | None]]
    stop: Callable[[str], None]


class EngineSocket:
    """One project's socket, served by threads of this process until it is closed."""

    def __init__(self, path: Path, hands: Hands, owner: int | None) -> None:
        """Listen at `path`; only `owner`, the hub's uid, may connect (None: ourselves)."""
        path.unlink(missing_ok=True)
        self._server = _Server(str(path), _handler(hands))
        path.chmod(0o600)
        if owner is not None:
            os.chown(path, owner, -1)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False


def _handler(hands: Hands) -> type[http.server.BaseHTTPRequestHandler]:
    """Make the handler class of one project."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SECONDS

        def do_POST(self) -> None:
            """Start a server, in place of one that runs."""
            self._answer(lambda person: (200, {"address": hands.start(person, self._body())}))

        def do_GET(self) -> None:
            """Say whether a server runs."""
            self._answer(lambda person: (200, _seen(hands.look(person))))

        def do_DELETE(self) -> None:
            """End a server."""
            self._answer(lambda person: _stopped(hands, person))

        def address_string(self) -> str:
            """A unix socket has no address."""
            return "hub"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Write nothing: paths name people."""

        def _answer(self, act: Callable[[str], tuple[int, dict[str, object] | None]]) -> None:
            try:
                status, body = act(_person(self.path))
            except TreError as problem:
                status, body = _status(problem), {"code": problem.code, "detail": problem.message}
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _body(self) -> dict[str, str]:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= _BODY_BYTES:
                raise Invalid("The request has no body or too long a one.")
            return _environment(self.rfile.read(length))

    return Handler


def _person(path: str) -> str:
    if not path.startswith("/servers/"):
        raise NotFound("There is nothing here.")
    return parse_slug(path.removeprefix("/servers/"))


def _environment(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body)["env"]
        return {str(name): str(value) for name, value in given.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Invalid('The body is {"env": {…}}.') from problem


def _seen(seen: tuple[bool, int | None]) -> dict[str, object]:
    return {"running": seen[0], "exit": seen[1]}


def _stopped(hands: Hands, person: str) -> tuple[int, None]:
    hands.stop(person)
    return 204, None


def _status(problem: TreError) -> int:
    match problem:
        case NotFound():
            return 404
        case NotAllowed():
            return 403
        case Invalid():
            return 422
        case Unavailable():
            return 503
        case _:
            return 500

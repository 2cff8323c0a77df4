"""The only caller of a hub's REST interface: synchronous, over a connection that it is given."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from orchestrator.hub.spec import GATEWAY, TOKEN, TOKEN_SECONDS, opens
from orchestrator.values import parse_slug

Dial = Callable[[float], socket.socket]
"""Connect within so many seconds. Errors: OSError."""

AWAY = "hub_away"
"""The code of a hub that was not reached, or did not answer."""

PATIENCE = 15.0
"""Units: seconds that one question may take."""


class HubClient:
    """Ask one project's hub; every verb may be repeated.

    Errors: Unavailable when the hub does not answer or answers nonsense; NotAllowed when our
    token is refused; NotFound for an unknown person.
    """

    def __init__(self, dial: Dial, token: str, seconds: float = PATIENCE) -> None:
        """Keep how the hub is reached; connects at each call, so a restarted hub is found."""
        self._dial = dial
        self._token = token
        self._seconds = seconds

    def ready(self) -> bool:
        """Say whether the hub answers. Never raises."""
        try:
            return "version" in self._ask("GET", "")
        except Unavailable:
            return False

    def ensure_user(self, person: str) -> bool:
        """Make a hub user for a person unless there is one; say whether it was made."""
        return "name" in self._ask("POST", f"/users/{_name(person)}", allow=(409,))

    def start_server(
        self, person: str, options: Mapping[str, object] | None = None, token: str | None = None
    ) -> bool:
        """Ask for a person's server; say whether this request started it and it is ready.

        Shape: returns when the hub's settings say so: at once, or when the start is over, or slow.
        Nothing happens to a server that runs or is starting. `options` are handed to the hub's
        spawner as they are, and `token` with them, of which the hub keeps a hash.
        Errors: Conflict while the last one is still stopping; NotFound for an unknown person.
        """
        body = {} if options is None else {"user_options": dict(options), TOKEN: token}
        status, content = self._request("POST", f"/users/{_name(person)}/server", body)
        answer = _parsed(content)
        problem = str(answer.get("message", "")) if isinstance(answer, dict) else ""
        if status == 400 and "already running" not in problem:
            raise Conflict(f"The notebook server cannot start yet: {problem}", code="hub_busy")
        if status > 400:
            raise _problem(status, answer)
        return status == 201

    def server_ready(self, person: str) -> bool | None:
        """Say True for a running server, False for one that is starting or stopping, else None."""
        user = self._ask("GET", f"/users/{_name(person)}", allow=(404,))
        server = (user.get("servers") or {}).get("")
        if not isinstance(server, dict):
            return None
        if server.get("ready"):
            return True
        return False if server.get("pending") else None

    def failure(self, person: str) -> str | None:
        """Answer why the last start failed, in the hub's words; None when it knows of no failure.

        Shape: the hub tells it as the one event of a stream of events; a start that is under way
        is not waited for.
        """
        if self.server_ready(person) is not None:
            return None
        status, content = self._request("GET", f"/users/{_name(person)}/server/progress", None)
        for line in content.splitlines() if status == 200 else ():
            event = _parsed(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {}
            if isinstance(event, dict) and event.get("failed"):
                return str(event.get("message", "")).removeprefix("Spawn failed: ")[:500]
        return None

    def mint_token(self, person: str, seconds: int = TOKEN_SECONDS) -> str:
        """Make a token that opens exactly this person's server here, and nothing else.

        Units: valid for `seconds`. The token is a secret; the hub keeps only its hash.
        """
        name = _name(person)
        body = {"scopes": opens(name), "expires_in": seconds, "note": GATEWAY}
        token = self._ask("POST", f"/users/{name}/tokens", body).get("token")
        if not isinstance(token, str) or not token:
            raise Unavailable("The hub did not make a token; try again.", code="hub_answer")
        return token

    def delete_server(self, person: str, seconds: float = 30.0) -> None:
        """End a person's server and wait until the hub says that it is gone.

        Errors: Unavailable when it is not gone in time.
        """
        until = time.monotonic() + seconds
        while True:
            self._ask("DELETE", f"/users/{_name(person)}/server", allow=(400, 404))
            if self.server_ready(person) is None:
                return
            if time.monotonic() > until:
                raise Unavailable(
                    "The notebook server did not stop in time; it is tried again.",
                    code="hub_stopping",
                )
            time.sleep(0.1)

    def delete_user(self, person: str) -> None:
        """End a person's server and forget the person, whose tokens end with it.

        Shape: an unknown person counts as forgotten.
        """
        self.delete_server(person)
        self._ask("DELETE", f"/users/{_name(person)}", allow=(404,))

    def users(self) -> list[str]:
        """List the people this hub knows, sorted."""
        answer = self._request("GET", "/users", None)
        people = _parsed(answer[1])
        if answer[0] != 200 or not isinstance(people, list):
            raise _problem(answer[0], people)
        return sorted(str(user["name"]) for user in people if isinstance(user, dict))

    def _ask(
        self, method: str, path: str, body: object = None, allow: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        status, content = self._request(method, path, body)
        answer = _parsed(content)
        if status >= 300 and status not in allow:
            raise _problem(status, answer)
        return answer if isinstance(answer, dict) else {}

    def _request(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        connection = _Connection(self._dial, self._seconds)
        headers = {"Authorization": f"token {self._token}", "Accept": "application/json"}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"/hub/api{path or '/'}", content, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as away:
            raise Unavailable(
                "This project's hub does not answer; it is started again by itself.",
                code=AWAY,
            ) from away
        finally:
            connection.close()


def at_socket(path: Path) -> Dial:
    """Answer how a hub at a unix socket is reached."""
    return partial(_connected, path)


def _connected(path: Path, seconds: float) -> socket.socket:
    connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connecting.settimeout(seconds)
        connecting.connect(str(path))
    except OSError:
        connecting.close()
        raise
    return connecting


class _Connection(http.client.HTTPConnection):
    """One HTTP connection over whatever the dial answers."""

    def __init__(self, dial: Dial, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._dial = dial
        self._seconds = seconds

    def connect(self) -> None:
        """Connect by the dial instead of by a host's name."""
        self.sock = self._dial(self._seconds)


def _name(person: str) -> str:
    """Refuse anything but a slug, so that no name can become another path of the hub."""
    return parse_slug(person)


def _parsed(content: bytes) -> Any:
    """Read a JSON answer; anything else is no answer."""
    if not content:
        return {}
    try:
        return json.loads(content)
    except ValueError:
        return {}


def _problem(status: int, answer: Any) -> Exception:
    """Choose the family for an error of the hub; its message is trimmed."""
    said = str(answer.get("message", ""))[:200] if isinstance(answer, dict) else ""
    if status == 404 or "not found or no permissions" in said:
        return NotFound("The hub does not know this person.", code="hub_user")
    if status in (401, 403):
        return NotAllowed("The hub refused our token; run `tre doctor`.", code="hub_token")
    if status >= 500:
        return Unavailable(f"The hub failed ({status}): {said or 'no reason given'}.")
    return Invalid(f"The hub refused the request ({status}): {said or 'no reason given'}.")

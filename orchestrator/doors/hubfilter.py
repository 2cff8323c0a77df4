"""The hub door: carries three calls to this project's hub, and writes both directions anew."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.door import Clear
from orchestrator.doors.hubrules import (
    LARGEST_REPLY,
    LARGEST_REQUEST,
    Call,
    activity,
    authorization,
    call_of,
    reply,
    version,
)
from orchestrator.doors.replies import Refused
from orchestrator.errors import TreError
from orchestrator.link.addresses import PROJECT_HUB, Reach
from orchestrator.link.bodies import whole
from orchestrator.link.dialing import AddressConnector
from orchestrator.link.sockets import SocketConnector

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_KEPT_SECONDS = 120.0
_MOST_KEPT = 10_000
_AWAY = Refused("hub_away", 503, "The hub does not answer now; it is started again by itself.")


ToHub = Callable[[Caller], aiohttp.BaseConnector | None]
"""Connects to the hub of a caller's own project; None where the list names no such place."""


def by_socket(run: Path) -> ToHub:
    """Reach hubs of this machine: each has a socket at a place that follows from its project."""

    def connector(caller: Caller) -> aiohttp.BaseConnector | None:
        parts = ("p", caller.project, "hub.sock")
        if caller.hub is None or Path(caller.hub) != run.joinpath(*parts):
            return None
        return SocketConnector(run, parts, ours=False, force_close=True)

    return connector


def by_address(reach: Reach) -> ToHub:
    """Reach hubs of a cluster at the addresses that the control plane names."""

    def connector(caller: Caller) -> aiohttp.BaseConnector | None:
        target = reach.target(caller.hub, PROJECT_HUB)
        return AddressConnector(target, force_close=True) if target else None

    return connector


class HubFilter:
    """Serves every hub door of this process."""

    def __init__(self, to_hub: ToHub) -> None:
        """Keep how hubs are reached."""
        self._to_hub = to_hub
        self._kept: dict[str, tuple[bytes, float]] = {}

    async def serve(
        self, caller: Caller, request: web.BaseRequest, target: str, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Carry one call of this caller."""
        call = call_of(request.method, target, caller.person)
        if isinstance(call, Refused):
            return call
        if await whole(request.content, LARGEST_REQUEST) is None:
            return Refused("hub_body", 413, "This call to the hub needs no such content.")
        token = authorization(request.headers.get("Authorization"))
        if token is None and call is not Call.VERSION:
            return Refused("hub_token", 403, "This call to the hub needs the server's token.")
        connector = self._to_hub(caller)
        if connector is None:
            return _AWAY
        try:
            return await self._ask(caller, call, token, connector, clear)
        except (aiohttp.ClientError, TimeoutError, OSError, TreError):
            return await self._instead(caller, call, token, clear)

    async def _ask(
        self,
        caller: Caller,
        call: Call,
        token: str | None,
        connector: aiohttp.BaseConnector,
        clear: Clear,
    ) -> web.StreamResponse | Refused:
        """Ask the hub with a request of our own making."""
        headers = {"Host": "hub", "Accept": "application/json", "Accept-Encoding": "identity"}
        if token and call is not Call.VERSION:
            headers["Authorization"] = token
        body = activity(datetime.now(UTC)) if call is Call.ACTIVITY else None
        target = {
            Call.VERSION: "/hub/api/",
            Call.LOOKUP: "/hub/api/user",
            Call.ACTIVITY: f"/hub/api/users/{caller.person}/activity",
        }[call]
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.request(
                "POST" if body else "GET",
                f"http://hub{target}",
                headers=headers,
                data=body,
                allow_redirects=False,
            ) as answer,
        ):
            content = await whole(answer.content, LARGEST_REPLY)
            if content is None or answer.status not in (200, 403, 404):
                raise aiohttp.ClientError("the hub failed")
            spelled = reply(call, answer.status, content, caller.person)
            said = version(answer.headers.get("X-JupyterHub-Version"))
        await clear()
        if isinstance(spelled, Refused):
            return spelled
        if call is Call.LOOKUP and token:
            self._keep(caller, token, spelled if answer.status == 200 else None)
        return _answer(answer.status, spelled, said)

    def _keep(self, caller: Caller, token: str, body: bytes | None) -> None:
        """Remember a look-up that succeeded; forget one that did not."""
        if body is None or len(self._kept) >= _MOST_KEPT:
            self._kept.pop(_name(caller, token), None)
        else:
            self._kept[_name(caller, token)] = (body, time.monotonic())

    async def _instead(
        self, caller: Caller, call: Call, token: str | None, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Answer for a hub that is being restarted, so that no open notebook fails meanwhile.

        Who may work is decided in front of this door; a look-up only says whose token it is.
        """
        body, at = self._kept.get(_name(caller, token or ""), (b"", 0.0))
        if call is not Call.LOOKUP or not body or time.monotonic() - at > _KEPT_SECONDS:
            return _AWAY
        await clear()
        return _answer(200, body, None)


def _name(caller: Caller, token: str) -> str:
    """Name a look-up without keeping the token."""
    return hashlib.sha256(f"{caller.key} {token}".encode()).hexdigest()


def _answer(status: int, body: bytes, said: str | None) -> web.Response:
    headers = {"Content-Type": "application/json", "Server": "tre"}
    if said:
        headers["X-JupyterHub-Version"] = said
    return web.Response(status=status, body=body, headers=headers)

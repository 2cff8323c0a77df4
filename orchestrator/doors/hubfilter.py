"""The hub door: carries three calls to this project's hub, and writes both directions anew."""

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
from orchestrator.link.sockets import SocketConnector

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_AWAY = Refused("hub_away", 503, "The hub does not answer now; it is started again by itself.")


class HubFilter:
    """Serves every hub door of this process."""

    def __init__(self, run: Path) -> None:
        """Keep the run folder, where the hubs' sockets are."""
        self._run = run

    async def serve(
        self, caller: Caller, request: web.BaseRequest, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Carry one call of this caller."""
        call = call_of(request.method, request.raw_path, caller.person)
        if isinstance(call, Refused):
            return call
        if not await _drained(request):
            return Refused("hub_body", 413, "This call to the hub needs no such content.")
        token = authorization(request.headers.get("Authorization"))
        if token is None and call is not Call.VERSION:
            return Refused("hub_token", 403, "This call to the hub needs the server's token.")
        parts = ("p", caller.project, "hub.sock")
        if caller.hub is None or Path(caller.hub) != self._run.joinpath(*parts):
            return _AWAY
        try:
            return await self._ask(caller, call, token, parts, clear)
        except (aiohttp.ClientError, TimeoutError, OSError, TreError):
            return _AWAY

    async def _ask(
        self,
        caller: Caller,
        call: Call,
        token: str | None,
        parts: tuple[str, ...],
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
        connector = SocketConnector(self._run, parts, ours=False, force_close=True)
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
            content = await answer.content.read(LARGEST_REPLY)
            status = answer.status if answer.status in (200, 403, 404) else 502
            spelled = reply(call, status, content, caller.person)
            said = version(answer.headers.get("X-JupyterHub-Version"))
        await clear()
        if isinstance(spelled, Refused):
            return spelled
        out = {"Content-Type": "application/json", "Server": "tre"}
        if said:
            out["X-JupyterHub-Version"] = said
        return web.Response(status=status, body=spelled, headers=out)


async def _drained(request: web.BaseRequest) -> bool:
    """Read and drop what the caller sends; False when it is more than a report needs."""
    received = 0
    async for chunk in request.content.iter_chunked(LARGEST_REQUEST):
        received += len(chunk)
        if received > LARGEST_REQUEST:
            return False
    return True

"""Ask the control plane and listen to what it pushes; the only caller of its internal API.

The role token is read from its file at each use, so that it can be rotated, and never logged.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Self

import aiohttp
import structlog

from orchestrator.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    TreError,
    Unavailable,
)
from orchestrator.link.events import EVERYTHING_MAY_HAVE_CHANGED, Event, parse_event
from orchestrator.settings import Settings

_log = structlog.get_logger()
_REPORT_SECONDS = 30
"""How long one report of a halt may take: told twice it would count twice."""
_AGAIN_SECONDS = 0.5
_GIVEN_UP_SECONDS = 600
_FAMILIES: Mapping[int, type[TreError]] = {
    400: Invalid,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
    429: Unavailable,
}


class Line:
    """One process's line to the control plane, as one role (`gateway` or `doors`).

    Errors: Unavailable when the control plane does not answer in `seconds`, refuses the role
    token or fails; else the family that its answer names.
    """

    def __init__(self, settings: Settings, role: str, seconds: float = 2.0) -> None:
        """Keep where the control plane is; nothing is connected yet."""
        host = settings.bind_host
        dial = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - not bound here
        self._base = settings.control_dial or f"http://{dial}:{settings.control_listen}"
        self._host = f"{settings.control_host}:{settings.control_port}"
        self._token_file = settings.role_token_file(role)
        self._role = role
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None
        self._reports: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        self._session = aiohttp.ClientSession(
            self._base,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=64, enable_cleanup_closed=False),
            timeout=self._timeout,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection; a report that nobody took is given up."""
        for report in self._reports:
            report.cancel()
        if self._session:
            await self._session.close()

    async def get(self, path: str) -> dict[str, Any]:
        """GET an object."""
        return await self._object("GET", path, None)

    async def post(self, path: str, body: object, seconds: float | None = None) -> dict[str, Any]:
        """POST an object and read one, empty for 204. Units: `seconds` in place of the line's."""
        return await self._object("POST", path, body, seconds)

    def request(
        self, method: str, path: str, **options: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Open one exchange whose bodies the caller streams."""
        assert self._session is not None, "the line is used inside `async with`"
        headers = {"Authorization": f"Bearer {self._token()}", "Host": self._host}
        headers |= options.pop("headers", {})
        return self._session.request(
            method, path, headers=headers, allow_redirects=False, **options
        )

    async def follow(self, hear: Callable[[Event], int | None], silence: float = 3.0) -> None:
        """Listen to the stream for ever, reconnecting; ends only by cancellation.

        Shape: `hear` answers a halt with the number of connections that it closed, and that is
        reported: who halted sees what happened. After each connection `hear` gets
        everything-may-have-changed, because lines may have been missed.
        Units: a stream without a line for `silence` seconds is given up.
        """
        pause = 0.1
        while True:
            try:
                await self._listen(hear, silence)
                pause = 0.1
            except (aiohttp.ClientError, TimeoutError, OSError, TreError, ValueError) as away:
                _log.warning("stream_lost", role=self._role, why=type(away).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _listen(self, hear: Callable[[Event], int | None], silence: float) -> None:
        limit = aiohttp.ClientTimeout(total=None, sock_connect=silence, sock_read=silence)
        path = f"/internal/stream?role={self._role}"
        async with self.request("GET", path, timeout=limit) as response:
            if response.status != 200:
                raise await problem(response)
            for event in EVERYTHING_MAY_HAVE_CHANGED:
                hear(event)
            async for line in response.content:
                if event_heard := parse_event(line):
                    closed = hear(event_heard)
                    if event_heard.halt is not None:
                        self._report(event_heard.halt, closed or 0)

    def _report(self, halt: str, closed: int) -> None:
        """Say what a halt closed, beside the stream: a slow control plane must not end that too."""
        report = asyncio.create_task(self._reported(halt, closed, time.monotonic()))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def _reported(self, halt: str, closed: int, at: float) -> None:
        while (ago := time.monotonic() - at) < _GIVEN_UP_SECONDS:
            body = {"halt": halt, "closed": closed, "seconds_ago": ago}
            try:
                await self.post("/internal/closed", body, _REPORT_SECONDS)
                return
            except Unavailable:
                await asyncio.sleep(_AGAIN_SECONDS)
            except TreError as refused:
                _log.warning("report_refused", role=self._role, why=refused.code)
                return

    async def _object(
        self, method: str, path: str, body: object, seconds: float | None = None
    ) -> dict[str, Any]:
        limit = aiohttp.ClientTimeout(total=seconds) if seconds else self._timeout
        try:
            async with self.request(method, path, json=body, timeout=limit) as response:
                if response.status >= 300:
                    raise await problem(response)
                answer = await response.json() if response.status != 204 else {}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as away:
            raise Unavailable(
                "The control plane does not answer; this is tried again by itself.",
                code="control_away",
            ) from away
        return answer if isinstance(answer, dict) else {}

    def _token(self) -> str:
        try:
            return Path(self._token_file).read_text().strip()
        except OSError as away:
            raise Unavailable(
                f"The token file of role {self._role} is not there yet.", code="role_token"
            ) from away


async def problem(response: aiohttp.ClientResponse) -> TreError:
    """Read a refusal of the control plane as an error of the right family."""
    try:
        said = await response.json(content_type=None)
    except (ValueError, aiohttp.ClientError):
        said = {}
    said = said if isinstance(said, dict) else {}
    family = _FAMILIES.get(response.status, Unavailable)
    text = str(said.get("detail") or said.get("title") or f"The answer was {response.status}.")
    reasons = [
        (str(reason.get("code", "")), str(reason.get("text", "")))
        for reason in said.get("reasons") or []
        if isinstance(reason, dict)
    ]
    return family(text, code=str(said.get("code") or ""), reasons=reasons)

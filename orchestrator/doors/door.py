"""One socket of one notebook server: admits, limits, and hands a call to its service."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.replies import HEADERS, TOO_MANY, TOO_OFTEN, Bucket, Refused
from orchestrator.errors import TreError
from orchestrator.link.sockets import listen

_log = structlog.get_logger()
_MOST_OPEN = 32
_RATE, _BURST = 10.0, 60

Clear = Callable[[], Awaitable[None]]
Service = Callable[[Caller, web.BaseRequest, Clear], Awaitable[web.StreamResponse | Refused]]


class Door:
    """A listening socket whose path alone says who calls.

    Units: at most 32 open connections, 10 calls a second on average and 60 at once.
    """

    def __init__(self, name: str, path: Path, caller: Caller, service: Service, clear: Clear):
        """Keep what stands behind; nothing listens yet."""
        self._name, self._path, self._caller = name, path, caller
        self._service, self._clear = service, clear
        self._bucket = Bucket(_RATE, _BURST, time.monotonic)
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. Errors: OSError when the socket cannot be made."""
        self._server = web.Server(
            self._handle,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=30,
            lingering_time=0,
        )
        self._listener = await asyncio.get_running_loop().create_unix_server(
            self._server, sock=listen(self._path)
        )

    def cut(self) -> int:
        """Stop listening and end every connection now; answers how many."""
        self._path.unlink(missing_ok=True)
        if self._listener:
            self._listener.close()
        open_now = self._server.connections if self._server else []
        for connection in open_now:
            if connection.transport:
                connection.transport.abort()
        return len(open_now)

    async def close(self) -> None:
        """Wait until what was cut is gone."""
        self.cut()
        if self._server:
            await self._server.shutdown(0.1)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            answer = await self._admit(request)
        except TreError as error:
            answer = Refused(error.code, 503, error.message)
        rule = answer.rule if isinstance(answer, Refused) else ""
        _log.info(
            "door",
            door=self._name,
            project=self._caller.project,
            person=self._caller.person,
            method=request.method[:10],
            path=ascii(request.raw_path[:256]),
            status=answer.status,
            rule=rule,
        )
        if isinstance(answer, Refused):
            return web.Response(status=answer.status, body=answer.body(), headers=HEADERS)
        return answer

    async def _admit(self, request: web.BaseRequest) -> web.StreamResponse | Refused:
        """Let a call through its limits to the service, while its person may work."""
        assert self._server is not None
        if len(self._server.connections) > _MOST_OPEN:
            return TOO_MANY
        if not self._bucket.take():
            return TOO_OFTEN
        await self._clear()
        return await self._service(self._caller, request, self._clear)

"""One door of one notebook server: admits, limits, and hands a call to its service.

How the server comes to it, and how it is known there, is its entrance: a socket of its own on one
machine, a port that all servers of a cluster share.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.replies import HEADERS, TOO_LONG, TOO_MANY, TOO_OFTEN, Bucket, Refused
from orchestrator.errors import TreError
from orchestrator.link.sockets import listen

_log = structlog.get_logger()
_MOST_OPEN = 32
_RATE, _BURST = 10.0, 60
_LONGEST_SECONDS = 330.0

Clear = Callable[[], Awaitable[None]]
Service = Callable[[Caller, web.BaseRequest, str, Clear], Awaitable[web.StreamResponse | Refused]]
"""Answers a call of a caller; the text is its target, as it was sent to the service."""

Factory = Callable[[], asyncio.Protocol]


class Entrance(Protocol):
    """Where a server's connections come from, and how each of its calls shows whose it is."""

    async def open(self, factory: Factory) -> None:
        """Let connections in. Errors: OSError when that cannot be done."""

    def shut(self) -> None:
        """Let no more connections in; those that are there stay."""

    def target(self, request: web.BaseRequest) -> str | None:
        """Answer what the call asks its service for; None when it is not this server's call."""


class SocketEntrance:
    """A socket whose path alone says who calls; nothing in a call says more."""

    def __init__(self, path: Path) -> None:
        """Keep where; nothing listens yet."""
        self._path = path
        self._listener: asyncio.Server | None = None

    async def open(self, factory: Factory) -> None:
        """Listen on a fresh socket."""
        self._listener = await asyncio.get_running_loop().create_unix_server(
            factory, sock=listen(self._path)
        )

    def shut(self) -> None:
        """Take the socket away."""
        self._path.unlink(missing_ok=True)
        if self._listener:
            self._listener.close()

    def target(self, request: web.BaseRequest) -> str | None:
        """Answer the path as it was sent."""
        return request.raw_path


class Door:
    """What stands behind an entrance.

    Units: at most 32 open connections, 10 calls a second on average and 60 at once; a connection
    has `head` seconds to say its first call.
    """

    def __init__(
        self,
        name: str,
        caller: Caller,
        service: Service,
        clear: Clear,
        entrance: Entrance,
        head: float,
    ) -> None:
        """Keep what stands behind; nothing is open yet."""
        self._name, self._caller, self._entrance, self._head = name, caller, entrance, head
        self._service, self._clear = service, clear
        self._bucket = Bucket(_RATE, _BURST, time.monotonic)
        self._server: web.Server | None = None
        self._silent: dict[asyncio.Protocol, asyncio.TimerHandle] = {}

    async def open(self) -> None:
        """Let connections in. Errors: OSError when the entrance cannot be made."""
        self._server = web.Server(
            self._handle,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=30,
            lingering_time=0,
        )
        await self._entrance.open(self._connection)

    def cut(self) -> int:
        """Let nobody in and end every connection now; answers how many."""
        self._entrance.shut()
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

    def _connection(self) -> asyncio.Protocol:
        """Serve one more connection, and end it if it does not come to its point."""
        assert self._server is not None
        handler = self._server()

        def hurry() -> None:
            del self._silent[handler]
            if handler.transport:
                handler.transport.abort()

        self._silent[handler] = asyncio.get_running_loop().call_later(self._head, hurry)
        return handler

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if waiting := self._silent.pop(request.protocol, None):
            waiting.cancel()
        target = self._entrance.target(request)
        if target is None:
            if request.transport:
                request.transport.abort()
            return web.Response(status=403)
        answer = await self._answer(request, target)
        rule = answer.rule if isinstance(answer, Refused) else ""
        _log.info(
            "door",
            door=self._name,
            project=self._caller.project,
            person=self._caller.person,
            method=request.method[:10],
            path=ascii(target[:256]),
            status=answer.status,
            rule=rule,
        )
        if isinstance(answer, Refused):
            return web.Response(status=answer.status, body=answer.body(), headers=HEADERS)
        return answer

    async def _answer(self, request: web.BaseRequest, target: str) -> web.StreamResponse | Refused:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await self._admit(request, target)
        except TimeoutError:
            return TOO_LONG
        except TreError as error:
            return Refused(error.code, 503, error.message)

    async def _admit(self, request: web.BaseRequest, target: str) -> web.StreamResponse | Refused:
        """Let a call through its limits to the service, while its person may work."""
        assert self._server is not None
        if len(self._server.connections) > _MOST_OPEN:
            return TOO_MANY
        if not self._bucket.take():
            return TOO_OFTEN
        await self._clear()
        return await self._service(self._caller, request, target, self._clear)

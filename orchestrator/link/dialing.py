"""Connect to one address of a pod: what a request names is never looked at, only what was given."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

from orchestrator.link.addresses import Target

Greet = Callable[[socket.socket], Awaitable[None]]
"""Talks on a fresh connection before anything else does, and raises if it is the wrong one."""


class AddressConnector(aiohttp.BaseConnector):
    """Connects to one target, whatever host and port a request's URL has.

    Shape: `greet` has each new connection prove itself before the first request is sent on it; a
    connection that is used again was proved when it was new, and cannot move to another pod.
    """

    def __init__(
        self, target: Target, greet: Greet | None = None, *, force_close: bool = False
    ) -> None:
        """Keep where; nothing is connected yet."""
        super().__init__(limit=0, force_close=force_close)
        self._target = target
        self._greet = greet

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> ResponseHandler:
        try:
            async with asyncio.timeout(timeout.sock_connect):
                plug = await self._open()
            _, protocol = await self._loop.create_connection(self._factory, sock=plug)
        except OSError as away:
            raise aiohttp.ClientConnectorError(req.connection_key, away) from away
        return protocol

    async def _open(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._target.host else socket.AF_INET
        plug = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(plug, tuple(self._target))
            if self._greet is not None:
                await self._greet(plug)
        except BaseException:
            plug.close()
            raise
        return plug

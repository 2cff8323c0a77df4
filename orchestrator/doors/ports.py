"""The doors of a cluster: three ports of one service that all notebook servers share.

Who calls is known by two things that must fit the same server: the address that a connection comes
from, and the secret that each of its calls shows. A connection from an address of no server is
ended before a byte of it is read; a call with another secret than its address's gets nothing.
Source: egress 5.2 (who calls a door), design section 2.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.door import Factory
from orchestrator.doors.shown import SHOWN, fits
from orchestrator.link.addresses import Reach

_log = structlog.get_logger()
_QUIET_SECONDS = 60.0
_REMEMBERED_SECONDS = 600.0


class Strangers:
    """Who came and was known by nothing: counted, said at most once a minute, kept for health."""

    def __init__(self, reach: Reach, clock: Callable[[], float] = time.monotonic) -> None:
        """`reach` knows the nodes."""
        self._reach, self._clock = reach, clock
        self._unsaid, self._said_at = 0, float("-inf")
        self._last: tuple[float, str, str] | None = None
        self._node: tuple[float, str] | None = None

    def note(self, address: str, why: str) -> None:
        """Count one; `why` is `address` or `secret`."""
        now = self._clock()
        self._unsaid += 1
        self._last = (now, address, why)
        if self._reach.is_node(address):
            self._node = (now, address)
        if now - self._said_at >= _QUIET_SECONDS:
            _log.warning("door_stranger", count=self._unsaid, last=address[:50], why=why)
            self._said_at, self._unsaid = now, 0

    def health(self) -> dict[str, Any]:
        """Say who came last in the last ten minutes, and whether a node did; without secrets."""
        since = self._clock() - _REMEMBERED_SECONDS
        last = self._last if self._last and self._last[0] > since else None
        node = self._node if self._node and self._node[0] > since else None
        return {
            "stranger": {"address": last[1], "why": last[2]} if last else None,
            "node": node[1] if node else None,
        }


class Port:
    """One port: hands each connection to the door of the server whose address it comes from."""

    def __init__(self, name: str, strangers: Strangers) -> None:
        """Listen nowhere yet."""
        self.name, self.strangers = name, strangers
        self.doors: dict[str, Factory] = {}
        self._listener: asyncio.Server | None = None

    async def listen(self, host: str | None, port: int) -> None:
        """Listen, at every address for None. Errors: OSError when the port is taken."""
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: _Threshold(self), host, port, backlog=128
        )

    async def close(self) -> None:
        """Listen no more."""
        if self._listener:
            self._listener.close()


class _Threshold(asyncio.Protocol):
    """Looks where a connection comes from before anything of it is read."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give it to its server's door, or end it."""
        assert isinstance(transport, asyncio.Transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        factory = self._port.doors.get(address)
        if factory is None:
            transport.abort()
            self._port.strangers.note(address, "address")
            return
        handler = factory()
        transport.set_protocol(handler)
        handler.connection_made(transport)


class PortEntrance:
    """One server's way to a port: by its address, and by its secret on every call."""

    def __init__(self, port: Port, caller: Caller) -> None:
        """Keep both; nothing is open yet."""
        assert caller.address
        assert caller.secret
        self._port, self._address, self._secret = port, caller.address, caller.secret
        self._factory: Factory | None = None

    async def open(self, factory: Factory) -> None:
        """Take connections from this server's address. Errors: OSError when another one has it."""
        if self._address in self._port.doors:
            raise OSError("two servers have one address")
        self._factory = self._port.doors[self._address] = factory

    def shut(self) -> None:
        """Take no more."""
        if self._factory is not None and self._port.doors.get(self._address) is self._factory:
            del self._port.doors[self._address]

    def target(self, request: web.BaseRequest) -> str | None:
        """Answer the path without the secret; None when the secret is not this server's."""

        def values(name: str) -> list[str]:
            return request.headers.getall(name, [])

        found = SHOWN[self._port.name](request.raw_path, values)
        if found is None or not fits(found[0], self._secret):
            self._port.strangers.note(self._address, "secret")
            return None
        return found[1]

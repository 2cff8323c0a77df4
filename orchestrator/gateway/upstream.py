"""The leg to the notebook servers: one pool of connections per server, each connection checked.

A target must be exactly the one of this project and this person; whatever else an answer may name,
nothing else is ever opened. On one machine that is a socket, on a cluster the address of a pod.
"""

import re
from pathlib import Path
from typing import NamedTuple, Protocol

import aiohttp

from orchestrator.errors import Tampered
from orchestrator.gateway.answers import Server
from orchestrator.gateway.greeting import greeting
from orchestrator.link.addresses import SERVER, Reach
from orchestrator.link.dialing import AddressConnector
from orchestrator.link.sockets import SocketConnector
from orchestrator.values import server_key

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=None)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Kind(Protocol):
    """How the servers of one engine are reached."""

    def connector(self, project: str, person: str, server: Server) -> aiohttp.BaseConnector:
        """Answer what connects to a person's server and to nothing else.

        Errors: Tampered when the answer names a place that cannot be this server's.
        """


class Sockets:
    """Servers of this machine: each has a socket at a place that follows from whose it is."""

    def __init__(self, run: Path) -> None:
        """`run` is the folder of sockets."""
        self._run = run

    def connector(self, project: str, person: str, server: Server) -> aiohttp.BaseConnector:
        """Connect to the socket, which is checked anew at each connection."""
        parts = ("p", project, "s", server_key(project, person), "server.sock")
        if Path(server.address or "") != self._run.joinpath(*parts):
            raise _foreign("socket_foreign")
        return SocketConnector(self._run, parts)


class Pods:
    """Servers of a cluster: an address from the control plane, and a proof on each connection."""

    def __init__(self, reach: Reach) -> None:
        """`reach` says which addresses can be a pod's."""
        self._reach = reach

    def connector(self, project: str, person: str, server: Server) -> aiohttp.BaseConnector:
        """Connect to the pod's address; who answers there must prove itself first."""
        target = self._reach.target(server.address, SERVER)
        if target is None or not _DIGEST.match(server.door or ""):
            raise _foreign("address_foreign")
        return AddressConnector(target, greeting(person, server.door or ""))


class _Pool(NamedTuple):
    place: tuple[str | None, str | None]
    session: aiohttp.ClientSession


class Upstreams:
    """The pools, by (project, person)."""

    def __init__(self, kind: Kind) -> None:
        """Open nothing yet."""
        self._kind = kind
        self._pools: dict[tuple[str, str], _Pool] = {}

    async def pool(self, project: str, person: str, server: Server) -> aiohttp.ClientSession:
        """Answer the pool for a person's server; an older one to another place ends here.

        Errors: Tampered when the place is not this person's of this project.
        """
        known = self._pools.get((project, person))
        if known is not None and known.place == server.place and not known.session.closed:
            return known.session
        old = self._pools.pop((project, person), None)
        try:
            session = aiohttp.ClientSession(
                connector=self._kind.connector(project, person, server),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept"),
                max_line_size=8190,
                max_field_size=8190,
            )
            self._pools[project, person] = _Pool(server.place, session)
        finally:
            if old is not None:  # last, because whoever asks meanwhile must find the new one
                await old.session.close()
        return session

    async def drop(self, project: str, person: str) -> None:
        """Close a server's pool, so that nothing reaches whatever stands there next."""
        if pool := self._pools.pop((project, person), None):
            await pool.session.close()

    async def close(self) -> None:
        """Close all pools."""
        for key in list(self._pools):
            await self.drop(*key)


def _foreign(code: str) -> Tampered:
    return Tampered(
        "The address of this notebook server is not its own; it is not opened.", code=code
    )

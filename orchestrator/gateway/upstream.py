"""The leg to the notebook servers: one pool of connections per server, each socket checked.

A target must be exactly the socket of this project and this person; whatever else an answer may
name, nothing else is ever opened.
"""

from pathlib import Path

import aiohttp

from orchestrator.errors import Tampered
from orchestrator.link.sockets import SocketConnector
from orchestrator.values import server_key

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=None)


class Upstreams:
    """The pools, by (project, person)."""

    def __init__(self, run: Path) -> None:
        """Open nothing yet. `run` is the folder of sockets."""
        self._run = run
        self._pools: dict[tuple[str, str], aiohttp.ClientSession] = {}

    def pool(self, project: str, person: str, address: str) -> aiohttp.ClientSession:
        """Answer the pool for a person's server.

        Errors: Tampered when the address is not this person's socket of this project.
        """
        parts = ("p", project, "s", server_key(project, person), "server.sock")
        if Path(address) != self._run.joinpath(*parts):
            raise Tampered(
                "The address of this notebook server is not its own; it is not opened.",
                code="socket_foreign",
            )
        known = self._pools.get((project, person))
        if known is None or known.closed:
            known = self._pools[project, person] = aiohttp.ClientSession(
                connector=SocketConnector(self._run, parts),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept"),
                max_line_size=8190,
                max_field_size=8190,
            )
        return known

    async def drop(self, project: str, person: str) -> None:
        """Close a server's pool, so that nothing reaches whatever stands there next."""
        if pool := self._pools.pop((project, person), None):
            await pool.close()

    async def close(self) -> None:
        """Close all pools."""
        for key in list(self._pools):
            await self.drop(*key)

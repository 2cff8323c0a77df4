"""The hub's spawner: asks the project's engine socket for a server and never names a mount."""

import asyncio
import itertools
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import aiohttp
from jupyterhub.spawner import Spawner
from traitlets import Unicode

from orchestrator.hub.spec import environment, socket_url


class EngineSpawner(Spawner):  # type: ignore[misc]  # jupyterhub has no types
    """Start, watch and stop one person's server through the engine.

    Errors: a failed start raises with the engine's sentence, which the hub keeps as its reason.
    """

    engine_socket = Unicode(help="the unix socket where this project's engine listens").tag(
        config=True
    )
    _address = ""

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a server that was running before the hub was restarted."""
        super().load_state(state)
        self._address = state.get("address", "")

    def get_state(self) -> dict[str, Any]:
        """Keep the server's address, all that a restarted hub needs."""
        state: dict[str, Any] = super().get_state()
        if self._address:
            state["address"] = self._address
        return state

    def clear_state(self) -> None:
        """Forget a server that is gone."""
        super().clear_state()
        self._address = ""

    def get_env(self) -> dict[str, str]:
        """Answer only what belongs inside the sandbox."""
        return environment(super().get_env(), self.user.escaped_name, self.server.base_url)

    async def start(self) -> str:
        """Ask the engine for this person's server and answer its socket as an address."""
        answer = await self._ask("POST", {"env": self.get_env()}, seconds=self.start_timeout)
        self._address = str(answer["address"])
        await self._answered()
        return socket_url(self._address)

    async def _answered(self) -> None:
        """Wait until the server answers, looking often.

        The hub looks itself once this returns, but pauses up to five seconds between two looks.
        Errors: RuntimeError when the server ended instead; the hub's own limit ends the wait.
        """
        connector = aiohttp.UnixConnector(self._address, force_close=True)
        limit = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
            for attempt in itertools.count(1):
                with suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with session.get(f"http://127.0.0.1{self.server.base_url}api") as answer:
                        if answer.status < 500:
                            return
                if attempt % 20 == 0 and await self.poll() is not None:
                    raise RuntimeError("The notebook server ended while it was starting.")
                await asyncio.sleep(0.05)

    async def poll(self) -> int | None:
        """Answer None while the server runs, else its exit status.

        An engine that does not answer says nothing about the notebook: it counts as running, so
        that a restart of the engine beside a restart of the hub ends nobody's work.
        """
        if not self._address:
            return 0
        try:
            answer = await self._ask("GET", None, seconds=10)
        except (OSError, TimeoutError, aiohttp.ClientConnectionError) as away:
            self.log.warning("The engine does not answer about %s: %s", self.user.name, away)
            return None
        if answer.get("running"):
            return None
        return int(answer.get("exit") or 0)

    async def stop(self, now: bool = False) -> None:
        """End the server; an unknown one counts as ended."""
        await self._ask("DELETE", None, seconds=60)

    async def _ask(self, method: str, body: object, *, seconds: float) -> dict[str, Any]:
        connector = aiohttp.UnixConnector(self.engine_socket, force_close=True)
        limit = aiohttp.ClientTimeout(total=seconds)
        async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
            url = f"http://engine/servers/{quote(self.user.name, safe='')}"
            async with session.request(method, url, json=body) as response:
                answer = await _json(response)
                if response.status < 300 or (method == "DELETE" and response.status == 404):
                    return answer
                if method == "GET" and response.status == 404:
                    return {"running": False, "exit": 0}
                raise RuntimeError(str(answer.get("detail") or f"engine: {response.status}"))


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """Read an answer of the engine; an empty one is an empty object."""
    if not await response.read():
        return {}
    answer = await response.json(content_type=None)
    return answer if isinstance(answer, dict) else {}

"""A stand-in for the engine's socket, and a real JupyterHub beside it. Used by hub tests."""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from orchestrator.hub.client import HubClient, at_socket
from orchestrator.hub.config import write_config


class StandInEngine:
    """Answers the engine's protocol; a server is a small listener that answers `…/api`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "engine.sock"
        self.environments: dict[str, dict[str, str]] = {}
        self.started = 0
        self.refuse: str | None = None
        self._servers: dict[str, web.AppRunner] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runner: web.AppRunner | None = None

    def up(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._do(self._listen())

    def down(self) -> None:
        """The engine goes away; the servers it started stay."""
        self._do(self._deafen())

    def close(self) -> None:
        self._do(self._deafen())
        for person in list(self._servers):
            self._do(self._end(person))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def kill(self, person: str) -> None:
        """The server dies by itself."""
        self._do(self._end(person))

    def running(self) -> set[str]:
        return set(self._servers)

    def _do(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/servers/{person}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()

    async def _deafen(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        person = request.match_info["person"]
        if request.method == "GET":
            return web.json_response({"running": person in self._servers, "exit": None})
        if request.method == "DELETE":
            await self._end(person)
            return web.Response(status=204)
        if self.refuse:
            return web.json_response({"detail": self.refuse}, status=503)
        self.environments[person] = (await request.json())["env"]
        self.started += 1
        path = self.folder / f"{person}.sock"
        app = web.Application()
        app.router.add_get(f"/user/{person}/api", _version)
        self._servers[person] = web.AppRunner(app)
        await self._servers[person].setup()
        await web.UnixSite(self._servers[person], str(path)).start()
        return web.json_response({"address": str(path)})

    async def _end(self, person: str) -> None:
        if runner := self._servers.pop(person, None):
            await runner.cleanup()


async def _version(_: web.Request) -> web.Response:
    return web.json_response({"version": "2"})


class HubProcess:
    """One real hub with the written configuration; can be stopped, killed and started again."""

    def __init__(self, folder: Path, engine: Path, token: str) -> None:
        self.folder = folder
        self.engine = engine
        self.socket = folder / "hub.sock"
        self.log = folder / "hub.log"
        self.token = token
        self.client = HubClient(at_socket(self.socket), token)
        self._process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        program = write_config(self.folder / "hub", "flc", self.socket, self.engine, self.token)
        self.client = HubClient(at_socket(self.socket), self.token)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(program)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={"PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(Path.cwd())},
            )
        wait_for(self.client.ready, 60, self.log)

    def down(self, *, kill: bool = False) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(30)
        self._process = None


def wait_for(true: object, seconds: float, log: Path | None = None) -> None:
    """Wait until a question is answered with yes."""
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > until:
            raise AssertionError(log.read_text()[-4000:] if log else "it never became true")
        time.sleep(0.05)


@contextlib.contextmanager
def hub_world() -> Iterator[tuple[StandInEngine, HubProcess]]:
    """A hub that is up, and its engine; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tre-") as name:
        engine = StandInEngine(Path(name))
        engine.up()
        hub = HubProcess(Path(name), engine.socket, "test-token-" + "a" * 32)
        try:
            hub.up()
            yield engine, hub
        finally:
            hub.down()
            engine.close()

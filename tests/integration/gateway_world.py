"""A world around the gateway and the doors: the control plane's internal API and a bad notebook.

Both hold state; tests change the state and look at it. Nothing here is patched. Either engine's
kind of world is made: notebook servers at sockets, or in pods at addresses. The pods of a test are
addresses of this machine's loopback, 127.x.y.2 and up, which `Loopback` takes for pods.
"""

import asyncio
import contextlib
import json
import random
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from orchestrator.engines.kubernetes.doorways import hash_of
from orchestrator.gateway.greeting import proof
from orchestrator.link.addresses import Reach
from orchestrator.settings import Settings
from orchestrator.values import server_key

TOKEN = "server-token-" + "x" * 20
SECRET = "session-secret-" + "a" * 20
OTHER = "session-secret-" + "b" * 20

ENGINE: ContextVar[str] = ContextVar("engine", default="local")
"""The kind of world that is made next; a fixture sets it."""


class Loopback(Reach):
    """Lets addresses of this machine stand for pods, but not the one that everything else has."""

    def pod(self, text: object) -> str | None:
        """Take 127.x.y.z for a pod, except 127.0.0.1."""
        machine = text == "127.0.0.1" or self.is_node(str(text))
        if isinstance(text, str) and text.startswith("127.") and not machine:
            return text
        return super().pod(text)


NODE = "127.9.9.9"
"""An address of this machine that stands for a node's."""

KNOWN = Loopback(nodes=frozenset({ip_address(NODE)}))


def secret_of(project: str, person: str) -> str:
    """The door secret of a person's server, until a test says another one."""
    return f"secret-{server_key(project, person)}-{'s' * 20}"


def free_port() -> int:
    """A port that nobody has, below those that outgoing connections of other tests are given."""
    while True:
        number = random.randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("0.0.0.0", number))
            return number


class ControlWorld:
    """The control plane as gateway and doors see it; can push, deny, and go silent."""

    def __init__(self, settings: Settings, pods: "Pods", host: str = "127.0.0.1") -> None:
        self.settings = settings
        self.host = host
        self.pods = pods
        self.answers: dict[tuple[str, str], dict[str, Any]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.wanted: list[tuple[str, str]] = []
        self.left: list[tuple[str, str]] = []
        self.usage: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.too_busy = 0
        """How many reports of a halt it does not take."""
        self.servers: list[dict[str, Any]] = []
        self.intake: list[tuple[str, str, bytes]] = []
        self.intake_answer: tuple[int, Any] = (200, {"ok": True})
        self.asked = 0
        self.exchange_answer: web.Response | None = None
        self._silent = asyncio.Event()
        self._streams: set[asyncio.Queue[bytes]] = set()
        self._runner: web.AppRunner | None = None

    async def up(self) -> None:
        for role in ("gateway", "doors"):
            file = self.settings.role_token_file(role)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"role-{role}-token\n")
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/internal/exchange", self._exchange),
                web.post("/internal/decide", self._decide),
                web.post("/internal/want", self._want),
                web.post("/internal/leave", self._leave),
                web.post("/internal/usage", self._usage),
                web.post("/internal/closed", self._closed),
                web.get("/internal/stream", self._stream),
                web.get("/internal/servers", self._servers),
                web.route("*", "/internal/intake/{tail:.*}", self._intake),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.settings.control_port).start()

    async def down(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def push(self, **event: Any) -> None:
        for stream in self._streams:
            stream.put_nowait(json.dumps(event).encode() + b"\n")

    def silence(self) -> None:
        self._silent.set()

    def speak(self) -> None:
        self._silent.clear()

    @property
    def listeners(self) -> int:
        return len(self._streams)

    @property
    def streams(self) -> frozenset[asyncio.Queue[bytes]]:
        """Which streams are open; one that came back is another one."""
        return frozenset(self._streams)

    def allow(self, project: str, person: str, session: str = SECRET, **server: Any) -> None:
        key = server_key(project, person)
        address, door = str(self.settings.run / "p" / project / "s" / key / "server.sock"), None
        if self.settings.engine == "kubernetes":
            address = f"{self.pods.address(project, person)}:8888"
            door = hash_of(secret_of(project, person))
        facts = {
            "state": "ready",
            "address": address,
            "door": door,
            "token": TOKEN,
            "base_url": f"/user/{person}/",
            "reason": None,
        } | server
        self.answers[project, session] = {
            "allow": True,
            "person": person,
            "until": "2099-01-01T00:00:00+00:00",
            "server": facts,
        }

    def deny(self, project: str, session: str = SECRET, code: str = "expired") -> None:
        self.answers[project, session] = {
            "allow": False,
            "reasons": [{"code": code, "text": f"The reason is {code}."}],
            "signed_in": True,
        }

    async def _check(self, request: web.Request, role: str) -> None:
        while self._silent.is_set():
            await asyncio.sleep(0.02)
        if request.headers.get("Authorization") != f"Bearer role-{role}-token":
            raise web.HTTPForbidden

    async def _decide(self, request: web.Request) -> web.Response:
        await self._check(request, "gateway")
        self.asked += 1
        nobody = {"allow": False, "reasons": [], "signed_in": False}
        checks = (await request.json())["checks"]
        found = [self.answers.get((c["project"], c["session"]), nobody) for c in checks]
        return web.json_response({"answers": found})

    async def _leave(self, request: web.Request) -> web.Response:
        await self._check(request, "gateway")
        body = await request.json()
        self.left.append((body["project"], body["session"]))
        self.deny(body["project"], session=body["session"])
        return web.Response(status=204)

    async def _exchange(self, request: web.Request) -> web.Response:
        await self._check(request, "gateway")
        body = await request.json()
        known = self.codes.pop(body["code"], None)
        if self.exchange_answer is not None:
            return self.exchange_answer
        if known is None or known["project"] != body["project"] or known["state"] != body["state"]:
            return web.json_response(
                {"title": "no", "status": 403, "detail": "This way in was used.", "code": "used"},
                status=403,
            )
        return web.json_response(
            {
                "session": known["session"],
                "person": known["person"],
                "until": "2099-01-01T00:00:00+00:00",
            }
        )

    async def _want(self, request: web.Request) -> web.Response:
        await self._check(request, "gateway")
        body = await request.json()
        self.wanted.append((body["project"], body["session"]))
        return web.Response(status=204)

    async def _usage(self, request: web.Request) -> web.Response:
        await self._check(request, "gateway")
        self.usage += (await request.json())["rows"]
        return web.Response(status=204)

    async def _closed(self, request: web.Request) -> web.Response:
        role = request.headers.get("Authorization", "").split("-")[1]
        await self._check(request, role)
        if self.too_busy:
            self.too_busy -= 1
            raise web.HTTPServiceUnavailable
        self.closed.append({"role": role, **await request.json()})
        return web.Response(status=204)

    async def _servers(self, request: web.Request) -> web.Response:
        await self._check(request, "doors")
        return web.json_response({"servers": self.servers})

    async def _intake(self, request: web.Request) -> web.Response:
        await self._check(request, "doors")
        self.intake.append((request.method, request.path, await request.read()))
        status, body = self.intake_answer
        return web.json_response(body, status=status)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        await self._check(request, request.query["role"])
        answer = web.StreamResponse()
        await answer.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._streams.add(queue)
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    await answer.write(await self._next_line(queue))
        finally:
            self._streams.discard(queue)
        return answer

    async def _next_line(self, queue: asyncio.Queue[bytes]) -> bytes:
        try:
            line = await asyncio.wait_for(queue.get(), 0.2)
        except TimeoutError:
            line = b'{"kind":"beat"}\n'
        while self._silent.is_set():
            await asyncio.sleep(0.02)
        return line


@dataclass
class Notebook:
    """A hostile notebook server or hub: it answers whatever a test gives it.

    Shape: it listens on a socket, or at (address, port). `answers` maps (method, path) to a
    handler; `seen` holds each request's head and body. With `secret` it answers the gateway's
    question whose it is, and keeps that out of `seen`; `asked` counts these.
    """

    place: Path | tuple[str, int]
    secret: str | None = None
    asked: int = 0
    answers: dict[tuple[str, str], Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(
        default_factory=dict
    )
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    sockets: int = 0
    received: list[Any] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    @property
    def path(self) -> Path:
        assert isinstance(self.place, Path)
        return self.place

    async def up(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        if isinstance(self.place, Path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            await web.UnixSite(self._runner, str(self.path)).start()
        else:
            await web.TCPSite(self._runner, *self.place).start()

    async def down(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def reply(self, method: str, path: str, **options: Any) -> None:
        """Answer a path with a fixed response; `json` stands for a body of that type."""
        if "json" in options:
            options["body"] = json.dumps(options.pop("json")).encode()
            options["content_type"] = "application/json"

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(**options)

        self.answers[method, path] = answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.secret and request.path.endswith("/.tre/whose"):
            self.asked += 1
            said = proof(hash_of(self.secret), request.headers["TRE-Challenge"])
            return web.Response(status=204, headers={"TRE-Server": said})
        self.seen.append(
            (request.method, request.raw_path, dict(request.headers), await request.read())
        )
        handler = self.answers.get((request.method, request.path))
        if handler is None:
            return web.json_response({"nothing": request.path}, status=404)
        return await handler(request)


async def stream_forever(request: web.Request) -> web.StreamResponse:
    """A kernel socket that never stops talking."""
    near = web.WebSocketResponse(protocols=("v1.kernel.websocket.jupyter.org",), compress=False)
    await near.prepare(request)
    count = 0
    with contextlib.suppress(ConnectionError, RuntimeError):
        while not near.closed:
            count += 1
            await near.send_str(json.dumps({"count": count}))
            await asyncio.sleep(0.02)
    return near


class Pods:
    """Addresses of a world's own: the doors' 127.x.y.1, and one for each pod that is asked for."""

    def __init__(self) -> None:
        first, second = secrets.randbelow(200) + 20, secrets.randbelow(250)
        self._network = f"127.{first}.{second}"
        self._known: dict[tuple[str, str], str] = {}

    @property
    def doors(self) -> str:
        """Where the doors listen."""
        return f"{self._network}.1"

    def address(self, project: str, person: str) -> str:
        """Where the pod of a person, or a hub, is."""
        number = len(self._known) + 2
        return self._known.setdefault((project, person), f"{self._network}.{number}")


@dataclass
class World:
    """Control plane, gateway or doors, and one notebook, on one machine."""

    settings: Settings
    control: ControlWorld
    browser: aiohttp.ClientSession
    pods: Pods

    @property
    def in_pods(self) -> bool:
        """Whether notebook servers are in pods."""
        return self.settings.engine == "kubernetes"

    def notebook(self, project: str = "flc", person: str = "ada") -> Notebook:
        if self.in_pods:
            place = (self.pods.address(project, person), 8888)
            return Notebook(place, secret_of(project, person))
        key = server_key(project, person)
        return Notebook(self.settings.run / "p" / project / "s" / key / "server.sock")

    def hub(self, project: str = "flc") -> Notebook:
        if self.in_pods:
            return Notebook((self.pods.address(project, "the hub"), 8081))
        return Notebook(self.settings.run / "p" / project / "hub.sock")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.settings.gateway_port}{path}"

    def host(self, project: str = "flc") -> str:
        return f"{project}.localhost:{self.settings.gateway_port}"

    def head(self, project: str = "flc", session: str | None = SECRET, **more: str) -> Any:
        """Headers of a page of this project, with its session."""
        host = self.host(project)
        headers = {"Host": host, "Origin": f"http://{host}"}
        if session:
            headers["Cookie"] = f"__Host-tre={session}"
        return headers | {name.replace("_", "-"): value for name, value in more.items()}


@contextlib.asynccontextmanager
async def world(
    start: Callable[[Settings, asyncio.Event], Awaitable[None]], *, doors: bool = False
) -> AsyncIterator[World]:
    """A control plane that is up and one process of ours beside it; all gone afterwards.

    Shape: ports of doors are fixed, so with `doors` and pods they get an address of their own.
    """
    pods = Pods()
    with tempfile.TemporaryDirectory(prefix="tre-") as folder:
        port = free_port()
        settings = Settings.model_validate(
            {
                "mode": "test",
                "engine": ENGINE.get(),
                "bind_host": pods.doors if doors else "127.0.0.1",
                "run_dir": folder,
                "mirror_dir": f"{folder}/mirror",
                "control_port": port,
                "control_dial": f"http://127.0.0.1:{port}",
                "gateway_port": free_port(),
                "node_addresses": NODE,
            }
        )
        control = ControlWorld(settings, pods)
        stop = asyncio.Event()
        browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=20)
        )
        await control.up()
        process = asyncio.ensure_future(start(settings, stop))
        try:
            await until(lambda: control.listeners > 0 or process.done())
            yield World(settings, control, browser, pods)
        finally:
            await browser.close()
            stop.set()
            await asyncio.wait_for(process, 10)
            await control.down()


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a question is answered with yes."""
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never became true")

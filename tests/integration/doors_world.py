"""How a notebook server of a test comes to its doors: by its socket, or by address and secret."""

import asyncio
import base64
import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from orchestrator.doors.app import PORTS
from orchestrator.engines.kubernetes.doorways import hash_of
from orchestrator.values import server_key
from tests.integration.gateway_world import World, secret_of


def server(
    made: World, project: str = "flc", person: str = "ada", **changed: Any
) -> dict[str, Any]:
    """A server as the control plane lists it."""
    key = server_key(project, person)
    facts: dict[str, Any] = {"key": key, "project": project, "person": person}
    if made.in_pods:
        facts |= {
            "address": made.pods.address(project, person),
            "secret": hash_of(secret_of(project, person)),
            "hub": f"{made.pods.address(project, 'the hub')}:8081",
        }
    else:
        facts["hub_socket"] = str(made.settings.run / "p" / project / "hub.sock")
    return facts | changed


def door(made: World, name: str, project: str = "flc", person: str = "ada") -> "Way":
    """The way of a person's server to one of its doors."""
    if made.in_pods:
        own, secret = made.pods.address(project, person), secret_of(project, person)
        return Way(name, (made.pods.doors, PORTS[name]), own, secret)
    return Way(name, made.settings.run / "doors" / server_key(project, person) / name)


@dataclass(frozen=True)
class Way:
    """One way to one door, from `own` address and with a secret where the door is at an address."""

    name: str
    place: Path | tuple[str, int]
    own: str | None = None
    secret: str = ""

    def target(self, target: str) -> str:
        """A target as this door wants it."""
        return f"/{self.secret}{target}" if self.own and self.name == "hub" else target

    @property
    def head(self) -> dict[str, str]:
        """The headers that show the secret at this door."""
        match self.name if self.own else "":
            case "airlock":
                return {"TRE-Door": self.secret}
            case "packages":
                pair = base64.b64encode(f"tre:{self.secret}".encode()).decode()
                return {"Authorization": f"Basic {pair}"}
            case _:
                return {}

    async def call(
        self, method: str, target: str, **options: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """Call once, on a connection of its own."""
        options["headers"] = self.head | dict(options.get("headers", {}))
        url = f"http://{self._authority}{self.target(target)}"
        async with (
            aiohttp.ClientSession(connector=self._connector()) as session,
            session.request(method, url, allow_redirects=False, **options) as reply,
        ):
            content = await reply.read()
            return reply.status, json.loads(content) if content else None, dict(reply.headers)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection."""
        if isinstance(self.place, Path):
            return await asyncio.open_unix_connection(str(self.place))
        local = (self.own, 0) if self.own else None
        return await asyncio.open_connection(*self.place, local_addr=local)

    async def raw(self, method: str, target: str, rest: str, body: bytes = b"") -> bytes:
        """Send exactly this target and these header lines, and read to the end."""
        reader, writer = await self.open()
        try:
            await self.say(writer, method, target, rest, body)
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def say(
        self, writer: asyncio.StreamWriter, method: str, target: str, rest: str, body: bytes
    ) -> None:
        """Write one request with our secret where it belongs."""
        shown = "".join(f"{name}: {value}\r\n" for name, value in self.head.items())
        head = f"{method} {self.target(target)} HTTP/1.1\r\nHost: d\r\n{shown}{rest}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async def there(self) -> bool:
        """Whether the door lets a connection in."""
        if isinstance(self.place, Path):
            return self.place.exists()
        try:
            reader, writer = await self.open()
        except OSError:
            return False
        try:
            return await asyncio.wait_for(reader.read(1), 0.15) != b""
        except TimeoutError:
            return True  # it waits for what we have to say
        except ConnectionError:
            return False
        finally:
            writer.close()

    async def until(self, there: bool, seconds: float = 60) -> None:
        """Wait until the door is open, or shut."""
        for _ in range(int(seconds / 0.02)):
            if await self.there() == there:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"the door {self.name} stayed {'shut' if there else 'open'}")

    @property
    def _authority(self) -> str:
        if isinstance(self.place, Path):
            return "door"
        return f"{self.place[0]}:{self.place[1]}"

    def _connector(self) -> aiohttp.BaseConnector:
        if isinstance(self.place, Path):
            return aiohttp.UnixConnector(str(self.place))
        return aiohttp.TCPConnector(local_addr=(self.own, 0) if self.own else None)

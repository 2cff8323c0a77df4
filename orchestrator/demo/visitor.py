"""A person's browser, as far as the story needs one: cookies per host, redirects, forms, sockets.

Names below `.localhost` are dialled at loopback, because not every system resolves them.
"""

import asyncio
import json
import re
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx2

from orchestrator.errors import Unavailable

T = TypeVar("T")
IN_A_MOMENT = 503
"""How the gateway says that something starts, wakes, or did not answer in time."""


class Page:
    """One answer: status, headers, text, and the address it finally came from."""

    def __init__(self, response: httpx2.Response, url: str) -> None:
        """Keep what people and tests look at."""
        self.status = response.status_code
        self.headers = response.headers
        self.content = response.content
        self.url = url

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


class Visitor:
    """A browser without a screen: one cookie jar a host, as `__Host-` cookies demand."""

    def __init__(self) -> None:
        """Start signed out everywhere."""
        self._jars: dict[str, dict[str, str]] = {}
        self._client = httpx2.Client(timeout=60, trust_env=False)

    def close(self) -> None:
        """Hang up everywhere."""
        self._client.close()

    def get(self, url: str, **options: Any) -> Page:
        """GET, following redirects over hosts."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Page:
        """POST as a form or JSON, with this page's own Origin, following redirects."""
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, *, follow: bool = True, **options: Any) -> Page:
        """One request; redirects become GET as browsers do."""
        for _ in range(15):
            response = self._once(method, url, **options)
            target = response.headers.get("location")
            if not follow or target is None or response.status_code // 100 != 3:
                return Page(response, url)
            url, method, options = urljoin(url, target), "GET", {}
        raise Unavailable(f"Too many redirects at {urlsplit(url).netloc}.")

    def cookies(self, host: str) -> dict[str, str]:
        """The cookies this browser holds for a host."""
        return dict(self._jars.get(host, {}))

    @contextmanager
    def websocket(self, url: str) -> Iterator["Socket"]:
        """Open a WebSocket as a page of that host would; closed at the end."""
        socket = Socket(url, self.cookie_header(url))
        try:
            yield socket
        finally:
            socket.close()

    def _once(self, method: str, url: str, **options: Any) -> httpx2.Response:
        parts = urlsplit(url)
        headers = dict(options.pop("headers", {}))
        headers.setdefault("Host", parts.netloc)
        headers.setdefault("Cookie", self.cookie_header(url))
        headers.setdefault("Accept", "text/html,application/json;q=0.9,*/*;q=0.8")
        if method not in ("GET", "HEAD"):
            headers.setdefault("Origin", f"{parts.scheme}://{parts.netloc}")
        dialled = url.replace(f"//{parts.netloc}", f"//{_loopback(parts.netloc)}", 1)
        try:
            response = self._client.request(method, dialled, headers=headers, **options)
        except httpx2.HTTPError as error:
            raise Unavailable(f"{parts.netloc} does not answer.") from error
        self._keep(parts.netloc, response.headers.get_list("set-cookie"))
        self._client.cookies.clear()
        return response

    def cookie_header(self, url: str) -> str:
        """The Cookie header this browser sends to an address."""
        return "; ".join(f"{k}={v}" for k, v in self._jars.get(urlsplit(url).netloc, {}).items())

    def _keep(self, host: str, lines: list[str]) -> None:
        jar = self._jars.setdefault(host, {})
        for line in lines:
            name, _, rest = line.partition("=")
            value = rest.split(";", 1)[0]
            if not value or re.search(r"max-age=0\b|expires=Thu, 01 Jan 1970", rest, re.IGNORECASE):
                jar.pop(name.strip(), None)
            else:
                jar[name.strip()] = value


class Socket:
    """A WebSocket with blocking calls, for the kernel protocol of Jupyter."""

    def __init__(self, url: str, cookie: str) -> None:
        """Connect; the Origin is the page's own host.

        The loop has a thread of its own, which always reads: callers may stand in another loop,
        and pings of the other side are answered while nobody here listens, as a browser does.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._closed = False
        parts = urlsplit(url)
        headers = {
            "Host": parts.netloc,
            "Cookie": cookie,
            "Origin": f"{parts.scheme.replace('ws', 'http')}://{parts.netloc}",
        }
        dialled = url.replace(f"//{parts.netloc}", f"//{_loopback(parts.netloc)}", 1)
        self._session: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse
        self._heard: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._reading: asyncio.Task[None]
        try:
            self._wait(self._open(dialled, headers))
        except BaseException:
            self._end_loop()
            raise

    async def _open(self, url: str, headers: dict[str, str]) -> None:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            self._socket = await self._session.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.ClientError:
            await self._session.close()
            raise
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while (message := await self._socket.receive()).type is aiohttp.WSMsgType.TEXT:
            self._heard.put_nowait(json.loads(message.data))
        self._heard.put_nowait(None)

    async def _hang_up(self) -> None:
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._socket.close()
        await self._session.close()

    def _wait(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def _end_loop(self) -> None:
        self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, message: dict[str, Any]) -> None:
        """Send one JSON message."""
        self._wait(self._socket.send_json(message))

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next JSON message, or None when the other side closed.

        Errors: TimeoutError after `seconds`.
        """
        message = self._wait(asyncio.wait_for(self._heard.get(), seconds))
        if message is None:
            self._heard.put_nowait(None)  # closed stays closed, however often somebody listens
        return message

    def execute(
        self, code: str, seconds: float = 120, said: Callable[[str], None] | None = None
    ) -> str:
        """Run a cell and return what it printed, errors included.

        Errors: Unavailable when the kernel's socket closes first.
        """
        identifier = uuid.uuid4().hex
        self.send(_execute_request(identifier, code))
        out: list[str] = []
        while True:
            message = self.receive(seconds)
            if message is None:
                raise Unavailable("The notebook's connection was closed.")
            if message["parent_header"].get("msg_id") != identifier:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    out.append(content["text"])
                    if said is not None:
                        said(content["text"])
                case "error":
                    out.append(f"{content['ename']}: {content['evalue']}")
                case "status" if content["execution_state"] == "idle":
                    return "".join(out)

    def close(self) -> None:
        """Hang up; twice is once."""
        if self._closed:
            return
        self._wait(self._hang_up())
        self._end_loop()


class _Forms(HTMLParser):
    """Collects each form's action and fields, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        elif tag == "input" and self.forms and "name" in found:
            self.forms[-1][1][found["name"]] = found.get("value", "")


def forms(page: Page) -> list[tuple[str, dict[str, str]]]:
    """All forms of a page: absolute action and the fields as they stand."""
    parser = _Forms()
    parser.feed(page.text)
    return [(urljoin(page.url, action), fields) for action, fields in parser.forms]


def _loopback(netloc: str) -> str:
    host, _, port = netloc.partition(":")
    return f"127.0.0.1:{port}" if host.endswith("localhost") else netloc


def _execute_request(identifier: str, code: str) -> dict[str, Any]:
    return {
        "header": {
            "msg_id": identifier,
            "username": "",
            "session": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        },
    }


def connected(url: str, cookie: str) -> Socket | None:
    """Connect; None when told to come back in a moment.

    Errors: aiohttp.ClientError for every other refusal.
    """
    try:
        return Socket(url, cookie)
    except aiohttp.WSServerHandshakeError as refusal:
        if refusal.status != IN_A_MOMENT:
            raise
        return None

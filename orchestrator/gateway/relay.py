"""Carries one request, or one WebSocket, between a browser and a notebook server.

Both legs end here: nothing of the notebook server's headers, control frames or close reasons is
passed on, only checked status, type and bytes. Source: egress 3.3, 3.4, E25, E55, E58.
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web

from orchestrator.errors import TreError, Unavailable
from orchestrator.gateway import contents, headers
from orchestrator.gateway.answers import Allowed
from orchestrator.gateway.decisions import Flow
from orchestrator.gateway.meter import Budget, Meter
from orchestrator.gateway.paths import Path, Refused
from orchestrator.gateway.routes import Body, Route, route
from orchestrator.link.bodies import whole

SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"
_STATUSES = frozenset({200, 201, 204, 304, 400, 403, 404, 405, 409, 413, 422, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HUB_AWAY = 502  # what a server of JupyterHub answers while its hub does not
_ERROR_BYTES = 64 * 1024
_CHUNK = 64 * 1024


class Stopped(Exception):
    """A rule stopped this exchange; nothing more is passed on."""

    def __init__(self, refused: Refused) -> None:
        """Carry the rule."""
        super().__init__(refused.rule)
        self.refused = refused


@dataclass
class Exchange:
    """Everything one relayed request needs, and what it counted. Units: bytes."""

    request: web.BaseRequest
    project: str
    allowed: Allowed
    route: Route
    origin: str
    flow: Flow
    meter: Meter
    budget: Budget
    path_class: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    answer: web.StreamResponse | None = None

    def count_in(self, size: int) -> None:
        """Count bytes from the browser."""
        self.bytes_in += size
        self._add(bytes_in=size)

    def count_out(self, size: int) -> None:
        """Count bytes to the browser, before they are sent."""
        if not self.budget.draw(self.project, self.allowed.person, size):
            raise Stopped(Refused("budget", 429, "Today's budget of this project is used up."))
        self.bytes_out += size
        self._add(bytes_out=size)

    def _add(self, bytes_in: int = 0, bytes_out: int = 0) -> None:
        self.meter.add(
            self.project,
            self.allowed.person,
            self.path_class or self.route.path_class,
            bytes_in=bytes_in,
            bytes_out=bytes_out,
        )


async def relay_http(exchange: Exchange, pool: aiohttp.ClientSession) -> web.StreamResponse:
    """Carry one request and its checked reply.

    Errors: Stopped when a rule refuses; Unavailable when the notebook server does not answer.
    After the first byte was sent, either of them cuts the connection.
    """
    body = await _request_body(exchange)
    await exchange.flow.clear()
    token = exchange.allowed.server.token or ""
    try:
        async with pool.request(
            exchange.request.method,
            f"http://127.0.0.1{exchange.route.path.target}",
            headers=headers.to_server(exchange.request.headers, token),
            data=io.BytesIO(body) if body else None,
            allow_redirects=False,
        ) as reply:
            return await _answer(exchange, reply)
    except (aiohttp.ClientError, TimeoutError, OSError) as away:
        raise Unavailable(
            "The notebook server does not answer. It may have been stopped; open the project "
            "again.",
            code="server_away",
        ) from away


async def _request_body(exchange: Exchange) -> bytes:
    """Read what the browser sends within the row's limit, and check it where it has a shape."""
    row, method = exchange.route.row, exchange.request.method
    limit = row.request
    content = await whole(exchange.request.content, limit)
    if content is None:
        raise Stopped(Refused("request_size", 413, "This is larger than what may come in here."))
    size = len(content)
    if row.body is Body.MODEL and method != "GET":
        checked = contents.check_write(method, exchange.route.file, content)
        if isinstance(checked, Refused):
            raise Stopped(checked)
        exchange.path_class, content = checked
    exchange.count_in(size)
    return content


async def _answer(exchange: Exchange, reply: aiohttp.ClientResponse) -> web.StreamResponse:
    """Check a reply's head, then its body, and send it under our own headers."""
    if reply.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Stopped(_unfit("reply_encoding"))
    if reply.status in _REDIRECTS:
        return await _redirect(exchange, reply)
    if reply.status not in _STATUSES:
        raise Stopped(_unfit("reply_status"))
    if reply.status == _HUB_AWAY:
        raise Unavailable(
            "The notebook server cannot ask its hub who you are; the hub is starting again. Try "
            "again in a few seconds: nothing in the notebook is lost.",
            code="hub_away",
        )
    if reply.status >= 400:
        return await _error(exchange, reply)
    sent = headers.to_browser(reply.headers)
    if reply.status in (204, 304):
        return await _finish(exchange, web.Response(status=reply.status, headers=sent))
    kind = headers.media_type(reply.headers.get("Content-Type", ""), exchange.route.row.media)
    if isinstance(kind, Refused):
        raise Stopped(kind)
    sent["Content-Type"] = kind
    if exchange.route.row.body is Body.STREAM:
        return await _stream(exchange, reply, sent)
    content = _checked(exchange, await _whole(reply, exchange.route.row.reply))
    await exchange.flow.clear()
    exchange.count_out(len(content))
    return await _finish(exchange, web.Response(status=reply.status, headers=sent, body=content))


def _checked(exchange: Exchange, content: bytes) -> bytes:
    """Check a whole reply against the shape its path returns."""
    asked = dict(exchange.route.path.query).get("content", "1") != "0"
    result: bytes | Refused
    match exchange.route.row.body:
        case Body.MODEL:
            result = contents.check_model(asked, content) if content else b""
        case Body.CHECKPOINTS:
            result = contents.check_checkpoints(content)
        case _:
            result = contents.check_json(content)
    if isinstance(result, Refused):
        raise Stopped(result)
    return result


async def _whole(reply: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read a reply within a limit."""
    if (reply.content_length or 0) > limit:
        raise Stopped(_too_large())
    content = await whole(reply.content, limit)
    if content is None:
        raise Stopped(_too_large())
    return content


async def _stream(
    exchange: Exchange, reply: aiohttp.ClientResponse, sent: dict[str, str]
) -> web.StreamResponse:
    """Send a reply as it comes, within the row's limit."""
    limit = exchange.route.row.reply
    if (reply.content_length or 0) > limit:
        raise Stopped(_too_large())
    if reply.content_length is not None:
        sent["Content-Length"] = str(reply.content_length)
    answer = exchange.answer = web.StreamResponse(status=reply.status, headers=sent)
    await exchange.flow.clear()
    await answer.prepare(exchange.request)
    passed = 0
    async for chunk in reply.content.iter_chunked(_CHUNK):
        passed += len(chunk)
        if passed > limit:
            raise Stopped(_too_large())
        await exchange.flow.clear()
        exchange.count_out(len(chunk))
        await answer.write(chunk)
    await answer.write_eof()
    return answer


async def _redirect(exchange: Exchange, reply: aiohttp.ClientResponse) -> web.StreamResponse:
    """Pass a redirect only to a path of this person that the path list serves."""
    host = exchange.origin.partition("://")[2]
    target = headers.location(reply.headers.get("Location", ""), host)
    if isinstance(target, Path):
        target = _served(target, exchange.allowed.person)
    if isinstance(target, Refused):
        raise Stopped(Refused("reply_location", 502, target.text))
    sent = headers.to_browser(reply.headers) | {"Location": target.target}
    exchange.count_out(len(target.target))
    return await _finish(exchange, web.Response(status=reply.status, headers=sent))


def _served(target: Path, person: str) -> Path | Refused:
    found = route("GET", target, person)
    return found if isinstance(found, Refused) else found.path


async def _error(exchange: Exchange, reply: aiohttp.ClientResponse) -> web.StreamResponse:
    """Pass an error's status, and its JSON if it is small and is JSON."""
    kind = headers.media_type(reply.headers.get("Content-Type", ""), ("application/json",))
    content: bytes | Refused = b"{}"
    if not isinstance(kind, Refused):
        content = contents.check_json(await _whole(reply, _ERROR_BYTES))
    if isinstance(content, Refused):
        content = b"{}"
    sent = headers.to_browser(reply.headers) | {"Content-Type": "application/json"}
    await exchange.flow.clear()
    exchange.count_out(len(content))
    return await _finish(exchange, web.Response(status=reply.status, headers=sent, body=content))


async def _finish(exchange: Exchange, answer: web.Response) -> web.StreamResponse:
    """Send a whole answer inside the exchange, so that a revocation still can cut it."""
    exchange.answer = answer
    await answer.prepare(exchange.request)
    await answer.write_eof()
    return answer


async def relay_socket(exchange: Exchange, pool: aiohttp.ClientSession) -> web.StreamResponse:
    """Carry a WebSocket: two sockets of our own, messages checked and counted between them.

    Shape: one listed sub-protocol or none, no compression, no control frame or close reason
    crosses. Errors: Unavailable when the notebook server refuses the socket.
    """
    offered = _protocols(exchange.request.headers.get("Sec-WebSocket-Protocol", ""))
    token = exchange.allowed.server.token or ""
    limit = exchange.route.row.reply
    try:
        far = await pool.ws_connect(
            f"http://127.0.0.1{exchange.route.path.target}",
            headers=headers.to_server({}, token),
            protocols=offered,
            max_msg_size=limit,
            compress=0,
            heartbeat=30,
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as away:
        raise Unavailable(
            "The notebook server refused the connection. Reload the page.", code="server_away"
        ) from away
    near = web.WebSocketResponse(
        protocols=[far.protocol] if far.protocol in offered and far.protocol else [],
        max_msg_size=exchange.route.row.request,
        compress=False,
        heartbeat=30,
        timeout=1,
    )
    near.headers.update(headers.SECURITY)
    exchange.answer = near
    try:
        await exchange.flow.clear()
        await near.prepare(exchange.request)
        code = await _pump_both(exchange, near, far)
    finally:
        await asyncio.shield(_hang_up(far))
    await near.close(code=code, message=b"")
    return near


async def _pump_both(
    exchange: Exchange, near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse
) -> int:
    """Carry messages both ways until either side ends; answer the code for the browser."""
    inward = asyncio.create_task(_pump(exchange, near, far, exchange.count_in))
    outward = asyncio.create_task(_pump(exchange, far, near, exchange.count_out))
    try:
        done, _ = await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (inward, outward):
            task.cancel()
        await asyncio.gather(inward, outward, return_exceptions=True)
    if WSCloseCode.MESSAGE_TOO_BIG in (near.close_code, far.close_code):
        raise Stopped(_too_large())
    return WSCloseCode.GOING_AWAY


async def _pump(
    exchange: Exchange,
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    count: Callable[[int], None],
) -> None:
    """Carry messages one way while bytes may flow; control frames stay on their own leg."""
    while True:
        message = await source.receive()
        if message.type is WSMsgType.TEXT:
            content = message.data.encode()
        elif message.type is WSMsgType.BINARY:
            content = message.data
        else:
            return
        await exchange.flow.clear()
        count(len(content))
        try:
            await sink.send_frame(
                content, WSMsgType.TEXT if message.type is WSMsgType.TEXT else WSMsgType.BINARY
            )
        except (ConnectionError, RuntimeError):
            return


async def _hang_up(far: aiohttp.ClientWebSocketResponse) -> None:
    """End the leg to the notebook server without waiting for its manners."""
    try:
        await asyncio.wait_for(far.close(), 0.5)
    except (TimeoutError, OSError, TreError):
        return


def _protocols(offered: str) -> list[str]:
    """Offer the listed sub-protocol if the browser did."""
    return [SUBPROTOCOL] if SUBPROTOCOL in (p.strip() for p in offered.split(",")) else []


def _too_large() -> Refused:
    return Refused("reply_size", 413, "This is larger than what is shown in a browser.")


def _unfit(rule: str) -> Refused:
    return Refused(rule, 502, "The notebook server gave an answer that is not passed on.")

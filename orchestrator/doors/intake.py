"""The airlock door: takes bytes and words from a notebook to the control plane's intake.

It never opens a file of a workspace by name; links and races in there cannot redirect it.
"""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.door import Clear
from orchestrator.doors.intakerules import LARGEST_REPLY, Inside, check_length, route
from orchestrator.doors.replies import HEADERS, Refused, problem_of
from orchestrator.errors import Unavailable
from orchestrator.link.bodies import whole
from orchestrator.link.line import Line

_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=5, sock_read=60)
_CHUNK = 64 * 1024
_CUT = Refused("cut_short", 400, "The file ended before its announced size; send it again.")


class Intake:
    """Serves every airlock door of this process."""

    def __init__(self, line: Line) -> None:
        """Speak to the control plane over a line that is open."""
        self._line = line

    async def serve(
        self, caller: Caller, request: web.BaseRequest, target: str, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Carry one call, with project and person from the door it came in by."""
        inside = route(request.method, target)
        if isinstance(inside, Refused):
            return inside
        if "Transfer-Encoding" in request.headers or "Content-Encoding" in request.headers:
            return Refused("request_encoding", 411, "Announce the size and send plain content.")
        length = check_length(inside, request.headers.get("Content-Length"))
        if isinstance(length, Refused):
            return length
        try:
            return await self._carry(caller, request, inside, length, clear)
        except web.RequestPayloadError:
            return _CUT
        except (aiohttp.ClientError, TimeoutError, OSError) as away:
            raise Unavailable(
                "The airlock does not answer now. Nothing was lost; try again in a moment.",
                code="control_away",
            ) from away

    async def _carry(
        self,
        caller: Caller,
        request: web.BaseRequest,
        inside: Inside,
        length: int,
        clear: Clear,
    ) -> web.StreamResponse | Refused:
        kind = "application/octet-stream" if inside.bytes_needed else "application/json"
        path = f"/internal/intake/{quote(caller.project)}/{quote(caller.person)}{inside.path}"
        options = {}
        if inside.method != "GET":
            options = {
                "data": _body(request, length, clear),
                "headers": {"Content-Type": kind, "Content-Length": str(length)},
            }
        async with self._line.request(inside.method, path, timeout=_TIMEOUT, **options) as answer:
            content = await whole(answer.content, LARGEST_REPLY)
            status = answer.status
        await clear()
        return _answer(status, content)


async def _body(request: web.BaseRequest, length: int, clear: Clear) -> AsyncIterator[bytes]:
    """Pass the announced number of bytes, none of them while the person may not work."""
    left = length
    async for chunk in request.content.iter_chunked(_CHUNK):
        left -= len(chunk)
        await clear()
        yield chunk
    if left:
        raise web.RequestPayloadError("cut short")


def _answer(status: int, content: bytes | None) -> web.StreamResponse | Refused:
    """Pass the control plane's JSON; its refusals spelled anew."""
    try:
        said = json.loads("?" if content is None else content or b"{}")
    except ValueError:
        return Refused("intake_answer", 502, "The airlock's answer could not be read; try again.")
    if status >= 400:
        return web.Response(status=status, body=problem_of(said, status), headers=HEADERS)
    headers = HEADERS | {"Content-Type": "application/json"}
    return web.Response(status=200, body=json.dumps(said).encode(), headers=headers)

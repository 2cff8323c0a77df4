"""The admin socket of a process: halt, resume, health. Only its own machine's owner reaches it."""

import json
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from orchestrator.link.events import Scope, parse_scope
from orchestrator.link.sockets import listen


class Haltable(Protocol):
    """What can be halted: the gateway and the doors."""

    def halt(self, scope: Scope) -> int:
        """Close everything of a scope now and hold it; answers how many connections closed."""

    def resume(self, scope: Scope) -> int:
        """Lift holds; answers how many."""

    def health(self) -> dict[str, Any]:
        """Say how it stands, without names of people."""


async def serve_admin(path: Path, target: Haltable) -> web.AppRunner:
    """Listen for halts; the answer of a halt is sent after everything was closed."""

    async def halt(request: web.Request) -> web.Response:
        return web.json_response({"closed": target.halt(await _scope(request))})

    async def resume(request: web.Request) -> web.Response:
        return web.json_response({"lifted": target.resume(await _scope(request))})

    async def health(_: web.Request) -> web.Response:
        return web.json_response(target.health())

    app = web.Application(client_max_size=4096)
    app.add_routes(
        [web.post("/halt", halt), web.post("/resume", resume), web.get("/health", health)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listen(path)).start()
    return runner


async def _scope(request: web.Request) -> Scope:
    try:
        return parse_scope(json.loads(await request.read()))
    except ValueError:
        raise web.HTTPUnprocessableEntity(
            text=json.dumps(
                {
                    "title": "Not a scope",
                    "status": 422,
                    "detail": "Send project and person or null.",
                }
            ),
            content_type="application/problem+json",
        ) from None

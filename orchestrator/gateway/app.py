"""Runs the gateway: one listener for all projects' hosts, one for its administrator.

It reads its settings, its role token and the run folder, and nothing else; it starts and stays up
without the control plane, and serves nobody until that answers.
"""

import asyncio
import errno
import signal
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog
from aiohttp import web

from orchestrator.errors import Conflict, TreError
from orchestrator.gateway.control import Control
from orchestrator.gateway.decisions import Decisions, Pace
from orchestrator.gateway.meter import Meter, Unlimited
from orchestrator.gateway.serve import Gateway
from orchestrator.gateway.upstream import Kind, Pods, Sockets, Upstreams
from orchestrator.link.addresses import Reach, reach
from orchestrator.link.admin import serve_admin
from orchestrator.link.events import Scope
from orchestrator.link.line import Line
from orchestrator.settings import Settings

_log = structlog.get_logger()
_BIND_TRIES = 40  # a gateway that was killed holds the port until the last of its sandbox is gone
_BIND_PAUSE = 0.25
"""Units: seconds."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then hand over what was counted and end."""
    asyncio.run(_until_signal(settings))


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    pace: Pace | None = None,
    usage_period: float = 10.0,
    known: Reach | None = None,
) -> None:
    """Serve until `stop` is set.

    Shape: `known` says which addresses can be a pod's, in place of what the settings say.
    Units: `usage_period` in seconds. Errors: Conflict when the port stays taken; OSError when the
    run folder is.
    """
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(Line(settings, "gateway"))
        control = Control(line)
        decisions = Decisions(control, pace or Pace())
        meter = Meter(period=usage_period)
        upstreams = Upstreams(_kind(settings, known))
        stack.push_async_callback(upstreams.close)
        gateway = Gateway(settings, control, decisions, upstreams, meter, Unlimited())
        admin = await serve_admin(settings.run / "gateway" / "admin.sock", _Admin(decisions))
        stack.push_async_callback(admin.cleanup)
        listener = await _listen(settings, gateway)
        stack.push_async_callback(listener.cleanup)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(line.follow(decisions.hear)),
                group.create_task(decisions.run()),
                group.create_task(meter.run(control)),
            ]
            _log.info("gateway_up", port=settings.gateway_listen)
            await stop.wait()
            decisions.close_all("ending")
            for task in tasks:
                task.cancel()
        with suppress(TreError):
            await meter.hand_over(control)


def _kind(settings: Settings, known: Reach | None) -> Kind:
    match settings.engine:
        case "local":
            return Sockets(settings.run)
        case "kubernetes":
            return Pods(known or reach(settings.pod_networks, settings.node_addresses))


async def _listen(settings: Settings, gateway: Gateway) -> web.ServerRunner:
    server = web.Server(gateway.handle, access_log=None, auto_decompress=False)
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, settings.bind, settings.gateway_listen)
    for _ in range(_BIND_TRIES):
        try:
            await site.start()
        except OSError as taken:
            if taken.errno != errno.EADDRINUSE:
                raise
            await asyncio.sleep(_BIND_PAUSE)
            site = web.TCPSite(runner, settings.bind, settings.gateway_listen)
        else:
            return runner
    await runner.cleanup()
    raise Conflict(
        f"Port {settings.gateway_listen} of {settings.bind_host} is taken by another process. End "
        "that one, or set TRE_GATEWAY_PORT to another port.",
        code="port_taken",
    )


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)


class _Admin:
    """What the admin socket may do here."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def halt(self, scope: Scope) -> int:
        """Close and hold."""
        return self._decisions.halt(scope)

    def resume(self, scope: Scope) -> int:
        """Lift."""
        return self._decisions.resume(scope)

    def health(self) -> dict[str, Any]:
        """Count what is open."""
        return {"up": True, **self._decisions.counts()}

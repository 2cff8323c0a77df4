"""Runs the doors of this machine's notebook servers, or of a cluster's.

It reads its settings, its role token and the run folder, and nothing else; it starts and stays up
without the control plane, and opens nothing until that answers.
"""

import asyncio
import signal
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from orchestrator.doors.house import Front, House, Pace, PortFront, SocketFront
from orchestrator.doors.hubfilter import HubFilter, ToHub, by_address, by_socket
from orchestrator.doors.intake import Intake
from orchestrator.doors.packages import Packages
from orchestrator.doors.ports import Port, Strangers
from orchestrator.link.addresses import (
    AIRLOCK_DOOR,
    DOORS_HEALTH,
    HUB_DOOR,
    PACKAGES_DOOR,
    Reach,
    reach,
)
from orchestrator.link.admin import serve_admin
from orchestrator.link.line import Line
from orchestrator.settings import Settings

_log = structlog.get_logger()

PORTS = {"hub": HUB_DOOR, "packages": PACKAGES_DOOR, "airlock": AIRLOCK_DOOR}
"""Where each door of a cluster listens."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_until_signal(settings))


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    pace: Pace | None = None,
    known: Reach | None = None,
) -> None:
    """Serve until `stop` is set.

    Shape: `known` says which addresses can be a pod's, in place of what the settings say.
    Errors: OSError when the run folder or a port cannot be had.
    """
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(Line(settings, "doors"))
        front, to_hub = await _front(settings, known, stack)
        packages = Packages(settings.mirror_dir)
        services = {
            "hub": HubFilter(to_hub).serve,
            "airlock": Intake(line).serve,
            "packages": packages.serve,
        }
        house = House(front, line, services, pace or Pace())
        stack.push_async_callback(house.close)
        admin = await serve_admin(settings.run / "doors" / "admin.sock", house)
        stack.push_async_callback(admin.cleanup)
        if settings.engine == "kubernetes":
            health = await _health(settings, house, packages)
            stack.push_async_callback(health.cleanup)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(line.follow(house.hear)), group.create_task(house.run())]
            _log.info("doors_up")
            await stop.wait()
            for task in tasks:
                task.cancel()


async def _front(
    settings: Settings, known: Reach | None, stack: AsyncExitStack
) -> tuple[Front, ToHub]:
    """Meet notebook servers as the engine has them: at sockets, or at three ports."""
    if settings.engine == "local":
        return SocketFront(settings.run), by_socket(settings.run)
    known = known or reach(settings.pod_networks, settings.node_addresses)
    strangers = Strangers(known)
    ports = {name: Port(name, strangers) for name in PORTS}
    for name, port in ports.items():
        await port.listen(settings.bind, PORTS[name])
        stack.push_async_callback(port.close)
    return PortFront(known, ports, strangers), by_address(known)


async def _health(settings: Settings, house: House, packages: Packages) -> web.ServerRunner:
    """Say how the doors are, on a port that no notebook may reach; it takes no orders."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if (request.method, request.raw_path) != ("GET", "/.tre/health"):
            return web.Response(status=404)
        said = house.health() | {"packages": packages.offered()}
        return web.json_response(said, headers={"Cache-Control": "no-store"})

    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, settings.bind, DOORS_HEALTH).start()
    return runner


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)

"""Runs the doors of this machine's notebook servers.

It reads its settings, its role token and the run folder, and nothing else; it starts and stays up
without the control plane, and opens nothing until that answers.
"""

import asyncio
import signal
from contextlib import AsyncExitStack

import structlog

from orchestrator.doors.house import House, Pace
from orchestrator.doors.hubfilter import HubFilter
from orchestrator.doors.intake import Intake
from orchestrator.doors.packages import Packages
from orchestrator.link.admin import serve_admin
from orchestrator.link.line import Line
from orchestrator.settings import Settings

_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_until_signal(settings))


async def serve(settings: Settings, stop: asyncio.Event, *, pace: Pace | None = None) -> None:
    """Serve until `stop` is set. Errors: OSError when the run folder cannot be written."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(Line(settings, "doors"))
        services = {
            "hub": HubFilter(settings.run).serve,
            "airlock": Intake(line).serve,
            "packages": Packages().serve,
        }
        house = House(settings.run, line, services, pace or Pace())
        stack.push_async_callback(house.close)
        admin = await serve_admin(settings.run / "doors" / "admin.sock", house)
        stack.push_async_callback(admin.cleanup)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(line.follow(house.hear)), group.create_task(house.run())]
            _log.info("doors_up")
            await stop.wait()
            for task in tasks:
                task.cancel()


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)

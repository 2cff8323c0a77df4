"""`tre serve` and `tre reconcile`: the processes that may open the database."""

import signal
import threading
from collections.abc import Callable

import typer
import uvicorn

from orchestrator.bootstrap.control import control
from orchestrator.bootstrap.hands import hands
from orchestrator.migrations.run import upgrade
from orchestrator.reconciler import loop
from orchestrator.server import application
from orchestrator.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(reconcile)


def serve() -> None:
    """Run the control plane: API and pages. Holds no cluster credentials and no signing key."""
    settings = Settings()
    upgrade(settings.database)
    uvicorn.run(
        application(control(settings)),
        host=settings.bind_host,
        port=settings.control_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def reconcile() -> None:
    """Run the hands: drive the engine, move bytes, have files checked, sign checkpoints."""
    settings = Settings()
    upgrade(settings.database)
    loop.run(hands(settings), _until_told())


def _until_told() -> Callable[[], bool]:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return lambda: not told.is_set()

"""`tre serve` and `tre reconcile`: the processes that may open the database."""

import signal
import threading
from collections.abc import Callable
from typing import Annotated

import typer
import uvicorn

from orchestrator.audit import checkpoint
from orchestrator.bootstrap.control import control
from orchestrator.bootstrap.hands import hands
from orchestrator.cli.audit import public_key
from orchestrator.db import connect
from orchestrator.keeping.standstill import serving
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
    with serving(connect(settings.database)):
        upgrade(settings.database)
        _require_consistent(settings)
        uvicorn.run(
            application(control(settings)),
            host=settings.bind_host,
            port=settings.control_listen,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )


def reconcile(
    wait: Annotated[
        bool, typer.Option(help="Wait for the end of another one instead of refusing.")
    ] = False,
) -> None:
    """Run the hands: drive the engine, move bytes, have files checked, sign checkpoints."""
    settings = Settings()
    upgrade(settings.database)
    (loop.wait_and_run if wait else loop.run)(hands(settings), _until_told())


def _require_consistent(settings: Settings) -> None:
    """Refuse to serve a database that is older than what was signed.

    Errors: Tampered.
    """
    if (settings.state_dir / "keys" / "checkpoint.vkey").exists():
        folder = settings.state_dir / "checkpoints"
        checkpoint.must_extend(connect(settings.database), folder, public_key(settings))


def _until_told() -> Callable[[], bool]:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return lambda: not told.is_set()

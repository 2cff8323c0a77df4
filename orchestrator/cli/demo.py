"""`tre demo`: the whole story on this machine; `tre identity`: its development provider."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console
from orchestrator.demo import provider
from orchestrator.demo import run as demo_run
from orchestrator.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command(hidden=True)(identity)


def demo(
    folder: Annotated[Path, typer.Option(help="where everything of the demo lies")] = Path(
        ".tre/demo"
    ),
) -> None:
    """Start everything on this machine and tell the whole story; stays up in a terminal."""
    stay = sys.stdin.isatty() and sys.stdout.isatty()
    if not demo_run.demo(folder, console, stay=stay):
        raise typer.Exit(1)


def identity(port: Annotated[int, typer.Argument(help="port of loopback")]) -> None:
    """Run the development identity provider; refuses outside demo and tests."""
    settings = Settings()
    provider.run(settings, port, [f"{settings.control_url}/login/callback"])

"""`tre identity` and `tre seed`: the story's development identity provider, and its people."""

from typing import Annotated

import typer

from orchestrator.bootstrap.control import utc_now
from orchestrator.cli.output import console
from orchestrator.db import connect, write
from orchestrator.demo import provider
from orchestrator.demo.people import PEOPLE, seed
from orchestrator.errors import Invalid
from orchestrator.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(hidden=True)(identity)
    app.command("seed", hidden=True)(seed_people)


def identity(port: Annotated[int, typer.Argument(help="port of loopback")]) -> None:
    """Run the development identity provider; refuses outside demo and tests."""
    settings = Settings()
    provider.run(settings, port, [f"{settings.control_url}/login/callback"])


def seed_people() -> None:
    """Register the story's made-up people; refuses outside demo and tests.

    Errors: Invalid in production.
    """
    settings = Settings()
    if settings.mode == "production":
        raise Invalid(
            "Made-up people belong into no installation that is in use: TRE_MODE is production.",
            code="development_only",
        )
    with write(connect(settings.database)) as session:
        seed(session, utc_now())
    console.print(f"{len(PEOPLE)} made-up people are registered.")

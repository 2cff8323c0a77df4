"""`tre halt`: gateway and doors first, then the row, then the reconciler ends the servers.

On a cluster gateway and doors have no socket that a command could reach: the row is the command.
They hear of it on their stream, close, and say so; this waits for what they saw.
"""

import json
from http.client import HTTPException
from importlib import import_module
from typing import Annotated

import typer

from orchestrator.cli.output import console
from orchestrator.cli.unix import ask
from orchestrator.settings import Settings

ROLES = ("gateway", "doors")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(halt)


def halt(
    project: Annotated[str | None, typer.Argument(help="project; none: the installation")] = None,
    person: Annotated[str | None, typer.Option(help="only this person")] = None,
    reason: Annotated[str, typer.Option(help="why, for the log")] = "halted by the operator",
) -> None:
    """End all access now, also when nobody can sign in; deletes nothing."""
    settings = Settings()
    if settings.engine == "local":
        body = {"project": project, "person": person}
        for role in ROLES:
            console.print(f"{role}: {_tell(settings, role, body)}")
    # Imported only now: nobody waits for the database's code before the connections are closed.
    halted = import_module("orchestrator.cli.halted")
    row = halted.record(settings, project, person, reason)
    console.print("The halt is recorded; the reconciler ends the servers now.")
    if settings.engine == "kubernetes":
        for role, said in halted.heard(settings, row, ROLES):
            console.print(f"{role}: {said}")


def _tell(settings: Settings, role: str, body: dict[str, str | None]) -> str:
    socket = settings.run / role / "admin.sock"
    try:
        status, content = ask(socket, "POST", "/halt", json.dumps(body).encode())
    except (OSError, HTTPException):
        return "not running, so nothing passes there"
    if status != 200:
        return f"answered {status}; the row closes it within a second"
    return f"{json.loads(content).get('closed', 0)} connections closed"

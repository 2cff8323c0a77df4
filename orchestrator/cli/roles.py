"""`tre gateway` and `tre doors`: processes of ours in a sandbox without the state folder."""

import os

import typer

from orchestrator.sandbox.roles import module, role_command
from orchestrator.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(gateway)
    app.command()(doors)


def gateway() -> None:
    """Run the gateway: the only way to a notebook."""
    _in_a_sandbox("gateway")


def doors() -> None:
    """Run the doors: what a workspace may call."""
    _in_a_sandbox("doors")


def _in_a_sandbox(role: str) -> None:
    """Become the role's process inside its sandbox; never returns."""
    command = role_command(Settings(), role, module(f"orchestrator.{role}"))
    os.execv(command[0], command)  # noqa: S606 - a list, no shell

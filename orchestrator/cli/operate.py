"""Small operators' commands: they act with the settings of this machine."""

from typing import Annotated

import typer

from orchestrator import __version__
from orchestrator.cli.output import console, print_json, print_table
from orchestrator.migrations.run import upgrade
from orchestrator.policy.load import load
from orchestrator.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document for programs")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, policy, version):
        app.command()(command)


def migrate() -> None:
    """Bring the database to this version's tables."""
    upgrade(Settings().database)
    console.print("The database is current.")


def policy(as_json: AsJson = False) -> None:
    """Read the policy files as the processes do and print their digests."""
    policies = load(Settings().policies_dir)
    rows = [(name, policies.digest(name)) for name in policies.names()]
    if as_json:
        print_json(dict(rows))
        return
    print_table("Policies in force", ("policy", "digest"), rows)


def version() -> None:
    """Print the version."""
    console.print(__version__)

"""`tre docs`: the generated documents, written or compared."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.generated import render
from orchestrator.cli.output import console
from orchestrator.errors import Conflict

ROOT = Path(__file__).parents[2]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(docs)


def docs(
    check: Annotated[bool, typer.Option("--check", help="fail when one is out of date")] = False,
    write: Annotated[bool, typer.Option("--write", help="write them")] = False,
) -> None:
    """Write or check what is generated from code: diagrams, settings, commands."""
    stale = [path for path, text in render().items() if _current(path) != text]
    if write:
        for path in stale:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(render()[path])
        console.print(f"{len(stale)} written.")
    elif stale and check:
        raise Conflict(f"Out of date: {', '.join(stale)}. Run `make docs` and commit the result.")
    else:
        console.print(f"{len(render()) - len(stale)} current, {len(stale)} out of date.")


def _current(path: str) -> str | None:
    file = ROOT / path
    return file.read_text() if file.exists() else None

"""`tre mirror`: for operators, on the machine that may reach a package index."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console
from orchestrator.mirror import fetching, trees
from orchestrator.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mirror)


def mirror(
    locks: Annotated[
        list[Path], typer.Argument(help="requirements files in which every line has hashes")
    ],
    to: Annotated[
        Path | None, typer.Option(help="the folder of the mirror; the settings' own otherwise")
    ] = None,
    python: Annotated[str, typer.Option(help="for this python, like 3.13; this one's else")] = "",
    platform: Annotated[
        list[str] | None, typer.Option(help="for these platforms, like manylinux_2_28_x86_64")
    ] = None,
) -> None:
    """Fetch exactly what lock files name, and offer it to notebooks in place of what was there."""
    folder = (to or Settings().mirror_dir).absolute()
    console.print(f"Fetching what {len(locks)} file(s) name …")
    tree = fetching.fetch(folder, locks, fetching.Python(python, tuple(platform or ())))
    shelf = trees.read(tree)
    size = sum(wheel.size for wheel in shelf.wheels.values()) / 1e6
    console.print(
        f"Done: {len(shelf.wheels)} wheels of {len(shelf.projects())} projects, {size:.1f} MB,"
        f" in {tree.name}. Notebooks find them at once; nothing was asked on their behalf."
    )

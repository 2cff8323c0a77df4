"""`tre backup`, `tre restore`, `tre move`: for operators, where the state folder is."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.bootstrap.control import utc_now
from orchestrator.cli.output import console
from orchestrator.keeping import folder as backups
from orchestrator.keeping import move as moving
from orchestrator.keeping import restore as restoring
from orchestrator.settings import Settings
from orchestrator.values import parse_digest


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore, move):
        app.command()(command)


def backup(
    folder: Annotated[Path, typer.Argument(help="a new folder; as sensitive as the data")],
    signing_key: Annotated[
        Path | None, typer.Option(help="write the signing key to this file, kept elsewhere")
    ] = None,
) -> None:
    """Write rows, stored files, indexes and checkpoints to a folder, beside a running service."""
    made = backups.make(Settings(), folder, utc_now(), signing_key, console.print)
    console.print(f"Done. Keep this digest apart from the folder: {made.digest}")


def restore(
    folder: Annotated[Path, typer.Argument(help="a backup")],
    digest: Annotated[str, typer.Option(help="its digest, as `tre backup` printed it")] = "",
    signing_key: Annotated[
        Path | None, typer.Option(help="the file that the signing key was written to")
    ] = None,
    new_signing_key: Annotated[
        bool, typer.Option("--new-signing-key", help="the key is lost: begin with another")
    ] = False,
    accept_cut: Annotated[
        str, typer.Option(help="why signed entries of the log may be missing; goes into the log")
    ] = "",
) -> None:
    """Bring a backup back into an empty database and store, after hashing all of it."""
    wish = restoring.Wish(
        digest=parse_digest(digest) if digest else None,
        signing_key=signing_key,
        new_key=new_signing_key,
        accept_cut=accept_cut,
    )
    done = restoring.restore(Settings(), folder, wish, utc_now(), console.print)
    if done.missing:
        console.print(f"{done.missing:,} signed entries are lost; the log says so.")
    console.print(
        "Done. Start the processes; workspaces are made anew and proved before they open."
    )


def move(
    settings: Annotated[
        Path, typer.Argument(help="a file with the new TRE_DATABASE_URL, TRE_STORE, TRE_S3_…")
    ],
) -> None:
    """Copy rows and stored files to another database or store, and verify all of it there."""
    source = Settings()
    moving.move(source, source.moved(settings), utc_now(), console.print)
    console.print(
        "Done. Start the processes with the settings of that file. The old place was left as it "
        "is: remove it once the new one has a backup."
    )

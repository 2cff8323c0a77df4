"""Commands about the log: verify it here, export it for a partner, audit the packages."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.audit import checkpoint
from orchestrator.audit.checkpoint import PublicKey
from orchestrator.audit.export import write_leaves, write_records
from orchestrator.cli.output import console, print_json
from orchestrator.db import connect, read
from orchestrator.errors import NotFound, Unavailable
from orchestrator.settings import Settings

commands = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document for programs")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="audit", help="Verify and export the log.")


@commands.command()
def verify(
    database: Annotated[str, typer.Option(help="another database, such as a copy")] = "",
    as_json: AsJson = False,
) -> None:
    """Hash the whole log again and compare it with every stored hash and every checkpoint."""
    settings = Settings()
    found = checkpoint.verify(
        connect(database or settings.database),
        settings.state_dir / "checkpoints",
        public_key(settings),
    )
    if as_json:
        print_json(
            {
                "size": found.size,
                "root": found.root.hex(),
                "checkpoints": found.checkpoints,
                "unprotected": found.unprotected,
            }
        )
        return
    console.print(
        f"{found.size} entries are what {found.checkpoints} signed checkpoints say; "
        f"{found.unprotected} are newer than the last one."
    )


@commands.command()
def export(folder: Annotated[Path, typer.Argument(help="where to write")]) -> None:
    """Write records, leaf hashes, checkpoints and key, for `tre_verify.py` on any machine."""
    settings = Settings()
    folder.mkdir(parents=True, exist_ok=True)
    with read(connect(settings.database)) as session:
        with (folder / "records.jsonl").open("wb") as file:
            count = write_records(session, file)
        with (folder / "leaves.txt").open("wb") as file:
            write_leaves(session, file)
    for source in sorted((settings.state_dir / "checkpoints").iterdir()):
        (folder / source.name).write_bytes(source.read_bytes())
    (folder / "checkpoint.vkey").write_text(public_key(settings).vkey() + "\n")
    console.print(f"{count} records written; give the key to your partners by another way.")


@commands.command()
def packages() -> None:
    """Compare the locked packages with known vulnerabilities; says so when it could not."""
    lock = Path("requirements.lock")
    run = subprocess.run(
        [sys.executable, "-m", "pip_audit", "-r", str(lock), "--require-hashes", "--disable-pip"],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0:
        console.print(run.stdout or run.stderr)
        return
    if "vulnerabilit" in run.stdout + run.stderr and "Name" in run.stdout:
        console.print(run.stdout)
        raise typer.Exit(1)
    last = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise Unavailable(f"The packages were NOT audited: the service did not answer ({last[:160]}).")


def public_key(settings: Settings) -> PublicKey:
    """The installation's public key, as the reconciler left it.

    Errors: NotFound before the first reconciler run.
    """
    path = settings.state_dir / "keys" / "checkpoint.vkey"
    if not path.exists():
        raise NotFound("There is no signing key yet: start the reconciler once (`tre reconcile`).")
    return PublicKey.parse(path.read_text().strip())

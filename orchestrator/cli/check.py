"""`tre check`: the same engine without any server, for files on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console, print_json
from orchestrator.outputs.model import Verdict
from orchestrator.outputs.standalone import EXIT, check_paths


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    paths: Annotated[list[Path], typer.Argument(help="files or folders", exists=True)],
    source: Annotated[
        Path | None, typer.Option(help="folder of source tables to compare with", exists=True)
    ] = None,
    released: Annotated[
        list[Path] | None, typer.Option(help="folder of earlier released files", exists=True)
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="thresholds, like policies/outputs.yaml", exists=True)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Check files before they leave: exit 0 pass, 10 flag, 20 block, 2 usage."""
    report = check_paths(paths, source=source, released=released or (), rules=rules)
    if as_json:
        print_json(report)
    else:
        for file in report["files"]:
            console.print(f"[bold]{file['verdict']}[/] {file['path']}: {file['coverage']}")
            for finding in file["findings"]:
                console.print(f"    {finding['severity']} {finding['rule']}: {finding['say']}")
    raise typer.Exit(EXIT[Verdict(report["verdict"])])

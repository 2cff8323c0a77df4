"""`tre check`: the same engine without any server, for files on this machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console, print_json
from orchestrator.errors import Conflict
from orchestrator.outputs.again import check_again
from orchestrator.outputs.model import Verdict
from orchestrator.outputs.standalone import EXIT, Answer, check_with_record


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    paths: Annotated[list[Path], typer.Argument(help="files or folders", exists=True)],
    source: Annotated[
        list[Path] | None,
        typer.Option(
            help="folder of source tables to compare with; may be given twice", exists=True
        ),
    ] = None,
    released: Annotated[
        list[Path] | None, typer.Option(help="folder of earlier released files", exists=True)
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="thresholds, like policies/outputs.yaml", exists=True)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
    record: Annotated[
        Path | None, typer.Option(help="write down every rule applied, to be run again")
    ] = None,
    again: Annotated[
        Path | None,
        typer.Option(
            help="run such a record, or a release's, again on the same files", exists=True
        ),
    ] = None,
) -> None:
    """Check files before they leave: exit 0 pass, 10 flag, 20 block, 2 usage, 5 not as recorded."""
    if again is not None:
        report, found = check_again(again, paths, sources=source or (), released=released or ())
        _show(report, as_json=as_json)
        if found:
            reasons = [("not_as_recorded", text) for text in found]
            raise Conflict(
                f"The check did not come out as {again.name} says.", code="not_as_recorded",
                reasons=reasons,
            )  # fmt: skip
    else:
        report, written = check_with_record(
            paths, sources=source or (), released=released or (), rules=rules
        )
        if record is not None:
            record.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _show(report, as_json=as_json)
    raise typer.Exit(EXIT[Verdict(report["verdict"])])


def _show(report: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        for file in report["files"]:
            console.print(f"[bold]{file['verdict']}[/] {file['path']}: {file['coverage']}")
            for finding in file["findings"]:
                console.print(f"    {finding['severity']} {finding['rule']}: {finding['say']}")

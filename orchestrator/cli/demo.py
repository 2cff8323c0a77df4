"""`tre demo`: the whole story, on this machine or on a cluster."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console
from orchestrator.demo import installing
from orchestrator.demo import run as demo_run
from orchestrator.errors import Invalid


class Where(StrEnum):
    """What runs the story's workspaces."""

    LOCAL = "local"
    KUBERNETES = "kubernetes"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Option(help="where everything of the demo lies")] = Path(
        ".tre/demo"
    ),
    engine: Annotated[Where, typer.Option(help="this machine, or a cluster")] = Where.LOCAL,
    kubeconfig: Annotated[
        Path | None, typer.Option(envvar="KUBECONFIG", help="the cluster, for kubernetes")
    ] = None,
    values: Annotated[
        Path | None, typer.Option(help="the chart's values for that cluster: images, addresses")
    ] = None,
    helm: Annotated[str, typer.Option(help="the program Helm, for kubernetes")] = "helm",
) -> None:
    """Start everything and tell the whole story; stays up in a terminal."""
    stay = sys.stdin.isatty() and sys.stdout.isatty()
    if engine is Where.LOCAL:
        told = demo_run.demo(folder, console, stay=stay)
    else:
        chosen = _chosen(kubeconfig, values, helm)
        told = demo_run.demo_on_cluster(folder, console, chosen, stay=stay)
    if not told:
        raise typer.Exit(1)


def _chosen(kubeconfig: Path | None, values: Path | None, helm: str) -> installing.Chosen:
    """What the administrator named. Errors: Invalid with how to get what is missing."""
    if kubeconfig is None or not kubeconfig.exists():
        raise Invalid(
            "No cluster is named: set KUBECONFIG to a file that is there. `make lab-up` brings one "
            "up on this machine and prints the line to copy.",
            code="no_cluster",
        )
    if values is None:
        raise Invalid(
            "Name with --values the chart's values for this cluster, as for an installation that "
            "lasts (docs/kubernetes.md). For the lab `make demo ENGINE=kubernetes` writes them.",
            code="no_values",
        )
    return installing.Chosen(kubeconfig, values, helm)

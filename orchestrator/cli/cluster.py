"""`tre cluster`: what the chart's own jobs do, each with the account of its job alone."""

import secrets
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.output import console
from orchestrator.engines.kubernetes import admission, manifests, names
from orchestrator.engines.kubernetes.client import Access, Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.described import described
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.errors import Conflict, Unavailable
from orchestrator.identity.tokens import ProcessRole, TokenKind, spell
from orchestrator.settings import Settings

Kubeconfig = Annotated[Path | None, typer.Option(help="none: as the pod that this is")]
_SECONDS = 10
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
_commands = typer.Typer(help="What the chart's jobs do on a cluster.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_commands, name="cluster")


@_commands.command()
def keys(
    namespace: Annotated[str, typer.Option(help="where the installation lives")],
    database: Annotated[bool, typer.Option(help="also for the chart's own PostgreSQL")] = False,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Make the secrets that are not there yet; those that are there are not even read."""
    client = Client(Access(kubeconfig))
    for name, content in _secrets(database=database).items():
        thing: Object = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "data": {k: b64encode(v.encode()).decode() for k, v in content.items()},
        }
        try:
            client.create(thing)
            console.print(f"{name}: made")
        except Conflict:
            console.print(f"{name}: is there")


@_commands.command()
def room(kubeconfig: Kubeconfig = None) -> None:
    """Make the namespaces where files are checked and snapshots placed, with their walls."""
    client, cluster = Client(Access(kubeconfig)), described(Settings().cluster_file)
    for thing in [*manifests.check_room(cluster), *manifests.placing_room(cluster)]:
        client.apply(thing)
        console.print(f"{key(thing).kind} {key(thing).name}: as it should be")


@_commands.command()
def leave(
    projects: Annotated[bool, typer.Option(help="also delete projects, homes included")] = False,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Take admission's bindings away, so that what is left can be deleted by its owner."""
    client, cluster = Client(Access(kubeconfig)), described(Settings().cluster_file)
    things = admission.load(Settings().policies_dir, cluster)
    for kind in (BINDING, POLICY):
        for where in (key(thing) for thing in things if thing["kind"] == kind):
            client.delete(where)
    console.print("No admission policy of ours holds any more.")
    if projects:
        for where in _left(client, cluster):
            client.delete(where)
            console.print(f"{where.kind} {where.name}: deleted")


@_commands.command()
def answers(
    urls: Annotated[list[str], typer.Argument(help="where a process says how it is")],
) -> None:
    """Ask every process once; for `helm test`, where there is a cluster around."""
    for url in urls:
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the chart's
                console.print(f"{url}: {answer.status}")
        except OSError as problem:
            raise Unavailable(f"{url} does not answer: {problem}.", code="no_answer") from problem


def _secrets(*, database: bool) -> dict[str, dict[str, str]]:
    """Draw what is secret; nobody keeps a copy."""
    made = {
        f"role-{role}": {role.value: spell(TokenKind.ROLE, secrets.token_hex(32))}
        for role in ProcessRole
    }
    made["login"] = {"login": secrets.token_urlsafe(32)}
    if database:
        password = secrets.token_urlsafe(32)
        url = f"postgresql+psycopg://tre:{password}@/tre"  # where it is says PGHOST
        made["database"] = {"password": password, "url": url}
    return made


def _left(client: Client, cluster: Cluster) -> list[Key]:
    """Name what belongs to projects: namespaces and volumes, and the rooms of our own work."""
    spaces = [key(each) for each in client.list(Scope("Namespace", labels=names.ZONE)).items]
    ours = [
        each
        for each in spaces
        if names.is_project_namespace(each.name) or each.name in (cluster.check, cluster.placing)
    ]
    volumes = client.list(Scope("PersistentVolume", labels=names.ROLE)).items
    return [*ours, *map(key, volumes)]

"""People's commands: through the API with a token, under the same rules as pages and programs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli.client import Api
from orchestrator.cli.output import console, print_facts, print_json, print_table
from orchestrator.errors import Invalid
from orchestrator.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document for programs")]
_CHUNK = 1 << 20

datasets = typer.Typer(help="Announce, upload, admit and withdraw snapshots.", no_args_is_help=True)
projects = typer.Typer(help="Draft, submit and look at projects.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(datasets, name="dataset")
    app.add_typer(projects, name="project")
    for command in (vote, status, submit, resume):
        app.command()(command)


@datasets.command("list")
def dataset_list(as_json: AsJson = False) -> None:
    """List the datasets and snapshots you may see."""
    rows = _api().call("GET", "/api/snapshots")
    if as_json:
        print_json(rows)
        return
    print_table(
        "Snapshots",
        ("id", "dataset", "version", "partner", "state", "digest"),
        [(r["id"], r["dataset"], r["label"], r["partner"], r["state"], r["digest"]) for r in rows],
    )


@datasets.command("announce")
def dataset_announce(
    dataset: Annotated[str, typer.Argument(help="short name, a-z 0-9 and hyphen")],
    label: Annotated[str, typer.Argument(help="version you give, like 2026-1")],
    dictionary: Annotated[Path, typer.Argument(help="data dictionary, YAML or JSON", exists=True)],
    title: Annotated[str, typer.Option(help="title for people")] = "",
    summary: Annotated[str, typer.Option(help="one sentence for people")] = "",
    as_json: AsJson = False,
) -> None:
    """Announce a snapshot with its data dictionary; uploads may follow."""
    answer = _api().call(
        "POST",
        "/api/snapshots",
        json={
            "dataset": dataset,
            "label": label,
            "title": title or dataset,
            "summary": summary,
            "dictionary": dictionary.read_text(),
        },
    )
    _say(answer, as_json)


@datasets.command("upload")
def dataset_upload(
    snapshot: Annotated[str, typer.Argument(help="id of the announced snapshot")],
    folder: Annotated[Path, typer.Argument(help="folder or file to send", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Send every file of a folder and finish; sending again resumes where it stopped."""
    api = _api()
    root = folder if folder.is_dir() else folder.parent
    paths = sorted(p for p in root.rglob("*") if p.is_file()) if folder.is_dir() else [folder]
    sent = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        answer = api.upload(
            f"/api/snapshots/{snapshot}/files/{name}", _chunks(path), path.stat().st_size
        )
        sent.append(answer)
        if not as_json:
            console.print(f"{name}: {answer['size']:,} bytes, {answer['digest'][:19]}…")
    answer = api.call("POST", f"/api/snapshots/{snapshot}/finish", json={"files": len(sent)})
    _say(answer, as_json)


@datasets.command("show")
def dataset_show(snapshot: str, as_json: AsJson = False) -> None:
    """Show one snapshot: state, verification, who may decide."""
    _say(_api().call("GET", f"/api/snapshots/{snapshot}"), as_json)


@datasets.command("withdraw")
def dataset_withdraw(
    snapshot: str,
    reason: Annotated[str, typer.Option(help="why; shown to those who used it")],
    as_json: AsJson = False,
) -> None:
    """Withdraw a snapshot: it is dismounted everywhere, and you learn who used it."""
    _say(
        _api().call("POST", f"/api/snapshots/{snapshot}/withdraw", json={"reason": reason}), as_json
    )


@projects.command("list")
def project_list(as_json: AsJson = False) -> None:
    """List the projects you may see."""
    rows = _api().call("GET", "/api/projects")
    if as_json:
        print_json(rows)
        return
    print_table(
        "Projects",
        ("name", "title", "state", "until"),
        [(r["slug"], r["title"], r["state"], r["ends_at"]) for r in rows],
    )


@projects.command("draft")
def project_draft(
    file: Annotated[Path, typer.Argument(help="the application as JSON", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Draft a project from a file: slug, title, purpose, lay_summary, dates, datasets, members."""
    try:
        body = json.loads(file.read_text())
    except ValueError as error:
        raise Invalid(f"{file.name} is not JSON: {error}. Mend it and try again.") from error
    _say(_api().call("POST", "/api/projects", json=body), as_json)


@projects.command("submit")
def project_submit(slug: str, as_json: AsJson = False) -> None:
    """Submit a drafted project for review."""
    _say(_api().call("POST", f"/api/projects/{slug}/submit"), as_json)


@projects.command("show")
def project_show(slug: str, as_json: AsJson = False) -> None:
    """Show one project, its seats and why you can or cannot work."""
    _say(_api().call("GET", f"/api/projects/{slug}"), as_json)


def vote(
    subject: Annotated[str, typer.Argument(help="project, snapshot id, or request id")],
    value: Annotated[str, typer.Argument(help="approve, return, reject, abstain or escalate")],
    seat: Annotated[str, typer.Option(help="which seat you fill")] = "",
    file: Annotated[str, typer.Option(help="file id, for an airlock request")] = "",
    digest: Annotated[str, typer.Option(help="digest you looked at")] = "",
    reason: Annotated[str, typer.Option(help="needed for return and reject")] = "",
    as_json: AsJson = False,
) -> None:
    """Vote in a seat you may fill; the digest says what exactly you looked at."""
    body = {"seat": seat, "value": value, "reason": reason, "digest": digest}
    if subject.startswith("r-"):
        path = f"/api/requests/{subject}/files/{file}/votes"
    elif subject.startswith("s-"):
        path = f"/api/snapshots/{subject}/votes"
    else:
        path = f"/api/projects/{subject}/votes"
    _say(_api().call("POST", path, json=body), as_json)


def status(as_json: AsJson = False) -> None:
    """Say who you are, what waits for you, and where your requests stand."""
    answer = _api().call("GET", "/api/me")
    if as_json:
        print_json(answer)
        return
    print_facts({"you are": answer["name"], "roles": ", ".join(answer["roles"])})
    print_table(
        "Your airlock requests",
        ("id", "name", "project", "state"),
        [(r["id"], r["name"], r["project"], r["state"]) for r in answer["requests"]],
    )


def submit(
    request: Annotated[str, typer.Argument(help="id of a drafted airlock request")],
    as_json: AsJson = False,
) -> None:
    """Submit a drafted airlock request for check and review."""
    _say(_api().call("POST", f"/api/requests/{request}/submit"), as_json)


def resume(
    project: Annotated[str, typer.Argument(help="a halted project")],
    reason: Annotated[str, typer.Option(help="why it is safe to go on")],
) -> None:
    """Lift a halt: another administrator than the one who halted, for a reason."""
    _api().call("POST", f"/api/projects/{project}/resume", json={"reason": reason})
    console.print("Lifted. The workspace is proved again before anybody enters.")


def _api() -> Api:
    return Api(Settings())


def _say(answer: Any, as_json: bool) -> None:
    if as_json or not isinstance(answer, dict):
        print_json(answer)
        return
    print_facts({k: v for k, v in answer.items() if not isinstance(v, (dict, list)) and v != ""})


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk

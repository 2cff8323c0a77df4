"""Operators' commands: they run our processes and act with the settings of this machine."""

import json
import os
import signal
import threading
from collections.abc import Callable
from http.client import HTTPException
from typing import Annotated

import typer
import uvicorn

from orchestrator.bootstrap.control import control
from orchestrator.bootstrap.hands import hands, utc_now
from orchestrator.cli.output import console, print_json, print_table
from orchestrator.cli.unix import ask
from orchestrator.db import connect, write
from orchestrator.errors import NotFound
from orchestrator.governance.service import halt as halt_row
from orchestrator.migrations.run import upgrade
from orchestrator.policy.load import load
from orchestrator.projects.queries import by_slug
from orchestrator.reconciler import loop
from orchestrator.sandbox.roles import module, role_command
from orchestrator.server import application
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document for programs")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (serve, reconcile, gateway, doors, migrate, doctor, halt, policy):
        app.command()(command)


def serve() -> None:
    """Run the control plane: API and pages. Holds no cluster credentials and no signing key."""
    settings = Settings()
    upgrade(settings.database)
    uvicorn.run(
        application(control(settings)),
        host=settings.bind_host,
        port=settings.control_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )


def reconcile() -> None:
    """Run the hands: drive the engine, move bytes, have files checked, sign checkpoints."""
    settings = Settings()
    upgrade(settings.database)
    loop.run(hands(settings), _until_told())


def gateway() -> None:
    """Run the gateway: the only way to a notebook. In a sandbox without the state folder."""
    _in_a_sandbox("gateway")


def doors() -> None:
    """Run the doors: what a workspace may call. In a sandbox without the state folder."""
    _in_a_sandbox("doors")


def migrate() -> None:
    """Bring the database to this version's tables."""
    settings = Settings()
    upgrade(settings.database)
    console.print("The database is current.")


def doctor(as_json: AsJson = False) -> None:
    """Say what is proved, what is off, what is missing, and the command that cures it."""
    settings = Settings()
    conditions = hands(settings).engine.doctor()
    if as_json:
        print_json([vars(condition) for condition in conditions])
        return
    print_table(
        "This installation",
        ("subject", "status", "what it means", "cure"),
        [(c.subject, c.status, c.say, c.cure) for c in conditions],
    )


def halt(
    project: Annotated[str | None, typer.Argument(help="project; none: the installation")] = None,
    person: Annotated[str | None, typer.Option(help="only this person there")] = None,
    reason: Annotated[str, typer.Option(help="why, for the log")] = "halted by the operator",
) -> None:
    """End all access now: gateway and doors first, then the row, then the servers."""
    settings = Settings()
    body = {"project": project, "person": person}
    closed = {role: _tell(settings, role, "/halt", body) for role in ("gateway", "doors")}
    db = connect(settings.database)
    with write(db) as session:
        scope, target = ("installation", "*")
        if project is not None:
            found = by_slug(session, project)
            if found is None:
                raise NotFound(f"There is no project {project!r}. `tre status` lists them.")
            scope, target = ("project", found.id)
        halt_row(session, SYSTEM, utc_now(), scope=scope, target=target, reason=reason)
    for role, count in closed.items():
        console.print(f"{role}: {count}")
    console.print("The halt is recorded; the reconciler ends the servers now.")


def policy(as_json: AsJson = False) -> None:
    """Read the policy files as the processes do and print their digests."""
    policies = load(Settings().policies_dir)
    rows = [(name, policies.digest(name)) for name in policies.names()]
    if as_json:
        print_json(dict(rows))
        return
    print_table("Policies in force", ("policy", "digest"), rows)


def _in_a_sandbox(role: str) -> None:
    """Become one of our processes inside a sandbox without the state folder; never returns."""
    command = role_command(Settings(), role, module(f"orchestrator.{role}"))
    os.execv(command[0], command)  # noqa: S606 - a list, no shell


def _tell(settings: Settings, role: str, path: str, body: dict[str, str | None]) -> str:
    socket = settings.run / role / "admin.sock"
    try:
        status, content = ask(socket, "POST", path, json.dumps(body).encode())
    except (OSError, HTTPException):
        return "not running, so nothing passes there"
    return f"{json.loads(content).get('closed', 0)} connections closed" if status == 200 else "?"


def _until_told() -> Callable[[], bool]:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return lambda: not told.is_set()

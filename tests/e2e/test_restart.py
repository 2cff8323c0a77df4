"""Processes of ours are killed with SIGKILL and started again; notebooks go on, work is finished.

What is killed: the reconciler (idle, and in the middle of provisioning), a hub, the control plane,
the gateway, the doors. The notebook is one process all the time: its kernel keeps what it has.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator.demo.processes import is_free
from orchestrator.demo.story import wait_until
from orchestrator.demo.visitor import Socket
from tests.e2e.conftest import House

PROJECT = "mgus-outcomes"
CONFLICT = 5
SECONDS = 120
"""Units: seconds. How long anything may take on a busy machine."""


@pytest.fixture
def house(house: House) -> Iterator[House]:
    """The same installation; whatever a test killed runs again afterwards."""
    yield house
    for role in ("serve", "reconcile", "gateway", "doors"):
        _start(house, role)


@pytest.fixture
def notebook(house: House) -> Iterator[Socket]:
    """A kernel of Milo's in which something is remembered."""
    milo = house.person("milo")
    milo.open_lab(PROJECT, SECONDS)
    with closing(milo.notebook(PROJECT)) as socket:
        assert socket.execute("import os; kept = 41; print(kept)") == "41\n"
        yield socket


def _start(house: House, role: str) -> None:
    """Start a role unless it runs."""
    try:
        running = house.processes.alive(role)
    except KeyError:
        running = False
    if running:
        return
    ports = {"serve": house.settings.control_port, "gateway": house.settings.gateway_port}
    if role in ports:  # the kernel ends a killed sandbox from its outside inward
        wait_until(lambda: is_free(ports[role]) or None, SECONDS, f"the port of {role}")
    house.processes.start(role, role)
    if role in ports:
        house.processes.await_port(role, ports[role], SECONDS)


def _still_the_same(socket: Socket) -> None:
    """The kernel answers, and with what it had before."""
    assert socket.execute("print(kept + 1)", SECONDS) == "42\n"


def _workspace(house: House, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = house.person("ada").api(f"/api/projects/{slug}/workspace")
    return found


def _log(house: House, workspace: str) -> list[str]:
    """What the log says happened to a project's environment, in order."""
    with closing(sqlite3.connect(house.settings.state_dir / "tre.db")) as connection:
        rows = connection.execute(
            "select e.action from audit_entries e, workspaces w "
            "where w.slug = ? and e.object_id = w.id order by e.seq",
            (workspace,),
        ).fetchall()
    return [str(row[0]) for row in rows]


def _verified(house: House) -> bool:
    """The log, as the operator verifies it."""
    run = subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", "audit", "verify"],
        env=house.settings.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return run.returncode == 0


def test_a_notebook_outlives_the_reconciler(house: House, notebook: Socket) -> None:
    """While it is away, and when another has taken over; then new work is done too."""
    house.processes.kill("reconcile")
    _still_the_same(notebook)
    _start(house, "reconcile")
    house.person("lena").open_lab(PROJECT, SECONDS)
    _still_the_same(notebook)
    assert _verified(house)


def test_a_second_reconciler_is_refused_with_a_sentence(house: House) -> None:
    """Second instance on the same database: exit 5, and the first works on."""
    run = subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", "reconcile"],
        env=house.settings.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == CONFLICT, run.stderr
    assert "Another reconciler already works on this database" in run.stderr
    assert "Traceback" not in run.stderr
    assert house.processes.alive("reconcile")


def test_killed_while_it_provisions_it_finishes_once(house: House) -> None:
    """Killed as soon as the environment is on its way, and again later: each step is there once."""
    slug = "killed-midway"
    _granted(house, slug)
    for state in ("provisioning", "proving"):
        wait_until(partial(_reached, house, slug, state), SECONDS, f"{slug} {state}")
        house.processes.kill("reconcile")
        _start(house, "reconcile")
    found = wait_until(lambda: _open(house, slug), SECONDS, f"{slug} to open")
    assert found["proof"]["safe"]
    assert found["mounted_at"] >= found["proof"]["at"]
    moves = [action for action in _log(house, slug) if action.startswith("workspace.")]
    assert moves == ["workspace.wanted", "workspace.provision", "workspace.prove", "workspace.open"]
    assert _verified(house)


def test_a_hub_that_was_killed_comes_again_and_loses_no_notebook(
    house: House, notebook: Socket
) -> None:
    """The notebook goes on meanwhile; a new hub takes over what runs."""
    before = _hub(house)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    _still_the_same(notebook)
    wait_until(lambda: _another_hub(house, before), SECONDS, "another hub")
    house.person("rosa").open_lab(PROJECT, SECONDS)
    _still_the_same(notebook)


def test_the_control_plane_may_be_away_for_a_moment(house: House, notebook: Socket) -> None:
    """Nothing new is let in while it is away; open work pauses and goes on without a sign-in."""
    milo = house.person("milo")
    address = f"{house.settings.project_url(PROJECT)}/user/milo/api/status"
    house.processes.kill("serve")
    wait_until(
        lambda: True if milo.browser.get(address).status == 503 else None,
        SECONDS,
        "the gateway to say that nothing is decided",
    )
    _start(house, "serve")
    _still_the_same(notebook)
    assert wait_until(
        lambda: True if milo.browser.get(address).status == 200 else None,
        SECONDS,
        "the gateway to let him in again",
    )
    assert milo.api("/api/me")["handle"] == "milo"


def test_the_gateway_may_be_killed(house: House, notebook: Socket) -> None:
    """Its connections end with it; the kernel and the session at the project's host do not."""
    milo = house.person("milo")
    house.processes.kill("gateway")
    _start(house, "gateway")
    kernels = milo.browser.get(f"{house.settings.project_url(PROJECT)}/user/milo/api/kernels")
    assert kernels.status == 200
    assert len(kernels.json()) >= 1
    milo.open_lab(PROJECT, SECONDS)
    del notebook


def test_the_doors_may_be_killed(house: House, notebook: Socket) -> None:
    """From inside the notebook the airlock answers again, without the notebook's doing."""
    assert "Traceback" not in notebook.execute("!tre status", SECONDS)
    house.processes.kill("doors")
    away = notebook.execute("!tre status", SECONDS)
    assert "Traceback" not in away
    _start(house, "doors")

    def look() -> str | None:
        said = notebook.execute("!tre status; echo exit $?", SECONDS)
        return said if "exit 0" in said else None

    wait_until(look, SECONDS, "the airlock's door")
    _still_the_same(notebook)


# parts


def _granted(house: House, slug: str) -> None:
    """Lena applies, every seat says yes, and she accepts; the reconciler does the rest."""
    now = datetime.now(UTC)
    lena = house.person("lena")
    application = {
        "slug": slug,
        "title": "A project whose reconciler is killed",
        "purpose": "To see that an interrupted beginning comes to the same end as any other.",
        "lay_summary": "Computers are switched off at bad moments. We switch one off on purpose, "
        "and look whether the work that it had begun is finished properly afterwards. No person is "
        "looked at in this project, only the machine.",
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=30)).isoformat(),
        "datasets": ["mgus2"],
        "members": ["milo"],
    }
    lena.ask("POST", "/api/projects", json=application)
    lena.ask("POST", f"/api/projects/{slug}/membership/accept")
    lena.ask("POST", f"/api/projects/{slug}/submit")
    for handle in ("odin", "olga", "mara", "lotte"):
        page = house.person(handle).call("GET", f"/api/projects/{slug}")
        for seat in page.json().get("my_seats", []):
            vote = {"seat": seat, "value": "approve", "digest": page.json()["subject"]}
            house.person(handle).ask("POST", f"/api/projects/{slug}/votes", json=vote)


def _reached(house: House, slug: str, state: str) -> bool | None:
    """Whether an environment came as far as this, by the log, which forgets no step."""
    verb = {"provisioning": "workspace.provision", "proving": "workspace.prove"}[state]
    return True if verb in _log(house, slug) else None


def _open(house: House, slug: str) -> dict[str, Any] | None:
    found = _workspace(house, slug)
    return found if found["state"] == "open" else None


def _hub(house: House) -> int | None:
    """The process of the project's hub."""
    folder = f"{house.settings.run / 'p' / PROJECT}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            words = line.split(b"\0")
            if b"jupyterhub" in words and folder in line and b"bwrap" not in words[0]:
                return int(entry.name)
    return None


def _another_hub(house: House, before: int) -> int | None:
    found = _hub(house)
    return found if found != before else None

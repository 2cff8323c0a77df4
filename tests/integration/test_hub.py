"""A real JupyterHub with our proxy class, our spawner and our client."""

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyterhub.dbutil import write_alembic_ini

from orchestrator.errors import Invalid, NotAllowed, NotFound, Unavailable
from orchestrator.hub.client import HubClient, _Connection, at_socket
from orchestrator.hub.config import _Database
from tests.integration.hub_world import HubProcess, StandInEngine, hub_world, wait_for

pytestmark = pytest.mark.loopback

World = tuple[StandInEngine, HubProcess]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hub_world() as made:
        yield made


def start(world: World, person: str) -> None:
    _, hub = world
    hub.client.ensure_user(person)
    hub.client.start_server(person)
    wait_for(lambda: hub.client.server_ready(person) is True, 30, hub.log)


def ask(
    hub: HubProcess, method: str, path: str, token: str, body: object = None
) -> tuple[int, str]:
    connection = _Connection(at_socket(hub.socket), 10)
    try:
        headers = {"Authorization": f"token {token}"} if token else {}
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_server_is_started_through_the_engine_with_inside_addresses_only(world: World) -> None:
    engine, hub = world
    start(world, "ada")
    given = engine.environments["ada"]
    assert given["JUPYTERHUB_API_URL"] == "http://127.0.0.1:8081/hub/api"
    assert given["JUPYTERHUB_SERVICE_URL"] == "http://127.0.0.1:8888/user/ada/"
    assert given["JUPYTERHUB_USER"] == "ada"
    assert all(name.startswith("JUPYTERHUB_") for name in given)
    assert not any("sock" in value or str(hub.folder) in value for value in given.values())
    hub.client.start_server("ada")  # again: nothing happens
    assert not hub.client.ensure_user("ada"), "is there"
    assert engine.started >= 1
    assert "ada" in hub.client.users()


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_of_the_hub_keeps_a_running_server(world: World, kill: bool) -> None:
    engine, hub = world
    start(world, "grace")
    token = hub.client.mint_token("grace")
    before = engine.started
    hub.down(kill=kill)
    assert "grace" in engine.running()
    hub.up()
    wait_for(lambda: hub.client.server_ready("grace") is True, 30, hub.log)
    assert engine.started == before
    assert ask(hub, "GET", "/hub/api/user", token)[0] == 200
    hub.client.delete_server("grace")
    assert "grace" not in engine.running()


def test_a_database_of_an_earlier_hub_is_brought_up_to_date(world: World) -> None:
    _, hub = world
    hub.client.ensure_user("ada")
    hub.down()
    database = hub.folder / "hub" / "hub.sqlite"
    assert not database.with_name("hub.sqlite-wal").exists(), "closed in peace"
    settings = hub.folder / "alembic.ini"
    write_alembic_ini(str(settings), f"sqlite:///{database}")
    command = [sys.executable, "-m", "alembic", "-c", str(settings), "downgrade", "-1"]
    subprocess.run(command, check=True, capture_output=True)
    hub.up()
    assert "ada" in hub.client.users()
    assert list(database.parent.glob("hub.sqlite.*-*")), "the earlier one is kept"


def test_what_a_hub_wrote_is_on_the_disk_before_it_answers(tmp_path: Path) -> None:
    with contextlib.closing(_Database(tmp_path / "hub.sqlite")) as database:
        said = [
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        ]
    assert said == ["wal", 2]


def test_an_engine_that_is_away_while_the_hub_restarts_ends_nobodys_work(world: World) -> None:
    engine, hub = world
    start(world, "maria")
    hub.down()
    engine.down()
    hub.up()
    wait_for(lambda: hub.client.server_ready("maria") is True, 30, hub.log)
    engine.up()
    assert "maria" in engine.running()
    hub.client.delete_server("maria")


def test_a_server_that_died_is_noticed(world: World) -> None:
    engine, hub = world
    start(world, "dora")
    engine.kill("dora")
    wait_for(lambda: hub.client.server_ready("dora") is None, 30, hub.log)
    start(world, "dora")
    hub.client.delete_server("dora")


def test_a_refused_start_leaves_no_server_and_can_be_repeated(world: World) -> None:
    engine, hub = world
    engine.refuse = "This project is halted."
    assert hub.client.ensure_user("emmy"), "is new"
    hub.client.start_server("emmy")
    wait_for(lambda: hub.client.server_ready("emmy") is None, 30, hub.log)
    assert "This project is halted." in hub.log.read_text()
    engine.refuse = None
    start(world, "emmy")
    hub.client.delete_server("emmy")


def test_a_minted_token_opens_exactly_one_server(world: World) -> None:
    _, hub = world
    start(world, "ada")
    start(world, "noether")
    token = hub.client.mint_token("ada")
    status, body = ask(hub, "GET", "/hub/api/user", token)
    assert status == 200
    reach = [scope for scope in json.loads(body)["scopes"] if scope.startswith("access:")]
    assert reach == ["access:servers!server=ada/"]
    assert ask(hub, "POST", "/hub/api/users/ada/tokens", token, {})[0] in (403, 404)
    assert ask(hub, "POST", "/hub/api/users/ada/server", token)[0] in (403, 404)
    hub.client.delete_user("ada")
    assert ask(hub, "GET", "/hub/api/user", token)[0] == 403


FORBIDDEN = [
    ("GET", "/hub/api/users"),
    ("GET", "/hub/api/users/ada"),
    ("GET", "/hub/api/users/grace"),
    ("DELETE", "/hub/api/users/noether"),
    ("POST", "/hub/api/users/noether/tokens"),
    ("GET", "/hub/api/users/noether/tokens"),
    ("POST", "/hub/api/users/noether/server"),
    ("DELETE", "/hub/api/users/noether/server"),
    ("POST", "/hub/api/users/ada/activity"),
    ("GET", "/hub/api/groups"),
    ("GET", "/hub/api/proxy"),
    ("GET", "/hub/api/services"),
    ("GET", "/hub/api/info"),
    ("POST", "/hub/api/shutdown"),
    ("POST", "/hub/api/shares/noether/"),
    ("GET", "/hub/api/shares/noether/"),
    ("POST", "/hub/api/share-codes/noether/"),
    ("GET", "/hub/api/users/noether/shared"),
]


@pytest.mark.parametrize(("method", "path"), FORBIDDEN)
def test_a_servers_own_token_reaches_only_its_scopes(world: World, method: str, path: str) -> None:
    engine, hub = world
    start(world, "noether")
    token = engine.environments["noether"]["JUPYTERHUB_API_TOKEN"]
    status, _ = ask(hub, method, path, token, {} if method == "POST" else None)
    assert status in (403, 404, 405)
    now = {"last_activity": "2026-01-02T03:04:05Z"}
    assert ask(hub, "POST", "/hub/api/users/noether/activity", token, now)[0] == 200
    assert ask(hub, "GET", "/hub/api/", token)[0] == 200
    assert "noether" in engine.running()


def test_a_rotated_token_ends_the_old_one(world: World) -> None:
    _, hub = world
    old = hub.client
    hub.down()
    hub.token = "test-token-" + "b" * 32
    hub.up()
    assert hub.client.users() is not None
    with pytest.raises(NotAllowed):
        old.users()


def test_errors_are_ours(world: World, tmp_path: Path) -> None:
    _, hub = world
    with pytest.raises(NotFound):
        hub.client.mint_token("nobody")
    with pytest.raises(Invalid):
        hub.client.ensure_user("../ada")
    away = HubClient(at_socket(tmp_path / "absent.sock"), "t")
    assert away.ready() is False
    with pytest.raises(Unavailable):
        away.users()


def test_the_hub_listens_nowhere_else_and_shows_no_login(world: World) -> None:
    _, hub = world
    assert ask(hub, "GET", "/hub/login", "")[0] in (200, 403, 404, 500)
    assert ask(hub, "POST", "/hub/login", "", {})[0] in (403, 404, 405)
    connection = http.client.HTTPConnection("127.0.0.1", 8081, timeout=2)
    with pytest.raises(OSError, match=r".*"):
        connection.request("GET", "/hub/api/")
    lines = _command_lines()
    assert lines
    assert hub.token not in " ".join(lines)


def _command_lines() -> list[str]:
    """Read the arguments of our processes, where no token may stand."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "jupyterhub_config.py" in text:
            found.append(text)
    return found

"""Write the configuration of one project's hub, and apply it inside the hub's own process.

The hub gets a folder of its own: its database, its cookie secret, its token file. No internet
feature is on, no browser ever talks to it, and it listens on one unix socket.
"""

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from orchestrator.hub.spec import (
    HUB_DOOR,
    SERVER_SCOPES,
    SERVICE_SCOPES,
    USER_SCOPES,
    socket_url,
)

_PROGRAM = '''"""One project's hub; written by the engine, its facts are in hub.json beside it."""

from pathlib import Path

from orchestrator.hub.config import configure

configure(get_config(), Path(__file__).parent)
'''


def write_config(
    folder: Path, project: str, hub_socket: Path, engine_socket: Path, api_token: str
) -> Path:
    """Write what `python -m jupyterhub -f <answer>` needs, and answer that path.

    Shape: the same input writes the same bytes; the token lies in a file of mode 0600 and in no
    argument; a changed token ends the old one at the hub's next start.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = {"project": project, "hub": str(hub_socket), "engine": str(engine_socket)}
    _write_private(folder / "api_token", api_token)
    _write_private(folder / "hub.json", json.dumps(facts, sort_keys=True))
    program = folder / "jupyterhub_config.py"
    _write_private(program, _PROGRAM)
    return program


def configure(c: Any, folder: Path) -> None:
    """Set every option of the hub; called by the written file inside the hub's process."""
    folder = folder.absolute()
    facts = json.loads((folder / "hub.json").read_text())
    _forget_old_tokens(folder / "hub.sqlite")
    c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.JupyterHub.hub_bind_url = socket_url(facts["hub"])
    c.JupyterHub.hub_connect_url = socket_url(facts["hub"])
    c.JupyterHub.hub_socket_mode = 0o600
    c.JupyterHub.authenticator_class = "null"
    c.JupyterHub.proxy_class = "orchestrator.hub.proxy.MemoryProxy"
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.cleanup_servers = False  # a restart of the hub loses no running notebook
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.last_activity_interval = 60
    c.JupyterHub.authenticate_prometheus = True
    c.JupyterHub.oauth_token_expires_in = 600
    c.JupyterHub.log_level = "INFO"
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0, "slow_stop_timeout": 0}
    _set_spawner(c, facts["engine"])
    _set_roles(c, (folder / "api_token").read_text())


def _set_spawner(c: Any, engine_socket: str) -> None:
    c.JupyterHub.spawner_class = "orchestrator.hub.spawner.EngineSpawner"
    c.EngineSpawner.engine_socket = engine_socket
    c.Spawner.hub_connect_url = HUB_DOOR
    c.Spawner.ip = "127.0.0.1"
    c.Spawner.port = 8888
    c.Spawner.server_token_scopes = list(SERVER_SCOPES)
    c.Spawner.env_keep = []
    c.Spawner.poll_interval = 5
    c.Spawner.start_timeout = 60
    c.Spawner.http_timeout = 60
    c.Spawner.consecutive_failure_limit = 0


def _set_roles(c: Any, token: str) -> None:
    c.JupyterHub.services = [{"name": "tre", "api_token": token}]
    c.JupyterHub.load_roles = [
        {"name": "user", "scopes": list(USER_SCOPES)},
        {"name": "server", "scopes": list(SERVER_SCOPES)},
        {"name": "tre", "services": ["tre"], "scopes": list(SERVICE_SCOPES)},
    ]


def _forget_old_tokens(database: Path) -> None:
    """End every token of our service: the hub adds the configured one again, and only that one.

    JupyterHub itself keeps the tokens of earlier configurations valid for ever.
    """
    if not database.exists():
        return
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'api_tokens'")
        if tables.fetchone():
            connection.execute(
                "DELETE FROM api_tokens WHERE service_id IN"
                " (SELECT id FROM services WHERE name = 'tre')"
            )


def _write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner only from its first byte."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)

"""Write the configuration of one project's hub, and apply it inside the hub's own process.

The hub gets a folder of its own: its database, its cookie secret, its token file. No internet
feature is on, no browser ever talks to it, and it listens on one unix socket, or on a cluster at
one port that only the doors and the reconciler reach.
"""

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from orchestrator.hub import facts
from orchestrator.hub.spec import (
    HUB_DOOR,
    SERVER_SCOPES,
    SERVICE_SCOPES,
    USER_SCOPES,
    socket_url,
)

KEPT = Path("/srv/hub")
"""On a cluster: the one folder that a hub may write and finds again after a restart."""

_IMAGE_PULL_SECONDS = 300
_SLOW_SECONDS = 10
"""Less than a request's own patience (`client.PATIENCE`)."""


class _Database(sqlite3.Connection):
    """A hub's database, which waits for the disk once for each change and not four times.

    One start is a dozen changes, for each of which the whole hub waits. What was written is as safe
    as before. Source: sqlite.org/wal.html.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = FULL")


def write_config(
    folder: Path, project: str, hub_socket: Path, engine_socket: Path, api_token: str
) -> Path:
    """Write what `python -m jupyterhub -f <answer>` needs, and answer that path.

    Shape: the same input writes the same bytes; the token lies in a file of mode 0600 and in no
    argument; a changed token ends the old one at the hub's next start.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = facts.on_this_machine(project, str(hub_socket), str(engine_socket), api_token)
    for name, text in files.items():
        _write_private(folder / name, text)
    return folder / facts.PROGRAM


def configure(c: Any, folder: Path) -> None:
    """Set every option of a hub on this machine; called by the written file in its process."""
    folder = folder.absolute()
    said = _read(folder)
    _set_hub(c, folder, folder, slow=0)
    c.JupyterHub.hub_bind_url = socket_url(said["hub"])
    c.JupyterHub.hub_connect_url = socket_url(said["hub"])
    c.JupyterHub.hub_socket_mode = 0o600
    _set_spawner(c, said["engine"])


def configure_on_a_cluster(c: Any, folder: Path, kept: Path = KEPT) -> None:
    """Set every option of a hub that is a pod and makes pods; called as `configure` is.

    Shape: `folder` is a mounted secret, `kept` the hub's own claim.
    """
    said = _read(folder)
    _set_hub(c, folder, kept, slow=_SLOW_SECONDS)
    c.JupyterHub.hub_bind_url = f"http://:{said['port']}"  # every address: of either family
    c.JupyterHub.hub_connect_url = f"http://127.0.0.1:{said['port']}"
    _set_pod_spawner(c, said["namespace"])


def _read(folder: Path) -> dict[str, Any]:
    said = json.loads((folder / facts.FACTS).read_text())
    assert isinstance(said, dict)
    return said


def _set_hub(c: Any, folder: Path, kept: Path, slow: int) -> None:
    """What every hub has: closed defaults, no browser, notebooks that outlive it.

    Units: a request for a server is answered after `slow` seconds at the latest.
    """
    _forget_old_tokens(kept / "hub.sqlite")
    c.JupyterHub.db_url = f"sqlite:///{kept / 'hub.sqlite'}"
    c.JupyterHub.db_kwargs = {
        "connect_args": {"check_same_thread": False, "factory": _Database},
    }
    c.JupyterHub.upgrade_db = True  # nobody has a terminal for it; it calls `alembic`
    c.JupyterHub.cookie_secret_file = str(kept / "cookie_secret")
    c.JupyterHub.authenticator_class = "null"
    c.JupyterHub.proxy_class = "orchestrator.hub.proxy.MemoryProxy"
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.cleanup_servers = False  # a restart of the hub loses no running notebook
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.last_activity_interval = 60
    c.JupyterHub.authenticate_prometheus = True
    c.JupyterHub.oauth_token_expires_in = 600
    c.JupyterHub.log_level = "INFO"
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": slow, "slow_stop_timeout": 0}
    c.JupyterHub.concurrent_spawn_limit = 0  # a course of 200 people comes at once
    c.Spawner.server_token_scopes = list(SERVER_SCOPES)
    c.Spawner.env_keep = []
    c.Spawner.poll_interval = 5
    c.Spawner.http_timeout = 60
    c.Spawner.consecutive_failure_limit = 0
    _set_roles(c, (folder / facts.TOKEN).read_text())


def _set_spawner(c: Any, engine_socket: str) -> None:
    c.JupyterHub.spawner_class = "orchestrator.hub.spawner.EngineSpawner"
    c.EngineSpawner.engine_socket = engine_socket
    c.Spawner.hub_connect_url = HUB_DOOR
    c.Spawner.ip = "127.0.0.1"
    c.Spawner.port = 8888
    c.Spawner.start_timeout = 60


def _set_pod_spawner(c: Any, namespace: str) -> None:
    c.JupyterHub.spawner_class = "orchestrator.hub.podspawner.PodSpawner"
    c.KubeSpawner.namespace = namespace
    c.KubeSpawner.enable_user_namespaces = False
    c.KubeSpawner.delete_stopped_pods = False  # a crashed pod stays until its reason was read
    c.KubeSpawner.delete_grace_period = 5
    c.KubeSpawner.k8s_api_request_timeout = 10  # three seconds are few for a busy cluster
    c.Spawner.port = 8888
    c.Spawner.start_timeout = _IMAGE_PULL_SECONDS


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

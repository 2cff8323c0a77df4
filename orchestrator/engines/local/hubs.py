"""One hub per project, kept running in a sandbox of its own: no network, no database of ours."""

import os
import secrets
import sys
from pathlib import Path

from orchestrator.engines.local import keepers
from orchestrator.engines.local.layout import Layout
from orchestrator.errors import Unavailable
from orchestrator.hub.client import AWAY, HubClient, at_socket
from orchestrator.hub.config import write_config
from orchestrator.sandbox import inside, roles, run
from orchestrator.sandbox.limits import Limits, make_group
from orchestrator.sandbox.spawn import Identity
from orchestrator.sandbox.uids import Uids

_WITH_KEEPER = (sys.executable, "-I", inside.__file__, "--life", "3", "--")
_LIMITS = Limits(memory=1 << 30, processes=256, open_files=8192)
_ROLES_MAY_PASS = 0o710
_ROLES_MAY_ADD = 0o1770  # sticky: the hub adds its socket and cannot move what is ours


class Hubs:
    """Start, find and end the hubs. Every verb is idempotent."""

    def __init__(self, layout: Layout, uids: Uids) -> None:
        """Keep where things lie; touches nothing."""
        self._layout = layout
        self._uids = uids

    def make_folders(self, project: str) -> Identity | None:
        """Make a project's run folders, each passable only for those who need it."""
        layout, gid = self._layout, self._uids.roles_gid()
        layout.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        (layout.run / "p").mkdir(mode=0o711, exist_ok=True)
        for folder, mode in (
            (layout.project(project), _ROLES_MAY_ADD),
            (layout.servers(project), _ROLES_MAY_PASS),
            (layout.hub_keeper(project), 0o700),
            (layout.hub(project), 0o700),
        ):
            folder.mkdir(mode=0o700, exist_ok=True)
            if gid is not None:
                os.chown(folder, -1, gid)
                folder.chmod(mode)
        return self._uids.role(f"hub/{project}")

    def ensure(self, project: str) -> None:
        """Start the project's hub unless it runs; does not wait until it answers.

        Errors: Unavailable when it cannot be started.
        """
        if keepers.alive(self._layout.hub_keeper(project)) is not None:
            return
        keepers.stop(self._layout.hub_keeper(project))
        identity = self.make_folders(project)
        folder = self._layout.hub(project)
        config = write_config(
            folder,
            project,
            self._layout.hub_socket(project),
            self._layout.engine_socket(project),
            self._token(project) or secrets.token_hex(32),
        )
        _hand_over(folder, identity)
        box = roles.role_box(
            "hub",
            [*_WITH_KEEPER, *roles.module("jupyterhub", "-f", str(config))],
            writable=[self._layout.project(project)],
            environment={"HOME": str(folder)},
        )
        group = make_group(self._layout.group("hub", project), _LIMITS)
        launch = run.order(box, _LIMITS, identity=identity, group=group, umask=0o077)
        order = keepers.Order(launch, {}, False, {"project": project}, group=group)
        keepers.start(self._layout.hub_keeper(project), order)

    def ready(self, project: str) -> bool:
        """Say whether the hub runs and answers; opens its socket to our own processes then."""
        if keepers.alive(self._layout.hub_keeper(project)) is None:
            return False
        if not self.client(project).ready():
            return False
        if self._uids.own:
            _open_to_roles(self._layout.hub_socket(project))
        return True

    def client(self, project: str) -> HubClient:
        """Answer the client of a project's hub. Errors: Unavailable before its first start."""
        token = self._token(project)
        if token is None:
            raise Unavailable("This project's hub was not started yet.", code=AWAY)
        return HubClient(at_socket(self._layout.hub_socket(project)), token)

    def stop(self, project: str) -> None:
        """End the hub; notebook servers go on."""
        keepers.stop(self._layout.hub_keeper(project))

    def _token(self, project: str) -> str | None:
        try:
            return (self._layout.hub(project) / "api_token").read_text()
        except OSError:
            return None


def _hand_over(folder: Path, identity: Identity | None) -> None:
    """Give the hub its files; links are not followed."""
    if identity is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def _open_to_roles(path: Path) -> None:
    """Let the group of our processes connect; the hub made the socket for itself alone."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        Path(f"/proc/self/fd/{descriptor}").chmod(0o660)
    finally:
        os.close(descriptor)

"""[pure] Where everything of the local engine lies; sockets have short paths."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from orchestrator.values import parse_slug, server_key

DOORS = ("hub", "airlock", "packages")
"""What a workspace may call; one socket each at `/run/tre/<door>` inside."""


@dataclass(frozen=True)
class Layout:
    """The engine's folders: `run` for sockets, `facts` for what must survive, `homes`."""

    run: Path
    facts: Path
    homes: Path

    def group(self, *words: str) -> str:
        """Name a control group of this installation, which others on the machine do not have."""
        tag = hashlib.sha256(str(self.run).encode()).hexdigest()[:8]
        return "-".join((tag, *words))

    def project(self, project: str) -> Path:
        """Sockets of one project; its hub may add a socket of its own here."""
        return self.run / "p" / parse_slug(project)

    def engine_socket(self, project: str) -> Path:
        """Where the project's hub asks for servers."""
        return self.project(project) / "engine.sock"

    def hub_socket(self, project: str) -> Path:
        """Where the project's hub listens."""
        return self.project(project) / "hub.sock"

    def hub(self, project: str) -> Path:
        """The hub's own folder: configuration, database, log."""
        return self.project(project) / "hub"

    def hub_keeper(self, project: str) -> Path:
        """The folder of the keeper of a project's hub."""
        return self.project(project) / "h"

    def servers(self, project: str) -> Path:
        """One folder for each notebook server."""
        return self.project(project) / "s"

    def server(self, project: str, person: str) -> Path:
        """The folder of one notebook server's keeper."""
        return self.servers(project) / server_key(project, parse_slug(person))

    def server_socket(self, project: str, person: str) -> Path:
        """Where one notebook server is reached from outside."""
        return self.server(project, person) / "server.sock"

    def door_targets(self, project: str, person: str) -> dict[str, str]:
        """Where a keeper takes each door's connections to."""
        folder = self.run / "doors" / server_key(project, person)
        return {door: str(folder / door) for door in DOORS}

    def home(self, project: str, person: str) -> Path:
        """One person's home in one project."""
        return self.homes / parse_slug(project) / parse_slug(person)

    def shared(self, project: str) -> Path:
        """The folder that a project's people share; no person can have this name."""
        return self.homes / parse_slug(project) / ".project"

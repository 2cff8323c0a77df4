"""Put our own long-running processes into sandboxes without the database's folder.

The gateway and the doors keep the host's network, because they talk to the control plane on
loopback; a hub gets none. Source: design property 8.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

import orchestrator
from orchestrator.sandbox import run, spawn
from orchestrator.sandbox.arguments import Bind, Box, etc
from orchestrator.sandbox.durable import replace
from orchestrator.sandbox.limits import Limits
from orchestrator.sandbox.uids import Uids
from orchestrator.settings import Settings, spelled

LIMITS = Limits(memory=4 << 30, processes=512, open_files=16_384)
_MEMORY = 256 << 20
_USER = "tre"
_PACKAGE = Path(orchestrator.__file__).resolve().parent


def role_box(
    role: str,
    argv: Sequence[str],
    *,
    readable: Sequence[Path] = (),
    writable: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    share_net: bool = False,
) -> Box:
    """Describe the sandbox of one of our processes: system, python, our package, named folders.

    Shape: every folder appears at its own place, so paths mean the same inside and outside.
    """
    binds, links = run.system()
    covered, masked = run.covers()
    return Box(
        command=tuple(argv),
        hostname=role,
        workdir="/",
        binds=(
            *binds,
            *(Bind(str(path), str(path)) for path in python_folders()),
            Bind(str(_PACKAGE), str(_PACKAGE)),
            *(Bind(str(path), str(path)) for path in readable),
            *(Bind(str(path), str(path), writable=True) for path in writable),
        ),
        links=links,
        tmpfs=run.memory(_MEMORY),
        texts=etc(_USER, "/tmp", role),  # noqa: S108 - inside
        covered=covered,
        masked=masked,
        environment=tuple(sorted((_base() | dict(environment or {})).items())),
        share_net=share_net,
    )


def role_command(
    settings: Settings, role: str, argv: Sequence[str], binds_rw: Sequence[Path] = ()
) -> list[str]:
    """Answer the command that runs `argv` as this role (gateway or doors) in its sandbox.

    Effect: makes the role's run folder and `binds_rw`, hands them and the role's token file to
    the role's own uid, and writes the order to a private file. The process reads notebook and hub
    sockets below `run/p` and ends with whoever started the command.
    Errors: Unavailable where sandboxes do not work.
    """
    run.require()
    identity = Uids(settings.state_dir).role(role)
    writable = [settings.run / role, *binds_rw]
    settings.run.mkdir(mode=0o700, parents=True, exist_ok=True)  # roles see parts of it, staged
    for folder in (settings.run / "p", settings.run / "boxes", *writable):
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    token = settings.role_token_file(role)
    if identity is not None:
        for path in (*writable, *([token] if token.exists() else [])):
            os.chown(path, identity.uid, identity.gid)
    readable = [settings.run / "p", settings.policies_dir.absolute()]
    if role == "doors":
        readable.append(settings.mirror_dir.absolute())
        readable[-1].mkdir(mode=0o755, parents=True, exist_ok=True)  # it may be filled later
    box = role_box(
        role,
        argv,
        readable=[path for path in (*readable, token) if path.exists()],
        writable=writable,
        environment=role_environment(settings),
        share_net=True,
    )
    file = settings.run / "boxes" / f"{role}.json"
    replace(file, json.dumps(run.order(box, LIMITS, identity=identity, umask=0o007)))
    return spawn.launcher(str(file))


def role_environment(settings: Settings) -> dict[str, str]:
    """Spell the settings for a role process, without secrets and with absolute paths."""
    plain = {
        f"TRE_{name.upper()}": spelled(value.absolute() if isinstance(value, Path) else value)
        for name, value in settings
        if value is not None and name != "database_url" and not isinstance(value, SecretStr)
    }
    return plain | {"TRE_RUN_DIR": str(settings.run)}


def python_folders() -> tuple[Path, ...]:
    """Answer the folders of the running python that are not below /usr: environment and base."""
    found = dict.fromkeys(Path(prefix).absolute() for prefix in (sys.base_prefix, sys.prefix))
    return tuple(path for path in found if not path.is_relative_to("/usr"))


def module(name: str, *words: str) -> list[str]:
    """Answer the command that runs a module with the python we run on."""
    return [sys.executable, "-m", name, *words]


def _base() -> dict[str, str]:
    return {
        "HOME": "/tmp",  # noqa: S108 - inside
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(_PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "USER": _USER,
    }

"""Describe the sandbox of a notebook server; a proof uses the same description."""

import configparser
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.engines.local.layout import DOORS
from orchestrator.engines.port import Mount, Size
from orchestrator.errors import Unavailable
from orchestrator.sandbox import inside, run
from orchestrator.sandbox.arguments import Bind, Box, Text, etc
from orchestrator.sandbox.golden import golden
from orchestrator.sandbox.limits import Limits

IMAGE = "/opt/workspace"
INSIDE = "/opt/tre/inside.py"
GOLDEN = "/opt/tre/golden.json"
HOME = "/home/researcher"
SHARED = "/project"
DATA = "/data"
DOOR_FOLDER = "/run/tre"
HOSTNAME = "workspace"
USER = "researcher"
PORT = 8888
HUB_PORT = 8081
PACKAGES_PORT = 8082
LIFE, LISTENING = 3, 4
"""The descriptors of the keeper's life and of the listening socket, as the keeper hands them in."""

_MEMORY = 256 << 20
_FROM_HUB = re.compile(r"JUPYTERHUB_[A-Z_]+\Z")
_SERVER = (f"{IMAGE}/bin/python", "-m", "jupyterhub.singleuser")


@dataclass(frozen=True)
class Places:
    """Where one server's parts lie on the host; `doors` holds one socket for each door."""

    image: Path
    home: Path
    shared: Path
    doors: Path


def server_box(
    project: str,
    person: str,
    places: Places,
    mounts: Sequence[Mount],
    size: Size,
    hub_environment: Mapping[str, str],
) -> Box:
    """Describe one notebook server's sandbox.

    Shape: built by the engine from its own facts alone; of the hub's words only the values of
    `JUPYTERHUB_…` variables get in. Errors: Unavailable for an image that is not installed.
    Source: egress E16.
    """
    binds, links = run.system()
    covered, masked = run.covers()
    box = Box(
        command=server_command(size, _SERVER, "--golden", GOLDEN),
        hostname=HOSTNAME,
        workdir=HOME,
        binds=(*binds, *_image(places.image), *_own(places), *_data(mounts)),
        links=links,
        tmpfs=run.memory(_MEMORY),
        texts=etc(USER, HOME, HOSTNAME),
        covered=covered,
        masked=masked,
        environment=_environment(project, person, size, hub_environment),
    )
    lists = json.dumps(golden(box, (0, 1, 2, LIFE, LISTENING)))
    return replace(box, texts=(*box.texts, Text(GOLDEN, lists)))


def server_command(size: Size, command: Sequence[str], *first: str) -> tuple[str, ...]:
    """Answer the first program's words: limits, life, the handed-in socket, the doors, the command.

    Shape: `first` are options before all others; a proof leaves the golden lists to its probe.
    """
    return (
        *(f"{IMAGE}/bin/python", "-I", INSIDE),
        *first,
        *("--limit", f"NPROC={size.processes}"),
        *("--life", str(LIFE)),
        *("--listen", f"{LISTENING}={PORT}"),
        *("--forward", f"{HUB_PORT}={DOOR_FOLDER}/hub"),
        *("--forward", f"{PACKAGES_PORT}={DOOR_FOLDER}/packages"),
        *("--", *command),
    )


def limits(size: Size, file_size: int) -> Limits:
    """Turn a size of the policy into limits; `file_size` in bytes."""
    return Limits(size.memory_mb << 20, size.processes, size.open_files, file_size)


def base_python(image: Path) -> Path:
    """Answer the prefix of the python that an image was made from.

    Errors: Unavailable when the image is not there or not an environment.
    """
    parser = configparser.ConfigParser()
    try:
        parser.read_string("[venv]\n" + (image / "pyvenv.cfg").read_text())
        return Path(parser["venv"]["home"]).parent
    except (OSError, configparser.Error, KeyError) as problem:
        raise Unavailable(
            f"The workspace image {image.name} is not installed; install it with"
            " `python -m orchestrator.engines.local.images`.",
            code="no_image",
        ) from problem


def _image(image: Path) -> tuple[Bind, ...]:
    base = base_python(image)
    binds = [Bind(str(image.resolve()), IMAGE), Bind(str(Path(inside.__file__)), INSIDE)]
    if not base.is_relative_to("/usr"):
        binds.append(Bind(str(base), str(base)))
    return tuple(binds)


def _own(places: Places) -> tuple[Bind, ...]:
    return (
        Bind(str(places.home), HOME, writable=True),
        Bind(str(places.shared), SHARED, writable=True),
        *(Bind(str(places.doors / door), f"{DOOR_FOLDER}/{door}") for door in DOORS),
    )


def _data(mounts: Sequence[Mount]) -> tuple[Bind, ...]:
    found: list[Bind] = []
    for mount in mounts:
        place = f"{DATA}/{mount.dataset}/{mount.version}"
        found.append(Bind(str(mount.tree), place))
        found.append(Bind(str(mount.manifest), f"{place}.MANIFEST.json"))
    return tuple(found)


def _environment(
    project: str, person: str, size: Size, hub: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Build the environment from a list; the hub cannot name another variable or address."""
    api = f"http://127.0.0.1:{HUB_PORT}/hub/api"
    chosen = {name: value for name, value in hub.items() if _FROM_HUB.match(name)}
    if chosen:
        chosen |= {
            "JUPYTERHUB_API_URL": api,
            "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/{person}/activity",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{PORT}/user/{person}/",
        }
    own = {
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "PATH": f"{IMAGE}/bin:/usr/bin:/bin",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": f"http://127.0.0.1:{PACKAGES_PORT}/simple/",
        "PIP_PREFIX": f"{HOME}/.local",
        "SHELL": "/bin/bash",
        "TRE_AIRLOCK": f"{DOOR_FOLDER}/airlock",
        "TRE_IDLE_MINUTES": str(size.idle_minutes),
        "TRE_PERSON": person,
        "TRE_PROJECT": project,
        "USER": USER,
        "VIRTUAL_ENV": IMAGE,
    }
    return tuple(sorted((chosen | own).items()))

"""What the base stands on: a public Debian where a registry answers, else one from packages.

Where no registry is in reach a small Debian is made by `mmdebstrap` out of this machine's own
package sources. Nothing of them stays in the image: builds mount the machine's sources instead.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import Unavailable
from tests.cluster.images.builder import EPOCH, Buildah, Builder, Volumes

PUBLIC = "docker.io/library/debian:bookworm-slim"
"""What is tried when nobody names a base. An institution names its own, by digest."""

SCRATCH = "scratch-debian"
"""The word for a base made here."""

_CONTAINERFILE = "FROM scratch\nADD root.tar /\n"
_NOTHING_LEFT = (
    'rm -rf "$1"/etc/apt/sources.list* "$1"/etc/apt/apt.conf.d/99mmdebstrap'
    ' "$1"/etc/hostname "$1"/etc/resolv.conf'
)


@dataclass(frozen=True)
class Ground:
    """What the base stands on: its name in the store, what to call it, what builds must mount."""

    name: str
    said: str
    volumes: Volumes = field(default_factory=dict)


def ground(builder: Builder, wanted: str, cache: Path, said: list[str]) -> Ground:
    """Answer what the base stands on; what was found out is added to `said`, one sentence each.

    Shape: `wanted` is empty (the public one, else one made here), `scratch-debian`, or a name.
    Errors: Unavailable when a named base cannot be fetched: it is never replaced by another one.
    """
    if wanted != SCRATCH:
        found = builder.fetch(wanted or PUBLIC)
        if found is not None:
            said.append(f"The base is {found}.")
            return Ground(found, found)
        if wanted:
            raise Unavailable(f"The base {wanted} cannot be fetched; no other one is taken for it.")
        said.append(f"No registry answers for {PUBLIC}.")
    if not isinstance(builder, Buildah):
        raise Unavailable("A Docker engine builds on a public base only; name one in BASE_IMAGE.")
    made = _made_here(builder, cache)
    said.append(f"The base is a {made.said}, made here from this machine's package sources.")
    return made


def _made_here(builder: Buildah, cache: Path) -> Ground:
    system = _system(Path("/etc/os-release").read_text())
    suite = system.get("VERSION_CODENAME", "")
    if system.get("ID") != "debian" or not suite:
        raise Unavailable("A base can be made here only on Debian; name one in BASE_IMAGE.")
    name = f"localhost/tre/debian:{suite}-{platform.machine()}"
    place = Ground(name, f"Debian {suite}", _sources(cache))
    if builder.has(name):
        return place
    work = cache / "debian"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        _bootstrap(suite, work / "root.tar")
        (work / "Containerfile").write_text(_CONTAINERFILE)
        builder.build(work, name, {}, {})
    finally:
        shutil.rmtree(work)
    return place


def _sources(cache: Path) -> Volumes:
    """Answer what builds mount of this machine's apt: sources, keys, and how it fetches.

    Source: not the whole folder, because packages put files of their own beside them.
    """
    options = cache / "fetching.conf"
    options.write_text("".join(f"{line}\n" for line in _machine_options()))
    named = [
        Path("/etc/apt") / each for each in ("sources.list", "sources.list.d", "trusted.gpg.d")
    ]
    found = {path: str(path) for path in named if path.exists()}
    return found | {options: "/etc/apt/apt.conf.d/99fetching"}


def _bootstrap(suite: str, archive: Path) -> None:
    """Make the smallest Debian that has apt. Errors: Unavailable."""
    if shutil.which("mmdebstrap") is None:
        raise Unavailable("mmdebstrap is missing; install Debian's, or name a base in BASE_IMAGE.")
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    used = [str(path) for path in sources if path.is_file() and path.stat().st_size]
    command = ["mmdebstrap", "--variant=minbase", "--mode=root", "--quiet"]
    command += [f"--customize-hook={_NOTHING_LEFT}"]
    command += [f"--aptopt={option}" for option in _machine_options()]
    done = subprocess.run(
        [*command, suite, str(archive), *used],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH)},
    )
    if done.returncode != 0:
        said = " / ".join(done.stderr.strip().splitlines()[-4:])[:600]
        raise Unavailable(f"No base could be made from Debian packages: {said}")


def _machine_options() -> list[str]:
    """What this machine's apt was told about fetching: proxies, certificates, times."""
    done = subprocess.run(
        ["apt-config", "dump", "--format", '%F "%v";%n'],
        capture_output=True,
        text=True,
        check=False,
    )
    fetching = re.compile(r'Acquire::(https?|Check-|Retries|ForceIPv).* "[^"]+";')
    return [line for line in done.stdout.splitlines() if fetching.fullmatch(line)]


def _system(text: str) -> Mapping[str, str]:
    """Read os-release."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs}

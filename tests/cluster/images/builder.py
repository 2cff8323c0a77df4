"""Who builds: a Docker engine where one answers, else buildah, which needs no engine and no daemon.

Both take a folder with a Containerfile and give an OCI archive. buildah keeps its store below our
cache, never in the machine's, and runs what a build runs in a plain chroot: where it is called,
containers cannot be started.
"""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orchestrator.errors import Unavailable

EPOCH = 1_767_225_600
"""The time that files in our layers carry, 2026-01-01: the same input gives the same digest."""

_PULL_SECONDS = 60
Volumes = Mapping[Path, str]


class Builder(Protocol):
    """What building asks for; `name` is an image's local name."""

    def has(self, name: str) -> bool:
        """Say whether an image of this name is in the store."""

    def fetch(self, name: str) -> str | None:
        """Fetch a public image; answer its name by digest, or None where no registry answers."""

    def take(self, archive: Path, name: str) -> None:
        """Put an archive that was made before into the store. Errors: Unavailable."""

    def build(
        self, context: Path, name: str, arguments: Mapping[str, str], volumes: Volumes
    ) -> None:
        """Build a folder. Errors: Unavailable with the end of what the builder said."""

    def run(self, name: str, command: Sequence[str], volumes: Volumes) -> str:
        """Run a command as the image's own user and answer what it printed.

        Errors: Unavailable when it fails.
        """

    def save(self, name: str, archive: Path) -> None:
        """Write an image as an OCI archive. Errors: Unavailable."""


@dataclass(frozen=True)
class Buildah:
    """Debian's buildah, as root."""

    store: Path

    def has(self, name: str) -> bool:
        """See `Builder`."""
        return self._call("inspect", "--type", "image", name).returncode == 0

    def fetch(self, name: str) -> str | None:
        """See `Builder`."""
        try:
            done = self._call("pull", "--quiet", name, seconds=_PULL_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0:
            return None
        said = json.loads(self._must("inspect", "--type", "image", name))
        return f"{name.partition('@')[0]}@{said['FromImageDigest']}"

    def take(self, archive: Path, name: str) -> None:
        """See `Builder`."""
        known = self._must("pull", "--quiet", f"oci-archive:{archive}").strip()
        self._must("tag", known, name)

    def build(
        self, context: Path, name: str, arguments: Mapping[str, str], volumes: Volumes
    ) -> None:
        """See `Builder`."""
        words = ["build", "--quiet", "--layers", "--isolation=chroot", "--format=oci"]
        words += ["--identity-label=false", f"--timestamp={EPOCH}", "--pull=never"]
        words += [f"--build-arg={key}={value}" for key, value in sorted(arguments.items())]
        words += [f"--volume={path}:{place}:ro" for path, place in sorted(volumes.items())]
        self._must(*words, f"--tag={name}", f"--file={context / 'Containerfile'}", str(context))

    def run(self, name: str, command: Sequence[str], volumes: Volumes) -> str:
        """See `Builder`."""
        container = self._must("from", "--pull-never", name).strip()
        try:
            where = [f"--volume={path}:{place}:ro" for path, place in sorted(volumes.items())]
            return self._must("run", "--isolation=chroot", *where, container, "--", *command)
        finally:
            self._must("rm", container)

    def save(self, name: str, archive: Path) -> None:
        """See `Builder`."""
        self._must("push", "--quiet", "--format=oci", name, f"oci-archive:{archive}")

    def _must(self, *words: str) -> str:
        done = self._call(*words)
        if done.returncode != 0:
            raise Unavailable(f"buildah {words[0]} failed. It says: {_end(done.stderr)}")
        return done.stdout

    def _call(self, *words: str, seconds: int | None = None) -> "subprocess.CompletedProcess[str]":
        folders = (f"--root={self.store / 'images'}", f"--runroot={self.store / 'run'}")
        command = ["buildah", *folders, "--cgroup-manager=cgroupfs", *words]
        environment = os.environ | {"BUILDAH_ISOLATION": "chroot"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=seconds, env=environment
        )


@dataclass(frozen=True)
class Docker:
    """A Docker engine of version 25 or newer: older ones save no OCI archive."""

    def has(self, name: str) -> bool:
        """See `Builder`."""
        return self._call("image", "inspect", name).returncode == 0

    def fetch(self, name: str) -> str | None:
        """See `Builder`."""
        if self._call("pull", "--quiet", name).returncode != 0:
            return None
        said = json.loads(self._must("image", "inspect", name))[0]["RepoDigests"]
        return str(said[0]) if said else name

    def take(self, archive: Path, name: str) -> None:
        """See `Builder`."""
        said = self._must("load", "--quiet", "--input", str(archive)).strip()
        self._must("tag", said.rpartition(" ")[2], name)

    def build(
        self, context: Path, name: str, arguments: Mapping[str, str], volumes: Volumes
    ) -> None:
        """See `Builder`; an engine mounts nothing of the machine into a build."""
        if volumes:
            raise Unavailable("A Docker engine builds on a public base only; name one.")
        words = ["build", "--quiet", "--provenance=false", f"--file={context / 'Containerfile'}"]
        words += [f"--build-arg={key}={value}" for key, value in sorted(arguments.items())]
        words += [f"--build-arg=SOURCE_DATE_EPOCH={EPOCH}", f"--tag={name}", str(context)]
        self._must(*words)

    def run(self, name: str, command: Sequence[str], volumes: Volumes) -> str:
        """See `Builder`."""
        where = [f"--volume={path}:{place}:ro" for path, place in sorted(volumes.items())]
        first, *rest = command
        alone = ("--rm", "--network=none", f"--entrypoint={first}")
        return self._must("run", *alone, *where, name, *rest)

    def save(self, name: str, archive: Path) -> None:
        """See `Builder`."""
        self._must("save", f"--output={archive}", name)

    def _must(self, *words: str) -> str:
        done = self._call(*words)
        if done.returncode != 0:
            raise Unavailable(f"docker {words[0]} failed. It says: {_end(done.stderr)}")
        return done.stdout

    def _call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def choose(store: Path, docker_runs: bool) -> Builder:
    """Answer who builds here.

    Errors: Unavailable where there is neither, or buildah would not run as root.
    """
    if docker_runs:
        return Docker()
    if shutil.which("buildah") is None:
        raise Unavailable("No Docker engine answers and there is no buildah; install Debian's.")
    if os.geteuid() != 0:
        raise Unavailable("buildah makes images as root here; call it as root.")
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Buildah(store)


def digest_of(archive: Path) -> str:
    """Read the digest by which a registry, a node and a policy will name this archive's image.

    Errors: Unavailable when the archive is not one image in the OCI layout.
    """
    try:
        with tarfile.open(archive) as opened:
            index = opened.extractfile("index.json")
            assert index is not None
            manifests = json.load(index)["manifests"]
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise Unavailable(f"{archive.name} is no archive in the OCI layout.") from error
    if len(manifests) != 1:
        raise Unavailable(f"{archive.name} holds {len(manifests)} images and not one.")
    return str(manifests[0]["digest"])


def _end(said: str) -> str:
    return " / ".join(said.strip().splitlines()[-6:])[-900:]

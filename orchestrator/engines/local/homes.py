"""People's homes and the folder that a project shares; each with a bound on what it can hold.

As root every home is a file system of its own, in a file whose space is set aside when it is
made, so no home can fill the disk of the database. Elsewhere homes are folders; their keepers end
a server before the disk is full, and `tre doctor` says that the quota is off.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestrator.engines.local.layout import Layout
from orchestrator.errors import Unavailable
from orchestrator.sandbox.spawn import Identity

_MIB = 1 << 20
RESERVE = 512 * _MIB
"""Bytes that stay free on a disk that homes share with others."""

_SMALLEST = 16
_UMOUNT_DETACH = 2
_PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Homes:
    """Homes below one folder; `quota_mb` megabytes for each home and each shared folder."""

    layout: Layout
    quota_mb: int
    root: bool

    def home(self, project: str, person: str, identity: Identity | None) -> Path:
        """Make a person's home, theirs alone. Errors: Unavailable when the disk refuses."""
        return self._ready(self.layout.home(project, person), identity, 0o700)

    def shared(self, project: str, identity: Identity | None) -> Path:
        """Make the folder that all people of a project write to; files belong to its group."""
        return self._ready(self.layout.shared(project), identity, 0o2770)

    def reserve(self, folder: Path) -> tuple[str, int] | None:
        """Answer what must stay free beside a home, None where it has a file system of its own."""
        return None if os.path.ismount(folder) else (str(folder), RESERVE)

    def remove(self, project: str) -> list[str]:
        """Delete all homes of a project and answer what could not be deleted."""
        folder = self.layout.homes / project
        for place in _mounted_below(folder):
            _unmount(place)
        shutil.rmtree(folder, ignore_errors=True)
        return [str(path) for path in (folder, *folder.rglob("*"))] if folder.exists() else []

    def _ready(self, folder: Path, identity: Identity | None, mode: int) -> Path:
        try:
            folder.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.root and self.quota_mb >= _SMALLEST and own_file_systems():
                self._mount(folder)
            elif _free(folder) < RESERVE:
                raise Unavailable(
                    "The disk with the homes is nearly full; nobody can start until there is room.",
                    code="disk_full",
                )
            if identity is not None:
                owner = 0 if mode & 0o070 else identity.uid
                os.chown(folder, owner, identity.gid)
            folder.chmod(mode)
        except OSError as problem:
            raise Unavailable(f"A home cannot be made: {problem.strerror}.") from problem
        return folder

    def _mount(self, folder: Path) -> None:
        if os.path.ismount(folder):
            return
        image = folder.with_name(f"{folder.name}.img")
        if not image.exists():
            _make_image(image, self.quota_mb * _MIB)
        _command("mount", "-o", "loop,nosuid,nodev,noatime", str(image), str(folder))
        with contextlib.suppress(OSError):
            (folder / "lost+found").rmdir()


@cache
def own_file_systems() -> bool:
    """Say whether file systems in files can be made and mounted here; tries it once."""
    with tempfile.TemporaryDirectory(prefix="tre-loop-") as text:
        folder = Path(text)
        (folder / "m").mkdir()
        try:
            _make_image(folder / "i.img", 8 * _MIB)
            _command("mount", "-o", "loop", str(folder / "i.img"), str(folder / "m"))
        except (OSError, Unavailable):
            return False
        _unmount(folder / "m")
    return True


def _make_image(image: Path, size: int) -> None:
    """Make a file system in a file whose blocks are set aside now, not when they are needed."""
    fresh = image.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    try:
        with fresh.open("xb") as file:
            fresh.chmod(0o600)
            os.posix_fallocate(file.fileno(), 0, size)
        _command("mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", str(fresh))
        fresh.rename(image)
    except OSError as problem:
        raise Unavailable(
            f"There is no room for a home of {size // _MIB} MB ({problem.strerror}); free some, or"
            " set TRE_HOME_QUOTA_MB lower.",
            code="disk_full",
        ) from problem
    finally:
        fresh.unlink(missing_ok=True)


def _command(*words: str) -> None:
    """Run a program of the system. Errors: Unavailable with its last line."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, env=_PATH, check=False)
    except FileNotFoundError as problem:
        raise Unavailable(f"{words[0]} is not installed.") from problem
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
        raise Unavailable(f"A home's file system cannot be used: {last}.")


def _mounted_below(folder: Path) -> list[Path]:
    """Answer mount points below a folder, deepest first, as the kernel lists them."""
    places = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    found = [Path(place.replace("\\040", " ")) for place in places]
    return sorted((place for place in found if place.is_relative_to(folder)), reverse=True)


def _unmount(place: Path) -> None:
    ctypes.CDLL(None).umount2(str(place).encode(), _UMOUNT_DETACH)


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize

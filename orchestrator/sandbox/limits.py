"""What a sandbox may use up: limits of each process, and a control group where one may be made."""

import contextlib
import errno
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_MIB = 1 << 20
_LEAVE_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """Limits of one sandbox.

    Units: `memory` and `file_size` in bytes, `cpu_seconds` of one process (None: no limit).
    """

    memory: int
    processes: int
    open_files: int = 1024
    file_size: int = 512 * _MIB
    cpu_seconds: int | None = None

    def of_process(self, *, grouped: bool, own_uid: bool) -> dict[str, int]:
        """Answer the limits that each process gets.

        A group bounds the memory of all processes together; without one each process is bounded.
        Processes are counted by uid, so that limit holds only for a uid that nobody shares.
        """
        return {
            "RLIMIT_CORE": 0,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_MEMLOCK": 64 * 1024,
            **({} if grouped else {"RLIMIT_DATA": self.memory}),
            **({"RLIMIT_NPROC": self.processes} if own_uid else {}),
            **({} if self.cpu_seconds is None else {"RLIMIT_CPU": self.cpu_seconds}),
        }


@dataclass(frozen=True)
class Group:
    """One control group: the files into which the launcher writes its process id."""

    folders: tuple[Path, ...]

    @property
    def joins(self) -> tuple[str, ...]:
        """Files to write a process id into."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    def members(self) -> set[int]:
        """Process ids in the group, as seen now."""
        found: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                found |= {int(line) for line in (folder / "cgroup.procs").read_text().split()}
        return found

    def remove(self) -> None:
        """Delete the group; one that still has members stays and is taken up again later.

        A killed process leaves its group a moment after it was waited for.
        """
        for folder in self.folders:
            until = time.monotonic() + _LEAVE_SECONDS
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(0.005)


def make_group(name: str, limits: Limits, root: Path = _ROOT) -> Group | None:
    """Make a control group for one sandbox, or None where this process may not.

    Shape: version 2 where the memory controller is unified, else one folder in `memory` and in
    `pids`. Idempotent.
    """
    wanted: Mapping[Path, Mapping[str, str]]
    if (root / "cgroup.controllers").exists():
        wanted = {
            root / "tre" / name: {
                "memory.max": str(limits.memory),
                "memory.swap.max": "0",
                "pids.max": str(limits.processes),
            }
        }
    else:
        wanted = {
            root / "memory" / "tre" / name: {"memory.limit_in_bytes": str(limits.memory)},
            root / "pids" / "tre" / name: {"pids.max": str(limits.processes)},
        }
    try:
        for folder, values in wanted.items():
            _make(folder, values)
    except OSError:
        Group(tuple(wanted)).remove()
        return None
    return Group(tuple(wanted))


def tidy(prefix: str, root: Path = _ROOT) -> None:
    """Delete groups whose name begins so and that nobody is in: a killed engine left them.

    Precondition: no sandbox of this prefix is being started.
    """
    for parent in (root / "tre", root / "memory" / "tre", root / "pids" / "tre"):
        for folder in parent.glob(f"{prefix}-*") if parent.is_dir() else ():
            _removed(folder)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError as problem:
        return problem.errno != errno.EBUSY
    return True


def _make(folder: Path, values: Mapping[str, str]) -> None:
    if (folder.parent.parent / "cgroup.subtree_control").exists():
        for level in (folder.parent.parent, folder.parent):
            level.mkdir(exist_ok=True)
            (level / "cgroup.subtree_control").write_text("+memory +pids")
    elif not folder.parent.parent.is_dir():
        raise FileNotFoundError(folder.parent.parent)
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        if name == "memory.swap.max" and not (folder / name).exists():
            continue  # a machine without swap accounting
        (folder / name).write_text(value)


def bounded_memory() -> bool:
    """Say whether a group may be made here; tries it with one that is removed at once."""
    group = make_group(f"trial-{os.getpid()}", Limits(memory=256 * _MIB, processes=16))
    if group is None:
        return False
    group.remove()
    return True

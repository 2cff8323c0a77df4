"""The control groups of an instance: one of its name in every hierarchy, old or new."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
WANTED = ("cpuset", "cpu", "io", "memory", "pids")


def hierarchies() -> Iterator[Path]:
    """The roots: one with unified groups, one a controller with the old ones."""
    if (MOUNT / "cgroup.controllers").exists():
        yield MOUNT
        return
    seen = set()
    for folder in sorted(MOUNT.iterdir()):
        if (folder / "cgroup.procs").exists() and folder.resolve() not in seen:
            seen.add(folder.resolve())
            yield folder


def make(name: str) -> None:
    """Make the group everywhere, with what a kubelet needs to find in it."""
    for root in hierarchies():
        (root / name).mkdir(exist_ok=True)
        _delegate(root, name)


def _delegate(root: Path, name: str) -> None:
    """New groups hand controllers down by name; old cpusets start empty and must be filled."""
    offered = root / name / "cgroup.controllers"
    if offered.exists():
        for controller in set(WANTED) & set(offered.read_text().split()):
            (root / name / "cgroup.subtree_control").write_text(f"+{controller}")
    for file in ("cpuset.cpus", "cpuset.mems"):
        if (root / file).exists() and not offered.exists():
            (root / name / file).write_text((root / file).read_text())


def remove(name: str, seconds: float) -> None:
    """Remove the group and all below it; the kernel needs a moment after the last process."""
    until = time.monotonic() + seconds
    while any((root / name).exists() for root in hierarchies()):
        for root in hierarchies():
            _remove_below(root / name)
        if time.monotonic() > until:
            raise TimeoutError(f"control group {name} is still in use")
        time.sleep(0.02)


def _remove_below(group: Path) -> None:
    with suppress(OSError):  # busy for a moment, or gone
        for child in group.iterdir():
            if child.is_dir():
                _remove_below(child)
        group.rmdir()

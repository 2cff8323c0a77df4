"""What a lab could leave on a machine, as sets of words so that two readings compare."""

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.images.make import cache
from tests.cluster.lab.cgroups import hierarchies
from tests.cluster.lab.configuration import TUNABLES

FOLDERS = ("/etc/cni", "/opt", "/run", "/run/netns", "/usr/libexec", "/var/lib", "/var/log")
SYSCTLS = (*TUNABLES, "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")
KINDS = ("mnt", "net", "pid", "uts", "ipc")
_ANOTHER = re.compile(r"(?:trelab|tre-lab-|198\.1[89]\.)(\d+)")


@dataclass(frozen=True)
class Machine:
    """One reading."""

    found: frozenset[str]

    def new_since(self, before: "Machine", numbers: set[int]) -> set[str]:
        """What was not there before, without what carries another instance's number."""
        return {one for one in self.found - before.found if not _of_another(one, numbers)}


def look() -> Machine:
    """Read links, addresses, routes, tables, mounts, control groups, folders and settings."""
    found: set[str] = set()
    for kind in ("link", "address", "route", "-6 route", "neighbour", "netns"):
        text = _output("ip", "-o", *kind.split(), "show" if kind != "netns" else "list")
        found |= {f"{kind}: {_steady(line)}" for line in text.splitlines()}
    found |= {f"nft: {line}" for line in _output("nft", "list", "tables").splitlines()}
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    made = f"{cache()}/"  # of images, which somebody may be making meanwhile
    found |= {f"mount: {place}" for place in mounts if not place.startswith(made)}
    for root in hierarchies():
        found |= {f"cgroup: {one.path}" for one in os.scandir(root) if one.is_dir()}
    for folder in FOLDERS:
        with suppress(FileNotFoundError):
            found |= {f"file: {folder}/{name}" for name in os.listdir(folder)}
    # Everybody writes to /tmp; the parts of an instance have a folder of their own instead.
    found |= {f"file: {one}" for one in Path("/tmp").glob("*tre*lab*")}
    found |= {f"setting: {one}={Path('/proc/sys', one).read_text().strip()}" for one in SYSCTLS}
    return Machine(frozenset(found))


def namespaces_of(process: int) -> set[str]:
    """The namespaces of a process, as the kernel names them."""
    return {os.readlink(f"/proc/{process}/ns/{kind}") for kind in KINDS}


def processes_in(namespaces: set[str]) -> set[int]:
    """The processes that are in any of these namespaces."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError):
                if namespaces_of(int(entry)) & namespaces:
                    found.add(int(entry))
    return found


def _of_another(line: str, numbers: set[int]) -> bool:
    """Another instance may come or go beside this one."""
    named = {int(number) % 128 for number in _ANOTHER.findall(line)}
    return bool(named) and not named & numbers


def _steady(line: str) -> str:
    """Without what changes by itself: indexes, lifetimes, states of neighbours."""
    line = re.sub(r"^\d+: ", "", line)
    return re.sub(
        r"(valid_lft|preferred_lft|expires|used) \S+|REACHABLE|STALE|DELAY|PROBE", "", line
    )


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout

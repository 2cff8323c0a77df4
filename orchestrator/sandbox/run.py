"""Turn a box into an order for the launcher, and say in a sentence why a machine refuses it."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Unavailable
from orchestrator.sandbox import seccomp
from orchestrator.sandbox.arguments import FIRST_DESCRIPTOR, Bind, Box, Tmpfs, arguments
from orchestrator.sandbox.limits import Group, Limits
from orchestrator.sandbox.spawn import Identity, end, start

STAGE = "/tmp"  # noqa: S108 - covered by a file system of our own in a private namespace
_PROGRAMS = "/usr/bin:/bin:/usr/local/bin"
_COVERED = ("acpi", "asound", "bus", "driver", "fs", "irq", "scsi", "sys", "tty")
_MASKED = (
    *("config.gz", "kallsyms", "kcore", "key-users", "keys", "kmsg", "latency_stats", "modules"),
    *("sched_debug", "sysrq-trigger", "timer_list", "timer_stats"),
)
_APPARMOR = (
    "printf 'abi <abi/4.0>,\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }\\n'"
    " | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap"
)


@dataclass(frozen=True)
class Trial:
    """Whether sandboxes work here; if not, a sentence and the command that cures it."""

    works: bool
    say: str
    cure: str = ""


def bwrap(path: str = _PROGRAMS) -> str | None:
    """Find bubblewrap, or answer None."""
    return shutil.which("bwrap", path=path)


def system() -> tuple[tuple[Bind, ...], tuple[tuple[str, str], ...]]:
    """Answer the binds and links that show this machine's programs and libraries, nothing else."""
    binds, links = [Bind("/usr", "/usr")], [("/tmp", "/var/tmp")]  # noqa: S108 - inside
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        place = Path("/", name)
        if place.is_symlink():
            links.append((str(place.readlink()), str(place)))
        elif place.is_dir():
            binds.append(Bind(str(place), str(place)))
    for file in ("/etc/ld.so.cache", "/etc/alternatives"):
        if Path(file).exists():
            binds.append(Bind(file, file))
    return tuple(binds), tuple(links)


def covers() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Answer folders to cover and files to mask in /proc, as far as this kernel has them."""
    proc = Path("/proc")
    return (
        tuple(str(proc / name) for name in _COVERED if (proc / name).is_dir()),
        tuple(str(proc / name) for name in _MASKED if (proc / name).exists()),
    )


def memory(size: int) -> tuple[Tmpfs, ...]:
    """Answer the private /tmp and /dev/shm of a sandbox; `size` in bytes for each."""
    return (
        Tmpfs("/tmp", size, 0o1777),  # noqa: S108 - inside
        Tmpfs("/dev/shm", size, 0o1777),  # noqa: S108 - inside
    )


def order(
    box: Box,
    limits: Limits,
    *,
    identity: Identity | None = None,
    group: Group | None = None,
    keep: Sequence[int] = (),
    umask: int = 0o022,
) -> dict[str, object]:
    """Write down everything that the launcher needs to start one sandbox.

    Shape: JSON; it holds the environment, so whoever stores it keeps it private.
    Errors: Unavailable without bubblewrap.
    """
    program = bwrap()
    if program is None:
        raise Unavailable(_missing().say, code="no_bwrap")
    staged = [f"{STAGE}/{number}" for number in range(len(box.binds))]
    return {
        "program": program,
        "arguments": arguments(box, staged if identity else None),
        "command": list(box.command),
        "sources": [bind.source for bind in box.binds],
        "stage": STAGE if identity else None,
        "uid": identity.uid if identity else None,
        "gid": identity.gid if identity else None,
        "limits": limits.of_process(grouped=group is not None, own_uid=identity is not None),
        "groups": group.joins if group else [],
        "filters": [base64.b64encode(program).decode() for program in seccomp.programs()],
        "texts": [text.content for text in box.texts],
        "keep": list(keep),
        "first": FIRST_DESCRIPTOR,
        "umask": umask,
    }


def tried(path: str = _PROGRAMS) -> Trial:
    """Start the smallest sandbox and say how it went; changes nothing."""
    program = bwrap(path)
    if program is None:
        return _missing()
    version = _version(program)
    if version < (0, 8):
        return Trial(
            False,
            f"bubblewrap is too old here ({version[0]}.{version[1]}): 0.8 or newer can forbid"
            " nested user namespaces. Debian 12 and Ubuntu 24.04 have it.",
            "apt-get install bubblewrap",
        )
    if not seccomp.available():
        return Trial(
            False,
            "The library libseccomp is not installed, so no system call filter can be made.",
            "apt-get install libseccomp2",
        )
    return _smallest()


def _smallest() -> Trial:
    binds, links = system()
    box = Box(("/usr/bin/true",), "trial", "/", binds, links, memory(1 << 20))
    box_identity = Identity(65534, 65534) if os.geteuid() == 0 else None
    limits = Limits(memory=1 << 30, processes=4096)  # others on this machine may run as nobody too
    process = start(order(box, limits, identity=box_identity), stderr=subprocess.PIPE)
    try:
        said = process.communicate(timeout=30)[1].decode(errors="replace").strip()
    except subprocess.TimeoutExpired:
        end(process)
        return Trial(False, "The smallest sandbox did not end within 30 seconds.")
    if process.returncode == 0:
        return Trial(True, "Sandboxes work here: all namespaces, filter and limits were accepted.")
    return forbidden(said)


def forbidden(said: str, kernel: Path = Path("/proc/sys")) -> Trial:
    """Explain a refusal by what the kernel's settings say; `said` is bubblewrap's own line."""
    first = said.splitlines()[0][:200] if said else "no reason given"
    if _setting(kernel / "kernel/apparmor_restrict_unprivileged_userns") == "1":
        why = "AppArmor forbids user namespaces to programs without a profile (Ubuntu 24.04 does)"
        cure = _APPARMOR
    elif _setting(kernel / "kernel/unprivileged_userns_clone") == "0":
        why, cure = "user namespaces are off", "sysctl -w kernel.unprivileged_userns_clone=1"
    elif _setting(kernel / "user/max_user_namespaces") == "0":
        why, cure = "user namespaces are off", "sysctl -w user.max_user_namespaces=15000"
    else:
        why = "this machine forbids it, as containers usually do: use a virtual or real machine"
        cure = ""
    return Trial(False, f"bubblewrap cannot make a sandbox: {why} ({first}).", cure)


def require() -> None:
    """Errors: Unavailable with the sentence and the cure when sandboxes do not work here."""
    trial = tried()
    if not trial.works:
        cure = f" Cure: {trial.cure}" if trial.cure else ""
        raise Unavailable(trial.say + cure, code="no_sandbox")


def _missing() -> Trial:
    return Trial(
        False,
        "bubblewrap (bwrap) is not installed; without it no workspace can be isolated, and nothing"
        " runs. Install it: apt-get install bubblewrap",
        "apt-get install bubblewrap",
    )


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _setting(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""

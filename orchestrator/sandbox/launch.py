"""The last steps before bubblewrap: stage the sources, give up every right, keep no descriptor.

Runs as a file of its own (`python -I -S launch.py ORDER`) with the standard library only, so that
what happens as root can be read in one sitting. Started as root it makes a private mount
namespace, in which the sources lie at a place that the target uid can reach, because bubblewrap
runs as that uid and could not pass a folder of mode 0700. Started as an ordinary user it stages
nothing and keeps the uid.

The order is a JSON file with `program`, `arguments`, `command`, `sources`, `stage`, `uid`, `gid`,
`limits`, `groups`, `filters`, `texts`, `keep`, `first` and `umask`; `run.order` writes it and
`spawn.start` adds `parent`, the process with which the sandbox must die.
"""

import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import stat
import sys
from typing import Any

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_SLAVE = 0x1000, 0x4000, 0x80000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 0x2, 0x4, 0x8
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38

_libc = ctypes.CDLL(None, use_errno=True)


def main(order_file: str) -> None:
    """Follow the order; never returns."""
    with open(order_file, encoding="utf-8") as file:
        order = json.load(file)
    parent = order.get("parent") or os.getppid()
    for group in order["groups"]:
        with open(group, "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
    if order["stage"]:
        stage(order["stage"], order["sources"])
    limit(order["limits"])
    drop(order["uid"], order["gid"])
    check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "die with the parent")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)  # the parent died before the line above
    os.umask(order["umask"])
    list_descriptor = place(order)
    os.execve(  # noqa: S606 - the program and its arguments come from the engine
        order["program"],
        [order["program"], "--args", str(list_descriptor), "--", *order["command"]],
        {},
    )


def stage(folder: str, sources: list[str]) -> None:
    """Bind every source to `folder`/<n> in a mount namespace that nobody else sees."""
    check(_libc.unshare(_CLONE_NEWNS), "make a mount namespace")
    # slave, not private: a file system that the host unmounts must not be held by us
    mount("none", "/", _MS_REC | _MS_SLAVE)
    # opened in the new namespace, or the kernel refuses to bind them; before /tmp is covered
    opened = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source in sources]
    mount("tmpfs", folder, _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "tmpfs", "mode=0711,size=1m")
    for number, descriptor in enumerate(opened):
        target = f"{folder}/{number}"
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        mount(f"/proc/self/fd/{descriptor}", target, _MS_BIND | _MS_REC)
        os.close(descriptor)


def mount(source: str, target: str, flags: int, kind: str = "", data: str = "") -> None:
    """Call mount(2)."""
    check(
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount on {target}",
    )


def limit(limits: dict[str, int]) -> None:
    """Set soft and hard limits, never above what we have ourselves."""
    for name, value in limits.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def drop(uid: int | None, gid: int) -> None:
    """Become the target for good; None keeps an ordinary user as it is."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid):
            raise OSError("the identity did not change")
    if os.geteuid() == 0:
        raise OSError("a sandbox is never started as root")
    check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")


def place(order: dict[str, Any]) -> int:
    """Put kept descriptors from 3 on, filters, texts and arguments from `first` on; close the rest.

    Shape: answers the number of the arguments' descriptor.
    """
    contents = [base64.b64decode(part) for part in order["filters"]]
    contents += [text.encode() for text in order["texts"]]
    contents.append("\0".join(order["arguments"]).encode())
    sources: list[int] = [*order["keep"], *(written(content) for content in contents)]
    first: int = order["first"]
    targets = [*range(3, 3 + len(order["keep"])), *range(first, first + len(contents))]
    high = 1 + max(*sources, *targets)
    for number, source in enumerate(sources, high):
        os.dup2(source, number)  # out of the way first: a source may sit on another's target
    for number, target in enumerate(targets, high):
        os.dup2(number, target, inheritable=True)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in {0, 1, 2, *targets}:
            with contextlib.suppress(OSError):  # one of them is the listing's own
                os.close(int(name))
    last: int = targets[-1]
    return last


def written(content: bytes) -> int:
    """Answer a descriptor from which the content can be read."""
    descriptor = os.memfd_create("order")
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def check(result: int, what: str) -> None:
    """Raise with the system's words when a call failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (OSError, ValueError, KeyError) as problem:
        print(f"launch: {problem}", file=sys.stderr)  # noqa: T201 - the caller reads this line
        sys.exit(125)

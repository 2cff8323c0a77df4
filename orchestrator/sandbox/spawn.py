"""Start a sandbox from its order and end it; all that a keeper needs, and nothing else."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from orchestrator.errors import Unavailable
from orchestrator.sandbox import launch

Output = int | IO[bytes]


@dataclass(frozen=True)
class Identity:
    """The host's uid and gid of one sandbox; only root can give one."""

    uid: int
    gid: int


def start(
    written: dict[str, object],
    *,
    stdin: Output = subprocess.DEVNULL,
    stdout: Output = subprocess.DEVNULL,
    stderr: Output = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a sandbox from its order; it dies with the thread that called this.

    Errors: Unavailable when the machine cannot start another process.
    """
    descriptor = os.memfd_create("order")
    try:
        with os.fdopen(os.dup(descriptor), "w") as file:
            json.dump({**written, "parent": os.getpid()}, file)
        kept = written["keep"]
        assert isinstance(kept, list)
        return subprocess.Popen(
            launcher(f"/proc/self/fd/{descriptor}"),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(descriptor, *kept),
            env={},
            cwd="/",
        )
    except OSError as problem:
        raise Unavailable(f"No sandbox can be started now: {problem.strerror}.") from problem
    finally:
        os.close(descriptor)


def launcher(order_file: str) -> list[str]:
    """Answer the command that starts the sandbox of an order file."""
    return [sys.executable, "-I", "-S", str(Path(launch.__file__).absolute()), order_file]


def end(process: subprocess.Popen[bytes]) -> int:
    """Kill a sandbox with everything in it, wait until nothing of it runs, answer its status.

    Its outer process is stopped first: killed while it sets up, it would leave an inner one that
    does not yet die with it.
    """
    process.send_signal(signal.SIGSTOP)
    if process.returncode is not None:
        return process.returncode  # reaped: its number may belong to somebody else by now
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    inner = [descriptor for child in _children(process.pid) for descriptor in _held(child)]
    try:
        process.kill()
        for descriptor in inner:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        status = process.wait()
        for descriptor in inner:
            _wait_gone(descriptor)
    finally:
        for descriptor in inner:
            os.close(descriptor)
    return status


def sweep(uid: int) -> None:
    """Kill every process of a uid that only one sandbox has, and wait until all are gone."""
    while found := [pid for pid in _all() if _owner(pid) == uid]:
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _owner(pid: int) -> int | None:
    """Answer the real uid of a living process."""
    try:
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
    except (OSError, ValueError):
        return None
    return None if status["State"].split()[0] in "ZX" else int(status["Uid"].split()[0])


def _held(pid: int) -> list[int]:
    try:
        return [os.pidfd_open(pid)]
    except ProcessLookupError:
        return []


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _wait_gone(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    poller.poll(10_000)

"""Start a sandbox from its order and end it; all that a keeper needs, and nothing else."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
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
            json.dump(written, file)
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
    """Kill a sandbox with everything in it, wait until nothing of it runs, answer its status."""
    if process.returncode is not None:
        return process.returncode  # reaped: its number may belong to somebody else by now
    inner = [os.pidfd_open(child) for child in _children(process.pid) if _exists(child)]
    try:
        if process.poll() is None:
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


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _wait_gone(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    poller.poll(10_000)

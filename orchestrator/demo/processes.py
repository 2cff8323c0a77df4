"""Starts and ends the processes of the demo, each with its log, each in its own session."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from orchestrator.errors import Unavailable


class Processes:
    """The processes of one demo, by name; ended in reverse order of their start."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        """Logs go to `logs/<name>.log`; all processes share `environment`."""
        self._logs = logs
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *arguments: str) -> None:
        """Start `tre <arguments>` under a name."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "orchestrator.cli.main", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )

    def alive(self, name: str) -> bool:
        """Whether the process of that name still runs."""
        return self._running[name].poll() is None

    def pid(self, name: str) -> int:
        """The process id of that name."""
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End one process at once, as a crash would."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str, seconds: float = 10) -> None:
        """Ask one process to end, then insist."""
        process = self._running.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        """End all, last started first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def await_port(self, name: str, port: int, seconds: float = 30) -> None:
        """Wait until a process listens.

        Errors: Unavailable with the end of its log when it ends or takes too long.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if not self.alive(name):
                break
            time.sleep(0.05)
        raise Unavailable(f"{name} did not come up on port {port}.\n{self.last_words(name)}")

    def names(self) -> list[str]:
        """Which processes run, in the order of their start."""
        return list(self._running)

    def last_words(self, name: str, lines: int = 15) -> str:
        """The end of a process's log."""
        path = self._logs / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of loopback."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0

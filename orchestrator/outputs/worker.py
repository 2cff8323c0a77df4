"""One half of the check worker as the only process of a pod: one request, then it ends.

`python -m orchestrator.outputs.worker ROLE PORT` waits for one connection, takes the files of one
job, runs the opener or the judge on them as a process of its own, sends back what that left when it
ended well, and ends. A second connection is never taken: nothing of one job meets the next.
"""

import argparse
import socket
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from orchestrator.outputs import frames

WORK = Path("/work")
LARGEST = 1 << 40
"""More than any job: what bounds it is the folder, which lies in the pod's own memory."""

_ARGUMENTS = {
    "opener": ("--job", "job", "--out", "out"),
    "judge": ("--job", "job", "--forms", "in", "--index", "index", "--out", "out"),
}
_FOLDERS = ("job", "job/files", "in", "index", "out")


def serve(role: str, port: int, work: Path = WORK) -> None:
    """Serve one request; whatever goes wrong ends the connection without results."""
    with socket.create_server(("", port), family=_family(), dualstack_ipv6=_dual()) as listening:
        connection, _ = listening.accept()
    with connection, connection.makefile("rb") as incoming:
        take(incoming, work)
        if run(role, work):
            with connection.makefile("wb") as outgoing:
                give(outgoing, work / "out")


def take(stream: BinaryIO, work: Path) -> None:
    """Lay the files of a job into the folders where its program looks.

    Errors: Invalid for a name that would lie elsewhere.
    """
    for folder in _FOLDERS:
        (work / folder).mkdir(parents=True, exist_ok=True)
    for name, blocks in frames.read(stream, LARGEST):
        place = (work / name.lstrip("/")).resolve()
        if not place.is_relative_to(work.resolve()):
            raise ValueError("a file of a job lies in one of its folders")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            for block in blocks:
                file.write(block)


def run(role: str, work: Path) -> bool:
    """Run the program and say whether it ended well."""
    module = f"orchestrator.outputs.{role}"
    command = [sys.executable, "-m", module, *_ARGUMENTS[role]]
    done = subprocess.run(command, cwd=work, check=False, stdin=subprocess.DEVNULL)
    return done.returncode == 0


def give(stream: BinaryIO, out: Path) -> None:
    """Send what lies in a folder."""
    for place in sorted(out.iterdir()):
        with place.open("rb") as file:
            frames.write(stream, place.name, file, place.stat().st_size)
    frames.end(stream)


def _family() -> socket.AddressFamily:
    return socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET


def _dual() -> bool:
    return socket.has_dualstack_ipv6()


def main() -> None:
    """Serve the one request of this pod."""
    parser = argparse.ArgumentParser(description="One opener or judge for one request.")
    parser.add_argument("role", choices=sorted(_ARGUMENTS))
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    serve(given.role, given.port)


if __name__ == "__main__":
    main()

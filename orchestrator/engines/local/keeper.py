"""The keeper: one process that owns one sandbox and its sockets, and outlives engine and hub.

`python -m orchestrator.engines.local.keeper FOLDER` with the order on standard input. It answers
one JSON line when the sandbox was started (or could not be), goes on in the background, and ends
with the sandbox; a sandbox never outlives its keeper. It reads no setting and knows no database.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.errors import TreError
from orchestrator.sandbox import spawn
from orchestrator.sandbox.durable import replace
from orchestrator.sandbox.limits import Group

_BLOCK = 1 << 16
_CONNECTIONS = 128  # at one door at the same time
_WATCH_SECONDS = 0.5
_MODE_ROLES = 0o660


@dataclass
class Keep:
    """What one keeper holds while it runs."""

    folder: Path
    order: Mapping[str, Any]
    process: subprocess.Popen[bytes] | None = None
    listening: socket.socket | None = None
    life: int = -1
    open_doors: bool = True
    connections: set[asyncio.StreamWriter] = field(default_factory=set)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""


def main(folder: Path) -> int:
    """Take the order, go into the background, keep the sandbox to its end."""
    order = json.load(sys.stdin)
    if os.fork():
        os._exit(0)  # the engine waits for the answer, not for us, and adopts no zombie
    os.setsid()
    lock = (folder / "keeper.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _answer({"error": "This server has a keeper already."})
        return 1
    return asyncio.run(keep(Keep(folder, order)))


async def keep(held: Keep) -> int:
    """Make the sockets, start the sandbox, serve doors and control until it ends."""
    try:
        if held.order["listen"]:
            held.listening = _listening(held)
        servers = [await _door(held, name, to) for name, to in held.order["doors"].items()]
        control = await asyncio.start_unix_server(
            _control(held), sock=_bound(held.folder / "keeper.sock")
        )
        _start(held)
    except (OSError, TreError) as problem:
        _answer({"error": str(problem)})
        return 1
    _answer({"pid": os.getpid()})
    tasks = [asyncio.create_task(_watch(held)), asyncio.create_task(_write_log(held))]
    await held.ended.wait()
    for server in (*servers, control):
        server.close()
    _close_connections(held)
    await asyncio.wait(tasks, timeout=2)
    _finish(held)
    return 0


def _start(held: Keep) -> None:
    """Start the sandbox from this thread, which lives as long as the keeper: it must not outlive
    the thread that started it."""
    launch = dict(held.order["launch"])
    life, held.life = os.pipe()  # closed by our death, whatever the cause
    launch["keep"] = [life] if held.listening is None else [life, held.listening.fileno()]
    (held.folder / "exit.json").unlink(missing_ok=True)
    process = spawn.start(launch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    held.process = process
    os.close(life)
    if held.listening is not None:
        held.listening.close()
    facts = {
        **held.order["facts"],
        "pid": os.getpid(),
        "started": started(os.getpid()),
        "sandbox": process.pid,
        "sandbox_started": started(process.pid),
    }
    replace(held.folder / "keeper.json", json.dumps(facts))


def started(pid: int) -> int | None:
    """Answer a process's start time in clock ticks, None when it is gone or only waits to be.

    With the pid it names one process for good: pids come again, start times do not.
    """
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else int(words[19])


def _listening(held: Keep) -> socket.socket:
    """Make the server's socket; the sandbox gets the descriptor and never sees the file."""
    made = _bound(held.folder / "server.sock")
    group = held.order["roles_gid"]
    if group is not None:
        os.chown(held.folder / "server.sock", -1, group)
        (held.folder / "server.sock").chmod(_MODE_ROLES)
    return made


async def _door(held: Keep, name: str, target: str) -> asyncio.Server:
    """Listen on one door; only the sandbox's uid may connect."""
    path = held.folder / "doors" / name
    made = _bound(path)
    if held.order["uid"] is not None:
        os.chown(path, held.order["uid"], -1)
    return await asyncio.start_unix_server(_pump_to(held, target), sock=made)


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    path.chmod(0o600)
    made.listen(64)
    return made


def _pump_to(held: Keep, target: str) -> Callable[..., Any]:
    """Answer a handler that joins a door's connection to the process behind it, byte by byte.

    Descriptors sent along are dropped: streams read without room for them.
    """

    async def handle(near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        if not held.open_doors or len(held.connections) >= _CONNECTIONS:
            out.close()
            return
        try:
            far, to = await asyncio.open_unix_connection(target)
        except OSError:
            out.close()
            return
        held.connections |= {out, to}
        try:
            await asyncio.gather(_pump(near, to), _pump(far, out))
        finally:
            held.connections -= {out, to}
            out.close()
            to.close()

    return handle


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _control(held: Keep) -> Callable[..., Any]:
    """Answer the handler of the control socket: one JSON line in, one out."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError):
            answer = _obey(held, str(json.loads(await reader.readline())["do"]))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    return handle


def _obey(held: Keep, word: str) -> dict[str, object]:
    match word:
        case "stop":
            _end(held, "stopped")
        case "close-doors":
            held.open_doors = False
            _close_connections(held)
        case "open-doors":
            held.open_doors = True
        case "status":
            pass
        case _:
            return {"error": "unknown word"}
    return {
        "running": not held.ended.is_set(),
        "doors": held.open_doors,
        "connections": len(held.connections) // 2,
    }


def _close_connections(held: Keep) -> None:
    for writer in tuple(held.connections):
        writer.transport.abort()


def _end(held: Keep, why: str) -> None:
    """Kill the sandbox; when this returns nothing of it runs."""
    assert held.process is not None
    spawn.end(held.process)
    held.why = held.why or why
    held.ended.set()


async def _watch(held: Keep) -> None:
    """Notice the sandbox's end, and end it before it fills a disk that it shares with others."""
    assert held.process is not None
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(held.process.pid)
    gone = asyncio.Event()
    loop.add_reader(descriptor, gone.set)
    try:
        while not (gone.is_set() or held.ended.is_set()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), _WATCH_SECONDS)
            if not gone.is_set() and _disk_low(held.order["reserve"]):
                _end(held, "the disk is nearly full")
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    _end(held, "ended")


def _disk_low(reserve: Mapping[str, Any] | None) -> bool:
    if reserve is None:
        return False
    disk = os.statvfs(reserve["folder"])
    return disk.f_bavail * disk.f_frsize < int(reserve["bytes"])


async def _write_log(held: Keep) -> None:
    """Write the sandbox's output to a file that keeps the newest part and cannot grow."""
    assert held.process is not None
    assert held.process.stdout is not None
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), held.process.stdout
    )
    log, cap = held.folder / "output.log", int(held.order["log_bytes"])
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    size = 0
    while block := await reader.read(_BLOCK):
        if size + len(block) > cap:
            os.replace(log, log.with_suffix(".old"))
            os.close(descriptor)
            descriptor, size = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 0
        size += os.write(descriptor, block[-cap:])
    os.close(descriptor)


def _finish(held: Keep) -> None:
    """Leave the exit status and nothing else that could be taken for a running server."""
    assert held.process is not None
    facts = {"exit": held.process.returncode, "why": held.why}
    replace(held.folder / "exit.json", json.dumps(facts))
    for name in ("server.sock", "keeper.sock", "keeper.json"):
        (held.folder / name).unlink(missing_ok=True)
    Group(tuple(Path(folder) for folder in held.order["groups"])).remove()


def _answer(facts: Mapping[str, object]) -> None:
    """Say the one line that the engine waits for, then let go of its descriptors."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(facts).encode() + b"\n")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.exit(main(Path(sys.argv[1])))

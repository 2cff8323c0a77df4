"""The first program inside a sandbox: standard library only, run by the image's own python.

It joins the doors to the sandbox's loopback, starts the command and ends with its status:
`inside.py [--life FD] [--golden FILE] [--limit NAME=N] [--listen FD=PORT] [--forward PORT=PATH] …
-- COMMAND …`.
`--life FD` ends everything when the other end of that pipe is closed: its holder is gone.
`--golden` compares what is here with what should be, and starts nothing when there is more.
`--listen` takes connections from a socket that was made outside and handed in; `--forward` joins a
loopback port to a door. Without either it becomes the command itself.
"""

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable

_BLOCK = 1 << 16
_PATIENCE_SECONDS = 15.0
Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def main(words: list[str]) -> int:
    """Read the words, set limits, join the doors, run the command."""
    cut = words.index("--")
    options = list(zip(words[:cut:2], words[1:cut:2], strict=True))
    for name, value in options:
        if name == "--golden" and (found := surplus(value)):
            sys.stderr.write(f"inside: refused to start, beyond the list: {'; '.join(found)}\n")
            return 126
        if name == "--limit":
            limit(*value.split("=", 1))
    doors = [
        (name, value) for name, value in options if name in ("--life", "--listen", "--forward")
    ]
    if not doors:
        os.execvp(words[cut + 1], words[cut + 1 :])  # noqa: S606
    return asyncio.run(serve(doors, words[cut + 1 :]))


def surplus(file: str) -> list[str]:
    """Compare mounts, environment, descriptors, interfaces and rights with the golden lists."""
    with open(file, encoding="utf-8") as lists:
        golden = json.load(lists)
    status = dict(line.split(":", 1) for line in lines("/proc/self/status"))
    rights = [status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")]
    found: dict[str, list[str] | list[int]] = {
        "mounts": [shown(line.split()) for line in lines("/proc/self/mountinfo")],
        "environment": list(os.environ),
        "descriptors": [n for n in map(int, os.listdir("/proc/self/fd")) if is_open(n)],
        "interfaces": [name for _, name in socket.if_nameindex()],
    }
    more = {kind: [item for item in found[kind] if item not in golden[kind]] for kind in found}
    extra = [f"{kind} {items}" for kind, items in more.items() if items]
    held = [] if not any(int(value, 16) for value in rights) else [f"capabilities {rights}"]
    if (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) != ("1", "2"):
        held.append("new privileges, or no filter")
    return extra + held


def shown(words: list[str]) -> str:
    """Spell one mount as the golden list does."""
    flags = [flag for flag in words[5].split(",") if flag in ("ro", "rw", "nosuid", "nodev")]
    return " ".join([words[4], *flags])


def lines(file: str) -> list[str]:
    """Read the lines of a file."""
    with open(file, encoding="utf-8") as opened:
        return opened.read().splitlines()


def is_open(number: int) -> bool:
    """Say whether a descriptor is open; the one that listed them is not any more."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def limit(name: str, value: str) -> None:
    """Set a limit that counts from here on; inside a user namespace processes count by sandbox."""
    which = getattr(resource, f"RLIMIT_{name}")
    hard = resource.getrlimit(which)[1]
    wanted = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
    resource.setrlimit(which, (wanted, wanted))


async def serve(doors: list[tuple[str, str]], command: list[str]) -> int:
    """Join every door, then run the command to its end."""
    loop = asyncio.get_running_loop()
    for name, value in doors:
        if name == "--life":
            loop.add_reader(int(value), os._exit, 137)
    servers = [await joined(name, value) for name, value in doors if name != "--life"]
    child = await asyncio.create_subprocess_exec(*command)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pass_on, child, number)
    status = await child.wait()
    for server in servers:
        server.close()
    return status if status >= 0 else 128 - status


def pass_on(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Hand a signal to the command, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


async def joined(name: str, value: str) -> asyncio.Server:
    """Start one forwarder."""
    left, right = value.split("=", 1)
    if name == "--listen":
        listening = socket.socket(fileno=int(left))
        return await asyncio.start_unix_server(pump_to(Command(int(right)).dial), sock=listening)
    return await asyncio.start_server(
        pump_to(lambda: asyncio.open_unix_connection(right)), "127.0.0.1", int(left)
    )


class Command:
    """The command's own port. Until it answers for the first time, callers wait for it.

    Whoever asks whether the command is up learns so at once, not at the next of ever rarer tries.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._patience = _PATIENCE_SECONDS

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect, with patience before the first success only."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                connection = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                if loop.time() > until:
                    raise
                await asyncio.sleep(0.05)
            else:
                self._patience = 0.0
                return connection


def pump_to(dial: Dial) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Answer a handler that joins each connection to a freshly dialled one."""

    async def handle(near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            far, to = await dial()
        except OSError:
            out.close()
            return
        await asyncio.gather(pump(near, to), pump(far, out))
        for writer in (to, out):
            writer.close()

    return handle


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction, then pass its end on."""
    with contextlib.suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

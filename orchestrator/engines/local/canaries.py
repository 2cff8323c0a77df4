"""What a proof sets up on the host so that a way out would be noticed: canaries and decoys.

A canary answers with what it heard and remembers it. Everything ends with the `with` block.
"""

import contextlib
import ctypes
import itertools
import os
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from orchestrator.engines import probe
from orchestrator.sandbox.spawn import Identity

PORTS = (22, 25, 53, 80, 443, 853)
_IPC_CREAT, _IPC_RMID = 0o1000, 0

_libc = ctypes.CDLL(None, use_errno=True)


class Canaries:
    """Echoing sockets on the host; `heard` answers whether one of them heard a token."""

    def __init__(self) -> None:
        """Start listening to nothing."""
        self._selector = selectors.DefaultSelector()
        self._heard: list[bytes] = []
        self._stop, self._stopper = socket.socketpair()
        self._selector.register(self._stop, selectors.EVENT_READ, "stop")
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and close everything."""
        self._stopper.send(b"x")
        self._thread.join()
        for key in tuple(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._stopper.close()
        self._selector.close()

    def tcp(self, host: str, port: int = 0, family: int = socket.AF_INET) -> int | None:
        """Listen on a TCP port, any free one for 0; answer it, or None where it cannot be."""
        return self._network(host, port, family, socket.SOCK_STREAM)

    def udp(self, host: str, port: int = 0, family: int = socket.AF_INET) -> int | None:
        """The same for UDP."""
        return self._network(host, port, family, socket.SOCK_DGRAM)

    def unix(self, path: str) -> None:
        """Listen on a unix socket that everybody may use; a leading @ means an abstract name."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.bind("\0" + path[1:] if path.startswith("@") else path)
        if not path.startswith("@"):
            Path(path).chmod(0o666)
        self._listen(made)

    def heard(self, token: str) -> bool:
        """Say whether any canary heard this token."""
        return any(token.encode() in said for said in tuple(self._heard))

    def _network(self, host: str, port: int, family: int, kind: int) -> int | None:
        made = socket.socket(family, kind)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((host, port))
        except OSError:
            made.close()
            return None
        number = int(made.getsockname()[1])
        self._listen(made)
        return number

    def _listen(self, made: socket.socket) -> None:
        made.setblocking(False)
        if made.type == socket.SOCK_STREAM:
            made.listen(64)
            self._selector.register(made, selectors.EVENT_READ, "accept")
        else:
            self._selector.register(made, selectors.EVENT_READ, "datagram")

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                assert isinstance(key.fileobj, socket.socket)
                if key.data == "stop":
                    return
                with contextlib.suppress(OSError):
                    self._answer(key.fileobj, key.data)

    def _answer(self, ready: socket.socket, kind: str) -> None:
        if kind == "accept":
            made, _ = ready.accept()
            made.settimeout(1)
            self._selector.register(made, selectors.EVENT_READ, "stream")
            return
        said, sender = ready.recvfrom(1000)
        self._heard.append(said)
        if kind == "datagram":
            ready.sendto(said, sender)
            return
        with contextlib.suppress(OSError):
            ready.sendall(said)
        self._selector.unregister(ready)
        ready.close()


def addresses() -> tuple[list[str], list[str]]:
    """Answer the host's own addresses, loopback first: IPv4 and IPv6, without link-local ones."""
    four, six = ["127.0.0.1"], []
    for line in _lines("/proc/net/if_inet6"):
        text = line.split()[0]
        address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(text))
        if not address.startswith("fe80"):
            six.append(address)
    lines = [line.split() for line in _lines("/proc/net/fib_trie")]
    for before, words in itertools.pairwise(lines):
        if words[:2] == ["/32", "host"] and words[2:3] == ["LOCAL"]:
            four.append(before[1])
    return list(dict.fromkeys(four)), list(dict.fromkeys(six))


@contextlib.contextmanager
def decoys(identity: Identity | None) -> Iterator[dict[str, str | int]]:
    """Put things on the host that only a broken wall would show; answer where they are.

    Shape: `folder` is open to every uid and holds `secret`; `shm` names a file in /dev/shm;
    `shm_key` a System V segment and queue; `victim` is on the command line of a process that runs
    under the sandbox's own host uid, so that only the namespaces are between the two.
    Every name begins with `tre-proof-` and the number of the process that proves.
    """
    name = f"tre-proof-{os.getpid()}-{secrets.token_hex(6)}"
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o755)
    (folder / "secret").write_text("another project's file\n")
    shared = Path("/dev/shm") / name  # noqa: S108 - a decoy
    shared.write_text("x")
    key = secrets.randbelow(1 << 30) + 1
    segment = _libc.shmget(key, 4096, _IPC_CREAT | 0o666)
    queue = _libc.msgget(key, _IPC_CREAT | 0o666)
    victim = _victim(name, identity)
    try:
        yield {
            "folder": str(folder),
            "secret": str(folder / "secret"),
            "shm": str(shared),
            "shm_key": key,
            "victim": name,
        }
    finally:
        victim.kill()
        victim.communicate()
        _libc.shmctl(segment, _IPC_RMID, None)
        _libc.msgctl(queue, _IPC_RMID, None)
        shared.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _victim(name: str, identity: Identity | None) -> subprocess.Popen[bytes]:
    """Start a process that waits; it ends with us even if we are killed, because its input ends."""
    command = ["/bin/sh", "-c", "read -r line", name]
    if identity is None:
        return subprocess.Popen(command, stdin=subprocess.PIPE)
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, user=identity.uid, group=identity.gid, extra_groups=[]
    )


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []


def control_command() -> list[str]:
    """Answer the command that runs the probe outside, unpoliced."""
    return [sys.executable, "-I", "-S", str(Path(probe.__file__))]

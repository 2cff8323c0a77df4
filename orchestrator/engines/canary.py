"""A canary in a pod: it answers whoever comes, remembers what was said, and tells who may ask.

Standard library only; `canary.py PLAN` beside `probe.py` in the workspace image. The same program
is what a proof's own pods do after their attempts: they listen as a notebook server would, and one
of them holds a connection until it dies.

Shape of a plan: `tcp` and `udp` are ports that must be had, `more_tcp` and `more_udp` ports that a
pod may be refused; `ask` is a TCP port at which the counts of tokens are told; `hold` is the host,
the port and the token of a connection, and `seconds` how long it is held at most.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from typing import Any

Plan = dict[str, Any]

LAST_WORDS = "/dev/termination-log"
DEAF = 5
"""Exit status of a canary that cannot hear itself."""

_MOST = 10_000
_ECHO_SECONDS, _BETWEEN_SECONDS = 2.0, 0.1
_SOMEWHERE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}


class Ears:
    """What was heard, counted; bounded, because whoever speaks may be hostile."""

    def __init__(self) -> None:
        self._said: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def hear(self, said: bytes) -> None:
        """Count one message."""
        with self._lock:
            if said in self._said or len(self._said) < _MOST:
                self._said[said] += 1

    def counts(self, tokens: list[str]) -> list[int]:
        """Answer how many messages held each token."""
        with self._lock:
            heard = list(self._said.items())
        return [sum(n for said, n in heard if token.encode() in said) for token in tokens]


def listen(kind: socket.SocketKind, port: int) -> socket.socket:
    """Listen on a port in both families, or in the one that there is."""
    for family, host in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):  # noqa: S104
        made = socket.socket(family, kind)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            made.bind((host, port))
        except OSError:
            made.close()
            continue
        if kind == socket.SOCK_STREAM:
            made.listen(128)
        return made
    raise OSError(f"port {port} cannot be had")


def streams(listening: socket.socket, ears: Ears) -> None:
    """Echo every connection, each in a thread of its own."""
    while True:
        made, _ = listening.accept()
        threading.Thread(target=echo, args=(made, ears), daemon=True).start()


def echo(made: socket.socket, ears: Ears) -> None:
    """Give back what is said until nothing comes for a while."""
    with made, contextlib.suppress(OSError):
        made.settimeout(60)
        while said := made.recv(200):
            ears.hear(said)
            made.sendall(said)


def datagrams(listening: socket.socket, ears: Ears) -> None:
    """Echo every datagram."""
    while True:
        with contextlib.suppress(OSError):
            said, sender = listening.recvfrom(1000)
            ears.hear(said)
            listening.sendto(said, sender)


def told(listening: socket.socket, ears: Ears) -> None:
    """Tell how often tokens were heard, to whoever asks with a line of them."""
    while True:
        made, _ = listening.accept()
        with made, contextlib.suppress(OSError, ValueError):
            made.settimeout(5)
            with made.makefile("r", encoding="utf-8") as asked:
                tokens = json.loads(asked.readline(20_000))
            made.sendall(json.dumps(ears.counts(tokens)).encode() + b"\n")


def hears_itself(port: int) -> bool:
    """Say whether a connection to our own address comes through, as another pod's would."""
    heard = False
    for family, somewhere in _SOMEWHERE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as looking:
            looking.connect(somewhere)  # sends nothing: the kernel chooses our address
            mine = looking.getsockname()[0]
            with socket.create_connection((mine, port), timeout=2) as made:
                made.sendall(b"myself")
                heard = made.recv(20) == b"myself"
                if not heard:
                    return False
    return heard


def hold(host: str, port: int, token: str, seconds: float) -> dict[str, Any]:
    """Say a token again and again over one connection until no answer comes, or time is up."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and count == 0:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((host, port), timeout=1) as made,
        ):
            made.settimeout(_ECHO_SECONDS)
            while time.monotonic() < until:
                made.sendall(token.encode())
                if not made.recv(200):
                    break
                count += 1
                time.sleep(_BETWEEN_SECONDS)
            else:
                return {"echoes": count, "ended": False}
        time.sleep(_BETWEEN_SECONDS)
    return {"echoes": count, "ended": count > 0}


def begin(plan: Plan, ears: Ears) -> None:
    """Start every listener of a plan."""
    for kind, needed, wished, act in (
        (socket.SOCK_STREAM, "tcp", "more_tcp", streams),
        (socket.SOCK_DGRAM, "udp", "more_udp", datagrams),
    ):
        for port in plan.get(needed, ()):
            threading.Thread(target=act, args=(listen(kind, port), ears), daemon=True).start()
        for port in plan.get(wished, ()):
            with contextlib.suppress(OSError):
                threading.Thread(target=act, args=(listen(kind, port), ears), daemon=True).start()
    if "ask" in plan:
        asked = listen(socket.SOCK_STREAM, plan["ask"])
        threading.Thread(target=told, args=(asked, ears), daemon=True).start()


def main() -> int:
    """Listen until told to end; hold a connection where the plan says so and end with it."""
    plan: Plan = json.loads(sys.argv[1])
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    begin(plan, Ears())
    if not all(hears_itself(port) for port in plan["tcp"]):
        return DEAF
    if "hold" in plan:
        host, port, token = plan["hold"]
        found = hold(host, port, token, plan["seconds"])
        with open(LAST_WORDS, "w", encoding="utf-8") as file:
            file.write(json.dumps(found))
        return 0
    ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

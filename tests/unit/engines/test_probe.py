"""What the probe tries by datagrams, against an answerer that loses some."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orchestrator.engines import probe

PLAN = {"token": "a-token-of-one-run"}


@contextmanager
def losing(first: int) -> Iterator[int]:
    """Echo every datagram but the first few; answer the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))

        def serve() -> None:
            for turn in range(first + 1):
                said, who = made.recvfrom(500)
                if turn == first:
                    made.sendto(said, who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield made.getsockname()[1]


def test_a_lost_datagram_is_no_wall() -> None:
    """A control that loses one would call a way closed that is open, or a house unproved."""
    with losing(2) as port:
        assert probe.udp(PLAN, "127.0.0.1", port)[0]
    with losing(1) as port:
        assert probe.dns(PLAN, "127.0.0.1", port)[0]


def test_silence_is_a_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends, in the time that one attempt has."""
    monkeypatch.setattr(probe, "SECONDS", 0.8)
    with losing(9) as port, pytest.raises(TimeoutError):
        probe.udp(PLAN, "127.0.0.1", port)


PING = """
import fcntl, pathlib, socket, struct, sys, threading
from orchestrator.engines import probe
ignored = pathlib.Path("/proc/sys/net/ipv4/icmp_echo_ignore_all")
pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
probe.SECONDS = 2.0
with socket.socket() as made:  # bring the loopback up: SIOCSIFFLAGS, IFF_UP
    fcntl.ioctl(made, 0x8914, struct.pack("16sh14x", b"lo", 1))
ignored.write_text("1")
if sys.argv[1] == "first":
    threading.Timer(0.2, lambda: ignored.write_text("0")).start()
try:
    print(probe.ping({"token": "a-token-of-one-run"}, "127.0.0.1", socket.SOCK_DGRAM)[1])
except probe.Refused as error:
    print(error)
"""


@pytest.mark.parametrize(("lost", "said"), [("first", "an echo came back"), ("all", "no echo")])
def test_a_lost_echo_is_no_wall(lost: str, said: str) -> None:
    """In a network of its own, whose kernel answers no echo at first, or none at all."""
    command = ["unshare", "-rn", sys.executable, "-c", PING, lost]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (said, "")

"""What the probe tries by datagrams, against an answerer that loses some."""

import socket
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

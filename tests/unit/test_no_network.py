"""The guard of all tests: nothing reaches another machine."""

import asyncio
import socket

import pytest

ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: documentation, never anybody


def test_another_machine_is_out_of_reach() -> None:
    """Blocking, non-blocking and through asyncio."""
    with socket.socket() as one, pytest.raises(RuntimeError, match="this machine only"):
        one.connect(ELSEWHERE)
    with socket.socket() as two, pytest.raises(RuntimeError, match="this machine only"):
        two.connect_ex(ELSEWHERE)
    with socket.socket(socket.AF_INET6) as three, pytest.raises(RuntimeError):
        three.connect(("2001:db8::1", 443))
    with pytest.raises(RuntimeError, match="this machine only"):
        asyncio.run(asyncio.open_connection(*ELSEWHERE))


def test_this_machine_is_in_reach() -> None:
    """Loopback and socket files."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    left, right = socket.socketpair()
    left.close()
    right.close()

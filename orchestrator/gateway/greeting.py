"""How a pod proves to be the server that was started, before anything of a person is sent to it.

Pod addresses are used again, within a second and by any project. The control plane's answer may be
older than that, so an address alone says nothing about who listens there now. Each fresh connection
therefore begins with a question that only the pod can answer that got this start's door secret:

    GET /user/<person>/.tre/whose   TRE-Challenge: <64 hexadecimal digits>
    204                             TRE-Server: HMAC-SHA256(SHA-256(secret), "tre-server " + digits)

The question carries neither token nor content. A connection that answered belongs to that pod for
as long as it lives, because another pod cannot go on with it.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import socket

from orchestrator.errors import Unavailable
from orchestrator.link.dialing import Greet

OTHER = "server_other"
LARGEST_HEAD = 4096
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_ANSWER = re.compile(rb"(?i:tre-server):[ \t]*([0-9a-f]{64})[ \t]*\Z")


def greeting(person: str, door: str) -> Greet:
    """Make the greeting of one server.

    Shape: `door` is the hexadecimal SHA-256 of its door secret.
    Errors of the greeting: Unavailable when somebody else answers, or nobody as asked.
    """
    assert _DIGEST.match(door)

    async def greet(plug: socket.socket) -> None:
        nonce = secrets.token_hex(32)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(plug, question(person, nonce))
        received = b""
        while b"\r\n\r\n" not in received:
            block = await loop.sock_recv(plug, LARGEST_HEAD)
            received += block
            if not block or len(received) > LARGEST_HEAD:
                raise _other()
        if not answers(received, door, nonce):
            raise _other()

    return greet


def question(person: str, nonce: str) -> bytes:
    """Write the question; it holds nothing that somebody else could use."""
    return (
        f"GET /user/{person}/.tre/whose HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"TRE-Challenge: {nonce}\r\n\r\n"
    ).encode()


def answers(received: bytes, door: str, nonce: str) -> bool:
    """Say whether this is the whole and right answer, with nothing behind it."""
    head, _, rest = received.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    said = [match[1] for line in lines if (match := _ANSWER.match(line))]
    if rest or not status.startswith(b"HTTP/1.1 204 ") or len(said) != 1:
        return False
    return hmac.compare_digest(said[0], proof(door, nonce).encode())


def proof(door: str, nonce: str) -> str:
    """Compute what only the server with this start's secret, and we, can say to a nonce."""
    key = bytes.fromhex(door)
    return hmac.new(key, f"tre-server {nonce}".encode(), hashlib.sha256).hexdigest()


def _other() -> Unavailable:
    return Unavailable(
        "Another server answers at this notebook server's address; nothing was sent to it. Open "
        "the project again.",
        code=OTHER,
    )

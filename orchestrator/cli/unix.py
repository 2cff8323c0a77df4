"""HTTP over a unix socket, for the operator's commands to gateway and doors."""

import http.client
import socket
from pathlib import Path


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket file instead of a host."""

    def __init__(self, path: Path, seconds: float) -> None:
        """Nothing is opened before the first request."""
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Open the socket file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, method: str, target: str, body: bytes, seconds: float = 3) -> tuple[int, bytes]:
    """Make one request and give back status and body.

    Errors: OSError or http.client.HTTPException when nobody answers.
    """
    connection = UnixConnection(path, seconds)
    try:
        connection.request(method, target, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()

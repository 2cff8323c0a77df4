"""One request of a check worker's pod: what it takes, what it gives, and what it never does."""

import io
import json
import socket
import threading
from pathlib import Path

import pytest

from orchestrator.errors import Invalid
from orchestrator.outputs import frames, worker


def _row(*files: tuple[str, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    for name, content in files:
        frames.write(stream, name, io.BytesIO(content), len(content))
    frames.end(stream)
    stream.seek(0)
    return stream


def test_what_is_sent_is_what_is_read() -> None:
    sent = [("a", b""), ("b/c", b"1" * 3_000_000), ("d", b"\n{}\n")]
    assert _read(_row(*sent), 1 << 30) == sent


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"hello\n",
        b"[]\n",
        b'{"name": "a"}\n',
        b'{"name": 1, "size": 1}\nx{}\n',
        b'{"name": "a", "size": -1}\n{}\n',
        b'{"name": "a", "size": "9"}\n{}\n',
        b'{"name": "a", "size": 5}\nabc',
        b'{"name": "a", "size": 99999}\n' + b"x" * 99999 + b"{}\n",
        b'{"name": "' + b"a" * 9000 + b'", "size": 1}\nx{}\n',
        b'{"name": "a", "size": 1}\nx',
    ],
)
def test_anything_else_is_refused(said: bytes) -> None:
    with pytest.raises(Invalid):
        _read(io.BytesIO(said), 1000)


def _read(stream: io.BytesIO, most: int) -> list[tuple[str, bytes]]:
    return [(name, b"".join(blocks)) for name, blocks in frames.read(stream, most)]


@pytest.mark.parametrize("name", ["../x", "/../x", "job/../../x", "/job/files/../../../x"])
def test_no_file_of_a_job_lies_elsewhere(tmp_path: Path, name: str) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(ValueError, match="folders"):
        worker.take(_row((name, b"x")), work)
    assert [place.name for place in tmp_path.iterdir()] == ["work"]


@pytest.mark.loopback
def test_one_request_is_served_and_no_second_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serving = threading.Thread(target=worker.serve, args=("opener", port, tmp_path))
    serving.start()
    job = json.dumps({"kind": "export", "files": [], "policy": {}}).encode()
    with _connected(port) as connection:
        with connection.makefile("wb") as outgoing:
            outgoing.write(_row(("/job/job.json", job)).getvalue())
        with connection.makefile("rb") as incoming:
            assert incoming.read() == b"", "a job that cannot be read gives nothing"
    serving.join(30)
    assert not serving.is_alive()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def _connected(port: int) -> socket.socket:
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    raise AssertionError("it does not listen")

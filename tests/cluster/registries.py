"""The reference registry for tests: on the lab's node, or on loopback, with passwords or tokens."""

import base64
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.lab.build import registry
from tests.cluster.lab.configuration import REGISTRIES
from tests.cluster.lab.instance import Instance

USER, PASSWORD = "reconciler", "made-up-for-tests"
_PASSWORDS = f"{USER}:$2b$05$5O01qeaGMsv7B7vwXO1emeiLj2kvVcvLUALjCxh4JTD7aRkmnoIA6\n"
_PORT = 5000
_UP_SECONDS = 30


@contextmanager
def on_the_node(lab: Instance, folder: Path) -> Iterator[str]:
    """A registry beside the node's own processes, from which the node alone may pull.

    Shape: answers its `host:port`; `folder` is below the lab's own, and keeps what is pushed.
    """
    program, host = registry(), f"{lab.addresses.node[0]}:{_PORT}"
    settings = _settings(folder, host, by_password(folder))
    with _running(lab.command(str(program), "serve", str(settings)), host):
        _let_pull(lab, host)
        yield host


def by_password(folder: Path) -> dict[str, Any]:
    """Let in one user by a password."""
    (folder / "passwords").write_text(_PASSWORDS)
    return {"htpasswd": {"realm": "lab", "path": str(folder / "passwords")}}


@contextmanager
def on_loopback(folder: Path, auth: dict[str, Any]) -> Iterator[str]:
    """A registry on loopback; answers its `host:port`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with _running([str(registry()), "serve", str(_settings(folder, host, auth))], host):
        yield host


def _settings(folder: Path, host: str, auth: dict[str, Any]) -> Path:
    said = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "kept")}},
        "http": {"addr": host},
        "auth": auth,
    }
    file = folder / "registry.yaml"
    file.write_text(yaml.safe_dump(said))
    return file


@contextmanager
def _running(command: list[str], host: str) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, host)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_UP_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", host: str) -> None:
    name, _, port = host.rpartition(":")
    until = time.monotonic() + _UP_SECONDS
    while True:
        assert process.poll() is None, "the registry ended at once"
        try:
            socket.create_connection((name, int(port)), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < until, "the registry does not listen"
            time.sleep(0.05)


def _let_pull(lab: Instance, host: str) -> None:
    """Give the node a password of its own, as an administrator does; no pod ever has one."""
    word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    said = (
        f'server = "http://{host}"\n[host."http://{host}"]\ncapabilities = ["pull", "resolve"]\n'
        f'[host."http://{host}".header]\nAuthorization = "Basic {word}"\n'
    )
    lab.run("mkdir", "-p", f"{REGISTRIES}/{host}")
    lab.run("tee", f"{REGISTRIES}/{host}/hosts.toml", text=said)

"""A local engine on throw-away folders with the real workspace image, and a stand-in for doors."""

import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.engines.local.engine import LocalEngine
from orchestrator.engines.local.images import ensure_image
from orchestrator.engines.local.layout import Layout
from orchestrator.settings import Settings

IMAGES = Path(__file__).parents[1] / ".tre" / "images"
"""Shared with the demonstration, so that the image is installed once on a machine."""

PROJECTS = ("alpha", "beta", "gamma", "delta", "epsilon")


def settings(folder: Path) -> Settings:
    return Settings(
        mode="test",
        state_dir=folder / "state",
        run_dir=folder / "r",
        homes_dir=folder / "homes",
        images_dir=IMAGES,
        home_quota_mb=32,
    )


def layout(folder: Path) -> Layout:
    given = settings(folder)
    return Layout(given.run, given.state_dir.absolute() / "engine", given.homes_dir.absolute())


@contextmanager
def world() -> Iterator[tuple[LocalEngine, Path]]:
    """An engine and its folder; everything that was started is ended and deleted."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    folder.chmod(0o711)
    ensure_image(settings(folder), "workspace")
    engine = LocalEngine(settings(folder))
    try:
        yield engine, folder
    finally:
        for project in PROJECTS:
            engine.remove(project)
        engine.close()
        shutil.rmtree(folder)


class HubDoor:
    """Does what the doors' process does for the hub door, without its filter: joins two sockets."""

    def __init__(self, place: Layout, project: str, person: str) -> None:
        path = Path(place.door_targets(project, person)["hub"])
        path.parent.mkdir(parents=True, exist_ok=True)
        self._to = str(place.hub_socket(project))
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                far.connect(self._to)
            except OSError:
                near.close()
                far.close()
                continue
            threading.Thread(target=_join, args=(near, far), daemon=True).start()


def _join(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(far, near), daemon=True)
    back.start()
    _pump(near, far)
    back.join()
    near.close()
    far.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look until it is so; a failure to get there is a failure of the test."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)


def running(text: str) -> list[int]:
    """The processes whose command line holds a text."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if text.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
            except OSError:
                continue
    return found

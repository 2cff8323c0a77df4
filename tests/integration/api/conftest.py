"""One installation with a bit of everything, made once; a copy and its API for each test."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.databases import a_copy
from tests.web_world import World, a_control, a_world, copied


@pytest.fixture(scope="session")
def template(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Projects, requests and snapshots in many states, and their people; on each database."""
    folder = tmp_path_factory.mktemp("api")
    with a_copy(blank, folder) as url:
        yield a_world(a_control(folder, url))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    """A copy for one test."""
    with copied(template, tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def filled(template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy for tests that only look, or only try what is refused."""
    with copied(template, tmp_path_factory.mktemp("filled")) as world:
        yield world


class Doorway:
    """A real HTTP server on loopback, in front of whichever application a test names."""

    def __init__(self) -> None:
        """Nothing behind it yet."""
        self.app: Any = None
        self.begun = self._ended = 0
        self._more = threading.Condition()
        config = uvicorn.Config(
            self._call,
            port=0,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self.port = 0

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        try:
            await self.app(scope, receive, send)
        finally:
            with self._more:
                self._ended += 1
                self._more.notify_all()

    def await_rest(self, after: int) -> None:
        """Wait until more calls have begun than `after`, and each has ended with its threads."""
        with self._more:
            assert self._more.wait_for(lambda: after < self.begun == self._ended, 60)

    def up(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.005)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def down(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture(scope="session")
def doorway() -> Iterator[Doorway]:
    """One server for all tests."""
    found = Doorway()
    found.up()
    yield found
    found.down()


@pytest.fixture(scope="module")
def database(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh migrated database of each kind, for one module."""
    with a_copy(blank, tmp_path_factory.mktemp("database")) as url:
        yield url

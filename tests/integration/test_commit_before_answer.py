"""Nobody is answered before COMMIT: a commit that fails is never a success for the client."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from orchestrator import db
from orchestrator.bootstrap.control import control
from orchestrator.errors import Unavailable
from orchestrator.server import application
from orchestrator.settings import Settings


def post(app: FastAPI, path: str, token: str = "", body: bytes = b"") -> int:
    """Send a POST straight into the application; returns the status the client was sent."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/json"),
        ],
        "scheme": "http",
        "server": ("tre.localhost", 80),
        "client": ("127.0.0.1", 1),
    }

    async def call() -> None:
        with suppress(RuntimeError):  # what fails after the answer finds nobody to tell
            await app(scope, receive, send)

    asyncio.run(call())
    return int(sent[0]["status"])


def make_app(engine: Engine, scope: Any) -> FastAPI:
    """One writing route with our session, committed in the given scope of the dependency."""

    def writing() -> Iterator[Session]:
        with db.write(engine) as session:
            yield session

    app = FastAPI()

    @app.post("/count")
    def count(session: Annotated[Session, Depends(writing, scope=scope)]) -> dict[str, bool]:
        session.execute(text("update counter set value = value + 1"))
        return {"ok": True}

    @app.exception_handler(Unavailable)
    def unavailable(_request: Any, error: Unavailable) -> JSONResponse:
        return JSONResponse({"detail": error.message}, 503)

    return app


def make_commit_fail(engine: Engine) -> Callable[[], None]:
    """Let the disk be full at COMMIT from now on; returns what mends it."""

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(engine, "commit", fail)
    return lambda: event.remove(engine, "commit", fail)


@pytest.fixture
def counter(engine: Engine) -> Engine:
    """A database with one row to count up."""
    with engine.begin() as connection:
        connection.execute(text("create table counter (value integer)"))
        connection.execute(text("insert into counter values (0)"))
    return engine


def counted(engine: Engine) -> int:
    """What is really stored."""
    with db.read(engine) as session:
        return int(session.execute(text("select value from counter")).scalar_one())


def test_a_failing_commit_is_no_success(counter: Engine) -> None:
    """With our scope the client learns that nothing was stored."""
    app = make_app(counter, "function")
    assert post(app, "/count") == 200
    mend = make_commit_fail(counter)
    assert post(app, "/count") == 503
    mend()
    assert counted(counter) == 1


def test_the_trap_is_real(counter: Engine) -> None:
    """With the default scope the client has its 200 and the row is not there."""
    app = make_app(counter, "request")
    mend = make_commit_fail(counter)
    assert post(app, "/count") == 200
    mend()
    assert counted(counter) == 0


def test_a_failing_commit_in_the_real_application(
    engine: Engine, tmp_path: Path, run_dir: Path
) -> None:
    """The control plane as it is wired: counts of the gateway, with the disk full at COMMIT."""
    (tmp_path / "state").mkdir()
    settings = Settings(
        mode="test",
        state_dir=tmp_path / "state",
        run_dir=run_dir,
        database_url=engine.url.render_as_string(hide_password=False),
    )
    wired = control(settings)
    app = application(wired)
    token = settings.role_token_file("gateway").read_text().strip()
    row = {"project": "heart", "person": "ada", "minute": "2026-05-04T09:12:00Z"}
    body = json.dumps({"rows": [row | {"path_class": "kernel", "requests": 3}]}).encode()
    mend = make_commit_fail(wired.db)
    assert post(app, "/internal/usage", token, body) == 503
    mend()
    with db.read(wired.db) as session:
        assert session.execute(text("select count(*) from usage")).scalar_one() == 0
    assert post(app, "/internal/usage", token, body) == 204
    with db.read(wired.db) as session:
        assert session.execute(text("select requests from usage")).scalar_one() == 3
    wired.db.dispose()

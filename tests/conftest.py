"""Parts that many tests share: fresh migrated databases, a fixed time, no network."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from xdist.scheduler import LoadScopeScheduling

from orchestrator.migrations import run
from tests.databases import a_copy, closing_engine, copy_sqlite, sql
from tests.s3_world import S3Server, a_server

settings.register_profile(
    "no clock", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("no clock")  # a busy machine is no failure of what is tested

NOW = datetime(2026, 5, 4, 9, 12, 33, tzinfo=UTC)
REFUSED = "Tests reach this machine only"

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _stays_here(sock: socket.socket, address: Any) -> bool:
    """Unix sockets and loopback addresses stay on this machine; names are never looked up."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0])
    return host.startswith("127.") or host in ("::1", "localhost")


def _guarded(original: Any) -> Any:
    def connect(sock: socket.socket, address: Any) -> Any:
        if not _stays_here(sock, address):
            raise RuntimeError(f"{REFUSED}, not {address!r}")
        return original(sock, address)

    return connect


class OneHouse(LoadScopeScheduling):  # type: ignore[misc]  # the plug-in is untyped
    """Tests go to whichever worker is free; those of the whole house to one, as it is too large.

    Those on a cluster go file by file: what a file's tests share takes a while to stand up.

    The groups of pytest-xdist do not reach the scheduler with this pytest: `nodeid` is fixed.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/cluster/"):
            return nodeid.partition("::")[0]
        return "tests/e2e" if nodeid.startswith("tests/e2e/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneHouse:
    """Choose how tests are shared out among workers."""
    return OneHouse(config, log)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would talk to another machine fails instead."""
    monkeypatch.setattr(socket.socket, "connect", _guarded(_connect))
    monkeypatch.setattr(socket.socket, "connect_ex", _guarded(_connect_ex))


@pytest.fixture
def now() -> datetime:
    """A fixed moment: a Monday morning."""
    return NOW


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A folder for sockets; short, because a socket's path ends at 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated database; each test gets a copy."""
    file = tmp_path_factory.mktemp("template") / "tre.db"
    run.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throw-away PostgreSQL on a unix socket with one migrated template; its address.

    PostgreSQL refuses to run as root, so it is dropped to the user that Debian made for it.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not programs:
        pytest.fail("PostgreSQL is missing; install it: apt-get install postgresql", pytrace=False)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_quick_place()))
    data = folder / "data"
    account: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        account |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    make = [str(programs[-1] / "initdb"), "-D", str(data), "-U", "tre", "-A", "trust", "-E", "UTF8"]
    subprocess.run(
        [*make, "--no-sync", "--locale=C"], check=True, stdout=subprocess.DEVNULL, **account
    )
    start = [str(programs[-1] / "postgres"), "-D", str(data), "-k", str(folder)]
    quick = [f"-c{name}=off" for name in ("fsync", "full_page_writes", "autovacuum")]
    quick += ["-cwal_level=minimal", "-cmax_wal_senders=0", "-clisten_addresses="]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*start, *quick], stdout=log, stderr=log, **account)
    try:
        _wait_ready(programs[-1] / "pg_isready", folder, server)
        url = f"postgresql+psycopg://tre@/postgres?host={folder}"
        sql(url, "create database template_tre")
        template = url.replace("/postgres?", "/template_tre?")
        run.upgrade(template)
        yield template
    finally:
        server.send_signal(signal.SIGQUIT)  # nothing is kept, so nothing need be in order
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def blank(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database of each kind, to be copied: every test runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_template')}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def engine(blank: str, tmp_path: Path) -> Iterator[Engine]:
    """A fresh migrated database of each kind."""
    with a_copy(blank, tmp_path) as url, closing_engine(url) as engine:
        yield engine


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A fresh migrated SQLite, where a test is about its file; it says why."""
    with closing_engine(copy_sqlite(sqlite_template, tmp_path / "tre.db")) as engine:
        yield engine


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A throw-away S3 server on loopback; each test makes a bucket of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="s3-", dir=_quick_place()) as folder,
        a_server(Path(folder)) as server,
    ):
        server.add_stranger()
        yield server


def _quick_place() -> str:
    """Memory where there is enough of it: a hundred small databases are made and dropped."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else "/tmp"


def _wait_ready(program: Path, folder: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        answer = subprocess.run([program, "-h", folder, "-q", "-t", "1"], check=False)
        if answer.returncode == 0:
            return
        if server.poll() is not None:
            break
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()[-500:]}")

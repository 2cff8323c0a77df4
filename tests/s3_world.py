"""A real S3 server of the tests: versitygw on loopback, with a folder behind it to look into."""

import io
import itertools
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from minio import Minio
from minio.error import S3Error
from pydantic import SecretStr

from orchestrator.settings import Settings
from tests.discover import ROOT

ROOT_KEY, ROOT_SECRET = "the-root", "a-secret-that-must-not-show"
STRANGER_KEY, STRANGER_SECRET = "a-stranger", "another-secret-that-must-not-show"
SECONDS = 15.0
_buckets = itertools.count()


@dataclass(frozen=True)
class S3Server:
    """Where it listens, where it keeps its files, and the program."""

    port: int
    folder: Path
    program: Path

    @property
    def endpoint(self) -> str:
        """As the settings name it."""
        return f"127.0.0.1:{self.port}"

    def client(self) -> Minio:
        """The vendor's client with all rights, for what a test does behind the store's back."""
        return Minio(self.endpoint, ROOT_KEY, ROOT_SECRET, secure=False, region="us-east-1")

    def bucket(self) -> str:
        """A new bucket."""
        name = f"tre-{next(_buckets)}-{self.port}"
        self.client().make_bucket(name)
        return name

    def settings(self, state: Path, bucket: str, key: str = ROOT_KEY) -> Settings:
        """An installation whose bytes lie in this bucket."""
        return Settings(
            mode="test",
            state_dir=state,
            store="s3",
            s3_endpoint=self.endpoint,
            s3_bucket=bucket,
            s3_access_key=SecretStr(key),
            s3_secret_key=SecretStr(ROOT_SECRET if key == ROOT_KEY else STRANGER_SECRET),
            s3_tls=False,
        )

    def path(self, bucket: str) -> Path:
        """The folder of a bucket."""
        return self.folder / "data" / bucket

    def fill(self, bucket: str) -> None:
        """Leave not one block of the disk free."""
        client, number = self.client(), itertools.count()
        for size in (1 << 20, 1 << 16, 1 << 12):
            with suppress(S3Error):
                while True:
                    name = f"filling/{next(number)}"
                    client.put_object(bucket, name, io.BytesIO(bytes(size)), size)

    def empty(self, bucket: str) -> None:
        """Take the filling out again."""
        client = self.client()
        for found in list(client.list_objects(bucket, recursive=True)):
            client.remove_object(bucket, str(found.object_name))

    def add_stranger(self) -> None:
        """Give somebody a key that opens nothing of ours."""
        root = ["-a", ROOT_KEY, "-s", ROOT_SECRET, "-er", f"http://{self.endpoint}"]
        words = ["create-user", "-a", STRANGER_KEY, "-s", STRANGER_SECRET, "-r", "user"]
        command = [str(self.program), "admin", *root, *words]
        subprocess.run(command, check=True, capture_output=True)


def program() -> Path:
    """The server, built when it is missing, which takes minutes once."""
    built = subprocess.run([ROOT / ".ci" / "versitygw"], stdout=subprocess.PIPE, text=True)
    assert built.returncode == 0, "the S3 server of the tests could not be built: see above"
    return Path(built.stdout.strip().splitlines()[-1])


def command(program: Path, port: int, folder: Path) -> list[str]:
    """How it is started; metadata beside the data, so that any file system will do."""
    for name in ("data", "meta", "versions", "iam"):
        (folder / name).mkdir(exist_ok=True)
    return [
        str(program),
        *("--access", ROOT_KEY, "--secret", ROOT_SECRET, "--port", f"127.0.0.1:{port}"),
        *("--iam-dir", str(folder / "iam"), "--health", "/healthy", "--keep-alive", "--quiet"),
        "posix",
        *("--sidecar", str(folder / "meta"), "--versioning-dir", str(folder / "versions")),
        str(folder / "data"),
    ]


@contextmanager
def a_small_server(folder: Path) -> Iterator[S3Server]:
    """One whose disk has 24 megabytes, mounted in a namespace of its own."""
    inside = f"mount -t tmpfs -o size=24m tmpfs '{folder / 'data'}' && exec \"$@\""
    wrapped = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, "sh")
    with a_server(folder, wrapped) as server:
        yield server


@contextmanager
def a_server(folder: Path, wrapped: tuple[str, ...] = ()) -> Iterator[S3Server]:
    """Start one, inside `wrapped` if that is given, and end it with the block."""
    server = S3Server(_free_port(), folder, program())
    with (folder / "log").open("wb") as log:
        argv = [*wrapped, *command(server.program, server.port, folder)]
        running = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        _wait_ready(server, running)
        yield server
    finally:
        running.terminate()
        running.wait(SECONDS)


def away(server: S3Server) -> S3Server:
    """The same server at a port where nobody listens."""
    return replace(server, port=_free_port())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_ready(server: S3Server, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the S3 server did not start: {(server.folder / 'log').read_text()[-500:]}")

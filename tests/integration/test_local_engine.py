"""The local engine with real notebook servers: what survives a crash, who runs what, what ends."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.local import keepers
from orchestrator.engines.local.engine import LocalEngine
from orchestrator.engines.port import RESTED, Server, ServerState, Size, Spec
from orchestrator.values import digest_of
from tests import local_world
from tests.local_world import wait_for

SPEC = Spec("alpha", ("ada",), "workspace", Size(memory_mb=1024), digest_of(b"spec"))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> Iterator[tuple[LocalEngine, Path]]:
    with ExitStack() as stack:
        engine, folder = stack.enter_context(local_world.world())
        door = local_world.HubDoor(local_world.layout(folder), "alpha", "ada")
        stack.callback(door.close)
        yield engine, folder


def _ready(engine: LocalEngine) -> Server:
    wait_for(lambda: engine.observe("alpha").hub_ready)
    wait_for(lambda: engine.start("alpha", "ada").state is ServerState.READY)
    return engine.start("alpha", "ada")


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("127.0.0.1", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def _ask(server: Server, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Talk to the notebook server as the gateway does."""
    assert server.address
    assert server.base_url
    with contextlib.closing(_Unix(server.address)) as connection:
        headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
        connection.request(method, server.base_url + path, json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        is_json = answer.getheader("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(content) if is_json else None


def test_engine_and_hub_are_killed_and_no_notebook_is_lost() -> None:
    """Another process plays the engine; it and then the hub get SIGKILL; a new one takes over."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    folder.chmod(0o711)
    place = local_world.layout(folder)
    door = local_world.HubDoor(place, "alpha", "ada")
    code = """
import sys, time
from pathlib import Path
from tests import local_world
from tests.integration.test_local_engine import SPEC, _ready
from orchestrator.engines.local.engine import LocalEngine
engine = LocalEngine(local_world.settings(Path(sys.argv[1])))
engine.ensure(SPEC)
_ready(engine)
print("ready", flush=True)
time.sleep(300)
"""
    with local_world.world():
        pass  # the image is there
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert first.stdout is not None
    engine = LocalEngine(local_world.settings(folder))
    try:
        assert first.stdout.readline() == "ready\n"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        before = keepers.alive(place.server("alpha", "ada"))
        hub = keepers.alive(place.hub_keeper("alpha"))
        assert before is not None
        assert hub is not None

        engine.ensure(SPEC)
        server = _ready(engine)
        made = {"type": "file", "format": "text", "content": "unsaved work"}
        assert _ask(server, "PUT", "api/contents/work.txt", made)[0] == 201
        kernel = _ask(server, "POST", "api/kernels", {"name": "python3"})
        assert kernel[0] == 201

        os.kill(hub["pid"], signal.SIGKILL)
        wait_for(lambda: keepers.alive(place.hub_keeper("alpha")) is None)
        assert not engine.observe("alpha").hub_ready
        engine.ensure(SPEC)
        server = _ready(engine)
        assert keepers.alive(place.server("alpha", "ada")) == before
        kernels = _ask(server, "GET", "api/kernels")[1]
        assert [running["id"] for running in kernels] == [kernel[1]["id"]]
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
        engine.remove("alpha")
        engine.close()
        door.close()
        shutil.rmtree(folder)


def test_a_server_has_its_home_its_data_and_an_unprivileged_uid(
    world: tuple[LocalEngine, Path],
) -> None:
    engine, folder = world
    place = local_world.layout(folder)
    engine.ensure(SPEC)
    server = _ready(engine)
    facts = keepers.alive(place.server("alpha", "ada"))
    assert facts is not None
    assert os.stat(f"/proc/{facts['sandbox']}").st_uid != 0
    home = place.home("alpha", "ada")
    assert len(list(home.glob(".local/lib/python3*/site-packages"))) == 1  # before any kernel

    assert _ask(server, "PUT", "api/contents/kept.txt", _text("kept"))[0] == 201
    assert _ask(server, "GET", "api/terminals")[0] == 404
    assert _ask(server, "GET", "files/kept.txt")[0] == 404
    stranger = Server("ada", ServerState.READY, server.address, server.base_url, "another")
    assert _ask(stranger, "GET", "api/contents")[0] == 403
    other = Server("ada", ServerState.READY, server.address, "/user/grace/", server.token)
    assert _ask(other, "GET", "api/contents")[0] in (403, 404)

    engine.stop("alpha", "ada")
    server = _ready(engine)
    assert _ask(server, "GET", "api/contents/kept.txt")[1]["content"] == "kept"


def test_a_server_that_dies_by_itself_is_failed_once_and_can_start_again(
    world: tuple[LocalEngine, Path],
) -> None:
    engine, folder = world
    place = local_world.layout(folder)
    engine.ensure(SPEC)
    _ready(engine)
    facts = keepers.alive(place.server("alpha", "ada"))
    assert facts is not None
    inner = Path(f"/proc/{facts['sandbox']}/task/{facts['sandbox']}/children").read_text().split()
    os.kill(int(inner[0]), signal.SIGKILL)
    wait_for(lambda: keepers.alive(place.server("alpha", "ada")) is None)
    server = engine.observe("alpha").servers.get("ada")
    assert server is None or server.state is ServerState.FAILED
    _ready(engine)


def test_a_halt_survives_the_engine(world: tuple[LocalEngine, Path]) -> None:
    engine, folder = world
    engine.ensure(SPEC)
    _ready(engine)
    engine.halt("alpha")
    assert [pid for pid in local_world.running("jupyterhub.singleuser") if _of(folder, pid)] == []
    again = LocalEngine(local_world.settings(folder))
    assert again.observe("alpha").halted == {"*"}
    assert not again.ensure(SPEC).hub_ready
    again.close()


def _of(folder: Path, pid: int) -> bool:
    """Say whether a process belongs to this test's engine.

    As root by its uid: a sandbox of another test that is just being set up still has a copy of
    every mount of the host, so its mounts would say yes to everything.
    """
    try:
        if os.geteuid() == 0:
            numbers = local_world.settings(folder).state_dir / "engine" / "uids.json"
            return Path(f"/proc/{pid}").stat().st_uid in json.loads(numbers.read_text()).values()
        return str(folder) in Path(f"/proc/{pid}/mountinfo").read_text()
    except OSError:
        return False


def _text(content: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": content}


def test_the_hub_cannot_name_anything_but_a_person(world: tuple[LocalEngine, Path]) -> None:
    engine, folder = world
    engine.ensure(SPEC)
    address = str(local_world.layout(folder).engine_socket("alpha"))

    def ask(method: str, path: str, body: object = None) -> tuple[int, str]:
        with contextlib.closing(_Unix(address)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    assert ask("POST", "/servers/grace", {"env": {}})[0] == 403
    assert ask("POST", "/servers/../../etc", {"env": {}})[0] == 422
    assert ask("POST", "/servers/ada", {"mounts": ["/"]})[0] == 422
    assert ask("POST", "/servers/ada")[0] == 422
    assert ask("GET", "/servers/ada") == (200, '{"running": false, "exit": null}')
    assert ask("DELETE", "/servers/ada") == (204, "")
    assert ask("GET", "/else")[0] == 404
    status, said = ask("GET", "/servers/grace")
    assert (status, json.loads(said)["running"]) == (200, False)


ORDINARY = """
import json, os, sys
from dataclasses import replace
from orchestrator.sandbox import run, spawn
from orchestrator.sandbox.arguments import Box
from orchestrator.sandbox.limits import Limits
assert os.getuid() != 0
trial = run.tried()
binds, links = run.system()
covered, masked = run.covers()
box = Box(("/bin/sh", "-c", "id -u; ls /proc/sys; touch /x"), "ws", "/", binds, links,
          run.memory(1 << 20), (), covered, masked, (("PATH", "/usr/bin"),))
import subprocess
process = spawn.start(run.order(box, Limits(1 << 28, 64)), stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE)
out, err = process.communicate(timeout=20)
print(json.dumps([trial.works, trial.say, out.decode(), err.decode()]))
"""


def test_an_ordinary_user_can_do_it_too(tmp_path: Path) -> None:
    """Root plays an ordinary user with the system's python and a copy that this one may read."""
    if os.geteuid() != 0:
        return  # the whole suite runs as one already
    copy = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    try:
        copy.chmod(0o755)
        for name in ("__init__.py", "errors.py"):
            (copy / "orchestrator").mkdir(exist_ok=True)
            shutil.copy(ROOT / "orchestrator" / name, copy / "orchestrator" / name)
        shutil.copytree(ROOT / "orchestrator" / "sandbox", copy / "orchestrator" / "sandbox")
        binding = next(Path(p) / "pyseccomp.py" for p in sys.path if _has(p, "pyseccomp.py"))
        shutil.copy(binding, copy / "pyseccomp.py")
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
        assert python, "the system's python3 is needed: apt-get install python3"
        done = subprocess.run(
            [python, "-B", "-c", ORDINARY],
            env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
            cwd=copy,
            capture_output=True,
            text=True,
            user=65534,
            group=65534,
            extra_groups=[],
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        works, said, out, err = json.loads(done.stdout)
        assert works, said
        assert out == "1000\n"
        assert "Read-only file system" in err
    finally:
        shutil.rmtree(copy)


def _has(folder: str, name: str) -> bool:
    return (Path(folder) / name).is_file()


def test_a_server_that_nobody_uses_ends_by_itself_and_starts_when_asked(
    world: tuple[LocalEngine, Path],
) -> None:
    """Jupyter looks once a minute, so this takes two or three; its idle kernel goes first."""
    engine, _ = world
    engine.ensure(replace(SPEC, size=replace(SPEC.size, idle_minutes=1)))
    server = _ready(engine)
    assert _ask(server, "POST", "api/kernels", {"name": "python3"})[0] == 201
    wait_for(lambda: engine.observe("alpha").servers["ada"].state is ServerState.STOPPED, 480)
    ended = engine.start("alpha", "ada")
    assert (ended.state, ended.reason) == (ServerState.STOPPED, RESTED)
    assert engine.observe("alpha").servers == {}, "it is said once"
    assert engine.start("alpha", "ada").state is ServerState.STARTING
    assert _ready(engine).state is ServerState.READY

"""Real sandboxes: what the launcher and bubblewrap make of a box, as root and as anybody."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.engines.local.boxes import Places, server_box
from orchestrator.engines.local.layout import DOORS
from orchestrator.engines.port import Size
from orchestrator.errors import Unavailable
from orchestrator.sandbox import inside, roles, run, spawn
from orchestrator.sandbox.arguments import Bind, Box
from orchestrator.sandbox.durable import replace as replace_file
from orchestrator.sandbox.limits import Limits, make_group
from orchestrator.sandbox.spawn import Identity
from orchestrator.settings import Settings
from tests import local_world

LIMITS = Limits(memory=512 << 20, processes=64)
OWN = Identity(1_899_990_000, 1_899_990_001) if os.geteuid() == 0 else None
PYTHON = [sys.executable, "-I"]


def _box(*command: str) -> Box:
    return roles.role_box("box", command)


def _run(box: Box, limits: Limits = LIMITS) -> subprocess.CompletedProcess[str]:
    process = spawn.start(
        run.order(box, limits, identity=OWN), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess([], process.returncode, out.decode(), err.decode())


def _python(code: str, **changes: object) -> subprocess.CompletedProcess[str]:
    return _run(replace(_box(*PYTHON, "-c", code), **changes))  # type: ignore[arg-type]


def test_it_works_here() -> None:
    assert run.tried().works, run.tried()


def test_the_command_gets_its_environment_and_status() -> None:
    done = _python("import os, sys; print(os.environ['A']); sys.exit(7)", environment=(("A", "b"),))
    assert (done.stdout, done.returncode) == ("b\n", 7)


def test_the_host_sees_an_unprivileged_uid_and_no_secret_on_a_command_line() -> None:
    box = replace(_box("/bin/sleep", "30"), environment=(("TOKEN", "geheimnis"),))
    process = spawn.start(run.order(box, LIMITS, identity=OWN))
    try:
        local_world.wait_for(lambda: len(local_world.running("/bin/sleep\x0030")) >= 1)
        assert os.stat(f"/proc/{process.pid}").st_uid != 0
        if OWN is not None:
            assert os.stat(f"/proc/{process.pid}").st_uid == OWN.uid
        assert local_world.running("geheimnis") == []
    finally:
        spawn.end(process)


def test_it_runs_as_a_uid_that_cannot_pass_to_the_sources(tmp_path: Path) -> None:
    """As root the sources may lie in a private folder: they are staged first."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("seen")
    (private / "file").chmod(0o644)
    box = _box("/bin/cat", "/given/file")
    done = _run(replace(box, binds=(*box.binds, Bind(str(private / "file"), "/given/file"))))
    assert done.stdout == "seen", done.stderr


def test_no_sandbox_is_started_as_root(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        assert run.order(_box("/bin/true"), LIMITS)["uid"] is None
        return
    process = spawn.start(run.order(_box("/bin/true"), LIMITS), stderr=subprocess.PIPE)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 125
    assert b"never started as root" in said


def test_inherited_descriptors_stop_at_the_launcher(tmp_path: Path) -> None:
    leak = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        done = _python("import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd')))")
    finally:
        os.close(leak)
    assert json.loads(done.stdout) == [0, 1, 2, 3]  # 3 is the listing's own


def test_kept_descriptors_arrive_from_three_on(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as file:
        file.write("handed in")
        file.flush()
        order = run.order(
            _box(*PYTHON, "-c", "import os; print(os.pread(3, 20, 0).decode())"),
            LIMITS,
            identity=OWN,
            keep=[file.fileno()],
        )
        process = spawn.start(order, stdout=subprocess.PIPE)
        assert process.communicate(timeout=20)[0] == b"handed in\n"


def test_memory_in_sum_is_bounded_where_a_group_may_be_made() -> None:
    limits = Limits(memory=96 << 20, processes=16)
    group = make_group(f"test-{os.getpid()}", limits)
    code = "import os; x = [os.urandom(8 << 20) for _ in range(64)]; print('all')"
    order = run.order(_box(*PYTHON, "-c", code), limits, identity=OWN, group=group)
    process = spawn.start(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, _ = process.communicate(timeout=60)
    spawn.end(process)
    if group is not None:
        group.remove()
        assert not any(folder.exists() for folder in group.folders)
    assert process.returncode != 0
    assert out == b""


def test_processes_are_bounded() -> None:
    code = """
import os, signal
pids = []
try:
    for _ in range(500):
        pid = os.fork()
        if pid == 0:
            signal.pause()
        pids.append(pid)
    print("all")
except OSError as problem:
    print(len(pids) < 100, problem.errno)
for pid in pids:
    os.kill(pid, 9)
"""
    box = _box(*PYTHON, inside.__file__, "--limit", "NPROC=40", "--", *PYTHON, "-c", code)
    done = _run(box)
    assert done.stdout == "True 11\n", done.stderr


def test_files_are_bounded(tmp_path: Path) -> None:
    done = _run(
        _box(*PYTHON, "-c", "with open('/tmp/f', 'wb') as f: f.write(b'x' * 5000)"),
        replace(LIMITS, file_size=4096),
    )
    assert done.returncode != 0
    assert "File too large" in done.stderr


def test_private_memory_file_systems_are_bounded() -> None:
    box = _box(
        *PYTHON, "-c", "open('/dev/shm/f', 'wb', 0).write(b'x' * (2 << 20)) > 1 << 20 or 1/0"
    )
    small = tuple(replace(part, size=1 << 20) for part in box.tmpfs)
    done = _run(replace(box, tmpfs=small))
    assert "ZeroDivisionError" in done.stderr, "more was written than fits"


def test_ending_a_sandbox_ends_everything_in_it() -> None:
    code = "import os, time; os.fork() or os.setsid(); os.fork(); time.sleep(987)"
    process = spawn.start(run.order(_box(*PYTHON, "-c", code), LIMITS, identity=OWN))
    local_world.wait_for(lambda: len(_asleep()) >= 3)
    spawn.end(process)
    assert _asleep() == []


def _asleep() -> list[int]:
    return [pid for pid in local_world.running("time.sleep(987)") if _alive(pid)]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_sandbox_dies_with_the_process_that_started_it() -> None:
    code = """
import sys, json
from orchestrator.sandbox import spawn
process = spawn.start(json.load(sys.stdin))
print(process.pid, flush=True)
process.wait()
"""
    starter = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    json.dump(run.order(_box("/bin/sleep", "876"), LIMITS, identity=OWN), starter.stdin)
    starter.stdin.close()
    starter.stdout.readline()
    local_world.wait_for(lambda: len(local_world.running("/bin/sleep\x00876")) == 3)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    local_world.wait_for(lambda: local_world.running("/bin/sleep\x00876") == [], 10)


def test_a_sandbox_ended_while_it_starts_leaves_nothing() -> None:
    for pause in range(12):
        process = spawn.start(run.order(_box("/bin/sleep", "654"), LIMITS, identity=OWN))
        time.sleep(pause * 0.004)
        spawn.end(process)
        assert [pid for pid in local_world.running("/bin/sleep\x00654") if _alive(pid)] == []


def test_a_uid_is_swept() -> None:
    if OWN is None:
        return  # an ordinary user's uid has other processes, too
    process = spawn.start(run.order(_box("/bin/sleep", "543"), LIMITS, identity=OWN))
    local_world.wait_for(lambda: len(local_world.running("/bin/sleep\x00543")) == 3)
    spawn.sweep(OWN.uid)
    process.wait()
    assert [pid for pid in local_world.running("/bin/sleep\x00543") if _alive(pid)] == []


def test_a_machine_without_bubblewrap_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.bwrap, "__defaults__", ("/nowhere",))
    with pytest.raises(Unavailable, match="apt-get install bubblewrap"):
        run.order(_box("/bin/true"), LIMITS)


def test_the_first_program_joins_the_doors(run_dir: Path) -> None:
    """In and out through unix sockets, and the command's status is the sandbox's."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(run_dir / "hub"))
    (run_dir / "hub").chmod(0o666)
    door.listen()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(run_dir / "server"))
    server.listen()
    code = """
import socket, time
time.sleep(0.3)
listening = socket.create_server(("127.0.0.1", 8888))
out = socket.create_connection(("127.0.0.1", 8081))
out.sendall(b"out")
made, _ = listening.accept()
made.sendall(made.recv(10) + out.recv(10))
raise SystemExit(5)
"""
    box = _box(
        *PYTHON,
        inside.__file__,
        *("--listen", "3=8888", "--forward", "8081=/run/tre/hub", "--"),
        *PYTHON,
        "-c",
        code,
    )
    box = replace(box, binds=(*box.binds, Bind(str(run_dir / "hub"), "/run/tre/hub")))
    process = spawn.start(run.order(box, LIMITS, identity=OWN, keep=[server.fileno()]))

    def answer() -> None:
        near, _ = door.accept()
        with near:
            near.recv(10)
            near.sendall(b"-door")

    thread = threading.Thread(target=answer)
    thread.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(20)
        client.connect(str(run_dir / "server"))  # before the command listens: it waits
        client.sendall(b"in")
        assert client.recv(20) == b"in-door"
    thread.join()
    assert process.wait(20) == 5
    door.close()
    server.close()


def test_a_role_runs_without_the_state_folder(run_dir: Path) -> None:
    given = Settings(
        mode="test", state_dir=run_dir / "state", run_dir=run_dir / "r", homes_dir=run_dir / "h"
    )
    (run_dir / "state").mkdir()
    (run_dir / "r" / "tokens").mkdir(parents=True)
    replace_file(given.role_token_file("gateway"), "role token")
    code = f"""
import os, json, orchestrator.values
from pathlib import Path
run = Path(os.environ["TRE_RUN_DIR"])
(run / "gateway" / "made").touch()
print(json.dumps({{
    "state": os.path.exists({str(run_dir / "state")!r}),
    "token": (run / "tokens" / "gateway").read_text(),
    "uid": os.getuid(),
    "env": sorted(name for name in os.environ if "SECRET" in name or "DATABASE" in name),
    "network": len(os.listdir("/sys/class/net")) if os.path.exists("/sys") else None,
}}))
"""
    command = roles.role_command(given, "gateway", [*PYTHON[:1], "-c", code])
    assert "role token" not in " ".join(command)
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    seen = json.loads(done.stdout)
    assert seen == {"state": False, "token": "role token", "uid": 1000, "env": [], "network": None}
    owner = (run_dir / "r" / "gateway" / "made").stat().st_uid
    assert (owner == os.geteuid()) is (os.geteuid() != 0)


@pytest.mark.parametrize(("role", "seen"), [("doors", "read-only"), ("gateway", "nothing")])
def test_only_the_doors_see_the_mirror_and_cannot_change_it(
    run_dir: Path, role: str, seen: str
) -> None:
    """It may be filled after they began, so the folder is shown from the beginning."""
    given = Settings(
        mode="test",
        state_dir=run_dir / "state",
        run_dir=run_dir / "r",
        homes_dir=run_dir / "h",
        mirror_dir=run_dir / "mirror",
    )
    code = f"""
from pathlib import Path
place = Path({str(run_dir / "mirror")!r})
try:
    (place / "made").touch()
    print("writable")
except OSError:
    print("read-only" if place.exists() else "nothing")
"""
    command = roles.role_command(given, role, [*PYTHON[:1], "-c", code])
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == seen


def _server_box(folder: Path) -> Box:
    doors = folder / "doors"
    for place in (doors, folder / "home", folder / "shared"):
        place.mkdir(mode=0o777)
    for door in DOORS:
        (doors / door).touch()
    image = folder / "image"
    image.mkdir(mode=0o755)
    (image / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (image / "bin").mkdir()
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    (image / "bin" / "python").symlink_to(python)
    places = Places(image, folder / "home", folder / "shared", doors)
    box = server_box("alpha", "ada", places, [], Size(processes=64), {"JUPYTERHUB_USER": "ada"})
    cut = box.command.index("--")
    return box.running(*box.command[: cut + 1], "/bin/echo", "started")


def _start_server(box: Box, path: Path) -> subprocess.CompletedProcess[str]:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        life, ours = os.pipe()
        order = run.order(box, LIMITS, identity=OWN, keep=[life, made.fileno()])
        process = spawn.start(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(life)
        out, err = process.communicate(timeout=30)
        os.close(ours)
    return subprocess.CompletedProcess([], process.returncode, out.decode(), err.decode())


def test_a_server_starts_when_all_is_as_on_the_golden_lists(run_dir: Path) -> None:
    run_dir.chmod(0o755)
    done = _start_server(_server_box(run_dir), run_dir / "sock")
    assert (done.stdout, done.returncode) == ("started\n", 0), done.stderr


def _writable(bind: Bind) -> Bind:
    return replace(bind, writable=bind.target != "/usr" or bind.writable)


@pytest.mark.parametrize(
    ("kind", "weaken"),
    [
        ("mounts", lambda box: replace(box, binds=(*box.binds, Bind("/sys", "/sys")))),
        ("mounts", lambda box: replace(box, binds=tuple(map(_writable, box.binds)))),
        ("environment", lambda box: replace(box, environment=(*box.environment, ("A", "b")))),
        ("interfaces", lambda box: replace(box, share_net=True)),
    ],
)
def test_a_server_with_anything_more_is_not_started(
    run_dir: Path, kind: str, weaken: Callable[[Box], Box]
) -> None:
    run_dir.chmod(0o755)
    if kind == "interfaces" and [name for _, name in socket.if_nameindex()] == ["lo"]:
        kind = ""  # a machine without any network has nothing more to show
    done = _start_server(weaken(_server_box(run_dir)), run_dir / "sock")
    assert (done.stdout, done.returncode) == ("", 126) or not kind
    assert kind in done.stderr

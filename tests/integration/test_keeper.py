"""Keepers: a sandbox outlives the engine that asked for it and never its keeper."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.engines.local import keepers
from orchestrator.engines.local.engine import make_server_folder
from orchestrator.engines.local.keepers import Order
from orchestrator.errors import Unavailable
from orchestrator.sandbox import inside, roles, run
from orchestrator.sandbox.arguments import Bind
from orchestrator.sandbox.limits import Limits
from orchestrator.sandbox.spawn import Identity
from tests import local_world
from tests.local_world import wait_for

LIMITS = Limits(memory=512 << 20, processes=64)
OWN = Identity(1_899_980_000, 1_899_980_001) if os.geteuid() == 0 else None
ECHO = """
import socket, threading
listening = socket.socket(fileno=4)
print("listening", flush=True)
while True:
    made, _ = listening.accept()
    said = made.recv(100)
    if said == b"door":
        with socket.socket(socket.AF_UNIX) as door:
            door.connect("/run/tre/hub")
            door.sendall(b"x")
            made.sendall(door.recv(100) or b"closed")
    elif said == b"end":
        raise SystemExit(3)
    elif said == b"flood":
        print("x" * 3_000_000, flush=True)
        made.sendall(b"flooded")
    else:
        made.sendall(said)
    made.close()
"""


def _order(
    folder: Path, target: Path, command: Sequence[str] = ("-c", ECHO), **changes: object
) -> Order:
    box = roles.role_box("kept", [sys.executable, "-I", *command])
    door = Bind(str(folder / "doors" / "hub"), "/run/tre/hub")
    box = replace(box, binds=(*box.binds, door))
    given = {
        "launch": run.order(box, LIMITS, identity=OWN),
        "doors": {"hub": str(target)},
        "listen": True,
        "facts": {"project": "alpha", "person": "ada", "mounts": ""},
        "uid": OWN.uid if OWN else None,
    }
    return Order(**(given | changes))  # type: ignore[arg-type]


@pytest.fixture
def folder(run_dir: Path) -> Path:
    place = run_dir / "s"
    make_server_folder(place, None)
    return place


def _say(folder: Path, word: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.settimeout(20)
        made.connect(str(folder / "server.sock"))
        made.sendall(word)
        return made.recv(100)


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_it_survives_the_process_that_started_it(folder: Path, run_dir: Path) -> None:
    """The engine is killed without a chance to clean up, and another one takes the server up."""
    order = _order(folder, run_dir / "none")
    code = """
import json, sys, time
from pathlib import Path
from orchestrator.engines.local import keepers
keepers.start(Path(sys.argv[1]), keepers.Order(**json.load(sys.stdin)))
print("started", flush=True)
time.sleep(60)
"""
    engine = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.write(json.dumps(order.__dict__))
    engine.stdin.close()
    assert engine.stdout.readline() == "started\n"
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    engine.stdout.close()

    facts = keepers.alive(folder)
    assert facts is not None
    assert facts["person"] == "ada"
    assert _say(folder, b"still here") == b"still here"
    keepers.stop(folder)
    assert keepers.alive(folder) is None
    assert _gone(facts["sandbox"])
    assert not (folder / "server.sock").exists()


def test_the_sandbox_dies_with_its_keeper(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "none"))
    facts = keepers.alive(folder)
    assert facts is not None
    children = Path(f"/proc/{facts['sandbox']}/task/{facts['sandbox']}/children")
    wait_for(lambda: bool(children.read_text().split()))
    inner = int(children.read_text().split()[0])
    os.kill(facts["pid"], signal.SIGKILL)
    wait_for(lambda: _gone(facts["sandbox"]) and _gone(inner), 10)
    assert keepers.alive(folder) is None
    keepers.stop(folder)
    keepers.start(folder, _order(folder, run_dir / "none"))
    assert _say(folder, b"again") == b"again"
    keepers.stop(folder)


def test_a_keeper_killed_while_its_sandbox_starts_leaves_nothing(
    folder: Path, run_dir: Path
) -> None:
    """bubblewrap's inner process does not yet die with the outer one: the life pipe ends it."""
    box_command = [inside.__file__, "--life", "3", "--", "/bin/sleep", "765"]
    for _ in range(8):
        order = _order(folder, run_dir / "none", command=box_command)
        keepers.start(folder, order)
        facts = keepers.alive(folder)
        assert facts is not None
        os.kill(facts["pid"], signal.SIGKILL)
        keepers.stop(folder)
        wait_for(lambda: _asleep() == [], 10)


def _asleep() -> list[int]:
    return [pid for pid in local_world.running("/bin/sleep\x00765") if not _gone(pid)]


def test_a_keeper_that_hangs_is_killed_with_its_sandbox(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "none"))
    facts = keepers.alive(folder)
    assert facts is not None
    os.kill(facts["pid"], signal.SIGSTOP)
    keepers.stop(folder)
    assert _gone(facts["sandbox"])
    assert keepers.alive(folder) is None


def test_it_ends_with_its_sandbox_and_leaves_the_status(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "none"))
    facts = keepers.alive(folder)
    assert facts is not None
    assert _say(folder, b"end") == b""
    wait_for(lambda: _gone(facts["pid"]))
    assert keepers.alive(folder) is None
    assert keepers.exit_status(folder) == 3


def test_a_door_is_joined_closed_and_opened(folder: Path, run_dir: Path) -> None:
    target = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    target.bind(str(run_dir / "hub"))
    target.listen()

    def answer() -> None:
        for _ in range(2):
            made, _ = target.accept()
            made.sendall(made.recv(10) + b" heard")
            made.close()

    thread = threading.Thread(target=answer)
    thread.start()
    keepers.start(folder, _order(folder, run_dir / "hub"))
    assert _say(folder, b"door") == b"x heard"
    answered = keepers.ask(folder, "close-doors")
    assert answered is not None
    assert answered["doors"] is False
    assert _say(folder, b"door") in (b"closed", b"")
    keepers.ask(folder, "open-doors")
    wait_for(lambda: keepers.alive(folder) is not None)
    keepers.stop(folder)
    keepers.start(folder, _order(folder, run_dir / "hub"))
    assert _say(folder, b"door") == b"x heard"
    thread.join()
    target.close()
    keepers.stop(folder)


def test_a_door_with_nobody_behind_it_is_closed_at_once(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "nobody"))
    assert _say(folder, b"door") in (b"closed", b"")
    keepers.stop(folder)


def test_its_log_cannot_grow(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "none"))
    for _ in range(3):
        assert _say(folder, b"flood") == b"flooded"
    keepers.stop(folder)
    logs = [file for file in folder.iterdir() if file.name.startswith("output.")]
    assert 0 < sum(file.stat().st_size for file in logs) <= 2 * (256 << 10)
    assert all(file.stat().st_mode & 0o077 == 0 for file in logs)


def test_a_second_keeper_is_refused(folder: Path, run_dir: Path) -> None:
    keepers.start(folder, _order(folder, run_dir / "none"))
    with pytest.raises(Unavailable, match="keeper already"):
        keepers.start(folder, _order(folder, run_dir / "none"))
    assert _say(folder, b"first") == b"first"
    keepers.stop(folder)


def test_a_sandbox_that_cannot_start_is_a_sentence(folder: Path, run_dir: Path) -> None:
    order = _order(folder, run_dir / "none")
    broken = Order(**(order.__dict__ | {"launch": {**order.launch, "program": "/nowhere"}}))
    keepers.start(folder, broken)
    wait_for(lambda: keepers.alive(folder) is None)
    assert keepers.exit_status(folder) == 125
    assert "launch:" in (folder / "output.log").read_text()


def test_a_nearly_full_disk_ends_the_server(folder: Path, run_dir: Path) -> None:
    order = _order(folder, run_dir / "none", reserve=(str(run_dir), 1 << 60))
    keepers.start(folder, order)
    wait_for(lambda: keepers.alive(folder) is None)
    assert json.loads((folder / "exit.json").read_text())["why"] == "the disk is nearly full"


def test_the_token_is_on_no_disk_and_no_command_line(folder: Path, run_dir: Path) -> None:
    order = _order(folder, run_dir / "none")
    words = [*order.launch["arguments"], "--setenv", "TOKEN", "geheimnis-4711"]
    launch = {**order.launch, "arguments": words}
    keepers.start(folder, Order(**(order.__dict__ | {"launch": launch})))
    assert _say(folder, b"up") == b"up"
    for file in folder.rglob("*"):
        if file.is_file():
            assert "geheimnis-4711" not in file.read_text(errors="replace")
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words_there = Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
            assert b"geheimnis-4711" not in words_there
    keepers.stop(folder)

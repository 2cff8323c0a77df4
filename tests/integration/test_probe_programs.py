"""The programs of a proof's pods, run as a pod runs them: a plan in, last words out."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines import canary, probe
from orchestrator.engines.kubernetes import attempts
from tests.integration.gateway_world import free_port

pytestmark = pytest.mark.loopback
HERE = "127.0.0.1"


@dataclass
class Place:
    """A canary on loopback, and where its ports are."""

    said: int
    ask: int
    ears: canary.Ears


@pytest.fixture
def place() -> Place:
    """A canary that listens; its threads end with the process."""
    ears = canary.Ears()
    said, ask = free_port(), free_port()
    canary.begin({"tcp": [said], "udp": [said], "ask": ask, "more_tcp": [said]}, ears)
    return Place(said, ask, ears)


def plan(words: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"token": "ab" * 16, "attempts": words, "at_once": [], "ways": [], **more}


def answered(said: dict[str, Any], file: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Try a plan in this process and read the last words back."""
    monkeypatch.setattr(probe, "LAST_WORDS", str(file))
    assert probe.try_once(said) == 0
    found = attempts.unpacked(list(said["attempts"]), file.read_text())
    assert found is not None
    return found


def test_what_is_open_and_what_is_closed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", HERE)
    words = {
        "tcp": ["tcp", HERE, place.said],
        "udp": ["udp", HERE, place.said],
        "first": ["first", HERE, place.said],
        "reach": ["reach", "$KUBERNETES_SERVICE_HOST", place.said],
        "closed": ["reach", HERE, 1],
        "never": ["first", HERE, 1, 0.1],
        "unsaid": ["reach", "$NO_SUCH_NAME", 1],
        "translated": ["translated", HERE, place.said],
        "ask": ["ask", HERE, place.ask, ["ab" * 16, "cd" * 16]],
    }
    found = answered(plan(words, at_once=["first"]), tmp_path / "words", monkeypatch)
    done = {name for name, answer in found.items() if answer.done}
    assert done == {"tcp", "udp", "first", "reach", "ask"}
    assert found["translated"].evidence == "as asked"
    assert found["unsaid"].evidence == "this is not said in the environment"
    heard, nobody = map(int, found["ask"].evidence.split())
    assert heard >= 3
    assert nobody == 0


def test_nothing_is_tried_before_the_ways_are_open(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A way that never opens is waited for, and the rest is tried all the same."""
    monkeypatch.setattr(probe, "_WAYS_SECONDS", 0.3)
    words = {"way": ["reach", HERE, 1], "tcp": ["tcp", HERE, place.said]}
    found = answered(plan(words, ways=["way"]), tmp_path / "words", monkeypatch)
    assert not found["way"].done
    assert found["tcp"].done


STARTS = {
    "walls hold": (["reach", HERE, 1], "open", 0, ""),
    "a way is open": ("open", "open", probe.OPEN, "does not hold: E11.out"),
    "the doors are silent": (["reach", HERE, 1], ["reach", HERE, 1], probe.NOTHING_PROVED, "doors"),
    "open before the doors are": ("open", ["reach", HERE, 1], probe.OPEN, "E11.out"),
}


@pytest.mark.parametrize("case", STARTS)
def test_a_server_starts_only_behind_its_walls(
    case: str, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, door, status, words = STARTS[case]
    there = ["reach", HERE, place.said]
    said = plan(
        {
            "E11.out": there if attempt == "open" else attempt,
            "door": there if door == "open" else door,
        },
        ways=["door"],
        seconds=0.2,
    )
    file = tmp_path / "words"
    file.write_text("")
    monkeypatch.setattr(probe, "LAST_WORDS", str(file))
    monkeypatch.setattr(probe, "_WAYS_SECONDS", 0.3)
    assert probe.start(said) == status
    assert words in file.read_text()
    assert bool(file.read_text()) is bool(status)


@pytest.mark.parametrize("words", [{}, {"E11.out": ["reach", HERE, 1]}, {"door": ["unix", "/"]}])
def test_a_plan_that_leaves_something_out_starts_nothing(
    words: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a door there is no positive control, without an attempt there is no proof."""
    monkeypatch.setattr(probe, "LAST_WORDS", str(tmp_path / "words"))
    ways = [name for name in words if name == "door"]
    assert probe.start(plan(words, ways=ways)) == probe.NOTHING_PROVED


def test_a_connection_is_held_until_it_dies(place: Place) -> None:
    token = "ef" * 16
    found = canary.hold(HERE, place.said, token, 0.4)
    assert found["echoes"] >= 1
    assert found["ended"] is False
    assert place.ears.counts([token])[0] >= 1
    with socket.create_server((HERE, 0)) as cut:

        def once() -> None:
            made, _ = cut.accept()
            with made:
                made.sendall(made.recv(200))

        thread = threading.Thread(target=once)
        thread.start()
        found = canary.hold(HERE, cut.getsockname()[1], token, 5)
        thread.join()
    assert found == {"echoes": 1, "ended": True}
    assert canary.hold(HERE, 1, token, 0.2) == {"echoes": 0, "ended": False}


def test_a_canary_that_cannot_have_its_port_ends() -> None:
    with socket.create_server((HERE, 0)) as taken:
        words = json.dumps({"tcp": [taken.getsockname()[1]]})
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(canary.__file__), words],
            capture_output=True,
            timeout=20,
            check=False,
        )
    assert done.returncode != 0


def test_ears_are_bounded() -> None:
    ears = canary.Ears()
    for number in range(canary._MOST + 100):
        ears.hear(b"%d" % number)
    assert ears.counts([str(canary._MOST + 50)]) == [0]
    assert ears.counts(["9999"]) == [1]


@pytest.mark.parametrize(
    ("text", "family", "address"),
    [
        ("0100007F", socket.AF_INET, "127.0.0.1"),
        ("0A0200C0", socket.AF_INET, "192.0.2.10"),
        ("0000000000000000FFFF00000A0200C0", socket.AF_INET6, "192.0.2.10"),
        ("B80D0120000000000000000005000000", socket.AF_INET6, "2001:db8::5"),
    ],
)
def test_the_kernels_tables_are_read(text: str, family: int, address: str) -> None:
    assert probe.address_of(text, family) == address


CHURN = """
import os, sys
while True:
    for path in (f"{folder}/tre-test-churn" for folder in sys.argv[1:]):
        os.close(os.open(path, os.O_CREAT))
        os.unlink(path)
"""


@contextmanager
def churning(*folders: str) -> Iterator[None]:
    """Files come and go in these folders, as on any busy host."""
    program = subprocess.Popen([sys.executable, "-c", CHURN, *folders])
    try:
        yield
    finally:
        program.kill()
        program.wait()
        for folder in folders:
            Path(folder, "tre-test-churn").unlink(missing_ok=True)


def test_what_vanishes_during_a_walk_neither_ends_it_nor_hides_its_neighbours(
    tmp_path: Path,
) -> None:
    """A proof that fails because some program removed its own file would close a workspace."""
    lying = tmp_path / "z.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(str(lying))
        with churning(str(tmp_path), "/dev/shm"):
            for _ in range(40):
                assert probe.sockets({"walk": str(tmp_path), "sockets": []})[0] is True
                assert probe.devices({"devices": []})[0] is True
                assert probe.sockets({"walk": str(tmp_path), "sockets": [str(lying)]})[0] is False

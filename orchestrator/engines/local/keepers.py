"""Start keepers, find those that are there, and end them; the engine's side of `keeper.py`."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orchestrator
from orchestrator.engines.local.keeper import started
from orchestrator.errors import Unavailable
from orchestrator.sandbox.limits import Group

_ANSWER_SECONDS = 20.0
_CONTROL_SECONDS = 1.0
_LOG_BYTES = 256 << 10
_PACKAGE_PARENT = Path(orchestrator.__file__).resolve().parent.parent


@dataclass(frozen=True)
class Order:
    """What a keeper is told.

    Shape: `launch` is the launcher's order; `doors` maps names to the sockets behind them;
    `facts` are kept in `keeper.json` and hold no secret; `reserve` is (folder, bytes that must
    stay free), None where a home has a file system of its own.
    """

    launch: Mapping[str, Any]
    doors: Mapping[str, str]
    listen: bool
    facts: Mapping[str, str]
    uid: int | None = None
    roles_gid: int | None = None
    group: Group | None = None
    reserve: tuple[str, int] | None = None


def start(folder: Path, order: Order) -> None:
    """Start a keeper in its folder and wait until its sandbox was started.

    Precondition: no keeper lives there. Errors: Unavailable with the keeper's sentence.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.engines.local.keeper", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a terminal's interrupt must not reach it
        env={"PYTHONPATH": str(_PACKAGE_PARENT), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        cwd="/",
    )
    try:
        said = process.communicate(_spelled(order), timeout=_ANSWER_SECONDS)[0]
        answer = json.loads(said.splitlines()[0])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as problem:
        process.kill()
        process.wait()
        raise Unavailable("A notebook server's keeper did not start.", code="keeper") from problem
    if "error" in answer:
        raise Unavailable(f"The sandbox could not be started: {answer['error']}", code="keeper")


def alive(folder: Path) -> dict[str, Any] | None:
    """Answer the facts of the keeper that lives in a folder, None when none does."""
    facts = _facts(folder / "keeper.json")
    if facts is None or facts["started"] is None or started(facts["pid"]) != facts["started"]:
        return None
    return facts


def exit_status(folder: Path) -> int | None:
    """Answer how the last sandbox ended, None when that is not known."""
    facts = _facts(folder / "exit.json")
    return None if facts is None else int(facts["exit"] or 0)


def forget(folder: Path) -> None:
    """Forget how the last sandbox ended: somebody else ended it, or has read it."""
    (folder / "exit.json").unlink(missing_ok=True)


def ask(folder: Path, word: str) -> dict[str, Any] | None:
    """Say one word to a keeper and answer what it says, None when it does not."""
    with contextlib.suppress(OSError, ValueError):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(_CONTROL_SECONDS)
            control.connect(str(folder / "keeper.sock"))
            control.sendall(json.dumps({"do": word}).encode() + b"\n")
            with control.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        return answer if isinstance(answer, dict) else None
    return None


def stop(folder: Path) -> None:
    """End a keeper and its sandbox; when it returns nothing of both runs. Idempotent."""
    facts = alive(folder)
    if facts is None:
        _end_sandbox(_facts(folder / "keeper.json"))
        return
    keeper = _watched(facts["pid"], facts["started"])
    with _closing(keeper):
        ask(folder, "stop")
        if not _gone(keeper, 0.5):
            _kill(keeper)  # it does not obey; its sandbox dies with it
            _gone(keeper, 10.0)
    _end_sandbox(facts)


def _end_sandbox(facts: Mapping[str, Any] | None) -> None:
    """Wait for the end of a sandbox whose keeper is gone; kill it if the kernel did not."""
    if facts is None:
        return
    sandbox = _watched(facts["sandbox"], facts["sandbox_started"])
    with _closing(sandbox):
        if not _gone(sandbox, 2.0):
            _kill(sandbox)
            _gone(sandbox, 10.0)
    if facts.get("groups"):
        _empty(Group(tuple(Path(folder) for folder in facts["groups"])))


def _empty(group: Group) -> None:
    """End whoever is left in a control group, then delete it."""
    until = time.monotonic() + 10
    while members := group.members():
        for pid in members:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            raise Unavailable("A process of a stopped server does not end; tried again later.")
        time.sleep(0.01)
    group.remove()


def _watched(pid: int, since: int | None) -> int | None:
    """Hold exactly the process that was meant, None when it is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return None
    if since is not None and started(pid) == since:
        return descriptor
    os.close(descriptor)
    return None


@contextlib.contextmanager
def _closing(descriptor: int | None) -> Any:
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _gone(descriptor: int | None, seconds: float) -> bool:
    if descriptor is None:
        return True
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _kill(descriptor: int | None) -> None:
    if descriptor is not None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)


def _spelled(order: Order) -> bytes:
    groups = [str(folder) for folder in order.group.folders] if order.group else []
    reserve = order.reserve
    return json.dumps(
        {
            "launch": order.launch,
            "doors": order.doors,
            "listen": order.listen,
            "facts": {**order.facts, "groups": groups},
            "uid": order.uid,
            "roles_gid": order.roles_gid,
            "groups": groups,
            "reserve": {"folder": reserve[0], "bytes": reserve[1]} if reserve else None,
            "log_bytes": _LOG_BYTES,
        }
    ).encode()


def _facts(file: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None

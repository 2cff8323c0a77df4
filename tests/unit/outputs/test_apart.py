"""Children of one opener: what one does to itself, to its parent and to the others' answers.

Each test runs a program of its own, because the process that has children closes itself to others.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from orchestrator.outputs import apart
out = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
{work}
def works():
    yield "a", lambda: b"first"
    yield "b", bad
    yield "c", lambda: b"third"
apart.answers(works(), out, 2.0, {seconds})
"""
GOOD = {"a": b"first", "c": b"third"}


def run(folder: Path, work: str, seconds: float = 20.0) -> dict[str, bytes]:
    """What lies in the folder when three children have had their turn."""
    folder.chmod(0o777)
    (folder / "out").mkdir(mode=0o777)
    (folder / "out").chmod(0o777)
    for above in folder.parents:
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)
    code = PROGRAM.format(work=work, seconds=seconds)
    command = [sys.executable, "-c", code, str(folder / "out")]
    subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parents[3])
    return {place.name: place.read_bytes() for place in (folder / "out").iterdir()}


@pytest.mark.parametrize(
    "does",
    [
        "os.abort()",
        "sys.exit(3)",
        "time.sleep(60)",
        "os.fork()",
        "os.open(f'/proc/{os.getppid()}/mem', os.O_RDWR)",
        "raise MemoryError",
        "os.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_a_child_that_breaks_has_no_answer_and_the_others_have(tmp_path: Path, does: str) -> None:
    """A fork and a look into the parent are refused, so they break the child."""
    assert run(tmp_path, f"def bad():\n    {does}\n    return b'bad'") == GOOD


@pytest.mark.parametrize(
    "does",
    [
        "(out / 'a').write_bytes(b'forged')",
        "(out / 'c').symlink_to('/etc/hostname')",
        "(out / 'd').write_bytes(b'more')",
        "(out / 'a').unlink(); (out / 'a').write_bytes(b'forged')",
    ],
)
def test_a_child_cannot_answer_for_another(tmp_path: Path, does: str) -> None:
    """What did not come through that child's pipe is taken away; at worst an answer is missing."""
    found = run(tmp_path, f"def bad():\n    {does}\n    return b'own'")
    assert found.get("a", b"first") == b"first"
    assert {**found, "a": b"first"} == {**GOOD, "b": b"own"}


def test_an_answer_of_any_length_comes_whole(tmp_path: Path) -> None:
    """Longer than a pipe holds."""
    found = run(tmp_path, "def bad():\n    return b'x' * 5_000_000")
    assert len(found["b"]) == 5_000_000


def test_past_the_time_for_all_nothing_is_begun(tmp_path: Path) -> None:
    """What is not begun is for an opener of its own."""
    assert run(tmp_path, "def bad():\n    return b'own'", 0.0) in ({}, {"a": b"first"})

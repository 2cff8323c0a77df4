"""What continuous integration makes of the outcomes of `make`, with a `make` of our own."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = """#!/bin/sh
echo "$*" >> asked
case "$*" in
    *AGAIN*) exit "${AGAIN_ENDS:-0}" ;;
    check) exit "${CHECK_ENDS:-0}" ;;
    lab-programs) touch built; exec sleep 60 ;;
    test)
        [ -z "${TEST_BREAKS:-}" ] || exit 2
        for try in 1 2 3 4 5 6 7 8 9; do [ -e built ] || sleep 0.$try; done
        [ -e built ] || exit 2  # programs for the cluster are built meanwhile
        echo "${TEST_ENDS:-0}" > .tre/test
        exit "${TEST_ENDS:-0}" ;;
    *) echo "${CLUSTER_ENDS:-0}" > .tre/test-cluster; exit "${CLUSTER_ENDS:-0}" ;;
esac
"""
ALL = ["check", "test", "test-cluster"]


def _run(folder: Path, **said: str) -> tuple[bool, list[str], str]:
    """Run it in a folder; answer whether it passed, what it asked for in turn, what it printed."""
    for name in (".ci", "bin"):
        (folder / name).mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    make = folder / "bin" / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    environment = os.environ | said | {"PATH": f"{make.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [folder / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False
    )
    asked = (folder / "asked").read_text().splitlines()
    return done.returncode == 0, [one for one in asked if one != "lab-programs"], done.stdout


@pytest.mark.parametrize(
    ("said", "passes", "asked"),
    [
        ({}, True, ALL),
        ({"CHECK_ENDS": "1"}, False, ["check"]),
        ({"TEST_ENDS": "1"}, True, ["check", "test", "test AGAIN=1", "test-cluster"]),
        ({"TEST_ENDS": "1", "AGAIN_ENDS": "1"}, False, ["check", "test", "test AGAIN=1"]),
        ({"TEST_ENDS": "2"}, False, ["check", "test"]),
        ({"TEST_BREAKS": "yes"}, False, ["check", "test"]),
        ({"CLUSTER_ENDS": "1"}, True, [*ALL, "test-cluster AGAIN=1"]),
        ({"CLUSTER_ENDS": "1", "AGAIN_ENDS": "2"}, False, [*ALL, "test-cluster AGAIN=1"]),
        ({"CLUSTER_ENDS": "7"}, False, ALL),
    ],
)
def test_what_failed_runs_once_more_and_what_broke_off_fails(
    said: dict[str, str], passes: bool, asked: list[str], tmp_path: Path
) -> None:
    assert _run(tmp_path, **said)[:2] == (passes, asked)


def test_an_outcome_of_an_earlier_run_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".tre").mkdir()
    (tmp_path / ".tre" / "test").write_text("1\n")
    assert _run(tmp_path, TEST_BREAKS="yes")[:2] == (False, ["check", "test"])


def test_a_machine_without_room_for_a_cluster_is_said_out_loud(tmp_path: Path) -> None:
    passes, asked, printed = _run(tmp_path, CLUSTER_ENDS="6")
    assert (passes, asked) == (True, ALL)
    assert "NOT RUN: make test-cluster" in printed


def test_what_is_built_meanwhile_ends_with_it(tmp_path: Path) -> None:
    """A run that failed leaves no build behind that somebody would wait for."""
    assert not _run(tmp_path, TEST_ENDS="2")[0]
    mark, until = f"{tmp_path}/bin:".encode(), time.monotonic() + 30
    while any(mark in _environment(one) for one in Path("/proc").glob("[0-9]*/environ")):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.05)


def _environment(path: Path) -> bytes:
    """What a process was started with; nothing of one that has ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""

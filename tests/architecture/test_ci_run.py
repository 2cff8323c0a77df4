"""What continuous integration makes of the outcomes of `make`, with a `make` of our own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = """#!/bin/sh
echo "$*" >> asked
case "$*" in
    *AGAIN*) exit "${AGAIN_ENDS:-0}" ;;
    check) exit "${CHECK_ENDS:-0}" ;;
    test)
        [ -z "${TEST_BREAKS:-}" ] || exit 2
        echo "${TEST_ENDS:-0}" > .tre/test
        exit "${TEST_ENDS:-0}" ;;
    *) echo "${CLUSTER_ENDS:-0}" > .tre/test-cluster; exit "${CLUSTER_ENDS:-0}" ;;
esac
"""
ALL = ["check", "test", "test-cluster"]


def _run(folder: Path, **said: str) -> tuple[bool, list[str], str]:
    """Run it in a folder; answer whether it passed, what it asked for, and what it printed."""
    for name in (".ci", ".tre", "bin"):
        (folder / name).mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / ".tre" / "test").write_text("1\n")  # an earlier run's
    make = folder / "bin" / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    environment = os.environ | said | {"PATH": f"{make.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [folder / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, (folder / "asked").read_text().splitlines(), done.stdout


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


def test_a_machine_without_room_for_a_cluster_is_said_out_loud(tmp_path: Path) -> None:
    passes, asked, printed = _run(tmp_path, CLUSTER_ENDS="6")
    assert (passes, asked) == (True, ALL)
    assert "NOT RUN: make test-cluster" in printed

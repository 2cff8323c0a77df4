"""A machine that cannot make sandboxes is told so in a sentence with the command that cures it."""

import os
import stat
from pathlib import Path

import pytest

from orchestrator.sandbox import run


def test_missing(tmp_path: Path) -> None:
    trial = run.tried(str(tmp_path))
    assert not trial.works
    assert "not installed" in trial.say
    assert trial.cure == "apt-get install bubblewrap"


def test_too_old(tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    trial = run.tried(str(tmp_path))
    assert not trial.works
    assert "too old" in trial.say


@pytest.mark.parametrize(
    ("file", "value", "cure"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "/etc/apparmor.d/bwrap"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces"),
    ],
)
def test_forbidden(tmp_path: Path, file: str, value: str, cure: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(value + "\n")
    trial = run.forbidden("bwrap: setting up uid map: Permission denied\nmore", tmp_path)
    assert not trial.works
    assert "Permission denied" in trial.say
    assert "more" not in trial.say
    assert cure in trial.cure


def test_forbidden_without_a_known_cause(tmp_path: Path) -> None:
    trial = run.forbidden("", tmp_path)
    assert not trial.works
    assert "virtual or real machine" in trial.say


def test_the_system_is_shown_and_nothing_of_people() -> None:
    binds, _ = run.system()
    shown = {bind.target for bind in binds}
    assert "/usr" in shown
    assert not shown & {"/", "/etc", "/home", "/root", "/var", "/run", "/tmp", "/proc", "/sys"}
    assert not any(bind.writable for bind in binds)


def test_kernel_settings_are_covered() -> None:
    covered, masked = run.covers()
    assert "/proc/sys" in covered
    assert all(os.path.isdir(path) for path in covered)
    assert not any(os.path.isdir(path) for path in masked)

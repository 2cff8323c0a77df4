"""The story of `make demo`, as a test: every chapter with the evidence it must have."""

import json
import os
from pathlib import Path

import pytest

from tests.e2e.conftest import House

CHAPTERS = (
    "People sign in at the identity provider",
    "Datasets are announced, verified, admitted, published",
    "A permit is written, reviewed from every seat, and granted",
    "The workspace is provisioned and isolation is proved",
    "The researcher works in a JupyterHub notebook",
    "The same notebook tries to get out",
    "Rows of people are stopped, in two disguises",
    "The same export, mended as the findings say, passes",
    "The table of groups passes the machine",
    "Two blind votes, by people outside the project",
    "The download is what was reviewed",
    "A table that differs from a release by a few people",
    "One rule: page, API and command refuse alike",
    "A halt closes the open connection",
    "The log is verified, and a flipped byte is found",
)


def test_every_chapter_comes_out_as_it_must(house: House) -> None:
    """The titles are named here so that a chapter cannot quietly disappear."""
    for step in house.story.steps:
        assert step.ok, f"{step.step}: {step.evidence}"
    assert tuple(step.step for step in house.story.steps) == CHAPTERS


def test_the_report_has_every_step_with_its_evidence(house: House) -> None:
    """What a stranger reads afterwards is what happened."""
    written = json.loads(house.story.report.read_text())
    assert [entry["step"] for entry in written] == list(CHAPTERS)
    assert all(entry["ok"] and entry["evidence"] and entry["seconds"] >= 0 for entry in written)


@pytest.mark.parametrize("role", ["gateway", "doors"])
def test_a_role_cannot_see_the_state_folder(house: House, role: str) -> None:
    """Design property 8: on one machine, too, they run without the database's folder."""
    inside = [
        pid
        for pid in _descendants(house.processes.pid(role))
        if f"orchestrator.{role}" in _line(pid) and _apart(pid)
    ]
    assert inside, "the process must be found, or this test shows nothing"
    state = house.settings.state_dir
    assert (state / "tre.db").exists(), "the control: it is there on the host"
    for pid in inside:
        seen = Path(f"/proc/{pid}/root{state}")
        assert not seen.exists(), f"{role} can reach {seen}"


def _apart(pid: int) -> bool:
    """Whether it has mounts of its own; whoever started the sandbox waits outside of it."""
    return os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")


def _descendants(pid: int) -> list[int]:
    children = [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _parent(int(path.name)) == pid
    ]
    return [pid, *(found for child in children for found in _descendants(child))]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""

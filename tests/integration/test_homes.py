"""Homes and the shared folder: theirs alone, theirs together, and never more than the quota."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.engines.local import homes
from orchestrator.engines.local.homes import Homes
from orchestrator.errors import Unavailable
from orchestrator.sandbox import roles, run, spawn
from orchestrator.sandbox.arguments import Bind
from orchestrator.sandbox.limits import Limits
from orchestrator.sandbox.spawn import Identity
from orchestrator.sandbox.uids import Uids
from tests import local_world

LIMITS = Limits(memory=256 << 20, processes=32)
AS_ROOT = os.geteuid() == 0


class Place:
    """Homes of one test, with the people's identities."""

    def __init__(self, folder: Path, quota_mb: int = 16) -> None:
        self.folder = folder
        self.uids = Uids(folder / "state")
        self.homes = Homes(local_world.layout(folder), quota_mb, AS_ROOT)

    def shell(self, project: str, person: str, script: str) -> subprocess.CompletedProcess[str]:
        """What a person's shell says in a sandbox with home and shared folder."""
        identity = self.uids.server(project, person)
        box = roles.role_box("shell", ["/bin/sh", "-c", script])
        binds = [
            Bind(str(self.homes.home(project, person, identity)), "/home", writable=True),
            Bind(str(self.homes.shared(project, identity)), "/project", writable=True),
        ]
        order = run.order(
            replace(box, binds=(*box.binds, *binds)), LIMITS, identity=identity, umask=0o002
        )
        process = spawn.start(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess([], process.returncode, out.decode(), err.decode())


@pytest.fixture
def place(run_dir: Path):  # type: ignore[no-untyped-def]
    made = Place(run_dir)
    yield made
    for project in ("alpha", "beta"):
        assert made.homes.remove(project) == []


def test_a_home_survives_and_belongs_to_one(place: Place) -> None:
    assert place.shell("alpha", "ada", "echo kept > /home/a").returncode == 0
    assert place.shell("alpha", "ada", "cat /home/a").stdout == "kept\n"
    assert place.shell("alpha", "grace", "ls /home").stdout == ""
    assert place.shell("beta", "ada", "ls /home /project").stdout == "/home:\n\n/project:\n"


def test_a_project_shares_what_its_people_write(place: Place) -> None:
    wrote = place.shell("alpha", "ada", "mkdir /project/d && echo one > /project/d/f")
    assert wrote.returncode == 0, wrote.stderr
    added = place.shell("alpha", "grace", "echo two >> /project/d/f && echo x > /project/d/g")
    assert added.returncode == 0, added.stderr
    assert place.shell("alpha", "ada", "cat /project/d/f; rm /project/d/g").stdout == "one\ntwo\n"


def test_another_uid_of_the_host_cannot_pass(place: Place) -> None:
    if not AS_ROOT:
        assert place.homes.home("alpha", "ada", None).stat().st_mode & 0o077 == 0
        return
    place.shell("alpha", "ada", "echo secret > /home/a; echo secret > /project/a")
    home = local_world.layout(place.folder).homes / "alpha"
    other = place.uids.server("beta", "ada")
    assert other is not None
    for path in (home / "ada" / "a", home / ".project" / "a"):
        done = subprocess.run(
            ["/bin/cat", str(path)],
            user=other.uid,
            group=other.gid,
            extra_groups=[],
            check=False,
            capture_output=True,
        )
        assert (done.returncode, done.stdout) == (1, b"")


def test_a_home_cannot_fill_another_disk(place: Place) -> None:
    home = place.homes.home("alpha", "ada", place.uids.server("alpha", "ada"))
    if homes.own_file_systems() and AS_ROOT:
        done = place.shell("alpha", "ada", "dd if=/dev/zero of=/home/f bs=1M count=64")
        assert "No space left" in done.stderr
        assert sum(file.stat().st_size for file in home.iterdir()) < 16 << 20
        assert place.homes.reserve(home) is None
        image = home.with_name("ada.img").stat()
        assert image.st_blocks * 512 >= 15 << 20  # set aside at once, so never missing later
    else:
        assert place.homes.reserve(home) == (str(home), homes.RESERVE)


def test_an_identity_is_not_a_reason_to_lose_the_home(place: Place) -> None:
    """Made again (after a restart of the machine, say) it is the same home."""
    place.shell("alpha", "ada", "echo kept > /home/a")
    again = Place(place.folder)
    assert again.shell("alpha", "ada", "cat /home/a").stdout == "kept\n"


def test_removal_deletes_everything(run_dir: Path) -> None:
    place = Place(run_dir)
    place.shell("alpha", "ada", "echo x > /home/a; echo x > /project/a")
    assert place.homes.remove("alpha") == []
    assert not (local_world.layout(run_dir).homes / "alpha").exists()
    assert str(run_dir) not in Path("/proc/self/mountinfo").read_text()
    assert place.homes.remove("alpha") == []


def test_a_home_that_has_no_room_is_a_sentence(run_dir: Path) -> None:
    place = Place(run_dir, quota_mb=1 << 30)
    if AS_ROOT and homes.own_file_systems():
        identity = Identity(1_899_970_000, 1_899_970_001)
        with pytest.raises(Unavailable, match="TRE_HOME_QUOTA_MB"):
            place.homes.home("alpha", "ada", identity)
    place.homes.remove("alpha")

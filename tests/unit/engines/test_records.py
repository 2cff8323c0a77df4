"""What the engine remembers survives, whole."""

from pathlib import Path

import pytest

from orchestrator.engines.local.records import Record, Records, with_mounts
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.errors import Tampered
from orchestrator.values import digest_of

SPEC = Spec("alpha", ("ada", "grace"), "workspace", Size(cpus=1), digest_of(b"spec"))
MOUNTS = tuple(
    Mount("mgus", version, digest_of(version.encode()), Path("/t") / version, Path("/m") / version)
    for version in ("2", "1")
)


def test_a_record_comes_back_equal(tmp_path: Path) -> None:
    record = with_mounts(Record(SPEC, asleep=True), MOUNTS)
    Records(tmp_path / "r").write("alpha", record)
    assert Records(tmp_path / "r").read("alpha") == record
    assert [mount.version for mount in record.mounts] == ["1", "2"]


def test_an_unknown_project_has_none(tmp_path: Path) -> None:
    assert Records(tmp_path).read("alpha") is None
    assert Records(tmp_path).halted("alpha") == frozenset()


def test_a_halt_holds_for_a_project_that_was_never_set_up(tmp_path: Path) -> None:
    Records(tmp_path / "r").set_halted("alpha", frozenset({"*"}))
    assert Records(tmp_path / "r").halted("alpha") == {"*"}


def test_a_broken_record_is_an_alarm(tmp_path: Path) -> None:
    (tmp_path / "alpha.json").write_text('{"spec": {')
    with pytest.raises(Tampered):
        Records(tmp_path).read("alpha")


@pytest.mark.parametrize("name", ["../alpha", "", "Alpha", "a/b", "-a"])
def test_a_name_cannot_escape(tmp_path: Path, name: str) -> None:
    with pytest.raises(Exception, match="cannot be a name"):
        Records(tmp_path).read(name)

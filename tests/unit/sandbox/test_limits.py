"""Limits of processes and control groups, on a made-up control file system."""

from pathlib import Path

from orchestrator.sandbox.limits import Limits, make_group, tidy

LIMITS = Limits(memory=1 << 30, processes=64, cpu_seconds=9)


def test_without_a_group_each_process_is_bounded() -> None:
    alone = LIMITS.of_process(grouped=False, own_uid=True)
    assert alone["RLIMIT_DATA"] == 1 << 30
    assert alone["RLIMIT_NPROC"] == 64
    assert alone["RLIMIT_CPU"] == 9
    assert alone["RLIMIT_CORE"] == 0


def test_a_shared_uid_has_no_limit_that_others_would_use_up() -> None:
    assert "RLIMIT_NPROC" not in LIMITS.of_process(grouped=False, own_uid=False)


def test_a_group_bounds_the_sum_so_a_process_may_reserve_more() -> None:
    assert "RLIMIT_DATA" not in LIMITS.of_process(grouped=True, own_uid=True)


def test_two_folders_in_version_one(tmp_path: Path) -> None:
    for controller in ("memory", "pids"):
        (tmp_path / controller).mkdir()
    group = make_group("a", LIMITS, tmp_path)
    assert group is not None
    assert (tmp_path / "memory/tre/a/memory.limit_in_bytes").read_text() == str(1 << 30)
    assert (tmp_path / "pids/tre/a/pids.max").read_text() == "64"
    assert group.joins == (
        str(tmp_path / "memory/tre/a/cgroup.procs"),
        str(tmp_path / "pids/tre/a/cgroup.procs"),
    )


def test_one_folder_in_version_two(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory pids\n")
    (tmp_path / "cgroup.subtree_control").touch()
    group = make_group("a", LIMITS, tmp_path)
    assert group is not None
    assert (tmp_path / "tre/a/memory.max").read_text() == str(1 << 30)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_no_group_where_none_may_be_made(tmp_path: Path) -> None:
    assert make_group("a", LIMITS, tmp_path / "nothing") is None


def test_members_of_a_group(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "pids").mkdir()
    group = make_group("a", LIMITS, tmp_path)
    assert group is not None
    (tmp_path / "memory/tre/a/cgroup.procs").write_text("12\n13\n")
    assert group.members() == {12, 13}


def test_groups_that_a_killed_engine_left_are_deleted_and_others_stay(tmp_path: Path) -> None:
    for name in ("a1b2-x", "a1b2-y", "c3d4-x"):
        (tmp_path / "memory" / "tre" / name).mkdir(parents=True)
    tidy("a1b2", tmp_path)
    assert [path.name for path in (tmp_path / "memory" / "tre").iterdir()] == ["c3d4-x"]

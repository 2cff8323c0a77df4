"""Identities: durable, one for each name, never given out twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orchestrator.sandbox.uids import FIRST, FIRST_IN_CONTAINER, Uids, first


def test_a_name_keeps_its_number(tmp_path: Path) -> None:
    before = Uids(tmp_path, root=True).server("alpha", "ada")
    assert Uids(tmp_path, root=True).server("alpha", "ada") == before


def test_no_two_names_share_a_uid(tmp_path: Path) -> None:
    uids = Uids(tmp_path, root=True)
    found = [
        uids.server(project, person) for project in ("alpha", "beta") for person in ("ada", "grace")
    ]
    found += [uids.role("gateway"), uids.scratch("judge")]
    numbers = [identity.uid for identity in found if identity is not None]
    assert len(set(numbers)) == len(found)


def test_people_of_a_project_share_its_group_and_no_other(tmp_path: Path) -> None:
    uids = Uids(tmp_path, root=True)
    ada, grace = uids.server("alpha", "ada"), uids.server("alpha", "grace")
    other = uids.server("beta", "ada")
    assert ada is not None
    assert grace is not None
    assert other is not None
    assert ada.gid == grace.gid != other.gid


def test_an_ordinary_user_gives_no_identity(tmp_path: Path) -> None:
    uids = Uids(tmp_path, root=False)
    assert uids.server("alpha", "ada") is None
    assert uids.roles_gid() is None
    assert list(tmp_path.iterdir()) == []


def test_allocation_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: Uids(tmp_path, root=True).number(f"n{n}"), range(40)))
    assert len(set(found)) == 40


def test_two_installations_begin_at_different_places(tmp_path: Path) -> None:
    assert first(tmp_path / "a") != first(tmp_path / "b")
    assert first(tmp_path / "a") >= FIRST_IN_CONTAINER


def test_a_small_map_gets_small_numbers(tmp_path: Path) -> None:
    small = tmp_path / "uid_map"
    small.write_text("         0     100000      65536\n")
    assert FIRST_IN_CONTAINER <= first(tmp_path / "a", small) < 65_000 < FIRST

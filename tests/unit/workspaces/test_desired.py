"""What an environment should be, and when: pure sentences about specs, mounts, proofs and waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.port import Mount, Size
from orchestrator.values import digest_of
from orchestrator.workspaces import desired

NOW = datetime(2026, 5, 4, 9, 12, 33, tzinfo=UTC)
VALID = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
SIZE = Size()


def a_mount(dataset: str = "flchain", version: str = "1", data: bytes = b"x") -> Mount:
    """A mount of made-up bytes."""
    return Mount(dataset, version, digest_of(data), Path("tree"), Path("manifest"))


def test_a_spec_is_the_same_whatever_the_order_of_people() -> None:
    """Sorted, each once; so nothing is restarted because a query answered in another order."""
    one = desired.spec("survival", ["ada", "ben", "ada"], "workspace", SIZE)
    other = desired.spec("survival", ["ben", "ada"], "workspace", SIZE)
    assert one == other
    assert one.people == ("ada", "ben")


@pytest.mark.parametrize(
    "changed",
    [
        {"project": "other"},
        {"people": ["ada", "ben"]},
        {"image": "other"},
        *({"size": replace(SIZE, **{name: 7})} for name in vars(SIZE)),
    ],
)
def test_every_field_of_a_spec_is_in_its_digest(changed: dict[str, object]) -> None:
    """Or drift of that field would never be seen."""
    asked: dict[str, object] = {
        "project": "survival",
        "people": ["ada"],
        "image": "workspace",
        "size": SIZE,
    }
    one = desired.spec(**asked)  # type: ignore[arg-type]
    other = desired.spec(**{**asked, **changed})  # type: ignore[arg-type]
    assert one.digest != other.digest


def test_equal_sets_of_mounts_have_one_name() -> None:
    """Order does not matter; dataset, version and digest do; where the tree lies does not."""
    one, two = a_mount(), a_mount("mgus2")
    assert desired.mounts_digest([one, two]) == desired.mounts_digest([two, one])
    elsewhere = replace(one, tree=Path("elsewhere"))
    assert desired.mounts_digest([one]) == desired.mounts_digest([elsewhere])
    names = {
        desired.mounts_digest(mounts)
        for mounts in ([], [one], [two], [one, two], [a_mount(version="2")], [a_mount(data=b"y")])
    }
    assert len(names) == 6


@pytest.mark.parametrize(
    ("age", "valid", "due"),
    [
        (-SECOND, False, True),  # from the future: the clock went back
        (timedelta(0), True, False),
        (VALID / 3 - SECOND, True, False),
        (VALID / 3, True, True),
        (VALID - SECOND, True, True),
        (VALID, False, True),
    ],
)
def test_a_proof_counts_for_its_time_and_is_renewed_early(
    age: timedelta, valid: bool, due: bool
) -> None:
    """Both sides of every edge."""
    assert desired.proof_valid(NOW - age, NOW, VALID) is valid
    assert desired.proof_due(NOW - age, NOW, VALID) is due


def test_no_proof_is_not_valid_and_due() -> None:
    """Fail closed."""
    assert not desired.proof_valid(None, NOW, VALID)
    assert desired.proof_due(None, NOW, VALID)


@given(st.integers(min_value=0, max_value=10**9))
def test_waits_grow_and_end_at_two_minutes(attempts: int) -> None:
    """However often it failed, the arithmetic holds."""
    wait = desired.backoff(attempts)
    assert timedelta(seconds=1) <= wait <= desired.LONGEST_WAIT
    assert wait <= desired.backoff(attempts + 1)


@pytest.mark.parametrize(
    ("ahead", "waits"),
    [
        (None, False),
        (-SECOND, False),
        (timedelta(0), False),
        (SECOND, True),
        (desired.LONGEST_WAIT, True),
        (desired.LONGEST_WAIT + SECOND, False),  # of a clock that went back
    ],
)
def test_a_row_waits_until_its_time_and_never_for_a_lost_one(
    ahead: timedelta | None, waits: bool
) -> None:
    """Both sides of every edge."""
    assert desired.waits(None if ahead is None else NOW + ahead, NOW) is waits

"""Sentences about snapshots that must never change."""

from orchestrator.datasets.states import (
    HAS_MANIFEST,
    MACHINE,
    MOUNTABLE,
    SYSTEMS_TURN,
    SnapshotState,
)
from orchestrator.lifecycle.machine import Standing, reachable


def _into(state: SnapshotState) -> set[tuple[str, frozenset[Standing]]]:
    return {(row.source, row.by) for row in MACHINE.table if row.target == state}


def test_only_the_system_publishes_and_only_what_was_placed() -> None:
    assert _into(SnapshotState.PUBLISHED) == {(SnapshotState.PLACING, frozenset({Standing.SYSTEM}))}


def test_only_a_reviewer_admits_and_only_what_was_proposed() -> None:
    assert _into(SnapshotState.PLACING) == {
        (SnapshotState.PROPOSED, frozenset({Standing.REVIEWER}))
    }


def test_only_the_system_proposes_and_only_what_was_verified() -> None:
    assert _into(SnapshotState.PROPOSED) == {
        (SnapshotState.VERIFYING, frozenset({Standing.SYSTEM}))
    }


def test_only_its_owner_takes_back_what_was_admitted() -> None:
    admitted = {SnapshotState.PLACING, *MOUNTABLE}
    rows = [row for row in MACHINE.table if row.event == "withdraw" and row.source in admitted]
    assert len(rows) == len(admitted)
    assert {row.by for row in rows} == {frozenset({Standing.OWNER})}


def test_what_ended_stays_ended() -> None:
    assert MACHINE.final == {SnapshotState.REJECTED, SnapshotState.WITHDRAWN}


def test_a_published_snapshot_never_changes_again() -> None:
    assert reachable(MACHINE, SnapshotState.PUBLISHED) == {
        SnapshotState.RETIRED,
        SnapshotState.WITHDRAWN,
    }


def test_no_steward_decides_about_admission() -> None:
    decisions = [row for row in MACHINE.table if row.event in {"admit", "reject", "publish"}]
    assert all(Standing.STEWARD not in row.by for row in decisions)


def test_the_named_sets_are_what_they_say() -> None:
    assert {SnapshotState.PUBLISHED, SnapshotState.RETIRED} == MOUNTABLE
    assert SYSTEMS_TURN < HAS_MANIFEST
    assert MOUNTABLE < HAS_MANIFEST
    assert SnapshotState.RECEIVING not in HAS_MANIFEST

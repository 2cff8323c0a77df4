"""The ways bytes may move."""

from orchestrator.objectstore.zones import MOVES, Zone


def test_the_only_way_into_release_is_from_quarantine() -> None:
    assert {source for source, target in MOVES if target is Zone.RELEASE} == {Zone.QUARANTINE}


def test_the_only_way_into_snapshots_is_from_inbox() -> None:
    assert {source for source, target in MOVES if target is Zone.SNAPSHOTS} == {Zone.INBOX}


def test_nothing_leaves_release_or_snapshots_and_nothing_moves_into_what_is_uploaded() -> None:
    assert not {Zone.RELEASE, Zone.SNAPSHOTS} & {source for source, _ in MOVES}
    assert not {Zone.INBOX, Zone.QUARANTINE} & {target for _, target in MOVES}

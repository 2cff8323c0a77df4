"""Trees of snapshots: whole or not there, read-only, and only from admitted files."""

import io
import os
import stat
from pathlib import Path

import pytest

from orchestrator.errors import Invalid, NotFound, Tampered
from orchestrator.objectstore import trees
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.trees import Leaf
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Digest, digest_of

MANIFEST = b'{"files":[]}'


@pytest.fixture
def store(tmp_path: Path) -> PosixStore:
    """An empty store."""
    return PosixStore(tmp_path / "store")


def _leaf(store: PosixStore, path: str, data: bytes = b"x") -> Leaf:
    frozen = store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
    store.copy(Zone.INBOX, frozen.digest, Zone.SNAPSHOTS)
    return Leaf(path, frozen.digest, frozen.size)


def _remains(store: PosixStore) -> list[str]:
    folder = store.root / "trees"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_tree_holds_the_files_read_only(store: PosixStore) -> None:
    leaves = [_leaf(store, "a.csv", b"1"), _leaf(store, "deep/er/b.csv", b"2")]
    built = trees.build(store, MANIFEST, leaves)
    assert built == trees.location(store, digest_of(MANIFEST))
    assert (built.tree / "a.csv").read_bytes() == b"1"
    assert (built.tree / "deep/er/b.csv").read_bytes() == b"2"
    assert built.manifest.read_bytes() == MANIFEST
    modes = {
        path: stat.S_IMODE(path.stat().st_mode) for path in (built.tree, *built.tree.rglob("*"))
    }
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o555}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o444}
    assert stat.S_IMODE(built.manifest.stat().st_mode) == 0o444


def test_building_again_changes_nothing(store: PosixStore) -> None:
    leaves = [_leaf(store, "a.csv")]
    first = trees.build(store, MANIFEST, leaves)
    inode = first.tree.stat().st_ino
    assert trees.build(store, MANIFEST, leaves).tree.stat().st_ino == inode


def test_its_files_are_the_store_s_own(store: PosixStore) -> None:
    leaf = _leaf(store, "a.csv")
    built = trees.build(store, MANIFEST, [leaf])
    original = store.location(Zone.SNAPSHOTS, leaf.digest)
    assert (built.tree / "a.csv").samefile(original)


def test_beyond_the_limit_of_links_files_are_copied(
    store: PosixStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaf = _leaf(store, "a.csv")

    def refuses(*_: object, **__: object) -> None:
        raise OSError(31, "Too many links")

    monkeypatch.setattr(os, "link", refuses)
    built = trees.build(store, MANIFEST, [leaf])
    assert (built.tree / "a.csv").read_bytes() == b"x"
    assert stat.S_IMODE((built.tree / "a.csv").stat().st_mode) == 0o444


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "", ".a", "-a", "a\x00", "a//b"])
def test_hostile_paths_are_refused(store: PosixStore, path: str) -> None:
    good, bad = _leaf(store, "good.csv"), _leaf(store, "bad.csv")
    with pytest.raises(Invalid):
        trees.build(store, MANIFEST, [good, Leaf(path, bad.digest, bad.size)])
    assert _remains(store) == []


def test_twins_and_an_empty_tree_are_refused(store: PosixStore) -> None:
    leaf = _leaf(store, "a.csv")
    for leaves in ([], [leaf, Leaf("A.csv", leaf.digest, leaf.size)]):
        with pytest.raises(Invalid):
            trees.build(store, MANIFEST, leaves)


def test_a_file_that_was_not_admitted_is_not_in_a_tree(store: PosixStore) -> None:
    frozen = store.freeze(Zone.INBOX, io.BytesIO(b"only in the inbox"), 1 << 30)
    leaf = _leaf(store, "a.csv")
    with pytest.raises(NotFound):
        trees.build(store, MANIFEST, [leaf, Leaf("b.csv", frozen.digest, frozen.size)])
    assert _remains(store) == []


def test_another_size_than_the_manifest_says_is_found(store: PosixStore) -> None:
    leaf = _leaf(store, "a.csv")
    with pytest.raises(Tampered):
        trees.build(store, MANIFEST, [Leaf(leaf.path, leaf.digest, leaf.size + 1)])
    assert _remains(store) == []


def test_a_removed_tree_is_gone_and_its_files_stay_in_the_zone(store: PosixStore) -> None:
    leaf = _leaf(store, "deep/a.csv")
    trees.build(store, MANIFEST, [leaf])
    for _ in range(2):
        trees.remove(store, digest_of(MANIFEST))
    assert _remains(store) == []
    assert store.verify(Zone.SNAPSHOTS, leaf.digest) == leaf.size
    assert trees.build(store, MANIFEST, [leaf]).tree.is_dir()


def test_the_sweeper_removes_what_a_killed_builder_left(store: PosixStore) -> None:
    trees.build(store, MANIFEST, [_leaf(store, "a.csv")])
    half = store.root / "trees" / ".building-1"
    (half / "deep").mkdir(parents=True)
    (half / "deep").chmod(0o555)
    half.chmod(0o555)
    os.utime(half, (1, 1))
    assert trees.sweep(store, 1000) == 1
    assert not half.exists()
    assert trees.location(store, digest_of(MANIFEST)).tree.is_dir()


def test_no_name_from_outside_becomes_a_tree(store: PosixStore) -> None:
    with pytest.raises(Invalid):
        trees.location(store, Digest("../../etc"))

"""A snapshot on the nodes' storage: whole under its name, or not there."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from orchestrator.errors import Invalid, Tampered, TreError, Unavailable
from orchestrator.objectstore import placed
from orchestrator.values import canonical_json, digest_of

FILES = {"a.csv": b"person,age\nP1,40\n", "deep/er/b.csv": b"", "twin.csv": b"person,age\nP1,40\n"}


def _manifest(files: dict[str, bytes]) -> bytes:
    return canonical_json(
        {
            "files": [
                {"path": path, "digest": digest_of(data), "size": len(data)}
                for path, data in sorted(files.items())
            ]
        }
    )


MANIFEST = _manifest(FILES)
DIGEST = digest_of(MANIFEST)
WHOLE = [(placed.MANIFEST, MANIFEST), *((digest_of(d), d) for _, d in sorted(FILES.items()))]


def _sent(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, Iterator[bytes]]]:
    for name, data in files:
        yield name, iter([data[:5], data[5:]])


def test_a_snapshot_is_there_whole_and_read_only(tmp_path: Path) -> None:
    placed.receive(tmp_path, DIGEST, _sent(WHOLE))
    place = placed.folder(tmp_path, DIGEST)
    assert {p.name for p in tmp_path.iterdir()} == {DIGEST.removeprefix("sha256:")}
    assert {path: (place / placed.TREE / path).read_bytes() for path in FILES} == FILES
    assert (place / placed.MANIFEST).read_bytes() == MANIFEST
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (place, *place.rglob("*"))}
    assert modes == {0o555, 0o444}
    placed.verify(tmp_path, DIGEST)


WRONG: dict[str, tuple[list[tuple[str, bytes]], type[TreError]]] = {
    "nothing": ([], Tampered),
    "no manifest first": (WHOLE[1:], Tampered),
    "another snapshot's manifest": (
        [(placed.MANIFEST, _manifest({"a": b""})), *WHOLE[1:]],
        Tampered,
    ),
    "a file too few": (WHOLE[:-1], Invalid),
    "files in another order": ([WHOLE[0], *WHOLE[:0:-1][1:]], Invalid),
    "bytes that are not their name": (
        [*WHOLE[:1], (WHOLE[1][0], b"person,age\nP1,41\n")],
        Tampered,
    ),
    "bytes cut short": ([*WHOLE[:1], (WHOLE[1][0], b"person")], Tampered),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_the_snapshot_never_gets_its_name(tmp_path: Path, name: str) -> None:
    """And what is left of it is in nobody's way: the right one is placed over it."""
    sent, family = WRONG[name]
    with pytest.raises(family):
        placed.receive(tmp_path, DIGEST, _sent(sent))
    assert not placed.folder(tmp_path, DIGEST).exists()
    placed.receive(tmp_path, DIGEST, _sent(WHOLE))
    placed.verify(tmp_path, DIGEST)


@pytest.mark.parametrize("path", ["../up.csv", "/etc/passwd", "a/../../b", ""])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    """Even of a manifest that has the right digest."""
    manifest = _manifest({path: b"x"})
    sent = [(placed.MANIFEST, manifest), (digest_of(b"x"), b"x")]
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(Invalid):
        placed.receive(root, digest_of(manifest), _sent(sent))
    assert list(root.iterdir()) == []
    assert list(tmp_path.iterdir()) == [root]


@pytest.mark.parametrize("path", ["tree/a.csv", "MANIFEST.json"])
def test_storage_that_changed_is_noticed(tmp_path: Path, path: str) -> None:
    placed.receive(tmp_path, DIGEST, _sent(WHOLE))
    file = placed.folder(tmp_path, DIGEST) / path
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"40", b"41") + b" ")
    with pytest.raises(Unavailable, match="does not give back"):
        placed.verify(tmp_path, DIGEST)


def test_storage_that_keeps_other_bytes_than_it_took_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read back after the sync, before the name: a disk that lies publishes nothing."""
    real = os.fsync

    def spoil(handle: int) -> None:
        real(handle)
        for file in tmp_path.glob(".placing-*/tree/a.csv"):
            if file.stat().st_size:
                file.chmod(0o644)
                file.write_bytes(b"person,age\nP1,41\n")

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(Unavailable, match="does not give back"):
        placed.receive(tmp_path, DIGEST, _sent(WHOLE))
    assert not placed.folder(tmp_path, DIGEST).exists()


def test_storage_that_refuses_is_said_in_a_sentence(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.write_text("no folder")
    with pytest.raises(Unavailable, match="storage of the nodes"):
        placed.receive(root, DIGEST, _sent(WHOLE))

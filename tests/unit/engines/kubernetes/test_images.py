"""Layers and images of snapshots: read back by the standard library, whole, and always the same."""

import hashlib
import io
import json
import tarfile
from contextlib import nullcontext
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import images
from orchestrator.engines.kubernetes.cluster import Images
from orchestrator.errors import Invalid, Tampered
from orchestrator.values import Digest, canonical_json, digest_of

FILES = {"a.csv": b"person,age\nP1,40\n", "deep/er/b.bin": bytes(1500), "empty.txt": b""}
LONG = "x" * 120 + "/" + "ü" * 100 + ".csv"


def _manifest(files: dict[str, bytes], version: str = "2026.1") -> bytes:
    listed = [
        {"path": path, "digest": digest_of(data), "size": len(data)} for path, data in files.items()
    ]
    return canonical_json({"dataset": "flchain", "version": version, "files": listed})  # type: ignore[dict-item]


def _layer(files: dict[str, bytes], version: str = "2026.1") -> bytes:
    kept = {digest_of(data): data for data in files.values()}

    def opened(digest: Digest) -> "nullcontext[BinaryIO]":
        return nullcontext(io.BytesIO(kept[digest]))

    return b"".join(images.layer(_manifest(files, version), opened))


def test_a_layer_holds_the_tree_and_its_manifest_and_nothing_else() -> None:
    """Of root, read-only, without a time; folders before what is in them."""
    files = {**FILES, LONG: b"long"}
    with tarfile.open(fileobj=io.BytesIO(_layer(files))) as archive:
        members = archive.getmembers()
        seen = {one.name: archive.extractfile(one) for one in members if one.isfile()}
        content = {name: file.read() for name, file in seen.items() if file is not None}
    place = "flchain/2026.1"
    assert content == {
        **{f"{place}/{path}": data for path, data in files.items()},
        f"{place}.MANIFEST.json": _manifest(files),
    }
    assert {one.mode for one in members if one.isfile()} == {0o444}
    assert {one.mode for one in members if one.isdir()} == {0o555}
    assert {(one.uid, one.gid, one.mtime) for one in members} == {(0, 0, 0)}
    assert all(one.isfile() or one.isdir() for one in members)
    names = [one.name for one in members]
    for name in names:
        above = name.rpartition("/")[0]
        assert not above or names.index(above) < names.index(name)


def test_what_is_measured_is_what_is_sent() -> None:
    spelled = _layer(FILES)
    found = images.measured(iter([spelled[:700], spelled[700:]]))
    assert (found.digest, found.size) == (digest_of(spelled), len(spelled))
    assert _layer(FILES) == spelled


@pytest.mark.parametrize("stored", [b"person,age\nP1,41\n", b"person,age\n", b"x" * 4_000_000])
def test_bytes_that_the_manifest_does_not_name_end_it(stored: bytes) -> None:
    """Others, too few, too many."""
    manifest = _manifest({"a.csv": FILES["a.csv"]})
    with pytest.raises(Tampered, match=r"a\.csv are not what the manifest says"):
        list(images.layer(manifest, lambda _: nullcontext(io.BytesIO(stored))))


@pytest.mark.parametrize("path", [".wh.a.csv", "deep/.wh..wh..opq", "../a.csv", "/a.csv", "a//b"])
def test_a_name_that_an_image_takes_for_an_order_is_refused(path: str) -> None:
    with pytest.raises(Invalid):
        _layer({path: b"x"})


def test_a_manifest_that_does_not_say_whose_it_is_makes_no_layer() -> None:
    manifest = canonical_json({"files": [{"path": "a", "digest": digest_of(b""), "size": 0}]})
    with pytest.raises(Tampered, match="which version"):
        list(images.layer(manifest, lambda _: nullcontext(io.BytesIO(b""))))


@given(order=st.permutations([images.Blob(digest_of(bytes([n])), n + 1) for n in range(4)]))
def test_an_image_is_its_set_of_layers(order: list[images.Blob]) -> None:
    """In whatever order they are granted; another set is another image."""
    image = images.image(order)
    assert image == images.image(sorted(order, key=lambda one: one.digest))
    assert image.digest != images.image(order[1:]).digest
    manifest, config = json.loads(image.manifest), json.loads(image.config)
    assert manifest["config"]["digest"] == f"sha256:{hashlib.sha256(image.config).hexdigest()}"
    assert [each["digest"] for each in manifest["layers"]] == config["rootfs"]["diff_ids"]
    assert {(each["digest"], each["size"]) for each in manifest["layers"]} == {
        (one.digest, one.size) for one in order
    }


@pytest.mark.parametrize(
    "repository",
    [
        "registry.example",
        "registry.example/t:1",
        "registry.example/t@sha256:1",
        "UPPER/x",
        "/x",
    ],
)
def test_a_repository_is_a_host_and_a_path(repository: str) -> None:
    with pytest.raises(Invalid, match="no repository"):
        Images(repository)


def test_the_path_is_without_the_host() -> None:
    assert Images("registry.example:5000/a/b").path == "a/b"

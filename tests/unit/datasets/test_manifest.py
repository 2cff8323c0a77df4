"""The manifest: one spelling, one digest, and no path that is not plain."""

import json

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from orchestrator.datasets import manifest
from orchestrator.datasets.manifest import Entry, Manifest
from orchestrator.errors import Invalid, Tampered
from orchestrator.values import digest_of

DICTIONARY = digest_of(b"{}")

names = st.text("abcxyz019_é ", min_size=1, max_size=12).map(str.strip).filter(bool)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
entries = st.builds(Entry, paths, st.binary(max_size=9).map(digest_of), st.integers(0, 2**53 - 1))


def _make(*listed: Entry, label: str = "2026-1") -> Manifest:
    return manifest.make("flchain", label, "northern-registry", DICTIONARY, listed)


def test_the_spelling_is_exactly_this() -> None:
    made = _make(Entry("b.csv", digest_of(b"b"), 1), Entry("a.csv", digest_of(b""), 0))
    assert (
        made.spelled()
        == (
            f'{{"dataset":"flchain","dictionary":"{DICTIONARY}","files":['
            f'{{"digest":"{digest_of(b"")}","path":"a.csv","size":0}},'
            f'{{"digest":"{digest_of(b"b")}","path":"b.csv","size":1}}],'
            '"format":1,"partner":"northern-registry","version":"2026-1"}'
        ).encode()
    )
    assert made.digest() == digest_of(made.spelled())
    assert made.size == 1


@given(st.lists(entries, min_size=1, max_size=6, unique_by=lambda e: e.path.casefold()))
def test_any_order_is_one_digest_and_reading_gives_it_back(listed: list[Entry]) -> None:
    try:
        made = _make(*listed)
    except Invalid:
        reject()
    assert _make(*reversed(listed)).digest() == made.digest()
    assert manifest.parse(made.spelled()) == made


@given(entries, entries)
def test_different_files_have_different_digests(one: Entry, other: Entry) -> None:
    assert (_make(one).digest() == _make(other).digest()) == (one == other)


def test_the_version_is_part_of_the_name() -> None:
    entry = Entry("a.csv", digest_of(b""), 0)
    assert _make(entry).digest() != _make(entry, label="2026-2").digest()


@pytest.mark.parametrize("path", ["../a", "/a", "a/../b", ".a", "a\nb", "-a", "x" * 256, ""])
def test_hostile_paths_are_refused(path: str) -> None:
    with pytest.raises(Invalid):
        _make(Entry(path, digest_of(b""), 0))


def test_twins_are_refused_and_so_is_nothing() -> None:
    empty = digest_of(b"")
    with pytest.raises(Invalid, match="same file"):
        _make(Entry("a.csv", empty, 0), Entry("A.CSV", empty, 0))
    with pytest.raises(Invalid, match="No file"):
        _make()


def _other(value: object) -> bytes:
    return json.dumps(value).encode()


def test_what_is_not_a_manifest_of_ours_is_tampered() -> None:
    good = _make(Entry("a.csv", digest_of(b""), 0)).spelled()
    value = json.loads(good)
    hostile = {**value, "files": [{**value["files"][0], "path": "../a"}]}
    without = {key: value[key] for key in value if key != "files"}
    for bad in (
        b"",
        b"[]",
        good + b" ",
        good.replace(b'"format":1', b'"format":2'),
        json.dumps(value, indent=1).encode(),
        _other(hostile),
        _other(without),
        _other({**value, "files": 7}),
        _other({**value, "more": 1}),
    ):
        with pytest.raises(Tampered):
            manifest.parse(bad)

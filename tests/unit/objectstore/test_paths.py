"""Which names of a stranger may become files of ours."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import Invalid
from orchestrator.objectstore.paths import distinct, folded, safe_path, shown

HOSTILE = (
    "", "/", "/etc/passwd", "//a", "a//b", "a/", ".", "..", "../a", "a/..", "a/../b", "./a",
    "a/./b", ".hidden", "a/.git/config", "-rf", "a/-x", "a\\b", "..\\a", "a\x00b", "a\nb", "a\rb",
    "a\x1b[31m", "a\u202eb", "a\u200bb", "\ufeffa", "a\u2028b", "a\u2029b", " a", "a ", "a /b",
    "a.", "a./b", "a\u00a0", "e\u0301.csv", "a\ud800", "x" * 256, "é" * 128, "a/" * 600 + "a",
    "\u00ad.csv", "a\ue000", "\u3000a",
)  # fmt: skip

FINE = (
    "a", "flchain.csv", "part-01/0001.txt", "Daten für alle.csv", "日本/データ.csv", "a b/c d.csv",
    "sample.yr", "x" * 255, "A_1+2=3,(4)", "~a", "$HOME", "a;b", "1",
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_names_are_refused(path: str) -> None:
    with pytest.raises(Invalid) as caught:
        safe_path(path)
    assert caught.value.code == "bad_path"
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("path", FINE)
def test_plain_names_are_taken_as_they_are(path: str) -> None:
    assert safe_path(path) == path


@given(st.text(max_size=300) | st.lists(st.text(max_size=20), max_size=6).map("/".join))
def test_an_accepted_path_stays_below_its_folder(path: str) -> None:
    try:
        safe_path(path)
    except Invalid:
        return
    root = Path("/data/tree")
    assert (root / path).resolve().is_relative_to(root)
    assert (root / path).relative_to(root).as_posix() == path
    assert unicodedata.normalize("NFC", path) == path
    assert all(part[0] not in ".-" and len(part.encode()) <= 255 for part in path.split("/"))


@given(st.text(max_size=300))
def test_a_hostile_name_is_shown_as_plain_text(text: str) -> None:
    assert shown(text).isascii()
    assert shown(text).isprintable()
    assert len(shown(text)) <= 12 * 80


@pytest.mark.parametrize(
    "pair",
    [
        ("a.csv", "a.csv"),
        ("a.csv", "A.csv"),
        ("a/b", "A/b"),
        ("straße.csv", "STRASSE.csv"),
        ("\u00e9.csv", "e\u0301.csv"),
        ("a", "a/b"),
        ("A/b/c", "a/B"),
    ],
)
def test_twins_are_refused_in_either_order(pair: tuple[str, str]) -> None:
    for paths in (pair, pair[::-1]):
        with pytest.raises(Invalid, match=r"Rename one|same file|folder"):
            distinct(paths)


def test_different_names_are_kept() -> None:
    distinct(["a", "ab", "a b", "b/a", "b/ab", "ba/a"])


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)

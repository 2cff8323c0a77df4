"""Workspace images: installed once for each lock, whole or not at all. Empty locks, so quick."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.engines.local.images import ensure_image
from orchestrator.errors import NotFound, Unavailable
from orchestrator.settings import Settings


def _sources(folder: Path, lock: str = "") -> Path:
    place = folder / "sources" / "small"
    (place / "etc" / "jupyter").mkdir(parents=True)
    (place / "etc" / "jupyter" / "config.py").write_text("")
    (place / "requirements.lock").write_text(lock)
    return place


def _ensure(folder: Path, lines: list[str] | None = None) -> Path:
    settings = Settings(mode="test", images_dir=folder / "images")
    heard = lines if lines is not None else []
    return ensure_image(settings, "small", heard.append, folder / "sources")


def test_it_is_made_once_and_readable_by_every_uid(tmp_path: Path) -> None:
    _sources(tmp_path)
    lines: list[str] = []
    place = _ensure(tmp_path, lines)
    assert lines
    assert lines[-1] == "small: ready"
    done = subprocess.run(
        [place / "bin" / "python", "-c", "import sys; print(sys.prefix != sys.base_prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
    assert (place / "etc" / "jupyter" / "config.py").stat().st_mode & 0o044 == 0o044
    assert place.resolve().stat().st_mode & 0o005 == 0o005
    again: list[str] = []
    assert _ensure(tmp_path, again) == place
    assert again == []


def test_another_lock_is_another_folder_and_the_old_one_stays(tmp_path: Path) -> None:
    source = _sources(tmp_path)
    before = _ensure(tmp_path).resolve()
    (source / "requirements.lock").write_text("# nothing\n")
    after = _ensure(tmp_path).resolve()
    assert before != after
    assert (before / "bin" / "python").exists()


def test_a_lock_that_cannot_be_installed_leaves_nothing(tmp_path: Path) -> None:
    _sources(tmp_path, "not a requirement !\n")
    with pytest.raises(Unavailable, match="cannot be installed"):
        _ensure(tmp_path)
    assert [path for path in (tmp_path / "images").iterdir() if path.is_dir()] == []


def test_an_unknown_image(tmp_path: Path) -> None:
    _sources(tmp_path)
    with pytest.raises(NotFound):
        ensure_image(Settings(mode="test"), "unknown", None, tmp_path / "sources")


def test_two_at_the_same_time(tmp_path: Path) -> None:
    _sources(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: _ensure(tmp_path), range(2)))
    assert found[0] == found[1]
    assert (found[0] / "bin" / "python").exists()

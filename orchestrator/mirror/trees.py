"""Trees of a mirror on disk: `current` points to one that is whole, and never changes.

Shape of a tree: `list.json` and `wheels/`. A new tree is made aside; the link moves in one step.
"""

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from orchestrator.errors import Invalid
from orchestrator.mirror.shelf import Shelf, parse, spell

_LIST = "list.json"
_CURRENT = "current"


def current(mirror: Path) -> Path | None:
    """Answer the tree that is offered now; None when nothing was fetched yet."""
    try:
        return mirror / os.readlink(mirror / _CURRENT)
    except OSError:
        return None


def read(tree: Path) -> Shelf:
    """Read a tree's list. Errors: Invalid when it is not one, OSError when it is gone."""
    return parse((tree / _LIST).read_text(encoding="utf-8"))


def wheel_path(tree: Path, file: str) -> Path:
    """Answer where a wheel of the list lies; `file` is a name of the list, never a caller's."""
    return tree / "wheels" / file


def publish(mirror: Path, shelf: Shelf, wheels: Path) -> Path:
    """Offer a folder of wheels from now on, and forget every tree but this and the last one.

    Shape: the tree is named by its list, so the same wheels are the same tree; each byte is hashed
    on its way in. Errors: Invalid when a file is not what the list says; nothing has changed then.
    """
    words = spell(shelf)
    tree = mirror / f"tree-{hashlib.sha256(words.encode()).hexdigest()[:16]}"
    mirror.mkdir(mode=0o755, parents=True, exist_ok=True)
    before = current(mirror)
    if not tree.exists():
        _build(tree, shelf, words, wheels)
    fresh = mirror / f".{_CURRENT}.{secrets.token_hex(4)}"
    fresh.symlink_to(tree.name)
    os.replace(fresh, mirror / _CURRENT)
    for old in mirror.glob("tree-*"):
        if old not in (tree, before):
            shutil.rmtree(old)
    return tree


def _build(tree: Path, shelf: Shelf, words: str, wheels: Path) -> None:
    aside = tree.with_name(f".{tree.name}.{secrets.token_hex(4)}")
    try:
        (aside / "wheels").mkdir(parents=True)
        for wheel in shelf.wheels.values():
            _copy(wheels / wheel.file, wheel_path(aside, wheel.file), wheel.sha256)
        (aside / _LIST).write_text(words, encoding="utf-8")
        for path in (aside, *aside.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # every role may read it
        aside.rename(tree)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy(source: Path, target: Path, sha256: str) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise Invalid(f"{source.name} is not what the mirror's list says; fetch it again.")

"""Workspace images of the local engine: one environment for each lock file, made once.

`python -m orchestrator.engines.local.images [NAME]` installs one and shows its progress.
"""

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.errors import NotFound, Unavailable
from orchestrator.settings import Settings
from orchestrator.values import parse_slug

SOURCES = Path(__file__).resolve().parents[3] / "workspace-images"
DEFAULT = "workspace"
_MARK = "lock-digest"
_SECONDS = 1800

Progress = Callable[[str], None]


def image_path(settings: Settings, name: str) -> Path:
    """Answer where an image's environment lies once it is installed."""
    return settings.images_dir.absolute() / parse_slug(name)


def ensure_image(
    settings: Settings, name: str, progress: Progress | None = None, sources: Path = SOURCES
) -> Path:
    """Install an image from its lock file, unless exactly that lock is installed already.

    Shape: `images_dir/<name>` is a link to a folder named by the lock's digest, so that running
    servers keep theirs and a broken installation is never seen; readable by every uid.
    Errors: NotFound for an unknown image; Unavailable when the packages cannot be had.
    """
    say = progress or (lambda line: None)
    source = sources / parse_slug(name)
    lock = source / "requirements.lock"
    if not lock.is_file():
        raise NotFound(f"There is no workspace image called {name}.")
    digest = _digest(source)
    place = image_path(settings, name)
    if _installed(place) == digest:
        return place
    folder = place.parent / f".{name}-{digest[:16]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f".{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two processes may want the same image at once
        if _installed(folder) != digest:
            _install(source, folder, digest, say)
        _link(place, folder)
    say(f"{name}: ready")
    return place


def _install(source: Path, folder: Path, digest: str, say: Progress) -> None:
    """Make the environment aside, and give it its name when it is whole."""
    aside = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    try:
        say(f"{source.name}: making an environment")
        for step in _steps(source / "requirements.lock", aside):
            say(f"{source.name}: {step[0]}")
            _run(step[1])
        shutil.copytree(source / "etc", aside / "etc", dirs_exist_ok=True)
        for packages in aside.glob("lib/python3*/site-packages"):
            for path in source.glob("*.pth"):
                shutil.copy(path, packages)
        for program in source.glob("client/*.py"):
            shutil.copyfile(program, aside / "bin" / program.stem)
            (aside / "bin" / program.stem).chmod(0o755)
        (aside / _MARK).write_text(digest)
        _run(["chmod", "-R", "a+rX,go-w", str(aside)])
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except OSError as problem:
        raise Unavailable(
            f"The workspace image cannot be installed: {problem.strerror}."
        ) from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _steps(lock: Path, aside: Path) -> list[tuple[str, list[str]]]:
    python = str(aside / "bin" / "python")
    if importlib.util.find_spec("uv") is not None:
        uv = [sys.executable, "-m", "uv", "--system-certs"]  # a hospital’s proxy signs for itself
        install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        return [
            ("python", [*uv, "venv", "--quiet", "--python", _base_python(), str(aside)]),
            ("packages", [*install, "--require-hashes", "-r", str(lock)]),
        ]
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [
        ("python", [_base_python(), "-m", "venv", "--symlinks", str(aside)]),
        ("packages", [*install, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]),
        ("bytecode", [python, "-m", "compileall", "-q", "-j", "0", str(aside / "lib")]),
    ]


def _base_python() -> str:
    """Answer the interpreter below every environment, so that an image never stands on ours."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = Path(sys.base_prefix) / "bin" / name
    return str(found) if found.exists() else sys.executable


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300]
        raise Unavailable(
            f"The workspace image cannot be installed: {last}. Check the package index and the"
            " free disk space, then try again.",
            code="image_failed",
        )


def _link(place: Path, folder: Path) -> None:
    """Point the image's name to the folder in one step."""
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    fresh.symlink_to(folder.name)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    os.replace(fresh, place)


def _installed(folder: Path) -> str:
    try:
        return (folder / _MARK).read_text()
    except OSError:
        return ""


def _digest(source: Path) -> str:
    """Name what makes an image: its lock, settings and programs, and the python it stands on."""
    parts = [source / "requirements.lock", *sorted(source.glob("etc/**/*"))]
    parts += sorted([*source.glob("client/*.py"), *source.glob("*.pth")])
    digest = hashlib.sha256(f"{sys.base_prefix} {sys.version}".encode())
    for part in parts:
        if part.is_file():
            digest.update(f"{part.relative_to(source)} {part.stat().st_size}\n".encode())
            digest.update(part.read_bytes())
    return digest.hexdigest()


def _main(names: Sequence[str]) -> None:
    for name in names or (DEFAULT,):
        ensure_image(Settings(), name, lambda line: print(line, flush=True))  # noqa: T201


if __name__ == "__main__":
    _main(sys.argv[1:])

"""Fetch the wheels of lock files: the only part with outside access, begun by an operator alone."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from orchestrator.errors import Invalid, Unavailable
from orchestrator.mirror import trees
from orchestrator.mirror.shelf import Wheel, shelf_of

_SECONDS = 3600
_LARGEST_METADATA = 4 << 20


@dataclass(frozen=True)
class Python:
    """Which interpreter the wheels are for; empty words mean the one that runs now."""

    version: str = ""
    platforms: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Spell it for pip."""
        version = ["--python-version", self.version] if self.version else []
        return [*version, *(word for name in self.platforms for word in ("--platform", name))]


def fetch(mirror: Path, locks: Sequence[Path], python: Python) -> Path:
    """Fetch what the lock files name, by digest, and offer exactly that from now on.

    Shape: pip compares each file with the digests of its lock; only wheels, because anything else
    would run its maker's code here. Answers the new tree.
    Errors: Invalid for a lock that is not there or pins no digest; Unavailable when a package
    cannot be had. What was offered before stays then.
    """
    for lock in locks:
        if not lock.is_file():
            raise Invalid(f"There is no file {lock}; name a requirements file with hashes.")
    mirror.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=mirror) as folder:
        for lock in locks:
            _download(lock, Path(folder), python)
        wheels = [_described(path) for path in sorted(Path(folder).glob("*.whl"))]
        return trees.publish(mirror, shelf_of(wheels), Path(folder))


def _download(lock: Path, folder: Path, python: Python) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", *python.words()]
    command += ["--dest", str(folder), "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = (said or ["no reason given"])[0][:500]
        raise Unavailable(
            f"The packages of {lock.name} cannot be fetched: {why} Nothing was changed.",
            code="packages_away",
        )


def _described(path: Path) -> Wheel:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Wheel(path.name, digest, path.stat().st_size, _python_asked(path))


def _python_asked(path: Path) -> str:
    """Read the versions of python that a wheel's maker asks for. Source: PEP 345, PEP 427."""
    with zipfile.ZipFile(path) as wheel:
        name, version = path.name.split("-")[:2]
        with wheel.open(f"{name}-{version}.dist-info/METADATA") as file:
            words = file.read(_LARGEST_METADATA).decode(errors="replace")
    return str(HeaderParser().parsestr(words, headersonly=True).get("Requires-Python") or "")

"""Wheels and lock files that a test made up, for a mirror that asks no index."""

import hashlib
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str = "1.0", *, needs: str = "") -> Path:
    """Make a wheel with one module that knows its version."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    asks = f"Requires-Dist: {needs}\n" if needs else ""
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            f"Requires-Python: >=3.8\n{asks}\n",
        )
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{info}/WHEEL", tag)
        rows = "".join(f"{entry.filename},,\n" for entry in wheel.infolist())
        wheel.writestr(f"{info}/RECORD", f"{rows}{info}/RECORD,,\n")
    return path


def make_lock(folder: Path, *wheels: Path) -> Path:
    """Write a requirements file with the digest of each wheel, found beside it."""
    lines = [f"--no-index\n--find-links {folder}"]
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} --hash=sha256:{digest}")
    lock = folder / "requirements.lock"
    lock.write_text("\n".join(lines) + "\n")
    return lock

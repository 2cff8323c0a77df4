"""A stand-in for the workspace image: this machine's Python, its standard library, our programs.

What a proof runs needs nothing else; the real image is made by `make images`. Nothing is fetched:
files of the running interpreter and the libraries that it is linked with go into one layer.
"""

import io
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

from orchestrator.engines import canary, probe
from orchestrator.sandbox import inside
from tests.cluster.lab.archive import of_layer
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance

NAME = "lab.local/workspace"
_LEFT_OUT = ("test", "site-packages", "__pycache__", "idlelib", "tkinter", "turtledemo", "lib2to3")
_LEFT_OUT_TOO = ("ensurepip", "distutils", "pydoc_data", "config-")


def workspace(instance: Instance) -> str:
    """Bring the image into a lab and answer its reference."""
    return bring_in(instance, of_layer(_layer(), f"{NAME}:1", ()), NAME)


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        real = Path(sys.executable).resolve()
        for source, target in (*_interpreter(real), *_programs()):
            archive.add(source, target.lstrip("/"), recursive=False, filter=_plain)
        link = tarfile.TarInfo("opt/workspace/bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, str(real)
        archive.addfile(link)
        for folder, mode in (("tmp", 0o1777), ("home/researcher", 0o755), ("etc", 0o755)):
            made = tarfile.TarInfo(folder)
            made.type, made.mode = tarfile.DIRTYPE, mode
            archive.addfile(made)
    return buffer.getvalue()


def _interpreter(real: Path) -> Iterator[tuple[Path, str]]:
    """The program, what it is linked with, and its library without what no probe needs."""
    library = Path(sysconfig.get_path("stdlib"))
    kept = [
        file for file in sorted(library.rglob("*")) if file.is_file() and _wanted(file, library)
    ]
    yield real, str(real)
    for file in kept:
        yield file, str(file)
    linked = {name for file in (real, *kept) if _is_binary(file) for name in _libraries(file)}
    for name in sorted(linked):
        yield Path(name).resolve(), name


def _programs() -> Iterator[tuple[Path, str]]:
    for module in (probe, canary, inside):
        file = Path(module.__file__ or "")
        yield file, f"/opt/tre/{file.name}"


def _wanted(file: Path, library: Path) -> bool:
    parts = file.relative_to(library).parts
    return not any(part in _LEFT_OUT or part.startswith(_LEFT_OUT_TOO) for part in parts)


def _is_binary(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _libraries(file: Path) -> list[str]:
    said = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
    words = [word for line in said.splitlines() for word in line.split()]
    return [word for word in words if word.startswith("/")]


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755
    return entry

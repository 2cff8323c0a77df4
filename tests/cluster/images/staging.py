"""The folder that a builder gets: an image's files, its Python packages by hash, our own modules.

Packages are fetched out here, by `uv` from the lock with its hashes, for the image's Python and not
for ours. So a build needs no package index, no certificate of the institution's proxy and no pip.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import grimp

from orchestrator.errors import Unavailable
from orchestrator.mirror.fetching import Python, fetch
from tests.cluster.images.builder import EPOCH
from tests.cluster.images.recipes import FOLDERS, PACKAGE, ROOT, Recipe

_MACHINES = {"x86_64": "x86_64-manylinux_2_36", "aarch64": "aarch64-manylinux_2_36"}
"""What our base's C library is; wheels for an older one install as well."""

_PLATFORMS = tuple(f"manylinux_2_{number}_{platform.machine()}" for number in range(36, 4, -1))
"""The same for a mirror's wheels: for that C library or any older one."""

_SCRIPT = """#!{python}
import sys
from {module} import {first}
if __name__ == "__main__":
    sys.exit({call}())
"""


def key(recipe: Recipe, base: str) -> str:
    """Name everything that goes into an image; the same key, the same image.

    Shape: `base` is what it stands on; our modules are part of it, and how folders are filled.
    """
    names = [name for _, name in recipe.files]
    said = (recipe.name, recipe.place, recipe.reach, recipe.tries, names, base)
    seen = hashlib.sha256(f"{said} {platform.machine()}".encode())
    own = [Path(__file__), Path(__file__).with_name("builder.py")]
    for path in [*recipe.context, *_locks(recipe), *own, *_ours(recipe), *_extra(recipe)]:
        named = path.relative_to(ROOT)
        seen.update(f"{named} {path.stat().st_size}\n".encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def stage(recipe: Recipe, folder: Path, python: str) -> None:
    """Fill an empty folder for the builder.

    Shape: `environment` is what is copied to the image's place, `package` our modules in it. Every
    file has one time, so that a builder finds again what it has copied before.
    Units: `python` is the version of the image's Python, as 3.11.
    Errors: Unavailable when the packages cannot be had as locked.
    """
    for path in recipe.context:
        _copy(path, folder / path.relative_to(recipe.folder))
    for source, name in recipe.files:
        for path in _within(source):
            target = folder / name
            _copy(path, target / path.relative_to(source) if path != source else target)
    if recipe.lock is not None and not recipe.place:
        fetch(folder / "tree", [recipe.lock], Python(python, _PLATFORMS))
    elif recipe.lock is not None:
        environment = folder / "environment"
        _install(recipe.lock, environment, python)
        _scripts(environment, f"{recipe.place}/bin/python", python)
    packages = folder / "package" / "lib" / f"python{python}" / "site-packages"
    for path in _ours(recipe):
        _copy(path, packages / path.relative_to(ROOT))
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def modules(reach: str) -> list[str]:
    """Answer our modules that a package needs: itself and whatever it imports, however far.

    Source: design property 8: what is not in an image's reach is not in the image.
    """
    graph = grimp.build_graph(PACKAGE)
    named = [one for one in graph.modules if one == reach or one.startswith(f"{reach}.")]
    found = {one for name in named for one in {name, *graph.find_upstream_modules(name)}}
    parents = {one.rpartition(".")[0] for one in found}
    while missing := {one for one in parents if one} - found:
        found |= missing
        parents = {one.rpartition(".")[0] for one in missing}
    return sorted(found)


def _ours(recipe: Recipe) -> list[Path]:
    """The files of our package that go in: all of it, or what is reached."""
    if not recipe.reach:
        return []
    if recipe.reach == PACKAGE:
        return list(_within(ROOT / PACKAGE))
    places = [ROOT.joinpath(*name.split(".")) for name in modules(recipe.reach)]
    return sorted(
        place / "__init__.py" if place.is_dir() else place.with_suffix(".py") for place in places
    )


def _locks(recipe: Recipe) -> list[Path]:
    return [] if recipe.lock is None else [recipe.lock]


def _extra(recipe: Recipe) -> list[Path]:
    every = [path for source, _ in recipe.files for path in _within(source)]
    return [*every, FOLDERS / "base" / "plain.sh"]


def _within(source: Path) -> Iterator[Path]:
    """A file itself, or every file below a folder, without what Python leaves there."""
    if source.is_file():
        yield source
        return
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.name != ".DS_Store":
            yield path


def _copy(path: Path, target: Path) -> None:
    """Copy a file with a mode that depends on nobody's umask."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _install(lock: Path, environment: Path, python: str) -> None:
    """Install a lock's packages for another Python, and lay them out as an environment has them."""
    flat = environment.with_name("flat")
    command = [sys.executable, "-m", "uv", "--system-certs", "pip", "install", "--quiet"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--python-version", python, "--python-platform", _MACHINES[platform.machine()]]
    done = subprocess.run(
        [*command, "--target", str(flat), "-r", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = " / ".join(done.stderr.strip().splitlines()[-4:])[:600]
        raise Unavailable(f"The packages of {lock.parent.name} cannot be had as locked: {said}")
    packages = environment / "lib" / f"python{python}" / "site-packages"
    packages.parent.mkdir(parents=True)
    for name in ("bin", "include", ".lock", ".gitignore", "CACHEDIR.TAG"):
        _drop(flat / name)
    for name in ("share", "etc"):
        if (flat / name).is_dir():
            (flat / name).rename(environment / name)
    flat.rename(packages)
    for record in packages.glob("*.dist-info/direct_url.json"):
        record.unlink()


def _drop(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _scripts(environment: Path, interpreter: str, python: str) -> None:
    """Write the commands of the packages for the place where the environment will stand."""
    packages = environment / "lib" / f"python{python}" / "site-packages"
    (environment / "bin").mkdir()
    for found in distributions(path=[str(packages)]):
        for point in found.entry_points.select(group="console_scripts"):
            script = environment / "bin" / Path(point.name).name
            script.write_text(_script(point, interpreter))
            script.chmod(0o755)


def _script(point: EntryPoint, interpreter: str) -> str:
    first = point.attr.split(".")[0]
    return _SCRIPT.format(python=interpreter, module=point.module, first=first, call=point.attr)

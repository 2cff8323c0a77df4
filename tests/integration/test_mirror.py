"""The mirror: fetched with the real pip by an operator, served by the real door, used by pip."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from orchestrator.engines.local.boxes import (
    DOOR_FOLDER,
    IMAGE,
    INSIDE,
    PACKAGES_PORT,
    Places,
    limits,
    server_box,
)
from orchestrator.engines.local.images import ensure_image
from orchestrator.engines.local.layout import DOORS
from orchestrator.engines.port import Size
from orchestrator.errors import Invalid, Unavailable
from orchestrator.mirror import fetching, trees
from orchestrator.mirror.fetching import Python
from orchestrator.mirror.shelf import shelf_of
from orchestrator.sandbox import run, spawn
from orchestrator.sandbox.spawn import Identity
from orchestrator.settings import Settings
from tests import local_world
from tests.integration.doors_world import door, server
from tests.integration.gateway_world import World, world
from tests.integration.mirror_world import make_lock, make_wheel
from tests.integration.test_doors import opens, start


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of packages, in place of an index."""
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def test_exactly_what_a_lock_names_is_offered(source: Path, tmp_path: Path) -> None:
    wheel = make_wheel(source, "madeup_tables")
    make_wheel(source, "madeup_other")
    tree = fetching.fetch(tmp_path / "mirror", [make_lock(source, wheel)], Python())
    shelf = trees.read(tree)
    assert list(shelf.wheels) == [wheel.name]
    assert shelf.wheels[wheel.name].python == ">=3.8"
    assert trees.wheel_path(tree, wheel.name).read_bytes() == wheel.read_bytes()
    assert trees.current(tmp_path / "mirror") == tree


def test_a_package_that_is_not_what_its_lock_says_changes_nothing(
    source: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(source, "madeup_tables")
    lock = make_lock(source, wheel)
    before = fetching.fetch(tmp_path / "mirror", [lock], Python())
    wheel.write_bytes(make_wheel(tmp_path, "madeup_tables", needs="madeup_evil").read_bytes())
    with pytest.raises(Unavailable, match=r"requirements\.lock cannot be fetched.*Nothing was"):
        fetching.fetch(tmp_path / "mirror", [lock], Python())
    assert trees.current(tmp_path / "mirror") == before
    assert sorted(path.name for path in (tmp_path / "mirror").iterdir()) == ["current", before.name]


def test_a_lock_without_digests_or_without_itself_is_refused(source: Path, tmp_path: Path) -> None:
    lock = make_lock(source, make_wheel(source, "madeup_tables"))
    lock.write_text(lock.read_text().partition(" --hash")[0] + "\n")
    with pytest.raises(Unavailable, match="cannot be fetched"):
        fetching.fetch(tmp_path / "mirror", [lock], Python())
    with pytest.raises(Invalid, match="name a requirements file"):
        fetching.fetch(tmp_path / "mirror", [tmp_path / "none.lock"], Python())
    assert trees.current(tmp_path / "mirror") is None


def test_sources_are_never_fetched_because_they_run(source: Path, tmp_path: Path) -> None:
    """The control: pip would build it, and run its maker's code, if it were allowed to."""
    made = source / "madeup-1.0.tar.gz"
    made.write_bytes(b"not even an archive")
    wheel = make_wheel(source, "madeup")
    lock = make_lock(source, wheel)
    wheel.unlink()
    with pytest.raises(Unavailable, match="cannot be fetched"):
        fetching.fetch(tmp_path / "mirror", [lock], Python())


def test_a_tree_that_is_served_stays_while_the_next_is_there(source: Path, tmp_path: Path) -> None:
    """Who reads the last one still finds it; the one before goes."""
    mirror, made = tmp_path / "mirror", []
    for version in ("1.0", "1.1", "1.2"):
        lock = make_lock(source, make_wheel(source, "madeup_tables", version))
        made.append(fetching.fetch(mirror, [lock], Python()))
    assert [tree.exists() for tree in made] == [False, True, True]


def test_bytes_that_changed_on_their_way_are_not_offered(source: Path, tmp_path: Path) -> None:
    wheel = make_wheel(source, "madeup_tables")
    shelf = trees.read(fetching.fetch(tmp_path / "one", [make_lock(source, wheel)], Python()))
    wheel.write_bytes(wheel.read_bytes() + b"more")
    with pytest.raises(Invalid, match="not what the mirror's list says"):
        trees.publish(tmp_path / "two", shelf, source)
    assert list((tmp_path / "two").iterdir()) == []
    assert trees.publish(tmp_path / "two", shelf_of([]), source).exists()


@pytest.mark.loopback
def test_pip_in_a_workspace_installs_what_is_offered_and_nothing_else(source: Path) -> None:
    """A real pip in a real sandbox without a network, through the door, into its home."""
    needed = make_wheel(source, "madeup_base")
    wheel = make_wheel(source, "madeup_tables", needs="madeup_base")
    lock = make_lock(source, wheel, needed)

    async def main() -> None:
        async with world(start, doors=True) as made:
            made.control.servers = [server(made)]
            await opens(door(made, "packages"))
            await asyncio.to_thread(fetching.fetch, made.settings.mirror_dir, [lock], Python())
            installed, unlisted = await asyncio.gather(
                asyncio.to_thread(_inside, made, "m", "madeup_tables"),
                asyncio.to_thread(_inside, made, "n", "madeup_unlisted"),
            )
            assert installed.returncode == 0, installed.stdout.decode()
            assert b"madeup_tables 1.0 madeup_base 1.0 numpy kept" in installed.stdout
            assert unlisted.returncode != 0
            assert b"No matching distribution found for madeup_unlisted" in unlisted.stdout

    asyncio.run(main())


_USES = """
import subprocess, sys
subprocess.run([sys.executable, "-m", "pip", "install", sys.argv[1]], check=True)
code = (
    "import numpy, madeup_tables as t, madeup_base as b;"
    "kept = 'kept' if numpy.__file__.startswith('/opt/workspace/') else 'hidden';"
    "print('madeup_tables', t.VERSION, 'madeup_base', b.VERSION, 'numpy', kept)"
)
subprocess.run([sys.executable, "-c", code], check=True)
"""


def _inside(made: World, name: str, package: str) -> subprocess.CompletedProcess[bytes]:
    """Let a workspace install a package and use it; a false numpy lies in its home already."""
    identity = Identity(1_899_990_010, 1_899_990_011) if os.geteuid() == 0 else None
    folder = made.settings.run / name
    places = _places(made, folder, identity)
    python = f"{IMAGE}/bin/python"
    forward = ("--forward", f"{PACKAGES_PORT}={DOOR_FOLDER}/packages")
    box = server_box("flc", "ada", places, [], Size(), {})
    box = box.running(python, "-I", INSIDE, *forward, "--", python, "-c", _USES, package)
    order = run.order(box, limits(Size(), 1 << 30), identity=identity)
    process = spawn.start(order, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=120)
    return subprocess.CompletedProcess([], process.returncode, out)


def _places(made: World, folder: Path, identity: Identity | None) -> Places:
    image = ensure_image(Settings(images_dir=local_world.IMAGES), "workspace")
    version = next(image.glob("lib/python3*")).name
    false = folder / "home" / ".local" / "lib" / version / "site-packages"
    false.mkdir(parents=True)
    (false / "numpy.py").write_text("")
    (folder / "shared").mkdir()
    for path in (made.settings.run, folder):
        path.chmod(0o755)
    if identity is not None:
        for path in (folder / "home", *(folder / "home").rglob("*"), folder / "shared"):
            os.chown(path, identity.uid, identity.gid)
    socket = next((made.settings.run / "doors").glob("*/packages"))
    socket.chmod(0o666)  # on a machine of ours a keeper stands between the two
    for place in DOORS:
        (socket.parent / place).touch()
    return Places(image, folder / "home", folder / "shared", socket.parent)

"""Makes the images: each once for all that goes into it, tried, listed, laid where others look.

What was made is kept by its key below the cache, for all clones of one person; `.tre/images/oci` of
this clone has links, and the file `list` that names every image by digest.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import NotFound
from tests.cluster.cluster import docker_runs
from tests.cluster.images import base, staging
from tests.cluster.images.builder import Builder, choose, digest_of
from tests.cluster.images.inventory import inventory
from tests.cluster.images.recipes import FOLDERS, ROOT, Recipe, chosen
from tests.cluster.lab.build import Say
from tests.cluster.wall import program

PLACE = ROOT / ".tre" / "images" / "oci"
LIST = PLACE / "list"
_PYTHON = "import sys; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Made:
    """One image as it lies here: its digest, its archive in the OCI layout, its inventory."""

    name: str
    digest: str

    @property
    def archive(self) -> Path:
        """The archive: for a registry (`skopeo copy oci-archive:…`) or a node."""
        return PLACE / f"{self.name}.tar"

    @property
    def inventory(self) -> Path:
        """What is in it, as CycloneDX."""
        return PLACE / f"{self.name}.cdx.json"

    @property
    def by_digest(self) -> str:
        """How the list names it; a registry's address comes in front."""
        return f"{self.name}@{self.digest}"


def cache() -> Path:
    """Where images are kept: TRE_IMAGES_CACHE, else below the user's cache folder."""
    if given := os.environ.get("TRE_IMAGES_CACHE"):
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "tre" / "images"


def make(names: Sequence[str] = (), wanted_base: str = "", say: Say = print) -> dict[str, Made]:
    """Make the images of these names, all of them for none, and answer them by name.

    Errors: NotFound for an unknown name; Unavailable when one cannot be built, tried or listed.
    """
    place = cache()
    place.mkdir(parents=True, exist_ok=True)
    builder = choose(place / "store", docker_runs())
    made: dict[str, Made] = {}
    with _alone(place, say):
        said: list[str] = []
        ground = base.ground(builder, wanted_base, place, said)
        for line in said:
            say(line)
        work = _Work(builder, ground, place, say)
        for recipe in chosen(names):
            made[recipe.name] = work.one(recipe)
    _list(made)
    return made


def listed() -> dict[str, Made]:
    """Read which images were made here. Errors: NotFound when none were: `make images` first."""
    if not LIST.exists():
        raise NotFound("No images were made here yet; say `make images`.")
    pairs = (line.split("@") for line in LIST.read_text().splitlines())
    return {name: Made(name, digest) for name, digest in pairs}


class _Work:
    """One run: who builds, on what, and what was built for the next to stand on."""

    def __init__(self, builder: Builder, ground: base.Ground, place: Path, say: Say) -> None:
        self._builder, self._ground, self._place, self._say = builder, ground, place, say
        self._base = self._base_key = ""
        self._python = ""

    def one(self, recipe: Recipe) -> Made:
        """Answer one image, from the cache where everything that goes into it is as it was."""
        if recipe.name == "wall":
            program.build(self._say)
        key = staging.key(recipe, self._base_key if recipe.stands_on_base else self._ground.name)
        name = f"localhost/tre/{recipe.name}:{key}"
        kept = self._place / f"{recipe.name}-{key}"
        if not kept.is_dir():
            self._build(recipe, name, kept)
        if recipe.name == "base":
            self._stand_on(name, key, kept)
        made = Made(recipe.name, digest_of(kept / "image.tar"))
        _link(kept / "image.tar", made.archive)
        _link(kept / "inventory.cdx.json", made.inventory)
        size = (kept / "image.tar").stat().st_size / 1e6
        self._say(f"{made.by_digest}  {size:.0f} MB")
        return made

    def _stand_on(self, name: str, key: str, kept: Path) -> None:
        if not self._builder.has(name):
            self._builder.take(kept / "image.tar", name)
        self._base, self._base_key = name, key
        self._python = (kept / "python").read_text()

    def _build(self, recipe: Recipe, name: str, kept: Path) -> None:
        began = time.monotonic()
        making = kept.with_name(f"{kept.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        (making / "context").mkdir(parents=True)
        self._say(f"{recipe.name}: fetching")
        staging.stage(recipe, making / "context", self._python)
        self._say(f"{recipe.name}: building")
        ground = self._base if recipe.stands_on_base else self._ground.name
        # Only what stands on a Debian asks for one; the machine's package sources come with it.
        asks = {"BASE_IMAGE": ground} if recipe.lists_debian else {}
        volumes = self._ground.volumes if recipe.lists_debian else {}
        self._builder.build(making / "context", name, asks, volumes)
        self._try(recipe, name, making)
        self._builder.save(name, making / "image.tar")
        digest = digest_of(making / "image.tar")
        text = inventory(self._builder, recipe, name, digest, self._ground.said)
        (making / "inventory.cdx.json").write_text(text)
        if recipe.name == "base":
            said = self._builder.run(name, ("python3", "-c", _PYTHON), {})
            (making / "python").write_text(said.strip())
        shutil.rmtree(making / "context")
        making.rename(kept)
        self._say(f"{recipe.name}: built and tried in {time.monotonic() - began:.0f} s")

    def _try(self, recipe: Recipe, name: str, making: Path) -> None:
        """Run the image's own tries inside it. Errors: Unavailable with what one said."""
        smoke = making / "smoke"
        smoke.mkdir()
        for path in [FOLDERS / "base" / "plain.sh", *recipe.folder.glob("smoke.*")]:
            shutil.copyfile(path, smoke / path.name)
            (smoke / path.name).chmod(0o644)
        for command in recipe.tries:
            said = self._builder.run(name, command, {smoke: "/smoke"}).strip()
            self._say(f"{recipe.name}: tried: {said.splitlines()[-1] if said else command[0]}")
        shutil.rmtree(smoke)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(source)


def _list(made: dict[str, Made]) -> None:
    """Write the list anew; what was not made now keeps its line while its archive is there."""
    before = listed() if LIST.exists() else {}
    every = {name: one for name, one in before.items() if one.archive.exists()} | made
    fresh = LIST.with_name("list.new")
    fresh.write_text("".join(f"{every[name].by_digest}\n" for name in sorted(every)))
    fresh.replace(LIST)


@contextmanager
def _alone(place: Path, say: Say) -> Iterator[None]:
    """Two at once would only build the same thing twice on the same processors."""
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another one is making images; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

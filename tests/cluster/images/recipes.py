"""[pure] Which images there are: what stands on what, what goes in, what they are tried with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import NotFound

ROOT = Path(__file__).parents[3]
FOLDERS = ROOT / "workspace-images"
BASE = "base"
PACKAGE = "orchestrator"
"""The Python package that the images carry."""


@dataclass(frozen=True)
class Recipe:
    """One image.

    Shape: `lock` is the file with its Python packages by hash, installed into the environment
    `place`, or laid into the context as a mirror's `tree` where there is none; `reach` names the
    package of ours whose imports say which modules go in, and the whole package where it is
    `orchestrator`; `files` are copied to the context under the second name; `tries` are commands
    that must succeed in the built image, with `/smoke` as its folder.
    """

    name: str
    tries: tuple[tuple[str, ...], ...]
    lock: Path | None = None
    place: str = ""
    reach: str = ""
    files: tuple[tuple[Path, str], ...] = ()
    stands_on_base: bool = True
    lists_debian: bool = True

    @property
    def folder(self) -> Path:
        """Its folder, with a Containerfile."""
        return FOLDERS / self.name

    @property
    def context(self) -> Sequence[Path]:
        """The files of its folder, in order; what a build leaves there is not among them."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and "build" not in path.relative_to(self.folder).parts[:-1]
        )


_PLAIN = ("/bin/sh", "/smoke/plain.sh")
RECIPES = (
    Recipe(BASE, (_PLAIN,), stands_on_base=False),
    Recipe(
        "workspace",
        (
            _PLAIN,
            ("/opt/workspace/bin/python", "/smoke/smoke.py"),
            ("Rscript", "--vanilla", "/smoke/smoke.R"),
        ),
        lock=FOLDERS / "workspace" / "requirements.lock",
        place="/opt/workspace",
        files=(
            (ROOT / PACKAGE / "sandbox" / "inside.py", "inside.py"),
            (ROOT / PACKAGE / "engines" / "probe.py", "probe.py"),
            (ROOT / PACKAGE / "engines" / "canary.py", "canary.py"),
        ),
    ),
    Recipe(
        "hub",
        (_PLAIN, ("/opt/tre/bin/python", "/smoke/smoke.py")),
        lock=FOLDERS / "hub" / "requirements.lock",
        place="/opt/tre",
        reach=f"{PACKAGE}.hub",
    ),
    Recipe(
        "orchestrator",
        (_PLAIN, ("/opt/tre/bin/python", "/smoke/smoke.py")),
        lock=ROOT / "requirements.lock",
        place="/opt/tre",
        reach=PACKAGE,
        files=((ROOT / "policies", "policies"),),
    ),
    Recipe(
        "mirror",
        (_PLAIN, ("python3", "/smoke/smoke.py")),
        lock=FOLDERS / "mirror" / "requirements.lock",
    ),
    Recipe("database", (_PLAIN, ("/bin/sh", "/smoke/smoke.sh"))),
    Recipe(
        "wall",
        # Where a try's folder is, nothing can be removed, and trying to is refused before looking.
        (("/tre-wall", "remove", "-lists", "/smoke", "-programs", "/nowhere"),),
        files=((FOLDERS / "wall" / "build" / "tre-wall", "build/tre-wall"),),
        stands_on_base=False,
        lists_debian=False,
    ),
)


def chosen(names: Sequence[str]) -> list[Recipe]:
    """Answer the recipes of these names, all of them for none, the base first where one needs it.

    Errors: NotFound for a name that is no image of ours.
    """
    known = [recipe.name for recipe in RECIPES]
    for name in names:
        if name not in known:
            raise NotFound(f"There is no image called {name}; there are {', '.join(known)}.")
    wanted = [recipe for recipe in RECIPES if not names or recipe.name in names]
    if any(recipe.stands_on_base for recipe in wanted) and wanted[0].name != BASE:
        return [RECIPES[0], *wanted]
    return wanted

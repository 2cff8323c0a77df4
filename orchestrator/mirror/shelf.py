"""[pure] What a mirror offers: its wheels by project, and the pages an installer reads.

Source: PEP 503 (simple repository), PEP 427 (names of wheels).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape

from orchestrator.errors import Invalid

_RUNS = re.compile(r"[-_.]+")
_WHEEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?(-[A-Za-z0-9._!]+){4,5}\.whl\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Wheel:
    """One file on the shelf.

    Units: `size` in bytes. Shape: `sha256` in hexadecimal; `python` is the versions that it asks
    for as its maker wrote them, or empty.
    """

    file: str
    sha256: str
    size: int
    python: str = ""

    def __post_init__(self) -> None:
        """Errors: Invalid for a name that is no wheel's, or a digest that is none."""
        if not _WHEEL.match(self.file) or len(self.file) > 200 or not _SHA256.match(self.sha256):
            raise Invalid(f"{self.file[:80]!r} with {self.sha256[:80]!r} is no wheel of a mirror.")

    @property
    def project(self) -> str:
        """The project's name as installers spell it."""
        return canonical(self.file.partition("-")[0])


@dataclass(frozen=True)
class Shelf:
    """All wheels, by file; and their projects."""

    wheels: Mapping[str, Wheel]

    def projects(self) -> list[str]:
        """All names, in order."""
        return sorted({wheel.project for wheel in self.wheels.values()})

    def of(self, project: str) -> list[Wheel]:
        """The wheels of a project, in order; empty for one that is not offered."""
        chosen = (wheel for wheel in self.wheels.values() if wheel.project == canonical(project))
        return sorted(chosen, key=lambda wheel: wheel.file)


def canonical(name: str) -> str:
    """Spell a project's name as all installers compare it. Source: PEP 503."""
    return _RUNS.sub("-", name).lower()


def shelf_of(wheels: Iterable[Wheel]) -> Shelf:
    """Put wheels on a shelf."""
    return Shelf({wheel.file: wheel for wheel in wheels})


def spell(shelf: Shelf) -> str:
    """Write a shelf down, the same words for the same wheels."""
    rows = [asdict(shelf.wheels[file]) for file in sorted(shelf.wheels)]
    return json.dumps({"wheels": rows}, indent=1) + "\n"


def parse(text: str) -> Shelf:
    """Read what `spell` wrote. Errors: Invalid for anything else."""
    try:
        rows = json.loads(text)["wheels"]
        return shelf_of(
            Wheel(str(row["file"]), str(row["sha256"]), int(row["size"]), str(row["python"]))
            for row in rows
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Invalid("The mirror's list cannot be read; fetch its packages again.") from problem


def index_page(shelf: Shelf) -> str:
    """The page of all projects."""
    return _page("Packages", [f'<a href="{name}/">{name}</a>' for name in shelf.projects()])


def project_page(project: str, wheels: Iterable[Wheel]) -> str:
    """The page of one project: each file with its digest, which the installer compares."""
    return _page(project, [_link(wheel) for wheel in wheels])


def _link(wheel: Wheel) -> str:
    asks = f' data-requires-python="{escape(wheel.python)}"' if wheel.python else ""
    return f'<a href="../../wheels/{wheel.file}#sha256={wheel.sha256}"{asks}>{wheel.file}</a>'


def _page(title: str, links: Iterable[str]) -> str:
    lines = "".join(f"{link}<br>\n" for link in links)
    head = f'<meta name="pypi:repository-version" content="1.0"><title>{escape(title)}</title>'
    return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body>\n{lines}</body></html>\n"

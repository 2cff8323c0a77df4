"""What the engine must remember of each project across restarts: spec, mounts, halts, sleep."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.errors import Tampered, Unavailable
from orchestrator.sandbox.durable import replace as replace_file
from orchestrator.values import Digest, parse_slug

EVERYBODY = "*"


@dataclass(frozen=True)
class Record:
    """One project as the engine was told to keep it."""

    spec: Spec
    mounts: tuple[Mount, ...] = ()
    asleep: bool = False


class Records:
    """One file for each project, replaced whole and durably; halts lie in files beside it.

    A halt has its own file because it must hold for a project that was never ensured, too.
    """

    def __init__(self, folder: Path) -> None:
        """Use `folder`, made with mode 0700 when something is first written."""
        self._folder = folder

    def read(self, project: str) -> Record | None:
        """Answer what is recorded, None for an unknown project. Errors: Tampered."""
        text = _text(self._file(project))
        if text is None:
            return None
        try:
            return _record(json.loads(text))
        except (ValueError, KeyError, TypeError) as problem:
            raise Tampered(
                f"The engine's record of {project} cannot be read; restore the state folder."
            ) from problem

    def write(self, project: str, record: Record) -> None:
        """Keep a record. Errors: Unavailable when the disk refuses."""
        self._replace(self._file(project), json.dumps(asdict(record), default=str))

    def halted(self, project: str) -> frozenset[str]:
        """Answer the people who are halted, `*` for everybody."""
        return frozenset((_text(self._halts(project)) or "").split())

    def set_halted(self, project: str, people: frozenset[str]) -> None:
        """Keep the set of halted people."""
        self._replace(self._halts(project), "\n".join(sorted(people)))

    def projects(self) -> list[str]:
        """Answer the names of all recorded projects, sorted."""
        return sorted(file.stem for file in self._folder.glob("*.json"))

    def remove(self, project: str) -> None:
        """Forget a project; a halt of it stays until it is lifted."""
        self._file(project).unlink(missing_ok=True)

    def _file(self, project: str) -> Path:
        return self._folder / f"{parse_slug(project)}.json"

    def _halts(self, project: str) -> Path:
        return self._folder / f"{parse_slug(project)}.halt"

    def _replace(self, file: Path, text: str) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(file, text)
        except OSError as problem:
            raise Unavailable(
                f"The engine's record cannot be written: {problem.strerror}. Nothing was changed."
            ) from problem


def with_mounts(record: Record, mounts: Sequence[Mount]) -> Record:
    """Answer the record with another set of mounts, in one order."""
    ordered = sorted(mounts, key=lambda mount: (mount.dataset, mount.version))
    return replace(record, mounts=tuple(ordered))


def _text(file: Path) -> str | None:
    try:
        return file.read_text()
    except FileNotFoundError:
        return None


def _record(facts: dict[str, Any]) -> Record:
    spec = facts["spec"]
    return Record(
        Spec(
            spec["project"],
            tuple(spec["people"]),
            spec["image"],
            Size(**spec["size"]),
            Digest(spec["digest"]),
        ),
        tuple(
            Mount(
                mount["dataset"],
                mount["version"],
                Digest(mount["digest"]),
                Path(mount["tree"]),
                Path(mount["manifest"]),
            )
            for mount in facts["mounts"]
        ),
        bool(facts["asleep"]),
    )

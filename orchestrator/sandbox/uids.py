"""Host uids and gids of sandboxes: durable, one per name, never given out twice.

A number belongs to its name for ever, so files that a removed project left behind can never be
read by a later one. Only root can use them; an ordinary user's sandboxes all keep its own uid.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import Unavailable
from orchestrator.sandbox.durable import replace
from orchestrator.sandbox.spawn import Identity

FIRST, STEPS = 1_900_000_000, 200_000
"""Start of a range that no distribution gives out; below 2^31, which some programs need."""

FIRST_IN_CONTAINER, STEPS_IN_CONTAINER = 40_000, 20
"""Start where only the low numbers exist, as inside a container with a mapped range."""

STEP = 1000
"""Installations on one machine begin this far apart, each at a place that its folder decides."""

ROLES = "roles"
"""The group that our own processes share: it may pass to sockets, to nothing else."""


class Uids:
    """The register of numbers below the engine's state folder."""

    def __init__(self, state_dir: Path, *, root: bool | None = None) -> None:
        """Use `<state_dir>/engine/uids.json`; `root` says whether identities can be taken."""
        self._file = state_dir.absolute() / "engine" / "uids.json"
        self.own = os.geteuid() == 0 if root is None else root

    def server(self, project: str, person: str) -> Identity | None:
        """Answer a notebook server's uid with its project's gid, or None for an ordinary user."""
        return self._identity(f"server/{project}/{person}", f"project/{project}")

    def role(self, name: str) -> Identity | None:
        """Answer the uid of one of our own processes, with the gid that they share."""
        return self._identity(f"role/{name}", ROLES)

    def scratch(self, name: str) -> Identity | None:
        """Answer the uid and gid of a throw-away sandbox of this name."""
        return self._identity(f"scratch/{name}", f"scratch/{name}")

    def roles_gid(self) -> int | None:
        """Answer the gid that our own processes share."""
        return self.number(ROLES) if self.own else None

    def number(self, name: str) -> int:
        """Answer the number of a name, given out now if it has none."""
        with self._open() as numbers:
            if name not in numbers:
                numbers[name] = max([first(self._file) - 1, *numbers.values()]) + 1
            return numbers[name]

    def _identity(self, user: str, group: str) -> Identity | None:
        if not self.own:
            return None
        return Identity(self.number(user), self.number(group))

    @contextmanager
    def _open(self) -> Iterator[dict[str, int]]:
        """Hold the lock, and write back durably what changed.

        Errors: Unavailable when the disk refuses; nothing was given out then.
        """
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                numbers = json.loads(self._file.read_text()) if self._file.exists() else {}
                before = dict(numbers)
                yield numbers
                if numbers != before:
                    replace(self._file, json.dumps(numbers, indent=1))
        except OSError as problem:
            raise Unavailable(
                f"The register of sandbox identities cannot be written: {problem.strerror}."
            ) from problem


def first(file: Path, uid_map: Path = Path("/proc/self/uid_map")) -> int:
    """Choose where an installation's numbers begin, by what this user namespace has."""
    place = int.from_bytes(hashlib.sha256(str(file).encode()).digest()[:4], "big")
    for line in uid_map.read_text().splitlines():
        start, _, count = (int(word) for word in line.split())
        if start <= FIRST < FIRST + STEPS * STEP < start + count:
            return FIRST + place % STEPS * STEP
    return FIRST_IN_CONTAINER + place % STEPS_IN_CONTAINER * STEP

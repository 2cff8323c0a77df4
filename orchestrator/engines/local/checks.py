"""The check worker's prisons on one machine: a throw-away sandbox for each opener and judge."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from orchestrator.engines import checks
from orchestrator.engines.checks import JUDGE, WORKERS, Bounds, Given
from orchestrator.sandbox import roles, run, spawn
from orchestrator.sandbox.arguments import Bind, Box, Text
from orchestrator.sandbox.limits import Limits, make_group
from orchestrator.sandbox.uids import Uids

PROGRAMS: Mapping[str, Sequence[str]] = {
    role: roles.module(f"orchestrator.outputs.{role}") for role in ("opener", "judge")
}
"""What runs in the two kinds of sandbox."""

_LOOK_SECONDS = 0.05


class CheckWorker(checks.Worker):
    """Runs jobs in sandboxes of this machine."""

    def __init__(
        self,
        uids: Uids,
        scratch: Path,
        bounds: Bounds | None = None,
        programs: Mapping[str, Sequence[str]] = PROGRAMS,
        tag: str = "check",
    ) -> None:
        """Work below `scratch`; control groups begin with `tag`.

        Shape: `bounds` replaces what follows from each file's size, `programs` the two commands.
        """
        super().__init__(Sandboxes(uids, programs, tag), scratch, bounds)


class Sandboxes:
    """See `checks.Prison`."""

    def __init__(self, uids: Uids, programs: Mapping[str, Sequence[str]], tag: str) -> None:
        """Keep who they run as and what they run; openers take turns with a few identities."""
        self._uids = uids
        self._programs = programs
        self._tag = tag
        self._slots: SimpleQueue[int] = SimpleQueue()
        for slot in range(WORKERS):
            self._slots.put(slot)

    def run(self, role: str, given: Given, out: Path, bounds: Bounds) -> bool:
        """See `checks.Prison`."""
        box = roles.role_box(role, self._programs[role])
        texts = [Text(path, text) for path, text in given.texts.items()]
        binds = [Bind(str(place), path) for path, place in given.places.items()]
        binds.append(Bind(str(out), "/out", writable=True))
        box = replace(box, texts=(*box.texts, *texts), binds=(*box.binds, *binds))
        if role == JUDGE:
            return self._run(role, box, bounds, out)
        with self._slot() as slot:
            return self._run(f"{role}-{slot}", box, bounds, out)

    def _run(self, name: str, box: Box, bounds: Bounds, out: Path) -> bool:
        """Run one sandbox to its end within its bounds; say whether it ended well."""
        identity = self._uids.scratch(name)
        if identity is not None:
            os.chown(out, identity.uid, identity.gid)
        limits = _limits(bounds)
        group = make_group(f"{self._tag}-{out.parent.name}-{out.name}", limits)
        order = run.order(box, limits, identity=identity, group=group)
        process = spawn.start(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _ended_well(process, bounds, out)
        finally:
            spawn.end(process)
            if group is not None:
                group.remove()

    @contextlib.contextmanager
    def _slot(self) -> Iterator[int]:
        """Hold one of the identities that openers take turns with."""
        slot = self._slots.get()
        try:
            yield slot
        finally:
            self._slots.put(slot)


def _limits(bounds: Bounds) -> Limits:
    """Answer bounds as limits of each process."""
    return Limits(
        memory=bounds.memory,
        processes=bounds.processes,
        open_files=256,
        file_size=bounds.output,
        cpu_seconds=int(bounds.seconds * 2) + 1,
    )


def _ended_well(process: subprocess.Popen[bytes], bounds: Bounds, out: Path) -> bool:
    until = time.monotonic() + bounds.seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS) == 0 and _within(out, bounds)
        if time.monotonic() > until or not _within(out, bounds):
            return False


def _within(out: Path, bounds: Bounds) -> bool:
    """Say whether a folder holds few files and few bytes, counted as the disk counts them."""
    total = count = 0
    for folder, folders, files in os.walk(out):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            count += 1
    return total <= bounds.output and count <= bounds.files

"""The check worker: one opener sandbox for each file, then one judge, all thrown away.

The opener gets the bytes and nothing else; the judge gets forms, indexes and keys and never the
bytes. A file whose opener crashes, hangs or is killed has no form, which the judge calls
could-not-check; the other files are not touched by it. Source: design properties 5 and 6.
"""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from orchestrator.errors import Invalid, Tampered, Unavailable
from orchestrator.outputs import codec
from orchestrator.outputs.form import form_name
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Job,
    JobFile,
    Report,
    RuleResult,
    Verdict,
)
from orchestrator.sandbox import roles, run, spawn
from orchestrator.sandbox.arguments import Bind, Box, Text
from orchestrator.sandbox.limits import Limits, make_group
from orchestrator.sandbox.uids import Uids

PROGRAMS: Mapping[str, Sequence[str]] = {
    role: roles.module(f"orchestrator.outputs.{role}") for role in ("opener", "judge")
}
"""What runs in the two kinds of sandbox."""

_MIB = 1 << 20
_WORKERS = min(4, os.cpu_count() or 1)
_LOOK_SECONDS = 0.05
_FILES = 10
_FORMS = ("forms.json", "rows-0.ndjson")
_REPORT = "report.json"
_INDEX = "index"
_REPORT_BYTES = 64 * _MIB
_OPEN_SECONDS = 120  # outputs 4.3: one file with all that lies inside
_SHOWN_FORM_BYTES = 32 * _MIB


@dataclass(frozen=True)
class Bounds:
    """What one throw-away sandbox may use: `seconds` of wall clock, `output` bytes in `/out`."""

    seconds: float
    output: int
    memory: int = 1024 * _MIB
    processes: int = 32

    def limits(self) -> Limits:
        """Answer the same as limits of each process."""
        return Limits(
            memory=self.memory,
            processes=self.processes,
            open_files=256,
            file_size=self.output,
            cpu_seconds=int(self.seconds * 2) + 1,
        )


class CheckWorker:
    """Runs jobs one after another or at the same time; keeps nothing between them."""

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
        self._programs = programs
        self._tag = tag
        self._uids = uids
        self._scratch = scratch
        self._bounds = bounds
        self._slots: SimpleQueue[int] = SimpleQueue()
        for slot in range(_WORKERS):
            self._slots.put(slot)

    def check(self, job: Job) -> Report:
        """Open every file, judge all; never raises for what a file does.

        Errors: Unavailable when no sandbox can be started; Tampered when a file's bytes are not
        there as the job names them.
        """
        self._scratch.mkdir(mode=0o711, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="job-") as text:
            folder = Path(text)
            folder.chmod(0o711)
            forms = [_made(folder / f"in-{number}") for number in range(len(job.files))]
            with ThreadPoolExecutor(_WORKERS) as pool:
                list(
                    pool.map(
                        lambda pair: self._open(job, *pair), zip(job.files, forms, strict=True)
                    )
                )
            return self._judge(job, forms, _made(folder / "out"))

    def _open(self, job: Job, file: JobFile, out: Path) -> None:
        """Open one file in a sandbox of its own; leaves a form, or an empty folder."""
        alone = codec.job_to_json(replace(job, files=(file,)), for_opener=True).decode()
        box = self._box("opener", (Text("/job/job.json", alone),))
        binds = [Bind(_readable(file), "/job/files/0"), Bind(str(out), "/out", writable=True)]
        with self._slot() as slot:
            bounds = self._bounds or _opener_bounds(job, file)
            done = self._run(f"opener-{slot}", _with(box, binds), bounds, out)
        if not (done and _only(out, _FORMS)):
            _emptied(out)
        _keep_form(job, file, out)
        out.chmod(0o755)  # the judge reads it under another uid

    def _judge(self, job: Job, forms: Sequence[Path], out: Path) -> Report:
        """Judge all forms; a judge that fails leaves every file unchecked."""
        box = self._box(
            "judge",
            (
                Text("/job/job.json", codec.job_to_json(job).decode()),
                Text("/job/key", codec.keys_to_json(job).decode()),
            ),
        )
        binds = [Bind(str(folder), f"/in/{n}") for n, folder in enumerate(forms)]
        binds += [Bind(str(source.index), f"/index/{n}") for n, source in enumerate(job.sources)]
        binds.append(Bind(str(out), "/out", writable=True))
        bounds = self._bounds or _judge_bounds(job)
        if not self._run("judge", _with(box, binds), bounds, out):
            return unchecked(job, "The judge did not finish.")
        try:
            report = codec.report_from_bytes(_content(out / _REPORT, _REPORT_BYTES))
        except (Invalid, OSError):
            return unchecked(job, "The judge left no readable report.")
        if [(file.path, file.digest) for file in report.files] != _named(job):
            return unchecked(job, "The judge reported about other files.")
        _keep_index(job, out)
        return report

    def _box(self, role: str, texts: tuple[Text, ...]) -> Box:
        box = roles.role_box(role, self._programs[role])
        return replace(box, texts=(*box.texts, *texts))

    def _run(self, name: str, box: Box, bounds: Bounds, out: Path) -> bool:
        """Run one sandbox to its end within its bounds; say whether it ended well."""
        identity = self._uids.scratch(name)
        if identity is not None:
            os.chown(out, identity.uid, identity.gid)
        limits = bounds.limits()
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


def unchecked(job: Job, why: str) -> Report:
    """Answer a report in which no file passed, because nothing was judged."""
    result = RuleResult("judge", 1, Verdict.COULD_NOT_CHECK, reason=why)
    files = tuple(
        FileReport(
            file.path,
            file.digest,
            Verdict.COULD_NOT_CHECK,
            (result,),
            Coverage(file.size, 0, (), why),
        )
        for file in job.files
    )
    return Report(job.id, Verdict.COULD_NOT_CHECK, files, job.policy_digest)


def _ended_well(process: subprocess.Popen[bytes], bounds: Bounds, out: Path) -> bool:
    until = time.monotonic() + bounds.seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS) == 0 and _within(out, bounds.output)
        if time.monotonic() > until or not _within(out, bounds.output):
            return False


def _within(out: Path, limit: int) -> bool:
    """Say whether a folder holds few files and few bytes, counted as the disk counts them."""
    total = count = 0
    for folder, folders, files in os.walk(out):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            count += 1
    return total <= limit and count <= _FILES


def _with(box: Box, binds: Sequence[Bind]) -> Box:
    return replace(box, binds=(*box.binds, *binds))


def _readable(file: JobFile) -> str:
    """Answer where the bytes lie. Errors: Tampered when they are gone or of another size."""
    try:
        facts = file.location.stat()
    except OSError as problem:
        raise Tampered(f"The bytes of {file.path} are not in the store.") from problem
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != file.size:
        raise Tampered(f"The bytes of {file.path} are not those that were frozen.")
    return str(file.location)


def _only(folder: Path, names: Sequence[str]) -> bool:
    """Say whether a folder holds nothing but plain files of these names, and the first of them.

    A link or a pipe would make the judge read another file's form, or wait for ever.
    """
    entries = list(os.scandir(folder))
    return {names[0]} <= {entry.name for entry in entries} <= set(names) and all(
        stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
        and entry.stat(follow_symlinks=False).st_nlink == 1
        for entry in entries
    )


def _content(file: Path, limit: int) -> bytes:
    """Read a plain file that a sandbox left. Errors: OSError for a link, Invalid past `limit`."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise Invalid("The judge's report is too long.")
    return content


def _keep_index(job: Job, out: Path) -> None:
    """Move the index of an admission to its place, readable and never writable again."""
    if job.index_out is None or not (out / _INDEX).exists():
        return
    if not stat.S_ISREG(os.lstat(out / _INDEX).st_mode):
        raise Unavailable("The judge left no usable index; the check is run again.")
    fresh = job.index_out.with_name(job.index_out.name + ".new")
    job.index_out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(out / _INDEX, fresh)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.chmod(0o444)  # its folders are private; the judge reads it under another uid
    fresh.replace(job.index_out)


def _keep_form(job: Job, file: JobFile, out: Path) -> None:
    """Keep what the opener made of a file for people to look at; too long a form is not shown.

    Its reader believes nothing of it, as the judge does.
    """
    if job.form_out is None:
        return
    place = job.form_out / form_name(file.path, file.digest)
    try:
        content = _content(out / _FORMS[0], _SHOWN_FORM_BYTES)
    except (Invalid, OSError):
        place.unlink(missing_ok=True)
        return
    job.form_out.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = job.form_out / f".{place.name}.{uuid.uuid4().hex}"
    fresh.write_bytes(content)
    fresh.replace(place)


def _emptied(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def _named(job: Job) -> list[tuple[str, str]]:
    return [(file.path, file.digest) for file in job.files]


def _opener_bounds(job: Job, file: JobFile) -> Bounds:
    if job.kind == "export":
        return Bounds(seconds=_OPEN_SECONDS, output=128 * _MIB)
    return Bounds(
        seconds=60 + file.size / (2 * _MIB), output=64 * _MIB + 8 * file.size, memory=2048 * _MIB
    )


def _judge_bounds(job: Job) -> Bounds:
    size = sum(file.size for file in job.files)
    if job.kind == "export":
        return Bounds(seconds=300, output=_REPORT_BYTES, memory=2048 * _MIB)
    return Bounds(seconds=300 + size / _MIB, output=_REPORT_BYTES + 16 * size, memory=4096 * _MIB)

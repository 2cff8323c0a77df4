"""The check worker, whatever its prisons are: openers for the files, then one judge.

The opener gets the bytes and nothing else; the judge gets forms, indexes and keys and never the
bytes. Small files of a request share an opener, which opens each in a process of its own; a file
that comes back without a form is opened again, alone. One whose own opener crashes, hangs or is
killed has no form, which the judge calls could-not-check; the other files are not touched by it.
Source: design properties 5 and 6.
"""

import json
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from orchestrator.errors import Invalid, Tampered, Unavailable
from orchestrator.outputs import codec
from orchestrator.outputs.form import form_file, form_name
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Job,
    JobFile,
    Report,
    Rewritten,
    RuleResult,
    Verdict,
)

WORKERS = min(4, os.cpu_count() or 1)
OPENER, JUDGE = "opener", "judge"
FILES = 10
"""How many files a prison may leave, unless it is for more."""

_MIB = 1 << 20
_FORMS = ("forms.json", "rows-0.ndjson")
_PICTURE = ("picture", "behind.json")
_REPORT = "report.json"
_INDEX = "index"
_REPORT_BYTES = 64 * _MIB
_OPEN_SECONDS = 120  # outputs 4.3: one file with all that lies inside
_TOGETHER_SECONDS = 120  # for all files of a group; what is not done then is opened alone
_TOGETHER_OUTPUT = 32 * _MIB  # a file
_TOGETHER_BYTES = 32 * _MIB  # of a group; a file of it may have an eighth
_TOGETHER_FILES = 200
_SHOWN_FORM_BYTES = 32 * _MIB


@dataclass(frozen=True)
class Bounds:
    """What one throw-away prison may use: `seconds` of wall clock, `output` bytes in `/out`."""

    seconds: float
    output: int
    memory: int = 1024 * _MIB
    processes: int = 32
    files: int = FILES


@dataclass(frozen=True)
class Given:
    """What a prison gets: short texts and files or folders to read, by their path inside."""

    texts: Mapping[str, str]
    places: Mapping[str, Path]


class Prison(Protocol):
    """Where openers and judges run: no network, nothing but what is given, gone afterwards."""

    def run(self, role: str, given: Given, out: Path, bounds: Bounds) -> bool:
        """Run one opener or judge to its end; what it leaves in its `/out` is in `out` then.

        Shape: True only when it ended well and within its bounds.
        Errors: Unavailable when none can be started.
        """


class Worker:
    """Runs jobs one after another or at the same time; keeps nothing between them."""

    def __init__(self, prison: Prison, scratch: Path, bounds: Bounds | None = None) -> None:
        """Work below `scratch`; `bounds` replaces what follows from each file's size."""
        self._prison = prison
        self._scratch = scratch
        self._bounds = bounds

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
            with ThreadPoolExecutor(WORKERS) as pool:
                groups = list(enumerate(_groups(job)))
                list(pool.map(lambda pair: self._open_together(job, forms, folder, *pair), groups))
                alone = [at for at, form in enumerate(forms) if not any(form.iterdir())]
                list(pool.map(lambda at: self._open(job, job.files[at], forms[at]), alone))
            return self._judge(job, forms, _made(folder / "out"))

    def rewrite(self, job: Job, folder: Path) -> list[Rewritten | None]:
        """Have each picture of a job written again alone; the new bytes lie in `folder/<n>` then.

        Shape: None where that cannot be, whatever the file did.
        Errors: as `check`.
        """
        self._scratch.mkdir(mode=0o711, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="job-") as text:
            outs = [_made(Path(text) / f"out-{at}") for at in range(len(job.files))]
            Path(text).chmod(0o711)
            with ThreadPoolExecutor(WORKERS) as pool:
                numbers = range(len(job.files))
                return list(pool.map(lambda at: self._again(job, at, outs[at], folder), numbers))

    def _again(self, job: Job, at: int, out: Path, folder: Path) -> Rewritten | None:
        file = job.files[at]
        alone = codec.job_to_json(replace(job, files=(file,)), for_opener=True).decode()
        given = Given({"/job/job.json": alone}, {"/job/files/0": _readable(file)})
        done = self._prison.run(OPENER, given, out, self._bounds or _opener_bounds(job, file))
        if not (done and _only(out, _PICTURE)):
            return None
        try:
            loose, others = _counts(_content(out / _PICTURE[1], 100))
        except (Invalid, OSError):
            return None
        place = folder / str(at)
        (out / _PICTURE[0]).replace(place)
        return Rewritten(place, loose, others)

    def _open_together(
        self, job: Job, forms: Sequence[Path], folder: Path, number: int, group: Sequence[int]
    ) -> None:
        """Open some files in one prison; leaves the forms it gave in the folders of these files."""
        files = [job.files[at] for at in group]
        out = _made(folder / f"together-{number}")
        text = codec.job_to_json(replace(job, files=tuple(files)), for_opener=True).decode()
        places = {f"/job/files/{at}": _readable(file) for at, file in enumerate(files)}
        bounds = self._bounds or Bounds(
            _TOGETHER_SECONDS, len(files) * _TOGETHER_OUTPUT, files=len(files) + FILES
        )
        if self._prison.run(OPENER, Given({"/job/job.json": text}, places), out, bounds):
            for at, (place, file) in enumerate(zip(group, files, strict=True)):
                if _taken(out / form_file(at), forms[place] / _FORMS[0]):
                    _keep_form(job, file, forms[place])
                    forms[place].chmod(0o755)
        shutil.rmtree(out)

    def _open(self, job: Job, file: JobFile, out: Path) -> None:
        """Open one file in a prison of its own; leaves a form, or an empty folder."""
        alone = codec.job_to_json(replace(job, files=(file,)), for_opener=True).decode()
        given = Given({"/job/job.json": alone}, {"/job/files/0": _readable(file)})
        done = self._prison.run(OPENER, given, out, self._bounds or _opener_bounds(job, file))
        if not (done and _only(out, _FORMS)):
            _emptied(out)
        _keep_form(job, file, out)
        out.chmod(0o755)  # the judge reads it under another uid

    def _judge(self, job: Job, forms: Sequence[Path], out: Path) -> Report:
        """Judge all forms; a judge that fails leaves every file unchecked."""
        texts = {
            "/job/job.json": codec.job_to_json(job).decode(),
            "/job/key": codec.keys_to_json(job).decode(),
        }
        places = {f"/in/{n}": folder for n, folder in enumerate(forms)}
        places |= {f"/index/{n}": source.index for n, source in enumerate(job.sources)}
        bounds = self._bounds or _judge_bounds(job)
        if not self._prison.run(JUDGE, Given(texts, places), out, bounds):
            return unchecked(job, "The judge did not finish.")
        try:
            report = codec.report_from_bytes(_content(out / _REPORT, _REPORT_BYTES))
        except (Invalid, OSError):
            return unchecked(job, "The judge left no readable report.")
        if [(file.path, file.digest) for file in report.files] != _named(job):
            return unchecked(job, "The judge reported about other files.")
        _keep_index(job, out)
        return report


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


def _groups(job: Job) -> list[list[int]]:
    """Put small files of an export together: few bytes in each group, a group for each worker.

    Shape: positions of files; a file in no group is opened alone.
    """
    small = [at for at, file in enumerate(job.files) if file.size <= _TOGETHER_BYTES // 8]
    if job.kind != "export" or len(small) < 2:
        return []
    most = min(_TOGETHER_FILES, -(-len(small) // WORKERS))
    groups: list[list[int]] = [[]]
    size = 0
    for at in small:
        size += job.files[at].size
        if len(groups[-1]) == most or size > _TOGETHER_BYTES:
            groups.append([])
            size = job.files[at].size
        groups[-1].append(at)
    return [group for group in groups if len(group) > 1]


def _taken(made: Path, place: Path) -> bool:
    """Move a form that a prison left to its place; only a plain file, and only its own."""
    try:
        facts = made.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        return False
    made.replace(place)
    return True


def _readable(file: JobFile) -> Path:
    """Answer where the bytes lie. Errors: Tampered when they are gone or of another size."""
    try:
        facts = file.location.stat()
    except OSError as problem:
        raise Tampered(f"The bytes of {file.path} are not in the store.") from problem
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != file.size:
        raise Tampered(f"The bytes of {file.path} are not those that were frozen.")
    return file.location


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


def _counts(said: bytes) -> tuple[int, int]:
    """Read two small whole numbers that a sandbox wrote. Errors: Invalid for anything else."""
    try:
        loose, others = json.loads(said)
    except (ValueError, TypeError) as error:
        raise Invalid("The opener said nothing of what it left behind.") from error
    if not all(type(one) is int and 0 <= one < 1 << 50 for one in (loose, others)):
        raise Invalid("The opener said no numbers.")
    return loose, others


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
    if job.kind != "admission":
        return Bounds(seconds=_OPEN_SECONDS, output=128 * _MIB)
    return Bounds(
        seconds=60 + file.size / (2 * _MIB), output=64 * _MIB + 8 * file.size, memory=2048 * _MIB
    )


def _judge_bounds(job: Job) -> Bounds:
    size = sum(file.size for file in job.files)
    if job.kind == "export":
        return Bounds(seconds=300, output=_REPORT_BYTES, memory=2048 * _MIB)
    return Bounds(seconds=300 + size / _MIB, output=_REPORT_BYTES + 16 * size, memory=4096 * _MIB)

"""The opener: hostile bytes in, one inert form a file out. Runs in a sandbox without anything else.

`python -m orchestrator.outputs.opener` reads `/job/job.json` and `/job/files/<n>` (n: the file's
position in the job, from 0) and writes `/out/forms.json`: one form a line, in the job's order. For
an admission it also writes `/out/rows-<n>.ndjson`, one row a line. It imports no index, no key and
no rule; a test holds that. For a picture to be written again it writes `/out/picture`, and in
`/out/behind.json` how much of the file is not in it: nothing at all where that cannot be done.

A job of several exported files is opened by children, one file each, which leave
`/out/forms-<n>.json` for every file that was quick and broke nothing. The others are for an opener
of their own: property 6 is whole only where a hostile file has a sandbox to itself.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from orchestrator.outputs import apart
from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import (
    FileForm,
    Kind,
    Note,
    Observation,
    Part,
    form_file,
    form_to_json,
)
from orchestrator.outputs.readers import large, pictures, registry
from orchestrator.outputs.readers.formats import by_extension
from orchestrator.outputs.readers.opening import ReadCaps, Unreadable
from orchestrator.outputs.readers.stream import StreamCaps, stream_table
from orchestrator.values import Digest

FORMS = "forms.json"
PICTURE, BEHIND = "picture", "behind.json"
QUICK_SECONDS, TOGETHER_SECONDS = 10.0, 90.0
"""What one file of several may take, and all of them, before the rest is opened one by one."""


@dataclass(frozen=True)
class OpenerJob:
    """What the opener needs of a job: kind, names, and caps."""

    kind: str
    paths: tuple[str, ...]
    caps: ReadCaps
    admission: StreamCaps


def read_job(data: bytes) -> OpenerJob:
    """Read the opener's part of a job. Errors: KeyError, TypeError, ValueError when it is none."""
    value = json.loads(data)
    policy = value["policy"]
    return OpenerJob(
        value["kind"],
        tuple(str(file["path"]) for file in value["files"]),
        ReadCaps.of(policy["caps"]),
        StreamCaps.of(policy["admission"]),
    )


def open_file(
    path: str,
    location: Path,
    caps: ReadCaps,
    readers: Mapping[str, registry.Reader] = registry.READERS,
) -> FileForm:
    """Open one exported file; never reads more of it than the caps allow."""
    size = location.stat().st_size
    if size > caps.file_bytes:
        return _too_big(path, location, size)
    if size > (large.WHOLE_TABLE if by_extension(path) in {"csv", "tsv"} else large.WHOLE):
        return large.read(path, location, caps)
    return registry.open_bytes(path, location.read_bytes(), caps, readers)


def open_job(
    job: OpenerJob,
    files: Path,
    out: Path,
    readers: Mapping[str, registry.Reader] = registry.READERS,
) -> None:
    """Open every file of a job from `files/<n>` and write the forms to `out`.

    Effect: each form is written as soon as it is there, so that a crash loses only later files.
    """
    with (out / FORMS).open("wb") as stream:
        for form in _forms(job, files, out, readers):
            stream.write(form_to_json(form) + b"\n")
            stream.flush()


def open_apart(
    job: OpenerJob, files: Path, out: Path, readers: Mapping[str, registry.Reader]
) -> None:
    """Open the files of a job in children, which write `form_file(n)` to `out`.

    Shape: no form where a file broke its reader's process or was slow.
    """

    def works() -> Iterator[tuple[str, Callable[[], bytes]]]:
        for position, path in enumerate(job.paths):
            location = files / str(position)
            yield form_file(position), partial(_spelled, path, location, job.caps, readers)

    apart.answers(works(), out, QUICK_SECONDS, TOGETHER_SECONDS)


def rewrite_picture(job: OpenerJob, files: Path, out: Path) -> None:
    """Write the one picture of a job again to `out`; leaves nothing where that cannot be done."""
    path, location = job.paths[0], files / "0"
    kind = pictures.KINDS.get(by_extension(path) or "")
    if kind is None or location.stat().st_size > job.caps.file_bytes:
        return
    data = location.read_bytes()
    try:
        again = pictures.rewritten(data, kind, job.caps.pixels)
    except Unreadable:
        return
    form = registry.open_bytes(path, data, job.caps)
    loose = sum(gap.end - gap.start for gap in cover(form).gaps)
    (out / PICTURE).write_bytes(again)
    parts = sum(not part.is_read_in_pixels for part in form.parts[1:])
    (out / BEHIND).write_text(json.dumps([loose, parts]))


def _spelled(
    path: str, location: Path, caps: ReadCaps, readers: Mapping[str, registry.Reader]
) -> bytes:
    return form_to_json(open_file(path, location, caps, readers)) + b"\n"


def _forms(
    job: OpenerJob, files: Path, out: Path, readers: Mapping[str, registry.Reader]
) -> Iterator[FileForm]:
    for position, path in enumerate(job.paths):
        location = files / str(position)
        if job.kind == "admission":
            yield stream_table(path, location, out / f"rows-{position}.ndjson", job.admission)
        else:
            yield open_file(path, location, job.caps, readers)


def _too_big(path: str, location: Path, size: int) -> FileForm:
    hashed = sha256()
    with location.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            hashed.update(chunk)
    own = Digest("sha256:" + hashed.hexdigest())
    part = Part(path, Kind.UNKNOWN, own, size, (), (Observation(Note.TOO_BIG),))
    return FileForm(path, own, size, "unread", (part,))


def main() -> None:
    """Open the job of this sandbox."""
    parser = argparse.ArgumentParser(description="Turn the files of a job into inert forms.")
    parser.add_argument("--job", type=Path, default=Path("/job"))
    parser.add_argument("--out", type=Path, default=Path("/out"))
    arguments = parser.parse_args()
    job = read_job((arguments.job / "job.json").read_bytes())
    if job.kind == "rewrite":
        return rewrite_picture(job, arguments.job / "files", arguments.out)
    several = job.kind == "export" and len(job.paths) > 1
    opened = open_apart if several else open_job
    return opened(job, arguments.job / "files", arguments.out, registry.IN_PRISON)


if __name__ == "__main__":
    main()

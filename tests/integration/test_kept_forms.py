"""What the opener made of a file is kept, so that people look at that and never at the bytes."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from orchestrator.engines.checks import Bounds
from orchestrator.engines.local.checks import CheckWorker
from orchestrator.outputs.form import Kind, form_from_json, form_name
from orchestrator.outputs.judge import form_limits
from orchestrator.outputs.model import Job, JobFile
from orchestrator.sandbox.uids import Uids
from orchestrator.values import digest_of
from tests.factories import policies

pytestmark = pytest.mark.sandbox


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the sandbox's own user can reach, which a test's private folder is not."""
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def a_job(folder: Path, files: dict[str, bytes]) -> Job:
    """A check of these files that keeps their forms."""
    found = []
    for number, (path, content) in enumerate(files.items()):
        location = folder / f"bytes-{number}"
        location.write_bytes(content)
        location.chmod(0o644)
        found.append(JobFile(path, digest_of(content), len(content), location))
    policy = policies().outputs
    return Job(
        "c-1",
        "export",
        tuple(found),
        policy.as_json(),
        policy.digest(),
        form_out=folder / "forms",
    )


def a_png() -> bytes:
    """Four pixels."""
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(out, format="PNG")
    return out.getvalue()


def worker(folder: Path, bounds: Bounds | None = None) -> CheckWorker:
    """A check worker of its own."""
    return CheckWorker(Uids(folder / "uids"), folder / "check", bounds)


def test_the_form_of_each_file_is_kept_under_its_digest_and_path(folder: Path) -> None:
    """A table as a table, a picture as the PNG that was written again."""
    job = a_job(folder, {"table.csv": b"sex,n\nF,40\nM,61\n", "plot.png": a_png()})
    worker(folder).check(job)
    forms = {
        file.path: form_from_json(
            (folder / "forms" / form_name(file.path, file.digest)).read_bytes(),
            form_limits(policies().outputs),
        )
        for file in job.files
    }
    table, plot = forms["table.csv"].parts[0], forms["plot.png"].parts[0]
    assert table.table is not None
    assert table.table.rows == (("F", "40"), ("M", "61"))
    assert plot.kind is Kind.IMAGE
    assert plot.image is not None
    assert plot.image.content is not None
    with Image.open(io.BytesIO(plot.image.content)) as picture:
        assert picture.size == (2, 2)
    assert len(list((folder / "forms").iterdir())) == 2, "nothing half-written stays"


def test_a_file_that_could_not_be_opened_keeps_no_form(folder: Path) -> None:
    """Also not the one of an earlier, better day."""
    job = a_job(folder, {"table.csv": b"sex,n\nF,40\n"})
    worker(folder).check(job)
    assert len(list((folder / "forms").iterdir())) == 1
    worker(folder, Bounds(seconds=0.01, output=1 << 20)).check(job)
    assert not list((folder / "forms").iterdir())

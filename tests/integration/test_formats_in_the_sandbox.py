"""Formats in the real check worker: its system calls, memory and time are enough, and no more.

Source: design properties 5 and 6.
"""

import gzip
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.engines.local.checks import CheckWorker
from orchestrator.outputs.model import Job, JobFile, Report, Verdict
from orchestrator.policy.load import load
from orchestrator.sandbox.uids import Uids
from orchestrator.values import digest_of
from tests.outputs_writers import WRITERS, drawing, name_of, workbook
from tests.unit.outputs.readers.test_ocr import flow, written

POLICIES = Path(__file__).parents[2] / "policies"
SAFE = {
    "group": ["F", "M", "unknown group"],
    "people": ["4350", "3524", "1200"],
    "mean": ["65.2", "63.1", "64.05"],
}
LARGE = {f"c{n}": [str((row * 7919 + n) % 99991) for row in range(5000)] for n in range(13)}


@pytest.fixture
def scratch(run_dir: Path) -> Iterator[Path]:
    """Where the worker works; nothing of it stays."""
    yield run_dir / "check"
    assert list((run_dir / "check").iterdir()) == []


def checked(scratch: Path, folder: Path, files: dict[str, bytes]) -> Report:
    """Check files in sandboxes."""
    policy = load(POLICIES).outputs
    listed = []
    for number, (name, data) in enumerate(files.items()):
        place = folder / str(number)
        place.write_bytes(data)
        place.chmod(0o444)
        listed.append(JobFile(name, digest_of(data), len(data), place))
    job = Job("c-1", "export", tuple(listed), policy.as_json(), policy.digest(), context_due=False)
    return CheckWorker(Uids(scratch.parent), scratch).check(job)


def unchecked(report: Report) -> set[str]:
    """The files that could not be read."""
    return {
        file.path
        for file in report.files
        for result in file.results
        if result.rule in {"O29", "judge"} and result.verdict is Verdict.COULD_NOT_CHECK
    }


def test_formats_are_read_in_the_sandbox(scratch: Path, tmp_path: Path) -> None:
    """One for each library and way of unpacking, under the filter of system calls."""
    kinds = ["xlsx", "ods", "parquet-zstd", "feather", "sqlite", "dta", "zsav", "rds", "onnx",
             "zip-bzip2", "csv.xz", "html-plotly"]  # fmt: skip
    files = {f"{number}/{name_of(kind)}": WRITERS[kind](SAFE) for number, kind in enumerate(kinds)}
    columns = {"x": [str(n) for n in range(9)], "y": [str(n * n) for n in range(9)]}
    files |= {f"f.{kind}": drawing(columns, kind) for kind in ("svg", "pdf", "jpg")}
    files |= {name_of(kind): WRITERS[kind](SAFE) for kind in ("sas7bdat-runs", "xpt-8")}
    report = checked(scratch, tmp_path, files)
    assert unchecked(report) == set()
    assert all(file.coverage.accounted == file.coverage.total for file in report.files)


def test_a_large_legal_file_is_read_beside_hostile_ones(scratch: Path, tmp_path: Path) -> None:
    """Bombs and pickles spoil only themselves; the largest table that may leave is read whole."""
    files = {
        "large.xlsx": workbook(LARGE),
        "large.parquet": WRITERS["parquet-zstd"](LARGE),
        "bomb.csv.gz": gzip.compress(bytes(200_000_000)),
        "code.pkl": pickle.dumps(print),
        "small.csv": b"sex,people\nF,4350\nM,3524\n",
    }
    report = checked(scratch, tmp_path, files)
    assert unchecked(report) == {"bomb.csv.gz"}
    found = {file.path: file.verdict for file in report.files}
    assert found["code.pkl"] is Verdict.BLOCK
    assert found["small.csv"] is Verdict.PASS


def test_duckdb_reads_its_own_file_under_the_filter_of_system_calls(
    scratch: Path, tmp_path: Path
) -> None:
    """As one file of several, which may start no thread, and alone: its table is seen."""
    mail = {"group": ["a", "b"], "contact": ["anna.berg@clinic.example", "per.li@clinic.example"]}
    files = {"a.duckdb": WRITERS["duckdb"](mail), "b.txt": b"The two groups differ.\n"}
    for chosen in (files, {"a.duckdb": files["a.duckdb"]}):
        report = checked(scratch, tmp_path, chosen)
        assert unchecked(report) == {"a.duckdb"}
        places = {one.where.path for one in report.files[0].findings}
        assert "a.duckdb!/results" in places


def test_words_in_pixels_are_read_in_the_sandbox(scratch: Path, tmp_path: Path) -> None:
    """As one file of several, which may start no thread, and alone."""
    files = {"a.png": written(flow(3)), "b.txt": b"The two groups differ.\n"}
    for chosen in (files, {"a.png": files["a.png"]}):
        report = checked(scratch, tmp_path, chosen)
        assert unchecked(report) == set()
        assert "perhaps wrongly: a.png!/words" in report.files[0].coverage.statement
        assert "a.png!/words" in {one.where.path for one in report.files[0].findings}

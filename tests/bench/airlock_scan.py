"""A large csv through the opener beside those who only count in it, and many small files (B14).

Run: python tests/bench/airlock_scan.py [--quick] [--megabytes N] [--rounds N] [--small N]
One file of 8 columns in the OMOP measurement shape, warm; contestants take turns, each in a process
of its own. Ours hashes it and looks at every byte; the others count rows and people, take a minimum
and look for one word, and hash nothing. Prints medians of ratios and the peak of memory of each
process. Then a request of small files against as many requests of one file each.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.engines.local.checks import CheckWorker
from orchestrator.outputs.model import Job, JobFile
from orchestrator.policy.load import load
from orchestrator.sandbox.uids import Uids
from orchestrator.values import digest_of

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".tre" / "bench" / "scan"
POLARS = "polars==2.1.0"
QUICK_MB, FULL_MB = 100, 1000
OURS = """
from orchestrator.outputs.opener import open_file
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.policy.load import load
from dataclasses import replace
caps = replace(ReadCaps.of(load(Path("policies")).outputs.caps.model_dump()), file_bytes=1 << 40)
begin = time.perf_counter()
form = open_file("measurement.csv", path, caps)
told(form.parts[0].table.total_rows)
"""
HASH = """
import hashlib
begin = time.perf_counter()
with path.open("rb") as stream:
    hashlib.file_digest(stream, "sha256")
told(None)
"""
POLARS_SCAN = """
import polars as pl
begin = time.perf_counter()
found = pl.scan_csv(path).select(
    pl.len(), pl.col("value_as_number").min(), pl.col("person_id").n_unique(),
    pl.col("measurement_date").str.contains("2011-08-23", literal=True).sum().alias("days"),
).collect(engine="streaming")
told(found["len"][0])
"""
DUCKDB_SCAN = """
import duckdb
base = duckdb.connect(config={"threads": 2})
base.execute("SET enable_progress_bar = false")
begin = time.perf_counter()
found = base.execute(
    "SELECT count(*), min(value_as_number), count(DISTINCT person_id), "
    "count(*) FILTER (contains(measurement_date::VARCHAR, '2011-08-23')) "
    f"FROM read_csv('{path}')"
).fetchone()
told(found[0])
"""
HEAD = """
import json, sys, time
from pathlib import Path
path = Path(sys.argv[1])
def told(rows):
    print(json.dumps([time.perf_counter() - begin, rows]))
"""


def measurements(size: int) -> Iterator[bytes]:
    """Lines of a measurement table of 93,000 people, until there are so many bytes."""
    dice = random.Random(14)
    head = (b"person_id,measurement_concept_id,measurement_date,value_as_number,unit_concept_id,"
            b"range_low,range_high,visit_occurrence_id\n")  # fmt: skip
    pool = [
        f"{dice.randrange(10**6, 10**6 + 93_000)},{dice.choice([3000963, 3013682, 3010813])},"
        f"20{dice.randrange(10, 24)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d},"
        f"{dice.lognormvariate(2, 1):.2f},{dice.choice([8713, 8848, 8840])},"
        f"{dice.randrange(1, 9)}.0,{dice.randrange(10, 20)}.0,{dice.randrange(10**6)}\n".encode()
        for _ in range(200_000)
    ]
    yield head
    while size > 0:
        piece = b"".join(dice.sample(pool, 50_000))
        size -= len(piece)
        yield piece


def peers() -> Path:
    """An environment with polars, made once."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(PEERS)], check=True)
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), POLARS], check=True)
    return python


def ran(python: Path | str, code: str, path: Path) -> tuple[float, int | None, int]:
    """Run one contestant: its seconds, what it counted, the peak of its memory in MiB."""
    command = [str(python), "-c", HEAD + code, str(path)]
    where = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=where)
    assert process.stdout is not None, "a pipe was asked for"
    answer = process.stdout.read().splitlines()[-1]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{python} did not finish.")
    seconds, rows = json.loads(answer)
    return seconds, rows, used.ru_maxrss // 1024


def scan(megabytes: int, rounds: int) -> dict[str, object]:
    """Measure one file; all who count must count the same."""
    ways: dict[str, tuple[Path | str, str]] = {
        "sha256": (sys.executable, HASH),
        "hash and single-pass rules": (sys.executable, OURS),
        "polars streaming": (peers(), POLARS_SCAN),
        "duckdb, two threads": (sys.executable, DUCKDB_SCAN),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    memory = dict.fromkeys(ways, 0)
    with tempfile.TemporaryDirectory(dir=ROOT / ".tre") as name:
        path = Path(name) / "measurement.csv"
        with path.open("wb") as out:
            out.writelines(measurements(megabytes * 1_000_000))
        size, counted = path.stat().st_size, set()
        for turn in range(rounds + 1):
            for way in [*list(ways)[turn % 4 :], *list(ways)[: turn % 4]]:
                took, rows, peak = ran(*ways[way], path)
                counted |= {rows} - {None}
                memory[way] = max(memory[way], peak)
                if turn:  # the first round warms up
                    seconds[way].append(took)
    assert len(counted) == 1, f"they count differently: {counted}"
    print(f"{size / 1e6:.0f} MB, {counted.pop()} rows, load {os.getloadavg()[0]:.1f}")
    ours = seconds["hash and single-pass rules"]
    for way, theirs in seconds.items():
        ratios = [other / own for own, other in zip(ours, theirs, strict=True)]
        print(f"{way:28} {size / 1e9 / statistics.median(theirs):6.2f} GB/s, peak {memory[way]:4} "
              f"MiB; ours is {statistics.median(ratios):.2f} times as fast "
              f"({min(ratios):.2f} to {max(ratios):.2f})", flush=True)  # fmt: skip
    return {"bytes": size, "seconds": seconds, "peak_mib": memory}


def small_files(count: int) -> dict[str, object]:
    """Check small files as one request, and some of them as requests of their own."""
    policy = load(ROOT / "policies").outputs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        files = []
        for number in range(count):
            content = b"group,people\n" + b"".join(
                b"g%d-%d,%d\n" % (number, row, 110 + 7 * row) for row in range(20)
            )
            place = folder / f"{number}.csv"
            place.write_bytes(content)
            place.chmod(0o444)
            files.append(JobFile(place.name, digest_of(content), len(content), place))
        worker = CheckWorker(Uids(folder), folder / "check")

        def checked(some: list[JobFile]) -> float:
            job = Job("c", "export", tuple(some), policy.as_json(), policy.digest())
            begin = time.perf_counter()
            report = worker.check(job)
            took = time.perf_counter() - begin
            assert all(file.coverage.accounted for file in report.files), "a file was not opened"
            return took

        alone, together = [], []
        for turn in range(2):
            together.append(checked(files))
            alone += [checked([files[(7 * turn + at) % count]]) for at in range(3)]
    ratio = count * statistics.median(alone) / statistics.median(together)
    print(
        f"{count} small files as one request {statistics.median(together):.1f} s; one alone "
        f"{statistics.median(alone):.2f} s: {ratio:.1f} times faster than one by one"
    )
    return {"together": together, "alone": alone, "files": count}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--megabytes", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    (ROOT / ".tre").mkdir(exist_ok=True)
    megabytes = options.megabytes or (QUICK_MB if options.quick else FULL_MB)
    found = {
        "scan": scan(megabytes, options.rounds) if options.rounds else None,
        "small": small_files(options.small) if options.small else None,
        "processors": os.cpu_count(),
        "peak_children_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

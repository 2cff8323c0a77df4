"""The life of an airlock request of N files (bench row B13), beside the floor of the same bytes.

Run: python tests/bench/airlock_life.py [--quick] [--rounds N] [--json FILE]
Each file is added, described and voted on in transactions of its own, as pages do it: durable
(`synchronous=FULL`), audited, with permissions and digest checks on. The check worker is played by
a report that passes everything; its own speed is another row's matter (B14).
The floor hashes and copies the same files, flushes once and commits one row for each at once.
Seconds are printed and never gate; exponents and ratios of one run are what counts.
"""

import argparse
import hashlib
import io
import json
import math
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from orchestrator import db
from orchestrator.airlock import drafting, files, records, releasing, reviewing
from orchestrator.airlock.models import Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.migrations import run as migrations
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone

sys.path.insert(0, str(Path(__file__).parent.parent.parent))  # the factories of the tests

from tests.airlock_world import a_working_project, run_checks
from tests.factories import NOW, ProjectWorld, policies

ROWS = 200
QUICK, FULL = (10, 30, 100), (10, 30, 100, 300, 1000)


def main() -> None:
    """Measure, check that the right bytes left, print."""
    asked = _arguments()
    sizes = QUICK if asked.quick else FULL
    samples: list[dict[str, float]] = []
    for number in range(asked.rounds + 1):
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="airlock-life-") as folder:
                sample = one_life(Path(folder), size)
            if number:  # the first round warms up
                samples.append(sample)
    _print(samples, sizes, asked.rounds)
    if asked.json:
        Path(asked.json).write_text(json.dumps(samples, indent=1))


def one_life(folder: Path, size: int) -> dict[str, float]:
    """Walk one request of `size` files from its draft to `release`; returns seconds by stage."""
    contents = [table(number) for number in range(size)]
    timed: dict[str, float] = {"files": size}
    timed["floor"] = _seconds(lambda: floor(folder / "floor", contents))
    engine, store = _open(folder)
    with db.write(engine) as session:
        world = a_working_project(session)
        request = drafting.open_draft(
            session, world.lead, NOW, world.project.id, "life", "A life", policies=policies()
        )
    begun = time.process_time()
    timed["add"] = _seconds(lambda: _add(engine, store, world, request, contents))
    timed["submit"] = _seconds(lambda: _submit(engine, world, request))
    timed["vote"] = _seconds(lambda: _vote(engine, world, request))
    timed["release"] = _seconds(lambda: _release(engine, store, request))
    timed["cpu"] = time.process_time() - begun
    _prove(engine, store, request, contents)
    engine.dispose()
    timed["life"] = sum(timed[stage] for stage in ("add", "submit", "vote", "release"))
    return timed


def table(number: int) -> bytes:
    """A CSV of 200 rows, different for each number."""
    return b"".join(b"%d,%d,%d\n" % (number, row, number * row % 97) for row in range(ROWS))


def floor(folder: Path, contents: list[bytes]) -> None:
    """Hash, copy, flush once, commit one row for each file together."""
    folder.mkdir()
    rows = []
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        (folder / digest).write_bytes(content)
        rows.append((digest, len(content)))
    subprocess.run(["sync", "-f", str(folder)], check=True)
    with sqlite3.connect(folder / "rows.db") as database:
        database.execute("pragma synchronous=full")
        database.execute("create table files (digest text, size integer)")
        database.executemany("insert into files values (?, ?)", rows)
    database.close()


def _add(
    engine: Engine, store: PosixStore, world: ProjectWorld, request: Request, contents: list[bytes]
) -> None:
    words = ("Counts by sex", "All adults", "Counts below 10 suppressed")
    for number, content in enumerate(contents):
        frozen = store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1 << 20)
        with db.write(engine) as session:
            path = f"table-{number:05}.csv"
            file = files.add_file(
                session, world.lead, NOW, request.id, path, frozen, policies=policies()
            )
            files.set_context(session, world.lead, NOW, file.id, *words, policies=policies())


def _submit(engine: Engine, world: ProjectWorld, request: Request) -> None:
    with db.write(engine) as session:
        drafting.submit(session, world.lead, NOW, request.id, policies=policies())
    _check(engine)


def _check(engine: Engine) -> None:
    """The stand-in of the check worker: everything passes."""
    with db.write(engine) as session:
        run_checks(session)


def _vote(engine: Engine, world: ProjectWorld, request: Request) -> None:
    with db.read(engine) as session:
        subjects = [(file.id, file.subject) for file in present_files(session, request.id)]
    for checker in world.checkers:
        for file_id, subject in subjects:
            with db.write(engine) as session:
                reviewing.vote(session, checker, NOW, request.id, file_id, "approve", "", subject)


def _release(engine: Engine, store: PosixStore, request: Request) -> None:
    _check(engine)
    with db.read(engine) as session:
        plan = releasing.plan_release(session, NOW, request.id)
    for _, digest in plan:
        store.copy(Zone.QUARANTINE, digest, Zone.RELEASE)
        store.verify(Zone.RELEASE, digest)
    with db.write(engine) as session:
        papers = records.papers(session, session.get_one(Request, request.id)).digests
        releasing.record_release(
            session, NOW, request.id, dict(plan), papers=papers, policies=policies()
        )


def _prove(engine: Engine, store: PosixStore, request: Request, contents: list[bytes]) -> None:
    """Speed of a wrong answer is not reported."""
    with db.read(engine) as session:
        assert session.get_one(Request, request.id).state == RequestState.RELEASED
        left = {one.digest for one in releasing.releases(session, request.id)}
    expected = {"sha256:" + hashlib.sha256(content).hexdigest() for content in contents}
    assert left == set(store.digests(Zone.RELEASE)) == expected


def _open(folder: Path) -> tuple[Engine, PosixStore]:
    url = f"sqlite:///{folder / 'tre.db'}"
    migrations.upgrade(url)
    return db.connect(url), PosixStore(folder / "store")


def _seconds(step: Callable[[], object]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def _median(samples: list[dict[str, float]], size: int, stage: str) -> float:
    return statistics.median(s[stage] for s in samples if s["files"] == size)


def slope(points: list[tuple[float, float]]) -> float:
    """Least squares on log-log: the exponent of growth."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = statistics.mean(x for x, _ in logs)
    mean_y = statistics.mean(y for _, y in logs)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return rise / sum((x - mean_x) ** 2 for x, _ in logs)


def _print(samples: list[dict[str, float]], sizes: tuple[int, ...], rounds: int) -> None:
    stages = ("add", "submit", "vote", "release", "life", "cpu", "floor")
    out = sys.stdout.write
    out(f"airlock life, CSV of {ROWS} rows, medians of {rounds} rounds, seconds (cpu: of life)\n")
    out("files  " + "".join(f"{stage:>9}" for stage in stages) + "  files/s  of floor\n")
    for size in sizes:
        row = [_median(samples, size, stage) for stage in stages]
        life, bottom = row[4], row[6]
        out(f"{size:5}  " + "".join(f"{value:9.3f}" for value in row))
        out(f"  {size / life:7.1f}  {bottom / life:8.2f}\n")
    for stage in stages[:6]:
        points = [(float(size), _median(samples, size, stage)) for size in sizes]
        out(f"growth of {stage:8} N^{slope(points):.2f}, at the end N^{slope(points[-2:]):.2f}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="N = 10, 30, 100")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="write every sample there")
    return parser.parse_args()


if __name__ == "__main__":
    main()

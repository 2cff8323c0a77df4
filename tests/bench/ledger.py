"""How long one table takes against a ledger of a million released counts.

Run: python tests/bench/ledger.py [--quick] [--counts N]
Candidates by index and the close comparison are timed apart, on SQLite in a temporary folder.
"""

import argparse
import tempfile
import time
from pathlib import Path

from sqlmodel import Session

from orchestrator.airlock import ledger
from orchestrator.airlock.states import RequestState
from orchestrator.db import connect, write
from orchestrator.migrations import run
from tests.airlock_world import a_working_project
from tests.factories import policies
from tests.integration.airlock.test_ledger import ALL, a_table, fill, page


def timed(session: Session, content: str, rounds: int = 5) -> tuple[float, float, str]:
    """Give the median seconds to find candidates, and for everything, and what came of it."""
    other = a_working_project(session, another=True)
    world = a_table(session, other, "second", content)
    file = next(iter(world.files.values()))
    counts = ledger.stored(session, file.id)
    assert counts is not None
    policy = policies().outputs
    known = ledger.lineage(session, world.request.project_id)
    finding, whole, said = [], [], ""
    for _ in range(rounds):
        begun = time.perf_counter()
        ledger.candidates(session, counts.tables, known, policy, world.request.id, pending=True)
        finding.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        told = ledger.results(session, file, counts, policy, pending=True)
        whole.append(time.perf_counter() - begun)
        said = ", ".join(f"{one.rule} {one.verdict}" for one in told)
    return sorted(finding)[rounds // 2], sorted(whole)[rounds // 2], said


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--counts", type=int, default=1_000_000)
    options = parser.parse_args()
    size = 50_000 if options.quick else options.counts
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'tre.db'}"
        run.upgrade(url)
        engine = connect(url)
        with write(engine) as session:
            world = a_table(session, a_working_project(session), "first", ALL,
                            RequestState.RELEASED)  # fmt: skip
            fill(session, world, size)
        with write(engine) as session:
            finding, whole, said = timed(session, page())
        engine.dispose()
    print(f"{size:,} released counts: candidates {finding:.3f} s, with comparison {whole:.3f} s "
          f"({said}); aims 1 s and 5 s")  # fmt: skip


if __name__ == "__main__":
    main()

"""How long a checker waits for a page: queue, request, file, and two tables side by side.

Run: python tests/bench/checker_pages.py [--quick] [--rounds N]
A request of N files with real reports of the opener and the judge, beside a released one of as many
files that differ by a few people, so that every file meets an earlier one. Pages are asked of the
whole application in this process, database on disk. Seconds are printed and never gate; what counts
is how they grow from 10 files to 100.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlmodel import col, select

sys.path.insert(0, str(Path(__file__).parent.parent.parent))  # the worlds of the tests

from orchestrator.airlock.models import Check
from orchestrator.db import write
from orchestrator.migrations import run as migrations
from tests.airlock_world import SAYS
from tests.web_world import Browser, World, a_control, a_world, release, run_checks

WORDS = dict(zip(("shows", "population", "control"), SAYS, strict=True))
LOOKED = "I looked at it; it shows nobody."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 and 100 files, 3 rounds")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    rounds = 3 if asked.quick else asked.rounds
    sys.stdout.write(f"pages of a checker, medians of {rounds} rounds, milliseconds\n")
    sys.stdout.write("files    queue  request     file   beside\n")
    for size in (10, 100):
        with tempfile.TemporaryDirectory(prefix="checker-pages-") as folder:
            took = measured(Path(folder), size, rounds)
        row = "".join(
            f"{1000 * took[page]:9.1f}" for page in ("queue", "request", "file", "beside")
        )
        sys.stdout.write(f"{size:5}{row}\n")


def measured(folder: Path, size: int, rounds: int) -> dict[str, float]:
    """Seconds by page, of a request of `size` files."""
    url = f"sqlite:///{folder / 'tre.db'}"
    migrations.upgrade(url)
    world = a_world(a_control(folder, url))
    first = asked(world, "first", size, less=0)
    checked(world)
    for who in ("checker", "second"):
        approve(world.browser(who), first)
    checked(world)
    with write(world.control.db) as session:
        release(session, world.control, first)
    request = asked(world, "nearly", size, less=3)
    checked(world)
    checker = world.browser("checker")
    file = checker.api("GET", f"/api/requests/{request}").json()["files"][size // 2]["id"]
    pages = {
        "queue": "/queue",
        "request": f"/requests/{request}",
        "file": f"/requests/{request}/files/{file}/view",
        "beside": f"/requests/{request}/files/{file}/beside",
    }
    return {name: median(checker, path, rounds) for name, path in pages.items()}


def asked(world: World, name: str, size: int, less: int) -> str:
    """The lead asks for the release of tables that differ from others by `less` people."""
    lead = world.browser("lead")
    made = lead.api("POST", "/api/requests", {"project": "light-chains", "name": name}).json()
    path = f"/api/requests/{made['id']}"
    own = lead.headers | {"origin": world.control.settings.control_url}
    for number in range(size):
        rows = [
            f"c{number}-{row},{2000 + 37 * row - (less if row == 7 else 0)}" for row in range(40)
        ]
        content = "\n".join([f"centre {number},people", *rows, ""]).encode()
        sent = lead.client.put(f"{path}/files/t{number:03}.csv", content=content, headers=own)
        lead.api("POST", f"{path}/files/{sent.json()['id']}/context", WORDS)
    assert lead.api("POST", f"{path}/submit").is_success
    return str(made["id"])


def approve(checker: Browser, request: str) -> None:
    """Approve every file."""
    for file in checker.api("GET", f"/api/requests/{request}").json()["files"]:
        said = {"seat": "checker", "value": "approve", "reason": LOOKED, "digest": file["subject"]}
        path = f"/api/requests/{request}/files/{file['id']}/votes"
        answer = checker.api("POST", path, said)
        assert answer.is_success, answer.text


def checked(world: World) -> None:
    """Run every check that waits."""
    with write(world.control.db) as session:
        run_checks(session, world.control)
        assert not session.exec(select(Check).where(col(Check.done_at).is_(None))).all()


def median(checker: Browser, path: str, rounds: int) -> float:
    """The median time of a page, after one to warm up."""
    samples = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        answer = checker.get(path)
        samples.append(time.perf_counter() - begun)
        assert answer.status_code == 200, answer.text
    return statistics.median(samples[1:])


if __name__ == "__main__":
    main()

"""Click to kernel, cold and with the member's own server started at sign-in; never part of tests.

Floor in the same run: none but the process start that both contain. Rounds alternate.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from rich.console import Console

from orchestrator.bootstrap.control import utc_now
from orchestrator.db import connect, write
from orchestrator.demo.cast import Persona
from orchestrator.demo.local import Machine
from orchestrator.demo.run import installation, prepare
from orchestrator.demo.story import Story, wait_until
from orchestrator.demo.tale import OTHER, PROJECT, Tale
from orchestrator.engines.local.images import ensure_image
from orchestrator.values import SYSTEM
from orchestrator.workspaces import queries
from orchestrator.workspaces.service import unwant_server


def main() -> None:
    """Bring an installation up as far as an open workspace, then click."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    rounds = 3 if parser.parse_args().quick else 7
    with tempfile.TemporaryDirectory() as folder:
        settings, identity = prepare(Path(folder) / "demo", images=Path(".tre/images").absolute())
        ensure_image(settings, "workspace")
        story = Story(Path(folder) / "report.json", Console(quiet=True))
        found: dict[str, list[float]] = {"cold": [], "started at sign-in": []}
        with installation(settings, identity), closing(Tale(Machine(settings), story)) as tale:
            tale.identity()
            tale.snapshots_published()
            tale.permit()
            tale.workspace()
            for _ in range(rounds):
                for way in found:
                    found[way].append(_one(tale, way))
    shown = {way: round(statistics.median(times), 2) for way, times in found.items()}
    print(json.dumps({"rounds": rounds, "median_seconds": shown, "samples": found}))


def _one(tale: Tale, way: str) -> float:
    """One click on a server that was stopped before; the second project starts one at sign-in."""
    slug = PROJECT if way == "cold" else OTHER
    _stop(tale, slug)
    person = Persona(tale.settings, tale.cast["rosa"].person)
    try:
        person.sign_in()
        if way != "cold":
            wait_until(lambda: _all(tale, slug, "ready"), 60, "the server started at sign-in")
        begun = time.monotonic()
        person.open_lab(slug)
        with closing(person.notebook(slug)) as notebook:
            assert "42" in notebook.execute("print(6 * 7)")
        return time.monotonic() - begun
    finally:
        person.browser.close()


def _stop(tale: Tale, slug: str) -> None:
    with write(connect(tale.settings.database)) as session:
        for row in queries.servers(session):
            if row.slug == slug:
                unwant_server(session, row.key, utc_now(), actor=SYSTEM, reason="benchmark")
    wait_until(lambda: _all(tale, slug, "stopped"), 60, "the server to stop")


def _all(tale: Tale, slug: str, observed: str) -> bool | None:
    servers = tale.cast["ada"].api(f"/api/projects/{slug}/workspace")["servers"]
    seen = {server["observed"] for server in servers}
    return True if seen == {observed} or (observed == "stopped" and not seen) else None


if __name__ == "__main__":
    main()

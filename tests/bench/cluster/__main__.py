"""Figures of the engine on a cluster: `python -m tests.bench.cluster [--only B1,B4]`.

`--smoke`, `--quick` and `--full` are other sizes; `--json FILE` keeps every sample, `--page FILE`
writes a document. Needs root and the lab's programs; what is missing is built first. Ends by itself
and takes its lab down. Exit status 1 when somebody wrote other objects than wanted.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import Spec
from orchestrator.migrations import run
from orchestrator.reconciler import drift
from orchestrator.reconciler.lane import Lane
from tests.bench.cluster import rows
from tests.bench.cluster.contestants import Floor, Official, kopf
from tests.bench.cluster.place import Place, place
from tests.bench.cluster.rounds import Row
from tests.bench.cluster.spawning import spawned
from tests.databases import closing_engine
from tests.reconciler_world import a_house

_SIZES = {"smoke": rows.SMOKE, "quick": rows.QUICK, "full": rows.FULL}
ROWS = ("B1", "B2", "B3", "B4", "B5", "B6", "B8", "growth")


def main() -> None:
    """Measure what was asked for, print a table, keep every sample."""
    asked = _arguments()
    sizes = next((size for name, size in _SIZES.items() if getattr(asked, name)), rows.USUAL)
    chosen = set(asked.only.split(",")) if asked.only else set(ROWS)
    Path(".tre/bench").mkdir(parents=True, exist_ok=True)
    with place() as found:
        measured = _measured(found, sizes, chosen)
        lines = [line for row in measured for line in row.lines()]
        print("\n".join([*_HEAD, *lines]))
        asked.json.write_text(json.dumps(_kept(measured), indent=1))
        if asked.page:
            asked.page.write_text("\n".join([*_PAGE, "", *_machine(), "", *_HEAD, *lines, ""]))


def _measured(found: Place, sizes: rows.Sizes, chosen: set[str]) -> list[Row]:
    engine = KubernetesEngine(Client(found.here.access(found.account)), found.here.cluster)
    environments = engine.environments
    environments.start(120)
    floor, measured = Floor(found, found.account), []
    if "B6" in chosen:  # first: later there are hubs that a fake node would call ready
        for row in spawned(found, engine, sizes.spawns, sizes.rounds):
            measured.append(row)
            print("\n".join(row.lines()), file=sys.stderr, flush=True)
    with kopf(found) as peer:
        field = rows.Field(found, sizes, environments, floor, Official(found), peer)

        def told(row: Row) -> None:
            measured.append(row)
            print("\n".join(row.lines()), file=sys.stderr, flush=True)

        if "B1" in chosen:
            told(rows.one_at_a_time(field))
        if "B2" in chosen:
            told(rows.burst(field))
        if chosen & {"growth", "B3", "B4", "B8"}:
            row, specs = rows.growth(field)
            told(row)
            _over_many(field, engine, specs, chosen, told)
        if "B5" in chosen:
            for many in (1, sizes.torn):
                told(rows.teardown(field, many))
    engine.close()
    return measured


def _over_many(
    field: rows.Field,
    engine: KubernetesEngine,
    specs: Sequence[Spec],
    chosen: set[str],
    told: Callable[[Row], None],
) -> None:
    """The rows that need many workspaces to be there."""
    if "B3" in chosen:
        told(rows.resync(field, specs))
    if "B8" in chosen:
        told(rows.restart(field, specs))
    if "B4" in chosen:
        told(rows.drift(field, specs, lambda: _mending(engine)))


@contextmanager
def _mending(engine: KubernetesEngine) -> Iterator[None]:
    """The reconciler's lane for drift, as it runs, with a database to write down what it did."""
    ending = threading.Event()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        url = f"sqlite:///{Path(name) / 'tre.db'}"
        run.upgrade(url)
        with closing_engine(url) as database:
            house = a_house(Path(name), database, MemoryEngine())
            lane = Lane(replace(house.hands, engine=engine), "drift", (drift.WORK,), 2)
            thread = threading.Thread(target=lane.run, args=(lambda: not ending.is_set(),))
            thread.start()
            try:
                yield
            finally:
                ending.set()
                thread.join()


_HEAD = ("| row | what, who | median | beside ours | target |", "| --- | --- | --- | --- | --- |")
_PAGE = """# Figures on a cluster

Written by `make bench-cluster`; every sample is in the JSON file beside it. Contestants take turns
within one run, the first round is thrown away, a ratio is the median of the ratios of single rounds
(smallest and largest in brackets). All write the same objects as the same account under all
admission policies, and the run fails when an object is not as it should be.

No pod runs: the lab's kubelet is stopped. So this shows requests, writes, memory and growth of our
control path, with real admission, quotas, garbage collection and deletion of namespaces; it does
not show images, volumes, policies at work or the start of a notebook. The lab's etcd does not write
to disk before it answers, for all alike. Seconds are of this machine alone.
""".splitlines()


def _machine() -> list[str]:
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), "unknown")  # fmt: skip
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    said = f"{os.cpu_count()} cores of {cpu}, Linux {platform.release()}, Python "
    return [f"{said}{platform.python_version()}; load at the end {load}."]


def _kept(measured: Sequence[Row]) -> dict[str, object]:
    return {
        "machine": _machine(),
        "rows": [
            {"row": row.name, "what": row.what, "unit": row.unit, "target": row.target,
             "samples": row.samples, "facts": row.facts}
            for row in measured
        ],
    }  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help=f"some of {','.join(ROWS)}")
    for name in _SIZES:
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--json", type=Path, default=Path(".tre/bench/cluster.json"))
    parser.add_argument("--page", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()

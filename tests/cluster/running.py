"""The reconciler as it runs, around a cluster on which no pod of ours needs to run.

Everything is real but what only a pod can show: hubs are called ready and proofs are called held.
So it is about objects and about who writes them, on any API server, also one without a node.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine as Database

from orchestrator import db
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import Observed, Outcome, Probe
from orchestrator.objectstore.port import Depot
from orchestrator.reconciler import loop
from orchestrator.workspaces import queries
from orchestrator.workspaces.states import WorkspaceState as State
from tests.cluster.installed import Installed
from tests.cluster.objects import until
from tests.reconciler_world import House, a_house, restarted

HELD = Probe("E01.called", "none", "none", Outcome.HELD, "no pod runs here", 0.0)


class WithoutPods(KubernetesEngine):
    """The engine, whose hubs are called ready and whose proofs are called held."""

    def observe(self, project: str) -> Observed:
        """As the cluster has it, with a hub."""
        seen = super().observe(project)
        return replace(seen, hub_ready=seen.present)

    def place(self, depot: Depot, manifest: bytes) -> None:
        """Call a snapshot placed: no pod mounts it."""

    def prove(self, project: str | None) -> list[Probe]:
        """Call it held."""
        return [HELD]


@contextmanager
def engine_of(here: Installed, client: Client | None = None) -> Iterator[WithoutPods]:
    """An engine with the reconciler's rights, for which every node is called proved."""
    found = WithoutPods(client or Client(here.access(here.cluster.account)), here.cluster)
    found.environments.start()
    here.call_proved(found.environments)
    try:
        yield found
    finally:
        found.close()


def a_house_with(engine: WithoutPods, state: Path, database: Database, slug: str) -> House:
    """A house with published data and an approved permit, which no turn has seen yet."""
    house = a_house(state, database, MemoryEngine())
    house.publish()
    house.grant(slug)
    return restarted(house, engine=engine)


@contextmanager
def at_work(house: House) -> Iterator[None]:
    """Let the reconciler run in threads of its own, in real time, until the block ends."""
    ending = threading.Event()
    problems: list[BaseException] = []

    def run() -> None:
        try:
            loop.run(house.hands, lambda: not ending.is_set())
        except BaseException as problem:  # told by the one who waits
            problems.append(problem)

    thread = threading.Thread(target=run, name="reconciler")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(60)
    assert not thread.is_alive()
    assert problems == []


def opened(house: House, seconds: float = 60) -> None:
    """Wait until the project's workspace is open with its data."""

    def is_open() -> bool:
        with db.read(house.hands.db) as session:
            row = queries.of_project(session, house.project.project.id)
        return row is not None and row.state == State.OPEN and row.mounts_digest is not None

    until(is_open, seconds, "the workspace does not open")

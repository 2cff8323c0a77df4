"""What follows from a proof that fails, through the reconciler's own turns, with real pods.

A house with a real database and store, whose engine proves and attaches on the lab: hubs and their
servers stay in memory, a notebook server's pod is made as a hub would make it. Three things are
broken one by one; each time data goes, the server ends, the row says why, and all comes back only
after a proof that holds.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator import db
from orchestrator.engines.kubernetes import names, pods
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import Mount, Observed, Probe, Spec
from orchestrator.errors import Unavailable
from orchestrator.reconciler import workspaces
from orchestrator.workspaces import queries
from orchestrator.workspaces.states import WorkspaceState as State
from tests.cluster import breaking
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, until
from tests.cluster.proving import DATA, House, house
from tests.databases import a_copy, closing_engine
from tests.reconciler_world import MINUTE, a_house
from tests.reconciler_world import House as Reconciler

SLEEP = ["/opt/workspace/bin/python", "-c", "import time; time.sleep(900)"]


class OnTheLab(MemoryEngine):
    """Proves, attaches and mends on the cluster; hubs and servers are in memory."""

    def __init__(self, environments: Environments) -> None:
        super().__init__()
        self.environments = environments

    def ensure(self, spec: Spec) -> Observed:
        """On both; the cluster's first, which may refuse."""
        self.environments.ensure(spec)
        return super().ensure(spec)

    def prove(self, project: str | None) -> list[Probe]:
        """On the cluster."""
        return self.environments.prove(project)

    def attach(self, project: str, mounts: Sequence[Mount]) -> None:
        """On both; the cluster's first, which may refuse."""
        self.environments.attach(project, mounts)
        super().attach(project, mounts)


@pytest.fixture(scope="module")
def walls(objects: Objects, lab: Instance) -> Iterator[House]:
    """Everything installed, both walls standing."""
    with house(objects, lab) as found:
        yield found


@pytest.fixture(scope="module")
def at_work(
    walls: House, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reconciler]:
    """A permit, published data, and a workspace that was proved on the lab and is open.

    On one database: the turns are tried on both elsewhere, and this is about the cluster.
    """
    state = tmp_path_factory.mktemp("unproved") / "state"
    state.mkdir()
    with a_copy(f"sqlite:///{sqlite_template}", state) as url, closing_engine(url) as engine:
        found = a_house(state, engine, OnTheLab(walls.engine))
        found.publish()
        found.grant(f"{walls.here.prefix}-survival")
        found.settle(passes=6)
        assert found.workspace().state == State.OPEN, found.workspace().reason
        yield found


BROKEN: dict[str, tuple[Callable[[House, str], AbstractContextManager[None]], str]] = {
    "an allow-all policy by hand": (breaking.an_allow_all, r"E01\.door-8081\.project"),
    "policies that nobody enforces": (
        breaking.nothing_enforced,
        r"E01\.door-8081\.project|\.policies",
    ),
    "the enforcer stopped": (breaking.no_enforcer, "could not be shown to be closed"),
    "the plug-in out of the node": (breaking.no_plug_in, r"\.wall"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_follows_from_a_wall_that_does_not_hold(
    what: str, walls: House, at_work: Reconciler
) -> None:
    break_it, named = BROKEN[what]
    slug = at_work.slug
    mounts = walls.engine.observe(slug).mounts
    assert mounts
    with a_server(walls, at_work) as where:
        claims = _claims(walls, slug)
        assert claims
        with break_it(walls, names.namespace(slug)):
            at_work.clock.step(6 * MINUTE)
            at_work.turn(workspaces.WORK)
            row = at_work.workspace()
            assert (row.state, row.reason_code) == (State.UNPROVED, "isolation_unproven")
            assert row.reason is not None
            assert row.reason.startswith("An isolation probe did not hold: ")
            assert re.search(named, row.reason), row.reason
            assert row.mounts_digest is None
            assert _claims(walls, slug) == []
            assert walls.engine.observe(slug).mounts == ()
            assert walls.engine.world.get(where) is None, "the server goes on"
            with pytest.raises(Unavailable, match="Nothing is attached"):
                walls.engine.attach(slug, _asked(at_work))
            with db.read(at_work.hands.db) as session:
                proof = queries.last_proof(session, slug)
            assert proof is not None
            assert not proof.safe
    at_work.clock.step(3 * MINUTE)
    for _ in range(3):
        at_work.turn(workspaces.WORK)
    assert at_work.workspace().state == State.OPEN, at_work.workspace().reason
    assert walls.engine.observe(slug).mounts == mounts


def _asked(at_work: Reconciler) -> list[Mount]:
    """Some data; which does not matter to a refusal."""
    return [Mount("flchain", "1", "sha256:" + "7" * 64, Path("/nowhere"), Path("/nowhere.json"))]  # type: ignore[arg-type]


def _claims(walls: House, slug: str) -> list[str]:
    """The claims of snapshots that are there, as the API server has them."""
    found = walls.objects.core.list_namespaced_persistent_volume_claim(names.namespace(slug)).items
    return [one.metadata.name for one in found if one.metadata.name.startswith("ds-")]


@contextmanager
def a_server(walls: House, at_work: Reconciler) -> Iterator[Key]:
    """A notebook server with data that runs: its walls were proved by its own first container."""
    slug, cluster = at_work.slug, walls.here.cluster
    record = walls.engine.record(slug)
    assert record is not None
    for mount in record.mounts:
        folder = f"{DATA}/{mount.digest.removeprefix('sha256:')}"
        walls.lab.run("mkdir", "-p", f"{folder}/tree")
        walls.lab.run("tee", f"{folder}/MANIFEST.json", text="{}")
    person = record.spec.people[0]
    walls.give_homes(slug, person)
    doors = walls.engine.walls.doors_pods()
    pod: Any = pods.notebook(cluster, record.spec, person, record.mounts, {}, doors)
    pod["spec"]["containers"][0]["command"] = SLEEP
    pod["spec"]["containers"][0]["resources"]["requests"]["memory"] = "64Mi"
    pod["spec"]["initContainers"][0]["resources"]["requests"]["memory"] = "64Mi"
    hub = Client(walls.here.access(walls.here.hub(slug)))
    hub.create(pod)
    hub.close()
    where = key(pod)
    until(lambda: _phase(walls, where) != "Pending", 90, "the server does not start")
    assert _phase(walls, where) == "Running", walls.objects.pod(*where[1:])["status"]
    yield where


def _phase(walls: House, where: Key) -> str:
    return str(walls.objects.pod(where.namespace, where.name)["status"]["phase"])

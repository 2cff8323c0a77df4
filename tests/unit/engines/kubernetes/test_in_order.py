"""Whether a project is as it was asked, told from what is known of the cluster and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import hubs, manifests, records
from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.environments import Environments
from tests.kubernetes_world import CLUSTER, TOKEN, a_spec
from tests.unit.engines.kubernetes.test_watching import KUBECONFIG

SPEC = a_spec("mds", "ada")
RECORD = records.Record(SPEC)


def stored(thing: Any, version: int = 1) -> Any:
    """An object as a server would have it."""
    marks = {"uid": f"u-{thing['metadata']['name']}", "resourceVersion": str(version)}
    return {**thing, "metadata": {**thing["metadata"], **marks}}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Environments]:
    """An engine that was asked for a project and sees all of it; no cluster can be asked."""
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    found = Environments(Client(Access(file)), CLUSTER)
    found.asked.keep(RECORD)
    things = manifests.environment(CLUSTER, SPEC, TOKEN, awake=True)
    for thing in [records.written(CLUSTER, RECORD), *things]:
        found.world.put(stored(thing))
    yield found
    found.close()


def test_all_is_there(engine: Environments) -> None:
    assert engine.drifted() == []


def test_a_hub_without_a_token_is_not_in_order(engine: Environments) -> None:
    """Else whoever empties the token makes a hub that anybody may command, as wanted."""
    secret = hubs.secret(CLUSTER, "mds", "")
    engine.world.put(stored(secret, 2))
    engine.world.put(stored(hubs.deployment(CLUSTER, SPEC, "", awake=True), 2))
    assert engine.drifted() == ["mds"]


def test_what_is_worked_on_is_looked_at_later(engine: Environments) -> None:
    engine.world.put(stored(hubs.deployment(CLUSTER, SPEC, TOKEN, awake=False), 2))
    assert engine.stirred(0)
    assert engine.drifted() == ["mds"]
    assert not engine.stirred(0)

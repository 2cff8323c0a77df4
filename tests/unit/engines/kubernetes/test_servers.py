"""What a start asks of its hub: nothing, while the pod that was asked for is on its way."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.records import Record
from orchestrator.engines.kubernetes.servers import Servers
from orchestrator.engines.port import ServerState
from tests.kubernetes_world import CLUSTER, TOKEN, a_spec


class AskedError(Exception):
    """The hub was asked."""


def _hub(address: tuple[str, int], seconds: float) -> socket.socket:
    raise AskedError


def _servers(phase: str) -> Servers:
    """Servers of a world that holds one pod, of which the hub was asked before."""
    pod: dict[str, Any] = {
        "kind": "Pod",
        "metadata": {"name": names.notebook_pod("ada"), "namespace": names.namespace("mds")},
        "spec": {},
        "status": {"phase": phase},
    }
    world = SimpleNamespace(get=lambda where: pod, group=lambda name: {})
    environments: Any = SimpleNamespace(
        world=world,
        cluster=CLUSTER,
        hub_address=lambda project: ("198.18.0.9", 8081),
        token=lambda project: TOKEN,
    )
    servers = Servers(environments, _hub)
    servers._asked["mds", "ada"] = None
    return servers


def test_a_pod_on_its_way_costs_the_hub_nothing() -> None:
    seen = _servers("Pending").start(Record(a_spec("mds")), "ada")
    assert seen.state is ServerState.STARTING


def test_of_a_pod_that_runs_the_hub_is_asked() -> None:
    with pytest.raises(AskedError):
        _servers("Running").start(Record(a_spec("mds")), "ada")

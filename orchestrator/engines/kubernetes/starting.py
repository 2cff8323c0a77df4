"""[pure] What every notebook server tries by itself before it can see data.

It is the pod's init container: the same network namespace, rules and address as the server that
follows, and no volume at all. Decision 12 argues why not a pod of its own.
"""

import json
from collections.abc import Sequence

from orchestrator.engines.kubernetes.attempts import API, KUBELET, METADATA
from orchestrator.engines.kubernetes.cluster import Cluster

PYTHON = "/opt/workspace/bin/python"
PROBE = "/opt/tre/probe.py"
CANARY = "/opt/tre/canary.py"
NAME = "prove"
"""The container's name; admission asks for it wherever a snapshot is mounted."""

SECONDS = 1.0


def command(program: str, *words: str) -> list[str]:
    """Run one of our programs in a workspace image, alone and without writing a byte of cache."""
    return [PYTHON, "-I", "-B", program, *words]


def start(cluster: Cluster, doors_pods: Sequence[str]) -> list[str]:
    """Say what the first container of a notebook server runs.

    Shape: `doors_pods` are addresses of the doors' pods at this moment: the policies allow them and
    the second wall does not, so a pod whose second wall is missing notices by itself.
    """
    return command(PROBE, "start", json.dumps(plan(cluster, doors_pods), sort_keys=True))


def plan(cluster: Cluster, doors_pods: Sequence[str]) -> dict[str, object]:
    """Write the attempts that must fail, and the ways that must be open."""
    ports = (cluster.ports.hub, cluster.ports.packages, cluster.ports.airlock)
    ways = {f"door-{port}": ["reach", cluster.doors_address, port] for port in ports}
    attempts: dict[str, list[object]] = {
        "E11.service": ["reach", *API],
        "E11.gateway4": ["reach", "gateway4", KUBELET],
        "E11.gateway6": ["reach", "gateway6", KUBELET],
        "E05.dns-tcp": ["reach", "gateway4", 53],
    }
    for host, port in cluster.api_servers:
        attempts[f"E11.api-{host}"] = ["reach", host, port]
    for host in METADATA:
        attempts[f"E12.metadata-{host}"] = ["reach", host, 80]
    if cluster.second_wall:
        for host in doors_pods:
            attempts[f"E01.door-pod-{host}"] = ["reach", host, ports[0]]
    return {
        "token": NAME,
        "seconds": SECONDS,
        "attempts": {**attempts, **ways},
        "ways": sorted(ways),
    }

"""The world of the truth table with real pods: made once, and asked row by row."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.lab.build import build
from tests.cluster.objects import Object, Objects, probe_pod
from tests.cluster.policy_table import (
    NAMED,
    NAMED_ELSEWHERE,
    NAMESPACES,
    NODE_OTHER,
    NODE_PORT,
    PODS,
    TCP,
    UDP,
    Attempt,
)

DEADLINE_MS = 600
Key = tuple[Attempt, int]


@dataclass
class PolicyWorld:
    """Namespaces, pods and addresses of the table in this cluster."""

    objects: Objects
    names: dict[str, str]
    addresses: dict[str, tuple[str, ...]]
    node_namespace: str
    probe: Path
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    @property
    def places(self) -> dict[str, str]:
        """What the `$NAME`s of the table stand for."""
        known = {f"NS_{short}": name for short, name in self.names.items()}
        lab = self.objects.cluster.instance
        if lab is None:
            return known
        known |= {"BLOCK4": lab.addresses.block[0], "BLOCK6": lab.addresses.block[1]}
        for number in (1, 2):
            four, six = self.addresses[f"out{number}"]
            known |= {f"OUT{number}_4": f"{four}/32", f"OUT{number}_6": f"{six}/128"}
        return known

    def outcomes(self, rows: Sequence[Attempt]) -> dict[Key, str]:
        """Try every row in both families at once and answer what happened."""
        keys = [(row, family) for row in rows for family in (4, 6)]
        by_source = groupby(
            sorted(keys, key=lambda key: key[0].source), key=lambda key: key[0].source
        )
        jobs = [(source, list(group)) for source, group in by_source]
        found: dict[Key, str] = {}
        for (_, group), answers in zip(jobs, self.pool.map(self._ask, jobs), strict=True):
            found |= {key: _said(answer) for key, answer in zip(group, answers, strict=True)}
        return found

    def _ask(self, job: tuple[str, list[Key]]) -> list[Object]:
        source, keys = job
        attempts = [self._attempt(row, family) for row, family in keys]
        if source.startswith("out"):
            return _try_outside(self.probe, attempts)
        namespace, _, pod = source.partition("/")
        if source == "node":
            return self.objects.try_from(self.node_namespace, "node", attempts, DEADLINE_MS)
        return self.objects.try_from(self.names[namespace], pod, attempts, DEADLINE_MS)

    def _attempt(self, row: Attempt, family: int) -> Object:
        host = self.addresses[row.target][0 if family == 4 else 1]
        tried: Object = {"protocol": row.protocol, "host": host, "port": row.port}
        if row.source.startswith("out"):
            tried["from"] = self.addresses[row.source][0 if family == 4 else 1]
        return tried


def _said(answer: Object) -> str:
    """The outcome; with its reason where no attempt could be made."""
    outcome = str(answer["outcome"])
    return f"{outcome}: {answer['detail']}" if outcome == "error" else outcome


def _try_outside(probe: Path, attempts: list[Object]) -> list[Object]:
    """The same program on the machine itself, which is outside the cluster."""
    words = [str(probe), "try", str(DEADLINE_MS), json.dumps(attempts)]
    done = subprocess.run(words, capture_output=True, check=True, timeout=30)
    answers: list[Object] = json.loads(done.stdout)
    return answers


@contextmanager
def a_policy_world(objects: Objects, make: NamespaceMaker) -> Iterator[PolicyWorld]:
    """Make all of it, wait until it is ready, and end what ran outside."""
    cluster = objects.cluster
    names = {short: make(short, world=short) for short in NAMESPACES}
    node_namespace = make("node", level="privileged")
    for short, name in names.items():
        for pod in PODS:
            objects.apply(_pod(cluster, short, name, pod))
    objects.apply(_on_the_node(cluster, node_namespace))
    addresses = {
        f"{short}/{pod['metadata']['name']}": _addresses(pod)
        for short, name in names.items()
        for pod in objects.wait_running(name, *PODS)
    }
    addresses["node"] = _addresses(objects.wait_running(node_namespace, "node")[0])
    if cluster.instance is not None:
        addresses["out1"] = cluster.instance.addresses.machine
        addresses["out2"] = cluster.instance.addresses.machine_too
    probe = build()[-1] / "probe"
    outside = [one for out in ("out1", "out2") for one in addresses.get(out, ())]
    world = PolicyWorld(objects, names, addresses, node_namespace, probe)
    with _serving(probe, outside):
        yield world
    world.pool.shutdown()


@contextmanager
def _serving(probe: Path, addresses: list[str]) -> Iterator[None]:
    ports = (",".join(map(str, TCP)), ",".join(map(str, UDP)))
    servers = [
        subprocess.Popen([probe, "serve", *ports, one], stdout=subprocess.DEVNULL)
        for one in addresses
    ]
    try:
        yield
    finally:
        for server in servers:
            server.terminate()
            server.wait(10)


def _addresses(pod: Object) -> tuple[str, ...]:
    """IPv4 first."""
    given = [one["ip"] for one in pod["status"]["podIPs"]]
    assert len(given) == 2, f"the cluster is not dual-stack: {given}"
    return tuple(sorted(given, key=lambda one: ":" in one))


def _pod(cluster: Cluster, short: str, namespace: str, name: str) -> Object:
    named = NAMED_ELSEWHERE if (short, name) == ("z", "a") else NAMED
    ports = [
        {"name": key, "protocol": protocol, "containerPort": number}
        for key, (protocol, number) in named.items()
    ]
    words = ("serve", ",".join(map(str, TCP)), ",".join(map(str, UDP)))
    labels = {"app": name} | ({"marked": "yes"} if name == "a" else {})
    return probe_pod(cluster, namespace, name, words, labels=labels, ports=ports)


def _on_the_node(cluster: Cluster, namespace: str) -> Object:
    both = f"{NODE_PORT},{NODE_OTHER}"
    return probe_pod(cluster, namespace, "node", ("serve", both, both), hostNetwork=True)

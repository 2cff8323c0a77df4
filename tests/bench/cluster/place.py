"""The cluster of the figures: an API server of the lab on which no pod runs, and our installation.

The lab's node is told to take no pods and its kubelet is stopped, so that only the control plane
works. Its etcd does not write to disk before it answers, for every contestant alike.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.engines.kubernetes import manifests, records
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, key, writes
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.port import Spec
from tests.cluster.cluster import Cluster
from tests.cluster.installed import Installed, installed
from tests.cluster.lab.instance import Instance, down, up
from tests.cluster.objects import Objects, connection
from tests.kubernetes_world import TOKEN

NAME = "bench"
_STOPPED = ("kubelet", "enforcer")


@dataclass
class Place:
    """Where everything is measured."""

    here: Installed
    lab: Instance

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.here.kubeconfig

    @property
    def account(self) -> str:
        """As whom every contestant asks: admission lets nobody else write such objects."""
        return self.here.cluster.account

    def engine(self) -> Environments:
        """Our engine, looking."""
        found = Environments(Client(self.here.access(self.account)), self.here.cluster)
        found.start(120)
        return found

    def spec(self, word: str) -> Spec:
        """One workspace of two people."""
        return self.here.spec(word, "ada", "grace")

    def things(self, spec: Spec, *, awake: bool = True) -> list[Object]:
        """All objects of one workspace, as our own builders make them, the namespace first."""
        first, *rest = manifests.environment(self.here.cluster, spec, TOKEN, awake=awake)
        record = records.written(self.here.cluster, records.Record(spec, asleep=not awake))
        return [first, record, *rest]

    def lacking(self, specs: Sequence[Spec], *, awake: bool = True) -> int:
        """How many objects of these workspaces the API server has not, or otherwise.

        Shape: what the hub is told differs by its token, so it and the digest of it only exist.
        """
        admin = Client(self.here.access())
        wanted = [_untold(one) for spec in specs for one in self.things(spec, awake=awake)]
        stored: dict[Key, Object] = {}
        for kind in sorted({str(one["kind"]) for one in wanted}):
            stored |= {key(one): one for one in admin.list(Scope(kind)).items}
        admin.close()
        return len(writes([one for one in wanted if one["kind"] != "Secret"], stored)) + sum(
            key(one) not in stored for one in wanted if one["kind"] == "Secret"
        )


def _untold(thing: Object) -> Object:
    if thing["kind"] != "Deployment":
        return thing
    return {name: value for name, value in thing.items() if name != "spec"}


@contextmanager
def place() -> Iterator[Place]:
    """A lab of this run alone, without pods; gone afterwards."""
    lab = up(NAME, lambda line: print(line, file=sys.stderr))
    try:
        lab.run("kubectl", "--kubeconfig=/run/tre-lab/admin.kubeconfig", "cordon", "node")
        for part in _STOPPED:
            lab.hold(part)
        cluster = Cluster("lab", lab.kubeconfig, "none", "Never", True, lab)
        with (
            connection(cluster) as client,
            installed(Objects(cluster, client), cluster_goes=True) as here,
        ):
            yield Place(here, lab)
    finally:
        down(NAME)

"""Processes to be killed: a proof, and one verb of an environment.

The proof is `python -m tests.cluster.killed KUBECONFIG PROJECT SYSTEM DOORS IMAGE`; the verb is a
function for a process of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.port import Mount, Spec
from tests.cluster.objects import removed
from tests.kubernetes_world import CLUSTER


def act(kubeconfig: Path, cluster: Cluster, verb: str, spec: Spec, mounts: Sequence[Mount]) -> None:
    """Begin as the reconciler does, then provision, grant or tear down; no fault is survived."""
    engine = Environments(Client(Access(kubeconfig)), cluster)
    engine.start()
    once(engine, verb, spec, mounts)


def once(engine: Environments, verb: str, spec: Spec, mounts: Sequence[Mount]) -> None:
    """One step of the reconciler. Errors: as the verb, to be tried again."""
    match verb:
        case "provision":
            engine.ensure(spec)
        case "grant":
            engine.attach(spec.project, mounts)
        case _:
            removed(engine, spec.project)


if __name__ == "__main__":
    kubeconfig, project, system, doors, image = sys.argv[1:]
    cluster = Cluster(
        images={**CLUSTER.images, "workspace": image},
        doors_address=doors,
        system=system,
        check=f"{system}-check",
        api_servers=CLUSTER.api_servers,
    )
    account = f"system:serviceaccount:{system}:reconciler"
    engine = Environments(Client(Access(Path(kubeconfig), impersonate=account)), cluster)
    engine.start()
    engine.prove(project)

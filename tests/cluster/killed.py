"""`python -m tests.cluster.killed KUBECONFIG PROJECT SYSTEM DOORS IMAGE`: a proof to be killed."""

import sys
from pathlib import Path

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.engines.kubernetes.environments import Environments
from tests.kubernetes_world import CLUSTER

if __name__ == "__main__":
    kubeconfig, project, system, doors, image = sys.argv[1:]
    cluster = Cluster(
        images={**CLUSTER.images, "workspace": image},
        doors_address=doors,
        system=system,
        check=f"{system}-check",
        api_servers=CLUSTER.api_servers,
        user_namespaces=False,
    )
    account = f"system:serviceaccount:{system}:reconciler"
    engine = Environments(Client(Access(Path(kubeconfig), impersonate=account)), cluster)
    engine.start()
    engine.prove(project)

"""Which engine the settings name."""

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.described import described
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.local.engine import LocalEngine
from orchestrator.engines.port import Engine
from orchestrator.settings import Settings


def engine(settings: Settings) -> Engine:
    """Make the engine; nothing is started and no cluster is asked yet.

    Errors: Invalid when the cluster's file is wrong; Unavailable without credentials for it.
    """
    if settings.engine == "kubernetes":
        cluster = described(settings.cluster_file)
        return KubernetesEngine(Client(Access(settings.kubeconfig)), cluster)
    return LocalEngine(settings)

"""Which engine the settings name."""

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.described import described
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.kubernetes.proof import DOCTOR, RECONCILER
from orchestrator.engines.local.engine import LocalEngine
from orchestrator.engines.port import Engine
from orchestrator.settings import Settings


def engine(settings: Settings, *, beside: bool = False) -> Engine:
    """Make the engine; nothing is started and no cluster is asked yet.

    Shape: `beside` is for a command that runs while the reconciler does: it leaves the rooms of the
    reconciler's own proof alone, and its own are left alone until their time is up.
    Errors: Invalid when the cluster's file is wrong; Unavailable without credentials for it.
    """
    if settings.engine == "kubernetes":
        cluster = described(settings.cluster_file)
        maker = DOCTOR if beside else RECONCILER
        return KubernetesEngine(Client(Access(settings.kubeconfig)), cluster, maker=maker)
    return LocalEngine(settings)

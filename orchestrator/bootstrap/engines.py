"""Which engine the settings name."""

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.cluster import Cluster, Images
from orchestrator.engines.kubernetes.described import described
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.kubernetes.proof import DOCTOR, RECONCILER
from orchestrator.engines.kubernetes.registry import Registry
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
        client = Client(Access(settings.kubeconfig))
        maker = DOCTOR if beside else RECONCILER
        return KubernetesEngine(client, cluster, maker=maker, registry=_registry(settings, cluster))
    return LocalEngine(settings)


def _registry(settings: Settings, cluster: Cluster) -> Registry | None:
    """Reach the registry of snapshots, where they are image volumes."""
    if not isinstance(cluster.snapshots, Images):
        return None
    password = settings.registry_password.get_secret_value()
    return Registry(cluster.snapshots, settings.registry_user, password)

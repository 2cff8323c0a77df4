"""[pure] One project's hub in the system namespace: its claim, its pod, never a cluster right.

The hub's own secrets are made by the reconciler and mounted here; the objects name them only.
"""

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.pods import container_security, pod_security
from orchestrator.engines.port import Spec

FOLDER = "/srv/hub"
SECRETS = "/etc/tre/hub"
_STORAGE_MB = 256


def claim(cluster: Cluster, project: str) -> Object:
    """Where a hub keeps its own database across restarts."""
    spec: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{_STORAGE_MB}Mi"}},
    }
    if cluster.homes.storage_class is not None:
        spec["storageClassName"] = cluster.homes.storage_class
    return _object(cluster, "v1", "PersistentVolumeClaim", project) | {"spec": spec}


def deployment(cluster: Cluster, spec: Spec, *, awake: bool) -> Object:
    """Describe a project's hub; asleep it has no pod.

    Shape: it needs the API server, so it has its account's token; the service's addresses are not
    in its environment. One at a time: two hubs would write one database.
    """
    labels = _labels(spec.project)
    body: Object = {
        "replicas": 1 if awake else 0,
        "revisionHistoryLimit": 0,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": _pod(cluster, spec)},
    }
    return _object(cluster, "apps/v1", "Deployment", spec.project) | {"spec": body}


def _pod(cluster: Cluster, spec: Spec) -> Object:
    name = names.hub(spec.project)
    return {
        "automountServiceAccountToken": True,
        "containers": [_container(cluster, spec)],
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        "serviceAccountName": name,
        "terminationGracePeriodSeconds": 10,
        "volumes": [
            {"name": "hub", "persistentVolumeClaim": {"claimName": name}},
            {"name": "secrets", "secret": {"secretName": name, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    } | ({"hostUsers": False} if cluster.user_namespaces else {})


def _container(cluster: Cluster, spec: Spec) -> Object:
    port = cluster.ports.project_hub
    return {
        "name": "hub",
        "image": cluster.image(cluster.hub_image),
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "TRE_PROJECT", "value": spec.project},
            {"name": "TRE_NAMESPACE", "value": names.namespace(spec.project)},
        ],
        "ports": [{"name": "hub", "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"path": "/hub/api/", "port": port, "scheme": "HTTP"},
            "periodSeconds": 2,
        },
        "resources": {
            "requests": {"cpu": "50m", "memory": "256Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "securityContext": container_security(),
        "volumeMounts": [
            {"name": "hub", "mountPath": FOLDER},
            {"name": "secrets", "mountPath": SECRETS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - of this pod alone
        ],
    }


def _labels(project: str) -> dict[str, str]:
    labels, _ = names.marks(names.PROJECT, project)
    return {**labels, names.COMPONENT: "hub"}


def _object(cluster: Cluster, version: str, kind: str, project: str) -> Object:
    metadata = {
        "name": names.hub(project),
        "namespace": cluster.system,
        "labels": _labels(project),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata}

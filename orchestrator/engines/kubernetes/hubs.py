"""[pure] One project's hub in the system namespace: its claim, its pod, never a cluster right.

What the hub is told, its token among it, lies in a secret that is mounted here and that the hub's
account may not read. The pod carries its digest, so that a hub with another token is started anew.
"""

import base64
import hashlib
from collections.abc import Mapping

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, texts
from orchestrator.engines.kubernetes.pods import container_security, pod_security
from orchestrator.engines.port import Spec
from orchestrator.hub import facts

FOLDER = "/srv/hub"
SECRETS = "/etc/tre/hub"
BIN = "/opt/tre/bin"
PYTHON = f"{BIN}/python"
TOLD = "tre.told-digest"
"""Annotation of the hub's pod: what it was told at its start."""

_STORAGE_MB = 256
_TOKEN_LENGTH = 32


def claim(cluster: Cluster, project: str) -> Object:
    """Where a hub keeps its own database across restarts."""
    spec: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{_STORAGE_MB}Mi"}},
    }
    if cluster.homes.storage_class is not None:
        spec["storageClassName"] = cluster.homes.storage_class
    return _object(cluster, "v1", "PersistentVolumeClaim", project) | {"spec": spec}


def where_secret(cluster: Cluster, project: str) -> Key:
    """Name the secret with what a hub is told."""
    return Key("Secret", cluster.system, names.hub(project))


def secret(cluster: Cluster, project: str, token: str) -> Object:
    """What a hub is told: its facts, its program, and the token of its one service."""
    space, port = names.namespace(project), cluster.ports.project_hub
    files = facts.on_a_cluster(project, space, port, token)
    data = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    return _object(cluster, "v1", "Secret", project) | {"type": "Opaque", "data": data}


def token_of(thing: Object | None) -> str | None:
    """Read the token back from a secret; None where there is none that could be one."""
    held = texts((thing or {}).get("data")).get(facts.TOKEN, "")
    try:
        token = base64.b64decode(held, validate=True).decode("ascii")
    except ValueError:
        return None
    return token if len(token) >= _TOKEN_LENGTH else None


def told(cluster: Cluster, project: str, token: str) -> str:
    """Answer the digest of what a hub is told, by which its pod says that it was told so."""
    data: Mapping[str, str] = texts(secret(cluster, project, token)["data"])
    return hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()


def deployment(cluster: Cluster, spec: Spec, token: str, *, awake: bool) -> Object:
    """Describe a project's hub; asleep it has no pod.

    Shape: it needs the API server, so it has its account's token; the service's addresses are not
    in its environment. One at a time: two hubs would write one database.
    """
    labels = _labels(spec.project)
    marks = {TOLD: told(cluster, spec.project, token)}
    body: Object = {
        "replicas": 1 if awake else 0,
        "revisionHistoryLimit": 0,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": marks},
            "spec": _pod(cluster, spec),
        },
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
        "command": [PYTHON, "-m", "jupyterhub", "-f", f"{SECRETS}/{facts.PROGRAM}"],
        "env": [
            {"name": "HOME", "value": FOLDER},
            {"name": "LANG", "value": "C.UTF-8"},
            {"name": "PATH", "value": f"{BIN}:/usr/bin:/bin"},
        ],
        "workingDir": FOLDER,
        "ports": [{"name": "hub", "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"path": "/hub/api/", "port": port, "scheme": "HTTP"},
            "periodSeconds": 1,
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

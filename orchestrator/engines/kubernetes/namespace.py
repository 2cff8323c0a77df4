"""[pure] A project's namespace, its limits, and accounts that can do nothing."""

from collections.abc import Mapping

from orchestrator.engines.kubernetes import names, storage
from orchestrator.engines.kubernetes.cluster import Cluster, Images, Object
from orchestrator.engines.port import Size, Spec

SPEC = "tre.spec-digest"
SNAPSHOTS_MOST = 64
PROBES_MOST = 8
"""Pods of a proof beside the notebooks: probes, controls and those that are ending."""

_EPHEMERAL_MB = 2048


def project_namespace(cluster: Cluster, spec: Spec, image: str = "") -> Object:
    """The namespace: pod security `restricted` in all three modes, whose it is, and its data.

    Shape: `image` is the one image of data that may be mounted there; none where it is empty, which
    is written too, because a line that is only left out is left alone.
    """
    by_image = isinstance(cluster.snapshots, Images)
    labels, annotations = names.marks(names.PROJECT, spec.project)
    return _namespace(
        cluster,
        names.namespace(spec.project),
        {**labels, names.ZONE: "project"},
        {**annotations, SPEC: spec.digest, **({storage.DATA_IMAGE: image} if by_image else {})},
    )


def check_namespace(cluster: Cluster) -> Object:
    """The namespace of openers and judges."""
    return _namespace(cluster, cluster.check, {names.ZONE: "check"}, {})


def placing_namespace(cluster: Cluster) -> Object:
    """The namespace where a publication brings snapshots to the nodes."""
    return _namespace(cluster, cluster.placing, {names.ZONE: "placing"}, {})


def limits(cluster: Cluster, spec: Spec) -> list[Object]:
    """Quota and limit range: one server for each person, a proof's pods, nothing that listens."""
    return [_quota(cluster, spec), _range(spec)]


def accounts(space: str, labels: Mapping[str, str]) -> list[Object]:
    """The pods' account and the one every namespace has: no token, no right, no secret."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": space, "labels": dict(labels)},
            "automountServiceAccountToken": False,
        }
        for name in ("default", "workspace")
    ]


def resources(size: Size) -> Object:
    """Limits of one container. Memory is asked for whole: nobody's server ends another's work."""
    return {
        "requests": {
            "cpu": "100m",
            "memory": f"{size.memory_mb}Mi",
            "ephemeral-storage": f"{_EPHEMERAL_MB}Mi",
        },
        "limits": {
            "cpu": str(size.cpus),
            "memory": f"{size.memory_mb}Mi",
            "ephemeral-storage": f"{_EPHEMERAL_MB}Mi",
        },
    }


def _namespace(
    cluster: Cluster, name: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> Object:
    security: dict[str, str] = {}
    for mode in ("enforce", "audit", "warn"):
        security[f"pod-security.kubernetes.io/{mode}"] = "restricted"
        security[f"pod-security.kubernetes.io/{mode}-version"] = cluster.pod_security
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {**labels, **security},
            "annotations": dict(annotations),
        },
    }


def _quota(cluster: Cluster, spec: Spec) -> Object:
    people, homes = len(spec.people), cluster.homes
    pods = people + PROBES_MOST
    storage_mb = people * homes.home_mb + homes.shared_mb + SNAPSHOTS_MOST * 1024
    most = {
        "pods": str(pods),
        "limits.cpu": str(pods * spec.size.cpus),
        "limits.memory": f"{pods * spec.size.memory_mb}Mi",
        "limits.ephemeral-storage": f"{pods * _EPHEMERAL_MB}Mi",
        "requests.storage": f"{storage_mb}Mi",
        "persistentvolumeclaims": str(people + 1 + SNAPSHOTS_MOST),
        "services": "0",
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }
    return _namespaced("v1", "ResourceQuota", spec.project, "workspace") | {"spec": {"hard": most}}


def _range(spec: Spec) -> Object:
    most = {"cpu": str(spec.size.cpus), "memory": f"{spec.size.memory_mb}Mi"}
    container: Object = {
        "type": "Container",
        "max": most,
        "default": most,
        "defaultRequest": {"cpu": "100m", "memory": f"{spec.size.memory_mb}Mi"},
    }
    made = _namespaced("v1", "LimitRange", spec.project, "workspace")
    return made | {"spec": {"limits": [container]}}


def _namespaced(version: str, kind: str, project: str, name: str) -> Object:
    labels, _ = names.marks(names.PROJECT, project)
    metadata = {"name": name, "namespace": names.namespace(project), "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}

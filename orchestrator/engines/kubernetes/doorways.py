"""[pure] How a notebook server shows at its doors who it is: a secret of this one start."""

import hashlib

from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import mapping

SECRET = "TRE_DOOR_SECRET"  # noqa: S105 - the name of a variable


def environment(cluster: Cluster, person: str, secret: str) -> dict[str, str]:
    """Answer the variables by which a server finds its doors and is known there."""
    return {SECRET: secret}


def hash_of(secret: str) -> str:
    """Answer what may be kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_of(pod: Object) -> str | None:
    """Read the secret of a pod's start from the pod itself."""
    containers = mapping(pod.get("spec")).get("containers")
    for container in containers if isinstance(containers, list) else ():
        said = mapping(container).get("env")
        for each in said if isinstance(said, list) else ():
            value = mapping(each).get("value")
            if mapping(each).get("name") == SECRET and isinstance(value, str):
                return value
    return None

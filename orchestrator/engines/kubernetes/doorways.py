"""[pure] What a pod is told of its doors, and how its calls and its answers are known.

One secret for each start, in the pod's environment and in its object only: whoever observes the pod
reads it there, and passes on nothing but its hash. How a call shows it is in `doors.shown`, how a
server proves it to the gateway in `gateway.greeting`.
"""

import hashlib

from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import mapping

SECRET = "TRE_DOOR_SECRET"  # noqa: S105 - the name of a variable


def hash_of(secret: str) -> str:
    """Give the only form in which the secret leaves the pod's own object."""
    return hashlib.sha256(secret.encode()).hexdigest()


def environment(cluster: Cluster, person: str, secret: str) -> dict[str, str]:
    """Say where the doors are, by address, and what to show there.

    Shape: one place for each door: JupyterHub's own server knows an address and no header, so there
    it is part of the path; installers send and hide a password; our own client sends a header.
    """
    host, ports = _host(cluster.doors_address), cluster.ports
    api = f"http://{host}:{ports.hub}/{secret}/hub/api"
    return {
        SECRET: secret,
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/{person}/activity",
        "PIP_INDEX_URL": f"http://tre:{secret}@{host}:{ports.packages}/simple/",
        "PIP_TRUSTED_HOST": f"{host}:{ports.packages}",  # else pip asks no plain http but loopback
        "TRE_AIRLOCK": f"http://{host}:{ports.airlock}",
    }


def secret_of(pod: Object) -> str | None:
    """Read the secret of a pod's start from the pod itself; None when it has none."""
    containers = mapping(pod.get("spec")).get("containers")
    for container in containers if isinstance(containers, list) else ():
        said = mapping(container).get("env")
        for each in said if isinstance(said, list) else ():
            value = mapping(each).get("value")
            if mapping(each).get("name") == SECRET and isinstance(value, str):
                return value
    return None


def _host(found: str) -> str:
    return f"[{found}]" if ":" in found else found

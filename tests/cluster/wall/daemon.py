"""The wall's installer as a DaemonSet: as the chart ships it, with the least that it needs."""

from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.objects import Object


def installer(image: str, labels: dict[str, str]) -> Object:
    """The least that the installer needs: two folders to write, two capabilities, root."""
    folders = {
        "programs": CNI_PLUGINS[0],
        "lists": CNI_NETWORK,
        "cgroups": "/sys/fs/cgroup",
    }
    container = {
        "name": "wall",
        "image": image,
        "imagePullPolicy": "Never",
        "args": ["install"],
        "readinessProbe": {
            "exec": {"command": ["/tre-wall", "status"]},
            "periodSeconds": 2,
            "timeoutSeconds": 10,
        },
        "securityContext": {
            "runAsUser": 0,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN", "NET_ADMIN"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [
            {"name": "programs", "mountPath": "/host/opt/cni/bin"},
            {"name": "lists", "mountPath": "/host/etc/cni/net.d"},
            {"name": "cgroups", "mountPath": "/host/sys/fs/cgroup", "readOnly": True},
            {"name": "wall", "mountPath": "/etc/tre-wall", "readOnly": True},
        ],
    }
    volumes = [
        *({"name": name, "hostPath": {"path": path}} for name, path in folders.items()),
        {"name": "wall", "configMap": {"name": "wall"}},
    ]
    pod = {
        "hostNetwork": True,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 10,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": volumes,
    }
    return {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }

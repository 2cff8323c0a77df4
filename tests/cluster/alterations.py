"""What a person with too many rights does to a project's objects: each way once, by its name.

Tests of the engine and of the running reconciler share it: whatever is here must be mended.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.errors import Conflict
from tests.cluster.installed import Installed

Change = Callable[[Any], object]
Place = Callable[[Installed, str], Key]


def _inside(kind: str, name: str) -> Place:
    return lambda here, project: Key(kind, names.namespace(project), name)


def _outside(kind: str) -> Place:
    return lambda here, project: Key(kind, here.cluster.system, names.hub(project))


DELETED: dict[str, Place] = {
    "default-deny": _inside("NetworkPolicy", "default-deny"),
    "allow-server": _inside("NetworkPolicy", "allow-server"),
    "hub's policy": _outside("NetworkPolicy"),
    "quota": _inside("ResourceQuota", "workspace"),
    "limits": _inside("LimitRange", "workspace"),
    "account": _inside("ServiceAccount", "workspace"),
    "hub's account": _outside("ServiceAccount"),
    "role": _inside("Role", "hub"),
    "binding": _inside("RoleBinding", "hub"),
    "hub": _outside("Deployment"),
    "what the hub is told": _outside("Secret"),
    "shared folder": _inside("PersistentVolumeClaim", "shared"),
    "record": lambda here, project: Key(
        "ConfigMap", here.cluster.system, f"project-{names.name(project)}"
    ),
}

ALTERED: dict[str, tuple[Place, Change]] = {
    "namespace": (
        lambda here, project: Key("Namespace", "", names.namespace(project)),
        lambda it: it["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "privileged"}
        ),
    ),
    "namespace with a label more": (
        lambda here, project: Key("Namespace", "", names.namespace(project)),
        lambda it: it["metadata"]["labels"].update({"tre.component": "doors"}),
    ),
    "default-deny for fewer pods": (
        _inside("NetworkPolicy", "default-deny"),
        lambda it: it["spec"].update(podSelector={"matchLabels": {"tre.net": "open"}}),
    ),
    "default-deny for one direction": (
        _inside("NetworkPolicy", "default-deny"),
        lambda it: it["spec"].update(policyTypes=["Ingress"]),
    ),
    "a policy with one more rule": (
        _inside("NetworkPolicy", "allow-hub"),
        lambda it: it["spec"]["egress"].append(
            {**it["spec"]["egress"][0], "ports": [{"port": 443, "protocol": "TCP"}]}
        ),
    ),
    "a policy with another port": (
        _inside("NetworkPolicy", "allow-server"),
        lambda it: it["spec"]["ingress"][0]["ports"][0].update(port=22),
    ),
    "hub's policy": (
        _outside("NetworkPolicy"),
        lambda it: it["spec"].update(egress=[{}]),
    ),
    "quota raised": (
        _inside("ResourceQuota", "workspace"),
        lambda it: it["spec"]["hard"].update(pods="900"),
    ),
    "quota with one more": (
        _inside("ResourceQuota", "workspace"),
        lambda it: it["spec"]["hard"].update({"count/configmaps": "9"}),
    ),
    "limits": (
        _inside("LimitRange", "workspace"),
        lambda it: it["spec"]["limits"][0]["max"].update(memory="64Gi"),
    ),
    "account": (
        _inside("ServiceAccount", "workspace"),
        lambda it: it.update(automountServiceAccountToken=True),
    ),
    "account with a secret": (
        _inside("ServiceAccount", "default"),
        lambda it: it.update(imagePullSecrets=[{"name": "s"}]),
    ),
    "role": (
        _inside("Role", "hub"),
        lambda it: it["rules"][1]["verbs"].remove("watch"),
    ),
    "role with one more": (
        _inside("Role", "hub"),
        lambda it: it["rules"].append(
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}
        ),
    ),
    "binding": (
        _inside("RoleBinding", "hub"),
        lambda it: it["subjects"].append(
            {"kind": "User", "name": "eve", "apiGroup": "rbac.authorization.k8s.io"}
        ),
    ),
    "hub": (_outside("Deployment"), lambda it: it["spec"].update(replicas=3)),
    "what the hub is told": (
        _outside("Secret"),
        lambda it: it["data"].update({"jupyterhub_config.py": "cHJpbnQoKQ=="}),
    ),
    "the hub's token taken away": (
        _outside("Secret"),
        lambda it: it["data"].update({"api_token": ""}),
    ),
    "hub with a container more": (
        _outside("Deployment"),
        lambda it: it["spec"]["template"]["spec"]["containers"].append(
            {"name": "spy", "image": "registry.invalid/spy"}
        ),
    ),
    "record": (
        lambda here, project: Key(
            "ConfigMap", here.cluster.system, f"project-{names.name(project)}"
        ),
        lambda it: it["data"].update({"more": "x"}),
    ),
}

STRAYS: dict[str, Any] = {
    "NetworkPolicy": lambda stored: {"spec": stored["spec"]},
    "Role": lambda stored: {"rules": stored["rules"]},
    "RoleBinding": lambda stored: {
        "roleRef": stored["roleRef"],
        "subjects": stored["subjects"],
    },
    "ServiceAccount": lambda stored: {},
    "ResourceQuota": lambda stored: {"spec": {"hard": {"pods": "1"}}},
    "LimitRange": lambda stored: {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "64"}}]}},
}


def alter(client: Client, where: Key, change: Change) -> Any:
    """Change an object as it is stored; answer it as it is now.

    Shape: again where a controller wrote in between, as it does to a Deployment that is new.
    """
    while True:
        seen: Any = client.get(where)
        changed = {name: value for name, value in seen.items() if name != "status"}
        change(changed)
        with suppress(Conflict):
            return client.replace(changed, seen)


def a_stray(client: Client, kind: str, wanted: Sequence[Any]) -> Any:
    """Make one more object of a kind beside ours, in the project's namespace."""
    like = next(t for t in wanted if t["kind"] == kind and names.is_project_namespace(
        key(t).namespace))  # fmt: skip
    stray = {
        "apiVersion": like["apiVersion"],
        "kind": kind,
        "metadata": {"name": "by-hand", "namespace": key(like).namespace},
    }
    client.create(stray | STRAYS[kind](client.get(key(like))))
    return stray

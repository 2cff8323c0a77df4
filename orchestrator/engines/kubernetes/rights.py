"""[pure] Who may do what: a project's hub pods and events, the reconciler what it makes.

Nobody but the reconciler may read a secret, and it only in the system namespace.
"""

from collections.abc import Mapping, Sequence

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Object

_RBAC = "rbac.authorization.k8s.io"
_LOOK = ("get", "list", "watch")
_HUB = (
    ("", ("pods",), ("create", "delete", *_LOOK)),
    ("", ("events",), _LOOK),
)
_EVERY = ("create", "delete", "patch", "update", *_LOOK)
_ALL_PROJECTS = (
    ("", ("namespaces", "persistentvolumes"), _EVERY),
    ("", ("limitranges", "persistentvolumeclaims", "resourcequotas", "serviceaccounts"), _EVERY),
    ("", ("pods",), _EVERY),
    ("", ("events",), _LOOK),
    ("", ("nodes",), ("patch", *_LOOK)),  # one label, see admission 13
    ("networking.k8s.io", ("networkpolicies",), _EVERY),
    (_RBAC, ("rolebindings", "roles"), _EVERY),
    ("batch", ("jobs",), ("create", "delete", *_LOOK)),  # of a publication, see admission 15
)
_SYSTEM_ONLY = (
    ("", ("configmaps", "secrets"), _EVERY),
    ("apps", ("deployments",), _EVERY),
)

Grant = tuple[str, Sequence[str], Sequence[str]]


def hub_account(cluster: Cluster, project: str) -> Object:
    """The hub's account, in the system namespace and never in the project's."""
    labels, _ = names.marks(names.PROJECT, project)
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": names.hub(project),
            "namespace": cluster.system,
            "labels": {**labels, names.COMPONENT: "hub"},
        },
        "automountServiceAccountToken": False,
    }


def hub_rights(cluster: Cluster, project: str) -> list[Object]:
    """Role and binding in the project's namespace: pods and events, no secret, no claim."""
    labels, _ = names.marks(names.PROJECT, project)
    place = {"name": "hub", "namespace": names.namespace(project), "labels": labels}
    return [
        _role("Role", place, _HUB),
        _binding("RoleBinding", place, "Role", "hub", names.hub(project), cluster.system),
    ]


def reconciler_rights(cluster: Cluster) -> list[Object]:
    """What the reconciler's account needs; the chart installs it, the engine never does.

    Source: it grants hubs no right that it has not itself, so it needs no `escalate` or `bind`.
    """
    wide = {"name": "tre-reconciler"}
    here = {"name": "tre-reconciler", "namespace": cluster.system}
    who = cluster.reconciler
    return [
        _role("ClusterRole", wide, _ALL_PROJECTS),
        _binding("ClusterRoleBinding", wide, "ClusterRole", "tre-reconciler", who, cluster.system),
        _role("Role", here, _SYSTEM_ONLY),
        _binding("RoleBinding", here, "Role", "tre-reconciler", who, cluster.system),
    ]


def _role(kind: str, metadata: Mapping[str, object], grants: Sequence[Grant]) -> Object:
    rules = [
        {"apiGroups": [group], "resources": list(kinds), "verbs": list(verbs)}
        for group, kinds, verbs in grants
    ]
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": dict(metadata), "rules": rules}


def _binding(
    kind: str, metadata: Mapping[str, object], role_kind: str, role: str, account: str, space: str
) -> Object:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": dict(metadata),
        "roleRef": {"apiGroup": _RBAC, "kind": role_kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": space}],
    }

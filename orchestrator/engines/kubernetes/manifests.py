"""[pure] All objects of one project, in the order in which they may come to be (egress 5.1).

First the namespace; then the policies and all that runs nothing, read back; then what could run.
Data is not among them: it is attached only after a proof.
"""

from collections.abc import Sequence

from orchestrator.engines.kubernetes import hubs, names, namespace, network, rights, storage
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.port import Mount, Spec


def stages(
    cluster: Cluster, spec: Spec, token: str, *, awake: bool, image: str = ""
) -> list[list[Object]]:
    """Answer the objects of a project in stages; within a stage the order does not matter.

    Shape: a binding comes after its role, which the server looks up when it takes the binding.
    `token` is the one that the project's hub knows its engine by, `image` the image of its data.
    """
    labels, _ = names.marks(names.PROJECT, spec.project)
    role, binding = rights.hub_rights(cluster, spec.project)
    return [
        [namespace.project_namespace(cluster, spec, image)],
        [
            *network.project_policies(cluster, spec.project),
            network.hub_policy(cluster, spec.project),
            *namespace.limits(cluster, spec),
            *namespace.accounts(names.namespace(spec.project), labels),
            rights.hub_account(cluster, spec.project),
            role,
            *storage.homes(cluster, spec.project, spec.people),
            hubs.claim(cluster, spec.project),
            hubs.secret(cluster, spec.project, token),
        ],
        [binding, hubs.deployment(cluster, spec, token, awake=awake)],
    ]


def environment(
    cluster: Cluster, spec: Spec, token: str, *, awake: bool, image: str = ""
) -> list[Object]:
    """Answer the objects of a project, all of them, first those that must be first."""
    in_stages = stages(cluster, spec, token, awake=awake, image=image)
    return [thing for stage in in_stages for thing in stage]


def data(cluster: Cluster, project: str, mounts: Sequence[Mount]) -> list[Object]:
    """Answer the volumes and claims of all granted snapshots of a project."""
    return [thing for mount in mounts for thing in storage.snapshot(cluster, project, mount)]


def check_room(cluster: Cluster) -> list[Object]:
    """Answer the namespace of openers and judges with its policies and powerless accounts."""
    return [
        namespace.check_namespace(cluster),
        *network.check_policies(cluster),
        *namespace.accounts(cluster.check, {}),
    ]


def placing_room(cluster: Cluster) -> list[Object]:
    """Answer the namespace where snapshots are placed, with its policies and powerless accounts."""
    return [
        namespace.placing_namespace(cluster),
        *network.placing_policies(cluster),
        *namespace.accounts(cluster.placing, {}),
    ]

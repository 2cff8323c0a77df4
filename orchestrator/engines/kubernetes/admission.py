"""Reads the admission policies that are shipped, and fills in what differs between clusters.

What differs are variables of the policies themselves: the files are whole as they are written, and
in force a policy asks nothing else. Not by parameters: a server of 1.36 that saw the last policy
with a ConfigMap as its parameter go refused everything after a second installation (decision 8).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from orchestrator.engines.kubernetes.cluster import Cluster, Images, Object
from orchestrator.errors import Invalid

FOLDER = "admission"
FILES = (
    "01-reconciler-only",
    "02-narrow-policies",
    "03-nothing-of-the-host",
    "04-no-tokens",
    "05-listed-images",
    "06-claims",
    "07-labels",
    "08-no-way-in",
    "09-required",
    "10-nothing-listens",
    "11-snapshot-volumes",
    "12-pod-shape",
    "13-proved-nodes",
    "14-proof-rooms",
    "15-placing",
    "16-images-of-data",
)
"""Every file that is read; another one in the folder would be a rule that does not hold."""

_VOLUME_CONTROLLERS = (
    "system:serviceaccount:kube-system:persistent-volume-binder",
    "system:serviceaccount:kube-system:pv-protection-controller",
)
_JOB_CONTROLLER = "system:serviceaccount:kube-system:job-controller"


def load(policies: Path, cluster: Cluster) -> list[Object]:
    """Read all admission policies, each followed by its binding, as they hold on one cluster.

    Errors: Invalid for a file that is missing, strange, no YAML, or not a policy with its binding.
    """
    folder = policies / FOLDER
    strange = {file.name for file in folder.glob("*")} - {f"{name}.yaml" for name in FILES}
    if strange:
        raise Invalid(f"Nothing reads {', '.join(sorted(strange))} in {folder}. Remove it.")
    said = facts(cluster)
    return [_filled(each, said) for name in FILES for each in _read(folder / f"{name}.yaml")]


def facts(cluster: Cluster) -> dict[str, str]:
    """Spell what the policies ask of a cluster, by variable, as values of their language."""
    images = cluster.snapshots if isinstance(cluster.snapshots, Images) else None
    return {
        name: json.dumps(value)
        for name, value in {
            "reconciler": cluster.account,
            "controllers": list(cluster.controllers),
            "volumeControllers": list(_VOLUME_CONTROLLERS),
            "jobControllers": [*cluster.controllers, _JOB_CONTROLLER],
            "placing": cluster.placing,
            "repository": images.repository if images else "",
            "path": images.path if images else "",
            "images": sorted(set(cluster.images.values())),
            "doors": cluster.doors_address,
            "userNamespaces": cluster.user_namespaces,
            "runtimeClass": cluster.runtime_class or "",
        }.items()
    }


def _read(file: Path) -> Sequence[Object]:
    try:
        found = list(yaml.safe_load_all(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"{file.name} cannot be read as YAML ({type(error).__name__}).") from error
    if not found or len(found) % 2 or not all(map(_paired, found[::2], found[1::2])):
        raise Invalid(f"{file.name} must hold policies, each followed by its own binding.")
    return found


def _paired(policy: object, binding: object) -> bool:
    """Say whether it is a policy that fails closed, and a binding of it that narrows nothing."""
    match policy, binding:
        case (
            {
                "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": name},
                "spec": {"failurePolicy": "Fail"},
            },
            {"kind": "ValidatingAdmissionPolicyBinding", "spec": bound},
        ):
            return bool(bound == {"policyName": name, "validationActions": ["Deny"]})
        case _:
            return False


def _filled(thing: Object, said: Mapping[str, str]) -> Object:
    """Give a policy's variables their values here; everything else stays as it is written."""
    spec = thing["spec"]
    assert isinstance(spec, dict)
    if "variables" not in spec:
        return thing
    variables = [
        {**each, "expression": said.get(each["name"], each["expression"])}
        for each in spec["variables"]
    ]
    return {**thing, "spec": {**spec, "variables": variables}}

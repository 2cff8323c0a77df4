"""Reads the admission policies that are shipped, and says what they need to know of a cluster.

The files are static; the chart installs the same ones. What differs between clusters is in one
ConfigMap of the system namespace, without which every policy refuses.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from orchestrator.engines.kubernetes.cluster import Cluster, Object
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
)
"""Every file that is read; another one in the folder would be a rule that does not hold."""

FACTS = "tre-admission"
_VOLUME_CONTROLLERS = (
    "system:serviceaccount:kube-system:persistent-volume-binder",
    "system:serviceaccount:kube-system:pv-protection-controller",
)


def load(policies: Path, cluster: Cluster) -> list[Object]:
    """Read all admission policies and their bindings, with the facts first.

    Errors: Invalid for a file that is missing, strange, no YAML, or not a policy with its binding.
    """
    folder = policies / FOLDER
    strange = {file.name for file in folder.glob("*")} - {f"{name}.yaml" for name in FILES}
    if strange:
        raise Invalid(f"Nothing reads {', '.join(sorted(strange))} in {folder}. Remove it.")
    found = [facts(cluster)]
    for name in FILES:
        found += [_here(each, cluster) for each in _read(folder / f"{name}.yaml")]
    return found


def facts(cluster: Cluster) -> Object:
    """Write the ConfigMap that the policies ask: accounts, images, the doors' address."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": FACTS, "namespace": cluster.system},
        "data": {
            "reconciler": cluster.account,
            "controllers": "\n".join(cluster.controllers),
            "volume-controllers": "\n".join(_VOLUME_CONTROLLERS),
            "images": "\n".join(sorted(set(cluster.images.values()))),
            "doors": cluster.doors_address,
            "user-namespaces": "true" if cluster.user_namespaces else "false",
            "runtime-class": cluster.runtime_class or "",
        },
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
    match policy, binding:
        case (
            {
                "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": name},
                "spec": {"failurePolicy": "Fail", "paramKind": _},
            },
            {
                "kind": "ValidatingAdmissionPolicyBinding",
                "spec": {
                    "policyName": bound,
                    "validationActions": ["Deny"],
                    "paramRef": {"name": "tre-admission", "parameterNotFoundAction": "Deny"},
                },
            },
        ):
            return bool(name == bound)
        case _:
            return False


def _here(thing: Object, cluster: Cluster) -> Object:
    """Point a binding to the facts of this installation; everything else stays as it is written."""
    spec = thing["spec"]
    assert isinstance(spec, dict)
    if "paramRef" not in spec:
        return thing
    return {
        **thing,
        "spec": {**spec, "paramRef": {**spec["paramRef"], "namespace": cluster.system}},
    }

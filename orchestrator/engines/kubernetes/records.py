"""[pure] What a project was asked to be, kept in one ConfigMap of the system namespace.

The database is the truth about what is wanted; this is what was last asked of this cluster, so that
an engine that starts again knows it without being told.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, texts
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.errors import Tampered
from orchestrator.values import Digest


@dataclass(frozen=True)
class Record:
    """One project: its specification, and the snapshots that are attached to it."""

    spec: Spec
    mounts: tuple[Mount, ...] = ()


def where(cluster: Cluster, project: str) -> Key:
    """Name a project's record."""
    return Key("ConfigMap", cluster.system, f"project-{names.name(project)}")


def written(cluster: Cluster, record: Record) -> Object:
    """Write a record as an object."""
    spec, size = record.spec, record.spec.size
    labels, annotations = names.marks(names.PROJECT, spec.project)
    said = {
        "project": spec.project,
        "people": list(spec.people),
        "image": spec.image,
        "size": [size.memory_mb, size.processes, size.open_files, size.cpus],
        "digest": spec.digest,
    }
    mounts = [[m.dataset, m.version, m.digest, str(m.tree), str(m.manifest)] for m in record.mounts]
    named = where(cluster, spec.project)
    metadata = {
        "name": named.name,
        "namespace": named.namespace,
        "labels": labels,
        "annotations": annotations,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {
            "spec": json.dumps(said, sort_keys=True),
            "mounts": json.dumps(mounts, sort_keys=True),
        },
    }


def read(thing: Object) -> Record:
    """Read a record. Errors: Tampered for anything that we did not write."""
    data = texts(thing.get("data"))
    try:
        said, mounts = json.loads(data["spec"]), json.loads(data["mounts"])
        spec = Spec(
            said["project"],
            tuple(said["people"]),
            said["image"],
            Size(*said["size"]),
            Digest(said["digest"]),
        )
        return Record(
            spec,
            tuple(
                Mount(dataset, version, Digest(digest), Path(tree), Path(manifest))
                for dataset, version, digest, tree, manifest in mounts
            ),
        )
    except (KeyError, ValueError, TypeError) as problem:
        raise Tampered(
            "A project's record on the cluster is not as this engine wrote it.", code="bad_record"
        ) from problem


def sorted_mounts(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Put mounts in the one order in which they are compared and shown."""
    return tuple(sorted(mounts, key=lambda each: (each.dataset, each.version)))

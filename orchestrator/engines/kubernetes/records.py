"""[pure] What a project was asked to be, kept in ConfigMaps of the system namespace.

The database is the truth about what is wanted; this is what was last asked of this cluster, so that
an engine that starts again knows it without being told. A halt has an object of its own, because it
must hold for a project that was never set up, and after it was removed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from orchestrator.engines.kubernetes import names, storage
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, key, texts
from orchestrator.engines.kubernetes.images import Blob
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.errors import Invalid, NotFound, Tampered
from orchestrator.values import Digest, parse_digest

EVERYBODY = "*"


@dataclass(frozen=True)
class Record:
    """One project: its specification, the snapshots attached to it, and whether it is asleep.

    Shape: `image` is the reference of the one image of all these snapshots, where image volumes
    carry them; else empty.
    """

    spec: Spec
    mounts: tuple[Mount, ...] = ()
    asleep: bool = False
    image: str = ""


def where(cluster: Cluster, project: str) -> Key:
    """Name a project's record."""
    return Key("ConfigMap", cluster.system, f"project-{names.name(project)}")


def written(cluster: Cluster, record: Record) -> Object:
    """Write a record as an object."""
    spec = record.spec
    said = {
        "project": spec.project,
        "people": list(spec.people),
        "image": spec.image,
        "size": list(astuple(spec.size)),
        "digest": spec.digest,
    }
    mounts = [[m.dataset, m.version, m.digest, str(m.tree), str(m.manifest)] for m in record.mounts]
    facts = {"spec": said, "mounts": mounts, "asleep": record.asleep}
    if record.image:
        facts["image"] = record.image
    return _kept(where(cluster, spec.project), spec.project, facts)


def where_halted(cluster: Cluster, project: str) -> Key:
    """Name the object that keeps who is halted in a project."""
    return Key("ConfigMap", cluster.system, f"halt-{names.name(project)}")


def halt(cluster: Cluster, project: str, people: frozenset[str]) -> Object:
    """Write who is halted as an object; `*` is everybody."""
    return _kept(where_halted(cluster, project), project, {"people": sorted(people)})


def halted(thing: Object | None) -> frozenset[str]:
    """Read who is halted, nobody where there is no object.

    Errors: Tampered for anything that we did not write.
    """
    if thing is None:
        return frozenset()
    try:
        people = json.loads(texts(thing.get("data"))["people"])
        return frozenset(str(each) for each in people)
    except (KeyError, ValueError, TypeError) as problem:
        raise _strange() from problem


def where_placed(cluster: Cluster, digest: Digest) -> Key:
    """Name the object that keeps that a snapshot is on the nodes' storage."""
    return Key("ConfigMap", cluster.system, f"placed-{digest.removeprefix('sha256:')[:20]}")


def placed(cluster: Cluster, digest: Digest, layer: Blob | None = None) -> Object:
    """Write that a snapshot is whole where this cluster's settings say, and as which `layer`."""
    named = where_placed(cluster, digest)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": named.name,
            "namespace": named.namespace,
            "labels": {names.ROLE: "placed"},
        },
        "data": {"digest": digest, "claim": storage.every_claim(cluster), **_layer(layer)},
    }


def seen_placed(get: Callable[[Key], Object], cluster: Cluster, digest: Digest) -> Object | None:
    """Answer the object that tells that a snapshot is where the settings say now, if there is one.

    Errors: as `get`, but for NotFound.
    """
    wanted = placed(cluster, digest)
    try:
        seen = get(key(wanted))
    except NotFound:
        return None
    same = texts(wanted["data"]).items() <= texts(seen.get("data")).items()
    return seen if same else None


def layer_of(seen: Object) -> Blob:
    """Read as which layer a snapshot was placed. Errors: Tampered for anything but ours."""
    data = texts(seen.get("data"))
    try:
        return Blob(parse_digest(data["layer"]), int(data["size"]))
    except (KeyError, ValueError, Invalid) as problem:
        raise _strange() from problem


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
            bool(json.loads(data["asleep"])),
            str(json.loads(data.get("image", '""'))),
        )
    except (KeyError, ValueError, TypeError) as problem:
        raise _strange() from problem


def sorted_mounts(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Put mounts in the one order in which they are compared and shown."""
    return tuple(sorted(mounts, key=lambda each: (each.dataset, each.version)))


def _layer(layer: Blob | None) -> dict[str, str]:
    return {} if layer is None else {"layer": layer.digest, "size": str(layer.size)}


def _kept(named: Key, project: str, facts: Mapping[str, object]) -> Object:
    labels, annotations = names.marks(names.PROJECT, project)
    metadata = {
        "name": named.name,
        "namespace": named.namespace,
        "labels": labels,
        "annotations": annotations,
    }
    data = {name: json.dumps(value, sort_keys=True) for name, value in facts.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _strange() -> Tampered:
    return Tampered(
        "A project's record on the cluster is not as this engine wrote it.", code="bad_record"
    )

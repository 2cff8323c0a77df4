"""[pure] Volumes and claims: snapshots that nobody can write, homes that somebody must keep.

`ReadOnlyMany` makes nothing read-only. What does is `readOnly` on the claim's use and on the mount
(in `pods`), and where the driver knows it, on the volume. Only the reconciler makes volumes.
"""

from collections.abc import Sequence

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Csi, HostFolder, Images, Nfs, Object
from orchestrator.engines.kubernetes.differences import mapping
from orchestrator.engines.port import Mount
from orchestrator.objectstore import placed
from orchestrator.values import Digest, digest_of

DIGEST = "tre.snapshot-digest"
DATA_IMAGE = "tre.data-image"
"""On a namespace: the one image of data that its pods may mount; admission reads it there."""

DATASET = "tre.dataset"
VERSION = "tre.version"
SHARED = "shared"
TREE, MANIFEST = placed.TREE, placed.MANIFEST
"""Inside a snapshot's folder on the storage of the nodes: the tree, and the manifest beside it."""

EVERY = "all"
"""What stands for a digest in the handle of the volume that holds all snapshots."""


def claim_of(mount: Mount) -> str:
    """Name the claim of one granted snapshot."""
    return names.snapshot_claim(mount.dataset, mount.version, mount.digest)


def attached(mounts: Sequence[Mount], image: str) -> set[str]:
    """Name what pods with these snapshots mount: their claims, or the one image of all of them."""
    return {image} if image else {claim_of(mount) for mount in mounts}


def snapshot(cluster: Cluster, project: str, mount: Mount) -> list[Object]:
    """Volume and claim of one granted snapshot, each pinned to the other; none of an image."""
    if isinstance(cluster.snapshots, Images):
        return []
    claim = claim_of(mount)
    volume = names.snapshot_volume(project, claim)
    labels, facts = names.marks(names.PROJECT, project)
    labels = {**labels, names.ROLE: "snapshot"}
    facts |= {DIGEST: mount.digest, DATASET: mount.dataset, VERSION: mount.version}
    space = names.namespace(project)
    source = _source(cluster.snapshots, project, mount.digest)
    return _pair(volume, space, claim, "ReadOnlyMany", source, labels, facts)


def every_snapshot(cluster: Cluster) -> list[Object]:
    """Volume and claim of the folder that holds all snapshots, for a publication and nothing else.

    Shape: named by where that is, because a volume cannot be changed: another place, another pair.
    Precondition: snapshots are no images, which have no such folder.
    """
    assert not isinstance(cluster.snapshots, Images)
    source = _whole(cluster.snapshots, cluster.placing)
    labels = {names.ROLE: "snapshots"}
    claim = every_claim(cluster)
    return _pair(f"tre--{claim}", cluster.placing, claim, "ReadWriteMany", source, labels, {})


def is_released(volume: Object) -> bool:
    """Say whether the claim that a volume was bound to is gone: it waits for that one for ever."""
    return mapping(volume.get("status")).get("phase") == "Released"


def every_claim(cluster: Cluster) -> str:
    """Name the claim of the folder that holds all snapshots by where it is."""
    where = digest_of(f"{cluster.placing} {cluster.snapshots!r}".encode())
    return f"snapshots-{where.removeprefix('sha256:')[:12]}"


def refusal(cluster: Cluster, nodes: int) -> str:
    """Say why snapshots cannot be placed on so many nodes; empty where they can."""
    folder = cluster.snapshots
    if nodes <= 1 or not isinstance(folder, HostFolder) or folder.shared:
        return ""
    return (
        f"Snapshots lie in a folder of one node, and {nodes} nodes take notebooks: most of them "
        "would not have the data. Use NFS or a CSI driver for snapshots, or say shared where the "
        "folder is one file system on every node."
    )


def homes(cluster: Cluster, project: str, people: tuple[str, ...]) -> list[Object]:
    """A claim for each person's home and one for the folder that the project shares."""
    setting = cluster.homes
    mode = "ReadWriteMany" if setting.shared_by_many else "ReadWriteOnce"
    made = [_kept(project, SHARED, None, setting.shared_class, mode, setting.shared_mb)]
    for person in people:
        claim = names.home_claim(person)
        made.append(
            _kept(project, claim, person, setting.storage_class, "ReadWriteOnce", setting.home_mb)
        )
    return made


def _kept(
    project: str,
    claim: str,
    person: str | None,
    storage_class: str | None,
    mode: str,
    size_mb: int,
) -> Object:
    labels, _ = names.marks(names.PROJECT, project)
    annotations: dict[str, str] = {}
    if person is not None:
        named, annotations = names.marks(names.PERSON, person)
        labels |= named
    spec: Object = {
        "accessModes": [mode],
        "resources": {"requests": {"storage": f"{size_mb}Mi"}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": claim,
            "namespace": names.namespace(project),
            "labels": {**labels, names.ROLE: "home"},
            "annotations": annotations,
        },
        "spec": spec,
    }


def _pair(
    volume: str,
    space: str,
    claim: str,
    mode: str,
    source: Object,
    labels: dict[str, str],
    facts: dict[str, str],
) -> list[Object]:
    """A volume and a claim, each pinned to the other, of no class that could make or clean it."""
    shape: Object = {"accessModes": [mode], "storageClassName": ""}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume, "labels": labels, "annotations": facts},
            "spec": {
                **shape,
                "capacity": {"storage": "1Gi"},
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": space,
                    "name": claim,
                },
                **source,
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": claim,
                "namespace": space,
                "labels": labels,
                "annotations": facts,
            },
            "spec": {
                **shape,
                "volumeName": volume,
                "resources": {"requests": {"storage": "1Gi"}},
            },
        },
    ]


def _source(folder: HostFolder | Nfs | Csi, project: str, digest: Digest) -> Object:
    """Where one project finds one snapshot, read-only where the kind of volume knows it."""
    hexes = digest.removeprefix("sha256:")
    match folder:
        case HostFolder(root):
            return {"hostPath": {"path": f"{root}/{hexes}", "type": "Directory"}}
        case Nfs(server, root):
            nfs = {"server": server, "path": f"{root}/{hexes}", "readOnly": True}
            return {"mountOptions": ["ro"], "nfs": nfs}
        case Csi(attributes=attributes) as csi:
            own = names.namespace(project)
            filled = {name: _filled(value, hexes, own) for name, value in attributes}
            return _csi(csi, hexes, own, filled) | {"mountOptions": ["ro"]}


def _whole(folder: HostFolder | Nfs | Csi, placing: str) -> Object:
    """Where a publication finds the folder of all snapshots, to write."""
    match folder:
        case HostFolder(root):
            return {"hostPath": {"path": root, "type": "Directory"}}
        case Nfs(server, root):
            return {"nfs": {"server": server, "path": root, "readOnly": False}}
        case Csi(writing=writing) as csi:
            return _csi(csi, EVERY, placing, dict(writing), writes=True)


def _csi(
    csi: Csi, hexes: str, owner: str, attributes: dict[str, str], *, writes: bool = False
) -> Object:
    found: Object = {
        "driver": csi.driver,
        "volumeHandle": _filled(csi.handle, hexes, owner),
        "readOnly": not writes,
    }
    return {"csi": found | ({"volumeAttributes": attributes} if attributes else {})}


def _filled(template: str, hexes: str, owner: str) -> str:
    return template.replace("{digest}", hexes).replace("{project}", owner)

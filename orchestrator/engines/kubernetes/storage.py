"""[pure] Volumes and claims: snapshots that nobody can write, homes that somebody must keep.

`ReadOnlyMany` makes nothing read-only. What does is `readOnly` on the claim's use and on the mount
(in `pods`), and where the driver knows it, on the volume. Only the reconciler makes volumes.
"""

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster, Csi, HostFolder, Nfs, Object
from orchestrator.engines.port import Mount
from orchestrator.values import Digest

DIGEST = "tre.snapshot-digest"
DATASET = "tre.dataset"
VERSION = "tre.version"
SHARED = "shared"
TREE = "tree"
MANIFEST = "MANIFEST.json"
"""Inside a snapshot's folder on the storage of the nodes: the tree, and the manifest beside it."""


def claim_of(mount: Mount) -> str:
    """Name the claim of one granted snapshot."""
    return names.snapshot_claim(mount.dataset, mount.version, mount.digest)


def snapshot(cluster: Cluster, project: str, mount: Mount) -> list[Object]:
    """Volume and claim of one granted snapshot, each pinned to the other."""
    claim = claim_of(mount)
    volume = names.snapshot_volume(project, claim)
    labels, facts = names.marks(names.PROJECT, project)
    labels = {**labels, names.ROLE: "snapshot"}
    facts |= {DIGEST: mount.digest, DATASET: mount.dataset, VERSION: mount.version}
    space = names.namespace(project)
    shape: Object = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
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
                **_source(cluster, mount.digest),
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


def _source(cluster: Cluster, digest: Digest) -> Object:
    hexes = digest.removeprefix("sha256:")
    match cluster.snapshots:
        case HostFolder(root):
            return {"hostPath": {"path": f"{root}/{hexes}", "type": "Directory"}}
        case Nfs(server, root):
            nfs = {"server": server, "path": f"{root}/{hexes}", "readOnly": True}
            return {"mountOptions": ["ro"], "nfs": nfs}
        case Csi(driver, handle, attributes):
            filled = {key: value.replace("{digest}", hexes) for key, value in attributes}
            csi: Object = {
                "driver": driver,
                "volumeHandle": handle.replace("{digest}", hexes),
                "readOnly": True,
            }
            return {"csi": csi | ({"volumeAttributes": filled} if filled else {})}

"""Every object compared whole with a literal file: a lost field is a difference for the reader."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestrator.engines.kubernetes import (
    manifests,
    namespace,
    pods,
    records,
    rights,
    scene,
    storage,
)
from orchestrator.engines.kubernetes.cluster import Csi, Images, Nfs, Object
from orchestrator.engines.kubernetes.images import Blob
from orchestrator.engines.port import Size
from orchestrator.values import Digest
from tests.kubernetes_world import CLUSTER, DIGEST, OTHER, TOKEN, a_mount, a_spec

GOLDEN = Path(__file__).parent / "golden"
SPEC = a_spec("mds", "ada", "grace")
HUB_SAYS = {
    "JUPYTERHUB_API_TOKEN": "t",
    "JUPYTERHUB_API_URL": "http://10.0.0.1:1/",
    "LD_PRELOAD": "/home/researcher/evil.so",
    "PATH": "/home/researcher",
}
RUN = scene.Run("0a1b2c3d", "reconciler", "workspace")
_NFS = replace(CLUSTER, snapshots=Nfs("198.18.0.9", "/export"))
_CSI = replace(
    CLUSTER,
    snapshots=Csi(
        "csi.example",
        "vol-{digest}-{project}",
        (("server", "198.18.0.9"), ("subdir", "trees/{digest}")),
        (("server", "198.18.0.9"), ("subdir", "trees")),
        ("ReadOnlyMany", "ReadWriteMany"),
    ),
)
_IMAGES = replace(CLUSTER, snapshots=Images("registry.invalid/tre/snapshots"))
_IMAGE = f"registry.invalid/tre/snapshots@{OTHER}"
HOSTILE = "../Ünder_Score"

CASES: dict[str, Callable[[], list[Object]]] = {
    "environment": lambda: manifests.environment(CLUSTER, SPEC, TOKEN, awake=True),
    "environment-of-hostile-names": lambda: manifests.environment(
        replace(CLUSTER, user_namespaces=False), a_spec(HOSTILE, HOSTILE), TOKEN, awake=False
    ),
    "data": lambda: manifests.data(CLUSTER, "mds", [a_mount("2026.1"), a_mount("2026.2")]),
    "data-by-nfs": lambda: storage.snapshot(_NFS, "mds", a_mount()),
    "data-by-csi": lambda: [
        thing
        for project in ("mds", "other")
        for thing in storage.snapshot(_CSI, project, a_mount())
    ],
    "data-by-image": lambda: [
        namespace.project_namespace(_IMAGES, SPEC, _IMAGE),
        *manifests.data(_IMAGES, "mds", [a_mount()]),
        pods.notebook(_IMAGES, SPEC, "ada", [a_mount()], HUB_SAYS, ["198.18.0.7"], image=_IMAGE),
        records.placed(_IMAGES, a_mount().digest, Blob(Digest(DIGEST), 1024)),
    ],
    "placing-room": lambda: manifests.placing_room(CLUSTER),
    "placing": lambda: [
        *(thing for one in (CLUSTER, _NFS, _CSI) for thing in storage.every_snapshot(one)),
        pods.placer(CLUSTER, a_mount().digest, ["/place"]),
        records.placed(CLUSTER, a_mount().digest),
    ],
    "check-room": lambda: manifests.check_room(CLUSTER),
    "reconciler": lambda: rights.reconciler_rights(CLUSTER),
    "notebook": lambda: [
        pods.notebook(CLUSTER, SPEC, "ada", [a_mount()], HUB_SAYS, ["198.18.0.7"])
    ],
    "notebook-without-data": lambda: [
        pods.notebook(replace(CLUSTER, runtime_class="gvisor"), SPEC, "ada", [], {})
    ],
    "probe": lambda: [
        pods.probe(CLUSTER, SPEC, 1, ["/probe"], node="node-1", mounts=[a_mount("1", "made-up")]),
        pods.probe(CLUSTER, SPEC, 2, ["/probe"], first=["/probe", "try"], net="closed"),
    ],
    "proof": lambda: [
        *scene.spaces(CLUSTER, RUN, 1000.0, RUN.spaces()),
        *scene.policies(CLUSTER, RUN),
        scene.canary(CLUSTER, RUN, "node-1"),
    ],
    "workers": lambda: [
        pods.worker(CLUSTER, "opener", "17", ["/open"], Size(memory_mb=1024)),
        pods.worker(CLUSTER, "judge", "17", ["/judge"], Size(memory_mb=1024)),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_the_whole_objects(name: str) -> None:
    expected = list(yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text()))
    assert CASES[name]() == expected


def test_every_golden_file_is_compared() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(CASES)


def test_no_two_objects_are_one() -> None:
    objects = [*CASES["environment"](), *CASES["data"](), *CASES["check-room"]()]
    keys = [_key(thing) for thing in objects]
    assert len(set(keys)) == len(keys)


def test_policies_come_before_anything_that_could_run() -> None:
    kinds = [
        str(thing["kind"]) for thing in manifests.environment(CLUSTER, SPEC, TOKEN, awake=True)
    ]
    assert kinds[0] == "Namespace"
    last_policy = max(n for n, kind in enumerate(kinds) if kind == "NetworkPolicy")
    assert last_policy < kinds.index("Deployment")
    assert last_policy < kinds.index("RoleBinding")


def _key(thing: Object) -> tuple[object, ...]:
    metadata = thing["metadata"]
    assert isinstance(metadata, dict)
    return thing["kind"], metadata.get("namespace"), metadata["name"]

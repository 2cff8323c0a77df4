"""One made-up cluster and project that tests of the Kubernetes engine share."""

from pathlib import Path

from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.values import Digest, digest_of

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
TOKEN = "t" * 64
"""What the made-up project's hub knows its engine by."""

CLUSTER = Cluster(
    images={
        "workspace": f"registry.invalid/workspace@{DIGEST}",
        "hub": f"registry.invalid/hub@{DIGEST}",
        "worker": f"registry.invalid/worker@{OTHER}",
    },
    doors_address="198.19.200.10",
    api_servers=(("198.18.0.1", 6443),),
)


def a_spec(project: str = "mds", *people: str, size: Size | None = None) -> Spec:
    """A specification; `ada` works in it unless others are named."""
    members = people or ("ada",)
    size = size or Size()
    return Spec(project, members, "workspace", size, digest_of(f"{members}{size}".encode()))


def a_mount(version: str = "2026.1", dataset: str = "flchain") -> Mount:
    """One granted snapshot."""
    digest = Digest("sha256:" + (version + dataset).encode().hex().ljust(64, "0")[:64])
    return Mount(dataset, version, digest, Path("/nowhere"), Path("/nowhere.json"))

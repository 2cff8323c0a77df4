"""[pure] What the administrator decides about one cluster, as one frozen value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict

from orchestrator.engines.kubernetes import names
from orchestrator.errors import Invalid, NotFound

STRICT = ConfigDict(extra="forbid", strict=False)
"""For the reader of a cluster's file: a key that nobody reads is refused."""

Object = dict[str, object]
"""One Kubernetes object as plain JSON values."""

_BY_DIGEST = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}\Z")
_ADDRESS = re.compile(r"[0-9a-f.:]+\Z")


@dataclass(frozen=True)
class Ports:
    """TCP ports; the first three belong to the one service of the doors."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    hub: int = 8081
    packages: int = 8082
    airlock: int = 8083
    server: int = 8888
    project_hub: int = 8081
    worker: int = 8890


@dataclass(frozen=True)
class HostFolder:
    """Snapshots in a folder that every node has at the same place (one node, or a shared mount)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    root: str


@dataclass(frozen=True)
class Nfs:
    """Snapshots on a file server; mounted with `ro` on top of everything else."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    server: str
    root: str


@dataclass(frozen=True)
class Csi:
    """Snapshots by a driver: `{digest}` in a handle or an attribute is the hex of the snapshot."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    driver: str
    handle: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Homes:
    """Claims for people's work: a class (None: the cluster's default) and a size in megabytes."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    storage_class: str | None = None
    shared_class: str | None = None
    home_mb: int = 512
    shared_mb: int = 2048
    shared_by_many: bool = True


@dataclass(frozen=True)
class Cluster:
    """One cluster as our builders see it.

    Shape: `images` maps an image's name to its reference by digest; `doors_address` is the fixed
    cluster address of the doors' service, because running pods keep the old one; `api_servers` are
    (address, port) pairs as they are after translation; `controllers` are the cluster's own
    accounts that admission lets make and delete what belongs to a namespace's life; `second_wall`
    is off where the cluster's owner refused our plug-in, and then it is shown as off.
    Errors: Invalid for an image without a digest, a namespace that looks like a project's, or an
    address that is none.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    images: Mapping[str, str]
    doors_address: str
    system: str = "tre"
    check: str = "tre--check"
    reconciler: str = "reconciler"
    hub_image: str = "hub"
    worker_image: str = "worker"
    ports: Ports = field(default_factory=Ports)
    snapshots: HostFolder | Nfs | Csi = field(default_factory=lambda: HostFolder("/srv/tre"))
    homes: Homes = field(default_factory=Homes)
    api_servers: tuple[tuple[str, int], ...] = ()
    user_namespaces: bool = True
    second_wall: bool = True
    runtime_class: str | None = None
    pod_security: str = "v1.36"
    longest_days: int = 7
    controllers: tuple[str, ...] = (
        "system:serviceaccount:kube-system:namespace-controller",
        "system:serviceaccount:kube-system:service-account-controller",
    )

    def __post_init__(self) -> None:
        """Refuse what would make an unsafe object before one is made."""
        for name, reference in self.images.items():
            if not _BY_DIGEST.match(reference):
                raise Invalid(f"Image {name} must be named by digest, as name@sha256:…")
        for namespace in (self.system, self.check):
            if names.is_project_namespace(namespace):
                raise Invalid(f"Namespace {namespace} could be a project's; choose another name.")
        for address in (self.doors_address, *(host for host, _ in self.api_servers)):
            if not _ADDRESS.match(address):
                raise Invalid(f"{address[:40]!r} is no address; names are not looked up here.")

    def image(self, name: str) -> str:
        """Answer an image's reference. Errors: NotFound for one that is not allowed."""
        if name not in self.images:
            raise NotFound(f"There is no image called {name} on this cluster's list.")
        return self.images[name]

    @property
    def account(self) -> str:
        """The reconciler's own user name, the only one that admission lets change our objects."""
        return f"system:serviceaccount:{self.system}:{self.reconciler}"

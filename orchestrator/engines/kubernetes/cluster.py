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

SHARED_READING = frozenset({"ReadOnlyMany", "ReadWriteMany"})
ONE_NODE_AT_A_TIME = frozenset(
    {
        "cinder.csi.openstack.org",
        "csi.hetzner.cloud",
        "disk.csi.azure.com",
        "dobs.csi.digitalocean.com",
        "ebs.csi.aws.com",
        "topolvm.io",
    }
)
"""Drivers of disks: a volume is at one node at a time, whatever somebody writes beside it."""

_LONGEST_HANDLE = 128  # CSI specification, size limits

_BY_DIGEST = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}\Z")
_REPOSITORY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+\Z")
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
    """Snapshots in a folder of the node; `shared` says that it is one file system on every node."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    root: str
    shared: bool = False


@dataclass(frozen=True)
class Nfs:
    """Snapshots on a file server; mounted with `ro` on top of everything else."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    server: str
    root: str


@dataclass(frozen=True)
class Csi:
    """Snapshots by the driver of a file system that many nodes share.

    Shape: in the handle and in values of attributes `{digest}` is the hex of the snapshot and
    `{project}` its project. Each project has a handle of its own, because two volumes of one handle
    are one volume to a node. `writing` are the attributes by which the folder of all snapshots is
    mounted for a publication; `modes` are the class's access modes by its own documentation.
    Errors: Invalid for a template without these words, and for a class without shared reading.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    driver: str
    handle: str
    attributes: tuple[tuple[str, str], ...] = ()
    writing: tuple[tuple[str, str], ...] = ()
    modes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be read by two projects at once."""
        if not set(self.modes) & SHARED_READING or self.driver in ONE_NODE_AT_A_TIME:
            raise Invalid(
                f"Storage by {self.driver} is not said to be read by many nodes at once, and "
                "snapshots are: choose a class with ReadOnlyMany or ReadWriteMany and list its "
                "access modes in snapshots.modes.",
                code="not_shared",
            )
        if "{project}" not in self.handle or "{digest}" not in self.handle:
            raise Invalid(
                "The handle of snapshots must hold {digest} and {project}: two volumes with one "
                "handle are one volume to a node.",
                code="one_handle",
            )
        longest = self.handle.replace("{digest}", "0" * 64).replace("{project}", "p" * 44)
        if len(longest) > _LONGEST_HANDLE:
            raise Invalid(
                f"The handle of snapshots can get longer than {_LONGEST_HANDLE} characters, which "
                "no driver takes: shorten what stands around {digest} and {project}.",
                code="long_handle",
            )
        if not any("{digest}" in value for _, value in self.attributes):
            raise Invalid(
                "An attribute of snapshots must hold {digest}: else a project's volume would be "
                "the folder of all snapshots.",
                code="all_snapshots",
            )


@dataclass(frozen=True)
class Images:
    """Small snapshots as image volumes: nodes pull them from a repository that only we write.

    Shape: `repository` is a host and a path, as images name it; `plain` says that it is asked over
    plain HTTP, for trials; a snapshot larger than `most_mb` is refused, because every node keeps it
    twice, as it came and unpacked.
    Errors: Invalid for a repository that is no plain name, or names a tag.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    repository: str
    plain: bool = False
    most_mb: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what could not be told from other images by its path."""
        if not _REPOSITORY.match(self.repository):
            raise Invalid(
                f"{self.repository[:80]!r} is no repository for snapshots: write host/path, as "
                "registry.example.org/tre/snapshots, without a tag."
            )

    @property
    def path(self) -> str:
        """The repository's path, whatever its host is called."""
        return self.repository.partition("/")[2]


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
    placing: str = "tre--placing"
    reconciler: str = "reconciler"
    hub_image: str = "hub"
    worker_image: str = "worker"
    ports: Ports = field(default_factory=Ports)
    snapshots: HostFolder | Nfs | Csi | Images = field(
        default_factory=lambda: HostFolder("/srv/tre")
    )
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
        for namespace in (self.system, self.check, self.placing):
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

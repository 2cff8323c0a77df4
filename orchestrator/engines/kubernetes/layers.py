"""Brings published snapshots to a registry as layers, and puts a project's into one image.

The reconciler sends the bytes itself: a registry is asked over the network, so no Job has to mount
anything. What is placed is read back and hashed; as which layer is kept beside the projects'
records. Nodes pull, and keep, what pods mount.
"""

from collections.abc import Sequence
from functools import partial

from orchestrator.engines.kubernetes import images, records
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import Cluster, Images
from orchestrator.engines.kubernetes.images import Blob
from orchestrator.engines.kubernetes.placing import later
from orchestrator.engines.kubernetes.registry import Registry
from orchestrator.engines.port import Condition, Mount
from orchestrator.errors import Invalid, TreError, Unavailable
from orchestrator.objectstore import trees
from orchestrator.objectstore.port import Depot
from orchestrator.objectstore.zones import Zone
from orchestrator.values import digest_of

_MB = 1_000_000


class Layers:
    """Places snapshots in one registry."""

    def __init__(self, client: Client, cluster: Cluster, registry: Registry) -> None:
        """Keep the cluster that remembers, and the registry that holds.

        Errors: Invalid when snapshots are no images.
        """
        if not isinstance(cluster.snapshots, Images):
            raise Invalid("Snapshots are no images on this cluster, so no registry holds them.")
        self._client = client
        self._cluster = cluster
        self._images = cluster.snapshots
        self._registry = registry

    def place(self, depot: Depot, manifest: bytes) -> None:
        """See `engines.port.Engine`.

        Shape: the bytes are read from the store twice, to learn the layer's digest and to send it.
        """
        digest = digest_of(manifest)
        self._refuse_large(manifest)
        with later():
            if records.seen_placed(self._client.get, self._cluster, digest) is not None:
                return
        spelled = partial(images.layer, manifest, partial(depot.open, Zone.SNAPSHOTS))
        layer = images.measured(spelled())
        if not self._registry.has(layer.digest):
            self._registry.push(layer, spelled())
        self._registry.verify(layer)
        self._registry.name(images.image([layer]))
        with later():
            self._client.apply(records.placed(self._cluster, digest, layer))

    def image(self, mounts: Sequence[Mount]) -> str:
        """Answer the reference of the one image of these snapshots; empty for none.

        Errors: Unavailable for one that is not placed, or that the registry has lost: then it is
        placed anew.
        """
        if not mounts:
            return ""
        image = images.image([self._layer(mount) for mount in mounts])
        if not self._registry.names(image):
            self._registry.name(image)
        return f"{self._images.repository}@{image.digest}"

    def condition(self) -> Condition:
        """Say in a line of `tre doctor` whether the registry answers."""
        try:
            self._registry.answers()
        except TreError as problem:
            return Condition("snapshots", "broken", problem.message)
        return Condition("snapshots", "ok", "The registry of snapshots answers.")

    def close(self) -> None:
        """Let the registry go."""
        self._registry.close()

    def _layer(self, mount: Mount) -> Blob:
        with later():
            seen = records.seen_placed(self._client.get, self._cluster, mount.digest)
        if seen is None:
            raise Unavailable(
                f"{mount.dataset} {mount.version} is not in the registry yet; it is tried again.",
                code="not_placed",
            )
        layer = records.layer_of(seen)
        if not self._registry.has(layer.digest):
            with later():
                self._client.delete(records.where_placed(self._cluster, mount.digest), seen)
            raise Unavailable(
                f"The registry has lost {mount.dataset} {mount.version}; it is placed anew.",
                code="not_placed",
            )
        return layer

    def _refuse_large(self, manifest: bytes) -> None:
        size = sum(leaf.size for leaf in trees.leaves_of(manifest))
        if size > self._images.most_mb * _MB:
            raise Unavailable(
                f"The snapshot has {size // _MB:,} MB, and image volumes take "
                f"{self._images.most_mb:,} MB at most (snapshots.most_mb): every node keeps it "
                "twice. Keep snapshots on NFS or by a CSI driver.",
                code="too_large",
            )

"""An installation whose hubs and notebook servers run: images, homes, snapshots, doors, relays."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest

from orchestrator.engines.kubernetes import hubs, storage
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import Homes, HostFolder, Images
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.kubernetes.registry import Registry
from orchestrator.engines.port import Mount
from tests.cluster import hands, pod_images
from tests.cluster.hub_doors import hub_doors
from tests.cluster.installed import Installed, installed
from tests.cluster.lab.addresses import API_PORT
from tests.cluster.objects import Objects
from tests.cluster.volumes import homes

_MISSING = f"lab.local/missing@sha256:{'0' * 64}"


@dataclass
class PodWorld:
    """One installation, an engine that acts in it as the reconciler, and ways in as others."""

    here: Installed
    objects: Objects
    engine: KubernetesEngine
    reconciler: hands.Relay
    gateway: hands.Relay
    snapshots: Path

    def publish(self, mount: Mount) -> None:
        """Lay a snapshot where the nodes find it, as publication does."""
        place = self.snapshots / mount.digest.removeprefix("sha256:")
        if not place.exists():
            place.mkdir()
            shutil.copytree(mount.tree, place / storage.TREE)
            shutil.copyfile(mount.manifest, place / storage.MANIFEST)

    def run_as(self, component: str, program: str, *words: str) -> str:
        """Run a program in the place of one of our processes and answer what it prints."""
        return self.objects.execute(
            *(self.here.cluster.system, f"relay-{component}", hubs.PYTHON, "-I", "-c", program),
            *words,
            seconds=90,
        ).strip()

    def another_engine(self) -> KubernetesEngine:
        """An engine that knows nothing yet, as after a restart of the reconciler."""
        client = Client(self.here.access(self.here.cluster.account))
        return KubernetesEngine(client, self.here.cluster, connect=self.reconciler.connect)


@contextmanager
def pod_world(
    objects: Objects, registry: Registry | None = None, snapshots: Images | None = None
) -> Iterator[PodWorld]:
    """Everything that servers need to run; on the lab, whose node sees the machine's folders.

    Shape: snapshots lie in a folder, or are images in `registry`, which no pod with user ids of its
    own can mount: overlay file systems cannot be mounted with other ids.
    """
    lab = objects.cluster.instance
    if lab is None:
        pytest.skip("snapshots lie in a folder of the node, and only the lab's is ours")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="snapshots-", dir=lab.state))
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        os.chown(folder, 1000, 1000)  # a publication's Job writes there
        here = stack.enter_context(
            installed(
                objects,
                images=pod_images.brought_in(lab) | {"missing": _MISSING},
                doors_address=str(ip_network(lab.addresses.services[0])[10]),
                api_servers=tuple((host, API_PORT) for host in lab.addresses.node),
                snapshots=snapshots or HostFolder(str(folder)),
                user_namespaces=snapshots is None,
                homes=Homes(
                    storage_class=(kind := stack.enter_context(homes(objects.cluster))),
                    shared_class=kind,
                ),
            )
        )
        relays = [
            stack.enter_context(hands.relay(objects, here.cluster, component))
            for component in ("reconciler", "gateway")
        ]
        stack.enter_context(hub_doors(objects, here.cluster))
        client = Client(here.access(here.cluster.account))
        engine = KubernetesEngine(
            client, here.cluster, connect=relays[0].connect, registry=registry
        )
        stack.callback(engine.close)
        _prove_nodes(engine)
        yield PodWorld(here, objects, engine, relays[0], relays[1], folder)


def _prove_nodes(engine: KubernetesEngine) -> None:
    """Say that the nodes may hold data, as a proof does; the contract runs a real one."""
    engine.observe("nobody")
    for node in engine.environments.walls.nodes():
        engine.environments.walls.label(node.name, proved=True)

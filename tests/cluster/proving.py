"""A whole installation on the lab with both walls, for tests of the proof and by hand.

Doors are a pod behind a service with a fixed address, as the chart makes them; the second wall is
the installer's DaemonSet. Everything is in a system namespace of this run.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from orchestrator.engines.kubernetes import names, storage
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import HostFolder
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.port import Probe, Spec
from tests.cluster import pod_images
from tests.cluster.installed import Installed, installed
from tests.cluster.lab.addresses import API_PORT
from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, probe_pod, until
from tests.cluster.wall import program
from tests.cluster.wall.daemon import installer

LIST = f"{CNI_NETWORK}/10-tre-lab.conflist"
NODE = "node"
DATA = "/run/tre-lab/data"
"""Where snapshots lie in the lab: in memory, gone with it."""


@dataclass
class House:
    """An installation whose walls can be broken one by one."""

    here: Installed
    lab: Instance
    objects: Objects
    engine: Environments
    installer: Object

    def spec(self, word: str, *people: str) -> Spec:
        """A project's specification."""
        return self.here.spec(word, *people)

    def prove(self, project: str | None) -> dict[str, Probe]:
        """Run the proof once, by id; two probes of one id would hide each other."""
        found = self.engine.prove(project)
        named = {probe.id: probe for probe in found}
        assert len(named) == len(found)
        return named

    def wall(self, *words: str) -> str:
        """Run the wall's own program on the node."""
        where = ("-programs", CNI_PLUGINS[0], "-lists", CNI_NETWORK, "-cgroups", "/sys/fs/cgroup")
        own = ("-configuration", str(self.lab.state / "wall.json"))
        return self.lab.run(str(program.PROGRAM), *words, *where, *own, check=False)

    def wall_up(self) -> None:
        """Install the wall as the chart does, and wait until its pod is ready."""
        self.objects.apply(self.installer)
        until(lambda: self.node().wall, 60, "the wall's pod is not ready")

    def wall_down(self) -> None:
        """Take the plug-in out of the node: the installer first, else it comes back."""
        self.objects.delete(self.installer)
        space = self.here.cluster.system
        selector = "tre.component=wall"
        until(
            lambda: not self.objects.core.list_namespaced_pod(space, label_selector=selector).items,
            60,
            "the installer does not end",
        )
        self.wall("remove")

    def give_homes(self, project: str, person: str) -> None:
        """Give a person's claims volumes: nothing in the lab makes them by itself."""
        for claim in (names.home_claim(person), storage.SHARED):
            self.objects.apply(_home(project, claim))

    def node(self) -> Any:
        """The node as the engine sees it."""
        return {node.name: node for node in self.engine.walls.nodes()}[NODE]


@contextmanager
def house(objects: Objects, lab: Instance) -> Iterator[House]:
    """Install everything; take everything away in the end, the node's label too."""
    program.build()
    with installed(
        objects,
        images=pod_images.brought_in(lab, {"workspace": "workspace"}),
        doors_address=str(ip_network(lab.addresses.services[0])[16 + secrets.randbelow(200)]),
        api_servers=tuple((host, API_PORT) for host in lab.addresses.node),
        snapshots=HostFolder(DATA),
        second_wall=True,
        level="privileged",
    ) as here:
        _doors(objects, here)
        installer = _wall(objects, here, lab)
        engine = Environments(Client(here.access(here.cluster.account)), here.cluster)
        engine.start()
        found = House(here, lab, objects, engine, installer)
        try:
            found.wall_up()
            yield found
        finally:
            found.wall_down()
            engine.close()


def _home(slug: str, claim: str) -> Object:
    """A volume for one claim of people's work, in a folder of the lab."""
    space = names.namespace(slug)
    modes = ["ReadWriteMany"] if claim == storage.SHARED else ["ReadWriteOnce"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"lab-{space}-{claim}"},
        "spec": {
            "accessModes": modes,
            "capacity": {"storage": "4Gi"},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": space, "name": claim},
            "hostPath": {"path": f"{DATA}/homes/{claim}", "type": "DirectoryOrCreate"},
        },
    }


def _doors(objects: Objects, here: Installed) -> None:
    """Three ports behind one service at the address that pods are told."""
    cluster, ports = here.cluster, here.cluster.ports
    numbers = (ports.hub, ports.packages, ports.airlock)
    labels = {"tre.component": "doors"}
    words = ("serve", ",".join(map(str, numbers)), "-")
    pod = probe_pod(objects.cluster, cluster.system, "doors", words, labels=labels)
    objects.apply(pod)
    spec = {
        "selector": labels,
        "clusterIP": cluster.doors_address,
        "ports": [{"name": f"p{number}", "port": number} for number in numbers],
    }
    metadata = {"name": "doors", "namespace": cluster.system}
    objects.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    objects.wait_running(cluster.system, "doors")


def _wall(objects: Objects, here: Installed, lab: Instance) -> Object:
    image = pod_images.brought_in(lab, {"wall": "wall"})["wall"]
    cluster, ports = here.cluster, here.cluster.ports
    caller = str(ip_network(lab.addresses.pods[0])[250])
    told = {
        "doors": {
            "addresses": [cluster.doors_address],
            "ports": [ports.hub, ports.packages, ports.airlock],
        },
        "notebook": {"sources": [caller]},
    }
    (lab.state / "wall.json").write_text(json.dumps(told))
    metadata = {"name": "wall", "namespace": cluster.system}
    objects.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"wall.json": json.dumps(told)},
        }
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": installer(image, {"tre.component": "wall"}),
    }

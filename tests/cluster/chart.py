"""The chart on a test cluster: helm, images, values, and the installation of one test run."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.charts.copies import CHART
from tests.cluster import pod_images
from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, namespace, until
from tests.cluster.volumes import CLASS
from tests.cluster.wall import program

RELEASE = "tre"
SPACE = "tre"
ROOMS = (SPACE, "tre--check", "tre--placing")
IMAGES = ("workspace", "hub", "orchestrator", "database", "wall", "mirror")
DIGEST = "sha256:" + "1" * 64
_MINUTES = "8m"


@dataclass(frozen=True)
class Helm:
    """The program, and the cluster that it speaks to."""

    program: Path
    kubeconfig: Path | None = None

    def run(self, *words: str, fails: bool = False) -> str:
        """Run it to its end; answer what it said. Shape: with `fails` it must fail."""
        where = [] if self.kubeconfig is None else ["--kubeconfig", str(self.kubeconfig)]
        command = [str(self.program), *words, *where]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, f"helm {words[0]}: {done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    def rendered(self, values: Path, chart: Path = CHART) -> list[dict[str, Any]]:
        """Render the chart without a cluster."""
        words = ("template", RELEASE, str(chart), "--namespace", SPACE, "--values", str(values))
        said = self.run(*words, "--kube-version", "1.36.0")
        return [each for each in yaml.safe_load_all(said) if each]


def values(images: dict[str, str], /, **more: Any) -> dict[str, Any]:
    """The least that an administrator says, for a trial; `more` is merged in."""
    said: dict[str, Any] = {
        "images": {
            "orchestrator": images["orchestrator"],
            "hub": images["hub"],
            "wall": images["wall"],
            "mirror": images["mirror"],
            "database": images["database"],
            "workspaces": {"workspace": images["workspace"]},
        },
        "imagePullPolicy": "Never",
        "mode": "test",
        "host": "tre.example.org",
        "domain": "ws.example.org",
        "cluster": {
            "doorsAddress": "198.19.200.10",
            "apiServers": [{"address": "198.18.0.1", "port": 6443}],
        },
        "database": {"trial": {"enabled": True, "storageClass": CLASS}},
        "store": {"folder": True},
        "state": {"storageClass": CLASS},
        "wall": {"sources": ["198.19.0.0/24"]},
        "resources": {"cpu": "10m", "memoryMb": 64, "mostMemoryMb": 1024},
    }
    return _merged(said, more)


def csi(**more: Any) -> dict[str, Any]:
    """Snapshots by a driver, as an administrator says it; helm merges them over the default."""
    said = {
        "kind": "csi",
        "root": None,
        "driver": "csi.example",
        "handle": "v-{digest}-{project}",
        "attributes": {"share": "/all/{digest}"},
        "writing": {"share": "/all"},
        "modes": ["ReadOnlyMany"],
    }
    return said | more


def images(**more: Any) -> dict[str, Any]:
    """Snapshots as image volumes, as an administrator says it."""
    said = {
        "kind": "images",
        "root": None,
        "repository": "registry.example/tre/snapshots",
        "secret": "my-registry",
        "at": [{"cidr": "192.0.2.23/32", "port": 443}],
    }
    return said | more


def written(folder: Path, said: dict[str, Any]) -> Path:
    """Write values where helm reads them."""
    file = folder / "values.json"
    file.write_text(json.dumps(said))
    return file


def made_up() -> dict[str, str]:
    """Images that are only named, for rendering."""
    return {name: f"registry.invalid/{name}@{DIGEST}" for name in IMAGES}


def brought(lab: Instance) -> dict[str, str]:
    """Bring our images into the lab."""
    return pod_images.brought_in(lab, {name: name for name in IMAGES})


def of_lab(lab: Instance, objects: Objects) -> dict[str, Any]:
    """What an administrator of the lab says of it."""
    four, _ = lab.addresses.services
    base = four.rpartition(".")[0]
    slices = objects.kind("discovery.k8s.io/v1", "EndpointSlice").get(
        namespace="default", label_selector="kubernetes.io/service-name=kubernetes"
    )
    servers = [
        {"address": address, "port": piece.ports[0].port}
        for piece in slices.items
        for endpoint in piece.endpoints
        for address in endpoint.addresses
    ]
    return {
        "cluster": {
            "doorsAddress": f"{base}.77",
            "apiServers": servers,
            "podNetworks": list(lab.addresses.pods),
            "nodeAddresses": list(lab.addresses.node),
        },
        "wall": {
            "sources": list(lab.addresses.pods),
            "lists": CNI_NETWORK,
            "programs": CNI_PLUGINS[0],
        },
    }


@contextmanager
def installation(tool: Helm, objects: Objects, chart: Path, file: Path) -> Iterator[None]:
    """Install and wait until everything is ready; take away what is left in the end."""
    objects.apply(namespace(SPACE, {}, "privileged"))
    try:
        words = ("install", RELEASE, str(chart), "--namespace", SPACE, "--values", str(file))
        tool.run(*words, "--wait", "--timeout", _MINUTES)
        yield
    finally:
        take_away(tool, objects)


def take_away(tool: Helm, objects: Objects) -> None:
    """Leave nothing of an installation, the second wall on the node included."""
    words = ("uninstall", RELEASE, "--namespace", SPACE, "--wait", "--timeout", "3m")
    tool.run(*words, "--ignore-not-found")
    for space in ROOMS:
        objects.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    until(lambda: not _spaces(objects) & set(ROOMS), 120, "namespaces are left")
    _without_wall(objects.cluster.instance)


def _without_wall(lab: Instance | None) -> None:
    """Take the second wall off the node, as an administrator does after an uninstall.

    It stands there by itself, and would keep the next installation's pods from their doors.
    """
    if lab is not None:
        where = ("-programs", CNI_PLUGINS[0], "-lists", CNI_NETWORK)
        lab.run(str(program.build()), "remove", *where)


def _spaces(objects: Objects) -> set[str]:
    return {one.metadata.name for one in objects.core.list_namespace().items}


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, value in other.items():
        old = both.get(name)
        nested = isinstance(value, dict) and isinstance(old, dict)
        both[name] = _merged(old, value) if nested and old is not None else value
    return both

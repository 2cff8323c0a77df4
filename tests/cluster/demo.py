"""`python -m tests.cluster.demo [LAB]`: the story on the lab (`make demo ENGINE=kubernetes`).

What an administrator of a cluster has and the lab has not is brought here: our images on the
node, a class of volumes, a folder for snapshots, Helm, and the chart's values in a file.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.cli.output import complain, console, exit_code
from orchestrator.demo.installing import Chosen
from orchestrator.demo.run import demo_on_cluster
from orchestrator.errors import TreError, Unavailable
from tests.cluster import chart
from tests.cluster.cluster import Cluster
from tests.cluster.lab.build import Say, helm
from tests.cluster.lab.configuration import STATE
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, connection
from tests.cluster.volumes import CLASS, homes

SNAPSHOTS = f"{STATE}/snapshots"
"""Where the lab's only node keeps published snapshots."""


@contextmanager
def prepared(
    lab: Instance, objects: Objects, folder: Path, say: Say, sleep_after: int = 120
) -> Iterator[Chosen]:
    """Bring what the story needs to the lab; volumes are made as long as the block lasts.

    Units: `sleep_after` in minutes.
    """
    images = chart.brought(lab)
    lab.run("install", "-d", "-o", "1000", "-g", "1000", "-m", "0755", SNAPSHOTS)
    said = chart.values(images, **chart.of_lab(lab, objects))
    said["cluster"] |= {
        "homes": {"storage_class": CLASS, "shared_class": CLASS},
        "snapshots": {"kind": "folder", "root": SNAPSHOTS},
    }
    said["sleepAfterMinutes"] = sleep_after
    file = folder / "values.json"
    file.write_text(json.dumps(said, indent=1))
    try:
        with homes(objects.cluster):
            yield Chosen(objects.cluster.kubeconfig, file, str(helm(say)))
    finally:
        lab.run("rm", "-rf", SNAPSHOTS)


def of_lab(name: str) -> Cluster:
    """The lab of that name as tests see it. Errors: Unavailable when it is not up."""
    lab = Instance(name)
    if not lab.status()["alive"]:
        raise Unavailable(f"The lab {name!r} is not running: make lab-up LAB={name}.")
    return Cluster("lab", lab.kubeconfig, "", "Never", closes_own_node=True, instance=lab)


def main() -> int:
    """Tell the story on a lab that is up; it stays up, without the story."""
    folder = Path(".tre/demo-cluster")
    folder.mkdir(parents=True, exist_ok=True)
    stay = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        cluster = of_lab(sys.argv[1] if len(sys.argv) > 1 else "lab")
        assert cluster.instance is not None, "of_lab gives one"
        with (
            connection(cluster) as client,
            prepared(cluster.instance, Objects(cluster, client), folder, console.print) as chosen,
        ):
            return 0 if demo_on_cluster(folder, console, chosen, stay=stay) else 1
    except TreError as error:
        complain(error)
        return exit_code(error)


if __name__ == "__main__":
    sys.exit(main())

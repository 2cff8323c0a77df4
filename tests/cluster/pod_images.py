"""The images that hubs, notebook servers and workers run from, as shipped, brought into the lab."""

import os

from tests.cluster.images.make import make
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance

_CALLED = {"workspace": "workspace", "hub": "hub", "worker": "orchestrator"}


def brought_in(lab: Instance) -> dict[str, str]:
    """Make what is not made yet, and answer each by digest under the name a cluster calls it."""
    made = make(tuple(_CALLED.values()), os.environ.get("BASE_IMAGE", ""))
    return {
        called: bring_in(lab, made[name].archive, f"lab.local/{name}")
        for called, name in _CALLED.items()
    }

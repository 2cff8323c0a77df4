"""The contract of engines on the cluster: every test of `tests/contract/test_engine.py`, as it is.

Under all admission policies and enforced NetworkPolicies, with real hubs and real notebook servers.
"""

from collections.abc import Iterator

import pytest

from tests.cluster.objects import Objects
from tests.cluster.pod_world import pod_world
from tests.contract import test_engine
from tests.local_world import PROJECTS

globals().update({name: one for name, one in vars(test_engine).items() if name[:5] == "test_"})


@pytest.fixture(scope="module", params=["kubernetes"])
def world(objects: Objects) -> Iterator[test_engine.World]:
    """The engine as the reconciler on a cluster; what it made is removed by itself in the end."""
    with pod_world(objects) as found:
        try:
            yield test_engine.World(found.engine, publish=found.publish)
        finally:
            for project in PROJECTS:
                found.engine.remove(project)

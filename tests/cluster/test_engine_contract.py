"""The contract of engines on the cluster: every test of `tests/contract/test_engine.py`, as it is.

Under all admission policies and enforced NetworkPolicies, with real hubs and real notebook servers.
"""

from collections.abc import Iterator

import pytest

from tests.cluster.objects import Objects
from tests.cluster.pod_world import pod_world
from tests.contract.test_engine import *  # noqa: F403 - each test function is one of this file
from tests.contract.test_engine import World
from tests.local_world import PROJECTS


@pytest.fixture(scope="module", params=["kubernetes"])
def world(objects: Objects) -> Iterator[World]:
    with pod_world(objects) as found:
        try:
            yield World(found.engine, publish=found.publish)
        finally:
            for project in PROJECTS:
                found.engine.remove(project)

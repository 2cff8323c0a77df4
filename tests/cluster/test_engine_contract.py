"""The contract of engines, both of them in one run: every test of `tests/contract/test_engine.py`.

`local` by real sandboxes of this machine; `kubernetes` under all admission policies and enforced
NetworkPolicies. Hubs and notebook servers are real in both. The run ends with a table of the two.
"""

from collections.abc import Iterator

import pytest

from tests.cluster.objects import removed
from tests.cluster.pod_world import pod_world
from tests.cluster.side_by_side import ENGINES, LOCAL
from tests.contract import test_engine
from tests.local_world import PROJECTS

globals().update({name: one for name, one in vars(test_engine).items() if name[:5] == "test_"})


@pytest.fixture(scope="module", params=ENGINES)
def world(request: pytest.FixtureRequest) -> Iterator[test_engine.World]:
    """Each engine as its reconciler has it; what it made is removed by itself in the end."""
    if request.param == LOCAL:
        with test_engine.a_local_world() as here:
            yield here
        return
    with pod_world(request.getfixturevalue("objects")) as found:
        try:
            yield test_engine.World(found.engine, publish=found.publish, patience=180)
        finally:
            for project in PROJECTS:
                removed(found.engine, project)
